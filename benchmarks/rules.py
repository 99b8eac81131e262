"""Decision tables: winlab against numpy masks, zen-engine and rule-engine."""

from __future__ import annotations

import itertools
import json
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import harness
from winlab.facts import Domain, Fact, Facts, FactType
from winlab.inputs import Cell, Condition, Hit, RuleSource, TableSource
from winlab.problems import Place
from winlab.rules.compile import compile_table
from winlab.rules.conditions import Truth
from winlab.rules.frame import Evaluation, evaluate
from winlab.rules.table import Table
from winlab.rules.trace import RuleResult, trace

if TYPE_CHECKING:
    import rule_engine
    import zen

SEED = 20
ROWS = (1_000, 100_000, 1_000_000)
RULES = (10, 100)
COLUMNS = (5, 10)
MISSING = 0.05
FILLED = 0.6
"""The share of a table's cells that hold a test; each rule has two or more."""
ROUNDS = {1_000: 31, 100_000: 15, 1_000_000: 5}
ENGINE_ROWS = 10_000
"""On how many rows the decisions of zen-engine and rule-engine are compared."""
ENGINE_TIMED = 2_000
"""How many of them are timed in each round: each row costs these engines the same."""
ENGINE_ROUNDS = 5
TRACED = 1_000

Winners: TypeAlias = NDArray[np.int64]
"""For each row the first rule that is true, -1 if none is."""


# ------------------------------------------------------------------------ the case


@dataclass(frozen=True, slots=True)
class Range:
    """``low <= x < high``, either left out."""

    low: str | None
    high: str | None

    def __str__(self) -> str:
        if self.low and self.high:
            return f"[{self.low}..{self.high})"
        return f">= {self.low}" if self.low else f"< {self.high}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these categories."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(f'"{value}"' for value in self.values)


Rules: TypeAlias = Sequence[Mapping[str, Range | OneOf]]
"""For each rule its tests, by fact."""


@dataclass(frozen=True, slots=True)
class Case:
    """A table under hit policy first, and rows for it."""

    facts: tuple[Fact, ...]
    rules: Rules
    frame: pd.DataFrame

    def compiled(self) -> Table:
        """The table, compiled anew: nothing is left of earlier runs."""
        here = Place("bench", 1, 1)
        rules = tuple(
            RuleSource(
                str(i),
                tuple(
                    Condition(fact, Cell(str(test), here), negated=False)
                    for fact, test in tests.items()
                ),
                {"rule": str(i)},
                place=here,
            )
            for i, tests in enumerate(self.rules)
        )
        source = TableSource("bench", rules, Hit.FIRST, otherwise={"rule": "-1"}, place=here)
        table, problems = compile_table(source, Facts({fact.name: fact for fact in self.facts}))
        if table is None:
            raise ValueError(problems)
        return table

    def first(self, rows: int) -> Case:
        """The same with its first rows only."""
        return Case(self.facts, self.rules, self.frame.head(rows))

    def records(self) -> list[dict[str, object]]:
        """The rows as plain dictionaries; a missing value is ``None``."""
        plain = self.frame.astype(object)
        records = plain.where(plain.notna(), None).to_dict("records")
        return [{str(name): value for name, value in row.items()} for row in records]


SIZES = ("low", "medium", "high")
INDUSTRIES = ("coatings", "plastics", "water", "food", "paper", "energy")
THRESHOLDS = {
    "growth": [f"{i / 100:.2f}" for i in range(-4, 16)],
    "share": [f"{i / 100:.2f}" for i in range(5, 50, 5)],
    "volume": [str(i) for i in range(200, 2400, 100)],
}


