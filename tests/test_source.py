"""Source text → trees with positions."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from winlab.source import number_in, parse_csv, parse_xlsx, parse_yaml


@pytest.mark.parametrize(
    ("text", "line", "column", "code", "hint"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "duplicate-key", "keep one"),
        ("a: &x 1\n", 1, 4, "yaml-anchor", "delete it"),
        ("a: [1]\nb: *x\n", 2, 4, "yaml-alias", "write the text out"),
        ("when:\n  x: != invest\n", 2, 6, "yaml-tag", "put quotes around it: '!= invest'"),
        ("when: {g: >= 8%}\n", 1, 11, "yaml-syntax", "put quotes around the condition: '>= 8%"),
        ("a:\n\tb: 1\n", 2, 1, "yaml-syntax", "indent with spaces"),
        ("a: b: c\n", 1, 5, "yaml-syntax", "put quotes around text that holds a colon"),
        (
            "words: Line #4 foams\n",
            1,
            12,
            "text-lost-to-comment",
            'put quotes around the text: "Line #4 foams"',
        ),
        ("", 1, 1, "empty-file", "fill it in"),
        ("# only a comment\n", 1, 1, "empty-file", "fill it in"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second-document", "one document"),
        ("[" * 500, 1, 41, "too-deep", "brackets"),
        ("a: \x01b\n", 1, 4, "not-yaml", "UTF-8"),
    ],
)
def test_refused_yaml_names_place_and_fix(
    text: str, line: int, column: int, code: str, hint: str
) -> None:
    _, problems = parse_yaml(text, "plan.yaml")
    found = next(p for p in problems if p.code == code)
    assert (found.place.file, found.place.line, found.place.column) == ("plan.yaml", line, column)
    assert hint in found.hint


def test_scalars_stay_source_text_and_null_is_told_from_quoted() -> None:
    parsed, problems = parse_yaml(
        "a: no\nb: 1.10\nc: 1:30\nd: null\ne: 'null'\nf: 2026-12-01\n", "x"
    )
    assert problems == []
    assert parsed.tree == {
        "a": "no",
        "b": "1.10",
        "c": "1:30",
        "d": None,
        "e": "null",
        "f": "2026-12-01",
    }


def test_places_point_at_values_and_keys() -> None:
    parsed, _ = parse_yaml("plan:\n  - {id: one, volume: 2}\n", "x")
    assert (
        parsed.place(("plan", 0, "volume")).line,
        parsed.place(("plan", 0, "volume")).column,
    ) == (2, 23)
    assert parsed.key_place(("plan", 0, "volume")).column == 15


def test_comments_after_plain_text_are_no_lost_text() -> None:
    parsed, problems = parse_yaml("site: Baytown   # the north one\nn: 3 # x\n", "x")
    assert problems == []
    assert parsed.tree == {"site": "Baytown", "n": "3"}


def test_alias_bomb_is_refused_before_it_explodes() -> None:
    bomb = "a: &a [x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(20)
    )
    _, problems = parse_yaml(bomb, "x")
    assert {p.code for p in problems} == {"yaml-anchor", "yaml-alias"}


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    parsed, problems = parse_yaml(text, "x")
    assert parsed.tree is not None or problems


def test_csv_rows_keep_their_lines_across_quoted_line_breaks() -> None:
    sheet, problems = parse_csv('id,name\n1,"two\nlines"\n\n2,b\n', "a.csv")
    assert problems == []
    assert [row["name"] for row in sheet.rows] == ["two\nlines", "b"]
    assert str(sheet.place(1, "name")) == "a.csv:5:2"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("id,id\n1,2\n", "duplicate-column", "a.csv:1:1"),
        ("id,name\n1\n", "ragged-row", "a.csv:2:1"),
        ('id\n"open\n', "csv-syntax", "a.csv:2:1"),
        ("", "empty-file", "a.csv:1:1"),
    ],
)
def test_csv_problems_have_places(text: str, code: str, place: str) -> None:
    _, problems = parse_csv(text, "a.csv")
    assert (problems[0].code, str(problems[0].place)) == (code, place)


def test_xlsx_refuses_formulas_by_cell() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Markets"
    book.active.append(["id", "share"])
    book.active.append(["m-1", "=1/8"])
    out = io.BytesIO()
    book.save(out)
    _, problems = parse_xlsx(out.getvalue(), "m.xlsx")
    assert [(p.code, str(p.place)) for p in problems] == [("formula-cell", "m.xlsx:Markets!B2")]


def test_xlsx_garbage_is_a_problem() -> None:
    _, problems = parse_xlsx(b"not a workbook", "m.xlsx")
    assert problems[0].code == "not-xlsx"


@pytest.mark.parametrize(
    ("text", "number"),
    [(" 4.45 ", "4.45"), ("-3", "-3"), ("1e17", "1e17"), ("1e18", None), ("n/a", None),
     ("", None), ("NaN", None), ("inf", None), ("4,45", None)],
)  # fmt: skip
def test_a_cell_holds_a_plausible_number_or_none(text: str, number: str | None) -> None:
    assert number_in(text) == (None if number is None else Decimal(number))
