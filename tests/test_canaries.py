"""No text above a reader's audience reaches a file: each holds a marker that is searched for."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from tests.written import FILES, FREE, IDS, SAID, TURNS, changed, rewrite, shapes, texts
from winlab.decide import Decision
from winlab.explain import as_json
from winlab.facts import Audience
from winlab.finished import read_finished
from winlab.inputs import Account, Market, PdfEngine, Product, Purchase, Rep, Role
from winlab.lab import Lab, decide_plan, open_lab
from winlab.pack import Outcome, make_packs
from winlab.problems import Exit

ROOT = Path(__file__).parents[1]
PLAN = Path("samples/chemicals/plans/brushy-fork-clean-die.yaml")
STANDARD = Path("samples/chemicals/plans/industry-plastics.yaml")
MARK = re.compile(r"zq\d{4}k")
LIMITS = ("11.67", "11.28")
"""What the manager's limit and the floor come to: 90 and 87 points of 12.97."""
OURS = ("12.97", "12.32", "12.06", *LIMITS)
"""The whole corridor in currency; 12.81 is offered."""
OTHERS = ("9.83", "12.09")
"""What the alternative asks, and what somebody approved once."""
NUMBERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "market.growth": ("0.137", ("13.7", "0.137")),
    "market.share": ("0.117", ("11.7", "0.117")),
    "market.size": ("2357", ("2,357", "2357")),
    "market.potential": ("3571", ("3,571", "3571")),
    "account.satisfaction": ("78", ("78",)),
    "account.service_score": ("83", ("83",)),
    "account.open_complaints": ("0", ()),
    "product.plant_load": ("0.73", ("73 %", "73%", "0.73")),
}
"""Each number among the facts above the customer as it is planted, and as it could be printed.

An open complaint would rule the play out.
"""
STANCES = ("champion", "supporter", "opponent")

OWN_ROWS: Mapping[type, tuple[str, str, str]] = {
    Market: ("nc-iredell-plastics", "", "id region industry"),
    Account: (
        "ACC-0061", "name site",
        "id market industry application size rep contact_role kpi_period",
    ),
    Rep: ("lbeaufort", "name title phone email region", "id manager"),
    Product: ("PA-540", "name", "id unit"),
    Purchase: ("", "", "account product currency"),
}  # fmt: skip
"""Of each table this plan's row, the texts of it that may be shown, and what steers any row.

A period is shown where figures are compared.
"""
TABLES: Mapping[type, str] = {
    kind: f"samples/chemicals/{kind.__name__.lower()}s.csv" for kind in OWN_ROWS
}


@dataclass
class Marks:
    """Markers given out, each with what it stands for."""

    first: int
    given: dict[str, str] = field(default_factory=dict)

    def new(self, what: str) -> str:
        mark = f"zq{self.first + len(self.given):04d}k"
        self.given[mark] = what
        return mark

    def mark(self, name: str, text: str) -> str:
        """A text with a marker if no customer may read it; the same one for each use of an id."""
        if not text or name in FREE - IDS:
            return text
        if name not in IDS:
            return ending(text, self.new(name))
        known = (mark for mark, what in self.given.items() if what == f"id {text}")
        return f"{text}-{next(known, None) or self.new(f'id {text}')}"


def ending(text: str, mark: str) -> str:
    """A text with a marker as its last word, no longer than before where it has several."""
    return " ".join([*(text.split()[:-1] or [text]), mark])


# ---------------------------------------------------------------- the workspace


def retell(path: Path, change: Callable[[dict[str, str]], None]) -> None:
    """Changes the rows of a table."""
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    for row in rows:
        change(row)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")


@dataclass(frozen=True)
class Workspace:
    """A folder whose texts above the customer hold markers, those of reps and those of the lab."""

    folder: Path
    reps: Marks
    labs: Marks

    def above(self, audience: object) -> Marks | None:
        """The markers for what has an audience; none where a customer may read it."""
        return {"customer": None, "rep": self.reps}.get(str(audience), self.labs)


