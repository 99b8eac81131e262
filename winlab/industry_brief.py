"""What the template of an industry pack may see: no customer, no price, no plan's dates."""

from __future__ import annotations

from datetime import date as Day  # noqa: N812 - a field named date would hide it
from decimal import Decimal
from typing import Annotated

from winlab.brief import (
    ChartRows,
    IndustryCard,
    MessageCard,
    ProductFacts,
    ProofCard,
    RepCard,
    RiskCard,
    ServiceCard,
    ShiftCard,
    StudyCard,
    Told,
    ValueCard,
)
from winlab.inputs import Shape


class BenchmarkCard(Shape):
    """What plants of the industry reach on a KPI; no company contributes above a quarter."""

    id: Annotated[str, Told("The KPI's id", "unplanned_downtime")]
    label: Annotated[str, Told("Its name", "Unplanned downtime")]
    unit: Annotated[str, Told("What it counts in", "h/month")]
    costs: Annotated[str, Told("What it costs a plant", "reactor hours")]
    better: Annotated[str, Told("lower or higher: which way is good", "lower")]
    n: Annotated[int, Told("How many plants are compared", "70", unit="plants")]
    good: Annotated[Decimal, Told("The quartile on the good side", "6.9", unit="`unit`")]
    median: Annotated[Decimal, Told("The median", "8.2", unit="`unit`")]
    poor: Annotated[Decimal, Told("The quartile on the bad side", "10.1", unit="`unit`")]
    period: Annotated[str, Told("Of when the figures are", "2026")]


class PatternCard(Shape):
    """What it points to when some KPIs are worse than the median."""

    worse: Annotated[tuple[str, ...], Told("The KPIs that are worse", "Cleanings")]
    says: Annotated[str, Told("What that points to", "Foam carries polymer into the vapor line.")]


class IndustryBrief(Shape):
    """All that the template of an industry pack may see: no customer, no price, no plan's dates."""

    company: Annotated[str, Told("Our company's name", "Acme Foams")]
    industry: IndustryCard
    patterns: tuple[PatternCard, ...]
    shifts: Annotated[
        tuple[ShiftCard, ...], Told("Changes in the industry's markets, and what they mean")
    ]
    words: Annotated[
        dict[str, str],
        Told(
            "The industry's vocabulary, as {{ words.line }}",
            "{line: reactor line, stop: foam-over}",
        ),
    ]
    readers: Annotated[str, Told("Whom the pack is for, in the plural", "plant managers")]
    rep: RepCard
    benchmarks: tuple[BenchmarkCard, ...]
    value: Annotated[
        ValueCard | None,
        Told(
            "What a line at the poor quartile gains at the median, without a price: an estimate "
            "throughout; missing where no model can do without a customer"
        ),
    ]
    products: Annotated[tuple[ProductFacts, ...], Told("The products for the industry")]
    product: Annotated[ProductFacts, Told("The first of them")]
    messages: Annotated[
        tuple[MessageCard, ...], Told("The messages of the plan's play; none without one")
    ]
    proofs: Annotated[
        tuple[ProofCard, ...],
        Told("The proofs of those messages, else of all plays' messages to the role"),
    ]
    studies: tuple[StudyCard, ...]
    services: Annotated[tuple[ServiceCard, ...], Told("Services that connect systems")]
    risks: Annotated[tuple[RiskCard, ...], Told("The risks of the plan's play; none without one")]
    charts: ChartRows
    valid_until: Annotated[
        Day, Told("The day on which the first of what the pack rests on ends", "2027-06-30")
    ]
