"""Similar customers: what comparable plants reach on a KPI, and the reference that fits. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from winlab.inputs import Account, Better, Kpi, Reference
from winlab.pitch import Customer

MIN_PEERS = 5
MAX_CONTRIBUTION = Decimal("0.25")
MIN_REFERENCE_MATCHES = 2


class Basis(StrEnum):
    """Who is compared with: the narrowest circle that holds enough plants."""

    LIKE_MARKETS = "like-markets"  # same industry and peer group
    INDUSTRY = "industry"
    ALL = "all"


@dataclass(frozen=True)
class Benchmark:
    """Median, quartiles and 5th to 95th percentile of ``n`` comparable plants, in KPI units."""

    kpi: str
    n: int
    basis: Basis
    q1: Decimal
    median: Decimal
    q3: Decimal
    p5: Decimal
    p95: Decimal
    period: str

    def is_worse(self, value: Decimal, better: Better) -> bool:
        """Whether a value lies on the bad side of the median."""
        return value > self.median if better is Better.LOWER else value < self.median


def benchmark(
    name: str,
    kpi: Kpi,
    customer: Customer,
    accounts: Mapping[str, Account],
    groups: Mapping[str, str],
) -> Benchmark | None:
    """The benchmark of one KPI, or ``None`` where even all plants are too few.

    ``groups`` gives each market's peer group. The circle widens from industry × peer group to
    industry to all until five plants are in it and no company contributes above a quarter.
    """
    group = groups.get(customer.market.id, "")
    others = [
        account
        for account in accounts.values()
        if name in account.kpis and account.name != customer.name
    ]
    industry = [account for account in others if account.industry == customer.industry.id]
    alike = [account for account in industry if group and groups.get(account.market) == group]
    for basis, peers in (
        (Basis.LIKE_MARKETS, alike),
        (Basis.INDUSTRY, industry),
        (Basis.ALL, others),
    ):
        if _enough(peers):
            return _summary(name, kpi, basis, peers)
    return None


def industry_benchmark(
    name: str, kpi: Kpi, industry: str, accounts: Mapping[str, Account]
) -> Benchmark | None:
    """The benchmark of all plants of an industry, or ``None`` where they are too few."""
    plants = [a for a in accounts.values() if a.industry == industry and name in a.kpis]
    return _summary(name, kpi, Basis.INDUSTRY, plants) if _enough(plants) else None


def _enough(peers: list[Account]) -> bool:
    if len(peers) < MIN_PEERS:
        return False
    largest = Counter(peer.name for peer in peers).most_common(1)[0][1]
    return Decimal(largest) / len(peers) <= MAX_CONTRIBUTION


def _summary(name: str, kpi: Kpi, basis: Basis, peers: list[Account]) -> Benchmark:
    values = sorted(peer.kpis[name] for peer in peers)
    step = Decimal(1).scaleb(-kpi.decimals)

    def quantile(share: str) -> Decimal:
        """Linear interpolation between order statistics (Hyndman & Fan's type 7)."""
        position = Decimal(share) * (len(values) - 1)
        below = int(position)
        above = min(below + 1, len(values) - 1)
        value = values[below] + (values[above] - values[below]) * (position - below)
        return value.quantize(step, ROUND_HALF_UP)

    periods = [peer.kpi_period for peer in peers if peer.kpi_period]
    return Benchmark(
        name, len(values), basis, quantile("0.25"), quantile("0.5"), quantile("0.75"),
        quantile("0.05"), quantile("0.95"), max(periods, default=""),
    )  # fmt: skip


def best_reference(
    customer: Customer, references: Mapping[str, Reference], as_of: date
) -> Reference | None:
    """The permitted reference that matches best, by industry, application, size and region.

    At least two of the four must match, and what is done there has to be alike: industry or
    application is one of them. A customer is never its own reference, under whatever name.
    """
    account = customer.account
    usable = [
        reference
        for reference in references.values()
        if reference.permission_until >= as_of
        and reference.name != customer.name
        and not (account and reference.account == account.id)
        and any(_traits(customer, reference)[:2])
        and traits_shared(customer, reference) >= MIN_REFERENCE_MATCHES
    ]
    return max(usable, key=lambda r: (traits_shared(customer, r), r.date, r.id), default=None)


def traits_shared(customer: Customer, reference: Reference) -> int:
    """How many of industry, application, size and region a reference shares with a customer."""
    return sum(_traits(customer, reference))


def _traits(customer: Customer, reference: Reference) -> tuple[bool, bool, bool, bool]:
    account = customer.account
    return (
        reference.industry == customer.industry.id,
        account is not None and reference.application == account.application,
        account is not None and reference.size == account.size,
        reference.region == customer.market.region,
    )
