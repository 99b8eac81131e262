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


def test_one_page_a_region_after_the_overview_and_the_steps(found: Opportunity) -> None:
    written = sheets(found, BRAND, "Testers", "en_US", "USD")
    assert written.problems == ()
    pages = texts(written.data)
    assert len(pages) == 4
    assert [page.split(":")[0][-5:] for page in pages[2:] if "markets" in page]
    north, south = pages[2], pages[3]
    assert "North: " in north
    assert "South: " in south
    assert "Override, Town 4: They build. (Ann, 2019-01-01)" in south
    assert all("Internal: not for customers" in page for page in pages)


def test_the_same_map_gives_the_same_bytes(found: Opportunity) -> None:
    first, second = (sheets(found, BRAND, "Testers", "en_US", "USD").data for _ in range(2))
    assert first == second
