"""What a batch comes to, added up as its outcomes arrive. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from winlab.book import TABLES
from winlab.problems import (
    MAY_BE_SENT,
    Exit,
    Place,
    Problem,
    Severity,
    grouped,
    joined,
    urgent,
)
from winlab.survey import State

if TYPE_CHECKING:
    from winlab.survey import Done


_Cause: TypeAlias = tuple[str, str, Place | int | None]


def _cause(problem: Problem) -> _Cause:
    """What problems of one cause have in common.

    A column of a table of plans that is filled in wrongly is one cause, whatever it says. What
    tells of files that may be sent is told of each.
    """
    place = problem.place
    if problem.code in MAY_BE_SENT:
        return problem.code, problem.message, place
    if place.file.lower().endswith(TABLES) and place.column:
        return problem.code, place.file, place.column
    return problem.code, problem.message, None


@dataclass
class Tally:
    """Counts of plans by state and of packs, the refused plans by rep, and all problems by cause.

    ``gone`` are plans whose packs are still there, ``pruned`` those whose packs were removed.
    """

    states: Counter[State] = field(default_factory=Counter)
    made: int = 0
    kept: int = 0
    refused: dict[str, set[str]] = field(default_factory=dict)
    causes: dict[_Cause, Problem] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()

    @property
    def plans(self) -> int:
        """How many plans there are."""
        return self.states.total()

    def add(self, done: Done) -> None:
        """Counts one plan."""
        self.states[done.state] += 1
        self.made += len(done.made)
        self.kept += len(done.kept)
        self.tell(done.problems)
        if done.state is State.REFUSED:
            self.refused.setdefault(done.rep, set()).add(done.plan or done.source)

    def tell(self, problems: Iterable[Problem]) -> None:
        """Takes note of problems, one cause once."""
        for problem in problems:
            cause = _cause(problem)
            seen = self.causes.get(cause)
            self.causes[cause] = joined(seen, problem) if seen else problem

    @property
    def problems(self) -> list[Problem]:
        """One problem a cause at its first place, errors first, with the number of others."""
        return grouped(self.causes.values())

    @property
    def shared(self) -> list[Problem]:
        """All errors, what tells of files that may be sent, and warnings that several plans share.

        The rest is in the manifests.
        """
        told = self.problems
        urgents = set(urgent(told))
        return [p for p in told if p in urgents or (p.severity is Severity.WARNING and p.same)]

    @property
    def exit_code(self) -> Exit:
        """5 if the machine failed for some plan, else 3 or 4 for refusals, else 0."""
        if self.states[State.FAILED]:
            return Exit.MACHINE
        if not self.states[State.REFUSED]:
            return Exit.DONE
        return Exit.PARTLY if self.made or self.kept else Exit.INPUT
