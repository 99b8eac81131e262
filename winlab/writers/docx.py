"""Document → DOCX with the look and the page breaks of the PDF.

Lines have exact heights and boxes are borderless tables, so that a page takes the room that it
takes in PDF. The file holds nothing but what is written here: no template's author or styles.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from xml.sax.saxutils import escape, quoteattr

from docx import __version__
from docx.opc.constants import CONTENT_TYPE as CT
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.oxml import CT_Types, serialize_part_xml
from docx.opc.packuri import CONTENT_TYPES_URI, PACKAGE_URI, PackURI
from docx.opc.part import Part
from docx.package import Package

from winlab import charts
from winlab.brand import Brand, Type
from winlab.document import (
    Block,
    Callout,
    Columns,
    Contacts,
    Contents,
    Document,
    Figure,
    Heading,
    Inlines,
    Items,
    Kpis,
    Note,
    Page,
    Paragraph,
    Quote,
    Table,
    Text,
    note_numbers,
    notes_on,
)
from winlab.problems import grouped
from winlab.writers import (
    ASIDE_SHARE,
    CALLOUT_PAD,
    CARD_GAP,
    CONTENTS_NUMBER,
    ITEM_INDENT,
    KEPT,
    LOGO_GAP,
    NUMBER_INDENT,
    Words,
    Written,
    card_tone,
    cell_gaps,
    company_parts,
    foot_line,
    goal_places,
    legal,
    shares,
    stacked,
    table_widths,
    text_problems,
)

ENGINE = f"python-docx {__version__}"
"""Part of a pack's fingerprint."""
PICTURE_SCALE = 3.0
"""Pixels a point of the pictures that stand in for SVG."""
BOX = 1.5
"""How much larger than the text the boxes to tick are set: the character is a small one."""
HEAD_TOP = 26.0
FOOT_BOTTOM = 30.0

_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" mc:Ignorable="w14"'
)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SVG = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
_SVG_URI = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"

STYLES: dict[str, tuple[str, str]] = {
    "title": ("Heading1", "heading 1"),
    "cover": ("Title", "Title"),
    "heading": ("Heading2", "heading 2"),
    "subheading": ("Heading3", "heading 3"),
    "body": ("BodyText", "Body Text"),
    "lead": ("Lead", "Lead"),
    "small": ("SmallPrint", "Small Print"),
    "quote": ("Quote", "Quote"),
    "quote_by": ("QuoteSource", "Quote Source"),
    "card_value": ("CardValue", "Card Value"),
    "card_label": ("CardLabel", "Card Label"),
    "table": ("TableText", "Table Text"),
    "table_head": ("TableHead", "Table Head"),
    "dense": ("TableTextDense", "Table Text Dense"),
    "dense_head": ("TableHeadDense", "Table Head Dense"),
    "caption": ("Caption", "caption"),
    "source": ("Sources", "Sources"),
    "running": ("Header", "header"),
    "ask": ("Ask", "Ask"),
    "aside": ("AskOwners", "Ask Owners"),
    "contact": ("Contact", "Contact"),
    "entry": ("TOC1", "toc 1"),
}
"""The Word style of each kind of text: its id and its name."""
_LISTS = {"bullet": "ListBullet", "number": "ListNumber", "check": "ListCheck"}
_BULLET, _CHECK, _FIRST_NUMBERED = 1, 2, 3


def docx(document: Document, brand: Brand, issued: date, version: str) -> Written:
    """The document as DOCX. Problems name characters that the brand's font cannot draw.

    Raises :class:`winlab.problems.Stopped` if a chart cannot be drawn at all.
    """
    words = Words(document, issued, version, note_numbers(document.pages))
    package = Package()
    main = _part(package, "/word/document.xml", CT.WML_DOCUMENT_MAIN)
    package.relate_to(main, RT.OFFICE_DOCUMENT)
    pictures = _Pictures(package, document, brand)
    body = _Body(words, brand, pictures, main)
    content = "".join(body.page(index, page) for index, page in enumerate(document.pages))
    header = _part(package, "/word/header1.xml", CT.WML_HEADER)
    footer = _part(package, "/word/footer1.xml", CT.WML_FOOTER)
    section = _section(brand, main.relate_to(header, RT.HEADER), main.relate_to(footer, RT.FOOTER))
    _fill(header, "hdr", _header(words, brand, pictures, header))
    _fill(footer, "ftr", _footer(words, brand))
    _fill(main, "document", f"<w:body>{content}{section}</w:body>")
    for name, kind, relation, root, inner in (
        ("styles", CT.WML_STYLES, RT.STYLES, "styles", _styles(document, brand)),
        ("numbering", CT.WML_NUMBERING, RT.NUMBERING, "numbering",
         _numbering(brand, body.numbered)),
        ("settings", CT.WML_SETTINGS, RT.SETTINGS, "settings", _settings(document)),
        ("fontTable", CT.WML_FONT_TABLE, RT.FONT_TABLE, "fonts", _font_table(brand)),
    ):  # fmt: skip
        part = _part(package, f"/word/{name}.xml", kind)
        _fill(part, root, inner)
        main.relate_to(part, relation)
    theme = _part(package, "/word/theme/theme1.xml", CT.OFC_THEME, _theme(brand).encode())
    main.relate_to(theme, RT.THEME)
    _properties(package, document, issued)
    problems = grouped(text_problems(document, brand))
    return Written(_packed(package), tuple(problems))


