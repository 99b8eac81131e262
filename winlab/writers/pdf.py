"""Document → one PDF that is PDF/A-3a and PDF/UA-1 at once, through HTML and WeasyPrint.

Same input, same bytes. Nothing is fetched but the brand's fonts and logo and this document's
charts, all from memory.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import TypeAlias

from weasyprint import CSS, HTML, __version__
from weasyprint.document import Document as Laid
from weasyprint.formatting_structure import boxes
from weasyprint.text.ffi import harfbuzz_subset
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from winlab import charts
from winlab.brand import Brand
from winlab.document import Document, Figure, Page, fingerprint, walk
from winlab.problems import Place, Problem, error, grouped
from winlab.writers import LONGEST_DAY, LONGEST_VERSION, TALLEST, Written, text_problems
from winlab.writers.html import SCHEME, family, figures, page_source, style

ENGINE = f"weasyprint {__version__}, {'harfbuzz' if harfbuzz_subset else 'fonttools'}"
"""Part of a pack's fingerprint: another engine may set other lines or cut fonts otherwise."""

Serve: TypeAlias = Callable[[], tuple[bytes, str]]
"""Gives the bytes behind an address, and their MIME type."""

_UA_SCHEMA = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" '
    b'pdfuaid:part="1"/>'
    b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
    b'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" '
    b'xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    b"<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>"
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    b"<pdfaProperty:name>part</pdfaProperty:name>"
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>"
    b"</rdf:li></rdf:Seq></pdfaSchema:property>"
    b"</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


class Memory(URLFetcher):  # type: ignore[misc]
    """Serves what it was given and refuses all else, keeping what was asked for."""

    def __init__(self, served: Mapping[str, Serve]) -> None:
        super().__init__(allowed_protocols=(SCHEME,))
        self.served = served
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The bytes behind an address of ours; raises ``ValueError`` on any other."""
        found = self.served.get(url)
        if found is None:
            self.refused.append(url)
            raise ValueError("only the pack's own fonts, logo and charts may be loaded")
        data, kind = found()
        return URLFetcherResponse(url, data, {"Content-Type": kind})


def pdf(document: Document, brand: Brand, issued: date, version: str) -> Written:
    """The document as PDF. Problems name what could not be drawn or did not fit its page.

    Raises :class:`winlab.problems.Stopped` if a chart cannot be drawn at all.
    """
    source = page_source(document, brand, issued, version)
    written, count = print_html(source, document, brand, issued, version)
    known = text_problems(document, brand)
    problems = [*known, *_sheet(brand).problems]
    problems += [p for p in written.problems if not known or p.code != "missing-glyph"]
    if count != len(document.pages):
        problems.append(
            error("page-overflow", f"{len(document.pages)} pages need {count} sheets of paper",
                  "shorten the text, or give blocks that may go a priority")
        )  # fmt: skip
    return Written(written.data, tuple(grouped(problems)))


def ignored_styles(brand: Brand) -> list[Problem]:
    """What cannot be read in the brand's own style sheet, with line and column where known."""
    with _listening() as heard:
        CSS(string=brand.css, url_fetcher=Memory({}))
    return [_placed(problem, brand.css_file) for problem in heard]


def _placed(problem: Problem, file: str) -> Problem:
    found = re.fullmatch(r"(.*) at (\d+):(\d+), (.*?)\.?", problem.message, re.DOTALL)
    if found is None:
        message, place = " ".join(problem.message.split()), Place(file)
    else:
        message, place = f"{found[1]}: {found[4]}", Place(file, int(found[2]), int(found[3]))
    return error("style-sheet", message, "correct the line, or take it out", place)


