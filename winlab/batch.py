"""Many plans as a stream of outcomes: the due ones made by workers, written by one coordinator.

Workers decide and make, and write nothing; the coordinator writes each plan's packs, then its row
in the ledger. So whatever dies, a plan's folder is whole, and the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from winlab.book import read_entry, rep_of
from winlab.bounds import deadline
from winlab.inputs import PdfEngine, Role
from winlab.lab import Lab, open_lab
from winlab.ledger import Ledger, PackRow, PlanRow
from winlab.pack import Earlier, Halted, Made, Outcome, earlier, engines, make, put_away
from winlab.pool import Died, run_all
from winlab.problems import Place, Problem, Stopped, error
from winlab.read import IndustrySource, PlanSource
from winlab.store import Manifest, previous
from winlab.survey import Done, Due, Run, State, Survey
from winlab.watch import Watch

SECONDS = 120
"""What one plan's packs may take."""

MEGABYTES = 3000
"""What a worker may hold in memory."""


@dataclass(frozen=True)
class Task:
    """One plan for a worker, with what an earlier run left of it."""

    due: Due
    source: PlanSource | IndustrySource
    before: Earlier | None
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Failed:
    """Why a worker could not make a plan's packs, though the plan is not at fault."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Maker:
    """What each worker does with a plan; it opens the workspace once and keeps it warm.

    ``inputs`` is the digest of all input, so that a worker never goes on with an older workspace;
    in the folder ``drawings`` charts are kept.
    """

    root: Path
    inputs: str
    as_of: date
    day_asked: bool
    formats: tuple[str, ...]
    pdf_engine: PdfEngine | None
    drawings: Path

    def start(self) -> None:
        """Reads all that the first plan would have to wait for."""
        lab = self._lab()
        _ = lab.brand, lab.groups

    def engines(self) -> str:
        """What draws the packs here, with versions; raises :class:`Stopped`."""
        return engines(self._lab())

    def _lab(self) -> Lab:
        return _opened(self)

    def __call__(self, task: Task) -> Made | Halted | Failed:
        """A plan's packs, or why there are none."""
        try:
            with deadline(SECONDS):
                lab = self._lab()
                return make(
                    lab, task.source, task.before, roles=task.roles, formats=self.formats
                )  # fmt: skip
        except Stopped as stopped:
            return Failed(stopped.problems)
        except MemoryError:
            return Failed((_problem(task, "out-of-memory", f"its packs need more than {MEGABYTES} "
                                    "MB of memory", "look for a table or a picture that is far "
                                    "too large"),))  # fmt: skip
        except Exception as exc:
            told = f"this is a bug of winlab's: {type(exc).__name__}: {exc}"
            return Failed((_problem(task, "bug", told, "report it, with the plan"),))


@lru_cache(maxsize=1)
def _opened(maker: Maker) -> Lab:
    day = maker.as_of if maker.day_asked else None
    return open_lab(maker.root, day, maker.as_of, maker.pdf_engine, maker.drawings)


def _problem(task: Task, code: str, message: str, hint: str) -> Problem:
    return error(code, message, hint, Place(task.due.entry.source))


