"""A new plan holds what the lab knows, and nothing that the other tables do not hold."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests import small
from winlab.draft import draft_plan
from winlab.problems import Stopped
from winlab.read import read_plan, read_workspace
from winlab.source import parse_yaml


def drafted(folder: Path, rows: str, prices: tuple[str, str] = ("", "")) -> object:
    named = ('products = "products.csv"', 'products = "products.csv"\npurchases = "purchases.csv"')
    small.write(folder, {"winlab.toml": named, "products.csv": prices})
    (folder / "purchases.csv").write_text("account,year,product,volume,revenue,currency\n" + rows)
    parsed, problems = parse_yaml(draft_plan("A-1", read_workspace(folder)), "new.yaml")
    assert problems == []
    assert isinstance(parsed.tree, dict)
    return parsed.tree.get("products")


def test_purchases_of_a_product_that_is_not_sold_any_more_are_passed_over(tmp_path: Path) -> None:
    rows = "A-1,2026,P-9,5,20,USD\nA-1,2026,P-1,30,130,USD\n"
    assert drafted(tmp_path, rows) == [
        {"id": "P-1", "volume": {"current": "30", "potential": "100", "unit": "t/a"}}
    ]


def test_without_purchases_a_product_of_the_industry_is_proposed(tmp_path: Path) -> None:
    assert drafted(tmp_path / "sold", "A-1,2026,P-9,5,20,USD\n") == [
        {"id": "P-1", "volume": {"current": "0", "potential": "100", "unit": "t/a"}}
    ]
    assert drafted(tmp_path / "unsold", "", ("P-1,P-1", "P-2,P-2")) is None


BLANKS = """\
meeting: 2027-01-14
objective: {action: Approve a trial, by: 2027-02-15}
pains: [{words: We lose a shift., assumed: true}]
"""
CONTACTS = """\
contacts:
  - {name: N, title: T, role: factory-manager, buying: user, influence: high, stance: unknown}
"""


@pytest.mark.parametrize(
    "name",
    [
        "null", "true", "2026-12-01", "Line\none", "Line\r\none", 'the "big" one', "it's", "a: b",
        "a # b", "#1 Latex", "- dash", "{brace}", "[list]", "& amp", "*star", "!tag", "%percent", "@at",
        "back\\slash", "tab\there", "line\u2028break", "no\u00a0break", "zero\u200bwidth",
        "\ufeffbom", "Süd ⅞ 北京", "北京", "🏭 Works", "x" * 200, "--- doc", "? key", "| bar", "> fold",
    ],
)  # fmt: skip
def test_a_draft_reads_back_whatever_the_tables_hold(tmp_path: Path, name: str) -> None:
    small.write(tmp_path)
    with (tmp_path / "accounts.csv").open(newline="") as file:
        header, first, *_ = csv.reader(file)
    cells = dict(zip(header, first, strict=True))
    cells |= {"name": name, "site": name, "kpi_period": name, "contact": name,
              "contact_title": name, "contact_role": "factory-manager"}  # fmt: skip
    with (tmp_path / "accounts.csv").open("w", newline="") as file:
        csv.writer(file).writerows([cells.keys(), cells.values()])
    text = draft_plan("A-1", read_workspace(tmp_path))
    contacts = "" if "\ncontacts:" in text else CONTACTS
    (tmp_path / "plans/new.yaml").write_text(text + contacts + BLANKS, newline="")
    plan = read_plan(tmp_path / "plans/new.yaml", tmp_path).plan
    assert (plan.account, plan.rep) == ("A-1", "ann")
    shown = re.sub(r"[\r\n\t\u2028]+", " ", name)
    assert plan.site == shown
    assert contacts or plan.contacts[0].name == shown
    assert [figure.value for figure in plan.baseline] == [14]


def test_figures_are_drafted_with_the_digits_that_a_plan_may_hold(tmp_path: Path) -> None:
    changes = {"accounts.csv": ("false,2026,14", "false,2026,0.1234567890123456789")}
    text = draft_plan("A-1", read_workspace(small.write(tmp_path, changes)))
    assert "{kpi: downtime, value: 0.123456789, unit" in text


def test_an_account_that_no_plan_can_name_is_not_drafted(tmp_path: Path) -> None:
    found = read_workspace(small.write(tmp_path, {"accounts.csv": ("A-1,", "A/1: x,")}))
    with pytest.raises(Stopped) as stopped:
        draft_plan("A/1: x", found)
    [problem] = stopped.value.problems
    assert (problem.code, str(problem.place)) == ("bad-name", "accounts.csv:2")
