"""The shapes of every file that people write: frozen, and closed to unknown fields.

Scalars arrive as source text (see :mod:`winlab.read`), so versions and prices keep their
digits. Nothing here is computed; what follows from a file is worked out downstream.
"""

from __future__ import annotations

import datetime
import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeAlias

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from winlab.facts import (
    Audience,
    Domain,
    FactType,
    NotOfType,
    Value,
    is_legible,
    parse_day,
)
from winlab.problems import NOWHERE, Place


def refusal(code: str, message: str, hint: str) -> PydanticCustomError:
    """What a check of our own raises: a problem in the making (see :mod:`winlab.validate`)."""
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def quoted(text: str) -> str:
    """What somebody wrote, as a message shows it: long texts without their middle."""
    short = reprlib.Repr()
    short.maxstring = 60
    return short.repr(text)


def written(pattern: str, hint: str) -> AfterValidator:
    """Text that has to match as a whole; ``hint`` says in words how to write it."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise refusal("bad-name", f"{quoted(text)} is no valid name here", hint)
        return text

    return AfterValidator(check)


def _legible(text: str) -> str:
    if not is_legible(text):
        raise refusal(
            "no-text", f"{quoted(text)} shows nothing", "write a name with letters or digits"
        )
    if len(text.splitlines()) > 1 or "\t" in text:
        raise refusal("bad-name", f"{quoted(text)} runs over a line", "write it in one line")
    return text


def _visible(text: str) -> str:
    if not is_legible(text) and not any(char.isprintable() and char != " " for char in text):
        raise refusal("no-text", f"{quoted(text)} shows nothing", "write the text")
    return text


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_day(value.strip())
    except NotOfType as exc:
        raise refusal("wrong-type", f"{exc}, not {quoted(value)}",
                      "write a date like 2026-12-01") from None  # fmt: skip


def _check_span(start: str, first: datetime.date, end: str, last: datetime.date) -> None:
    if first > last:
        raise refusal("bad-interval", f"{end} ({last}) lies before {start} ({first})",
                      "correct one of the two days")  # fmt: skip


def _known_to_babel(text: str) -> str:
    try:
        Locale.parse(text)
    except (UnknownLocaleError, ValueError):
        raise refusal("unknown-locale", f"no numbers and dates are known for {quoted(text)}",
                      "write a language like en, or a locale like en_US") from None  # fmt: skip
    return text


def _percent(value: object) -> object:
    if isinstance(value, str) and value.strip().endswith("%"):
        return value.strip().removesuffix("%").strip()
    return value


_INTERVAL = re.compile(
    r"([\[(])\s*(-?[0-9]{1,18}(?:\.[0-9]{1,18})?)?\s*\.\.\s*(-?[0-9]{1,18}(?:\.[0-9]{1,18})?)?"
    r"\s*([\])])"
)


def _interval(value: object) -> Domain:
    if isinstance(value, Domain):
        return value
    text = value if isinstance(value, str) else ""
    found = _INTERVAL.fullmatch(text)
    if found is None:
        raise refusal("bad-name", f"{quoted(text)} is no interval of numbers",
                      "write it like '[0..1]', or '[0..]' for no upper end")  # fmt: skip
    opens, low, high, closes = found.groups()
    domain = Domain(
        Decimal(low) if low else None, Decimal(high) if high else None, opens == "(", closes == ")"
    )
    if domain.low is not None and domain.high is not None and domain.low >= domain.high:
        raise refusal("bad-interval", f"{text!r} holds no number, or one: it runs from "
                      f"{low} to {high}", "write the smaller number first")  # fmt: skip
    return domain


Id = Annotated[
    str,
    written(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}",
        "use letters, digits, points, hyphens and underscores (at most 80, a letter or digit "
        "first)",
    ),
]
Slug = Annotated[
    str,
    written(
        r"[a-z0-9][a-z0-9-]{0,79}",
        "use small letters, digits and hyphens (at most 80, a letter or digit first)",
    ),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_legible),
]
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000, strip_whitespace=True),
    AfterValidator(_visible),
]
Currency = Annotated[str, written(r"[A-Z]{3}", "write three capital letters, like USD")]
Language = Annotated[str, written(r"[a-z]{2}", "write two small letters, like en")]
PackLanguage = Annotated[Language, AfterValidator(_known_to_babel)]
"""A language whose numbers and dates can be written."""
LocaleName = Annotated[str, AfterValidator(_known_to_babel)]
Days = Annotated[str, written(r"[0-9]{1,4} days?", "write a number of days, like 7 days")]
Words = Line | Mapping[Language, Line]
"""A sentence, or one for each language."""
Day = Annotated[datetime.date, BeforeValidator(_day)]
"""A day from 1990 to 2100, written 2026-12-01."""
Interval = Annotated[Domain, PlainValidator(_interval)]
"""An interval of numbers, written ``[0..1]``, ``(0..100)`` or ``[0..]``."""
Number = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=18)]
Measure = Annotated[Number, BeforeValidator(_percent)]
"""A number as the KPI's unit counts it; ``3.2%`` is 3.2 percent points."""
Money = Annotated[Decimal, Field(allow_inf_nan=False, ge=0, max_digits=18)]
Points = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=9)]


