from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.counting import CountingFold
from featureprep.folds.uniqueness import Uniqueness

TYPES = [pa.int64(), pa.string(), pa.float64(), pa.bool_(), pa.decimal128(20, 2)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@pytest.mark.parametrize("limit", [0, 1 << 20])
@given(data=st.data())
def test_equals_a_counter_however_cut(limit: int, data: Any, arrays: Any, same_bits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CountingFold, "spill_bytes", limit)
    types = data.draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    rows = data.draw(st.integers(0, 12))
    columns = tuple(data.draw(arrays(dtype, rows)) for dtype in types)
    result = same_bits(Uniqueness(len(types)), columns, data)

    def part(value: Any) -> Any:
        return "nan" if value != value else (value + 0.0 if isinstance(value, float) else value)

    keys = Counter(tuple(map(part, key)) for key in zip(*(c.to_pylist() for c in columns), strict=True) if None not in key)
    assert result.n == sum(keys.values())
    assert result.nulls == rows - result.n
    assert result.n_distinct == len(keys)
    assert result.unique == (len(keys) == result.n)
    twice = {key: count for key, count in keys.items() if count > 1}
    assert result.n_duplicated_rows == sum(twice.values())
    assert len(result.examples) == min(5, len(twice))
    assert all(tuple(map(part, key)) in twice for key in result.examples)


def test_examples_are_the_smallest_and_in_row_code() -> None:
    days = pa.array([9, 8, 7, 6, 5, 4, 3] * 2, pa.date32())
    fold = Uniqueness()
    assert fold.finish(fold.update(fold.init(), days)).examples == ((3,), (4,), (5,), (6,), (7,))


def test_keys_of_many_columns_with_more_values_than_a_word_holds() -> None:
    n = 3000
    columns = [pa.array(np.random.default_rng(i).permutation(n)) for i in range(7)]  # 3000**7 > 2**64
    doubled = [pa.concat_arrays([c, c.slice(0, 10)]) for c in columns]
    fold = Uniqueness(7)
    result = fold.finish(fold.update(fold.init(), *doubled))
    assert (result.n, result.n_distinct, result.n_duplicated_rows) == (n + 10, n, 20)


def test_bad_requests_are_refused() -> None:
    with pytest.raises(ArgumentError, match="'columns' parameter of uniqueness"):
        Uniqueness(0)
    with pytest.raises(ArgumentError):
        Uniqueness(2).update(Uniqueness(2).init(), pa.array([1]))
    with pytest.raises(TypeMismatchError, match="takes scalars"):
        Uniqueness().update(Uniqueness().init(), pa.array([[1]]))
