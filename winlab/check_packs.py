"""Whether plays, content and templates together make packs, and which packs an expiry hits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import TypeAlias, get_args

from winlab.check_rules import customer_row, play_of
from winlab.compose import TemplateSet, names_used
from winlab.decide import on_other_product, unusable
from winlab.facts import Row
from winlab.fields import COACH
from winlab.inputs import (
    Claim,
    Industry,
    PlayStatus,
    ProductText,
    Reference,
    Role,
    RuleFile,
    Shape,
    Study,
    ValueModel,
    Words,
)
from winlab.lab import Lab
from winlab.library import Library, PlaySource, StudyData
from winlab.pack import missing_sentences
from winlab.peers import best_reference
from winlab.pitch import Pitch, resolve
from winlab.problems import Place, Problem, Severity, Stopped, error, errors, note, warning
from winlab.read import IndustrySource, PlanSource, Workspace, plan_files, read_any_plan
from winlab.rulebook import Attempt, ids
from winlab.rules.atoms import members
from winlab.rules.table import Rule, Table
from winlab.rules.trace import listed
from winlab.source import Pointer
from winlab.standard import resolve_industry
from winlab.templates import coach_language, template_name

EXPIRES_WITHIN = timedelta(days=30)
_NAMED = 5
"""How many packs or sentences a message names before it counts the rest."""


@dataclass(frozen=True)
class Planned:
    """A pitch plan of the workspace, what rules see of its customer, and the play that it gets."""

    pitch: Pitch
    row: Row
    play: str

    @property
    def name(self) -> str:
        """The plan's name."""
        return self.pitch.source.plan.plan

    @property
    def kind(self) -> tuple[object, ...]:
        """What its packs' sentences depend on."""
        industry = self.pitch.customer.industry.id
        return self.pitch.language, self.play, industry, self.products, self.roles

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that get a pack, the coach sheet last."""
        return (*(role.value for role in self.pitch.source.plan.packs), COACH)

    @property
    def products(self) -> frozenset[str]:
        """The products that it offers."""
        return frozenset(line.product.id for line in self.pitch.lines)

    def may_say(self, table: Table, role: str) -> list[Rule]:
        """The rules that are true for a role of this plan, or may turn out to be."""
        return possible(table, {**self.row, "contact.role": role})


def possible(table: Table, row: Row) -> list[Rule]:
    """The rules that are true of a row, or would be for some values of what is missing."""
    true, unknown = table.matching(table.codes(row))
    return [table.rules[i] for i in members(true | unknown)]


def planned(
    workspace: Workspace, tried: Attempt, as_of: date
) -> tuple[list[Planned], list[Problem]]:
    """The pitch plans of a workspace that can be used; what is wrong with others is noted."""
    found: list[Planned] = []
    problems: list[Problem] = []
    for path in plan_files(workspace):
        try:
            source = read_any_plan(path, workspace.root)
            if isinstance(source, IndustrySource):
                resolve_industry(source, workspace, as_of)
                continue
            pitch = resolve(source, workspace, as_of)
        except Stopped as stopped:
            first = errors(stopped.problems)[0]
            problems.append(
                note("plan-left-out", f"this plan is left out here: {first.message}", first.hint,
                     first.place)
            )  # fmt: skip
            continue
        customer = pitch.customer
        facts = customer.account.facts if customer.account else {}
        row = customer_row(tried, customer.market, customer.industry.id, facts, as_of)
        asked = source.plan.play
        found.append(Planned(pitch, row, asked.ask if asked else play_of(tried, row)))
    return found, problems


# ---------------------------------------------------------------- plays, roles and templates


def coverage_problems(
    workspace: Workspace,
    tried: Attempt,
    templates: TemplateSet,
    plans: Sequence[Planned],
    as_of: date,
) -> Iterator[Problem]:
    """Each play × industry × role has messages in date, and each role asked for a template.

    Roles that the data dictionary does not know are nobody's.
    """
    roles = [role.value for role in Role if f"{role.value}.md" in templates.files]
    asked = {role for plan in plans for role in plan.roles if role != COACH}
    known = workspace.library.facts.get("contact.role")
    met = known.values if known and known.values else tuple(role.value for role in Role)
    wanted = [role for role in met if role in {*roles, *asked}]
    for play_id, parts in tried.parts.items():
        source, messages = workspace.library.plays[play_id], parts[_MESSAGES]
        if source.play.status is PlayStatus.DRAFT or messages is None:
            continue
        place = workspace.library.place(PlaySource, play_id, "messages")
        for industry in workspace.library.industries:
            for role in wanted:
                yield from _unsaid(workspace, messages, industry, role, as_of, play_id, place)
    if templates.files:
        yield from _without_template(workspace, templates, plans)


_MESSAGES = 3
"""The place of the messages among a play's parts."""


