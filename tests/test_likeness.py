"""How much of their wording packs share: advice over a batch."""

from __future__ import annotations

from tests.writers.sample import line, one_page
from winlab.document import Document, Note, Paragraph, Quote
from winlab.likeness import Compared, alike, masked

SHARED = tuple(f"Sentence {word} stands in both of these packs." for word in "abcdefg")
OWN = tuple(f"Only this one says what {word} is about." for word in "hijklmn")
OTHER = tuple(f"Quite another reader learns of {word} in it." for word in "opqrstu")


def pack(
    *sentences: str, customer: str = "Bay Latex", role: str = "cfo", plan: str = "bay",
    play: str = "invest", language: str = "en",
) -> Compared:  # fmt: skip
    blocks = [Paragraph(content=line(text)) for text in sentences]
    document: Document = one_page(*blocks, title="A title").model_copy(
        update={"customer": customer, "role": role, "running": "", "language": language}
    )
    return Compared(plan, play, document)


def codes(*packs: Compared, approved: tuple[str, ...] = ()) -> list[str]:
    return [problem.code for problem in alike(packs, approved)]


def test_two_customers_packs_differ_by_two_fifths() -> None:
    other = {"customer": "Oak Paints", "plan": "oak"}
    assert codes(pack(*SHARED), pack(*SHARED, **other)) == ["customers-alike"]
    assert codes(pack(*SHARED[:4], *OWN[:3]), pack(*SHARED[:4], *OTHER[:3], **other)) == []
    assert codes(pack(*SHARED[:5], *OWN[:2]), pack(*SHARED[:5], *OTHER[:2], **other)) == [
        "customers-alike"
    ]
    assert codes(pack(*SHARED), pack(*SHARED, **other, play="defend")) == []
    assert codes(pack(*SHARED), pack(*SHARED, **other, language="de")) == []


def test_two_roles_packs_differ_by_three_fifths() -> None:
    assert codes(pack(*SHARED), pack(*SHARED, role="ceo")) == ["roles-alike"]
    assert codes(pack(*SHARED[:2], *OWN[:5]), pack(*SHARED[:2], *OTHER[:5], role="ceo")) == []
    assert codes(pack(*SHARED), pack(*SHARED, role="ceo", plan="oak", customer="Oak")) == []


def test_names_and_numbers_make_no_difference() -> None:
    one = [f"At Bay Latex line {n} stops for 14 hours a month." for n in "abc"]
    two = [f"At Oak Paints line {n} stops for 9.5 hours a month." for n in "abc"]
    assert codes(pack(*one), pack(*two, customer="Oak Paints", plan="oak")) == ["customers-alike"]
    assert masked("Bay Latex saves USD 1,250!", ["Bay Latex"]) == "# saves usd #"


def test_approved_wording_and_quotes_do_not_count() -> None:
    ours, theirs = (*SHARED, *OWN[:1]), (*SHARED, *OTHER[:1])
    assert codes(pack(*ours), pack(*theirs, role="ceo")) == ["roles-alike"]
    assert codes(pack(*ours), pack(*theirs, role="ceo"), approved=SHARED) == []
    cited = [Paragraph(content=(*line(text), Note(source="a"))) for text in SHARED]
    quoted = [Quote(content=line(text), by="Maria") for text in SHARED]
    fixed = one_page(*cited, *quoted, title="A title").model_copy(update={"running": ""})
    both = [Compared("bay", "invest", fixed.model_copy(update={"role": r})) for r in ("cfo", "ceo")]
    assert codes(*both) == []
