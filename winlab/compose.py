"""Template + brief → Document."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from babel import Locale

from winlab.directives import read_pages, read_words
from winlab.document import Document, Goal, Source, notes_on
from winlab.facts import Audience
from winlab.marks import Data, Marks, Untold, one_line, traced
from winlab.phrases import GLOBALS, Job, current
from winlab.problems import Place, Problem, Stopped, error, errors
from winlab.templates import (
    TITLE,
    FrontMatter,
    TemplateSet,
    environment,
    front_matter,
    problems_of,
    title_place,
)
from winlab.uses import names_used
from winlab.wording import UNTOLD, keep_together

__all__ = [
    "FrontMatter",
    "Setting",
    "TemplateSet",
    "compose",
    "front_matter",
    "names_used",
]

_serials = itertools.count(1)


@dataclass(frozen=True)
class Setting:
    """What the Document takes from the job besides the template and its brief.

    ``locale`` is as babel writes it: "en_US". ``running`` is the running head. ``untold`` are
    the problems behind the marks of :data:`winlab.wording.UNTOLD` in the brief.
    """

    language: str
    locale: str
    role: str
    audience: Audience
    company: str
    customer: str
    running: str
    confidentiality: str
    goals: tuple[Goal, ...] = ()
    untold: Sequence[Problem] = ()


def _plain(value: object, name: str, untold: Sequence[Problem]) -> Data:
    """A copy that holds nothing but data. Raises TypeError for anything else."""
    match value:
        case Enum():
            return _plain(value.value, name, untold)
        case str():
            return _told(value, untold)
        case None | bool() | int() | float() | Decimal() | date():
            return value
        case Mapping():
            return {str(key): _plain(held, f"{name}.{key}", untold) for key, held in value.items()}
        case list() | tuple():
            return [_plain(held, f"{name}[]", untold) for held in value]
    raise TypeError(f"the brief's {name.removeprefix('.')} is a {type(value).__name__}, not data")


def _told(text: str, untold: Sequence[Problem]) -> str:
    """A line of text; where a sentence in it is untold, printing it will be a problem."""
    if UNTOLD.search(text) is None:
        return one_line(text)
    problems = tuple(untold[int(number)] for number in UNTOLD.findall(text))
    return Untold.of(one_line(UNTOLD.sub("", text)), problems)


def _noted(source: Source, locale: Locale) -> Source:
    return source.model_copy(update={"text": keep_together(source.text, locale)})


def _misfits(matter: FrontMatter, setting: Setting, place: Place) -> list[Problem]:
    wanted = (
        ("audience", matter.audience, setting.audience),
        ("role", matter.role, setting.role),
        ("language", matter.language, setting.language),
    )
    return [
        error(
            "template-misfit",
            f"the template is for {name} {has}, the pack for {asked}",
            "choose the template that fits, or correct its front matter",
            place,
        )
        for name, has, asked in wanted
        if has != asked
    ]


def compose(
    templates: TemplateSet, name: str, brief: Mapping[str, object], setting: Setting
) -> tuple[Document, list[Problem]]:
    """The Document that a template makes of a brief, with remarks on what it left out.

    Raises Stopped with everything found: an unknown name, a refusal, markup that a pack cannot
    hold. ``brief`` is plain data: a line break in it becomes a space, control characters go.
    """
    locale = Locale.parse(setting.locale)
    if locale.language != setting.language:
        raise ValueError(f"the locale {setting.locale} does not write {setting.language!r}")
    data = {key: _plain(value, key, setting.untold) for key, value in brief.items()}
    if taken := sorted(set(data) & set(GLOBALS)):
        raise ValueError(f"the brief uses names of the template language: {', '.join(taken)}")
    matter = front_matter(templates, name)
    if problems := _misfits(matter, setting, templates.place(name, 1)):
        raise Stopped(problems)
    jinja = environment(templates)
    job = Job(locale, Marks(next(_serials)), templates.place)
    reset = current.set(job)
    try:
        with problems_of(templates, data, name):
            body = jinja.get_template(name).render(data)
            title = jinja.get_template(name + TITLE).render(data)
    finally:
        current.reset(reset)

    def place(file: int, line: int) -> Place:
        return templates.place(jinja.file_names[file], line)

    try:
        pages, found = read_pages(*traced(body, place), job.marks, data, locale, templates.charts)
        words, more = read_words(title.strip(), title_place(templates, name), job.marks, locale)
    except RecursionError:
        raise Stopped(
            [error("template-loop", "directives or lists are nested too deep",
                   "put fewer into each other", templates.place(name))]
        ) from None  # fmt: skip
    problems = [*job.problems, *found, *more]
    if errors(problems):
        raise Stopped(problems)
    noted = dict.fromkeys(source for page in pages for source in notes_on(page))
    document = Document(
        title=words,
        language=setting.language,
        locale=setting.locale,
        role=setting.role,
        audience=setting.audience,
        company=one_line(setting.company),
        customer=one_line(setting.customer),
        running=one_line(setting.running),
        confidentiality=one_line(setting.confidentiality),
        goals=tuple(
            Goal(label=one_line(goal.label), value=one_line(goal.value)) for goal in setting.goals
        ),
        pages=pages,
        sources=tuple(_noted(job.marks.sources[source], locale) for source in noted),
    )
    return document, problems
