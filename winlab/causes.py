"""Step 4, causes: which levers account for differences of share, in all and in each market.

A ridge regression of share on standardised levers. Its parts add up by construction: the average
share, what each lever adds, and what the levers do not explain make the market's share. What goes
with a low share need not cause it, so a lever is named only where it is clearly more than chance,
and as the main cause only where it clearly leads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

from winlab.inputs import LeverColumn

if TYPE_CHECKING:
    import numpy
    import pandas
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[numpy.float64]

MIN_MARKETS = 30
CHANCE = 0.05
"""How likely one lever without effect may be blamed (Holm)."""
MAIN_PART = 0.3
"""The part of the gap to the average share that a main cause accounts for, at least."""
LEAD = 1.25
"""By which factor it leads the next one."""


@dataclass(frozen=True)
class Weight:
    """One lever over all markets.

    ``accounts_for`` is its part of the variance of share (averaged over orders, Lindeman, Merenda
    and Gold); ``effect`` what one standard deviation adds to share, as a fraction; ``real`` whether
    it is clearly more than chance.
    """

    lever: str
    accounts_for: float
    effect: float
    real: bool


@dataclass(frozen=True)
class Causes:
    """What step 4 found. For each market, ``average`` and the row of ``parts`` and ``unexplained``
    sum to its share. ``main`` names a lever, or is empty where the cause is not clear."""

    weights: tuple[Weight, ...]
    average: float
    parts: pandas.DataFrame
    unexplained: pandas.Series[float]
    explained: float
    main: Mapping[str, str]
    high: Mapping[str, bool]
    said: tuple[str, ...]


def find_causes(
    share: pandas.Series[float], levers: pandas.DataFrame, known: Sequence[LeverColumn]
) -> Causes:
    """Splits each market's share by levers. ``main`` is judged for markets below the average."""
    import numpy as np
    import pandas as pd

    names = list(levers.columns)
    usable = share.notna().to_numpy()
    nothing = levers.iloc[:, :0]
    if not names or usable.sum() < MIN_MARKETS:
        what = (
            "No levers are given" if not known
            else "No lever is known well enough" if not names
            else f"Share is known of {usable.sum()} markets and {MIN_MARKETS} are needed"
        )  # fmt: skip
        return Causes((), float(share.mean()), nothing, share * np.nan, 0.0, {}, {},
                      (f"{what}, so causes are not looked for.",))  # fmt: skip
    scores = _standard(levers, usable)
    target: Floats = share.to_numpy(float).astype(np.float64)
    inside, goal = scores[usable], target[usable]
    slopes = _ridge(inside, goal)
    chance = _holm(_robust_chance(inside, goal))
    average = float(goal.mean())
    real = np.array(chance) < CHANCE
    parts = pd.DataFrame(scores * np.where(real, slopes, 0.0), index=share.index, columns=names)
    unexplained = share - average - parts.sum(axis=1)
    variance = _lmg(inside, goal)
    weights = sorted(
        (
            Weight(name, variance[i], float(slopes[i]), bool(real[i]))
            for i, name in enumerate(names)
        ),
        key=lambda w: (not w.real, -w.accounts_for, w.lever),
    )
    low = share.index[usable & (target < average)]
    main = {str(m): _main(parts.loc[m], float(share[m]) - average) for m in low}
    row = {str(market): place for place, market in enumerate(share.index)}
    high = {
        market: bool(scores[row[market], names.index(lever)] > 0)
        for market, lever in main.items() if lever
    }  # fmt: skip
    explained = sum(variance)
    return Causes(
        tuple(weights), average, parts, unexplained, explained, main, high,
        _said(weights, main, explained, known),
    )  # fmt: skip


