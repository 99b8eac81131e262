"""A document by hand: a four-page summary like a factory manager's, and a page of results."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from winlab.brand import Brand, read_brand
from winlab.document import (
    Block,
    Callout,
    Card,
    Columns,
    Contacts,
    Contents,
    Document,
    Figure,
    Goal,
    Group,
    Heading,
    Inline,
    Inlines,
    Items,
    Kpis,
    Note,
    Page,
    Paragraph,
    Quote,
    Source,
    Stamp,
    Table,
    TableCell,
    Text,
    flat,
)
from winlab.facts import Audience
from winlab.writers import Words

ISSUED = date(2026, 12, 1)
VERSION = "1"
BRAND_FOLDER = Path(__file__).parents[2] / "templates" / "brand"


@lru_cache
def brand() -> Brand:
    return read_brand(BRAND_FOLDER)[0]


def line(text: str, *more: Inline, strong: bool = False) -> Inlines:
    return (Text(text=text, strong=strong), *more)


def printed(content: Inlines) -> str:
    """A line's words with its stamps, without note numbers."""
    return Words(document(), ISSUED, VERSION, {}).plain(content)


def in_order(blocks: tuple[Block, ...]) -> list[str]:
    """The words of blocks as a reader meets them."""
    out: list[str] = []
    for block in flat(blocks):
        match block:
            case Columns():
                for column in block.columns:
                    out += in_order(column)
            case Callout():
                out += in_order(block.blocks) + [printed(words) for words in block.aside]
            case Kpis():
                for card in block.cards:
                    out += [card.value, card.unit, printed(card.label)]
            case Table():
                out.append(printed(block.caption))
                out += [printed(c.content) for row in (block.header, *block.rows) for c in row]
            case Items():
                out += [printed(item) for item in block.items]
            case Quote():
                out += [printed(block.content), block.by]
            case Contacts():
                out += [printed(words) for column in block.columns for words in column]
            case Figure():
                out.append(printed(block.caption))
            case _ if hasattr(block, "content"):
                out.append(printed(block.content))
    return [words for words in out if words]


def cells(*texts: str) -> tuple[TableCell, ...]:
    return tuple(TableCell(content=line(text)) for text in texts)


def one_page(*blocks: object, title: str = "One page says one thing about line 2") -> Document:
    return Document.model_validate(
        document().model_dump()
        | {"pages": [{"id": "only", "title": line(title), "blocks": blocks}], "sources": ()}
    )


def document() -> Document:
    return Document(
        title="Gulf Coast Latex: winning back line 2",
        language="en",
        locale="en_US",
        role="factory-manager",
        audience=Audience.CUSTOMER,
        company="Meridian Specialty Chemicals",
        customer="Gulf Coast Latex",
        running="Gulf Coast Latex, Baytown · for Maria Delgado, Plant Manager",
        confidentiality="Confidential, for Gulf Coast Latex",
        goals=(
            Goal(label="Goal", value="Line 2 foam-free before June"),
            Goal(label="Worth", value="USD 153,000 confirmed, 174,000 with estimates, a year"),
            Goal(label="Decide by", value="February 15, 2027"),
        ),
        pages=(_answer(), _peers(), _value(), _trial(), _results(), _appendix()),
        sources=(
            Source(id="visit", text="Site visit, November 3, 2026, confirmed by Gulf Coast Latex."),
            Source(
                id="benchmark",
                text="Meridian benchmark: 11 latex and coatings plants, Gulf region, 2026; no plant above 25 % of the sample.",
            ),
            Source(
                id="model", text="Value model “downtime”, version 3, calculated December 1, 2026."
            ),
            Source(
                id="report", text="Port Arthur Polymers, trial report of May 9, 2026, released."
            ),
            Source(
                id="study", text="Study FD-118, “Foam control at 75 °C”, approved June 30, 2026."
            ),
        ),
    )


