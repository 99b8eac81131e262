"""All that marketing writes: facts, rules, plays and the content beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from winlab.facts import Fact, Facts
from winlab.files import Reader
from winlab.inputs import (
    AdjustTable,
    Aggregate,
    Cell,
    Claim,
    Condition,
    FactFile,
    FactsFile,
    Hit,
    Industry,
    Kpi,
    Play,
    ProductText,
    Property,
    Reference,
    Rules,
    RuleSource,
    Service,
    Study,
    StudyTable,
    TableSource,
    ValueModel,
)
from winlab.problems import NOWHERE, Place, Problem, error
from winlab.source import Parsed, Pointer, Sheet, nameless_cells, number_in
from winlab.tables import conditions, read_table, rules_of, table_source
from winlab.validate import did_you_mean, validate
from winlab.value import model_problems

S = TypeVar("S", bound=BaseModel)
V = TypeVar("V")
_RESERVED = {"facts", "peer-groups", "kpis", "claims", "references"}


@dataclass(frozen=True)
class PlaySource:
    """A play with its tables ready to be compiled; ``base_places`` are by product."""

    play: Play
    place: Place
    base_places: Mapping[str, Place]
    conditions: tuple[Condition, ...]
    offer: TableSource
    adjust: TableSource
    levers: TableSource
    messages: TableSource
    objections: TableSource
    questions: TableSource
    counters: TableSource


@dataclass(frozen=True)
class StudyData:
    """A study with the rows of its tables, by file name."""

    study: Study
    tables: Mapping[str, Sheet]


@dataclass(frozen=True)
class Library:
    """All that marketing writes. ``places`` says where each shape with an id stands.

    ``files`` are the files that it was read from.
    """

    facts: Facts
    peer_groups: TableSource
    plays: Mapping[str, PlaySource]
    kpis: Mapping[str, Kpi]
    claims: Mapping[str, Claim]
    references: Mapping[str, Reference]
    studies: Mapping[str, StudyData]
    industries: Mapping[str, Industry]
    products: Mapping[str, ProductText]
    values: Mapping[str, ValueModel]
    services: Mapping[str, Service]
    places: Mapping[tuple[type, str], Place]
    files: tuple[Parsed, ...] = ()

    def where(self, sentence: str) -> Place:
        """The line on which a sentence first stands."""
        found = (place for file in self.files if (place := file.find(sentence)))
        return next(found, NOWHERE)

    @cached_property
    def trees(self) -> Mapping[str, Parsed]:
        """What each of the files holds, by its name."""
        return {parsed.file: parsed for parsed in self.files}

    def place(self, shape: type, name: str, *pointer: str | int) -> Place:
        """Where a part of a shape with an id stands."""
        own = self.places[shape, name]
        entry: Pointer = (int(own.pointer),) if own.pointer.isdigit() else ()
        return self.trees[own.file].place((*entry, *pointer)) if pointer else own


def read_library(reader: Reader, folder: Path) -> Library:
    """Reads a library of plays; what is wrong is left with the reader."""
    facts = read_facts(reader, folder / "facts.yaml")
    peer_groups = read_table(reader, folder, "peer-groups", facts)
    plays: dict[str, PlaySource] = {}
    for path in reader.files(folder, ".yaml"):
        if path.stem not in _RESERVED and (found := reader.shape(Play, path)):
            source = _play(reader, folder, facts, *found)
            _add(reader, plays, found[0].id, source, found[1].place(("id",)))
    kpis = _kpis(reader, folder / "kpis.yaml")
    industries = _each(reader, Industry, folder / "industries")
    products = _each(reader, ProductText, folder / "products")
    values = _each(reader, ValueModel, folder / "values")
    services = _each(reader, Service, folder / "services")
    claims = _listed(reader, Claim, folder / "claims.yaml")
    for name, model in values.items():
        place = reader.places[ValueModel, name]
        reader.problems.extend(
            model_problems(model, kpis, industries.values(), products.values(), place)
        )
    library = Library(
        facts,
        peer_groups or TableSource("peer-groups", ()),
        plays,
        kpis,
        claims,
        _listed(reader, Reference, folder / "references.yaml"),
        _studies(reader, folder / "studies"),
        industries,
        products,
        values,
        services,
        reader.places,
        tuple(reader.parsed),
    )
    reader.problems.extend(_content_problems(library))
    return library


def by_property(product: ProductText) -> dict[str, Property]:
    """A product's typical properties by their names in each language."""
    return {
        name: found
        for found in product.typical
        for name in (
            [found.property] if isinstance(found.property, str) else found.property.values()
        )
    }


