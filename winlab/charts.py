"""A chart's specification and its data → SVG and PNG, of exactly the figure's size.

Specifications are Vega-Lite with three additions under ``usermeta``: ``params`` are the figure's
parameters and their defaults, ``text`` the fields that are broken into lines and measured, and
``variants`` other specifications by a parameter's value. ``{"$": "name"}`` stands for a
parameter, a colour of the brand, or a measured width; expressions use the same names.
One unit of a chart is one point.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from babel import Locale
from babel.dates import get_day_names, get_month_names
from babel.numbers import get_decimal_symbol, get_group_symbol
from pydantic import JsonValue

from winlab import vega
from winlab.brand import Brand, chart_refused, unsafe_parts
from winlab.document import Figure
from winlab.problems import Place, Stopped, error
from winlab.source import UNPRINTABLE
from winlab.validate import did_you_mean

HATCH = "url(#hatch-"
"""A fill ``url(#hatch-ours)`` in a specification is drawn as stripes of that colour."""
HATCH_STEP = 4.2
HATCH_WIDTH = 1.5

Json: TypeAlias = JsonValue


def svg(figure: Figure, brand: Brand, locale: str = "en_US") -> str:
    """The chart as SVG, with the brand's document font named.

    Raises :class:`Stopped` if there is no such chart, if a parameter is unknown to it, or if the
    specification cannot be drawn.
    """
    content = json.dumps(
        [figure.chart, [dict(row) for row in figure.data], dict(figure.params),
         figure.width, figure.height]
    )  # fmt: skip
    return _svg(content, brand, locale)


def png(figure: Figure, brand: Brand, scale: float = 2.0, locale: str = "en_US") -> bytes:
    """The same chart as PNG on the paper's colour, with ``scale`` pixels a point.

    Raises as :func:`svg` does.
    """
    ground = f'<rect width="100%" height="100%" fill="{brand.file.colours.paper}"/>'
    head, end, body = svg(figure, brand, locale).partition(">")
    return picture(f"{head}{end}{ground}{body}", brand, scale)


@lru_cache(maxsize=64)
def picture(drawn: str, brand: Brand, scale: float) -> bytes:
    """An SVG as PNG with ``scale`` pixels a unit; clear where nothing is drawn.

    Raises :class:`Stopped` if it cannot be drawn.
    """

    def draw() -> bytes:
        return vega.png(drawn, brand.font_folder, scale)

    try:
        return brand.drawings.drawn(_recipe(brand, drawn, scale), draw)
    except ValueError as exc:
        reason = " ".join(str(exc).split())[:300]
        raise Stopped(
            [error("picture", f"a picture cannot be drawn: {reason}", "export it again")]
        ) from None


def _recipe(brand: Brand, *parts: Json) -> str:
    """All that a drawing hangs on, which names what is kept of it."""
    return json.dumps([vega.ENGINE, vega.VEGA_LITE, brand.letters, *parts])


@lru_cache(maxsize=128)
def _svg(content: str, brand: Brand, locale: str) -> str:
    chart, rows, params, width, height = json.loads(content)
    try:
        spec = _specification(chart, rows, params, width, height, brand)
        for text in _strings(spec):
            if found := UNPRINTABLE.search(text):  # would end the process, not the drawing
                raise ValueError(f"its text holds U+{ord(found[0]):04X}")
        numbers, times = _number_locale(locale), _time_locale(locale)

        def draw() -> bytes:
            return vega.svg(spec, brand.font_folder, numbers, times).encode()

        drawn = brand.drawings.drawn(_recipe(brand, spec, numbers, times), draw).decode()
    except (ValueError, TypeError) as exc:
        reason = re.split(r" at \S* ?\(?https?://", " ".join(str(exc).split()))[0][:300]
        raise Stopped(
            [error("chart-spec", f"chart {chart!r} cannot be drawn: {reason}",
                   "correct the specification", place_of(chart))]
        ) from None  # fmt: skip
    return _hatched(_numbered(drawn), brand)


def _specification(
    chart: str, rows: list[dict[str, Json]], given: dict[str, Json], width: float, height: float,
    brand: Brand,
) -> dict[str, Json]:  # fmt: skip
    spec = _named(chart, brand)
    meta = _mapping(spec.get("usermeta"))
    for param, by_value in _mapping(meta.get("variants")).items():
        if other := _mapping(by_value).get(str(given.get(param))):
            spec = _named(str(other), brand)
            meta = _mapping(spec.get("usermeta"))
    known = _mapping(meta.get("params"))
    if unknown := sorted(set(given) - set(known)):
        raise Stopped(
            [error("chart-param", f"chart {chart!r} has no parameter {name!r}",
                   did_you_mean(name, known), place_of(chart)) for name in unknown]
        )  # fmt: skip
    colours: dict[str, Json] = dict(brand.file.colours.model_dump())
    names = {**colours, **known, **given, "figure_width": width, "figure_height": height}
    names |= _set_text(_mapping(meta.get("text")), rows, names, brand)
    own = {key: value for key, value in spec.items() if key != "usermeta"}
    filled = _mapping(_filled(own, names, place_of(chart)))
    if reasons := [*unsafe_parts(filled)]:
        raise Stopped([chart_refused(reason, place_of(chart)) for reason in reasons[:1]])
    padding = _mapping(filled.get("padding"))
    sides = {side: float(str(padding.get(side, 0))) for side in ("left", "right", "top", "bottom")}
    if not (sides["left"] + sides["right"] < width and sides["top"] + sides["bottom"] < height):
        raise Stopped(
            [error("chart-room", f"chart {chart!r} has no room beside its labels",
                   "make the figure larger, or its labels shorter", place_of(chart))]
        )  # fmt: skip
    return {
        **filled,
        "autosize": "none",
        "background": None,
        "padding": dict(sides),
        "width": width - sides["left"] - sides["right"],
        "height": height - sides["top"] - sides["bottom"],
        "data": {"values": [*rows]},
        "params": [{"name": name, "value": value} for name, value in names.items()],
        "config": _config(brand),
    }


def _named(chart: str, brand: Brand) -> dict[str, Json]:
    if chart in brand.faults:
        raise Stopped([brand.faults[chart]])
    if chart not in brand.charts:
        raise Stopped(
            [error("chart-unknown", f"there is no chart {chart!r}",
                   did_you_mean(chart, brand.charts))]
        )  # fmt: skip
    return brand.charts[chart]


def place_of(chart: str) -> Place:
    """Where a chart's specification stands."""
    return Place(f"charts/{chart}.json")


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _filled(value: Json, names: Mapping[str, Json], place: Place) -> Json:
    """The specification with each ``{"$": name}`` replaced."""
    if isinstance(value, dict):
        if set(value) == {"$"}:
            name = str(value["$"])
            if name not in names:
                raise Stopped([error("chart-spec", f"nothing is named {name!r}",
                                     did_you_mean(name, names), place)])  # fmt: skip
            return names[name]
        return {key: _filled(part, names, place) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, names, place) for part in value]
    return value


