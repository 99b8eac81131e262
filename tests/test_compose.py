"""Templates → Document: every directive, values that stay words, errors with their place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from winlab.compose import Setting, TemplateSet, compose, front_matter, names_used
from winlab.document import (
    Block,
    Callout,
    Card,
    Columns,
    Contacts,
    Contents,
    Document,
    Figure,
    Group,
    Heading,
    Items,
    Kpis,
    Note,
    Paragraph,
    Quote,
    Stamp,
    Table,
    TableCell,
    Text,
    text_of,
)
from winlab.facts import Audience
from winlab.marks import one_line
from winlab.problems import Place, Problem, Severity, Stopped, error
from winlab.wording import untold_mark

FRONT = """---
role: factory-manager
audience: customer
pages: [1, 4]
language: en
title: Summary
---
"""
FRONT_LINES = FRONT.count("\n")
PAGE = ":::{page} answer\n:::\n# Title\n\n"
PAGE_LINES = PAGE.count("\n")


def setting(language: str = "en", locale: str = "en_US") -> Setting:
    return Setting(
        language=language,
        locale=locale,
        role="factory-manager",
        audience=Audience.CUSTOMER,
        company="Meridian",
        customer="Gulf Coast Latex",
        running="Gulf Coast Latex, Baytown",
        confidentiality="Confidential",
    )


def made(files: Mapping[str, str], brief: Mapping[str, object], name: str = "t.md") -> Document:
    return compose(TemplateSet(files, "packs"), name, brief, setting())[0]


def blocks(body: str, **brief: object) -> tuple[Block, ...]:
    """The blocks of a one-page template with this body."""
    return made({"t.md": FRONT + PAGE + body}, brief).pages[0].blocks


def block(body: str, **brief: object) -> Block:
    [only] = blocks(body, **brief)
    return only


def words(body: str, **brief: object) -> str:
    """The words of a one-paragraph template."""
    paragraph = block(body, **brief)
    assert isinstance(paragraph, Paragraph)
    return text_of(paragraph.content)


def refused(files: Mapping[str, str], brief: Mapping[str, object]) -> list[Problem]:
    with pytest.raises(Stopped) as stopped:
        made(files, brief)
    return list(stopped.value.problems)


def refusal(body: str, **brief: object) -> tuple[str, int, str, str]:
    """Code, line within the body, message and hint of a body's only problem."""
    [problem] = refused({"t.md": FRONT + PAGE + body}, brief)
    assert problem.place.file == "packs/t.md"
    assert problem.place.line is not None
    line = problem.place.line - FRONT_LINES - PAGE_LINES
    return problem.code, line, problem.message, problem.hint


T = Text


# ---------------------------------------------------------------- Markdown


def test_words_are_bold_or_italic() -> None:
    found = block("Plain **bold *both*** and *italic*, `code`.")
    assert found == Paragraph(
        content=(
            T(text="Plain "),
            T(text="bold ", strong=True),
            T(text="both", strong=True, emphasis=True),
            T(text=" and "),
            T(text="italic", emphasis=True),
            T(text=", code."),
        )
    )


def test_headings_lists_and_a_line_break_that_is_a_space() -> None:
    assert blocks("## Two\n\n### Three\n\n- a\n- b\n  c\n\n1. x\n2. y\n") == (
        Heading(level=2, content=(T(text="Two"),)),
        Heading(level=3, content=(T(text="Three"),)),
        Items(items=((T(text="a"),), (T(text="b c"),))),
        Items(items=((T(text="x"),), (T(text="y"),)), style="number"),
    )


def test_table_with_alignment_and_rows_from_a_loop() -> None:
    body = "| A | B | C |\n|---|--:|:-:|\n{% for r in rows %}\n| {{ r.a }} | *{{ r.b }}* | |\n{% endfor %}\n"
    assert block(body, rows=[{"a": "x|y", "b": Decimal("1.50")}]) == Table(
        header=tuple(TableCell(content=(T(text=t),)) for t in "ABC"),
        rows=(
            (
                TableCell(content=(T(text="x|y"),)),
                TableCell(content=(T(text="1.50", emphasis=True),)),
                TableCell(),
            ),
        ),
        align=("left", "right", "center"),
    )


def test_quotes_and_apostrophes_of_the_template_are_typographic() -> None:
    assert (
        words("The \"site's\" line -- {{ name }}'s", name="O'Brien")
        == "The “site’s” line – O'Brien’s"
    )


def test_german_quotes() -> None:
    files = {"t.md": FRONT.replace("language: en", "language: de") + PAGE + 'Die "Linie"\n'}
    document, _ = compose(TemplateSet(files), "t.md", {}, setting("de", "de_DE"))
    [found] = document.pages[0].blocks
    assert found == Paragraph(content=(T(text="Die „Linie“"),))


def test_a_number_stays_with_the_word_before_it() -> None:
    assert words("On line 2 and {{ x }}, not on lines 3.", x="Reactor 7") == (
        "On line\u00a02 and Reactor\u00a07, not on lines 3."
    )


def test_indented_text_is_a_paragraph() -> None:
    assert words("{% if true %}\n      Indented.\n{% endif %}\n") == "Indented."


def test_a_tag_that_ends_a_line_of_text_leaves_the_line_break() -> None:
    body = "- a{% if true %} b{% endif %}\n- {{ v }}{# remark #}\n{% for i in [1, 2] %}\n- {{ i }}{% if i == 1 %}\n  x{% endif %}\n{% endfor %}\n- c\n"
    found = block(body, v="d")
    assert isinstance(found, Items)
    assert [text_of(item) for item in found.items] == ["a b", "d", "1 x", "2", "c"]


def test_a_line_of_tags_only_goes_as_a_whole() -> None:
    body = "| A |\n|---|\n  {% if true %}{# why #}\n{% for i in [\n  1] %}\n| {{ i }} |\n{% endfor %}{% endif %}  \n| 2 |\n"
    found = block(body)
    assert isinstance(found, Table)
    assert len(found.rows) == 2


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("x\n\n![alt](a.png)", "an image"),
        ("x\n\n[text](https://example.com)", "a link"),
        ("x\n\n<https://example.com>", "a link"),
        ("x\n\n<b>bold</b>", "raw HTML"),
        ("x\n\n<div>\n</div>", "raw HTML"),
        ("x\n\n> quoted", "a block quote"),
        ("x\n\n```\ncode\n```", "a code block"),
        ("x\n\n---", "a horizontal rule"),
        ("x\n\n+++\n", "+++ outside columns and contacts"),
        ("x\n\na\\\nb", "a forced line break"),
        ("x\n\n#### Four", "headings of level 4"),
    ],
)
def test_markdown_that_a_pack_cannot_hold(body: str, what: str) -> None:
    problem = refused({"t.md": FRONT + PAGE + body}, {})[0]
    assert (problem.code, problem.message) == (
        "markdown-refused",
        f"{what} cannot be used in a pack",
    )
    assert problem.place.line == FRONT_LINES + PAGE_LINES + 3
    assert problem.hint


