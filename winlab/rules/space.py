"""The space of a table's atoms, and exact searches in it. None of them recurses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import and_, or_
from typing import TypeAlias

from winlab.rules.atoms import Axis, members, set_of
from winlab.rules.conditions import Truth
from winlab.rules.table import Table, matters

Box: TypeAlias = tuple[int, ...]
"""For each axis of a table a set of codes: all rows whose codes lie in them."""


class SpentError(Exception):
    """The budget is spent before the search was at its end."""


class Space:
    """The points of a table's axes, the box in which each rule is true, and a budget of steps.

    ``present`` holds the points without missing or outside values (on an axis that no rule
    tests, all); a rule's ``extents`` and ``whole`` include them.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.axes = table.axes
        self.left = 0
        self._weight = 1 + len(table.rules) // 2000
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
        self._somewhere = [_Folded(axis.true, or_, 0) for axis in table.axes]
        self._everywhere = [_Folded(axis.true, and_, table.everything) for axis in table.axes]
        self._position = {axis.fact.name: k for k, axis in enumerate(table.axes)}
        self.extents = [self._extent(i) for i in range(len(table.rules))]

    def spend(self, steps: int = 1) -> None:
        """Takes steps off the budget; raises :class:`SpentError` when none are left.

        Under very many rules, whose sets are large, a step counts several times.
        """
        self.left -= steps * self._weight
        if self.left < 0:
            raise SpentError

    def _extent(self, rule: int) -> Box:
        """Where a rule is true, missing and outside values included."""
        sets = list(self.whole)
        for clause in self.table.rules[rule].clauses:
            k = self._position[clause.fact.name]
            here = clause.bands
            if clause.on_missing is Truth.TRUE:
                here |= 1 << self.axes[k].missing
            sets[k] &= here
        return tuple(sets)

    def common(self, one: int, other: int) -> Box:
        """Where two rules are both true."""
        return inside(self.extents[one], self.extents[other])

    def meeting(self, box: Box) -> int:
        """The rules that are true somewhere in a box."""
        self.spend(1 + len(box) // 8)
        return self._over(self._somewhere, box)

    def covering(self, box: Box) -> int:
        """The rules that are true everywhere in a box."""
        self.spend(1 + len(box) // 8)
        return self._over(self._everywhere, box)

    def _over(self, folded: Sequence[_Folded], box: Box) -> int:
        found = self.table.everything
        for fold, codes in zip(folded, box, strict=True):
            found &= fold.over(codes)
        return found

    # ---------------------------------------------------------------- one point

    def point_outside(self, box: Box, rules: int) -> Box | None:
        """A point of a box on which none of these rules is true, as a box of single codes."""
        if not all(box):
            return None
        rules &= self.meeting(box)
        if rules & self.covering(box):
            return None
        order = [k for k in range(len(box)) if rules & ~self._everywhere[k].over(box[k])]
        covering = [self.table.everything] * (len(order) + 1)
        for depth in range(len(order) - 1, -1, -1):
            covering[depth] = covering[depth + 1] & self._everywhere[order[depth]].over(
                box[order[depth]]
            )
        tried: set[tuple[int, int]] = set()
        branches: list[tuple[int, tuple[int, ...]]] = [(rules, ())]
        while branches:
            self.spend()
            active, chosen = branches.pop()
            depth = len(chosen)
            if not active:
                taken = {k: 1 << code for k, code in zip(order, chosen, strict=False)}
                return tuple(taken.get(k, codes & -codes) for k, codes in enumerate(box))
            if active & covering[depth] or (depth, active) in tried:
                continue
            tried.add((depth, active))
            least = self._least(order[depth], box[order[depth]], active)
            branches += [(still, (*chosen, code)) for code, still in reversed(least)]
        return None

    def _least(self, k: int, codes: int, active: int) -> list[tuple[int, int]]:
        """Codes that leave the fewest rules true: what others leave holds all of one of these."""
        self.spend(codes.bit_count() // 8)
        left: dict[int, int] = {}
        for code in members(codes):
            left.setdefault(active & self.axes[k].true[code], code)
        least: list[tuple[int, int]] = []
        for still, code in sorted(left.items(), key=lambda item: item[0].bit_count()):
            self.spend(len(least) // 8)
            if not any(fewer & still == fewer for _, fewer in least):
                least.append((code, still))
        return least

    def widened(self, point: Box, within: Box, rules: int) -> Box:
        """A box around a point outside these rules, as large as it gets axis by axis."""
        touching = [fold.over(codes) for fold, codes in zip(self._somewhere, point, strict=True)]
        later = [rules]
        for here in reversed(touching):
            later.append(later[-1] & here)
        box = []
        before = self.table.everything
        for k, axis in enumerate(self.axes):
            others = before & later[len(point) - 1 - k]
            self.spend(1 + within[k].bit_count() // 8)
            box.append(set_of(c for c in members(within[k]) if not axis.true[c] & others))
            before &= self._somewhere[k].over(box[k])
        return tuple(box)

    # ---------------------------------------------------------------- all points

    def uncovered(self, codes: Box, lacking: frozenset[int] = frozenset()) -> list[Box]:
        """All points within ``codes`` on which every rule is false, as boxes without overlap.

        With ``lacking`` only points on which the value of one of these axes is missing. First
        the sets of rules that axis after axis leaves possible, then, backwards, their boxes.
        """
        order = self._order(codes, lacking)
        free = self._free(codes, order)
        layers: list[dict[_State, dict[_State, int]]] = []
        states: Iterable[_State] = [(self.table.everything, bool(lacking))]
        for depth, k in enumerate(order):
            layer: dict[_State, dict[_State, int]] = {}
            for active, wanting in states:
                self.spend()
                if active & free[depth]:
                    continue
                if active or wanting:
                    layer[active, wanting] = self._groups(k, codes[k], active, wanting, lacking)
            layers.append(layer)
            states = {state: None for groups in layer.values() for state in groups}
        tails: dict[_State, tuple[Box, ...]] = {(0, False): ((),)}
        for depth in range(len(order) - 1, -1, -1):
            k = order[depth]
            longer: dict[_State, tuple[Box, ...]] = {
                (0, False): (tuple(codes[m] for m in order[depth:]),)
            }
            for state, groups in layers[depth].items():
                longer[state] = tuple(self._joined(groups, tails))
            tails = longer
        start = tails.get((self.table.everything, bool(lacking)), ())
        position = {k: depth for depth, k in enumerate(order)}
        return [
            tuple(
                box[position[k]] if k in position else codes[k] for k in range(len(self.axes))
            )
            for box in start
        ]  # fmt: skip

    def possible(self, axis: Axis, code: int) -> int:
        """The rules that a code leaves true or unknown."""
        return axis.maybe if code == axis.missing else axis.true[code]

    def _order(self, codes: Box, lacking: frozenset[int]) -> list[int]:
        """The axes that rules tell apart, those first that rules test most."""
        everything = self.table.everything
        tested: dict[int, int] = {}
        for k, axis in enumerate(self.axes):
            self.spend(1 + codes[k].bit_count() // 8)
            tested[k] = sum(self.possible(axis, code) != everything for code in members(codes[k]))
        order = [k for k in tested if tested[k] or k in lacking]
        return sorted(order, key=lambda k: (k not in lacking, -tested[k]))

    def _free(self, codes: Box, order: Sequence[int]) -> list[int]:
        """For each depth the rules that no axis from there on can make false."""
        free = [self.table.everything]
        for k in reversed(order):
            axis = self.axes[k]
            here = self._everywhere[k].over(codes[k] & ~(1 << axis.missing))
            if codes[k] >> axis.missing & 1:
                here &= axis.maybe
            free.append(free[-1] & here)
        return free[::-1]

    def _groups(
        self, k: int, codes: int, active: int, wanting: bool, lacking: frozenset[int]
    ) -> dict[_State, int]:
        self.spend(codes.bit_count() // 8)
        axis = self.axes[k]
        groups: dict[_State, int] = {}
        for code in members(codes):
            wants = wanting and not (k in lacking and code == axis.missing)
            state = (active & self.possible(axis, code), wants)
            groups[state] = groups.get(state, 0) | 1 << code
        return groups

    def _joined(
        self, groups: dict[_State, int], tails: dict[_State, tuple[Box, ...]]
    ) -> Iterator[Box]:
        merged: dict[tuple[Box, ...], int] = {}
        for state, these in groups.items():
            rest = tails.get(state, ())
            merged[rest] = merged.get(rest, 0) | these
        for rest, these in merged.items():
            self.spend(len(rest) * len(self.axes) // 8)
            yield from ((these, *box) for box in rest)


_State: TypeAlias = tuple[int, bool]
"""The rules that are possible so far, and whether a missing value is still wanted."""


def inside(one: Box, other: Box) -> Box:
    """What two boxes share."""
    return tuple(a & b for a, b in zip(one, other, strict=True))


class _Folded:
    """Sets of rules by code, put together over any set of codes: a tree over runs of them."""

    def __init__(
        self, leaves: Sequence[int], join: Callable[[int, int], int], nothing: int
    ) -> None:
        self.leaves = leaves
        self.join = join
        self.nothing = nothing
        self.nodes: list[int] = []
        self.known: dict[int, int] = {}

    def over(self, codes: int) -> int:
        if codes not in self.known:
            self.known[codes] = reduce(self.join, self._parts(codes), self.nothing)
        return self.known[codes]

    def _parts(self, codes: int) -> Iterator[int]:
        size = len(self.leaves)
        if not self.nodes:
            self.nodes = [self.nothing] * size + [*self.leaves]
            for i in range(size - 1, 0, -1):
                self.nodes[i] = self.join(self.nodes[2 * i], self.nodes[2 * i + 1])
        edges = members(codes ^ (codes << 1))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            low, high = first + size, end + size
            while low < high:
                if low & 1:
                    yield self.nodes[low]
                    low += 1
                if high & 1:
                    high -= 1
                    yield self.nodes[high]
                low >>= 1
                high >>= 1
