"""A pitch plan with every id resolved, and the plan rules that need no decision. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from winlab.as_of import older_than
from winlab.facts import Fact, Facts, Row, Value, in_domain
from winlab.inputs import (
    Account,
    Contact,
    Industry,
    Market,
    Observed,
    OfferedPrice,
    PlanProduct,
    Product,
    ProductText,
    Prospect,
    Rep,
    Role,
)
from winlab.problems import Place, Problem, Stopped, error, errors, warning
from winlab.read import PlanSource, Workspace
from winlab.validate import did_you_mean

COMPETITOR_INTELLIGENCE_DAYS = 180
MARKET_DATA_DAYS = 90
MOST_OF_LIST = 2
"""An offered price above this many list prices is a slip."""
POTENTIAL_TOLERANCE = Decimal("1.5")


@dataclass(frozen=True)
class Customer:
    """Whom the pitch is for: a known account or a prospect."""

    name: str
    site: str
    industry: Industry
    market: Market
    account: Account | None

    @property
    def slug(self) -> str:
        """The customer's name as it stands in file names."""
        words = re.findall(r"[a-z0-9]+", self.name.lower())
        return "-".join(words)[:60].rstrip("-") or "customer"


@dataclass(frozen=True)
class Line:
    """One product of the plan with its price list entry and its texts."""

    planned: PlanProduct
    product: Product
    text: ProductText


@dataclass(frozen=True)
class Pitch:
    """A resolved pitch plan."""

    source: PlanSource
    customer: Customer
    rep: Rep
    manager: Rep | None
    lines: tuple[Line, ...]
    currency: str
    language: str
    held: bool
    problems: tuple[Problem, ...]

    def contacts(self, role: Role) -> tuple[Contact, ...]:
        """All who hold a role."""
        return tuple(c for c in self.source.plan.contacts if c.role is role)


def resolve(source: PlanSource, workspace: Workspace, as_of: date) -> Pitch:
    """Resolves a plan against the workspace; raises :class:`Stopped` with all that stops it."""
    plan = source.plan
    problems: list[Problem] = []
    customer = _customer(source, workspace, problems)
    rep = workspace.company.reps.get(plan.rep)
    if rep is None:
        problems.append(
            error("unknown-rep", f"there is no rep {plan.rep!r}",
                  did_you_mean(plan.rep, workspace.company.reps), source.place("rep"))
        )  # fmt: skip
    currency = plan.currency or workspace.file.workspace.currency
    lines = tuple(_lines(source, workspace, currency, problems))
    problems.extend(_baseline_problems(source, workspace))
    problems.extend(_people_problems(source))
    problems.extend(_timing_problems(source, as_of))
    problems.extend(_pain_problems(source, workspace))
    if rep:
        problems.extend(_approval_problems(source, workspace, rep, as_of))
    if plan.play and plan.play.ask not in workspace.library.plays:
        problems.append(
            error("unknown-play", f"there is no play {plan.play.ask!r}",
                  did_you_mean(plan.play.ask, workspace.library.plays),
                  source.place("play", "ask"))
        )  # fmt: skip
    if customer and customer.account:
        problems.extend(_potential_problems(source, customer.account))
    if errors(problems) or customer is None or rep is None:
        raise Stopped(problems)
    return Pitch(
        source,
        customer,
        rep,
        workspace.company.reps.get(rep.manager),
        lines,
        currency,
        plan.language or workspace.file.workspace.language,
        plan.meeting < as_of,
        tuple(problems),
    )