_NO_MARGIN_BOXES = "".join(
    f"@{place}{{content:none}}" for place in ("top-center", "bottom-left", "bottom-right")
)
_BLANK = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def heights(document: Document, pages: Sequence[Page], brand: Brand) -> list[float]:
    """The natural height of each page's content, in points; charts are only given their room.

    ``pages`` are some of the document's, whose notes keep the numbers that they have in it.
    """
    if not pages:
        return []
    width = brand.page_size[0]
    count = sum(isinstance(block, Figure) for page in pages for block in walk(page.blocks))
    blank = {f"{SCHEME}:chart/{n}": partial(_served, _BLANK, "image/svg+xml") for n in range(count)}
    laid, _ = lay_out(
        page_source(document, brand, LONGEST_DAY, LONGEST_VERSION, pages=pages), brand, blank,
        CSS(string=f"@page{{size:{width}pt {TALLEST}pt;{_NO_MARGIN_BOXES}}}"),
    )  # fmt: skip
    ends: dict[str, float] = {}
    above = 0.0
    for sheet in laid.pages:
        started = len(ends)
        ends |= {
            name: above + place[1] * 0.75 - brand.file.margins.top
            for name, place in sheet.anchors.items()
            if name.startswith("end-")
        }
        above = 0.0 if len(ends) > started else above + TALLEST
    return [ends[f"end-{number}"] for number in range(len(pages))]


def print_html(
    source: str, document: Document, brand: Brand, issued: date, version: str
) -> tuple[Written, int]:
    """HTML of :func:`winlab.writers.html.page_source` as PDF, and its number of sheets."""
    served: dict[str, Serve] = {
        f"{SCHEME}:chart/{number}": partial(_served, *_drawn(figure, brand, document.locale))
        for number, figure in enumerate(figures(document))
    }
    identity = f"{fingerprint(document)} {brand.fingerprint} {issued} {version}"
    names = [f"page {page.id!r}" for page in document.pages]
    return print_source(source, brand, served, identity, names)


def print_source(
    source: str, brand: Brand, served: Mapping[str, Serve], identity: str, names: Sequence[str],
    extra: CSS | None = None,
) -> tuple[Written, int]:  # fmt: skip
    """HTML in the brand's style as PDF/A-3a and PDF/UA-1, and its number of sheets.

    ``served`` are the pictures that it names; ``identity`` is what the file's identifier is of;
    ``names`` are what problems call its pages.
    """
    with _listening() as heard:
        laid, fetcher = lay_out(source, brand, served, extra)
        laid.metadata.generate_rdf_metadata = _with_ua(laid.metadata.generate_rdf_metadata)
        with _fixed_clock():
            data = laid.write_pdf(
                pdf_variant="pdf/a-3a",
                pdf_tags=True,
                pdf_identifier=hashlib.sha256(identity.encode()).hexdigest()[:32].encode(),
            )
    problems = [
        error("blocked-url", f"the pack asked for {url!r}, which is not part of it",
              "keep pictures and fonts beside brand.toml")
        for url in fetcher.refused
    ]  # fmt: skip
    problems += _overflows(laid, names, brand)
    return Written(data, (*problems, *heard)), len(laid.pages)


_PT = 0.75
"""Points in a unit of the layout."""
_TOLERANCE = 1.5


def _overflows(laid: Laid, names: Sequence[str], brand: Brand) -> Iterator[Problem]:
    """Text that runs out of its box, into what stands beside it, or off the paper."""
    bottom = brand.page_size[1] - brand.file.margins.bottom
    for name, page in zip(names, laid.pages, strict=False):
        for box in page._page_box.children:
            if isinstance(box, boxes.MarginBox):
                at_top = box.at_keyword.startswith("@top")
                room = brand.file.margins.top if at_top else brand.page_size[1]
                where = "the running head" if at_top else "the foot"
            else:
                where, room = name, bottom
            for text in dict.fromkeys(_outside(box, room / _PT)):
                shown = text if len(text) <= 40 else f"{text[:40]}…"
                yield error("overflow", f"{where} has no room for {shown!r}",
                            "shorten it, or give it more room")  # fmt: skip


def _outside(box: boxes.Box, bottom: float, right: float = float("inf")) -> Iterator[str]:
    """The words below a box that end right of their own box or below ``bottom``."""
    if isinstance(box, boxes.TextBox):
        ends = box.position_x + box.width
        if ends > right + _TOLERANCE or box.position_y + box.height > bottom + _TOLERANCE:
            yield box.text.strip()
    elif isinstance(box, boxes.ParentBox):
        if not isinstance(box, (boxes.LineBox, boxes.InlineBox)):
            right = min(right, box.content_box_x() + box.width)
        for child in box.children:
            yield from _outside(child, bottom, right)