def _content_problems(library: Library) -> Iterator[Problem]:
    """Indices above the whole price, and names that nothing answers to."""
    for name, product in library.products.items():
        shares = sum(part.share for part in product.index.parts) if product.index else 0
        if shares > 100:
            yield error(
                "index-shares", f"the indices of {name} cover {shares} % of the price",
                "let their shares come to 100 or less; the rest of the price is fixed",
                library.place(ProductText, name),
            )  # fmt: skip
        typical = by_property(product)
        for index, hazard in enumerate(product.stewardship.hazards if product.stewardship else ()):
            if hazard.property not in typical:
                yield error(
                    "unknown-property", f"{name} has no typical property {hazard.property!r}",
                    did_you_mean(hazard.property, typical) or "add it under typical",
                    library.place(ProductText, name, "stewardship", "hazards", index, "property"),
                )  # fmt: skip
    for name, industry in library.industries.items():
        for index, service in enumerate(industry.services):
            if service not in library.services:
                yield error(
                    "unknown-service", f"there is no service {service!r}",
                    did_you_mean(service, library.services) or f"write services/{service}.yaml",
                    library.place(Industry, name, "services", index),
                )  # fmt: skip
    for name, told in library.services.items():
        for index, claim in enumerate(told.proofs):
            if claim not in library.claims:
                yield error(
                    "unknown-claim", f"there is no claim {claim!r}",
                    did_you_mean(claim, library.claims) or "correct the id",
                    library.place(Service, name, "proofs", index),
                )  # fmt: skip


def _add(reader: Reader, into: dict[str, V], key: str, value: V, place: Place) -> None:  # fmt: skip
    if key in into:
        reader.problems.append(
            error("duplicate-id", f"the id {key!r} is used twice", "rename one of the two", place)
        )
    into[key] = value
    reader.places[type(value), key] = place


def read_facts(reader: Reader, path: Path) -> Facts:
    """The data dictionary; what is wrong is left with the reader."""
    parsed = reader.yaml(path)
    if parsed is None:
        return Facts()
    _, problems = validate(FactsFile, parsed)  # type: ignore[type-abstract]
    reader.problems.extend(problems)
    by_name: dict[str, Fact] = {}
    entities = parsed.tree if isinstance(parsed.tree, dict) else {}
    for entity, facts in entities.items():
        for own_name in facts if isinstance(facts, dict) else ():
            shape, _ = validate(FactFile, parsed, (entity, own_name))
            if shape:
                name = f"{entity}.{own_name}"
                by_name[name] = _fact(name, shape)
                reader.places[Fact, name] = parsed.key_place((entity, own_name))
    return Facts(by_name)


def _fact(name: str, shape: FactFile) -> Fact:
    return Fact(
        name=name,
        label=shape.label,
        type=shape.type,
        unit=shape.unit,
        domain=shape.domain,
        values=shape.values,
        decimals=shape.decimals,
        audience=shape.audience,
        source=shape.source,
        max_age=int(shape.max_age.split()[0]) if shape.max_age else None,
    )


def _play(reader: Reader, folder: Path, facts: Facts, play: Play, parsed: Parsed) -> PlaySource:
    groups = ", ".join(f'"{group}"' for group in play.targets.peer_groups)
    membership = Condition(
        "decision.peer_group", Cell(groups, parsed.place(("for", "peer_groups")))
    )

    def listed(name: str, rules: Rules, *at: str) -> TableSource:
        found = rules_of(reader, folder, facts, rules, parsed, at)
        place = parsed.place(at)
        return TableSource(f"{play.id}.{name}", found, Hit.COLLECT, otherwise={}, place=place)

    adjust = play.pricing.adjust
    moves = (
        listed("adjust", adjust.rules, "pricing", "adjust", "rules")
        if isinstance(adjust, AdjustTable)
        else listed("adjust", adjust, "pricing", "adjust")
    )
    bounds = adjust if isinstance(adjust, AdjustTable) else AdjustTable(rules=())
    levers = tuple(
        RuleSource(
            lever.id,
            conditions(lever.when, parsed, ("pricing", "levers", index, "when")),
            {"lever": lever.id},
            place=parsed.place(("pricing", "levers", index)),
        )
        for index, lever in enumerate(play.pricing.levers)
    )
    return PlaySource(
        play,
        parsed.place(()),
        {name: parsed.place(("pricing", "base", name)) for name in play.pricing.base},
        (
            membership,
            *conditions(play.targets.when, parsed, ("for", "when")),
            *conditions(play.targets.unless, parsed, ("for", "unless"), negated=True),
        ),
        table_source(reader, folder, facts, f"{play.id}.offer", play.offer, parsed, ("offer",)),
        replace(moves, aggregate=Aggregate.SUM, floor=bounds.floor, cap=bounds.cap),
        TableSource(
            f"{play.id}.levers", levers, Hit.COLLECT, otherwise={},
            place=parsed.place(("pricing", "levers")),
        ),
        listed("messages", play.messages.rules, "messages", "rules"),
        listed("objections", play.objections.rules, "objections", "rules"),
        listed("questions", play.questions.rules, "questions", "rules"),
        listed("counters", play.counters.rules, "counters", "rules"),
    )  # fmt: skip