def make(rows: int, rules: int, columns: int, *, text: bool = False) -> Case:
    """A random case; categories are pandas' own, or plain ``text``."""
    random = np.random.default_rng(SEED)
    facts = tuple(itertools.islice(_facts(), columns))
    written: list[Mapping[str, Range | OneOf]] = []
    while len(written) < rules:
        tested = [fact for fact in facts if random.random() < FILLED]
        if len(tested) >= 2:
            written.append({fact.name: _test(fact, random) for fact in tested})
    frame = pd.DataFrame({fact.name: _values(fact, rows, random) for fact in facts})
    if text:
        names = [fact.name for fact in facts if fact.values]
        frame = frame.astype(dict.fromkeys(names, "str"))
    return Case(facts, written, frame)


def _facts() -> itertools.chain[Fact]:
    def of(entity: str) -> list[Fact]:
        number = FactType.NUMBER
        growth, share = Domain(Decimal(-1), Decimal(1)), Domain(Decimal(0), Decimal(1))
        return [
            Fact(f"{entity}_growth", "", number, domain=growth, decimals=3),
            Fact(f"{entity}_share", "", number, domain=share, decimals=3),
            Fact(f"{entity}_size", "", FactType.ORDERED, values=SIZES),
            Fact(f"{entity}_industry", "", FactType.CATEGORY, values=INDUSTRIES),
            Fact(f"{entity}_volume", "", number, domain=Domain(Decimal(0)), decimals=1),
        ]

    return itertools.chain(of("market"), of("account"))


def _test(fact: Fact, random: np.random.Generator) -> Range | OneOf:
    if fact.values:
        count = int(random.integers(1, 3))
        return OneOf(tuple(str(v) for v in random.choice(fact.values, count, replace=False)))
    thresholds = THRESHOLDS[fact.name.partition("_")[2]]
    low, high = sorted(random.choice(len(thresholds), 2, replace=False))
    kind = random.integers(3)
    return Range(
        thresholds[low] if kind != 1 else None, thresholds[high] if kind != 0 else None
    )  # fmt: skip


def _values(fact: Fact, rows: int, random: np.random.Generator) -> pd.Series:
    gone = random.random(rows) < MISSING
    if fact.values:
        codes = random.integers(0, len(fact.values), rows)
        codes[gone] = -1
        ordered = fact.type is FactType.ORDERED
        return pd.Series(pd.Categorical.from_codes(codes, pd.Index(fact.values), ordered=ordered))
    match fact.name.partition("_")[2]:
        case "growth":
            numbers = random.normal(0.05, 0.08, rows).clip(-1, 1)
        case "share":
            numbers = random.beta(2, 6, rows)
        case _:
            numbers = random.gamma(2, 500, rows)
    numbers = numbers.round(fact.decimals or 0)
    numbers[gone] = np.nan
    return pd.Series(numbers)


# ------------------------------------------------------------------------ contenders


def winlab_winners(evaluation: Evaluation) -> Winners:
    """The winners as winlab says them."""
    said = [int(str(outcome.outputs["rule"])) for outcome in evaluation.outcomes]
    return np.array(said, np.int64)[evaluation.index]


def masks(case: Case) -> Winners:
    """Plain numpy: a mask for each test, joined by "and"; of the rules the first one stays.

    Missing values (NaN, code -1) match nothing. The rows lie on the facts' decimals already, so
    nothing is rounded here; winlab rounds.
    """
    numbers: dict[str, NDArray[np.float64]] = {}
    categories: dict[str, NDArray[np.generic]] = {}
    names: dict[str, Mapping[str, str | int]] = {}
    for fact in case.facts:
        column = case.frame[fact.name]
        if not fact.values:
            numbers[fact.name] = column.to_numpy(np.float64)
        elif isinstance(column.dtype, pd.CategoricalDtype):
            categories[fact.name] = column.cat.codes.to_numpy()
            names[fact.name] = {value: code for code, value in enumerate(fact.values)}
        else:
            categories[fact.name] = column.to_numpy()
            names[fact.name] = {value: value for value in fact.values}
    winners = np.full(len(case.frame), -1)
    for i, tests in reversed([*enumerate(case.rules)]):
        mask = np.ones(len(case.frame), np.bool_)
        for name, test in tests.items():
            if isinstance(test, OneOf):
                hit = categories[name] == names[name][test.values[0]]
                for value in test.values[1:]:
                    hit |= categories[name] == names[name][value]
                mask &= hit
            else:
                if test.low is not None:
                    mask &= numbers[name] >= float(test.low)
                if test.high is not None:
                    mask &= numbers[name] < float(test.high)
        winners[mask] = i
    return winners


