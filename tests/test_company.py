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