def test_a_list_in_a_list_is_refused() -> None:
    code, line, _, hint = refusal("- a\n- b\n  - c\n")
    assert (code, line) == ("list-item", 2)
    assert "one paragraph an item" in hint


def test_a_row_with_too_many_cells_is_refused_not_cut() -> None:
    code, line, message, _ = refusal("| A | B |\n|---|---|\n| a | b |\n| a | b | c |\n")
    assert (code, line, message) == ("table-row", 4, "the row has 3 cells, the header 2")


def test_a_table_without_rows_is_refused() -> None:
    assert refusal("x\n\n| A | B |\n|---|---|\n")[:2] == ("table-empty", 3)


# ---------------------------------------------------------------- pages


def test_pages_titles_and_layout() -> None:
    body = ":::{page} cover\nlayout: cover\n:::\n# One\n\n:::{page} two\n:::\n\n# Two *x*\n\nText\n"
    document = made({"t.md": FRONT + body}, {})
    assert [(p.id, p.layout, text_of(p.title)) for p in document.pages] == [
        ("cover", "cover", "One"),
        ("two", "content", "Two x"),
    ]
    assert document.pages[0].blocks == ()


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("Text\n\n:::{page} a\n:::\n# T\n", "text-before-page", 1),
        ("Text\n", "text-before-page", 1),
        (":::{page} a\n:::\nText\n\n:::{page} b\n:::\n# T\n", "page-without-title", 1),
        (":::{page} a\n:::\n# {{ empty }}\n", "page-without-title", 3),
        (":::{page} a\n:::\n# T\n\n# U\n", "second-title", 5),
        (":::{page} a\n:::\n# T\n\n::::{columns}\na\n+++\n# U\n::::\n", "second-title", 8),
        (":::{page} a\n:::\n# T\n:::{page} a\n:::\n# T\n", "page-name-twice", 4),
        (":::{page} A b\n:::\n# T\n", "directive-argument", 1),
        (":::{page} a\nlayot: cover\n:::\n# T\n", "unknown-field", 2),
        (":::{page} a\nlayout: wide\n:::\n# T\n", "unknown-value", 2),
        (":::{page} a\nlayout: [\n:::\n# T\n", "yaml-syntax", 3),
        (
            ":::{page} a\n:::\n# T\n\n::::{columns}\n:::{page} b\n:::\n+++\nx\n::::\n",
            "page-inside",
            6,
        ),
    ],
)
def test_pages_that_are_not_right(body: str, code: str, line: int) -> None:
    [problem] = refused({"t.md": FRONT + body}, {"empty": ""})
    assert (problem.code, problem.place.line) == (code, FRONT_LINES + line)


# ---------------------------------------------------------------- directives


def test_lead_and_small() -> None:
    assert blocks(":::{lead}\nOne\n\nTwo\n:::\n\n:::{small}\nThree\n:::\n") == (
        Paragraph(content=(T(text="One"),), style="lead"),
        Paragraph(content=(T(text="Two"),), style="lead"),
        Paragraph(content=(T(text="Three"),), style="small"),
    )


def test_quote() -> None:
    body = ':::{quote}\n:by: {{ who }}, 3 November\n\n"{{ words }}"\n:::\n'
    assert block(body, who="Maria | D.", words="We lose *a* shift.") == Quote(
        content=(T(text="“We lose *a* shift.”"),), by="Maria | D., 3 November"
    )


def test_kpis_value_unit_label_and_tone() -> None:
    body = ":::{kpis} gap plain ours\n- **14** h a month\n  lost{{ cite('ERP') }}\n- **{{ n }}**\n  of four\n- **8%** less\n  dose\n:::\n"
    found = block(body, n=Decimal(4))
    assert isinstance(found, Kpis)
    first, *others = found.cards
    assert (first.value, first.unit, first.tone) == ("14", "h a month", "gap")
    assert first.label[0] == T(text="lost")
    assert isinstance(first.label[1], Note)
    assert others == [
        Card(value="4", unit="", label=(T(text="of four"),), tone="plain"),
        Card(value="8%", unit="less", label=(T(text="dose"),), tone="ours"),
    ]


def test_columns_with_widths() -> None:
    body = "::::{columns} 1 2\n## A\n+++\n:::{small}\nb\n:::\n::::\n"
    assert block(body) == Columns(
        columns=(
            (Heading(content=(T(text="A"),)),),
            (Paragraph(content=(T(text="b"),), style="small"),),
        ),
        widths=(1, 2),
    )


def test_callout_with_aside_lines() -> None:
    body = ":::{callout} ask\n:aside: Owner: {{ who }}\n:aside: By *Friday*\n\nApprove it.\n:::\n"
    assert block(body, who="A_b_") == Callout(
        tone="ask",
        blocks=(Paragraph(content=(T(text="Approve it."),)),),
        aside=((T(text="Owner: A_b_"),), (T(text="By "), T(text="Friday", emphasis=True))),
    )


CHART = """:::{chart} driver-bars
data: figures.drivers
width: 460
height: 120.5
params:
  unit: "{{ unit }}"
  n: 5
  text: "5"
  on: true
  target: "{{ target }}"
alt: Bars of {{ unit }}
caption: "n = 5{{ cite('ERP') }}"
:::
"""


def test_chart_draws_data_of_the_brief() -> None:
    drivers = [{"label": "a: b", "value": Decimal("1.5"), "on": date(2026, 12, 1), "gap": None}]
    found = block(CHART, figures={"drivers": drivers}, unit="h: #", target=Decimal("6.50"))
    assert isinstance(found, Figure)
    assert (found.chart, found.width, found.height) == ("driver-bars", 460, 120.5)
    assert found.data == ({"label": "a: b", "value": 1.5, "on": "2026-12-01", "gap": None},)
    assert found.params == {"unit": "h: #", "n": 5, "text": "5", "on": True, "target": 6.5}
    assert found.alt == "Bars of h: #"
    assert found.caption[0] == T(text="n = 5")
    assert isinstance(found.caption[1], Note)


