"""Honest forecasting: tried on growth that it has not seen, beside past growth repeated."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winlab.growth import Backtest, Correlation, forecast_growth, rank_correlation

DATA = Path(__file__).parents[1] / "samples/buildco/data"


def made_up(
    markets: int,
    effect: float,
    noise: float,
    steady: float = 0.0,
    years: int = 3,
    drivers: int = 18,
    seed: int = 7,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sizes by year and drivers; the first driver lifts growth, the second lowers it."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(markets, drivers))
    own = rng.normal(size=markets) * steady
    base = 0.02 + effect * (columns[:, 0] - columns[:, 1]) + own
    growth = base[:, None] + rng.normal(size=(markets, years - 1)) * noise
    sizes = np.exp(np.cumsum(np.column_stack([rng.normal(15, 1, markets), growth]), axis=1))
    index = pd.Index([f"m{i}" for i in range(markets)])
    named = [f"d{i}" for i in range(drivers)]
    return (
        pd.DataFrame(sizes, index=index, columns=[str(2016 + y) for y in range(years)]),
        pd.DataFrame(columns, index=index, columns=named),
    )


def test_the_sample_forecast_is_not_worse_than_past_growth_repeated() -> None:
    from winlab.files import Reader
    from winlab.marketdata import read_survey

    folder = DATA.parent
    survey = read_survey(Reader(folder), folder / "score.yaml", "USD")
    assert survey is not None
    backtest = forecast_growth(survey.years, survey.drivers, {}).backtest
    assert backtest is not None
    assert (backtest.until, backtest.later) == ("2017", "2018")
    with (DATA / "sales.csv").open(newline="") as file:
        size = {(r["fips"], r["year"]): float(r["market_usd"]) for r in csv.DictReader(file)}
    counties = sorted({fips for fips, _ in size})
    past, later = (
        np.array([np.log(size[c, b] / size[c, a]) for c in counties])
        for a, b in (("2016", "2017"), ("2017", "2018"))
    )
    assert backtest.persistence.value == pytest.approx(rank_correlation(past, later).value)
    assert backtest.forecast.value >= backtest.persistence.value
    assert backtest.forecast.low > 0
    assert backtest.gain[1] <= backtest.gain[0] <= backtest.gain[2]
    assert backtest.gain[0] == pytest.approx(backtest.forecast.value - backtest.persistence.value)


def test_drivers_that_work_beat_past_growth_and_are_named_with_their_sign() -> None:
    years, drivers = made_up(254, effect=0.01, noise=0.03)
    found = forecast_growth(years, drivers, {"d0": "permits"})
    assert found.backtest is not None
    assert found.backtest.verdict == "The drivers predict better than past growth does."
    strengths = {s.driver: s for s in found.strengths}
    assert strengths["d0"].steady
    assert strengths["d0"].correlation.low > 0
    assert strengths["d1"].steady
    assert strengths["d1"].correlation.high < 0, "the sign is found, not set"
    assert sum(s.steady for s in found.strengths) <= 3, "16 drivers do nothing"
    assert "permits 0." in found.said[0]


@pytest.mark.parametrize("seed", range(4))
def test_strong_drivers_are_not_watered_down_by_one_noisy_year(seed: int) -> None:
    years, drivers = made_up(254, effect=0.02, noise=0.03, seed=seed)
    backtest = forecast_growth(years, drivers, {}).backtest
    assert backtest is not None
    assert backtest.drivers.value > backtest.persistence.value + 0.05
    assert backtest.forecast.value >= backtest.drivers.value - 0.01


def test_a_past_that_lasts_is_used_where_drivers_say_nothing() -> None:
    years, drivers = made_up(254, effect=0.0, noise=0.01, steady=0.03)
    backtest = forecast_growth(years, drivers, {}).backtest
    assert backtest is not None
    assert backtest.forecast.value >= backtest.persistence.value - 0.02


def test_each_earlier_year_takes_its_turn_as_the_future() -> None:
    years, drivers = made_up(120, effect=0.01, noise=0.03, years=5)
    found = forecast_growth(years, drivers, {})
    assert [(b.until, b.later) for b in found.backtests] == [
        ("2017", "2018"), ("2018", "2019"), ("2019", "2020"),
    ]  # fmt: skip
    shorter = forecast_growth(years.iloc[:, :4], drivers, {})
    assert shorter.backtests == found.backtests[:2], "what came later changes nothing"
    assert sum(said.startswith("Forecast as of") for said in found.said) == 3


def test_a_combination_that_did_not_help_is_owned_up_to() -> None:
    strong, weak, less = (Correlation(v, v - 0.1, v + 0.1, 99) for v in (0.68, 0.4, 0.61))
    found = Backtest("2017", "2018", strong, weak, less, (0.21, 0.1, 0.3))
    assert found.verdict == (
        "The drivers predict better than past growth does. Using both did not help: drivers "
        "alone 0.68, both together 0.61."
    )
    assert not found.earned
    past = Backtest("2017", "2018", weak, strong, less, (-0.07, -0.1, 0.0))
    assert past.verdict == (
        "The drivers alone predict no better than past growth does (rank correlation 0.40 against "
        "0.68); the forecast uses both and comes to 0.61. Using both did not help: past growth "
        "0.68, both together 0.61."
    )
    both = Backtest("2017", "2018", weak, weak, strong, (0.28, 0.1, 0.3))
    assert "did not help" not in both.verdict


def test_signs_turn_with_the_data() -> None:
    years, drivers = made_up(254, effect=-0.01, noise=0.03)
    strengths = {
        s.driver: s.correlation.value for s in forecast_growth(years, drivers, {}).strengths
    }
    assert strengths["d0"] < 0 < strengths["d1"]


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_outcomes_are_no_better_than_chance(seed: int) -> None:
    years, drivers = made_up(254, effect=0.01, noise=0.03)
    rng = np.random.default_rng(seed)
    logs = np.log(years.to_numpy(float))
    shuffled = [rng.permutation(growth) for growth in np.diff(logs, axis=1).T]
    sizes = np.exp(np.cumsum(np.column_stack([logs[:, 0], *shuffled]), axis=1))
    mixed = pd.DataFrame(sizes, index=years.index, columns=years.columns)
    found = forecast_growth(mixed, drivers, {})
    assert found.backtest is not None
    assert "no better than chance" in found.backtest.verdict
    assert found.said[-1] == found.backtest.verdict


def test_drivers_without_a_say_are_told_apart_from_a_past_that_repeats() -> None:
    years, drivers = made_up(254, effect=0.0, noise=0.01, steady=0.03)
    backtest = forecast_growth(years, drivers, {}).backtest
    assert backtest is not None
    assert backtest.persistence.low > 0.5
    assert backtest.verdict.startswith("The drivers did no better than chance")


def test_intervals_hold_what_they_promise() -> None:
    years, drivers = made_up(600, effect=0.01, noise=0.03, years=5)
    known, later = years.iloc[:, :4], years.iloc[:, 4] / years.iloc[:, 3] - 1
    found = forecast_growth(known, drivers, {})
    inside = ((later >= found.low) & (later <= found.high)).mean()
    assert 0.74 <= inside <= 0.86, "80 % are promised"


def test_the_parts_of_a_forecast_sum_to_it() -> None:
    years, drivers = made_up(100, effect=0.01, noise=0.03)
    found = forecast_growth(years, drivers, {})
    parts = found.base + found.contributions.sum(axis=1) + found.own_past
    assert np.allclose(np.expm1(parts), found.forecast)


def test_gaps_and_wild_rates_do_not_carry_the_forecast_away() -> None:
    years, drivers = made_up(254, effect=0.01, noise=0.03)
    rng = np.random.default_rng(1)
    drivers = drivers.mask(
        pd.DataFrame(rng.random(drivers.shape) < 0.1, drivers.index, drivers.columns)
    )
    drivers.loc["m0", "d0"] = 1e9
    years.loc["m1", "2018"] = 1e9
    years.loc["m2", "2017"] = np.nan
    found = forecast_growth(years, drivers, {})
    assert found.forecast.notna().all()
    assert found.forecast.between(-0.2, 0.3).all()
    assert found.backtest is not None
    assert found.backtest.drivers.better_than_chance


def test_a_market_without_past_is_forecast_by_its_drivers() -> None:
    years, drivers = made_up(254, effect=0.02, noise=0.01)
    years.loc["m5", ["2016", "2017"]] = np.nan
    drivers.loc["m5", ["d0", "d1"]] = [2.5, -2.5]
    found = forecast_growth(years, drivers, {})
    assert found.own_past["m5"] == 0
    assert found.forecast["m5"] > 0.06


def test_a_short_history_or_few_markets_are_said() -> None:
    years, drivers = made_up(60, effect=0.01, noise=0.03, years=2)
    short = forecast_growth(years, drivers, {})
    assert "too short to try" in short.said[-1]
    assert "on markets that they had not seen" in short.said[-1]
    assert short.backtest is None
    few = forecast_growth(years.iloc[:8], drivers.iloc[:8], {})
    assert few.said == ("Growth is known of 8 markets; a forecast needs 30.",)
    assert few.forecast.isna().all()


def test_rank_correlation_by_hand() -> None:
    # ranks 1 2 3 4 5 against 2 1 4 3 5: 1 − 6·4 / (5·24)
    found = rank_correlation(np.array([1.0, 2, 3, 4, 5]), np.array([20.0, 10, 40, 30, 50]))
    assert found.value == pytest.approx(0.8)
    assert found.low < 0.8 < found.high
    tied = rank_correlation(np.array([1.0, 1, 2, 2]), np.array([5.0, 5, 9, 9]))
    assert tied.value == pytest.approx(1.0)
    assert rank_correlation(np.array([1.0, np.nan, 2, 3]), np.arange(4.0)).n == 3
