"""Writers: a Document in, the bytes of one format out.

What all formats must agree on stands here: distances, column widths, stamps and numbers.
Lengths are in points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from babel import Locale

from winlab.brand import Brand, Space
from winlab.document import (
    Block,
    Card,
    Contents,
    Document,
    Figure,
    Heading,
    Inlines,
    Items,
    Kpis,
    Note,
    Page,
    Paragraph,
    Quote,
    Stamp,
    Table,
    Text,
    flat,
    lines_of,
    text_of,
    walk,
)
from winlab.problems import Problem, error
from winlab.wording import long_date

CELL_GAP = 10.0
"""Between two cells of a table."""
WIDE_CELL_GAP = 20.0
"""Between a right-aligned cell and a left-aligned one."""
CARD_GAP = 14.0
"""Between two key figures."""
CALLOUT_PAD = 16.0
"""From a box's edge to its text, left and right."""
ITEM_INDENT = 12.0
"""From a list's bullets to its text."""
NUMBER_INDENT = 16.0
"""From a list's numbers or boxes to its text."""
LOGO_GAP = 8.0
"""Between the logo and the company's name."""
GOAL_GAP = 22.0
MIN_GOAL_GAP = 8.0
"""Between two items of the goal strip."""
CONTENTS_NUMBER = 30.0
"""What the page numbers of the contents take."""
ASIDE_SHARE = 0.36
"""Of a callout's width, what its aside takes."""
LONGEST_DAY = date(2026, 9, 30)
LONGEST_VERSION = "00.00"
"""Stand in for the stamps when pages are measured."""
TALLEST = 20_000.0
"""A page may be this high, in points, to be measured."""


@dataclass(frozen=True)
class Written:
    """A finished file and what its reader should know about it."""

    data: bytes
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Words:
    """Turns a document's stamps and notes into what is printed."""

    document: Document
    issued: date
    version: str
    numbers: dict[str, int]

    def stamp(self, part: Stamp) -> str:
        """The issue date in the document's locale, or the version."""
        if part.what == "version":
            return self.version
        return long_date(self.issued, Locale.parse(self.document.locale))

    def plain(self, content: Inlines) -> str:
        """A line's words with its stamps, without note numbers."""
        return "".join(
            part.text if isinstance(part, Text) else self.stamp(part)
            for part in content
            if not isinstance(part, Note)
        )


KEPT = re.compile(
    r"\b(?=[A-Z0-9-]{1,24}(?![\w-]))[A-Z]{1,5}(?:-[A-Z0-9]+)*-\d+(?:-[A-Z0-9]+)*\b"
    r"|(?<![\w/.,])(?:1|[^\W\d_]{1,6})/[^\W\d_]{1,8}(?![\w/])"
)
"""What stays on one line: a product's or a standard's code, as in DF-310-FG, and kg/t."""

MOST_NAMED = 8
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def legal(text: str) -> str:
    """Text without the characters that XML cannot hold (:func:`text_problems` names them)."""
    return _ILLEGAL.sub("\ufffd", text)


def text_problems(document: Document, brand: Brand) -> list[Problem]:
    """Characters that no page can show, as one problem: those outside the font, and controls."""
    chars: set[str] = set()
    places: dict[str, None] = {}
    for where, text in _texts(document):
        if missing := brand.missing(text):
            chars |= missing
            places.setdefault(f"{where} ({_around(text, missing)!r})")
    if not chars:
        return []
    named = ", ".join(map(_named, sorted(chars)[:MOST_NAMED]))
    more = f" and {len(chars) - MOST_NAMED} more" if len(chars) > MOST_NAMED else ""
    where = "; ".join([*places][:MOST_NAMED])
    return [
        error("missing-glyph", f"the brand's font has no {named}{more}: in {where}",
              "write it otherwise, or add a font that has it")
    ]  # fmt: skip


def _named(char: str) -> str:
    name = f"U+{ord(char):04X}"
    return name if _ILLEGAL.match(char) else f"{char!r} ({name})"


def _around(text: str, missing: set[str]) -> str:
    """Where the first such character stands, with the words around it."""
    at = next(place for place, char in enumerate(text) if char in missing)
    return legal(text[max(at - 20, 0) : at + 20]).strip()


def _texts(document: Document) -> Iterator[tuple[str, str]]:
    yield "head and foot", " ".join(
        (document.title, document.company, document.running, document.confidentiality,
         *(f"{goal.label} {goal.value}" for goal in document.goals))
    )  # fmt: skip
    for page in document.pages:
        parts = [text_of(page.title)]
        for block in walk(page.blocks):
            parts += [text_of(line) for line in lines_of(block)]
            if isinstance(block, Kpis):
                parts += [f"{card.value} {card.unit}" for card in block.cards]
            elif isinstance(block, Quote):
                parts.append(block.by)
            elif isinstance(block, Figure):
                parts.append(str([*block.data, block.params]))
            elif isinstance(block, Contents):
                parts += [entry.title for entry in block.entries]
        yield f"page {page.id!r}", " ".join(parts)
    for source in document.sources:
        yield f"source {source.id!r}", source.text


