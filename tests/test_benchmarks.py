"""A benchmark times only contenders that decide alike, and make the same pages."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from benchmarks import book, harness, nights, office, rules, stages
from benchmarks.harness import Row
from tests.writers import sample
from winlab.inputs import Role
from winlab.read import read_any_plan
from winlab.rules.frame import evaluate


def test_masks_decide_as_winlab_does() -> None:
    for text in (False, True):
        case = rules.make(500, 10, 5, text=text)
        evaluation = evaluate(case.compiled(), case.frame)
        ours = rules.winlab_winners(evaluation)
        assert len(set(ours)) > 3
        rules.check_equal({"winlab": ours, "masks": rules.masks(case)})
        rules.check_traces(case, evaluation, range(50))


def test_other_engines_decide_as_winlab_does() -> None:
    pytest.importorskip("zen")
    pytest.importorskip("rule_engine")
    case = rules.make(200, 10, 5)
    zen = rules.Zen(case)
    rules.check_equal(
        {
            "winlab": rules.winlab_winners(evaluate(case.compiled(), case.frame)),
            "zen": zen.evaluate(traced=True),
            "zen batch": zen.batch(traced=False),
            "rule-engine": rules.RuleEngine(case).evaluate(),
        }
    )


def test_contenders_that_disagree_are_named() -> None:
    one, other = np.array([0, 1, -1]), np.array([0, 1, 2])
    with pytest.raises(AssertionError, match=r"^masks, zen decide otherwise than winlab$"):
        rules.check_equal({"winlab": one, "masks": other, "zen": other, "batch": one.copy()})


def test_traces_that_the_codes_do_not_give_are_found() -> None:
    case = rules.make(50, 10, 5)
    evaluation = evaluate(case.compiled(), case.frame)
    evaluation.codes["market_growth"][7] ^= 1
    with pytest.raises(AssertionError, match=r"^row 7: "):
        rules.check_traces(case, evaluation, range(50))


def test_a_day_has_one_table_of_each_name(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    for day, text in ((1, "old"), (2, "first"), (2, "second")):
        harness.record(results, "rules", date(2026, 3, day), text)
    assert results.read_text("utf-8") == (
        "# Results\n\n## rules, 2026-03-02\n\nsecond\n\n## rules, 2026-03-01\n\nold\n"
    )


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (
            Row("ours", "theirs", 0.5, 2.0, 3),
            ("ours", "theirs", "500.0 ms", "2.00 s", "4.00", "≥ 3", "yes"),
        ),
        (
            Row("ours", "theirs", 0.5, 1.0, 3),
            ("ours", "theirs", "500.0 ms", "1.00 s", "2.00", "≥ 3", "**no**"),
        ),
        (
            Row("late", "early", 1100.0, 1000.0, 1.1, False, "MB"),
            ("late", "early", "1,100 MB", "1,000 MB", "1.10", "≤ 1.1", "yes"),
        ),
        (
            Row("late", "early", 1200.0, 1000.0, 1.1, False, "MB"),
            ("late", "early", "1,200 MB", "1,000 MB", "1.20", "≤ 1.1", "**no**"),
        ),
        (
            Row("ours", "theirs", 0.01, 0.02),
            ("ours", "theirs", "10.0 ms", "20.0 ms", "2.00", "", ""),
        ),
    ],
)
def test_a_row_says_whether_its_ratio_is_reached(row: Row, cells: tuple[str, ...]) -> None:
    assert row.cells() == cells


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"exit 3\nno luck"):
        harness.run(
            [sys.executable, "-c", "import sys; print('no luck', file=sys.stderr); sys.exit(3)"],
            tmp_path,
        )


def test_a_stage_counts_only_its_own_time() -> None:
    clock = stages.Clock()
    with patch("time.perf_counter", iter(range(10)).__next__), clock.stage("pdf"):
        clock.timed(len, "charts")([])
    assert clock.seconds == {"pdf": 2, "charts": 1}


def test_a_template_has_the_words_tables_and_pictures_of_the_pack() -> None:
    pytest.importorskip("docxtpl")
    template = office.Template(sample.document(), sample.brand())
    made = template.prepared(
        sample.document().model_copy(update={"title": "Another"})  # its content is checked there
    )()
    content = office.content_of(made)
    assert (len(content.tables), content.pictures) == (4, 4)
    assert "Line 2" in " ".join(content.texts)


def test_a_book_has_plans_of_different_names_that_can_be_read(tmp_path: Path) -> None:
    folder = book.workspace(tmp_path, 402)
    plans = [read_any_plan(path, folder) for path in sorted((folder / "plans").iterdir())]
    assert len({plan.name for plan in plans}) == 402
    assert {plan.roles for plan in plans} == {(Role.FACTORY_MANAGER,)}
    assert all(plan.meeting > book.DAY.isoformat() for plan in plans)


def test_the_rule_that_is_changed_stands_in_the_sample(tmp_path: Path) -> None:
    name, line, old, new = nights.RULE
    assert (book.SAMPLE / name).read_text("utf-8").count(line) == 1
    assert old in line
    assert old != new
