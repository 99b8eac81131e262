"""The quality bar: each rule has a pack that breaks it and one that does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale

from tests import small
from tests.writers.sample import brand, document
from winlab.agreement import one_core
from winlab.brand import Brand
from winlab.brief import CustomerBrief
from winlab.briefing import customer_briefs
from winlab.document import (
    Block,
    Document,
    Figure,
    Goal,
    Group,
    Page,
    Paragraph,
    Table,
    TableCell,
    Text,
)
from winlab.figures import builder_of
from winlab.inputs import RuleSource
from winlab.lab import Lab, decide_plan, open_lab
from winlab.leaks import Secrets, leaks
from winlab.preflight import preflight
from winlab.problems import Severity
from winlab.quality import Bar
from winlab.read import read_workspace
from winlab.secrets_of import secrets_of
from winlab.writers import Written
from winlab.writers.docx import docx
from winlab.writers.pdf import pdf

ISSUED = date(2026, 12, 1)
ROOT = Path(__file__).parents[1]
SECRETS = Secrets(
    codes=("hot-spots", "invest"),
    names=("Slow Paints", "Trans-Elbe Harze"),
    first_words=("Norrland", "More"),
    amounts=frozenset({Decimal("4.28"), Decimal("4.00"), Decimal("1250.00")}),
    currency="USD",
    units=frozenset({"kg"}),
    quoted=("We invest in line 2.", "spots", "They ask USD 4.28 per kg.", "price: TBD by May"),
)


def bar(pages: tuple[int, int] = (6, 6), secrets: Secrets = SECRETS, stem: str = "") -> Bar:
    return Bar(
        pages=pages,
        technical=False,
        expires=date(2027, 2, 28),
        rep=("Dana Whitfield", "+1 281 555 0142", "dana.whitfield@meridian.example"),
        secrets=secrets,
        stem=stem,
    )


def with_text(text: str) -> Document:
    """The sample with one more paragraph on its first page."""
    return with_block(Paragraph(content=(Text(text=text),)))


def with_block(more: Block) -> Document:
    whole = document()
    first = whole.pages[0]
    page = first.model_copy(update={"blocks": (*first.blocks, more)})
    return whole.model_copy(update={"pages": (page, *whole.pages[1:])})


def codes(found: Document, measured: Bar | None = None) -> dict[str, Severity]:
    return {p.code: p.severity for p in preflight(found, measured or bar(), {})}


def test_a_good_pack_passes() -> None:
    assert [c for c, s in codes(document()).items() if s is Severity.ERROR] == []


@pytest.mark.parametrize(("pages", "severity"), [((4, 5), Severity.ERROR), ((7, 9), Severity.NOTE)])
def test_pages_stay_within_bounds(pages: tuple[int, int], severity: Severity) -> None:
    assert codes(document(), bar(pages))["page-bounds"] is severity


@pytest.mark.parametrize(
    "text", ["{{ customer }}", "Price: TBD", "NaN hours", "None", "Lorem ipsum", "[Customer]"]
)
def test_placeholders_block(text: str) -> None:
    assert codes(with_text(text))["placeholder"] is Severity.ERROR


@pytest.mark.parametrize(
    "text",
    ["none of it", "None of our shifts can", "a banana", "[customer words]",
     "He said: price: TBD by May"],
)  # fmt: skip
def test_ordinary_words_are_no_placeholders(text: str) -> None:
    assert "placeholder" not in codes(with_text(text))


def test_the_customer_is_named() -> None:
    nameless = document().model_copy(
        update={"customer": "Somebody Else", "running": "", "confidentiality": ""}
    )
    assert codes(nameless)["customer-not-named"] is Severity.NOTE


def test_a_pack_holds_numbers_a_contact_and_its_validity() -> None:
    words = (Paragraph(content=(Text(text="Words without figures"),)),)
    empty = document().model_copy(
        update={"pages": (Page(id="only", title=(Text(text="One page of words"),), blocks=words),)}
    )
    found = codes(empty, bar((1, 1)))
    assert {c for c, s in found.items() if s is Severity.ERROR} == {
        "few-numbers", "no-contact-block", "no-validity",
    }  # fmt: skip
    assert found["no-ask"] is Severity.NOTE


def test_a_sentence_stands_once() -> None:
    said = "This sentence of six words stands twice."
    assert codes(with_text(f"{said} {said}"))["said-twice"] is Severity.NOTE


def test_long_and_empty_titles_are_noted() -> None:
    first = document().pages[0]
    long = first.model_copy(update={"title": (Text(text="word " * 40),)})
    short = first.model_copy(update={"id": "b", "title": (Text(text="Short"),)})
    found = codes(document().model_copy(update={"pages": (long, short)}), bar((2, 2)))
    assert {"title-long", "title-short"} <= found.keys()


def test_packs_of_one_plan_share_their_goal() -> None:
    other = document().model_copy(update={"goals": (Goal(label="Goal", value="another"),)})
    assert one_core([document(), document()]) == []
    assert [p.code for p in one_core([document(), other])] == ["goals-differ"]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("You are in Hot-Spots now", "Hot-Spots"),
        ("hot\nspots", "hot spots"),
        ("hot-\r\nspots", "hot- spots"),
        ("hot\u2011spots", "hot-spots"),
        ("hot\ufffespots", "hot-spots"),
        ("hot\x02spots", "hot-spots"),  # what pdfium gives for a hyphen at a line's end
        ("we in\u00advest here", "invest"),
        ("like Slow Paints does", "Slow Paints"),
        ("Slow Paints-based", "Slow Paints"),
        ("a Trans-\nElbe Harze grade", "Trans- Elbe Harze"),
        ("the Norrland grade", "Norrland"),
        ("NORRLAND", "NORRLAND"),
        ("We invest in line 2. We invest in line 3.", "invest"),
    ],
)
def test_an_internal_name_is_found(text: str, held: str) -> None:
    [problem] = leaks(text, SECRETS, "pdf")
    assert problem.code == "internal-name"
    assert repr(held) in problem.message


@pytest.mark.parametrize(
    ("text", "locale", "held"),
    [
        ("at USD 4.28 today", "en_US", "4.28"),
        ("USD\u00a04.28", "en_US", "4.28"),
        ("$4.28", "en_US", "4.28"),
        ("4.28 per kg", "en_US", "4.28"),
        ("4.28/kg", "en_US", "4.28"),
        ("for 4.00 USD", "en_US", "4.00"),
        ("USD 4", "en_US", "4"),
        ("USD 4.280", "en_US", "4.280"),
        ("USD/kg 4.28", "en_US", "4.28"),
        ("USD per kg: 4.28", "en_US", "4.28"),
        ("USD 3.90–4.28", "en_US", "4.28"),
        ("3.90 to 4.28 USD", "en_US", "4.28"),
        ("between 4.28 and 4.90 per kg", "en_US", "4.28"),
        ("USD 1,250.00", "en_US", "1,250.00"),
        ("USD 1250", "en_US", "1250"),
        ("4,28 USD je kg", "de", "4,28"),
        ("4,28 je kg", "de", "4,28"),
        ("4.28 USD", "de", "4.28"),
        ("1.250,00 $", "de", "1.250,00"),
        ("1\u202f250,00 USD par kg", "fr", "1 250,00"),
        ("Solvane's letter: They ask USD 4.28 per kg.", "en_US", "4.28"),
    ],
)
def test_an_internal_price_is_found_however_it_is_written(
    text: str, locale: str, held: str
) -> None:
    [problem] = leaks(text, replace(SECRETS, locale=locale), "pdf")
    assert problem.code == "internal-price"
    assert f"({held})" in problem.message


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("investors met", "en_US"),
        ("reinvest", "en_US"),
        ("an invest-grade site", "en_US"),
        ("slow paint", "en_US"),
        ("They said: We invest in line 2.", "en_US"),
        ("They said: we\ninvest in line\u00a02.", "en_US"),
        ("More water, and no more", "en_US"),
        ("4.28 hours", "en_US"),
        ("4 kg a batch", "en_US"),
        ("USD 4.281", "en_US"),
        ("USD 14.28", "en_US"),
        ("USD 4.280", "de"),
        ("4 000 USD", "fr"),
    ],
)
def test_what_only_looks_internal_is_not(text: str, locale: str) -> None:
    assert list(leaks(text, replace(SECRETS, locale=locale), "pdf")) == []


def test_a_customers_word_does_not_hide_the_phrase_that_holds_it() -> None:
    assert list(leaks("Clean spots count", SECRETS, "pdf")) == []
    assert [p.code for p in leaks("You are in our hot-spots group", SECRETS, "pdf")] == [
        "internal-name"
    ]


def chart(alt: str = "", title: str = "", **row: str | float) -> Figure:
    return Figure(
        chart="drivers", data=(row,), params={"y_title": title}, width=100, height=50, alt=alt
    )


def priced(head: str, text: str) -> Table:
    def cells(*texts: str) -> tuple[TableCell, ...]:
        return tuple(TableCell(content=(Text(text=t),)) for t in texts)

    return Table(
        header=cells("Product", head), rows=(cells("DF-310", text),), align=("left", "right")
    )


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (chart(alt="Growth of the hot-spots"), "internal-name"),
        (chart(label="Slow Paints"), "internal-name"),
        (chart(title="Price, USD/kg", y=4.28), "internal-price"),
        (priced("Price, USD/kg", "4.28"), "internal-price"),
    ],
)
def test_charts_and_tables_are_searched(block: Block, code: str) -> None:
    assert codes(with_block(block))[code] is Severity.ERROR


def test_charts_and_tables_in_other_units_pass() -> None:
    assert "internal-price" not in codes(with_block(chart(title="Stops, h/month", y=4.28)))
    assert "internal-price" not in codes(with_block(priced("Stops, h/month", "4.28")))


def test_file_names_are_searched() -> None:
    assert "internal-name" in codes(document(), bar(stem="slow-paints-cfo.en"))
    named = replace(SECRETS, quoted=("Slow Paints Two",))
    assert "internal-name" not in codes(document(), bar(secrets=named, stem="slow-paints-two-cfo"))


@pytest.mark.parametrize(("extension", "write"), [("pdf", pdf), ("docx", docx)])
def test_a_planted_name_is_found_in_the_finished_file(
    extension: str, write: Callable[[Document, Brand, date, str], Written]
) -> None:
    planted = with_text("This site is in our hot-spots group")
    data = write(planted, brand(), ISSUED, "V1").data
    found = preflight(planted, bar(secrets=SECRETS), {extension: data})
    assert "internal-name" in {p.code for p in found}
    clean = write(document(), brand(), ISSUED, "V1").data
    found = preflight(document(), bar(secrets=SECRETS), {extension: clean})
    assert "internal-name" not in {p.code for p in found}


def test_groups_are_searched_too() -> None:
    hidden = Group(priority=1, name="x", blocks=(Paragraph(content=(Text(text="TBD"),)),))
    first = document().pages[0]
    page = first.model_copy(update={"blocks": (*first.blocks, hidden)})
    found = document().model_copy(update={"pages": (page, *document().pages[1:])})
    assert "placeholder" in codes(found)


# ---------------------------------------------------------------- what is secret


@pytest.fixture(scope="module")
def lab() -> Lab:
    return open_lab(ROOT, None, date(2030, 1, 1))


def secrets(lab: Lab, plan: str) -> tuple[Secrets, CustomerBrief]:
    decision = decide_plan(lab, ROOT / f"samples/chemicals/plans/{plan}.yaml")
    builder = builder_of(decision, lab.workspace, lab.groups, Locale("en", "US"))
    brief = next(iter(customer_briefs(builder).values()))
    return secrets_of(decision, lab.workspace, brief, "en_US"), brief


def test_only_the_offered_price_is_no_secret(lab: Lab) -> None:
    found, _ = secrets(lab, "gulf-coast-latex-trial")
    prices = {Decimal(text) for text in ("4.60", "4.55", "4.32", "4.28", "4.14", "4.00", "4.10")}
    assert found.amounts == prices
    assert Decimal("4.45") not in found.amounts


def test_a_provisional_price_is_secret_too(lab: Lab) -> None:
    decision = decide_plan(lab, ROOT / "samples/chemicals/plans/monument-draw-winter.yaml")
    [line] = decision.pitch.lines
    assert line.planned.price is not None
    assert decision.prices[0].offered is None
    found, _ = secrets(lab, "monument-draw-winter")
    assert line.planned.price.offered in found.amounts


def test_all_references_but_the_printed_one_are_secret(lab: Lab) -> None:
    found, brief = secrets(lab, "gulf-coast-latex-trial")
    assert brief.reference is not None
    references = {reference.name for reference in lab.workspace.library.references.values()}
    assert references - set(found.names) == {brief.reference.name}
    assert "Gulf Coast Latex" not in found.names


def test_rivals_and_alternatives_are_secret_by_their_first_word_too(lab: Lab) -> None:
    found, _ = secrets(lab, "gulf-coast-latex-trial")
    assert {"Norrland Wet End", "Tierra Field Services", "Solvane SD-9"} <= set(found.names)
    assert {"Norrland", "Tierra", "Solvane"} <= set(found.first_words)
    assert "do nothing" not in found.names


def test_strategies_groups_and_the_else_are_secret_and_nothing_empty_is(lab: Lab) -> None:
    table = lab.workspace.library.peer_groups
    rules = (*table.rules, RuleSource("odd", (), {"strategy": "harvest"}))
    library = replace(
        lab.workspace.library,
        peer_groups=replace(table, rules=rules, otherwise={"peer_group": "rest-of-world"}),
    )
    accounts = dict(lab.workspace.company.accounts)
    accounts["A"] = replace(next(iter(accounts.values())), id="A", name=" ")
    company = replace(lab.workspace.company, accounts=accounts)
    workspace = replace(lab.workspace, library=library, company=company)
    found, _ = secrets(replace(lab, workspace=workspace), "gulf-coast-latex-trial")
    assert {"harvest", "rest-of-world", "hot-spots", "invest"} <= set(found.codes)
    assert not {"None", "", " "} & {*found.codes, *found.names}
    assert all(name.strip() for name in found.names)


@pytest.mark.parametrize(
    ("file", "old", "new", "word", "line"),
    [
        ("action", "action: Approve a trial", "action: Beat Solvane", "Solvane", 8),
        ("event", "event: Line 2 is rebuilt in June", "event: Like growers", "growers", 9),
        ("assumed", "by: Maria Diaz, date: 2026-11-03}\nbaseline",
         "by: Maria Diaz, date: 2026-11-03}\n  - {words: Solvane is cheap, assumed: true}\nbaseline",
         "Solvane", 12),
        ("criteria", "packs: [factory", "decision: {criteria: [USD 4.10 per kg]}\npacks: [factory",
         "4.10", 21),
    ],
)  # fmt: skip
def test_the_reps_words_may_not_hold_what_is_internal(
    tmp_path: Path, file: str, old: str, new: str, word: str, line: int
) -> None:
    decided = small.decision(tmp_path, {"plans/bay.yaml": (old, new)})
    workspace = read_workspace(tmp_path)
    builder = builder_of(decided, workspace, {}, Locale("en", "US"))
    brief = next(iter(customer_briefs(builder).values()))
    found = secrets_of(decided, workspace, brief, "en_US")
    [problem] = leaks(new, found, "pdf")
    assert word in problem.message
    assert (problem.place.file, problem.place.line) == ("plans/bay.yaml", line)


def test_the_customers_own_words_may_hold_names_but_no_prices(tmp_path: Path) -> None:
    said = "Solvane asks us USD 4.10 per kg"
    change = ("words: We lose a shift a month.", f"words: {said}")
    decided = small.decision(tmp_path, {"plans/bay.yaml": change})
    workspace = read_workspace(tmp_path)
    builder = builder_of(decided, workspace, {}, Locale("en", "US"))
    brief = next(iter(customer_briefs(builder).values()))
    [problem] = leaks(said, secrets_of(decided, workspace, brief, "en_US"), "pdf")
    assert problem.code == "internal-price"
