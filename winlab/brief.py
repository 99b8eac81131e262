"""What a template may see, for one audience: types without what that audience may not see.

A name that is not here cannot be printed. Texts are in the pack's language, numbers are final
to the digit; templates only word and format them. Dates are the plan's or the data's, never
today's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 - a field named date would hide it
from decimal import Decimal
from typing import Annotated

from pydantic import JsonValue

from winlab.inputs import Shape

NO_UNIT = "no unit"
"""Said of a number that has none."""


@dataclass(frozen=True)
class Told:
    """What authors of templates are told of a name: its meaning, an example, a number's unit.

    A unit in backticks is another field of the same group.
    """

    meaning: str
    example: str = ""
    unit: str = ""


class Person(Shape):
    """A person by name and title."""

    name: Annotated[str, Told("Full name", "Maria Diaz")]
    title: Annotated[str, Told("Title, as on the business card", "Plant Manager")]


class RepCard(Shape):
    """Our contact: name, title, phone and e-mail."""

    name: Annotated[str, Told("Full name", "Ann Bell")]
    title: Annotated[str, Told("Title", "Account Manager")]
    phone: Annotated[str, Told("Phone number, as it is printed", "+1 555 0101")]
    email: Annotated[str, Told("E-mail address", "ann@acme.example")]
    region: Annotated[str, Told("The sales region", "Gulf Coast")]


class CustomerCard(Shape):
    """The customer: name as in master data, and the site that is pitched to."""

    name: Annotated[str, Told("The company's name, spelt as in master data", "Bay Latex")]
    site: Annotated[str, Told("The site that is pitched to", "Baytown")]


class IndustryCard(Shape):
    """The customer's industry and how it speaks of its problem."""

    id: Annotated[str, Told("The industry's id, to test for", "paints-coatings")]
    label: Annotated[str, Told("The industry's name", "Paints and coatings")]
    problem: Annotated[
        tuple[str, ...],
        Told(
            "What goes wrong at plants like these, one sentence each",
            "Foam stops the reactor line.",
        ),
    ]
    pattern: Annotated[
        str,
        Told(
            "What it points to that several KPIs are worse than the peers'; empty if they are not",
            "Stops and off-spec together point to air in the batch.",
        ),
    ]
    requirements: Annotated[
        tuple[dict[str, str], ...],
        Told(
            "What a product has to meet here: requirement, test and limit",
            "{requirement: Film without craters, test: ISO 8130, limit: none}",
        ),
    ]
    symbols: Annotated[
        dict[str, str],
        Told("Symbols of technical texts and what they stand for", "{Q: flow in m³/h}"),
    ]


class GoalCard(Shape):
    """What the customer is asked to decide, by when, and when we meet."""

    action: Annotated[
        str, Told("What the customer is asked to decide", "Approve a six-week trial on line 2")
    ]
    by: Annotated[Day, Told("The day by which the decision is asked for", "2027-02-15")]
    meeting: Annotated[Day, Told("The day of the meeting", "2027-01-14")]
    met: Annotated[bool, Told("Whether the meeting is over")]


class WhyNowCard(Shape):
    """The event that makes it urgent."""

    event: Annotated[str, Told("The event that makes it urgent", "Line 2 is rebuilt in June")]
    source: Annotated[str, Told("Who said so", "Maria Diaz")]
    date: Annotated[Day, Told("When they said it", "2026-11-03")]


class PainCard(Shape):
    """The customer's words, quoted."""

    words: Annotated[str, Told("The customer's own words", "We lose a shift a month.")]
    by: Annotated[str, Told("Who said them", "Maria Diaz")]
    title: Annotated[
        str, Told("Their title; empty if they are no contact of the plan", "Plant Manager")
    ]
    date: Annotated[Day, Told("When they said them", "2026-11-03")]


class PeerFigures(Shape):
    """What comparable plants reach: ``n`` of them; ``basis`` says how wide the circle is."""

    n: Annotated[int, Told("How many plants are compared", "7", unit="plants")]
    basis: Annotated[str, Told("How wide the circle is: like-markets, industry or all", "industry")]
    q1: Annotated[Decimal, Told("The lower quartile", "6.5", unit="the KPI's unit")]
    median: Annotated[Decimal, Told("The median", "9.0", unit="the KPI's unit")]
    q3: Annotated[Decimal, Told("The upper quartile", "12.5", unit="the KPI's unit")]
    period: Annotated[str, Told("The latest period that the figures are from", "2026")]
    gap: Annotated[
        Decimal,
        Told(
            "How far the customer is from the median, never negative", "5.0", unit="the KPI's unit"
        ),
    ]
    worse: Annotated[bool, Told("Whether the customer is worse than the median")]
    outside: Annotated[
        bool, Told("Whether the customer's figure lies outside what nearly all peers reach")
    ]


class Measure(Shape):
    """A KPI of the customer's today; ``confirmed`` by the customer, or an estimate.

    An empty ``source`` is our own service record of the ``period``.
    """

    id: Annotated[str, Told("The KPI's id, to look it up by", "unplanned_downtime")]
    label: Annotated[str, Told("The KPI's name, as the industry calls it", "Unplanned downtime")]
    unit: Annotated[str, Told("What it is counted in", "h/month")]
    value: Annotated[Decimal, Told("The customer's figure", "14", unit="the KPI's unit")]
    confirmed: Annotated[bool, Told("Whether the customer confirmed it; else it is an estimate")]
    source: Annotated[
        str, Told("Where it comes from; empty for our own service record", "Site visit")
    ]
    period: Annotated[str, Told("The period that it is for", "2026")]
    costs: Annotated[
        str, Told("What it costs there, in words; empty if that is not known", "lost reactor hours")
    ]
    better: Annotated[str, Told("Which direction is good: lower or higher", "lower")]
    peers: Annotated[
        PeerFigures | None,
        Told("What comparable plants reach; missing where too few can be compared"),
    ]


class EffectCard(Shape):
    """One effect of the change, in currency a year: a negative amount saves."""

    id: Annotated[str, Told("The effect's id", "stops")]
    label: Annotated[str, Told("What changes", "Fewer foam-overs")]
    amount: Annotated[
        Decimal,
        Told(
            "What it does to yearly cost; negative saves",
            "-186000",
            unit="the value's currency a year",
        ),
    ]
    saves: Annotated[
        Decimal, Told("What it saves; negative costs", "186000", unit="the value's currency a year")
    ]
    estimate: Annotated[bool, Told("Whether it rests on an estimate")]
    basis: Annotated[str, Told("How it is reckoned, in words", "5 of 14 hours a month")]
    first_year_only: Annotated[bool, Told("Whether it comes once, as a cost of changing")]
    was: Annotated[
        str, Told("The figure today, with its unit; empty if none is shown", "14 h/month")
    ]
    becomes: Annotated[
        str, Told("The figure afterwards, with its unit; empty if none is shown", "9 h/month")
    ]


