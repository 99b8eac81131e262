from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.towns import square_topology
from winlab.atlas import NotTopology, read_atlas

DATA = Path(__file__).parents[1] / "samples/buildco/data"


def test_areas_are_true_and_neighbours_share_an_edge() -> None:
    atlas = read_atlas(square_topology(["a", "b", "c"]), "towns")
    assert atlas.outlines["a"].area == pytest.approx(11.12**2, rel=0.001)
    assert atlas.outlines["a"].radius == pytest.approx(6.27, abs=0.01)
    assert atlas.neighbours == {"a": {"b"}, "b": {"a", "c"}, "c": {"b"}}
    left, right = atlas.outlines["a"].centre, atlas.outlines["b"].centre
    assert right[0] - left[0] == pytest.approx(11.12, abs=0.01)


def test_a_hole_is_no_area() -> None:
    square = [[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]]
    hole = [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]
    text = (
        '{"objects":{"t":{"geometries":[{"type":"Polygon","id":"x","arcs":[[0],[1]]}]}},'
        f'"arcs":[{square},{hole}]}}'
    )
    outline = read_atlas(text, "t").outlines["x"]
    assert outline.area == pytest.approx(12 * 111.195**2, rel=0.01)


def test_delta_coded_arcs_are_unfolded() -> None:
    text = (
        '{"transform":{"scale":[0.1,0.1],"translate":[10,20]},"objects":{"t":{"geometries":'
        '[{"type":"Polygon","id":"x","arcs":[[0]]}]}},"arcs":[[[0,0],[0,1],[1,0],[0,-1],[-1,0]]]}'
    )
    assert read_atlas(text, "t").outlines["x"].area == pytest.approx(11.12**2 * 0.939, rel=0.01)


def polygon(rings: list[list[int]], arc: str) -> str:
    return (
        '{"objects":{"towns":{"geometries":[{"type":"Polygon","id":"x","arcs":'
        f'{rings}}}]}}}},"arcs":[{arc}]}}'
    )


def test_a_shape_without_a_place_is_passed_over() -> None:
    text = polygon([[0]], "[[0,0],[0,4],[4,0],[0,0]]").replace(
        '[{"type"', '[{"type":null,"id":"y"},{"type"'
    )
    assert list(read_atlas(text, "towns").outlines) == ["x"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1: "),
        ("{}", "holds no polygons"),
        ('{"objects":{"towns":{"geometries":[{"type":"Point","id":"x"}]}},"arcs":[]}', "holds no"),
        ('{"type":"FeatureCollection","features":[]}', "type is not as in TopoJSON"),
        ('{"objects":{"counties":{}},"arcs":[]}', "no object 'towns'; known: 'counties'"),
        ('{"objects":{"towns":{"geometries":[]}},"arcs":[]}', "holds no polygons"),
        (polygon([[0]], "[[0,0],[0,0],[0,0]]"), "the shape 'x' has no area"),
        (polygon([[7]], "[[0,0],[0,4],[4,0],[0,0]]"), "made of an arc that is not there"),
        (polygon([[0]], "[[0,0],[0,400000],[4,0],[0,0]]"), "are not degrees"),
        (polygon([[0]], "[[0,0],[0,NaN],[4,0],[0,0]]"), "are not degrees"),
        (polygon([[0]], "[[0],[0,4],[4,0]]"), "fewer than two coordinates"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_topology_says_so(text: str, said: str) -> None:
    with pytest.raises(NotTopology, match=said):
        read_atlas(text, "towns")


def test_the_samples_neighbours_are_those_of_its_table() -> None:
    atlas = read_atlas((DATA / "texas_counties.topojson").read_text(), "counties")
    with (DATA / "adjacency.csv").open(newline="") as file:
        table = {row["fips"]: set(row["neighbors"].split()) for row in csv.DictReader(file)}
    assert len(table) == 254
    # the table names three counties as their own neighbours, and two that touch in a corner only
    corner = {"48013", "48283"}
    table = {key: near - {key} for key, near in table.items()}
    for key in corner:
        table[key] -= corner
    assert {key: set(near) for key, near in atlas.neighbours.items()} == table
    total = sum(outline.area for outline in atlas.outlines.values())
    assert total == pytest.approx(696_000, rel=0.02), "Texas, km²"
