"""What marketing wrote of products, studies, services and messages, in a pack's language. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pydantic import JsonValue

from winlab import wording
from winlab.brief import (
    ComplianceCard,
    ContainerCard,
    DataItemCard,
    FootprintCard,
    GateCard,
    HazardCard,
    IndexCard,
    IndexPartCard,
    IndustryCard,
    MechanismCard,
    MessageCard,
    NoticeCard,
    OwnershipCard,
    ProductFacts,
    ProofCard,
    PropertyCard,
    RolloutCard,
    SecurityCard,
    ServiceCard,
    ServiceSystemCard,
    SheetRevisionCard,
    ShiftCard,
    StageCard,
    StewardshipCard,
    StudyCard,
    StudyTableCard,
    SupportCard,
    TaskCard,
    WasteCard,
)
from winlab.decide import Message, unusable
from winlab.figures import Rows, Teller, tidy
from winlab.inputs import (
    Claim,
    Footprint,
    HandlingTask,
    Industry,
    PriceIndex,
    ProductText,
    Service,
    Stewardship,
)
from winlab.library import StudyData, by_property
from winlab.source import number_in

TIMES_A_YEAR = {"month": 12, "quarter": 4, "year": 1}


@dataclass(frozen=True)
class Yearly:
    """A product's volume on a site in tonnes a year: with us today, and as planned."""

    today: Decimal
    planned: Decimal


def industry_card(teller: Teller, industry: Industry, pattern: str = "") -> IndustryCard:
    """An industry as its plants speak of their problem."""
    return IndustryCard(
        id=industry.id,
        label=teller.say(industry.label),
        problem=teller.says(industry.problem, f"industries/{industry.id}: problem"),
        pattern=pattern,
        requirements=tuple(
            {
                "requirement": teller.say(r.requirement),
                "test": r.test,
                "limit": teller.say(r.limit),
            }
            for r in industry.requirements
        ),
        symbols={name: teller.say(text) for name, text in industry.symbols.items()},
    )


def shift_cards(teller: Teller, industry: Industry) -> tuple[ShiftCard, ...]:
    """What changes in an industry's markets."""
    return tuple(
        ShiftCard(
            change=teller.say(shift.change),
            meaning=teller.say(shift.meaning),
            source=teller.say(shift.source),
            date=shift.date,
        )
        for shift in industry.shifts
    )


def message_card(teller: Teller, message: Message) -> MessageCard:
    """A message with the claims that prove it."""
    return MessageCard(
        id=message.id,
        theme=message.theme,
        insight=teller.say(message.insight, f"message {message.id}"),
        proofs=tuple(proof_card(teller, claim) for claim in message.proofs),
    )


def proof_card(teller: Teller, claim: Claim) -> ProofCard:
    """A claim with its source."""
    return ProofCard(
        id=claim.id,
        text=teller.say(claim.text, f"claim {claim.id}"),
        source=teller.say(claim.source, f"claim {claim.id}: source"),
        date=claim.date,
    )


def product_facts(teller: Teller, text: ProductText, volume: Yearly | None = None) -> ProductFacts:
    """A product as we speak of it; with the ``volume`` a year, what it means on a site."""
    at = f"products/{text.id}"
    return ProductFacts(
        id=text.id,
        name=text.name,
        nature=teller.say(text.nature, at),
        does=teller.say(text.does, at),
        changes=teller.say(text.changes, at),
        unchanged=teller.say(text.unchanged, at),
        mechanism_title=teller.say(text.mechanism_title, at),
        mechanism=tuple(
            MechanismCard(title=teller.say(m.title, at), text=teller.say(m.text, at))
            for m in text.mechanism
        ),
        compatible=teller.says(text.compatible, at),
        not_for=teller.says(text.not_for, at),
        typical=tuple(
            PropertyCard(
                property=teller.say(p.property, at), value=p.value, unit=p.unit, method=p.method
            )
            for p in text.typical
        ),
        regulatory=teller.says(text.regulatory, at),
        literature=text.literature,
        success=teller.says(text.trial.success, at),
        stop=teller.says(text.trial.stop, at),
        protocol=teller.says(text.trial.protocol, at),
        index=_index(teller, text.index, at) if text.index else None,
        compliance=tuple(
            ComplianceCard(
                subject=teller.say(one.subject, at),
                applies=teller.say(one.applies, at),
                document=teller.say(one.document, at),
                date=one.date,
            )
            for one in text.compliance
        ),
        stewardship=_stewardship(teller, text, at, volume) if text.stewardship else None,
    )


