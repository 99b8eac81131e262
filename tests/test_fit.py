import re

import pytest

from tests.writers.sample import brand, document, line, one_page
from winlab.document import (
    Block,
    Columns,
    Contents,
    Document,
    Entry,
    Figure,
    Group,
    Note,
    Paragraph,
    Source,
    Table,
    TableCell,
    Text,
    walk,
)
from winlab.fit import LEAST_SPARE, MAX_GAP, MAX_GROWTH, SPARE, fit, measure
from winlab.problems import Severity, Stopped

LONG = "Words that fill a line of the page and a little more, so that it breaks somewhere. " * 4


def paragraphs(count: int) -> list[Paragraph]:
    return [Paragraph(content=line(f"{number}. {LONG}")) for number in range(count)]


def figure(height: float = 200, width: float = 487) -> Figure:
    row = {
        "label": "x",
        "start": 0,
        "end": 1,
        "amount_label": "1",
        "kind": "total",
        "estimate": False,
    }
    return Figure(chart="waterfall", data=(row,), width=width, height=height, alt="x")


def with_source(made: Document, *blocks: object) -> Document:
    noted = Paragraph(content=(Text(text="So it is."), Note(source="s")))
    page = made.pages[0].model_copy(update={"blocks": (noted, *made.pages[0].blocks)})
    return made.model_copy(update={"pages": (page,), "sources": (Source(id="s", text="A study."),)})


def test_a_page_that_fits_keeps_all_and_has_a_reserve() -> None:
    settled, problems = fit(document(), brand())
    assert problems == []
    assert settled.dropped == ()
    most = brand().text_height - SPARE * brand().page_size[1]
    heights = measure(settled, settled.pages, brand())
    assert len(heights) == 6
    assert max(heights) <= most + 0.5


def test_the_lowest_priority_goes_first_and_is_recorded() -> None:
    groups = [
        Group(priority=priority, name=name, blocks=tuple(paragraphs(2)))
        for priority, name in ((2, "second"), (1, "first"), (3, "third"))
    ]
    settled, problems = fit(one_page(*paragraphs(3), *groups), brand())
    assert settled.dropped == ("only: first",)
    assert [(p.severity, p.code) for p in problems] == [(Severity.NOTE, "dropped")]
    left = [block.name for block in walk(settled.pages[0].blocks) if isinstance(block, Group)]
    assert left == ["second", "third"]


def test_a_group_within_columns_goes_too() -> None:
    group = Group(priority=1, name="aside", blocks=tuple(paragraphs(9)))
    settled, _ = fit(one_page(Columns(columns=((group,), tuple(paragraphs(1))))), brand())
    assert settled.dropped == ("only: aside",)
    columns = settled.pages[0].blocks[0]
    assert isinstance(columns, Columns)
    assert columns.columns[0] == ()


def test_a_page_that_still_overflows_is_an_error_with_its_size() -> None:
    settled, problems = fit(
        one_page(*paragraphs(12), Group(priority=1, name="extra", blocks=tuple(paragraphs(1)))),
        brand(),
    )
    assert settled.dropped == ("only: extra",)
    found = next(p for p in problems if p.code == "page-overflow")
    assert found.severity is Severity.ERROR
    assert "'only' holds about" in found.message


def test_a_page_that_needs_many_sheets_is_refused_with_its_size() -> None:
    row = (TableCell(content=line("x")), TableCell(content=line("1")))
    long = Table(header=row, rows=(row,) * 5000, align=("left", "right"))
    with pytest.raises(Stopped) as stopped:
        fit(one_page(long, Group(priority=1, name="extra", blocks=tuple(paragraphs(1)))), brand())
    dropped, overflow = stopped.value.problems
    assert dropped.code == "dropped"
    assert overflow.code == "page-overflow"
    [lines] = re.findall(r"about (\d+) lines too many", overflow.message)
    assert int(lines) > 2500


def test_pages_after_one_that_needs_two_tall_sheets_are_measured_for_themselves() -> None:
    one, two = one_page(*paragraphs(400)).pages[0], one_page(*paragraphs(1)).pages[0]
    short = measure(document(), [two], brand())[0]
    pages = [one, two.model_copy(update={"id": "two"})]
    long, after = measure(document(), pages, brand())
    assert long > 20_000
    assert after == pytest.approx(short)


