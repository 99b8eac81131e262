"""Hostile values, templates, charts and brands: printed as they stand or refused, never obeyed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests import small
from tests.writers.sample import ISSUED, VERSION, brand, line
from tests.written import READ, changed, rewrite, shapes
from winlab import charts
from winlab.brand import read_brand
from winlab.compose import Setting, TemplateSet, compose
from winlab.document import Document, Figure, Page, Paragraph
from winlab.facts import Audience
from winlab.finished import read_finished
from winlab.inputs import Claim, Industry, PdfEngine, Play, ProductText, Reference, Role, Service
from winlab.lab import Lab, open_lab
from winlab.pack import make_packs
from winlab.problems import Exit, Problem, Severity, Stopped
from winlab.writers.html import page_source
from winlab.writers.pdf import print_html

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "samples/chemicals/plans/brushy-fork-clean-die.yaml"
TODAY = date(2030, 1, 1)
FIELDS = {
    "name": "name: Carol Jessup, title: Plant",
    "title": "title: Plant Manager",
    "site": "site: Statesville",
    "action": "action: Approve a six-week processing-aid trial on blown-film line 4",
    "event": 'event: "Two film buyers want recipes without added fluorine from July, and line 4 makes their film"',
    "words": 'words: "Line 4 is down every second Friday so that somebody can scrape the lips."',
    "source": 'source: "Carol Jessup, visit of 12 November"',
    "basis": "basis: delivered",
    "steps": "[trial form by Carol, film test by Dev, order by the president]",
}
MARKUP = "A & <b>x</b> *y* |p| [l](u) `c` ::: # 1. &amp; {0.a} \\n"


@pytest.fixture(scope="module")
def lab() -> Lab:
    return open_lab(ROOT, None, TODAY)


def plan(folder: Path, value: str, *fields: str) -> Path:
    """A sample plan with a value in place of what some of its fields hold."""
    text = PLAN.read_text(encoding="utf-8")
    for field in fields:
        old = FIELDS[field]
        assert old in text
        head, tail = ("[", "]") if old.startswith("[") else (f"{old.split(':')[0]}: ", "")
        tail = ", title: Plant" if field == "name" else tail
        text = text.replace(old, f"{head}{json.dumps(value, ensure_ascii=False)}{tail}")
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def bare(text: str) -> str:
    """Text without what a line break may add or take away, and invisible characters."""
    return re.sub("[\\s\u00ad\u2010\ufffe\x02\u200b-\u200f\ufeff-]", "", text)


# ---------------------------------------------------------------- values

SHORT = ("name", "site", "steps")
"""Where the factory manager's pack has room for a few more words."""


@pytest.mark.parametrize("value", [MARKUP, "A\u200bB\u200cC\ufeffD, zero wide", "x" * 90])
@pytest.mark.parametrize(
    "roles",
    [(Role.FACTORY_MANAGER,), pytest.param((), marks=pytest.mark.slow)],
    ids=["factory manager", "all"],
)
def test_any_text_of_a_plan_is_printed_as_it_stands(
    lab: Lab, tmp_path: Path, roles: tuple[Role, ...], value: str
) -> None:
    more = SHORT if roles and " " in value else ()
    source = plan(tmp_path, value, "words", "source", *more)
    outcome = make_packs(lab, source, tmp_path / "out", roles=roles)
    assert [str(p) for p in outcome.problems if p.severity is Severity.ERROR] == []
    assert outcome.exit_code is Exit.DONE
    files = [path for path in outcome.files if path.parent.name == "customer"]
    assert len(files) == 2 * (len(roles) or 6)
    for path in files:
        text = read_finished(path.suffix[1:], path.read_bytes()).text
        assert bare(value) in bare(text), path.name


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "שלום", "missing-glyph"),
        ("name", "Fish 🐟 Co", "missing-glyph"),
        ("words", "東レ is late", "missing-glyph"),
        ("action", "Sign \u2060this", "missing-glyph"),
        ("name", "A {{ 7*7 }} B", "placeholder"),
        ("basis", "A {% raw %} B", "placeholder"),
    ],
)
def test_what_a_pack_cannot_show_is_refused_at_the_plans_line(
    lab: Lab, tmp_path: Path, field: str, value: str, code: str
) -> None:
    source = plan(tmp_path, value, field)
    out = tmp_path / "out"
    outcome = make_packs(lab, source, out, roles=[Role.FACTORY_MANAGER], formats=["docx"])
    assert outcome.exit_code in (Exit.PARTLY, Exit.INPUT)
    found = [p for p in outcome.problems if p.code == code]
    assert found
    assert {p.place.line for p in found} == {line_of(source, value)}
    assert not (out / "brushy-fork-clean-die/customer").exists()


