"""Packs on disk: atomic, never over a person's edits, withdrawn when refused."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from winlab.problems import Exit, Problem, Severity, Stopped, error
from winlab.store import (
    LOCK,
    Kind,
    MadePack,
    Manifest,
    finished_files,
    issue_date,
    previous,
    standing,
    withdraw,
)
from winlab.store import store as store_asked

DAY = date(2026, 12, 1)
ASKED: list[Kind] = [("cfo", "en"), ("ceo", "en"), ("coach", "en")]


def store(folder: Path, manifest: Manifest, packs: list[MadePack]) -> tuple[Problem, ...]:
    """Stores packs of a plan that asks for all of these."""
    return store_asked(folder, manifest, packs, ASKED)


def manifest() -> Manifest:
    return Manifest(
        plan="bay", account="A-1", customer="Bay Latex", decision_id="d", play="push",
        play_version="1", as_of=DAY, packs=(),
    )  # fmt: skip


def pack(data: bytes = b"one", *, refused: bool = False, role: str = "cfo") -> MadePack:
    problems = (error("page-overflow", "too long", "shorten"),) if refused else ()
    return MadePack(
        role, "customer", "en", f"bay-latex-{role}.en", f"f-{data!r}", DAY, "V1", 4,
        {"pdf": data}, (), problems, refused,
    )  # fmt: skip


def files(folder: Path) -> set[str]:
    return set(contents(folder))


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the lock, hidden ones included."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != LOCK
    }


def finished(folder: Path, status: str) -> tuple[Path, ...]:
    """The files of packs with a status, as the manifest has them."""
    found = previous(folder)
    assert found is not None
    return finished_files(folder, found.packs, status)


def live(folder: Path) -> dict[str, bytes]:
    """All files but what was ever withdrawn."""
    return {n: d for n, d in contents(folder).items() if not n.startswith("internal/withdrawn/")}


def test_released_files_lie_in_customer_and_the_rest_inside(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    assert files(tmp_path) == {"customer/bay-latex-cfo.en.pdf", "internal/manifest.json"}
    assert (tmp_path / "customer/bay-latex-cfo.en.pdf").read_bytes() == b"one"


def test_the_same_pack_again_writes_nothing_and_keeps_its_issue_date(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    written = [tmp_path / name for name in contents(tmp_path)]
    before = [path.stat().st_mtime_ns for path in written]
    store(tmp_path, manifest(), [pack()])
    assert [path.stat().st_mtime_ns for path in written] == before
    later = date(2026, 12, 5)
    assert issue_date(previous(tmp_path), "cfo", "f-b'one'", later) == DAY
    assert issue_date(previous(tmp_path), "cfo", "f-b'two'", later) == later


def test_an_edited_file_is_kept_and_the_new_one_laid_beside_it(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    mine = tmp_path / "customer/bay-latex-cfo.en.pdf"
    mine.write_bytes(b"edited by hand")
    stored = store(tmp_path, manifest(), [pack(b"two")])
    assert mine.read_bytes() == b"edited by hand"
    assert (tmp_path / "customer/bay-latex-cfo.en.new.pdf").read_bytes() == b"two"
    assert [p.code for p in stored] == ["edited"]
    store(tmp_path, manifest(), [pack(b"three")])
    assert mine.read_bytes() == b"edited by hand"
    beside = tmp_path / "customer/bay-latex-cfo.en.new.pdf"
    assert beside.read_bytes() == b"three"
    beside.write_bytes(b"edited too")
    stored = store(tmp_path, manifest(), [pack(b"four")])
    assert beside.read_bytes() == b"edited too"
    [made] = finished(tmp_path, "released")
    assert (made.name, made.read_bytes()) == ("bay-latex-cfo.en.new2.pdf", b"four")
    [problem] = stored
    assert problem.place.file == str(mine)
    assert problem.hint == "the new one is customer/bay-latex-cfo.en.new2.pdf"


def test_an_edited_refused_file_is_kept_too(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack(refused=True)])
    mine = tmp_path / "internal/refused/bay-latex-cfo.en.pdf"
    mine.write_bytes(b"edited by hand")
    stored = store(tmp_path, manifest(), [pack(b"two", refused=True)])
    assert mine.read_bytes() == b"edited by hand"
    assert [p.name for p in finished(tmp_path, "refused")] == ["bay-latex-cfo.en.new.pdf"]
    assert [p.code for p in stored] == ["edited"]


def test_an_edited_release_is_warned_of_at_every_refusal_however_old(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    mine = tmp_path / "customer/bay-latex-cfo.en.pdf"
    mine.write_bytes(b"edited by hand")
    store(tmp_path, manifest(), [pack(b"two")])
    store(tmp_path, manifest(), [pack(role="ceo")])
    for data in (b"three", b"four"):
        stored = store(tmp_path, manifest(), [pack(data, refused=True)])
        [problem] = [p for p in stored if p.code == "edited-withdrawn"]
        assert problem.place.file == str(mine)
        assert mine.read_bytes() == b"edited by hand"
    assert not (tmp_path / "customer/bay-latex-cfo.en.new.pdf").exists()
    mine.unlink()
    assert store(tmp_path, manifest(), [pack(b"five", refused=True)]) == ()


def test_without_its_manifest_a_file_that_says_the_same_is_ours(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    (tmp_path / "internal/manifest.json").write_text("{")
    stored = store(tmp_path, manifest(), [pack()])
    assert stored == ()
    assert files(tmp_path) == {"customer/bay-latex-cfo.en.pdf", "internal/manifest.json"}
    assert previous(tmp_path) is not None


def test_another_customers_plan_of_the_same_name_is_refused(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    before = contents(tmp_path)
    other = manifest().model_copy(update={"account": "A-2", "customer": "Port Polymers"})
    with pytest.raises(Stopped) as stopped:
        store(tmp_path, other, [pack(b"two")])
    [problem] = stopped.value.problems
    assert (problem.code, stopped.value.exit_code) == ("plan-name-taken", Exit.INPUT)
    assert "for Bay Latex" in problem.message
    assert problem.place.file == str(tmp_path / "internal/manifest.json")
    assert withdraw(tmp_path, "A-2", "") == ()
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"customer": "Bay Latex"}, {"customer": "Bay Latex Inc"}),
        ({"account": ""}, {"account": "A-1"}),
    ],
)
def test_a_renamed_account_and_a_prospect_that_became_one_are_the_same_customer(
    tmp_path: Path, first: dict[str, str], then: dict[str, str]
) -> None:
    store(tmp_path, manifest().model_copy(update=first), [pack()])
    store(tmp_path, manifest().model_copy(update=then), [pack(b"two")])
    assert (tmp_path / "customer/bay-latex-cfo.en.pdf").read_bytes() == b"two"


def test_withdrawing_takes_all_roles_back_but_no_edited_file(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack(), pack(role="ceo"), pack(role="coach", refused=True)])
    mine = tmp_path / "customer/bay-latex-cfo.en.pdf"
    mine.write_bytes(b"edited by hand")
    for codes in ({"edited-withdrawn", "withdrawn"}, {"edited-withdrawn"}):
        assert {p.code for p in withdraw(tmp_path, "A-1", "")} == codes
        assert files(tmp_path) == {
            "customer/bay-latex-cfo.en.pdf",
            "internal/withdrawn/bay-latex-ceo.en.pdf",
            "internal/manifest.json",
        }
    found = previous(tmp_path)
    assert found is not None
    assert found.packs == ()


def test_where_nothing_was_made_nothing_is_withdrawn(tmp_path: Path) -> None:
    assert withdraw(tmp_path / "bay", "A-1", "") == ()
    assert not (tmp_path / "bay").exists()


class Killed(BaseException):
    """The process ends: nothing that it would have done after this happens."""


def kill_at(monkeypatch: pytest.MonkeyPatch, last: int) -> Callable[[], int]:
    """Ends the run at its n-th write, rename or deletion; gives the number of those done.

    A write that is cut off leaves half of its bytes.
    """
    done = 0

    def step() -> None:
        nonlocal done
        if done >= last:
            raise Killed
        done += 1

    def fsync(descriptor: int) -> None:
        try:
            step()
        except Killed:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode):
                os.ftruncate(descriptor, found.st_size // 2)
            raise

    rename, unlink = Path.replace, Path.unlink

    def replaced(path: Path, target: Path) -> Path:
        step()
        return rename(path, target)

    def unlinked(path: Path, missing_ok: bool = False) -> None:
        step()
        unlink(path, missing_ok)

    monkeypatch.setattr("os.fsync", fsync)
    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(Path, "unlink", unlinked)
    return lambda: done


def both(data: bytes, *, refused: bool = False) -> list[MadePack]:
    """Two packs in two formats each, with their Documents."""
    return [
        replace(pack(data, refused=refused, role=role), document=b"{" + data + b"}",
                data={"pdf": data + b" pdf", "docx": data + b" docx"})
        for role in ("cfo", "coach")
    ]  # fmt: skip


@pytest.mark.parametrize("edit", [False, True], ids=["as made", "one file edited"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([], both(b"new")),
        (both(b"old"), both(b"new")),
        (both(b"old"), both(b"new", refused=True)),
        (both(b"old", refused=True), both(b"new")),
        (both(b"old"), None),
    ],
    ids=["first", "again", "refused", "released", "withdrawn"],
)
def test_a_kill_at_any_moment_leaves_whole_files_and_the_next_run_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    old: list[MadePack], new: list[MadePack] | None, edit: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr("os.fsync", lambda _: None)  # hundreds of runs would wait for the disk

    def prepared(folder: Path) -> Path:
        if old:
            store(folder, manifest(), old)
        for path in folder.rglob("*cfo.en.docx") if edit else ():
            path.write_bytes(b"edited by hand")
        return folder

    def changed(folder: Path) -> None:
        if new is None:
            withdraw(folder, "A-1", "")
        else:
            store(folder, manifest(), new)

    twin = prepared(tmp_path / "twin")
    before = contents(twin)
    changed(twin)
    after = contents(twin)
    gone_for_good = {data for name, data in before.items() if name not in after}
    lasting = gone_for_good & set(after.values())
    store(twin, manifest(), both(b"next"))
    much_after = live(twin)
    for moment in range(100):
        with pytest.MonkeyPatch.context() as patched:
            again = prepared(tmp_path / f"again-{moment}")
            other = prepared(tmp_path / f"other-{moment}")
            killed = 0
            for folder in (again, other):
                done = kill_at(patched, moment)
                try:
                    changed(folder)
                except Killed:
                    killed += 1
                    assert done() == moment
                patched.undo()
        assert set(contents(again).values()) >= lasting
        for name, data in contents(again).items():
            if name == "internal/manifest.json":
                assert previous(again) is not None
            elif not Path(name).name.startswith("."):
                assert data in (before.get(name), after.get(name)), name
        changed(again)
        assert contents(again) == after
        store(other, manifest(), both(b"next"))
        assert live(other) == much_after
        if not killed:
            break
    assert moment >= (3 if new is None else 16)
    assert not killed


def test_a_format_that_a_killed_run_changed_does_not_stay_beside_the_old_words(
    tmp_path: Path,
) -> None:
    store(tmp_path, manifest(), [replace(pack(), data={"pdf": b"one", "docx": b"uno"})])
    with pytest.MonkeyPatch.context() as patched:
        kill_at(patched, 4 + 3)  # four files are staged, then all but the last renamed
        with pytest.raises(Killed):
            store(tmp_path, manifest(), [replace(pack(b"2"), data={"pdf": b"two", "docx": b"due"})])
    assert (tmp_path / "customer/bay-latex-cfo.en.docx").read_bytes() == b"due"
    store(tmp_path, manifest(), [pack()])
    assert files(tmp_path) == {"customer/bay-latex-cfo.en.pdf", "internal/manifest.json"}
    assert (tmp_path / "customer/bay-latex-cfo.en.pdf").read_bytes() == b"one"


def test_a_second_run_at_once_waits_then_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(tmp_path, manifest(), [pack()])
    before = contents(tmp_path)
    monkeypatch.setattr("winlab.store.LOCK_SECONDS", 0.1)
    with (tmp_path / "internal" / LOCK).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Stopped) as stopped:
            store(tmp_path, manifest(), [pack(b"two")])
        assert contents(tmp_path) == before
    assert stopped.value.exit_code is Exit.MACHINE
    assert [p.code for p in stopped.value.problems] == ["folder-busy"]
    store(tmp_path, manifest(), [pack(b"two")])
    assert (tmp_path / "customer/bay-latex-cfo.en.pdf").read_bytes() == b"two"
    assert not (tmp_path / "internal" / LOCK).exists()


def test_a_second_run_says_once_that_it_waits_and_goes_on_when_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "internal").mkdir()
    lock = tmp_path / "internal" / LOCK
    waits = 0

    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def first_run_ends(_: float) -> None:
            nonlocal waits
            waits += 1
            if waits == 3:
                lock.unlink()
                held.close()

        monkeypatch.setattr("time.sleep", first_run_ends)
        said: list[str] = []
        store_asked(tmp_path, manifest(), [pack()], ASKED, said.append)
    assert said == [f"waiting for another winlab that writes to {tmp_path}"]
    assert files(tmp_path) == {"customer/bay-latex-cfo.en.pdf", "internal/manifest.json"}


def test_only_our_own_litter_is_cleared(tmp_path: Path) -> None:
    ours, other = ".a.en.pdf.0a1b2c3d.tmp", ".a.en.pdf.tmp"
    (tmp_path / "customer").mkdir()
    for name in (ours, other):
        (tmp_path / "customer" / name).write_bytes(b"half")
    store(tmp_path, manifest(), [pack()])
    assert not (tmp_path / "customer" / ours).exists()
    assert (tmp_path / "customer" / other).exists()


def test_a_file_of_unknown_origin_is_never_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "customer/bay-latex-cfo.en.pdf"
    mine.parent.mkdir()
    mine.write_bytes(b"somebody's")
    store(tmp_path, manifest(), [pack()])
    assert mine.read_bytes() == b"somebody's"


def test_a_refused_pack_withdraws_its_earlier_release(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    stored = store(tmp_path, manifest(), [pack(b"two", refused=True)])
    assert files(tmp_path) == {
        "internal/refused/bay-latex-cfo.en.pdf",
        "internal/refused/bay-latex-cfo.en.problems.json",
        "internal/withdrawn/bay-latex-cfo.en.pdf",
        "internal/manifest.json",
    }
    assert not (tmp_path / "customer").exists()
    assert [(p.code, p.severity) for p in stored] == [("withdrawn", Severity.WARNING)]
    assert (
        '"page-overflow"'
        in (tmp_path / "internal/refused/bay-latex-cfo.en.problems.json").read_text()
    )


def test_what_was_withdrawn_before_is_never_overwritten(tmp_path: Path) -> None:
    for data in (b"one", b"two", b"one", b"three"):
        store(tmp_path, manifest(), [pack(data)])
        store(tmp_path, manifest(), [pack(refused=True)])
    assert live(tmp_path).keys() & {"customer/bay-latex-cfo.en.pdf"} == set()
    withdrawn = tmp_path / "internal/withdrawn"
    assert {path.name: path.read_bytes() for path in withdrawn.iterdir()} == {
        "bay-latex-cfo.en.pdf": b"one",
        "bay-latex-cfo.en.2.pdf": b"two",
        "bay-latex-cfo.en.3.pdf": b"three",
    }


def test_a_refusal_that_says_nothing_against_the_earlier_release_leaves_it(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    broken = replace(pack(refused=True), data={}, fingerprint="", keeps_earlier=True)
    for _ in range(2):
        [said] = store(tmp_path, manifest(), [broken])
        assert said.code == "earlier-stays"
        assert said.place.file == str(tmp_path / "customer/bay-latex-cfo.en.pdf")
        assert files(tmp_path) == {
            "customer/bay-latex-cfo.en.pdf",
            "internal/refused/bay-latex-cfo.en.problems.json",
            "internal/manifest.json",
        }
    found = previous(tmp_path)
    assert found is not None
    assert [record.status for record in found.packs] == ["refused", "released"]
    assert store(tmp_path, manifest(), [pack(b"two")]) == ()
    assert live(tmp_path).keys() == {"customer/bay-latex-cfo.en.pdf", "internal/manifest.json"}


def test_a_pack_that_the_plan_asks_for_no_more_is_withdrawn(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack(role="cfo"), pack(role="ceo"), pack(refused=True, role="it")])
    stored = store_asked(tmp_path, manifest(), [pack(role="ceo")], [("ceo", "en")])
    [said] = stored
    assert said.code == "withdrawn"
    assert said.place.file == str(tmp_path / "customer/bay-latex-cfo.en.pdf")
    assert files(tmp_path) == {
        "customer/bay-latex-ceo.en.pdf",
        "internal/withdrawn/bay-latex-cfo.en.pdf",
        "internal/manifest.json",
    }
    found = previous(tmp_path)
    assert found is not None
    assert [record.role for record in found.packs] == ["ceo"]


def test_files_that_no_manifest_knows_are_named(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    brochure = tmp_path / "customer/brochure.pdf"
    brochure.write_bytes(b"mine")
    (tmp_path / "customer/.DS_Store").write_bytes(b"")
    [said] = store(tmp_path, manifest(), [pack(b"two")])
    assert (said.code, said.place.file) == ("unaccounted", str(brochure))
    assert "move it out of customer/" in said.hint
    assert brochure.read_bytes() == b"mine"


def test_a_damaged_manifest_leaves_no_file_unsaid(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack(role="cfo"), pack(role="ceo")])
    (tmp_path / "internal/manifest.json").write_bytes(b"{\xff")
    for found in (withdraw(tmp_path, "A-1", ""), standing(tmp_path)):
        assert [(p.code, Path(p.place.file).name) for p in found] == [
            ("unaccounted", "bay-latex-ceo.en.pdf"), ("unaccounted", "bay-latex-cfo.en.pdf"),
        ]  # fmt: skip
        assert "the manifest is damaged" in found[0].message
    [said] = store(tmp_path, manifest(), [pack(b"two", role="ceo", refused=True)])[:1]
    assert said.code == "unaccounted"
    assert (tmp_path / "customer/bay-latex-cfo.en.pdf").read_bytes() == b"one"


def test_a_manifest_that_may_not_be_read_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(tmp_path, manifest(), [pack()])
    before = contents(tmp_path)

    def denied(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", denied)
        with pytest.raises(Stopped) as stopped:
            store(tmp_path, manifest(), [pack(b"two", refused=True)])
    assert stopped.value.exit_code is Exit.MACHINE
    assert stopped.value.problems[0].place.file == str(tmp_path / "internal/manifest.json")
    assert contents(tmp_path) == before


def test_a_released_pack_clears_its_earlier_refusal(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack(refused=True)])
    store(tmp_path, manifest(), [pack(b"two")])
    assert files(tmp_path) == {"customer/bay-latex-cfo.en.pdf", "internal/manifest.json"}


def test_another_format_stays_while_it_says_the_same_and_goes_when_it_does_not(
    tmp_path: Path,
) -> None:
    both = replace(pack(), data={"pdf": b"one", "docx": b"uno"})
    store(tmp_path, manifest(), [both])
    store(tmp_path, manifest(), [pack()])
    assert "customer/bay-latex-cfo.en.docx" in files(tmp_path)
    store(tmp_path, manifest(), [pack(b"two")])
    assert "customer/bay-latex-cfo.en.docx" not in files(tmp_path)


def test_a_pack_of_another_role_stays(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack(role="cfo"), pack(role="ceo")])
    store(tmp_path, manifest(), [pack(b"two", role="ceo")])
    found = previous(tmp_path)
    assert found is not None
    assert {record.role for record in found.packs} == {"cfo", "ceo"}
    assert (tmp_path / "customer/bay-latex-cfo.en.pdf").read_bytes() == b"one"


def test_a_full_disk_leaves_the_old_files_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(tmp_path, manifest(), [pack()])
    before = files(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "x")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Stopped) as stopped:
        store(tmp_path, manifest(), [pack(b"two")])
    assert stopped.value.exit_code is Exit.MACHINE
    assert "free some space" in stopped.value.problems[0].hint
    with pytest.raises(Stopped):
        store(tmp_path / "out/new", manifest(), [pack(b"two")])
    assert not (tmp_path / "out").exists()
    assert files(tmp_path) == before
    assert (tmp_path / "customer/bay-latex-cfo.en.pdf").read_bytes() == b"one"


def test_a_file_where_a_folder_is_needed(tmp_path: Path) -> None:
    blocked = tmp_path / "out"
    blocked.write_text("a file")
    with pytest.raises(Stopped) as stopped:
        store(blocked / "bay", manifest(), [pack()])
    assert stopped.value.exit_code is Exit.MACHINE
    assert "--out" in stopped.value.problems[0].hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Stopped) as stopped:
        store(tmp_path / "bay", manifest(), [pack()])
    assert stopped.value.exit_code is Exit.MACHINE
