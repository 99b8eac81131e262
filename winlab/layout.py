"""The quality bar's points on a finished file's pages: nothing lost, clipped, spilled or empty."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from winlab.document import (
    Contents,
    Document,
    Inlines,
    Kpis,
    Page,
    Quote,
    Text,
    flat,
    lines_of,
    text_of,
    walk,
)
from winlab.finished import Finished, Run, Sheet
from winlab.problems import Problem, error, note
from winlab.quality import Bar

MAX_TITLE_LINES = 2
MIN_LAST_PAGE = 0.4
_LEADING = 9.0
"""Points above and below a line that count as full."""
_EDGE = 1.0
_NO_LETTER = re.compile(r"[\W_]+")


def file_pages(extension: str, file: Finished) -> Iterator[Problem]:
    """What the file alone shows: words off the paper, fonts that are not embedded."""
    for number, sheet in enumerate(file.sheets, 1):
        for run in sheet.runs:
            if run.text and not _on(run, sheet):
                yield error(
                    "clipped", f"page {number} of the {extension} holds {run.text[:40]!r}, which "
                    "runs off the paper", "shorten it, or give it more room",
                )  # fmt: skip
    for font in file.loose_fonts:
        yield note(
            "font-not-embedded", f"the {extension} names the font {font!r} and does not hold it",
            "use the brand's own fonts",
        )  # fmt: skip


def _on(run: Run, sheet: Sheet) -> bool:
    across = run.left >= -_EDGE and run.right <= sheet.width + _EDGE
    return across and run.bottom >= -_EDGE and run.top <= sheet.height + _EDGE


def text_kept(document: Document, extension: str, file: Finished) -> Iterator[Problem]:
    """Every line of the Document stands in the file."""
    held = squeezed(file.text)
    for page in document.pages:
        for line in _lines(page):
            if squeezed(line) not in held:
                yield error(
                    "text-lost", f"the {extension} lacks {line[:60]!r} of page {page.id!r}",
                    "make the pack again",
                )  # fmt: skip


def squeezed(text: str) -> str:
    """Letters and digits only: formats differ in line breaks, hyphens and ligatures."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text))


def _lines(page: Page) -> Iterator[str]:
    """The stretches of a page's lines between its notes and stamps."""
    yield from _stretches(page.title)
    for block in walk(flat(page.blocks)):
        for line in lines_of(block):
            yield from _stretches(line)
        match block:
            case Kpis():
                yield from (card.value for card in block.cards)
            case Quote():
                yield block.by
            case Contents():
                yield from (entry.title for entry in block.entries)


def _stretches(line: Inlines) -> Iterator[str]:
    stretch = ""
    for part in line:
        if isinstance(part, Text):
            stretch += part.text
        else:
            yield stretch
            stretch = ""
    yield stretch


def sheets(document: Document, bar: Bar, file: Finished) -> Iterator[Problem]:
    """Points 7 and 16: a sheet begins with its title, of two lines, and the last one is filled."""
    if len(file.sheets) != len(document.pages):
        return
    for page, sheet in zip(document.pages, file.sheets, strict=True):
        title = _title_runs(page, sheet)
        if not title:
            yield note(
                "widow", f"page {page.id!r} does not begin with its title: lines of the page "
                "before it stand there", "shorten the page before it", bar.place(page),
            )  # fmt: skip
            continue
        lines = _lines_taken(title)
        if lines > MAX_TITLE_LINES:
            yield note(
                "title-lines", f"the title of page {page.id!r} takes {lines} lines",
                f"shorten it to {MAX_TITLE_LINES}", bar.place(page),
            )  # fmt: skip
    last = document.pages[-1]
    full = _filled(document, last, file.sheets[-1])
    if full < MIN_LAST_PAGE:
        yield note(
            "last-page-empty", f"the last page is {full:.0%} full", "fill it to "
            f"{MIN_LAST_PAGE:.0%}, or end the pack a page earlier", bar.place(last),
        )  # fmt: skip


def _title_runs(page: Page, sheet: Sheet) -> list[Run]:
    """The words at a sheet's beginning that are its title; none if others stand there."""
    title = squeezed(text_of(page.title))
    found: list[Run] = []
    said = ""
    for run in sheet.runs:
        word = squeezed(run.text)
        if said == title:
            break
        if not title.startswith(said + word):
            return []
        said += word
        found.append(run)
    return found if said == title else []


def _lines_taken(runs: Sequence[Run]) -> int:
    """How many lines words take; raised ones belong to the line that they are raised from."""
    lines: list[Run] = []
    for run in runs:
        if not lines or run.top < lines[-1].bottom:
            lines.append(run)
    return len(lines)


def _filled(document: Document, page: Page, sheet: Sheet) -> float:
    """How much of a sheet's height, from its title to its foot, holds words or drawings."""
    title = _title_runs(page, sheet)
    foot = squeezed(document.confidentiality)
    feet = [run.top for run in sheet.runs if foot and foot in squeezed(run.text)]
    if not title:
        return 1.0
    top, bottom = title[0].top, max(feet, default=0.0)
    spans = [(run.bottom, run.top) for run in sheet.runs if run.text]
    spans += [span for span in sheet.drawn if span[1] - span[0] < 0.9 * sheet.height]
    covered, level = 0.0, bottom
    for low, high in sorted(spans):
        start, end = max(low - _LEADING, level), min(high + _LEADING, top)
        if end > start:
            covered += end - start
            level = end
    return covered / (top - bottom) if top > bottom else 1.0
