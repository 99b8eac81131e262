"""Packs on disk: atomic, never over a person's edits, withdrawn when refused.

All files of a plan are staged beside their targets first and renamed together, so that a full
disk or a kill leaves the old ones or the new ones, never a torn one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from winlab.inputs import Shape
from winlab.problems import Exit, Place, Problem, Stopped, error, note, warning

MANIFEST = "manifest.json"
DOCUMENT = "document.json"
REASONS = "problems.json"
_INTERNAL = (DOCUMENT, REASONS)


class FileRecord(Shape):
    """A file that we wrote, relative to the plan's folder, with the digest of its bytes."""

    path: str
    format: str
    sha256: str


class PackRecord(Shape):
    """One pack as it was made."""

    role: str
    audience: str
    language: str
    status: str
    fingerprint: str
    issued: date
    version: str
    pages: int
    files: tuple[FileRecord, ...]
    dropped: tuple[str, ...] = ()
    problems: tuple[dict[str, str | int | None], ...] = ()


class Manifest(Shape):
    """What lies in a plan's folder and what it was made from."""

    plan: str
    account: str
    customer: str
    decision_id: str
    play: str
    play_version: str
    as_of: date
    uses: tuple[str, ...]
    packs: tuple[PackRecord, ...]


@dataclass(frozen=True)
class MadePack:
    """A finished pack with its bytes by format; refused ones go to ``internal/refused``."""

    role: str
    audience: str
    language: str
    stem: str
    fingerprint: str
    issued: date
    version: str
    pages: int
    data: Mapping[str, bytes]
    dropped: tuple[str, ...]
    problems: tuple[Problem, ...]
    refused: bool
    document: bytes = b""


@dataclass(frozen=True)
class Stored:
    """The files now on disk (relative to ``out``), and what is to be said about them."""

    files: tuple[Path, ...]
    refused: tuple[Path, ...]
    unchanged: int
    problems: tuple[Problem, ...]


