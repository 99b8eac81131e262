"""The decision tables proved against today's markets and accounts: what `check` finds in rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import product as every
from math import prod
from operator import itemgetter
from typing import TYPE_CHECKING

from winlab.facts import Fact, Facts, Row, Value
from winlab.inputs import Market, Observed, PlayStatus
from winlab.library import PlaySource
from winlab.pitch import fact_row
from winlab.problems import Place, Problem, error, note, warning
from winlab.read import Workspace
from winlab.rulebook import LIST_POINTS, Attempt, play_table
from winlab.rules.compile import compile_table
from winlab.rules.regions import example, shown
from winlab.rules.table import Status, Table
from winlab.rules.verify import Finding, Kind, unused_facts, verify
from winlab.validate import did_you_mean

if TYPE_CHECKING:
    import pandas

PEER_GROUPS = (4, 10)
"""What a company can manage, fewest and most."""

_NOT_TODAY = {"plan", "product", "contact"}
"""What facts are of that no row of today has: a plan brings it."""

_MOST_ROWS = 20_000
"""Kinds of rows that are tried for the lowest and the highest target of a play."""


@dataclass(frozen=True)
class Today:
    """Today's rows: what rules see of each market, and of each account before a plan is written.

    An account's row holds its market's peer group and strategy where they are certain; ``plays``
    are the play of each account, or "" where that is not certain.
    """

    markets: tuple[Row, ...]
    accounts: tuple[Row, ...]
    plays: tuple[str, ...]


def rows_of_today(workspace: Workspace, tried: Attempt, as_of: date) -> Today:
    """Today's markets and accounts as rows for tables."""
    markets = [
        market_row(tried.facts, market, as_of) for market in workspace.company.markets.values()
    ]
    accounts = [
        customer_row(
            tried, workspace.company.markets[account.market], account.industry, account.facts, as_of
        )
        for account in workspace.company.accounts.values()
        if account.market in workspace.company.markets
    ]
    return Today(tuple(markets), tuple(accounts), tuple(play_of(tried, row) for row in accounts))


def market_row(facts: Facts, market: Market, as_of: date) -> dict[str, Value | None]:
    """What rules see of a market."""
    return {**fact_row(facts, market.facts, as_of), "market.id": market.id}


def customer_row(
    tried: Attempt,
    market: Market,
    industry: str,
    account: Mapping[str, Observed],
    as_of: date,
) -> Row:
    """What rules see of a customer, but for products and volumes."""
    row = {
        **market_row(tried.facts, market, as_of),
        **fact_row(tried.facts, account, as_of),
        "account.industry": industry,
    }
    outcome = tried.peer_groups.decide(row) if tried.peer_groups else None
    if outcome and outcome.status in (Status.DEFINITE, Status.DEFAULT):
        row |= {f"decision.{name}": str(value) for name, value in outcome.outputs.items()}
    return row


def play_of(tried: Attempt, row: Row) -> str:
    """The play of an account's row, "" where it is not certain."""
    outcome = tried.plays.decide(row) if tried.plays else None
    if outcome is None or outcome.status is not Status.DEFINITE:
        return ""
    return str(outcome.outputs["play"])


def rule_problems(
    workspace: Workspace, tried: Attempt, now: Today, *, groups_known: bool, plays_known: bool
) -> list[Problem]:
    """All findings on tables, the gravest and those that touch most of today's rows first.

    ``groups_known`` and ``plays_known`` say that the peer-group table and all plays could be
    read, so that what seems to be missing is.
    """
    found: list[tuple[int, Problem]] = []
    if tried.peer_groups and groups_known:
        found += _verified(tried.peer_groups, now.markets, "micromarket")
    if tried.plays and groups_known and plays_known:
        found += _play_findings(workspace, tried, now)
    for play_id, parts in tried.parts.items():
        rows = [row for row, play in zip(now.accounts, now.plays, strict=True) if play == play_id]
        for table in parts:
            if table is not None:
                found += _verified(table, rows, "account")
        if parts[1] is not None:
            play = workspace.library.plays[play_id]
            found += [(0, problem) for problem in _corridor_problems(play, parts[1])]
    found.sort(key=lambda item: -item[0])
    problems = [problem for _, problem in found]
    if groups_known and plays_known:
        problems += _unused(workspace, tried)
    return problems