def _customer(source: PlanSource, workspace: Workspace, problems: list[Problem]) -> Customer | None:
    plan = source.plan
    company, library = workspace.company, workspace.library
    if isinstance(plan.account, Prospect):
        account, name = None, plan.account.new
        industry_id, market_id = plan.account.industry, plan.account.market
    else:
        account = company.accounts.get(plan.account)
        if account is None:
            hint = did_you_mean(plan.account, company.accounts)
            problems.append(
                error("unknown-account", f"there is no account {plan.account!r}",
                      hint or "write its id from the accounts table, or for a prospect "
                      "{new: name, industry: …, market: …}",
                      source.place("account"))
            )  # fmt: skip
            return None
        name, industry_id, market_id = account.name, account.industry, account.market
    industry = library.industries.get(industry_id)
    market = company.markets.get(market_id)
    if industry is None:
        problems.append(
            error("unknown-industry", f"there is no industry {industry_id!r}",
                  did_you_mean(industry_id, library.industries),
                  source.place("account", "industry"))
        )  # fmt: skip
    if market is None:
        problems.append(
            error("unknown-market", f"there is no market {market_id!r}",
                  did_you_mean(market_id, company.markets), source.place("account", "market"))
        )  # fmt: skip
    if industry is None or market is None:
        return None
    return Customer(name, plan.site, industry, market, account)


def _lines(
    source: PlanSource, workspace: Workspace, currency: str, problems: list[Problem]
) -> Iterator[Line]:
    if not source.plan.products:
        problems.append(
            error("no-product", "the plan names no product", "add at least one under products",
                  source.place("products"))
        )  # fmt: skip
    volume_fact = workspace.library.facts.get("plan.volume_potential")
    volume_unit = volume_fact.unit if volume_fact else ""
    for index, planned in enumerate(source.plan.products):

        def at(*pointer: str, index: int = index) -> Place:
            return source.place("products", index, *pointer)

        product = workspace.company.products.get(planned.id)
        text = workspace.library.products.get(planned.id)
        if product is None:
            problems.append(
                error("unknown-product", f"there is no product {planned.id!r}",
                      did_you_mean(planned.id, workspace.company.products), at("id"))
            )  # fmt: skip
            continue
        if text is None:
            problems.append(
                error("no-product-text", f"products/{planned.id}.yaml is missing from the plays",
                      "marketing has to write it before packs can be made", at("id"))
            )  # fmt: skip
            continue
        if currency not in product.list_price:
            problems.append(
                error("no-list-price", f"{planned.id} has no list price in {currency}",
                      "priced in: " + ", ".join(product.list_price),
                      source.place("currency") if source.plan.currency else at("id"))
            )  # fmt: skip
        if any(other.id == planned.id for other in source.plan.products[:index]):
            problems.append(
                error("duplicate-product", f"{planned.id} is in the plan twice",
                      "keep one of the two, with the whole volume", at("id"))
            )  # fmt: skip
        list_price = product.list_price.get(currency)
        if planned.price and list_price is not None:
            problems.extend(_price_problems(planned.price, list_price, at("price", "offered")))
        if planned.price and planned.price.per != product.unit:
            problems.append(
                error("unit-mismatch", f"the price is per {planned.price.per}, "
                      f"{planned.id} is sold per {product.unit}",
                      f"write the price per {product.unit}", at("price", "per"))
            )  # fmt: skip
        volume = planned.volume
        if volume_unit and volume.unit != volume_unit:
            problems.append(
                error("unit-mismatch", f"the volume is in {volume.unit!r}, the lab counts in "
                      f"{volume_unit!r} a year", f"write it in {volume_unit}", at("volume", "unit"))
            )  # fmt: skip
        if volume_fact:
            for name, value in (("current", volume.current), ("potential", volume.potential)):
                if not in_domain(volume_fact, value):
                    problems.append(
                        error("out-of-range", f"a volume of {value} cannot be: the values are "
                              f"{volume_fact.domain}", "correct the value", at("volume", name))
                    )  # fmt: skip
        if volume.current > volume.potential:
            problems.append(
                error("volume-order", f"the volume today ({volume.current}) is above the possible "
                      f"one ({volume.potential})", "correct one of the two",
                      at("volume", "current"))
            )  # fmt: skip
        yield Line(planned, product, text)


