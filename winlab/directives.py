"""The fenced directives of templates: ``:::{kpis}``, ``:::{chart} drivers`` and the others."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from babel import Locale
from pydantic import Field, JsonValue

from winlab.document import (
    Block,
    Callout,
    Card,
    Columns,
    Contacts,
    Contents,
    Figure,
    Group,
    Inlines,
    Items,
    Kpis,
    Note,
    Page,
    Quote,
    Stamp,
    Table,
    Text,
    text_of,
)
from winlab.inputs import Shape
from winlab.marks import PIECES, TOKEN, Data, Marks, Untold, one_line
from winlab.markup import NAME, Body, Directive, Node, Reader, as_line, first_line
from winlab.problems import Place, Problem
from winlab.source import Parsed, Pointer
from winlab.validate import did_you_mean

_OPTION = re.compile(r"[ \t]*:([a-z-]+):(?:[ \t]+(.*))?")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_PRIORITY = re.compile(r"([0-9]+) +(.+)", re.DOTALL)
_TONES = ("gap", "ours", "plain")


class _ChartOptions(Shape):
    data: str
    params: Mapping[str, JsonValue] = {}
    width: float = Field(gt=0)
    height: float = Field(gt=0)
    alt: str = Field(min_length=1)
    caption: str = ""


def read_pages(
    lines: Sequence[str],
    places: Sequence[Place],
    marks: Marks,
    brief: Mapping[str, Data],
    locale: Locale,
    charts: Collection[str] | None = None,
) -> tuple[tuple[Page, ...], list[Problem]]:
    """The pages of a rendered template, given as lines and where each comes from.

    ``charts`` are the names that may be drawn, ``None`` where any may. With an error among the
    problems the pages are what could be read.
    """
    reader = Reader(lines, places, marks, brief, locale, DIRECTIVES, charts)
    return reader.pages(), reader.problems


def read_words(text: str, place: Place, marks: Marks, locale: Locale) -> tuple[str, list[Problem]]:
    """A line of rendered text where only words can stand, as of a title."""
    reader = Reader([text], [place], marks, {}, locale, DIRECTIVES)
    return reader.plain(text, 0), reader.problems


def _settings(
    reader: Reader, body: Body, known: Sequence[str], many: Sequence[str] = ()
) -> tuple[dict[str, list[tuple[str, int]]], str]:
    """The ``:name: value`` lines that open a body, and the rest with its lines kept."""
    found: dict[str, list[tuple[str, int]]] = {}
    lines = body.text.split("\n")
    for index, line in enumerate(lines):
        option = _OPTION.fullmatch(line)
        if option is None:
            break
        name, at = option[1], body.line + 1 + index
        if name not in known:
            reader.fail(
                "option-unknown", f"there is no option {name!r} here", did_you_mean(name, known), at
            )
        elif name in found and name not in many:
            reader.fail(
                "option-twice", f"the option {name!r} is given twice", "keep one of the two", at
            )
        found.setdefault(name, []).append(((option[2] or "").strip(), at))
        lines[index] = ""
    return found, "\n".join(lines)


def _shares(reader: Reader, text: str, count: int, line: int) -> tuple[float, ...]:
    """Widths as written: a positive number for each column, or nothing."""
    words = text.split()
    if not words:
        return ()
    if len(words) != count or not all(_NUMBER.fullmatch(w) and float(w) > 0 for w in words):
        reader.fail(
            "directive-argument",
            f"{text!r} does not give {count} widths",
            f"write {count} numbers, as in  {' '.join(['1'] * count)}",
            line,
        )
        return ()
    return tuple(float(word) for word in words)


def _parts(reader: Reader, text: str, base: int) -> list[list[Node]]:
    """A body's blocks, parted by lines ``+++``."""
    out: list[list[Node]] = [[]]
    for node in reader.parse(text, base):
        if node.node.type == "myst_block_break":
            out.append([])
        else:
            out[-1].append(node)
    return out


def _only(reader: Reader, nodes: list[Node], kind: str, what: str, line: int) -> Node | None:
    """The one block that a body may hold."""
    if len(nodes) == 1 and nodes[0].node.type == kind:
        return nodes[0]
    reader.fail(
        "directive-body",
        f"{what} is expected here, and nothing else",
        "move the rest out of the directive",
        first_line(nodes[0]) if nodes else line,
    )
    return None


def _styled(reader: Reader, body: Body, style: Literal["lead", "small"]) -> list[Block]:
    out: list[Block] = []
    for node in reader.parse(body.text, body.line + 1):
        if node.node.type == "paragraph":
            out.extend(reader.paragraph(node, style))
        else:
            reader.fail(
                "directive-body",
                f"{style} text holds paragraphs only",
                "move the rest out of the directive",
                first_line(node),
            )
    return out


def _lead(reader: Reader, body: Body) -> list[Block]:
    return _styled(reader, body, "lead")


def _small(reader: Reader, body: Body) -> list[Block]:
    return _styled(reader, body, "small")


