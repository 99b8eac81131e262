"""A compiled decision table: which rules are true of a row, and what its hit policy makes of them.

Evaluation, trace and verification all read this one form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cached_property
from itertools import combinations
from typing import TypeVar

from winlab.facts import Fact, Row
from winlab.inputs import Aggregate, Hit, Output, TableSource
from winlab.problems import Place
from winlab.rules.atoms import Axis, members, set_of
from winlab.rules.conditions import Test, Truth, plain


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
    its aggregates, ``raw`` what the aggregate comes to and ``total`` the same within floor and
    cap. ``outputs`` is empty on a gap or conflict; on a provisional row it is what holds if none
    of the unknown rules does. ``missing`` names the facts that would settle a provisional row.
    """

    status: Status
    matched: tuple[str, ...] = ()
    outputs: Mapping[str, Output] = field(default_factory=dict)
    collected: tuple[tuple[str, Mapping[str, Output]], ...] = ()
    contributions: tuple[tuple[str, Decimal], ...] = ()
    total: Decimal | None = None
    missing: tuple[str, ...] = ()
    raw: Decimal | None = None


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


@dataclass(slots=True)
class _Replacers:
    """The best that the rules which replace one rule can come to, with what they decide below.

    ``apart`` is their best if none of them is true (``None`` if one is for certain), ``loss``
    what it costs to have one true (``None`` if there are none).
    """

    best: Decimal = Decimal(0)
    apart: Decimal | None = Decimal(0)
    loss: Decimal | None = None


class Nothing(Enum):
    """Results that are no outputs."""

    GAP = "gap"
    CONFLICT = "conflict"


K = TypeVar("K")
V = TypeVar("V")