class CaseCard(Shape):
    """The cash of one case: ``once`` at the start, ``yearly`` after it, and over all years.

    ``rate`` is the yearly cost of capital in percent that ``present`` (the net present value)
    reckons with; ``months`` is the payback, none if the cash never comes back.
    """

    once: Annotated[
        Decimal, Told("Cash at the start; negative is paid", "-36000", unit="the value's currency")
    ]
    yearly: Annotated[
        Decimal, Told("Cash in each year after it", "160000", unit="the value's currency a year")
    ]
    first_year: Annotated[
        Decimal,
        Told("Cash in the first year, the start included", "124000", unit="the value's currency"),
    ]
    total: Annotated[Decimal, Told("Cash over all years", "444000", unit="the value's currency")]
    rate: Annotated[Decimal, Told("The yearly cost of capital", "8", unit="percent")]
    present: Annotated[
        Decimal, Told("The net present value at that rate", "376000", unit="the value's currency")
    ]
    months: Annotated[
        int | None, Told("The payback; missing if the cash never comes back", "3", unit="months")
    ]


class CashCard(Shape):
    """A change in cash over some ``years``: the low, base and high case.

    ``rate_source`` says where the cost of capital comes from.
    """

    years: Annotated[int, Told("Over how many years cash is reckoned", "3", unit="years")]
    rate_source: Annotated[
        str, Told("Where the cost of capital comes from", "Assumption for the industry, 2026")
    ]
    low: Annotated[CaseCard, Told("The cash of the low case")]
    base: Annotated[CaseCard, Told("The cash of the base case")]
    high: Annotated[CaseCard, Told("The cash of the high case")]


class AssumptionCard(Shape):
    """An input of the value case with its cases; ``origin`` says where it comes from."""

    id: Annotated[str, Told("The input's id", "line_hour")]
    label: Annotated[str, Told("What is assumed", "Value of a line hour")]
    value: Annotated[str, Told("The figure with its unit", "1,000 USD/h")]
    low: Annotated[str, Told("The same in the low case", "800 USD/h")]
    high: Annotated[str, Told("The same in the high case", "1,200 USD/h")]
    estimate: Annotated[bool, Told("Whether it is an estimate")]
    origin: Annotated[str, Told("What kind of source it has", "assumption")]
    source: Annotated[str, Told("The source; empty for our own record", "Survey of 14 plants")]
    period: Annotated[str, Told("The period that it is for; empty if it has none", "2026")]


class SwingCard(Shape):
    """What the first year is worth when one assumption moves alone between two values."""

    label: Annotated[str, Told("The assumption that moves", "Value of a line hour")]
    low: Annotated[
        Decimal,
        Told(
            "What the first year is worth with the assumption at `at_low`",
            "120000",
            unit="the value's currency",
        ),
    ]
    high: Annotated[
        Decimal,
        Told(
            "What the first year is worth with the assumption at `at_high`",
            "190000",
            unit="the value's currency",
        ),
    ]
    at_low: Annotated[str, Told("One value of the assumption, with its unit", "800 USD/h")]
    at_high: Annotated[str, Told("The other value of the assumption, with its unit", "1,200 USD/h")]
    estimate: Annotated[bool, Told("Whether the assumption is an estimate")]


class ComparedCard(Shape):
    """One line of today's cost beside the first year's; ``basis`` where it is a cost of its own."""

    label: Annotated[str, Told("The kind of cost", "Lost reactor hours")]
    today: Annotated[Decimal, Told("The cost today", "168000", unit="the value's currency a year")]
    after: Annotated[
        Decimal, Told("The cost in the first year", "108000", unit="the value's currency a year")
    ]
    change: Annotated[
        Decimal,
        Told("What it changes by; negative saves", "-60000", unit="the value's currency a year"),
    ]
    basis: Annotated[
        str, Told("How it is reckoned; empty for a part of today's cost", "5 of 14 hours a month")
    ]


class PriceGapCard(Shape):
    """By how much a ``unit`` another offer must be cheaper to pay for a change in ``months``."""

    months: Annotated[
        int, Told("The months within which a change would have to pay", "12", unit="months")
    ]
    unit: Annotated[str, Told("What the price is for", "kg")]
    low: Annotated[
        Decimal, Told("The gap in the low case", "0.31", unit="the value's currency per `unit`")
    ]
    base: Annotated[
        Decimal, Told("The gap in the base case", "0.42", unit="the value's currency per `unit`")
    ]
    high: Annotated[
        Decimal, Told("The gap in the high case", "0.55", unit="the value's currency per `unit`")
    ]


class ValueCard(Shape):
    """What the change is worth in the first year; ``confirmed`` rests on no estimate.

    ``cash`` is there where a change is to pay off, ``price_gaps`` where staying avoids a cost.
    """

    model: Annotated[str, Told("The value model's id", "downtime")]
    version: Annotated[str, Told("The value model's version", "1.2")]
    label: Annotated[str, Told("What is valued", "Cost of lost hours")]
    axis: Annotated[str, Told("The title of the chart's axis", "Yearly cost, USD")]
    net_label: Annotated[str, Told("What the last bar says", "Saved in the first year")]
    start_label: Annotated[str, Told("What the first bar says", "Cost today")]
    end_label: Annotated[str, Told("What the bar before the last says", "Cost afterwards")]
    currency: Annotated[str, Told("The currency of all its amounts", "USD")]
    start: Annotated[Decimal, Told("Cost today", "410000", unit="`currency` a year")]
    end: Annotated[Decimal, Told("Cost afterwards", "250000", unit="`currency` a year")]
    net: Annotated[
        Decimal,
        Told("What the change is worth in the first year", "160000", unit="`currency` a year"),
    ]
    low: Annotated[Decimal, Told("The same in the low case", "90000", unit="`currency` a year")]
    high: Annotated[Decimal, Told("The same in the high case", "210000", unit="`currency` a year")]
    confirmed: Annotated[
        Decimal,
        Told("The part of the net that rests on no estimate", "120000", unit="`currency` a year"),
    ]
    estimate: Annotated[bool, Told("Whether any of it rests on an estimate")]
    avoided: Annotated[bool, Told("Whether the net is a cost that need not arise, and no saving")]
    effects: Annotated[
        tuple[EffectCard, ...], Told("The steps from today's cost to the net, in order")
    ]
    best: Annotated[EffectCard | None, Told("The effect that saves most; missing if none saves")]
    sources: Annotated[
        tuple[str, ...],
        Told("Where its figures come from, to be cited", "Survey of 14 plants, 2026"),
    ]
    cash: Annotated[
        CashCard | None, Told("Cash over the years; missing where the case is no change that pays")
    ]
    assumptions: Annotated[tuple[AssumptionCard, ...], Told("What the value case rests on")]
    swings: Annotated[
        tuple[SwingCard, ...], Told("How far each assumption moves the result, the widest first")
    ]
    compared: Annotated[
        tuple[ComparedCard, ...], Told("Today's cost beside the first year's, line by line")
    ]
    price_gaps: Annotated[
        tuple[PriceGapCard, ...],
        Told("How much cheaper another offer would have to be; none where a change saves"),
    ]


