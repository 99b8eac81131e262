"""One job from plan to files; reads as the table of contents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.metadata import version as installed
from pathlib import Path

from babel import Locale

from winlab import wording
from winlab.agreement import one_core
from winlab.as_of import AsOf
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
from winlab.inputs import PdfEngine, Plan, Role
from winlab.lab import Lab, decide_source
from winlab.leaks import Secrets
from winlab.pitch import Pitch
from winlab.preflight import preflight
from winlab.problems import NOWHERE, Exit, Problem, Stopped, error, errors, grouped, problem_of
from winlab.quality import Bar
from winlab.read import PlanSource, read_plan
from winlab.secrets_of import secrets_of
from winlab.store import (
    DOCUMENT,
    Announce,
    Kind,
    MadePack,
    Manifest,
    PackRecord,
    finished_files,
    intact,
    issue_date,
    previous,
    read_files,
    standing,
    store,
    withdraw,
)
from winlab.templates import coach_language, page_places, template_name
from winlab.used import held
from winlab.writers import Written
from winlab.writers.engine import engine

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
class Earlier:
    """What an earlier run left in a plan's folder.

    ``intact`` are the packs whose files are all as that run wrote them.
    """

    folder: Path
    manifest: Manifest
    intact: frozenset[Kind]

    def record(self, kind: Kind) -> PackRecord | None:
        """An intact pack's record."""
        found = (record for record in self.manifest.packs if record.kind == kind)
        return next(found, None) if kind in self.intact else None


@dataclass(frozen=True)
class Made:
    """A plan's packs, finished but not written.

    ``packs`` are those made anew; of the ``wanted`` ones the rest stay as they are. ``asked`` are
    all that the plan asks for. The result holds until the day ``turns``.
    """

    manifest: Manifest
    packs: tuple[MadePack, ...]
    wanted: frozenset[Kind]
    asked: frozenset[Kind]
    play: str
    status: str
    problems: tuple[Problem, ...]
    turns: date | None


@dataclass(frozen=True)
class Halted:
    """A plan that stopped; whether that withdraws its earlier packs."""

    plan: Plan
    problems: tuple[Problem, ...]
    withdraws: bool
    turns: date | None


@dataclass(frozen=True)
class Outcome:
    """What became of one plan; ``made`` are the roles whose packs were made anew."""

    plan: str
    play: str
    status: str
    manifest: Manifest
    made: tuple[str, ...]
    files: tuple[Path, ...]
    refused: tuple[Path, ...]
    refused_roles: tuple[str, ...]
    problems: tuple[Problem, ...]
    exit_code: Exit


@dataclass(frozen=True)
class _Draft:
    """A pack on its way: its role, Document and bounds, or why there is none."""

    role: str
    audience: Audience
    language: str
    document: Document | None
    bounds: tuple[int, int]
    problems: list[Problem] = field(default_factory=list)
    template: str = ""

    @property
    def kind(self) -> Kind:
        """The role and language."""
        return self.role, self.language


@dataclass(frozen=True)
class _Wanted:
    """A pack to be made, with the brief that fills it and what filled that."""

    role: str
    builder: Builder
    brief: CustomerBrief

    @property
    def kind(self) -> Kind:
        """The role and language."""
        return self.role, self.builder.language


@dataclass(frozen=True)
class _Briefed:
    """A decided plan with the brief of each of its packs, and what they must not say."""

    decision: Decision
    wanted: tuple[_Wanted, ...]
    coach: RepBrief
    secrets: Secrets
    problems: tuple[Problem, ...]


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
    source = read_plan(path, lab.workspace.root)
    before = earlier(out / source.plan.plan, formats)
    result = make(lab, source, before, roles=roles, formats=formats, announce=announce)
    return put_away(result, out, announce)


def earlier(folder: Path, formats: Sequence[str]) -> Earlier | None:
    """What an earlier run left of a plan, with the packs whose files are all as it wrote them."""
    manifest = previous(folder)
    return Earlier(folder, manifest, intact(folder, manifest, formats)) if manifest else None


def make(
    lab: Lab,
    source: PlanSource,
    before: Earlier | None = None,
    *,
    roles: Sequence[Role] = (),
    formats: Sequence[str] = FORMATS,
    announce: Announce = lambda _: None,
) -> Made | Halted:
    """Decides a plan and makes its packs, as far as they are not as they were; writes nothing.

    Raises :class:`Stopped` for roles that the plan does not ask for, and for faults of the machine.
    """
    as_of = AsOf.of(lab.as_of)
    try:
        return _made(lab, source, as_of, before, roles, formats, announce)
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        other_day = _other_day(lab, before)
        withdraws = _withdraws(stopped.problems) and not other_day
        return Halted(source.plan, tuple(stopped.problems), withdraws, _turns(lab, as_of))


