"""The quality bar's points on words and form: pages, names, titles, sources, contact, ask.

Each rule takes a Document and the Bar that it is measured against, and gives problems.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise, zip_longest

from babel import Locale
from babel.dates import format_date, get_month_names

from winlab.document import (
    Block,
    Callout,
    Columns,
    Contacts,
    Contents,
    Document,
    Figure,
    Heading,
    Kpis,
    Note,
    Page,
    Quote,
    Stamp,
    Table,
    flat,
    lines_of,
    notes_on,
    text_of,
    walk,
)
from winlab.facts import Audience
from winlab.leaks import Secrets, even, quoted_spans, within
from winlab.peers import MIN_REFERENCE_MATCHES
from winlab.problems import NOWHERE, Place, Problem, error, note
from winlab.wording import long_date, short_date

MIN_NAMED_PAGES = 0.7
MAX_TITLE = 110
MIN_TITLE_WORDS = 3
MAX_EXHIBITS = 2
MIN_SENTENCE_WORDS = 5
NEARLY = 0.85
"""How alike a name must be, from 0 to 1, to be taken for the customer's, misspelt."""
PLANS = frozenset({"gantt"})
"""Charts of what is proposed, which no source can prove."""
PLACEHOLDERS = re.compile(
    r"\{\{|\}\}|\{%|\bTBD\b|\bNaN\b|\b[Ll]orem\b|\[[Cc]ustomer\]|[\ufdd0-\ufdd3]"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SPACE = re.compile(r"\s{2,}|[^\S ]")  # a single blank may stay as it is
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True)
class Estimate:
    """A figure that nobody has confirmed, under the label that it is printed with."""

    label: str
    value: Decimal


@dataclass(frozen=True)
class Shown:
    """The reference that a pack names: how many of its four traits fit, and whether it may."""

    name: str
    matches: int
    permitted: bool


@dataclass(frozen=True)
class Bar:
    """What a pack is measured against: its bounds, and who it is for.

    What is not known is left out, and the rules that need it pass.
    ``stem`` is the name of its files without extension. Only a customer's pack is searched for
    secrets, but the quoted words hold for every pack. ``own`` are the numbers of this customer
    alone (empty: not known, any number counts); ``pains`` its own words of its problems.
    ``places`` are the pages' lines in the template.
    """

    pages: tuple[int, int] | None = None
    technical: bool = False
    expires: date | None = None
    rep: tuple[str, str, str] = ("", "", "")  # name, phone, e-mail
    secrets: Secrets = field(default_factory=Secrets)
    stem: str = ""
    own: frozenset[Decimal] = frozenset()
    estimates: tuple[Estimate, ...] = ()
    confirmed: frozenset[Decimal] = frozenset()
    pains: tuple[str, ...] = ()
    reference: Shown | None = None
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """A digest of all that a pack is measured against; places are none of it."""
        parts = [
            self.pages, self.technical, self.expires, self.rep, self.secrets.digest, self.stem,
            sorted(self.own), self.estimates, sorted(self.confirmed), self.pains, self.reference,
        ]  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def place(self, page: Page) -> Place:
        """The template's line that begins a page, where it is known."""
        return self.places.get(page.id, NOWHERE)


# ---------------------------------------------------------------- the words of a Document


def plain(text: str) -> str:
    """Text with plain spaces."""
    return _SPACE.sub(" ", text)


def words_of(pages: Iterable[Page]) -> Iterator[str]:
    """Every piece of text of some pages, titles first."""
    for page in pages:
        yield plain(text_of(page.title))
        for block in walk(page.blocks):
            yield from block_words(block)


def block_words(block: Block) -> Iterator[str]:
    """Every piece of text that a block itself holds."""
    yield from (plain(text_of(line)) for line in lines_of(block))
    match block:
        case Kpis():
            yield from (plain(card.value) for card in block.cards)
            yield from (plain(f"{card.value} {card.unit}") for card in block.cards)
        case Quote():
            yield plain(block.by)
        case Figure():
            yield plain(block.alt)