class IndexPartCard(Shape):
    """A published index that a part of the price follows, with its share in percent."""

    share: Annotated[
        Decimal,
        Told("The part of the price that follows the index", "40", unit="percent of the price"),
    ]
    index: Annotated[str, Told("The published index", "ICIS 2-ethylhexanol, US Gulf")]
    covers: Annotated[str, Told("What the index stands for", "raw material")]


class IndexCard(Shape):
    """How a product's price follows published indices; ``fixed`` percent of it do not move."""

    fixed: Annotated[
        Decimal, Told("The part of the price that does not move", "35", unit="percent of the price")
    ]
    parts: Annotated[tuple[IndexPartCard, ...], Told("The indices that the rest follows")]
    review: Annotated[str, Told("When the price is looked at again", "each January and July")]
    source: Annotated[str, Told("Where the formula comes from", "Price list 2026")]


class ComplianceCard(Shape):
    """What applies to a product on one subject, and the document that says so."""

    subject: Annotated[str, Told("What it is about", "Food contact")]
    applies: Annotated[str, Told("What applies to the product", "21 CFR 176.210")]
    document: Annotated[str, Told("The document that says so", "Statement FC-310")]
    date: Annotated[Day | None, Told("The document's day; missing if it has none", "2026-03-01")]


class MechanismCard(Shape):
    """One step of how the product works."""

    title: Annotated[str, Told("The step in a few words", "It enters the film")]
    text: Annotated[
        str, Told("What happens there", "The droplet spreads and thins the film around it.")
    ]


class PropertyCard(Shape):
    """A typical property."""

    property: Annotated[str, Told("What is measured", "Viscosity")]
    value: Annotated[str, Told("The typical value, as it is printed", "350")]
    unit: Annotated[str, Told("Its unit; empty if it has none", "mPa·s")]
    method: Annotated[str, Told("How it is measured", "ISO 2555")]


class SheetRevisionCard(Shape):
    """A revision of a safety data sheet and the sections that it changed."""

    revision: Annotated[str, Told("Its number", "4.1")]
    date: Annotated[Day, Told("The day of the revision", "2026-08-17")]
    sections: Annotated[str, Told("The sections that it changed", "8 and 15")]


class HazardCard(Shape):
    """A typical property that bears on safety, and what a site compares it with."""

    property: Annotated[str, Told("What is measured", "Flash point")]
    value: Annotated[str, Told("The typical value, as it is printed", "> 150")]
    unit: Annotated[str, Told("Its unit; empty if it has none", "°C")]
    method: Annotated[str, Told("How it is measured", "ASTM D93")]
    compare: Annotated[str, Told("What a site compares it with", "the limit of your storage class")]


class ContainerCard(Shape):
    """What the product comes in."""

    one: Annotated[str, Told("The container", "drum")]
    many: Annotated[str, Told("Its plural", "drums")]
    holds: Annotated[Decimal, Told("What one holds", "0.18", unit="t")]
    empty: Annotated[str, Told("What becomes of the empty one", "It goes back closed.")]
    today: Annotated[
        int | None,
        Told(
            "How many a year are used today; missing without a plan", "49", unit="containers a year"
        ),
    ]
    planned: Annotated[
        int | None,
        Told("How many a year the plan means; missing without one", "52", unit="containers a year"),
    ]


class TaskCard(Shape):
    """A task in which somebody meets the product."""

    task: Annotated[str, Told("The task", "Drum change")]
    per: Annotated[str, Told("container, month, quarter or year: once for each", "container")]
    times: Annotated[
        int | None,
        Told("How often a year by the plan; missing without one", "52", unit="times a year"),
    ]
    contact: Annotated[str, Told("How somebody meets the product", "drops at the coupling")]
    control: Annotated[str, Told("What keeps people and product apart", "dry-break coupling")]


class WasteCard(Shape):
    """What becomes of a waste that comes with the product."""

    stream: Annotated[str, Told("The waste", "Empty drums")]
    route: Annotated[str, Told("What becomes of it", "taken back on the next truck")]


class StageCard(Shape):
    """A stage of a product's life with its greenhouse gases."""

    stage: Annotated[str, Told("The stage", "Raw materials")]
    kg: Annotated[Decimal, Told("Its greenhouse gases", "2.05", unit="kg CO2e/kg")]


class FootprintCard(Shape):
    """A product's carbon footprint: an estimate unless somebody verified it."""

    stages: tuple[StageCard, ...]
    total: Annotated[Decimal, Told("The sum of the stages", "2.45", unit="kg CO2e/kg")]
    low: Annotated[Decimal, Told("The least that it may be", "2.1", unit="kg CO2e/kg")]
    high: Annotated[Decimal, Told("The most that it may be", "2.9", unit="kg CO2e/kg")]
    standard: Annotated[str, Told("By which standard", "ISO 14067")]
    scope: Annotated[str, Told("What is counted", "from raw material to your gate")]
    verified_by: Annotated[
        str, Told("Who verified it; empty if nobody did", "Harrow Assurance, 2026")
    ]
    source: Annotated[str, Told("Where it comes from", "Footprint file CF-310")]
    date: Annotated[Day, Told("The day of the source", "2026-06-30")]
    today: Annotated[
        Decimal | None,
        Told("At today's volume; missing without a plan", "108", unit="t CO2e a year"),
    ]
    planned: Annotated[
        Decimal | None,
        Told("At the planned volume; missing without one", "113", unit="t CO2e a year"),
    ]


class NoticeCard(Shape):
    """A change of ours that is announced, and what comes with the news."""

    change: Annotated[str, Told("What changes", "Raw material or its source")]
    months: Annotated[int, Told("How long before", "6", unit="months")]
    brings: Annotated[str, Told("What comes with the notice", "a sample of the new batch")]


class GateCard(Shape):
    """A gate of the site's management of change."""

    gate: Annotated[str, Told("The gate", "Hazards reviewed")]
    evidence: Annotated[str, Told("What has to be shown", "Minutes of the review")]
    owner: Annotated[str, Told("customer, us or both", "customer")]
    owner_name: Annotated[str, Told("Their names; empty without a plan", "Maria Diaz")]
    before: Annotated[str, Told("agreement, line or close: what it stands before", "line")]
    due: Annotated[Day | None, Told("When it is due; missing without a plan", "2027-02-15")]


class StewardshipCard(Shape):
    """What those who answer for safety, environment and quality have to know of a product."""

    sheet: Annotated[str, Told("The safety data sheet", "Safety data sheet DF-310")]
    revisions: Annotated[tuple[SheetRevisionCard, ...], Told("Its revisions, the newest first")]
    hazards: tuple[HazardCard, ...]
    container: ContainerCard
    tasks: tuple[TaskCard, ...]
    waste: tuple[WasteCard, ...]
    footprint: Annotated[
        FootprintCard | None, Told("The carbon footprint; missing if none is on file")
    ]
    notices: tuple[NoticeCard, ...]
    gates: tuple[GateCard, ...]
    source: Annotated[str, Told("The file that all of it is taken from", "Stewardship file PS-310")]
    date: Annotated[Day, Told("The day of the file", "2026-10-12")]


