"""What rules can tell apart: a fact's axis, cut into bands, each with a code.

Bands are the points and open intervals between all thresholds of a table, as far as its
conditions tell them apart and data can fall there; each declared value; OTHER (outside the
domain); MISSING. Sets, of codes or of rules, are integers: bit i stands for member i.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from numbers import Integral, Real
from typing import TypeAlias

from winlab.facts import Fact, FactType, Value, as_number
from winlab.rules.conditions import Span, ordinate

Cut: TypeAlias = tuple[Decimal, int]
"""Where a line is cut: just before (0) or just after (1) a number; a date is its ordinal."""


class Rest(Enum):
    """The band of all values that a category without declared values may hold besides."""

    REST = "any other value"


Band: TypeAlias = Span | str | bool | Rest
"""What a present value can be, as far as one table tells values apart."""


@dataclass(frozen=True, eq=False)
class Axis:
    """One fact's values as a table tells them apart.

    A value's code is the index of its band; ``other`` is the code of a value outside the domain
    (true for nothing but ``-``), ``missing`` that of a missing one. ``true[code]`` is the set of
    rules whose conditions on this fact hold there; ``maybe`` those on a missing value that are
    true or unknown.
    """

    fact: Fact
    bands: tuple[Band, ...]
    cuts: tuple[Cut, ...]
    domain: tuple[Cut | None, Cut | None]
    true: tuple[int, ...]
    maybe: int

    @property
    def other(self) -> int:
        """The code of a value outside the domain."""
        return len(self.bands)

    @property
    def missing(self) -> int:
        """The code of a missing value."""
        return len(self.bands) + 1

    @cached_property
    def codes(self) -> Mapping[Band, int]:
        """The codes of the bands that are single values."""
        return {band: code for code, band in enumerate(self.bands)}

    @property
    def has_other(self) -> bool:
        """Whether a value of the fact's type can lie outside the domain."""
        fact = self.fact
        if fact.type is FactType.NUMBER:
            return fact.domain is not None
        return fact.type in (FactType.CATEGORY, FactType.ORDERED) and bool(fact.values)

    def code(self, raw: object) -> int:
        """The code of a value; of another type than the fact's it counts as outside."""
        value = known(self.fact, raw)
        if value is None:
            return self.missing
        if isinstance(value, Outside):
            return self.other
        if isinstance(value, (str, bool)):
            return self.codes.get(value, self.codes.get(Rest.REST, self.other))
        at = (ordinate(value), 0)
        low, high = self.domain
        if (low is not None and at < low) or (high is not None and at >= high):
            return self.other
        return bisect_right(self.cuts, at)


class Outside(Enum):
    """Stands for a value that is not of its fact's type."""

    OUTSIDE = "not of the fact's type"


def known(fact: Fact, raw: object) -> Value | Outside | None:
    """A raw value as the rules see it: numbers rounded, NaN and infinities missing (``None``)."""
    if raw is None or (isinstance(raw, str) and not raw):
        return None
    if isinstance(raw, Decimal):
        if not raw.is_finite():
            return None
    elif raw != raw:  # NaN and NaT  # noqa: PLR0124
        return None
    match fact.type:
        case FactType.NUMBER:
            number: Decimal | None
            if _is_bool(raw):
                return Outside.OUTSIDE
            if isinstance(raw, Decimal):
                number = raw
            elif isinstance(raw, Integral):
                number = Decimal(int(raw))
            elif isinstance(raw, Real):
                number = as_number(float(raw))
            else:
                return Outside.OUTSIDE
            return None if number is None else fact.rounded(number)
        case FactType.BOOLEAN:
            return bool(raw) if _is_bool(raw) else Outside.OUTSIDE
        case FactType.DATE:
            if isinstance(raw, datetime):
                return (raw.astimezone(UTC) if raw.tzinfo else raw).date()
            return raw if isinstance(raw, date) else Outside.OUTSIDE
        case _:
            return str(raw) if isinstance(raw, str) else Outside.OUTSIDE


def _is_bool(raw: object) -> bool:
    """Whether it is Python's or numpy's, which is not imported for it."""
    return isinstance(raw, bool) or type(raw).__name__ in ("bool", "bool_")


def grid_step(fact: Fact) -> Decimal | None:
    """The distance of neighbouring values; ``None`` where they lie dense."""
    if fact.type is FactType.DATE:
        return Decimal(1)
    return None if fact.decimals is None else Decimal(1).scaleb(-fact.decimals)


def members(these: int) -> list[int]:
    """The members of a set of small integers, in order."""
    if these.bit_count() > 64:
        return [i for i, bit in enumerate(reversed(bin(these))) if bit == "1"]
    found = []
    while these:
        low = these & -these
        found.append(low.bit_length() - 1)
        these ^= low
    return found


def set_of(these: Iterable[int]) -> int:
    """The set of these members."""
    found = 0
    for i in these:
        found |= 1 << i
    return found
