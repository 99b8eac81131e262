"""Rendered template text → pages: Markdown and fenced directives.

The values of :mod:`winlab.marks` are put in after parsing, so none is ever read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Literal, TypeAlias, TypeVar

from babel import Locale
from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin

from winlab.document import (
    Block,
    Heading,
    Inline,
    Inlines,
    Items,
    Note,
    Page,
    Paragraph,
    Stamp,
    Table,
    TableCell,
    Text,
    text_of,
)
from winlab.inputs import Shape
from winlab.marks import PIECES, TOKEN, Data, Marks, readable, shown
from winlab.problems import Place, Problem, error
from winlab.source import Parsed, Tree, parse_yaml
from winlab.validate import did_you_mean, validate
from winlab.wording import keep_together

S = TypeVar("S", bound=Shape)


@dataclass(frozen=True)
class Node:
    """A node of parsed Markdown, and the line on which the parsed text begins."""

    node: SyntaxTreeNode
    base: int


@dataclass(frozen=True)
class Body:
    """A directive: its argument with values put in, its body, and the line of its fence."""

    argument: str
    text: str
    line: int


class _PageOptions(Shape):
    layout: Literal["content", "cover"] = "content"


_QUOTES: Mapping[str, str | list[str]] = {
    "de": "„“‚‘",
    "fr": ["«\u202f", "\u202f»", "‹\u202f", "\u202f›"],
}
_REFUSED = {
    "blockquote": ("a block quote", "write :::{quote} … ::: or :::{callout} note … :::"),
    "fence": ("a code block", "write plain paragraphs, or a table"),
    "code_block": ("a code block", "write plain paragraphs, or a table"),
    "hr": ("a horizontal rule", "delete it; a heading or a new :::{page} parts the text"),
    "html_block": ("raw HTML", "write Markdown and directives; a comment is {# … #}"),
    "html_inline": ("raw HTML", "write Markdown; for a plain < write \\<"),
    "image": ("an image", "draw a chart with :::{chart}; the logo comes from brand.toml"),
    "link": ("a link", "write the address as plain text: a pack is read on paper"),
    "hardbreak": ("a forced line break", "write two paragraphs, or a list"),
    "myst_block_break": (
        "+++ outside columns and contacts",
        "delete it, or put the parts into :::{columns} … :::",
    ),
}
_INFO = re.compile(r"\{([^{}\s]*)\}[ \t]*(.*)", re.DOTALL)
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@cache
def _markdown(language: str) -> MarkdownIt:
    reader = MarkdownIt(
        "commonmark", {"typographer": True, "quotes": _QUOTES.get(language, "“”‘’")}
    )
    reader.use(colon_fence_plugin).use(myst_block_plugin)
    reader.enable(["table", "replacements", "smartquotes"])
    return reader.disable(["code", "reference", "lheading", "myst_line_comment", "myst_target"])


Directive: TypeAlias = "Callable[[Reader, Body], list[Block]]"
"""Reads the body of a directive."""


class Reader:
    """Reads one rendered template. Lines are counted from 0 in the rendered text."""

    def __init__(
        self,
        lines: Sequence[str],
        places: Sequence[Place],
        marks: Marks,
        brief: Mapping[str, Data],
        locale: Locale,
        directives: Mapping[str, Directive],
        charts: Collection[str] | None = None,
    ) -> None:
        self.lines, self.places = lines, places
        self.marks, self.brief = marks, brief
        self.locale, self.directives = locale, directives
        self.charts = charts
        self.markdown = _markdown(locale.language)
        self.problems: list[Problem] = []

    def at(self, line: int) -> Place:
        """Where a rendered line comes from."""
        return self.places[min(max(line, 0), len(self.places) - 1)]

    def fail(self, code: str, message: str, hint: str, line: int) -> None:
        """Records an error at a line."""
        self.add(error(code, message, hint), line)

    def add(self, problem: Problem, line: int) -> None:
        """Records a problem at a line."""
        message, hint = readable(problem.message), readable(problem.hint)
        self.problems.append(replace(problem, message=message, hint=hint, place=self.at(line)))

    # ------------------------------------------------------------ pages

    def pages(self) -> tuple[Page, ...]:
        """The pages; what a page directive opens lasts until the next one."""
        pages: list[Page] = []
        seen: set[str] = set()
        nodes = self.parse("\n".join(self.lines), 0)
        starts = [i for i, node in enumerate(nodes) if _directive(node) == "page"]
        before = nodes[: starts[0]] if starts else nodes
        if before or not starts:
            self.fail(
                "text-before-page",
                "there is text before the first page" if starts else "the template has no page",
                "begin with :::{page} name and a closing :::",
                first_line(before[0]) if before else 0,
            )
        for start, end in zip(starts, [*starts, len(nodes)][1:], strict=True):
            page = self.page(nodes[start], nodes[start + 1 : end])
            if page.id in seen:
                self.fail(
                    "page-name-twice",
                    f"two pages are named {page.id!r}",
                    "give each page a name of its own",
                    first_line(nodes[start]),
                )
            seen.add(page.id)
            pages.append(page)
        return tuple(pages)

    def page(self, node: Node, nodes: list[Node]) -> Page:
        """One page: its directive, and the blocks up to the next."""
        line = first_line(node)
        _, argument = self.info(node)
        if not NAME.fullmatch(argument):
            self.fail(
                "directive-argument",
                f"a page cannot be named {argument!r}",
                "write :::{page} name, in small letters, digits and hyphens",
                line,
            )
        read = self.options(_PageOptions, node.node.content, line + 1)
        options = read[0] if read else _PageOptions()
        titles = [n for n in nodes if n.node.type == "heading" and n.node.tag == "h1"]
        if not titles:
            self.fail(
                "page-without-title",
                f"the page {argument!r} has no title",
                "start it with a line  # A full sentence that says the point",
                line,
            )
        for extra in titles[1:]:
            self.fail(
                "second-title",
                f"the page {argument!r} has a second title",
                "write ## for a heading within the page",
                first_line(extra),
            )
        title = self.children(titles[0]) if titles else ()
        if titles and not text_of(title).strip():
            self.fail(
                "page-without-title",
                f"the title of the page {argument!r} is empty",
                "check the value that it prints",
                first_line(titles[0]),
            )
        blocks = self.blocks([n for n in nodes if n not in titles])
        return Page(id=argument or "page", layout=options.layout, title=title, blocks=blocks)

    # ------------------------------------------------------------ blocks

    def parse(self, text: str, base: int) -> list[Node]:
        """The blocks of a text whose first line is line ``base``."""
        if not text.strip():
            return []
        tokens = self.markdown.parse(text.rstrip() + "\n")
        lines = text.split("\n")
        nodes = [Node(child, base) for child in SyntaxTreeNode(tokens).children]
        for node in nodes:
            if node.node.type != "colon_fence":
                continue
            start, end = node.node.map or (0, 0)
            last = lines[end - 1].strip()
            if end - 1 == start or set(last) != {":"} or len(last) < len(node.node.markup):
                self.fail(
                    "directive-open",
                    f"{lines[start].strip()!r} is not closed",
                    f"close it with {node.node.markup}; a directive that holds others needs more"
                    " colons than they have",
                    first_line(node),
                )
        return nodes

    def blocks(self, nodes: list[Node]) -> tuple[Block, ...]:
        """The Document's blocks for parsed ones."""
        return tuple(block for node in nodes for block in self.block(node))

    def block(self, node: Node) -> list[Block]:
        """The Document's block for a parsed one; none where it is empty or refused."""
        match node.node.type:
            case "heading":
                return self.heading(node)
            case "paragraph":
                return self.paragraph(node, "body")
            case "bullet_list":
                return [Items(items=self.items(node), style="bullet")]
            case "ordered_list":
                return [Items(items=self.items(node), style="number")]
            case "table":
                return self.table(node)
            case "colon_fence":
                return self.directive(node)
        self.refuse(node.node.type, first_line(node))
        return []

    def refuse(self, kind: str, line: int) -> None:
        """Records that a construct of Markdown has no place in a pack."""
        what, hint = _REFUSED.get(kind, (f"{kind.replace('_', ' ')}", "write it in another way"))
        self.fail("markdown-refused", f"{what} cannot be used in a pack", hint, line)

    def heading(self, node: Node) -> list[Block]:
        """A heading within a page."""
        level = int(node.node.tag[1:])
        if level == 2 or level == 3:  # noqa: PLR1714 - narrows the type
            return [Heading(level=level, content=self.children(node))]
        if level == 1:
            self.fail(
                "second-title",
                "a page's title stands inside a directive",
                "move the line with # out of it, or write ##",
                first_line(node),
            )
        else:
            self.fail(
                "markdown-refused",
                f"headings of level {level} cannot be used in a pack",
                "write ## or ###",
                first_line(node),
            )
        return []

    def paragraph(self, node: Node, style: Literal["body", "lead", "small"]) -> list[Block]:
        """A paragraph; none where nothing is printed."""
        content = self.children(node)
        return [Paragraph(content=content, style=style)] if content else []

    def items(self, node: Node) -> tuple[Inlines, ...]:
        """The words of each item of a list."""
        return tuple(self.children(paragraph) for paragraph in self.item_paragraphs(node))

    def item_paragraphs(self, node: Node) -> Iterator[Node]:
        """The one paragraph of each item of a list."""
        for item in node.node.children:
            held = Node(item, node.base)
            if [child.type for child in item.children] == ["paragraph"]:
                yield Node(item.children[0], node.base)
            else:
                self.fail(
                    "list-item",
                    "an item of a list is not one paragraph",
                    "write one paragraph an item; no list or other block can stand in it",
                    first_line(held),
                )

    def table(self, node: Node) -> list[Block]:
        """A table without caption."""
        head, *bodies = node.node.children
        header = head.children[0].children
        align: list[Literal["left", "right", "center"]] = []
        for cell in header:
            style = str(cell.attrs.get("style", ""))
            align.append("right" if "right" in style else "center" if "center" in style else "left")
        rows: list[tuple[TableCell, ...]] = []
        for row in (row for body in bodies for row in body.children):
            line = first_line(Node(row, node.base))
            rows.append(self.cells(row.children, node.base))
            written = escapedSplit(self.lines[line].strip())
            written = written[not written[0] : len(written) - (not written[-1])]
            if len(written) > len(header):
                self.fail(
                    "table-row",
                    f"the row has {len(written)} cells, the header {len(header)}",
                    "write \\| for a bar within a cell, or add a column to the header",
                    line,
                )
        if not rows:
            self.fail(
                "table-empty",
                "the table has no rows",
                "leave the table out where there is nothing to show: {% if … %}",
                first_line(node),
            )
        head_cells = self.cells(header, node.base)
        return [Table(header=head_cells, rows=tuple(rows), align=tuple(align))]

    def cells(self, cells: Sequence[SyntaxTreeNode], base: int) -> tuple[TableCell, ...]:
        """The cells of a row."""
        return tuple(TableCell(content=self.children(Node(cell, base))) for cell in cells)

    # ------------------------------------------------------------ lines

    def children(self, node: Node) -> Inlines:
        """The words of a block that holds one inline node."""
        return as_line(
            [part for child in node.node.children for part in self.line(child, first_line(node))],
            self.locale,
        )

    def split_children(self, node: Node) -> list[Inlines]:
        """The words of a paragraph, one for each line as written."""
        out: list[list[Inline]] = [[]]
        for child in node.node.children[0].children:
            if child.type in ("softbreak", "hardbreak"):
                out.append([])
            else:
                out[-1].extend(self.inline(child, first_line(node) + len(out) - 1, False, False))
        return [as_line(parts, self.locale) for parts in out]

    def line(self, node: SyntaxTreeNode, line: int) -> list[Inline]:
        """The words of an inline node that begins on a line."""
        out: list[Inline] = []
        for child in node.children:
            out.extend(self.inline(child, line, False, False))
            line += child.type in ("softbreak", "hardbreak")
        return out

    def inline(self, node: SyntaxTreeNode, line: int, strong: bool, emphasis: bool) -> list[Inline]:
        """The words of a part of a line."""
        match node.type:
            case "text" | "code_inline" | "text_special":
                return self.words(node.content, line, strong, emphasis)
            case "softbreak":
                return [Text(text=" ", strong=strong, emphasis=emphasis)]
            case "strong" | "em":
                strong, emphasis = strong or node.type == "strong", emphasis or node.type == "em"
                return [
                    part
                    for child in node.children
                    for part in self.inline(child, line, strong, emphasis)
                ]
        self.refuse(node.type, line)
        return []

    def words(self, text: str, line: int, strong: bool, emphasis: bool) -> list[Inline]:
        """Template text with its values, notes and stamps put in."""
        out: list[Inline] = []
        for index, part in enumerate(TOKEN.split(text)):
            held = self.resolve(part, line) if index % 2 else part
            if not index % 2 and PIECES.search(part):
                held = self.resolve("", line)
            if isinstance(held, (Note, Stamp)):
                out.append(held)
            elif held := self.text(held, line):
                out.append(Text(text=held, strong=strong, emphasis=emphasis))
        return out

    def resolve(self, key: str, line: int) -> Data | Note | Stamp:
        """What a token stands for."""
        try:
            return self.marks.value(key)
        except LookupError:
            self.fail(
                "value-lost",
                "a value was cut apart on its way into the page",
                "print the value as it is, with {{ … }}",
                line,
            )
            return ""

    def text(self, value: Data, line: int) -> str:
        """A value as text; empty after a problem."""
        try:
            return shown(value, self.locale)
        except TypeError as exc:
            self.fail(
                "value-not-printable",
                str(exc),
                "print one of its parts, or test it first: {% if … %}",
                line,
            )
            return ""

    def inlines(self, text: str, line: int) -> Inlines:
        """A line of Markdown, as of a caption."""
        tokens = self.markdown.parseInline(" ".join(text.split("\n")).strip())
        return self.children(Node(SyntaxTreeNode(tokens), line))

    def plain(self, text: str, line: int) -> str:
        """A line of Markdown where only words can stand."""
        content = self.inlines(text, line)
        if not all(isinstance(part, Text) for part in content):
            self.fail(
                "words-only",
                "a note or a stamp cannot stand here",
                "move cite(…), issued or version into the text or a caption",
                line,
            )
        return text_of(content)

    # ------------------------------------------------------------ directives

    def info(self, node: Node) -> tuple[str, str]:
        """A directive's name and its argument, values put in."""
        found = _INFO.fullmatch(node.node.info.strip())
        if found is None:
            return "", ""
        parts = self.words(found[2].strip(), first_line(node), False, False)
        return found[1], text_of(tuple(parts))

    def directive(self, node: Node) -> list[Block]:
        """The blocks of a directive other than a page."""
        line = first_line(node)
        name, argument = self.info(node)
        read = self.directives.get(name)
        if read is not None:
            return read(self, Body(argument, node.node.content, line))
        written = node.node.info.strip()
        if not written:
            self.fail(
                "directive-stray",
                f"{node.node.markup} closes nothing",
                "delete it; a directive that holds others needs more colons than they have",
                line,
            )
        elif name == "page":
            self.fail(
                "page-inside",
                "a page cannot start inside another directive",
                "close the directive before :::{page}",
                line,
            )
        else:
            meant = name or written.split()[0]
            self.fail(
                "directive-unknown",
                f"there is no directive {meant!r}"
                if name
                else f"{node.node.markup}{written} names no directive",
                did_you_mean(meant, [*self.directives, "page"])
                if name
                else f"write {node.node.markup}{{{meant}}}",
                line,
            )
        return []

    def options(self, shape: type[S], text: str, base: int) -> tuple[S, Parsed] | None:
        """A directive's YAML body as a shape; ``None`` after problems."""
        parsed, problems = parse_yaml(text if text.strip() else "{}", "")
        if not problems:
            printed = replace(parsed, tree=self.with_numbers(parsed.tree, base))
            options, problems = validate(shape, printed)
            if options is not None:
                return options, parsed
        for problem in problems:
            self.add(problem, base + (problem.place.line or 1) - 1)
        return None

    def with_numbers(self, tree: Tree, line: int) -> Tree:
        """Top-level options with a printed number in its token's place."""
        if not isinstance(tree, dict):
            return tree
        out = dict(tree)
        for name, text in tree.items():
            token = TOKEN.fullmatch(text.strip()) if isinstance(text, str) else None
            held = self.resolve(token[1], line) if token else None
            if isinstance(held, (int, float, Decimal)) and not isinstance(held, bool):
                out[name] = str(held)
        return out


def first_line(node: Node) -> int:
    """The first line of a block, counted in the rendered text."""
    found = node.node
    while not found.is_root:
        if found.map:
            return node.base + found.map[0]
        if found.parent is None:
            break
        found = found.parent
    return node.base


def _directive(node: Node) -> str:
    found = _INFO.fullmatch(node.node.info.strip()) if node.node.type == "colon_fence" else None
    return found[1] if found else ""


def as_line(parts: Sequence[Inline], locale: Locale) -> Inlines:
    """Neighbouring words of one style as one run; numbers, units and notes kept with their word."""
    out: list[Inline] = []
    for part in parts:
        last = out[-1] if out else None
        if isinstance(part, Note) and isinstance(last, Text):
            out[-1] = last = last.model_copy(update={"text": last.text.rstrip()})
        if (
            isinstance(part, Text)
            and isinstance(last, Text)
            and (last.strong, last.emphasis) == (part.strong, part.emphasis)
        ):
            out[-1] = last.model_copy(update={"text": last.text + part.text})
        else:
            out.append(part)
    return tuple(
        part.model_copy(update={"text": keep_together(part.text, locale)})
        if isinstance(part, Text)
        else part
        for part in out
    )