class ProductFacts(Shape):
    """A product as we speak of it to anybody."""

    id: Annotated[str, Told("The product's id", "DF-310")]
    name: Annotated[str, Told("The product's name", "DF-310")]
    nature: Annotated[str, Told("What kind of product it is", "silicone-free antifoam")]
    does: Annotated[str, Told("What it does", "breaks foam within seconds")]
    changes: Annotated[str, Told("What changes at the plant", "One dosing pump is set anew.")]
    unchanged: Annotated[str, Told("What stays as it is", "Recipe and film stay as they are.")]
    mechanism_title: Annotated[str, Told("The heading over how it works", "How it breaks a bubble")]
    mechanism: Annotated[tuple[MechanismCard, ...], Told("How it works, step by step")]
    compatible: Annotated[tuple[str, ...], Told("What it goes with", "acrylic dispersions")]
    not_for: Annotated[tuple[str, ...], Told("Where it does not work", "solvent-borne systems")]
    typical: Annotated[
        tuple[PropertyCard, ...], Told("Typical properties, which are no specification")
    ]
    regulatory: Annotated[
        tuple[str, ...], Told("Regulatory status, one sentence each", "Listed in TSCA and REACH.")
    ]
    literature: Annotated[
        tuple[str, ...],
        Told("What technical texts may refer to", "Denkov, Langmuir 20 (2004) 9463"),
    ]
    success: Annotated[
        tuple[str, ...], Told("When a trial has succeeded", "Fewer than 9 hours lost a month")
    ]
    stop: Annotated[
        tuple[str, ...], Told("When a trial is stopped at once", "A crater in a retained panel")
    ]
    protocol: Annotated[
        tuple[str, ...], Told("The steps of a trial", "Dose 0.5 kg/t for two weeks.")
    ]
    index: Annotated[
        IndexCard | None, Told("How the price follows published indices; missing where it does not")
    ]
    compliance: Annotated[
        tuple[ComplianceCard, ...], Told("What the product complies with, subject by subject")
    ]
    stewardship: Annotated[
        StewardshipCard | None,
        Told("For safety, environment and quality; missing if it is not written"),
    ]


class ProductCard(ProductFacts):
    """A product of the plan, with its volume a year."""

    volume_today: Annotated[Decimal, Told("Today's volume with us", "74", unit="`volume_unit`")]
    volume: Annotated[Decimal, Told("The volume that the plan aims at", "80", unit="`volume_unit`")]
    volume_unit: Annotated[str, Told("What it is counted in", "t/a")]


class BandCard(Shape):
    """A band of the agreed volume, in the volume's unit; an open end is missing."""

    above: Annotated[
        Decimal, Told("The volume above which the band begins", "50", unit="the volume's unit")
    ]
    to: Annotated[
        Decimal | None,
        Told(
            "The volume to which it goes; missing for the last band",
            "100",
            unit="the volume's unit",
        ),
    ]
    price: Annotated[str, Told("What the price is in it, in words", "list less 2 %")]
    delivery: Annotated[str, Told("How it is delivered", "full truck")]


class AnswerCard(Shape):
    """A buyer's question and its answer."""

    asks: Annotated[str, Told("What a buyer asks", "What if your plant stops?")]
    answer: Annotated[str, Told("The answer", "Six weeks of stock stand in Houston.")]


class SupplyCard(Shape):
    """What an offer promises a buyer."""

    assured: Annotated[
        tuple[str, ...],
        Told("What is assured, one sentence each", "Six weeks of stock in Houston."),
    ]
    price_rule: Annotated[str, Told("How the price moves", "Fixed for nine months.")]
    bands: Annotated[tuple[BandCard, ...], Told("Bands of volume, from the smallest")]
    ends: Annotated[str, Told("How the agreement ends", "At the end of the term, without notice.")]
    answers: Annotated[tuple[AnswerCard, ...], Told("Questions of buyers, with their answers")]


class OfferCard(Shape):
    """What is offered for a product, with the price that is offered (none while provisional)."""

    product: Annotated[str, Told("The product's id", "DF-310")]
    title: Annotated[str, Told("What is offered", "Six-week trial")]
    includes: Annotated[tuple[str, ...], Told("What it includes", "trial kit")]
    credited: Annotated[bool, Told("Whether the trial is credited when the customer goes on")]
    months: Annotated[int, Told("How long it runs", "9", unit="months")]
    price: Annotated[
        Decimal | None,
        Told(
            "The offered price; missing while the decision is provisional",
            "4.45",
            unit="`currency` per `unit`",
        ),
    ]
    currency: Annotated[str, Told("The price's currency", "USD")]
    unit: Annotated[str, Told("What the price is for", "kg")]
    supply: Annotated[
        SupplyCard | None, Told("What is promised to a buyer; missing where the play gives nothing")
    ]


class TermsCard(Shape):
    """Commercial terms."""

    basis: Annotated[str, Told("Where the goods are handed over", "delivered")]
    payment_days: Annotated[int, Told("Days until payment", "60", unit="days")]
    months: Annotated[int, Told("How long the terms hold", "9", unit="months")]


class ProofCard(Shape):
    """A claim that may be said to a customer, with its source and date."""

    id: Annotated[str, Told("The claim's id", "claim-017")]
    text: Annotated[
        str,
        Told(
            "What may be said, word for word", "Foam-over cost 14 plants five hours a month each."
        ),
    ]
    source: Annotated[str, Told("Where it comes from", "Survey of 14 plants")]
    date: Annotated[Day, Told("The day of the source", "2026-05-01")]


class ServiceSystemCard(Shape):
    """A system that takes part in a service."""

    system: Annotated[str, Told("The system", "Your purchasing system")]
    side: Annotated[str, Told("customer, us or both: whose it is", "customer")]
    does: Annotated[str, Told("What it does in the service", "sends orders")]


class DataItemCard(Shape):
    """What a service exchanges."""

    item: Annotated[str, Told("What is exchanged", "Order")]
    sender: Annotated[str, Told("customer or us", "customer")]
    form: Annotated[str, Told("In which form", "X12 850")]
    when: Annotated[str, Told("When", "when you release it")]
    personal: Annotated[bool, Told("Whether it names people")]


class SecurityCard(Shape):
    """A rule of security, and the document that says so."""

    subject: Annotated[str, Told("What it is about", "Transport")]
    rule: Annotated[str, Told("The rule", "TLS 1.2 or later")]
    document: Annotated[str, Told("The document", "Interface description ID-7")]
    date: Annotated[Day | None, Told("Its day; missing for the latest", "2026-09-14")]


