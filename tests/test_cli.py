"""The command line: outputs, JSON and exit codes that scripts depend on."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests import small
from winlab.cli import app

ROOT = Path(__file__).parents[1]
PLAN = str(ROOT / "samples/chemicals/plans/gulf-coast-latex-trial.yaml")
KEYS = {
    "plan", "account", "market", "as_of", "status", "missing", "peer_group", "strategy", "play",
    "offers", "pricing", "messages", "summary", "why_not", "decision_id", "problems", "trace",
}  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_help_names_every_command_and_shows_an_example() -> None:
    overview = run("--help")
    assert overview.exit_code == 0
    for command in ("new", "pack", "explain", "assign", "check", "fields", "preflight"):
        assert command in overview.stdout
        shown = run(command, "--help")
        assert shown.exit_code == 0
        assert f"Example: winlab {command}" in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [("pack",), ("pack", PLAN, "--role", "boss"), ("pack", PLAN, "--as-of", "soon"), ("nonsense",)],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_role_that_the_plan_does_not_ask_for_is_wrong_usage(tmp_path: Path) -> None:
    done = run("pack", PLAN, "--role", "cfo", "--out", tmp_path)
    assert done.exit_code == 2
    assert "asked for: factory-manager, rnd-manager" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_explain_json_has_every_key_and_no_lab_price() -> None:
    done = run("explain", PLAN, "--json", "--why-not", "defend")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found.keys() >= KEYS
    [price] = found["pricing"]
    assert {
        "product",
        "currency",
        "unit",
        "offered",
        "list",
        "opening",
        "target",
        "rep_limit",
        "levers",
    } <= price.keys()
    assert not {"floor", "manager_limit"} & price.keys()
    assert all(isinstance(price[key], str) for key in ("offered", "list", "target"))
    [table, *_] = found["trace"]
    assert table.keys() == {"table", "hit", "status", "rules"}
    assert {rule["result"] for rule in table["rules"]} <= {
        "matched",
        "failed",
        "unknown",
        "outranked",
    }
    [clause, *_] = table["rules"][0]["clauses"]
    assert clause.keys() == {"fact", "test", "value", "result", "source"}
    assert clause["source"].startswith("plays/peer-groups.yaml:5:")
    assert any(
        "peer group is hot-spots" in text
        for rule in found["why_not"]["rules"]
        for text in rule["failed"]
    )


def test_the_lab_sees_limits_and_the_facts_behind_them() -> None:
    found = json.loads(run("explain", PLAN, "--json", "--audience", "lab").stdout)
    assert {"floor", "manager_limit"} <= found["pricing"][0].keys()
    clauses = [c for t in found["trace"] for r in t["rules"] for c in r["clauses"]]
    for_rep = json.loads(run("explain", PLAN, "--json").stdout)
    hidden = [
        c
        for t in for_rep["trace"]
        for r in t["rules"]
        for c in r["clauses"]
        if c["fact"] == "account.credit_block"
    ]
    assert hidden == []
    assert any(c["fact"] == "account.credit_block" for c in clauses)


def test_explain_says_the_reason_in_words() -> None:
    done = run("explain", PLAN, "--why-not", "defend", "--quiet")
    assert "Invest: forecast growth of demand is" in done.stdout
    assert "Why not defend?" in done.stdout


def test_why_not_an_unknown_play() -> None:
    done = run("explain", PLAN, "--why-not", "defned")
    assert done.exit_code == 3
    assert "did you mean 'defend'?" in done.stderr


def test_why_not_a_draft_and_why_not_what_was_outranked(tmp_path: Path) -> None:
    groups = """\
hit: first
rules:
  - {id: growers, when: {market.growth: '>= 8%'}, then: {peer_group: growers, strategy: invest}}
  - {id: calm, when: {}, then: {peer_group: calm, strategy: maintain}}
