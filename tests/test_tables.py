"""Decision tables from YAML, CSV and XLSX: the same table is the same however it is written."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.cell import Cell

from tests import small
from tests.rules import FACTS
from winlab.facts import Row
from winlab.files import Reader
from winlab.problems import Problem, Stopped
from winlab.read import read_workspace
from winlab.rules.compile import compile_table
from winlab.rules.table import Table
from winlab.tables import read_table

D = Decimal
GROUPS = """\
id,when.market.growth,when.market.share,then.peer_group,then.strategy,why
hot,>= 8%,< 15%,hot,invest,"Fast growth, small share."
calm,-,>= 15%,calm,maintain,
else,,,rest,maintain,
"""


def reading(folder: Path, name: str = "t") -> tuple[Table | None, list[Problem]]:
    reader = Reader(folder)
    source = read_table(reader, folder, name, FACTS)
    if source is None or reader.problems:
        return None, reader.problems
    table, problems = compile_table(source, FACTS)
    return table, problems


def compiled(folder: Path, name: str = "t") -> Table:
    table, problems = reading(folder, name)
    assert table is not None, [str(problem) for problem in problems]
    return table


def as_xlsx(rows: Sequence[Sequence[str]], path: Path) -> None:
    """Writes percentages, numbers and truth values as Excel keeps them once they are typed."""
    book = Workbook()
    assert book.active is not None
    for line, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            if not text:
                continue
            cell = book.active.cell(line, column)
            assert isinstance(cell, Cell)
            number = text.removesuffix("%")
            if number.lstrip("-").replace(".", "", 1).isdigit():
                cell.value = float(number) / (100 if text.endswith("%") else 1)
                cell.number_format = "0.0%" if text.endswith("%") else "General"
            elif text in ("true", "false"):
                cell.value = text == "true"
            else:
                cell.value = text
                cell.data_type = "s"
    book.save(path)


def test_a_table_in_three_forms(tmp_path: Path) -> None:
    (tmp_path / "y").mkdir()
    (tmp_path / "y/t.yaml").write_text(
        "rules:\n"
        "  - {id: hot, when: {market.growth: '>= 8%', market.share: '< 0.15'},\n"
        "     then: {strategy: invest, peer_group: hot}, why: Fast growth.}\n"
        "  - {id: calm, when: {market.share: '>= 15 %'}, then: {peer_group: calm, strategy: maintain}}\n"
        "else: {peer_group: rest, strategy: maintain}\n"
    )
    (tmp_path / "c").mkdir()
    (tmp_path / "c/t.csv").write_text(GROUPS)
    (tmp_path / "x").mkdir()
    as_xlsx(list(csv.reader(io.StringIO(GROUPS))), tmp_path / "x/t.xlsx")
    tables = [compiled(tmp_path / form) for form in ("y", "c", "x")]
    assert len({table.fingerprint for table in tables}) == 1
    for table in tables:
        assert table.decide({"market.growth": D("0.1"), "market.share": D("0.1")}).matched == (
            "hot",
        )
        assert table.decide({"market.growth": D(0), "market.share": D("0.1")}).outputs == {
            "peer_group": "rest", "strategy": "maintain",
        }  # fmt: skip
    places = [str(table.rules[0].clauses[1].place) for table in tables]
    assert places == ["t.yaml:2:61", "t.csv:2:3", "t.xlsx:Sheet!C2"]


def test_the_sheet_that_the_readme_shows(tmp_path: Path) -> None:
    readme = Path(__file__).parents[1].joinpath("README.md").read_text()
    (tmp_path / "t.csv").write_text(readme.split("```csv\n")[1].split("```")[0])
    table = compiled(tmp_path)
    assert [rule.id for rule in table.rules] == ["hot-spots", "steady"]
    assert table.source.otherwise == {"peer_group": "quiet", "strategy": "maintain"}


@dataclass(frozen=True)
class Plain:
    """A table as lists of texts."""

    rules: Sequence[tuple[Mapping[str, str], str]]
    settings: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""

    def yaml(self) -> str:
        lines = ["rules:"] if self.rules else ["rules: []"]
        for i, (when, out) in enumerate(self.rules):
            tests = ", ".join(f"{name}: '{text}'" for name, text in when.items())
            lines.append(f"  - {{id: r{i}, when: {{{tests}}}, then: {{points: '{out}'}}}}")
        for name, value in self.settings.items():
            shown = f"[{value.replace(';', ',')}]" if name == "priority" else f"'{value}'"
            lines.append(f"{name}: {shown}")
        if self.otherwise:
            lines.append(
                "else: " + ("gap" if self.otherwise == "gap" else f"{{points: '{self.otherwise}'}}")
            )
        return "\n".join(lines) + "\n"

    def sheet(self) -> list[list[str]]:
        names = sorted({name for when, _ in self.rules for name in when})
        rows = [["id", *(f"when.{name}" for name in names), "then.points"]]
        blanks = [""] * len(names)
        rows += [[name, *blanks, value] for name, value in self.settings.items()]
        for i, (when, out) in enumerate(self.rules):
            rows.append([f"r{i}", *(when.get(name, "") for name in names), out])
        if self.otherwise:
            rows.append(["else", *blanks, self.otherwise])
        return rows


TESTS = {
    "market.growth": ["8%", ">= 8%", "< -2.5%", "[3%..8%)", "0.05, > 20%", "not(5%)", "null", "-"],
    "market.competitive_intensity": ["low", "<= medium", '"high"', "!= low"],
    "account.industry": ["plastics", "plastics, paints-coatings", "not(null)"],
    "account.open_complaints": ["0", "> 0", "3, 5"],
    "account.credit_block": ["true", "false"],
}
VALUES: Mapping[str, Sequence[Decimal | str | bool | None]] = {
    "market.growth": [None, D("-0.03"), D("0.05"), D("0.08"), D("0.3")],
    "market.competitive_intensity": [None, "low", "high"],
    "account.industry": [None, "plastics", "water-treatment"],
    "account.open_complaints": [None, D(0), D(3)],
    "account.credit_block": [None, True, False],
}


@st.composite
def plain_tables(draw: st.DrawFn) -> Plain:
    rules = []
    for _ in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(sorted(TESTS)), max_size=3, unique=True))
        when = {name: draw(st.sampled_from(TESTS[name])) for name in names}
        rules.append((when, draw(st.sampled_from(["-1.5", "0", "2", "3"]))))
    hit = draw(st.sampled_from(["", "unique", "any", "first", "priority", "collect", "sum"]))
    given_: dict[str, str] = {"hit": hit} if hit else {}
    if hit == "priority":
        given_["priority"] = "3; 2; 0; -1.5"
    if hit == "sum":
        given_ = {"hit": "collect", "aggregate": "sum"}
        given_ |= draw(st.sampled_from([{}, {"floor": "-2"}, {"floor": "-2", "cap": "2.5"}]))
    return Plain(rules, given_, draw(st.sampled_from(["", "gap", "2", "0"])))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    plain_tables(),
    st.lists(
        st.fixed_dictionaries({name: st.sampled_from(v) for name, v in VALUES.items()}),
        min_size=3, max_size=6,
    ),
)  # fmt: skip
def test_three_forms_have_one_fingerprint_and_decide_alike(made: Plain, rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "y.yaml").write_text(made.yaml())
        with (folder / "c.csv").open("w", newline="") as out:
            csv.writer(out).writerows(made.sheet())
        as_xlsx(made.sheet(), folder / "x.xlsx")
        reader = Reader(folder)
        sources = [read_table(reader, folder, name, FACTS) for name in ("y", "c", "x")]
        assert reader.problems == []
    tables = []
    for source in sources:
        assert source is not None
        # The file's name is the table's id, and the three have one of their own.
        table, problems = compile_table(replace(source, id="t"), FACTS)
        assert table is not None, [str(problem) for problem in problems]
        tables.append(table)
    assert len({table.fingerprint for table in tables}) == 1
    for row in rows:
        one, *others = [table.decide(row) for table in tables]
        assert all(other == one for other in others)


def test_the_fingerprint_changes_with_what_a_setting_says(tmp_path: Path) -> None:
    text = "id,then.points\nhit,collect\naggregate,sum\ncap,{}\na,3\n"
    prints = set()
    for cap in ("2", "2.0", "4"):
        (tmp_path / "t.csv").write_text(text.format(cap))
        prints.add(compiled(tmp_path).fingerprint)
    assert len(prints) == 2


@pytest.mark.parametrize(
    ("text", "code", "place", "fix"),
    [
        ("id,when.market.growth\na,>= 8\n", "condition-outside", "t.csv:2:2", "did you mean 8%?"),
        ("id,when.market.growht\na,>= 8%\n", "fact-unknown", "t.csv:2:2", "market.growth?"),
        ("id,market.growth\na,>= 8%\n", "unknown-column", "t.csv:1:2", "'when.market.growth'?"),
        ("name,then.x\na,b\n", "no-column", "t.csv:1:1", ""),
        ("id,then.x,\na,b,left over\n", "unknown-column", "t.csv:1:3", "name it when.<fact>"),
        ("id,then.x\nhit,uniqe\na,b\n", "unknown-value", "t.csv:2:1", "did you mean 'unique'?"),
        ("id,then.x\nhit,first\nhit,any\na,b\n", "duplicate-key", "t.csv:3:1", "keep one"),
        (
            "id,then.x,then.y\nhit,first,any\na,b,c\n",
            "setting-cells",
            "t.csv:2:1",
            "one other cell",
        ),
        ("id,then.x\na b,c\n", "bad-name", "t.csv:2:1", ""),
        ("id,then.x\n,c\n", "bad-name", "t.csv:2:1", ""),
    ],
)
def test_a_sheet_that_is_refused_names_cell_and_fix(
    tmp_path: Path, text: str, code: str, place: str, fix: str
) -> None:
    (tmp_path / "t.csv").write_text(text)
    _, problems = reading(tmp_path)
    assert (problems[0].code, str(problems[0].place)) == (code, place)
    assert fix in problems[0].hint


@pytest.mark.parametrize(
    ("cell", "place", "hint"),
    [
        ("null", "2:34", "put quotes around it: 'null'"),
        (">= 5", "2:34", "put quotes around the condition: '>= 5'"),
        ("!= x", "2:34", "put quotes around it: '!= x'"),
        ("[1..2]", "2:34", "put quotes around it: '[1..2]'"),
        ("- ", "2:34", "put quotes around the condition: '-'"),
        ("2026-12-01", "2:34", "put quotes around it: '2026-12-01'"),
        ("no", "2:34", "put quotes around it: 'no'"),
        ("1:30", "2:34", "put quotes around it: '1:30'"),
    ],
)
def test_a_cell_that_lost_its_quotes(tmp_path: Path, cell: str, place: str, hint: str) -> None:
    text = f"rules:\n  - {{id: a, when: {{market.share: {cell}}}, then: {{x: b}}}}\n"
    (tmp_path / "t.yaml").write_text(text)
    _, problems = reading(tmp_path)
    assert (str(problems[0].place), problems[0].hint) == (f"t.yaml:{place}", hint)


def test_a_null_and_an_na_in_a_cell_are_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,when.market.growth,then.x\na,null,NA\nb,not(null),null\n")
    table = compiled(tmp_path)
    assert table.decide({"market.growth": None}).outputs == {"x": "NA"}
    assert table.decide({"market.growth": D(0)}).outputs == {"x": "null"}


def test_lists_and_languages_in_cells(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c/t.csv").write_text(
        "id,then.insight.en,then.insight.de,then.proof\n"
        "a,Grow; do not stop.,Wachsen.,c-1; c-2\nb,Save.,,c-1\n"
    )
    (tmp_path / "y").mkdir()
    (tmp_path / "y/t.yaml").write_text(
        "rules:\n"
        "  - {id: a, then: {proof: [c-1, c-2], insight: {en: Grow; do not stop., de: Wachsen.}}}\n"
        "  - {id: b, then: {insight: {en: Save.}, proof: c-1}}\n"
    )
    sheet, written = compiled(tmp_path / "c"), compiled(tmp_path / "y")
    assert sheet.fingerprint == written.fingerprint
    assert sheet.rules[0].outputs == {
        "insight": {"en": "Grow; do not stop.", "de": "Wachsen."}, "proof": ("c-1", "c-2"),
    }  # fmt: skip


def test_a_date_that_excel_made_is_refused_but_not_on_a_date(tmp_path: Path) -> None:
    from datetime import datetime

    book = Workbook()
    assert book.active is not None
    book.active.append(["id", "when.account.customer_since", "when.market.growth", "then.x"])
    book.active.append(["a", datetime(2026, 3, 1), datetime(2026, 2, 1), "b"])
    book.save(tmp_path / "t.xlsx")
    _, problems = reading(tmp_path)
    assert [(p.code, str(p.place)) for p in problems] == [("date-cell", "t.xlsx:Sheet!C2")]
    assert "C2 holds the date 2026-02-01" in problems[0].message
    assert problems[0].hint == "give the column the format Text, then type the cell again"


def test_two_files_of_one_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GROUPS)
    (tmp_path / "t.yaml").write_text("rules: []\n")
    _, problems = reading(tmp_path)
    assert (problems[0].code, problems[0].hint) == ("table-twice", "keep one of them")


# ---------------------------------------------------------------- in a workspace


def workspace_problems(folder: Path) -> list[Problem]:
    try:
        return list(read_workspace(folder).problems)
    except Stopped as stopped:
        return list(stopped.problems)


def test_peer_groups_from_csv_decide_as_those_from_yaml(tmp_path: Path) -> None:
    written = small.decision(tmp_path / "y")
    folder = small.write(tmp_path / "c")
    (folder / "plays/peer-groups.yaml").unlink()
    (folder / "plays/peer-groups.csv").write_text(
        "id,when.market.growth,then.peer_group,then.strategy\n"
        "growers,>= 8%,growers,invest\ncalm,< 8%,calm,maintain\nelse,,gap,\n"
    )
    found = small.decided(folder)
    assert found.id == written.id
    assert found.summary == written.summary
    assert found.traces[0].rules[0].clauses[0].source == "plays/peer-groups.csv:2:2"


def test_a_play_names_the_sheet_of_its_messages(tmp_path: Path) -> None:
    written = small.decision(tmp_path / "y")
    text = small.FILES["plays/push.yaml"]
    start, end = text.index("  rules:\n    - {id: any"), text.index("value_model")
    folder = small.write(
        tmp_path / "c", {"plays/push.yaml": (text[start:end], "  rules: push/messages.csv\n")}
    )
    (folder / "plays/push").mkdir()
    (folder / "plays/push/messages.csv").write_text(
        "id,replaces,when.contact.role,when.account.industry,then.theme,then.insight,then.proof\n"
        "any,,factory-manager,,uptime,Grow.,c-1\n"
        "paint,any,factory-manager,coatings,uptime,Foam costs batches.,c-1\n"
        "late,,factory-manager,,dose,Less dose.,c-old\n"
    )
    found = small.decided(folder)
    assert found.id == written.id
    assert [m.id for m in found.messages["factory-manager"]] == ["paint"]


def test_settings_of_a_named_sheet_stand_in_the_play(tmp_path: Path) -> None:
    text = small.FILES["plays/push.yaml"]
    start, end = text.index("  rules:\n    - {id: any"), text.index("value_model")
    folder = small.write(tmp_path, {"plays/push.yaml": (text[start:end], "  rules: says.csv\n")})
    (folder / "plays/says.csv").write_text("id,then.insight\nhit,first\na,Grow.\n")
    [problem] = workspace_problems(folder)
    assert (problem.code, str(problem.place)) == ("setting-in-sheet", "plays/says.csv:2:1")


def test_a_sheet_outside_the_workspace_or_of_another_kind(tmp_path: Path) -> None:
    changes = {"plays/keep.yaml": ("messages: {}", "messages: {rules: says.txt}")}
    [problem] = workspace_problems(small.write(tmp_path / "a", changes))
    assert (problem.code, str(problem.place)) == ("bad-name", "plays/keep.yaml:16:19")
    changes = {"plays/keep.yaml": ("messages: {}", "messages: {rules: a/../../../says.csv}")}
    found = workspace_problems(small.write(tmp_path / "b", changes))
    assert "outside-workspace" in {problem.code for problem in found}
