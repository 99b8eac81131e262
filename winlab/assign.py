"""Every market with its peer group, strategy and play, and the reason. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date

from winlab.facts import Audience
from winlab.pitch import fact_row
from winlab.read import Workspace
from winlab.rulebook import Rulebook
from winlab.rules.table import Status, worst
from winlab.rules.trace import sentence, trace


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


def assign(workspace: Workspace, rules: Rulebook, as_of: date) -> Iterator[Assignment]:
    """Assigns every market by its market facts alone.

    What depends on the customer too leaves several candidate plays, or one that may be ruled out.
    """
    for market in workspace.company.markets.values():
        row = {**fact_row(rules.facts, market.facts, as_of), "market.id": market.id}
        found = trace(rules.peer_groups, row)
        outputs = found.outcome.outputs
        group = str(outputs.get("peer_group", ""))
        plays: list[str] = []
        statuses = [found.status]
        if group:
            play_row = {**row, "decision.peer_group": group,
                        "decision.strategy": str(outputs.get("strategy", ""))}  # fmt: skip
            on_plays = trace(rules.plays, play_row)
            plays = [rule.id for rule in on_plays.rules if rule.result in ("matched", "unknown")]
            if not plays or on_plays.status is Status.CONFLICT:
                statuses.append(on_plays.status)
        yield Assignment(
            market.id, market.name, market.region, market.industry, group,
            str(outputs.get("strategy", "")), " or ".join(plays), worst(statuses).value,
            _reason(sentence(found, rules.facts, Audience.LAB)),
        )  # fmt: skip


def _reason(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def as_csv(assignments: Iterable[Assignment]) -> str:
    """The assignments as CSV; no cell starts like a formula."""
    out = io.StringIO()
    fields = list(Assignment.__dataclass_fields__)
    writer = csv.DictWriter(out, fields, lineterminator="\n")
    writer.writeheader()
    for assignment in assignments:
        writer.writerow({name: harmless(str(v)) for name, v in asdict(assignment).items()})
    return out.getvalue()


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
