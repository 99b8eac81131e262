"""What a template may see, for one audience: types without what that audience may not see.

A name that is not here cannot be printed. Texts are in the pack's language, numbers are final
to the digit; templates only word and format them. Dates are the plan's or the data's, never
today's.
"""

from __future__ import annotations

from datetime import date as Day  # noqa: N812 - a field named date would hide it
from decimal import Decimal

from pydantic import JsonValue

from winlab.inputs import Shape


class Person(Shape):
    """A person by name and title."""

    name: str
    title: str


class RepCard(Shape):
    """Our contact: name, title, phone and e-mail."""

    name: str
    title: str
    phone: str
    email: str
    region: str


class CustomerCard(Shape):
    """The customer: name as in master data, and the site that is pitched to."""

    name: str
    site: str


class IndustryCard(Shape):
    """The customer's industry and how it speaks of its problem."""

    id: str
    label: str
    problem: tuple[str, ...]
    pattern: str
    requirements: tuple[dict[str, str], ...]
    symbols: dict[str, str]


class GoalCard(Shape):
    """What the customer is asked to decide, by when, and when we meet."""

    action: str
    by: Day
    meeting: Day
    met: bool


class WhyNowCard(Shape):
    """The event that makes it urgent."""

    event: str
    source: str
    date: Day


class PainCard(Shape):
    """The customer's words, quoted."""

    words: str
    by: str
    title: str
    date: Day


class PeerFigures(Shape):
    """What comparable plants reach: ``n`` of them; ``basis`` says how wide the circle is."""

    n: int
    basis: str
    q1: Decimal
    median: Decimal
    q3: Decimal
    period: str
    gap: Decimal
    worse: bool
    outside: bool


class Measure(Shape):
    """A KPI of the customer's today; ``confirmed`` by the customer, or an estimate.

    An empty ``source`` is our own service record of the ``period``.
    """

    id: str
    label: str
    unit: str
    value: Decimal
    confirmed: bool
    source: str
    period: str
    costs: str
    better: str
    peers: PeerFigures | None


class EffectCard(Shape):
    """One effect of the change, in currency a year: a negative amount saves."""

    id: str
    label: str
    amount: Decimal
    saves: Decimal
    estimate: bool
    basis: str
    first_year_only: bool
    was: str
    becomes: str


class CaseCard(Shape):
    """The cash of one case: ``once`` at the start, ``yearly`` after it, and over all years.

    ``rate`` is the yearly cost of capital in percent that ``present`` (the net present value)
    reckons with; ``months`` is the payback, none if the cash never comes back.
    """

    once: Decimal
    yearly: Decimal
    first_year: Decimal
    total: Decimal
    rate: Decimal
    present: Decimal
    months: int | None


class CashCard(Shape):
    """A change in cash over some ``years``: the low, base and high case.

    ``rate_source`` says where the cost of capital comes from.
    """

    years: int
    rate_source: str
    low: CaseCard
    base: CaseCard
    high: CaseCard


class AssumptionCard(Shape):
    """An input of the value case with its cases; ``origin`` says where it comes from."""

    id: str
    label: str
    value: str
    low: str
    high: str
    estimate: bool
    origin: str
    source: str
    period: str


class SwingCard(Shape):
    """What the first year is worth when one assumption moves alone between two values."""

    label: str
    low: Decimal
    high: Decimal
    at_low: str
    at_high: str
    estimate: bool


class ComparedCard(Shape):
    """One line of today's cost beside the first year's; ``basis`` where it is a cost of its own."""

    label: str
    today: Decimal
    after: Decimal
    change: Decimal
    basis: str


class PriceGapCard(Shape):
    """By how much a ``unit`` another offer must be cheaper to pay for a change in ``months``."""

    months: int
    unit: str
    low: Decimal
    base: Decimal
    high: Decimal


