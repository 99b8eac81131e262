"""Fills the value case of a brief: what the change is worth, and its waterfall. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from babel.numbers import is_currency
from pydantic import JsonValue

from winlab import wording
from winlab.brief import (
    EffectCard,
    ValueCard,
)
from winlab.figures import Builder, Rows, known_figure, peers_of, tidy
from winlab.inputs import (
    Better,
    ValueInput,
    ValueModel,
)
from winlab.problems import Problem, warning
from winlab.value import Effect, Figure, ValueCase, value_case


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
    builder: Builder, model: ValueModel, figures: Mapping[str, Figure]
) -> Problem | None:
    """Why a model does not fit the plan's currency: money is never converted."""
    own = builder.decision.pitch.currency
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
        return _flat(known.value, said or stated, currency, estimate=not known.confirmed)
    if source.peers and (peers := peers_of(builder, source.peers)):
        kpi = kpis[source.peers]
        ends = (peers.q3, peers.q1) if kpi.better is Better.LOWER else (peers.q1, peers.q3)
        return Figure(
            peers.median, *ends, estimate=False, source=said,
            currency=currency or _currency(kpi.unit),
        )  # fmt: skip
    industry = pitch.customer.industry
    if source.assumption and source.assumption in industry.assumptions:
        words = builder.say(industry.assumptions_source)
        assumed = industry.assumptions[source.assumption]
        return _flat(assumed, said or words, currency, estimate=True)
    if source.product and source.product in line.text.dose:
        return _flat(line.text.dose[source.product], said, currency)
    price = next((p.offered for p in builder.decision.prices), None)
    if source.price and price is not None:
        return _flat(price, said)
    if source.volume:
        return _flat(getattr(line.planned.volume, source.volume), said)
    if source.constant is not None:
        low = source.constant if source.low is None else source.low
        high = source.constant if source.high is None else source.high
        return Figure(
            source.constant, low, high, estimate=low != high, source=said, currency=currency
        )  # fmt: skip
    return None


def _flat(value: Decimal, source: str, currency: str = "", *, estimate: bool = False) -> Figure:
    return Figure(value, value, value, estimate, source, currency)


def value_card(builder: Builder, case: ValueCase) -> ValueCard:
    """The value case as a template sees it."""
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
        currency=builder.decision.pitch.currency,
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
        sources=tuple(dict.fromkeys(f.source for f in case.figures.values() if f.source)),
    )


def _effect(builder: Builder, case: ValueCase, effect: Effect) -> EffectCard:
    own = builder.decision.pitch.currency

    def unit(name: str) -> str:  # a price is in the plan's currency, whatever the model's unit says
        said = case.model.inputs[name].unit
        return own + said.removeprefix(code) if (code := _currency(said)) else said

    shown = [
        builder.number(tidy(case.figures[name].value), unit(name))
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


def waterfall_rows(builder: Builder, value: ValueCard) -> Rows:
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
