import os
from decimal import Decimal
from pathlib import Path

import pytest

from winlab.book import Entry, entries, read_entry, rep_of
from winlab.inputs import Role
from winlab.problems import Place, Problem, Stopped
from winlab.read import PlanSource
from winlab.root import read_settings
from winlab.watch import Watch

ROOT = Path(__file__).parents[1]

HEADER = (
    "plan,rep,account,site,meeting,contacts.0.name,contacts.0.title,contacts.0.role,"
    "contacts.0.buying,contacts.0.influence,contacts.0.stance,objective.action,objective.by,"
    "why_now,pains.0.words,pains.0.assumed,products.0.id,products.0.volume.current,"
    "products.0.volume.potential,products.0.volume.unit,terms.basis,terms.payment_days,"
    "terms.months,packs,decision.criteria"
)
ROW = (
    "trial-{0},rep-1,ACC-1,Baytown,2027-01-14,Maria Delgado,Plant Manager,factory-manager,user,"
    'high,unknown,Approve a trial,2027-02-15,unknown,"We lose, each month, a shift.",true,DF-310,0,'
    "120,t/a,delivered,60,9,factory-manager; cfo,uptime;price"
)


def found(
    folder: Path, *names: str, columns: dict[str, str] | None = None
) -> list[Entry | Problem]:
    return list(entries([folder / name for name in names], columns or {}, folder, Watch({}, 0)))


def test_a_row_is_a_plan(tmp_path: Path) -> None:
    text = "\n".join([HEADER, ROW.format(1), "", ROW.format(2)]) + "\n"
    (tmp_path / "plans.csv").write_text(text, encoding="utf-8-sig")
    first, second = found(tmp_path, "plans.csv")
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert (first.source, second.source) == ("plans.csv#trial-1", "plans.csv#trial-2")
    assert first.digest != second.digest
    source = read_entry(second, tmp_path, {})
    assert isinstance(source, PlanSource)
    plan = source.plan
    assert (plan.plan, plan.packs) == ("trial-2", (Role.FACTORY_MANAGER, Role.CFO))
    assert plan.pains[0].words == "We lose, each month, a shift."
    assert plan.products[0].volume.potential == Decimal(120)
    assert plan.decision.criteria == ("uptime", "price")
    assert source.place("objective", "by") == Place("plans.csv", 4, 13)


def test_a_workbook_holds_the_same_plans(tmp_path: Path) -> None:
    import csv

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in csv.reader([HEADER, ROW.format(1)]):
        sheet.append(cells)
    book.save(tmp_path / "plans.xlsx")
    (tmp_path / "plans.csv").write_text(f"{HEADER}\n{ROW.format(1)}\n")
    one, other = found(tmp_path, "plans.xlsx", "plans.csv")
    assert isinstance(one, Entry)
    assert isinstance(other, Entry)
    assert read_entry(one, tmp_path, {}).plan == read_entry(other, tmp_path, {}).plan


def test_a_map_of_columns_feeds_an_export_in(tmp_path: Path) -> None:
    header = HEADER.replace("plan,rep", "Opportunity,Owner").replace("why_now", "Why")
    (tmp_path / "crm.csv").write_text(f"{header},Stage\n{ROW.format(1)},Open\n")
    columns = {name: name for name in HEADER.split(",")}
    columns |= {"Opportunity": "plan", "Owner": "rep", "Why": "why_now"}
    (entry,) = found(tmp_path, "crm.csv", columns=columns)
    assert isinstance(entry, Entry)
    source = read_entry(entry, tmp_path, columns)
    assert isinstance(source, PlanSource)
    plan = source.plan
    assert (plan.plan, plan.rep, plan.why_now) == ("trial-1", "rep-1", "unknown")


