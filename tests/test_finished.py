"""All that a finished file holds is read: what is seen, and what is not."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from datetime import date

import pytest

from tests.writers.sample import ISSUED, VERSION, brand, line, one_page
from winlab.brand import Brand
from winlab.document import Document, Figure, Paragraph
from winlab.finished import read_finished
from winlab.writers import Written
from winlab.writers.docx import docx
from winlab.writers.pdf import pdf

MARK = "qzvkx"
Writer = Callable[[Document, Brand, date, str], Written]


def held(extension: str, data: bytes) -> str:
    file = read_finished(extension, data)
    return f"{file.text} {file.hidden}"


def with_chart(**changes: object) -> Document:
    chart = Figure(
        chart="drivers", width=300, height=100, alt="Alt.",
        data=({"label": "Dose", "value": 4, "value_label": "4", "median": 2, "median_label": "2",
               "q1": 1, "q3": 3, "better": "lower", "estimate": False},),
        params={"customer": "Bay"},
    )  # fmt: skip
    return one_page(chart.model_copy(update=changes), title="A title says it")


@pytest.mark.parametrize(("extension", "write"), [("pdf", pdf), ("docx", docx)])
@pytest.mark.parametrize(
    "planted",
    [
        one_page(Paragraph(content=line(f"Some {MARK} words.")), title="A title says it"),
        one_page(title=f"A title says {MARK}"),
        one_page(title="A title").model_copy(update={"title": f"For {MARK}"}),
        one_page(title="A title").model_copy(update={"running": f"For {MARK}"}),
        one_page(title="A title").model_copy(update={"company": f"{MARK} Inc"}),
        one_page(title="A title").model_copy(update={"confidentiality": f"For {MARK}"}),
        with_chart(alt=f"Dots of {MARK}"),
        with_chart(params={"customer": MARK}),
    ],
    ids=["text", "title", "metadata", "head", "company", "foot", "alt", "chart"],
)
def test_what_is_planted_is_found(extension: str, write: Writer, planted: Document) -> None:
    assert MARK in held(extension, write(planted, brand(), ISSUED, VERSION).data).casefold()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("word/comments.xml", f"<c><p><t>{MARK}</t></p></c>"),
        ("docProps/custom.xml", f"<p><property name='x'>{MARK}</property></p>"),
        ("customXml/item1.xml", f"<a b='{MARK}'/>"),
        ("word/media/x.svg", f"<svg><text><tspan>qz</tspan>vkx</text><!-- {MARK} --></svg>"),
        (f"word/{MARK}.bin", "data"),
        ("word/media/x.png", f"\x89PNG....tEXtAuthor\0{MARK}"),
    ],
)
def test_every_part_of_a_docx_is_read(name: str, content: str) -> None:
    data = io.BytesIO(docx(one_page(title="A title"), brand(), ISSUED, VERSION).data)
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr(name, content.encode("latin-1"))
    assert MARK in held("docx", data.getvalue())


@pytest.mark.parametrize(
    "planted",
    [
        f"9 0 obj<</Alt ({MARK})>>endobj".encode(),
        b"9 0 obj<</Alt <FEFF" + MARK.encode("utf-16-be").hex().encode() + b">>>endobj",
        b"9 0 obj<</Alt (" + b"".join(b"\\%03o" % c for c in MARK.encode()) + b")>>endobj",
        b"9 0 obj<<>>stream\n"
        + zlib.compress(f"<</Alt ({MARK})>>".encode())
        + b"\nendstream endobj",
        f"9 0 obj<<>>stream\n<?xpacket?><x><y>{MARK}</y></x>\nendstream endobj".encode(),
    ],
    ids=["plain", "utf-16", "octal", "compressed", "xmp"],
)
def test_every_string_of_a_pdf_is_read(planted: bytes) -> None:
    data = pdf(one_page(title="A title"), brand(), ISSUED, VERSION).data
    assert MARK not in held("pdf", data)
    head, mark, tail = data.partition(b"\n")
    assert MARK in held("pdf", head + mark + planted + b"\n" + tail)


def test_pieces_that_do_not_follow_each_other_make_no_phrase() -> None:
    found = read_finished("docx", docx(with_chart(), brand(), ISSUED, VERSION).data)
    assert "Alt. |" in found.hidden


def test_places_are_in_points_from_the_lower_left_corner() -> None:
    page = one_page(Paragraph(content=line("Body words.")), title="A title says it")
    [sheet] = read_finished("pdf", pdf(page, brand(), ISSUED, VERSION).data).sheets
    runs = {run.text: run for run in sheet.runs}
    assert (round(sheet.width), round(sheet.height)) == tuple(map(round, brand().page_size))
    title, body = runs["A title says it"], runs["Body words."]
    assert title.bottom > body.top > sheet.height / 2
    assert title.left == pytest.approx(brand().file.margins.left, abs=2)


def test_what_is_no_such_file_is_said() -> None:
    for extension in ("pdf", "docx"):
        with pytest.raises(ValueError, match="cannot be read"):
            read_finished(extension, b"nothing")
