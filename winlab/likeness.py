"""The quality bar over many packs: how much of their wording they share. Advice, never a block."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from winlab.document import Contacts, Contents, Document, Note, Quote, lines_of, text_of, walk
from winlab.problems import Problem, note
from winlab.quality import sentences

MIN_OWN_BY_CUSTOMER = 0.4
MIN_OWN_BY_ROLE = 0.6
_NUMBER = re.compile(r"\d[\d.,\u00a0\u202f]*")
_WORDS = re.compile(r"[^\w#]+")


@dataclass(frozen=True)
class Compared:
    """A customer's pack among others: its plan, the play behind it, and its Document."""

    plan: str
    play: str
    document: Document


def alike(packs: Sequence[Compared], approved: Collection[str] = ()) -> Iterator[Problem]:
    """Point 4, and the 60 % of point 5: packs that say too much in the same words.

    ``approved`` is wording that may not be changed (claims, legal words, studies); what cites a
    source counts as approved too.
    """
    fixed = {masked(text) for text in approved}
    bodies = [(pack, _body(pack, fixed)) for pack in packs]
    for (one, body), (other, others) in combinations(bodies, 2):
        roles, customers = _two_roles(one, other), _two_customers(one, other)
        if (roles or customers) and body and others:
            own = 1 - len(body & others) / min(len(body), len(others))
            if roles and own < MIN_OWN_BY_ROLE:
                yield note(
                    "roles-alike", f"of {one.plan}, the packs for {one.document.role} and "
                    f"{other.document.role} differ in {own:.0%} of their sentences, "
                    f"{MIN_OWN_BY_ROLE:.0%} are wanted", "give each role its own evidence",
                )  # fmt: skip
            elif customers and own < MIN_OWN_BY_CUSTOMER:
                yield note(
                    "customers-alike", f"the {one.document.role} packs of {one.plan} and "
                    f"{other.plan} differ in {own:.0%} of their sentences, "
                    f"{MIN_OWN_BY_CUSTOMER:.0%} are wanted", "say more of what only this "
                    "customer told you",
                )  # fmt: skip


def _two_roles(one: Compared, other: Compared) -> bool:
    """Whether two packs say the same to two people of one customer."""
    same = (one.plan, one.document.language) == (other.plan, other.document.language)
    return same and one.document.role != other.document.role


def _two_customers(one: Compared, other: Compared) -> bool:
    """Whether two packs say the same to two customers: of one role, play and language."""
    kinds = [(p.play, p.document.role, p.document.language) for p in (one, other)]
    return kinds[0] == kinds[1] and one.document.customer != other.document.customer


def masked(text: str, names: Sequence[str] = ()) -> str:
    """A sentence without names and numbers, so that two of one mould are the same."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, " # ")
    return " ".join(_WORDS.split(_NUMBER.sub(" # ", text).casefold())).strip()


def _body(pack: Compared, fixed: Collection[str]) -> set[str]:
    """The sentences of a pack that are nobody's approved wording, masked."""
    document = pack.document
    names = [document.customer, document.company, *_people(document)]
    found: set[str] = set()
    for page in document.pages:
        for block in walk(page.blocks):
            if isinstance(block, Quote | Contacts | Contents):
                continue
            for line in lines_of(block):
                if not any(isinstance(part, Note) for part in line):
                    found |= {masked(s, names) for s in sentences([text_of(line)])}
    return {s for s in found if not any(s in text or text in s for text in fixed if text)}


def _people(document: Document) -> Iterator[str]:
    """The site and the people that a pack's head names, and those of its contact block."""
    where, _, whom = document.running.partition(" · ")
    yield from (part.strip() for part in (*where.split(","), *whom.split(",")))
