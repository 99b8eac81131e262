"""Templates: the set, their front matter, and the one Jinja environment.

A template sees plain data and prints values only. Each printed value becomes a token that is
replaced after the Markdown is parsed, so no value is ever read as markup; what comes out of
macros and ``{% set %}`` blocks is the template's own text and stays markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import lru_cache, partial
from types import TracebackType
from typing import Annotated, Any, Literal

from jinja2 import (
    BaseLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    nodes,
    pass_context,
)
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import BlockReference, Context, LoopContext, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as JINJA_TESTS
from jinja2.utils import Namespace, missing
from markupsafe import Markup
from pydantic import AfterValidator, Field

from winlab.facts import Audience
from winlab.inputs import Language, Shape, Slug
from winlab.marks import PIECES, Data, line_mark
from winlab.phrases import (
    BUILT_IN,
    FILTERS,
    GLOBALS,
    NOT_APPLICABLE,
    Refusal,
    counted,
    joined,
    metered,
    printed,
    size,
    spend,
)
from winlab.problems import Place, Problem, Stopped, error, note
from winlab.source import Parsed, Pointer, Tree, parse_yaml
from winlab.validate import did_you_mean, validate


@dataclass(frozen=True, eq=False)
class TemplateSet:
    """The templates of a workspace: text by file name, and the folder to show in messages.

    ``charts`` are the names that a template may draw; ``None`` where they are not known.
    """

    files: Mapping[str, str]
    folder: str = "templates/packs"
    charts: Collection[str] | None = None

    def place(self, name: str, line: int | None = None) -> Place:
        """Where a line of a template stands."""
        return Place(f"{self.folder}/{name}" if self.folder else name, line)


_PAGE = re.compile(r"^:::+\{page\}[ \t]+(\S+)", re.MULTILINE)
_FROM = re.compile(r"""\{%-?\s*(?:extends|include)\s+["']([^"']+)["']""")


def page_places(templates: TemplateSet, name: str) -> dict[str, Place]:
    """The line that begins each page of a template, those that it takes from others too."""
    text = templates.files.get(name, "")
    found: dict[str, Place] = {}
    for base in _FROM.findall(text):
        found |= page_places(templates, base) if base != name else {}
    for page in _PAGE.finditer(text):
        found[page[1]] = templates.place(name, text.count("\n", 0, page.start()) + 1)
    return found


def _bounds(pages: tuple[int, int]) -> tuple[int, int]:
    if pages[0] > pages[1]:
        raise ValueError("the fewest pages are more than the most")
    return pages


Pages = Annotated[int, Field(ge=1, le=100)]


class FrontMatter(Shape):
    """What a template says of itself; ``pages`` are the fewest and the most sheets.

    A template of ``kind`` industry makes the standard packs that name no customer.
    """

    role: Slug
    kind: Literal["customer", "industry"] = "customer"
    industry: Slug | None = None
    audience: Audience
    pages: Annotated[tuple[Pages, Pages], AfterValidator(_bounds)]
    language: Language
    title: Annotated[str, Field(min_length=1)]


def template_name(
    templates: Mapping[str, str], role: str, industry: str, language: str, default: str
) -> str | None:
    """The template of a role: the industry's own before the base, in the pack's language."""
    variant = "" if language == default else f"@{language}"
    for name in (f"{role}.{industry}{variant}.md", f"{role}{variant}.md"):
        if name in templates:
            return name
    return None


STANDARD = "standard-"
"""What stands before the role in the name of an industry pack's template."""


def coach_language(templates: Mapping[str, str], industry: str, language: str, default: str) -> str:
    """The plan's language if a coach sheet is written in it, else the workspace's."""
    return language if template_name(templates, "coach", industry, language, default) else default


# ---------------------------------------------------------------- front matter

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)
TITLE = "\0title"


