import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from tests.writers.sample import (
    BRAND_FOLDER,
    ISSUED,
    VERSION,
    brand,
    cells,
    document,
    in_order,
    line,
    one_page,
    printed,
)
from winlab.document import (
    Block,
    Callout,
    Card,
    Columns,
    Contacts,
    Figure,
    Goal,
    Items,
    Kpis,
    Note,
    Paragraph,
    Quote,
    Source,
    Table,
    Text,
)
from winlab.fit import fit
from winlab.problems import Stopped, errors
from winlab.writers.docx import docx
from winlab.writers.html import page_source
from winlab.writers.pdf import pdf, print_html


def pages_of(data: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pdfium.PdfDocument(data)]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_each_page_is_one_sheet_and_holds_its_text_in_order() -> None:
    settled, problems = fit(document(), brand())
    written = pdf(settled, brand(), ISSUED, VERSION)
    pages = pages_of(written.data)
    assert problems == []
    assert written.problems == ()
    assert len(pages) == len(settled.pages) == 6
    for page, shown in zip(settled.pages, pages, strict=True):
        body = squeezed(shown)
        at = 0
        for words in (printed(page.title), *in_order(page.blocks)):
            found = body.find(squeezed(words), at)
            assert found >= 0, f"{words!r} is missing or out of order"
            at = found


def test_head_foot_and_stamps() -> None:
    settled, _ = fit(document(), brand())
    first = squeezed(pages_of(pdf(settled, brand(), date(2027, 3, 5), "1.2").data)[0])
    for said in (
        "MeridianSpecialtyChemicals",
        "GulfCoastLatex,Baytown·forMariaDelgado",
        "DecidebyFebruary15,2027",
        "Confidential,forGulfCoastLatex",
        "1/6",
        "Issued5March2027,version1.2",
    ):
        assert said in first


def test_notes_are_numbered_once_and_resolved_on_their_page() -> None:
    settled, _ = fit(document(), brand())
    pages = [squeezed(page) for page in pages_of(pdf(settled, brand(), ISSUED, VERSION).data)]
    assert "1Sitevisit" in pages[0]
    assert "2Meridianbenchmark" in pages[0]
    assert "2Meridianbenchmark" in pages[1]
    assert "1Sitevisit" not in pages[1]


