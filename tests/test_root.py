from datetime import date
from pathlib import Path

import pytest

from winlab.problems import Stopped
from winlab.root import Settings, find_workspace, read_settings, workspace_files

TOML = """\
[workspace]
as_of = 2026-12-01
plays = "our/plays"
templates = "starter:templates"
[data]
markets = "m.csv"
[plans.columns]
"Account ID" = "account"
"""


def test_settings_are_read_without_the_rest(tmp_path: Path) -> None:
    (tmp_path / "winlab.toml").write_text(TOML)
    assert read_settings(tmp_path) == Settings(
        date(2026, 12, 1), ("our/plays", "starter:templates"), ("m.csv",), {"Account ID": "account"}
    )


@pytest.mark.parametrize(
    "text", ["", "[workspace", TOML.replace("2026-12-01", "'soon'"), "workspace = 3\ndata = 4\n"]
)
def test_settings_that_are_not_in_order_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "winlab.toml").write_text(text)
    assert read_settings(tmp_path) is None


def test_the_files_of_a_workspace(tmp_path: Path) -> None:
    names = (
        "our/plays/a.yaml",
        "our/plays/deep/b.csv",
        "our/plays/.a.yaml.swp",
        "plans/p.yaml",
        "m.csv",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "winlab.toml").write_text(TOML)
    settings = read_settings(tmp_path)
    assert settings is not None
    found = workspace_files(tmp_path, settings)
    own = {name: path for name, path in found.items() if ":" not in name}
    assert own == {name: tmp_path / name for name in ("winlab.toml", *names[:2], "m.csv")}
    assert found["starter:templates/packs/factory-manager.md"].is_file()
    assert found["winlab:root.py"].is_file()
    assert found["winlab:writers/docx.py"].is_file()


def test_a_workspace_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "winlab.toml").write_text(TOML)
    (tmp_path / "plans/north").mkdir(parents=True)
    assert find_workspace(tmp_path / "plans/north/p.yaml") == tmp_path
    with pytest.raises(Stopped, match=r"no winlab\.toml"):
        find_workspace(tmp_path.parent)
