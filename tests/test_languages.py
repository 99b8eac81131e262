"""One plan in German and in French: every word, number and space as the language has it."""

from __future__ import annotations

import contextlib
import re
import shutil
import zipfile
import zlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest
from babel import Locale

from winlab.document import Document
from winlab.finished import read_finished
from winlab.lab import Lab, open_lab
from winlab.pack import Outcome, make_packs
from winlab.problems import Exit
from winlab.wording import keep_together, long_date, money, price, short_date, unit_words

ROOT = Path(__file__).parents[1]
PLANS = ROOT / "samples/chemicals/plans"
TODAY = date(2026, 12, 1)
GERMAN, FRENCH = "gulf-coast-latex-versuch", "gulf-coast-latex-essai"
ENGLISH = re.compile(
    r"\b(?:the|of|and|or|to|with|from|by|is|are|was|were|be|been|this|that|these|those|it|its|your"
    r"|you|we|they|their|which|who|what|when|where|than|then|not|no|yes|each|every|for|at|as|into"
    r"|year|month|hours?|cost|costs|estimate|estimates|peers?|value|low|high|base case|plant|site"
    r"|source|survey|record|records|median of|per|page|goal|worth|decide)\b",
    re.IGNORECASE,
)
SPELT_ALIKE = {
    "de": {"was", "an", "die", "hat"},
    "fr": {"site", "base", "source", "plus", "an", "page", "or", "peu", "are", "the", "note"},
}
"""English words that are words of the language, too."""
NAMES = ("Gulf Coast Latex", "Account Manager, Gulf region", "Port Arthur Polymers")
"""Names and a rep's title on the card, which are not translated."""


@pytest.fixture(scope="module")
def lab() -> Lab:
    return open_lab(ROOT, None, TODAY)