"""
    small.write(
        tmp_path,
        {
            "plays/keep.yaml": ("status: live", "status: draft"),
            "plays/peer-groups.yaml": (small.FILES["plays/peer-groups.yaml"], groups),
        },
    )
    done = run("explain", tmp_path / "plans/bay.yaml", "--json", "--why-not", "keep")
    assert json.loads(done.stdout)["why_not"]["rules"] == [
        {"table": "plays", "rule": "keep", "failed": ["it is a draft"]},
        {"table": "peer-groups", "rule": "calm",
         "failed": ["it matches, but growers goes before it"]},
    ]  # fmt: skip


def test_why_not_names_no_fact_for_the_lab_alone(tmp_path: Path) -> None:
    small.write(tmp_path, {"plans/bay.yaml": ("A-1", "A-3")})
    plan = tmp_path / "plans/bay.yaml"
    rep = json.loads(run("explain", plan, "--json", "--why-not", "push").stdout)
    assert rep["why_not"]["rules"][0]["failed"] == ["what only the lab sees"]
    lab = json.loads(
        run("explain", plan, "--json", "--why-not", "push", "--audience", "lab").stdout
    )
    assert lab["why_not"]["rules"][0]["failed"] == ["credit block is yes; it takes no"]


def test_assign_lists_every_market_in_every_form() -> None:
    rows = list(csv.DictReader(io.StringIO(run("assign", ROOT, "--csv").stdout)))
    assert len(rows) == 70
    assert {"peer_group", "strategy", "plays", "status", "reason"} <= rows[0].keys()
    assert {row["status"] for row in rows} == {"definite", "gap"}
    assert (
        json.loads(run("assign", ROOT, "--json").stdout)["markets"][0]["market"]
        == rows[0]["market"]
    )
    assert "hot-spots" in run("assign", ROOT).stdout


def test_check_of_the_sample_finds_no_error() -> None:
    done = run("check", ROOT, "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["errors"] == 0
    assert {"expired", "outside-domain"} <= {p["code"] for p in found["problems"]}


def test_fields_lists_names_units_and_audiences() -> None:
    found = json.loads(run("fields", "kpi", "--workspace", ROOT, "--json").stdout)["fields"]
    assert {"name": "unplanned_downtime", "unit": "h/month"}.items() <= found[0].items()
    names = {f["name"] for f in json.loads(run("fields", "--json").stdout)["fields"]}
    assert {"customer.name", "measures[].peers.median"} <= names
    assert "corridors[].rep_limit" not in names
    assert run("fields", "nonsense").exit_code == 2
    unknown = run("fields", "--role", "rnd-manger")
    assert unknown.exit_code == 2
    assert "did you mean 'rnd-manager'?" in unknown.stderr
    assert run("fields", "--role", "coach").exit_code == 0


def test_new_gives_a_plan_that_packs_once_its_blanks_are_filled(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    plan = folder / "plans" / "new.yaml"
    done = run("new", "A-1", "--out", plan, "--workspace", folder)
    assert (done.exit_code, done.stdout) == (0, f"{plan}\n")
    draft = plan.read_text()
    assert "account: A-1" in draft
    assert 'value: 14, unit: "h/month"' in draft
    still_blank = run("explain", plan)
    assert still_blank.exit_code == 3
    for field in ("meeting", "objective", "pains", "contacts"):
        assert f"'{field}' is missing" in still_blank.stderr
    filled = (
        draft.replace("# meeting:", "meeting:")
        .replace("# objective:", "objective:")
        .replace("# pains:", "pains:")
        .replace(
            '#   - {words: "…", by: name, date: 2026-11-03}',
            '  - {words: "Foam.", by: Maria, date: 2026-11-03}',
        )
        .replace("# contacts:", "contacts:")
        .replace("#   - {name: name, title: title", "  - {name: Maria, title: Manager")
    )
    plan.write_text(filled)
    assert run("explain", plan).exit_code == 0, run("explain", plan).stderr
    assert run("new", "A-1", "--out", plan, "--workspace", folder).exit_code == 2
    assert plan.read_text() == filled


def test_new_for_a_sample_account_packs_once_filled(tmp_path: Path) -> None:
    draft = run("new", "ACC-0042", "--workspace", ROOT).stdout
    filled = (
        draft.replace("# meeting:", "meeting:")
        .replace("# objective:", "objective:")
        .replace("# pains:", "pains:")
        .replace(
            '#   - {words: "…", by: name, date: 2026-11-03}',
            '  - {words: "Foam.", by: Maria, date: 2026-11-03}',
        )
    )
    plan = tmp_path / "filled.yaml"
    plan.write_text(filled)
    done = run("pack", plan, "--workspace", ROOT, "--out", tmp_path / "out", "--format", "docx")
    assert done.exit_code == 0, done.stderr
    assert len(list((tmp_path / "out").rglob("*.docx"))) == 2


def test_new_for_an_unknown_account() -> None:
    done = run("new", "ACC-42", "--workspace", ROOT, "--json")
    assert done.exit_code == 3
    [problem] = [p for p in json.loads(done.stdout)["problems"] if p["code"] == "unknown-account"]
    assert problem["hint"].startswith("did you mean 'ACC-0")


def test_pack_lists_its_files_and_json_is_one_document(tmp_path: Path) -> None:
    done = run(
        "pack", PLAN, "--out", tmp_path, "--role", "factory-manager", "--format", "pdf", "--json"
    )
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert [Path(name).name for name in found["files"]] == [
        "gulf-coast-latex-factory-manager.en.pdf",
        "gulf-coast-latex-coach.en.pdf",
    ]
    assert all(Path(name).is_file() for name in found["files"])
    assert isinstance(found["problems"], list)
    manifest = json.loads((tmp_path / "gulf-coast-latex-trial/internal/manifest.json").read_text())
    assert {p["role"] for p in manifest["packs"]} == {"factory-manager", "coach"}
    assert all("claim-017" in p["uses"] for p in manifest["packs"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not-text"),
        (b"plan: a\nplan: b\n", "duplicate-key"),
        (b"a: &a [x]\nb: [*a, *a]\n", "yaml-alias"),
        (b"a: !!python/object:os.system x\n", "yaml-tag"),
        (b"[" * 100_000, "too-deep"),
        (b"hello\n", "wrong-type"),
        (b"a" * 3_000_000, "file-too-large"),
    ],
)
def test_bad_plan_files_are_refused_with_their_place(
    tmp_path: Path, content: bytes, code: str
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_bytes(content)
    done = run("pack", plan, "--workspace", ROOT, "--out", tmp_path / "out", "--json")
    assert done.exit_code == 3
    problems = json.loads(done.stdout)["problems"]
    assert code in {p["code"] for p in problems}
    assert all(p["file"] and p["hint"] for p in problems if p["severity"] == "error")
    assert not (tmp_path / "out").exists()


def test_a_missing_plan_and_a_folder_are_refused(tmp_path: Path) -> None:
    for plan, code in ((tmp_path / "no.yaml", "no-file"), (tmp_path, "is-folder")):
        done = run("explain", plan, "--workspace", ROOT, "--json")
        assert done.exit_code == 3
        assert code in {p["code"] for p in json.loads(done.stdout)["problems"]}


def test_a_plan_or_folder_that_may_not_be_read_is_a_problem_of_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small.write(tmp_path / "w")
    plan = folder / "plans/bay.yaml"

    def denied(path: Path, *_: object, **__: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "is_file", denied)
        done = run("explain", plan, "--json")
        assert done.exit_code == 3
        [problem] = json.loads(done.stdout)["problems"]
        assert (problem["code"], problem["file"]) == ("unreadable", str(plan))
    with monkeypatch.context() as patched:
        patched.setattr("os.access", lambda *_, **__: False)
        patched.setattr(Path, "stat", denied)
        patched.setattr(Path, "is_dir", lambda _: False)
        patched.setattr(Path, "is_file", lambda path: path.name == "winlab.toml")
        done = run("explain", plan, "--workspace", folder, "--json")
        assert done.exit_code == 3
        assert {p["code"] for p in json.loads(done.stdout)["problems"]} == {"unreadable"}
    too_long = run("explain", tmp_path / ("x" * 5000), "--workspace", folder, "--json")
    assert too_long.exit_code == 3
    assert [p["code"] for p in json.loads(too_long.stdout)["problems"]] == ["unreadable"]


def test_outside_a_workspace_the_fix_is_named(tmp_path: Path) -> None:
    done = run("assign", tmp_path)
    assert done.exit_code == 3
    assert "--workspace" in done.stderr


def test_an_output_folder_that_is_a_file_is_the_machines_problem(tmp_path: Path) -> None:
    blocked = tmp_path / "out"
    blocked.write_text("mine")
    done = run("pack", PLAN, "--out", blocked, "--role", "factory-manager", "--format", "docx")
    assert done.exit_code == 5
    assert blocked.read_text() == "mine"


def test_a_refused_pack_is_exit_code_4_and_lies_inside(tmp_path: Path) -> None:
    leaking = {"plays/push.yaml": ("insight: Foam costs batches.", "insight: We push hard.")}
    workspace = small.write(tmp_path / "w", leaking)
    out = tmp_path / "out"
    done = run("pack", workspace / "plans/bay.yaml", "--out", out, "--format", "docx", "--json")
    assert done.exit_code == 4
    found = json.loads(done.stdout)
    assert "internal-name" in {p["code"] for p in found["problems"]}
    assert [Path(name).parent.name for name in found["refused"]] == ["refused"]
    assert not (out / "bay/customer").exists()
    assert list((out / "bay/internal").glob("*-coach.en.docx"))
    assert list((out / "bay/internal/refused").glob("*.problems.json"))


def test_an_interrupt_while_writing_is_exit_code_130_and_leaves_nothing_half_written(
    tmp_path: Path,
) -> None:
    workspace = small.write(tmp_path / "w")
    code = (
        "import os, signal\n"
        "from winlab.cli import main\n"
        "os.fsync = lambda _: signal.raise_signal(signal.SIGINT)\n"
        "main()"
    )
    plan, out = workspace / "plans/bay.yaml", tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", code, "pack", plan, "--out", out, "--format", "docx"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert [path.name for path in out.iterdir()] == [".winlab"]  # charts that are kept


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_output_folder_is_exit_code_5(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert run("pack", PLAN, "--out", tmp_path / "x", "--format", "docx").exit_code == 5
