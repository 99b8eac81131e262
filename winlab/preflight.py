"""Finished packs against the quality bar: each point a rule with a code.

A rule either blocks (facts, audience, names, prices, missing pages: an error) or notes a fault of
the layout that travels with the pack.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from babel.numbers import NumberFormatError, get_currency_symbol, parse_decimal
from lxml import etree

from winlab.document import (
    Callout,
    Contacts,
    Contents,
    Document,
    Figure,
    Kpis,
    Page,
    Quote,
    Stamp,
    Table,
    lines_of,
    text_of,
    walk,
)
from winlab.facts import Audience
from winlab.problems import NOWHERE, Place, Problem, error, note

MIN_NUMBERS = 5
MIN_NUMBERS_TECHNICAL = 8
MIN_NAMED_PAGES = 0.7
MAX_TITLE = 110
MAX_EXHIBITS = 2
PLACEHOLDERS = re.compile(
    r"\{\{|\}\}|\{%|\bTBD\b|\bNaN\b|\b[Ll]orem\b|\[[Cc]ustomer\]|[\ufdd0-\ufdd3]"
)
_NUMBER = re.compile(r"(?<![\w.,])\d[\d.,]*(?:%|\b)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SPACE = re.compile(r"\s+")


_AMOUNT = r"\d{1,3}(?:\s\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,'’]\d+)*"
_RANGE = rf"(?:{_AMOUNT})(?:(?:\s?[-–—/]\s?|\s(?:to|or|and|bis|oder|und|à|ou|et)\s)(?:{_AMOUNT}))?"
_JOINT = re.compile(r"[-\s]+")
_DASHES = {0x2010: "-", 0x2011: "-", 0xFFFE: "-", 0x02: "-", 0xAD: None}
_DASHES |= dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF])  # not seen


@dataclass(frozen=True)
class Secrets:
    """What a customer's file must not hold, and the words that may hold anything.

    ``codes`` (ids of ours) and ``names`` are searched as whole phrases in any case, with a hyphen
    or a space between their words; a code is no part of a hyphenated word. ``first_words`` are
    first words of rivals' names. ``amounts`` are prices in ``currency`` a unit of ``units``,
    written as ``locale`` does. ``quoted`` are the customer's own words and name: they may hold
    names and placeholders, but no amounts. ``written`` are the plan's texts and where they stand.
    """

    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    first_words: tuple[str, ...] = ()
    amounts: frozenset[Decimal] = frozenset()
    currency: str = "USD"
    units: frozenset[str] = frozenset()
    locale: str = "en_US"
    quoted: tuple[str, ...] = ()
    written: tuple[tuple[str, Place], ...] = ()

    @cached_property
    def digest(self) -> str:
        """A digest of all that is searched for."""
        parts = [
            self.codes, self.names, self.first_words, sorted(self.amounts), self.currency,
            sorted(self.units), self.locale, self.quoted,
        ]  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @cached_property
    def phrases(self) -> re.Pattern[str]:
        """Group 1 of a match is the phrase; the match is empty, so that phrases may overlap."""
        codes, names = _any_of(self.codes), _any_of(self.names)
        return re.compile(
            rf"(?<!\w)(?=((?<!-)(?:{codes})(?![\w-])|(?:{names})(?!\w)))", re.IGNORECASE
        )

    @cached_property
    def prices(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Group 1 is the amounts: behind a currency, and before a currency or a unit."""
        symbols = {get_currency_symbol(self.currency, name) for name in (self.locale, "en_US")}
        symbols -= {self.currency}
        money = "|".join([rf"\b{self.currency}\b", *map(re.escape, sorted(symbols))])
        rate = rf"\s?(?:/|[^\W\d_]{{1,4}}\s)\s?(?:{_any_of(self.units)})(?!\w)"
        return (
            re.compile(rf"(?:{money})(?:{rate})?:?\s?({_RANGE})"),
            re.compile(rf"(?<![\d.,])({_RANGE})\s?(?:{money}|{rate})"),
        )

    def origin(self, found: str) -> Place:
        """The plan's line that a word comes from, if it comes from there."""
        wanted = re.compile(rf"(?<!\w){_phrase(found)}(?!\w)", re.IGNORECASE)
        return self.place_of(lambda text: wanted.search(_even(text)) is not None)

    def holding(self, words: str) -> Place:
        """The plan's line that holds these very characters, if there is one."""
        return self.place_of(lambda text: words in text)

    def place_of(self, holds: Callable[[str], bool]) -> Place:
        """The first line of the plan whose text ``holds`` what is looked for, if there is one."""
        return next((place for text, place in self.written if holds(text)), NOWHERE)

    @cached_property
    def quotes(self) -> tuple[re.Pattern[str], ...]:
        """The quoted words, however their lines are broken."""
        return tuple(re.compile(_phrase(q), re.IGNORECASE) for q in self.quoted if q.strip())


