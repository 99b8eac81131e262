"""The company's own tables: markets, accounts, reps, products and purchases."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from winlab.facts import (
    FIRST_DAY,
    LAST_DAY,
    Audience,
    Domain,
    Facts,
    FactType,
    NotOfType,
    in_domain,
    is_legible,
    parse_day,
    parse_value,
)
from winlab.files import Reader
from winlab.inputs import (
    Account,
    DataTable,
    Market,
    Observed,
    Product,
    Purchase,
    Rep,
)
from winlab.library import Library
from winlab.problems import Place, error, warning
from winlab.source import Parsed, Sheet, nameless_cells, number_in
from winlab.validate import did_you_mean

MAX_NAME = 200
ANY = Domain()
NOT_NEGATIVE = Domain(low=Decimal(0))
YEARS = Domain(Decimal(FIRST_DAY.year), Decimal(LAST_DAY.year))


@dataclass(frozen=True)
class Company:
    """The company's own tables."""

    markets: Mapping[str, Market]
    accounts: Mapping[str, Account]
    reps: Mapping[str, Rep]
    products: Mapping[str, Product]
    purchases: tuple[Purchase, ...] = ()


def read_company(
    reader: Reader, data: DataTable, parsed: Parsed, library: Library
) -> Company | None:
    """Reads the tables that winlab.toml names; ``None`` after a problem that leaves one out."""
    facts = library.facts

    def sheet(path: str, name: str, needed: tuple[str, ...]) -> Sheet | None:
        place = parsed.place(("data", name))
        inside = reader.inside(path, place)
        if inside is not None and not reader.exists(inside):
            scored = name == "markets" and data.score
            hint = "run winlab score, which writes it" if scored else "correct the path"
            reader.problems.append(error("no-file", f"there is no file {path!r}", hint, place))
            return None
        found = None if inside is None else reader.sheet(inside)
        if found is None:
            return None
        reader.problems.extend(nameless_cells(found))
        missing = [column for column in needed if column not in found.header]
        reader.problems.extend(
            error("no-column", f"the column {column!r} is missing",
                  did_you_mean(column, found.header), Place(found.file, 1, 1))
            for column in missing
        )  # fmt: skip
        reader.problems.extend(found.unwanted_dates(_date_columns(facts, found)))
        return None if missing else found

    markets = sheet(data.markets, "markets", ("id", "name", "region", "industry"))
    accounts = sheet(data.accounts, "accounts", _ACCOUNT_COLUMNS[:8])
    reps = sheet(data.reps, "reps", _REP_COLUMNS[:7])
    products = sheet(data.products, "products", ("id", "name", "unit", "regions"))
    purchases = sheet(data.purchases, "purchases", _PURCHASE_COLUMNS) if data.purchases else None
    if not (markets and accounts and reps and products):
        return None
    company = Company(
        _rows(reader, markets, lambda s, i: _market(reader, facts, s, i)),
        _rows(reader, accounts, lambda s, i: _account(reader, library, s, i)),
        _rows(reader, reps, _rep),
        _rows(reader, products, lambda s, i: _product(reader, facts, s, i)),
        _purchases(reader, purchases) if purchases else (),
    )
    if purchases:
        _unknown(reader, purchases, "account", company.accounts)
        _unknown(reader, purchases, "product", company.products)
    for account in company.accounts.values():
        if account.market not in company.markets:
            reader.problems.append(
                error("unknown-market", f"{account.id} names the market {account.market!r}, "
                      "which the markets table does not hold",
                      did_you_mean(account.market, company.markets), account.place)
            )  # fmt: skip
    return company


_ACCOUNT_COLUMNS = (
    "id", "name", "market", "site", "industry", "application", "size", "rep",
    "contact", "contact_title", "contact_role", "potential", "kpi_period", "kpi_date",
)  # fmt: skip
_REP_COLUMNS = ("id", "name", "title", "phone", "email", "region", "home_base", "manager")
_PURCHASE_COLUMNS = ("account", "year", "product", "volume", "revenue", "currency")


def _date_columns(facts: Facts, sheet: Sheet) -> set[str]:
    """The columns that may hold dates, besides those that nobody reads."""
    dates = {fact.name.partition(".")[2] for fact in facts if fact.type is FactType.DATE}
    read = {fact.name.partition(".")[2] for fact in facts}
    read |= {*_ACCOUNT_COLUMNS, *_REP_COLUMNS, *_PURCHASE_COLUMNS, "unit", "regions"}
    observed = {column for column in sheet.header if column.endswith("observed_at")}
    unread = {column for column in sheet.header if column not in read}
    return dates | observed | unread | {"kpi_date", "kpi_period"}