def _answer() -> Page:
    return Page(
        id="answer",
        title=line("Baytown can win back 6.5 hours a month on line 2 before its recipe is frozen in June"),
        blocks=(
            Paragraph(
                style="lead",
                content=line(
                    "Foam in reactor 2 stops the line almost twice as long as at comparable latex plants. "
                    "A silicone-free antifoam, proved on your own line in six weeks, closes most of that gap "
                    "without touching the polymer."
                ),
            ),
            Quote(
                content=line("“We lose a shift a month scraping foam-over out of reactor 2.”"),
                by="Maria Delgado, Plant Manager, November 3, 2026",
            ),
            Kpis(
                cards=(
                    Card(value="14", unit="h a month", tone="gap",
                         label=line("unplanned downtime on line 2, confirmed at the site visit", Note(source="visit"))),
                    Card(value="4", unit="cleanings", tone="gap",
                         label=line("of reactor 2 a month; comparable plants need two", Note(source="benchmark"))),
                    Card(value="7.5", unit="h a month", tone="ours",
                         label=line("is what the median of 11 comparable plants loses: 6.5 fewer", Note(source="benchmark"))),
                )
            ),
            Columns(
                columns=(
                    (
                        Heading(content=line("Why now")),
                        Paragraph(content=line("Line 2 is rebuilt in June and its recipe is frozen afterwards. A trial that starts by February 15 gives results eight weeks before the freeze; one that starts in April gives none.")),
                    ),
                    (
                        Heading(content=line("What we ask")),
                        Paragraph(content=line("Six weeks on one line, with success and stop criteria that you set. One of our chemists is on site for the first week; the trial kit is credited if you convert.")),
                    ),
                )
            ),
            Callout(
                tone="ask",
                blocks=(Paragraph(content=line("Approve a six-week antifoam trial on line 2 by February 15, 2027")),),
                aside=(line("Owner at Baytown: Maria Delgado"), line("Owner at Meridian: Dana Whitfield")),
            ),
            Paragraph(style="small", content=line("Issued ", Stamp(what="issued"), Text(text=", version "), Stamp(what="version"))),
        ),
    )  # fmt: skip


def _peers() -> Page:
    rows: tuple[dict[str, str | float | bool], ...] = (
        {"label": "Unplanned downtime, h/month", "value": 14, "value_label": "14 h", "median": 7.5, "median_label": "7.5", "q1": 5, "q3": 10, "better": "lower", "estimate": False, "gap_label": "+6.5 h"},
        {"label": "Off-spec batches, % (estimate)", "value": 3.2, "value_label": "3.2 %", "median": 1.7, "median_label": "1.7", "q1": 1, "q3": 2.5, "better": "lower", "estimate": True},
        {"label": "Antifoam dose, kg/t", "value": 1.9, "value_label": "1.9 kg/t", "median": 1.25, "median_label": "1.25", "q1": 1, "q3": 1.5, "better": "lower", "estimate": False},
        {"label": "Reactor cleanings a month", "value": 4, "value_label": "4", "median": 2, "median_label": "2", "q1": 1.5, "q3": 2.6, "better": "lower", "estimate": False},
    )  # fmt: skip
    return Page(
        id="peers",
        title=line("Line 2 loses 6.5 hours more than comparable plants, and dose is not the reason"),
        blocks=(
            Paragraph(style="lead", content=line("On four measures your line lies outside the middle half of eleven comparable plants. You already dose more antifoam than most: more of the same will not help.")),
            Figure(
                chart="drivers", data=rows, params={"customer": "Baytown line 2"}, width=487, height=205,
                alt="Baytown line 2 against eleven peers: downtime 14 against 7.5 hours, off-spec 3.2 against 1.7 percent, dose 1.9 against 1.25 kg/t, cleanings 4 against 2.",
                caption=line("Each measure scaled to the peers’ median. n = 11 plants, latex and coatings, Gulf region, 2026.", Note(source="benchmark")),
            ),
            Table(
                header=cells("Measure", "Line 2", "Peers, median", "Gap", "What it costs at Baytown"),
                rows=(
                    cells("Unplanned downtime", "14 h/month", "7.5 h/month", "+6.5 h", "about 78 production hours a year"),
                    cells("Off-spec batches (estimate)", "3.2 %", "1.7 %", "+1.5 points", "rework and blended-off product"),
                    cells("Antifoam dose", "1.9 kg/t", "1.25 kg/t", "+0.65 kg/t", "chemical, and fisheyes in the film"),
                    cells("Cleanings of reactor 2", "4 a month", "2 a month", "+2", "one shift a month"),
                ),
                align=("left", "right", "right", "right", "left"),
            ),
            Columns(
                columns=(
                    (Heading(content=line("What the pattern says")), Paragraph(content=line("High dose with high downtime points to an antifoam that breaks foam but does not stay in the latex at 75 °C. It is dosed again, and again."))),
                    (Heading(content=line("What we still want to ask")), Items(items=(line("What does one foam-over cost you, from stop to restart?"), line("Is food-contact status a concern for R&D?")))),
                )
            ),
            Group(priority=1, name="reading aid", blocks=(Paragraph(style="small", content=line("A hollow dot is an estimate, to be confirmed by Baytown before the trial.")),)),
        ),
    )  # fmt: skip


