"""One job from plan to files: what stops a pack, and what becomes of those made before."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from tests import small
from winlab.inputs import PdfEngine, Role
from winlab.lab import open_lab
from winlab.pack import make_packs
from winlab.problems import Exit, Problem, Stopped
from winlab.root import starter_folder

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
    problems = stopped(folder, date(2097, 12, 1))
    assert "play-expired" in {p.code for p in problems}
    assert told(problems, folder) == [("earlier-stays", Path(PACK).name)]
    change(folder / "winlab.toml", "as_of = 2026-12-01", "as_of = 2097-12-01")
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


def test_a_role_that_has_no_use_for_its_pack_is_told_and_gets_no_file(tmp_path: Path) -> None:
    folder = small.write(tmp_path)
    (folder / "plays/services").mkdir()
    service = (ROOT / "plays/services/orders.yaml").read_text()
    (folder / "plays/services/orders.yaml").write_text(service.replace("[claim-103]", "[c-1]"))
    plan = folder / "plans/bay.yaml"
    change(plan, "objective:", "  - {name: Ivo Roth, title: IT, role: it, buying: technical, influence: low, stance: neutral}\nobjective:")  # fmt: skip
    change(plan, "packs: [factory-manager]", "packs: [factory-manager, it]")
    change(plan, "Line 2 is rebuilt in June", "Line 2 of 3 is rebuilt after 24 weeks")
    play = folder / "plays/push.yaml"
    change(play, "includes: [trial kit],", "includes: [trial kit], services: [orders],")
    assert made(folder) is Exit.DONE
    pack = folder / "out/bay/customer/bay-latex-it.en.docx"
    assert pack.exists()

    change(play, "services: [orders],", "")
    lab = open_lab(folder, None, small.AS_OF)
    outcome = make_packs(lab, plan, folder / "out", formats=["docx"])
    assert outcome.exit_code is Exit.DONE
    [note] = [p for p in outcome.problems if p.code == "not-applicable"]
    assert (note.severity, "connects no systems" in note.message) == ("note", True)
    assert not pack.exists()
    assert {record.role for record in outcome.manifest.packs} == {"factory-manager", "coach"}


# ---------------------------------------------------------------- one pack of several

FRONT = """\
---
role: {role}
audience: {audience}
pages: [1, 1]
language: {language}
title: Pack
---
:::{{page}} one
:::
# A title that says the point