R = TypeVar("R", Market, Account, Rep, Product)


def _rows(reader: Reader, sheet: Sheet, build: Callable[[Sheet, int], R | None]) -> dict[str, R]:
    out: dict[str, R] = {}
    for index in range(len(sheet.rows)):
        row = build(sheet, index)
        if row is None:
            continue
        _needed(reader, sheet, index, "name", row.name)
        if isinstance(row, Account):
            _needed(reader, sheet, index, "site", row.site)
        if not row.id:
            reader.problems.append(
                error("no-id", "the row has no id", "give it one", sheet.place(index, "id"))
            )
        elif row.id in out:
            reader.problems.append(
                error("duplicate-id", f"the id {row.id!r} is used twice",
                      "rename or delete one of the rows", sheet.place(index, "id"))
            )  # fmt: skip
        else:
            out[row.id] = row
    return out


def _line(text: str) -> str:
    """A cell in one line: spreadsheets break long names for their column's width."""
    return re.sub(r"\s*[\t\n\r\u2028\u2029]\s*", " ", text).strip()


def _needed(reader: Reader, sheet: Sheet, index: int, column: str, text: str) -> None:
    """A name that packs show: it has to be legible, and no longer than a plan's may be."""
    if not is_legible(text):
        reader.problems.append(
            error("no-text", f"{column}: the cell shows nothing",
                  "write a text with letters or digits", sheet.place(index, column))
        )  # fmt: skip
    elif len(text) > MAX_NAME:
        reader.problems.append(
            error("wrong-length", f"{column}: it takes at most {MAX_NAME} characters",
                  "shorten it", sheet.place(index, column))
        )  # fmt: skip


def _observed(
    reader: Reader, facts: Facts, entity: str, sheet: Sheet, index: int
) -> dict[str, Observed]:
    """The facts of a row: columns named as in the dictionary, ``…observed_at`` beside them.

    Reps read these problems too: a value is quoted only if they may see its fact.
    """
    row = sheet.rows[index]
    out: dict[str, Observed] = {}
    for fact in facts.of(entity):
        column = fact.name.partition(".")[2]
        text = row.get(column, "")
        if not text.strip():
            continue
        place = sheet.place(index, column)
        shown = repr(text) if Audience.REP.may_see(fact.audience) else "the cell"
        try:
            value = parse_value(fact, text)
        except NotOfType as exc:
            reader.problems.append(
                error("wrong-type", f"{column}: {exc}",
                      f"correct {shown}, or leave it empty", place)
            )  # fmt: skip
            continue
        if value is None:
            reader.problems.append(
                warning("infinite", f"{column}: an infinite number counts as missing",
                        f"correct {shown}, or leave it empty", place)
            )  # fmt: skip
            continue
        if not in_domain(fact, value):
            reader.problems.append(
                warning("outside-domain", f"{column}: the value is outside what facts.yaml allows, "
                        "so no condition but '-' matches it", f"correct {shown} or the domain",
                        place)
            )  # fmt: skip
        out[fact.name] = Observed(value, _day(reader, sheet, index, f"{column}.observed_at"))
    return out


def _day(reader: Reader, sheet: Sheet, index: int, column: str) -> date | None:
    text = sheet.rows[index].get(column, "").strip()
    if not text:
        return None
    try:
        return parse_day(text)
    except NotOfType as exc:
        reader.problems.append(
            error("wrong-type", f"{column}: {exc}, not {text!r}", "write a date like 2026-12-01",
                  sheet.place(index, column))
        )  # fmt: skip
        return None


def _number(
    reader: Reader,
    sheet: Sheet,
    index: int,
    column: str,
    domain: Domain = ANY,
    *,
    percent: bool = False,
) -> Decimal | None:
    """The number in a cell; one outside the domain counts as missing, with a warning.

    With ``percent`` 3.2% may stand for 3.2 percent points.
    """
    text = sheet.rows[index].get(column, "").strip()
    if not text:
        return None
    number = number_in(text.removesuffix("%") if percent else text)
    if number is None:
        reader.problems.append(
            error("wrong-type", f"{column}: {text!r} is not a number",
                  "write a number with a point, like 4.45", sheet.place(index, column))
        )  # fmt: skip
    elif number not in domain:
        reader.problems.append(
            warning("outside-domain", f"{column}: {text} cannot be, so it counts as missing",
                    f"correct the cell: the values are {domain}", sheet.place(index, column))
        )  # fmt: skip
        return None
    return number


