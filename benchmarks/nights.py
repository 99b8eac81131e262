"""Whole batches from the command line: a book of plans made, nothing changed, a rule changed."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import book, harness
from benchmarks.harness import Row
from winlab.inputs import PdfEngine

PLANS = 700
"""Of a factory manager's pack and a coach sheet each."""
FEW = 40
"""What one worker makes in a time that can be waited for."""
ROUNDS = 5
EARLY, LATE = 50, 500
"""The packs that a worker has made when its memory is looked at."""
WORKERS = 2
RULE = ("plays/invest.yaml", "plan.volume_potential: '>= 100'}, then", ">= 100", ">= 60")
"""A file, the rule's line, and its threshold before and after."""
_DRAWINGS = ".winlab/drawings"

_WINLAB = (sys.executable, "-m", "winlab")


@dataclass(frozen=True)
class Night:
    """What a batch came to: its seconds and packs, and its workers' memory on the way, in MB."""

    seconds: float
    made: int
    memory: tuple[float, float] | None = None


def batch(
    folder: Path, plans: Iterable[Path], out: Path, *more: str, engine: PdfEngine = "typst",
    watched: bool = False,
) -> Night:  # fmt: skip
    """Runs a batch, PDF only. Raises ``RuntimeError`` if it stops or its machine fails."""
    command = [
        *_WINLAB, "batch", *map(str, plans), "--out", str(out), "--format", "pdf", "--pdf-engine",
        engine, "--jsonl", "--quiet", *more,
    ]  # fmt: skip
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    made = 0
    early: dict[int, list[float]] = defaultdict(list)
    late: dict[int, list[float]] = defaultdict(list)
    for line in process.stdout:
        made += len(json.loads(line)["made"])
        for at, found in ((EARLY, early), (LATE, late)) if watched else ():
            if 0 <= made - at * WORKERS < EARLY:
                for worker, megabytes in _workers_memory(process.pid):
                    found[worker].append(megabytes)
    if process.wait() not in (0, 4):
        raise RuntimeError(f"{' '.join(command[:4])} …: exit {process.returncode}")
    seconds = time.perf_counter() - start
    return Night(seconds, made, _mean(early, late) if watched else None)


def _mean(early: dict[int, list[float]], late: dict[int, list[float]]) -> tuple[float, float]:
    """The workers' mean memory; of each the median over some packs, as it comes and goes."""
    stayed = early.keys() & late.keys()
    first, last = (
        statistics.mean(statistics.median(found[worker]) for worker in stayed)
        for found in (early, late)
    )
    return first, last


def _workers_memory(coordinator: int) -> Iterator[tuple[int, float]]:
    """The memory that each worker holds, by its process: a child of the fork server."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(fields[1])
    for process, parent in parents.items():
        if parents.get(parent) == coordinator:
            try:
                text = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            held = next((line for line in text.splitlines() if line.startswith("VmRSS:")), None)
            if held:
                yield process, int(held.split()[1]) / 1024


def _call(*command: str, folder: Path) -> Callable[[], object]:
    return partial(harness.run, command, folder)


def starts() -> list[Row]:
    """How soon the command line answers."""
    folder = Path()
    help_, typer = (*_WINLAB, "--help"), (sys.executable, "-c", "import typer")
    timed = harness.interleaved(
        {"help": lambda: _call(*help_, folder=folder), "typer": lambda: _call(*typer, folder=folder)},
        ROUNDS * 3,
    )  # fmt: skip
    return [
        Row("`winlab --help`", '`python -c "import typer"`', timed["help"].median,
            timed["typer"].median, 2, False),
    ]  # fmt: skip


def large_book() -> list[Row]:
    """A book of 1,400 packs: made once, then again unchanged, on the next day, after a rule's
    change; and what its workers hold in memory.
    """
    with TemporaryDirectory() as name:
        folder = book.workspace(Path(name), PLANS)
        plans, out = [folder / "plans"], folder / "out"
        jobs = ("--jobs", str(WORKERS))
        full = batch(folder, plans, out, *jobs, watched=True)
        again = partial(batch, folder, plans, out, *jobs)
        assert not again().made
        days = map(str, (book.DAY + timedelta(days=number) for number in count(1)))
        timed = harness.interleaved(
            {
                "help": lambda: _call(*_WINLAB, "--help", folder=folder),
                "again": lambda: again,
                "next day": lambda: partial(again, "--as-of", next(days)),
            },
            ROUNDS,
        )
        help_ = timed["help"].median
        rows = [
            Row(f"second run of {full.made:,} packs, nothing changed", "`winlab --help`",
                timed["again"].median, help_, 3, False),
            Row("the same the next day", "`winlab --help`", timed["next day"].median, help_, 6,
                False),
            _rule_changed(folder, full, again),
        ]  # fmt: skip
        if full.memory:
            early, late = full.memory
            rows.append(
                Row(f"memory of a worker after {LATE} packs", f"after {EARLY}", late, early, 1.1,
                    False, "MB")
            )  # fmt: skip
        return rows


def _rule_changed(folder: Path, full: Night, again: Callable[[], Night]) -> Row:
    """One threshold moved to and fro, beside what a full run takes for as many packs."""
    name, line, old, new = RULE
    text = (folder / name).read_text("utf-8")
    assert line in text
    nights: list[Night] = []
    for value in (old, new) * ROUNDS:
        pass
    thresholds = cycle((new, old))
    for _ in range(ROUNDS):
        (folder / name).write_text(text.replace(line, line.replace(old, next(thresholds))), "utf-8")
        nights.append(again())
    seconds = statistics.median(night.seconds for night in nights)
    made = statistics.median(night.made for night in nights)
    return Row(
        f"a rule's threshold changed: {made:.0f} packs of {full.made:,}",
        "a full run's time for as many packs", seconds, full.seconds * made / full.made, 1.3, False,
    )  # fmt: skip
