"""One job from plan to files; reads as the table of contents."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.metadata import version as installed
from pathlib import Path

from babel import Locale

from winlab import wording
from winlab.agreement import one_core
from winlab.bar_of import bar_of
from winlab.brand import Brand
from winlab.brief import CustomerBrief, RepBrief, ValueCard
from winlab.briefing import customer_briefs
from winlab.coaching import rep_brief
from winlab.compose import Setting, compose, front_matter
from winlab.decide import Decision
from winlab.document import Document, Goal, fingerprint
from winlab.facts import Audience
from winlab.figures import Builder
from winlab.fit import fit
from winlab.inputs import Plan, Role
from winlab.lab import Lab, decide_source
from winlab.leaks import Secrets
from winlab.pitch import Pitch
from winlab.preflight import preflight
from winlab.problems import Exit, Problem, Stopped, error, errors, grouped
from winlab.quality import Bar
from winlab.read import Workspace, read_plan
from winlab.secrets_of import secrets_of
from winlab.store import (
    Announce,
    MadePack,
    Manifest,
    Stored,
    issue_date,
    previous,
    standing,
    store,
    withdraw,
)
from winlab.templates import page_places
from winlab.writers import Written

COACH = "coach"
MIN_STUDY_TABLES = 2
FORMATS = ("pdf", "docx")
WITHDRAWING = frozenset(
    {
        "gap", "conflict", "play-ruled-out", "play-expired", "no-floor",
        "below-floor", "below-limit", "below-approval",
        "approval-by", "approval-date", "approval-product",
        "pack-refused", "source-missing", "missing-sentence",
    }
)  # fmt: skip
"""What says of a plan's content that a customer must not get what was made of it before.