# ---------------------------------------------------------------- the package


def _part(package: Package, name: str, kind: str, data: bytes = b"") -> Part:
    return Part(PackURI(name), kind, data, package)


def _fill(part: Part, root: str, inner: str) -> None:
    part._blob = f"{_XML}<w:{root} {_NAMESPACES}>{inner}</w:{root}>".encode()


def _properties(package: Package, document: Document, issued: date) -> None:
    moment = f"{issued.isoformat()}T00:00:00Z"
    stamp = "".join(
        f'<dcterms:{what} xsi:type="dcterms:W3CDTF">{moment}</dcterms:{what}>'
        for what in ("created", "modified")
    )
    company = _words(document.company)
    core = (
        f"{_XML}<cp:coreProperties "
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{_words(document.title)}</dc:title><dc:subject>{_words(document.running)}"
        f"</dc:subject><dc:creator>{company}</dc:creator>"
        f"<cp:lastModifiedBy>{company}</cp:lastModifiedBy><cp:revision>1</cp:revision>"
        f"{stamp}<dc:language>{_language(document)}</dc:language></cp:coreProperties>"
    )
    app = (
        f"{_XML}<Properties "
        'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        f"<Application>winlab</Application><Company>{company}</Company></Properties>"
    )
    for name, kind, relation, text in (
        ("core", CT.OPC_CORE_PROPERTIES, RT.CORE_PROPERTIES, core),
        ("app", CT.OFC_EXTENDED_PROPERTIES, RT.EXTENDED_PROPERTIES, app),
    ):
        part = _part(package, f"/docProps/{name}.xml", kind, text.encode())
        package.relate_to(part, relation)