def _frame(rows: tuple[Row, ...] | list[Row]) -> pandas.DataFrame | None:
    import pandas as pd

    return pd.DataFrame(list(rows)) if rows else None


def _verified(
    table: Table, rows: tuple[Row, ...] | list[Row], what: str
) -> Iterator[tuple[int, Problem]]:
    frame = _frame(rows)
    found = verify(table, frame, rows=what)
    if rows and any(axis.fact.entity in _NOT_TODAY for axis in table.axes):
        # How many rows a finding touches cannot be told: only what can never match today.
        found = [*verify(table), *(f for f in found if f.kind is Kind.IDLE)]
    for finding in found:
        yield finding.touched or 0, finding.problem(table.source.place)


# ---------------------------------------------------------------- who gets which play


def _play_findings(
    workspace: Workspace, tried: Attempt, now: Today
) -> Iterator[tuple[int, Problem]]:
    """Who gets no play and who gets two, over the peer groups that some play is for."""
    library = workspace.library
    source = play_table(library, Place(workspace.file.workspace.plays))
    groups = [
        group for rule in source.rules for group in library.plays[rule.id].play.targets.peer_groups
    ]
    group_fact = replace(tried.facts["decision.peer_group"], values=tuple(dict.fromkeys(groups)))
    facts = Facts({**tried.facts.by_name, group_fact.name: group_fact})
    table, _ = compile_table(source, facts)
    if table is None or not groups:
        return
    for finding in verify(table, _frame(now.accounts), rows="account"):
        yield finding.touched or 0, _of_plays(workspace, table, finding)


def _of_plays(workspace: Workspace, table: Table, finding: Finding) -> Problem:
    """A finding on the play table in the words of plays."""
    problem = finding.problem(table.source.place)
    where = problem.place
    if finding.rules:
        at_fault = finding.rules[-1 if finding.kind is Kind.CONFLICT else 0]
        where = workspace.library.place(PlaySource, at_fault, "for")
    match finding.kind:
        case Kind.GAP if _is_meant(table, finding):
            said = finding.sentence.replace("Nobody covers", "Nobody gets a play where", 1)
            hint = "nothing, if it is meant; else change the unless of a play"
            return note("nobody-gets-a-play", said, hint, where)
        case Kind.CONFLICT:
            said = finding.sentence.replace(
                "Two rules match and disagree", "Two plays are for the same customer", 1
            )
            hint = "narrow the for of one of them, or add an unless"
            return error("two-plays", said, hint, where)
        case Kind.UNREACHABLE:
            hint = "correct its for, or make it a draft"
            return warning("play-unreachable", finding.sentence, hint, where)
    return replace(problem, place=where)


def _is_meant(plays: Table, finding: Finding) -> bool:
    """Whether a gap is there only because of an `unless`: without it a play would be for it."""
    gap = {axis.fact.name: codes for axis, codes in zip(plays.axes, finding.box, strict=True)}
    return any(
        all(clause.negated or gap[clause.fact.name] & clause.bands for clause in rule.clauses)
        for rule in plays.rules
    )


# ---------------------------------------------------------------- peer groups


def group_problems(
    workspace: Workspace, tried: Attempt, now: Today, *, plays_known: bool
) -> Iterator[Problem]:
    """Too few or too many peer groups, groups without a play, plays whose groups nobody gets."""
    library = workspace.library
    table = library.peer_groups
    places = {str(rule.then.get("peer_group")): rule.place for rule in reversed(table.rules)}
    if table.otherwise:
        places.setdefault(str(table.otherwise.get("peer_group")), table.place)
    least, most = PEER_GROUPS
    if not least <= len(places) <= most:
        yield warning(
            "peer-groups", f"there are {len(places)} peer groups",
            f"a company can manage {least} to {most}", table.place,
        )  # fmt: skip
    if plays_known:
        yield from _without_play(workspace, now, places)
    winning = _groups_given(tried.peer_groups, set(places))
    for name, source in library.plays.items():
        at = library.place(PlaySource, name, "for", "peer_groups")
        targets = source.play.targets.peer_groups
        for group in targets:
            if group not in places and source.play.status is PlayStatus.DRAFT:
                yield error("unknown-group", f"there is no peer group {group!r}",
                            did_you_mean(group, places), at)  # fmt: skip
        if winning.isdisjoint(targets) and not set(places).isdisjoint(targets):
            yield warning(
                "play-unreachable", f"nobody can get the play {name}: no rule that can win gives "
                f"{' or '.join(targets)}", "correct the peer groups' rules, or the play's for", at,
            )  # fmt: skip


