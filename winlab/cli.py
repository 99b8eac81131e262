"""The command line: the only place that prints, asks the clock, or exits."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from winlab.problems import Exit, Problem, Severity, Stopped, error, errors, grouped, urgent

if TYPE_CHECKING:
    from rich.console import Console as RichConsole

    from winlab.decide import Decision
    from winlab.explain import TraceJson
    from winlab.lab import Lab
    from winlab.pack import Outcome
    from winlab.store import Announce

app = typer.Typer(
    name="winlab",
    help="From a pitch plan to tailored packs: rules pick offer, price and message and say why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
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


class PdfEngine(StrEnum):
    """What draws the PDF."""

    WEASYPRINT = "weasyprint"


class Reader(StrEnum):
    """For whom a decision is explained."""

    REP = "rep"
    LAB = "lab"


WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="The folder with winlab.toml.", show_default=False),
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day to work for.", show_default=False),
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress, no warnings.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
OutOption = Annotated[Path, typer.Option("--out", help="Where packs are laid.")]
PlanArgument = Annotated[Path, typer.Argument(help="A pitch plan (YAML).", show_default=False)]


@dataclass(frozen=True)
class _Console:
    """How this run speaks: progress and problems on stderr, results on stdout."""

    quiet: bool
    as_json: bool

    def problems(self, problems: Sequence[Problem]) -> None:
        """Shows all problems, one cause once; warnings only if asked for."""
        shown = grouped(problems)
        if self.quiet:
            shown = urgent(shown)
        if self.as_json or not shown:
            return
        from rich.console import Console
        from rich.text import Text

        console = Console(stderr=True, soft_wrap=True, highlight=False)
        styles = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
        for problem in shown:
            text = Text()
            if str(problem.place):
                text.append(f"{problem.place}: ", style="bold")
            text.append(f"{problem.severity}: ", style=styles[problem.severity])
            text.append(problem.message)
            if problem.same:
                text.append(f" ({problem.same + 1} times)")
            text.append(f" [{problem.code}]", style="dim")
            if problem.hint:
                text.append(f"\n  fix: {problem.hint}", style="dim")
            console.print(text)

    def document(self, content: dict[str, object], problems: Sequence[Problem]) -> None:
        """Prints the run's one JSON document."""
        listed = [problem.as_json() for problem in grouped(problems)]
        typer.echo(json.dumps({**content, "problems": listed}, indent=2, ensure_ascii=False))

    @contextlib.contextmanager
    def working(self, what: str) -> Iterator[Announce]:
        """A live line on stderr while something takes its time."""
        if self.quiet or self.as_json or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console

        with Console(stderr=True).status(what) as status:
            yield lambda step: status.update(f"{what}: {step}")


