"""What a folder of packs holds and what it was made from: one SQLite file, safe against kills.

It is an index: each plan's own `internal/manifest.json` says what lies in that plan's folder, and
a lost ledger costs time, never a pack. A row is written after the files that it tells of.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from winlab.problems import Exit, Place, Problem, Stopped, error, warning
from winlab.root import OWN_FOLDER
from winlab.watch import FileState

T = TypeVar("T")

NAME = "ledger.sqlite"
_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS plans (
    source TEXT PRIMARY KEY, plan TEXT, rep TEXT, customer TEXT, meeting TEXT, digest TEXT,
    inputs TEXT, asked TEXT, as_of TEXT, turns TEXT, outcome TEXT, packs TEXT, problems TEXT
);
CREATE TABLE IF NOT EXISTS read_files (
    path TEXT PRIMARY KEY, sha256 TEXT, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,
    inode INTEGER, read_ns INTEGER
);
CREATE TABLE IF NOT EXISTS inputs (digest TEXT PRIMARY KEY, files TEXT);
"""


@dataclass(frozen=True, slots=True)
class PackRow:
    """One pack as a plan's last run left it: files with their digests, below the plan's folder."""

    role: str
    language: str
    status: str
    version: str
    issued: str
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan's last run: what it read, and what became of it.

    ``inputs`` is the digest of all other input, ``asked`` what was asked for (formats, engine).
    The result holds from the day ``as_of`` until the day before ``turns``, on which a comparison
    of dates may turn out otherwise; empty if none will. ``problems`` are JSON.
    """

    source: str
    plan: str
    rep: str
    customer: str
    meeting: str
    digest: str
    inputs: str
    asked: str
    as_of: str
    turns: str
    outcome: str
    packs: tuple[PackRow, ...]
    problems: tuple[Mapping[str, str | int | None], ...]


_StoredPack: TypeAlias = tuple[str, str, str, str, str, list[tuple[str, str]]]


class Ledger:
    """The ledger of one folder of packs. Raises :class:`Stopped` (exit 5) if it can't be used."""

    def __init__(self, out: Path, *, read_only: bool = False, wait_seconds: float = 30) -> None:
        self.path = out / OWN_FOLDER / NAME
        self.problems: list[Problem] = []
        self._read_only, self._wait = read_only, wait_seconds
        try:
            self._base = _to_read(self.path) if read_only else self._to_write()
        except sqlite3.DatabaseError as exc:
            if isinstance(exc, sqlite3.OperationalError):
                raise self._stopped(exc) from exc
            self._begin_anew()
        except OSError as exc:
            raise self._stopped(exc) from exc

    def _to_write(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        base = sqlite3.connect(self.path, timeout=self._wait, isolation_level=None)
        try:
            base.execute("PRAGMA journal_mode=WAL")
            base.execute("PRAGMA synchronous=FULL")
            version = base.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError(f"it is of version {version}")
            if version == 0:
                base.executescript(_TABLES)
                base.execute(f"PRAGMA user_version={_VERSION}")
        except BaseException:
            base.close()
            raise
        return base

    def _begin_anew(self) -> None:
        """A file that is no ledger of ours is kept under another name, and a new one begun."""
        broken = self.path.with_suffix(".broken")
        self.problems.append(
            warning("broken-ledger", "the record of finished packs cannot be read, so a new one "
                    "is begun and every plan decided anew", f"the old one is kept as {broken.name}",
                    Place(str(self.path)))
        )  # fmt: skip
        if self._read_only:
            self._base = _empty()
            return
        try:
            self.path.replace(broken)
            for ending in ("-wal", "-shm"):
                self.path.with_name(NAME + ending).unlink(missing_ok=True)
            self._base = self._to_write()
        except (OSError, sqlite3.Error) as exc:
            raise self._stopped(exc) from exc

    def _stopped(self, exc: Exception) -> Stopped:
        why = exc.strerror if isinstance(exc, OSError) else exc
        return Stopped(
            [
                error("no-ledger", f"the record of finished packs cannot be used: {why}",
                      "check the folder's permissions and the space on its disk, or choose another "
                      "--out", Place(str(self.path)))
            ],
            Exit.MACHINE,
        )  # fmt: skip

    def plans(self) -> dict[str, PlanRow]:
        """All plans by where they were read from."""
        return {row.source: row for row in self._read("SELECT * FROM plans", _plan_row)}

    def states(self) -> dict[str, FileState]:
        """What input files were when they were last read, by absolute path."""
        return dict(self._read("SELECT * FROM read_files", _file_state))

    def input_files(self, digest: str) -> dict[str, str]:
        """The files with their digests that a digest of all input stands for; none if unknown."""
        query = "SELECT files FROM inputs WHERE digest = ?"
        found = self._read(query, lambda row: dict(json.loads(row[0])), digest)
        return found[0] if found else {}

    def _read(self, query: str, shape: Callable[[tuple[str, ...]], T], *values: str) -> list[T]:
        """What a query finds; nothing if the file turns out to be damaged."""
        try:
            return [shape(row) for row in self._base.execute(query, values)]
        except sqlite3.OperationalError as exc:
            raise self._stopped(exc) from exc
        except (sqlite3.DatabaseError, ValueError):
            self._base.close()
            self._begin_anew()
            return []

    def keep_inputs(
        self, states: Mapping[str, FileState], digest: str, files: Mapping[str, str]
    ) -> None:
        """Remembers what was read; forgets input that no plan was made from."""
        with self._writing():
            self._keep(states)
            self._base.execute(
                "INSERT OR REPLACE INTO inputs VALUES (?, ?)", (digest, json.dumps(dict(files)))
            )
            self._base.execute(
                "DELETE FROM inputs WHERE digest <> ? "
                "AND digest NOT IN (SELECT inputs FROM plans)", (digest,),
            )  # fmt: skip

    def record(
        self, rows: Sequence[PlanRow], states: Mapping[str, FileState] | None = None
    ) -> None:
        """Writes down what became of plans, and files as they are; on return it is on the disk."""
        with self._writing():
            self._keep(states or {})
            self._base.executemany(
                "INSERT OR REPLACE INTO plans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_values(row) for row in rows],
            )

    def _keep(self, states: Mapping[str, FileState]) -> None:
        self._base.executemany(
            "INSERT OR REPLACE INTO read_files VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((path, *astuple(state)) for path, state in states.items()),
        )

    def forget(self, sources: Sequence[str]) -> None:
        """Drops plans that are gone."""
        with self._writing():
            self._base.executemany("DELETE FROM plans WHERE source = ?", [(s,) for s in sources])

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; a fault of the disk is the machine's problem."""
        try:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")
        except sqlite3.Error as exc:
            raise self._stopped(exc) from exc

    def close(self) -> None:
        """Lets go of the file."""
        self._base.close()


def _to_read(path: Path) -> sqlite3.Connection:
    """A ledger that nothing is written to, not even beside it; an empty one if there is none."""
    if not path.exists():
        return _empty()
    shared = path.with_name(f"{NAME}-wal").exists()  # some run writes, or was killed
    for how in ("mode=ro", "immutable=1") if shared else ("immutable=1",):
        base = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)
        try:
            version = base.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.OperationalError:
            base.close()
            continue
        if version == _VERSION:
            return base
        base.close()
        raise sqlite3.DatabaseError(f"it is of version {version}")
    raise sqlite3.OperationalError("it cannot be opened")


