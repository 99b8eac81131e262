"""The DMN TCK's decision tables and unary tests, where a copy lies at WINLAB_DMN_TCK.

Every case that fits the grammar passes; every other one is listed with its reason, and the
counts are printed: nothing is left out in silence.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import SUMMARY
from tests.rules import rule, source, table
from winlab.facts import Fact, Facts, FactType, Value
from winlab.inputs import Aggregate, Cell, Hit, Output
from winlab.rules.conditions import parse_condition
from winlab.rules.table import Outcome, Status
from winlab.rules.trace import trace

TCK = os.environ.get("WINLAB_DMN_TCK", "")
pytestmark = pytest.mark.skipif(not TCK, reason="WINLAB_DMN_TCK names no copy of the DMN TCK")

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
TYPES = {"number": FactType.NUMBER, "string": FactType.CATEGORY, "boolean": FactType.BOOLEAN}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HITS = {
    "UNIQUE": Hit.UNIQUE, "ANY": Hit.ANY, "PRIORITY": Hit.PRIORITY, "FIRST": Hit.FIRST,
    "COLLECT": Hit.COLLECT, "RULE ORDER": Hit.COLLECT,
}  # fmt: skip
LITERAL = r'(?:-?[0-9]+(?:\.[0-9]+)?|"[^"]*"|date\("[0-9-]+"\)|true|false|null)'


class NotOursError(Exception):
    """A case that the grammar does not cover; the text is the reason."""


@dataclass(frozen=True)
class Verdict:
    case: str
    passed: bool | None
    note: str = ""


def test_decision_tables_and_unary_tests(
    record_property: Callable[[str, object], None],
) -> None:
    verdicts = [
        verdict for model in sorted(Path(TCK).glob("*/*/*.dmn")) for verdict in of_model(model)
    ]
    failed = [verdict for verdict in verdicts if verdict.passed is False]
    skipped = [verdict for verdict in verdicts if verdict.passed is None]
    passed = [verdict for verdict in verdicts if verdict.passed]
    said = [f"DMN TCK: {len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped"]
    for note, count in Counter(verdict.note for verdict in skipped).most_common():
        cases = " ".join(verdict.case for verdict in skipped if verdict.note == note)
        said.append(f"  {count} skipped, {note}: {cases}")
    record_property(SUMMARY, "\n".join(said))
    assert failed == []
    assert len(passed) >= 244


def of_model(model: Path) -> Iterator[Verdict]:
    tree = plain_tags(ET.parse(model).getroot())
    decisions = {str(d.get("name")): d for d in tree.iter("decision")}
    for tests in sorted(model.parent.glob("*-test-*.xml")):
        for case in plain_tags(ET.parse(tests).getroot()).iter("testCase"):
            for result in case.iter("resultNode"):
                name = str(result.get("name"))
                label = f"{model.stem[:4]}/{case.get('id')}/{name}".removesuffix(
                    f"/{case.get('id')}"
                )
                expected = result.find("expected")
                assert expected is not None
                try:
                    found = decided(decisions[name], case)
                    wanted = value_of(expected)
                except NotOursError as reason:
                    yield Verdict(label, None, str(reason))
                else:
                    yield Verdict(label, found == wanted, f"{found!r} for {wanted!r}")


def plain_tags(root: ET.Element) -> ET.Element:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def value_of(element: ET.Element) -> object:
    """An expected or given value: text, number, truth, ``None``, a list or a mapping."""
    listed = element.find("list")
    if listed is not None:
        return [value_of(item) for item in listed.findall("item")]
    parts = element.findall("component")
    if parts:
        return {str(part.get("name")): value_of(part) for part in parts}
    value = element.find("value")
    if value is None or value.get(f"{XSI}nil") == "true" or value.text is None:
        return None
    kind = str(value.get(f"{XSI}type")).rpartition(":")[2]
    match kind:
        case "decimal" | "double" | "integer":
            return Decimal(value.text)
        case "boolean":
            return value.text == "true"
        case "string":
            return value.text
        case _:
            raise NotOursError(f"a value of type {kind}")


def decided(decision: ET.Element, case: ET.Element) -> object:
    found = decision.find("decisionTable")
    if found is not None:
        return from_table(found, case)
    expression = decision.find("literalExpression/text")
    if expression is None or not expression.text:
        raise NotOursError("neither a table nor an expression")
    if re.fullmatch(r"A (and|or) B|not\(A\)", expression.text.strip()):
        return from_logic(expression.text.strip(), given(case))
    return from_expression(expression.text)


# -------------------------------------------------------------------- decision tables


def from_table(made: ET.Element, case: ET.Element) -> object:
    policy = made.get("hitPolicy", "UNIQUE")
    if policy not in HITS:
        raise NotOursError(f"hit policy {policy}: collect lists in the order of the rules")
    facts = [fact_of(column) for column in made.findall("input")]
    outputs = made.findall("output")
    names = [column.get("name") or "result" for column in outputs]
    rules = [
        rule(
            f"r{i}",
            {f.name: text for f, text in zip(facts, texts(row, "inputEntry"), strict=True)},
            dict(zip(names, texts(row, "outputEntry"), strict=True)),
        )
        for i, row in enumerate(made.findall("rule"))
    ]
    defaults = [column.findtext("defaultOutputEntry/text") for column in outputs]
    otherwise: dict[str, Output] | None = None
    if all(defaults):
        otherwise = {name: str(text) for name, text in zip(names, defaults, strict=True)}
    elif any(defaults):
        raise NotOursError("a default for some outputs only")
    listed = re.findall(r'"[^"]*"|[^",\s]+', outputs[0].findtext("outputValues/text") or "")
    aggregation = made.get("aggregation")
    compiled = table(
        source(
            *rules,
            hit=HITS[policy],
            otherwise=otherwise,
            aggregate=Aggregate(aggregation.lower()) if aggregation else None,
            priority=tuple(listed) if policy == "PRIORITY" else (),
        ),
        Facts({fact.name: fact for fact in facts}),
    )
    return result_of(compiled.decide(given(case)), names)


def given(case: ET.Element) -> dict[str, Value | None]:
    row: dict[str, Value | None] = {}
    for node in case.findall("inputNode"):
        value = value_of(node)
        if value is not None and not isinstance(value, (Decimal, str, bool)):
            raise NotOursError("a structured input")
        row[str(node.get("name"))] = value
    return row


def from_logic(text: str, row: Mapping[str, Value | None]) -> object:
    """Three-valued and, or, not, as a rule's conditions; ``or`` by De Morgan."""
    sought = "false" if " or " in text else "true"
    names = re.findall(r"\b[AB]\b", text)
    facts = Facts({name: Fact(name, name, FactType.BOOLEAN) for name in names})
    tests = {name: "not(true)" if text.startswith("not") else sought for name in names}
    result = trace(table(source(rule("r", tests)), facts), row).rules[0].result
    truth = {"matched": True, "failed": False, "unknown": None}[result]
    return not truth if truth is not None and " or " in text else truth


