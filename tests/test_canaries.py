"""No field above a reader's audience reaches a file: each holds a marker that is searched for."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
import yaml

from winlab.decide import Decision
from winlab.explain import as_json
from winlab.facts import Audience
from winlab.finished import read_finished
from winlab.inputs import Role
from winlab.lab import Lab, decide_plan, open_lab
from winlab.pack import Outcome, make_packs
from winlab.problems import Exit

ROOT = Path(__file__).parents[1]
PLAN = Path("samples/chemicals/plans/brushy-fork-clean-die.yaml")
MARK = re.compile(r"zq\d{4}k")
LIMITS = ("11.67", "11.28")
"""What the manager's limit and the floor come to: 90 and 87 points of 12.97."""
OURS = ("12.97", "12.32", "12.06", *LIMITS)
"""The whole corridor in currency; 12.81 is offered."""
FACTS = ("13.7", "2,357", "2357", "3,571", "3571")
"""Growth, size and potential of the market, as they could be printed."""

Pointer = tuple[str, ...]
REPS: Mapping[str, tuple[str, ...]] = {
    "plays/*.yaml": (
        "owner", "thesis", "kpi", "avoid.*", "**.why",
        "pricing.levers.*.give", "pricing.levers.*.get",
        "objections.rules.*.then.says", "objections.rules.*.then.acknowledge",
        "objections.rules.*.then.answer", "objections.rules.*.then.ask",
        "counters.rules.*.then.rival", "counters.rules.*.then.they_win",
        "counters.rules.*.then.we_win", "counters.rules.*.then.source",
    ),
    "plays/claims.yaml": ("*.owner",),
    "plays/references.yaml": ("*.owner",),
    "plays/products/*.yaml": ("owner",),
    "plays/industries/*.yaml": ("owner",),
    str(PLAN): (
        "alternatives.*.name", "alternatives.*.source", "decision.steps.*",
        "products.*.volume.reason",
    ),
}  # fmt: skip
"""The fields of what people write that a rep may see and a customer may not."""


@dataclass
class Marks:
    """Markers given out, each with what it stands for."""

    given: dict[str, str] = field(default_factory=dict)

    def new(self, what: str) -> str:
        mark = f"zq{len(self.given):04d}k"
        self.given[mark] = what
        return mark


def marked(tree: object, patterns: tuple[str, ...], marks: Marks, at: Pointer = ()) -> object:
    """A copy of a tree with a marker behind each text that a pattern names."""
    if isinstance(tree, dict):
        return {k: marked(v, patterns, marks, (*at, str(k))) for k, v in tree.items()}
    if isinstance(tree, list):
        return [marked(v, patterns, marks, (*at, "*")) for v in tree]
    named = any(fits(at, tuple(pattern.split("."))) for pattern in patterns)
    return ending(tree, marks.new(".".join(at))) if isinstance(tree, str) and named else tree


def ending(text: str, mark: str) -> str:
    """A text with a marker as its last word, no longer than before where it has several."""
    return " ".join([*(text.split()[:-1] or [text]), mark])


def fits(at: Pointer, pattern: Pointer) -> bool:
    if pattern[0] == "**":
        return at[-len(pattern) + 1 :] == pattern[1:]
    return at == pattern


class Quoting(yaml.SafeDumper):
    """Writes each text in quotes: a condition without them is refused."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="'")


Quoting.add_representer(str, Quoting.represent_str)


def rewrite(path: Path, change: Callable[[object], object]) -> None:
    tree = change(yaml.safe_load(path.read_text(encoding="utf-8")))
    text = yaml.dump(tree, Dumper=Quoting, allow_unicode=True, sort_keys=False, width=100_000)
    path.write_text(text, encoding="utf-8")


def column(path: Path, name: str, values: Callable[[Mapping[str, str]], str]) -> None:
    """Sets a column of a table, a new one or one that is there."""
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    for row in rows:
        row[name] = values(row)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")


@dataclass(frozen=True)
class Planted:
    """The workspace with its markers, and what was made in it."""

    lab: Lab
    out: Path
    outcome: Outcome
    decision: Decision
    reps: Marks
    labs: Marks


def plant(folder: Path, words: str = "") -> tuple[Marks, Marks]:
    """Lays the sample workspace down with a marker in each field above the customer's."""
    for name in ("plays", "templates", "samples/chemicals"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "winlab.toml", folder)
    reps, labs = Marks(), Marks()
    labs.given = {}
    for pattern, fields in REPS.items():
        for path in sorted(folder.glob(pattern)):
            if path.name not in ("facts.yaml", "kpis.yaml"):
                rewrite(path, lambda tree, f=fields: marked(tree, f, reps))  # type: ignore[misc]
    tables = {s: folder / f"samples/chemicals/{s}s.csv" for s in ("market", "account", "product")}

    def facts(tree: object) -> object:
        assert isinstance(tree, dict)
        for subject, known in tree.items():
            for name, fact in known.items():
                marks = {"rep": reps, "lab": labs}.get(str(fact.get("audience", "lab")))
                if marks is not None:
                    mark = mark_of(marks, labs, f"{subject}.{name} label")
                    fact["label"] = ending(fact["label"], mark)
            for audience in ("rep", "lab") if subject in tables else ():
                mark = mark_of(reps if audience == "rep" else labs, labs, f"{subject} {audience}")
                known[f"note_{audience}"] = {
                    "label": f"Note {mark}", "type": "text", "audience": audience,
                }  # fmt: skip
                text = f"seen {mark_of(reps if audience == 'rep' else labs, labs, subject)}"
                column(tables[subject], f"note_{audience}", lambda _, text=text: text)  # type: ignore[misc]
        return tree

    rewrite(folder / "plays/facts.yaml", facts)
    column(tables["market"], "growth", lambda r: "0.137" if "iredell" in r["id"] else r["growth"])
    column(tables["market"], "size", lambda r: "2357" if "iredell" in r["id"] else r["size"])
    column(
        tables["market"], "potential", lambda r: "3571" if "iredell" in r["id"] else r["potential"]
    )
    column(
        tables["product"], "list_USD", lambda r: "12.97" if r["id"] == "PA-540" else r["list_USD"]
    )

    def plan(tree: object) -> object:
        assert isinstance(tree, dict)
        tree["products"][0]["price"]["offered"] = "12.81"
        tree["pains"][0]["words"] = words or tree["pains"][0]["words"]
        return tree

    rewrite(folder / PLAN, plan)
    return reps, labs


