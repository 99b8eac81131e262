"""The format-neutral Document: pages of a dozen block kinds, frozen, to JSON and back.

All formats meet here. Numbers, dates and prose are final, so PDF and DOCX cannot disagree.
One :class:`Page` is one sheet of paper. Lengths are in points.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from winlab.facts import Audience


class Part(BaseModel):
    """Base of all that a Document is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Part):
    """A run of words."""

    kind: Literal["text"] = "text"
    text: str
    strong: bool = False
    emphasis: bool = False


class Note(Part):
    """A reference to one of the document's sources; printed as a raised number."""

    kind: Literal["note"] = "note"
    source: str


class Stamp(Part):
    """Filled in by the writer, as it is no part of the content: the issue date or the version."""

    kind: Literal["stamp"] = "stamp"
    what: Literal["issued", "version"]


Inline = Annotated[Text | Note | Stamp, Field(discriminator="kind")]
Inlines: TypeAlias = tuple[Inline, ...]


class Heading(Part):
    """A heading within a page; the page's own title is level 1."""

    kind: Literal["heading"] = "heading"
    level: Literal[2, 3] = 2
    content: tuple[Inline, ...]


class Paragraph(Part):
    """A paragraph: the page's lead, body text, or small print."""

    kind: Literal["paragraph"] = "paragraph"
    content: tuple[Inline, ...]
    style: Literal["body", "lead", "small"] = "body"


class Items(Part):
    """A list; ``check`` draws empty boxes to be ticked."""

    kind: Literal["items"] = "items"
    items: tuple[tuple[Inline, ...], ...]
    style: Literal["bullet", "number", "check"] = "bullet"


class Quote(Part):
    """The customer's words."""

    kind: Literal["quote"] = "quote"
    content: tuple[Inline, ...]
    by: str


class Card(Part):
    """One key figure. ``tone`` says whose it is: the customer's gap, ours, or neither's."""

    value: str
    unit: str = ""
    label: tuple[Inline, ...]
    tone: Literal["gap", "ours", "plain"] = "plain"


class Kpis(Part):
    """Key figures side by side."""

    kind: Literal["kpis"] = "kpis"
    cards: tuple[Card, ...]


class TableCell(Part):
    """One cell."""

    content: tuple[Inline, ...] = ()


class Table(Part):
    """A table with a header row. ``widths`` are shares of the text width (empty: by content)."""

    kind: Literal["table"] = "table"
    header: tuple[TableCell, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    align: tuple[Literal["left", "right", "center"], ...]
    widths: tuple[float, ...] = ()
    caption: tuple[Inline, ...] = ()
    total: bool = False
    dense: bool = False


class Figure(Part):
    """A chart: a Vega-Lite specification of the templates by name, and the data it draws."""

    kind: Literal["figure"] = "figure"
    chart: str
    data: tuple[Mapping[str, JsonValue], ...]
    params: Mapping[str, JsonValue] = {}
    width: float
    height: float
    alt: str
    caption: tuple[Inline, ...] = ()


class Columns(Part):
    """Blocks side by side; ``widths`` are shares (empty: equal)."""

    kind: Literal["columns"] = "columns"
    columns: tuple[tuple[Block, ...], ...]
    widths: tuple[float, ...] = ()


class Callout(Part):
    """A box: the ask (with its owners aside), a note, or a warning."""

    kind: Literal["callout"] = "callout"
    tone: Literal["ask", "note", "warning"] = "note"
    blocks: tuple[Block, ...]
    aside: tuple[tuple[Inline, ...], ...] = ()


class Entry(Part):
    """A line of the contents."""

    title: str
    page: int
    target: str


class Contents(Part):
    """The table of contents; ``entries`` are filled in when the pages are settled."""

    kind: Literal["contents"] = "contents"
    entries: tuple[Entry, ...] = ()


class Contacts(Part):
    """The contact block: lines by column, the first of each is strong."""

    kind: Literal["contacts"] = "contacts"
    columns: tuple[tuple[tuple[Inline, ...], ...], ...]


class Group(Part):
    """Blocks that go together when a page overflows: the lowest ``priority`` goes first."""

    kind: Literal["group"] = "group"
    priority: int
    name: str
    blocks: tuple[Block, ...]


Block = Annotated[
    Heading
    | Paragraph
    | Items
    | Quote
    | Kpis
    | Table
    | Figure
    | Columns
    | Callout
    | Contents
    | Contacts
    | Group,
    Field(discriminator="kind"),
]


class Page(Part):
    """One sheet of paper. ``gap`` is added between its blocks, ``foot_gap`` above its sources."""

    id: str
    layout: Literal["content", "cover"] = "content"
    title: tuple[Inline, ...]
    blocks: tuple[Block, ...]
    gap: float = 0
    foot_gap: float = 0


class Goal(Part):
    """One item of the goal strip, the same on every page of every pack of a plan."""

    label: str
    value: str


class Source(Part):
    """What a number rests on: printed at the foot of each page that refers to it."""

    id: str
    text: str


class Document(Part):
    """A pack, ready to be written in any format."""

    title: str
    language: str
    locale: str
    role: str
    audience: Audience
    company: str
    customer: str
    running: str
    confidentiality: str
    goals: tuple[Goal, ...]
    pages: tuple[Page, ...]
    sources: tuple[Source, ...] = ()
    dropped: tuple[str, ...] = ()


for _recursive in (Columns, Callout, Group, Page, Document):
    _recursive.model_rebuild()


def text_of(content: tuple[Inline, ...]) -> str:
    """The words of a line, without note numbers and stamps."""
    return "".join(part.text for part in content if isinstance(part, Text))


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Each block in reading order, a container before what it holds."""
    for block in blocks:
        yield block
        if isinstance(block, Columns):
            for column in block.columns:
                yield from walk(column)
        elif isinstance(block, (Callout, Group)):
            yield from walk(block.blocks)


def flat(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The blocks as a writer lays them out: groups dissolved."""
    out: list[Block] = []
    for block in blocks:
        out.extend(flat(block.blocks) if isinstance(block, Group) else (block,))
    return tuple(out)


def lines_of(block: Block) -> list[tuple[Inline, ...]]:
    """The lines that a block itself holds, in reading order (not those of blocks within)."""
    match block:
        case Heading() | Paragraph() | Quote():
            return [block.content]
        case Items():
            return list(block.items)
        case Kpis():
            return [card.label for card in block.cards]
        case Table():
            cells = [cell.content for row in (block.header, *block.rows) for cell in row]
            return [block.caption, *cells]
        case Figure():
            return [block.caption]
        case Callout():
            return list(block.aside)
        case Contacts():
            return [line for column in block.columns for line in column]
        case Columns() | Contents() | Group():
            return []


def notes_on(page: Page) -> list[str]:
    """The ids of the sources that a page refers to, in reading order, each once."""
    found: dict[str, None] = {}
    for line in (page.title, *(line for block in walk(page.blocks) for line in lines_of(block))):
        for part in line:
            if isinstance(part, Note):
                found.setdefault(part.source)
    return list(found)


def note_numbers(pages: Iterable[Page]) -> dict[str, int]:
    """The printed number of each source, by its first reference in a document's pages."""
    numbers: dict[str, int] = {}
    for page in pages:
        for source in notes_on(page):
            numbers.setdefault(source, len(numbers) + 1)
    return numbers


def fingerprint(document: Document) -> str:
    """A SHA-256 of the content, in hexadecimal."""
    return hashlib.sha256(document.model_dump_json().encode()).hexdigest()


def decimal_text(value: Decimal) -> str:
    """A number's plain digits, without exponent or trailing zeros."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text
