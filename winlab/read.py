"""A workspace and its pitch plans, read whole: shapes and tables with their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from winlab.company import Company, read_company
from winlab.files import Reader
from winlab.inputs import (
    IndustryPlan,
    Plan,
    Role,
    WorkspaceFile,
)
from winlab.library import Library, read_library
from winlab.problems import Exit, Place, Problem, Stopped, error, errors
from winlab.root import WORKSPACE_FILE
from winlab.source import Parsed

INDUSTRY = "industry"


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

    @property
    def name(self) -> str:
        """The plan's name, which is that of its folder."""
        return self.plan.plan

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that it asks a pack for."""
        return self.plan.packs

    @property
    def rep(self) -> str:
        """The rep's id."""
        return self.plan.rep

    @property
    def meeting(self) -> str:
        """The day of the meeting, as 2027-01-14."""
        return self.plan.meeting.isoformat()

    @property
    def whose(self) -> tuple[str, str]:
        """The account's id, or the name of a customer that has none."""
        account = self.plan.account
        return (account, "") if isinstance(account, str) else ("", account.new)


@dataclass(frozen=True)
class IndustrySource:
    """A plan for an industry, with the places of its values."""

    plan: IndustryPlan
    parsed: Parsed

    def place(self, *pointer: str | int) -> Place:
        """Where a value of the plan stands."""
        return self.parsed.place(pointer)

    @property
    def name(self) -> str:
        """The plan's name, which is that of its folder."""
        return self.plan.plan

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that it asks a pack for."""
        return self.plan.roles

    @property
    def rep(self) -> str:
        """The id of the rep who answers; empty if none is named."""
        return self.plan.rep or ""

    @property
    def meeting(self) -> str:
        """Empty: there is no meeting, so it is never over."""
        return ""

    @property
    def whose(self) -> tuple[str, str]:
        """The industry in the place of a customer."""
        return "", self.plan.industry


@dataclass(frozen=True)
class Opened:
    """A workspace file with its places, and the folders that it names."""

    file: WorkspaceFile
    parsed: Parsed
    plays: Path
    templates: Path
    brand: Path


def open_workspace(reader: Reader) -> Opened:
    """Reads winlab.toml; raises :class:`Stopped` with all that is wrong with it."""
    found = reader.toml(reader.root / WORKSPACE_FILE)
    valid = found and reader.valid(WorkspaceFile, found)
    reader.stop_on_errors()
    assert valid
    file, parsed = valid
    named = file.workspace
    plays = reader.folder(named.plays, parsed.place(("workspace", "plays")))
    templates = reader.folder(named.templates, parsed.place(("workspace", "templates")))
    brand = templates / "brand" if templates else None
    if named.brand is not None:
        brand = reader.folder(named.brand, parsed.place(("workspace", "brand")))
    reader.stop_on_errors()
    assert plays is not None
    assert templates is not None
    assert brand is not None
    return Opened(file, parsed, plays, templates, brand)


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
    opened = open_workspace(reader)
    data = opened.file.data
    library = read_library(reader, opened.plays)
    company = read_company(reader, data, opened.parsed, library) or Company({}, {}, {}, {})
    templates = _templates(reader, opened.templates)
    return Workspace(
        root, opened.file, library, company, templates, opened.templates, opened.brand,
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
    """Reads one pitch plan; raises :class:`Stopped` with all that is wrong with its form.

    A plan for an industry is none: there is no customer to decide on.
    """
    source = read_any_plan(path, root)
    if isinstance(source, IndustrySource):
        raise Stopped(
            [
                error("industry-plan", f"{source.plan.plan} is a plan for an industry: it has no "
                      "customer, so there is nothing to decide",
                      "make its standard packs with winlab pack, or name the plan of a customer",
                      source.place("kind"))
            ]
        )  # fmt: skip
    return source


def read_any_plan(path: Path, root: Path) -> PlanSource | IndustrySource:
    """Reads a plan of either kind; raises :class:`Stopped` with all that is wrong with its form."""
    reader = Reader(root)
    parsed = reader.yaml(path.absolute())
    found = _planned(reader, parsed) if parsed else None
    reader.stop_on_errors()
    if found is None:
        raise Stopped(reader.problems, Exit.INPUT)
    return found


def _planned(reader: Reader, parsed: Parsed) -> PlanSource | IndustrySource | None:
    """A tree as the plan that its ``kind`` says; without one it is a customer's."""
    tree = parsed.tree
    if not isinstance(tree, dict) or "kind" not in tree:
        pitch = reader.valid(Plan, parsed)
        return PlanSource(*pitch) if pitch else None
    if tree["kind"] != INDUSTRY:
        reader.problems.append(
            error("unknown-value", f"kind: {tree['kind']!r} is not possible here",
                  "write kind: industry, or leave the line out for a customer's plan",
                  parsed.place(("kind",)))
        )  # fmt: skip
        return None
    standard = reader.valid(IndustryPlan, parsed)
    return IndustrySource(*standard) if standard else None
