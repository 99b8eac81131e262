"""The quality bar on values: each rule has a pack that breaks it and one that does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.packs import BAR, GOOD, codes, more, page, said, titled
from tests.writers.sample import line
from winlab.agreement import numbers_in, one_core
from winlab.document import (
    Card,
    Document,
    Figure,
    Goal,
    Group,
    Kpis,
    Note,
    Quote,
    Table,
    TableCell,
)
from winlab.problems import Severity
from winlab.quality import Bar

CITED = (*line("As measured."), Note(source="visit"))


def waterfall(*rows: tuple[str, float, float, str, str], alt: str = "It falls.") -> Figure:
    data = tuple(
        {"label": label, "start": start, "end": end, "amount_label": said, "kind": kind, "estimate": False}
        for label, start, end, said, kind in rows
    )  # fmt: skip
    return Figure(chart="waterfall", data=data, width=100, height=50, alt=alt, caption=CITED)


def drivers(label: str, value: float, *, estimate: bool = False, alt: str = "Dots.") -> Figure:
    row = {"label": label, "value": value, "median": 7.5, "estimate": estimate}
    return Figure(chart="drivers", data=(row,), width=100, height=50, alt=alt, caption=CITED)


def table(*row: str, head: str = "USD") -> Table:
    cells = [TableCell(content=line(text)) for text in row]
    header = [TableCell(content=line(text)) for text in ("What", *[head] * (len(row) - 1))]
    return Table(header=tuple(header), rows=(tuple(cells),), align=("left",))


def shown(*blocks: Figure | Table | Kpis, title: str = "Line 2 at Baytown today") -> Document:
    """The good pack with a page of its own exhibits."""
    return page(2, title=line(title), blocks=blocks)


def goal(label: str, value: str) -> Document:
    _, *rest = GOOD.goals
    return GOOD.model_copy(update={"goals": (*rest, Goal(label=label, value=value))})


FALL = (
    ("Today", 0, 412, "412", "total"),
    ("Downtime", 412, 246, "−166", "saving"),
    ("After", 0, 246, "246", "total"),
)
GAP = (FALL[0], ("Downtime", 410, 246, "−164", "saving"), FALL[2])
SHORT = (FALL[0], FALL[1], ("After", 0, 240, "240", "total"))
MISLABELLED = (FALL[0], ("Downtime", 412, 246, "−160", "saving"), FALL[2])


@pytest.mark.parametrize(
    ("code", "broken"),
    [
        ("few-numbers", GOOD.model_copy(update={"pages": tuple(
            p.model_copy(update={"title": line("Words alone stand here"), "blocks": ()}) for p in GOOD.pages)})),
        ("evidence-without-number", shown(drivers("Dose", 77))),
        ("waterfall-residue", shown(waterfall(*GAP))),
        ("waterfall-residue", shown(waterfall(*SHORT))),
        ("values-differ", shown(waterfall(*MISLABELLED))),
        ("values-differ", shown(waterfall(*FALL), table("Downtime (estimate)", "165,000"))),
        ("values-differ", shown(waterfall(*FALL, alt="412 falls to 260"))),
        ("values-differ", shown(drivers("Downtime, h/month", 14), table("Downtime", "15 h/month"))),
        ("estimate-in-title", titled("A cut is worth USD 45,000 to Baytown")),
        ("estimate-in-title", titled("Off-spec batches at Baytown reach 3.2 %")),
        ("estimate-unlabelled", shown(table("Off-spec batches", "3.2 %"))),
        ("estimate-unlabelled", shown(drivers("Off-spec, %", 14, estimate=True))),
        ("estimate-unlabelled", shown(Kpis(cards=(Card(value="3.2", unit="%", label=line("off-spec batches")),)))),
        ("estimate-unlabelled", goal("Worth", "USD 45,000 in year one")),
        ("mixed-locale", said("A dose of 1,25 kg/t")),
        ("mixed-locale", said("It costs 1.250,00 a year")),
        ("mixed-currency", said("It costs EUR 5 more than USD 4.45 would")),
        ("mixed-currency", said("It costs $5")),
        ("mixed-dates", said("We meet on 14 January 2027")),
        ("mixed-dates", said("We meet on 2027-01-14")),
        ("mixed-dates", said("We meet on 1/14/2027")),
        ("mixed-dates", said("Wir sprechen am 14. Januar")),
        ("mixed-units", said("Film is dried at 167 °F")),
    ],
)  # fmt: skip
def test_a_defect_blocks(code: str, broken: Document) -> None:
    assert codes(broken).get(code) is Severity.ERROR


@pytest.mark.parametrize(
    ("code", "sound"),
    [
        ("waterfall-residue", shown(waterfall(*FALL))),
        ("values-differ", shown(waterfall(*FALL, alt="412 falls to 246 over 3 years"))),
        ("values-differ", shown(waterfall(*FALL), table("Downtime", "166,200"), table("Other", "5"))),
        ("values-differ", shown(drivers("Downtime, h/month", 14), table("Downtime", "14 h/month"))),
        ("estimate-in-title", titled("Baytown's line 2 stops for 14 hours, or 166,000 USD")),
        ("estimate-unlabelled", shown(table("Off-spec batches (estimate)", "3.2 %"))),
        ("estimate-unlabelled", shown(table("Off-spec batches", "3.2 %", head="USD, estimates"))),
        ("estimate-unlabelled", goal("Worth", "USD 45,000 in year one (40,000 confirmed)")),
        ("mixed-locale", said("Methods of 2,555 plants; version 1,2 of the plan")),
        ("mixed-dates", said("In May 2027, on January 14, it may begin")),
        ("mixed-currency", more(Quote(content=line("They ask EUR 4"), by="Bill"))),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_defect_passes(code: str, sound: Document) -> None:
    assert code not in codes(sound)


def test_a_number_of_a_title_stands_on_its_page() -> None:
    assert codes(titled("Baytown can save 27 hours a month"))["title-number"] is Severity.NOTE
    assert "title-number" not in codes(titled("Baytown loses 14 hours a month on line 3"))


def test_only_the_customers_own_numbers_count() -> None:
    assert codes(GOOD, replace(BAR, own=frozenset({Decimal(14)})))["few-numbers"]
    assert "few-numbers" not in codes(GOOD, replace(BAR, own=frozenset()))


def test_a_technical_pack_needs_eight() -> None:
    five = replace(BAR, own=frozenset(map(Decimal, ("14", "4", "1.9", "3.2", "6.5"))))
    assert "few-numbers" not in codes(GOOD, five)
    assert "few-numbers" in codes(GOOD, replace(five, technical=True))


@pytest.mark.parametrize("language", ["de", "fr"])
def test_a_decimal_point_is_wrong_where_a_comma_is_written(language: str) -> None:
    def in_language(text: str) -> dict[str, Severity]:
        words = GOOD.pages[0].model_copy(update={"title": line(text), "blocks": ()})
        other = GOOD.model_copy(
            update={"language": language, "locale": language, "pages": (words,)}
        )
        return codes(other, Bar())

    assert "mixed-locale" in in_language("Die Dosis: 1.25 kg/t")
    assert "mixed-locale" not in in_language("Die Dosis: 1,25 kg/t, Version 1.2")


def test_a_quotation_may_hold_anything() -> None:
    quoted = replace(BAR, secrets=replace(BAR.secrets, quoted=("we pay 4,10 EUR",)))
    assert "mixed-locale" not in codes(said("They said: we pay 4,10 EUR"), quoted)


def test_numbers_are_read_as_the_locale_writes_them() -> None:
    read = {
        locale: list(numbers_in("DF-310 on line 2: 1.250 of 3,5", locale))
        for locale in ("en_US", "de_DE")
    }
    assert read["de_DE"] == [Decimal(1250), Decimal("3.5")]
    assert read["en_US"][0] == Decimal("1.250")
    assert list(numbers_in("1\u202f250,5 kg", "fr_FR")) == [Decimal("1250.5")]


# ---------------------------------------------------------------- over the packs of a plan


def role(name: str, *blocks: Figure) -> Document:
    return page(2, blocks=blocks).model_copy(update={"role": name, "goals": GOOD.goals})


def gantt(day: str) -> Figure:
    row = {"step": "Line washed", "start": "2027-01-14", "end": day}
    return Figure(chart="gantt", data=(row,), width=100, height=50, alt="A plan.")


def test_packs_of_one_plan_share_goal_dates_and_values() -> None:
    def found(*documents: Document) -> list[str]:
        return [problem.code for problem in one_core(documents)]

    assert found(role("cfo", waterfall(*FALL)), role("ceo", waterfall(*FALL))) == []
    assert found(role("cfo", waterfall(*FALL)), role("ceo", waterfall(*GAP))) == ["values-differ"]
    assert found(role("cfo", drivers("Dose", 2)), role("ceo", drivers("Dose", 3))) == [
        "values-differ"
    ]
    assert found(role("cfo", gantt("2027-02-01")), role("ceo", gantt("2027-02-02"))) == [
        "dates-differ"
    ]
    assert found(GOOD, goal("Worth", "another")) == ["goals-differ"]


def test_groups_are_measured_too() -> None:
    hidden = Group(priority=1, name="x", blocks=(table("Off-spec batches", "3.2 %"),))
    assert "estimate-unlabelled" in codes(more(hidden))
