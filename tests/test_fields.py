"""The names for authors: each says what it means, in which unit, with an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import small
from winlab.brief import CustomerBrief, RepBrief
from winlab.fields import COACH, Field, fact_fields, kpi_fields, template_fields
from winlab.problems import Exit, Stopped


@pytest.mark.parametrize("role", ["procurement", COACH])
def test_every_name_of_a_brief_is_told(role: str) -> None:
    found = template_fields(role)
    brief = RepBrief if role == COACH else CustomerBrief
    assert {field.name.split(".")[0].removesuffix("[]") for field in found} == set(
        brief.model_fields
    )
    assert [field.name for field in found if not field.meaning] == []
    assert [f.name for f in found if f.type == "number" and not f.unit] == []
    plain = ("text", "number", "date", "yes/no", "value")
    assert [f.name for f in found if f.type in plain and not f.example] == []


def test_a_name_with_its_unit_and_example() -> None:
    by_name = {field.name: field for field in template_fields("cfo")}
    assert by_name["measures[].peers.n"] == Field(
        "measures[].peers.n", "How many plants are compared", "number", "plants", "7", "customer"
    )
    assert by_name["worst"].meaning.startswith("The KPI that is furthest behind")
    assert "play" not in by_name
    assert {field.name: field.audience for field in template_fields(COACH)}["play.id"] == "rep"


def test_a_role_that_there_is_not() -> None:
    with pytest.raises(Stopped) as stopped:
        template_fields("factory-manger")
    assert stopped.value.exit_code is Exit.USAGE
    assert [str(problem) for problem in stopped.value.problems] == [
        "error: there is no role 'factory-manger' [usage]\n  fix: did you mean 'factory-manager'?"
    ]


def test_facts_and_kpis_show_a_value_of_today(tmp_path: Path) -> None:
    found = small.workspace(tmp_path)
    facts = {field.name: field for field in fact_fields(found)}
    assert facts["market.growth"] == Field(
        "market.growth", "Growth of demand", "number", "fraction a year", "0.11", "rep"
    )
    assert facts["account.credit_block"].example == "false"
    assert facts["decision.strategy"].example == "invest, maintain"
    assert facts["plan.volume_current"].example == "0"
    assert kpi_fields(found) == [
        Field("downtime", "Unplanned downtime: Hours lost", "number", "h/month", "14", "customer")
    ]
