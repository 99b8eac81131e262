"""What marketing wrote of a product's stewardship and of services, as a brief holds it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale

from tests import small
from winlab.brief import CustomerBrief
from winlab.briefing import customer_briefs
from winlab.figures import builder_of
from winlab.inputs import Role
from winlab.problems import Stopped
from winlab.read import read_workspace

STEWARDSHIP = """\
stewardship:
  sheet: Sheet P-1
  revisions:
    - {revision: '1.0', date: 2024-05-01, sections: all}
    - {revision: '1.1', date: 2026-05-01, sections: '8'}
  hazards: [{property: Flash point, compare: your store}]
  container: {one: drum, many: drums, holds: 0.18, empty: Goes back.}
  tasks:
    - {task: Drum change, per: container, contact: drops, control: gloves}
    - {task: Reading, per: month, contact: none, control: glass}
  waste: []
  footprint:
    stages: [{stage: Raw materials, kg: 2.05}, {stage: Our plant, kg: 0.20}]
    low: 2.0
    high: 2.6
    standard: ISO 14067
    scope: to your gate
    source: File
    date: 2026-06-30
  notices: []
  gates:
    - {gate: Described, evidence: Form, owner: customer, before: agreement}
    - {gate: Checked, evidence: List, owner: both, before: line}
    - {gate: Closed, evidence: Minutes, owner: us, before: close}
  source: File
  date: 2026-06-30
"""
SERVICE = """\
id: link
kind: edi
name: Link
does: passes orders
owner: li
reviewed: 2026-10-01
systems: [{system: Yours, side: customer, does: sends}]
data: [{item: Order, sender: customer, form: X12 850, when: at once}]
security: [{subject: Transport, rule: TLS, document: ID-1}]
ownership: [{part: Orders, owner: customer, means: yours}]
rollout:
  - {step: Agreed, owner: both, days: 10, done_when: Signed}
  - {step: Live, owner: us, days: 5, done_when: First order}
support: [{event: Down, answer: E-mail, within: at once}]
without: By e-mail.
ends: With notice.
source: ID-1
proofs: [c-1, c-old]
"""
TYPICAL = "typical: [{property: Flash point, value: '> 150', unit: °C, method: ASTM D93}]"


def laid(folder: Path) -> Path:
    """The small workspace whose product and offer have something to say to safety and IT."""
    small.write(folder)
    product = folder / "plays/products/P-1.yaml"
    product.write_text(product.read_text().replace("typical: []", TYPICAL) + STEWARDSHIP)
    (folder / "plays/services").mkdir()
    (folder / "plays/services/link.yaml").write_text(SERVICE)
    play = folder / "plays/push.yaml"
    play.write_text(
        play.read_text().replace(
            "includes: [trial kit],", "includes: [trial kit], services: [link],"
        )
    )
    return folder


def brief(folder: Path) -> CustomerBrief:
    found = read_workspace(folder)
    decision = small.decided(folder)
    return customer_briefs(builder_of(decision, found, {}, Locale("en", "US")))[
        Role.FACTORY_MANAGER
    ]


def test_a_plans_volume_says_how_often_people_meet_a_product(tmp_path: Path) -> None:
    told = brief(laid(tmp_path)).product.stewardship
    assert told is not None
    # 80 t a year in drums of 0.18 t: 444.4, so the last one is part full
    assert (told.container.today, told.container.planned) == (0, 445)
    assert [task.times for task in told.tasks] == [445, 12]


def test_a_footprint_is_the_sum_of_its_stages_at_the_planned_volume(tmp_path: Path) -> None:
    told = brief(laid(tmp_path))
    assert told.product.stewardship is not None
    footprint = told.product.stewardship.footprint
    assert footprint is not None
    assert (footprint.total, footprint.planned) == (Decimal("2.25"), Decimal(180))
    assert footprint.verified_by == ""
    assert [row["value_label"] for row in told.charts.footprint] == ["2.05", "0.20"]


def test_the_newest_revision_of_a_sheet_comes_first(tmp_path: Path) -> None:
    told = brief(laid(tmp_path)).product.stewardship
    assert told is not None
    assert [one.revision for one in told.revisions] == ["1.1", "1.0"]


def test_a_gate_is_due_before_the_step_that_it_guards(tmp_path: Path) -> None:
    found = brief(laid(tmp_path))
    assert found.product.stewardship is not None
    described, checked, closed = found.product.stewardship.gates
    agreed, trial = found.steps
    assert (described.due, checked.due, closed.due) == (agreed.end, trial.start, trial.end)
    assert checked.owner_name == "Maria Diaz and Ann Bell"


def test_a_service_is_rolled_out_from_the_day_of_the_decision(tmp_path: Path) -> None:
    [service] = brief(laid(tmp_path)).services
    assert [(s.from_day, s.by_day, s.end) for s in service.rollout] == [
        (0, 10, date(2027, 2, 25)),
        (10, 15, date(2027, 3, 2)),
    ]


def test_a_service_is_proved_by_claims_that_hold_today(tmp_path: Path) -> None:
    [service] = brief(laid(tmp_path)).services
    assert [proof.id for proof in service.proofs] == ["c-1"]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("products/P-1.yaml", "property: Flash point, compare", "property: Flash, compare",
         "P-1.yaml:23 unknown-property: P-1 has no typical property 'Flash'"),
        ("services/link.yaml", "proofs: [c-1", "proofs: [c-2",
         "link.yaml:18 unknown-claim: there is no claim 'c-2'"),
        ("push.yaml", "services: [link]", "services: [links]",
         "push.yaml:17 unknown-service: there is no service 'links'"),
        ("industries/coatings.yaml", "assumptions_source: Survey 2026",
         "assumptions_source: Survey 2026\nservices: [fax]",
         "coatings.yaml:13 unknown-service: there is no service 'fax'"),
    ],
)  # fmt: skip
def test_what_nothing_answers_to_is_told_with_its_place(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    folder = laid(tmp_path)
    path = folder / "plays" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(Stopped) as found:
        small.decided(folder)
    assert [
        f"{Path(p.place.file).name}:{p.place.line} {p.code}: {p.message}"
        for p in found.value.problems
    ] == [said]
