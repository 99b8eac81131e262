"""Source text → trees with positions."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from winlab.source import number_in, parse_csv, parse_toml, parse_xlsx, parse_yaml


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


def workbook(*cells: tuple[str, bool | float | str | datetime, str]) -> bytes:
    """A workbook with the columns id and share, and these cells (name, value, format)."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Markets"
    sheet.append(["id", "share"])
    for name, value, number_format in cells:
        sheet[name] = value
        sheet[name].number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.08, "0%", "8%"),
        (0.0825, "0.00%", "8.25%"),
        (-0.07, "0%;[Red]-0%", "-7%"),
        (0.1 + 0.2, "General", "0.3"),
        (8.0, "0", "8"),
        (1e-7, "General", "0.0000001"),
        (12, '0" %"', "12"),
        (True, "General", "true"),
        (">= 5", "General", ">= 5"),
        (" NA ", "General", " NA "),
        (datetime(2026, 12, 1), "yyyy-mm-dd", "2026-12-01"),
    ],
)
def test_xlsx_cells_are_read_as_they_were_typed(
    value: bool | float | str | datetime, number_format: str, text: str
) -> None:
    data = workbook(("A2", "m-1", "General"), ("B2", value, number_format))
    sheet, problems = parse_xlsx(data, "m.xlsx")
    assert problems == []
    assert sheet.rows[0]["share"] == text
    assert sheet.dated == ({(0, "share")} if isinstance(value, datetime) else set())


def test_xlsx_errors_are_refused_by_cell() -> None:
    data = workbook(("A2", "m-1", "General"), ("B2", "#REF!", "General"))
    _, [problem] = parse_xlsx(data, "m.xlsx")
    assert (problem.code, str(problem.place)) == ("error-cell", "m.xlsx:Markets!B2")
    assert problem.message == "B2 holds Excel's error #REF!"


def test_xlsx_cells_beside_the_table_are_refused() -> None:
    _, [problem] = parse_xlsx(workbook(("A2", "m-1", "General"), ("D2", "?", "General")), "m.xlsx")
    assert (problem.code, str(problem.place)) == ("no-header", "m.xlsx:Markets!D2")


def test_xlsx_merged_cells_are_refused() -> None:
    book = Workbook()
    assert book.active is not None
    for row in (["id", "share"], ["m-1", "8"], ["m-2", ""], ["m-3", "9"]):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    out = io.BytesIO()
    book.save(out)
    _, [problem] = parse_xlsx(out.getvalue(), "m.xlsx")
    assert (problem.code, str(problem.place)) == ("merged-cells", "m.xlsx:Sheet!B2")
    assert problem.message.startswith("B2:B3 is merged")


def test_xlsx_reads_the_first_visible_sheet_and_names_the_others() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.sheet_state = "hidden"
    book.active.append(["old"])
    for title in ("Rules", "Notes", "Empty"):
        book.create_sheet(title)
    book["Rules"].append(["id"])
    book["Rules"].append(["a"])
    book["Notes"].append(["draft"])
    out = io.BytesIO()
    book.save(out)
    sheet, [problem] = parse_xlsx(out.getvalue(), "m.xlsx")
    assert (sheet.name, sheet.rows) == ("Rules", ({"id": "a"},))
    assert (problem.code, problem.severity) == ("other-sheets", "warning")
    assert problem.message == "only the sheet Rules is read, not Notes"


def test_xlsx_that_states_a_wrong_size_is_read_in_full() -> None:
    data = workbook(("A2", "m-1", "General"), ("A3", "m-2", "General"), ("B3", 1, "General"))
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, text.replace(b'<dimension ref="A1:B3"', b'<dimension ref="A1:A2"'))
    assert changed.getvalue() != data
    sheet, problems = parse_xlsx(changed.getvalue(), "m.xlsx")
    assert problems == []
    assert sheet.rows[1] == {"id": "m-2", "share": "1"}


def test_xlsx_with_a_cell_in_the_last_corner_is_refused() -> None:
    _, [problem] = parse_xlsx(workbook(("XFD1048576", "x", "General")), "m.xlsx")
    assert (problem.code, str(problem.place)) == ("no-header", "m.xlsx:Markets!XFD1048576")


def test_xlsx_that_unpacks_to_a_thousand_times_its_size_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 54_000_000)
    data = out.getvalue()
    assert len(data) < 60_000
    _, [problem] = parse_xlsx(data, "m.xlsx")
    assert (problem.code, problem.message) == ("file-too-large", "the workbook unpacks to 54 MB")


@given(st.binary(max_size=200), st.integers(0, 4000))
def test_a_damaged_workbook_is_read_or_refused(noise: bytes, at: int) -> None:
    data = workbook(("A2", "m-1", "General"), ("B2", 0.08, "0%"))
    sheet, problems = parse_xlsx(data[:at] + noise + data[at + len(noise) :], "m.xlsx")
    assert sheet.rows or problems


def test_csv_takes_null_and_na_as_text() -> None:
    sheet, problems = parse_csv("id,name\nnull,NA\nNaN,\n", "a.csv")
    assert problems == []
    assert sheet.rows == ({"id": "null", "name": "NA"}, {"id": "NaN", "name": ""})