def test_chart_data_may_be_a_printed_list() -> None:
    body = "{% for p in ps %}\n:::{chart} c\ndata: {{ p.rows }}\nwidth: 1\nheight: 1\nalt: x\n:::\n\n{% endfor %}\n"
    found = blocks(body, ps=[{"rows": [{"a": 1}]}, {"rows": [{"a": 2}]}])
    assert [cast("Figure", f).data for f in found] == [({"a": 1},), ({"a": 2},)]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("figures.drivers", "figures.driver", "name-unknown", 2),
        ("figures.drivers", "unit", "chart-data", 2),
        ("figures.drivers", "none", "chart-empty", 2),
        ("figures.drivers", "wrong", "chart-data", 2),
        ("height: 120.5", "height: tall", "invalid", 4),
        ("height: 120.5", "", "missing-field", 2),
        ("alt: Bars of {{ unit }}", "alt: '{{ cite(\"x\") }}'", "words-only", 11),
        ("{chart} driver-bars", "{chart}", "directive-argument", 1),
    ],
)
def test_chart_that_is_not_right(old: str, new: str, code: str, line: int) -> None:
    found = refusal(
        CHART.replace(old, new),
        figures={"drivers": [{"a": 1}]}, unit="h", target=1, none=[], wrong=[{"a": Decimal("NaN")}],
    )  # fmt: skip
    assert found[:2] == (code, line)


def test_unknown_chart_data_is_named_with_a_likely_one() -> None:
    _, _, message, hint = refusal(
        CHART.replace("figures.drivers", "figures.driver"),
        figures={"drivers": []}, unit="h", target=1,
    )  # fmt: skip
    assert (message, hint) == ("the brief has no 'figures.driver'", "did you mean 'drivers'?")


def test_table_with_caption_widths_total_and_dense() -> None:
    body = ":::{table}\n:caption: Costs{{ cite('ERP') }}\n:widths: 2 1\n:total: true\n:dense: true\n\n| A | B |\n|---|---|\n| a | b |\n:::\n"
    found = block(body)
    assert isinstance(found, Table)
    assert (found.widths, found.total, found.dense) == ((2, 1), True, True)
    assert text_of(found.caption) == "Costs"
    assert isinstance(found.caption[1], Note)


def test_contents_contacts_and_checklist() -> None:
    body = ":::{contents}\n:::\n\n:::{contacts}\nDana\n{{ title }}\n+++\n- +1 281\n- Issued {{ issued }}, version {{ version }}\n:::\n\n:::{checklist}\n- one\n- two\n:::\n"
    assert blocks(body, title="A | B") == (
        Contents(),
        Contacts(
            columns=(
                ((T(text="Dana"),), (T(text="A | B"),)),
                (
                    (T(text="+1 281"),),
                    (
                        T(text="Issued "),
                        Stamp(what="issued"),
                        T(text=", version "),
                        Stamp(what="version"),
                    ),
                ),
            )
        ),
        Items(items=((T(text="one"),), (T(text="two"),)), style="check"),
    )


def test_if_room_is_a_group() -> None:
    body = "::::{if-room} 2 Second {{ x }}\nA\n\n:::{small}\nb\n:::\n::::\n"
    assert block(body, x="reference") == Group(
        priority=2,
        name="Second reference",
        blocks=(
            Paragraph(content=(T(text="A"),)),
            Paragraph(content=(T(text="b"),), style="small"),
        ),
    )


@pytest.mark.parametrize(
    ("body", "code", "line", "hint"),
    [
        ("x\n\n:::{qoute}\n:by: a\n\nb\n:::\n", "directive-unknown", 3, "did you mean 'quote'?"),
        ("x\n\n:::note\nb\n:::\n", "directive-unknown", 3, "write :::{note}"),
        (":::{lead}\nb\n", "directive-open", 1, "close it with :::"),
        ("x\n\n:::\n\n:::\n", "directive-stray", 3, "delete it"),
        (":::{quote}\nb\n:::\n", "quote-without-name", 1, "begin it with a line  :by: name"),
        (":::{quote}\n:by: a\n:bye: b\n\nc\n:::\n", "option-unknown", 3, "did you mean 'by'?"),
        (":::{quote}\n:by: a\n:by: b\n\nc\n:::\n", "option-twice", 3, "keep one"),
        (":::{quote}\n:by: a\n\nb\n\nc\n:::\n", "directive-body", 4, "move the rest"),
        (
            ":::{kpis} gap\n- **1** a\n  b\n- **2** a\n  b\n:::\n",
            "directive-argument",
            1,
            "gap, ours or plain",
        ),
        (":::{kpis} gab\n- **1** a\n  b\n:::\n", "directive-argument", 1, "did you mean 'gap'?"),
        (":::{kpis}\n- **1** a\n  b\n- 2 a\n  b\n:::\n", "key-figure", 4, "**14** h a month"),
        (":::{kpis}\n- **1** a\n:::\n", "key-figure", 2, "**14** h a month"),
        (":::{columns}\na\n:::\n", "directive-body", 1, "+++"),
        (":::{columns} 1 x\na\n+++\nb\n:::\n", "directive-argument", 1, "write 2 numbers"),
        (":::{callout} aks\na\n:::\n", "directive-argument", 1, "did you mean 'ask'?"),
        (":::{callout}\n:::\n", "directive-body", 1, "say in it"),
        (":::{table}\na\n:::\n", "directive-body", 2, "move the rest"),
        (
            ":::{table}\n:total: yes\n\n| A |\n|---|\n| a |\n:::\n",
            "option-value",
            2,
            "true or false",
        ),
        (
            ":::{table}\n:widths: 1 2\n\n| A |\n|---|\n| a |\n:::\n",
            "directive-argument",
            2,
            "write 1 numbers",
        ),
        (":::{contents}\na\n:::\n", "directive-body", 1, "next line"),
        (":::{checklist}\na\n:::\n", "directive-body", 2, "move the rest"),
        (":::{if-room} two x\na\n:::\n", "directive-argument", 1, ":::{if-room} 1"),
        (":::{lead}\n- a\n:::\n", "directive-body", 2, "move the rest"),
    ],
)
def test_directives_that_are_not_right(body: str, code: str, line: int, hint: str) -> None:
    found = refusal(body)
    assert found[:2] == (code, line)
    assert hint in found[3]