A misspelt account or a broken template says nothing of the kind.
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one plan."""

    plan: str
    decision: Decision
    stored: Stored | None
    manifest: Manifest
    problems: tuple[Problem, ...]
    exit_code: Exit


@dataclass(frozen=True)
class _Draft:
    """A pack on its way: its role, settled Document and bounds, or why there is none."""

    role: str
    audience: Audience
    language: str
    document: Document | None
    bounds: tuple[int, int]
    problems: list[Problem] = field(default_factory=list)
    template: str = ""


@contextlib.contextmanager
def _withdrawing(lab: Lab, folder: Path, plan: Plan, announce: Announce) -> Iterator[None]:
    """A plan that stops takes its earlier packs with it, or says which of them stay."""
    try:
        yield
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        if _withdraws(stopped.problems) and not _other_day(lab, previous(folder)):
            whose = (plan.account, "") if isinstance(plan.account, str) else ("", plan.account.new)
            told = withdraw(folder, *whose, announce)
        else:
            told = standing(folder)
        raise Stopped([*stopped.problems, *told], stopped.exit_code) from stopped


def _withdraws(problems: Sequence[Problem]) -> bool:
    return any(problem.code in WITHDRAWING for problem in errors(problems))


def _other_day(lab: Lab, before: Manifest | None) -> bool:
    """Whether this run only asks what would be on another day than the packs were made for."""
    return lab.day_asked and before is not None and before.as_of != lab.as_of


def make_packs(
    lab: Lab,
    path: Path,
    out: Path,
    *,
    roles: Sequence[Role] = (),
    formats: Sequence[str] = FORMATS,
    announce: Announce = lambda _: None,
) -> Outcome:
    """Makes all packs that a plan asks for. Raises :class:`Stopped` if none can be made."""
    announce("deciding")
    source = read_plan(path, lab.workspace.root)
    folder = out / source.plan.plan
    with _withdrawing(lab, folder, source.plan, announce):
        odd = lab.brand_problems
        decision = decide_source(lab, source)
        if errors(decision.problems):
            raise Stopped(grouped(decision.problems))
        locale = _locale(lab.workspace, decision.pitch)
        builder = Builder(decision, lab.workspace, lab.groups, decision.pitch.language, locale)
        briefs = customer_briefs(builder)
        coach = rep_brief(builder, next(iter(briefs.values())))
        if errors(builder.problems):
            raise Stopped(grouped([*decision.problems, *builder.problems]))

    if unasked := [role.value for role in roles if role not in briefs]:
        raise Stopped(
            [
                error("role-not-asked", f"the plan asks for no pack for {', '.join(unasked)}",
                      "asked for: " + ", ".join(role.value for role in briefs))
            ],
            Exit.USAGE,
        )  # fmt: skip
    wanted = [role for role in briefs if not roles or role in roles]
    drafts = [_composed(lab, builder, role.value, briefs[role], announce) for role in wanted]
    drafts.append(_composed(lab, builder, COACH, coach, announce))

    customers = [d.document for d in drafts if d.document and d.audience is Audience.CUSTOMER]
    for draft in drafts:
        if draft.audience is Audience.CUSTOMER:
            draft.problems.extend(one_core(customers))

    before = previous(folder)
    secrets = secrets_of(decision, lab.workspace, coach, str(locale))
    packs = [
        _finished(lab, decision, coach, draft, secrets, before, formats, announce)
        for draft in drafts
    ]
    announce("storing")
    manifest = _manifest(lab, decision, briefs, before)
    asked = {(pack, decision.pitch.language) for pack in (COACH, *(r.value for r in briefs))}
    stored = store(folder, manifest, packs, asked, announce)
    problems = [
        *odd, *decision.problems, *builder.problems, *stored.problems,
        *(problem for pack in packs for problem in pack.problems),
    ]  # fmt: skip
    return Outcome(
        decision.pitch.source.plan.plan,
        decision,
        stored,
        previous(folder) or manifest,
        tuple(grouped(problems)),
        _exit_code(packs),
    )


def _exit_code(packs: Sequence[MadePack]) -> Exit:
    refused = [pack.refused for pack in packs]
    if all(refused):
        return Exit.INPUT
    return Exit.PARTLY if any(refused) else Exit.DONE


# ---------------------------------------------------------------- composing


def _locale(workspace: Workspace, pitch: Pitch) -> Locale:
    """The workspace's locale, or the plan's language where that is another."""
    locale = Locale.parse(workspace.file.workspace.locale)
    return locale if locale.language == pitch.language else Locale.parse(pitch.language)


def template_name(
    templates: Mapping[str, str], role: str, industry: str, language: str, default: str
) -> str | None:
    """The template of a role: the industry's own before the base, in the pack's language."""
    variant = "" if language == default else f"@{language}"
    for name in (f"{role}.{industry}{variant}.md", f"{role}{variant}.md"):
        if name in templates:
            return name
    return None


def _composed(
    lab: Lab, builder: Builder, role: str, brief: CustomerBrief, announce: Announce
) -> _Draft:
    """A pack's Document, settled to its pages; with problems instead if it cannot be made."""
    announce(f"composing {role}")
    pitch = builder.decision.pitch
    audience = Audience.REP if role == COACH else Audience.CUSTOMER
    name = _template(lab, pitch, role, brief)
    missing: list[Problem] = []
    if name is None:
        default = lab.workspace.file.workspace.language
        variant = "" if pitch.language == default else f"@{pitch.language}"
        missing.append(
            error("no-template", f"there is no template for {role} in {pitch.language!r}",
                  f"write {lab.templates.folder}/{role}{variant}.md, "
                  "or take the pack out of the plan", pitch.source.place("packs"))
        )  # fmt: skip
    if pitch.language not in wording.FRAMES:
        missing.append(
            error("no-frame", "the words around a page are not known in "
                  f"{pitch.language!r}", f"known are {', '.join(wording.FRAMES)}",
                  pitch.source.place("language"))
        )  # fmt: skip
    if name is None or missing:
        return _Draft(role, audience, pitch.language, None, (0, 0), missing)
    try:
        matter = front_matter(lab.templates, name)
        setting = _setting(lab, builder, role, brief)
        document, problems = compose(lab.templates, name, brief.model_dump(), setting)
        settled, more = fit(document, lab.brand)
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        return _Draft(role, audience, pitch.language, None, (0, 0), list(stopped.problems))
    return _Draft(role, audience, pitch.language, settled, matter.pages, [*problems, *more], name)