def test_same_bytes_in_another_process_with_another_hash_seed() -> None:
    code = (
        "import hashlib; from tests.writers.sample import *; from winlab.fit import fit; "
        "from winlab.writers.pdf import pdf; "
        "print(hashlib.sha256(pdf(fit(document(), brand())[0], brand(), ISSUED, VERSION).data).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    settled, _ = fit(document(), brand())
    ours = [pdf(settled, brand(), ISSUED, VERSION).data for _ in range(2)]
    assert ours[0] == ours[1]
    assert hashlib.sha256(ours[0]).hexdigest() == done.stdout.strip()


def test_hostile_text_stays_text() -> None:
    hostile = "A & B <Co> {{ 7*7 }} ::: | <script>alert(1)</script> &amp; </p> ${x} %s \\n"
    written = pdf(one_page(Paragraph(content=line(hostile))), brand(), ISSUED, VERSION)
    assert written.problems == ()
    assert squeezed(hostile) in squeezed(pages_of(written.data)[0])


@pytest.mark.parametrize(
    ("text", "named"),
    [("fish 🐟 tank", "U+1F41F"), ("שלום", "U+05D5"), ("bell\x07", "U+0007")],
)
def test_a_character_that_the_font_lacks_is_a_problem_and_no_crash(text: str, named: str) -> None:
    written = pdf(one_page(Paragraph(content=line(text))), brand(), ISSUED, VERSION)
    found = [p for p in written.problems if p.code == "missing-glyph"]
    assert any(named in problem.message for problem in found)
    assert errors(found)
    assert written.data.startswith(b"%PDF-1.7")


def test_all_characters_that_the_font_lacks_are_one_problem_with_their_places() -> None:
    made = one_page(Paragraph(content=line("fish 🐟 tank")), Paragraph(content=line("林 and 林")))
    written = pdf(made.model_copy(update={"running": "for 林"}), brand(), ISSUED, VERSION)
    [problem] = written.problems
    assert problem.code == "missing-glyph"
    for part in ("U+1F41F", "U+6797", "head and foot", "page 'only'", "fish"):
        assert part in problem.message


WORDS = {
    "word": "Donaudampfschifffahrtsgesellschaftskapitaen" * 5,
    "address": f"https://example.com/a?b=c&d={'x' * 200}",
    "code": "DF-310" + "-FG310" * 33,
}


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS.keys())
@pytest.mark.parametrize(
    "block",
    [
        lambda w: Paragraph(content=line(w)),
        lambda w: Quote(content=line(w), by=w),
        lambda w: Kpis(cards=tuple(Card(value=w[:60], unit="kg/t", label=line(w)) for _ in "123")),
        lambda w: Table(header=cells("a", w), rows=(cells(w, "2"),), align=("left", "right"),
                        caption=line(w)),
        lambda w: Columns(columns=((Paragraph(content=line(w)),), (Items(items=(line(w),)),))),
        lambda w: Callout(tone="ask", blocks=(Paragraph(content=line(w)),), aside=(line(w),)),
        lambda w: Contacts(columns=((line(w),), (line(w),), (line(w),))),
    ],
    ids=["paragraph", "quote", "cards", "table", "columns", "callout", "contacts"],
)  # fmt: skip
def test_an_unbroken_word_stays_in_its_box(block: Callable[[str], Block], word: str) -> None:
    written = pdf(one_page(block(word)), brand(), ISSUED, VERSION)
    assert written.problems == ()
    right = brand().page_size[0] - brand().file.margins.right
    text = pdfium.PdfDocument(written.data)[0].get_textpage()
    assert max(text.get_charbox(n)[2] for n in range(text.count_chars())) <= right + 2
    assert squeezed(word) in squeezed(pages_of(written.data)[0]).replace("\u2010", "-")


def test_text_that_cannot_break_is_an_overflow() -> None:
    wide = "line\u00a02\u00a0of\u00a0ten" * 12
    stiff = replace(brand(), fingerprint="stiff", css=f"{brand().css} p {{ white-space: nowrap }}")
    written = pdf(one_page(Paragraph(content=line(wide))), stiff, ISSUED, VERSION)
    [problem] = written.problems
    assert problem.code == "overflow"
    assert problem.message.startswith("page 'only' has no room for 'line")


@pytest.mark.parametrize("field", ["running", "goals", "confidentiality"])
def test_a_head_or_foot_that_runs_into_the_page_is_an_overflow(field: str) -> None:
    long = "Approve a trial on the line and its sister line before the recipe is frozen. " * 12
    change = (Goal(label="Goal", value=long),) if field == "goals" else long
    made = one_page(Paragraph(content=line("x"))).model_copy(update={field: change})
    found = pdf(made, brand(), ISSUED, VERSION).problems
    assert {p.code for p in found} == {"overflow"}
    where = "the foot" if field == "confidentiality" else "the running head"
    assert all(p.message.startswith(where) for p in found)


@pytest.mark.parametrize(
    ("css", "line_number", "said"),
    [
        ("p { colr: red }", 1, "unknown property"),
        ("p { width: 7foo }", 1, "invalid value"),
        ("\np color: red { }}", 2, "selector"),
    ],
)
def test_what_the_style_sheet_says_in_vain_is_named_at_its_line(
    css: str, line_number: int, said: str
) -> None:
    broken = replace(brand(), fingerprint=css, css=f"{css}\n{brand().css}")
    found = pdf(one_page(Paragraph(content=line("x"))), broken, ISSUED, VERSION).problems
    problem, *_ = [p for p in found if p.code == "css-ignored"]
    assert said in problem.message
    assert (problem.place.file, problem.place.line) == ("brand/pack.css", line_number)