class Shape(BaseModel):
    """Base of all shapes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---------------------------------------------------------------- workspace


PdfEngine: TypeAlias = Literal["weasyprint", "typst"]
"""What sets the pages of a PDF."""


class WorkspaceTable(Shape):
    """``[workspace]`` of winlab.toml. Without ``brand`` it is the one that the templates bring."""

    company: Name
    language: PackLanguage = "en"
    locale: LocaleName = "en_US"
    currency: Currency = "USD"
    as_of: Day | None = None
    plays: str = "plays"
    templates: str = "templates"
    brand: str | None = None
    pdf_engine: PdfEngine = "weasyprint"


class DataTable(Shape):
    """``[data]``: where the company's tables are."""

    markets: str
    accounts: str
    reps: str
    products: str
    purchases: str | None = None
    score: str | None = None  # score.yaml, for `winlab score`


class PriceTable(Shape):
    """``[price]``: what a rep sees, and whether an opening is quoted."""

    show_floor: bool = False
    quote_opening: bool = True


class PlansTable(Shape):
    """``[plans]``: what the columns of a table of plans are in a plan, for a CRM's export."""

    columns: Mapping[str, str] = {}


class ContactTable(Shape):
    """``[contact]``: who answers for packs that no rep brings."""

    name: Name
    title: Name
    phone: Name
    email: Name


class WorkspaceFile(Shape):
    """winlab.toml."""

    workspace: WorkspaceTable
    data: DataTable
    contact: ContactTable | None = None
    price: PriceTable = PriceTable()
    plans: PlansTable = PlansTable()


class FactFile(Shape):
    """One fact of facts.yaml; ``max_age`` is written ``7 days``, ``domain`` as an interval."""

    label: Line
    type: FactType
    unit: str = ""
    domain: Interval | None = None
    values: tuple[str, ...] = ()
    decimals: Annotated[int, Field(ge=0, le=9)] | None = None
    audience: Audience = Audience.LAB
    source: str = ""
    max_age: Days | None = None


FactsFile = Mapping[
    Literal["market", "account", "product", "plan", "contact"], Mapping[Id, FactFile]
]


# ---------------------------------------------------------------- decision tables


class Hit(StrEnum):
    """DMN hit policies."""

    UNIQUE = "unique"
    ANY = "any"
    PRIORITY = "priority"
    FIRST = "first"
    COLLECT = "collect"


class Aggregate(StrEnum):
    """How collected numbers become one."""

    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"


