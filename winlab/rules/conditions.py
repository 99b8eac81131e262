"""Conditions: one cell of a decision table, read as a test on one fact (S-FEEL unary tests)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from functools import cache
from typing import TypeAlias

from lark import Lark, Token, Tree, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from winlab.facts import Domain, Fact, FactType, NotOfType, Value, parse_day
from winlab.inputs import Cell
from winlab.problems import Place, Problem, error, nearest

Point: TypeAlias = Decimal | date
"""A value that lies on a line: a number or a date."""

LONGEST = 4000
"""Characters that a condition may have."""

DIGITS = 15
"""Significant digits of a number in a condition: as many as a float column keeps exactly."""

GRAMMAR = r"""
start: tests            -> plain
     | NOT tests RPAR   -> complement
tests: test ("," test)*
test: _literal                                               -> equals
    | (LT | LE | GT | GE | NE) _literal                      -> compare
    | (LSQB | RSQB | LPAR) _literal ".." _literal (RSQB | LSQB | RPAR)  -> interval
_literal: NUMBER | DATE | DATE_CALL | STRING | WORD

NOT.3: /not\s*\(/
DATE_CALL.3: /date\s*\(\s*"[^"]*"\s*\)/
DATE.2: /[0-9]{4}-[0-9]{2}-[0-9]{2}(?!\w)/
NUMBER.1: /-?([0-9]+(\.[0-9]+)?|\.[0-9]+)(\s*%)?(?!\w|-\w|\.\w)/
STRING: /"([^"\\]|\\.)*"/
WORD: /\w+([.\-\/]\w+)*/
LT: "<"
LE: "<="
GT: ">"
GE: ">="
NE: "!="
LSQB: "["
RSQB: "]"
LPAR: "("
RPAR: ")"
%ignore /\s+/
"""


class Truth(StrEnum):
    """Kleene's three values."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __invert__(self) -> Truth:
        match self:
            case Truth.TRUE:
                return Truth.FALSE
            case Truth.FALSE:
                return Truth.TRUE
            case Truth.UNKNOWN:
                return Truth.UNKNOWN


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of numbers or dates; ``None`` is unbounded."""

    low: Point | None = None
    high: Point | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """A condition as understood: the value lies in a span, is one of the words, or is missing.

    ``text`` is the cell as written. ``anything`` is ``-``. ``complement`` turns the whole list
    round, as ``not(…)`` and ``!= x`` do. Comparisons on ordered categories are words already.
    """

    text: str
    anything: bool = False
    null: bool = False
    complement: bool = False
    spans: tuple[Span, ...] = ()
    words: tuple[str | bool, ...] = ()

    @property
    def on_missing(self) -> Truth:
        """What it says of a missing value; only `-`, `null` and `not(null)` are certain."""
        if self.anything:
            return Truth.TRUE
        if not self.null:
            return Truth.UNKNOWN
        return Truth.FALSE if self.complement else Truth.TRUE


def parse_condition(cell: Cell, fact: Fact) -> tuple[Test | None, list[Problem]]:
    """Reads a cell as a test on ``fact``; without a test there is at least one problem.

    A problem's column is that of the culprit inside the cell.
    """
    text = cell.text.strip()
    if text in ("", "-"):
        return Test("-", anything=True), []
    start = len(cell.text) - len(cell.text.lstrip())
    if not cell.quoted and not _safe_unquoted(text, fact):
        quote = '"' if "'" in text else "'"
        found = error(
            "condition-unquoted",
            f"the condition {_short(text)} on {fact.name} stands without quotes,"
            " and YAML may read it otherwise",
            f"put quotes around it: {quote}{_short(text)}{quote}",
            cell.place,
        )
        return None, [found]
    try:
        return _Reader(cell.text, start, fact).test(), []
    except _WrongError as wrong:
        place = _inside(cell, wrong.offset)
        return None, [error(wrong.code, wrong.message, wrong.hint, place)]


def literal(fact: Fact, value: Value) -> str:
    """A value as one writes it in a condition: ``8%``, ``2026-12-01``, ``high``, ``true``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        if fact.is_fraction:
            return f"{plain(value.scaleb(2))}%"
        return plain(value)
    return value if isinstance(value, str) else value.isoformat()


