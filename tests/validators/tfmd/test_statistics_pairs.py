"""Covariance, correlation and lift against NumPy, exact fractions and counting by hand."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatistics

from featureprep.errors import TypeMismatchError
from featureprep.validators.tfmd import statistics
from featureprep.validators.tfmd.generators.exact import exact_dot

FINITE = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([5e-324, 1e-320, 1e308, 1e-160, 0.1])
VALUES = st.none() | st.sampled_from([math.nan, math.inf]) | st.floats(-1e3, 1e3)


def dataset(columns: dict[str, Any], **options: Any) -> DatasetFeatureStatistics:
    return statistics([pa.RecordBatch.from_pydict(columns)], **options).datasets[0]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(FINITE, FINITE), max_size=12))
def test_inner_products_are_exact(pairs: list[tuple[float, float]]) -> None:
    x, y = (np.array([pair[at] for pair in pairs], np.float64) for at in (0, 1))
    assert exact_dot(x, y) == sum(Fraction(a) * Fraction(b) for a, b in pairs) * 2**2148


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(VALUES, VALUES), max_size=20))
def test_covariance_is_of_the_rows_where_both_are_numbers(rows: list[tuple[float | None, float | None]]) -> None:
    x, y = ([row[at] for row in rows] for at in (0, 1))
    (cross,) = dataset({"y": pa.array(y, pa.float64()), "x": pa.array(x, pa.float64())}, feature_crosses=True).cross_features
    assert (list(cross.path_x.step), list(cross.path_y.step)) == (["x"], ["y"])
    known = [(a, b) for a, b in rows if a is not None and b is not None and math.isfinite(a) and math.isfinite(b)]
    assert cross.count == len(known)
    if not known:
        assert not cross.HasField("num_cross_stats")
        return
    a, b = np.array(known).T
    assert cross.num_cross_stats.covariance == pytest.approx(float(np.cov(a, b, ddof=0)[0, 1]), rel=1e-4, abs=1e-6)
    if a.std() > 1e-3 and b.std() > 1e-3:
        assert cross.num_cross_stats.correlation == pytest.approx(float(np.corrcoef(a, b)[0, 1]), abs=1e-5)
    elif len(set(a)) == 1 or len(set(b)) == 1:
        assert cross.num_cross_stats.correlation == 0.0


def test_a_small_covariance_of_large_numbers_is_exact() -> None:
    large = [2.0**52 + step for step in range(5)]
    (cross,) = dataset({"x": large, "y": large}, feature_crosses=[("x", "y")]).cross_features
    assert (cross.num_cross_stats.covariance, cross.num_cross_stats.correlation) == (2.0, 1.0)


def test_rows_with_several_values_are_left_out_of_crosses() -> None:
    (cross,) = dataset({"x": [[1.0], [2.0], [3.0, 4.0], []], "y": [1, 2, 3, 4]}, feature_crosses=True).cross_features
    assert cross.count == 2


ITEMS = st.none() | st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=3)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(ITEMS, ITEMS, st.integers(1, 3)), min_size=1, max_size=12),
    st.none() | st.integers(1, 2),
    st.none() | st.integers(1, 2),
    st.integers(0, 2),
)
def test_lift_is_counted(rows: list[tuple[Any, Any, int]], top: int | None, bottom: int | None, least: int) -> None:
    columns = {
        "x": pa.array([x for x, _, _ in rows], pa.list_(pa.binary())),
        "y": pa.array([y for _, y, _ in rows], pa.list_(pa.binary())),
        "w": pa.array([float(w) for _, _, w in rows]),
    }
    options: dict[str, Any] = {"y_path": "y", "x_paths": ["x"], "top_k_per_y": top, "bottom_k_per_y": bottom, "min_x_count": least}
    plain, weighted = dataset(columns, **options, weight_feature="w").cross_features
    assert lifts(plain) == expected([(x, y, 1) for x, y, _ in rows], top, bottom, least)
    assert lifts(weighted) == expected(rows, top, bottom, least)


def lifts(cross: Any) -> dict[str, Any]:
    return {
        series.y_string: (
            series.y_count + series.weighted_y_count,
            [
                (
                    value.x_string,
                    pytest.approx(value.lift),
                    value.x_count + value.weighted_x_count,
                    value.x_and_y_count + value.weighted_x_and_y_count,
                )
                for value in series.lift_values
            ],
        )
        for series in cross.categorical_cross_stats.lift.lift_series
    }


def expected(rows: list[tuple[Any, Any, int]], top: int | None, bottom: int | None, least: int) -> dict[str, Any]:
    def weight(x: bytes | None, y: bytes | None) -> int:
        return sum(w for xs, ys, w in rows if (x is None or x in (xs or ())) and (y is None or y in (ys or ())))

    xs = sorted({x for row in rows for x in row[0] or ()})
    made = {}
    for y in sorted({y for row in rows for y in row[1] or ()}):
        values = [
            (x.decode(), weight(x, y) / weight(x, None) / (weight(None, y) / weight(None, None)), weight(x, None), weight(x, y))
            for x in xs
            if weight(x, None) > least
        ]
        values.sort(key=lambda value: (value[1], value[0]))
        chosen = values
        if top is not None or bottom is not None:
            chosen = [v for at, v in enumerate(values) if at < (bottom or 0) or at >= len(values) - (top or 0)]
        made[y.decode()] = (weight(None, y), sorted(chosen, key=lambda value: (-value[1], value[0])))
    return made


def test_a_number_is_cut_into_bins() -> None:
    made = dataset(
        {"x": ["a", "a", "b", "b"], "y": [0.5, 1.0, 7.0, math.nan]},
        y_path="y",
        x_paths=["x"],
        y_boundaries=[1, 5],
        output_custom_stats=True,
    )
    (cross,) = made.cross_features
    found = [
        (series.y_bucket.low_value, series.y_bucket.high_value, series.y_count) for series in cross.categorical_cross_stats.lift.lift_series
    ]
    assert found == [(-math.inf, 1.0, 1), (1.0, 5.0, 1), (5.0, math.inf, 1)]
    names = [custom.name for one in made.features for custom in one.custom_stats]
    assert names == ["Lift (Y=[-inf,1.0))", "Lift (Y=[1.0,5.0))", "Lift (Y=[5.0,inf])"]


def test_numbers_that_the_message_has_no_room_for_are_written_as_text() -> None:
    (cross,) = dataset({"x": [2**40, 3], "y": [1, 2**40]}, y_path="y", x_paths=["x"]).cross_features
    first, second = cross.categorical_cross_stats.lift.lift_series
    assert (first.y_int, second.y_string) == (1, str(2**40))
    assert {value.x_string or value.x_int for value in first.lift_values} == {str(2**40), 3}


@pytest.mark.parametrize("options", [{"y_path": "f", "x_paths": ["x"]}, {"y_path": "x", "x_paths": ["f"]}])
def test_lift_of_numbers_needs_bins(options: dict[str, Any]) -> None:
    with pytest.raises(TypeMismatchError, match="y_boundaries"):
        dataset({"f": [0.5], "x": ["a"]}, **options)
    with pytest.raises(TypeMismatchError, match="feature x"):
        dataset({"f": [0.5], "x": ["a"]}, y_path="x", x_paths=["f"], y_boundaries=[1.0])
