"""Fills the customer's brief of a decided pitch. Pure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from babel import Locale
from babel.numbers import is_currency
from pydantic import JsonValue

from winlab import wording
from winlab.brief import (
    ChartRows,
    CustomerBrief,
    EffectCard,
    Measure,
    MechanismCard,
    MessageCard,
    OfferCard,
    PainCard,
    PeerFigures,
    Person,
    ProductCard,
    ProofCard,
    PropertyCard,
    ReferenceCard,
    StepCard,
    StudyCard,
    StudyTableCard,
    ValueCard,
)
from winlab.decide import Decision, Message
from winlab.inputs import (
    Baseline,
    Better,
    Contact,
    Output,
    Owner,
    Role,
    ValueInput,
    ValueModel,
    Words,
)
from winlab.library import StudyData
from winlab.peers import Benchmark, benchmark, best_reference
from winlab.pitch import Line
from winlab.problems import Place, Problem, error, note, warning
from winlab.read import Workspace
from winlab.rules.table import Status
from winlab.schedule import schedule
from winlab.source import number_in
from winlab.value import Effect, Figure, ValueCase, value_case

MOST_MEASURES = 4

Rows: TypeAlias = tuple[dict[str, JsonValue], ...]


@dataclass
class Builder:
    """Builds briefs of one decision; collects what was left out on the way."""

    decision: Decision
    workspace: Workspace
    groups: Mapping[str, str]
    language: str
    locale: Locale
    problems: list[Problem] = field(default_factory=list)

    def say(self, words: Words | Output | None, what: str = "a sentence") -> str:
        """A sentence in the pack's language; a plain one is in the workspace's language."""
        if words is None:
            return ""
        if isinstance(words, str):
            if self.language == self.workspace.file.workspace.language:
                return words
        elif isinstance(words, Mapping) and self.language in words:
            return str(words[self.language])
        elif not isinstance(words, Mapping):
            return wording.join_words([str(word) for word in words], self.locale)
        shown = words if isinstance(words, str) else next(iter(words.values()), "")
        self.problems.append(
            error("missing-sentence", f"{what} has no {self.language!r}: {shown!r}",
                  f"write it as {{{self.workspace.file.workspace.language}: …, "
                  f"{self.language}: …}}", Place("plays"))
        )  # fmt: skip
        return str(shown)

    def says(self, sentences: Sequence[Words], what: str) -> tuple[str, ...]:
        """Several sentences."""
        return tuple(self.say(sentence, what) for sentence in sentences)

    def number(self, value: Decimal, unit: str = "") -> str:
        """A number with its unit, as the pack's language writes it."""
        return wording.with_unit(value, unit, self.locale)


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
    measures = tuple(_measures(builder))
    case = _value(builder)
    if case:
        builder.problems.extend(case.problems)
    products = tuple(_product(builder, line) for line in pitch.lines)
    offers = tuple(_offers(builder))
    steps = tuple(_steps(builder))
    value = _value_card(builder, case) if case else None
    return {
        "company": workspace.file.workspace.company,
        "customer": {"name": customer.name, "site": customer.site},
        "industry": {
            "id": industry.id,
            "label": builder.say(industry.label),
            "problem": builder.says(industry.problem, f"industries/{industry.id}: problem"),
            "pattern": _pattern(builder, measures),
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
        "worst": _worst(measures),
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
            drivers=_driver_rows(builder, measures),
            waterfall=_waterfall_rows(builder, value) if value else (),
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


# ---------------------------------------------------------------- measures and peers


@dataclass(frozen=True)
class _Known:
    """A KPI of the customer's: from the plan, else what the lab holds."""

    value: Decimal
    confirmed: bool
    source: str
    period: str


def _known(builder: Builder, kpi: str) -> _Known | None:
    pitch = builder.decision.pitch
    for figure in pitch.source.plan.baseline:
        if figure.kpi == kpi:
            return _from_plan(figure)
    account = pitch.customer.account
    if account and kpi in account.kpis:
        return _Known(account.kpis[kpi], confirmed=True, source="", period=account.kpi_period)
    return None


def _from_plan(figure: Baseline) -> _Known:
    return _Known(figure.value, figure.confirmed, figure.source, figure.period)


def _peers(builder: Builder, kpi: str) -> Benchmark | None:
    workspace = builder.workspace
    return benchmark(
        kpi, workspace.library.kpis[kpi], builder.decision.pitch.customer,
        workspace.company.accounts, builder.groups,
    )  # fmt: skip


def _measured(builder: Builder) -> list[str]:
    """The KPIs to show: those that the value model saves on, then the industry's own."""
    play = builder.decision.play
    assert play is not None
    industry = builder.decision.pitch.customer.industry
    inputs = builder.workspace.library.values[play.play.value_model].inputs.values()
    against_peers = {source.peers for source in inputs if source.peers}
    saved_on = [s.kpi for s in inputs if s.kpi in against_peers and s.kpi not in industry.kpis]
    known = [name for name in saved_on if name and _known(builder, name)]
    return [*known, *industry.kpis][: max(MOST_MEASURES, len(known))]


def _measures(builder: Builder) -> Iterator[Measure]:
    industry = builder.decision.pitch.customer.industry
    for name in _measured(builder):
        known = _known(builder, name)
        kpi = builder.workspace.library.kpis.get(name)
        if known is None or kpi is None:
            builder.problems.append(
                note("kpi-missing", f"{name} of the customer is not known",
                     "ask for it, and write it in the plan's baseline")
            )  # fmt: skip
            continue
        peers = _peers(builder, name)
        if peers is None:
            builder.problems.append(
                warning("too-few-peers", f"fewer than five plants are comparable on {name}",
                        "the comparison is left out")
            )  # fmt: skip
        elif not peers.p5 <= known.value <= peers.p95:
            builder.problems.append(
                warning("unusual-figure", f"{name} of {known.value} {kpi.unit} lies outside what "
                        f"90 % of peers have ({peers.p5} to {peers.p95})",
                        "check it before it is printed")
            )  # fmt: skip
        yield Measure(
            id=name,
            label=builder.say(industry.kpi_labels.get(name, kpi.label)),
            unit=kpi.unit,
            value=known.value,
            confirmed=known.confirmed,
            source=known.source,
            period=known.period,
            costs=builder.say(industry.costs.get(name) or kpi.about[:1].lower() + kpi.about[1:]),
            better=kpi.better.value,
            peers=_peer_figures(known.value, kpi.better, peers) if peers else None,
        )


def _peer_figures(value: Decimal, better: Better, peers: Benchmark) -> PeerFigures:
    return PeerFigures(
        n=peers.n,
        basis=peers.basis.value,
        q1=_tidy(peers.q1),
        median=_tidy(peers.median),
        q3=_tidy(peers.q3),
        period=peers.period,
        gap=_tidy(abs(value - peers.median)),
        worse=peers.is_worse(value, better),
        outside=value > peers.q3 if better is Better.LOWER else value < peers.q1,
    )


def _tidy(value: Decimal) -> Decimal:
    """A number without trailing zeros: 16 for 16.0."""
    whole = value == value.to_integral_value()
    return value.quantize(Decimal(1)) if whole else value.normalize()


def _worst(measures: Sequence[Measure]) -> Measure | None:
    """The confirmed measure that lies furthest beyond the peers' median, relative to it."""

    def distance(measure: Measure) -> Decimal:
        if not measure.peers or not measure.peers.worse or not measure.peers.median:
            return Decimal(0)
        return measure.peers.gap / measure.peers.median

    found = [m for m in measures if m.confirmed and distance(m) > 0]
    downtime = [m for m in found if m.id == "unplanned_downtime"]
    return max(downtime or found, key=distance, default=None)


def _pattern(builder: Builder, measures: Sequence[Measure]) -> str:
    worse = {m.id for m in measures if m.peers and m.peers.worse}
    industry = builder.decision.pitch.customer.industry
    for pattern in industry.patterns:
        if set(pattern.worse) <= worse:
            return builder.say(pattern.says, f"industries/{industry.id}: pattern")
    return ""


def _driver_rows(builder: Builder, measures: Sequence[Measure]) -> Rows:
    return tuple(
        {
            "label": f"{m.label}, {m.unit}",
            "value": float(m.value),
            "value_label": builder.number(m.value, m.unit.partition("/")[0]),
            "median": float(m.peers.median),
            "median_label": builder.number(m.peers.median),
            "q1": float(m.peers.q1),
            "q3": float(m.peers.q3),
            "better": m.better,
            "estimate": not m.confirmed,
        }
        for m in measures
        if m.peers and m.peers.median
    )


# ---------------------------------------------------------------- value


def _value(builder: Builder) -> ValueCase | None:
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
    if source.kpi and (known := _known(builder, source.kpi)):
        stated = known.source if known.confirmed else ""
        currency = currency or _currency(kpis[source.kpi].unit)
        return _flat(known.value, said or stated, currency, estimate=not known.confirmed)
    if source.peers and (peers := _peers(builder, source.peers)):
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


def _value_card(builder: Builder, case: ValueCase) -> ValueCard:
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
        builder.number(_tidy(case.figures[name].value), unit(name))
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


def _waterfall_rows(builder: Builder, value: ValueCard) -> Rows:
    thousand = Decimal(1000)

    def label(amount: Decimal, *, signed: bool = True) -> str:
        text = wording.number(_tidy(abs(amount) / thousand), builder.locale)
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


# ---------------------------------------------------------------- product, offer, proof


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