def price_decimals(list_price: Decimal) -> int:
    """With how many decimals the prices of a product are written: its list price's, at least 2."""
    return max(2, -int(list_price.as_tuple().exponent))


def _price_problems(price: OfferedPrice, list_price: Decimal, place: Place) -> Iterator[Problem]:
    if price.offered > MOST_OF_LIST * list_price:
        yield error(
            "price-implausible", f"the offered price {price.offered} is above {MOST_OF_LIST} times "
            f"the list price {list_price}", "check the decimal point and the unit", place,
        )  # fmt: skip
    decimals = price_decimals(list_price)
    if -int(price.offered.normalize().as_tuple().exponent) > decimals:
        yield error(
            "price-decimals", f"the offered price {price.offered} has more decimals than the list "
            f"price {list_price}", f"round it to {decimals} decimals", place,
        )  # fmt: skip


def _baseline_problems(source: PlanSource, workspace: Workspace) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, figure in enumerate(source.plan.baseline):
        kpi = workspace.library.kpis.get(figure.kpi)
        if kpi is None:
            yield error(
                "unknown-kpi", f"there is no KPI {figure.kpi!r}",
                did_you_mean(figure.kpi, workspace.library.kpis) + " (winlab fields kpi)",
                source.place("baseline", index, "kpi"),
            )  # fmt: skip
            continue
        if figure.value not in kpi.domain:
            yield error(
                "out-of-range", f"{figure.kpi} cannot be {figure.value}: its values are "
                f"{kpi.domain}", "correct the value", source.place("baseline", index, "value"),
            )  # fmt: skip
        if figure.unit and figure.unit != kpi.unit:
            yield error(
                "unit-mismatch", f"{figure.kpi} is in {figure.unit!r}, the lab counts in "
                f"{kpi.unit!r}", f"write it in {kpi.unit}",
                source.place("baseline", index, "unit"),
            )  # fmt: skip
        if figure.kpi in seen:
            yield error(
                "duplicate-kpi", f"{figure.kpi} is given twice", "keep one of the two",
                source.place("baseline", index, "kpi"),
            )  # fmt: skip
        seen.add(figure.kpi)


def _people_problems(source: PlanSource) -> Iterator[Problem]:
    plan = source.plan
    place = source.place("contacts")
    for index, role in enumerate(plan.packs):
        if not any(contact.role is role for contact in plan.contacts):
            yield error(
                "no-contact", f"a pack is asked for {role}, but no contact holds that role",
                "add the contact, or take the pack out", source.place("packs", index),
            )  # fmt: skip
    if not any(contact.buying == "economic" for contact in plan.contacts):
        yield warning(
            "no-economic-buyer", "no contact decides on the money",
            "find out who does, and add them with buying: economic", place,
        )  # fmt: skip
    if not any(contact.stance in ("champion", "supporter") for contact in plan.contacts):
        yield warning(
            "no-champion", "nobody at the customer speaks for us yet",
            "find out who gains most from the change", place,
        )  # fmt: skip
    if plan.why_now == "unknown":
        yield warning(
            "why-now-unknown", "the plan does not say why the customer should act now",
            "ask what happens if nothing changes this year", source.place("why_now"),
        )  # fmt: skip


def _timing_problems(source: PlanSource, as_of: date) -> Iterator[Problem]:
    plan = source.plan
    if plan.meeting < as_of:
        yield warning(
            "meeting-held", f"the meeting of {plan.meeting.isoformat()} is over: the plan counts "
            "as held", "write the next meeting's date if there is one", source.place("meeting"),
        )  # fmt: skip
    if plan.objective.by < plan.meeting:
        yield error(
            "ask-before-meeting", "the decision is asked for before the meeting takes place",
            "write a date on or after the meeting's", source.place("objective", "by"),
        )  # fmt: skip
    for index, rival in enumerate(plan.alternatives):
        if rival.date and older_than(rival.date, COMPETITOR_INTELLIGENCE_DAYS, as_of):
            yield warning(
                "old-intelligence", f"what we know of {rival.name} is older than "
                f"{COMPETITOR_INTELLIGENCE_DAYS} days", "ask again before you rely on it",
                source.place("alternatives", index, "date"),
            )  # fmt: skip


