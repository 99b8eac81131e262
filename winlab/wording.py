"""Numbers, dates and lists as a language writes them.

What belongs together is joined by no-break spaces. Numbers are rounded half up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import NumberPattern, format_decimal, parse_pattern

NBSP = "\u00a0"
NARROW = "\u202f"
"""A narrow no-break space: French sets it inside its quotes and before ; ! and ?."""
MOST_DECIMALS = 6
UNTOLD = re.compile("\ufdd4([0-9]+)\ufdd5")
"""Marks a sentence that a pack's language lacks; group 1 is the number of its problem."""

_SMALL = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze",
}
_KEPT = re.compile(
    r"\b(line|reactor|unit|phase|step|page|table|figure|Linie|Reaktor|Anlage|Phase|Schritt|Seite"
    r"|Tabelle|Abbildung|ligne|réacteur|unité|étape|tableau|No\.|Nr\.|no\.|nº) (?=\d)",
    re.IGNORECASE,
)


_UNIT = (
    r"(?:[%‰K]|°[CF]|pp[mb]|[kmµ]?g|[mµ]?[lL]|[kcmµ]?m[²³]?|[kM]?Pa|m?bar|[kM]?Wh?|[th]|min|rpm"
    r"|cP|mPa·s|gal|lb|USD|EUR|GBP)"
)
_MEASURED = re.compile(rf"(?<=\d) (?={_UNIT}(?:/[^\W\d_]{{1,8}}[²³]?)?(?![\w-]))")


def untold_mark(number: int) -> str:
    """The mark that :data:`UNTOLD` finds."""
    return f"\ufdd4{number}\ufdd5"


_FRENCH = (
    (re.compile(rf"(?<!\s)[ {NBSP}](?=[;!?»])"), NARROW),
    (re.compile(rf"«[ {NBSP}]"), f"«{NARROW}"),
    (re.compile(r"(?<!\s) (?=:)"), NBSP),
)


def keep_together(text: str, locale: Locale) -> str:
    """Ties a number to the short word before it, as in "line 2", and to the unit after it.

    In French also what stands before : ; ! ? and inside of « ».
    """
    text = _MEASURED.sub(NBSP, _KEPT.sub(lambda found: found[1] + NBSP, text))
    if locale.language == "fr":
        for space, tied in _FRENCH:
            text = space.sub(tied, text)
    return text


def as_decimal(value: object) -> Decimal:
    """A number as a Decimal. Raises TypeError for anything else, truth values included."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    raise TypeError(f"a number is expected here, not {_kind(value)}")


def as_date(value: object) -> date:
    """A date. Raises TypeError for anything else."""
    if isinstance(value, date):
        return value
    raise TypeError(f"a date is expected here, not {_kind(value)}")


def _kind(value: object) -> str:
    if value is None:
        return "a missing value"
    if isinstance(value, str):
        return f"the text {value!r}"
    return {bool: "a truth value", list: "a list", dict: "a group of values"}.get(
        type(value), f"a {type(value).__name__}"
    )


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise TypeError("the number is not finite")
    return min(max(0, -exponent), MOST_DECIMALS)


def rounded(value: Decimal, places: int) -> Decimal:
    """A number to so many decimals, half up."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def number(value: Decimal, locale: Locale, decimals: int | None = None) -> str:
    """Digits grouped as the locale does; ``decimals`` defaults to those the number carries."""
    places = _decimals(value) if decimals is None else decimals
    digits = rounded(value, places)
    whole = str(locale.decimal_formats[None].pattern).partition(".")[0]
    pattern = whole + ("." + "0" * places if places else "")
    return format_decimal(digits + 0, format=_parsed(pattern), locale=locale)


@lru_cache(maxsize=64)
def _parsed(pattern: str) -> NumberPattern:
    return parse_pattern(pattern)


def money(value: Decimal, currency: str, locale: Locale, decimals: int | None = None) -> str:
    """An amount: "USD 174,000", "174.000 USD". Below 1,000, cents are shown if there are any."""
    if decimals is None:
        decimals = 0 if abs(value) >= 1000 or value == value.to_integral_value() else 2
    return _with_currency(number(value, locale, decimals), currency, locale)


def price(value: Decimal, currency: str, locale: Locale) -> str:
    """A price a unit: "USD 4.45", with two decimals or as many as it carries."""
    return _with_currency(number(value, locale, max(2, _decimals(value))), currency, locale)


def _with_currency(digits: str, currency: str, locale: Locale) -> str:
    leads = str(locale.currency_formats["standard"].pattern).lstrip("\u200e\u200f").startswith("¤")
    return f"{currency}{NBSP}{digits}" if leads else f"{digits}{NBSP}{currency}"


def percent(value: Decimal, locale: Locale, decimals: int | None = None) -> str:
    """A fraction as a percentage: 0.083 is "8.3%" (or "8,3 %", as the locale writes it)."""
    digits = number(value.scaleb(2), locale, decimals)
    pattern = str(locale.percent_formats[None].pattern).partition(";")[0]
    return re.sub(r"[#0,.]+", lambda _: digits, pattern).replace(" ", NBSP)


def long_date(value: date, locale: Locale) -> str:
    """A date with its year: "15 February 2027"."""
    if locale.language == "en":
        return format_date(value, f"d'{NBSP}'MMMM y", locale=locale)
    return _first(value, format_date(value, "long", locale=locale), locale).replace(" ", NBSP, 1)


