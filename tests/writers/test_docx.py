import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import docx as reader
import pypdfium2 as pdfium
import pytest
from defusedxml.ElementTree import fromstring

from tests.writers.sample import (
    BRAND_FOLDER,
    ISSUED,
    VERSION,
    brand,
    document,
    in_order,
    line,
    one_page,
    printed,
)
from winlab.document import Items, Paragraph
from winlab.fit import fit
from winlab.writers.docx import docx
from winlab.writers.html import style
from winlab.writers.pdf import pdf

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def words_of(data: bytes) -> str:
    body = reader.Document(io.BytesIO(data)).element.body
    nodes = body.iter(f"{W}t", f"{W}noBreakHyphen")
    return "".join("-" if node.tag.endswith("Hyphen") else node.text or "" for node in nodes)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_all_text_in_reading_order() -> None:
    settled, _ = fit(document(), brand())
    written = docx(settled, brand(), ISSUED, VERSION)
    assert written.problems == ()
    body = squeezed(words_of(written.data))
    at = 0
    for page in settled.pages:
        for words in (printed(page.title), *in_order(page.blocks)):
            found = body.find(squeezed(words), at)
            assert found >= 0, f"{words!r} is missing or out of order"
            at = found


def test_real_styles_and_one_title_a_page() -> None:
    settled, _ = fit(document(), brand())
    opened = reader.Document(io.BytesIO(docx(settled, brand(), ISSUED, VERSION).data))
    titles = [p for p in opened.paragraphs if p.style and p.style.name in ("Heading 1", "Title")]
    assert [p.text for p in titles] == [printed(page.title) for page in settled.pages]
    assert [bool(p.paragraph_format.page_break_before) for p in titles] == [False] + [True] * 5
    used = {p.style.name for p in opened.paragraphs if p.style}
    assert {"Heading 2", "Lead", "Caption", "Sources", "List Bullet"} <= used | {"List Bullet"}
    assert "Normal" not in used
    names = {style.style_id for style in opened.styles}
    body = opened.element.body
    pointed = {
        node.get(f"{W}val") for node in body.iter(f"{W}pStyle", f"{W}rStyle", f"{W}tblStyle")
    }
    assert pointed <= names


def test_nothing_of_a_template_or_of_the_machine() -> None:
    settled, _ = fit(document(), brand())
    parts = parts_of(docx(settled, brand(), ISSUED, VERSION).data)
    everything = b"".join(parts.values())
    assert b"python-docx" not in everything
    assert not [name for name in parts if "thumbnail" in name or "customXml" in name]
    assert b"stylesWithEffects" not in everything
    assert str(BRAND_FOLDER.parent).encode() not in everything
    core = parts["docProps/core.xml"].decode()
    assert "<dc:creator>Meridian Specialty Chemicals</dc:creator>" in core
    assert "2026-12-01T00:00:00Z" in core


def test_every_picture_has_alt_text_and_both_forms() -> None:
    settled, _ = fit(document(), brand())
    parts = parts_of(docx(settled, brand(), ISSUED, VERSION).data)
    root = fromstring(parts["word/document.xml"])
    described = [n.get("descr") for n in root.iter() if n.tag.endswith("}docPr")]
    assert len(described) == 4
    assert all(described)
    kinds = sorted(Path(name).suffix for name in parts if name.startswith("word/media/"))
    assert kinds == [".png"] * 5 + [".svg"] * 5


def test_header_rows_repeat_and_numbers_are_fields() -> None:
    settled, _ = fit(document(), brand())
    parts = parts_of(docx(settled, brand(), ISSUED, VERSION).data)
    body, foot = parts["word/document.xml"].decode(), parts["word/footer1.xml"].decode()
    assert body.count("<w:tblHeader/>") == 4
    assert 'w:instr=" PAGE "' in foot
    assert 'w:instr=" NUMPAGES "' in foot
    assert ">6<" in foot
    assert 'w:instr=" PAGEREF page_2 \\h "' in body


