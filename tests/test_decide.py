"""The chain from peer group to messages, with prices in Decimal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests import small
from winlab.decide import Decision
from winlab.problems import Stopped
from winlab.rules.table import Status

PLAN = "plans/bay.yaml"


def codes(decision: Decision) -> set[str]:
    return {p.code for p in decision.problems}


def test_a_definite_decision(tmp_path: Path) -> None:
    found = small.decision(tmp_path)
    assert (found.status, found.peer_group, found.strategy, found.picked) == (
        Status.DEFINITE, "growers", "invest", "push",
    )  # fmt: skip
    assert found.summary == "Invest: growth of demand is 11 %, at least 8 %"
    [offer] = found.offers
    assert (offer.id, offer.months, offer.steps) == ("trial", 9, "trial")


def test_prices_are_points_of_the_list_price_moved_by_adjustments(tmp_path: Path) -> None:
    [price] = small.decision(tmp_path).prices
    # plant load 95 % adds 2 points: opening 102 is cut at the list price, target 97
    assert [str(x) for x in (price.list, price.opening, price.target)] == ["4.60", "4.60", "4.46"]
    assert [str(x) for x in (price.rep_limit, price.manager_limit, price.floor)] == [
        "4.28", "4.14", "4.00",
    ]  # fmt: skip
    assert price.clamped
    assert [(a.id, a.points) for a in price.adjustments] == [("full", Decimal(2))]
    assert price.offered == Decimal("4.45")


def test_the_opening_is_quoted_where_the_plan_offers_nothing(tmp_path: Path) -> None:
    [price] = small.decision(
        tmp_path, {PLAN: ("    price: {offered: '4.45', per: kg}\n", "")}
    ).prices
    assert price.offered == price.opening == Decimal("4.60")


@pytest.mark.parametrize(
    ("offered", "approval", "code", "line"),
    [
        ("4.27", "", "below-limit", 17),
        ("4.27", "approval: {by: Max Orr, date: 2026-11-28, product: P-1, price: '4.30'}\n", "below-approval", 17),
        ("3.99", "approval: {by: Max Orr, date: 2026-11-28, product: P-1, price: '3.99'}\n", "below-floor", 17),
        ("4.61", "", "above-list", 17),
    ],
)  # fmt: skip
def test_the_offered_price_stays_in_the_corridor(
    tmp_path: Path, offered: str, approval: str, code: str, line: int
) -> None:
    found = small.decision(
        tmp_path,
        {
            PLAN: (
                "price: {offered: '4.45', per: kg}\nterms",
                f"price: {{offered: '{offered}', per: kg}}\n{approval}terms",
            )
        },
    )
    [problem] = [p for p in found.problems if p.code == code]
    assert (problem.place.line, problem.place.column) == (line, 22)


def test_a_named_approval_lets_a_price_below_the_limit_pass(tmp_path: Path) -> None:
    approved = "price: {offered: '4.27', per: kg}\napproval: {by: Max Orr, date: 2026-11-28, product: P-1, price: '4.27'}\n"
    found = small.decision(tmp_path, {PLAN: ("price: {offered: '4.45', per: kg}\n", approved)})
    assert "below-limit" not in codes(found)
    assert found.prices[0].offered == Decimal("4.27")


def test_the_floor_is_never_named_to_a_rep(tmp_path: Path) -> None:
    found = small.decision(tmp_path, {PLAN: ("'4.45'", "'3.50'")})
    [problem] = [p for p in found.problems if p.code == "below-floor"]
    assert "4.00" not in problem.message + problem.hint
    assert "4.14" not in problem.message + problem.hint


def test_an_old_fact_counts_as_missing_and_withholds_the_price(tmp_path: Path) -> None:
    found = small.decision(tmp_path, {"products.csv": ("2026-11-28", "2026-11-20")})
    assert (found.status, found.missing) == (Status.PROVISIONAL, ("product.plant_load",))
    assert [p.offered for p in found.prices] == [None]
    assert "provisional" in codes(found)


def test_a_missing_market_fact_leaves_a_choice_open(tmp_path: Path) -> None:
    found = small.decision(tmp_path, {PLAN: ("A-1", "A-4")})
    assert found.status in (Status.PROVISIONAL, Status.GAP)
    assert "market.growth" in found.missing or found.play is None


def test_an_uncovered_offer_is_a_gap(tmp_path: Path) -> None:
    found = small.decision(tmp_path, {PLAN: ("current: 0", "current: 10")})
    assert found.status is Status.GAP
    [problem] = [p for p in found.problems if p.code == "gap"]
    assert "plan.volume_current is 10" in problem.message
    assert str(problem.place).startswith("plays/push.yaml:11:3")


def test_every_play_ruled_out_is_a_gap(tmp_path: Path) -> None:
    found = small.decision(tmp_path, {PLAN: ("A-1", "A-3")})
    assert (found.status, found.play) == (Status.GAP, None)
    assert any("credit_block" in p.message for p in found.problems)


def test_a_rep_may_ask_for_another_play(tmp_path: Path) -> None:
    asked = ("packs:", "play: {ask: keep, because: they asked for calm}\npacks:")
    found = small.decision(
        tmp_path,
        {
            PLAN: asked,
            "plays/keep.yaml": ("plan.volume_current: '> 0'", "plan.volume_current: '>= 0'"),
        },
    )
    assert found.play is not None
    assert (found.picked, found.play.play.id) == ("push", "keep")
    assert found.summary.endswith("the rep asked for keep")
    assert "play-asked" in codes(found)


def test_an_expired_play_stops(tmp_path: Path) -> None:
    found = small.decision(tmp_path, as_of=date(2027, 7, 1))
    assert found.play is None
    [problem] = [p for p in found.problems if p.code == "play-expired"]
    assert "expired on 2027-06-30" in problem.message
    assert "mia@acme.example" in problem.hint


def test_messages_replace_drop_expired_claims_and_keep_order(tmp_path: Path) -> None:
    found = small.decision(tmp_path)
    assert [m.id for m in found.messages["factory-manager"]] == ["paint"]
    [dropped] = [p for p in found.problems if p.code == "claim-dropped"]
    assert "c-old expired on 2025-05-01" in dropped.message


SAID = """\
  limit: {limit}
  rules:
    - {{id: one, when: {{}}, then: {{insight: Grow., proof: [c-1]}}}}
    - {{id: same, when: {{}}, then: {{insight: Grow., proof: [c-1]}}}}
    - {{id: other-role, when: {{contact.role: 'rnd-manager'}}, then: {{insight: Test.}}}}
    - {{id: draft, when: {{}}, then: {{insight: Draft., proof: [c-1, c-draft]}}}}
    - {{id: ours, when: {{}}, then: {{insight: Ours., proof: [c-ours]}}}}
    - {{id: unsigned, when: {{}}, then: {{insight: Unsigned., proof: [c-unsigned]}}}}
    - {{id: two, when: {{}}, then: {{insight: Last., proof: [c-1]}}}}
    - {{id: three, when: {{}}, then: {{insight: Later.}}}}