def line_of(source: Path, value: str) -> int:
    lines = source.read_text(encoding="utf-8").splitlines()
    return next(number for number, text in enumerate(lines, 1) if value in text)


@pytest.mark.parametrize("field", ["name", "words"])
@pytest.mark.parametrize(
    ("written", "code"),
    [
        (r"A\x07B", "control-character"),
        (r"A\0B", "control-character"),
        (r"A\u202egnp.exe", "control-character"),
        (r"A\u2066B\u2069", "control-character"),
        (r"\ud800", "yaml-syntax"),
        (r"\u200b\u200b", "no-text"),
        ("x" * 10_000, "wrong-length"),
    ],
)
def test_text_that_hides_what_it_says_is_refused_at_its_line(
    lab: Lab, tmp_path: Path, field: str, written: str, code: str
) -> None:
    source = plan(tmp_path, "VALUE", field)
    text = source.read_text(encoding="utf-8")
    line_number = line_of(source, "VALUE")
    source.write_text(text.replace("VALUE", written), encoding="utf-8")
    with pytest.raises(Stopped) as stopped:
        make_packs(lab, source, tmp_path / "out")
    assert (code, line_number) in {(p.code, p.place.line) for p in stopped.value.problems}


@pytest.mark.parametrize("written", [r"one\ntwo", r"one\u2028two", r"one\u2029two", r"one\ttwo"])
def test_a_name_over_two_lines_is_refused_a_sentence_is_joined(
    lab: Lab, tmp_path: Path, written: str
) -> None:
    source = plan(tmp_path, "VALUE", "name")
    source.write_text(source.read_text(encoding="utf-8").replace("VALUE", written))
    with pytest.raises(Stopped, match="runs over a line"):
        make_packs(lab, source, tmp_path / "out")
    source = plan(tmp_path, "VALUE", "action", "words")
    source.write_text(source.read_text(encoding="utf-8").replace("VALUE", written))
    roles, formats = [Role.FACTORY_MANAGER], ["docx"]
    outcome = make_packs(lab, source, tmp_path / "out", roles=roles, formats=formats)
    assert outcome.exit_code is Exit.DONE
    for path in outcome.files:
        assert "one two" in read_finished("docx", path.read_bytes()).text


def test_the_name_of_an_account_is_printed_as_it_stands(tmp_path: Path) -> None:
    customer = "Bay & <i>Latex</i> *[1](u)* #2"
    folder = small.write(tmp_path, {"accounts.csv": ("Bay Latex", f'"{customer}"')})
    outcome = make_packs(
        open_lab(folder, None, small.AS_OF), folder / "plans/bay.yaml", folder / "out"
    )
    assert [str(p) for p in outcome.problems if p.severity is Severity.ERROR] == []
    for path in outcome.files:
        text = read_finished(path.suffix[1:], path.read_bytes()).text
        assert bare(customer) in bare(text), path.name


def test_a_customers_name_that_cannot_be_shown_is_refused_at_its_row(tmp_path: Path) -> None:
    folder = small.write(tmp_path, {"accounts.csv": ("Bay Latex", "東レ")})
    outcome = make_packs(
        open_lab(folder, None, small.AS_OF), folder / "plans/bay.yaml", folder / "out",
        formats=["docx"],
    )  # fmt: skip
    [found] = [p for p in outcome.problems if p.code == "missing-glyph"][:1]
    assert (found.place.file, found.place.line) == ("accounts.csv", 2)


# ---------------------------------------------------------------- content

