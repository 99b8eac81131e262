"""Values in rendered text: tokens that no reader of Markdown can take for markup.

A token is made of Unicode noncharacters, which never stand in text that people exchange, and
Markdown takes it for a letter. Marks of the same kind say which line of which template the
text after them comes from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from babel import Locale

from winlab.document import Note, Source, Stamp
from winlab.problems import Place, Problem
from winlab.wording import as_decimal, long_date, number

Data: TypeAlias = (
    "bool | int | float | str | Decimal | date | Sequence[Data] | Mapping[str, Data] | None"
)
"""What a brief is made of."""

TOKEN = re.compile("\ufdd0([^\ufdd0-\ufdd3]*)\ufdd1")
"""A token; group 1 is what :meth:`Marks.value` looks up."""

PIECES = re.compile("[\ufdd0-\ufdd3]")
"""What is left of a token that was cut apart."""

_QUOTED = re.compile(r"\ufdd0[^\ufdd1]*\ufdd1|\\ufdd0.*?\\ufdd1|[\ufdd0-\ufdd3]|\\ufdd[0-3]")
_LINE_MARK = re.compile("\ufdd2([0-9]+)\\.([0-9]+)\ufdd3")
_LEADING_MARKS = re.compile("(?:[ \t]*\ufdd2[0-9]+\\.[0-9]+\ufdd3)+")
_BREAKS = re.compile(r"[\t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+")
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)

ISSUED = "\ufdd0issued\ufdd1"
VERSION = "\ufdd0version\ufdd1"


class Untold(str):
    """A sentence that the pack's language lacks, in another; printing it is a problem."""

    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, text: str, problems: tuple[Problem, ...]) -> Untold:
        """A sentence with what is to be said where it is printed."""
        made = cls(text)
        made.problems = problems
        return made


def line_mark(file: int, line: int) -> str:
    """Says that what follows comes from this line of the file with this index."""
    return f"\ufdd2{file}.{line}\ufdd3"


def without_line_marks(text: str) -> str:
    """The text as the template's author wrote it."""
    return _LINE_MARK.sub("", text)


def traced(rendered: str, place: Callable[[int, int], Place]) -> tuple[list[str], list[Place]]:
    """The lines of a rendered text without their marks, and where each comes from.

    ``place`` turns the file's index and the line of a mark into a place.
    """
    lines: list[str] = []
    places: list[Place] = []
    here = Place()
    for line in rendered.split("\n"):
        leading = _LEADING_MARKS.match(line)
        first = list(_LINE_MARK.finditer(leading[0]))[-1:] if leading else []
        found = list(_LINE_MARK.finditer(line))
        if marks := first or found[:1]:
            here = place(int(marks[0][1]), int(marks[0][2]))
        places.append(here)
        lines.append(without_line_marks(line))
        if found:
            here = place(int(found[-1][1]), int(found[-1][2]))
    return lines, places


def readable(message: str) -> str:
    """A message that may quote rendered text, with ``{{ … }}`` where a value stands."""
    return _QUOTED.sub("{{ … }}", message)


def one_line(text: str) -> str:
    """A value's text as it is printed: line breaks become a space, control characters go."""
    return _UNPRINTABLE.sub("", _BREAKS.sub(" ", text))


@dataclass
class Marks:
    """The values and sources of one rendering. ``serial`` tells its tokens from another's."""

    serial: int
    values: list[Data] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)

    def token(self, value: Data) -> str:
        """The token that stands for a value."""
        self.values.append(value)
        return f"\ufdd0{self.serial}.{len(self.values) - 1}\ufdd1"

    def cite(self, text: str) -> str:
        """The token of a note that refers to a source; the same text is the same source."""
        text = one_line(text)
        name = "s" + hashlib.sha256(text.encode()).hexdigest()[:10]
        self.sources.setdefault(name, Source(id=name, text=text))
        return f"\ufdd0{name}\ufdd1"

    def value(self, key: str) -> Data | Note | Stamp:
        """What a token stands for. Raises LookupError for one of another rendering."""
        if key == "issued" or key == "version":  # noqa: PLR1714 - narrows the type
            return Stamp(what=key)
        if key in self.sources:
            return Note(source=key)
        serial, _, index = key.partition(".")
        if serial != str(self.serial):
            raise LookupError(key)
        return self.values[int(index)]


def shown(value: Data, locale: Locale) -> str:
    """A value as text. Raises TypeError for what has no one way to be printed."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, date):
        return long_date(value, locale)
    if value is None:
        raise TypeError("a value that is missing here would be printed")
    if isinstance(value, bool):
        raise TypeError("a truth value (true or false) would be printed")
    if isinstance(value, (Decimal, int, float)):
        return number(as_decimal(value), locale)
    raise TypeError(
        "a group of values would be printed"
        if isinstance(value, Mapping)
        else "a list would be printed"
    )
