"""The plans of a batch: plan files, folders of them, and tables with one plan a row.

A CSV may have a million rows, so its rows are read one at a time and found again by their place
in the file. Nothing is imported before it is needed: most plans of a night are as they were.
"""

from __future__ import annotations

import csv
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from winlab.problems import Place, Problem, Stopped, error
from winlab.watch import Watch

if TYPE_CHECKING:
    from winlab.read import IndustrySource, PlanSource

TABLES = (".csv", ".xlsx")
PLAN_ENDINGS = (".yaml", ".yml")
PLAN = "plan"
LINE_BYTES = 20_000_000
"""A longer line is no row of a table, and would fill the memory."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of plans: its ``file`` in messages, and its header, also as it is in a plan."""

    path: Path
    file: str
    header: tuple[str, ...]
    names: tuple[str, ...]

    def at(self, line: int, column: int | None = None) -> Place:
        """A place in the table."""
        return Place(self.file, line, column)


@dataclass(frozen=True, slots=True)
class Entry:
    """One plan as a batch finds it, unread.

    ``source`` names it in messages and in the ledger; ``digest`` is that of its text. A row of a
    ``table`` starts in ``line``; in a CSV at the byte ``offset``, while a workbook's ``cells``
    are kept.
    """

    source: str
    digest: str
    path: Path
    table: Table | None = None
    line: int = 0
    offset: int = 0
    cells: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Where the plan begins."""
        return self.table.at(self.line) if self.table else Place(self.source)


def entries(
    sources: Sequence[Path], columns: Mapping[str, str], root: Path, watch: Watch
) -> Iterator[Entry | Problem]:
    """The plans of files, folders and tables, each once, and what cannot be read.

    ``columns`` says what a table's columns are in a plan; ``root`` shortens the names.
    """
    seen: set[Path] = set()
    for source in sources:
        for path in _files(source.absolute(), root):
            if isinstance(path, Problem):
                yield path
                continue
            if path in seen:
                continue
            seen.add(path)
            shown = _shown(path, root)
            if told := _no_file(path, shown):
                yield told
            elif path.suffix.lower() in TABLES:
                yield from _rows(path, shown, columns)
            elif digest := watch.digest(path):
                yield Entry(shown, digest, path)
            else:
                yield _unread(shown)


def _files(source: Path, root: Path) -> Iterator[Path | Problem]:
    """The plan files of a folder and its folders; any other path as it is."""
    if not source.is_dir():
        yield source
        return
    barred: list[str] = []
    found: list[Path] = []
    for at, folders, files in os.walk(source, onerror=lambda exc: barred.append(exc.filename)):
        folders[:] = [name for name in folders if name[0] != "."]
        names = [name for name in (*files, *folders) if name[0] != "."]
        found.extend(Path(at, name) for name in names if name.endswith(PLAN_ENDINGS))
    yield from (_unread(_shown(Path(folder), root)) for folder in barred)
    if not found and not barred:
        yield error("no-plans", "no plan lies in this folder",
                    "plans end in .yaml or .yml; a table of plans has to be named itself",
                    Place(_shown(source, root)))  # fmt: skip
    yield from sorted(found)


def _no_file(path: Path, shown: str) -> Problem | None:
    """Why a path holds no plan, as far as can be told without opening it."""
    place = Place(shown)
    try:
        kind = path.stat().st_mode
    except OSError:
        return _unread(shown)
    if stat.S_ISDIR(kind):
        return error("is-folder", "this is a folder, though it is called like a plan",
                     "rename it, or name a file in it", place)  # fmt: skip
    if not stat.S_ISREG(kind):
        return error("not-a-file", "this is a device or a pipe, not a file",
                     "save what it gives as a file, and name that", place)  # fmt: skip
    return None


def _unread(shown: str) -> Problem:
    return error("no-file", "there is no such file, or it cannot be read",
                 "check the path and its permissions", Place(shown))  # fmt: skip


def _shown(path: Path, root: Path) -> str:
    name = os.fspath(path).removeprefix(os.path.join(root, "")).replace(os.sep, "/")  # noqa: PTH118 - many of them
    return name.encode("utf-8", "backslashreplace").decode()


# ---------------------------------------------------------------- tables of plans


def _rows(path: Path, shown: str, columns: Mapping[str, str]) -> Iterator[Entry | Problem]:
    """The rows of a table of plans, by their plan's name; they are not read any further here."""
    try:
        records = _table(path, shown)
        table = _header(next(records, None), path, shown, columns)
        at = table.names.index(PLAN)
        keeps = path.suffix.lower() == ".xlsx"
        for record in records:
            if any(cell.strip() for cell in record.cells):
                plan = record.cells[at].strip() if at < len(record.cells) else ""
                yield Entry(
                    f"{shown}#{plan or record.line}", _digest(table, record.cells), path, table,
                    record.line, record.offset, tuple(record.cells) if keeps else (),
                )  # fmt: skip
    except Stopped as stopped:
        yield from stopped.problems


def _digest(table: Table, cells: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join((*table.names, *cells)).encode()).hexdigest()


