"""The action plan's dates, counted back from the customer's date. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from winlab.inputs import Step


@dataclass(frozen=True)
class Scheduled:
    """A step with its first and last day."""

    step: Step
    start: date
    end: date


def schedule(steps: Sequence[Step], objective_by: date, meeting: date) -> tuple[Scheduled, ...]:
    """Steps one after the other, the last done on the day of the objective.

    Where that would have the work begin before the meeting, the objective is the first step (the
    customer agrees): it is done on that day and the rest follows.
    """
    length = sum(step.days for step in steps)
    start = objective_by - timedelta(days=length)
    if steps and start < meeting:
        start = objective_by - timedelta(days=steps[0].days)
        start = max(start, min(meeting, objective_by - timedelta(days=1)))
    out: list[Scheduled] = []
    for index, step in enumerate(steps):
        end = start + timedelta(days=step.days)
        if index == 0 and length > (objective_by - meeting).days:
            end = objective_by
        out.append(Scheduled(step, start, end))
        start = end
    return tuple(out)
