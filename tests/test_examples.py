"""Files of the documented shape load: the examples where they are at hand, else their twins."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from winlab.lab import decide_plan, open_lab

ROOT = Path(__file__).parents[1]


def test_the_workspaces_own_files_are_of_the_documented_shape() -> None:
    lab = open_lab(ROOT, None, date(2030, 1, 1))
    assert lab.as_of == date(2026, 12, 1)
    decision = decide_plan(lab, ROOT / "samples/chemicals/plans/gulf-coast-latex-trial.yaml")
    assert decision.picked == "invest"


@pytest.mark.skipif("WINLAB_EXAMPLES" not in os.environ, reason="WINLAB_EXAMPLES is not set")
def test_the_examples_load_as_they_are_written(tmp_path: Path) -> None:
    examples = Path(os.environ["WINLAB_EXAMPLES"])
    for name in ("plays", "templates", "samples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(examples / "winlab.toml", tmp_path / "winlab.toml")
    shutil.copy(examples / "peer-groups.yaml", tmp_path / "plays/peer-groups.yaml")
    plan = tmp_path / "plan.yaml"
    shutil.copy(examples / "plan.yaml", plan)
    assert decide_plan(open_lab(tmp_path, None, date(2030, 1, 1)), plan).picked == "invest"
    for other in tmp_path.glob("plays/*.yaml"):
        if other.stem in ("invest", "maintain", "defend", "keep-account"):
            other.unlink()
    shutil.copy(examples / "play-invest.yaml", tmp_path / "plays/invest.yaml")
    shutil.copy(examples / "facts.yaml", tmp_path / "plays/facts.yaml")
    assert decide_plan(open_lab(tmp_path, None, date(2030, 1, 1)), plan).picked == "invest"