def _header(
    record: _Record | None, path: Path, shown: str, columns: Mapping[str, str]
) -> Table:  # fmt: skip
    """A table by its first row; raises :class:`Stopped` if no plans can stand below it."""
    first = Place(shown, 1, 1)
    if record is None:
        raise _unreadable("the table is empty", "give it a header row", first)
    header = tuple(cell.strip() for cell in record.cells)
    names = tuple(columns.get(name, name) for name in header)
    table = Table(path, shown, header, names)
    if PLAN not in names:
        from winlab.source import foreign_separator

        if foreign := foreign_separator(",".join(record.cells), shown):
            raise Stopped([foreign])
        raise _unreadable("no column names the plan",
                          "add a column plan, or map one to it under [plans.columns]",
                          first)  # fmt: skip
    twice = [index for index, name in enumerate(names) if name and name in names[:index]]
    if twice:
        raise Stopped(
            [
                error("duplicate-column", f"two columns are {names[index]!r}",
                      "delete one of the two", table.at(1, index + 1))
                for index in twice
                if names[index] in columns.values() or not columns
            ]
        )  # fmt: skip
    return table


def _table(path: Path, shown: str) -> Iterator[_Record]:
    try:
        if path.suffix.lower() == ".xlsx":
            yield from _workbook(path.read_bytes(), shown)
        else:
            with path.open("rb") as file:
                yield from _records(file, shown)
    except OSError as exc:
        raise _unreadable(f"the table cannot be read: {exc.strerror or exc}",
                          "check the path and its permissions", Place(shown)) from exc  # fmt: skip


def _workbook(data: bytes, shown: str) -> Iterator[_Record]:
    from winlab.source import parse_xlsx

    sheet, problems = parse_xlsx(data, shown)
    if problems:
        raise Stopped(problems)
    yield _Record(sheet.header, 1, 0)
    for index, row in enumerate(sheet.rows):
        yield _Record(tuple(row.values()), sheet.lines[index], 0)


@dataclass(frozen=True, slots=True)
class _Record:
    """One record of a CSV: its cells, its first line, and the byte that it starts at."""

    cells: Sequence[str]
    line: int
    offset: int


def _records(file: BinaryIO, shown: str, offset: int = 0, line: int = 1) -> Iterator[_Record]:
    """The records from a byte on; raises :class:`Stopped` where one cannot be read."""
    file.seek(offset)
    end, lines = offset, line - 1

    def text() -> Iterator[str]:
        nonlocal end, lines
        while raw := file.readline(LINE_BYTES + 1):
            if len(raw) > LINE_BYTES:
                raise csv.Error(f"it has more than {LINE_BYTES // 1_000_000} MB")
            end += len(raw)
            lines += 1
            yield _decoded(raw, Place(shown, lines))

    source = text()
    reader = csv.reader(source, strict=True)
    while True:
        start, first = end, lines + 1
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            raise _unreadable(f"the row cannot be read: {exc}",
                              "check its quotes; no row below it was read",
                              Place(shown, first)) from None  # fmt: skip
        if cells is None:
            return
        yield _Record(cells, first, start)


def _decoded(raw: bytes, place: Place) -> str:
    """A line of a CSV as text."""
    if place.line == 1 and raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unreadable("the table is UTF-16 text, not UTF-8",
                          "save it as UTF-8 (in Excel: CSV UTF-8)", place)  # fmt: skip
    try:
        return raw.decode("utf-8-sig" if place.line == 1 else "utf-8")
    except UnicodeDecodeError as exc:
        column = len(raw[: exc.start].decode()) + 1
        raise _unreadable(
            "the line is not UTF-8 text",
            "save the table as UTF-8 (in Excel: CSV UTF-8); no row below it was read",
            replace(place, column=column),
        ) from None  # fmt: skip


def _unreadable(message: str, hint: str, place: Place) -> Stopped:
    return Stopped([error("csv-syntax", message, hint, place)])


def read_entry(entry: Entry, root: Path, columns: Mapping[str, str]) -> PlanSource | IndustrySource:
    """The plan of an entry; raises :class:`Stopped` with all that is wrong with its form."""
    from winlab.plan_rows import plan_of_row
    from winlab.read import read_any_plan

    if entry.table is None:
        return read_any_plan(entry.path, root)
    return plan_of_row(entry.table.header, _cells(entry, entry.table), columns, entry.place)


def _cells(entry: Entry, table: Table) -> Sequence[str]:
    """A row's cells, found again; raises :class:`Stopped` if they are not what they were."""
    if entry.cells:
        return entry.cells
    try:
        with entry.path.open("rb") as file:
            cells = next(_records(file, table.file, entry.offset, entry.line)).cells
    except (OSError, StopIteration, Stopped):
        cells = ()
    if _digest(table, cells) != entry.digest:
        raise _unreadable("the table was changed while the batch ran",
                          "run the command again", entry.place)  # fmt: skip
    return cells


def rep_of(entry: Entry, root: Path) -> str:
    """The rep that a plan names, though it may be wrong in all else; empty if none is found."""
    if entry.table is None:
        from winlab.files import Reader

        parsed = Reader(root).yaml(entry.path)
        tree = parsed.tree if parsed else None
        rep = tree.get("rep") if isinstance(tree, dict) else None
        return rep if isinstance(rep, str) else ""
    try:
        named = dict(zip(entry.table.names, _cells(entry, entry.table), strict=False))
    except Stopped:
        return ""
    return named.get("rep", "").strip()
