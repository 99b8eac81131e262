"""Everything that can be wrong before a run, across rules, content and templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from winlab.compose import front_matter, names_used
from winlab.fields import ROLE_OF_REP, known_names
from winlab.inputs import Claim, Industry, Reference, Role
from winlab.lab import Lab
from winlab.library import StudyData
from winlab.pitch import fact_row
from winlab.problems import Place, Problem, Stopped, error, note, warning
from winlab.read import Workspace
from winlab.rulebook import Rulebook
from winlab.rules.table import Table
from winlab.rules.verify import Finding, Kind, unused_facts, verify
from winlab.validate import did_you_mean

EXPIRES_WITHIN = timedelta(days=30)
PEER_GROUPS = (4, 10)


def check(lab: Lab) -> list[Problem]:
    """All findings on a workspace that could be read and compiled."""
    workspace = lab.workspace
    return [
        *workspace.problems,
        *lab.brand_problems,
        *lab.brand.faults.values(),
        *_rules(workspace, lab.rules, lab.as_of),
        *_peer_groups(workspace),
        *_content(workspace),
        *_coverage(lab),
        *_templates(lab),
        *_expiring(workspace, lab.as_of),
    ]


def _rules(workspace: Workspace, rules: Rulebook, as_of: date) -> Iterator[Problem]:
    import pandas as pd

    rows = [
        {**fact_row(rules.facts, market.facts, as_of), "market.id": market.id}
        for market in workspace.company.markets.values()
    ]
    frame = pd.DataFrame(rows)
    for finding in verify(rules.peer_groups, frame):
        yield finding.problem(rules.peer_groups.source.place)
    for finding in verify(rules.plays):
        problem = finding.problem(rules.plays.source.place)
        yield _ruled_out(finding, problem) if _is_meant(rules.plays, finding) else problem
    for tables in rules.tables.values():
        for finding in verify(tables.offer):
            yield finding.problem(tables.offer.source.place)
    facts_file = Place(f"{workspace.file.workspace.plays}/facts.yaml")
    for finding in unused_facts(_all_tables(rules), workspace.library.facts):
        yield finding.problem(facts_file)


def _all_tables(rules: Rulebook) -> Iterator[Table]:
    yield from (rules.peer_groups, rules.plays)
    for play in rules.tables.values():
        yield from (play.offer, play.adjust, play.levers, play.messages)
        yield from (play.objections, play.questions, play.counters)


def _is_meant(plays: Table, finding: Finding) -> bool:
    """Whether a gap is there only because of an `unless`: without it a play would be for it."""
    if finding.kind is not Kind.GAP:
        return False
    gap = {axis.fact.name: codes for axis, codes in zip(plays.axes, finding.box, strict=True)}
    return any(
        all(clause.negated or gap[clause.fact.name] & clause.bands for clause in rule.clauses)
        for rule in plays.rules
    )


def _ruled_out(finding: Finding, problem: Problem) -> Problem:
    message = finding.sentence.replace("Nobody covers", "Nobody gets a play where", 1)
    hint = "nothing, if it is meant; else change the unless of a play"
    return note("nobody-gets-a-play", message, hint, problem.place)


def _peer_groups(workspace: Workspace) -> Iterator[Problem]:
    groups = {str(rule.then.get("peer_group")) for rule in workspace.library.peer_groups.rules}
    least, most = PEER_GROUPS
    if not least <= len(groups) <= most:
        yield warning(
            "peer-groups", f"there are {len(groups)} peer groups",
            f"a company can manage {least} to {most}", workspace.library.peer_groups.place,
        )  # fmt: skip
    targeted = {
        group
        for play in workspace.library.plays.values()
        for group in play.play.targets.peer_groups
    }
    for group in sorted(groups - targeted):
        yield warning("group-without-play", f"no play is for the peer group {group!r}",
                      "add it to a play's for", workspace.library.peer_groups.place)  # fmt: skip
    for source in workspace.library.plays.values():
        place = source.conditions[0].cell.place
        for group in source.play.targets.peer_groups:
            if group not in groups:
                yield error("unknown-group", f"there is no peer group {group!r}",
                            did_you_mean(group, groups), place)  # fmt: skip


def _content(workspace: Workspace) -> Iterator[Problem]:
    library = workspace.library
    for industry in library.industries.values():
        for kpi in industry.kpis:
            if kpi not in library.kpis:
                yield error("unknown-kpi", f"there is no KPI {kpi!r}",
                            did_you_mean(kpi, library.kpis),
                            library.places[Industry, industry.id])  # fmt: skip


def _coverage(lab: Lab) -> Iterator[Problem]:
    """Each play × industry × role with a template has something to say."""
    for play_id, tables in lab.rules.tables.items():
        for industry in lab.workspace.library.industries:
            for role in Role:
                if f"{role.value}.md" not in lab.templates.files:
                    continue
                row = {"account.industry": industry, "contact.role": role.value}
                outcome = tables.messages.decide(row)
                if not outcome.collected:
                    yield warning(
                        "no-message", f"the play {play_id} has no message for {role.value} in "
                        f"{industry}", "add one under messages", tables.source.place,
                    )  # fmt: skip


def _templates(lab: Lab) -> Iterator[Problem]:
    for name in sorted(lab.templates.files):
        if name.startswith("_"):
            continue
        try:
            matter = front_matter(lab.templates, name)
            used = names_used(lab.templates, name)
        except Stopped as stopped:
            yield from stopped.problems
            continue
        known = known_names(matter.role)
        for_rep = known_names(ROLE_OF_REP)
        for dotted, place in used:
            if not _is_known(dotted, known):
                internal = matter.role != ROLE_OF_REP and _is_known(dotted, for_rep)
                yield error(
                    "internal-name" if internal else "unknown-name",
                    f"{dotted!r} is not for this template's readers" if internal
                    else f"the brief has no {dotted!r}",
                    "take it out" if internal else did_you_mean(dotted, known), place,
                )  # fmt: skip


def _is_known(dotted: str, known: frozenset[str]) -> bool:
    if dotted in known or dotted + "[]" in known:
        return True
    if re.sub(r"\[\]$", "", dotted) in known:
        return True
    parent = dotted.rpartition(".")[0]
    # names below an open mapping (words, symbols, params) are content, not shape
    open_maps = {"words", "industry.symbols", "industry.requirements[]"}
    return parent in open_maps


def _expiring(workspace: Workspace, as_of: date) -> Iterator[Problem]:
    library = workspace.library
    soon = as_of + EXPIRES_WITHIN
    dated = [
        *((c.expires, f"the claim {c.id}", c.owner, library.places[Claim, c.id])
          for c in library.claims.values()),
        *((r.permission_until, f"the reference {r.id}", r.owner, library.places[Reference, r.id])
          for r in library.references.values()),
        *((s.study.expires, f"the study {s.study.id}", s.study.owner,
           library.places[StudyData, s.study.id])
          for s in library.studies.values()),
        *((p.play.valid.until, f"the play {p.play.id}", p.play.owner, p.place)
          for p in library.plays.values()),
    ]  # fmt: skip
    for until, what, owner, place in sorted(dated, key=lambda item: item[:2]):
        renew = f"ask {owner} to renew it"
        if until < as_of:
            yield warning("expired", f"{what} expired on {until}", renew, place)
        elif until <= soon:
            yield note("expires-soon", f"{what} expires on {until}", renew, place)
