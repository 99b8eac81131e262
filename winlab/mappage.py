"""The opportunity map as one HTML page that needs nothing else: no network, no other file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from winlab.brand import Brand
from winlab.mapping import (
    MEASURES,
    Classes,
    Shown,
    Words,
    classes,
    driver_rows,
    frame,
    legend,
    lever_rows,
    line_rows,
    ramp,
    shown_markets,
)
from winlab.opportunity import Opportunity
from winlab.scored import observed_at

WIDTH, HEIGHT = 820.0, 780.0
COLUMNS = (
    ("rank", "No.", True), ("name", "Market", False), ("region", "Region", False),
    ("group", "Peer group", False), ("level", "Priority", False), ("growth", "Growth a year", True),
    ("share", "Our share", True), ("share_change", "Change", True), ("size", "Market", True),
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
        lead=found.priority.said[1],
        warning=caution(found),
        area_markets=markets,
        regions=sorted({m.region for m in markets}),
        groups=sorted({m.group for m in markets}),
        drawing=_drawing(found, markets, cut),
        classes=cut,
        columns=COLUMNS,
        horizon=found.survey.file.horizon,
        steps=[(name, said) for name, said in found.steps.items()],
        backtests=found.growth.backtests,
        tables=list(_tables(found, words, markets)),
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
    return _Drawing(box.width, box.height, tuple(shapes))


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
        ("Growth", f"{m.growth} a year", f"likely {m.growth_range}"),
        ("Lifted by", m.lifted, ""),
        ("Held back by", m.held_back, ""),
        ("Our share", m.share, f"{m.share_change} since the first period"),
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


def _tables(
    found: Opportunity, words: Words, markets: Sequence[Shown]
) -> Iterator[tuple[str, str, Sequence[str], Sequence[Sequence[str]]]]:
    yield (
        "Local overrides", "What somebody on the spot set against the figures, and why",
        ("Market", "What", "Why", "By", "On"), list(_overrides(found)),
    )  # fmt: skip
    yield (
        "Proposed moves", "Reps and marketing at constant totals, within the manager's limits; "
        "markets that receive",
        ("Market", "Priority", "Moves"),
        [(m.name, f"{m.level} {m.rank or ''}", "; ".join(m.moves))
         for m in markets if m.moves and m.rank],
    )  # fmt: skip
    yield (
        "Growth drivers", "Rank correlation with yearly growth, 95 % interval",
        ("Driver", "Correlation", "More than chance"), driver_rows(found),
    )  # fmt: skip
    yield (
        "Levers of share", "Part of the differences of share that each lever accounts for; effect "
        "of one standard deviation",
        ("Lever", "Accounts for", "Effect", "To address", "More than chance"),
        lever_rows(found, words),
    )  # fmt: skip
    yield (
        "Lines of business", "Share, its change since the first period, and margin",
        ("Line", "Share", "Change", "Margin"), line_rows(found, words),
    )  # fmt: skip
    names = found.survey.markets["name"]
    yield (
        "Markets that could be one", "Too small to sell into alone, with neighbors of their region",
        ("Together", "Region"),
        [(", ".join(str(names[m]) for m in group), str(found.survey.markets["region"][group[0]]))
         for group in found.sizing.join],
    )  # fmt: skip


def _overrides(found: Opportunity) -> Iterator[tuple[str, str, str, str, str]]:
    for market, o in found.survey.overrides.items():
        what = [
            f"priority: {o.priority}" if o.priority else "",
            f"growth: {o.growth}" if o.growth is not None else "",
            f"kept: {', '.join(o.keep)}" if o.keep else "",
        ]
        name = str(found.survey.markets["name"][market])
        yield name, "; ".join(filter(None, what)), o.because, o.by, o.date.isoformat()
