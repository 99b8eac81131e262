"""Proves a table before use: what nobody covers, what two rules claim, what can never match."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from winlab.facts import Facts, FactType, Row, Value
from winlab.inputs import Hit
from winlab.problems import NOWHERE, Place, Problem, Severity
from winlab.rules.atoms import members, set_of
from winlab.rules.frame import evaluate
from winlab.rules.regions import SPELT_OUT, example, own_name, region, shown
from winlab.rules.space import Box, Space, SpentError, inside
from winlab.rules.table import Status, Table
from winlab.rules.trace import listed

if TYPE_CHECKING:
    import pandas

BUDGET = 500_000
"""Steps that a verification may take unless told otherwise: a few seconds."""

_SAYING = 10
"""Steps that it takes to put a finding into words."""


class Kind(StrEnum):
    """What can be wrong with a table, the worst first."""

    CONFLICT = "conflict"
    GAP = "gap"
    UNREACHABLE = "unreachable"
    INCOMPLETE = "incomplete"
    OVERLAP = "overlap"
    SUBSUMED = "subsumed"
    REPLACES = "replaces-nothing"
    IDLE = "idle"
    UNUSED = "unused"


_SEVERITY = {
    Kind.CONFLICT: Severity.ERROR,
    Kind.GAP: Severity.WARNING,
    Kind.UNREACHABLE: Severity.WARNING,
    Kind.INCOMPLETE: Severity.WARNING,
    Kind.OVERLAP: Severity.WARNING,
    Kind.REPLACES: Severity.WARNING,
}

_HINT = {
    Kind.CONFLICT: "change the conditions of one so that they exclude each other",
    Kind.GAP: "add a rule for it, widen one, or give the table an else",
    Kind.UNREACHABLE: "take the rule out, or correct its conditions or its place",
    Kind.INCOMPLETE: "split the table, or give verification a larger budget",
    Kind.OVERLAP: "make one rule of them, or set hit: any",
    Kind.SUBSUMED: "take the rule out, or correct its conditions",
    Kind.REPLACES: "take the replaces out, or correct the conditions of one",
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
    table: Table,
    frame: pandas.DataFrame | None = None,
    budget: int = BUDGET,
    *,
    rows: str = "micromarket",
) -> list[Finding]:
    """All faults of a table, the worst kinds and those that touch most rows first.

    Exact over all values that the facts can have; missing values are looked at apart. When
    ``budget`` is spent a finding says what was not finished. ``rows`` is what one row of the
    frame is called.

    A rule is subsumed if the table without it says the same everywhere, whether or not the other
    subsumed and unreachable ones stay; of several that could go, the later ones do. Under collect
    each rule adds its own, so none is. Where one of two rules is subsumed, no overlap is reported.
    """
    return _Verifier(table, frame, budget, rows).findings()


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


class _Today:
    """The rows of a frame as codes, with equal ones counted together."""

    def __init__(self, table: Table, frame: pandas.DataFrame) -> None:
        import numpy as np
        import pandas as pd

        evaluation = evaluate(table, frame)
        axes = [k for k, axis in enumerate(table.axes) if axis.fact.name in evaluation.codes]
        columns = {k: evaluation.codes[table.axes[k].fact.name] for k in axes}
        kinds = pd.DataFrame({**columns, -1: evaluation.index}).value_counts(sort=False)
        self.table = table
        self.rows = len(evaluation)
        self.counts = kinds.to_numpy()
        self.codes = {k: kinds.index.get_level_values(k).to_numpy() for k in axes}
        gaps = np.array([o.status is Status.GAP for o in evaluation.outcomes], np.bool_)
        self.in_gap = gaps[kinds.index.get_level_values(-1).to_numpy()]

    def count(self, box: Box, *, gaps: bool) -> int:
        """How many rows lie in a box; with ``gaps`` those that are in a gap."""
        import numpy as np

        within = self.in_gap.copy() if gaps else np.ones(len(self.counts), np.bool_)
        for k, codes in self.codes.items():
            size = self.table.axes[k].missing // 8 + 1
            bits = np.frombuffer(box[k].to_bytes(size, "little"), np.uint8)
            within &= np.unpackbits(bits, bitorder="little")[codes].astype(np.bool_)
        return int(self.counts[within].sum())

    def steps(self) -> int:
        """What a count costs of a budget."""
        return len(self.counts) * len(self.codes) // 2000

    def kinds(self) -> Iterator[dict[int, int]]:
        """The different rows, each as its code by axis."""
        for row in range(len(self.counts)):
            yield {k: int(codes[row]) for k, codes in self.codes.items()}


class _Verifier:
    def __init__(
        self, table: Table, frame: pandas.DataFrame | None, budget: int, rows: str
    ) -> None:
        self.table = table
        self.today = None if frame is None else _Today(table, frame)
        self.budget = budget
        self.noun = rows
        self.space = Space(table)
        self.rivals = self.outranking()
        self.alike = self.agreeing()
        self.hopeless: set[int] = set()
        self.subsumed: set[int] = set()

    def findings(self) -> list[Finding]:
        passes: dict[str, Callable[[], Iterator[Finding]]] = {
            "rules that can never match": self.unreachable,
            "rules that add nothing": self.adding_nothing,
            "rules that match together": self.overlaps,
            "gaps": self.gaps,
            "gaps where values are missing": self.gaps_on_missing,
            "rules that match nothing today": self.idle,
        }
        found: list[Finding] = []
        unfinished = []
        for done, (what, search) in enumerate(passes.items()):
            self.space.left = self.budget // (len(passes) - done)
            self.budget -= self.space.left
            try:
                for finding in search():
                    found.append(finding)  # noqa: PERF402 - a spent search keeps what it found
            except SpentError:
                unfinished.append(what)
            self.budget += max(0, self.space.left)
        if unfinished:
            found.append(
                Finding(
                    Kind.INCOMPLETE,
                    self.table.id,
                    f"{self.table.id} was not searched to the end for {listed(unfinished)}:"
                    " there may be more than is listed.",
                )
            )
        order = list(Kind)
        return sorted(found, key=lambda f: (order.index(f.kind), -(f.touched or 0)))

    # ---------------------------------------------------------------- how rules stand to others

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
                    before |= set_of(level)
            case Hit.COLLECT:
                for i, rule in enumerate(table.rules):
                    if rule.replaces is not None:
                        rivals[rule.replaces] |= 1 << i
            case _:
                pass
        return rivals

    def agreeing(self) -> list[int]:
        """For each rule all rules that say the same, itself too."""
        groups: dict[Hashable, int] = {}
        for i, key in enumerate(self.table.keys):
            groups[key] = groups.get(key, 0) | 1 << i
        return [groups[key] for key in self.table.keys]

    # ---------------------------------------------------------------- rules that do nothing

    def unreachable(self) -> Iterator[Finding]:
        for i, rule in enumerate(self.table.rules):
            extent = self.space.extents[i]
            if not all(extent):
                self.hopeless.add(i)
                axes = zip(self.table.axes, extent, strict=True)
                empty = [own_name(axis.fact) for axis, codes in axes if not codes]
                yield self.finding(
                    Kind.UNREACHABLE,
                    f"{rule.id} can never match: its conditions on {' and '.join(empty)}"
                    " exclude each other",
                    (rule.id,),
                )
            elif self.rivals[i] and self.space.point_outside(extent, self.rivals[i]) is None:
                self.hopeless.add(i)
                taking = self.needed(extent, self.rivals[i], 0)
                takes = "go before it and take" if len(taking) > 1 else "goes before it and takes"
                yield self.finding(
                    Kind.UNREACHABLE,
                    f"{rule.id} never wins: {self.named(taking)} {takes} all of it",
                    (rule.id, *self.names(taking)),
                    extent,
                )
        yield from self.replacing_nothing()

    def replacing_nothing(self) -> Iterator[Finding]:
        for i, rule in enumerate(self.table.rules):
            ousted = rule.replaces
            if ousted is None or i in self.hopeless or not all(self.space.extents[ousted]):
                continue
            if not all(self.space.common(i, ousted)):
                other = self.table.rules[ousted].id
                yield self.finding(
                    Kind.REPLACES,
                    f"{rule.id} replaces {other}, but the two never match together",
                    (rule.id, other),
                )

    def adding_nothing(self) -> Iterator[Finding]:
        if self.table.hit is Hit.COLLECT:
            return
        kept = self.table.everything & ~set_of(self.hopeless)
        for i in members(kept)[::-1]:
            rivals = self.rivals[i] & kept
            others = self.alike[i] & kept & ~(1 << i) & ~rivals
            if not others or not self.redundant(i, rivals, others):
                continue
            kept ^= 1 << i
            self.subsumed.add(i)
            box = self.space.extents[i]
            covering = self.needed(box, others, rivals)
            yield self.finding(
                Kind.SUBSUMED,
                f"{self.table.rules[i].id} adds nothing: {self.covering(covering, rivals)}",
                (self.table.rules[i].id, *self.names(covering)),
                box,
            )

    def redundant(self, i: int, rivals: int, others: int) -> bool:
        """Whether wherever a rule wins, one of the ``others`` would win without it.

        Under hit policy first none that says something else may come before that one.
        """
        box = self.space.extents[i]
        if self.space.point_outside(box, rivals | others) is not None:
            return False
        if self.table.hit is not Hit.FIRST:
            return True
        different = self.space.meeting(box) & ~self.alike[i] & ~((1 << i) - 1)
        return all(
            self.space.point_outside(
                self.space.common(i, j), rivals | (others & ((1 << j) - 1))
            ) is None
            for j in members(different)
        )  # fmt: skip

    def covering(self, rules: list[int], rivals: int) -> str:
        several = len(rules) > 1
        if rivals:
            return f"without it {self.named(rules)} {'say' if several else 'says'} the same"
        if several:
            return f"{self.named(rules)} together cover all of it and say the same"
        return f"{self.named(rules)} covers all of it and says the same"

    def needed(self, box: Box, rules: int, besides: int) -> list[int]:
        """As few of these rules as cover a box with those ``besides``: one, if one does alone."""
        alone = rules & self.space.covering(box)
        if alone:
            return members(alone & -alone)
        chosen = rules & self.space.meeting(box)
        if chosen.bit_count() <= 8 * SPELT_OUT:
            for i in members(chosen)[::-1]:
                fewer = chosen & ~(1 << i)
                if self.space.point_outside(box, besides | fewer) is None:
                    chosen = fewer
        return members(chosen)

    # ---------------------------------------------------------------- rules in pairs

    def overlaps(self) -> Iterator[Finding]:
        table = self.table
        if table.hit in (Hit.FIRST, Hit.COLLECT):
            return
        levels = dict.fromkeys(table.ranks, 0)
        for i, rank in enumerate(table.ranks):
            levels[rank] |= 1 << i
        subsumed = set_of(self.subsumed)
        for j in range(len(table.rules)):
            extent = self.space.extents[j]
            if not all(extent):
                continue
            rivals = levels[table.ranks[j]] & ((1 << j) - 1) & self.space.meeting(extent)
            if table.hit is not Hit.UNIQUE or j in self.subsumed:
                rivals &= ~self.alike[j]
            for i in members(rivals & ~(self.alike[j] & subsumed)):
                self.space.spend()
                same = self.alike[j] >> i & 1
                yield from self.overlap(i, j) if same else self.conflict(i, j)

    def conflict(self, i: int, j: int) -> Iterator[Finding]:
        space = self.space
        box = space.common(i, j)
        rivals = self.rivals[i]
        lacking = tuple(
            present | 1 << axis.missing
            for present, axis in zip(space.present, self.table.axes, strict=True)
        )
        for where in (space.present, lacking):
            here = inside(box, where)
            point = space.point_outside(here, rivals)
            if point is not None:
                told = space.widened(point, here, rivals) if rivals else here
                yield self.finding(
                    Kind.CONFLICT,
                    f"Two rules match and disagree, {self.pair(i, j)}{self.where(told, ', for ')}",
                    self.names((i, j)),
                    told,
                    counted=None if rivals else box,
                )
                return

    def overlap(self, i: int, j: int) -> Iterator[Finding]:
        box = self.space.common(i, j)
        here = inside(box, self.space.present)
        here = here if all(here) else box
        yield self.finding(
            Kind.OVERLAP,
            f"Two rules match, with the same result, {self.pair(i, j)}{self.where(here, ', for ')}",
            self.names((i, j)),
            here,
            counted=box,
        )

    # ---------------------------------------------------------------- gaps

    def gaps(self) -> Iterator[Finding]:
        space = self.space
        if self.table.source.otherwise is not None:
            return
        allowed = space.left
        try:
            boxes = space.uncovered(space.present)
        except SpentError:
            space.left = allowed
            point = space.point_outside(space.present, self.table.everything)
            if point is not None:
                yield self.gap(space.widened(point, space.present, self.table.everything))
            raise
        for box in boxes:
            yield self.gap(box)

    def gaps_on_missing(self) -> Iterator[Finding]:
        """Gaps where a value is missing that rules ask for by `null`.

        Where no rule does, a missing value leaves each rule unknown that some value would
        leave true, so it is in a gap only if all values are.
        """
        if self.table.source.otherwise is not None:
            return
        axes = self.table.axes
        asked = frozenset(k for k, axis in enumerate(axes) if axis.maybe != self.table.everything)
        codes = tuple(
            present | 1 << axes[k].missing if k in asked else present
            for k, present in enumerate(self.space.present)
        )
        if asked:
            for box in self.space.uncovered(codes, asked):
                yield self.gap(box)

    def gap(self, box: Box) -> Finding:
        where = self.where(box, " ") or " anything"
        # A row that lacks what the gap does not hang on lies in it too.
        counted = tuple(
            codes | 1 << axis.missing
            if codes == present and axis.maybe == self.table.everything
            else codes
            for axis, codes, present in zip(self.table.axes, box, self.space.present, strict=True)
        )
        return self.finding(Kind.GAP, f"Nobody covers{where}", (), box, counted=counted)

    # ---------------------------------------------------------------- today

    def idle(self) -> Iterator[Finding]:
        """Rules that match no row of today, though no value that they ask for is missing."""
        if self.today is None or not self.today.rows:
            return
        waiting = self.table.everything & ~set_of(
            i for i, extent in enumerate(self.space.extents) if not all(extent)
        )
        for row in self.today.kinds():
            if not waiting:
                return
            self.space.spend()
            possible = waiting
            for k, code in row.items():
                possible &= self.space.possible(self.table.axes[k], code)
            waiting &= ~possible
        for i in members(waiting):
            rule = self.table.rules[i]
            yield Finding(
                Kind.IDLE,
                self.table.id,
                f"{rule.id} matches none of today's {self.today.rows} {self.noun}s.",
                (rule.id,),
                touched=0,
                place=rule.place,
            )

    # ---------------------------------------------------------------- in words

    def finding(
        self,
        kind: Kind,
        said: str,
        rules: tuple[str, ...],
        box: Box | None = None,
        *,
        counted: Box | None = None,
    ) -> Finding:
        widths = sum(codes.bit_length() for codes in box or ())
        self.space.spend(_SAYING + widths // 64)
        touched = None
        today = ""
        if self.today is not None and box is not None:
            self.space.spend(self.today.steps())
            region = box if counted is None else counted
            touched = self.today.count(region, gaps=kind is Kind.GAP)
            today = f": {touched} {self.noun}{'' if touched == 1 else 's'} today"
        # Of two rules that meet, the later one is the addition.
        culprits = rules if kind in (Kind.CONFLICT, Kind.OVERLAP) else rules[:1]
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

    @cached_property
    def places(self) -> dict[str, Place]:
        return {rule.id: rule.place for rule in self.table.rules}

    def names(self, rules: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.table.rules[i].id for i in rules)

    def named(self, rules: list[int]) -> str:
        return listed(self.names(rules)) if len(rules) <= SPELT_OUT else f"{len(rules)} rules"

    def pair(self, i: int, j: int) -> str:
        return f"{self.table.rules[i].id} and {self.table.rules[j].id}"

    def witness(self, box: Box) -> dict[str, Value | None]:
        return {
            axis.fact.name: example(axis, codes)
            for axis, codes in zip(self.table.axes, box, strict=True)
        }

    def where(self, box: Box, before: str) -> str:
        """A region in words, with an example; empty if it is everything."""
        narrowed = [
            (axis, codes)
            for axis, codes, present in zip(self.table.axes, box, self.space.present, strict=True)
            if codes & present != present
        ]
        if not narrowed:
            return ""
        parts = [region(axis, codes) for axis, codes in narrowed[:SPELT_OUT]]
        if len(narrowed) > SPELT_OUT:
            parts.append(f"{len(narrowed) - SPELT_OUT} more conditions")
        words = parts[0] + (f" with {listed(parts[1:])}" if parts[1:] else "")
        examples = [shown(axis.fact, example(axis, codes)) for axis, codes in narrowed[:SPELT_OUT]]
        return f"{before}{words} (for example {', '.join(examples)})"
