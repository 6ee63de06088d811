"""`also="tfdv"`: what TFDV says stands beside what we say. A stand-in answers as `tfmd.validate` does; marked soak, TFDV itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.errors import ArgumentError, WorldError
from featureprep.validators.second_opinion import Sayer
from featureprep.validators.tfdv.environment import VENV
from tests.validators.tfdv.stand_in import python_of_tfdv, stands_in

pytest.importorskip("tensorflow_metadata", reason="the extra tfmd is not installed")

CONTRACT = """
columns:
  n: {type: int64, range: {min: 0, max: 10}, nullable: false}
  f: {type: float64, range: {max: 1.5}, not_nan: true, drift: {jensen_shannon: 0.01, kolmogorov_smirnov: 0.1}}
  s: {type: string, values: [a, b], length: {max: 1}, drift: {linf: 0.1}}
  b: {type: bool, drift: {jensen_shannon: 0.001}}
  l: {type: 'list<int64>', valency: {min: 1, max: 2}}
  gone: int64
  secret: {type: string, sensitive: true, values: [x]}
  m: {type: string, values: {of: [x], at_most: 50%}}
  y: {type: int64, range: {max: 0}, not_in: [SERVING]}
rows: {min: 100}
keys: n
"""
ROWS = pa.table(
    {
        "n": [-1, None, 3, 11], "f": [float("nan"), 2.0, 1.0, 0.0], "s": ["a", "c", None, "bb"], "b": [True] * 4,
        "l": [[1, 2, 3], [], [1], None], "secret": ["open sesame"] * 4, "m": ["x", "y", "x", "x"], "y": [1, 0, 0, 0], "extra": [1, 2, 3, 4],
    }
)  # fmt: skip
BEFORE = pa.table({"f": [0.1, 0.2, 0.3, 0.4] * 30, "s": ["a", "b", "a", "a"] * 30, "b": [False, True, False, False] * 30})
BOTH = {
    ("n", "FEATURE_TYPE_LOW_FRACTION_PRESENT"), ("n", "INT_TYPE_SMALL_INT"), ("n", "INT_TYPE_BIG_INT"), ("f", "FLOAT_TYPE_HAS_NAN"),
    ("f", "FLOAT_TYPE_BIG_FLOAT"), ("s", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"), ("b", "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"),
    ("l", "FEATURE_TYPE_LOW_NUMBER_VALUES"), ("l", "FEATURE_TYPE_HIGH_NUMBER_VALUES"), ("gone", "SCHEMA_MISSING_COLUMN"),
    ("", "DATASET_LOW_NUM_EXAMPLES"), ("extra", "SCHEMA_NEW_COLUMN"),
}  # fmt: skip
THEM = {  # with so few rows drift is chance; half of the rows may break the rule about m
    ("f", "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"), ("s", "COMPARATOR_L_INFTY_HIGH"), ("m", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"),
}  # fmt: skip


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in(tmp_path, monkeypatch)


def said(report: Any, sayer: Sayer) -> set[tuple[str, str]]:
    (opinion,) = report.opinions.values()
    assert opinion.why == ""
    return {(remark.column, remark.reason) for remark in opinion.remarks if remark.said_by == sayer}


def check(serving: bool) -> Any:
    report = fp.validate(ROWS, CONTRACT, baseline=BEFORE, also="tfdv", environment="SERVING" if serving else "TRAINING")
    y = {("y", "INT_TYPE_BIG_INT")}
    assert said(report, Sayer.BOTH) == BOTH | (set() if serving else y)  # what is not judged here, is not there
    assert said(report, Sayer.THEM) == THEM
    assert said(report, Sayer.US) == set()
    return report


@pytest.mark.usefixtures("stand_in")
def test_both_are_told_apart() -> None:
    report = check(serving=False)
    (opinion,) = report.opinions.values()
    assert {one.rule.split()[0] for one in opinion.unasked} == {"f", "s", "secret", "has"}
    assert {one.why for one in opinion.unasked if one.rule.startswith("secret")} == {"the column is sensitive: nothing of it is handed on"}
    words = {(remark.column, remark.reason): remark for remark in opinion.remarks}
    assert words["n", "INT_TYPE_BIG_INT"].words == ("Unexpectedly large value: 11.",)
    assert words["n", "INT_TYPE_BIG_INT"].rules == ("n is at most 10",)
    assert words["m", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"].rules == (
        "m is one of x (passed: at most 50% of the rows may break it, 1 of 4 do)",
    )
    text = report.render_text()
    assert "second opinion: found by both: 13, by featureprep alone: 0, by TFDV alone: 3; TFDV was not asked about 6 rules" in text
    assert "BOTH: n: INT_TYPE_BIG_INT\n  TFDV: Unexpectedly large value: 11.\n  n is at most 10\n" in text
    shown = report._repr_html_()
    assert "second opinion: found by both: 13" in shown
    assert "open sesame" not in text + shown + str(report.to_json())


@pytest.mark.usefixtures("stand_in")
def test_it_is_asked_of_the_environment() -> None:
    check(serving=True)


@pytest.mark.soak  # TensorFlow's import takes 10 s each time
def test_tfdv_itself_says_so() -> None:
    if VENV.python() is None:
        pytest.skip("TFDV is not installed here: featureprep doctor --tfdv")
    check(serving=False)
    check(serving=True)


@pytest.mark.usefixtures("stand_in")
def test_it_changes_no_verdict() -> None:
    stated = {"columns": {"m": {"type": "string", "values": {"of": ["x"], "at_most": "50%"}}}, "extra_columns": "allow"}
    report = fp.validate(ROWS, stated, also="tfdv")
    assert report.ok
    assert said(report, Sayer.THEM) == {("m", "ENUM_TYPE_UNEXPECTED_STRING_VALUES")}
    assert "opinions" not in fp.validate(ROWS, stated).to_json()


@pytest.mark.usefixtures("stand_in")
def test_a_type_is_asked_of_data_that_has_types(tmp_path: Path) -> None:
    stated = {"columns": {"m": "int64"}, "extra_columns": "allow"}
    report = fp.validate(ROWS.select(["m"]), stated, also="tfdv")
    assert said(report, Sayer.BOTH) == {("m", "UNEXPECTED_DATA_TYPE")}
    pd.DataFrame({"m": ["1", "x"]}).to_csv(tmp_path / "m.csv", index=False)
    report = fp.validate(tmp_path / "m.csv", stated, also="tfdv")
    (opinion,) = report.opinions.values()
    assert [(one.rule, one.status) for one in opinion.unasked] == [("m is int64", "failed")]


@pytest.mark.usefixtures("stand_in")
def test_no_rows_and_several_sources() -> None:
    stated = {"sources": {"a": {"columns": {"m": "string"}}, "b": {"columns": {"m": "string"}}}}
    rows = ROWS.select(["m"])
    report = fp.validate({"a": rows, "b": rows.slice(0, 0)}, stated, also="tfdv")
    assert report.opinions["a"].remarks == ()
    assert [(r.column, r.reason, r.said_by) for r in report.opinions["b"].remarks] == [("", "NO_DATA_IN_SPAN", Sayer.BOTH)]
    assert "second opinion on b: found by both: 1" in report.render_text()


def test_where_tfdv_breaks_the_report_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python_of_tfdv("echo no wheel here >&2; exit 3", tmp_path, monkeypatch)
    report = fp.validate(ROWS.select(["m"]), {"columns": {"m": "string"}}, also="tfdv")
    assert report.ok
    assert "second opinion: TFDV gave no opinion: TFDV broke with exit code 3: no wheel here" in report.render_text()


def test_without_tfdv_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(WorldError, match="TFDV is not installed"):
        fp.validate(ROWS, CONTRACT, also="tfdv")
    with pytest.raises(ArgumentError, match="'also' parameter of validate must be 'tfdv'"):
        fp.validate(ROWS, CONTRACT, also="gx")
