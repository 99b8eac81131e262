"""A workspace and its pitch plans, read whole: shapes and tables with their places."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from winlab.company import Company, read_company
from winlab.files import STARTER, Reader, starter_folder
from winlab.inputs import (
    Plan,
    WorkspaceFile,
)
from winlab.library import Library, read_library
from winlab.problems import Exit, Place, Problem, Stopped, error
from winlab.source import Parsed, Pointer, Tree

WORKSPACE_FILE = "winlab.toml"


@dataclass(frozen=True)
class Workspace:
    """Everything but the pitch plan. ``templates`` holds texts by name under packs/."""

    root: Path
    file: WorkspaceFile
    library: Library
    company: Company
    templates: Mapping[str, str]
    template_folder: Path
    problems: tuple[Problem, ...] = field(default=())


@dataclass(frozen=True)
class PlanSource:
    """A pitch plan with the places of its values."""

    plan: Plan
    parsed: Parsed

    def place(self, *pointer: str | int) -> Place:
        """Where a value of the plan stands."""
        return self.parsed.place(pointer)


def find_workspace(start: Path) -> Path:
    """The nearest folder at or above a file or folder that holds a winlab.toml.

    Raises :class:`Stopped` if there is none.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        try:
            if (folder / WORKSPACE_FILE).is_file():
                return folder
        except OSError as exc:
            raise Stopped(
                [
                    error("unreadable", f"the folder cannot be read: {exc.strerror or exc}",
                          "check its permissions, or name the workspace with --workspace",
                          Place(str(folder)))
                ]
            ) from exc  # fmt: skip
    raise Stopped(
        [
            error("no-workspace", f"no {WORKSPACE_FILE} at {start} or above it",
                  "go into a workspace, or name one with --workspace", Place(str(start)))
        ]
    )  # fmt: skip


def read_workspace(root: Path) -> Workspace:
    """Reads everything but the plans; raises :class:`Stopped` with all that is wrong."""
    reader = Reader(root)
    file = _workspace_file(reader)
    reader.stop_on_errors()
    assert file is not None
    plays = _folder(reader, file.workspace.plays, "workspace.plays")
    template_folder = _folder(reader, file.workspace.templates, "workspace.templates")
    reader.stop_on_errors()
    library = read_library(reader, plays)
    company = read_company(reader, file.data, library)
    templates = _templates(reader, template_folder)
    reader.stop_on_errors()
    assert company is not None
    return Workspace(
        root, file, library, company, templates, template_folder, tuple(reader.problems)
    )


def _workspace_file(reader: Reader) -> WorkspaceFile | None:
    text = reader.text(reader.root / WORKSPACE_FILE)
    if text is None:
        return None
    try:
        tree = _as_text(tomllib.loads(text))
    except tomllib.TOMLDecodeError as exc:
        found = re.search(r"line (\d+), column (\d+)", str(exc))
        place = Place(WORKSPACE_FILE, *(map(int, found.groups()) if found else ()))
        reader.problems.append(
            error("toml-syntax", f"this is not readable as TOML: {exc}",
                  "check quotes, brackets and equals signs", place)
        )  # fmt: skip
        return None
    parsed = Parsed(WORKSPACE_FILE, tree, _toml_places(text))
    found_file = reader.valid(WorkspaceFile, parsed)
    return found_file[0] if found_file else None


def _as_text(tree: object) -> Tree:  # TOML's own types back to source text
    if isinstance(tree, dict):
        return {key: _as_text(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_as_text(value) for value in tree]
    return str(tree).lower() if isinstance(tree, bool) else str(tree)


def _toml_places(text: str) -> dict[Pointer, Place]:
    places: dict[Pointer, Place] = {(): Place(WORKSPACE_FILE, 1, 1)}
    table: Pointer = ()
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[([\w.-]+)\]", line):
            table = tuple(found[1].split("."))
            places[table] = Place(WORKSPACE_FILE, number, 1)
        elif found := re.match(r"\s*([\w-]+)\s*=\s*", line):
            places[(*table, found[1])] = Place(WORKSPACE_FILE, number, found.end() + 1)
    return places


def _folder(reader: Reader, text: str, pointer: str) -> Path:
    place = Place(WORKSPACE_FILE, pointer=pointer)
    if text.startswith(STARTER):
        folder = starter_folder(text.removeprefix(STARTER))
    else:
        folder = reader.inside(text, place)
    if not folder.is_dir():
        reader.problems.append(
            error("no-folder", f"{pointer}: there is no folder {text!r}",
                  "correct the path, or write starter:plays or starter:templates", place)
        )  # fmt: skip
    return folder


def _templates(reader: Reader, folder: Path) -> dict[str, str]:
    out: dict[str, str] = {}
    for path in reader.files(folder / "packs", ".md"):
        text = reader.text(path)
        if text is not None:
            out[path.name] = text
    return out


def read_plan(path: Path, root: Path) -> PlanSource:
    """Reads one pitch plan; raises :class:`Stopped` with all that is wrong with its form."""
    reader = Reader(root)
    found = reader.shape(Plan, path.absolute())
    reader.stop_on_errors()
    if found is None:
        raise Stopped(reader.problems, Exit.INPUT)
    return PlanSource(*found)
