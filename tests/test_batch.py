"""Batches over the small workspace: only what changed is made, and nothing is lost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from tests import small
from winlab.night import Asked, Night
from winlab.problems import Exit, Stopped
from winlab.survey import Done, State
from winlab.tally import Tally

ASKED = Asked(roles=(), formats=("docx",), jobs=1)


class Inside(Night):
    """A batch whose work is done in this process: quicker, and easier to look into."""

    def _workers(self, maker: object) -> tuple[Callable[[], Executor], int]:
        return (lambda: ThreadPoolExecutor(1)), 1


def night(
    folder: Path, plans: str = "plans", asked: Asked = ASKED, day: date | None = None,
    kind: type[Night] = Inside, out: str = "out",
) -> tuple[dict[str, Done], Tally]:  # fmt: skip
    batch = kind(folder, [folder / plans], folder / out, asked, day, small.AS_OF, 9 * 10**18)
    tally = Tally()
    found = {}
    for done in batch.outcomes():
        tally.add(done)
        found[done.source] = done
    batch.finish(tally)
    return found, tally


def book(folder: Path, plans: int = 2) -> Path:
    """The small workspace with several plans, all after its first."""
    small.write(folder)
    first = (folder / "plans/bay.yaml").read_text()
    for number in range(2, plans + 1):
        (folder / f"plans/bay-{number}.yaml").write_text(
            first.replace("plan: bay", f"plan: bay-{number}")
        )
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".winlab" not in path.parts
    }


def states(found: dict[str, Done]) -> dict[str, str]:
    return {Path(source).stem: done.state.value for source, done in found.items()}


def test_the_second_run_makes_nothing_and_says_the_same(tmp_path: Path) -> None:
    folder = book(tmp_path)
    first, tally = night(folder)
    assert states(first) == {"bay": "done", "bay-2": "done"}
    assert tally.exit_code is Exit.DONE
    before = contents(folder / "out")
    second, tally = night(folder)
    assert states(second) == {"bay": "reused", "bay-2": "reused"}
    assert [done.why for done in second.values()] == [(), ()]
    assert {name: done.problems for name, done in second.items()} == {
        name: done.problems for name, done in first.items()
    }
    assert contents(folder / "out") == before


def test_only_the_plan_that_changed_is_made_again(tmp_path: Path) -> None:
    folder = book(tmp_path)
    night(folder)
    edit(folder / "plans/bay.yaml", "Grow", "Expand") if "Grow" in (
        folder / "plans/bay.yaml"
    ).read_text() else edit(folder / "plans/bay.yaml", "site: ", "site: New ")
    found, _ = night(folder)
    assert states(found) == {"bay": "done", "bay-2": "reused"}
    assert found["plans/bay.yaml"].why == ("the plan changed",)


def test_another_engine_makes_all_anew(tmp_path: Path) -> None:
    folder = book(tmp_path)
    by_typst = Asked((), ("docx",), 1, pdf_engine="typst")
    night(folder)
    found, _ = night(folder, asked=by_typst)
    assert states(found) == {"bay": "done", "bay-2": "done"}
    engines = {
        pack["pdf_engine"].split()[0]
        for path in folder.glob("out/*/internal/manifest.json")
        for pack in json.loads(path.read_text())["packs"]
    }
    assert engines == {"typst"}
    again, _ = night(folder, asked=by_typst)
    assert set(states(again).values()) == {"reused"}


def test_another_engine_draws_no_chart_again(tmp_path: Path) -> None:
    folder = book(tmp_path, 1)
    drawings = folder / "out/.winlab/drawings"

    def drawn() -> dict[str, int]:
        """What is kept, with the inode, which is another where it was drawn again."""
        files = (path for path in drawings.rglob("*") if path.is_file())
        return {path.name: path.stat().st_ino for path in files}

    by_typst = Asked((), ("docx", "pdf"), 1, pdf_engine="typst")
    night(folder, kind=Night)
    first = drawn()
    assert first
    night(folder, asked=by_typst, kind=Night)
    assert drawn() == first
    night(folder, asked=by_typst, out="clean")
    assert contents(folder / "clean") == contents(folder / "out")


def test_a_comment_makes_nothing_anew(tmp_path: Path) -> None:
    folder = book(tmp_path)
    night(folder)
    before = contents(folder / "out")
    for name in ("plans/bay.yaml", "plays/push.yaml"):
        (folder / name).write_text((folder / name).read_text() + "\n# a remark\n")
    found, tally = night(folder)
    assert states(found) == {"bay": "reused", "bay-2": "reused"}
    assert found["plans/bay.yaml"].why == ("the plan changed", "plays/push.yaml changed")
    assert tally.made == 0
    after = contents(folder / "out")
    assert {n: d for n, d in after.items() if not n.endswith("internal/manifest.json")} == {
        n: d for n, d in before.items() if not n.endswith("internal/manifest.json")
    }


def test_a_new_day_makes_nothing_until_a_comparison_turns(tmp_path: Path) -> None:
    folder = book(tmp_path, 1)
    edit(folder / "winlab.toml", "as_of = 2026-12-01", "")
    night(folder, day=date(2026, 12, 1))
    next_day, _ = night(folder, day=date(2026, 12, 2))
    assert [done.why for done in next_day.values()] == [()]
    over, _ = night(folder, day=date(2028, 1, 1))
    assert [done.state for done in over.values()] == [State.HELD]


def test_a_held_meeting_is_left_alone(tmp_path: Path) -> None:
    folder = book(tmp_path, 1)
    night(folder, day=date(2026, 12, 1))
    before = contents(folder / "out")
    edit(folder / "plays/push.yaml", "Six-week trial", "Eight-week trial")
    found, _ = night(folder, day=date(2027, 3, 1))
    assert states(found) == {"bay": "held"}
    assert contents(folder / "out") == before


def test_a_bad_plan_stops_no_other_and_is_listed_by_rep(tmp_path: Path) -> None:
    folder = book(tmp_path, 3)
    edit(folder / "plans/bay-2.yaml", "account: A-1", "account: A-11")
    (folder / "plans/bay-3.yaml").write_text("plan: [")
    found, tally = night(folder)
    assert states(found) == {"bay": "done", "bay-2": "refused", "bay-3": "refused"}
    assert tally.exit_code is Exit.PARTLY
    assert {name for names in tally.refused.values() for name in names} == {
        "bay-2",
        "plans/bay-3.yaml",
    }
    assert {"unknown-account", "yaml-syntax"} <= {p.code for p in tally.shared}


def test_two_plans_of_one_name_are_told(tmp_path: Path) -> None:
    folder = book(tmp_path, 2)
    edit(folder / "plans/bay-2.yaml", "plan: bay-2", "plan: bay")
    found, _ = night(folder)
    assert sorted(done.state.value for done in found.values()) == ["done", "refused"]
    [problem] = [p for done in found.values() for p in done.problems if p.code == "duplicate-plan"]
    assert "stands in" in problem.message


def test_an_edited_file_is_never_overwritten(tmp_path: Path) -> None:
    folder = book(tmp_path, 1)
    night(folder)
    mine = next((folder / "out/bay/customer").glob("*.docx"))
    mine.write_bytes(b"my own words")
    found, tally = night(folder)
    assert found["plans/bay.yaml"].why == (f"customer/{mine.name} was changed",)
    assert mine.read_bytes() == b"my own words"
    assert "edited" in {p.code for p in tally.problems}
    again, _ = night(folder)
    assert states(again) == {"bay": "reused"}
    assert mine.read_bytes() == b"my own words"


def test_a_file_that_is_gone_is_made_again_byte_for_byte(tmp_path: Path) -> None:
    folder = book(tmp_path, 1)
    night(folder)
    before = contents(folder / "out")
    next((folder / "out/bay/customer").glob("*.docx")).unlink()
    found, _ = night(folder)
    assert "is not there" in found["plans/bay.yaml"].why[0]
    assert contents(folder / "out") == before


def test_packs_of_a_plan_that_is_gone_are_listed_and_pruned(tmp_path: Path) -> None:
    folder = book(tmp_path)
    night(folder)
    (folder / "plans/bay-2.yaml").unlink()
    _, tally = night(folder)
    assert (tally.gone, tally.pruned) == (("bay-2",), ())
    assert (folder / "out/bay-2/customer").exists()
    _, tally = night(folder, asked=Asked((), ("docx",), 1, prune=True))
    assert (tally.gone, tally.pruned) == ((), ("bay-2",))
    assert not (folder / "out/bay-2").exists()
    assert (folder / "out/bay").exists()
    assert "bay-2" not in (folder / "out/manifest.csv").read_text()


def test_a_plan_that_was_moved_is_not_gone(tmp_path: Path) -> None:
    folder = book(tmp_path)
    night(folder)
    before = contents(folder / "out")
    (folder / "plans/north").mkdir()
    (folder / "plans/bay-2.yaml").rename(folder / "plans/north/bay-2.yaml")
    _, tally = night(folder, asked=Asked((), ("docx",), 1, dry_run=True, prune=True))
    assert (tally.gone, tally.pruned) == ((), ())
    found, tally = night(folder, asked=Asked((), ("docx",), 1, prune=True))
    assert found["plans/north/bay-2.yaml"].state is State.REUSED
    assert (tally.gone, tally.pruned) == ((), ())
    packs = {name: data for name, data in contents(folder / "out").items() if "/" in name}
    assert packs == {name: data for name, data in before.items() if "/" in name}
    assert (folder / "out/manifest.csv").read_text().count("bay-2") > 0


def table(folder: Path, rows: int, *, line: str = "") -> Path:
    """A table of plans like the small workspace's own, with a line of its own at the end."""
    cells = {
        "plan": "", "rep": "ann", "account": "A-1", "site": "Baytown", "meeting": "2027-01-14",
        "contacts.0.name": "Maria Diaz", "contacts.0.title": "Plant Manager",
        "contacts.0.role": "factory-manager", "contacts.0.buying": "economic",
        "contacts.0.influence": "high", "contacts.0.stance": "supporter",
        "objective.action": "Approve a trial", "objective.by": "2027-02-15",
        "why_now": "unknown", "pains.0.words": "We lose a shift.", "pains.0.assumed": "true",
        "products.0.id": "P-1", "products.0.volume.current": "0",
        "products.0.volume.potential": "80", "products.0.volume.unit": "t/a",
        "products.0.price.offered": "4.45", "products.0.price.per": "kg",
        "terms.basis": "delivered", "terms.payment_days": "60", "terms.months": "9",
        "packs": "factory-manager",
    }  # fmt: skip
    lines = [",".join(cells)]
    lines += [",".join({**cells, "plan": f"bay-{n}"}.values()) for n in range(1, rows + 1)]
    path = folder / "crm.csv"
    path.write_text("\n".join([*lines, *([line] if line else []), ""]))
    return path


