"""`winlab score` from files to files, and what stops it."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.test_opportunity import DRIVERS, LEVERS, RESOURCES, tables
from tests.towns import square_topology, write
from winlab.cli import app
from winlab.problems import Exit, Stopped
from winlab.scoring import Scored, score_workspace

ROOT = Path(__file__).parents[1]
TOML = """[workspace]
company = "Testers"
plays = "plays"
templates = "starter:templates"

[data]
markets = "scored/markets.csv"
accounts = "accounts.csv"
reps = "reps.csv"
products = "products.csv"
score = "score.yaml"
"""
FACTS = """market:
  growth: {label: Growth, type: number, unit: fraction a year, domain: '[-1..1]', decimals: 3, audience: rep}
  share:  {label: Share, type: number, unit: fraction, domain: '[0..1]', decimals: 3, audience: rep}
"""
GROUPS = """rules:
  - {id: fast, when: {market.growth: '>= 2%'}, then: {peer_group: fast, strategy: invest}}
  - {id: slow, when: {market.growth: '< 2%'}, then: {peer_group: slow, strategy: maintain}}
else: gap
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(
        tmp_path,
        {**tables(50), "shapes.json": square_topology([f"m{n}" for n in range(50)])},
        drivers=DRIVERS, levers=LEVERS, resources=RESOURCES,
        shapes={"file": "shapes.json", "object": "towns"},
    )  # fmt: skip
    (tmp_path / "winlab.toml").write_text(TOML)
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays/facts.yaml").write_text(FACTS)
    (tmp_path / "plays/peer-groups.yaml").write_text(GROUPS)
    return tmp_path


def run(root: Path, out: Path | None = None) -> Scored:
    return score_workspace(root, out, lambda _: None)


def stopped(root: Path) -> tuple[str, Exit]:
    with pytest.raises(Stopped) as caught:
        run(root)
    return str(caught.value.problems[-1]).partition("\n")[0], caught.value.exit_code


def test_table_page_and_sheets_are_written_where_packs_read_the_markets(root: Path) -> None:
    done = run(root)
    assert [path.relative_to(root).as_posix() for path in done.files] == [
        "scored/markets.csv", "scored/opportunity-map.html", "scored/opportunity-map.pdf",
    ]  # fmt: skip
    assert done.problems == ()
    before = {path: path.read_bytes() for path in done.files}
    run(root)
    assert {path: path.read_bytes() for path in before} == before, "same input, same bytes"


def test_a_table_that_a_person_has_edited_is_kept(root: Path) -> None:
    run(root)
    table = root / "scored/markets.csv"
    table.write_text(table.read_text() + "# mine\n")
    done = run(root)
    assert table.read_text().endswith("# mine\n")
    assert done.files[0].name == "markets.new.csv"
    assert [p.code for p in done.problems] == ["edited"]
    run(root)
    assert not (root / "scored/markets.new2.csv").exists(), "our own new one is written over"


def test_a_table_that_we_never_wrote_is_kept(root: Path) -> None:
    (root / "scored").mkdir()
    (root / "scored/markets.csv").write_text("id,name\n")
    assert run(root).files[0].name == "markets.new.csv"


def test_before_the_first_run_other_commands_say_what_writes_the_markets(root: Path) -> None:
    asked = CliRunner().invoke(app, ["assign", str(root), "--json"])
    (problem,) = [p for p in json.loads(asked.stdout)["problems"] if "markets.csv" in p["message"]]
    assert problem["hint"] == "run winlab score, which writes it"


def test_another_folder_may_be_named(root: Path) -> None:
    assert run(root, root / "elsewhere").files[0] == root / "elsewhere/markets.csv"
    assert not (root / "scored").exists()


def test_a_workspace_that_does_not_say_how_to_score_is_told(root: Path) -> None:
    (root / "winlab.toml").write_text(TOML.replace('score = "score.yaml"\n', ""))
    said, code = stopped(root)
    assert (
        said
        == "winlab.toml: error: it is not said how to score this workspace's markets [no-score]"
    )
    assert code is Exit.INPUT


