"""What can be seen to be wrong with templates, charts and brand before any pack is made."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from winlab.brand import Brand, read_brand
from winlab.charts import svg
from winlab.compose import FrontMatter, TemplateSet, front_matter, names_used
from winlab.document import Figure
from winlab.facts import Audience
from winlab.fields import COACH, known_names
from winlab.inputs import PdfEngine, Role
from winlab.problems import Place, Problem, Stopped, error, warning
from winlab.read import INDUSTRY, Workspace, shown_templates
from winlab.root import STARTER
from winlab.templates import STANDARD, merged
from winlab.uses import file_problems, macro_problems, title_problems
from winlab.validate import did_you_mean
from winlab.writers.engine import engine

_NAME = re.compile(
    r"(?P<role>[a-z0-9-]+)(\.(?P<industry>[A-Za-z0-9_-]+))?(@(?P<language>[a-z]{2}))?\.md"
)
_SHORT = "-brief"
"""A role's second template, for less to tell: `rnd-manager-brief.md`."""


def template_set(workspace: Workspace) -> TemplateSet:
    """The templates of a workspace, with the folder that messages name."""
    charts = frozenset(path.stem for path in (workspace.template_folder / "charts").glob("*.json"))
    return TemplateSet(workspace.templates, f"{shown_templates(workspace)}/packs", charts)


def template_problems(
    workspace: Workspace, templates: TemplateSet, *, industries_known: bool
) -> list[Problem]:
    """All findings on templates, each cause once."""
    if not templates.files:
        return [
            error("no-templates", "there are no templates", "write one for each role, and coach.md",
                  Place(templates.folder))
        ]  # fmt: skip
    found: list[Problem] = []
    if f"{COACH}.md" not in templates.files:
        found.append(
            error("no-template", "there is no coach.md, and every plan gets a coach sheet",
                  "write it, or copy the one that ships with winlab", Place(templates.folder))
        )  # fmt: skip
    for name in sorted(templates.files):
        own = file_problems(templates, name)
        found += own
        if name.startswith("_") or any(problem.code == "template-missing" for problem in own):
            continue
        found += title_problems(templates, name)
        found += _name_problems(workspace, templates, name, industries_known=industries_known)
        try:
            found += [*_brief_problems(templates, name), *macro_problems(templates, name)]
        except Stopped as stopped:
            found += stopped.problems
    return _once(found)


def _once(problems: Collection[Problem]) -> list[Problem]:
    """Without what is told twice because several templates build on one file."""
    return list(dict.fromkeys(problems))


# ---------------------------------------------------------------- names of files, front matter


def _name_problems(
    workspace: Workspace, templates: TemplateSet, name: str, *, industries_known: bool
) -> Iterator[Problem]:
    """Whether a file's name, its front matter and the workspace agree."""
    parts = _NAME.fullmatch(name)
    file = templates.place(name)
    if parts is None:
        yield error(
            "template-name", f"{name!r} is no name of a template",
            "name it role.md, role.industry.md or role@de.md; what others include starts with _",
            file,
        )  # fmt: skip
        return
    try:
        matter = front_matter(templates, name)
    except Stopped:
        return  # told with the title
    standard = parts["role"].startswith(STANDARD)
    role = parts["role"].removeprefix(STANDARD).removesuffix(_SHORT)
    known = [*(role.value for role in Role), COACH]
    if role not in known:
        yield error("unknown-role", f"no contact can have the role {role!r}",
                    did_you_mean(role, known), file)  # fmt: skip
        return
    audience = Audience.REP if role == COACH else Audience.CUSTOMER
    language = parts["language"] or workspace.file.workspace.language
    kind = INDUSTRY if standard else "customer"
    wanted = (("kind", kind, matter.kind),
              ("role", role, matter.role), ("audience", audience, matter.audience),
              ("language", language, matter.language))  # fmt: skip
    for field, here, there in wanted:
        if here != there:
            yield error(
                "template-misfit", f"by its name the template is for {field} {here}, its front "
                f"matter says {there}", f"write {field}: {here}, or rename the file",
                _place(templates, name, field),
            )  # fmt: skip
    industry = parts["industry"]
    industries = workspace.library.industries
    if industry and industry not in industries:
        # Templates that ship with winlab may serve industries that are none of this company's.
        if industries_known and not templates.folder.startswith(STARTER):
            yield error("unknown-industry", f"there is no industry {industry!r}",
                        did_you_mean(industry, industries), file)  # fmt: skip
    elif industry != matter.industry:
        yield error(
            "template-misfit", f"by its name the template is for "
            f"{industry or 'every industry'}, its front matter says "
            f"{matter.industry or 'every industry'}",
            f"write industry: {industry}" if industry else "take industry out, or rename the file",
            _place(templates, name, "industry"),
        )  # fmt: skip


