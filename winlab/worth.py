"""Fills the value case of a brief: worth, cash, assumptions, comparisons and charts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from babel.numbers import is_currency
from pydantic import JsonValue

from winlab import wording
from winlab.brief import (
    AssumptionCard,
    CaseCard,
    CashCard,
    ComparedCard,
    EffectCard,
    PriceGapCard,
    SwingCard,
    ValueCard,
)
from winlab.cash import (
    after_months,
    compared,
    payback_months,
    present_value,
    price_gap,
    swings,
    used_inputs,
)
from winlab.figures import Builder, Rows, Teller, known_figure, peers_of, tidy
from winlab.inputs import (
    Better,
    ValueInput,
    ValueModel,
    ValueStep,
)
from winlab.problems import Problem, warning
from winlab.value import Effect, Figure, Flow, Origin, ValueCase, value_case

GAP_MONTHS = (12, 18, 24, 30, 36)
"""The terms for which a price difference is shown, beside the plan's own."""


def worth(builder: Builder) -> ValueCase | None:
    """The value case by the play's model, or ``None`` with the reason among the problems."""
    play = builder.decision.play
    assert play is not None
    model = builder.workspace.library.values[play.play.value_model]
    figures: dict[str, Figure] = {}
    for name, source in model.inputs.items():
        figure = _figure(builder, source)
        if figure:
            figures[name] = figure
    case = _other_currency(builder, model, figures) or value_case(model, figures)
    if isinstance(case, Problem):
        builder.problems.append(case)
        return None
    return case


_CODE = re.compile(r"\b[A-Z]{3}\b")


def _other_currency(
    builder: Teller, model: ValueModel, figures: Mapping[str, Figure]
) -> Problem | None:
    """Why a model does not fit the plan's currency: money is never converted."""
    own = builder.currency
    named = {figure.currency for figure in figures.values() if figure.currency}
    named |= {code for code in _CODE.findall(builder.say(model.axis)) if is_currency(code)}
    others = ", ".join(sorted(named - {own}))
    if not others:
        return None
    return warning(
        "other-currency", f"the value model {model.id!r} counts in {others}, the plan in {own}: "
        "the value case is left out", f"write the plan in {others}, or a value model in {own}",
    )  # fmt: skip


def _currency(unit: str) -> str:
    """The currency that a unit like "USD/h" begins with; empty if it begins with none."""
    found = _CODE.match(unit)
    return found[0] if found and is_currency(found[0]) else ""


def _figure(builder: Builder, source: ValueInput) -> Figure | None:
    pitch = builder.decision.pitch
    line = pitch.lines[0]
    said = builder.say(source.source) if source.source else ""
    kpis = builder.workspace.library.kpis
    currency = _currency(source.unit)
    if source.kpi and (known := known_figure(builder, source.kpi)):
        stated = known.source if known.confirmed else ""
        currency = currency or _currency(kpis[source.kpi].unit)
        origin: Origin = "confirmed" if known.confirmed else "stated"
        origin = origin if known.source else "record"
        figure = _flat(known.value, said or stated, origin, currency, estimate=not known.confirmed)
        return replace(figure, period=known.period)
    if source.peers and (peers := peers_of(builder, source.peers)):
        kpi = kpis[source.peers]
        ends = (peers.q3, peers.q1) if kpi.better is Better.LOWER else (peers.q1, peers.q3)
        return Figure(
            peers.median, *ends, estimate=False, source=said,
            currency=currency or _currency(kpi.unit), origin="peers", period=peers.period,
        )  # fmt: skip
    industry = pitch.customer.industry
    if source.assumption and source.assumption in industry.assumptions:
        words = builder.say(industry.assumptions_source)
        assumed = industry.assumptions[source.assumption]
        return _flat(assumed, said or words, "assumption", currency, estimate=True)
    if source.product and source.product in line.text.dose:
        return _flat(line.text.dose[source.product], said, "product", currency)
    price = next((p.offered for p in builder.decision.prices), None)
    if source.price and price is not None and _counts(builder, source, line.product.unit):
        return _flat(price, said, "price")
    if source.volume and _counts(builder, source, line.planned.volume.unit):
        return _flat(getattr(line.planned.volume, source.volume), said, "volume")
    if source.constant is not None:
        low = source.constant if source.low is None else source.low
        high = source.constant if source.high is None else source.high
        return Figure(
            source.constant, low, high, estimate=low != high, source=said, currency=currency
        )  # fmt: skip
    return None


def _counts(builder: Builder, source: ValueInput, unit: str) -> bool:
    """Whether a model counts a price or volume in the plan's unit; if not, that is reported."""
    if source.unit.removeprefix(_currency(source.unit)).removeprefix("/") == unit:
        return True
    builder.problems.append(
        warning("unit-mismatch", f"the value model counts {builder.say(source.label)!r} in "
                f"{source.unit}, the plan in {unit}: it is left out of the value case",
                f"write a value model that counts in {unit}")
    )  # fmt: skip
    return False