def _packed(package: Package) -> bytes:
    """The package as a ZIP that depends on its content alone."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(_items(package)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            archive.writestr(entry, data)
    return packed.getvalue()


def _items(package: Package) -> Iterator[tuple[str, bytes | str]]:
    """What a package holds by name: `Package.save` would pack it only to be unpacked again."""
    types = CT_Types.new()  # type: ignore[no-untyped-call]
    for ending, kind in (("png", CT.PNG), ("rels", CT.OPC_RELATIONSHIPS), ("xml", CT.XML)):
        types.add_default(ending, kind)
    yield PACKAGE_URI.rels_uri.membername, package.rels.xml
    for part in sorted(package.parts, key=lambda part: part.partname):
        if part.content_type != CT.PNG:
            types.add_override(part.partname, part.content_type)
        yield part.partname.membername, part.blob
        if part.rels:
            yield part.partname.rels_uri.membername, part.rels.xml
    yield CONTENT_TYPES_URI.membername, serialize_part_xml(types)


def _language(document: Document) -> str:
    return document.locale.replace("_", "-")


# ---------------------------------------------------------------- small pieces of WordprocessingML


def _words(text: str) -> str:
    return escape(legal(text))


def _twips(points: float) -> int:
    return round(points * 20)


def _emu(points: float) -> int:
    return round(points * 12700)


def _eighths(points: float) -> int:
    return round(points * 8)


_NO_BREAK_HYPHEN = '</w:t><w:noBreakHyphen/><w:t xml:space="preserve">'


def _run(text: str, properties: str = "") -> str:
    inner = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    words = KEPT.sub(lambda kept: kept[0].replace("-", _NO_BREAK_HYPHEN), _words(text))
    return f'<w:r>{inner}<w:t xml:space="preserve">{words}</w:t></w:r>'


def _field(code: str, shown: str) -> str:
    return f'<w:fldSimple w:instr=" {code} ">{_run(shown)}</w:fldSimple>'


def _edge(side: str, points: float, colour: str, space: float = 0) -> str:
    return (
        f'<w:{side} w:val="single" w:sz="{_eighths(points)}" w:space="{round(space)}" '
        f'w:color="{colour[1:]}"/>'
    )


@dataclass(frozen=True)
class _P:
    """A paragraph; its distances are set when its neighbours are known."""

    style: str
    content: str
    before: float = 0.0
    after: float = 0.0
    left: float = 0.0
    hanging: float = 0.0
    right: float = 0.0
    align: str = ""
    line: float = 0.0
    keep: bool = False
    new_page: bool = False
    border: str = ""
    tabs: str = ""
    number: int = 0
    outline: int = 0

    def xml(self) -> str:
        """The paragraph, its properties in the order that the schema wants."""
        keep = "<w:keepNext/>" if self.keep else ""
        new_page = "<w:pageBreakBefore/>" if self.new_page else ""
        number = (
            f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{self.number}"/></w:numPr>'
            if self.number
            else ""
        )
        border = f"<w:pBdr>{self.border}</w:pBdr>" if self.border else ""
        tabs = f"<w:tabs>{self.tabs}</w:tabs>" if self.tabs else ""
        line = f' w:line="{_twips(self.line)}" w:lineRule="exact"' if self.line else ""
        spacing = (
            f'<w:spacing w:before="{_twips(self.before)}" w:after="{_twips(self.after)}"{line}/>'
        )
        indent = ""
        if self.left or self.right:
            hanging = f' w:hanging="{_twips(self.hanging)}"' if self.hanging else ""
            indent = (
                f'<w:ind w:left="{_twips(self.left)}" w:right="{_twips(self.right)}"{hanging}/>'
            )
        align = f'<w:jc w:val="{self.align}"/>' if self.align else ""
        outline = f'<w:outlineLvl w:val="{self.outline - 1}"/>' if self.outline else ""
        return (
            f'<w:p><w:pPr><w:pStyle w:val="{self.style}"/>{keep}{new_page}{number}{border}{tabs}'
            f"{spacing}{indent}{align}{outline}</w:pPr>{self.content}</w:p>"
        )


@dataclass(frozen=True)
class _Cell:
    """A cell of a table; padding is top, right, bottom, left."""

    width: float
    content: str
    padding: tuple[float, float, float, float] = (0, 0, 0, 0)
    borders: str = ""
    fill: str = ""
    align: str = ""

    def xml(self) -> str:
        """The cell, its properties in the order that the schema wants."""
        borders = f"<w:tcBorders>{self.borders}</w:tcBorders>" if self.borders else ""
        fill = ""
        if self.fill:
            fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{self.fill[1:]}"/>'
        top, right, bottom, left = (_twips(side) for side in self.padding)
        margins = (
            f'<w:tcMar><w:top w:w="{top}" w:type="dxa"/><w:left w:w="{left}" w:type="dxa"/>'
            f'<w:bottom w:w="{bottom}" w:type="dxa"/><w:right w:w="{right}" w:type="dxa"/>'
            "</w:tcMar>"
        )
        align = f'<w:vAlign w:val="{self.align}"/>' if self.align else ""
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{_twips(self.width)}" w:type="dxa"/>{borders}{fill}'
            f"{margins}{align}</w:tcPr>{self.content}</w:tc>"
        )


def _table(
    rows: Iterable[tuple[bool, Sequence[_Cell]]], widths: Sequence[float], style: str = "PackLayout"
) -> str:
    """A table of fixed widths; a row is marked if it is a header to be repeated."""
    grid = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in widths)
    header = any_header = False
    lines: list[str] = []
    for header, cells in rows:
        any_header |= header
        properties = "<w:cantSplit/>" + ("<w:tblHeader/>" if header else "")
        lines.append(
            f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cell.xml() for cell in cells)}</w:tr>"
        )
    look = f'<w:tblLook w:val="{"0620" if any_header else "0600"}"/>'
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/>'
        f'<w:tblW w:w="{_twips(sum(widths))}" w:type="dxa"/><w:tblLayout w:type="fixed"/>{look}'
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(lines)}</w:tbl>"
    )


def _spacer(height: float) -> _P:
    return _P("Spacer", "", line=max(height, 1))


# ---------------------------------------------------------------- pictures


class _Pictures:
    """Charts and the logo, as SVG with a PNG for readers that cannot draw it."""

    def __init__(self, package: Package, document: Document, brand: Brand) -> None:
        self.package = package
        self.document = document
        self.brand = brand
        self.count = 0

    def chart(self, figure: Figure, part: Part) -> str:
        drawn = charts.svg(figure, self.brand, self.document.locale)
        picture = charts.png(figure, self.brand, PICTURE_SCALE, self.document.locale)
        return self._inline(drawn, picture, "Chart", figure.alt, figure.width, figure.height, part)

    def logo(self, alt: str, part: Part) -> str:
        drawn = self.brand.logo
        picture = charts.picture(drawn, self.brand, PICTURE_SCALE)
        inline = self._inline(drawn, picture, "Logo", alt, *self.brand.logo_size, part)
        lowered = '<w:r><w:rPr><w:position w:val="-4"/></w:rPr>'
        return inline.replace("<w:r>", lowered, 1)

    def _inline(
        self, drawn: str, picture: bytes, name: str, alt: str, width: float, height: float,
        part: Part,
    ) -> str:  # fmt: skip
        self.count += 1
        number = self.count
        fonts = self.brand.file.fonts
        office = drawn.replace(
            f'font-family="{fonts.document}"',
            f'font-family="{fonts.office}, {fonts.document}"',
        )
        png = _part(self.package, f"/word/media/image{number}.png", CT.PNG, picture)
        svg = _part(self.package, f"/word/media/image{number}.svg", "image/svg+xml",
                    office.encode())  # fmt: skip
        png_id, svg_id = part.relate_to(png, RT.IMAGE), part.relate_to(svg, RT.IMAGE)
        size = f'cx="{_emu(width)}" cy="{_emu(height)}"'
        described = f'id="{number}" name="{name} {number}" descr={quoteattr(legal(alt))}'
        return (
            f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">'
            f"<wp:extent {size}/><wp:docPr {described}/><wp:cNvGraphicFramePr>"
            f'<a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr><a:graphic>'
            f'<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
            f"<pic:pic><pic:nvPicPr><pic:cNvPr {described}/><pic:cNvPicPr/></pic:nvPicPr>"
            f'<pic:blipFill><a:blip r:embed="{png_id}"><a:extLst><a:ext uri="{_SVG_URI}">'
            f'<asvg:svgBlip xmlns:asvg="{_SVG}" r:embed="{svg_id}"/></a:ext></a:extLst></a:blip>'
            f"<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>"
            f'<a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
            f"</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>"
            f"</w:drawing></w:r>"
        )


# ---------------------------------------------------------------- pages


class _Body:
    def __init__(self, words: Words, brand: Brand, pictures: _Pictures, part: Part) -> None:
        self.words = words
        self.brand = brand
        self.pictures = pictures
        self.part = part
        self.numbered = 0
        self.colour = ""
        self.headed = False

    def page(self, index: int, page: Page) -> str:
        self.headed = False
        cover = page.layout == "cover"
        colours = self.brand.file.colours
        mark = (
            f'<w:bookmarkStart w:id="{index}" w:name="page_{index + 1}"/>'
            f'{self.inline(page.title)}<w:bookmarkEnd w:id="{index}"/>'
        )
        title = _P(
            STYLES["cover" if cover else "title"][0], mark, new_page=index > 0, keep=True,
            before=76 if cover else 0,
            border=_edge("top", 3, colours.ours, 18) if cover else "",
        )  # fmt: skip
        flow: list[_P | str] = [title]
        for distance, block in stacked(self.brand, page.blocks, page):
            self.add(flow, self.block(block, self.brand.text_width), distance)
        if sources := self.sources(page):
            distance = self.brand.file.space.source + page.foot_gap
            self.add(flow, [sources], distance)
        elif index == len(self.words.document.pages) - 1 and isinstance(flow[-1], str):
            flow.append(_spacer(1))
        return _xml(flow)

    def add(self, flow: list[_P | str], parts: list[_P | str], distance: float) -> None:
        """Appends a block, with the distance on one side of it only: readers sum or merge two."""
        first = parts[0]
        last = flow[-1] if flow else None
        if isinstance(first, _P):
            parts = [replace(first, before=first.before + distance), *parts[1:]]
        elif isinstance(last, _P):
            flow[-1] = replace(last, after=last.after + distance)
        elif last is not None:
            flow.append(_spacer(distance))
        flow.extend(parts)

    def stack(self, blocks: tuple[Block, ...], width: float) -> str:
        flow: list[_P | str] = []
        for distance, block in stacked(self.brand, blocks):
            self.add(flow, self.block(block, width), distance)
        if not flow or isinstance(flow[-1], str):
            flow.append(_spacer(1))
        return _xml(flow)

    def sources(self, page: Page) -> _P | None:
        texts = {source.id: source.text for source in self.words.document.sources}
        colour = f'<w:b/><w:color w:val="{self.brand.file.colours.ours[1:]}"/>'
        runs = [
            _run(str(self.words.numbers[note]), colour) + _run(f" {texts.get(note, '')}")
            for note in sorted(notes_on(page), key=self.words.numbers.__getitem__)
        ]
        if not runs:
            return None
        rule = _edge("top", 0.5, self.brand.file.colours.line, 6)
        return _P(STYLES["source"][0], _run(" ").join(runs), border=rule)

    def inline(self, content: Inlines, properties: str = "") -> str:
        colour = f'<w:color w:val="{self.colour}"/>' if self.colour else ""
        out: list[str] = []
        before: object = None
        for part in content:
            if isinstance(part, Note):
                number = str(self.words.numbers[part.source])
                ours = colour or f'<w:color w:val="{self.brand.file.colours.ours[1:]}"/>'
                comma = "," if isinstance(before, Note) else ""
                out.append(_run(comma + number, f'<w:b w:val="0"/>{ours}'
                                                '<w:vertAlign w:val="superscript"/>'))  # fmt: skip
            else:
                strong = "<w:b/>" if isinstance(part, Text) and part.strong else properties
                emphasis = "<w:i/>" if isinstance(part, Text) and part.emphasis else ""
                text = part.text if isinstance(part, Text) else self.words.stamp(part)
                out.append(_run(text, strong + emphasis + colour))
            before = part
        return "".join(out)

    def paragraph(
        self, kind: str, content: str, width: float, *, before: float = 0, after: float = 0,
        align: str = "", keep: bool = False,
    ) -> _P:  # fmt: skip
        measure = getattr(self.brand.file.type, kind).measure
        right = max(width - measure, 0) if measure and not self.colour else 0
        return _P(STYLES[kind][0], content, before, after, right=right, align=align, keep=keep)

    def block(self, block: Block, width: float) -> list[_P | str]:
        match block:
            case Heading():
                kind = "heading" if block.level == 2 else "subheading"
                self.headed = self.headed or block.level == 2
                made = self.paragraph(kind, self.inline(block.content), width, keep=True)
                # readers stumble over a gap: it looks like level 3 and counts as level 2
                return [made if self.headed else replace(made, outline=2)]
            case Paragraph():
                kind = "ask" if self.colour and block.style == "body" else block.style
                return [self.paragraph(kind, self.inline(block.content), width)]
            case Items():
                return self.items(block, width)
            case Quote():
                return [self.quote(block, width)]
            case Kpis():
                return [self.cards(block, width)]
            case Table():
                return self.table(block, width)
            case Figure():
                drawing = self.pictures.chart(block, self.part)
                caption = self.inline(block.caption)
                figure = _P("Figure", drawing, keep=bool(caption))
                if not caption:
                    return [figure]
                return [figure, self.paragraph("caption", caption, width, before=5)]
            case Columns():
                gutter = self.brand.file.space.gutter
                widths = shares(width, block.widths, len(block.columns), gutter)
                contents = [
                    self.stack(column, one)
                    for column, one in zip(block.columns, widths, strict=True)
                ]
                return [self.side_by_side(widths, contents, gutter)]
            case Callout():
                return [self.callout(block, width)]
            case Contents():
                return [self.contents(block, width)]
            case Contacts():
                return [self.contacts(block, width)]
            case _:
                raise AssertionError(block.kind)

    def items(self, block: Items, width: float) -> list[_P | str]:
        number = {"bullet": _BULLET, "check": _CHECK, "number": _FIRST_NUMBERED + self.numbered}
        if block.style == "number":
            self.numbered += 1
        indent = ITEM_INDENT if block.style == "bullet" else NUMBER_INDENT
        measure = self.brand.file.type.body.measure
        right = max(width - measure, 0) if measure else 0
        gap = self.brand.file.space.item
        return [
            _P(
                _LISTS[block.style], self.inline(item), number=number[block.style], left=indent,
                hanging=indent, right=right, before=gap if place else 0,
            )
            for place, item in enumerate(block.items)
        ]  # fmt: skip

    def quote(self, block: Quote, width: float) -> str:
        colours = self.brand.file.colours
        inner = width - 2 * CALLOUT_PAD
        flow: list[_P | str] = [self.paragraph("quote", self.inline(block.content), inner)]
        if block.by:
            flow.append(self.paragraph("quote_by", _run(block.by), inner, before=4))
        cell = _Cell(
            width, _xml(flow), (12, CALLOUT_PAD, 12, CALLOUT_PAD + 4),
            _edge("left", 3, colours.ours), colours.panel,
        )  # fmt: skip
        return _table([(False, [cell])], [width])

    def side_by_side(
        self, widths: Sequence[float], contents: Sequence[str], gutter: float,
        top: Sequence[str] = (), padding: float = 0,
    ) -> str:  # fmt: skip
        """Columns with gutters between them; ``top`` are the columns' upper borders."""
        cells: list[_Cell] = []
        for number, (width, content) in enumerate(zip(widths, contents, strict=True)):
            if number:
                cells.append(_Cell(gutter, _spacer(1).xml()))
            border = top[number] if top else ""
            cells.append(_Cell(width, content, (padding, 0, 0, 0), border))
        return _table([(False, cells)], [cell.width for cell in cells])

    def cards(self, block: Kpis, width: float) -> str:
        widths = shares(width, (), len(block.cards), CARD_GAP)
        contents: list[str] = []
        for card, one in zip(block.cards, widths, strict=True):
            value = _run(card.value)
            if card.unit:
                value += _run(" ") + _run(card.unit, '<w:rStyle w:val="CardUnit"/>')
            label = self.paragraph("card_label", self.inline(card.label), one, before=2)
            contents.append(_xml([self.paragraph("card_value", value, one, keep=True), label]))
        top = [_edge("top", 2.25, card_tone(card, self.brand)) for card in block.cards]
        return self.side_by_side(widths, contents, CARD_GAP, top, 6)

    def table(self, block: Table, width: float) -> list[_P | str]:
        widths = table_widths(block, self.brand, self.words, width)
        gaps = cell_gaps(block)
        align = [*block.align, *["left"] * len(widths)]
        colours = self.brand.file.colours
        strong, light = _edge("bottom", 0.9, colours.ink), _edge("bottom", 0.5, colours.line)
        head_kind, kind = ("dense_head", "dense") if block.dense else ("table_head", "table")
        pad = 3.5 if block.dense else 5.5
        rows: list[tuple[bool, list[_Cell]]] = []
        for number, row in enumerate((block.header, *block.rows)):
            head = number == 0
            total = block.total and number == len(block.rows)
            top, bottom = (3.0, 5.0) if head else (pad, pad)
            cells: list[_Cell] = []
            for column, cell in enumerate(row):
                bold = "<w:b/>" if total and (not column or align[column] == "right") else ""
                text = self.paragraph(
                    head_kind if head else kind, self.inline(cell.content, bold), widths[column],
                    align="" if align[column] == "left" else align[column], keep=head,
                )  # fmt: skip
                cells.append(
                    _Cell(widths[column], text.xml(), (top, gaps[column], bottom, 0),
                          strong if head or total else light, align="bottom" if head else "")
                )  # fmt: skip
            rows.append((head, cells))
        drawn = _table(rows, widths, "PackTable")
        caption = self.inline(block.caption)
        if not caption:
            return [drawn]
        return [self.paragraph("caption", caption, width, after=5, keep=True), drawn]

    def callout(self, block: Callout, width: float) -> str:
        colours = self.brand.file.colours
        ask = block.tone == "ask"
        fill = colours.ours if ask else colours.panel
        edge = _edge("left", 3, colours.gap) if block.tone == "warning" else ""
        inner = width - 2 * CALLOUT_PAD
        self.colour = colours.paper[1:] if ask else ""
        if not block.aside:
            content = self.stack(block.blocks, inner)
            self.colour = ""
            cell = _Cell(width, content, (13, CALLOUT_PAD, 13, CALLOUT_PAD), edge, fill)
            return _table([(False, [cell])], [width])
        left, right = shares(inner, (1 - ASIDE_SHARE, ASIDE_SHARE), 2, CARD_GAP)
        content = self.stack(block.blocks, left)
        kind = "aside" if ask else "contact"
        aside = _xml([self.paragraph(kind, self.inline(line), right) for line in block.aside])
        self.colour = ""
        cells = [
            _Cell(left + CALLOUT_PAD + CARD_GAP, content, (13, CARD_GAP, 13, CALLOUT_PAD), edge,
                  fill, "center"),
            _Cell(right + CALLOUT_PAD, aside, (13, CALLOUT_PAD, 13, 0), "", fill, "center"),
        ]  # fmt: skip
        return _table([(False, cells)], [cell.width for cell in cells])

    def contents(self, block: Contents, width: float) -> str:
        number_width = CONTENTS_NUMBER
        rule = _edge("bottom", 0.5, self.brand.file.colours.line)
        numbers = {page.id: index for index, page in enumerate(self.words.document.pages, 1)}
        rows: list[tuple[bool, list[_Cell]]] = []
        for entry in block.entries:
            mark = f"page_{numbers.get(entry.target, entry.page)}"
            link = f'<w:hyperlink w:anchor="{mark}" w:history="1">{_run(entry.title)}</w:hyperlink>'
            title = self.paragraph("entry", link, width - number_width)
            page = self.paragraph(
                "entry", _field(f"PAGEREF {mark} \\h", str(entry.page)), number_width,
                align="right",
            )  # fmt: skip
            rows.append(
                (False, [_Cell(width - number_width, title.xml(), (5, 10, 5, 0), rule),
                         _Cell(number_width, page.xml(), (5, 0, 5, 0), rule)])
            )  # fmt: skip
        if not rows:
            return _table([(False, [_Cell(width, _spacer(1).xml())])], [width])
        return _table(rows, [width - number_width, number_width])

    def contacts(self, block: Contacts, width: float) -> str:
        widths = shares(width, (), len(block.columns), CARD_GAP)
        contents = [
            _xml(
                [self.paragraph("contact", self.inline(line, "" if place else "<w:b/>"), one)
                 for place, line in enumerate(column)]
            )
            for column, one in zip(block.columns, widths, strict=True)
        ]  # fmt: skip
        return self.side_by_side(widths, contents, CARD_GAP)


