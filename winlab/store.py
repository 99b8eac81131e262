"""Packs on disk: atomic, never over a person's edits, withdrawn when refused.

All files of a plan are staged beside their targets first and renamed together, so that a full
disk leaves the old ones. A kill may leave some of each, never a torn one: the manifest lists what
is about to be written before the first rename, so that the next run knows its own files. What is
withdrawn is moved to ``internal/withdrawn``, never deleted.
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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO, TypeAlias

from pydantic import ValidationError

from winlab.inputs import Shape
from winlab.problems import Exit, Place, Problem, Stopped, error, warning

MANIFEST = "manifest.json"
DOCUMENT = "document.json"
REASONS = "problems.json"
LOCK = ".lock"
RECORD = ".winlab.json"
LOCK_SECONDS = 60.0
CUSTOMER = "customer"
DOCUMENTS = "internal/documents"
REFUSED = "internal/refused"
WITHDRAWN = "internal/withdrawn"
_FOLDERS = (CUSTOMER, DOCUMENTS, REFUSED, WITHDRAWN, "internal")
_INTERNAL = (DOCUMENT, REASONS)
_LITTER = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")

Announce: TypeAlias = Callable[[str], None]
"""Says what a run is at, for those who wait."""

Kind: TypeAlias = tuple[str, str]
"""A pack's role and language: a plan has one pack of each."""


class FileRecord(Shape):
    """A file that we wrote, relative to the plan's folder, with the digest of its bytes."""

    path: str
    format: str
    sha256: str


class PackRecord(Shape):
    """One pack as it was made; ``pdf_engine`` set its pages.

    ``problems`` were met in making it, ``findings`` in proving it. ``composed`` is the digest of
    the Document before it was settled to its pages, ``bar`` that of what it was proved against;
    ``uses`` are the ids of the content that it holds.
    """

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
    findings: tuple[dict[str, str | int | None], ...] = ()
    uses: tuple[str, ...] = ()
    composed: str = ""
    bar: str = ""
    pdf_engine: str = ""

    @property
    def kind(self) -> Kind:
        """The role and language."""
        return self.role, self.language


class OldFile(FileRecord):
    """A file of ours that stands for no pack: edited since by a person, or of a killed run."""

    role: str
    language: str
    status: str

    @property
    def kind(self) -> Kind:
        """The role and language of the pack that it belonged to."""
        return self.role, self.language


class Manifest(Shape):
    """What lies in a plan's folder and what it was made from.

    ``content`` is the digest of all that the packs say and are measured against.
    """

    plan: str
    account: str
    customer: str
    decision_id: str
    play: str
    play_version: str
    as_of: date
    packs: tuple[PackRecord, ...]
    content: str = ""
    old: tuple[OldFile, ...] = ()


@dataclass(frozen=True)
class MadePack:
    """A finished pack with its bytes by format; refused ones go to ``internal/refused``.

    A refusal withdraws the pack's earlier release, unless it says nothing against that one
    (``keeps_earlier``).
    """

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
    keeps_earlier: bool = False
    findings: tuple[Problem, ...] = ()
    uses: tuple[str, ...] = ()
    composed: str = ""
    bar: str = ""
    pdf_engine: str = ""

    @property
    def kind(self) -> Kind:
        """The role and language."""
        return self.role, self.language


def previous(folder: Path) -> Manifest | None:
    """The manifest of an earlier run, if there is one that can be understood.

    Raises :class:`Stopped` (exit 5) if there is one that may not be read.
    """
    with _machine_problems(folder):
        try:
            data = (folder / "internal" / MANIFEST).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
    try:
        return Manifest.model_validate_json(data)
    except ValidationError:
        return None


def intact(folder: Path, manifest: Manifest, formats: Collection[str]) -> frozenset[Kind]:
    """The packs that stand in all these formats, every file as it was written."""
    return frozenset(
        record.kind
        for record in manifest.packs
        if record.composed and {file.format for file in record.files} >= set(formats)
        if all(_digest(folder / file.path) == file.sha256 for file in record.files)
    )


def read_files(folder: Path, record: PackRecord) -> dict[str, bytes] | None:
    """A pack's files by format, its Document among them; why it was refused is left out.

    None if they are not all there as they were written, as on a machine that has another disk.
    """
    found: dict[str, bytes] = {}
    for file in record.files:
        if file.format != REASONS:
            try:
                data = (folder / file.path).read_bytes()
            except OSError:
                return None
            if hashlib.sha256(data).hexdigest() != file.sha256:
                return None
            found[file.format] = data
    return found


