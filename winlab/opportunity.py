"""The opportunity map's five steps, from a survey to scored and explained markets. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from winlab.causes import Causes, find_causes
from winlab.facts import Audience, Fact, Facts, FactType
from winlab.growth import Growth, forecast_growth
from winlab.inputs import DriverColumn, LeverColumn
from winlab.marketdata import Survey
from winlab.priority import Priority, prioritise
from winlab.problems import Problem
from winlab.rules.frame import evaluate
from winlab.rules.table import Table
from winlab.shares import Shares, share_out
from winlab.sizing import Sizing, size_up
from winlab.store import Announce

if TYPE_CHECKING:
    import pandas

DRIVERS_NAMED = 2
"""Drivers that are named on each side of a market's growth."""
STANDS_OUT = 0.75
"""The part of markets that have less of a driver than one of which a customer may read."""
WORTH_NAMING = 0.001
"""A driver is named if it adds or takes at least this much growth a year."""


@dataclass(frozen=True)
class Opportunity:
    """The five steps' results. ``table`` has one row a market and a column a fact; ``groups`` are
    the peer groups by market ('' where the rules do not decide)."""

    survey: Survey
    sizing: Sizing
    growth: Growth
    shares: Shares
    causes: Causes
    priority: Priority
    table: pandas.DataFrame
    problems: tuple[Problem, ...]

    @property
    def steps(self) -> Mapping[str, tuple[str, ...]]:
        """What each step found, in sentences."""
        return {
            "Size": self.sizing.said,
            "Growth potential": self.growth.said,
            "Share": self.shares.said,
            "Causes": self.causes.said,
            "Priority": self.priority.said,
        }


def score(survey: Survey, peer_groups: Table, announce: Announce) -> Opportunity:
    """Scores all markets. ``peer_groups`` tests their facts as `winlab assign` will."""
    file = survey.file
    reps = survey.resources.iloc[:, 0] if not survey.resources.empty else None
    announce("1 of 5, size")
    sizing = size_up(survey, reps)
    announce("2 of 5, growth potential")
    labels = {driver.id: driver.label for driver in file.drivers}
    growth = forecast_growth(survey.years, survey.drivers, labels)
    announce("3 of 5, share")
    shares = share_out(survey.history, survey.lines)
    announce("4 of 5, causes")
    causes = find_causes(shares.whole.share, survey.levers, file.levers)
    announce("5 of 5, priority")
    expected = growth.forecast.copy()
    for market, override in survey.overrides.items():
        if override.growth is not None:
            expected[market] = float(override.growth)
    size = survey.history.market.ffill(axis=1).iloc[:, -1]
    priority = prioritise(
        file, size, expected, shares.whole.share, shares.whole.total, survey.resources,
        survey.overrides, survey.currency,
    )  # fmt: skip
    table = _table(survey, sizing, growth, shares, causes, priority, expected, size)
    problems = _group(table, peer_groups)
    _explain(table, survey, growth)
    return Opportunity(
        survey, sizing, growth, shares, causes, priority, table, (*survey.problems, *problems)
    )


def _table(
    survey: Survey, sizing: Sizing, growth: Growth, shares: Shares, causes: Causes,
    priority: Priority, expected: pandas.Series[float], size: pandas.Series[float],
) -> pandas.DataFrame:  # fmt: skip
    """One row a market; columns are named as facts."""
    import pandas as pd

    index = survey.markets.index
    whole = shares.whole
    levers = {lever.id: lever for lever in survey.file.levers}
    by_hand = expected.ne(growth.forecast) & expected.notna()
    table = pd.DataFrame(
        {
            "name": survey.markets["name"],
            "region": survey.markets["region"],
            "industry": survey.file.markets.industry,
            "growth": expected,
            "growth_low": growth.low.mask(by_hand),
            "growth_high": growth.high.mask(by_hand),
            "share": whole.share,
            "share_change": whole.change,
            "share_trend": whole.trend,
            "share_of_growth": whole.of_growth,
            "margin": whole.margin,
            "size": size,
            "potential": priority.potential,
            "priority": priority.level,
            "priority_rank": [float(priority.rank.get(str(m), math.nan)) for m in index],
            "addressable": priority.base,
            "addressable_low": priority.low,
            "addressable_high": priority.high,
            "main_cause": [_cause(str(m), causes, levers) for m in index],
            "cause_ease": [
                levers[causes.main[str(m)]].ease if causes.main.get(str(m)) else "" for m in index
            ],
        },
        index=index,
    )
    table["size_note"] = [_size_note(str(m), sizing) for m in index]
    for line, found in shares.lines.items():
        table[f"share.{line}"] = found.share
        table[f"share_trend.{line}"] = found.trend
        table[f"margin.{line}"] = found.margin
    for move in priority.moves:
        table[move.resource.id] = move.before
        table[f"{move.resource.id}.proposed"] = move.after
    for name in survey.levers.columns:
        table[str(name)] = survey.levers[name]
    if causes.weights:
        table["share_by.average"] = causes.average
        for name in causes.parts.columns:
            table[f"share_by.{name}"] = causes.parts[name]
        table["share_by.unexplained"] = causes.unexplained
    table["override"] = [
        survey.overrides[str(m)].because if str(m) in survey.overrides else "" for m in index
    ]
    return table


