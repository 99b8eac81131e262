from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest

from tests.test_opportunity import scored, survey_of
from winlab.brand import read_brand
from winlab.mapsheets import sheets
from winlab.opportunity import Opportunity

BRAND = read_brand(Path(__file__).parents[1] / "templates/brand")[0]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Opportunity:
    override = {
        "market": "m4",
        "priority": "in",
        "because": "They build.",
        "by": "Ann",
        "date": "2019-01-01",
    }
    return scored(survey_of(tmp_path_factory.mktemp("towns"), 60, overrides=[override]))


def texts(data: bytes) -> list[str]:
    with pypdfium2.PdfDocument(io.BytesIO(data)) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


def test_one_page_a_region_after_overview_steps_trust_and_what_stands_behind(
    found: Opportunity,
) -> None:
    written = sheets(found, BRAND, "Testers", "en_US", "USD")
    assert written.problems == ()
    pages = texts(written.data)
    assert len(pages) == 6
    assert [page.split("\r\n")[0] for page in pages[1:4]] == [
        "What the five steps found",
        "How far to trust the forecast of growth",
        "What stands behind shares, priorities and moves",
    ]
    assert "as of 2017, for 2018" in pages[2]
    assert "building permits" in pages[2]
    assert "Levers of share" in pages[3]
    north, south = pages[4], pages[5]
    assert "North: " in north
    assert "South: " in south
    assert "Override, Town 4: They build. (Ann, 2019-01-01)" in south
    assert all("Internal: not for customers" in page for page in pages)


def test_a_region_may_be_called_anything(tmp_path: Path) -> None:
    survey = survey_of(tmp_path, 40)
    survey.markets.loc["m1", "region"] = 'El Paso & <b>"50 %"</b>/..?#'
    written = sheets(scored(survey), BRAND, "Testers", "en_US", "USD")
    assert written.problems == ()
    assert 'El Paso & <b>"50 %"</b>/..?#: ' in "".join(texts(written.data))


def test_long_words_take_more_paper_and_are_told(tmp_path: Path) -> None:
    because = " ".join(["assumption"] * 180)
    closes = {"low": "0.1", "base": "0.2", "high": "0.4"}
    survey = survey_of(tmp_path, 40, uplift={"closes": closes, "because": because})
    written = sheets(scored(survey), BRAND, "Testers", "en_US", "USD")
    (problem,) = written.problems
    assert str(problem).startswith("warning: 6 pages of the map take 8 sheets of paper ")
    assert len(texts(written.data)) == 8


def test_the_same_map_gives_the_same_bytes(found: Opportunity) -> None:
    first, second = (sheets(found, BRAND, "Testers", "en_US", "USD").data for _ in range(2))
    assert first == second