def plant(folder: Path, words: str = "") -> Workspace:
    """Lays the sample workspace down with a marker in each text above the customer's."""
    for name in ("plays", "templates", "samples/chemicals"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "winlab.toml", folder)
    planted = Workspace(folder, Marks(0), Marks(9000))
    for kind in OWN_ROWS:
        retell(folder / TABLES[kind], lambda row, kind=kind: marked_row(row, kind, planted))  # type: ignore[misc]
    rewrite(folder / PLAN, lambda tree: plan_of_all(tree, words, manager(folder)))
    rewrite(folder / "plays/invest.yaml", play_of_all)
    rewrite(folder / "plays/facts.yaml", lambda tree: noted(tree, planted))
    for path, shape in shapes(folder).items():
        if path not in (folder / "winlab.toml", folder / "plays/facts.yaml"):
            rewrite(path, lambda tree, shape=shape: changed(tree, shape, planted.reps.mark))  # type: ignore[misc]
    rewrite(folder / "plays/claims.yaml", lambda tree: [*tree, *unsayable(planted)])
    return planted


def manager(folder: Path) -> str:
    """The name of who approves this plan's prices, which holds a marker."""
    with (folder / TABLES[Rep]).open(encoding="utf-8") as table:
        reps = {row["id"]: row for row in csv.DictReader(table)}
    return reps[reps[OWN_ROWS[Rep][0]]["manager"]]["name"]


def plan_of_all(tree: dict[str, Any], words: str, approver: str) -> object:
    """The plan with all that a rep may say, for every role."""
    person = {"name": "Ines Falk", "title": "Head of IT", "role": "it"}
    tree["contacts"] += [{**person, "buying": "technical", "influence": "low", "stance": ""}]
    for number, contact in enumerate(tree["contacts"]):
        contact["stance"] = STANCES[number % len(STANCES)]
    tree["packs"] = [role.value for role in Role]
    tree["products"][0]["price"]["offered"] = "12.81"
    tree["pains"][0]["words"] = words or tree["pains"][0]["words"]
    tree["alternatives"][0]["price"] = OTHERS[0]
    tree["play"] = {"ask": "invest", "because": "Another plant of theirs asked for a trial"}
    tree["approval"] = {
        "by": approver, "date": "2026-11-20", "product": "PA-540", "price": OTHERS[1],
    }  # fmt: skip
    return tree


def play_of_all(tree: dict[str, Any]) -> object:
    """The play with a service for IT, and with evidence that no customer may be told of."""
    for offer in tree["offer"]["offers"].values():
        offer["services"] = ["dosing"]
    for audience, objection in zip(("rep", "lab"), tree["objections"]["rules"], strict=False):
        objection["when"] = {}
        objection["then"]["proof"] = f"claim-for-{audience}"
        message = {"theme": "uptime", "insight": "Words", "proof": [f"claim-for-{audience}"]}
        rule = {"id": f"to-{audience}", "when": {"contact.role": "ceo"}, "then": message}
        tree["messages"]["rules"].append(rule)
    return tree


def unsayable(planted: Workspace) -> Iterator[object]:
    for audience, marks in (("rep", planted.reps), ("lab", planted.labs)):
        text, source = (f"Plants said {marks.new(f'Claim.{of}')}" for of in ("text", "source"))
        yield {
            "id": f"claim-for-{audience}", "text": text, "source": source, "date": "2026-06-30",
            "expires": "2027-12-31", "owner": "us", "approver": "us", "audience": audience,
        }  # fmt: skip


def noted(tree: dict[str, Any], planted: Workspace) -> object:
    """The facts with markers in what reps and the lab have of them, and with notes for each."""
    for subject, known in tree.items():
        if f"{subject}s.csv" in {Path(name).name for name in TABLES.values()}:
            for audience in ("rep", "lab"):
                known[f"note_{audience}"] = {
                    "label": "Note on it", "type": "text", "audience": audience,
                }  # fmt: skip
        for name, fact in known.items():
            marks = planted.above(fact.get("audience"))
            if marks is not None:
                for key in {"label", "source"} & set(fact):
                    what = f"FactFile.{key} of {subject}.{name}"
                    fact[key] = ending(fact[key], marks.new(what))
    return tree


