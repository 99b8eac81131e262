"""Industry packs: a plan of ``kind: industry`` with its ids resolved, and its briefs. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from winlab.brief import ChartRows, RepCard, RiskCard, ValueCard
from winlab.content import (
    footprint_rows,
    industry_card,
    message_card,
    product_facts,
    proof_card,
    service_cards,
    shift_cards,
    study_card,
)
from winlab.decide import Message, play_messages
from winlab.figures import Rows, Teller, tidy
from winlab.industry_brief import BenchmarkCard, IndustryBrief, PatternCard
from winlab.inputs import (
    Better,
    Claim,
    Industry,
    PlayStatus,
    ProductText,
    Rep,
    Role,
    ValueInput,
    ValueModel,
)
from winlab.library import PlaySource, StudyData
from winlab.peers import Benchmark, industry_benchmark
from winlab.problems import Problem, Stopped, error, errors, note, warning
from winlab.read import IndustrySource, Workspace
from winlab.rulebook import Rulebook
from winlab.validate import did_you_mean
from winlab.value import Figure, ValueCase, value_case
from winlab.wording import READERS
from winlab.worth import (
    compared_rows,
    payback_rows,
    span_rows,
    tornado_rows,
    value_card,
    waterfall_rows,
)

MOST_BENCHMARKS = 4
REVIEWED_HOLDS = timedelta(days=365)


@dataclass(frozen=True)
class Standard:
    """A resolved plan of an industry: what its packs are about, and who answers for them."""

    source: IndustrySource
    industry: Industry
    products: tuple[ProductText, ...]
    play: PlaySource | None
    contact: RepCard
    language: str
    problems: tuple[Problem, ...]


def resolve_industry(source: IndustrySource, workspace: Workspace, as_of: date) -> Standard:
    """Resolves a plan of an industry; raises :class:`Stopped` with all that stops it."""
    plan, library = source.plan, workspace.library
    problems: list[Problem] = []
    industry = library.industries.get(plan.industry)
    if industry is None:
        problems.append(
            error("unknown-industry", f"there is no industry {plan.industry!r}",
                  did_you_mean(plan.industry, library.industries), source.place("industry"))
        )  # fmt: skip
    play = library.plays.get(plan.play) if plan.play else None
    if plan.play and play is None:
        problems.append(
            error("unknown-play", f"there is no play {plan.play!r}",
                  did_you_mean(plan.play, library.plays), source.place("play"))
        )  # fmt: skip
    if play and play.play.status is not PlayStatus.LIVE:
        problems.append(
            error("play-ruled-out", f"the play {play.play.id} is a {play.play.status}: it may not "
                  "be handed out", "name a live play, or leave the line out", source.place("play"))
        )  # fmt: skip
    elif play and not _in_force(play, as_of):
        problems.append(
            error("play-expired", f"the play {play.play.id} is valid from {play.play.valid.since} "
                  f"to {play.play.valid.until}", f"ask {play.play.owner} for a new version",
                  source.place("play"))
        )  # fmt: skip
    products = _products_of(industry, workspace) if industry else ()
    if industry and not products:
        problems.append(
            error("no-product", f"no product is for {industry.id}",
                  "name the industry in a file of products/", source.place("industry"))
        )  # fmt: skip
    contact = _contact(source, workspace, problems)
    if errors(problems) or industry is None or contact is None:
        raise Stopped(problems)
    language = plan.language or workspace.file.workspace.language
    return Standard(source, industry, products, play, contact, language, tuple(problems))


def _in_force(play: PlaySource, as_of: date) -> bool:
    return play.play.valid.since <= as_of <= play.play.valid.until


def _products_of(industry: Industry, workspace: Workspace) -> tuple[ProductText, ...]:
    """The products for an industry; those that are for it before all others come first."""
    found = [
        text
        for text in workspace.library.products.values()
        if industry.id in text.industries and text.id in workspace.company.products
    ]
    return tuple(sorted(found, key=lambda text: (text.industries.index(industry.id), text.id)))


def _contact(
    source: IndustrySource, workspace: Workspace, problems: list[Problem]
) -> RepCard | None:
    """Who answers: the plan's rep, else the contact of the workspace."""
    plan, reps = source.plan, workspace.company.reps
    if plan.rep is None:
        named = workspace.file.contact
        if named is not None:
            return RepCard(**named.model_dump(), region="")
        problems.append(
            error("no-contact", "nobody is named to whom a reader can turn",
                  "write rep: with an id of the reps table, or [contact] in winlab.toml",
                  source.place())
        )  # fmt: skip
        return None
    rep: Rep | None = reps.get(plan.rep)
    if rep is None:
        problems.append(
            error("unknown-rep", f"there is no rep {plan.rep!r}", did_you_mean(plan.rep, reps),
                  source.place("rep"))
        )  # fmt: skip
        return None
    return RepCard(
        name=rep.name, title=rep.title, phone=rep.phone, email=rep.email, region=rep.region
    )