class OwnershipCard(Shape):
    """Who owns a part of a service, and what that means."""

    part: Annotated[str, Told("The part", "Readings")]
    owner: Annotated[str, Told("customer, us or both", "customer")]
    means: Annotated[str, Told("What that means", "yours; we pass them to nobody")]


class RolloutCard(Shape):
    """A step of a service's roll-out."""

    step: Annotated[str, Told("The step", "Interface agreed")]
    owner: Annotated[str, Told("customer, us or both", "both")]
    from_day: Annotated[int, Told("Its first day", "0", unit="days after the decision")]
    by_day: Annotated[int, Told("Its last day", "10", unit="days after the decision")]
    start: Annotated[
        Day | None, Told("Its first day by the plan; missing without one", "2027-02-15")
    ]
    end: Annotated[Day | None, Told("Its last day by the plan; missing without one", "2027-02-25")]
    done_when: Annotated[str, Told("When it is done", "Message types ticked")]


class SupportCard(Shape):
    """What is done when something happens, and within which time."""

    event: Annotated[str, Told("What happens", "The connection is down")]
    answer: Annotated[str, Told("What is done", "orders by e-mail")]
    within: Annotated[str, Told("Within which time", "two hours")]


class ServiceCard(Shape):
    """A service that connects systems of the customer's with ours."""

    id: Annotated[str, Told("The service's id", "orders")]
    kind: Annotated[str, Told("dosing, stock or edi", "edi")]
    name: Annotated[str, Told("Its name", "Electronic orders")]
    does: Annotated[str, Told("What it does", "passes orders from system to system")]
    systems: tuple[ServiceSystemCard, ...]
    data: tuple[DataItemCard, ...]
    security: tuple[SecurityCard, ...]
    ownership: tuple[OwnershipCard, ...]
    rollout: tuple[RolloutCard, ...]
    support: tuple[SupportCard, ...]
    without: Annotated[
        str, Told("How supply goes on while it is down", "An e-mail counts as an order.")
    ]
    ends: Annotated[str, Told("How it ends", "With 30 days of notice.")]
    source: Annotated[
        str, Told("The document that all of it is taken from", "Interface description ID-7")
    ]
    proofs: Annotated[tuple[ProofCard, ...], Told("Claims that show that it works")]


class MessageCard(Shape):
    """A message for this role."""

    id: Annotated[str, Told("The rule that brought it", "invest-paint")]
    theme: Annotated[str, Told("What it is about, to choose by", "uptime")]
    insight: Annotated[
        str, Told("What is said", "Foam-over costs more in lost batches than in chemical.")
    ]
    proofs: Annotated[
        tuple[ProofCard, ...], Told("The claims that prove it; all may be said to a customer")
    ]


class ReferenceCard(Shape):
    """A customer who lets us tell of the result."""

    name: Annotated[str, Told("The customer who lets us tell", "Port Polymers")]
    application: Annotated[str, Told("What they make", "latex")]
    region: Annotated[str, Told("Where they are", "Gulf Coast")]
    headline: Annotated[str, Told("The result in a few words", "Stops halved in six weeks")]
    result: Annotated[
        str, Told("The result in a sentence", "Stops fell from 11 to 5 hours a month.")
    ]
    source: Annotated[str, Told("Where it comes from", "Site report")]
    date: Annotated[Day, Told("The day of the source", "2026-05-09")]
    permission_until: Annotated[Day, Told("The last day on which it may be told", "2027-06-30")]


class StudyTableCard(Shape):
    """A results table: ``header`` and ``rows`` are ready to print."""

    finding: Annotated[
        str, Told("What the table shows, as a title", "Foam collapses within ten seconds")
    ]
    text: Annotated[
        str, Told("What it means, in a sentence or two", "Half the dose does the same.")
    ]
    caption: Annotated[str, Told("What stands under the table", "Foam height over time, n = 5")]
    header: Annotated[tuple[str, ...], Told("The columns' titles, with units", "Time, s")]
    rows: Annotated[
        tuple[tuple[str, ...], ...], Told("The rows, each a list of printed cells", "[10, 12 ± 1]")
    ]
    chart: Annotated[bool, Told("Whether there is something to draw")]
    chart_rows: Annotated[
        tuple[dict[str, JsonValue], ...], Told("The rows for its chart, to be named under data:")
    ]
    chart_params: Annotated[
        dict[str, JsonValue], Told("The parameters for its chart, to be named under params:")
    ]


class StudyCard(Shape):
    """An approved study of one of the plan's products, by that product's id."""

    id: Annotated[str, Told("The study's id", "df-310-foam")]
    product: Annotated[str, Told("The product's id", "DF-310")]
    title: Annotated[str, Told("The study's title", "Foam control in acrylic latex")]
    kind: Annotated[str, Told("performance, robustness or compatibility", "performance")]
    question: Annotated[str, Told("What it asks", "How fast does foam collapse?")]
    standard: Annotated[str, Told("The standard that it follows", "ASTM D892")]
    samples: Annotated[str, Told("What was tested", "Three latex grades")]
    conditions: Annotated[str, Told("Under which conditions", "60 °C, 0.5 kg/t")]
    procedure: Annotated[
        tuple[str, ...], Told("What was done, step by step", "Air is blown in for five minutes.")
    ]
    n: Annotated[int, Told("How many independent runs stand behind each figure", "5", unit="runs")]
    tables: Annotated[tuple[StudyTableCard, ...], Told("Its tables of results")]
    limits: Annotated[
        tuple[str, ...], Told("What it does not show", "No plant trial was part of it.")
    ]
    date: Annotated[Day, Told("The day of its report", "2026-03-02")]
    owner: Annotated[str, Told("Who answers for it", "lab@acme.example")]
    approver: Annotated[str, Told("Who approved it", "r.lin@acme.example")]


class StepCard(Shape):
    """A step of the action plan, with who does it and when; ``by_day`` counts from its start."""

    step: Annotated[str, Told("What is done", "Trial on the line")]
    owner: Annotated[str, Told("Who does it: customer, us or both", "both")]
    owner_name: Annotated[str, Told("The same by name", "Maria Diaz and Ann Bell")]
    owner_short: Annotated[str, Told("The same by surname, for charts", "Diaz, Bell")]
    start: Annotated[Day, Told("Its first day", "2027-02-15")]
    end: Annotated[Day, Told("Its last day", "2027-03-29")]
    done_when: Annotated[str, Told("How one sees that it is done", "Six weeks are over")]
    decision: Annotated[bool, Told("Whether it is the decision that is asked for")]
    by_day: Annotated[
        int,
        Told("The day by which it is done, counted from the plan's first step", "56", unit="days"),
    ]


class RiskCard(Shape):
    """What may go wrong, how it would show, and who does what about it."""

    risk: Annotated[str, Told("What may go wrong", "The dose is set too low.")]
    sign: Annotated[str, Told("How it would show", "More than five stops in a week")]
    answer: Annotated[str, Told("What is done about it", "The dose goes back to where it was.")]
    owner: Annotated[str, Told("Who does it: customer, us or both", "us")]
    owner_name: Annotated[str, Told("The same by name", "Ann Bell")]


