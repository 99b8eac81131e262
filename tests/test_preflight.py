"""The quality bar: each rule has a pack that breaks it and one that does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.writers.sample import brand, document
from winlab.brand import Brand
from winlab.document import Document, Goal, Group, Page, Paragraph, Text
from winlab.preflight import Bar, Secrets, leaks, one_core, preflight
from winlab.problems import Severity
from winlab.writers import Written
from winlab.writers.docx import docx
from winlab.writers.pdf import pdf

ISSUED = date(2026, 12, 1)
SECRETS = Secrets(
    phrases=("hot-spots", "hot spots", "invest", "Slow Paints"),
    prices=("4.28", "4.00"),
    currency="USD",
    unit="kg",
    quoted=("We invest in line 2.",),
)


def bar(pages: tuple[int, int] = (6, 6), secrets: Secrets | None = None) -> Bar:
    return Bar(
        pages=pages,
        technical=False,
        expires=date(2027, 2, 28),
        rep=("Dana Whitfield", "+1 281 555 0142", "dana.whitfield@meridian.example"),
        secrets=secrets,
    )


def with_text(text: str) -> Document:
    """The sample with one more paragraph on its first page."""
    whole = document()
    first = whole.pages[0]
    more = Paragraph(content=(Text(text=text),))
    page = first.model_copy(update={"blocks": (*first.blocks, more)})
    return whole.model_copy(update={"pages": (page, *whole.pages[1:])})


def codes(found: Document, measured: Bar | None = None) -> dict[str, Severity]:
    return {p.code: p.severity for p in preflight(found, measured or bar(), {})}


def test_a_good_pack_passes() -> None:
    assert [c for c, s in codes(document()).items() if s is Severity.ERROR] == []


@pytest.mark.parametrize("pages", [(4, 5), (7, 9)])
def test_pages_stay_within_bounds(pages: tuple[int, int]) -> None:
    assert codes(document(), bar(pages))["page-bounds"] is Severity.ERROR


@pytest.mark.parametrize(
    "text", ["{{ customer }}", "Price: TBD", "NaN hours", "None of it", "Lorem ipsum", "[Customer]"]
)
def test_placeholders_block(text: str) -> None:
    assert codes(with_text(text))["placeholder"] is Severity.ERROR


@pytest.mark.parametrize("text", ["none of it", "a banana", "[customer words]"])
def test_ordinary_words_are_no_placeholders(text: str) -> None:
    assert "placeholder" not in codes(with_text(text))


def test_the_customer_is_named() -> None:
    nameless = document().model_copy(
        update={"customer": "Somebody Else", "running": "", "confidentiality": ""}
    )
    assert codes(nameless)["customer-not-named"] is Severity.ERROR


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
    "text",
    [
        "You are in Hot-Spots now", "hot\nspots", "we invest here", "like Slow Paints does",
        "at USD 4.28 today", "USD\u00a04.28", "4.28 per kg", "4.28/kg", "for 4.00 USD",
    ],
)  # fmt: skip
def test_what_is_internal_is_found(text: str) -> None:
    assert list(leaks(text, SECRETS, "pdf"))


@pytest.mark.parametrize(
    "text",
    [
        "investors met", "reinvest", "4.28 hours", "USD 4.281", "USD 14.28", "slow paint",
        "They said: We invest in line 2.",
    ],
)  # fmt: skip
def test_what_only_looks_internal_is_not(text: str) -> None:
    assert list(leaks(text, SECRETS, "pdf")) == []


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