def _made(
    lab: Lab, source: PlanSource, as_of: AsOf, before: Earlier | None, roles: Sequence[Role],
    formats: Sequence[str], announce: Announce,
) -> Made:  # fmt: skip
    announce("deciding")
    odd = lab.brand_problems
    briefed = _briefed(lab, source, as_of)
    decision, secrets = briefed.decision, briefed.secrets
    asked = [pack for pack in briefed.wanted if pack.role != COACH]
    _stop_on_unasked(roles, [pack.role for pack in asked])
    wanted = [
        pack for pack in briefed.wanted if not roles or pack.role in {COACH, *roles}
    ]  # fmt: skip
    content = _content(lab, wanted, secrets)
    kinds = {pack.kind for pack in wanted}
    said = [*odd, *decision.problems, *briefed.problems]
    if before and before.manifest.content == content and kinds <= before.intact:
        packs: list[MadePack] = []
    else:
        drafts = [_composed(lab, pack.builder, pack.role, pack.brief, announce) for pack in wanted]
        customers = [d.document for d in drafts if d.document and d.audience is Audience.CUSTOMER]
        for draft in drafts:
            if draft.audience is Audience.CUSTOMER:
                draft.problems.extend(one_core(customers))
        finished = (_finished(lab, briefed, draft, before, formats, announce) for draft in drafts)
        packs = [pack for pack in finished if pack]
    return Made(
        manifest=_manifest(lab, decision, content),
        packs=tuple(packs),
        wanted=frozenset(kinds),
        asked=frozenset(pack.kind for pack in briefed.wanted),
        play=decision.play.play.id if decision.play else "",
        status=decision.status.value,
        problems=tuple(said),
        turns=_turns(lab, as_of),
    )


def _briefed(lab: Lab, source: PlanSource, as_of: AsOf) -> _Briefed:
    """Decides a plan and fills the briefs of all its packs, the coach sheet's last.

    Raises :class:`Stopped` if there is a problem that stops them all.
    """
    decision = decide_source(lab, source, as_of)
    if decision.play is None or errors(decision.problems):
        raise Stopped(grouped(decision.problems))
    builder = _builder(lab, decision, decision.pitch.language)
    briefs = customer_briefs(builder)
    for_coach, core = builder, next(iter(briefs.values()))
    if (language := _coach_language(lab, decision.pitch)) != builder.language:
        for_coach = _builder(lab, decision, language)
        core = next(iter(customer_briefs(for_coach).values()))
    coach = rep_brief(for_coach, core)
    told = [*builder.problems, *(p for p in for_coach.problems if p not in builder.problems)]
    if errors(told):
        raise Stopped(grouped([*decision.problems, *told]))
    wanted = [_Wanted(role.value, builder, brief) for role, brief in briefs.items()]
    wanted.append(_Wanted(COACH, for_coach, coach))
    secrets = secrets_of(decision, lab.workspace, coach, str(builder.locale))
    return _Briefed(decision, tuple(wanted), coach, secrets, tuple(told))


def put_away(result: Made | Halted, out: Path, announce: Announce = lambda _: None) -> Outcome:
    """Writes what was made, or withdraws the earlier packs of a plan that stopped.

    Raises :class:`Stopped` for the latter with all that is to be said.
    """
    if isinstance(result, Halted):
        plan = result.plan
        whose = (plan.account, "") if isinstance(plan.account, str) else ("", plan.account.new)
        folder = out / plan.plan
        told = withdraw(folder, *whose, announce) if result.withdraws else standing(folder)
        raise Stopped([*result.problems, *told])
    folder = out / result.manifest.plan
    before = previous(folder)
    said: tuple[Problem, ...] = ()
    if result.packs or before is None or before.content != result.manifest.content:
        announce("storing")
        said = store(folder, result.manifest, result.packs, result.asked, announce)
    manifest = previous(folder) or result.manifest
    made = {pack.kind: "refused" if pack.refused else "released" for pack in result.packs}
    records = [
        record
        for record in manifest.packs
        if record.kind in result.wanted and made.get(record.kind, record.status) == record.status
    ]
    problems = [
        *result.problems, *said,
        *(problem_of(found) for record in records for found in record.problems),
        *(problem_of(found) for record in records for found in record.findings),
    ]  # fmt: skip
    return Outcome(
        result.manifest.plan, result.play, result.status, manifest,
        tuple(sorted(role for role, _ in made)),
        finished_files(folder, records, "released"), finished_files(folder, records, "refused"),
        tuple(record.role for record in records if record.status == "refused"),
        tuple(grouped(problems)), _exit_code(records),
    )  # fmt: skip


