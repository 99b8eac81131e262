"""Traces: every test ticked, one sentence in plain words, and why not another rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.rules import FACTS, GROWTH, rule, source, table
from winlab.facts import Audience, Facts, Value
from winlab.inputs import Hit
from winlab.rules.trace import sentence, trace, why_not

D = Decimal
GROUPS = source(
    rule("hot-spots", {"market.growth": ">= 8%", "market.share": "< 15%",
                       "market.competitive_intensity": "<= medium"}),
    rule("steady", {"market.share": ">= 15%", "market.competitive_intensity": "<= medium"}),
    rule("quiet", {"market.growth": "< 8%", "market.share": "< 15%"}),
)  # fmt: skip
HOT: dict[str, Value | None] = {
    "market.growth": D("0.1104"), "market.share": D("0.12"), "market.competitive_intensity": "low",
}  # fmt: skip


def test_every_test_is_ticked_with_value_and_place() -> None:
    found = trace(table(GROUPS), {**HOT, "market.share": None})
    assert [each.result for each in found.rules] == ["unknown", "unknown", "failed"]
    assert [(c.fact, c.test, c.value, c.result, c.source) for c in found.rules[0].clauses] == [
        ("market.growth", ">= 8%", "11 %", "true", "t.yaml:1:20"),
        ("market.share", "< 15%", "missing", "unknown", "t.yaml:2:20"),
        ("market.competitive_intensity", "<= medium", "low", "true", "t.yaml:3:20"),
    ]


def test_a_rule_that_matched_but_lost_is_outranked() -> None:
    rules = (rule("a", {"market.growth": "> 5%"}), rule("b", {}))
    found = trace(table(source(*rules, hit=Hit.FIRST)), HOT)
    assert [each.result for each in found.rules] == ["matched", "outranked"]
    assert why_not(found, "b") == ["it matches, but a goes before it"]


def test_one_sentence() -> None:
    assert sentence(trace(table(GROUPS), HOT), FACTS, Audience.LAB) == (
        "forecast growth of demand is 11 %, at least 8 %; our market share is 12 %, below 15 %;"
        " competitive intensity is low, at most medium"
    )
    assert sentence(trace(table(GROUPS), {**HOT, "market.growth": None}), FACTS, Audience.LAB) == (
        "it cannot be settled until forecast growth of demand is known"
    )


@pytest.mark.parametrize(
    ("fact", "test", "value", "words"),
    [
        ("market.growth", "[3%..8%)", D("0.05"), "5 %, at least 3 % and below 8 %"),
        ("market.growth", "[3%..8%]", D("0.05"), "5 %, from 3 % to 8 %"),
        ("market.growth", "not(> 8%)", D("0.05"), "5 %, at most 8 %"),
        ("market.growth", "< 1%, > 4.5%", D("0.0523"), "5.2 %, below 1 % or above 4.5 %"),
        ("market.growth", "not(5%, 6%)", D("0.07"), "7 %, not 5 % or 6 %"),
        ("market.growth", "!= null", D("0.07"), "7 %, known"),
        ("market.growth", "null", None, "missing, not known"),
        ("account.industry", "plastics", "plastics", "plastics"),
        ("account.industry", "!= plastics", "water-treatment", "water-treatment, not plastics"),
        ("account.industry", "plastics, water-treatment", "plastics",
         "plastics, plastics or water-treatment"),
        ("market.competitive_intensity", ">= medium", "high", "high, at least medium"),
        ("account.credit_block", "true", True, "yes"),
        ("account.customer_since", ">= 2026-01-01", date(2026, 3, 1), "2026-03-01, from 2026-01-01"),
        ("plan.volume", ">= 100", D("120.04"), "120 t/a, at least 100 t/a"),
        ("account.open_complaints", "0", D(0), "0"),
        ("product.margin", "> 20%", D("22.5"), "22.5 %, above 20 %"),
    ],
)  # fmt: skip
def test_tests_in_words(fact: str, test: str, value: Value | None, words: str) -> None:
    found = trace(table(source(rule("a", {fact: test}))), {fact: value})
    assert sentence(found, FACTS, Audience.LAB).endswith(f" is {words}")


def test_an_unless_in_words() -> None:
    one = rule("a", {}, unless={"account.open_complaints": "> 0", "account.credit_block": "true"})
    compiled = table(source(one))
    free = trace(compiled, {"account.open_complaints": D(0), "account.credit_block": False})
    assert (
        sentence(free, FACTS, Audience.LAB) == "open complaints is 0, at most 0; credit block is no"
    )
    barred = trace(compiled, {"account.open_complaints": D(2), "account.credit_block": True})
    assert why_not(barred, "a") == [
        "open complaints is 2, 2 above the limit of 0", "credit block is yes; it takes no"
    ]  # fmt: skip


def test_why_not_gives_the_distance_to_the_threshold() -> None:
    found = trace(table(GROUPS), {**HOT, "market.share": D("0.18"), "market.growth": D("0.0795")})
    assert why_not(found, "hot-spots") == [
        "our market share is 18 %, 3 points above the limit of 15 %"
    ]
    low = trace(table(GROUPS), {**HOT, "market.growth": D("0.07"), "market.share": D("0.15")})
    assert why_not(low, "hot-spots") == [
        "forecast growth of demand is 7 %, 1 point below the limit of 8 %",
        "our market share is 15 %, at the limit; it takes below 15 %",
    ]
    assert why_not(trace(table(GROUPS), {**HOT, "market.growth": None}), "hot-spots") == [
        "forecast growth of demand is not known"
    ]
    assert why_not(trace(table(GROUPS), HOT), "hot-spots") == []


@pytest.mark.parametrize(
    ("fact", "test", "value", "words"),
    [
        ("market.growth", "[3%..8%), > 20%", D("0.1"), "10 %, 2 points above the limit of 8 %"),
        ("market.growth", "[3%..8%), > 20%", D("0.18"), "18 %, 2 points below the limit of 20 %"),
        ("plan.volume", ">= 100", D(90), "90 t/a, 10 t/a below the limit of 100 t/a"),
        ("account.customer_since", "< 2026-01-01", date(2026, 1, 3),
         "2026-01-03, 2 days above the limit of 2026-01-01"),
        ("account.industry", "plastics", "water-treatment", "water-treatment; it takes plastics"),
    ],
)  # fmt: skip
def test_the_nearest_threshold(fact: str, test: str, value: Value, words: str) -> None:
    found = trace(table(source(rule("a", {fact: test}))), {fact: value})
    assert why_not(found, "a")[0].endswith(f" is {words}")


def test_what_a_reader_may_not_see_is_left_out_of_the_sentence() -> None:
    seen = replace(GROWTH, audience=Audience.REP)
    facts = Facts({**FACTS.by_name, GROWTH.name: seen})
    one = source(rule("a", {"market.growth": ">= 8%", "market.share": "< 15%"}))
    found = trace(table(one, facts), HOT)
    assert sentence(found, facts, Audience.REP) == "forecast growth of demand is 11 %, at least 8 %"
    assert "share is 12 %" in sentence(found, facts, Audience.LAB)
    gap = trace(table(one, facts), {**HOT, "market.growth": D("0.02")})
    assert sentence(gap, facts, Audience.REP) == (
        "no rule covers this: forecast growth of demand is 2 %"
    )
    hidden = trace(table(source(rule("a", {"market.share": "< 15%"})), facts), HOT)
    assert sentence(hidden, facts, Audience.REP) == "it rests on what only the lab sees"


def test_default_gap_and_conflict_in_words() -> None:
    never = rule("a", {"market.growth": "> 50%"})
    gap = trace(table(source(never)), HOT)
    assert (
        sentence(gap, FACTS, Audience.LAB)
        == "no rule covers this: forecast growth of demand is 11 %"
    )
    default = trace(table(source(never, otherwise={"is": "b"})), HOT)
    assert sentence(default, FACTS, Audience.LAB).startswith(
        "no rule matches, so what else is said holds"
    )
    both = trace(table(source(rule("a", {}), rule("b", {}))), HOT)
    assert sentence(both, FACTS, Audience.LAB) == "two rules match and disagree: a and b"
