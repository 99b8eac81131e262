"""Step 3, share: what we have of each market, how it moves, and our part in its growth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from winlab.marketdata import History

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Share:
    """Shares as fractions; NaN where they are not known.

    ``share`` and ``margin`` are of the last period, ``change`` the points of share won or lost
    since the first one, ``trend`` the mean change a period (least squares over what is known),
    ``of_growth`` our part of what the market gained in that time (NaN where it gained nothing).
    """

    share: pandas.Series[float]
    margin: pandas.Series[float]
    change: pandas.Series[float]
    trend: pandas.Series[float]
    of_growth: pandas.Series[float]
    total: float
    total_before: float


@dataclass(frozen=True)
class Shares:
    """What step 3 found, in all and by line of business."""

    whole: Share
    lines: Mapping[str, Share]
    said: tuple[str, ...]


def share_out(history: History, lines: Mapping[str, History]) -> Shares:
    """Shares of the whole business and of each line."""
    whole = _share(history)
    by_line = {name: _share(line) for name, line in lines.items()}
    return Shares(whole, by_line, _said(history, whole, by_line))


def _share(history: History) -> Share:
    import numpy as np
    import pandas as pd

    both = history.market.notna() & history.own.notna()
    market, own = history.market.where(both), history.own.where(both)
    shares = own / market
    first, last = market.columns[0], market.columns[-1]
    gained = market[last] - market[first]
    won = own[last] - own[first]
    margin = (
        history.margin[last] / own[last].where(own[last] > 0)
        if history.margin is not None
        else pd.Series(np.nan, index=market.index)
    )
    return Share(
        shares[last],
        margin,
        shares[last] - shares[first] if first != last else shares[last] * np.nan,
        _trend(shares),
        (won / gained).where(gained > 0),
        _total(own[last], market[last]),
        _total(own[first], market[first]),
    )


def _total(own: pandas.Series[float], market: pandas.Series[float]) -> float:
    """Our share of all markets together; NaN where none is known."""
    return float(own.sum() / market.sum()) if market.sum() else float("nan")


def _trend(shares: pandas.DataFrame) -> pandas.Series[float]:
    """The slope of each row over its periods, by least squares."""
    import numpy as np
    import pandas as pd

    values = shares.to_numpy(float)
    known = np.isfinite(values)
    count = known.sum(axis=1)
    time = np.where(known, np.arange(values.shape[1], dtype=float), 0.0)
    mean_time = time.sum(axis=1) / np.maximum(count, 1)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=1) / np.maximum(count, 1)
    off = np.where(known, time - mean_time[:, None], 0.0)
    top = (off * (filled - mean[:, None])).sum(axis=1)
    bottom = (off**2).sum(axis=1)
    slope = np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), np.nan)
    return pd.Series(slope, index=shares.index)


def _said(history: History, whole: Share, lines: Mapping[str, Share]) -> tuple[str, ...]:
    first, last = history.periods[0], history.periods[-1]
    known = whole.share.dropna()
    before = f" ({whole.total_before:.1%} in {first})" if first != last else ""
    if known.empty:
        return (f"Our share is not known of any market in {last}.",)
    said = [
        f"We have {whole.total:.1%} of the market in {last}{before}; by market it lies between "
        f"{known.min():.0%} and {known.max():.0%}."
    ]
    won, lost = int((whole.change > 0).sum()), int((whole.change < 0).sum())
    behind = int((whole.of_growth < whole.share).sum())
    if before:
        said.append(
            f"We gained share in {won} markets and lost it in {lost}; in {behind} that grew, our "
            "part of the growth was below our share."
        )
    if lines:
        listed = ", ".join(f"{name} {line.total:.1%}" for name, line in lines.items())
        said.append(f"By line of business: {listed}.")
    else:
        said.append("Sales are not split by line of business, so the lines are not compared.")
    return tuple(said)
