"""Compiles a decision table: checks it, cuts the facts' axes, turns conditions into sets."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from winlab.facts import Domain, Fact, Facts, FactType
from winlab.inputs import Aggregate, Hit, RuleSource, TableSource
from winlab.problems import Place, Problem, error, nearest
from winlab.rules.atoms import Axis, Band, Cut, Rest, grid_step, members
from winlab.rules.conditions import Point, Span, Test, Truth, ordinate, parse_condition, plain
from winlab.rules.table import Clause, Rule, Table, first_output, output_key

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
    # In the dictionary's order, whatever the order in which the table comes to its facts.
    lines = {f.name: _Line(f, tests_on[f.name]) for f in facts if f.name in tests_on}
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
    near = nearest(name, facts.by_name)
    hint = f"did you mean {near}?" if near else "`winlab fields facts` lists the facts"
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
    elif source.aggregate is not None:
        yield from _numbers(source)
    yield from _bounds(source)
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
        near = nearest(rule.replaces, rules)
        yield error(
            "rule-replaces",
            f"{rule.id} replaces {rule.replaces}, which is no rule of {source.id}",
            f"did you mean {near}?" if near else "correct the id",
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
    if source.aggregate is Aggregate.COUNT:
        rows = []
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
                f"{name} gives {first_output(outputs)!r}, and {source.id} {_USES[source.aggregate]}"
                " numbers",
                "make its first output a number",
                place,
            )
        elif name == "else" and not _bounded(source, number):
            yield error(
                "table-bounds",
                f"else gives {plain(number)}, which is not within floor and cap of {source.id}",
                "give a number between them",
                place,
            )


_USES: Mapping[Aggregate | None, str] = {
    Aggregate.SUM: "adds up", Aggregate.COUNT: "counts up", Aggregate.MIN: "compares",
    Aggregate.MAX: "compares",
}  # fmt: skip


def _bounded(source: TableSource, number: Decimal) -> bool:
    low, high = source.floor, source.cap
    return (low is None or number >= low) and (high is None or number <= high)


def _bounds(source: TableSource) -> Iterator[Problem]:
    """A floor or cap without a number to bound, or the wrong way round."""
    low, high = source.floor, source.cap
    if (low is not None or high is not None) and source.aggregate is None:
        yield error(
            "table-bounds",
            f"{source.id} has a {'cap' if low is None else 'floor'}, but no aggregate to bound",
            "add aggregate: sum, min, max or count, or leave it out",
            source.place,
        )
    elif low is not None and high is not None and low > high:
        yield error(
            "table-bounds",
            f"the floor of {source.id}, {plain(low)}, is above its cap, {plain(high)}",
            f"did you mean floor: {plain(high)} and cap: {plain(low)}?",
            source.place,
        )


def _priorities(source: TableSource) -> Iterator[Problem]:
    for rule in source.rules:
        value = str(first_output(rule.then))
        if value not in source.priority:
            near = nearest(value, source.priority)
            yield error(
                "table-priority",
                f"{rule.id} gives {value}, which the priority of {source.id} does not list",
                f"did you mean {near}?" if near else f"add {value} to priority, at its place",
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
        None if source.floor is None else plain(source.floor),
        None if source.cap is None else plain(source.cap),
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