@pytest.mark.parametrize(
    ("text", "place", "fix"),
    [
        ("- {when: {growth: >= 5}}", "1:19", "put quotes around the condition: '>= 5'"),
        ("- {when: {growth: > 5, share: '< 3'}}", "1:19", "put quotes around the condition: '> 5'"),
        ("- {when: {growth: != x}}", "1:19", "put quotes around it: '!= x'"),
        ("- {when: {growth: [1..2)}}", "1:19", "put quotes around the condition: '[1..2)'"),
        ("- {when: {growth: - }}", "1:19", "put quotes around the condition: '-'"),
        ("- when:\n    growth: >= 5", "2:13", "put quotes around the condition: '>= 5'"),
        ("- when:\n    growth: [1..2)\n", "2:13", "put quotes around the condition: '[1..2)'"),
        ("- when:\n    growth: -\n", "2:13", "put quotes around the condition: '-'"),
    ],
)
def test_a_condition_that_lost_its_quotes_and_breaks_yaml(text: str, place: str, fix: str) -> None:
    _, problems = parse_yaml(text, "t.yaml")
    assert str(problems[0].place) == f"t.yaml:{place}"
    assert problems[0].hint == fix


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


@pytest.mark.parametrize(
    ("text", "place", "rest"),
    [
        ("a: {b: Line # 4 foams, c: x}\nd: 1\n", "f.yaml:1:13", "'# 4 foams, c: x}'"),
        ("a: [x, b # c]\n", "f.yaml:1:10", "'# c]'"),
        ("a:\n  - {b: 1 #x}\n", "f.yaml:2:11", "'#x}'"),
    ],
)
def test_a_bracket_that_a_comment_swallowed_is_named(text: str, place: str, rest: str) -> None:
    _, problems = parse_yaml(text, "f.yaml")
    found = problems[-1]
    assert (found.code, str(found.place)) == ("text-lost-to-comment", place)
    assert f"{rest} is read as a comment, and the bracket is never closed" in found.message
    assert "close the bracket before the comment" in found.hint


def test_comments_within_brackets_are_fine() -> None:
    parsed, problems = parse_yaml("a: {\n  b: 1,  # one\n  c: 2  # two\n}\n", "f.yaml")
    assert (parsed.tree, problems) == ({"a": {"b": "1", "c": "2"}}, [])


@pytest.mark.parametrize(
    ("text", "place", "char"),
    [
        ('a: 1\nb: "x\\0y"\n', "f.yaml:2:4", "U+0000"),
        ('a: ["\\x0b"]\n', "f.yaml:1:5", "U+000B"),
        ('"\\x1b": 1\n', "f.yaml:1:1", "U+001B"),
    ],
)
def test_escaped_control_characters_are_refused(text: str, place: str, char: str) -> None:
    _, problems = parse_yaml(text, "f.yaml")
    assert [(p.code, str(p.place)) for p in problems] == [("control-character", place)]
    assert char in problems[0].message


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("id,name\n1,a,b\n", "no-header", "a.csv:2:3", "delete the cell"),
        ("id;name\n1;2\n", "not-commas", "a.csv:1:3", "separated by semicolons"),
        ("id\tname\n1\t2\n", "not-commas", "a.csv:1:3", "save it with commas"),
    ],
)
def test_what_a_csv_may_not_hold(text: str, code: str, place: str, words: str) -> None:
    _, [found] = parse_csv(text, "a.csv")
    assert (found.code, str(found.place)) == (code, place)
    assert words in f"{found.message} | {found.hint}"


def test_empty_cells_beyond_the_header_are_no_loss() -> None:
    sheet, problems = parse_csv("id,name,\n1,a,,,\n", "a.csv")
    assert problems == []
    assert sheet.rows[0]["name"] == "a"


def test_toml_keeps_source_text_and_places() -> None:
    parsed, problems = parse_toml(
        '[a]\nday = 2026-12-01\n  size = 1.50\nyes = true\n[a.b]\n"c d".e = "x"\n', "w.toml"
    )
    assert problems == []
    assert parsed.tree == {
        "a": {"day": "2026-12-01", "size": "1.50", "yes": "true", "b": {"c d": {"e": "x"}}}
    }
    assert str(parsed.place(("a", "size"))) == "w.toml:3:10"
    assert str(parsed.key_place(("a", "size"))) == "w.toml:3:3"
    assert str(parsed.place(("a", "b", "c d", "e"))) == "w.toml:6:11"
    assert str(parsed.place(("a", "b", "missing"))) == "w.toml:5:1"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 1\nb = \n", "w.toml:2:5"),
        ("a = 1\na = 2\n", "w.toml:2:6"),
        ('a = "x', "w.toml:1:1"),
        ("a = " + "[" * 5000, "w.toml:1:1"),
        ("a = 0x" + "f" * 5000, "w.toml:1:1"),
    ],
)
def test_broken_toml_has_a_place(text: str, place: str) -> None:
    _, [found] = parse_toml(text, "w.toml")
    assert (found.code, str(found.place)) == ("toml-syntax", place)


@given(st.text())
def test_any_toml_is_read_or_refused(text: str) -> None:
    parsed, problems = parse_toml(text, "x")
    assert parsed.tree is not None or problems
