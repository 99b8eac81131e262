"""A new pitch plan with all that the lab knows filled in and the rest as commented blanks. Pure."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Context, Decimal

from pydantic import TypeAdapter, ValidationError

from winlab.document import decimal_text
from winlab.inputs import Account, Id, Line, Name, Role
from winlab.problems import Stopped, error
from winlab.read import Workspace
from winlab.validate import did_you_mean

_ID: TypeAdapter[str] = TypeAdapter(Id)
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_LINE: TypeAdapter[str] = TypeAdapter(Line)
_ROLE = TypeAdapter(Role)


def draft_plan(account_id: str, workspace: Workspace) -> str:
    """The YAML of a plan for a known account; raises :class:`Stopped` for an unknown one.

    Whatever the tables hold, the text reads back as it was meant; what no plan can hold is left
    blank.
    """
    account = workspace.company.accounts.get(account_id)
    if account is None:
        raise Stopped(
            [
                error("unknown-account", f"there is no account {account_id!r}",
                      did_you_mean(account_id, workspace.company.accounts)
                      or "look its id up in the accounts table")
            ]
        )  # fmt: skip
    if not _holds(_ID, account.id):
        raise Stopped(
            [
                error("bad-name", f"no plan can name the account {account.id!r}",
                      "give it an id of letters, digits, points, hyphens and underscores",
                      account.place)
            ]
        )  # fmt: skip
    return "\n".join(_lines(account, workspace)) + "\n"


def _holds(kind: TypeAdapter[str] | TypeAdapter[Role], value: str) -> bool:
    """Whether a plan may hold a value as this kind of field."""
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True


def _scalar(text: str) -> str:
    """Text as YAML reads it back: quoted, with escapes for what cannot be seen, where needed."""
    if re.fullmatch(r"[A-Za-z0-9][\w./-]*", text) and text.lower() != "null":
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in shown)


def _in_comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _number(value: Decimal) -> str:
    """A number as a plan may hold it: at most nine decimals, in fifteen digits."""
    return decimal_text(Context(prec=15).plus(round(value, 9)))


def _lines(account: Account, workspace: Workspace) -> Iterator[str]:
    words = re.findall(r"[a-z0-9]+", account.name.lower()) or re.findall(
        r"[a-z0-9]+", account.id.lower()
    )
    slug = "-".join(words)[:80].rstrip("-")
    market = workspace.company.markets[account.market]
    yield _in_comment(
        f"# A pitch plan for {account.name} ({market.name}). Fill in the lines that start with #."
    )
    yield f"plan: {_scalar(slug)}          # unique in the workspace; names the output folder"
    yield f"rep: {account.rep}" if _holds(_ID, account.rep) else "# rep: id in the reps table"
    yield f"account: {_scalar(account.id)}"
    yield f"site: {_quoted(account.site)}"
    yield "# meeting: 2027-01-14            # the day you meet"
    yield f"language: {workspace.file.workspace.language}"
    yield from _contact_lines(account)
    yield "# objective: {action: Approve a six-week trial on one line, by: 2027-02-15}"
    yield "why_now: unknown                # or: {event: …, source: who said so, date: …}"
    yield "# pains:                          # 1 to 3, the customer's words"
    yield '#   - {words: "…", by: name, date: 2026-11-03}'
    yield '#   - {words: "…", assumed: true}   # printed as a question'
    yield from _baseline_lines(account, workspace)
    yield from _product_lines(account, workspace)
    yield f"currency: {workspace.file.workspace.currency}"
    yield "terms: {basis: delivered, payment_days: 30, months: 12}"
    yield "# alternatives:                   # never printed for the customer"
    yield "#   - {name: …, incumbent: true, price: '…', per: kg, source: …, date: 2026-10-20}"
    yield "# decision: {criteria: [uptime], steps: [who signs what]}"
    yield "packs: [factory-manager]        # the coach sheet is always made"
    yield "nda: false"


def _contact_lines(account: Account) -> Iterator[str]:
    roles = " ".join(role.value for role in Role)
    known = (
        _holds(_NAME, account.contact)
        and _holds(_NAME, account.contact_title)
        and _holds(_ROLE, account.contact_role)
    )
    mark = "" if known else "# "
    name = _quoted(account.contact) if account.contact else "name"
    title = _quoted(account.contact_title) if account.contact_title else "title"
    role = account.contact_role if known else Role.FACTORY_MANAGER.value
    yield f"{mark}contacts:                       # one pack a role, addressed to all who hold it"
    yield (
        f"{mark}  - {{name: {name}, title: {title}, role: {role}, "
        "buying: user, influence: high, stance: unknown}"
    )
    yield f"  # role: {roles}"
    yield "  # buying: user technical economic · influence: high medium low"
    yield "  # stance: champion supporter neutral opponent unknown"


def _baseline_lines(account: Account, workspace: Workspace) -> Iterator[str]:
    industry = workspace.library.industries.get(account.industry)
    names = industry.kpis if industry else tuple(account.kpis)
    known = [name for name in names if name in account.kpis]
    mark = "" if known else "# "
    yield f"{mark}baseline:                       # winlab fields kpi lists the names and units"
    source = f"{workspace.file.workspace.company} service record"
    period = account.kpi_period if _holds(_LINE, account.kpi_period) else "last year"
    for name in names:
        kpi = workspace.library.kpis.get(name)
        if kpi is None:
            continue
        if name in account.kpis:
            value = _number(account.kpis[name])
            yield (
                f"  - {{kpi: {name}, value: {value}, unit: {_quoted(kpi.unit)}, "
                f"period: {_quoted(period)}, "
                f"source: {_quoted(source)}, confirmed: true}}"
            )
        else:
            yield (
                f"#  - {{kpi: {name}, value: …, unit: {_quoted(kpi.unit)}, period: '2026', "
                "source: …, confirmed: false}"
            )


def _product_lines(account: Account, workspace: Workspace) -> Iterator[str]:
    bought: dict[str, Decimal] = defaultdict(Decimal)
    latest = max((p.year for p in workspace.company.purchases), default=0)
    for purchase in workspace.company.purchases:
        sold = purchase.product in workspace.company.products and _holds(_ID, purchase.product)
        if sold and purchase.account == account.id and purchase.year == latest:
            bought[purchase.product] += purchase.volume
    if not bought:
        suited = [
            product.id
            for product in workspace.library.products.values()
            if account.industry in product.industries and product.id in workspace.company.products
        ]
        bought.update(dict.fromkeys(suited[:1], Decimal(0)))
    facts = workspace.library.facts
    fact = facts.get("plan.volume_potential")
    unit = fact.unit if fact else "t/a"
    yield "products:" if bought else "# products:                     # ids as in the price list"
    for product, total in bought.items():
        volume = max(total, Decimal(0))  # more may have come back than went out
        potential = max(account.potential or volume, volume)
        sold_per = workspace.company.products[product].unit
        yield f"  - id: {_scalar(product)}"
        yield (
            f"    volume: {{current: {_number(volume)}, "
            f"potential: {_number(potential)}, unit: {_scalar(unit)}}}   # with us, a year"
        )
        yield _in_comment(
            f"#    price: {{offered: '…', per: {sold_per}}}   # leave out to quote the opening"
        )
