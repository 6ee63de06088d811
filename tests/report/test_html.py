"""The page: whole, readable, and deaf to what data says."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.report import render_html, render_text
from featureprep.report.html import numbered
from tests.report.reports import full, wide

VOID = {"meta", "br", "link", "img", "input", "hr"}
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}\u202e\u200f\x00\ud800"


class Page(html.parser.HTMLParser):
    """Elements, attributes and text; fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.headings: list[int] = []
        self.tables: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))
        if tag == "table":
            self.tables.append([])
        elif "table" in self.open:
            self.tables[-1].append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data


def everywhere(value: Any, text: str) -> Any:
    """A report with `text` for every text in it, names among them."""
    if isinstance(value, dict):
        keep = ("sources", "splits", "entry", "columns", "lines", "rows")
        known = all(key.isidentifier() and key.islower() for key in value) or any(key in value for key in keep)
        return {key if known else f"{text}{i}": everywhere(item, text) for i, (key, item) in enumerate(value.items())}
    if isinstance(value, list):
        return [everywhere(item, text) for item in value]
    return text if isinstance(value, str) else value


def test_a_full_report_shows_everything() -> None:
    page = Page(render_html(full()))
    for shown in ("census@3", "r20260304t030607000-0123456789", "of age", "standard_scale(age)", "mean 28.0", "people.age", "age is at least 0",
                  "not evaluated", "the scan was cut short", "sensitive: values are not shown", "c.yaml:4", "fold 1", "2 of 3", "filter age",
                  "standard deviation 11.0", "Fit-time inputs", "drop of age: age >= 17", "1 dropped: of age", "entry column"):  # fmt: skip
        assert shown in page.text, shown


def test_structure_that_a_screen_reader_can_follow() -> None:
    page = Page(render_html(full()))
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert len(page.tables) > 6
    for table in page.tables:
        assert table[0] == "caption"
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.tags if tag == "th")
    assert ("html", {"lang": "en"}) in page.tags
    assert any(attrs.get("name") == "viewport" for tag, attrs in page.tags if tag == "meta")
    regions = [attrs for tag, attrs in page.tags if "scroll" in (attrs.get("class") or "").split()]
    assert len(regions) > 6
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] and attrs["role"] == "region" for attrs in regions)
    pictures = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert pictures
    assert all(attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and attrs["aria-label"]) for attrs in pictures)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links
    assert all(link and link.removeprefix("#") in ids for link in links)


def hashes(text: str, tag: str) -> list[str]:
    """What a Content-Security-Policy calls the inline scripts or styles of a page."""
    found = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found]


def assert_nothing_runs_or_is_fetched(text: str) -> None:
    """Only the page's own script and style, as its policy names them; links only within it."""
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed", "base", "form", "use", "foreignobject", "animate"}
    assert [attrs for tag, attrs in page.tags if tag == "link"] == [{"rel": "icon", "href": "data:,"}]
    assert [attrs for tag, attrs in page.tags if tag == "style"] == [{}]
    assert [attrs for tag, attrs in page.tags if tag == "script" and attrs.get("type") != "application/json"] == [{}]
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on") or name in ("src", "style", "srcdoc", "xlink:href")]
        assert tag == "link" or (attrs.get("href") or "#").startswith("#")
    policy = next(attrs["content"] for _, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    (script,), (style,) = hashes(text, "script"), hashes(text, "style")
    assert policy == f"default-src 'none'; script-src {script}; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'"
    css = text.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in css
    assert "@import" not in css
    assert text.count("</script>") == sum(tag == "script" for tag, _ in page.tags)


def test_hostile_text_anywhere_is_text() -> None:
    text = render_html(everywhere(full(), NASTY))
    assert_nothing_runs_or_is_fetched(text)
    assert "alert(1)" in Page(text).text
    assert "{{ 7*7 }}" in Page(text).text
    for mark in "\u202e\u200f\x00\ud800":
        assert mark not in text
    text.encode("utf-8")


def test_the_clean_report_fetches_nothing_either() -> None:
    assert_nothing_runs_or_is_fetched(render_html(full()))
    assert_nothing_runs_or_is_fetched(render_html({}))


def test_endless_names_are_cut() -> None:
    report = everywhere(full(), "x" * 10_000)
    text = render_html({**report, "error": "short", "explain": "short"})
    assert "x" * 201 not in text
    assert "(10,000 characters)" in text or "(10,001 characters)" in text
    assert max(map(len, render_text(report).splitlines())) < 3000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40), number=st.integers() | st.floats(), name=st.text(min_size=1, max_size=20))
