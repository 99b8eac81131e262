"""docxtpl with a template of the same paragraphs, tables and pictures as our own Word file.

The template is that file with its words and pictures taken out: a place for each paragraph, a
loop over the rows of each table. Head and foot stay in it as they are.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date

import docx as python_docx
from docx.oxml.ns import qn
from docx.shared import Pt
from lxml.etree import _Element as Element

from winlab import charts
from winlab.brand import Brand
from winlab.document import Document
from winlab.writers.docx import PICTURE_SCALE, docx
from winlab.writers.html import figures

DAY = date(2026, 12, 1)
_LOOP = "{%tr for row in tables[NUMBER] %}"
_END = "{%tr endfor %}"
_IN_LOOP = "loop"
"""Marks rows while words are taken out."""


@dataclass
class Content:
    """What a Word file says: its paragraphs, the rows of its tables, and how many pictures."""

    texts: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    pictures: int = 0


class Template:
    """A template of one pack, on disk as docxtpl wants it."""

    def __init__(self, document: Document, brand: Brand) -> None:
        self.brand = brand
        opened = python_docx.Document(io.BytesIO(docx(document, brand, DAY, "1").data))
        taken_out(opened.element.body)
        for number, relation in list(opened.part.rels.items()):
            if "/image" in relation.reltype:
                del opened.part.rels[number]
        saved = io.BytesIO()
        opened.save(saved)
        self.data = saved.getvalue()

    def prepared(self, document: Document) -> Callable[[], bytes]:
        """What fills the template for another pack of this shape; checked once before."""
        wanted = content_of(docx(document, self.brand, DAY, "1").data)
        drawn = [
            (charts.png(figure, self.brand, PICTURE_SCALE, document.locale), figure.width)
            for figure in figures(document)
        ]

        def run() -> bytes:
            from docxtpl import DocxTemplate, InlineImage

            template = DocxTemplate(io.BytesIO(self.data))
            pictures = [
                InlineImage(template, io.BytesIO(data), width=Pt(width)) for data, width in drawn
            ]
            context = {"texts": wanted.texts, "tables": wanted.tables, "pictures": pictures}
            template.render(context, autoescape=True)
            saved = io.BytesIO()
            template.save(saved)
            return saved.getvalue()

        if (made := content_of(run())) != wanted:
            raise AssertionError(f"docxtpl says {made}, not {wanted}")
        return run


def content_of(data: bytes) -> Content:
    """What a Word file says."""
    return taken_out(python_docx.Document(io.BytesIO(data)).element.body)


def taken_out(body: Element) -> Content:
    """Takes words and pictures out of a Word file's body and leaves docxtpl's tags for them."""
    content = Content()
    for table in list(body.iter(qn("w:tbl"))):
        if table.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}").get(qn("w:val")) == "PackTable":
            _take_rows(table, content)
    for paragraph in body.iter(qn("w:p")):
        if any(row.get(_IN_LOOP) for row in paragraph.iterancestors(qn("w:tr"))):
            continue
        if paragraph.find(f".//{qn('w:drawing')}") is not None:
            _say(paragraph, f"{{{{ pictures[{content.pictures}] }}}}")
            content.pictures += 1
        elif text := _text(paragraph):
            _say(paragraph, f"{{{{ texts[{len(content.texts)}] }}}}")
            content.texts.append(text)
    for row in body.iter(qn("w:tr")):
        row.attrib.pop(_IN_LOOP, None)
    return content


def _take_rows(table: Element, content: Content) -> None:
    """Leaves of a table its header, and one row in a loop over all the others."""
    first, *others = table.findall(qn("w:tr"))[1:]
    rows = [[_text(cell) for cell in row.iter(qn("w:tc"))] for row in (first, *others)]
    begin, end = deepcopy(first), deepcopy(first)
    for row, (tag, *rest) in (
        (begin, [_LOOP.replace("NUMBER", str(len(content.tables))), *[""] * (len(rows[0]) - 1)]),
        (end, [_END, *[""] * (len(rows[0]) - 1)]),
        (first, [f"{{{{ row[{place}] }}}}" for place in range(len(rows[0]))]),
    ):
        for cell, said in zip(row.iter(qn("w:tc")), (tag, *rest), strict=True):
            _say(next(cell.iter(qn("w:p"))), said)
        row.set(_IN_LOOP, "1")
    first.addprevious(begin)
    first.addnext(end)
    for row in others:
        table.remove(row)
    content.tables.append(rows)


def _text(part: Element) -> str:
    return "".join(_words(part))


def _words(part: Element) -> Iterator[str]:
    for node in part.iter(qn("w:t"), qn("w:noBreakHyphen")):
        yield "-" if node.tag == qn("w:noBreakHyphen") else node.text or ""


def _say(paragraph: Element, tag: str) -> None:
    """One run with a tag in place of all runs, in the look of the first."""
    runs = [*paragraph.iter(qn("w:r"))]
    for run in runs[1:]:
        run.getparent().remove(run)
    for node in list(runs[0]):
        if node.tag != qn("w:rPr"):
            runs[0].remove(node)
    text = runs[0].makeelement(qn("w:t"), {}, None)
    text.text = tag
    runs[0].append(text)
