"""A whole workspace broken in one place at a time: `winlab check` finds each fault there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import small
from winlab.cli import app
from winlab.root import starter_folder

GROUPS = "plays/peer-groups.yaml"
PUSH = "plays/push.yaml"
KEEP = "plays/keep.yaml"
FACTS = "plays/facts.yaml"
CLAIMS = "plays/claims.yaml"
MODEL = "plays/values/downtime.yaml"
INDUSTRY = "plays/industries/coatings.yaml"
PACK = "templates/packs/factory-manager.md"
COACH = "templates/packs/coach.md"
BRAND = "templates/brand/brand.toml"

TEMPLATES = {
    PACK: """\
---
role: factory-manager
audience: customer
pages: [1, 2]
language: en
title: "{{ customer.name }}: {{ goal.action }}"
---
{% import "_macros.md" as say %}
:::{page} answer
:::
# {{ customer.site }} can win back {{ say.hours(5) }} a month

{% for message in messages if message.theme is string %}
- {{ message.insight | capfirst }}
{% endfor %}
""",
    "templates/packs/_macros.md": """\
{% macro hours(value) %}{{ value | number }} {{ value | plural("hour", "hours") }}{% endmacro %}
""",
    COACH: """\
---
role: coach
audience: rep
pages: [1, 2]
language: en
title: "Coach sheet: {{ customer.name }}"
---
:::{page} first
:::
# {{ play.thesis }}
""",
}


def lay(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """Writes the sound workspace with its own templates, then each ``(file, old, new)``."""
    small.write(folder, {"winlab.toml": ('"starter:templates"', '"templates"')})
    for part in ("brand", "charts"):
        shutil.copytree(starter_folder("templates") / part, folder / "templates" / part)
    for name, text in TEMPLATES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, old, new in edits:
        path = folder / name
        text = path.read_text() if path.exists() else ""
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1) if old else text + new)
    return folder


def findings(folder: Path) -> list[str]:
    """What `winlab check` says, one text for each problem."""
    ran = CliRunner().invoke(app, ["check", str(folder), "--as-of", "2026-12-01", "--json"])
    said = json.loads(ran.stdout)
    found = [_told(problem) for problem in said["problems"]]
    assert ran.exit_code == (3 if any(" error " in text for text in found) else 0)
    return found


def _told(problem: dict[str, str | int | None]) -> str:
    where = [problem["file"], problem["cell"] or problem["line"], problem["column"]]
    said = ":".join(str(part) for part in where if part)
    return (
        f"{said} {problem['severity']} {problem['code']}: {problem['message']} FIX: "
        f"{problem['hint']}"
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What there is to say of the workspace before it is broken."""
    return findings(lay(tmp_path_factory.mktemp("sound")))


