"""All packs of a folder as one JSON and one CSV file, made from the ledger."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from winlab.ledger import PlanRow

COLUMNS = (
    "plan", "customer", "rep", "meeting", "outcome", "role", "language", "status", "version",
    "issued", "file", "sha256",
)  # fmt: skip
FILES = ("manifest.json", "manifest.csv")
_INTERNAL = ("document.json", "problems.json")


def registers(rows: Iterable[PlanRow]) -> dict[str, bytes]:
    """The content of both files, by name."""
    ordered = sorted(rows, key=lambda row: (row.plan, row.source))
    return {
        "manifest.json": _json(ordered),
        "manifest.csv": _csv(ordered),
    }


def _json(rows: list[PlanRow]) -> bytes:
    plans = [
        {
            "plan": row.plan, "source": row.source, "customer": row.customer, "rep": row.rep,
            "meeting": row.meeting, "outcome": row.outcome,
            "packs": [
                {
                    "role": pack.role, "language": pack.language, "status": pack.status,
                    "version": pack.version, "issued": pack.issued,
                    "files": [{"path": path, "sha256": digest} for path, digest in pack.files],
                }
                for pack in row.packs
            ],
            "problems": [dict(problem) for problem in row.problems],
        }
        for row in rows
    ]  # fmt: skip
    return json.dumps({"plans": plans}, indent=1, ensure_ascii=False).encode() + b"\n"


def _csv(rows: list[PlanRow]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(cell) for cell in line] for row in rows for line in _lines(row))
    return text.getvalue().encode()


def _lines(row: PlanRow) -> Iterator[tuple[str, ...]]:
    """A line for each file that people open; a plan without any has one line."""
    plan = (row.plan, row.customer, row.rep, row.meeting, row.outcome)
    files: list[tuple[str, ...]] = [
        (*plan, pack.role, pack.language, pack.status, pack.version, pack.issued,
         f"{row.plan}/{path}", digest)
        for pack in row.packs
        for path, digest in pack.files
        if not path.endswith(_INTERNAL)
    ]  # fmt: skip
    yield from files or [(*plan, *[""] * (len(COLUMNS) - len(plan)))]


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def stale(out: Path) -> bool:
    """Whether one of the files is not there."""
    return not all((out / name).exists() for name in FILES)
