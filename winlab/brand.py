"""The brand: one brand.toml with its fonts, logo, style sheet and charts, read once.

Pages, Word styles and charts all take their look from here. Lengths are in points.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeAlias
from xml.etree.ElementTree import Element

import tinycss2
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring, iterparse
from fontTools.ttLib import TTFont
from pydantic import Field, JsonValue
from tinycss2.ast import Declaration, Node

from winlab.drawings import Drawings
from winlab.inputs import Name, Shape, written
from winlab.problems import Place, Problem, Stopped, error, errors, warning
from winlab.source import parse_toml
from winlab.validate import validate

PAPERS = {"A4": (595.28, 841.89), "Letter": (612.0, 792.0)}
MIN_CONTRAST = 4.5
MIN_BODY = 9.5
MIN_TYPE = 8.0
LINE_CHARACTERS = (45, 80)
MIN_TEXT_WIDTH, MIN_TEXT_HEIGHT = 300.0, 400.0
MAX_LOGO_DEPTH, MAX_LOGO_PARTS = 24, 2000
MAX_LOGO = 20_000.0
CSS = "pack.css"
THEME = "pack.typ"
"""The style sheet and the theme of the templates' own brand, which others may take."""
LOGO_HEIGHT, LOGO_WIDTH = 14.0, 120.0
"""The room of the logo in the running head."""
MAX_CHART_DEPTH = 40
_SERIFS = range(2, 11)
"""What PANOSE counts as serifs; 11 and above have none."""
_DRAWN = {"mark", "layer", "facet", "concat", "hconcat", "vconcat", "repeat", "spec"}
_STYLE = re.compile(r"[a-z]+|[1-9]00")
_CHOICE = re.compile(r"[^'\"\\?]+\?\s*'[a-z]+'\s*:\s*'[a-z]+'")
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]')
_THEME_LOADING = re.compile(r"\b(?:import|include|eval|plugin|read)\b")
_POINTS = {"px": 0.75, "pt": 1.0, "mm": 72 / 25.4, "cm": 72 / 2.54, "in": 72.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(px|pt|mm|cm|in)?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_GEOMETRY = (
    "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "points",
    "viewBox", "stroke-width", "stroke-dasharray",
)  # fmt: skip
_NUMBERS = re.compile(r"[-+\d.eE\s,%pxtmcin]*")
_PATH = re.compile(r"[-+\d.eE\s,MmZzLlHhVvCcSsQqTtAa]*")
_SHAPES = frozenset(
    {
        "svg", "g", "title", "desc", "defs", "path", "rect", "circle", "ellipse", "line",
        "polyline", "polygon", "linearGradient", "radialGradient", "stop", "clipPath",
    }
)  # fmt: skip
_SVG = "{http://www.w3.org/2000/svg}"
_INSTRUCTION = re.compile(rb"<\?(?!xml\s)")
_ELSEWHERE = re.compile(r"url\(\s*+[\"']?+\s*+(?!#)|@|\\|:\s*//", re.IGNORECASE)
_FETCHING = frozenset({"font-face", "color-profile"})
_LOADING = frozenset({"url", "src", "image", "image-set", "-webkit-image-set", "cross-fade"})
_AFTER_CLOSED = re.compile(r"[Zz][\s,]*[-+.\d]")
_BOUNDLESS = re.compile(r"\d{10}|[eE]\+?\d\d")
_OF_PAPER = re.compile(r"size|margin|margin-(top|right|bottom|left)").fullmatch
_MOST: Mapping[str, float] = {
    "px": 1200, "pt": 900, "mm": 320, "cm": 32, "in": 13, "pc": 75, "q": 1280,
    "em": 20, "rem": 20, "ex": 40, "ch": 120, "percentage": 1000, "number": 10_000,
}  # fmt: skip
_MOST_LETTERS: Mapping[str, float] = {
    "px": 110, "pt": 80, "mm": 28, "cm": 2.8, "in": 1.1, "pc": 7, "q": 112,
    "em": 3, "rem": 3, "ex": 6, "ch": 6, "percentage": 300, "number": 1000,
}  # fmt: skip
_MOST_OTHER = 1000.0
SAMPLE = "Line 2 is rebuilt in June, and a trial that starts by 15 February gives results sooner."

Colour = Annotated[str, written(r"#[0-9a-f]{6}", "write it as # and six digits, like #0f6e84")]
ColourName: TypeAlias = Literal[
    "ink", "muted", "line", "panel", "paper", "ours", "ours_light", "gap", "gap_text"
]
Chart: TypeAlias = "dict[str, JsonValue]"
Length = Annotated[float, Field(ge=0, le=800)]
FontName = Annotated[
    str,
    written(
        r"[A-Za-z0-9][A-Za-z0-9 -]{0,60}",
        "write the name of a font: letters, digits, spaces and hyphens",
    ),
]
FileName = Annotated[
    str,
    written(
        r"[A-Za-z0-9][A-Za-z0-9._-]*",
        "name a file beside brand.toml: letters, digits, points, hyphens and underscores",
    ),
]


class Margins(Shape):
    """From the paper's edge to the text; head and foot stand inside top and bottom."""

    top: Length
    right: Length
    bottom: Length
    left: Length


class FontNames(Shape):
    """``document`` is embedded in PDF; ``office`` is named in Word files and has its widths."""

    document: FontName
    office: FontName


class Colours(Shape):
    """The palette, as ``#rrggbb``."""

    ink: Colour
    muted: Colour
    line: Colour
    panel: Colour
    paper: Colour
    ours: Colour
    ours_light: Colour
    gap: Colour
    gap_text: Colour

    def __getitem__(self, name: ColourName) -> str:
        return str(getattr(self, name))


class Space(Shape):
    """Distances between blocks."""

    title: Length
    block: Length
    heading: Length
    below: Length
    paragraph: Length
    item: Length
    caption: Length
    gutter: Length
    source: Length


class Type(Shape):
    """One kind of text; ``measure`` is the widest that a line may run."""

    size: Annotated[float, Field(ge=5, le=80)]
    leading: Annotated[float, Field(ge=5, le=120)]
    bold: bool = False
    colour: ColourName = "ink"
    measure: Length | None = None


class Types(Shape):
    """The type scale."""

    title: Type
    cover: Type
    lead: Type
    heading: Type
    subheading: Type
    body: Type
    small: Type
    quote: Type
    quote_by: Type
    card_value: Type
    card_unit: Type
    card_label: Type
    table: Type
    table_head: Type
    dense: Type
    dense_head: Type
    caption: Type
    source: Type
    running: Type
    ask: Type
    aside: Type
    contact: Type
    entry: Type

    def items(self) -> Iterator[tuple[str, Type]]:
        """Each name with its type."""
        for name in type(self).model_fields:
            yield name, getattr(self, name)


class BrandFile(Shape):
    """brand.toml."""

    name: Name
    legal: str = ""
    logo: FileName
    css: FileName | None = None
    theme: FileName | None = None
    paper: Literal["A4", "Letter"] = "A4"
    margins: Margins
    fonts: FontNames
    colours: Colours
    space: Space
    type: Types


@dataclass(frozen=True)
class Font:
    """One font file, its measures in thousandths of its size.

    They are the advance width of each character, and how far letters reach above and below the
    line that they stand on. ``serif`` tells Word what to put in its place where the font is
    missing.
    """

    file: str
    data: bytes = field(repr=False)
    bold: bool
    italic: bool
    serif: bool
    advances: Mapping[int, float] = field(repr=False)
    ascent: float
    descent: float


@dataclass(frozen=True)
class Brand:
    """All that writers and charts need. Two brands are equal if all their bytes are.

    ``css_file`` is the style sheet as it stands in messages. ``faults`` says why a chart's file
    is no specification: it stops the packs that draw it. ``drawings`` are those of earlier runs.
    """

    fingerprint: str
    file: BrandFile = field(compare=False)
    css: str = field(compare=False, repr=False)
    css_file: str = field(compare=False)
    theme_path: Path = field(compare=False, repr=False)
    logo: str = field(compare=False, repr=False)
    fonts: tuple[Font, ...] = field(compare=False, repr=False)
    font_folder: Path = field(compare=False, repr=False)
    charts: Mapping[str, Chart] = field(compare=False, repr=False)
    faults: Mapping[str, Problem] = field(compare=False, repr=False)
    logo_size: tuple[float, float] = field(compare=False, repr=False)
    drawings: Drawings = field(default_factory=Drawings, compare=False, repr=False)

    @cached_property
    def letters(self) -> str:
        """A digest of the fonts, on which a drawing hangs apart from what it names itself."""
        digests = (hashlib.sha256(font.data).digest() for font in self.fonts)
        return hashlib.sha256(b"".join(digests)).hexdigest()

    @property
    def theme_file(self) -> str:
        """The theme as it stands in messages."""
        return _shown(self.theme_path)

    @property
    def page_size(self) -> tuple[float, float]:
        """Width and height of the paper."""
        return PAPERS[self.file.paper]

    @property
    def text_width(self) -> float:
        """Width between the margins."""
        return self.page_size[0] - self.file.margins.left - self.file.margins.right

    @property
    def text_height(self) -> float:
        """Height between the margins."""
        return self.page_size[1] - self.file.margins.top - self.file.margins.bottom

    @cached_property
    def _faces(self) -> dict[bool, Font]:
        return {font.bold: font for font in self.fonts if not font.italic}

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """How wide a line of text runs, without kerning."""
        advances = self._faces[bold].advances
        return sum(advances.get(ord(char), 500) for char in text) * size / 1000

    def lines(self, text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
        """Text broken at its spaces into lines of at most ``width``."""
        out: list[str] = []
        for word in text.split(" "):
            if out and self.width(f"{out[-1]} {word}", size, bold=bold) <= width:
                out[-1] += f" {word}"
            else:
                out.append(word)
        return out

    def missing(self, text: str) -> set[str]:
        """The characters that the brand's font cannot draw."""
        advances = self._faces[False].advances
        return {char for char in text if ord(char) not in advances and char not in "\n\t\u00a0"}


def read_brand(folder: Path, templates: Path | None = None) -> tuple[Brand, list[Problem]]:
    """The brand in a folder, with the charts of the templates, and warnings.

    ``templates`` is the folder that the brand's own lies in, if nothing else is said. A brand
    that names no style sheet, or holds no fonts, takes those of the templates' own brand.

    Raises :class:`Stopped` with all problems if a file is missing or wrong.
    """
    problems: list[Problem] = []
    shape = _read_shape(folder / "brand.toml", problems)
    if shape is None:
        raise Stopped(problems)
    templates = templates or folder.parent
    css_path = folder / shape.css if shape.css else templates / "brand" / CSS
    css = _read(css_path, problems)
    theme_path = folder / shape.theme if shape.theme else templates / "brand" / THEME
    theme = _read(theme_path, problems)
    logo = _read(folder / shape.logo, problems)
    if logo:
        problems += _logo_problems(logo, f"{folder.name}/{shape.logo}")
    problems += style_problems(css, _shown(css_path))
    problems += _theme_problems(theme.decode(), _shown(theme_path))
    problems += _room_problems(shape, f"{folder.name}/brand.toml")
    own = folder / "fonts"
    font_folder = own if own.is_dir() else templates / "brand" / "fonts"
    fonts = _read_fonts(font_folder, problems)
    charts, faults, chart_bytes = _read_charts(templates / "charts")
    if errors(problems):
        raise Stopped(problems)
    digest = hashlib.sha256()
    digest.update(shape.model_dump_json().encode())
    for part in (css, theme, logo, *(font.data for font in fonts), *chart_bytes):
        digest.update(hashlib.sha256(part).digest())
    brand = Brand(
        digest.hexdigest(), shape, css.decode(), _shown(css_path), theme_path.resolve(),
        logo.decode(), fonts, font_folder.resolve(), charts, faults, _logo_size(logo),
    )  # fmt: skip
    return brand, _look_problems(brand, f"{folder.name}/brand.toml")


def _shown(path: Path) -> str:
    """A path below the templates' folder."""
    below = path.parent.parent if path.parent.name == "fonts" else path.parent
    return path.relative_to(below.parent).as_posix()


def _read(path: Path, problems: list[Problem]) -> bytes:
    try:
        if not path.is_file():  # a pipe would never end
            raise FileNotFoundError
        data = path.read_bytes()
        data.decode()
    except OSError:
        problems.append(
            error("brand-file", f"{_shown(path)} cannot be read", "add the file",
                  Place(_shown(path)))
        )  # fmt: skip
        return b""
    except UnicodeDecodeError:
        problems.append(
            error("brand-file", f"{_shown(path)} is not UTF-8 text", "save it as UTF-8",
                  Place(_shown(path)))
        )  # fmt: skip
        return b""
    return data


def _read_shape(path: Path, problems: list[Problem]) -> BrandFile | None:
    text = _read(path, problems).decode()
    if problems:
        return None
    parsed, found = parse_toml(text, _shown(path))
    problems += found
    if found:
        return None
    shape, found = validate(BrandFile, parsed)
    problems += found
    return shape


def _logo_problems(logo: bytes, file: str) -> list[Problem]:
    try:
        if _too_much(logo):
            return [
                error("logo", "the logo is made of too many or too deeply nested parts",
                      "simplify it and export it again", Place(file))
            ]  # fmt: skip
        root = fromstring(logo, forbid_dtd=True)
    except DefusedXmlException:
        return [error("logo", "the logo declares a type of document or entities",
                      "delete <!DOCTYPE …>", Place(file))]  # fmt: skip
    except ParseError as exc:
        line, column = exc.position
        place = Place(file, line, column + 1)
        return [error("logo", "the logo is no SVG", "export it as SVG", place)]
    plain = root.tag == f"{_SVG}svg" and not _INSTRUCTION.search(logo)
    foreign = not all(node.tag.removeprefix(_SVG) in _SHAPES for node in root.iter())
    foreign = foreign or any(map(_refers, root.iter()))
    if not all(map(_drawable, root.iter())):
        return [
            error("logo", "the logo has a shape that cannot be drawn", "export it again",
                  Place(file))
        ]  # fmt: skip
    if plain and not foreign:
        return [] if _sized(root) else [
            error("logo", "the logo does not say how large it is",
                  'export it with width, height and viewBox, as in width="120" height="24"',
                  Place(file))
        ]  # fmt: skip
    return [
        error("logo", "the logo must be an SVG of shapes only, without text, pictures, scripts, "
              "style sheets and references", "convert its text to outlines and its styles to "
              "attributes, and export it again", Place(file))
    ]  # fmt: skip


def _too_much(logo: bytes) -> bool:
    """Whether a drawing could exhaust who draws it; read as a stream, for the same reason."""
    depth = count = 0
    for event, _ in iterparse(io.BytesIO(logo), events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_LOGO_DEPTH or count > MAX_LOGO_PARTS:
            return True
    return False


def _drawable(node: Element) -> bool:
    """Whether a shape is made of bounded numbers and closed paths that end.

    Others can keep a renderer busy for ever.
    """
    path = node.get("d", "")
    texts = [path, *(node.get(name, "") for name in _GEOMETRY)]
    return (
        _PATH.fullmatch(path) is not None
        and _AFTER_CLOSED.search(path) is None
        and all(map(_NUMBERS.fullmatch, texts[1:]))
        and not any(map(_BOUNDLESS.search, texts))
    )


def _refers(node: Element) -> bool:
    """Whether a shape names anything but another part of its own drawing, or runs anything."""
    return any(
        name.rpartition("}")[2].lower().startswith(("href", "on"))
        or name.endswith("}base")
        or _ELSEWHERE.search(value)
        for name, value in node.items()
    )


def _sized(root: Element) -> tuple[float, float] | None:
    """The drawing's own width and height in points."""
    found = [_LENGTH.fullmatch(root.get(side, "")) for side in ("width", "height")]
    sizes = [float(one[1]) * _POINTS[one[2] or "px"] for one in found if one]
    if len(sizes) != 2:
        sizes = [float(n) * _POINTS["px"] for n in _NUMBER.findall(root.get("viewBox", ""))[2:]]
    if len(sizes) != 2 or not all(0 < size <= MAX_LOGO for size in sizes):
        return None
    return sizes[0], sizes[1]


def _logo_size(logo: bytes) -> tuple[float, float]:
    """The logo's size in points, no higher than the running head."""
    width, height = _sized(fromstring(logo)) or (LOGO_HEIGHT, LOGO_HEIGHT)
    scale = min(1.0, LOGO_HEIGHT / height, LOGO_WIDTH / width)
    return round(width * scale, 2), round(height * scale, 2)


def style_problems(css: bytes, file: str) -> list[Problem]:
    """What is wrong with a style sheet, and what in it belongs into brand.toml."""
    rules = tinycss2.parse_stylesheet(css.decode(), skip_comments=True, skip_whitespace=True)
    return [problem for rule in rules for problem in _rule_problems(rule, file)]


def _rule_problems(rule: Node, file: str) -> Iterator[Problem]:
    place = Place(file, rule.source_line, rule.source_column)
    if rule.type == "error":
        yield error("css-syntax", f"the style sheet cannot be read: {rule.message}",
                    "check its brackets and semicolons", place)  # fmt: skip
        return
    if rule.type == "at-rule" and (rule.content is None or rule.lower_at_keyword in _FETCHING):
        yield error("css-refused", f"@{rule.at_keyword} cannot be used here",
                    "put fonts into the folder fonts, and all styles into this file",
                    place)  # fmt: skip
        return
    parts = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    for part in parts:
        if part.type != "declaration":
            yield from _rule_problems(part, file)
            continue
        place = Place(file, part.source_line, part.source_column)
        if (
            rule.type == "at-rule"
            and rule.lower_at_keyword == "page"
            and _OF_PAPER(part.lower_name)
        ):
            yield error("css-refused", f"{part.name} of @page is set in brand.toml",
                        "delete it here, and change paper or [margins] there", place)  # fmt: skip
        yield from _length_problems(part, place)


def _length_problems(declaration: Declaration, place: Place) -> Iterator[Problem]:
    """Lengths that no paper could hold: they can end the program that sets the page."""
    letters = declaration.lower_name in ("font", "font-size", "line-height")
    for token in _tokens(declaration.value):
        if token.type == "url" or (token.type == "function" and token.lower_name in _LOADING):
            yield error("css-refused", "a style sheet cannot load anything",
                        "the logo and the fonts lie beside it", place)  # fmt: skip
        if token.type not in ("dimension", "percentage", "number"):
            continue
        unit = token.lower_unit if token.type == "dimension" else token.type
        if not abs(token.value) <= (_MOST_LETTERS if letters else _MOST).get(unit, _MOST_OTHER):
            yield error("css-length", f"{declaration.name} is {token.serialize()}",
                        "write a length that the paper can hold", place)  # fmt: skip


def _tokens(values: Iterable[Node]) -> Iterator[Node]:
    for token in values:
        yield token
        held = getattr(token, "arguments", None) or getattr(token, "content", None)
        yield from _tokens(held if isinstance(held, list) else ())


def _theme_problems(theme: str, file: str) -> list[Problem]:
    """What in a theme could load more than what lies beside it."""
    return [
        error("theme-refused", f"{found[0]} cannot be used here",
              "write all that lays out the pages into this file",
              Place(file, theme.count("\n", 0, found.start()) + 1,
                    found.start() - theme.rfind("\n", 0, found.start())))
        for found in _THEME_LOADING.finditer(theme)
    ]  # fmt: skip


def _room_problems(shape: BrandFile, file: str) -> list[Problem]:
    """Margins that leave too little of the paper."""
    width, height = PAPERS[shape.paper]
    margins = shape.margins
    return [
        error("brand-margins", f"the margins leave {room:.0f} pt of the paper's {side}",
              f"leave at least {least:.0f} pt", Place(file))
        for side, room, least in (
            ("width", width - margins.left - margins.right, MIN_TEXT_WIDTH),
            ("height", height - margins.top - margins.bottom, MIN_TEXT_HEIGHT),
        )
        if room < least
    ]  # fmt: skip


def _read_fonts(folder: Path, problems: list[Problem]) -> tuple[Font, ...]:
    fonts: list[Font] = []
    for path in sorted(folder.glob("*.ttf")):
        try:
            data = path.read_bytes()
            face = TTFont(io.BytesIO(data), lazy=True, checkChecksums=2)
            for table in face.reader.tables:
                face.reader[table]
            scale = 1000 / int.from_bytes(face.reader["head"][18:20], "big")
            metrics = face["hmtx"].metrics
            advances = {
                code: metrics[glyph][0] * scale for code, glyph in face.getBestCmap().items()
            }
            bold = face["OS/2"].usWeightClass >= 600
            italic = bool(face["OS/2"].fsSelection & 1)
            serif = face["OS/2"].panose.bSerifStyle in _SERIFS
            reach = face["hhea"].ascent * scale, -face["hhea"].descent * scale
        except Exception:  # what fontTools raises on a broken file is any of a dozen kinds
            place = Place(_shown(path))
            problems.append(
                error("font", f"{_shown(path)} is no readable font", "replace the file", place)
            )
        else:
            fonts.append(Font(path.name, data, bold, italic, serif, advances, *reach))
    if {(font.bold, font.italic) for font in fonts} < {(b, i) for b in (0, 1) for i in (0, 1)}:
        problems.append(
            error("font", f"{_shown(folder)} needs regular, bold, italic and bold italic",
                  "add the missing .ttf files", Place(_shown(folder)))
        )  # fmt: skip
    return tuple(fonts)


def _read_charts(folder: Path) -> tuple[dict[str, Chart], dict[str, Problem], list[bytes]]:
    """The specifications, why others are none, and the bytes of all."""
    charts: dict[str, Chart] = {}
    faults: dict[str, Problem] = {}
    data: list[bytes] = []
    for path in sorted(folder.glob("*.json")):
        problems: list[Problem] = []
        text = _read(path, problems)
        chart = None if problems else _chart(text.decode(), _shown(path), problems)
        if chart is not None:
            charts[path.stem] = chart
        if problems:
            faults[path.stem] = problems[0]
        data += (path.stem.encode(), text)
    return charts, faults, data


def _chart(text: str, file: str, problems: list[Problem]) -> Chart | None:
    if (deep := _too_deep(text)) is not None:
        place = Place(file, text.count("\n", 0, deep) + 1)
        problems.append(
            error("bad-json", "the specification is nested too deep", "simplify it", place)
        )
        return None
    try:
        found = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as exc:
        place = Place(file, exc.lineno, exc.colno)
        problems.append(error("bad-json", exc.msg, "correct the line", place))
        return None
    except ValueError as exc:
        problems.append(error("bad-json", str(exc), "write a number", Place(file)))
        return None
    if not isinstance(found, dict) or not _DRAWN & set(found):
        problems.append(
            error("chart-spec", "this is no specification of a chart",
                  'write Vega-Lite, with "mark" or "layer"', Place(file))
        )  # fmt: skip
        return None
    if any(not isinstance(data, dict) or set(data) - {"values"} for data in _data_of(found)):
        problems.append(
            error("chart-data", "the specification names data of its own", "delete it: a chart "
                  "draws what the template gives, or {\"values\": […]}", Place(file))
        )  # fmt: skip
        return None
    problems += [chart_refused(reason, Place(file)) for reason in unsafe_parts(found)][:1]
    return None if problems else found


def chart_refused(reason: str, place: Place) -> Problem:
    """That a specification holds what the program that draws it cannot be trusted with."""
    return error("chart-refused", reason, "delete it", place)


def unsafe_parts(part: JsonValue) -> Iterator[str]:
    """Why a specification may not be drawn: it would load a file, or end who measures its text.

    vl-convert reads the pictures of image marks whatever it is allowed, and aborts the whole
    process where a font's name, weight or style is no plain word.
    """
    if isinstance(part, list):
        for held in part:
            yield from unsafe_parts(held)
    if not isinstance(part, dict):
        return
    for name, held in part.items():
        key = name.lower()
        if key in ("url", "href"):
            yield f"{name!r} in a chart would load or link something"
        elif key.endswith("font"):
            yield f"{name!r} in a chart: its font is the brand's"
        elif key.endswith(("fontweight", "fontstyle")) and not _is_plain_style(held):
            yield f"{name!r} in a chart is no plain word like bold"
        else:
            yield from unsafe_parts(held)


def _is_plain_style(value: JsonValue) -> bool:
    """A word or a number, or an expression that chooses between two words."""
    if isinstance(value, dict) and len(value) == 1:
        expression = value.get("expr")
        chosen = isinstance(expression, str) and _CHOICE.fullmatch(expression) is not None
        return chosen or "$" in value
    return isinstance(value, (str, int)) and _STYLE.fullmatch(str(value)) is not None


def _data_of(part: JsonValue) -> Iterator[JsonValue]:
    """Every source of data within a specification."""
    if isinstance(part, dict):
        if "data" in part:
            yield part["data"]
        part = list(part.values())
    if isinstance(part, list):
        for held in part:
            yield from _data_of(held)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _too_deep(text: str) -> int | None:
    """Where brackets are nested deeper than any chart needs."""
    depth = 0
    for token in _BRACKET.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth > MAX_CHART_DEPTH:
            return token.start()
    return None


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, as WCAG 2 defines it: 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _look_problems(brand: Brand, file: str) -> list[Problem]:
    """What a reader's eye would complain of; checked once a brand."""
    found: list[Problem] = []
    place = Place(file)
    colours = brand.file.colours
    grounds: dict[ColourName, tuple[ColourName, ...]] = {
        "ink": ("paper", "panel"), "muted": ("paper", "panel"), "ours": ("paper", "panel"),
        "gap_text": ("paper",), "paper": ("ours",),
    }  # fmt: skip
    for name, backs in grounds.items():
        for back in backs:
            ratio = contrast(colours[name], colours[back])
            if ratio < MIN_CONTRAST:
                found.append(
                    warning("brand-contrast", f"{name} on {back} has a contrast of {ratio:.1f}",
                            f"choose colours with at least {MIN_CONTRAST}", place)
                )  # fmt: skip
    for role, kind in brand.file.type.items():
        least = MIN_BODY if role == "body" else MIN_TYPE
        if kind.size < least:
            found.append(
                warning("brand-size", f"type.{role} is {kind.size:g} pt",
                        f"use at least {least:g}", place)
            )  # fmt: skip
        if kind.leading < kind.size:
            found.append(
                warning("brand-size", f"type.{role}: lines of {kind.leading:g} pt overlap",
                        f"use at least {kind.size * 1.15:.1f}", place)
            )  # fmt: skip
    body = brand.file.type.body
    low, high = LINE_CHARACTERS
    per_line = (body.measure or brand.text_width) / brand.width(SAMPLE, body.size) * len(SAMPLE)
    if not low <= per_line <= high + 2:
        found.append(
            warning("brand-measure", f"a line of body text holds {per_line:.0f} characters",
                    f"set type.body.measure for {low} to {high}", place)
        )  # fmt: skip
    return found