def plain(number: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    digits = format(number, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits


class _WrongError(Exception):
    def __init__(self, code: str, message: str, hint: str, offset: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.offset = offset


def _inside(cell: Cell, offset: int) -> Place:
    if cell.place.column is None or cell.in_sheet or "\n" in cell.text[:offset]:
        return cell.place
    return replace(cell.place, column=cell.place.column + offset)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _safe_unquoted(text: str, fact: Fact) -> bool:
    if text.lower() in ("yes", "no", "on", "off") and fact.type is not FactType.BOOLEAN:
        return False
    if text.lower() in ("null", "~") or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", text):
        return False
    return bool(re.fullmatch(r"\w+([.\-/]\w+)*|-?([0-9]+(\.[0-9]+)?|\.[0-9]+)\s*%?", text))


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", propagate_positions=False)


class _Reader:
    """Reads one cell; holds the fact and the text for its messages."""

    def __init__(self, text: str, start: int, fact: Fact) -> None:
        self.text = text
        self.start = start
        self.fact = fact

    def test(self) -> Test:
        text, fact = self.text, self.fact
        if len(text) > LONGEST:
            raise _WrongError(
                "condition-too-long",
                f"the condition on {fact.name} has {len(text)} characters",
                f"at most {LONGEST} are read; split it over several rules",
                0,
            )
        if fact.type is FactType.TEXT:
            raise _WrongError(
                "condition-on-text",
                f"{fact.name} is text: it is shown, never tested",
                "test a category or a number instead, or declare the fact a category",
                self.start,
            )
        if fact.type is FactType.NUMBER:
            self.refuse_comma()
        try:
            tree = _parser().parse(text)
        except UnexpectedInput as unexpected:
            raise self.syntax(unexpected) from None
        tests = next(child for child in tree.children if isinstance(child, Tree))
        whole = tree.data == "complement"
        items = [item for item in tests.children if isinstance(item, Tree)]
        if len(items) == 1 and not whole and _operator(items[0]) == "!=":
            whole = True
            items = [Tree("equals", items[0].children[1:])]
        null = False
        spans: list[Span] = []
        words: list[str | bool] = []
        for item in items:
            if item.data == "equals" and _is_null(_tokens(item)[0]):
                null = True
            elif fact.type in (FactType.NUMBER, FactType.DATE):
                spans += self.spans(item)
            else:
                words += self.words(item)
        return Test(
            text.strip(),
            null=null,
            complement=whole,
            spans=tuple(spans),
            words=tuple(dict.fromkeys(words)),
        )

    def refuse_comma(self) -> None:
        found = re.search(r"-?[0-9]+(,[0-9]+)+", self.text)
        if not found:
            return
        first, *others = found[0].split(",")
        thousands = first.lstrip("-") != "0" and all(len(part) == 3 for part in others)
        meant = "".join([first, *others]) if thousands else f"{first}.{''.join(others)}"
        raise _WrongError(
            "condition-comma",
            f"{_short(found[0])} on {self.fact.name} has a comma inside a number",
            f"write {_short(meant)} (in a list put a space after the comma)",
            found.start(),
        )

    # -------------------------------------------------------- tests on a line

    def spans(self, item: Tree[Token]) -> list[Span]:
        tokens = _tokens(item)
        if item.data == "equals":
            value = self.point(tokens[0])
            return [Span(value, value)]
        if item.data == "compare":
            value = self.point(tokens[1])
            match tokens[0]:
                case "<":
                    return [Span(high=value, high_open=True)]
                case "<=":
                    return [Span(high=value)]
                case ">":
                    return [Span(low=value, low_open=True)]
                case ">=":
                    return [Span(low=value)]
                case _:
                    return [Span(high=value, high_open=True), Span(low=value, low_open=True)]
        left, first, second, right = tokens
        low, high = self.point(first), self.point(second)
        span = Span(low, high, left != "[", right != "]")
        if ordinate(low) > ordinate(high):
            raise self.bad_interval(left, first, second, right, "its ends are in reverse order")
        if low == high and (span.low_open or span.high_open):
            raise self.bad_interval(left, first, second, right, "it is empty")
        return [span]

    def point(self, token: Token) -> Point:
        return self.number(token) if self.fact.type is FactType.NUMBER else self.date(token)

    def number(self, token: Token) -> Decimal:
        fact = self.fact
        if token.type != "NUMBER":
            raise self.wrong_type(token, "a number", _number_hint(token))
        percent = token.endswith("%")
        digits = token.removesuffix("%").strip()
        number = Decimal(digits)
        if len(number.normalize().as_tuple().digits) > DIGITS or len(digits) > 2 * DIGITS:
            raise _WrongError(
                "condition-digits",
                f"{_short(token)} on {fact.name} has more than {DIGITS} digits",
                "round it",
                self.at(token),
            )
        if percent and fact.is_fraction:
            number = number.scaleb(-2)
        elif percent and not fact.unit.lower().startswith(("percent", "%")):
            raise _WrongError(
                "condition-unit",
                f"{token} on {fact.name}, which is counted in {fact.unit or 'plain numbers'}",
                f"write {digits}",
                self.at(token),
            )
        if number != fact.rounded(number):
            step = Decimal(1).scaleb(-(fact.decimals or 0))
            down = literal(fact, number.quantize(step, rounding=ROUND_FLOOR))
            up = literal(fact, number.quantize(step, rounding=ROUND_CEILING))
            raise _WrongError(
                "condition-decimals",
                f"{token} is finer than {fact.name}, whose values are rounded to"
                f" {literal(fact, step)}",
                f"write {down} or {up}",
                self.at(token),
            )
        if fact.domain is not None and not _near(fact.domain, number):
            hint = f"use a value {spoken_domain(fact)}"
            if not percent and fact.is_fraction and _near(fact.domain, number.scaleb(-2)):
                hint = f"did you mean {digits}%?"
            raise _WrongError(
                "condition-outside",
                f"{token} lies outside {fact.name}, whose values are {spoken_domain(fact)}",
                hint,
                self.at(token),
            )
        return number

    def date(self, token: Token) -> date:
        text = str(token)
        if token.type == "DATE_CALL":
            text = text[text.index('"') + 1 : text.rindex('"')]
        elif token.type != "DATE":
            raise self.wrong_type(token, "a date", "write it like 2026-12-01")
        try:
            return parse_day(text)
        except NotOfType as exc:
            what = str(exc).removesuffix(" is expected")
            raise self.wrong_type(token, what, "write it like 2026-12-01") from None

    def bad_interval(
        self, left: Token, first: Token, second: Token, right: Token, what: str
    ) -> _WrongError:
        if "reverse" in what:
            hint = f"did you mean {left}{second}..{first}{right}?"
        else:
            hint = f"did you mean {first} alone, or [{first}..{second}]?"
        return _WrongError(
            "condition-interval",
            f"the interval {left}{first}..{second}{right} on {self.fact.name} can hold nothing:"
            f" {what}",
            hint,
            self.at(left),
        )

    # -------------------------------------------------------- tests on words

    def words(self, item: Tree[Token]) -> list[str | bool]:
        tokens = _tokens(item)
        fact = self.fact
        if item.data == "equals":
            return [self.word(tokens[0])]
        if item.data == "compare" and tokens[0] == "!=":
            raise _WrongError(
                "condition-not-in-list",
                f"!= stands in a list on {fact.name}",
                "write not(…) around all that is excluded",
                self.at(tokens[0]),
            )
        if fact.type is not FactType.ORDERED or not fact.values:
            hint = "list the values, as in a, b"
            if fact.values and fact.type is FactType.CATEGORY:
                hint += "; or declare the fact as type: ordered, with its values from low to high"
            raise _WrongError(
                "condition-no-order",
                f"{fact.name} is a {fact.type} without an order, so {tokens[0]} says nothing",
                hint,
                self.at(tokens[0]),
            )
        order = fact.values
        if item.data == "compare":
            rank = order.index(str(self.word(tokens[1])))
            match tokens[0]:
                case "<":
                    chosen = order[:rank]
                case "<=":
                    chosen = order[: rank + 1]
                case ">":
                    chosen = order[rank + 1 :]
                case _:
                    chosen = order[rank:]
            if not chosen:
                raise _WrongError(
                    "condition-interval",
                    f"{tokens[0]} {tokens[1]} on {fact.name} can hold nothing:"
                    f" {tokens[1]} is the {'lowest' if rank == 0 else 'highest'} value",
                    f"its values, from low to high: {', '.join(order)}",
                    self.at(tokens[0]),
                )
            return list(chosen)
        left, first, second, right = tokens
        low = order.index(str(self.word(first)))
        high = order.index(str(self.word(second)))
        if low > high:
            raise self.bad_interval(left, first, second, right, "its ends are in reverse order")
        inside = order[low + (left != "[") : high + (right == "]")]
        if not inside:
            raise self.bad_interval(left, first, second, right, "it is empty")
        return list(inside)

    def word(self, token: Token) -> str | bool:
        fact = self.fact
        if fact.type is FactType.BOOLEAN:
            if token.type == "WORD" and token in ("true", "false"):
                return str(token) == "true"
            said = token.strip('"').lower()
            meant = "true" if said in ("yes", "true", "1", "y") else "false"
            raise self.wrong_type(token, "true or false", f"did you mean {meant}?")
        if token.type == "DATE_CALL":
            raise self.wrong_type(token, "a word", "write the value as the facts file does")
        text = str(token)
        if token.type == "STRING":
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        if fact.values and text not in fact.values:
            same = (value for value in fact.values if value.lower() == text.lower())
            near = nearest(text, fact.values) or next(same, None)
            listed = ", ".join(fact.values[:12]) + (", …" if len(fact.values) > 12 else "")
            raise _WrongError(
                "condition-unknown-value",
                f"{_short(text)} is not a value of {fact.name}",
                f"did you mean {near}?" if near else f"its values: {listed}",
                self.at(token),
            )
        return text

    # -------------------------------------------------------- messages

    def at(self, token: Token) -> int:
        return token.start_pos or 0

    def wrong_type(self, token: Token, wanted: str, hint: str) -> _WrongError:
        return _WrongError(
            "condition-type",
            f"{_short(token)} on {self.fact.name}, which wants {wanted}",
            hint,
            self.at(token),
        )

    def syntax(self, unexpected: UnexpectedInput) -> _WrongError:
        expected: set[str] = set()
        offset = len(self.text.rstrip())
        if isinstance(unexpected, UnexpectedCharacters):
            offset = unexpected.pos_in_stream or 0
            expected = set(unexpected.allowed or ())
        elif isinstance(unexpected, UnexpectedToken):
            expected = set(unexpected.accepts or unexpected.expected)
            if unexpected.token.type != "$END":
                offset = unexpected.token.start_pos or 0
        rest = self.text[offset:].strip()
        found = f"{_short(rest)!r}" if rest else "the end"
        return _WrongError(
            "condition-syntax",
            f"the condition on {self.fact.name} breaks off: {_expected(expected)} expected,"
            f" {found} found",
            _likeliest_fix(self.text, rest),
            offset,
        )


def _tokens(item: Tree[Token]) -> list[Token]:
    return [child for child in item.children if isinstance(child, Token)]


def _operator(item: Tree[Token]) -> str:
    return str(item.children[0]) if item.data == "compare" else ""


def _is_null(token: Token) -> bool:
    return token.type == "WORD" and token == "null"


def ordinate(point: Point) -> Decimal:
    """A point's place on its line; that of a date is its day's number."""
    return point if isinstance(point, Decimal) else Decimal(point.toordinal())


def _near(domain: Domain, number: Decimal) -> bool:
    """Whether a threshold may stand there: an open end of the domain may."""
    return number in replace(domain, low_open=False, high_open=False)


def spoken_domain(fact: Fact) -> str:
    """The domain in words: ``from 0% to 100%``."""
    domain = fact.domain or Domain()
    parts = []
    if domain.low is not None:
        parts.append(f"{'above' if domain.low_open else 'from'} {literal(fact, domain.low)}")
    if domain.high is not None:
        parts.append(f"{'below' if domain.high_open else 'to'} {literal(fact, domain.high)}")
    return " ".join(parts)


def _number_hint(token: Token) -> str:
    if token.type == "STRING" and re.fullmatch(r'"-?[0-9.]+\s*%?"', token):
        return f"write {token[1:-1]}, without the inner quotes"
    dash = re.fullmatch(r"([0-9.]+)-([0-9.]+)", token)
    if dash:
        return f"did you mean [{dash[1]}..{dash[2]}]?"
    return "write a number such as 8 or 8%"


_EXPECTED = {
    "a value": {"NUMBER", "DATE", "DATE_CALL", "STRING", "WORD"},
    "a comparison": {"LT", "LE", "GT", "GE", "NE"},
    "'..'": {"__ANON_0", "DOTS"},
    "','": {"COMMA"},
    "']' or ')'": {"RSQB", "RPAR"},
    "the end": {"$END"},
}


def _expected(terminals: set[str]) -> str:
    if "NUMBER" in terminals and "LSQB" in terminals:
        return "a value, a comparison or an interval"
    if "RPAR" in terminals and "COMMA" in terminals:
        return "',' or ')'"
    words = [word for word, names in _EXPECTED.items() if names & terminals]
    return " or ".join(words) or "a value"


_FIXES: tuple[tuple[str, str], ...] = (
    ("≥|=>", "write >= for 'at least'"),
    ("≤|=<", "write <= for 'at most'"),
    ("≠|<>|!(?!=)", "write != x, or not(x, y)"),
    ("^==?", "write the value alone, without ="),
    (r"\bbetween\b|[0-9]%?\s*(–|—|\bto\b)", "write an interval: [3%..8%] with both ends"),
    (r"\.\.\s*[\])\[]", "write >= and the value: an interval has two ends"),
    (r"[\[\](]\s*\.\.", "write <= and the value: an interval has two ends"),
    (r"\.\.\.|…", "write two dots between the ends: [3%..8%]"),
    (r"[\[\](][^.\[\]()]*,[^.\[\]()]*[\[\])]", "write two dots between the ends: [3%..8%]"),
    (r"\bor\b|;|\|", "put a comma between the alternatives"),
    (r"\band\b|&", "write an interval such as [3%..8%), or two rules"),
    (r"not\s*\(.*not\s*\(|,\s*not\s*\(", "not( ) stands once, around the whole list"),
    (r"^not\s+[^(\s]", "write not(x)"),
    ("'|‘|’|“|”|„|`", 'write values with a space in straight double quotes: "a b"'),
    (r"(^|[^0-9\s])\s*%\s*[0-9]", "write percent as 8%"),
)


def _likeliest_fix(text: str, rest: str) -> str:
    for pattern, fix in _FIXES:
        if re.search(pattern, text.strip()):
            return fix
    if not rest and text.count("(") + text.count("[") + text.count("]") > text.count(")"):
        return "close the bracket"
    if re.match(r"\w", rest):
        return 'put a value of several words in double quotes: "a b"; put commas between values'
    return (
        "write a value, a comparison such as >= 8%, an interval such as [3%..8%),"
        " or a list of those with commas"
    )
