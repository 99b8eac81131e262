"""Which packs hold a claim, reference, study, product or play: noted as they are made, asked later.

A pack holds what its text says: a claim that was decided on by its words or its source, a study,
reference or product by its name. What a template leaves out is not counted.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from winlab.decide import Decision
from winlab.document import Document
from winlab.inputs import Claim, Play
from winlab.problems import Place, Problem, warning
from winlab.read import Workspace


def held(
    document: Document, claims: Iterable[Claim], play: Play | None, workspace: Workspace
) -> tuple[str, ...]:
    """The ids of all content that a Document holds; the play also as ``play@version``.

    ``claims`` are those that it may hold.
    """
    text = _plain(document.model_dump_json())
    found = {
        name
        for name, phrases in _phrases(claims, workspace)
        if any(phrase in text for phrase in phrases)
    }
    if play:
        found |= {play.id, f"{play.id}@{play.version}"}
    return tuple(sorted(found))


def claims_of(decision: Decision) -> tuple[Claim, ...]:
    """The claims that a decision's messages and sayings rest on."""
    proofs = [message.proofs for found in decision.messages.values() for message in found]
    for sayings in (decision.objections, decision.questions, decision.counters):
        proofs += [saying.proofs for saying in sayings]
    return tuple(itertools.chain.from_iterable(proofs))


def _phrases(claims: Iterable[Claim], workspace: Workspace) -> Iterator[tuple[str, Sequence[str]]]:
    """What tells each piece of content in a text."""
    library = workspace.library
    for service in library.services.values():
        claims = [*claims, *(library.claims[name] for name in service.proofs)]
    for claim in claims:
        yield claim.id, _said([claim.text, claim.source])
    for reference in library.references.values():
        yield reference.id, _said([reference.name])
    for study in library.studies.values():
        yield study.study.id, _said([study.study.title])
    for product in workspace.company.products.values():
        yield product.id, _said([product.id, product.name])


def _said(words: Iterable[str | Mapping[str, str]]) -> list[str]:
    """Texts in all their languages, as they stand in a Document's JSON."""
    texts = [
        text for said in words for text in ([said] if isinstance(said, str) else said.values())
    ]
    return [_plain(json.dumps(text, ensure_ascii=False)[1:-1]) for text in texts if text]


def _plain(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f\u2060]+", " ", text.replace("\u2060", ""))


@dataclass(frozen=True, slots=True)
class Use:
    """A released pack that holds something."""

    plan: str
    customer: str
    role: str
    language: str
    version: str
    issued: str
    files: tuple[str, ...]


def uses_of(name: str, out: Path) -> tuple[list[Use], list[Problem]]:
    """The released packs below ``out`` that hold an id, or a play's version: ``invest@3``."""
    found: list[Use] = []
    problems: list[Problem] = []
    for path in sorted(out.glob("*/internal/manifest.json")):
        try:
            manifest = json.loads(path.read_bytes())
            found.extend(_uses(name, manifest, path.parent.parent))
        except (OSError, ValueError, KeyError, TypeError):
            problems.append(
                warning("no-manifest", "this manifest cannot be read: its packs are left out",
                        "make the plan's packs again", Place(str(path)))
            )  # fmt: skip
    return found, problems


def _uses(name: str, manifest: Mapping[str, object], folder: Path) -> Iterator[Use]:
    packs = manifest["packs"]
    assert isinstance(packs, list)
    for pack in packs:
        if pack["status"] == "released" and name in pack.get("uses", ()):
            files = [folder / file["path"] for file in pack["files"]]
            yield Use(
                str(manifest["plan"]), str(manifest["customer"]), pack["role"], pack["language"],
                pack["version"], pack["issued"],
                tuple(str(file) for file in files if file.parent.name != "documents"),
            )  # fmt: skip
