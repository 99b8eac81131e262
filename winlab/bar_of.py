"""What packs are measured against: the bar of a decision or an industry, and its brief. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from winlab.agreement import numbers_in
from winlab.brief import CashCard, CustomerBrief, ValueCard
from winlab.decide import Decision
from winlab.industry_brief import IndustryBrief
from winlab.leaks import Secrets
from winlab.peers import traits_shared
from winlab.quality import Bar, Estimate, Shown
from winlab.read import Workspace


def bar_of(
    decision: Decision, workspace: Workspace, brief: CustomerBrief, secrets: Secrets, day: date
) -> Bar:
    """What all packs of a decision are measured against."""
    rep = decision.pitch.rep
    return Bar(
        expires=brief.valid_until,
        rep=(rep.name, rep.phone, rep.email),
        secrets=secrets,
        own=frozenset(abs(number) for number in _own(brief, secrets.locale)),
        estimates=tuple(_estimates(brief)),
        confirmed=frozenset(_confirmed(brief)),
        pains=tuple(pain.words for pain in brief.pains),
        reference=_shown(decision, workspace, brief, day),
    )


def bar_of_industry(brief: IndustryBrief, secrets: Secrets) -> Bar:
    """What all packs of an industry are measured against: there is no customer's own number."""
    return Bar(
        expires=brief.valid_until,
        rep=(brief.rep.name, brief.rep.phone, brief.rep.email),
        secrets=secrets,
        estimates=tuple(_of_estimates(brief.value)) if brief.value else (),
        confirmed=frozenset(
            number for one in brief.benchmarks for number in (one.good, one.median, one.poor)
        ),
    )


def _own(brief: CustomerBrief, locale: str) -> Iterator[Decimal]:
    """The numbers that are this customer's alone: its figures, its value case, its offer."""
    for measure in brief.measures:
        yield measure.value
        if measure.peers:
            yield measure.peers.gap
    if brief.value:
        yield from _of_value(brief.value, locale)
    yield from (offer.price for offer in brief.offers if offer.price is not None)
    yield from (product.volume for product in brief.products)
    yield from (Decimal(brief.terms.payment_days), Decimal(brief.terms.months))
    said = [brief.goal.action, *brief.criteria, *(pain.words for pain in brief.pains)]
    said += [brief.why_now.event] if brief.why_now else []
    yield from (number for text in said for number in numbers_in(text, locale))


def _of_value(value: ValueCard, locale: str) -> Iterator[Decimal]:
    yield from (value.start, value.end, value.net, value.low, value.high, value.confirmed)
    yield from (effect.amount for effect in value.effects)
    for effect in value.effects:
        yield from numbers_in(f"{effect.was} {effect.becomes}", locale)
    for swing in value.swings:
        yield from (swing.low, swing.high)
    for line in value.compared:
        yield from (line.today, line.after, line.change)
    for gap in value.price_gaps:
        yield from (gap.low, gap.base, gap.high)
    for assumption in value.assumptions:
        yield from numbers_in(assumption.value, locale)
    if value.cash:
        yield from _of_cash(value.cash)


def _of_cash(cash: CashCard) -> Iterator[Decimal]:
    for case in (cash.low, cash.base, cash.high):
        yield from (case.once, case.yearly, case.first_year, case.total, case.present)
        if case.months is not None:
            yield Decimal(case.months)


def _estimates(brief: CustomerBrief) -> Iterator[Estimate]:
    for measure in brief.measures:
        if not measure.confirmed:
            yield Estimate(measure.label, measure.value)
    if brief.value:
        yield from _of_estimates(brief.value)


def _of_estimates(value: ValueCard) -> Iterator[Estimate]:
    for effect in value.effects:
        if effect.estimate:
            yield Estimate(effect.label, abs(effect.amount))
    if value.estimate:
        yield Estimate(value.net_label, value.net)


def _confirmed(brief: CustomerBrief) -> Iterator[Decimal]:
    yield from (measure.value for measure in brief.measures if measure.confirmed)
    if brief.value:
        yield from (abs(e.amount) for e in brief.value.effects if not e.estimate)
        yield brief.value.confirmed


def _shown(
    decision: Decision, workspace: Workspace, brief: CustomerBrief, day: date
) -> Shown | None:
    """The reference that the pack may name, with how well it fits."""
    for found in workspace.library.references.values():
        if brief.reference and found.name == brief.reference.name:
            return Shown(
                found.name,
                traits_shared(decision.pitch.customer, found),
                found.permission_until >= day,
            )
    return None
