import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from winlab.ledger import Ledger, PackRow, PlanRow
from winlab.problems import Exit, Stopped
from winlab.watch import FileState

ROW = PlanRow(
    "plans/a.yaml", "a", "rep-1", "Gulf", "2027-01-14", "d1", "i1", "pdf", "2026-12-01", "2026-12-09",
    "done",
    (PackRow("cfo", "en", "released", "ABC", "2026-12-01", (("customer/a.pdf", "5f"), ("customer/a.docx", "6a"))),),
    ({"severity": "warning", "line": 3, "file": "plans/a.yaml", "column": None},),
)  # fmt: skip


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.record([ROW, replace(ROW, source="plans/b.yaml", packs=(), problems=())])
    ledger.close()
    again = Ledger(tmp_path, read_only=True)
    assert again.plans()["plans/a.yaml"] == ROW
    assert set(again.plans()) == {"plans/a.yaml", "plans/b.yaml"}


def test_a_plan_is_written_over_and_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.record([ROW])
    ledger.record([replace(ROW, outcome="refused")])
    assert [row.outcome for row in ledger.plans().values()] == ["refused"]
    ledger.forget(["plans/a.yaml"])
    assert ledger.plans() == {}


def test_input_that_no_plan_was_made_from_is_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    state = FileState("5f", 1, 2, 3, 4, 5)
    ledger.record([ROW])
    for digest in ("i1", "i2", "i3"):
        ledger.keep_inputs({"/x": state}, digest, {"x": digest})
    assert ledger.states() == {"/x": state}
    assert [ledger.input_files(digest) for digest in ("i1", "i2", "i3")] == [
        {"x": "i1"},
        {},
        {"x": "i3"},
    ]


def test_a_file_that_is_no_ledger_is_set_aside(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.close()
    path = ledger.path
    path.write_bytes(b"rubbish" * 1000)
    assert Ledger(tmp_path).plans() == {}
    assert path.with_suffix(".broken").read_bytes() == b"rubbish" * 1000


def test_a_ledger_of_another_version_is_set_aside_and_told(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.record([ROW])
    ledger._base.execute("PRAGMA user_version=7")
    ledger.close()
    again = Ledger(tmp_path)
    assert again.plans() == {}
    [problem] = again.problems
    assert (problem.code, problem.hint) == ("broken-ledger", "the old one is kept as ledger.broken")


def damaged(folder: Path) -> Path:
    """A ledger that opens, but whose rows are rubbish."""
    ledger = Ledger(folder)
    ledger.record([replace(ROW, source=f"plans/{n}.yaml", rep="x" * 500) for n in range(300)])
    ledger.close()
    data = bytearray(ledger.path.read_bytes())
    data[8192:-4096] = b"\xee" * (len(data) - 8192 - 4096)
    ledger.path.write_bytes(data)
    return ledger.path


def test_damage_within_a_ledger_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    ledger = Ledger(tmp_path)
    assert ledger.plans() == {}
    assert [problem.code for problem in ledger.problems] == ["broken-ledger"]
    ledger.record([ROW])
    assert ledger.plans() == {ROW.source: ROW}
    assert path.with_suffix(".broken").exists()


def test_reading_changes_nothing_however_damaged(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    before = path.read_bytes()
    ledger = Ledger(tmp_path, read_only=True)
    assert ledger.plans() == {}
    assert [problem.code for problem in ledger.problems] == ["broken-ledger"]
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_without_a_ledger_reading_writes_nothing(tmp_path: Path) -> None:
    assert Ledger(tmp_path, read_only=True).plans() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_cannot_be_written_is_the_machines_problem(tmp_path: Path) -> None:
    (tmp_path / ".winlab").write_text("a file where the folder should be")
    with pytest.raises(Stopped) as stopped:
        Ledger(tmp_path)
    assert stopped.value.exit_code is Exit.MACHINE
    assert stopped.value.problems[0].code == "no-ledger"


def test_another_run_that_holds_it_is_waited_for_and_then_told(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, wait_seconds=0.1)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Stopped, match="locked"):
        ledger.record([ROW])
    other.execute("ROLLBACK")
    ledger.record([ROW])
    assert ledger.plans() == {ROW.source: ROW}