def _body(text: str) -> str:
    """A template without its front matter, its lines where they were."""
    text = PIECES.sub("", text.replace("\r\n", "\n"))
    return _FRONT.sub(lambda found: "\n" * found[0].count("\n"), text)


def _base(templates: TemplateSet, name: str) -> str | None:
    """The template that this one extends by name."""
    tree = parse(templates, name)
    with problems_of(templates, {}, name):
        for extends in tree.find_all(nodes.Extends):
            if isinstance(extends.template, nodes.Const):
                return str(extends.template.value)
    return None


def _lineage(templates: TemplateSet, name: str) -> list[str]:
    """The template and those that it extends, the nearest first."""
    found = [name]
    while (base := _base(templates, found[-1])) is not None:
        if base in found:
            raise Stopped(
                [
                    error(
                        "template-loop",
                        f"{name} extends itself",
                        "correct {% extends %}",
                        templates.place(name, 1),
                    )
                ]
            )
        found.append(base)
    return found


@lru_cache(maxsize=256)
def merged(templates: TemplateSet, name: str) -> tuple[Parsed, dict[str, str]]:
    """The front matter of a template over that of its bases, and the file of each entry."""
    tree: dict[str, Tree] = {}
    places: dict[Pointer, Place] = {}
    keys: dict[Pointer, Place] = {}
    owners: dict[str, str] = {}
    for member in reversed(_lineage(templates, name)):
        found = _FRONT.match(templates.files[member].replace("\r\n", "\n"))
        where = templates.place(member).file
        if found is None:
            if member == name:
                raise Stopped(
                    [
                        error(
                            "front-matter-missing",
                            "the template does not start with front matter",
                            "start it with lines ---, role, audience, pages, language, title, ---",
                            templates.place(member, 1),
                        )
                    ]
                )
            continue
        parsed, problems = parse_yaml("\n" + found[1], where)
        if not isinstance(parsed.tree, dict) and not problems:
            problems = [
                error(
                    "front-matter",
                    "the front matter is not made of name: value lines",
                    "write lines like  role: factory-manager",
                    templates.place(member, 2),
                )
            ]
        if problems or not isinstance(parsed.tree, dict):
            raise Stopped(problems)
        tree |= parsed.tree
        owners |= dict.fromkeys(parsed.tree, member)
        places |= parsed.places
        keys |= parsed.keys
    return Parsed(templates.place(name).file, tree, places, keys), owners


@lru_cache(maxsize=256)
def front_matter(templates: TemplateSet, name: str) -> FrontMatter:
    """A template's front matter; what an override leaves out comes from its base.

    Raises Stopped with all that is wrong with it.
    """
    parsed, _ = merged(templates, name)
    matter, problems = validate(FrontMatter, parsed)
    if matter is None:
        raise Stopped(problems)
    return matter


def title_place(templates: TemplateSet, name: str) -> Place:
    """Where the title stands that a template has or inherits."""
    parsed, owners = merged(templates, name)
    return templates.place(owners["title"], parsed.place(("title",)).line)


def _title(templates: TemplateSet, name: str) -> tuple[str, str]:
    """A template's title at its line, and the file that gives it."""
    parsed, owners = merged(templates, name)
    line = parsed.place(("title",)).line or 1
    return "\n" * (line - 1) + (parsed.text(("title",)) or ""), owners["title"]


# ---------------------------------------------------------------- the environment

MOST_FACTOR = 10**30
"""The largest whole number that may be multiplied or raised to a power."""


@pass_context
def _finalize(_context: Context, value: object) -> Markup:
    """What is printed. (With the context, so that no constant is folded when compiling.)"""
    return printed(value)


class _Missing(UndefinedError):
    """A name that the brief does not have, with what it was looked up in."""

    def __init__(self, message: str | None = None, *, owner: object, name: object) -> None:
        super().__init__(message)
        self.owner, self.name = owner, name


