"""String and bytes statistics against counting by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0.statistics_pb2 import FeatureNameStatistics, StringStatistics

from featureprep.validators.tfmd import statistics

VALUES = st.none() | st.sampled_from([b"a", b"b", b"", b"\xff\xfe", "ß".encode()]) | st.binary(max_size=2)


def feature(array: pa.Array, **options: Any) -> FeatureNameStatistics:
    columns = {name: options.pop(name) for name in ("w",) if name in options}
    (dataset,) = statistics([pa.RecordBatch.from_pydict({"x": array, **columns})], **options).datasets
    return next(one for one in dataset.features if list(one.path.step) == ["x"])


def top(found: Any) -> list[tuple[str, float]]:
    return [(one.value, one.frequency) for one in found.top_values]


def shown(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "__BYTES_VALUE__"


@settings(deadline=None, max_examples=60)
@given(st.lists(VALUES, max_size=30), st.integers(0, 5), st.integers(0, 5), st.integers(1, 3))
def test_frequencies_are_counted(values: list[bytes | None], shown_values: int, ranks: int, least: int) -> None:
    found = feature(
        pa.array(values, pa.binary()), num_top_values=shown_values, num_rank_histogram_buckets=ranks, frequency_threshold=least
    ).string_stats
    counts = Counter(value for value in values if value is not None)
    ranked = [
        (shown(value), count) for value, count in sorted(counts.items(), key=lambda one: (one[1], one[0]), reverse=True) if count >= least
    ]
    assert found.unique == len(counts)
    assert top(found) == ranked[:shown_values]
    buckets = [(bucket.low_rank, bucket.high_rank, bucket.label, bucket.sample_count) for bucket in found.rank_histogram.buckets]
    assert buckets == [(rank, rank, value, count) for rank, (value, count) in enumerate(ranked[:ranks])]
    assert found.invalid_utf8_count == sum(count for value, count in counts.items() if shown(value) == "__BYTES_VALUE__")
    lengths = [len(value) for value in counts.elements()]
    assert found.avg_length == pytest.approx(sum(lengths) / len(lengths) if lengths else 0.0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(VALUES, st.integers(1, 4)), min_size=1, max_size=20))
def test_whole_weights_are_repeated_rows(rows: list[tuple[bytes | None, int]]) -> None:
    weights = pa.array([float(weight) for _, weight in rows])
    found = feature(pa.array([value for value, _ in rows], pa.binary()), w=weights, weight_feature="w").string_stats
    repeated = feature(pa.array([value for value, weight in rows for _ in range(weight)], pa.binary())).string_stats
    assert top(found.weighted_string_stats) == top(repeated)
    assert found.weighted_string_stats.rank_histogram == repeated.rank_histogram


@pytest.mark.parametrize("dtype", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.string_view()])
def test_encodings_make_no_difference(dtype: pa.DataType) -> None:
    texts = ["a", "ß", None, "a", ""]
    expected = feature(pa.array(texts, pa.string()))
    assert feature(pa.array(texts, dtype)) == expected
    assert feature(pa.array(texts, pa.string()).dictionary_encode()) == expected


def test_columns_of_different_text_types_are_one_feature() -> None:
    batches = [pa.RecordBatch.from_pydict({"x": pa.array(["a", "b"], dtype)}) for dtype in (pa.string(), pa.large_binary(), pa.binary())]
    found = statistics(batches).datasets[0].features[0].string_stats
    assert top(found) == [("b", 3.0), ("a", 3.0)]


def test_numbers_taken_as_categories_are_texts() -> None:
    schema = 'feature { name: "x" type: INT int_domain { is_categorical: true } }'
    found = feature(pa.array([7, 7, -1, None]), schema=schema)
    assert found.type == FeatureNameStatistics.INT
    assert top(found.string_stats) == [("7", 2.0), ("-1", 1.0)]
    assert found.string_stats.avg_length == pytest.approx(4 / 3)
    # what is no whole number is not taken so
    assert feature(pa.array([7.0]), schema=schema).HasField("num_stats")


def test_images_have_lengths_and_no_values() -> None:
    schema = 'feature { name: "x" type: BYTES image_domain {} }'
    found = feature(pa.array([b"abc", b"", None]), schema=schema)
    assert found.type == FeatureNameStatistics.BYTES
    assert found.WhichOneof("stats") == "bytes_stats"
    assert (found.bytes_stats.min_num_bytes, found.bytes_stats.max_num_bytes, found.bytes_stats.avg_num_bytes) == (0, 3, 1.5)
    assert found.bytes_stats.common_stats.num_missing == 1


def test_dates_are_texts() -> None:
    import datetime as dt

    moment = dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)
    found = feature(pa.array([dt.date(2024, 2, 29)])).string_stats
    assert top(found) == [("2024-02-29", 1.0)]
    zoned = feature(pa.array([moment]).cast(pa.timestamp("us", "Europe/Berlin"))).string_stats
    assert top(zoned)[0][0].startswith("2024-02-29 12:00:00")


def test_strings_that_lie_about_their_encoding() -> None:
    ends = pa.py_buffer(np.array([0, 1, 3], np.int32).tobytes())
    lying = pa.Array.from_buffers(pa.string(), 2, [None, ends, pa.py_buffer(b"\xffok")])
    found = feature(lying, enable_semantic_domain_stats=True, values_threshold=1).string_stats
    assert found.invalid_utf8_count == 1
    assert top(found) == [("__BYTES_VALUE__", 1.0), ("ok", 1.0)]


def test_a_column_without_values_is_of_strings() -> None:
    found = feature(pa.nulls(3))
    assert found.type == FeatureNameStatistics.STRING
    assert found.string_stats == StringStatistics(common_stats=found.string_stats.common_stats)
    assert found.string_stats.common_stats.num_missing == 3
