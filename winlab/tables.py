"""Decision tables as people write them, in YAML, CSV or XLSX → sources that can be compiled.

A sheet becomes the tree that its YAML twin would be, with the places of its cells, so that all
three go the same way from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from winlab.facts import Facts, FactType
from winlab.files import Reader
from winlab.inputs import (
    Cell,
    Condition,
    RuleFile,
    RuleSource,
    SheetName,
    TableFile,
    TableSource,
)
from winlab.problems import Place, Problem, error
from winlab.source import Parsed, Pointer, Sheet, Tree
from winlab.validate import did_you_mean, validate

ENDINGS = (".yaml", ".csv", ".xlsx")
SETTINGS = ("hit", "aggregate", "floor", "cap", "priority", "else")
"""Rows of a sheet that are no rules: the settings that stand beside `rules:` in YAML."""

_LISTS = frozenset({"proof"})
"""Outputs that name several things: in a cell, with a semicolon between them."""


def read_table(reader: Reader, folder: Path, name: str, facts: Facts) -> TableSource | None:
    """The table that stands in a file of its own: ``name`` with one of :data:`ENDINGS`."""
    paths = [path for ending in ENDINGS if reader.exists(path := folder / f"{name}{ending}")]
    if len(paths) > 1:
        reader.problems.append(
            error("table-twice", f"the table {name} stands in two files: {paths[0].name} and "
                  f"{paths[1].name}", "keep one of them", Place(reader.shown(paths[1])))
        )  # fmt: skip
    path = paths[0] if paths else folder / f"{name}{ENDINGS[0]}"
    parsed = reader.yaml(path) if path.suffix == ".yaml" else _sheet_tree(reader, path, facts)
    if parsed is None or (found := reader.valid(TableFile, parsed)) is None:
        return None
    return table_source(reader, folder, facts, name, found[0], parsed, ())


def table_source(
    reader: Reader,
    folder: Path,
    facts: Facts,
    table_id: str,
    file: TableFile,
    parsed: Parsed,
    pointer: Pointer,
) -> TableSource:
    """A table as written at ``pointer``; its rules may stand in a sheet of the folder."""
    return TableSource(
        table_id,
        rules_of(reader, folder, facts, file.rules, parsed, (*pointer, "rules")),
        file.hit,
        file.aggregate,
        file.priority,
        None if file.otherwise == "gap" else dict(file.otherwise),
        parsed.place(pointer),
        file.floor,
        file.cap,
    )


def rules_of(
    reader: Reader,
    folder: Path,
    facts: Facts,
    rules: tuple[RuleFile, ...] | SheetName,
    parsed: Parsed,
    pointer: Pointer,
) -> tuple[RuleSource, ...]:
    """Rules as written at ``pointer``, or those of the sheet that is named there."""
    if not isinstance(rules, str):
        return _rules(rules, parsed, pointer)
    path = reader.inside(rules, parsed.place(pointer), folder)
    sheet = None if path is None else _sheet_tree(reader, path, facts)
    if sheet is None or not isinstance(sheet.tree, dict):
        return ()
    for setting in SETTINGS:
        if setting in sheet.tree:
            reader.problems.append(
                error("setting-in-sheet", f"the row {setting!r} sets what {parsed.file} sets for "
                      "this table", f"delete the row, and write {setting}: beside rules: there",
                      sheet.place((setting,)))
            )  # fmt: skip
    found, problems = validate(tuple[RuleFile, ...], sheet, ("rules",))
    reader.problems.extend(problems)
    return _rules(found or (), sheet, ("rules",))


def _rules(rules: Sequence[RuleFile], parsed: Parsed, pointer: Pointer) -> tuple[RuleSource, ...]:
    return tuple(
        RuleSource(
            rule.id,
            conditions(rule.when, parsed, (*pointer, index, "when")),
            dict(rule.then),
            rule.why,
            rule.replaces,
            parsed.place((*pointer, index)),
        )
        for index, rule in enumerate(rules)
    )


def conditions(
    when: Mapping[str, str | None], parsed: Parsed, pointer: Pointer, *, negated: bool = False
) -> tuple[Condition, ...]:
    """The tests of one rule; with ``negated`` those of its `unless`."""
    return tuple(
        Condition(fact, _cell(text, parsed, (*pointer, fact)), negated)
        for fact, text in when.items()
    )


def _cell(text: str | None, parsed: Parsed, pointer: Pointer) -> Cell:
    """A test; its place is where the text begins, behind an opening quote."""
    place = parsed.place(pointer)
    quoted = pointer not in parsed.plain
    if quoted and place.column is not None and not parsed.cells:
        place = replace(place, column=place.column + 1)
    return Cell("null" if text is None else text, place, quoted, parsed.cells)


# ---------------------------------------------------------------- sheets


def _sheet_tree(reader: Reader, path: Path, facts: Facts) -> Parsed | None:
    """A sheet as the tree of its YAML twin."""
    sheet = reader.sheet(path)
    if sheet is None:
        return None
    problems = [*_columns(sheet, facts), *sheet.unwanted_dates(_dates(sheet, facts))]
    reader.problems.extend(problems)
    return None if problems else _Tree(sheet, reader.problems).parsed()


def _dates(sheet: Sheet, facts: Facts) -> set[str]:
    """The columns in which a cell may be a date."""
    dates = {f"when.{fact.name}" for fact in facts if fact.type is FactType.DATE}
    return {column for column in sheet.header if column in dates} | {"then.date"}


def _columns(sheet: Sheet, facts: Facts) -> Iterator[Problem]:
    """Columns that say nothing, and the one that has to be there."""
    if "id" not in sheet.header:
        yield error("no-column", "the column 'id' is missing", did_you_mean("id", sheet.header),
                    Place(sheet.file, sheet.header_line, 1))  # fmt: skip
    known = ["id", "why", "replaces", *(f"when.{fact.name}" for fact in facts)]
    for column in sheet.header:
        filled = any(row[column].strip() for row in sheet.rows)
        named = column in known or re.fullmatch(r"(when|then)\..+", column)
        if not named and (column or filled):
            hint = did_you_mean(f"when.{column}", known)
            if "did you mean" not in hint:
                hint = "name it when.<fact>, then.<output>, why or replaces, or delete it"
            yield error("unknown-column", f"there is no column {column!r} in a decision table",
                        hint, sheet.header_place(column))  # fmt: skip


class _Tree:
    """Builds the tree with the place of every cell."""

    def __init__(self, sheet: Sheet, problems: list[Problem]) -> None:
        self.sheet = sheet
        self.problems = problems
        self.places: dict[Pointer, Place] = {(): Place(sheet.file, 1, 1)}
        if sheet.name:
            self.places[()] = Place(sheet.file, cell=f"{sheet.name}!A1")

    def parsed(self) -> Parsed:
        settings: dict[str, Tree] = {}
        rules: list[Tree] = []
        for index, row in enumerate(self.sheet.rows):
            rule_id = row["id"].strip()
            pointer: Pointer = (rule_id,) if rule_id in SETTINGS else ("rules", len(rules))
            self.places[pointer] = self.sheet.place(index, "id")
            if rule_id not in SETTINGS:
                rules.append(self.rule(index, pointer))
            elif rule_id in settings:
                self.problems.append(
                    error("duplicate-key", f"the row {rule_id!r} stands twice",
                          "keep one of the two", self.places[pointer])
                )  # fmt: skip
            else:
                settings[rule_id] = self.setting(index, rule_id)
        tree: Tree = {**settings, "rules": rules}
        return Parsed(self.sheet.file, tree, self.places, cells=True)

    def filled(self, index: int, start: str = "") -> Iterator[tuple[str, str]]:
        """The columns of a row that hold something, with it."""
        for column in self.sheet.header:
            text = self.sheet.rows[index][column].strip()
            if text and column.startswith(start) and column != "id":
                yield column, text

    def rule(self, index: int, pointer: Pointer) -> dict[str, Tree]:
        when: dict[str, Tree] = {}
        for column, text in self.filled(index, "when."):
            fact = column.removeprefix("when.")
            when[fact] = text
            self.places[*pointer, "when", fact] = self.sheet.place(index, column)
        rule: dict[str, Tree] = {
            "id": self.sheet.rows[index]["id"].strip(), "when": when,
            "then": self.outputs(index, (*pointer, "then")),
        }  # fmt: skip
        return rule | {c: text for c, text in self.filled(index) if c in ("why", "replaces")}

    def outputs(self, index: int, pointer: Pointer) -> dict[str, Tree]:
        then: dict[str, Tree] = {}
        for column, text in self.filled(index, "then."):
            name, _, language = column.removeprefix("then.").partition(".")
            place = self.sheet.place(index, column)
            self.places.setdefault((*pointer, name), place)
            if language:
                words = then.setdefault(name, {})
                self.places[*pointer, name, language] = place
                if isinstance(words, dict):
                    words[language] = text
            elif name in _LISTS:
                parts = [part.strip() for part in text.split(";")]
                then[name] = [part for part in parts if part]
            else:
                then[name] = text
        return then

    def setting(self, index: int, name: str) -> Tree:
        filled = [text for _, text in self.filled(index)]
        if name == "else":
            return "gap" if filled == ["gap"] else self.outputs(index, (name,))
        if len(filled) != 1:
            self.problems.append(
                error("setting-cells", f"the row {name!r} holds {len(filled)} cells, and one is "
                      "wanted", f"write {name} as the id, and its value in one other cell",
                      self.places[name,])
            )  # fmt: skip
            return None
        return [part.strip() for part in filled[0].split(";")] if name == "priority" else filled[0]
