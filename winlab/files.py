"""Opens input files below one folder; the only place that does. Problems are collected."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from winlab.problems import Place, Problem, Stopped, error, errors
from winlab.root import STARTER, STARTER_FOLDERS, starter_folder
from winlab.source import (
    Parsed,
    Pointer,
    Sheet,
    parse_csv,
    parse_toml,
    parse_xlsx,
    parse_yaml,
    unprintable_cells,
)
from winlab.validate import did_you_mean, validate

S = TypeVar("S", bound=BaseModel)
MAX_FILE_BYTES = 200_000_000
_TABLES = (".csv", ".xlsx", ".parquet")
_ALIASES = {".yaml": (".yaml", ".yml"), ".md": (".md", ".markdown")}


class Reader:
    """Opens files below one folder, collects what is wrong with them and where shapes stand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.places: dict[tuple[type, str], Place] = {}
        self.parsed: list[Parsed] = []

    def shown(self, path: Path) -> str:
        """A path as it stands in messages; bytes that are no text are escaped."""
        shown = path.as_posix()
        if path.is_relative_to(self.root):
            shown = path.relative_to(self.root).as_posix()
        elif path.is_relative_to(starter := starter_folder("plays").parent):
            shown = STARTER + path.relative_to(starter).as_posix()
        return shown.encode("utf-8", "backslashreplace").decode()

    def bytes(self, path: Path) -> bytes | None:
        """The bytes of a regular file, or ``None`` after a problem."""
        place = Place(self.shown(path))
        try:
            kind = path.stat().st_mode
            if stat.S_ISDIR(kind):
                self.problems.append(
                    error("is-folder", "this is a folder, not a file", "name a file in it", place)
                )
                return None
            if not stat.S_ISREG(kind):
                self.problems.append(
                    error("not-a-file", "this is a device or a pipe, not a file",
                          "save what it gives as a file, and name that", place)
                )  # fmt: skip
                return None
            with path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            self.problems.append(error("no-file", "there is no such file", "check the path", place))
            return None
        except (OSError, ValueError) as exc:
            self.problems.append(_unreadable("file", exc, place))
            return None
        if len(data) > MAX_FILE_BYTES:
            self.problems.append(
                error("file-too-large", "the file has more than 200 MB",
                      "check that it is the right file", place)
            )  # fmt: skip
            return None
        return data

    def text(self, path: Path) -> str | None:
        """The text of a file, or ``None`` after a problem."""
        data = self.bytes(path)
        if data is None:
            return None
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.problems.append(
                error("not-text", "the file is UTF-16 text, not UTF-8",
                      "save it as UTF-8 (in Excel: CSV UTF-8)", Place(self.shown(path), 1, 1))
            )  # fmt: skip
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            line = data[: exc.start].count(b"\n") + 1
            column = exc.start - (data.rfind(b"\n", 0, exc.start) + 1) + 1
            self.problems.append(
                error("not-text", "the file is not UTF-8 text",
                      "save it as UTF-8, or name another file",
                      Place(self.shown(path), line, column))
            )  # fmt: skip
            return None

    def yaml(self, path: Path) -> Parsed | None:
        """A YAML file as a tree, or ``None`` after a problem."""
        text = self.text(path)
        if text is None:
            return None
        parsed, problems = parse_yaml(text, self.shown(path))
        self.problems.extend(problems)
        self.parsed.append(parsed)
        return None if problems else parsed

    def toml(self, path: Path) -> Parsed | None:
        """A TOML file as a tree, or ``None`` after a problem."""
        text = self.text(path)
        if text is None:
            return None
        parsed, problems = parse_toml(text, self.shown(path))
        self.problems.extend(problems)
        return None if problems else parsed

    def shape(self, shape: type[S], path: Path) -> tuple[S, Parsed] | None:
        """A YAML file as a shape with its places, or ``None`` after a problem."""
        parsed = self.yaml(path)
        return None if parsed is None else self.valid(shape, parsed)

    def valid(
        self, shape: type[S], parsed: Parsed, pointer: Pointer = ()
    ) -> tuple[S, Parsed] | None:
        """A part of a tree as a shape, or ``None`` after a problem."""
        value, problems = validate(shape, parsed, pointer)
        self.problems.extend(problems)
        return None if value is None else (value, parsed)

    def sheet(self, path: Path) -> Sheet | None:
        """A CSV, XLSX or Parquet table as text, or ``None`` after a problem."""
        kind = path.suffix.lower()
        if kind not in _TABLES:
            ending = f"that ends in {kind!r}" if kind else "without an ending"
            self.problems.append(
                error("not-a-table", f"a file {ending} is not read as a table",
                      "save it as .csv (UTF-8, with commas) or as .xlsx", Place(self.shown(path)))
            )  # fmt: skip
            return None
        if kind == ".csv":
            text = self.text(path)
            if text is None:
                return None
            sheet, problems = parse_csv(text, self.shown(path))
        else:
            data = self.bytes(path)
            if data is None:
                return None
            parse = _parse_parquet if kind == ".parquet" else parse_xlsx
            sheet, problems = parse(data, self.shown(path))
        problems += unprintable_cells(sheet)
        self.problems.extend(problems)
        return None if errors(problems) else sheet

    def files(self, folder: Path, suffix: str) -> list[Path]:
        """The files of a folder with an ending, sorted; none if there is no such folder.

        One that seems meant, with the ending written otherwise, is a problem.
        """
        try:
            files = sorted(path for path in folder.iterdir() if path.is_file())
        except FileNotFoundError:
            return []
        except OSError as exc:
            self.problems.append(_unreadable("folder", exc, Place(self.shown(folder))))
            return []
        self.problems.extend(
            error("wrong-ending", f"the file is not read: its name has to end in {suffix}",
                  f"rename it to {path.stem}{suffix}", Place(self.shown(path)))
            for path in files
            if path.suffix != suffix and path.suffix.lower() in _ALIASES[suffix]
        )  # fmt: skip
        return [path for path in files if path.suffix == suffix]

    def exists(self, path: Path) -> bool:
        """Whether a file that may be absent is there; one that cannot be looked at counts."""
        try:
            return path.exists()
        except OSError:
            return True

    def inside(self, text: str, place: Place, folder: Path | None = None) -> Path | None:
        """A path below the workspace or ``folder``; ``None`` after a problem."""
        base = folder or self.root
        try:
            path = (base / text).resolve()
            inside = path.is_relative_to(base.resolve())
        except (OSError, ValueError, RuntimeError):  # no such name can be, or links in a circle
            self.problems.append(
                error("bad-path", f"{text!r} is no path that can be followed",
                      "correct the path, or the links on its way", place)
            )  # fmt: skip
            return None
        if not inside:
            self.problems.append(
                error("outside-workspace", f"{text!r} leads out of the workspace",
                      "move the file into the workspace", place)
            )  # fmt: skip
            return None
        return path

    def folder(self, text: str, place: Place) -> Path | None:
        """A folder of the workspace, or one that ships with winlab (``starter:plays``)."""
        if text.startswith(STARTER):
            name = text.removeprefix(STARTER)
            if name in STARTER_FOLDERS:
                return starter_folder(name)
            self.problems.append(
                error("no-folder", f"nothing called {name!r} ships with winlab",
                      did_you_mean(name, STARTER_FOLDERS), place)
            )  # fmt: skip
            return None
        path = self.inside(text, place)
        try:
            if path is None or path.is_dir():
                return path
        except OSError as exc:
            self.problems.append(_unreadable("folder", exc, place))
            return None
        self.problems.append(
            error("no-folder", f"there is no folder {text!r}",
                  "correct the path, or write starter:plays or starter:templates", place)
        )  # fmt: skip
        return None

    def stop_on_errors(self) -> None:
        """Raises :class:`Stopped` with all problems if one of them is an error."""
        if errors(self.problems):
            raise Stopped(self.problems)


