"""Short ways to write facts, rules and tables in tests."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from winlab.facts import Domain, Fact, Facts, FactType
from winlab.inputs import Aggregate, Cell, Condition, Hit, Output, RuleSource, TableSource
from winlab.problems import Place
from winlab.rules.compile import compile_table
from winlab.rules.table import Table

GROWTH = Fact(
    "market.growth", "Forecast growth of demand", FactType.NUMBER, "fraction a year",
    Domain(Decimal("-0.5"), Decimal(1)), decimals=3,
)  # fmt: skip
SHARE = Fact(
    "market.share", "Our market share", FactType.NUMBER, "fraction",
    Domain(Decimal(0), Decimal(1)), decimals=3,
)  # fmt: skip
INTENSITY = Fact(
    "market.competitive_intensity", "Competitive intensity", FactType.ORDERED,
    values=("low", "medium", "high"),
)  # fmt: skip
DRIVER = Fact("market.demand_growth_driver", "What drives demand here", FactType.TEXT)
INDUSTRY = Fact(
    "account.industry", "Industry", FactType.CATEGORY,
    values=("paints-coatings", "plastics", "water-treatment"),
)  # fmt: skip
COMPLAINTS = Fact(
    "account.open_complaints", "Open complaints", FactType.NUMBER, "count",
    Domain(Decimal(0)), decimals=0,
)  # fmt: skip
BLOCK = Fact("account.credit_block", "Credit block", FactType.BOOLEAN)
SINCE = Fact("account.customer_since", "Customer since", FactType.DATE)
MARGIN = Fact("product.margin", "Margin", FactType.NUMBER, "percent")
VOLUME = Fact(
    "plan.volume", "Volume", FactType.NUMBER, "t/a", Domain(Decimal(0)), decimals=1
)  # fmt: skip
FACTS = Facts(
    {
        fact.name: fact
        for fact in (
            GROWTH, SHARE, INTENSITY, DRIVER, INDUSTRY, COMPLAINTS, BLOCK, SINCE, MARGIN, VOLUME,
        )
    }
)  # fmt: skip


def rule(
    rule_id: str,
    when: Mapping[str, str],
    then: Mapping[str, Output] | None = None,
    *,
    unless: Mapping[str, str] | None = None,
    replaces: str = "",
) -> RuleSource:
    """A rule; without ``then`` its result is its own name. Each cell has a line of its own."""
    tests = [(fact, text, False) for fact, text in when.items()]
    tests += [(fact, text, True) for fact, text in (unless or {}).items()]
    conditions = tuple(
        Condition(fact, Cell(text, Place("t.yaml", line, 20)), negated)
        for line, (fact, text, negated) in enumerate(tests, 1)
    )
    outputs = {"is": rule_id} if then is None else then
    return RuleSource(rule_id, conditions, outputs, replaces=replaces, place=Place("t.yaml", 1, 5))


def source(
    *rules: RuleSource,
    hit: Hit = Hit.UNIQUE,
    otherwise: Mapping[str, Output] | None = None,
    aggregate: Aggregate | None = None,
    priority: tuple[str, ...] = (),
    floor: Decimal | None = None,
    cap: Decimal | None = None,
) -> TableSource:
    """A table source called ``t``."""
    place = Place("t.yaml", 1, 1)
    return TableSource("t", rules, hit, aggregate, priority, otherwise, place, floor, cap)


def table(table_source: TableSource, facts: Facts = FACTS) -> Table:
    """Compiled, or the test fails with the problems."""
    compiled, problems = compile_table(table_source, facts)
    assert compiled is not None, "\n".join(str(problem) for problem in problems)
    return compiled