PIECES = (
    "<b>{}</b>", "*{}*", "a|{}", "[{}](u)", "`{}`", "::: {}", "# {}", "&amp;{}", "{{0.{}}}",
    "\\n{}", "_{}_", "![{}](u)", "<!--{}-->", "&#60;{}", "<{}>", "</p>{}", "~~{}~~", "%({})s",
)  # fmt: skip
LETTERS = "bcdfghjklmnprstvwxz"
KEPT = {
    "Baseline.period", "Baseline.unit", "Contact.name", "Hazard.property", "Kpi.unit", "OfferedPrice.per", "Pain.by",
    "ProductText.name", "Property.property", "Reference.application", "Reference.name",
    "Reference.region", "Volume.unit",
}  # fmt: skip
"""Texts that others are looked up by, or that have to be what they are."""
CONTENT = (Play, ProductText, Industry, Service, tuple[Claim, ...], tuple[Reference, ...])
HOSTILE_PLANS = ("commencement-latex-calendar", "industry-paints")


def laid(folder: Path) -> None:
    """The sample workspace, laid down."""
    for part in ("plays", "templates", "samples/chemicals"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "winlab.toml", folder)


def soiled(given: dict[str, str], name: str, text: str) -> str:
    """A customer's text with a hostile piece in place of its last words; years stay."""
    words = text.split()
    if name not in READ - KEPT or not words:
        return text
    number = len(given)
    tag = f"q{''.join(LETTERS[number // 19**n % 19] for n in (2, 1, 0))}"
    given[tag] = PIECES[number % len(PIECES)].format(tag)
    plain = [n for n, word in enumerate(words) if not re.search(r"\d", word)]
    gone = plain[-2:] if len(words) > 4 else plain[1:][-1:]
    at = gone[0] if gone else len(words)
    rest = [word for n, word in enumerate(words[at:], at) if n not in gone]
    return " ".join([*words[:at], given[tag], *rest])


@pytest.mark.parametrize("by", ["typst", pytest.param("weasyprint", marks=pytest.mark.slow)])
def test_any_content_is_printed_as_it_stands_in_the_packs_of_all_roles(
    tmp_path: Path, by: PdfEngine
) -> None:
    laid(tmp_path)
    plans = [tmp_path / f"samples/chemicals/plans/{name}.yaml" for name in HOSTILE_PLANS]
    given: dict[str, str] = {}
    for path, shape in shapes(tmp_path).items():
        if shape in CONTENT or path in plans:
            rewrite(path, lambda tree, shape=shape: changed(tree, shape, partial(soiled, given)))  # type: ignore[misc]
    lab = open_lab(tmp_path, None, TODAY, by)
    formats = ["pdf"] if by == "weasyprint" else ["pdf", "docx"]
    shown: set[str] = set()
    for path in plans:
        outcome = make_packs(lab, path, tmp_path / "out", formats=formats)
        assert [str(p) for p in outcome.problems if p.severity is Severity.ERROR] == []
        files = [path for path in outcome.files if path.parent.name == "customer"]
        assert len(files) == len(formats) * len(Role)
        for file in files:
            text = bare(read_finished(file.suffix[1:], file.read_bytes()).text)
            tags = {tag for tag in given if tag in text}
            assert len(tags) > 4, file.name
            assert [given[tag] for tag in tags if bare(given[tag]) not in text] == [], file.name
            shown |= tags
    assert len({given[tag].replace(tag, "") for tag in shown}) == len(PIECES)
    assert len(shown) > 400


@pytest.mark.parametrize("name", HOSTILE_PLANS)
@pytest.mark.parametrize(
    ("value", "code"), [("東レ", "missing-glyph"), ("A {{ 7*7 }} B", "placeholder")]
)
def test_content_that_no_pack_can_show_is_refused(
    tmp_path: Path, name: str, value: str, code: str
) -> None:
    source = with_content(tmp_path, value) / f"samples/chemicals/plans/{name}.yaml"
    lab, roles = open_lab(tmp_path, None, TODAY), [Role.EHS_QUALITY, Role.IT]
    outcome = make_packs(lab, source, tmp_path / "out", roles=roles, formats=["docx"])
    assert outcome.exit_code in (Exit.PARTLY, Exit.INPUT)
    told = {pack for p in outcome.problems if p.code == code for pack in p.packs}
    assert told >= {role.value for role in roles}
    assert list((tmp_path / "out").rglob("customer/*")) == []


