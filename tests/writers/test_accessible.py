"""Both formats tell who does not see the page what stands where, and in which order."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
import pytest
from defusedxml.ElementTree import fromstring
from pypdfium2 import raw

from tests.writers.sample import ISSUED, VERSION, brand, document, line, one_page, printed
from tests.writers.test_docx import W, parts_of
from winlab.document import Contents, Document, Figure, Heading, Paragraph, Table, flat, walk
from winlab.fit import fit
from winlab.writers.docx import docx
from winlab.writers.pdf import pdf


@dataclass(frozen=True)
class Tag:
    """One element of a PDF's structure."""

    kind: str
    alt: str
    attributes: frozenset[str]
    children: tuple[Tag, ...]

    def walk(self) -> Iterator[Tag]:
        yield self
        for child in self.children:
            yield from child.walk()


def text_of(getter: object, element: object) -> str:
    size = getter(element, None, 0)  # type: ignore[operator]
    buffer = ctypes.create_string_buffer(max(size, 2))
    getter(element, buffer, size)  # type: ignore[operator]
    return buffer.raw[: size - 2].decode("utf-16-le") if size > 2 else ""


def attributes_of(element: object) -> Iterator[str]:
    for number in range(raw.FPDF_StructElement_GetAttributeCount(element)):
        held = raw.FPDF_StructElement_GetAttributeAtIndex(element, number)
        for at in range(raw.FPDF_StructElement_Attr_GetCount(held)):
            name = ctypes.create_string_buffer(64)
            size = ctypes.c_ulong()
            raw.FPDF_StructElement_Attr_GetName(held, at, name, 64, size)
            yield name.value.decode()


def tag(element: object) -> Tag:
    count = raw.FPDF_StructElement_CountChildren(element)
    children = (raw.FPDF_StructElement_GetChildAtIndex(element, n) for n in range(count))
    return Tag(
        text_of(raw.FPDF_StructElement_GetType, element),
        text_of(raw.FPDF_StructElement_GetAltText, element),
        frozenset(attributes_of(element)),
        tuple(tag(child) for child in children if child),
    )


def tags(page: pdfium.PdfPage) -> list[Tag]:
    """All elements of a page's structure, in reading order."""
    tree = raw.FPDF_StructTree_GetForPage(page)
    count = raw.FPDF_StructTree_CountChildren(tree)
    roots = [tag(raw.FPDF_StructTree_GetChildAtIndex(tree, n)) for n in range(count)]
    return [found for root in roots for found in root.walk()]


@pytest.fixture(scope="module")
def settled() -> Document:
    return fit(document(), brand())[0]


@pytest.fixture(scope="module")
def opened(settled: Document) -> pdfium.PdfDocument:
    return pdfium.PdfDocument(pdf(settled, brand(), ISSUED, VERSION).data)


@pytest.fixture(scope="module")
def parts(settled: Document) -> dict[str, bytes]:
    return parts_of(docx(settled, brand(), ISSUED, VERSION).data)


def test_a_pdf_is_tagged_and_says_its_language_title_and_bookmarks(
    settled: Document, opened: pdfium.PdfDocument
) -> None:
    assert raw.FPDFCatalog_IsTagged(opened)
    assert opened.get_metadata_value("Title") == settled.title
    marks = [mark.get_title() for mark in opened.get_toc() if mark.level == 0]
    assert marks == [printed(page.title) for page in settled.pages]
    language = (ctypes.c_ushort * 8)()
    size = raw.FPDFCatalog_GetLanguage(opened, language, 16)
    assert bytes(language)[: size - 2].decode("utf-16-le") == "en"


