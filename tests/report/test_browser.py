"""Pages as Chromium shows them: nothing asked for, nothing complained of, no sideways scrolling, readable, usable by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from selenium.webdriver.common.keys import Keys

from featureprep.lineage.query import lineage_of
from featureprep.report import render_html
from tests.lineage.test_query import Store, table
from tests.report.browser import Browser
from tests.report.readable import FAINT, SHOWN, check_hostile, check_page, check_tables, open_details, written
from tests.report.reports import full, wide
from tests.report.test_html import everywhere

HOSTILE = "<script>window.hacked = 1</script>\"'><img src=x onerror='window.hacked = 1'></script>\u202e{{ 7*7 }} " + "W" * 300


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    reports: dict[str, dict[str, Any]] = {"full": full(), "hostile": everywhere(full(), HOSTILE), "wide": wide(500), "empty": {}}
    store = Store(folder / "store")
    store.version("a", table().features(keep=["age"]), pa.schema([("age", pa.int64())]), [])
    texts = {name: render_html(report) for name, report in reports.items()} | {"lineage": lineage_of(store.store, "a").to_html()}
    return written(texts, folder)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("name", ["full", "hostile", "wide", "empty", "lineage"])
def test_pages(browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: str) -> None:
    check_page(browser, pages[name], width=width, scheme=scheme)
    dark = browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 21)"
    assert dark == (scheme == "dark")


def test_the_policy_stops_what_is_not_ours(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "injected.html"
    page.write_text(
        render_html(full()).replace("</main>", "<script>window.hacked = 1</script><img src=x.png onerror='window.hacked = 1'></main>")
    )
    browser.show(page)
    assert browser.run("return window.hacked") is None
    assert [url for url in browser.requests() if url != page.as_uri()] == []
    assert any("Content Security Policy" in message for message in browser.console())


def test_the_theme_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["full"], scheme="dark")
    background = "return getComputedStyle(document.body).backgroundColor"
    dark = browser.run(background)
    for _ in range(20):
        browser.press(Keys.TAB)
        if browser.focused() == "theme":
            break
    assert browser.focused() == "theme"
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press(Keys.ENTER)
    light = browser.run(background)
    assert light == "rgb(245, 246, 248)"
    assert browser.run("return document.activeElement.getAttribute('aria-pressed')") == "false"
    assert browser.run(FAINT) == []
    browser.driver.refresh()
    assert browser.run(background) == light  # remembered
    browser.run("document.getElementById('theme').focus()")
    browser.press(Keys.SPACE)
    assert browser.run(background) == dark
    browser.run("localStorage.clear()")


def test_the_first_stop_skips_to_the_content(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["full"])
    browser.press(Keys.TAB)
    assert browser.focused() == "Skip to the content"
    assert browser.run("return document.activeElement.getBoundingClientRect().top") >= 0
    browser.press(Keys.ENTER)
    assert browser.focused() == "main"


def test_search_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["wide"])
    assert len(browser.run(SHOWN)) == 24
    browser.press("/")
    assert browser.focused() == "find"
    browser.press(*"SENSOR_0487")
    browser.settle()
    assert browser.run(SHOWN) == ["sensor_0487"]
    assert browser.run("return document.getElementById('found').textContent") == "3 of 1,500 entries match"
    assert not browser.run("return document.getElementById('run').checkVisibility()")
    browser.press("x")
    browser.settle()
    assert browser.run(SHOWN) == []
    assert browser.run("return document.getElementById('found').textContent") == "0 of 1,500 entries match"
    browser.press(Keys.ESCAPE)
    browser.settle()
    assert len(browser.run(SHOWN)) == 24
    assert browser.focused() != "find"
    assert browser.run("return document.getElementById('found').textContent") == ""


def test_tables_behind_pictures_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["wide"])
    browser.run("document.querySelector('#t0c1 summary').focus()")
    browser.press(Keys.ENTER)
    browser.settle()
    captions = "return [...document.querySelectorAll('#t0c1 caption')].map((caption) => caption.textContent)"
    assert browser.run(captions) == ["Quantiles", "Histogram up to 3.25"]
    assert browser.run("return document.querySelectorAll('#t0c1 tbody tr').length") == 19
    browser.press(Keys.ENTER, Keys.ENTER)
    browser.settle()
    assert len(browser.run(captions)) == 2


def test_a_link_opens_what_is_closed(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["wide"])
    browser.run("location.hash = '#f499'")
    browser.settle()
    assert browser.run("return document.getElementById('f499').checkVisibility()")
    assert browser.run("const at = document.getElementById('f499').getBoundingClientRect(); return at.top >= 0 && at.top < innerHeight")


def test_hostile_names_are_shown_as_they_are(browser: Browser, pages: dict[str, Path]) -> None:
    check_hostile(browser, pages["hostile"])
    browser.press("/", *"hacked")
    browser.settle()
    assert browser.run("return window.hacked") is None


def test_tables_on_a_narrow_screen(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    report = wide(20)
    report["statistics"]["sources"]["wide"]["columns"][0]["type"] = "timestamp"
    (tmp_path / "narrow.html").write_text(render_html(report), encoding="utf-8")
    for page in (pages["full"], tmp_path / "narrow.html"):
        browser.show(page, width=400)
        open_details(browser)
        assert browser.run("return document.querySelectorAll('.scroll caption').length") > 3
        check_tables(browser)