def _any_of(phrases: Iterable[str]) -> str:
    """An alternation, the longest first; nothing matches an empty one."""
    return "|".join(_phrase(p) for p in sorted(phrases, key=len, reverse=True)) or r"(?!)"


def _phrase(words: str) -> str:
    parts = _JOINT.split(_even(words).strip())
    return r"(?:-\s*|\s)".join(re.escape(part) for part in parts)


def _even(text: str) -> str:
    """Text with plain hyphens, spaces and letters: no ligatures, no hyphens that are not seen."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).translate(_DASHES))


@dataclass(frozen=True)
class Bar:
    """What a pack is measured against: its bounds, and who it is for.

    ``stem`` is the name of its files without extension. Only a customer's pack is searched for
    secrets, but the quoted words hold for every pack.
    """

    pages: tuple[int, int]
    technical: bool
    expires: date
    rep: tuple[str, str, str]  # name, phone, e-mail
    secrets: Secrets
    stem: str = ""

    @property
    def digest(self) -> str:
        """A digest of all that a pack is measured against."""
        parts = [
            self.pages, self.technical, self.expires.isoformat(), self.rep, self.secrets.digest,
            self.stem,
        ]  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def preflight(document: Document, bar: Bar, files: Mapping[str, bytes]) -> list[Problem]:
    """All that is wrong with a finished pack: its Document, and each file by format."""
    problems = [*_pages(document, bar), *_titles(document), *_sources(document)]
    problems += _placeholders(document, bar.secrets)
    if document.audience is Audience.CUSTOMER:
        problems += [
            *_named(document),
            *_numbers(document, bar),
            *_contact(document, bar),
            *_ask(document),
            *_said_twice(document),
            *leaks(" | ".join([bar.stem, *_all_text(document)]), bar.secrets, "pack"),
        ]
    for extension, data in sorted(files.items()):
        text, pages = texts_of(extension, data)
        if pages is not None and pages != len(document.pages):
            problems.append(
                error("page-count", f"the {extension} has {pages} pages, the pack "
                      f"{len(document.pages)}", "shorten the page that spills")
            )  # fmt: skip
        if found := _placeholder(text, bar.secrets):
            problems.append(
                error("placeholder", f"the {extension} holds {found!r}",
                      "mend the template or the content",
                      bar.secrets.holding(found))
            )  # fmt: skip
        if document.audience is Audience.CUSTOMER:
            problems += leaks(text, bar.secrets, extension)
    return problems


def texts_of(extension: str, data: bytes) -> tuple[str, int | None]:
    """All text of a finished file with its metadata, and its page count where the file has one."""
    if extension == "pdf":
        return _pdf_text(data)
    return _docx_text(data), None


def _pdf_text(data: bytes) -> tuple[str, int]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        parts = [page.get_textpage().get_text_bounded() for page in document]
        parts += [str(value) for value in document.get_metadata_dict().values()]
        parts += [str(item.get_title()) for item in document.get_toc()]
        return _SPACE.sub(" ", " ".join(parts)), len(document)
    finally:
        document.close()


def _docx_text(data: bytes) -> str:
    parts: list[str] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith((".xml", ".rels", ".svg")):
                continue
            root = etree.fromstring(archive.read(name))
            parts.extend(_paragraph(line) for line in root.iter("{*}p"))
            if name.startswith("docProps/") or name.endswith(".svg"):
                parts.append(" ".join(root.itertext()))
            parts.extend(
                value
                for element in root.iter("{*}docPr", "{*}Relationship")
                for key, value in element.attrib.items()
                if key in ("descr", "title", "Target")
            )
    return _SPACE.sub(" ", " ".join(parts))


def _paragraph(line: etree._Element) -> str:
    """The words of a Word paragraph, with the hyphens that are elements of their own."""
    nodes = line.iter("{*}t", "{*}tab", "{*}noBreakHyphen")
    special = {"tab": " ", "noBreakHyphen": "-"}
    return "".join(special.get(etree.QName(n).localname, n.text or "") for n in nodes)


def leaks(text: str, secrets: Secrets, where: str) -> Iterator[Problem]:
    """Internal names and amounts in a customer's file, each once."""
    even = _even(text)
    quoted = _quoted_spans(even, secrets)
    names = {
        hit[1]: None for hit in secrets.phrases.finditer(even) if not _within(hit.span(1), quoted)
    }
    names |= dict.fromkeys(_first_words(even, secrets, quoted))
    for name in names:
        yield error(
            "internal-name", f"the {where} holds {name!r}, which a customer must not see",
            "take it out of the plan, the template or the content", secrets.origin(name),
        )  # fmt: skip
    for price in dict.fromkeys(_internal_prices(even, secrets)):
        yield error(
            "internal-price", f"the {where} holds an internal price ({price})",
            "take it out of the plan, the template or the content", secrets.origin(price),
        )  # fmt: skip