def _xml(flow: Sequence[_P | str]) -> str:
    return "".join(part.xml() if isinstance(part, _P) else part for part in flow)


# ---------------------------------------------------------------- head and foot


def _tab(kind: str, points: float) -> str:
    return f'<w:tab w:val="{kind}" w:pos="{_twips(points)}"/>'


def _header(words: Words, brand: Brand, pictures: _Pictures, part: Part) -> str:
    document = words.document
    colours = brand.file.colours
    name, rest = company_parts(document, brand)
    dark = f'<w:b/><w:color w:val="{colours.ink[1:]}"/>'
    top = _P(
        "Header",
        pictures.logo(document.company, part)
        + f"<w:r><w:tab/></w:r>{_run(name, dark)}{_run(rest) if rest else ''}<w:r><w:tab/></w:r>"
        + _run(document.running),
        line=14,
        border=_edge("bottom", 0.75, colours.ink, 7),
        tabs=_tab("left", brand.logo_size[0] + LOGO_GAP) + _tab("right", brand.text_width),
    )
    ours = f'<w:b/><w:color w:val="{colours.ours[1:]}"/>'
    stops = "".join(_tab("left", place) for place in goal_places(document, brand)[1:])
    goals = "<w:r><w:tab/></w:r>".join(
        f"{_run(goal.label, ours)}{_run(f' {goal.value}')}" for goal in document.goals
    )
    return _xml([top, _P("Header", goals, before=6, tabs=stops)])


