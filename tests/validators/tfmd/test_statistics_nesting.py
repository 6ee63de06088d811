"""Presence and valency of lists in lists and in structs, against walking through Python values."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0.statistics_pb2 import FeatureNameStatistics

from featureprep.errors import TypeMismatchError
from featureprep.validators.tfmd import statistics

INNER = st.none() | st.lists(st.none() | st.integers(0, 3), max_size=3)
MIDDLE = st.none() | st.lists(INNER, max_size=3)


def features(batches: list[pa.RecordBatch], **options: Any) -> dict[str, FeatureNameStatistics]:
    return {".".join(one.path.step): one for one in statistics(batches, **options).datasets[0].features}


def batch(values: list[Any], dtype: pa.DataType) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values, dtype)], names=["x"])


def numbers(lists: list[Any]) -> tuple[int, int, int, int, int]:
    """Missing, not missing, shortest, longest, all values."""
    lengths = [len(one) for one in lists if one is not None]
    return lists.count(None), len(lengths), min(lengths, default=0), max(lengths, default=0), sum(lengths)


def told(presence: Any) -> tuple[int, int, int, int, int]:
    names = ("num_missing", "num_non_missing", "min_num_values", "max_num_values", "tot_num_values")
    return tuple(getattr(presence, name) for name in names)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.none() | st.lists(MIDDLE, max_size=3), min_size=1, max_size=6))
def test_levels_are_counted(rows: list[Any]) -> None:
    found = features([batch(rows, pa.list_(pa.large_list(pa.list_(pa.int32()))))])["x"].num_stats
    middle = [one for row in rows if row is not None for one in row]
    inner = [one for many in middle if many is not None for one in many]
    assert [told(level) for level in found.common_stats.presence_and_valency_stats] == [numbers(rows), numbers(middle), numbers(inner)]
    flat = [None if row is None else [v for m in row if m is not None for i in m if i is not None for v in i] for row in rows]
    assert told(found.common_stats) == numbers(flat)
    values = [value for one in flat if one is not None for value in one]
    there = [value for value in values if value is not None]
    assert (found.min, found.max) == (min(there, default=0), max(there, default=0))
    assert [histogram.num_nan for histogram in found.histograms] == [values.count(None)] * (2 if values else 0)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.none() | st.lists(st.none() | st.fixed_dictionaries({"a": INNER, "b": st.none() | st.integers(0, 2)}), max_size=3), max_size=6
    )
)
def test_structs_are_what_their_fields_are_missing_from(rows: list[Any]) -> None:
    dtype = pa.list_(pa.struct({"a": pa.list_(pa.int64()), "b": pa.int64()}))
    found = features([batch(rows, dtype)])
    structs = [one for row in rows if row is not None for one in row]
    assert told(found["x"].struct_stats.common_stats) == numbers(rows)
    assert told(found["x.a"].num_stats.common_stats) == numbers([None if one is None else one["a"] for one in structs])
    single = [None if one is None or one["b"] is None else [one["b"]] for one in structs]
    assert told(found["x.b"].num_stats.common_stats) == numbers(single)


def test_a_struct_that_is_in_no_list_counts_as_one_value() -> None:
    rows = [{"a": 1}, None, {"a": None}]
    found = features([batch(rows, pa.struct({"a": pa.int64()}))])
    assert told(found["x"].struct_stats.common_stats) == (1, 2, 1, 1, 2)
    assert told(found["x.a"].num_stats.common_stats) == (1, 1, 1, 1, 1)


def test_lists_of_fixed_size_and_batches_that_are_views() -> None:
    whole = batch([[1, 2], None, [3, None]], pa.list_(pa.int64(), 2))
    found = features([whole.slice(1, 2), whole.slice(0, 1)])["x"].num_stats
    assert told(found.common_stats) == (1, 2, 2, 2, 4)
    assert (found.min, found.max, found.mean) == (1, 3, 2)


def test_nulls_of_any_depth_fit_any_deeper_type() -> None:
    dtypes = [pa.null(), pa.list_(pa.null()), pa.list_(pa.list_(pa.null()))]
    batches = [batch([None, []] if at else [None, None], dtype) for at, dtype in enumerate(dtypes)]
    deep = features([*batches, batch([[["a"]]], pa.list_(pa.list_(pa.string())))])["x"].string_stats.common_stats
    assert told(deep.presence_and_valency_stats[0]) == (4, 3, 0, 1, 1)
    assert told(deep.presence_and_valency_stats[1]) == (0, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (pa.list_(pa.int64()), pa.list_(pa.string()), "INT and STRING"),
        (pa.list_(pa.int64()), pa.list_(pa.list_(pa.int64())), "1 and 2 deep"),
        (pa.list_(pa.int64()), pa.list_(pa.list_(pa.null())), "1 and 2 deep"),
    ],
)
def test_types_that_do_not_fit_are_refused_in_any_order(first: pa.DataType, second: pa.DataType, said: str) -> None:
    pair = [batch([[]], first), batch([[]], second)]
    for batches in (pair, pair[::-1]):
        with pytest.raises(TypeMismatchError, match=said):
            statistics(batches)


def test_a_type_that_has_no_place_is_refused_by_name() -> None:
    with pytest.raises(TypeMismatchError, match="feature x"):
        statistics([batch([{"a": 1}], pa.struct({"a": pa.duration("s")}))])
