from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from tests.writers.sample import BRAND_FOLDER, ISSUED, VERSION, line, one_page
from winlab.brand import Brand, read_brand
from winlab.document import Contents, Entry, Group, Paragraph, Table, TableCell
from winlab.problems import Stopped
from winlab.writers.typst import heights, pdf, theme_faults

ONE = one_page(Paragraph(content=line("words")))


def themed(folder: Path, old: str, new: str) -> Brand:
    """The shipped brand with a change in its theme."""
    copytree(BRAND_FOLDER, folder / "brand")
    copytree(BRAND_FOLDER.parent / "charts", folder / "charts")
    theme = folder / "brand" / "pack.typ"
    text = theme.read_text(encoding="utf-8")
    assert old in text
    theme.write_text(text.replace(old, new, 1), encoding="utf-8")
    return read_brand(folder / "brand")[0]


def test_a_fault_of_the_theme_stops_the_pack_at_its_line(tmp_path: Path) -> None:
    broken = themed(tmp_path, "#let pack = ", "#let nought = 1 + (1,)\n#let pack = ")
    for make in (
        lambda: pdf(ONE, broken, ISSUED, VERSION),
        lambda: heights(ONE, ONE.pages, broken),
    ):
        with pytest.raises(Stopped) as stopped:
            make()
        [problem] = stopped.value.problems
        assert str(problem).startswith("brand/pack.typ:4:")
        assert "cannot add integer and array" in problem.message


def test_a_theme_is_tried_without_a_pack(tmp_path: Path) -> None:
    assert theme_faults(read_brand(BRAND_FOLDER)[0]) == []
    broken = themed(tmp_path, "#let pack = ", "#let nought = 1 + (1,)\n#let pack = ")
    [problem] = theme_faults(broken)
    assert (problem.place.file, problem.place.line) == ("brand/pack.typ", 4)


def test_what_typst_warns_of_is_a_problem_at_its_line(tmp_path: Path) -> None:
    odd = themed(tmp_path, "font: brand.font", 'font: ("Nowhere Sans", brand.font)')
    [problem] = pdf(ONE, odd, ISSUED, VERSION).problems
    assert (problem.code, problem.place.file) == ("theme", "brand/pack.typ")
    assert "nowhere sans" in problem.message


@pytest.mark.parametrize("path", ["/etc/hostname", "../charts/gantt.json"])
def test_a_theme_reads_nothing_outside_the_brand(tmp_path: Path, path: str) -> None:
    nosy = themed(tmp_path, "#let pack = ", f'#let found = json("{path}")\n#let pack = ')
    with pytest.raises(Stopped, match=r"not found|escape"):
        pdf(ONE, nosy, ISSUED, VERSION)


def test_a_theme_that_no_more_says_a_height_is_named(tmp_path: Path) -> None:
    silent = themed(tmp_path, "<foot>", "<feet>")
    with pytest.raises(Stopped, match="says nothing under <foot>"):
        pdf(ONE, silent, ISSUED, VERSION)


def test_two_brands_do_not_share_a_theme(tmp_path: Path) -> None:
    (first,) = heights(ONE, ONE.pages, read_brand(BRAND_FOLDER)[0])
    taller = themed(
        tmp_path, "#let body-of(index, page) = {", "#let body-of(index, page) = { v(50pt)"
    )
    assert heights(ONE, ONE.pages, taller) == [first + 50]


def test_contents_may_name_a_page_that_is_not_there() -> None:
    entry = Entry(title="Gone", page=9, target="gone")
    written = pdf(
        one_page(Contents(entries=(entry,))), read_brand(BRAND_FOLDER)[0], ISSUED, VERSION
    )
    assert written.problems == ()


def test_odd_shapes_are_laid_out() -> None:
    brand = read_brand(BRAND_FOLDER)[0]
    cell = TableCell(content=line("x"))
    odd = one_page(
        Table(header=(cell,), rows=((cell,),), align=()),
        Table(header=(cell, cell), rows=(), align=("left", "left")),
        Group(priority=1, name="none", blocks=()),
        Paragraph(content=()),
        Paragraph(content=line("")),
    )
    written = pdf(
        odd.model_copy(update={"goals": (), "confidentiality": ""}), brand, ISSUED, VERSION
    )
    assert written.problems == ()


def test_a_letter_of_a_private_area_is_a_problem_and_no_crash() -> None:
    brand = read_brand(BRAND_FOLDER)[0]
    own = tuple(replace(font, advances={**font.advances, 0xE000: 500.0}) for font in brand.fonts)
    private = replace(brand, fingerprint="private", fonts=own)
    made = one_page(Paragraph(content=line("a \ue000 b")))
    assert pdf(made, private, ISSUED, VERSION).data.startswith(b"%PDF-1.7")