def _index(teller: Teller, index: PriceIndex, at: str) -> IndexCard:
    parts = tuple(
        IndexPartCard(
            share=part.share, index=teller.say(part.index, at), covers=teller.say(part.covers, at)
        )
        for part in index.parts
    )
    return IndexCard(
        fixed=100 - sum((part.share for part in parts), Decimal(0)),
        parts=parts,
        review=teller.say(index.review, at),
        source=teller.say(index.source, at),
    )


# ---------------------------------------------------------------- safety and environment


def _stewardship(
    teller: Teller, text: ProductText, at: str, volume: Yearly | None
) -> StewardshipCard:
    told = text.stewardship
    assert told is not None
    return StewardshipCard(
        sheet=told.sheet,
        revisions=tuple(
            SheetRevisionCard(
                revision=one.revision, date=one.date, sections=teller.say(one.sections, at)
            )
            for one in sorted(told.revisions, key=lambda one: one.date, reverse=True)
        ),
        hazards=tuple(_hazards(teller, text, told, at)),
        container=ContainerCard(
            one=teller.say(told.container.one, at),
            many=teller.say(told.container.many, at),
            holds=told.container.holds,
            empty=teller.say(told.container.empty, at),
            today=None if volume is None else _containers(told, volume.today),
            planned=None if volume is None else _containers(told, volume.planned),
        ),
        tasks=tuple(
            TaskCard(
                task=teller.say(task.task, at),
                per=task.per,
                times=_times(told, task, volume),
                contact=teller.say(task.contact, at),
                control=teller.say(task.control, at),
            )
            for task in told.tasks
        ),
        waste=tuple(
            WasteCard(stream=teller.say(one.stream, at), route=teller.say(one.route, at))
            for one in told.waste
        ),
        footprint=_footprint(teller, told.footprint, at, volume) if told.footprint else None,
        notices=tuple(
            NoticeCard(
                change=teller.say(one.change, at),
                months=one.months,
                brings=teller.say(one.brings, at),
            )
            for one in told.notices
        ),
        gates=tuple(
            GateCard(
                gate=teller.say(gate.gate, at),
                evidence=teller.say(gate.evidence, at),
                owner=gate.owner.value,
                owner_name="",
                before=gate.before,
                due=None,
            )
            for gate in told.gates
        ),
        source=teller.say(told.source, at),
        date=told.date,
    )


def _hazards(teller: Teller, text: ProductText, told: Stewardship, at: str) -> Iterator[HazardCard]:
    typical = by_property(text)
    for hazard in told.hazards:
        found = typical[hazard.property]
        yield HazardCard(
            property=teller.say(found.property, at),
            value=found.value,
            unit=found.unit,
            method=found.method,
            compare=teller.say(hazard.compare, at),
        )


def _containers(told: Stewardship, tonnes: Decimal) -> int:
    """How many containers a year hold so many tonnes; the last one may be part full."""
    return math.ceil(tonnes / told.container.holds)


def _times(told: Stewardship, task: HandlingTask, volume: Yearly | None) -> int | None:
    if task.per == "container":
        return None if volume is None else _containers(told, volume.planned)
    return TIMES_A_YEAR[task.per]


def _footprint(
    teller: Teller, footprint: Footprint, at: str, volume: Yearly | None
) -> FootprintCard:
    total = sum((stage.kg for stage in footprint.stages), Decimal(0))
    return FootprintCard(
        stages=tuple(
            StageCard(stage=teller.say(stage.stage, at), kg=stage.kg) for stage in footprint.stages
        ),
        total=tidy(total),
        low=footprint.low,
        high=footprint.high,
        standard=footprint.standard,
        scope=teller.say(footprint.scope, at),
        verified_by=teller.say(footprint.verified_by, at) if footprint.verified_by else "",
        source=teller.say(footprint.source, at),
        date=footprint.date,
        today=None if volume is None else _whole(total * volume.today),
        planned=None if volume is None else _whole(total * volume.planned),
    )


def _whole(value: Decimal) -> Decimal:
    return wording.rounded(value, 0)


