"""The command line: the only place that asks the clock or exits; console.py speaks for it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from winlab.console import (
    Console,
    Unread,
    batch_lines,
    checked_json,
    checked_lines,
    decision_report,
    done_json,
    done_line,
    outcome_json,
    outcome_lines,
    scored_json,
    scored_lines,
    silence,
    table,
    unprintable,
)
from winlab.problems import Exit, Stopped, error, errors

if TYPE_CHECKING:
    from winlab.lab import Lab

app = typer.Typer(
    name="winlab",
    help="From a pitch plan to tailored packs: rules pick offer, price and message and say why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """File formats of a pack."""

    PDF = "pdf"
    DOCX = "docx"


class RoleName(StrEnum):
    """Decision-maker roles, as on the command line."""

    FACTORY_MANAGER = "factory-manager"
    RND_MANAGER = "rnd-manager"
    PROCUREMENT = "procurement"
    CFO = "cfo"
    CEO = "ceo"
    EHS_QUALITY = "ehs-quality"
    IT = "it"


class EngineName(StrEnum):
    """What sets the pages of a PDF."""

    WEASYPRINT = "weasyprint"
    TYPST = "typst"


class Reader(StrEnum):
    """For whom a decision is explained."""

    REP = "rep"
    LAB = "lab"


# What cannot be read is a problem of the input, which our own readers tell better than typer.
PlanArgument = Annotated[
    Path, typer.Argument(help="A pitch plan (YAML).", readable=False, show_default=False)
]
FolderArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[WORKSPACE]", help="A workspace.", readable=False, show_default=False),
]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace", help="The folder with winlab.toml.", readable=False, show_default=False
    ),
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day to work for.", show_default=False),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", help="No progress, no warnings but on files that may be sent.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
RolesOption = Annotated[
    list[RoleName] | None, typer.Option("--role", help="Only this role's pack (repeatable).")
]
FormatsOption = Annotated[
    list[Format] | None, typer.Option("--format", help="Only this format (repeatable).")
]
EngineOption = Annotated[
    EngineName | None,
    typer.Option(
        "--pdf-engine", help="What sets the pages, instead of the workspace's.", show_default=False
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="Where packs are laid.", readable=False)]


@contextlib.contextmanager
def _run(console: Console) -> Iterator[None]:
    """Turns what went wrong into problems and an exit code."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        yield
    except Stopped as stopped:
        console.stopped(stopped.problems)
        raise typer.Exit(stopped.exit_code) from None
    except (KeyboardInterrupt, typer.Abort):
        console.stopped([error("interrupted", "interrupted; what was finished is kept",
                               "run the command again for the rest")])  # fmt: skip
        raise typer.Exit(Exit.INTERRUPTED) from None
    except Unread:
        raise typer.Exit(Exit.DONE) from None
    except (typer.Exit, typer.TyperException):
        raise
    except Exception as exc:
        if "WINLAB_TRACEBACK" in os.environ:
            traceback.print_exc()
        bug = error("bug", f"this is a bug of winlab's: {type(exc).__name__}: {exc}",
                    "report it, with what WINLAB_TRACEBACK=1 prints")  # fmt: skip
        console.stopped([bug])
        raise typer.Exit(Exit.BUG) from None


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _lab(
    start: Path, workspace: Path | None, as_of: datetime | None, engine: EngineName | None = None,
    out: Path | None = None,
) -> Lab:  # fmt: skip
    from winlab.drawings import FOLDER
    from winlab.lab import open_lab
    from winlab.root import find_workspace

    root = find_workspace(workspace or start)
    day = as_of.date() if as_of else None
    drawings = out / FOLDER if out else None
    return open_lab(root, day, _today(), engine.value if engine else None, drawings)


def _usage(message: str, hint: str) -> Stopped:
    return Stopped([error("usage", message, hint)], Exit.USAGE)


# ---------------------------------------------------------------- commands


