"""Where two columns differ: against a comparison of Python values, one by one."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.serving.difference import EQUAL, FLOAT32, NULL_NAN, OTHER, differences

FLOATS = st.one_of(
    st.none(), st.floats(), st.sampled_from([0.1, float(np.float32(0.1)), 0.0, -0.0, 1e300, -1e300, 1e-320, math.nan, math.inf]), st.integers(-2, 2).map(float)
)  # fmt: skip
NAN_BITS = struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_0001))[0]


def code(a: Any, b: Any) -> int:
    """As the module says, for one value."""
    if isinstance(a, list) and isinstance(b, list):
        return OTHER if len(a) != len(b) else int(np.bitwise_or.reduce([EQUAL, *map(code, a, b)]))
    if isinstance(a, dict) and isinstance(b, dict):
        return int(np.bitwise_or.reduce([EQUAL, *(code(a[key], b[key]) for key in a)]))
    if isinstance(a, float) or isinstance(b, float):
        nans = [isinstance(x, float) and math.isnan(x) for x in (a, b)]
        if all(nans):
            return EQUAL
        if any(nans):
            return NULL_NAN if a is None else OTHER
        if a is None or b is None:
            return OTHER
        if struct.pack("<d", a) == struct.pack("<d", b):
            return EQUAL
        try:
            return FLOAT32 if struct.pack("<f", a) == struct.pack("<f", b) and abs(a) != math.inf else OTHER
        except OverflowError:
            return OTHER
    return EQUAL if a == b and type(a) is type(b) else OTHER


def check(a: list[Any], b: list[Any], dtype: pa.DataType) -> None:
    x, y = pa.array(a, dtype), pa.array(b, dtype)
    expected = [code(p, q) for p, q in zip(x.to_pylist(), y.to_pylist(), strict=True)]
    assert differences(x, y).tolist() == expected
    assert differences(x.slice(1), y.slice(1)).tolist() == expected[1:]
    assert differences(x, x).tolist() == [EQUAL] * len(x)


@given(st.lists(st.tuples(FLOATS, FLOATS), max_size=30))
def test_floats(pairs: list[tuple[Any, Any]]) -> None:
    check([a for a, _ in pairs], [b for _, b in pairs], pa.float64())


@pytest.mark.parametrize(
    "dtype", [pa.list_(pa.float64()), pa.list_(pa.float64(), 2), pa.struct([("x", pa.float64()), ("y", pa.list_(pa.float64()))])]
)
@given(data=st.data())
def test_nested(dtype: pa.DataType, data: st.DataObject) -> None:
    if pa.types.is_struct(dtype):
        cells = st.one_of(st.none(), st.fixed_dictionaries({"x": FLOATS, "y": st.one_of(st.none(), st.lists(FLOATS, max_size=2))}))
    elif pa.types.is_fixed_size_list(dtype):
        cells = st.one_of(st.none(), st.lists(FLOATS, min_size=2, max_size=2))
    else:
        cells = st.one_of(st.none(), st.lists(FLOATS, max_size=3))
    pairs = data.draw(st.lists(st.tuples(cells, cells), max_size=12))
    check([a for a, _ in pairs], [b for _, b in pairs], dtype)


@pytest.mark.parametrize(
    "values, dtype",
    [
        ([1, None, -3], pa.int8()),
        (["a", None, "", "ä"], pa.string()),
        ([True, None, False], pa.bool_()),
        ([b"", None, b"\x00"], pa.binary()),
        ([0, None, 7], pa.timestamp("us")),
        ([0, None, 7], pa.date32()),
    ],
)
def test_whatever_else(values: list[Any], dtype: pa.DataType) -> None:
    pairs = [(a, b) for a in values for b in values]
    check([a for a, _ in pairs], [b for _, b in pairs], dtype)


def test_dictionaries_and_other_nans() -> None:
    words = pa.array(["a", None, "b"])
    assert differences(words.dictionary_encode(), pa.array(["a", "a", "b"])).tolist() == [EQUAL, OTHER, EQUAL]
    assert differences(pa.array(np.array([NAN_BITS])), pa.array(np.array([math.nan]))).tolist() == [EQUAL]
    assert differences(pa.array([0.1], pa.float32()), pa.array([0.2], pa.float32())).tolist() == [OTHER]