def _quote(reader: Reader, body: Body) -> list[Block]:
    settings, rest = _settings(reader, body, ("by",))
    by = [reader.plain(text, line) for text, line in settings.get("by", [])]
    if not any(by):
        reader.fail(
            "quote-without-name",
            "the quote does not say whose words it is",
            "begin it with a line  :by: name, role, date",
            body.line,
        )
    node = _only(reader, reader.parse(rest, body.line + 1), "paragraph", "one paragraph", body.line)
    return [Quote(content=reader.children(node), by=by[0] if by else "")] if node else []


def _kpis(reader: Reader, body: Body) -> list[Block]:
    nodes = reader.parse(body.text, body.line + 1)
    node = _only(reader, nodes, "bullet_list", "a list of key figures", body.line)
    if node is None:
        return []
    cards = [_card(reader, item) for item in reader.item_paragraphs(node)]
    tones = body.argument.split()
    for tone in tones:
        if tone not in _TONES:
            reader.fail(
                "directive-argument",
                f"there is no tone {tone!r}",
                did_you_mean(tone, _TONES),
                body.line,
            )
    if tones and len(tones) != len(cards):
        reader.fail(
            "directive-argument",
            f"{len(tones)} tones for {len(cards)} key figures",
            "write one for each: gap, ours or plain",
            body.line,
        )
    toned = [
        card.model_copy(update={"tone": tone})
        for card, tone in zip(cards, tones or ["plain"] * len(cards), strict=False)
    ]
    return [Kpis(cards=tuple(toned))]


def _card(reader: Reader, item: Node) -> Card:
    first, *rest = reader.split_children(item)
    value = text_of(tuple(p for p in first if isinstance(p, Text) and p.strong))
    unit = text_of(tuple(p for p in first if isinstance(p, Text) and not p.strong))
    label = [part for line in rest for part in (Text(text=" "), *line)][1:]
    if not value or not label or not all(isinstance(part, Text) for part in first):
        reader.fail(
            "key-figure",
            "a key figure is not written as **value** unit, then its label",
            "write  - **14** h a month  and the label, with any note, on the next line",
            first_line(item),
        )
    return Card(value=value, unit=unit.removeprefix(" "), label=as_line(label, reader.locale))


def _columns(reader: Reader, body: Body) -> list[Block]:
    parts = _parts(reader, body.text, body.line + 1)
    if len(parts) < 2:
        reader.fail(
            "directive-body",
            "the columns have only one part",
            "put a line +++ between the parts",
            body.line,
        )
    widths = _shares(reader, body.argument, len(parts), body.line)
    return [Columns(columns=tuple(reader.blocks(part) for part in parts), widths=widths)]


def _callout(reader: Reader, body: Body) -> list[Block]:
    tone = body.argument or "note"
    if tone not in ("ask", "note", "warning"):
        reader.fail(
            "directive-argument",
            f"there is no callout {tone!r}",
            did_you_mean(tone, ("ask", "note", "warning")),
            body.line,
        )
        return []
    settings, rest = _settings(reader, body, ("aside",), many=("aside",))
    blocks = reader.blocks(reader.parse(rest, body.line + 1))
    if not blocks:
        reader.fail("directive-body", "the callout is empty", "say in it what is asked", body.line)
    aside = tuple(reader.inlines(text, line) for text, line in settings.get("aside", []))
    return [Callout(tone=tone, blocks=blocks, aside=aside)]


def _chart(reader: Reader, body: Body) -> list[Block]:
    if not NAME.fullmatch(body.argument):
        reader.fail(
            "directive-argument",
            f"{body.argument!r} names no chart",
            "write :::{chart} name, as the file in templates/charts is called",
            body.line,
        )
    elif reader.charts is not None and body.argument not in reader.charts:
        reader.fail(
            "chart-unknown",
            f"there is no chart {body.argument!r}",
            did_you_mean(body.argument, reader.charts),
            body.line,
        )
    read = reader.options(_ChartOptions, body.text, body.line + 1)
    if read is None:
        return []
    options, parsed = read

    def line(name: str) -> int:
        return body.line + (parsed.key_place((name,)).line or 0)

    data = _rows(reader, options.data, line("data"))
    params = {
        name: _param(reader, value, ("params", name), parsed, line("params"))
        for name, value in options.params.items()
    }
    return [
        Figure(
            chart=body.argument,
            data=data,
            params=params,
            width=options.width,
            height=options.height,
            alt=reader.plain(options.alt, line("alt")),
            caption=reader.inlines(options.caption, line("caption")) if options.caption else (),
        )
    ]


def _rows(reader: Reader, name: str, line: int) -> tuple[Mapping[str, JsonValue], ...]:
    """The data of a chart: a list of the brief by its name, or the value printed here."""
    token = TOKEN.fullmatch(name.strip())
    held = reader.resolve(token[1], line) if token else _looked_up(reader.brief, name.strip())
    if isinstance(held, _Unknown):
        hint = did_you_mean(held.step, held.known)
        reader.fail("name-unknown", f"the brief has no {name!r}", hint, line)
        return ()
    rows = [row for row in held if isinstance(row, Mapping)] if isinstance(held, list) else []
    if not isinstance(held, list) or len(rows) != len(held):
        reader.fail(
            "chart-data",
            "the chart's data are not a list of named values",
            "name a list of the brief, as in  data: figures.drivers",
            line,
        )
    elif not rows:
        reader.fail(
            "chart-empty",
            "the chart has nothing to draw",
            "leave it out where there are no data: {% if … %}",
            line,
        )
    return tuple({str(key): _json(reader, row[key], line) for key in row} for row in rows)


