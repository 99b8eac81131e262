"""The customer's brief: money stays in the currency that it was counted in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale

from tests import small
from winlab.brief import ValueCard
from winlab.briefing import customer_briefs
from winlab.decide import decide
from winlab.figures import Builder
from winlab.inputs import Role
from winlab.pitch import resolve
from winlab.problems import Problem
from winlab.read import read_plan
from winlab.rulebook import compile_rules

MODEL = "plays/values/downtime.yaml"
EUROS = {
    "plans/bay.yaml": ("terms:", "currency: EUR\nterms:"),
    "products.csv": ("list_USD", "list_EUR"),
}


def value(
    folder: Path, changes: Mapping[str, tuple[str, str]]
) -> tuple[ValueCard | None, list[Problem]]:
    workspace = small.workspace(folder, changes)
    pitch = resolve(read_plan(folder / "plans/bay.yaml", folder), workspace, small.AS_OF)
    decision = decide(pitch, workspace, compile_rules(workspace), small.AS_OF)
    builder = Builder(decision, workspace, {}, "en", Locale("en", "US"))
    return customer_briefs(builder)[Role.FACTORY_MANAGER].value, builder.problems


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
