"""The page of a validation as Chromium shows it: readable at both widths and under both schemes, searched and filtered by keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

import featureprep as fp
from tests.report.browser import Browser
from tests.report.readable import SHOWN, check_hostile, check_page, check_tables, open_details, written
from tests.report.validations import drifted, hostile, wide

HOSTILE = "<script>window.hacked = 1</script>\"'><img src=x onerror='window.hacked = 1'></script>\u202e\n{{ 7*7 }} " + "W" * 300
COUNTED = "return document.querySelector('[data-filters] [role=status]').textContent"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    texts = {"drifted": drifted().to_html(), "hostile": hostile(HOSTILE).to_html(), "wide": wide(500).to_html()}
    root = os.environ.get("FEATUREPREP_DATA")
    if root and (Path(root) / "nyc-taxi-yellow").is_dir():
        months = [str(Path(root) / "nyc-taxi-yellow" / f"yellow_tripdata_sample_{month}.csv") for month in ("2020-04", "2020-02")]
        columns = (
            "columns: {trip_distance: float64, payment_type: int64, fare_amount: float64, tip_amount: float64, pickup_datetime: timestamp}"
        )
        contract = f"{columns}\ndrift: {{jensen_shannon: 0.02}}\nextra_columns: allow\n"
        texts["taxi"] = fp.validate(months[0], contract, baseline=months[1], statistics=True).to_html()
    return written(texts, folder)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("name", ["drifted", "hostile", "wide", "taxi"])
def test_pages(browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: str) -> None:
    if name not in pages:
        pytest.skip("FEATUREPREP_DATA is not set, or has no nyc-taxi-yellow")
    check_page(browser, pages[name], width=width, scheme=scheme)
    if width == 400:
        check_tables(browser)


def test_the_verdict_is_seen_first(browser: Browser, pages: dict[str, Path]) -> None:
    for width in (400, 1400):
        browser.show(pages["drifted"], width=width)
        bottom = browser.run("return document.querySelector('.verdict').getBoundingClientRect().bottom")
        assert 0 < bottom < 420


def test_both_distributions_are_told_apart(browser: Browser, pages: dict[str, Path]) -> None:
    for scheme in ("light", "dark"):
        browser.show(pages["drifted"], scheme=scheme)
        bars, line = browser.run(
            "const style = (at) => getComputedStyle(document.querySelector(at)); return [style('.hist path:not(.was)').fill, style('.hist path.was').stroke]"
        )
        assert bars != line
        assert browser.run("return getComputedStyle(document.querySelector('.hist path.was')).fill") == "none"


def test_search_and_filters_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["wide"])
    assert len(browser.run(SHOWN)) == 24
    browser.press("/", *"sensor_00")
    browser.settle()
    assert len(browser.run(SHOWN)) == 80
    assert browser.run(COUNTED) == "80 of 500 columns"
    browser.run("document.querySelector('[data-by=state]').focus()")
    browser.press("d")  # "drifted (3)", by its first letter
    browser.settle()
    assert sorted(browser.run(SHOWN)) == ["sensor_0010", "sensor_0020", "sensor_0030"]
    assert browser.run(COUNTED) == "3 of 500 columns"
    browser.press("/", Keys.ESCAPE)
    browser.settle()
    assert len(browser.run(SHOWN)) == 3  # the filter still holds
    browser.run("document.querySelector('[data-by=state]').focus()")
    browser.press(Keys.ARROW_UP, Keys.ARROW_UP)
    browser.run("document.querySelector('[data-by=kind]').focus()")
    browser.press("t")
    browser.settle()
    assert browser.run(COUNTED) == "100 of 500 columns"
    assert all(name.startswith("text_") for name in browser.run(SHOWN))
    assert browser.run("return document.getElementById('contract').checkVisibility()")  # only columns are filtered
    browser.press(Keys.ARROW_UP, Keys.ARROW_UP)
    browser.settle()
    assert len(browser.run(SHOWN)) == 24
    assert browser.run(COUNTED) == ""


def test_nothing_matches(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["wide"])
    browser.run("const by = document.querySelector('[data-by=state]'); by.value = 'broken'; by.dispatchEvent(new Event('change'))")
    browser.run("const by = document.querySelector('[data-by=kind]'); by.value = 'string'; by.dispatchEvent(new Event('change'))")
    browser.settle()
    assert browser.run(SHOWN) == []
    assert browser.run(COUNTED) == "0 of 500 columns"
    assert browser.run("return document.querySelector('[data-filters]').checkVisibility()")  # or nobody could undo it
    browser.run("location.hash = '#t0c3'")
    browser.settle()
    assert browser.run("return document.getElementById('t0c3').checkVisibility()")


def test_five_hundred_columns_are_searched_at_once(browser: Browser, pages: dict[str, Path]) -> None:
    """In a fraction of a second, also on a slow machine: what is out of sight is not laid out."""
    browser.show(pages["wide"])
    took = browser.run(
        "const box = document.getElementById('find'), start = performance.now(); box.value = '49'; box.dispatchEvent(new Event('input'));"
        "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start))))"
    )
    assert took < 3000
    assert browser.run("return getComputedStyle(document.querySelector('#data .card')).contentVisibility") == "auto"
    assert pages["wide"].stat().st_size < 4_000_000


def test_tables_behind_pictures_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["drifted"])
    card = "[...document.querySelectorAll('#data .card')].find((card) => card.querySelector('.key').textContent === 'fare')"
    browser.run(f"{card}.querySelector('summary').focus()")
    browser.press(Keys.ENTER)
    browser.settle()
    heads = browser.run(f"return [...{card}.querySelectorAll('details thead th')].map((th) => th.textContent)")
    assert heads == ["value", "the baseline", "now"]
    rows = browser.run(
        f"return [...{card}.querySelectorAll('details tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    assert rows[-1] == ["null", "5 %", "5 %"]


def test_a_rule_leads_to_its_column(browser: Browser, pages: dict[str, Path]) -> None:
    browser.show(pages["wide"])
    browser.run("document.querySelector('#drift tbody a').focus()")
    browser.press(Keys.ENTER)
    browser.settle()
    card = "document.querySelector(location.hash)"
    assert browser.run(f"return {card}.querySelector('.key').textContent") in ("sensor_0010", "sensor_0020", "sensor_0030")
    assert browser.run(f"const at = {card}.getBoundingClientRect(); return at.top >= 0 && at.top < innerHeight")


def test_hostile_names_are_shown_as_they_are(browser: Browser, pages: dict[str, Path]) -> None:
    check_hostile(browser, pages["hostile"])
    open_details(browser)
    assert browser.run("return window.hacked") is None