def test_content_that_hides_what_it_says_is_refused_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(Stopped) as stopped:
        open_lab(with_content(tmp_path, r"A\u202eB"), None, TODAY)
    found = [p.place for p in stopped.value.problems if p.code == "control-character"]
    assert {(place.file, place.line) for place in found} == {
        ("plays/services/orders.yaml", 4),
        ("plays/products/DF-310.yaml", 98),
    }


def with_content(folder: Path, value: str) -> Path:
    """The sample workspace with a value in a service and in a product's stewardship."""
    laid(folder)
    for file, old in (
        ("services/orders", "Electronic orders and invoices"),
        ("products/DF-310", '"drops at the coupling"'),
    ):
        path = folder / f"plays/{file}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, f'"{value}"'), encoding="utf-8")
    return folder


# ---------------------------------------------------------------- templates

FRONT = """---
role: factory-manager
audience: customer
pages: [1, 4]
language: en
title: Summary
---
:::{page} answer
:::
# Title

"""
SETTING = Setting(
    language="en", locale="en_US", role="factory-manager", audience=Audience.CUSTOMER,
    company="Meridian", customer="Bay", running="Bay", confidentiality="Confidential",
)  # fmt: skip


def refused(body: str, **files: str) -> list[Problem]:
    """The problems of a template with this body; its brief holds a text, a list and a group."""
    templates = TemplateSet({"t.md": FRONT + body, **files}, "packs")
    with pytest.raises(Stopped) as stopped:
        compose(templates, "t.md", {"x": "text", "rows": [{"a": 1}], "group": {"a": 1}}, SETTING)
    return list(stopped.value.problems)


ESCAPES = {
    "CVE-2016-10745": "{{ '{0.__class__.__init__.__globals__}'.format(x) }}",
    "CVE-2019-8341": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "CVE-2019-10906": "{{ '{a.__class__}'.format_map({'a': x}) }}",
    "CVE-2024-22195": "<p {{ {'a onload=alert(1)': 1}|xmlattr }}>",
    "CVE-2024-34064": "<p {{ {'a/onload=alert(1)': 1}|xmlattr }}>",
    "CVE-2024-56201": '{% import "a\'+x+{1}.md" as m %}{{ m }}',
    "CVE-2024-56326": "{% set f = '{0.__class__}'.format %}{{ f(x) }}",
    "CVE-2024-56326 filter": "{{ ['{0.__class__}']|map('format', x)|list }}",
    "CVE-2025-27516": "{{ ('{0.__class__}'|attr('format'))(x) }}",
    "attr in map": "{{ [x]|map('attr', '__class__')|list }}",
    "map": "{{ rows|map(attribute='__class__')|list|first }}",
    "groupby": "{{ rows|groupby('__class__') }}",
    "sort": "{{ rows|sort(attribute='__class__') }}",
    "sum": "{{ rows|sum(attribute='__class__') }}",
    "selectattr": "{{ rows|selectattr('__class__')|list|first }}",
    "unique": "{{ rows|unique(attribute='__class__')|list }}",
    "min": "{{ rows|min(attribute='__class__') }}",
    "item": "{{ x['__class__'] }}",
    "globals": "{{ cite.__globals__ }}",
    "partial": "{{ refuse.func }}",
    "range": "{{ range.__self__ }}",
    "cycler": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "joiner": "{{ joiner.__init__.__globals__ }}",
    "lipsum": "{{ lipsum.__globals__ }}",
    "namespace": "{{ namespace.__init__.__globals__ }}",
    "namespace made": "{% set n = namespace() %}{{ n.__class__ }}",
    "self": "{{ self.__init__.__globals__ }}",
    "self's context": "{{ self._TemplateReference__context.environment }}",
    "loop": "{% for i in [1] %}{{ loop.__class__ }}{% endfor %}",
    "caller": "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{% call m() %}a{% endcall %}",
    "macro": "{% macro m() %}a{% endmacro %}{{ m._func }}",
    "varargs": "{% macro m() %}{{ varargs.__class__ }}{% endmacro %}{{ m(1) }}",
    "imported": '{% import "o.md" as o %}{{ o.__class__ }}',
    "change": "{{ rows.append(1) }}",
    "update": "{{ group.update({'a': 2}) }}",
    "format": "{{ '%999999999d' % 1 }}",
    "debug": "{% debug %}",
    "do": "{% do rows.clear() %}",
    "autoescape": "{% autoescape false %}{{ x }}{% endautoescape %}",
    "include": "{% include '/etc/hostname' %}",
    "include above": "{% include '../../winlab.toml' %}",
    "include URL": "{% include 'file:///etc/hostname' %}",
    "import": "{% import 'os' as os %}{{ os.name }}",
    "extends": "{% extends x %}",
}


