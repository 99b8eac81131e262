"""What the map's page and sheets share: markets in words, classes, colours, outlines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from babel import Locale

from winlab.atlas import Atlas, Outline
from winlab.brand import Brand
from winlab.opportunity import Opportunity
from winlab.wording import money, number, percent

CLASSES = 5
NONE = "not known"
MEASURES = {"addressable": "Opportunity", "growth": "Growth", "share": "Our share"}


@dataclass(frozen=True)
class Shown:
    """One market in words. ``numbers`` are for sorting; NaN where not known."""

    id: str
    name: str
    region: str
    group: str
    level: str
    rank: int | None
    growth: str
    growth_range: str
    share: str
    share_change: str
    size: str
    addressable: str
    addressable_range: str
    cause: str
    lifted: str
    held_back: str
    size_note: str
    override: str
    moves: tuple[str, ...]
    numbers: Mapping[str, float]

    @property
    def spoken(self) -> str:
        """The market in one line, as a screen reader says it."""
        parts = [self.name, f"growth {self.growth}", f"share {self.share}",
                 f"opportunity {self.addressable}"]  # fmt: skip
        if self.level != "other":
            parts.append(self.level + (f" {self.rank}" if self.rank else ""))
        return ", ".join(parts)


@dataclass(frozen=True)
class Classes:
    """A measure cut into classes of about equal numbers of markets; ``of`` is -1 if not known."""

    measure: str
    label: str
    legend: tuple[str, ...]
    of: Mapping[str, int]


class Words:
    """Figures as the workspace writes them."""

    def __init__(self, locale: str, currency: str) -> None:
        self.locale = Locale.parse(locale)
        self.currency = currency

    def percent(self, value: float, decimals: int = 1) -> str:
        """A fraction as percent."""
        return NONE if math.isnan(value) else percent(_exact(value), self.locale, decimals)

    def points(self, value: float) -> str:
        """A difference of fractions in percent points, with its sign."""
        if math.isnan(value):
            return NONE
        shown = number(_exact(abs(value) * 100), self.locale, 1)
        return f"{'−' if value < 0 and shown.strip('0.,') else '+'}{shown} points"

    def money(self, value: float) -> str:
        """An amount in thousands, millions or billions."""
        if math.isnan(value):
            return NONE
        if abs(value) >= 1e9:
            return f"{money(_exact(value / 1e9), self.currency, self.locale, 1)} billion"
        if abs(value) >= 1e6:
            digits = 0 if abs(value) >= 1e8 else 1
            return f"{money(_exact(value / 1e6), self.currency, self.locale, digits)} million"
        if abs(value) >= 1e3:
            return f"{money(_exact(value / 1e3), self.currency, self.locale, 0)} thousand"
        return money(_exact(value), self.currency, self.locale, 0)

    def number(self, value: float, decimals: int = 0) -> str:
        """A plain number."""
        return NONE if math.isnan(value) else number(_exact(value), self.locale, decimals)


def _exact(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def shown_markets(found: Opportunity, words: Words) -> list[Shown]:
    """All markets in words, the ranked ones first, then by opportunity."""
    table = found.table
    moves = {move.resource.id: move for move in found.priority.moves}
    out: list[Shown] = []
    for market, row in zip(map(str, table.index), table.to_dict("records"), strict=True):
        rank = None if math.isnan(row["priority_rank"] or math.nan) else int(row["priority_rank"])
        changed = tuple(
            f"{m.resource.label} {words.number(m.before[market], m.resource.decimals)} → "
            f"{words.number(m.after[market], m.resource.decimals)}"
            for m in moves.values() if m.before[market] != m.after[market]
        )  # fmt: skip
        override = found.survey.overrides.get(market)
        out.append(
            Shown(
                market, str(row["name"]), str(row["region"]), str(row["peer_group"]) or "none",
                str(row["priority"]), rank,
                words.percent(row["growth"]),
                f"{words.percent(row['growth_low'])} to {words.percent(row['growth_high'])}",
                words.percent(row["share"]), words.points(row["share_change"]),
                words.money(row["size"]), words.money(row["addressable"]),
                f"{words.money(row['addressable_low'])} to {words.money(row['addressable_high'])}",
                str(row["main_cause"]), str(row["lifted_by"]), str(row["held_back_by"]),
                str(row["size_note"]),
                f"{override.because} ({override.by}, {override.date})" if override else "",
                changed,
                {k: float(row[k]) for k in ("growth", "share", "share_change", "addressable",
                                            "size")},
            )
        )  # fmt: skip
    return sorted(
        out,
        key=lambda m: (m.rank or 10**9, -_or_less(m.numbers["addressable"]), m.name),
    )


def _or_less(value: float) -> float:
    return -1.0 if math.isnan(value) else value


def classes(markets: Sequence[Shown], measure: str, words: Words) -> Classes:
    """Cuts a measure at its quintiles; equal values stay together."""
    values = {m.id: m.numbers[measure] for m in markets}
    known = sorted(v for v in values.values() if not math.isnan(v))
    write = words.money if measure == "addressable" else words.percent
    if not known:
        return Classes(measure, MEASURES[measure], (), dict.fromkeys(values, -1))
    cuts = sorted({known[len(known) * k // CLASSES] for k in range(1, CLASSES)} - {known[0]})
    edges = [known[0], *cuts, known[-1]]
    legend = tuple(f"{write(a)} to {write(b)}" for a, b in pairwise(edges))
    step = (CLASSES - 1) / max(len(cuts), 1)
    return Classes(
        measure, MEASURES[measure], legend,
        {m: -1 if math.isnan(v) else round(sum(v >= c for c in cuts) * step)
         for m, v in values.items()},
    )  # fmt: skip


def legend(cut: Classes) -> list[tuple[int, str]]:
    """Each class that is met, with its place on the ramp and its range."""
    step = (CLASSES - 1) / max(len(cut.legend) - 1, 1)
    return [(round(place * step), text) for place, text in enumerate(cut.legend)]


def ramp(brand: Brand) -> tuple[str, ...]:
    """The classes' colours: one hue, light to dark."""
    light, dark = brand.file.colours.panel, brand.file.colours.ours
    return tuple(_mixed(light, dark, 0.08 + 0.92 * k / (CLASSES - 1)) for k in range(CLASSES))


