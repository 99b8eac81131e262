"""What a finished PDF or DOCX holds: every piece of its text, and where its lines stand."""

from __future__ import annotations

import ctypes
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

_SPACE = re.compile(r"\s{2,}|[^\S ]")  # a single blank may stay as it is
SEPARATOR = " | "
"""Between pieces of text that do not follow each other, so that no phrase runs across."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words on one line, in points from the sheet's lower left corner."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of paper: its size, its words in reading order, and how high drawings reach."""

    width: float
    height: float
    runs: tuple[Run, ...]
    drawn: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """A file: its ``text`` as a reader meets it, and what ``hidden`` parts say.

    ``sheets`` is empty where a format has none; ``loose_fonts`` are named but not embedded.
    """

    text: str
    hidden: str
    sheets: tuple[Sheet, ...] = ()
    loose_fonts: tuple[str, ...] = ()


def read_finished(extension: str, data: bytes) -> Finished:
    """A finished file's content. Raises ``ValueError`` for what is no such file."""
    try:
        return _read_pdf(data) if extension == "pdf" else _read_docx(data)
    except (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, RuntimeError, OSError) as exc:
        raise ValueError(f"it cannot be read: {exc}") from exc


# ---------------------------------------------------------------- PDF


def _read_pdf(data: bytes) -> Finished:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        pages = [(page, page.get_textpage()) for page in document]
        text = " ".join(words.get_text_bounded() for _, words in pages)
        titles = [str(item.get_title()) for item in document.get_toc()]
        metadata = [str(value) for value in document.get_metadata_dict().values()]
        hidden = SEPARATOR.join([*metadata, *titles, *_pdf_strings(data)])
        sheets = tuple(_sheet(page, words) for page, words in pages)
        loose = sorted({name for page, _ in pages for name in _loose_fonts(page)})
        return Finished(_SPACE.sub(" ", text), _SPACE.sub(" ", hidden), sheets, tuple(loose))
    finally:
        document.close()


def _within(
    left: float, bottom: float, right: float, top: float
) -> tuple[float, float, float, float]:
    """A run's box without its edges: the letter beside it may be set a hair's breadth into it."""
    edge = min(0.5, (right - left) / 4)
    return left + edge, bottom, right - edge, top


def _sheet(page: object, words: object) -> Sheet:
    import pypdfium2.raw as pdfium

    width, height = page.get_size()  # type: ignore[attr-defined]
    count = words.count_rects()  # type: ignore[attr-defined]
    boxes = [words.get_rect(number) for number in range(count)]  # type: ignore[attr-defined]
    letters = words.count_chars() + 1  # type: ignore[attr-defined]
    room = (ctypes.c_ushort * (2 * letters))()

    def said(left: float, bottom: float, right: float, top: float) -> str:
        # pypdfium2 asks twice, first for the length, and each time all letters are looked at
        found = pdfium.FPDFText_GetBoundedText(words, left, top, right, bottom, room, len(room))
        return ctypes.string_at(room, 2 * found).decode("utf-16-le", "ignore").strip("\0")

    runs = tuple(Run(said(*_within(*box)).strip(), *box) for box in boxes)
    drawn = tuple(
        (bottom, top)
        for item in page.get_objects(max_depth=1)  # type: ignore[attr-defined]
        if item.type != pdfium.FPDF_PAGEOBJ_TEXT
        for _, bottom, _, top in [item.get_bounds()]
    )
    return Sheet(width, height, runs, drawn)


def _loose_fonts(page: object) -> Iterator[str]:
    import pypdfium2.raw as pdfium

    for item in page.get_objects([pdfium.FPDF_PAGEOBJ_TEXT]):  # type: ignore[attr-defined]
        font = item.get_font()
        if not font.is_embedded:
            yield str(font.get_base_name())


