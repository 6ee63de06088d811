"""What is refused, and how it is said; and data without rows or columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from featureprep.errors import ArgumentError, ColumnNotFoundError, ContractError, DataError, TypeMismatchError, UdfError
from featureprep.validators.tfmd import statistics

BATCH = pa.RecordBatch.from_pydict({"x": [1.0, 2.0], "w": [1.0, 2.0], "t": ["a", "b"]})


@pytest.mark.parametrize(
    "options",
    [
        {"num_top_values": -1},
        {"num_histogram_buckets": 0},
        {"num_quantiles_histogram_buckets": True},
        {"num_values_histogram_buckets": 1.0},
        {"num_rank_histogram_buckets": 10**9},
        {"frequency_threshold": 0},
        {"weighted_frequency_threshold": "1"},
        {"weight_feature": 3},
        {"per_feature_weight_override": ["w"]},
        {"per_feature_weight_override": {7: "w"}},
        {"feature_crosses": [("x",)]},
        {"feature_crosses": "xw"},
        {"y_path": []},
        {"y_path": "t", "x_paths": "x"},
        {"y_path": "x", "x_paths": ["t"], "y_boundaries": [2.0, 1.0]},
        {"y_path": "x", "x_paths": ["t"], "y_boundaries": [float("nan")]},
        {"y_path": "t", "top_k_per_y": 0},
        {"y_path": "t", "min_x_count": -1},
        {"top_k_per_y": 3},
        {"slice_by": "t"},
        {"slice_by": [3]},
        {"enable_semantic_domain_stats": True, "match_ratio": 0},
        {"enable_semantic_domain_stats": True, "values_threshold": 0},
        {"schema": 7},
        {"match_ratio": 0.5},
        {"num_histogram_buckets": 10**6},
        {"slice_functions": [3]},
        {"y_path": "x", "x_paths": ["t"], "y_boundaries": [10**400]},
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        statistics([BATCH], **options)


def test_an_unknown_option_is_named_with_what_is_near() -> None:
    with pytest.raises(ArgumentError, match="num_top_values"):
        statistics([BATCH], num_top_value=3)


def test_a_schema_that_is_none_is_refused() -> None:
    with pytest.raises(ContractError, match="textproto"):
        statistics([BATCH], schema="feature { nam: 'x' }")


@pytest.mark.parametrize("options", [{"slice_by": ["c"]}, {"feature_crosses": [("x", "c")]}, {"y_path": "c", "x_paths": ["t"]}])
def test_columns_that_are_named_must_be_there(options: dict[str, Any]) -> None:
    with pytest.raises(ColumnNotFoundError, match="'c'"):
        statistics([BATCH], **options)


@pytest.mark.parametrize(
    "weights",
    [["a", "b"], [1.0, None], [1.0, -1.0], [1.0, float("nan")], [1.0, float("inf")], [1.0, 1e201], [[1.0], []], [[1.0], [1.0, 2.0]], None],
)
def test_weights_that_cannot_be_used_are_refused(weights: Any) -> None:
    columns = {"x": [1.0, 2.0]} | ({} if weights is None else {"w": weights})
    with pytest.raises(DataError, match="'w'"):
        statistics([pa.RecordBatch.from_pydict(columns)], weight_feature="w")


def test_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="'x'"):
        statistics([pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])])


def test_batches_that_are_none_are_refused() -> None:
    with pytest.raises(TypeMismatchError, match="int"):
        statistics(7)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", [lambda batch: batch.column("nowhere"), lambda batch: [7], lambda batch: [(7, batch)]])
def test_what_a_slice_function_does_is_said(function: Any) -> None:
    with pytest.raises(UdfError, match="slice function <lambda>"):
        statistics([BATCH], slice_functions=[function])


@pytest.mark.parametrize("batch", [{"x": [1]}, None, ("slice", 3), 7])
def test_what_is_no_batch_is_refused(batch: Any) -> None:
    with pytest.raises(TypeMismatchError, match="record batches"):
        statistics([batch])


def test_no_batches_no_columns_no_rows() -> None:
    (nothing,) = statistics([]).datasets
    assert (nothing.name, nothing.num_examples, len(nothing.features)) == ("All Examples", 0, 0)
    (empty,) = statistics([BATCH.slice(0, 0)], weight_feature="w", feature_crosses=True).datasets
    assert empty.num_examples == 0
    assert [list(feature.path.step) for feature in empty.features] == [["t"], ["w"], ["x"]]
    assert not any(feature.num_stats.histograms for feature in empty.features)
    assert not empty.cross_features[0].count


def test_tables_are_taken_too() -> None:
    assert statistics([pa.Table.from_batches([BATCH, BATCH])]) == statistics([BATCH, BATCH])