def lay_out(
    source: str,
    brand: Brand,
    served: Mapping[str, Serve],
    extra: CSS | None = None,
) -> tuple[Laid, Memory]:
    """The pages as WeasyPrint sets them, and the fetcher with what it refused."""
    style = _sheet(brand)
    fetcher = Memory({**_own(brand), **served})
    page = HTML(string=source, url_fetcher=fetcher)
    sheets = [*style.sheets, extra] if extra else style.sheets
    laid = page.render(font_config=style.fonts, stylesheets=sheets)
    return laid, fetcher


@dataclass(frozen=True)
class _Style:
    """The brand's style as WeasyPrint holds it, and what it could not make of pack.css."""

    sheets: list[CSS]
    fonts: FontConfiguration
    problems: tuple[Problem, ...]


@lru_cache(maxsize=4)
def _sheet(brand: Brand) -> _Style:
    fonts = FontConfiguration()
    fetcher = Memory(_own(brand))
    with _listening() as heard:
        sheets = [
            CSS(string=text, font_config=fonts, url_fetcher=fetcher)
            for text in (style(brand), brand.css)
        ]
    return _Style(sheets, fonts, tuple(_of_css(problem, brand) for problem in heard))


_QUOTED = re.compile(r"'(.+)'", re.DOTALL)
_AT = re.compile(r" at (\d+):(\d+)")


def _of_css(heard: Problem, brand: Brand) -> Problem:
    """What WeasyPrint says of pack.css, which names its line or quotes a selector of it."""
    line = column = None
    if at := _AT.search(heard.message):
        line, column = map(int, at.groups())
    elif (quoted := _QUOTED.search(heard.message)) and quoted[1] in brand.css:
        line = brand.css[: brand.css.index(quoted[1])].count("\n") + 1
    message = " ".join(_AT.sub("", heard.message).split())
    place = Place(brand.css_file, line, column)
    return error("css-ignored", message, "correct or delete it", place)


def _own(brand: Brand) -> dict[str, Serve]:
    own: dict[str, Serve] = {
        f"{SCHEME}:font/{number}": partial(_served, font.data, "font/ttf")
        for number, font in enumerate(brand.fonts)
    }
    own[f"{SCHEME}:logo"] = partial(_served, brand.logo.encode(), "image/svg+xml")
    return own


def _served(data: bytes, kind: str) -> tuple[bytes, str]:
    return data, kind


def _drawn(figure: Figure, brand: Brand, locale: str) -> tuple[bytes, str]:
    own = f'font-family="{brand.file.fonts.document}"'
    drawn = charts.svg(figure, brand, locale).replace(own, f'font-family="{family(brand)}"')
    return drawn.encode(), "image/svg+xml"


def _with_ua(generate: Callable[..., bytes]) -> Callable[..., bytes]:
    def generated(variant: str, part: int, conformance: str) -> bytes:
        return generate(variant, part, conformance).replace(
            b"</rdf:RDF>", _UA_SCHEMA + b"</rdf:RDF>"
        )

    return generated


@contextmanager
def _fixed_clock() -> Iterator[None]:
    """Keeps the hour out of fonts: fontTools stamps those it cuts unless this variable is set."""
    name = "SOURCE_DATE_EPOCH"
    before = os.environ.get(name)
    os.environ[name] = "315532800"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


# WeasyPrint cuts fonts with fontTools where HarfBuzz cannot; neither's remarks are about a pack.
logging.getLogger("fontTools").addHandler(logging.NullHandler())
_NOT_THE_PACKS = ("only the pack's own", "HarfBuzz-Subset")


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.heard: list[Problem] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.thread != self.thread or any(words in message for words in _NOT_THE_PACKS):
            return
        code = "missing-glyph" if "glyph" in message else "pdf-engine"
        self.heard.append(error(code, message, "correct what it names"))


@contextmanager
def _listening() -> Iterator[list[Problem]]:
    """WeasyPrint only logs what it could not draw: a warning of it is a problem of the pack."""
    ear = _Ear()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(ear)
    try:
        yield ear.heard
    finally:
        logger.removeHandler(ear)