class ShiftCard(Shape):
    """A change in the industry's markets, and what it means for a site."""

    change: Annotated[
        str, Told("What changes in the industry's markets", "Waterborne coatings replace solvents.")
    ]
    meaning: Annotated[str, Told("What it means for a site", "Reactors run fuller.")]
    source: Annotated[str, Told("Where it comes from", "Industry survey")]
    date: Annotated[Day, Told("The day of the source", "2026-05-01")]


class ChartRows(Shape):
    """Rows for the charts of customer packs."""

    drivers: Annotated[
        tuple[dict[str, JsonValue], ...],
        Told('Rows for the chart "drivers": each KPI beside its peers'),
    ] = ()
    waterfall: Annotated[
        tuple[dict[str, JsonValue], ...],
        Told('Rows for the chart "waterfall": from today\'s cost to the net'),
    ] = ()
    gantt: Annotated[
        tuple[dict[str, JsonValue], ...], Told('Rows for the chart "gantt": the action plan')
    ] = ()
    payback: Annotated[
        tuple[dict[str, JsonValue], ...], Told("Rows for the chart of cash over the months")
    ] = ()
    price_gap: Annotated[
        tuple[dict[str, JsonValue], ...], Told("Rows for the chart of price gaps")
    ] = ()
    tornado: Annotated[
        tuple[dict[str, JsonValue], ...],
        Told("Rows for the chart of assumptions and what they move"),
    ] = ()
    compared: Annotated[
        tuple[dict[str, JsonValue], ...], Told("Rows for the chart of costs today and afterwards")
    ] = ()
    spans: Annotated[
        tuple[dict[str, JsonValue], ...],
        Told("Rows for the chart of the value's low, base and high case"),
    ] = ()
    footprint: Annotated[
        tuple[dict[str, JsonValue], ...], Told("Rows for the chart of the product's footprint")
    ] = ()
    benchmark: Annotated[
        tuple[dict[str, JsonValue], ...],
        Told("Rows for the chart of an industry's medians and quartiles"),
    ] = ()


class CustomerBrief(Shape):
    """All that a customer's template may see."""

    company: Annotated[str, Told("Our company's name", "Acme Foams")]
    customer: CustomerCard
    industry: IndustryCard
    market_driver: Annotated[
        str,
        Told(
            "What drives demand in the customer's market; empty if that is not known",
            "New capacity for road marking",
        ),
    ]
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
    addressees: Annotated[tuple[Person, ...], Told("The contacts of this pack's role")]
    rep: RepCard
    decider: Annotated[
        Person, Told("The contact who decides on the money, else the first of the plan")
    ]
    goal: GoalCard
    why_now: Annotated[
        WhyNowCard | None, Told("The event that makes it urgent; missing if none is known")
    ]
    pains: tuple[PainCard, ...]
    asked: Annotated[
        tuple[str, ...],
        Told(
            "Pains that the rep assumes, to be put as questions",
            "Do stops cost you a shift a month?",
        ),
    ]
    questions: Annotated[
        tuple[str, ...],
        Told("Questions that the play has for the plan's contacts", "What does one stop cost you?"),
    ]
    criteria: Annotated[
        tuple[str, ...],
        Told("How the customer will judge, in their words", "No risk to film quality"),
    ]
    measures: Annotated[tuple[Measure, ...], Told("The customer's KPIs that are known")]
    worst: Annotated[
        Measure | None, Told("The KPI that is furthest behind the peers'; missing if none is")
    ]
    value: Annotated[ValueCard | None, Told("The value case; missing where its figures are")]
    headline: Annotated[
        str, Told("The play's headline; empty if it has none", "Growth without new downtime")
    ]
    products: Annotated[tuple[ProductCard, ...], Told("The plan's products")]
    product: Annotated[ProductCard, Told("The first of them")]
    offers: Annotated[tuple[OfferCard, ...], Told("What is offered, product by product")]
    offer: Annotated[OfferCard, Told("The first of them")]
    terms: TermsCard
    messages: Annotated[
        tuple[MessageCard, ...],
        Told("What the rules chose to say to this role, most important first"),
    ]
    reference: Annotated[
        ReferenceCard | None, Told("The reference that matches best; missing if none does")
    ]
    studies: Annotated[
        tuple[StudyCard, ...], Told("Approved studies of the plan's products in this industry")
    ]
    services: Annotated[
        tuple[ServiceCard, ...], Told("Services of the offers that connect systems")
    ]
    steps: Annotated[tuple[StepCard, ...], Told("The action plan, in order")]
    risks: Annotated[
        tuple[RiskCard, ...], Told("What may go wrong in the action plan, and who answers")
    ]
    charts: ChartRows
    valid_until: Annotated[Day, Told("The last day on which the offer holds", "2027-02-28")]
    provisional: Annotated[
        bool, Told("Whether the rep has to find something out first: then there is no price")
    ]


class ClauseCard(Shape):
    """One tested condition: the fact's value, what the rule asks of it, and how it fared.

    ``asked`` is in words ("at least 8%"), ``test`` as marketing wrote it.
    """

    fact: Annotated[str, Told("The fact's name", "market.growth")]
    label: Annotated[str, Told("The fact's label", "Growth of demand")]
    test: Annotated[str, Told("The condition as marketing wrote it", ">= 8%")]
    asked: Annotated[str, Told("The condition in words", "at least 8%")]
    value: Annotated[str, Told("The fact's value", "11%")]
    result: Annotated[str, Told("true, false or unknown", "true")]
    source: Annotated[str, Told("Where the condition stands", "peer-groups.yaml:12:30")]
    observed_at: Annotated[
        Day | None, Told("Since when the value is known; missing if that is not")
    ]


class RuleCard(Shape):
    """A rule with its clauses, how it fared, and why marketing wrote it."""

    table: Annotated[str, Told("The table's name", "peer-groups")]
    id: Annotated[str, Told("The rule's id", "hot-spots")]
    result: Annotated[str, Told("matched, failed, unknown or outranked", "matched")]
    why: Annotated[
        str, Told("Why marketing wrote it", "Demand grows and nobody owns the place yet.")
    ]
    clauses: tuple[ClauseCard, ...]


class TurningCard(Shape):
    """A peer group that this market is not in, with what stands in the way."""

    group: Annotated[str, Told("The other peer group", "steady")]
    strategy: Annotated[str, Told("Its strategy", "maintain")]
    needs: Annotated[
        tuple[str, ...],
        Told("What stands in the way, one clause each", "growth 11%, below 8% is needed"),
    ]


