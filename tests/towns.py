"""Made-up markets for the tests of the opportunity map."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from winlab.files import Reader
from winlab.marketdata import Survey, read_survey

SCORE: dict[str, object] = {
    "area": "Testland",
    "markets": {
        "files": ["markets.csv"],
        "id": "id",
        "name": "name",
        "region": "region",
        "industry": "x",
    },
    "history": {
        "file": "sales.csv",
        "id": "id",
        "period": "year",
        "market": "market",
        "own": "own",
    },
    "drivers": [
        {
            "id": "people",
            "label": "people",
            "column": "people",
            "high": "many people",
            "low": "few people",
        }
    ],
    "uplift": {"closes": {"low": "0.1", "base": "0.2", "high": "0.4"}, "because": "Five pilots."},
}
MARKETS = "id,name,region,people\na,Ay,North,10\nb,Bee,North,20\nc,Cee,South,30\n"
SALES = "id,year,market,own\na,2016,100,10\na,2017,110,12\nb,2016,200,50\nb,2017,190,40\nc,2016,50,20\nc,2017,60,25\n"


def write(folder: Path, files: Mapping[str, str], **changes: object) -> Path:
    """score.yaml with some keys changed, and tables beside it."""
    for name, text in {"markets.csv": MARKETS, "sales.csv": SALES, **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "score.yaml"
    path.write_text(yaml.safe_dump({**SCORE, **changes}, sort_keys=False), encoding="utf-8")
    return path


def surveyed(
    folder: Path, files: Mapping[str, str] | None = None, **changes: object
) -> tuple[Survey | None, list[str]]:
    """The survey, and its problems as lines without their fixes."""
    reader = Reader(folder)
    survey = read_survey(reader, write(folder, files or {}, **changes), "USD")
    return survey, [str(problem).partition("\n")[0] for problem in reader.problems]


def square_topology(ids: Sequence[str]) -> str:
    """Squares of a tenth of a degree in a row along the equator, each bordering on the next."""
    arcs: list[list[list[float]]] = []
    geometries = []
    for number, name in enumerate(ids):
        x = number * 0.1
        arcs.append([[x, 0.0], [x, 0.1]])  # the western edge
        arcs.append([[x, 0.1], [x + 0.1, 0.1]])
        arcs.append([[x + 0.1, 0.0], [x, 0.0]])
        west, north, south = 3 * number, 3 * number + 1, 3 * number + 2
        geometries.append(
            {"type": "Polygon", "id": name, "arcs": [[west, north, ~(west + 3), south]]}
        )
    x = len(ids) * 0.1
    arcs.append([[x, 0.0], [x, 0.1]])
    shapes = {"type": "GeometryCollection", "geometries": geometries}
    return json.dumps({"type": "Topology", "objects": {"towns": shapes}, "arcs": arcs})
