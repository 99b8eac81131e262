"""One brand.toml restyles all: pages, Word files and charts of a plan in the second brand."""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pypdfium2
import pytest

from winlab.brand import Brand, read_brand
from winlab.check_templates import brand_problems
from winlab.inputs import PdfEngine
from winlab.lab import open_lab
from winlab.pack import make_packs
from winlab.problems import Exit, Stopped
from winlab.read import read_workspace

ROOT = Path(__file__).parents[1]
FIRST = read_brand(ROOT / "templates/brand")[0]
HARBOR = ROOT / "samples/brands/harbor"
TODAY = date(2026, 12, 1)


def workspace(folder: Path, brand: str) -> Path:
    """The sample workspace with another brand."""
    shutil.copytree(ROOT / "samples", folder / "samples")
    text = (ROOT / "winlab.toml").read_text(encoding="utf-8")
    text = text.replace('"plays"', '"starter:plays"')
    text = text.replace('"templates"', f'"starter:templates"\nbrand     = "{brand}"')
    (folder / "winlab.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All packs of one plan in the second brand: every component and most charts."""
    folder = workspace(tmp_path_factory.mktemp("harbor"), "samples/brands/harbor")
    lab = open_lab(folder, None, TODAY)
    plan = folder / "samples/chemicals/plans/gulf-coast-latex-trial.yaml"
    outcome = make_packs(lab, plan, folder / "out")
    assert outcome.exit_code is Exit.DONE
    assert [str(p) for p in outcome.problems if p.code.startswith(("brand-", "overflow"))] == []
    return folder / "out"


@pytest.fixture(scope="module")
def harbor() -> Brand:
    brand, problems = read_brand(HARBOR, ROOT / "templates")
    assert problems == []
    return brand


def palette(brand: Brand) -> set[str]:
    return set(brand.file.colours.model_dump().values())


def pdf_colours(data: bytes) -> set[str]:
    """The colours that a PDF fills and strokes with, as ``#rrggbb``."""
    found: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        for parts in re.findall(rb"(?<![\d.])([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG|scn|SCN)\b", text):
            found.add("#" + "".join(f"{round(float(part) * 255):02x}" for part in parts))
    return found


def word_parts(path: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".svg")):
                yield name, archive.read(name).decode()


def test_the_second_brand_differs_in_all_that_a_brand_says(harbor: Brand) -> None:
    own, other = harbor.file, FIRST.file
    for part in ("paper", "legal", "fonts", "margins", "space", "type"):
        assert getattr(own, part) != getattr(other, part), part
    shared = palette(harbor) & palette(FIRST)
    assert shared == {"#ffffff"}
    assert harbor.logo != FIRST.logo
    assert harbor.css == FIRST.css
    assert "SIL OPEN FONT LICENSE Version 1.1" in (HARBOR / "fonts/OFL.txt").read_text()


def test_pdf_pages_hold_the_brands_paper_fonts_and_colours_only(packs: Path, harbor: Brand) -> None:
    files = sorted(packs.rglob("*.pdf"))
    assert len(files) == 3
    for file in files:
        data = file.read_bytes()
        fonts = {font.decode() for font in re.findall(rb"/BaseFont /(?:[A-Z]{6}\+)?([\w-]+)", data)}
        assert all(font.startswith("Liberation-Sans-of-the-pack") for font in fonts), fonts
        colours = pdf_colours(data) - {"#000000"}
        assert harbor.file.colours.ours in colours
        assert colours <= palette(harbor), file.name
        document = pypdfium2.PdfDocument(data)
        assert document[0].get_size() == pytest.approx((612, 792))
        text = document[0].get_textpage().get_text_bounded()
        assert harbor.file.legal in " ".join(text.split())
        assert FIRST.file.legal not in " ".join(text.split())


def test_word_files_hold_the_brands_fonts_and_colours_only(packs: Path, harbor: Brand) -> None:
    files = sorted(packs.rglob("*.docx"))
    assert len(files) == 3
    for file in files:
        text = dict(word_parts(file))
        assert {"word/theme/theme1.xml", "word/numbering.xml", "word/header1.xml"} <= set(text)
        for name, xml in text.items():
            colours = {
                f"#{c.lower()}" for c in re.findall(r'(?:val|fill|color)="([0-9A-Fa-f]{6})"', xml)
            }
            colours |= {c.lower() for c in re.findall(r"#[0-9A-Fa-f]{6}\b", xml)}
            assert colours <= palette(harbor), (file.name, name)
            faces = re.findall(r'(?:w:ascii|w:hAnsi|w:cs|typeface|font-family)="([^"]+)"', xml)
            faces += re.findall(r'<w:(?:font w:name|altName w:val)="([^"]+)"', xml)
            known = {"Arial", "Liberation Sans", "Arial, Liberation Sans"}
            assert set(faces) <= known, (file.name, name)
        assert '<w:pgSz w:w="12240" w:h="15840"/>' in text["word/document.xml"]
        assert harbor.file.legal in text["word/footer1.xml"]
        assert any(name.endswith(".svg") for name in text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "by"),
    [
        ("commencement-latex-calendar", "weasyprint"),
        ("commencement-latex-calendar", "typst"),
        ("brushy-fork-clean-die", "typst"),
        ("lavaca-assured-stock", "typst"),
        ("industry-plastics", "typst"),
    ],
)
def test_packs_of_all_roles_fit_their_pages_in_the_second_brand(
    tmp_path: Path, plan: str, by: PdfEngine
) -> None:
    lab = open_lab(workspace(tmp_path, "samples/brands/harbor"), None, TODAY, by)
    source = tmp_path / f"samples/chemicals/plans/{plan}.yaml"
    outcome = make_packs(lab, source, tmp_path / "out", formats=["pdf"])
    assert [str(p) for p in outcome.problems if p.severity == "error"] == []
    assert outcome.exit_code is Exit.DONE


def test_a_brand_that_is_not_there_is_named_at_its_line(tmp_path: Path) -> None:
    folder = workspace(tmp_path, "samples/brands/harbour")
    with pytest.raises(Stopped) as stopped:
        open_lab(folder, None, TODAY)
    [problem] = stopped.value.problems
    assert problem.message == "there is no folder 'samples/brands/harbour'"
    assert (problem.place.file, problem.place.line) == ("winlab.toml", 10)
    assert problem.place.column == 13


def test_check_names_the_file_of_the_chosen_brand(tmp_path: Path) -> None:
    folder = workspace(tmp_path, "samples/brands/harbor")
    toml = folder / "samples/brands/harbor/brand.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('muted      = "#595d66"', 'muted      = "#b0b4bd"'))
    found = brand_problems(read_workspace(folder))
    assert {(p.code, p.place.file) for p in found} == {
        ("brand-contrast", "samples/brands/harbor/brand.toml")
    }


def test_a_brand_without_its_files_names_them(tmp_path: Path) -> None:
    folder = workspace(tmp_path, "samples/brands")
    with pytest.raises(Stopped) as stopped:
        _ = open_lab(folder, None, TODAY).brand
    assert [str(p.place) for p in stopped.value.problems] == ["brands/brand.toml"]
