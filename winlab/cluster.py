"""The workers of a dask cluster behind the same interface as this machine's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

from winlab.problems import Exit, Stopped, error


def cluster(address: str) -> tuple[Callable[[], Executor], int]:
    """What opens executors on a running dask scheduler, and how many threads its workers have.

    Its workers need winlab and the workspace's folder under the same path. Raises
    :class:`Stopped` (exit 5) if dask is not installed or the scheduler does not answer.
    """
    try:
        from distributed import Client
    except ImportError:
        raise _stopped("dask is not installed", "pip install 'winlab[cluster]'") from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as exc:
        told = f"no scheduler answers at {address}: {exc}"
        raise _stopped(told, "start one with dask scheduler, or correct the address") from None
    workers = sum(client.nthreads().values())
    return (lambda: client.get_executor(pure=False)), max(workers, 1)


def _stopped(message: str, hint: str) -> Stopped:
    return Stopped([error("no-cluster", message, hint)], Exit.MACHINE)
