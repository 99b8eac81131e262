"""Dirty tables: each fault is a problem at its place, and no row goes without a word."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.towns import MARKETS, SALES, square_topology, surveyed, write
from winlab.files import Reader
from winlab.marketdata import read_survey, rough


def test_clean_tables_give_no_problem(tmp_path: Path) -> None:
    survey, problems = surveyed(tmp_path)
    assert problems == []
    assert survey is not None
    assert survey.history.periods == ("2016", "2017")
    assert list(survey.history.own.loc["b"]) == [50, 40]
    assert list(survey.drivers["people"]) == [10, 20, 30]


def test_an_id_used_twice_is_an_error_with_its_line(tmp_path: Path) -> None:
    _, problems = surveyed(tmp_path, {"markets.csv": MARKETS + "b,Bee again,North,5\n"})
    assert problems == ["markets.csv:5:1: error: the id 'b' is used twice [duplicate-id]"]


def test_ids_that_differ_in_spelling_only_are_one_market(tmp_path: Path) -> None:
    markets = "id,name,region,people\nO’Brien,O’Brien,North,1\no'brien,Obrien,North,2\n"
    _, problems = surveyed(tmp_path, {"markets.csv": markets, "sales.csv": "id,year,market,own\n"})
    assert problems[0] == (
        "markets.csv:3:1: error: the id \"o'brien\" is the same as 'O’Brien' but for spelling "
        "[duplicate-id]"
    )


def test_a_name_in_other_case_or_apostrophe_finds_its_market(tmp_path: Path) -> None:
    markets = "id,name,region,people\nO'Brien,O'Brien,North,1\nDe Witt,De Witt,North,2\n"
    sales = (
        "id,year,market,own\nO’BRIEN,2016,100,10\nO’BRIEN,2017,120,12\nde  witt,2016,50,5\n"
        "De Witt,2017,60,6\n"
    )
    survey, problems = surveyed(tmp_path, {"markets.csv": markets, "sales.csv": sales})
    assert problems == [
        "sales.csv:2:1: warning: 'O’BRIEN' is taken for the market \"O'Brien\" (2 times) "
        "[spelt-otherwise]",
        "sales.csv:4:1: warning: 'de  witt' is taken for the market 'De Witt' [spelt-otherwise]",
    ]
    assert survey is not None
    assert list(survey.history.own.loc["O'Brien"]) == [10, 12]


def test_rows_of_unknown_markets_are_named(tmp_path: Path) -> None:
    _, problems = surveyed(tmp_path, {"sales.csv": SALES + "zz,2016,1,1\nzz,2017,1,1\n"})
    assert problems == [
        "sales.csv:8:1: warning: the row speaks of the market 'zz', which markets.csv does not "
        "list, so it is not used (2 times) [unknown-market]"
    ]


def test_negative_sales_count_as_missing(tmp_path: Path) -> None:
    sales = SALES.replace("a,2017,110,12", "a,2017,110,-12")
    survey, problems = surveyed(tmp_path, {"sales.csv": sales})
    assert problems == [
        "sales.csv:3:4: warning: own: -12 is below 0, so it counts as missing [negative]"
    ]
    assert survey is not None
    assert list(survey.history.own.loc["a"].isna()) == [False, True]


def test_own_sales_above_the_market_leave_no_share(tmp_path: Path) -> None:
    survey, problems = surveyed(
        tmp_path, {"sales.csv": SALES.replace("c,2017,60,25", "c,2017,60,61")}
    )
    assert problems == [
        "sales.csv:7:4: warning: own sales of 61 in 'c' are more than the market of 60, so its "
        "share counts as missing then [own-above-market]"
    ]
    assert survey is not None
    assert survey.history.market.loc["c", "2017"] == 60, "the market's growth stays known"
    assert list(survey.history.own.loc["c"].isna()) == [False, True]


def test_a_market_with_one_year_and_one_with_none_are_named(tmp_path: Path) -> None:
    sales = "id,year,market,own\na,2016,100,10\na,2017,110,12\nb,2017,200,50\n"
    _, problems = surveyed(tmp_path, {"sales.csv": sales})
    assert problems == [
        "sales.csv:1:1: warning: 'c': no market size at all: neither share nor growth is known "
        "there [no-history]",
        "sales.csv:1:1: warning: 'b': the size of one period only: growth there is forecast "
        "without its past [one-period]",
    ]


def test_the_same_period_twice_is_an_error(tmp_path: Path) -> None:
    _, problems = surveyed(tmp_path, {"sales.csv": SALES + "a,2017,1,1\n"})
    assert problems == [
        "sales.csv:8:2: error: 'a' has two rows for 2017; the other is in line 3 [duplicate-row]"
    ]


def test_what_is_no_period_or_number_is_an_error_at_its_cell(tmp_path: Path) -> None:
    sales = SALES.replace("a,2016,100,10", "a,16,100,10").replace("b,2016,200", "b,2016,2OO")
    _, problems = surveyed(tmp_path, {"sales.csv": sales})
    assert problems == [
        "sales.csv:2:2: error: '16' is neither a year nor a quarter [no-period]",
        "sales.csv:4:3: error: market: '2OO' is not a number [wrong-type]",
        "sales.csv:1:1: warning: 'a', 'b': the size of one period only: growth there is forecast "
        "without its past [one-period]",
    ]


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (("", "", ""), "is empty everywhere"),
        (("7", "7", "7"), "is the same everywhere"),
        (("1", "", ""), "is missing for 67% of the markets"),
    ],
)
def test_drivers_that_say_nothing_are_left_out(
    tmp_path: Path, cells: tuple[str, str, str], what: str
) -> None:
    rows = "".join(f"{m},{m},North,{cell}\n" for m, cell in zip("abc", cells, strict=True))
    survey, problems = surveyed(tmp_path, {"markets.csv": "id,name,region,people\n" + rows})
    assert problems == [
        f"score.yaml:{problems[0].split(':')[1]}:3: warning: the driver 'people' {what}, so it is "
        "left out [useless-driver]"
    ]
    assert survey is not None
    assert list(survey.drivers.columns) == []


def test_a_column_that_is_not_there_is_an_error_in_score_yaml(tmp_path: Path) -> None:
    drivers = [{"id": "x", "label": "x", "column": "pepole", "high": "h", "low": "l"}]
    _, problems = surveyed(tmp_path, drivers=drivers)
    (problem,) = problems
    assert problem.startswith("score.yaml:")
    assert "no table of markets has a column 'pepole' [no-column]" in problem


def test_two_tables_that_name_a_market_otherwise_are_warned_of(tmp_path: Path) -> None:
    more = "id,name,reps\na,ay,1\nb,Beta,2\n"
    tables = {
        "files": ["markets.csv", "levers.csv"],
        "id": "id",
        "name": "name",
        "region": "region",
        "industry": "x",
    }
    _, problems = surveyed(tmp_path, {"levers.csv": more}, markets=tables)
    assert problems == [
        "levers.csv:1:1: warning: levers.csv has no row for 'c'; its figures count as missing there [no-row]",
        "levers.csv:2:2: note: 'ay' is spelt 'Ay' in another table [spelt-otherwise]",
        "levers.csv:3:2: warning: the market 'b' is called 'Beta' here and 'Bee' elsewhere [name-differs]",
    ]


def test_quarters_are_kept_or_summed_to_years_in_a_seasonal_business(tmp_path: Path) -> None:
    rows = [f"{m},2017-Q{q},{100 * q},{10 * q}" for m in "abc" for q in (1, 2, 3, 4)]
    rows += ["a,2018-Q1,500,50"]
    sales = {"sales.csv": "id,year,market,own\n" + "\n".join(rows) + "\n"}
    table = {"file": "sales.csv", "id": "id", "period": "year", "market": "market", "own": "own"}
    by_quarter, _ = surveyed(tmp_path, sales, history=table)
    assert by_quarter is not None
    assert by_quarter.history.periods == ("2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1")
    assert by_quarter.years.loc["a", "2017"] == 1000
    assert by_quarter.years.isna().loc["a", "2018"], "one quarter is no year"
    by_year, _ = surveyed(tmp_path, sales, history={**table, "seasonal": True})
    assert by_year is not None
    assert by_year.history.own.loc["b", "2017"] == 100


def test_lines_of_business_that_do_not_sum_to_the_whole_are_warned_of(tmp_path: Path) -> None:
    lines = "id,year,line,market,own\na,2017,roof,60,6\na,2017,wall,50,4\n"
    table = {
        "file": "lines.csv",
        "id": "id",
        "period": "year",
        "market": "market",
        "own": "own",
        "line": "line",
    }
    survey, problems = surveyed(tmp_path, {"lines.csv": lines}, lines=table)
    assert survey is not None
    assert sorted(survey.lines) == ["roof", "wall"]
    assert any("own sales by line sum to 10 in 2017, not to 77" in p for p in problems)


def test_travel_is_weighed_by_visits_and_read_in_miles(tmp_path: Path) -> None:
    travel = "id,miles,visits\na,10,3\nb,30,1\n"
    survey, problems = surveyed(
        tmp_path, {"travel.csv": travel},
        travel={"file": "travel.csv", "id": "id", "distance": "miles", "visits": "visits", "unit": "mi"},
    )  # fmt: skip
    assert problems == []
    assert survey is not None
    assert survey.travel == {"North": pytest.approx(15 * 1.609344)}


def test_markets_without_a_shape_are_named(tmp_path: Path) -> None:
    survey, problems = surveyed(
        tmp_path, {"shapes.json": square_topology(["a", "b"])}, shapes={"file": "shapes.json", "object": "towns"}
    )  # fmt: skip
    assert problems == ["shapes.json: warning: there is no shape for 'c' [no-shape]"]
    assert survey is not None
    assert survey.atlas is not None
    assert survey.atlas.neighbours["a"] == {"b"}


def test_overrides_name_markets_and_resources_that_exist(tmp_path: Path) -> None:
    override = {"because": "They build.", "by": "Ann", "date": "2019-01-01"}
    _, problems = surveyed(
        tmp_path, overrides=[{"market": "q", **override}, {"market": "a", "keep": ["cars"], **override}]
    )  # fmt: skip
    assert [p.partition(": ")[2] for p in problems] == [
        "error: there is no market 'q' [unknown-market]",
        "error: there is no resource 'cars' [unknown-resource]",
    ]


def test_tables_may_be_excel_sheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in SALES.replace("12\n", "999\n").splitlines():
        sheet.append([int(c) if c.isdigit() else c for c in line.split(",")])
    book.save(tmp_path / "sales.xlsx")
    table = {"file": "sales.xlsx", "id": "id", "period": "year", "market": "market", "own": "own"}
    survey, problems = surveyed(tmp_path, history=table)
    assert problems == [
        "sales.xlsx:Sheet!D3: warning: own sales of 999 in 'a' are more than the market of 110, so "
        "its share counts as missing then [own-above-market]"
    ]
    assert survey is not None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8_683_462, "8.68 million"),
        (230_477_909, "230 million"),
        (1_234, "1.23 thousand"),
        (999.6e3, "1.00 million"),
        (12, "12"),
    ],
)
def test_amounts_are_told_with_three_digits(value: float, text: str) -> None:
    assert rough(value) == text


def test_a_list_without_markets_is_one_problem(tmp_path: Path) -> None:
    survey, problems = surveyed(tmp_path, {"markets.csv": "id,name,region,people\n"})
    assert survey is None
    assert problems == ["markets.csv:1:1: error: markets.csv lists no market [no-rows]"]


def test_many_markets_that_nobody_lists_are_told_at_once(tmp_path: Path) -> None:
    more = "".join(f"x{k},{year},1,1\n" for k in range(40) for year in (2016, 2017))
    _, problems = surveyed(tmp_path, {"sales.csv": SALES + more})
    assert problems == [
        "sales.csv:8:1: warning: 80 rows speak of 40 markets that markets.csv does not list "
        "('x0', 'x1', 'x2' and 37 more markets), so they are not used [unknown-market]"
    ]


@pytest.mark.parametrize(
    ("cell", "said", "fix"),
    [
        ("5%", "error: people: '5%' is not a number [wrong-type]", "write it without the sign"),
        ("n/a", "error: people: 'n/a' is not a number [wrong-type]", "leave the cell empty"),
        ("NaN", "error: people: 'NaN' is not a number [wrong-type]", "leave the cell empty"),
        ('"1,200"', "error: people: '1,200' is not a number [wrong-type]", "separators, 1200"),
        ("inf", "warning: people: 'inf' cannot be right, so it counts as missing [too-large]",
         "correct it"),
        ("-1e308", "warning: people: '-1e308' cannot be right, so it counts as missing "
         "[too-large]", "correct it"),
    ],
)  # fmt: skip
def test_a_cell_that_is_no_number_is_told_with_its_fix(
    tmp_path: Path, cell: str, said: str, fix: str
) -> None:
    reader = Reader(tmp_path)
    read_survey(reader, write(tmp_path, {"markets.csv": MARKETS.replace("20", cell)}), "USD")
    first, _, hint = str(reader.problems[0]).partition("\n")
    assert first == f"markets.csv:3:4: {said}"
    assert fix in hint
    assert [p.code for p in reader.problems[1:]] == []


def test_the_same_slip_in_a_column_is_told_once(tmp_path: Path) -> None:
    markets = MARKETS.replace("10", "n/a").replace("30", "n/a")
    _, problems = surveyed(tmp_path, {"markets.csv": markets})
    assert [problem for problem in problems if "error" in problem] == [
        "markets.csv:2:4: error: people: 'n/a' is not a number (2 times) [wrong-type]"
    ]


@pytest.mark.parametrize("given", ["=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1"])
def test_an_id_that_a_spreadsheet_would_run_is_refused(tmp_path: Path, given: str) -> None:
    _, problems = surveyed(tmp_path, {"markets.csv": MARKETS.replace("b,Bee", f"{given},Bee")})
    assert (
        f"markets.csv:3:1: error: a spreadsheet would read the id {given!r} as a formula [bad-id]"
    ) in problems


def test_shapes_of_another_country_are_refused(tmp_path: Path) -> None:
    _, problems = surveyed(
        tmp_path, {"shapes.json": square_topology(["DE1", "DE2"])},
        shapes={"file": "shapes.json", "object": "towns"},
    )  # fmt: skip
    assert problems == [
        "shapes.json: error: no shape has the id of a market: there 'DE1', 'DE2', here 'a', 'b', "
        "'c' [no-shape]"
    ]


LEVER = {"id": "price", "label": "price", "column": "price", "ease": "easy",
         "why_low": "low", "why_high": "high"}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "said"),
    [(("", "", ""), "is empty everywhere"), (("1", "1", "1"), "is the same everywhere"),
     (("1", "", ""), "is missing for 67% of the markets")],
)  # fmt: skip
def test_a_lever_that_says_nothing_is_left_out(
    tmp_path: Path, cells: tuple[str, ...], said: str
) -> None:
    lines = MARKETS.splitlines()
    rows = [f"{line},{cell}" for line, cell in zip(lines, ("price", *cells), strict=True)]
    survey, problems = surveyed(tmp_path, {"markets.csv": "\n".join(rows) + "\n"}, levers=[LEVER])
    assert survey is not None
    assert survey.levers.columns.empty
    assert problems == [
        f"score.yaml:28:3: warning: the lever 'price' {said}, so it is left out [useless-lever]"
    ]


def test_ids_stand_once_and_are_no_column_of_the_scored_table(tmp_path: Path) -> None:
    resource = {"id": "share", "label": "R", "column": "people", "max_cut": "0", "max_raise": "0"}
    _, problems = surveyed(
        tmp_path, levers=[{**LEVER, "id": "growth", "column": "people"}, {**LEVER, "column": "people"},
                          {**LEVER, "column": "people"}], resources=[resource],
    )  # fmt: skip
    assert [problem.partition("error: ")[2] for problem in problems] == [
        "levers: 'growth' is a column that winlab score writes itself [reserved-id]",
        "levers: the id 'price' is used twice [duplicate-id]",
        "resources: 'share' is a column that winlab score writes itself [reserved-id]",
    ]


@pytest.mark.parametrize(
    ("closes", "said"),
    [
        ({"low": "0.3", "base": "0.2", "high": "0.4"}, "0.3, 0.2 and 0.4 are not in order"),
        ({"low": "0.1", "base": "0.2", "high": "5"}, "input should be less than or equal to 1"),
    ],
)
def test_an_assumption_is_a_range_of_parts(
    tmp_path: Path, closes: dict[str, str], said: str
) -> None:
    survey, problems = surveyed(tmp_path, uplift={"closes": closes, "because": "x"})
    assert survey is None
    assert len(problems) == 1
    assert said in problems[0]
    assert problems[0].startswith("score.yaml:2")


@pytest.mark.parametrize("period", ["0000", "18", "2018-Q5", "2018-13", "9999"])
def test_a_period_is_a_year_or_a_quarter(tmp_path: Path, period: str) -> None:
    _, problems = surveyed(tmp_path, {"sales.csv": SALES.replace("a,2016", f"a,{period}")})
    assert problems[0] == (
        f"sales.csv:2:2: error: {period!r} is neither a year nor a quarter [no-period]"
    )
