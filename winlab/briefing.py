"""Fills the customer's brief of a decided pitch. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from winlab import wording
from winlab.brief import (
    AnswerCard,
    BandCard,
    ChartRows,
    CustomerBrief,
    GateCard,
    OfferCard,
    PainCard,
    Person,
    ProductCard,
    ReferenceCard,
    RiskCard,
    StepCard,
    StudyCard,
    SupplyCard,
)
from winlab.content import (
    Yearly,
    footprint_rows,
    industry_card,
    message_card,
    product_facts,
    service_cards,
    shift_cards,
    study_card,
)
from winlab.facts import Audience
from winlab.figures import Builder, driver_rows, measures_of, pattern_of, tidy, worst_measure
from winlab.inputs import (
    Contact,
    Owner,
    Role,
    SupplyText,
)
from winlab.peers import best_reference
from winlab.pitch import Line
from winlab.problems import note, warning
from winlab.rules.table import Status
from winlab.schedule import schedule
from winlab.worth import (
    compared_rows,
    payback_rows,
    price_gap_rows,
    span_rows,
    tornado_rows,
    value_card,
    waterfall_rows,
    worth,
)


def customer_briefs(builder: Builder) -> dict[Role, CustomerBrief]:
    """What each customer's pack may see. The decision must have a play and an offer."""
    shared = _shared(builder)
    return {
        role: CustomerBrief.model_validate({**shared, **_for_role(builder, role)})
        for role in builder.decision.pitch.source.plan.packs
    }


def _shared(builder: Builder) -> dict[str, object]:
    decision, workspace = builder.decision, builder.workspace
    pitch, plan = decision.pitch, decision.pitch.source.plan
    customer, industry = pitch.customer, pitch.customer.industry
    assert decision.play is not None
    play = decision.play.play
    measures = tuple(measures_of(builder))
    case = worth(builder)
    if case:
        builder.problems.extend(case.problems)
    steps = tuple(_steps(builder))
    products = tuple(_product(builder, line, steps) for line in pitch.lines)
    offers = tuple(_offers(builder))
    value = value_card(builder, case, plan.terms.months) if case else None
    return {
        "company": workspace.file.workspace.company,
        "customer": {"name": customer.name, "site": customer.site},
        "industry": industry_card(builder, industry, pattern_of(builder, measures)),
        "market_driver": _market_driver(builder),
        "shifts": shift_cards(builder, industry),
        "words": {name: builder.say(text) for name, text in industry.vocabulary.items()},
        "rep": {
            "name": pitch.rep.name,
            "title": pitch.rep.title,
            "phone": pitch.rep.phone,
            "email": pitch.rep.email,
            "region": pitch.rep.region,
        },
        "decider": _decider(builder),
        "goal": {
            "action": plan.objective.action,
            "by": plan.objective.by,
            "meeting": plan.meeting,
            "met": pitch.held,
        },
        "why_now": None if plan.why_now == "unknown" else plan.why_now.model_dump(),
        "pains": tuple(_pains(builder)),
        "asked": tuple(pain.words for pain in plan.pains if pain.assumed),
        "questions": tuple(
            builder.say(saying.says.get("ask"), f"question {saying.id}")
            for saying in decision.questions
        ),
        "criteria": plan.decision.criteria,
        "measures": measures,
        "worst": worst_measure(measures),
        "value": value,
        "headline": builder.say(play.headline, f"{play.id}: headline"),
        "products": products,
        "product": products[0],
        "offers": offers,
        "offer": offers[0],
        "terms": plan.terms.model_dump(),
        "reference": _reference(builder),
        "studies": tuple(_studies(builder)),
        "services": service_cards(
            builder,
            [name for offer in decision.offers for name in offer.title.services],
            decision.as_of,
            plan.objective.by,
        ),
        "steps": steps,
        "risks": tuple(_risks(builder)),
        "charts": ChartRows(
            drivers=driver_rows(builder, measures),
            waterfall=waterfall_rows(builder, value) if value else (),
            payback=payback_rows(builder, value) if value else (),
            price_gap=price_gap_rows(builder, value) if value else (),
            tornado=tornado_rows(builder, value) if value else (),
            compared=compared_rows(builder, value) if value else (),
            spans=span_rows(builder, value) if value else (),
            footprint=footprint_rows(builder, products[0]),
            gantt=tuple(
                {
                    "step": step.step,
                    "start": step.start.isoformat(),
                    "end": step.end.isoformat(),
                    "owner": step.owner_short,
                    "owner_kind": step.owner,
                    "decision": step.decision,
                }
                for step in steps
            ),
        ),
        "valid_until": valid_until(plan.objective.by, play.valid.until),
        "provisional": decision.status is Status.PROVISIONAL,
    }