@pytest.mark.parametrize("payload", ESCAPES.values(), ids=ESCAPES.keys())
def test_no_way_out_of_the_sandbox(payload: str) -> None:
    found = refused(f"text\n\n{payload}\n", **{"o.md": "{% set a = 1 %}"})
    assert {p.place.file for p in found} == {"packs/t.md"}
    assert {p.code for p in found} <= {
        "template-unsafe", "template-syntax", "template-missing", "template-failed",
        "name-unknown", "markdown-refused", "value-not-printable",
    }  # fmt: skip
    assert not any("<class" in p.message or "<module" in p.message for p in found)


@pytest.mark.parametrize("name", ["a'+x+'.md", "a{{ 7 }}.md", 'a"b.md', "a\nb.md"])
def test_a_templates_name_is_no_code(name: str) -> None:
    templates = TemplateSet({name: FRONT + "{{ nope }}\n"}, "packs")
    with pytest.raises(Stopped) as stopped:
        compose(templates, name, {"x": "text"}, SETTING)
    assert {p.code for p in stopped.value.problems} == {"name-unknown"}


# ---------------------------------------------------------------- nothing is fetched


@dataclass(frozen=True)
class Outside:
    """A server that notes who asks it, and a file that no pack may hold."""

    url: str
    log: Path
    file: Path

    def asked(self) -> str:
        """Every request so far."""
        return self.log.read_text()


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("outside")
    canary = folder / "canary.svg"
    canary.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>canary-7d1f</text></svg>'
    )
    log = folder / "log.txt"
    # A process of its own: vl-convert holds Python's lock while it waits for an answer.
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with (
        log.open("w") as requests,
        subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=requests, text=True
        ) as server,
    ):
        assert server.stdout is not None
        port = re.search(r"port (\d+)", server.stdout.readline())
        assert port is not None
        yield Outside(f"http://127.0.0.1:{port[1]}/canary.svg", log, canary)
        server.terminate()


def test_the_server_notes_who_asks(outside: Outside) -> None:
    code = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1] + '?control')"
    subprocess.run([sys.executable, "-c", code, outside.url], check=True)
    for _ in range(100):
        if "?control" in outside.asked():
            break
        time.sleep(0.05)
    assert "?control" in outside.asked()


def addresses(outside: Outside) -> list[str]:
    return [outside.url, outside.file.as_uri(), str(outside.file)]


CHARTS = {
    "image": '{"mark": {"type": "image", "url": "URL", "width": 9, "height": 9}}',
    "image channel": '{"mark": "image", "encoding": {"url": {"value": "URL"}, "x": {"value": 1}}}',
    "image expression": '{"mark": {"type": "image", "url": {"expr": "\'URL\'"}}}',
    "image style": '{"mark": {"type": "image", "style": "a"}, "config": {"style": {"a": {"url": "URL"}}}}',
    "image by parameter": '{"mark": {"$": "m"}, "usermeta": {"params": {"m": {"type": "image", "url": "URL"}}}}',
    "link": '{"mark": {"type": "bar", "href": "URL"}}',
    "link channel": '{"mark": "bar", "encoding": {"href": {"value": "URL"}}}',
    "data": '{"mark": "bar", "data": {"url": "URL"}}',
    "data of a layer": '{"layer": [{"mark": "bar", "data": {"url": "URL"}}]}',
    "lookup": '{"mark": "bar", "transform": [{"lookup": "a", "from": {"data": {"url": "URL"}, "key": "a", "fields": ["b"]}}]}',
    "map": '{"mark": "geoshape", "data": {"url": "URL", "format": {"type": "topojson", "feature": "x"}}}',
    "font": '{"mark": {"type": "text", "text": "x", "font": "URL"}}',
}


