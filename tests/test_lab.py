"""A workspace made ready: what each command needs of it, and no more."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests import small
from winlab.lab import decide_plan, open_lab

DRAWING = {
    "weasyprint",
    "docx",
    "vl_convert",
    "fontTools",
    "jinja2",
    "markdown_it",
    "pypdfium2",
    "lxml",
}


@pytest.mark.parametrize(
    ("arguments", "needless"),
    [
        (["--help"], DRAWING - {"markdown_it"} | {"pandas", "pydantic", "lark"}),
        (["explain", "{plan}"], DRAWING | {"pandas"}),
        (["explain", "{plan}", "--json", "--why-not", "keep"], DRAWING | {"pandas"}),
        (["assign", "{folder}"], DRAWING),
        (["new", "A-1", "--workspace", "{folder}"], DRAWING | {"pandas"}),
        (["fields", "kpi", "--workspace", "{folder}"], DRAWING | {"pandas"}),
        (["check", "{folder}"], {"docx", "pypdfium2"}),
    ],
)
def test_a_command_imports_only_what_it_needs(
    tmp_path: Path, arguments: list[str], needless: set[str]
) -> None:
    folder = small.write(tmp_path)
    given = [text.format(folder=folder, plan=folder / "plans/bay.yaml") for text in arguments]
    code = (
        "import atexit, sys\n"
        "from winlab.__main__ import main\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"sys.argv = ['winlab', *{given!r}]\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    imported = set(done.stderr.split())
    assert "typer" in imported
    assert imported & needless == set()


def test_the_day_is_the_asked_one_then_the_workspaces_own_then_today(tmp_path: Path) -> None:
    folder, today = small.write(tmp_path), date(2030, 1, 1)
    own = open_lab(folder, None, today)
    assert (own.as_of, own.day_asked) == (date(2026, 12, 1), False)
    asked = open_lab(folder, date(2027, 1, 5), today)
    assert (asked.as_of, asked.day_asked) == (date(2027, 1, 5), True)
    small.write(tmp_path, {"winlab.toml": ("as_of = 2026-12-01\n", "")})
    assert open_lab(folder, None, today).as_of == today


def test_a_broken_brand_stops_no_decision(tmp_path: Path) -> None:
    folder = small.write(tmp_path, {"winlab.toml": ("starter:templates", "templates")})
    (folder / "templates").mkdir()
    lab = open_lab(folder, None, small.AS_OF)
    assert decide_plan(lab, folder / "plans/bay.yaml").picked == "push"
