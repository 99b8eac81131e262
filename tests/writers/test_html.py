import pytest
from defusedxml.ElementTree import fromstring

from tests.writers.sample import ISSUED, VERSION, brand, cells, document, line, one_page
from winlab.document import (
    Callout,
    Columns,
    Heading,
    Items,
    Kpis,
    Note,
    Paragraph,
    Source,
    Table,
    Text,
)
from winlab.writers import Words, table_widths
from winlab.writers.html import html


def test_headings_tables_and_pictures_are_semantic() -> None:
    made = html(document(), brand(), ISSUED, VERSION)
    assert made.startswith('<!DOCTYPE html><html lang="en">')
    assert made.count("<h1 ") == 6
    assert made.count("<figure") == made.count('<img src="winlab:chart/') == 4
    assert 'alt=""' not in made
    assert "<th scope=col" in made
    assert "<th scope=row" in made


def test_text_is_escaped_in_words_and_attributes() -> None:
    made = html(
        one_page(Paragraph(content=line("<b>5 & 6</b>")), title='A "title" of <script>'),
        brand(), ISSUED, VERSION,
    )  # fmt: skip
    assert "&lt;b&gt;5 &amp; 6&lt;/b&gt;" in made
    assert "<script>" not in made


def test_the_ask_is_set_in_its_own_type() -> None:
    ask = Callout(tone="ask", blocks=(Paragraph(content=line("Decide")),), aside=(line("Owner"),))
    box = Callout(tone="note", blocks=(Paragraph(content=line("Remark")),))
    made = html(one_page(ask, box), brand(), ISSUED, VERSION)
    assert "<p class=ask>Decide</p>" in made
    assert "<p class=aside>Owner</p>" in made
    assert "<p class=body>Remark</p>" in made


def test_strong_and_emphasis() -> None:
    made = html(
        one_page(Paragraph(content=(Text(text="a", strong=True), Text(text="b", emphasis=True)))),
        brand(), ISSUED, VERSION,
    )  # fmt: skip
    assert "<strong>a</strong><em>b</em>" in made


def test_columns_fill_the_text_width() -> None:
    table = Table(
        header=cells("Measure", "Value"), rows=(cells("Downtime", "14 h"),), align=("left", "right")
    )
    words = Words(document(), ISSUED, VERSION, {})
    widths = table_widths(table, brand(), words, 400)
    assert sum(widths) == pytest.approx(400)
    assert widths[1] > brand().width("Value", brand().file.type.table_head.size, bold=True)
    long = table.model_copy(update={"rows": (cells("word " * 60, "14 h"),)})
    assert sum(table_widths(long, brand(), words, 400)) == pytest.approx(400)
    shared = table.model_copy(update={"widths": (3, 1)})
    assert table_widths(shared, brand(), words, 400) == [300, 100]


def test_every_container_closes() -> None:
    made = html(
        one_page(
            Columns(columns=((Heading(content=line("H")), Items(items=(line("one"),), style="check")), ())),
            Kpis(cards=()),
        ),
        brand(), ISSUED, VERSION,
    )  # fmt: skip
    section = made[made.index("<section") : made.index("</section>") + len("</section>")]
    section = section.replace("<h1 class=title>", "<h1>").replace("<h2 class=heading>", "<h2>")
    assert fromstring(section).tag == "section"


def test_a_notes_number_stays_with_its_word() -> None:
    made = one_page(
        Paragraph(content=(Text(text="So R&D said"), Note(source="a"), Note(source="b"))),
        Paragraph(
            content=(Text(text="On average.", strong=True), Note(source="a"), Note(source="b"))
        ),
        Paragraph(content=(Text(text="1.3 kg/t"), Note(source="a"))),
        Paragraph(content=(Text(text="at 10\N{NO-BREAK SPACE}%"), Note(source="a"))),
    )
    sources = (Source(id="a", text="A."), Source(id="b", text="B."))
    drawn = html(made.model_copy(update={"sources": sources}), brand(), ISSUED, VERSION)
    assert "So R&amp;D sai<span class=kept>d<sup>1</sup><sup>,2</sup></span>" in drawn
    assert "<strong>On average<span class=kept>.<sup>1</sup><sup>,2</sup></span></strong>" in drawn
    assert "at 1<span class=kept>0\N{NO-BREAK SPACE}%<sup>1</sup></span>" in drawn
    assert "kg<span class=kept>/<span class=kept>t<sup>1</sup></span></span>" in drawn
