"""Seeded faults: each is found before a run, where it stands, with a way to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from tests import small
from winlab.check import check
from winlab.problems import Problem, Stopped, errors, grouped
from winlab.root import starter_folder

AS_OF = date(2026, 12, 1)
GROUPS = "plays/peer-groups.yaml"
PUSH = "plays/push.yaml"
KEEP = "plays/keep.yaml"
TEMPLATE = """\
---
role: factory-manager
audience: customer
pages: [1, 2]
language: en
title: "{{ customer.name }}"
---
# {{ customer.site }}
"""
COACH = """\
---
role: coach
audience: rep
pages: [1, 2]
language: en
title: "Coach sheet"
---
# {{ play.thesis }}
"""


def findings(
    folder: Path,
    changes: Mapping[str, tuple[str, str]] | None = None,
    template: str = TEMPLATE,
    name: str = "factory-manager.md",
) -> Sequence[Problem]:
    """What `check` says of the small workspace, with these changes and this one template."""
    own = ('templates = "starter:templates"', 'templates = "templates"')
    small.write(folder, {"winlab.toml": own, **(changes or {})})
    for part in ("brand", "charts"):
        shutil.copytree(starter_folder("templates") / part, folder / "templates" / part)
    (folder / "templates/packs").mkdir()
    (folder / "templates/packs" / name).write_text(template)
    (folder / "templates/packs/coach.md").write_text(COACH)
    return grouped(check(folder, AS_OF, AS_OF))


def coded(found: Sequence[Problem], code: str) -> list[Problem]:
    return [problem for problem in found if problem.code == code]


def test_a_sound_workspace_has_no_errors(tmp_path: Path) -> None:
    assert [str(p) for p in findings(tmp_path) if p.severity == "error"] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "code", "message", "hint"),
    [
        pytest.param(
            PUSH, "account.industry: 'coatings'", "account.industry: 'coatngs'", "30:93",
            "condition-unknown-value", "coatngs is not a value of account.industry",
            "did you mean coatings?", id="a typo in a category",
        ),
        pytest.param(
            GROUPS, "'>= 8%'", "'>= 8'", "3:31",
            "condition-outside", "8 lies outside market.growth, whose values are from -50% to 100%",
            "did you mean 8%?", id="8 for 8%",
        ),
        pytest.param(
            GROUPS, "'>= 8%'", "'[12%..8%]'", "3:28",
            "condition-interval", "the interval [12%..8%] on market.growth can hold nothing: its ends are in reverse order",
            "did you mean [8%..12%]?", id="a reversed interval",
        ),
        pytest.param(
            GROUPS, "when: {market.growth: '< 8%'}", "when:\n      market.growth: != 8%", "7:22",
            "yaml-tag", "'!= 8%' starts with a tag",
            "put quotes around it: '!= 8%'", id="an unquoted test",
        ),
        pytest.param(
            GROUPS, "'< 8%'", "null", "6:27",
            "condition-unquoted", "the condition null on market.growth stands without quotes, and YAML may read it otherwise",
            "put quotes around it: 'null'", id="a bare null",
        ),
        pytest.param(
            KEEP, "rep_limit: 97", "rep_limit: 99", "15:10",
            "corridor-order", "the price corridor of * is out of order",
            "write opening ≥ target ≥ rep_limit ≥ manager_limit ≥ floor", id="an inverted corridor",
        ),
        pytest.param(
            KEEP, "'*': {", "P-2: {", "15:10",
            "unknown-product", "there is no product 'P-2'",
            "did you mean 'P-1'?", id="prices of an unknown product",
        ),
        pytest.param(
            KEEP, "[calm]", "[calmer]", "7:20",
            "condition-unknown-value", "calmer is not a value of decision.peer_group",
            "did you mean calm?", id="an unknown peer group",
        ),
    ],
)  # fmt: skip
def test_a_fault_that_stops_compilation(
    tmp_path: Path, file: str, old: str, new: str, place: str, code: str, message: str, hint: str
) -> None:
    found = findings(tmp_path, {file: (old, new)})
    assert [str(p) for p in errors(found)] == [
        f"{file}:{place}: error: {message} [{code}]\n  fix: {hint}"
    ]  # fmt: skip


def test_a_draft_for_an_unknown_peer_group(tmp_path: Path) -> None:
    live = small.FILES[KEEP]
    draft = live.replace("status: live", "status: draft").replace("[calm]", "[calmer]")
    [problem] = coded(findings(tmp_path, {KEEP: (live, draft)}), "unknown-group")
    assert str(problem) == (
        f"{KEEP}:7:20: error: there is no peer group 'calmer' [unknown-group]\n"
        "  fix: did you mean 'calm'?"
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "severity", "code", "message"),
    [
        pytest.param(
            "'< 8%'", "'< 5%'", "1:1", "warning", "rules-gap",
            "Nobody covers growth in [5%..8%) (for example 6%): 0 micromarkets today.",
            id="a gap",
        ),
        pytest.param(
            "'< 8%'", "'<= 11%'", "5:5", "error", "rules-conflict",
            "Two rules match and disagree, growers and calm, for growth in [8%..11%]"
            " (for example 9%): 1 micromarket today.",
            id="an overlap",
        ),
        pytest.param(
            "rules:\n",
            "hit: first\nrules:\n  - id: all\n    when: {market.growth: '>= 5%'}\n"
            "    then: {peer_group: growers, strategy: invest}\n",
            "6:5", "warning", "rules-unreachable",
            "growers never wins: all goes before it and takes all of it: 1 micromarket today.",
            id="a masked rule",
        ),
    ],
)  # fmt: skip
def test_a_fault_between_rules(
    tmp_path: Path, old: str, new: str, line: str, severity: str, code: str, message: str
) -> None:
    found = [p for p in findings(tmp_path, {GROUPS: (old, new)}) if p.place.file == GROUPS]
    [problem] = coded(found, code)
    assert (str(problem.place), problem.severity, problem.message) == (
        f"{GROUPS}:{line}", severity, message,
    )  # fmt: skip


def test_facts_that_no_rule_tests_are_noted(tmp_path: Path) -> None:
    found = coded(findings(tmp_path), "rules-unused")
    assert [str(p) for p in found] == [
        "plays/facts.yaml:3:3: note: No rule tests market.share (Our market share). [rules-unused]\n"
        "  fix: test it in a rule, or take it out of the facts file"
    ]


def test_who_is_ruled_out_of_a_play_is_noted(tmp_path: Path) -> None:
    found = findings(tmp_path)
    assert [str(p) for p in found if p.place.file == "plays"] == [
        "plays: note: Nobody gets a play where peer group growers with credit block true"
        " (for example growers, true): 1 account today. [nobody-gets-a-play]\n"
        "  fix: nothing, if it is meant; else change the unless of a play"
    ]


def test_a_peer_group_without_a_play_is_told_once(tmp_path: Path) -> None:
    found = findings(tmp_path, {KEEP: ("status: live", "status: draft")})
    assert [str(p) for p in found if "calm" in p.message] == [
        f"{GROUPS}:5:5: warning: no play is for the peer group 'calm' but the draft keep:"
        " 1 account today [group-without-play]\n  fix: make keep live"
    ]
    assert [p.code for p in found if p.place.file == "plays"] == ["nobody-gets-a-play"]


def test_what_has_expired_and_what_soon_will(tmp_path: Path) -> None:
    soon = ("permission_until: 2027-06-30", "permission_until: 2026-12-31")
    found = findings(tmp_path, {"plays/references.yaml": soon})
    assert [str(p) for p in found if p.code.startswith("expire")] == [
        "plays/claims.yaml:2:76: warning: the claim c-old expired on 2025-05-01;"
        " it is missing from 2 packs: bay (factory-manager, coach) [expired]\n"
        "  fix: ask li to renew it",
        "plays/references.yaml:1:232: note: the reference r-1 expires on 2026-12-31"
        " [expires-soon]\n  fix: ask mia to renew it",
    ]


def test_a_formula_with_an_unknown_input(tmp_path: Path) -> None:
    model = "plays/values/downtime.yaml"
    changed = {model: ("start: hours * 12 * hour", "start: hour * 12 * days")}
    [problem] = coded(findings(tmp_path, changed), "unknown-input")
    assert (str(problem.place), problem.message) == (
        f"{model}:1:5",
        "start: there is no input 'days'",
    )


@pytest.mark.parametrize(
    ("name", "code", "message", "hint"),
    [
        ("customer.sight", "unknown-name", "the brief has no 'customer.sight'",
         "did you mean 'customer.site'?"),
        ("play.thesis", "internal-name", "'play.thesis' is not for this template's readers",
         "take it out"),
    ],
)  # fmt: skip
def test_a_template_names_only_what_its_readers_may_see(
    tmp_path: Path, name: str, code: str, message: str, hint: str
) -> None:
    found = findings(tmp_path, template=TEMPLATE + f"\nAt {{{{ {name} }}}}.\n")
    assert [str(p) for p in found if p.place.file.startswith("templates")] == [
        f"templates/packs/factory-manager.md:10: error: {message} [{code}]\n  fix: {hint}"
    ]


@pytest.mark.parametrize("day", [date.min, date(1989, 12, 31), date(2101, 1, 1), date.max])
def test_a_day_beyond_all_plans_is_refused(tmp_path: Path, day: date) -> None:
    with pytest.raises(Stopped) as stopped:
        check(small.write(tmp_path), day, small.AS_OF)
    [problem] = stopped.value.problems
    assert str(problem) == (
        f"error: the day to work for cannot be {day} [day-out-of-range]\n"
        "  fix: choose a day from 1990 to 2100"
    )


@pytest.mark.parametrize("day", [date(1990, 1, 1), date(2100, 12, 31)])
def test_the_first_and_the_last_day_can_be_worked_for(tmp_path: Path, day: date) -> None:
    found = check(small.write(tmp_path), day, day)
    assert any(p.code == "expired" for p in found) == (day.year == 2100)


GERMAN = TEMPLATE.replace("language: en", "language: de")
SAYS = "{% for message in messages %}{{ message.insight }}{% endfor %}\n"


def german(folder: Path, body: str) -> list[str]:
    """What is said of a workspace whose plan is in German, as is a template with this body."""
    asked = {"plans/bay.yaml": ("packs: [", "language: de\npacks: [")}
    found = findings(folder, asked, GERMAN + body, "factory-manager@de.md")
    return [str(p) for p in found if p.code in ("missing-sentence", "no-translation")]


def test_only_what_a_plan_in_another_language_prints_has_to_be_in_it(tmp_path: Path) -> None:
    [told] = german(tmp_path, SAYS)
    place, _, said = told.partition(": warning: ")
    assert place.startswith("plays/push.yaml:30:")
    assert said.startswith("message paint has no 'de': 'Foam costs batches.'")
    assert "in bay (factory-manager)" in said


def test_what_a_plan_in_another_language_does_not_print_may_be_missing(tmp_path: Path) -> None:
    assert german(tmp_path, "") == []
