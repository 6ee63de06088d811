"""Tables and data frames in memory."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from featureprep.errors import ArgumentError, FeatureprepError, RequestError, TypeMismatchError
from featureprep.io.api import from_arrow, from_pandas, from_polars
from featureprep.io.base import Source
from featureprep.io.fragments import plan
from featureprep.io.listing import pin
from featureprep.io.memory import MemoryFormat


def test_pandas_nulls(read: Any) -> None:
    frame = pd.DataFrame(
        {
            "f": [1.5, np.nan],
            "o": ["x", None],
            "t": pd.to_datetime(["2020-01-01", None]),
            "i": pd.array([1, None], dtype="Int64"),
            "a": pd.array(pa.array([math.nan, None]), dtype=pd.ArrowDtype(pa.float64())),
            "c": pd.Categorical(["u", None]),
        }
    )
    first, second = read(from_pandas(frame)).rows
    assert first.pop("a") != first.get("a")
    assert first == {"f": 1.5, "o": "x", "t": dt.datetime(2020, 1, 1), "i": 1, "c": "u"}
    assert set(second.values()) == {None}


def test_pandas_index(read: Any) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=[7, 8])
    assert read(from_pandas(frame)).rows == [{"a": 1}, {"a": 2}]
    assert read(from_pandas(frame.rename_axis("k"))).rows == [{"k": 7, "a": 1}, {"k": 8, "a": 2}]
    both = frame.set_index(pd.MultiIndex.from_tuples([(1, "x"), (2, "y")], names=[None, "n"]))
    assert read(from_pandas(both)).rows == [{"n": "x", "a": 1}, {"n": "y", "a": 2}]
    with pytest.raises(ArgumentError, match="'a'"):
        from_pandas(frame.rename_axis("a"))
    assert list(frame.columns) == ["a"]


@pytest.mark.parametrize(
    "frame",
    [pd.DataFrame({1: [1]}), pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame({"": [1]}), {"a": [1]}, None, pd.Series([1])],
)
def test_pandas_refused(frame: Any) -> None:
    with pytest.raises(ArgumentError):
        from_pandas(frame)


@pytest.mark.parametrize("values", [[1, "x"], [object(), 1], [1 + 2j], [dt.timedelta(1)], [dt.time(1)], [1 << 70]])
def test_pandas_column_without_one_type(values: list[Any]) -> None:
    with pytest.raises(TypeMismatchError) as caught:
        from_pandas(pd.DataFrame({"bad": values}))
    assert "bad" in str(caught.value)


def test_nanoseconds_below_the_microsecond(read: Any) -> None:
    frame = pd.DataFrame({"t": pd.to_datetime([1], unit="ns")})
    with pytest.raises(TypeMismatchError, match="'t'"):
        read(from_pandas(frame))


def test_polars(read: Any) -> None:
    frame = pl.DataFrame({"s": ["a", None], "f": [math.nan, 1.0], "c": pl.Series(["u", "v"], dtype=pl.Categorical), "l": [[1], []]})
    first, second = read(from_polars(frame)).rows
    assert math.isnan(first.pop("f"))
    assert first == {"s": "a", "c": "u", "l": [1]}
    assert second == {"s": None, "f": 1.0, "c": "v", "l": []}
    with pytest.raises(ArgumentError, match="LazyFrame"):
        from_polars(frame.lazy())


def test_arrow_fragments_and_keys(read: Any) -> None:
    table = pa.table({"a": range(200_000), "s": [str(i) for i in range(200_000)]})
    for target in (1 << 18, 1 << 30):
        whole = read(from_arrow(table), target=target)
        assert whole.rows == table.to_pylist()
    chunked = pa.concat_tables([table.slice(0, 77), table.slice(77, 70_000), table.slice(70_077)])

    def keys(t: pa.Table) -> list[str]:
        source = from_arrow(t)
        return [f.key for f in plan(source, "x", [MemoryFormat().pin(source, "memory", None, "")], 1 << 18)]

    assert len(keys(table)) > 5
    assert len(set(keys(table))) == len(keys(table))
    small, parts = table.slice(0, 1000), chunked.slice(0, 1000)
    assert keys(small) == keys(parts)
    assert keys(small) != keys(table.slice(1, 1000))


def test_arrow_refused() -> None:
    with pytest.raises(ArgumentError):
        from_arrow([1])
    with pytest.raises(ArgumentError):
        from_arrow(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))
    with pytest.raises(FeatureprepError, match="'m'"):
        from_arrow(pa.table({"m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))}))
    with pytest.raises(RequestError, match="lost its table"):
        pin(Source("memory"), None)


def test_no_rows_and_record_batch(read: Any) -> None:
    assert read(from_arrow(pa.table({"a": pa.array([], pa.int64())}))).rows == []
    assert read(from_arrow(pa.record_batch({"a": [1]}))).rows == [{"a": 1}]
    assert read(from_pandas(pd.DataFrame({"a": []}))).rows == []
