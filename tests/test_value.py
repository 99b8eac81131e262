"""The value case: arithmetic, what is confirmed, and sums that agree."""

from __future__ import annotations

import ast
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winlab.inputs import Kpi, ValueModel
from winlab.problems import Place, Problem
from winlab.value import (
    BadFormulaError,
    Figure,
    ValueCase,
    evaluate,
    model_problems,
    names_in,
    value_case,
)


def figure(value: str, low: str = "", high: str = "", *, estimate: bool = False) -> Figure:
    return Figure(Decimal(value), Decimal(low or value), Decimal(high or value), estimate, "x")


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("12 / 3 / 2", "2"),
        ("-a * 2", "-8"),
        ("min(0, a - 5)", "-1"),
        ("max(1, a, 2)", "4"),
    ],
)
def test_arithmetic(formula: str, value: str) -> None:
    assert evaluate(formula, {"a": Decimal(4)}) == Decimal(value)


@given(st.recursive(st.integers(0, 99).map(str), lambda part: st.tuples(part, st.sampled_from("+-*"), part).map(lambda t: f"({t[0]} {t[1]} {t[2]})"), max_leaves=12))  # fmt: skip
def test_arithmetic_agrees_with_python(formula: str) -> None:
    def value(node: ast.expr) -> int:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        assert isinstance(node, ast.BinOp)
        left, right = value(node.left), value(node.right)
        return {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}[type(node.op)]

    expected = value(ast.parse(formula, mode="eval").body)
    assert evaluate(formula, {}) == pytest.approx(Decimal(expected))


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os')",
        "a.b",
        "a[0]",
        "1 +",
        "pow(2, 9)",
        "a ** 9",
        "'x' * 9",
        "1 / 0",
        "lambda: 1",
    ],
)
def test_anything_else_is_refused(formula: str) -> None:
    with pytest.raises(BadFormulaError):
        evaluate(formula, {"a": Decimal(1)})


def test_names_in_a_formula() -> None:
    assert names_in("min(0, a - b) * 12 * c") == {"a", "b", "c"}


MODEL = ValueModel.model_validate(
    {
        "id": "m", "version": "1", "owner": "o", "label": "l", "axis": "a", "start_label": "s",
        "end_label": "e", "net_label": "n", "headline": "saving",
        "inputs": {name: {"label": name, "unit": "USD"} for name in ("hours", "rate", "peers", "cost")},
        "start": "hours * rate",
        "steps": [
            {"id": "cut", "label": "Cut", "amount": "min(0, (peers - hours) * rate)", "basis": "b"},
            {"id": "switch", "label": "Switch", "amount": "cost", "basis": "b"},
        ],
    }
)  # fmt: skip


def test_parts_sum_to_the_net_and_the_confirmed_part_is_told_apart() -> None:
    case = value_case(
        MODEL,
        {
            "hours": figure("168"),
            "rate": figure("2128", estimate=True),
            "peers": figure("90", "120", "60"),
            "cost": figure("24000", "32000", "18000"),
        },
    )
    assert isinstance(case, ValueCase)
    assert [e.amount for e in case.effects] == [Decimal(-166000), Decimal(24000)]
    assert case.end == case.start + sum(e.amount for e in case.effects)
    assert case.net == case.start - case.end == Decimal(142000)
    assert (case.low, case.high) == (Decimal(70000), Decimal(212000))
    assert (case.estimate, case.confirmed) == (True, Decimal(-24000))


def test_an_effect_without_its_inputs_is_left_out_and_reported() -> None:
    case = value_case(MODEL, {"hours": figure("10"), "rate": figure("100"), "cost": figure("50")})
    assert isinstance(case, ValueCase)
    assert [e.id for e in case.effects] == ["switch"]
    assert [p.code for p in case.problems] == ["effect-left-out"]


def refusal(model: ValueModel, figures: dict[str, Figure]) -> tuple[str, str]:
    found = value_case(model, figures)
    assert isinstance(found, Problem)
    return found.code, found.message


def changed(**changes: object) -> ValueModel:
    return ValueModel.model_validate({**MODEL.model_dump(exclude_unset=True), **changes})


