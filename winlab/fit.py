"""Settles a Document: each page on one sheet, once, before any format is written.

Measured with the PDF engine. A page that overflows loses its least important groups; one with
room to spare is spread over the sheet, so that PDF and DOCX carry the same content and look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from winlab.brand import Brand
from winlab.document import (
    Block,
    Callout,
    Columns,
    Contents,
    Document,
    Entry,
    Figure,
    Group,
    Page,
    Table,
    flat,
    lines_of,
    note_numbers,
    notes_on,
    text_of,
    walk,
)
from winlab.inputs import PdfEngine
from winlab.problems import Problem, Stopped, error, note
from winlab.writers import ASIDE_SHARE, CALLOUT_PAD, CARD_GAP, TALLEST, above, shares
from winlab.writers.engine import engine

MAX_GROWTH = 1.35
"""How much taller than asked a figure may become."""
FIGURES_SHARE = 0.6
"""Of a page's spare room, what its figures take first."""
MAX_GAP = 14.0
"""How much wider, in points, the gaps between blocks may become."""
SPARE = 0.03
"""What is kept free of each page, as a share of the paper: Word may set its lines otherwise."""
LEAST_SPARE = 0.012
"""What must stay free of a full page before blocks are dropped."""
MOST_SHEETS = 5
"""A page that needs more sheets than these is not even written for the record."""


def fit(
    document: Document, brand: Brand, measured_by: PdfEngine = "weasyprint"
) -> tuple[Document, list[Problem]]:
    """The document with its pages settled: what was dropped, gaps, figures' sizes, contents.

    A page that overflows with all its groups gone is an error (``page-overflow``). Raises
    :class:`Stopped` where it would take many sheets: no file could show it.
    """
    problems: list[Problem] = []
    pages = [_plain(page, brand) for page in document.pages]
    pages = [_with_contents(page, pages) for page in pages]
    height = brand.text_height
    most = height - LEAST_SPARE * brand.page_size[1]
    dropped: list[str] = list(document.dropped)
    heights = [0.0] * len(pages)
    stale = list(range(len(pages)))
    while stale:
        whole = document.model_copy(update={"pages": tuple(pages)})
        natural = measure(whole, [pages[number] for number in stale], brand, measured_by)
        for number, height_now in zip(stale, natural, strict=True):
            heights[number] = height_now
        shortened: set[int] = set()
        for number in stale:
            page = pages[number]
            last = _least(page) if heights[number] > most else None
            if last is None:
                continue
            pages[number] = page.model_copy(update={"blocks": _without(page.blocks, last)})
            shortened.add(number)
            dropped.append(f"{page.id}: {last.name}")
            problems.append(
                note("dropped", f"page {page.id!r} was too full: {last.name!r} was left out",
                     "shorten the page to have it back")
            )  # fmt: skip
        before, after = _numbered(whole.pages), _numbered(pages)
        stale = [n for n in range(len(pages)) if n in shortened or before[n] != after[n]]
    problems += _overfull(pages, heights, most, brand)
    if max(heights, default=0) > MOST_SHEETS * height:
        raise Stopped(problems)
    room = height - SPARE * brand.page_size[1]
    pages = [
        _spread(page, room - natural, brand) for page, natural in zip(pages, heights, strict=True)
    ]
    settled = document.model_copy(update={"pages": tuple(pages), "dropped": tuple(dropped)})
    return settled, problems


def _numbered(pages: Sequence[Page]) -> list[list[int]]:
    """The numbers of each page's notes, which change where a source is left out before them."""
    numbers = note_numbers(pages)
    return [[numbers[source] for source in notes_on(page)] for page in pages]


def _overfull(
    pages: Sequence[Page], heights: Sequence[float], most: float, brand: Brand
) -> Iterator[Problem]:
    for page, natural in zip(pages, heights, strict=True):
        if natural > most:
            lines = (natural - most) / brand.file.type.body.leading
            yield error(
                "page-overflow",
                f"page {page.id!r} holds about {max(round(lines), 1)} lines too many",
                "shorten its text, or put blocks that may go into a group",
            )


def measure(
    document: Document, pages: Sequence[Page], brand: Brand, measured_by: PdfEngine = "weasyprint"
) -> list[float]:
    """The natural height of each of some pages of a document, in points.

    A page with far more text than a sheet can hold is not laid out but estimated.
    """
    heights = [_estimate(page, brand) for page in pages]
    short = [page for page, height in zip(pages, heights, strict=True) if height < TALLEST / 2]
    laid = iter(engine(measured_by).heights(document, short, brand))
    return [next(laid) if height < TALLEST / 2 else height for height in heights]


def _estimate(page: Page, brand: Brand) -> float:
    """A height that a page's words take at least: the smallest letters without any gap."""
    lines = (line for block in walk(page.blocks) for line in lines_of(block))
    letters = sum(len(text_of(line)) for line in lines)
    small = min((kind for _, kind in brand.file.type.items()), key=lambda kind: kind.size)
    words = letters * brand.width("i", small.size) / brand.text_width * small.leading
    rows = sum(len(block.rows) for block in flat(page.blocks) if isinstance(block, Table))
    return max(words, rows * small.leading)


