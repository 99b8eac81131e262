"""Step 5, priority: hot spots, what they could bring, and who gives so that they can have more.

An uplift is an assumption with a range, never a promise. Totals of reps and money stay as they
are; what somebody on the spot knows better overrides the figures, and is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from winlab.inputs import LocalOverride, Resource, ScoreFile
from winlab.marketdata import rough

if TYPE_CHECKING:
    import pandas

TOP = Fraction(1, 5)
"""The part of high-growth, low-share markets that is worth the first effort."""
BETTER_QUARTER = 0.75


@dataclass(frozen=True)
class Move:
    """A resource before and after, by market; ``moved`` is what changes hands."""

    resource: Resource
    before: pandas.Series[float]
    after: pandas.Series[float]
    moved: float


@dataclass(frozen=True)
class Priority:
    """What step 5 found. Money is in the workspace's currency, a year, at the horizon.

    ``level`` is "hot spot", "candidate" (high growth and low share) or "other". ``potential`` is
    the market's forecast size; ``low``, ``base`` and ``high`` what more share would bring there.
    ``assumption`` says what hot spots could bring, and on what that rests; empty if there is none.
    """

    growth_from: float
    share_below: float
    reachable: float
    level: pandas.Series[str]
    potential: pandas.Series[float]
    low: pandas.Series[float]
    base: pandas.Series[float]
    high: pandas.Series[float]
    rank: Mapping[str, int]
    moves: tuple[Move, ...]
    assumption: str = ""
    said: tuple[str, ...] = ()


def prioritise(
    file: ScoreFile,
    size: pandas.Series[float],
    growth: pandas.Series[float],
    share: pandas.Series[float],
    total_share: float,
    resources: pandas.DataFrame,
    overrides: Mapping[str, LocalOverride],
    currency: str,
) -> Priority:
    """Ranks markets and moves resources. ``growth`` has the overrides in it already."""
    import pandas as pd

    potential = size * (1 + growth) ** file.horizon
    known = growth.notna() & size.notna()
    least_growth = file.hot_spots.growth
    growth_from = (
        float(least_growth) if least_growth is not None
        else float((growth * size)[known].sum() / size[known].sum()) if known.any() else math.inf
    )  # fmt: skip
    most_share = file.hot_spots.share
    share_below = float(most_share) if most_share is not None else total_share
    reachable = float(share.quantile(BETTER_QUARTER))
    gap = potential * (reachable - share).clip(lower=0)
    closes = file.uplift.closes
    base = gap * float(closes.base)
    candidate = (growth >= growth_from) & (share < share_below)
    ranked = _ranked(base, candidate, overrides)
    hot = ranked[: math.ceil(len(ranked) * TOP)]
    forced = [m for m, o in overrides.items() if o.priority == "in" and m not in hot]
    hot += sorted(forced)
    level = pd.Series("other", index=size.index, dtype=object)
    level[candidate] = "candidate"
    for market, override in overrides.items():
        if override.priority == "out":
            level[market] = "other"
    level[hot] = "hot spot"
    giving = [
        str(m) for m in size.index
        if growth[m] < growth_from and level[m] == "other" and m not in overrides
    ]  # fmt: skip
    moves = tuple(
        _move(resource, resources[resource.id], size, base, hot, giving, overrides)
        for resource in file.resources
        if resource.id in resources.columns
    )
    found = Priority(
        growth_from, share_below, reachable, level, potential, gap * float(closes.low), base,
        gap * float(closes.high), {m: place for place, m in enumerate(hot, 1)}, moves,
    )  # fmt: skip
    return _with_words(found, file, int(candidate.sum()), len(forced), overrides, currency)


def _ranked(
    base: pandas.Series[float], candidate: pandas.Series[bool],
    overrides: Mapping[str, LocalOverride],
) -> list[str]:  # fmt: skip
    """Candidates by addressable opportunity, without those that somebody took out."""
    out = {market for market, o in overrides.items() if o.priority == "out"}
    found = [str(m) for m in base.index[candidate & base.notna()] if m not in out]
    return sorted(found, key=lambda m: (-float(base[m]), m))


def _move(
    resource: Resource, before: pandas.Series[float], size: pandas.Series[float],
    base: pandas.Series[float], hot: Sequence[str], giving: Sequence[str],
    overrides: Mapping[str, LocalOverride],
) -> Move:  # fmt: skip
    """Moves whole units from slow markets to hot spots, within the limits of each.

    A market may give ``max_cut`` of what it has. A hot spot may get ``max_raise`` of what it has,
    or of what its size would bring it if that is more.
    """
    held = before.fillna(0.0)
    per_size = float(held.sum()) / float(size.sum()) if size.sum() else 0.0
    keeps = {m for m, o in overrides.items() if resource.id in o.keep}
    units: int = 10**resource.decimals

    def whole(amount: float) -> int:
        return math.floor(float(amount) * units + 1e-9)

    gives = {m: whole(float(held[m]) * float(resource.max_cut)) for m in giving if m not in keeps}
    takes = {
        m: whole(max(float(held[m]), per_size * _or_zero(size[m])) * float(resource.max_raise))
        for m in hot if m not in keeps
    }  # fmt: skip
    moved = min(sum(gives.values()), sum(takes.values()))
    cut = apportion(moved, gives, gives)
    got = apportion(moved, {m: _or_zero(base[m]) for m in takes}, takes)
    after = held.copy()
    for market, amount in cut.items():
        after[market] -= amount / units
    for market, amount in got.items():
        after[market] += amount / units
    return Move(resource, held, after.round(resource.decimals + 6), moved / units)


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def apportion(total: int, weights: Mapping[str, float], caps: Mapping[str, int]) -> dict[str, int]:
    """Whole parts of a total by weight, none above its cap; largest remainders get the rest.

    ``total`` is at most the sum of the caps.
    """
    given = dict.fromkeys(weights, 0)
    while (left := total - sum(given.values())) > 0:
        open_ = [m for m in weights if given[m] < caps[m]]
        sum_of = sum(weights[m] for m in open_)
        shares = {m: left * (weights[m] / sum_of if sum_of else 1 / len(open_)) for m in open_}
        over = [m for m in open_ if given[m] + shares[m] >= caps[m]]
        for market in over:
            given[market] = caps[market]
        if over:
            if sum(given.values()) > total:  # all caps are met at once only by rounding
                given[over[-1]] -= sum(given.values()) - total
            continue
        for market in open_:
            given[market] += math.floor(shares[market])
        rest = total - sum(given.values())
        order = sorted(open_, key=lambda m: (-(shares[m] % 1), m))
        for market in order[:rest]:
            given[market] += 1
    return given


def _with_words(
    found: Priority, file: ScoreFile, candidates: int, forced: int,
    overrides: Mapping[str, LocalOverride], currency: str,
) -> Priority:  # fmt: skip
    hot = list(found.rank)
    closes = file.uplift.closes
    low, base, high = (float(s[hot].sum()) for s in (found.low, found.base, found.high))
    said = [
        f"{candidates} markets grow by {found.growth_from:.1%} a year or more and have "
        f"a share below {found.share_below:.1%}; {len(hot) - forced} of them are hot spots"
        + (f", and {forced} more by local override." if forced else ".")
    ]  # fmt: skip
    if found.base.isna().all():
        said = ["Growth or share is not known, so no market can be called a hot spot by figures."]
    assumption = ""
    if hot:
        assumption = (
            f"If {closes.base:.0%} ({closes.low:.0%} to {closes.high:.0%}) of the gap to the "
            f"better quarter's share of {found.reachable:.1%} closes in {file.horizon} years, hot "
            f"spots bring {currency} {rough(base)} ({rough(low)} to {rough(high)}) more a year "
            f"then. This is an assumption: {file.uplift.because}"
        )
        said.append(assumption)
    for move in found.moves:
        gave = int((move.after < move.before).sum())
        got = int((move.after > move.before).sum())
        unit = f" {move.resource.unit}" if move.resource.unit else ""
        said.append(
            f"{move.resource.label}: {move.moved:,.{move.resource.decimals}f}{unit} could move "
            f"from {gave} slow markets to {got} hot spots; the total stays "
            f"{move.after.sum():,.{move.resource.decimals}f}."
        )
    if overrides:
        said.append(f"Local overrides, each kept with its reason: {len(overrides)}.")
    return replace(found, assumption=assumption, said=tuple(said))