@pytest.mark.parametrize("spec", CHARTS.values(), ids=CHARTS.keys())
def test_a_chart_that_would_load_something_is_none(
    tmp_path: Path, outside: Outside, spec: str
) -> None:
    before = outside.asked()
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    for address in addresses(outside):
        written = spec.replace("URL", address)
        (tmp_path / "templates/charts/drivers.json").write_text(written)
        found, _ = read_brand(tmp_path / "templates/brand")
        with pytest.raises(Stopped) as stopped:
            charts.svg(Figure(chart="drivers", data=(), width=90, height=50, alt="x"), found)
        assert {p.code for p in stopped.value.problems} <= {"chart-refused", "chart-data"}
        assert {p.place.file for p in stopped.value.problems} == {"charts/drivers.json"}
    assert outside.asked() == before


def drawn(spec: dict[str, JsonValue], **row: str) -> str:
    """A specification as it is drawn with one row of data."""
    held = replace(brand(), fingerprint=json.dumps(spec), charts={"x": spec})
    return charts.svg(Figure(chart="x", data=(row,), width=90, height=50, alt="x"), held)


@pytest.mark.parametrize(
    "spec",
    [
        {"mark": {"type": "bar", "color": "url(URL)"}, "encoding": {"x": {"value": 9}}},
        {"mark": {"type": "bar", "cursor": "url(URL)"}},
        {"mark": "bar", "view": {"fill": "url(URL)"}},
        {"mark": "bar", "usermeta": {"embedOptions": {"loader": {"baseURL": "URL"}}}},
        {"mark": {"type": "text", "text": "</text><image href='URL'/>"}},
        {"$schema": "URL", "mark": "bar"},
    ],
)
def test_a_chart_that_names_an_address_loads_nothing(
    outside: Outside, spec: dict[str, JsonValue]
) -> None:
    before = outside.asked()
    for address in addresses(outside):
        held: dict[str, JsonValue] = json.loads(json.dumps(spec).replace("URL", address))
        picture = drawn(held, label="a")
        assert "<image" not in picture
        assert "canary-7d1f" not in picture
        charts.picture(picture, brand(), 1.0)
    assert outside.asked() == before


@pytest.mark.parametrize(
    ("spec", "row"),
    [
        ({"mark": {"type": "text", "text": "x", "font": 'a"><b'}}, {}),
        ({"mark": {"type": "text", "text": "x", "fontWeight": 'a"><b'}}, {}),
        ({"mark": {"type": "text", "text": "x", "fontStyle": "a&b"}}, {}),
        ({"mark": {"type": "text", "text": "x", "fontWeight": {"expr": "datum.a"}}}, {"a": '"<'}),
        ({"mark": {"type": "text", "text": "x"}, "config": {"axis": {"labelFontStyle": "<"}}}, {}),
        ({"mark": "text", "encoding": {"text": {"field": "a"}}}, {"a": "a\x01b"}),
        ({"mark": "text", "encoding": {"text": {"field": "a"}}}, {"a": "a\ufffeb"}),
    ],
)
def test_what_would_end_the_process_is_refused(
    spec: dict[str, JsonValue], row: dict[str, str]
) -> None:
    with pytest.raises(Stopped) as stopped:
        drawn(spec, **row)
    assert {p.place.file for p in stopped.value.problems} == {"charts/x.json"}


STYLES = [
    "p { background: url(URL) }",
    "p { background: u\\72l(URL) }",
    "p { background-image: image-set('URL' 1x) }",
    "p { background: image('URL') }",
    "p { background: src('URL') }",
    "p { content: url('URL') }",
    "li { list-style-image: url(URL) }",
    "p { mask: url(URL); filter: url(URL); cursor: url(URL) }",
    ":root { --u: url(URL) }",
    "@page { @top-left { content: url(URL) } }",
    "@media print { p { background: Url(URL) } }",
    "@import 'URL';",
    "@\\69mport url(URL);",
    "@media print { @import 'URL'; }",
    "@font-face { font-family: x; src: url(URL) }",
    "@color-profile device-cmyk { src: 'URL' }",
    "@namespace x url(URL);",
    "p { background: url(data:image/png;base64,AAAA) }",
]