def zen_content(case: Case) -> dict[str, object]:
    """The table as zen-engine's decision content."""
    inputs = [{"id": fact.name, "name": fact.name, "field": fact.name} for fact in case.facts]
    rules = [
        {"_id": str(i), "rule": str(i)}
        | {fact.name: str(tests.get(fact.name, "")) for fact in case.facts}
        for i, tests in enumerate(case.rules)
    ]
    where = {"position": {"x": 0, "y": 0}}
    content = {
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": rules,
    }
    return {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", **where},
            {"id": "t", "type": "decisionTableNode", "name": "t", "content": content, **where},
            {"id": "out", "type": "outputNode", "name": "out", **where},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "t", "type": "edge"},
            {"id": "2", "sourceId": "t", "targetId": "out", "type": "edge"},
        ],
    }


class Zen:
    """zen-engine with the table loaded; rows go in as dictionaries."""

    def __init__(self, case: Case) -> None:
        import zen

        content = zen_content(case)
        self.engine: zen.ZenEngine = zen.ZenEngine(
            {"loader": {"type": "static", "content": {"t": content}}}
        )
        self.decision: zen.ZenDecision = self.engine.create_decision(json.dumps(content))
        self.records = case.records()
        self.requests = [{"key": "t", "context": row} for row in self.records]

    def evaluate(self, *, traced: bool) -> Winners:
        """Row by row."""
        options = {"trace": traced}
        answers = [self.decision.evaluate(row, options) for row in self.records]
        return self._winners(answers, traced=traced)

    def batch(self, *, traced: bool) -> Winners:
        """All rows in one call; it uses all cores."""
        answers = self.engine.evaluate_batch(self.requests, {"trace": traced})
        return self._winners([answer["data"] for answer in answers], traced=traced)

    def _winners(self, answers: Sequence[zen.EvaluateResponse], *, traced: bool) -> Winners:
        if traced and not all(answer["trace"] for answer in answers):
            raise AssertionError("zen-engine left out a trace")
        return np.array([int(answer["result"].get("rule", -1)) for answer in answers])


class RuleEngine:
    """rule-engine with an expression for each rule; the first that matches wins."""

    def __init__(self, case: Case) -> None:
        import rule_engine

        self.rules: list[rule_engine.Rule] = [
            rule_engine.Rule(" and ".join(_expression(*item) for item in tests.items()))
            for tests in case.rules
        ]
        self.records = case.records()

    def evaluate(self) -> Winners:
        """Row by row."""
        return np.array(
            [
                next((i for i, rule in enumerate(self.rules) if rule.matches(row)), -1)
                for row in self.records
            ]
        )


def _expression(name: str, test: Range | OneOf) -> str:
    if isinstance(test, OneOf):
        return "(" + " or ".join(f'{name} == "{value}"' for value in test.values) + ")"
    parts = [f"{name} != null"]
    parts += [f"{name} >= {_literal(test.low)}"] if test.low is not None else []
    parts += [f"{name} < {_literal(test.high)}"] if test.high is not None else []
    return " and ".join(parts)


def _literal(number: str) -> str:
    """rule-engine reads a minus as an operator, which binds weaker than a comparison."""
    return f"({number})" if number.startswith("-") else number


# ------------------------------------------------------------------------ equality


def differing(decisions: Mapping[str, Winners]) -> list[str]:
    """The contenders that decide some row otherwise than the first of them."""
    first = next(iter(decisions.values()))
    return [name for name, winners in decisions.items() if not np.array_equal(first, winners)]


