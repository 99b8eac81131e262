"""Packs that lie on disk, measured again: with all that is still known of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from winlab.agreement import one_core
from winlab.document import Document
from winlab.facts import Audience
from winlab.inputs import Role
from winlab.lab import Lab
from winlab.leaks import Secrets
from winlab.library import Library
from winlab.likeness import Compared, alike
from winlab.pack import bars
from winlab.preflight import check_document, check_file, check_written
from winlab.problems import NOWHERE, Exit, Place, Problem, Stopped, error, errors, note
from winlab.quality import Bar
from winlab.store import DOCUMENT, MANIFEST, Manifest, PackRecord, previous

FORMATS = (".pdf", ".docx")
_PLAN = re.compile(r"^plan:\s*['\"]?([\w.-]+)", re.MULTILINE)
_PUT_AWAY = ("refused", "withdrawn")


class Against(StrEnum):
    """How much is known of a file: its plan and Document, the Document, or nothing but itself."""

    PLAN = "plan"
    DOCUMENT = "document"
    FILE = "file"


@dataclass(frozen=True)
class Checked:
    """One file, what it was measured against, and what is wrong with it."""

    file: Path
    against: Against
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Pack:
    """A stored pack: its folder, manifest, record and Document."""

    folder: Path
    manifest: Manifest
    record: PackRecord
    document: Document


def recheck(target: Path, lab: Lab | None) -> tuple[list[Checked], list[Problem]]:
    """Measures a file, or all packs below a folder; refused and withdrawn ones are left out.

    The second list is what concerns several packs. ``lab`` is the workspace with their plans, if
    there is one. Raises :class:`Stopped` if there is nothing to measure.
    """
    files = list(_files(target))
    if not files:
        raise Stopped([error("no-packs", "there is no finished pack (PDF or DOCX) here",
                             "name a pack or a folder of packs", Place(str(target)))])  # fmt: skip
    plans = _Plans(lab) if lab else None
    checked: list[Checked] = []
    packs: dict[tuple[Path, str], _Pack] = {}
    of_document: dict[tuple[Path, str], tuple[Problem, ...]] = {}
    for file in files:
        pack = _pack_of(file)
        if pack is None:
            checked.append(_bare(file))
            continue
        key = (pack.folder, pack.document.role)
        bar, remarks = _bar_of(pack, plans)
        known = bar or Bar(technical=pack.document.role == Role.RND_MANAGER.value)
        if packs.setdefault(key, pack) is pack:
            found = [*remarks, *check_document(pack.document, known)]
            of_document[key] = _placed(found, file, pack.document.role)
        own = check_written(pack.document, known, file.suffix[1:], file.read_bytes())
        problems = (*of_document[key], *_placed(own, file, pack.document.role))
        against = Against.DOCUMENT if bar is None else Against.PLAN
        checked.append(Checked(file, against, problems))
    return checked, list(_over_packs(packs.values(), lab))


def exit_code(checked: Iterable[Checked], problems: Iterable[Problem]) -> Exit:
    """Whether something blocks."""
    found = [*problems, *(problem for item in checked for problem in item.problems)]
    return Exit.INPUT if errors(found) else Exit.DONE


# ---------------------------------------------------------------- what lies there


def _files(target: Path) -> Iterator[Path]:
    if target.is_file():
        if target.suffix not in FORMATS:
            raise Stopped([error("no-pack", "this is neither a PDF nor a DOCX",
                                 "name a finished pack", Place(str(target)))])  # fmt: skip
        yield target
        return
    for path in sorted(target.rglob("*")):
        below = path.relative_to(target).parts
        away = path.name.startswith((".", "~")) or set(below) & {*_PUT_AWAY}
        if path.suffix in FORMATS and path.is_file() and not away:
            yield path


def _pack_of(file: Path) -> _Pack | None:
    """The stored pack that a file belongs to, if its manifest and Document are there."""
    for folder in file.absolute().parents[:3]:
        manifest = previous(folder) if (folder / "internal" / MANIFEST).is_file() else None
        if manifest is None:
            continue
        relative = file.absolute().relative_to(folder).as_posix()
        for record in manifest.packs:
            if relative in {held.path for held in record.files}:
                document = _document(folder, record)
                return _Pack(folder, manifest, record, document) if document else None
    return None


def _document(folder: Path, record: PackRecord) -> Document | None:
    for held in record.files:
        if held.format == DOCUMENT:
            try:
                return Document.model_validate_json((folder / held.path).read_bytes())
            except (OSError, ValidationError):
                return None
    return None


# ---------------------------------------------------------------- what it is measured against


def _bar_of(pack: _Pack, plans: _Plans | None) -> tuple[Bar | None, list[Problem]]:
    """The bar that its plan sets today, and a remark where there is none or it is another."""
    if plans is None:
        return None, [_half("there is no workspace here")]
    if pack.manifest.plan not in plans.files:
        return None, [_half(f"the workspace holds no plan {pack.manifest.plan!r}")]
    try:
        decided, known = plans.bars(pack.manifest.plan, pack.manifest.as_of)
    except Stopped as stopped:
        why = stopped.problems[0].message if stopped.problems else "it has problems"
        return None, [_half(f"the plan {pack.manifest.plan!r} makes no pack today ({why})")]
    bar = known.get(pack.document.role)
    if bar is None:
        return None, [_half(f"the plan asks for no {pack.document.role} pack any more")]
    if decided != pack.manifest.decision_id:
        return bar, [
            note("plan-changed", "the plan or its rules have changed since this pack was made",
                 "make it again with winlab pack")
        ]  # fmt: skip
    return bar, []


def _half(why: str) -> Problem:
    return note(
        "no-plan", f"{why}: bounds, contact, estimates, names and prices of ours were not checked",
        "run it in the workspace, or name one with --workspace",
    )  # fmt: skip


class _Plans:
    """The plans of a workspace by name, and the bars that they set, each reckoned once."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.decided: dict[tuple[date, str], tuple[str, Mapping[str, Bar]]] = {}

    @cached_property
    def files(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for path in sorted(self.lab.workspace.root.rglob("*.yaml")):
            if named := _PLAN.search(path.read_text(encoding="utf-8", errors="replace")):
                found.setdefault(named[1], path)
        return found

    def bars(self, plan: str, made_for: date) -> tuple[str, Mapping[str, Bar]]:
        """The decision's id and the bars by role; raises :class:`Stopped` if there are none."""
        day = self.lab.as_of if self.lab.day_asked else made_for
        if (day, plan) not in self.decided:
            lab = self.lab if day == self.lab.as_of else replace(self.lab, as_of=day)
            self.decided[day, plan] = bars(lab, self.files[plan])
        return self.decided[day, plan]


# ---------------------------------------------------------------- what is found


def _bare(file: Path) -> Checked:
    _, found = check_file(file.suffix[1:], file.read_bytes(), Secrets())
    found.append(
        note("no-document", "no manifest knows this file: only what it shows itself was checked",
             "check it where winlab laid it")
    )  # fmt: skip
    return Checked(file, Against.FILE, _placed(found, file, ""))


def _placed(found: Iterable[Problem], file: Path, role: str) -> tuple[Problem, ...]:
    """Problems with the file as their place where they have none, and the pack's name."""
    return tuple(
        replace(
            problem,
            place=Place(str(file)) if problem.place == NOWHERE else problem.place,
            packs=(role,) if role else (),
        )
        for problem in found
    )


def _over_packs(packs: Iterable[_Pack], lab: Lab | None) -> Iterator[Problem]:
    """What packs of one plan must share, and what packs should not."""
    sent = [p for p in packs if p.document.audience is Audience.CUSTOMER]
    for folder in dict.fromkeys(pack.folder for pack in sent):
        together = [pack.document for pack in sent if pack.folder == folder]
        yield from (replace(p, place=Place(str(folder))) for p in one_core(together))
    compared = [Compared(p.manifest.plan, p.manifest.play, p.document) for p in sent]
    yield from alike(compared, tuple(_approved(lab.workspace.library)) if lab else ())


def _approved(library: Library) -> Iterator[str]:
    """Wording that nobody may change for a customer: claims and studies."""
    for claim in library.claims.values():
        yield from _said(claim.text)
    for study in (data.study for data in library.studies.values()):
        for words in (study.question, *study.limits, *study.method.procedure):
            yield from _said(words)
        for table in study.tables:
            yield from (*_said(table.text), *_said(table.finding), *_said(table.caption))


def _said(words: str | Mapping[str, str]) -> Iterator[str]:
    yield from [words] if isinstance(words, str) else words.values()
