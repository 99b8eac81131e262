"""Fills the customer's brief of a decided pitch. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from pydantic import JsonValue

from winlab import wording
from winlab.brief import (
    AnswerCard,
    BandCard,
    ChartRows,
    ComplianceCard,
    CustomerBrief,
    IndexCard,
    IndexPartCard,
    MechanismCard,
    MessageCard,
    OfferCard,
    PainCard,
    Person,
    ProductCard,
    ProofCard,
    PropertyCard,
    ReferenceCard,
    RiskCard,
    ShiftCard,
    StepCard,
    StudyCard,
    StudyTableCard,
    SupplyCard,
)
from winlab.decide import Message
from winlab.facts import Audience
from winlab.figures import Builder, driver_rows, measures_of, pattern_of, tidy, worst_measure
from winlab.inputs import (
    Contact,
    Owner,
    PriceIndex,
    Role,
    SupplyText,
)
from winlab.library import StudyData
from winlab.peers import best_reference
from winlab.pitch import Line
from winlab.problems import note, warning
from winlab.rules.table import Status
from winlab.schedule import schedule
from winlab.source import number_in
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
    products = tuple(_product(builder, line) for line in pitch.lines)
    offers = tuple(_offers(builder))
    steps = tuple(_steps(builder))
    value = value_card(builder, case) if case else None
    return {
        "company": workspace.file.workspace.company,
        "customer": {"name": customer.name, "site": customer.site},
        "industry": {
            "id": industry.id,
            "label": builder.say(industry.label),
            "problem": builder.says(industry.problem, f"industries/{industry.id}: problem"),
            "pattern": pattern_of(builder, measures),
            "requirements": tuple(
                {
                    "requirement": builder.say(r.requirement),
                    "test": r.test,
                    "limit": builder.say(r.limit),
                }
                for r in industry.requirements
            ),
            "symbols": {name: builder.say(text) for name, text in industry.symbols.items()},
        },
        "market_driver": _market_driver(builder),
        "shifts": tuple(
            ShiftCard(
                change=builder.say(shift.change),
                meaning=builder.say(shift.meaning),
                source=builder.say(shift.source),
                date=shift.date,
            )
            for shift in industry.shifts
        ),
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
            _message(builder, message) for message in decision.messages.get(role.value, ())
        ),
    }


def _message(builder: Builder, message: Message) -> MessageCard:
    return MessageCard(
        id=message.id,
        theme=message.theme,
        insight=builder.say(message.insight, f"message {message.id}"),
        proofs=tuple(
            ProofCard(
                id=claim.id,
                text=builder.say(claim.text, f"claim {claim.id}"),
                source=builder.say(claim.source, f"claim {claim.id}: source"),
                date=claim.date,
            )
            for claim in message.proofs
        ),
    )


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


def _product(builder: Builder, line: Line) -> ProductCard:
    text = line.text
    at = f"products/{text.id}"
    return ProductCard(
        id=text.id,
        name=text.name,
        nature=builder.say(text.nature, at),
        does=builder.say(text.does, at),
        changes=builder.say(text.changes, at),
        unchanged=builder.say(text.unchanged, at),
        mechanism_title=builder.say(text.mechanism_title, at),
        mechanism=tuple(
            MechanismCard(title=builder.say(m.title, at), text=builder.say(m.text, at))
            for m in text.mechanism
        ),
        compatible=builder.says(text.compatible, at),
        not_for=builder.says(text.not_for, at),
        typical=tuple(
            PropertyCard(
                property=builder.say(p.property, at), value=p.value, unit=p.unit, method=p.method
            )
            for p in text.typical
        ),
        regulatory=builder.says(text.regulatory, at),
        literature=text.literature,
        success=builder.says(text.trial.success, at),
        stop=builder.says(text.trial.stop, at),
        protocol=builder.says(text.trial.protocol, at),
        volume=line.planned.volume.potential,
        volume_unit=builder.unit(line.planned.volume.unit),
        index=_index(builder, text.index, at) if text.index else None,
        compliance=tuple(
            ComplianceCard(
                subject=builder.say(one.subject, at),
                applies=builder.say(one.applies, at),
                document=builder.say(one.document, at),
                date=one.date,
            )
            for one in text.compliance
        ),
    )


def _index(builder: Builder, index: PriceIndex, at: str) -> IndexCard:
    parts = tuple(
        IndexPartCard(
            share=part.share, index=builder.say(part.index, at), covers=builder.say(part.covers, at)
        )
        for part in index.parts
    )
    return IndexCard(
        fixed=100 - sum((part.share for part in parts), Decimal(0)),
        parts=parts,
        review=builder.say(index.review, at),
        source=builder.say(index.source, at),
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
            yield _study(builder, data)


def _study(builder: Builder, data: StudyData) -> StudyCard:
    study = data.study
    at = f"studies/{study.id}"
    return StudyCard(
        id=study.id,
        product=study.product,
        title=builder.say(study.title, at),
        kind=study.kind,
        question=builder.say(study.question, at),
        standard=study.method.standard,
        samples=builder.say(study.method.samples, at),
        conditions=builder.say(study.method.conditions, at),
        procedure=builder.says(study.method.procedure, at),
        n=study.method.n,
        tables=tuple(_study_table(builder, data, index) for index in range(len(study.tables))),
        limits=builder.says(study.limits, at),
        date=study.date,
        owner=study.owner,
        approver=study.approver,
    )


def _study_table(builder: Builder, data: StudyData, index: int) -> StudyTableCard:
    table = data.study.tables[index]
    at = f"studies/{data.study.id}"
    sheet = data.tables[table.file]
    spreads = {column.spread for column in table.columns.values() if column.spread}
    shown = [name for name in table.columns if name not in spreads]

    def cell(name: str, row: Mapping[str, str]) -> str:
        column = table.columns[name]
        text = row[name].strip()
        value = number_in(text)
        if value is None:
            return text
        out = wording.number(value, builder.locale, column.decimals)
        if column.spread and row[column.spread].strip():
            spread = Decimal(row[column.spread])
            places = table.columns[column.spread].decimals if column.spread in table.columns else (
                column.decimals
            )  # fmt: skip
            out += f"\u00a0±\u00a0{wording.number(spread, builder.locale, places)}"
        return out

    def title(name: str) -> str:
        column = table.columns[name]
        label = builder.say(column.label, at)
        return f"{label}, {column.unit}" if column.unit else label

    rows: list[dict[str, JsonValue]] = []
    params: dict[str, JsonValue] = {}
    if chart := table.chart:
        y = table.columns[chart.y]
        for row in sheet.rows:
            x: JsonValue = _plain(row[chart.x])
            rows.append(
                {
                    "x": x,
                    "y": _plain(row[chart.y]),
                    "sd": _plain(row[y.spread]) if y.spread else 0,
                    "series": row[chart.series] if chart.series else "",
                }
            )
        params = {"x_title": title(chart.x), "y_title": title(chart.y), "mark": chart.mark}
    return StudyTableCard(
        finding=builder.say(table.finding, at),
        text=builder.say(table.text, at),
        caption=builder.say(table.caption, at),
        header=tuple(title(name) for name in shown),
        rows=tuple(tuple(cell(name, row) for name in shown) for row in sheet.rows),
        chart=table.chart is not None,
        chart_rows=tuple(rows),
        chart_params=params,
    )


def _plain(text: str) -> JsonValue:
    try:
        return float(text)
    except ValueError:
        return text


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
