"""Floats given for columns of any type: one at a time and as an Arrow column they are the same."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from featureprep.expr.rowvalues import from_arrow, input_converter
from featureprep.kernels.result import BAD
from featureprep.serving.batch import cell_cast

TYPES = [pa.int64(), pa.int8(), pa.uint64(), pa.float64(), pa.float32(), pa.string(), pa.bool_()]


@pytest.mark.parametrize("to", TYPES, ids=str)
@given(values=st.lists(st.floats() | st.integers(-300, 300).map(float), max_size=8))
@example(values=[math.nan, math.inf, -math.inf, 3.0, 3.5, -0.0, 2.0**63])
def test_one_by_one_and_as_a_column(to: pa.DataType, values: list[float]) -> None:
    one = input_converter(to)
    found, bad = cell_cast(pa.array(values, pa.float64()), to)
    marks = np.zeros(len(values), bool) if bad is None else bad
    for value, cell, mark in zip(values, from_arrow(found), marks, strict=True):
        row = one(value)
        assert (row is BAD) == mark
        if not mark:
            assert repr(row) == repr(cell)


def test_nan_is_null_for_an_integer() -> None:
    found, bad = cell_cast(pa.array([math.nan, 1.0]), pa.int64())
    assert found.to_pylist() == [None, 1]
    assert bad is None or not bad.any()