class ValueCard(Shape):
    """What the change is worth in the first year; ``confirmed`` rests on no estimate.

    ``cash`` is there where a change is to pay off, ``price_gaps`` where staying avoids a cost.
    """

    model: str
    version: str
    label: str
    axis: str
    net_label: str
    start_label: str
    end_label: str
    currency: str
    start: Decimal
    end: Decimal
    net: Decimal
    low: Decimal
    high: Decimal
    confirmed: Decimal
    estimate: bool
    avoided: bool
    effects: tuple[EffectCard, ...]
    best: EffectCard | None
    sources: tuple[str, ...]
    cash: CashCard | None
    assumptions: tuple[AssumptionCard, ...]
    swings: tuple[SwingCard, ...]
    compared: tuple[ComparedCard, ...]
    price_gaps: tuple[PriceGapCard, ...]


class IndexPartCard(Shape):
    """A published index that a part of the price follows, with its share in percent."""

    share: Decimal
    index: str
    covers: str


class IndexCard(Shape):
    """How a product's price follows published indices; ``fixed`` percent of it do not move."""

    fixed: Decimal
    parts: tuple[IndexPartCard, ...]
    review: str
    source: str


class ComplianceCard(Shape):
    """What applies to a product on one subject, and the document that says so."""

    subject: str
    applies: str
    document: str
    date: Day | None


class MechanismCard(Shape):
    """One step of how the product works."""

    title: str
    text: str


class PropertyCard(Shape):
    """A typical property."""

    property: str
    value: str
    unit: str
    method: str


class ProductCard(Shape):
    """A product of the plan, as we speak of it."""

    id: str
    name: str
    nature: str
    does: str
    changes: str
    unchanged: str
    mechanism_title: str
    mechanism: tuple[MechanismCard, ...]
    compatible: tuple[str, ...]
    not_for: tuple[str, ...]
    typical: tuple[PropertyCard, ...]
    regulatory: tuple[str, ...]
    literature: tuple[str, ...]
    success: tuple[str, ...]
    stop: tuple[str, ...]
    protocol: tuple[str, ...]
    volume: Decimal
    volume_unit: str
    index: IndexCard | None
    compliance: tuple[ComplianceCard, ...]


class BandCard(Shape):
    """A band of the agreed volume, in the volume's unit; an open end is missing."""

    above: Decimal
    to: Decimal | None
    price: str
    delivery: str


class AnswerCard(Shape):
    """A buyer's question and its answer."""

    asks: str
    answer: str


class SupplyCard(Shape):
    """What an offer promises a buyer."""

    assured: tuple[str, ...]
    price_rule: str
    bands: tuple[BandCard, ...]
    ends: str
    answers: tuple[AnswerCard, ...]


class OfferCard(Shape):
    """What is offered for a product, with the price that is offered (none while provisional)."""

    product: str
    title: str
    includes: tuple[str, ...]
    credited: bool
    months: int
    price: Decimal | None
    currency: str
    unit: str
    supply: SupplyCard | None


class TermsCard(Shape):
    """Commercial terms."""

    basis: str
    payment_days: int
    months: int


class ProofCard(Shape):
    """A claim that may be said to a customer, with its source and date."""

    id: str
    text: str
    source: str
    date: Day


class MessageCard(Shape):
    """A message for this role."""

    id: str
    theme: str
    insight: str
    proofs: tuple[ProofCard, ...]


class ReferenceCard(Shape):
    """A customer who lets us tell of the result."""

    name: str
    application: str
    region: str
    headline: str
    result: str
    source: str
    date: Day
    permission_until: Day


class StudyTableCard(Shape):
    """A results table: ``header`` and ``rows`` are ready to print."""

    finding: str
    text: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    chart: bool
    chart_rows: tuple[dict[str, JsonValue], ...]
    chart_params: dict[str, JsonValue]


class StudyCard(Shape):
    """An approved study of one of the plan's products, by that product's id."""

    id: str
    product: str
    title: str
    kind: str
    question: str
    standard: str
    samples: str
    conditions: str
    procedure: tuple[str, ...]
    n: int
    tables: tuple[StudyTableCard, ...]
    limits: tuple[str, ...]
    date: Day
    owner: str
    approver: str


