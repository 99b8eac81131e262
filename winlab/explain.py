"""A decision in words and as JSON, for one audience. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from pydantic import JsonValue

from winlab.decide import Decision, Price
from winlab.facts import Audience
from winlab.inputs import Output
from winlab.problems import Stopped, error
from winlab.rules.trace import UNSEEN, RuleResult, TableTrace, why_not
from winlab.validate import did_you_mean


@dataclass(frozen=True)
class WhyNot:
    """Why a play was not chosen: the nearest rule of each table that ruled it out."""

    play: str
    chosen: bool
    needs: tuple[tuple[str, str, tuple[str, ...]], ...]  # table, rule, what failed

    def as_json(self) -> dict[str, JsonValue]:
        """The flat form that ``--json`` prints."""
        return {
            "play": self.play,
            "chosen": self.chosen,
            "rules": [
                {"table": table, "rule": rule, "failed": list(failed)}
                for table, rule, failed in self.needs
            ],
        }


def why_not_play(
    decision: Decision, play_id: str, plays: Mapping[str, object], audience: Audience
) -> WhyNot:
    """What kept a play from being picked; raises :class:`Stopped` for an unknown one."""
    if play_id not in plays:
        raise Stopped(
            [error("unknown-play", f"there is no play {play_id!r}", did_you_mean(play_id, plays))]
        )
    if decision.picked == play_id:
        return WhyNot(play_id, chosen=True, needs=())
    needs: list[tuple[str, str, tuple[str, ...]]] = []
    table = next((found for found in decision.traces if found.table == "plays"), None)
    if table and any(rule.id == play_id for rule in table.rules):
        needs.append((table.table, play_id, shortfalls(table, play_id, audience)))
    elif table:
        needs.append((table.table, play_id, ("it is a draft",)))
    if groups := next(iter(decision.traces), None):
        reachable = [
            (rule.id, shortfalls(groups, rule.id, audience))
            for rule in groups.rules
            if rule.result != "matched"
        ]
        nearest = sorted((item for item in reachable if item[1]), key=lambda item: len(item[1]))
        needs.extend((groups.table, rule, failed) for rule, failed in nearest[:2])
    return WhyNot(play_id, chosen=False, needs=tuple(needs))


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
    decision: Decision, audience: Audience, why: WhyNot | None = None, *, show_floor: bool = False
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
        "why_not": why.as_json() if why else None,
        "decision_id": decision.id,
        "problems": [dict(problem.as_json()) for problem in decision.problems],
        "trace": trace_of(decision, audience),
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
