"""pydantic's errors as problems with place and fix."""

from __future__ import annotations

import pytest

from winlab.inputs import Kpi, Plan, Play, PlayFor, TableFile
from winlab.source import parse_yaml
from winlab.validate import did_you_mean, validate


def found(shape: type, text: str) -> list[tuple[str, str, str]]:
    parsed, problems = parse_yaml(text, "f.yaml")
    assert problems == []
    _, problems = validate(shape, parsed)
    return [(p.code, str(p.place), f"{p.message} | {p.hint}") for p in problems]


KPI = "label: Downtime\nunit: h\nabout: x\n"


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        (KPI + "decimals: x\n", "wrong-type", "f.yaml:4:11", "write a whole number"),
        (KPI + "decimals: 9\n", "out-of-range", "f.yaml:4:11", "less than or equal to 6"),
        (KPI + "better: lowr\n", "unknown-value", "f.yaml:4:9", "did you mean 'lower'?"),
        (KPI + "abuot: x\n", "unknown-field", "f.yaml:4:1", "did you mean 'about'?"),
        (
            "label: Downtime\nunit: h\nabuot: x\n",
            "unknown-field",
            "f.yaml:3:1",
            "did you mean 'about'?",
        ),
        ("label: [a]\nunit: h\nabout: x\n", "wrong-type", "f.yaml:1:8", "label"),
        ("- a\n", "wrong-type", "f.yaml:1:1", "named fields are expected"),
    ],
)
def test_each_error_has_place_and_fix(text: str, code: str, place: str, words: str) -> None:
    problems = found(Kpi, text)
    assert (code, place) in [(c, p) for c, p, _ in problems]
    assert any(words in said for c, _, said in problems if c == code)


def test_a_misspelt_field_is_one_cause() -> None:
    assert [c for c, _, _ in found(Kpi, "label: a\nunit: h\nabuot: x\n")] == ["unknown-field"]


def test_a_text_that_a_comma_cut_is_named_as_such() -> None:
    text = "rules:\n  - {id: a, then: {says: The hose, and nobody looks.}}\n"
    [(code, place, said)] = found(TableFile, text)
    assert (code, place) == ("text-cut-at-comma", "f.yaml:2:36")
    assert "put quotes around the whole text" in said


def test_aliases_are_the_names_that_people_write() -> None:
    problems = found(Play, "id: a\n")
    assert "'for' is missing" in " ".join(said for _, _, said in problems)


def test_a_prospect_is_judged_as_a_prospect() -> None:
    problems = found(Plan, "account: {new: Gulf}\n")
    assert {said.split(" | ")[0] for _, p, said in problems if p == "f.yaml:1:10"} == {
        "'account.industry' is missing", "'account.market' is missing",
    }  # fmt: skip


def test_valid_input_gives_a_frozen_shape() -> None:
    parsed, _ = parse_yaml("peer_groups: [a, b]\n", "f.yaml")
    value, problems = validate(PlayFor, parsed)
    assert problems == []
    assert value == PlayFor(peer_groups=("a", "b"))


def test_did_you_mean_suggests_or_lists() -> None:
    assert did_you_mean("plastic", ["plastics", "paper"]) == "did you mean 'plastics'?"
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", [f"name-{i}" for i in range(40)]) == ""
