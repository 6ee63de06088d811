"""Times, empty values, features made of several columns, and slices."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from featureprep.errors import ContractError, TypeMismatchError
from featureprep.validators.tfmd import statistics
from featureprep.validators.tfmd.generators.derived import FORMATS

MOMENT = dt.datetime(2018, 11, 30, 23, 59, 58, 123456)


def custom(values: Any, dtype: pa.DataType | None = None, **options: Any) -> dict[str, Any]:
    """Custom statistics of a column by name."""
    (found,) = statistics([pa.RecordBatch.from_pydict({"x": pa.array(values, dtype)})], **options).datasets[0].features
    return {one.name: one.str or one.num for one in found.custom_stats}


def times(values: Any, **options: Any) -> dict[str, Any]:
    return custom(values, enable_semantic_domain_stats=True, **{"values_threshold": 1, **options})


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_told(name: str) -> None:
    found = times([MOMENT.strftime(name)] * 3 + ["no time"], match_ratio=0.7)
    # 30-11-18 is a day or a year to begin with: one format of those that fit is told
    assert found["domain_info"].startswith("time_domain {string_format: '%")
    assert found["time_match_ratio"] == 0.75


def test_the_commonest_format_of_several_is_told() -> None:
    found = times([["2020-12-31", "2020/12/31", "20201231", "12-31-2020"], ["12/31/20", "12/30/20"]], match_ratio=0.05)
    assert found == {"domain_info": "time_domain {string_format: '%m/%d/%y'}", "time_match_ratio": pytest.approx(1 / 3)}


@pytest.mark.parametrize("power", [0, 3, 6, 9])
def test_numbers_of_the_time_since_1970_are_told(power: int) -> None:
    names = {0: "UNIX_SECONDS", 3: "UNIX_MILLISECONDS", 6: "UNIX_MICROSECONDS", 9: "UNIX_NANOSECONDS"}
    seconds = int(MOMENT.replace(tzinfo=dt.UTC).timestamp())
    assert times([seconds * 10**power])["domain_info"] == f"time_domain {{integer_format: {names[power]}}}"


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (["2018-11-30", "no time"], {"match_ratio": 0.6}),
        (["2018-11-30"], {"values_threshold": 2}),
        ([b"2018-11-30", b"\xff"], {"match_ratio": 0.1}),
        (["2018-13-30", "12345", "30", ""], {"match_ratio": 0.1}),
        ([1.5], {}),
        ([None], {}),
        ([17], {}),
    ],
)
def test_what_is_no_time_is_not_told(values: list[Any], options: dict[str, Any]) -> None:
    assert times(values, **options) == {}


def test_empty_values_are_counted() -> None:
    assert custom(["", "a", None, ""], count_empty_values=True) == {"str_empty": 2}
    assert custom([-1, 0, None, -1], count_empty_values=True) == {"int_-1": 2}
    assert custom([-1.0, 0.5], count_empty_values=True) == {"int_-1": 1}
    schema = 'feature { name: "x" type: INT int_domain { is_categorical: true } }'
    assert custom([-1, 0, -1], count_empty_values=True, schema=schema) == {"int_-1": 2}
    nested = custom([[[], [1]], [[]], None], pa.list_(pa.list_(pa.int64())), count_empty_values=True)
    assert nested["list_empty"] == 2


def test_weights_in_another_struct_are_refused() -> None:
    schema = 'weighted_feature { name: "both" feature { step: "a" step: "x" } weight_feature { step: "w" } }'
    with pytest.raises(ContractError, match="both"):
        statistics([pa.RecordBatch.from_pydict({"w": [1]})], schema=schema)


BATCHES = [
    pa.RecordBatch.from_pydict({"c": [["x", "y"], ["x"], None], "n": [1, 2, 2], "v": [0.5, 1.5, 2.5]}),
    pa.RecordBatch.from_pydict({"c": [["y"]], "n": [1], "v": [3.5]}),
]


def rows(**options: Any) -> dict[str, int]:
    return {dataset.name: dataset.num_examples for dataset in statistics(BATCHES, **options).datasets}


def test_slices_have_the_rows_with_a_value() -> None:
    assert rows(slice_by=["c"]) == {"All Examples": 4, "c_x": 2, "c_y": 2}
    assert rows(slice_by=[["n", "c"], "n"]) == {"All Examples": 4, "n_1": 2, "n_1_c_x": 1, "n_1_c_y": 2, "n_2": 2, "n_2_c_x": 1}
    made = {dataset.name: dataset for dataset in statistics(BATCHES, slice_by=["n"]).datasets}
    (values,) = [one for one in made["n_1"].features if list(one.path.step) == ["v"]]
    assert (values.num_stats.mean, values.num_stats.max) == (2.0, 3.5)
    assert list(made) == sorted(made, key=lambda name: (name != "All Examples", name))


def test_slices_of_columns_that_arrow_cannot_take_from() -> None:
    encoded = pa.RunEndEncodedArray.from_arrays([2, 3], pa.array(["a", "b"]))
    batch = pa.RecordBatch.from_arrays([encoded, pa.array(["x", "y", "x"], pa.string_view())], names=["c", "v"])
    made = statistics([batch], slice_by=["c", "v"]).datasets
    assert {dataset.name: dataset.num_examples for dataset in made} == {"All Examples": 3, "c_a": 2, "c_b": 1, "v_x": 2, "v_y": 1}
    assert statistics([batch.slice(0, 0)], slice_by=["c"]).datasets[0].num_examples == 0


def test_slices_of_functions_and_slices_that_batches_come_with() -> None:
    assert rows(slice_functions=[lambda batch: [("first", batch.slice(0, 1))]]) == {"All Examples": 4, "first": 2}
    named = statistics([("a", BATCHES[0]), ("b", BATCHES[1]), ("a", BATCHES[1])]).datasets
    assert [(dataset.name, dataset.num_examples) for dataset in named] == [("a", 4), ("b", 1)]


def test_slices_of_one_name_are_not_put_together() -> None:
    batch = pa.RecordBatch.from_pydict({"a": ["b_c"], "a_b": ["c"]})
    made = statistics([batch, batch], slice_by=["a", "a_b"]).datasets
    assert [(dataset.name, dataset.num_examples) for dataset in made] == [("All Examples", 2), ("a_b_c", 2), ("a_b_c", 2)]


def test_slices_by_floats_are_refused() -> None:
    with pytest.raises(TypeMismatchError, match="feature v"):
        rows(slice_by=["v"])
