"""Packs on disk: atomic, never over a person's edits, withdrawn when refused."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from winlab.problems import Exit, Stopped, error
from winlab.store import MadePack, Manifest, issue_date, previous, store

DAY = date(2026, 12, 1)


def manifest() -> Manifest:
    return Manifest(
        plan="bay", account="A-1", customer="Bay Latex", decision_id="d", play="push",
        play_version="1", as_of=DAY, uses=(), packs=(),
    )  # fmt: skip


def pack(data: bytes = b"one", *, refused: bool = False, role: str = "cfo") -> MadePack:
    problems = (error("page-overflow", "too long", "shorten"),) if refused else ()
    return MadePack(
        role, "customer", "en", f"bay-latex-{role}.en", f"f-{data!r}", DAY, "V1", 4,
        {"pdf": data}, (), problems, refused,
    )  # fmt: skip


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_released_files_lie_in_customer_and_the_rest_inside(tmp_path: Path) -> None:
    stored = store(tmp_path, manifest(), [pack()])
    assert files(tmp_path) == {"customer/bay-latex-cfo.en.pdf", "internal/manifest.json"}
    assert [p.read_bytes() for p in stored.files] == [b"one"]


def test_the_same_pack_again_writes_nothing_and_keeps_its_issue_date(tmp_path: Path) -> None:
    store(tmp_path, manifest(), [pack()])
    before = (tmp_path / "customer/bay-latex-cfo.en.pdf").stat().st_mtime_ns
    assert store(tmp_path, manifest(), [pack()]).unchanged == 1
    assert (tmp_path / "customer/bay-latex-cfo.en.pdf").stat().st_mtime_ns == before
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
    assert [p.code for p in stored.problems] == ["edited"]
    store(tmp_path, manifest(), [pack(b"three")])
    assert mine.read_bytes() == b"edited by hand"
    assert (tmp_path / "customer/bay-latex-cfo.en.new.pdf").read_bytes() == b"three"


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
        "internal/manifest.json",
    }
    assert "withdrawn" in {p.code for p in stored.problems}
    assert (
        '"page-overflow"'
        in (tmp_path / "internal/refused/bay-latex-cfo.en.problems.json").read_text()
    )


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
