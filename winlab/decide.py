"""Peer group → play → offer → pricing → messages: one Decision with its trace. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from winlab.as_of import older_than
from winlab.facts import Audience, Facts, Row
from winlab.inputs import (
    Approval,
    Claim,
    Lever,
    OfferText,
    Output,
    PlayStatus,
    PricePoints,
    Role,
    TableSource,
)
from winlab.library import PlaySource
from winlab.pitch import MARKET_DATA_DAYS, Line, Pitch, fact_row, price_decimals
from winlab.problems import Problem, error, note, warning
from winlab.read import Workspace
from winlab.rulebook import LIST_POINTS, PlayTables, Rulebook, ids
from winlab.rules.table import Outcome, Status, Table, worst
from winlab.rules.trace import TableTrace, sentence, trace

# ---------------------------------------------------------------- what is decided


@dataclass(frozen=True)
class Offer:
    """What is offered for one product."""

    product: str
    id: str
    title: OfferText
    months: int
    steps: str


@dataclass(frozen=True)
class Adjustment:
    """A rule that moved opening and target, by how many points."""

    id: str
    points: Decimal
    why: str


@dataclass(frozen=True)
class Held:
    """A price point that adjustments would have moved past a limit of its corridor."""

    what: str
    wanted: Decimal
    kept: Decimal
    by: str


@dataclass(frozen=True)
class Price:
    """The corridor of one product, in ``currency`` a ``unit``; ``offered`` may be withheld.

    ``points`` is the play's base; the adjustments come to ``moved``, or to ``raw`` without the
    table's floor and cap. ``held`` are the points that a limit stopped.
    """

    product: str
    currency: str
    unit: str
    list: Decimal
    opening: Decimal
    target: Decimal
    rep_limit: Decimal
    manager_limit: Decimal
    floor: Decimal
    offered: Decimal | None
    points: PricePoints
    adjustments: tuple[Adjustment, ...]
    raw: Decimal
    moved: Decimal
    held: tuple[Held, ...]
    levers: tuple[Lever, ...]
    approval: Approval | None

    @property
    def clamped(self) -> bool:
        """Whether anything kept the adjustments from taking their full effect."""
        return bool(self.held) or self.raw != self.moved


@dataclass(frozen=True)
class Message:
    """A message for one role, with the claims that prove it."""

    id: str
    role: str
    theme: str
    insight: Output
    proofs: tuple[Claim, ...]
    why: str


@dataclass(frozen=True)
class Saying:
    """A row of objections, questions or counters: its outputs as written."""

    id: str
    says: Mapping[str, Output]
    proofs: tuple[Claim, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What the rules chose for one pitch, and why.

    ``picked`` is the rules' play and differs from ``play`` where the rep asked for another.
    Without a play (gap, conflict) the lists are empty and ``problems`` says why. ``rules`` is a
    digest of what the tables mean that were asked, however they are written.
    """

    pitch: Pitch
    as_of: date
    status: Status
    missing: tuple[str, ...]
    peer_group: str
    strategy: str
    play: PlaySource | None
    picked: str
    offers: tuple[Offer, ...]
    prices: tuple[Price, ...]
    messages: Mapping[str, tuple[Message, ...]]
    objections: tuple[Saying, ...]
    questions: tuple[Saying, ...]
    counters: tuple[Saying, ...]
    traces: tuple[TableTrace, ...]
    rules: str
    summary: str
    problems: tuple[Problem, ...]

    @property
    def id(self) -> str:
        """A digest of what was decided, the same on every day that decides the same."""
        content = json.dumps(
            [
                self.rules, self.pitch.source.plan.plan, self.status.value, self.missing,
                self.peer_group, self.strategy, self.play.play.id if self.play else "",
                self.play.play.version if self.play else "",
                [[o.product, o.id, o.months, o.steps] for o in self.offers],
                [[p.product, str(p.offered), str(p.opening), str(p.target), str(p.rep_limit),
                  str(p.floor)] for p in self.prices],
                {role: [m.id for m in found] for role, found in sorted(self.messages.items())},
            ],
            sort_keys=True,
        )  # fmt: skip
        return hashlib.sha256(content.encode()).hexdigest()[:16]


