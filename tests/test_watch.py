import os
from pathlib import Path

from winlab.watch import Watch, combined

LATER = 10**19


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    first = Watch({}, LATER)
    digest = first.digest(file)
    known = {str(file): first.fresh[str(file)]}
    second = Watch(known, LATER)
    assert second.digest(file) == digest
    assert second.fresh == {}
    file.write_text("two!")
    assert Watch(known, LATER).digest(file) != digest


def test_a_change_that_keeps_size_and_time_is_seen_by_its_change_time(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    first = Watch({}, LATER)
    digest = first.digest(file)
    before = file.stat()
    file.write_text("two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert Watch(first.fresh, LATER).digest(file) != digest


def test_a_file_changed_just_before_it_was_read_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    now = file.stat().st_mtime_ns + 1
    first = Watch({}, now)
    first.digest(file)
    second = Watch(first.fresh, now)
    second.digest(file)
    assert list(second.fresh) == [str(file)]


def test_a_file_that_we_wrote_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    watch = Watch({}, 0)
    watch.wrote(file, "known")
    assert Watch(watch.fresh, 0).digest(file) == "known"


def test_no_file_has_no_digest(tmp_path: Path) -> None:
    assert Watch({}, 0).digest(tmp_path / "none") == ""


def test_a_combined_digest_hangs_on_names_and_content() -> None:
    digests = {
        combined(files) for files in ({"a": "1"}, {"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"})
    }
    assert len(digests) == 4
