"""Decision tables, compiled: each fact's axis is cut into bands, a condition is a set of bands.

Bands are the points and open intervals between all thresholds of a table, as far as its
conditions tell them apart and data can fall there; each declared value; OTHER (outside the
domain); MISSING. Evaluation, trace and verification all read this one form.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from enum import Enum, StrEnum
from functools import cached_property
from itertools import combinations
from numbers import Integral, Real
from typing import TYPE_CHECKING, TypeAlias

from winlab.facts import Domain, Fact, Facts, FactType, Row, Value, as_number
from winlab.inputs import Aggregate, Hit, Output, RuleSource, TableSource
from winlab.problems import Place, Problem, error, warning
from winlab.rules.conditions import (
    DIGITS,
    Point,
    Span,
    Test,
    Truth,
    ordinate,
    parse_condition,
    plain,
)

if TYPE_CHECKING:
    import numpy
    import pandas
    from numpy.typing import NDArray

Cut: TypeAlias = tuple[Decimal, int]
"""Where a line is cut: just before (0) or just after (1) a number; a date is its ordinal."""


class Rest(Enum):
    """The band of all values that a category without declared values may hold besides."""

    REST = "any other value"


Band: TypeAlias = Span | str | bool | Rest
"""What a present value can be, as far as one table tells values apart."""


class Status(StrEnum):
    """How a row was decided, from best to worst."""

    DEFINITE = "definite"
    DEFAULT = "default"
    GAP = "gap"
    PROVISIONAL = "provisional"
    CONFLICT = "conflict"


def worst(statuses: Iterable[Status]) -> Status:
    """The status of a chain of tables: that of its worst member; definite if it has none."""
    ranks = list(Status)
    return max(statuses, key=ranks.index, default=Status.DEFINITE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table says of a row.

    ``matched`` are the winning rules in order (under a conflict: those that disagree);
    ``collected`` and ``contributions`` hold what each winner gives under hit policy collect and
    its aggregates, ``total`` the aggregate. ``outputs`` is empty on a gap or conflict; on a
    provisional row it is what holds if none of the unknown rules does. ``missing`` names the
    facts that would settle a provisional row.
    """

    status: Status
    matched: tuple[str, ...] = ()
    outputs: Mapping[str, Output] = field(default_factory=dict)
    collected: tuple[tuple[str, Mapping[str, Output]], ...] = ()
    contributions: tuple[tuple[str, Decimal], ...] = ()
    total: Decimal | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition, compiled. ``bands`` is the set of the axis' codes on which it is true."""

    fact: Fact
    test: Test
    negated: bool
    place: Place
    bands: int
    on_missing: Truth

    @property
    def text(self) -> str:
        """The condition as written; an `unless` as ``not(…)``."""
        return f"not({self.test.text})" if self.negated else self.test.text


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, compiled. ``replaces`` is the index of the rule that it ousts."""

    id: str
    clauses: tuple[Clause, ...]
    outputs: Mapping[str, Output]
    why: str
    replaces: int | None
    place: Place


@dataclass(frozen=True, eq=False)
class Axis:
    """One fact's values as a table tells them apart.

    A value's code is the index of its band; ``other`` is the code of a value outside the domain
    (true for nothing but ``-``), ``missing`` that of a missing one. ``true[code]`` is the set of
    rules whose conditions on this fact hold there; ``maybe`` those on a missing value that are
    true or unknown.
    """

    fact: Fact
    bands: tuple[Band, ...]
    cuts: tuple[Cut, ...]
    domain: tuple[Cut | None, Cut | None]
    true: tuple[int, ...]
    maybe: int

    @property
    def other(self) -> int:
        """The code of a value outside the domain."""
        return len(self.bands)

    @property
    def missing(self) -> int:
        """The code of a missing value."""
        return len(self.bands) + 1

    @cached_property
    def codes(self) -> Mapping[Band, int]:
        """The codes of the bands that are single values."""
        return {band: code for code, band in enumerate(self.bands)}

    @property
    def has_other(self) -> bool:
        """Whether a value of the fact's type can lie outside the domain."""
        fact = self.fact
        if fact.type is FactType.NUMBER:
            return fact.domain is not None
        return fact.type in (FactType.CATEGORY, FactType.ORDERED) and bool(fact.values)

    def code(self, raw: object) -> int:
        """The code of a value; of another type than the fact's it counts as outside."""
        value = known(self.fact, raw)
        if value is None:
            return self.missing
        if isinstance(value, Outside):
            return self.other
        if isinstance(value, (str, bool)):
            return self.codes.get(value, self.codes.get(Rest.REST, self.other))
        at = (ordinate(value), 0)
        low, high = self.domain
        if (low is not None and at < low) or (high is not None and at >= high):
            return self.other
        return bisect_right(self.cuts, at)


def matters(table: Table, axis: Axis) -> bool:
    """Whether any rule tests the fact; ``-`` is no test."""
    return any(true != table.everything for true in axis.true)


