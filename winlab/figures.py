"""A customer's figures beside their peers': what a brief says of KPIs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from babel import Locale
from pydantic import JsonValue

from winlab import wording
from winlab.brief import (
    Measure,
    PeerFigures,
)
from winlab.decide import Decision
from winlab.inputs import (
    Baseline,
    Better,
    Output,
    Words,
)
from winlab.peers import Benchmark, benchmark
from winlab.problems import Problem, error, note, warning
from winlab.read import Workspace

MOST_MEASURES = 4

Rows: TypeAlias = tuple[dict[str, JsonValue], ...]

MISSING_SENTENCE = "missing-sentence"
"""The code of a sentence that a pack prints and its language lacks."""


@dataclass
class Teller:
    """Says what a workspace holds in a pack's language; collects what was left out on the way.

    Money is in ``currency``. ``untold`` are sentences that the language lacks: a pack that prints
    one cannot be made.
    """

    workspace: Workspace
    language: str
    locale: Locale
    currency: str
    problems: list[Problem] = field(default_factory=list, kw_only=True)
    untold: list[Problem] = field(default_factory=list, kw_only=True)

    def say(self, words: Words | Output | None, what: str = "a sentence") -> str:
        """A sentence in the pack's language; a plain one is in the workspace's language.

        One that the language lacks comes in another one, marked (:data:`winlab.wording.UNTOLD`).
        """
        if words is None:
            return ""
        if isinstance(words, str):
            if self.language == self.workspace.file.workspace.language:
                return words
        elif isinstance(words, Mapping) and self.language in words:
            return str(words[self.language])
        elif not isinstance(words, Mapping):
            return wording.join_words([str(word) for word in words], self.locale)
        shown = words if isinstance(words, str) else str(next(iter(words.values()), ""))
        self.untold.append(
            error(MISSING_SENTENCE, f"{what} has no {self.language!r}: {shown!r}",
                  f"write it as {{{self.workspace.file.workspace.language}: …, "
                  f"{self.language}: …}}", self.workspace.library.where(shown))
        )  # fmt: skip
        return wording.untold_mark(len(self.untold) - 1) + shown

    def says(self, sentences: Sequence[Words], what: str) -> tuple[str, ...]:
        """Several sentences."""
        return tuple(self.say(sentence, what) for sentence in sentences)

    def number(self, value: Decimal, unit: str = "") -> str:
        """A number with its unit, as the pack's language writes it."""
        return wording.with_unit(value, self.unit(unit), self.locale)

    def unit(self, unit: str) -> str:
        """A unit in the pack's language."""
        return wording.unit_words(unit, self.locale)


@dataclass
class Builder(Teller):
    """Builds briefs of one decision."""

    decision: Decision
    groups: Mapping[str, str]


def builder_of(
    decision: Decision, workspace: Workspace, groups: Mapping[str, str], locale: Locale
) -> Builder:
    """What builds the briefs of a decision in the locale's language and the plan's currency."""
    currency = decision.pitch.currency
    return Builder(workspace, locale.language, locale, currency, decision, groups)


@dataclass(frozen=True)
class Known:
    """A KPI of the customer's: from the plan, else what the lab holds."""

    value: Decimal
    confirmed: bool
    source: str
    period: str


def known_figure(builder: Builder, kpi: str) -> Known | None:
    """A KPI of the customer's today: the plan's figure, else what the lab holds of the account."""
    pitch = builder.decision.pitch
    for figure in pitch.source.plan.baseline:
        if figure.kpi == kpi:
            return _from_plan(figure)
    account = pitch.customer.account
    if account and kpi in account.kpis:
        return Known(account.kpis[kpi], confirmed=True, source="", period=account.kpi_period)
    return None


def _from_plan(figure: Baseline) -> Known:
    return Known(figure.value, figure.confirmed, figure.source, figure.period)


def peers_of(builder: Builder, kpi: str) -> Benchmark | None:
    """What similar customers reach on a KPI, or ``None`` where they are too few."""
    workspace = builder.workspace
    return benchmark(
        kpi, workspace.library.kpis[kpi], builder.decision.pitch.customer,
        workspace.company.accounts, builder.groups,
    )  # fmt: skip