def marked_row(row: dict[str, str], kind: type, planted: Workspace) -> None:
    """Marks a row's texts, but for what this plan's customer may read of its own."""
    key, shown, steers = OWN_ROWS[kind]
    own = row.get("id") == key
    for name in text_columns(kind) - set(steers.split()):
        if row[name] and not (own and name in shown.split()):
            row[name] = ending(row[name], planted.reps.new(f"{kind.__name__}.{name}"))
    subject = kind.__name__.lower()
    if subject in ("market", "account", "product"):
        for audience, marks in (("rep", planted.reps), ("lab", planted.labs)):
            row[f"note_{audience}"] = f"seen {marks.new(f'{subject}.note_{audience}')}"
    for fact, (value, _) in NUMBERS.items():
        if own and fact.partition(".")[0] == subject:
            row[fact.partition(".")[2]] = value
    if own and kind is Product:
        row["list_USD"] = OURS[0]


def text_columns(kind: type) -> set[str]:
    return {f.name for f in dataclasses.fields(kind) if f.type == "str"}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return plant(tmp_path_factory.mktemp("canaries"))


@dataclass(frozen=True)
class Made:
    """What was made of a workspace with an engine."""

    out: Path
    outcomes: tuple[Outcome, ...]


@pytest.fixture(scope="module", params=get_args(PdfEngine))
def made(request: pytest.FixtureRequest, planted: Workspace) -> Made:
    """The packs of a customer and of an industry; Word files once."""
    lab = open_lab(planted.folder, None, date(2030, 1, 1), request.param)
    out = planted.folder / f"out-{request.param}"
    formats = ("pdf", "docx") if request.param == "weasyprint" else ("pdf",)
    plans = (planted.folder / plan for plan in (PLAN, STANDARD))
    return Made(out, tuple(make_packs(lab, plan, out, formats=formats) for plan in plans))


# ---------------------------------------------------------------- the search


def searched(path: Path) -> str:
    """All that a file holds: its name, bytes, streams or parts, and the text as it is read."""
    data = path.read_bytes()
    raw = [data]
    if path.suffix == ".pdf":
        raw += streams(data)
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            raw += [archive.read(name) for name in archive.namelist()]
    read = read_finished(path.suffix[1:], data)
    loose = "\n".join(part.decode("latin-1") for part in raw)
    wide = "\n".join(part.decode("utf-16-be", errors="replace") for part in raw)
    return "\n".join([path.name, loose, wide, read.text, read.hidden])