Output: TypeAlias = str | tuple[str, ...] | Mapping[str, str]
"""A cell on the output side: text, a list of texts, or a sentence in several languages."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The source text of a test, with its place; ``quoted`` as YAML tells strings apart.

    ``in_sheet`` says that the place is a whole cell, without columns inside it.
    """

    text: str
    place: Place = NOWHERE
    quoted: bool = True
    in_sheet: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One test on one fact. ``negated`` is an `unless`: the complement of the whole cell."""

    fact: str
    cell: Cell
    negated: bool = False


@dataclass(frozen=True, slots=True)
class RuleSource:
    """One row of a decision table; its conditions are ANDed."""

    id: str
    when: tuple[Condition, ...]
    then: Mapping[str, Output]
    why: str = ""
    replaces: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class TableSource:
    """A decision table as read from YAML, CSV or XLSX.

    ``otherwise`` is ``None`` where an uncovered row is a gap. ``priority`` lists the values of
    the first output from the most to the least preferred (hit policy priority). ``floor`` and
    ``cap`` bound what an aggregate comes to.
    """

    id: str
    rules: tuple[RuleSource, ...]
    hit: Hit = Hit.UNIQUE
    aggregate: Aggregate | None = None
    priority: tuple[str, ...] = ()
    otherwise: Mapping[str, Output] | None = None
    place: Place = NOWHERE
    floor: Decimal | None = None
    cap: Decimal | None = None


When = Mapping[str, str | None]
"""Tests as written, by fact. Their places are looked up by pointer."""

Then = Mapping[str, str | tuple[str, ...] | Mapping[str, str]]


class RuleFile(Shape):
    """One rule as written."""

    id: Id
    when: When = {}
    then: Then
    why: str = ""
    replaces: str = ""


SheetName = Annotated[
    str, written(r"[A-Za-z0-9][\w./ -]*\.(csv|xlsx)", "name a .csv or .xlsx file beside this one")
]
"""A CSV or XLSX file, beside the file that names it."""

Rules = tuple[RuleFile, ...] | SheetName
"""Rules as written, or the sheet that holds them."""


class TableFile(Shape):
    """A decision table as written in YAML, or in a sheet with these fields as rows."""

    hit: Hit = Hit.UNIQUE
    aggregate: Aggregate | None = None
    floor: Points | None = None
    cap: Points | None = None
    priority: tuple[str, ...] = ()
    rules: Rules
    otherwise: Literal["gap"] | Then = Field(default="gap", alias="else")
    limit: Annotated[int, Field(ge=1, le=20)] | None = None


# ---------------------------------------------------------------- plays


class PlayStatus(StrEnum):
    """Where a play may be used: nowhere but in previews, in its pilot markets, everywhere."""

    DRAFT = "draft"
    PILOT = "pilot"
    LIVE = "live"


class Valid(Shape):
    """A span of days, both included."""

    since: Day = Field(alias="from")
    until: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_span("from", self.since, "until", self.until)
        return self


class PlayFor(Shape):
    """Whom a play is for."""

    peer_groups: Annotated[tuple[Id, ...], Field(min_length=1)]
    when: When = {}
    unless: When = {}


class VolumeBand(Shape):
    """A band of the agreed volume, as shares of it: 0.8 to 1.2 is 80 to 120 %."""

    above: Annotated[Number, Field(ge=0)] = Decimal(0)
    to: Annotated[Number, Field(gt=0)] | None = None
    price: Words
    delivery: Words


class Answer(Shape):
    """A buyer's question that an offer always meets, with its answer."""

    asks: Words
    answer: Words


class SupplyText(Shape):
    """What an offer promises a buyer: supply, how the price moves, bands, and how it ends."""

    assured: tuple[Words, ...]
    price_rule: Words
    bands: tuple[VolumeBand, ...] = ()
    ends: Words
    answers: tuple[Answer, ...] = ()


class OfferText(Shape):
    """What an offer means, for the customer; ``services`` are those that connect systems."""

    title: Words
    includes: tuple[Words, ...]
    credited_on_conversion: bool = False
    supply: SupplyText | None = None
    services: tuple[Id, ...] = ()


class OfferTable(TableFile):
    """The offer table with the meaning of its outputs."""

    offers: Mapping[Id, OfferText]


class PricePoints(Shape):
    """A price corridor in points of the product's list price (= 100)."""

    opening: Points
    target: Points
    rep_limit: Points
    manager_limit: Points
    floor: Points


class Lever(Shape):
    """A concession, what it is worth in points, and what must come back for it."""

    id: Id
    give: Line
    range: str = ""
    unit: str = ""
    costs_points: Points
    get: Line
    when: When = {}


class AdjustTable(Shape):
    """Adjustments whose sum is held between ``floor`` and ``cap``, in points."""

    rules: Rules
    floor: Points | None = None
    cap: Points | None = None


class Pricing(Shape):
    """Base corridor by product (``*`` is every other one), adjustments and levers."""

    base: Mapping[str, PricePoints]
    adjust: tuple[RuleFile, ...] | AdjustTable = ()
    levers: tuple[Lever, ...] = ()


class SayTable(Shape):
    """Messages, objections, questions or counters: collected in order, at most ``limit`` a role."""

    rules: Rules = ()
    limit: Annotated[int, Field(ge=1, le=20)] | None = None


class Owner(StrEnum):
    """Who does a step of the action plan."""

    CUSTOMER = "customer"
    US = "us"
    BOTH = "both"


class Step(Shape):
    """One step of an action plan; ``days`` is how long it takes."""

    step: Words
    owner: Owner
    days: Annotated[int, Field(ge=1, le=730)]
    done_when: Words


