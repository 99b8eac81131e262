"""A workspace and its pitch plans, read whole: shapes and tables with their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from winlab.company import Company, read_company
from winlab.files import Reader
from winlab.inputs import (
    Plan,
    WorkspaceFile,
)
from winlab.library import Library, read_library
from winlab.problems import Exit, Place, Problem, Stopped, errors
from winlab.root import WORKSPACE_FILE
from winlab.source import Parsed


@dataclass(frozen=True)
class Workspace:
    """Everything but the pitch plan. ``templates`` holds texts by name under packs/.

    ``brand_folder`` holds brand.toml; it need not exist until something is drawn.
    """

    root: Path
    file: WorkspaceFile
    library: Library
    company: Company
    templates: Mapping[str, str]
    template_folder: Path
    brand_folder: Path
    problems: tuple[Problem, ...] = field(default=())


@dataclass(frozen=True)
class PlanSource:
    """A pitch plan with the places of its values."""

    plan: Plan
    parsed: Parsed

    def place(self, *pointer: str | int) -> Place:
        """Where a value of the plan stands."""
        return self.parsed.place(pointer)


def read_workspace(root: Path) -> Workspace:
    """Reads everything but the plans; raises :class:`Stopped` with all that is wrong."""
    workspace = survey_workspace(root)
    if errors(workspace.problems):
        raise Stopped(workspace.problems)
    return workspace


def survey_workspace(root: Path) -> Workspace:
    """As much of a workspace as can be read, with all that is wrong in the rest.

    Raises :class:`Stopped` only if winlab.toml cannot be read, or names folders that are not
    there.
    """
    reader = Reader(root)
    found = reader.toml(root / WORKSPACE_FILE)
    valid = found and reader.valid(WorkspaceFile, found)
    reader.stop_on_errors()
    assert valid
    file, parsed = valid
    named = file.workspace
    plays = reader.folder(named.plays, parsed.place(("workspace", "plays")))
    template_folder = reader.folder(named.templates, parsed.place(("workspace", "templates")))
    brand_folder = template_folder / "brand" if template_folder else None
    if named.brand is not None:
        brand_folder = reader.folder(named.brand, parsed.place(("workspace", "brand")))
    reader.stop_on_errors()
    assert plays is not None
    assert template_folder is not None
    assert brand_folder is not None
    library = read_library(reader, plays)
    company = read_company(reader, file.data, parsed, library) or Company({}, {}, {}, {})
    templates = _templates(reader, template_folder)
    return Workspace(
        root, file, library, company, templates, template_folder, brand_folder,
        tuple(reader.problems),
    )  # fmt: skip


def shown_templates(workspace: Workspace) -> str:
    """The templates' folder as it stands in messages."""
    return Reader(workspace.root).shown(workspace.template_folder)


def plan_files(workspace: Workspace) -> list[Path]:
    """The pitch plans of a workspace: in the folders `plans` at its root and beside its tables."""
    data = workspace.file.data
    beside = [(workspace.root / table).parent for table in (data.markets, data.accounts, data.reps)]
    reader = Reader(workspace.root)
    folders = dict.fromkeys(folder / "plans" for folder in (workspace.root, *beside))
    return [path for folder in folders for path in reader.files(folder, ".yaml")]


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