def test_the_sound_workspace_has_no_errors(sound: list[str]) -> None:
    assert [text for text in sound if " error " in text] == []


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        pytest.param(
            [(PUSH, "account.industry: 'coatings'", "account.industry: 'coatngs'")],
            "plays/push.yaml:30:93 "
            "error condition-unknown-value: coatngs is not a value of account.industry"
            " FIX: did you mean coatings?",
            id="a typo in a category",
        ),
        pytest.param(
            [(GROUPS, "'>= 8%'", "'>= 8'")],
            "plays/peer-groups.yaml:3:31 "
            "error condition-outside: 8 lies outside market.growth, whose values are from -50% to 100%"
            " FIX: did you mean 8%?",
            id="8 for 8%",
        ),
        pytest.param(
            [(GROUPS, "'>= 8%'", "'[12%..8%]'")],
            "plays/peer-groups.yaml:3:28 "
            "error condition-interval: the interval [12%..8%] on market.growth can hold nothing: its ends are in reverse order"
            " FIX: did you mean [8%..12%]?",
            id="a reversed interval",
        ),
        pytest.param(
            [(GROUPS, "'>= 8%'", "'(8%..8%]'")],
            "plays/peer-groups.yaml:3:28 "
            "error condition-interval: the interval (8%..8%] on market.growth can hold nothing: it is empty"
            " FIX: did you mean 8% alone, or [8%..8%]?",
            id="an empty interval",
        ),
        pytest.param(
            [(GROUPS, "'< 8%'", "'< 1%'")],
            "plays/peer-groups.yaml:1:1 "
            "warning rules-gap: Nobody covers growth in [1%..8%) (for example 4%): 1 micromarket today."
            " FIX: add a rule for it, widen one, or give the table an else",
            id="a gap",
        ),
        pytest.param(
            [(PUSH, "plan.volume_current: '0'", "plan.volume_current: '< 50'")],
            "plays/push.yaml:11:3 "
            "warning rules-gap: Nobody covers volume current ≥ 50 (for example 50)."
            " FIX: add a rule for it, widen one, or give the table an else",
            id="a gap in an offer",
        ),
        pytest.param(
            [(GROUPS, "'< 8%'", "'<= 11%'")],
            "plays/peer-groups.yaml:5:5 "
            "error rules-conflict: Two rules match and disagree, growers and calm, for growth in [8%..11%] (for example 9%): 1 micromarket today."
            " FIX: change the conditions of one so that they exclude each other",
            id="rules that disagree",
        ),
        pytest.param(
            [
                (
                    GROUPS,
                    "rules:\n",
                    "rules:\n  - id: fast\n    when: {market.growth: '>= 20%'}\n    then: {peer_group: growers, strategy: invest}\n",
                )
            ],
            "plays/peer-groups.yaml:2:5 "
            "note rules-subsumed: fast adds nothing: growers covers all of it and says the same: 0 micromarkets today."
            " FIX: take the rule out, or correct its conditions",
            id="rules that say the same twice",
        ),
        pytest.param(
            [
                (
                    GROUPS,
                    "rules:\n",
                    "hit: first\nrules:\n  - id: all\n    when: {market.growth: '>= 5%'}\n    then: {peer_group: growers, strategy: invest}\n",
                )
            ],
            "plays/peer-groups.yaml:6:5 "
            "warning rules-unreachable: growers never wins: all goes before it and takes all of it: 1 micromarket today."
            " FIX: take the rule out, or correct its conditions or its place",
            id="a masked rule",
        ),
        pytest.param(
            [(GROUPS, "when: {market.growth: '< 8%'}", "when:\n      market.growth: != 8%")],
            "plays/peer-groups.yaml:7:22 "
            "error yaml-tag: '!= 8%' starts with a tag"
            " FIX: put quotes around it: '!= 8%'",
            id="an unquoted !=",
        ),
        pytest.param(
            [(GROUPS, "'< 8%'", "null")],
            "plays/peer-groups.yaml:6:27 "
            "error condition-unquoted: the condition null on market.growth stands without quotes, and YAML may read it otherwise"
            " FIX: put quotes around it: 'null'",
            id="a bare null",
        ),
        pytest.param(
            [(GROUPS, "'>= 8%'", "'>= 0,08'")],
            "plays/peer-groups.yaml:3:31 "
            "error condition-comma: 0,08 on market.growth has a comma inside a number"
            " FIX: write 0.08 (in a list put a space after the comma)",
            id="a decimal comma",
        ),
        pytest.param(
            [(PUSH, "account.industry: 'coatings'", "account.industry: [coatings]")],
            "plays/push.yaml:30:92 "
            "error wrong-type: messages.rules.1.when.account.industry: text is expected, not this"
            " FIX: put quotes around it: '[coatings]'",
            id="an unquoted list",
        ),
        pytest.param(
            [
                (FACTS, "account:\n", "account:\n  since: {label: Customer since, type: date}\n"),
                (
                    PUSH,
                    "unless: {account.credit_block: 'true'}",
                    "when: {account.since: 2026-01-01}\n  unless: {account.credit_block: 'true'}",
                ),
            ],
            "plays/push.yaml:9:25 "
            "error condition-unquoted: the condition 2026-01-01 on account.since stands without quotes, and YAML may read it otherwise"
            " FIX: put quotes around it: '2026-01-01'",
            id="a date that lost its quotes",
        ),
        pytest.param(
            [(GROUPS, "market.growth: '< 8%'", "market.grwoth: '< 8%'")],
            "plays/peer-groups.yaml:6:28 "
            "error fact-unknown: there is no fact market.grwoth"
            " FIX: did you mean market.growth?",
            id="an unknown fact",
        ),
        pytest.param(
            [
                (
                    FACTS,
                    "market:\n",
                    "market:\n  driver: {label: What drives demand, type: text}\n",
                ),
                (
                    PUSH,
                    "unless: {account.credit_block: 'true'}",
                    "when: {market.driver: '< b'}\n  unless: {account.credit_block: 'true'}",
                ),
            ],
            "plays/push.yaml:9:26 "
            "error condition-on-text: market.driver is text: it is shown, never tested"
            " FIX: test a category or a number instead, or declare the fact a category",
            id="a text fact compared",
        ),
        pytest.param(
            [(GROUPS, "'>= 8%'", "'>= 8.25%'")],
            "plays/peer-groups.yaml:3:31 "
            "error condition-decimals: 8.25% is finer than market.growth, whose values are rounded to 0.1%"
            " FIX: write 8.2% or 8.3%",
            id="too many decimals",
        ),
        pytest.param(
            [(KEEP, "rep_limit: 97", "rep_limit: 99")],
            "plays/keep.yaml:15:10 "
            "error corridor-order: the price corridor of * is out of order"
            " FIX: write opening ≥ target ≥ rep_limit ≥ manager_limit ≥ floor",
            id="prices out of order",
        ),
        pytest.param(
            [(PUSH, "{points: '-1'}", "{points: '-3'}")],
            "plays/push.yaml:20:10 "
            "warning corridor-inverts: big moves the target of * to 92, below the rep's limit of 93 (for example product.plant_load 40%, plan.volume_potential 100): it is held there"
            " FIX: give fewer points, or move target or limit",
            id="a corridor that adjustments can invert",
        ),
        pytest.param(
            [(CLAIMS, "2027-05-01", "2026-11-30")],
            "plays/claims.yaml:1:83 "
            "warning expired: the claim c-1 expired on 2026-11-30; it is missing from 2 packs: bay (factory-manager, coach)"
            " FIX: ask li to renew it",
            id="an expired claim",
        ),
        pytest.param(
            [(CLAIMS, "2027-05-01", "2026-12-20")],
            "plays/claims.yaml:1:83 "
            "note expires-soon: the claim c-1 expires on 2026-12-20; it is in 2 packs: bay (factory-manager, coach)"
            " FIX: ask li to renew it",
            id="a claim that expires soon",
        ),
        pytest.param(
            [
                (
                    CLAIMS,
                    "approver: legal, audience: customer}\n- {id: c-old",
                    "audience: customer}\n- {id: c-old",
                )
            ],
            "plays/push.yaml:27:3 "
            "warning no-message: the play push has nothing left to say to factory-manager in coatings: c-1 is not approved, c-old expired on 2025-05-01"
            " FIX: renew the claim, or add a message under messages",
            id="an unapproved claim",
        ),
        pytest.param(
            [(KEEP, "status: live", "status: draft")],
            "plays/peer-groups.yaml:5:5 "
            "warning group-without-play: no play is for the peer group 'calm' but the draft keep: 1 account today"
            " FIX: make keep live",
            id="a draft play",
        ),
        pytest.param(
            [(KEEP, "until: 2027-06-30", "until: 2025-06-30")],
            "plays/keep.yaml:5:8 "
            "error bad-interval: valid: until (2025-06-30) lies before from (2026-01-01)"
            " FIX: correct one of the two days",
            id="a play that ends before it begins",
        ),
        pytest.param(
            [(PUSH, "insight: Grow., proof: [c-1]", "insight: Grow., proof: [c-2]")],
            "plays/push.yaml:29:103 "
            "error unknown-claim: there is no claim 'c-2'"
            " FIX: did you mean 'c-1'?",
            id="an unknown claim",
        ),
        pytest.param(
            [(PUSH, "{offer: trial, months", "{offer: trail, months")],
            "plays/push.yaml:14:21 "
            "error unknown-offer: there is no offer 'trail'"
            " FIX: did you mean 'trial'?",
            id="an unknown offer",
        ),
        pytest.param(
            [(KEEP, "steps: renew}", "steps: renewal}")],
            "plays/keep.yaml:10:97 "
            "error unknown-steps: there is no steps 'renewal'"
            " FIX: did you mean 'renew'?",
            id="unknown steps",
        ),
        pytest.param(
            [(KEEP, "value_model: downtime", "value_model: downtimes")],
            "plays/keep.yaml:17:14 "
            "error unknown-value-model: there is no value model 'downtimes'"
            " FIX: did you mean 'downtime'?",
            id="an unknown value model",
        ),
        pytest.param(
            [(PUSH, "months: '9', steps: trial}", "months: '9'}")],
            "plays/push.yaml:14:13 "
            "error missing-output: push.offer: the output 'steps' is missing"
            " FIX: add steps: to then (or else)",
            id="a missing output",
        ),
        pytest.param(
            [(PUSH, "theme: dose", "teme: dose")],
            "plays/push.yaml:31:66 "
            "error unknown-output: push.messages: there is no output 'teme'"
            " FIX: did you mean 'theme'?",
            id="a misspelt output",
        ),
        pytest.param(
            [(PACK, "", "\nAt {{ customer.sight }}.\n")],
            "templates/packs/factory-manager.md:17 "
            "error unknown-name: the brief has no 'customer.sight'"
            " FIX: did you mean 'customer.site'?",
            id="a template naming an unknown field",
        ),
        pytest.param(
            [(PACK, "", "\nWe think {{ play.thesis }}.\n")],
            "templates/packs/factory-manager.md:17 "
            "error internal-name: 'play.thesis' is not for this template's readers"
            " FIX: take it out",
            id="a template naming an internal field",
        ),
        pytest.param(
            [(PACK, "| capfirst", "| capfrist")],
            "templates/packs/factory-manager.md:14 "
            "error unknown-filter: there is no filter 'capfrist'"
            " FIX: did you mean 'capfirst'?",
            id="an unknown filter",
        ),
        pytest.param(
            [(PACK, "is string", "is strng")],
            "templates/packs/factory-manager.md:13 "
            "error unknown-test: there is no test 'strng'"
            " FIX: did you mean 'string'?",
            id="an unknown test",
        ),
        pytest.param(
            [(PACK, "say.hours(5)", "say.hour(5)")],
            "templates/packs/factory-manager.md:11 "
            "error unknown-macro: the imported file has no macro 'hour'"
            " FIX: did you mean 'hours'?",
            id="an unknown macro",
        ),
        pytest.param(
            [(PACK, "", "\n:::{kpi}\n- **5** h\n:::\n")],
            "templates/packs/factory-manager.md:17 "
            "error directive-unknown: there is no directive 'kpi'"
            " FIX: did you mean 'kpis'?",
            id="an unknown directive",
        ),
        pytest.param(
            [(PACK, "", "\n:::{chart} driver\ndata: charts.drivers\n:::\n")],
            "templates/packs/factory-manager.md:17 "
            "error chart-unknown: there is no chart 'driver'"
            " FIX: did you mean 'drivers'?",
            id="an unknown chart",
        ),
        pytest.param(
            [(PACK, "", '\n{% include "_legal.md" %}\n')],
            "templates/packs/factory-manager.md:17 "
            "error template-missing: there is no template '_legal.md'"
            " FIX: known: _macros.md, coach.md, factory-manager.md",
            id="a missing include",
        ),
        pytest.param(
            [(PACK, '"_macros.md"', '"_macro.md"')],
            "templates/packs/factory-manager.md:8 "
            "error template-missing: there is no template '_macro.md'"
            " FIX: did you mean '_macros.md'?",
            id="a missing macro file",
        ),
        pytest.param(
            [(PACK, "{% endfor %}", "")],
            "templates/packs/factory-manager.md:14 "
            "error template-syntax: Unexpected end of template. Jinja was looking for the following tags: 'endfor' or 'else'. The innermost block that needs to be closed is 'for'"
            " FIX: check the brackets, and that each {% if %}, {% for %} and {% block %} has its end",
            id="an open block",
        ),
        pytest.param(
            [(PACK, "role: factory-manager", "role: procurement")],
            "templates/packs/factory-manager.md:2:7 "
            "error template-misfit: by its name the template is for role factory-manager, its front matter says procurement"
            " FIX: write role: factory-manager, or rename the file",
            id="a role that is not the file's",
        ),
        pytest.param(
            [
                (
                    "templates/packs/factory-manager.plastic.md",
                    "",
                    '---\nindustry: plastic\n---\n{% extends "factory-manager.md" %}\n',
                )
            ],
            "templates/packs/factory-manager.plastic.md "
            "error unknown-industry: there is no industry 'plastic'"
            " FIX: known: coatings",
            id="a template for an unknown industry",
        ),
        pytest.param(
            [("templates/packs/factory-boss.md", "", TEMPLATES[PACK])],
            "templates/packs/factory-boss.md "
            "error unknown-role: no contact can have the role 'factory-boss'"
            " FIX: known: ceo, cfo, coach, ehs-quality, factory-manager, it, procurement, rnd-manager",
            id="a template for an unknown role",
        ),
        pytest.param(
            [(GROUPS, "- id: calm", "- id: growers")],
            "plays/peer-groups.yaml:5:5 "
            "error rule-twice: two rules of peer-groups are called growers"
            " FIX: rename one; the other stands at plays/peer-groups.yaml:2:5",
            id="rule ids twice",
        ),
        pytest.param(
            [(KEEP, "kpi: margin", "kpi: margin\nkpi: volume")],
            "plays/keep.yaml:21:1 "
            "error duplicate-key: 'kpi' is given twice, first in line 20"
            " FIX: keep one of the two",
            id="a key twice",
        ),
        pytest.param(
            [(KEEP, "kpi: margin", "kpi: *thesis")],
            "plays/keep.yaml:20:6 "
            "error yaml-alias: *thesis repeats another part of the file"
            " FIX: write the text out; aliases are not read",
            id="an alias",
        ),
        pytest.param(
            [(KEEP, "thesis: Little effort.", "thesis: Line #4 foams")],
            "plays/keep.yaml:6:13 "
            "error text-lost-to-comment: the text ends at 'Line': '#4 foams' is read as a comment"
            ' FIX: put quotes around the text: "Line #4 foams"',
            id="text lost to a comment",
        ),
        pytest.param(
            [(KEEP, "peer_groups: [calm]", "peer_groups: [calm, growers]")],
            "plays/push.yaml:8:3 "
            "error two-plays: Two plays are for the same customer, keep and push, for peer group growers with credit block false (for example growers, false): 1 account today."
            " FIX: narrow the for of one of them, or add an unless",
            id="two plays for one customer",
        ),
        pytest.param(
            [
                (GROUPS, "'< 8%'", "'[0%..8%)'"),
                (GROUPS, "else: gap", "else: {peer_group: falling, strategy: defend}"),
            ],
            "plays/peer-groups.yaml:1:1 "
            "warning group-without-play: no play is for the peer group 'falling': 0 accounts today"
            " FIX: add it to a play's for",
            id="a group without a play",
        ),
        pytest.param(
            [(PUSH, "insight: Grow.,", "insight: {de: Wachsen.},")],
            "plays/push.yaml:29:89 "
            "error no-translation: this sentence is not in 'en'"
            " FIX: write it as {en: …, de: …}",
            id="a message without the language",
        ),
        pytest.param(
            [("plans/bay.yaml", "meeting: 2027-01-14", "meeting: 2027-01-14\nlanguage: de")],
            "templates/packs "
            "error no-template: there is no template in 'de' for factory-manager, which the plan bay asks for"
            " FIX: write factory-manager@de.md, or change the plan",
            id="a plan in another language",
        ),
        pytest.param(
            [
                ("plans/bay.yaml", "packs: [factory-manager]", "packs: [factory-manager, cfo]"),
                (
                    "plans/bay.yaml",
                    "contacts:\n",
                    "contacts:\n  - {name: Jo Ray, title: CFO, role: cfo, buying: economic, influence: high, stance: neutral}\n",
                ),
            ],
            "templates/packs "
            "error no-template: there is no template in 'en' for cfo, which the plan bay asks for"
            " FIX: write cfo.md, or change the plan",
            id="a role without a template",
        ),
        pytest.param(
            [(MODEL, "unit: h/month", "unit: h/year")],
            "plays/values/downtime.yaml:11:49 "
            "error unit-mismatch: hours counts in 'h/year', its KPI in 'h/month'"
            " FIX: write unit: h/month, and mend the formulas",
            id="a KPI counted in two units",
        ),
        pytest.param(
            [(INDUSTRY, "kpis: [downtime]", "kpis: [downtimes]")],
            "plays/industries/coatings.yaml:6:8 "
            "error unknown-kpi: there is no KPI 'downtimes'"
            " FIX: did you mean 'downtime'?",
            id="an unknown KPI",
        ),
        pytest.param(
            [
                (
                    GROUPS,
                    "rules:\n",
                    "hit: first\nrules:\n  - id: all\n    when: {}\n    then: {peer_group: growers, strategy: invest}\n",
                )
            ],
            "plays/keep.yaml:7:20 "
            "warning play-unreachable: nobody can get the play keep: no rule that can win gives calm"
            " FIX: correct the peer groups' rules, or the play's for",
            id="a play that nobody can get",
        ),
        pytest.param(
            [(PUSH, "replaces: any", "replaces: anyone")],
            "plays/push.yaml:30:7 "
            "error rule-replaces: paint replaces anyone, which is no rule of push.messages"
            " FIX: did you mean any?",
            id="replaces naming nobody",
        ),
        pytest.param(
            [
                (
                    GROUPS,
                    "  - id: calm",
                    "  - id: hot\n    when: {market.growth: '> 50%'}\n    then: {peer_group: hot, strategy: invest}\n  - id: calm",
                )
            ],
            "plays/peer-groups.yaml:1:1 "
            "warning peer-groups: there are 3 peer groups"
            " FIX: a company can manage 4 to 10",
            id="three peer groups",
        ),
        pytest.param(
            [
                (
                    PUSH,
                    "account.industry: 'coatings'}",
                    "account.industry: 'coatings', market.growth: '> 50%'}",
                )
            ],
            "plays/push.yaml:30:7 "
            "note rules-idle: paint matches none of today's 1 accounts."
            " FIX: check its conditions against the data",
            id="a rule that fires nowhere today",
        ),
        pytest.param(
            [(FACTS, "market:\n", "market:\n  rain: {label: Rain, type: number, unit: mm}\n")],
            "plays/facts.yaml:2:3 "
            "note rules-unused: No rule tests market.rain (Rain)."
            " FIX: test it in a rule, or take it out of the facts file",
            id="a fact that nobody tests",
        ),
        pytest.param(
            [
                (
                    "winlab.toml",
                    'company = "Acme Foams"\n',
                    'company = "Acme Foams"\nlocale = "en_XQ"\n',
                )
            ],
            "winlab.toml:3:10 "
            "error unknown-locale: workspace.locale: no numbers and dates are known for 'en_XQ'"
            " FIX: write a language like en, or a locale like en_US",
            id="a locale that nobody knows",
        ),
        pytest.param(
            [(BRAND, "\nmuted ", "\nteal = '#00ffff'\nmuted ")],
            "templates/brand/brand.toml:20:1 "
            "error unknown-field: there is no field 'teal' here"
            " FIX: known: gap, gap_text, ink, line, muted, ours, ours_light, panel, paper",
            id="a colour that is none",
        ),
        pytest.param(
            [("templates/brand/pack.css", "", ".note { colour: red }\n")],
            "templates/brand/pack.css:75:9 "
            "error style-sheet: Ignored `colour: red `: unknown property"
            " FIX: correct the line, or take it out",
            id="a style sheet with a typo",
        ),
        pytest.param(
            [
                (
                    "templates/charts/bad.json",
                    "",
                    '{"mark": {"type": "rule", "color": {"$": "colr"}}}\n',
                )
            ],
            "templates/charts/bad.json "
            "error chart-spec: nothing is named 'colr'"
            " FIX: known: figure_height, figure_width, gap, gap_text, ink, line, muted, ours, ours_light, panel, paper",
            id="a chart that cannot be drawn",
        ),
        pytest.param(
            [("templates/charts/bad.json", "", "{}\n")],
            "templates/charts/bad.json "
            "error chart-spec: this is no specification of a chart"
            ' FIX: write Vega-Lite, with "mark" or "layer"',
            id="a chart without a specification",
        ),
    ],
)
def test_a_fault_is_found_where_it_stands(
    tmp_path: Path, sound: list[str], edits: list[tuple[str, str, str]], told: str
) -> None:
    found = [text for text in findings(lay(tmp_path, *edits)) if text not in sound]
    assert told in found
    if " error " in told:
        assert [text for text in found if " error " in text and text != told] == []