# ---------------------------------------------------------------- briefs


def industry_briefs(
    standard: Standard, teller: Teller, rules: Rulebook, as_of: date
) -> tuple[dict[Role, IndustryBrief], tuple[Claim, ...]]:
    """What each role's pack may see, and the claims that packs may hold."""
    workspace = teller.workspace
    industry, products = standard.industry, standard.products
    benchmarks = tuple(_benchmarks(teller, industry))
    case = _typical_case(standard, teller)
    value = value_card(teller, case, months=0) if case else None
    facts = tuple(product_facts(teller, text) for text in products)
    studies = list(_studies(standard, teller, as_of))
    shared: dict[str, object] = {
        "company": workspace.file.workspace.company,
        "industry": industry_card(teller, industry),
        "patterns": tuple(_patterns(teller, industry)),
        "shifts": shift_cards(teller, industry),
        "words": {name: teller.say(text) for name, text in industry.vocabulary.items()},
        "rep": standard.contact,
        "benchmarks": benchmarks,
        "value": value,
        "products": facts,
        "product": facts[0],
        "studies": tuple(study_card(teller, data) for data in studies),
        "services": service_cards(teller, _services(standard), as_of),
        "risks": tuple(_risks(standard, teller)),
        "charts": _charts(teller, benchmarks, value, footprint_rows(teller, facts[0])),
    }
    words: dict[Role, tuple[Sequence[Message], list[Claim]]] = {}
    for role in standard.source.plan.roles:
        by_play = _said(standard, workspace, rules, role, as_of)
        messages, told = by_play.get(standard.play.play.id if standard.play else "", ((), []))
        teller.problems.extend(told)
        proofs = [claim for message in messages for claim in message.proofs]
        if standard.play is None:
            proofs = _common(standard, [found for found, _ in by_play.values()])
        words[role] = messages, proofs
    shared["valid_until"] = _valid_until(
        standard, [c for _, p in words.values() for c in p], studies
    )
    briefs = {
        role: IndustryBrief.model_validate(
            {
                **shared,
                "readers": READERS.get(standard.language, READERS["en"])[role.value],
                "messages": tuple(message_card(teller, message) for message in messages),
                "proofs": tuple(proof_card(teller, claim) for claim in proofs),
            }
        )
        for role, (messages, proofs) in words.items()
    }
    return briefs, tuple(claim for _, proofs in words.values() for claim in proofs)


def _said(
    standard: Standard, workspace: Workspace, rules: Rulebook, role: Role, as_of: date
) -> dict[str, tuple[tuple[Message, ...], list[Problem]]]:
    """What each live play says to a role in the industry, and what was dropped of it."""
    row = {"account.industry": standard.industry.id, "contact.role": role.value}
    offered = {text.id for text in standard.products}
    return {
        name: play_messages(
            play, play.messages.decide(row).collected, role, offered, workspace, as_of
        )
        for name, play in rules.tables.items()
        if play.source.play.status is PlayStatus.LIVE and _in_force(play.source, as_of)
    }


