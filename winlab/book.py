"""The plans of a batch: plan files, folders of them, and tables with one plan a row.

A CSV may have a million rows, so its rows are read one at a time and found again by their place
in the file. Nothing is imported before it is needed: most plans of a night are as they were.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from winlab.problems import Place, Problem, Stopped, error
from winlab.watch import Watch

if TYPE_CHECKING:
    from winlab.read import IndustrySource, PlanSource

TABLES = (".csv", ".xlsx")
PLAN_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Entry:
    """One plan as a batch finds it, unread.

    ``source`` names it in messages and in the ledger; ``digest`` is that of its text. A table's
    row starts in ``line``; in a CSV at the byte ``offset``, while a workbook's ``cells`` are kept.
    """

    source: str
    digest: str
    path: Path
    line: int = 0
    offset: int = 0
    cells: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The file's name in messages."""
        return self.source.rpartition("#")[0] if self.line else self.source


def entries(
    sources: Sequence[Path], columns: Mapping[str, str], root: Path, watch: Watch
) -> Iterator[Entry | Problem]:
    """The plans of files, folders and tables, each once, and what cannot be read.

    ``columns`` says what a table's columns are in a plan; ``root`` shortens the names.
    """
    seen: set[Path] = set()
    for source in sources:
        for path in _files(source):
            if path in seen:
                continue
            seen.add(path)
            shown = _shown(path, root)
            if path.suffix.lower() in TABLES:
                yield from _rows(path, shown, columns)
            elif digest := watch.digest(path):
                yield Entry(shown, digest, path)
            else:
                yield error("no-file", "there is no such file, or it cannot be read",
                            "check the path and its permissions", Place(shown))  # fmt: skip


def _files(source: Path) -> Iterator[Path]:
    """The plan files of a folder and its folders; any other path as it is."""
    source = source.absolute()
    if not source.is_dir():
        yield source
        return
    for path in sorted(source.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(source).parts)
        if path.suffix in PLAN_ENDINGS and not hidden and path.is_file():
            yield path


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


# ---------------------------------------------------------------- tables of plans


def _rows(path: Path, shown: str, columns: Mapping[str, str]) -> Iterator[Entry | Problem]:
    """The rows of a table of plans, by their plan's name; they are not read any further here."""
    try:
        records = _table(path, shown)
        header = next(records, None)
        if header is None:
            raise _unreadable("the table is empty", "give it a header row", Place(shown, 1, 1))
        names = [columns.get(name.strip(), name.strip()) for name in header.cells]
        if "plan" not in names:
            raise _unreadable("no column names the plan",
                              "add a column plan, or map one to it under [plans.columns]",
                              Place(shown, 1, 1))  # fmt: skip
        at = names.index("plan")
        for record in records:
            if any(cell.strip() for cell in record.cells):
                plan = record.cells[at].strip() if at < len(record.cells) else ""
                digest = hashlib.sha256("\x1f".join((*names, *record.cells)).encode()).hexdigest()
                kept = tuple(record.cells) if path.suffix.lower() == ".xlsx" else ()
                yield Entry(
                    f"{shown}#{plan or record.line}", digest, path, record.line, record.offset,
                    kept,
                )  # fmt: skip
    except Stopped as stopped:
        yield from stopped.problems


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
        for raw in file:
            end += len(raw)
            lines += 1
            yield raw.decode("utf-8-sig" if lines == 1 else "utf-8")

    source = text()
    reader = csv.reader(source, strict=True)
    while True:
        start, first = end, lines + 1
        try:
            cells = next(reader, None)
        except UnicodeDecodeError:
            raise _unreadable("the line is not UTF-8 text", "save the table as UTF-8",
                              Place(shown, first)) from None  # fmt: skip
        except csv.Error as exc:
            raise _unreadable(f"the row cannot be read: {exc}", "check its quotes",
                              Place(shown, first)) from None  # fmt: skip
        if cells is None:
            return
        yield _Record(cells, first, start)


def _unreadable(message: str, hint: str, place: Place) -> Stopped:
    return Stopped([error("csv-syntax", message, hint, place)])


def read_entry(entry: Entry, root: Path, columns: Mapping[str, str]) -> PlanSource | IndustrySource:
    """The plan of an entry; raises :class:`Stopped` with all that is wrong with its form."""
    from winlab.plan_rows import plan_of_row
    from winlab.read import read_any_plan

    if not entry.line:
        return read_any_plan(entry.path, root)
    header = next(_table(entry.path, entry.file)).cells
    cells: Sequence[str] = entry.cells
    if not cells:
        with entry.path.open("rb") as file:
            cells = next(_records(file, entry.file, entry.offset, entry.line)).cells
    return plan_of_row(header, cells, columns, Place(entry.file, entry.line))