class _Chain:
    """Runs tables in order; keeps their traces, the worst status and what is missing."""

    def __init__(self) -> None:
        self.traces: list[TableTrace] = []
        self.statuses: list[Status] = []
        self.missing: dict[str, None] = {}
        self.problems: list[Problem] = []

    def run(self, table: Table, row: Row, name: str = "") -> Outcome:
        """Decides one table. Where all hangs on what is missing, the likeliest rule is followed."""
        outcome = table.decide(row)
        self.traces.append(trace(table, row))
        self.statuses.append(outcome.status)
        self.missing.update(dict.fromkeys(outcome.missing))
        if outcome.status is Status.GAP:
            self.problems.append(
                error(
                    "gap", f"no rule of {table.source.id} covers {name or 'this customer'}"
                    f"{_values_tested(self.traces[-1])}",
                    "add a rule for it, or an else", table.source.place,
                )
            )  # fmt: skip
        elif outcome.status is Status.CONFLICT:
            self.problems.append(
                error(
                    "conflict",
                    f"two rules of {table.source.id} match with different results: "
                    + " and ".join(outcome.matched),
                    "change the conditions so that one matches", table.source.place,
                )
            )  # fmt: skip
        elif outcome.status is Status.PROVISIONAL and not outcome.outputs:
            return replace(outcome, outputs=_likeliest(self.traces[-1], table))
        return outcome


def _likeliest(found: TableTrace, table: Table) -> Mapping[str, Output]:
    """The outputs of the first rule that what is missing might make true."""
    possible = {rule.id for rule in found.rules if rule.result == "unknown"}
    return next((rule.then for rule in table.source.rules if rule.id in possible), {})


def _values_tested(found: TableTrace) -> str:
    """The values that no rule covered, as far as a rep may see them."""
    values = {
        clause.fact: clause.value
        for rule in found.rules
        for clause in rule.clauses
        if Audience.REP.may_see(clause.audience)
    }
    hidden = {
        clause.fact
        for rule in found.rules
        for clause in rule.clauses
        if not Audience.REP.may_see(clause.audience)
    }
    said = [f"{fact} is {value}" for fact, value in values.items()]
    said += [f"{fact} is for the lab to see" for fact in sorted(hidden)]
    return f" ({', '.join(said)})"


def decide(pitch: Pitch, workspace: Workspace, rules: Rulebook, as_of: date) -> Decision:
    """Runs the chain for one pitch. Problems are values; errors among them stop packs."""
    chain = _Chain()
    customer = pitch.customer
    chain.problems.extend(_old_data(pitch, as_of))
    row = _customer_row(pitch, rules.facts, as_of)
    peer = chain.run(rules.peer_groups, row, customer.market.name)
    peer_group = str(peer.outputs.get("peer_group", ""))
    strategy = str(peer.outputs.get("strategy", ""))
    row = {**row, "decision.peer_group": peer_group or None, "decision.strategy": strategy or None}
    picked, chosen = "", None
    if peer_group:
        picked = _pick(chain, rules, row, pitch, as_of)
        chosen = _play(chain, rules, pitch, picked, as_of)
    offers: list[Offer] = []
    prices: list[Price] = []
    messages: dict[str, tuple[Message, ...]] = {}
    objections: tuple[Saying, ...] = ()
    questions: tuple[Saying, ...] = ()
    counters: tuple[Saying, ...] = ()
    if chosen:
        play = chosen.source.play
        for line in pitch.lines:
            line_row = {**row, **_line_row(line, rules.facts, as_of), "decision.play": play.id}
            offer = _offer(chain, chosen, line_row, line)
            if offer is None:
                continue
            offers.append(offer)
            line_row = {**line_row, "decision.offer": offer.id}
            prices.extend(_price(chain, chosen, line_row, line, pitch, workspace))
        say_row = {**row, "decision.play": play.id}
        if offers:
            first = _line_row(pitch.lines[0], rules.facts, as_of)
            say_row = {**say_row, **first, "decision.offer": offers[0].id}
        for role in pitch.source.plan.packs:
            role_row = {**say_row, "contact.role": role.value}
            messages[role.value] = _messages(chain, chosen, role_row, role, pitch, workspace, as_of)
        objections = _sayings(chosen.objections, say_row, pitch, workspace)
        questions = _sayings(chosen.questions, say_row, pitch, workspace)
        counters = _sayings(chosen.counters, say_row, pitch, workspace)
    status = worst(chain.statuses)
    if status is Status.PROVISIONAL:
        chain.problems.append(_provisional(chain, rules.facts))
        prices = [_withheld(price) for price in prices]
    return Decision(
        pitch, as_of, status, tuple(chain.missing), peer_group, strategy,
        chosen.source if chosen else None, picked, tuple(offers), tuple(prices), messages,
        objections, questions, counters, tuple(chain.traces), _digest(rules, chosen),
        _summary(chain, strategy, chosen, picked, rules.facts),
        (*_of_this_pitch(workspace, pitch), *pitch.problems, *chain.problems),
    )  # fmt: skip


