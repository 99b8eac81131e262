"""The customer's value case: benefits and costs of the change by the play's value model. Pure.

A model's formulas are arithmetic over named inputs, parsed and walked here; nothing is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, DivisionByZero, InvalidOperation
from functools import lru_cache
from typing import Literal

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from winlab.inputs import Industry, Kpi, ProductText, ValueModel, Words
from winlab.problems import Place, Problem, error, note, warning
from winlab.validate import did_you_mean

_GRAMMAR = r"""
?start: sum
?sum: product (ADD product)*
?product: unary (MUL unary)*
?unary: "-" unary -> negative
      | atom
?atom: NUMBER -> number
     | NAME "(" sum ("," sum)* ")" -> call
     | NAME -> name
     | "(" sum ")"
ADD: "+" | "-"
MUL: "*" | "/"
NAME: /[a-z_][a-z0-9_]*/
NUMBER: /\d+(\.\d+)?/
%ignore /\s+/
"""
_FUNCTIONS: Mapping[str, Callable[[list[Decimal]], Decimal]] = {"min": min, "max": max}


class BadFormulaError(ValueError):
    """A formula that is no arithmetic over the model's inputs; the message says where."""


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


@lru_cache(maxsize=512)
def _parsed(formula: str) -> Tree[Token]:
    try:
        tree = _parser().parse(formula)
    except UnexpectedInput as exc:
        raise BadFormulaError(
            f"{formula!r} cannot be read at character {exc.column}: use + - * / ( ) min max, "
            "numbers and the names of inputs"
        ) from None
    for call in tree.find_data("call"):
        if str(call.children[0]) not in _FUNCTIONS:
            raise BadFormulaError(f"there is no function {call.children[0]!s}: use min or max")
    return tree


def names_in(formula: str) -> frozenset[str]:
    """The inputs that a formula uses; raises :class:`BadFormulaError`."""
    return frozenset(str(tree.children[0]) for tree in _parsed(formula).find_data("name"))


def evaluate(formula: str, inputs: Mapping[str, Decimal]) -> Decimal:
    """A formula's value; raises :class:`BadFormulaError`, also for a division by zero."""
    try:
        return _value(_parsed(formula), inputs)
    except (DivisionByZero, InvalidOperation):
        raise BadFormulaError(f"{formula!r} divides by zero") from None


def _value(node: Tree[Token] | Token, inputs: Mapping[str, Decimal]) -> Decimal:
    assert isinstance(node, Tree)
    match node.data:
        case "number":
            return Decimal(str(node.children[0]))
        case "name":
            name = str(node.children[0])
            if name not in inputs:
                raise BadFormulaError(f"there is no input {name!r}")
            return inputs[name]
        case "negative":
            return -_value(node.children[0], inputs)
        case "call":
            function = _FUNCTIONS[str(node.children[0])]
            return function([_value(child, inputs) for child in node.children[1:]])
    total = _value(node.children[0], inputs)
    for operator, child in zip(node.children[1::2], node.children[2::2], strict=True):
        operand = _value(child, inputs)
        match str(operator):
            case "+":
                total += operand
            case "-":
                total -= operand
            case "*":
                total *= operand
            case _:
                total /= operand
    return total


def model_problems(
    model: ValueModel,
    kpis: Mapping[str, Kpi],
    industries: Iterable[Industry],
    products: Iterable[ProductText],
    place: Place,
) -> list[Problem]:
    """What is wrong with a model before any figure is known: formulas, names and units in it."""
    assumptions = {name for industry in industries for name in industry.assumptions}
    doses = {name for product in products for name in product.dose}
    problems = [*_formula_problems(model, place)]
    for step in model.steps:
        problems.extend(
            error("unknown-input", f"{step.id}: there is no input {name!r} to show",
                  did_you_mean(name, model.inputs), place)
            for name in step.shown
            if name not in model.inputs
        )  # fmt: skip
        if step.of and step.of not in (parts := [part.id for part in model.parts]):
            problems.append(
                error("unknown-part", f"{step.id}: there is no part {step.of!r} of today's cost",
                      did_you_mean(step.of, parts), place)
            )  # fmt: skip
    if model.discount and model.discount not in model.inputs:
        problems.append(
            error("unknown-input", f"discount: there is no input {model.discount!r}",
                  did_you_mean(model.discount, model.inputs), place)
        )  # fmt: skip
    for name, source in model.inputs.items():
        problems.extend(
            warning("unit-mismatch", f"{name}: the model counts in {source.unit!r}, "
                    f"the KPI {kpi} in {kpis[kpi].unit!r}",
                    f"write the unit as {kpis[kpi].unit}", place)
            for kpi in dict.fromkeys(filter(None, (source.kpi, source.peers)))
            if kpi in kpis and kpis[kpi].unit != source.unit
        )  # fmt: skip
        problems.extend(
            error(code, f"{name}: {what} {wanted!r}", did_you_mean(wanted, known), place)
            for code, what, wanted, known in (
                ("unknown-kpi", "there is no KPI", source.kpi, kpis),
                ("unknown-kpi", "there is no KPI", source.peers, kpis),
                ("unknown-assumption", "no industry assumes", source.assumption, assumptions),
                ("unknown-dose", "no product's dose gives", source.product, doses),
            )
            if wanted and wanted not in known
        )
    return problems


def _formula_problems(model: ValueModel, place: Place) -> Iterator[Problem]:
    formulas = [("start", model.start), *((part.id, part.amount) for part in model.parts)]
    formulas += [(step.id, step.amount) for step in model.steps]
    formulas += [("per_unit", model.per_unit)] if model.per_unit else []
    for what, formula in formulas:
        try:
            unknown = sorted(names_in(formula) - model.inputs.keys())
        except BadFormulaError as exc:
            yield error("bad-formula", f"{what}: {exc}", "mend the formula", place)
            continue
        for name in unknown:
            yield error("unknown-input", f"{what}: there is no input {name!r}",
                        did_you_mean(name, model.inputs), place)  # fmt: skip