def _turns(lab: Lab, as_of: AsOf) -> date | None:
    """The first day on which a comparison of dates that was made turns."""
    return min((day for day in (as_of.turns, lab.groups_turn) if day), default=None)


def _stop_on_unasked(roles: Sequence[Role], asked: Sequence[str]) -> None:
    if unasked := [role.value for role in roles if role not in asked]:
        raise Stopped(
            [
                error("role-not-asked", f"the plan asks for no pack for {', '.join(unasked)}",
                      "asked for: " + ", ".join(asked))
            ],
            Exit.USAGE,
        )  # fmt: skip


def _withdraws(problems: Sequence[Problem]) -> bool:
    return any(problem.code in WITHDRAWING for problem in errors(problems))


def _other_day(lab: Lab, before: Earlier | None) -> bool:
    """Whether this run only asks what would be on another day than the packs were made for."""
    return lab.day_asked and before is not None and before.manifest.as_of != lab.as_of


def _content(lab: Lab, wanted: Sequence[_Wanted], secrets: Secrets) -> str:
    """A digest of all that a plan's packs are made from, so that nothing need be composed again."""
    settings = lab.workspace.file.workspace
    asked = wanted[0].builder.decision.pitch.source.plan.packs
    parts = [
        *asked,
        *(f"{pack.kind} {pack.brief.model_dump_json()}" for pack in wanted),
        *(f"{pack.builder.locale} {pack.builder.untold}" for pack in wanted),
        *(f"{name} {text}" for name, text in sorted(lab.templates.files.items())),
        f"{settings.company} {settings.language}", _engines(lab), secrets.digest,
    ]  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _exit_code(records: Sequence[PackRecord]) -> Exit:
    refused = [record.status == "refused" for record in records]
    if all(refused):
        return Exit.INPUT
    return Exit.PARTLY if any(refused) else Exit.DONE


# ---------------------------------------------------------------- composing


def _builder(lab: Lab, decision: Decision, language: str) -> Builder:
    """Fills briefs in a language: with the workspace's locale if that writes it."""
    locale = Locale.parse(lab.workspace.file.workspace.locale)
    if locale.language != language:
        locale = Locale.parse(language)
    return Builder(decision, lab.workspace, lab.groups, language, locale)


def _coach_language(lab: Lab, pitch: Pitch) -> str:
    default = lab.workspace.file.workspace.language
    return coach_language(lab.templates.files, pitch.customer.industry.id, pitch.language, default)


def _template(lab: Lab, role: str, pitch: Pitch, language: str) -> str | None:
    default = lab.workspace.file.workspace.language
    return template_name(lab.templates.files, role, pitch.customer.industry.id, language, default)


def _template_of(
    lab: Lab, role: str, pitch: Pitch, language: str, brief: CustomerBrief
) -> str | None:
    """The template of a pack: the short form where there are too few studies for the long one."""
    short = None
    if role == Role.RND_MANAGER.value and _tables(brief) < MIN_STUDY_TABLES:
        short = _template(lab, f"{role}-brief", pitch, language)
    return short or _template(lab, role, pitch, language)


def _composed(
    lab: Lab, builder: Builder, role: str, brief: CustomerBrief, announce: Announce
) -> _Draft:
    """A pack's Document, not yet settled to its pages; problems instead if it cannot be made."""
    announce(f"composing {role}")
    pitch, language = builder.decision.pitch, builder.language
    audience = Audience.REP if role == COACH else Audience.CUSTOMER
    name = _template_of(lab, role, pitch, language, brief)
    missing: list[Problem] = []
    if name is None:
        default = lab.workspace.file.workspace.language
        variant = "" if language == default else f"@{language}"
        missing.append(
            error("no-template", f"there is no template for {role} in {language!r}",
                  f"write {lab.templates.folder}/{role}{variant}.md, "
                  "or take the pack out of the plan", pitch.source.place("packs"))
        )  # fmt: skip
    if language not in wording.FRAMES:
        missing.append(
            error("no-frame", "the words around a page are not known in "
                  f"{language!r}", f"known are {', '.join(wording.FRAMES)}",
                  pitch.source.place("language"))
        )  # fmt: skip
    if name is None or missing:
        return _Draft(role, audience, language, None, (0, 0), missing)
    try:
        matter = front_matter(lab.templates, name)
        setting = _setting(lab, builder, role, brief)
        document, problems = compose(lab.templates, name, brief.model_dump(), setting)
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        return _Draft(role, audience, language, None, (0, 0), list(stopped.problems))
    return _Draft(role, audience, language, document, matter.pages, list(problems), name)


