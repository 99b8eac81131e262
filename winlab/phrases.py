"""What a template may call: filters and globals, bound to one rendering."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from types import FrameType
from typing import NoReturn

from babel import Locale
from jinja2 import Template, Undefined
from jinja2.exceptions import SecurityError
from jinja2.utils import Namespace
from markupsafe import Markup

from winlab import wording
from winlab.marks import ISSUED, PIECES, TOKEN, VERSION, Data, Marks, shown, without_line_marks
from winlab.problems import Place, Problem, note

MOST_REPEATS = 1000


@dataclass
class Job:
    """What the filters and globals of one rendering share."""

    locale: Locale
    marks: Marks
    place: Callable[[str, int], Place]
    problems: list[Problem] = field(default_factory=list)


current: ContextVar[Job] = ContextVar("current")
"""The rendering that is going on."""


class Refusal(Exception):
    """A template's own wish not to make the pack, or a figure that cannot stand."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.hint = code, hint


# ---------------------------------------------------------------- values


def printed(value: object) -> Markup:
    """What a printed value becomes: a token; markup stays as it is."""
    if isinstance(value, Markup):
        return value
    return Markup(current.get().marks.token(_data(value)))


def joined(parts: Iterable[object]) -> str:
    """Texts and values as one: markup where one of them is, the others as tokens."""
    listed = list(parts)
    if any(isinstance(part, Markup) for part in listed):
        return Markup("").join(printed(part) for part in listed)
    return "".join(text_of_value(part) for part in listed)


def text_of_value(value: object) -> str:
    """A value as text; of markup, its words."""
    job = current.get()
    if isinstance(value, Markup):
        words = without_line_marks(value)
        return TOKEN.sub(lambda token: text_of_value(job.marks.value(token[1])), words)
    return shown(_data(value), job.locale)


def _data(value: object) -> Data:
    match value:
        case Undefined():
            return str(value)  # raises what a name that is unknown raises
        case str() if PIECES.search(value):
            raise TypeError("what a macro or a set block prints cannot be taken apart")
        case None | str() | bool() | int() | float() | Decimal() | date() | Mapping():
            return value
        case list() | tuple():
            return value
    raise TypeError(
        "this is a list in the making: add |list"
        if isinstance(value, Iterable)
        else "this is no value that could be printed"
    )


# ---------------------------------------------------------------- filters


def _number(value: object, decimals: int | None = None, unit: str = "") -> str:
    text = wording.number(wording.as_decimal(value), current.get().locale, decimals)
    return f"{text}{wording.NBSP}{unit}" if unit else text


def _money(value: object, currency: str, decimals: int | None = None) -> str:
    return wording.money(wording.as_decimal(value), currency, current.get().locale, decimals)


def _price(value: object, currency: str) -> str:
    return wording.price(wording.as_decimal(value), currency, current.get().locale)


def _percent(value: object, decimals: int | None = None) -> str:
    return wording.percent(wording.as_decimal(value), current.get().locale, decimals)


def _spell(value: object) -> str:
    return wording.spell(wording.as_decimal(value), current.get().locale)


def _plural(value: object, one: str, many: str) -> str:
    return wording.plural(wording.as_decimal(value), one, many, current.get().locale)


def _dated(write: Callable[[date, Locale], str]) -> Callable[[object], str]:
    return lambda value: write(wording.as_date(value), current.get().locale)


def _join(values: Iterable[object], between: object = "") -> str:
    parts: list[object] = []
    for value in values:
        parts += [between, value] if parts else [value]
    return joined(parts)


def _join_words(values: Iterable[object]) -> str:
    *most, last = list(values) or [""]
    return joined(
        [_join(most, ", "), wording.conjunction(current.get().locale), last] if most else [last]
    )


def _first_letter(change: Callable[[str], str], value: object) -> str:
    if not isinstance(value, Markup):
        text = text_of_value(value)
        return change(text[:1]) + text[1:]
    text = str(value)
    lead = re.match("(?:\ufdd2[^\ufdd3]*\ufdd3|\\s)*", text)
    start = lead.end() if lead else 0
    token = TOKEN.match(text, start)
    if token is None:
        return Markup(text[:start] + change(text[start : start + 1]) + text[start + 1 :])
    held = current.get().marks.value(token[1])
    if not isinstance(held, str):
        return value
    return Markup(text[:start] + printed(change(held[:1]) + held[1:]) + text[token.end() :])


BUILT_IN: Sequence[str] = (
    "abs",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "groupby",
    "int",
    "items",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "round",
    "select",
    "selectattr",
    "sort",
    "sum",
    "unique",
    "upper",
)
"""The filters of Jinja that a template may use: those that make no markup."""

FILTERS: Mapping[str, Callable[..., object]] = {
    "number": _number,
    "money": _money,
    "price": _price,
    "percent": _percent,
    "date": _dated(wording.long_date),
    "day": _dated(wording.day),
    "month": _dated(wording.month),
    "month_year": _dated(wording.month_year),
    "join": _join,
    "join_words": _join_words,
    "capfirst": partial(_first_letter, str.upper),
    "lowfirst": partial(_first_letter, str.lower),
    "plural": _plural,
    "spell": _spell,
}


# ---------------------------------------------------------------- globals


def _cite(text: object) -> Markup:
    """The note that refers to a source, given as plain text."""
    if isinstance(text, Undefined) or text is None or (isinstance(text, str) and not text.strip()):
        raise Refusal(
            "source-missing",
            "a figure has no source",
            "give its source where the figure comes from, or leave the figure out",
        )
    if not isinstance(text, str) or isinstance(text, Markup):
        raise TypeError("cite(…) takes a plain text")
    return Markup(current.get().marks.cite(text))


def _refuse(message: object) -> NoReturn:
    """Ends the pack: a page that must stand lacks its data."""
    hint = "give what is missing, or ask for another pack"
    raise Refusal("pack-refused", text_of_value(message), hint)


def _omit(section: object, why: object) -> Markup:
    """Records that a section is left out; prints nothing."""
    message = f"left out: {text_of_value(section)} ({text_of_value(why)})"
    hint = "give what is missing to have it in"
    current.get().problems.append(note("left-out", message, hint, _calling_place()))
    return Markup("")


def _calling_place() -> Place:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            line = template.get_corresponding_lineno(frame.f_lineno)
            return current.get().place(template.filename or "", line)
        frame = frame.f_back
    return Place()


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MOST_REPEATS:
        raise SecurityError(f"range(…) gives at most {MOST_REPEATS} numbers")
    return numbers


GLOBALS: Mapping[str, object] = {
    "cite": _cite,
    "refuse": _refuse,
    "omit": _omit,
    "issued": Markup(ISSUED),
    "version": Markup(VERSION),
    "range": _range,
    "namespace": Namespace,
}
"""Names that a brief cannot use."""