def _footer(words: Words, brand: Brand) -> str:
    total = len(words.document.pages)
    line = (
        f"{_run(foot_line(words.document, brand))}<w:r><w:tab/></w:r>"
        f"{_field('PAGE', '1')}{_run(' / ')}{_field('NUMPAGES', str(total))}"
    )
    return _P("Footer", line, tabs=_tab("right", brand.text_width)).xml()


def _section(brand: Brand, header: str, footer: str) -> str:
    width, height = brand.page_size
    margins = brand.file.margins
    return (
        f'<w:sectPr><w:headerReference w:type="default" r:id="{header}"/>'
        f'<w:footerReference w:type="default" r:id="{footer}"/>'
        f'<w:pgSz w:w="{_twips(width)}" w:h="{_twips(height)}"/>'
        f'<w:pgMar w:top="{_twips(margins.top)}" w:right="{_twips(margins.right)}" '
        f'w:bottom="{_twips(margins.bottom)}" w:left="{_twips(margins.left)}" '
        f'w:header="{_twips(HEAD_TOP)}" w:footer="{_twips(FOOT_BOTTOM)}" w:gutter="0"/></w:sectPr>'
    )


# ---------------------------------------------------------------- styles, lists, settings


def _styles(document: Document, brand: Brand) -> str:
    file = brand.file
    font = escape(file.fonts.office)
    language = _language(document)
    out = [
        "<w:docDefaults><w:rPrDefault><w:rPr>"
        f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/>'
        f'<w:color w:val="{file.colours.ink[1:]}"/><w:kern w:val="1"/>'
        f'<w:sz w:val="{round(file.type.body.size * 2)}"/>'
        f'<w:szCs w:val="{round(file.type.body.size * 2)}"/>'
        f'<w:lang w:val="{language}" w:eastAsia="{language}" w:bidi="{language}"/>'
        '<w14:ligatures w14:val="standard"/></w:rPr></w:rPrDefault>'
        '<w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0"/></w:pPr></w:pPrDefault>'
        "</w:docDefaults>",
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        "<w:qFormat/></w:style>",
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/>'
        "<w:semiHidden/></w:style>",
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal">'
        '<w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/>'
        f"<w:tblPr>{_NO_MARGINS}</w:tblPr></w:style>",
    ]
    levels = {"title": 0, "cover": 0, "heading": 1, "subheading": 2}
    for kind, (style, name) in STYLES.items():
        level = levels.get(kind)
        outline = f'<w:outlineLvl w:val="{level}"/>' if level is not None else ""
        keep = "<w:keepNext/>" if level is not None else ""
        out.append(_style(style, name, getattr(file.type, kind), brand, keep, outline))
    out.append(_style("Footer", "footer", file.type.running, brand))
    for style, name, number in (
        ("ListBullet", "List Bullet", _BULLET),
        ("ListNumber", "List Number", _FIRST_NUMBERED),
        ("ListCheck", "List Check", _CHECK),
    ):
        listed = f'<w:numPr><w:numId w:val="{number}"/></w:numPr>'
        out.append(_style(style, name, file.type.body, brand, listed))
    unit = file.type.card_unit
    out.append(
        '<w:style w:type="character" w:customStyle="1" w:styleId="CardUnit">'
        f'<w:name w:val="Card Unit"/><w:qFormat/><w:rPr>{_letters(unit, brand)}</w:rPr></w:style>'
    )
    tiny = '<w:rPr><w:sz w:val="2"/><w:szCs w:val="2"/></w:rPr>'
    out.append(
        '<w:style w:type="paragraph" w:customStyle="1" w:styleId="Figure"><w:name w:val="Figure"/>'
        f'<w:pPr><w:spacing w:line="240" w:lineRule="auto"/></w:pPr>{tiny}</w:style>'
        '<w:style w:type="paragraph" w:customStyle="1" w:styleId="Spacer"><w:name w:val="Spacer"/>'
        f'<w:pPr><w:spacing w:line="20" w:lineRule="exact"/></w:pPr>{tiny}</w:style>'
    )
    out += [
        f'<w:style w:type="table" w:customStyle="1" w:styleId="{style}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="TableNormal"/><w:tblPr>{_NO_MARGINS}</w:tblPr></w:style>'
        for style, name in (("PackLayout", "Pack Layout"), ("PackTable", "Pack Table"))
    ]
    return "".join(out)