class StepCard(Shape):
    """A step of the action plan, with who does it and when; ``by_day`` counts from its start."""

    step: str
    owner: str
    owner_name: str
    owner_short: str
    start: Day
    end: Day
    done_when: str
    decision: bool
    by_day: int


class RiskCard(Shape):
    """What may go wrong, how it would show, and who does what about it."""

    risk: str
    sign: str
    answer: str
    owner: str
    owner_name: str


class ShiftCard(Shape):
    """A change in the industry's markets, and what it means for a site."""

    change: str
    meaning: str
    source: str
    date: Day


class ChartRows(Shape):
    """Rows for the charts of customer packs."""

    drivers: tuple[dict[str, JsonValue], ...] = ()
    waterfall: tuple[dict[str, JsonValue], ...] = ()
    gantt: tuple[dict[str, JsonValue], ...] = ()
    payback: tuple[dict[str, JsonValue], ...] = ()
    price_gap: tuple[dict[str, JsonValue], ...] = ()
    tornado: tuple[dict[str, JsonValue], ...] = ()
    compared: tuple[dict[str, JsonValue], ...] = ()
    spans: tuple[dict[str, JsonValue], ...] = ()


class CustomerBrief(Shape):
    """All that a customer's template may see."""

    company: str
    customer: CustomerCard
    industry: IndustryCard
    market_driver: str
    shifts: tuple[ShiftCard, ...]
    words: dict[str, str]
    addressees: tuple[Person, ...]
    rep: RepCard
    decider: Person
    goal: GoalCard
    why_now: WhyNowCard | None
    pains: tuple[PainCard, ...]
    asked: tuple[str, ...]
    questions: tuple[str, ...]
    criteria: tuple[str, ...]
    measures: tuple[Measure, ...]
    worst: Measure | None
    value: ValueCard | None
    headline: str
    products: tuple[ProductCard, ...]
    product: ProductCard
    offers: tuple[OfferCard, ...]
    offer: OfferCard
    terms: TermsCard
    messages: tuple[MessageCard, ...]
    reference: ReferenceCard | None
    studies: tuple[StudyCard, ...]
    steps: tuple[StepCard, ...]
    risks: tuple[RiskCard, ...]
    charts: ChartRows
    valid_until: Day
    provisional: bool


class ClauseCard(Shape):
    """One tested condition: the fact's value, what the rule asks of it, and how it fared.

    ``asked`` is in words ("at least 8%"), ``test`` as marketing wrote it.
    """

    fact: str
    label: str
    test: str
    asked: str
    value: str
    result: str
    source: str
    observed_at: Day | None


class RuleCard(Shape):
    """A rule with its clauses, how it fared, and why marketing wrote it."""

    table: str
    id: str
    result: str
    why: str
    clauses: tuple[ClauseCard, ...]


class TurningCard(Shape):
    """A peer group that this market is not in, with what stands in the way."""

    group: str
    strategy: str
    needs: tuple[str, ...]


class PlayCard(Shape):
    """The play in use, what the rules picked, and why the rep asked for another."""

    id: str
    version: str
    thesis: str
    kpi: str
    picked: str
    because: str
    avoid: tuple[str, ...]


class FindOutCard(Shape):
    """A fact that the decision hangs on: not known, or older than ``max_age`` days."""

    label: str
    source: str
    observed_at: Day | None
    max_age: int | None


class KeyMessageCard(Shape):
    """A message with the people it is for; ``proof`` is a claim that may be said to them."""

    role: str
    people: tuple[str, ...]
    insight: str
    proof: ProofCard | None


class AdjustmentCard(Shape):
    """A rule that moved opening and target by points of the list price."""

    points: Decimal
    why: str


class ApprovalCard(Shape):
    """Leave to go below the rep's limit."""

    by: str
    date: Day
    price: Decimal