def _common(standard: Standard, plays: Sequence[Sequence[Message]]) -> list[Claim]:
    """The evidence of all plays without their messages.

    What speaks of the product comes first, then what most plays rest on.
    """
    counts = Counter(
        name for messages in plays for name in {c.id for m in messages for c in m.proofs}
    )
    claims = {c.id: c for messages in plays for message in messages for c in message.proofs}
    product = standard.products[0]
    return sorted(
        claims.values(), key=lambda claim: (not _speaks_of(claim, product), -counts[claim.id])
    )


def _speaks_of(claim: Claim, product: ProductText) -> bool:
    texts = [claim.text] if isinstance(claim.text, str) else list(claim.text.values())
    name = re.compile(rf"(?<![\w-]){re.escape(product.id)}(?![\w-])")
    return any(name.search(text) for text in texts)


def _valid_until(standard: Standard, claims: Sequence[Claim], studies: Sequence[StudyData]) -> date:
    """Until the first of what a pack rests on ends; an industry's review holds for a year."""
    ends = [claim.expires for claim in claims]
    ends += [data.study.expires for data in studies]
    ends += [standard.play.play.valid.until] if standard.play else []
    return min([*ends, standard.industry.reviewed + REVIEWED_HOLDS])


def _services(standard: Standard) -> list[str]:
    """The services of the play's offers, else those that are usual in the industry."""
    if standard.play is None:
        return list(standard.industry.services)
    offers = standard.play.play.offer.offers.values()
    return [service for offer in offers for service in offer.services]


def _risks(standard: Standard, teller: Teller) -> Iterator[RiskCard]:
    for risk in standard.play.play.risks if standard.play else ():
        yield RiskCard(
            risk=teller.say(risk.risk, "a risk"),
            sign=teller.say(risk.sign, "a risk"),
            answer=teller.say(risk.answer, "a risk"),
            owner=risk.owner.value,
            owner_name="",
        )


def _studies(standard: Standard, teller: Teller, as_of: date) -> Iterator[StudyData]:
    """Studies of the first product that anybody may read."""
    order = ("performance", "robustness", "compatibility")
    found = [
        data
        for data in teller.workspace.library.studies.values()
        if data.study.product == standard.products[0].id
        and data.study.industry == standard.industry.id
    ]
    for data in sorted(found, key=lambda data: (order.index(data.study.kind), data.study.id)):
        if data.study.expires < as_of:
            teller.problems.append(
                warning("study-expired", f"the study {data.study.id} expired on "
                        f"{data.study.expires}", f"ask {data.study.owner} to review it")
            )  # fmt: skip
        elif data.study.confidential:
            teller.problems.append(
                note("study-confidential", f"the study {data.study.id} needs a non-disclosure "
                     "agreement, which no industry has", "leave it to the packs of customers")
            )  # fmt: skip
        else:
            yield data


# ---------------------------------------------------------------- figures


def _benchmark(teller: Teller, industry: Industry, name: str) -> Benchmark | None:
    workspace = teller.workspace
    kpi = workspace.library.kpis[name]
    return industry_benchmark(name, kpi, industry.id, workspace.company.accounts)


def _benchmarks(teller: Teller, industry: Industry) -> Iterator[BenchmarkCard]:
    """The industry's KPIs that enough of its plants have; no figure of other industries."""
    for name in industry.kpis[:MOST_BENCHMARKS]:
        kpi = teller.workspace.library.kpis[name]
        found = _benchmark(teller, industry, name)
        if found is None:
            teller.problems.append(
                warning("too-few-peers", f"fewer than five plants are comparable on {name}",
                        "the comparison is left out")
            )  # fmt: skip
            continue
        good, poor = _quartiles(found, kpi.better)
        yield BenchmarkCard(
            id=name,
            label=teller.say(industry.kpi_labels.get(name, kpi.label)),
            unit=kpi.unit,
            costs=teller.say(industry.costs.get(name) or kpi.about[:1].lower() + kpi.about[1:]),
            better=kpi.better.value,
            n=found.n,
            good=tidy(good),
            median=tidy(found.median),
            poor=tidy(poor),
            period=found.period,
        )