def _template(lab: Lab, pitch: Pitch, role: str, brief: CustomerBrief) -> str | None:
    """The template of a pack: the short form where there are too few studies for the long one."""
    kinds = [role]
    if role == Role.RND_MANAGER.value and _tables(brief) < MIN_STUDY_TABLES:
        kinds.insert(0, f"{role}-brief")
    default = lab.workspace.file.workspace.language
    named = (
        template_name(
            lab.templates.files, kind, pitch.customer.industry.id, pitch.language, default
        )
        for kind in kinds
    )
    return next(filter(None, named), None)


def bars(lab: Lab, path: Path) -> tuple[Decision, dict[str, Bar]]:
    """A plan's decision, and what each of its packs is measured against, by role.

    Raises :class:`Stopped` if the plan cannot be decided any more.
    """
    decision = decide_source(lab, read_plan(path, lab.workspace.root))
    if decision.play is None or errors(decision.problems):
        raise Stopped(grouped(decision.problems))
    locale = _locale(lab.workspace, decision.pitch)
    builder = Builder(decision, lab.workspace, lab.groups, decision.pitch.language, locale)
    briefs: dict[str, CustomerBrief] = {r.value: b for r, b in customer_briefs(builder).items()}
    coach = rep_brief(builder, next(iter(briefs.values())))
    secrets = secrets_of(decision, lab.workspace, coach, str(locale))
    found: dict[str, Bar] = {}
    for role, brief in {**briefs, COACH: coach}.items():
        name = _template(lab, decision.pitch, role, brief)
        if name is not None:
            audience = Audience.REP if role == COACH else Audience.CUSTOMER
            bounds = front_matter(lab.templates, name).pages
            draft = _Draft(role, audience, decision.pitch.language, None, bounds, [], name)
            found[role] = _bar(lab, decision, coach, draft, secrets)
    return decision, found


def _tables(brief: CustomerBrief) -> int:
    """How many tables of approved studies there are on the plan's first product."""
    return sum(len(study.tables) for study in brief.studies if study.product == brief.product.id)


def _setting(lab: Lab, builder: Builder, role: str, brief: CustomerBrief) -> Setting:
    decision, locale = builder.decision, builder.locale
    frame = wording.FRAMES[decision.pitch.language]
    customer = decision.pitch.customer
    where = f"{customer.name}, {customer.site}"
    if role == COACH:
        running, secrecy = f"{where} · {decision.pitch.rep.name}", frame.internal
    else:
        people = wording.join_words([f"{p.name}, {p.title}" for p in brief.addressees], locale)
        running = f"{where} · {frame.for_whom} {people}"
        secrecy = frame.confidential.format(customer.name)
    return Setting(
        language=decision.pitch.language,
        locale=str(locale),
        role=role,
        audience=Audience.REP if role == COACH else Audience.CUSTOMER,
        company=lab.workspace.file.workspace.company,
        customer=customer.name,
        running=running,
        confidentiality=secrecy,
        goals=_goals(brief, frame, locale),
        untold=builder.untold,
    )


def _goals(brief: CustomerBrief, frame: wording.Frame, locale: Locale) -> tuple[Goal, ...]:
    """The goal strip: the same on every page of every pack of a plan."""
    goals = [Goal(label=frame.goal, value=wording.keep_together(brief.goal.action))]
    if brief.value and brief.value.net > 0:
        goals.append(Goal(label=frame.worth, value=_worth(brief.value, frame, locale)))
    by = wording.short_date(brief.goal.by, locale)
    return (*goals, Goal(label=frame.decide_by, value=by))


def _worth(value: ValueCard, frame: wording.Frame, locale: Locale) -> str:
    net = frame.first_year.format(wording.money(value.net, value.currency, locale))
    if not value.estimate:
        return net
    if 0 < value.confirmed < value.net:
        sure = wording.number(value.confirmed, locale, 0)
        return f"{net} ({frame.of_which_confirmed.format(sure)})"
    return f"{net} ({frame.estimate})"


# ---------------------------------------------------------------- writing and proving