{body}
"""


def template(role: str, body: str, language: str = "en") -> str:
    audience = "rep" if role == "coach" else "customer"
    return FRONT.format(role=role, audience=audience, language=language, body=body)


def workspace(folder: Path, packs: dict[str, str], plan: tuple[str, str] = ("", "")) -> Path:
    """The small workspace with templates of its own."""
    small.write(folder, {"plans/bay.yaml": plan})
    shutil.copytree(ROOT / "templates/brand", folder / "templates/brand")
    shutil.copytree(ROOT / "templates/charts", folder / "templates/charts")
    (folder / "templates/packs").mkdir()
    for name, text in packs.items():
        (folder / "templates/packs" / name).write_text(text, encoding="utf-8")
    config = (folder / "winlab.toml").read_text()
    (folder / "winlab.toml").write_text(config.replace("starter:templates", "templates"))
    return folder


def problems_of(folder: Path, formats: tuple[str, ...] = ()) -> dict[str, Problem]:
    lab = open_lab(folder, small.AS_OF, small.AS_OF)
    made = make_packs(lab, folder / "plans/bay.yaml", folder / "out", formats=formats)
    return {problem.code: problem for problem in made.problems}


def test_a_missing_sentence_stops_the_pack_that_prints_it_and_names_its_line(
    tmp_path: Path,
) -> None:
    packs = {
        "factory-manager@de.md": template("factory-manager", "{{ messages[0].insight }}", "de"),
        "coach@de.md": template("coach", "{{ customer.name }}", "de"),
    }
    found = problems_of(workspace(tmp_path, packs, ("plan: bay", "plan: bay\nlanguage: de")))
    missing = found["missing-sentence"]
    assert missing.packs == ("factory-manager",)
    assert missing.message == "message paint has no 'de': 'Foam costs batches.'"
    lines = (tmp_path / "plays/push.yaml").read_text().splitlines()
    assert missing.place.file == "plays/push.yaml"
    assert missing.place.line is not None
    assert "Foam costs batches." in lines[missing.place.line - 1]


def test_a_missing_template_is_named_as_its_file_would_be(tmp_path: Path) -> None:
    packs = {"coach.md": template("coach", "x"), "coach@de.md": template("coach", "x", "de")}
    missing = problems_of(workspace(tmp_path / "en", packs))["no-template"]
    assert "templates/packs/factory-manager.md" in missing.hint
    change = ("plan: bay", "plan: bay\nlanguage: de")
    missing = problems_of(workspace(tmp_path / "de", packs, change))["no-template"]
    assert "templates/packs/factory-manager@de.md" in missing.hint
    assert missing.packs == ("factory-manager",)
    assert (missing.place.file, missing.place.line) == ("plans/bay.yaml", 22)


def test_a_language_without_words_for_the_page_is_refused(tmp_path: Path) -> None:
    packs = {
        f"{role}@es.md": template(role, "{{ customer.name }}", "es")
        for role in ("factory-manager", "coach")
    }
    found = problems_of(workspace(tmp_path, packs, ("plan: bay", "plan: bay\nlanguage: es")))
    assert found["no-frame"].packs == ("factory-manager", "coach")
    assert "'es'" in found["no-frame"].message
    assert str(found["no-frame"].place) == "plans/bay.yaml:2:11"


@pytest.mark.parametrize(
    ("chart", "code"),
    [("{}", "chart-spec"), ('{"mark": "nonsense"}', "chart-spec"), ("[" * 9999, "bad-json")],
)
def test_a_charts_fault_stops_the_pack_that_shows_it(tmp_path: Path, chart: str, code: str) -> None:
    body = ":::{chart} bad\ndata: measures\nwidth: 400\nheight: 100\nalt: x\n:::\n"
    packs = {
        "factory-manager.md": template("factory-manager", body),
        "coach.md": template("coach", "{{ customer.name }}"),
    }
    folder = workspace(tmp_path, packs)
    (folder / "templates/charts/bad.json").write_text(chart)
    fault = problems_of(folder, ("pdf",))[code]
    assert fault.packs == ("factory-manager",)
    assert fault.place.file == "charts/bad.json"


def test_a_problem_of_a_template_names_its_line_and_the_pack(tmp_path: Path) -> None:
    packs = {
        "factory-manager.md": template("factory-manager", "{{ custmer.name }}"),
        "coach.md": template("coach", "{{ customer.name }}"),
    }
    found = problems_of(workspace(tmp_path, packs))["name-unknown"]
    assert str(found.place) == "templates/packs/factory-manager.md:12"
    assert found.packs == ("factory-manager",)
    assert "in factory-manager" in str(found)


def test_the_engine_is_the_asked_one_or_the_workspaces_and_part_of_what_a_pack_is(
    tmp_path: Path,
) -> None:
    own = 'templates = "starter:templates"\n'
    folder = small.write(tmp_path, {"winlab.toml": (own, f'{own}pdf_engine = "typst"\n')})
    runs: list[dict[str, tuple[str, str]]] = []
    asked: tuple[PdfEngine | None, ...] = (None, "weasyprint")
    for engine in asked:
        lab = open_lab(folder, None, small.AS_OF, engine)
        make_packs(lab, folder / "plans/bay.yaml", folder / "out", formats=["pdf"])
        packs = json.loads((folder / "out/bay/internal/manifest.json").read_text())["packs"]
        runs.append({pack["role"]: (pack["pdf_engine"], pack["fingerprint"]) for pack in packs})
    assert len(runs[0]) == 2
    for role, (engine_before, digest_before) in runs[0].items():
        engine_after, digest_after = runs[1][role]
        assert engine_before.startswith("typst 0.")
        assert engine_after.startswith("weasyprint ")
        assert digest_before != digest_after