def _unsaid(
    workspace: Workspace,
    messages: Table,
    industry: str,
    role: str,
    as_of: date,
    play: str,
    place: Place,
) -> Iterator[Problem]:
    rules = possible(messages, {"account.industry": industry, "contact.role": role})
    claims = workspace.library.claims
    why: dict[str, None] = {}
    for rule in rules:
        refused = [
            f"{name} {reason}"
            for name in ids(rule.outputs.get("proof"))
            if name in claims and (reason := unusable(claims[name], as_of))
        ]
        if not refused:
            return
        why |= dict.fromkeys(refused)
    if rules:
        yield warning(
            "no-message", f"the play {play} has nothing left to say to {role} in {industry}: "
            f"{', '.join(why)}", "renew the claim, or add a message under messages", place,
        )  # fmt: skip
    else:
        yield warning("no-message", f"the play {play} has no message for {role} in {industry}",
                      "add one under messages", place)  # fmt: skip


def _without_template(
    workspace: Workspace, templates: TemplateSet, plans: Sequence[Planned]
) -> Iterator[Problem]:
    """Roles and languages that plans ask for and no template serves."""
    default = workspace.file.workspace.language
    lacking: dict[tuple[str, str], list[str]] = {}
    for plan in plans:
        for role in plan.roles:
            industry = plan.pitch.customer.industry.id
            language = _language(plan, role, templates, default)
            if template_name(templates.files, role, industry, language, default) is None:
                lacking.setdefault((role, language), []).append(plan.name)
    lacking.pop((COACH, default), None)  # told with the templates
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (role, language), names in lacking.items():
        alike.setdefault((language, tuple(names)), []).append(role)
    for (language, those), roles in alike.items():
        variant = "" if language == default else f"@{language}"
        asks = f"{_counted(those, 'plan')} {'asks' if len(those) == 1 else 'ask'} for"
        yield error(
            "no-template",
            f"there is no template in {language!r} for {listed(roles)}, which {asks}",
            f"write {listed([f'{role}{variant}.md' for role in roles])}, or change the "
            f"{'plan' if len(those) == 1 else 'plans'}", Place(templates.folder),
        )  # fmt: skip


def _language(plan: Planned, role: str, templates: TemplateSet, default: str) -> str:
    """The language of a plan's pack."""
    asked, industry = plan.pitch.language, plan.pitch.customer.industry.id
    return coach_language(templates.files, industry, asked, default) if role == COACH else asked


def _counted(names: Sequence[str], what: str) -> str:
    """A few names, and how many more there are: "the plans a, b and 3 more"."""
    shown, more = list(names[:_NAMED]), len(names) - _NAMED
    said = [", ".join(shown), f"{more} more"] if more > 0 else [", ".join(shown[:-1]), shown[-1]]
    plural = "" if len(names) == 1 else "s"
    return f"the {what}{plural} " + " and ".join(part for part in said if part)


# ---------------------------------------------------------------- languages


def language_problems(workspace: Workspace) -> Iterator[Problem]:
    """Sentences that are not in the workspace's own language: without it no pack can be made."""
    own = workspace.file.workspace.language
    trees = workspace.library.trees
    for file, sentences in _sentences(workspace.library).items():
        for pointer, words in sentences:
            if isinstance(words, Mapping) and own not in words:
                yield error("no-translation", f"this sentence is not in {own!r}",
                            f"write it as {{{own}: …, {', '.join(f'{w}: …' for w in words)}}}",
                            trees[file].place(pointer))  # fmt: skip