# ---------------------------------------------------------------- values stay words

EVERYWHERE = """:::{page} answer
:::
# Title {{ v }}!

{{ v }}

Text **{{ v }}** *{{ v }}*, `{{ v }}` and "{{ v }}"

## {{ v }}

- {{ v }}
- **{{ v }}** x

1. {{ v }}

| {{ v }} | B |
|---|---|
| {{ v }} | x {{ v }} |

{{ wrapped(v) }}

{{ "a " ~ v ~ " z" }} {{ [v, v]|join(", ") }}

:::{lead}
{{ v }}
:::
:::{quote}
:by: {{ v }}

"{{ v }}"
:::
:::{kpis}
- **{{ v }}** {{ v }}
  {{ v }}
:::
::::{columns}
{{ v }}
+++
:::{callout} ask
:aside: {{ v }}

{{ v }}
:::
::::
:::{chart} c
data: rows
width: 1
height: 1
params: {a: "{{ v }}", b: "x {{ v }}"}
alt: "{{ v }}"
caption: see {{ v }}
:::
:::{table}
:caption: {{ v }}

| A |
|---|
| {{ v }} |
:::
:::{contacts}
{{ v }}
- {{ v }}
:::
:::{if-room} 1 name {{ v }}
{{ v }}
:::
Noted{{ cite(v) }}.
"""
MACRO = "{% macro wrapped(x) %}*in* {{ x }} **{{ x }}**{% endmacro %}\n"
SENTINEL = "Sentinel"


TITLED = FRONT.replace("title: Summary", 'title: "About {{ v }}"')
EVERYWHERE_SET = TemplateSet({"t.md": TITLED + MACRO + EVERYWHERE})


def everywhere(value: str) -> object:
    """What the template makes of a value, as plain data without ids of sources."""
    brief = {"v": value, "rows": [{"x": value}]}
    document, _ = compose(EVERYWHERE_SET, "t.md", brief, setting())
    return replaced(document.model_dump(mode="json"), document.sources[0].id, "source")


def replaced(data: object, old: str, new: str) -> object:
    """The data with a text in place of another, and spaces for no-break spaces."""
    match data:
        case str():
            return data.replace("\u00a0", " ").replace(old, new)
        case dict():
            return {key: replaced(held, old, new) for key, held in data.items()}
        case list():
            return [replaced(held, old, new) for held in data]
    return data


NASTY = [
    "<b>&amp;*_`|[x](y)![z](q)\\",
    "{{ 7*7 }}{% raw %}{# #}",
    "::: {page} x",
    ":::{page} x\n:::\n# T",
    "# Heading",
    "- item",
    "1. item",
    "| a | b |\n|---|---|",
    "line one\n\nline two\r\nthree",
    "---\n+++",
    "العربية \u202eRTL\u202c",
    "👷🏽‍♀️ 🏭",
    "'\"--... (c)",
    "\ufdd0issued\ufdd1 \ufdd00.0\ufdd1 \ufdd20.1\ufdd3",
    "\x00\x07\x1b[31m",
    "  spaces  ",
    ": - #4 'x' \"y\" [1, {a: b}",
    "%s {0.__class__} {x!r}",
    "&#42;&lt;",
]


@pytest.mark.parametrize("value", NASTY)
def test_a_value_is_never_read_as_markup(value: str) -> None:
    assert everywhere(value) == replaced(everywhere(SENTINEL), SENTINEL, one_line(value))


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: one_line(text).strip()))
@example("0")
@example("line 2")
def test_any_text_appears_verbatim_and_changes_no_structure(value: str) -> None:
    printed = one_line(value).replace("\u00a0", " ")
    assert everywhere(value) == replaced(everywhere(SENTINEL), SENTINEL, printed)


def test_line_breaks_become_spaces_and_control_characters_go() -> None:
    assert words("a{{ v }}b", v="1\r\n2\t\u20283\x00\x1b\ufdd0\ud800") == "a1 2 3b"


def test_chart_data_are_looked_up_not_printed() -> None:
    found = block(
        ":::{chart} c\ndata: rows\nwidth: 1\nheight: 1\nalt: x\n:::\n",
        rows=[{"label": "*a* {{ b }} ::: | <c>"}],
    )
    assert isinstance(found, Figure)
    assert found.data == ({"label": "*a* {{ b }} ::: | <c>"},)


def test_what_macros_and_set_blocks_print_is_markup_but_their_values_are_not() -> None:
    body = "{% set x %}**{{ v }}**{% endset %}\n{{ x }} {{ x ~ v }} {{ [x, v]|join_words }} {{ x + v }}\n"
    bold, plain = T(text="*v*", strong=True), "*v*"
    assert block(body, v="*v*") == Paragraph(
        content=(
            bold, T(text=" "), bold, T(text=plain + " "), bold, T(text=f" and {plain} "), bold,
            T(text=plain),
        )
    )  # fmt: skip


def test_an_import_is_run_for_each_rendering() -> None:
    files = {"m.md": "{% set who %}*{{ name }}*{% endset %}\n",
             "t.md": FRONT + PAGE + '{% import "m.md" as m %}\n{{ m.who }} {{ other }}\n'}  # fmt: skip
    templates = TemplateSet(files)
    for name, other in [("Ann", "Zoe"), ("Bob", "Yan")]:
        document, _ = compose(templates, "t.md", {"name": name, "other": other}, setting())
        assert document.pages[0].blocks == (
            Paragraph(content=(T(text=name, emphasis=True), T(text=f" {other}"))),
        )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "a value that is missing here would be printed"),
        (True, "a truth value (true or false) would be printed"),
        ([1], "a list would be printed"),
        ({"a": 1}, "a group of values would be printed"),
    ],
)
def test_what_has_no_one_way_to_be_printed(value: object, message: str) -> None:
    assert refusal("x\n\ny {{ v }}\n", v=value)[:3] == ("value-not-printable", 3, message)


def test_the_brief_is_plain_data() -> None:
    with pytest.raises(TypeError, match=r"the brief's a\.b\[\] is a object, not data"):
        made({"t.md": FRONT + PAGE}, {"a": {"b": [object()]}})
    with pytest.raises(ValueError, match="the brief uses names of the template language: cite"):
        made({"t.md": FRONT + PAGE}, {"cite": "x"})