"""
CLAIMS = """\
- {id: c-draft, text: A., source: S, date: 2026-05-01, expires: 2027-05-01, owner: li, approver: legal, audience: customer, status: draft}
- {id: c-ours, text: A., source: S, date: 2026-05-01, expires: 2027-05-01, owner: li, approver: legal, audience: rep}
- {id: c-unsigned, text: A., source: S, date: 2026-05-01, expires: 2027-05-01, owner: li, audience: customer}
"""


@pytest.mark.parametrize(("limit", "said"), [(2, ["one", "two"]), (3, ["one", "two", "three"])])
def test_messages_are_said_once_in_order_up_to_the_limit_with_usable_claims(
    tmp_path: Path, limit: int, said: list[str]
) -> None:
    play, claims = small.FILES["plays/push.yaml"], small.FILES["plays/claims.yaml"]
    start, end = play.index("  limit: 2"), play.index("value_model")
    found = small.decision(
        tmp_path,
        {
            "plays/push.yaml": (play[start:end], SAID.format(limit=limit)),
            "plays/claims.yaml": (claims, claims + CLAIMS),
        },
    )
    assert [message.id for message in found.messages["factory-manager"]] == said
    dropped = [p for p in found.problems if p.code == "claim-dropped"]
    assert [p.message for p in dropped] == [
        "the message draft is left out: c-draft is a draft",
        "the message ours is left out: c-ours is not for customers",
        "the message unsigned is left out: c-unsigned is not approved",
    ]
    line = small.FILES["plays/push.yaml"][:start].count("\n") + 6
    assert str(dropped[0].place) == f"plays/push.yaml:{line}:7"
    assert dropped[0].hint == "ask li to renew the claim"


def test_two_plays_for_one_customer_are_a_conflict(tmp_path: Path) -> None:
    found = small.decision(tmp_path, {"plays/keep.yaml": ("[calm]", "[calm, growers]")})
    assert found.status is Status.CONFLICT
    assert any("push and keep" in p.message or "keep and push" in p.message for p in found.problems)


def test_a_draft_play_is_never_picked(tmp_path: Path) -> None:
    found = small.decision(tmp_path, {"plays/push.yaml": ("status: live", "status: draft")})
    assert found.status is Status.GAP


def test_a_pilot_play_is_picked_in_its_markets_only(tmp_path: Path) -> None:
    pilot = {"plays/push.yaml": ("status: live", "status: pilot\npilot_markets: [m-slow]")}
    assert small.decision(tmp_path / "other", pilot).status is Status.GAP
    here = {"plays/push.yaml": ("status: live", "status: pilot\npilot_markets: [m-fast]")}
    assert small.decision(tmp_path / "here", here).picked == "push"


def test_a_pilot_play_may_not_be_asked_for_elsewhere(tmp_path: Path) -> None:
    def asked(markets: str) -> dict[str, tuple[str, str]]:
        keep = small.FILES["plays/keep.yaml"]
        pilot = keep.replace("status: live", f"status: pilot\npilot_markets: [{markets}]")
        return {
            PLAN: ("packs:", "play: {ask: keep, because: they asked for calm}\npacks:"),
            "plays/keep.yaml": (keep, pilot.replace("'> 0'", "'>= 0'")),
        }

    found = small.decision(tmp_path / "elsewhere", asked("m-slow"))
    assert found.play is None
    [problem] = [p for p in found.problems if p.code == "play-ruled-out"]
    assert "Fast County coatings is not one of its pilot markets" in problem.message
    assert (problem.place.line, problem.place.column) == (21, 13)
    here = small.decision(tmp_path / "here", asked("m-slow, m-fast"))
    assert here.play is not None
    assert here.play.play.id == "keep"


def test_a_play_ruled_out_by_what_the_lab_sees_does_not_say_by_what(tmp_path: Path) -> None:
    plan = small.FILES[PLAN].replace("A-1", "A-3")
    asked = plan.replace("packs:", "play: {ask: push, because: x}\npacks:")
    found = small.decision(
        tmp_path,
        {
            PLAN: (small.FILES[PLAN], asked),
            "plays/keep.yaml": (
                "[calm]}",
                "[calm, growers], when: {account.credit_block: 'true'}}",
            ),
        },
    )
    [problem] = [p for p in found.problems if p.code == "play-ruled-out"]
    assert "credit_block" not in problem.message
    assert problem.message.endswith("the reason is for the lab to see")


FOR_PRODUCTS = {
    "plays/push.yaml": ("[growers]\n", "[growers]\n  when: {product.plant_load: '> 90%'}\n"),
    "plays/keep.yaml": ("[calm]}", "[growers], when: {product.plant_load: '<= 90%'}}"),
}
TWO = {
    "products.csv": ("P-1,P-1,", "P-2,P-2,kg,5.00,Gulf,{load},2026-11-28\nP-1,P-1,"),
    PLAN: ("terms:", "  - {id: P-2, volume: {current: 0, potential: 9, unit: t/a}}\nterms:"),
}


def test_a_play_may_be_for_facts_of_product_and_plan(tmp_path: Path) -> None:
    assert small.decision(tmp_path / "product", FOR_PRODUCTS).picked == "push"
    by_plan = ("[growers]\n", "[growers]\n  when: {plan.volume_potential: '>= 50'}\n")
    found = small.decision(tmp_path / "plan", {"plays/push.yaml": by_plan})
    assert (found.status, found.picked) == (Status.DEFINITE, "push")


@pytest.mark.parametrize(
    ("load", "picked", "status"),
    [("0.93", "push", Status.DEFINITE), ("0.50", "", Status.CONFLICT)],
)
def test_the_play_has_to_be_the_same_for_all_products(
    tmp_path: Path, load: str, picked: str, status: Status
) -> None:
    text = small.FILES["plays/products/P-1.yaml"].replace("P-1", "P-2")
    tmp_path.joinpath("plays/products").mkdir(parents=True)
    tmp_path.joinpath("plays/products/P-2.yaml").write_text(text)
    old, new = TWO["products.csv"]
    products = (old, new.format(load=load))
    found = small.decision(tmp_path, {**FOR_PRODUCTS, PLAN: TWO[PLAN], "products.csv": products})
    assert (found.picked, found.status) == (picked, status)
    conflicts = [p for p in found.problems if p.code == "conflict"]
    assert [p.message for p in conflicts] == (
        [] if picked else
        ["the rules pick different plays for the products: push for P-1 and keep for P-2"]
    )  # fmt: skip


def test_the_decision_id_outlives_the_day(tmp_path: Path) -> None:
    today = small.decision(tmp_path / "a").id
    assert small.decision(tmp_path / "b", as_of=date(2026, 12, 2)).id == today


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("proof: [c-1]}}\n    - {id: paint", "proof: [c-9]}}\n    - {id: paint", "unknown-claim", "c-9"),
        ("{offer: trial, months", "{offer: trail, months", "unknown-offer", "trail"),
        ("value_model: downtime", "value_model: uptime", "unknown-value-model", "uptime"),
        ("target: 95, rep_limit: 93", "target: 92, rep_limit: 93", "corridor-order", "opening ≥ target"),
        ("'>= 100'}, then", "'>= 1OO'}, then", "", "1OO"),
        ("status: live", "status: pilot", "pilot-without-markets", "name its pilot_markets"),
        ("peer_groups: [growers]", "peer_groups: []", "", "peer_groups"),
        ("months: '9'", "months: nine", "wrong-output", "months cannot be 'nine'"),
        ("months: '9'", "months: '0'", "wrong-output", "from 1 to 120"),
        ("months: '9', steps: trial}", "months: '9'}", "missing-output", "'steps' is missing"),
        ("  else: gap\n", "  else: {offer: trial}\n", "missing-output", "'steps' is missing"),
        ("  else: gap\n", "  else: {offer: trial, steps: trail}\n", "unknown-steps", "trail"),
        ("offer:\n  rules:", "offer:\n  hit: collect\n  rules:", "hit-not-allowed", "hit: collect gives all"),
        ("{offer: trial, months", "{offer: {en: trial}, months", "wrong-output", "offer is one text"),
        ("then: {points: '-1'}", "then: {point: '-1'}", "missing-output", "'points' is missing"),
        ("points: '-1'", "points: '-1%'", "wrong-output", "points cannot be '-1%'"),
        ("insight: Grow., ", "", "missing-output", "'insight' is missing"),
        ("value_model: downtime", "counters: {rules: [{id: x, then: {rival: A, we_win: B, proof: c-9}}]}\nvalue_model: downtime", "unknown-claim", "c-9"),
        ("value_model: downtime", "counters: {rules: [{id: x, then: {rival: A, we_win: B, date: May}}]}\nvalue_model: downtime", "wrong-output", "write a date"),
        ("value_model: downtime", "questions: {rules: [{id: x, then: {ask: B, proof: c-9}}]}\nvalue_model: downtime", "unknown-claim", "c-9"),
        ("value_model: downtime", "objections: {rules: [{id: x, then: {says: B}}]}\nvalue_model: downtime", "missing-output", "'answer' is missing"),
    ],
)  # fmt: skip
def test_a_broken_play_stops_with_its_place(
    tmp_path: Path, old: str, new: str, code: str, words: str
) -> None:
    with pytest.raises(Stopped) as stopped:
        small.decision(tmp_path, {"plays/push.yaml": (old, new)})
    found = [p for p in stopped.value.problems if p.severity == "error"]
    assert all(p.place.file == "plays/push.yaml" and p.place.line for p in found)
    assert any(words in p.message + p.hint for p in found)
    assert not code or code in {p.code for p in found}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("rules:\n", "hit: collect\nrules:\n", "hit-not-allowed"),
        ("else: gap", "else: {strategy: maintain}", "missing-output"),
        ("{peer_group: calm, strategy: maintain}", "{peer_group: calm}", "missing-output"),
    ],
)
def test_peer_groups_that_nothing_can_follow(tmp_path: Path, old: str, new: str, code: str) -> None:
    with pytest.raises(Stopped) as stopped:
        small.decision(tmp_path, {"plays/peer-groups.yaml": (old, new)})
    [problem] = [p for p in stopped.value.problems if p.code == code]
    assert problem.place.file == "plays/peer-groups.yaml"
    assert problem.place.line


def test_a_draft_play_may_not_be_asked_for(tmp_path: Path) -> None:
    changes = {
        PLAN: ("packs:", "play: {ask: keep, because: they asked for calm}\npacks:"),
        "plays/keep.yaml": ("status: live", "status: draft"),
    }
    found = small.decision(tmp_path, changes)
    [problem] = [p for p in found.problems if p.code == "play-ruled-out"]
    assert str(problem) == (
        f"{PLAN}:21:13: error: the play keep may not be used here: it is a draft [play-ruled-out]\n"
        "  fix: ask for another play, or leave the choice to the rules"
    )


def test_a_product_without_prices_in_the_play_has_no_floor(tmp_path: Path) -> None:
    products = small.FILES["products.csv"] + "P-2,P-2,kg,9.60,Gulf,0.95,2026-11-28\n"
    found = small.decision(
        tmp_path,
        {
            "plays/push.yaml": ("'*': {", "P-2: {"),
            "products.csv": (small.FILES["products.csv"], products),
        },
    )
    assert found.prices == ()
    [problem] = [p for p in found.problems if p.code == "no-floor"]
    assert str(problem) == (
        "plays/push.yaml:1:1: error: the play push has no prices for P-1 [no-floor]\n"
        "  fix: add it under pricing.base, or '*' for every other product"
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("approver: legal, audience: customer}\n- {id: c-old", "audience: customer}\n- {id: c-old", "is not approved"),
        ("approver: legal, audience: customer}\n- {id: c-old", "approver: legal, status: draft, audience: customer}\n- {id: c-old", "is a draft"),
        ("approver: legal, audience: customer}\n- {id: c-old", "approver: legal, audience: rep}\n- {id: c-old", "is not for customers"),
        ("approver: legal, audience: customer}\n- {id: c-old", "approver: legal}\n- {id: c-old", "is not for customers"),
        ("2027-05-01, owner", "2026-11-30, owner", "expired on 2026-11-30"),
    ],
)  # fmt: skip
def test_a_message_falls_with_a_claim_that_may_not_be_said(
    tmp_path: Path, old: str, new: str, why: str
) -> None:
    found = small.decision(tmp_path, {"plays/claims.yaml": (old, new)})
    assert found.messages == {"factory-manager": ()}
    assert [str(p) for p in found.problems if p.code == "claim-dropped" and "c-1" in p.message] == [
        f"plays/push.yaml:30:7: warning: the message paint is left out: c-1 {why} [claim-dropped]\n"
        "  fix: ask li to renew the claim"
    ]


@pytest.mark.parametrize(("day", "old"), [("2026-09-02", False), ("2026-09-01", True)])
def test_markets_that_were_scored_long_ago_are_named(tmp_path: Path, day: str, old: bool) -> None:
    found = small.decision(tmp_path, {"markets.csv": ("0.12,2026-11-01", f"0.12,{day}")})
    said = [str(p) for p in found.problems if p.code == "old-data"]
    assert (
        said
        == [
            "markets.csv:2: warning: the data of Fast County coatings are older than 90 days "
            "[old-data]\n  fix: score the markets again"
        ]
        * old
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("insight: Grow.,", "insight: Grow., insigth: Go.,", "29:96", "push.messages: there is no output 'insigth' | did you mean 'insight'?"),
        ("insight: Grow.,", "insigth: Grow.,", "29:80", "there is no output 'insigth' | did you mean 'insight'?"),
        ("months: '9'", "month: '9'", "14:28", "push.offer: there is no output 'month' | did you mean 'months'?"),
        ("then: {points: '2'}", "then: {points: '2', pints: '2'}", "23:75", "push.adjust: there is no output 'pints' | did you mean 'points'?"),
    ],
)  # fmt: skip
def test_an_output_that_nothing_reads_is_named(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    with pytest.raises(Stopped) as stopped:
        small.decision(tmp_path, {"plays/push.yaml": (old, new)})
    [found] = [p for p in stopped.value.problems if p.code == "unknown-output"]
    assert str(found.place) == f"plays/push.yaml:{place}"
    assert words in f"{found.message} | {found.hint}"