class Outside(Enum):
    """Stands for a value that is not of its fact's type."""

    OUTSIDE = "not of the fact's type"


def known(fact: Fact, raw: object) -> Value | Outside | None:
    """A raw value as the rules see it: numbers rounded, NaN and infinities missing (``None``)."""
    if raw is None or (isinstance(raw, str) and not raw):
        return None
    if isinstance(raw, Decimal):
        if not raw.is_finite():
            return None
    elif raw != raw:  # NaN and NaT  # noqa: PLR0124
        return None
    match fact.type:
        case FactType.NUMBER:
            number: Decimal | None
            if _is_bool(raw):
                return Outside.OUTSIDE
            if isinstance(raw, Decimal):
                number = raw
            elif isinstance(raw, Integral):
                number = Decimal(int(raw))
            elif isinstance(raw, Real):
                number = as_number(float(raw))
            else:
                return Outside.OUTSIDE
            return None if number is None else fact.rounded(number)
        case FactType.BOOLEAN:
            return bool(raw) if _is_bool(raw) else Outside.OUTSIDE
        case FactType.DATE:
            if isinstance(raw, datetime):
                return (raw.astimezone(UTC) if raw.tzinfo else raw).date()
            return raw if isinstance(raw, date) else Outside.OUTSIDE
        case _:
            return str(raw) if isinstance(raw, str) else Outside.OUTSIDE


def _is_bool(raw: object) -> bool:
    """Whether it is Python's or numpy's, which is not imported for it."""
    return isinstance(raw, bool) or type(raw).__name__ in ("bool", "bool_")


class Nothing(Enum):
    """Results that are no outputs."""

    GAP = "gap"
    CONFLICT = "conflict"


