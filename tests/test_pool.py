import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from winlab.bounds import deadline
from winlab.pool import Died, run_all, worker_processes


def nothing() -> None:
    pass


def pool() -> Executor:
    return worker_processes(2, 2000, nothing)


def ran(
    work: Callable[[int], object], jobs: int, open_executor: Callable[[], Executor] = pool
) -> dict[int, object]:
    return dict(run_all(open_executor, work, range(jobs), 4))


def deadly(fatal: frozenset[int], job: int) -> int:
    if job in fatal:
        os._exit(9)
    return job * job


def test_each_job_has_its_result() -> None:
    assert ran(partial(deadly, frozenset()), 20) == {job: job * job for job in range(20)}


def test_a_job_that_kills_its_worker_takes_only_itself_down() -> None:
    found = ran(partial(deadly, frozenset({3, 11})), 20)
    assert {job for job, result in found.items() if result == Died(tries=2)} == {3, 11}
    assert [found[job] for job in range(20) if job not in (3, 11)] == [
        job * job for job in range(20) if job not in (3, 11)
    ]


def once(folder: Path, job: int) -> int:
    mark = folder / str(job)
    if job == 2 and not mark.exists():
        mark.touch()
        os._exit(9)
    return job


def test_a_worker_that_dies_by_chance_costs_nothing(tmp_path: Path) -> None:
    assert ran(partial(once, tmp_path), 8) == {job: job for job in range(8)}


def sleepy(job: int) -> int:
    with deadline(1.0):
        time.sleep(60 if job == 1 else 0)
    return job


def test_a_job_beyond_its_time_is_given_up() -> None:
    assert ran(sleepy, 4) == {0: 0, 1: Died(tries=2), 2: 2, 3: 3}


def greedy(job: int) -> str:
    try:
        bytearray(3_000_000_000 if job else 10)
    except MemoryError:
        return "bounded"
    return "fine"


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="the limit on private memory is Linux's")
def test_memory_of_a_worker_is_bounded() -> None:
    assert ran(greedy, 2) == {0: "fine", 1: "bounded"}


def test_no_more_are_handed_out_than_asked_for() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for job in range(50):
            taken.append(job)
            yield job

    results = run_all(lambda: ThreadPoolExecutor(1), abs, jobs(), 3)
    next(results)
    assert len(taken) <= 4


def test_what_a_job_raises_is_raised() -> None:
    def work(job: int) -> int:
        raise ValueError(str(job))

    with pytest.raises(ValueError, match="0"):
        ran(work, 1, lambda: ThreadPoolExecutor(1))


def coordinate(folder: Path) -> None:
    for _ in run_all(pool, partial(linger, folder), range(2), 2):
        pass


def linger(folder: Path, job: int) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(60)


def test_workers_end_with_a_killed_coordinator(tmp_path: Path) -> None:
    coordinator = multiprocessing.get_context("spawn").Process(target=coordinate, args=(tmp_path,))
    coordinator.start()
    while len(workers := list(tmp_path.iterdir())) < 2:
        time.sleep(0.05)
    coordinator.kill()
    coordinator.join()
    deadline = time.monotonic() + 30
    while any(alive(int(worker.name)) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(int(worker.name)) for worker in workers)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().split()[2] != "Z"
