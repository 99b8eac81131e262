"""Source text → plain trees with positions: YAML, TOML, CSV and XLSX, without meaning yet.

YAML is taken as events and every scalar stays source text, so nothing is guessed: no ``no`` →
False, no ``1.10`` → 1.1. Aliases, tags, duplicate keys, excess size and depth are refused.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import BinaryIO, Protocol, TypeAlias, cast

import yaml

from winlab.facts import NotOfType, parse_number
from winlab.problems import Place, Problem, error, warning

Pointer: TypeAlias = tuple[str | int, ...]
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree] | None"

MAX_YAML_CHARS = 2_000_000
MAX_DEPTH = 40
MAX_TABLE_CELLS = 20_000_000
MAX_XLSX_BYTES = 300_000_000
SMALL_XLSX_BYTES = 20_000_000
MAX_RATIO = 100
"""How many times its size a workbook above the small ones may unpack to: data stay below 40."""

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\u206a-\u206f"
    "\ud800-\udfff\ufffe\uffff]"
)
"""Control characters and the like, which no document can hold or which turn its words around."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_SWALLOWED = re.compile(r"[ \t]+#(?=[^\s#])")
_TOML_TABLE = re.compile(r"\s*\[([^\[\]]+)\]")
_TOML_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w"'-]+)*)\s*=\s*""")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"[^>]*>')
_CONDITION = re.compile(
    r"[:\[,{-]\s+(?P<cell>(?:[<>]=?|!=?|[\[\](]\s*[\d.-]).*?|-(?:\s[^#]*)?)\s*$"
)
_CELL_ENDS = re.compile(r"\s*(?:,\s*[\w.\"']+:\s|\}).*$")


@dataclass(frozen=True)
class Parsed:
    """A YAML or TOML file as a tree of source text, with the place of every value and key.

    ``plain`` are the values without quotes. ``cells`` says that it is a sheet made into such a
    tree: its places are those of whole cells.
    """

    file: str
    tree: Tree
    places: Mapping[Pointer, Place] = field(default_factory=dict)
    keys: Mapping[Pointer, Place] = field(default_factory=dict)
    plain: frozenset[Pointer] = frozenset()
    cells: bool = False

    def place(self, pointer: Pointer) -> Place:
        """Where a value stands; the nearest enclosing one if it is not there."""
        for end in range(len(pointer), -1, -1):
            if found := self.places.get(pointer[:end]):
                return found
        return Place(self.file)

    def key_place(self, pointer: Pointer) -> Place:
        """Where the key of a value stands."""
        return self.keys.get(pointer) or self.place(pointer)

    def find(self, text: str) -> Place | None:
        """Where a scalar first stands."""
        found = (place for pointer, place in self.places.items() if self.text(pointer) == text)
        return next(found, None)

    def text(self, pointer: Pointer) -> str | None:
        """The scalar at a pointer."""
        node: Tree = self.tree
        for step in pointer:
            if isinstance(node, dict) and isinstance(step, str):
                node = node.get(step)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
            else:
                return None
        return node if isinstance(node, str) else None


class _Mark(Protocol):
    line: int
    column: int


