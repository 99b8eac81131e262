"""How the command line speaks: full disks, closed pipes, plain terminals, names with brackets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import small
from winlab.console import Console, table
from winlab.problems import note, warning

ROOT = Path(__file__).parents[1]
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


def run(
    *arguments: str | Path, out: int | None = subprocess.PIPE, err: int | None = subprocess.PIPE,
    **environment: str,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Runs winlab in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "winlab", *arguments], stdout=out, stderr=err, check=False,
        encoding="utf-8", errors="replace", env={**os.environ, **environment}, timeout=60,
    )  # fmt: skip


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["fields"], ["fields", "--json"], ["nosuch", "--json"], ["assign", ROOT, "--csv"]],
)
def test_a_result_that_cannot_be_printed_is_the_machines_problem(
    arguments: list[str | Path],
) -> None:
    with FULL.open("w") as full:
        done = run(*arguments, out=full.fileno())
    assert "Traceback" not in done.stderr
    if arguments[0] == "nosuch":
        assert done.returncode == 2
        assert "No such command 'nosuch'" in done.stderr
    else:
        assert done.returncode == 5, done.stderr
        assert "the result could not be printed: No space left on device" in done.stderr
        assert done.stderr.count("error:") == 1


@pytest.mark.parametrize(
    "arguments", [["--help"], ["fields"], ["assign", ROOT], ["fields", "--json"]]
)
def test_nobody_reading_on_is_no_error(arguments: list[str | Path]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*arguments, out=writer)
    os.close(writer)
    assert "Traceback" not in done.stderr
    assert "error" not in done.stderr
    assert done.returncode == 0


@needs_full
def test_problems_that_cannot_be_shown_change_no_exit_code() -> None:
    with FULL.open("w") as full:
        done = run("assign", ROOT, "--csv", err=full.fileno())
        assert done.returncode == 0
        assert len(done.stdout.splitlines()) == 71
        assert run("nosuch", err=full.fileno()).returncode == 2


def test_closed_standard_streams(tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m winlab assign "{ROOT}" --csv'
    for closed, code in ((">&-", 5), ("2>&-", 0), ("<&-", 0), (">&- 2>&-", 5)):
        done = subprocess.run(
            ["sh", "-c", f"{command} {closed}"], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, closed
        assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_plain_terminal_gets_plain_letters(tmp_path: Path) -> None:
    names = {
        "accounts.csv": ("Bay Latex", "Bucht Lätex 北"),
        "markets.csv": ("Fast County coatings", "Fást County 北"),
    }
    folder = small.write(tmp_path, names)
    plan = folder / "plans/bay.yaml"
    commands: list[list[str | Path]] = [
        ["explain", plan],
        ["assign", folder],
        ["--help"],
        ["new", "A-1", "--workspace", folder],
    ]
    for arguments in commands:
        done = run(*arguments, PYTHONIOENCODING="ascii")
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()
    assert r"Bucht L\xe4tex \u5317" in run("explain", plan, PYTHONIOENCODING="ascii").stdout
    assert "+ " in run("explain", plan, PYTHONIOENCODING="ascii").stdout
    found = json.loads(run("explain", plan, "--json", PYTHONIOENCODING="latin-1").stdout)
    assert found["customer"] == "Bucht Lätex 北"


@pytest.mark.parametrize(
    "name", ["[/] GmbH", "[bold]Bay[/bold]", "[link=x] :smile: Bay", "Bay [/red"]
)
def test_names_are_never_markup(tmp_path: Path, name: str) -> None:
    changes = {
        "accounts.csv": ("Bay Latex", name),
        "markets.csv": ("Fast County coatings", name),
        "plays/facts.yaml": ("label: Growth of demand", f"label: '{name}'"),
    }
    folder = small.write(tmp_path, changes)
    commands: list[list[str | Path]] = [
        ["explain", folder / "plans/bay.yaml", "--why-not", "keep"],
        ["assign", folder],
        ["fields", "facts", "--workspace", folder],
    ]
    for arguments in commands:
        done = run(*arguments, COLUMNS="400")
        assert done.returncode == 0, done.stderr
        assert name in done.stdout, arguments


def test_a_table_shows_every_cell_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    Console().result(table(("[i]name[/i]",), [("[/]",), ("[red]x",)], title="[b]t"), "[/] line")
    shown = capsys.readouterr().out
    for text in ("[i]name[/i]", "[/]", "[red]x", "[b]t", "[/] line"):
        assert text in shown


def test_quiet_shows_what_may_be_sent_and_no_other_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problems = [warning("old-data", "old"), note("no-ask", "none"), warning("withdrawn", "gone")]
    Console(quiet=True).problems(problems)
    shown = capsys.readouterr().err
    assert shown == "warning: gone [withdrawn]\n"


@pytest.mark.parametrize(
    "arguments",
    [["nosuch"], ["pack"], ["pack", "x.yaml", "--role", "boss"], ["fields", "--role", "nosuch"],
     ["explain", "x.yaml", "--as-of", "soon"], ["pack", "x.yaml", "--nosuch"]],
)  # fmt: skip
def test_wrong_usage_is_one_json_document_too(arguments: list[str]) -> None:
    done = run(*arguments, "--json")
    assert done.returncode == 2
    [problem] = json.loads(done.stdout)["problems"]
    assert problem["code"] == "usage"
    assert problem["hint"]
    assert done.stderr == ""
    plain = run(*arguments)
    assert (plain.returncode, plain.stdout) == (2, "")
    assert "error: " in plain.stderr


@pytest.mark.parametrize("moment", ["import typer", "import json", "winlab.lab", "call"])
@pytest.mark.parametrize("as_json", [False, True])
def test_an_interrupt_at_any_moment_is_exit_code_130(moment: str, as_json: bool) -> None:
    """At the import of a module, or when a command has just begun."""
    code = f"""
import importlib.abc, signal, sys
class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {moment.removeprefix("import ")!r}:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.modules.pop("json", None)
from winlab.__main__ import main
if {moment!r} == "call":
    import winlab.root
    winlab.root.find_workspace = lambda _: signal.raise_signal(signal.SIGINT)
main()
"""
    more = ["--json"] if as_json else []
    done = subprocess.run(
        [sys.executable, "-c", code, "assign", ROOT, *more],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    if as_json:
        assert [p["code"] for p in json.loads(done.stdout)["problems"]] == ["interrupted"]
    else:
        assert done.stdout == ""
        assert "interrupted" in done.stderr


def test_an_interrupt_is_no_second_json_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(as_json=True)
    console.document({"fields": []}, [])
    console.stopped([warning("interrupted", "interrupted")])
    assert json.loads(capsys.readouterr().out) == {"fields": [], "problems": []}


def test_interrupts_that_are_ignored_stay_ignored() -> None:
    code = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from winlab.__main__ import main\n"
        "import winlab.cli\n"
        "signal.raise_signal(signal.SIGINT)\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "fields"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
