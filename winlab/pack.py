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
from winlab.bar_of import bar_of, bar_of_industry
from winlab.brand import Brand
from winlab.brief import CustomerBrief, ValueCard
from winlab.briefing import customer_briefs
from winlab.coaching import rep_brief
from winlab.compose import Setting, compose, front_matter
from winlab.decide import Decision
from winlab.document import Document, Goal, fingerprint
from winlab.facts import Audience
from winlab.figures import MISSING_SENTENCE, Builder, Teller, builder_of
from winlab.fit import fit
from winlab.industry_brief import IndustryBrief
from winlab.inputs import Claim, PdfEngine, Play, Role
from winlab.lab import Lab, decide_source
from winlab.leaks import Secrets
from winlab.phrases import NOT_APPLICABLE
from winlab.pitch import Pitch
from winlab.preflight import preflight
from winlab.problems import NOWHERE, Exit, Problem, Stopped, error, errors, grouped, problem_of
from winlab.quality import Bar
from winlab.read import IndustrySource, PlanSource, read_any_plan
from winlab.secrets_of import secrets_of, secrets_of_industry
from winlab.standard import industry_briefs, resolve_industry
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
from winlab.templates import STANDARD, coach_language, page_places, template_name
from winlab.used import claims_of, held
from winlab.writers import Written
from winlab.writers.engine import engine

