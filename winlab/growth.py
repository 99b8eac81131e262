"""Step 2, growth: what drives it, what to expect of each market, and how far to trust that.

Drivers are compared by rank (normal scores), so that wild rates of tiny markets and skewed
columns weigh no more than others. An elastic net finds what they say together; what a market's
own past adds is weighed by how steady the past was. Each earlier year takes its turn as the future
that nobody knew: the forecast for it is made from what came before, and all are reported. Nothing
is random: folds are fixed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy
    import pandas
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[numpy.float64]

FOLDS = 10
SEED = 20120701
LEVEL = 0.95
"""Of the intervals around correlations."""
COVERAGE = 0.8
"""Of the intervals around forecasts."""
MIN_MARKETS = 30
FALSE_FINDINGS = 0.05
"""Share of the named drivers that may be named by chance (Benjamini and Hochberg)."""
ASSUMED_STEADY = 0.3
"""The part of the differences in growth that is taken to last, where one period cannot tell.

Places that grow fast in one period mostly do not in the next: between countries' decades the
correlation is 0.1 to 0.3 (Easterly, Kremer, Pritchett and Summers 1993).
"""
WORTH_SAYING = 0.02
"""By how much one rank correlation is below another before a verdict speaks of it."""

BLIND = (
    "How blind that was: a forecast knew market sizes up to its year, and the drivers as the "
    "tables give them (one measured later flatters it). winlab's fixed settings were chosen with "
    "made-up markets and its sample map of Texas in view; on all other data the trial is blind."
)


@dataclass(frozen=True)
class Correlation:
    """A rank correlation with its interval; ``n`` is the number of markets."""

    value: float
    low: float
    high: float
    n: int

    @property
    def better_than_chance(self) -> bool:
        """Whether the whole interval lies above zero."""
        return self.low > 0

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})".replace("-", "−")


@dataclass(frozen=True)
class Strength:
    """How a driver goes with growth. ``steady``: it is hardly there by chance."""

    driver: str
    correlation: Correlation
    steady: bool


@dataclass(frozen=True)
class Backtest:
    """The forecast made as of an earlier year, against the growth that came after.

    ``drivers`` knew the drivers alone, ``persistence`` repeats past growth, ``forecast`` uses
    both. ``gain`` is forecast less persistence, with its interval.
    """

    until: str
    later: str
    drivers: Correlation
    persistence: Correlation
    forecast: Correlation
    gain: tuple[float, float, float]

    @property
    def trusted(self) -> bool:
        """Whether the drivers earned trust: better than chance, and than past growth."""
        return (
            self.forecast.better_than_chance
            and self.drivers.better_than_chance
            and self.drivers.value > self.persistence.value
        )

    @property
    def lost(self) -> bool:
        """Whether the forecast is worse than drivers or past growth are alone."""
        best = max(self.drivers.value, self.persistence.value)
        return best - self.forecast.value > WORTH_SAYING

    @property
    def earned(self) -> bool:
        """Whether the forecast needs no warning."""
        return self.trusted and not self.lost

    @property
    def verdict(self) -> str:
        """What the backtest says, in sentences."""
        if not self.forecast.better_than_chance:
            return (
                "The forecast did no better than chance on growth that it had not seen: do not "
                "steer by it."
            )
        if not self.drivers.better_than_chance:
            return (
                "The drivers did no better than chance on growth that they had not seen: what the "
                "forecast knows, it knows from past growth."
            )
        alone, past, both = (
            f"{found.value:.2f}" for found in (self.drivers, self.persistence, self.forecast)
        )
        said = "The drivers predict better than past growth does."
        if not self.trusted:
            said = (
                "The drivers alone predict no better than past growth does (rank correlation "
                f"{alone} against {past}); the forecast uses both and comes to {both}."
            )
        if not self.lost:
            return said
        best = self.drivers.value > self.persistence.value
        better = f"drivers alone {alone}" if best else f"past growth {past}"
        return f"{said} Using both did not help: {better}, both together {both}."


@dataclass(frozen=True)
class Growth:
    """What step 2 found. ``forecast`` is yearly, with ``low`` and ``high``; NaN where unknown.

    ``contributions`` say what each driver adds to a market's forecast; they, ``own_past`` and
    ``base``, which all markets share but for rounding, sum to the forecast's logarithm.
    ``backtests`` are by year, the latest last.
    """

    forecast: pandas.Series[float]
    low: pandas.Series[float]
    high: pandas.Series[float]
    contributions: pandas.DataFrame
    own_past: pandas.Series[float]
    base: pandas.Series[float]
    strengths: tuple[Strength, ...]
    backtests: tuple[Backtest, ...]
    named: tuple[str, ...]
    trust: tuple[str, ...]

    @property
    def said(self) -> tuple[str, ...]:
        """What the step found, and how far to trust it."""
        return self.named + self.trust

    @property
    def backtest(self) -> Backtest | None:
        """The latest one, from which most was known; ``None`` where the history is too short."""
        return self.backtests[-1] if self.backtests else None


def rank_correlation(one: Floats, other: Floats) -> Correlation:
    """Spearman's rank correlation over the pairs that are complete, with its interval.

    Fisher's transform with the variance of Bonett and Wright.
    """
    import numpy as np

    both = np.isfinite(one) & np.isfinite(other)
    n = int(both.sum())
    if n < 4:
        return Correlation(0.0, -1.0, 1.0, n)
    a, b = _ranks(one[both]), _ranks(other[both])
    spread = float(a.std() * b.std())
    if spread == 0:
        return Correlation(0.0, -1.0, 1.0, n)
    rho = float(((a - a.mean()) * (b - b.mean())).mean()) / spread
    inside = max(min(rho, 0.999999), -0.999999)
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * math.sqrt((1 + inside**2 / 2) / (n - 3))
    middle = math.atanh(inside)
    return Correlation(rho, math.tanh(middle - half), math.tanh(middle + half), n)


def _ranks(values: Floats) -> Floats:
    import numpy as np

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle: Floats = ends - (counts - 1) / 2
    return middle[place]


def forecast_growth(
    years: pandas.DataFrame, drivers: pandas.DataFrame, labels: Mapping[str, str]
) -> Growth:
    """Forecasts the yearly growth of each market from its sizes by year and its drivers.

    ``labels`` are the drivers' names in words.
    """
    import numpy as np
    import pandas as pd

    growth = _yearly(years)
    columns = growth.columns
    scores = _scores(drivers)
    index = drivers.index
    nothing = pd.Series(np.nan, index=index)
    known = growth.notna().any(axis=1).to_numpy()
    if len(columns) == 0 or known.sum() < MIN_MARKETS:
        said = (f"Growth is known of {known.sum()} markets; a forecast needs {MIN_MARKETS}.",)
        parts = drivers * np.nan
        return Growth(nothing, nothing, nothing, parts, nothing, nothing, (), (), said, ())
    values = growth.to_numpy()
    (fitted, added, base), past, weight = _model(scores, values)
    backtests, errors = _backtests(scores, values, list(map(str, columns)))
    log = fitted + weight * past
    down, up = _interval(errors, values - fitted[:, None])
    mean = np.nanmean(values[known], axis=1)
    strengths = _strengths(drivers, mean, known)
    held_out = rank_correlation(fitted[known], mean)
    return Growth(
        pd.Series(np.expm1(log), index=index),
        pd.Series(np.expm1(log + down), index=index),
        pd.Series(np.expm1(log + up), index=index),
        pd.DataFrame(added, index=index, columns=drivers.columns),
        pd.Series(weight * past, index=index),
        pd.Series(base, index=index),
        strengths,
        backtests,
        _named(strengths, labels),
        _trust(backtests, held_out),
    )


def _yearly(years: pandas.DataFrame) -> pandas.DataFrame:
    """Growth a year in logarithms, named by its later year; NaN where a year is missing."""
    import numpy as np
    import pandas as pd

    logs = np.log(years.where(years > 0).to_numpy(float))
    gaps = np.diff([int(str(year)) for year in years.columns])
    return pd.DataFrame(
        np.diff(logs, axis=1) / gaps, index=years.index, columns=years.columns[1:]
    )  # fmt: skip


def _scores(drivers: pandas.DataFrame) -> Floats:
    """Normal scores by column; what is missing stands in the middle."""
    import numpy as np
    import pandas as pd

    ranks = drivers.rank()
    share = (ranks - 0.5) / drivers.notna().sum()
    normal = NormalDist()
    table = np.array([normal.inv_cdf(p) for p in np.linspace(0.0005, 0.9995, 2001)])
    values = np.interp(share.to_numpy(float), np.linspace(0.0005, 0.9995, 2001), table)
    filled = pd.DataFrame(values, index=drivers.index, columns=drivers.columns)
    out: Floats = filled.where(drivers.notna(), 0.0).to_numpy(float)
    return out


Fit: TypeAlias = "tuple[Floats, Floats, Floats]"
"""Each market's forecast by drivers alone, what each driver adds to it, and what stays."""


