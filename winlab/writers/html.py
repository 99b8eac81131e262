"""Document → semantic HTML with the brand's style; the PDF writer prints it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from itertools import pairwise, zip_longest

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
    walk,
)
from winlab.writers import (
    ASIDE_SHARE,
    CALLOUT_PAD,
    CARD_GAP,
    CONTENTS_NUMBER,
    KEPT,
    LOGO_GAP,
    Words,
    card_tone,
    cell_gaps,
    company_parts,
    foot_line,
    goal_places,
    goal_widths,
    legal,
    shares,
    stacked,
    table_widths,
)

SCHEME = "winlab"
"""Fonts, logo and charts are addressed under this scheme; nothing else is ever fetched."""


def family(brand: Brand) -> str:
    """The name under which the brand's font is embedded: its own, but none that a machine has."""
    return f"{brand.file.fonts.document} of the pack"


def html(document: Document, brand: Brand, issued: date, version: str) -> str:
    """The whole document as one HTML page; fonts, logo and charts under ``winlab:`` addresses."""
    return page_source(document, brand, issued, version, style=f"{style(brand)}\n{brand.css}")


def figures(document: Document) -> list[Figure]:
    """The charts in reading order; the n-th is addressed as ``winlab:chart/n``."""
    return [b for page in document.pages for b in walk(page.blocks) if isinstance(b, Figure)]


def style(brand: Brand) -> str:
    """What of a brand's style its pack.css builds on: palette, fonts, type scale, page, logo."""
    file = brand.file
    width, height = brand.page_size
    margins = file.margins
    out = [
        f"@font-face{{font-family:'{family(brand)}';src:url({SCHEME}:font/{number});"
        f"font-weight:{700 if font.bold else 400};"
        f"font-style:{'italic' if font.italic else 'normal'}}}"
        for number, font in enumerate(brand.fonts)
    ]
    names = type(file.colours).model_fields
    palette = ";".join(f"--{n.replace('_', '-')}:{getattr(file.colours, n)}" for n in names)
    out.append(f":root{{{palette}}}")
    out.append(
        f"@page{{size:{width}pt {height}pt;margin:{margins.top}pt {margins.right}pt "
        f"{margins.bottom}pt {margins.left}pt}}"
    )
    out.append(f"body{{font-family:'{family(brand)}'}}")
    running = f"font-family:'{family(brand)}';{_type(file.type.running, brand)}"
    out.append(f"@page{{@bottom-right{{{running}}}}}")
    out += [f".{name}{{{_type(kind, brand)}}}" for name, kind in file.type.items()]
    width, height = brand.logo_size
    out.append(
        f".head .logo{{background:url({SCHEME}:logo) no-repeat left center/{width}pt {height}pt;"
        f"padding-left:{width + LOGO_GAP}pt}}"
    )
    return "\n".join(out)


def _type(kind: Type, brand: Brand) -> str:
    measure = f";max-width:{kind.measure}pt" if kind.measure else ""
    return (
        f"font-size:{kind.size}pt;line-height:{kind.leading}pt;"
        f"font-weight:{700 if kind.bold else 400};color:{brand.file.colours[kind.colour]}{measure}"
    )


def page_source(
    document: Document, brand: Brand, issued: date, version: str, *, style: str = "",
    pages: Sequence[Page] | None = None,
) -> str:  # fmt: skip
    """The document as HTML, or some of its ``pages``; without a style sheet where the caller
    brings one.
    """
    writer = _Writer(Words(document, issued, version, note_numbers(document.pages)), brand)
    day = issued.isoformat()
    total = len(document.pages)
    numbers = f'@page{{@bottom-right{{content:counter(page) " / {total}"}}}}'
    shown = document.pages if pages is None else pages
    body = "".join(writer.page(index, page) for index, page in enumerate(shown))
    return (
        f'<!DOCTYPE html><html lang="{_attribute(document.language)}"><head>'
        f'<meta charset="utf-8"><title>{_text(document.title)}</title>'
        f'<meta name="author" content="{_attribute(document.company)}">'
        f'<meta name="description" content="{_attribute(document.running)}">'
        f'<meta name="generator" content="winlab">'
        f'<meta name="dcterms.created" content="{day}">'
        f'<meta name="dcterms.modified" content="{day}">'
        f"<style>{style}\n{numbers}</style></head><body>{writer.head()}{body}</body></html>"
    )


