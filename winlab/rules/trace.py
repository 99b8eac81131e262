"""Why a table decided as it did: every rule with its tests ticked, and the same in plain words."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from winlab.facts import Audience, Fact, Facts, FactType, Row, Value
from winlab.inputs import Hit
from winlab.rules.atoms import Outside, known
from winlab.rules.conditions import Point, Span, Test, Truth, literal, ordinate, plain
from winlab.rules.table import Clause, Outcome, Rule, Status, Table

MISSING = "missing"
"""How a missing value is shown."""


class RuleResult(StrEnum):
    """What became of a rule. An outranked one matched, but another went before it."""

    MATCHED = "matched"
    FAILED = "failed"
    UNKNOWN = "unknown"
    OUTRANKED = "outranked"


@dataclass(frozen=True, slots=True)
class ClauseTrace:
    """One test on one value. ``known`` is the value as rounded; ``value`` as shown."""

    clause: Clause
    known: Value | Outside | None
    value: str
    result: Truth

    @property
    def fact(self) -> str:
        """The fact's name."""
        return self.clause.fact.name

    @property
    def audience(self) -> Audience:
        """Who may see the fact's value."""
        return self.clause.fact.audience

    @property
    def test(self) -> str:
        """The condition as written."""
        return self.clause.text

    @property
    def source(self) -> str:
        """Where the condition stands: file:line:column, or file:sheet!cell."""
        return str(self.clause.place)


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule with its clauses, in the order written."""

    id: str
    result: RuleResult
    clauses: tuple[ClauseTrace, ...]
    why: str = ""

    @property
    def failed(self) -> tuple[ClauseTrace, ...]:
        """The clauses that are not true."""
        return tuple(clause for clause in self.clauses if clause.result is not Truth.TRUE)


@dataclass(frozen=True, slots=True)
class TableTrace:
    """A table's decision on one row, with all that led to it."""

    table: str
    hit: Hit
    outcome: Outcome
    rules: tuple[RuleTrace, ...]
    fingerprint: str = ""

    @property
    def status(self) -> Status:
        """The row's status."""
        return self.outcome.status

    def rule(self, rule_id: str) -> RuleTrace:
        """The trace of one rule; ``KeyError`` if there is none of that id."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


def trace(table: Table, row: Row, only: Container[str] | None = None) -> TableTrace:
    """Decides a row again, keeping each test's result; of ``only`` these rules, if given."""
    row_codes = table.codes(row)
    outcome = table.decide_codes(row_codes)
    codes = {axis.fact.name: code for axis, code in zip(table.axes, row_codes, strict=True)}
    missing = {axis.fact.name: axis.missing for axis in table.axes}

    def clause_trace(clause: Clause) -> ClauseTrace:
        name = clause.fact.name
        value = known(clause.fact, row.get(name))
        if codes[name] == missing[name]:
            result = clause.on_missing
        else:
            result = Truth.TRUE if clause.bands >> codes[name] & 1 else Truth.FALSE
        shown = str(row.get(name)) if isinstance(value, Outside) else said(clause.fact, value)
        return ClauseTrace(clause, value, shown, result)

    def rule_trace(rule: Rule) -> RuleTrace:
        clauses = tuple(clause_trace(clause) for clause in rule.clauses)
        results = {clause.result for clause in clauses}
        if Truth.FALSE in results:
            result = RuleResult.FAILED
        elif Truth.UNKNOWN in results:
            result = RuleResult.UNKNOWN
        else:
            won = rule.id in outcome.matched
            result = RuleResult.MATCHED if won else RuleResult.OUTRANKED
        return RuleTrace(rule.id, result, clauses, rule.why)

    rules = tuple(rule_trace(r) for r in table.rules if only is None or r.id in only)
    return TableTrace(table.id, table.hit, outcome, rules, table.fingerprint)


# -------------------------------------------------------------------- in plain words


UNSEEN = "what only the lab sees"
"""Stands for the tests that a reader may not see."""


def sentence(trace: TableTrace, facts: Facts, audience: Audience) -> str:
    """Why the table decided as it did, in one sentence without its full stop.

    Tests on facts that this audience may not see are left out.
    """
    outcome = trace.outcome
    names = " and ".join(outcome.matched)
    unsettled = listed([facts[name].label.lower() for name in outcome.missing])
    match outcome.status:
        case Status.CONFLICT:
            return f"two rules match and disagree: {names}"
        case Status.GAP:
            return f"no rule covers this: {_values(trace, audience)}"
        case Status.PROVISIONAL if not outcome.matched:
            return f"it cannot be settled until {unsettled} is known"
        case Status.DEFAULT:
            return f"no rule matches, so what else is said holds: {_values(trace, audience)}"
        case _:
            tested = [
                clause
                for rule in trace.rules
                if rule.result is RuleResult.MATCHED
                for clause in rule.clauses
                if not clause.clause.test.anything
            ]
            reasons = [
                f"{subject(clause)} is {clause_words(clause)}"
                for clause in tested
                if audience.may_see(clause.audience)
            ]
            always = f"it rests on {UNSEEN}" if tested else "it holds always"
            said = "; ".join(dict.fromkeys(reasons)) or always
            return f"{said}; not settled until {unsettled} is known" if unsettled else said


