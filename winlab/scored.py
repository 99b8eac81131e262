"""The scored markets as the table that `winlab assign` and `winlab pack` read."""

from __future__ import annotations

import csv
import io
import math
from datetime import date
from typing import TYPE_CHECKING

from winlab.assign import harmless
from winlab.opportunity import Opportunity

if TYPE_CHECKING:
    import pandas

DECIMALS = {"size": 0, "potential": 0, "addressable": 0, "addressable_low": 0,
            "addressable_high": 0, "priority_rank": 0}  # fmt: skip
FRACTION_DECIMALS = 4
OBSERVED = ("growth", "share")
"""Facts that carry the day of their figures beside them."""


def as_csv(found: Opportunity) -> str:
    """One row a market; columns are named as facts, and empty where a figure is not known."""
    table = found.table
    resources = {move.resource.id: move.resource.decimals for move in found.priority.moves}
    columns: list[tuple[str, list[str]]] = [("id", [str(m) for m in table.index])]
    day = observed_at(found).isoformat()
    for name in map(str, table.columns):
        places = DECIMALS.get(name, resources.get(name.removesuffix(".proposed")))
        columns.append((name, _cells(table[name], places)))
        if name in OBSERVED:
            columns.append((f"{name}.observed_at", [day] * len(table)))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name for name, _ in columns])
    writer.writerows(zip(*(cells for _, cells in columns), strict=True))
    return out.getvalue()


def observed_at(found: Opportunity) -> date:
    """The last day of the history."""
    year, _, quarter = found.survey.history.periods[-1].partition("-Q")
    month = 3 * int(quarter or 4)
    return date(int(year), month, 31 if month in (3, 12) else 30)


def _cells(column: pandas.Series, places: int | None) -> list[str]:
    return [
        harmless(value) if isinstance(value, str) else _number(float(value), places)
        for value in column.tolist()
    ]


def _number(value: float, places: int | None) -> str:
    if math.isnan(value):
        return ""
    if places is None:  # small ratios keep their digits
        small = abs(value) < 0.01 and value != 0
        text = f"{value:.3g}" if small else f"{value:.{FRACTION_DECIMALS}f}"
        return f"{float(text):.12f}".rstrip("0").rstrip(".") if "e" in text else text
    return f"{value + 0.0:.{places}f}"