def bars(lab: Lab, path: Path) -> tuple[Decision, dict[str, Bar]]:
    """A plan's decision, and what each of its packs is measured against, by role.

    Raises :class:`Stopped` if the plan cannot be decided any more.
    """
    briefed = _briefed(lab, read_plan(path, lab.workspace.root), AsOf.of(lab.as_of))
    found: dict[str, Bar] = {}
    for pack in briefed.wanted:
        pitch, language = briefed.decision.pitch, pack.builder.language
        name = _template_of(lab, pack.role, pitch, language, pack.brief)
        if name is not None:
            audience = Audience.REP if pack.role == COACH else Audience.CUSTOMER
            pages = front_matter(lab.templates, name).pages
            draft = _Draft(pack.role, audience, language, None, pages, [], name)
            found[pack.role] = _bar(lab, briefed, draft)
    return briefed.decision, found


def _tables(brief: CustomerBrief) -> int:
    """How many tables of approved studies there are on the plan's first product."""
    return sum(len(study.tables) for study in brief.studies if study.product == brief.product.id)


def _setting(lab: Lab, builder: Builder, role: str, brief: CustomerBrief) -> Setting:
    decision, locale = builder.decision, builder.locale
    frame = wording.FRAMES[builder.language]
    customer = decision.pitch.customer
    where = f"{customer.name}, {customer.site}"
    if role == COACH:
        running, secrecy = f"{where} · {decision.pitch.rep.name}", frame.internal
    else:
        people = wording.join_words([f"{p.name}, {p.title}" for p in brief.addressees], locale)
        running = f"{where} · {frame.for_whom} {people}"
        secrecy = frame.confidential.format(customer.name)
    return Setting(
        language=builder.language,
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
    goals = [Goal(label=frame.goal, value=wording.keep_together(brief.goal.action, locale))]
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
    lab: Lab, briefed: _Briefed, draft: _Draft, before: Earlier | None, formats: Sequence[str],
    announce: Announce,
) -> MadePack | None:  # fmt: skip
    """A pack's files, proved against the quality bar; None if they are as they were."""
    decision = briefed.decision
    if draft.document is None:
        return _refused(lab, decision, draft, before)
    bar = _bar(lab, briefed, draft)
    composed = _composed_digest(lab, draft)
    record = before and before.record(draft.kind)
    if before and record and record.composed == composed:
        if record.bar == bar.digest:
            return None
        announce(f"proving {draft.role}")
        return _proved_again(lab, draft, before, record, bar)
    try:
        pack = _written(lab, decision, draft, bar, composed, before, formats, announce)
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        draft.problems.extend(stopped.problems)
        return _refused(lab, decision, draft, before)
    return pack


def _written(
    lab: Lab, decision: Decision, draft: _Draft, bar: Bar, composed: str, before: Earlier | None,
    formats: Sequence[str], announce: Announce,
) -> MadePack:  # fmt: skip
    """A pack settled to its pages, written in each format, and proved."""
    assert draft.document is not None
    document, more = fit(draft.document, lab.brand, lab.pdf_engine)
    problems = [*draft.problems, *more]
    digest = pack_fingerprint(document, lab)
    manifest = before.manifest if before else None
    issued = issue_date(manifest, draft.role, digest, lab.as_of)
    version = fingerprint(document)[:6].upper()
    data: dict[str, bytes] = {}
    for extension in formats:
        announce(f"writing {draft.role} {extension}")
        written = write(extension, document, lab.brand, issued, version, lab.pdf_engine)
        data[extension] = written.data
        problems.extend(written.problems)
    announce(f"proving {draft.role}")
    problems = [_placed(problem, bar.secrets, lab.brand) for problem in problems]
    findings = preflight(document, bar, data)
    uses = held(document, decision, lab.workspace)
    return MadePack(
        draft.role, draft.audience.value, draft.language, bar.stem, digest, issued, version,
        len(document.pages), data, document.dropped, _of_pack(problems, draft.role),
        refused=bool(errors([*problems, *findings])), keeps_earlier=_other_day(lab, before),
        document=document.model_dump_json(indent=1).encode() + b"\n",
        findings=_of_pack(findings, draft.role), uses=uses, composed=composed, bar=bar.digest,
        pdf_engine=engine(lab.pdf_engine).identity,
    )  # fmt: skip


