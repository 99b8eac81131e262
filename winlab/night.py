"""A batch from its command line to its registers; reads as the table of contents.

Nothing heavy is imported before a plan is found due: most nights change little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from winlab.book import entries
from winlab.ledger import Ledger
from winlab.problems import Stopped
from winlab.register import registers, stale
from winlab.root import Settings, read_settings, workspace_files
from winlab.survey import Done, Run, State, Survey, held, settled, survey
from winlab.tally import Tally
from winlab.watch import Watch

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from winlab.batch import Batch, Maker
    from winlab.inputs import PdfEngine


@dataclass(frozen=True)
class Asked:
    """What a batch was asked for; no ``roles`` are all of each plan."""

    roles: tuple[str, ...]
    formats: tuple[str, ...]
    jobs: int
    scheduler: str | None = None
    dry_run: bool = False
    prune: bool = False
    pdf_engine: PdfEngine | None = None

    @property
    def packs(self) -> str:
        """What the packs hang on, as the ledger has it."""
        by = ["by", self.pdf_engine] if self.pdf_engine else []
        return " ".join([*sorted(self.roles), "as", *sorted(self.formats), *by])


class Night:
    """One batch. Raises :class:`Stopped` if the workspace cannot be read, or the ledger written."""

    def __init__(
        self, root: Path, plans: Sequence[Path], out: Path, asked: Asked, day: date | None,
        today: date, now_ns: int,
    ) -> None:  # fmt: skip
        self.root, self.plans, self.out, self.asked = root, plans, out, asked
        self.day, self.today = day, today
        self._elsewhere: set[str] = set()
        self.settings = read_settings(root) or self._checked_settings()
        self.as_of = day or self.settings.as_of or today
        self.ledger = Ledger(out, read_only=asked.dry_run)
        self.watch = Watch(self.ledger.states(), now_ns)
        inputs = self.watch.digests(workspace_files(root, self.settings))
        self.run = Run(root, out, inputs, asked.packs, self.as_of)

    def _checked_settings(self) -> Settings:
        """Has the workspace read in full, which tells what is wrong with it."""
        from winlab.read import read_workspace

        read_workspace(self.root)
        return Settings()

    @cached_property
    def survey(self) -> Survey:
        """What there is to do."""
        found = entries(self.plans, self.settings.columns, self.root, self.watch)
        return survey(found, self.run, self.ledger, self.watch)

    @property
    def due(self) -> int:
        """How many plans are to be decided anew."""
        return len(self.survey.due)

    def outcomes(self) -> Iterator[Done]:
        """Each plan's outcome, first of those that need no work, then as plans are done."""
        for done in self._outcomes():
            self._elsewhere.update({done.plan} & self._gone)
            yield done

    @cached_property
    def _gone(self) -> frozenset[str]:
        """The names of plans that are no longer where they were."""
        return frozenset(row.plan for row in self.survey.gone if row.plan)

    def _outcomes(self) -> Iterator[Done]:
        yield from map(settled, self.survey.settled)
        yield from map(held, self.survey.held)
        if not self.survey.due:
            return
        if self.asked.dry_run:
            yield from self._would()
        else:
            yield from self._batch().outcomes()

    def _batch(self) -> Batch:
        from winlab.batch import Batch
        from winlab.inputs import Role
        from winlab.lab import open_lab
        from winlab.pool import AHEAD
        from winlab.writers.engine import engine

        lab = open_lab(self.root, self.day, self.today, self.asked.pdf_engine)
        engine(lab.pdf_engine)  # its faults and the workspace's are told before all else
        maker = self._maker()
        open_executor, workers = self._workers(maker)
        roles = tuple(Role(name) for name in self.asked.roles)
        return Batch(
            self.survey, self.run, self.ledger, self.watch, maker, open_executor,
            AHEAD * workers, roles, self.settings.columns,
        )  # fmt: skip

    def _maker(self) -> Maker:
        from winlab.batch import Maker
        from winlab.drawings import FOLDER

        return Maker(
            self.root, self.run.digest, self.as_of, self.day is not None, self.asked.formats,
            self.asked.pdf_engine, self.out.absolute() / FOLDER,
        )  # fmt: skip

    def _workers(self, maker: Maker) -> tuple[Callable[[], Executor], int]:
        """What opens the workers, and how many there are."""
        if self.asked.scheduler:
            from winlab.cluster import bundle, cluster

            files = workspace_files(self.root, self.settings)
            return cluster(self.asked.scheduler, bundle(files, maker.inputs, maker.engines()))
        from winlab.batch import MEGABYTES
        from winlab.pool import worker_processes

        jobs = min(self.asked.jobs, self.due)
        return (lambda: worker_processes(jobs, MEGABYTES, maker.start)), jobs

    def _would(self) -> Iterator[Done]:
        """The plans that are due, as far as they can be read."""
        from winlab.book import read_entry, rep_of

        for due in self.survey.due:
            source, why = due.entry.source, due.why
            try:
                plan = read_entry(due.entry, self.root, self.settings.columns)
            except Stopped as stopped:
                rep = rep_of(due.entry, self.root)
                yield Done(
                    source, "", rep, "", "", State.REFUSED, why=why, problems=stopped.problems
                )
                continue
            over = plan.meeting and plan.meeting < self.as_of.isoformat()
            yield Done(
                source, plan.name, plan.rep, "", plan.meeting,
                State.HELD if over else State.DUE, why=why,
            )  # fmt: skip

    def finish(self, tally: Tally) -> None:
        """Lists or removes the packs of plans that are gone, and writes the registers."""
        tally.tell((*self.ledger.problems, *self.survey.problems))
        gone = tuple(sorted(self._gone - self._elsewhere))
        if self.asked.prune and not self.asked.dry_run:
            self._prune(gone, tally)
        else:
            tally.gone = gone
        changed = self.survey.due or tally.pruned
        rows = self.ledger.plans().values()
        if not self.asked.dry_run and (changed or (rows and stale(self.out))):
            from winlab.store import write_files

            write_files(self.out, registers(rows))
        self.ledger.close()

    @property
    def listed(self) -> Path | None:
        """The file that lists all packs, if there is one."""
        path = self.out / "manifest.csv"
        return path if path.is_file() and not self.asked.dry_run else None

    def _prune(self, gone: Sequence[str], tally: Tally) -> None:
        from winlab.store import discard

        for plan in gone:
            tally.tell(discard(self.out / plan))
        self.ledger.forget([row.source for row in self.survey.gone])
        tally.pruned = tuple(gone)