class _Builder:
    """Builds the tree from parser events with an explicit stack, so that depth cannot hurt."""

    def __init__(self, text: str, file: str) -> None:
        self.lines = text.splitlines()
        self.file = file
        self.problems: list[Problem] = []
        self.places: dict[Pointer, Place] = {}
        self.keys: dict[Pointer, Place] = {}
        self.plain: set[Pointer] = set()
        self.root: Tree = None
        self.stack: list[tuple[Pointer, list[Tree] | dict[str, Tree]]] = []
        self.key: str | None = None
        self.key_read = False
        self.last: yaml.ScalarEvent | None = None

    def at(self, mark: _Mark | None, pointer: Pointer = ()) -> Place:
        if mark is None:
            return Place(self.file)
        return Place(self.file, mark.line + 1, mark.column + 1, "", ".".join(map(str, pointer)))

    def pointer(self) -> Pointer:
        if not self.stack:
            return ()
        path, holder = self.stack[-1]
        return (*path, len(holder) if isinstance(holder, list) else self.key or "")

    def add(self, value: Tree) -> None:
        if not self.stack:
            self.root = value
            return
        holder = self.stack[-1][1]
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder[self.key or ""] = value
            self.key_read = False

    def scalar(self, event: yaml.ScalarEvent) -> None:
        self.last = event
        if found := UNPRINTABLE.search(event.value):
            self.problems.append(_unprintable(found[0], self.at(event.start_mark)))
        in_mapping = bool(self.stack) and isinstance(self.stack[-1][1], dict)
        if in_mapping and not self.key_read:
            self.take_key(event)
            return
        pointer = self.pointer()
        self.places[pointer] = self.at(event.start_mark, pointer)
        value: str | None = event.value
        if not event.style:
            self.plain.add(pointer)
            self.check_swallowed(event, pointer)
            value = None if event.value in _NULLS else event.value
        self.add(value)

    def take_key(self, event: yaml.ScalarEvent) -> None:
        self.key, self.key_read = event.value, True
        path, holder = self.stack[-1]
        pointer = (*path, event.value)
        place = self.at(event.start_mark, pointer)
        if event.value in holder:
            first = self.keys.get(pointer)
            self.problems.append(
                error(
                    "duplicate-key",
                    f"{event.value!r} is given twice"
                    + (f", first in line {first.line}" if first else ""),
                    "keep one of the two",
                    place,
                )
            )
        self.keys[pointer] = place

    def rest(self, event: yaml.Event) -> str:
        """What follows an event in its line."""
        mark = event.end_mark
        if mark is None or mark.line >= len(self.lines):
            return ""
        return self.lines[mark.line][mark.column :]

    def check_swallowed(self, event: yaml.ScalarEvent, pointer: Pointer) -> None:
        rest = self.rest(event)
        if event.value and (found := _SWALLOWED.match(rest)):
            lost = rest[found.end() - 1 :].strip()
            self.problems.append(
                error(
                    "text-lost-to-comment",
                    f"the text ends at {event.value!r}: {lost!r} is read as a comment",
                    f'put quotes around the text: "{event.value} {lost}"',
                    self.at(event.end_mark, pointer),
                )
            )

    def open(self, holder: list[Tree] | dict[str, Tree], event: yaml.Event) -> None:
        if self.stack and isinstance(self.stack[-1][1], dict) and not self.key_read:
            self.problems.append(
                error(
                    "bad-key",
                    "a list or a mapping cannot be a name",
                    "put quotes around the text if it starts with [ or {",
                    self.at(event.start_mark),
                )
            )
            self.key, self.key_read = "", True
        pointer = self.pointer()
        self.places[pointer] = self.at(event.start_mark, pointer)
        self.add(holder)
        self.stack.append((pointer, holder))
        self.key_read = False

    def close(self) -> None:
        pointer, _ = self.stack.pop()
        if self.stack and isinstance(self.stack[-1][1], dict):
            self.key = str(pointer[-1])
            self.key_read = False


def parse_yaml(text: str, file: str) -> tuple[Parsed, list[Problem]]:
    """Reads one YAML document. With problems, the tree is as far as reading came."""
    if len(text) > MAX_YAML_CHARS:
        problem = error(
            "file-too-large",
            f"the file has {len(text):,} characters; {MAX_YAML_CHARS:,} are the limit",
            "split it, or check that it is the right file",
            Place(file),
        )
        return Parsed(file, None), [problem]
    builder = _Builder(text, file)
    try:
        _build(builder, text)
    except yaml.YAMLError as exc:
        builder.problems.append(_syntax_problem(exc, builder))
    parsed = Parsed(file, builder.root, builder.places, builder.keys, frozenset(builder.plain))
    if builder.root is None and not builder.problems:
        builder.problems.append(
            error("empty-file", "the file is empty", "fill it in, or delete it", Place(file, 1, 1))
        )
    return parsed, builder.problems


