"""What a batch comes to, added up as its outcomes arrive. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from winlab.book import TABLES
from winlab.problems import (
    MAY_BE_SENT,
    Exit,
    Place,
    Problem,
    Severity,
    errors,
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
    """Counts of plans by state and of packs, the refused plans by rep, and all problems.

    ``causes`` are the plans' problems, ``whole`` those of the batch. ``gone`` are plans whose packs
    are still there, ``pruned`` those whose packs were removed.
    """

    states: Counter[State] = field(default_factory=Counter)
    made: int = 0
    kept: int = 0
    refused: dict[str, set[str]] = field(default_factory=dict)
    causes: dict[_Cause, Problem] = field(default_factory=dict)
    whole: list[Problem] = field(default_factory=list)
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
        here = Place(done.source)
        for problem in done.problems:
            placed = problem if str(problem.place) else replace(problem, place=here)
            cause = _cause(placed)
            seen = self.causes.get(cause)
            self.causes[cause] = joined(seen, placed) if seen else placed
        if done.state is State.REFUSED:
            self.refused.setdefault(done.rep, set()).add(done.plan or done.source)

    def tell(self, problems: Iterable[Problem]) -> None:
        """Takes note of what concerns no single plan."""
        self.whole.extend(problems)

    @property
    def problems(self) -> list[Problem]:
        """One problem a cause at its first place, errors first, with the number of others."""
        return grouped([*self.whole, *self.causes.values()])

    @property
    def shared(self) -> list[Problem]:
        """All but the remarks and warnings on one plan alone, which are in the manifests.

        What tells of files that may be sent is among them.
        """
        ours = self.causes.values()
        several = [p for p in ours if p.severity is Severity.WARNING and p.same]
        return grouped([*self.whole, *dict.fromkeys([*urgent(ours), *several])])

    @property
    def exit_code(self) -> Exit:
        """5 if the machine failed for some plan, else 3 or 4 if some could not be made, else 0."""
        if self.states[State.FAILED]:
            return Exit.MACHINE
        if not self.states[State.REFUSED] and not errors(self.whole):
            return Exit.DONE
        return Exit.PARTLY if self.made or self.kept else Exit.INPUT