@dataclass(frozen=True, eq=False)
class Table:
    """A compiled decision table."""

    source: TableSource
    rules: tuple[Rule, ...]
    axes: tuple[Axis, ...]
    fingerprint: str

    @property
    def id(self) -> str:
        """The table's name."""
        return self.source.id

    @property
    def hit(self) -> Hit:
        """Its hit policy."""
        return self.source.hit

    @cached_property
    def everything(self) -> int:
        """The set of all rules."""
        return (1 << len(self.rules)) - 1

    @cached_property
    def keys(self) -> tuple[Hashable, ...]:
        """Each rule's outputs, hashable: two rules agree if their keys are equal."""
        return tuple(output_key(rule.outputs) for rule in self.rules)

    @cached_property
    def ranks(self) -> tuple[int, ...]:
        """Each rule's place in the order of preference (hit policy priority), 0 the first."""
        if self.hit is not Hit.PRIORITY:
            return (0,) * len(self.rules)
        order = self.source.priority
        return tuple(order.index(str(first_output(rule.outputs))) for rule in self.rules)

    @cached_property
    def points(self) -> tuple[Decimal, ...]:
        """Each rule's number for the aggregate (1 under count)."""
        return tuple(_points(rule.outputs, self.source.aggregate) for rule in self.rules)

    @cached_property
    def replacers(self) -> int:
        """The set of rules that oust another."""
        return _set(i for i, rule in enumerate(self.rules) if rule.replaces is not None)

    def codes(self, row: Row) -> tuple[int, ...]:
        """The row's code on each axis."""
        return tuple(axis.code(row.get(axis.fact.name)) for axis in self.axes)

    def decide(self, row: Row) -> Outcome:
        """Decides one row."""
        codes = self.codes(row)
        true, unknown = self.matching(codes)
        gone = _set(
            i for i, (axis, code) in enumerate(zip(self.axes, codes, strict=True))
            if code == axis.missing
        )  # fmt: skip
        return self.settle(true, unknown, gone)

    def matching(self, codes: Sequence[int]) -> tuple[int, int]:
        """The sets of rules that are true and that are unknown for these codes."""
        true = maybe = self.everything
        for axis, code in zip(self.axes, codes, strict=True):
            true &= axis.true[code]
            maybe &= axis.maybe if code == axis.missing else axis.true[code]
        return true, maybe & ~true

    def evaluate(self, frame: pandas.DataFrame) -> Evaluation:
        """Decides every row of a frame whose columns are fact names; an absent one is missing."""
        return _evaluate(self, frame)

    # ---------------------------------------------------------------- hit policies

    def winners(self, true: int) -> list[int]:
        """The rules that win among those that are true, in order."""
        if not true:
            return []
        match self.hit:
            case Hit.FIRST:
                return [(true & -true).bit_length() - 1]
            case Hit.PRIORITY:
                found = members(true)
                best = min(self.ranks[i] for i in found)
                return [i for i in found if self.ranks[i] == best]
            case Hit.COLLECT:
                return members(true & ~self._ousted(true))
            case _:
                return members(true)

    def settle(self, true: int, unknown: int, gone: int) -> Outcome:
        """The outcome where these rules are true and these unknown.

        ``gone`` is the set of axes on which the row's value is missing.
        """
        winners = self.winners(true)
        matched = tuple(self.rules[i].id for i in winners)
        result = self._result(true)
        if result is Nothing.CONFLICT:
            return Outcome(Status.CONFLICT, matched)
        otherwise = self.source.otherwise
        status = Status.DEFINITE
        if not winners:
            empty_will_do = self.hit is Hit.COLLECT and otherwise == {}
            status = Status.GAP if otherwise is None else Status.DEFAULT
            status = Status.DEFINITE if empty_will_do else status
        deciding = self._deciding(true, unknown) if unknown else []
        missing: tuple[str, ...] = ()
        if deciding:
            status = Status.PROVISIONAL
            missing = self._missing(deciding, gone)
        if self.hit is not Hit.COLLECT:
            outputs = self.rules[winners[0]].outputs if winners else otherwise or {}
            return Outcome(status, matched, outputs, missing=missing)
        collected = tuple((self.rules[i].id, self.rules[i].outputs) for i in winners)
        if self.source.aggregate is None:
            outputs = {} if winners else otherwise or {}
            return Outcome(status, matched, outputs, collected, missing=missing)
        contributions = tuple((self.rules[i].id, self.points[i]) for i in winners)
        total = result if isinstance(result, Decimal) else None
        outputs = otherwise or {}
        if winners and total is not None:
            outputs = {next(iter(self.rules[winners[0]].outputs), "count"): plain(total)}
        return Outcome(status, matched, outputs, collected, contributions, total, missing)

    def _ousted(self, true: int) -> int:
        ousted = 0
        for i in members(true & self.replacers):
            ousted |= 1 << (self.rules[i].replaces or 0)
        return ousted

    def _result(self, true: int) -> Hashable:
        """What the policy makes of these true rules, comparable."""
        winners = self.winners(true)
        otherwise = self.source.otherwise
        aggregate = self.source.aggregate
        if self.hit is Hit.COLLECT:
            if not winners:
                if otherwise is None:
                    return Nothing.GAP
                if aggregate is None:
                    return (output_key(otherwise),) if otherwise else ()
                return _number(otherwise) if otherwise else _nothing(aggregate)
            if aggregate is None:
                return tuple(self.keys[i] for i in winners)
            return _aggregate(aggregate, [self.points[i] for i in winners])
        if not winners:
            return Nothing.GAP if otherwise is None else output_key(otherwise)
        results = {self.keys[i] for i in winners}
        return results.pop() if len(results) == 1 else Nothing.CONFLICT

    def _deciding(self, true: int, unknown: int) -> list[int]:
        """The unknown rules that could change the outputs, if some of them were true.

        Under all policies but collect a set of unknown rules changes the outputs only if one of
        them alone does. Under collect two replacements may meet, and a minimum or maximum may
        need several to move.
        """
        now = self._result(true)
        if self.hit is not Hit.COLLECT:
            rivals = members(unknown)
            winners = self.winners(true)
            if winners and self.hit is Hit.FIRST:
                rivals = [i for i in rivals if i < winners[0]]
            if winners and self.hit is Hit.PRIORITY:
                rivals = [i for i in rivals if self.ranks[i] <= self.ranks[winners[0]]]
            return [i for i in rivals if self.keys[i] != now]
        adding = unknown & ~self.replacers & ~self._ousted(true)
        always = true != 0 and self.source.aggregate in (None, Aggregate.COUNT)
        alone = [
            i
            for i in members(unknown)
            if (always and adding >> i & 1) or self._result(true | 1 << i) != now
        ]
        if alone:
            return alone
        if self.source.aggregate in (Aggregate.MIN, Aggregate.MAX):
            return self._moving(true, unknown, now) if true else []
        # Only rules that replace can meet; with nothing true, any three hold a pair that does.
        meeting = sorted({*members(unknown & self.replacers), *members(unknown)[:3]})
        pairs = (
            pair for pair in combinations(meeting, 2)
            if self._result(true | 1 << pair[0] | 1 << pair[1]) != now
        )  # fmt: skip
        return sorted({i for pair in pairs for i in pair})

    def _moving(self, true: int, unknown: int, extreme: Hashable) -> list[int]:
        """Unknown rules that together oust every winner that holds the minimum or maximum."""
        ousted = self._ousted(true)
        able = {
            i for i in members(unknown) if self.points[i] != extreme or ousted >> i & 1
        }  # those that do not bring the extreme back, or are ousted by one that does not
        rest = list(able)
        while rest:
            target = self.rules[rest.pop()].replaces
            if target is not None and unknown >> target & 1 and target not in able:
                able.add(target)
                rest.append(target)
        moving: set[int] = set()
        for winner in self.winners(true):
            if self.points[winner] == extreme:
                movers = {i for i in able if self.rules[i].replaces == winner}
                if not movers:
                    return []
                moving |= movers
        return sorted(moving)

    def _missing(self, rules: Iterable[int], gone: int) -> tuple[str, ...]:
        wanted = _set(rules)
        return tuple(
            axis.fact.name
            for i, axis in enumerate(self.axes)
            if gone >> i & 1 and wanted & axis.maybe & ~axis.true[axis.missing]
        )


