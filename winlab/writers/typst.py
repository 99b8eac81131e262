"""Document → one PDF that is PDF/A-3a and PDF/UA-1 at once, set by Typst.

Same input, same bytes. All words go over as JSON to the brand's theme, which lays them out, so
that none is ever markup. Nothing is read but what lies beside the theme.
"""

from __future__ import annotations

import calendar
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from importlib.metadata import version as installed
from itertools import pairwise, zip_longest
from typing import TypeAlias

import pypdfium2
import typst
from pydantic import JsonValue

from winlab import charts
from winlab.brand import Brand, Type
from winlab.document import (
    Block,
    Callout,
    Columns,
    Contacts,
    Contents,
    Document,
    Figure,
    Heading,
    Inlines,
    Items,
    Kpis,
    Note,
    Page,
    Paragraph,
    Quote,
    Table,
    Text,
    note_numbers,
    notes_on,
)
from winlab.problems import Place, Problem, Stopped, error, grouped
from winlab.writers import (
    ASIDE_SHARE,
    CALLOUT_PAD,
    CARD_GAP,
    CONTENTS_NUMBER,
    ITEM_INDENT,
    KEPT,
    LOGO_GAP,
    LONGEST_DAY,
    LONGEST_VERSION,
    NUMBER_INDENT,
    Words,
    Written,
    card_tone,
    cell_gaps,
    company_parts,
    foot_line,
    goal_places,
    legal,
    shares,
    stacked,
    table_widths,
    text_problems,
)

ENGINE = f"typst {installed('typst')}"
"""Part of a pack's fingerprint: another engine may set other lines or cut fonts otherwise."""
HEAD_TOP = 26.0
"""From the paper's edge to the running head."""
HEAD_GAP = 12.0
"""Between the company's name and who the pack is for."""
FOOT_TOP = 22.0
"""From the text to the foot."""
_TOLERANCE = 1.5

Json: TypeAlias = "dict[str, JsonValue]"
Runs: TypeAlias = "list[JsonValue]"
"""Pieces of a line: words with their style, notes, and pieces that stay on one line."""


def pdf(document: Document, brand: Brand, issued: date, version: str) -> Written:
    """The document as PDF. Problems name what could not be drawn or did not fit its page.

    Raises :class:`winlab.problems.Stopped` if a chart cannot be drawn at all, or if the theme
    cannot be followed.
    """
    setter = _setter(brand)
    words = Words(document, issued, version, note_numbers(document.pages))
    pages = _Pages(words, brand, drawn=True)
    data, problems = setter.compiled(pages.data(document.pages), issued)
    problems += text_problems(document, brand)
    sheets = _sheets(data)
    if sheets != len(document.pages):
        problems.append(
            error("page-overflow", f"{len(document.pages)} pages need {sheets} sheets of paper",
                  "shorten the text, or give blocks that may go a priority")
        )  # fmt: skip
    problems += _margins_overflown(setter, document, brand)
    return Written(data, tuple(grouped(problems)))


def _sheets(data: bytes) -> int:
    opened = pypdfium2.PdfDocument(data)
    try:
        return len(opened)
    finally:
        opened.close()


def heights(document: Document, pages: Sequence[Page], brand: Brand) -> list[float]:
    """The natural height of each page's content, in points; charts are only given their room.

    ``pages`` are some of the document's, whose notes keep the numbers that they have in it.
    """
    if not pages:
        return []
    setter = _setter(brand)
    words = Words(document, LONGEST_DAY, LONGEST_VERSION, note_numbers(document.pages))
    setter.measured(_Pages(words, brand, drawn=False).data(pages))
    found = setter.asked("heights")
    assert isinstance(found, list)
    return [float(str(height)) for height in found]


def theme_faults(brand: Brand) -> list[Problem]:
    """Why the brand's theme cannot be followed, tried without pages."""
    nothing: Json = {
        "title": "", "author": "", "description": "", "language": "en", "foot": [], "pages": [],
        "head": {"name": [], "rest": [], "running": [], "stacked": False, "goals": []},
    }  # fmt: skip
    try:
        _setter(brand).measured(nothing)
    except Stopped as stopped:
        return list(stopped.problems)
    return []


