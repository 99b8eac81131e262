from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.towns import square_topology, surveyed
from winlab.sizing import size_up

MARKETS = "id,name,region,people\na,Ay,North,1\nb,Bee,North,2\nc,Cee,North,3\nd,Dee,South,4\n"
SALES = "id,year,market,own\n" + "".join(
    f"{m},{y},{size},1\n"
    for m, size in (("a", 10), ("b", 20), ("c", 100), ("d", 15))
    for y in (2016, 2017)
)
TRAVEL = {"file": "travel.csv", "id": "id", "distance": "km", "visits": "n", "unit": "km"}
SHAPES = {"file": "shapes.json", "object": "towns"}


def files(reach: float) -> dict[str, str]:
    return {
        "markets.csv": MARKETS, "sales.csv": SALES,
        "travel.csv": f"id,km,n\na,{reach},2\nb,{reach},2\n",
        "shapes.json": square_topology(["a", "b", "c", "d"]),
    }  # fmt: skip


def test_a_market_smaller_than_its_reps_travel_is_narrow(tmp_path: Path) -> None:
    survey, _ = surveyed(tmp_path, files(8), travel=TRAVEL, shapes=SHAPES)
    assert survey is not None
    found = size_up(survey, None)
    # squares of 11.1 km have a radius of 6.3 km; nobody travels in the south
    assert found.narrow == ("a", "b", "c")
    assert found.reach == {"North": pytest.approx(8)}
    assert found.said[0].startswith("3 of 4 markets are narrower than the 8 to 8 km")


def test_small_markets_and_the_neighbours_they_could_join(tmp_path: Path) -> None:
    survey, _ = surveyed(tmp_path, files(50), travel=TRAVEL, shapes=SHAPES)
    assert survey is not None
    reps = pd.Series({"a": 0.1, "b": 0.1, "c": 0.2, "d": 0.1})
    found = size_up(survey, reps)
    assert found.least == pytest.approx(0.1 * 145 / 0.5)  # a tenth of a rep works 29
    assert found.small == ("a", "b", "d")
    # a takes its neighbour b: 30 is enough; d borders on c only, which is of another region
    assert found.join == (("a", "b"),)


def test_a_group_is_no_wider_than_its_reps_travel(tmp_path: Path) -> None:
    survey, _ = surveyed(tmp_path, files(7), travel=TRAVEL, shapes=SHAPES)
    assert survey is not None
    assert size_up(survey, pd.Series({"a": 0.5})).join == ()


def test_without_shapes_or_travel_the_step_says_so(tmp_path: Path) -> None:
    survey, _ = surveyed(tmp_path)
    assert survey is not None
    assert size_up(survey, None).said == (
        "The markets have no shapes, so their extent cannot be compared with travel.",
        "No rep is assigned to markets, so none can be called too small.",
    )