def translation_problems(lab: Lab, plans: Sequence[Planned]) -> Iterator[Problem]:
    """Sentences that plans in other languages than the workspace's own would print and lack.

    Their packs are composed: one plan's of those that say the same.
    """
    own = lab.workspace.file.workspace.language
    kinds: dict[object, PlanSource | IndustrySource] = {}
    for plan in plans:
        if plan.pitch.language != own:
            kinds.setdefault(plan.kind, plan.pitch.source)
    for path in plan_files(lab.workspace):
        with suppress(Stopped):
            source = read_any_plan(path, lab.workspace.root)
            if isinstance(source, IndustrySource) and source.plan.language not in (None, own):
                kinds[path] = source
    for source in kinds.values():
        with suppress(Stopped):  # what stops a plan is told where it stands
            for problem in missing_sentences(lab, source):
                yield replace(problem, severity=Severity.WARNING)


_Sentence: TypeAlias = "tuple[Pointer, str | Mapping[str, str]]"
_SPOKEN = {"insight", "ask", "says", "acknowledge", "answer", "they_win", "we_win", "source"}
"""Outputs of rules that are sentences."""


def _sentences(library: Library) -> dict[str, list[_Sentence]]:
    """By file the sentences that a customer or a rep may read."""
    held: list[tuple[Place, Shape]] = [
        *((library.place(PlaySource, n), source.play) for n, source in library.plays.items()),
        *((library.place(StudyData, n), data.study) for n, data in library.studies.items()),
        *((library.place(Claim, n), claim) for n, claim in library.claims.items()),
        *((library.place(Reference, n), reference) for n, reference in library.references.items()),
        *((library.place(Industry, n), industry) for n, industry in library.industries.items()),
        *((library.place(ProductText, n), text) for n, text in library.products.items()),
        *((library.place(ValueModel, n), model) for n, model in library.values.items()),
    ]
    found: dict[str, list[_Sentence]] = {}
    for place, shape in held:
        entry: Pointer = (int(place.pointer),) if place.pointer.isdigit() else ()
        found.setdefault(place.file, []).extend(_words(shape, entry, None))
    return found


def _words(value: object, at: Pointer, declared: object) -> Iterator[_Sentence]:
    """All sentences within a value: what is declared as `Words`, and what rules say."""
    if declared in (Words, Words | None):
        if isinstance(value, (str, Mapping)):
            yield at, value
    elif isinstance(value, RuleFile):
        for name, said in value.then.items():
            if name in _SPOKEN and isinstance(said, (str, Mapping)):
                yield (*at, "then", name), said
    elif isinstance(value, Shape):
        for name, info in type(value).model_fields.items():
            yield from _words(getattr(value, name), (*at, info.alias or name), info.annotation)
    elif isinstance(value, Mapping):
        inner = (get_args(declared) or (None, None))[1]
        for key, part in value.items():
            yield from _words(part, (*at, str(key)), inner)
    elif isinstance(value, tuple):
        inner = (get_args(declared) or (None,))[0]
        for index, part in enumerate(value):
            yield from _words(part, (*at, index), inner)


# ---------------------------------------------------------------- what expires


def expiry_problems(
    workspace: Workspace,
    tried: Attempt,
    templates: TemplateSet,
    plans: Sequence[Planned],
    as_of: date,
) -> Iterator[Problem]:
    """What has expired and what soon will, with the packs of coming meetings that it hits."""
    library = workspace.library
    soon = as_of + EXPIRES_WITHIN
    coming = _Hits(workspace, tried, templates, [p for p in plans if not p.pitch.held], as_of)
    dated: list[tuple[date, str, str, Place, Callable[[], Iterable[_Pack]]]] = [
        *((c.expires, f"the claim {c.id}", c.owner, library.place(Claim, c.id, "expires"),
           partial(coming.of_claim, c)) for c in library.claims.values()),
        *((r.permission_until, f"the reference {r.id}", r.owner,
           library.place(Reference, r.id, "permission_until"), partial(coming.of_reference, r))
          for r in library.references.values()),
        *((s.study.expires, f"the study {s.study.id}", s.study.owner,
           library.place(StudyData, s.study.id, "expires"), partial(coming.of_study, s.study))
          for s in library.studies.values()),
        *((p.play.valid.until, f"the play {p.play.id}", p.play.owner,
           library.place(PlaySource, p.play.id, "valid", "until"),
           partial(coming.of_play, p.play.id)) for p in library.plays.values()),
    ]  # fmt: skip
    for until, what, owner, place, hits in sorted(dated, key=lambda item: item[:2]):
        if until > soon:
            continue
        packs = _told(hits())
        renew = f"ask {owner} to renew it"
        if until < as_of:
            without = f"; it is missing from {packs}" if packs else ""
            yield warning("expired", f"{what} expired on {until}{without}", renew, place)
        else:
            within = f"; it is in {packs}" if packs else ""
            yield note("expires-soon", f"{what} expires on {until}{within}", renew, place)