def _margins_overflown(setter: _Setter, document: Document, brand: Brand) -> Iterator[Problem]:
    """The running head and the foot where they are higher than the margin that they stand in."""
    margins = brand.file.margins
    goals = " ".join(f"{goal.label} {goal.value}" for goal in document.goals)
    for name, where, room, text in (
        ("head-top", "the running head", margins.top - HEAD_TOP, document.running),
        ("head", "the running head", margins.top - HEAD_TOP, goals),
        ("foot", "the foot", margins.bottom - FOOT_TOP, foot_line(document, brand)),
    ):
        if float(str(setter.asked(name))) > room + _TOLERANCE:
            shown = text if len(text) <= 40 else f"{text[:40]}…"
            yield error("overflow", f"{where} has no room for {shown!r}",
                        "shorten it, or give it more room")  # fmt: skip
            if name == "head-top":
                return


# ---------------------------------------------------------------- the engine


class _Setter:
    """A compiler of one brand's theme, kept warm: what two packs share is set once."""

    def __init__(self, brand: Brand) -> None:
        self.theme = brand.theme_file
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(brand.font_folder)],
        )
        families = fonts.families()
        named = brand.file.fonts.document
        self.family = named if named in families else families[0]
        self.compiler = typst.Compiler(
            input=str(brand.theme_path), root=str(brand.theme_path.parent), font_paths=fonts
        )
        self.brand = _brand_data(brand, self.family)

    def compiled(self, pages: Json, issued: date) -> tuple[bytes, list[Problem]]:
        """The pages as PDF, and what Typst says of them."""
        day: JsonValue = [issued.year, issued.month, issued.day]
        try:
            data, warned = self.compiler.compile_with_warnings(
                format="pdf",
                sys_inputs=self._inputs({**pages, "issued": day}),
                pdf_standards=["ua-1", "a-3a"],
                timestamp=calendar.timegm(issued.timetuple()),
            )
        except typst.TypstError as exc:
            raise self._stopped(exc) from None
        assert isinstance(data, bytes)
        return data, [
            error("theme", warning.message, "correct what it names", self._place(warning))
            for warning in warned
        ]

    def measured(self, pages: Json) -> None:
        """Lays the pages out without writing them, for :meth:`asked`."""
        try:
            self.compiler.compile(format="svg", sys_inputs=self._inputs({**pages, "issued": None}))
        except typst.TypstError as exc:
            raise self._stopped(exc) from None

    def asked(self, label: str) -> JsonValue:
        """What the theme says under a label of the pages that were set last."""
        try:
            found: JsonValue = json.loads(self.compiler.query(f"<{label}>", field="value"))
        except typst.TypstError as exc:
            raise self._stopped(exc) from None
        if not isinstance(found, list) or not found:
            raise Stopped(
                [error("theme", f"the theme says nothing under <{label}>",
                       "keep the metadata at its end", Place(self.theme))]
            )  # fmt: skip
        return found[0]

    def _inputs(self, pages: Json) -> dict[str, str]:
        return {"brand": self.brand, "pages": json.dumps(pages)}

    def _stopped(self, exc: typst.TypstError) -> Stopped:
        hint = "; ".join(exc.hints) or "correct what it names"
        return Stopped([error("theme", exc.message, hint, self._place(exc))])

    def _place(self, said: typst.TypstError | typst.TypstWarning) -> Place:
        at = re.search(r"┌─ \S+:(\d+):(\d+)", said.diagnostic)
        return Place(self.theme, int(at[1]), int(at[2]) + 1) if at else Place(self.theme)


@lru_cache(maxsize=4)
def _setter(brand: Brand) -> _Setter:
    return _Setter(brand)


def _brand_data(brand: Brand, family: str) -> str:
    """What of a brand the theme builds on, as JSON: the same for all packs."""
    file = brand.file
    data: Json = {
        "font": family,
        "colours": file.colours.model_dump(),
        "space": file.space.model_dump(),
        "type": {name: _type(kind, brand) for name, kind in file.type.items()},
        "paper": [*brand.page_size],
        "margins": file.margins.model_dump(),
        "head_top": HEAD_TOP,
        "head_gap": HEAD_GAP,
        "foot_top": FOOT_TOP,
        "logo": {
            "svg": brand.logo, "width": brand.logo_size[0], "height": brand.logo_size[1],
            "gap": LOGO_GAP,
        },
        "pad": CALLOUT_PAD,
        "card_gap": CARD_GAP,
        "item_indent": ITEM_INDENT,
        "number_indent": NUMBER_INDENT,
        "contents_number": CONTENTS_NUMBER,
    }  # fmt: skip
    return json.dumps(data)


