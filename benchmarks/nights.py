"""Whole batches from the command line: a book of plans made, nothing changed, a rule changed."""

from __future__ import annotations

import contextlib
import json
import re
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
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import book, harness
from benchmarks.harness import Row
from winlab.inputs import PdfEngine

PLANS = 700
"""Of a factory manager's pack and a coach sheet each."""
FEW = 100
"""What one worker makes in a time that can be waited for; starting up is a small part of it."""
ROUNDS = 5
STARTS = 15
EARLY, LATE = 50, 500
"""The packs that a worker has made when its memory is looked at."""
WORKERS = 2
RULE = ("plays/invest.yaml", "plan.volume_potential: '>= 100'}, then", ">= 100", ">= 60")
"""A file, the rule's line, and its threshold before and after."""
SAMPLE_PLANS = book.SAMPLE / "samples/chemicals/plans"
_DRAWINGS = ".winlab/drawings"

_MADE = (0, 4)
"""Exit codes of a batch that made packs: all of them, or some."""
_WINLAB = (sys.executable, "-m", "winlab")


@dataclass(frozen=True)
class Night:
    """What a batch came to: its seconds and packs, and its workers' memory on the way, in MB."""

    seconds: float
    made: int
    memory: tuple[float, float] | None = None


def _command(
    plans: Iterable[Path], out: Path, *more: str, engine: PdfEngine = "typst"
) -> list[str]:
    """A batch's command line, PDF only."""
    asked = ("--format", "pdf", "--pdf-engine", engine, *more)
    return [*_WINLAB, "batch", *map(str, plans), "--out", str(out), *asked]


def batch(
    folder: Path, plans: Iterable[Path], out: Path, *more: str, engine: PdfEngine = "typst",
    jobs: int = WORKERS, watched: bool = False,
) -> Night:  # fmt: skip
    """Runs a batch. Raises ``RuntimeError`` if it stops or its machine fails."""
    command = _command(plans, out, "--jsonl", "--quiet", "--jobs", str(jobs), *more,
                       engine=engine)  # fmt: skip
    early: dict[int, list[float]] = defaultdict(list)
    late: dict[int, list[float]] = defaultdict(list)
    made = 0
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            made += len(json.loads(line)["made"])
            for at, found in ((EARLY, early), (LATE, late)) if watched else ():
                if 0 <= made - at * WORKERS < EARLY:
                    for worker, megabytes in _workers_memory(process.pid):
                        found[worker].append(megabytes)
    if process.returncode not in _MADE:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}")
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
    """What each worker holds with the process that draws for it: a fork server's child."""
    children: dict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            children[parent].append(int(status.parent.name))
    for server in children[coordinator]:
        for worker in children[server]:
            yield worker, sum(map(_megabytes, (worker, *children[worker])))


def _megabytes(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    held = re.search(r"VmRSS:\s+(\d+)", text)
    return int(held[1]) / 1024 if held else 0.0


def _call(folder: Path, *command: str) -> Callable[[], object]:
    return partial(harness.run, command, folder, _MADE)


def starts() -> list[Row]:
    """How soon the command line answers."""
    timed = harness.interleaved(
        {
            "help": lambda: _call(book.SAMPLE, *_WINLAB, "--help"),
            "typer": lambda: _call(book.SAMPLE, sys.executable, "-c", "import typer"),
        },
        STARTS,
    )
    ours, theirs = timed["help"].median, timed["typer"].median
    return [Row("`winlab --help`", '`python -c "import typer"`', ours, theirs, 2, False)]


def large_book() -> list[Row]:
    """A book of 1,400 packs: made once, then again unchanged, on the next day, and after a rule's
    change; and what its workers hold in memory.
    """
    with TemporaryDirectory() as name:
        folder = book.workspace(Path(name), PLANS)
        plans, out = [folder / "plans"], folder / "out"
        full = batch(folder, plans, out, watched=True)
        again, tomorrow = (), ("--as-of", str(book.DAY + timedelta(days=1)))
        for more in (again, tomorrow):
            if batch(folder, plans, out, *more).made:
                raise AssertionError("packs were made anew though nothing changed")
        timed = harness.interleaved(
            {
                "help": lambda: _call(folder, *_WINLAB, "--help"),
                "again": lambda: _call(folder, *_command(plans, out)),
                "next day": lambda: _call(folder, *_command(plans, out, *tomorrow)),
            },
            ROUNDS,
        )
        help_ = timed["help"].median
        rows = [
            Row(f"second run of {full.made:,} packs, nothing changed", "`winlab --help`",
                timed["again"].median, help_, 3, False),
            Row("the same the next day", "`winlab --help`", timed["next day"].median, help_, 6,
                False),
            _rule_changed(folder, full, lambda: batch(folder, plans, out)),
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
    if text.count(line) != 1:
        raise AssertionError(f"{name} does not hold {line!r} once")
    moved = text.replace(line, line.replace(old, new))
    nights: list[Night] = []
    for number in range(ROUNDS):
        (folder / name).write_text(text if number % 2 else moved, "utf-8")
        nights.append(again())
    seconds = statistics.median(night.seconds for night in nights)
    made = statistics.median(night.made for night in nights)
    return Row(
        f"a rule's threshold changed: {made:.0f} packs of {full.made:,} made",
        "a full run's time for as many", seconds, full.seconds * made / full.made, 1.3, False,
    )  # fmt: skip


def workers() -> list[Row]:
    """Two workers beside one, over a few plans of the large book."""
    with TemporaryDirectory() as name:
        folder = book.workspace(Path(name), FEW)

        def made_by(jobs: int) -> Callable[[], object]:
            shutil.rmtree(folder / "out", ignore_errors=True)
            return lambda: batch(folder, [folder / "plans"], folder / "out", jobs=jobs)

        timed = harness.interleaved(
            {f"{jobs}": partial(made_by, jobs) for jobs in (1, WORKERS)}, ROUNDS
        )
        ours, one = timed[str(WORKERS)].median, timed["1"].median
        return [Row(f"{WORKERS} workers, {FEW} plans", "1 worker", ours, one, 1.6)]


def sample_book() -> list[Row]:
    """The sample book with each engine, its charts drawn before and not."""
    with TemporaryDirectory() as name:
        folder = Path(name)

        def made_with(engine: PdfEngine, *, cold: bool) -> Callable[[], object]:
            out = folder / engine
            kept = folder / "drawings"
            shutil.rmtree(out, ignore_errors=True)
            if not cold and kept.exists():
                shutil.copytree(kept, out / _DRAWINGS)
            return lambda: batch(book.SAMPLE, [SAMPLE_PLANS], out, engine=engine)

        made_with("weasyprint", cold=True)()
        if (folder / "weasyprint" / _DRAWINGS).exists():
            shutil.copytree(folder / "weasyprint" / _DRAWINGS, folder / "drawings")
        timed = harness.interleaved(
            {
                "weasyprint": partial(made_with, "weasyprint", cold=False),
                "typst": partial(made_with, "typst", cold=False),
                "cold": partial(made_with, "typst", cold=True),
            },
            ROUNDS,
        )
        ours, theirs = timed["typst"].median, timed["weasyprint"].median
        return [
            Row("sample book, Typst, charts drawn before", "WeasyPrint, charts drawn before", ours,
                theirs, 4),
            Row("sample book, Typst, charts drawn too", "WeasyPrint, charts drawn before",
                timed["cold"].median, theirs),
        ]  # fmt: skip
