"""The map's page: self-contained, honest and readable without its picture."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html

from tests.test_opportunity import scored, survey_of
from winlab.brand import Brand, read_brand
from winlab.growth import Backtest, Correlation
from winlab.mappage import page
from winlab.mapping import Words, apart, classes, shown_markets
from winlab.opportunity import Opportunity

TEMPLATES = Path(__file__).parents[1] / "templates"
CHANCE = Correlation(0.02, -0.1, 0.14, 250)
GOOD = Correlation(0.5, 0.4, 0.6, 250)


@pytest.fixture(scope="module")
def brand() -> Brand:
    return read_brand(TEMPLATES / "brand")[0]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Opportunity:
    override = {
        "market": "m4",
        "priority": "in",
        "because": "They <b>build</b>.",
        "by": "Ann",
        "date": "2019-01-01",
    }
    return scored(survey_of(tmp_path_factory.mktemp("towns"), 60, overrides=[override]))


def drawn(found: Opportunity, brand: Brand) -> str:
    return page(found, brand, "Test & Co", "en_US", "USD")


def test_nothing_is_loaded_from_elsewhere(found: Opportunity, brand: Brand) -> None:
    text = drawn(found, brand)
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", text)
    assert not re.findall(r"@import|url\((?!#)", text)
    assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/2000/svg", "", text)
    assert "default-src 'none'" in text


def test_every_market_stands_in_the_table_and_on_the_map(found: Opportunity, brand: Brand) -> None:
    tree = html.fromstring(drawn(found, brand))
    rows = tree.xpath("//table[@id='table']/tbody/tr")
    options = tree.xpath("//*[@role='option']")
    assert len(rows) == len(options) == 60
    data = json.loads(tree.xpath("string(//script[@id='data'])"))
    assert set(data["markets"]) == {row.get("data-id") for row in rows}
    spoken = {option.get("aria-label") for option in options}
    assert all(re.match(r"Town \d+, growth −?[\d.]+%, share [\d.]+%", label) for label in spoken)


def test_what_people_wrote_is_text_and_never_markup(found: Opportunity, brand: Brand) -> None:
    text = drawn(found, brand)
    assert "<b>build</b>" not in text
    assert "They &lt;b&gt;build&lt;/b&gt;." in text
    assert text.count("</script>") == 2
    assert "Test &amp; Co" in text


def test_the_override_is_shown_with_its_reason_and_author(found: Opportunity, brand: Brand) -> None:
    tree = html.fromstring(drawn(found, brand))
    (row,) = tree.xpath("//section[.//h2='Local overrides']//tbody/tr")
    assert [cell.text_content() for cell in row] == [
        "Town 4", "is a hot spot", "They <b>build</b>.", "Ann", "2019-01-01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("drivers", "forecast", "said"),
    [
        (CHANCE, CHANCE, "The forecast did no better than chance on growth that it had not seen"),
        (CHANCE, GOOD, "The drivers did no better than chance"),
        (GOOD, GOOD, "The drivers alone predict no better than past growth does"),
    ],
)
def test_a_weak_forecast_is_owned_up_to_above_the_map(
    found: Opportunity, brand: Brand, drivers: Correlation, forecast: Correlation, said: str
) -> None:
    weak = Backtest("2017", "2018", drivers, GOOD, forecast, (0.0, -0.1, 0.1))
    text = drawn(replace(found, growth=replace(found.growth, backtests=(weak,))), brand)
    (warned,) = html.fromstring(text).xpath("//p[@class='warning']")
    assert said in warned.text_content()
    assert text.index('class="warning"') < text.index('id="map"')


def test_headings_step_down_by_one(found: Opportunity, brand: Brand) -> None:
    levels = [int(n) for n in re.findall(r"<h([1-6])", drawn(found, brand))]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_classes_are_quintiles_and_equal_values_stay_together(found: Opportunity) -> None:
    words = Words("en_US", "USD")
    markets = shown_markets(found, words)
    growth = classes(markets, "growth", words)
    counts = [list(growth.of.values()).count(k) for k in range(5)]
    assert counts == [12, 12, 12, 12, 12]
    same = [replace(m, numbers={**m.numbers, "share": 0.2}) for m in markets]
    assert set(classes(same, "share", words).of.values()) == {0}
    unknown = [replace(m, numbers={**m.numbers, "share": float("nan")}) for m in markets]
    assert set(classes(unknown, "share", words).of.values()) == {-1}


def test_a_few_amounts_far_above_all_others_stand_out(found: Opportunity) -> None:
    words = Words("en_US", "USD")
    amounts = [40e6, 2e6, 300e3, *(5e3 * k for k in range(57))]
    markets = [
        replace(m, numbers={**m.numbers, "addressable": amount})
        for m, amount in zip(shown_markets(found, words), amounts, strict=True)
    ]
    cut = classes(markets, "addressable", words)
    assert cut.legend == (
        "below USD\u00a010 thousand",
        "USD\u00a010 thousand to USD\u00a0100 thousand",
        "USD\u00a0100 thousand to USD\u00a01 million",
        "USD\u00a01 million to USD\u00a010 million",
        "USD\u00a010 million or more",
    )
    assert [cut.of[m.id] for m in markets[:6]] == [4, 3, 2, 0, 0, 1]


def test_numbers_on_the_map_do_not_cover_each_other() -> None:
    placed = apart([(10.0, 10.0), (10.0, 10.0), (12.0, 10.0), (90.0, 90.0)], 8.0)
    assert placed[3] == (90.0, 90.0), "what has room stays"
    gaps = [math.dist(a, b) for i, a in enumerate(placed) for b in placed[:i]]
    assert min(gaps) >= 8.0
    assert all(math.dist(p, (10.0, 10.0)) < 16 for p in placed[:3])


def test_hot_spots_are_listed_in_order_beside_the_map(found: Opportunity, brand: Brand) -> None:
    tree = html.fromstring(drawn(found, brand))
    picks = [b.get("data-pick") for b in tree.xpath("//section[@class='hot']//li/button")]
    assert picks == sorted(found.priority.rank, key=found.priority.rank.__getitem__)
    assert picks


def test_every_trial_of_the_forecast_is_shown(found: Opportunity, brand: Brand) -> None:
    trials = tuple(
        Backtest(str(year - 1), str(year), GOOD, CHANCE, GOOD, (0.5, 0.4, 0.6))
        for year in (2016, 2017, 2018)
    )
    tree = html.fromstring(
        drawn(replace(found, growth=replace(found.growth, backtests=trials)), brand)
    )
    heads = tree.xpath("//section[@aria-labelledby='trust-title']//thead//th")
    assert [h.text_content() for h in heads][1:] == [
        "as of 2015, for 2016", "as of 2016, for 2017", "as of 2017, for 2018",
    ]  # fmt: skip
    assert not tree.xpath("//p[@class='warning']"), "it earned trust"


def test_hostile_names_are_text_wherever_they_are_shown(brand: Brand, tmp_path: Path) -> None:
    hostile = '</script><img src=x onerror="alert(1)">'
    survey = survey_of(tmp_path, 40)
    survey.markets.loc["m1", "name"] = hostile
    survey.markets.loc["m2", "region"] = hostile
    text = drawn(scored(survey), brand)
    assert "<img" not in text
    assert text.count("</script>") == 2
    assert hostile in html.fromstring(text).xpath("//table[@id='table']//th//text()")


def test_figures_are_written_for_people() -> None:
    words = Words("en_US", "USD")
    assert words.money(2_716_283_000) == "USD\u00a02.7 billion"
    assert words.money(76_812_000) == "USD\u00a076.8 million"
    assert words.money(999_960) == "USD\u00a01.0 million"
    assert words.money(14_600) == "USD\u00a015 thousand"
    assert words.points(-0.0123) == "−1.2 points"
    assert words.points(-0.0001) == "+0.0 points"
    assert words.percent(float("nan")) == "not known"


def test_markets_without_shapes_have_a_table_and_no_map(brand: Brand, tmp_path: Path) -> None:
    survey = replace(survey_of(tmp_path, 40), atlas=None)
    text = drawn(scored(survey), brand)
    assert "The markets have no shapes, so there is a table and no map." in text
    assert "<svg" not in text
