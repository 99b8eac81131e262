"""What the map's page and sheets share: markets in words, classes, colours, outlines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, pairwise

from babel import Locale

from winlab.atlas import Atlas, Outline
from winlab.brand import Brand
from winlab.inputs import Resource
from winlab.opportunity import Opportunity
from winlab.wording import money, number, percent

CLASSES = 5
NONE = "not known"
MEASURES = {"addressable": "Opportunity", "growth": "Growth", "share": "Our share"}

SKEWED = 30.0
"""From how many times the median on the largest amount makes its classes powers of ten."""
_SIZES = ((1e9, " billion", 1), (1e6, " million", 1), (1e3, " thousand", 0))


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
    share_trend: str
    share_of_growth: str
    made_of: str
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
    """A measure cut into classes; ``of`` is -1 if not known.

    They have about equal numbers of markets; where a few amounts are far above all others, each
    reaches ten times as far as the one before, so that the few stand out.
    """

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
        shown = NONE if math.isnan(value) else percent(_exact(value), self.locale, decimals)
        return shown.replace("-", "−")

    def points(self, value: float) -> str:
        """A difference of fractions in percent points, with its sign."""
        if math.isnan(value):
            return NONE
        shown = number(_exact(abs(value) * 100), self.locale, 1)
        return f"{'−' if value < 0 and shown.strip('0.,') else '+'}{shown} points"

    def money(self, value: float, decimals: int = 1) -> str:
        """An amount in thousands, millions or billions; ``decimals`` are of millions and more."""
        if math.isnan(value):
            return NONE
        for size, word, most in _SIZES:
            places = 0 if abs(value) >= 99.95 * size else min(most, decimals)
            if abs(value) >= size * (1 - 0.5 * 10.0 ** -(3 + places)):
                return money(_exact(value / size), self.currency, self.locale, places) + word
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
        rank = None if math.isnan(row["priority_rank"]) else int(row["priority_rank"])
        changed = tuple(
            moved(m.resource, float(m.before[market]), float(m.after[market]), words)
            for m in moves.values() if m.before[market] != m.after[market]
        )  # fmt: skip
        override = found.survey.overrides.get(market)
        out.append(
            Shown(
                market, str(row["name"]), str(row["region"]), str(row["peer_group"]) or "none",
                str(row["priority"]), rank,
                words.percent(row["growth"]),
                "" if math.isnan(row["growth_low"]) else
                f"{words.percent(row['growth_low'])} to {words.percent(row['growth_high'])}",
                words.percent(row["share"]), words.points(row["share_change"]),
                words.points(row["share_trend"]),
                "" if math.isnan(row["share_of_growth"]) else words.percent(row["share_of_growth"]),
                _made_of(found, market, words),
                words.money(row["size"]), words.money(row["addressable"]),
                f"{words.money(row['addressable_low'])} to {words.money(row['addressable_high'])}",
                str(row["main_cause"]), _minus(row["lifted_by"]), _minus(row["held_back_by"]),
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


def moved(resource: Resource, before: float, after: float, words: Words) -> str:
    """What a resource is and would be, in words."""
    unit = f" {resource.unit}" if resource.unit else ""
    return (
        f"{resource.label} {words.number(before, resource.decimals)} → "
        f"{words.number(after, resource.decimals)}{unit}"
    )


def _made_of(found: Opportunity, market: str, words: Words) -> str:
    """What makes a market's share: the average, what each lever adds, and the rest."""
    causes = found.causes
    if not causes.weights or math.isnan(causes.unexplained[market]):
        return ""
    labels = {lever.id: lever.label for lever in found.survey.file.levers}
    parts = [
        f"{labels[w.lever]} {words.points(causes.parts[w.lever][market])}"
        for w in causes.weights if w.real
    ]  # fmt: skip
    rest = words.points(float(causes.unexplained[market]))
    return "; ".join([f"average {words.percent(causes.average)}", *parts, f"not explained {rest}"])


def _minus(words: object) -> str:
    return str(words).replace("(-", "(−")


def _or_less(value: float) -> float:
    return -1.0 if math.isnan(value) else value


