"""What a customer must not see of one decision: names and amounts of ours, and of others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from winlab.brief import CustomerBrief
from winlab.decide import Decision
from winlab.inputs import Output, Product, ProductText, TableSource
from winlab.leaks import Secrets
from winlab.pitch import price_decimals
from winlab.problems import Place
from winlab.read import Workspace
from winlab.rulebook import LIST_POINTS

_NO_RIVAL = "do nothing"
_SHORTEST_NAME = 4


def secrets_of(
    decision: Decision, workspace: Workspace, brief: CustomerBrief, locale: str
) -> Secrets:
    """Names and amounts that this customer must not see, and the words that may hold them.

    Of the references only the one in ``brief`` may be named. The offered prices are no secrets.
    """
    plan = decision.pitch.source.plan
    rivals = set(_rivals(workspace))
    alternatives = {rival.name for rival in plan.alternatives} - {_NO_RIVAL}
    units = {price.unit for price in decision.prices}
    units |= {rival.per for rival in plan.alternatives if rival.per}
    return Secrets(
        codes=tuple(sorted(_codes(decision, workspace))),
        names=tuple(sorted(rivals | alternatives | _others(decision, workspace, brief))),
        first_words=tuple(sorted(set(_first_words(rivals | alternatives)))),
        amounts=frozenset(_amounts(decision)),
        currency=decision.pitch.currency,
        units=frozenset(units),
        locale=locale,
        quoted=_quoted(decision),
        written=tuple(_written(decision)),
    )


def secrets_of_industry(
    workspace: Workspace, products: Sequence[ProductText], currency: str, locale: str
) -> Secrets:
    """What nobody may see who is handed a standard pack: any customer's name, and any price."""
    sold = [workspace.company.products[text.id] for text in products]
    rivals = set(_rivals(workspace))
    return Secrets(
        codes=tuple(sorted(_our_codes(workspace))),
        names=tuple(sorted(rivals | _customers(workspace))),
        first_words=tuple(sorted(set(_first_words(rivals)))),
        amounts=frozenset(_all_prices(workspace, sold, currency)),
        currency=currency,
        units=frozenset(product.unit for product in sold),
        locale=locale,
    )


def _all_prices(workspace: Workspace, sold: Sequence[Product], currency: str) -> Iterator[Decimal]:
    """List prices of products, and each play's corridor under them."""
    for product in sold:
        listed = product.list_price.get(currency)
        if listed is None:
            continue
        yield listed
        step = Decimal(1).scaleb(-price_decimals(listed))
        for play in workspace.library.plays.values():
            base = play.play.pricing.base
            if points := base.get(product.id) or base.get("*"):
                for share in points.model_dump().values():
                    yield (listed * share / LIST_POINTS).quantize(step, ROUND_HALF_UP)


def _codes(decision: Decision, workspace: Workspace) -> set[str]:
    """Our names for plays, peer groups and strategies."""
    found = {decision.peer_group, decision.strategy}
    return _our_codes(workspace) | {name for name in found if name.strip()}


def _our_codes(workspace: Workspace) -> set[str]:
    table = workspace.library.peer_groups
    outputs = [*_outputs(table, "peer_group"), *_outputs(table, "strategy")]
    return {name for name in {*workspace.library.plays, *map(str, outputs)} if name.strip()}


def _outputs(table: TableSource, name: str) -> Iterator[Output]:
    """The values that a table gives for one output, its else included."""
    for then in (*(rule.then for rule in table.rules), table.otherwise or {}):
        if name in then:
            yield then[name]


def _rivals(workspace: Workspace) -> Iterator[str]:
    """The rivals that plays know how to counter."""
    for play in workspace.library.plays.values():
        yield from (name for value in _outputs(play.counters, "rival") if (name := str(value)))


def _first_words(names: set[str]) -> Iterator[str]:
    for name in names:
        word = name.split()[0]
        if word[0].isupper() and len(word) >= _SHORTEST_NAME:
            yield word


def _others(decision: Decision, workspace: Workspace, brief: CustomerBrief) -> set[str]:
    """All customers but this one and the reference that it is told of."""
    shown = {decision.pitch.customer.name, brief.reference.name if brief.reference else ""}
    return _customers(workspace) - shown


def _customers(workspace: Workspace) -> set[str]:
    names = {account.name for account in workspace.company.accounts.values()}
    names |= {reference.name for reference in workspace.library.references.values()}
    return {name for name in names if name.strip()}


def _amounts(decision: Decision) -> set[Decimal]:
    """List prices, corridors, prices that are planned or approved, and those of alternatives."""
    plan = decision.pitch.source.plan
    offered = {price.offered for price in decision.prices}
    found = {
        amount
        for price in decision.prices
        for amount in (
            price.list, price.opening, price.target, price.rep_limit, price.manager_limit,
            price.floor,
        )
    }  # fmt: skip
    found |= {line.planned.price.offered for line in decision.pitch.lines if line.planned.price}
    found |= {rival.price for rival in plan.alternatives if rival.price is not None}
    if plan.approval:
        found.add(plan.approval.price)
    return found - offered - {Decimal(0)}


def _quoted(decision: Decision) -> tuple[str, ...]:
    """The customer's own words and name, which may hold any name."""
    plan, customer = decision.pitch.source.plan, decision.pitch.customer
    said = (pain.words for pain in plan.pains if not pain.assumed)
    return (*said, customer.name, customer.slug)


_NOT_PRINTED = ("plan", "alternatives", "play", "approval")


def _written(decision: Decision) -> Iterator[tuple[str, Place]]:
    """What a plan and the row of its account say that a customer may read, with its places."""
    parsed = decision.pitch.source.parsed
    for pointer, place in parsed.places.items():
        text = parsed.text(pointer)
        if text and pointer[0] not in _NOT_PRINTED:
            yield text, place
    if (account := decision.pitch.customer.account) is not None:
        yield account.name, account.place
