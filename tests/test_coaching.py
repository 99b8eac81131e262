"""The coach sheet: what the rep sees beyond the customer, and how the template words it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale

from tests import small
from winlab.brand import read_brand
from winlab.brief import RepBrief
from winlab.briefing import customer_briefs
from winlab.coaching import rep_brief
from winlab.compose import Setting, TemplateSet, compose
from winlab.decide import decide
from winlab.document import Callout, Document, Figure, lines_of, text_of, walk
from winlab.facts import Audience
from winlab.figures import builder_of
from winlab.fit import fit
from winlab.pitch import resolve
from winlab.problems import Problem, errors
from winlab.read import read_plan
from winlab.rulebook import compile_rules

PLAN = "plans/bay.yaml"
TOML = "winlab.toml"
PUSH = "plays/push.yaml"
MEASURED = """\
id,name,region,industry,growth,share,size,potential
m-fast,Fast County coatings,Gulf,coatings,0.11,0.12,1000,1321
m-slow,Slow County coatings,Gulf,coatings,0.02,0.40,,
m-blank,Blank County coatings,Gulf,coatings,,0.12,,
"""
STALE = {"products.csv": ("0.95,2026-11-28", "0.95,2026-11-20")}
TEMPLATES = Path(__file__).parents[1] / "templates"


def brief(folder: Path, changes: Mapping[str, tuple[str, str]] | None = None) -> RepBrief:
    found = small.workspace(folder, changes)
    pitch = resolve(read_plan(folder / PLAN, folder), found, small.AS_OF)
    decision = decide(pitch, found, compile_rules(found), small.AS_OF)
    assert not errors(decision.problems)
    builder = builder_of(decision, found, {}, Locale.parse("en_US"))
    return rep_brief(builder, next(iter(customer_briefs(builder).values())))


def sheet(coach: RepBrief) -> tuple[Document, list[Problem]]:
    files = {path.name: path.read_text() for path in (TEMPLATES / "packs").glob("*.md")}
    setting = Setting(
        "en", "en_US", "coach", Audience.REP, "Acme Foams", coach.customer.name, "Bay Latex",
        "INTERNAL",
    )  # fmt: skip
    return compose(TemplateSet(files), "coach.md", coach.model_dump(), setting)


def words(document: Document, page: str) -> str:
    found = next(p for p in document.pages if p.id == page)
    lines = [found.title, *(line for block in walk(found.blocks) for line in lines_of(block))]
    return "\n".join(text_of(line) for line in lines)


# ---------------------------------------------------------------- why this play


def test_the_reason_and_what_would_have_changed_it(tmp_path: Path) -> None:
    coach = brief(tmp_path)
    assert coach.summary == "Invest: growth of demand is 11%, at least 8%"
    [turning] = coach.turning
    assert (turning.group, turning.strategy) == ("calm", "maintain")
    assert turning.needs == ("growth of demand is 11%, 3 points above the limit of 8%",)


def test_a_matched_rule_shows_value_test_and_age(tmp_path: Path) -> None:
    [rule] = [r for r in brief(tmp_path).rules if r.id == "growers"]
    [clause] = rule.clauses
    assert (rule.result, clause.value, clause.asked) == ("matched", "11%", "at least 8%")
    assert clause.observed_at == date(2026, 11, 1)


def test_facts_for_the_lab_alone_stay_out(tmp_path: Path) -> None:
    shown = brief(tmp_path).model_dump_json()
    assert "market.growth" in shown
    assert "credit_block" not in shown


def test_a_market_fact_for_the_lab_alone_reaches_neither_chart_nor_text(tmp_path: Path) -> None:
    for name, text in (("a", "audience: rep"), ("b", "audience: lab")):
        tmp_path.joinpath(name).mkdir()
        sizes = f"{{label: Demand, type: number, unit: t/a, {text}}}"
        coach = brief(
            tmp_path / name,
            {
                "plays/facts.yaml": ("account:\n", f"  size: {sizes}\n  potential: {sizes}\naccount:\n"),
                "markets.csv": (small.FILES["markets.csv"], MEASURED),
            },
        )  # fmt: skip
        if name == "a":
            assert [b["name"] for b in coach.coach_charts.bubble] == ["Fast County coatings"]
            assert coach.opportunity.market_growth == 321
        else:
            assert coach.coach_charts.bubble == ()
            assert coach.opportunity.market_growth is None
            assert "321" not in coach.model_dump_json()


def test_a_threshold_on_a_fact_for_the_lab_alone_stays_out(tmp_path: Path) -> None:
    growth = "growth: {label: Growth of demand, type: number, unit: fraction a year, domain: '[-0.5..1]', decimals: 3, audience: "
    facts = {"plays/facts.yaml": (growth + "rep}", growth + "lab}")}
    coach = brief(tmp_path, facts)
    assert coach.coach_charts.growth_threshold is None
    assert coach.summary == "Invest: it rests on what only the lab sees"
    assert "11%" not in coach.model_dump_json()


def test_another_play_is_shown_with_its_reason(tmp_path: Path) -> None:
    asked = "\nplay: {ask: keep, because: They buy a little elsewhere}\nterms:"
    changes = {
        PLAN: ("    price: {offered: '4.45', per: kg}\nterms:", asked),
        "plays/keep.yaml": ("{plan.volume_current: '> 0'}", "{plan.volume_current: '>= 0'}"),
    }
    coach = brief(tmp_path, changes)
    assert (coach.play.id, coach.play.picked) == ("keep", "push")
    assert "asked" not in coach.summary
    document, _ = sheet(coach)
    assert text_of(document.pages[0].title) == "You chose keep; the rules pick push"
    assert "Your reason. They buy a little elsewhere." in words(document, "sixty-seconds")


def test_a_fact_past_its_age_is_to_be_found_out_first(tmp_path: Path) -> None:
    coach = brief(tmp_path, STALE)
    [missing] = coach.find_out
    assert (missing.label, missing.observed_at, missing.max_age) == (
        "Load of our plant", date(2026, 11, 20), 7,
    )  # fmt: skip
    assert coach.corridors[0].offered is None
    document, _ = sheet(coach)
    first = document.pages[0]
    assert text_of(first.title) == "One fact is missing before any price"
    assert isinstance(first.blocks[0], Callout)
    assert "The last figure is of 20\u00a0November 2026" in words(document, "sixty-seconds")
    assert "none yet" in words(document, "numbers")


# ---------------------------------------------------------------- prices


def test_a_rep_sees_the_floor_only_where_the_workspace_says_so(tmp_path: Path) -> None:
    [hidden] = brief(tmp_path / "a").corridors
    assert (hidden.rep_limit, hidden.manager_limit, hidden.floor) == (Decimal("4.28"), None, None)
    shown = brief(tmp_path / "b", {TOML: ("[data]", "[price]\nshow_floor = true\n[data]")})
    assert (shown.corridors[0].manager_limit, shown.corridors[0].floor) == (
        Decimal("4.14"), Decimal("4.00"),
    )  # fmt: skip
    assert "Floor" in words(sheet(shown)[0], "numbers")
    assert "4.00" not in words(sheet(brief(tmp_path / "c"))[0], "numbers")


def test_adjustments_say_why_and_that_the_list_price_caps_them(tmp_path: Path) -> None:
    [corridor] = brief(tmp_path).corridors
    assert [(a.points, a.why) for a in corridor.adjustments] == [(Decimal(2), "Scarce capacity.")]
    assert corridor.clamped


def test_a_lever_is_priced_and_its_range_is_in_words(tmp_path: Path) -> None:
    [lever] = brief(tmp_path).levers
    assert (lever.range, lever.costs, lever.get) == ("30 to 60 days", Decimal("0.04"), "A year")


@pytest.mark.parametrize(("per", "gap"), [("kg", Decimal("-0.35")), ("l", None)])
def test_an_alternative_is_compared_in_the_same_unit_only(
    tmp_path: Path, per: str, gap: Decimal | None
) -> None:
    coach = brief(tmp_path, {PLAN: ("'4.10', per: kg", f"'4.10', per: {per}")})
    assert coach.alternatives[0].gap == gap


def test_comparable_deals_are_others_latest_year(tmp_path: Path) -> None:
    tmp_path.joinpath("bought.csv").write_text(
        "account,year,product,volume,revenue,currency\n"
        "A-1,2025,P-1,10.0,40000,USD\n"
        "A-2,2024,P-1,10,30000,USD\n"
        "A-2,2025,P-1,10,43000,USD\n"
        "A-3,2025,P-1,20,90000,USD\n"
        "A-3,2025,P-1,20,90000,EUR\n"
    )
    listed = 'products = "products.csv"'
    coach = brief(tmp_path, {TOML: (listed, f'{listed}\npurchases = "bought.csv"')})
    assert coach.deals is not None
    assert (coach.deals.n, coach.deals.year) == (2, "2025")
    assert (coach.deals.low, coach.deals.median, coach.deals.high) == (
        Decimal("4.30"), Decimal("4.40"), Decimal("4.50"),
    )  # fmt: skip
    kinds = [row["kind"] for row in coach.coach_charts.corridor]
    assert kinds == ["deal", "deal", "line", "line", "line", "line"]
    [bought] = coach.purchases
    assert (str(bought.volume), bought.price) == ("10", Decimal("4.00"))


def test_without_other_deals_the_chart_is_left_out_and_said_so(tmp_path: Path) -> None:
    document, problems = sheet(brief(tmp_path))
    assert "price corridor chart" in " ".join(p.message for p in problems)
    numbers = next(page for page in document.pages if page.id == "numbers")
    assert not any(isinstance(block, Figure) for block in walk(numbers.blocks))


def test_an_approval_lowers_where_to_stop(tmp_path: Path) -> None:
    approved = (
        "price: {offered: '4.20', per: kg}\n"
        "approval: {by: Max Orr, date: 2026-11-28, product: P-1, price: '4.20'}"
    )
    coach = brief(tmp_path, {PLAN: ("price: {offered: '4.45', per: kg}", approved)})
    document, _ = sheet(coach)
    assert "USD\u00a04.20" in text_of(document.pages[1].title)
    assert "Max Orr approved USD\u00a04.20" in words(document, "numbers")


# ---------------------------------------------------------------- what to say

SAYINGS = """\
questions:
  rules:
    - {id: q1, when: {}, then: {kind: pay-off, ask: What would an hour be worth?}}
    - {id: q2, when: {}, then: {kind: situation, ask: Who writes down a stop?}}
    - {id: q3, when: {}, then: {kind: problem, ask: When was the last one?}}
