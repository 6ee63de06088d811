"""Rounding: batch equals row; floats equal NumPy's; integers are exact."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.kernels.integers import limits
from featureprep.kernels.result import BAD
from featureprep.kernels.rounding import WHOLE, round_batch, round_row

halves = st.integers(-(10**9), 10**9).flatmap(
    lambda n: st.integers(-6, 9).map(lambda p: (n + 0.5) / 10**p if p >= 0 else (n + 0.5) * 10**-p)
)
floats = st.floats() | halves | st.sampled_from([0.49999999999999994, 2.5, -0.4, -0.0, 1.005, 1e308, 2.0**52, 2.0**52 - 0.5])


@given(values=st.lists(st.none() | floats, max_size=12), places=st.integers(-15, 15))
def test_floats(values: list[float | None], places: int, agree: Any) -> None:
    array = pa.array(values, pa.float64())
    found = agree(array, lambda part: round_batch(part, places), round_row(array.type, places))
    for value, cell in zip(values, found, strict=True):
        if value is not None and abs(value) * 10.0**places < 2**52:
            assert cell == np.round(value, places)


@given(places=st.integers(-15, 15), data=st.data())
def test_integers(places: int, data: st.DataObject, agree: Any) -> None:
    dtype = data.draw(st.sampled_from([pa.int64(), pa.uint64(), pa.int8(), pa.uint16(), pa.int32()]))
    low, high = limits(dtype)
    values = data.draw(st.lists(st.none() | st.integers(low, high) | st.sampled_from([low, high, 5, 15, 25, high - 4]), max_size=9))
    found = agree(pa.array(values, dtype), lambda part: round_batch(part, places), round_row(dtype, places))
    for value, cell in zip(values, found, strict=True):
        if value is not None:
            exact = int(Decimal(value).quantize(Decimal(1).scaleb(max(-places, 0)), rounding=ROUND_HALF_EVEN))
            assert cell == (exact if low <= exact <= high else BAD)


def test_halves_go_to_even_and_signs_stay(batch_cells: Any) -> None:
    assert str(batch_cells(round_batch(pa.array([0.5, 1.5, 2.5, -0.5, 1.25, None]), 0))) == "[0.0, 2.0, 2.0, -0.0, 1.0, None]"
    assert batch_cells(round_batch(pa.array([15, 25, -25, 127], pa.int8()), -1)) == [20, 20, -20, BAD]
    assert round_batch(pa.array([1.5], pa.float32()), 0)[0].type == pa.float64()


@pytest.mark.parametrize("name", WHOLE)
@given(values=st.lists(st.none() | floats, max_size=9))
def test_whole(name: str, values: list[float | None], agree: Any) -> None:
    batch, row = WHOLE[name]
    agree(pa.array(values, pa.float64()), batch, row)
    agree(pa.array([3, None, -(2**63)]), batch, row)


@pytest.mark.parametrize("places", [16, -16, 1.0, True])
def test_limits(places: Any) -> None:
    with pytest.raises(ArgumentError, match="'places' parameter of round"):
        round_batch(pa.array([1.0]), places)
