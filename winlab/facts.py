"""The data dictionary: what every fact is of, its type, unit, domain, audience and age."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = Decimal | str | bool | date
"""A fact's value. A missing one is ``None`` and never a ``Value``."""

Row: TypeAlias = Mapping[str, Value | None]
"""Values by fact name; a name that is absent is missing."""


class Audience(StrEnum):
    """Who may see something, in order: a customer least, the lab all."""

    CUSTOMER = "customer"
    REP = "rep"
    LAB = "lab"

    def may_see(self, needed: Audience) -> bool:
        """Whether this reader may see what is declared for ``needed``."""
        ranks = list(Audience)
        return ranks.index(self) >= ranks.index(needed)


class FactType(StrEnum):
    """What kind of value a fact holds; ``text`` is shown and never tested."""

    NUMBER = "number"
    ORDERED = "ordered"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Domain:
    """An interval of numbers; ``None`` is unbounded. Both ends belong to it unless open."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False

    def __str__(self) -> str:
        low = "" if self.low is None else self.low
        high = "" if self.high is None else self.high
        return f"{'(' if self.low_open else '['}{low}..{high}{')' if self.high_open else ']'}"

    def __contains__(self, value: Decimal) -> bool:
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return not (
            self.high is not None and (value > self.high or (self.high_open and value == self.high))
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the dictionary. ``name`` is ``entity.own_name``; ``max_age`` is in days."""

    name: str
    label: str
    type: FactType
    unit: str = ""
    domain: Domain | None = None
    values: tuple[str, ...] = ()
    decimals: int | None = None
    audience: Audience = Audience.LAB
    source: str = ""
    max_age: int | None = None

    @property
    def entity(self) -> str:
        """What it is a fact of: market, account, product, plan or contact."""
        return self.name.partition(".")[0]

    @property
    def is_fraction(self) -> bool:
        """Whether ``8%`` means 0.08 (a fraction) and not 8 (percent points)."""
        return self.unit.startswith("fraction")

    def rounded(self, value: Decimal) -> Decimal:
        """Rounded half up to the declared decimals, so that no gap opens between thresholds."""
        exponent = value.as_tuple().exponent
        if self.decimals is None or not isinstance(exponent, int) or exponent >= -self.decimals:
            return value
        step = Decimal(1).scaleb(-self.decimals)
        digits = max(28, value.adjusted() + self.decimals + 3)
        return value.quantize(step, context=Context(prec=digits, rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts, by name."""

    by_name: Mapping[str, Fact] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Fact:
        return self.by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.by_name.values())

    def get(self, name: str) -> Fact | None:
        """The fact of that name, if declared."""
        return self.by_name.get(name)

    def of(self, entity: str) -> list[Fact]:
        """The facts of one entity, in declared order."""
        return [fact for fact in self if fact.entity == entity]


class NotOfType(ValueError):
    """Text that cannot be read as the fact's type; the message says what is expected."""


TRUE_WORDS = frozenset({"true", "yes", "1"})
FALSE_WORDS = frozenset({"false", "no", "0"})
MAX_DIGITS = 18
MAX_DECIMALS = 400  # a float's own noise has up to 340
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2100, 12, 31)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_value(fact: Fact, text: str) -> Value | None:
    """Reads a data cell as the fact's type: empty, NaN and infinities are missing (``None``).

    Numbers may end in ``%`` (0.08 on a fraction, 8 on percent points) and are rounded half up
    to the fact's decimals. Raises :class:`NotOfType`.
    """
    text = text.strip()
    if not text:
        return None
    match fact.type:
        case FactType.NUMBER:
            percent = text.endswith("%")
            number = parse_number(text.removesuffix("%").strip())
            if number is None:
                return None
            if percent and fact.is_fraction:
                number /= 100
            return fact.rounded(number)
        case FactType.BOOLEAN:
            if text.lower() in TRUE_WORDS:
                return True
            if text.lower() in FALSE_WORDS:
                return False
            raise NotOfType("true or false is expected")
        case FactType.DATE:
            return parse_day(text)
        case FactType.CATEGORY | FactType.ORDERED | FactType.TEXT:
            return text


def parse_number(text: str) -> Decimal | None:
    """A number below 10¹⁸; NaN and infinities are ``None``. Raises :class:`NotOfType`."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NotOfType("a number is expected") from None
    if not number.is_finite():
        return None
    if number.adjusted() >= MAX_DIGITS or int(number.as_tuple().exponent) < -MAX_DECIMALS:
        raise NotOfType(f"a number with at most {MAX_DIGITS} digits is expected")
    return number


def parse_day(text: str) -> date:
    """A day written 2026-12-01, from 1990 to 2100. Raises :class:`NotOfType`."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise NotOfType("a date like 2026-12-01 is expected")
    if not FIRST_DAY <= day <= LAST_DAY:
        raise NotOfType(f"a date from {FIRST_DAY.year} to {LAST_DAY.year} is expected")
    return day


def is_legible(text: str) -> bool:
    """Whether a name has a letter or digit to show: not only spaces, marks or invisible ones."""
    return any(unicodedata.category(char)[0] in "LN" for char in text)


def in_domain(fact: Fact, value: Value) -> bool:
    """Whether a value lies in the declared domain or among the declared values."""
    if isinstance(value, Decimal):
        return fact.domain is None or value in fact.domain
    if fact.type in (FactType.CATEGORY, FactType.ORDERED):
        return not fact.values or value in fact.values
    return True


def as_number(value: float) -> Decimal | None:
    """A float of a computed column as a number; NaN and infinities are missing."""
    return None if math.isnan(value) or math.isinf(value) else Decimal(repr(value))
