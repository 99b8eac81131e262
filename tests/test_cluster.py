"""A batch on a dask cluster of separate processes, some of which die."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import small
from tests.test_batch import book, contents, states
from winlab.batch import Failed, Maker, Task
from winlab.night import Asked, Night
from winlab.pack import Halted, Made
from winlab.problems import Exit, Stopped
from winlab.tally import Tally

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Deadly(Maker):
    """One plan kills its worker each time; another kills the first worker that takes it."""

    def __call__(self, task: Task) -> Made | Halted | Failed:
        plan = task.source.plan.plan
        once = self.root / "once"
        if plan == "bay-2" or (plan == "bay-3" and not once.exists()):
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(task)


class DeadlyNight(Night):
    def _maker(self) -> Maker:
        return Deadly(self.root, self.run.digest, self.as_of, False, self.asked.formats)


@contextlib.contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    }
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "dask"), *command],
        env=environment, text=True, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def address_of(scheduler: subprocess.Popen[str]) -> str:
    assert scheduler.stderr is not None
    for line in scheduler.stderr:
        if found := re.search(r"Scheduler at:\s+(tcp://\S+)", line):
            return found[1]
    raise AssertionError("no scheduler")


def run(kind: type[Night], folder: Path, scheduler: str | None) -> tuple[dict[str, str], Tally]:
    asked = Asked((), ("docx",), 2, scheduler)
    night = kind(folder, [folder / "plans"], folder / "out", asked, None, small.AS_OF, 0)
    tally = Tally()
    found = {}
    for done in night.outcomes():
        tally.add(done)
        found[done.source] = done
    night.finish(tally)
    return states(found), tally


@pytest.mark.slow
def test_workers_that_die_cost_only_the_plan_that_kills_them(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the cluster's package is not installed")
    folder, alone = book(tmp_path / "cluster", 5), book(tmp_path / "alone", 5)
    run(Night, alone, None)
    with started("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard") as scheduler:
        address = address_of(scheduler)
        worker = ("worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory")
        with started(*worker, str(tmp_path / "w1")), started(*worker, str(tmp_path / "w2")):
            found, tally = run(DeadlyNight, folder, address)
    assert found.pop("bay-2") == "failed"
    assert set(found.values()) == {"done"}
    assert tally.exit_code is Exit.MACHINE
    assert [p.code for p in tally.shared if p.severity == "error"] == ["quarantined"]
    shutil.rmtree(alone / "out/bay-2")
    packs = {name: data for name, data in contents(alone / "out").items() if "/" in name}
    assert {name: data for name, data in contents(folder / "out").items() if "/" in name} == packs


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the cluster's package is not installed")
    with pytest.raises(Stopped, match=r"no scheduler answers at tcp://127\.0\.0\.1:9") as stopped:
        run(Night, book(tmp_path, 1), "tcp://127.0.0.1:9")
    assert stopped.value.exit_code is Exit.MACHINE