objections:
  rules:
    - {id: dear, when: {}, then: {says: It is dear., acknowledge: Per kilogram it is., answer: Not per batch., proof: c-old, ask: What does a batch cost?}}
counters:
  rules:
    - {id: other, when: {}, then: {rival: Other Co, they_win: Reach, we_win: Dose, source: Fair, date: 2026-10-01}}
    - {id: solvane, when: {}, then: {rival: Solvane, they_win: Price, we_win: Dose, source: Visit, date: 2026-05-01}}
value_model: downtime
"""


def test_questions_follow_a_conversation_and_the_first_stands_alone(tmp_path: Path) -> None:
    coach = brief(tmp_path, {PUSH: ("value_model: downtime\n", SAYINGS)})
    assert [q.kind for q in coach.sales_questions] == ["situation", "problem", "pay-off"]
    document, _ = sheet(coach)
    assert "First question. Who writes down a stop?" in words(document, "sixty-seconds")
    assert "Who writes down a stop?" not in words(document, "conversation")
    assert text_of(document.pages[2].title) == "Two more questions come before any price"


def test_an_expired_proof_is_not_for_the_customer(tmp_path: Path) -> None:
    coach = brief(tmp_path, {PUSH: ("value_model: downtime\n", SAYINGS)})
    [objection] = coach.objections
    assert (objection.acknowledge, objection.ask) == (
        "Per kilogram it is.", "What does a batch cost?",
    )  # fmt: skip
    assert not objection.sayable
    assert "Not for the customer: Dose falls." in words(sheet(coach)[0], "conversation")


def test_a_claim_for_the_lab_alone_is_no_proof_on_the_sheet(tmp_path: Path) -> None:
    old = "Dose falls., source: Trial, date: 2024-05-01, expires: 2025-05-01, owner: li, approver: legal, audience: "
    changes = {
        PUSH: ("value_model: downtime\n", SAYINGS),
        "plays/claims.yaml": (old + "customer", old + "lab"),
    }
    coach = brief(tmp_path, changes)
    assert coach.objections[0].proof is None
    assert "Dose falls." not in coach.model_dump_json()


def test_the_rival_in_the_plan_comes_first_and_old_news_is_marked(tmp_path: Path) -> None:
    coach = brief(tmp_path, {PUSH: ("value_model: downtime\n", SAYINGS)})
    assert [(c.rival, c.present, c.old) for c in coach.counters] == [
        ("Solvane", True, True),
        ("Other Co", False, False),
    ]
    page = words(sheet(coach)[0], "conversation")
    assert "(ask again)" in page
    assert "Other Co" not in page


def test_key_messages_name_people_and_proof(tmp_path: Path) -> None:
    [message] = brief(tmp_path).key_messages
    assert (message.people, message.insight) == (("Maria Diaz",), "Foam costs batches.")
    assert message.proof is not None
    assert message.proof.text == "Foam costs 5 hours."


# ---------------------------------------------------------------- the whole sheet


def test_a_prospect_without_any_data_still_gets_four_full_pages(tmp_path: Path) -> None:
    prospect = "account: {new: New Latex & Co, industry: coatings, market: m-fast}"
    coach = brief(
        tmp_path,
        {
            PLAN: ("account: A-1", prospect),
            PUSH: ("  unless: {account.credit_block: 'true'}\n", ""),
        },
    )
    assert (coach.account_facts, coach.purchases, coach.deals) == ((), (), None)
    assert coach.opportunity.lab_estimate is None
    document, _ = sheet(coach)
    settled, problems = fit(document, read_brand(TEMPLATES / "brand")[0])
    assert not errors(problems)
    assert [page.id for page in settled.pages] == [
        "sixty-seconds", "numbers", "conversation", "close",
    ]  # fmt: skip
    assert "A prospect: the lab holds no figures yet." in words(settled, "sixty-seconds")
    assert "Nothing on record." in words(settled, "numbers")


def test_what_the_plan_does_not_know_is_on_the_list_to_verify(tmp_path: Path) -> None:
    unknown = "buying: technical, influence: high, stance: unknown"
    coach = brief(
        tmp_path, {PLAN: ("buying: economic, influence: high, stance: supporter", unknown)}
    )
    page = words(sheet(coach)[0], "close")
    assert "Where does Maria Diaz stand?" in page
    assert "Who decides on the money?" in page