def footprint_rows(teller: Teller, product: ProductFacts) -> Rows:
    """Rows of the chart of a product's footprint, one a stage."""
    told = product.stewardship
    if told is None or told.footprint is None:
        return ()
    return tuple(
        {"label": stage.stage, "value": float(stage.kg), "value_label": teller.number(stage.kg)}
        for stage in told.footprint.stages
    )


# ---------------------------------------------------------------- services


def service_cards(
    teller: Teller, ids: Sequence[str], as_of: date, decided: date | None = None
) -> tuple[ServiceCard, ...]:
    """Services by their ids, each once, with the proofs that may be said ``as_of`` a day.

    Their roll-out starts on the day that is ``decided``.
    """
    known = teller.workspace.library.services
    return tuple(_service(teller, known[name], as_of, decided) for name in dict.fromkeys(ids))


def _service(teller: Teller, service: Service, as_of: date, decided: date | None) -> ServiceCard:
    at = f"services/{service.id}"
    claims = [teller.workspace.library.claims[name] for name in service.proofs]
    return ServiceCard(
        id=service.id,
        kind=service.kind,
        name=teller.say(service.name, at),
        does=teller.say(service.does, at),
        systems=tuple(
            ServiceSystemCard(
                system=teller.say(one.system, at),
                side=one.side.value,
                does=teller.say(one.does, at),
            )
            for one in service.systems
        ),
        data=tuple(
            DataItemCard(
                item=teller.say(one.item, at),
                sender=one.sender,
                form=teller.say(one.form, at),
                when=teller.say(one.when, at),
                personal=one.personal,
            )
            for one in service.data
        ),
        security=tuple(
            SecurityCard(
                subject=teller.say(one.subject, at),
                rule=teller.say(one.rule, at),
                document=teller.say(one.document, at),
                date=one.date,
            )
            for one in service.security
        ),
        ownership=tuple(
            OwnershipCard(
                part=teller.say(one.part, at),
                owner=one.owner.value,
                means=teller.say(one.means, at),
            )
            for one in service.ownership
        ),
        rollout=tuple(_rollout(teller, service, at, decided)),
        support=tuple(
            SupportCard(
                event=teller.say(one.event, at),
                answer=teller.say(one.answer, at),
                within=teller.say(one.within, at),
            )
            for one in service.support
        ),
        without=teller.say(service.without, at),
        ends=teller.say(service.ends, at),
        source=teller.say(service.source, at),
        proofs=tuple(proof_card(teller, claim) for claim in claims if not unusable(claim, as_of)),
    )


def _rollout(
    teller: Teller, service: Service, at: str, decided: date | None
) -> Iterator[RolloutCard]:
    day = 0
    for step in service.rollout:
        until = day + step.days
        yield RolloutCard(
            step=teller.say(step.step, at),
            owner=step.owner.value,
            from_day=day,
            by_day=until,
            start=decided + timedelta(days=day) if decided else None,
            end=decided + timedelta(days=until) if decided else None,
            done_when=teller.say(step.done_when, at),
        )
        day = until


# ---------------------------------------------------------------- studies


def study_card(teller: Teller, data: StudyData) -> StudyCard:
    """A study with its tables ready to print."""
    study = data.study
    at = f"studies/{study.id}"
    return StudyCard(
        id=study.id,
        product=study.product,
        title=teller.say(study.title, at),
        kind=study.kind,
        question=teller.say(study.question, at),
        standard=study.method.standard,
        samples=teller.say(study.method.samples, at),
        conditions=teller.say(study.method.conditions, at),
        procedure=teller.says(study.method.procedure, at),
        n=study.method.n,
        tables=tuple(_study_table(teller, data, index) for index in range(len(study.tables))),
        limits=teller.says(study.limits, at),
        date=study.date,
        owner=study.owner,
        approver=study.approver,
    )


def _study_table(teller: Teller, data: StudyData, index: int) -> StudyTableCard:
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
        out = wording.number(value, teller.locale, column.decimals)
        if column.spread and row[column.spread].strip():
            spread = Decimal(row[column.spread])
            places = table.columns[column.spread].decimals if column.spread in table.columns else (
                column.decimals
            )  # fmt: skip
            out += f"\u00a0±\u00a0{wording.number(spread, teller.locale, places)}"
        return out

    def title(name: str) -> str:
        column = table.columns[name]
        label = teller.say(column.label, at)
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
        finding=teller.say(table.finding, at),
        text=teller.say(table.text, at),
        caption=teller.say(table.caption, at),
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
