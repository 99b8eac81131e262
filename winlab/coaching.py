"""Fills the coach sheet's brief: what the rep sees and the customer does not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain, zip_longest
from statistics import median

from pydantic import JsonValue

from winlab import wording
from winlab.as_of import older_than
from winlab.brief import (
    AdjustmentCard,
    AlternativeCard,
    ApprovalCard,
    ClauseCard,
    CoachCharts,
    CorridorCard,
    CounterCard,
    CustomerBrief,
    DealsCard,
    FactCard,
    FindOutCard,
    KeyMessageCard,
    LeverCard,
    ObjectionCard,
    OpportunityCard,
    PlayCard,
    ProofCard,
    QuestionCard,
    RepBrief,
    RuleCard,
    StakeholderCard,
    TurningCard,
    YearCard,
)
from winlab.decide import Message, Price, Saying, unusable
from winlab.document import decimal_text
from winlab.facts import Audience, Fact, FactType, Value, in_domain
from winlab.figures import Builder
from winlab.inputs import Claim, Lever, Market, Observed, Purchase
from winlab.pitch import COMPETITOR_INTELLIGENCE_DAYS, MARKET_DATA_DAYS, fresh
from winlab.rules.trace import ClauseTrace, asked, nearness, why_not

KEY_MESSAGES = 3
KINDS = ("situation", "problem", "implication", "pay-off")
"""Kinds of questions, in the order in which a conversation takes them."""
KG_IN_TONNE = Decimal(1000)
"""Purchases are booked in tonnes, prices are per kilogram."""


def rep_brief(builder: Builder, customer: CustomerBrief) -> RepBrief:
    """What the coach sheet may see: the customer's brief and all that is for the rep."""
    return RepBrief.model_validate({**dict(customer), **_for_rep(builder)})


def _for_rep(builder: Builder) -> dict[str, object]:
    decision = builder.decision
    pitch, plan = decision.pitch, decision.pitch.source.plan
    assert decision.play is not None
    play = decision.play.play
    deals = _deals(builder)
    return {
        "status": decision.status.value,
        "summary": _local(builder, decision.summary.partition("; the rep asked")[0]),
        "find_out": tuple(_find_out(builder)),
        "market": pitch.customer.market.name,
        "peer_group": decision.peer_group,
        "strategy": decision.strategy,
        "play": PlayCard(
            id=play.id,
            version=play.version,
            thesis=builder.say(play.thesis, f"{play.id}: thesis"),
            kpi=play.kpi,
            picked=decision.picked,
            because=plan.play.because if plan.play else "",
            avoid=play.avoid,
        ),
        "rules": tuple(_rules(builder)),
        "turning": tuple(_turning(builder)),
        "key_messages": tuple(_key_messages(builder)),
        "corridors": tuple(_corridor(builder, price) for price in decision.prices),
        "levers": tuple(_levers(builder)),
        "deals": _prices_paid(deals),
        "stakeholders": tuple(
            StakeholderCard(
                name=c.name, title=c.title, role=c.role.value, buying=c.buying,
                influence=c.influence, stance=c.stance,
            )
            for c in plan.contacts
        ),
        "alternatives": tuple(_alternatives(builder)),
        "objections": tuple(_objection(builder, o) for o in decision.objections),
        "sales_questions": _questions(builder),
        "counters": _counters(builder),
        "market_facts": tuple(_fact_cards(builder, "market", pitch.customer.market.facts)),
        "account_facts": tuple(
            _fact_cards(builder, "account", pitch.customer.account.facts)
            if pitch.customer.account else ()
        ),
        "product_facts": tuple(_product_facts(builder)),
        "purchases": tuple(_purchases(builder)),
        "opportunity": _opportunity(builder),
        "decision_steps": plan.decision.steps,
        "approver": pitch.manager.name if pitch.manager else "",
        "packs": tuple(role.value for role in plan.packs),
        "coach_charts": CoachCharts(
            corridor=(
                *({"kind": "deal", "volume": float(d.volume), "price": float(_price_paid(d))}
                  for d in deals),
                *(_corridor_lines(builder) if deals else ()),
            ),
            bubble=tuple(_bubbles(builder)),
            growth_threshold=_threshold(builder, "market.growth"),
            share_threshold=_threshold(builder, "market.share"),
        ),
    }  # fmt: skip