@app.command(epilog="Example: winlab new ACC-0042 --out plans/gulf-coast.yaml")
def new(
    account: Annotated[str, typer.Argument(help="An account's id.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="A file instead of stdout.", readable=False)
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a pitch plan with all that the lab knows filled in, the rest as commented blanks."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        from winlab.draft import draft_plan
        from winlab.read import read_workspace
        from winlab.root import find_workspace
        from winlab.store import create_file

        found = read_workspace(find_workspace(workspace or Path.cwd()))
        text = draft_plan(account, found)
        if out is not None:
            create_file(out, text.encode())
        file = str(out) if out else None
        console.document({"account": account, "file": file, "plan": text}, [])
        console.text(f"{file}\n" if file else text)
        console.problems(found.problems)


@app.command(epilog="Example: winlab pack plans/gulf-coast.yaml --role factory-manager")
def pack(
    plan: PlanArgument,
    role: RolesOption = None,
    formats: FormatsOption = None,
    pdf_engine: EngineOption = None,
    out: OutOption = Path("out"),
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make all packs that a pitch plan asks for, and the coach sheet."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        with console.working(plan.stem) as announce:
            announce("reading the workspace")
            from winlab.inputs import Role
            from winlab.pack import make_packs

            lab = _lab(plan, workspace, as_of, pdf_engine, out)
            outcome = make_packs(
                lab,
                plan,
                out,
                roles=[Role(name.value) for name in role or ()],
                formats=[chosen.value for chosen in formats or Format],
                announce=announce,
            )
        console.document(outcome_json(outcome), outcome.problems)
        console.result(*outcome_lines(outcome))
        console.problems(outcome.problems)
        raise typer.Exit(outcome.exit_code)


@app.command(epilog="Example: winlab batch plans/ crm-export.csv --out packs --why")
def batch(
    plans: Annotated[
        list[Path],
        typer.Argument(
            help="Plans, folders of plans, and tables with a plan a row (CSV, XLSX).",
            readable=False,
            show_default=False,
        ),
    ],
    role: RolesOption = None,
    formats: FormatsOption = None,
    pdf_engine: EngineOption = None,
    out: OutOption = Path("out"),
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", min=1, help="Worker processes (default: one a core).", show_default=False
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="A dask cluster's workers instead of this machine's.",
            show_default=False,
        ),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Say why plans were decided anew.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove the packs of plans that are gone.")
    ] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One line of JSON a plan.")] = False,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make the packs of many plans: only what changed, soonest meeting first."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        from winlab.night import Asked, Night
        from winlab.root import find_workspace
        from winlab.tally import Tally

        asked = Asked(
            roles=tuple(name.value for name in role or ()),
            formats=tuple(chosen.value for chosen in formats or Format),
            jobs=jobs or len(os.sched_getaffinity(0)),
            scheduler=scheduler,
            dry_run=dry_run,
            prune=prune,
            pdf_engine=pdf_engine.value if pdf_engine else None,
        )
        root = find_workspace(workspace or plans[0])
        day = as_of.date() if as_of else None
        night = Night(root, plans, out, asked, day, _today(), time.time_ns())
        tally = Tally()
        listed: list[dict[str, object]] = []
        with console.counting(night.due, time.monotonic) as count:
            for done in night.outcomes():
                tally.add(done)
                if done.why:
                    count(done.state.value)
                if jsonl:
                    console.line(done_json(done))
                elif as_json:
                    listed.append(done_json(done))
                elif (why or dry_run) and done.why:
                    console.result(done_line(done))
        night.finish(tally)
        left = {"gone": list(tally.gone), "removed": list(tally.pruned)}
        console.document({"plans": listed, **left}, tally.problems)
        if not jsonl:
            console.result(*batch_lines(tally, night.listed))
        console.problems(tally.shared)
        raise typer.Exit(tally.exit_code)


@app.command(epilog="Example: winlab used claim-017 · winlab used invest@3")
def used(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A claim, reference, study, product or play.", show_default=False
        ),
    ],
    out: OutOption = Path("out"),
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the released packs that hold a claim, reference, study, product or play version."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        from winlab.used import uses_of

        found, problems = uses_of(name, out)
        console.document({"id": name, "packs": [asdict(use) for use in found]}, problems)
        rows = [(u.plan, u.customer, u.role, u.language, u.version, u.issued) for u in found]
        if rows:
            headers = ("plan", "customer", "role", "language", "version", "issued")
            console.result(table(headers, rows))
        else:
            console.result(f"no released pack in {out} holds {name}")
        console.problems(problems)


@app.command(epilog="Example: winlab explain plans/gulf-coast.yaml --why-not defend")
def explain(
    plan: PlanArgument,
    why_not: Annotated[
        str | None, typer.Option("--why-not", metavar="PLAY", help="Why not this play?")
    ] = None,
    audience: Annotated[Reader, typer.Option(help="lab adds the limits below a rep's.")] = (
        Reader.REP
    ),
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the decision for a plan, and why."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        from winlab.explain import as_json as explained
        from winlab.explain import reasons, trace_of, why_not_play
        from winlab.facts import Audience
        from winlab.lab import decide_plan

        lab = _lab(plan, workspace, as_of)
        decision = decide_plan(lab, plan)
        reader = Audience(audience.value)
        facts, library = lab.rules.facts, lab.workspace.library
        why = why_not_play(decision, why_not, library, reader) if why_not else None
        show_floor = lab.workspace.file.price.show_floor
        console.document(explained(decision, facts, reader, why, show_floor=show_floor))
        steps = reasons(decision, facts, reader)
        console.result(*decision_report(decision, steps, trace_of(decision, reader), why))
        console.problems(decision.problems)
        if errors(decision.problems):
            raise typer.Exit(Exit.INPUT)


@app.command(epilog="Example: winlab assign --csv > markets.csv")
def assign(
    folder: FolderArgument = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout.")] = False,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show every market with its peer group, strategy and play, and the reason."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        from winlab.assign import as_csv as csv_of
        from winlab.assign import assign as assigned

        lab = _lab(folder or Path.cwd(), workspace, as_of)
        found = assigned(lab.workspace, lab.rules, lab.as_of)
        problems = lab.workspace.problems
        console.document({"markets": [asdict(item) for item in found]}, problems)
        if as_csv:
            console.text(csv_of(found))
        else:
            rows = [(m.name, m.peer_group, m.strategy, m.plays, m.status, m.reason) for m in found]
            console.result(table(("market", "group", "strategy", "play", "status", "reason"), rows))
        console.problems(problems)


@app.command(epilog="Example: winlab score samples/buildco")
def score(
    folder: FolderArgument = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Where table and map are laid, if not where winlab.toml has the markets.",
            readable=False,
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Score the markets in five steps: the table that packs read, and the opportunity map."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        with console.working("scoring") as announce:
            from winlab.root import find_workspace
            from winlab.scoring import score_workspace

            root = find_workspace(workspace or folder or Path.cwd())
            scored = score_workspace(root, out, announce)
        console.document(scored_json(scored), scored.problems)
        console.result(*scored_lines(scored))
        console.problems(scored.problems)


@app.command(epilog="Example: winlab check")
def check(
    folder: FolderArgument = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find everything that is wrong before a run, and what expires within 30 days."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        from winlab.check import check as checked
        from winlab.root import find_workspace

        with console.working("checking"):
            root = find_workspace(workspace or folder or Path.cwd())
            problems = checked(root, as_of.date() if as_of else None, _today())
        bad = errors(problems)
        console.document({"errors": len(bad), "findings": len(problems)}, problems)
        console.problems(problems)
        console.result(f"{len(bad)} errors, {len(problems) - len(bad)} other findings")
        if bad:
            raise typer.Exit(Exit.INPUT)


@app.command(epilog="Example: winlab fields kpi · winlab fields --role coach")
def fields(
    what: Annotated[str | None, typer.Argument(help="kpi or facts.", show_default=False)] = None,
    role: Annotated[str, typer.Option("--role", help="A template's role, or industry.")] = (
        "factory-manager"
    ),
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the names that a template, plan or rule may use."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        from winlab.fields import fact_fields, kpi_fields, template_fields
        from winlab.read import read_workspace
        from winlab.root import find_workspace

        found = template_fields(role)
        if what in ("kpi", "facts"):
            files = read_workspace(find_workspace(workspace or Path.cwd()))
            found = kpi_fields(files) if what == "kpi" else fact_fields(files)
        elif what is not None:
            raise _usage(f"there are no fields called {what!r}", "write kpi or facts")
        console.document({"fields": [asdict(field) for field in found]}, [])
        rows = [(f.name, f.meaning, f.type, f.unit, f.example, f.audience) for f in found]
        console.result(table(("name", "meaning", "type", "unit", "example", "audience"), rows))


@app.command(epilog="Example: winlab preflight out/gulf-coast-latex-trial")
def preflight(
    target: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|DIR",
            help="A finished pack, or a folder of packs.",
            readable=False,
            show_default=False,
        ),
    ],
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure finished packs against the quality bar."""
    console = Console(quiet=quiet, as_json=as_json)
    with _run(console):
        with console.working("measuring"):
            from winlab.recheck import exit_code, recheck

            checked, over_all = recheck(target, _lab_of_packs(target, workspace, as_of))
        found = [*(problem for item in checked for problem in item.problems), *over_all]
        problems = list(dict.fromkeys(found))  # what a Document shows stands with each file of it
        console.document({"files": checked_json(checked)}, problems)
        console.result(*checked_lines(checked))
        console.problems(problems)
        raise typer.Exit(exit_code(checked, over_all))


def _lab_of_packs(target: Path, workspace: Path | None, as_of: datetime | None) -> Lab | None:
    """The workspace that packs were made in: named, or above them or above us; maybe none."""
    if workspace is not None:
        return _lab(workspace, None, as_of)
    for start in (target, Path.cwd()):
        try:
            return _lab(start, None, as_of)
        except Stopped as stopped:
            if {problem.code for problem in stopped.problems} != {"no-workspace"}:
                raise
    return None


# ---------------------------------------------------------------- the process


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of the ``winlab`` script; ends the process."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    console = Console(as_json="--json" in given)
    _standard_streams()
    _interrupt_once()
    try:
        with _run(console):
            # typer would end in its own words: an interrupt waits for the command's _run
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            code = _command(given)
    except typer.Exit as end:
        code = end.exit_code
    if code == Exit.INTERRUPTED:
        _interrupt_no_more()
    sys.exit(code)


_LETTING_GO = 3.0
"""Seconds in which a second interrupt changes nothing: the first one is being obeyed."""


def _interrupt_once() -> None:
    """Lets an impatient second Ctrl-C pass, and takes SIGTERM for the same wish."""
    last = -_LETTING_GO

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _LETTING_GO:
            last = now
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as in the background of a shell
            signal.signal(number, interrupt)


def _interrupt_no_more() -> None:
    """Python's own end puts the signals' first handlers back, which would change the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _command(arguments: Sequence[str]) -> int:
    """Runs a command. What typer says and prints itself becomes problems too."""
    try:
        return app(arguments, prog_name="winlab", standalone_mode=False) or 0
    except typer.TyperException as exc:
        if message := exc.format_message():
            raise _usage(message, "winlab --help lists the commands, winlab COMMAND --help their "
                         "options") from exc  # fmt: skip
        return Exit.USAGE  # the help that stands for a missing command is printed
    except SystemExit:  # nobody reads the help to its end
        return Exit.DONE
    except OSError as exc:
        silence(sys.stdout)
        raise Stopped([unprintable(exc)], Exit.MACHINE) from exc


def _standard_streams() -> None:
    """Takes the places of closed streams, so that no file gets them; never fails on a letter."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
