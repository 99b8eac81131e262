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
from winlab.source import Parsed, Pointer
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


@dataclass(frozen=True)
class Attempt:
    """The tables of a library that can be compiled, and all that is wrong with the others.

    ``parts`` holds a play's tables in the order of :func:`parts_of`, ``None`` for a faulty one.
    """

    facts: Facts
    peer_groups: Table | None
    plays: Table | None
    parts: Mapping[str, tuple[Table | None, ...]]
    problems: tuple[Problem, ...]


def compile_rules(workspace: Workspace) -> Rulebook:
    """Compiles every table of the library; raises :class:`Stopped` with all that is wrong."""
    tried = try_rules(workspace)
    if errors(tried.problems) or tried.peer_groups is None or tried.plays is None:
        raise Stopped([*workspace.problems, *tried.problems])
    tables = {
        play_id: PlayTables(
            workspace.library.plays[play_id], *(table for table in parts if table is not None)
        )
        for play_id, parts in tried.parts.items()
    }
    return Rulebook(tried.facts, tried.peer_groups, tried.plays, tables)


def try_rules(workspace: Workspace) -> Attempt:
    """Compiles what can be compiled of a library's tables."""
    library = workspace.library
    facts = derived_facts(library, workspace)
    problems = list(_output_problems(library))
    reported = {problem.place for problem in problems}

    def told(rule: Place) -> bool:
        within = f"{rule.pointer}."
        return rule in reported or any(
            place.file == rule.file and place.pointer.startswith(within) for place in reported
        )

    def compiled(source: TableSource) -> Table | None:
        table, found = compile_table(source, facts)
        twice = {p for p in found if p.code == "table-aggregate" and told(p.place)}
        problems.extend(problem for problem in found if problem not in twice)
        return table

    peer_groups = compiled(library.peer_groups)
    plays = compiled(play_table(library, Place(workspace.file.workspace.plays)))
    parts = {
        play_id: tuple(compiled(source) for source in parts_of(play))
        for play_id, play in library.plays.items()
    }
    problems.extend(_play_problems(workspace))
    return Attempt(facts, peer_groups, plays, parts, tuple(problems))


def parts_of(play: PlaySource) -> tuple[TableSource, ...]:
    """The tables that a play brings, as :class:`PlayTables` lists them."""
    return (
        play.offer, play.adjust, play.levers, play.messages, play.objections, play.questions,
        play.counters,
    )  # fmt: skip


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

_ALSO: Mapping[str, tuple[str, ...]] = {
    "offer": ("months",),
    "messages": ("theme", "proof"),
    "objections": ("acknowledge", "proof", "ask"),
    "questions": ("kind", "proof"),
    "counters": ("they_win", "source", "date", "proof"),
}
"""The outputs that its rules may give besides."""

_PLAIN = {"peer_group", "strategy", "offer", "steps", "months", "points", "rival", "date", "kind"}
"""Outputs that are one text and not a list, nor a sentence in several languages."""


def _results(library: Library, table: TableSource) -> Iterator[tuple[_Where, Mapping[str, Output]]]:
    """What each rule gives, and what holds else, with its places."""
    for rule in table.rules:
        yield _Where(library.trees, rule.place, "then"), rule.then
    if table.otherwise:
        yield _Where(library.trees, table.place, "else"), table.otherwise