class Risk(Shape):
    """What may go wrong for the customer, its early sign, the answer to it and who gives that."""

    risk: Words
    sign: Words
    answer: Words
    owner: Owner


class Play(Shape):
    """A play as marketing writes it."""

    id: Id
    version: str
    owner: Line
    status: PlayStatus
    pilot_markets: tuple[Id, ...] = ()
    valid: Valid
    thesis: Words
    headline: Words | None = None
    targets: PlayFor = Field(alias="for")
    offer: OfferTable
    pricing: Pricing
    messages: SayTable
    objections: SayTable = SayTable()
    questions: SayTable = SayTable()
    counters: SayTable = SayTable()
    avoid: tuple[Line, ...] = ()
    value_model: Id
    steps: Mapping[Id, tuple[Step, ...]]
    risks: tuple[Risk, ...] = ()
    kpi: Line


# ---------------------------------------------------------------- content beside the plays


class Better(StrEnum):
    """Which direction of a KPI is good for the customer."""

    LOWER = "lower"
    HIGHER = "higher"


class Kpi(Shape):
    """A customer's KPI that a plan's baseline may give; a value outside ``domain`` cannot be."""

    label: Words
    unit: str
    decimals: Annotated[int, Field(ge=0, le=6)] = 1
    domain: Interval = Domain(low=Decimal(0))
    better: Better = Better.LOWER
    about: Line


class Claim(Shape):
    """A sentence that may be said to a customer, with its proof and who approved it."""

    id: Id
    text: Words
    source: Words
    date: Day
    expires: Day
    owner: Line
    approver: Line | None = None
    audience: Audience = Audience.LAB
    status: PlayStatus = PlayStatus.LIVE

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_span("date", self.date, "expires", self.expires)
        return self


class Reference(Shape):
    """A customer who lets us tell of the result; ``permission_until`` is the last such day."""

    id: Id
    account: Id
    name: Name
    industry: Id
    application: Line
    size: Literal["small", "medium", "large"]
    region: Line
    headline: Words
    result: Words
    source: Words
    date: Day
    permission_until: Day
    owner: Line

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_span("date", self.date, "permission_until", self.permission_until)
        return self


class StudyColumn(Shape):
    """One column of a study's CSV; ``spread`` names the column with its standard deviation."""

    label: Words
    unit: str = ""
    decimals: Annotated[int, Field(ge=0, le=6)] = 1
    spread: str = ""


class StudyChart(Shape):
    """How a study's table is drawn: a line or bars of ``y`` over ``x``, one mark a ``series``."""

    mark: Literal["line", "bar"]
    x: str
    y: str
    series: str = ""


class StudyTable(Shape):
    """A results table: its data lie in a CSV beside the study."""

    file: str
    finding: Words
    text: Words
    caption: Words
    columns: Mapping[str, StudyColumn]
    chart: StudyChart | None = None


class StudyMethod(Shape):
    """How a study was done. ``n`` is the number of independent runs behind each figure."""

    standard: Line
    samples: Words
    conditions: Words
    procedure: tuple[Words, ...]
    n: Annotated[int, Field(ge=1)]


class Study(Shape):
    """A technical study that R&D packs draw on."""

    id: Id
    title: Words
    product: Id
    industry: Id
    kind: Literal["performance", "robustness", "compatibility"]
    question: Words
    method: StudyMethod
    tables: tuple[StudyTable, ...]
    limits: tuple[Words, ...]
    confidential: bool = False
    date: Day
    expires: Day
    owner: Line
    approver: Line

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_span("date", self.date, "expires", self.expires)
        return self


class Pattern(Shape):
    """What it points to when all of these KPIs are worse than the peers' median."""

    worse: tuple[Id, ...]
    says: Words


class Requirement(Shape):
    """One line of a requirements table: what it is, how it is tested, what passes."""

    requirement: Words
    test: Line
    limit: Words


class Shift(Shape):
    """A change in an industry's markets, and what it means for a site."""

    change: Words
    meaning: Words
    source: Words
    date: Day


class Industry(Shape):
    """An industry's vocabulary, KPIs (named as it names them) and what they cost there.

    ``services`` are those that connect systems and are usual there.
    """

    id: Id
    label: Words
    owner: Line
    reviewed: Day
    vocabulary: Mapping[Id, Words]
    kpis: tuple[Id, ...]
    kpi_labels: Mapping[Id, Words] = {}
    costs: Mapping[Id, Words]
    patterns: tuple[Pattern, ...]
    problem: tuple[Words, ...]
    requirements: tuple[Requirement, ...]
    symbols: Mapping[str, Words] = {}
    assumptions: Mapping[Id, Number] = {}
    assumptions_source: Words
    shifts: tuple[Shift, ...] = ()
    services: tuple[Id, ...] = ()