def test_faults_of_all_stages_are_told_at_once(tmp_path: Path) -> None:
    found = findings(
        lay(
            tmp_path,
            (FACTS, "domain: '[-0.5..1]'", "domain: '[-0.5:1]'"),
            (PUSH, "plan.volume_current: '0'", "plan.volume_current: '0,5'"),
            (PUSH, "{offer: trial, months", "{offer: trail, months"),
            (PACK, "goal.action", "goal.acton"),
            (BRAND, '"A4"', '"A5"'),
        )
    )
    assert [text.split(": ")[0] for text in found if " error " in text] == [
        f"{FACTS}:2:82 error bad-name",
        f"{PUSH}:13:36 error condition-comma",
        f"{PUSH}:14:21 error unknown-offer",
        f"{PACK}:6 error unknown-name",
        f"{BRAND}:6:9 error unknown-value",
    ]


def test_shipped_templates_may_serve_industries_that_the_company_does_not(tmp_path: Path) -> None:
    assert [text for text in findings(small.write(tmp_path)) if " error " in text] == []


def test_a_template_that_extends_nothing(tmp_path: Path) -> None:
    own = "templates/packs/factory-manager.coatings.md"
    text = '---\nindustry: coatings\n---\n{% extends "factory-boss.md" %}\n'
    found = findings(lay(tmp_path, (own, "", text)))
    assert [text for text in found if " error " in text] == [
        f"{own}:4 error template-missing: there is no template 'factory-boss.md'"
        " FIX: did you mean 'factory-manager.md'?"
    ]


def test_a_workspace_without_templates(tmp_path: Path) -> None:
    shutil.rmtree(lay(tmp_path) / "templates/packs")
    assert [text for text in findings(tmp_path) if " error " in text] == [
        "templates/packs error no-templates: there are no templates"
        " FIX: write one for each role, and coach.md"
    ]


def test_a_workspace_without_a_coach_sheet(tmp_path: Path) -> None:
    (lay(tmp_path) / COACH).unlink()
    assert [text for text in findings(tmp_path) if " error " in text] == [
        "templates/packs error no-template: there is no coach.md, and every plan gets a coach"
        " sheet FIX: write it, or copy the one that ships with winlab"
    ]