@pytest.mark.parametrize("style", STYLES)
def test_a_style_sheet_that_would_load_something_is_refused(
    tmp_path: Path, outside: Outside, style: str
) -> None:
    before = outside.asked()
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    folder = tmp_path / "templates/brand"
    css = (folder / "pack.css").read_text(encoding="utf-8")
    for address in addresses(outside):
        (folder / "pack.css").write_text(f"{style.replace('URL', address)}\n{css}")
        with pytest.raises(Stopped) as stopped:
            read_brand(folder)
        assert ("css-refused", "brand/pack.css", 1) in {
            (p.code, p.place.file, p.place.line) for p in stopped.value.problems
        }
    assert outside.asked() == before


def picture(shapes: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="60" height="14">{shapes}</svg>'
    )


BOX = '<rect width="5" height="5"/>'
LOGOS = [
    picture('<image href="URL" width="9" height="9"/>'),
    picture('<use href="URL#a"/>'),
    picture('<use xlink:href="URL#a"/>'),
    picture('<g id="a"><use href="#a"/></g>'),
    picture(f'<a href="URL">{BOX}</a>'),
    picture(f'<style>@import "URL";</style>{BOX}'),
    picture('<rect width="5" height="5" style="fill: url(URL#g)"/>'),
    picture('<rect width="5" height="5" style="fill: u\\72l(URL#g)"/>'),
    picture('<rect width="5" height="5" fill="url(URL#g)"/>'),
    picture('<rect width="5" height="5" mask="url(\'URL#m\')"/>'),
    picture(f'<linearGradient id="a" href="URL#b"/>{BOX}'),
    picture('<filter id="f"><feImage href="URL"/></filter>'),
    picture('<foreignObject><iframe src="URL"/></foreignObject>'),
    picture('<iframe xmlns="http://www.w3.org/1999/xhtml" src="URL"/>'),
    picture('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="URL"/>'),
    picture('<rect width="5" height="5" onclick="alert(1)"/>'),
    picture('<animate href="#a"/>'),
    f'<?xml-stylesheet href="URL"?>{picture(BOX)}',
    f'<!DOCTYPE svg SYSTEM "URL">{picture(BOX)}',
    f'<!DOCTYPE svg [<!ENTITY % p SYSTEM "URL"> %p;]>{picture(BOX)}',
    f'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>{picture("<desc>&b;</desc>")}',
]


@pytest.mark.parametrize("logo", LOGOS)
def test_a_logo_that_would_load_something_is_refused(
    tmp_path: Path, outside: Outside, logo: str
) -> None:
    before = outside.asked()
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    for address in addresses(outside):
        (tmp_path / "templates/brand/logo.svg").write_text(logo.replace("URL", address))
        with pytest.raises(Stopped) as stopped:
            read_brand(tmp_path / "templates/brand")
        assert [(p.code, p.place.file) for p in stopped.value.problems] == [
            ("logo", "brand/logo.svg")
        ]
    assert outside.asked() == before