def _without_play(
    workspace: Workspace, now: Today, places: Mapping[str, Place]
) -> Iterator[Problem]:
    plays = workspace.library.plays.values()
    for group, place in places.items():
        named = [source.play for source in plays if group in source.play.targets.peer_groups]
        if any(play.status is not PlayStatus.DRAFT for play in named):
            continue
        touched = sum(row.get("decision.peer_group") == group for row in now.accounts)
        only = f" but the draft {named[0].id}" if named else ""
        yield warning(
            "group-without-play", f"no play is for the peer group {group!r}{only}: {touched} "
            f"{'account' if touched == 1 else 'accounts'} today",
            f"make {named[0].id} live" if named else "add it to a play's for", place,
        )  # fmt: skip


def _groups_given(table: Table | None, groups: set[str]) -> set[str]:
    """The peer groups that a market can get."""
    if table is None:
        return groups
    beaten = {f.rules[0] for f in verify(table) if f.kind is Kind.UNREACHABLE}
    given = [rule.outputs for rule in table.rules if rule.id not in beaten]
    return {str(outputs.get("peer_group")) for outputs in (*given, table.source.otherwise or {})}


def _unused(workspace: Workspace, tried: Attempt) -> Iterator[Problem]:
    """Facts that no table tests, if all tables could be read."""
    parts = [table for tables in tried.parts.values() for table in tables]
    tables = [table for table in (tried.peer_groups, tried.plays, *parts) if table is not None]
    if len(tables) < len(parts) + 2:
        return
    for fact in workspace.library.facts:
        for finding in unused_facts(tables, Facts({fact.name: fact})):
            yield finding.problem(workspace.library.place(Fact, fact.name))


# ---------------------------------------------------------------- prices


def _corridor_problems(play: PlaySource, adjust: Table) -> Iterator[Problem]:
    """Adjustments that together move a target past the rep's limit or the list price."""
    extremes = _extremes(adjust)
    if extremes is None:
        yield warning(
            "corridor-incomplete", f"{adjust.id} has too many thresholds to try them all",
            "split its conditions, or use fewer", adjust.source.place,
        )  # fmt: skip
        return
    for product, base in play.play.pricing.base.items():
        for moved, row, names in extremes:
            target = base.target + moved
            limit, bound = base.rep_limit, "below the rep's limit of"
            if moved > 0:
                limit, bound = LIST_POINTS, "above the list price of"
            if base.rep_limit <= target <= LIST_POINTS:
                continue
            together = " and ".join(names) + (" together move" if len(names) > 1 else " moves")
            seen = ", ".join(
                f"{axis.fact.name} {shown(axis.fact, row[axis.fact.name])}"
                for axis in adjust.axes
                if row[axis.fact.name] is not None
            )
            yield warning(
                "corridor-inverts", f"{together} the target of {product} to {target}, {bound} "
                f"{limit} (for example {seen}): it is held there",
                "give fewer points, or move target or limit", play.base_places[product],
            )  # fmt: skip


def _extremes(adjust: Table) -> list[tuple[Decimal, Row, tuple[str, ...]]] | None:
    """The adjustments that lower and raise prices most: points, a row and the rules that do it.

    Every kind of row is tried; ``None`` if there are too many.
    """
    kinds = [[*range(len(axis.bands)), axis.missing] for axis in adjust.axes]
    if prod(len(codes) for codes in kinds) > _MOST_ROWS:
        return None
    found: list[tuple[Decimal, Row, tuple[str, ...]]] = []
    for codes in every(*kinds):
        row = {
            axis.fact.name: None if code == axis.missing else example(axis, 1 << code)
            for axis, code in zip(adjust.axes, codes, strict=True)
        }
        added = adjust.decide(row)
        found.append((added.total or Decimal(0), row, added.matched))
    ends = (min(found, key=itemgetter(0)), max(found, key=itemgetter(0)))
    return [end for end in ends if end[2]]
