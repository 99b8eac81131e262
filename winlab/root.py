"""A workspace's root: where it is, and which files packs are made from. Light, so that it is quick.

Reading and checking them is the work of :mod:`winlab.read`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from pathlib import Path

from winlab.problems import Place, Stopped, error

WORKSPACE_FILE = "winlab.toml"
OWN_FOLDER = ".winlab"
"""What winlab keeps for itself in a folder of packs."""
STARTER = "starter:"
STARTER_FOLDERS = ("plays", "templates", "samples")


def starter_folder(name: str) -> Path:
    """A folder that ships with winlab, one of ``STARTER_FOLDERS``."""
    packaged = Path(str(resources.files("winlab"))) / "starter" / name
    return packaged if packaged.exists() else Path(__file__).resolve().parent.parent / name


def find_workspace(start: Path) -> Path:
    """The nearest folder at or above a file or folder that holds a winlab.toml.

    Raises :class:`Stopped` if there is none.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        try:
            if (folder / WORKSPACE_FILE).is_file():
                return folder
        except OSError as exc:
            raise Stopped(
                [
                    error("unreadable", f"the folder cannot be read: {exc.strerror or exc}",
                          "check its permissions, or name the workspace with --workspace",
                          Place(str(folder)))
                ]
            ) from exc  # fmt: skip
    raise Stopped(
        [
            error("no-workspace", f"no {WORKSPACE_FILE} at {start} or above it",
                  "go into a workspace, or name one with --workspace", Place(str(start)))
        ]
    )  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What winlab.toml says that a batch needs before anything is read in full.

    ``folders`` and ``tables`` are what packs are made from, ``columns`` what a table's columns
    are in a plan.
    """

    as_of: date | None = None
    folders: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


def read_settings(root: Path) -> Settings | None:
    """The settings of a workspace; None if they are not in order, which reading it will tell."""
    try:
        text = (root / WORKSPACE_FILE).read_text(encoding="utf-8-sig")
        tables = tomllib.loads(text)
        own, data = tables["workspace"], tables["data"]
        columns = tables.get("plans", {}).get("columns", {})
        day = own.get("as_of")
        as_of = date.fromisoformat(str(day)) if day else None
        folders = [own.get("plays", "plays"), own.get("templates", "templates"), own.get("brand")]
        return Settings(
            as_of,
            tuple(str(folder) for folder in folders if folder),
            tuple(str(table) for table in data.values()),
            {str(column): str(path) for column, path in columns.items()},
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def workspace_files(root: Path, settings: Settings) -> dict[str, Path]:
    """All that packs of a workspace are made from, but for the plans, by name.

    Names are the same wherever the workspace and winlab lie; what ships with winlab, and its own
    code, has a name with a colon.
    """
    found = {WORKSPACE_FILE: root / WORKSPACE_FILE}
    found.update(_below("winlab:", Path(__file__).parent, ".py"))
    for folder in settings.folders:
        shipped = folder.removeprefix(STARTER)
        place = starter_folder(shipped) if shipped != folder else root / folder
        found.update(_below(f"{folder}/", place))
    found.update((table, root / table) for table in settings.tables)
    return found


def _below(name: str, folder: Path, ending: str = "") -> Iterator[tuple[str, Path]]:
    """The files of a folder and its folders, hidden ones left out; their names begin alike."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(held for held in folders if held[0] not in "._")
        inner = Path(at).relative_to(folder).as_posix() + "/" if at != os.fspath(folder) else ""
        for file in sorted(files):
            if file[0] != "." and file.endswith(ending):
                yield f"{name}{inner}{file}", Path(at, file)
