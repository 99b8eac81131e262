"""The company's tables: what is refused, what is passed on with a warning, and what is quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import small
from winlab.problems import Problem, Stopped
from winlab.read import read_workspace

PURCHASES = "account,year,product,volume,revenue,currency\n"


def problems(folder: Path) -> tuple[Problem, ...]:
    try:
        return read_workspace(folder).problems
    except Stopped as stopped:
        return stopped.problems


def with_purchases(folder: Path, rows: str) -> Path:
    named = ('products = "products.csv"', 'products = "products.csv"\npurchases = "purchases.csv"')
    small.write(folder, {"winlab.toml": named})
    (folder / "purchases.csv").write_text(PURCHASES + rows)
    return folder


@pytest.mark.parametrize("price", ["0", "-4.60"])
def test_a_list_price_has_to_be_above_zero(tmp_path: Path, price: str) -> None:
    small.write(tmp_path, {"products.csv": ("4.60", price)})
    assert [str(p) for p in problems(tmp_path)] == [
        "products.csv:2:4: error: list_USD: a list price has to be above 0 [price-not-positive]\n"
        "  fix: correct the cell, or leave it empty where the product is not sold"
    ]


def test_an_implausible_number_is_refused(tmp_path: Path) -> None:
    small.write(tmp_path, {"accounts.csv": ("false,2026,14", "false,2026,1e40")})
    assert [str(p) for p in problems(tmp_path)] == [
        "accounts.csv:2:12: error: kpi.downtime: '1e40' is not a number [wrong-type]\n"
        "  fix: write a number with a point, like 4.45"
    ]


@pytest.mark.parametrize(
    ("value", "code"),
    [("1.47", "outside-domain"), ("Infinity", "infinite"), ("1o47", "wrong-type")],
)
def test_values_are_quoted_only_if_reps_may_see_them(tmp_path: Path, value: str, code: str) -> None:
    changes = {"markets.csv": ("0.11,0.12", f"0.11,{value}")}
    [seen] = problems(small.write(tmp_path / "rep", changes))
    assert (seen.code, str(seen.place)) == (code, "markets.csv:2:6")
    assert value not in seen.message
    assert repr(value) in seen.hint
    lab = ("decimals: 3, audience: rep}\naccount:", "decimals: 3, audience: lab}\naccount:")
    [hidden] = problems(small.write(tmp_path / "lab", {**changes, "plays/facts.yaml": lab}))
    assert hidden.message == seen.message
    assert value not in str(hidden)


def test_purchases_of_unknown_accounts_and_products_are_told_once_each(tmp_path: Path) -> None:
    rows = "A-1,2025,P-9,5,20,USD\nA-77,2025,P-1,5,20,USD\nA-1,2026,P-9,5,20,USD\n"
    found = problems(with_purchases(tmp_path, rows))
    assert [(p.severity.value, p.code, str(p.place), p.same) for p in found] == [
        ("warning", "unknown-account", "purchases.csv:3:1", 0),
        ("warning", "unknown-product", "purchases.csv:2:3", 1),
    ]
    assert "the purchases name the product 'P-9'" in found[1].message


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("accounts.csv", "Bay Latex,", "\u00a0\u200b,", "accounts.csv:2:2: error: name: the cell shows nothing"),
        ("accounts.csv", "Bay Latex,", ",", "accounts.csv:2:2: error: name: the cell shows nothing"),
        ("accounts.csv", "Baytown", "...", "accounts.csv:2:4: error: site: the cell shows nothing"),
        ("accounts.csv", "Bay Latex,", "B" * 201 + ",", "accounts.csv:2:2: error: name: it takes at most 200 characters"),
        ("accounts.csv", "Bay Latex,", "Bay\x00Latex,", "accounts.csv:2:2: error: the text holds the control character U+0000"),
        ("reps.csv", "Ann Bell", " ", "reps.csv:2:2: error: name: the cell shows nothing"),
        ("markets.csv", "2026-11-01\nm-slow", "2026-11-14rubbish\nm-slow", "markets.csv:2:7: error: growth.observed_at: a date like 2026-12-01 is expected"),
        ("markets.csv", "2026-11-01\nm-slow", "20261114\nm-slow", "markets.csv:2:7: error: growth.observed_at: a date like 2026-12-01 is expected"),
        ("markets.csv", "2026-11-01\nm-slow", "9999-12-31\nm-slow", "markets.csv:2:7: error: growth.observed_at: a date from 1990 to 2100 is expected"),
        ("markets.csv", "0.11,0.12", "1e9999999,0.12", "markets.csv:2:5: error: growth: a number with at most 18 digits is expected"),
        ("markets.csv", "0.11,0.12", "1e-9999999,0.12", "markets.csv:2:5: error: growth: a number with at most 18 digits is expected"),
        ("products.csv", "4.60", "1e9999999", "products.csv:2:4: error: list_USD: '1e9999999' is not a number"),
    ],
)  # fmt: skip
def test_cells_that_cannot_be(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    [found] = problems(small.write(tmp_path, {file: (old, new)}))
    assert str(found).startswith(expected)
    assert found.hint


def test_a_kpi_below_its_domain_counts_as_missing(tmp_path: Path) -> None:
    changes = {"accounts.csv": ("false,2026,14", "false,2026,-14")}
    found = small.workspace(tmp_path, changes)
    assert [str(p) for p in found.problems] == [
        "accounts.csv:2:12: warning: kpi.downtime: -14 cannot be, so it counts as missing "
        "[outside-domain]\n  fix: correct the cell: the values are [0..]"
    ]
    assert found.company.accounts["A-1"].kpis == {}


def test_a_kpi_may_declare_that_it_falls_below_zero(tmp_path: Path) -> None:
    changes = {
        "accounts.csv": ("false,2026,14", "false,2026,-14"),
        "plays/kpis.yaml": ("better: lower", "domain: '[-20..]', better: lower"),
    }
    found = small.workspace(tmp_path, changes)
    assert found.problems == ()
    assert found.company.accounts["A-1"].kpis == {"downtime": -14}


def test_a_year_of_purchases_has_to_be_one(tmp_path: Path) -> None:
    [found] = problems(with_purchases(tmp_path, "A-1,20255,P-1,5,20,USD\n"))
    assert str(found).startswith("purchases.csv:2:2: warning: year: 20255 cannot be")


def test_a_fact_that_is_a_date_is_written_as_one(tmp_path: Path) -> None:
    changes = {
        "plays/facts.yaml": (
            "account:\n",
            "account:\n  since: {label: Customer since, type: date}\n",
        ),
        "accounts.csv": ("potential,", "since,potential,"),
    }
    small.write(tmp_path, changes)
    path = tmp_path / "accounts.csv"
    path.write_text(path.read_text().replace(",ann,", ",ann,2024-W01-1,"))
    assert [str(p.place) for p in problems(tmp_path)] == [
        f"accounts.csv:{n}:9" for n in (2, 3, 4, 5)
    ]
    path.write_text(path.read_text().replace("2024-W01-1", "2024-01-01"))
    assert problems(tmp_path) == ()


def test_text_under_no_name_of_a_column_is_not_passed_over(tmp_path: Path) -> None:
    changes = {
        "reps.csv": ("home_base,manager\n", "home_base,manager,,\n"),
    }
    small.write(tmp_path, changes)
    path = tmp_path / "reps.csv"
    path.write_text(
        path.read_text()
        .replace("Houston,max", "Houston,max,,note")
        .replace("Houston,\n", "Houston,,,\n")
    )
    assert [str(p) for p in problems(tmp_path)] == [
        "reps.csv:2:9: error: the cell holds text, but its column has no name in the first row "
        "[no-header]\n  fix: name the column, delete the cell, or put quotes around the cell "
        "before if that holds a comma"
    ]
