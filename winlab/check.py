"""Everything that can be wrong before a run, across rules, content and templates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path, PurePosixPath

from winlab.check_packs import (
    coverage_problems,
    expiry_problems,
    language_problems,
    planned,
    translation_problems,
)
from winlab.check_rules import group_problems, rows_of_today, rule_problems
from winlab.check_templates import brand_problems, template_problems, template_set
from winlab.inputs import Industry, ProductText, Reference, ValueModel
from winlab.lab import Lab, working_day
from winlab.library import StudyData
from winlab.problems import Problem, error, errors
from winlab.read import Workspace, survey_workspace
from winlab.rulebook import compile_rules, try_rules
from winlab.validate import did_you_mean


def check(root: Path, as_of: date | None, day: date) -> list[Problem]:
    """All findings on a workspace; no stage waits for another to pass.

    The day to work for is ``as_of``, else the workspace's own, else ``day``. Raises
    :class:`winlab.problems.Stopped` only for a day beyond all plans, or where winlab.toml leaves
    nothing to look at.
    """
    workspace = survey_workspace(root)
    as_of = working_day(workspace, as_of, day)
    tried = try_rules(workspace)
    templates = template_set(workspace)
    now = rows_of_today(workspace, tried, as_of)
    plans, left_out = planned(workspace, tried, as_of)
    faulty = _faulty(workspace, [*workspace.problems, *tried.problems])

    def sound(*kinds: str) -> bool:
        return faulty.isdisjoint(kinds)

    found = [*workspace.problems, *tried.problems, *_content(workspace)]
    found = [problem for problem in found if sound(*_RESTS_ON.get(problem.code, ()))]
    found += rule_problems(
        workspace, tried, now, groups_known=sound("peer-groups"), plays_known=sound("plays")
    )
    if sound("peer-groups"):
        found += group_problems(workspace, tried, now, plays_known=sound("plays"))
    found += template_problems(workspace, templates, industries_known=sound("industries"))
    found += brand_problems(workspace)
    found += language_problems(workspace)
    found += expiry_problems(workspace, tried, templates, plans, as_of)
    if sound("peer-groups", "plays", "claims", "industries", "data"):
        found += [*left_out, *coverage_problems(workspace, tried, templates, plans, as_of)]
    if not errors([*workspace.problems, *tried.problems]):
        lab = Lab(workspace, compile_rules(workspace), as_of)
        found += translation_problems(lab, plans)
    return found


# ---------------------------------------------------------------- what follows from another fault

_RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "fact-unknown": ("facts",),
    "unknown-claim": ("claims",),
    "unknown-value-model": ("values",),
    "unknown-product": ("data", "products"),
    "unknown-market": ("data",),
    "unknown-account": ("data",),
    "unknown-kpi": ("kpis",),
    "unknown-assumption": ("industries",),
    "unknown-dose": ("products",),
    "unknown-industry": ("industries",),
    "unknown-service": ("services",),
}
"""What may only seem unknown because the file that should hold it cannot be read."""

_FOLDERS = {"industries", "products", "values", "studies", "services"}
_FILES = {"facts", "peer-groups", "claims", "references", "kpis"}


def _faulty(workspace: Workspace, problems: Iterable[Problem]) -> frozenset[str]:
    """The kinds of files with errors: "facts", "claims", "plays", "data" …"""
    data = workspace.file.data.model_dump().values()

    def kind(file: PurePosixPath) -> str:
        if file.parent.name in _FOLDERS:
            return file.parent.name
        if file.stem in _FILES:
            return file.stem
        if file.suffix == ".md":
            return "templates"
        return "data" if str(file) in data else "plays"

    return frozenset(kind(PurePosixPath(found.place.file)) for found in errors(problems))


# ---------------------------------------------------------------- content beside the plays


def _content(workspace: Workspace) -> Iterator[Problem]:
    """Ids in content that nothing answers to, and units that do not agree."""
    library = workspace.library

    def unknown(
        what: str, name: str, known: Collection[str], shape: type, owner: str, *at: str | int
    ) -> Iterator[Problem]:
        if name not in known:
            yield error(f"unknown-{what}", f"there is no {what.upper() if what == 'kpi' else what} "
                        f"{name!r}", did_you_mean(name, known),
                        library.place(shape, owner, *at))  # fmt: skip

    for industry in library.industries.values():
        for index, kpi in enumerate(industry.kpis):
            yield from unknown("kpi", kpi, library.kpis, Industry, industry.id, "kpis", index)
    for text in library.products.values():
        for index, name in enumerate(text.industries):
            yield from unknown(
                "industry", name, library.industries, ProductText, text.id, "industries", index
            )
    for reference in library.references.values():
        yield from unknown("industry", reference.industry, library.industries, Reference,
                           reference.id, "industry")  # fmt: skip
    for data in library.studies.values():
        study = data.study
        yield from unknown("industry", study.industry, library.industries, StudyData, study.id,
                           "industry")  # fmt: skip
        yield from unknown("product", study.product, library.products, StudyData, study.id,
                           "product")  # fmt: skip
    yield from _units(workspace)


def _units(workspace: Workspace) -> Iterator[Problem]:
    """Inputs of value models that count otherwise than their KPI does."""
    library = workspace.library
    for model in library.values.values():
        for name, source in model.inputs.items():
            kpi = library.kpis.get(source.kpi or source.peers or "")
            if kpi and source.unit != kpi.unit:
                yield error(
                    "unit-mismatch", f"{name} counts in {source.unit!r}, its KPI in {kpi.unit!r}",
                    f"write unit: {kpi.unit}, and mend the formulas",
                    library.place(ValueModel, model.id, "inputs", name, "unit"),
                )  # fmt: skip