@contextlib.contextmanager
def _run(console: _Console) -> Iterator[None]:
    """Turns what went wrong into problems and an exit code."""
    try:
        yield
    except Stopped as stopped:
        if console.as_json:
            console.document({}, stopped.problems)
        console.problems(stopped.problems)
        raise typer.Exit(stopped.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("winlab: interrupted; what was finished is kept", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - closed by the exit
        raise typer.Exit(Exit.DONE) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as exc:
        if "WINLAB_TRACEBACK" in os.environ:
            traceback.print_exc()
        bug = error("bug", f"this is a bug of winlab's: {type(exc).__name__}: {exc}",
                    "report it, with what WINLAB_TRACEBACK=1 prints")  # fmt: skip
        if console.as_json:
            console.document({}, [bug])
        console.problems([bug])
        raise typer.Exit(Exit.BUG) from None


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _lab(start: Path, workspace: Path | None, as_of: datetime | None) -> Lab:
    from winlab.lab import open_lab
    from winlab.read import find_workspace

    root = find_workspace(workspace or start)
    return open_lab(root, as_of.date() if as_of else None, _today())


def _beside(path: Path) -> Path:
    return path if path.is_dir() else path.parent


# ---------------------------------------------------------------- commands


@app.command(epilog="Example: winlab new ACC-0042 --out plans/gulf-coast.yaml")
def new(
    account: Annotated[str, typer.Argument(help="An account's id.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="A file instead of stdout.")] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a pitch plan with all that the lab knows filled in, the rest as commented blanks."""
    console = _Console(quiet, as_json)
    with _run(console):
        from winlab.draft import draft_plan
        from winlab.read import find_workspace, read_workspace
        from winlab.store import create_file

        found = read_workspace(find_workspace(workspace or Path.cwd()))
        text = draft_plan(account, found)
        if out is not None:
            create_file(out, text.encode())
        if as_json:
            console.document({"account": account, "file": out and str(out), "plan": text}, [])
        else:
            typer.echo(str(out) if out else text, nl=out is not None)
            console.problems(found.problems)


@app.command(epilog="Example: winlab pack plans/gulf-coast.yaml --role factory-manager")
def pack(
    plan: PlanArgument,
    role: Annotated[
        list[RoleName] | None, typer.Option("--role", help="Only this role's pack (repeatable).")
    ] = None,
    formats: Annotated[
        list[Format] | None, typer.Option("--format", help="Only this format (repeatable).")
    ] = None,
    pdf_engine: Annotated[
        PdfEngine, typer.Option("--pdf-engine", help="What draws the PDF.")
    ] = PdfEngine.WEASYPRINT,
    out: OutOption = Path("out"),
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make all packs that a pitch plan asks for, and the coach sheet."""
    console = _Console(quiet, as_json)
    with _run(console):
        with console.working(plan.stem) as announce:
            announce("reading the workspace")
            from winlab.inputs import Role
            from winlab.pack import make_packs

            lab = _lab(_beside(plan), workspace, as_of)
            outcome = make_packs(
                lab,
                plan,
                out,
                roles=[Role(name.value) for name in role or ()],
                formats=[chosen.value for chosen in formats or Format],
                announce=announce,
            )
        if as_json:
            console.document(_pack_json(outcome), outcome.problems)
        else:
            _print_outcome(outcome)
            console.problems(outcome.problems)
        raise typer.Exit(outcome.exit_code)


def _pack_json(outcome: Outcome) -> dict[str, object]:
    stored = outcome.stored
    return {
        "plan": outcome.plan,
        "decision_id": outcome.decision.id,
        "status": outcome.decision.status.value,
        "files": [str(path) for path in stored.files] if stored else [],
        "refused": [str(path) for path in stored.refused] if stored else [],
        "packs": [record.model_dump(mode="json") for record in outcome.manifest.packs],
    }


def _print_outcome(outcome: Outcome) -> None:
    decision = outcome.decision
    play = decision.play.play.id if decision.play else "no play"
    typer.echo(f"{outcome.plan}: {play} for {decision.pitch.customer.name}, {decision.status}")
    if outcome.stored:
        for path in outcome.stored.files:
            typer.echo(f"  {path}")
        for record in outcome.manifest.packs:
            if record.status == "refused":
                typer.echo(f"  refused: {record.role} (see internal/refused)")


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
    console = _Console(quiet, as_json)
    with _run(console):
        from winlab.explain import as_json as explained
        from winlab.explain import trace_of, why_not_play
        from winlab.facts import Audience
        from winlab.lab import decide_plan

        lab = _lab(_beside(plan), workspace, as_of)
        decision = decide_plan(lab, plan)
        reader = Audience(audience.value)
        plays = lab.workspace.library.plays
        why = why_not_play(decision, why_not, plays, reader) if why_not else None
        content = explained(
            decision, reader, why,
            show_floor=lab.workspace.file.price.show_floor,
        )  # fmt: skip
        if as_json:
            typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
        else:
            _print_decision(decision, content, trace_of(decision, reader))
            console.problems(decision.problems)
        if errors(decision.problems):
            raise typer.Exit(Exit.INPUT)


_MARKS = {"matched": "✓", "failed": "✗", "unknown": "?", "outranked": "–"}


def _print_trace(console: RichConsole, found: TraceJson, *, losers: bool) -> None:
    """A table's rules, ticked; of the long ones only the rules that matched."""
    from rich import box
    from rich.table import Table

    shown = [r for r in found["rules"] if losers or r["result"] in ("matched", "unknown")]
    if not shown:
        return
    table = Table(
        title=f"{found['table']} ({found['status']})", title_justify="left", box=box.SIMPLE_HEAD
    )
    for header in ("", "rule", "condition", "value", "where"):
        table.add_column(header, overflow="fold")
    for rule in shown:
        lead = (_MARKS[rule["result"]], rule["id"])
        if not rule["clauses"]:
            table.add_row(*lead, "none shown", "", "")
        for clause in rule["clauses"]:
            tick = {"true": "✓", "false": "✗"}.get(clause["result"], "?")
            condition = f"{clause['fact']} {clause['test']}"
            table.add_row(*lead, condition, f"{tick} {clause['value']}", clause["source"])
            lead = ("", "")
    console.print(table)


def _print_decision(
    decision: Decision, content: Mapping[str, object], trace: Sequence[TraceJson]
) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[bold]{decision.pitch.customer.name}[/bold]", decision.status.value)
    console.print(decision.summary, markup=False)
    for price in decision.prices:
        offered = "withheld" if price.offered is None else str(price.offered)
        console.print(
            f"{price.product}: offered {offered}, target {price.target}, your limit "
            f"{price.rep_limit} ({price.currency} per {price.unit})",
            markup=False,
        )
    for index, found in enumerate(trace):
        _print_trace(console, found, losers=index < 2)
    why = content.get("why_not")
    if isinstance(why, dict):
        if why["chosen"]:
            console.print(f"{why['play']} is the play that the rules picked.")
        else:
            console.print(f"[bold]Why not {why['play']}?[/bold]")
        for rule in why["rules"]:
            failed = "; ".join(rule["failed"]) or "it matched"
            console.print(f"  {rule['table']}: {rule['rule']}: {failed}", markup=False)


@app.command(epilog="Example: winlab assign --csv > markets.csv")
def assign(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[WORKSPACE]", help="A workspace.", show_default=False)
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout.")] = False,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show every market with its peer group, strategy and play, and the reason."""
    console = _Console(quiet, as_json)
    with _run(console):
        from winlab.assign import as_csv as csv_of
        from winlab.assign import assign as assigned

        lab = _lab(folder or Path.cwd(), workspace, as_of)
        found = list(assigned(lab.workspace, lab.rules, lab.as_of))
        if as_json:
            console.document({"markets": [asdict(item) for item in found]}, lab.workspace.problems)
        elif as_csv:
            typer.echo(csv_of(found), nl=False)
        else:
            _print_table(
                ("market", "group", "strategy", "play", "status", "reason"),
                [
                    (
                        item.name,
                        item.peer_group,
                        item.strategy,
                        item.plays,
                        item.status,
                        item.reason,
                    )
                    for item in found
                ],
            )
        console.problems(lab.workspace.problems)


def _print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)


@app.command(epilog="Example: winlab check")
def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[WORKSPACE]", help="A workspace.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find everything that is wrong before a run, and what expires within 30 days."""
    console = _Console(quiet, as_json)
    with _run(console):
        from winlab.check import check as checked

        with console.working("checking"):
            lab = _lab(folder or Path.cwd(), workspace, as_of)
            problems = checked(lab)
        bad = errors(problems)
        if as_json:
            console.document({"errors": len(bad), "findings": len(problems)}, problems)
        else:
            console.problems(problems)
            typer.echo(f"{len(bad)} errors, {len(problems) - len(bad)} other findings")
        if bad:
            raise typer.Exit(Exit.INPUT)


@app.command(epilog="Example: winlab fields kpi · winlab fields --role coach")
def fields(
    what: Annotated[str | None, typer.Argument(help="kpi or facts.", show_default=False)] = None,
    role: Annotated[str, typer.Option("--role", help="A template's role.")] = "factory-manager",
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the names that a template, plan or rule may use."""
    console = _Console(quiet, as_json)
    with _run(console):
        from winlab.fields import fact_fields, kpi_fields, template_fields
        from winlab.read import find_workspace, read_workspace

        if what is None:
            found = template_fields(role)
        elif what in ("kpi", "facts"):
            files = read_workspace(find_workspace(workspace or Path.cwd()))
            found = kpi_fields(files) if what == "kpi" else fact_fields(files)
        else:
            raise Stopped(
                [error("usage", f"there are no fields called {what!r}", "write kpi or facts")],
                Exit.USAGE,
            )
        if as_json:
            console.document({"fields": [asdict(field) for field in found]}, [])
        else:
            _print_table(
                ("name", "meaning", "type", "unit", "example", "audience"),
                [(f.name, f.meaning, f.type, f.unit, f.example, f.audience) for f in found],
            )


def main() -> None:
    """The entry point of the ``winlab`` script."""
    app()


if __name__ == "__main__":
    main()
