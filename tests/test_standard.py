"""Industry packs: what a plan without a customer may ask for, and what its briefs hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale

from tests import small
from winlab.figures import Teller
from winlab.industry_brief import IndustryBrief
from winlab.inputs import Role
from winlab.problems import Problem, Stopped
from winlab.read import IndustrySource, read_any_plan, read_plan, read_workspace
from winlab.rulebook import compile_rules
from winlab.standard import industry_briefs, resolve_industry

PLAN = """\
kind: industry
plan: all-coatings
industry: coatings
roles: [factory-manager]
rep: ann
"""
FIVE_MORE = "".join(
    f"A-{number},Plant {number},m-fast,Baytown,coatings,latex,medium,ann,100,false,2026,{hours}\n"
    for number, hours in ((5, 10), (6, 12), (7, 16), (8, 18), (10, 20))
)


def laid(folder: Path, plan: str = PLAN, accounts: str = FIVE_MORE) -> Path:
    """The small workspace with more plants, and a plan for their industry."""
    small.write(folder)
    with (folder / "accounts.csv").open("a") as table:
        table.write(accounts)
    (folder / "plans/all.yaml").write_text(plan)
    return folder


def briefs(folder: Path) -> tuple[IndustryBrief, list[Problem]]:
    workspace = read_workspace(folder)
    source = read_any_plan(folder / "plans/all.yaml", folder)
    assert isinstance(source, IndustrySource)
    standard = resolve_industry(source, workspace, small.AS_OF)
    rules = compile_rules(workspace)
    teller = Teller(workspace, "en", Locale("en", "US"), "USD")
    found, _ = industry_briefs(standard, teller, rules, small.AS_OF)
    return found[Role.FACTORY_MANAGER], teller.problems


def stopped(folder: Path) -> list[str]:
    """Each problem with the line and column where it stands."""
    with pytest.raises(Stopped) as found:
        briefs(folder)
    return [f"{p.place.line}:{p.place.column} {p.code}: {p.message}" for p in found.value.problems]


def test_a_benchmark_gives_the_quartiles_of_the_industry(tmp_path: Path) -> None:
    brief, _ = briefs(laid(tmp_path))
    [hours] = brief.benchmarks
    quartiles = (hours.good, hours.median, hours.poor)
    assert (hours.n, quartiles) == (9, (Decimal(9), Decimal(12), Decimal(16)))
    assert brief.charts.benchmark[0]["median_label"] == "12"


def test_fewer_than_five_plants_give_no_benchmark_and_say_so(tmp_path: Path) -> None:
    brief, problems = briefs(laid(tmp_path, accounts=""))
    assert brief.benchmarks == ()
    assert "too-few-peers" in [p.code for p in problems]


def test_a_company_above_a_quarter_of_the_plants_gives_no_benchmark(tmp_path: Path) -> None:
    brief, _ = briefs(
        laid(
            tmp_path, accounts=FIVE_MORE.replace("Plant 6", "Plant 5").replace("Plant 7", "Plant 5")
        )
    )
    assert brief.benchmarks == ()


def test_the_value_of_a_typical_line_is_an_estimate_throughout(tmp_path: Path) -> None:
    brief, _ = briefs(laid(tmp_path))
    assert brief.value is not None
    assert all(effect.estimate for effect in brief.value.effects)
    # the poorer quartile of 16 hours a month, at USD 1,000 an hour; the model saves half of it
    assert (brief.value.start, brief.value.net) == (Decimal(192_000), Decimal(96_000))
    assert brief.value.confirmed == 0


def test_without_a_play_a_pack_carries_evidence_and_no_message(tmp_path: Path) -> None:
    brief, _ = briefs(laid(tmp_path))
    assert brief.messages == ()
    assert [proof.id for proof in brief.proofs] == ["c-1"]


def test_with_a_play_a_pack_carries_its_messages(tmp_path: Path) -> None:
    brief, problems = briefs(laid(tmp_path, PLAN + "play: push\n"))
    assert [message.insight for message in brief.messages] == ["Foam costs batches."]
    assert "claim-dropped" in [p.code for p in problems]


def test_a_pack_holds_until_the_first_of_what_it_rests_on_ends(tmp_path: Path) -> None:
    brief, _ = briefs(laid(tmp_path))
    assert brief.valid_until == date(2027, 5, 1)


def test_the_contact_is_the_plans_rep_else_the_workspaces(tmp_path: Path) -> None:
    brief, _ = briefs(laid(tmp_path))
    assert (brief.rep.name, brief.rep.phone) == ("Ann Bell", "+1 555 0101")
    folder = laid(tmp_path, PLAN.replace("rep: ann\n", ""))
    assert stopped(folder) == ["1:1 no-contact: nobody is named to whom a reader can turn"]
    with (folder / "winlab.toml").open("a") as file:
        file.write(
            '[contact]\nname = "Mia Low"\ntitle = "Marketing"\nphone = "+1 555 0199"\nemail = "mia@acme.example"\n'
        )
    brief, _ = briefs(folder)
    assert brief.rep.name == "Mia Low"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("industry: coatings", "industry: coating", "3:11 unknown-industry: there is no industry 'coating'"),
        ("rep: ann", "rep: anne", "5:6 unknown-rep: there is no rep 'anne'"),
        ("rep: ann", "rep: ann\nplay: pusch", "6:7 unknown-play: there is no play 'pusch'"),
        ("[factory-manager]", "[factory-manager, plant-manager]", "4:26 unknown-value: roles.1: 'plant-manager' is not possible here"),
        ("rep: ann", "rep: ann\naccount: A-1", "6:1 unknown-field: there is no field 'account' here"),
        ("kind: industry", "kind: industries", "1:7 unknown-value: kind: 'industries' is not possible here"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert stopped(laid(tmp_path, PLAN.replace(old, new))) == [said]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("status: live", "status: draft", "play-ruled-out"),
        ("until: 2027-06-30", "until: 2026-10-30", "play-expired"),
    ],
)
def test_a_play_that_may_not_be_used_stops_the_plan(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    folder = laid(tmp_path, PLAN + "play: push\n")
    play = folder / "plays/push.yaml"
    play.write_text(play.read_text().replace(old, new))
    assert [line.split()[1] for line in stopped(folder)] == [f"{code}:"]


def test_a_plan_for_an_industry_is_no_pitch_plan(tmp_path: Path) -> None:
    folder = laid(tmp_path)
    with pytest.raises(Stopped) as found:
        read_plan(folder / "plans/all.yaml", folder)
    [problem] = found.value.problems
    assert (problem.code, problem.place.line, problem.place.column) == ("industry-plan", 1, 7)
    assert "there is nothing to decide" in problem.message