def streams(data: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:
            continue


DIGEST = re.compile(r"\b[0-9a-f]{32}\b")
"""A PDF's identifier, which may hold any number."""


def said(path: Path) -> str:
    """What a file says to its reader, what does not show included."""
    read = read_finished(path.suffix[1:], path.read_bytes())
    return DIGEST.sub(" ", f"{read.text} {read.hidden}")


def amounts(text: str, wanted: Iterable[str]) -> list[str]:
    return [one for one in wanted if re.search(rf"(?<![\d.,]){re.escape(one)}(?!\d)", text)]


def customer_files(out: Path) -> list[Path]:
    return sorted(path for path in out.rglob("customer/*") if path.is_file())


def test_every_text_above_the_customer_holds_a_marker(planted: Workspace) -> None:
    named = {name for shape in FILES.values() for name in texts(shape)}
    assert FREE - SAID - TURNS - named == set(), "no such field"
    held = {what.partition(" of ")[0] for what in planted.reps.given.values()}
    assert {*named, "objections.answer", "counters.we_win"} - FREE - held == set()
    for kind, (_, shown, steers) in OWN_ROWS.items():
        columns = {f"{kind.__name__}.{name}" for name in text_columns(kind) - set(steers.split())}
        assert columns - held == {f"{kind.__name__}.{name}" for name in shown.split()} - held
    assert len(planted.reps.given) > 500


def test_every_fact_above_the_customer_holds_a_marker_or_a_number_of_its_own(
    planted: Workspace,
) -> None:
    facts = yaml.safe_load((planted.folder / "plays/facts.yaml").read_text(encoding="utf-8"))
    above = {
        f"{subject}.{name}": fact
        for subject, known in facts.items()
        for name, fact in known.items()
        if fact.get("audience") != "customer"
    }
    assert [name for name, fact in above.items() if not MARK.search(fact["label"])] == []
    assert {name for name, fact in above.items() if fact["type"] == "number"} == set(NUMBERS)
    assert len(planted.labs.given) > 5


def test_every_pack_is_made(made: Made) -> None:
    problems = [p for outcome in made.outcomes for p in outcome.problems]
    assert [str(p) for p in problems if p.severity == "error"] == []
    assert {outcome.exit_code for outcome in made.outcomes} == {Exit.DONE}
    kinds = ("pdf", "docx") if any(made.out.rglob("*.docx")) else ("pdf",)
    names = {path.name for path in customer_files(made.out)}
    assert names == {
        f"{stem}-{role}.en.{kind}"
        for stem in ("brushy-fork-films", "industry-plastics") for role in Role for kind in kinds
    }  # fmt: skip


def test_no_customer_file_holds_what_is_above_the_customer(planted: Workspace, made: Made) -> None:
    marks = {**planted.reps.given, **planted.labs.given}
    numbers = [one for _, printed in NUMBERS.values() for one in printed]
    short = [one for one in numbers if len(one) < 3]  # a file's identifier may hold any two digits
    for path in customer_files(made.out):
        assert {m: marks.get(m) for m in MARK.findall(searched(path))} == {}, path.name
        assert amounts(said(path), {*OURS, *OTHERS, *numbers} - {*short}) == [], path.name
        assert amounts(read_finished(path.suffix[1:], path.read_bytes()).text, short) == []
        assert [word for word in STANCES if word in said(path).lower()] == [], path.name


def test_the_coach_sheet_holds_the_reps_and_nothing_of_the_labs(
    planted: Workspace, made: Made
) -> None:
    sheets = sorted(made.out.glob("*/internal/*-coach.*"))
    assert len(sheets) in (1, 2)
    for path in sheets:
        found = set(MARK.findall(searched(path)))
        assert len(found & set(planted.reps.given)) > 30, path.name
        assert {m: planted.labs.given[m] for m in found & set(planted.labs.given)} == {}
        assert amounts(said(path), LIMITS) == [], path.name
        assert amounts(said(path), ("12.06", OTHERS[0])) == ["12.06", OTHERS[0]], path.name


def decided(planted: Workspace) -> tuple[Decision, Lab]:
    lab = open_lab(planted.folder, None, date(2030, 1, 1))
    return decide_plan(lab, planted.folder / PLAN), lab


def test_explain_tells_a_rep_nothing_of_the_labs(planted: Workspace) -> None:
    decision, lab = decided(planted)
    assert {f"{price.manager_limit:.2f}" for price in decision.prices} == {LIMITS[0]}
    for_rep, for_lab = (
        json.dumps(as_json(decision, lab.rules.facts, audience, None), default=str)
        for audience in (Audience.REP, Audience.LAB)
    )
    assert set(MARK.findall(for_rep)) <= set(planted.reps.given)
    assert set(MARK.findall(for_rep))
    assert amounts(for_rep, LIMITS) == []
    assert "account.credit_block" not in for_rep
    assert amounts(for_lab, LIMITS) == list(LIMITS)
    assert "account.credit_block" in for_lab


def test_the_search_finds_a_planted_one(tmp_path: Path) -> None:
    plant(tmp_path, words="The letter zq7777k asks USD 12.06.")
    lab = open_lab(tmp_path, None, date(2030, 1, 1))
    make_packs(lab, tmp_path / PLAN, tmp_path / "out", roles=[Role.CFO])
    refused = sorted((tmp_path / "out").rglob("internal/refused/*-cfo.*"))
    files = [path for path in refused if path.suffix in (".pdf", ".docx")]
    assert len(files) == 2, "an internal price in the customer's words must not be released"
    for path in files:
        assert "zq7777k" in MARK.findall(searched(path))
        assert amounts(said(path), OURS) == ["12.06"]