def test_spaces_that_do_not_break_are_no_problem() -> None:
    written = pdf(
        one_page(Paragraph(content=line("line\u00a02 at 5\u202f%"))), brand(), ISSUED, VERSION
    )
    assert written.problems == ()
    fonts = re.findall(rb"/BaseFont /[A-Z]{6}\+([\w-]+)", written.data)
    assert {font.decode() for font in fonts} <= {"Carlito-of-the-pack", "Carlito-of-the-pack-Bold"}


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "http://127.0.0.1:9/x.png", "winlab:chart/99", "other.png"]
)
def test_an_address_outside_the_pack_is_refused_and_named(url: str) -> None:
    one = one_page(Paragraph(content=line("words")))
    source = page_source(one, brand(), ISSUED, VERSION)
    source = source.replace("words", f'<img src="{url}" alt="x">')
    written, _ = print_html(source, one, brand(), ISSUED, VERSION)
    assert [p.code for p in errors(written.problems)]
    if ":" in url:
        assert f"'{url}'" in next(p.message for p in written.problems if p.code == "blocked-url")


def test_an_inline_svg_cannot_fetch_unseen() -> None:
    one = one_page(Paragraph(content=line("words")))
    source = page_source(one, brand(), ISSUED, VERSION).replace(
        "words", '<svg><title>x</title><image href="file:///etc/hostname"/></svg>'
    )
    written, _ = print_html(source, one, brand(), ISSUED, VERSION)
    assert "blocked-url" in {p.code for p in written.problems}


def test_a_chart_that_does_not_exist_stops_both_writers() -> None:
    chart = Figure(chart="pie", data=(), width=100, height=50, alt="x")
    for write in (pdf, docx):
        with pytest.raises(Stopped, match="there is no chart 'pie'"):
            write(one_page(chart), brand(), ISSUED, VERSION)


def test_a_page_that_overflows_is_a_problem() -> None:
    long = one_page(*[Paragraph(content=line(f"Paragraph {n} says something.")) for n in range(60)])
    assert "page-overflow" in {p.code for p in pdf(long, brand(), ISSUED, VERSION).problems}


def test_no_path_of_the_machine_in_the_file() -> None:
    settled, _ = fit(document(), brand())
    data = pdf(settled, brand(), ISSUED, VERSION).data
    assert str(BRAND_FOLDER.parent).encode() not in data
    assert b"file:" not in data


def test_title_language_and_bookmarks() -> None:
    settled, _ = fit(document(), brand())
    opened = pdfium.PdfDocument(pdf(settled, brand(), ISSUED, VERSION).data)
    assert opened.get_metadata_value("Title") == document().title
    assert opened.get_metadata_value("CreationDate").startswith("D:20261201")
    titles = [mark.get_title() for mark in opened.get_toc() if mark.level == 0]
    assert titles == [printed(page.title) for page in settled.pages]


def test_two_notes_in_a_row_are_set_off() -> None:
    one = one_page(
        Paragraph(content=(Text(text="words"), Note(source="a"), Note(source="b")))
    ).model_copy(update={"sources": (Source(id="a", text="One."), Source(id="b", text="Two."))})
    assert "words1,2" in squeezed(pages_of(pdf(one, brand(), ISSUED, VERSION).data)[0])


@pytest.mark.slow
def test_verapdf_finds_it_archivable_and_accessible(tmp_path: Path) -> None:
    verapdf = os.environ.get("WINLAB_VERAPDF")
    if not verapdf:
        pytest.skip("WINLAB_VERAPDF names no veraPDF")
    settled, _ = fit(document(), brand())
    file = tmp_path / "pack.pdf"
    file.write_bytes(pdf(settled, brand(), ISSUED, VERSION).data)
    done = subprocess.run(
        [verapdf, f"ua1:{file}", f"3a:{file}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
