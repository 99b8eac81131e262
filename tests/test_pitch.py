"""Plan rules that need no decision, and the fields of a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import small
from winlab.problems import Stopped, errors

PLAN = "plans/bay.yaml"


def problems_of(tmp_path: Path, old: str, new: str) -> list[tuple[str, str, str]]:
    with pytest.raises(Stopped) as stopped:
        small.pitch(tmp_path, {PLAN: (old, new)})
    return [(p.code, str(p.place), f"{p.message} | {p.hint}") for p in stopped.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "code", "place", "words"),
    [
        ("account: A-1", "account: A-11", "unknown-account", f"{PLAN}:3:10", "did you mean 'A-1'?"),
        ("rep: ann", "rep: anne", "unknown-rep", f"{PLAN}:2:6", "did you mean 'ann'?"),
        ("rep: ann", "repp: ann", "unknown-field", f"{PLAN}:2:1", "did you mean 'rep'?"),
        ("site: Baytown\n", "", "missing-field", f"{PLAN}:1:1", "'site' is missing"),
        ("meeting: 2027-01-14", "meeting: 14.1.2027", "wrong-type", f"{PLAN}:5:10", "write a date like 2026-12-01"),
        ("offered: '4.45'", "offered: '4,45'", "wrong-type", f"{PLAN}:17:22", "write 4.45"),
        ("per: kg}\nterms", "per: lb}\nterms", "unit-mismatch", f"{PLAN}:17:35", "write the price per kg"),
        ("unit: t/a", "unit: lb/a", "unit-mismatch", f"{PLAN}:16:47", "write it in t/a"),
        ("current: 0", "current: 90", "volume-order", f"{PLAN}:16:23", "above the possible"),
        ("kpi: downtime, value", "kpi: downtme, value", "unknown-kpi", f"{PLAN}:13:11", "did you mean 'downtime'?"),
        ("unit: h/month", "unit: h/week", "unit-mismatch", f"{PLAN}:13:38", "write it in h/month"),
        ("id: P-1", "id: P-2", "unknown-product", f"{PLAN}:15:9", "did you mean 'P-1'?"),
        ("products:\n  - id: P-1\n    volume: {current: 0, potential: 80, unit: t/a}\n    price: {offered: '4.45', per: kg}", "products: []", "no-product", f"{PLAN}:14:11", "add at least one"),
        ("terms:", "currency: EUR\nterms:", "no-list-price", f"{PLAN}:18:11", "priced in: USD"),
        ("packs: [factory-manager]", "packs: [cfo]", "no-contact", f"{PLAN}:21:9", "add the contact"),
        ("role: factory-manager", "role: factory-manger", "unknown-value", f"{PLAN}:7:52", "did you mean 'factory-manager'?"),
        ("We lose a shift a month.", "P-1 would help us.", "product-in-pain", f"{PLAN}:11:13", "customer's own words"),
        ("by: 2027-02-15", "by: 2027-01-01", "ask-before-meeting", f"{PLAN}:8:42", "on or after"),
        ("plan: bay\n", "plan: bay\nplan: bay\n", "duplicate-key", f"{PLAN}:2:1", "first in line 1"),
        ("offered: '4.45'", "offered: '4.455'", "price-decimals", f"{PLAN}:17:22", "round it to 2 decimals"),
        ("terms:", "  - {id: P-1, volume: {current: 1, potential: 9, unit: t/a}}\nterms:", "duplicate-product", f"{PLAN}:18:10", "keep one of the two"),
        ("packs:", "approval: {by: Max Or, date: 2026-11-28, product: P-1, price: '4.20'}\npacks:", "approval-by", f"{PLAN}:21:16", "have it approved by Max Orr"),
        ("packs:", "approval: {by: Ann Bell, date: 2026-11-28, product: P-1, price: '4.20'}\npacks:", "approval-by", f"{PLAN}:21:16", "no manager of Ann Bell"),
        ("packs:", "approval: {by: Max Orr, date: 2026-12-02, product: P-1, price: '4.20'}\npacks:", "approval-date", f"{PLAN}:21:31", "still to come"),
        ("packs:", "approval: {by: Max Orr, date: 2026-11-28, product: P-2, price: '4.20'}\npacks:", "approval-product", f"{PLAN}:21:52", "did you mean 'P-1'?"),
        ("packs:", "play: {ask: pull, because: x}\npacks:", "unknown-play", f"{PLAN}:21:13", "push"),
    ],
)  # fmt: skip
def test_what_stops_a_plan_names_place_and_fix(
    tmp_path: Path, old: str, new: str, code: str, place: str, words: str
) -> None:
    found = problems_of(tmp_path, old, new)
    assert [(c, p) for c, p, _ in found if c == code] == [(code, place)]
    assert any(words in text for c, _, text in found if c == code)


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "rep: ann\naccount: A-1", "rep: nobody\naccount: A-99")
    assert {code for code, _, _ in found} == {"unknown-rep", "unknown-account"}


def test_a_manager_further_up_may_approve(tmp_path: Path) -> None:
    approval = "approval: {by: Eva Top, date: 2026-12-01, product: P-1, price: '4.20'}\npacks:"
    reps = "max,Max Orr,Sales Manager,+1 555 0102,max@acme.example,Gulf,Houston,"
    above = f"{reps}eva\neva,Eva Top,Director,+1 555 0103,eva@acme.example,Gulf,Houston,max"
    pitch = small.pitch(tmp_path, {PLAN: ("packs:", approval), "reps.csv": (reps, above)})
    assert pitch.source.plan.approval is not None


def test_where_the_reps_table_names_no_manager_nobody_can_approve(tmp_path: Path) -> None:
    approval = "approval: {by: Max Orr, date: 2026-12-01, product: P-1, price: '4.20'}\npacks:"
    with pytest.raises(Stopped) as stopped:
        small.pitch(
            tmp_path,
            {PLAN: ("packs:", approval), "reps.csv": ("Gulf,Houston,max", "Gulf,Houston,")},
        )
    [problem] = stopped.value.problems
    assert (problem.code, problem.hint) == (
        "approval-by", "name the manager of ann in the reps table",
    )  # fmt: skip


def test_zeros_behind_a_price_are_no_decimals(tmp_path: Path) -> None:
    assert small.pitch(tmp_path, {PLAN: ("'4.45'", "'4.4500'")}).lines


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("meeting: 2027-01-14", "meeting: 2026-11-14", "meeting-held"),
        ("buying: economic", "buying: user", "no-economic-buyer"),
        ("stance: supporter", "stance: unknown", "no-champion"),
        ("why_now: {event: Line 2 is rebuilt in June, source: Maria, date: 2026-11-03}", "why_now: unknown", "why-now-unknown"),
        ("date: 2026-10-20", "date: 2026-01-20", "old-intelligence"),
        ("potential: 80", "potential: 151", "potential-high"),
    ],
)  # fmt: skip
def test_what_only_warns(tmp_path: Path, old: str, new: str, code: str) -> None:
    pitch = small.pitch(tmp_path, {PLAN: (old, new)})
    assert code in {p.code for p in pitch.problems}


def test_a_prospect_needs_no_account(tmp_path: Path) -> None:
    pitch = small.pitch(
        tmp_path, {PLAN: ("A-1", "{new: New Latex, industry: coatings, market: m-fast}")}
    )
    assert (pitch.customer.name, pitch.customer.account) == ("New Latex", None)


@pytest.mark.parametrize(
    ("old", "new", "code", "place", "words"),
    [
        ("value: 14, unit", "value: -14, unit", "out-of-range", f"{PLAN}:13:28", "downtime cannot be -14: its values are [0..]"),
        ("offered: '4.45'", "offered: '1e17'", "price-implausible", f"{PLAN}:17:22", "above 2 times the list price 4.60 | check the decimal point"),
        ("offered: '4.45'", "offered: '9.21'", "price-implausible", f"{PLAN}:17:22", "the offered price 9.21"),
        ("A-1", "{new: '\u200b', industry: coatings, market: m-fast}", "no-text", f"{PLAN}:3:16", "shows nothing"),
        ("site: Baytown", "site: '\u00a0'", "wrong-length", f"{PLAN}:4:7", "it needs at least 1 character"),
        ("meeting: 2027-01-14", "meeting: 9999-12-31", "wrong-type", f"{PLAN}:5:10", "a date from 1990 to 2100 is expected"),
        ("by: 2027-02-15", "by: 0001-01-01", "wrong-type", f"{PLAN}:8:42", "a date from 1990 to 2100 is expected"),
        ("by: Maria Diaz, date: 2026-11-03", "by: Maria Diaz", "unsourced-pain", f"{PLAN}:11:5", "add by: and date:, or assumed: true"),
        ("products:", "  - {kpi: downtime, value: 9, period: '2025', source: visit, confirmed: true}\nproducts:", "duplicate-kpi", f"{PLAN}:14:11", "downtime is given twice | keep one of the two"),
    ],
)  # fmt: skip
def test_what_cannot_be_in_a_plan(
    tmp_path: Path, old: str, new: str, code: str, place: str, words: str
) -> None:
    assert [(c, p) for c, p, _ in problems_of(tmp_path, old, new)] == [(code, place)]
    assert words in problems_of(tmp_path / "again", old, new)[0][2]


def test_a_price_of_twice_the_list_is_high_and_not_impossible(tmp_path: Path) -> None:
    assert small.pitch(tmp_path, {PLAN: ("'4.45'", "'9.20'")}).lines


def test_a_volume_outside_what_the_lab_counts(tmp_path: Path) -> None:
    changes = {
        PLAN: ("potential: 80", "potential: 80001"),
        "plays/facts.yaml": ("domain: '[0..]', decimals: 1, audience: customer}\n  volume_potential: {label: Volume possible, type: number, unit: t/a, domain: '[0..]'",
                             "domain: '[0..]', decimals: 1, audience: customer}\n  volume_potential: {label: Volume possible, type: number, unit: t/a, domain: '[0..80000]'"),
    }  # fmt: skip
    with pytest.raises(Stopped) as stopped:
        small.pitch(tmp_path, changes)
    [found] = errors(stopped.value.problems)
    assert (found.code, str(found.place)) == ("out-of-range", f"{PLAN}:16:37")
    assert "a volume of 80001 cannot be: the values are [0..80000]" in found.message