class _Undefined(StrictUndefined):
    """Keeps what was looked up where, for the hint."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: object = missing,
        name: str | None = None,
        exc: Callable[..., Exception] = UndefinedError,
    ) -> None:
        kept = partial(_Missing, owner=obj, name=name) if exc is UndefinedError else exc
        super().__init__(hint, obj, name, kept)  # type: ignore[arg-type]


_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", re.DOTALL)
_LINE_END = re.compile(r"[ \t]*\n")


class _Lines(Extension):
    """Keeps a template's lines as its author sees them, and marks where each comes from."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Lets only a line of nothing but tags go as a whole.

        Jinja's trim_blocks takes the line break after any tag; where the tag ends a line of
        text, that would join the next line to it.
        """
        out: list[str] = []
        end, text_before = 0, False
        for tag in _TAG.finditer(source):
            between = source[end : tag.start()]
            _, line_break, line = between.rpartition("\n")
            text_before = bool(line.strip()) or (text_before and not line_break)
            written, end = tag[0], tag.end()
            line_end = _LINE_END.match(source, end)
            if written.startswith("{{"):
                text_before = True
            elif line_end and not text_before:
                end = line_end.end() - 1
            elif line_end and written[-3] not in "+-":
                written = f"{written[:-2]}+{written[-2:]}"
            out += [between, written]
        return "".join([*out, source[end:]])

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Puts a mark before template text and after each of its line breaks."""
        names = self.environment.file_names  # type: ignore[attr-defined]
        file = names.index(stream.name) if stream.name in names else None
        for token in stream:
            if token.type != "data" or file is None:
                yield token
                continue
            lines = str(token.value).split("\n")
            marked = (line_mark(file, token.lineno + i) + line for i, line in enumerate(lines))
            yield Token(token.lineno, token.type, "\n".join(marked))