class PlayCard(Shape):
    """The play in use, what the rules picked, and why the rep asked for another."""

    id: Annotated[str, Told("The play's id", "invest")]
    version: Annotated[str, Told("The play's version", "1.4")]
    thesis: Annotated[str, Told("What the play believes", "Growing plants need capacity.")]
    kpi: Annotated[str, Told("What the play is measured by", "share of growth")]
    picked: Annotated[str, Told("The play that the rules picked", "invest")]
    because: Annotated[
        str,
        Told(
            "Why the rep asked for another; empty if they did not",
            "The buyer asked for a longer term.",
        ),
    ]
    avoid: Annotated[tuple[str, ...], Told("What not to say or do", "Do not name other sites.")]


class FindOutCard(Shape):
    """A fact that the decision hangs on: not known, or older than ``max_age`` days."""

    label: Annotated[str, Told("What is not known", "Load of our plant")]
    source: Annotated[str, Told("Where it would come from", "ERP")]
    observed_at: Annotated[
        Day | None, Told("Since when the old value is known; missing if there is none")
    ]
    max_age: Annotated[
        int | None, Told("How old it may be; missing if it never ages", "7", unit="days")
    ]


class KeyMessageCard(Shape):
    """A message with the people it is for; ``proof`` is a claim that may be said to them."""

    role: Annotated[str, Told("Whom it is for", "factory-manager")]
    people: Annotated[tuple[str, ...], Told("The contacts in that role", "Maria Diaz")]
    insight: Annotated[
        str, Told("What to say", "Foam-over costs more in lost batches than in chemical.")
    ]
    proof: Annotated[
        ProofCard | None, Told("A claim that may be said to them; missing if none may")
    ]


class AdjustmentCard(Shape):
    """A rule that moved opening and target by points of the list price."""

    points: Annotated[
        Decimal,
        Told("By how much it moves opening and target", "-1", unit="points of the list price"),
    ]
    why: Annotated[str, Told("Why marketing wrote it", "One route saved.")]


class ApprovalCard(Shape):
    """Leave to go below the rep's limit."""

    by: Annotated[str, Told("Who gave it", "Max Orr")]
    date: Annotated[Day, Told("The day on which it was given", "2026-11-20")]
    price: Annotated[
        Decimal,
        Told("The lowest price that it covers", "4.10", unit="the corridor's currency per unit"),
    ]


class CorridorCard(Shape):
    """A product's price corridor as a rep sees it, in ``currency`` a ``unit``.

    ``manager_limit`` and ``floor`` are there only where the workspace shows them. ``clamped``
    says that an adjustment would have gone past list or limit.
    """

    product: Annotated[str, Told("The product's id", "DF-310")]
    currency: Annotated[str, Told("The currency of its prices", "USD")]
    unit: Annotated[str, Told("What they are for", "kg")]
    list: Annotated[Decimal, Told("The list price", "4.60", unit="`currency` per `unit`")]
    opening: Annotated[
        Decimal, Told("The price to open with", "4.60", unit="`currency` per `unit`")
    ]
    target: Annotated[Decimal, Told("The price to reach", "4.42", unit="`currency` per `unit`")]
    rep_limit: Annotated[
        Decimal,
        Told("The lowest price that the rep may agree to", "4.28", unit="`currency` per `unit`"),
    ]
    manager_limit: Annotated[
        Decimal | None,
        Told(
            "The lowest price that the manager may agree to; missing unless the workspace shows it",
            "4.14",
            unit="`currency` per `unit`",
        ),
    ]
    floor: Annotated[
        Decimal | None,
        Told(
            "The price below which there is no deal; missing unless the workspace shows it",
            "4.00",
            unit="`currency` per `unit`",
        ),
    ]
    offered: Annotated[
        Decimal | None,
        Told(
            "The price in the customer's packs; missing while the decision is provisional",
            "4.45",
            unit="`currency` per `unit`",
        ),
    ]
    adjustments: Annotated[
        tuple[AdjustmentCard, ...], Told("The rules that moved opening and target")
    ]
    clamped: Annotated[bool, Told("Whether an adjustment would have gone past list or limit")]
    approval: Annotated[
        ApprovalCard | None, Told("Leave to go below the rep's limit; missing if there is none")
    ]


class LeverCard(Shape):
    """A concession and what must come back for it; ``costs`` is in currency a unit."""

    give: Annotated[str, Told("What we may give", "60 days to pay")]
    range: Annotated[str, Told("How far it may go; empty if that is open", "30 to 60 days")]
    costs_points: Annotated[
        Decimal, Told("What it costs us", "0.8", unit="points of the list price")
    ]
    costs: Annotated[
        Decimal | None,
        Told(
            "The same in money; missing while the decision is provisional",
            "0.04",
            unit="the corridor's currency per unit",
        ),
    ]
    get: Annotated[str, Told("What has to come back for it", "A year's volume")]


class DealsCard(Shape):
    """What other accounts paid for the product in their latest year, in currency a unit."""

    n: Annotated[int, Told("How many accounts paid them", "8", unit="accounts")]
    year: Annotated[str, Told("The latest year that they are from", "2026")]
    low: Annotated[
        Decimal, Told("The lowest price", "4.10", unit="the corridor's currency per unit")
    ]
    median: Annotated[
        Decimal, Told("The median price", "4.35", unit="the corridor's currency per unit")
    ]
    high: Annotated[
        Decimal, Told("The highest price", "4.60", unit="the corridor's currency per unit")
    ]


class StakeholderCard(Shape):
    """A contact with how they buy and where they stand."""

    name: Annotated[str, Told("Full name", "Maria Diaz")]
    title: Annotated[str, Told("Title", "Plant Manager")]
    role: Annotated[str, Told("Decision-maker role", "factory-manager")]
    buying: Annotated[str, Told("user, technical or economic", "economic")]
    influence: Annotated[str, Told("high, medium or low", "high")]
    stance: Annotated[str, Told("champion, supporter, neutral, opponent or unknown", "supporter")]


class AlternativeCard(Shape):
    """What the customer may do instead; ``gap`` is its price less ours where they compare."""

    name: Annotated[str, Told('Who else could supply, or "do nothing"', "Solvane")]
    incumbent: Annotated[bool, Told("Whether they supply today")]
    price: Annotated[
        Decimal | None,
        Told(
            "Their price; missing if it is not known", "4.10", unit="the plan's currency per `per`"
        ),
    ]
    per: Annotated[str, Told("What their price is for", "kg")]
    gap: Annotated[
        Decimal | None,
        Told(
            "Their price less ours; missing where the two do not compare",
            "-0.35",
            unit="the plan's currency per `per`",
        ),
    ]
    source: Annotated[str, Told("Who said so; empty if nobody did", "Bill of October")]
    date: Annotated[Day | None, Told("When it was said; missing if that is not known")]


