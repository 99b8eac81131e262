"""A book of plans to measure with: the sample company's accounts, each with a meeting or two."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from winlab.draft import draft_plan
from winlab.read import read_workspace

SAMPLE = Path(__file__).resolve().parent.parent
DAY = date(2026, 12, 1)
"""The day that the sample workspace works for."""
_COPIED = ("winlab.toml", "plays", "templates")
_TABLES = "samples/chemicals"
_FILLED = {
    "# meeting:": "meeting: {meeting}",
    "# objective:": "objective: {{action: Approve a six-week trial on line {line}, by: {by}}}",
    "# pains:": "pains:",
    '#   - {words: "…", by': '  - {{words: "Line {line} stands still too often.", by: {by_whom}, '
    "date: 2026-11-03}}",
}


def workspace(folder: Path, plans: int) -> Path:
    """A copy of the sample workspace with a book of so many plans in ``plans``, one role each."""
    for name in _COPIED:
        copy = shutil.copytree if (SAMPLE / name).is_dir() else shutil.copy
        copy(SAMPLE / name, folder / name)
    (folder / _TABLES).mkdir(parents=True)
    for table in (SAMPLE / _TABLES).glob("*.csv"):
        shutil.copy(table, folder / _TABLES)
    (folder / "plans").mkdir()
    for number, text in enumerate(_plans(folder, plans)):
        (folder / "plans" / f"{number:04}.yaml").write_text(text, "utf-8")
    return folder


def _plans(folder: Path, count: int) -> Iterator[str]:
    found = read_workspace(folder)
    drafts = [draft_plan(account, found) for account in found.company.accounts]
    for number in range(count):
        line, place = divmod(number, len(drafts))
        yield _filled(drafts[place], number, line + 1)


def _filled(draft: str, number: int, line: int) -> str:
    """A draft with what only a rep knows."""
    meeting = DAY + timedelta(days=30 + number % 60)
    contact = re.search(r'name: ("[^"]*")', draft)
    known = {
        "meeting": meeting, "by": meeting + timedelta(days=30), "line": line,
        "by_whom": contact[1] if contact else "operator",
    }  # fmt: skip
    out: list[str] = []
    for text in draft.splitlines():
        filled = next((new for old, new in _FILLED.items() if text.startswith(old)), None)
        out.append(filled.format(**known) if filled else text)
    whole = re.sub(r"role: [\w-]+, buying", "role: factory-manager, buying", "\n".join(out))
    return re.sub(r"(?m)^plan: (\S+) .*$", rf"plan: \1-line-{line}-{number:04}", whole) + "\n"
