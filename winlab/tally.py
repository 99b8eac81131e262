"""What a batch comes to, added up as its outcomes arrive. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from winlab.problems import Exit, Problem, Severity, grouped
from winlab.survey import State

if TYPE_CHECKING:
    from winlab.survey import Done


@dataclass
class Tally:
    """Counts of plans by state and of packs, the refused plans by rep, and all problems.

    ``gone`` are plans whose packs are still there, ``pruned`` those whose packs were removed.
    """

    states: Counter[State] = field(default_factory=Counter)
    made: int = 0
    kept: int = 0
    refused: dict[str, set[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
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
        self.problems.extend(done.problems)
        if done.state is State.REFUSED:
            self.refused.setdefault(done.rep, set()).add(done.plan or done.source)

    def tell(self, problems: Iterable[Problem]) -> None:
        """Takes note of what concerns no single plan."""
        self.problems.extend(problems)

    @property
    def shared(self) -> list[Problem]:
        """All errors, and the warnings that several plans share; the rest is in the manifests."""
        least = {Severity.ERROR: 0, Severity.WARNING: 1}
        found = grouped(self.problems)
        return [p for p in found if p.severity in least and p.same >= least[p.severity]]

    @property
    def exit_code(self) -> Exit:
        """5 if the machine failed for some plan, else 3 or 4 for refusals, else 0."""
        if self.states[State.FAILED]:
            return Exit.MACHINE
        if not self.states[State.REFUSED]:
            return Exit.DONE
        return Exit.PARTLY if self.made or self.kept else Exit.INPUT