@dataclass(frozen=True)
class _Where:
    """Where a rule stands, and its outputs, which lie under ``key``."""

    trees: Mapping[str, Parsed]
    place: Place
    key: str

    def of(self, name: str = "") -> Place:
        """Where an output stands; where a sheet holds it, its rule."""
        parsed = self.trees.get(self.place.file)
        return parsed.place(self.pointer(name)) if parsed else self.place

    def key_of(self, name: str) -> Place:
        """Where an output's name stands."""
        parsed = self.trees.get(self.place.file)
        return parsed.key_place(self.pointer(name)) if parsed else self.place

    def pointer(self, name: str) -> Pointer:
        """The way to an output within its file."""
        rule = [int(step) if step.isdigit() else step for step in self.place.pointer.split(".")]
        return (*(step for step in rule if step != ""), self.key, *([name] if name else ()))


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
        for where, then in _results(library, table):
            yield from _misnamed(kind, table.id, where, then)
            for name, value in then.items():
                if name in _PLAIN and not isinstance(value, str):
                    yield error("wrong-output", f"{table.id}: {name} is one text, not several",
                                "write a single text", where.of(name))  # fmt: skip
                elif isinstance(value, str) and value and (fix := _misread(name, value)):
                    yield error("wrong-output", f"{table.id}: {name} cannot be {value!r}", fix,
                                where.of(name))  # fmt: skip


def _misnamed(
    kind: str, table: str, where: _Where, then: Mapping[str, Output]
) -> Iterator[Problem]:
    """Outputs that are needed and not there, and others that nothing reads."""
    known = (*_NEEDED[kind], *_ALSO.get(kind, ()))
    for name in then:
        if name not in known:
            yield error("unknown-output", f"{table}: there is no output {name!r}",
                        did_you_mean(name, known), where.key_of(name))  # fmt: skip
    for name in _NEEDED[kind]:
        if not then.get(name):
            yield error("missing-output", f"{table}: the output {name!r} is missing",
                        f"add {name}: to then (or else)", where.of())  # fmt: skip


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


def _play_problems(workspace: Workspace) -> Iterator[Problem]:
    """What is wrong in plays beyond their form: ids, dates, and the order of prices."""
    library = workspace.library
    for source in library.plays.values():
        play = source.play

        def at(*pointer: str, name: str = play.id) -> Place:
            return library.place(PlaySource, name, *pointer)

        yield from _unknown_ids(source, workspace, at("value_model"))
        if play.status is PlayStatus.PILOT and not play.pilot_markets:
            yield error(
                "pilot-without-markets", f"the play {play.id} is a pilot without markets",
                "name its pilot_markets, or make it live", at("status"),
            )  # fmt: skip
        for product_id, points in play.pricing.base.items():
            if not _in_order(points):
                yield error(
                    "corridor-order", f"the price corridor of {product_id} is out of order",
                    "write opening ≥ target ≥ rep_limit ≥ manager_limit ≥ floor",
                    source.base_places[product_id],
                )  # fmt: skip


def _unknown_ids(source: PlaySource, workspace: Workspace, model: Place) -> Iterator[Problem]:
    """Ids in a play that nothing answers to."""
    library, play = workspace.library, source.play

    def unknown(what: str, name: str, known: Iterable[str], place: Place) -> Problem:
        hint = did_you_mean(name, known) or "correct the id"
        return error(f"unknown-{what.replace(' ', '-')}", f"there is no {what} {name!r}", hint,
                     place)  # fmt: skip

    if play.value_model not in library.values:
        yield unknown("value model", play.value_model, library.values, model)
    for product in play.pricing.base:
        if product != "*" and product not in workspace.company.products:
            yield unknown("product", product, workspace.company.products,
                          source.base_places[product])  # fmt: skip
    for table in (source.messages, source.objections, source.questions, source.counters):
        for where, then in _results(library, table):
            for claim in ids(then.get("proof")):
                if claim not in library.claims:
                    yield unknown("claim", claim, library.claims, where.of("proof"))
    for where, then in _results(library, source.offer):
        offer, steps = then.get("offer"), then.get("steps")
        if isinstance(offer, str) and offer not in play.offer.offers:
            yield unknown("offer", offer, play.offer.offers, where.of("offer"))
        if isinstance(steps, str) and steps not in play.steps:
            yield unknown("steps", steps, play.steps, where.of("steps"))
    for name, text in play.offer.offers.items():
        for index, service in enumerate(text.services):
            if service not in library.services:
                at = library.place(PlaySource, play.id, "offer", "offers", name, "services", index)
                yield unknown("service", service, library.services, at)


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
