"""Proves a table before use: what nobody covers, what two rules claim, what can never match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from winlab.facts import Facts, FactType, Row, Value
from winlab.inputs import Hit
from winlab.problems import NOWHERE, Place, Problem, Severity
from winlab.rules.atoms import Axis, members
from winlab.rules.conditions import Truth
from winlab.rules.frame import Evaluation, evaluate
from winlab.rules.regions import example, own_name, region, shown
from winlab.rules.table import Status, Table, matters
from winlab.rules.trace import listed

if TYPE_CHECKING:
    import pandas

Box: TypeAlias = tuple[int, ...]
"""For each axis of a table a set of codes: all rows whose codes lie in them."""

BUDGET = 500_000
"""Steps that a verification may take unless told otherwise: a few seconds."""

_DEEPEST = 300
"""Axes that the searches go down, well below Python's limit of nested calls."""


class Kind(StrEnum):
    """What can be wrong with a table, the worst first."""

    CONFLICT = "conflict"
    GAP = "gap"
    UNREACHABLE = "unreachable"
    INCOMPLETE = "incomplete"
    OVERLAP = "overlap"
    SUBSUMED = "subsumed"
    IDLE = "idle"
    UNUSED = "unused"


_SEVERITY = {
    Kind.CONFLICT: Severity.ERROR,
    Kind.GAP: Severity.WARNING,
    Kind.UNREACHABLE: Severity.WARNING,
    Kind.INCOMPLETE: Severity.WARNING,
    Kind.OVERLAP: Severity.WARNING,
}