def _build(builder: _Builder, text: str) -> None:
    documents = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        refused = _refusal(builder, event)
        if refused:
            builder.problems.append(refused)
            if refused.code in ("yaml-alias", "too-deep"):
                return
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    builder.problems.append(
                        error(
                            "second-document",
                            "a second document starts here",
                            "keep one document a file (no further ---)",
                            builder.at(event.start_mark),
                        )
                    )
                    return
            case yaml.ScalarEvent():
                builder.scalar(event)
            case yaml.MappingStartEvent():
                builder.open({}, event)
            case yaml.SequenceStartEvent():
                builder.open([], event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                builder.close()


def _refusal(builder: _Builder, event: yaml.Event) -> Problem | None:
    place = builder.at(event.start_mark) if event.start_mark else Place(builder.file)
    if isinstance(event, yaml.AliasEvent):
        return error(
            "yaml-alias", f"*{event.anchor} repeats another part of the file",
            "write the text out; aliases are not read", place,
        )  # fmt: skip
    if isinstance(event, yaml.NodeEvent) and event.anchor:
        return error(
            "yaml-anchor", f"&{event.anchor} names a part of the file",
            "delete it; anchors are not read (put quotes around text that starts with &)", place,
        )  # fmt: skip
    tag = getattr(event, "tag", None)
    if tag:
        mark = event.start_mark
        line = builder.lines[mark.line][mark.column :].strip() if mark else tag
        cell = _CELL_ENDS.sub("", line).rstrip("},")
        return error(
            "yaml-tag", f"{line!r} starts with a tag", f"put quotes around it: '{cell}'", place
        )
    opens = isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent))
    if opens and len(builder.stack) >= MAX_DEPTH:
        return error(
            "too-deep", f"more than {MAX_DEPTH} levels of nesting",
            "check the brackets and the indentation", place,
        )  # fmt: skip
    return None


def _syntax_problem(exc: yaml.YAMLError, builder: _Builder) -> Problem:
    mark = getattr(exc, "problem_mark", None) or getattr(exc, "context_mark", None)
    if mark is None:
        position = getattr(exc, "position", None)
        return error(
            "not-yaml", f"the file is no text that YAML can hold: {getattr(exc, 'reason', exc)}",
            "save it as UTF-8 text without control characters",
            Place(builder.file, *_line_column(builder.lines, position)),
        )  # fmt: skip
    if swallowed := _swallowed_bracket(exc, builder):
        return swallowed
    what = getattr(exc, "problem", None) or "the line cannot be read"
    line = builder.lines[mark.line] if mark.line < len(builder.lines) else ""
    hint = "check quotes, brackets, colons and indentation around here"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        hint = "indent with spaces, not with tabs"
    elif found := _lost_condition(exc, builder.lines):
        condition, mark = found
        short = condition if len(condition) <= 60 else f"{condition[:57]}..."
        return error("yaml-syntax", f"this is not readable as YAML: {what}",
                     f"put quotes around the condition: '{short}'",
                     Place(builder.file, *mark))  # fmt: skip
    elif "mapping values are not allowed" in what:
        hint = "put quotes around text that holds a colon"
    return error("yaml-syntax", f"this is not readable as YAML: {what}", hint, builder.at(mark))


def _lost_condition(
    exc: yaml.YAMLError, lines: Sequence[str]
) -> tuple[str, tuple[int, int]] | None:
    """A condition without quotes in a line that the parser complains of, with its place."""
    for mark in (getattr(exc, "problem_mark", None), getattr(exc, "context_mark", None)):
        if mark is None or mark.line >= len(lines):
            continue
        line = lines[mark.line]
        if found := _CONDITION.search(line):
            cell = found["cell"]
            if "{" in line[: found.start("cell")]:
                cell = _CELL_ENDS.sub("", cell)
            return cell.strip(), (mark.line + 1, found.start("cell") + 1)
    return None


