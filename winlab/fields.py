"""The names that a template, a plan or a rule may use: meaning, unit, example, audience. Pure."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Union, get_args, get_origin

from pydantic.fields import FieldInfo

from winlab.brief import CustomerBrief, RepBrief, Told
from winlab.document import decimal_text
from winlab.facts import Fact, FactType, Value
from winlab.industry_brief import IndustryBrief
from winlab.inputs import Observed, Role, Shape
from winlab.problems import Exit, Stopped, error
from winlab.read import INDUSTRY, Workspace
from winlab.rulebook import derived_facts
from winlab.validate import did_you_mean

COACH = "coach"


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
    """What a role's template may print; the coach sheet sees more, an industry pack no customer.

    Raises :class:`Stopped` for a role that there is not.
    """
    roles = [*(known.value for known in Role), COACH, INDUSTRY]
    if role not in roles:
        raise Stopped(
            [error("usage", f"there is no role {role!r}", did_you_mean(role, roles))],
            Exit.USAGE,
        )
    briefs: Mapping[str, type[Shape]] = {COACH: RepBrief, INDUSTRY: IndustryBrief}
    brief = briefs.get(role, CustomerBrief)
    return list(_fields(brief, "", "rep" if role == COACH else "customer"))


def _fields(shape: type[Shape], prefix: str, audience: str) -> Iterator[Field]:
    for name, info in shape.model_fields.items():
        inner, listed = _unwrapped(info.annotation)
        dotted = f"{prefix}{name}" + ("[]" if listed else "")
        told = _told(info)
        if isinstance(inner, type) and issubclass(inner, Shape):
            meaning = told.meaning if told else _about(inner)
            yield Field(dotted, meaning, "list" if listed else "group", audience=audience)
            yield from _fields(inner, f"{dotted}.", audience)
        elif told:
            example = told.example or _TYPICAL.get(inner, "")
            yield Field(dotted, told.meaning, _type_name(inner), told.unit, example, audience)
        else:
            yield Field(dotted, "", _type_name(inner), audience=audience)


_TYPICAL: Mapping[object, str] = {bool: "true", date: "2026-11-03"}
"""What stands for a type whose names need no example of their own."""


def _told(info: FieldInfo) -> Told | None:
    return next((item for item in info.metadata if isinstance(item, Told)), None)


def _about(shape: type[Shape]) -> str:
    return (inspect.getdoc(shape) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")


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
    """The KPIs that a plan's baseline may give, with what an account of today has."""
    examples: dict[str, str] = {}
    for account in workspace.company.accounts.values():
        for name, value in account.kpis.items():
            examples.setdefault(name, decimal_text(value))
    return [
        Field(name, f"{_text(kpi.label)}: {kpi.about}", "number", kpi.unit,
              examples.get(name, ""), "customer")
        for name, kpi in workspace.library.kpis.items()
    ]  # fmt: skip


def fact_fields(workspace: Workspace) -> list[Field]:
    """The facts that a rule may test, with a value of today's data."""
    return [
        Field(fact.name, fact.label, fact.type.value, fact.unit, _example(fact, workspace),
              fact.audience.value)
        for fact in derived_facts(workspace.library, workspace)
    ]  # fmt: skip


def _example(fact: Fact, workspace: Workspace) -> str:
    """The values that a fact may have; else one that today's data hold, or its domain's end."""
    if fact.values:
        return ", ".join(fact.values[:3])
    company = workspace.company
    rows: dict[str, list[Mapping[str, Observed]]] = {
        "market": [market.facts for market in company.markets.values()],
        "account": [account.facts for account in company.accounts.values()],
        "product": [product.facts for product in company.products.values()],
    }
    for observed in rows.get(fact.entity, []):
        if fact.name in observed:
            return _shown(observed[fact.name].value)
    if fact.type is FactType.NUMBER and fact.domain and fact.domain.low is not None:
        return decimal_text(fact.domain.low)
    return "true" if fact.type is FactType.BOOLEAN else ""


def _shown(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return decimal_text(value)
        case date():
            return value.isoformat()
    return value


def _text(words: str | Mapping[str, str]) -> str:
    return words if isinstance(words, str) else next(iter(words.values()))
