"""`fp.skew` over logs of anything: an answer or a clear error, and the same answer of records and of columns."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import FeatureprepError

ROWS = pa.table(
    {
        "n": [1, 2, None, 4] * 10,
        "x": [0.5, None, 2.0, -1.0] * 10,
        "text": ["a b", "b c", None, "a"] * 10,
        "day": [dt.date(2024, 1, 1), dt.date(1999, 12, 31), None, dt.date(2030, 6, 1)] * 10,
        "at": [dt.datetime(2024, 1, 1, 5), None, dt.datetime(1970, 1, 1), dt.datetime(2024, 1, 1, 5, 0, 0, 1)] * 10,
        "d": pa.array([Decimal("1.50"), None, Decimal("-2.25"), Decimal("0.00")] * 10, pa.decimal128(9, 2)),
    }
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["2024-01-01", "1", "\ud800", "nan", 2**70])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["indices", "values", "size", "x", "\ud800"]), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from(["n", "x", "text", "day", "at", "d", "words", "later", "twice", "\ud800", "other"])
RECORDS = st.lists(
    st.fixed_dictionaries({"q": st.dictionaries(NAMES, JSON, max_size=4)}, optional={"s": st.dictionaries(NAMES, JSON, max_size=5)}),
    max_size=4,
)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> fp.Dataset:
    @fp.job(sources={"rows": fp.from_arrow(ROWS)}, name="rows", malformed="null")
    def job(rows: fp.Table) -> fp.Table:
        return rows.features(
            words=T.count_vector(T.tokenize("text")),
            later=col("at"),
            day=col("day"),
            text=col("text").str.upper(),
            twice=col("n") * 2,
            d=col("d"),
            x=col("x") * 0.1,
        )

    store = str(tmp_path_factory.mktemp("hostile") / "store")
    job.run(store=store)
    return fp.open_dataset(store, "rows")


def served(version: fp.Dataset) -> list[dict[str, Any]]:
    url, _ = version.store.address
    graph = fp.open_graph(url, "rows")
    return [{"q": row, "s": graph(row)} for row in ROWS.slice(0, 4).to_pylist()]


def spelled(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value.isoformat()


def test_all_types_agree_in_all_forms(version: fp.Dataset, tmp_path: Path) -> None:
    records = served(version)
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(record, default=spelled) for record in records), encoding="utf-8")
    for log in (records, tmp_path / "log.jsonl", pa.Table.from_pylist(records)):
        report = fp.skew(version, log, inputs="q", outputs="s")
        assert report.ok, report.render_text()
        assert report.rows == 4


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS)
def test_whatever_is_logged_there_is_an_answer(version: fp.Dataset, tmp_path: Path, records: list[dict[str, Any]]) -> None:
    try:
        report = fp.skew(version, records, inputs="q", outputs="s")
    except FeatureprepError:
        return
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    again = fp.skew(version, path, inputs="q", outputs="s")
    assert again.rows == report.rows == len(records)
    told = [{**feature.to_json(), "examples": None} for feature in report.features]
    assert told == [{**feature.to_json(), "examples": None} for feature in again.features]
    for text in (report.render_text(), report._repr_html_(), repr(report)):
        assert text.encode("utf-8")
    assert json.dumps(report.to_json())


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' * 50_000, "9" * 5000, '{"q": ' + "9" * 5000 + "}", "\x00", "null"])
def test_records_that_are_none(version: fp.Dataset, tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"q": {"n": 1}, "s": {"twice": 2}}\n' + text + "\n", encoding="utf-8")
    with pytest.raises(FeatureprepError, match="no JSON object|line|nested|record"):
        fp.skew(version, path, inputs="q", outputs="s")


def test_columns_of_other_kinds(version: fp.Dataset) -> None:
    log = pa.table({"n": ["1", "x"], "s": pa.array([{"twice": "2", "words": [1, 2], "x": None}, {"twice": "y", "words": None, "x": None}])})
    report = fp.skew(version, log, outputs="s")
    assert {feature.name: feature.counts for feature in report.features if feature.counts} == {
        "words": {"malformed": 1}, "twice": {"malformed": 2},
    }  # fmt: skip
    chunks = pa.table(
        {
            "n": pa.chunked_array([pa.array([1]), pa.array([2, 3])]),
            "s": pa.chunked_array([pa.array([{"twice": 2}, {"twice": 4}]), pa.array([{"twice": 6}])]),
        }
    )
    assert [f.name for f in fp.skew(version, chunks, outputs="s", allow=["missing"]).features if f.counts] == []
    assert fp.skew(version, chunks, outputs="s", allow=["missing"]).ok
    words = pa.table({"text": pa.array(["a", "b", "a"]).dictionary_encode(), "s_text": pa.array(["A", "B", "A"]).dictionary_encode()})
    assert fp.skew(version, words, outputs="s_", allow=["missing"]).ok
