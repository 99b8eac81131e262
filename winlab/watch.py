"""Which files a run reads, and whether they changed since another run: light, so that it is quick.

A file whose size, times and inode are as they were is taken to be unchanged, as make and git do;
all others are read and compared by content.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_SETTLED_NS = 2_000_000_000
"""A file changed so shortly before it was read may change again within the same time stamp."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What a file was when it was read: its content's digest and what `stat` said."""

    sha256: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    read_ns: int


@dataclass
class Watch:
    """Digests of files, read again only where they may have changed.

    ``known`` are states of earlier runs by absolute path, ``now_ns`` is the time of this one;
    ``fresh`` collects the states found anew.
    """

    known: Mapping[str, FileState]
    now_ns: int
    fresh: dict[str, FileState] = field(default_factory=dict)

    def digest(self, path: str | Path) -> str:
        """The SHA-256 of a file's content; empty if it is no file, or can't be read."""
        name = os.fspath(path)
        try:
            found = os.stat(name)  # noqa: PTH116 - the path is a text
            state = self.fresh.get(name) or self.known.get(name)
            if state is None or not _same(state, found):
                if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
                    return ""
                with open(name, "rb") as file:  # noqa: PTH123 - the path is a text
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                state = FileState(
                    digest, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino,
                    self.now_ns,
                )  # fmt: skip
                self.fresh[name] = state
        except OSError:
            return ""
        return state.sha256

    def wrote(self, path: Path, sha256: str) -> None:
        """Takes note of a file that this run has written itself, and so need not read again."""
        try:
            found = path.stat()
        except OSError:  # whoever took it away will see it made again
            return
        self.fresh[os.fspath(path)] = FileState(
            sha256, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino,
            found.st_ctime_ns + _SETTLED_NS + 1,
        )  # fmt: skip

    def digests(self, files: Mapping[str, Path]) -> dict[str, str]:
        """The digests of many files by their names."""
        return {name: self.digest(path) for name, path in files.items()}


def _same(state: FileState, found: os.stat_result) -> bool:
    if (state.size, state.mtime_ns, state.ctime_ns, state.inode) != (
        found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino,
    ):  # fmt: skip
        return False
    return max(found.st_mtime_ns, found.st_ctime_ns) + _SETTLED_NS < state.read_ns


def combined(digests: Mapping[str, str]) -> str:
    """One digest of many named ones."""
    lines = (f"{name}\0{digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