def _place(templates: TemplateSet, name: str, field: str) -> Place:
    """Where a line of the front matter stands, in the template or in the one that it extends."""
    return merged(templates, name)[0].place((field,))


# ---------------------------------------------------------------- names within


def _brief_problems(templates: TemplateSet, name: str) -> Iterator[Problem]:
    """Names that the template's brief does not have."""
    matter: FrontMatter = front_matter(templates, name)
    role = COACH if matter.audience is Audience.REP else Role.FACTORY_MANAGER.value
    role = INDUSTRY if matter.kind == INDUSTRY else role
    known, internal = known_names(role), known_names(COACH)
    for dotted, place in names_used(templates, name):
        if is_known(dotted, known):
            continue
        if is_known(dotted, internal):
            yield error("internal-name", f"{dotted!r} is not for this template's readers",
                        "take it out", place)  # fmt: skip
        else:
            yield error("unknown-name", f"the brief has no {dotted!r}",
                        did_you_mean(dotted, known), place)  # fmt: skip


_OPEN = {"words", "industry.symbols", "industry.requirements[]"}
"""Mappings of the brief: the names below them are content, not shape."""


def is_known(dotted: str, known: Collection[str]) -> bool:
    """Whether a brief has a name, as templates write it."""
    whole = dotted.removesuffix("[]")
    return (
        whole in known
        or dotted in known
        or f"{dotted}[]" in known
        or dotted.rpartition(".")[0] in _OPEN
    )


# ---------------------------------------------------------------- brand and charts


def brand_problems(workspace: Workspace) -> list[Problem]:
    """What is wrong with brand and charts: files, looks, and what cannot be drawn."""
    try:
        brand, found = read_brand(workspace.brand_folder, workspace.template_folder)
        pdf_engine = workspace.file.workspace.pdf_engine
        found += [*brand.faults.values(), *_chart_problems(brand)]
        found += _look_problems(brand, pdf_engine)
    except Stopped as stopped:
        found = list(stopped.problems)
    return [
        replace(problem, place=replace(problem.place, file=_shown(workspace, problem.place.file)))
        for problem in found
    ]


def _shown(workspace: Workspace, file: str) -> str:
    """A file of the brand or of the charts as messages show it."""
    own, root = workspace.brand_folder, workspace.root
    chosen = own.parent != workspace.template_folder and own.is_relative_to(root)
    if chosen and file.startswith(f"{own.name}/"):
        return (own.parent.relative_to(root) / file).as_posix()
    return f"{shown_templates(workspace)}/{file}"


def _chart_problems(brand: Brand) -> Iterator[Problem]:
    """Charts that cannot be drawn, tried without rows."""
    for name in brand.charts:
        try:
            svg(Figure(chart=name, data=(), params={}, width=480, height=320, alt=name), brand)
        except Stopped as stopped:
            yield from (found for found in stopped.problems if found.code != "chart-room")


def _look_problems(brand: Brand, pdf_engine: PdfEngine) -> Iterator[Problem]:
    """What the engine cannot follow in the brand's style sheet or theme."""
    try:
        yield from engine(pdf_engine).faults(brand)
    except Stopped as stopped:
        for problem in stopped.problems:
            yield warning(
                "no-pdf-engine", f"the brand's look is not tried: {problem.message}", problem.hint,
                Place(brand.css_file),
            )  # fmt: skip