def _digest(rules: Rulebook, chosen: PlayTables | None) -> str:
    tables = (rules.peer_groups, rules.plays, *(chosen.all if chosen else ()))
    return hashlib.sha256("".join(table.fingerprint for table in tables).encode()).hexdigest()


def _of_this_pitch(workspace: Workspace, pitch: Pitch) -> list[Problem]:
    """Of the workspace's warnings those on rows that this pitch rests on; `check` shows all."""
    customer = pitch.customer
    rows = [customer.market.place, *(line.product.place for line in pitch.lines)]
    if customer.account:
        rows.append(customer.account.place)
    on = {row.row for row in rows}
    return [problem for problem in workspace.problems if problem.place.row in on]


def _customer_row(pitch: Pitch, facts: Facts, as_of: date) -> Row:
    customer = pitch.customer
    account = customer.account.facts if customer.account else {}
    return {
        **fact_row(facts, customer.market.facts, as_of),
        **fact_row(facts, account, as_of),
        "market.id": customer.market.id,
        "account.industry": customer.industry.id,
    }


def _line_row(line: Line, facts: Facts, as_of: date) -> Row:
    volume = line.planned.volume

    def rounded(name: str, value: Decimal) -> Decimal:
        return facts[name].rounded(value) if name in facts else value

    return {
        **fact_row(facts, line.product.facts, as_of),
        "product.id": line.product.id,
        "plan.volume_current": rounded("plan.volume_current", volume.current),
        "plan.volume_potential": rounded("plan.volume_potential", volume.potential),
    }


def _old_data(pitch: Pitch, as_of: date) -> list[Problem]:
    days = [o.observed_at for o in pitch.customer.market.facts.values() if o.observed_at]
    if not days or not older_than(min(days), MARKET_DATA_DAYS, as_of):
        return []
    return [
        warning(
            "old-data", f"the data of {pitch.customer.market.name} are older than "
            f"{MARKET_DATA_DAYS} days", "score the markets again", pitch.customer.market.place,
        )
    ]  # fmt: skip


def _pick(chain: _Chain, rules: Rulebook, row: Row, pitch: Pitch, as_of: date) -> str:
    """The rules' play, which has to be the same for all products of the plan."""
    seen: list[Outcome] = []
    picks: dict[str, str] = {}
    for line in pitch.lines:
        line_row = {**row, **_line_row(line, rules.facts, as_of)}
        outcome = rules.plays.decide(line_row)
        if outcome not in seen:
            seen.append(outcome)
            outputs = chain.run(rules.plays, line_row, pitch.customer.name).outputs
            picks.setdefault(str(outputs.get("play", "")), line.product.id)
    if len(picks) > 1 and "" not in picks:
        said = " and ".join(f"{play} for {product}" for play, product in picks.items())
        chain.statuses.append(Status.CONFLICT)
        chain.problems.append(
            error("conflict", f"the rules pick different plays for the products: {said}",
                  "write a plan for each of them", pitch.source.place("products"))
        )  # fmt: skip
    return next(iter(picks)) if len(picks) == 1 else ""