def _strings(part: Json) -> Iterator[str]:
    """Every text within a specification and its data."""
    match part:
        case str():
            yield part
        case list():
            for held in part:
                yield from _strings(held)
        case dict():
            yield from part
            for held in part.values():
                yield from _strings(held)


def _set_text(
    fields: dict[str, Json], rows: list[dict[str, Json]], names: Mapping[str, Json], brand: Brand
) -> dict[str, Json]:
    """Breaks the fields named under ``text`` into lines and measures them.

    A field or parameter ``label`` gives ``label_width`` and ``label_lines``, the largest of all
    rows; each row gets its own, too.
    """
    measured: dict[str, Json] = {}
    figure_width = float(str(names["figure_width"]))
    for field, how in fields.items():
        options = _mapping(how)
        size = float(str(options.get("size", 9)))
        bold = options.get("bold") is True
        limit = options.get("width")
        room = figure_width / max(len(rows), 1) * 0.94 if limit == "band" else limit
        widest, most = 0.0, 1
        given = names.get(field)
        texts = [str(given)] if given is not None else [str(row.get(field, "")) for row in rows]
        for number, text in enumerate(texts):
            lines = brand.lines(text, size, float(str(room)), bold=bold) if room else [text]
            own = max(brand.width(line, size, bold=bold) for line in lines)
            widest = max(widest, own)
            most = max(most, len(lines))
            if given is None:
                rows[number][field] = "\n".join(lines)
                rows[number][f"{field}_lines"] = len(lines)
                rows[number][f"{field}_width"] = round(own + 2, 1)
        measured[f"{field}_width"] = round(widest + 2, 1)
        measured[f"{field}_lines"] = most
    return measured