_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_LITERAL = re.compile(rb"\(([^()\\]*(?:\\.[^()\\]*)*)\)", re.DOTALL)
_GLYPHS = re.compile(
    rb"(?!\xfe|\\[3\xfe])(?:[\n\r\t -\[\]-~]|\\.)*?(?:\\00[0-7]|[^\n\r\t -~])", re.DOTALL
)
"""The beginning of a string of glyph numbers: it has no mark of UTF-16, and then no letter."""
_HEX = re.compile(
    rb"<\s*([Ff]\s*[Ee]\s*[Ff]\s*[Ff][0-9A-Fa-f\s]*"
    rb"|(?:(?:[2-7]\s*[0-9A-Fa-f]|0\s*[9AaDd])\s*)+(?:[2-7]\s*)?)>"
)
"""Of strings in hexadecimal digits those that :func:`_string` can take for text."""
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_MOST_INFLATED = 50_000_000


def _pdf_strings(data: bytes) -> Iterator[str]:
    """The strings of a PDF's objects (alt texts, marks, metadata), those in streams too."""
    for part in (_STREAM.sub(b"", data), *_streams(data)):
        if part.lstrip().startswith(b"<?xpacket"):
            yield SEPARATOR.join(etree.fromstring(part.strip(), _parser()).itertext())
            continue
        for found in _LITERAL.finditer(part):
            if not _GLYPHS.match(found[1]):
                yield from _string(_ESCAPED.sub(_unescaped, found[1]))
        for found in _HEX.finditer(part):
            digits = b"".join(found[1].split())
            yield from _string(bytes.fromhex((digits + b"0"[: len(digits) % 2]).decode()))


def _streams(data: bytes) -> Iterator[bytes]:
    for found in _STREAM.finditer(data):
        try:
            yield zlib.decompressobj().decompress(found[1], _MOST_INFLATED)
        except zlib.error:
            yield found[1]


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code.isdigit():
        return bytes([int(code, 8) & 255])
    return _LETTERS.get(code, code)


def _string(raw: bytes) -> Iterator[str]:
    """A text string: UTF-16 with its mark, else plain letters; glyph numbers are none."""
    if raw.startswith(b"\xfe\xff"):
        yield raw[2:].decode("utf-16-be", errors="replace")
    elif len(raw) > 2 and all(32 <= byte < 127 or byte in b"\n\r\t" for byte in raw):
        yield raw.decode("ascii")


# ---------------------------------------------------------------- DOCX


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


_NOT_READ = ("styles.xml", "numbering.xml", "settings.xml", "fontTable.xml", "theme1.xml")
_TEXT_CHUNK = re.compile(rb"(?:tEXt|iTXt|zTXt)([^\0]{1,79})\0([\x20-\x7e]*)")


def _read_docx(data: bytes) -> Finished:
    shown: list[str] = []
    hidden: list[str] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(archive.namelist()):
            hidden.append(name)
            content = archive.read(name)
            if name.endswith(".png"):
                hidden += [b" ".join(f.groups()).decode() for f in _TEXT_CHUNK.finditer(content)]
            if not name.endswith((".xml", ".rels", ".svg")):
                continue
            root = etree.fromstring(content, _parser())
            lines = [_paragraph(line) for line in root.iter("{*}p")]
            (shown if name == "word/document.xml" else hidden).extend(lines)
            hidden += _beside_text(root, styled=name.endswith(_NOT_READ))
    return Finished(_SPACE.sub(" ", " ".join(shown)), _SPACE.sub(" ", SEPARATOR.join(hidden)))


def _beside_text(root: etree._Element, *, styled: bool) -> Iterator[str]:
    """What an XML part says outside of Word's paragraphs, in comments and attributes too."""
    for node in root.iter():
        if not isinstance(node.tag, str):
            yield str(node.text or "")
            continue
        if etree.QName(node).localname not in ("t", "instrText") and (node.text or "").strip():
            yield str(node.text)
        if not styled:
            yield from (value for value in map(str, node.attrib.values()) if len(value) > 3)
    yield from ("".join(map(str, line.itertext())) for line in root.iter("{*}text"))


def _paragraph(line: etree._Element) -> str:
    """The words of a Word paragraph, with the hyphens that are elements of their own."""
    nodes = line.iter("{*}t", "{*}tab", "{*}noBreakHyphen")
    special = {"tab": " ", "noBreakHyphen": "-"}
    return "".join(special.get(etree.QName(n).localname, n.text or "") for n in nodes)
