"""Numeric statistics against plain definitions and NumPy; weights against rows that are repeated."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0.statistics_pb2 import FeatureNameStatistics, Histogram

from featureprep.validators.tfmd import statistics
from featureprep.validators.tfmd.generators import quantiles

FINITE = st.sampled_from([0.0, -0.0, 0.5, 1.0, 1.5, 7.0]) | st.floats(-1e6, 1e6)


def feature(values: Any, dtype: pa.DataType | None = None, **options: Any) -> FeatureNameStatistics:
    """The statistics of a column "x"; of `values` and of further columns given by name."""
    columns = {name: options.pop(name) for name in ("w",) if name in options}
    batch = pa.RecordBatch.from_pydict({"x": pa.array(values, dtype), **columns})
    (dataset,) = statistics([batch], **options).datasets
    return next(one for one in dataset.features if list(one.path.step) == ["x"])


def buckets(histogram: Histogram) -> list[tuple[float, float, float]]:
    return [(bucket.low_value, bucket.high_value, bucket.sample_count) for bucket in histogram.buckets]


@settings(deadline=None, max_examples=60)
@given(st.lists(FINITE, min_size=1, max_size=40))
def test_moments_are_numpys_and_the_median_is_a_value(values: list[float]) -> None:
    found = feature(values).num_stats
    assert found.mean == pytest.approx(np.mean(values), rel=1e-12, abs=1e-9)
    assert found.std_dev == pytest.approx(np.std(values), rel=1e-6, abs=1e-6)
    assert (found.min, found.max) == (min(values), max(values))
    assert found.num_zeros == values.count(0.0)
    assert found.median == sorted(values)[len(values) // 2]


@settings(deadline=None, max_examples=60)
@given(st.lists(FINITE, min_size=1, max_size=40), st.integers(1, 6))
def test_a_quantile_is_the_first_value_that_more_than_its_share_does_not_exceed(values: list[float], steps: int) -> None:
    ordered, n = sorted(value + 0.0 for value in values), len(values)
    edges = [next((v for at, v in enumerate(ordered, 1) if at * steps > k * n), ordered[-1]) for k in range(steps + 1)]
    found = buckets(feature(values, num_quantiles_histogram_buckets=steps).num_stats.histograms[1])
    assert [low for low, _, _ in found] + [found[-1][1]] == edges
    assert math.fsum(count for _, _, count in found) == pytest.approx(n)
    below = [sum(value <= edge for value in values) for edge in edges]
    for edge, upto in zip(edges[1:], below[1:], strict=True):
        assert math.fsum(count for _, high, count in found if high <= edge) == pytest.approx(upto)


@settings(deadline=None, max_examples=60)
@given(st.lists(FINITE, min_size=2, max_size=200, unique=True), st.integers(1, 6))
def test_a_standard_histogram_has_equal_widths_and_counts_to_within_a_value(values: list[float], count: int) -> None:
    found = buckets(feature(values, num_histogram_buckets=count).num_stats.histograms[0])
    assert len(found) == count
    assert math.fsum(bucket[2] for bucket in found) == pytest.approx(len(values))
    width = (max(values) - min(values)) / count
    assert all(high - low == pytest.approx(width, rel=1e-6, abs=1e-6) for low, high, _ in found)
    exact = list(accumulate(sum(low < v <= high or (at == 0 and v == low) for v in values) for at, (low, high, _) in enumerate(found)))
    assert all(abs(ours - true) <= 2.0 for ours, true in zip(accumulate(bucket[2] for bucket in found), exact, strict=True))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.none() | FINITE | st.sampled_from([math.nan, math.inf, -math.inf]), st.integers(0, 4)), min_size=1, max_size=25)
)
def test_whole_weights_are_repeated_rows(rows: list[tuple[float | None, int]]) -> None:
    values, weights = [value for value, _ in rows], pa.array([float(weight) for _, weight in rows])
    repeated = [value for value, weight in rows for _ in range(weight)]
    found = feature(values, pa.float64(), w=weights, weight_feature="w").num_stats
    expected = feature(repeated, pa.float64()).num_stats
    assert found.common_stats.weighted_common_stats.num_missing == expected.common_stats.num_missing
    assert found.common_stats.weighted_common_stats.tot_num_values == expected.common_stats.tot_num_values
    ours = found.weighted_numeric_stats
    for name in ("mean", "std_dev", "median"):
        assert getattr(ours, name) == pytest.approx(getattr(expected, name), rel=1e-6, abs=1e-6, nan_ok=True)
    if all(value is None or math.isnan(value) for value in repeated):
        assert not any(histogram.buckets for histogram in ours.histograms)
        return
    # ends of the equally wide buckets are those of all rows, also of those that weigh nothing
    flat, wanted = (np.array(buckets(histogram)).ravel() for histogram in (ours.histograms[1], expected.histograms[1]))
    assert flat == pytest.approx(wanted)


def test_infinities_are_in_all_but_the_moments() -> None:
    found = feature([-math.inf, -math.inf, 1.0, 2.0, 3.0, math.inf], num_histogram_buckets=2, num_quantiles_histogram_buckets=2).num_stats
    assert (found.min, found.max, found.median, found.mean) == (-math.inf, math.inf, 2.0, 2.0)
    assert buckets(found.histograms[0])[0] == (-math.inf, -math.inf, 2.0)
    assert buckets(found.histograms[0])[-1] == (math.inf, math.inf, 1.0)
    assert math.fsum(count for _, _, count in buckets(found.histograms[0])) == pytest.approx(6.0)
    assert buckets(found.histograms[1]) == [(-math.inf, 2.0, 4.0), (2.0, math.inf, 2.0)]


def test_nothing_but_infinities() -> None:
    found = feature([math.inf, math.inf]).num_stats
    assert math.isnan(found.mean)
    assert math.isnan(found.std_dev)
    assert (found.min, found.max, found.median) == (math.inf, math.inf, math.inf)
    assert buckets(found.histograms[0]) == [(math.inf, math.inf, 2.0)]


@pytest.mark.parametrize("values", [[-1.7e308, 1.7e308], [5e-324, 1e-323, 1.5e-323], [1e308, math.inf, -1e308, 0.0]])
def test_the_ends_of_the_doubles(values: list[float]) -> None:
    found = feature(values).num_stats
    for histogram in found.histograms:
        counts = [bucket.sample_count for bucket in histogram.buckets]
        assert math.fsum(counts) == pytest.approx(len(values))
        assert all(count >= 0 for count in counts)


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_weighted_moments_at_the_ends_of_the_doubles(scale: float) -> None:
    found = feature([1.0 * scale, 3.0 * scale, 7.0 * scale], w=pa.array([1.0, 3.0, 0.0]), weight_feature="w").num_stats
    ours = found.weighted_numeric_stats
    assert (ours.mean, ours.std_dev) == pytest.approx((2.5 * scale, math.sqrt(0.75) * scale), rel=1e-12, abs=0.0)


@pytest.mark.parametrize("dtype", [pa.float64(), pa.int64()])
def test_values_sorted_in_parts_give_the_same(dtype: pa.DataType, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = np.random.default_rng(5).normal(0.0, 1e3, 500)
    values = [*drawn, *drawn[:50], math.inf, -math.inf] if pa.types.is_floating(dtype) else drawn.astype(np.int64).tolist()
    whole = feature(values, dtype)
    monkeypatch.setattr(quantiles, "_SORTED", 7)
    assert feature(values, dtype) == whole


def test_null_elements_count_as_nan_and_null_rows_are_missing() -> None:
    found = feature([[1, None], None, [3]], pa.list_(pa.int64())).num_stats
    assert found.histograms[0].num_nan == 1
    assert (found.common_stats.num_missing, found.common_stats.tot_num_values) == (1, 3)
    assert found.mean == 2.0


@pytest.mark.parametrize(
    ("values", "dtype", "kind"),
    [
        ([True, False, True], pa.bool_(), FeatureNameStatistics.INT),
        ([1, 2, 2**64 - 1], pa.uint64(), FeatureNameStatistics.INT),
        ([1.5, 2.5], pa.float32(), FeatureNameStatistics.FLOAT),
        ([Decimal("1.50"), Decimal("2.50")], pa.decimal128(5, 2), FeatureNameStatistics.FLOAT),
    ],
)
def test_all_numbers_are_taken(values: list[Any], dtype: pa.DataType, kind: int) -> None:
    found = feature(values, dtype)
    assert found.type == kind
    numbers = [float(value) for value in values]
    assert found.num_stats.mean == pytest.approx(np.mean(numbers))
    assert (found.num_stats.min, found.num_stats.max) == (min(numbers), max(numbers))


def test_encodings_make_no_difference() -> None:
    plain = [1, 1, 3, None, 1]
    expected = feature(plain, pa.int64())
    assert feature(pa.array(plain, pa.int64()).dictionary_encode()) == expected
    assert feature([[one] if one is not None else None for one in plain], pa.large_list(pa.int32())) == expected