def _kpis(reader: Reader, path: Path) -> dict[str, Kpi]:
    parsed = reader.yaml(path)
    if parsed is None:
        return {}
    if not isinstance(parsed.tree, dict):
        reader.problems.append(
            error("wrong-type", "the file: KPIs are expected by name",
                  "start each entry with name: {label: …, unit: …}", parsed.place(()))
        )  # fmt: skip
        return {}
    out: dict[str, Kpi] = {}
    for name in parsed.tree:
        if found := reader.valid(Kpi, parsed, (name,)):
            out[name] = found[0]
    return out


def _listed(reader: Reader, shape: type[S], path: Path) -> dict[str, S]:
    """A file that holds a list of shapes with ids; it may be absent."""
    if not reader.exists(path):
        return {}
    parsed = reader.yaml(path)
    if parsed is None:
        return {}
    if not isinstance(parsed.tree, list):
        reader.problems.append(
            error("wrong-type", "the file: a list is expected", "start each entry with - id: …",
                  parsed.place(()))
        )  # fmt: skip
        return {}
    out: dict[str, S] = {}
    for index in range(len(parsed.tree)):
        if found := reader.valid(shape, parsed, (index,)):
            _add(reader, out, str(getattr(found[0], "id", index)), found[0], parsed.place((index,)))
    return out


def _each(reader: Reader, shape: type[S], folder: Path) -> dict[str, S]:
    """A folder of one shape a file."""
    out: dict[str, S] = {}
    for path in reader.files(folder, ".yaml"):
        if found := reader.shape(shape, path):
            key = str(getattr(found[0], "id", path.stem))
            _add(reader, out, key, found[0], found[1].place(("id",)))
    return out


def _studies(reader: Reader, folder: Path) -> dict[str, StudyData]:
    out: dict[str, StudyData] = {}
    for path in reader.files(folder, ".yaml"):
        found = reader.shape(Study, path)
        if found is None:
            continue
        study, parsed = found
        tables: dict[str, Sheet] = {}
        for index, table in enumerate(study.tables):
            place = parsed.place(("tables", index, "file"))
            inside = reader.inside(table.file, place, folder)
            sheet = None if inside is None else reader.sheet(inside)
            if sheet is None:
                continue
            tables[table.file] = sheet
            reader.problems.extend(nameless_cells(sheet))
            reader.problems.extend(_study_problems(table, sheet, parsed, ("tables", index)))
        _add(reader, out, study.id, StudyData(study, tables), parsed.place(("id",)))
    return out


def _study_problems(
    table: StudyTable, sheet: Sheet, parsed: Parsed, pointer: Pointer
) -> Iterator[Problem]:
    """Columns that are not there, and cells of spreads and curves that hold no number."""
    spreads = {name: column.spread for name, column in table.columns.items() if column.spread}
    chart = table.chart
    named = [
        *((column, ("columns", column)) for column in table.columns),
        *((spread, ("columns", name, "spread")) for name, spread in spreads.items()),
    ]
    if chart:
        named += [(chart.series, ("chart", "series"))] if chart.series else []
        for axis, column in (("x", chart.x), ("y", chart.y)):
            if column not in table.columns:
                yield error(
                    "no-column", f"the chart's {axis} is {column!r}, which columns does not name",
                    did_you_mean(column, table.columns), parsed.place((*pointer, "chart", axis)),
                )  # fmt: skip
    for column, where in named:
        if column not in sheet.header:
            yield error(
                "no-column", f"{table.file} has no column {column!r}",
                did_you_mean(column, sheet.header), parsed.place((*pointer, *where)),
            )  # fmt: skip
    drawn = chart.y if chart else ""
    for column in sorted({drawn, *spreads.values()} & set(sheet.header)):
        for index, row in enumerate(sheet.rows):
            text = row[column].strip()
            if number_in(text) is None and (text or column == drawn):
                yield error(
                    "wrong-type", f"{column}: {text!r} is not a number",
                    "write a number with a point, like 4.45"
                    + ("" if column == drawn else ", or leave the cell empty"),
                    sheet.place(index, column),
                )  # fmt: skip
