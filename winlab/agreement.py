"""The quality bar's points on values: enough of them, the same everywhere, in one locale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import get_month_names
from babel.numbers import get_group_symbol

from winlab.document import (
    Document,
    Figure,
    Kpis,
    Page,
    Quote,
    Table,
    lines_of,
    text_of,
    walk,
)
from winlab.leaks import even, parse_amount, quoted_spans
from winlab.problems import Problem, error, note
from winlab.quality import PLANS, Bar, block_words, plain, words_of
from winlab.wording import FRAMES

MIN_NUMBERS = 5
MIN_NUMBERS_TECHNICAL = 8
MOST_COUNTED = 12
"""Whole numbers up to this one may count things: they need not stand in a chart."""
STUDIES = frozenset({"result", "result-bar", "spans"})
"""Charts that draw what a laboratory found, or sums over years: no evidence of one site."""
_DIGITS, _SPACED_DIGITS = (
    re.compile(
        rf"(?<![\w.,])(?<!\w[-\u2011])(?:\d{{1,3}}(?:[{spaces}]\d{{3}})+(?:[.,]\d+)?|\d+(?:[.,'’]\d+)*)"
        r"(?!\w)"
    )
    for spaces in ("\u00a0\u202f", " \u00a0\u202f")
)
"""The second is for languages that part thousands by a space, and for texts with plain ones."""
_NAMED = re.compile(
    r"\b(?:line|reactor|unit|phase|step|page|table|figure|year|linie|reaktor|anlage|schritt|seite"
    r"|tabelle|abbildung|jahr|ligne|réacteur|unité|étape|tableau|année|no\.|nr\.|nº)\s\d+",
    re.IGNORECASE,
)
_ISO_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_THOUSAND = Decimal(1000)
_ESTIMATE = {"en": "estimat", "de": "schätz", "fr": "estim"}
_NO_WORD = re.compile(r"[^\w%]+")


def numbers_in(text: str, locale: str) -> Iterator[Decimal]:
    """The numbers of a text without their signs; those of codes (DF-310) and names are none."""
    text = _NAMED.sub(" ", _ISO_DAY.sub(r" \1 ", text))
    for found in (_SPACED_DIGITS if _parts_by_space(locale) else _DIGITS).finditer(text):
        value = parse_amount(found[0], locale)
        if value is not None:
            yield abs(value)


@lru_cache(maxsize=8)
def _parts_by_space(locale: str) -> bool:
    return get_group_symbol(locale).isspace()


def _numbers(texts: Iterable[str], document: Document) -> set[Decimal]:
    return {value for text in texts for value in numbers_in(text, document.locale)}


# ---------------------------------------------------------------- enough of the customer's


def enough_numbers(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 3: enough numbers of this customer's own, and one at least beside each chart."""
    wanted = MIN_NUMBERS_TECHNICAL if bar.technical else MIN_NUMBERS
    found = _numbers(words_of(document.pages), document)
    count = len(found & bar.own) if bar.own else len(found)
    if count < wanted:
        whose = "of this customer's numbers" if bar.own else "different numbers"
        yield error(
            "few-numbers", f"the pack holds {count} {whose}, {wanted} are the least",
            "ask for more of the baseline",
        )  # fmt: skip
    for page in document.pages if bar.own else ():
        charts = [f for f in _figures(page) if f.chart not in PLANS | STUDIES]
        if charts and not any(_near(n, bar.own) for n in _page_numbers(page, document)):
            yield error(
                "evidence-without-number", f"page {page.id!r} shows a chart and no number of "
                "this customer's", "say the customer's own figure beside it", bar.place(page),
            )  # fmt: skip


def _page_numbers(page: Page, document: Document) -> set[Decimal]:
    drawn = {n for figure in _figures(page) for n in _figure_numbers(figure, document)}
    return _numbers(words_of([page]), document) | drawn


def _figures(page: Page) -> Iterator[Figure]:
    return (block for block in walk(page.blocks) if isinstance(block, Figure))