class _Code(CodeGenerator):
    """Counts what is printed and repeated, joins with ``~`` as values are printed."""

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802
        texts = (part.data for part in node.nodes if isinstance(part, nodes.TemplateData))
        self.writeline(f"environment.spend({sum(map(len, texts)) + 1})", node)
        super().visit_Output(node, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802
        step_by_step = nodes.EnvironmentAttribute("counted", lineno=node.lineno)
        node.iter = nodes.Call(step_by_step, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_ScopedEvalContextModifier(  # noqa: N802
        self, node: nodes.ScopedEvalContextModifier, frame: Frame
    ) -> None:
        self.fail("autoescape cannot be changed here", node.lineno)


class _Template(Template):
    """Imports see the brief and are run for each rendering, so what they print is its own."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return self.make_module(ctx.parent if ctx else None)


class _Loader(BaseLoader):
    def __init__(self, templates: TemplateSet) -> None:
        self.templates = templates

    def get_source(self, environment: object, template: str) -> tuple[str, str, Callable[[], bool]]:
        name, title, _ = template.partition(TITLE)
        if name not in self.templates.files:
            raise TemplateNotFound(name)
        if title:
            return *_title(self.templates, name), lambda: True
        return _body(self.templates.files[name]), name, lambda: True


class Sandbox(ImmutableSandboxedEnvironment):
    """Plain data, printed values, no methods: a name after a point is a key and nothing else."""

    intercepted_binops = frozenset(["+", "*", "%", "**"])
    code_generator_class = _Code
    template_class = _Template
    joined = staticmethod(joined)
    counted = staticmethod(counted)
    spend = staticmethod(spend)

    def __init__(self, templates: TemplateSet) -> None:
        super().__init__(
            loader=_Loader(templates),
            undefined=_Undefined,
            finalize=_finalize,
            autoescape=True,
            optimized=False,
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            extensions=[_Lines],
        )
        self.file_names = sorted(templates.files)
        known = {name: self.filters[name] for name in BUILT_IN} | dict(FILTERS)
        self.filters = {name: metered(known[name]) for name in known}
        self.globals = dict(GLOBALS)

    def getattr(self, obj: object, attribute: str) -> object:
        """A key of a mapping; of Jinja's own objects, what they offer."""
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, Undefined):
            str(obj)  # raises what it stands for
        if isinstance(obj, _JINJA_OWN) and not attribute.startswith("_"):
            return super().getattr(obj, attribute)
        if attribute.startswith("_") or hasattr(obj, attribute):
            return self.unsafe_undefined(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: object, argument: object) -> object:
        """An entry of a mapping or a list, or letters of a text."""
        if isinstance(obj, (Mapping, list, tuple, str)) and not isinstance(obj, Markup):
            entries: Any = obj
            try:
                found = entries[argument]
                if isinstance(argument, slice):
                    spend(size(found))
                return found
            except (LookupError, TypeError):
                return self.undefined(obj=obj, name=str(argument))
        if isinstance(obj, Undefined):
            str(obj)  # raises what it stands for
        return self.unsafe_undefined(obj, str(argument))

    def call(self, context: Context, obj: object, *args: object, **options: object) -> object:
        """Calls a macro or a global; what it is given and gives counts."""
        spend(sum(map(size, (*args, *options.values()))) + 1)
        made = super().call(context, obj, *args, **options)
        spend(size(made))
        return made

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Addition joins texts safely; what could fill the memory is refused."""
        spend(size(left) + size(right))
        if operator == "+" and (isinstance(left, Markup) or isinstance(right, Markup)):
            return joined((left, right))
        if operator in "*%" and not all(
            isinstance(v, (int, float, Decimal)) for v in (left, right)
        ):
            raise SecurityError(f"{operator} works on numbers only")
        if operator == "**" and not (isinstance(right, int) and abs(right) <= 20):
            raise SecurityError("** takes a whole exponent of at most 20")
        if operator in ("*", "**") and any(
            isinstance(value, int) and abs(value) > MOST_FACTOR for value in (left, right)
        ):
            raise SecurityError("the numbers become too large")
        return super().call_binop(context, operator, left, right)

    def unsafe_undefined(self, obj: object, attribute: str) -> Undefined:
        """What stands for a part that a template may not reach."""
        return self.undefined(
            f"{attribute!r} of a {type(obj).__name__} cannot be reached from a template",
            name=attribute,
            obj=obj,
            exc=SecurityError,
        )


_JINJA_OWN = (LoopContext, Namespace, TemplateModule, TemplateReference, BlockReference)


@lru_cache(maxsize=8)
def environment(templates: TemplateSet) -> Sandbox:
    """The one environment of a set, with its compiled templates."""
    return Sandbox(templates)


def parse(templates: TemplateSet, name: str) -> nodes.Template:
    """A template's syntax tree. Raises Stopped for one that is unknown or cannot be read."""
    with problems_of(templates, {}, name):
        if name not in templates.files:
            raise TemplateNotFound(name)
        return environment(templates).parse(_body(templates.files[name]), name, name)


def parse_title(templates: TemplateSet, name: str) -> tuple[str, nodes.Template]:
    """The file that gives a template's title, and the title's syntax tree."""
    text, owner = _title(templates, name)
    with problems_of(templates, {}, owner):
        return owner, environment(templates).parse(text, None, owner)


# ---------------------------------------------------------------- what went wrong, and where


@contextmanager
def problems_of(templates: TemplateSet, brief: Mapping[str, Data], name: str) -> Iterator[None]:
    """Turns what the template ``name`` raises into one problem with its place."""
    try:
        yield
    except Stopped:
        raise
    except Exception as exc:
        raise Stopped([_problem(exc, templates, brief, name)]) from exc


def _problem(
    exc: Exception, templates: TemplateSet, brief: Mapping[str, Data], name: str
) -> Problem:
    place = _place(exc.__traceback__, templates) or templates.place(name)
    match exc:
        case Refusal(code=code) if code == NOT_APPLICABLE:
            return note(code, str(exc), exc.hint, place)
        case Refusal():
            return error(exc.code, str(exc), exc.hint, place)
        case TemplateSyntaxError():
            file = exc.filename or exc.name or ""  # the lexer gives one or the other
            if file in templates.files:
                place = templates.place(file, exc.lineno)
            return error("template-syntax", _sentence(exc.message), _syntax_hint(exc), place)
        case TemplateNotFound():
            return error(
                "template-missing",
                f"there is no template {exc.name!r}",
                did_you_mean(str(exc.name), templates.files),
                place,
            )
        case _Missing():
            message, hint = _unknown(exc, brief)
            return error("name-unknown", message, hint, place)
        case SecurityError():
            return error(
                "template-unsafe",
                _sentence(exc.message),
                "print values with {{ name }} and the filters of `winlab fields`",
                place,
            )
        case RecursionError():
            return error(
                "template-loop",
                "templates or macros call each other without end, or brackets are nested too deep",
                "correct {% include %}, {% extends %}, the macro or the expression",
                place,
            )
        case MemoryError():
            return error(
                "template-unsafe", "the template needs too much memory", "print less", place
            )
        case ZeroDivisionError() | DivisionByZero():
            return error(
                "template-failed", "a number is divided by zero", "test it first: {% if … %}", place
            )
        case InvalidOperation():
            return error(
                "template-failed", "a number cannot be written so", "give it fewer decimals", place
            )
    return error(
        "template-failed",
        _sentence(str(exc)) or type(exc).__name__,
        "correct the expression in this line",
        place,
    )


def _sentence(message: str | None) -> str:
    return (message or "").strip().rstrip(".")


def _place(trace: TracebackType | None, templates: TemplateSet) -> Place | None:
    """The innermost line of a template on the way to an exception."""
    place: Place | None = None
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in templates.files:
            place = templates.place(name, trace.tb_lineno)
        trace = trace.tb_next
    return place


_NO_SUCH = re.compile(r"No (filter|test) named '(.*)'")


def _syntax_hint(exc: TemplateSyntaxError) -> str:
    found = _NO_SUCH.search(exc.message or "")
    if found is None:
        return "check the brackets, and that each {% if %}, {% for %} and {% block %} has its end"
    return no_such_hint(found[1], found[2])


def no_such_hint(kind: str, name: str) -> str:
    """The fix for a filter or a test that a template may not use."""
    if kind == "test":
        return did_you_mean(name, JINJA_TESTS)
    if name in JINJA_FILTERS and name not in BUILT_IN:
        return f"{name!r} is not for packs: values are printed as they are"
    return did_you_mean(name, [*BUILT_IN, *FILTERS])


def _unknown(exc: _Missing, brief: Mapping[str, Data]) -> tuple[str, str]:
    if exc.owner is missing:
        return f"the brief has no {exc.name!r}", did_you_mean(str(exc.name), [*brief, *GLOBALS])
    path = next((name for name, held in _parts(brief) if held is exc.owner), "")
    owner = f"{path!r}" if path else "what it is looked up in"
    if isinstance(exc.owner, Mapping):
        return f"{owner} has no {exc.name!r}", did_you_mean(str(exc.name), exc.owner)
    if isinstance(exc.owner, (list, tuple)):
        return (
            f"{owner} is a list of {len(exc.owner)} without {exc.name!r}",
            "go through it with {% for … %}, or test its length",
        )
    return (
        f"{owner} is missing or a single value, so it has no {exc.name!r}",
        "test it with {% if … %}",
    )


def _parts(data: Data, name: str = "") -> Iterator[tuple[str, Data]]:
    """All groups and lists of a brief by dotted name."""
    if isinstance(data, Mapping):
        yield name, data
        for key, held in data.items():
            yield from _parts(held, f"{name}.{key}" if name else key)
    elif isinstance(data, (list, tuple)):
        yield name, data
        for held in data:
            yield from _parts(held, f"{name}[]")
