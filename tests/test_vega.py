"""The drawing process: it ends where a drawing takes too much, and the next one is drawn."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.writers.sample import brand
from winlab import charts, vega
from winlab.document import Figure
from winlab.inputs import Role
from winlab.lab import open_lab
from winlab.pack import make_packs
from winlab.problems import Exit, Stopped

ROOT = Path(__file__).parents[1]
PLAN = Path("samples/chemicals/plans/brushy-fork-clean-die.yaml")
Spec = dict[str, JsonValue]
BAR: Spec = {"mark": "bar", "encoding": {"x": {"field": "a", "type": "quantitative"}}}
MANY: Spec = {
    **BAR,
    "transform": [{"calculate": "sequence(0, 6e4)", "as": "a"}, {"flatten": ["a"]}],
}
DENSE: Spec = {**BAR, "transform": [{"density": "a", "extent": [0, 1], "steps": 1e9}]}
PADDED: Spec = {**BAR, "transform": [{"calculate": "length(pad('', 1e12, 'xyz'))", "as": "a"}]}
LONG: Spec = {**BAR, "transform": [{"calculate": "length(sequence(0, 3e8))", "as": "a"}]}


def drawn(spec: Spec) -> str:
    one = replace(brand(), fingerprint=json.dumps(spec), charts={"x": spec})
    return charts.svg(Figure(chart="x", data=({"a": 1},), width=90, height=50, alt="x"), one)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param(MANY, "far more than a chart", id="many marks"),
        pytest.param(LONG, "it takes more than", id="long sequence", marks=pytest.mark.slow),
        pytest.param(PADDED, "it takes more than", id="padded text", marks=pytest.mark.slow),
        pytest.param(DENSE, "it takes more than", id="density", marks=pytest.mark.slow),
    ],
)
def test_a_chart_that_takes_too_much_is_a_problem_of_its_file(spec: Spec, said: str) -> None:
    with pytest.raises(Stopped) as stopped:
        drawn(spec)
    [problem] = stopped.value.problems
    assert (problem.code, problem.place.file) == ("chart-spec", "charts/x.json")
    assert said in problem.message
    assert drawn(BAR).startswith("<svg")


def test_what_ends_the_engine_ends_no_more_than_that() -> None:
    fonts = brand().font_folder
    spec: Spec = {
        "mark": {"type": "text", "text": "x", "font": 'a"><b'},
        "data": {"values": [{}]},
    }
    numbers: Spec = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]}
    names = ("days", "shortDays", "months", "shortMonths", "periods")
    times: Spec = {"dateTime": "%x", "date": "%x", "time": "%X", **dict.fromkeys(names, ["a"] * 12)}
    with pytest.raises(ValueError, match="ends the engine"):
        vega.svg(spec, fonts, numbers, times)
    small = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    assert vega.png(small, fonts, 1.0).startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_pack_with_such_a_chart_is_refused_and_the_others_are_made(tmp_path: Path) -> None:
    for part in ("plays", "templates", "samples/chemicals"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "winlab.toml", tmp_path)
    (tmp_path / "templates/charts/tornado.json").write_text(
        json.dumps({**LONG, "usermeta": {"params": {"base_value": ""}}})
    )
    lab = open_lab(tmp_path, None, date(2030, 1, 1))
    roles = [Role.CFO, Role.CEO]
    outcome = make_packs(lab, tmp_path / PLAN, tmp_path / "out", roles=roles, formats=["docx"])
    assert outcome.exit_code is Exit.PARTLY
    assert {path.name for path in outcome.files} == {
        "brushy-fork-films-ceo.en.docx",
        "brushy-fork-films-coach.en.docx",
    }
    [found] = [problem for problem in outcome.problems if problem.code == "chart-spec"]
    assert (found.place.file, found.packs) == ("charts/tornado.json", ("cfo",))