# ---------------------------------------------------------------- why this play


def _local(builder: Builder, text: str) -> str:
    """The rules' words with percentages as the pack's language writes them."""

    def percent(found: re.Match[str]) -> str:
        return wording.percent(Decimal(found[1]).scaleb(-2), builder.locale)

    return re.sub(r"(-?\d+(?:\.\d+)?) %", percent, text)


def _rules(builder: Builder) -> Iterator[RuleCard]:
    for table in builder.decision.traces[:2]:
        for rule in table.rules:
            yield RuleCard(
                table=table.table,
                id=rule.id,
                result=str(rule.result),
                why=rule.why,
                clauses=tuple(
                    _clause(builder, clause) for clause in rule.clauses if _may_see(clause)
                ),
            )


def _may_see(clause: ClauseTrace) -> bool:
    return Audience.REP.may_see(clause.clause.fact.audience)


def _clause(builder: Builder, clause: ClauseTrace) -> ClauseCard:
    observed = _observed(builder).get(clause.fact)
    return ClauseCard(
        fact=clause.fact,
        label=clause.clause.fact.label or clause.fact,
        test=clause.test,
        asked=_local(builder, asked(clause)),
        value=_local(builder, clause.value),
        result=str(clause.result),
        source=str(clause.source),
        observed_at=observed.observed_at if observed else None,
    )


def _observed(builder: Builder) -> Mapping[str, Observed]:
    customer = builder.decision.pitch.customer
    account = customer.account.facts if customer.account else {}
    products = [line.product.facts for line in reversed(builder.decision.pitch.lines)]
    return {**customer.market.facts, **account, **dict(chain(*(p.items() for p in products)))}


def _turning(builder: Builder) -> Iterator[TurningCard]:
    """The peer groups that this market is not in, the nearest first."""
    peer = builder.decision.traces[0]
    outputs = {r.id: r.then for r in builder.workspace.library.peer_groups.rules}

    for rule in sorted((r for r in peer.rules if r.result == "failed"), key=nearness):
        if not all(map(_may_see, rule.failed)):
            continue
        then = outputs[rule.id]
        yield TurningCard(
            group=str(then.get("peer_group", rule.id)),
            strategy=str(then.get("strategy", "")),
            needs=tuple(
                _need(builder, clause, words)
                for clause, words in zip(rule.failed, why_not(peer, rule.id), strict=True)
            ),
        )


def _need(builder: Builder, clause: ClauseTrace, words: str) -> str:
    if isinstance(clause.known, str) and (wanted := asked(clause)):
        label = clause.clause.fact.label
        return f"{label[:1].lower()}{label[1:]} is {clause.value} (it takes {wanted})"
    return _local(builder, words)


def _find_out(builder: Builder) -> Iterator[FindOutCard]:
    decision = builder.decision
    for name in decision.missing:
        fact = builder.workspace.library.facts.get(name)
        known = _observed(builder).get(name)
        yield FindOutCard(
            label=fact.label if fact else name,
            source=fact.source if fact else "",
            observed_at=known.observed_at if known else None,
            max_age=fact.max_age if fact else None,
        )


# ---------------------------------------------------------------- what to say


def _key_messages(builder: Builder) -> Iterator[KeyMessageCard]:
    """The first message of each role, then the second, until there are three; role by role."""
    messages = builder.decision.messages
    chosen: dict[str, Message] = {}
    for message in chain.from_iterable(zip_longest(*messages.values())):
        if message is not None and len(chosen) < KEY_MESSAGES:
            chosen.setdefault(str(message.insight), message)
    roles = list(messages)
    for message in sorted(chosen.values(), key=lambda message: roles.index(message.role)):
        yield _key_message(builder, message)


