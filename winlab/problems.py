"""A problem says what happened, where, and how to mend it.

Problems are values. They are collected over a whole stage and handed on together; a stage
that cannot go on raises :class:`Stopped` with all that it found.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from functools import lru_cache


class Severity(StrEnum):
    """How much a problem weighs: an error stops a stage, the others travel with its result."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Exit(IntEnum):
    """Exit codes of the command line (scripts depend on them)."""

    DONE = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    PARTLY = 4
    MACHINE = 5
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file with line and column (from 1), or a cell of a sheet."""

    file: str = ""
    line: int | None = None
    column: int | None = None
    cell: str = ""  # "Sheet1!B7"
    pointer: str = ""  # "rules.2.when.market.growth"

    @property
    def row(self) -> tuple[str, int]:
        """The file and the row of a table; 0 where it is none."""
        in_cell = re.search(r"\d+$", self.cell)
        return self.file, self.line or int(in_cell[0] if in_cell else 0)

    def __str__(self) -> str:
        if self.cell:
            return f"{self.file}:{self.cell}"
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    ``code`` is stable and kebab-case; ``message`` says what happened, ``hint`` the fix;
    ``same`` counts further occurrences of one cause; ``packs`` names the packs that it is in.
    """

    severity: Severity
    code: str
    message: str
    hint: str = ""
    place: Place = NOWHERE
    same: int = 0
    packs: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.place}: " if str(self.place) else ""
        more = f" ({self.same + 1} times)" if self.same else ""
        fix = f"\n  fix: {self.hint}" if self.hint else ""
        packs = f" in {', '.join(self.packs)}" if self.packs else ""
        return f"{where}{self.severity}: {self.message}{more} [{self.code}]{packs}{fix}"

    def as_json(self) -> dict[str, str | int | None]:
        """The flat form that ``--json`` prints."""
        return {
            "severity": str(self.severity),
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "cell": self.place.cell,
            "pointer": self.place.pointer,
            "same": self.same,
            "packs": ", ".join(self.packs),
        }


def problem_of(flat: Mapping[str, str | int | None]) -> Problem:
    """The problem that :meth:`Problem.as_json` made flat."""
    place = Place(
        str(flat["file"]), _number(flat["line"]), _number(flat["column"]), str(flat["cell"]),
        str(flat["pointer"]),
    )  # fmt: skip
    packs = tuple(name for name in str(flat["packs"]).split(", ") if name)
    return Problem(
        Severity(str(flat["severity"])), str(flat["code"]), str(flat["message"]),
        str(flat["hint"]), place, _number(flat["same"]) or 0, packs,
    )  # fmt: skip


def _number(value: str | int | None) -> int | None:
    return None if value is None else int(value)


def error(code: str, message: str, hint: str = "", place: Place = NOWHERE) -> Problem:
    """A problem that stops the stage it was found in."""
    return Problem(Severity.ERROR, code, message, hint, place)


def warning(code: str, message: str, hint: str = "", place: Place = NOWHERE) -> Problem:
    """A problem that travels with the result and asks for a decision."""
    return Problem(Severity.WARNING, code, message, hint, place)


def note(code: str, message: str, hint: str = "", place: Place = NOWHERE) -> Problem:
    """A remark that travels with the result."""
    return Problem(Severity.NOTE, code, message, hint, place)


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop."""
    return [p for p in problems if p.severity is Severity.ERROR]


MAY_BE_SENT = frozenset({"withdrawn", "edited-withdrawn", "earlier-stays", "unaccounted"})
"""Warnings on files that somebody may send to a customer: nobody may miss them."""


def urgent(problems: Iterable[Problem]) -> list[Problem]:
    """Those that are shown even to who wants no warnings."""
    return [p for p in problems if p.severity is Severity.ERROR or p.code in MAY_BE_SENT]


def grouped(problems: Iterable[Problem]) -> list[Problem]:
    """One problem a cause, errors first, with the number of further occurrences."""
    found: dict[tuple[str, str, Place], Problem] = {}
    for problem in problems:
        key = (problem.code, problem.message, problem.place)
        seen = found.get(key)
        found[key] = joined(seen, problem) if seen else problem
    order = list(Severity)
    return sorted(found.values(), key=lambda p: order.index(p.severity))


def joined(seen: Problem, again: Problem) -> Problem:
    """A problem with one more occurrence of its cause."""
    packs = tuple(dict.fromkeys((*seen.packs, *again.packs)))
    return replace(seen, same=seen.same + 1 + again.same, packs=packs)


class Stopped(Exception):
    """A stage could not go on; holds everything it found, not only the first."""

    def __init__(self, problems: Sequence[Problem], exit_code: Exit = Exit.INPUT) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = tuple(problems)
        self.exit_code = exit_code


_MANY = 100
_BESIDE = 8


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was likeliest meant, if any is like it.

    Of very many only those are compared that stand beside it in order of their beginnings or
    of their ends: a slip in one half leaves the other.
    """
    names = tuple(known)
    if len(names) > _MANY:
        forwards, backwards = _in_order(names)
        back = [name[::-1] for name in _beside(word[::-1], backwards)]
        names = tuple(dict.fromkeys([*_beside(word, forwards), *back]))
    return next(iter(difflib.get_close_matches(word, names, 1, 0.5)), None)


@lru_cache(maxsize=4)
def _in_order(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    return sorted(names), sorted(name[::-1] for name in names)


def _beside(word: str, names: list[str]) -> list[str]:
    at = bisect_left(names, word)
    return names[max(0, at - _BESIDE) : at + _BESIDE]
