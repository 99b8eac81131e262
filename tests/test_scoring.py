"""`winlab score` from files to files, and what stops it."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from lxml import html
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


def as_kind(root: Path, name: str, kind: str) -> None:
    """Saves a CSV of the workspace as a workbook or as Parquet, and names that in score.yaml."""
    frame = pd.read_csv(root / name)
    other = Path(name).with_suffix(kind)
    if kind == ".xlsx":
        frame.to_excel(root / other, index=False)
    else:
        frame.to_parquet(root / other, index=False)
    (root / name).unlink()
    score = root / "score.yaml"
    score.write_text(score.read_text().replace(name, other.as_posix()))


@pytest.mark.parametrize("kind", [".xlsx", ".parquet"])
def test_workbooks_and_parquet_give_the_same_files_as_csv(root: Path, kind: str) -> None:
    if kind == ".parquet":
        pytest.importorskip("pyarrow")
    before = [path.read_bytes() for path in run(root, root / "csv").files]
    for name in ("markets.csv", "sales.csv"):
        as_kind(root, name, kind)
    assert [path.read_bytes() for path in run(root, root / "other").files] == before


def test_parquet_without_its_package_stops_with_the_fix(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, package, None)
    (root / "sales.parquet").write_bytes(b"PAR1")
    score = root / "score.yaml"
    score.write_text(score.read_text().replace("sales.csv", "sales.parquet"))
    assert stopped(root) == (
        "sales.parquet: error: Parquet files need one more package [no-parquet]", Exit.INPUT,
    )  # fmt: skip


def steps(root: Path) -> str:
    found = run(root)
    text = " ".join(sentence for said in found.found.steps.values() for sentence in said)
    page, pdf = found.files[1].read_text(), found.files[2].read_bytes()
    with pypdfium2.PdfDocument(pdf) as sheets:
        printed = " ".join(sheet.get_textpage().get_text_range() for sheet in sheets)
    for shown in (text, html.fromstring(page).text_content(), printed):
        assert not re.search(r"\b(nan|inf|None)\b(?! of \d)", shown)
    return text


def test_a_workspace_without_hot_spots_is_scored(root: Path) -> None:
    score = root / "score.yaml"
    score.write_text(score.read_text() + "hot_spots: {growth: 0.9}\n")
    assert "0 markets grow by 90.0% a year or more" in steps(root)


def test_one_market_is_scored_as_far_as_it_goes(root: Path) -> None:
    for name, keep in (("markets.csv", 2), ("sales.csv", 4)):
        lines = (root / name).read_text().splitlines()
        (root / name).write_text("\n".join(lines[:keep]) + "\n")
    said = steps(root)
    assert "Growth is known of 1 markets; a forecast needs 30." in said
    assert "no market can be called a hot spot" in said


def test_one_period_is_scored_without_growth(root: Path) -> None:
    lines = (root / "sales.csv").read_text().splitlines()
    (root / "sales.csv").write_text(
        "\n".join(x for x in lines if ",2018," in x or "id" in x) + "\n"
    )
    said = steps(root)
    assert "Growth is known of 0 markets" in said
    assert "We gained share" not in said


def test_markets_that_are_all_alike_are_scored(root: Path) -> None:
    rows = [f"m{k},Town {k},North,1,1,1,1\n" for k in range(50)]
    sales = [f"m{k},{year},100,20\n" for k in range(50) for year in (2016, 2017, 2018)]
    (root / "markets.csv").write_text("id,name,region,permits,age,reps,price\n" + "".join(rows))
    (root / "sales.csv").write_text("id,year,market,own\n" + "".join(sales))
    said = steps(root)
    assert "No driver can be used, so past growth alone makes the forecast." in said
    assert "The forecast did no better than chance" in said
    assert "No lever is known well enough, so causes are not looked for." in said


def test_sales_that_are_all_too_large_leave_nothing_to_say_but_that(root: Path) -> None:
    lines = [line.split(",") for line in (root / "sales.csv").read_text().splitlines()[1:]]
    rows = [f"{market},{year},1e308,1e307\n" for market, year, *_ in lines]
    (root / "sales.csv").write_text("id,year,market,own\n" + "".join(rows))
    assert "Our share is not known of any market in 2018." in steps(root)
    told = [str(problem).partition("\n")[0] for problem in run(root).problems]
    assert (
        "sales.csv:2:3: warning: market: '1e308' cannot be right, so it counts as missing "
        "(150 times) [too-large]"
    ) in told


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


@pytest.mark.slow
def test_the_printed_map_is_accessible_and_archival(buildco: Path) -> None:
    tool = os.environ.get("WINLAB_VERAPDF")
    if tool is None:
        pytest.skip("WINLAB_VERAPDF does not name the veraPDF tool")
    path = buildco / "scored/opportunity-map.pdf"
    done = subprocess.run(
        [tool, f"ua1:{path}", f"3a:{path}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.count("compliant=true") == 2, done.stdout


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


def wide(folder: Path, markets: int, columns: int) -> Path:
    """A workspace of many markets, whose columns beside permits and age are noise with gaps."""
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(markets, columns))
    noise[rng.random(noise.shape) < 0.05] = np.nan
    made = tables(markets)
    head, *lines = made["markets.csv"].splitlines()
    names = [f"c{k}" for k in range(columns)]
    body = [
        ",".join([line, *("" if np.isnan(v) else f"{v:.4f}" for v in row)])
        for line, row in zip(lines, noise, strict=True)
    ]
    table = "\n".join([",".join([head, *names]), *body]) + "\n"
    more = [{"id": n, "label": n, "column": n, "high": "h", "low": "l"} for n in names]
    shapes = square_topology([f"m{k}" for k in range(markets)])
    folder.mkdir()
    write(
        folder, {**made, "markets.csv": table, "shapes.json": shapes}, drivers=DRIVERS + more,
        levers=LEVERS, resources=RESOURCES, shapes={"file": "shapes.json", "object": "towns"},
    )  # fmt: skip
    (folder / "winlab.toml").write_text(TOML)
    (folder / "plays").mkdir()
    (folder / "plays/facts.yaml").write_text(FACTS)
    (folder / "plays/peer-groups.yaml").write_text(GROUPS)
    return folder


@pytest.mark.slow
def test_three_thousand_markets_of_130_columns_are_scored_and_drawn_in_time(tmp_path: Path) -> None:
    """On processor time, which a busy machine does not stretch; and it grows about as markets do."""
    spent: dict[int, float] = {}
    for markets in (1000, 3000):
        root = wide(tmp_path / str(markets), markets, 126)
        start = time.process_time()
        done = run(root)
        spent[markets] = time.process_time() - start
        assert done.problems == ()
        assert len(rows(done.files[0])) == markets
    assert spent[3000] < 20, "seconds"
    assert spent[3000] < 5 * spent[1000]
