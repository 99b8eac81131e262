"""The action plan's dates."""

from __future__ import annotations

from datetime import date

from winlab.inputs import Step
from winlab.schedule import schedule


def steps(*days: int) -> list[Step]:
    return [
        Step.model_validate({"step": "s", "owner": "us", "days": n, "done_when": "d"}) for n in days
    ]


def test_steps_count_back_from_the_objective() -> None:
    found = schedule(steps(10, 20), date(2027, 6, 30), date(2027, 1, 14))
    assert [(s.start, s.end) for s in found] == [
        (date(2027, 5, 31), date(2027, 6, 10)),
        (date(2027, 6, 10), date(2027, 6, 30)),
    ]


def test_an_objective_too_near_is_the_first_step() -> None:
    found = schedule(steps(14, 42), date(2027, 2, 15), date(2027, 1, 14))
    assert [(s.start, s.end) for s in found] == [
        (date(2027, 2, 1), date(2027, 2, 15)),
        (date(2027, 2, 15), date(2027, 3, 29)),
    ]


def test_no_step_starts_before_the_meeting() -> None:
    found = schedule(steps(60, 30), date(2027, 2, 15), date(2027, 1, 14))
    assert found[0].start == date(2027, 1, 14)
    assert found[0].end == date(2027, 2, 15)
