"""pydantic's errors as problems with place and fix."""

from __future__ import annotations

import pytest

from winlab.inputs import Kpi, Plan, PlanProduct, Play, PlayFor, TableFile
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


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("packs: [cdo]\n", "f.yaml:1:9", "did you mean 'cfo'?"),
        ("packs: []\n", "f.yaml:1:8", "packs: it needs at least 1 entry | fill it in"),
        ("pains: [{words: a}, {words: b}, {words: c}, {words: d}]\n", "f.yaml:1:8",
         "it takes at most 3 entries | shorten it"),
        ("plan: Bay Trial\n", "f.yaml:1:7", "use small letters, digits and hyphens"),
        ("rep: ann!\n", "f.yaml:1:6", "use letters, digits, points, hyphens and underscores"),
        (f"plan: {'Bay' * 300}\n", "f.yaml:1:7", "Bay...yBay"),
        ("currency: usd\n", "f.yaml:1:11", "write three capital letters, like USD"),
        ("language: xx\n", "f.yaml:1:11", "no numbers and dates are known for 'xx' | write a language like en"),
        ("language: eng\n", "f.yaml:1:11", "write two small letters, like en"),
        ("site: '\u00a0\u200b'\n", "f.yaml:1:7", "shows nothing | write a name with letters or digits"),
        ("site: '...'\n", "f.yaml:1:7", "shows nothing"),
        ('site: "a\\nb"\n', "f.yaml:1:7", "runs over a line | write it in one line"),
        ("objective: {action: '\u200b', by: 2027-01-01}\n", "f.yaml:1:21", "shows nothing | write the text"),
        ("meeting: 2026-11-14rubbish\n", "f.yaml:1:10", "a date like 2026-12-01 is expected, not '2026-11-14rubbish'"),
        ("meeting: 1794614400\n", "f.yaml:1:10", "a date like 2026-12-01 is expected"),
        ("meeting: 20261114\n", "f.yaml:1:10", "a date like 2026-12-01 is expected"),
        ("meeting: 9999-12-31\n", "f.yaml:1:10", "a date from 1990 to 2100 is expected"),
        ("meeting: 0001-01-01\n", "f.yaml:1:10", "a date from 1990 to 2100 is expected"),
        ("terms: {basis: x, payment_days: 1e9999999, months: 9}\n", "f.yaml:1:33", "is not a whole number"),
    ],
)  # fmt: skip
def test_a_plan_is_told_in_words_what_to_write(text: str, place: str, words: str) -> None:
    at_place = [said for _, p, said in found(Plan, text) if p == place]
    assert len(at_place) == 1
    assert words in at_place[0]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("valid: {from: 2027-01-01, until: 2026-01-01}\n", "f.yaml:1:8",
         "until (2026-01-01) lies before from (2027-01-01) | correct one of the two days"),
        ("thesis: {eng: Grow}\n", "f.yaml:1:10", "write two small letters, like en"),
    ],
)  # fmt: skip
def test_a_play_is_told_in_words_what_to_write(text: str, place: str, words: str) -> None:
    assert any(p == place and words in said for _, p, said in found(Play, text))


@pytest.mark.parametrize("value", ["1e9999999", "1e-9999999", "-1e9999999"])
def test_numbers_without_measure_are_refused(value: str) -> None:
    text = f"id: P-1\nvolume: {{current: {value}, potential: 1, unit: t/a}}\n"
    [(code, place, said)] = found(PlanProduct, text)
    assert (code, place) == ("out-of-range", "f.yaml:2:19")
    assert "has more than 18 digits" in said


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("'[1..-1]'", "it runs from 1 to -1 | write the smaller number first"),
        ("'[1..1]'", "it runs from 1 to 1"),
        ("0 to 1", "is no interval of numbers | write it like '[0..1]', or '[0..]'"),
    ],
)
def test_a_domain_runs_from_low_to_high(domain: str, words: str) -> None:
    [(_, place, said)] = found(Kpi, f"{KPI}domain: {domain}\n")
    assert place == "f.yaml:4:9"
    assert words in said
