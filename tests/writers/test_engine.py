"""Both engines against one bar."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
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
from winlab.inputs import PdfEngine
from winlab.problems import Stopped, errors
from winlab.writers.docx import docx
from winlab.writers.engine import engine

ENGINES: tuple[PdfEngine, ...] = ("weasyprint", "typst")
OWN_FONTS = {
    "weasyprint": ("Carlito-of-the-pack", "Carlito-of-the-pack-Bold"),
    "typst": ("Carlito", "Carlito-Bold"),
}


@pytest.fixture(params=ENGINES)
def by(request: pytest.FixtureRequest) -> PdfEngine:
    named: PdfEngine = request.param
    return named


def pages_of(data: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pdfium.PdfDocument(data)]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_each_page_is_one_sheet_and_holds_its_text_in_order(by: PdfEngine) -> None:
    settled, problems = fit(document(), brand(), by)
    written = engine(by).pdf(settled, brand(), ISSUED, VERSION)
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


def test_head_foot_and_stamps(by: PdfEngine) -> None:
    settled, _ = fit(document(), brand(), by)
    first = squeezed(pages_of(engine(by).pdf(settled, brand(), date(2027, 3, 5), "1.2").data)[0])
    for said in (
        "MeridianSpecialtyChemicals",
        "GulfCoastLatex,Baytown·forMariaDelgado",
        "DecidebyFebruary15,2027",
        "Confidential,forGulfCoastLatex",
        "1/6",
        "Issued5March2027,version1.2",
    ):
        assert said in first


def test_notes_are_numbered_once_and_resolved_on_their_page(by: PdfEngine) -> None:
    settled, _ = fit(document(), brand(), by)
    pages = [
        squeezed(page) for page in pages_of(engine(by).pdf(settled, brand(), ISSUED, VERSION).data)
    ]
    assert "1Sitevisit" in pages[0]
    assert "2Meridianbenchmark" in pages[0]
    assert "2Meridianbenchmark" in pages[1]
    assert "1Sitevisit" not in pages[1]


def test_same_bytes_in_another_process_with_another_hash_seed(by: PdfEngine) -> None:
    code = (
        "import hashlib; from tests.writers.sample import *; from winlab.fit import fit; "
        f"from winlab.writers.engine import engine; by = {by!r}; "
        "print(hashlib.sha256(engine(by).pdf(fit(document(), brand(), by)[0], brand(), ISSUED, VERSION).data).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    settled, _ = fit(document(), brand(), by)
    ours = [engine(by).pdf(settled, brand(), ISSUED, VERSION).data for _ in range(2)]
    assert ours[0] == ours[1]
    assert hashlib.sha256(ours[0]).hexdigest() == done.stdout.strip()


@pytest.mark.parametrize(
    "hostile",
    [
        "A & B <Co> {{ 7*7 }} ::: | <script>alert(1)</script> &amp; </p> ${x} %s \\n",
        '#panic("x") #import "@preview/a:1.0.0": * *bold* _it_ `raw` = $x^2$ @ref \\u{41} // /* ~ -- ...',
        '"] } ) ; #let pack = 1 [',
    ],
)
def test_hostile_text_stays_text(by: PdfEngine, hostile: str) -> None:
    written = engine(by).pdf(one_page(Paragraph(content=line(hostile))), brand(), ISSUED, VERSION)
    assert written.problems == ()
    assert squeezed(hostile) in squeezed(pages_of(written.data)[0])


@pytest.mark.parametrize(
    ("text", "named"),
    [("fish 🐟 tank", "U+1F41F"), ("שלום", "U+05D5"), ("bell\x07", "U+0007")],
)
def test_a_character_that_the_font_lacks_is_a_problem_and_no_crash(
    by: PdfEngine, text: str, named: str
) -> None:
    written = engine(by).pdf(one_page(Paragraph(content=line(text))), brand(), ISSUED, VERSION)
    found = [p for p in written.problems if p.code == "missing-glyph"]
    assert any(named in problem.message for problem in found)
    assert errors(found)
    assert written.data.startswith(b"%PDF-1.7")


def test_all_characters_that_the_font_lacks_are_one_problem_with_their_places(
    by: PdfEngine,
) -> None:
    made = one_page(Paragraph(content=line("fish 🐟 tank")), Paragraph(content=line("林 and 林")))
    written = engine(by).pdf(
        made.model_copy(update={"running": "for 林"}), brand(), ISSUED, VERSION
    )
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
def test_an_unbroken_word_stays_in_its_box(
    by: PdfEngine, block: Callable[[str], Block], word: str
) -> None:
    written = engine(by).pdf(one_page(block(word)), brand(), ISSUED, VERSION)
    assert written.problems == ()
    right = brand().page_size[0] - brand().file.margins.right
    text = pdfium.PdfDocument(written.data)[0].get_textpage()
    assert max(text.get_charbox(n)[2] for n in range(text.count_chars())) <= right + 2
    assert squeezed(word) in squeezed(pages_of(written.data)[0]).replace("\u2010", "-")


@pytest.mark.parametrize("field", ["running", "goals", "confidentiality"])
def test_a_head_or_foot_that_runs_into_the_page_is_an_overflow(by: PdfEngine, field: str) -> None:
    long = "Approve a trial on the line and its sister line before the recipe is frozen. " * 12
    change = (Goal(label="Goal", value=long),) if field == "goals" else long
    made = one_page(Paragraph(content=line("x"))).model_copy(update={field: change})
    found = engine(by).pdf(made, brand(), ISSUED, VERSION).problems
    assert {p.code for p in found} == {"overflow"}
    where = "the foot" if field == "confidentiality" else "the running head"
    assert all(p.message.startswith(where) for p in found)


def test_spaces_that_do_not_break_are_no_problem(by: PdfEngine) -> None:
    written = engine(by).pdf(
        one_page(Paragraph(content=line("line\u00a02 at 5\u202f%"))), brand(), ISSUED, VERSION
    )
    assert written.problems == ()
    fonts = re.findall(rb"/BaseFont /[A-Z]{6}\+([\w-]+)", written.data)
    regular, bold = OWN_FONTS[by]
    assert {font.decode() for font in fonts} <= {regular, bold}


def test_a_chart_that_does_not_exist_stops_both_writers(by: PdfEngine) -> None:
    chart = Figure(chart="pie", data=(), width=100, height=50, alt="x")
    for write in (engine(by).pdf, docx):
        with pytest.raises(Stopped, match="there is no chart 'pie'"):
            write(one_page(chart), brand(), ISSUED, VERSION)


def test_a_page_that_overflows_is_a_problem(by: PdfEngine) -> None:
    long = one_page(*[Paragraph(content=line(f"Paragraph {n} says something.")) for n in range(60)])
    assert "page-overflow" in {
        p.code for p in engine(by).pdf(long, brand(), ISSUED, VERSION).problems
    }


def test_no_path_of_the_machine_in_the_file(by: PdfEngine) -> None:
    settled, _ = fit(document(), brand(), by)
    data = engine(by).pdf(settled, brand(), ISSUED, VERSION).data
    assert str(BRAND_FOLDER.parent).encode() not in data
    assert b"file:" not in data


def test_title_language_and_bookmarks(by: PdfEngine) -> None:
    settled, _ = fit(document(), brand(), by)
    opened = pdfium.PdfDocument(engine(by).pdf(settled, brand(), ISSUED, VERSION).data)
    assert opened.get_metadata_value("Title") == document().title
    assert opened.get_metadata_value("CreationDate").startswith("D:20261201")
    titles = [mark.get_title() for mark in opened.get_toc() if mark.level == 0]
    assert titles == [printed(page.title) for page in settled.pages]


def test_two_notes_in_a_row_are_set_off(by: PdfEngine) -> None:
    one = one_page(
        Paragraph(content=(Text(text="words"), Note(source="a"), Note(source="b")))
    ).model_copy(update={"sources": (Source(id="a", text="One."), Source(id="b", text="Two."))})
    assert "words1,2" in squeezed(pages_of(engine(by).pdf(one, brand(), ISSUED, VERSION).data)[0])


@pytest.mark.slow
def test_verapdf_finds_it_archivable_and_accessible(by: PdfEngine, tmp_path: Path) -> None:
    verapdf = os.environ.get("WINLAB_VERAPDF")
    if not verapdf:
        pytest.skip("WINLAB_VERAPDF names no veraPDF")
    settled, _ = fit(document(), brand(), by)
    file = tmp_path / "pack.pdf"
    file.write_bytes(engine(by).pdf(settled, brand(), ISSUED, VERSION).data)
    done = subprocess.run(
        [verapdf, f"ua1:{file}", f"3a:{file}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_engines_give_a_page_the_same_height() -> None:
    settled, _ = fit(document(), brand())
    reference, other = (engine(by).heights(settled, settled.pages, brand()) for by in ENGINES)
    assert other == pytest.approx(reference, abs=0.5)


@pytest.mark.parametrize("by", ENGINES)
def test_an_engine_that_is_not_there_is_one_problem_with_both_ways_out(
    by: PdfEngine, tmp_path: Path
) -> None:
    (tmp_path / by).mkdir()
    broken = "print('advice'); raise OSError('cannot load library libpango-1.0-0')"
    (tmp_path / by / "__init__.py").write_text(broken, encoding="utf-8")
    plan = "samples/chemicals/plans/gulf-coast-latex-trial.yaml"
    asked = ["pack", plan, "--pdf-engine", by, "--out", str(tmp_path / "out"), "--json"]
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(tmp_path), str(root), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "winlab", *asked], cwd=root, env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    [problem] = json.loads(done.stdout)["problems"]
    other = next(name for name in ENGINES if name != by)
    assert problem["code"] == "pdf-engine"
    assert "nstall" in problem["hint"]
    ways = f'--pdf-engine {other}, or pdf_engine = "{other}" under [workspace] in winlab.toml'
    assert ways in problem["hint"]
    assert not (tmp_path / "out").exists()


def test_typst_needs_nothing_of_weasyprint() -> None:
    code = (
        "import sys; sys.modules['weasyprint'] = None\n"
        "from tests.writers.sample import *; from winlab.fit import fit\n"
        "from winlab.writers.engine import engine\n"
        "settled, problems = fit(document(), brand(), 'typst')\n"
        "written = engine('typst').pdf(settled, brand(), ISSUED, VERSION)\n"
        "print(problems, written.problems, written.data[:5])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[] () b'%PDF-'"