def test_spare_room_goes_to_figures_then_gaps_then_above_the_sources() -> None:
    made = with_source(one_page(figure(), *[Paragraph(content=line("Short."))]))
    settled, _ = fit(made, brand())
    page = settled.pages[0]
    grown = next(block for block in page.blocks if isinstance(block, Figure))
    assert grown.height == pytest.approx(200 * MAX_GROWTH, abs=0.2)
    assert page.gap == pytest.approx(MAX_GAP, abs=0.2)
    most = brand().text_height - SPARE * brand().page_size[1]
    assert measure(settled, settled.pages, brand())[0] == pytest.approx(most, abs=1)


def test_a_page_without_sources_gets_no_foot_gap() -> None:
    assert fit(one_page(*paragraphs(1)), brand())[0].pages[0].foot_gap == 0


def test_a_figure_is_never_wider_than_its_place() -> None:
    half = Columns(columns=((figure(width=487),), (figure(width=100),)))
    settled, _ = fit(one_page(figure(width=900), half), brand())
    widths = [block.width for block in walk(settled.pages[0].blocks) if isinstance(block, Figure)]
    room = brand().text_width
    gutter = brand().file.space.gutter
    assert widths == pytest.approx([room, (room - gutter) / 2, 100])


def test_contents_name_the_other_pages() -> None:
    one = one_page(Contents())
    pages = (
        one.pages[0].model_copy(update={"id": "cover", "layout": "cover", "blocks": ()}),
        one.pages[0],
        one.pages[0].model_copy(update={"id": "end", "title": line("The end"), "blocks": ()}),
    )
    settled, _ = fit(one.model_copy(update={"pages": pages}), brand())
    contents = settled.pages[1].blocks[0]
    assert isinstance(contents, Contents)
    assert contents.entries == (Entry(title="The end", page=3, target="end"),)


def test_settling_twice_changes_nothing() -> None:
    once, _ = fit(with_source(one_page(figure(), *paragraphs(2))), brand())
    again, _ = fit(
        once.model_copy(
            update={
                "pages": tuple(p.model_copy(update={"gap": 0, "foot_gap": 0}) for p in once.pages)
            }
        ),
        brand(),
    )
    assert fit(with_source(one_page(figure(), *paragraphs(2))), brand())[0] == once
    assert again.dropped == once.dropped


def noted(*sources: str) -> Paragraph:
    """A word with a note, for each source."""
    parts = [part for s in sources for part in (Text(text=" noted"), Note(source=s))]
    return Paragraph(content=tuple(parts))


def numbered(first: tuple[Block, ...], second: tuple[Block, ...]) -> Document:
    """Two pages that cite some of the sources a to z."""
    made = one_page(*first)
    pages = (made.pages[0], made.pages[0].model_copy(update={"id": "two", "blocks": second}))
    sources = tuple(Source(id=name, text="A study.") for name in "abcdefghijklmnopqrstuvwxyz")
    return made.model_copy(update={"pages": pages, "sources": sources})


def test_a_page_is_measured_with_the_numbers_that_its_notes_have_in_the_document() -> None:
    made = numbered((noted(*"bcdefghijklmn"),), (noted(*"a" * 60),))
    together = measure(made, made.pages, brand())[1]
    assert measure(made, made.pages[1:], brand()) == [pytest.approx(together)]
    alone = made.model_copy(update={"pages": made.pages[1:]})
    assert measure(alone, alone.pages, brand())[0] < together


def test_a_page_that_only_its_new_numbers_fill_is_shortened_too() -> None:
    gone = Group(priority=1, name="gone", blocks=(noted("a"), *paragraphs(9)))
    first: tuple[Block, ...] = (gone, *paragraphs(5), noted(*"bcdefghijklmn"))

    def second(lines: int) -> tuple[Block, ...]:
        short = Paragraph(content=line("Line."))
        return (
            noted(*"a" * 150),
            *[short] * lines,
            Group(priority=1, name="last", blocks=(short,)),
        )

    none, one = (
        measure(numbered(first, s), numbered(first, s).pages, brand())[1]
        for s in (second(0), second(1))
    )
    most = brand().text_height - LEAST_SPARE * brand().page_size[1]
    full = int((most - none) / (one - none))
    settled, problems = fit(numbered(first, second(full)), brand())
    assert settled.dropped == ("only: gone", "two: last")
    assert {p.code for p in problems} == {"dropped"}