def test_a_logo_of_shapes_is_welcome(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    shapes = (
        '<title>Acme</title><defs><linearGradient id="g"><stop offset="0" stop-color="#123"/>'
        '</linearGradient><clipPath id="c"><circle cx="3" cy="3" r="3"/></clipPath></defs>'
        '<g clip-path="url(#c)"><path d="M0 0h9v9z" fill="url( #g )"/></g>'
    )
    (tmp_path / "templates/brand/logo.svg").write_text(f'<?xml version="1.0"?>{picture(shapes)}')
    assert read_brand(tmp_path / "templates/brand")[1] == []


def codes(templates: TemplateSet) -> set[str]:
    """What is said of a template; nothing if it makes a page."""
    try:
        compose(templates, "t.md", {}, SETTING)
    except Stopped as stopped:
        return {p.code for p in stopped.problems}
    return set()


@pytest.mark.parametrize(
    "markdown",
    [
        "![x](URL)", "[x](URL)", "<URL>", '<img src="URL">', "[x]\n\n[x]: URL", "![x][y]\n\n[y]: URL",
        '<link rel="attachment" href="URL">', '<object data="URL"></object>', "&lt;![CDATA[x]]>",
        "![x](data:image/svg+xml;base64,AAAA)", "[x](javascript:alert(1))",
    ],
)  # fmt: skip
def test_markdown_reaches_for_nothing(outside: Outside, markdown: str) -> None:
    before = outside.asked()
    for address in addresses(outside):
        templates = TemplateSet({"t.md": FRONT + markdown.replace("URL", address) + "\n"}, "packs")
        assert codes(templates) <= {"markdown-refused"}, "an address that is no link is text"
    assert outside.asked() == before


@pytest.mark.parametrize(
    "html",
    [
        '<img src="URL" alt="x">', '<img srcset="URL 2x" alt="x">', '<object data="URL"></object>',
        '<embed src="URL">', '<iframe src="URL"></iframe>', '<video poster="URL"></video>',
        '<link rel="stylesheet" href="URL">', '<link rel="attachment" href="URL">',
        '<a rel="attachment" href="URL">x</a>', '<style>@import "URL";</style>',
        "<style>p { background: url(URL) }</style>", '<p style="content: url(URL)">x</p>',
        "<style>@font-face { font-family: x; src: url(URL) } p { font-family: x }</style>",
        '<svg><image href="URL"/></svg>', '<svg><use href="URL#a"/></svg>',
        '<svg><style>@import "URL";</style></svg>', '<base href="URL"><img src="canary.svg" alt="x">',
    ],
)  # fmt: skip
def test_weasyprint_is_given_nothing_from_outside(outside: Outside, html: str) -> None:
    before = outside.asked()
    one = Document(
        title="T", language="en", locale="en_US", role="x", audience=Audience.CUSTOMER,
        company="C", customer="C", running="C", confidentiality="C", goals=(), sources=(),
        pages=(Page(id="only", title=line("Title"), blocks=(Paragraph(content=line("words")),)),),
    )  # fmt: skip
    source = page_source(one, brand(), ISSUED, VERSION)
    for address in addresses(outside):
        hostile = source.replace("words", html.replace("URL", address))
        assert hostile != source
        written, _ = print_html(hostile, one, brand(), ISSUED, VERSION)
        found = read_finished("pdf", written.data)
        assert "canary-7d1f" not in found.text + found.hidden
        assert b"/EmbeddedFile" not in written.data
    assert outside.asked() == before


# ---------------------------------------------------------------- same bytes anywhere


@pytest.mark.slow
def test_two_checkouts_in_two_processes_give_the_same_bytes(tmp_path: Path) -> None:
    made: list[dict[str, bytes]] = []
    for folder, seed, zone in (("one", "1", "UTC"), ("the other/deep er", "4711", "Asia/Tokyo")):
        checkout = tmp_path / folder
        for part in ("winlab", "plays", "templates", "samples"):
            skip = shutil.ignore_patterns("__pycache__", "gallery")
            shutil.copytree(ROOT / part, checkout / part, ignore=skip)
        shutil.copy(ROOT / "winlab.toml", checkout)
        environment = {
            **os.environ,
            "PYTHONPATH": str(checkout),
            "PYTHONHASHSEED": seed,
            "TZ": zone,
        }
        plan_file = checkout / "samples/chemicals/plans" / PLAN.name
        subprocess.run(
            [sys.executable, "-m", "winlab", "pack", str(plan_file), "--out", str(checkout / "out")],
            env=environment, cwd=checkout, check=True, capture_output=True,
        )  # fmt: skip
        files = [p for p in (checkout / "out").rglob("*") if p.suffix in (".pdf", ".docx")]
        made.append({path.name: path.read_bytes() for path in files})
    one, other = made
    assert len(one) == 2 * (6 + 1)
    assert {name for name in one if one[name] != other.get(name)} == set()
    assert set(one) == set(other)
