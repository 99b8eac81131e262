"""The texts of what people write, found by the shapes: who may read each, and how to change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin, get_type_hints

import yaml

from winlab.inputs import (
    Alternative,
    Answer,
    Approval,
    Baseline,
    Claim,
    Compliance,
    Contact,
    ContactTable,
    Container,
    DataItem,
    DataTable,
    DecisionProcess,
    FactFile,
    FactsFile,
    Footprint,
    FootprintStage,
    Gate,
    HandlingTask,
    Hazard,
    IndexPart,
    Industry,
    IndustryPlan,
    Kpi,
    Lever,
    Line,
    Mechanism,
    Name,
    Notice,
    Objective,
    OfferedPrice,
    OfferTable,
    OfferText,
    Ownership,
    Pain,
    Pattern,
    Plan,
    PlansTable,
    Play,
    PlayFor,
    PriceIndex,
    ProductText,
    Property,
    Prospect,
    Reference,
    Requirement,
    Risk,
    RuleFile,
    SecurityRule,
    Service,
    ServiceSystem,
    Shape,
    SheetRevision,
    Shift,
    Step,
    Stewardship,
    Study,
    StudyChart,
    StudyColumn,
    StudyMethod,
    StudyTable,
    SupplyText,
    Support,
    TableFile,
    Terms,
    Trial,
    ValueInput,
    ValueModel,
    ValuePart,
    ValueStep,
    Volume,
    VolumeBand,
    WasteStream,
    WhyNow,
    WorkspaceFile,
    WorkspaceTable,
)

SHOWN: Mapping[type[Shape], str] = {
    WorkspaceTable: "company",
    ContactTable: "name title phone email",
    FactFile: "unit",
    Play: "headline",
    OfferText: "title includes",
    SupplyText: "assured price_rule ends",
    VolumeBand: "price delivery",
    Answer: "asks answer",
    Step: "step done_when",
    Risk: "risk sign answer",
    Kpi: "label unit about",
    Claim: "text source",
    Reference: "name application region headline result source",
    Study: "title question limits owner approver",
    StudyMethod: "standard samples conditions procedure",
    StudyTable: "finding text caption",
    StudyColumn: "label unit spread",
    Industry: "label vocabulary kpi_labels costs problem symbols assumptions_source",
    Pattern: "says",
    Requirement: "requirement test limit",
    Shift: "change meaning source",
    ProductText: (
        "name nature does changes unchanged mechanism_title compatible not_for regulatory literature"
    ),
    Property: "property value unit method",
    Trial: "success stop protocol",
    Mechanism: "title text",
    IndexPart: "index covers",
    PriceIndex: "review source",
    Compliance: "subject applies document",
    Stewardship: "sheet source",
    SheetRevision: "revision sections",
    Hazard: "property compare",
    Container: "one many empty",
    HandlingTask: "task contact control",
    WasteStream: "stream route",
    Footprint: "standard scope verified_by source",
    FootprintStage: "stage",
    Notice: "change brings",
    Gate: "gate evidence",
    Service: "name does without ends source",
    ServiceSystem: "system does",
    DataItem: "item form when",
    SecurityRule: "subject rule document",
    Ownership: "part means",
    Support: "event answer within",
    ValueModel: "version label axis start_label end_label net_label unit",
    ValueInput: "label unit source",
    ValuePart: "label",
    ValueStep: "label basis",
    Plan: "site",
    Prospect: "new",
    Contact: "name title",
    Objective: "action",
    WhyNow: "event source",
    Pain: "words by",
    Baseline: "unit period source",
    Volume: "unit",
    OfferedPrice: "per",
    Terms: "basis",
    DecisionProcess: "criteria",
}
"""The texts that a customer may read; all others are for reps, or for the lab."""
STEERS: Mapping[type[Shape], str] = {
    WorkspaceTable: "plays templates brand",
    DataTable: "markets accounts reps products purchases score",
    PlansTable: "columns",
    FactFile: "values",
    TableFile: "priority else",
    OfferTable: "priority else",
    RuleFile: "replaces when then",
    PlayFor: "when unless",
    Lever: "range unit when",
    StudyTable: "file",
    StudyChart: "x y series",
    ValueModel: "start per_unit",
    ValuePart: "amount",
    ValueStep: "amount",
    Alternative: "per",
    Approval: "by",
}
"""The texts that machines read: conditions, arithmetic, files, columns, units, a manager's name."""
SAID = {"messages.insight", "questions.ask"}
"""What a table of a play gives that a customer may read."""
TURNS = {
    "peer_group", "strategy", "offer.offer", "offer.months", "offer.steps", "pricing.points",
    "messages.theme", "messages.proof", "objections.proof", "questions.kind", "counters.date",
}  # fmt: skip
"""What a table gives that machines read."""
FILES: Mapping[str, object] = {
    "winlab.toml": WorkspaceFile,
    "plays/facts.yaml": FactsFile,
    "plays/peer-groups.yaml": TableFile,
    "plays/kpis.yaml": Mapping[str, Kpi],
    "plays/claims.yaml": tuple[Claim, ...],
    "plays/references.yaml": tuple[Reference, ...],
    "plays/studies/*.yaml": Study,
    "plays/industries/*.yaml": Industry,
    "plays/products/*.yaml": ProductText,
    "plays/services/*.yaml": Service,
    "plays/values/*.yaml": ValueModel,
    "plays/*.yaml": Play,
    "samples/chemicals/plans/industry-*.yaml": IndustryPlan,
    "samples/chemicals/plans/*.yaml": Plan,
}
"""The shape of each file that people write; of two patterns the first holds."""

