"""The page of a validation: what is wrong first, columns beside their baseline, nothing of what is sensitive, nothing that runs."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import featureprep as fp
from featureprep import canonical
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.baseline import Kept
from featureprep.jobs.stats import source_statistics
from featureprep.jobs.validate import validate
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.drift import compare
from featureprep.validators.drift.shapes import shape_from_json
from featureprep.validators.formats.finding import Setting
from featureprep.validators.formats.html import render
from featureprep.validators.page.view import view
from featureprep.validators.report import ValidationReport
from tests.report.test_html import NASTY, Page, assert_nothing_runs_or_is_fetched
from tests.report.validations import CONTRACT, SECRETS, drifted, drop, hostile

HERE = Setting("/repository")


@pytest.fixture(scope="module")
def report() -> ValidationReport:
    return drifted()


@pytest.fixture(scope="module")
def text(report: ValidationReport) -> str:
    return report.to_html()


def test_everything_is_told(text: str) -> None:
    page = Page(text)
    for told in ("contract failed", "The data does not meet its contract", "kind is one of taxi, bus", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "'boat'",
                 "rows taken away", "Kolmogorov-Smirnov distance", "in the baseline only", "not in the baseline", "beside the baseline", "fare",
                 "400 rows", "columns that drifted", "shift of the mean, in standard deviations", "went from", "SCHEMA_MISSING_COLUMN",
                 "sensitive: values are not shown", "kind: {type: string, values: [taxi, bus]}", "contract:4"):  # fmt: skip
        assert told in page.text, told


def test_nothing_of_a_sensitive_column_is_on_it(report: ValidationReport, text: str) -> None:
    assert not any(secret in text for secret in SECRETS)
    assert "*** (sensitive)" in text
    contract = load_contract(CONTRACT)
    rides, engine = {"": fp.from_pandas(drop(2, 0.0).assign(gone=3))}, PandasEngine()
    kept = Kept("old@1", canonical.loads(canonical.dumps(source_statistics(rides, None, engine, shapes=True)))["sources"])
    assert any(secret in json.dumps(kept.sources) for secret in SECRETS)  # it was not sensitive then
    page = validate({"": fp.from_pandas(drop(1, 8.0))}, contract, None, engine, reference=kept, statistics=True).to_html()
    assert "old@1" in page
    assert not any(secret in page for secret in SECRETS)


def test_structure_that_a_screen_reader_can_follow(text: str) -> None:
    page = Page(text)
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert all(table[0] == "caption" for table in page.tables)
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.tags if tag == "th")
    regions = [attrs for tag, attrs in page.tags if "scroll" in (attrs.get("class") or "").split()]
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] and attrs["role"] == "region" for attrs in regions)
    pictures = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert sum(attrs.get("role") == "img" for attrs in pictures) >= 2
    assert all(attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and attrs["aria-label"]) for attrs in pictures)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(str(attrs["href"]).removeprefix("#") in ids for tag, attrs in page.tags if tag == "a")
    labels = [tag for tag, _ in page.tags if tag in ("label", "select")]
    assert labels == ["label", "select"] * 2


def test_a_table_is_behind_each_picture(report: ValidationReport) -> None:
    shown = view(report, HERE)
    drawn = [(f"{table.id}c{i}", card) for table in shown["tables"] for i, card in enumerate(table.cards) if card.parts]
    assert len(drawn) >= 5
    for anchor, card in drawn:
        assert len(shown["figures"][anchor]) == len(card.parts) == (2 if card.kind == "list" else 1)
        for caption, heads, *cells in shown["figures"][anchor]:
            assert caption.endswith(("hares of all rows", "shares of all items"))
            assert heads == (["value", "the baseline", "now"] if card.was else ["value", "share"])
            assert len(cells) % len(heads) == 0
            assert sum(float(cell.split()[0]) for cell in cells[len(heads) - 1 :: len(heads)] if "<" not in cell) == pytest.approx(
                100, abs=2
            )


def test_drift_is_ranked_by_how_far_beyond_its_bound_it_is(report: ValidationReport) -> None:
    shown = view(report, HERE)
    measured = shown["drifts"]
    times = [one.times for one in measured if one.drifted]
    assert times == sorted(times, reverse=True)
    assert len(times) >= 2
    (fare,) = [one for one in measured if one.column == "fare"]
    (card,) = [card for card in shown["tables"][0].cards if card.name == "fare"]
    assert card.now is not None
    assert card.was is not None
    again = compare("kolmogorov_smirnov", shape_from_json(card.was["shape"]), shape_from_json(card.now["shape"]), threshold=0.1)
    assert (fare.value, fare.bound, fare.critical, fare.n, fare.m) == (again.value, 0.1, again.critical, 380, 380)
    assert fare.times == pytest.approx(fare.value / 0.1)
    assert fare.bad
    (paid,) = [one for one in measured if one.column == "paid"]
    assert paid.drifted
    assert not paid.bad  # it only warns
    assert {one.column for one in shown["tables"][0].others} == {"id", "kind", "day", "tags"}  # no rule is about them


def test_the_states_that_columns_are_filtered_by(report: ValidationReport) -> None:
    shown = view(report, HERE)
    states = {card.name: card.states for card in shown["tables"][0].cards}
    assert states["fare"] == {"broken", "drifted", "differs"}
    assert states["kind"] == {"broken", "differs"}
    assert states["gone"] >= {"gone"}
    assert states["fresh"] >= {"new"}
    assert states["day"] == set()
    assert next(card.name for card in shown["tables"][0].cards if not card.bad) not in ("fare", "kind")  # those that fail come first
    assert {kind for kind, _, _ in shown["kinds"]} == {"number", "string", "bool", "ordered", "list"}


def test_without_a_baseline_there_is_one_distribution() -> None:
    page = fp.validate(drop(1, 0.0).assign(gone=1), CONTRACT, statistics=True, allow_not_evaluated=True).to_html()
    assert 'class="was"' not in page
    assert "then" not in Page(page).text.replace("the", "")
    assert page.count('class="hist"') >= 2
    assert "How the columns are distributed is not here" not in page


def test_without_statistics_the_page_says_so(report: ValidationReport) -> None:
    page = dataclasses.replace(report, seen={}).to_html()
    assert "How the columns are distributed is not here" in page
    assert 'class="hist"' not in page
    assert "Kolmogorov-Smirnov distance" in page
    assert Page(ValidationReport({}).to_html()).headings[0] == 1


def test_statistics_change_no_outcome() -> None:
    now, then = drop(1, 8.0), drop(2, 0.0)
    plain = fp.validate(now, CONTRACT, baseline=then)
    assert plain.seen == {}
    assert fp.validate(now, CONTRACT, baseline=then, statistics=True).to_json() == plain.to_json()


def test_a_baseline_needs_no_rule_where_the_page_shows_it() -> None:
    contract = {"columns": {"a": {"type": "float64"}}}
    then, now = pd.DataFrame({"a": np.arange(500.0)}), pd.DataFrame({"a": np.arange(500.0) + 200})
    shown = view(fp.validate(now, contract, baseline=then, statistics=True), HERE)
    (one,) = shown["tables"][0].others
    assert one.column == "a"
    assert one.drifted
    assert shown["drifts"] == []
    assert "that no rule holds against the baseline" in fp.validate(now, contract, baseline=then, statistics=True).to_html()


def test_what_a_baseline_does_not_keep_is_left_out() -> None:
    """Statistics of an earlier release have no shapes; another type has another one; what is kept may be anything."""
    engine, contract = PandasEngine(), load_contract("columns: {a: float64, b: string}\n")
    now = {"": fp.from_pandas(pd.DataFrame({"a": np.arange(50.0), "b": ["x", "y"] * 25}))}
    columns: list[dict[str, Any]] = [
        {"name": "a", "type": "string", "kind": "string", "n": 3, "nulls": 0, "nans": 0, "top": [["<b>x</b>", 3]], "lengths": 7},
        {"name": "b", "type": "string", "kind": "string", "n": "many", "nulls": None, "nans": [], "top": 3, "min": {}},
        {"name": 3},
        {"name": "c", "kind": ["odd"], "type": {"x": 1}},
    ]
    for section in ({"rows": 3, "columns": columns}, {"columns": columns, "rows": "x"}):
        page = validate(now, contract, None, engine, reference=Kept("old", {"": section}), statistics=True).to_html()
        Page(page)
        assert "was string" in page
        assert "<b>x</b>" not in page
        assert "in the baseline only" in page
    none = validate(now, contract, None, engine, reference=Kept("old", {"p": {}, "q": {}}), statistics=True).to_html()
    assert "old has statistics of p, q" in Page(none).text


@pytest.mark.parametrize(
    "nasty",
    [
        NASTY.replace("\ud800", ""),
        "</script><script>window.hacked = 1</script>",
        "a\nb\u202eg\u2028",
        "{{ 7*7 }}{% x %}",
        "]]>",
        "\"' onload=x",
    ],
)
def test_names_and_values_that_mean_harm(nasty: str) -> None:
    made = hostile(nasty)
    page = render(made, Setting("/repository", page="https://host/o/r/blob/main/{path}#L{line}"))
    assert_nothing_runs_or_is_fetched(page)
    assert not {"\u202e", "\u2028"} & set(page)
    data = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', page)[0]
    assert not set(data) & set("<>&")
    assert json.loads(data)
    assert "49{% x %}" not in page


def test_several_sources_have_a_section_each() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3]})
    contract = {"sources": {name: {"columns": {"a": {"type": "int64", "range": {"max": 2}}}} for name in ("x", "y")}}
    page = Page(fp.validate({"x": frame, "y": frame}, contract, statistics=True).to_html())
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert {"t0c0", "t1c0"} <= ids
    assert {attrs["href"] for tag, attrs in page.tags if tag == "a"} >= {"#t0c0", "#t1c0"}


def test_the_contract_s_lines_lead_to_the_web_where_that_is_known(report: ValidationReport) -> None:
    at = [dataclasses.replace(outcome, file="/repository/data/c.yaml") for outcome in report.outcomes]
    page = render(dataclasses.replace(report, sources={"": at}), Setting("/repository", page="https://host/o/r/blob/main/{path}#L{line}"))
    assert 'href="https://host/o/r/blob/main/data/c.yaml#L4"' in page
    assert "data/c.yaml:4" in page


def test_rows_are_told_by_file_and_line(report: ValidationReport) -> None:
    (kind,) = [outcome for outcome in report.outcomes if outcome.id == "kind/values"]
    for rows, shown in (
        (("/data/june/a.csv:3", "/data/june/a.csv:9"), [">a.csv:3<", ">a.csv:9<"]),
        (("/data/june/a.csv:3", "/data/july/a.csv:3"), [">/data/june/a.csv:3<", ">/data/july/a.csv:3<"]),
    ):
        page = ValidationReport({"": [dataclasses.replace(kind, rows=rows)]}).to_html()
        assert all(place in page for place in shown)