def _play(
    chain: _Chain, rules: Rulebook, pitch: Pitch, picked: str, as_of: date
) -> PlayTables | None:
    """The play to use: the rules' one, or the one that the rep asked for, if it may be used."""
    asked = pitch.source.plan.play
    if not picked:
        return None
    chosen = rules.tables[asked.ask if asked else picked]
    play = chosen.source.play
    if asked and asked.ask != picked:
        where = pitch.source.place("play", "ask")
        ruled_out = [
            clause
            for found in chain.traces
            if found.table == rules.plays.id
            for rule in found.rules
            if rule.id == asked.ask
            for clause, condition in zip(rule.clauses, chosen.source.conditions, strict=False)
            if condition.negated and clause.result == "false"
        ]
        market = pitch.customer.market
        why = ""
        if play.status is PlayStatus.DRAFT:
            why = "it is a draft"
        elif play.status is PlayStatus.PILOT and market.id not in play.pilot_markets:
            why = f"{market.name} is not one of its pilot markets"
        elif ruled_out:
            shown = Audience.REP.may_see(ruled_out[0].audience)
            why = "the reason is for the lab to see"
            if shown:
                why = f"{ruled_out[0].fact} is {ruled_out[0].value}"
        if why:
            chain.problems.append(
                error("play-ruled-out", f"the play {play.id} may not be used here: {why}",
                      "ask for another play, or leave the choice to the rules", where)
            )  # fmt: skip
            return None
        chain.problems.append(
            note("play-asked", f"the rep asked for {play.id} where the rules pick {picked}: "
                 f"{asked.because}", "", where)
        )  # fmt: skip
    if not play.valid.since <= as_of <= play.valid.until:
        when = (
            f"expired on {play.valid.until}" if as_of > play.valid.until
            else f"is not valid before {play.valid.since}"
        )  # fmt: skip
        chain.problems.append(
            error("play-expired", f"the play {play.id} {when}",
                  f"ask {play.owner} for a new version", chosen.source.place)
        )  # fmt: skip
        return None
    return chosen


def _offer(chain: _Chain, play: PlayTables, row: Row, line: Line) -> Offer | None:
    outcome = chain.run(play.offer, row, line.product.name)
    if not outcome.outputs:
        return None
    offer_id = str(outcome.outputs["offer"])
    return Offer(
        line.product.id,
        offer_id,
        play.source.play.offer.offers[offer_id],
        int(str(outcome.outputs.get("months", "12"))),
        str(outcome.outputs["steps"]),
    )


# ---------------------------------------------------------------- pricing