def why_not(trace: TableTrace, rule_id: str) -> list[str]:
    """What kept a rule from winning, a phrase for each failed test with its distance.

    Empty for a rule that won; ``KeyError`` if the table has no such rule.
    """
    rule = trace.rule(rule_id)
    if rule.result is RuleResult.OUTRANKED:
        return [f"it matches, but {listed(list(trace.outcome.matched), 'and')} goes before it"]
    return [f"{subject(clause)} is {_shortfall(clause)}" for clause in rule.failed]


def nearness(rule: RuleTrace) -> tuple[int, Decimal]:
    """How far a rule is from holding: its failed tests, then the sum of their distances.

    A distance is a share of its threshold; words that differ and missing values count as 1.
    """
    return len(rule.failed), sum((_share_missed(clause) for clause in rule.failed), Decimal(0))


def _share_missed(clause: ClauseTrace) -> Decimal:
    value = clause.known
    if isinstance(value, date) and (missed := _missed(clause)):
        return missed.far / 365
    if isinstance(value, Decimal) and (missed := _missed(clause)):
        size = abs(ordinate(missed.end)) or abs(value)
        return missed.far / size if size else Decimal(0)
    return Decimal(1)


def subject(clause: ClauseTrace) -> str:
    """The fact's label as it stands inside a sentence."""
    label = clause.clause.fact.label or clause.fact
    return label[:1].lower() + label[1:] if label[1:2].islower() or " " in label[:2] else label