def _unbroken(code: re.Match[str]) -> str:
    """A code or a unit on one line, tied only where it could part, as in :func:`_tied`."""
    return re.sub(r"[-/]\w", r"<span class=kept>\g<0></span>", code[0])


_CLOSING = re.compile(r"(?:</\w+>)*")
_LETTER = r"(?:[^\s<>;&]|&\w+;)"
_LAST_LETTER = re.compile(rf"((?:{_LETTER}[\u00a0\u202f])?{_LETTER})((?:</\w+>)*)\Z")


def _tied(written: str, number: str) -> str:
    """A note's number after the word that it belongs to, both on one line.

    Only the word's last letter is tied to it, with a letter and a no-break space before it:
    WeasyPrint breaks the line too early before a longer span, and before one after such a space.
    """
    head, raised, tags = written.rpartition("</sup>")
    if raised and _CLOSING.fullmatch(tags):
        return f"{head}{raised}{number}{tags}"
    last = _LAST_LETTER.search(written)
    if last is None:
        return written + number
    return f"{written[: last.start()]}<span class=kept>{last[1]}{number}</span>{last[2]}"


def _text(text: str) -> str:
    return escape(legal(text), quote=False)


def _attribute(text: str) -> str:
    return escape(legal(text))


def _roomy(width: float) -> float:
    """A width for a text that surely holds it: kerning is not counted in."""
    return width * 1.02 + 1


