"""Tables: hit policies, three values, what is refused, fingerprints, frames."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tests.rules import FACTS, rule, source, table
from winlab.facts import Domain, Fact, Facts, FactType
from winlab.inputs import Aggregate, Hit, TableSource
from winlab.problems import Place
from winlab.rules.compile import compile_table
from winlab.rules.frame import evaluate
from winlab.rules.table import Status, worst

D = Decimal
PEER_GROUPS = source(
    rule("hot-spots", {"market.growth": ">= 8%", "market.share": "< 15%",
                       "market.competitive_intensity": "<= medium"}),
    rule("contested-growth", {"market.growth": ">= 8%", "market.share": "< 15%",
                              "market.competitive_intensity": "high"}),
    rule("strongholds-attacked", {"market.share": ">= 15%",
                                  "market.competitive_intensity": "high"}),
    rule("steady", {"market.share": ">= 15%", "market.competitive_intensity": "<= medium"}),
    rule("quiet", {"market.growth": "< 8%", "market.share": "< 15%"}),
)  # fmt: skip


def market(growth: str, share: str, intensity: str) -> dict[str, Decimal | str | None]:
    return {
        "market.growth": D(growth) if growth else None,
        "market.share": D(share) if share else None,
        "market.competitive_intensity": intensity or None,
    }


@pytest.mark.parametrize(
    ("growth", "share", "intensity", "group", "missing"),
    [
        ("0.11", "0.12", "low", "hot-spots", ()),
        ("0.08", "0.149", "medium", "hot-spots", ()),
        ("0.0795", "0.12", "low", "hot-spots", ()),
        ("0.0794", "0.12", "low", "quiet", ()),
        ("0.2", "0.1", "high", "contested-growth", ()),
        ("-0.5", "0.15", "high", "strongholds-attacked", ()),
        ("", "0.3", "low", "steady", ()),
        ("0.02", "0.1", "", "quiet", ()),
        ("", "0.1", "low", "", ("market.growth",)),
        ("0.2", "0.1", "", "", ("market.competitive_intensity",)),
        ("", "", "", "", ("market.growth", "market.share", "market.competitive_intensity")),
    ],
)
def test_peer_groups(
    growth: str, share: str, intensity: str, group: str, missing: tuple[str, ...]
) -> None:
    outcome = table(PEER_GROUPS).decide(market(growth, share, intensity))
    assert outcome.status is (Status.PROVISIONAL if missing else Status.DEFINITE)
    assert outcome.outputs == ({"is": group} if group else {})
    assert outcome.missing == missing


def test_unique_conflict_gap_default() -> None:
    rules = (
        rule("a", {"market.growth": ">= 5%"}, {"play": "x"}),
        rule("b", {"market.growth": ">= 8%"}, {"play": "y"}),
        rule("c", {"market.growth": ">= 9%"}, {"play": "y"}),
    )
    both = table(source(*rules)).decide({"market.growth": D("0.08")})
    assert (both.status, both.matched, both.outputs) == (Status.CONFLICT, ("a", "b"), {})
    assert table(source(*rules)).decide({"market.growth": D(0)}).status is Status.GAP
    other = table(source(*rules, otherwise={"play": "z"})).decide({"market.growth": D(0)})
    assert (other.status, other.outputs) == (Status.DEFAULT, {"play": "z"})
    agreeing = table(source(*rules[1:])).decide({"market.growth": D("0.1")})
    assert (agreeing.status, agreeing.matched) == (Status.DEFINITE, ("b", "c"))


def test_a_missing_value_that_changes_nothing_is_no_matter() -> None:
    rules = (rule("a", {"market.growth": ">= 8%"}, {"play": "x"}), rule("b", {}, {"play": "x"}))
    outcome = table(source(*rules)).decide({})
    assert (outcome.status, outcome.matched) == (Status.DEFINITE, ("b",))
    other = table(source(rules[0], otherwise={"play": "x"})).decide({})
    assert other.status is Status.DEFAULT


def test_conflict_goes_before_provisional() -> None:
    rules = (
        rule("a", {}, {"play": "x"}), rule("b", {}, {"play": "y"}),
        rule("c", {"market.growth": "> 5%"}, {"play": "z"}),
    )  # fmt: skip
    assert table(source(*rules)).decide({}).status is Status.CONFLICT


def test_first_is_provisional_only_above_the_winner() -> None:
    above = rule("above", {"market.growth": "> 5%"})
    always = rule("always", {})
    first = table(source(above, always, hit=Hit.FIRST)).decide({})
    assert (first.status, first.matched) == (Status.PROVISIONAL, ("always",))
    assert first.missing == ("market.growth",)
    assert table(source(always, above, hit=Hit.FIRST)).decide({}).status is Status.DEFINITE


def test_priority_follows_the_declared_order() -> None:
    rules = (
        rule("a", {"market.growth": "> 0%"}, {"risk": "low"}),
        rule("b", {"market.growth": "> 5%"}, {"risk": "high"}),
        rule("c", {"market.share": "> 5%"}, {"risk": "low"}),
    )
    compiled = table(source(*rules, hit=Hit.PRIORITY, priority=("high", "low")))
    assert compiled.decide({"market.growth": D("0.06")}).matched == ("b",)
    assert compiled.decide({"market.growth": D("0.06")}).status is Status.DEFINITE
    assert compiled.decide({"market.growth": D("0.01"), "market.share": None}).matched == ("a",)


def test_collect_keeps_the_order_and_replaces() -> None:
    rules = (
        rule("any", {"market.growth": "-"}, {"say": "general"}),
        rule("paint", {"account.industry": "paints-coatings"}, {"say": "special"}, replaces="any"),
        rule("more", {}, {"say": "more"}),
    )
    compiled = table(source(*rules, hit=Hit.COLLECT, otherwise={}))
    paint = compiled.decide({"account.industry": "paints-coatings"})
    assert paint.matched == ("paint", "more")
    assert paint.collected == (("paint", {"say": "special"}), ("more", {"say": "more"}))
    assert compiled.decide({"account.industry": "plastics"}).matched == ("any", "more")
    unknown = compiled.decide({})
    assert (unknown.status, unknown.missing) == (Status.PROVISIONAL, ("account.industry",))


def test_an_empty_collection_is_an_answer_where_else_is_empty() -> None:
    high = rule("high", {"market.growth": "> 5%"}, {"points": "2"})
    none = {"market.growth": D(0)}
    listed = table(source(high, hit=Hit.COLLECT, otherwise={})).decide(none)
    assert (listed.status, listed.collected) == (Status.DEFINITE, ())
    summed = source(high, hit=Hit.COLLECT, aggregate=Aggregate.SUM, otherwise={})
    assert table(summed).decide(none).total == D(0)
    assert table(source(high, hit=Hit.COLLECT)).decide(none).status is Status.GAP


@pytest.mark.parametrize(
    ("aggregate", "total"),
    [(Aggregate.SUM, "0.8"), (Aggregate.MIN, "-1.2"), (Aggregate.MAX, "2"), (Aggregate.COUNT, "2")],
)
def test_aggregates(aggregate: Aggregate, total: str) -> None:
    rules = (
        rule("a", {"market.growth": "> 5%"}, {"points": "-1.2", "why": "x"}),
        rule("b", {}, {"points": "2"}),
        rule("c", {"market.growth": "< 0%"}, {"points": "9"}),
    )
    compiled = table(source(*rules, hit=Hit.COLLECT, aggregate=aggregate))
    outcome = compiled.decide({"market.growth": D("0.06")})
    assert outcome.total == D(total)
    assert outcome.outputs == {"points": total}
    if aggregate is Aggregate.SUM:
        assert outcome.contributions == (("a", D("-1.2")), ("b", D(2)))


def test_a_sum_is_provisional_only_if_points_are_at_stake() -> None:
    for points, status in (("0", Status.DEFINITE), ("1", Status.PROVISIONAL)):
        rules = (rule("a", {}, {"p": "3"}), rule("b", {"market.growth": "> 5%"}, {"p": points}))
        compiled = table(source(*rules, hit=Hit.COLLECT, aggregate=Aggregate.SUM))
        assert compiled.decide({}).status is status


@pytest.mark.parametrize(
    ("aggregate", "floor", "cap", "raw", "total"),
    [
        (Aggregate.SUM, None, D(3), "5", "3"),
        (Aggregate.SUM, D(6), None, "5", "6"),
        (Aggregate.SUM, D(-3), D(9), "5", "5"),
        (Aggregate.MAX, None, D(3), "6", "3"),
        (Aggregate.MIN, D(0), None, "-1", "0"),
        (Aggregate.COUNT, None, D(1), "2", "1"),
    ],
)
def test_floor_and_cap_bound_the_total_and_keep_what_was_added(
    aggregate: Aggregate, floor: Decimal | None, cap: Decimal | None, raw: str, total: str
) -> None:
    rules = (rule("a", {}, {"points": "6"}), rule("b", {}, {"points": "-1"}))
    made = source(*rules, hit=Hit.COLLECT, aggregate=aggregate, floor=floor, cap=cap)
    compiled = table(made)
    outcome = compiled.decide({})
    assert (outcome.raw, outcome.total) == (D(raw), D(total))
    assert outcome.outputs == {"points": total}
    assert [rule_id for rule_id, _ in outcome.contributions] == ["a", "b"]


def test_an_unknown_rule_beyond_the_cap_changes_nothing() -> None:
    rules = (rule("a", {}, {"p": "9"}), rule("b", {"market.growth": "> 5%"}, {"p": "2"}))
    capped = source(*rules, hit=Hit.COLLECT, aggregate=Aggregate.SUM, cap=D(8))
    assert table(capped).decide({}).status is Status.DEFINITE
    assert table(replace(capped, cap=D(10))).decide({}).status is Status.PROVISIONAL


def test_two_unknown_rules_that_only_together_get_below_the_cap() -> None:
    rules = (
        rule("a", {}, {"p": "14"}),
        rule("b", {"market.growth": "> 5%"}, {"p": "-3"}),
        rule("c", {"market.share": "> 5%"}, {"p": "-3"}),
    )
    both = source(*rules, hit=Hit.COLLECT, aggregate=Aggregate.SUM, cap=D(10))
    outcome = table(both).decide({})
    assert (outcome.status, outcome.total) == (Status.PROVISIONAL, D(10))
    assert outcome.missing == ("market.growth", "market.share")
    assert table(replace(both, rules=rules[:2])).decide({}).status is Status.DEFINITE


def test_thousands_of_unknown_rules_are_weighed_at_once() -> None:
    rules = [rule("r0", {}, {"p": "5"})]
    rules += [
        rule(f"r{i}", {"market.growth": "> 5%"}, {"p": str(i % 7 - 3)}, replaces=f"r{i - 1}")
        for i in range(1, 3000)
    ]
    chained = source(*rules, hit=Hit.COLLECT, aggregate=Aggregate.SUM, floor=D(-9), cap=D(5))
    assert table(chained).decide({}).status is Status.PROVISIONAL


def test_a_maximum_that_only_three_replacements_together_lower() -> None:
    rules = [rule(f"a{i}", {}, {"p": "5"}) for i in range(3)]
    rules += [
        rule(f"b{i}", {"market.growth": "> 5%"}, {"p": "1"}, replaces=f"a{i}") for i in range(3)
    ]
    three = table(source(*rules, hit=Hit.COLLECT, aggregate=Aggregate.MAX))
    assert three.decide({}).status is Status.PROVISIONAL
    two = table(source(*rules[:-1], hit=Hit.COLLECT, aggregate=Aggregate.MAX))
    assert two.decide({}).status is Status.DEFINITE


def test_worst_of_a_chain() -> None:
    assert worst([]) is Status.DEFINITE
    assert worst([Status.DEFAULT, Status.DEFINITE]) is Status.DEFAULT
    assert worst([Status.GAP, Status.PROVISIONAL]) is Status.PROVISIONAL
    assert worst([Status.CONFLICT, Status.PROVISIONAL, Status.GAP]) is Status.CONFLICT


# -------------------------------------------------------------------- refused


def refused(table_source: TableSource) -> list[tuple[str, str, str]]:
    compiled, problems = compile_table(table_source, FACTS)
    assert compiled is None
    return [(problem.code, str(problem.place), problem.hint) for problem in problems]


def test_all_problems_of_a_table_at_once() -> None:
    rules = source(
        rule("a", {"market.growht": ">= 8%", "market.growth": ">= 8"}),
        rule("a", {"market.share": "[8%..3%]"}),
    )
    assert refused(rules) == [
        ("fact-unknown", "t.yaml:1:20", "did you mean market.growth?"),
        ("condition-outside", "t.yaml:2:23", "did you mean 8%?"),
        ("condition-interval", "t.yaml:1:20", "did you mean [3%..8%]?"),
        ("rule-twice", "t.yaml:1:5", "rename one; the other stands at t.yaml:1:5"),
    ]


@pytest.mark.parametrize(
    ("made", "code", "hint"),
    [
        (source(rule("a", {}, replaces="b")), "rule-replaces", "only goes with hit: collect"),
        (source(rule("any", {}), rule("b", {}, replaces="ani"), hit=Hit.COLLECT),
         "rule-replaces", "did you mean any?"),
        (source(rule("a", {}, replaces="a"), hit=Hit.COLLECT), "rule-replaces", "take one"),
        (source(rule("a", {}), aggregate=Aggregate.SUM), "table-aggregate", "hit: collect"),
        (source(rule("a", {}, {"p": "two"}), hit=Hit.COLLECT, aggregate=Aggregate.SUM),
         "table-aggregate", "a number"),
        (source(rule("a", {}), hit=Hit.COLLECT, cap=D(1)), "table-bounds", "add aggregate: sum"),
        (source(rule("a", {}, {"p": "1"}), hit=Hit.COLLECT, aggregate=Aggregate.SUM,
                floor=D(2), cap=D("-1.5")), "table-bounds", "did you mean floor: -1.5 and cap: 2?"),
        (source(rule("a", {}, {"p": "1"}), hit=Hit.COLLECT, aggregate=Aggregate.SUM,
                floor=D(2), otherwise={"p": "0"}), "table-bounds", "between them"),
        (source(rule("a", {}), hit=Hit.COLLECT, aggregate=Aggregate.COUNT,
                otherwise={"p": "none"}), "table-aggregate", "a number"),
        (source(rule("a", {}, {"p": "hihg"}), hit=Hit.PRIORITY, priority=("high", "low")),
         "table-priority", "did you mean high?"),
        (source(rule("a", {}, unless={"market.growth": "-"})), "condition-excludes-all",
         "leave it out, or write what is ruled out"),
    ],
)  # fmt: skip
def test_refused(made: TableSource, code: str, hint: str) -> None:
    found = refused(made)
    assert found[0][0] == code
    assert hint in found[0][2]


def test_a_ring_of_replacements_is_named() -> None:
    rules = (rule("a", {}, replaces="b"), rule("b", {}, replaces="c"), rule("c", {}, replaces="a"))
    _, problems = compile_table(source(*rules, hit=Hit.COLLECT), FACTS)
    assert "a → b → c → a" in problems[0].message


# -------------------------------------------------------------------- fingerprints


def test_the_fingerprint_is_of_the_meaning() -> None:
    one = source(rule("a", {"market.growth": ">= 8%", "market.share": "-"}, {"x": "1", "y": "2"}))
    same = source(rule("a", {"market.growth": "[0.08..1]"}, {"y": "2", "x": "1"}))
    moved = replace(one, place=Place("other.csv", 7))
    finer = source(rule("a", {"market.growth": ">  7.9%"}, {"x": "1", "y": "2"}))
    assert len({table(each).fingerprint for each in (one, same, moved, finer)}) == 1
    different = [
        source(rule("a", {"market.growth": "> 8%"}, {"x": "1", "y": "2"})),
        source(rule("b", {"market.growth": ">= 8%"}, {"x": "1", "y": "2"})),
        source(rule("a", {"market.growth": ">= 8%"}, {"x": "1", "y": "3"})),
        source(rule("a", {"market.growth": ">= 8%, null"}, {"x": "1", "y": "2"})),
        source(rule("a", {}, {"x": "1", "y": "2"}, unless={"market.growth": ">= 8%"})),
        replace(one, hit=Hit.FIRST),
        replace(one, otherwise={"x": "1", "y": "2"}),
    ]
    assert len({table(each).fingerprint for each in (one, *different)}) == len(different) + 1


def test_the_fingerprint_is_of_the_facts_tested_too() -> None:
    narrow = replace(FACTS["market.growth"], domain=Domain(D("-0.2"), D(1)))
    relabelled = replace(FACTS["market.growth"], label="Growth")
    one = source(rule("a", {"market.growth": ">= 8%"}))
    of = {
        fact: table(one, Facts({**FACTS.by_name, "market.growth": fact})).fingerprint
        for fact in (FACTS["market.growth"], narrow, relabelled)
    }
    assert of[narrow] != of[FACTS["market.growth"]] == of[relabelled]


# -------------------------------------------------------------------- frames


def test_a_frame_decides_as_its_rows_do() -> None:
    compiled = table(PEER_GROUPS)
    frame = pd.DataFrame(
        {
            "market.growth": [0.11, 0.0795, 0.0794, np.nan, np.inf, 3.0],
            "market.share": [0.12, 0.12, 0.12, 0.3, 0.1, 0.1],
            "market.competitive_intensity": ["low", "high", None, "low", "low", "low"],
        },
        index=["tx-1", "tx-2", "tx-3", "tx-4", "tx-5", "tx-6"],
    )
    evaluation = evaluate(compiled, frame)
    assert [outcome.matched for outcome in evaluation] == [
        ("hot-spots",), ("contested-growth",), ("quiet",), ("steady",), (), ()
    ]  # fmt: skip
    assert [str(evaluation[row].status) for row in (3, 4, 5)] == ["definite", "provisional", "gap"]
    assert evaluation.count(Status.DEFINITE) == 4
    said = [(problem.code, problem.message) for problem in evaluation.problems]
    assert said == [
        ("value-outside",
         "1 value is outside what market.growth can be, and match no condition (rows tx-6: 3.0)"),
        ("value-infinite",
         "1 value is infinite for market.growth, and count as missing (rows tx-5: inf)"),
    ]  # fmt: skip


def test_floats_are_rounded_half_up_exactly() -> None:
    ties = [i / 2000 for i in range(-1000, 2001)]
    nudged = [np.nextafter(tie, up) for tie in ties for up in (-np.inf, np.inf)]
    values = [*ties, *nudged]
    rules = [rule(f"r{i}", {"market.growth": f"< {i / 10:g}%"}) for i in range(-495, 995, 10)]
    compiled = table(source(*rules, hit=Hit.FIRST))
    evaluation = evaluate(compiled, pd.DataFrame({"market.growth": values}))
    for value, outcome in zip(values, evaluation, strict=True):
        assert outcome == compiled.decide({"market.growth": D(repr(float(value)))})


@pytest.mark.parametrize("crowd", [30, 300])
def test_thresholds_crowded_and_far_apart(crowd: int) -> None:
    fact = Fact("x.n", "N", FactType.NUMBER)
    near = [f"1.{i:012}" for i in range(crowd)]
    written = ["-999999999999999", "-2.5", "0", "0.00000000000001", *near, "999999999999999"]
    rules = [rule(f"r{i}", {"x.n": f"< {text}"}) for i, text in enumerate(written)]
    compiled = table(source(*rules, hit=Hit.FIRST), Facts({"x.n": fact}))
    thresholds = [float(text) for text in written]
    values = [np.nextafter(t, up) for t in thresholds for up in (-np.inf, t, np.inf)]
    values += [1.7e308, -1.7e308, np.nan, np.inf, -np.inf]
    evaluation = evaluate(compiled, pd.DataFrame({"x.n": values}))
    for value, outcome in zip(values, evaluation, strict=True):
        number = D(repr(float(value)))
        assert outcome == compiled.decide({"x.n": number if number.is_finite() else None})


def test_long_frames_and_many_rules_decide_as_rows_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winlab.rules.frame.CHUNK", 256)
    rules = [
        rule(
            f"r{i}",
            {
                "market.growth": f"[{i - 45}%..{i - 25}%)",
                "market.share": f">= {i}%",
                "account.open_complaints": f"< {90 - i}",
                **({"market.competitive_intensity": "<= medium"} if i % 3 else {}),
            },
        )
        for i in range(90)
    ]
    compiled = table(source(*rules, hit=Hit.FIRST))
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "market.growth": random.uniform(-0.5, 0.6, 1000).round(3),
            "market.share": random.uniform(0, 1, 1000).round(3),
            "account.open_complaints": random.integers(0, 90, 1000).astype(float),
            "market.competitive_intensity": random.choice(["low", "medium", "high"], 1000),
        }
    )
    frame = frame.mask(random.random(frame.shape) < 0.1)
    evaluation = evaluate(compiled, frame)
    assert len({outcome.matched for outcome in evaluation}) > 20
    for outcome, (_, row) in zip(evaluation, frame.iterrows(), strict=True):
        assert outcome == compiled.decide({str(name): value for name, value in row.items()})
    monkeypatch.setattr("winlab.rules.frame.MIXER", 0)  # all kinds of rows get one hash
    assert list(evaluate(compiled, frame)) == list(evaluation)
    categories = frame.astype({"market.competitive_intensity": "category"})
    assert list(evaluate(compiled, categories)) == list(evaluation)


def test_columns_of_every_kind() -> None:
    compiled = table(
        source(
            rule("a", {"account.customer_since": ">= 2026-12-01"}),
            rule("b", {"account.credit_block": "true"}),
            rule("c", {"account.industry": "plastics", "account.open_complaints": "0"}),
            hit=Hit.COLLECT,
            otherwise={},
        )
    )
    frame = pd.DataFrame(
        {
            "account.customer_since": pd.array(
                ["2026-12-01", "2026-11-30T23:59", None], dtype="datetime64[ns]"
            ),
            "account.credit_block": pd.array([True, False, None], dtype="boolean"),
            "account.industry": pd.Categorical(["plastics", "plastics", None]),
            "account.open_complaints": pd.array([0, 3, None], dtype="Int64"),
        }
    )
    evaluation = evaluate(compiled, frame)
    assert [outcome.matched for outcome in evaluation] == [("a", "b", "c"), (), ()]
    assert [str(outcome.status) for outcome in evaluation] == [
        "definite", "definite", "provisional",
    ]  # fmt: skip
    zoned = pd.DataFrame(
        {"account.customer_since": [datetime(2026, 12, 1, 1, tzinfo=UTC)]}
    )  # fmt: skip
    shifted = zoned["account.customer_since"].dt.tz_convert("America/New_York").to_frame()
    assert evaluate(compiled, shifted)[0].matched == ("a",)


def test_more_rules_than_a_machine_word_has_bits() -> None:
    rules = [rule(f"r{i}", {"account.open_complaints": f"{i}"}) for i in range(150)]
    compiled = table(source(*rules))
    frame = pd.DataFrame({"account.open_complaints": [*range(150), None, 200]})
    evaluation = evaluate(compiled, frame)
    assert [outcome.matched for outcome in evaluation][:150] == [(f"r{i}",) for i in range(150)]
    assert [str(evaluation[row].status) for row in (150, 151)] == ["provisional", "gap"]


def test_numbers_of_any_size_are_decided() -> None:
    big = Fact("x.n", "N", FactType.NUMBER, decimals=2)
    compiled = table(source(rule("a", {"x.n": "> 5"})), Facts({"x.n": big}))
    for text in ("1E+40", "123456789012345678901234567890.125", "1" * 500):
        assert compiled.decide({"x.n": D(text)}).matched == ("a",)
    frame = pd.DataFrame({"x.n": [1e300, -1e300, 5e-324, 5.004999, 5.005]})
    assert [o.matched for o in evaluate(compiled, frame)] == [("a",), (), (), (), ("a",)]
