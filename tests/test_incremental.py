"""Random edits of a workspace: an incremental batch always equals a clean one, byte for byte."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.test_batch import book, contents, night
from winlab.root import starter_folder
from winlab.survey import State

TEMPLATES = '"starter:templates"'


class Edits(RuleBasedStateMachine):
    """A workspace of its own with three plans, edited at random between two batches."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.edits = 0
        self.untouched = False

    @initialize()
    def begin(self) -> None:
        book(self.folder, 3)
        shutil.copytree(starter_folder("templates"), self.folder / "templates")
        text = (self.folder / "winlab.toml").read_text()
        (self.folder / "winlab.toml").write_text(text.replace(TEMPLATES, '"templates"'))

    def once(self) -> int:
        self.edits += 1
        return self.edits

    def change(self, name: str, pattern: str, new: str) -> None:
        path = self.folder / name
        path.write_text(re.sub(pattern, new, path.read_text(), count=1))

    @rule(plan=st.sampled_from(["bay", "bay-2", "bay-3"]))
    def a_plan_says_something_else(self, plan: str) -> None:
        self.change(f"plans/{plan}.yaml", r"site: .*", f"site: Works {self.once()}")

    @rule(price=st.sampled_from(["4.45", "4.40", "3.10"]))
    def a_price_changes_or_falls_below_the_floor(self, price: str) -> None:
        self.change("plans/bay.yaml", r"offered: '[\d.]+'", f"offered: '{price}'")

    @rule(share=st.sampled_from(["0.12", "0.14", "0.40"]))
    def a_market_is_scored_again(self, share: str) -> None:
        self.change("markets.csv", r"(m-fast,.*?,0\.11,)0\.\d+", rf"\g<1>{share}")

    @rule()
    def a_play_words_its_offer_otherwise(self) -> None:
        self.change(
            "plays/push.yaml", r"title: [\w -]+trial", f"title: Offer {self.once()} of a trial"
        )

    @rule()
    def a_template_changes(self) -> None:
        path = self.folder / "templates/packs/factory-manager.md"
        path.write_text(path.read_text() + f"\n{{# edit {self.once()} #}}\n")

    @rule(colour=st.sampled_from(["#0f6e84", "#124f8a"]))
    def the_brand_has_another_colour(self, colour: str) -> None:
        self.change("templates/brand/brand.toml", r'(ours = )"#\w+"', rf'\g<1>"{colour}"')

    @rule()
    def somebody_deletes_a_pack(self) -> None:
        for path in sorted((self.folder / "out").glob("*/customer/*.docx"))[:1]:
            path.unlink()

    @invariant()
    def an_incremental_run_equals_a_clean_one(self) -> None:
        if not (self.folder / "templates").exists():
            return
        night(self.folder)
        shutil.rmtree(self.folder / "clean", ignore_errors=True)
        night(self.folder, out="clean")
        assert live(self.folder / "out") == live(self.folder / "clean")
        found, tally = night(self.folder)
        assert tally.made == 0
        assert all(done.state is not State.DONE for done in found.values())

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


def live(folder: Path) -> dict[str, bytes]:
    """All files but the records of what was withdrawn, which a clean run has no reason to hold."""
    return {
        name: data
        for name, data in contents(folder).items()
        if "/withdrawn/" not in name and not name.endswith(("manifest.json", "manifest.csv"))
    }


TestEdits = pytest.mark.slow(Edits.TestCase)
TestEdits.settings = settings(
    max_examples=4, stateful_step_count=5, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
