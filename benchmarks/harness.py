"""What all benchmarks share: fair timing, memory, the machine's name, the record."""

from __future__ import annotations

import gc
import multiprocessing
import os
import platform
import re
import statistics
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


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns but the first are set right."""
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def record(results: Path, name: str, day: date, text: str) -> None:
    """Puts a benchmark's text on top of the results, in place of that name's of the same day."""
    title, _, rest = results.read_text("utf-8").partition("\n") if results.exists() else ("",) * 3
    sections = [s for s in re.split(r"(?m)^(?=## )", rest.strip()) if s.strip()]
    heading = f"## {name}, {day.isoformat()}"
    kept = [s.strip() for s in sections if s.partition("\n")[0].strip() != heading]
    parts = [title or "# Results", f"{heading}\n\n{text.strip()}", *kept]
    results.write_text("\n\n".join(parts) + "\n", "utf-8")
