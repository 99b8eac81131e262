"""How the command line speaks: results on stdout, progress and problems on stderr."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, TypeAlias

from winlab.problems import Exit, Problem, Severity, Stopped, error, errors, grouped, urgent

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from winlab.decide import Decision
    from winlab.explain import Reason, TraceJson, WhyNot
    from winlab.pack import Outcome
    from winlab.recheck import Checked
    from winlab.scoring import Scored
    from winlab.store import Announce
    from winlab.survey import Done
    from winlab.tally import Tally

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_MARKS = {"matched": "✓", "failed": "✗", "unknown": "?", "outranked": "–",
          "true": "✓", "false": "✗"}  # fmt: skip
_PLAIN = str.maketrans({"✓": "+", "✗": "x", "–": "-", "─": "-", "…": "..."})
"""What stands for our marks where the terminal does not know them."""


_NAMED = 12
"""How many plans of a kind are named; --jsonl names all."""


@dataclass(frozen=True)
class Line:
    """A line's pieces, each with its style; nothing in them is markup."""

    pieces: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "".join(text for text, _ in self.pieces)


Part: TypeAlias = "str | Line | Table"
"""What a result is printed as."""


class Unread(Exception):
    """Nobody reads stdout any more, as after ``| head``."""


class Console:
    """One run's voice. With ``as_json`` it prints one document and nothing else."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet = quiet
        self.as_json = as_json
        self._documented = False

    def result(self, *parts: Part) -> None:
        """Prints lines and tables; nothing in a line is markup."""
        if not self.as_json:
            self._write(_rendered(sys.stdout, parts))

    def text(self, text: str) -> None:
        """Prints a text as it is."""
        if not self.as_json:
            self._write(text)

    def document(
        self, content: Mapping[str, object], problems: Sequence[Problem] | None = None
    ) -> None:
        """Prints the run's one JSON document; without ``problems``, ``content`` has them."""
        if not self.as_json:
            return
        if problems is not None:
            listed = [problem.as_json() for problem in grouped(problems)]
            content = {**content, "problems": listed}
        plain = not _is_unicode(sys.stdout)
        self._documented = True
        self._write(json.dumps(content, indent=2, ensure_ascii=plain) + "\n")

    def problems(self, problems: Sequence[Problem]) -> None:
        """Shows all problems, one cause once; warnings only if asked for."""
        shown = grouped(problems)
        if self.quiet:
            shown = urgent(shown)
        if self.as_json or not shown:
            return
        with contextlib.suppress(OSError):
            _put(sys.stderr, _rendered(sys.stderr, [_problem(problem) for problem in shown]))

    def stopped(self, problems: Sequence[Problem]) -> None:
        """Says why a run ends: in the JSON document, or on stderr if that cannot be printed."""
        if self.as_json and not self._documented:
            with contextlib.suppress(Stopped, Unread):
                self.document({}, problems)
        self.problems(problems)

    def line(self, content: Mapping[str, object]) -> None:
        """Prints one line of JSON."""
        self._write(json.dumps(content, ensure_ascii=not _is_unicode(sys.stdout)) + "\n")

    @contextlib.contextmanager
    def counting(self, total: int, clock: Callable[[], float]) -> Iterator[Callable[[str], object]]:
        """Progress over many plans on stderr: live on a terminal, else a line now and then.

        What it yields is called with each plan's state; ``clock`` tells the time in seconds.
        """
        if self.quiet or self.as_json or sys.stderr is None or not total:
            yield lambda _: None
        elif not sys.stderr.isatty():
            yield _PlainProgress(total, clock)
        else:
            from rich.console import Console as Rich
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
            with Progress(*columns, console=Rich(stderr=True)) as progress:
                task = progress.add_task("", total=total)
                rate = _Rate(total, clock)
                yield lambda state: progress.update(task, advance=1, description=rate(state))

    @contextlib.contextmanager
    def working(self, what: str) -> Iterator[Announce]:
        """A live line on stderr while something takes its time."""
        if self.quiet or self.as_json or sys.stderr is None or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console as Rich
        from rich.text import Text

        with Rich(stderr=True).status(Text(what)) as status:
            yield lambda step: status.update(Text(f"{what}: {step}"))

    def _write(self, text: str) -> None:
        try:
            _put(sys.stdout, text)
        except BrokenPipeError as exc:
            raise Unread from exc
        except OSError as exc:
            self.as_json = False  # nobody reads the document: the problem has to go to stderr
            raise Stopped([unprintable(exc)], Exit.MACHINE) from exc


class _Rate:
    """How far a run is, in words: ``120 of 350: 100 done, 20 refused, 3.1 a second``."""

    def __init__(self, total: int, clock: Callable[[], float]) -> None:
        self.total, self.clock, self.start = total, clock, clock()
        self.states: Counter[str] = Counter()

    def __call__(self, state: str) -> str:
        self.states[state] += 1
        count = self.states.total()
        rate = count / max(self.clock() - self.start, 0.001)
        told = ", ".join(f"{number} {name}" for name, number in self.states.most_common())
        pace = f"{rate:.1f} a second" if rate >= 1 else f"{rate * 60:.0f} a minute"
        return f"{count} of {self.total}: {told}, {pace}"