_Pack: TypeAlias = tuple[str, str]
"""A plan's name and a role."""


def _told(packs: Iterable[_Pack]) -> str:
    """Packs in a few words: "3 packs: bay (factory-manager, coach), creek (coach)"."""
    by_plan: dict[str, list[str]] = {}
    for plan, role in packs:
        by_plan.setdefault(plan, []).append(role)
    if not by_plan:
        return ""
    count = sum(len(roles) for roles in by_plan.values())
    said = [f"{plan} ({', '.join(roles)})" for plan, roles in by_plan.items()]
    more = len(said) - _NAMED
    if more > 0:
        said[_NAMED:] = [f"and {more} more {'plan' if more == 1 else 'plans'}"]
    return f"{count} {'pack' if count == 1 else 'packs'}: {', '.join(said)}"


@dataclass(frozen=True)
class _Hits:
    """The packs that hold something; seen from plans, rules and templates, none is made."""

    workspace: Workspace
    tried: Attempt
    templates: TemplateSet
    plans: Sequence[Planned]
    as_of: date

    def of_claim(self, claim: Claim) -> Iterator[_Pack]:
        """Through messages, and what a coach sheet has of objections, questions and counters."""

        def named(table: Table | None, plan: Planned, roles: Iterable[str]) -> bool:
            return table is not None and any(
                claim.id in ids(rule.outputs.get("proof"))
                for role in roles
                for rule in plan.may_say(table, role)
            )

        for plan in self.plans:
            parts = self.tried.parts.get(plan.play)
            if parts is None or on_other_product(claim, plan.products, self.workspace):
                continue
            asked = [role.value for role in plan.pitch.source.plan.packs]
            told = [role for role in asked if named(parts[_MESSAGES], plan, [role])]
            contacts = [contact.role.value for contact in plan.pitch.source.plan.contacts]
            if told or any(named(table, plan, contacts) for table in parts[_MESSAGES + 1 :]):
                told.append(COACH)
            yield from ((plan.name, role) for role in told)

    def of_reference(self, reference: Reference) -> Iterator[_Pack]:
        """Where it is the one that matches best, in templates that print references."""
        references = self.workspace.library.references
        for plan in self.plans:
            best = best_reference(plan.pitch.customer, references, self.as_of)
            if best and best.id == reference.id:
                yield from self.printing(plan, "reference")

    def of_study(self, study: Study) -> Iterator[_Pack]:
        """Where product and industry are the plan's, in templates that print studies."""
        for plan in self.plans:
            offered = {line.product.id for line in plan.pitch.lines}
            fits = study.industry == plan.pitch.customer.industry.id and study.product in offered
            if fits and (plan.pitch.source.plan.nda or not study.confidential):
                yield from self.printing(plan, "studies")

    def of_play(self, play: str) -> Iterator[_Pack]:
        """All packs of its plans."""
        for plan in self.plans:
            if plan.play == play:
                yield from ((plan.name, role) for role in plan.roles)

    def printing(self, plan: Planned, name: str) -> Iterator[_Pack]:
        """The packs of a plan whose templates use a name of the brief."""
        default = self.workspace.file.workspace.language
        industry = plan.pitch.customer.industry.id
        for role in plan.roles:
            language = _language(plan, role, self.templates, default)
            template = template_name(self.templates.files, role, industry, language, default)
            if template and name in _roots(self.templates, template):
                yield plan.name, role


@lru_cache(maxsize=256)
def _roots(templates: TemplateSet, name: str) -> frozenset[str]:
    """The brief's outermost names that a template uses; none if it cannot be read."""
    try:
        used = names_used(templates, name)
    except Stopped:
        return frozenset()
    return frozenset(re.split(r"[.\[]", dotted)[0] for dotted, _ in used)
