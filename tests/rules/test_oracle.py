"""Random small tables against a naive three-valued interpreter that tries every S ⊆ U."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import chain, combinations, product

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules import rule, source, table
from winlab.facts import Domain, Fact, Facts, FactType, Row, Value
from winlab.inputs import Aggregate, Hit, TableSource
from winlab.rules.frame import evaluate
from winlab.rules.table import Status
from winlab.rules.trace import RuleResult, trace
from winlab.rules.verify import Finding, Kind, verify

D = Decimal
Three = bool | None

N = Fact("x.n", "N", FactType.NUMBER, domain=Domain(D(0), D(4)), decimals=0)
R = Fact("x.r", "R", FactType.NUMBER)
C = Fact("x.c", "C", FactType.CATEGORY, values=("a", "b", "c"))
O = Fact("x.o", "O", FactType.ORDERED, values=("low", "medium", "high"))  # noqa: E741
B = Fact("x.b", "B", FactType.BOOLEAN)
FACTS = Facts({fact.name: fact for fact in (N, R, C, O, B)})
VALUES: Mapping[str, list[Value | None]] = {
    "x.n": [None, D(-1), D(0), D("0.5"), D(1), D(2), D("2.4"), D(3), D("3.5"), D(4), D(5)],
    "x.r": [None, D(-9), D("0.5"), D(1), D("1.5"), D(2), D("2.25"), D(3), D(9)],
    "x.c": [None, "a", "b", "c", "z"],
    "x.o": [None, "low", "medium", "high", "z"],
    "x.b": [None, True, False],
}


@dataclass(frozen=True)
class Naive:
    """A condition as text, and what it says of a value in plain Python."""

    text: str
    says: Callable[[Value | None], Three]


def in_domain(name: str, value: Value) -> bool:
    if name == "x.n":
        return isinstance(value, Decimal) and 0 <= value <= 4
    return name in ("x.r", "x.b") or value != "z"


@st.composite
def conditions(draw: st.DrawFn, name: str) -> Naive:
    order = ["low", "medium", "high"]

    def rank(value: Value) -> Decimal:
        if name == "x.o":
            return D(order.index(str(value)))
        assert isinstance(value, Decimal)
        return value

    def shown(value: Value) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    numbers: list[Value] = [D(i) for i in range(5)]
    pools: dict[str, list[Value]] = {
        "x.n": numbers, "x.r": numbers, "x.c": ["a", "b", "c"], "x.o": [*order], "x.b": [True, False],
    }  # fmt: skip
    pool = pools[name]

    def item() -> tuple[str, Callable[[Value | None], Three]]:
        kinds = ["eq", "eq", "null"]
        if name in ("x.n", "x.r"):
            kinds += ["cmp", "cmp", "cmp", "interval", "interval"]
        elif name == "x.o":
            kinds += ["cmp"]
        kind = draw(st.sampled_from(kinds))
        if kind == "null":
            return "null", lambda v: v is None
        one = draw(st.sampled_from(pool))
        if kind == "eq":
            return shown(one), lambda v: None if v is None else v == one
        if kind == "cmp":
            ops: dict[str, Callable[[Decimal, Decimal], bool]] = {
                "<": lambda x, y: x < y, "<=": lambda x, y: x <= y,
                ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
            }  # fmt: skip
            op = draw(st.sampled_from(list(ops)))
            if (op, one) in (("<", "low"), (">", "high")):
                op = "<=" if op == "<" else ">="
            return (
                f"{op} {shown(one)}",
                lambda v: None if v is None else ops[op](rank(v), rank(one)),
            )
        low, high = sorted([D(draw(st.integers(0, 4))), D(draw(st.integers(0, 4)))])
        left, right = draw(st.sampled_from(["[", "("])), draw(st.sampled_from(["]", ")"]))
        if low == high:
            left, right = "[", "]"
        return (
            f"{left}{low}..{high}{right}",
            lambda v: (
                None
                if v is None
                else (low < rank(v) or (left == "[" and low == rank(v)))
                and (rank(v) < high or (right == "]" and high == rank(v)))
            ),
        )

    if draw(st.integers(0, 7)) == 0:
        return Naive("-", lambda _: True)
    items = [item() for _ in range(draw(st.integers(1, 2)))]
    turned = draw(st.integers(0, 3)) == 0
    listed = ", ".join(text for text, _ in items)

    def says(value: Value | None) -> Three:
        if value is not None and not in_domain(name, value):
            return False
        found = {test(value) for _, test in items}
        truth = True if True in found else None if None in found else False
        return truth if not turned or truth is None else not truth

    return Naive(f"not({listed})" if turned else listed, says)


@dataclass(frozen=True)
class Case:
    """A table with its rules as naive conditions."""

    source: TableSource
    rules: Sequence[tuple[str, Sequence[tuple[str, Naive, bool]], str, str]]

    def truths(self, row: Row) -> list[Three]:
        found: list[Three] = []
        for _, tests, _, _ in self.rules:
            results: set[Three] = set()
            for name, condition, negated in tests:
                value = row.get(name)
                if name == "x.n" and isinstance(value, Decimal):
                    value = value.quantize(D(1), rounding=ROUND_HALF_UP)
                said = condition.says(value)
                inside = value is None or in_domain(name, value)
                results.add(said if not negated or said is None or not inside else not said)
            found.append(False if False in results else None if None in results else True)
        return found

    def winners(self, true: Iterable[int]) -> list[int]:
        true = sorted(true)
        match self.source.hit:
            case Hit.FIRST:
                return true[:1]
            case Hit.PRIORITY:
                ranks = {i: self.source.priority.index(self.rules[i][2]) for i in true}
                return [i for i in true if ranks[i] == min(ranks.values())]
            case Hit.COLLECT:
                gone = {self.rules[i][3] for i in true}
                return [i for i in true if self.rules[i][0] not in gone]
            case _:
                return true

    def result(self, true: Iterable[int]) -> Decimal | str | list[str]:
        true = list(true)
        won = [self.rules[i][2] for i in self.winners(true)]
        other = None if self.source.otherwise is None else list(self.source.otherwise.values())
        if not true:
            if other is None:
                return "gap"
            if self.source.hit is Hit.COLLECT and not other:
                summed = self.source.aggregate in (Aggregate.SUM, Aggregate.COUNT)
                return self.bounded(D(0)) if summed else []
            won = [str(value) for value in other]
            return won if self.source.aggregate is None else D(won[0])
        if self.source.hit is Hit.COLLECT:
            if self.source.aggregate is None:
                return won
            if self.source.aggregate is Aggregate.COUNT:
                return self.bounded(D(len(won)))
            numbers = [D(output) for output in won]
            match self.source.aggregate:
                case Aggregate.MIN:
                    return self.bounded(min(numbers))
                case Aggregate.MAX:
                    return self.bounded(max(numbers))
                case _:
                    return self.bounded(sum(numbers, D(0)))
        return won[:1] if len(set(won)) == 1 else "conflict"

    def bounded(self, number: Decimal) -> Decimal:
        low, high = self.source.floor, self.source.cap
        if low is not None and number < low:
            return low
        return high if high is not None and number > high else number

    def status(self, row: Row) -> Status:
        truths = self.truths(row)
        true = [i for i, truth in enumerate(truths) if truth]
        unknown = [i for i, truth in enumerate(truths) if truth is None]
        now = self.result(true)
        if now == "conflict":
            return Status.CONFLICT
        subsets = chain.from_iterable(combinations(unknown, k) for k in range(len(unknown) + 1))
        if any(self.result([*true, *more]) != now for more in subsets):
            return Status.PROVISIONAL
        if now == "gap":
            return Status.GAP
        empty = self.source.hit is Hit.COLLECT and self.source.otherwise == {}
        return Status.DEFINITE if true or empty else Status.DEFAULT


@st.composite
def cases(draw: st.DrawFn, names: Sequence[str] = tuple(VALUES)) -> Case:
    hit = draw(st.sampled_from(list(Hit)))
    aggregate = None
    if hit is Hit.COLLECT:
        aggregate = draw(st.sampled_from([None, *Aggregate]))
    results = ["0", "1", "2"] if aggregate is None else ["-2", "-1", "0", "1", "2", "3"]
    given_out = results[: draw(st.integers(1, 3))] if aggregate is None else results
    count = draw(st.integers(0, 6) | st.integers(4, 8))
    fewest = draw(st.integers(0, 1))
    rules, naive = [], []
    for i in range(count):
        tests = []
        for name in draw(st.lists(st.sampled_from(names), min_size=fewest, max_size=2 + fewest)):
            condition = draw(conditions(name))
            negated = condition.text != "-" and draw(st.integers(0, 5)) == 0
            tests.append((name, condition, negated))
        tests = list({(name, negated): (name, c, negated) for name, c, negated in tests}.values())
        output = draw(st.sampled_from(given_out))
        replaces = ""
        if hit is Hit.COLLECT and i and draw(st.booleans()):
            replaces = f"r{draw(st.integers(0, i - 1))}"
        naive.append((f"r{i}", tests, output, replaces))
        rules.append(
            rule(
                f"r{i}",
                {name: c.text for name, c, negated in tests if not negated},
                {"out": output},
                unless={name: c.text for name, c, negated in tests if negated},
                replaces=replaces,
            )
        )
    otherwise = draw(st.sampled_from([None, {}, {"out": "1"}, {"out": "0"}]))
    if otherwise == {} and hit is not Hit.COLLECT:
        otherwise = None
    floor = cap = None
    if aggregate is not None:
        floor = draw(st.sampled_from([None, D(-2), D(0), D(1)]))
        cap = draw(st.sampled_from([None, D(1), D(2)]))
        if otherwise == {"out": "0"} and floor == 1:
            floor = D(0)
    priority = tuple(draw(st.permutations(results))) if hit is Hit.PRIORITY else ()
    made = source(
        *rules, hit=hit, otherwise=otherwise, aggregate=aggregate, priority=priority,
        floor=floor, cap=cap,
    )  # fmt: skip
    return Case(made, naive)


rows = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
thorough = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


@thorough
@given(cases(), st.lists(rows, min_size=1, max_size=6))
def test_decisions_are_those_of_the_naive_interpreter(case: Case, some: list[Row]) -> None:
    compiled = table(case.source, FACTS)
    outcomes = [compiled.decide(row) for row in some]
    for row, outcome in zip(some, outcomes, strict=True):
        truths = case.truths(row)
        true = [i for i, truth in enumerate(truths) if truth]
        result = case.result(true)
        assert outcome.status is case.status(row)
        assert outcome.matched == tuple(case.rules[i][0] for i in case.winners(true))
        assert bool(outcome.missing) is (outcome.status is Status.PROVISIONAL)
        assert all(row[name] is None for name in outcome.missing)
        if outcome.status is Status.CONFLICT:
            assert outcome.outputs == {}
        elif case.source.hit is not Hit.COLLECT:
            assert [*outcome.outputs.values()] == ([] if result == "gap" else result)
        elif case.source.aggregate is not None:
            assert outcome.total == (result if isinstance(result, Decimal) else None)
            if true:
                numbers = [number for _, number in outcome.contributions]
                assert [rule_id for rule_id, _ in outcome.contributions] == list(outcome.matched)
                if case.source.aggregate in (Aggregate.SUM, Aggregate.COUNT):
                    assert outcome.raw == sum(numbers, D(0))
                assert outcome.raw is not None
                assert outcome.total == case.bounded(outcome.raw)
        elif true and isinstance(result, list):
            given_out = [outputs["out"] for _, outputs in outcome.collected]
            assert given_out == result
        shown = {truth.id: truth.result for truth in trace(compiled, row).rules}
        for truth, (name, *_) in zip(truths, case.rules, strict=True):
            wanted = {
                True: RuleResult.MATCHED if name in outcome.matched else RuleResult.OUTRANKED,
                False: RuleResult.FAILED,
                None: RuleResult.UNKNOWN,
            }[truth]
            assert shown[name] is wanted
    frame = pd.DataFrame(some)
    as_floats = frame.assign(
        **{name: pd.to_numeric(frame[name].astype("string")) for name in ("x.n", "x.r")}
    ).astype({"x.n": float, "x.r": float})
    for each in (frame.astype(object), as_floats):
        assert list(evaluate(compiled, each)) == outcomes


# -------------------------------------------------------------------- verification

GRID: Mapping[str, list[Value | None]] = {
    "x.n": [None, *map(D, range(5)), D(9)],
    "x.r": [None, *(D(half) / 2 for half in range(-1, 10))],
    "x.c": [None, "a", "b", "c", "z"],
    "x.o": [None, "low", "medium", "high", "z"],
    "x.b": [None, True, False],
}
"""A value for each atom of any table that `conditions` makes, outside ones too."""


@dataclass(frozen=True)
class Wanted:
    """A case with all points of its grid, looked at one by one."""

    case: Case
    rows: Sequence[Row]
    truths: Sequence[Sequence[Three]]

    @classmethod
    def of(cls, case: Case) -> Wanted:
        names = sorted({name for _, tests, _, _ in case.rules for name, _, _ in tests})
        points = product(*(GRID[name] for name in names))
        rows: list[Row] = [dict(zip(names, values, strict=True)) for values in points]
        return cls(case, rows, [case.truths(row) for row in rows])

    def true(self) -> Iterator[list[int]]:
        for truths in self.truths:
            yield [i for i, truth in enumerate(truths) if truth]

    def normal(self) -> Iterator[tuple[Row, Sequence[Three]]]:
        """The points without outside values."""
        for row, truths in zip(self.rows, self.truths, strict=True):
            if all(value is None or in_domain(name, value) for name, value in row.items()):
                yield row, truths

    def says(self, true: Iterable[int]) -> set[str]:
        return {self.case.rules[i][2] for i in self.case.winners(true)}

    @cached_property
    def hopeless(self) -> set[int]:
        winning = {i for true in self.true() for i in self.case.winners(true)}
        return {i for i in range(len(self.case.rules)) if i not in winning}

    @cached_property
    def never_true(self) -> set[int]:
        ever = {i for true in self.true() for i in true}
        return {i for i in range(len(self.case.rules)) if i not in ever}

    def same_without(self, gone: Iterable[int]) -> bool:
        gone = {*gone}
        return all(
            self.says(true) == self.says(i for i in true if i not in gone)
            for true in {tuple(true) for true in self.true()}
        )

    @cached_property
    def subsumed(self) -> set[int]:
        """From the end, what may go whichever of those listed before it go too."""
        if self.case.source.hit is Hit.COLLECT:
            return set()
        listed = sorted(self.hopeless)
        for i in range(len(self.case.rules) - 1, -1, -1):
            if i not in listed and all(
                self.same_without([*others, i])
                for count in range(len(listed) + 1)
                for others in combinations(listed, count)
            ):
                listed.append(i)
        return {*listed} - self.hopeless

    def pairs(self, *, alike: bool) -> set[tuple[int, int]]:
        """The rules that win together and say the same, or not."""
        found: set[tuple[int, int]] = set()
        for _, truths in self.normal():
            won = self.case.winners(i for i, truth in enumerate(truths) if truth)
            found |= {
                (i, j) for i, j in combinations(won, 2)
                if (self.case.rules[i][2] == self.case.rules[j][2]) is alike
            }  # fmt: skip
        return found

    def asked_for_missing(self) -> set[str]:
        """The facts of which some rule knows what to do where they are missing."""
        return {
            name
            for _, tests, _, _ in self.case.rules
            for name in {name for name, _, _ in tests}
            if any(c.says(None) is negated for n, c, negated in tests if n == name)
        }

    def gap_rows(self) -> Iterator[tuple[Row, bool]]:
        """Points, and whether they are in a gap; missing values only where they are asked for."""
        asked = self.asked_for_missing()
        for row, truths in self.normal():
            if all(value is not None or name in asked for name, value in row.items()):
                open_to_all = self.case.source.otherwise is None
                yield row, open_to_all and not any(truth is not False for truth in truths)


def within(finding: Finding, codes: Sequence[int]) -> bool:
    return all(box >> code & 1 for box, code in zip(finding.box, codes, strict=True))


def of_kind(found: Sequence[Finding], kind: Kind) -> list[Finding]:
    return [finding for finding in found if finding.kind is kind]


def indices(finding: Finding) -> tuple[int, ...]:
    return tuple(int(name.removeprefix("r")) for name in finding.rules)


few_axes = st.lists(st.sampled_from(list(GRID)), min_size=1, max_size=3, unique=True) | st.just(
    ["x.n"]
)


@thorough
@given(few_axes.flatmap(cases))
def test_findings_are_those_of_enumeration(case: Case) -> None:
    compiled = table(case.source, FACTS)
    wanted = Wanted.of(case)
    found = verify(compiled)
    hit = case.source.hit
    assert not of_kind(found, Kind.INCOMPLETE)
    unreachable = of_kind(found, Kind.UNREACHABLE)
    assert {indices(finding)[0] for finding in unreachable} == wanted.hopeless
    subsumed = of_kind(found, Kind.SUBSUMED)
    assert [indices(finding)[0] for finding in subsumed] == sorted(wanted.subsumed, reverse=True)
    conflicts = of_kind(found, Kind.CONFLICT)
    differing = set() if hit is Hit.COLLECT else wanted.pairs(alike=False)
    assert sorted(map(indices, conflicts)) == sorted(differing)
    overlaps = of_kind(found, Kind.OVERLAP)
    together = wanted.pairs(alike=True) if hit is Hit.UNIQUE else set()
    assert sorted(map(indices, overlaps)) == sorted(
        pair for pair in together if not wanted.subsumed & {*pair}
    )
    gaps = of_kind(found, Kind.GAP)
    for row, uncovered in wanted.gap_rows():
        listed = [finding for finding in gaps if within(finding, compiled.codes(row))]
        assert len(listed) == int(uncovered)
    true_together = [set(true) for true in wanted.true()]
    assert sorted(map(indices, of_kind(found, Kind.REPLACES))) == sorted(
        (i, int(replaced.removeprefix("r")))
        for i, (_, _, _, replaced) in enumerate(case.rules)
        if replaced and i not in wanted.hopeless
        and int(replaced.removeprefix("r")) not in wanted.never_true
        and not any({i, int(replaced.removeprefix("r"))} <= true for true in true_together)
    )  # fmt: skip


@thorough
@given(few_axes.flatmap(cases))
def test_each_finding_names_only_rules_that_matter_and_a_witness(case: Case) -> None:
    compiled = table(case.source, FACTS)
    wanted = Wanted.of(case)
    for finding in verify(compiled):
        truths = case.truths(finding.witness)
        true = [i for i, truth in enumerate(truths) if truth]
        first, *others = indices(finding) or (-1,)
        match finding.kind:
            case Kind.GAP:
                assert compiled.decide(finding.witness).status is Status.GAP
                assert case.status(finding.witness) is Status.GAP
            case Kind.CONFLICT:
                assert case.status(finding.witness) is Status.CONFLICT
                assert {first, *others} <= {*case.winners(true)}
            case Kind.OVERLAP:
                assert {first, *others} <= {*true}
            case Kind.UNREACHABLE if finding.box:
                assert first in true
                assert all(set(t) & {*others} for t in wanted.true() if first in t)
            case Kind.SUBSUMED:
                assert first in true
                outranked = [first not in case.winners(t) for t in wanted.true()]
                assert all(
                    lost or set(t) & {*others}
                    for t, lost in zip(wanted.true(), outranked, strict=True)
                    if first in t
                )
            case _:
                pass
    gone = wanted.hopeless | wanted.subsumed
    if case.source.hit is not Hit.COLLECT:
        assert wanted.same_without(gone)


@thorough
@given(few_axes.flatmap(cases), st.data())
def test_counts_are_those_of_todays_rows(case: Case, data: st.DataObject) -> None:
    compiled = table(case.source, FACTS)
    wanted = Wanted.of(case)
    chosen = st.lists(st.integers(0, len(wanted.rows) - 1), min_size=1, max_size=12)
    today = [(wanted.rows[at], wanted.truths[at]) for at in data.draw(chosen)]
    columns = sorted({name for row, _ in today for name in row})
    frame = pd.DataFrame([row for row, _ in today], columns=columns, dtype=object)
    found = verify(compiled, frame)
    for finding in found:
        if finding.kind in (Kind.UNREACHABLE, Kind.SUBSUMED) and finding.box:
            ruled = indices(finding)[:1]
        elif finding.kind is Kind.OVERLAP or (
            finding.kind is Kind.CONFLICT and case.source.hit is not Hit.PRIORITY
        ):
            ruled = indices(finding)
        else:
            continue
        assert finding.touched == sum(all(truths[i] for i in ruled) for _, truths in today)
    statuses = [compiled.decide(row).status for row, _ in today]
    in_gaps = sum(finding.touched or 0 for finding in of_kind(found, Kind.GAP))
    assert in_gaps <= statuses.count(Status.GAP)
    plainly = {str(row) for row, uncovered in wanted.gap_rows() if uncovered}
    assert in_gaps >= sum(str(row) in plainly for row, _ in today)
    idle = {indices(finding)[0] for finding in of_kind(found, Kind.IDLE)}
    assert idle == {
        i for i in range(len(case.rules))
        if i not in wanted.never_true and all(truths[i] is False for _, truths in today)
    }  # fmt: skip


@thorough
@given(few_axes.flatmap(cases), st.integers(0, 400))
def test_with_a_spent_budget_nothing_is_invented(case: Case, budget: int) -> None:
    compiled = table(case.source, FACTS)
    wanted = Wanted.of(case)
    found, all_found = verify(compiled, budget=budget), verify(compiled)
    if not of_kind(found, Kind.INCOMPLETE):
        assert found == all_found
    for kind in (Kind.UNREACHABLE, Kind.CONFLICT, Kind.REPLACES):
        full = {indices(finding)[: 1 if kind is Kind.UNREACHABLE else 2]
                for finding in of_kind(all_found, kind)}  # fmt: skip
        assert full >= {
            indices(finding)[: 1 if kind is Kind.UNREACHABLE else 2]
            for finding in of_kind(found, kind)
        }
    together = wanted.pairs(alike=True)
    assert {indices(finding) for finding in of_kind(found, Kind.OVERLAP)} <= together
    gone = {
        indices(finding)[0]
        for finding in found
        if finding.kind in (Kind.UNREACHABLE, Kind.SUBSUMED)
    }
    if case.source.hit is not Hit.COLLECT:
        assert wanted.same_without(gone)
    for finding in of_kind(found, Kind.GAP):
        assert case.status(finding.witness) is Status.GAP
        for row, uncovered in wanted.gap_rows():
            assert uncovered or not within(finding, compiled.codes(row))