TEXTS = (Name, Line, str)
IDS = {"RuleFile.id", "RuleFile.replaces", "Lever.id"}


def is_shape(hint: object) -> TypeGuard[type[Shape]]:
    return isinstance(hint, type) and issubclass(hint, Shape)


def fields(shape: type[Shape]) -> dict[str, object]:
    """The types of a shape's fields by the names that people write."""
    hints = get_type_hints(shape, include_extras=True)
    return {info.alias or name: hints[name] for name, info in shape.model_fields.items()}


def options(hint: object) -> Iterator[object]:
    """What a type may be, without conditions; an id and its like are no texts."""
    origin, held = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        for one in held:
            yield from options(one)
    elif origin is Annotated and hint not in TEXTS:
        if held[0] is not str:
            yield from options(held[0])
    else:
        yield hint


def texts(hint: object, name: str = "") -> Iterator[str]:
    """The names of all texts within a type, as ``Shape.field``."""
    for one in options(hint):
        if is_shape(one):
            for key, held in fields(one).items():
                yield from texts(held, f"{one.__name__}.{key}")
        elif one in TEXTS:
            yield name
        elif get_origin(one) in (tuple, Mapping):
            held = [part for part in get_args(one) if part is not ...]
            yield from texts(held[-1], name)


Change = Callable[[str, str], str]
"""What becomes of a text, by its name."""


def changed(tree: object, hint: object, change: Change, name: str = "", part: str = "") -> object:
    """A copy of what somebody wrote with each of its texts and rules' ids changed.

    ``part`` is the part of a play, which says what its rules' outputs are.
    """
    if isinstance(tree, str) and name in IDS:
        return change(name, tree)
    for one in options(hint):
        match tree:
            case dict() if is_shape(one):
                held, title = fields(one), one.__name__
                return {
                    k: changed(v, held[k], change, f"{title}.{k}", k if one is Play else part)
                    for k, v in tree.items()
                }
            case dict() if get_origin(one) is Mapping:
                names = dict.fromkeys(tree, name)
                if name in ("RuleFile.then", "TableFile.else", "OfferTable.else"):
                    names = {k: f"{part}.{k}".strip(".") for k in tree}
                held = get_args(one)[1]
                return {k: changed(v, held, change, names[k], part) for k, v in tree.items()}
            case list() if get_origin(one) is tuple:
                return [changed(v, get_args(one)[0], change, name, part) for v in tree]
            case str() if one in TEXTS:
                return change(name, tree)
    return tree


def listed(table: Mapping[type[Shape], str]) -> set[str]:
    return {f"{shape.__name__}.{name}" for shape, names in table.items() for name in names.split()}


READ = listed(SHOWN) | SAID
"""The names of all texts that a customer may read."""
FREE = READ | listed(STEERS) | TURNS
"""The same with those that machines read."""


class Quoting(yaml.SafeDumper):
    """Writes each text in quotes: a condition without them is refused."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="'")


Quoting.add_representer(str, Quoting.represent_str)


def rewrite(path: Path, change: Callable[[Any], object]) -> None:
    """Writes a YAML file anew."""
    tree = change(yaml.safe_load(path.read_text(encoding="utf-8")))
    text = yaml.dump(tree, Dumper=Quoting, allow_unicode=True, sort_keys=False, width=100_000)
    path.write_text(text, encoding="utf-8")


def shapes(folder: Path) -> dict[Path, object]:
    """The shape of each file of a workspace that people write."""
    found: dict[Path, object] = {}
    for pattern, shape in FILES.items():
        for path in sorted(folder.glob(pattern)):
            found.setdefault(path, shape)
    return found