def _standard(levers: pandas.DataFrame, usable: NDArray[numpy.bool_]) -> Floats:
    """Levers with mean 0 and deviation 1 over the usable markets; wild values are held in."""
    import numpy as np

    values = levers.to_numpy(float)
    low, high = np.nanquantile(values[usable], [0.01, 0.99], axis=0)
    held = np.clip(values, low, high)
    held = np.where(np.isfinite(held), held, np.nanmean(held[usable], axis=0))
    spread = held[usable].std(axis=0)
    out: Floats = (held - held[usable].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return out


def _ridge(scores: Floats, goal: Floats) -> Floats:
    import numpy as np
    from sklearn.linear_model import RidgeCV

    found = RidgeCV(np.logspace(-2, 3, 26)).fit(scores, goal)
    return np.asarray(found.coef_, float)


def _robust_chance(scores: Floats, goal: Floats) -> list[float]:
    """How likely each slope is zero, with errors that need not be alike (HC3)."""
    import numpy as np

    design = np.column_stack([np.ones(len(goal)), scores])
    inverse = np.linalg.pinv(design.T @ design)
    slopes = inverse @ design.T @ goal
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    errors = (goal - design @ slopes) / np.clip(1 - leverage, 1e-9, None)
    middle = (design * errors[:, None] ** 2).T @ design
    variance = np.diag(inverse @ middle @ inverse)
    t = np.abs(slopes) / np.sqrt(np.clip(variance, 1e-300, None))
    return [2 * (1 - NormalDist().cdf(float(value))) for value in t[1:]]


def _holm(chances: Sequence[float]) -> list[float]:
    """Each chance, adjusted for the number of levers that were tried."""
    out = [1.0] * len(chances)
    worst = 0.0
    order = sorted(range(len(chances)), key=chances.__getitem__)
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, chances[index] * (len(chances) - rank)))
        out[index] = worst
    return out


def _lmg(scores: Floats, goal: Floats) -> list[float]:
    """Each lever's part of the explained variance, averaged over all orders of entry."""
    import numpy as np

    count = scores.shape[1]
    correlations = np.corrcoef(np.column_stack([scores, goal]), rowvar=False)
    together = np.atleast_2d(np.nan_to_num(correlations))

    def explained(levers: tuple[int, ...]) -> float:
        if not levers:
            return 0.0
        inner = together[np.ix_(levers, levers)]
        outer = together[list(levers), count]
        return float(outer @ np.linalg.pinv(inner) @ outer)

    subsets = [c for k in range(count + 1) for c in itertools.combinations(range(count), k)]
    worth = {frozenset(levers): explained(levers) for levers in subsets}
    out: list[float] = []
    for lever in range(count):
        total = 0.0
        for without, value in worth.items():
            if lever not in without:
                orders = math.factorial(len(without)) * math.factorial(count - len(without) - 1)
                total += orders * (worth[without | {lever}] - value)
        out.append(total / math.factorial(count))
    return out


def _main(parts: pandas.Series[float], gap: float) -> str:
    """The lever that accounts for a low share, or '' where none clearly does."""
    ranked = parts.sort_values()
    first = float(ranked.iloc[0])
    second = float(ranked.iloc[1]) if len(ranked) > 1 else 0.0
    clear = first < 0 and -first >= MAIN_PART * -gap and -first >= LEAD * max(-second, 0.0)
    return str(ranked.index[0]) if clear else ""


def _said(
    weights: Sequence[Weight], main: Mapping[str, str], explained: float,
    known: Sequence[LeverColumn],
) -> tuple[str, ...]:  # fmt: skip
    labels = {lever.id: lever.label for lever in known}
    ease = {lever.id: lever.ease for lever in known}
    real = [w for w in weights if w.real]
    if not real:
        return ("No lever goes with share more than by chance, so no cause is named.",)
    listed = ", ".join(
        f"{labels.get(w.lever, w.lever)} {w.accounts_for:.0%} ({ease[w.lever]} to address)"
        for w in real
    )
    clear = [lever for lever in main.values() if lever]
    easy = sum(ease[lever] == "easy" for lever in clear)
    return (
        f"Levers account for {explained:.0%} of the differences of share: {listed}.",
        f"Of {len(main)} markets with a share below the average, {len(clear)} have a main cause, "
        f"{easy} of them easy to address; in {len(main) - len(clear)} it is not clear.",
        "What goes with a low share need not cause it: ask the rep before you act.",
    )