def _figure_numbers(figure: Figure, document: Document) -> Iterator[Decimal]:
    """What a chart draws and writes; of a day also its month and its day of the month."""
    for value in (*figure.params.values(), *(v for row in figure.data for v in row.values())):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield abs(Decimal(str(value)))
        elif isinstance(value, str):
            yield from numbers_in(value, document.locale)
            for day in _ISO_DAY.finditer(value):
                yield from (Decimal(part) for part in day.groups())


def _near(value: Decimal, known: Iterable[Decimal]) -> bool:
    """Whether a number is one of some, as it stands, rounded, or in thousands."""
    return any(_same(value, other) for other in known)


def _same(one: Decimal, other: Decimal) -> bool:
    if one == other:
        return True
    pairs = ((one, other), (one, other * _THOUSAND), (one * _THOUSAND, other))
    return any(_rounded(a, b) or _rounded(b, a) for a, b in pairs)


def _rounded(exact: Decimal, shown: Decimal) -> bool:
    """Whether ``shown`` is ``exact`` with fewer digits, a thousand of which may be one."""
    if not shown:
        return False
    step = min(Decimal(1).scaleb(int(shown.normalize().as_tuple().exponent)), _THOUSAND)
    return (exact / step).quantize(Decimal(1), ROUND_HALF_UP) * step == shown


# ---------------------------------------------------------------- the same value everywhere


