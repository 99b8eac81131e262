"""All five steps on one survey, and the table that comes of them."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import numpy as np
import pytest

from tests.towns import square_topology, surveyed
from winlab.facts import Fact, Facts, FactType
from winlab.inputs import Cell, Condition, RuleSource, TableSource
from winlab.marketdata import SCORED_COLUMNS, Survey
from winlab.opportunity import Opportunity, score, scoring_facts
from winlab.rules.compile import compile_table
from winlab.scored import as_csv

LEVERS = [
    {
        "id": "coverage",
        "label": "rep coverage",
        "column": "reps",
        "per_market": "true",
        "ease": "easy",
        "why_low": "too few reps",
        "why_high": "too many reps",
    },
    {
        "id": "price",
        "label": "price",
        "column": "price",
        "ease": "hard",
        "why_high": "high prices",
        "why_low": "low prices",
    },
]
DRIVERS = [
    {
        "id": "permits",
        "label": "building permits",
        "column": "permits",
        "high": "many permits",
        "low": "few permits",
        "says": "Much is being built",
    },
    {"id": "age", "label": "age", "column": "age", "high": "old people", "low": "young people"},
]
RESOURCES = [
    {"id": "reps", "label": "Reps", "column": "reps", "max_cut": "0.2", "max_raise": "0.5"}
]
TABLES = {"files": ["markets.csv"], "id": "id", "name": "name", "region": "region", "industry": "x"}


def tables(markets: int) -> dict[str, str]:
    """Permits drive growth, price drives share."""
    rng = np.random.default_rng(5)
    rows, sales = ["id,name,region,permits,age,reps,price"], ["id,year,market,own"]
    for number in range(markets):
        permits, age, price = rng.normal(size=3)
        size = float(np.exp(rng.normal(14, 1)))
        share = min(max(0.25 - 0.08 * price + rng.normal() * 0.02, 0.02), 0.9)
        region = "North" if number % 2 else "South"
        rows.append(
            f"m{number},Town {number},{region},{permits:.3f},{age:.3f},{size / 5e6:.2f},{1 + price * 0.05:.3f}"
        )
        for year in (2016, 2017, 2018):
            sales.append(f"m{number},{year},{size:.0f},{size * share:.0f}")
            size *= float(np.exp(0.02 + 0.02 * permits + rng.normal() * 0.02))
    return {"markets.csv": "\n".join(rows) + "\n", "sales.csv": "\n".join(sales) + "\n"}


def survey_of(folder: Path, markets: int = 90, **changes: object) -> Survey:
    shapes = {"shapes.json": square_topology([f"m{n}" for n in range(markets)])}
    survey, problems = surveyed(
        folder, {**tables(markets), **shapes}, drivers=DRIVERS, levers=LEVERS, resources=RESOURCES,
        shapes={"file": "shapes.json", "object": "towns"}, **changes,
    )  # fmt: skip
    assert problems == []
    assert survey is not None
    return survey


def scored(survey: Survey) -> Opportunity:
    facts = Facts({
        f"market.{name}": Fact(f"market.{name}", name, FactType.NUMBER, unit="fraction", decimals=3)
        for name in ("growth", "share")
    })  # fmt: skip

    def rule(name: str, test: str) -> RuleSource:
        return RuleSource(name, (Condition("market.growth", Cell(test)),), {"peer_group": name})

    source = TableSource("peer-groups", (rule("fast", ">= 2%"), rule("slow", "< 2%")))
    table, problems = compile_table(source, scoring_facts(facts, list(survey.markets.index)))
    assert table is not None, problems
    return score(survey, table, lambda _: None)


def test_each_step_says_what_it_found(tmp_path: Path) -> None:
    found = scored(survey_of(tmp_path))
    assert list(found.steps) == ["Size", "Growth potential", "Share", "Causes", "Priority"]
    assert all(found.steps.values())


def test_the_table_has_a_row_a_market_and_says_why(tmp_path: Path) -> None:
    found = scored(survey_of(tmp_path))
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert [row["id"] for row in rows] == [f"m{n}" for n in range(90)]
    first = max(rows, key=lambda row: float(row["growth"]))
    assert first["peer_group"] == "fast"
    assert first["growth.observed_at"] == "2018-12-31"
    low = [row for row in rows if row["main_cause"] == "high prices"]
    assert len(low) >= 15
    assert {row["cause_ease"] for row in low} == {"hard"}
    lifted = [row for row in rows if row["lifted_by"]]
    assert lifted
    assert all(row["lifted_by"].startswith("many permits (+") for row in lifted)
    assert all(row["demand_growth_driver"] in ("", "Much is being built") for row in rows)
    assert not any("old people" in row["lifted_by"] + row["held_back_by"] for row in rows)


def test_a_customer_reads_of_a_driver_only_where_demand_grows_and_it_stands_out(
    tmp_path: Path,
) -> None:
    found = scored(survey_of(tmp_path))
    told = found.table[found.table["demand_growth_driver"] != ""]
    assert len(told) > 5
    assert (told["growth"] > 0).all()
    ranks = found.survey.drivers["permits"].rank(pct=True)
    assert (ranks[told.index] > 0.75).all()


def test_an_overridden_growth_is_what_the_table_says(tmp_path: Path) -> None:
    override = {
        "market": "m3",
        "growth": "0.2",
        "because": "A plant.",
        "by": "Ann",
        "date": "2019-01-01",
    }
    found = scored(survey_of(tmp_path, overrides=[override]))
    assert found.table.at["m3", "growth"] == 0.2
    assert found.table.at["m3", "override"] == "A plant."
    assert found.growth.forecast["m3"] != 0.2
    assert np.isnan(found.table["growth_low"]["m3"]), "the model's interval is not his"
    assert found.table["growth_low"].notna().sum() == 89


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-2-2", "\t=1"])
def test_no_name_is_a_formula_to_a_spreadsheet(tmp_path: Path, name: str) -> None:
    survey = survey_of(tmp_path, 40)
    survey.markets.loc["m1", ["name", "region"]] = name
    row = next(r for r in csv.DictReader(io.StringIO(as_csv(scored(survey)))) if r["id"] == "m1")
    assert row["name"] == row["region"] == f"'{name}"


def test_what_makes_a_share_sums_to_it_in_the_table(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(scored(survey_of(tmp_path))))))
    parts = [name for name in rows[0] if name.startswith("share_by.")]
    assert parts == [
        "share_by.average", "share_by.coverage", "share_by.price", "share_by.unexplained",
    ]  # fmt: skip
    for row in rows:
        assert sum(float(row[name]) for name in parts) == pytest.approx(
            float(row["share"]), abs=3e-4
        )


def test_share_trend_and_margin_stand_in_the_table_by_line(tmp_path: Path) -> None:
    made = tables(40)
    lines = [line.split(",") for line in made["sales.csv"].splitlines()[1:]]
    made["lines.csv"] = "id,year,line,market,own,margin\n" + "".join(
        f"{market},{year},{line},{int(size) // 2},{int(own) // 2},{margin}\n"
        for market, year, size, own in lines
        for line, margin in (("roof", 30), ("wall", 20))
    )
    table = {"file": "lines.csv", "id": "id", "period": "year", "line": "line",
             "market": "market", "own": "own", "margin": "margin"}  # fmt: skip
    survey, problems = surveyed(tmp_path, made, drivers=DRIVERS, lines=table)
    assert problems == []
    assert survey is not None
    found = scored(survey).table
    assert found["margin.roof"].to_numpy() == pytest.approx(0.30)
    assert found["margin.wall"].to_numpy() == pytest.approx(0.20)
    years = found["share_change"] / 2
    assert found["share_trend.roof"].to_numpy() == pytest.approx(years.to_numpy(), abs=1e-5)


def test_the_scored_tables_own_columns_are_those_that_no_lever_may_be_called(
    tmp_path: Path,
) -> None:
    survey = survey_of(tmp_path)
    table = scored(survey).table
    given = {lever.id for lever in survey.file.levers} | {"reps", "reps.proposed"}
    own = {name for name in table.columns if "." not in str(name)}
    assert own - given | {"id"} == SCORED_COLUMNS


def test_the_same_input_gives_the_same_table(tmp_path: Path) -> None:
    assert as_csv(scored(survey_of(tmp_path))) == as_csv(scored(survey_of(tmp_path)))


def test_without_levers_shapes_or_resources_the_other_steps_go_on(tmp_path: Path) -> None:
    survey, problems = surveyed(tmp_path, tables(60), drivers=DRIVERS)
    assert problems == []
    assert survey is not None
    found = scored(survey)
    assert found.steps["Causes"] == ("No levers are given, so causes are not looked for.",)
    assert found.growth.forecast.notna().all()
    assert found.priority.moves == ()


@pytest.mark.slow
def test_three_thousand_markets_of_130_columns_take_seconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    base = tables(3000)
    columns = rng.normal(size=(3000, 126))
    columns[rng.random(columns.shape) < 0.05] = np.nan
    lines = base["markets.csv"].splitlines()
    header = lines[0] + "," + ",".join(f"c{k}" for k in range(126))
    body = [
        line + "," + ",".join("" if np.isnan(v) else f"{v:.4f}" for v in row)
        for line, row in zip(lines[1:], columns, strict=True)
    ]
    wide = {**base, "markets.csv": "\n".join([header, *body]) + "\n"}
    drivers = DRIVERS + [
        {"id": f"c{k}", "label": f"c{k}", "column": f"c{k}", "high": "h", "low": "l"}
        for k in range(126)
    ]
    start = time.process_time()
    survey, problems = surveyed(tmp_path, wide, drivers=drivers, levers=LEVERS, resources=RESOURCES)
    assert survey is not None
    found = scored(survey)
    spent = time.process_time() - start
    assert problems == []
    assert len(as_csv(found).splitlines()) == 3001
    assert spent < 20, "seconds of processor time"
    named = {s.driver for s in found.growth.strengths if s.steady}
    assert "permits" in named
    assert len(named) <= 12, "126 columns are noise"