def _swallowed_bracket(exc: yaml.YAMLError, builder: _Builder) -> Problem | None:
    """A bracket that does not close because its end is behind a ``#``."""
    last = builder.last
    if last is None or "flow" not in (getattr(exc, "context", None) or ""):
        return None
    rest = builder.rest(last)
    comment = rest.lstrip()
    if not comment.startswith("#") or comment == rest or last.end_mark is None:
        return None
    return error(
        "text-lost-to-comment",
        f"the text ends at {last.value!r}: {comment!r} is read as a comment, and the bracket is "
        "never closed",
        "put quotes around the text that holds #, or close the bracket before the comment",
        Place(builder.file, last.end_mark.line + 1,
              last.end_mark.column + 1 + len(rest) - len(comment)),
    )  # fmt: skip


def _unprintable(char: str, place: Place) -> Problem:
    return error(
        "control-character", f"the text holds the control character U+{ord(char):04X}",
        "delete it, and write the text anew if it looks garbled", place,
    )  # fmt: skip


def _line_column(lines: Sequence[str], position: int | None) -> tuple[int | None, int | None]:
    if position is None:
        return None, None
    for number, line in enumerate(lines, 1):
        if position <= len(line):
            return number, position + 1
        position -= len(line) + 1
    return len(lines) or 1, 1


def parse_toml(text: str, file: str) -> tuple[Parsed, list[Problem]]:
    """Reads a TOML file with one key a line; scalars become source text, as in YAML."""
    try:
        tree = _as_text(tomllib.loads(text, parse_float=str))
    except tomllib.TOMLDecodeError as exc:
        found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(exc))
        message = str(exc)[: found.start()] if found else str(exc)
        at = (int(found[1]), int(found[2])) if found and found[1] else (len(text.splitlines()), 1)
        return Parsed(file, None), [
            error("toml-syntax", f"this is not readable as TOML: {message}",
                  "check quotes, brackets and equals signs", Place(file, *at))
        ]  # fmt: skip
    except (RecursionError, ValueError):  # brackets without end, numbers without end
        return Parsed(file, None), [
            error("toml-syntax", "this is not readable as TOML: a value is too long or too deep",
                  "check the brackets and the numbers", Place(file, 1, 1))
        ]  # fmt: skip
    values, keys = _toml_places(text, file)
    parsed = Parsed(file, tree, values, keys)
    return parsed, [
        _unprintable(found[0], parsed.place(pointer))
        for pointer, value in _scalars(tree)
        if (found := UNPRINTABLE.search(value))
    ]