class Property(Shape):
    """A typical property; not a specification."""

    property: Words
    value: Line
    unit: str = ""
    method: Line


class Trial(Shape):
    """How a trial is judged."""

    success: tuple[Words, ...]
    stop: tuple[Words, ...]
    protocol: tuple[Words, ...]


class Mechanism(Shape):
    """One step of how a product works."""

    title: Words
    text: Words


class IndexPart(Shape):
    """A published index that a part of the price follows; ``share`` in percent of the price."""

    share: Annotated[Number, Field(gt=0, le=100)]
    index: Words
    covers: Words


class PriceIndex(Shape):
    """How a product's price follows published indices; the rest of it stays fixed."""

    parts: Annotated[tuple[IndexPart, ...], Field(min_length=1, max_length=5)]
    review: Words
    source: Words


class Compliance(Shape):
    """What applies to a product on one subject, and the document that says so."""

    subject: Words
    applies: Words
    document: Words
    date: Day | None = None


class SheetRevision(Shape):
    """A revision of a safety data sheet and the sections that it changed."""

    revision: Line
    date: Day
    sections: Words


class Hazard(Shape):
    """A typical property by its name that bears on safety, and what a site compares it with."""

    property: Line
    compare: Words


class Container(Shape):
    """What the product comes in; it ``holds`` so many tonnes."""

    one: Words
    many: Words
    holds: Annotated[Number, Field(gt=0)]
    empty: Words


class HandlingTask(Shape):
    """A task in which somebody meets the product: how often, how, and what keeps them apart."""

    task: Words
    per: Literal["container", "month", "quarter", "year"]
    contact: Words
    control: Words


class WasteStream(Shape):
    """What becomes of a waste that comes with the product."""

    stream: Words
    route: Words


class FootprintStage(Shape):
    """A stage of a product's life with its greenhouse gases, in kg of CO2e a kg of product."""

    stage: Words
    kg: Annotated[Number, Field(ge=0)]


class Footprint(Shape):
    """A product's carbon footprint; ``low`` and ``high`` bound the sum of its stages.

    Without ``verified_by`` it is an estimate.
    """

    stages: Annotated[tuple[FootprintStage, ...], Field(min_length=1)]
    low: Annotated[Number, Field(ge=0)]
    high: Annotated[Number, Field(ge=0)]
    standard: Line
    scope: Words
    verified_by: Words | None = None
    source: Words
    date: Day


class Notice(Shape):
    """A change of ours that is announced so many ``months`` ahead, and what comes with the news."""

    change: Words
    months: Annotated[int, Field(ge=0, le=60)]
    brings: Words


class Gate(Shape):
    """A gate of the site's management of change: what has to be shown, by whom, before what."""

    gate: Words
    evidence: Words
    owner: Owner
    before: Literal["agreement", "line", "close"]


class Stewardship(Shape):
    """What those who answer for safety, environment and quality have to know of a product.

    Nothing in it restates the safety data sheet: it names the sheet's revisions and sections.
    """

    sheet: Line
    revisions: Annotated[tuple[SheetRevision, ...], Field(min_length=1)]
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    container: Container
    tasks: Annotated[tuple[HandlingTask, ...], Field(min_length=1)]
    waste: tuple[WasteStream, ...]
    footprint: Footprint | None = None
    notices: tuple[Notice, ...]
    gates: Annotated[tuple[Gate, ...], Field(min_length=1)]
    source: Words
    date: Day


class ProductText(Shape):
    """What we say of a product."""

    id: Id
    name: Name
    nature: Words
    does: Words
    owner: Line
    reviewed: Day
    industries: tuple[Id, ...]
    dose: Mapping[str, Number] = {}
    changes: Words
    unchanged: Words
    mechanism_title: Words
    mechanism: tuple[Mechanism, ...]
    compatible: tuple[Words, ...]
    not_for: tuple[Words, ...]
    typical: tuple[Property, ...]
    regulatory: tuple[Words, ...]
    literature: tuple[Line, ...] = ()
    trial: Trial
    index: PriceIndex | None = None
    compliance: tuple[Compliance, ...] = ()
    stewardship: Stewardship | None = None


class ServiceSystem(Shape):
    """A system that takes part in a service, on whose side it stands and what it does there."""

    system: Words
    side: Owner
    does: Words