def test_without_todays_cost_there_is_no_case() -> None:
    assert refusal(MODEL, {"rate": figure("100")}) == (
        "no-value-case",
        "the value model 'm' lacks figures for today's cost",
    )


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("hours / rate", "'hours / rate' divides by zero"),
        ("hours *", "cannot be read at character"),
        ("pow(hours, rate)", "there is no function pow: use min or max"),
    ],
)
def test_a_start_that_cannot_be_evaluated_gives_no_case(start: str, why: str) -> None:
    code, message = refusal(changed(start=start), {"hours": figure("5"), "rate": figure("0")})
    assert code == "no-value-case"
    assert why in message


@pytest.mark.parametrize("amount", ["cost / peers", "cost +", "cost * cost * cost * cost"])
def test_a_step_that_cannot_be_evaluated_is_dropped_and_reported(amount: str) -> None:
    model = changed(steps=[{"id": "cut", "label": "Cut", "amount": amount, "basis": "b"}])
    huge = figure("99999999999")
    case = value_case(
        model, {"hours": figure("9"), "rate": figure("9"), "peers": figure("0"), "cost": huge}
    )
    assert isinstance(case, ValueCase)
    assert case.effects == ()
    assert [p.code for p in case.problems] == ["bad-formula"]


def test_a_model_is_checked_before_any_figure_is_known() -> None:
    kpi = Kpi.model_validate({"label": "Downtime", "unit": "h", "about": "x"})
    model = changed(
        inputs={
            "hours": {"kpi": "downtme", "label": "h", "unit": "h"},
            "peers": {"peers": "downtim", "label": "h", "unit": "h"},
            "rate": {"assumption": "rate", "label": "r", "unit": "USD/h"},
            "dose": {"product": "dose", "label": "d", "unit": "kg/t"},
        },
        start="hours *",
        steps=[
            {"id": "cut", "label": "c", "amount": "hour * rate", "basis": "b", "shown": ["pears"]}
        ],
    )
    found = model_problems(model, {"downtime": kpi}, [], [], Place("values/m.yaml", 1, 5))
    assert {str(p.place) for p in found} == {"values/m.yaml:1:5"}
    assert [(p.code, p.message.partition(":")[0], p.hint) for p in found] == [
        ("bad-formula", "start", "mend the formula"),
        ("unknown-input", "cut", "did you mean 'hours'?"),
        ("unknown-input", "cut", "did you mean 'peers'?"),
        ("unknown-kpi", "hours", "did you mean 'downtime'?"),
        ("unknown-kpi", "peers", "did you mean 'downtime'?"),
        ("unknown-assumption", "rate", ""),
        ("unknown-dose", "dose", ""),
    ]
    assert not model_problems(MODEL, {}, [], [], Place())


def test_names_and_units_of_a_model_are_checked_before_any_figure_is_known() -> None:
    model = changed(
        inputs={
            "hours": {"kpi": "downtime", "label": "h", "unit": "h/year"},
            "rate": {"label": "r", "unit": "USD/h"},
            "peers": {"label": "p", "unit": "h/month"},
            "cost": {"label": "c", "unit": "USD"},
        },
        parts=[{"id": "time", "label": "Time", "amount": "hours * wage"}],
        steps=[
            {"id": "switch", "label": "S", "amount": "cost", "basis": "b", "of": "tyme"},
        ],
        discount="capitol",
        per_unit="volume *",
    )
    kpi = Kpi.model_validate({"label": "l", "unit": "h/month", "about": "a"})
    found = model_problems(model, {"downtime": kpi}, [], [], Place())
    assert [(p.code, p.message.partition(":")[0]) for p in found] == [
        ("unknown-input", "time"),
        ("bad-formula", "per_unit"),
        ("unknown-part", "switch"),
        ("unknown-input", "discount"),
        ("unit-mismatch", "hours"),
    ]
    assert found[-1].message == (
        "hours: the model counts in 'h/year', the KPI downtime in 'h/month'"
    )
    assert found[2].hint == "did you mean 'time'?"
