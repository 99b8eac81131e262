"""Step 1, size: does the cut into markets fit how far reps travel, and what they sell?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from winlab.marketdata import KM, Survey, rough

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Sizing:
    """What step 1 found. Lengths are in km; absent markets could not be judged.

    ``radius`` is each market's, as of a circle of its area; ``reach`` that of the reps by region.
    ``narrow`` markets are smaller than the reach, ``small`` ones not worth the least part of a
    rep, whose worth in market size is ``least``. ``join`` says which markets could be one.
    """

    radius: Mapping[str, float]
    reach: Mapping[str, float]
    narrow: tuple[str, ...]
    small: tuple[str, ...]
    least: float | None
    join: tuple[tuple[str, ...], ...]
    said: tuple[str, ...]


def size_up(survey: Survey, reps: pandas.Series[float] | None) -> Sizing:
    """Judges the cut. ``reps`` are full-time reps by market, where they are known."""
    markets = survey.markets
    atlas = survey.atlas
    radius = {m: outline.radius for m, outline in atlas.outlines.items()} if atlas else {}
    reach = dict(survey.travel)
    narrow = tuple(
        str(market) for market, region in markets["region"].items()
        if str(market) in radius and region in reach and radius[str(market)] < reach[region]
    )  # fmt: skip
    least = _least(survey, reps)
    latest = survey.history.market.ffill(axis=1).iloc[:, -1]
    small = tuple(str(m) for m in latest.index[latest < least]) if least is not None else ()
    join = _joined(survey, latest, radius, small, least or 0.0) if atlas else ()
    found = Sizing(radius, reach, narrow, small, least, join, ())
    return Sizing(radius, reach, narrow, small, least, join, _said(survey, found))


def _least(survey: Survey, reps: pandas.Series[float] | None) -> float | None:
    """The market size that the whole company works with the least part of a rep."""
    latest = survey.history.market.ffill(axis=1).iloc[:, -1]
    if reps is None or not reps.sum() > 0:
        return None
    return float(survey.file.size.least_rep) * float(latest.sum()) / float(reps.sum())


def _joined(
    survey: Survey, latest: pandas.Series[float], radius: Mapping[str, float],
    small: Sequence[str], least: float,
) -> tuple[tuple[str, ...], ...]:  # fmt: skip
    """Small markets with the neighbours that make them large enough to sell into.

    The smallest market goes first and takes the smallest neighbour of its region that is in no
    other group, until the group is large enough, or would be wider than its reps travel.
    """
    assert survey.atlas is not None
    region = survey.markets["region"]
    size = {str(market): float(value) for market, value in latest.dropna().items()}
    area = {m: outline.area for m, outline in survey.atlas.outlines.items()}
    free = set(size) & set(radius)
    groups: list[tuple[str, ...]] = []
    for start in sorted(small, key=lambda m: (size[m], m)):
        if start not in free:
            continue
        group = [start]
        limit = survey.travel.get(str(region[start]), float("inf"))
        while sum(size[m] for m in group) < least:
            near = {n for m in group for n in survey.atlas.neighbours.get(m, ())}
            wide = sum(area[m] for m in group)
            fitting = [
                n for n in near & free - set(group)
                if region[n] == region[start] and math.sqrt((wide + area[n]) / math.pi) <= limit
            ]  # fmt: skip
            if not fitting:
                break
            group.append(min(fitting, key=lambda m: (size[m], m)))
        if len(group) > 1:
            groups.append(tuple(group))
            free -= set(group)
    return tuple(groups)


def _said(survey: Survey, found: Sizing) -> tuple[str, ...]:
    count = len(survey.markets)
    said: list[str] = []
    if not found.radius:
        said.append("The markets have no shapes, so their extent cannot be compared with travel.")
    elif not found.reach:
        said.append("It is not known how far reps travel, so the extent of markets is not judged.")
    else:
        unit = survey.file.travel.unit if survey.file.travel else "km"
        low, high = (f(found.reach.values()) / KM[unit] for f in (min, max))
        said.append(
            f"{len(found.narrow)} of {count} markets are narrower than the "
            f"{low:.0f} to {high:.0f} {unit} that reps of their region travel: each alone "
            "under-uses a rep."
        )
    if found.least is None:
        said.append("No rep is assigned to markets, so none can be called too small.")
    else:
        said.append(
            f"{len(found.small)} of {count} markets are too small to sell into alone: less than "
            f"{survey.currency} {rough(found.least)} a year, the worth of "
            f"{survey.file.size.least_rep} of a rep."
        )
        if found.join:
            names = survey.markets["name"]
            first = " with ".join(str(names[m]) for m in found.join[0])
            said.append(
                f"{sum(map(len, found.join))} of them and their neighbors could be "
                f"{len(found.join)} markets, {first} for example."
            )
    return tuple(said)