def _price(
    chain: _Chain, play: PlayTables, row: Row, line: Line, pitch: Pitch, workspace: Workspace
) -> list[Price]:
    pricing = play.source.play.pricing
    base = pricing.base.get(line.product.id) or pricing.base.get("*")
    if base is None:
        chain.problems.append(
            error("no-floor", f"the play {play.source.play.id} has no prices for {line.product.id}",
                  "add it under pricing.base, or '*' for every other product", play.source.place)
        )  # fmt: skip
        return []
    added = chain.run(play.adjust, row)
    adjustments = tuple(
        Adjustment(rule_id, points, _why(play.adjust.source, rule_id))
        for rule_id, points in added.contributions
    )
    moved = added.total or Decimal(0)
    held: list[Held] = []

    def within(what: str, wanted: Decimal) -> Decimal:
        kept = min(max(wanted, base.rep_limit), LIST_POINTS)
        if kept != wanted:
            by = "the list price" if kept == LIST_POINTS else "the rep's limit"
            held.append(Held(what, wanted, kept, by))
        return kept

    opening = within("opening", base.opening + moved)
    target = within("target", base.target + moved)
    levers = {lever.id: lever for lever in pricing.levers}
    given = chain.run(play.levers, row).collected
    list_price = line.product.list_price[pitch.currency]
    step = Decimal(1).scaleb(-price_decimals(list_price))

    def money(points: Decimal) -> Decimal:
        return (list_price * points / LIST_POINTS).quantize(step, ROUND_HALF_UP)

    quoted = money(opening) if workspace.file.price.quote_opening else None
    offered = line.planned.price.offered if line.planned.price else quoted
    price = Price(
        line.product.id, pitch.currency, line.product.unit, list_price, money(opening),
        money(target), money(base.rep_limit), money(base.manager_limit), money(base.floor),
        offered, base, adjustments, added.raw or Decimal(0), moved, tuple(held),
        tuple(levers[rule_id] for rule_id, _ in given),
        _approval(pitch, line),
    )  # fmt: skip
    chain.problems.extend(_price_problems(price, pitch, line))
    return [price]


def _approval(pitch: Pitch, line: Line) -> Approval | None:
    approval = pitch.source.plan.approval
    return approval if approval and approval.product == line.product.id else None


def _price_problems(price: Price, pitch: Pitch, line: Line) -> list[Problem]:
    if line.planned.price is None or price.offered is None:
        return []
    index = pitch.lines.index(line)
    place = pitch.source.place("products", index, "price", "offered")
    said = f"{price.currency} {price.offered} per {price.unit} for {price.product}"
    approver = pitch.manager.name if pitch.manager else "your manager"
    if price.offered < price.floor:
        return [
            error("below-floor", f"the offered price of {said} cannot be made",
                  f"talk to {approver}; your limit is {price.rep_limit}", place)
        ]  # fmt: skip
    if price.offered < price.rep_limit:
        if price.approval is None:
            return [
                error("below-limit", f"the offered price of {said} is below your limit of "
                      f"{price.rep_limit}",
                      f"raise it, or have {approver} approve it and add approval: "
                      f"{{by: {approver}, date: …, product: {price.product}, "
                      f"price: '{price.offered}'}}", place)
            ]  # fmt: skip
        if price.approval.price > price.offered:
            return [
                error("below-approval", f"the offered price of {said} is below the approved "
                      f"{price.approval.price}", "offer the approved price, or ask again", place)
            ]  # fmt: skip
    if price.offered > price.list:
        return [
            warning("above-list", f"the offered price of {said} is above the list price of "
                    f"{price.list}", "check the price", place)
        ]  # fmt: skip
    return []


def _withheld(price: Price) -> Price:
    return replace(price, offered=None)


def _why(table: TableSource, rule_id: str) -> str:
    return next((rule.why for rule in table.rules if rule.id == rule_id), "")


# ---------------------------------------------------------------- messages


def _messages(
    chain: _Chain,
    play: PlayTables,
    row: Row,
    role: Role,
    pitch: Pitch,
    workspace: Workspace,
    as_of: date,
) -> tuple[Message, ...]:
    collected = chain.run(play.messages, row, role.value).collected
    offered = {line.product.id for line in pitch.lines}
    found, problems = play_messages(play, collected, role, offered, workspace, as_of)
    chain.problems.extend(problems)
    return found