def _key_message(builder: Builder, message: Message) -> KeyMessageCard:
    contacts = builder.decision.pitch.source.plan.contacts
    return KeyMessageCard(
        role=message.role,
        people=tuple(c.name for c in contacts if c.role.value == message.role),
        insight=builder.say(message.insight, f"message {message.id}"),
        proof=_proof(builder, message.proofs[0]) if message.proofs else None,
    )


def _proof(builder: Builder, claim: Claim) -> ProofCard:
    return ProofCard(
        id=claim.id,
        text=builder.say(claim.text, f"claim {claim.id}"),
        source=builder.say(claim.source, f"claim {claim.id}: source"),
        date=claim.date,
    )


def _questions(builder: Builder) -> tuple[QuestionCard, ...]:
    """The play's questions in the order of a conversation."""
    asked_for = [
        QuestionCard(kind=str(q.says.get("kind", "")), ask=builder.say(q.says.get("ask")))
        for q in builder.decision.questions
    ]
    rank = {kind: place for place, kind in enumerate(KINDS)}
    return tuple(sorted(asked_for, key=lambda question: rank.get(question.kind, len(rank))))


def _objection(builder: Builder, objection: Saying) -> ObjectionCard:
    claim = next((c for c in objection.proofs if Audience.REP.may_see(c.audience)), None)
    return ObjectionCard(
        says=builder.say(objection.says.get("says")),
        acknowledge=builder.say(objection.says.get("acknowledge")),
        answer=builder.say(objection.says.get("answer")),
        proof=_proof(builder, claim) if claim else None,
        sayable=claim is not None and not unusable(claim, builder.decision.as_of),
        ask=builder.say(objection.says.get("ask")),
    )


def _counters(builder: Builder) -> tuple[CounterCard, ...]:
    """Rivals of the play, those that the plan names first."""
    decision = builder.decision
    named = {
        word
        for alternative in decision.pitch.source.plan.alternatives
        for word in alternative.name.casefold().split()
    }
    cards: list[CounterCard] = []
    for counter in decision.counters:
        rival = str(counter.says.get("rival", ""))
        day = _day(str(counter.says.get("date", "")))
        cards.append(
            CounterCard(
                rival=rival,
                present=rival.casefold().partition(" ")[0] in named,
                they_win=builder.say(counter.says.get("they_win")),
                we_win=builder.say(counter.says.get("we_win")),
                source=builder.say(counter.says.get("source")),
                date=day,
                old=day is None or older_than(day, COMPETITOR_INTELLIGENCE_DAYS, decision.as_of),
            )
        )
    return tuple(sorted(cards, key=lambda card: not card.present))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# ---------------------------------------------------------------- prices


def _corridor(builder: Builder, price: Price) -> CorridorCard:
    shown = builder.workspace.file.price.show_floor
    approval = price.approval
    return CorridorCard(
        product=price.product,
        currency=price.currency,
        unit=price.unit,
        list=price.list,
        opening=price.opening,
        target=price.target,
        rep_limit=price.rep_limit,
        manager_limit=price.manager_limit if shown else None,
        floor=price.floor if shown else None,
        offered=price.offered,
        adjustments=tuple(
            AdjustmentCard(points=a.points, why=a.why or a.id) for a in price.adjustments
        ),
        clamped=price.clamped,
        approval=ApprovalCard(by=approval.by, date=approval.date, price=approval.price)
        if approval
        else None,
    )


def _levers(builder: Builder) -> Iterator[LeverCard]:
    """Each lever once; with one product also what it costs in money."""
    prices = builder.decision.prices
    found: dict[str, Lever] = {}
    for price in prices:
        for lever in price.levers:
            found.setdefault(lever.id, lever)
    only = prices[0] if len(prices) == 1 else None
    for lever in found.values():
        costs = only and (only.list * lever.costs_points / 100).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )
        yield LeverCard(
            give=lever.give,
            range=_range(lever),
            costs_points=lever.costs_points,
            costs=costs or None,
            get=lever.get,
        )


def _range(lever: Lever) -> str:
    found = re.fullmatch(r"[\[\]()]\s*(.*?)\s*\.\.\s*(.*?)\s*[\[\]()]", lever.range)
    words = f"{found[1]} to {found[2]}" if found and found[1] and found[2] else lever.range
    return f"{words} {lever.unit}".strip()