@dataclass(frozen=True)
class _Unknown:
    """A step of a dotted name that the brief does not have, and what stands there."""

    step: str
    known: tuple[str, ...]


def _looked_up(brief: Data, name: str) -> Data | _Unknown:
    held = brief
    for step in name.split("."):
        if isinstance(held, Mapping) and step in held:
            held = held[step]
        elif isinstance(held, list) and step.isdecimal() and int(step) < len(held):
            held = held[int(step)]
        else:
            return _Unknown(step, tuple(held) if isinstance(held, Mapping) else ())
    return held


def _param(
    reader: Reader, value: JsonValue, pointer: Pointer, parsed: Parsed, line: int
) -> JsonValue:
    """A chart's parameter: unquoted numbers and truth values are read as such."""
    if isinstance(value, dict):
        return {k: _param(reader, v, (*pointer, k), parsed, line) for k, v in value.items()}
    if isinstance(value, list):
        return [_param(reader, v, (*pointer, i), parsed, line) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value
    token = TOKEN.fullmatch(value)
    held = reader.resolve(token[1], line) if token else None
    if token and not isinstance(held, (Note, Stamp)):
        return _json(reader, held, line)
    if pointer in parsed.plain:
        if _NUMBER.fullmatch(value):
            return float(value) if "." in value else int(value)
        if value in ("true", "false"):
            return value == "true"
    return reader.plain(value, line)


def _json(reader: Reader, value: Data, line: int) -> JsonValue:
    """A value as a chart's data: numbers as numbers, dates as 2026-12-01."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Untold):
        reader.problems.extend(value.problems)
    if isinstance(value, str) and not PIECES.search(value):
        return one_line(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, float)) and math.isfinite(value):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, Mapping):
        return {str(key): _json(reader, held, line) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(reader, held, line) for held in value]
    reader.fail(
        "chart-data",
        "a value of the chart is no text, date or finite number",
        "leave the row out, or correct it where it comes from",
        line,
    )
    return None


def _captioned(reader: Reader, body: Body) -> list[Block]:
    settings, rest = _settings(reader, body, ("caption", "widths", "total", "dense"))
    node = _only(reader, reader.parse(rest, body.line + 1), "table", "one table", body.line)
    if node is None:
        return []
    [table] = reader.table(node)
    if not isinstance(table, Table):
        return []
    changes: dict[str, object] = {}
    for name, [(text, line), *_] in settings.items():
        if name == "caption":
            changes[name] = reader.inlines(text, line)
        elif name == "widths":
            changes[name] = _shares(reader, text, len(table.header), line)
        elif text in ("true", "false"):
            changes[name] = text == "true"
        else:
            reader.fail("option-value", f"{name!r} is {text!r}", "write true or false", line)
    return [table.model_copy(update=changes)]


def _contents(reader: Reader, body: Body) -> list[Block]:
    if body.text.strip():
        reader.fail(
            "directive-body",
            "the contents are filled in by the program",
            "close :::{contents} in the next line",
            body.line,
        )
    return [Contents()]


def _contacts(reader: Reader, body: Body) -> list[Block]:
    columns: list[tuple[Inlines, ...]] = []
    for part in _parts(reader, body.text, body.line + 1):
        lines: list[Inlines] = []
        for node in part:
            if node.node.type == "paragraph":
                lines.extend(reader.split_children(node))
            elif node.node.type == "bullet_list":
                lines.extend(reader.items(node))
            else:
                reader.fail(
                    "directive-body",
                    "contacts hold lines of text only",
                    "move the rest out of the directive",
                    first_line(node),
                )
        columns.append(tuple(line for line in lines if line))
    return [Contacts(columns=tuple(columns))]


def _checklist(reader: Reader, body: Body) -> list[Block]:
    nodes = reader.parse(body.text, body.line + 1)
    node = _only(reader, nodes, "bullet_list", "a list", body.line)
    return [Items(items=reader.items(node), style="check")] if node else []


def _if_room(reader: Reader, body: Body) -> list[Block]:
    found = _PRIORITY.fullmatch(body.argument)
    if found is None:
        reader.fail(
            "directive-argument",
            f"{body.argument!r} is not a priority and a name",
            "write :::{if-room} 1 what it is; the lowest number goes first",
            body.line,
        )
        return []
    blocks = reader.blocks(reader.parse(body.text, body.line + 1))
    return [Group(priority=int(found[1]), name=found[2], blocks=blocks)]


DIRECTIVES: Mapping[str, Directive] = {
    "lead": _lead,
    "small": _small,
    "quote": _quote,
    "kpis": _kpis,
    "columns": _columns,
    "callout": _callout,
    "chart": _chart,
    "table": _captioned,
    "contents": _contents,
    "contacts": _contacts,
    "checklist": _checklist,
    "if-room": _if_room,
}
