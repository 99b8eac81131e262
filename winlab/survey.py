"""What a batch has to do, found without reading the plans.

A plan whose own text and all other input are as they were, on a day on which no comparison of
dates has turned, is settled by its row in the ledger. The others are due: they are decided anew,
and only packs whose content changed are written again (see :mod:`winlab.pack`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from winlab.book import TABLES, Entry
from winlab.ledger import Ledger, PlanRow
from winlab.problems import Problem, error, errors, problem_of
from winlab.watch import Watch, combined

_TOLD = 3


class State(StrEnum):
    """What became of a plan in a batch.

    Done: some pack was made anew. Reused: all were as they had to be. Held: its meeting is over,
    it is left alone. Refused: some pack, or the plan itself, has errors. Failed: the machine could
    not, so it is tried again in the next run. Due: a dry run leaves it at that.
    """

    DONE = "done"
    REUSED = "reused"
    HELD = "held"
    DUE = "due"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one plan: the roles made anew, those that stand, and what is refused."""

    source: str
    plan: str
    rep: str
    customer: str
    meeting: str
    state: State
    made: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """A plan to be decided anew, and why; ``row`` is what its last run left."""

    entry: Entry
    why: tuple[str, ...]
    row: PlanRow | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is for.

    ``inputs`` are all input files but the plans with their digests, ``asked`` what was asked for
    (formats, engine, roles), ``as_of`` the day. Names of plans are below ``root``, packs lie in
    ``out``.
    """

    root: Path
    out: Path
    inputs: Mapping[str, str]
    asked: str
    as_of: date

    @property
    def digest(self) -> str:
        """The digest of all input."""
        return combined(self.inputs)


@dataclass
class Survey:
    """What a batch has to do, found without opening a plan that has not changed."""

    due: list[Due] = field(default_factory=list)
    settled: list[PlanRow] = field(default_factory=list)
    held: list[PlanRow] = field(default_factory=list)
    gone: list[PlanRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def survey(found: Iterable[Entry | Problem], run: Run, ledger: Ledger, watch: Watch) -> Survey:
    """Parts the plans into those that are due, settled, held, and gone."""
    rows = ledger.plans()
    reasons = _Reasons(run, ledger, watch)
    out = Survey()
    seen: set[str] = set()
    tables: set[str] = set()
    broken: set[str] = set()
    for entry in found:
        if isinstance(entry, Problem):
            out.problems.append(entry)
            broken.add(entry.place.file)
            continue
        if entry.source in seen:
            out.problems.append(_twice(entry))
            continue
        seen.add(entry.source)
        if entry.table:
            tables.add(entry.table.file)
        row = rows.get(entry.source)
        if row is None:
            out.due.append(Due(entry, ("it is new",)))
        elif row.digest == entry.digest and _is_held(row.meeting, run.as_of):
            out.held.append(row)
        elif why := tuple(reasons(entry, row)):
            out.due.append(Due(entry, why, row))
        else:
            out.settled.append(row)
    whole = tables - broken
    out.gone = [row for row in rows.values() if row.source not in seen and _gone(row, run, whole)]
    return out


def _is_held(meeting: str, as_of: date) -> bool:
    return bool(meeting) and meeting < as_of.isoformat()


def _gone(row: PlanRow, run: Run, tables: set[str]) -> bool:
    """Whether the plan's file is no more, or no longer holds its row.

    ``tables`` were read to their end; in another the row may stand where nobody could read it.
    """
    table, _, _ = row.source.rpartition("#")
    if not table.lower().endswith(TABLES):
        return _is_away(run.root / row.source)
    return table in tables or _is_away(run.root / table)


def _is_away(path: Path) -> bool:
    """Whether there is no such file; one that cannot be looked at may be there."""
    try:
        return not path.exists()
    except OSError:
        return False


def _twice(entry: Entry) -> Problem:
    name = entry.source.rpartition("#")[2]
    return error(
        "duplicate-plan", f"the plan {name!r} stands in two rows",
        "give each plan a name of its own", entry.place,
    )  # fmt: skip


class _Reasons:
    """Why a plan is due, in words; what all plans share is worked out once."""

    def __init__(self, run: Run, ledger: Ledger, watch: Watch) -> None:
        self.run, self.ledger, self.watch = run, ledger, watch
        self.digest = run.digest
        self.changed: dict[str, tuple[str, ...]] = {}

    def __call__(self, entry: Entry, row: PlanRow) -> Iterator[str]:
        """Each reason; none if the plan is settled."""
        run = self.run
        if row.digest != entry.digest:
            yield "the plan changed"
        if row.inputs != self.digest:
            yield from self.changed_since(row.inputs)
        if row.asked != run.asked:
            yield "other packs, formats or another engine were asked for"
        if row.turns and row.turns <= run.as_of.isoformat():
            yield f"what was said of a date turned on {row.turns}"
        if row.as_of > run.as_of.isoformat():
            yield f"it was last made for a later day, {row.as_of}"
        if row.outcome == State.FAILED:
            yield "it failed last time"
        folder = os.fspath(run.out / row.plan)
        for pack in row.packs:
            for path, digest in pack.files:
                now = self.watch.digest(os.path.join(folder, path))  # noqa: PTH118 - many of them
                if now != digest:
                    yield f"{path} {'was changed' if now else 'is not there'}"

    def changed_since(self, digest: str) -> tuple[str, ...]:
        """What differs from the input that a digest stands for; the first few by name."""
        if digest not in self.changed:
            before, now = self.ledger.input_files(digest), self.run.inputs
            files = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
            told = [f"{name} changed" for name in files[:_TOLD]]
            if len(files) > _TOLD:
                told.append(f"{len(files) - _TOLD} more files changed")
            self.changed[digest] = tuple(told) or ("winlab or its input changed",)
        return self.changed[digest]


def settled(row: PlanRow) -> Done:
    """The outcome of a plan that is as it was: its last one, without anything made."""
    problems = tuple(map(problem_of, row.problems))
    refused = tuple(pack.role for pack in row.packs if pack.status == "refused")
    kept = tuple(pack.role for pack in row.packs if pack.status == "released")
    state = State.REFUSED if refused or errors(problems) else State.REUSED
    return Done(
        row.source, row.plan, row.rep, row.customer, row.meeting, state, (), refused, kept, (),
        problems,
    )  # fmt: skip


def held(row: PlanRow) -> Done:
    """The outcome of a plan whose meeting is over."""
    return Done(row.source, row.plan, row.rep, row.customer, row.meeting, State.HELD)
