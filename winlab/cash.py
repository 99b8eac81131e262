"""What a value case means in cash: payback, present value, what it hangs on, costs compared. Pure.

Months and years are counted from the day of the change: what is spent once falls on that day,
the yearly effect comes evenly over each year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from winlab.inputs import ValuePart, ValueStep
from winlab.value import BadFormulaError, Flow, ValueCase, evaluate, names_in, rounded

SPAN = Decimal("0.2")
"""How far an assumption without a range of its own is moved, up and down, as a share of it."""
MOST_SWINGS = 5
_MONTHS = 12


def payback_months(flow: Flow) -> int | None:
    """The first month after which the cash is back; ``None`` if it never is."""
    if flow.once >= 0:
        return 0
    if flow.yearly <= 0:
        return None
    months = -flow.once * _MONTHS / flow.yearly
    return int(months.to_integral_value(ROUND_CEILING))


def after_months(flow: Flow, months: int) -> Decimal:
    """The cash since the start, in currency."""
    return flow.once + flow.yearly * months / _MONTHS


def present_value(flow: Flow, percent: Decimal, years: int, step: Decimal) -> Decimal:
    """The net present value at a yearly rate in percent, effects at the end of each year."""
    rate = 1 + percent / 100
    later = sum((flow.yearly / rate**year for year in range(1, years + 1)), Decimal(0))
    return rounded(flow.once + later, step)


@dataclass(frozen=True)
class Swing:
    """How far the first year's net moves with one input: its values at either end."""

    name: str
    low: Decimal
    high: Decimal
    at_low: Decimal
    at_high: Decimal


def swings(case: ValueCase) -> tuple[Swing, ...]:
    """The inputs on which the net hangs most, the widest first.

    Each is moved alone: between its low and high case, or by :data:`SPAN` where it has none.
    Prices and planned volumes stay: they are what is offered.
    """
    found: list[Swing] = []
    for name in sorted(used_inputs(case)):
        figure = case.figures[name]
        if figure.origin in ("price", "volume"):
            continue
        ends = (figure.low, figure.high)
        if figure.low == figure.high:
            ends = (figure.value * (1 - SPAN), figure.value * (1 + SPAN))
        nets = sorted((_net_with(case, name, value), value) for value in ends)
        if nets[0][0] != nets[1][0]:
            found.append(Swing(name, nets[0][0], nets[1][0], nets[0][1], nets[1][1]))
    widest = sorted(found, key=lambda swing: swing.low - swing.high)
    return tuple(widest[:MOST_SWINGS])


def used_inputs(case: ValueCase) -> frozenset[str]:
    """The inputs of the effects that count, and of today's cost."""
    formulas = [case.model.start, *(step.amount for step in _counted(case))]
    return frozenset[str]().union(*(names_in(formula) for formula in formulas))


def _counted(case: ValueCase) -> list[ValueStep]:
    return [step for step in case.model.steps if names_in(step.amount) <= case.figures.keys()]


def _net_with(case: ValueCase, name: str, value: Decimal) -> Decimal:
    values = {key: figure.value for key, figure in case.figures.items()} | {name: value}
    sign = -1 if case.model.headline == "saving" else 1
    amounts = (evaluate(step.amount, values) for step in _counted(case))
    return sign * sum((rounded(amount, case.step) for amount in amounts), Decimal(0))


@dataclass(frozen=True)
class Compared:
    """One line of a cost comparison, in currency a year."""

    part: ValuePart | ValueStep
    today: Decimal
    after: Decimal


def compared(case: ValueCase) -> tuple[Compared, ...]:
    """Today's cost by its parts beside the first year's; the sums are the case's start and end.

    What rounding leaves over falls to the largest part. Empty where a part cannot be worked out.
    """
    values = {key: figure.value for key, figure in case.figures.items()}
    amounts = {effect.id: effect.amount for effect in case.effects}
    lines: list[Compared] = []
    try:
        for part in case.model.parts:
            today = rounded(evaluate(part.amount, values), case.step)
            lines.append(Compared(part, today, today))
    except BadFormulaError:
        return ()
    if not lines:
        return ()
    left = case.start - sum((line.today for line in lines), Decimal(0))
    largest = max(range(len(lines)), key=lambda number: lines[number].today)
    today = lines[largest].today + left
    lines[largest] = replace(lines[largest], today=today, after=today)
    for step in case.model.steps:
        amount = amounts.get(step.id, Decimal(0))
        for number, line in enumerate(lines):
            if line.part.id == step.of:
                lines[number] = replace(line, after=line.after + amount)
        if step.of is None and amount:
            lines.append(Compared(step, Decimal(0), amount))
    return tuple(lines)


def price_gap(case: ValueCase, net: Decimal, months: int) -> Decimal | None:
    """By how much a unit another offer must be cheaper to earn back ``net`` in ``months``."""
    values = {key: figure.value for key, figure in case.figures.items()}
    if not case.model.per_unit or not months:
        return None
    try:
        units = evaluate(case.model.per_unit, values) * months / _MONTHS
    except BadFormulaError:
        return None
    return rounded(net / units, Decimal("0.01")) if units else None