_NO_MARGINS = (
    '<w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/>'
    '<w:left w:w="0" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
    '<w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
)
_BUILT_IN = {"Heading1", "Title", "Heading2", "Heading3", "BodyText", "Quote", "Caption", "Header",
             "Footer", "TOC1", "ListBullet", "ListNumber"}  # fmt: skip


def _style(style: str, name: str, kind: Type, brand: Brand, first: str = "", last: str = "") -> str:
    own = "" if style in _BUILT_IN else ' w:customStyle="1"'
    return (
        f'<w:style w:type="paragraph"{own} w:styleId="{style}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{first}'
        f'<w:spacing w:before="0" w:after="0" w:line="{_twips(kind.leading)}" w:lineRule="exact"/>'
        f"{last}</w:pPr><w:rPr>{_letters(kind, brand)}</w:rPr></w:style>"
    )


def _letters(kind: Type, brand: Brand) -> str:
    half_points = round(kind.size * 2)
    return (
        f'<w:b w:val="{int(kind.bold)}"/>'
        f'<w:color w:val="{brand.file.colours[kind.colour][1:]}"/>'
        f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    )


def _numbering(brand: Brand, numbered: int) -> str:
    """Three kinds of list; each numbered one counts for itself."""
    half_points = round(brand.file.type.body.size * BOX * 2)
    box = f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    ours = f'<w:color w:val="{brand.file.colours.ours[1:]}"/>'
    kinds = (
        ("bullet", "•", ITEM_INDENT, ""),
        ("bullet", "□", NUMBER_INDENT, ours + box),
        ("decimal", "%1.", NUMBER_INDENT, ""),
    )
    out = [
        f'<w:abstractNum w:abstractNumId="{number}"><w:multiLevelType w:val="singleLevel"/>'
        f'<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{mark}"/><w:lvlJc w:val="left"/><w:pPr>'
        f'<w:ind w:left="{_twips(indent)}" w:hanging="{_twips(indent)}"/></w:pPr>'
        f"<w:rPr>{letters}</w:rPr></w:lvl></w:abstractNum>"
        for number, (kind, mark, indent, letters) in enumerate(kinds)
    ]
    out += [
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{abstract}"/></w:num>'
        for number, abstract in ((_BULLET, 0), (_CHECK, 1))
    ]
    out += [
        f'<w:num w:numId="{_FIRST_NUMBERED + number}"><w:abstractNumId w:val="2"/>'
        f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
        for number in range(max(numbered, 1))
    ]
    return "".join(out)