@dataclass
class Batch:
    """One run over the plans that a survey found due.

    ``open_executor`` gives workers that can call ``maker``; ``roles`` limits the packs that are
    made. The ledger is written as plans are done.
    """

    survey: Survey
    run: Run
    ledger: Ledger
    watch: Watch
    maker: Maker
    open_executor: Callable[[], Executor]
    in_flight: int
    roles: tuple[Role, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict, init=False)

    def outcomes(self) -> Iterator[Done]:
        """The outcome of each plan that is due, as it is known.

        Faults of the machine are outcomes too; only an interrupt ends the stream early.
        """
        self.ledger.keep_inputs(self.watch.fresh, self.run.digest, self.run.inputs)
        ready, stopped = self._in_order()
        yield from stopped
        early: list[Done] = []
        for task, result in run_all(
            self.open_executor, self.maker, self._tasks(ready, early), self.in_flight
        ):
            yield from early
            early.clear()
            yield self._finish(task, result)
        yield from early

    def _in_order(self) -> tuple[list[Due], list[Done]]:
        """The due plans, soonest meeting first, and the outcomes of those that cannot be read."""
        ready: list[tuple[str, str, Due]] = []
        stopped: list[Done] = []
        taken = self._names
        taken.update((row.plan, row.source) for row in (*self.survey.settled, *self.survey.held))
        for due in self.survey.due:
            row = due.row
            if row and row.plan and row.digest == due.entry.digest:
                meeting, name = row.meeting, row.plan
            else:
                try:
                    source = read_entry(due.entry, self.run.root, self.columns)
                except Stopped as exc:
                    stopped.append(self._unread(due, exc.problems))
                    continue
                meeting, name = source.meeting, source.name
                if meeting and meeting < self.run.as_of.isoformat():
                    stopped.append(self._now_held(due, source))
                    continue
            if name in taken:
                stopped.append(self._unread(due, (_taken(due, name, taken[name]),)))
                continue
            taken[name] = due.entry.source
            ready.append((meeting, due.entry.source, due))
        ready.sort(key=lambda item: item[:2])
        return [due for _, _, due in ready], stopped

    def _tasks(self, ready: Sequence[Due], early: list[Done]) -> Iterator[Task]:
        """What workers are given, read as they come for it; what needs no work is put aside."""
        for due in ready:
            try:
                source = read_entry(due.entry, self.run.root, self.columns)
                other = self._names.setdefault(source.name, due.entry.source)
                if other != due.entry.source:  # it was renamed since the plans were put in order
                    raise Stopped([_taken(due, source.name, other)])
                roles = tuple(role for role in self.roles if role in source.roles)
                if self.roles and not roles:
                    continue
                before = earlier(self.run.out / source.name, self.maker.formats)
            except Stopped as exc:
                early.append(self._unread(due, exc.problems))
                continue
            yield Task(due, source, before, roles)

    def _finish(self, task: Task, result: Made | Halted | Failed | Died) -> Done:
        """Writes what was made of a plan, then its row."""
        if isinstance(result, Died):
            told = _problem(task, "quarantined", f"its packs killed {result.tries} workers or took "
                            f"more than {SECONDS} s each time", "make them alone with winlab pack "
                            "to see what is wrong")  # fmt: skip
            return self._failed(task, (told,))
        if isinstance(result, Failed):
            return self._failed(task, result.problems)
        turns = result.turns.isoformat() if result.turns else ""
        try:
            outcome = put_away(result, self.run.out)
        except Stopped as stopped:
            if stopped.exit_code is not stopped.exit_code.INPUT:
                return self._failed(task, stopped.problems)
            return self._record(task, State.REFUSED, turns, stopped.problems)
        state = State.DONE if outcome.made else State.REUSED
        if outcome.refused_roles:
            state = State.REFUSED
        return self._record(task, state, turns, outcome.problems, outcome)

    def _failed(self, task: Task, problems: Sequence[Problem]) -> Done:
        return self._record(task, State.FAILED, "", problems)

    def _record(
        self, task: Task, state: State, turns: str, problems: Sequence[Problem],
        outcome: Outcome | None = None,
    ) -> Done:  # fmt: skip
        plan = task.source
        manifest = outcome.manifest if outcome else _manifest(self.run.out / plan.name)
        made = outcome.made if outcome else ()
        self._write(
            task.due, plan, _customer(plan, manifest), state, turns, problems, manifest, made
        )
        standing = [record for record in manifest.packs if outcome] if manifest else []
        return Done(
            task.due.entry.source, plan.name, plan.rep, _customer(plan, manifest),
            plan.meeting, state, made,
            outcome.refused_roles if outcome else (),
            tuple(r.role for r in standing if r.role not in made and r.status == "released"),
            task.due.why, tuple(problems),
        )  # fmt: skip

    def _write(
        self, due: Due, plan: PlanSource | IndustrySource, customer: str, state: State, turns: str,
        problems: Sequence[Problem], manifest: Manifest | None, made: Sequence[str] = (),
    ) -> None:  # fmt: skip
        packs = tuple(_pack_rows(manifest))
        folder = self.run.out / plan.name
        for pack in packs:
            for path, digest in pack.files:
                if pack.role in made:
                    self.watch.wrote(folder / path, digest)
        row = PlanRow(
            due.entry.source, plan.name, plan.rep, customer, plan.meeting,
            due.entry.digest, self.run.digest, self.run.asked, self.run.as_of.isoformat(), turns,
            _standing(state), packs, tuple(problem.as_json() for problem in problems),
        )  # fmt: skip
        self.ledger.record([row], self.watch.fresh)
        self.watch.fresh.clear()

    def _now_held(self, due: Due, plan: PlanSource | IndustrySource) -> Done:
        manifest = _manifest(self.run.out / plan.name)
        self._write(due, plan, _customer(plan, manifest), State.HELD, "", (), manifest)
        return Done(
            due.entry.source, plan.name, plan.rep, _customer(plan, manifest),
            plan.meeting, State.HELD, why=due.why,
        )  # fmt: skip

    def _unread(self, due: Due, problems: Sequence[Problem]) -> Done:
        """A plan that cannot be read: what an earlier one of its file left stays as it is."""
        row = due.row
        plan, customer = (row.plan, row.customer) if row else ("", "")
        rep = rep_of(due.entry, self.run.root) or (row.rep if row else "")
        return Done(
            due.entry.source, plan, rep, customer, "", State.REFUSED, why=due.why,
            problems=tuple(problems),
        )  # fmt: skip


def _standing(state: State) -> str:
    """A plan's state as the ledger has it, where it is the same however often it was tried."""
    return "released" if state in (State.DONE, State.REUSED) else state.value


def _taken(due: Due, name: str, other: str) -> Problem:
    return error(
        "duplicate-plan", f"the plan {name!r} stands in {other} too",
        "give each plan a name of its own", due.entry.place,
    )  # fmt: skip


def _manifest(folder: Path) -> Manifest | None:
    try:
        return previous(folder)
    except Stopped:
        return None


def _customer(plan: PlanSource | IndustrySource, manifest: Manifest | None) -> str:
    return manifest.customer if manifest else "".join(plan.whose)


def _pack_rows(manifest: Manifest | None) -> Iterator[PackRow]:
    for record in manifest.packs if manifest else ():
        files = tuple((file.path, file.sha256) for file in record.files)
        yield PackRow(
            record.role, record.language, record.status, record.version,
            record.issued.isoformat(), files,
        )  # fmt: skip
