"""The brand: one brand.toml with its fonts, logo, style sheet and charts, read once.

Pages, Word styles and charts all take their look from here. Lengths are in points.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from defusedxml.ElementTree import ParseError, fromstring
from fontTools.ttLib import TTFont, TTLibError
from pydantic import Field, JsonValue

from winlab.inputs import Name, Shape, written
from winlab.problems import Place, Problem, Stopped, error, errors, warning
from winlab.source import parse_toml
from winlab.validate import validate

PAPERS = {"A4": (595.28, 841.89)}
MIN_CONTRAST = 4.5
MIN_BODY = 9.5
MIN_TYPE = 8.0
LINE_CHARACTERS = (45, 80)
SAMPLE = "Line 2 is rebuilt in June, and a trial that starts by 15 February gives results sooner."

Colour = Annotated[str, written(r"#[0-9a-f]{6}", "write it as # and six digits, like #0f6e84")]
ColourName: TypeAlias = Literal[
    "ink", "muted", "line", "panel", "paper", "ours", "ours_light", "gap", "gap_text"
]
Length = Annotated[float, Field(ge=0, le=800)]
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

    document: Name
    office: Name


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
    css: FileName
    paper: Literal["A4"] = "A4"
    margins: Margins
    fonts: FontNames
    colours: Colours
    space: Space
    type: Types


@dataclass(frozen=True)
class Font:
    """One font file, with the advance width of each character in thousandths of its size."""

    file: str
    data: bytes = field(repr=False)
    bold: bool
    italic: bool
    advances: Mapping[int, float] = field(repr=False)


@dataclass(frozen=True)
class Brand:
    """All that writers and charts need. Two brands are equal if all their bytes are."""

    fingerprint: str
    file: BrandFile = field(compare=False)
    css: str = field(compare=False, repr=False)
    logo: str = field(compare=False, repr=False)
    fonts: tuple[Font, ...] = field(compare=False, repr=False)
    font_folder: Path = field(compare=False, repr=False)
    charts: Mapping[str, JsonValue] = field(compare=False, repr=False)

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


def read_brand(folder: Path) -> tuple[Brand, list[Problem]]:
    """The brand in a folder, the charts beside it, and warnings.

    Raises :class:`Stopped` with all problems if a file is missing or wrong.
    """
    problems: list[Problem] = []
    shape = _read_shape(folder / "brand.toml", problems)
    if shape is None:
        raise Stopped(problems)
    css = _read(folder / shape.css, problems)
    logo = _read(folder / shape.logo, problems)
    if logo:
        problems += _logo_problems(logo, f"{folder.name}/{shape.logo}")
    fonts = _read_fonts(folder / "fonts", problems)
    charts, chart_bytes = _read_charts(folder.parent / "charts", problems)
    if errors(problems):
        raise Stopped(problems)
    digest = hashlib.sha256()
    digest.update(shape.model_dump_json().encode())
    for part in (css, logo, *(font.data for font in fonts), *chart_bytes):
        digest.update(hashlib.sha256(part).digest())
    brand = Brand(
        digest.hexdigest(), shape, css.decode(), logo.decode(), fonts,
        (folder / "fonts").resolve(), charts,
    )  # fmt: skip
    return brand, _look_problems(brand, f"{folder.name}/brand.toml")


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


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
        root = fromstring(logo)
    except ParseError as exc:
        line, column = exc.position
        place = Place(file, line, column + 1)
        return [error("logo", "the logo is no SVG", "export it as SVG", place)]
    except ValueError:  # defusedxml refuses entities
        return [error("logo", "the logo declares entities", "export it again", Place(file))]
    plain = root.tag == "{http://www.w3.org/2000/svg}svg"
    foreign = any(
        node.tag.endswith(("}script", "}image", "}foreignObject", "}text")) for node in root.iter()
    )
    if plain and not foreign:
        return []
    return [
        error("logo", "the logo must be an SVG of shapes only, without text, pictures or scripts",
              "convert its text to outlines and export it again", Place(file))
    ]  # fmt: skip


def _read_fonts(folder: Path, problems: list[Problem]) -> tuple[Font, ...]:
    fonts: list[Font] = []
    for path in sorted(folder.glob("*.ttf")):
        try:
            data = path.read_bytes()
            face = TTFont(io.BytesIO(data), lazy=True)
            scale = 1000 / int.from_bytes(face.reader["head"][18:20], "big")
            metrics = face["hmtx"].metrics
            advances = {
                code: metrics[glyph][0] * scale for code, glyph in face.getBestCmap().items()
            }
            bold = face["OS/2"].usWeightClass >= 600
            italic = bool(face["OS/2"].fsSelection & 1)
        except (OSError, TTLibError, KeyError):
            place = Place(_shown(path))
            problems.append(
                error("font", f"{_shown(path)} is no readable font", "replace the file", place)
            )
        else:
            fonts.append(Font(path.name, data, bold, italic, advances))
    if {(font.bold, font.italic) for font in fonts} < {(b, i) for b in (0, 1) for i in (0, 1)}:
        problems.append(
            error("font", f"{_shown(folder)} needs regular, bold, italic and bold italic",
                  "add the missing .ttf files", Place(_shown(folder)))
        )  # fmt: skip
    return tuple(fonts)


def _read_charts(folder: Path, problems: list[Problem]) -> tuple[dict[str, JsonValue], list[bytes]]:
    charts: dict[str, JsonValue] = {}
    data: list[bytes] = []
    for path in sorted(folder.glob("*.json")):
        text = _read(path, problems)
        try:
            charts[path.stem] = json.loads(text)
        except json.JSONDecodeError as exc:
            place = Place(_shown(path), exc.lineno, exc.colno)
            problems.append(error("bad-json", exc.msg, "correct the line", place))
        data += (path.stem.encode(), text)
    return charts, data


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
