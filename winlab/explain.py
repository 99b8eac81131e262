"""A decision in words and as JSON, for one audience. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypedDict

from pydantic import JsonValue

from winlab.decide import Decision, Price
from winlab.facts import Audience, Fact, Facts, FactType, Value
from winlab.inputs import Output
from winlab.library import Library
from winlab.problems import Problem, Stopped, error
from winlab.rulebook import Rulebook
from winlab.rules.atoms import Outside
from winlab.rules.conditions import plain
from winlab.rules.trace import (
    UNSEEN,
    RuleResult,
    TableTrace,
    nearness,
    sentence,
    trace,
    why_not,
)
from winlab.validate import did_you_mean


@dataclass(frozen=True)
class Reason:
    """One step of a decision: what was chosen, and why in one sentence without its full stop."""

    step: str
    chosen: str
    because: str


def reasons(decision: Decision, facts: Facts, audience: Audience) -> tuple[Reason, ...]:
    """The steps from peer group to price, as far as the rules came."""
    by_table: dict[str, list[TableTrace]] = {}
    for found in decision.traces:
        by_table.setdefault(found.table, []).append(found)

    def why(found: TableTrace) -> str:
        return sentence(found, facts, audience)

    steps: list[Reason] = []
    if decision.traces:
        group = decision.peer_group or decision.status.value
        steps.append(Reason("peer group", group, why(decision.traces[0])))
    steps += [
        Reason("play", decision.picked or found.status.value, why(found))
        for found in by_table.get("plays", [])
    ]
    if decision.play is None:
        return tuple(steps)
    play, asked_for = decision.play.play.id, decision.pitch.source.plan.play
    if asked_for and play != decision.picked:
        steps.append(Reason("play asked for", play, asked_for.because.rstrip(".")))
    offers = {offer.product: offer for offer in decision.offers}
    prices = {price.product: price for price in decision.prices}
    lines = decision.pitch.lines
    for line, found in zip(lines, by_table.get(f"{play}.offer", []), strict=False):
        product = line.product.id
        chosen = offers[product].id if product in offers else found.status.value
        steps.append(Reason(f"offer of {product}", chosen, why(found)))
        if product in prices:
            steps.append(price_reason(prices[product]))
    return tuple(steps)


def price_reason(price: Price) -> Reason:
    """How opening and target came about, in points of the list price."""
    base = price.points
    said = [f"base opening {plain(base.opening)}, target {plain(base.target)}"]
    said += [
        f"{moved.id} {moved.points:+f}" + (f" ({moved.why.rstrip('.')})" if moved.why else "")
        for moved in price.adjustments
    ]
    if price.raw != price.moved:
        said.append(f"their sum of {price.raw:+f} is held at {price.moved:+f}")
    said += [
        f"{held.what} {plain(held.wanted)} is held at {plain(held.kept)}, {held.by}"
        for held in price.held
    ]
    chosen = f"opening {price.opening}, target {price.target} {price.currency} per {price.unit}"
    return Reason(f"price of {price.product}", chosen, "; ".join(said))


@dataclass(frozen=True)
class Need:
    """A rule that ruled a play out, what failed, and where each of those conditions stands."""

    table: str
    rule: str
    failed: tuple[str, ...]
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class WhyNot:
    """Why a play was not chosen: its own rule, and the nearest peer groups that it is for."""

    play: str
    chosen: bool
    needs: tuple[Need, ...]

    def as_json(self) -> dict[str, JsonValue]:
        """The flat form that ``--json`` prints."""
        return {
            "play": self.play,
            "chosen": self.chosen,
            "rules": [
                {"table": need.table, "rule": need.rule, "failed": list(need.failed)}
                for need in self.needs
            ],
        }


def why_not_play(decision: Decision, play_id: str, library: Library, audience: Audience) -> WhyNot:
    """What kept a play from being picked; raises :class:`Stopped` for an unknown one.

    Of the peer groups that the play is for, the nearest two are told: those with the fewest
    failed tests, then with the smallest distance to their thresholds.
    """
    if play_id not in library.plays:
        raise Stopped(
            [
                error(
                    "unknown-play",
                    f"there is no play {play_id!r}",
                    did_you_mean(play_id, library.plays),
                )
            ]
        )
    if decision.picked == play_id:
        return WhyNot(play_id, chosen=True, needs=())
    needs: list[Need] = []
    table = next((found for found in decision.traces if found.table == "plays"), None)
    if table and any(rule.id == play_id for rule in table.rules):
        needs.append(_need(table, play_id, audience))
    elif table:
        needs.append(Need(table.table, play_id, ("it is a draft",)))
    wanted = library.plays[play_id].play.targets.peer_groups
    if decision.traces and decision.peer_group not in wanted:
        groups = decision.traces[0]
        leading = {
            rule.id for rule in library.peer_groups.rules if rule.then.get("peer_group") in wanted
        }
        lost = [r for r in groups.rules if r.id in leading and r.result is not RuleResult.MATCHED]
        needs += [_need(groups, rule.id, audience) for rule in sorted(lost, key=nearness)[:2]]
    return WhyNot(play_id, chosen=False, needs=tuple(needs))


def _need(found: TableTrace, rule_id: str, audience: Audience) -> Need:
    failed = found.rule(rule_id).failed
    places = (clause.source for clause in failed if audience.may_see(clause.audience))
    return Need(found.table, rule_id, shortfalls(found, rule_id, audience), tuple(places))


def shortfalls(found: TableTrace, rule_id: str, audience: Audience) -> tuple[str, ...]:
    """What kept a rule from winning, without the tests that this audience may not see."""
    rule, phrases = found.rule(rule_id), why_not(found, rule_id)
    if rule.result is RuleResult.OUTRANKED:
        return tuple(phrases)
    told = [
        words if audience.may_see(clause.audience) else UNSEEN
        for clause, words in zip(rule.failed, phrases, strict=True)
    ]
    return tuple(dict.fromkeys(told))


def as_json(
    decision: Decision,
    facts: Facts,
    audience: Audience,
    why: WhyNot | None = None,
    *,
    show_floor: bool = False,
) -> dict[str, object]:
    """The decision with every key that scripts rely on; prices are strings a unit."""
    pitch = decision.pitch
    plan = pitch.source.plan
    full = audience is Audience.LAB or show_floor
    play: dict[str, JsonValue] = {}
    if decision.play:
        play = {
            "id": decision.play.play.id,
            "version": decision.play.play.version,
            "picked": decision.picked,
            "asked": plan.play.ask if plan.play else None,
            "because": plan.play.because if plan.play else None,
        }
    return {
        "plan": plan.plan,
        "account": pitch.customer.account.id if pitch.customer.account else None,
        "customer": pitch.customer.name,
        "market": pitch.customer.market.id,
        "as_of": decision.as_of.isoformat(),
        "status": decision.status.value,
        "missing": list(decision.missing),
        "peer_group": decision.peer_group or None,
        "strategy": decision.strategy or None,
        "play": play or None,
        "offers": [
            {
                "product": offer.product,
                "id": offer.id,
                "title": _plain(offer.title.title),
                "months": offer.months,
            }
            for offer in decision.offers
        ],
        "pricing": [_price(price, full=full) for price in decision.prices],
        "messages": [
            {
                "id": message.id,
                "role": role,
                "theme": message.theme,
                "insight": _plain(message.insight),
                "proof": [claim.id for claim in message.proofs],
                "why": message.why,
            }
            for role, messages in decision.messages.items()
            for message in messages
        ],
        "summary": decision.summary,
        "reasons": [asdict(reason) for reason in reasons(decision, facts, audience)],
        "why_not": why.as_json() if why else None,
        "decision_id": decision.id,
        "problems": [dict(problem.as_json()) for problem in decision.problems],
        "trace": trace_of(decision, audience),
        "recorded": [recorded(found, audience) for found in decision.traces],
    }


def _price(price: Price, *, full: bool) -> dict[str, JsonValue]:
    out: dict[str, JsonValue] = {
        "product": price.product,
        "currency": price.currency,
        "unit": price.unit,
        "offered": None if price.offered is None else str(price.offered),
        "list": str(price.list),
        "opening": str(price.opening),
        "target": str(price.target),
        "rep_limit": str(price.rep_limit),
        "levers": [
            {
                "id": lever.id,
                "give": lever.give,
                "range": lever.range,
                "unit": lever.unit,
                "costs_points": str(lever.costs_points),
                "get": lever.get,
            }
            for lever in price.levers
        ],
        "adjustments": [
            {"id": moved.id, "points": str(moved.points), "why": moved.why}
            for moved in price.adjustments
        ],
        "base": {
            "opening": str(price.points.opening),
            "target": str(price.points.target),
            "rep_limit": str(price.points.rep_limit),
        },
        "raw": str(price.raw),
        "moved": str(price.moved),
        "held": [
            {
                "what": held.what,
                "wanted": str(held.wanted),
                "kept": str(held.kept),
                "by": held.by,
            }
            for held in price.held
        ],
        "clamped": price.clamped,
    }
    if full:
        out |= {"manager_limit": str(price.manager_limit), "floor": str(price.floor)}
    return out


def _plain(words: Output) -> JsonValue:
    if isinstance(words, str):
        return words
    return dict(words) if isinstance(words, Mapping) else list(words)


class ClauseJson(TypedDict):
    """One tested condition."""

    fact: str
    test: str
    value: str
    result: str
    source: str


class RuleJson(TypedDict):
    """One rule: matched, failed, unknown or outranked, with the clauses for this audience."""

    id: str
    result: str
    clauses: list[ClauseJson]


class TraceJson(TypedDict):
    """One table's decision."""

    table: str
    hit: str
    status: str
    rules: list[RuleJson]


