from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, CorruptArtefactError, TypeMismatchError
from featureprep.validators.drift import CategoryShape

COLUMNS = st.lists(st.one_of(st.none(), st.sampled_from("abcdefgh"), st.text(max_size=3)), max_size=60)


@given(COLUMNS, st.integers(0, 10))
def test_counts(texts: Any, column: list[str | None], limit: int) -> None:
    shape = texts(column, limit)
    counts = Counter(value for value in column if value is not None)
    assert shape.rows == len(column)
    assert shape.n_unique == len(counts)
    assert len(shape.counts) == min(limit, len(counts))
    assert all(counts[key] == count for key, count in shape.counts.items())
    left = {key: count for key, count in counts.items() if key not in shape.counts}
    assert shape.rest == sum(left.values())
    assert max(left.values(), default=0) <= shape.most <= shape.rest


@given(COLUMNS, st.integers(0, 10))
def test_json_gives_an_equal_shape(texts: Any, column: list[str | None], limit: int) -> None:
    shape = texts(column, limit)
    stored = json.dumps(shape.to_json(), allow_nan=False)
    assert CategoryShape.from_json(json.loads(stored)) == shape
    assert json.dumps(CategoryShape.from_json(json.loads(stored)).to_json()) == stored


@pytest.mark.parametrize(
    ("dtype", "values", "keys"),
    [
        (pa.bool_(), [True, False, True], ["true", "false"]),
        (pa.int64(), [3, -7, 3], ["3", "-7"]),
        (pa.binary(), [b"\x00\xff", None], ["00ff"]),
        (pa.decimal128(5, 2), [Decimal("1.50")], ["1.50"]),
    ],
)
def test_keys(texts: Any, dtype: pa.DataType, values: list[Any], keys: list[str]) -> None:
    assert list(texts(values, dtype=dtype).counts) == keys


def test_long_values_stay_apart(texts: Any) -> None:
    shape = texts(["x" * 200, "x" * 300, "x" * 300 + "y"])
    assert len(shape.counts) == 3
    assert all(len(key) <= 217 for key in shape.counts)


def test_dates_are_numbers(texts: Any) -> None:
    with pytest.raises(TypeMismatchError, match="date"):
        texts([dt.date(2020, 2, 29)], dtype=pa.date32())


def test_limit(texts: Any) -> None:
    for limit in (-1, 2.0, True):
        with pytest.raises(ArgumentError, match="limit"):
            texts(["a"], limit)


GOOD: dict[str, Any] = {"shape": "categories", "n": 10, "nulls": 0, "nans": 0, "n_unique": 4, "counts": [["a", 5], ["b", 3]]}


def test_good() -> None:
    shape = CategoryShape.from_json(GOOD)
    assert (shape.rest, shape.most) == (2, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"n": 7},
        {"n": 9},
        {"n": 20},
        {"n_unique": 1},
        {"n_unique": 2},
        {"n_unique": 5},
        {"nulls": -1},
        {"nans": None},
        {"counts": [["a", 5], ["a", 3]]},
        {"counts": [["a", 5], ["b", 0]]},
        {"counts": [["a", 5], [1, 3]]},
        {"counts": [["a", 5], ["b", 3, 1]]},
        {"counts": [["a", 5], ["b", 3.0]]},
        {"counts": {"a": 5, "b": 3}},
        {"shape": "numeric"},
        {"more": 1},
    ],
)
def test_bad(change: dict[str, Any]) -> None:
    with pytest.raises(CorruptArtefactError, match="stored shape"):
        CategoryShape.from_json(GOOD | change)
