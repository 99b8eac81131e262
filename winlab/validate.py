"""A tree of source text → a shape; pydantic's errors become problems with place and fix."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from winlab.inputs import quoted
from winlab.problems import Problem, error
from winlab.source import Parsed, Pointer, Tree

T = TypeVar("T")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The likeliest intended word as a question, else the known ones."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word.lower(), [n.lower() for n in names], n=1, cutoff=0.6)
    if close:
        return f"did you mean {next(n for n in names if n.lower() == close[0])!r}?"
    if 0 < len(names) <= 30:
        return "known: " + ", ".join(names)
    return ""


def validate(
    shape: type[T], parsed: Parsed, pointer: Pointer = ()
) -> tuple[T | None, list[Problem]]:
    """The part of a tree at ``pointer`` as a shape, or all that is wrong with it."""
    tree = _at(parsed.tree, pointer)
    try:
        return TypeAdapter(shape).validate_python(tree), []
    except ValidationError as exc:
        found: dict[tuple[Pointer, str], Problem] = {}
        for details in _relevant(exc.errors(include_url=False), tree):
            where = _pointer(details, tree)
            problem = _problem(details, (*pointer, *where), shape, parsed, where)
            found.setdefault((where, problem.code), problem)
        return None, _without_misspelt(found)


def _at(tree: Tree, pointer: Pointer) -> Tree:
    for step in pointer:
        if isinstance(tree, dict):
            tree = tree.get(str(step))
        elif isinstance(tree, list):
            tree = tree[int(step)]
    return tree


def _pointer(details: ErrorDetails, tree: Tree) -> Pointer:
    """A location without the tags that pydantic adds for members of a union."""
    loc = details["loc"]
    names_a_field = details["type"] in ("missing", "extra_forbidden")
    out: list[str | int] = []
    node = tree
    for index, step in enumerate(loc):
        if isinstance(node, dict) and step in node:
            node = node[str(step)]
            out.append(step)
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
            out.append(step)
        elif index == len(loc) - 1 and names_a_field:
            out.append(step)
    return tuple(out)


def _relevant(details: list[ErrorDetails], tree: Tree) -> list[ErrorDetails]:
    """Of a union's complaints, those of the member that was meant: the one that goes deepest.

    A mapping where text was possible too is meant as the mapping, and the other way round.
    """
    by_place: dict[Pointer, list[ErrorDetails]] = {}
    for item in details:
        by_place.setdefault(_pointer(item, tree), []).append(item)
    kept: list[ErrorDetails] = []
    wrong_kind = {"string_type", "model_type", "dict_type", "mapping_type", "tuple_type",
                  "literal_error", "is_instance_of"}  # fmt: skip
    for place, items in by_place.items():
        deeper = any(len(other) > len(place) and other[: len(place)] == place for other in by_place)
        right = [item for item in items if item["type"] not in wrong_kind]
        if deeper:  # pydantic counts a list without its bad entries
            right = [item for item in right if item["type"] != "too_short"]
        if deeper and not right:
            continue
        choice = [item for item in items if item["type"] == "literal_error"]
        meant = right or (choice if isinstance(items[0].get("input"), str) else []) or items
        kept.extend(meant[:1])
    return kept


def _without_misspelt(problems: Mapping[tuple[Pointer, str], Problem]) -> list[Problem]:
    """A misspelt field is one cause: the complaint that the right one is missing goes."""
    out = dict(problems)
    for (where, code), problem in problems.items():
        if code == "unknown-field":
            meant = problem.hint.removeprefix("did you mean '").removesuffix("'?")
            out.pop(((*where[:-1], meant), "missing-field"), None)
    return list(out.values())


_FIXES = {
    "date_type": "write a date like 2026-12-01",
    "decimal_parsing": "write a number with a point, like 4.45",
    "decimal_type": "write a number with a point, like 4.45",
    "finite_number": "write a number with a point, like 4.45",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "int_type": "write a whole number",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
}
_EXPECTED = {
    "date_type": "is not a date",
    "decimal_parsing": "is not a number",
    "decimal_type": "is not a number",
    "finite_number": "is not a number",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "int_type": "is not a whole number",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
}


def _problem(
    details: ErrorDetails, pointer: Pointer, shape: object, parsed: Parsed, where: Pointer
) -> Problem:
    kind = details["type"]
    name = ".".join(map(str, where)) or "the file"
    value = details.get("input")
    shown = "nothing" if value is None else quoted(value) if isinstance(value, str) else "this"
    context: Mapping[str, Any] = details.get("ctx", {})
    place = parsed.place(pointer)
    if details["loc"] and details["loc"][-1] == "[key]":
        place = parsed.key_place(pointer)
    if "hint" in context:  # a check of our own: see inputs.refusal
        return error(kind, f"{name}: {context['message']}", context["hint"], place)
    match kind:
        case "missing":
            return error(
                "missing-field", f"{name!r} is missing", f"add the line  {where[-1]}: …",
                parsed.place(pointer[:-1]),
            )  # fmt: skip
        case "extra_forbidden" | "string_type" if value is None and " " in str(where[-1]):
            return error(
                "text-cut-at-comma", f"the text before {str(where[-1])!r} ends at its comma",
                "put quotes around the whole text", parsed.key_place(pointer),
            )  # fmt: skip
        case "extra_forbidden":
            known = _fields_at(shape, where[:-1])
            return error(
                "unknown-field", f"there is no field {where[-1]!r} here",
                did_you_mean(str(where[-1]), known) or "delete the line",
                parsed.key_place(pointer),
            )  # fmt: skip
        case "enum" | "literal_error":
            known = _choices(_annotation_at(shape, where))
            return error(
                "unknown-value", f"{name}: {shown} is not possible here",
                did_you_mean(str(value), known) or f"write {context.get('expected', '')}", place,
            )  # fmt: skip
        case "string_type":
            hint = "write the text behind the colon"
            if isinstance(value, list) and all(isinstance(part, str) for part in value):
                hint = f"put quotes around it: '[{', '.join(value)}]'"
            elif isinstance(value, (dict, list)):
                hint = "put quotes around the text if it holds a colon or starts with [ or {"
            return error("wrong-type", f"{name}: text is expected, not {shown}", hint, place)
        case "model_type" | "dict_type" | "mapping_type" | "model_attributes_type":
            known = _fields_at(shape, where)
            hint = f"fields here: {', '.join(known)}" if known else "write name: value pairs"
            return error(
                "wrong-type", f"{name}: named fields are expected, not {shown}", hint, place
            )
        case "tuple_type" | "list_type":
            return error(
                "wrong-type", f"{name}: a list is expected, not {shown}",
                "write [one, two], or a line with - for each", place,
            )  # fmt: skip
        case "too_short" | "too_long" | "string_too_short" | "string_too_long":
            return error(
                "wrong-length", f"{name}: {_length(kind, context)}",
                "shorten it" if "long" in kind else "fill it in", place,
            )  # fmt: skip
        case "decimal_max_digits" | "decimal_whole_digits" | "int_parsing_size":
            return error(
                "out-of-range",
                f"{name}: {shown} has more than {context.get('max_digits', 18)} digits",
                "correct the number", place,
            )  # fmt: skip
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            return error(
                "out-of-range", f"{name}: {shown}: {details['msg'].lower()}", "correct the number",
                place,
            )  # fmt: skip
    if kind in _EXPECTED:
        hint = _FIXES[kind]
        if "number" in _EXPECTED[kind] and isinstance(value, str) and "," in value:
            hint = f"write {value.replace(',', '.')}" if value.count(",") == 1 else hint
        return error("wrong-type", f"{name}: {shown} {_EXPECTED[kind]}", hint, place)
    return error("invalid", f"{name}: {details['msg']}", "correct the value", place)


def _length(kind: str, context: Mapping[str, Any]) -> str:
    """How long a text or a list has to be."""
    one, many = ("character", "characters") if "string" in kind else ("entry", "entries")
    least, most = context.get("min_length"), context.get("max_length")
    if "long" in kind:
        return f"it takes at most {most} {one if most == 1 else many}"
    return f"it needs at least {least} {one if least == 1 else many}"


def _annotation_at(shape: object, where: Pointer) -> object:
    """The type that a shape declares at a pointer; of unions, the member that has the field."""
    annotation = shape
    for step in where:
        annotation = _step_into(annotation, step)
    return annotation


def _members(annotation: object) -> list[object]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [m for arg in get_args(annotation) for m in _members(arg)]
    return [annotation]


def _step_into(annotation: object, step: str | int) -> object:
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            for name, info in member.model_fields.items():
                if step in (info.alias, name):
                    return info.annotation
            continue
        args = get_args(member)
        if args and get_origin(member) is tuple and isinstance(step, int):
            return args[0]
        if len(args) == 2 and isinstance(step, str):
            return args[1]
    return None


def _fields_at(shape: object, where: Pointer) -> list[str]:
    names: list[str] = []
    for member in _members(_annotation_at(shape, where)):
        if isinstance(member, type) and issubclass(member, BaseModel):
            names.extend(info.alias or name for name, info in member.model_fields.items())
    return names


def _choices(annotation: object) -> list[str]:
    out: list[str] = []
    for member in _members(annotation):
        if get_origin(member) is Literal:
            out.extend(str(arg) for arg in get_args(member))
        elif isinstance(member, type) and issubclass(member, Enum):
            out.extend(str(choice.value) for choice in member)
    return out