def _measured(builder: Builder) -> list[str]:
    """The KPIs to show: those that the value model saves on, then the industry's own."""
    play = builder.decision.play
    assert play is not None
    industry = builder.decision.pitch.customer.industry
    inputs = builder.workspace.library.values[play.play.value_model].inputs.values()
    against_peers = {source.peers for source in inputs if source.peers}
    saved_on = [s.kpi for s in inputs if s.kpi in against_peers and s.kpi not in industry.kpis]
    known = [name for name in saved_on if name and known_figure(builder, name)]
    return [*known, *industry.kpis][: max(MOST_MEASURES, len(known))]


def measures_of(builder: Builder) -> Iterator[Measure]:
    """The customer's KPIs, each beside its peers; what is missing or unusual is reported."""
    industry = builder.decision.pitch.customer.industry
    for name in _measured(builder):
        known = known_figure(builder, name)
        kpi = builder.workspace.library.kpis.get(name)
        if known is None or kpi is None:
            builder.problems.append(
                note("kpi-missing", f"{name} of the customer is not known",
                     "ask for it, and write it in the plan's baseline")
            )  # fmt: skip
            continue
        peers = peers_of(builder, name)
        if peers is None:
            builder.problems.append(
                warning("too-few-peers", f"fewer than five plants are comparable on {name}",
                        "the comparison is left out")
            )  # fmt: skip
        elif not peers.p5 <= known.value <= peers.p95:
            builder.problems.append(
                warning("unusual-figure", f"{name} of {known.value} {kpi.unit} lies outside what "
                        f"90 % of peers have ({peers.p5} to {peers.p95})",
                        "check it before it is printed")
            )  # fmt: skip
        yield Measure(
            id=name,
            label=builder.say(industry.kpi_labels.get(name, kpi.label)),
            unit=builder.unit(kpi.unit),
            value=known.value,
            confirmed=known.confirmed,
            source=known.source,
            period=known.period,
            costs=builder.say(industry.costs.get(name) or kpi.about[:1].lower() + kpi.about[1:]),
            better=kpi.better.value,
            peers=_peer_figures(known.value, kpi.better, peers) if peers else None,
        )


def _peer_figures(value: Decimal, better: Better, peers: Benchmark) -> PeerFigures:
    return PeerFigures(
        n=peers.n,
        basis=peers.basis.value,
        q1=tidy(peers.q1),
        median=tidy(peers.median),
        q3=tidy(peers.q3),
        period=peers.period,
        gap=tidy(abs(value - peers.median)),
        worse=peers.is_worse(value, better),
        outside=value > peers.q3 if better is Better.LOWER else value < peers.q1,
    )


def tidy(value: Decimal) -> Decimal:
    """A number without trailing zeros: 16 for 16.0."""
    whole = value == value.to_integral_value()
    return value.quantize(Decimal(1)) if whole else value.normalize()


def worst_measure(measures: Sequence[Measure]) -> Measure | None:
    """The confirmed measure that lies furthest beyond the peers' median, relative to it."""

    def distance(measure: Measure) -> Decimal:
        if not measure.peers or not measure.peers.worse or not measure.peers.median:
            return Decimal(0)
        return measure.peers.gap / measure.peers.median

    found = [m for m in measures if m.confirmed and distance(m) > 0]
    downtime = [m for m in found if m.id == "unplanned_downtime"]
    return max(downtime or found, key=distance, default=None)


def pattern_of(builder: Builder, measures: Sequence[Measure]) -> str:
    """What the KPIs on the bad side of the median point to, in the industry's words."""
    worse = {m.id for m in measures if m.peers and m.peers.worse}
    industry = builder.decision.pitch.customer.industry
    for pattern in industry.patterns:
        if set(pattern.worse) <= worse:
            return builder.say(pattern.says, f"industries/{industry.id}: pattern")
    return ""


def driver_rows(builder: Builder, measures: Sequence[Measure]) -> Rows:
    """Rows of the chart of driver bars: measures that have peers."""
    return tuple(
        {
            "label": f"{m.label}, {m.unit}",
            "value": float(m.value),
            "value_label": builder.number(m.value, m.unit.partition("/")[0]),
            "median": float(m.peers.median),
            "median_label": builder.number(m.peers.median),
            "q1": float(m.peers.q1),
            "q3": float(m.peers.q3),
            "better": m.better,
            "estimate": not m.confirmed,
        }
        for m in measures
        if m.peers and m.peers.median
    )