def play_messages(
    play: PlayTables,
    collected: Sequence[tuple[str, Mapping[str, Output]]],
    role: Role,
    offered: Collection[str],
    workspace: Workspace,
    as_of: date,
) -> tuple[tuple[Message, ...], list[Problem]]:
    """The messages of a play's rules that hold, with proofs that may be said today.

    Claims on products that are not ``offered`` are no proofs; a message whose claim may not be
    said is left out, and that is reported.
    """
    limit = play.source.play.messages.limit or 3
    out: list[Message] = []
    problems: list[Problem] = []
    said: set[str] = set()
    for rule_id, outputs in collected:
        rule = next(rule for rule in play.messages.source.rules if rule.id == rule_id)
        insight = outputs["insight"]
        named = [workspace.library.claims[claim] for claim in ids(outputs.get("proof"))]
        proofs = [claim for claim in named if not on_other_product(claim, offered, workspace)]
        refused = [(claim, why) for claim in proofs if (why := unusable(claim, as_of))]
        if refused:
            claim, why = refused[0]
            problems.append(
                warning("claim-dropped", f"the message {rule_id} is left out: {claim.id} {why}",
                        f"ask {claim.owner} to renew the claim", rule.place)
            )  # fmt: skip
            continue
        if str(insight) in said or len(out) == limit:
            continue
        said.add(str(insight))
        theme = str(outputs.get("theme", ""))
        out.append(Message(rule_id, role.value, theme, insight, tuple(proofs), rule.why))
    return tuple(out), problems


def on_other_product(claim: Claim, offered: Collection[str], workspace: Workspace) -> bool:
    """Whether a claim speaks of products of ours, and of none that is offered."""
    texts = [claim.text] if isinstance(claim.text, str) else list(claim.text.values())
    codes = {
        code
        for code in workspace.company.products
        if any(re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", text) for text in texts)
    }
    return bool(codes) and not codes & set(offered)


def unusable(claim: Claim, as_of: date) -> str:
    """Why a claim may not be said to a customer today; empty if it may."""
    if claim.expires < as_of:
        return f"expired on {claim.expires}"
    if claim.approver is None:
        return "is not approved"
    if claim.audience is not Audience.CUSTOMER:
        return "is not for customers"
    if claim.status is PlayStatus.DRAFT:
        return "is a draft"
    return ""


def _sayings(table: Table, row: Row, pitch: Pitch, workspace: Workspace) -> tuple[Saying, ...]:
    """What a table collects for any of the roles that the plan has contacts for."""
    found: dict[str, Saying] = {}
    for role in dict.fromkeys(contact.role for contact in pitch.source.plan.contacts):
        outcome = table.decide({**row, "contact.role": role.value})
        for rule_id, outputs in outcome.collected:
            proofs = tuple(workspace.library.claims[c] for c in ids(outputs.get("proof")))
            found.setdefault(rule_id, Saying(rule_id, outputs, proofs))
    order = [rule.id for rule in table.source.rules]
    return tuple(sorted(found.values(), key=lambda saying: order.index(saying.id)))


# ---------------------------------------------------------------- in words


def _provisional(chain: _Chain, facts: Facts) -> Problem:
    names = ", ".join(f"{facts[name].label.lower()} ({name})" for name in chain.missing)
    return warning(
        "provisional", f"the decision hangs on what is not known: {names}",
        "find it out; until then packs carry no price",
    )  # fmt: skip


def _summary(
    chain: _Chain, strategy: str, chosen: PlayTables | None, picked: str, facts: Facts
) -> str:
    if not strategy:
        return chain.problems[-1].message if chain.problems else ""
    said = f"{strategy.capitalize()}: {sentence(chain.traces[0], facts, Audience.REP)}"
    if chosen and chosen.source.play.id != picked:
        said += f"; the rep asked for {chosen.source.play.id}"
    return said


def group_markets(workspace: Workspace, rules: Rulebook, as_of: date) -> dict[str, str]:
    """The peer group of every market that has one for certain."""
    groups: dict[str, str] = {}
    for market in workspace.company.markets.values():
        row = {**fact_row(rules.facts, market.facts, as_of), "market.id": market.id}
        outcome = rules.peer_groups.decide(row)
        if outcome.status in (Status.DEFINITE, Status.DEFAULT):
            groups[market.id] = str(outcome.outputs["peer_group"])
    return groups