def test_rows_below_a_broken_one_are_not_taken_for_gone(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    table(folder, 2)
    prune = Asked((), ("docx",), 1, prune=True)
    night(folder, "crm.csv", prune)
    before = {name: data for name, data in contents(folder / "out").items() if "/" in name}
    whole = (folder / "crm.csv").read_text()
    edit(folder / "crm.csv", "bay-2,", '"bay-2,')
    found, tally = night(folder, "crm.csv", prune)
    assert set(found) == {"crm.csv#bay-1"}
    assert (tally.gone, tally.pruned) == ((), ())
    [problem] = tally.shared
    assert (problem.code, str(problem.place)) == ("csv-syntax", "crm.csv:3")
    assert {n: d for n, d in contents(folder / "out").items() if "/" in n} == before
    (folder / "crm.csv").write_text(whole.replace("bay-2,", "bay-3,"))
    _, tally = night(folder, "crm.csv", prune)
    assert tally.pruned == ("bay-2",)


def test_a_table_that_changes_while_the_batch_runs_is_told(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    path = table(folder, 3)
    batch = Inside(folder, [path], folder / "out", ASKED, None, small.AS_OF, 9 * 10**18)
    assert batch.due == 3
    edit(path, "bay-1,ann", "bay-one,ann")
    found = {done.source: done for done in batch.outcomes()}
    assert {done.state for done in found.values()} == {State.REFUSED}
    [problem] = found["crm.csv#bay-2"].problems
    assert problem.message == "the table was changed while the batch ran"
    assert str(problem.place) == "crm.csv:3"
    again, _ = night(folder, "crm.csv")
    assert {done.state for done in again.values()} == {State.DONE}


def test_a_column_filled_in_wrongly_is_one_cause_and_told_by_rep(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    path = table(folder, 40)
    path.write_text(path.read_text().replace("2027-02-15", "next week").replace("20,ann", "20,max"))
    found, tally = night(folder, "crm.csv", Asked((), ("docx",), 1, dry_run=True))
    assert {done.state for done in found.values()} == {State.REFUSED}
    [problem] = tally.shared
    assert (str(problem.place), problem.same) == ("crm.csv:2:13", 39)
    assert {rep: len(plans) for rep, plans in tally.refused.items()} == {"ann": 39, "max": 1}


@pytest.mark.parametrize("fault", [("", ""), ("2027-02-15", "next week")])
def test_a_table_of_any_length_is_planned_in_little_memory(
    tmp_path: Path, fault: tuple[str, str]
) -> None:
    folder = small.write(tmp_path)
    dry = Asked((), ("docx",), 1, dry_run=True)

    def peak(rows: int) -> int:
        path = table(folder, rows)
        path.write_text(path.read_text().replace(*fault))
        tracemalloc.start()
        batch = Night(folder, [path], folder / "out", dry, None, small.AS_OF, 9 * 10**18)
        tally = Tally()
        for done in batch.outcomes():
            tally.add(done)
        batch.finish(tally)
        assert tally.plans == rows
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)  # what is loaded once
    few, many = peak(200), peak(1200)
    assert (many - few) / 1000 < 2 * (folder / "crm.csv").stat().st_size / 1200


def test_a_dry_run_writes_nothing_and_says_why(tmp_path: Path) -> None:
    folder = book(tmp_path)
    found, _ = night(folder, asked=Asked((), ("docx",), 1, dry_run=True))
    assert states(found) == {"bay": "due", "bay-2": "due"}
    assert found["plans/bay.yaml"].why == ("it is new",)
    assert not (folder / "out").exists()


def test_the_registers_list_every_file(tmp_path: Path) -> None:
    folder = book(tmp_path)
    night(folder)
    listed = json.loads((folder / "out/manifest.json").read_text())["plans"]
    files = {
        f"{plan['plan']}/{file['path']}"
        for plan in listed
        for pack in plan["packs"]
        for file in pack["files"]
    }
    on_disk = set(contents(folder / "out"))
    assert files == {
        name for name in on_disk if not name.endswith(("manifest.json", "manifest.csv"))
    }
    lines = (folder / "out/manifest.csv").read_text().splitlines()
    assert len(lines) == 1 + sum(name.endswith(".docx") for name in on_disk)


def test_a_lost_ledger_costs_no_pack(tmp_path: Path) -> None:
    folder = book(tmp_path)
    night(folder)
    before = contents(folder / "out")
    shutil.rmtree(folder / "out/.winlab")
    found, tally = night(folder)
    assert states(found) == {"bay": "reused", "bay-2": "reused"}
    assert (tally.made, contents(folder / "out")) == (0, before)


def start(folder: Path) -> Night:
    return Inside(folder, [folder / "plans"], folder / "out", ASKED, None, small.AS_OF, 9 * 10**18)


def finish(batch: Night, outcomes: Iterable[Done]) -> tuple[dict[str, Done], Tally]:
    tally = Tally()
    found = {done.source: done for done in outcomes}
    for done in found.values():
        tally.add(done)
    batch.finish(tally)
    return found, tally


def test_a_plan_that_is_edited_while_the_batch_runs_is_seen_by_the_next(tmp_path: Path) -> None:
    folder = book(tmp_path)
    batch = start(folder)
    assert batch.due == 2
    edit(folder / "plans/bay-2.yaml", "site: Baytown", "site: Laketown")
    finish(batch, batch.outcomes())
    again, _ = night(folder)
    assert again["plans/bay-2.yaml"].why == ("the plan changed",)
    night(folder, out="clean")
    assert contents(folder / "out") == contents(folder / "clean")


def test_a_plan_that_takes_anothers_name_while_the_batch_runs_is_refused(tmp_path: Path) -> None:
    folder = book(tmp_path, 3)
    batch = start(folder)
    outcomes = batch.outcomes()
    first = next(outcomes)
    edit(folder / "plans/bay.yaml", "plan: bay", f"plan: {first.plan}")
    found, _ = finish(batch, outcomes)
    last = found["plans/bay.yaml"]
    assert [problem.code for problem in last.problems] == ["duplicate-plan"]


def test_a_plan_that_is_deleted_while_the_batch_runs_is_told(tmp_path: Path) -> None:
    folder = book(tmp_path)
    batch = start(folder)
    assert batch.due == 2
    (folder / "plans/bay-2.yaml").unlink()
    found, tally = finish(batch, batch.outcomes())
    assert states(found) == {"bay": "done", "bay-2": "refused"}
    assert [(p.code, str(p.place)) for p in tally.shared if p.severity == "error"] == [
        ("no-file", "plans/bay-2.yaml")
    ]


def test_a_folder_of_packs_that_is_removed_while_the_batch_runs_is_made_again(
    tmp_path: Path,
) -> None:
    folder = book(tmp_path, 3)
    batch = start(folder)
    outcomes = batch.outcomes()
    next(outcomes)
    shutil.rmtree(folder / "out")
    with contextlib.suppress(Stopped):
        finish(batch, outcomes)
    night(folder)
    night(folder, out="clean")
    assert contents(folder / "out") == contents(folder / "clean")


def test_a_damaged_ledger_is_told_and_costs_no_pack(tmp_path: Path) -> None:
    folder = book(tmp_path)
    night(folder)
    before = contents(folder / "out")
    (folder / "out/.winlab/ledger.sqlite").write_bytes(b"rubbish" * 1000)
    found, tally = night(folder)
    assert states(found) == {"bay": "reused", "bay-2": "reused"}
    assert contents(folder / "out") == before
    assert "broken-ledger" in {problem.code for problem in tally.shared}


def test_a_clock_that_was_set_back_makes_nothing_anew(tmp_path: Path) -> None:
    folder = book(tmp_path, 1)
    edit(folder / "winlab.toml", "as_of = 2026-12-01", "")

    def on(day: date, now_ns: int) -> dict[str, Done]:
        paths = [folder / "plans"]
        batch = Inside(folder, paths, folder / "out", ASKED, None, day, now_ns)
        return finish(batch, batch.outcomes())[0]

    on(date(2026, 12, 5), 9 * 10**18)
    before = contents(folder / "out")
    [done] = on(date(2026, 12, 1), 10**18).values()
    assert done.state is State.REUSED
    assert done.why == ("it was last made for a later day, 2026-12-05",)
    customers = {name: data for name, data in before.items() if "/customer/" in name}
    now = contents(folder / "out")
    assert {name: data for name, data in now.items() if "/customer/" in name} == customers


def test_what_holds_no_plan_is_told_and_no_success(tmp_path: Path) -> None:
    folder = book(tmp_path, 1)
    (folder / "empty").mkdir()
    for name, code in (("empty", "no-plans"), ("nowhere", "no-file")):
        found, tally = night(folder, name)
        assert found == {}
        assert [(p.code, str(p.place)) for p in tally.shared] == [(code, name)]
        assert tally.exit_code is Exit.INPUT


def batch_process(folder: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "winlab",
        "batch",
        "plans",
        "--format",
        "docx",
        "--jobs",
        "2",
        "--quiet",
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen(
        command, cwd=folder, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    listed = subprocess.run(
        ["pgrep", "-g", str(process.pid)], check=False, capture_output=True, text=True
    )
    return [int(pid) for pid in listed.stdout.split()]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pgrep"), reason="pgrep lists the workers")
def test_killed_at_any_moment_a_batch_is_resumed_to_the_same_bytes(tmp_path: Path) -> None:
    folder = book(tmp_path / "one", 4)
    whole = book(tmp_path / "two", 4)
    assert batch_process(whole).wait() == 0
    for number in range(50):
        if number % 10 == 0:
            shutil.rmtree(folder / "out", ignore_errors=True)
        process = batch_process(folder)
        time.sleep(0.2 + 0.13 * (number * 7 % 25))
        victims = [process.pid] if number % 2 else workers_of(process)[-1:]
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        process.wait()
        for path in (folder / "out").rglob("*.docx"):
            assert path.read_bytes()[-22:-18] == b"PK\5\6", path
    assert batch_process(folder).wait() == 0
    assert contents(folder / "out") == contents(whole / "out")
    import sqlite3

    base = sqlite3.connect(folder / "out/.winlab/ledger.sqlite")
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
def test_two_batches_at_once_leave_what_one_leaves(tmp_path: Path) -> None:
    folder, whole = book(tmp_path / "one", 4), book(tmp_path / "two", 4)
    first, second = batch_process(folder), batch_process(folder)
    assert (first.wait(), second.wait()) == (0, 0)
    assert batch_process(whole).wait() == 0
    assert contents(folder / "out") == contents(whole / "out")
    found, _ = night(folder)
    assert set(states(found).values()) == {"reused"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_impatient_interrupt_ends_it_soon_and_loses_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    folder, whole = book(tmp_path / "one", 5), book(tmp_path / "two", 5)
    process = subprocess.Popen(
        [sys.executable, "-m", "winlab", "batch", "plans", "--format", "docx", "--jobs", "2"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not list(folder.glob("out/*/customer/*.docx")):
        time.sleep(0.02)
    process.send_signal(number)
    time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "interrupted; what was finished is kept" in said
    assert "Traceback" not in said
    assert batch_process(folder).wait() == 0
    assert batch_process(whole).wait() == 0
    assert contents(folder / "out") == contents(whole / "out")