Origin = Literal[
    "confirmed", "stated", "record", "peers", "assumption", "product", "price", "volume", "constant"
]
"""Where a figure comes from: the plan (confirmed by the customer, or stated by the rep), our
service record, the benchmark, the industry's assumptions, the product's dose, the offer, the
planned volume, or the model itself."""


@dataclass(frozen=True)
class Figure:
    """An input's value with its low and high case, and whether it is an unconfirmed estimate.

    ``currency`` is the one in which its source counts; empty for what is no money, and for a
    price, which is in the plan's own. ``origin`` says where it comes from, ``period`` of when it
    is.
    """

    value: Decimal
    low: Decimal
    high: Decimal
    estimate: bool
    source: str
    currency: str = ""
    origin: Origin = "constant"
    period: str = ""


@dataclass(frozen=True)
class Flow:
    """What a change brings in one case: ``once`` at its start and ``yearly``; costs below zero."""

    once: Decimal
    yearly: Decimal

    @property
    def net(self) -> Decimal:
        """What the first year brings."""
        return self.once + self.yearly


@dataclass(frozen=True)
class Effect:
    """One bar of the waterfall; ``amount`` in currency a year, negative saves."""

    id: str
    label: Words
    amount: Decimal
    estimate: bool
    basis: Words
    first_year_only: bool
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class ValueCase:
    """What the change is worth in the first year, in currency a year.

    ``net`` is the sum of the rounded parts, so that text, table and chart agree to the digit;
    ``confirmed`` is what rests on no estimate, less all that the change costs. ``flows`` are the
    low, base and high case; ``step`` is what amounts are rounded to.
    """

    model: ValueModel
    start: Decimal
    effects: tuple[Effect, ...]
    end: Decimal
    net: Decimal
    low: Decimal
    high: Decimal
    confirmed: Decimal
    figures: Mapping[str, Figure]
    problems: tuple[Problem, ...]
    flows: tuple[Flow, Flow, Flow]
    step: Decimal

    @property
    def estimate(self) -> bool:
        """Whether any part of the net is an estimate."""
        return any(effect.estimate for effect in self.effects)


def value_case(model: ValueModel, figures: Mapping[str, Figure]) -> ValueCase | Problem:
    """The value case, or why there is none: today's cost cannot be worked out.

    An effect whose inputs are missing is left out and reported. Raises nothing: a formula that
    cannot be evaluated is a problem and drops its effect.
    """
    cases = {
        "base": {name: figure.value for name, figure in figures.items()},
        "low": {name: figure.low for name, figure in figures.items()},
        "high": {name: figure.high for name, figure in figures.items()},
    }
    try:
        if not names_in(model.start) <= figures.keys():
            return warning(
                "no-value-case", f"the value model {model.id!r} lacks figures for today's cost",
                "give more of the baseline (winlab fields kpi)",
            )  # fmt: skip
        exact = evaluate(model.start, cases["base"])
        step = _rounding_step(exact)
        start = rounded(exact, step)
    except BadFormulaError as exc:
        return warning(
            "no-value-case", f"the value model {model.id!r} gives no cost of today: {exc}",
            "correct the baseline, or the model's start",
        )  # fmt: skip
    problems: list[Problem] = []
    effects: list[Effect] = []
    flows = dict.fromkeys(cases, Flow(Decimal(0), Decimal(0)))
    sign = -1 if model.headline == "saving" else 1
    for part in model.steps:
        try:
            used = names_in(part.amount)
            missing = sorted(used - figures.keys())
            if missing:
                problems.append(
                    note("effect-left-out", f"the effect {part.id!r} is left out: "
                         f"{', '.join(missing)} is not known", "give it in the plan's baseline")
                )  # fmt: skip
                continue
            amounts = {
                case: rounded(evaluate(part.amount, values), step) for case, values in cases.items()
            }
        except BadFormulaError as exc:
            problems.append(error("bad-formula", f"{model.id}.{part.id}: {exc}", "mend it"))
            continue
        for case, amount in amounts.items():
            flow, gain = flows[case], sign * amount
            flows[case] = (
                Flow(flow.once + gain, flow.yearly)
                if part.first_year_only
                else Flow(flow.once, flow.yearly + gain)
            )
        if amounts["base"]:
            effects.append(
                Effect(
                    part.id, part.label, amounts["base"],
                    any(figures[name].estimate for name in used), part.basis,
                    part.first_year_only, part.shown,
                )
            )  # fmt: skip
    ordered = sorted(flows.values(), key=lambda flow: flow.net)
    return ValueCase(
        model,
        start,
        tuple(effects),
        start + sum((effect.amount for effect in effects), Decimal(0)),
        flows["base"].net,
        ordered[0].net,
        ordered[-1].net,
        sum(
            (sign * e.amount for e in effects if not e.estimate or sign * e.amount < 0), Decimal(0)
        ),
        figures,
        tuple(problems),
        (ordered[0], flows["base"], ordered[-1]),
        step,
    )


def _rounding_step(start: Decimal) -> Decimal:
    if abs(start) >= 100_000:
        return Decimal(1000)
    return Decimal(100) if abs(start) >= 10_000 else Decimal(10)


def rounded(amount: Decimal, step: Decimal) -> Decimal:
    """An amount to the nearest step, half away from zero.

    Raises :class:`BadFormulaError` for one with more digits than arithmetic keeps.
    """
    try:
        return (amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    except InvalidOperation:
        raise BadFormulaError(f"{amount:.1E} is no plausible amount") from None
