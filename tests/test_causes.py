"""Causes are planted by a seeded generator, and have to be found again."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from winlab.causes import Causes, find_causes
from winlab.inputs import LeverColumn

EFFECTS = {
    "reps": 0.03,
    "price": -0.03,
    "partner": 0.025,
    "rivals": -0.025,
    "vans": 0.0,
    "fairs": 0.0,
}
KNOWN = tuple(
    LeverColumn(id=name, label=name, column=name, ease="easy" if name == "reps" else "hard",
                why_high=f"high {name}", why_low=f"low {name}")
    for name in EFFECTS
)  # fmt: skip


def planted(seed: int, markets: int = 254) -> tuple[pd.Series, pd.DataFrame, dict[str, str]]:
    """Shares, correlated levers, and the cause planted in a third of the markets."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(markets, 1))
    levers = 0.5 * common + 0.85 * rng.normal(size=(markets, len(EFFECTS)))
    index = [f"m{i}" for i in range(markets)]
    frame = pd.DataFrame(levers, index=index, columns=list(EFFECTS))
    causes: dict[str, str] = {}
    real = [name for name, effect in EFFECTS.items() if effect]
    for market, name in zip(index[: markets // 3], itertools.cycle(real)):
        frame.loc[market, name] = -2.6 * math.copysign(1, EFFECTS[name])
        causes[market] = name
    effect = pd.Series(EFFECTS)
    share = 0.24 + frame @ effect + rng.normal(0, 0.012, markets)
    return share.clip(0.01, 0.9), frame, causes


def clear(share: pd.Series, levers: pd.DataFrame, causes: dict[str, str]) -> dict[str, str]:
    """Low-share markets in which what was planted outweighs every other lever twice."""
    low = share.index[share < share.mean()]
    out: dict[str, str] = {}
    for market in set(low) & set(causes):
        parts = {n: e * levers.loc[market, n] for n, e in EFFECTS.items()}
        first = parts.pop(causes[market])
        if first < 0 and -first >= 2 * max(-min(parts.values()), 0):
            out[market] = causes[market]
    return out


@pytest.mark.parametrize("seed", range(6))
def test_the_planted_cause_is_named_and_idle_levers_are_not(seed: int) -> None:
    share, levers, causes = planted(seed)
    found = find_causes(share, levers, KNOWN)
    wanted = clear(share, levers, causes)
    assert len(wanted) >= 20
    right = sum(found.main[market] == name for market, name in wanted.items())
    assert right / len(wanted) >= 0.7
    wrong = sum(found.main[market] not in (name, "") for market, name in wanted.items())
    assert wrong / len(wanted) <= 0.1, "rather 'not clear' than another lever"
    assert not {"vans", "fairs"} & set(found.main.values())


def test_idle_levers_are_rarely_called_real() -> None:
    real = [
        weight.lever
        for seed in range(40)
        for weight in find_causes(*planted(seed)[:2], KNOWN).weights
        if weight.real
    ]
    assert real.count("vans") + real.count("fairs") <= 4, "of 80"
    assert min(real.count(name) for name in ("reps", "price", "partner", "rivals")) >= 38


def test_the_parts_of_a_share_sum_to_it() -> None:
    share, levers, _ = planted(0)
    found = find_causes(share, levers, KNOWN)
    total = found.average + found.parts.sum(axis=1) + found.unexplained
    assert np.allclose(total, share)


def test_what_levers_account_for_sums_to_what_they_explain() -> None:
    share, levers, _ = planted(1)
    found = find_causes(share, levers, KNOWN)
    design = np.column_stack([np.ones(len(share)), levers])
    fitted = design @ np.linalg.lstsq(design, share.to_numpy(), rcond=None)[0]
    explained = 1 - ((share - fitted) ** 2).sum() / ((share - share.mean()) ** 2).sum()
    assert sum(w.accounts_for for w in found.weights) == pytest.approx(explained, abs=0.02)
    assert all(w.accounts_for >= 0 for w in found.weights)


def test_independent_levers_account_for_their_own_squared_correlation() -> None:
    one = np.tile([1.0, 1, -1, -1], 20)
    two = np.tile([1.0, -1, 1, -1], 20)
    index = [f"m{i}" for i in range(80)]
    share = pd.Series(0.3 + 0.04 * one + 0.02 * two, index=index)
    found = find_causes(share, pd.DataFrame({"reps": one, "price": two}, index=index), KNOWN)
    parts = {w.lever: w.accounts_for for w in found.weights}
    assert parts == {"reps": pytest.approx(0.8), "price": pytest.approx(0.2)}


def test_shares_without_a_cause_name_none() -> None:
    rng = np.random.default_rng(3)
    _, levers, _ = planted(3)
    share = pd.Series(rng.uniform(0.1, 0.4, len(levers)), index=levers.index)
    found = find_causes(share, levers, KNOWN)
    assert set(found.main.values()) == {""}
    assert found.said == ("No lever goes with share more than by chance, so no cause is named.",)


def test_two_causes_that_weigh_alike_are_not_clear() -> None:
    share, levers, _ = planted(2)
    levers.loc["m200", :] = 0.0
    levers.loc["m200", ["reps", "price"]] = [-2.0, 2.0]
    share["m200"] = 0.12
    assert find_causes(share, levers, KNOWN).main["m200"] == ""


def test_a_cause_knows_whether_the_lever_is_high_or_low() -> None:
    share, levers, causes = planted(0)
    found = find_causes(share, levers, KNOWN)
    for market, name in found.main.items():
        if name and causes.get(market) == name:
            assert found.high[market] is (EFFECTS[name] < 0)


@pytest.mark.parametrize(
    ("markets", "columns", "said"),
    [
        (20, 6, "Share is known of 20 markets and 30 are needed, so causes are not looked for."),
        (60, 0, "No levers are given, so causes are not looked for."),
    ],
)
def test_without_data_the_step_says_so(markets: int, columns: int, said: str) -> None:
    share, levers, _ = planted(0, markets)
    found: Causes = find_causes(share, levers.iloc[:, :columns], KNOWN[:columns])
    assert found.said == (said,)
    assert found.main == {}


def test_markets_without_a_share_or_a_lever_do_no_harm() -> None:
    share, levers, _ = planted(4)
    share.iloc[:5] = np.nan
    levers.iloc[5:10, 0] = np.nan
    found = find_causes(share, levers, KNOWN)
    assert found.unexplained.isna().sum() == 5
    assert not set(share.index[:5]) & set(found.main)