def _empty() -> sqlite3.Connection:
    base = sqlite3.connect(":memory:", isolation_level=None)
    base.executescript(_TABLES)
    return base


def _values(row: PlanRow) -> tuple[str, ...]:
    packs = json.dumps([astuple(pack) for pack in row.packs])
    problems = json.dumps([dict(problem) for problem in row.problems])
    return (
        row.source, row.plan, row.rep, row.customer, row.meeting, row.digest, row.inputs,
        row.asked, row.as_of, row.turns, row.outcome, packs, problems,
    )  # fmt: skip


def _file_state(row: tuple[str, ...]) -> tuple[str, FileState]:
    path, digest, size, changed, touched, inode, read = row
    return path, FileState(
        digest, int(size), int(changed), int(touched), int(inode), int(read)
    )  # fmt: skip


def _plan_row(row: tuple[str, ...]) -> PlanRow:
    (source, plan, rep, customer, meeting, digest, inputs, asked, as_of, turns, outcome, packs,
     problems) = row  # fmt: skip
    return PlanRow(
        source, plan, rep, customer, meeting, digest, inputs, asked, as_of, turns, outcome,
        tuple(_packs(json.loads(packs))), tuple(json.loads(problems)),
    )  # fmt: skip


def _packs(rows: list[_StoredPack]) -> Iterator[PackRow]:
    for role, language, status, version, issued, files in rows:
        pairs = tuple((path, digest) for path, digest in files)
        yield PackRow(role, language, status, version, issued, pairs)
