"""One job from plan to files: what becomes of the packs that were made before."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from tests import small
from winlab.files import starter_folder
from winlab.inputs import Role
from winlab.lab import open_lab
from winlab.pack import make_packs
from winlab.problems import Exit, Problem, Stopped

ROOT = Path(__file__).parents[1]
PACK = "customer/bay-latex-factory-manager.en.docx"


def made(folder: Path, as_of: date | None = None) -> Exit:
    """Makes the packs of the plan, in Word, on the workspace's day or another."""
    lab = open_lab(folder, as_of, small.AS_OF)
    return make_packs(lab, folder / "plans/bay.yaml", folder / "out", formats=["docx"]).exit_code


def stopped(folder: Path, as_of: date | None = None) -> list[Problem]:
    """The problems of a run that makes nothing."""
    with pytest.raises(Stopped) as found:
        made(folder, as_of)
    assert found.value.exit_code is Exit.INPUT
    return list(found.value.problems)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def told(problems: list[Problem], folder: Path) -> list[tuple[str, str]]:
    """What is said of files that lie, or lay, under customer/."""
    customer = folder / "out/bay/customer"
    return [
        (p.code, Path(p.place.file).name) for p in problems if Path(p.place.file).parent == customer
    ]


def test_a_plan_whose_content_stops_withdraws_its_packs(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    assert made(folder) is Exit.DONE
    made_before = {path.name: path.read_bytes() for path in folder.glob("out/bay/*/*.docx")}
    assert len(made_before) == 2
    change(folder / "plans/bay.yaml", "offered: '4.45'", "offered: '3.45'")
    problems = stopped(folder)
    assert {"below-floor"} == {p.code for p in problems if p.severity == "error"}
    assert [p.code for p in problems].count("withdrawn") == 2
    withdrawn = folder / "out/bay/internal/withdrawn"
    assert {p.name: p.read_bytes() for p in withdrawn.glob("*.docx")} == made_before
    assert not (folder / "out/bay/customer").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("plans/bay.yaml", "account: A-1", "account: A-11", "unknown-account"),
        ("accounts.csv", "A-1,Bay Latex", "A-7,Bay Latex", "unknown-account"),
        ("plans/bay.yaml", "plan: bay", "plan: bay\nlanguage: xx", "unknown-locale"),
        ("plans/bay.yaml", "account: A-1", "account: A-1\nplay: {ask: psuh, because: x}",
         "unknown-play"),
    ],
)  # fmt: skip
def test_a_slip_withdraws_nothing_and_names_what_stays(
    tmp_path: Path, file: str, old: str, new: str, code: str
) -> None:
    folder = small.write(tmp_path)
    made(folder)
    before = {path: path.read_bytes() for path in folder.glob("out/bay/**/*.docx")}
    change(folder / file, old, new)
    problems = stopped(folder)
    assert code in {p.code for p in problems}
    assert {path: path.read_bytes() for path in folder.glob("out/bay/**/*.docx")} == before
    assert told(problems, folder) == [("earlier-stays", Path(PACK).name)]


def test_a_broken_template_refuses_the_pack_and_leaves_the_earlier_one(tmp_path: Path) -> None:
    own = {"winlab.toml": ("starter:templates", "templates")}
    folder = small.write(tmp_path, own)
    shutil.copytree(starter_folder("templates"), folder / "templates")
    made(folder)
    before = (folder / "out/bay" / PACK).read_bytes()
    change(
        folder / "templates/packs/factory-manager.md", "{{ customer.site }}", "{{ customer.site "
    )
    lab = open_lab(folder, None, small.AS_OF)
    outcome = make_packs(lab, folder / "plans/bay.yaml", folder / "out", formats=["docx"])
    assert outcome.exit_code is Exit.PARTLY
    assert "template-syntax" in {p.code for p in outcome.problems}
    assert told(list(outcome.problems), folder) == [("earlier-stays", Path(PACK).name)]
    assert (folder / "out/bay" / PACK).read_bytes() == before


def test_asking_for_another_day_withdraws_nothing(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    made(folder)
    problems = stopped(folder, date(2207, 12, 1))
    assert "play-expired" in {p.code for p in problems}
    assert told(problems, folder) == [("earlier-stays", Path(PACK).name)]
    change(folder / "winlab.toml", "as_of = 2026-12-01", "as_of = 2207-12-01")
    assert told(stopped(folder), folder) == [("withdrawn", Path(PACK).name)]


def test_the_day_that_the_packs_were_made_for_is_no_other_day(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    made(folder)
    change(folder / "plans/bay.yaml", "offered: '4.45'", "offered: '3.45'")
    assert told(stopped(folder, small.AS_OF), folder) == [("withdrawn", Path(PACK).name)]


def test_a_role_that_the_plan_drops_is_withdrawn_but_not_one_that_a_run_leaves_out(
    tmp_path: Path,
) -> None:
    plan = tmp_path / "plan.yaml"
    shutil.copy(ROOT / "samples/chemicals/plans/gulf-coast-latex-trial.yaml", plan)
    lab = open_lab(ROOT, None, small.AS_OF)
    customer = tmp_path / "out/gulf-coast-latex-trial/customer"

    def packs(*roles: Role) -> list[Problem]:
        outcome = make_packs(lab, plan, tmp_path / "out", roles=roles, formats=["docx"])
        return [p for p in outcome.problems if Path(p.place.file).parent == customer]

    assert packs() == []
    assert packs(Role.FACTORY_MANAGER) == []
    both = ["gulf-coast-latex-factory-manager.en.docx", "gulf-coast-latex-rnd-manager.en.docx"]
    assert sorted(path.name for path in customer.iterdir()) == both
    change(plan, "packs: [factory-manager, rnd-manager]", "packs: [factory-manager]")
    assert [(p.code, Path(p.place.file).name) for p in packs()] == [("withdrawn", both[1])]
    assert [path.name for path in customer.iterdir()] == both[:1]


def test_where_no_pack_at_all_is_released_nothing_was_made(tmp_path: Path) -> None:
    folder = small.write(tmp_path, {"winlab.toml": ("starter:templates", "templates")})
    shutil.copytree(starter_folder("templates"), folder / "templates")
    assert made(folder) is Exit.DONE
    change(
        folder / "templates/packs/factory-manager.md", "{{ customer.site }}", "{{ customer.site "
    )
    assert made(folder) is Exit.PARTLY
    coach = folder / "templates/packs/coach.md"
    coach.write_text(coach.read_text() + "\n{{ nothing }}\n")
    assert made(folder) is Exit.INPUT
