"""Share, share of growth and trend on ten markets, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from winlab.marketdata import History
from winlab.shares import share_out

#        market 2016, 2017, 2018; own 2016, 2017, 2018; share 2018, change, share of growth
TEN = {
    "a": (100, 110, 120, 10, 12, 18, 0.15, 0.05, 0.40),  # 8 of 20
    "b": (200, 200, 250, 50, 50, 50, 0.20, -0.05, 0.00),  # none of 50
    "c": (100, 100, 100, 30, 20, 10, 0.10, -0.20, None),  # no growth
    "d": (100, 90, 80, 20, 20, 20, 0.25, 0.05, None),  # a shrinking market
    "e": (400, 400, 500, 40, 60, 90, 0.18, 0.08, 0.50),  # 50 of 100
    "f": (50, 60, 100, 5, 5, 0, 0.00, -0.10, -0.10),  # lost 5 while 50 came
    "g": (10, 10, 20, 1, 1, 2, 0.10, 0.00, 0.10),
    "h": (1000, 1100, 1200, 300, 330, 360, 0.30, 0.00, 0.30),
    "i": (80, None, 100, 8, 9, 14, 0.14, 0.04, 0.30),  # 6 of 20; a year missing
    "j": (100, 110, 120, 10, None, None, None, None, None),
}


def history() -> History:
    index = list(TEN)
    years = ["2016", "2017", "2018"]
    rows = [[np.nan if v is None else float(v) for v in row] for row in TEN.values()]
    values = np.array(rows)
    market = pd.DataFrame(values[:, :3], index=index, columns=years)
    own = pd.DataFrame(values[:, 3:6], index=index, columns=years)
    return History(market, own, own * 0.3)


def test_share_change_and_share_of_growth_are_as_by_hand() -> None:
    whole = share_out(history(), {}).whole
    for market, row in TEN.items():
        for found, wanted in zip(
            (whole.share[market], whole.change[market], whole.of_growth[market]),
            row[6:],
            strict=True,
        ):
            assert found == pytest.approx(np.nan if wanted is None else wanted, nan_ok=True), market


def test_totals_hold_only_markets_whose_two_figures_are_known() -> None:
    whole = share_out(history(), {}).whole
    # 564 of 2470 in 2018 (without j), 474 of 2140 in 2016
    assert whole.total == pytest.approx(564 / 2470)
    assert whole.total_before == pytest.approx(474 / 2140)


def test_trend_is_the_slope_over_what_is_known() -> None:
    whole = share_out(history(), {}).whole
    # a: 10.0, 10.909, 15.0 percent: half of last less first
    assert whole.trend["a"] == pytest.approx(0.025)
    assert whole.trend["i"] == pytest.approx(0.02), "2016 and 2018: four points in two years"
    assert np.isnan(whole.trend["j"])


def test_margin_is_of_own_sales() -> None:
    whole = share_out(history(), {}).whole
    assert whole.margin["a"] == pytest.approx(0.3)
    assert np.isnan(whole.margin["f"]), "nothing sold, no margin"


def test_lines_of_business_are_compared_or_it_is_said_that_they_are_not() -> None:
    assert "not split by line" in share_out(history(), {}).said[-1]
    found = share_out(history(), {"roof": history()})
    assert found.lines["roof"].total == pytest.approx(564 / 2470)
    assert found.said[-1] == "By line of business: roof 22.8%."