_HINT = {
    Kind.CONFLICT: "change the conditions of one so that they exclude each other",
    Kind.GAP: "add a rule for it, widen one, or give the table an else",
    Kind.UNREACHABLE: "take the rule out, or correct its conditions or its place",
    Kind.INCOMPLETE: "split the table, or give verification a larger budget",
    Kind.OVERLAP: "make one rule of them, or set hit: any",
    Kind.SUBSUMED: "take the rule out, or correct its conditions",
    Kind.IDLE: "check its conditions against the data",
    Kind.UNUSED: "test it in a rule, or take it out of the facts file",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: a sentence, a row that shows it, and how many of today's rows it touches.

    ``touched`` is ``None`` where no frame was given. ``box`` is the whole region, by axis;
    ``place`` that of the rule to change, if it is one.
    """

    kind: Kind
    table: str
    sentence: str
    rules: tuple[str, ...] = ()
    witness: Row = field(default_factory=dict)
    touched: int | None = None
    box: Box = ()
    place: Place = NOWHERE

    def problem(self, place: Place) -> Problem:
        """The finding as a problem at its rule, or at ``place`` if it is no rule's."""
        severity = _SEVERITY.get(self.kind, Severity.NOTE)
        where = place if self.place == NOWHERE else self.place
        return Problem(severity, f"rules-{self.kind}", self.sentence, _HINT[self.kind], where)


def verify(
    table: Table, frame: pandas.DataFrame | None = None, budget: int = BUDGET
) -> list[Finding]:
    """All faults of a table, the worst kinds and those that touch most rows first.

    Exact over all values that the facts can have; missing values are looked at apart. When
    ``budget`` is spent a finding says what was not finished.
    """
    return _Verifier(table, frame, budget).findings()


def unused_facts(tables: Iterable[Table], facts: Facts) -> list[Finding]:
    """The facts that could be tested and that no table tests."""
    tested = {
        clause.fact.name
        for table in tables
        for rule in table.rules
        for clause in rule.clauses
        if not clause.test.anything
    }
    return [
        Finding(Kind.UNUSED, "", f"No rule tests {fact.name} ({fact.label}).")
        for fact in facts
        if fact.type is not FactType.TEXT and fact.name not in tested
    ]


class _SpentError(Exception):
    pass


class _Verifier:
    def __init__(self, table: Table, frame: pandas.DataFrame | None, budget: int) -> None:
        self.table = table
        self.evaluation: Evaluation | None = None if frame is None else evaluate(table, frame)
        self.left = budget
        self.whole = tuple(
            (1 << len(axis.bands)) - 1
            | 1 << axis.missing
            | (1 << axis.other if axis.has_other else 0)
            for axis in table.axes
        )
        self.present = tuple(
            (1 << len(axis.bands)) - 1 if matters(table, axis) else whole
            for axis, whole in zip(table.axes, self.whole, strict=True)
        )
        self.rivals = self.outranking()
        self.places = {rule.id: rule.place for rule in table.rules}
        self.extents = [self.extent(i) for i in range(len(table.rules))]

    def findings(self) -> list[Finding]:
        found: list[Finding] = []
        passes = (
            ("rules that can never match", self.unreachable),
            ("rules that match together", self.overlaps),
            ("gaps", self.gaps),
            ("gaps where values are missing", self.gaps_on_missing),
        )
        unfinished = []
        for what, search in passes:
            try:
                found.extend(search())
            except _SpentError:
                unfinished.append(what)
        if unfinished:
            found.append(
                Finding(
                    Kind.INCOMPLETE,
                    self.table.id,
                    f"{self.table.id} was not searched to the end for {listed(unfinished)}:"
                    " there may be more than is listed.",
                )
            )
        found.extend(self.idle())
        order = list(Kind)
        return sorted(found, key=lambda f: (order.index(f.kind), -(f.touched or 0)))

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise _SpentError

    def extent(self, rule: int) -> Box:
        """Where a rule is true, missing and outside values included."""
        sets = dict(zip((axis.fact.name for axis in self.table.axes), self.whole, strict=True))
        axes = {axis.fact.name: axis for axis in self.table.axes}
        for clause in self.table.rules[rule].clauses:
            name = clause.fact.name
            here = clause.bands
            if clause.on_missing is Truth.TRUE:
                here |= 1 << axes[name].missing
            sets[name] &= here
        return tuple(sets.values())

    # ---------------------------------------------------------------- rules alone and in pairs

    def unreachable(self) -> Iterator[Finding]:
        for i, rule in enumerate(self.table.rules):
            extent = self.extents[i]
            empty = [
                own_name(axis.fact)
                for axis, codes in zip(self.table.axes, extent, strict=True)
                if not codes
            ]
            if empty:
                yield self.finding(
                    Kind.UNREACHABLE,
                    f"{rule.id} can never match: its conditions on {' and '.join(empty)}"
                    " exclude each other",
                    (rule.id,),
                )
                continue
            rivals = self.rivals[i]
            if rivals and self.point_outside(extent, rivals) is None:
                taking = [j for j in members(rivals) if all(self.common(i, j))]
                names = [self.table.rules[j].id for j in taking]
                takes = "go before it and take" if len(names) > 1 else "goes before it and takes"
                yield self.finding(
                    Kind.UNREACHABLE,
                    f"{rule.id} never wins: {listed(names)} {takes} all of it",
                    (rule.id, *names),
                    extent,
                )

    def outranking(self) -> list[int]:
        """For each rule the rules that win over it wherever both are true."""
        table = self.table
        rivals = [0] * len(table.rules)
        match table.hit:
            case Hit.FIRST:
                rivals = [(1 << i) - 1 for i in range(len(table.rules))]
            case Hit.PRIORITY:
                before = 0
                for rank in sorted(set(table.ranks)):
                    level = [i for i, other in enumerate(table.ranks) if other == rank]
                    for i in level:
                        rivals[i] = before
                    before |= sum(1 << i for i in level)
            case Hit.COLLECT:
                for i, rule in enumerate(table.rules):
                    if rule.replaces is not None:
                        rivals[rule.replaces] |= 1 << i
            case _:
                pass
        return rivals

    def overlaps(self) -> Iterator[Finding]:
        table = self.table
        if table.hit in (Hit.FIRST, Hit.COLLECT):
            return
        for j in range(len(table.rules)):
            for i in range(j):
                self.spend()
                box = self.common(i, j)
                if all(box):
                    yield from self.overlap(i, j, box)

    def overlap(self, i: int, j: int, box: Box) -> Iterator[Finding]:
        table = self.table
        names = (table.rules[i].id, table.rules[j].id)
        pair = f"{names[0]} and {names[1]}"
        if table.keys[i] != table.keys[j]:
            if table.ranks[i] != table.ranks[j]:
                return
            rivals = self.rivals[i]
            here = self.inside(box, self.present)
            point = self.point_outside(here, rivals) if all(here) else None
            if point is None:
                lacking = tuple(
                    present | 1 << axis.missing
                    for present, axis in zip(self.present, table.axes, strict=True)
                )
                here = self.inside(box, lacking)
                point = self.point_outside(here, rivals)
            if point is not None:
                told = point if rivals else here
                yield self.finding(
                    Kind.CONFLICT,
                    f"Two rules match and disagree, {pair}{self.where(told, ', for ')}",
                    names,
                    told,
                    counted=None if rivals else box,
                )
            return
        if table.hit is Hit.PRIORITY:
            return
        for small, large in ((j, i), (i, j)):
            if box == self.extents[small]:
                yield self.finding(
                    Kind.SUBSUMED,
                    f"{table.rules[small].id} adds nothing: {table.rules[large].id} covers all"
                    " of it and says the same",
                    (table.rules[small].id, table.rules[large].id),
                    box,
                )
                return
        if table.hit is Hit.UNIQUE:
            here = self.inside(box, self.present)
            here = here if all(here) else box
            yield self.finding(
                Kind.OVERLAP,
                f"Two rules match, with the same result, {pair}{self.where(here, ', for ')}",
                names,
                here,
                counted=box,
            )

    def common(self, i: int, j: int) -> Box:
        return self.inside(self.extents[i], self.extents[j])

    @staticmethod
    def inside(one: Box, other: Box) -> Box:
        return tuple(a & b for a, b in zip(one, other, strict=True))

    def point_outside(self, box: Box, rules: int) -> Box | None:
        """A point of a box on which none of these rules is true, as a box of single codes."""
        axes = self.table.axes
        covering = [0] * (len(axes) + 1)
        covering[len(axes)] = rules
        for k in range(len(axes) - 1, -1, -1):
            covering[k] = sum(
                1 << j for j in members(covering[k + 1]) if not box[k] & ~self.extents[j][k]
            )
        hopeless: set[tuple[int, int]] = set()

        def search(k: int, active: int) -> tuple[int, ...] | None:
            self.spend()
            if not active:
                return tuple(codes & -codes for codes in box[k:])
            if active & covering[k] or (k, active) in hopeless:
                return None
            tried = set()
            self.spend(box[k].bit_count() // 8)
            for code in members(box[k]):
                still = active & axes[k].true[code]
                if still in tried:
                    continue
                tried.add(still)
                rest = search(k + 1, still)
                if rest is not None:
                    return (1 << code, *rest)
            hopeless.add((k, active))
            return None

        if len(axes) > _DEEPEST:
            raise _SpentError
        return search(0, rules)

    # ---------------------------------------------------------------- gaps

    def gaps(self) -> Iterator[Finding]:
        if self.table.source.otherwise is not None:
            return
        for box in self.uncovered(self.present):
            yield self.gap(box)

    def gaps_on_missing(self) -> Iterator[Finding]:
        """Gaps where a value is missing that rules ask for by `null`.

        Where no rule does, a missing value leaves each rule unknown that some value would
        leave true, so it is in a gap only if all values are.
        """
        if self.table.source.otherwise is not None:
            return
        asked = frozenset(
            k for k, axis in enumerate(self.table.axes) if axis.maybe != self.table.everything
        )
        codes = tuple(
            present | 1 << axis.missing if k in asked else present
            for k, (present, axis) in enumerate(zip(self.present, self.table.axes, strict=True))
        )
        if asked:
            for box in self.uncovered(codes, asked):
                yield self.gap(box)

    def gap(self, box: Box) -> Finding:
        where = self.where(box, " ") or " anything"
        # A row that lacks what the gap does not hang on lies in it too.
        counted = tuple(
            codes | 1 << axis.missing
            if codes == present and axis.maybe == self.table.everything
            else codes
            for axis, codes, present in zip(self.table.axes, box, self.present, strict=True)
        )
        return self.finding(Kind.GAP, f"Nobody covers{where}", (), box, counted=counted)

    def uncovered(self, codes: Box, lacking: frozenset[int] = frozenset()) -> list[Box]:
        """All points within ``codes`` on which every rule is false, as boxes without overlap.

        With ``lacking`` only points on which the value of one of these axes is missing.
        """
        axes = self.table.axes
        if len(axes) > _DEEPEST:
            raise _SpentError
        everything = self.table.everything

        def constrained(k: int) -> int:
            return sum((axes[k].true[code] != everything) for code in members(codes[k]))

        order = sorted(range(len(axes)), key=lambda k: (k not in lacking, -constrained(k)))
        free = [everything] * (len(order) + 1)
        for depth in range(len(order) - 1, -1, -1):
            k = order[depth]
            free[depth] = free[depth + 1]
            for code in members(codes[k]):
                free[depth] &= self.possible(axes[k], code)
        known: dict[tuple[int, int, bool], tuple[Box, ...]] = {}

        def search(depth: int, active: int, wanting: bool) -> tuple[Box, ...]:
            self.spend()
            if active & free[depth]:
                return ()
            if not active and not wanting:
                return (tuple(codes[k] for k in order[depth:]),)
            if depth == len(order):
                return ()
            key = (depth, active, wanting)
            if key not in known:
                known[key] = tuple(step(depth, active, wanting))
            return known[key]

        def step(depth: int, active: int, wanting: bool) -> Iterator[Box]:
            k = order[depth]
            self.spend(codes[k].bit_count() // 8)
            groups: dict[tuple[int, bool], int] = {}
            for code in members(codes[k]):
                still = active & self.possible(axes[k], code)
                group = (still, wanting and not (k in lacking and code == axes[k].missing))
                groups[group] = groups.get(group, 0) | 1 << code
            merged: dict[tuple[Box, ...], int] = {}
            for (still, wants), these in groups.items():
                rest = search(depth + 1, still, wants)
                merged[rest] = merged.get(rest, 0) | these
            for rest, these in merged.items():
                self.spend(len(rest) * len(axes) // 8)
                yield from ((these, *box) for box in rest)

        position = {k: depth for depth, k in enumerate(order)}
        return [
            tuple(box[position[k]] for k in range(len(axes)))
            for box in search(0, everything, bool(lacking))
        ]

    @staticmethod
    def possible(axis: Axis, code: int) -> int:
        return axis.maybe if code == axis.missing else axis.true[code]

    # ---------------------------------------------------------------- today's rows

    def idle(self) -> Iterator[Finding]:
        """Rules that match no row of today, though no value that they ask for is missing."""
        if self.evaluation is None or not len(self.evaluation):
            return
        for i, rule in enumerate(self.table.rules):
            if all(self.extents[i]) and not self.count(self.extents[i], maybe=i):
                yield self.finding(
                    Kind.IDLE,
                    f"{rule.id} matches none of today's {len(self.evaluation)} micromarkets",
                    (rule.id,),
                    counted=self.extents[i],
                    told=False,
                )

    def count(
        self, box: Box, *, maybe: int | None = None, status: Status | None = None
    ) -> int | None:
        """How many of today's rows lie in a box, or in it and have a status.

        With ``maybe`` also those that lack a value and might make that rule true.
        """
        import numpy as np

        if self.evaluation is None:
            return None
        inside = np.ones(len(self.evaluation), np.bool_)
        for axis, codes in zip(self.table.axes, box, strict=True):
            column = self.evaluation.codes.get(axis.fact.name)
            if column is None:
                continue
            wanted = np.zeros(axis.missing + 1, np.bool_)
            wanted[members(codes)] = True
            if maybe is not None and axis.maybe >> maybe & 1:
                wanted[axis.missing] = True
            inside &= wanted[column]
        if status is not None:
            outcomes = self.evaluation.outcomes
            wanted = np.array([outcome.status is status for outcome in outcomes], np.bool_)
            inside &= wanted[self.evaluation.index]
        return int(inside.sum())

    # ---------------------------------------------------------------- in words

    def finding(
        self,
        kind: Kind,
        said: str,
        rules: tuple[str, ...],
        box: Box | None = None,
        *,
        counted: Box | None = None,
        told: bool = True,
    ) -> Finding:
        region = box if counted is None else counted
        status = Status.GAP if kind is Kind.GAP else None
        touched = None if region is None else self.count(region, status=status)
        today = ""
        if told and touched is not None:
            today = f": {touched} {'micromarket' if touched == 1 else 'micromarkets'} today"
        # Of two rules that meet, the later one is the addition.
        culprits = rules if kind is Kind.CONFLICT or kind is Kind.OVERLAP else rules[:1]
        return Finding(
            kind,
            self.table.id,
            f"{said}{today}.",
            rules,
            {} if box is None else self.witness(box),
            touched,
            box or (),
            self.places[culprits[-1]] if culprits else NOWHERE,
        )

    def witness(self, box: Box) -> dict[str, Value | None]:
        return {
            axis.fact.name: example(axis, codes)
            for axis, codes in zip(self.table.axes, box, strict=True)
        }

    def where(self, box: Box, before: str) -> str:
        """A region in words, with an example; empty if it is everything."""
        narrowed = [
            (axis, codes)
            for axis, codes, present in zip(self.table.axes, box, self.present, strict=True)
            if codes & present != present
        ]
        if not narrowed:
            return ""
        parts = [region(axis, codes) for axis, codes in narrowed]
        words = parts[0] + (f" with {listed(parts[1:])}" if parts[1:] else "")
        examples = [shown(axis.fact, example(axis, codes)) for axis, codes in narrowed]
        return f"{before}{words} (for example {', '.join(examples)})"
