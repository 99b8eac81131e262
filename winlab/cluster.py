"""The workers of a dask cluster behind the same interface as this machine's.

A worker needs winlab and nothing else: the workspace is sent to it once, as one bundle, and lies
in its own folder. Only the coordinator sees the plans' folders and the ledger.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from winlab.batch import Failed, Maker, Task
from winlab.drawings import FOLDER
from winlab.pack import Halted, Made
from winlab.problems import Exit, Problem, Stopped, error
from winlab.root import read_settings, workspace_files
from winlab.watch import Watch, combined

if TYPE_CHECKING:
    from distributed import Client

P = ParamSpec("P")
R = TypeVar("R")

BUNDLE_BYTES = 200_000_000
"""How large a packed workspace may be."""

KEPT = 3
"""How many workspaces a worker keeps, so that batches of several can share a cluster."""

SECONDS = 10
"""How long a scheduler is waited for, and then its first worker."""


@dataclass(frozen=True)
class Bundle:
    """A workspace's files as one archive; ``inputs`` is the digest of all input, winlab's too.

    ``engines`` is what draws the packs, with versions.
    """

    inputs: str
    engines: str
    archive: bytes


def bundle(files: Mapping[str, Path], inputs: str, engines: str) -> Bundle:
    """A workspace as one archive, without what ships with winlab.

    Raises :class:`Stopped` if it is too large.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files.items():
            if ":" not in name:
                archive.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    if packed.tell() > BUNDLE_BYTES:
        raise Stopped(
            [
                error("workspace-too-large", f"the workspace has {packed.tell() // 1_000_000} MB "
                      f"packed, {BUNDLE_BYTES // 1_000_000} can be sent to workers",
                      "keep in its folders and tables only what packs are made from")
            ]
        )  # fmt: skip
    return Bundle(inputs, engines, packed.getvalue())


def cluster(address: str, cargo: Bundle) -> tuple[Callable[[], Executor], int]:
    """What opens executors on a running dask scheduler, and how many workers it has.

    Raises :class:`Stopped` (exit 5) if dask is not installed, the scheduler does not answer, or
    its workers cannot make packs.
    """
    try:
        from distributed import Client
    except ImportError:
        raise _stopped("dask is not installed", "pip install 'winlab[cluster]'") from None
    try:
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as exc:
        told = f"no scheduler answers at {address}: {exc}"
        raise _stopped(told, "start one with dask scheduler, or correct the address") from None
    _check_workers(client, address)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # it is sent once
        sent = client.submit(_itself, cargo, key=f"winlab-{cargo.inputs}-{token_hex(4)}")
    return (lambda: _Workers(client.get_executor(pure=False), sent)), len(client.nthreads())


def _check_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except TimeoutError:
        raise _stopped(f"no worker has come to the scheduler at {address}",
                       f"start some: dask worker {address} --nthreads 1") from None  # fmt: skip
    several = [name for name, threads in client.nthreads().items() if threads > 1]
    if several:
        raise _stopped(f"the worker {several[0]} runs several packs in one process, which cannot "
                       "be bounded in time", "start workers with --nthreads 1, and --nworkers for "
                       "more of them")  # fmt: skip
    for name, answer in client.run(_winlab, on_error="return").items():
        if isinstance(answer, Exception):
            raise _stopped(f"the worker {name} cannot use winlab: {answer}",
                           "pip install 'winlab[cluster]' where it runs")  # fmt: skip


def _winlab() -> str:
    """What only a worker that has winlab can answer."""
    return __name__


def _stopped(message: str, hint: str) -> Stopped:
    return Stopped([error("no-cluster", message, hint)], Exit.MACHINE)


class _Workers(Executor):
    """A cluster's executor whose workers are given the workspace."""

    def __init__(self, workers: Executor, sent: object) -> None:
        self._workers, self._sent = workers, sent

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Runs a maker on some worker."""
        return self._workers.submit(_made, self._sent, fn, *args, **kwargs)  # type: ignore[arg-type]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Lets go of the workers."""
        self._workers.shutdown(wait and not cancel_futures)


# ---------------------------------------------------------------- on a worker


def _itself(cargo: Bundle) -> Bundle:
    return cargo


def _made(cargo: Bundle, maker: Maker, task: Task) -> Made | Halted | Failed:
    """A plan's packs, made from the workspace that was sent."""
    from distributed import get_worker

    worker = get_worker()
    own = Path(worker.local_directory) / "winlab"
    root = _unpacked(own, cargo)
    maker = replace(maker, root=root, drawings=own / FOLDER)
    try:
        told = _differs(maker, cargo, worker.address)
    except Stopped as stopped:
        return Failed(stopped.problems)
    return Failed((told,)) if told else maker(task)


def _unpacked(own: Path, cargo: Bundle) -> Path:
    """The folder of a workspace that was sent; unpacked at its first use."""
    root = own / cargo.inputs
    if root.is_dir():
        return root
    temporary = own / f"{cargo.inputs}.{token_hex(4)}"
    with zipfile.ZipFile(io.BytesIO(cargo.archive)) as archive:
        archive.extractall(temporary)
    temporary.replace(root)
    others = (path for path in own.iterdir() if path.name[0] != "." and path != root)
    for path in sorted(others, key=lambda path: path.stat().st_mtime_ns, reverse=True)[KEPT - 1 :]:
        rmtree(path, ignore_errors=True)
    return root


@lru_cache(maxsize=KEPT)
def _seen(root: Path) -> str:
    """The digest of all input as this worker sees it."""
    settings = read_settings(root)
    return combined(Watch({}, 0).digests(workspace_files(root, settings))) if settings else ""


def _differs(maker: Maker, cargo: Bundle, worker: str) -> Problem | None:
    """That a worker would make other packs than the coordinator; raises :class:`Stopped`."""
    if _seen(maker.root) != cargo.inputs:
        return error("other-winlab", f"the worker {worker} has another winlab than the batch was "
                     "started with", "install the same version on all of them")  # fmt: skip
    if maker.engines() != cargo.engines:
        told = ", ".join(maker.engines().splitlines()[1:])
        return error("other-engines", f"the worker {worker} draws with {told}, the batch was "
                     f"started with {', '.join(cargo.engines.splitlines()[1:])}",
                     "install the same versions on all of them")  # fmt: skip
    return None