def check_equal(decisions: Mapping[str, Winners]) -> None:
    """Raises ``AssertionError`` where contenders disagree: then there is nothing to time."""
    if wrong := differing(decisions):
        raise AssertionError(f"{', '.join(wrong)} decide otherwise than {next(iter(decisions))}")


def check_traces(case: Case, evaluation: Evaluation, rows: Sequence[int]) -> None:
    """Raises ``AssertionError`` if what was kept of the rows does not make their traces.

    From the codes alone come each test's result and each rule's; they are compared with the
    traces made from the rows' values.
    """
    table = evaluation.table
    axes = {axis.fact.name: axis for axis in table.axes}
    records = case.frame.iloc[list(rows)].to_dict("records")
    for row, values in zip(rows, records, strict=True):
        expected = trace(table, {str(name): value for name, value in values.items()})
        true, unknown = evaluation.matching(row)
        same = evaluation[row] == expected.outcome
        for i, (rule, shown) in enumerate(zip(table.rules, expected.rules, strict=True)):
            matched = shown.result in (RuleResult.MATCHED, RuleResult.OUTRANKED)
            same &= bool(true >> i & 1) == matched
            same &= bool(unknown >> i & 1) == (shown.result is RuleResult.UNKNOWN)
            for clause, tested in zip(rule.clauses, shown.clauses, strict=True):
                code = int(evaluation.codes[clause.fact.name][row])
                held = Truth.TRUE if clause.bands >> code & 1 else Truth.FALSE
                missing = code == axes[clause.fact.name].missing
                same &= tested.result is (clause.on_missing if missing else held)
        if not same:
            raise AssertionError(f"row {row}: the codes do not give its trace")


# ------------------------------------------------------------------------ the measures


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: the frame, the peak of what evaluation allocates beside it, and what it keeps."""

    frame: int
    peak: int
    kept: int


def memory(rows: int, rules: int, columns: int) -> Memory:
    """Measured in a process of its own, see :func:`harness.alone`.

    numpy and pandas report what they allocate to tracemalloc.
    """
    case = make(rows, rules, columns)
    table = case.compiled()
    tracemalloc.start()
    evaluation = evaluate(table, case.frame)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del evaluation
    frame = int(case.frame.memory_usage(index=False, deep=True).sum())
    return Memory(frame, peak, kept)


def _winlab(case: Case) -> harness.Prepare:
    def prepare() -> Callable[[], object]:
        table = case.compiled()
        return lambda: evaluate(table, case.frame)

    return prepare


def _ready(run: Callable[[], Winners]) -> Callable[[], Winners]:
    return run


def against_masks() -> str:
    """The table of winlab against numpy masks."""
    lines = []
    sizes = [(*size, False) for size in itertools.product(ROWS, RULES, COLUMNS)]
    for rows, rules, columns, text in [*sizes, (100_000, 10, 5, True)]:
        case = make(rows, rules, columns, text=text)
        evaluation = evaluate(case.compiled(), case.frame)
        check_equal({"numpy masks": masks(case), "winlab": winlab_winners(evaluation)})
        contenders: dict[str, harness.Prepare] = {"winlab": _winlab(case)}
        contenders |= {"masks": partial(_ready, partial(masks, case))}
        times = harness.interleaved(contenders, ROUNDS[rows], time.process_time)
        random = np.random.default_rng(SEED)
        check_traces(case, evaluation, random.integers(0, rows, TRACED).tolist())
        ours, naive = times["winlab"], times["masks"]
        lines.append(
            [
                f"{rows:,}{' (text)' if text else ''}",
                str(rules),
                str(columns),
                f"{ours.median * 1e3:,.2f}",
                f"{naive.median * 1e3:,.2f}",
                f"{ours.median / naive.median:.2f}",
                f"{ours.least / naive.least:.2f}",
            ]
        )
    head = ["Rows", "Rules", "Columns", "winlab, ms", "Masks, ms", "Medians' ratio", "Least ratio"]
    return harness.table(head, lines)


def _engines(case: Case) -> dict[str, Callable[[], Winners]]:
    zen, other = Zen(case), RuleEngine(case)
    return {
        "zen evaluate": partial(zen.evaluate, traced=False),
        "zen evaluate, trace": partial(zen.evaluate, traced=True),
        "zen batch": partial(zen.batch, traced=False),
        "zen batch, trace": partial(zen.batch, traced=True),
        "rule-engine": other.evaluate,
    }


def against_engines() -> str:
    """The table of winlab's time for a row against zen-engine's and rule-engine's."""
    lines = []
    for rules, columns in itertools.product(RULES, COLUMNS):
        case = make(100_000, rules, columns)
        winners = winlab_winners(evaluate(case.compiled(), case.frame))[:ENGINE_ROWS]
        said = {name: run() for name, run in _engines(case.first(ENGINE_ROWS)).items()}
        check_equal({"winlab": winners} | said)
        engines = _engines(case.first(ENGINE_TIMED))
        contenders: dict[str, harness.Prepare] = {"winlab": _winlab(case)}
        contenders |= {name: partial(_ready, run) for name, run in engines.items()}
        times = harness.interleaved(contenders, ENGINE_ROUNDS, time.process_time)
        ours = times["winlab"].median / len(case.frame)
        cells = [str(rules), str(columns), f"{ours * 1e6:.3f}"]
        for name in engines:
            theirs = times[name].median / ENGINE_TIMED
            cells.append(f"{theirs * 1e6:,.1f} ({theirs / ours:,.0f} ×)")
        lines.append(cells)
    head = ["Rules", "Columns", "winlab, µs", "zen `evaluate`", "with trace"]
    head += ["zen `evaluate_batch`", "with trace", "rule-engine"]
    return harness.table(head, lines)


