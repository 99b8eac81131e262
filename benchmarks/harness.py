"""What all benchmarks share: fair timing, memory, the machine's name, the record."""

from __future__ import annotations

import gc
import multiprocessing
import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Prepare = Callable[[], Callable[[], object]]
"""Makes one run ready, untimed; what it returns is timed."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The seconds that a contender's runs took."""

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of all runs."""
        return statistics.median(self.runs)

    @property
    def least(self) -> float:
        """The fastest run: what the others' jobs on the machine disturbed least."""
        return min(self.runs)


def interleaved(
    contenders: Mapping[str, Prepare],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Times each contender once a round, so that all meet the same disturbances.

    The clock may be ``time.process_time``, which other processes disturb less; it counts the
    seconds of all threads.
    """
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, prepare in contenders.items():
            run = prepare()
            gc.collect()
            start = clock()
            result = run()
            runs[name].append(clock() - start)
            del result
    return {name: Timing(tuple(seconds)) for name, seconds in runs.items()}


def alone(measure: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns in a process of its own, whose memory nothing else has touched."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, args, kwargs)


def machine(packages: Sequence[str]) -> str:
    """The processor, its cores, and the versions of Python and of some packages."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    processor = found[1].strip() if found else platform.processor() or platform.machine()
    versions = [f"{package} {version(package)}" for package in packages]
    cores = f"{os.cpu_count()} cores"
    return ", ".join([processor, cores, f"Python {platform.python_version()}", *versions])


@dataclass(frozen=True, slots=True)
class Row:
    """One contender beside another: how many times as fast ours is, or how many times as long.

    ``bound`` is what the ratio is to reach: at least that many times faster, or at most that many
    times as long; None where it is only reported.
    """

    what: str
    against: str
    ours: float
    theirs: float
    bound: float | None = None
    faster: bool = True
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Theirs by ours where ours is to be faster, else ours by theirs."""
        return self.theirs / self.ours if self.faster else self.ours / self.theirs

    @property
    def reached(self) -> bool | None:
        """Whether the bound is kept."""
        if self.bound is None:
            return None
        return self.ratio >= self.bound if self.faster else self.ratio <= self.bound

    def cells(self) -> tuple[str, ...]:
        """The row's text for :func:`ratios`."""
        sign = "≥" if self.faster else "≤"
        wanted = "" if self.bound is None else f"{sign} {self.bound:g}"
        verdict = {None: "", True: "yes", False: "**no**"}[self.reached]
        shown = (_shown(self.ours, self.unit), _shown(self.theirs, self.unit))
        return self.what, self.against, *shown, f"{self.ratio:.2f}", wanted, verdict


def _shown(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"
    return f"{value:,.0f} {unit}"


def ratios(rows: Sequence[Row]) -> str:
    """A table of rows."""
    head = ("What", "Against", "Ours", "Theirs", "Ratio", "To reach", "Reached")
    return table(head, [row.cells() for row in rows], words=2)


def run(
    command: Sequence[str], folder: Path, codes: Sequence[int] = (0,)
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end; raises ``RuntimeError`` with what it said on other exit codes."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return done


def table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """A Markdown table whose columns but the first ``words`` are set right."""
    rule = [*["---"] * words, *["--:"] * (len(head) - words)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def record(results: Path, name: str, day: date, text: str) -> None:
    """Puts a benchmark's text on top of the results, in place of that name's of the same day."""
    title, _, rest = results.read_text("utf-8").partition("\n") if results.exists() else ("",) * 3
    sections = [s for s in re.split(r"(?m)^(?=## )", rest.strip()) if s.strip()]
    heading = f"## {name}, {day.isoformat()}"
    kept = [s.strip() for s in sections if s.partition("\n")[0].strip() != heading]
    parts = [title or "# Results", f"{heading}\n\n{text.strip()}", *kept]
    results.write_text("\n\n".join(parts) + "\n", "utf-8")
