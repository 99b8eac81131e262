"""Packs on disk: atomic, never over a person's edits, withdrawn when refused.

All files of a plan are staged beside their targets first and renamed together, so that a full
disk leaves the old ones. A kill may leave some of each, never a torn one: the manifest lists what
is about to be written before the first rename, so that the next run knows its own files.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import itertools
import json
import os
import re
import secrets
import time
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
LOCK = ".lock"
LOCK_SECONDS = 60.0
_INTERNAL = (DOCUMENT, REASONS)
_LITTER = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")


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


class OldFile(FileRecord):
    """A file of ours that stands for no pack: edited since by a person, or of a killed run."""

    role: str
    language: str
    status: str


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
    old: tuple[OldFile, ...] = ()


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
    """Writes the packs of one plan and its manifest.

    Raises :class:`Stopped` if the folder holds another customer's packs (exit 3), or if it cannot
    be written or another run holds it for more than a minute (exit 5).
    """
    problems: list[Problem] = []
    writes: list[tuple[Path, bytes]] = []
    records: list[PackRecord] = []
    with _machine_problems(folder), _locked(folder):
        before = previous(folder)
        if before and not _same_customer(before, manifest.account, manifest.customer):
            raise Stopped([_taken(folder, before)])
        known = _known(before)
        for pack in packs:
            files: list[FileRecord] = []
            for extension, data in sorted(_with_reasons(pack).items()):
                digest = hashlib.sha256(data).hexdigest()
                relative, kept = _target(folder, pack, extension, known, digest)
                problems.extend(kept)
                if _digest(folder / relative) != digest:
                    writes.append((folder / relative, data))
                files.append(FileRecord(path=relative, format=extension, sha256=digest))
            files.extend(_still_true(folder, before, pack))
            records.append(_record(pack, files))
        gone, old, said = _superseded(folder, before, records)
        full = manifest.model_copy(
            update={"packs": (*records, *_not_remade(before, records)), "old": old}
        )
        coming = _old_files(records)
        _commit(folder, before or manifest.model_copy(update={"packs": ()}), full, coming,
                writes, gone)  # fmt: skip
    return Stored(
        _paths(folder, records, "released"),
        _paths(folder, records, "refused"),
        (*problems, *said),
    )


def withdraw(folder: Path, account: str, customer: str) -> tuple[Problem, ...]:
    """Takes back what earlier runs made of a plan that now stops; edited files are kept.

    Nothing happens if the folder holds another customer's packs. Raises :class:`Stopped` (exit 5).
    """
    if previous(folder) is None:
        return ()
    with _machine_problems(folder), _locked(folder):
        before = previous(folder)
        if before is None or not _same_customer(before, account, customer):
            return ()
        gone, old, problems = _superseded(folder, before, None)
        full = before.model_copy(update={"packs": (), "old": old})
        _commit(folder, before, full, (), [], gone)
    return tuple(problems)


def _same_customer(before: Manifest, account: str, customer: str) -> bool:
    """A prospect may become an account, and an account may change its name."""
    if before.account and account:
        return before.account == account
    return before.customer == customer


def _taken(folder: Path, before: Manifest) -> Problem:
    return error(
        "plan-name-taken", f"{folder} holds the packs of another plan with this name, "
        f"for {before.customer}", "give one of the plans another name, or choose another --out",
        Place(str(folder / "internal" / MANIFEST)),
    )  # fmt: skip


def _commit(
    folder: Path, before: Manifest, full: Manifest, coming: Sequence[OldFile],
    writes: Sequence[tuple[Path, bytes]], gone: Sequence[Path],
) -> None:  # fmt: skip
    """From what is there to what shall be; at every moment the manifest knows all our files."""
    path = folder / "internal" / MANIFEST
    steps = list(writes)
    if writes:
        both = tuple(dict.fromkeys((*before.old, *coming)))
        steps.insert(0, (path, _manifest_bytes(before.model_copy(update={"old": both}))))
    final = _manifest_bytes(full)
    if steps or gone or not path.exists() or path.read_bytes() != final:
        steps.append((path, final))
    _write_all(steps, gone)


def _manifest_bytes(manifest: Manifest) -> bytes:
    return manifest.model_dump_json(indent=2, exclude_defaults=True).encode() + b"\n"


def _old_files(packs: Sequence[PackRecord]) -> tuple[OldFile, ...]:
    return tuple(
        OldFile(
            path=file.path, format=file.format, sha256=file.sha256,
            role=pack.role, language=pack.language, status=pack.status,
        )
        for pack in packs
        for file in pack.files
    )  # fmt: skip


def _known(before: Manifest | None) -> Mapping[str, set[str]]:
    """The digests that we have written, or were about to write, at each path."""
    found: dict[str, set[str]] = {}
    for file in (*_old_files(before.packs), *before.old) if before else ():
        found.setdefault(file.path, set()).add(file.sha256)
    return found


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _still_true(folder: Path, before: Manifest | None, pack: MadePack) -> list[FileRecord]:
    """Files of an earlier run in formats that this one did not write, if they say the same."""
    return [
        file
        for old in (before.packs if before else ())
        if (old.role, old.language, old.fingerprint) == (pack.role, pack.language, pack.fingerprint)
        if (old.status == "refused") == pack.refused
        for file in old.files
        if file.format not in _with_reasons(pack) and _digest(folder / file.path) == file.sha256
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
    folder: Path, pack: MadePack, extension: str, known: Mapping[str, set[str]], digest: str
) -> tuple[str, list[Problem]]:
    """Where a file goes: beside the one of that name if a person has edited that."""
    place = "internal" if pack.audience != "customer" else "customer"
    if extension == DOCUMENT:
        place = "internal/documents"
    elif pack.refused:
        place = "internal/refused"
    wanted = f"{place}/{pack.stem}.{extension}"
    beside = (
        f"{place}/{pack.stem}.new{number if number > 1 else ''}.{extension}"
        for number in itertools.count(1)
    )
    for relative in itertools.chain([wanted], beside):
        if _digest(folder / relative) in {None, digest, *known.get(relative, ())}:
            break
    if relative == wanted:
        return wanted, []
    return relative, [
        warning("edited", "somebody has edited this file since it was made; it is kept",
                f"the new one is {relative}", Place(str(folder / wanted)))
    ]  # fmt: skip


def _superseded(
    folder: Path, before: Manifest | None, records: Sequence[PackRecord] | None
) -> tuple[list[Path], tuple[OldFile, ...], list[Problem]]:
    """Earlier files that stand for no pack now: those to delete, and those to remember.

    ``records`` are the packs made anew, which leave those of other roles alone; None takes back
    all packs.
    """
    now = {file.path for record in records or () for file in record.files}
    made = {(record.role, record.language): record.status for record in records or ()}
    known = _known(before)
    gone: dict[Path, None] = {}
    old: dict[OldFile, None] = {}
    problems: dict[Problem, None] = {}
    for file in before.old if before else ():
        if records is not None and (file.role, file.language) not in made:
            old[file] = None
    for file in (*_old_files(before.packs), *before.old) if before else ():
        path = folder / file.path
        status = "refused" if records is None else made.get((file.role, file.language))
        if status is None or file.path in now or not path.exists():
            continue
        withdrawn = (file.status, status) == ("released", "refused")
        told = withdrawn and file.format not in _INTERNAL
        if _digest(path) not in known[file.path]:
            old[file] = None
            if told:
                said = warning("edited-withdrawn", "this pack is withdrawn, but somebody has "
                               "edited the file, so it is kept", "do not send it",
                               Place(str(path)))  # fmt: skip
                problems[said] = None
            continue
        gone[path] = None
        if told:
            said = note("withdrawn", f"the earlier {file.role} pack is withdrawn", "",
                        Place(str(path)))  # fmt: skip
            problems[said] = None
    return list(gone), tuple(old), list(problems)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _write_all(writes: Sequence[tuple[Path, bytes]], gone: Sequence[Path] = ()) -> None:
    """Stages every file beside its target, then renames them in turn; deletes before the last."""
    staged: list[tuple[Path, Path]] = []
    try:
        for path, data in writes:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
            staged.append((temporary, path))
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for temporary, path in staged[:-1]:
            temporary.replace(path)
        for path in gone:
            path.unlink(missing_ok=True)
        for temporary, path in staged[-1:]:
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
def _locked(folder: Path) -> Iterator[None]:
    """One run at a time in a plan's folder; what killed ones left half staged is cleared."""
    internal = folder / "internal"
    internal.mkdir(parents=True, exist_ok=True)
    with (internal / LOCK).open("wb") as file:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() < deadline:
                    time.sleep(0.05)
                    continue
            raise Stopped(
                [
                    error("folder-busy", "another run is writing this plan's packs",
                          "wait until it has ended, then run the command again",
                          Place(str(folder)))
                ],
                Exit.MACHINE,
            )  # fmt: skip
        for path in list(folder.rglob(".*.tmp")):
            if _LITTER.fullmatch(path.name):
                path.unlink(missing_ok=True)
        yield


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
        _write_all([(path, data)])