def _mixed(one: str, other: str, part: float) -> str:
    channels = (
        round(int(one[i : i + 2], 16) * (1 - part) + int(other[i : i + 2], 16) * part)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{c:02x}" for c in channels)


@dataclass(frozen=True)
class Frame:
    """Where an atlas is drawn: kilometres to units of the drawing."""

    width: float
    height: float
    scale: float
    left: float
    top: float

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        """A point of the atlas in the drawing."""
        return (point[0] - self.left) * self.scale, (point[1] - self.top) * self.scale

    def path(self, outline: Outline) -> str:
        """An outline as the path of an SVG."""
        parts: list[str] = []
        for ring in outline.rings:
            points = [self.at(point) for point in ring]
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
        return "".join(parts)


def frame(atlas: Atlas, markets: Iterable[str], width: float, height: float) -> Frame:
    """The largest frame in a box in which all these markets are seen."""
    left, top, wide, high = atlas.box(markets)
    scale = min((width - 4) / wide, (height - 4) / high)
    return Frame(
        wide * scale + 4, high * scale + 4, scale, left - 2 / scale, top - 2 / scale
    )  # fmt: skip


def driver_rows(found: Opportunity) -> list[tuple[str, str, str]]:
    """Each driver with its rank correlation, its interval, and whether it is more than chance."""
    labels = {driver.id: driver.label for driver in found.survey.file.drivers}
    return [
        (labels.get(s.driver, s.driver), str(s.correlation), "yes" if s.steady else "no")
        for s in found.growth.strengths
    ]


def lever_rows(found: Opportunity, words: Words) -> list[tuple[str, str, str, str, str]]:
    """Each lever: its part in the differences of share, its effect, how easy it is, for sure?"""
    known = {lever.id: lever for lever in found.survey.file.levers}
    return [
        (
            known[w.lever].label, words.percent(w.accounts_for, 0), words.points(w.effect),
            known[w.lever].ease, "yes" if w.real else "no",
        )
        for w in found.causes.weights
    ]  # fmt: skip


def line_rows(found: Opportunity, words: Words) -> list[tuple[str, str, str, str]]:
    """Each line of business: share at first and last, margin, and change."""
    out: list[tuple[str, str, str, str]] = []
    for name, line in {"all": found.shares.whole, **found.shares.lines}.items():
        history = found.survey.lines.get(name, found.survey.history)
        last = history.periods[-1]
        own = history.own[last]
        margin = math.nan
        if history.margin is not None and own.sum():
            margin = float(history.margin[last].sum() / own.sum())
        out.append((name, words.percent(line.total), words.points(line.total - line.total_before),
                    words.percent(margin)))  # fmt: skip
    return out