def fact_of(column: ET.Element) -> Fact:
    expression = column.find("inputExpression")
    assert expression is not None
    name = str(expression.findtext("text"))
    kind = str(expression.get("typeRef")).rpartition(":")[2]
    if kind not in TYPES:
        raise NotOursError(f"an input of type {kind}")
    allowed = column.findtext("inputValues/text") or ""
    return Fact(name, name, TYPES[kind], values=tuple(re.findall(r'"([^"]*)"', allowed)))


def texts(row: ET.Element, tag: str) -> list[str]:
    return [entry.findtext("text") or "" for entry in row.findall(tag)]


def result_of(outcome: Outcome, names: list[str]) -> object:
    def shaped(outputs: Mapping[str, Output]) -> object:
        read = {name: read_literal(str(text)) for name, text in outputs.items()}
        return read if len(names) > 1 else read[names[0]]

    if outcome.status in (Status.CONFLICT, Status.GAP):
        return None
    if outcome.total is not None:
        return outcome.total
    if outcome.collected:
        return [shaped(outputs) for _, outputs in outcome.collected]
    return shaped(outcome.outputs) if outcome.outputs else None


def read_literal(text: str) -> Value:
    if text.startswith('"'):
        return text[1:-1]
    return text == "true" if text in ("true", "false") else Decimal(text)


