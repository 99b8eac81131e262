"""Packs on disk, measured again: with their plan, with their Document, or as bare files."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from winlab.cli import app
from winlab.inputs import Role
from winlab.lab import Lab, open_lab
from winlab.pack import make_packs
from winlab.problems import Exit, Stopped
from winlab.recheck import Against, Checked, exit_code, recheck

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "samples/chemicals/plans/gulf-coast-latex-trial.yaml"


@pytest.fixture(scope="module")
def lab() -> Lab:
    return open_lab(ROOT, None, date(2030, 1, 1))


@pytest.fixture(scope="module")
def made(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    make_packs(lab, PLAN, out, roles=[Role.FACTORY_MANAGER])
    return out


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def codes(checked: list[Checked]) -> set[str]:
    return {problem.code for item in checked for problem in item.problems}


def pack(out: Path, extension: str) -> Path:
    [file] = out.glob(f"*/customer/*.{extension}")
    return file


def rewrite(file: Path, old: str, new: str) -> None:
    """Changes the words of a DOCX as a person would in Word."""
    data = io.BytesIO()
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(data, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "word/document.xml":
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            after.writestr(name, content)
    file.write_bytes(data.getvalue())


def test_a_released_pack_passes_against_its_plan(lab: Lab, out: Path) -> None:
    checked, over_all = recheck(out, lab)
    assert [item.file.name.split("-")[3] for item in checked if "customer" in item.file.parts] == [
        "factory",
        "factory",
    ]
    assert len(checked) == 4
    assert {item.against for item in checked} == {Against.PLAN}
    assert exit_code(checked, over_all) is Exit.DONE
    assert "plan-changed" not in codes(checked)


def test_what_a_person_has_written_into_a_pack_is_found(lab: Lab, out: Path) -> None:
    rewrite(pack(out, "docx"), "Why now", "You are in our hot-spots group")
    checked, over_all = recheck(pack(out, "docx"), lab)
    assert codes(checked) >= {"internal-name", "text-lost"}
    assert exit_code(checked, over_all) is Exit.INPUT
    [leak] = [p for p in checked[0].problems if p.code == "internal-name"]
    assert leak.place.file == str(pack(out, "docx"))
    assert leak.packs == ("factory-manager",)


def test_without_a_workspace_the_document_is_all_there_is(out: Path) -> None:
    checked, _ = recheck(pack(out, "pdf"), None)
    assert [item.against for item in checked] == [Against.DOCUMENT]
    assert "no-plan" in codes(checked)
    rewrite(pack(out, "docx"), "Why now", "Why then")
    assert "text-lost" in codes(recheck(pack(out, "docx"), None)[0])


def test_a_plan_that_is_gone_is_said(lab: Lab, out: Path) -> None:
    manifest = out / PLAN.stem / "internal/manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"plan": "{PLAN.stem}"', '"plan": "gone"'))
    checked, _ = recheck(out, lab)
    assert {item.against for item in checked} == {Against.DOCUMENT}
    assert any("no plan 'gone'" in p.message for item in checked for p in item.problems)


def test_a_decision_that_has_changed_is_said(lab: Lab, out: Path) -> None:
    manifest = out / PLAN.stem / "internal/manifest.json"
    held = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**held, "decision_id": "another"}))
    assert "plan-changed" in codes(recheck(out, lab)[0])


def test_of_a_file_alone_only_the_file_is_checked(lab: Lab, out: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "pack.docx"
    alone.parent.mkdir()
    shutil.copy(pack(out, "docx"), alone)
    [item] = recheck(alone, lab)[0]
    assert item.against is Against.FILE
    assert [problem.code for problem in item.problems] == ["no-document"]
    rewrite(alone, "Why now", "{{ why }}")
    assert "placeholder" in codes(recheck(alone, lab)[0])


def test_refused_and_withdrawn_packs_are_left_out(lab: Lab, out: Path) -> None:
    away = out / PLAN.stem / "internal/withdrawn/old.pdf"
    away.parent.mkdir()
    away.write_bytes(b"nothing")
    assert away not in {item.file for item in recheck(out, lab)[0]}


@pytest.mark.parametrize(("name", "code"), [("", "no-packs"), ("notes.txt", "no-pack")])
def test_where_there_is_no_pack_nothing_is_measured(tmp_path: Path, name: str, code: str) -> None:
    if name:
        (tmp_path / name).write_text("words")
    with pytest.raises(Stopped) as stopped:
        recheck(tmp_path / name, None)
    assert [problem.code for problem in stopped.value.problems] == [code]


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["preflight", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_says_what_it_found(out: Path) -> None:
    code, told, _ = run(out, "--workspace", ROOT)
    assert code == 0
    assert told.count("passes") == 4
    assert "(against its plan)" in told
    rewrite(pack(out, "docx"), "Why now", "Why TBD")
    code, told, said = run(out, "--workspace", ROOT)
    assert code == 3
    assert "blocked by" in told
    assert "holds 'TBD'" in said


def test_the_command_speaks_json(out: Path) -> None:
    code, told, _ = run(pack(out, "pdf"), "--workspace", ROOT, "--json")
    found = json.loads(told)
    assert code == 0
    assert found["files"][0]["against"] == "plan"
    assert found["files"][0]["errors"] == 0
    assert isinstance(found["problems"], list)


def test_quiet_keeps_remarks_back_and_not_what_blocks(out: Path) -> None:
    _, _, said = run(pack(out, "docx"), "--workspace", ROOT, "--quiet")
    assert said == ""
    rewrite(pack(out, "docx"), "Why now", "Why TBD")
    code, _, said = run(pack(out, "docx"), "--workspace", ROOT, "--quiet")
    assert code == 3
    assert "[placeholder]" in said


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    code, _, said = run(tmp_path / "none.pdf")
    assert code == 3
    assert "no-packs" in said
