"""A row of a table as a pitch plan; a map of columns fits a CRM's export in. Pure."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel

from winlab.inputs import Plan
from winlab.problems import Place, Problem, Stopped, error
from winlab.read import PlanSource
from winlab.source import Parsed, Pointer, Tree
from winlab.validate import did_you_mean, validate


def plan_of_row(
    header: Sequence[str], cells: Sequence[str], columns: Mapping[str, str], place: Place
) -> PlanSource:
    """One row of a table as a plan. Raises :class:`Stopped` with all that is wrong with it.

    A column is called by what it is in a plan (``objective.action``, ``contacts.0.name``) unless
    ``columns`` says what it is; with such a map all other columns are passed over.
    """
    if len(cells) != len(header):
        raise Stopped(
            [
                error("ragged-row", f"the row has {len(cells)} cells, the header {len(header)}",
                      "put quotes around cells that hold a comma", place)
            ]
        )  # fmt: skip
    row = _Row(place)
    for index, (name, cell) in enumerate(zip(header, cells, strict=True), 1):
        path = columns.get(name.strip(), name.strip())
        at = replace(place, column=index)
        if _is_field(path):
            if cell.strip():
                row.put(path, cell.strip(), at)
        elif name.strip() in columns or not columns:
            row.problems.append(
                error("unknown-column", f"a plan has no {path!r}",
                      did_you_mean(re.sub(r"\.\d+", ".0", path), _fields()), at)
            )  # fmt: skip
    return row.plan()


class _Row:
    """Builds a plan's tree from cells, with the place of each."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.problems: list[Problem] = []
        self.tree: dict[str, Tree] = {}
        self.places: dict[Pointer, Place] = {(): place}

    def put(self, path: str, text: str, place: Place) -> None:
        """Sets what a path like ``contacts.0.name`` stands for."""
        pointer: Pointer = tuple(int(step) if step.isdigit() else step for step in path.split("."))
        if _pattern(path) in _lists():
            parts = [part.strip() for part in text.split(";") if part.strip()]
            self.places.update({(*pointer, index): place for index in range(len(parts))})
            self.set(pointer, list(parts))
        else:
            self.set(pointer, text)
        self.places[pointer] = place

    def set(self, pointer: Pointer, value: Tree) -> None:
        """Sets a value in the tree; a list's gaps are closed afterwards, by :func:`_closed`."""
        node: dict[str, Tree] = self.tree
        for step in pointer[:-1]:
            inner = node.setdefault(str(step), {})
            if not isinstance(inner, dict):
                inner = node[str(step)] = {}
            node = inner
        node[str(pointer[-1])] = value

    def plan(self) -> PlanSource:
        """The row as a plan, or :class:`Stopped`."""
        places: dict[Pointer, Place] = {}
        tree = self.closed(self.tree, (), (), places)
        parsed = Parsed(self.place.file, tree, places)
        plan, problems = validate(Plan, parsed)
        if plan is None or self.problems:
            raise Stopped([*self.problems, *problems])
        return PlanSource(plan, parsed)

    def closed(self, node: Tree, old: Pointer, new: Pointer, places: dict[Pointer, Place]) -> Tree:
        """A tree whose numbered entries are lists, without gaps; ``places`` is filled for it."""
        if place := self.places.get(old):
            places[new] = place
        if isinstance(node, list):
            for index in range(len(node)):
                places[*new, index] = self.places[*old, index]
            return node
        if not isinstance(node, dict):
            return node
        if node and all(key.isdigit() for key in node):
            ordered = sorted(node.items(), key=lambda item: int(item[0]))
            return [
                self.closed(value, (*old, int(key)), (*new, index), places)
                for index, (key, value) in enumerate(ordered)
            ]
        return {
            key: self.closed(value, (*old, key), (*new, key), places) for key, value in node.items()
        }


def _pattern(path: str) -> str:
    return re.sub(r"\.\d+(?=\.|$)", "[]", path)


def _is_field(path: str) -> bool:
    return _pattern(path) in _fields()


@cache
def _fields() -> frozenset[str]:
    """What a column may be in a plan, with ``[]`` for the number of a list's entry."""
    return frozenset(dotted for dotted, _ in _leaves(Plan, ""))


@cache
def _lists() -> frozenset[str]:
    """Those of them that hold several values, parted by semicolons."""
    return frozenset(dotted for dotted, several in _leaves(Plan, "") if several)


def _leaves(shape: type[BaseModel], prefix: str) -> Iterator[tuple[str, bool]]:
    for name, info in shape.model_fields.items():
        yield from _leaf(info.annotation, prefix + name)


def _leaf(annotation: object, dotted: str) -> Iterator[tuple[str, bool]]:
    """The fields of one annotation: a union's shapes and its plain text both count."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaf(get_args(annotation)[0], dotted)
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            if member is not type(None):
                yield from _leaf(member, dotted)
    elif origin is tuple:
        inner = get_args(annotation)[0]
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _leaves(inner, f"{dotted}[].")
        else:
            yield dotted, True
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _leaves(annotation, f"{dotted}.")
    else:
        yield dotted, False
