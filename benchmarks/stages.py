"""What a plan's packs cost by stage, and how often charts are drawn."""

from __future__ import annotations

import gc
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from benchmarks import harness
from benchmarks.pages import PLAN
from winlab import charts, pack, vega
from winlab.document import Document
from winlab.lab import Lab
from winlab.writers.html import figures

P = ParamSpec("P")
T = TypeVar("T")

ROUNDS = 5
STAGES = (
    "read", "decide", "brief", "compose", "fit", "charts", "pdf", "docx", "preflight", "store",
    "else",
)  # fmt: skip
_FUNCTIONS = {
    "read_any_plan": "read", "earlier": "read", "_order": "brief", "decide_source": "decide",
    "compose": "compose", "fit": "fit", "preflight": "preflight", "put_away": "store",
}  # fmt: skip
"""The stage that each function of ``winlab.pack`` belongs to."""


class Clock:
    """The seconds of each stage; what one calls of another counts for the other alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.open: list[str] = []
        self.since = time.perf_counter()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self.open:
            self.seconds[self.open[-1]] += now - self.since
        self.since = now

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts what is done within it."""
        self._turn()
        self.open.append(name)
        try:
            yield
        finally:
            self._turn()
            self.open.pop()

    def timed(self, function: Callable[P, T], name: str | None) -> Callable[P, T]:
        """The function, counted for a stage; without a name for that of its first argument."""

        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.stage(name or str(args[0])):
                return function(*args, **kwargs)

        return run


@contextmanager
def _watched(clock: Clock) -> Iterator[None]:
    with ExitStack() as stack:
        for function, name in _FUNCTIONS.items():
            timed = clock.timed(getattr(pack, function), name)
            stack.enter_context(patch.object(pack, function, timed))
        stack.enter_context(patch.object(pack, "write", clock.timed(pack.write, None)))
        for function in ("svg", "png"):
            timed = clock.timed(getattr(charts, function), "charts")
            stack.enter_context(patch.object(charts, function, timed))
        yield


def _forgotten() -> None:
    """Has every chart drawn anew."""
    for function in (charts._svg, charts.picture, vega._answered):
        function.cache_clear()


def measured(lab: Lab, formats: Sequence[str]) -> tuple[dict[str, float], int]:
    """The median seconds of each stage for the sample plan's packs, and how many these are."""
    runs: list[dict[str, float]] = []
    made = 0
    for _ in range(ROUNDS + 1):
        _forgotten()
        gc.collect()
        clock = Clock()
        with TemporaryDirectory() as out, _watched(clock), clock.stage("else"):
            outcome = pack.make_packs(lab, PLAN, Path(out), formats=formats)
        made = len(outcome.made)
        runs.append(clock.seconds)
    warm = runs[1:]
    return {name: statistics.median(run[name] for run in warm) for name in STAGES}, made


def drawn(lab: Lab) -> tuple[int, int, int]:
    """Of the sample plan's charts: how often they stand in packs, are different, are drawn."""
    _forgotten()
    with (
        TemporaryDirectory() as out,
        patch.object(vega, "svg", wraps=vega.svg) as drawing,
    ):
        pack.make_packs(lab, PLAN, Path(out))
        found = [
            figure.model_dump_json(include={"chart", "data", "params", "width", "height"})
            for path in Path(out).rglob("*.document.json")
            for figure in figures(Document.model_validate_json(path.read_bytes()))
        ]
    return len(found), len(set(found)), drawing.call_count


def report(default: Lab, typst: Lab) -> str:
    """Tables of the stages for both formats, and for PDF alone with Typst."""
    chosen = {
        "PDF and DOCX, WeasyPrint": measured(default, ("pdf", "docx")),
        "PDF, WeasyPrint": measured(default, ("pdf",)),
        "PDF, Typst": measured(typst, ("pdf",)),
    }
    rows: list[Sequence[str]] = []
    for name, (seconds, packs) in chosen.items():
        cells = [f"{seconds[stage] / packs * 1000:.0f}" for stage in STAGES]
        most = max(STAGES, key=lambda stage: seconds[stage])
        total = f"{sum(seconds.values()) / packs * 1000:.0f}"
        rows.append([name, *cells, total, most])
    head = ("One pack, ms", *STAGES, "all", "most")
    stand, different, times = drawn(default)
    return (
        f"{harness.table(head, rows)}\n\nThe plan's {packs} packs show {stand} charts, of which "
        f"{different} are different; {times} were drawn."
    )