@pytest.fixture(scope="module", params=[(GERMAN, "de"), (FRENCH, "fr")], ids=["de", "fr"])
def made(
    request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """The language and the folder of the customer's packs."""
    plan, language = request.param
    out = tmp_path_factory.mktemp(plan)
    outcome = make_packs(lab, PLANS / f"{plan}.yaml", out)
    assert [str(p) for p in outcome.problems if p.severity == "error"] == []
    assert outcome.exit_code is Exit.DONE
    names = sorted(p.name for p in (out / plan).rglob("*.pdf"))
    assert names == [
        f"gulf-coast-latex-cfo.{language}.pdf",
        "gulf-coast-latex-coach.en.pdf",
        f"gulf-coast-latex-factory-manager.{language}.pdf",
    ]
    return language, out / plan


def customer_texts(folder: Path) -> dict[str, str]:
    """The text of each customer's file: bookmarks, metadata, alt texts and charts included."""
    files = sorted((folder / "customer").iterdir())
    return {file.name: read_finished(file.suffix[1:], file.read_bytes()).text for file in files}


def test_no_english_word_is_left(made: tuple[str, Path]) -> None:
    language, folder = made
    texts = customer_texts(folder)
    assert len(texts) == 4
    for name, text in texts.items():
        translated = re.sub("|".join(NAMES), "", text)
        found = {word.lower() for word in ENGLISH.findall(translated)}
        assert found - SPELT_ALIKE[language] == set(), name


def test_the_search_for_english_words_finds_one() -> None:
    assert ENGLISH.findall("Kosten of today") == ["of"]


def words_of(folder: Path, role: str) -> str:
    """All words of a pack's Document, with its no-break spaces."""
    [path] = (folder / "internal").rglob(f"*{role}*.document.json")
    document = Document.model_validate_json(path.read_bytes())
    parts: list[str] = []

    def gather(held: object) -> None:
        if isinstance(held, str):
            parts.append(held)
        elif isinstance(held, (dict, list)):
            for part in held.values() if isinstance(held, dict) else held:
                gather(part)

    gather(document.model_dump(mode="json"))
    return " | ".join(parts)


def test_numbers_are_written_as_the_language_does(made: tuple[str, Path]) -> None:
    language, folder = made
    for role in ("factory-manager", "cfo"):
        words = words_of(folder, role)
        assert not re.search(r"USD[\s\u202f]\d", words), role
        assert not re.search(r"\d,\d{3}(?!\d)", words), role
        wanted = "228.000\u00a0USD" if language == "de" else "228\u202f000\u00a0USD"
        assert wanted in words, role


def inflated(data: bytes) -> str:
    """A PDF with its compressed streams unpacked."""
    out = [data]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        with contextlib.suppress(zlib.error):
            out.append(zlib.decompress(stream))
    return b"\n".join(out).decode("latin-1")


def test_the_files_say_their_language(made: tuple[str, Path]) -> None:
    language, folder = made
    for file in (folder / "customer").iterdir():
        if file.suffix == ".pdf":
            assert f"/Lang ({language})" in inflated(file.read_bytes())
            document = pypdfium2.PdfDocument(file)
            marks = [item.get_title() for item in document.get_toc()]
            assert len(marks) >= len(document)
            continue
        with zipfile.ZipFile(file) as archive:
            styles = archive.read("word/styles.xml").decode()
            settings = archive.read("word/settings.xml").decode()
            core = archive.read("docProps/core.xml").decode()
        assert f'<w:lang w:val="{language}"' in styles
        assert f'<w:themeFontLang w:val="{language}"/>' in settings
        assert f"<dc:language>{language}</dc:language>" in core
        assert "autoHyphenation" not in settings


def test_quotes_and_spaces_are_the_languages_own(made: tuple[str, Path]) -> None:
    language, folder = made
    words = words_of(folder, "factory-manager")
    if language == "de":
        assert re.search("„Jeden Monat .*kratzen\\.“", words)
        assert not re.search("[«»‘”]", words)
    else:
        assert re.search("«\u202fNous perdons .*réacteur\u00a02\\.\u202f»", words)
        assert re.findall(".{9}(?:\\w [:;!?»]|\\| [;!?»]|« |\\w[;!?]).{9}", words) == []
        assert not re.search("\\b[a-zà-ü]'[a-zà-ü]", words)


def outcome_without(folder: Path, removed: str, plan: str) -> Outcome:
    """The packs of a plan in a workspace that lacks one sentence."""
    shutil.copytree(ROOT / "plays", folder / "plays")
    shutil.copytree(ROOT / "samples/chemicals", folder / "samples/chemicals")
    text = (ROOT / "winlab.toml").read_text(encoding="utf-8")
    text = text.replace('"templates"', '"starter:templates"')
    (folder / "winlab.toml").write_text(text, encoding="utf-8")
    play = folder / "plays/invest.yaml"
    before = play.read_text(encoding="utf-8")
    assert before.count(removed) == 1
    play.write_text(before.replace(removed, ""), encoding="utf-8")
    lab = open_lab(folder, None, TODAY)
    path = folder / f"samples/chemicals/plans/{plan}.yaml"
    return make_packs(lab, path, folder / "out", formats=())


MISSING = ', fr: "Ce qu’une ligne gagne en une heure pèse plus que ce qu’elle dose en un jour."'


def test_a_sentence_missing_in_french_refuses_that_pack_by_name(tmp_path: Path) -> None:
    outcome = outcome_without(tmp_path, MISSING, FRENCH)
    assert outcome.exit_code is Exit.PARTLY
    [problem] = [p for p in outcome.problems if p.code == "missing-sentence"]
    assert problem.packs == ("cfo",)
    assert "message cash-hour has no 'fr': 'What a line earns in an hour" in problem.message
    lines = (tmp_path / "plays/invest.yaml").read_text(encoding="utf-8").splitlines()
    assert problem.place.file == "plays/invest.yaml"
    assert problem.place.line is not None
    assert "What a line earns in an hour" in lines[problem.place.line - 1]


def test_a_sentence_missing_in_french_leaves_the_german_packs_alone(tmp_path: Path) -> None:
    outcome = outcome_without(tmp_path, MISSING, GERMAN)
    assert outcome.exit_code is Exit.DONE


# ---------------------------------------------------------------- wording


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en_US", ("USD\u00a0174,000", "USD\u00a04.45", "1\u00a0February 2027", "h/month")),
        ("de", ("174.000\u00a0USD", "4,45\u00a0USD", "1.\u00a0Februar 2027", "h/Monat")),
        ("fr", ("174\u202f000\u00a0USD", "4,45\u00a0USD", "1er\u00a0février 2027", "h/mois")),
    ],
)
def test_money_dates_and_units(locale: str, written: tuple[str, str, str, str]) -> None:
    own = Locale.parse(locale)
    found = (
        money(Decimal(174000), "USD", own), price(Decimal("4.45"), "USD", own),
        long_date(date(2027, 2, 1), own), unit_words("h/month", own),
    )  # fmt: skip
    assert found == written


def test_a_short_date_stays_on_one_line() -> None:
    for name in ("en", "de", "fr"):
        assert " " not in short_date(date(2027, 2, 15), Locale.parse(name))


def test_symbols_are_no_words_of_a_unit() -> None:
    assert unit_words("kg/t", Locale.parse("fr")) == "kg/t"
    assert unit_words("USD/year", Locale.parse("de")) == "USD/Jahr"
    assert unit_words("h/month", Locale.parse("it")) == "h/month"


def test_french_ties_its_double_signs_and_others_do_not() -> None:
    text = "Est-ce exact ? Oui : « voilà » ; 5 % !"
    assert keep_together(text, Locale.parse("fr")) == (
        "Est-ce exact\u202f? Oui\u00a0: «\u202fvoilà\u202f»\u202f; 5\u00a0%\u202f!"
    )
    assert keep_together(text, Locale.parse("en")) == text.replace("5 %", "5\u00a0%")