def mark_of(marks: Marks, labs: Marks, what: str) -> str:
    """A marker of its own; the lab's begin at 9000."""
    if marks is not labs:
        return marks.new(what)
    mark = f"zq9{len(labs.given):03d}k"
    labs.given[mark] = what
    return mark


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    folder = tmp_path_factory.mktemp("canaries")
    reps, labs = plant(folder)
    lab = open_lab(folder, None, date(2030, 1, 1))
    outcome = make_packs(lab, folder / PLAN, folder / "out")
    return Planted(lab, folder / "out", outcome, decide_plan(lab, folder / PLAN), reps, labs)


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


def said(path: Path) -> str:
    """What a file says to its reader, what does not show included."""
    read = read_finished(path.suffix[1:], path.read_bytes())
    return f"{read.text} {read.hidden}"


def amounts(text: str, wanted: tuple[str, ...]) -> list[str]:
    return [one for one in wanted if re.search(rf"(?<![\d.,]){re.escape(one)}(?!\d)", text)]


def customer_files(out: Path) -> list[Path]:
    return sorted(path for path in out.rglob("customer/*") if path.is_file())


def test_every_pack_is_made_and_every_field_is_marked(planted: Planted) -> None:
    assert [str(p) for p in planted.outcome.problems if p.severity == "error"] == []
    assert planted.outcome.exit_code is Exit.DONE
    roles = {path.name.split("films-")[1] for path in customer_files(planted.out)}
    asked = ("factory-manager", "rnd-manager", "procurement", "cfo", "ceo", "ehs-quality")
    assert roles == {f"{role}.en.{kind}" for role in asked for kind in ("pdf", "docx")}
    assert len(planted.reps.given) > 250
    assert len(planted.labs.given) >= 7
    assert [price.list for price in planted.decision.prices] == [planted.decision.prices[0].list]
    held = {f"{p.manager_limit:.2f}" for p in planted.decision.prices}
    assert held == {LIMITS[0]}


def test_no_customer_file_holds_what_is_above_the_customer(planted: Planted) -> None:
    for path in customer_files(planted.out):
        marks = {**planted.reps.given, **planted.labs.given}
        assert {m: marks.get(m) for m in MARK.findall(searched(path))} == {}, path.name
        assert amounts(said(path), OURS) == [], path.name
        assert amounts(said(path), FACTS) == [], path.name


def test_the_coach_sheet_holds_the_reps_and_nothing_of_the_labs(planted: Planted) -> None:
    sheets = sorted(planted.out.glob("*/internal/*-coach.*"))
    assert len(sheets) == 2
    for path in sheets:
        found = set(MARK.findall(searched(path)))
        assert len(found & set(planted.reps.given)) > 15, path.name
        assert {m: planted.labs.given[m] for m in found & set(planted.labs.given)} == {}
        assert amounts(said(path), LIMITS) == [], path.name
        assert amounts(said(path), ("12.06",)) == ["12.06"], path.name


def explained(planted: Planted, audience: Audience, floor: bool = False) -> str:
    found = as_json(
        planted.decision, planted.lab.rules.facts, audience, None, show_floor=floor
    )  # fmt: skip
    return json.dumps(found, default=str, ensure_ascii=False)


def test_explain_tells_a_rep_nothing_of_the_labs(planted: Planted) -> None:
    for_rep, for_lab = (explained(planted, a) for a in (Audience.REP, Audience.LAB))
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