# ---------------------------------------------------------------- wording


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("d|number", "1234.50|1,234.50"),
        ("d|number(1)", "1234.50|1,234.5"),
        ("d|number(0, unit='h a month')", "1234.50|1,235\u00a0h a month"),
        ("d", "1234.50|1,234.50"),
        ("d|money('USD')", "174000.4|USD\u00a0174,000"),
        ("d|money('USD')", "4.5|USD\u00a04.50"),
        ("d|money('USD')", "950|USD\u00a0950"),
        ("d|money('USD', 2)", "1000|USD\u00a01,000.00"),
        ("d|price('USD')", "4.5|USD\u00a04.50"),
        ("d|price('EUR')", "4.455|EUR\u00a04.455"),
        ("d|percent", "0.083|8.3%"),
        ("d|percent(0)", "0.085|9%"),
        ("d|spell", "12|twelve"),
        ("d|spell", "13|13"),
        ("d|plural('plant', 'plants')", "1|plant"),
        ("d|plural('plant', 'plants')", "11|plants"),
    ],
)
def test_numbers(expression: str, printed: str) -> None:
    value, _, text = printed.partition("|")
    assert words(f"{{{{ {expression} }}}}", d=Decimal(value)) == text


@pytest.mark.parametrize(
    ("language", "locale", "text"),
    [
        ("en", "en_US", "15\u00a0February 2027; 15\u00a0February; February; February 2027; 1,234.5; 8%; a, b and c; seven"),
        ("de", "de_DE", "15.\u00a0Februar 2027; 15.\u00a0Februar; Februar; Februar 2027; 1.234,5; 8\u00a0%; a, b und c; sieben"),
        ("fr", "fr_FR", "15\u00a0février 2027; 15\u00a0février; février; février 2027; 1\u202f234,5; 8\u00a0%; a, b et c; sept"),
    ],
)  # fmt: skip
def test_a_language_writes_in_its_own_way(language: str, locale: str, text: str) -> None:
    body = "{{ d|date }}; {{ d|day }}; {{ d|month }}; {{ d|month_year }}; {{ n|number }}; {{ p|percent }}; {{ l|join_words }}; {{ 7|spell }}\n"
    files = {"t.md": FRONT.replace("language: en", f"language: {language}") + PAGE + body}
    brief = {
        "d": date(2027, 2, 15),
        "n": Decimal("1234.5"),
        "p": Decimal("0.08"),
        "l": ["a", "b", "c"],
    }
    document, _ = compose(TemplateSet(files), "t.md", brief, setting(language, locale))
    [found] = document.pages[0].blocks
    assert isinstance(found, Paragraph)
    assert text_of(found.content) == text


def test_first_letters_of_values_and_of_macros() -> None:
    body = "{% macro m(x) %}{{ x }} *x*{% endmacro %}\n{{ v|capfirst }} {{ 'Ab'|lowfirst }} {{ m(v)|capfirst }}\n"
    assert words(body, v="üb") == "Üb ab Üb x"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("v|number", "a number is expected here, not the text 'x'"),
        ("none|money('USD')", "a number is expected here, not a missing value"),
        ("true|percent", "a number is expected here, not a truth value"),
        ("v|date", "a date is expected here, not the text 'x'"),
        ("1 / 0", "a number is divided by zero"),
        ("[1]|map('number')", "this is a list in the making: add |list"),
    ],
)
def test_a_wrong_value_is_named_at_its_line(expression: str, message: str) -> None:
    found = refusal(f"x\n\n{{{{ {expression} }}}}\n", v="x")
    assert found[:3] == ("template-failed", 3, message)


# ---------------------------------------------------------------- sources, stamps, leaving out


def test_sources_are_kept_once_and_only_if_a_page_refers_to_them() -> None:
    body = "{% set unused = cite('Nobody refers to this') %}\nA{{ cite('Site *visit*') }} B{{ cite('ERP') }} C{{ cite('Site *visit*') }}\n"
    document = made({"t.md": FRONT + PAGE + body}, {})
    assert [source.text for source in document.sources] == ["Site *visit*", "ERP"]
    [paragraph] = document.pages[0].blocks
    assert isinstance(paragraph, Paragraph)
    notes = [part.source for part in paragraph.content if isinstance(part, Note)]
    first, second = (source.id for source in document.sources)
    assert notes == [first, second, first]


@pytest.mark.parametrize("source", ["none", "''", "a.source"])
def test_a_figure_without_a_source_stops_the_pack(source: str) -> None:
    assert refusal(f"x\n\n14 h{{{{ cite({source}) }}}}\n", a={})[:3] == (
        "source-missing", 3, "a figure has no source",
    )  # fmt: skip


def test_refuse_and_omit() -> None:
    assert refusal("x\n{% if not rows %}\n{{ refuse('no ' ~ what) }}\n{% endif %}\n", rows=[], what="peers")[:3] == (
        "pack-refused", 3, "no peers",
    )  # fmt: skip
    body = "x\n{% macro gone() %}\n\n{{ omit('Reference', why) }}\n{% endmacro %}\n\n{{ gone() }}\n"
    _, problems = compose(
        TemplateSet({"t.md": FRONT + PAGE + body}, "packs"), "t.md", {"why": "none"}, setting()
    )
    [left_out] = problems
    assert (left_out.severity, left_out.code) == (Severity.NOTE, "left-out")
    assert left_out.message == "left out: Reference (none)"
    assert left_out.place.line == FRONT_LINES + PAGE_LINES + 4


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("body", "code", "line", "message", "hint"),
    [
        ("x\n\n{{ custmer.name }}\n", "name-unknown", 3, "the brief has no 'custmer'", "did you mean 'customer'?"),
        ("x\n\n{{ customer.nmae }}\n", "name-unknown", 3, "'customer' has no 'nmae'", "did you mean 'name'?"),
        ("x\n{% for s in customer.sites %}\n{{ s.nam }}\n{% endfor %}\n", "name-unknown", 3, "'customer.sites[]' has no 'nam'", "did you mean 'name'?"),
        ("{{ customer.sites[7] }}\n", "name-unknown", 1, "'customer.sites' is a list of 1 without '7'", "{% for"),
        ("{{ customer.name.first }}\n", "name-unknown", 1, "what it is looked up in is missing or a single value, so it has no 'first'", "{% if"),
        ("{{ customer.name[0] }\n\nx\n", "template-syntax", 1, "unexpected '}'", "check the brackets"),
        ("x\n\n{% if a %}\n", "template-syntax", 3, "", "check the brackets"),
        ("x\n\n{{ customer.name|capfrist }}\n", "template-syntax", 3, "No filter named 'capfrist'", "did you mean 'capfirst'?"),
        ("x\n\n{{ customer.name|safe }}\n", "template-syntax", 3, "No filter named 'safe'", "not for packs"),
        ("x\n\n{% include 'lgal.md' %}\n", "template-missing", 3, "there is no template 'lgal.md'", "did you mean 'legal.md'?"),
        ("{% macro m() %}{{ m() }}{% endmacro %}\n\n{{ m() }}\n", "template-loop", 1, "call each other without end", "correct"),
        ("{% autoescape false %}x{% endautoescape %}\n", "template-syntax", 1, "autoescape cannot be changed here", ""),
    ],
)  # fmt: skip
def test_errors_name_line_and_fix(body: str, code: str, line: int, message: str, hint: str) -> None:
    files = {"t.md": FRONT + PAGE + body, "legal.md": "x"}
    [problem] = refused(files, {"customer": {"name": "GCL", "sites": [{"name": "Baytown"}]}})
    assert (problem.code, problem.place.line) == (code, FRONT_LINES + PAGE_LINES + line)
    assert message in problem.message
    assert hint in problem.hint