def trace_of(decision: Decision, audience: Audience) -> list[TraceJson]:
    """The trace of each table, without the clauses on facts that the audience may not see."""
    return [_trace(found, audience) for found in decision.traces]


def _trace(found: TableTrace, audience: Audience) -> TraceJson:
    return {
        "table": found.table,
        "hit": str(found.hit),
        "status": str(found.status),
        "rules": [
            {
                "id": rule.id,
                "result": str(rule.result),
                "clauses": [
                    {
                        "fact": clause.fact,
                        "test": clause.test,
                        "value": clause.value,
                        "result": str(clause.result),
                        "source": clause.source,
                    }
                    for clause in rule.clauses
                    if audience.may_see(clause.audience)
                ],
            }
            for rule in found.rules
        ],
    }


# ---------------------------------------------------------------- replay


class RecordJson(TypedDict):
    """What one table saw and said: enough to decide it again.

    ``values`` are the facts as the rules saw them, numbers as text, ``None`` where missing. It
    is not ``complete`` where the audience may not see all of them. ``raw`` is what an aggregate
    came to before floor and cap, ``total`` after; ``contributions`` are the rules' shares.
    """

    table: str
    fingerprint: str
    complete: bool
    values: dict[str, str | bool | None]
    status: str
    matched: list[str]
    outputs: dict[str, JsonValue]
    contributions: dict[str, str]
    raw: str | None
    total: str | None