class DataItem(Shape):
    """What a service exchanges: who sends it, in which form, when, and whether it names people."""

    item: Words
    sender: Literal["customer", "us"]
    form: Words
    when: Words
    personal: bool = False


class SecurityRule(Shape):
    """A rule of security, and the document that says so."""

    subject: Words
    rule: Words
    document: Words
    date: Day | None = None


class Ownership(Shape):
    """Who owns a part of a service, and what that means."""

    part: Words
    owner: Owner
    means: Words


class Support(Shape):
    """What is done when something happens, and within which time."""

    event: Words
    answer: Words
    within: Words


class Service(Shape):
    """A service that connects systems of the customer's with ours.

    ``without`` is how supply goes on while the connection is down, ``ends`` how it is cut;
    ``proofs`` are claims.
    """

    id: Id
    kind: Literal["dosing", "stock", "edi"]
    name: Words
    does: Words
    owner: Line
    reviewed: Day
    systems: Annotated[tuple[ServiceSystem, ...], Field(min_length=1)]
    data: Annotated[tuple[DataItem, ...], Field(min_length=1)]
    security: Annotated[tuple[SecurityRule, ...], Field(min_length=1)]
    ownership: Annotated[tuple[Ownership, ...], Field(min_length=1)]
    rollout: Annotated[tuple[Step, ...], Field(min_length=1)]
    support: Annotated[tuple[Support, ...], Field(min_length=1)]
    without: Words
    ends: Words
    source: Words
    proofs: tuple[Id, ...] = ()


class ValueInput(Shape):
    """Where a value model's variable comes from: the first of its sources that holds a number.

    ``kpi`` is the plan's baseline (else what the lab holds of the account), ``peers`` the median
    of the peers (low and high cases: their quartiles), ``assumption`` the industry's figure
    (always an estimate), ``product`` a figure of the product's ``dose``, ``price`` the offered
    price a unit, ``volume`` the plan's volume with us, ``constant`` a number with its low and
    high case. A ``unit`` that begins with a currency ("USD/h") says that all but the price are
    money in it: a plan in another currency then goes without the value case.
    """

    kpi: Id | None = None
    peers: Id | None = None
    assumption: Id | None = None
    product: Id | None = None
    price: bool = False
    volume: Literal["current", "potential"] | None = None
    constant: Number | None = None
    low: Number | None = None
    high: Number | None = None
    label: Words
    unit: str
    source: Words | None = None


class ValuePart(Shape):
    """A part of today's cost; ``amount`` is arithmetic over the inputs."""

    id: Id
    label: Words
    amount: Line


class ValueStep(Shape):
    """One bar of the waterfall. ``amount`` is arithmetic over the inputs: negative saves.

    ``of`` names the part of today's cost that it changes.
    """

    id: Id
    label: Words
    amount: Line
    basis: Words
    first_year_only: bool = False
    shown: tuple[Id, ...] = ()
    of: Id | None = None


class ValueModel(Shape):
    """Benefits and costs of a change as arithmetic over inputs, in the plan's currency a year.

    An ``axis`` that names a currency ties the model to it, as an input's unit does.
    ``headline`` says what the net is: ``saving`` (start less end) or ``avoided`` (the sum of
    the steps, as a cost that need not arise). ``parts`` add up to ``start``. ``discount`` names
    the input with the cost of capital in percent a year, for cash flows over ``years``.
    ``per_unit`` is arithmetic for the quantity a year over which another offer would have to
    earn back what a change costs; ``unit`` is what it counts.
    """

    id: Id
    version: str
    owner: Line
    label: Words
    axis: Words
    start_label: Words
    end_label: Words
    net_label: Words
    headline: Literal["saving", "avoided"]
    inputs: Mapping[Id, ValueInput]
    start: Line
    parts: tuple[ValuePart, ...] = ()
    steps: tuple[ValueStep, ...]
    discount: Id | None = None
    years: Annotated[int, Field(ge=1, le=10)] = 3
    per_unit: Line | None = None
    unit: str = ""


# ---------------------------------------------------------------- pitch plan


class Prospect(Shape):
    """A customer that the lab does not know yet."""

    new: Name
    industry: Id
    market: Id


class Role(StrEnum):
    """Decision-maker roles that a contact may hold."""

    FACTORY_MANAGER = "factory-manager"
    RND_MANAGER = "rnd-manager"
    PROCUREMENT = "procurement"
    CFO = "cfo"
    CEO = "ceo"
    EHS_QUALITY = "ehs-quality"
    IT = "it"


