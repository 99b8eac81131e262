"""The map in a real browser: hover, keyboard, sort and filter, at a desk and on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.test_opportunity import scored, survey_of
from winlab.brand import read_brand
from winlab.mappage import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BRAND = Path(__file__).parents[1] / "templates/brand"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="the system has no Chromium"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("map")
    found = scored(survey_of(folder, 60))
    path = folder / "map.html"
    path.write_text(page(found, read_brand(BRAND)[0], "Testers", "en_US", "USD"))
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["desk", "phone"])
def shown(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    width, height = request.param
    tab = browser.new_page(viewport={"width": width, "height": height})
    faults: list[str] = []
    tab.on("console", lambda message: faults.append(message.text))
    tab.on("pageerror", lambda fault: faults.append(str(fault)))
    tab.on("request", lambda asked: faults.append(asked.url) if asked.url != address else None)
    tab.goto(address)
    yield tab
    assert faults == [], "nothing logged, nothing asked of the network"
    tab.close()


def names(tab: Page) -> list[str]:
    found: list[str] = tab.locator("#table tbody tr:visible .pick").all_inner_texts()
    return found


def test_the_page_is_no_wider_than_the_screen(shown: Page) -> None:
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box, screen = shown.locator("#map").bounding_box(), shown.viewport_size
    assert box is not None
    assert screen is not None
    assert box["width"] > 0.85 * min(screen["width"], 800)


def test_hovering_a_market_tells_of_it(shown: Page) -> None:
    market = shown.locator("#map .market").nth(30)
    market.scroll_into_view_if_needed()
    market.hover(force=True)
    tip = shown.locator("#tip")
    assert tip.is_visible()
    spoken = str(market.get_attribute("aria-label"))
    assert tip.locator("b").inner_text() == spoken.split(",", maxsplit=1)[0]
    assert "growth" in tip.inner_text()
    shown.mouse.move(2, 2)
    shown.locator("h1").hover()
    assert not tip.is_visible()


def test_arrow_keys_walk_the_map_and_enter_leads_to_the_row(shown: Page) -> None:
    shown.locator("#map").focus()
    start = str(shown.locator("#map").get_attribute("aria-activedescendant"))
    number = int(start.removeprefix("m-m"))
    step, key = (1, "ArrowRight") if number < 59 else (-1, "ArrowLeft")
    shown.keyboard.press(key)
    after = shown.locator("#map").get_attribute("aria-activedescendant")
    assert after == f"m-m{number + step}", "towns stand in a row"
    assert shown.locator(f"#{after}").get_attribute("aria-selected") == "true"
    assert shown.locator("#detail h2").inner_text() == f"Town {number + step}"
    shown.keyboard.press("Enter")
    assert shown.evaluate("document.activeElement.textContent") == f"Town {number + step}"
    assert shown.locator("tr[aria-current]").count() == 1


def test_a_column_sorts_both_ways_and_says_so(shown: Page) -> None:
    head = shown.locator("#table thead th", has_text="Growth a year")
    button = head.locator("button")
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    cells = [
        float(t.rstrip("%").replace("−", "-"))
        for t in shown.locator("#table tbody td:nth-child(6)").all_inner_texts()
    ]
    assert cells == sorted(cells)
    button.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    cells = [
        float(t.rstrip("%").replace("−", "-"))
        for t in shown.locator("#table tbody td:nth-child(6)").all_inner_texts()
    ]
    assert cells == sorted(cells, reverse=True)
    assert shown.locator("th[aria-sort=descending], th[aria-sort=ascending]").count() == 1


def test_filters_narrow_table_and_map_together(shown: Page) -> None:
    shown.locator("#region").select_option("North")
    assert len(names(shown)) == 30
    assert shown.locator("#count").inner_text() == "30 of 60 markets"
    assert shown.locator("#map .market.out").count() == 30
    shown.locator("#find").fill("town 11")
    assert names(shown) == ["Town 11"]
    shown.get_by_role("button", name="All markets").click()
    shown.wait_for_function("document.getElementById('count').value === '60 of 60 markets'")
    assert shown.locator("#map .market.out").count() == 0


def test_colors_follow_the_measure(shown: Page) -> None:
    market = shown.locator("#map .market").nth(10)

    def fill() -> str:
        return str(market.evaluate("shape => getComputedStyle(shape).fill"))

    seen = set()
    for measure in ("addressable", "growth", "share"):
        shown.locator(f"input[value={measure}]").check()
        assert fill().startswith("rgb")
        seen.add(shown.locator("#legend").inner_text())
    assert len(seen) == 3


def test_every_control_is_reached_with_the_tab_key(shown: Page) -> None:
    met = []
    for _ in range(14):
        shown.keyboard.press("Tab")
        met.append(shown.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert met[0] == "A", "the way past the map comes first"
    assert {"find", "region", "group", "level", "map"} <= set(met)


def test_the_table_is_there_without_scripts(browser: Browser, address: str) -> None:
    tab = browser.new_page(java_script_enabled=False)
    tab.goto(address)
    assert tab.locator("#table tbody tr").count() == 60
    assert tab.locator("h2", has_text="What each step found").is_visible()
    tab.close()


def test_a_hot_spot_of_the_list_is_told_of_beside_the_map(shown: Page) -> None:
    pick = shown.locator(".hot li button").first
    pick.focus()
    shown.keyboard.press("Enter")
    assert shown.locator("#detail h2").inner_text() == pick.inner_text()
    assert shown.evaluate(
        "(() => { const b = document.querySelector('#detail h2').getBoundingClientRect();"
        " return b.top >= 0 && b.bottom <= window.innerHeight })()"
    ), "it is in sight"