class _PlainProgress(_Rate):
    """The same as lines on stderr, at least ten seconds apart, with the minutes that are left."""

    def __init__(self, total: int, clock: Callable[[], float]) -> None:
        super().__init__(total, clock)
        self.told = self.start

    def __call__(self, state: str) -> str:
        said = super().__call__(state)
        now, count = self.clock(), self.states.total()
        if now >= self.told + 10 or count == self.total:
            self.told = now
            minutes = (self.total - count) * (now - self.start) / count / 60
            with contextlib.suppress(OSError):
                _put(sys.stderr, f"winlab: {said}, {minutes:.0f} min left\n")
        return said


def unprintable(exc: OSError) -> Problem:
    """That stdout took no more."""
    return error("cannot-print", f"the result could not be printed: {exc.strerror or exc}",
                 "free some space, or send the output elsewhere")  # fmt: skip


def _put(stream: TextIO | None, text: str) -> None:
    """Writes to a standard stream at once; after an error nothing more is tried on it."""
    if stream is None:
        raise OSError("it is closed")
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        silence(stream)
        raise


def silence(stream: TextIO | None) -> None:
    """Sends the rest of a broken stream nowhere, so that ending the run is no error again."""
    with contextlib.suppress(OSError, AttributeError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]
        os.close(nowhere)


def _is_unicode(stream: TextIO | None) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


_COLOUR = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""With one of these in the environment, what is no terminal may want colours, too."""
_SILENT = dict.fromkeys(map(ord, "\a\b\v\f\r"))
"""Characters that would move a terminal's cursor, or ring."""


def _rendered(stream: TextIO | None, parts: Sequence[Part]) -> str:
    """Lines and tables as the stream can show them; a line is as long as it is."""
    lines = [part for part in parts if isinstance(part, str | Line)]
    if len(lines) == len(parts) and not _is_terminal(stream):
        text = "".join(f"{line}\n" for line in lines).translate(_SILENT)
    else:
        text = _styled(stream, parts)
    return text if _is_unicode(stream) else text.translate(_PLAIN)


def _is_terminal(stream: TextIO | None) -> bool:
    return any(name in os.environ for name in _COLOUR) or bool(stream and stream.isatty())