def test_a_fault_in_a_row_is_told_at_its_cell(tmp_path: Path) -> None:
    bad = ROW.format(1).replace("2027-02-15", "soon").replace(",60,9,", ",sixty,9,")
    (tmp_path / "plans.csv").write_text(f"{HEADER},budgit\n{bad},5\n")
    (entry,) = found(tmp_path, "plans.csv")
    assert isinstance(entry, Entry)
    with pytest.raises(Stopped) as stopped:
        read_entry(entry, tmp_path, {})
    places = {str(problem.place) for problem in stopped.value.problems}
    assert places == {"plans.csv:2:13", "plans.csv:2:22", "plans.csv:2:26"}
    assert "a plan has no 'budgit'" in {problem.message for problem in stopped.value.problems}


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("", "the table is empty", "t.csv:1:1"),
        ("a,b\n1,2\n", "no column names the plan", "t.csv:1:1"),
        ('plan\nx\n"y\n', "the row cannot be read: unexpected end of data", "t.csv:3"),
        ("plan;rep\nx;y\n", "this file is separated by semicolons", "t.csv:1:5"),
        ("plan\trep\nx\ty\n", "this file is separated by tabs", "t.csv:1:5"),
        ("plan,rep,rep\nx,y,z\n", "two columns are 'rep'", "t.csv:1:3"),
        ("plan,why_now\nx,\xe9\n".encode("cp1252"), "the line is not UTF-8 text", "t.csv:2:3"),
        ("plan,rep\nx,y\n".encode("utf-16"), "the table is UTF-16 text, not UTF-8", "t.csv:1"),
        (
            f"plan,rep\nx,{'y' * 10_000_000}\n",
            "the row cannot be read: field larger than field limit (131072)",
            "t.csv:2",
        ),
        (
            f"plan,rep\nx,{'y' * 21_000_000}\n",
            "the row cannot be read: it has more than 20 MB",
            "t.csv:2",
        ),
    ],
)
def test_a_table_that_is_none(tmp_path: Path, text: str | bytes, message: str, place: str) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    *_, problem = found(tmp_path, "t.csv")
    assert isinstance(problem, Problem)
    assert (problem.message, str(problem.place)) == (message, place)


def test_a_row_over_several_lines_is_found_again(tmp_path: Path) -> None:
    row = ROW.format(1).replace("We lose, each month, a shift.", "We lose\na shift.")
    (tmp_path / "plans.csv").write_text(f"{HEADER}\n{row}\n{ROW.format(2)}\n")
    entry = found(tmp_path, "plans.csv")[-1]
    assert isinstance(entry, Entry)
    assert entry.line == 4
    assert read_entry(entry, tmp_path, {}).plan.plan == "trial-2"


def test_a_folder_is_searched_for_plan_files(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/c.yaml", ".hidden/d.yaml", "notes.txt"):
        (tmp_path / "plans" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plans" / name).write_text("x")
    listed = [
        entry.source
        for entry in found(tmp_path, "plans", "plans/b.yaml")
        if isinstance(entry, Entry)
    ]
    assert listed == ["plans/a/c.yaml", "plans/b.yaml"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, "nowhere.yaml")
    assert isinstance(problem, Problem)
    assert (problem.code, str(problem.place)) == ("no-file", "nowhere.yaml")


def test_two_columns_that_are_mapped_to_one_are_told(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("Opportunity,Deal,Stage,Stage\nx,y,z,z\n")
    (problem,) = found(tmp_path, "crm.csv", columns={"Opportunity": "plan", "Deal": "plan"})
    assert isinstance(problem, Problem)
    assert (problem.code, str(problem.place)) == ("duplicate-column", "crm.csv:1:2")


def test_pipes_and_folders_called_like_plans_are_told_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "plans/folder.yaml").mkdir(parents=True)
    for name in ("plans/pipe.yaml", "pipe.csv"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "plans/plan.yaml").write_text("x")
    listed = found(tmp_path, "plans", "pipe.csv")
    told = [(str(p.place), p.code) for p in listed if isinstance(p, Problem)]
    assert told == [
        ("plans/folder.yaml", "is-folder"),
        ("plans/pipe.yaml", "not-a-file"),
        ("pipe.csv", "not-a-file"),
    ]
    assert [entry.source for entry in listed if isinstance(entry, Entry)] == ["plans/plan.yaml"]


def test_names_that_are_no_text_are_shown_escaped(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    Path(os.fsdecode(bytes(tmp_path) + b"/plans/b\xe9.yaml")).write_text("plan: x")
    (entry,) = found(tmp_path, "plans")
    assert isinstance(entry, Entry)
    assert entry.source == "plans/b\\udce9.yaml"


def test_the_rep_is_told_of_a_plan_that_is_otherwise_wrong(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("plan: x\nrep: ann\nmeeting: soon\n")
    (tmp_path / "broken.yaml").write_text("plan: [")
    (tmp_path / "t.csv").write_text("plan,rep,meeting\nx,max,soon\n")
    listed = found(tmp_path, "wrong.yaml", "broken.yaml", "t.csv")
    reps = [rep_of(entry, tmp_path) for entry in listed if isinstance(entry, Entry)]
    assert reps == ["ann", "", "max"]


def test_the_samples_export_is_read_by_the_samples_map() -> None:
    settings = read_settings(ROOT)
    assert settings is not None
    listed = found(ROOT, "samples/chemicals/crm.csv", columns=dict(settings.columns))
    plans = [read_entry(e, ROOT, settings.columns).name for e in listed if isinstance(e, Entry)]
    assert plans == ["oakhurst-second-reactor", "kestrel-spring-order"]