def finished_files(folder: Path, records: Sequence[PackRecord], status: str) -> tuple[Path, ...]:
    """The files of packs with a status that people open."""
    return tuple(
        folder / file.path
        for record in records
        if record.status == status
        for file in record.files
        if file.format not in _INTERNAL
    )


def issue_date(manifest: Manifest | None, role: str, fingerprint: str, as_of: date) -> date:
    """The day of the run that last changed a pack's content."""
    for record in manifest.packs if manifest else ():
        if (record.role, record.fingerprint) == (role, fingerprint):
            return record.issued
    return as_of


def store(
    folder: Path, manifest: Manifest, packs: Sequence[MadePack], asked: Collection[Kind],
    announce: Announce = lambda _: None,
) -> tuple[Problem, ...]:  # fmt: skip
    """Writes the packs of one plan and its manifest; returns what is to be said of their files.

    ``asked`` are all packs that the plan asks for: earlier ones that it asks for no more are
    withdrawn, those that were not made now stay. Raises :class:`Stopped` if the folder holds
    another customer's packs (exit 3), or if it cannot be written or another run holds it for more
    than a minute (exit 5).
    """
    problems: list[Problem] = []
    writes: list[tuple[Path, bytes]] = []
    records: list[PackRecord] = []
    with _machine_problems(folder), _locked(folder, announce):
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
        made = {pack.kind: pack for pack in packs}
        change = _change(folder, before, records, made, asked)
        full = manifest.model_copy(
            update={"packs": (*records, *change.staying), "old": tuple(change.old)}
        )
        strangers = _unaccounted(folder, before, full)
        coming = _old_files(records)
        _commit(folder, before or manifest.model_copy(update={"packs": ()}), full, coming,
                writes, change.gone)  # fmt: skip
    said = {problem.place for problem in problems}
    problems.extend(change.problems)
    problems.extend(problem for problem in strangers if problem.place not in said)
    return tuple(problems)


def withdraw(
    folder: Path, account: str, customer: str, announce: Announce = lambda _: None
) -> tuple[Problem, ...]:
    """Takes back what earlier runs made of a plan that now stops; edited files are kept.

    Nothing moves if the folder holds another customer's packs, or no manifest says whose they are.
    Raises :class:`Stopped` (exit 5).
    """
    before = previous(folder)
    if before is None:
        return standing(folder)
    if not _same_customer(before, account, customer):
        return ()
    with _machine_problems(folder), _locked(folder, announce):
        before = previous(folder) or before  # another run may have gone before
        change = _change(folder, before, (), {}, ())
        full = before.model_copy(update={"packs": (), "old": tuple(change.old)})
        strangers = _unaccounted(folder, before, full)
        _commit(folder, before, full, (), [], change.gone)
    return (*change.problems, *strangers)


def standing(folder: Path) -> tuple[Problem, ...]:
    """A warning for every file that a plan which now stops leaves in ``customer``."""
    with _machine_problems(folder):
        before = previous(folder)
        released = _in_customer(folder, before.packs if before else ())
        return (*map(_stays, released), *_unaccounted(folder, before, before))


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
    writes: Sequence[tuple[Path, bytes]], gone: Mapping[Path, Path | None],
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
        reasons = (*pack.problems, *pack.findings)
        found[REASONS] = _json([problem.as_json() for problem in reasons])
    return found


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
        findings=tuple(problem.as_json() for problem in pack.findings),
        uses=pack.uses,
        composed=pack.composed,
        bar=pack.bar,
        pdf_engine=pack.pdf_engine,
    )


def _target(
    folder: Path, pack: MadePack, extension: str, known: Mapping[str, set[str]], digest: str
) -> tuple[str, list[Problem]]:
    """Where a file goes: beside the one of that name if a person has edited that."""
    place = CUSTOMER if pack.audience == "customer" else "internal"
    if pack.refused:
        place = REFUSED
    elif extension == DOCUMENT:
        place = DOCUMENTS
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