def _settings(document: Document) -> str:
    uri = "http://schemas.microsoft.com/office/word"
    return (
        '<w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>'
        '<w:characterSpacingControl w:val="doNotCompress"/><w:compat>'
        f'<w:compatSetting w:name="compatibilityMode" w:uri="{uri}" w:val="15"/>'
        f'<w:compatSetting w:name="enableOpenTypeFeatures" w:uri="{uri}" w:val="1"/></w:compat>'
        f'<w:themeFontLang w:val="{_language(document)}"/>'
    )


def _theme(brand: Brand) -> str:
    """The brand's palette and font, as Word offers them to who edits the file."""
    c = brand.file.colours
    slots = {
        "dk1": c.ink, "lt1": c.paper, "dk2": c.muted, "lt2": c.panel, "accent1": c.ours,
        "accent2": c.gap, "accent3": c.ours_light, "accent4": c.gap_text, "accent5": c.muted,
        "accent6": c.line, "hlink": c.ours, "folHlink": c.muted,
    }  # fmt: skip
    colours = "".join(
        f'<a:{slot}><a:srgbClr val="{colour[1:]}"/></a:{slot}>' for slot, colour in slots.items()
    )
    face = quoteattr(brand.file.fonts.office)
    font = f'<a:latin typeface={face}/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    return (
        f'{_XML}<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        f"name={quoteattr(brand.file.name)}><a:themeElements>"
        f'<a:clrScheme name="Brand">{colours}</a:clrScheme>'
        f'<a:fontScheme name="Brand"><a:majorFont>{font}</a:majorFont>'
        f"<a:minorFont>{font}</a:minorFont></a:fontScheme>"
        f'<a:fmtScheme name="Brand"><a:fillStyleLst>{fill * 3}</a:fillStyleLst>'
        f"<a:lnStyleLst>{f'<a:ln>{fill}</a:ln>' * 3}</a:lnStyleLst>"
        f"<a:effectStyleLst>{'<a:effectStyle><a:effectLst/></a:effectStyle>' * 3}"
        f"</a:effectStyleLst><a:bgFillStyleLst>{fill * 3}</a:bgFillStyleLst></a:fmtScheme>"
        f"</a:themeElements></a:theme>"
    )


def _font_table(brand: Brand) -> str:
    office, own = brand.file.fonts.office, brand.file.fonts.document
    family = "roman" if any(font.serif for font in brand.fonts) else "swiss"
    return (
        f'<w:font w:name="{escape(office)}"><w:altName w:val="{escape(own)}"/>'
        f'<w:family w:val="{family}"/><w:pitch w:val="variable"/></w:font>'
    )