class Contact(Shape):
    """A person at the customer."""

    name: Name
    title: Name
    role: Role
    buying: Literal["user", "technical", "economic"]
    influence: Literal["high", "medium", "low"]
    stance: Literal["champion", "supporter", "neutral", "opponent", "unknown"]


class Objective(Shape):
    """What the customer is asked to decide, and by when."""

    action: Line
    by: Day


class WhyNow(Shape):
    """The event that makes it urgent, and who said so."""

    event: Line
    source: Line
    date: Day


class Pain(Shape):
    """A pain in the customer's words, or one that the rep assumes."""

    words: Line
    by: Name | None = None
    date: Day | None = None
    assumed: bool = False


class Baseline(Shape):
    """A KPI of the customer's today."""

    kpi: Id
    value: Measure
    unit: str | None = None
    period: Line
    source: Line
    confirmed: bool


class Volume(Shape):
    """Volume with us, a year: today and possible."""

    current: Annotated[Number, Field(ge=0)]
    potential: Annotated[Number, Field(ge=0)]
    unit: str
    reason: Line | None = None


class OfferedPrice(Shape):
    """The price that the rep offers."""

    offered: Money
    per: str


class PlanProduct(Shape):
    """A product of the plan."""

    id: Id
    volume: Volume
    price: OfferedPrice | None = None


class Terms(Shape):
    """Commercial terms."""

    basis: Line
    payment_days: Annotated[int, Field(ge=0, le=365)]
    months: Annotated[int, Field(ge=1, le=120)]


class Alternative(Shape):
    """What the customer may do instead; never printed for the customer."""

    name: Name
    incumbent: bool = False
    price: Money | None = None
    per: str | None = None
    source: Line | None = None
    date: Day | None = None


class DecisionProcess(Shape):
    """How the customer decides."""

    criteria: tuple[Line, ...] = ()
    steps: tuple[Line, ...] = ()


class AskedPlay(Shape):
    """Another play than the rules pick, with the reason."""

    ask: Id
    because: Line


class Approval(Shape):
    """A named, dated approval of a price below the rep's limit."""

    by: Name
    date: Day
    product: Id
    price: Money


class Plan(Shape):
    """A pitch plan: one customer, one meeting."""

    plan: Slug
    rep: Id
    account: Id | Prospect
    site: Name
    meeting: Day
    language: PackLanguage | None = None
    contacts: Annotated[tuple[Contact, ...], Field(min_length=1)]
    objective: Objective
    why_now: WhyNow | Literal["unknown"]
    pains: Annotated[tuple[Pain, ...], Field(min_length=1, max_length=3)]
    baseline: tuple[Baseline, ...] = ()
    products: tuple[PlanProduct, ...]
    currency: Currency | None = None
    terms: Terms
    alternatives: tuple[Alternative, ...] = ()
    decision: DecisionProcess = DecisionProcess()
    packs: Annotated[tuple[Role, ...], Field(min_length=1)]
    nda: bool = False
    play: AskedPlay | None = None
    approval: Approval | None = None


class IndustryPlan(Shape):
    """A plan for an industry instead of a customer: the standard packs that marketing hands out.

    With ``play`` they carry that play's messages, value model and steps; without, what holds for
    each of them. ``rep`` is who answers, else the contact that the workspace names.
    """

    kind: Literal["industry"]
    plan: Slug
    industry: Id
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    language: Language | None = None
    play: Id | None = None
    rep: Id | None = None


# ---------------------------------------------------------------- opportunity map


class MarketTables(Shape):
    """Tables with one row a market, joined by ``id``; the first one lists the markets."""

    files: Annotated[tuple[str, ...], Field(min_length=1)]
    id: str
    name: str
    region: str | None = None
    industry: Id


class HistoryTable(Shape):
    """Market size, own sales and margin in percent, by market and period; names of columns.

    A period is a year (``2018``) or a quarter (``2018-Q3``). A ``seasonal`` business is compared
    by years even where quarters are given.
    """

    file: str
    id: str
    period: str
    market: str
    own: str
    margin: str | None = None
    line: str | None = None
    seasonal: bool = False


class TravelTable(Shape):
    """How far reps travel from their home base: mean miles or kilometres a visit, by market."""

    file: str
    id: str
    distance: str
    visits: str
    unit: Literal["km", "mi"]


class ShapesFile(Shape):
    """The markets' shapes as TopoJSON; a shape's id is the market's."""

    file: str
    object: str