# -------------------------------------------------------------------- unary tests


def from_expression(text: str) -> object:
    """``X in T``, ``X between A and B``, ``X = Y``, ``X != Y`` as a condition on X."""
    text = re.sub(r'@("[0-9]{4}-[0-9]{2}-[0-9]{2}")', r"date(\1)", text)
    if found := re.fullmatch(rf"({LITERAL}) between ({LITERAL}) and ({LITERAL})", text.strip()):
        return unary(found[1], f"[{found[2]}..{found[3]}]")
    if found := re.fullmatch(rf"({LITERAL})\s*(=|!=)\s*({LITERAL})", text.strip()):
        return unary(found[1], found[3] if found[2] == "=" else f"!= {found[3]}")
    if found := re.fullmatch(rf"({LITERAL}) in (.+)", text.strip(), re.DOTALL):
        return unary(found[1], as_condition(found[2]))
    raise NotOursError(foreign(text))


def foreign(text: str) -> str:
    """Why an expression is none of our unary tests."""
    kinds = {
        "durations are no fact's type": r"duration\(|@\"-?P",
        "a date with a time of day: date facts hold days": r"date and time\(|@\"[0-9-]+T",
        "times of day are no fact's type": r"time\(|@\"[0-9]+:",
        "functions": r"function|fn_|bkm_|count|max|mean",
        "contexts": r"\{",
        "the ? variable": r"\?",
        "names of other decisions": r"\bin\s*\(?[a-z_]+",
        "ranges as values": r"^\s*([\[(\]]\S*\.\.|\([<>=!])",
        "lists as values, filters": r"^\s*\[|\]\s*=|\[1\]|in \[\[",
        "numbers with an exponent": r"[0-9]e[+-]?[0-9]",
    }
    for kind, pattern in kinds.items():
        if re.search(pattern, text):
            return kind
    return f"no unary test: {' '.join(text.split())}"


def as_condition(test: str) -> str:
    """FEEL writes lists in brackets, and ``= x`` for ``x``."""
    whole = test.strip()
    if whole.startswith("[") and ".." not in re.sub(r"\[[^\[\]]*\]", "", whole[1:-1]):
        whole = whole[1:-1]
    if re.fullmatch(r"\((?![^,]*\.\.).*\)", whole):
        whole = whole[1:-1]
    return re.sub(r",(?=\S)", ", ", re.sub(r"(?<![<>!])=\s*", "", whole))


def unary(value: str, test: str) -> object:
    if value == "null":
        subject: Value | None = None
        words = FactType.BOOLEAN if re.search("true|false", test) else FactType.NUMBER
        kind = FactType.DATE if "date(" in test else words
        kind = FactType.CATEGORY if re.search(r'(?<!date\()"', test) else kind
    elif value.startswith("date"):
        subject, kind = date.fromisoformat(value[6:-2]), FactType.DATE
    else:
        subject = read_literal(value)
        kinds = {bool: FactType.BOOLEAN, str: FactType.CATEGORY, Decimal: FactType.NUMBER}
        kind = kinds[type(subject)]
    values: tuple[str, ...] = ()
    if kind is FactType.CATEGORY and re.search(r"[<>]|\.\.", test):
        # Texts compare by their letters: an ordered category of them, with room at both ends.
        kind, values = FactType.ORDERED, ("", *LETTERS, "after")
    fact = Fact("x.x", "X", kind, values=values)
    if kind is FactType.CATEGORY and re.fullmatch(r"[0-9.]+|true|false", test):
        raise NotOursError("a text compared with another type: the cell is its own word")
    condition, problems = parse_condition(Cell(test), fact)
    if condition is None:
        reason = "null as the end of an interval" if "null" in test else "values of unlike types"
        raise NotOursError(f"{reason} (refused as {problems[0].code})")
    compiled = table(source(rule("r", {"x.x": test})), Facts({"x.x": fact}))
    clause = trace(compiled, {"x.x": subject}).rules[0].clauses[0]
    return {"true": True, "false": False, "unknown": None}[clause.result]