@dataclass
class _Change:
    """What becomes of the earlier files: where each goes (None: deleted), what is remembered."""

    staying: list[PackRecord] = field(default_factory=list)
    gone: dict[Path, Path | None] = field(default_factory=dict)
    old: list[OldFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def _change(
    folder: Path, before: Manifest | None, records: Sequence[PackRecord],
    made: Mapping[Kind, MadePack], asked: Collection[Kind],
) -> _Change:  # fmt: skip
    """Parts the earlier files into those that stay, are replaced, and are withdrawn."""
    change = _Change()
    if before is None:
        return change
    now = {file.path for record in records for file in record.files}
    known = _known(before)

    def stays(earlier: PackRecord | OldFile) -> bool:
        pack = made.get(earlier.kind)
        if pack is None:
            return earlier.kind in asked
        return pack.keeps_earlier and earlier.status == "released"

    change.staying = [record for record in before.packs if stays(record)]
    refused_anew = [record for record in change.staying if record.kind in made]
    change.problems.extend(map(_stays, _in_customer(folder, refused_anew)))
    change.old = [file for file in before.old if stays(file)]
    leaving = [record for record in before.packs if not stays(record)]
    for file in dict.fromkeys(
        [*_old_files(leaving), *(file for file in before.old if not stays(file))]
    ):
        path = folder / file.path
        if file.path in now or path in change.gone or not path.exists():
            continue
        pack = made.get(file.kind)
        withdrawn = file.status == "released" and (pack is None or pack.refused)
        edited = _digest(path) not in known[file.path]
        if edited:
            change.old.append(file)
        else:
            change.gone[path] = _withdrawn_to(folder, path) if withdrawn else None
        if withdrawn and file.format not in _INTERNAL:
            change.problems.append(_edited_withdrawn(path) if edited else _withdrawn(file, path))
    change.problems = list(dict.fromkeys(change.problems))
    return change


def _in_customer(folder: Path, records: Sequence[PackRecord]) -> list[Path]:
    """The files of packs that still lie where they may be sent from."""
    found = [folder / file.path for record in records for file in record.files]
    return [path for path in found if path.parent == folder / CUSTOMER and path.exists()]


def _withdrawn_to(folder: Path, path: Path) -> Path:
    """A place for a withdrawn file, beside any other that was withdrawn under its name."""
    names = itertools.chain(
        [path.name], (f"{path.stem}.{number}{path.suffix}" for number in itertools.count(2))
    )
    own = _digest(path)
    return next(
        place for name in names if _digest(place := folder / WITHDRAWN / name) in {None, own}
    )


def _withdrawn(file: OldFile, path: Path) -> Problem:
    return warning("withdrawn", f"the earlier {file.role} pack is withdrawn: this file now lies in "
                   f"{WITHDRAWN}", "do not send a copy of it", Place(str(path)))  # fmt: skip


def _edited_withdrawn(path: Path) -> Problem:
    return warning("edited-withdrawn", "this pack is withdrawn, but somebody has edited the file, "
                   "so it is kept", "do not send it", Place(str(path)))  # fmt: skip


def _stays(path: Path) -> Problem:
    return warning("earlier-stays", "this file of an earlier run stays as it is",
                   "before you send it, see whether it still holds", Place(str(path)))  # fmt: skip


def _unaccounted(
    folder: Path, before: Manifest | None, now: Manifest | None
) -> tuple[Problem, ...]:
    """A warning for every file in ``customer`` that neither manifest knows."""
    lost = before is None and (folder / "internal" / MANIFEST).exists()
    why = "the manifest is damaged, so nothing says" if lost else "no manifest says"
    known = {*_known(before), *_known(now)}
    place = folder / CUSTOMER
    return tuple(
        warning("unaccounted", f"{why} what this file is", "see whether it may be sent; if not, "
                f"move it out of {CUSTOMER}/", Place(str(path)))
        for path in (sorted(place.iterdir()) if place.is_dir() else ())
        if path.relative_to(folder).as_posix() not in known and not path.name.startswith((".", "~"))
    )  # fmt: skip


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _write_all(writes: Sequence[tuple[Path, bytes]], gone: Mapping[Path, Path | None]) -> None:
    """Stages every file beside its target, then renames them in turn.

    What is ``gone`` is moved, or deleted, before the last rename.
    """
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
        for target in filter(None, gone.values()):
            target.parent.mkdir(parents=True, exist_ok=True)
        for temporary, path in staged[:-1]:
            temporary.replace(path)
        for path, moved in gone.items():
            if moved:
                path.replace(moved)
            else:
                path.unlink(missing_ok=True)
        for temporary, path in staged[-1:]:
            temporary.replace(path)
    except BaseException:
        for temporary, _ in staged:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise
    touched = {path.parent for _, path in staged} | {path.parent for path in gone.values() if path}
    for folder in touched:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _locked(folder: Path, announce: Announce) -> Iterator[None]:
    """One run at a time in a plan's folder; what killed ones left half staged is cleared."""
    lock = folder / "internal" / LOCK
    with _no_empty_folders(folder, _FOLDERS), _held(lock, announce):
        try:
            for path in list(folder.rglob(".*.tmp")):
                if _LITTER.fullmatch(path.name):
                    path.unlink(missing_ok=True)
            yield
        finally:
            lock.unlink(missing_ok=True)


def _held(lock: Path, announce: Announce) -> BinaryIO:
    """The lock's open file, once no other run holds it."""
    deadline = time.monotonic() + LOCK_SECONDS
    for attempt in itertools.count():
        lock.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            file = lock.open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # who held it before has removed it at the end: another run may hold a new one
                if os.path.samestat(os.fstat(file.fileno()), lock.stat()):
                    return file
            except BaseException:
                file.close()
                raise
            file.close()
        if time.monotonic() >= deadline:
            break
        if attempt == 0:
            announce(f"waiting for another winlab that writes to {lock.parent.parent}")
        time.sleep(0.05)
    raise Stopped(
        [
            error("folder-busy", "another run is writing this plan's packs",
                  "wait until it has ended, then run the command again",
                  Place(str(lock.parent.parent)))
        ],
        Exit.MACHINE,
    )  # fmt: skip


@contextlib.contextmanager
def _no_empty_folders(folder: Path, below: Sequence[str] = ()) -> Iterator[None]:
    """Removes in the end what is empty of a folder's own folders and of those made to hold it."""
    above = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        yield
    finally:
        for place in (*(folder / name for name in below), *above):
            with contextlib.suppress(OSError):
                place.rmdir()


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


def discard(folder: Path) -> tuple[Problem, ...]:
    """Removes the packs of a plan that is gone; what a person has edited is kept and named.

    Raises :class:`Stopped` (exit 5).
    """
    if previous(folder) is None:
        return ()
    with _machine_problems(folder):
        with _locked(folder, lambda _: None):
            before = previous(folder)
            known = _known(before)
            edited = [
                folder / path for path, digests in known.items()
                if _digest(folder / path) not in {None, *digests}
            ]  # fmt: skip
            for path in known:
                if folder / path not in edited:
                    (folder / path).unlink(missing_ok=True)
            (folder / "internal" / MANIFEST).unlink(missing_ok=True)
        for name in (*_FOLDERS, "."):
            with contextlib.suppress(OSError):
                (folder / name).rmdir()
    return tuple(
        warning("edited", "the plan is gone, but somebody has edited this file, so it is kept",
                "delete it if you need it no more", Place(str(path)))
        for path in edited
    )  # fmt: skip


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files of a folder, each whole or not at all; raises :class:`Stopped` (exit 5)."""
    with _machine_problems(folder):
        _write_all([(folder / name, data) for name, data in files.items()], {})


def create_file(path: Path, data: bytes) -> None:
    """Writes a new file atomically; raises :class:`Stopped` (exit 2 if there is one, else 5)."""
    with _machine_problems(path.parent):
        if path.exists():
            raise Stopped(
                [error("file-exists", f"{path} is there already", "choose another name")],
                Exit.USAGE,
            )
        with _no_empty_folders(path.parent):
            _write_all([(path, data)], {})


def replace_files(
    folder: Path, files: Mapping[str, bytes]
) -> tuple[tuple[Path, ...], list[Problem]]:
    """Writes files that every run makes anew; raises :class:`Stopped` (exit 5).

    One that a person has made or edited stays: the new one is laid beside it, with a warning. A
    hidden record in the folder tells our own files.
    """
    record = folder / RECORD
    with _machine_problems(folder):
        known = _recorded(record)
        targets: dict[str, bytes] = {}
        problems: list[Problem] = []
        for name, data in files.items():
            digest = hashlib.sha256(data).hexdigest()
            stem, _, extension = name.rpartition(".")
            numbers = ("" if n == 1 else str(n) for n in itertools.count(1))
            for beside in itertools.chain([name], (f"{stem}.new{n}.{extension}" for n in numbers)):
                if _digest(folder / beside) in {None, digest, *known.get(beside, ())}:
                    break
            if beside != name:
                problems.append(
                    warning("edited", "somebody has made or edited this file; it is kept",
                            f"the new one is {beside}", Place(str(folder / name)))
                )  # fmt: skip
            targets[beside] = data
            known[beside] = [*known.get(beside, [])[-1:], digest]
        writes = [(folder / name, data) for name, data in targets.items()]
        _write_all([(record, _json(known)), *writes], {})
    return tuple(path for path, _ in writes), problems


def _recorded(record: Path) -> dict[str, list[str]]:
    try:
        found = json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): list(map(str, digests)) for name, digests in found.items()}
