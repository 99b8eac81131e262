"""A workspace made ready to decide plans: the rules compiled, the rest read when it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from winlab.as_of import AsOf
from winlab.decide import Decision, decide, group_markets
from winlab.drawings import Drawings
from winlab.facts import FIRST_DAY, LAST_DAY
from winlab.inputs import PdfEngine
from winlab.pitch import resolve
from winlab.problems import Exit, Problem, Stopped, error
from winlab.read import PlanSource, Workspace, read_plan, read_workspace, shown_templates
from winlab.rulebook import Rulebook, compile_rules

if TYPE_CHECKING:
    from winlab.brand import Brand
    from winlab.compose import TemplateSet


@dataclass(frozen=True)
class Lab:
    """A workspace with its compiled rules and the day to work for.

    ``day_asked``: the day was asked for with this run, it is not the workspace's own or today.
    ``engine_asked`` is the engine asked for with this run, ``drawings`` what was drawn before.
    What only packs and `check` need is read at its first use.
    """

    workspace: Workspace
    rules: Rulebook
    as_of: date
    day_asked: bool = False
    engine_asked: PdfEngine | None = None
    drawings: Drawings = field(default_factory=Drawings)

    @property
    def pdf_engine(self) -> PdfEngine:
        """What sets the pages of a PDF: the engine asked for, else the workspace's own."""
        return self.engine_asked or self.workspace.file.workspace.pdf_engine

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """The peer group of every market that has one for certain."""
        return self._grouped[0]

    @property
    def groups_turn(self) -> date | None:
        """The day from which the groups may be others, since data grow too old."""
        return self._grouped[1]

    @cached_property
    def _grouped(self) -> tuple[Mapping[str, str], date | None]:
        as_of = AsOf.of(self.as_of)
        return group_markets(self.workspace, self.rules, as_of), as_of.turns

    @property
    def brand(self) -> Brand:
        """Colours, fonts and logo; raises :class:`Stopped` with all that is wrong with them."""
        return self._brand_read[0]

    @property
    def brand_problems(self) -> Sequence[Problem]:
        """What is odd about the brand."""
        return self._brand_read[1]

    @cached_property
    def _brand_read(self) -> tuple[Brand, list[Problem]]:
        from winlab.brand import read_brand

        workspace = self.workspace
        brand, problems = read_brand(workspace.brand_folder, workspace.template_folder)
        return replace(brand, drawings=self.drawings), problems

    @cached_property
    def templates(self) -> TemplateSet:
        """The templates, with their paths as messages show them."""
        from winlab.compose import TemplateSet

        charts = frozenset({*self.brand.charts, *self.brand.faults})
        shown = shown_templates(self.workspace)
        return TemplateSet(self.workspace.templates, f"{shown}/packs", charts)


def open_lab(
    root: Path, as_of: date | None, today: date, pdf_engine: PdfEngine | None = None,
    drawings: Path | None = None,
) -> Lab:  # fmt: skip
    """Reads and compiles a workspace; raises :class:`Stopped` with all that is wrong.

    The day to work for is ``as_of``, else the workspace's own, else today. Charts are kept in
    the folder ``drawings``, if there is one.
    """
    workspace = read_workspace(root)
    day = working_day(workspace, as_of, today)
    rules = compile_rules(workspace)
    return Lab(workspace, rules, day, as_of is not None, pdf_engine, Drawings(drawings))


def working_day(workspace: Workspace, as_of: date | None, today: date) -> date:
    """The day to work for: ``as_of``, else the workspace's own, else today.

    Raises :class:`Stopped` for one beyond all plans.
    """
    day = as_of or workspace.file.workspace.as_of or today
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Stopped(
            [
                error("day-out-of-range", f"the day to work for cannot be {day}",
                      f"choose a day from {FIRST_DAY.year} to {LAST_DAY.year}")
            ],
            Exit.USAGE,
        )  # fmt: skip
    return day


def decide_plan(lab: Lab, path: Path) -> Decision:
    """Reads a plan and decides it; raises :class:`Stopped` if it cannot be resolved."""
    return decide_source(lab, read_plan(path, lab.workspace.root), lab.as_of)


def decide_source(lab: Lab, source: PlanSource, as_of: date) -> Decision:
    """Decides a plan; raises :class:`Stopped` if it cannot be resolved."""
    return decide(resolve(source, lab.workspace, as_of), lab.workspace, lab.rules, as_of)
