"""The customer's brief: money stays in the currency that it was counted in."""

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
from winlab.figures import Builder
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


def brief(folder: Path, language: str = "en") -> tuple[CustomerBrief, list[Problem]]:
    workspace = read_workspace(folder)
    pitch = resolve(read_plan(folder / "plans/bay.yaml", folder), workspace, small.AS_OF)
    decision = decide(pitch, workspace, compile_rules(workspace), small.AS_OF)
    builder = Builder(decision, workspace, {}, language, Locale("en", "US"))
    return customer_briefs(builder)[Role.FACTORY_MANAGER], builder.problems


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
    small.write(tmp_path, {"plans/bay.yaml": ("packs:", f"nda: {str(nda).lower()}\npacks:")})
    (tmp_path / "plays/studies").mkdir()
    (tmp_path / "plays/studies/foam.yaml").write_text(STUDY.replace(old, new) if old else STUDY)
    found, problems = brief(tmp_path)
    said = [str(p) for p in problems if p.code.startswith("study-")]
    assert ([study.id for study in found.studies], said) == (
        ([], [words]) if code else (["foam"], [])
    )


def test_a_sentence_that_the_packs_language_lacks_is_named(tmp_path: Path) -> None:
    small.write(tmp_path, {"plans/bay.yaml": ("packs:", "language: de\npacks:")})
    _, problems = brief(tmp_path, "de")
    missing = [p for p in problems if p.code == "missing-sentence"]
    assert {p.severity.value for p in missing} == {"error"}
    assert any(
        p.message == "offer trial has no 'de': 'Six-week trial'"
        and p.hint == "write it as {en: …, de: …}"
        for p in missing
    )