def of_memory() -> str:
    """The table of memory."""
    lines = []
    for rows, rules, columns in itertools.product(ROWS[1:], RULES, COLUMNS):
        used = harness.alone(memory, rows, rules, columns)
        lines.append(
            [
                f"{rows:,}",
                str(rules),
                str(columns),
                f"{used.frame / 1e6:.1f}",
                f"{used.peak / 1e6:.1f}",
                f"{used.peak / used.frame:.2f}",
                f"{used.kept / 1e6:.1f}",
            ]
        )
    head = ["Rows", "Rules", "Columns", "Frame, MB", "Evaluation's peak, MB", "Times the frame"]
    return harness.table([*head, "Kept, MB"], lines)


def report() -> str:
    """Measures all and says how."""
    return f"""{harness.machine(["numpy", "pandas", "zen-engine", "rule-engine"])}

Hit policy first; {FILLED:.0%} of the cells hold a test (an interval, one or two categories),
three columns in five are numbers, {MISSING:.0%} of the values are missing. Decisions were found
equal before anything was timed. Medians of interleaved runs; winlab's table is compiled anew for
each, untimed.

### Against numpy masks

winlab rounds to the facts' decimals, finds what is out of its domain, tells definite from
provisional rows, and keeps what a trace of any row needs: {TRACED:,} rows' traces were made from
it after timing and compared with those made from the rows' values. The masks find the first rule
only, on data already rounded. Both use one thread; times are the processor's, which other work on
the machine disturbs least. Categories are pandas categories; "text" holds them as text.

{against_masks()}

### Against other engines, for a row

Processor time. winlab on 100,000 rows, with a trace available for each. The others' rows were made
dictionaries beforehand; {ENGINE_ROWS:,} were compared, and {ENGINE_TIMED:,} timed in each round,
since each costs the same. `evaluate_batch` spreads its work over the cores: by the clock it can
take as many times less.

{against_engines()}

### Memory

A process for each line. Evaluation's peak is what numpy, pandas and Python allocate for it beside
the frame.

{of_memory()}
"""
