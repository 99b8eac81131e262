"""Drawings kept on disk: made once, whatever dies, and never wrong."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from winlab import drawings
from winlab.drawings import Drawings


def never() -> bytes:
    raise AssertionError("it was kept")


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_drawing_is_made_once_by_all_that_share_a_folder(tmp_path: Path) -> None:
    assert Drawings(tmp_path).drawn("bars of 3 and 5", lambda: b"<svg/>") == b"<svg/>"
    assert Drawings(tmp_path).drawn("bars of 3 and 5", never) == b"<svg/>"
    assert Drawings(tmp_path).drawn("bars of 3 and 6", lambda: b"<svg>6</svg>") == b"<svg>6</svg>"


def test_without_a_folder_each_is_drawn_anew() -> None:
    drawn = iter([b"one", b"two"])
    assert [Drawings().drawn("bars", lambda: next(drawn)) for _ in range(2)] == [b"one", b"two"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: b"",
        lambda entry: entry[:-1],
        lambda entry: entry[:10],
        lambda entry: entry[:-3] + b"???",
        lambda entry: entry + b" ",
    ],
)
def test_a_damaged_entry_counts_as_none_and_is_mended(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    kept = Drawings(tmp_path)
    kept.drawn("bars", lambda: b"<svg/>")
    [path] = entries(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert kept.drawn("bars", lambda: b"<svg/>") == b"<svg/>"
    assert kept.drawn("bars", never) == b"<svg/>"


def test_a_folder_that_cannot_be_written_costs_no_drawing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    kept = Drawings(tmp_path / "file" / "drawings")
    assert kept.drawn("bars", lambda: b"<svg/>") == b"<svg/>"


def test_what_cannot_be_drawn_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise ValueError("no such mark")

    with pytest.raises(ValueError, match="no such mark"):
        Drawings(tmp_path).drawn("bars", fail)
    assert entries(tmp_path) == []


def in_one_part(count: int) -> list[str]:
    """Recipes whose drawings lie in one folder."""
    import hashlib

    recipes = (f"chart {number}" for number in range(100_000))
    part = [r for r in recipes if hashlib.sha256(r.encode()).hexdigest().startswith("7c")]
    return part[:count]


def test_what_was_not_used_for_longest_goes_when_the_room_is_used_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawings, "PART_BYTES", 3 * (32 + 100))
    kept = Drawings(tmp_path)
    first, second, third, fourth = in_one_part(4)
    for number, recipe in enumerate((first, second, third)):
        kept.drawn(recipe, lambda: b"x" * 100)
        newest = max(entries(tmp_path), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, ns=(number, number))
    kept.drawn(first, never)
    litter = next(tmp_path.iterdir()) / "half-written"
    litter.write_bytes(b"x" * 50)
    os.utime(litter, ns=(0, 0))
    kept.drawn(fourth, lambda: b"x" * 100)
    assert len(entries(tmp_path)) == 3
    assert not litter.exists()
    for recipe in (first, third, fourth):
        assert kept.drawn(recipe, never) == b"x" * 100


def draw_for_ever(folder: Path) -> None:
    kept = Drawings(folder)
    while True:
        for number in range(40):
            kept.drawn(f"chart {number}", lambda n=number: b"%d" % n * 50_000)  # type: ignore[misc]
            next(iter(entries(folder))).unlink(missing_ok=True)


def test_killed_workers_leave_nothing_wrong(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for _ in range(6):
        workers = [context.Process(target=draw_for_ever, args=(tmp_path,)) for _ in range(3)]
        for worker in workers:
            worker.start()
        while not entries(tmp_path):
            pass
        for worker in workers:
            worker.join(0.05)
            worker.kill()
            worker.join()
        for number in range(40):
            own = b"%d" % number * 50_000
            assert Drawings(tmp_path).drawn(f"chart {number}", lambda own=own: own) == own  # type: ignore[misc]
