"""A decision in words, why not another play, and a record that decides the same again."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from tests import small
from winlab.decide import decide
from winlab.explain import as_json, reasons, recorded, replay, why_not_play
from winlab.facts import Audience
from winlab.pitch import resolve
from winlab.problems import Stopped
from winlab.read import read_plan, read_workspace
from winlab.rulebook import compile_rules

ROOT = Path(__file__).parents[1]
PLANS = sorted((ROOT / "samples/chemicals/plans").glob("*.yaml"))


def test_each_step_says_what_was_chosen_and_why(tmp_path: Path) -> None:
    found = small.decision(tmp_path)
    rules = compile_rules(read_workspace(tmp_path))
    said = [(r.step, r.chosen, r.because) for r in reasons(found, rules.facts, Audience.REP)]
    assert said == [
        ("peer group", "growers", "growth of demand is 11 %, at least 8 %"),
        ("play", "push", "peer group is growers"),
        ("offer of P-1", "trial", "volume today is 0 t/a"),
        (
            "price of P-1", "opening 4.60, target 4.46 USD per kg",
            "base opening 100, target 95; full +2 (Scarce capacity); opening 102 is held at 100,"
            " the list price",
        ),
    ]  # fmt: skip
    lab = reasons(found, rules.facts, Audience.LAB)[1]
    assert lab.because == "peer group is growers; credit block is no"


ADJUST = "  adjust:\n    - {id: big, when: {plan.volume_potential: '>= 100'}, then: {points: '-1'}, why: One route saved.}\n    - {id: full, when: {product.plant_load: '> 90%'}, then: {points: '2'}, why: Scarce capacity.}\n"


def bounded(bounds: str) -> dict[str, tuple[str, str]]:
    rules = ADJUST.split("\n", 1)[1].replace("    -", "      -")
    return {"plays/push.yaml": (ADJUST, f"  adjust:\n    {bounds}\n    rules:\n{rules}")}


def test_a_cap_on_adjustments_is_told_and_recorded(tmp_path: Path) -> None:
    found = small.decision(tmp_path, bounded("cap: '1.5'"))
    [price] = found.prices
    assert (str(price.raw), str(price.moved), str(price.target)) == ("2", "1.5", "4.44")
    assert price.clamped
    rules = compile_rules(read_workspace(tmp_path))
    said = reasons(found, rules.facts, Audience.REP)[-1].because
    assert "full +2 (Scarce capacity); their sum of +2 is held at +1.5;" in said
    content = json.loads(json.dumps(as_json(found, rules.facts, Audience.REP)))
    shown = content["pricing"][0]
    assert (shown["raw"], shown["moved"]) == ("2", "1.5")
    assert shown["held"] == [
        {"what": "opening", "wanted": "101.5", "kept": "100", "by": "the list price"}
    ]
    [record] = [r for r in content["recorded"] if r["table"] == "push.adjust"]
    assert (record["contributions"], record["raw"], record["total"]) == ({"full": "2"}, "2", "1.5")


def test_a_cap_below_the_floor_of_adjustments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stopped) as stopped:
        small.decision(tmp_path, bounded("floor: 2\n    cap: -1"))
    [problem] = stopped.value.problems
    assert problem.code == "table-bounds"
    assert str(problem.place).startswith("plays/push.yaml:")


def test_an_unknown_adjustment_beyond_the_cap_leaves_the_price(tmp_path: Path) -> None:
    changes = {**bounded("cap: 0"), "products.csv": ("2026-11-28", "2026-11-20")}
    found = small.decision(tmp_path, changes)
    assert found.status == "definite"
    assert found.prices[0].offered is not None


# ---------------------------------------------------------------- why not

NEAR = """\
id,when.market.growth,when.market.share,then.peer_group,then.strategy
growers,>= 8%,,growers,invest
far,< 4%,,calm,maintain
near,< 8%,>= 10%,calm,maintain
two,< 8%,< 10%,calm,maintain
other,< 7.9%,> 90%,rest,maintain
"""


def test_the_nearest_losing_rules_lead_to_the_play(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    (folder / "plays/peer-groups.yaml").unlink()
    (folder / "plays/peer-groups.csv").write_text(NEAR)
    found = small.decided(folder)
    why = why_not_play(found, "keep", read_workspace(folder).library, Audience.LAB)
    assert [(need.table, need.rule, need.failed, need.places) for need in why.needs] == [
        ("plays", "keep", ("peer group is growers; it takes calm",), ("plays/keep.yaml:7:20",)),
        (
            "peer-groups", "near",
            ("growth of demand is 11 %, 3 points above the limit of 8 %",),
            ("plays/peer-groups.csv:4:2",),
        ),
        (
            "peer-groups", "far",
            ("growth of demand is 11 %, 7 points above the limit of 4 %",),
            ("plays/peer-groups.csv:3:2",),
        ),
    ]  # fmt: skip


def test_a_play_whose_peer_group_it_is_lacks_only_its_own_conditions(tmp_path: Path) -> None:
    blocked = {"plans/bay.yaml": ("A-1", "A-3")}
    found = small.decision(tmp_path, blocked)
    why = why_not_play(found, "push", read_workspace(tmp_path).library, Audience.LAB)
    assert [(need.table, need.failed) for need in why.needs] == [
        ("plays", ("credit block is yes; it takes no",))
    ]


# ---------------------------------------------------------------- replay


@pytest.mark.parametrize("plan", PLANS, ids=lambda path: path.stem)
def test_what_is_recorded_of_a_sample_plan_decides_the_same_again(plan: Path) -> None:
    workspace = read_workspace(ROOT)
    rules = compile_rules(workspace)
    try:
        pitch = resolve(read_plan(plan, ROOT), workspace, small.AS_OF)
    except Stopped:
        pytest.skip("this plan is refused before it is decided")
    decision = decide(pitch, workspace, rules, small.AS_OF)
    written = json.loads(json.dumps(as_json(decision, rules.facts, Audience.LAB)))
    again = replay(written["recorded"], rules)
    assert list(again) == written["recorded"]
    assert len(again) == len(decision.traces) >= 1
    assert again[0]["outputs"].get("peer_group") == written["peer_group"]
    picked = [r["outputs"].get("play") for r in again if r["table"] == "plays"]
    assert set(picked) <= {written["play"].get("picked"), None} if written["play"] else True
    offers = [
        r["outputs"]["offer"] for r in again if r["table"].endswith(".offer") and r["outputs"]
    ]
    assert offers == [offer["id"] for offer in written["offers"]]


def test_a_changed_value_decides_otherwise(tmp_path: Path) -> None:
    found = small.decision(tmp_path)
    rules = compile_rules(read_workspace(tmp_path))
    [record] = [recorded(found.traces[0], Audience.LAB)]
    changed = copy.deepcopy(record)
    changed["values"]["market.growth"] = "0.02"
    assert replay([changed], rules)[0]["matched"] == ["calm"]
    changed["values"]["market.growth"] = None
    assert replay([changed], rules)[0]["status"] == "provisional"


def test_a_record_for_a_rep_or_of_other_rules_cannot_be_replayed(tmp_path: Path) -> None:
    found = small.decision(tmp_path / "a")
    rules = compile_rules(read_workspace(tmp_path / "a"))
    with pytest.raises(Stopped) as stopped:
        replay([recorded(t, Audience.REP) for t in found.traces], rules)
    assert {p.code for p in stopped.value.problems} == {"not-recorded"}
    assert stopped.value.problems[0].hint.endswith("--audience lab")
    other = small.workspace(tmp_path / "b", {"plays/peer-groups.yaml": (">= 8%", ">= 9%")})
    with pytest.raises(Stopped) as stopped:
        replay([recorded(found.traces[0], Audience.LAB)], compile_rules(other))
    assert [p.code for p in stopped.value.problems] == ["table-changed"]


def test_the_decision_id_changes_with_a_table_but_not_with_how_it_is_written(
    tmp_path: Path,
) -> None:
    groups = "plays/peer-groups.yaml"
    one = small.decision(tmp_path / "a").id
    alike = {groups: ("{market.growth: '>= 8%'}", "{market.growth: '>= 0.08', market.share: '-'}")}
    assert small.decision(tmp_path / "b", alike).id == one
    assert small.decision(tmp_path / "c", {groups: (">= 8%", ">= 8.1%")}).id != one
