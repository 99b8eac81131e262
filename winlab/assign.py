"""Every market with its peer group, strategy and play, and the reason. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from winlab.facts import Audience, Row, Value
from winlab.pitch import fact_row
from winlab.read import Workspace
from winlab.rulebook import Rulebook
from winlab.rules.frame import evaluate
from winlab.rules.table import Outcome, Status, Table, worst
from winlab.rules.trace import sentence, trace

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Assignment:
    """One market as the rules see it. ``plays`` names the play, or the candidates."""

    market: str
    name: str
    region: str
    industry: str
    peer_group: str
    strategy: str
    plays: str
    status: str
    reason: str


def assign(workspace: Workspace, rules: Rulebook, as_of: date) -> list[Assignment]:
    """Assigns every market by its market facts alone.

    What depends on the customer too leaves several candidate plays, or one that may be ruled out.
    """
    markets = list(workspace.company.markets.values())
    rows: list[dict[str, Value | None]] = [
        {**fact_row(rules.facts, market.facts, as_of), "market.id": market.id} for market in markets
    ]
    groups = evaluate(rules.peer_groups, _frame(rules.peer_groups, rows))
    for row, outcome in zip(rows, groups, strict=True):
        row["decision.peer_group"] = str(outcome.outputs.get("peer_group", "")) or None
        row["decision.strategy"] = str(outcome.outputs.get("strategy", "")) or None
    candidates = _candidates(rules.plays, rows)
    said = _Sentences(rules)
    return [
        Assignment(
            market.id, market.name, market.region, market.industry,
            str(row["decision.peer_group"] or ""), str(row["decision.strategy"] or ""),
            " or ".join(plays), worst([outcome.status, *statuses]).value, said.why(row, outcome),
        )
        for market, row, outcome, (plays, statuses) in zip(
            markets, rows, groups, candidates, strict=True
        )
    ]  # fmt: skip


def _frame(table: Table, rows: Sequence[Row]) -> pandas.DataFrame:
    """The facts that a table tests, as columns."""
    import pandas as pd

    names = [axis.fact.name for axis in table.axes]
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names},
        index=range(len(rows)),
    )


Candidates: TypeAlias = tuple[tuple[str, ...], tuple[Status, ...]]
"""Plays that a market may get, and the status of the play table if it leaves none or too many."""


def _candidates(plays: Table, rows: Sequence[Row]) -> Iterator[Candidates]:
    """The candidates of each row; rows that no play tells apart are traced once."""
    labels, firsts = evaluate(plays, _frame(plays, rows)).alike()
    found: list[Candidates] = []
    for first in firsts:
        traced = trace(plays, rows[first])
        names = tuple(rule.id for rule in traced.rules if rule.result in ("matched", "unknown"))
        unsettled = not names or traced.status is Status.CONFLICT
        found.append((names, (traced.status,) if unsettled else ()))
    for row, label in zip(rows, labels, strict=True):
        yield found[label] if row["decision.peer_group"] else ((), ())


class _Sentences:
    """Says why markets are in their peer groups; equal reasons are worded once."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self.told: dict[tuple[object, ...], str] = {}
        tested = {
            rule.id: [clause.fact.name for clause in rule.clauses]
            for rule in rules.peer_groups.rules
        }
        self.tested = tested
        self.every = [axis.fact.name for axis in rules.peer_groups.axes]

    def why(self, row: Row, outcome: Outcome) -> str:
        facts = [name for rule in outcome.matched for name in self.tested[rule]] or self.every
        key = (outcome.status, outcome.matched, outcome.missing, *(row.get(f) for f in facts))
        if key not in self.told:
            found = trace(self.rules.peer_groups, row, outcome.matched or None)
            self.told[key] = _reason(sentence(found, self.rules.facts, Audience.LAB))
        return self.told[key]


def _reason(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def as_csv(assignments: Iterable[Assignment]) -> str:
    """The assignments as CSV; no cell starts like a formula."""
    out = io.StringIO()
    fields = list(Assignment.__dataclass_fields__)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(fields)
    for assignment in assignments:
        writer.writerow([harmless(getattr(assignment, name)) for name in fields])
    return out.getvalue()


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; a number stays one."""
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return text
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text