class ObjectionCard(Shape):
    """An objection: acknowledge, answer, prove, ask. What the play does not give is empty.

    ``sayable`` tells whether the proof may be said to a customer today.
    """

    says: Annotated[str, Told("What the customer may say", "Your price is above theirs.")]
    acknowledge: Annotated[
        str, Told("How to take it up; empty if the play gives nothing", "That is a fair point.")
    ]
    answer: Annotated[str, Told("What to answer", "The dose is a third lower.")]
    proof: Annotated[
        ProofCard | None, Told("The claim that proves the answer; missing if there is none")
    ]
    sayable: Annotated[bool, Told("Whether the proof may be said to a customer today")]
    ask: Annotated[
        str, Told("What to ask back; empty if the play gives nothing", "What does a stop cost you?")
    ]


class QuestionCard(Shape):
    """A question and its kind."""

    kind: Annotated[str, Told("situation, problem, implication or pay-off", "implication")]
    ask: Annotated[str, Told("The question", "What does one foam-over cost you?")]


class CounterCard(Shape):
    """Where a rival wins and where we do; ``old`` says that the source wants asking again."""

    rival: Annotated[str, Told("The rival's name", "Solvane")]
    present: Annotated[bool, Told("Whether the plan names them as an alternative")]
    they_win: Annotated[str, Told("Where they win", "Lowest price per kg")]
    we_win: Annotated[str, Told("Where we win", "A third less dose")]
    source: Annotated[str, Told("Who says so; empty if the play does not", "Field report")]
    date: Annotated[Day | None, Told("The day of the source; missing if the play gives none")]
    old: Annotated[bool, Told("Whether the source wants asking again")]


class FactCard(Shape):
    """A figure with its age; ``old`` is past what rules or lab accept (no value: not usable)."""

    label: Annotated[str, Told("What the figure is", "Growth of demand")]
    value: Annotated[
        str, Told("The figure with its unit; empty if it cannot be used", "11% a year")
    ]
    source: Annotated[str, Told("Where it comes from", "Census 2026")]
    observed_at: Annotated[Day | None, Told("Since when it is known; missing if that is not")]
    old: Annotated[bool, Told("Whether it is older than rules or lab accept")]


class YearCard(Shape):
    """What the account bought in a year, in t and in currency."""

    year: Annotated[str, Told("The year", "2026")]
    product: Annotated[str, Told("The product's id", "DF-310")]
    volume: Annotated[Decimal, Told("What the account bought", "42", unit="t")]
    revenue: Annotated[Decimal, Told("What it paid", "189000", unit="`currency`")]
    currency: Annotated[str, Told("The revenue's currency", "USD")]
    price: Annotated[
        Decimal | None,
        Told(
            "What it paid per kg; missing where that cannot be told",
            "4.50",
            unit="`currency` per kg",
        ),
    ]


class OpportunityCard(Shape):
    """The plan's volume against what there is to win, all in ``unit`` a year.

    ``lab_estimate`` is the lab's figure for the account; ``market_growth`` is what demand in the
    market is forecast to gain, ``share_of_growth`` the part of it that the plan asks for.
    """

    unit: Annotated[str, Told("What all its volumes are counted in", "t/a")]
    current: Annotated[Decimal, Told("Volume with us today", "0", unit="`unit`")]
    potential: Annotated[Decimal, Told("Volume that the plan aims at", "80", unit="`unit`")]
    reason: Annotated[
        str,
        Told(
            "Why the rep plans more than the lab expects; empty if they do not",
            "A second line starts in May.",
        ),
    ]
    lab_estimate: Annotated[
        Decimal | None,
        Told("The lab's figure for the account; missing if it has none", "100", unit="`unit`"),
    ]
    market_growth: Annotated[
        Decimal | None,
        Told(
            "What demand in the market is forecast to gain; missing if that is not known",
            "900",
            unit="`unit`",
        ),
    ]
    share_of_growth: Annotated[
        Decimal | None,
        Told(
            "The part of that growth which the plan asks for; missing with it", "0.08", unit=NO_UNIT
        ),
    ]


class CoachCharts(Shape):
    """Rows for the coach sheet's own charts, and where the peer groups part."""

    corridor: Annotated[
        tuple[dict[str, JsonValue], ...], Told('Rows for the chart "corridor": deals by volume')
    ] = ()
    bubble: Annotated[
        tuple[dict[str, JsonValue], ...],
        Told('Rows for the chart "bubble": markets by share and growth'),
    ] = ()
    growth_threshold: Annotated[
        Decimal | None,
        Told(
            "The growth at which peer groups part; missing if none does",
            "0.08",
            unit="fraction a year",
        ),
    ] = None
    share_threshold: Annotated[
        Decimal | None,
        Told("The share at which peer groups part; missing if none does", "0.15", unit="fraction"),
    ] = None


class RepBrief(CustomerBrief):
    """All that the coach sheet may see."""

    status: Annotated[str, Told("definite, provisional or default", "definite")]
    summary: Annotated[
        str, Told("The decision in a sentence", "Invest: demand grows 11 %, at least 8 %.")
    ]
    find_out: Annotated[
        tuple[FindOutCard, ...], Told("What the decision hangs on and is not known")
    ]
    market: Annotated[str, Told("The micromarket's name", "Harris County coatings")]
    peer_group: Annotated[str, Told("The market's peer group", "hot-spots")]
    strategy: Annotated[str, Told("The strategy for it", "invest")]
    play: PlayCard
    rules: Annotated[tuple[RuleCard, ...], Told("The rules that decided, with their clauses")]
    turning: Annotated[
        tuple[TurningCard, ...], Told("Peer groups that the market is not in, and why")
    ]
    key_messages: Annotated[tuple[KeyMessageCard, ...], Told("Three messages to take along")]
    corridors: Annotated[tuple[CorridorCard, ...], Told("The price corridor of each product")]
    levers: Annotated[tuple[LeverCard, ...], Told("What may be given, and what for")]
    deals: Annotated[
        DealsCard | None, Told("What others paid; missing where too few can be compared")
    ]
    stakeholders: Annotated[tuple[StakeholderCard, ...], Told("All contacts of the plan")]
    alternatives: Annotated[tuple[AlternativeCard, ...], Told("What the customer may do instead")]
    objections: tuple[ObjectionCard, ...]
    sales_questions: tuple[QuestionCard, ...]
    counters: tuple[CounterCard, ...]
    market_facts: Annotated[tuple[FactCard, ...], Told("What the lab knows of the market")]
    account_facts: Annotated[tuple[FactCard, ...], Told("What the lab knows of the account")]
    product_facts: Annotated[tuple[FactCard, ...], Told("What the lab knows of the products")]
    purchases: Annotated[tuple[YearCard, ...], Told("What the account bought, year by year")]
    opportunity: OpportunityCard
    decision_steps: Annotated[
        tuple[str, ...],
        Told("How the customer decides, step by step", "Trial, then the board in March"),
    ]
    approver: Annotated[
        str,
        Told("Who may approve a price below the rep's limit; empty if nobody is named", "Max Orr"),
    ]
    packs: Annotated[tuple[str, ...], Told("The roles that get a pack", "factory-manager")]
    coach_charts: CoachCharts
