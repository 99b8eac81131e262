"""All decision tables of a library, compiled, with the facts they may test. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from winlab.facts import Audience, Fact, Facts, FactType, NotOfType, parse_day
from winlab.inputs import (
    Cell,
    Condition,
    Hit,
    Output,
    PlayStatus,
    PricePoints,
    Role,
    RuleSource,
    TableSource,
)
from winlab.library import Library, PlaySource
from winlab.problems import Place, Problem, Stopped, error, errors
from winlab.read import Workspace
from winlab.rules.compile import compile_table
from winlab.rules.table import Table
from winlab.validate import did_you_mean

LIST_POINTS = Decimal(100)
MONTHS = 120
"""The longest term of an offer."""


@dataclass(frozen=True)
class PlayTables:
    """The compiled tables of one play."""

    source: PlaySource
    offer: Table
    adjust: Table
    levers: Table
    messages: Table
    objections: Table
    questions: Table
    counters: Table

    @property
    def all(self) -> tuple[Table, ...]:
        """The play's tables, in the order in which they are asked."""
        return (
            self.offer, self.adjust, self.levers, self.messages, self.objections,
            self.questions, self.counters,
        )  # fmt: skip


@dataclass(frozen=True)
class Rulebook:
    """All decision tables, compiled, with the facts they may test."""

    facts: Facts
    peer_groups: Table
    plays: Table
    tables: Mapping[str, PlayTables]

    def table(self, table_id: str) -> Table | None:
        """The table of that id."""
        all_tables = (t for play in self.tables.values() for t in play.all)
        return next(
            (t for t in (self.peer_groups, self.plays, *all_tables) if t.id == table_id), None
        )


def compile_rules(workspace: Workspace) -> Rulebook:
    """Compiles every table of the library; raises :class:`Stopped` with all that is wrong."""
    library = workspace.library
    facts = derived_facts(library, workspace)
    problems = list(_output_problems(library))
    reported = {problem.place for problem in problems}

    def compiled(source: TableSource) -> Table | None:
        table, found = compile_table(source, facts)
        twice = {p for p in found if p.code == "table-aggregate" and p.place in reported}
        problems.extend(problem for problem in found if problem not in twice)
        return table

    peer_groups = compiled(library.peer_groups)
    plays = compiled(play_table(library, Place(workspace.file.workspace.plays)))
    tables: dict[str, PlayTables] = {}
    for play_id, play in library.plays.items():
        parts = [
            compiled(source)
            for source in (
                play.offer, play.adjust, play.levers, play.messages, play.objections,
                play.questions, play.counters,
            )
        ]  # fmt: skip
        ready = [table for table in parts if table is not None]
        if len(ready) == len(parts):
            tables[play_id] = PlayTables(play, *ready)
    problems.extend(_unknown_ids(workspace))
    if errors(problems) or peer_groups is None or plays is None:
        raise Stopped([*workspace.problems, *problems])
    return Rulebook(facts, peer_groups, plays, tables)


def derived_facts(library: Library, workspace: Workspace) -> Facts:
    """The dictionary with what tables decide for those after them."""

    def category(name: str, label: str, values: Iterable[str], audience: Audience) -> Fact:
        return Fact(
            name, label, FactType.CATEGORY, values=tuple(dict.fromkeys(values)), audience=audience
        )

    def outputs(tables: Iterable[TableSource], name: str) -> list[str]:
        rows = [rule.then for table in tables for rule in table.rules]
        rows += [table.otherwise for table in tables if table.otherwise]
        return [str(row[name]) for row in rows if name in row]

    peer = [library.peer_groups]
    offers = [play.offer for play in library.plays.values()]
    more = [
        category("decision.peer_group", "Peer group", outputs(peer, "peer_group"), Audience.REP),
        category("decision.strategy", "Strategy", outputs(peer, "strategy"), Audience.REP),
        category("decision.play", "Play", library.plays, Audience.REP),
        category("decision.offer", "Offer", outputs(offers, "offer"), Audience.CUSTOMER),
        category("market.id", "Market", workspace.company.markets, Audience.REP),
        category("product.id", "Product", workspace.company.products, Audience.CUSTOMER),
        category("contact.role", "Role", [role.value for role in Role], Audience.CUSTOMER),
    ]
    return Facts({**{fact.name: fact for fact in more}, **library.facts.by_name})


def play_table(library: Library, folder: Place) -> TableSource:
    """The plays' `for` as one decision table: two plays for one customer are a conflict."""
    rules: list[RuleSource] = []
    for play_id, source in library.plays.items():
        if source.play.status is PlayStatus.DRAFT:
            continue
        conditions = source.conditions
        if source.play.status is PlayStatus.PILOT:
            markets = ", ".join(f'"{market}"' for market in source.play.pilot_markets)
            conditions = (*conditions, Condition("market.id", Cell(markets, source.place)))
        rules.append(RuleSource(play_id, conditions, {"play": play_id}, place=source.place))
    return TableSource("plays", tuple(rules), Hit.UNIQUE, place=folder)


_NEEDED: Mapping[str, tuple[str, ...]] = {
    "peer-groups": ("peer_group", "strategy"),
    "offer": ("offer", "steps"),
    "adjust": ("points",),
    "messages": ("insight",),
    "objections": ("says", "answer"),
    "questions": ("ask",),
    "counters": ("rival", "we_win"),
}
"""The outputs that each rule of a kind of table gives."""

_POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "offer": ("months",),
    "messages": ("theme", "proof"),
    "objections": ("acknowledge", "ask", "proof"),
    "questions": ("kind", "proof"),
    "counters": ("they_win", "date", "source", "proof"),
}
"""The outputs that a rule may give besides; no other is read."""

_PLAIN = {"peer_group", "strategy", "offer", "steps", "months", "points", "rival", "date", "kind"}
"""Outputs that are one text and not a list, nor a sentence in several languages."""


def _results(table: TableSource) -> Iterator[tuple[Place, Mapping[str, Output]]]:
    """What each rule gives, and what holds else, with its place."""
    yield from ((rule.place, rule.then) for rule in table.rules)
    if table.otherwise:
        yield table.place, table.otherwise


def _output_problems(library: Library) -> Iterator[Problem]:
    """Results that what follows cannot use, and hit policies that give several."""
    tables = [("peer-groups", library.peer_groups)]
    for play in library.plays.values():
        tables += [
            ("offer", play.offer), ("adjust", play.adjust), ("messages", play.messages),
            ("objections", play.objections), ("questions", play.questions),
            ("counters", play.counters),
        ]  # fmt: skip
    for kind, table in tables:
        if kind in ("peer-groups", "offer") and table.hit is Hit.COLLECT:
            yield error(
                "hit-not-allowed", f"{table.id} has to give one result, and hit: collect gives all",
                "write hit: unique, any, priority or first", table.place,
            )  # fmt: skip
        outputs = (*_NEEDED[kind], *_POSSIBLE.get(kind, ()))
        for place, then in _results(table):
            for name in then:
                if name not in outputs:
                    yield error("unknown-output", f"{table.id}: there is no output {name!r}",
                                did_you_mean(name, outputs), place)  # fmt: skip
            for name in _NEEDED[kind]:
                if not then.get(name):
                    yield error("missing-output", f"{table.id}: the output {name!r} is missing",
                                f"add {name}: to then (or else)", place)  # fmt: skip
            for name, value in then.items():
                if name in _PLAIN and not isinstance(value, str):
                    yield error("wrong-output", f"{table.id}: {name} is one text, not several",
                                "write a single text", place)  # fmt: skip
                elif isinstance(value, str) and value and (fix := _misread(name, value)):
                    yield error("wrong-output", f"{table.id}: {name} cannot be {value!r}", fix,
                                place)  # fmt: skip


def _misread(name: str, value: str) -> str:
    """How to write an output that is a number or a date; empty if it is one."""
    if name == "months" and not (re.fullmatch(r"[0-9]{1,3}", value) and 1 <= int(value) <= MONTHS):
        return f"write a whole number of months from 1 to {MONTHS}"
    if name == "points" and not re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{1,6})?", value):
        return "write points of the list price as a number, like '-1.5'"
    if name == "date" and not _is_date(value):
        return "write a date like 2026-12-01"
    return ""


def _is_date(text: str) -> bool:
    try:
        parse_day(text)
    except NotOfType:
        return False
    return True


def _unknown_ids(workspace: Workspace) -> list[Problem]:
    """Ids in plays that nothing answers to."""
    library, company = workspace.library, workspace.company
    problems: list[Problem] = []

    def unknown(what: str, name: str, place: Place) -> None:
        problems.append(
            error(
                f"unknown-{what.replace(' ', '-')}",
                f"there is no {what} {name!r}",
                "correct the id",
                place,
            )
        )

    for source in library.plays.values():
        play = source.play
        if play.value_model not in library.values:
            unknown("value model", play.value_model, source.place)
        for product in play.pricing.base:
            if product != "*" and product not in company.products:
                unknown("product", product, source.base_places[product])
        if play.status is PlayStatus.PILOT and not play.pilot_markets:
            problems.append(
                error("pilot-without-markets", f"the play {play.id} is a pilot without markets",
                      "name its pilot_markets, or make it live", source.place)
            )  # fmt: skip
        for table in (source.messages, source.objections, source.questions, source.counters):
            for rule in table.rules:
                for claim in ids(rule.then.get("proof")):
                    if claim not in library.claims:
                        unknown("claim", claim, rule.place)
        for place, then in _results(source.offer):
            offer, steps = then.get("offer"), then.get("steps")
            if isinstance(offer, str) and offer not in play.offer.offers:
                unknown("offer", offer, place)
            if isinstance(steps, str) and steps not in play.steps:
                unknown("steps", steps, place)
        for product_id, points in play.pricing.base.items():
            if not _in_order(points):
                problems.append(
                    error(
                        "corridor-order",
                        f"the price corridor of {product_id} is out of order",
                        "write opening ≥ target ≥ rep_limit ≥ manager_limit ≥ floor",
                        source.base_places[product_id],
                    )
                )
    return problems


def _in_order(points: PricePoints) -> bool:
    falling = [
        LIST_POINTS, points.opening, points.target, points.rep_limit, points.manager_limit,
        points.floor, Decimal(0),
    ]  # fmt: skip
    return all(high >= low for high, low in pairwise(falling))


def ids(value: Output | None) -> tuple[str, ...]:
    """An output that names one thing or several, as a tuple."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
