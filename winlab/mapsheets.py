"""The opportunity map on paper: an overview, then one page a region, in the brand's look."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape

from jinja2 import Environment, FunctionLoader, StrictUndefined
from weasyprint import CSS

from winlab.atlas import Atlas
from winlab.brand import Brand
from winlab.mappage import caution, headline, page_file
from winlab.mapping import (
    Classes,
    Shown,
    Words,
    apart,
    classes,
    frame,
    legend,
    moved,
    ramp,
    shown_markets,
    tables_behind,
)
from winlab.opportunity import Opportunity
from winlab.problems import warning
from winlab.scored import observed_at
from winlab.writers import Written
from winlab.writers.html import SCHEME, family
from winlab.writers.pdf import Serve, print_source

MAP_HEIGHT = 222.0
REGION_HEIGHT = 215.0
ROWS = (13, 10, 7, 4)
"""Markets in a region's table, as many as fit; the whole list is in the scored table."""
FRONT_PAGES = 4
"""The overview, what the steps found, how far to trust the forecast, and what stands behind."""
SMALLEST_LABEL = 6.5
BADGE = 6.5
"""The radius of a hot spot's number."""


@dataclass(frozen=True)
class _Picture:
    src: str
    alt: str
    width: float
    height: float


@dataclass(frozen=True)
class _Region:
    title: str
    lead: str
    cards: tuple[tuple[str, str], ...]
    map: _Picture | None
    caption: str
    markets: tuple[Shown, ...]
    overrides: tuple[Shown, ...]


def sheets(found: Opportunity, brand: Brand, company: str, locale: str, currency: str) -> Written:
    """The whole PDF; a warning if a page's content does not fit one sheet of paper."""
    for rows in ROWS:
        written, pages, wanted = _printed(found, brand, company, Words(locale, currency), rows)
        if pages <= wanted:
            return written
    problem = warning(
        "page-overflow", f"{wanted} pages of the map take {pages} sheets of paper",
        "shorten what score.yaml says of drivers, levers, overrides and the assumption",
    )  # fmt: skip
    return Written(written.data, (*written.problems, problem))


def _printed(
    found: Opportunity, brand: Brand, company: str, words: Words, rows: int
) -> tuple[Written, int, int]:
    """The PDF with tables of so many rows, its sheets, and how many it should have."""
    markets = shown_markets(found, words)
    cut = classes(markets, "addressable", words)
    served: dict[str, Serve] = {}
    colours = ramp(brand)
    key = [(colours[place], text) for place, text in legend(cut)]
    names = sorted({m.region for m in markets})
    regions = [_region(found, brand, words, markets, cut, name, served, rows) for name in names]
    hot = [m for m in markets if m.rank]
    atlas = found.survey.atlas
    overview = (
        _picture(atlas, brand, markets, cut, served, "all", {m.id for m in markets}, MAP_HEIGHT)
        if atlas else None
    )  # fmt: skip
    environment = Environment(
        loader=FunctionLoader(page_file), autoescape=True, undefined=StrictUndefined
    )
    behind = {table.title: table for table in tables_behind(found, words, markets)}
    begins = company.startswith(brand.file.name)
    source = environment.get_template("sheets.html").render(
        area=found.survey.file.area,
        company=company,
        mark=brand.file.name if begins else company,
        rest=company.removeprefix(brand.file.name) if begins else "",
        legal=brand.file.legal or company,
        until=observed_at(found).isoformat(),
        headline=headline(found, words),
        trust=found.growth.trust,
        backtests=found.growth.backtests,
        rows=rows,
        drivers=behind.pop("Growth drivers"),
        tables=list(behind.values()),
        hot=hot[: rows - 1],
        hot_count=len(hot),
        lead=found.priority.assumption or found.priority.said[0],
        caution=caution(found),
        overview=overview,
        key=key,
        steps=[
            (name, [s for s in said if s not in found.growth.trust])
            for name, said in found.steps.items()
        ],
        regions=regions,
    )
    wanted = len(regions) + FRONT_PAGES
    written, count = print_source(
        source, brand, served, source, [f"page {number}" for number in range(1, wanted + 1)],
        CSS(string=page_file("sheets.css")),
    )  # fmt: skip
    return written, count, wanted


def _serve(served: dict[str, Serve], drawn: str) -> str:
    address = f"{SCHEME}:map/{len(served)}"
    served[address] = partial(_bytes, drawn.encode())
    return address


def _bytes(data: bytes) -> tuple[bytes, str]:
    return data, "image/svg+xml"