def _flat(
    value: Decimal, source: str, origin: Origin, currency: str = "", *, estimate: bool = False
) -> Figure:
    return Figure(value, value, value, estimate, source, currency, origin)


def value_card(builder: Teller, case: ValueCase, months: int) -> ValueCard:
    """The value case as a template sees it; ``months`` is the term of the offer."""
    model = case.model
    effects = tuple(_effect(builder, case, effect) for effect in case.effects)
    sure = [e for e in effects if not e.estimate and e.saves > 0]
    avoided = model.headline == "avoided"
    if avoided:
        sure = [e for e in effects if not e.estimate and e.amount > 0]
    return ValueCard(
        model=model.id,
        version=model.version,
        label=builder.say(model.label),
        axis=builder.say(model.axis),
        net_label=builder.say(model.net_label),
        start_label=builder.say(model.start_label),
        end_label=builder.say(model.end_label),
        currency=builder.currency,
        start=case.start,
        end=case.end,
        net=case.net,
        low=case.low,
        high=case.high,
        confirmed=case.confirmed,
        estimate=case.estimate,
        avoided=avoided,
        effects=effects,
        best=max(sure, key=lambda e: abs(e.amount), default=None),
        sources=tuple(
            dict.fromkeys(
                figure.source
                for name, figure in case.figures.items()
                if figure.source and name != model.discount
            )
        ),
        cash=None if avoided else _cash(case),
        assumptions=tuple(_assumptions(builder, case)),
        swings=tuple(_swings(builder, case)),
        compared=tuple(_compared(builder, case)),
        price_gaps=tuple(_price_gaps(case, months)) if avoided else (),
    )


def _cash(case: ValueCase) -> CashCard | None:
    """The cash of the three cases, if the model says what capital costs."""
    model = case.model
    rate = case.figures.get(model.discount) if model.discount else None
    if rate is None:
        return None

    def card(flow: Flow, percent: Decimal) -> CaseCard:
        return CaseCard(
            once=flow.once,
            yearly=flow.yearly,
            first_year=flow.net,
            total=flow.once + flow.yearly * model.years,
            rate=tidy(percent),
            present=present_value(flow, percent, model.years, case.step),
            months=payback_months(flow),
        )

    low, base, high = case.flows
    return CashCard(
        years=model.years,
        rate_source=rate.source or rate.period,
        low=card(low, rate.low),
        base=card(base, rate.value),
        high=card(high, rate.high),
    )


def _unit(builder: Teller, case: ValueCase, name: str) -> str:
    """An input's unit; a price is in the plan's currency, whatever the model's unit says."""
    own = builder.currency
    said = case.model.inputs[name].unit
    return own + said.removeprefix(code) if (code := _currency(said)) else said


def _assumptions(builder: Teller, case: ValueCase) -> Iterator[AssumptionCard]:
    """All inputs that the first year rests on, in the model's order."""
    used = used_inputs(case)
    for name, source in case.model.inputs.items():
        if name in used and name in case.figures:
            figure, unit = case.figures[name], _unit(builder, case, name)
            ranged = figure.low != figure.high
            yield AssumptionCard(
                id=name,
                label=builder.say(source.label),
                value=builder.number(tidy(figure.value), unit),
                low=builder.number(tidy(figure.low)) if ranged else "",
                high=builder.number(tidy(figure.high)) if ranged else "",
                estimate=figure.estimate,
                origin=figure.origin,
                source=figure.source,
                period=figure.period,
            )


def _swings(builder: Teller, case: ValueCase) -> Iterator[SwingCard]:
    for swing in swings(case):
        source = case.model.inputs[swing.name]
        unit = _unit(builder, case, swing.name)
        yield SwingCard(
            label=builder.say(source.label),
            low=swing.low,
            high=swing.high,
            at_low=builder.number(tidy(swing.at_low), unit),
            at_high=builder.number(tidy(swing.at_high), unit),
            estimate=case.figures[swing.name].estimate,
        )


def _compared(builder: Teller, case: ValueCase) -> Iterator[ComparedCard]:
    for line in compared(case):
        yield ComparedCard(
            label=builder.say(line.part.label),
            today=line.today,
            after=line.after,
            change=line.after - line.today,
            basis=builder.say(line.part.basis) if isinstance(line.part, ValueStep) else "",
        )


def _price_gaps(case: ValueCase, own: int) -> Iterator[PriceGapCard]:
    """For terms from one to three years, and the offer's own."""
    for months in sorted({*GAP_MONTHS, own}):
        low, base, high = (price_gap(case, net, months) for net in (case.low, case.net, case.high))
        if low is not None and base is not None and high is not None:
            yield PriceGapCard(months=months, unit=case.model.unit, low=low, base=base, high=high)


