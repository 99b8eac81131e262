"""The table of DESIGN's rule semantics, line by line, and what is refused with which fix."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules import (
    BLOCK,
    COMPLAINTS,
    DRIVER,
    GROWTH,
    INDUSTRY,
    INTENSITY,
    MARGIN,
    SHARE,
    SINCE,
    VOLUME,
    rule,
    source,
    table,
)  # fmt: skip
from winlab.facts import Fact, Facts, FactType, Value
from winlab.inputs import Cell
from winlab.problems import Place
from winlab.rules.conditions import parse_condition
from winlab.rules.table import Status
from winlab.rules.trace import trace

D = Decimal


def truth(fact: Fact, text: str, value: Value | None, *, negated: bool = False) -> str:
    """What one condition says of one value."""
    test = {fact.name: text}
    one = rule("r", {}, unless=test) if negated else rule("r", test)
    compiled = table(source(one), Facts({fact.name: fact}))
    return str(trace(compiled, {fact.name: value}).rules[0].clauses[0].result)


@pytest.mark.parametrize(
    ("fact", "text", "true", "false", "missing"),
    [
        (GROWTH, "-", [D("0.1"), D("7"), None], [], "true"),
        (GROWTH, "", [D("0.1"), None], [], "true"),
        (COMPLAINTS, "5", [D(5)], [D(4), D(6)], "unknown"),
        (INDUSTRY, '"plastics"', ["plastics"], ["paints-coatings", " plastics"], "unknown"),
        (INDUSTRY, "plastics", ["plastics"], ["Plastics"], "unknown"),
        (GROWTH, ">= 8%", [D("0.08"), D("0.9")], [D("0.079")], "unknown"),
        (GROWTH, "> 8%", [D("0.081")], [D("0.08")], "unknown"),
        (GROWTH, "< 8%", [D("0.079"), D("-0.5")], [D("0.08")], "unknown"),
        (GROWTH, "<= 8 %", [D("0.08")], [D("0.081")], "unknown"),
        (GROWTH, ">= 0.08", [D("0.08")], [D("0.079")], "unknown"),
        (GROWTH, ">= -8%", [D("-0.08")], [D("-0.081")], "unknown"),
        (MARGIN, ">= 8%", [D(8)], [D("0.08"), D("7.99")], "unknown"),
        (INTENSITY, "<= medium", ["low", "medium"], ["high"], "unknown"),
        (INTENSITY, "> low", ["medium", "high"], ["low"], "unknown"),
        (INTENSITY, "[low..high)", ["low", "medium"], ["high"], "unknown"),
        (GROWTH, "[3%..8%]", [D("0.03"), D("0.08")], [D("0.029"), D("0.081")], "unknown"),
        (GROWTH, "(3%..8%)", [D("0.031"), D("0.079")], [D("0.03"), D("0.08")], "unknown"),
        (GROWTH, "[3%..8%)", [D("0.03")], [D("0.08")], "unknown"),
        (GROWTH, "]3%..8%[", [D("0.031"), D("0.079")], [D("0.03"), D("0.08")], "unknown"),
        (GROWTH, "]3%..8%]", [D("0.08")], [D("0.03")], "unknown"),
        (GROWTH, "5%, [7%..8%], > 20%", [D("0.05"), D("0.07"), D("0.3")], [D("0.06")], "unknown"),
        (GROWTH, "null, > 20%", [None, D("0.3")], [D("0.1")], "true"),
        (GROWTH, "not(5%, > 20%)", [D("0.06"), D("0.2")], [D("0.05"), D("0.3")], "unknown"),
        (GROWTH, "!= 5%", [D("0.06")], [D("0.05")], "unknown"),
        (INDUSTRY, "!= plastics", ["paints-coatings"], ["plastics"], "unknown"),
        (INDUSTRY, "not(plastics, paints-coatings)", ["water-treatment"], ["plastics"], "unknown"),
        (GROWTH, "null", [None], [D("0.1")], "true"),
        (GROWTH, "not(null)", [D("0.1")], [None], "false"),
        (GROWTH, "not(null, 5%)", [D("0.1")], [None, D("0.05")], "false"),
        (GROWTH, "!= null", [D("0.1")], [None], "false"),
        (SINCE, ">= 2026-12-01", [date(2026, 12, 1)], [date(2026, 11, 30)], "unknown"),
        (SINCE, 'date("2026-12-01")', [date(2026, 12, 1)], [date(2026, 12, 2)], "unknown"),
        (SINCE, "[2026-01-01..2026-12-31]", [date(2026, 12, 31)], [date(2027, 1, 1)], "unknown"),
        (BLOCK, "true", [True], [False], "unknown"),
        (BLOCK, "false", [False], [True], "unknown"),
        (BLOCK, "not(true)", [False], [True], "unknown"),
    ],
)  # fmt: skip
def test_meaning(
    fact: Fact, text: str, true: list[Value | None], false: list[Value | None], missing: str
) -> None:
    assert [truth(fact, text, value) for value in true] == ["true"] * len(true)
    assert [truth(fact, text, value) for value in false] == ["false"] * len(false)
    assert truth(fact, text, None) == missing


@pytest.mark.parametrize(
    ("fact", "text", "value"),
    [(GROWTH, "not(5%)", D(3)), (GROWTH, "< 8%", D(-2)), (INDUSTRY, "!= plastics", "plastic"),
     (GROWTH, "not(null)", D(3)), (BLOCK, "not(true)", "perhaps")],
)  # fmt: skip
def test_outside_the_domain_nothing_matches(fact: Fact, text: str, value: Value) -> None:
    assert truth(fact, text, value) == "false"


def test_unless_is_the_complement_in_three_values() -> None:
    assert truth(COMPLAINTS, "> 0", D(0), negated=True) == "true"
    assert truth(COMPLAINTS, "> 0", D(1), negated=True) == "false"
    assert truth(COMPLAINTS, "> 0", None, negated=True) == "unknown"
    assert truth(COMPLAINTS, "> 0", D(-1), negated=True) == "false"


def test_data_are_rounded_half_up_so_that_no_gap_opens() -> None:
    low = Fact("x.n", "N", FactType.NUMBER, "fraction", decimals=2)
    rules = source(rule("low", {"x.n": "<= 7%"}), rule("high", {"x.n": ">= 8%"}))
    compiled = table(rules, Facts({"x.n": low}))
    assert compiled.decide({"x.n": D("0.0749")}).matched == ("low",)
    assert compiled.decide({"x.n": D("0.075")}).matched == ("high",)
    assert trace(compiled, {"x.n": D("0.075")}).rules[1].clauses[0].value == "8 %"


def test_nan_and_infinities_are_missing() -> None:
    compiled = table(source(rule("a", {"market.growth": ">= 8%"})))
    for value in (D("NaN"), D("Infinity"), D("-Infinity")):
        assert compiled.decide({"market.growth": value}).status is Status.PROVISIONAL


@pytest.mark.parametrize(
    ("fact", "text", "column", "code", "message", "fix"),
    [
        (GROWTH, ">= 8", 23, "condition-outside", "8 lies outside", "did you mean 8%?"),
        (COMPLAINTS, "> -1", 22, "condition-outside", "from 0", "use a value from 0"),
        (INDUSTRY, "plastic", 20, "condition-unknown-value", "plastic is not", "mean plastics?"),
        (INDUSTRY, "plastics, Paints-coatings", 30, "condition-unknown-value", "not a value",
         "did you mean paints-coatings?"),
        (INTENSITY, "<= mid", 23, "condition-unknown-value", "mid", "low, medium, high"),
        (SHARE, "< 0,08", 22, "condition-comma", "0,08", "write 0.08"),
        (VOLUME, "> 1,000", 22, "condition-comma", "1,000", "write 1000"),
        (GROWTH, "5%, [8%..3%]", 24, "condition-interval", "reverse", "did you mean [3%..8%]?"),
        (GROWTH, "(3%..3%]", 20, "condition-interval", "empty", "3% alone"),
        (INTENSITY, "(low..medium)", 20, "condition-interval", "empty", "low alone"),
        (INTENSITY, "[high..low]", 20, "condition-interval", "reverse", "[low..high]"),
        (INTENSITY, "< low", 20, "condition-interval", "lowest", "low, medium, high"),
        (GROWTH, "< 8.25%", 22, "condition-decimals", "finer", "write 8.2% or 8.3%"),
        (COMPLAINTS, "0.5", 20, "condition-decimals", "finer", "write 0 or 1"),
        (INDUSTRY, "> plastics", 20, "condition-no-order", "without an order", "list the values"),
        (BLOCK, "> true", 20, "condition-no-order", "boolean", "list the values"),
        (DRIVER, "new plant", 20, "condition-on-text", "never tested", "category"),
        (GROWTH, "high", 20, "condition-type", "wants a number", "8%"),
        (GROWTH, '> "8%"', 22, "condition-type", "wants a number", "write 8%, without the inner"),
        (GROWTH, "3-8", 20, "condition-type", "wants a number", "did you mean [3..8]?"),
        (BLOCK, "yes", 20, "condition-type", "true or false", "did you mean true?"),
        (SINCE, "> 2026", 22, "condition-type", "wants a date", "2026-12-01"),
        (SINCE, "2026-02-30", 20, "condition-type", "wants a date", "2026-12-01"),
        (SINCE, "> 9999-12-31", 22, "condition-type", "wants a date from 1990 to 2100", "2026-12-01"),
        (SINCE, "[0001-01-01..2026-01-01]", 21, "condition-type", "wants a date from 1990 to 2100", "2026-12-01"),
        (VOLUME, "> 8%", 22, "condition-unit", "counted in t/a", "write 8"),
        (VOLUME, "> 1234567890123456", 22, "condition-digits", "15 digits", "round it"),
        (GROWTH, "=> 8%", 20, "condition-syntax", "'=> 8%' found", "write >="),
        (GROWTH, "≥ 8%", 20, "condition-syntax", "expected", "write >="),
        (GROWTH, "= 8%", 20, "condition-syntax", "expected", "without ="),
        (GROWTH, "<> 8%", 21, "condition-syntax", "a value expected", "!= x"),
        (GROWTH, "[3%..8%", 27, "condition-syntax", "']' or ')' expected, the end", "bracket"),
        (GROWTH, "[3%, 8%]", 23, "condition-syntax", "'..' expected", "two dots"),
        (GROWTH, "[3%..]", 25, "condition-syntax", "a value expected", ">="),
        (GROWTH, "3% 8%", 23, "condition-syntax", "',' or the end expected", "commas"),
        (GROWTH, "> 3% and < 8%", 25, "condition-syntax", "expected", "interval"),
        (INDUSTRY, "plastics or water-treatment", 29, "condition-syntax", "expected", "comma"),
        (INDUSTRY, "'plastics'", 20, "condition-syntax", "expected", "straight double quotes"),
        (INDUSTRY, "plastics, not(x)", 33, "condition-syntax", "expected", "around the whole"),
        (INDUSTRY, "plastics, != water-treatment", 30, "condition-not-in-list", "list", "not("),
        (INDUSTRY, "not(plastics", 32, "condition-syntax", "the end", "close the bracket"),
        (GROWTH, "> 5%,", 25, "condition-syntax", "the end found", "write a value"),
        (GROWTH, "\x00", 20, "condition-syntax", "expected", "write a value"),
        (GROWTH, ">" * 5000, 20, "condition-too-long", "5000 characters", "at most 4000"),
    ],
)  # fmt: skip
def test_refused_with_place_and_fix(
    fact: Fact, text: str, column: int, code: str, message: str, fix: str
) -> None:
    test, problems = parse_condition(Cell(text, Place("groups.yaml", 7, 20)), fact)
    assert test is None
    assert len(problems) == 1
    problem = problems[0]
    assert (problem.code, str(problem.place)) == (code, f"groups.yaml:7:{column}")
    assert message in problem.message
    assert fix in problem.hint


@pytest.mark.parametrize(
    "text",
    ["null", "~", ">= 5", "!= x", "[1..2]", "2026-12-01", "not(x)", "no", "Yes", "1:30", "a, b"],
)
def test_unquoted_yaml_is_refused(text: str) -> None:
    test, problems = parse_condition(Cell(text, Place("p.yaml", 3, 9), quoted=False), GROWTH)
    assert test is None
    assert problems[0].hint == f"put quotes around it: '{text}'"
    assert str(problems[0].place) == "p.yaml:3:9"


@pytest.mark.parametrize(
    ("fact", "text"),
    [(GROWTH, "8%"), (COMPLAINTS, "5"), (BLOCK, "true"), (INDUSTRY, "paints-coatings"),
     (GROWTH, "-"), (GROWTH, "")],
)  # fmt: skip
def test_unquoted_yaml_that_says_what_it_seems_to(fact: Fact, text: str) -> None:
    test, problems = parse_condition(Cell(text, quoted=False), fact)
    assert test is not None
    assert problems == []


def test_a_quoted_word_keeps_spaces_and_is_never_null() -> None:
    fact = Fact("x.c", "C", FactType.CATEGORY, values=("a b", "null", 'say "x"'))
    assert truth(fact, '"a b"', "a b") == "true"
    assert truth(fact, '"null"', "null") == "true"
    assert truth(fact, '"null"', None) == "unknown"
    assert truth(fact, r'"say \"x\""', 'say "x"') == "true"


def test_a_category_without_declared_values_takes_any_word() -> None:
    fact = Fact("x.c", "C", FactType.CATEGORY)
    assert truth(fact, "not(a, 3d-print)", "b") == "true"
    assert truth(fact, "not(a, 3d-print)", "3d-print") == "false"
    assert truth(fact, "10, 2026-01-01", "10") == "true"


WORDS = st.sampled_from(
    [*"-,.[]()<>=!%\"' \n", "..", "not(", "null", "date(", "8%", "0.5", "low", "plastics", "true"]
)


@given(st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=12).map("".join)))
def test_whatever_is_written_there_is_an_answer(text: str) -> None:
    for fact in (GROWTH, INTENSITY, INDUSTRY, BLOCK, SINCE):
        place = Place("t.yaml", 1, 20)
        test, problems = parse_condition(Cell(text, place), fact)
        assert (test is None) == bool(problems)
        for problem in problems:
            assert 20 <= (problem.place.column or 0) <= 20 + len(text)
            assert problem.hint


@pytest.mark.parametrize("text", ["9" * 1_000_000, "[" * 1_000_000, "not(" + "a, " * 333_333])
def test_a_cell_of_a_megabyte_is_refused_at_once(text: str) -> None:
    _, problems = parse_condition(Cell(text, Place("t.yaml", 1, 20)), GROWTH)
    assert problems[0].code == "condition-too-long"
    assert len(str(problems[0])) < 300


def test_a_cell_of_a_sheet_keeps_its_name() -> None:
    place = Place("groups.xlsx", cell="Sheet1!B7")
    _, problems = parse_condition(Cell(">= 8", place), GROWTH)
    assert str(problems[0].place) == "groups.xlsx:Sheet1!B7"
