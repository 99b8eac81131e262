"""A module imports only what stands above it in the pipeline."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "winlab"
ORDER = [
    "bounds", "problems", "root", "drawings", "as_of", "facts", "inputs", "source", "validate", "value", "files", "tables", "library", "company", "read",
    "rules.conditions", "rules.atoms", "rules.table", "rules.compile", "rules.frame",
    "rules.trace", "rules.regions", "rules.space", "rules.verify", "pitch", "rulebook", "decide", "assign", "explain", "peers",
    "schedule", "wording", "document", "brief", "industry_brief", "figures",
    "cash", "worth",
    "content", "briefing", "standard", "coaching", "brand",
    "vega", "charts", "marks", "markup", "directives", "phrases", "templates", "uses", "compose",
    "writers", "writers.html", "writers.pdf", "writers.typst", "writers.engine", "writers.docx", "fit", "leaks", "finished", "quality", "agreement", "likeness", "layout",
    "preflight", "secrets_of", "bar_of", "used", "store", "atlas", "marketdata", "sizing", "growth", "shares", "causes", "priority",
    "opportunity", "scored", "mapping", "mappage", "mapsheets", "scoring", "draft", "fields", "lab", "pack", "recheck", "check_rules", "check_templates", "check_packs",
    "check", "watch", "ledger", "plan_rows", "book", "survey", "tally", "register", "pool", "batch", "cluster", "night",
    "console", "cli", "__main__",
]  # fmt: skip


def imported(path: Path) -> set[str]:
    out: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("winlab"):
            module = node.module.removeprefix("winlab").removeprefix(".")
            names = [f"{module}.{alias.name}".strip(".") for alias in node.names]
            out.update(name if name in ORDER else module for name in names)
    return out - {""}


def test_imports_point_upwards() -> None:
    names = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    modules = {name: path for name, path in names.items() if name not in ("__init__", "rules")}
    assert set(modules) == set(ORDER)
    backwards = [
        f"{name} imports {other}"
        for name, path in modules.items()
        for other in imported(path)
        if ORDER.index(other) >= ORDER.index(name)
    ]
    assert backwards == []


def calls(path: Path, names: set[str]) -> list[str]:
    return [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) in names
    ]


def test_nothing_below_the_command_line_prints_or_asks_the_clock() -> None:
    below = [path for path in PACKAGE.rglob("*.py") if path.name not in ("cli.py", "console.py")]
    forbidden = {"print", "exit", "today", "now", "utcnow"}
    assert [call for path in below for call in calls(path, forbidden)] == []
    assert calls(PACKAGE / "console.py", forbidden - {"print"}) == []