def valid_until(objective_by: date, play_until: date) -> date:
    """How long an offer holds: to the end of the month of the decision, while the play does."""
    last = calendar.monthrange(objective_by.year, objective_by.month)[1]
    return min(objective_by.replace(day=last), play_until)


def _for_role(builder: Builder, role: Role) -> dict[str, object]:
    decision = builder.decision
    return {
        "addressees": tuple(
            Person(name=c.name, title=c.title) for c in decision.pitch.contacts(role)
        ),
        "messages": tuple(
            message_card(builder, message) for message in decision.messages.get(role.value, ())
        ),
    }


def _decider(builder: Builder) -> Person:
    """Who decides on the money; else the first contact."""
    contacts = builder.decision.pitch.source.plan.contacts
    economic = [contact for contact in contacts if contact.buying == "economic"]
    who = (economic or list(contacts))[0]
    return Person(name=who.name, title=who.title)


def _pains(builder: Builder) -> Iterator[PainCard]:
    plan = builder.decision.pitch.source.plan
    titles = {contact.name: contact.title for contact in plan.contacts}
    for pain in plan.pains:
        if not pain.assumed and pain.by and pain.date:
            yield PainCard(
                words=pain.words, by=pain.by, title=titles.get(pain.by, ""), date=pain.date
            )


def _product(builder: Builder, line: Line, steps: Sequence[StepCard]) -> ProductCard:
    volume = line.planned.volume
    in_tonnes = volume.unit.partition("/")[0] == "t"
    yearly = Yearly(volume.current, volume.potential) if in_tonnes else None
    told = product_facts(builder, line.text, yearly)
    stewardship = told.stewardship
    if stewardship:
        gates = tuple(_gate(builder, gate, steps) for gate in stewardship.gates)
        stewardship = stewardship.model_copy(update={"gates": gates})
    return ProductCard.model_validate(
        {
            **told.model_dump(),
            "stewardship": stewardship,
            "volume_today": volume.current,
            "volume": volume.potential,
            "volume_unit": builder.unit(volume.unit),
        }
    )


def _gate(builder: Builder, gate: GateCard, steps: Sequence[StepCard]) -> GateCard:
    """A gate with its owner's name, due before the step of the plan that it guards."""
    names = _owners(builder, Owner(gate.owner))
    longest = max(steps, key=lambda step: step.end - step.start)
    due = {"agreement": steps[0].end, "line": longest.start, "close": steps[-1].end}
    return gate.model_copy(
        update={
            "owner_name": wording.join_words(names, builder.locale),
            "due": due[gate.before],
        }
    )


def _supply(builder: Builder, supply: SupplyText, volume: Decimal, at: str) -> SupplyCard:
    return SupplyCard(
        assured=builder.says(supply.assured, at),
        price_rule=builder.say(supply.price_rule, at),
        bands=tuple(
            BandCard(
                above=tidy(band.above * volume),
                to=None if band.to is None else tidy(band.to * volume),
                price=builder.say(band.price, at),
                delivery=builder.say(band.delivery, at),
            )
            for band in supply.bands
        ),
        ends=builder.say(supply.ends, at),
        answers=tuple(
            AnswerCard(asks=builder.say(one.asks, at), answer=builder.say(one.answer, at))
            for one in supply.answers
        ),
    )


def _offers(builder: Builder) -> Iterator[OfferCard]:
    prices = {price.product: price for price in builder.decision.prices}
    volumes = {line.product.id: line.planned.volume for line in builder.decision.pitch.lines}
    for offer in builder.decision.offers:
        price, text, at = prices[offer.product], offer.title, f"offer {offer.id}"
        volume = volumes[offer.product].potential
        yield OfferCard(
            product=offer.product,
            title=builder.say(text.title, at),
            includes=builder.says(text.includes, at),
            credited=text.credited_on_conversion,
            months=offer.months,
            price=price.offered,
            currency=price.currency,
            unit=price.unit,
            supply=_supply(builder, text.supply, volume, at) if text.supply else None,
        )