def test_lines_are_those_of_the_file_that_holds_the_text() -> None:
    files = {
        "base.md": FRONT
        + PAGE
        + "{% block a %}\nbase\n{% endblock %}\n\n{% block b %}\n\n> b\n{% endblock %}\n",
        "t.md": '---\ntitle: T\n---\n{% extends "base.md" %}\n{% block a %}\n{% for i in [1] %}\n- a\n{% endfor %}\n\n![x](y)\n{% include "part.md" %}\n{% endblock %}\n',
        "part.md": "\n\n<b>x</b>\n",
    }
    found = [(p.place.file, p.place.line) for p in refused(files, {})]
    assert list(dict.fromkeys(found)) == [
        ("packs/t.md", 10),
        ("packs/part.md", 3),
        ("packs/base.md", FRONT_LINES + PAGE_LINES + 7),
    ]


def test_all_problems_of_a_page_are_told_at_once() -> None:
    codes = [
        p.code
        for p in refused({"t.md": FRONT + PAGE + "> a\n\n:::{qoute}\n:::\n\n- a\n  - b\n"}, {})
    ]
    assert codes == ["markdown-refused", "directive-unknown", "list-item"]


def test_a_value_in_a_quoted_line_is_shown_as_such() -> None:
    _, _, message, hint = refusal(":::{{ v }}\nx\n:::\n", v="*")
    assert (message, hint) == (":::{{ … }} names no directive", "write :::{{{ … }}}")


def test_a_template_that_does_not_exist() -> None:
    [problem] = refused({"r.md": FRONT}, {})
    assert (problem.code, problem.message) == ("template-missing", "there is no template 't.md'")


@pytest.mark.parametrize(
    "payload",
    [
        "''.__class__.__mro__",
        "''['__class__']",
        "cite.__globals__",
        "namespace.__init__.__globals__",
        "self.__init__.__globals__",
        "self._TemplateReference__context",
        "loop_source.items.__self__",
        "''.join(['a'])",
        "'{0.__class__}'.format(1)",
        "'%999999999d' % 1",
        "'a' * 200000000",
        "[0] * 200000000",
        "2 ** 9999999",
        "range(100000000)|list",
        "(1).bit_length()",
        "d.append(1)",
        "m.__class__",
        "m('x')[0:2]",
        "m('x').format(1)",
        "m.__call__",
        "m('x') % 'y'",
    ],
)
def test_the_sandbox_refuses(payload: str) -> None:
    body = "{% macro m(x) %}*{{ x }}*{% endmacro %}\n\n{{ " + payload + " }}\n"
    code, line, _, _ = refusal(body, d=[1], loop_source={"a": 1})
    assert code in {"template-unsafe", "name-unknown", "value-lost"}
    assert line == 3


@pytest.mark.parametrize(
    "payload",
    [
        "x|attr('__class__')", "x|xmlattr", "x|tojson", "x|pprint", "x|urlize", "x|striptags",
        "x|forceescape", "x|e", "x|format(1)", "[x]|map('attr', '__class__')|list",
        "x|center(99999999)", "x|indent", "x|replace('a', 'b')",
    ],
)  # fmt: skip
def test_filters_that_make_markup_or_reach_further_are_not_there(payload: str) -> None:
    code, _, message, _ = refusal("{{ " + payload + " }}\n", x="<b>")
    assert code in {"template-syntax", "template-failed"}
    assert message.startswith("No filter named")


LOOPS = "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
GROW = (
    "{% set ns = namespace(x=X) %}{% for a in range(60) %}{% set ns.x = ns.x OP ns.x %}{% endfor %}"
)


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        (LOOPS + "{% endfor %}" * 3, "template-endless"),
        (LOOPS + "much text" + "{% endfor %}" * 3, "template-endless"),
        (f"{{% set x %}}{LOOPS}x{'{% endfor %}' * 3}{{% endset %}}{{{{ x }}}}", "template-endless"),
        (GROW.replace("X", "'ab'").replace("OP", "+"), "template-endless"),
        (GROW.replace("X", "'ab'").replace("OP", "~"), "template-endless"),
        (GROW.replace("X", "[1]").replace("OP", "+"), "template-endless"),
        (GROW.replace("X", "9").replace("OP", "*"), "template-unsafe"),
        ("{% set ns = namespace(x=9) %}{% for a in range(9) %}{% set ns.x = ns.x ** 20 %}{% endfor %}",
         "template-unsafe"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "template-loop"),
        ("{% for a in range(1000) %}{% for b in range(1000) %}{{ d|sum(start=[])|list|length }}"
         "{% endfor %}{% endfor %}", "template-endless"),
        ("{{ 5|round(-1000000000) }}", "template-unsafe"),
        ("{{ 5|round(1000000000) }}", "template-unsafe"),
        ("{{ 5|number(1000000000) }}", "template-failed"),
        ("{% block b %}{{ self.b() }}{% endblock %}", "template-loop"),
    ],
)  # fmt: skip
def test_a_template_that_would_not_end_is_stopped_at_its_line(bomb: str, code: str) -> None:
    assert refusal(f"text\n\n{bomb}\n", d=[["ab"]] * 100)[:2] == (code, 3)