class _Writer:
    def __init__(self, words: Words, brand: Brand) -> None:
        self.words = words
        self.brand = brand
        self.chart = 0
        self.headed = False
        self.asking = False

    def head(self) -> str:
        document, brand = self.words.document, self.brand
        name, rest = company_parts(document, brand)
        wide = _roomy(brand.width(document.running, brand.file.type.running.size))
        return (
            '<div class="head running"><p class=top>'
            f'<span class=to style="width:{min(wide, brand.text_width):.2f}pt">'
            f"{_text(document.running)}</span>"
            f"<span class=logo><b>{_text(name)}</b>{_text(rest)}</span></p>"
            f"<p class=goals>{self.goals()}</p></div>"
            f'<div class="foot running">{_text(foot_line(document, brand))}</div>'
        )

    def goals(self) -> str:
        """The goal strip; widths are said, as WeasyPrint is slow to find what a text needs."""
        document, brand = self.words.document, self.brand
        widths = goal_widths(document, brand)
        gaps = [after - place for place, after in pairwise(goal_places(document, brand))]
        out: list[str] = []
        for goal, width, room in zip_longest(document.goals, widths, gaps):
            wide = min(_roomy(width) if room is None else room, brand.text_width)
            beyond = min(width - wide, 0) if room is None else 0.0
            out.append(
                f'<span class=goal style="width:{wide:.2f}pt;margin-right:{beyond:.2f}pt">'
                f"<b>{_text(goal.label)}</b> {_text(goal.value)}</span>"
            )
        return "".join(out)

    def page(self, index: int, page: Page) -> str:
        self.headed = False
        cover = page.layout == "cover"
        title = self.inline(page.title)
        kind = "cover" if cover else "title"
        width = self.brand.text_width
        body = "".join(
            self.block(block, width, distance)
            for distance, block in stacked(self.brand, page.blocks, page)
        )
        return (
            f'<section class="page{" cover-page" if cover else ""}" id="p-{_attribute(page.id)}">'
            f"<h1 class={kind}>{title}</h1>{body}{self.sources(page)}"
            f'<div id="end-{index}"></div></section>'
        )

    def sources(self, page: Page) -> str:
        texts = {source.id: source.text for source in self.words.document.sources}
        lines = " ".join(
            f"<span><b>{self.words.numbers[note]}</b> {_text(texts.get(note, ''))}</span>"
            for note in sorted(notes_on(page), key=self.words.numbers.__getitem__)
        )
        if not lines:
            return ""
        distance = self.brand.file.space.source + page.foot_gap
        return f'<p class="source sources" style="margin-top:{distance:.2f}pt">{lines}</p>'

    def inline(self, content: Inlines) -> str:
        out: list[str] = []
        before: object = None
        for part in content:
            if isinstance(part, Note):
                comma = "," if isinstance(before, Note) else ""
                number = f"<sup>{comma}{self.words.numbers[part.source]}</sup>"
                out.append(_tied(out.pop() if out else "", number))
            elif isinstance(part, Text):
                text = KEPT.sub(_unbroken, _text(part.text))
                text = f"<em>{text}</em>" if part.emphasis else text
                out.append(f"<strong>{text}</strong>" if part.strong else text)
            else:
                out.append(_text(self.words.stamp(part)))
            before = part
        return "".join(out)

    def stack(self, blocks: tuple[Block, ...], width: float) -> str:
        return "".join(
            self.block(block, width, distance) for distance, block in stacked(self.brand, blocks)
        )

    def block(self, block: Block, width: float, distance: float) -> str:
        top = f' style="margin-top:{distance:.2f}pt"' if distance else ""
        match block:
            case Heading():
                kind = "heading" if block.level == 2 else "subheading"
                if block.level == 2:
                    self.headed = True
                tag = f"h{block.level}" if self.headed else "h2"  # readers stumble over a gap
                return f"<{tag} class={kind}{top}>{self.inline(block.content)}</{tag}>"
            case Paragraph():
                kind = "ask" if self.asking and block.style == "body" else block.style
                return f"<p class={kind}{top}>{self.inline(block.content)}</p>"
            case Items():
                return self.items(block, top)
            case Quote():
                by = f"<p class=quote_by>{_text(block.by)}</p>" if block.by else ""
                words = f"<p class=quote>{self.inline(block.content)}</p>"
                return f"<blockquote{top}>{words}{by}</blockquote>"
            case Kpis():
                return self.cards(block, width, top)
            case Table():
                return self.table(block, width, top)
            case Figure():
                return self.figure(block, top)
            case Columns():
                gutter = self.brand.file.space.gutter
                widths = shares(width, block.widths, len(block.columns), gutter)
                return self.side_by_side(
                    widths, gutter, top,
                    (self.stack(c, w) for c, w in zip(block.columns, widths, strict=True)),
                )  # fmt: skip
            case Callout():
                return self.callout(block, width, top)
            case Contents():
                room = f"width:{width - CONTENTS_NUMBER - 0.005:.2f}pt"
                lines = "".join(
                    f'<li><a class=entry style="{room}" href="#p-{_attribute(entry.target)}">'
                    f'{_text(entry.title)}</a><span class="entry number">{entry.page}</span></li>'
                    for entry in block.entries
                )
                return f"<ul class=contents{top}>{lines}</ul>"
            case Contacts():
                widths = shares(width, (), len(block.columns), CARD_GAP)
                lines_of = (
                    "".join(f"<p class=contact>{self.inline(line)}</p>" for line in column)
                    for column in block.columns
                )
                return self.side_by_side(widths, CARD_GAP, top, lines_of, "contacts")
            case _:
                raise AssertionError(block.kind)

    def items(self, block: Items, top: str) -> str:
        tag = "ol" if block.style == "number" else "ul"
        gap = self.brand.file.space.item
        lines = "".join(
            f"<li{f' style=margin-top:{gap}pt' if number else ''}>{self.inline(item)}</li>"
            for number, item in enumerate(block.items)
        )
        return f'<{tag} class="body {block.style}"{top}>{lines}</{tag}>'

    def side_by_side(
        self, widths: list[float], gutter: float, top: str, parts: Iterable[str], name: str = ""
    ) -> str:
        columns = "".join(
            f'<div style="width:{width - 0.005:.2f}pt;margin-left:{gutter if number else 0}pt">'
            f"{part}</div>"
            for number, (width, part) in enumerate(zip(widths, parts, strict=True))
        )
        return f'<div class="row {name}"{top}>{columns}</div>'

    def cards(self, block: Kpis, width: float, top: str) -> str:
        widths = shares(width, (), len(block.cards), CARD_GAP)
        parts: list[str] = []
        for card in block.cards:
            unit = f" <span class=card_unit>{_text(card.unit)}</span>" if card.unit else ""
            parts.append(
                f'<div class=card style="border-color:{card_tone(card, self.brand)}">'
                f"<p class=card_value>{_text(card.value)}{unit}</p>"
                f"<p class=card_label>{self.inline(card.label)}</p></div>"
            )
        return self.side_by_side(widths, CARD_GAP, top, parts)

    def table(self, block: Table, width: float, top: str) -> str:
        widths = table_widths(block, self.brand, self.words, width)
        gaps = cell_gaps(block)
        align = [*block.align, *["left"] * len(widths)]
        style = [
            f' class={side} style="padding-right:{gap}pt"'
            for gap, side in zip(gaps, align, strict=False)
        ]
        head_kind, kind = ("dense_head", "dense") if block.dense else ("table_head", "table")
        columns = "".join(f'<col style="width:{w:.2f}pt">' for w in widths)
        caption = self.inline(block.caption)
        caption = f"<caption class=caption>{caption}</caption>" if caption else ""
        head = "".join(
            f"<th scope=col{s}>{self.inline(cell.content)}</th>"
            for cell, s in zip(block.header, style, strict=True)
        )
        rows: list[str] = []
        for number, row in enumerate(block.rows, 1):
            total = " class=total" if block.total and number == len(block.rows) else ""
            cells = "".join(
                f"<{'td' if column else 'th scope=row'}{s}>{self.inline(cell.content)}"
                f"</{'td' if column else 'th'}>"
                for column, (cell, s) in enumerate(zip(row, style, strict=True))
            )
            rows.append(f"<tr{total}>{cells}</tr>")
        return (
            f'<table class="data {kind}"{top}>{caption}<colgroup>{columns}</colgroup>'
            f"<thead class={head_kind}><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )

    def figure(self, block: Figure, top: str) -> str:
        caption = self.inline(block.caption)
        caption = f"<figcaption class=caption>{caption}</figcaption>" if caption else ""
        source = f"{SCHEME}:chart/{self.chart}"
        self.chart += 1
        return (
            f'<figure{top}><img src="{source}" alt="{_attribute(block.alt)}" '
            f'style="width:{block.width:.2f}pt;height:{block.height:.2f}pt">{caption}</figure>'
        )

    def callout(self, block: Callout, width: float, top: str) -> str:
        inner = width - 2 * CALLOUT_PAD
        self.asking = block.tone == "ask"
        if block.aside:
            widths = shares(inner, (1 - ASIDE_SHARE, ASIDE_SHARE), 2, CARD_GAP)
            kind = "aside" if self.asking else "contact"
            aside = "".join(f"<p class={kind}>{self.inline(line)}</p>" for line in block.aside)
            parts = (self.stack(block.blocks, widths[0]), aside)
            inside = self.side_by_side(widths, CARD_GAP, "", parts)
        else:
            inside = self.stack(block.blocks, inner)
        self.asking = False
        return f'<div class="callout {block.tone}"{top}>{inside}</div>'