def recorded(found: TableTrace, audience: Audience) -> RecordJson:
    """One table's decision with the values that it rests on, as far as the audience may see."""
    clauses = [clause for rule in found.rules for clause in rule.clauses]
    seen = [clause for clause in clauses if audience.may_see(clause.audience)]
    outcome = found.outcome
    return {
        "table": found.table,
        "fingerprint": found.fingerprint,
        "complete": len(seen) == len(clauses),
        "values": {
            clause.fact: clause.value
            if isinstance(clause.known, Outside)
            else _written(clause.known)
            for clause in seen
        },
        "status": str(found.status),
        "matched": list(outcome.matched),
        "outputs": {name: _plain(output) for name, output in outcome.outputs.items()},
        "contributions": {name: plain(points) for name, points in outcome.contributions},
        "raw": None if outcome.raw is None else plain(outcome.raw),
        "total": None if outcome.total is None else plain(outcome.total),
    }


def replay(records: Sequence[RecordJson], rules: Rulebook) -> tuple[RecordJson, ...]:
    """Decides each recorded table again, on the values recorded.

    Raises :class:`Stopped` where a table has changed since, or where the record leaves out what
    its reader might not see.
    """
    problems = [problem for record in records if (problem := _cannot_replay(record, rules))]
    if problems:
        raise Stopped(problems)
    again = []
    for record in records:
        table = rules.table(record["table"])
        assert table is not None
        row = {name: _read(rules.facts[name], value) for name, value in record["values"].items()}
        again.append(recorded(trace(table, row), Audience.LAB))
    return tuple(again)


def _cannot_replay(record: RecordJson, rules: Rulebook) -> Problem | None:
    name, table = record["table"], rules.table(record["table"])
    if table is None:
        return error("no-table", f"there is no table {name} any more",
                     "replay with the plays that decided")  # fmt: skip
    if table.fingerprint != record["fingerprint"]:
        return error("table-changed", f"the table {name} has changed since",
                     "replay with the plays that decided", table.source.place)  # fmt: skip
    if not record["complete"]:
        return error("not-recorded", f"the record of {name} leaves out what only the lab sees",
                     "record it with winlab explain --json --audience lab")  # fmt: skip
    return None


def _written(value: Value | None) -> str | bool | None:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


def _read(fact: Fact, value: str | bool | None) -> Value | None:
    """A recorded value; what is not of the fact's type is left as it is."""
    if isinstance(value, str):
        try:
            if fact.type is FactType.NUMBER:
                return Decimal(value)
            if fact.type is FactType.DATE:
                return date.fromisoformat(value)
        except (InvalidOperation, ValueError):
            return value
    return value
