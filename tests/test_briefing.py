"""The customer's brief: currencies and units, cash, supply terms, and who may see a driver."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale

from tests import small
from winlab.brief import CustomerBrief, ValueCard
from winlab.briefing import customer_briefs
from winlab.decide import decide
from winlab.figures import builder_of
from winlab.inputs import Role
from winlab.pitch import resolve
from winlab.problems import Problem
from winlab.read import read_plan, read_workspace
from winlab.rulebook import compile_rules

MODEL = "plays/values/downtime.yaml"
EUROS = {
    "plans/bay.yaml": ("terms:", "currency: EUR\nterms:"),
    "products.csv": ("list_USD", "list_EUR"),
}


def value(
    folder: Path, changes: Mapping[str, tuple[str, str]]
) -> tuple[ValueCard | None, list[Problem]]:
    card, problems = brief(folder, changes)
    return card.value, problems


def brief(
    folder: Path,
    changes: Mapping[str, tuple[str, str]],
    added: Mapping[str, str] | None = None,
) -> tuple[CustomerBrief, list[Problem]]:
    small.write(folder, changes)
    for name, text in (added or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    workspace = read_workspace(folder)
    pitch = resolve(read_plan(folder / "plans/bay.yaml", folder), workspace, small.AS_OF)
    decision = decide(pitch, workspace, compile_rules(workspace), small.AS_OF)
    builder = builder_of(decision, workspace, {}, Locale("en", "US"))
    return customer_briefs(builder)[Role.FACTORY_MANAGER], builder.problems


def test_a_value_case_in_the_plans_currency(tmp_path: Path) -> None:
    card, _ = value(tmp_path, {})
    assert card is not None
    assert (card.currency, card.start) == ("USD", Decimal(168000))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("unit: USD/h", "unit: USD/h"), id="an assumption"),
        pytest.param(("axis: Yearly cost", "axis: 'Yearly cost, thousand USD'"), id="the axis"),
        pytest.param(("hour: {assumption: line_hour,", "hour: {constant: 1000,"), id="a constant"),
    ],
)
def test_dollars_are_not_printed_as_euros(tmp_path: Path, change: tuple[str, str]) -> None:
    card, problems = value(tmp_path, {**EUROS, MODEL: change})
    assert card is None
    [found] = [p for p in problems if p.code == "other-currency"]
    assert str(found) == (
        "warning: the value model 'downtime' counts in USD, the plan in EUR: the value case is "
        "left out [other-currency]\n"
        "  fix: write the plan in USD, or a value model in EUR"
    )


@pytest.mark.parametrize("source", ["kpi", "peers"])
def test_a_kpi_is_money_by_its_own_unit(tmp_path: Path, source: str) -> None:
    changes = {
        **EUROS,
        MODEL: ("hour: {assumption: line_hour, label: Value of an hour, unit: USD/h}", "hour: {assumption: line_hour, label: Value, unit: EUR/h}"),
        "plays/kpis.yaml": ("unit: h/month", "unit: USD/month"),
    }  # fmt: skip
    changes["plans/bay.yaml"] = (
        "unit: h/month, period: '2026', source: site visit, confirmed: true}\nproducts:",
        "period: '2026', source: site visit, confirmed: true}\ncurrency: EUR\nproducts:",
    )
    card, problems = value(tmp_path, changes)
    assert card is None
    assert "other-currency" in {p.code for p in problems}


def test_a_price_is_in_the_plans_currency_whatever_the_models_unit_says(tmp_path: Path) -> None:
    changes = {
        **EUROS,
        MODEL: (
            "  hour: {assumption: line_hour, label: Value of an hour, unit: USD/h}\n"
            "start: hours * 12 * hour\nsteps:\n"
            "  - {id: cut, label: Downtime cut, amount: 0 - hours * 6 * hour, basis: half of the "
            "hours}",
            "  price: {price: true, label: Price, unit: USD/kg}\n"
            "start: hours * 12 * price\nsteps:\n"
            "  - {id: cut, label: Cut, amount: 0 - hours * 6 * price, basis: b, shown: [price]}",
        ),
    }
    card, _ = value(tmp_path, changes)
    assert card is not None
    assert (card.currency, card.effects[0].was) == ("EUR", "4.45\u00a0EUR/kg")


STUDY = """\
id: foam
title: Foam
product: P-1
industry: coatings
kind: performance
question: How much?
method: {standard: D1173, samples: one, conditions: warm, procedure: [Sparge.], n: 3}
tables: []
limits: []
date: 2026-02-25
expires: 2028-02-29
owner: li
approver: ruth
"""


@pytest.mark.parametrize(
    ("old", "new", "nda", "code", "words"),
    [
        ("", "", False, "", ""),
        ("2028-02-29", "2026-11-30", False, "study-expired",
         "warning: the study foam expired on 2026-11-30 [study-expired]\n  fix: ask li to review it"),
        ("limits", "confidential: true\nlimits", False, "study-confidential",
         "note: the study foam needs a non-disclosure agreement [study-confidential]\n"
         "  fix: sign one and write nda: true"),
        ("limits", "confidential: true\nlimits", True, "", ""),
    ],
)  # fmt: skip
def test_a_study_is_shown_while_it_may_be(
    tmp_path: Path, old: str, new: str, nda: bool, code: str, words: str
) -> None:
    changes = {"plans/bay.yaml": ("packs:", f"nda: {str(nda).lower()}\npacks:")}
    study = STUDY.replace(old, new) if old else STUDY
    found, problems = brief(tmp_path, changes, {"plays/studies/foam.yaml": study})
    said = [str(p) for p in problems if p.code.startswith("study-")]
    assert ([study.id for study in found.studies], said) == (
        ([], [words]) if code else (["foam"], [])
    )


CASH = (
    "  hour: {assumption: line_hour, label: Value of an hour, unit: USD/h}\n",
    "  hour: {assumption: line_hour, label: Value of an hour, unit: USD/h}\n"
    "  capital: {constant: 10, low: 12, high: 8, label: Cost of capital, unit: '%', source: Rule 2026}\n"
    "discount: capital\n"
    "years: 2\n",
)


def test_a_models_discount_gives_cash_and_does_not_count_as_an_input(tmp_path: Path) -> None:
    card, _ = value(tmp_path, {MODEL: CASH})
    assert card is not None
    assert card.cash is not None
    base = card.cash.base
    assert (base.once, base.yearly, base.total) == (Decimal(0), Decimal(84000), Decimal(168000))
    # 84,000 / 1.1 + 84,000 / 1.21 = 145,785
    assert (base.present, base.rate, base.months) == (Decimal(146000), Decimal(10), 0)
    assert (card.cash.low.rate, card.cash.high.rate) == (Decimal(12), Decimal(8))
    assert card.cash.rate_source == "Rule 2026"
    assert [a.id for a in card.assumptions] == ["hours", "hour"]
    assert "Rule 2026" not in card.sources


def test_without_a_discount_there_is_no_cash(tmp_path: Path) -> None:
    card, _ = value(tmp_path, {})
    assert card is not None
    assert card.cash is None
    assert [(a.label, a.value, a.estimate, a.origin) for a in card.assumptions] == [
        ("Downtime", "14\u00a0h/month", False, "confirmed"),
        ("Value of an hour", "1,000\u00a0USD/h", True, "assumption"),
    ]


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("price: {price: true, label: Price, unit: USD/lb}", "the value model counts 'Price' in USD/lb, the plan in kg"),
        ("price: {volume: potential, label: Volume, unit: kg/a}", "the value model counts 'Volume' in kg/a, the plan in t/a"),
    ],
)  # fmt: skip
def test_a_price_or_volume_in_another_unit_is_left_out(
    tmp_path: Path, asked: str, line: str
) -> None:
    hour = "hour: {assumption: line_hour, label: Value of an hour, unit: USD/h}"
    card, problems = value(tmp_path, {MODEL: (hour, f"{hour}\n  {asked}")})
    assert card is not None
    assert [a.id for a in card.assumptions] == ["hours", "hour"]
    [found] = [p for p in problems if p.code == "unit-mismatch"]
    assert found.message == f"{line}: it is left out of the value case"


def test_volume_bands_are_shares_of_the_planned_volume(tmp_path: Path) -> None:
    old = "trial: {title: Six-week trial, includes: [trial kit], credited_on_conversion: true}"
    new = (
        "trial:\n"
        "      title: Six-week trial\n"
        "      includes: [trial kit]\n"
        "      supply:\n"
        "        assured: [Four weeks of stock.]\n"
        "        price_rule: Fixed for a year.\n"
        "        bands:\n"
        "          - {to: '0.8', price: as offered, delivery: drums}\n"
        "          - {above: '0.8', price: as offered, delivery: containers}\n"
        "        ends: On any day.\n"
    )
    card, _ = brief(tmp_path, {"plays/push.yaml": (old, new)})
    assert card.offer.supply is not None
    assert [(band.above, band.to) for band in card.offer.supply.bands] == [
        (Decimal(0), Decimal(64)),
        (Decimal(64), None),
    ]


@pytest.mark.parametrize(("audience", "shown"), [("customer", "New houses"), ("rep", "")])
def test_what_drives_the_market_is_shown_only_where_it_is_for_customers(
    tmp_path: Path, audience: str, shown: str
) -> None:
    changes = {
        "plays/facts.yaml": (
            "market:\n",
            f"market:\n  demand_growth_driver: {{label: Driver, type: text, audience: {audience}}}\n",
        ),
        "markets.csv": (
            small.FILES["markets.csv"],
            "id,name,region,industry,growth,share,growth.observed_at,demand_growth_driver\n"
            "m-fast,Fast County coatings,Gulf,coatings,0.11,0.12,2026-11-01,New houses\n"
            "m-slow,Slow County coatings,Gulf,coatings,0.02,0.40,2026-11-01,\n"
            "m-blank,Blank County coatings,Gulf,coatings,,0.12,,\n",
        ),
    }
    card, _ = brief(tmp_path, changes)
    assert card.market_driver == shown