def _model(scores: Floats, growth: Floats) -> tuple[Fit, Floats, Floats]:
    """What drivers say of the mean growth, what a market's past adds to that, and its weight.

    The forecast of a market comes from a fold that it is not in, so its past is told once.
    """
    import numpy as np

    counts = np.isfinite(growth).sum(axis=1)
    known = counts > 0
    clipped = _clipped(growth)
    target = np.where(known, np.nansum(clipped, axis=1) / np.maximum(counts, 1), np.nan)
    fit = _out_of_fold(scores, target)
    residuals = clipped - fit[0][:, None]
    past = np.where(known, np.nansum(residuals, axis=1) / np.maximum(counts, 1), 0.0)
    weight = _weight(residuals, counts, float(np.nanvar(clipped)))
    return fit, past, weight


def _clipped(growth: Floats) -> Floats:
    """Growth without its wild ends: at most three spreads from the median of its year."""
    import numpy as np

    middle = np.nanmedian(growth, axis=0)
    spread = np.nanmedian(np.abs(growth - middle), axis=0) * 1.4826
    out: Floats = np.clip(growth, middle - 3 * spread, middle + 3 * spread)
    return out


def _weight(residuals: Floats, counts: Floats, spread: float) -> Floats:
    """How far the past repeats itself: the steady part of its variance, by years known.

    Two periods or more show it. One cannot: then a part of the variance of growth, ``spread``, is
    taken to last, and the past is left what of that the drivers do not tell already.
    """
    import numpy as np

    complete = residuals[np.isfinite(residuals).all(axis=1)]
    periods = residuals.shape[1]
    if periods < 2 or len(complete) < MIN_MARKETS:
        total = float(np.nanvar(residuals))
        steady = ASSUMED_STEADY * spread - (spread - total)
    else:
        covariance = np.cov(complete, rowvar=False)
        total = float(np.trace(covariance)) / periods
        steady = (float(covariance.sum()) - total * periods) / (periods * (periods - 1))
    steady = min(max(steady, 0.0), total)
    bottom = steady * counts + total - steady
    return np.where(
        (counts > 0) & (bottom > 0), steady * counts / np.where(bottom > 0, bottom, 1), 0
    )


