"""What a customer must not read: our names, others' names and internal prices, in any text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import starmap

from babel.numbers import NumberFormatError, get_currency_symbol, parse_decimal

from winlab.problems import NOWHERE, Place, Problem, error

_SPACE = re.compile(r"\s{2,}|[^\S ]")  # a single blank may stay as it is
_AMOUNT = r"\d{1,3}(?:\s\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,'’]\d+)*"
_RANGE = rf"(?:{_AMOUNT})(?:(?:\s?[-–—/]\s?|\s(?:to|or|and|bis|oder|und|à|ou|et)\s)(?:{_AMOUNT}))?"
_JOINT = re.compile(r"[-\s]+")
_DASHES = {0x2010: "-", 0x2011: "-", 0xFFFE: "-", 0x02: "-", 0xAD: None}
_DASHES |= dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF])  # not seen


@dataclass(frozen=True)
class Secrets:
    """What a customer's file must not hold, and the words that may hold anything.

    ``codes`` (ids of ours) and ``names`` are searched as whole phrases in any case, with a hyphen
    or a space between their words; a code is no part of a hyphenated word. ``first_words`` are
    first words of rivals' names. ``amounts`` are prices in ``currency`` a unit of ``units``,
    written as ``locale`` does. ``quoted`` are the customer's own words and name: they may hold
    names and placeholders, but no amounts. ``written`` are the plan's texts and where they stand.
    """

    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    first_words: tuple[str, ...] = ()
    amounts: frozenset[Decimal] = frozenset()
    currency: str = "USD"
    units: frozenset[str] = frozenset()
    locale: str = "en_US"
    quoted: tuple[str, ...] = ()
    written: tuple[tuple[str, Place], ...] = ()

    @cached_property
    def digest(self) -> str:
        """A digest of all that is searched for."""
        parts = [
            self.codes, self.names, self.first_words, sorted(self.amounts), self.currency,
            sorted(self.units), self.locale, self.quoted,
        ]  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @cached_property
    def phrases(self) -> re.Pattern[str]:
        """Group 1 of a match is the phrase; the match is empty, so that phrases may overlap."""
        codes, names = _any_of(self.codes), _any_of(self.names)
        return re.compile(
            rf"(?<!\w)(?=((?<!-)(?:{codes})(?![\w-])|(?:{names})(?!\w)))", re.IGNORECASE
        )

    @cached_property
    def prices(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Group 1 is the amounts: behind a currency, and before a currency or a unit."""
        symbols = {get_currency_symbol(self.currency, name) for name in (self.locale, "en_US")}
        symbols -= {self.currency}
        money = "|".join([rf"\b{self.currency}\b", *map(re.escape, sorted(symbols))])
        rate = rf"\s?(?:/|[^\W\d_]{{1,4}}\s)\s?(?:{_any_of(self.units)})(?!\w)"
        return (
            re.compile(rf"(?:{money})(?:{rate})?:?\s?({_RANGE})"),
            re.compile(rf"(?<![\d.,])({_RANGE})\s?(?:{money}|{rate})"),
        )

    def origin(self, found: str) -> Place:
        """The plan's line that a word comes from, if it comes from there."""
        wanted = re.compile(rf"(?<!\w){_phrase(found)}(?!\w)", re.IGNORECASE)
        return self.place_of(lambda text: wanted.search(even(text)) is not None)

    def holding(self, words: str) -> Place:
        """The plan's line that holds these very characters, if there is one."""
        return self.place_of(lambda text: words in text)

    def place_of(self, holds: Callable[[str], bool]) -> Place:
        """The first line of the plan whose text ``holds`` what is looked for, if there is one."""
        return next((place for text, place in self.written if holds(text)), NOWHERE)

    @cached_property
    def quotes(self) -> tuple[re.Pattern[str], ...]:
        """The quoted words, however their lines are broken."""
        return tuple(re.compile(_phrase(q), re.IGNORECASE) for q in self.quoted if q.strip())


def _any_of(phrases: Iterable[str]) -> str:
    """An alternation, the longest first; nothing matches an empty one.

    Parted by first letters, so that at most places a letter rules out all phrases but a few.
    """
    by_letter: dict[str, list[str]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        by_letter.setdefault(_JOINT.sub("", even(phrase))[:1].lower(), []).append(phrase)
    return "|".join(starmap(_beginning, by_letter.items())) or r"(?!)"


def _beginning(letter: str, phrases: Sequence[str]) -> str:
    parts = "|".join(map(_phrase, phrases))
    letters = {even(phrase).strip()[:1] for phrase in phrases}
    if not letter or any(_JOINT.match(first) for first in letters):
        return parts
    return f"(?=[{''.join(map(re.escape, sorted(letters)))}])(?:{parts})"


def _phrase(words: str) -> str:
    parts = _JOINT.split(even(words).strip())
    return r"(?:-\s*|\s)".join(re.escape(part) for part in parts)


def even(text: str) -> str:
    """Text with plain hyphens, spaces and letters: no ligatures, no hyphens that are not seen."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).translate(_DASHES))


def leaks(text: str, secrets: Secrets, where: str) -> Iterator[Problem]:
    """Internal names and amounts in a customer's file, each once."""
    plain = even(text)
    quoted = quoted_spans(plain, secrets)
    names = {
        hit[1]: None for hit in secrets.phrases.finditer(plain) if not within(hit.span(1), quoted)
    }
    names |= dict.fromkeys(_first_words(plain, secrets, quoted))
    for name in names:
        yield error(
            "internal-name", f"the {where} holds {name!r}, which a customer must not see",
            "take it out of the plan, the template or the content", secrets.origin(name),
        )  # fmt: skip
    for price in dict.fromkeys(_internal_prices(plain, secrets)):
        yield error(
            "internal-price", f"the {where} holds an internal price ({price})",
            "take it out of the plan, the template or the content", secrets.origin(price),
        )  # fmt: skip


Span = tuple[int, int]


def quoted_spans(plain: str, secrets: Secrets) -> list[Span]:
    """Where quoted words stand in a text that :func:`even` made."""
    return [found.span() for quote in secrets.quotes for found in quote.finditer(plain)]


def within(span: Span, quoted: Iterable[Span]) -> bool:
    """Whether a stretch lies in one of others."""
    return any(start <= span[0] and span[1] <= end for start, end in quoted)


def _first_words(plain: str, secrets: Secrets, quoted: Sequence[Span]) -> Iterator[str]:
    for word in secrets.first_words:
        if word not in plain and word.upper() not in plain:
            continue
        # A word that also stands in small letters ("More water", "more") is no name.
        if re.search(rf"\b{re.escape(word.lower())}\b", plain):
            continue
        for found in re.finditer(rf"\b(?:{re.escape(word)}|{re.escape(word.upper())})\b", plain):
            if not within(found.span(), quoted):
                yield found[0]


def _internal_prices(plain: str, secrets: Secrets) -> Iterator[str]:
    for pattern in secrets.prices:
        for found in pattern.finditer(plain):
            for amount in re.finditer(_AMOUNT, found[1]):
                value = parse_amount(amount[0], secrets.locale)
                if value in secrets.amounts:
                    yield amount[0]


@lru_cache(maxsize=4096)
def parse_amount(text: str, locale: str) -> Decimal | None:
    """A number as the locale writes it, else as another one does: authors write both."""
    for name in (locale, "en_US", "de_DE"):
        try:
            return parse_decimal("".join(text.split()), locale=name, strict=True)
        except NumberFormatError:
            continue
    return None