def _type(kind: Type, brand: Brand) -> Json:
    """A kind of text; ``above`` and ``below`` the baseline make up its leading."""
    font = next(font for font in brand.fonts if not (font.bold or font.italic))
    reach = (font.ascent - font.descent) * kind.size / 1000
    above = (kind.leading + reach) / 2
    return {
        "size": kind.size,
        "above": round(above, 4),
        "below": round(kind.leading - above, 4),
        "bold": kind.bold,
        "colour": brand.file.colours[kind.colour],
        "measure": kind.measure,
    }


# ---------------------------------------------------------------- pages


_LAST_WORD = re.compile(r"\S{1,24}\Z")
_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
_UNBROKEN = re.compile(r"[^ ]+")


@lru_cache(maxsize=4)
def _drawable(brand: Brand) -> frozenset[str]:
    """The characters that every font of the brand has and that an archive may hold."""
    codes = set(brand.fonts[0].advances).intersection(*(font.advances for font in brand.fonts))
    chars = map(chr, codes)
    shown = (char for char in chars if unicodedata.category(char) not in ("Cf", "Co", "Cs", "Cc"))
    return frozenset((*shown, " ", "\u00a0"))


class _Pages:
    """Turns pages into what the theme lays out: words, distances and widths."""

    def __init__(self, words: Words, brand: Brand, *, drawn: bool) -> None:
        self.words = words
        self.brand = brand
        self.drawn = drawn
        self.headed = False
        self.asking = False
        self.drawable = _drawable(brand)
        self.box = next(char for char in "□\ufffd?" if char in self.drawable)

    def data(self, pages: Sequence[Page]) -> Json:
        """All that the theme needs to know of some pages."""
        document = self.words.document
        name, rest = company_parts(document, self.brand)
        beside = self.brand.text_width - self.brand.logo_size[0] - LOGO_GAP
        size = self.brand.file.type.running.size
        wide = self.brand.width(f"{name}{rest}{document.running}", size, bold=True) + HEAD_GAP
        return {
            "title": self.shown(document.title),
            "author": self.shown(document.company),
            "description": self.shown(document.running),
            "language": document.language,
            "head": {
                "name": self.runs(name, "running", beside),
                "rest": self.runs(rest, "running", beside),
                "running": self.runs(document.running, "running"),
                "stacked": wide > beside,
                "goals": self.goals(),
            },
            "foot": self.runs(foot_line(document, self.brand), "running"),
            "pages": [self.page(page) for page in pages],
        }

    def goals(self) -> list[JsonValue]:
        document, brand = self.words.document, self.brand
        places = goal_places(document, brand)
        widths = [min(after - place, brand.text_width) for place, after in pairwise(places)]
        return [
            {
                "label": self.runs(goal.label, "running"),
                "value": self.runs(f" {goal.value}", "running"),
                "width": width,
            }
            for goal, width in zip_longest(document.goals, widths)
        ]

    def page(self, page: Page) -> Json:
        self.headed = False
        width = self.brand.text_width
        cover = page.layout == "cover"
        kind = "cover" if cover else "title"
        return {
            "cover": cover,
            "title": self.inline(page.title, kind, width),
            "width": self.measure(kind, width),
            "blocks": [
                {**self.block(block, width), "above": distance}
                for distance, block in stacked(self.brand, page.blocks, page)
            ],
            "sources": self.sources(page),
            "sources_above": self.brand.file.space.source + page.foot_gap,
        }

    def sources(self, page: Page) -> list[JsonValue]:
        texts = {source.id: source.text for source in self.words.document.sources}
        return [
            {
                "number": str(self.words.numbers[note]),
                "text": self.runs(f" {texts.get(note, '')}", "source"),
            }
            for note in sorted(notes_on(page), key=self.words.numbers.__getitem__)
        ]

    # ------------------------------------------------------------ words

    def shown(self, text: str) -> str:
        """Text with a box for what the fonts cannot draw; :func:`text_problems` names it."""
        text = _BLANKS.sub(" ", legal(text))
        if self.drawable.issuperset(text):
            return text
        return "".join(
            char if char in self.drawable else self.box
            for char in text
            if unicodedata.category(char) != "Cf"
        )

    def runs(self, text: str, kind: str, width: float | None = None) -> Runs:
        """Plain words of a kind of text."""
        return self.inline((Text(text=text),), kind, width or self.brand.text_width)

    def measure(self, kind: str, width: float) -> float:
        """How wide a line of a kind of text may run in its place."""
        most: float | None = getattr(self.brand.file.type, kind).measure
        return min(width, most) if most and not self.asking else width

    def inline(self, content: Inlines, kind: str, width: float) -> Runs:
        """A line's pieces. A word wider than its place may break anywhere."""
        style = getattr(self.brand.file.type, kind)
        width = self.measure(kind, width)
        out: Runs = []
        noted = False
        for part in content:
            if isinstance(part, Note):
                comma = "," if noted else ""
                _tie(out, {"note": f"{comma}{self.words.numbers[part.source]}"})
            else:
                text = part.text if isinstance(part, Text) else self.words.stamp(part)
                strong = style.bold or (isinstance(part, Text) and part.strong)
                look: Json = {"bold": True} if strong and not style.bold else {}
                if isinstance(part, Text) and part.emphasis:
                    look["italic"] = True
                out += self.pieces(self.shown(text), style, width, look, bold=strong)
            noted = isinstance(part, Note)
        return out

    def pieces(
        self, text: str, style: Type, width: float, look: Json, *, bold: bool
    ) -> Iterator[Json]:
        """A text in pieces: words as they are, codes that stay together, and words too wide."""
        done = 0
        for found in _UNBROKEN.finditer(text):
            word = found[0]
            cut = len(word) * style.size > width and (
                self.brand.width(word, style.size, bold=bold) * 1.02 > width
            )
            spans = (
                [found.span()]
                if cut
                else [
                    kept.span()
                    for kept in KEPT.finditer(text, *found.span())
                    if self.brand.width(kept[0], style.size, bold=bold) <= width
                ]
            )
            for start, end in spans:
                if start > done:
                    yield {**look, "text": text[done:start]}
                piece: Json = {**look, "text": text[start:end]}
                yield {**piece, "cut": True} if cut else {"kept": [piece]}
                done = end
        if done < len(text):
            yield {**look, "text": text[done:]}

    # ------------------------------------------------------------ blocks

    def stack(self, blocks: tuple[Block, ...], width: float) -> list[JsonValue]:
        return [
            {**self.block(block, width), "above": distance}
            for distance, block in stacked(self.brand, blocks)
        ]

    def block(self, block: Block, width: float) -> Json:
        match block:
            case Heading():
                kind = "heading" if block.level == 2 else "subheading"
                if block.level == 2:
                    self.headed = True
                level = block.level if self.headed else 2  # a gap between levels is an error
                content = self.inline(block.content, kind, width)
                return {
                    "kind": "heading", "type": kind, "level": level, "content": content,
                    "width": self.measure(kind, width),
                }  # fmt: skip
            case Paragraph():
                kind = "ask" if self.asking and block.style == "body" else block.style
                content = self.inline(block.content, kind, width)
                return {
                    "kind": "paragraph", "type": kind, "content": content,
                    "width": self.measure(kind, width),
                }  # fmt: skip
            case Items():
                inner = width - (ITEM_INDENT if block.style == "bullet" else NUMBER_INDENT)
                lines: list[JsonValue] = [self.inline(i, "body", inner) for i in block.items]
                return {
                    "kind": "items", "style": block.style, "items": lines,
                    "width": self.measure("body", width) - (width - inner),
                }  # fmt: skip
            case Quote():
                inner = width - 2 * CALLOUT_PAD - 4
                return {
                    "kind": "quote",
                    "width": self.measure("quote", inner),
                    "content": self.inline(block.content, "quote", inner),
                    "by": self.runs(block.by, "quote_by", inner) if block.by else None,
                }
            case Kpis():
                return self.cards(block, width)
            case Table():
                return self.table(block, width)
            case Figure():
                return self.figure(block, width)
            case Columns():
                gutter = self.brand.file.space.gutter
                widths = shares(width, block.widths, len(block.columns), gutter)
                columns: list[JsonValue] = [
                    self.stack(column, one)
                    for column, one in zip(block.columns, widths, strict=True)
                ]
                return {
                    "kind": "columns", "widths": [*widths], "gutter": gutter, "columns": columns
                }  # fmt: skip
            case Callout():
                return self.callout(block, width)
            case Contents():
                numbers = {page.id: n for n, page in enumerate(self.words.document.pages, 1)}
                entries: list[JsonValue] = [
                    {
                        "title": self.runs(entry.title, "entry", width - CONTENTS_NUMBER),
                        "page": str(entry.page),
                        "target": numbers.get(entry.target) if self.drawn else None,
                    }
                    for entry in block.entries
                ]
                return {"kind": "contents", "entries": entries}
            case Contacts():
                widths = shares(width, (), len(block.columns), CARD_GAP)
                contacts: list[JsonValue] = [
                    [self.inline(line, "contact", one) for line in column]
                    for column, one in zip(block.columns, widths, strict=True)
                ]
                return {"kind": "contacts", "widths": [*widths], "columns": contacts}
            case _:
                raise AssertionError(block.kind)

    def cards(self, block: Kpis, width: float) -> Json:
        widths = shares(width, (), len(block.cards), CARD_GAP)
        cards: list[JsonValue] = [
            {
                "value": self.runs(card.value, "card_value", one),
                "unit": self.runs(card.unit, "card_unit", one) if card.unit else None,
                "label": self.inline(card.label, "card_label", one),
                "tone": card_tone(card, self.brand),
            }
            for card, one in zip(block.cards, widths, strict=True)
        ]
        return {"kind": "cards", "widths": [*widths], "cards": cards}

    def table(self, block: Table, width: float) -> Json:
        widths = table_widths(block, self.brand, self.words, width)
        gaps = cell_gaps(block)
        align: list[JsonValue] = [*block.align, *["left"] * len(widths)]
        head, body = ("dense_head", "dense") if block.dense else ("table_head", "table")
        rows: list[JsonValue] = [
            [
                self.inline(cell.content, body if number else head, column - gap)
                for cell, column, gap in zip(row, widths, gaps, strict=False)
            ]
            for number, row in enumerate((block.header, *block.rows))
        ]
        return {
            "kind": "table",
            "caption": self.inline(block.caption, "caption", width) or None,
            "caption_width": self.measure("caption", width),
            "widths": [*widths],
            "gaps": [*gaps],
            "align": align[: len(widths)],
            "rows": rows,
            "head": head,
            "body": body,
            "total": block.total,
            "pad": 3.5 if block.dense else 5.5,
        }

    def figure(self, block: Figure, width: float) -> Json:
        svg = charts.svg(block, self.brand, self.words.document.locale) if self.drawn else None
        return {
            "kind": "figure",
            "svg": svg,
            "alt": self.shown(block.alt),
            "width": block.width,
            "height": block.height,
            "caption": self.inline(block.caption, "caption", width) or None,
            "caption_width": self.measure("caption", width),
        }

    def callout(self, block: Callout, width: float) -> Json:
        inner = width - 2 * CALLOUT_PAD
        self.asking = block.tone == "ask"
        widths = shares(inner, (1 - ASIDE_SHARE, ASIDE_SHARE), 2, CARD_GAP)
        kind = "aside" if self.asking else "contact"
        made: Json = {
            "kind": "callout",
            "tone": block.tone,
            "blocks": self.stack(block.blocks, widths[0] if block.aside else inner),
            "type": kind,
            "widths": [*widths],
            "aside": [self.inline(line, kind, widths[1]) for line in block.aside],
        }
        self.asking = False
        return made


def _tie(out: Runs, note: Json) -> None:
    """Appends a note's number to the word that it belongs to, both on one line."""
    last = out[-1] if out else None
    if isinstance(last, dict):
        kept = last.get("kept")
        if isinstance(kept, list):
            kept.append(note)
            return
        text = str(last.get("text", ""))
        word = None if last.get("cut") else _LAST_WORD.search(text)
        if word:
            out.pop()
            if word.start():
                out.append({**last, "text": text[: word.start()]})
            out.append({"kept": [{**last, "text": word[0]}, note]})
            return
    out.append(note)
