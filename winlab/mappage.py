"""The opportunity map as one HTML page that needs nothing else: no network, no other file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from winlab.brand import Brand
from winlab.mapping import (
    MEASURES,
    Classes,
    Shown,
    Words,
    apart,
    classes,
    frame,
    legend,
    ramp,
    shown_markets,
    tables_behind,
)
from winlab.opportunity import Opportunity
from winlab.scored import observed_at

WIDTH, HEIGHT = 820.0, 780.0
BADGE = 9.0
"""The radius of a hot spot's number."""
COLUMNS = (
    ("rank", "No.", True), ("name", "Market", False), ("region", "Region", False),
    ("group", "Peer group", False), ("level", "Priority", False), ("growth", "Growth a year", True),
    ("share", "Our share", True), ("share_change", "Share change", True),
    ("size", "Market size", True),
    ("addressable", "Opportunity", True), ("cause", "Low share goes with", False),
)  # fmt: skip


@dataclass(frozen=True)
class _Shape:
    market: Shown
    path: str
    x: float
    y: float
    classes: str


@dataclass(frozen=True)
class _Drawing:
    width: float
    height: float
    shapes: tuple[_Shape, ...]
    badges: tuple[tuple[int, float, float], ...]


def page(found: Opportunity, brand: Brand, company: str, locale: str, currency: str) -> str:
    """The whole page. It holds what is internal, and says so."""
    words = Words(locale, currency)
    markets = shown_markets(found, words)
    cut = [classes(markets, measure, words) for measure in MEASURES]
    return _environment().get_template("page.html").render(
        area=found.survey.file.area,
        company=company,
        palette=_palette(brand),
        css=page_file("page.css"),
        script=page_file("page.js"),
        headline=headline(found, words),
        lead=found.priority.assumption or found.priority.said[0],
        warning=caution(found),
        area_markets=markets,
        regions=sorted({m.region for m in markets}),
        groups=sorted({m.group for m in markets}),
        hot=[m for m in markets if m.rank],
        drawing=_drawing(found, markets, cut),
        classes=cut,
        columns=COLUMNS,
        horizon=found.survey.file.horizon,
        steps=[(name, said) for name, said in found.steps.items()],
        backtests=found.growth.backtests,
        tables=tables_behind(found, words, markets),
        legal=brand.file.legal or company,
        until=observed_at(found).isoformat(),
        data=_data(markets, cut, brand),
    )  # fmt: skip


def headline(found: Opportunity, words: Words) -> str:
    """The map in one sentence."""
    hot = list(found.priority.rank)
    low, high = (float(found.priority.low[hot].sum()), float(found.priority.high[hot].sum()))
    count = len(found.table)
    if not hot:
        return f"None of {count} markets grows fast while our share is low"
    spots = "hot spot" if len(hot) == 1 else "hot spots"
    return (
        f"{len(hot)} {spots} among {count} markets could bring {words.money(low)} to "
        f"{words.money(high)} a year"
    )


def caution(found: Opportunity) -> str:
    """What a reader must know before using the forecast; empty where it earned trust."""
    backtest = found.growth.backtest
    if backtest is None:
        return "The forecast could not be tried on growth that it had not seen."
    return "" if backtest.earned else backtest.verdict


def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(page_file), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def page_file(name: str) -> str:
    """A file that the map's pages are made from."""
    return (resources.files("winlab") / "mapfiles" / name).read_text(encoding="utf-8")


def _palette(brand: Brand) -> str:
    colours = brand.file.colours
    names = type(colours).model_fields
    return ";".join(f"--{n.replace('_', '-')}:{getattr(colours, n)}" for n in names)


def _drawing(
    found: Opportunity, markets: Sequence[Shown], cut: Sequence[Classes]
) -> _Drawing | None:
    atlas = found.survey.atlas
    if atlas is None or not atlas.outlines:
        return None
    box = frame(atlas, atlas.outlines, WIDTH, HEIGHT)
    shapes = [
        _Shape(
            market, box.path(outline), *box.at(outline.centre),
            " ".join(str(c.of[market.id]) for c in cut),
        )
        for market in markets
        if (outline := atlas.outlines.get(market.id))
    ]  # fmt: skip
    # hot spots last, so that their outlines lie above their neighbours
    shapes.sort(key=lambda s: s.market.level == "hot spot")
    hot = [(shape.market.rank, shape) for shape in shapes if shape.market.rank]
    places = apart([(shape.x, shape.y) for _, shape in hot], 2 * BADGE + 2)
    badges = [(rank, x, y) for (rank, _), (x, y) in zip(hot, places, strict=True)]
    return _Drawing(box.width, box.height, tuple(shapes), tuple(badges))


def _data(markets: Sequence[Shown], cut: Sequence[Classes], brand: Brand) -> str:
    """What the script needs, as JSON that cannot end its element."""
    content = {
        "ramp": ramp(brand),
        "classes": [{"measure": c.measure, "legend": legend(c)} for c in cut],
        "order": [m.id for m in markets],
        "markets": {m.id: _market(m) for m in markets},
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("&", "\\u0026")


def _market(m: Shown) -> Mapping[str, object]:
    facts = [
        ("Growth", f"{m.growth} a year", m.growth_range and f"80 % interval {m.growth_range}"),
        ("Lifted by", m.lifted, ""),
        ("Held back by", m.held_back, ""),
        (
            "Our share",
            m.share,
            f"{m.share_change} since the first period, {m.share_trend} a period",
        ),
        ("Parts of share", m.made_of, ""),
        ("Part in its growth", m.share_of_growth, ""),
        ("Low share goes with", m.cause, ""),
        ("Market", m.size, ""),
        ("Opportunity", m.addressable, f"{m.addressable_range}, an assumption"),
        ("Move", "; ".join(m.moves), ""),
        ("Cut", m.size_note, ""),
        ("Override", m.override, ""),
    ]
    level = f"{m.level} {m.rank}" if m.rank else m.level
    return {
        "name": m.name,
        "line": f"{m.region} · {m.group} · {level}",
        "tip": f"growth {m.growth}, share {m.share}, opportunity {m.addressable}",
        "facts": [fact for fact in facts if fact[1]],
        "sort": {
            "rank": m.rank, "name": m.name, "region": m.region, "group": m.group,
            "level": m.level, "cause": m.cause or None,
            **{k: None if math.isnan(v) else round(v, 6) for k, v in m.numbers.items()},
        },
    }  # fmt: skip
