"""Benchmarks that widen until they are honest, and the reference that fits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from tests import small
from winlab.inputs import Account, Kpi, Reference
from winlab.peers import Basis, benchmark, best_reference

KPI = Kpi.model_validate({"label": "Downtime", "unit": "h", "about": "x", "decimals": 2})


def accounts(*rows: tuple[str, str, str, str]) -> dict[str, Account]:
    return {
        f"{name}-{i}": Account(
            f"{name}-{i}", name, market, "site", industry, "latex", "medium", "ann",
            {"downtime": Decimal(value)},
        )
        for i, (name, market, industry, value) in enumerate(rows)
    }  # fmt: skip


def test_the_narrowest_circle_with_five_plants_is_used(tmp_path: Path) -> None:
    customer = small.pitch(tmp_path).customer
    groups = {"m-fast": "growers", "m-slow": "calm"}
    near = [(f"n{i}", "m-fast", "coatings", str(i)) for i in range(1, 6)]
    far = [(f"f{i}", "m-slow", "coatings", "50") for i in range(4)]
    found = benchmark("downtime", KPI, customer, accounts(*near, *far), groups)
    assert found is not None
    assert (found.n, found.basis, found.median) == (5, Basis.LIKE_MARKETS, Decimal("3.00"))
    assert (found.q1, found.q3, found.p5) == (Decimal("2.00"), Decimal("4.00"), Decimal("1.20"))
    wider = benchmark("downtime", KPI, customer, accounts(*near[:4], *far), groups)
    assert wider is not None
    assert (wider.n, wider.basis) == (8, Basis.INDUSTRY)


def test_one_company_above_a_quarter_suppresses(tmp_path: Path) -> None:
    customer = small.pitch(tmp_path).customer
    rows = [("big", "m-fast", "coatings", "1")] * 2 + [
        (f"n{i}", "m-fast", "coatings", "2") for i in range(4)
    ]
    assert benchmark("downtime", KPI, customer, accounts(*rows), {"m-fast": "g"}) is None
    rows += [(f"o{i}", "m-fast", "other", "3") for i in range(2)]
    found = benchmark("downtime", KPI, customer, accounts(*rows), {"m-fast": "g"})
    assert found is not None
    assert (found.n, found.basis) == (8, Basis.ALL)


def test_the_customer_is_no_peer_of_its_own(tmp_path: Path) -> None:
    customer = small.pitch(tmp_path).customer
    rows = [("Bay Latex", "m-fast", "coatings", "14")] + [
        (f"n{i}", "m-fast", "coatings", "2") for i in range(4)
    ]
    assert benchmark("downtime", KPI, customer, accounts(*rows), {}) is None


def reference(name: str, **changes: str) -> Reference:
    return Reference.model_validate(
        {
            "id": "r", "account": "A", "name": name, "industry": "coatings",
            "application": "latex", "size": "large", "region": "West", "headline": "h",
            "result": "r", "source": "s", "date": "2026-01-01", "permission_until": "2027-01-01",
            "owner": "o", **changes,
        }
    )  # fmt: skip


def test_the_best_permitted_reference_wins(tmp_path: Path) -> None:
    customer = small.pitch(tmp_path).customer
    as_of = date(2026, 12, 1)
    two, three = reference("two"), reference("three", size="medium")
    assert best_reference(customer, {"a": two, "b": three}, as_of) == three
    expired = reference("gone", size="medium", permission_until="2026-11-30")
    assert best_reference(customer, {"a": two, "b": expired}, as_of) == two
    near = reference("near", industry="o", application="o", size="medium", region="Gulf")
    assert best_reference(customer, {"a": near}, as_of) is None
    one = reference("one", application="other")
    assert best_reference(customer, {"a": one}, as_of) is None
    assert best_reference(customer, {"a": reference("Bay Latex")}, as_of) is None


def test_a_customer_is_no_reference_for_itself_under_another_name(tmp_path: Path) -> None:
    customer = small.pitch(tmp_path).customer
    as_of = date(2026, 12, 1)
    renamed = reference("Baytown Polymers", account="A-1")
    assert best_reference(customer, {"a": renamed}, as_of) is None
    other = reference("Baytown Polymers", account="A-2")
    assert best_reference(customer, {"a": other}, as_of) == other
