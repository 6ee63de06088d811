"""Shapes beside statistics, and baselines made of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

import featureprep.validators
from featureprep import canonical
from featureprep.errors import CorruptArtefactError
from featureprep.validators.drift import CategoryShape, NumericShape
from featureprep.validators.drift.baseline import baseline_of
from featureprep.validators.drift.keeping import has_shape, is_numeric
from featureprep.validators.statistics import column_folds, finish

FoldOver = Callable[..., dict[str, Any]]
SHAPED = ("number", "whole", "text", "many", "flag", "day", "list")


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(21)
    n = 6000
    numbers = rng.normal(size=n)
    numbers[::50] = np.nan
    numbers[::77] = np.inf
    return pa.table(
        {
            "number": pa.array(numbers, mask=rng.random(n) < 0.1),
            "whole": pa.array(rng.integers(0, 9, n).astype(np.int16)),
            "text": pa.array(rng.choice(["", "a", "é"], n).tolist(), mask=rng.random(n) < 0.2),
            "many": pa.array([f"v{i}" for i in np.where(rng.random(n) < 0.5, rng.integers(0, 300, n), np.arange(n) + 1000)]),
            "flag": pa.array(rng.random(n) < 0.3),
            "day": pa.array(rng.integers(0, 100, n).astype("datetime64[D]"), pa.date32()),
            "list": pa.array([[1]] * n, pa.list_(pa.int64())),
            "bytes": pa.array([b"x"] * n),
        }
    )


def section(fold_over: FoldOver, table: pa.Table, cuts: tuple[int, ...] = (), merged: str = "left", **options: Any) -> dict[str, Any]:
    results = fold_over(column_folds(table.schema, shapes=options.get("shapes", False)), table, cuts, merged=merged)
    found: dict[str, Any] = json.loads(canonical.dumps(finish(results, table.schema, **options)))
    return found


def test_shapes_are_kept_where_wanted(table: pa.Table, fold_over: FoldOver) -> None:
    with_shapes = section(fold_over, table, shapes=True)
    path = Path(featureprep.validators.__path__[0]) / "schemas" / "statistics.json"
    jsonschema.validate(with_shapes, json.loads(path.read_text(encoding="utf-8")))
    assert [column["name"] for column in with_shapes["columns"] if "shape" in column] == list(SHAPED)
    for column in with_shapes["columns"]:
        column.pop("shape", None)
        column.pop("length_shape", None)
    assert with_shapes == section(fold_over, table)


def test_the_same_in_any_pieces(table: pa.Table, fold_over: FoldOver) -> None:
    whole = section(fold_over, table, shapes=True)
    assert section(fold_over, table, (1, 3000, 3001), shapes=True) == whole
    assert section(fold_over, table, (10, 5000), "right", shapes=True) == whole


def test_nothing_is_kept_of_a_sensitive_column(table: pa.Table, fold_over: FoldOver) -> None:
    found = section(fold_over, table, shapes=True, sensitive=SHAPED)
    assert not any("shape" in column for column in found["columns"])
    baseline = baseline_of(found, "old@1", SHAPED)
    assert baseline.shapes == {}
    assert "sensitive" in (baseline.obstacle("text") or "")


def test_they_come_back(table: pa.Table, fold_over: FoldOver) -> None:
    baseline = baseline_of(section(fold_over, table, shapes=True), "old@1", [*SHAPED, "bytes", "gone"])
    assert set(baseline.shapes) == set(SHAPED)
    number, text = baseline.shapes["number"], baseline.shapes["text"]
    assert isinstance(number, NumericShape)
    assert isinstance(text, CategoryShape)
    values = table["number"].drop_null().to_numpy()
    assert (number.nulls, number.nans, number.infs) == (table["number"].null_count, np.isnan(values).sum(), np.isinf(values).sum())
    finite = values[np.isfinite(values)]
    assert number.below.tolist() == [int((finite < point).sum()) for point in number.points]
    assert text.counts == dict(zip(*np.unique(table["text"].drop_null().to_numpy(), return_counts=True), strict=True))
    assert baseline.obstacle("number") is None
    assert "keep no shape" in (baseline.obstacle("bytes") or "")
    assert baseline.obstacle("gone") == "the baseline old@1 does not have the column"


def test_of_many_values_those_that_occur_once_are_not_kept(table: pa.Table, fold_over: FoldOver) -> None:
    many = baseline_of(section(fold_over, table, shapes=True), "old@1", ["many"]).shapes["many"]
    assert isinstance(many, CategoryShape)
    assert many.rest > 0
    assert min(many.counts.values()) > 1
    values, counts = np.unique(table["many"].to_numpy(zero_copy_only=False), return_counts=True)
    assert many.counts == {v: c for v, c in zip(values, counts, strict=True) if c > 1}
    assert many.most == 1


def test_statistics_of_an_earlier_release_open_and_are_no_baseline(table: pa.Table, fold_over: FoldOver) -> None:
    baseline = baseline_of(section(fold_over, table), "old@1", SHAPED)
    assert baseline.shapes == {}
    assert all("earlier release" in (baseline.obstacle(name) or "") for name in SHAPED)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        {"columns": None},
        {"columns": ["x"]},
        {"columns": [{"name": "a", "shape": None}]},
        {"columns": [{"name": "a", "shape": {}}]},
    ],
)
def test_what_is_altered_is_refused(bad: Any) -> None:
    with pytest.raises(CorruptArtefactError) as caught:
        baseline_of(bad, "old@1", ["a"])
    assert caught.value.where == "old@1"


def test_types() -> None:
    assert [has_shape(t) for t in (pa.int8(), pa.float32(), pa.string(), pa.bool_())] == [True] * 4
    for dtype in (pa.date32(), pa.timestamp("us", "UTC"), pa.decimal128(5, 2), pa.list_(pa.float64())):
        assert has_shape(dtype)
        assert is_numeric(dtype)
    assert has_shape(pa.list_(pa.string()))
    assert not is_numeric(pa.list_(pa.string()))
    others = (
        pa.binary(),
        pa.null(),
        pa.list_(pa.date32()),
        pa.list_(pa.list_(pa.int8())),
        pa.list_(pa.float32(), 3),
        pa.struct([("a", pa.int8())]),
    )
    assert not any(map(has_shape, others))
    assert is_numeric(pa.dictionary(pa.int32(), pa.int64()))
    assert has_shape(pa.dictionary(pa.int32(), pa.string()))
    assert not is_numeric(pa.bool_())
