"""The quality bar on finished pages: each rule has a file that breaks it and one that does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.packs import BAR, GOOD
from tests.writers.sample import ISSUED, VERSION, brand, line, one_page
from winlab.document import Document, Paragraph
from winlab.finished import Finished, Run, Sheet, read_finished
from winlab.fit import fit
from winlab.layout import file_pages, sheets, text_kept
from winlab.preflight import check_file, preflight
from winlab.problems import Problem, Severity
from winlab.writers import Written
from winlab.writers.docx import docx
from winlab.writers.pdf import pdf

WIDTH, HEIGHT = 595.0, 842.0


def sheet(*runs: Run, drawn: tuple[tuple[float, float], ...] = ()) -> Finished:
    return Finished("", "", (Sheet(WIDTH, HEIGHT, runs, drawn),))


def run(text: str, left: float = 60, bottom: float = 700, width: float = 200) -> Run:
    return Run(text, left, bottom, left + width, bottom + 12)


ONE = one_page(Paragraph(content=line("Body.")), title="A title says the point").model_copy(
    update={"confidentiality": "Confidential"}
)
TITLE = run("A title says the point", bottom=760)
FOOT = run("Confidential", bottom=30)


def codes(found: list[Problem]) -> dict[str, Severity]:
    return {problem.code: problem.severity for problem in found}


@pytest.mark.parametrize(
    ("found", "clips"),
    [
        (run("inside"), False),
        (run("right", left=500), True),
        (run("left", left=-20), True),
        (run("below", bottom=-9), True),
        (run("above", bottom=835), True),
        (run("", left=500), False),
    ],
)
def test_words_off_the_paper_block(found: Run, clips: bool) -> None:
    problems = codes(list(file_pages("pdf", sheet(found))))
    assert problems == ({"clipped": Severity.ERROR} if clips else {})


def test_a_font_that_is_not_embedded_is_noted() -> None:
    loose = Finished("", "", (), ("Arial",))
    assert codes(list(file_pages("pdf", loose))) == {"font-not-embedded": Severity.NOTE}


def test_a_line_that_a_file_lacks_blocks() -> None:
    kept = Finished("A title says\nthe point 1 Bo\u00addy.", "")
    assert list(text_kept(ONE, "docx", kept)) == []
    lost = Finished("A title says the point", "")
    [problem] = text_kept(ONE, "docx", lost)
    assert (problem.code, problem.severity) == ("text-lost", Severity.ERROR)
    assert "'Body.'" in problem.message


FULL = tuple(run("words", bottom=bottom) for bottom in range(60, 740, 20))


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (sheet(TITLE, *FULL, FOOT), None),
        (sheet(run("leftover line", bottom=780), TITLE, *FULL, FOOT), "widow"),
        (sheet(run("A title", bottom=780), run("says", bottom=760), run("the point", bottom=740), *FULL[:-3], FOOT),
         "title-lines"),
        (sheet(run("A title says", bottom=780), run("the point", bottom=760), *FULL, FOOT), None),
        (sheet(TITLE, run("Body.", bottom=740), FOOT), "last-page-empty"),
        (sheet(TITLE, FOOT, drawn=((300, 740),)), None),
        (sheet(TITLE, FOOT, drawn=((0, 842),)), "last-page-empty"),
    ],
)  # fmt: skip
def test_a_sheet_begins_with_its_title_and_the_last_one_is_filled(
    file: Finished, code: str | None
) -> None:
    assert codes(list(sheets(ONE, BAR, file))) == ({code: Severity.NOTE} if code else {})


@pytest.fixture(scope="module")
def settled() -> Document:
    return fit(GOOD, brand())[0]


def test_finished_files_of_a_good_pack_pass(settled: Document) -> None:
    files = {
        "pdf": pdf(settled, brand(), ISSUED, VERSION).data,
        "docx": docx(settled, brand(), ISSUED, VERSION).data,
    }
    assert preflight(settled, BAR, files) == []


def test_files_that_hold_another_pack_block(settled: Document) -> None:
    other = settled.model_copy(update={"pages": settled.pages[:4]})
    files = {
        "pdf": pdf(other, brand(), ISSUED, VERSION).data,
        "docx": docx(other, brand(), ISSUED, VERSION).data,
    }
    found = preflight(settled, BAR, files)
    assert codes(found) == {"page-count": Severity.ERROR, "text-lost": Severity.ERROR}
    assert {p.message.split()[1] for p in found if p.code == "text-lost"} == {"pdf", "docx"}


def test_a_title_of_three_lines_is_seen_in_the_pdf() -> None:
    long = one_page(
        Paragraph(content=line("Body.")), title="A title of far too many words " * 6
    )  # fmt: skip
    file = read_finished("pdf", pdf(long, brand(), ISSUED, VERSION).data)
    assert "title-lines" in codes(list(sheets(long, BAR, file)))


def test_a_damaged_file_blocks() -> None:
    for extension in ("pdf", "docx"):
        file, [problem] = check_file(extension, b"%PDF-1.7 nothing", BAR.secrets)
        assert file is None
        assert (problem.code, problem.severity) == ("unreadable", Severity.ERROR)


@pytest.mark.parametrize(("extension", "write"), [("pdf", pdf), ("docx", docx)])
def test_a_placeholder_in_a_file_blocks(
    extension: str, write: Callable[..., Written], settled: Document
) -> None:
    planted = settled.model_copy(update={"title": "A pack for [Customer]"})
    _, found = check_file(extension, write(planted, brand(), ISSUED, VERSION).data, BAR.secrets)
    assert codes(found) == {"placeholder": Severity.ERROR}
