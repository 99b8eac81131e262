"""The quality bar on words and form: each rule has a pack that breaks it and one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.packs import BAR, GOOD, codes, more, page, said, titled
from tests.writers.sample import line
from winlab.document import Callout, Columns, Document, Figure, Heading, Note, Paragraph, Quote
from winlab.preflight import preflight
from winlab.problems import Place, Severity
from winlab.quality import Bar, Shown

ERROR, NOTE = Severity.ERROR, Severity.NOTE


def test_the_good_pack_is_good() -> None:
    assert codes(GOOD) == {}


def asked(text: str, *aside: str) -> Document:
    """The good pack with another last ask."""
    ask = Callout(
        tone="ask", blocks=(Paragraph(content=line(text)),), aside=tuple(map(line, aside))
    )
    return more(ask, number=4)


def sourced(text: str) -> Document:
    """The good pack with one source's words changed."""
    first, *rest = GOOD.sources
    changed = first.model_copy(update={"text": text})
    return GOOD.model_copy(update={"sources": (changed, *rest)})


def uncited(number: int) -> Document:
    """The good pack with a page that cites nothing."""
    chart = Figure(chart="drivers", data=(), width=100, height=50, alt="Baytown's 14 hours")
    return page(number, title=line("Baytown loses 14 hours"), blocks=(chart,))


OWNERS = ("Owner at Baytown: Maria Delgado", "Owner at Meridian: Dana Whitfield")


@pytest.mark.parametrize(
    ("code", "severity", "broken"),
    [
        ("title-long", NOTE, titled("Baytown can win back hours on its line and " * 3)),
        ("title-short", NOTE, titled("Our offer")),
        ("title-short", NOTE, titled("These are the figures of line 2:")),
        ("title-twice", NOTE, titled("Baytown can choose"). model_copy(update={
            "pages": (titled("Baytown can choose").pages[0], titled("Baytown can choose", 1).pages[1],
                      *GOOD.pages[2:])})),
        ("many-exhibits", NOTE, more(*(b for b in GOOD.pages[1].blocks if b.kind == "figure"),
                                     *(b for b in GOOD.pages[1].blocks if b.kind == "table"), number=2)),
        ("stranded-heading", NOTE, more(Heading(content=line("What else")))),
        ("stranded-heading", NOTE, more(Columns(columns=((Heading(content=line("What else")),), ())))),
        ("placeholder", ERROR, said("The price is TBD")),
        ("said-twice", NOTE, said("One drum pump, one dosing point at the monomer feed.", 4)),
        ("customer-not-named", NOTE, GOOD.model_copy(update={"customer": "Solvane", "running": ""})),
        ("customer-rarely-named", NOTE, GOOD.model_copy(update={"running": "", "confidentiality": ""})),
        ("customer-misspelt", NOTE, said("This is good for Gulfcoast Latex.")),
        ("customer-misspelt", NOTE, said("Gulf Coast Latax's line stands still.")),
        ("customer-misspelt", NOTE, said("We thank GULF COAST LATEX.")),
        ("no-pain", NOTE, page(0, blocks=tuple(b for b in GOOD.pages[0].blocks if not isinstance(b, Quote)))),
        ("note-unresolved", ERROR, more(Paragraph(content=(*line("It says so"), Note(source="no"))))),
        ("source-undated", ERROR, sourced("Maria, at the site visit.")),
        ("exhibit-unsourced", ERROR, uncited(1)),
        ("no-ask", NOTE, asked("Approve the trial", *OWNERS)),
        ("no-ask", NOTE, asked("Approve a trial of 6 weeks", *OWNERS)),
        ("ask-unowned", NOTE, asked("Approve it by February 15, 2027", OWNERS[0])),
        ("ask-unowned", NOTE, asked("Approve it by February 15, 2027", OWNERS[1])),
        ("ask-not-last", NOTE, GOOD.model_copy(update={
            "pages": (*GOOD.pages, GOOD.pages[1].model_copy(update={"id": "more", "title": line("More of all this")}))})),
    ],
)  # fmt: skip
def test_a_defect_is_found(code: str, severity: Severity, broken: Document) -> None:
    assert codes(broken).get(code) is severity


@pytest.mark.parametrize(
    ("code", "sound"),
    [
        ("stranded-heading", more(Heading(content=line("One")), Heading(level=3, content=line("A")),
                                  Paragraph(content=line("Text under it.")))),
        ("customer-misspelt", said("Gulf Coast Latex's line and the Gulf coast are two things.")),
        ("said-twice", said("Short words twice. Short words twice.")),
        ("no-ask", asked("Approve it by 15 February", *OWNERS)),
        ("ask-unowned", asked("Approve it by 15 February", "Maria Delgado and Dana Whitfield")),
        ("ask-unowned", asked("Compare by 15 February", OWNERS[1]).model_copy(update={"customer": ""})),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_defect_passes(code: str, sound: Document) -> None:
    assert code not in codes(sound)


@pytest.mark.parametrize(
    ("code", "bar"),
    [
        ("page-bounds", replace(BAR, pages=(4, 4))),
        ("no-contact-block", replace(BAR, rep=("Ann Bell", "", ""))),
        ("no-validity", replace(BAR, expires=date(2027, 2, 27))),
        ("reference-unfit", replace(BAR, reference=Shown("Port Arthur Polymers", 1, permitted=True))),
        ("reference-expired", replace(BAR, reference=Shown("Port Arthur Polymers", 3, permitted=False))),
    ],
)  # fmt: skip
def test_what_the_pack_is_for_is_measured_too(code: str, bar: Bar) -> None:
    assert codes(GOOD, bar).get(code) is ERROR


def test_a_technical_pack_may_show_more_exhibits() -> None:
    crowded = more(*GOOD.pages[1].blocks, number=2)
    assert "many-exhibits" in codes(crowded)
    assert "many-exhibits" not in codes(crowded, replace(BAR, technical=True))


def test_a_reference_that_is_not_printed_needs_no_permission() -> None:
    other = Shown("Somebody Else", 0, permitted=False)
    assert codes(GOOD, replace(BAR, reference=other)) == {}


def test_a_pack_for_nobody_in_particular_names_nobody() -> None:
    nobody = GOOD.model_copy(update={"customer": "", "running": "", "confidentiality": ""})
    assert not {code for code in codes(nobody) if code.startswith("customer")}


def test_a_problem_points_to_the_page_in_its_template() -> None:
    bar = replace(BAR, places={"answer": Place("packs/factory-manager.md", 15)})
    [problem] = preflight(titled("Our offer"), bar, {})
    assert (problem.place.file, problem.place.line) == ("packs/factory-manager.md", 15)


def test_what_is_not_known_is_not_measured() -> None:
    assert codes(GOOD, Bar()) == {}