def previous(folder: Path) -> Manifest | None:
    """The manifest of an earlier run, if there is a readable one."""
    try:
        return Manifest.model_validate_json((folder / "internal" / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def issue_date(manifest: Manifest | None, role: str, fingerprint: str, as_of: date) -> date:
    """The day of the run that last changed a pack's content."""
    for record in manifest.packs if manifest else ():
        if (record.role, record.fingerprint) == (role, fingerprint):
            return record.issued
    return as_of


def store(folder: Path, manifest: Manifest, packs: Sequence[MadePack]) -> Stored:
    """Writes the packs of one plan and its manifest; raises :class:`Stopped` (exit 5)."""
    before = previous(folder)
    ours = {f.path: f.sha256 for pack in before.packs for f in pack.files} if before else {}
    problems: list[Problem] = []
    writes: dict[Path, bytes] = {}
    records: list[PackRecord] = []
    unchanged = 0
    with _machine_problems(folder):
        for pack in packs:
            files: list[FileRecord] = []
            for extension, data in sorted(_with_reasons(pack).items()):
                relative, kept = _target(folder, pack, extension, ours)
                problems.extend(kept)
                digest = hashlib.sha256(data).hexdigest()
                path = folder / relative
                if ours.get(relative) == digest and path.exists():
                    unchanged += 1
                else:
                    writes[path] = data
                files.append(FileRecord(path=relative, format=extension, sha256=digest))
            files.extend(_still_true(before, pack))
            records.append(_record(pack, files))
        kept_packs = _not_remade(before, records)
        full = manifest.model_copy(update={"packs": (*records, *kept_packs)})
        withdrawn, said = _withdrawn(folder, before, records, ours)
        problems.extend(said)
        writes[folder / "internal" / MANIFEST] = (
            full.model_dump_json(indent=2, exclude_defaults=True).encode() + b"\n"
        )
        _write_all(writes)
        for path in withdrawn:
            path.unlink(missing_ok=True)
    return Stored(
        _paths(folder, records, "released"),
        _paths(folder, records, "refused"),
        unchanged,
        tuple(problems),
    )


def _still_true(before: Manifest | None, pack: MadePack) -> list[FileRecord]:
    """Files of an earlier run in formats that this one did not write, if they say the same."""
    return [
        file
        for old in (before.packs if before else ())
        if (old.role, old.language, old.fingerprint) == (pack.role, pack.language, pack.fingerprint)
        if (old.status == "refused") == pack.refused
        for file in old.files
        if file.format not in _with_reasons(pack)
    ]


def _with_reasons(pack: MadePack) -> dict[str, bytes]:
    """A pack's files with its Document; a refused one's problems lie beside it."""
    found = dict(pack.data)
    if pack.document:
        found[DOCUMENT] = pack.document
    if pack.refused:
        found[REASONS] = _json([problem.as_json() for problem in pack.problems])
    return found


def _paths(folder: Path, records: Sequence[PackRecord], status: str) -> tuple[Path, ...]:
    """The finished files of packs with a status."""
    return tuple(
        folder / file.path
        for record in records
        if record.status == status
        for file in record.files
        if file.format not in _INTERNAL
    )


def _record(pack: MadePack, files: Sequence[FileRecord]) -> PackRecord:
    return PackRecord(
        role=pack.role,
        audience=pack.audience,
        language=pack.language,
        status="refused" if pack.refused else "released",
        fingerprint=pack.fingerprint,
        issued=pack.issued,
        version=pack.version,
        pages=pack.pages,
        files=tuple(files),
        dropped=pack.dropped,
        problems=tuple(problem.as_json() for problem in pack.problems),
    )


def _not_remade(before: Manifest | None, records: Sequence[PackRecord]) -> tuple[PackRecord, ...]:
    """Packs of an earlier run that this one did not make (another --role)."""
    made = {(record.role, record.language) for record in records}
    old = before.packs if before else ()
    return tuple(record for record in old if (record.role, record.language) not in made)


def _target(
    folder: Path, pack: MadePack, extension: str, ours: Mapping[str, str]
) -> tuple[str, list[Problem]]:
    """Where a file goes: beside the one of that name if a person has edited that."""
    place = "internal" if pack.audience != "customer" else "customer"
    if extension == DOCUMENT:
        place = "internal/documents"
    elif pack.refused:
        place = "internal/refused"
    relative = f"{place}/{pack.stem}.{extension}"
    if pack.refused or not _edited(folder / relative, ours.get(relative)):
        return relative, []
    beside = f"{place}/{pack.stem}.new.{extension}"
    return beside, [
        warning("edited", "somebody has edited this file since it was made; it is kept",
                f"the new one is {beside}", Place(str(folder / relative)))
    ]  # fmt: skip


def _edited(path: Path, written: str | None) -> bool:
    if not path.exists():
        return False
    return written is None or hashlib.sha256(path.read_bytes()).hexdigest() != written


def _withdrawn(
    folder: Path, before: Manifest | None, records: Sequence[PackRecord], ours: Mapping[str, str]
) -> tuple[list[Path], list[Problem]]:
    """Earlier files of packs made anew that no longer stand for them."""
    now = {file.path for record in records for file in record.files}
    made = {(r.role, r.language): r for r in records}
    gone: list[Path] = []
    problems: list[Problem] = []
    for old in before.packs if before else ():
        new = made.get((old.role, old.language))
        if new is None:
            continue
        for file in old.files:
            path = folder / file.path
            if file.path in now or not path.exists():
                continue
            if _edited(path, ours.get(file.path)):
                if new.status == "released":
                    continue
                problems.append(
                    warning("edited-withdrawn", "this pack is withdrawn, but somebody has edited "
                            "the file, so it is kept", "do not send it", Place(str(path)))
                )  # fmt: skip
                continue
            gone.append(path)
            if old.status == "released" and new.status == "refused":
                problems.append(
                    note("withdrawn", f"the earlier {old.role} pack is withdrawn", "",
                         Place(str(path)))
                )  # fmt: skip
    return gone, problems


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _write_all(writes: Mapping[Path, bytes]) -> None:
    """Stages every file beside its target, then renames them all."""
    staged: list[tuple[Path, Path]] = []
    try:
        for path, data in writes.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
            staged.append((temporary, path))
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for temporary, path in staged:
            temporary.replace(path)
    except BaseException:
        for temporary, _ in staged:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise
    for folder in {path.parent for _, path in staged}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _machine_problems(folder: Path) -> Iterator[None]:
    """An operating-system error while writing, as a problem of the machine."""
    try:
        yield
    except OSError as exc:
        hints = {
            errno.ENOSPC: "free some space, then run the command again",
            errno.EDQUOT: "free some space, then run the command again",
            errno.EACCES: "choose a folder that you may write to, with --out",
            errno.EPERM: "choose a folder that you may write to, with --out",
            errno.EROFS: "choose a folder that you may write to, with --out",
            errno.ENOTDIR: "a file stands where a folder is needed: choose another --out",
            errno.EEXIST: "a file stands where a folder is needed: choose another --out",
        }
        raise Stopped(
            [
                error("cannot-write", f"nothing could be written: {exc.strerror or exc}",
                      hints.get(exc.errno or 0, "check the folder"),
                      Place(str(exc.filename or folder)))
            ],
            Exit.MACHINE,
        ) from exc  # fmt: skip


def write_file(path: Path, data: bytes) -> None:
    """Writes one file atomically; raises :class:`Stopped` (exit 5)."""
    with _machine_problems(path.parent):
        _write_all({path: data})
