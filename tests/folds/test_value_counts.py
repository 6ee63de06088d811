from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, CorruptArtefactError, TypeMismatchError, WorldError
from featureprep.folds import count_table
from featureprep.folds.counting import CountingFold
from featureprep.folds.value_counts import CountsResult, ValueCounts

TYPES = [
    pa.float64(),
    pa.float32(),
    pa.int64(),
    pa.uint64(),
    pa.int8(),
    pa.bool_(),
    pa.string(),
    pa.binary(),
    pa.date32(),
    pa.timestamp("us"),
    pa.decimal128(20, 2),
]


@pytest.fixture(params=["memory", "disk"])
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same tests with states that spill after every batch."""
    if request.param == "disk":
        monkeypatch.setattr(CountingFold, "spill_bytes", 0)
    return request.param


def run(array: pa.Array, **params: Any) -> CountsResult:
    fold = ValueCounts(**params)
    result: CountsResult = fold.finish(fold.update(fold.init(), array))
    return result


def ranked(values: list[Any]) -> list[tuple[Any, int]]:
    def key(item: tuple[Any, int]) -> tuple[int, Any]:
        return -item[1], item[0].encode() if isinstance(item[0], str) else item[0]

    return sorted(Counter(v + 0.0 if isinstance(v, float) else v for v in values if v is not None and v == v).items(), key=key)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=20)
@given(data=st.data())
def test_equals_a_counter_however_cut(dtype: pa.DataType, limit: str, data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(dtype))
    top_k, min_count = data.draw(st.none() | st.integers(0, 4)), data.draw(st.integers(1, 3))
    result = same_bits(ValueCounts(top_k=top_k, min_count=min_count), (array,), data)
    expected = ranked(array.to_pylist())
    cut = [item for item in expected if item[1] >= min_count][:top_k]
    assert list(zip(result.values.to_pylist(), result.counts.tolist(), strict=True)) == cut
    assert result.values.type == dtype
    assert "-0.0" not in map(str, result.values.to_pylist())
    assert (result.n, result.n_unique) == (sum(count for _, count in expected), len(expected))
    assert result.n + result.nulls + result.nans == len(array)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(data=st.data())
def test_exploded_lists_count_their_elements(limit: str, data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(pa.list_(pa.string())))
    result = same_bits(ValueCounts(explode=True), (array,), data)
    rows = array.to_pylist()
    expected = ranked([v for row in rows if row is not None for v in row])
    assert list(zip(result.values.to_pylist(), result.counts.tolist(), strict=True)) == expected
    assert result.nulls == rows.count(None) + sum(row.count(None) for row in rows if row)


@settings(max_examples=60)
@given(data=st.data())
def test_added_values_are_rows(data: Any, arrays: Any) -> None:
    dtype = data.draw(st.sampled_from([pa.float64(), pa.string(), pa.date32()]))
    array = data.draw(arrays(dtype))
    column = data.draw(arrays(dtype, 1))
    value, count = column.to_pylist()[0], data.draw(st.integers(0, 3))
    fold = ValueCounts()
    empty = fold.init()
    state = fold.add_value(fold.init(), value, count)  # before its type is known
    merged = fold.merge(fold.decode(fold.encode(state)), fold.update(empty, array))
    result, expected = fold.finish(merged), run(pa.array(array.to_pylist() + [value] * count, dtype))
    assert result.values.equals(expected.values) or expected.nans
    assert result.counts.tolist() == expected.counts.tolist()
    assert (result.n, result.nulls, result.nans, result.n_unique) == (expected.n, expected.nulls, expected.nans, expected.n_unique)


def test_only_added_values_have_their_own_type() -> None:
    fold = ValueCounts()
    result = fold.finish(fold.decode(fold.encode(fold.add_value(fold.init(), "a", 2))))
    assert (result.values.to_pylist(), result.counts.tolist(), result.values.type) == (["a"], [2], pa.string())


def test_a_value_of_another_type_is_refused() -> None:
    fold = ValueCounts()
    with pytest.raises(TypeMismatchError, match="'x' cannot be counted in a column of type int64"):
        fold.finish(fold.add_value(fold.update(fold.init(), pa.array([1])), "x", 1))
    with pytest.raises(TypeMismatchError, match="two types"):
        fold.finish(fold.merge(fold.update(fold.init(), pa.array([1])), fold.update(fold.init(), pa.array(["a"]))))


def test_many_values_equal_duckdbs_counts(limit: str) -> None:
    rng = np.random.default_rng(0)
    table = pa.table({"v": [f"v{int(x)}" for x in rng.exponential(300, 20_000)]})
    fold = ValueCounts(top_k=50)
    state = fold.init()
    for batch in table.to_batches(max_chunksize=3000):
        state = fold.update(state, batch.column(0))
    assert bool(state.spills) == (limit == "disk")
    result = fold.finish(state)
    with duckdb.connect() as connection:
        rows = connection.register("t", table).execute("select v, count(*) c from t group by v order by c desc, v limit 50").fetchall()
    assert list(zip(result.values.to_pylist(), result.counts.tolist(), strict=True)) == rows
    assert result.n_unique == len(set(table["v"].to_pylist()))


def test_spilled_states_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(CountingFold, "spill_bytes", 0)
    fold = ValueCounts()
    state = fold.update(fold.init(), pa.array(["a", "b", "a"]))
    state.settle(infer=True)
    assert state.spills
    assert list(tmp_path.iterdir()) == []
    assert fold.finish(state).counts.tolist() == [2, 1]


def test_a_disk_that_cannot_be_written_is_the_worlds_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    monkeypatch.setattr(CountingFold, "spill_bytes", 0)
    fold = ValueCounts()
    with pytest.raises(WorldError, match="spilled to disk"):
        fold.finish(fold.update(fold.init(), pa.array(["a"])))


def test_batches_of_one_dictionary_are_counted_by_their_indices(monkeypatch: pytest.MonkeyPatch) -> None:
    array = pa.array(["b", "a", None, "b"] * 50).dictionary_encode()
    fold = ValueCounts()
    state = fold.init()
    for start in range(0, 200, 10):
        state = fold.update(state, array.slice(start, 10))
    assert state.parts == []  # nothing was looked up yet
    assert fold.finish(state).counts.tolist() == [100, 50]


def test_a_dictionary_may_repeat_itself_and_hold_null_and_both_zeros() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, 4, None]), pa.array([0.0, -0.0, None, float("nan"), 0.0]))
    result = run(array)
    assert (result.values.to_pylist(), result.counts.tolist(), result.nulls, result.nans) == ([0.0], [3], 2, 1)


@pytest.mark.parametrize("index", [pa.int8(), pa.uint8(), pa.uint32(), pa.uint64()], ids=str)
def test_every_width_of_dictionary_indices(index: pa.DataType) -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([1, None, 1], index), pa.array(["a", "b"]))
    result = run(array)
    assert (result.values.to_pylist(), result.counts.tolist(), result.nulls) == (["b"], [2], 1)


def test_compaction_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_table, "_COMPACT_AT", 5)
    fold = ValueCounts()
    state = fold.init()
    for i in range(100):
        state = fold.update(state, pa.array([i % 7, i % 3, None]))
    assert len(state.parts) < 10
    assert fold.finish(state).counts.sum() == 200
    assert fold.finish(state).n_unique == 7


def test_nothing_at_all() -> None:
    fold = ValueCounts()
    result = fold.finish(fold.init())
    assert (len(result.values), result.n, result.n_unique) == (0, 0, 0)
    assert fold.split(fold.init()) == {}
    assert run(pa.nulls(3)).nulls == 3


@pytest.mark.parametrize("params", [{"top_k": -1}, {"top_k": 1.5}, {"min_count": 0}, {"min_count": True}])
def test_parameters_outside_their_limits_are_refused(params: Any) -> None:
    with pytest.raises(ArgumentError, match="of value_counts must be"):
        ValueCounts(**params)


def test_types_without_a_meaning_are_refused() -> None:
    with pytest.raises(TypeMismatchError, match="takes scalars, not list<int64>"):
        run(pa.array([[1]]))
    with pytest.raises(TypeMismatchError, match="takes lists, not int64"):
        run(pa.array([1]), explode=True)


def test_broken_states_are_refused() -> None:
    fold = ValueCounts()
    good = fold.encode(fold.update(fold.init(), pa.array(["a", "b"])))
    for bad in (
        b"",
        good[:-9],
        good[:120] + b"\xff" * (len(good) - 120),
        good.replace(b"key0", b"key9"),
        good.replace(b'"literals":[]', b'"literals":{}'),
    ):
        with pytest.raises(CorruptArtefactError):
            fold.finish(fold.decode(bad))