@pytest.mark.parametrize(
    "bomb",
    ["{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{{ 1" + "+1" * 20000 + " }}",
     "{% for a in d %}" * 25 + "{% endfor %}" * 25],
)  # fmt: skip
def test_a_template_too_deep_to_be_read_is_named(bomb: str) -> None:
    [problem] = refused({"t.md": FRONT + PAGE + bomb}, {"d": [1]})
    assert problem.place.file == "packs/t.md"


def test_directives_nested_too_deep_are_named() -> None:
    body = "".join(f"{':' * n}{{columns}}\n" for n in range(2000, 3, -1))
    found = refused({"t.md": FRONT + PAGE + body}, {})
    assert {p.place.file for p in found} == {"packs/t.md"}


def test_what_a_long_pack_needs_is_far_from_the_limits() -> None:
    rows = [{"a": f"row {n}", "b": n} for n in range(3000)]
    table = block(
        "| A | B |\n|---|---|\n{% for r in d %}\n| {{ r.a }} | {{ r.b }} |\n{% endfor %}\n", d=rows
    )
    assert isinstance(table, Table)
    assert len(table.rows) == 3000


@pytest.mark.parametrize("name", ["lipsum", "cycler", "joiner", "dict"])
def test_globals_of_jinja_are_not_there(name: str) -> None:
    assert refusal("{{ " + name + " }}\n")[0] == "name-unknown"


# ---------------------------------------------------------------- front matter, overrides


def test_an_override_wins_and_leaves_out_what_the_base_gives() -> None:
    files = {
        "base.md": FRONT.replace("Summary", '"For {{ who }}"')
        + PAGE
        + "{% block a %}\nbase\n{% endblock %}\n",
        "t.md": '---\nindustry: paints-coatings\npages: [2, 3]\n---\n{% extends "base.md" %}\n{% block a %}\n{{ super() }}\n\nmine\n{% endblock %}\n',
    }
    matter = front_matter(TemplateSet(files), "t.md")
    assert (matter.role, matter.industry, matter.pages) == (
        "factory-manager",
        "paints-coatings",
        (2, 3),
    )
    document = made(files, {"who": "*Ann*'s"})
    assert document.title == "For *Ann*'s"
    assert document.pages[0].blocks == (
        Paragraph(content=(T(text="base"),)),
        Paragraph(content=(T(text="mine"),)),
    )


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("role: factory-manager", "rolle: factory-manager", "unknown-field", 2),
        ("audience: customer", "audience: costumer", "unknown-value", 3),
        ("pages: [1, 4]", "pages: [4, 1]", "invalid", 4),
        ("pages: [1, 4]", "pages: [one, 4]", "wrong-type", 4),
        ("title: Summary", "title: {{ customer.name }}", "bad-key", 6),
    ],
)
def test_front_matter_that_is_not_right(old: str, new: str, code: str, line: int) -> None:
    problem = refused({"t.md": FRONT.replace(old, new) + PAGE}, {})[0]
    assert (problem.code, problem.place.file, problem.place.line) == (code, "packs/t.md", line)


def test_no_front_matter() -> None:
    [problem] = refused({"t.md": PAGE}, {})
    assert (problem.code, problem.place.line) == ("front-matter-missing", 1)


def test_an_error_in_the_title_stands_at_its_line() -> None:
    [problem] = refused(
        {"t.md": FRONT.replace("Summary", '"{{ customr }}"') + PAGE}, {"customer": "x"}
    )
    assert (problem.code, str(problem.place)) == ("name-unknown", "packs/t.md:6")


def test_a_template_for_somebody_else_is_refused() -> None:
    files = {"t.md": FRONT.replace("audience: customer", "audience: rep") + PAGE}
    [problem] = refused(files, {})
    assert problem.message == "the template is for audience rep, the pack for customer"


def test_a_template_that_extends_itself() -> None:
    files = {"t.md": '---\ntitle: x\n---\n{% extends "t.md" %}\n'}
    assert refused(files, {})[0].code == "template-loop"


def test_the_setting_is_copied() -> None:
    document = made({"t.md": FRONT + PAGE}, {})
    assert (document.company, document.customer, document.running) == (
        "Meridian", "Gulf Coast Latex", "Gulf Coast Latex, Baytown",
    )  # fmt: skip
    assert (document.language, document.locale, document.audience) == (
        "en",
        "en_US",
        Audience.CUSTOMER,
    )


def test_the_same_brief_gives_the_same_document() -> None:
    files = {"t.md": FRONT + PAGE + "{{ v }}{{ cite('ERP') }}\n"}
    assert made(files, {"v": "x"}) == made(files, {"v": "x"})


# ---------------------------------------------------------------- names used


UNTOLD = error(
    "missing-sentence", "message m has no 'de': 'Grow.'", "", Place("plays/x.yaml", 7, 3)
)


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("{{ told }}\n", []),
        ("{% if said %}{{ told }}{% endif %}\n", []),
        ("{{ said }}\n", ["missing-sentence"]),
        ("{{ said|upper }}\n", ["missing-sentence"]),
        ("{{ [said, told]|join(', ') }}\n", ["missing-sentence"]),
        ("{{ told ~ said }}\n", ["missing-sentence"]),
        ("{{ rows[0].label }}\n", ["missing-sentence"]),
        (":::{chart} c\ndata: rows\nwidth: 100\nheight: 50\nalt: x\n:::\n", ["missing-sentence"]),
    ],
)
def test_a_sentence_that_is_missing_is_a_problem_where_it_is_printed(
    body: str, codes: list[str]
) -> None:
    said = untold_mark(0) + "Grow."
    brief = {"said": said, "told": "Wachsen", "rows": [{"label": f"{said}, h"}]}
    made_for = replace(setting(), untold=[UNTOLD])
    templates = TemplateSet({"t.md": FRONT + PAGE + body}, "packs")
    try:
        document, problems = compose(templates, "t.md", brief, made_for)
    except Stopped as stopped:
        problems = list(stopped.problems)
    else:
        assert "Grow." not in document.model_dump_json()
    assert [p.code for p in problems] == codes
    assert all(str(p.place) == "plays/x.yaml:7:3" for p in problems)


