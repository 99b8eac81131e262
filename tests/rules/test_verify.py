"""Verification in words: what nobody covers, what two rules claim, what never matches."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from tests.rules import FACTS, rule, source, table
from winlab.facts import Facts
from winlab.inputs import Hit, TableSource
from winlab.problems import Place, Severity
from winlab.rules.verify import Finding, Kind, unused_facts, verify

D = Decimal


def said(table_source: TableSource, frame: pd.DataFrame | None = None) -> list[tuple[str, str]]:
    return [(str(found.kind), found.sentence) for found in verify(table(table_source), frame)]


def test_a_complete_table_has_no_findings() -> None:
    complete = source(
        rule("a", {"market.growth": ">= 8%", "market.share": "< 15%"}),
        rule("b", {"market.growth": "< 8%", "market.share": "< 15%"}),
        rule("c", {"market.share": ">= 15%"}),
    )
    assert said(complete) == []


def test_a_gap_with_its_markets() -> None:
    rules = source(
        rule("a", {"market.growth": "< 3%"}),
        rule("b", {"market.growth": ">= 3%", "market.share": "< 30%"}),
        rule("c", {"market.growth": ">= 8%", "market.share": ">= 30%"}),
    )
    frame = pd.DataFrame(
        {"market.growth": [0.05, 0.0799, 0.079, 0.03, 0.2, None],
         "market.share": [0.35, 0.9, 0.3, 0.29, 0.4, 0.4]}
    )  # fmt: skip
    (found,) = verify(table(rules), frame)
    assert found.kind is Kind.GAP
    assert found.sentence == (
        "Nobody covers growth in [3%..8%) with share ≥ 30% (for example 5%, 60%):"
        " 2 micromarkets today."
    )
    assert found.witness == {"market.growth": D("0.05"), "market.share": D("0.6")}
    assert found.touched == 2


def test_a_table_with_an_else_has_no_gap() -> None:
    only = rule("a", {"market.growth": "< 3%"})
    assert [kind for kind, _ in said(source(only))] == ["gap"]
    assert said(source(only, otherwise={"is": "rest"})) == []


def test_a_gap_among_words_and_days() -> None:
    words = source(rule("a", {"account.industry": "plastics", "account.credit_block": "false"}))
    assert {sentence for _, sentence in said(words)} == {
        "Nobody covers industry paints-coatings or water-treatment (for example paints-coatings).",
        "Nobody covers industry plastics with credit block true (for example plastics, true).",
    }
    days = source(rule("a", {"account.customer_since": "not([2026-01-01..2026-03-31])"}))
    assert said(days) == [
        ("gap", "Nobody covers customer since in [2026-01-01..2026-03-31]"
         " (for example 2026-01-01).")
    ]  # fmt: skip


def test_a_gap_of_one_step_is_none_but_a_gap_of_one_value_is() -> None:
    assert said(source(rule("a", {"account.open_complaints": "<= 2"}),
                       rule("b", {"account.open_complaints": ">= 3"}))) == []  # fmt: skip
    one = source(rule("a", {"account.open_complaints": "< 2"}),
                 rule("b", {"account.open_complaints": "> 2"}))  # fmt: skip
    assert said(one) == [("gap", "Nobody covers open complaints of 2 (for example 2).")]


def test_missing_values_are_a_pass_of_their_own() -> None:
    rules = source(
        rule("known", {"market.growth": "not(null)"}),
        rule("blocked", {"market.growth": "null", "account.credit_block": "true"}),
    )
    assert said(rules) == [
        ("gap", "Nobody covers growth missing with credit block false (for example missing,"
         " false).")
    ]  # fmt: skip
    clash = source(rule("a", {"market.growth": "null"}), rule("b", {"market.share": "null"}),
                   otherwise={"is": "c"})  # fmt: skip
    assert said(clash) == [
        ("conflict", "Two rules match and disagree, a and b, for growth missing with share"
         " missing (for example missing, missing).")
    ]  # fmt: skip


def test_conflict_overlap_and_subsumed_under_unique() -> None:
    rules = (
        rule("a", {"market.growth": ">= 5%"}, {"play": "x"}),
        rule("b", {"market.growth": "[8%..20%]", "market.share": "< 15%"}, {"play": "y"}),
        rule("c", {"market.growth": "< 6%"}, {"play": "x"}),
        rule("d", {"market.growth": "> 50%"}, {"play": "x"}),
    )
    assert said(source(*rules)) == [
        ("conflict", "Two rules match and disagree, a and b, for growth in [8%..20%] with share"
         " < 15% (for example 14%, 7%)."),
        ("overlap", "Two rules match, with the same result, a and c, for growth in [5%..6%)"
         " (for example 5.5%)."),
        ("subsumed", "d adds nothing: a covers all of it and says the same."),
    ]  # fmt: skip


def test_subsumed_by_several_rules_together() -> None:
    rules = (
        rule("low", {"market.growth": "< 8%"}, {"play": "x"}),
        rule("high", {"market.growth": ">= 8%"}, {"play": "x"}),
        rule("other", {"market.share": "> 90%"}, {"play": "x"}),
        rule("middle", {"market.growth": "[5%..10%]", "market.share": "< 15%"}, {"play": "x"}),
        rule("unlike", {"market.growth": "null"}, {"play": "y"}),
    )
    assert [words for kind, words in said(source(*rules, hit=Hit.ANY)) if kind == "subsumed"] == [
        "middle adds nothing: low and high together cover all of it and say the same."
    ]
    missing = rule("each", {"market.share": "< 15%"}, {"play": "x"})
    found = verify(table(source(*rules[:2], missing, hit=Hit.ANY)))
    assert Kind.SUBSUMED not in {finding.kind for finding in found}  # true of a missing growth


def test_of_rules_that_say_the_same_the_later_ones_are_subsumed_and_all_may_go() -> None:
    thrice = [rule(name, {"market.growth": "< 8%"}, {"play": "x"}) for name in ("a", "b", "c")]
    found = said(source(*thrice, otherwise={"play": "y"}))
    assert found == [
        ("subsumed", "c adds nothing: a covers all of it and says the same."),
        ("subsumed", "b adds nothing: a covers all of it and says the same."),
    ]


def test_subsumed_under_first_by_what_would_win_next() -> None:
    rules = (
        rule("a", {"market.growth": "< 3%"}, {"play": "x"}),
        rule("b", {"market.share": "< 15%"}, {"play": "y"}),
        rule("c", {"market.growth": "< 8%"}, {"play": "x"}),
        rule("d", {}, {"play": "x"}),
    )
    assert said(source(*rules, hit=Hit.FIRST)) == [
        ("subsumed", "c adds nothing: without it d says the same.")
    ]


def test_subsumed_under_priority_where_it_wins() -> None:
    rules = (
        rule("top", {"market.growth": ">= 8%"}, {"risk": "high"}),
        rule("wide", {"market.growth": "< 8%"}, {"risk": "low"}),
        rule("all", {"market.growth": "[2%..10%]"}, {"risk": "low"}),
    )
    made = source(*rules, hit=Hit.PRIORITY, priority=("high", "low"))
    assert said(made) == [("subsumed", "all adds nothing: without it wide says the same.")]


def test_a_rule_that_replaces_what_never_matches_with_it() -> None:
    rules = (
        rule("a", {"account.industry": "plastics"}),
        rule("b", {"account.industry": "water-treatment"}, replaces="a"),
    )
    assert said(source(*rules, hit=Hit.COLLECT, otherwise={})) == [
        ("replaces-nothing", "b replaces a, but the two never match together.")
    ]


def test_rows_are_called_what_they_are() -> None:
    frame = pd.DataFrame({"market.growth": [0.5, 0.6]})
    (found,) = verify(table(source(rule("a", {"market.growth": "< 1%"}), otherwise={"is": "b"})),
                      frame, rows="customer")  # fmt: skip
    assert found.sentence == "a matches none of today's 2 customers."


def test_masked_by_the_union_of_those_above() -> None:
    rules = (
        rule("low", {"market.growth": "< 8%"}),
        rule("high", {"market.growth": "> 6%"}),
        rule("middle", {"market.growth": "[5%..10%]"}),
        rule("blank", {"market.growth": "null"}),
    )
    assert said(source(*rules, hit=Hit.FIRST)) == [
        ("unreachable", "middle never wins: low and high go before it and take all of it.")
    ]


def test_a_rule_whose_tests_exclude_each_other() -> None:
    never = rule("a", {"market.growth": "> 8%"}, unless={"market.growth": "> 5%"})
    assert said(source(never, otherwise={"is": "b"})) == [
        ("unreachable", "a can never match: its conditions on growth exclude each other.")
    ]


def test_priority_conflicts_only_where_nothing_better_matches() -> None:
    def made(third: str) -> TableSource:
        return source(
            rule("a", {"market.growth": ">= 5%"}, {"risk": "low", "then": "x"}),
            rule("b", {"market.growth": ">= 8%"}, {"risk": "low", "then": "y"}),
            rule("c", {"market.growth": third}, {"risk": "high", "then": "z"}),
            hit=Hit.PRIORITY, priority=("high", "low"), otherwise={"risk": "none"},
        )  # fmt: skip

    found = [f for f in verify(table(made(">= 20%"))) if f.kind is Kind.CONFLICT]
    assert [f.rules for f in found] == [("a", "b")]
    assert D("0.08") <= D(str(found[0].witness["market.growth"])) < D("0.2")
    covered = verify(table(made(">= 7%")))
    assert [(f.kind, f.rules[0]) for f in covered] == [(Kind.UNREACHABLE, "b")]


def test_a_rule_that_is_always_replaced() -> None:
    rules = (
        rule("narrow", {"account.industry": "plastics"}),
        rule("wide", {"account.industry": "plastics, water-treatment"}, replaces="narrow"),
    )
    (found,) = verify(table(source(*rules, hit=Hit.COLLECT, otherwise={})))
    assert (found.kind, found.rules) == (Kind.UNREACHABLE, ("narrow", "wide"))


def test_rules_that_fire_nowhere_today() -> None:
    rules = (rule("a", {"market.growth": "< 8%"}), rule("b", {"market.growth": ">= 8%"}))
    low = pd.DataFrame({"market.growth": [0.01, 0.02]})
    assert said(source(*rules), low) == [
        ("idle", "b matches none of today's 2 micromarkets.")
    ]  # fmt: skip
    unknown = pd.DataFrame({"market.growth": [0.01, None]})
    assert said(source(*rules), unknown) == []


def test_a_spent_budget_says_so_and_still_shows_a_gap() -> None:
    rules = [rule(f"r{i}", {"market.growth": f"{i}%", "market.share": f"{i}%"}) for i in range(50)]
    found = verify(table(source(*rules)), budget=1000)
    assert [f.kind for f in found] == [Kind.GAP, Kind.INCOMPLETE]
    assert found[0].sentence == (
        "Nobody covers growth < 0% or > 0% with share < 1%, in (1%..2%), in (2%..3%), in (3%..4%),"
        " in (4%..5%), in (5%..6%), in (6%..7%) or 43 more intervals (for example -20%, 0%)."
    )
    assert "was not searched to the end for gaps:" in found[1].sentence
    assert "there may be more" in found[1].sentence
    (nothing,) = verify(table(source(*rules)), budget=10)
    assert nothing.kind is Kind.INCOMPLETE
    assert "rules that match together and gaps" in nothing.sentence


def test_the_most_affected_first() -> None:
    rules = source(rule("a", {"account.industry": "plastics"}))
    frame = pd.DataFrame({"account.industry": ["plastics"]})
    doubled = source(
        rule("a", {"account.industry": "plastics"}), rule("b", {"account.industry": "plastics"}),
        rule("c", {"market.growth": "> 90%"}),
    )  # fmt: skip
    assert verify(table(rules), frame)[0].kind is Kind.GAP
    frame = pd.DataFrame({"account.industry": ["plastics"], "market.growth": [0.1]})
    found = [f for f in verify(table(doubled), frame) if f.kind is Kind.CONFLICT]
    assert [(f.rules, f.touched) for f in found] == [
        (("a", "b"), 1), (("a", "c"), 0), (("b", "c"), 0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "severity"),
    [(Kind.CONFLICT, Severity.ERROR), (Kind.GAP, Severity.WARNING), (Kind.IDLE, Severity.NOTE)],
)
def test_as_problems(kind: Kind, severity: Severity) -> None:
    problem = Finding(kind, "t", "Something is wrong.").problem(Place("t.yaml", 3, 4))
    assert (problem.severity, problem.code) == (severity, f"rules-{kind}")
    assert str(problem.place) == "t.yaml:3:4"
    assert problem.hint


def test_a_problem_stands_at_the_later_of_two_rules() -> None:
    two = [rule("a", {}), replace(rule("b", {}), place=Place("t.yaml", 9, 5))]
    (found,) = verify(table(source(*two)))
    assert str(found.problem(Place("t.yaml", 1, 1)).place) == "t.yaml:9:5"
    (gap,) = verify(table(source(rule("a", {"market.growth": "< 1%"}))))
    assert str(gap.problem(Place("t.yaml", 1, 1)).place) == "t.yaml:1:1"


def test_facts_that_no_table_tests() -> None:
    two = Facts({name: FACTS[name] for name in ("market.growth", "market.share")})
    tables = [table(source(rule("a", {"market.growth": "> 5%", "market.share": "-"})))]
    assert [found.sentence for found in unused_facts(tables, two)] == [
        "No rule tests market.share (Our market share)."
    ]