def _value() -> Page:
    rows: tuple[dict[str, str | float | bool], ...] = (
        {"label": "Cost of foam today", "start": 0, "end": 412, "amount_label": "412", "kind": "total", "estimate": False},
        {"label": "Downtime cut", "start": 412, "end": 246, "amount_label": "−166", "kind": "saving", "estimate": False},
        {"label": "Off-spec cut (estimate)", "start": 246, "end": 201, "amount_label": "−45", "kind": "saving", "estimate": True},
        {"label": "Dose change", "start": 201, "end": 214, "amount_label": "+13", "kind": "cost", "estimate": False},
        {"label": "Trial and switch (estimate)", "start": 214, "end": 238, "amount_label": "+24", "kind": "cost", "estimate": True},
        {"label": "Cost with DF-310", "start": 0, "end": 238, "amount_label": "238", "kind": "total", "estimate": False},
    )  # fmt: skip
    return Page(
        id="value",
        title=line("Cutting downtime to the peers’ median alone is worth USD 166,000 a year on line 2"),
        blocks=(
            Paragraph(style="lead", content=line("Three effects pay for the change; two costs are counted against them. The largest part rests on a figure that you confirmed; estimates are hatched.")),
            Figure(chart="waterfall", data=rows, width=487, height=225, alt="Yearly cost of foam in thousand USD: 412 today, minus 166 downtime, minus 45 off-spec (estimate), plus 13 dose, plus 24 switch (estimate), leaves 238.",
                   caption=line("Yearly cost of foam on line 2, thousand USD. Hatched: from an estimate.", Note(source="model"))),
            Table(
                header=cells("Effect", "From", "To", "USD a year", "Basis"),
                rows=(
                    cells("Downtime", "14 h/month", "7.5 h/month", "166,000", "confirmed hours × your hourly line cost"),
                    cells("Off-spec batches", "3.2 %", "2.4 %", "45,000", "estimate; upper quartile of peers"),
                    cells("Dose and price", "1.9 kg/t", "1.3 kg/t", "−13,000", "offered price, delivered"),
                    cells("Trial and switch", "", "", "−24,000", "estimate, first year only: cleaning, tests, training"),
                    cells("Net, first year", "", "", "174,000", "range 118,000 to 205,000"),
                ),
                align=("left", "left", "left", "right", "left"),
                total=True,
            ),
            Columns(
                columns=(
                    (Heading(content=line("What changes on the line")), Paragraph(content=line("One drum pump, one dosing point at the monomer feed. No change to temperature, solids or surfactant."))),
                    (Heading(content=line("What does not")), Paragraph(content=line("Film properties: no silicone, so no fisheyes. If one appears in the trial, we stop the same day."))),
                )
            ),
        ),
    )  # fmt: skip


