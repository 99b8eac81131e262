"""The workers of a dask cluster behind the same interface as this machine's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from winlab.problems import Exit, Stopped, error

if TYPE_CHECKING:
    from distributed import Client


def cluster(address: str) -> Callable[[], Executor]:
    """Opens executors on a running dask scheduler.

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
    return lambda: _executor(client)


def _executor(client: Client) -> Executor:
    executor: Executor = client.get_executor(pure=False)
    return executor


def _stopped(message: str, hint: str) -> Stopped:
    return Stopped([error("no-cluster", message, hint)], Exit.MACHINE)