def payback_rows(builder: Teller, value: ValueCard) -> Rows:
    """The cumulative cash of the three cases by month, in thousands."""
    cash = value.cash
    if cash is None:
        return ()
    cases = {"low": cash.low, "base": cash.base, "high": cash.high}
    flows = {name: Flow(card.once, card.yearly) for name, card in cases.items()}
    rows: list[dict[str, JsonValue]] = []
    for month in range(cash.years * 12 + 1):
        row: dict[str, JsonValue] = {"month": month}
        for name, flow in flows.items():
            amount = after_months(flow, month)
            row[name] = float(amount / 1000)
            row[f"{name}_back"] = cases[name].months == month > 0
            row[f"{name}_label"] = "" if month % 12 else _thousands(builder, amount)
        rows.append(row)
    return tuple(rows)


def span_rows(builder: Teller, value: ValueCard) -> Rows:
    """What year one, each later year and all years are worth in the three cases, in thousands."""
    if value.cash is None:
        return ()
    cases = {"low": value.cash.low, "base": value.cash.base, "high": value.cash.high}
    rows: list[dict[str, JsonValue]] = []
    for span in ("first", "later", "all"):
        row: dict[str, JsonValue] = {"span": span}
        for name, case in cases.items():
            amount = {"first": case.first_year, "later": case.yearly, "all": case.total}[span]
            row[name] = float(amount / 1000)
            row[f"{name}_label"] = _thousands(builder, amount)
        rows.append(row)
    return tuple(rows)


def price_gap_rows(builder: Builder, value: ValueCard) -> Rows:
    """The price difference that a change has to earn, by the months in which it has to."""
    return tuple(
        {
            "month": gap.months,
            "low": float(gap.low),
            "base": float(gap.base),
            "high": float(gap.high),
            "base_label": wording.number(gap.base, builder.locale, 2),
            "own": gap.months == builder.decision.pitch.source.plan.terms.months,
        }
        for gap in value.price_gaps
    )


def tornado_rows(builder: Teller, value: ValueCard) -> Rows:
    """What the first year is worth at either end of each assumption, in thousands."""
    return tuple(
        {
            "label": swing.label,
            "low": float(swing.low / 1000),
            "high": float(swing.high / 1000),
            "base": float(value.net / 1000),
            "low_label": _thousands(builder, swing.low),
            "high_label": _thousands(builder, swing.high),
            "range": f"{swing.at_low} – {swing.at_high}",
            "estimate": swing.estimate,
        }
        for swing in value.swings
    )


def _thousands(builder: Teller, amount: Decimal) -> str:
    text = wording.number(tidy(abs(amount) / 1000), builder.locale)
    return f"−{text}" if amount < 0 else text


def compared_rows(builder: Teller, value: ValueCard) -> Rows:
    """Today's cost and the first year's by line, in thousands, the sum last."""
    lines = [(line.label, line.today, line.after, False) for line in value.compared]
    if lines:
        lines.append(("", value.start, value.end, True))
    return tuple(
        {
            "label": label,
            "today": float(today / 1000),
            "after": float(after / 1000),
            "today_label": _thousands(builder, today),
            "after_label": _thousands(builder, after),
            "total": total,
        }
        for label, today, after, total in lines
    )


def _effect(builder: Teller, case: ValueCase, effect: Effect) -> EffectCard:
    shown = [
        builder.number(tidy(case.figures[name].value), _unit(builder, case, name))
        for name in effect.inputs[:2]
        if name in case.figures
    ]
    return EffectCard(
        id=effect.id,
        label=builder.say(effect.label),
        amount=effect.amount,
        saves=-effect.amount,
        estimate=effect.estimate,
        basis=builder.say(effect.basis),
        first_year_only=effect.first_year_only,
        was=shown[0] if shown else "",
        becomes=shown[1] if len(shown) > 1 else "",
    )


def waterfall_rows(builder: Teller, value: ValueCard) -> Rows:
    """Rows of the waterfall in thousands; they sum to the net exactly."""
    thousand = Decimal(1000)

    def label(amount: Decimal, *, signed: bool = True) -> str:
        text = wording.number(tidy(abs(amount) / thousand), builder.locale)
        return (("−" if amount < 0 else "+") + text) if signed else text

    rows: list[dict[str, JsonValue]] = [
        {
            "label": value.start_label,
            "start": 0,
            "end": float(value.start / thousand),
            "amount_label": label(value.start, signed=False),
            "kind": "total",
            "estimate": False,
        }
    ]
    level = value.start
    for effect in value.effects:
        rows.append(
            {
                "label": effect.label,
                "start": float(level / thousand),
                "end": float((level + effect.amount) / thousand),
                "amount_label": label(effect.amount),
                "kind": "saving" if effect.amount < 0 else "cost",
                "estimate": effect.estimate,
            }
        )
        level += effect.amount
    rows.append(
        {
            "label": value.end_label,
            "start": 0,
            "end": float(level / thousand),
            "amount_label": label(level, signed=False),
            "kind": "total",
            "estimate": False,
        }
    )
    return tuple(rows)