def _alternatives(builder: Builder) -> Iterator[AlternativeCard]:
    decision = builder.decision
    ours = decision.prices[0] if decision.prices else None
    for other in decision.pitch.source.plan.alternatives:
        comparable = ours and ours.offered is not None and other.per == ours.unit
        yield AlternativeCard(
            name=other.name,
            incumbent=other.incumbent,
            price=other.price,
            per=other.per or "",
            gap=other.price - ours.offered
            if comparable and ours and ours.offered is not None and other.price is not None
            else None,
            source=other.source or "",
            date=other.date,
        )


def _deals(builder: Builder) -> list[Purchase]:
    """Comparable deals: the product's latest year with others in the same currency."""
    pitch = builder.decision.pitch
    line = pitch.lines[0]
    account = pitch.customer.account
    others = [
        p
        for p in builder.workspace.company.purchases
        if p.product == line.product.id
        and line.product.unit == "kg"
        and p.currency == pitch.currency
        and p.volume > 0
        and not (account and p.account == account.id)
    ]
    latest = max((p.year for p in others), default=0)
    return [p for p in others if p.year == latest]


def _price_paid(purchase: Purchase) -> Decimal:
    paid = purchase.revenue / purchase.volume / KG_IN_TONNE
    return paid.quantize(Decimal("0.001"), ROUND_HALF_UP)


def _prices_paid(deals: Iterable[Purchase]) -> DealsCard | None:
    listed = list(deals)
    if not listed:
        return None
    paid = [_price_paid(deal).quantize(Decimal("0.01"), ROUND_HALF_UP) for deal in listed]
    return DealsCard(
        n=len(paid),
        year=str(listed[0].year),
        low=min(paid),
        median=Decimal(median(paid)).quantize(Decimal("0.01"), ROUND_HALF_UP),
        high=max(paid),
    )


def _corridor_lines(builder: Builder) -> Iterator[dict[str, JsonValue]]:
    price = next(iter(builder.decision.prices), None)
    if price is None:
        return
    lines = [("list", price.list), ("opening", price.opening), ("target", price.target),
             ("your limit", price.rep_limit), ("offered", price.offered)]  # fmt: skip
    by_price: dict[Decimal, list[str]] = {}
    for label, amount in lines:
        if amount is not None:
            by_price.setdefault(amount, []).append(label)
    for amount, labels in by_price.items():
        yield {
            "kind": "line",
            "label": ", ".join(labels),
            "price": float(amount),
            "value_label": wording.number(amount, builder.locale, 2),
            "offered": "offered" in labels,
        }


# ---------------------------------------------------------------- figures with their age


def _fact_cards(
    builder: Builder, entity: str, observed: Mapping[str, Observed]
) -> Iterator[FactCard]:
    for fact in builder.workspace.library.facts.of(entity):
        if fact.type is FactType.TEXT or not Audience.REP.may_see(fact.audience):
            continue
        if fact.name == "account.industry":
            continue
        if known := observed.get(fact.name):
            yield _fact_card(builder, fact, known, fact.label)


def _product_facts(builder: Builder) -> Iterator[FactCard]:
    lines = builder.decision.pitch.lines
    for line in lines:
        for card in _fact_cards(builder, "product", line.product.facts):
            label = f"{card.label}, {line.product.name}" if len(lines) > 1 else card.label
            yield card.model_copy(update={"label": label})


def _fact_card(builder: Builder, fact: Fact, known: Observed, label: str) -> FactCard:
    as_of = builder.decision.as_of
    limit = fact.max_age if fact.max_age is not None else MARKET_DATA_DAYS
    return FactCard(
        label=label,
        value=_fact_text(builder, fact, fresh(fact, known, as_of)),
        source=fact.source,
        observed_at=known.observed_at,
        old=known.observed_at is not None and older_than(known.observed_at, limit, as_of),
    )


