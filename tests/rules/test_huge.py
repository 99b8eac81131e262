"""Garbage and hugeness: an answer or a clear error, soon; never a traceback.

Times are never absolute: work may grow about as its input does, well below its square.
"""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests import small
from tests.rules import BLOCK, FACTS, GROWTH, INDUSTRY, SINCE, rule, source, table
from winlab.facts import Domain, Fact, Facts, FactType
from winlab.inputs import Cell, Hit, TableSource
from winlab.problems import Place, Problem, Stopped, nearest
from winlab.read import read_workspace
from winlab.rules.compile import compile_table
from winlab.rules.conditions import parse_condition
from winlab.rules.table import Status
from winlab.rules.verify import Kind, verify
from winlab.source import parse_csv, parse_yaml

MANY = 100_000
NUMBER = Fact("x.n", "N", FactType.NUMBER)
WORD = Fact("x.word", "Word", FactType.CATEGORY)


def noise(seed: int, letters: str) -> str:
    chosen = random.Random(seed)
    return "".join(chosen.choice(letters) for _ in range(MANY))


GARBAGE = {
    "printable": noise(1, string.printable),
    "any byte": noise(2, "".join(map(chr, range(256)))),
    "marks": noise(3, '()[]<>=!,.%"-\\ '),
    "opened brackets": "[" * MANY,
    "opened not": "not(" * (MANY // 4),
    "opened text": '"' + "\\" * MANY,
    "quotes": '"' * MANY,
    "spaces": "not" + " " * MANY + "x",
    "words": "a-" * (MANY // 2),
    "digits": "9" * MANY,
    "numbers": "1," * (MANY // 2),
    "open date": "date(" + " " * MANY,
    "colons": ": " * (MANY // 2),
    "dashes": "- " * (MANY // 2),
    "anchors": "*a &b " * (MANY // 6),
}


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def clear(problems: list[Problem]) -> bool:
    """Whether each problem says in a few words what is wrong and what to do."""
    return bool(problems) and all(p.message and len(str(p)) < 1000 for p in problems)


# -------------------------------------------------------------------- garbage


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("length", [4000, MANY])
def test_garbage_as_a_condition(garbage: str, length: int) -> None:
    text = GARBAGE[garbage][:length].strip() + "?"
    for fact in (GROWTH, INDUSTRY, SINCE, BLOCK, WORD):
        for quoted in (True, False):
            test, problems = parse_condition(Cell(text, Place("t.yaml", 3, 7), quoted), fact)
            assert test is None
            assert clear(problems)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_as_yaml_and_as_csv(garbage: str) -> None:
    for parse in (parse_yaml, parse_csv):
        _, problems = parse(GARBAGE[garbage], "t")
        assert not problems or clear(problems)


@pytest.mark.parametrize("garbage", ["printable", "opened brackets", "colons", "dashes", "anchors"])
@pytest.mark.parametrize("file", ["plays/facts.yaml", "plays/push.yaml", "markets.csv"])
def test_garbage_in_a_workspace(tmp_path: Path, garbage: str, file: str) -> None:
    small.write(tmp_path)
    assert (tmp_path / file).exists()
    (tmp_path / file).write_text(GARBAGE[garbage], "utf-8")
    with pytest.raises(Stopped) as stopped:
        read_workspace(tmp_path)
    assert any(Path(file).name in str(problem.place) for problem in stopped.value.problems)


# -------------------------------------------------------------------- hugeness


def shares(columns: int) -> Facts:
    names = [f"x.c{i}" for i in range(columns)]
    return Facts(
        {
            name: Fact(name, name, FactType.NUMBER, "fraction", Domain(Decimal(0), Decimal(1)), decimals=3)
            for name in names
        }
    )  # fmt: skip


def scattered(rules: int, columns: int, tested: int, hit: Hit, widest: int = 1000) -> TableSource:
    """Rules that each test some columns by an interval with random ends."""
    chosen = random.Random(7)
    made = []
    for i in range(rules):
        when = {}
        for column in chosen.sample(range(columns), tested):
            low = chosen.randrange(1000)
            high = min(1000, low + chosen.randrange(1, widest + 1))
            when[f"x.c{column}"] = f"[{low / 10}%..{high / 10}%)"
        made.append(rule(f"r{i}", when, {"is": str(i % 5)}))
    priority = tuple("01234") if hit is Hit.PRIORITY else ()
    return source(*made, hit=hit, priority=priority)


@pytest.mark.parametrize("hit", list(Hit))
def test_500_columns(hit: Hit) -> None:
    wide = table(scattered(20, 500, 500, hit), shares(500))
    assert wide.decide({}).status is Status.PROVISIONAL
    found = verify(wide)
    assert {Kind.GAP, Kind.INCOMPLETE} <= {finding.kind for finding in found}
    gap = next(finding for finding in found if finding.kind is Kind.GAP)
    assert wide.decide(gap.witness).status is Status.GAP
    assert all(len(finding.sentence) < 2000 for finding in found)


def test_a_rule_of_2000_columns_is_searched_to_the_end() -> None:
    facts = shares(2000)
    one = rule("all", dict.fromkeys(facts.by_name, ">= 10%"))
    found = verify(table(source(one, rule("rest", {}), hit=Hit.FIRST), facts))
    assert found == []
    masked = verify(table(source(rule("rest", {}), one, hit=Hit.FIRST), facts))
    assert [(f.kind, f.rules) for f in masked] == [(Kind.UNREACHABLE, ("all", "rest"))]


def test_2000_thresholds_on_an_axis() -> None:
    rules = [rule(f"r{i}", {"x.n": f"[{i}..{i + 1})"}) for i in range(2000)]
    steps = table(source(*rules), Facts({"x.n": NUMBER}))
    assert steps.decide({"x.n": Decimal("1234.5")}).matched == ("r1234",)
    assert [finding.sentence for finding in verify(steps)] == [
        "Nobody covers n < 0 or ≥ 2000 (for example -1)."
    ]


def test_a_category_of_10000_values() -> None:
    big = Fact("x.c", "C", FactType.CATEGORY, values=tuple(f"value-{i}" for i in range(10_000)))
    rules = [rule(f"r{i}", {"x.c": f"value-{i}"}) for i in range(1000)]
    found = verify(table(source(*rules), Facts({"x.c": big})))
    assert [finding.sentence for finding in found] == [
        "Nobody covers c other than value-0, value-1, value-2, value-3, value-4, value-5, value-6"
        " or 993 more values (for example value-1000)."
    ]
    typos = [rule(f"r{i}", {"x.c": f"valeu-{i}"}) for i in range(1000)]
    nothing, problems = compile_table(source(*typos), Facts({"x.c": big}))
    assert nothing is None
    assert [problem.hint for problem in problems] == [
        f"did you mean value-{i}?" for i in range(1000)
    ]


def test_a_word_in_ten_thousand_is_found_from_either_end() -> None:
    names = [f"{stem}-{i}" for i in range(1000) for stem in ("red", "green", "blue")]
    for wrong, right in {
        "gren-512": "green-512",
        "bleu-713": "blue-713",
        "Red-88": "red-88",
    }.items():
        assert nearest(wrong, names) == right
    assert nearest("zzzzzzzzzzzz", names) is None
    assert nearest("x" * 1_000_000, names) is None


def test_cells_of_a_megabyte() -> None:
    long = "x" * 1_000_000
    made, problems = compile_table(source(rule("a", {"account.industry": long})), FACTS)
    assert made is None
    assert [problem.code for problem in problems] == ["condition-too-long"]
    told = source(rule("a", {"market.growth": "> 1%"}, {"is": long}), otherwise={"is": long})
    assert table(told).decide({"market.growth": Decimal("0.5")}).outputs == {"is": long}
    parsed, found = parse_yaml(f"b: '{long}'\n", "t.yaml")
    assert not found
    assert parsed.text(("b",)) == long
    _, found = parse_csv(f"a,b\n1,{long}\n", "t.csv")
    assert clear(found)


@pytest.mark.parametrize("hit", list(Hit))
@pytest.mark.parametrize("widest", [1, 1000])
def test_a_thousand_rules_that_meet_seldom_or_all(hit: Hit, widest: int) -> None:
    found = verify(table(scattered(1000, 10, 2, hit, widest), shares(10)))
    assert Kind.INCOMPLETE in {finding.kind for finding in found}
    assert Kind.GAP in {finding.kind for finding in found}


@pytest.mark.slow
@pytest.mark.parametrize("hit", list(Hit))
@pytest.mark.parametrize(("tested", "widest"), [(10, 20), (2, 1000)])
def test_ten_times_the_rules_take_no_hundred_times_as_long(
    hit: Hit, tested: int, widest: int
) -> None:
    def work(rules: int) -> Callable[[], object]:
        def run() -> None:
            compiled, problems = compile_table(
                scattered(rules, 10, tested, hit, widest), shares(10)
            )
            assert compiled is not None, problems
            compiled.decide({f"x.c{i}": Decimal("0.5") for i in range(10)})
            verify(compiled)

        return run

    assert seconds(work(10_000)) < 40 * seconds(work(1000))