def _styled(stream: TextIO | None, parts: Sequence[Part]) -> str:
    from rich.console import Console as Rich
    from rich.text import Text

    shown = Rich(file=stream)
    text = io.StringIO()
    rich = Rich(
        file=text, width=shown.width, force_terminal=shown.is_terminal,
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    for part in parts:
        drawn = Text.assemble(*part.pieces) if isinstance(part, Line) else part
        rich.print(drawn, soft_wrap=isinstance(part, str | Line))
    return text.getvalue()


def _problem(problem: Problem) -> Line:
    place = f"{problem.place}: " if str(problem.place) else ""
    same = f" ({problem.same + 1} times)" if problem.same else ""
    packs = f" in {', '.join(problem.packs)}" if problem.packs else ""
    fix = f"\n  fix: {problem.hint}" if problem.hint else ""
    return Line(
        (
            (place, "bold"),
            (f"{problem.severity}: ", _STYLES[problem.severity]),
            (f"{problem.message}{same}", ""),
            (f" [{problem.code}]{packs}{fix}", "dim"),
        )
    )


# ---------------------------------------------------------------- results


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> Table:
    """A table of texts, of which nothing is markup."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    found = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for header in headers:
        found.add_column(Text(header), overflow="fold")
    for row in rows:
        found.add_row(*map(Text, row))
    return found


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """What became of a plan: its decision, or its industry, and its files."""
    if outcome.status:
        play = outcome.play or "no play"
        yield f"{outcome.plan}: {play} for {outcome.manifest.customer}, {outcome.status}"
    else:
        yield f"{outcome.plan}: standard packs, {outcome.manifest.customer}"
    yield from (f"  {path}" for path in outcome.files)
    for record in outcome.manifest.packs:
        if record.status == "refused":
            yield f"  refused: {record.role} (see internal/refused)"


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """The same as outcome_lines, for scripts."""
    return {
        "plan": outcome.plan,
        "decision_id": outcome.manifest.decision_id,
        "status": outcome.status,
        "files": [str(path) for path in outcome.files],
        "refused": [str(path) for path in outcome.refused],
        "packs": [record.model_dump(mode="json") for record in outcome.manifest.packs],
    }


def batch_lines(tally: Tally, listed: Path | None) -> Iterator[Part]:
    """What became of a batch: counts, refusals by rep, and plans that are gone.

    ``listed`` is the file that lists all packs, if there is one.
    """
    counts = ", ".join(f"{count} {state}" for state, count in tally.states.most_common())
    yield f"{tally.plans} plans: {counts or 'none'} ({tally.made} packs made, {tally.kept} kept)"
    for rep, plans in sorted(tally.refused.items()):
        yield _headline(f"Refused, {rep or 'rep unknown'}:", f" {_first(sorted(plans))}")
    yield from (f"gone: {plan} (--prune removes its packs)" for plan in tally.gone)
    yield from (f"removed: the packs of {plan}" for plan in tally.pruned)
    if listed:
        yield f"all packs: {listed}"


def _first(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def done_line(done: Done) -> str:
    """One plan's outcome in one line, and why it was decided anew."""
    parts = [("made", done.made), ("kept", done.kept), ("refused", done.refused)]
    told = "; ".join(f"{what} {', '.join(names)}" for what, names in parts if names)
    because = f" ({'; '.join(done.why)})" if done.why else ""
    return f"{done.plan or done.source}: {done.state}{f': {told}' if told else ''}{because}"


def done_json(done: Done) -> dict[str, object]:
    """The same for scripts."""
    return {
        "plan": done.plan,
        "source": done.source,
        "rep": done.rep,
        "customer": done.customer,
        "meeting": done.meeting,
        "state": done.state.value,
        "made": list(done.made),
        "kept": list(done.kept),
        "refused": list(done.refused),
        "why": list(done.why),
        "problems": [problem.as_json() for problem in done.problems],
    }


def scored_lines(scored: Scored) -> Iterator[Part]:
    """What each of the five steps found, and the files."""
    for number, (step, said) in enumerate(scored.found.steps.items(), 1):
        yield _headline(f"{number}. {step}")
        yield from (f"  {sentence}" for sentence in said)
    yield from (str(path) for path in scored.files)


def scored_json(scored: Scored) -> dict[str, object]:
    """The same as scored_lines, for scripts."""
    return {
        "steps": {step: list(said) for step, said in scored.found.steps.items()},
        "files": [str(path) for path in scored.files],
        "hot_spots": list(scored.found.priority.rank),
    }


def checked_lines(checked: Sequence[Checked]) -> Iterator[str]:
    """Each measured file with what it was measured against and what was found."""
    for item in checked:
        bad = len(errors(item.problems))
        verdict = f"blocked by {bad} problem{'' if bad == 1 else 's'}" if bad else "passes"
        rest = len(item.problems) - bad
        remarks = f", {rest} remark{'' if rest == 1 else 's'}" if rest else ""
        yield f"{item.file}: {verdict}{remarks} (against its {item.against})"


def checked_json(checked: Sequence[Checked]) -> list[dict[str, object]]:
    """The same as checked_lines, for scripts."""
    return [
        {
            "file": str(item.file),
            "against": item.against.value,
            "errors": len(errors(item.problems)),
            "problems": [problem.code for problem in item.problems],
        }
        for item in checked
    ]


def decision_report(
    decision: Decision, steps: Sequence[Reason], trace: Sequence[TraceJson], why: WhyNot | None
) -> Iterator[Part]:
    """A decision, its prices as to a rep, the rules behind it, and why not another play."""
    yield _headline(decision.pitch.customer.name, f" {decision.status.value}")
    yield decision.summary
    for price in decision.prices:
        offered = "withheld" if price.offered is None else str(price.offered)
        yield (
            f"{price.product}: offered {offered}, target {price.target}, your limit "
            f"{price.rep_limit} ({price.currency} per {price.unit})"
        )
    for step in steps:
        yield f"  {step.step}: {step.chosen}: {step.because}"
    for index, found in enumerate(trace):
        yield from _trace(found, losers=index < 2)
    if why and why.chosen:
        yield f"{why.play} is the play that the rules picked."
    elif why:
        yield _headline(f"Why not {why.play}?")
    for need in why.needs if why else ():
        where = f" ({', '.join(need.places)})" if need.places else ""
        yield f"  {need.table}: {need.rule}: {'; '.join(need.failed) or 'it matched'}{where}"


def _headline(bold: str, rest: str = "") -> Line:
    return Line(((bold, "bold"), (rest, "")))


def _trace(found: TraceJson, *, losers: bool) -> Iterator[Part]:
    """A table's rules, ticked; of the long ones only the rules that matched."""
    rows: list[tuple[str, str, str, str, str]] = []
    for rule in found["rules"]:
        if not losers and rule["result"] not in ("matched", "unknown"):
            continue
        lead = (_MARKS[rule["result"]], rule["id"])
        if not rule["clauses"]:
            rows.append((*lead, "none shown", "", ""))
        for clause in rule["clauses"]:
            tick = _MARKS.get(clause["result"], "?")
            condition = f"{clause['fact']} {clause['test']}"
            rows.append((*lead, condition, f"{tick} {clause['value']}", clause["source"]))
            lead = ("", "")
    if rows:
        headers = ("", "rule", "condition", "value", "where")
        yield table(headers, rows, f"{found['table']} ({found['status']})")
