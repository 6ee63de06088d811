"""Values as text."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import TypeMismatchError
from featureprep.kernels.arrays import from_rows
from featureprep.kernels.formatting import format_number, format_timestamp, formatter


@given(values=st.lists(st.none() | st.floats() | st.integers(-(10**17), 10**17).map(float) | st.floats(1e-5, 1e11), max_size=20))
def test_floats_are_written_as_repr(values: list[float | None], agree: Any) -> None:
    found = agree(pa.array(values, pa.float64()), format_number, formatter(pa.float64()))
    assert found == [None if value is None else repr(value) for value in values]


def test_many_floats() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate(
        [10 ** rng.uniform(-8, 20, 50_000), np.round(rng.uniform(-1e5, 1e5, 20_000), 2), rng.integers(-(10**9), 10**9, 10_000)]
    )
    assert format_number(pa.array(values))[0].to_pylist() == [repr(value) for value in values.tolist()]
    single = values.astype(np.float32)
    texts = format_number(pa.array(single))[0].to_pylist()
    assert texts == [repr(float(str(value))) for value in single]
    assert (np.array([float(text) for text in texts]).astype(np.float32) == single).all()


@given(values=st.lists(st.none() | st.floats(width=32), max_size=9))
def test_float32_by_its_own_shortest_text(values: list[float | None], agree: Any) -> None:
    agree(pa.array(values, pa.float32()), format_number, formatter(pa.float32()))


@given(
    micros=st.lists(
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-62135596800, 253402300799).map(lambda s: s * 10**6), max_size=9
    )
)
def test_timestamps(micros: list[int | None], agree: Any) -> None:
    for dtype in (pa.timestamp("us"), pa.timestamp("us", "America/New_York")):
        agree(from_rows(micros, dtype)[0], format_number, formatter(dtype))


@given(st.datetimes())
def test_timestamps_are_written_as_isoformat(moment: dt.datetime) -> None:
    assert format_timestamp((moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)) == moment.isoformat()


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (1.0, pa.float64(), "1.0"),
        (-0.0, pa.float64(), "-0.0"),
        (1e-5, pa.float64(), "1e-05"),
        (1e16, pa.float64(), "1e+16"),
        (math.nan, pa.float64(), "nan"),
        (-math.inf, pa.float64(), "-inf"),
        (float(np.float32(0.1)), pa.float32(), "0.1"),
        (Decimal("-0.0000000010"), pa.decimal128(20, 10), "-0.0000000010"),
        (Decimal("1.5"), pa.decimal128(5, 2), "1.50"),
        (True, pa.bool_(), "true"),
        (-719529, pa.date32(), "-0001-12-31"),
        (2932897, pa.date32(), "+10000-01-01"),
        (0, pa.timestamp("us", "Asia/Tokyo"), "1970-01-01T00:00:00Z"),
        (-1, pa.timestamp("us"), "1969-12-31T23:59:59.999999"),
    ],
)
def test_spellings(value: Any, dtype: pa.DataType, text: str) -> None:
    assert formatter(dtype)(value) == text
    assert format_number(from_rows([value], dtype)[0])[0].to_pylist() == [text]


def test_lists_have_none() -> None:
    with pytest.raises(TypeMismatchError, match="no spelling"):
        formatter(pa.list_(pa.int8()))