def _cause(market: str, causes: Causes, levers: Mapping[str, LeverColumn]) -> str:
    if market not in causes.main:
        return ""
    lever = levers.get(causes.main[market])
    if lever is None:
        return "not clear"
    return lever.why_high if causes.high[market] else lever.why_low


def _size_note(market: str, sizing: Sizing) -> str:
    if market in sizing.small:
        return "too small alone"
    return "narrow" if market in sizing.narrow else ""


def _group(table: pandas.DataFrame, peer_groups: Table) -> tuple[Problem, ...]:
    """Adds the peer group that the rules give each market."""
    facts = table.rename(columns={name: f"market.{name}" for name in table.columns})
    facts["market.id"] = table.index
    found = evaluate(peer_groups, facts)
    table["peer_group"] = [str(outcome.outputs.get("peer_group", "")) for outcome in found]
    return found.problems


def _explain(table: pandas.DataFrame, survey: Survey, growth: Growth) -> None:
    """Adds what lifts and what lowers a market's growth against the mean of its peer group.

    Only drivers that go with growth more than by chance are named, and only where the model's
    sign agrees with what is seen. A customer may read `says` of a driver that lifts, where demand
    grows and the market has more of it than three quarters of all.
    """
    signs = {s.driver: s.correlation.value for s in growth.strengths if s.steady}
    trusted = growth.backtest is None or growth.backtest.drivers.better_than_chance
    named = [d for d in survey.file.drivers if d.id in signs and trusted]
    means = growth.contributions.groupby(table["peer_group"]).transform("mean")
    against = (growth.contributions - means)[[d.id for d in named]].to_numpy(float)
    ranks = survey.drivers[[d.id for d in named]].rank(pct=True).to_numpy(float)
    grows = (table["growth"] > 0).tolist()
    lifts: list[str] = []
    lowers: list[str] = []
    told: list[str] = []
    for place in range(len(table)):
        found = sorted(
            _named(named, signs, against[place], ranks[place]), key=lambda one: -abs(one.amount)
        )
        up = [one for one in found if one.amount > 0]
        down = [one for one in found if one.amount < 0]
        lifts.append("; ".join(one.words for one in up[:DRIVERS_NAMED]))
        lowers.append("; ".join(one.words for one in down[:DRIVERS_NAMED]))
        told.append(next((one.says for one in up if one.says and grows[place]), ""))
    table["lifted_by"] = lifts
    table["held_back_by"] = lowers
    table["demand_growth_driver"] = told


@dataclass(frozen=True)
class _Named:
    """A driver that is worth naming in a market, and what it adds to growth there."""

    amount: float
    words: str
    says: str


def _named(
    drivers: Sequence[DriverColumn], signs: Mapping[str, float], amounts: Iterable[float],
    ranks: Iterable[float],
) -> Iterator[_Named]:  # fmt: skip
    for driver, amount, rank in zip(drivers, amounts, ranks, strict=True):
        if math.isnan(rank + amount) or abs(amount) < WORTH_NAMING:
            continue
        high = rank > 0.5
        if (amount > 0) == (high == (signs[driver.id] > 0)):
            words = f"{driver.high if high else driver.low} ({amount * 100:+.1f} points)"
            yield _Named(amount, words, (driver.says or "") if rank > STANDS_OUT else "")


def scoring_facts(facts: Facts, markets: list[str]) -> Facts:
    """The dictionary with the market's own id, which peer groups may test."""
    own = Fact(
        "market.id", "Market", FactType.CATEGORY, values=tuple(markets), audience=Audience.REP
    )
    return Facts({**facts.by_name, own.name: own})
