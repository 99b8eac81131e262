"""Random small tables against a naive three-valued interpreter that tries every S ⊆ U."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
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
            kinds += ["cmp", "cmp", "interval"]
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
    count = draw(st.integers(0, 6))
    rules, naive = [], []
    for i in range(count):
        tests = []
        for name in draw(st.lists(st.sampled_from(names), max_size=3)):
            condition = draw(conditions(name))
            negated = condition.text != "-" and draw(st.integers(0, 5)) == 0
            tests.append((name, condition, negated))
        tests = list({(name, negated): (name, c, negated) for name, c, negated in tests}.values())
        output = draw(st.sampled_from(results))
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

SMALL: Mapping[str, list[Value | None]] = {
    "x.n": [None, *map(D, range(5))],
    "x.c": [None, "a", "b", "c"],
    "x.b": [None, True, False],
}


def within(finding: Finding, codes: Sequence[int]) -> bool:
    return all(box >> code & 1 for box, code in zip(finding.box, codes, strict=True))


@thorough
@given(cases(tuple(SMALL)))
def test_findings_are_those_of_enumeration(case: Case) -> None:
    compiled = table(case.source, FACTS)
    grid: list[Row] = [dict(zip(SMALL, values, strict=True)) for values in product(*SMALL.values())]
    frame = pd.DataFrame(grid).astype(object)
    found = verify(compiled, frame)
    assert Kind.INCOMPLETE not in {finding.kind for finding in found}
    gaps = [finding for finding in found if finding.kind is Kind.GAP]
    null_tested = {
        name
        for name in SMALL
        if any(
            condition.says(None) is negated
            for _, tests, _, _ in case.rules
            for fact, condition, negated in tests
            if fact == name
        )
    }
    won: set[int] = set()
    conflicts: set[tuple[str, str]] = set()
    together: set[tuple[str, str]] = set()
    for row in grid:
        truths = case.truths(row)
        true = [i for i, truth in enumerate(truths) if truth]
        winners = case.winners(true)
        won.update(winners)
        for one, other in combinations(winners, 2):
            pair = (case.rules[one][0], case.rules[other][0])
            different = case.rules[one][2] != case.rules[other][2]
            (conflicts if different else together).add(pair)
        codes = compiled.codes(row)
        listed = [finding for finding in gaps if within(finding, codes)]
        apart = all(
            row[name] is not None or name in null_tested for name in SMALL if name in facts_of(case)
        )
        uncovered = not any(truth is not False for truth in truths)
        if case.source.otherwise is not None:
            assert not gaps
        elif apart:
            assert len(listed) == int(uncovered)
    outside = [
        i
        for i, (_, tests, _, _) in enumerate(case.rules)
        if i not in won and wins_outside(case, i, tests)
    ]
    unreachable = {finding.rules[0] for finding in found if finding.kind is Kind.UNREACHABLE}
    assert unreachable == {
        name for i, (name, *_) in enumerate(case.rules) if i not in won and i not in outside
    }
    said = {finding.rules for finding in found if finding.kind is Kind.CONFLICT}
    assert said == (conflicts if case.source.hit is not Hit.COLLECT else set())
    for finding in found:
        if finding.kind is Kind.CONFLICT:
            assert compiled.decide(finding.witness).status is Status.CONFLICT
        if finding.kind is Kind.GAP:
            assert compiled.decide(finding.witness).status is Status.GAP
            inside = sum(within(finding, compiled.codes(row)) for row in grid)
            assert inside <= (finding.touched or 0)
    touched = sum(finding.touched or 0 for finding in gaps)
    assert touched <= sum(compiled.decide(row).status is Status.GAP for row in grid)
    doubled = {
        tuple(sorted(finding.rules))
        for finding in found
        if finding.kind in (Kind.OVERLAP, Kind.SUBSUMED)
    }
    if case.source.hit is Hit.UNIQUE:
        assert doubled == together


def facts_of(case: Case) -> set[str]:
    return {name for _, tests, _, _ in case.rules for name, _, _ in tests}


def wins_outside(case: Case, index: int, tests: Sequence[tuple[str, Naive, bool]]) -> bool:
    """Whether a rule wins on a row with a value outside its domain."""
    values = {name: [*SMALL[name], D(9) if name == "x.n" else "z"] for name in ("x.n", "x.c")}
    for n, c, b in product(values["x.n"], values["x.c"], SMALL["x.b"]):
        truths = case.truths({"x.n": n, "x.c": c, "x.b": b})
        true = [i for i, truth in enumerate(truths) if truth]
        if index in case.winners(true):
            return True
    return False