class _Remembered(dict[K, V]):
    """What a function says, asked once for each key."""

    def __init__(self, function: Callable[[K], V]) -> None:
        self.function = function

    def __missing__(self, key: K) -> V:
        value = self[key] = self.function(key)
        return value


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
    def else_key(self) -> Hashable:
        """The else's outputs, hashable; a gap if there is none."""
        otherwise = self.source.otherwise
        return Nothing.GAP if otherwise is None else output_key(otherwise)

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
        return set_of(i for i, rule in enumerate(self.rules) if rule.replaces is not None)

    @cached_property
    def replacers_first(self) -> tuple[int, ...]:
        """The rules, each behind all that replace it."""
        waiting = [0] * len(self.rules)
        for rule in self.rules:
            if rule.replaces is not None:
                waiting[rule.replaces] += 1
        order = [i for i, count in enumerate(waiting) if not count]
        for i in order:
            target = self.rules[i].replaces
            if target is not None:
                waiting[target] -= 1
                if not waiting[target]:
                    order.append(target)
        return tuple(order)

    def within(self, number: Decimal) -> Decimal:
        """A number held between the table's floor and cap."""
        if self.source.floor is not None:
            number = max(number, self.source.floor)
        return number if self.source.cap is None else min(number, self.source.cap)

    def codes(self, row: Row) -> tuple[int, ...]:
        """The row's code on each axis."""
        return tuple(axis.code(row.get(axis.fact.name)) for axis in self.axes)

    def decide(self, row: Row) -> Outcome:
        """Decides one row."""
        return self.decide_codes(self.codes(row))

    def decide_codes(self, codes: Sequence[int]) -> Outcome:
        """Decides a row by its code on each axis."""
        true, unknown = self.matching(codes)
        gone = set_of(
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
        return self._settled[true, unknown, gone]

    def decisive(self, true: int, unknown: int, gone: int) -> tuple[int, ...]:
        """What the outcome depends on: where this is equal, :meth:`settle` says the same."""
        hit = self.hit
        if hit is Hit.COLLECT:
            return true, unknown, gone & self._doubting[unknown]
        won = true & -true if hit is Hit.FIRST else set_of(self.winners(true))
        return won, gone & self._doubting[unknown & self._rivals[won]] if unknown else 0

    @cached_property
    def _settled(self) -> Mapping[tuple[int, int, int], Outcome]:
        return _Remembered(lambda key: self._settle(*key))

    def _settle(self, true: int, unknown: int, gone: int) -> Outcome:
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
        outputs, raw = otherwise or {}, total
        if winners and total is not None:
            raw = _aggregate(self.source.aggregate, [self.points[i] for i in winners])
            outputs = {next(iter(self.rules[winners[0]].outputs), "count"): plain(total)}
        return Outcome(status, matched, outputs, collected, contributions, total, missing, raw)

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
                    return (self.else_key,) if otherwise else ()
                if otherwise:
                    return _number(otherwise)
                if aggregate in (Aggregate.MIN, Aggregate.MAX):
                    return Nothing.GAP
                return self.within(Decimal(0))
            if aggregate is None:
                return tuple(self.keys[i] for i in winners)
            return self.within(_aggregate(aggregate, [self.points[i] for i in winners]))
        if not winners:
            return self.else_key
        results = {self.keys[i] for i in winners}
        return results.pop() if len(results) == 1 else Nothing.CONFLICT

    def _deciding(self, true: int, unknown: int) -> list[int]:
        """The unknown rules that could change the outputs, if some of them were true.

        Under all policies but collect a set of unknown rules changes the outputs only if one of
        them alone does. Under collect two replacements may meet, a minimum or maximum may need
        several to move, and so may a sum beyond its floor or cap.
        """
        if self.hit is not Hit.COLLECT:
            return members(unknown & self._rivals[set_of(self.winners(true))])
        now = self._result(true)
        if self.source.aggregate in (Aggregate.SUM, Aggregate.COUNT):
            return self._adding(true, unknown, now)
        adding = unknown & ~self.replacers & ~self._ousted(true)
        always = true != 0 and self.source.aggregate is None
        alone = [
            i
            for i in members(unknown)
            if (always and adding >> i & 1) or self._result(true | 1 << i) != now
        ]
        if alone:
            return alone
        if self.source.aggregate is not None:
            return self._moving(true, unknown, now) if true else []
        # Only rules that replace can meet; with nothing true, any three hold a pair that does.
        meeting = sorted({*members(unknown & self.replacers), *members(unknown)[:3]})
        pairs = (
            pair for pair in combinations(meeting, 2)
            if self._result(true | 1 << pair[0] | 1 << pair[1]) != now
        )  # fmt: skip
        return sorted({i for pair in pairs for i in pair})

    def _adding(self, true: int, unknown: int, now: Hashable) -> list[int]:
        """Unknown rules that could bring a sum away from what it is now, alone or together."""
        movers = [i for i in members(unknown) if self.points[i] or self._ousts(i, true | unknown)]
        low, high = -self._most(true, unknown, -1), self._most(true, unknown, 1)
        if not true:  # None of the unknown is no choice here: it is what holds now.
            alone = [self.points[i] for i in members(unknown)]
            movers = members(unknown)
            low = low if low < 0 else min(alone)
            high = high if high > 0 else max(alone)
        moves = self.within(low) != now or self.within(high) != now
        return movers if moves else []

    def _ousts(self, i: int, alive: int) -> bool:
        """Whether a rule may take another's points away."""
        target = self.rules[i].replaces
        return target is not None and bool(alive >> target & 1 and self.points[target])

    def _most(self, true: int, unknown: int, sign: int) -> Decimal:
        """The greatest sum, of the points times ``sign``, over all choices among the unknown."""
        total = Decimal(0)
        above: dict[int, _Replacers] = {}
        alive = true | unknown
        for i in self.replacers_first:
            if not alive >> i & 1:
                continue
            over = above.pop(i, _Replacers())
            ousted = None if over.loss is None else over.best - over.loss
            kept = None if over.apart is None else over.apart + sign * self.points[i]
            if_true = max(sum_ for sum_ in (ousted, kept) if sum_ is not None)
            if_false = over.best if unknown >> i & 1 else None
            best = if_true if if_false is None else max(if_true, if_false)
            target = self.rules[i].replaces
            if target is None or not alive >> target & 1:
                total += best
                continue
            on = above.setdefault(target, _Replacers())
            on.best += best
            on.apart = None if on.apart is None or if_false is None else on.apart + if_false
            on.loss = best - if_true if on.loss is None else min(on.loss, best - if_true)
        return total

    def _moving(self, true: int, unknown: int, extreme: Hashable) -> list[int]:
        """Unknown rules that together oust every winner that holds the minimum or maximum."""
        ousted = self._ousted(true)
        able = {
            i for i in members(unknown) if self.within(self.points[i]) != extreme or ousted >> i & 1
        }  # those that do not bring the extreme back, or are ousted by one that does not
        rest = list(able)
        while rest:
            target = self.rules[rest.pop()].replaces
            if target is not None and unknown >> target & 1 and target not in able:
                able.add(target)
                rest.append(target)
        moving: set[int] = set()
        for winner in self.winners(true):
            if self.within(self.points[winner]) == extreme:
                movers = {i for i in able if self.rules[i].replaces == winner}
                if not movers:
                    return []
                moving |= movers
        return sorted(moving)

    @cached_property
    def _rivals(self) -> Mapping[int, int]:
        """For a set of winners the rules that, true beside them, would change the outputs."""

        def rivals(winners: int) -> int:
            now = self._result(winners)
            first = self.winners(winners)[:1]
            before = range(first[0] if first and self.hit is Hit.FIRST else len(self.rules))
            return set_of(
                i
                for i in before
                if now is not Nothing.CONFLICT
                and self.keys[i] != now
                and (not first or self.ranks[i] <= self.ranks[first[0]])
            )

        return _Remembered(rivals)

    @cached_property
    def _doubting(self) -> Mapping[int, int]:
        """For a set of rules the axes that, missing, leave any of them unknown."""
        doubted = [(1 << i, a.maybe & ~a.true[a.missing]) for i, a in enumerate(self.axes)]

        def doubting(rules: int) -> int:
            found = 0
            for axis, unknown in doubted:
                if rules & unknown:
                    found |= axis
            return found

        return _Remembered(doubting)

    def _missing(self, rules: Iterable[int], gone: int) -> tuple[str, ...]:
        axes = members(gone & self._doubting[set_of(rules)])
        return tuple(self.axes[i].fact.name for i in axes)


def matters(table: Table, axis: Axis) -> bool:
    """Whether any rule tests the fact; ``-`` is no test."""
    return any(true != table.everything for true in axis.true)


# -------------------------------------------------------------------- outputs


def output_key(outputs: Mapping[str, Output]) -> Hashable:
    """Outputs in a form that compares and hashes, whatever their order; a list of one is it."""
    alike = {
        name: value[0] if isinstance(value, tuple) and len(value) == 1 else value
        for name, value in outputs.items()
    }
    return json.dumps(alike, sort_keys=True, default=dict, ensure_ascii=False)


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
