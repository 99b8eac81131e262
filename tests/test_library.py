"""What marketing writes: value models, studies and domains that cannot stop a pack later."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import small
from winlab.problems import Problem, Stopped
from winlab.read import read_plan, read_workspace

STUDY = """\
id: foam
title: Foam
product: P-1
industry: coatings
kind: performance
question: How much?
method: {standard: D1173, samples: one, conditions: warm, procedure: [Sparge.], n: 3}
tables:
  - file: foam.csv
    finding: Less foam
    text: Less foam.
    caption: Foam by dose
    columns:
      name: {label: Additive}
      dose: {label: Dose, unit: kg/t}
      foam: {label: Foam, unit: mL, spread: sd}
    chart: {mark: line, x: dose, y: foam, series: name}
limits: []
date: 2026-02-25
expires: 2028-02-29
owner: li
approver: ruth
"""


def problems(folder: Path) -> tuple[Problem, ...]:
    try:
        return read_workspace(folder).problems
    except Stopped as stopped:
        return stopped.problems


def with_study(folder: Path, table: str, study: str = STUDY) -> Path:
    small.write(folder)
    (folder / "plays/studies").mkdir()
    (folder / "plays/studies/foam.yaml").write_text(study)
    (folder / "plays/studies/foam.csv").write_text(table)
    return folder


def test_text_and_empty_spreads_are_fine_in_a_study(tmp_path: Path) -> None:
    table = "name,dose,foam,sd\nOil,0.1,310,16\nnone,n/a,380,\n"
    assert problems(with_study(tmp_path, table)) == ()


@pytest.mark.parametrize(
    ("table", "place", "message"),
    [
        ("name,dose,foam,sd\nOil,0.1,310,n/a\n", "foam.csv:2:4", "sd: 'n/a' is not a number"),
        ("name,dose,foam,sd\nOil,0.1,n/a,3\n", "foam.csv:2:3", "foam: 'n/a' is not a number"),
        ("name,dose,foam,sd\nOil,0.1,,3\n", "foam.csv:2:3", "foam: '' is not a number"),
        ("name,dose,foam,sd\nOil,0.1,inf,3\n", "foam.csv:2:3", "foam: 'inf' is not a number"),
        ("name,dose,foam\nOil,0.1,310\n", "foam.yaml:16:45", "foam.csv has no column 'sd'"),
    ],
)
def test_a_study_that_could_not_be_drawn(
    tmp_path: Path, table: str, place: str, message: str
) -> None:
    [found] = problems(with_study(tmp_path, table))
    assert (str(found.place), found.message) == (f"plays/studies/{place}", message)


def test_a_chart_of_a_column_that_is_not_shown(tmp_path: Path) -> None:
    study = STUDY.replace("y: foam", "y: foams").replace("series: name", "series: nam")
    found = problems(with_study(tmp_path, "name,dose,foam,sd\nOil,0.1,310,16\n", study))
    assert [(str(p.place), p.code, p.hint) for p in found] == [
        ("plays/studies/foam.yaml:17:37", "no-column", "did you mean 'foam'?"),
        ("plays/studies/foam.yaml:17:52", "no-column", "did you mean 'name'?"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ("start: hours * 12", "start: hours ** 12", "bad-formula", "start: 'hours ** 12 * hour' cannot be read"),
        ("{kpi: downtime", "{peers: downtme", "unknown-kpi", "hours: there is no KPI 'downtme'"),
        ("assumption: line_hour", "assumption: line_hr", "unknown-assumption", "hour: no industry assumes 'line_hr'"),
        ("basis: half", "shown: [hrs], basis: half", "unknown-input", "cut: there is no input 'hrs' to show"),
    ],
)  # fmt: skip
def test_a_value_model_that_could_stop_a_pack(
    tmp_path: Path, old: str, new: str, code: str, message: str
) -> None:
    name = "plays/values/downtime.yaml"
    [found] = problems(small.write(tmp_path, {name: (old, new)}))
    assert (found.severity.value, found.code, str(found.place)) == ("error", code, f"{name}:1:5")
    assert found.message.startswith(message)


@pytest.mark.parametrize("domain", ["[-0.5.1..1.0]", "[0...1]", "[0..1.]", "[--1..1]"])
def test_a_domain_of_numbers_only(tmp_path: Path, domain: str) -> None:
    changes = {"plays/facts.yaml": ("domain: '[-0.5..1]'", f"domain: '{domain}'")}
    found = problems(small.write(tmp_path, changes))
    assert found[0].code == "bad-name"
    assert str(found[0].place) == "plays/facts.yaml:2:82"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("value: 14, unit", "value: 1e40, unit", "13:28"),
        ("current: 0,", "current: 1e40,", "16:23"),
        ("potential: 80,", "potential: 1e40,", "16:37"),
    ],
)
def test_a_plan_with_an_implausible_number(tmp_path: Path, old: str, new: str, place: str) -> None:
    small.write(tmp_path, {"plans/bay.yaml": (old, new)})
    with pytest.raises(Stopped) as stopped:
        read_plan(tmp_path / "plans/bay.yaml", tmp_path)
    [found] = stopped.value.problems
    assert str(found.place) == f"plans/bay.yaml:{place}"
    assert "18 digits" in found.message


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "message"),
    [
        ("plays/facts.yaml", "domain: '[-0.5..1]'", "domain: '[1..-1]'", "2:82", "market.growth.domain: '[1..-1]' holds no number"),
        ("plays/facts.yaml", "max_age: 7 days", "max_age: a week", "8:129", "product.plant_load.max_age: 'a week'"),
        ("plays/push.yaml", "until: 2027-06-30", "until: 2025-06-30", "5:8", "valid: until (2025-06-30) lies before from (2026-01-01)"),
        ("plays/push.yaml", "until: 2027-06-30", "until: 9999-12-31", "5:34", "valid.until: a date from 1990 to 2100 is expected"),
        ("plays/claims.yaml", "expires: 2027-05-01", "expires: 2026-04-30", "1:3", "expires (2026-04-30) lies before date (2026-05-01)"),
        ("plays/references.yaml", "permission_until: 2027-06-30", "permission_until: 2026-01-01", "1:3", "permission_until (2026-01-01) lies before date (2026-05-09)"),
    ],
)  # fmt: skip
def test_spans_and_intervals_run_forward(
    tmp_path: Path, name: str, old: str, new: str, place: str, message: str
) -> None:
    found = problems(small.write(tmp_path, {name: (old, new)}))[0]
    assert str(found.place) == f"{name}:{place}"
    assert message.rsplit(": ", maxsplit=1)[-1] in found.message
    assert found.hint


def test_kpis_are_named(tmp_path: Path) -> None:
    small.write(tmp_path)
    (tmp_path / "plays/kpis.yaml").write_text("- {label: Downtime}\n")
    found = next(p for p in problems(tmp_path) if p.place.file == "plays/kpis.yaml")
    assert str(found.place) == "plays/kpis.yaml:1:1"
    assert "KPIs are expected by name" in found.message


@pytest.mark.parametrize("name", ["push2.yml", "push2.YAML", "claims.YML"])
def test_a_play_with_another_ending_is_reported(tmp_path: Path, name: str) -> None:
    small.write(tmp_path)
    (tmp_path / "plays" / name).write_text("id: x\n")
    [found] = problems(tmp_path)
    assert str(found) == (
        f"plays/{name}: error: the file is not read: its name has to end in .yaml [wrong-ending]\n"
        f"  fix: rename it to {Path(name).stem}.yaml"
    )


def test_indices_that_cover_more_than_the_price(tmp_path: Path) -> None:
    index = (
        "trial: {success: [fewer stops], stop: [a defect], protocol: []}\n"
        "index:\n"
        "  parts:\n"
        "    - {share: 60, index: Chemicals, covers: esters}\n"
        "    - {share: 45, index: Power, covers: energy}\n"
        "  review: Twice a year.\n"
        "  source: Cost structure 2026\n"
    )
    old = "trial: {success: [fewer stops], stop: [a defect], protocol: []}\n"
    small.write(tmp_path, {"plays/products/P-1.yaml": (old, index)})
    [found] = [p for p in problems(tmp_path) if p.code == "index-shares"]
    assert str(found) == (
        "plays/products/P-1.yaml:1:5: error: the indices of P-1 cover 105 % of the price "
        "[index-shares]\n"
        "  fix: let their shares come to 100 or less; the rest of the price is fixed"
    )