def _out_of_fold(scores: Floats, target: Floats) -> Fit:
    import numpy as np

    known = np.isfinite(target)
    fitted = np.zeros(len(target))
    added = np.zeros_like(scores)
    fold = _folds(len(target))
    base = np.zeros(len(target))
    for part in range(FOLDS):
        inside = fold == part
        train = known & ~inside
        intercept, slopes = _net(scores[train], target[train])
        base[inside] = intercept
        added[inside] = scores[inside] * slopes
        fitted[inside] = intercept + added[inside].sum(axis=1)
    return fitted, added, base


def _folds(count: int) -> NDArray[numpy.int64]:
    import numpy as np

    order = np.random.default_rng(SEED).permutation(count)
    return order % FOLDS


def _net(scores: Floats, target: Floats) -> tuple[float, Floats]:
    """An elastic net, its strength chosen by cross-validation."""
    import warnings

    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import ElasticNetCV

    if target.std() == 0 or scores.shape[1] == 0:
        return float(target.mean()), np.zeros(scores.shape[1])
    net = ElasticNetCV(l1_ratio=0.5, alphas=30, cv=5, max_iter=2000, eps=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(scores, target)
    return float(net.intercept_), np.asarray(net.coef_, float)


# ---------------------------------------------------------------- how far to trust it


def _backtests(
    scores: Floats, growth: Floats, years: Sequence[str]
) -> tuple[tuple[Backtest, ...], Floats]:
    """The forecast as of each year but the last, and its errors on the growth seen last."""
    import numpy as np

    found: list[Backtest] = []
    errors = np.array([])
    for at in range(1, len(years)):
        earlier, later = growth[:, :at], growth[:, at]
        known = np.isfinite(earlier).any(axis=1) & np.isfinite(later)
        if known.sum() < MIN_MARKETS:
            continue
        (fitted, _, _), past, weight = _model(scores, earlier)
        forecast = np.where(known, fitted + weight * past, np.nan)
        repeated = np.where(known, _row_means(earlier), np.nan)
        found.append(
            Backtest(
                years[at - 1],
                years[at],
                rank_correlation(np.where(known, fitted, np.nan), later),
                rank_correlation(repeated, later),
                rank_correlation(forecast, later),
                _gain(forecast[known], repeated[known], later[known]),
            )
        )
        errors = (later - forecast)[known]
    return tuple(found), errors


def _row_means(values: Floats) -> Floats:
    import numpy as np

    counts = np.isfinite(values).sum(axis=1)
    out: Floats = np.where(counts > 0, np.nansum(values, axis=1) / np.maximum(counts, 1), np.nan)
    return out


def _gain(forecast: Floats, repeated: Floats, later: Floats) -> tuple[float, float, float]:
    """Forecast's rank correlation less persistence's, with its bootstrap interval."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    ranks = np.column_stack([_ranks(forecast), _ranks(repeated), _ranks(later)])

    def gain(rows: Floats) -> float:
        found = np.atleast_2d(np.corrcoef(rows, rowvar=False))
        return float(np.nan_to_num(found[0, 2]) - np.nan_to_num(found[1, 2]))

    count = len(ranks)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = [gain(ranks[rng.integers(0, count, count)]) for _ in range(400)]
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return gain(ranks), float(low), float(high)


def _interval(errors: Floats, residuals: Floats) -> tuple[float, float]:
    """How far below and above the forecast growth may come, by the errors of the backtest."""
    import numpy as np

    seen = errors if len(errors) else residuals[np.isfinite(residuals)]
    down, up = np.quantile(seen, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return min(float(down), 0.0), max(float(up), 0.0)


def _strengths(
    drivers: pandas.DataFrame, growth: Floats, known: NDArray[numpy.bool_]
) -> tuple[Strength, ...]:
    """Each driver's rank correlation with growth, the strongest first."""
    found = [
        (str(name), rank_correlation(drivers[name].to_numpy(float)[known], growth))
        for name in drivers.columns
    ]
    chance = {name: _by_chance(correlation) for name, correlation in found}
    order = sorted(chance, key=chance.__getitem__)
    steady: set[str] = set()
    for rank, name in enumerate(order, 1):
        if chance[name] <= FALSE_FINDINGS * rank / len(order):
            steady = set(order[:rank])
    found.sort(key=lambda item: (-abs(item[1].value), item[0]))
    return tuple(Strength(name, c, name in steady) for name, c in found)


def _by_chance(correlation: Correlation) -> float:
    """How likely a correlation as strong comes about without any relation."""
    if correlation.n < 4:
        return 1.0
    inside = max(min(abs(correlation.value), 0.999999), 0.0)
    return 2 * (1 - NormalDist().cdf(math.atanh(inside) * math.sqrt(correlation.n - 3)))


def _named(strengths: Sequence[Strength], labels: Mapping[str, str]) -> tuple[str, ...]:
    steady = [s for s in strengths if s.steady]
    if not strengths:
        return ("No driver can be used, so past growth alone makes the forecast.",)
    if not steady:
        return (f"None of {len(strengths)} drivers goes with growth more than by chance.",)
    named = "; ".join(f"{labels.get(s.driver, s.driver)} {s.correlation}" for s in steady[:3])
    return (
        f"Drivers that go with growth more than by chance: {len(steady)} of {len(strengths)} "
        f"(rank correlation, {LEVEL:.0%} interval): {named}.",
    )


def _trust(backtests: Sequence[Backtest], held_out: Correlation) -> tuple[str, ...]:
    if not backtests:
        return (
            "The history is too short to try the forecast on growth that it has not seen; on "
            "markets that they had not seen, the drivers come to a rank correlation of "
            f"{held_out}.",
        )
    said: list[str] = []
    for backtest in backtests:
        low, high = backtest.gain[1:]
        said.append(
            f"Forecast as of {backtest.until} against growth in {backtest.later}, rank "
            f"correlation: forecast {backtest.forecast}, past growth repeated "
            f"{backtest.persistence}, drivers alone {backtest.drivers}; the forecast's gain on "
            f"past growth is {backtest.gain[0]:+.2f} ({low:+.2f} to {high:+.2f}).".replace("-", "−")
        )
    return (*said, BLIND, backtests[-1].verdict)