def test_a_chart_that_there_is_none_of_is_named_at_its_line() -> None:
    body = ":::{chart} drivrs\ndata: d\nwidth: 100\nheight: 50\nalt: x\n:::\n"
    templates = TemplateSet({"t.md": FRONT + PAGE + body}, "packs", frozenset({"drivers"}))
    with pytest.raises(Stopped) as stopped:
        compose(templates, "t.md", {"d": [{"a": 1}]}, setting())
    [problem] = stopped.value.problems
    assert (problem.code, problem.place.line) == ("chart-unknown", FRONT_LINES + PAGE_LINES + 1)
    assert problem.hint == "did you mean 'drivers'?"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1.3 kg/t of it", "1.3\u00a0kg/t of it"),
        ("14 h/month", "14\u00a0h/month"),
        ("at 75 °C", "at 75\u00a0°C"),
        ("12 t a year", "12\u00a0t a year"),
        ("5 tests in 3 months", "5 tests in 3 months"),
        ("1 May", "1 May"),
    ],
)
def test_a_unit_stays_with_its_number(written: str, kept: str) -> None:
    assert words(written + "\n") == kept


def test_a_note_stands_right_behind_its_word() -> None:
    paragraph = block("Less foam {{ cite('Survey') }}\n")
    assert isinstance(paragraph, Paragraph)
    assert paragraph.content[0] == T(text="Less foam")


def test_the_results_of_a_study_lose_no_row() -> None:
    folder = Path(__file__).parents[1] / "templates/packs"
    body = '{% import "_technical.md" as tech with context %}\n\n{{ tech.results(table, study) }}\n'
    files = {"t.md": FRONT + PAGE + body, **{p.name: p.read_text() for p in folder.glob("_*.md")}}
    table = {"header": ["Latex", "Dose", "Foam"], "chart": True, "caption": "Foam",
             "chart_params": {"x_title": "Dose"}}  # fmt: skip
    once = [["A", "1", "x11"], ["A", "2", "x12"], ["B", "1", "x21"]]
    for rows in (once, [*once, ["A", "1", "x31"]]):
        brief = {"table": {**table, "rows": rows}, "study": {"n": 3}}
        printed = made(files, brief).model_dump_json()
        assert all(row[2] in printed for row in rows)


def test_names_used_follow_loops_aliases_and_other_templates() -> None:
    files = {
        "base.md": FRONT.replace("Summary", '"{{ customer.name }}"')
        + PAGE + "{{ goal.action }}\n{% block a %}{% endblock %}\n{% include 'part.md' %}\n",
        "part.md": "{{ legal.line }}\n",
        "t.md": """---
industry: paints
---
{% extends "base.md" %}
{% block a %}
{% set f = figures.main %}
{{ f.gap|number(unit=f.unit) }}
{% for d in (figures.drivers|sort(attribute="rank"))[:3] if d.on %}
{{ d.label }} {{ loop.index }} {{ d.peers[0].n }}
{% endfor %}
{% for key, kpi in kpis|items %}
{{ key }} {{ kpi.label }}
{% endfor %}
{{ people|map(attribute="name")|join_words }} {{ people|first }} {{ (people|first).phone }}
:::{chart} c
data: charts.steps
width: 1
height: 1
alt: x
:::
{% endblock %}
""",
    }  # fmt: skip
    found = [
        (name, place.file, place.line) for name, place in names_used(TemplateSet(files, ""), "t.md")
    ]
    body = FRONT_LINES + PAGE_LINES
    assert sorted(found) == sorted([
        ("figures.main", "t.md", 6),
        ("figures.main.gap", "t.md", 7),
        ("figures.main.unit", "t.md", 7),
        ("figures.drivers", "t.md", 8),
        ("figures.drivers[].rank", "t.md", 8),
        ("figures.drivers[].on", "t.md", 8),
        ("figures.drivers[].label", "t.md", 9),
        ("figures.drivers[].peers[].n", "t.md", 9),
        ("kpis", "t.md", 11),
        ("kpis[].label", "t.md", 12),
        ("people", "t.md", 14),
        ("people[].name", "t.md", 14),
        ("people[].phone", "t.md", 14),
        ("charts.steps", "t.md", 16),
        ("goal.action", "base.md", body + 1),
        ("legal.line", "part.md", 1),
        ("customer.name", "base.md", 6),
    ])  # fmt: skip


def test_names_used_go_through_macros_and_conditional_aliases() -> None:
    files = {
        "m.md": "{% macro figure(m, unit) %}{{ m.value }}{{ unit.name }}{{ rest(m) }}{% endmacro %}\n{% macro rest(x) %}{{ x.n }}{{ rest(x.next) }}{% endmacro %}\n",
        "base.md": FRONT
        + PAGE
        + "{% set worst = figures|first if figures else none %}\n{% block a %}{% endblock %}\n",
        "t.md": '---\nindustry: x\n---\n{% extends "base.md" %}\n{% from "m.md" import rest as r %}\n{% block a %}\n{% import "m.md" as say %}\n{{ say.figure(worst, unit=kpi) }}\n{{ r(a.b) }}{{ say.lost(c.d) }}\n{% endblock %}\n',
    }
    found = {f"{name} {place}" for name, place in names_used(TemplateSet(files, ""), "t.md")}
    body = FRONT_LINES + PAGE_LINES
    assert {
        f"figures base.md:{body + 1}", "figures[].value m.md:1", "kpi.name m.md:1",
        "figures[].n m.md:2", "a.b t.md:9", "a.b.n m.md:2", "c.d t.md:9",
    } <= found  # fmt: skip
    assert not any(name.startswith(("worst", "m.", "x.", "unit", "say", "r ")) for name in found)


def test_names_used_leaves_locals_and_globals_out() -> None:
    body = "{% macro m(x) %}{{ x.y }}{{ brand.z }}{% endmacro %}\n{% set n = namespace(a=1) %}{% set n.a = q %}{{ n.a }}{{ m(v) }}{{ issued }}{% with w = v.deep %}{{ w.er }}{% endwith %}\n"
    found = {name for name, _ in names_used(TemplateSet({"t.md": FRONT + PAGE + body}), "t.md")}
    assert found == {"brand.z", "q", "v", "v.y", "v.deep", "v.deep.er"}


def test_names_used_reports_a_syntax_error() -> None:
    with pytest.raises(Stopped) as stopped:
        names_used(TemplateSet({"t.md": FRONT + "{{ a b }}\n"}, ""), "t.md")
    assert [str(p.place) for p in stopped.value.problems] == [f"t.md:{FRONT_LINES + 1}"]
