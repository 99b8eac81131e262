"""Hot spots and moves on ten markets, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from winlab.inputs import (
    HistoryTable,
    LocalOverride,
    MarketTables,
    Range,
    Resource,
    ScoreFile,
    Uplift,
)
from winlab.priority import Priority, apportion, prioritise

#          size, growth, share, reps
TEN = {
    "a": (1000, 0.10, 0.10, 2.0),
    "b": (1000, 0.10, 0.20, 2.0),
    "c": (500, 0.10, 0.10, 1.0),
    "d": (200, 0.10, 0.10, 0.0),
    "e": (100, 0.10, 0.10, 0.5),
    "f": (800, 0.10, 0.50, 3.0),
    "g": (1000, 0.00, 0.40, 4.0),
    "h": (1000, 0.00, 0.40, 6.0),
    "i": (300, -0.05, 0.10, 1.0),
    "j": (100, 0.00, 0.30, 0.5),
}
FRAME = pd.DataFrame(TEN, index=["size", "growth", "share", "reps"]).T
REPS = Resource(id="reps", label="Reps", column="reps", unit="reps",
                max_cut=Decimal("0.2"), max_raise=Decimal("0.5"), decimals=1)  # fmt: skip


def file(**changes: object) -> ScoreFile:
    return ScoreFile(
        area="Testland",
        horizon=2,
        markets=MarketTables(files=("m.csv",), id="id", name="name", industry="x"),
        history=HistoryTable(file="s.csv", id="id", period="p", market="m", own="o"),
        drivers=({"id": "d", "label": "d", "column": "d", "high": "h", "low": "l"},),
        hot_spots={"growth": "0.05", "share": "0.25"},
        uplift=Uplift(closes=Range(low=Decimal("0.1"), base=Decimal("0.2"), high=Decimal("0.4")),
                      because="Five pilots."),
        resources=(REPS,),
        **changes,
    )  # fmt: skip


def override(**changes: object) -> LocalOverride:
    return LocalOverride.model_validate(
        {"market": "x", "because": "They build.", "by": "Ann", "date": date(2019, 1, 1), **changes}
    )


def found(**overrides: LocalOverride) -> Priority:
    return prioritise(
        file(), FRAME["size"], FRAME["growth"], FRAME["share"], 0.25, FRAME[["reps"]], overrides, "USD"
    )  # fmt: skip


def test_hot_spots_are_the_top_fifth_by_addressable_opportunity() -> None:
    # a, b, c, d and e grow and are below 25 %; the better quarter's share is 37.5 %
    level = found().level
    assert level.to_dict() == {
        "a": "hot spot", "b": "candidate", "c": "candidate", "d": "candidate", "e": "candidate",
        "f": "other", "g": "other", "h": "other", "i": "other", "j": "other",
    }  # fmt: skip
    assert found().rank == {"a": 1}


def test_what_more_share_could_bring_has_a_range() -> None:
    priority = found()
    # shares in order: five of 10 %, then 20, 30, 40, 40, 50; three quarters up stands 37.5 %
    assert priority.reachable == pytest.approx(0.375)
    # a: 1000 · 1.1² = 1210, times the gap, times 10, 20 and 40 %
    gap = 1210 * 0.275
    assert priority.potential["a"] == pytest.approx(1210)
    assert (priority.low["a"], priority.base["a"], priority.high["a"]) == pytest.approx(
        (gap * 0.1, gap * 0.2, gap * 0.4)
    )
    assert priority.base["f"] == 0, "a share above the better quarter has no gap"


def test_reps_move_at_a_constant_total_within_the_limits() -> None:
    (move,) = found().moves
    # g, h, i and j are slow: they may give 0.8, 1.2, 0.2 and 0.1, 2.3 in all.
    # a may get half of what its size would bring: 20 reps · 1000 / 6000 · 0.5 = 1.67, so 1.6
    assert move.moved == pytest.approx(1.6)
    assert move.after["a"] == pytest.approx(3.6)
    assert move.after.sum() == pytest.approx(move.before.sum())
    given = (move.before - move.after).drop("a")
    # 16 tenths over 8, 12, 2 and 1: 5.57, 8.35, 1.39, 0.70
    assert given[given != 0].to_dict() == pytest.approx({"g": 0.6, "h": 0.8, "i": 0.1, "j": 0.1})
    assert (given <= move.before.drop("a") * 0.2 + 1e-9).all()


def test_an_override_puts_a_market_in_or_out_and_keeps_its_reps() -> None:
    out = found(a=override(priority="out"))
    assert out.level["a"] == "other"
    assert out.rank == {"b": 1}, "the next one moves up"
    into = found(j=override(priority="in"))
    assert into.rank == {"a": 1, "j": 2}
    kept = found(h=override(keep=("reps",)))
    assert kept.moves[0].after["h"] == 6.0
    assert kept.moves[0].after.sum() == pytest.approx(20)
    assert kept.said[-1] == "Local overrides, each kept with its reason: 1."


def test_without_thresholds_the_whole_area_is_the_measure() -> None:
    plain = file().model_copy(update={"hot_spots": file().hot_spots.model_copy(
        update={"growth": None, "share": None})})  # fmt: skip
    priority = prioritise(
        plain, FRAME["size"], FRAME["growth"], FRAME["share"], 0.3, FRAME[["reps"]], {}, "USD"
    )
    # (360 − 15) / 6000, where 3600 of the market grow by 10 %
    assert priority.growth_from == pytest.approx(345 / 6000)
    assert priority.share_below == 0.3


@pytest.mark.parametrize(
    ("total", "weights", "caps", "parts"),
    [
        (10, {"a": 1, "b": 1}, {"a": 9, "b": 9}, {"a": 5, "b": 5}),
        (10, {"a": 1, "b": 3}, {"a": 9, "b": 5}, {"a": 5, "b": 5}),
        (1, {"a": 1, "b": 1}, {"a": 9, "b": 9}, {"a": 1, "b": 0}),
        (7, {"a": 0.0, "b": 0.0}, {"a": 3, "b": 4}, {"a": 3, "b": 4}),
        (0, {"a": 1}, {"a": 5}, {"a": 0}),
        (8, {"a": 5, "b": 3}, {"a": 5, "b": 3}, {"a": 5, "b": 3}),
    ],
)
def test_whole_parts_sum_to_the_total_and_keep_their_caps(
    total: int, weights: dict[str, float], caps: dict[str, int], parts: dict[str, int]
) -> None:
    assert apportion(total, weights, caps) == parts