def _finished(
    lab: Lab, decision: Decision, coach: RepBrief, draft: _Draft, secrets: Secrets,
    before: Manifest | None, formats: Sequence[str], announce: Announce,
) -> MadePack:  # fmt: skip
    """A pack's files, proved against the quality bar."""
    if draft.document is None:
        return _refused(lab, decision, draft, before)
    stem = _stem(decision, draft)
    document = draft.document
    digest = pack_fingerprint(document, lab.brand)
    issued = issue_date(before, draft.role, digest, lab.as_of)
    version = fingerprint(document)[:6].upper()
    data: dict[str, bytes] = {}
    problems = list(draft.problems)
    try:
        for extension in formats:
            announce(f"writing {draft.role} {extension}")
            written = write(extension, document, lab.brand, issued, version)
            data[extension] = written.data
            problems.extend(written.problems)
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        draft.problems.extend(stopped.problems)
        return _refused(lab, decision, draft, before)
    announce(f"proving {draft.role}")
    problems.extend(preflight(document, _bar(lab, decision, coach, draft, secrets), data))
    return MadePack(
        draft.role, draft.audience.value, draft.language, stem, digest, issued, version,
        len(document.pages), data, document.dropped, _of_pack(problems, draft.role),
        refused=bool(errors(problems)), keeps_earlier=_other_day(lab, before),
        document=document.model_dump_json(indent=1).encode() + b"\n",
    )  # fmt: skip


def _refused(lab: Lab, decision: Decision, draft: _Draft, before: Manifest | None) -> MadePack:
    """A pack that could not be made."""
    return MadePack(
        draft.role, draft.audience.value, draft.language, _stem(decision, draft), "", lab.as_of,
        "", 0, {}, (), _of_pack(draft.problems, draft.role), refused=True,
        keeps_earlier=not _withdraws(draft.problems) or _other_day(lab, before),
    )  # fmt: skip


def _of_pack(problems: Sequence[Problem], role: str) -> tuple[Problem, ...]:
    """A pack's problems, each once and with the pack's name."""
    return tuple(replace(problem, packs=(role,)) for problem in grouped(problems))


def write(extension: str, document: Document, brand: Brand, issued: date, version: str) -> Written:
    """A Document in one format; its engine is imported only here."""
    if extension == "pdf":
        from winlab.writers.pdf import pdf

        return pdf(document, brand, issued, version)
    from winlab.writers.docx import docx

    return docx(document, brand, issued, version)


def _stem(decision: Decision, draft: _Draft) -> str:
    return f"{decision.pitch.customer.slug}-{draft.role}.{draft.language}"


def pack_fingerprint(document: Document, brand: Brand) -> str:
    """A digest of all that a pack's bytes depend on, the issue date excepted."""
    from winlab import charts
    from winlab.writers import docx, pdf

    engines = [f"winlab {installed('winlab')}", charts.ENGINE, pdf.ENGINE, docx.ENGINE]
    parts = [fingerprint(document), brand.fingerprint, *engines]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _bar(lab: Lab, decision: Decision, coach: RepBrief, draft: _Draft, secrets: Secrets) -> Bar:
    return bar_of(
        decision, lab.workspace, coach, secrets, lab.as_of,
        pages=draft.bounds,
        technical=draft.role == Role.RND_MANAGER.value,
        stem=_stem(decision, draft),
        places=page_places(lab.templates, draft.template),
    )  # fmt: skip


def _manifest(
    lab: Lab, decision: Decision, briefs: Mapping[Role, CustomerBrief], before: Manifest | None
) -> Manifest:
    assert decision.play is not None
    pitch = decision.pitch
    used: set[str] = set()
    for brief in briefs.values():
        used |= {proof.id for message in brief.messages for proof in message.proofs}
        used |= {study.id for study in brief.studies}
    used |= {line.product.id for line in pitch.lines}
    return Manifest(
        plan=pitch.source.plan.plan,
        account=pitch.customer.account.id if pitch.customer.account else "",
        customer=pitch.customer.name,
        decision_id=decision.id,
        play=decision.play.play.id,
        play_version=decision.play.play.version,
        as_of=lab.as_of,
        uses=tuple(sorted(used)),
        packs=before.packs if before else (),
    )