def all_text(document: Document) -> Iterator[str]:
    """Every piece of text of a Document, what only metadata and charts hold included."""
    yield from (document.title, document.running, document.confidentiality)
    yield from (f"{goal.label} {goal.value}" for goal in document.goals)
    yield from (source.text for source in document.sources)
    yield from words_of(document.pages)
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


def sentences(texts: Iterable[str]) -> Iterator[str]:
    """The sentences of some texts, those of a few words left out."""
    for text in texts:
        for sentence in _SENTENCE.split(plain(text).strip()):
            if len(sentence.split()) >= MIN_SENTENCE_WORDS:
                yield sentence


# ---------------------------------------------------------------- pages and titles


def page_bounds(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 1: the page count is exact or within bounds; only too many pages block."""
    if bar.pages is None:
        return
    least, most = bar.pages
    count = len(document.pages)
    if not least <= count <= most:
        bounds = f"exactly {most}" if least == most else f"{least} to {most}"
        found = error if count > most else note
        yield found(
            "page-bounds", f"the {document.role} pack has {count} pages, not {bounds}",
            "change the template's pages, or its bounds",
        )  # fmt: skip


def titles(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 7: each title is a sentence of at most two lines, and says something of its own."""
    seen: dict[str, str] = {}
    for page in document.pages:
        title = plain(text_of(page.title)).strip()
        if len(title) > MAX_TITLE:
            yield note(
                "title-long", f"the title of page {page.id!r} has {len(title)} characters",
                f"two lines hold about {MAX_TITLE}", bar.place(page),
            )  # fmt: skip
        if len(title.split()) < MIN_TITLE_WORDS or title.endswith((":", "…")):
            yield note(
                "title-short", f"the title of page {page.id!r} is no sentence",
                "say the page's point", bar.place(page),
            )  # fmt: skip
        if title in seen:
            yield note(
                "title-twice", f"pages {seen[title]!r} and {page.id!r} have the same title",
                "the titles alone should tell the story", bar.place(page),
            )  # fmt: skip
        seen.setdefault(title, page.id)


def exhibits(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 9: at most two exhibits a page, technical packs excepted."""
    if bar.technical:
        return
    for page in document.pages:
        count = sum(isinstance(block, Figure | Table) for block in walk(page.blocks))
        charts = sum(isinstance(block, Figure) for block in walk(page.blocks))
        if charts > MAX_EXHIBITS or count > MAX_EXHIBITS + 1:
            yield note(
                "many-exhibits", f"page {page.id!r} has {count} charts and tables",
                "spread them over pages", bar.place(page),
            )  # fmt: skip


def stranded(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 16: no heading stands with nothing under it."""
    for page in document.pages:
        for one, after in _followed(page.blocks):
            if isinstance(one, Heading) and (after is None or isinstance(after, Heading)):
                if isinstance(after, Heading) and after.level > one.level:
                    continue
                yield note(
                    "stranded-heading", f"on page {page.id!r} nothing stands under "
                    f"{text_of(one.content)!r}", "take the heading out, or give it text",
                    bar.place(page),
                )  # fmt: skip


def _followed(blocks: tuple[Block, ...]) -> Iterator[tuple[Block, Block | None]]:
    """Each block of a page with the one under it, boxes and columns by themselves."""
    here = flat(blocks)
    yield from zip_longest(here, here[1:])
    for block in here:
        if isinstance(block, Columns):
            for column in block.columns:
                yield from _followed(column)
        elif isinstance(block, Callout):
            yield from _followed(block.blocks)


# ---------------------------------------------------------------- what may not stand there


def placeholders(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 14: nothing that was to be filled in."""
    for page in document.pages:
        for text in words_of([page]):
            if found := placeholder(text, bar.secrets):
                own = bar.secrets.holding(found)
                yield error(
                    "placeholder", f"page {page.id!r} holds {found!r}: {text[:60]!r}",
                    "mend the template or the content", own if str(own) else bar.place(page),
                )  # fmt: skip


def placeholder(text: str, secrets: Secrets) -> str:
    """The first placeholder outside of quoted words; "None" is one only where it stands alone."""
    if text.strip() == "None":
        return "None"
    shown = even(text)
    hits = list(PLACEHOLDERS.finditer(shown))
    quoted = quoted_spans(shown, secrets) if hits else []
    return next((hit[0] for hit in hits if not within(hit.span(), quoted)), "")


def said_twice(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 6: no sentence twice, running heads and the goal strip aside."""
    seen: dict[str, str] = {}
    for page in document.pages:
        for block in walk(page.blocks):
            if isinstance(block, (Contents, Contacts)):
                continue
            for sentence in sentences(text_of(line) for line in lines_of(block)):
                same = sentence.casefold().rstrip(".!?")
                if same in seen:
                    yield note(
                        "said-twice", f"{sentence!r} stands on pages {seen[same]!r} and "
                        f"{page.id!r}", "say it once", bar.place(page),
                    )  # fmt: skip
                seen.setdefault(same, page.id)


# ---------------------------------------------------------------- the customer


def named(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 2: the customer's name on page 1 and on most pages, spelt as in master data."""
    if not document.customer:
        return
    head = f"{document.running} {document.confidentiality}"
    pages = [f"{' '.join(words_of([page]))} {head}" for page in document.pages]
    if not pages or document.customer not in pages[0]:
        yield note(
            "customer-not-named", f"page 1 does not name {document.customer}",
            "name the customer as in the accounts table",
        )  # fmt: skip
    with_name = sum(document.customer in text for text in pages)
    if with_name < MIN_NAMED_PAGES * len(pages):
        yield note(
            "customer-rarely-named", f"{document.customer} stands on {with_name} pages only",
            "name the customer on most pages",
        )  # fmt: skip
    for page in document.pages:
        for wrong in dict.fromkeys(_misspelt(document.customer, words_of([page]), bar.secrets)):
            yield note(
                "customer-misspelt", f"page {page.id!r} says {wrong!r}; the customer is "
                f"{document.customer}", "spell the customer as in the accounts table",
                bar.place(page),
            )  # fmt: skip


_WORD = re.compile(r"[^\W_]+(?:[-&.'’][^\W_]+)*")
_GENITIVE = re.compile(r"['’]s?$")


def _misspelt(name: str, texts: Iterable[str], secrets: Secrets) -> Iterator[str]:
    """Words that are nearly a name and not that name, quoted ones aside."""
    wanted = _joined(name)
    count = len(_WORD.findall(name))
    for text in map(even, texts):
        found = list(_WORD.finditer(text))
        quoted: list[tuple[int, int]] | None = None
        for size in {max(count - 1, 1), count, count + 1}:
            for first in range(len(found) - size + 1):
                start, end = found[first].start(), found[first + size - 1].end()
                said = _GENITIVE.sub("", text[start:end])
                joined = _joined(said)
                if abs(len(joined) - len(wanted)) > 2 or joined[:1] != wanted[:1]:
                    continue
                if said == name or not _alike(joined, wanted) or name in text[start : end + 2]:
                    continue
                quoted = quoted_spans(text, secrets) if quoted is None else quoted
                if not within((start, end), quoted):
                    yield said


def _joined(name: str) -> str:
    return "".join(_WORD.findall(name)).casefold()


def _alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= NEARLY


def pain(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 20: the pain in the customer's words stands on page 1."""
    if not bar.pains or not document.pages:
        return
    quotes = [
        plain(text_of(block.content))
        for block in walk(document.pages[0].blocks)
        if isinstance(block, Quote)
    ]
    if not any(plain(words) in quote for words in bar.pains for quote in quotes):
        yield note(
            "no-pain", "page 1 does not quote the customer's words",
            "add :::{quote} with a pain of the plan", bar.place(document.pages[0]),
        )  # fmt: skip


# ---------------------------------------------------------------- sources and the reference


def sources(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 10: each note resolves, each source has a date, each page of numbers a source."""
    known = {source.id: source.text for source in document.sources}
    for page in document.pages:
        lines = [page.title, *(line for b in walk(page.blocks) for line in lines_of(b))]
        noted = dict.fromkeys(
            part.source for line in lines for part in line if isinstance(part, Note)
        )
        for source in noted:
            if source not in known:
                yield error(
                    "note-unresolved", f"a note on page {page.id!r} has no source",
                    "cite it with cite(…)", bar.place(page),
                )  # fmt: skip
            elif not _YEAR.search(known[source]):
                yield error(
                    "source-undated", f"a source on page {page.id!r} has no date: "
                    f"{known[source]!r}", "say its year in the cite(…)", bar.place(page),
                )  # fmt: skip
        drawn = [b for b in walk(page.blocks) if isinstance(b, Figure) and b.chart not in PLANS]
        if drawn and not notes_on(page) and document.audience is Audience.CUSTOMER:
            yield error(
                "exhibit-unsourced", f"the chart on page {page.id!r} has no source",
                "end its caption with cite(…)", bar.place(page),
            )  # fmt: skip


def reference(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 18: the reference that is named fits, and may be named."""
    shown = bar.reference
    if shown is None or shown.name not in " ".join(words_of(document.pages)):
        return
    if shown.matches < MIN_REFERENCE_MATCHES:
        yield error(
            "reference-unfit", f"{shown.name} shares {shown.matches} of industry, application, "
            "size and region with the customer", "name a reference that shares two, or none",
        )  # fmt: skip
    if not shown.permitted:
        yield error(
            "reference-expired", f"the permission to name {shown.name} has ended",
            "renew it, or take the reference out",
        )  # fmt: skip


# ---------------------------------------------------------------- contact, validity, ask


def contact(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 19: a named contact, phone, e-mail, issue date, expiry and version."""
    text = " ".join(words_of(document.pages))
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
    if bar.expires is None:
        return
    locale = Locale.parse(document.locale)
    forms = [long_date(bar.expires, locale), short_date(bar.expires, locale)]
    forms += [format_date(bar.expires, length, locale=locale) for length in ("long", "medium")]
    if not any(plain(form) in text for form in forms):
        yield error("no-validity", f"the pack does not say that it is valid until {forms[0]}",
                    "print {{ valid_until | date }} in the contact block")  # fmt: skip


def ask(document: Document, bar: Bar) -> Iterator[Problem]:
    """Point 20: the pack ends with one dated ask and an owner on both sides.

    A pack that is for no customer has nobody to name on the other side.
    """
    asks = [
        (page, block)
        for page in document.pages
        for block in walk(page.blocks)
        if isinstance(block, Callout) and block.tone == "ask"
    ]
    if not asks or not _dated(_callout_text(asks[-1][1]), document):
        yield note("no-ask", "the pack does not end with a dated ask",
                   "add :::{callout} ask, with its day")  # fmt: skip
        return
    page, last = asks[-1]
    after = document.pages[document.pages.index(page) + 1 :]
    if any(not other.id.startswith("appendix") for other in after):
        yield note(
            "ask-not-last", f"the last ask stands on page {page.id!r}, and pages follow it",
            "end with the ask, before an appendix", bar.place(page),
        )  # fmt: skip
    owned = not document.customer or _owner_there(last, document, bar)
    if bar.rep[0] not in _callout_text(last) or not owned:
        yield note(
            "ask-unowned", f"the ask on page {page.id!r} does not name who owns it on both sides",
            "add :aside: lines with both owners", bar.place(page),
        )  # fmt: skip


def _owner_there(asked: Callout, document: Document, bar: Bar) -> bool:
    """Whether an ask's aside names somebody besides our own contact."""
    aside = " ".join(text_of(line) for line in asked.aside)
    words = aside.replace(bar.rep[0], "").replace(document.company, "").split()
    return any(
        one[0].isupper() and one[-1].isalpha() and other[0].isupper()
        for one, other in pairwise(words)
    )


def _dated(text: str, document: Document) -> bool:
    locale = Locale.parse(document.locale)
    months: set[str] = {
        name.rstrip(".").casefold()
        for width in ("wide", "abbreviated")
        for name in get_month_names(width, locale=locale).values()
    }
    words: set[str] = {word.casefold() for word in _WORD.findall(text)}
    names_day = _YEAR.search(text) is not None or not words.isdisjoint(months)
    return names_day and re.search(r"\d", text) is not None


def _callout_text(asked: Callout) -> str:
    lines = [line for block in walk(asked.blocks) for line in lines_of(block)]
    return plain(" ".join(text_of(line) for line in (*lines, *asked.aside)))
