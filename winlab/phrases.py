"""What a template may call: filters and globals, bound to one rendering."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial, wraps
from time import monotonic
from types import FrameType
from typing import NoReturn, TypeVar, cast

from babel import Locale
from jinja2 import Template, Undefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_round, make_attrgetter
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup

from winlab import wording
from winlab.marks import (
    ISSUED,
    PIECES,
    TOKEN,
    VERSION,
    Data,
    Marks,
    Untold,
    shown,
    without_line_marks,
)
from winlab.problems import Place, Problem, note

T = TypeVar("T")

MOST_REPEATS = 1000
"""The most numbers that ``range(…)`` gives."""
MOST_WORK = 5_000_000
"""Characters and steps that a rendering may take: a hundred times what a long pack needs."""
MOST_SECONDS = 10.0
"""How long a rendering may take; what it prints never depends on it."""
MOST_PLACES = 20
"""The most places that a number is rounded to."""
NOT_APPLICABLE = "not-applicable"
"""What a pack is that says nothing to its role: no fault, and no file."""


@dataclass
class Job:
    """What the filters and globals of one rendering share."""

    locale: Locale
    marks: Marks
    place: Callable[[str, int], Place]
    problems: list[Problem] = field(default_factory=list)
    work: int = 0
    until: float = field(default_factory=lambda: monotonic() + MOST_SECONDS)

    def spend(self, work: int) -> None:
        """Counts characters and steps; raises Refusal where a template goes too far."""
        self.work += work
        if self.work > MOST_WORK or monotonic() > self.until:
            raise Refusal(
                "template-endless",
                "the template comes to no end, or prints far too much",
                "check its loops and macros: a pack has a few sheets of paper",
            )

    def tell(self, value: Untold) -> None:
        """Records that a sentence is printed that the pack's language lacks."""
        self.problems.extend(value.problems)


current: ContextVar[Job] = ContextVar("current")
"""The rendering that is going on."""


class Refusal(Exception):
    """A template's own wish not to make the pack, or a figure that cannot stand."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.hint = code, hint


# ---------------------------------------------------------------- values


def spend(work: int) -> None:
    """Counts what the rendering that is going on does."""
    current.get().spend(work)


def size(value: object) -> int:
    """The entries or letters of a value, 1 for a single one."""
    return len(value) + 1 if isinstance(value, (str, list, tuple, dict)) else 1


def counted(values: Iterable[T]) -> Iterator[T]:
    """The same entries, each a step of the work."""
    return map(_stepped, values)


def _stepped(value: T) -> T:
    spend(1)
    return value


def metered(filtered: Callable[..., object]) -> Callable[..., object]:
    """A filter whose work counts."""

    @wraps(filtered)
    def call(*args: object, **options: object) -> object:
        spend(sum(map(size, args)))
        for value in args:
            _tell(value)
        made = filtered(*args, **options)
        if isinstance(made, Iterator):
            return counted(made)
        spend(size(made))
        return made

    return call


def _tell(value: object) -> None:
    if isinstance(value, Untold):
        current.get().tell(value)


def printed(value: object) -> Markup:
    """What a printed value becomes: a token; markup stays as it is."""
    if isinstance(value, str):
        spend(len(value))
    if isinstance(value, Markup):
        return value
    _tell(value)
    return Markup(current.get().marks.token(_data(value)))


def joined(parts: Iterable[object]) -> str:
    """Texts and values as one: markup where one of them is, the others as tokens."""
    listed = list(parts)
    spend(sum(map(size, listed)))
    if any(isinstance(part, Markup) for part in listed):
        return Markup("").join(printed(part) for part in listed)
    return "".join(text_of_value(part) for part in listed)


def text_of_value(value: object) -> str:
    """A value as text; of markup, its words."""
    job = current.get()
    if isinstance(value, Markup):
        words = without_line_marks(value)
        return TOKEN.sub(lambda token: text_of_value(job.marks.value(token[1])), words)
    _tell(value)
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


@pass_context
def _sum(
    context: Context, values: Iterable[object], attribute: str | int | None = None,
    start: object = 0,
) -> object:  # fmt: skip
    """Adds as ``+`` does, so that each step counts."""
    sandbox = cast("SandboxedEnvironment", context.environment)
    if attribute is not None:
        values = map(make_attrgetter(sandbox, attribute), values)
    total = start
    for value in values:
        total = sandbox.call_binop(context, "+", total, value)
    return total


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    if abs(precision) > MOST_PLACES:
        raise SecurityError(f"a number is rounded to at most {MOST_PLACES} places")
    return do_round(value, precision, method)  # type: ignore[arg-type]


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
    "select",
    "selectattr",
    "sort",
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
    "sum": _sum,
    "round": _round,
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


def _inapplicable(why: object) -> NoReturn:
    """Ends the pack without a fault: this customer has no use for it."""
    raise Refusal(NOT_APPLICABLE, text_of_value(why), "nothing: no file is made for this role")


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
    "inapplicable": _inapplicable,
    "issued": Markup(ISSUED),
    "version": Markup(VERSION),
    "range": _range,
    "namespace": Namespace,
}
"""Names that a brief cannot use."""