def _pain_problems(source: PlanSource, workspace: Workspace) -> Iterator[Problem]:
    names = {p.id for p in workspace.company.products.values()}
    names |= {p.name for p in workspace.company.products.values()}
    for index, pain in enumerate(source.plan.pains):
        place = source.place("pains", index)
        for name in sorted(names):
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", pain.words, re.IGNORECASE):
                yield error(
                    "product-in-pain", f"the pain names our product {name}",
                    "write the customer's own words", source.place("pains", index, "words"),
                )  # fmt: skip
        if not pain.assumed and (pain.by is None or pain.date is None):
            yield error(
                "unsourced-pain", "a quoted pain needs who said it and when",
                "add by: and date:, or assumed: true to have it printed as a question", place,
            )  # fmt: skip


def _approval_problems(
    source: PlanSource, workspace: Workspace, rep: Rep, as_of: date
) -> Iterator[Problem]:
    """An approval is by a manager of the rep, of today at the latest, for a product of the plan."""
    approval = source.plan.approval
    if approval is None:
        return
    managers = [manager.name for manager in _managers(workspace, rep)]
    if approval.by not in managers:
        yield error(
            "approval-by", f"{approval.by} is no manager of {rep.name}",
            "have it approved by " + " or ".join(managers) if managers
            else f"name the manager of {rep.id} in the reps table", source.place("approval", "by"),
        )  # fmt: skip
    if approval.date > as_of:
        yield error(
            "approval-date", f"the approval is of {approval.date}, which is still to come",
            "write the day on which it was given", source.place("approval", "date"),
        )  # fmt: skip
    products = [planned.id for planned in source.plan.products]
    if approval.product not in products:
        yield error(
            "approval-product", f"the plan does not offer {approval.product}",
            did_you_mean(approval.product, products), source.place("approval", "product"),
        )  # fmt: skip


def _managers(workspace: Workspace, rep: Rep) -> list[Rep]:
    """Who stands above a rep, the nearest first."""
    found: list[Rep] = []
    above = workspace.company.reps.get(rep.manager)
    while above and above.id != rep.id and above not in found:
        found.append(above)
        above = workspace.company.reps.get(above.manager)
    return found


def _potential_problems(source: PlanSource, account: Account) -> Iterator[Problem]:
    total = sum((p.volume.potential for p in source.plan.products), start=Decimal(0))
    reasons = all(p.volume.reason for p in source.plan.products)
    limit = POTENTIAL_TOLERANCE * (account.potential or total)
    if total > limit and not reasons:
        yield warning(
                "potential-high", f"the possible volume of {total} t is above "
                f"{POTENTIAL_TOLERANCE} times the lab's estimate of {account.potential} t",
                "give the reason under volume", source.place("products", 0, "volume"),
            )  # fmt: skip


# ---------------------------------------------------------------- rows of facts


def fresh(fact: Fact, observed: Observed | None, as_of: date) -> Value | None:
    """A fact's value, or ``None`` where it is missing or older than its ``max_age``."""
    if observed is None:
        return None
    if fact.max_age is None or observed.observed_at is None:
        return observed.value
    return None if older_than(observed.observed_at, fact.max_age, as_of) else observed.value


def fact_row(facts: Facts, observed: Mapping[str, Observed], as_of: date) -> Row:
    """The fresh values of one market, account or product."""
    row: dict[str, Value | None] = {}
    for name, item in observed.items():
        row[name] = fresh(facts[name], item, as_of)
    return row