class CorridorCard(Shape):
    """A product's price corridor as a rep sees it, in ``currency`` a ``unit``.

    ``manager_limit`` and ``floor`` are there only where the workspace shows them. ``clamped``
    says that an adjustment would have gone past list or limit.
    """

    product: str
    currency: str
    unit: str
    list: Decimal
    opening: Decimal
    target: Decimal
    rep_limit: Decimal
    manager_limit: Decimal | None
    floor: Decimal | None
    offered: Decimal | None
    adjustments: tuple[AdjustmentCard, ...]
    clamped: bool
    approval: ApprovalCard | None


class LeverCard(Shape):
    """A concession and what must come back for it; ``costs`` is in currency a unit."""

    give: str
    range: str
    costs_points: Decimal
    costs: Decimal | None
    get: str


class DealsCard(Shape):
    """What other accounts paid for the product in their latest year, in currency a unit."""

    n: int
    year: str
    low: Decimal
    median: Decimal
    high: Decimal


class StakeholderCard(Shape):
    """A contact with how they buy and where they stand."""

    name: str
    title: str
    role: str
    buying: str
    influence: str
    stance: str


class AlternativeCard(Shape):
    """What the customer may do instead; ``gap`` is its price less ours where they compare."""

    name: str
    incumbent: bool
    price: Decimal | None
    per: str
    gap: Decimal | None
    source: str
    date: Day | None


class ObjectionCard(Shape):
    """An objection: acknowledge, answer, prove, ask. What the play does not give is empty.

    ``sayable`` tells whether the proof may be said to a customer today.
    """

    says: str
    acknowledge: str
    answer: str
    proof: ProofCard | None
    sayable: bool
    ask: str


class QuestionCard(Shape):
    """A question and its kind."""

    kind: str
    ask: str


class CounterCard(Shape):
    """Where a rival wins and where we do; ``old`` says that the source wants asking again."""

    rival: str
    present: bool
    they_win: str
    we_win: str
    source: str
    date: Day | None
    old: bool


class FactCard(Shape):
    """A figure with its age; ``old`` is past what rules or lab accept (no value: not usable)."""

    label: str
    value: str
    source: str
    observed_at: Day | None
    old: bool


class YearCard(Shape):
    """What the account bought in a year, in t and in currency."""

    year: str
    product: str
    volume: Decimal
    revenue: Decimal
    currency: str
    price: Decimal | None


class OpportunityCard(Shape):
    """The plan's volume against what there is to win, all in ``unit`` a year.

    ``lab_estimate`` is the lab's figure for the account; ``market_growth`` is what demand in the
    market is forecast to gain, ``share_of_growth`` the part of it that the plan asks for.
    """

    unit: str
    current: Decimal
    potential: Decimal
    reason: str
    lab_estimate: Decimal | None
    market_growth: Decimal | None
    share_of_growth: Decimal | None


class CoachCharts(Shape):
    """Rows for the coach sheet's own charts, and where the peer groups part."""

    corridor: tuple[dict[str, JsonValue], ...] = ()
    bubble: tuple[dict[str, JsonValue], ...] = ()
    growth_threshold: Decimal | None = None
    share_threshold: Decimal | None = None


class RepBrief(CustomerBrief):
    """All that the coach sheet may see."""

    status: str
    summary: str
    find_out: tuple[FindOutCard, ...]
    market: str
    peer_group: str
    strategy: str
    play: PlayCard
    rules: tuple[RuleCard, ...]
    turning: tuple[TurningCard, ...]
    key_messages: tuple[KeyMessageCard, ...]
    corridors: tuple[CorridorCard, ...]
    levers: tuple[LeverCard, ...]
    deals: DealsCard | None
    stakeholders: tuple[StakeholderCard, ...]
    alternatives: tuple[AlternativeCard, ...]
    objections: tuple[ObjectionCard, ...]
    sales_questions: tuple[QuestionCard, ...]
    counters: tuple[CounterCard, ...]
    market_facts: tuple[FactCard, ...]
    account_facts: tuple[FactCard, ...]
    product_facts: tuple[FactCard, ...]
    purchases: tuple[YearCard, ...]
    opportunity: OpportunityCard
    decision_steps: tuple[str, ...]
    approver: str
    packs: tuple[str, ...]
    coach_charts: CoachCharts