class DriverColumn(Shape):
    """A candidate growth driver: a column, or a column ``over`` another one.

    ``high`` and ``low`` are how a market with much or little of it is described; ``says`` is what
    a customer may read of it where it is high and lifts demand.
    """

    id: Id
    label: Line
    column: str
    over: str | None = None
    high: Line
    low: Line
    says: Line | None = None


class LeverColumn(Shape):
    """Something that moves our share; ``per_market`` divides it by the size of the market.

    ``why_high`` and ``why_low`` name it as a cause of a low share where it is high or low.
    """

    id: Id
    label: Line
    column: str
    per_market: bool = False
    ease: Literal["easy", "hard"]
    why_high: Line
    why_low: Line


Part = Annotated[Number, Field(ge=0, le=1)]


class Range(Shape):
    """An assumption with its range, as parts of one: 0.1 is 10 %."""

    low: Part
    base: Part
    high: Part

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.base <= self.high:
            raise refusal("bad-range", f"{self.low}, {self.base} and {self.high} are not in order",
                          "let none of low, base and high be below the one before")  # fmt: skip
        return self


class Uplift(Shape):
    """Which part of the gap to the better quarter of like markets closes by the horizon."""

    closes: Range
    because: Line


class Resource(Shape):
    """What may be moved between markets, and the manager's limits as fractions."""

    id: Id
    label: Line
    column: str
    unit: str = ""
    max_cut: Part
    max_raise: Annotated[Number, Field(ge=0)]
    decimals: Annotated[int, Field(ge=0, le=6)] = 2


class HotSpots(Shape):
    """What counts as high growth and as low share; without them, the whole area's figures."""

    growth: Annotated[Number, Field(ge=-1, le=1)] | None = None
    share: Part | None = None


class SizeLimits(Shape):
    """The least part of a rep that a market must be worth to be sold into."""

    least_rep: Annotated[Number, Field(gt=0, le=1)] = Decimal("0.1")


class LocalOverride(Shape):
    """What somebody who knows a market sets against the figures, and why."""

    market: str
    priority: Literal["in", "out"] | None = None
    growth: Annotated[Number, Field(ge=-1, le=1)] | None = None
    keep: tuple[Id, ...] = ()  # resources that stay as they are
    because: Line
    by: Name
    date: Day


class ScoreFile(Shape):
    """score.yaml: where the opportunity map's figures come from, and its assumptions."""

    area: Name
    horizon: Annotated[int, Field(ge=1, le=10)] = 3
    markets: MarketTables
    history: HistoryTable
    lines: HistoryTable | None = None
    travel: TravelTable | None = None
    shapes: ShapesFile | None = None
    drivers: Annotated[tuple[DriverColumn, ...], Field(min_length=1)]
    levers: Annotated[tuple[LeverColumn, ...], Field(max_length=12)] = ()
    size: SizeLimits = SizeLimits()
    hot_spots: HotSpots = HotSpots()
    uplift: Uplift
    resources: tuple[Resource, ...] = ()
    overrides: tuple[LocalOverride, ...] = ()


# ---------------------------------------------------------------- the company's tables


@dataclass(frozen=True, slots=True)
class Observed:
    """A fact's value as the data hold it, and since when it is known."""

    value: Value
    observed_at: Day | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """One micromarket with its facts, by full name."""

    id: str
    name: str
    region: str
    industry: str
    facts: Mapping[str, Observed]
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Account:
    """A known customer. ``kpis`` holds what the lab measured there, in the KPI's unit."""

    id: str
    name: str
    market: str
    site: str
    industry: str
    application: str
    size: str
    rep: str
    kpis: Mapping[str, Decimal]
    kpi_period: str = ""
    kpi_date: Day | None = None
    potential: Decimal | None = None
    contact: str = ""
    contact_title: str = ""
    contact_role: str = ""
    facts: Mapping[str, Observed] = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales representative and who approves below the rep's limit."""

    id: str
    name: str
    title: str
    phone: str
    email: str
    region: str
    home_base: str
    manager: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Product:
    """A product as priced: list price a ``unit`` by currency."""

    id: str
    name: str
    unit: str
    list_price: Mapping[str, Decimal]
    regions: tuple[str, ...]
    facts: Mapping[str, Observed] = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Purchase:
    """What an account bought of a product in a year; ``volume`` is in t."""

    account: str
    year: int
    product: str
    volume: Decimal
    revenue: Decimal
    currency: str
