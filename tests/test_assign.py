"""Every market with its group, strategy, plays and reason; nothing that a sheet would run."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests import small
from winlab.assign import Assignment, as_csv, assign, harmless
from winlab.rulebook import compile_rules


def assigned(folder: Path, changes: dict[str, tuple[str, str]] | None = None) -> list[Assignment]:
    workspace = small.workspace(folder, changes)
    return assign(workspace, compile_rules(workspace), small.AS_OF)


def test_each_market_has_its_group_plays_and_reason(tmp_path: Path) -> None:
    found = assigned(tmp_path)
    assert [(a.market, a.peer_group, a.strategy, a.plays, a.status, a.reason) for a in found] == [
        ("m-fast", "growers", "invest", "push", "definite", "Growth of demand is 11 %, at least 8 %."),
        ("m-slow", "calm", "maintain", "keep", "definite", "Growth of demand is 2 %, below 8 %."),
        ("m-blank", "", "", "", "provisional",
         "It cannot be settled until growth of demand is known."),
    ]  # fmt: skip


def test_plays_that_hang_on_the_customer_are_candidates(tmp_path: Path) -> None:
    changes = {
        "plays/keep.yaml": ("[calm]}", "[calm, growers], when: {account.credit_block: 'true'}}")
    }
    assert [a.plays for a in assigned(tmp_path, changes)] == ["keep or push", "keep", ""]


def test_two_plays_for_one_market_are_a_conflict_and_none_a_gap(tmp_path: Path) -> None:
    both = {"plays/keep.yaml": ("[calm]}", "[calm, growers]}"),
            "plays/push.yaml": ("  unless: {account.credit_block: 'true'}\n", "")}  # fmt: skip
    assert [a.status for a in assigned(tmp_path / "a", both)][:2] == ["conflict", "definite"]
    none = {"plays/keep.yaml": ("status: live", "status: draft")}
    found = assigned(tmp_path / "b", none)[1]
    assert (found.plays, found.status) == ("", "gap")


def test_a_workspace_without_markets(tmp_path: Path) -> None:
    text = small.FILES["markets.csv"]
    accounts = small.FILES["accounts.csv"]
    changes = {"markets.csv": (text, text.split("\n")[0] + "\n"),
               "accounts.csv": (accounts, accounts.split("\n")[0] + "\n")}  # fmt: skip
    assert assigned(tmp_path, changes) == []


def test_markets_that_no_rule_tells_apart_have_their_own_reasons(tmp_path: Path) -> None:
    head = "id,name,region,industry,growth,share,growth.observed_at\n"
    rows = "".join(f"m-{i},M {i},Gulf,coatings,{i % 500 / 1000},0.1,\n" for i in range(1000))
    changes = {
        "markets.csv": (small.FILES["markets.csv"], head + rows),
        "accounts.csv": (small.FILES["accounts.csv"], small.FILES["accounts.csv"].split("\n")[0]),
    }
    found = assigned(tmp_path, changes)
    assert found[79].reason == found[579].reason == "Growth of demand is 7.9 %, below 8 %."
    assert found[80].reason == "Growth of demand is 8 %, at least 8 %."
    assert {a.plays for a in found[:80]} == {"keep"}


@pytest.mark.parametrize(
    ("text", "written"),
    [("=1+1", "'=1+1"), ("+1 555", "'+1 555"), ("-x", "'-x"), ("@sum", "'@sum"), ("\t=1", "'\t=1"),
     ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ("-5", "-5"), ("-1.25", "-1.25"), ("a=1", "a=1"), ("", "")],
)  # fmt: skip
def test_no_cell_starts_like_a_formula(text: str, written: str) -> None:
    assert harmless(text) == written


def test_csv_of_a_market_with_a_hostile_name() -> None:
    found = Assignment("m", '=HYPERLINK("x")', "Gulf", "coatings", "", "", "", "gap", "-")
    [row] = csv.DictReader(io.StringIO(as_csv([found])))
    assert (row["name"], row["reason"]) == ('\'=HYPERLINK("x")', "'-")
