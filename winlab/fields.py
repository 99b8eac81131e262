"""The names that a template, a plan or a rule may use: meaning, unit, example, audience. Pure."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Union, get_args, get_origin

from winlab.brief import CustomerBrief, RepBrief
from winlab.document import decimal_text
from winlab.inputs import Shape
from winlab.read import Workspace

ROLE_OF_REP = "coach"


@dataclass(frozen=True)
class Field:
    """One name. A list's entries are written ``name[]``."""

    name: str
    meaning: str
    type: str
    unit: str = ""
    example: str = ""
    audience: str = ""


def template_fields(role: str) -> list[Field]:
    """What a role's template may print; the coach sheet sees more."""
    brief = RepBrief if role == ROLE_OF_REP else CustomerBrief
    audience = "rep" if role == ROLE_OF_REP else "customer"
    return list(_fields(brief, "", audience))


def _fields(shape: type[Shape], prefix: str, audience: str) -> Iterator[Field]:
    for name, info in shape.model_fields.items():
        dotted = f"{prefix}{name}"
        inner, listed = _unwrapped(info.annotation)
        dotted += "[]" if listed else ""
        if isinstance(inner, type) and issubclass(inner, Shape):
            meaning = (inspect.getdoc(inner) or "").split("\n\n")[0].replace("\n", " ")
            yield Field(dotted, meaning, "list" if listed else "group", audience=audience)
            yield from _fields(inner, f"{dotted}.", audience)
        else:
            yield Field(dotted, "", _type_name(inner), audience=audience)


def _unwrapped(annotation: object) -> tuple[object, bool]:
    """A field's own type, and whether there is a list of it."""
    if get_origin(annotation) in (Union, types.UnionType):
        kept = [arg for arg in get_args(annotation) if arg is not type(None)]
        return _unwrapped(kept[0])
    if get_origin(annotation) is tuple:
        inner, _ = _unwrapped(get_args(annotation)[0])
        return inner, True
    return annotation, False


def _type_name(annotation: object) -> str:
    names = {"str": "text", "Decimal": "number", "int": "number", "date": "date", "bool": "yes/no"}
    if get_origin(annotation) is dict:
        return "names and values"
    return names.get(getattr(annotation, "__name__", ""), "value")


def known_names(role: str) -> frozenset[str]:
    """The dotted names of :func:`template_fields`; names below a dict are open."""
    return frozenset(field.name for field in template_fields(role))


def kpi_fields(workspace: Workspace) -> list[Field]:
    """The KPIs that a plan's baseline may give."""
    examples: Mapping[str, str] = {
        name: decimal_text(account.kpis[name])
        for account in workspace.company.accounts.values()
        for name in account.kpis
    }
    return [
        Field(name, f"{_text(kpi.label)}: {kpi.about}", "number", kpi.unit,
              examples.get(name, ""), "customer")
        for name, kpi in workspace.library.kpis.items()
    ]  # fmt: skip


def fact_fields(workspace: Workspace) -> list[Field]:
    """The facts that a rule may test."""
    out: list[Field] = []
    for fact in workspace.library.facts:
        example = ", ".join(fact.values[:3])
        out.append(
            Field(fact.name, fact.label, fact.type.value, fact.unit, example, fact.audience.value)
        )
    return out


def _text(words: object) -> str:
    return words if isinstance(words, str) else str(next(iter(words.values())))  # type: ignore[attr-defined]