Span = tuple[int, int]


def _quoted_spans(even: str, secrets: Secrets) -> list[Span]:
    return [found.span() for quote in secrets.quotes for found in quote.finditer(even)]


def _within(span: Span, quoted: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in quoted)


def _first_words(even: str, secrets: Secrets, quoted: Sequence[Span]) -> Iterator[str]:
    for word in secrets.first_words:
        # A word that also stands in small letters ("More water", "more") is no name.
        if re.search(rf"\b{re.escape(word.lower())}\b", even):
            continue
        for found in re.finditer(rf"\b(?:{re.escape(word)}|{re.escape(word.upper())})\b", even):
            if not _within(found.span(), quoted):
                yield found[0]


def _internal_prices(even: str, secrets: Secrets) -> Iterator[str]:
    for pattern in secrets.prices:
        for found in pattern.finditer(even):
            for amount in re.finditer(_AMOUNT, found[1]):
                value = _amount(amount[0], secrets.locale)
                if value in secrets.amounts:
                    yield amount[0]


def _amount(text: str, locale: str) -> Decimal | None:
    """A number as the locale writes it, else as another one does: authors write both."""
    for name in (locale, "en_US", "de_DE"):
        try:
            return parse_decimal(_SPACE.sub("", text), locale=name, strict=True)
        except NumberFormatError:
            continue
    return None


# ---------------------------------------------------------------- rules on the Document


def _words(pages: Iterable[Page]) -> Iterator[str]:
    """Every piece of text of some pages, titles first."""
    for page in pages:
        yield _plain(text_of(page.title))
        for block in walk(page.blocks):
            yield from (_plain(text_of(line)) for line in lines_of(block))
            match block:
                case Kpis():
                    yield from (_plain(card.value) for card in block.cards)
                    yield from (_plain(f"{card.value} {card.unit}") for card in block.cards)
                case Quote():
                    yield _plain(block.by)
                case Figure():
                    yield _plain(block.alt)


def _all_text(document: Document) -> Iterator[str]:
    """Every piece of text of a Document, what only metadata and charts hold included."""
    yield from (document.title, document.running, document.confidentiality)
    yield from (f"{goal.label} {goal.value}" for goal in document.goals)
    yield from (source.text for source in document.sources)
    yield from _words(document.pages)
    for block in (block for page in document.pages for block in walk(page.blocks)):
        match block:
            case Figure():
                yield from _drawn(block)
            case Table():
                yield from _cells(block)


def _drawn(figure: Figure) -> Iterator[str]:
    """A chart's words, and its numbers behind the titles that may give them a unit."""
    titles = [value for value in figure.params.values() if isinstance(value, str)]
    yield from titles
    for value in (value for row in figure.data for value in row.values()):
        yield str(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield from (f"{title}: {value}" for title in titles)


def _cells(table: Table) -> Iterator[str]:
    """A table's cells behind the heads of their column and row, which may hold the unit."""
    heads = [text_of(cell.content) for cell in table.header]
    for row in table.rows:
        texts = [text_of(cell.content) for cell in row]
        for head, text in zip(heads, texts, strict=False):
            yield f"{head}: {text}"
            yield f"{texts[0]}: {text}"


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text)


def _pages(document: Document, bar: Bar) -> Iterator[Problem]:
    least, most = bar.pages
    count = len(document.pages)
    if not least <= count <= most:
        bounds = f"exactly {most}" if least == most else f"{least} to {most}"
        yield error(
            "page-bounds", f"the {document.role} pack has {count} pages, not {bounds}",
            "change the template's pages, or its bounds",
        )  # fmt: skip


def _titles(document: Document) -> Iterator[Problem]:
    for page in document.pages:
        title = text_of(page.title)
        if len(title) > MAX_TITLE:
            yield note(
                "title-long", f"the title of page {page.id!r} has {len(title)} characters",
                f"two lines hold about {MAX_TITLE}",
            )  # fmt: skip
        if len(title.split()) < 3:
            yield note(
                "title-short", f"the title of page {page.id!r} is no sentence", "say the point"
            )
        exhibits = sum(isinstance(block, Figure) for block in walk(page.blocks))
        if exhibits > MAX_EXHIBITS:
            yield note(
                "many-exhibits", f"page {page.id!r} has {exhibits} charts", "spread them over pages"
            )


