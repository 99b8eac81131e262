"""Fills the customer's brief of a decided pitch. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from pydantic import JsonValue

from winlab import wording
from winlab.brief import (
    ChartRows,
    CustomerBrief,
    MechanismCard,
    MessageCard,
    OfferCard,
    PainCard,
    Person,
    ProductCard,
    ProofCard,
    PropertyCard,
    ReferenceCard,
    StepCard,
    StudyCard,
    StudyTableCard,
)
from winlab.decide import Message
from winlab.figures import Builder, driver_rows, measures_of, pattern_of, worst_measure
from winlab.inputs import (
    Contact,
    Owner,
    Role,
)
from winlab.library import StudyData
from winlab.peers import best_reference
from winlab.pitch import Line
from winlab.problems import note, warning
from winlab.rules.table import Status
from winlab.schedule import schedule
from winlab.source import number_in
from winlab.worth import value_card, waterfall_rows, worth


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
        "charts": ChartRows(
            drivers=driver_rows(builder, measures),
            waterfall=waterfall_rows(builder, value) if value else (),
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
        volume_unit=line.planned.volume.unit,
    )


def _offers(builder: Builder) -> Iterator[OfferCard]:
    prices = {price.product: price for price in builder.decision.prices}
    for offer in builder.decision.offers:
        price = prices[offer.product]
        yield OfferCard(
            product=offer.product,
            title=builder.say(offer.title.title, f"offer {offer.id}"),
            includes=builder.says(offer.title.includes, f"offer {offer.id}"),
            credited=offer.title.credited_on_conversion,
            months=offer.months,
            price=price.offered,
            currency=price.currency,
            unit=price.unit,
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
    pitch, plan = decision.pitch, decision.pitch.source.plan
    assert decision.play is not None
    steps = decision.play.play.steps[decision.offers[0].steps]
    dated = schedule(steps, plan.objective.by, plan.meeting)
    user = _owner_at_customer(plan.contacts)
    last = len(dated) - 1
    for index, item in enumerate(dated):
        names = {
            Owner.CUSTOMER: [_decider(builder).name if index == last else user.name],
            Owner.US: [pitch.rep.name],
            Owner.BOTH: [user.name, pitch.rep.name],
        }[item.step.owner]
        yield StepCard(
            step=builder.say(item.step.step, "a step"),
            owner=item.step.owner.value,
            owner_name=wording.join_words(names, builder.locale),
            owner_short=", ".join(name.split()[-1] for name in names),
            start=item.start,
            end=item.end,
            done_when=builder.say(item.step.done_when, "a step"),
            decision=index == last,
        )


def _owner_at_customer(contacts: Sequence[Contact]) -> Contact:
    """Who does the work at the customer: the user, else the first contact."""
    users = [contact for contact in contacts if contact.buying == "user"]
    return (users or list(contacts))[0]