COACH = "coach"
WINLAB = f"winlab {installed('winlab')}"
"""Part of a pack's fingerprint."""
MIN_STUDY_TABLES = 2
FORMATS = ("pdf", "docx")
WITHDRAWING = frozenset(
    {
        "gap", "conflict", "play-ruled-out", "play-expired", "no-floor",
        "below-floor", "below-limit", "below-approval",
        "approval-by", "approval-date", "approval-product",
        "pack-refused", "source-missing", MISSING_SENTENCE,
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

    source: PlanSource | IndustrySource
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
class _Wanted:
    """A pack to be made: the brief that fills it, what filled that, and the words around a page."""

    role: str
    teller: Teller
    brief: CustomerBrief | IndustryBrief
    running: str
    confidentiality: str
    goals: tuple[Goal, ...]

    @property
    def audience(self) -> Audience:
        """Whom it is for."""
        return Audience.REP if self.role == COACH else Audience.CUSTOMER

    @property
    def kind(self) -> Kind:
        """The role and language."""
        return self.role, self.teller.language


@dataclass(frozen=True)
class _Order:
    """All packs that a plan asks for, and what they share.

    ``bar`` is what they are measured against, but for what each has of its own. ``slug`` begins
    the names of files; ``account`` and ``owner`` say in the manifest whose they are. ``standard``
    packs are those of an industry, and name no customer.
    """

    source: PlanSource | IndustrySource
    wanted: tuple[_Wanted, ...]
    industry: str
    customer: str
    slug: str
    account: str
    owner: str
    bar: Bar
    claims: tuple[Claim, ...]
    play: Play | None
    problems: tuple[Problem, ...]
    decision_id: str = ""
    status: str = ""
    standard: bool = False


@dataclass(frozen=True)
class _Draft:
    """A pack on its way: its Document and bounds, or why there is none."""

    wanted: _Wanted
    document: Document | None
    bounds: tuple[int, int]
    problems: list[Problem] = field(default_factory=list)
    template: str = ""

    @property
    def applies(self) -> bool:
        """Whether the pack has something to say to its role."""
        return all(problem.code != NOT_APPLICABLE for problem in self.problems)


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
    source = read_any_plan(path, lab.workspace.root)
    before = earlier(out / source.name, formats)
    result = make(lab, source, before, roles=roles, formats=formats, announce=announce)
    return put_away(result, out, announce)


def earlier(folder: Path, formats: Sequence[str]) -> Earlier | None:
    """What an earlier run left of a plan, with the packs whose files are all as it wrote them."""
    manifest = previous(folder)
    return Earlier(folder, manifest, intact(folder, manifest, formats)) if manifest else None


def make(
    lab: Lab,
    source: PlanSource | IndustrySource,
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
        announce("deciding")
        return _made(lab, _order(lab, source, as_of), as_of, before, roles, formats, announce)
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        other_day = _other_day(lab, before)
        withdraws = _withdraws(stopped.problems) and not other_day
        return Halted(source, tuple(stopped.problems), withdraws, _turns(lab, as_of))


def _made(
    lab: Lab, order: _Order, as_of: AsOf, before: Earlier | None, roles: Sequence[Role],
    formats: Sequence[str], announce: Announce,
) -> Made:  # fmt: skip
    odd = lab.brand_problems
    wanted = _chosen(order, roles)
    content = _content(lab, order, wanted)
    kinds = {pack.kind for pack in wanted}
    packs: list[MadePack] = []
    idle: list[_Draft] = []
    if not (before and before.manifest.content == content and kinds <= before.intact):
        drafts = [_composed(lab, order, pack, announce) for pack in wanted]
        idle = [draft for draft in drafts if not draft.applies]
        drafts = [draft for draft in drafts if draft.applies]
        for_customers = [d for d in drafts if d.wanted.audience is Audience.CUSTOMER]
        customers = [d.document for d in for_customers if d.document]
        for draft in for_customers:
            draft.problems.extend(one_core(customers))
        finished = (_finished(lab, order, draft, before, formats, announce) for draft in drafts)
        packs = [pack for pack in finished if pack]
    left = {draft.wanted.kind for draft in idle}
    told = [p for draft in idle for p in _of_pack(draft.problems, draft.wanted.role)]
    return Made(
        manifest=_manifest(lab, order, content),
        packs=tuple(packs),
        wanted=frozenset(kinds - left),
        asked=frozenset(pack.kind for pack in order.wanted) - left,
        play=order.play.id if order.play else "",
        status=order.status,
        problems=(*odd, *order.problems, *told),
        turns=_turns(lab, as_of),
    )


def put_away(result: Made | Halted, out: Path, announce: Announce = lambda _: None) -> Outcome:
    """Writes what was made, or withdraws the earlier packs of a plan that stopped.

    Raises :class:`Stopped` for the latter with all that is to be said.
    """
    if isinstance(result, Halted):
        folder = out / result.source.name
        whose = result.source.whose
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


def _chosen(order: _Order, roles: Sequence[Role]) -> list[_Wanted]:
    """The packs for the roles that were asked for, with the coach sheet; all where none were."""
    asked = [pack.role for pack in order.wanted if pack.role != COACH]
    if unasked := [role.value for role in roles if role not in asked]:
        raise Stopped(
            [
                error("role-not-asked", f"the plan asks for no pack for {', '.join(unasked)}",
                      "asked for: " + ", ".join(asked))
            ],
            Exit.USAGE,
        )  # fmt: skip
    return [pack for pack in order.wanted if not roles or pack.role in {COACH, *roles}]


def _withdraws(problems: Sequence[Problem]) -> bool:
    return any(problem.code in WITHDRAWING for problem in errors(problems))


def _other_day(lab: Lab, before: Earlier | None) -> bool:
    """Whether this run only asks what would be on another day than the packs were made for."""
    return lab.day_asked and before is not None and before.manifest.as_of != lab.as_of


def _content(lab: Lab, order: _Order, wanted: Sequence[_Wanted]) -> str:
    """A digest of all that a plan's packs are made from, so that nothing need be composed again."""
    settings = lab.workspace.file.workspace
    parts = [
        *order.source.roles,
        *(f"{pack.kind} {pack.brief.model_dump_json()}" for pack in wanted),
        *(f"{pack.teller.locale} {pack.teller.untold}" for pack in wanted),
        *(f"{name} {text}" for name, text in sorted(lab.templates.files.items())),
        f"{settings.company} {settings.language}", engines(lab), order.bar.secrets.digest,
    ]  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _exit_code(records: Sequence[PackRecord]) -> Exit:
    refused = [record.status == "refused" for record in records]
    if refused and all(refused):
        return Exit.INPUT
    return Exit.PARTLY if any(refused) else Exit.DONE


# ---------------------------------------------------------------- ordering


def _order(lab: Lab, source: PlanSource | IndustrySource, as_of: AsOf) -> _Order:
    """What a plan asks for; raises :class:`Stopped` if there is a problem that stops all of it."""
    if isinstance(source, IndustrySource):
        return _industry_order(lab, source, as_of)
    return _customer_order(lab, source, as_of)


def _customer_order(lab: Lab, source: PlanSource, as_of: AsOf) -> _Order:
    """The packs of a customer's plan, the coach sheet last."""
    decision = decide_source(lab, source, as_of)
    if decision.play is None or errors(decision.problems):
        raise Stopped(grouped(decision.problems))
    pitch = decision.pitch
    builder = _builder(lab, decision, pitch.language)
    briefs = customer_briefs(builder)
    for_coach, core = builder, next(iter(briefs.values()))
    if (language := _coach_language(lab, pitch)) != builder.language:
        for_coach = _builder(lab, decision, language)
        core = next(iter(customer_briefs(for_coach).values()))
    coach = rep_brief(for_coach, core)
    told = [*builder.problems, *(p for p in for_coach.problems if p not in builder.problems)]
    if errors(told):
        raise Stopped(grouped([*decision.problems, *told]))

    packs = [_customers(decision, role.value, builder, brief) for role, brief in briefs.items()]
    packs.append(_customers(decision, COACH, for_coach, coach))
    secrets = secrets_of(decision, lab.workspace, coach, str(builder.locale))
    return _Order(
        source=source,
        wanted=tuple(packs),
        industry=pitch.customer.industry.id,
        customer=pitch.customer.name,
        slug=pitch.customer.slug,
        account=pitch.customer.account.id if pitch.customer.account else "",
        owner=pitch.customer.name,
        bar=bar_of(decision, lab.workspace, coach, secrets, decision.as_of),
        claims=claims_of(decision),
        play=decision.play.play,
        problems=(*decision.problems, *told),
        decision_id=decision.id,
        status=decision.status.value,
    )


def _customers(decision: Decision, role: str, builder: Builder, brief: CustomerBrief) -> _Wanted:
    """A pack of a customer's, or the coach sheet, with the words around its pages."""
    customer, frame = decision.pitch.customer, _frame(builder)
    where = f"{customer.name}, {customer.site}"
    people = [f"{p.name}, {p.title}" for p in brief.addressees]
    running = f"{where} · {frame.for_whom} {wording.join_words(people, builder.locale)}"
    secrecy = frame.confidential.format(customer.name)
    if role == COACH:
        running, secrecy = f"{where} · {decision.pitch.rep.name}", frame.internal
    return _Wanted(role, builder, brief, running, secrecy, _goals(brief, frame, builder.locale))


def _industry_order(lab: Lab, source: IndustrySource, as_of: AsOf) -> _Order:
    """The standard packs of an industry's plan."""
    workspace = lab.workspace
    standard = resolve_industry(source, workspace, as_of)
    currency = workspace.file.workspace.currency
    locale = _locale(lab, standard.language)
    teller = Teller(workspace, standard.language, locale, currency)
    briefs, claims = industry_briefs(standard, teller, lab.rules, as_of)
    if errors(teller.problems):
        raise Stopped(grouped([*standard.problems, *teller.problems]))

    brief = next(iter(briefs.values()))
    secrets = secrets_of_industry(workspace, standard.products, currency, str(locale))
    return _Order(
        source=source,
        wanted=tuple(_standards(role.value, teller, found) for role, found in briefs.items()),
        industry=standard.industry.id,
        customer="",
        slug=source.name,
        account="",
        owner=standard.industry.id,
        bar=bar_of_industry(brief, secrets),
        claims=claims,
        play=standard.play.play if standard.play else None,
        problems=(*standard.problems, *teller.problems),
        standard=True,
    )


def _standards(role: str, teller: Teller, brief: IndustryBrief) -> _Wanted:
    """A standard pack with the words around its pages: what it is about, and until when."""
    frame, label = _frame(teller), brief.industry.label
    goals = [Goal(label=frame.industry, value=label)]
    if brief.benchmarks:
        plants = max(one.n for one in brief.benchmarks)
        period = max(one.period for one in brief.benchmarks)
        goals.append(Goal(label=frame.figures, value=f"{plants} {brief.words['plants']}, {period}"))
    until = wording.short_date(brief.valid_until, teller.locale)
    goals.append(Goal(label=frame.valid_until, value=until))
    running = f"{label} · {frame.for_whom} {brief.readers}"
    return _Wanted(role, teller, brief, running, frame.standard, tuple(goals))


def _frame(teller: Teller) -> wording.Frame:
    """The words around a page; English ones where the language has none, which is told."""
    return wording.FRAMES.get(teller.language, wording.FRAMES["en"])


def _locale(lab: Lab, language: str) -> Locale:
    """The workspace's locale if that writes the language."""
    locale = Locale.parse(lab.workspace.file.workspace.locale)
    return locale if locale.language == language else Locale.parse(language)


def _builder(lab: Lab, decision: Decision, language: str) -> Builder:
    """Fills briefs of a decision in a language."""
    return builder_of(decision, lab.workspace, lab.groups, _locale(lab, language))


def _coach_language(lab: Lab, pitch: Pitch) -> str:
    default = lab.workspace.file.workspace.language
    return coach_language(lab.templates.files, pitch.customer.industry.id, pitch.language, default)


# ---------------------------------------------------------------- composing


def _composed(lab: Lab, order: _Order, pack: _Wanted, announce: Announce) -> _Draft:
    """A pack's Document, not yet settled to its pages; problems instead if it cannot be made."""
    announce(f"composing {pack.role}")
    language = pack.teller.language
    default = lab.workspace.file.workspace.language
    name = _template(lab, order, pack)
    missing: list[Problem] = []
    if name is None:
        variant = "" if language == default else f"@{language}"
        wanted = f"{STANDARD if order.standard else ''}{pack.role}{variant}.md"
        missing.append(
            error("no-template", f"there is no template for {pack.role} in {language!r}",
                  f"write {lab.templates.folder}/{wanted}, or take the pack out of the plan",
                  order.source.place("roles" if order.standard else "packs"))
        )  # fmt: skip
    if language not in wording.FRAMES:
        missing.append(
            error("no-frame", "the words around a page are not known in "
                  f"{language!r}", f"known are {', '.join(wording.FRAMES)}",
                  order.source.place("language"))
        )  # fmt: skip
    if name is None or missing:
        return _Draft(pack, None, (0, 0), missing)
    setting = Setting(
        language=language,
        locale=str(pack.teller.locale),
        role=pack.role,
        audience=pack.audience,
        company=lab.workspace.file.workspace.company,
        customer=order.customer,
        running=pack.running,
        confidentiality=pack.confidentiality,
        goals=pack.goals,
        untold=pack.teller.untold,
    )
    try:
        matter = front_matter(lab.templates, name)
        document, problems = compose(lab.templates, name, pack.brief.model_dump(), setting)
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        return _Draft(pack, None, (0, 0), list(stopped.problems))
    return _Draft(pack, document, matter.pages, list(problems), name)


def bars(lab: Lab, path: Path) -> tuple[str, dict[str, Bar]]:
    """A plan's decision by its id, and what each of its packs is measured against, by role.

    Raises :class:`Stopped` if the plan cannot be decided any more.
    """
    order = _order(lab, read_any_plan(path, lab.workspace.root), AsOf.of(lab.as_of))
    found: dict[str, Bar] = {}
    for pack in order.wanted:
        name = _template(lab, order, pack)
        if name is not None:
            pages = front_matter(lab.templates, name).pages
            found[pack.role] = _bar(lab, order, _Draft(pack, None, pages, [], name))
    return order.decision_id, found


def missing_sentences(lab: Lab, source: PlanSource | IndustrySource) -> list[Problem]:
    """The sentences that a plan's packs print and their language lacks; nothing is laid out.

    Each names the packs that print it. Raises :class:`Stopped` if the plan cannot be decided.
    """
    order = _order(lab, source, AsOf.of(lab.as_of))
    return grouped(
        replace(problem, packs=(f"{source.name} ({pack.role})",))
        for pack in order.wanted
        for problem in _composed(lab, order, pack, lambda _: None).problems
        if problem.code == MISSING_SENTENCE
    )


def _template(lab: Lab, order: _Order, pack: _Wanted) -> str | None:
    """A role's template; the short form for R&D where studies hold too few tables."""
    default = lab.workspace.file.workspace.language
    prefix = STANDARD if order.standard else ""

    def named(role: str) -> str | None:
        return template_name(
            lab.templates.files, f"{prefix}{role}", order.industry, pack.teller.language, default
        )

    name = named(pack.role)
    if pack.role == Role.RND_MANAGER.value and _tables(pack.brief) < MIN_STUDY_TABLES:
        return named(f"{pack.role}-brief") or name
    return name


def _tables(brief: CustomerBrief | IndustryBrief) -> int:
    """How many tables of approved studies there are on the plan's first product."""
    return sum(len(study.tables) for study in brief.studies if study.product == brief.product.id)


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
    lab: Lab, order: _Order, draft: _Draft, before: Earlier | None, formats: Sequence[str],
    announce: Announce,
) -> MadePack | None:  # fmt: skip
    """A pack's files, proved against the quality bar; None if they are as they were."""
    if draft.document is None:
        return _refused(lab, order, draft, before)
    bar = _bar(lab, order, draft)
    composed = _composed_digest(lab, draft)
    record = before and before.record(draft.wanted.kind)
    if before and record and record.composed == composed:
        if record.bar == bar.digest:
            return None
        if files := read_files(before.folder, record):
            announce(f"proving {draft.wanted.role}")
            return _proved_again(lab, draft, before, record, files, bar)
    try:
        pack = _written(lab, order, draft, bar, composed, before, formats, announce)
    except Stopped as stopped:
        if stopped.exit_code is not Exit.INPUT:
            raise
        draft.problems.extend(stopped.problems)
        return _refused(lab, order, draft, before)
    return pack


def _written(
    lab: Lab, order: _Order, draft: _Draft, bar: Bar, composed: str, before: Earlier | None,
    formats: Sequence[str], announce: Announce,
) -> MadePack:  # fmt: skip
    """A pack settled to its pages, written in each format, and proved."""
    assert draft.document is not None
    role, language = draft.wanted.kind
    document, more = fit(draft.document, lab.brand, lab.pdf_engine)
    problems = [*draft.problems, *more]
    digest = pack_fingerprint(document, lab)
    manifest = before.manifest if before else None
    issued = issue_date(manifest, role, digest, lab.as_of)
    version = fingerprint(document)[:6].upper()
    data: dict[str, bytes] = {}
    for extension in formats:
        announce(f"writing {role} {extension}")
        written = write(extension, document, lab.brand, issued, version, lab.pdf_engine)
        data[extension] = written.data
        problems.extend(written.problems)
    announce(f"proving {role}")
    problems = [_placed(problem, bar.secrets, lab.brand) for problem in problems]
    findings = preflight(document, bar, data)
    uses = held(document, order.claims, order.play, lab.workspace)
    return MadePack(
        role, draft.wanted.audience.value, language, bar.stem, digest, issued, version,
        len(document.pages), data, document.dropped, _of_pack(problems, role),
        refused=bool(errors([*problems, *findings])), keeps_earlier=_other_day(lab, before),
        document=document.model_dump_json(indent=1).encode() + b"\n",
        findings=_of_pack(findings, role), uses=uses, composed=composed, bar=bar.digest,
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
    lab: Lab, draft: _Draft, before: Earlier, record: PackRecord, files: dict[str, bytes], bar: Bar
) -> MadePack:
    """An earlier pack's files, whose content stands, proved against what the bar is now."""
    role, language = draft.wanted.kind
    document = files.pop(DOCUMENT)
    findings = preflight(Document.model_validate_json(document), bar, files)
    problems = tuple(map(problem_of, record.problems))
    return MadePack(
        role, draft.wanted.audience.value, language, bar.stem, record.fingerprint,
        record.issued, record.version, record.pages, files, record.dropped, problems,
        refused=bool(errors([*problems, *findings])), keeps_earlier=_other_day(lab, before),
        document=document, findings=_of_pack(findings, role),
        uses=record.uses, composed=record.composed, bar=bar.digest,
        pdf_engine=record.pdf_engine,
    )  # fmt: skip


def _refused(lab: Lab, order: _Order, draft: _Draft, before: Earlier | None) -> MadePack:
    """A pack that could not be made."""
    role, language = draft.wanted.kind
    return MadePack(
        role, draft.wanted.audience.value, language, _stem(order, draft), "", lab.as_of,
        "", 0, {}, (), _of_pack(draft.problems, role), refused=True,
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


def _stem(order: _Order, draft: _Draft) -> str:
    role, language = draft.wanted.kind
    return f"{order.slug}-{role}.{language}"


def pack_fingerprint(document: Document, lab: Lab) -> str:
    """A digest of all that a pack's bytes depend on, the issue date excepted."""
    return hashlib.sha256(f"{fingerprint(document)}\n{engines(lab)}".encode()).hexdigest()


def _composed_digest(lab: Lab, draft: _Draft) -> str:
    """The same of a pack that is not yet settled to its pages, with what was said of it."""
    assert draft.document is not None
    parts = [fingerprint(draft.document), engines(lab), *map(str, draft.problems)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def engines(lab: Lab) -> str:
    """What draws a pack, with versions, and the brand's digest."""
    from winlab import vega
    from winlab.writers import docx

    drawn_by = [vega.ENGINE, engine(lab.pdf_engine).identity, docx.ENGINE]
    return "\n".join([lab.brand.fingerprint, WINLAB, *drawn_by])


def _bar(lab: Lab, order: _Order, draft: _Draft) -> Bar:
    return replace(
        order.bar,
        pages=draft.bounds,
        technical=draft.wanted.role == Role.RND_MANAGER.value,
        stem=_stem(order, draft),
        places=page_places(lab.templates, draft.template),
    )


def _manifest(lab: Lab, order: _Order, content: str) -> Manifest:
    return Manifest(
        plan=order.source.name,
        account=order.account,
        customer=order.owner,
        decision_id=order.decision_id,
        play=order.play.id if order.play else "",
        play_version=order.play.version if order.play else "",
        as_of=lab.as_of,
        content=content,
        packs=(),
    )
