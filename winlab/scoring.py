"""`winlab score`: one run from the raw tables to the scored markets and the map."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

from winlab.brand import Brand, read_brand
from winlab.files import Reader
from winlab.inputs import WorkspaceFile
from winlab.library import read_facts
from winlab.marketdata import Survey, read_survey
from winlab.opportunity import Opportunity, score, scoring_facts
from winlab.problems import Exit, Place, Problem, Stopped, error, errors
from winlab.read import Opened, open_workspace
from winlab.root import WORKSPACE_FILE
from winlab.rules.compile import compile_table
from winlab.rules.table import Table
from winlab.scored import as_csv
from winlab.store import Announce, replace_files
from winlab.tables import read_table
from winlab.writers.engine import engine

PAGE = "opportunity-map.html"
SHEETS = "opportunity-map.pdf"


@dataclass(frozen=True)
class Scored:
    """What a run found, and the files that it wrote."""

    found: Opportunity
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


def score_workspace(root: Path, out: Path | None, announce: Announce) -> Scored:
    """Scores a workspace's markets; writes table, page and PDF where its markets are read from.

    ``out`` is another folder to write to. Raises :class:`Stopped` with all that is wrong.
    """
    _needs_sklearn()
    announce("reading the tables")
    reader = Reader(root)
    opened = open_workspace(reader)
    table_file = _table_file(reader, opened)
    survey, peer_groups = _read(reader, opened)
    brand, odd = _brand(opened)
    found = score(survey, peer_groups, announce)
    announce("drawing the map")
    files, more = _drawn(found, brand, opened.file)
    folder = out or table_file.parent
    written, kept = replace_files(folder, {table_file.name: as_csv(found).encode(), **files})
    return Scored(found, written, (*reader.problems, *odd, *found.problems, *more, *kept))


def _needs_sklearn() -> None:
    if importlib.util.find_spec("sklearn") is None:
        raise Stopped(
            [error("no-scikit-learn", "winlab score needs one more package",
                   "pip install 'winlab[score]'")],
            Exit.MACHINE,
        )  # fmt: skip


def _table_file(reader: Reader, opened: Opened) -> Path:
    """Where packs read the markets from: there the scored ones go."""
    data = opened.file.data
    place = opened.parsed.place(("data", "markets"))
    if data.score is None:
        reader.problems.append(
            error("no-score", "it is not said how to score this workspace's markets",
                  'add score = "score.yaml" under [data]', Place(WORKSPACE_FILE, pointer="data"))
        )  # fmt: skip
    path = reader.inside(data.markets, place)
    if path is not None and path.suffix.lower() != ".csv":
        reader.problems.append(
            error("not-csv", f"scored markets are written as CSV, not to {path.name}",
                  'write markets = "scored/markets.csv"', place)
        )  # fmt: skip
    reader.stop_on_errors()
    assert path is not None
    return path


def _read(reader: Reader, opened: Opened) -> tuple[Survey, Table]:
    facts = read_facts(reader, opened.plays / "facts.yaml")
    source = read_table(reader, opened.plays, "peer-groups", facts)
    place = opened.parsed.place(("data", "score"))
    path = reader.inside(opened.file.data.score or "", place)
    survey = read_survey(reader, path, opened.file.workspace.currency) if path else None
    reader.stop_on_errors()
    assert survey is not None
    assert source is not None
    known = scoring_facts(facts, list(map(str, survey.markets.index)))
    table, problems = compile_table(source, known)
    if table is None or errors(problems):
        raise Stopped([*reader.problems, *problems])
    return survey, table


def _brand(opened: Opened) -> tuple[Brand, list[Problem]]:
    return read_brand(opened.brand, opened.templates)


def _drawn(
    found: Opportunity, brand: Brand, file: WorkspaceFile
) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    try:
        engine("weasyprint")
    except Stopped as stopped:
        hint = "install Pango: the map's sheets are set by WeasyPrint alone"
        missing = [replace(problem, hint=hint) for problem in stopped.problems]
        raise Stopped(missing, stopped.exit_code) from None
    from winlab.mappage import page
    from winlab.mapsheets import sheets

    named = file.workspace
    look = (brand, named.company, named.locale, named.currency)
    printed = sheets(found, *look)
    if errors(printed.problems):
        raise Stopped(list(printed.problems))
    return (
        {PAGE: page(found, *look).encode(), SHEETS: printed.data}, printed.problems
    )  # fmt: skip