def classes(markets: Sequence[Shown], measure: str, words: Words) -> Classes:
    """Cuts a measure at its quintiles, or a skewed amount at powers of ten."""
    values = {m.id: m.numbers[measure] for m in markets}
    known = sorted(v for v in values.values() if not math.isnan(v))
    if not known:
        return Classes(measure, MEASURES[measure], (), dict.fromkeys(values, -1))
    amounts = measure == "addressable"
    if amounts and known[-1] > SKEWED * known[len(known) // 2] and known[-1] >= 1:
        cuts, legend = _powers(known[-1], words)
    else:
        cuts = sorted({known[len(known) * k // CLASSES] for k in range(1, CLASSES)} - {known[0]})
        write = words.money if amounts else words.percent
        edges = [known[0], *cuts, known[-1]]
        legend = [f"{write(a)} to {write(b)}" for a, b in pairwise(edges)]
    step = (CLASSES - 1) / max(len(cuts), 1)
    return Classes(
        measure, MEASURES[measure], tuple(legend),
        {m: -1 if math.isnan(v) else round(sum(v >= c for c in cuts) * step)
         for m, v in values.items()},
    )  # fmt: skip


def _powers(largest: float, words: Words) -> tuple[list[float], list[str]]:
    """Where classes are cut below the largest amount, and what they are called."""
    top = math.floor(math.log10(largest))
    cuts = [10.0**power for power in range(top - CLASSES + 2, top + 1)]
    written = [words.money(cut, 0) for cut in cuts]
    between = [f"{a} to {b}" for a, b in pairwise(written)]
    return cuts, [f"below {written[0]}", *between, f"{written[-1]} or more"]


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


def apart(points: Sequence[tuple[float, float]], least: float) -> list[tuple[float, float]]:
    """Points pushed away from each other until none is nearer than ``least`` to another."""
    placed = list(points)
    for _ in range(100):
        moved = False
        for i, j in combinations(range(len(placed)), 2):
            (ax, ay), (bx, by) = placed[i], placed[j]
            far = math.hypot(bx - ax, by - ay)
            if far >= least:
                continue
            dx, dy = ((bx - ax) / far, (by - ay) / far) if far else (1.0, 0.0)
            push = (least - far) / 2 + 0.01
            placed[i] = ax - dx * push, ay - dy * push
            placed[j] = bx + dx * push, by + dy * push
            moved = True
        if not moved:
            break
    return placed


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


@dataclass(frozen=True)
class Behind:
    """A table of what stands behind the map; its first column names the rows."""

    title: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_behind(found: Opportunity, words: Words, markets: Sequence[Shown]) -> tuple[Behind, ...]:
    """What stands behind the map; a table with nothing to tell has no rows."""
    names = found.survey.markets["name"]
    regions = found.survey.markets["region"]
    return (
        Behind(
            "Local overrides", "What somebody on the spot set against the figures, and why",
            ("Market", "What", "Why", "By", "On"), tuple(_overrides(found)),
        ),
        Behind(
            "Proposed moves", "Reps and marketing at constant totals, within the manager's limits; "
            "markets that receive",
            ("Market", "Priority", "Moves"),
            tuple((m.name, f"{m.level} {m.rank}", "; ".join(m.moves))
                  for m in markets if m.moves and m.rank),
        ),
        Behind(
            "Growth drivers", "Rank correlation with yearly growth, 95 % interval",
            ("Driver", "Correlation", "More than chance"), tuple(driver_rows(found)),
        ),
        Behind(
            "Levers of share", "Part of the differences of share that each lever accounts for; "
            "effect of one standard deviation",
            ("Lever", "Accounts for", "Effect", "To address", "More than chance"),
            tuple(lever_rows(found, words)),
        ),
        Behind(
            "Lines of business", "Share, its change since the first period, and margin",
            ("Line", "Share", "Change", "Margin"), tuple(line_rows(found, words)),
        ),
        Behind(
            "Markets that could be one", "Too small to sell into alone, with neighbors of their "
            "region",
            ("Together", "Region"),
            tuple((", ".join(str(names[m]) for m in group), str(regions[group[0]]))
                  for group in found.sizing.join),
        ),
    )  # fmt: skip


def _overrides(found: Opportunity) -> Iterator[tuple[str, ...]]:
    labels = {resource.id: resource.label.lower() for resource in found.survey.file.resources}
    for market, o in found.survey.overrides.items():
        what = [
            {"in": "is a hot spot", "out": "is no hot spot"}[o.priority] if o.priority else "",
            f"growth {o.growth * 100:g} % a year" if o.growth is not None else "",
            f"keeps its {' and '.join(labels[one] for one in o.keep)}" if o.keep else "",
        ]
        name = str(found.survey.markets["name"][market])
        yield name, "; ".join(filter(None, what)), o.because, o.by, o.date.isoformat()
