"""Runs many jobs on an executor; a job that kills its worker takes only itself down.

Any `concurrent.futures.Executor` will do: worker processes of this machine, or a cluster's. A
worker that dies breaks a process pool with all that was in flight, and nobody says whose fault it
was. So those jobs are tried again one by one, each alone on a new pool: what breaks that too is
given up, the rest go on.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass
from multiprocessing import forkserver
from typing import TypeVar

from winlab.bounds import GARBAGE, bound_memory
from winlab.problems import Exit, Stopped, error

Job = TypeVar("Job")
Result = TypeVar("Result")

AHEAD = 2
"""Jobs handed out for each worker: one at work and one waiting."""

_WARM = "winlab.pack"
"""Imported once and inherited by every worker that starts later, where the system can fork."""


@dataclass(frozen=True)
class Died:
    """A job that killed its worker each time it was tried."""

    tries: int


class _Nothing:
    pass


_NOTHING = _Nothing()


def run_all(
    open_executor: Callable[[], Executor],
    work: Callable[[Job], Result],
    jobs: Iterable[Job],
    in_flight: int,
) -> Iterator[tuple[Job, Result | Died]]:
    """Each job with its result, as they are done; at most ``in_flight`` are handed out at once.

    ``open_executor`` is called again whenever a worker's death has broken the executor. What a
    job raises is raised here; :class:`Stopped` (exit 5) if the executor gives up its jobs.
    """
    waiting = iter(jobs)
    while True:
        suspects = yield from _round(open_executor, work, waiting, in_flight)
        if not suspects:
            return
        for job in suspects:
            if (yield from _round(open_executor, work, iter([job]), 1)):
                yield job, Died(tries=2)


def _round(
    open_executor: Callable[[], Executor],
    work: Callable[[Job], Result],
    jobs: Iterator[Job],
    in_flight: int,
) -> Generator[tuple[Job, Result], None, list[Job]]:
    """Runs jobs until there are none left, or a worker dies; returns those that it left undone."""
    executor = open_executor()
    running: dict[Future[Result], Job] = {}
    undone: list[Job] = []
    try:
        while True:
            while not undone and len(running) < in_flight:
                job = next(jobs, _NOTHING)
                if isinstance(job, _Nothing):
                    break
                try:
                    running[executor.submit(work, job)] = job
                except BrokenExecutor:
                    undone.append(job)
            if not running:
                return undone
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                job = running.pop(future)
                try:
                    result = future.result()
                except CancelledError:
                    raise _lost() from None
                except Exception as exc:
                    if not _is_death(exc):
                        raise
                    undone.append(job)
                else:
                    yield job, result
    except BaseException:
        executor.shutdown(cancel_futures=True)
        raise
    finally:
        executor.shutdown()


def _lost() -> Stopped:
    """That an executor has let go of what it was given, as when a cluster's scheduler ends."""
    told = "the scheduler of the workers has gone away; what was finished is kept"
    hint = "start it again, then run the command again for the rest"
    return Stopped([error("no-cluster", told, hint)], Exit.MACHINE)


def _is_death(exc: Exception) -> bool:
    """A process pool's word for a worker's death, or a cluster's."""
    return isinstance(exc, BrokenExecutor) or type(exc).__name__ == "KilledWorker"


_DYING = 2.0
"""Seconds in which a killed worker ends, and one that lives has written its result."""


class _Processes(ProcessPoolExecutor):
    """Workers that write nothing, so that nobody who gives up their jobs need wait for them."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the workers, in the midst of a job if jobs are given up."""
        if cancel_futures:
            with self._no_result_half_written():
                for worker in multiprocessing.active_children():
                    worker.kill()
                    worker.join(_DYING)
        super().shutdown(wait, cancel_futures=cancel_futures)

    @contextlib.contextmanager
    def _no_result_half_written(self) -> Iterator[None]:
        """Holds the lock that workers write their results under.

        Of a result that a killed worker left half written, the executor would wait for the rest
        for ever.
        """
        lock = getattr(self._result_queue, "_wlock", None)
        held = lock is not None and lock.acquire(timeout=_DYING)
        try:
            yield
        finally:
            if lock is not None and held:
                lock.release()


def _can_fork() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()


def warm_up() -> None:
    """Begins the imports that workers inherit, while the caller goes on."""
    if not _can_fork():
        return
    multiprocessing.set_forkserver_preload([_WARM])
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the coordinator's
    forkserver.ensure_running()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def worker_processes(workers: int, megabytes: int, start: Callable[[], None]) -> Executor:
    """Warm worker processes on this machine, each bounded in memory.

    ``start`` runs first in each of them. Where the system can fork, they inherit the imports.
    """
    warm_up()
    context = multiprocessing.get_context("forkserver" if _can_fork() else "spawn")
    return _Processes(
        workers, mp_context=context, initializer=_start_worker, initargs=(megabytes, start)
    )


def _start_worker(megabytes: int, start: Callable[[], None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator tells workers when to stop
    threading.Thread(target=_end_with_coordinator, daemon=True).start()
    bound_memory(megabytes)
    start()
    gc.set_threshold(GARBAGE)
    gc.freeze()  # what stays for good need not be looked through for garbage again and again


def _end_with_coordinator() -> None:
    coordinator = multiprocessing.parent_process()
    if coordinator:
        coordinator.join()
        os._exit(1)
