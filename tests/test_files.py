"""Opening input files: what is no file, no text, or not inside the workspace."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests import small
from winlab import files
from winlab.files import Reader
from winlab.problems import Problem, Stopped
from winlab.read import read_plan, read_workspace


def stopped(folder: Path, changes: dict[str, tuple[str, str]] | None = None) -> list[Problem]:
    with pytest.raises(Stopped) as found:
        read_workspace(small.write(folder, changes))
    return list(found.value.problems)


def of_plan(folder: Path, name: str) -> str:
    with pytest.raises(Stopped) as found:
        read_plan(folder / name, folder)
    [problem] = found.value.problems
    return str(problem)


def test_a_plan_has_to_be_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "round.yaml").symlink_to("round.yaml")
    (tmp_path / "folder.yaml").mkdir()
    for name in ("pipe.yaml", "zero.yaml"):
        assert of_plan(tmp_path, name).startswith(
            f"{name}: error: this is a device or a pipe, not a file [not-a-file]"
        )
    assert "round.yaml: error: the file cannot be read" in of_plan(tmp_path, "round.yaml")
    assert "this is a folder" in of_plan(tmp_path, "folder.yaml")
    assert "there is no such file" in of_plan(tmp_path, "none.yaml")
    assert "the file cannot be read" in of_plan(tmp_path, "x" * 300)


def test_a_name_that_is_no_text_can_be_shown(tmp_path: Path) -> None:
    assert of_plan(tmp_path, os.fsdecode(b"bay-\xff.yaml")).startswith("bay-\\udcff.yaml: error")


def test_a_file_beyond_all_measure_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    (tmp_path / "plan.yaml").write_text("plan: large\n")
    assert "[file-too-large]" in of_plan(tmp_path, "plan.yaml")


def test_cells_with_control_characters_are_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('id,name\n1,"a\nb"\n2,a\x00b\n')
    reader = Reader(tmp_path)
    assert reader.sheet(tmp_path / "t.csv") is None
    assert [str(p) for p in reader.problems] == [
        "t.csv:4:2: error: the text holds the control character U+0000 [control-character]\n"
        "  fix: delete it, and write the text anew if it looks garbled"
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_text_has_to_be_utf_8(tmp_path: Path, encoding: str) -> None:
    bom = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    (tmp_path / "plan.yaml").write_bytes(bom + "plan: Süd\n".encode(encoding))
    found = of_plan(tmp_path, "plan.yaml")
    place, said = ("1:8", "is not UTF-8") if encoding == "latin-1" else ("1:1", "is UTF-16 text")
    assert found.startswith(f"plan.yaml:{place}: error: the file {said}")
    assert "save it as UTF-8" in found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (('"markets.csv"', '"\\u0000.csv"'), "winlab.toml:7:11: error: the text holds the control character U+0000"),
        (('"markets.csv"', '"round/markets.csv"'), "winlab.toml:7:11: error: 'round/markets.csv' is no path that can be followed [bad-path]"),
        (('"markets.csv"', '"../markets.csv"'), "winlab.toml:7:11: error: '../markets.csv' leads out of the workspace [outside-workspace]"),
        (('"markets.csv"', '"market.csv"'), "winlab.toml:7:11: error: there is no file 'market.csv' [no-file]"),
        (('"markets.csv"', '"markets.ods"'), "markets.ods: error: a file that ends in '.ods' is not read as a table [not-a-table]"),
        (('"markets.csv"', '"plays"'), "plays: error: a file without an ending is not read as a table"),
        (('plays = "plays"', 'plays = "starter:../.."'), "winlab.toml:4:9: error: nothing called '../..' ships with winlab [no-folder]"),
        (('plays = "plays"', 'plays = "starter:play"'), "winlab.toml:4:9: error: nothing called 'play' ships with winlab [no-folder]\n  fix: did you mean 'plays'?"),
        (('plays = "plays"', 'plays = "round"'), "winlab.toml:4:9: error: 'round' is no path that can be followed [bad-path]"),
        (('plays = "plays"', 'plays = "ply"'), "winlab.toml:4:9: error: there is no folder 'ply' [no-folder]"),
        (('plays = "plays"', 'pays = "plays"'), "winlab.toml:4:1: error: there is no field 'pays' here [unknown-field]\n  fix: did you mean 'plays'?"),
        (('as_of = 2026-12-01', 'as_of = 9999-12-31'), "winlab.toml:3:9: error: workspace.as_of: a date from 1990 to 2100 is expected"),
        (('as_of = 2026-12-01', 'locale = "en_XX"'), "winlab.toml:3:10: error: workspace.locale: no numbers and dates are known for 'en_XX' [unknown-locale]"),
        (('as_of = 2026-12-01', 'as_of = 20261201'), "winlab.toml:3:9: error: workspace.as_of: a date like 2026-12-01 is expected"),
    ],
)  # fmt: skip
def test_what_winlab_toml_names_wrongly_has_its_line(
    tmp_path: Path, changes: tuple[str, str], expected: str
) -> None:
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "markets.ods").write_bytes(b"PK")
    [found] = stopped(tmp_path, {"winlab.toml": changes})
    assert str(found).startswith(expected)
    assert found.hint


def test_a_folder_that_may_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small.write(tmp_path)
    refused = tmp_path / "plays" / "industries"
    listed = Path.iterdir

    def iterdir(path: Path) -> object:
        if path == refused:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with pytest.raises(Stopped) as found:
        read_workspace(tmp_path)
    assert any(
        str(p).startswith("plays/industries: error: the folder cannot be read: Permission denied")
        for p in found.value.problems
    )


def test_parquet_without_its_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "m.parquet").write_bytes(b"PAR1")
    reader = Reader(tmp_path)
    assert reader.sheet(tmp_path / "m.parquet") is None
    assert [str(p) for p in reader.problems] == [
        "m.parquet: error: Parquet files need one more package [no-parquet]\n"
        "  fix: pip install 'winlab[parquet]', or save the table as CSV"
    ]


def test_a_parquet_table_keeps_whole_numbers_and_its_row_labels(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    frame = pd.DataFrame({"id": [48001, 48003], "year": [2018.0, None], "share": [0.5, 1.0]})
    frame.set_index("id").to_parquet(tmp_path / "m.parquet")
    sheet = Reader(tmp_path).sheet(tmp_path / "m.parquet")
    assert sheet is not None
    assert list(sheet.rows) == [
        {"id": "48001", "year": "2018", "share": "0.5"},
        {"id": "48003", "year": "", "share": "1.0"},
    ]


def test_what_is_no_parquet_says_so(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "m.parquet").write_bytes(b"PAR1 and then nothing of the kind PAR1")
    reader = Reader(tmp_path)
    assert reader.sheet(tmp_path / "m.parquet") is None
    assert [p.code for p in reader.problems] == ["unreadable"]
    assert str(reader.problems[0]).startswith("m.parquet: error: the file cannot be read: ")


def test_a_parquet_table_is_read_as_text(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    frame = pd.DataFrame(
        {"id": ["m-1", "m-2"], "share": [0.25, None], "seen": [pd.Timestamp("2026-11-01"), pd.NaT]}
    )
    frame.to_parquet(tmp_path / "m.parquet")
    sheet = Reader(tmp_path).sheet(tmp_path / "m.parquet")
    assert sheet is not None
    assert list(sheet.rows) == [
        {"id": "m-1", "share": "0.25", "seen": "2026-11-01"},
        {"id": "m-2", "share": "", "seen": ""},
    ]
