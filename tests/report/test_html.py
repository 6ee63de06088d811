"""The page: whole, readable, and deaf to what data says."""

from __future__ import annotations

import html.parser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.report import render_html, render_text
from tests.report.reports import full

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
        if "style" not in self.open:
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
    for shown in ("census@3", "r20260304t030607000-0123456789", "of age", "standard_scale(age)", "mean = 28.0", "people.age", "age is at least 0",
                  "not evaluated", "the scan was cut short", "sensitive: values are not shown", "c.yaml:4", "fold 1", "2 of 3", "filter age"):  # fmt: skip
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
    regions = [attrs for tag, attrs in page.tags if attrs.get("class") == "scroll"]
    assert len(regions) == len(page.tables)
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in regions)
    assert "prefers-color-scheme: dark" in render_html(full())


def assert_nothing_runs_or_is_fetched(text: str) -> None:
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "iframe", "object", "embed", "link", "a", "base", "form", "svg"}
    for _, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on") or name in ("src", "href", "style", "srcdoc")]
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_text_anywhere_is_text() -> None:
    text = render_html(everywhere(full(), NASTY))
    assert_nothing_runs_or_is_fetched(text)
    assert "alert(1)" in Page(text).text
    assert "49" not in Page(text).text.replace("149", "")
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