def _config(brand: Brand) -> dict[str, Json]:
    colours = brand.file.colours
    font = brand.file.fonts.document
    return {
        "font": font,
        "aria": False,
        "view": {"stroke": None},
        "text": {"font": font, "fontSize": 9, "fill": colours.ink, "lineBreak": "\n"},
        "axis": {
            "labelFont": font, "labelFontSize": 9, "labelColor": colours.muted, "labelPadding": 4,
            "titleFont": font, "titleFontSize": 9, "titleFontWeight": "normal",
            "titleColor": colours.muted, "grid": False, "ticks": False,
            "domainColor": colours.muted, "domainWidth": 0.75,
        },
    }  # fmt: skip


def _number_locale(locale: str) -> dict[str, Json]:
    return {
        "decimal": get_decimal_symbol(locale),
        "thousands": get_group_symbol(locale),
        "grouping": [3],
        "currency": ["", ""],
        "minus": "\u2212",
    }


def _time_locale(locale: str) -> dict[str, Json]:
    found = Locale.parse(locale)
    days = [6, 0, 1, 2, 3, 4, 5]
    long_days = get_day_names("wide", "stand-alone", found)
    short_days = get_day_names("abbreviated", "stand-alone", found)
    months = get_month_names("wide", "stand-alone", found)
    short_months = get_month_names("abbreviated", "stand-alone", found)
    return {
        "dateTime": "%x %X", "date": "%Y-%m-%d", "time": "%H:%M:%S", "periods": ["AM", "PM"],
        "days": [long_days[day] for day in days],
        "shortDays": [short_days[day] for day in days],
        "months": [months[number] for number in range(1, 13)],
        "shortMonths": [short_months[number] for number in range(1, 13)],
    }  # fmt: skip


_NUMBERED = re.compile(r'(?:(?<=#)|(?<=id="))(?:clip|gradient_)\d+(?=[")])')


def _numbered(drawn: str) -> str:
    """Clips and gradients numbered from one: vl-convert counts on from drawing to drawing."""
    given: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        kind = match[0].rstrip("0123456789")
        return given.setdefault(match[0], f"{kind}{len(given) + 1}")

    return _NUMBERED.sub(number, drawn)


_HATCHED = re.compile(r'<path [^>]*?fill="url\(#hatch-(?P<name>\w+)\)"[^>]*?/>')
_BOX = re.compile(r'd="M(?P<x>[-\d.e]+),(?P<y>[-\d.e]+)h(?P<w>[-\d.e]+)v(?P<h>[-\d.e]+)h[-\d.e]+Z"')


def _hatched(drawn: str, brand: Brand) -> str:
    """Stripes for hatched bars, as plain lines: not every reader draws SVG patterns."""

    def stripes(match: re.Match[str]) -> str:
        name = match["name"]
        colour = str(getattr(brand.file.colours, name))
        path = match[0].replace(f"{HATCH}{name})", brand.file.colours.paper)
        box = _BOX.search(path)
        if box is None:
            return path
        lines = _diagonals(*(float(box[part]) for part in ("x", "y", "w", "h")))
        return (
            f'{path}<path d="{lines}" fill="none" stroke="{colour}" '
            f'stroke-width="{HATCH_WIDTH}" pointer-events="none"/>'
        )

    return _HATCHED.sub(stripes, drawn)


def _diagonals(x: float, y: float, width: float, height: float) -> str:
    """Lines from lower left to upper right, cut to a box."""
    if width < 0:
        x, width = x + width, -width
    if height < 0:
        y, height = y + height, -height
    out: list[str] = []
    offset = HATCH_STEP * 1.4142 / 2
    while offset < width + height:
        start = (x + max(offset - height, 0), y + min(offset, height))
        end = (x + min(offset, width), y + max(offset - width, 0))
        out.append(f"M{start[0]:.2f},{start[1]:.2f}L{end[0]:.2f},{end[1]:.2f}")
        offset += HATCH_STEP * 1.4142
    return "".join(out)