def said(fact: Fact, value: Value | None) -> str:
    """A value as one says it: ``8 %``, ``120 t/a``, ``low``, ``missing``."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, Decimal):
        return literal(fact, value)
    if fact.is_fraction:
        return f"{plain(value.scaleb(2))} %"
    if fact.unit.startswith(("percent", "%")):
        return f"{plain(value)} %"
    unit = "" if fact.unit in ("", "count") or " " in fact.unit else f" {fact.unit}"
    return plain(value) + unit


def asked(clause: ClauseTrace) -> str:
    """What is asked of the value, in words: ``at least 8 %``; empty where anything will do."""
    return _asked(clause.clause.fact, clause.clause.test, negated=clause.clause.negated)


def clause_words(clause: ClauseTrace) -> str:
    """The value and what was asked of it: ``11 %, at least 8 %``."""
    wanted = asked(clause)
    return clause.value if wanted in ("", clause.value) else f"{clause.value}, {wanted}"


def _shortfall(clause: ClauseTrace) -> str:
    """The value and how far it is from what was asked."""
    fact = clause.clause.fact
    wanted = asked(clause)
    value = clause.known
    if value is None and clause.result is Truth.UNKNOWN:
        return "not known"
    if value is None or isinstance(value, (str, bool, Outside)):
        return f"{clause.value}; it takes {wanted}" if wanted else clause.value
    missed = _missed(clause)
    if missed is None:
        return f"{clause.value}; it takes {wanted}"
    if not missed.far:
        return f"{clause.value}, at the limit; it takes {wanted}"
    limit = said(fact, missed.end)
    return f"{clause.value}, {_distance(fact, missed.far)} {missed.word} the limit of {limit}"


@dataclass(frozen=True, slots=True)
class _Missed:
    """The nearest threshold that a value fails, how far it is, and on which side of it."""

    far: Decimal
    end: Point
    word: str


def _missed(clause: ClauseTrace) -> _Missed | None:
    value = clause.known
    if value is None or isinstance(value, (str, bool, Outside)):
        return None
    ends = [
        _Missed(abs(ordinate(value) - ordinate(end)), end, word)
        for span in clause_spans(clause.clause)
        for end, word in ((span.low, "below"), (span.high, "above"))
        if end is not None and _beyond(value, end, word)
    ]
    return min(ends, key=lambda missed: missed.far, default=None)


def _beyond(value: Point, end: Point, word: str) -> bool:
    ahead = ordinate(value) - ordinate(end)
    return ahead >= 0 if word == "above" else ahead <= 0


def _distance(fact: Fact, far: Decimal) -> str:
    if fact.type is FactType.DATE:
        return "1 day" if far == 1 else f"{plain(far)} days"
    if fact.is_fraction or fact.unit.startswith(("percent", "%")):
        points = plain(far.scaleb(2) if fact.is_fraction else far)
        return "1 point" if points == "1" else f"{points} points"
    return said(fact, far)


def clause_spans(clause: Clause) -> list[Span]:
    """The intervals on which a clause is true, in order and without overlap."""
    spans = _union(clause.test.spans)
    if clause.test.complement != clause.negated:
        spans = _complement(spans)
    return spans


def _union(spans: Iterable[Span]) -> list[Span]:
    def start(span: Span) -> tuple[int, Decimal, bool]:
        return (
            (0, Decimal(0), False) if span.low is None else (1, ordinate(span.low), span.low_open)
        )

    merged: list[Span] = []
    for span in sorted(spans, key=start):
        if merged and _touch(merged[-1], span):
            last = merged.pop()
            high, high_open = _farther(last, span)
            span = Span(last.low, high, last.low_open, high_open)  # noqa: PLW2901
        merged.append(span)
    return merged


def _touch(left: Span, right: Span) -> bool:
    if left.high is None or right.low is None:
        return True
    high, low = ordinate(left.high), ordinate(right.low)
    return low < high or (low == high and not (left.high_open and right.low_open))


def _farther(left: Span, right: Span) -> tuple[Point | None, bool]:
    if left.high is None or right.high is None:
        return None, False
    one, other = ordinate(left.high), ordinate(right.high)
    if one == other:
        return left.high, left.high_open and right.high_open
    return (left.high, left.high_open) if one > other else (right.high, right.high_open)


def _complement(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    low: Point | None = None
    low_open = False
    for i, span in enumerate(spans):
        if span.low is not None:
            found.append(Span(low, span.low, low_open, not span.low_open))
        if span.high is None:
            return found
        low, low_open = span.high, not span.high_open
        if i == len(spans) - 1:
            found.append(Span(low, None, low_open))
    return found or [Span()]


def _asked(fact: Fact, test: Test, *, negated: bool) -> str:
    """What a test asks, in words; empty where the value alone says it."""
    turned = test.complement != negated
    parts: list[str] = []
    if test.null:
        parts.append("known" if turned else "not known")
    if fact.type in (FactType.NUMBER, FactType.DATE):
        spans = _union(test.spans)
        if turned and not _points_only(spans):
            spans = _complement(spans)
            return listed([_span_words(fact, span) for span in spans], "or")
        words = listed([_span_words(fact, span) for span in spans], "or")
        parts += [f"not {words}" if turned else words] if words else []
    elif test.words:
        order = fact.values if fact.type is FactType.ORDERED else ()
        parts.append(_words_asked(fact, test.words, order, turned=turned))
    return listed(parts, "and" if turned else "or")


def _points_only(spans: Sequence[Span]) -> bool:
    return all(span.low is not None and span.low == span.high for span in spans)


def _words_asked(
    fact: Fact, words: Sequence[str | bool], order: Sequence[str], *, turned: bool
) -> str:
    if fact.type is FactType.BOOLEAN and turned:
        words = [value for value in (True, False) if value not in words]
        return listed([said(fact, word) for word in words], "or")
    allowed = [value for value in order if (value in words) != turned]
    if order and len(allowed) > 1:
        if allowed == list(order[-len(allowed) :]):
            return f"at least {allowed[0]}"
        if allowed == list(order[: len(allowed)]):
            return f"at most {allowed[-1]}"
    named = listed([said(fact, word) for word in words], "or")
    return f"not {named}" if turned else named


def _span_words(fact: Fact, span: Span) -> str:
    low = "" if span.low is None else said(fact, span.low)
    high = "" if span.high is None else said(fact, span.high)
    if low and low == high:
        return low
    dated = isinstance(span.low or span.high, date)
    parts = []
    if low and high and not span.low_open and not span.high_open:
        return f"from {low} to {high}"
    if low:
        words = ("after", "from") if dated else ("above", "at least")
        parts.append(f"{words[0] if span.low_open else words[1]} {low}")
    if high:
        words = ("before", "until") if dated else ("below", "at most")
        parts.append(f"{words[0] if span.high_open else words[1]} {high}")
    return " and ".join(parts)


def _values(trace: TableTrace, audience: Audience) -> str:
    tested = [clause for rule in trace.rules for clause in rule.clauses]
    values = {
        clause.fact: f"{subject(clause)} is {clause.value}"
        for clause in tested
        if audience.may_see(clause.audience)
    }
    nothing = f"it hangs on {UNSEEN}" if tested else "it has no rules"
    return "; ".join(values.values()) or nothing


def listed(parts: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"
