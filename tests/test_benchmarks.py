"""A benchmark times only contenders that decide alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks import harness, rules
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