def _fact_text(builder: Builder, fact: Fact, value: Value | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        if fact.is_fraction:
            return wording.percent(value, builder.locale, max((fact.decimals or 2) - 2, 0))
        return builder.number(value, "" if fact.unit == "count" else fact.unit)
    if isinstance(value, date):
        return wording.long_date(value, builder.locale)
    return value


def _purchases(builder: Builder) -> Iterator[YearCard]:
    """What the account bought of any product, the latest year first."""
    account = builder.decision.pitch.customer.account
    bought = [p for p in builder.workspace.company.purchases if account and p.account == account.id]
    units = {name: product.unit for name, product in builder.workspace.company.products.items()}
    for purchase in sorted(bought, key=lambda p: (-p.year, p.product)):
        by_weight = units.get(purchase.product) == "kg" and purchase.volume > 0
        yield YearCard(
            year=str(purchase.year),
            product=purchase.product,
            volume=_trimmed(purchase.volume),
            revenue=purchase.revenue,
            currency=purchase.currency,
            price=_price_paid(purchase).quantize(Decimal("0.01"), ROUND_HALF_UP)
            if by_weight
            else None,
        )


def _trimmed(value: Decimal) -> Decimal:
    return Decimal(decimal_text(value))


# ---------------------------------------------------------------- target against opportunity


def _opportunity(builder: Builder) -> OpportunityCard:
    pitch = builder.decision.pitch
    volumes = [line.planned.volume for line in pitch.lines]
    current = sum((v.current for v in volumes), Decimal(0))
    potential = sum((v.potential for v in volumes), Decimal(0))
    unit = volumes[0].unit
    growth = _market_growth(builder, unit)
    return OpportunityCard(
        unit=unit.partition("/")[0].removesuffix(" a year"),
        current=current,
        potential=potential,
        reason="; ".join(dict.fromkeys(v.reason for v in volumes if v.reason)),
        lab_estimate=pitch.customer.account.potential if pitch.customer.account else None,
        market_growth=growth,
        share_of_growth=(potential - current) / growth if growth else None,
    )


def _market_growth(builder: Builder, unit: str) -> Decimal | None:
    """What demand in the market is to gain, where it gains and is counted as the plan counts."""
    facts = builder.workspace.library.facts
    names = ("size", "potential")
    if any(f"market.{name}" in facts and facts[f"market.{name}"].unit != unit for name in names):
        return None
    values = _market_numbers(builder, builder.decision.pitch.customer.market, *names)
    return values[1] - values[0] if len(values) == 2 and values[1] > values[0] else None


def _market_numbers(builder: Builder, market: Market, *names: str) -> list[Decimal]:
    """Of these market facts the numbers that are known and that a rep may see."""
    facts = builder.workspace.library.facts
    return [
        known.value
        for name in (f"market.{name}" for name in names)
        if name in facts and Audience.REP.may_see(facts[name].audience)
        if (known := market.facts.get(name)) and isinstance(known.value, Decimal)
    ]


def _bubbles(builder: Builder) -> Iterator[dict[str, JsonValue]]:
    here = builder.decision.pitch.customer.market
    for market in builder.workspace.company.markets.values():
        numbers = _market_numbers(builder, market, "growth", "share", "potential")
        if len(numbers) == 3 and _in_domain(builder, market.facts):
            growth, share, potential = map(float, numbers)
            yield {
                "name": market.name,
                "growth": growth,
                "share": share,
                "potential": potential,
                "highlighted": market.id == here.id,
            }


def _in_domain(builder: Builder, observed: Mapping[str, Observed]) -> bool:
    facts = builder.workspace.library.facts
    return all(in_domain(facts[name], known.value) for name, known in observed.items())


def _threshold(builder: Builder, fact: str) -> Decimal | None:
    """Where the peer groups part on a number, if it is in one place only."""
    clauses = (c for rule in builder.decision.traces[0].rules for c in rule.clauses if _may_see(c))
    spans = [span for c in clauses if c.fact == fact for span in c.clause.test.spans]
    ends = {end for span in spans for end in (span.low, span.high) if isinstance(end, Decimal)}
    return ends.pop() if len(ends) == 1 else None