def titles_proved(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 8: every number of a title stands on that page's exhibit."""
    for page in document.pages:
        shown: set[Decimal] = set()
        for block in walk(page.blocks):
            if isinstance(block, Figure):
                shown |= set(_figure_numbers(block, document))
            if isinstance(block, Figure | Kpis | Table):
                shown |= _numbers(block_words(block), document)
        for number in numbers_in(plain_title(page), document.locale):
            if not _near(number, shown):
                yield note(
                    "title-number", f"no exhibit on page {page.id!r} shows the {number} of its "
                    "title", "show the number, or leave it out of the title", bar.place(page),
                )  # fmt: skip


def plain_title(page: Page) -> str:
    """A page's title."""
    return plain(text_of(page.title))


def charts_agree(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 11: charts close, and agree with their words, the page's tables and the headline."""
    for page in document.pages:
        said = _numbers(words_of([page.model_copy(update={"blocks": _not_drawn(page)})]), document)
        for figure in _figures(page):
            drawn = set(_figure_numbers(figure, document)) | _numbers(
                [text_of(figure.caption)], document
            )
            for number in numbers_in(plain(figure.alt), document.locale):
                if number > MOST_COUNTED and not _near(number, drawn | said):
                    yield _differ(page, bar, f"the alt text says {number}, the chart does not")
            if figure.chart == "waterfall":
                yield from (
                    _differ(page, bar, why, code) for code, why in _residues(figure, document)
                )
            for why in _beside_tables(figure, page, document):
                yield _differ(page, bar, why)


def _not_drawn(page: Page) -> tuple[object, ...]:
    return tuple(block for block in walk(page.blocks) if not isinstance(block, Figure))


def _differ(page: Page, bar: Bar, why: str, code: str = "values-differ") -> Problem:
    return error(code, f"on page {page.id!r} {why}", "take both from the same value",
                 bar.place(page))  # fmt: skip


def _residues(figure: Figure, document: Document) -> Iterator[tuple[str, str]]:
    """Where a waterfall does not close, or a bar is not as tall as its label says."""
    level: Decimal | None = None
    for row in figure.data:
        label = str(row.get("label", ""))
        start, end = (Decimal(str(row.get(key, 0))) for key in ("start", "end"))
        total = row.get("kind") == "total"
        expected = Decimal(0) if total else level
        residue = start - expected if expected is not None else Decimal(0)
        if total and level is not None and not residue:
            residue = end - level
        if abs(residue) > Decimal("0.000001"):
            yield "waterfall-residue", f"the waterfall leaves {residue} before {label!r}"
        level = end
        tall = end if total else abs(end - start)
        for number in list(numbers_in(str(row.get("amount_label", "")), document.locale))[:1]:
            if not _same(abs(tall), number) and abs(tall) != number:
                yield "values-differ", f"{label!r} is drawn as {tall} and labelled {number}"


def _beside_tables(figure: Figure, page: Page, document: Document) -> Iterator[str]:
    """Where a table of the page gives a chart's row another value."""
    values = _by_label(figure)
    for table in (block for block in walk(page.blocks) if isinstance(block, Table)):
        for row in table.rows:
            texts = [text_of(cell.content) for cell in row]
            value = values.get(_label(texts[0])) if texts else None
            shown = _numbers(texts[1:], document)
            if value is not None and shown and not _near(abs(value), shown):
                yield f"the chart gives {texts[0]!r} {abs(value).normalize():f}, the table does not"


def _by_label(figure: Figure) -> dict[str, Decimal]:
    """What a chart says of each of its labels: a waterfall's steps, a comparison's own value."""
    found: dict[str, Decimal] = {}
    for row in figure.data:
        label = _label(str(row.get("label", "")))
        if figure.chart == "waterfall" and row.get("kind") != "total":
            found[label] = Decimal(str(row.get("end", 0))) - Decimal(str(row.get("start", 0)))
        elif figure.chart == "drivers":
            found[label] = Decimal(str(row.get("value", 0)))
    return found


def _label(text: str) -> str:
    """A label without its unit and remarks: "Downtime, h/month (estimate)" is "downtime"."""
    return " ".join(_NO_WORD.split(re.split(r"[,(]", even(text))[0])).strip().casefold()


# ---------------------------------------------------------------- over all packs of a plan


def one_core(documents: Sequence[Document]) -> list[Problem]:
    """Points 5 and 11: the packs of one plan share goal, headline value, dates and figures."""
    problems: list[Problem] = []
    if len({document.goals for document in documents}) > 1:
        problems.append(
            error("goals-differ", "the packs of this plan differ in goal, value or date",
                  "take the goal strip from the plan alone")
        )  # fmt: skip
    for code, what, key in (
        ("dates-differ", "dates of {!r}", _days),
        ("values-differ", "value of {!r}", _values),
    ):
        first: dict[str, tuple[object, str]] = {}
        for document in documents:
            for label, value in key(document):
                before, role = first.setdefault(label, (value, document.role))
                if before != value:
                    problems.append(
                        error(code, f"the {what.format(label)} is {value} for "
                              f"{document.role} and {before} for {role}",
                              "take both from the same value")
                    )  # fmt: skip
    return problems


def _days(document: Document) -> Iterator[tuple[str, object]]:
    for figure in (f for page in document.pages for f in _figures(page) if f.chart in PLANS):
        yield from (
            (str(row.get("step")), f"{row.get('start')} to {row.get('end')}") for row in figure.data
        )


def _values(document: Document) -> Iterator[tuple[str, object]]:
    for figure in (f for page in document.pages for f in _figures(page)):
        yield from ((f"{figure.chart}: {label}", v) for label, v in _by_label(figure).items())


# ---------------------------------------------------------------- estimates


def estimates(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 13: estimates are labelled, and none stands in a title."""
    stem = _ESTIMATE.get(document.language, "estim")
    yield from _headline(document, bar, stem)
    for page in document.pages:
        title = plain_title(page)
        for number in numbers_in(title, document.locale):
            estimated = any(_in_title(number, e.label, e.value, title) for e in bar.estimates)
            if estimated and not _near(number, bar.confirmed):
                yield error(
                    "estimate-in-title", f"the title of page {page.id!r} says {number}, "
                    "which is an estimate", "say it in the text, labelled", bar.place(page),
                )  # fmt: skip
        for what in _unlabelled(page, document, bar, stem):
            yield error(
                "estimate-unlabelled", f"{what} on page {page.id!r} is an estimate and does not "
                "say so", "write (estimate) beside it", bar.place(page),
            )  # fmt: skip


def _headline(document: Document, bar: Bar, stem: str) -> Iterator[Problem]:
    """The goal strip's value says how much of it is confirmed, or that it is an estimate."""
    confirmed = FRAMES[document.language].of_which_confirmed if document.language in FRAMES else ""
    sure = confirmed.format("").strip()
    for goal in document.goals:
        guessed = {abs(e.value) for e in bar.estimates} - bar.confirmed
        shown = {n for n in numbers_in(goal.value, document.locale) if n >= _THOUSAND}
        said = goal.value.casefold()
        if shown & guessed and stem not in said and not (sure and sure in said):
            yield error(
                "estimate-unlabelled", f"{goal.value!r} in the goal strip is an estimate and does "
                "not say so", "write (estimate) beside it",
            )  # fmt: skip


def _in_title(number: Decimal, label: str, value: Decimal, title: str) -> bool:
    """A small number is an estimate's only beside a word of its label."""
    if number not in (abs(value), abs(value) / _THOUSAND):
        return False
    words = {word for word in _label(label).split() if len(word) > 3}
    return number >= 1000 or bool(words & set(_NO_WORD.split(title.casefold())))


def _unlabelled(page: Page, document: Document, bar: Bar, stem: str) -> Iterator[str]:
    for block in walk(page.blocks):
        match block:
            case Figure():
                labels = [str(row.get("label", "")) for row in block.data]
                words = " ".join([text_of(block.caption), block.alt, *labels]).casefold()
                guessed = any(row.get("estimate") is True for row in block.data)
                if guessed and stem not in words:
                    yield f"a bar or dot of the chart {block.chart!r}"
            case Kpis():
                for card in block.cards:
                    label = plain(text_of(card.label))
                    if stem not in f"{card.unit} {label}".casefold():
                        yield from _is_estimate(label, [card.value], document, bar)
            case Table():
                head = [text_of(cell.content) for cell in block.header]
                for row in block.rows:
                    texts = [text_of(cell.content) for cell in row]
                    about = " ".join([text_of(block.caption), *head, *texts]).casefold()
                    if stem not in about:
                        yield from _is_estimate(texts[0], texts[1:], document, bar)


def _is_estimate(label: str, texts: Iterable[str], document: Document, bar: Bar) -> Iterator[str]:
    shown = _numbers(texts, document)
    wanted = _label(label)
    for estimate in bar.estimates:
        if wanted.startswith(_label(estimate.label)) and abs(estimate.value) in shown:
            yield repr(label)


# ---------------------------------------------------------------- one locale

_COMMA = re.compile(r"(?<![\w.,])\d+,\d{1,2}(?![\w,])|(?<![\w.,])\d{1,3}(?:\.\d{3})+,\d+")
_POINT = re.compile(r"(?<![\w.,:])\d+\.\d{1,2}(?![\w.])|(?<![\w.,])\d{1,3}(?:,\d{3})+\.\d+")
_VERSION = re.compile(r"(?:versione?|version|fassung|stand|v\.?|n[°ºo]\.?|nr\.)\s*$", re.IGNORECASE)
_CURRENCY = re.compile(
    r"(?<![A-Z])(USD|EUR|GBP|CHF|JPY|CNY|CAD|AUD|MXN|BRL|INR|SEK|NOK|DKK|PLN)(?![A-Z])|([$€£¥])"
)
_NUMERIC_DAY = re.compile(r"(?<![\w/])(?:\d{1,2}/\d{1,2}/(?:\d\d){1,2}|\d{4}-\d\d-\d\d)(?![\w/])")
_SYSTEMS = (("°C", "°F"), ("kg", "lb"), ("L", "gal"), ("bar", "psi"), ("m", "ft"), ("km", "mi"))
_LANGUAGES = ("en", "de", "fr")


def one_locale(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 12: decimals, currency, dates and units are written in one way."""
    texts = [(page, text) for page in document.pages for text in _own_words(page)]
    texts = [(page, _unquoted(text, bar)) for page, text in texts]
    wrong, sign = (_COMMA, "a decimal comma") if _uses_point(document) else (
        _POINT, "a decimal point"
    )  # fmt: skip
    for page, text in texts:
        for found in wrong.finditer(text):
            if not _VERSION.search(text[: found.start()]):
                yield _mixed("locale", page, bar, f"{found[0]!r} has {sign}")
    yield from _one_of_each(texts, document, bar)
    yield from _one_date_form(texts, document, bar)


def _own_words(page: Page) -> Iterator[str]:
    yield plain(text_of(page.title))
    for block in walk(page.blocks):
        if not isinstance(block, Quote):
            yield from (plain(text_of(line)) for line in lines_of(block))
            if isinstance(block, Kpis):
                yield from (plain(f"{card.value} {card.unit}") for card in block.cards)


def _unquoted(text: str, bar: Bar) -> str:
    """A text without the customer's own words."""
    shown = even(text)
    for start, end in reversed(quoted_spans(shown, bar.secrets)):
        shown = f"{shown[:start]} {shown[end:]}"
    return shown


def _uses_point(document: Document) -> bool:
    return str(Locale.parse(document.locale).number_symbols["latn"]["decimal"]) == "."


def _mixed(what: str, page: Page, bar: Bar, why: str) -> Problem:
    return error(f"mixed-{what}", f"on page {page.id!r} {why}",
                 "write it as the rest of the pack does", bar.place(page))  # fmt: skip


def _one_of_each(
    texts: Sequence[tuple[Page, str]], document: Document, bar: Bar
) -> Iterator[Problem]:
    """One currency, written in one way; one system of units."""
    money: str | None = None
    measured: dict[tuple[str, str], str] = {}
    for page, text in texts:
        for found in _CURRENCY.finditer(text):
            money = money or found[0]
            if found[0] != money:
                yield _mixed(
                    "currency", page, bar, f"an amount is in {found[0]}, others in {money}"
                )
        for pair in _SYSTEMS:
            for unit in pair:
                measures = re.search(rf"\d\s?{unit}(?![\w²³])", text)
                if measures and measured.setdefault(pair, unit) != unit:
                    yield _mixed("units", page, bar, f"{unit} stands beside {measured[pair]}")


def _one_date_form(
    texts: Sequence[tuple[Page, str]], document: Document, bar: Bar
) -> Iterator[Problem]:
    language = Locale.parse(document.locale).language
    own = _months(language)
    others = {m for other in _LANGUAGES if other != language for m in _months(other)} - own
    month = "|".join(map(re.escape, sorted(own, key=len, reverse=True)))
    foreign = "|".join(map(re.escape, sorted(others, key=len, reverse=True)))
    forms = {
        "day before month": re.compile(rf"\b\d{{1,2}}\.? (?:{month})\b"),
        "month before day": re.compile(rf"\b(?:{month}) \d{{1,2}}(?:,|\b)(?! ?\d)"),
        "digits only": _NUMERIC_DAY,
        "another language": re.compile(
            rf"\b(?:\d{{1,2}}\.? (?:{foreign})|(?:{foreign}) \d{{4}})\b"
        ),
    }
    first = ""
    for page, text in texts:
        for form, pattern in forms.items():
            if found := pattern.search(text):
                first = first or form
                if form != first or form == "another language":
                    yield _mixed("dates", page, bar, f"{found[0]!r} is a date in another form")


def _months(language: str) -> set[str]:
    """A language's names of months, long and short (those of four letters or more)."""
    return {
        name
        for width in ("wide", "abbreviated")
        for name in get_month_names(width, locale=Locale(language)).values()
        if len(name) > 2
    }