def _trial() -> Page:
    rows: tuple[dict[str, str | bool], ...] = (
        {"step": "Trial agreed", "start": "2027-01-14", "end": "2027-01-28", "owner": "Maria Delgado", "owner_kind": "customer", "decision": False},
        {"step": "Line 2 audit, baseline logged", "start": "2027-01-28", "end": "2027-02-08", "owner": "Meridian", "owner_kind": "us", "decision": False},
        {"step": "Six-week trial, line 2", "start": "2027-02-15", "end": "2027-03-29", "owner": "Both", "owner_kind": "both", "decision": False},
        {"step": "Results against criteria", "start": "2027-03-29", "end": "2027-04-05", "owner": "Both", "owner_kind": "both", "decision": False},
        {"step": "Decision before the rebuild", "start": "2027-04-05", "end": "2027-04-12", "owner": "Bill Hartley", "owner_kind": "customer", "decision": True},
    )  # fmt: skip
    return Page(
        id="trial",
        title=line("Six weeks on one line decide it, with your criteria and a way out at every step"),
        blocks=(
            Paragraph(style="lead", content=line("Proposed plan, counted back from the recipe freeze. Nothing is permanent before the last step.")),
            Figure(chart="gantt", data=rows, width=487, height=150, alt="Five steps from January 14 to April 12, 2027, with owners.", caption=line("Proposed; to be agreed with Baytown.")),
            Columns(
                columns=(
                    (Heading(content=line("The trial has succeeded when")), Items(items=(line("unplanned stops for foam fall below 8 h a month"), line("dose stays at or below 1.3 kg/t"), line("no fisheye is found in 30 consecutive drawdowns")))),
                    (Heading(content=line("It stops at once when")), Items(items=(line("a single film defect is traced to the antifoam"), line("viscosity leaves the release range twice"), line("your shift lead says so")))),
                )
            ),
            Table(
                header=cells("Reference", "Application", "Result after six weeks"),
                rows=((
                    *cells("Port Arthur Polymers (with permission, until June 2027)", "Styrene-acrylic latex, 4 reactors"),
                    TableCell(content=line("Foam stops from 11 to 5 h a month; dose 2.0 to 1.2 kg/t", Note(source="report"))),
                ),),
                align=("left", "left", "left"),
                widths=(3, 2.4, 3),
            ),
            Callout(tone="ask", blocks=(Paragraph(content=line("Next step: 30 minutes on January 14 to set your criteria")),),
                    aside=(line("Maria Delgado and Dana Whitfield"), line("Trial form to be signed by January 28, 2027"))),
            Contacts(
                columns=(
                    (line("Dana Whitfield"), line("Account Manager, Gulf region")),
                    (line("+1 281 555 0142"), line("dana.whitfield@meridian.example")),
                    (line("Issued ", Stamp(what="issued")), line("Valid until February 28, 2027 · version ", Stamp(what="version"))),
                )
            ),
        ),
    )  # fmt: skip


def _results() -> Page:
    rows: tuple[dict[str, str | float], ...] = (
        {"x": 0, "y": 84, "sd": 6, "series": "reference"},
        {"x": 1, "y": 51, "sd": 7, "series": "reference"},
        {"x": 2, "y": 34, "sd": 6, "series": "reference"},
        {"x": 4, "y": 22, "sd": 5, "series": "reference"},
        {"x": 0, "y": 86, "sd": 5, "series": "DF-310"},
        {"x": 1, "y": 79, "sd": 5, "series": "DF-310"},
        {"x": 2, "y": 75, "sd": 4, "series": "DF-310"},
        {"x": 4, "y": 71, "sd": 6, "series": "DF-310"},
    )
    return Page(
        id="results",
        title=line("After four hours at 75 °C, 71 % of the foam control remains"),
        blocks=(
            Heading(content=line("Results with their spread")),
            Paragraph(content=line("Foam control is the share of the untreated foam height that is suppressed after 60 s of sparging. Each value is a mean of five samples.", Note(source="study"))),
            Figure(chart="result", data=rows, params={"x_title": "hours at 75 °C", "y_title": "foam control, %", "mark": "line"}, width=487, height=170,
                   alt="Foam control over four hours: DF-310 falls from 86 to 71 percent, the reference from 84 to 22 percent.",
                   caption=line("Mean and standard deviation, n = 5.", Note(source="study"), Note(source="visit"))),
            Table(
                caption=line("Table 1. Foam control, %, mean ± standard deviation"),
                header=cells("Sample", "0 h", "1 h", "2 h", "4 h", "n"),
                rows=(
                    cells("DF-310, 0.10 %", "86 ± 5", "79 ± 5", "75 ± 4", "71 ± 6", "5"),
                    cells("Reference, 0.10 %", "84 ± 6", "51 ± 7", "34 ± 6", "22 ± 5", "5"),
                ),
                align=("left", "right", "right", "right", "right", "right"),
                dense=True,
            ),
        ),
    )  # fmt: skip


def _appendix() -> Page:
    return Page(
        id="appendix",
        layout="cover",
        title=line("What to prepare before the first drum arrives at Baytown"),
        blocks=(
            Paragraph(style="lead", content=line("Six pages, of which this is the last: it looks like a cover.")),
            Contents(),
            Heading(level=3, content=line("Before the trial")),
            Items(style="check", items=(line("Baseline logged for two weeks"), line("Drawdown panel agreed with R&D"))),
            Items(style="number", items=(line("Dose 0.05 %, then 0.10 %"), line("Hold each for one week"))),
            Callout(tone="warning", blocks=(Paragraph(content=line("Where it does not work: above pH 10.5 the carrier hydrolyses within a day.")),)),
            Callout(tone="note", blocks=(Paragraph(style="small", content=line("Typical properties, not a specification.")),)),
        ),
    )  # fmt: skip