def _as_text(tree: object) -> Tree:
    if isinstance(tree, dict):
        return {key: _as_text(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_as_text(value) for value in tree]
    return str(tree).lower() if isinstance(tree, bool) else str(tree)


def _scalars(tree: Tree, pointer: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    if isinstance(tree, str):
        yield pointer, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _scalars(value, (*pointer, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _scalars(value, (*pointer, index))


def _toml_places(text: str, file: str) -> tuple[dict[Pointer, Place], dict[Pointer, Place]]:
    """Where values and keys stand; tomllib tells places of its errors only."""
    values: dict[Pointer, Place] = {(): Place(file, 1, 1)}
    keys: dict[Pointer, Place] = {}
    table: Pointer = ()
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TOML_TABLE.match(line):
            table = _toml_key(found[1])
            values[table] = keys[table] = Place(file, number, found.start(1))
        elif found := _TOML_KEY.match(line):
            pointer = (*table, *_toml_key(found[1]))
            keys[pointer] = Place(file, number, found.start(1) + 1)
            values[pointer] = Place(file, number, found.end() + 1)
    return values, keys


def _toml_key(text: str) -> Pointer:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


@dataclass(frozen=True)
class Sheet:
    """A table as text: its header, and each row with its place.

    ``dated`` are the cells (row and column) that Excel keeps as dates or times.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    lines: tuple[int, ...]
    name: str = ""
    dated: frozenset[tuple[int, str]] = frozenset()
    header_line: int = 1

    def place(self, row: int, column: str = "") -> Place:
        """Where a cell stands; a CSV's column is counted in cells."""
        return _cell_place(self.file, self.name, self.lines[row], self._columns.get(column))

    @cached_property
    def _columns(self) -> Mapping[str, int]:
        return {column: index for index, column in reversed([*enumerate(self.header, 1)])}

    def header_place(self, column: str) -> Place:
        """Where the name of a column stands."""
        return _cell_place(self.file, self.name, self.header_line, self._columns[column])

    def unwanted_dates(self, wanted: Collection[str]) -> Iterator[Problem]:
        """Cells that Excel keeps as dates outside the columns where a date is wanted."""
        for row, column in sorted(self.dated):
            if column not in wanted:
                place = self.place(row, column)
                at = place.cell.rpartition("!")[2]
                yield error(
                    "date-cell", f"{at} holds the date {self.rows[row][column]}: Excel makes "
                    "dates of what looks like one (1-2, MAR1)",
                    "give the column the format Text, then type the cell again", place,
                )  # fmt: skip


def _cell_place(file: str, name: str, line: int, column: int | None) -> Place:
    if not name:
        return Place(file, line, column)
    from openpyxl.utils import get_column_letter

    return Place(file, cell=f"{name}!{get_column_letter(column or 1)}{line}")


def number_in(text: str) -> Decimal | None:
    """The number that a cell holds; ``None`` if it holds none, or none below 10¹⁸."""
    try:
        return parse_number(text.strip())
    except NotOfType:
        return None


def parse_csv(text: str, file: str) -> tuple[Sheet, list[Problem]]:
    """Reads a CSV with a header row; blank rows are passed over."""
    text = text.removeprefix("\ufeff")
    if foreign := foreign_separator(text, file):
        return Sheet(file, (), (), ()), [foreign]
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    raw: list[tuple[int, list[str]]] = []
    try:
        raw.extend((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
    except csv.Error as exc:
        problems.append(
            error("csv-syntax", f"the row cannot be read: {exc}", "check its quotes",
                  Place(file, reader.line_num, 1))
        )  # fmt: skip
    return _sheet(file, "", raw, problems)


def unprintable_cells(sheet: Sheet) -> list[Problem]:
    """The cells that hold what no document can."""
    return [
        _unprintable(found[0], sheet.place(index, column))
        for index, row in enumerate(sheet.rows)
        for column, cell in row.items()
        if (found := UNPRINTABLE.search(cell))
    ]


def foreign_separator(text: str, file: str) -> Problem | None:
    """A table whose header has no comma, but another sign that programs put between cells."""
    header = text.partition("\n")[0]
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if sign in header and "," not in header:
            return error(
                "not-commas", f"this file is separated by {name}",
                "save it with commas between the cells (and points in the numbers)",
                Place(file, 1, header.index(sign) + 1),
            )  # fmt: skip
    return None


def _sheet(
    file: str,
    name: str,
    raw: list[tuple[int, list[str]]],
    problems: list[Problem],
    dated: Collection[tuple[int, int]] = (),
) -> tuple[Sheet, list[Problem]]:
    if not raw:
        problems.append(
            error("empty-file", "the table is empty", "give it a header row", Place(file, 1, 1))
        )
        return Sheet(file, (), (), (), name), problems
    header = tuple(cell.strip() for cell in raw[0][1])
    doubled = sorted(cell for cell, count in Counter(header).items() if cell and count > 1)
    problems.extend(
        error("duplicate-column", f"the column {cell!r} stands twice", "delete one of the two",
              _cell_place(file, name, raw[0][0], header.index(cell) + 1))
        for cell in doubled
    )  # fmt: skip
    rows: list[Mapping[str, str]] = []
    lines: list[int] = []
    for line, row in raw[1:]:
        if ragged := _ragged(file, line, row, header):
            problems.append(ragged)
            continue
        named = dict(zip(header, row, strict=False))
        if "" in named:
            cells = zip(header, row, strict=False)
            named[""] = next((cell for name, cell in cells if not name and cell.strip()), "")
        rows.append(named)
        lines.append(line)
    indices = {line: index for index, line in enumerate(lines)}
    dates = frozenset(
        (indices[line], header[column - 1])
        for line, column in dated
        if line in indices and column <= len(header)
    )
    return Sheet(file, header, tuple(rows), tuple(lines), name, dates, raw[0][0]), problems


def _nameless(place: Place) -> Problem:
    return error(
        "no-header", "the cell holds text, but its column has no name in the first row",
        "name the column, delete the cell, or put quotes around the cell before if that holds a "
        "comma", place,
    )  # fmt: skip


def nameless_cells(sheet: Sheet) -> list[Problem]:
    """The cells under an empty cell of the header, which nothing reads."""
    return [
        _nameless(sheet.place(index, ""))
        for index, row in enumerate(sheet.rows)
        if row.get("", "").strip()
    ]


def _ragged(file: str, line: int, row: list[str], header: tuple[str, ...]) -> Problem | None:
    """A row that lacks cells, or one with a cell beyond the header."""
    if len(row) < len(header):
        return error(
            "ragged-row", f"the row has {len(row)} cells, the header {len(header)}",
            "put quotes around cells that hold a comma", Place(file, line, 1),
        )  # fmt: skip
    for column, cell in enumerate(row):
        if cell.strip() and column >= len(header):
            return _nameless(Place(file, line, column + 1))
    return None


def parse_xlsx(data: bytes, file: str) -> tuple[Sheet, list[Problem]]:
    """Reads the first visible sheet of a workbook as text.

    A percent format gives ``8%``, a date ISO text that :attr:`Sheet.dated` remembers. Formulas,
    Excel's errors, merged cells and cells without a header are refused by name.
    """
    from openpyxl import load_workbook

    place = Place(file)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_XLSX_BYTES or (size > SMALL_XLSX_BYTES and size > MAX_RATIO * len(data)):
            problem = error(
                "file-too-large", f"the workbook unpacks to {size // 1_000_000} MB",
                "check that it is the right file, or save the table as CSV", place,
            )  # fmt: skip
            return Sheet(file, (), (), ()), [problem]
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        sheets = cast("list[_Streamed]", book.worksheets)
        visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
        if not visible:
            raise ValueError("none of its sheets is visible")
        return _Workbook(file, visible[0].title).read(visible)
    except Exception as exc:  # openpyxl raises whatever its parsing trips over
        said = str(exc).strip() or type(exc).__name__
        return Sheet(file, (), (), ()), [
            error("not-xlsx", f"the file is no Excel workbook that can be read: {said[:200]}",
                  "save it from Excel as .xlsx, without a password", place)
        ]  # fmt: skip


class _Cell(Protocol):
    """What openpyxl gives for a cell of a streamed sheet."""

    value: object
    data_type: str
    number_format: str
    coordinate: str
    row: int
    column: int


class _Streamed(Protocol):
    """A sheet that openpyxl streams."""

    title: str
    sheet_state: str

    def reset_dimensions(self) -> None: ...
    def iter_rows(self, *, max_row: int | None = None) -> Iterator[Sequence[_Cell]]: ...
    def _get_source(self) -> BinaryIO: ...


class _Workbook:
    """Turns one sheet's cells into text; holds what is wrong with them."""

    def __init__(self, file: str, title: str) -> None:
        self.file = file
        self.title = title
        self.problems: list[Problem] = []
        self.dated: set[tuple[int, int]] = set()

    def read(self, visible: Sequence[_Streamed]) -> tuple[Sheet, list[Problem]]:
        sheet = visible[0]
        sheet.reset_dimensions()  # What a file says of its size may be wrong, and cut rows off.
        raw: list[tuple[int, list[str]]] = []
        seen = 0
        for number, cells in enumerate(sheet.iter_rows(), 1):
            seen += len(cells)
            if seen > MAX_TABLE_CELLS:
                many = f"{self.title} has more than {MAX_TABLE_CELLS:,} cells"
                self.refuse("file-too-large", many, "delete the empty columns and rows", "")
                break
            row = [self.text(cell) for cell in cells]
            if any(text.strip() for text in row):
                raw.append((number, row))
        self.merged(sheet)
        self.other_sheets(visible[1:])
        return _sheet(self.file, self.title, self.squared(raw), self.problems, self.dated)

    def refuse(self, code: str, message: str, hint: str, cell: str) -> None:
        place = Place(self.file, cell=f"{self.title}!{cell}" if cell else "")
        self.problems.append(error(code, message, hint, place))

    def text(self, cell: _Cell) -> str:
        value = cell.value
        if value is None:
            return ""
        at = cell.coordinate
        match cell.data_type:
            case "f":
                self.refuse("formula-cell", f"{at} holds a formula", "paste its value instead", at)
            case "e":
                self.refuse("error-cell", f"{at} holds Excel's error {value}",
                            "correct the cell, or leave it empty", at)  # fmt: skip
            case "b":
                return "true" if value else "false"
            case "n":
                return _shown_number(float(str(value)), cell.number_format)
            case "d":
                self.dated.add((cell.row, cell.column))
                if isinstance(value, datetime) and value.time() == time():
                    return value.date().isoformat()
                return value.isoformat() if isinstance(value, (date, time)) else str(value)
        return str(value)

    def merged(self, sheet: _Streamed) -> None:
        """Of merged cells only the first holds the text: the others would count as empty."""
        for area in _merged_areas(sheet):
            self.refuse("merged-cells", f"{area} is merged into one cell, and only the first of "
                        "them holds its text", "unmerge it and fill in every cell",
                        area.partition(":")[0])  # fmt: skip

    def other_sheets(self, others: Sequence[_Streamed]) -> None:
        filled = [
            other.title
            for other in others
            if any(cell.value is not None for row in other.iter_rows(max_row=50) for cell in row)
        ]
        if filled:
            self.problems.append(
                warning("other-sheets", f"only the sheet {self.title} is read, not "
                        + ", ".join(filled[:5]), "keep one table a file, or hide the other sheets",
                        Place(self.file))
            )  # fmt: skip

    def squared(self, raw: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
        """All rows as wide as the header; a cell beyond it is refused."""
        from openpyxl.utils import get_column_letter

        header = raw[0][1] if raw else []
        width = max((i for i, text in enumerate(header, 1) if text.strip()), default=0)
        out = []
        for line, row in raw:
            for column, text in enumerate(row[width:], width + 1):
                if text.strip():
                    at = f"{get_column_letter(column)}{line}"
                    self.refuse("no-header", f"{at} holds {text[:40]!r}, but its column has no "
                                "name in the first row", "name the column, or delete the cell",
                                at)  # fmt: skip
                    break
            out.append((line, [*row[:width], *[""] * (width - len(row))]))
        return out


def _shown_number(number: float, number_format: str) -> str:
    """A number as text; with a percent format as the percentage that its author typed."""
    exact = Decimal(format(number, ".15g"))
    shown = re.sub(r'"[^"]*"|\\.', "", number_format)
    percent = "%" in shown
    digits = format(exact.scaleb(2) if percent else exact, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits + "%" * percent


def _merged_areas(sheet: _Streamed) -> list[str]:
    """The areas of merged cells, which openpyxl leaves out of sheets that it streams."""
    found: list[str] = []
    rest = b""
    with sheet._get_source() as part:
        while chunk := part.read(1 << 20):
            rest += chunk
            found += [match[1].decode() for match in _MERGED.finditer(rest)]
            rest = rest[max(rest.rfind(b"<"), 0) :]
    return found
