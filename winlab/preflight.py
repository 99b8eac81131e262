"""Finished packs against the quality bar: each point a rule with a code.

A rule either blocks (facts, audience, names, prices, missing pages: an error) or notes a fault of
the layout that travels with the pack. The rules stand in quality.py (words and form), agreement.py
(values), layout.py (pages), leaks.py (audience) and likeness.py (many packs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from winlab import agreement, layout, quality
from winlab.document import Document
from winlab.facts import Audience
from winlab.finished import SEPARATOR, Finished, read_finished
from winlab.leaks import Secrets, leaks
from winlab.problems import Problem, error
from winlab.quality import Bar

ALL_PACKS = (
    quality.page_bounds,
    quality.titles,
    quality.sources,
    quality.placeholders,
    quality.stranded,
    agreement.charts_agree,
)
"""The rules that each Document keeps."""
CUSTOMERS = (
    quality.named,
    quality.pain,
    quality.reference,
    quality.contact,
    quality.ask,
    quality.said_twice,
    quality.exhibits,
    agreement.enough_numbers,
    agreement.titles_proved,
    agreement.estimates,
    agreement.one_locale,
)
"""The rules that a customer's Document keeps besides."""


def preflight(document: Document, bar: Bar, files: Mapping[str, bytes]) -> list[Problem]:
    """All that is wrong with a finished pack: its Document, and each file by format."""
    problems = check_document(document, bar)
    for extension, data in sorted(files.items()):
        problems += check_written(document, bar, extension, data)
    return problems


def check_document(document: Document, bar: Bar) -> list[Problem]:
    """What a Document shows before any format is written."""
    problems = [problem for rule in ALL_PACKS for problem in rule(document, bar)]
    if document.audience is Audience.CUSTOMER:
        problems += [problem for rule in CUSTOMERS for problem in rule(document, bar)]
        problems += leaks(" | ".join([bar.stem, *quality.all_text(document)]), bar.secrets, "pack")
    return problems


def check_written(document: Document, bar: Bar, extension: str, data: bytes) -> list[Problem]:
    """What is wrong with a file of a Document."""
    to_customer = document.audience is Audience.CUSTOMER
    own = Secrets(quoted=bar.secrets.quoted, written=bar.secrets.written)
    secrets = bar.secrets if to_customer else own
    file, problems = check_file(extension, data, secrets)
    if file is not None:
        problems += _same_as_document(document, bar, extension, file)
    return problems


def check_file(
    extension: str, data: bytes, secrets: Secrets
) -> tuple[Finished | None, list[Problem]]:
    """What a file alone shows, and its content (none if it cannot be read)."""
    try:
        file = read_finished(extension, data)
    except ValueError as exc:
        return None, [error("unreadable", f"the {extension} is damaged: {exc}",
                            "make the pack again")]  # fmt: skip
    problems = list(layout.file_pages(extension, file))
    if found := quality.placeholder(file.text, secrets) or quality.placeholder(
        file.hidden, secrets
    ):
        problems.append(
            error("placeholder", f"the {extension} holds {found!r}",
                  "mend the template or the content", secrets.holding(found))
        )  # fmt: skip
    problems += leaks(SEPARATOR.join([file.text, file.hidden]), secrets, extension)
    return file, problems


def _same_as_document(
    document: Document, bar: Bar, extension: str, file: Finished
) -> Iterator[Problem]:
    if file.sheets and len(file.sheets) != len(document.pages):
        yield error(
            "page-count", f"the {extension} has {len(file.sheets)} pages, the pack "
            f"{len(document.pages)}", "shorten the page that spills",
        )  # fmt: skip
    yield from layout.text_kept(document, extension, file)
    yield from layout.sheets(document, bar, file)