def _plain(page: Page, brand: Brand) -> Page:
    """A page before it is spread, with no figure wider than its place."""
    blocks = _narrowed(page.blocks, brand.text_width, brand)
    return page.model_copy(update={"blocks": blocks, "gap": 0.0, "foot_gap": 0.0})


def _narrowed(blocks: tuple[Block, ...], width: float, brand: Brand) -> tuple[Block, ...]:
    out: list[Block] = []
    for block in blocks:
        match block:
            case Figure() if block.width > width or block.width <= 0:
                out.append(block.model_copy(update={"width": width}))
            case Columns():
                gutter = brand.file.space.gutter
                widths = shares(width, block.widths, len(block.columns), gutter)
                columns = tuple(
                    _narrowed(column, one, brand)
                    for column, one in zip(block.columns, widths, strict=True)
                )
                out.append(block.model_copy(update={"columns": columns}))
            case Callout():
                inner = width - 2 * CALLOUT_PAD
                if block.aside:
                    inner = shares(inner, (1 - ASIDE_SHARE, ASIDE_SHARE), 2, CARD_GAP)[0]
                out.append(
                    block.model_copy(update={"blocks": _narrowed(block.blocks, inner, brand)})
                )
            case Group():
                out.append(
                    block.model_copy(update={"blocks": _narrowed(block.blocks, width, brand)})
                )
            case _:
                out.append(block)
    return tuple(out)


def _with_contents(page: Page, pages: Sequence[Page]) -> Page:
    if not any(isinstance(block, Contents) for block in walk(page.blocks)):
        return page
    entries = tuple(
        Entry(title=text_of(other.title), page=number, target=other.id)
        for number, other in enumerate(pages, 1)
        if other.layout != "cover" and other.id != page.id
    )

    def filled(block: Block) -> Block:
        if isinstance(block, Contents):
            return block.model_copy(update={"entries": entries})
        return block

    return page.model_copy(update={"blocks": _mapped(page.blocks, filled)})


def _mapped(blocks: tuple[Block, ...], change: Callable[[Block], Block]) -> tuple[Block, ...]:
    """Each block changed, those within groups, columns and boxes too."""
    out: list[Block] = []
    for block in blocks:
        if isinstance(block, Columns):
            columns = tuple(_mapped(column, change) for column in block.columns)
            out.append(block.model_copy(update={"columns": columns}))
        elif isinstance(block, (Callout, Group)):
            out.append(block.model_copy(update={"blocks": _mapped(block.blocks, change)}))
        else:
            out.append(change(block))
    return tuple(out)


def _least(page: Page) -> Group | None:
    """The group that goes first: of the lowest priority, the last."""
    groups = [block for block in walk(page.blocks) if isinstance(block, Group)]
    return min(reversed(groups), key=lambda group: group.priority, default=None)


def _without(blocks: tuple[Block, ...], gone: Group) -> tuple[Block, ...]:
    out: list[Block] = []
    for block in blocks:
        if block is gone:
            continue
        if isinstance(block, Columns):
            columns = tuple(_without(column, gone) for column in block.columns)
            out.append(block.model_copy(update={"columns": columns}))
        elif isinstance(block, (Callout, Group)):
            out.append(block.model_copy(update={"blocks": _without(block.blocks, gone)}))
        else:
            out.append(block)
    return tuple(out)


def _spread(page: Page, room: float, brand: Brand) -> Page:
    """A page with its spare room given to figures, then to gaps, then above its sources."""
    if room <= 0:
        return page
    blocks = page.blocks
    if page.layout == "content":
        figures = sum(block.height for block in _on_page(blocks))
        if figures:
            growth = min(MAX_GROWTH, 1 + FIGURES_SHARE * room / figures)
            blocks = _grown(blocks, growth)
            room -= sum(block.height for block in _on_page(blocks)) - figures
    gaps = _widening(flat(blocks), brand)
    gap = min(MAX_GAP, room / gaps) // 0.1 / 10 if gaps and page.layout == "content" else 0.0
    room -= gap * gaps
    foot_gap = room // 0.1 / 10 if notes_on(page) else 0.0
    return page.model_copy(update={"blocks": blocks, "gap": gap, "foot_gap": foot_gap})


def _on_page(blocks: tuple[Block, ...]) -> Iterator[Figure]:
    return (block for block in flat(blocks) if isinstance(block, Figure))


def _grown(blocks: tuple[Block, ...], growth: float) -> tuple[Block, ...]:
    """Figures that stand across the page, taller; those beside something else stay."""
    out: list[Block] = []
    for block in blocks:
        if isinstance(block, Figure):
            height = block.height * growth // 0.1 / 10
            out.append(block.model_copy(update={"height": height}))
        elif isinstance(block, Group):
            out.append(block.model_copy(update={"blocks": _grown(block.blocks, growth)}))
        else:
            out.append(block)
    return tuple(out)


def _widening(blocks: tuple[Block, ...], brand: Brand) -> int:
    """How many gaps of a page may become wider."""
    pairs = zip((None, *blocks), blocks, strict=False)
    return sum(above(brand.file.space, before, block)[1] for before, block in pairs)