def above(space: Space, before: Block | None, block: Block) -> tuple[float, bool]:
    """The distance above a block, and whether a page with room to spare may widen it.

    ``before`` is the block above, ``None`` right below a page's title.
    """
    if before is None:
        lead = isinstance(block, Paragraph) and block.style == "lead"
        return (space.title if lead else space.block), False
    if isinstance(before, Heading):
        return space.below, False
    if isinstance(block, Paragraph) and isinstance(before, (Figure, Table)):
        if block.style == "small":
            return space.caption, False
    elif (
        isinstance(block, (Paragraph, Items))
        and isinstance(before, (Paragraph, Items))
        and not (isinstance(before, Paragraph) and before.style == "lead")
    ):
        return space.paragraph, False
    return (space.heading if isinstance(block, Heading) else space.block), True


def stacked(
    brand: Brand, blocks: tuple[Block, ...], page: Page | None = None
) -> list[tuple[float, Block]]:
    """The blocks of a page, or of a box if no page is given, each with the distance above it."""
    out: list[tuple[float, Block]] = []
    before: Block | None = None
    for block in flat(blocks):
        if before is None and page is None:
            out.append((0.0, block))
        else:
            distance, widens = above(brand.file.space, before, block)
            out.append((distance + (page.gap if page and widens else 0.0), block))
        before = block
    return out


def shares(total: float, widths: Sequence[float], count: int, gutter: float) -> list[float]:
    """The widths of ``count`` columns side by side; no widths means equal ones."""
    room = total - gutter * (count - 1)
    parts = list(widths) if len(widths) == count and sum(widths) > 0 else [1.0] * count
    return [room * part / sum(parts) for part in parts]


def cell_gaps(table: Table) -> list[float]:
    """The room right of each column."""
    aligned = [*table.align, *["left"] * len(table.header)][: len(table.header)]
    gaps = [
        WIDE_CELL_GAP if one == "right" and other != "right" else CELL_GAP
        for one, other in pairwise(aligned)
    ]
    return [*gaps, 0.0][-len(table.header) :]


def table_widths(table: Table, brand: Brand, words: Words, total: float) -> list[float]:
    """The columns' widths, gaps included: as the table says, else by what they hold."""
    count = len(table.header)
    if len(table.widths) == count and sum(table.widths) > 0:
        return [total * width / sum(table.widths) for width in table.widths]
    types = brand.file.type
    head, body = (types.dense_head, types.dense) if table.dense else (types.table_head, types.table)
    gaps = cell_gaps(table)
    widest, least = list(gaps), list(gaps)
    for number, row in enumerate((table.header, *table.rows)):
        kind = body if number else head
        bold = kind.bold or (table.total and number == len(table.rows))
        for column, cell in enumerate(row[:count]):
            text = words.plain(cell.content)
            notes = 4.0 * sum(isinstance(part, Note) for part in cell.content)
            full = brand.width(text, kind.size, bold=bold) * 1.02 + notes + 1
            word = max((brand.width(w, kind.size, bold=bold) for w in text.split(" ")), default=0)
            widest[column] = max(widest[column], full + gaps[column])
            least[column] = max(least[column], word * 1.02 + notes + 1 + gaps[column])
    if sum(widest) <= total:
        spare = total - sum(widest)
        left = [side == "left" for side in (*table.align, *["left"] * count)[:count]]
        words_share = spare / 2 / sum(left) if any(left) else spare / 2 / count
        return [
            width + spare / 2 / count + (words_share if is_left or not any(left) else 0)
            for width, is_left in zip(widest, left, strict=True)
        ]
    slack = max(total - sum(least), 0.0)
    wanted = (sum(widest) - sum(least)) or 1.0
    out = [low + slack * (high - low) / wanted for high, low in zip(widest, least, strict=True)]
    return [width * total / sum(out) for width in out]


def card_tone(card: Card, brand: Brand) -> str:
    """The colour of a key figure's rule."""
    colours = brand.file.colours
    return {"gap": colours.gap, "ours": colours.ours, "plain": colours.line}[card.tone]


def company_parts(document: Document, brand: Brand) -> tuple[str, str]:
    """The company's name, cut in its bold beginning and the rest."""
    name = brand.file.name
    if document.company.startswith(name):
        return name, document.company.removeprefix(name)
    return document.company, ""


def goal_widths(document: Document, brand: Brand) -> list[float]:
    """How wide each item of the goal strip runs."""
    size = brand.file.type.running.size
    return [
        brand.width(goal.label, size, bold=True) + brand.width(f" {goal.value}", size)
        for goal in document.goals
    ]


def goal_places(document: Document, brand: Brand) -> list[float]:
    """Where each item of the goal strip begins; closer together where the strip is full."""
    widths = goal_widths(document, brand)
    spare = (brand.text_width - sum(widths)) / max(len(widths) - 1, 1)
    gap = min(max(spare, MIN_GOAL_GAP), GOAL_GAP)
    return [sum(widths[:number]) + gap * number for number in range(len(widths))]


def foot_line(document: Document, brand: Brand) -> str:
    """What stands in every page's foot, beside the page number."""
    parts = (brand.file.legal or document.company, document.confidentiality)
    return " · ".join(part for part in parts if part)
