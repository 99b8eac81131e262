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
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from tests import small
from tests.test_batch import book, contents, edit, states
from winlab.batch import Failed, Maker, Task
from winlab.night import Asked, Night
from winlab.pack import Halted, Made
from winlab.problems import Exit, Stopped
from winlab.tally import Tally

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Deadly(Maker):
    """One plan kills its worker each time; another kills the first worker that takes it."""

    once: Path = Path()

    def __call__(self, task: Task) -> Made | Halted | Failed:
        plan = task.source.plan.plan
        if plan == "bay-2" or (plan == "bay-3" and not self.once.exists()):
            self.once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(task)


class DeadlyNight(Night):
    def _maker(self) -> Maker:
        made = super()._maker()
        given = {field.name: getattr(made, field.name) for field in fields(made)}
        return Deadly(**given, once=self.root.parent / "once")


@contextlib.contextmanager
def started(
    *command: str, cwd: Path | None = None, winlab: Path = ROOT
) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(winlab),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    }
    heard = subprocess.PIPE if command[0] == "scheduler" else subprocess.DEVNULL
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "dask"), *command],
        cwd=cwd, env=environment, text=True, stderr=heard, start_new_session=True,
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


@contextlib.contextmanager
def served(workers: int, folder: Path, *more: str, winlab: Path = ROOT) -> Iterator[str]:
    """A scheduler's address, and its workers, who work in folders of their own."""
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        scheduler = stack.enter_context(
            started("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        )
        (folder / "scheduler").write_text(str(scheduler.pid))
        address = address_of(scheduler)
        for number in range(workers):
            own = folder / f"worker-{number}"
            own.mkdir()
            command = ("worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory")
            stack.enter_context(started(*command, str(own), *more, cwd=own, winlab=winlab))
        yield address


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
    with served(2, tmp_path / "workers") as address:
        found, tally = run(DeadlyNight, folder, address)
    assert found.pop("bay-2") == "failed"
    assert set(found.values()) == {"done"}
    assert tally.exit_code is Exit.MACHINE
    assert [p.code for p in tally.shared if p.severity == "error"] == ["quarantined"]
    shutil.rmtree(alone / "out/bay-2")
    assert packs(folder) == packs(alone)


def packs(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(folder / "out").items() if "/" in name}


FORBID = """
import sys

def forbid(event, arguments):
    path = arguments[0] if event in ("open", "os.listdir", "os.scandir", "os.mkdir") else None
    if isinstance(path, str) and path.startswith({folder!r}):
        raise PermissionError(13, "the worker has no such disk", path)

def dask_setup(worker):
    sys.addaudithook(forbid)
"""
"""What keeps a worker from all that lies in a folder."""


@pytest.mark.slow
def test_a_worker_needs_nothing_of_the_coordinators_disk(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the cluster's package is not installed")
    folder, alone = book(tmp_path / "cluster", 3), book(tmp_path / "alone", 3)
    shutil.copytree(ROOT / "templates", folder / "templates")
    shutil.copytree(ROOT / "templates", alone / "templates")
    for place in (folder, alone):
        edit(place / "winlab.toml", "starter:templates", "templates")
    run(Night, alone, None)
    (tmp_path / "forbid.py").write_text(FORBID.format(folder=str(folder)))
    with served(1, tmp_path / "workers", "--preload", str(tmp_path / "forbid.py")) as address:
        found, tally = run(Night, folder, address)
        assert set(found.values()) == {"done"}, tally.problems
        assert packs(folder) == packs(alone)
        edit(folder / "accounts.csv", "Slow Paints", "Swift Paints")  # a name that none may show
        edit(alone / "accounts.csv", "Slow Paints", "Swift Paints")
        found, tally = run(Night, folder, address)
    run(Night, alone, None)
    assert set(found.values()) <= {"done", "reused"}, tally.problems
    assert packs(folder) == packs(alone)
    sent = [path.name for path in (tmp_path / "workers").rglob("winlab/*") if path.is_dir()]
    assert len([name for name in sent if name[0] != "."]) <= 2
    assert str(tmp_path / "workers") not in (folder / "out/manifest.json").read_text()


def other_winlab(folder: Path, init: str) -> Path:
    """Where a copy of winlab lies that is not quite ours."""
    shutil.copytree(ROOT / "winlab", folder / "winlab")
    for name in ("plays", "templates", "samples"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "winlab/__init__.py").write_text(init)
    (folder / "winlab/more.py").write_text("")
    return folder


@pytest.mark.slow
def test_workers_without_winlab_are_told(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the cluster's package is not installed")
    folder = book(tmp_path / "cluster", 1)
    other = other_winlab(tmp_path / "other", "raise ImportError('none here')")
    told = r"cannot use winlab: ImportError\('none here'\)"
    with (
        served(1, tmp_path / "workers", winlab=other) as address,
        pytest.raises(Stopped, match=told) as stopped,
    ):
        run(Night, folder, address)
    assert stopped.value.exit_code is Exit.MACHINE


@pytest.mark.slow
def test_workers_with_another_winlab_make_nothing(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the cluster's package is not installed")
    folder = book(tmp_path / "cluster", 1)
    other = other_winlab(tmp_path / "other", "")
    with served(1, tmp_path / "workers", winlab=other) as address:
        found, tally = run(Night, folder, address)
    assert found == {"bay": "failed"}
    assert tally.exit_code is Exit.MACHINE
    assert [problem.code for problem in tally.problems] == ["other-winlab"]
    assert packs(folder) == {}


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the cluster's package is not installed")
    with pytest.raises(Stopped, match=r"no scheduler answers at tcp://127\.0\.0\.1:9") as stopped:
        run(Night, book(tmp_path, 1), "tcp://127.0.0.1:9")
    assert stopped.value.exit_code is Exit.MACHINE


@pytest.mark.slow
def test_a_scheduler_that_goes_away_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the cluster's package is not installed")
    folder = book(tmp_path / "cluster", 6)
    with served(1, tmp_path / "workers") as address:
        asked = Asked((), ("docx",), 1, address)
        night = Night(folder, [folder / "plans"], folder / "out", asked, None, small.AS_OF, 0)
        outcomes = night.outcomes()
        first = next(outcomes)
        os.kill(int((tmp_path / "workers/scheduler").read_text()), signal.SIGKILL)
        with pytest.raises(Stopped, match="the scheduler of the workers has gone") as stopped:
            list(outcomes)
    assert stopped.value.exit_code is Exit.MACHINE
    found, _ = run(Night, folder, None)
    assert found.pop(Path(first.source).stem) == "reused"
    assert "done" in found.values()