def test_markets_are_not_written_to_a_workbook(root: Path) -> None:
    (root / "winlab.toml").write_text(TOML.replace("markets.csv", "markets.xlsx"))
    assert stopped(root)[0] == (
        "winlab.toml:7:11: error: scored markets are written as CSV, not to markets.xlsx [not-csv]"
    )


def test_without_scikit_learn_the_fix_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(Stopped) as caught:
        run(root)
    assert caught.value.exit_code is Exit.MACHINE
    assert "pip install 'winlab[score]'" in str(caught.value)


def test_a_fault_in_score_yaml_stops_with_its_place(root: Path) -> None:
    text = (root / "score.yaml").read_text()
    (root / "score.yaml").write_text(text.replace("area:", "aria:"))
    said, _ = stopped(root)
    assert said.startswith("score.yaml:")
    assert "aria" in said


def test_the_command_prints_five_steps_and_one_json_document(root: Path) -> None:
    plain = CliRunner().invoke(app, ["score", str(root)])
    assert plain.exit_code == 0, plain.output
    assert "2. Growth potential" in plain.stdout
    assert "opportunity-map.html" in plain.stdout
    found = CliRunner().invoke(app, ["score", str(root), "--json"])
    document = json.loads(found.stdout)
    assert list(document["steps"]) == ["Size", "Growth potential", "Share", "Causes", "Priority"]
    assert len(document["files"]) == 3
    assert document["problems"] == []


@pytest.fixture(scope="module")
def buildco(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, scored anew."""
    root = tmp_path_factory.mktemp("sample") / "buildco"
    shutil.copytree(ROOT / "samples/buildco", root, ignore=shutil.ignore_patterns("scored"))
    assert CliRunner().invoke(app, ["score", str(root), "--quiet"]).exit_code == 0
    return root


def test_the_samples_markets_decide_a_contractors_plan(buildco: Path) -> None:
    plan = buildco / "plans/prairie-ridge-first-houses.yaml"
    explained = CliRunner().invoke(app, ["explain", str(plan), "--json"])
    assert explained.exit_code == 0, explained.output
    decision = json.loads(explained.stdout)
    assert (decision["peer_group"], decision["strategy"]) == ("open-growth", "invest")
    assigned = CliRunner().invoke(app, ["assign", str(buildco), "--json"])
    markets = json.loads(assigned.stdout)["markets"]
    assert len(markets) == 254
    assert {market["status"] for market in markets} == {"definite"}
    assert 4 <= len({market["peer_group"] for market in markets}) <= 10
    scored = {row["id"]: row["peer_group"] for row in rows(buildco / "scored/markets.csv")}
    assert scored == {market["market"]: market["peer_group"] for market in markets}


def test_the_sample_and_its_brand_pass_the_check(buildco: Path) -> None:
    checked = CliRunner().invoke(app, ["check", str(buildco)])
    assert checked.exit_code == 0, checked.output


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_samples_markets_lead_to_a_contractors_pack(buildco: Path, tmp_path: Path) -> None:
    root, out = buildco, tmp_path / "out"
    plans = sorted((root / "plans").glob("*.yaml"))
    assert len(plans) == 4
    for plan in plans:
        made = CliRunner().invoke(app, ["pack", str(plan), "--out", str(out), "--format", "pdf"])
        assert made.exit_code == 0, made.output
        assert list((out / plan.stem / "customer").glob("*-factory-manager.en.pdf"))


def test_the_samples_made_up_tables_are_those_of_its_script(tmp_path: Path) -> None:
    root = tmp_path / "buildco"
    shutil.copytree(ROOT / "samples/buildco", root)
    names = ["accounts.csv", "reps.csv", "products.csv", "data/lines.csv", "data/travel.csv"]
    before = {name: (root / name).read_bytes() for name in names}
    scope: dict[str, object] = {"__name__": "script", "__file__": str(root / "make_data.py")}
    exec(compile((root / "make_data.py").read_text(), "make_data.py", "exec"), scope)
    scope["main"]()  # type: ignore[operator]
    assert {name: (root / name).read_bytes() for name in names} == before