def _placed(problem: Problem, secrets: Secrets, brand: Brand) -> Problem:
    """A problem of letters that cannot be drawn, at the line of the plan that holds them."""
    if problem.code != "missing-glyph" or problem.place != NOWHERE:
        return problem

    def holds_one(text: str) -> bool:
        return any(f"U+{ord(char):04X}" in problem.message for char in brand.missing(text))

    return replace(problem, place=secrets.place_of(holds_one))


def _proved_again(
    lab: Lab, draft: _Draft, before: Earlier, record: PackRecord, bar: Bar
) -> MadePack:
    """An earlier pack's files, whose content stands, proved against what the bar is now."""
    files = read_files(before.folder, record)
    document = files.pop(DOCUMENT)
    findings = preflight(Document.model_validate_json(document), bar, files)
    problems = tuple(map(problem_of, record.problems))
    return MadePack(
        draft.role, draft.audience.value, draft.language, bar.stem, record.fingerprint,
        record.issued, record.version, record.pages, files, record.dropped, problems,
        refused=bool(errors([*problems, *findings])), keeps_earlier=_other_day(lab, before),
        document=document, findings=_of_pack(findings, draft.role),
        uses=record.uses, composed=record.composed, bar=bar.digest,
        pdf_engine=record.pdf_engine,
    )  # fmt: skip


def _refused(lab: Lab, decision: Decision, draft: _Draft, before: Earlier | None) -> MadePack:
    """A pack that could not be made."""
    return MadePack(
        draft.role, draft.audience.value, draft.language, _stem(decision, draft), "", lab.as_of,
        "", 0, {}, (), _of_pack(draft.problems, draft.role), refused=True,
        keeps_earlier=not _withdraws(draft.problems) or _other_day(lab, before),
    )  # fmt: skip


def _of_pack(problems: Sequence[Problem], role: str) -> tuple[Problem, ...]:
    """A pack's problems, each once and with the pack's name."""
    return tuple(replace(problem, packs=(role,)) for problem in grouped(problems))


def write(
    extension: str, document: Document, brand: Brand, issued: date, version: str,
    pdf_engine: PdfEngine,
) -> Written:  # fmt: skip
    """A Document in one format; its engine is imported only here."""
    if extension == "pdf":
        return engine(pdf_engine).pdf(document, brand, issued, version)
    from winlab.writers.docx import docx

    return docx(document, brand, issued, version)


def _stem(decision: Decision, draft: _Draft) -> str:
    return f"{decision.pitch.customer.slug}-{draft.role}.{draft.language}"


def pack_fingerprint(document: Document, lab: Lab) -> str:
    """A digest of all that a pack's bytes depend on, the issue date excepted."""
    return hashlib.sha256(f"{fingerprint(document)}\n{_engines(lab)}".encode()).hexdigest()


def _composed_digest(lab: Lab, draft: _Draft) -> str:
    """The same of a pack that is not yet settled to its pages, with what was said of it."""
    assert draft.document is not None
    parts = [fingerprint(draft.document), _engines(lab), *map(str, draft.problems)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _engines(lab: Lab) -> str:
    """What draws a pack, with versions, and the brand's digest."""
    from winlab import charts
    from winlab.writers import docx

    drawn_by = [charts.ENGINE, engine(lab.pdf_engine).identity, docx.ENGINE]
    return "\n".join([lab.brand.fingerprint, f"winlab {installed('winlab')}", *drawn_by])


def _bar(lab: Lab, briefed: _Briefed, draft: _Draft) -> Bar:
    decision = briefed.decision
    return bar_of(
        decision, lab.workspace, briefed.coach, briefed.secrets, decision.as_of,
        pages=draft.bounds,
        technical=draft.role == Role.RND_MANAGER.value,
        stem=_stem(decision, draft),
        places=page_places(lab.templates, draft.template),
    )  # fmt: skip


def _manifest(lab: Lab, decision: Decision, content: str) -> Manifest:
    assert decision.play is not None
    pitch = decision.pitch
    return Manifest(
        plan=pitch.source.plan.plan,
        account=pitch.customer.account.id if pitch.customer.account else "",
        customer=pitch.customer.name,
        decision_id=decision.id,
        play=decision.play.play.id,
        play_version=decision.play.play.version,
        as_of=lab.as_of,
        content=content,
        packs=(),
    )