def _reference(builder: Builder) -> ReferenceCard | None:
    decision = builder.decision
    found = best_reference(
        decision.pitch.customer, builder.workspace.library.references, decision.as_of
    )
    if found is None:
        builder.problems.append(
            note("no-reference", "no permitted reference matches this customer well enough",
                 "the pack does without one")
        )  # fmt: skip
        return None
    at = f"reference {found.id}"
    return ReferenceCard(
        name=found.name,
        application=found.application,
        region=found.region,
        headline=builder.say(found.headline, at),
        result=builder.say(found.result, at),
        source=builder.say(found.source, at),
        date=found.date,
        permission_until=found.permission_until,
    )


def _studies(builder: Builder) -> Iterator[StudyCard]:
    pitch = builder.decision.pitch
    order = ("performance", "robustness", "compatibility")
    found = [
        data
        for data in builder.workspace.library.studies.values()
        if data.study.product in {line.product.id for line in pitch.lines}
        and data.study.industry == pitch.customer.industry.id
    ]
    for data in sorted(found, key=lambda d: (order.index(d.study.kind), d.study.id)):
        study = data.study
        if study.expires < builder.decision.as_of:
            builder.problems.append(
                warning("study-expired", f"the study {study.id} expired on {study.expires}",
                        f"ask {study.owner} to review it")
            )  # fmt: skip
        elif study.confidential and not pitch.source.plan.nda:
            builder.problems.append(
                note("study-confidential", f"the study {study.id} needs a non-disclosure "
                     "agreement", "sign one and write nda: true")
            )  # fmt: skip
        else:
            yield study_card(builder, data)


def _steps(builder: Builder) -> Iterator[StepCard]:
    decision = builder.decision
    plan = decision.pitch.source.plan
    assert decision.play is not None
    steps = decision.play.play.steps[decision.offers[0].steps]
    dated = schedule(steps, plan.objective.by, plan.meeting)
    last = len(dated) - 1
    for index, item in enumerate(dated):
        names = _owners(builder, item.step.owner)
        if index == last and item.step.owner is Owner.CUSTOMER:
            names = [_decider(builder).name]
        yield StepCard(
            step=builder.say(item.step.step, "a step"),
            owner=item.step.owner.value,
            owner_name=wording.join_words(names, builder.locale),
            owner_short=", ".join(name.split()[-1] for name in names),
            start=item.start,
            end=item.end,
            done_when=builder.say(item.step.done_when, "a step"),
            decision=index == last,
            by_day=(item.end - dated[0].start).days,
        )


def _owners(builder: Builder, owner: Owner) -> list[str]:
    """Who does the work: the user at the customer, else the first contact; our rep; or both."""
    pitch = builder.decision.pitch
    user = _owner_at_customer(pitch.source.plan.contacts).name
    rep = pitch.rep.name
    return {Owner.CUSTOMER: [user], Owner.US: [rep], Owner.BOTH: [user, rep]}[owner]


def _risks(builder: Builder) -> Iterator[RiskCard]:
    assert builder.decision.play is not None
    for risk in builder.decision.play.play.risks:
        names = _owners(builder, risk.owner)
        yield RiskCard(
            risk=builder.say(risk.risk, "a risk"),
            sign=builder.say(risk.sign, "a risk"),
            answer=builder.say(risk.answer, "a risk"),
            owner=risk.owner.value,
            owner_name=wording.join_words(names, builder.locale),
        )


def _market_driver(builder: Builder) -> str:
    """What drives demand around the customer, where that fact is one for customers."""
    workspace = builder.workspace
    fact = workspace.library.facts.get("market.demand_growth_driver")
    known = builder.decision.pitch.customer.market.facts.get("market.demand_growth_driver")
    if fact is None or known is None or fact.audience is not Audience.CUSTOMER:
        return ""
    return str(known.value)


def _owner_at_customer(contacts: Sequence[Contact]) -> Contact:
    """Who does the work at the customer: the user, else the first contact."""
    users = [contact for contact in contacts if contact.buying == "user"]
    return (users or list(contacts))[0]