def _region(
    found: Opportunity, brand: Brand, words: Words, markets: Sequence[Shown], cut: Classes,
    name: str, served: dict[str, Serve], rows: int,
) -> _Region:  # fmt: skip
    inside = [m for m in markets if m.region == name]
    ids = [m.id for m in inside]
    table = found.table.loc[ids]
    hot = [m for m in inside if m.rank]
    size, potential = float(table["size"].sum()), float(table["potential"].sum())
    worth = float(found.priority.base[[m.id for m in hot]].sum())
    own = float((table["share"] * table["size"]).sum())
    growth = (potential / size) ** (1 / found.survey.file.horizon) - 1 if size else float("nan")
    moves = "; ".join(
        moved(move.resource, float(move.before[ids].sum()), float(move.after[ids].sum()), words)
        for move in found.priority.moves
    )
    atlas = found.survey.atlas
    picture = None
    if atlas and any(m in atlas.outlines for m in ids):
        picture = _picture(atlas, brand, markets, cut, served, name, set(ids), REGION_HEIGHT)
    return _Region(
        _title(name, len(inside), hot, words.money(worth)),
        f"With the proposed moves: {moves}." if moves else "",
        (
            (words.money(size), "market a year"),
            (words.percent(growth), "growth a year, forecast"),
            (words.percent(own / size if size else float("nan")), "our share"),
            (words.money(float(table["addressable"].sum())), "opportunity, an assumption"),
        ),
        picture,
        f"The {min(rows, len(inside))} largest opportunities of {len(inside)} markets; hot spots "
        "first. The whole list is in the scored table.",
        tuple(inside[:rows]),
        tuple(m for m in inside if m.override)[:3],
    )  # fmt: skip


def _title(name: str, count: int, hot: Sequence[Shown], worth: str) -> str:
    if not hot:
        return f"{name}: none of {count} markets is a hot spot"
    verb = "is a hot spot" if len(hot) == 1 else "are hot spots"
    return (
        f"{name}: {len(hot)} of {count} markets {verb}, worth {worth} a year if the assumption "
        "holds"
    )


def _picture(
    atlas: Atlas, brand: Brand, markets: Sequence[Shown], cut: Classes, served: dict[str, Serve],
    name: str, ids: Collection[str], height: float,
) -> _Picture:  # fmt: skip
    """A map of some markets, coloured by class, those around them in outline."""
    drawn = [m for m in ids if m in atlas.outlines]
    box = frame(atlas, drawn, brand.text_width, height)
    colours = ramp(brand)
    look = brand.file.colours
    parts: list[str] = []
    for market in markets:
        outline = atlas.outlines.get(market.id)
        if outline is None or market.id in ids:
            continue
        parts.append(f'<path d="{box.path(outline)}" fill="{look.paper}" stroke="{look.line}" '
                     'stroke-width=".5"/>')  # fmt: skip
    own = [m for m in markets if m.id in ids and m.id in atlas.outlines]
    for market in sorted(own, key=lambda m: m.rank is not None):
        of = cut.of[market.id]
        fill = colours[of] if of >= 0 else look.paper
        edge = (look.ink, 1.3) if market.rank else (look.paper, 0.5)
        parts.append(
            f'<path d="{box.path(atlas.outlines[market.id])}" fill="{fill}" stroke="{edge[0]}" '
            f'stroke-width="{edge[1]}"/>'
        )
    if name != "all":
        for market in own:
            if not market.rank:
                x, y = box.at(atlas.outlines[market.id].centre)
                parts.append(_label(market, atlas, box.scale, x, y, brand, cut.of[market.id]))
    hot_spots = [m for m in own if m.rank]
    centres = [box.at(atlas.outlines[m.id].centre) for m in hot_spots]
    for market, (x, y) in zip(hot_spots, apart(centres, 2 * BADGE), strict=True):
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{BADGE}" fill="{look.paper}" '
            f'stroke="{look.ink}" stroke-width=".8"/><text x="{x:.1f}" y="{y + 3:.1f}" '
            f'font-size="8.5" font-weight="700" text-anchor="middle" fill="{look.ink}">'
            f"{market.rank}</text>"
        )
    source = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {box.width:.1f} {box.height:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" font-family="{family(brand)}">'
        f"{''.join(parts)}</svg>"
    )
    hot = [m.name for m in own if m.rank]
    what = "all markets" if name == "all" else name
    alt = f"Map of {what}, darker where the opportunity is larger; "
    alt += f"hot spots: {', '.join(hot)}" if hot else "no hot spots"
    return _Picture(_serve(served, source), alt, round(box.width, 1), round(box.height, 1))


def _label(
    market: Shown, atlas: Atlas, scale: float, x: float, y: float, brand: Brand, of: int
) -> str:
    """The market's name where its outline has room for it."""
    outline = atlas.outlines[market.id]
    xs = [px for ring in outline.rings for px, _ in ring]
    room = (max(xs) - min(xs)) * scale * 0.92
    if brand.width(market.name, SMALLEST_LABEL) > room or room < 12:
        return ""
    ink = brand.file.colours.paper if of >= 3 else brand.file.colours.ink
    return (
        f'<text x="{x:.1f}" y="{y + 2:.1f}" font-size="{SMALLEST_LABEL}" text-anchor="middle" '
        f'fill="{ink}">{escape(market.name)}</text>'
    )
