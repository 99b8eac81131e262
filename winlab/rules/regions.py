"""A set of codes in words, and a value that has one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_DOWN, Decimal

from winlab.facts import Fact, FactType, Value
from winlab.rules.atoms import Axis, Rest, grid_step, members
from winlab.rules.conditions import Span, literal
from winlab.rules.trace import listed

SPELT_OUT = 7
"""Values, intervals, conditions or rules that a sentence names before it only counts them."""


def own_name(fact: Fact) -> str:
    """A fact's own name in words: ``market.plant_load`` is ``plant load``."""
    return (fact.name.partition(".")[2] or fact.name).replace("_", " ")


def region(axis: Axis, codes: int) -> str:
    """A set of codes in words: ``growth in [3%..8%)``, ``share ≥ 30%``, ``industry plastics``."""
    name = own_name(axis.fact)
    here = codes & ((1 << len(axis.bands)) - 1)
    missing = [f"{name} missing"] if codes >> axis.missing & 1 else []
    if axis.fact.type in (FactType.NUMBER, FactType.DATE):
        parts = [_interval(axis, low, high) for low, high in _runs(here)]
        parts = _few(parts, "intervals")
        return listed([f"{name} {listed(parts, 'or')}"] * bool(parts) + missing, "or")
    present = members(here)
    words = [_shown_band(axis, code) for code in present]
    absent = members(~codes & ((1 << len(axis.bands)) - 1))
    if len(absent) < len(present) and len(present) > 3:
        but = [_shown_band(axis, code) for code in absent]
        words = [f"other than {listed(_few(but, 'values'), 'or')}"] if but else ["any"]
    words = _few(words, "values")
    return listed([f"{name} {listed(words, 'or')}"] * bool(words) + missing, "or")


def _few(parts: list[str], what: str) -> list[str]:
    """The first of many, and how many more there are."""
    if len(parts) <= SPELT_OUT + 1:
        return parts
    return [*parts[:SPELT_OUT], f"{len(parts) - SPELT_OUT} more {what}"]


def _runs(codes: int) -> list[tuple[int, int]]:
    """First and last of each run of codes."""
    edges = members(codes ^ (codes << 1))
    return [(first, end - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def _interval(axis: Axis, first: int, last: int) -> str:
    low, high = axis.bands[first], axis.bands[last]
    if not isinstance(low, Span) or not isinstance(high, Span):
        return ""
    fact = axis.fact
    left = "" if low.low is None else literal(fact, low.low)
    right = "" if high.high is None else literal(fact, high.high)
    if first == 0 and last == len(axis.bands) - 1:
        return "of any value"
    if _single(fact, Span(low.low, high.high, low.low_open, high.high_open)):
        return f"of {left}"
    if last == len(axis.bands) - 1:
        return f"{'>' if low.low_open else '≥'} {left}"
    if first == 0:
        return f"{'<' if high.high_open else '≤'} {right}"
    return f"in {'(' if low.low_open else '['}{left}..{right}{')' if high.high_open else ']'}"


def _single(fact: Fact, span: Span) -> bool:
    if span.low is None or span.high is None or span.low_open:
        return False
    step = grid_step(fact)
    if isinstance(span.low, Decimal) and isinstance(span.high, Decimal):
        far = span.high - span.low
        return far == step if span.high_open else not far
    if isinstance(span.low, Decimal) or isinstance(span.high, Decimal):
        return False
    return span.high - span.low == timedelta(days=1 if span.high_open else 0)


def _shown_band(axis: Axis, code: int) -> str:
    band = axis.bands[code]
    if isinstance(band, Rest):
        return band.value
    return "" if isinstance(band, Span) else shown(axis.fact, band)


def shown(fact: Fact, value: Value | None) -> str:
    """A value as it is written in a condition."""
    return "missing" if value is None else literal(fact, value)


def example(axis: Axis, codes: int) -> Value | None:
    """A plain value with one of these codes: a present one if there is, in the middle if not."""
    first = (codes & -codes).bit_length() - 1
    if not codes or first >= len(axis.bands):
        return None
    band = axis.bands[first]
    if isinstance(band, Rest):
        taken = {str(other) for other in axis.bands}
        return next(name for name in _others() if name not in taken)
    if not isinstance(band, Span):
        return band
    if axis.fact.type is FactType.DATE:
        return _day_within(band)
    return _number_within(axis.fact, band)


def _others() -> Iterator[str]:
    yield "other"
    count = 1
    while True:
        count += 1
        yield f"other-{count}"


def _day_within(span: Span) -> date:
    day = timedelta(days=1)
    if isinstance(span.low, date):
        return span.low + day if span.low_open else span.low
    if isinstance(span.high, date):
        return span.high - day if span.high_open else span.high
    return date(2000, 1, 1)


def _number_within(fact: Fact, span: Span) -> Decimal:
    """A round number in a span, near its middle."""
    low = span.low if isinstance(span.low, Decimal) else None
    high = span.high if isinstance(span.high, Decimal) else None
    step = grid_step(fact)
    if low is None or high is None:
        away = step or Decimal(1)
        if low is not None:
            return low + away if span.low_open else low
        if high is not None:
            return high - away if span.high_open else high
        return Decimal(0)
    if low == high:
        return low

    def fits(number: Decimal) -> bool:
        above = number > low or (number == low and not span.low_open)
        return above and (number < high or (number == high and not span.high_open))

    middle = (low + high) / 2
    exponent = ((high - low) / 2).adjusted()
    finest = exponent - 6 if fact.decimals is None else -fact.decimals
    for power in range(exponent, finest - 1, -1):
        number = middle.quantize(Decimal(1).scaleb(power), rounding=ROUND_HALF_DOWN)
        if fits(number):
            return number
    if fact.decimals is None:
        return middle
    return low if fits(low) else low + (step or Decimal(0))