def test_headings_of_a_pdf_skip_no_level(opened: pdfium.PdfDocument) -> None:
    for page in opened:
        levels = [int(t.kind[1:]) for t in tags(page) if re.fullmatch(r"H[1-6]", t.kind)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_blocks_of_a_pdf_come_in_reading_order(
    settled: Document, opened: pdfium.PdfDocument
) -> None:
    kinds = {Heading: "H2", Figure: "Figure", Table: "Table"}
    for page, sheet in zip(settled.pages, opened, strict=True):
        blocks = [b for b in walk(flat(page.blocks)) if type(b) in kinds]
        expected = ["H1"] + [kinds[type(block)] for block in blocks]
        found = [t.kind for t in tags(sheet) if t.kind in ("H1", *kinds.values())]
        assert found == expected, page.id


def test_every_figure_of_a_pdf_has_its_alt_text(
    settled: Document, opened: pdfium.PdfDocument
) -> None:
    for page, sheet in zip(settled.pages, opened, strict=True):
        wanted = [b.alt for b in walk(page.blocks) if isinstance(b, Figure)]
        assert [t.alt for t in tags(sheet) if t.kind == "Figure"] == wanted


def test_tables_of_a_pdf_link_each_cell_to_its_headers(
    settled: Document, opened: pdfium.PdfDocument
) -> None:
    for page, sheet in zip(settled.pages, opened, strict=True):
        tables = [b for b in walk(page.blocks) if isinstance(b, Table)]
        heads = [t for t in tags(sheet) if t.kind == "TH"]
        assert len(heads) == sum(len(t.header) + len(t.rows) for t in tables)
        cells = [t for t in tags(sheet) if t.kind == "TD"]
        assert all("Headers" in t.attributes for t in cells)


def test_headings_of_a_docx_skip_no_level(parts: dict[str, bytes]) -> None:
    levels: list[int] = []
    for paragraph in fromstring(parts["word/document.xml"]).iter(f"{W}p"):
        found = paragraph.find(f"{W}pPr/{W}pStyle")
        style = (found.get(f"{W}val") or "") if found is not None else ""
        own = paragraph.find(f"{W}pPr/{W}outlineLvl")
        if own is not None:
            levels.append(int(own.get(f"{W}val") or 0) + 1)
        elif style == "Title" or style.startswith("Heading"):
            levels.append(1 if style == "Title" else int(style[-1]))
    assert levels[0] == 1
    assert {2, 3} & set(levels)
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_heading_of_level_three_alone_on_its_page_is_raised_in_both_formats() -> None:
    page = one_page(Heading(level=3, content=line("Before")), Paragraph(content=line("Body.")))
    [sheet] = pdfium.PdfDocument(pdf(page, brand(), ISSUED, VERSION).data)
    assert [t.kind for t in tags(sheet) if t.kind in ("H1", "H2", "H3")] == ["H1", "H2"]


def test_a_docx_says_its_language_and_title(settled: Document, parts: dict[str, bytes]) -> None:
    assert b'<w:lang w:val="en-US"' in parts["word/styles.xml"]
    assert f"<dc:title>{settled.title}</dc:title>".encode() in parts["docProps/core.xml"]
    assert b"<dc:language>en-US</dc:language>" in parts["docProps/core.xml"]


def test_every_table_of_a_docx_that_holds_data_repeats_its_header_row(
    settled: Document, parts: dict[str, bytes]
) -> None:
    tables = [b for page in settled.pages for b in walk(page.blocks) if isinstance(b, Table)]
    root = fromstring(parts["word/document.xml"])
    heads = [t for t in root.iter(f"{W}tbl") if next(t.iter(f"{W}tblHeader"), None) is not None]
    assert len(heads) == len(tables)
    for found in heads:
        first = next(found.iter(f"{W}tr"))
        assert first.find(f"{W}trPr/{W}tblHeader") is not None


def test_the_contents_of_a_docx_are_right_when_it_is_opened(
    settled: Document, parts: dict[str, bytes]
) -> None:
    [contents] = [b for page in settled.pages for b in walk(page.blocks) if isinstance(b, Contents)]
    body = parts["word/document.xml"].decode()
    fields = re.findall(r'PAGEREF (\w+) \\h ">.*?<w:t[^>]*>(\d+)</w:t>', body)
    assert fields == [(f"page_{entry.page}", str(entry.page)) for entry in contents.entries]
    assert len(fields) >= 4
    for mark, _ in fields:
        assert f'w:name="{mark}"' in body
    assert b"w:updateFields" not in parts["word/settings.xml"]


def test_page_numbers_of_a_docx_are_cached(settled: Document, parts: dict[str, bytes]) -> None:
    foot = parts["word/footer1.xml"].decode()
    shown = dict(re.findall(r'instr=" (\w+) ">.*?<w:t[^>]*>(\d+)</w:t>', foot))
    assert shown == {"PAGE": "1", "NUMPAGES": str(len(settled.pages))}


def test_every_chart_of_a_docx_is_vector_with_a_picture_behind(
    settled: Document, parts: dict[str, bytes]
) -> None:
    charts = sum(isinstance(b, Figure) for page in settled.pages for b in walk(page.blocks))
    body = parts["word/document.xml"].decode()
    relations = parts["word/_rels/document.xml.rels"].decode()
    targets = dict(re.findall(r'Id="(\w+)"[^>]*Target="([^"]+)"', relations))
    targets |= {i: t for t, i in re.findall(r'Target="([^"]+)"[^>]*Id="(\w+)"', relations)}
    plain = re.findall(r'<a:blip r:embed="(\w+)"', body)
    vector = re.findall(r'<asvg:svgBlip [^>]*r:embed="(\w+)"', body)
    assert len(plain) == len(vector) == charts
    assert {targets[found][-4:] for found in plain} == {".png"}
    assert {targets[found][-4:] for found in vector} == {".svg"}