# -------------------------------------------------------------------- outputs


def output_key(outputs: Mapping[str, Output]) -> Hashable:
    """Outputs in a form that compares and hashes, whatever their order."""
    return json.dumps(outputs, sort_keys=True, default=dict, ensure_ascii=False)


def first_output(outputs: Mapping[str, Output]) -> Output:
    """The output that priority and aggregates look at."""
    return next(iter(outputs.values()), "")


def _number(outputs: Mapping[str, Output]) -> Decimal:
    return Decimal(str(first_output(outputs)).strip())


def _points(outputs: Mapping[str, Output], aggregate: Aggregate | None) -> Decimal:
    if aggregate is Aggregate.COUNT:
        return Decimal(1)
    return _number(outputs) if aggregate else Decimal(0)


def _aggregate(aggregate: Aggregate, numbers: Sequence[Decimal]) -> Decimal:
    match aggregate:
        case Aggregate.MIN:
            return min(numbers)
        case Aggregate.MAX:
            return max(numbers)
        case _:
            return sum(numbers, Decimal(0))


def _nothing(aggregate: Aggregate) -> Hashable:
    return Nothing.GAP if aggregate in (Aggregate.MIN, Aggregate.MAX) else Decimal(0)


def members(these: int) -> list[int]:
    """The members of a set of small integers, in order."""
    found = []
    while these:
        low = these & -these
        found.append(low.bit_length() - 1)
        these ^= low
    return found


def _set(these: Iterable[int]) -> int:
    found = 0
    for i in these:
        found |= 1 << i
    return found


# -------------------------------------------------------------------- compilation

LARGEST = 1_500_000_000
"""Rules times bands, over all facts of a table: above this it is refused."""


def compile_table(source: TableSource, facts: Facts) -> tuple[Table | None, list[Problem]]:
    """Compiles a table; all that is wrong with it is collected, and errors leave no table."""
    problems: list[Problem] = []
    parsed: list[list[tuple[Fact, Test, bool, Place]]] = []
    for rule in source.rules:
        tests = []
        for condition in rule.when:
            fact = facts.get(condition.fact)
            place = condition.cell.place
            if fact is None:
                problems.append(_unknown_fact(condition.fact, facts, place))
                continue
            test, found = parse_condition(condition.cell, fact)
            problems.extend(found)
            if test is None:
                continue
            if test.anything and condition.negated:
                problems.append(
                    error(
                        "condition-excludes-all",
                        f"an unless of '-' on {fact.name} rules everything out",
                        "leave it out, or write what is ruled out",
                        place,
                    )
                )
                continue
            tests.append((fact, test, condition.negated, place))
        parsed.append(tests)
    problems.extend(_structure(source))
    if problems:
        return None, problems
    tests_on: dict[str, list[Test]] = {}
    for tests in parsed:
        for fact, test, _, _ in tests:
            tests_on.setdefault(fact.name, []).append(test)
    lines = {name: _Line(facts[name], found) for name, found in tests_on.items()}
    if sum(len(line.bands) for line in lines.values()) * len(source.rules) > LARGEST:
        return None, [
            error(
                "table-too-large",
                f"the table {source.id} has {len(source.rules)} rules with too many thresholds",
                "split it into several tables",
                source.place,
            )
        ]
    indices = {rule.id: i for i, rule in enumerate(source.rules)}
    rules = tuple(
        Rule(
            rule.id,
            tuple(lines[fact.name].clause(test, negated, at) for fact, test, negated, at in tests),
            rule.then,
            rule.why,
            indices[rule.replaces] if rule.replaces else None,
            rule.place,
        )
        for rule, tests in zip(source.rules, parsed, strict=True)
    )
    clauses_on: dict[str, dict[int, list[Clause]]] = {name: {} for name in lines}
    for i, compiled in enumerate(rules):
        for clause in compiled.clauses:
            clauses_on[clause.fact.name].setdefault(i, []).append(clause)
    axes = tuple(line.axis(clauses_on[name], len(rules)) for name, line in lines.items())
    return Table(source, rules, axes, _fingerprint(source, parsed, lines)), []


