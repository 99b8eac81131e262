"""Opens input files below one folder; the only place that does. Problems are collected."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from winlab.problems import Place, Problem, Stopped, error, errors
from winlab.source import Parsed, Pointer, Sheet, parse_csv, parse_xlsx, parse_yaml
from winlab.validate import validate

S = TypeVar("S", bound=BaseModel)
MAX_FILE_BYTES = 200_000_000
STARTER = "starter:"


def starter_folder(name: str) -> Path:
    """A folder that ships with winlab: plays, templates or samples."""
    packaged = Path(str(resources.files("winlab"))) / "starter" / name
    return packaged if packaged.exists() else Path(__file__).resolve().parent.parent / name


class Reader:
    """Opens files below one folder, collects what is wrong with them and where shapes stand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.places: dict[tuple[type, str], Place] = {}
        self.parsed: list[Parsed] = []

    def shown(self, path: Path) -> str:
        """A path as it stands in messages."""
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        starter = starter_folder("plays").parent
        if path.is_relative_to(starter):
            return STARTER + path.relative_to(starter).as_posix()
        return path.as_posix()

    def bytes(self, path: Path) -> bytes | None:
        """The bytes of a file, or ``None`` after a problem."""
        place = Place(self.shown(path))
        try:
            if path.is_dir():
                raise IsADirectoryError
            if path.stat().st_size > MAX_FILE_BYTES:
                self.problems.append(
                    error("file-too-large", "the file has more than 200 MB",
                          "check that it is the right file", place)
                )  # fmt: skip
                return None
            return path.read_bytes()
        except FileNotFoundError:
            self.problems.append(error("no-file", "there is no such file", "check the path", place))
        except IsADirectoryError:
            self.problems.append(
                error("is-folder", "this is a folder, not a file", "name a file in it", place)
            )
        except OSError as exc:
            self.problems.append(
                error("unreadable", f"the file cannot be read: {exc.strerror or exc}",
                      "check its permissions", place)
            )  # fmt: skip
        return None

    def text(self, path: Path) -> str | None:
        """The text of a file, or ``None`` after a problem."""
        data = self.bytes(path)
        if data is None:
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
        if path.suffix.lower() == ".xlsx":
            data = self.bytes(path)
            if data is None:
                return None
            sheet, problems = parse_xlsx(data, self.shown(path))
        elif path.suffix.lower() == ".parquet":
            return self.parquet(path)
        else:
            text = self.text(path)
            if text is None:
                return None
            sheet, problems = parse_csv(text, self.shown(path))
        self.problems.extend(problems)
        return None if errors(problems) else sheet

    def parquet(self, path: Path) -> Sheet | None:
        """A Parquet table as text, or ``None`` after a problem."""
        try:
            import pandas as pd

            frame = pd.read_parquet(path)
        except ImportError:
            self.problems.append(
                error("no-parquet", "Parquet files need one more package",
                      "pip install 'winlab[parquet]', or save the table as CSV",
                      Place(self.shown(path)))
            )  # fmt: skip
            return None
        except (OSError, ValueError) as exc:
            self.problems.append(
                error("unreadable", f"the file cannot be read: {exc}", "save it as CSV",
                      Place(self.shown(path)))
            )  # fmt: skip
            return None
        texts = frame.astype(object).where(frame.notna(), "").astype(str)
        rows = tuple({str(k): str(v) for k, v in row.items()} for row in texts.to_dict("records"))
        header = tuple(str(column) for column in frame.columns)
        return Sheet(self.shown(path), header, rows, tuple(range(1, len(rows) + 1)))

    def files(self, folder: Path, suffix: str) -> list[Path]:
        """The files of a folder with an ending, sorted; none if there is no such folder."""
        try:
            return sorted(p for p in folder.iterdir() if p.suffix == suffix and p.is_file())
        except FileNotFoundError:
            return []
        except OSError as exc:
            self.problems.append(
                error("unreadable", f"the folder cannot be read: {exc.strerror or exc}",
                      "check its permissions", Place(self.shown(folder)))
            )  # fmt: skip
            return []

    def inside(self, text: str, place: Place, folder: Path | None = None) -> Path:
        """A path below the workspace or ``folder``; one that leads out of it is a problem."""
        base = folder or self.root
        path = (base / text).resolve()
        if not path.is_relative_to(base.resolve()):
            self.problems.append(
                error("outside-workspace", f"{text!r} leads out of the workspace",
                      "move the file into the workspace", place)
            )  # fmt: skip
        return path

    def stop_on_errors(self) -> None:
        """Raises :class:`Stopped` with all problems if one of them is an error."""
        if errors(self.problems):
            raise Stopped(self.problems)
