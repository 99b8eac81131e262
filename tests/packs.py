"""A good pack to be broken by tests of the quality bar, one point at a time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.writers.sample import document, line
from winlab.document import (
    Block,
    Document,
    Paragraph,
)
from winlab.leaks import Secrets
from winlab.preflight import preflight
from winlab.problems import Severity
from winlab.quality import Bar, Estimate, Shown

_SAMPLE = document()
GOOD = _SAMPLE.model_copy(update={"pages": tuple(_SAMPLE.pages[n] for n in (0, 1, 2, 4, 3, 5))})
"""Pages: answer, peers, value, results, trial, appendix."""
BAR = Bar(
    pages=(6, 6),
    expires=date(2027, 2, 28),
    rep=("Dana Whitfield", "+1 281 555 0142", "dana.whitfield@meridian.example"),
    secrets=Secrets(quoted=("We lose a shift a month scraping foam-over out of reactor 2.",)),
    own=frozenset(map(Decimal, ("14", "4", "1.9", "3.2", "6.5", "412", "238", "166", "174000"))),
    estimates=(Estimate("Off-spec batches", Decimal("3.2")), Estimate("Off-spec", Decimal(45000))),
    confirmed=frozenset({Decimal(14), Decimal(166000)}),
    pains=("We lose a shift a month scraping foam-over out of reactor 2.",),
    reference=Shown("Port Arthur Polymers", 2, permitted=True),
)


def codes(pack: Document, bar: Bar = BAR) -> dict[str, Severity]:
    """The codes of what is wrong with a pack, files aside."""
    return {problem.code: problem.severity for problem in preflight(pack, bar, {})}


def page(number: int, **changes: object) -> Document:
    """The good pack with one page changed."""
    pages = list(GOOD.pages)
    pages[number] = pages[number].model_copy(update=changes)
    return GOOD.model_copy(update={"pages": tuple(pages)})


def titled(text: str, number: int = 0) -> Document:
    """The good pack with another title on a page."""
    return page(number, title=line(text))


def more(*blocks: Block, number: int = 0) -> Document:
    """The good pack with more on a page."""
    return page(number, blocks=(*GOOD.pages[number].blocks, *blocks))


def said(text: str, number: int = 0) -> Document:
    """The good pack with one more paragraph on a page."""
    return more(Paragraph(content=line(text)), number=number)