def _quartiles(found: Benchmark, better: Better) -> tuple[Decimal, Decimal]:
    """The quartile on the good side of the median, and the one on the bad side."""
    return (found.q1, found.q3) if better is Better.LOWER else (found.q3, found.q1)


def _patterns(teller: Teller, industry: Industry) -> Iterator[PatternCard]:
    kpis = teller.workspace.library.kpis
    for pattern in industry.patterns:
        labels = [
            teller.say(industry.kpi_labels.get(name, kpis[name].label)) for name in pattern.worse
        ]
        yield PatternCard(
            worse=tuple(labels), says=teller.say(pattern.says, f"industries/{industry.id}: pattern")
        )


def _typical_case(standard: Standard, teller: Teller) -> ValueCase | None:
    """What it is worth to a line at the poor quartile to come to the median."""
    for model in _models(standard, teller.workspace):
        figures = {
            name: figure
            for name, source in model.inputs.items()
            if (figure := _typical(standard, teller, source))
        }
        case = value_case(model, figures)
        if not isinstance(case, Problem) and case.net > 0:
            return case
    teller.problems.append(
        note("no-value-case", "no value model can do without a customer and a price",
             "the packs do without one")
    )  # fmt: skip
    return None


def _models(standard: Standard, workspace: Workspace) -> list[ValueModel]:
    """The play's own value model; without a play, those of all plays that count a saving."""
    library = workspace.library
    plays = [standard.play] if standard.play else list(library.plays.values())
    models = dict.fromkeys(play.play.value_model for play in plays)
    return [library.values[name] for name in models if library.values[name].headline == "saving"]


def _typical(standard: Standard, teller: Teller, source: ValueInput) -> Figure | None:
    """A figure of a typical line: the survey's, the benchmark's, the product's, the model's."""
    industry, kpis = standard.industry, teller.workspace.library.kpis
    said = teller.say(source.source) if source.source else ""
    survey = industry.assumptions.get(source.assumption) if source.assumption else None
    if survey is not None:
        words = teller.say(industry.assumptions_source)
        return Figure(survey, survey, survey, True, said or words, origin="assumption")
    if source.peers and (found := _benchmark(teller, industry, source.peers)):
        good, poor = _quartiles(found, kpis[source.peers].better)
        return Figure(
            found.median, poor, good, True, said, origin="peers", period=found.period
        )  # fmt: skip
    if source.kpi and (found := _benchmark(teller, industry, source.kpi)):
        _, poor = _quartiles(found, kpis[source.kpi].better)
        return Figure(poor, poor, poor, True, said, origin="peers", period=found.period)
    dose = standard.products[0].dose.get(source.product) if source.product else None
    if dose is not None:
        return Figure(dose, dose, dose, True, said, origin="product")
    if source.constant is not None:
        low = source.constant if source.low is None else source.low
        high = source.constant if source.high is None else source.high
        return Figure(source.constant, low, high, True, said)
    return None


def _charts(
    teller: Teller,
    benchmarks: Sequence[BenchmarkCard],
    value: ValueCard | None,
    footprint: Rows,
) -> ChartRows:
    rows: dict[str, Rows] = {
        "benchmark": tuple(
            {
                "label": f"{one.label}, {one.unit}",
                "better": one.better,
                "good": float(one.good),
                "median": float(one.median),
                "poor": float(one.poor),
                "good_label": teller.number(one.good),
                "median_label": teller.number(one.median),
                "poor_label": teller.number(one.poor),
            }
            for one in benchmarks
            if one.median
        ),
        "footprint": footprint,
    }
    if value:
        rows |= {
            "waterfall": waterfall_rows(teller, value),
            "payback": payback_rows(teller, value),
            "tornado": tornado_rows(teller, value),
            "compared": compared_rows(teller, value),
            "spans": span_rows(teller, value),
        }
    return ChartRows.model_validate(rows)