def _sources(document: Document) -> Iterator[Problem]:
    known = {source.id for source in document.sources}
    for page in document.pages:
        for line in (line for block in walk(page.blocks) for line in lines_of(block)):
            for part in line:
                source = getattr(part, "source", None)
                if source is not None and source not in known:
                    yield error("note-unresolved", f"a note on page {page.id!r} has no source", "")


def _placeholders(document: Document, secrets: Secrets) -> Iterator[Problem]:
    for page in document.pages:
        for text in _words([page]):
            if found := _placeholder(text, secrets):
                yield error(
                    "placeholder", f"page {page.id!r} holds {found!r}: {text[:60]!r}",
                    "mend the template or the content",
                    secrets.holding(found),
                )  # fmt: skip


def _placeholder(text: str, secrets: Secrets) -> str:
    """The first placeholder outside of quoted words; "None" is one only where it stands alone."""
    if text.strip() == "None":
        return "None"
    even = _even(text)
    hits = list(PLACEHOLDERS.finditer(even))
    quoted = _quoted_spans(even, secrets) if hits else []
    return next((hit[0] for hit in hits if not _within(hit.span(), quoted)), "")


def _named(document: Document) -> Iterator[Problem]:
    head = f"{document.running} {document.confidentiality}"
    first = " ".join(_words(document.pages[:1]))
    if document.customer not in f"{first} {head}":
        yield error(
            "customer-not-named", f"page 1 does not name {document.customer}",
            "name the customer as in the accounts table",
        )  # fmt: skip
    with_name = sum(
        document.customer in f"{' '.join(_words([page]))} {head}" for page in document.pages
    )
    if with_name < MIN_NAMED_PAGES * len(document.pages):
        yield note(
            "customer-rarely-named", f"{document.customer} stands on {with_name} pages only",
            "name the customer on most pages",
        )  # fmt: skip


def _numbers(document: Document, bar: Bar) -> Iterator[Problem]:
    wanted = MIN_NUMBERS_TECHNICAL if bar.technical else MIN_NUMBERS
    found = {number for text in _words(document.pages) for number in _NUMBER.findall(text)}
    if len(found) < wanted:
        yield error(
            "few-numbers", f"the pack holds {len(found)} different numbers, {wanted} are the least",
            "ask for more of the baseline",
        )  # fmt: skip


def _contact(document: Document, bar: Bar) -> Iterator[Problem]:
    text = " ".join(_words(document.pages))
    missing = [part for part in bar.rep if part and part not in text]
    if missing:
        yield error("no-contact-block", f"the pack lacks {', '.join(missing)}",
                    "add :::{contacts} to the template")  # fmt: skip
    stamps = {
        part.what
        for page in document.pages
        for block in walk(page.blocks)
        for line in lines_of(block)
        for part in line
        if isinstance(part, Stamp)
    }
    for what in ("issued", "version"):
        if what not in stamps:
            yield error("no-validity", f"the pack does not say its {what}",
                        "print {{ issued }} and {{ version }} in the contact block")  # fmt: skip
    if str(bar.expires.year) not in text:
        yield error("no-validity", "the pack does not say how long it is valid",
                    "print {{ valid_until | date }} in the contact block")  # fmt: skip


def _ask(document: Document) -> Iterator[Problem]:
    asks = [
        block
        for page in document.pages
        for block in walk(page.blocks)
        if isinstance(block, Callout) and block.tone == "ask"
    ]
    if not asks or not any(re.search(r"\d", _callout_text(ask)) for ask in asks[-1:]):
        yield note("no-ask", "the pack does not end with a dated ask", "add :::{callout} ask")


def _callout_text(ask: Callout) -> str:
    lines = [line for block in walk(ask.blocks) for line in lines_of(block)]
    return " ".join(text_of(line) for line in (*lines, *ask.aside))


def _said_twice(document: Document) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for page in document.pages:
        for block in walk(page.blocks):
            if isinstance(block, (Contents, Contacts)):
                continue
            for sentence in _sentences(text_of(line) for line in lines_of(block)):
                if sentence in seen:
                    yield note(
                        "said-twice", f"{sentence!r} stands on pages {seen[sentence]!r} and "
                        f"{page.id!r}", "say it once",
                    )  # fmt: skip
                seen.setdefault(sentence, page.id)


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for sentence in _SENTENCE.split(text.strip()):
            if len(sentence.split()) >= 5:
                yield sentence


def one_core(documents: Sequence[Document]) -> list[Problem]:
    """The packs of one plan share goal, headline value and dates."""
    strips = {document.goals for document in documents}
    if len(strips) > 1:
        return [error("goals-differ", "the packs of this plan differ in goal, value or date", "")]
    return []