def _first(value: date, written: str, locale: Locale) -> str:
    """French says "1er" of a month's first day, and numbers the others."""
    return f"1er{written[1:]}" if locale.language == "fr" and value.day == 1 else written


def short_date(value: date, locale: Locale) -> str:
    """A date where room is scarce: "15 Feb 2027"."""
    if locale.language == "en":
        return format_date(value, f"d'{NBSP}'MMM'{NBSP}'y", locale=locale)
    return _first(value, format_skeleton("yMMMd", value, locale=locale), locale).replace(" ", NBSP)


def day(value: date, locale: Locale) -> str:
    """A date without its year: "14 January"."""
    if locale.language == "en":
        return format_date(value, f"d'{NBSP}'MMMM", locale=locale)
    return _first(value, format_skeleton("MMMMd", value, locale=locale), locale).replace(" ", NBSP)


def month(value: date, locale: Locale) -> str:
    """A month's name: "June"."""
    return format_date(value, "LLLL", locale=locale)


def month_year(value: date, locale: Locale) -> str:
    """A month with its year: "June 2027"."""
    return format_skeleton("yMMMM", value, locale=locale)


def conjunction(locale: Locale) -> str:
    """What stands between the last two words of an enumeration, with its spaces."""
    return re.split(r"\{[01]\}", str(locale.list_patterns["standard"]["2"]))[1]


def join_words(words: Sequence[str], locale: Locale) -> str:
    """Words as an enumeration: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + conjunction(locale) + words[-1]


def spell(value: Decimal, locale: Locale) -> str:
    """Whole numbers to twelve in words, others in digits."""
    small = _SMALL.get(locale.language, "").split()
    if value == value.to_integral_value() and 0 <= value < len(small):
        return small[int(value)]
    return number(value, locale)


def plural(value: Decimal, one: str, many: str, locale: Locale) -> str:
    """The form of a noun that goes with a number."""
    return one if locale.plural_form(value) == "one" else many


_UNIT_WORDS = {
    "de": {
        "month": "Monat", "year": "Jahr", "a": "Jahr", "days": "Tage", "weeks": "Wochen",
        "months": "Monate", "each": "je Stück",
    },
    "fr": {
        "month": "mois", "year": "an", "a": "an", "days": "jours", "weeks": "semaines",
        "months": "mois", "each": "l’unité",
    },
}  # fmt: skip


def unit_words(unit: str, locale: Locale) -> str:
    """A unit with its words in the language: "h/month" is "h/Monat". Symbols stay."""
    words = _UNIT_WORDS.get(locale.language, {})
    return re.sub(r"[^\W\d_]+", lambda found: words.get(found[0], found[0]), unit)


def with_unit(value: Decimal, unit: str, locale: Locale) -> str:
    """A number and its unit, kept on one line: "14 h/month"."""
    digits = number(value, locale)
    return f"{digits}{NBSP}{unit}" if unit else digits


@dataclass(frozen=True)
class Frame:
    """The words around every page, in one language."""

    goal: str
    worth: str
    decide_by: str
    first_year: str
    of_which_confirmed: str
    estimate: str
    for_whom: str
    confidential: str
    standard: str
    industry: str
    figures: str
    valid_until: str
    internal: str


READERS = {
    "en": {
        "factory-manager": "plant managers", "rnd-manager": "research and development",
        "procurement": "purchasing", "cfo": "finance", "ceo": "general management",
        "ehs-quality": "safety, environment and quality", "it": "information technology",
    },
    "de": {
        "factory-manager": "die Werkleitung", "rnd-manager": "Forschung und Entwicklung",
        "procurement": "den Einkauf", "cfo": "die Finanzleitung", "ceo": "die Geschäftsführung",
        "ehs-quality": "Sicherheit, Umwelt und Qualität", "it": "die IT",
    },
    "fr": {
        "factory-manager": "la direction d’usine", "rnd-manager": "la recherche-développement",
        "procurement": "les achats", "cfo": "la direction financière",
        "ceo": "la direction générale", "ehs-quality": "la sécurité, l’environnement et la qualité",
        "it": "l’informatique",
    },
}  # fmt: skip
"""Whom a role's standard pack is for, as it stands behind Frame.for_whom."""

FRAMES = {
    "en": Frame(
        "Goal", "Worth", "Decide by", "{} in year one", "{} confirmed", "estimate",
        "for", "Confidential, for {}", "Standard pack: no figure is of a single company",
        "Industry", "Figures", "Valid until", "INTERNAL: never leaves the company",
    ),
    "de": Frame(
        "Ziel", "Wert", "Entscheiden bis", "{} im ersten Jahr", "{} bestätigt", "Schätzung",
        "für", "Vertraulich, für {}", "Standardmappe: keine Zahl stammt von nur einem Unternehmen",
        "Branche", "Zahlen", "Gültig bis", "INTERN: nur für den eigenen Gebrauch",
    ),
    "fr": Frame(
        "Objectif", "Valeur", "Échéance", "{} la première année", "{} confirmés",
        "estimation", "pour", "Confidentiel, pour {}",
        "Dossier type : aucun chiffre ne provient d’une seule entreprise", "Secteur", "Chiffres",
        "Valable jusqu’au", "INTERNE : ne pas diffuser",
    ),
}  # fmt: skip