def test_any_text_and_number_in_its_place(text: str, number: float, name: str) -> None:
    column = {"name": name, "type": text, "n": number, "nulls": number, "min": number, "mean": number, "max": text, "top": [[text, number]]}
    report = {
        "name": text,
        "error": text,
        "explain": text,
        "splits": {name: 3},
        "statistics": {"sources": {name: {"rows": number, "columns": [column]}}},
        "features": [{"name": name, "expression": text, "learnt": [{"expression": text, "constants": {name: text}}]}],
    }
    assert_nothing_runs_or_is_fetched(render_html(report))
    render_text(report).encode("utf-8")


@pytest.mark.parametrize("missing", sorted(full()))
def test_what_is_missing_is_left_out(missing: str) -> None:
    report = {key: value for key, value in full().items() if key != missing}
    Page(render_html(report))
    Page(render_html({**report, missing: None}))
    assert render_text(report)
    assert render_text({**report, missing: None})


def test_parts_that_are_empty() -> None:
    report = {"sources": [{}], "ledger": {"lines": [{}]}, "validation": {"a": [{}]}, "features": [{}], "statistics": {"sources": {"a": {}}}}
    Page(render_html(report))
    Page(render_html({**report, "statistics": {"sources": {"a": {"columns": [{}]}}}}))


def test_keys_that_are_named_as_methods_of_a_mapping() -> None:
    page = Page(render_html({"splits": {"items": 1, "values": 2, "keys": 3}, "rows": {"items": 7}}))
    assert "items" in page.text
    assert "values" in page.text


def test_huge_numbers_have_an_end() -> None:
    page = Page(render_html({"splits": {"a": 10**400, "b": 10**30, "c": 1234567}}))
    assert "1,234,567" in page.text
    assert "1e+30" in page.text


def test_five_hundred_columns_stay_small_and_closed() -> None:
    text = render_html(wide(500))
    assert len(text.encode()) < 3_000_000
    page = Page(text)
    assert "476 more columns" in page.text
    assert "What 500 columns come from" in page.text
    assert json.loads(re.findall(r'<script type="application/json" id="figures">(.*?)</script>', text)[0])["t0c499"]


def test_thousands_of_columns_have_no_pictures_past_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.report.view.MOST_PICTURES", 30)
    text = render_html(wide(40))
    assert Page(text).text.count("Only the first 30 columns have pictures") == 2
    assert text.count('class="hist"') == 3 * 24
    assert set(json.loads(re.findall(r'id="figures">(.*?)</script>', text)[0])) <= {
        f"{kind}{i}" for kind in ("t0c", "f") for i in range(30)
    }
    assert 'id="f39"' in text


def test_the_tables_behind_pictures_end_no_script() -> None:
    report = wide(1)
    report["statistics"]["sources"]["wide"]["columns"][0] |= {"kind": "string", "histogram": [], "quantiles": [], "top": [[NASTY, 1]] * 12}
    text = render_html(report)
    assert_nothing_runs_or_is_fetched(text)
    data = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', text)[0]
    assert not set(data) & set("<>&")
    assert "<script>alert(1)" in json.loads(data)["t0c0"][0][2]


def test_no_value_of_a_sensitive_column() -> None:
    column = {"name": "pay", "type": "float64", "kind": "number", "masked": True, "n": 2, "nulls": 0, "nans": 0, "n_unique": 2, "zeros": 7,
              "mean": 123456.5, "std": 654.25, "quantiles": [[0.0, 777.5]], "histogram": [[777.5, 888.5, 2]], "top": [[777, 2]]}  # fmt: skip
    text = render_html({"statistics": {"sources": {"people": {"rows": 2, "columns": [column]}}, "splits": {"all": {"columns": [column]}}}})
    text = text.partition("<main")[2].partition("<script>")[0]
    for value in ("123,456", "123456", "654", "777", "888"):
        assert value not in text


def test_a_stored_page_gets_its_version() -> None:
    stored = render_html({**full(), "version": None}).encode()
    assert "census@7" in Page(numbered(stored, 7).decode()).text.replace("\n", "")
    hostile = render_html({**full(), "name": '<span id="version"></span>', "version": None}).encode()
    assert numbered(hostile, 7).count(b"@7") == 1


def test_a_sample_says_so() -> None:
    assert (
        "0.1 of the rows of people: this is no whole version" in Page(render_html({**full(), "sample": "0.1 of the rows of people"})).text
    )
    assert "whole version" not in Page(render_html(full())).text


def test_what_stands_between_backticks_is_code() -> None:
    report = full()
    bad = next(one for one in report["validation"]["people"] if one["status"] != "passed")
    bad["accept"] = "a wider `range:`, or `<b>`"
    made = render_html(report)
    assert "If the data is right: a wider <code>range:</code>, or <code>&lt;b&gt;</code></p>" in made
    bad["accept"] = "one ` alone & no <b>"
    assert "If the data is right: one ` alone &amp; no &lt;b&gt;</p>" in render_html(report)