def _market(reader: Reader, facts: Facts, sheet: Sheet, index: int) -> Market:
    row = sheet.rows[index]
    return Market(
        row["id"].strip(), _line(row["name"]), row["region"], row["industry"],
        _observed(reader, facts, "market", sheet, index), sheet.place(index),
    )  # fmt: skip


def _account(reader: Reader, library: Library, sheet: Sheet, index: int) -> Account:
    row = sheet.rows[index]
    kpis: dict[str, Decimal] = {}
    for column in sheet.header:
        name = column.removeprefix("kpi.")
        if name == column:
            continue
        if name not in library.kpis:
            if index == 0:
                reader.problems.append(
                    warning("unknown-kpi", f"the column {column!r} is no KPI of kpis.yaml",
                            did_you_mean(name, library.kpis), sheet.place(index, column))
                )  # fmt: skip
            continue
        domain = library.kpis[name].domain
        value = _number(reader, sheet, index, column, domain, percent=True)
        if value is not None:
            kpis[name] = value
    return Account(
        id=row["id"].strip(),
        name=_line(row["name"]),
        market=row["market"].strip(),
        site=_line(row["site"]),
        industry=row["industry"].strip(),
        application=row["application"].strip(),
        size=row["size"].strip(),
        rep=row["rep"].strip(),
        kpis=kpis,
        kpi_period=row.get("kpi_period", ""),
        kpi_date=_day(reader, sheet, index, "kpi_date"),
        potential=_number(reader, sheet, index, "potential", NOT_NEGATIVE),
        contact=_line(row.get("contact", "")),
        contact_title=_line(row.get("contact_title", "")),
        contact_role=row.get("contact_role", "").strip(),
        facts=_observed(reader, library.facts, "account", sheet, index),
        place=sheet.place(index),
    )


def _rep(sheet: Sheet, index: int) -> Rep:
    row = sheet.rows[index]
    fields = {column: _line(row.get(column, "")) for column in _REP_COLUMNS}
    return Rep(**fields, place=sheet.place(index))


def _product(reader: Reader, facts: Facts, sheet: Sheet, index: int) -> Product:
    row = sheet.rows[index]
    prices: dict[str, Decimal] = {}
    for column in sheet.header:
        currency = column.removeprefix("list_")
        if currency == column or (price := _number(reader, sheet, index, column)) is None:
            continue
        if price <= 0:
            reader.problems.append(
                error("price-not-positive", f"{column}: a list price has to be above 0",
                      "correct the cell, or leave it empty where the product is not sold",
                      sheet.place(index, column))
            )  # fmt: skip
        prices[currency] = price
    return Product(
        row["id"].strip(), _line(row["name"]), row["unit"].strip(), prices,
        tuple(part.strip() for part in row["regions"].split(";") if part.strip()),
        _observed(reader, facts, "product", sheet, index), sheet.place(index),
    )  # fmt: skip


def _purchases(reader: Reader, sheet: Sheet) -> tuple[Purchase, ...]:
    out: list[Purchase] = []
    for index, row in enumerate(sheet.rows):
        year = _number(reader, sheet, index, "year", YEARS)
        volume, revenue = (
            _number(reader, sheet, index, column) for column in ("volume", "revenue")
        )
        if year is not None and volume is not None and revenue is not None:
            out.append(
                Purchase(
                    row["account"].strip(), int(year), row["product"].strip(), volume, revenue,
                    row["currency"].strip(),
                )
            )  # fmt: skip
    return tuple(out)


def _unknown(reader: Reader, sheet: Sheet, column: str, known: Mapping[str, object]) -> None:
    """One warning for each account or product that purchases name and no other table holds."""
    found: dict[str, list[int]] = {}
    for index, row in enumerate(sheet.rows):
        if (name := row[column].strip()) not in known:
            found.setdefault(name, []).append(index)
    for name, rows in found.items():
        problem = warning(
            f"unknown-{column}", f"the purchases name the {column} {name!r}, which the {column}s "
            "table does not hold", did_you_mean(name, known), sheet.place(rows[0], column),
        )  # fmt: skip
        reader.problems.append(replace(problem, same=len(rows) - 1))
