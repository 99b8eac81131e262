"""What was drawn before, kept on disk under the digest of all that it was drawn from.

All runs and workers on a folder of packs share it. An entry begins with the digest of the rest:
one that is torn or was touched counts as none, so nothing here waits for the disk, and a folder
that cannot be written costs time, never a pack.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from winlab.root import OWN_FOLDER

FOLDER = f"{OWN_FOLDER}/drawings"
"""Where a folder of packs keeps them."""

PART_BYTES = 2_000_000
"""How much one of the 256 folders may hold; beyond it goes what was not used for longest."""

_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Drawings:
    """Drawings kept in a folder; without one each is drawn anew."""

    folder: Path | None = None

    def drawn(self, recipe: str, draw: Callable[[], bytes]) -> bytes:
        """The drawing that ``draw`` makes; ``recipe`` is all that it hangs on, engine included."""
        if self.folder is None:
            return draw()
        name = hashlib.sha256(recipe.encode()).hexdigest()
        path = self.folder / name[:2] / name[2:]
        kept = _kept(path)
        if kept is None:
            kept = draw()
            _keep(path, kept)
        return kept


def _kept(path: Path) -> bytes | None:
    try:
        entry = path.read_bytes()
        digest, drawing = entry[:_DIGEST], entry[_DIGEST:]
        if hashlib.sha256(drawing).digest() != digest:
            return None
        os.utime(path)
    except OSError:
        return None
    return drawing


def _keep(path: Path, drawing: bytes) -> None:
    part = path.parent
    temporary = part / f"{path.name}.{secrets.token_hex(4)}"
    with contextlib.suppress(OSError):
        part.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(hashlib.sha256(drawing).digest() + drawing)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _prune(part)


def _prune(part: Path) -> None:
    """Removes what was not used for longest, with what killed runs left half written."""
    found: list[tuple[int, int, str]] = []
    with os.scandir(part) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # another worker prunes, too
                state = entry.stat()
                found.append((state.st_mtime_ns, state.st_size, entry.path))
    held = 0
    for _, size, path in sorted(found, reverse=True):
        held += size
        if held > PART_BYTES:
            Path(path).unlink(missing_ok=True)