def _unknown_fact(name: str, facts: Facts, place: Place) -> Problem:
    near = difflib.get_close_matches(name, list(facts.by_name), 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else "`winlab fields facts` lists the facts"
    return error("fact-unknown", f"there is no fact {name}", hint, place)


def _structure(source: TableSource) -> Iterator[Problem]:
    """What is wrong between rules, and between rules and hit policy."""
    seen: dict[str, RuleSource] = {}
    for rule in source.rules:
        if rule.id in seen:
            yield error(
                "rule-twice",
                f"two rules of {source.id} are called {rule.id}",
                f"rename one; the other stands at {seen[rule.id].place}",
                rule.place,
            )
        seen.setdefault(rule.id, rule)
    for rule in source.rules:
        if rule.replaces:
            yield from _replacement(source, rule, seen)
    yield from _rings(source)
    if source.aggregate is not None and source.hit is not Hit.COLLECT:
        yield error(
            "table-aggregate",
            f"{source.aggregate} only goes with hit: collect, and {source.id} says {source.hit}",
            "write hit: collect, or leave the aggregate out",
            source.place,
        )
    elif source.aggregate not in (None, Aggregate.COUNT):
        yield from _numbers(source)
    if source.hit is Hit.PRIORITY:
        yield from _priorities(source)


def _replacement(
    source: TableSource, rule: RuleSource, rules: Mapping[str, RuleSource]
) -> Iterator[Problem]:
    if source.hit is not Hit.COLLECT:
        yield error(
            "rule-replaces",
            f"{rule.id} replaces {rule.replaces}, but {source.id} has hit: {source.hit}",
            "replaces only goes with hit: collect",
            rule.place,
        )
    elif rule.replaces not in rules:
        near = difflib.get_close_matches(rule.replaces, list(rules), 1, 0.5)
        yield error(
            "rule-replaces",
            f"{rule.id} replaces {rule.replaces}, which is no rule of {source.id}",
            f"did you mean {near[0]}?" if near else "correct the id",
            rule.place,
        )


def _rings(source: TableSource) -> Iterator[Problem]:
    """Rules that replace each other in a ring, each ring once."""
    following = {rule.id: rule.replaces for rule in source.rules}
    done: set[str] = set()
    for rule in source.rules:
        chain: dict[str, None] = {}
        name = rule.id
        while following.get(name) and name not in done and name not in chain:
            chain[name] = None
            name = following[name]
        if name in chain:
            ring = [*chain][[*chain].index(name) :]
            yield error(
                "rule-replaces",
                f"rules replace each other in a ring: {' → '.join([*ring, name])}",
                "take one replaces out",
                rule.place,
            )
        done.update(chain)


def _numbers(source: TableSource) -> Iterator[Problem]:
    rows = [(rule.id, rule.then, rule.place) for rule in source.rules]
    if source.otherwise:
        rows.append(("else", source.otherwise, source.place))
    for name, outputs, place in rows:
        try:
            number = Decimal(str(first_output(outputs)).strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            yield error(
                "table-aggregate",
                f"{name} gives {first_output(outputs)!r}, and {source.id} adds up numbers"
                if source.aggregate is Aggregate.SUM
                else f"{name} gives {first_output(outputs)!r}, and {source.id} compares numbers",
                "make its first output a number",
                place,
            )


def _priorities(source: TableSource) -> Iterator[Problem]:
    for rule in source.rules:
        value = str(first_output(rule.then))
        if value not in source.priority:
            near = difflib.get_close_matches(value, source.priority, 1, 0.5)
            yield error(
                "table-priority",
                f"{rule.id} gives {value}, which the priority of {source.id} does not list",
                f"did you mean {near[0]}?" if near else f"add {value} to priority, at its place",
                rule.place,
            )


class _Line:
    """One fact's axis while a table is compiled."""

    def __init__(self, fact: Fact, tests: Sequence[Test]) -> None:
        self.fact = fact
        self.cuts: tuple[Cut, ...] = ()
        self.domain: tuple[Cut | None, Cut | None] = (None, None)
        if fact.type in (FactType.NUMBER, FactType.DATE):
            self.domain = _domain_cuts(fact)
            low, high = self.domain
            written: dict[Cut, tuple[Point, int]] = {}
            for test in tests:
                for span in test.spans:
                    first, last = _cuts(fact, span)
                    if first and span.low is not None:
                        written.setdefault(first, (span.low, int(span.low_open)))
                    if last and span.high is not None:
                        written.setdefault(last, (span.high, int(not span.high_open)))
            self.cuts = tuple(
                sorted(c for c in written if (not low or c > low) and (not high or c < high))
            )
            self.bands = _spans(fact, [written[cut] for cut in self.cuts])
        elif fact.type is FactType.BOOLEAN:
            self.bands = (False, True)
        elif fact.values:
            self.bands = fact.values
        else:
            self.bands = (*dict.fromkeys(w for test in tests for w in test.words), Rest.REST)
        self.codes = {band: code for code, band in enumerate(self.bands)}
        self.present = (1 << len(self.bands)) - 1

    bands: tuple[Band, ...]

    def clause(self, test: Test, negated: bool, place: Place) -> Clause:
        bands = self.within(test)
        on_missing = test.on_missing
        if negated:
            bands, on_missing = self.present & ~bands, ~on_missing
        return Clause(self.fact, test, negated, place, bands, on_missing)

    def within(self, test: Test) -> int:
        """The codes on which a test is true, OTHER among them only under ``-``."""
        if test.anything:
            return self.present | 1 << len(self.bands)
        found = 0
        for word in test.words:
            found |= 1 << self.codes[word]
        for span in test.spans:
            low, high = _cuts(self.fact, span)
            start = self._index(low, 0)
            end = self._index(high, len(self.bands))
            if end > start:
                found |= (1 << end) - (1 << start)
        return self.present & ~found if test.complement else found

    def _index(self, cut: Cut | None, unbounded: int) -> int:
        low, high = self.domain
        if cut is None:
            return unbounded
        if low is not None and cut <= low:
            return 0
        if high is not None and cut >= high:
            return len(self.bands)
        return bisect_left(self.cuts, cut) + 1

    def edge(self, code: int) -> str:
        """Where a band begins, in a form that does not depend on the other cuts."""
        if code == 0:
            return "start"
        number, after = self.cuts[code - 1]
        return f"{plain(number)}{'+' if after else ''}"

    def axis(self, clauses: Mapping[int, Sequence[Clause]], rules: int) -> Axis:
        """``clauses`` are those on this fact, by rule."""
        size = len(self.bands) + 1
        turns = [0] * (size + 1)
        untested = (1 << rules) - 1
        maybe = certain = 0
        for i, tests in clauses.items():
            one = 1 << i
            untested ^= one
            bands = -1
            for clause in tests:
                bands &= clause.bands
            for turn in members(bands ^ (bands << 1)):
                turns[turn] ^= one
            said = {clause.on_missing for clause in tests}
            if Truth.FALSE not in said:
                maybe |= one
                certain |= 0 if Truth.UNKNOWN in said else one
        true = []
        running = 0
        for code in range(size):
            running ^= turns[code]
            true.append(untested | running)
        true.append(untested | certain)
        return Axis(self.fact, self.bands, self.cuts, self.domain, tuple(true), untested | maybe)


def grid_step(fact: Fact) -> Decimal | None:
    """The distance of neighbouring values; ``None`` where they lie dense."""
    if fact.type is FactType.DATE:
        return Decimal(1)
    return None if fact.decimals is None else Decimal(1).scaleb(-fact.decimals)


def _cut(fact: Fact, point: Point, *, after: bool) -> Cut:
    """A cut before or after a point; where values lie on a grid, before the next of them."""
    at = ordinate(point)
    step = grid_step(fact)
    if step is None:
        return at, int(after)
    if after:
        return ((at / step).to_integral_value(ROUND_FLOOR) + 1) * step, 0
    return (at / step).to_integral_value(ROUND_CEILING) * step, 0


def _cuts(fact: Fact, span: Span) -> tuple[Cut | None, Cut | None]:
    low = None if span.low is None else _cut(fact, span.low, after=span.low_open)
    high = None if span.high is None else _cut(fact, span.high, after=not span.high_open)
    return low, high


def _domain_cuts(fact: Fact) -> tuple[Cut | None, Cut | None]:
    domain = fact.domain or Domain()
    return _cuts(fact, Span(domain.low, domain.high, domain.low_open, domain.high_open))


def _spans(fact: Fact, cuts: Sequence[tuple[Point, int]]) -> tuple[Span, ...]:
    """The bands between cuts, as they were first written, and the domain's ends."""
    domain = fact.domain or Domain()
    spans = []
    low: Point | None = domain.low
    low_open = domain.low_open
    for point, after in cuts:
        spans.append(Span(low, point, low_open, not after))
        low, low_open = point, bool(after)
    spans.append(Span(low, domain.high, low_open, domain.high_open))
    return tuple(spans)


def _fingerprint(
    source: TableSource,
    parsed: Sequence[Sequence[tuple[Fact, Test, bool, Place]]],
    lines: Mapping[str, _Line],
) -> str:
    """A digest of what the table means: not of its file, its places, or how a test is written."""

    def meaning(fact: Fact, test: Test, *, negated: bool) -> list[str]:
        line = lines[fact.name]
        clause = line.clause(test, negated, source.place)
        if fact.type in (FactType.NUMBER, FactType.DATE):
            turns = members((clause.bands ^ (clause.bands << 1)) & line.present)
            held = [line.edge(turn) for turn in turns]
        else:
            held = [str(line.bands[code]) for code in members(clause.bands & line.present)]
        return [fact.name, clause.on_missing, *held]

    def dictionary(fact: Fact) -> list[str]:
        ends = [str(end) for end in _domain_cuts(fact)] if fact.domain else []
        return [fact.name, fact.type, fact.unit, str(fact.decimals), *ends, *fact.values]

    tested = {fact.name for tests in parsed for fact, test, _, _ in tests if not test.anything}
    content = [
        source.id,
        source.hit,
        source.aggregate,
        source.priority if source.hit is Hit.PRIORITY else (),
        None if source.otherwise is None else output_key(source.otherwise),
        [
            [
                rule.id,
                rule.replaces,
                output_key(rule.then),
                next(iter(rule.then), "") if source.aggregate or source.priority else "",
                sorted(
                    meaning(fact, test, negated=negated)
                    for fact, test, negated, _ in tests
                    if not test.anything
                ),
            ]
            for rule, tests in zip(source.rules, parsed, strict=True)
        ],
        sorted(dictionary(lines[name].fact) for name in tested),
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


# -------------------------------------------------------------------- many rows at once

CHUNK = 1 << 16
"""Rows that are worked on at a time, fewer under very many rules."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The outcomes of a frame's rows.

    ``outcomes`` are the different ones and ``index`` says which each row has. ``codes`` holds the
    rows' codes on each axis that matters: all that a trace needs. ``problems`` are warnings on
    values outside a domain and on infinities, with their rows.
    """

    table: Table
    outcomes: tuple[Outcome, ...]
    index: NDArray[numpy.int64]
    codes: Mapping[str, NDArray[numpy.unsignedinteger]]
    problems: tuple[Problem, ...]

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, row: int) -> Outcome:
        return self.outcomes[int(self.index[row])]

    def __iter__(self) -> Iterator[Outcome]:
        return (self.outcomes[i] for i in self.index)

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        import numpy as np

        counts = np.bincount(self.index, minlength=len(self.outcomes))
        pairs = zip(self.outcomes, counts, strict=True)
        return sum(int(n) for outcome, n in pairs if outcome.status is status)

    def matching(self, row: int) -> tuple[int, int]:
        """The sets of rules that are true and that are unknown on a row."""
        return self.table.matching(
            [
                int(self.codes[axis.fact.name][row]) if axis.fact.name in self.codes else 0
                for axis in self.table.axes
            ]
        )


def _evaluate(table: Table, frame: pandas.DataFrame) -> Evaluation:
    import numpy as np

    rows = len(frame)
    axes = [(i, axis) for i, axis in enumerate(table.axes) if matters(table, axis)]
    problems: list[Problem] = []
    codes: dict[str, NDArray[numpy.unsignedinteger]] = {}
    for _, axis in axes:
        name = axis.fact.name
        if name in frame.columns:
            codes[name] = _column_codes(axis, frame[name], problems)
        else:
            codes[name] = np.full(rows, axis.missing, _code_type(axis))
    words = max(1, -(-len(table.rules) // 64))
    masks = [_masks(axis, len(table.rules), words) for _, axis in axes]
    index = np.zeros(rows, np.int64)
    outcomes: list[Outcome] = []
    found: dict[tuple[int, int, int], int] = {}

    def settled(true: int, maybe: int, gone: int) -> int:
        key = (true, maybe & ~true, gone)
        if key not in found:
            found[key] = len(outcomes)
            outcomes.append(table.settle(*key))
        return found[key]

    chunk = max(256, CHUNK // words)
    for start in range(0, rows, chunk):
        here = slice(start, min(start + chunk, rows))
        size = here.stop - here.start
        true = np.full((size, words), _words(table.everything, words), np.uint64)
        maybe: NDArray[numpy.uint64] | None = None
        gone = np.zeros((size, -(-max(1, len(table.axes)) // 64)), np.uint64)
        for (i, axis), (sure, possible) in zip(axes, masks, strict=True):
            column = codes[axis.fact.name][here]
            absent = column == axis.missing
            if maybe is None and absent.any():
                maybe = true.copy()
            if maybe is not None:
                maybe &= possible[column]
                gone[:, i // 64] |= absent.astype(np.uint64) << np.uint64(i % 64)
            true &= sure[column]
        doubtful = None if maybe is None else (maybe != true).any(axis=1)
        if doubtful is None or maybe is None or not doubtful.any():
            label, first = _distinct(true)
            which = [settled(_int(true[row]), _int(true[row]), 0) for row in first]
            index[here] = np.array(which, np.int64)[label]
            continue
        certain = ~doubtful
        part = index[here]
        label, first = _distinct(true[certain])
        which = [settled(_int(row), _int(row), 0) for row in true[certain][first]]
        part[certain] = np.array(which, np.int64)[label]
        together = np.hstack([true[doubtful], maybe[doubtful], gone[doubtful]])
        label, first = _distinct(together)
        which = [
            settled(_int(row[:words]), _int(row[words : 2 * words]), _int(row[2 * words :]))
            for row in together[first]
        ]
        part[doubtful] = np.array(which, np.int64)[label]
    return Evaluation(table, tuple(outcomes), index, codes, tuple(problems))


def _words(these: int, words: int) -> NDArray[numpy.uint64]:
    import numpy as np

    return np.frombuffer(these.to_bytes(words * 8, "little"), np.uint64)


def _int(words: NDArray[numpy.uint64]) -> int:
    return int.from_bytes(words.tobytes(), "little")


def _masks(
    axis: Axis, rules: int, words: int
) -> tuple[NDArray[numpy.uint64], NDArray[numpy.uint64]]:
    """For each code the rules that are true, and those that are true or unknown."""
    import numpy as np

    size = words * 8
    sure = np.frombuffer(b"".join(t.to_bytes(size, "little") for t in axis.true), np.uint64)
    sure = sure.reshape(-1, words)
    possible = sure.copy()
    possible[axis.missing] = _words(axis.maybe, words)
    return sure, possible


def _distinct(
    rows: NDArray[numpy.uint64],
) -> tuple[NDArray[numpy.int64], NDArray[numpy.int64]]:
    """A label for each row, equal for equal rows, and the first row of each label."""
    import numpy as np
    import pandas as pd

    label, kinds = pd.factorize(rows[:, 0])
    for column in range(1, rows.shape[1]):
        more, others = pd.factorize(rows[:, column])
        if len(others) > 1:
            label, kinds = pd.factorize((label * len(others) + more).astype(np.uint64))
    first = np.zeros(len(kinds), np.int64)
    first[label[::-1]] = np.arange(len(label))[::-1]
    return label, first


def _code_type(axis: Axis) -> type[numpy.unsignedinteger]:
    import numpy as np

    return np.uint8 if axis.missing < 256 else np.uint32


def _column_codes(
    axis: Axis, column: pandas.Series, problems: list[Problem]
) -> NDArray[numpy.unsignedinteger]:
    """The codes of a frame's column; warns of values outside the domain and of infinities."""
    import numpy as np
    import pandas as pd

    fact = axis.fact
    kind = column.dtype
    endless = None
    edges = _float_edges(axis)
    if fact.type is FactType.NUMBER and pd.api.types.is_numeric_dtype(kind) and edges is not None:
        if pd.api.types.is_bool_dtype(kind):
            codes = np.full(len(column), axis.other, _code_type(axis))
        else:
            values = np.asarray(column.to_numpy(np.float64, na_value=np.nan), np.float64)
            endless = np.isinf(values)
            codes = _float_codes(axis, edges, values)
    elif fact.type is FactType.DATE and pd.api.types.is_datetime64_any_dtype(kind):
        days = pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy("datetime64[D]")
        values = days.astype(np.int64).astype(np.float64) + date(1970, 1, 1).toordinal()
        values[np.isnat(days)] = np.nan
        codes = _float_codes(axis, edges or [], values)
    else:
        labels, kinds = pd.factorize(column)
        table = [axis.code(value) for value in kinds] + [axis.missing]
        codes = np.array(table, _code_type(axis))[labels]
        floats = [isinstance(v, (float, Decimal)) and math.isinf(v) for v in kinds]
        if any(floats):
            endless = np.array([*floats, False])[labels]
    outside = codes == axis.other
    if outside.any():
        problems.append(
            _rows_problem(
                "value-outside",
                f"outside what {fact.name} can be, and match no condition",
                "correct the data, or the domain in the facts file",
                column,
                outside,
            )
        )
    if endless is not None and endless.any():
        problems.append(
            _rows_problem(
                "value-infinite",
                f"infinite for {fact.name}, and count as missing",
                "correct the data",
                column,
                endless,
            )
        )
    return codes


def _rows_problem(
    code: str,
    what: str,
    hint: str,
    column: pandas.Series,
    where: NDArray[numpy.bool_],
) -> Problem:
    found = column[where]
    names = ", ".join(f"{row}: {value}" for row, value in found.head(5).items())
    more = ", …" if len(found) > 5 else ""
    values = "1 value is" if len(found) == 1 else f"{len(found)} values are"
    return warning(code, f"{values} {what} (rows {names}{more})", hint)


def _float_edges(axis: Axis) -> list[float] | None:
    """For each cut the least float behind it, rounding included; ``None`` if floats can't tell.

    Up to 15 digits a float's shortest notation is the number itself, so comparing floats here
    is comparing decimals.
    """
    if axis.fact.type not in (FactType.NUMBER, FactType.DATE):
        return None
    step = grid_step(axis.fact) if axis.fact.type is FactType.NUMBER else None
    edges = []
    for cut in (axis.domain[0], *axis.cuts, axis.domain[1]):
        if cut is None:
            continue
        number, after = cut[0], cut[1] == 1
        if step is not None:
            after = number <= 0
            number -= step / 2
        if len(number.normalize().as_tuple().digits) > DIGITS:
            return None
        edges.append(math.nextafter(float(number), math.inf) if after else float(number))
    return edges


def _float_codes(
    axis: Axis, edges: Sequence[float], values: NDArray[numpy.float64]
) -> NDArray[numpy.unsignedinteger]:
    import numpy as np

    low, high = axis.domain
    codes = [axis.other] if low is not None else []
    codes += range(len(axis.bands))
    codes += [axis.other] if high is not None else []
    table = np.array(codes, _code_type(axis))
    if len(edges) <= 24:
        passed = np.zeros(len(values), np.uint8)
        for start in range(0, len(values), CHUNK):
            part, count = values[start : start + CHUNK], passed[start : start + CHUNK]
            for edge in edges:
                count += part >= edge
        found = table[passed]
    else:
        found = table[np.searchsorted(edges, values, side="right")]
    found[~np.isfinite(values)] = axis.missing
    return found