def test_numbered_lists_start_anew() -> None:
    numbered = Items(style="number", items=(line("one"), line("two")))
    parts = parts_of(docx(one_page(numbered, numbered), brand(), ISSUED, VERSION).data)
    numbers = re.findall(r'<w:numId w:val="(\d+)"/>', parts["word/document.xml"].decode())
    assert numbers == ["3", "3", "4", "4"]
    assert parts["word/numbering.xml"].decode().count("startOverride") == 2


def test_same_bytes_in_another_process_with_another_hash_seed() -> None:
    code = (
        "import hashlib; from tests.writers.sample import *; from winlab.writers.docx import docx; "
        "print(hashlib.sha256(docx(document(), brand(), ISSUED, VERSION).data).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    ours = [docx(document(), brand(), ISSUED, VERSION).data for _ in range(2)]
    assert ours[0] == ours[1]
    assert hashlib.sha256(ours[0]).hexdigest() == done.stdout.strip()


def test_hostile_text_stays_text() -> None:
    hostile = 'A & B <Co> {{ 7*7 }} ::: | "quoted" <w:p/> ]]> &amp; שלום 🐟'
    made = one_page(Paragraph(content=line(hostile)), title=hostile)
    written = docx(made, brand(), ISSUED, VERSION)
    assert words_of(written.data).count(hostile) == 2
    assert {p.code for p in written.problems} == {"missing-glyph"}


def test_a_control_character_is_a_problem_and_no_crash() -> None:
    written = docx(one_page(Paragraph(content=line("bell\x07"))), brand(), ISSUED, VERSION)
    assert "U+0007" in written.problems[0].message
    assert "bell\ufffd" in words_of(written.data)


@pytest.fixture
def fonts(tmp_path: Path) -> Path:
    config = tmp_path / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{BRAND_FOLDER / 'fonts'}</dir><cachedir>{tmp_path / 'cache'}</cachedir>"
        "<alias binding='same'><family>Calibri</family><prefer><family>Carlito</family></prefer>"
        "</alias></fontconfig>",
        encoding="utf-8",
    )
    return config


@pytest.mark.slow
def test_libreoffice_gives_the_same_pages(tmp_path: Path, fonts: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    settled, _ = fit(document(), brand())
    file = tmp_path / "pack.docx"
    file.write_bytes(docx(settled, brand(), ISSUED, VERSION).data)
    subprocess.run(
        [soffice, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)],
        env={**os.environ, "FONTCONFIG_FILE": str(fonts)}, capture_output=True, check=True,
        timeout=120,
    )  # fmt: skip
    theirs = pdfium.PdfDocument(tmp_path / "pack.pdf")
    ours = pdfium.PdfDocument(pdf(settled, brand(), ISSUED, VERSION).data)
    assert len(theirs) == len(ours) == len(settled.pages)
    for page, one, other in zip(settled.pages, theirs, ours, strict=True):
        places = [_lowest(sheet) for sheet in (one, other)]
        assert abs(places[0] - places[1]) < 0.02 * brand().page_size[1], page.id


def _lowest(page: pdfium.PdfPage) -> float:
    """Where a page's content ends, above the foot."""
    text = page.get_textpage()
    edges = (float(text.get_charbox(n)[1]) for n in range(text.count_chars()))
    return min(edge for edge in edges if edge > 60)


def test_boxes_to_tick_are_characters_of_the_brands_font() -> None:
    made = one_page(Items(items=(line("Form signed"),), style="check"))
    parts = parts_of(docx(made, brand(), ISSUED, VERSION).data)
    numbering = fromstring(parts["word/numbering.xml"])
    marks = {node.get(f"{W}val") or "" for node in numbering.iter(f"{W}lvlText")}
    assert "□" in marks
    assert brand().missing("".join(marks)) == set()
    assert not list(numbering.iter(f"{W}rFonts"))


def test_the_logo_is_as_large_as_in_the_pdf() -> None:
    width, height = brand().logo_size
    parts = parts_of(docx(document(), brand(), ISSUED, VERSION).data)
    [extent] = (
        n for n in fromstring(parts["word/header1.xml"]).iter() if n.tag.endswith("}extent")
    )
    assert (extent.get("cx"), extent.get("cy")) == (
        str(round(width * 12700)),
        str(round(height * 12700)),
    )
    assert f"/{width}pt {height}pt" in style(brand())