def _unreadable(what: str, exc: OSError | ValueError, place: Place) -> Problem:
    why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    return error(
        "unreadable", f"the {what} cannot be read: {why}", "check its name and permissions", place
    )


def _parse_parquet(data: bytes, file: str) -> tuple[Sheet, list[Problem]]:
    """Reads a Parquet table as text."""
    nothing = Sheet(file, (), (), ())
    try:
        import pandas as pd

        frame = pd.read_parquet(io.BytesIO(data))
    except ImportError:
        return nothing, [
            error("no-parquet", "Parquet files need one more package",
                  "pip install 'winlab[parquet]', or save the table as CSV", Place(file))
        ]  # fmt: skip
    except (OSError, ValueError) as exc:
        return nothing, [
            error("unreadable", f"the file cannot be read: {exc}", "save it as CSV", Place(file))
        ]
    if any(frame.index.names):  # a table that was saved with its ids as row labels
        frame = frame.reset_index()
    for name in frame.select_dtypes(["datetime", "datetimetz"]):
        frame[name] = frame[name].dt.strftime("%Y-%m-%d")
    for name in frame.select_dtypes("float"):
        if (whole := frame[name].dropna()).eq(whole.round()).all() and whole.abs().max() < 2**53:
            frame[name] = frame[name].astype("Int64")  # whole numbers with gaps, like years
    texts = frame.astype(object).where(frame.notna(), "").astype(str)
    rows = tuple({str(k): str(v) for k, v in row.items()} for row in texts.to_dict("records"))
    header = tuple(str(column) for column in frame.columns)
    return Sheet(file, header, rows, tuple(range(1, len(rows) + 1))), []
