"""Which of the brief's names a template uses, without rendering it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from jinja2 import nodes

from winlab.directives import DIRECTIVES
from winlab.phrases import GLOBALS
from winlab.problems import Place, Problem, Stopped, error
from winlab.templates import TemplateSet, environment, no_such_hint, parse, parse_title
from winlab.validate import did_you_mean

_SAME = {
    "list",
    "sort",
    "reverse",
    "unique",
    "select",
    "reject",
    "selectattr",
    "rejectattr",
    "d",
    "default",
    "slice",
}
_ONE = {"first", "last", "min", "max"}
_BY_ATTRIBUTE = {
    "map",
    "sort",
    "sum",
    "groupby",
    "unique",
    "min",
    "max",
    "selectattr",
    "rejectattr",
}
_CHART_DATA = re.compile(
    "\ufdd2[0-9]+\\.([0-9]+)\ufdd3[ \t]*data:[ \t]*([A-Za-z_][A-Za-z0-9_.]*)[ \t]*$", re.MULTILINE
)


_FENCE = re.compile(
    "\ufdd2[0-9]+\\.([0-9]+)\ufdd3[ \t]*:{3,}\\{([^{}\\s]*)\\}[ \t]*([^\\s{]*)", re.MULTILINE
)


@dataclass(frozen=True, eq=False)
class _Macro:
    """A macro, the file that holds it, and the names it can see."""

    node: nodes.Macro
    file: str
    scope: _Scope


_Scope: TypeAlias = "dict[str, str | _Macro | _Scope | None]"


def names_used(templates: TemplateSet, name: str) -> list[tuple[str, Place]]:
    """The brief's names that a template and all it builds on use, as "figures[].label".

    Names within a macro are followed from each call of it. Raises Stopped for a syntax error.
    """
    return list(_walked(templates, name).found)


def _walked(templates: TemplateSet, name: str) -> _Names:
    reader = _Names(templates)
    reader.template(name, {})
    reader.file, title = parse_title(templates, name)
    reader.visit(title, {})
    return reader


def macro_problems(templates: TemplateSet, name: str) -> list[Problem]:
    """Macros that a template asks of an imported file which does not hold them."""
    return [
        error("unknown-macro", f"the imported file has no macro {macro!r}",
              did_you_mean(macro, known), place)
        for (macro, place), known in _walked(templates, name).no_macro.items()
    ]  # fmt: skip


def file_problems(templates: TemplateSet, name: str) -> list[Problem]:
    """What can be seen to be wrong with one template file by itself.

    Its syntax; filters, tests, directives and charts that there are not; files that it builds
    on and that are missing.
    """
    try:
        tree = parse(templates, name)
    except Stopped as stopped:
        return list(stopped.problems)
    return [*_word_problems(templates, name, tree), *_data_problems(templates, name, tree)]


def title_problems(templates: TemplateSet, name: str) -> list[Problem]:
    """What can be seen to be wrong with the title of a template, and with its front matter."""
    try:
        owner, tree = parse_title(templates, name)
    except Stopped as stopped:
        return list(stopped.problems)
    return list(_word_problems(templates, owner, tree))


def _word_problems(templates: TemplateSet, name: str, tree: nodes.Template) -> Iterator[Problem]:
    """Filters, tests and files that there are not."""
    jinja = environment(templates)
    known: tuple[tuple[type[nodes.Filter | nodes.Test], str, Collection[str]], ...] = (
        (nodes.Filter, "filter", jinja.filters),
        (nodes.Test, "test", jinja.tests),
    )
    for kind, what, names in known:
        for node in tree.find_all(kind):
            if node.name not in names:
                hint = no_such_hint(what, node.name)
                yield error(f"unknown-{what}", f"there is no {what} {node.name!r}", hint,
                            templates.place(name, node.lineno))  # fmt: skip
    for other in tree.find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
        of: nodes.Node = getattr(other, "template")  # noqa: B009 - all four have one
        asked = of.value if isinstance(of, nodes.Const) else None
        spared = isinstance(other, nodes.Include) and other.ignore_missing
        if isinstance(asked, str) and asked not in templates.files and not spared:
            yield error("template-missing", f"there is no template {asked!r}",
                        did_you_mean(asked, templates.files),
                        templates.place(name, other.lineno))  # fmt: skip


def _data_problems(templates: TemplateSet, name: str, tree: nodes.Template) -> Iterator[Problem]:
    """Directives and charts that there are not."""
    known, charts = [*DIRECTIVES, "page"], templates.charts
    for data in tree.find_all(nodes.TemplateData):
        for found in _FENCE.finditer(data.data):
            place = templates.place(name, int(found[1]))
            if found[2] not in known:
                yield error("directive-unknown", f"there is no directive {found[2]!r}",
                            did_you_mean(found[2], known), place)  # fmt: skip
            elif found[2] == "chart" and found[3] and charts is not None and found[3] not in charts:
                yield error("chart-unknown", f"there is no chart {found[3]!r}",
                            did_you_mean(found[3], charts), place)  # fmt: skip


class _Names:
    """Walks a template's syntax tree; a scope holds what each local name stands for."""

    def __init__(self, templates: TemplateSet) -> None:
        self.templates = templates
        self.found: dict[tuple[str, Place], None] = {}
        self.no_macro: dict[tuple[str, Place], tuple[str, ...]] = {}
        self.file = ""
        self.within: list[str] = []
        self.calling: list[_Macro] = []
        self.called: set[tuple[_Macro, tuple[tuple[str, str], ...]]] = set()

    def template(self, name: str, scope: _Scope) -> None:
        if name in self.within:
            return
        before, self.file = self.file, name
        self.within.append(name)
        self.visit(parse(self.templates, name), scope)
        self.within.pop()
        self.file = before

    def other(self, node: nodes.Expr, scope: _Scope) -> None:
        if isinstance(node, nodes.Const) and node.value in self.templates.files:
            self.template(str(node.value), scope)

    def use(self, name: str | None, line: int) -> None:
        if name:
            self.found.setdefault((name, self.templates.place(self.file, line)))

    def visit(self, node: nodes.Node, scope: _Scope) -> None:
        match node:
            case nodes.TemplateData():
                for found in _CHART_DATA.finditer(node.data):
                    name = re.sub(r"\.[0-9]+(?=\.|$)", "[]", found[2])
                    self.use(name, int(found[1]))
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                self.chain(node, scope)
            case nodes.Filter():
                self.filter(node, scope)
            case nodes.For():
                self.loop(node, scope)
            case nodes.Assign():
                self.visit(node.node, scope)
                if isinstance(node.target, nodes.Name):
                    scope[node.target.name] = self.path(node.node, scope)
            case nodes.AssignBlock():
                self.all(node.body, dict(scope))
                if isinstance(node.target, nodes.Name):
                    scope[node.target.name] = None
            case nodes.With():
                inner = dict(scope)
                for target, value in zip(node.targets, node.values, strict=True):
                    self.visit(value, scope)
                    if isinstance(target, nodes.Name):
                        inner[target.name] = self.path(value, scope)
                self.all(node.body, inner)
            case nodes.Template():
                for macro in node.find_all(nodes.Macro):  # one may call those below it
                    scope.setdefault(macro.name, _Macro(macro, self.file, scope))
                self.all(node.body, scope)
            case nodes.Macro():
                scope[node.name] = _Macro(node, self.file, scope)
                self.all(node.defaults, scope)
                self.all(node.body, scope | dict.fromkeys(arg.name for arg in node.args))
            case nodes.CallBlock():
                self.visit(node.call, scope)
                self.all(node.body, scope | dict.fromkeys(arg.name for arg in node.args))
            case nodes.Call():
                self.all(node.iter_child_nodes(), scope)
                self.call(node, scope)
            case nodes.Block():
                self.all(node.body, dict(scope))
            case nodes.Include():
                self.other(node.template, dict(scope))
            case nodes.Extends():
                self.other(node.template, scope)
            case nodes.Import():
                module: _Scope = {}
                self.other(node.template, module)
                scope[node.target] = module
            case nodes.FromImport():
                members: _Scope = {}
                self.other(node.template, members)
                for given in node.names:
                    name, alias = (given, given) if isinstance(given, str) else given
                    self.ask(name, members, node.lineno)
                    scope[alias] = members.get(name)
            case _:
                self.all(node.iter_child_nodes(), scope)

    def all(self, group: Iterable[nodes.Node], scope: _Scope) -> None:
        for node in group:
            self.visit(node, scope)

    def call(self, node: nodes.Call, scope: _Scope) -> None:
        """Goes through a macro with what it is given."""
        macro = self.held(node.node, scope)
        if not isinstance(macro, _Macro):
            return
        names = [arg.name for arg in macro.node.args]
        given = dict(zip(names, node.args, strict=False))
        given |= {pair.key: pair.value for pair in node.kwargs}
        paths = {name: self.path(value, scope) for name, value in given.items()}
        bound = {name: path for name, path in paths.items() if path}
        key = (macro, tuple(sorted(bound.items())))
        if not bound or key in self.called or macro in self.calling:
            return
        self.called.add(key)
        self.calling.append(macro)
        before, self.file = self.file, macro.file
        self.all(macro.node.body, macro.scope | dict.fromkeys(names) | bound)
        self.file = before
        self.calling.pop()

    def held(self, node: nodes.Node, scope: _Scope) -> str | _Macro | _Scope | None:
        """What a local name, or a name of an imported template, stands for."""
        if isinstance(node, nodes.Name):
            return scope.get(node.name)
        if isinstance(node, nodes.Getattr):
            imported = self.held(node.node, scope)
            return imported.get(node.attr) if isinstance(imported, dict) else None
        return None

    def ask(self, name: str, module: _Scope, line: int) -> None:
        """Records a name that an imported file does not hold."""
        if module and name not in module:
            macros = tuple(known for known, held in module.items() if isinstance(held, _Macro))
            self.no_macro.setdefault((name, self.templates.place(self.file, line)), macros)

    def chain(self, node: nodes.Expr, scope: _Scope) -> None:
        self.use(self.path(node, scope), node.lineno)
        if isinstance(node, nodes.Getattr):
            imported = self.held(node.node, scope)
            if isinstance(imported, dict):
                self.ask(node.attr, imported, node.lineno)
        while isinstance(node, (nodes.Getattr, nodes.Getitem)):
            if isinstance(node, nodes.Getitem):
                self.visit(node.arg, scope)
            node = node.node
        if not isinstance(node, nodes.Name):
            self.visit(node, scope)

    def filter(self, node: nodes.Filter, scope: _Scope) -> None:
        inside = [node.node] if node.node is not None else []
        self.all([*inside, *node.args, *(pair.value for pair in node.kwargs)], scope)
        element = self.path(node.node, scope) if node.node is not None else None
        attribute = self.attribute(node)
        if element and attribute:
            self.use(f"{element}[].{attribute}", node.lineno)

    def attribute(self, node: nodes.Filter) -> str | None:
        """The key that a filter such as map or sort looks up in each item."""
        if node.name not in _BY_ATTRIBUTE:
            return None
        given = [pair.value for pair in node.kwargs if pair.key == "attribute"]
        if node.name in ("selectattr", "rejectattr", "groupby", "sum"):
            given += node.args[:1]
        first = given[0] if given else None
        return str(first.value) if isinstance(first, nodes.Const) else None

    def loop(self, node: nodes.For, scope: _Scope) -> None:
        self.visit(node.iter, scope)
        inner: _Scope = scope | {"loop": None}
        listed = node.iter
        while isinstance(listed, nodes.Filter) and listed.name in _SAME and listed.node:
            listed = listed.node
        if isinstance(node.target, nodes.Name):
            inner[node.target.name] = self.element(listed, scope)
        elif isinstance(node.target, nodes.Tuple):
            names = [item.name for item in node.target.items if isinstance(item, nodes.Name)]
            inner |= dict.fromkeys(names)
            if isinstance(listed, nodes.Filter) and listed.node is not None and len(names) == 2:
                held = self.path(listed.node, scope)
                if held and listed.name in ("items", "dictsort"):
                    inner[names[1]] = f"{held}[]"
                elif held and listed.name == "groupby":
                    inner[names[1]] = held
        if node.test is not None:
            self.visit(node.test, inner)
        self.all(node.body, inner)
        self.all(node.else_, scope)

    def element(self, node: nodes.Node, scope: _Scope) -> str | None:
        if isinstance(node, nodes.Filter) and node.name == "map" and node.node is not None:
            held, attribute = self.path(node.node, scope), self.attribute(node)
            return f"{held}[].{attribute}" if held and attribute else None
        held = self.path(node, scope)
        return f"{held}[]" if held else None

    def path(self, node: nodes.Node, scope: _Scope) -> str | None:
        """The brief's name that an expression stands for, if it stands for one."""
        match node:
            case nodes.Name():
                own = node.name in GLOBALS or node.name in _SPECIAL
                local = scope.get(node.name, None if own else node.name)
                return local if isinstance(local, str) else None
            case nodes.CondExpr():
                other = self.path(node.expr2, scope) if node.expr2 else None
                return self.path(node.expr1, scope) or other
            case nodes.Or():
                return self.path(node.left, scope) or self.path(node.right, scope)
            case nodes.Getattr():
                held = self.path(node.node, scope)
                return f"{held}.{node.attr}" if held else None
            case nodes.Getitem():
                held = self.path(node.node, scope)
                key = node.arg.value if isinstance(node.arg, nodes.Const) else None
                if not held or isinstance(node.arg, nodes.Slice):
                    return held
                return f"{held}.{key}" if isinstance(key, str) else f"{held}[]"
            case nodes.Filter() if node.node is not None and node.name in _SAME | _ONE:
                held = self.path(node.node, scope)
                return f"{held}[]" if held and node.name in _ONE else held
        return None


_SPECIAL = {"self", "super", "caller", "varargs", "kwargs", "loop"}
