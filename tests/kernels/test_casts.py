"""Casts among all types: batch equals row, and the rules by examples."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import TypeMismatchError
from featureprep.kernels.arrays import from_rows, to_rows
from featureprep.kernels.casts import can_cast, cast, cast_value
from featureprep.kernels.integers import limits
from featureprep.kernels.result import BAD

FEW = settings(max_examples=settings().max_examples // 8)  # there are many parameters
INTEGERS = [pa.int8(), pa.int64(), pa.uint16(), pa.uint64()]
SCALARS = [*INTEGERS, pa.bool_(), pa.float64(), pa.float32(), pa.decimal128(7, 2), pa.decimal128(38, 10), pa.string(), pa.binary()]
SCALARS += [pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC")]
PAIRS = [(a, b) for a in SCALARS for b in SCALARS if can_cast(a, b)]


def values_of_type(dtype: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_integer(dtype):
        low, high = limits(dtype)
        return st.integers(low, high) | st.sampled_from([low, high, 0, 1, min(high, 2**53 + 1)])
    if pa.types.is_boolean(dtype):
        return st.booleans()
    if pa.types.is_float64(dtype):
        whole = st.integers(-(2**64), 2**64).map(float)
        return st.floats() | whole | st.sampled_from([0.1, 2.0**63, -(2.0**63), 2.0**64, 255.0, 256.0, -0.0, 1.0, 3.4028235677973366e38])
    if pa.types.is_float32(dtype):
        return st.floats(width=32)
    if pa.types.is_decimal(dtype):
        most = 10 ** (dtype.precision - dtype.scale) - 1
        small = st.integers(0, 300).map(Decimal)
        return (st.decimals(-most, most, places=dtype.scale) | small).map(
            lambda d: d.quantize(Decimal(1).scaleb(-dtype.scale), context=Context(prec=40))
        )
    if pa.types.is_string(dtype):
        return st.text(max_size=6) | st.integers().map(str) | st.floats().map(str)
    if pa.types.is_binary(dtype):
        return st.binary(max_size=5) | st.text(max_size=4).map(str.encode)
    if pa.types.is_date32(dtype):
        return st.integers(-(2**31), 2**31 - 1) | st.integers(-800_000, 3_000_000)
    return st.integers(-(2**63), 2**63 - 1) | st.integers(-62135596800, 253402300799).map(lambda s: s * 10**6)


@pytest.mark.parametrize(("frm", "to"), PAIRS, ids=str)
@FEW
@given(data=st.data())
def test_batch_equals_row(frm: pa.DataType, to: pa.DataType, data: st.DataObject, agree: Any) -> None:
    rows = data.draw(st.lists(st.none() | values_of_type(frm), max_size=8))
    array, _ = from_rows(rows, frm)
    agree(array, lambda part: cast(part, to), cast_value(frm, to))
    assert cast(array, to)[0].type == to


@given(data=st.data())
def test_nested_batch_equals_row(data: st.DataObject, agree: Any) -> None:
    a, b = data.draw(st.sampled_from(PAIRS)), data.draw(st.sampled_from(PAIRS))

    def pair(i: int) -> pa.DataType:
        return pa.struct([("x", pa.list_(a[i])), ("y", b[i]), ("z", pa.struct([("w", a[i])]))])

    item = st.fixed_dictionaries(
        {
            "x": st.none() | st.lists(st.none() | values_of_type(a[0]), max_size=3),
            "y": st.none() | values_of_type(b[0]),
            "z": st.none() | st.fixed_dictionaries({"w": st.none() | values_of_type(a[0])}),
        }
    )
    rows = data.draw(st.lists(st.none() | item, max_size=5))
    array, _ = from_rows(rows, pair(0))
    agree(array, lambda part: cast(part, pair(1)), cast_value(pair(0), pair(1)))


@given(rows=st.lists(st.none() | st.lists(st.none() | st.sampled_from(["1", "2", "x"]), max_size=3), max_size=6))
def test_lists_to_fixed_length(rows: list[list[str | None] | None], agree: Any) -> None:
    array, to = pa.array(rows, pa.list_(pa.string())), pa.list_(pa.int8(), 2)
    found = agree(array, lambda part: cast(part, to), cast_value(array.type, to))
    back, _ = cast(array, to)
    agree(back, lambda part: cast(part, pa.list_(pa.float64())), cast_value(to, pa.list_(pa.float64())))
    for row, cell in zip(rows, found, strict=True):
        assert row is None or (cell is BAD) == (len(row) != 2 or "x" in row)


@pytest.mark.parametrize(
    ("values", "frm", "to", "want"),
    [
        ([1.0, 1.5, math.nan, math.inf, 2.0**63, -(2.0**63)], pa.float64(), pa.int64(), [1, BAD, BAD, BAD, BAD, -(2**63)]),
        ([255, 256, -1, None], pa.int64(), pa.uint8(), [255, BAD, BAD, None]),
        ([2**53 + 1, -(2**53) - 1], pa.int64(), pa.float64(), [2.0**53, -(2.0**53)]),
        ([0.1, 1e39, 1e-50], pa.float64(), pa.float32(), [float(np.float32(0.1)), math.inf, 0.0]),
        ([0, 1, 2], pa.int64(), pa.bool_(), [False, True, BAD]),
        ([0.5, 1.0, math.nan], pa.float64(), pa.bool_(), [BAD, True, BAD]),
        ([0.1, 2.675, math.nan, 1e9], pa.float64(), pa.decimal128(5, 2), [Decimal("0.10"), Decimal("2.68"), BAD, BAD]),
        ([Decimal("1.50"), Decimal("2.00")], pa.decimal128(5, 2), pa.int64(), [BAD, 2]),
        ([0, -1, 106751992], pa.date32(), pa.timestamp("us"), [0, -86_400_000_000, BAD]),
        ([-1, 86_400_000_000], pa.timestamp("us"), pa.date32(), [-1, 1]),
        ([b"\xc3\xa9", b"\xff"], pa.binary(), pa.string(), ["é", BAD]),
        ([True, False], pa.bool_(), pa.string(), ["true", "false"]),
    ],
)
def test_rules(values: list[Any], frm: pa.DataType, to: pa.DataType, want: list[Any], batch_cells: Any) -> None:
    array, _ = from_rows(values, frm)
    assert batch_cells(cast(array, to)) == want


@given(st.decimals(-(10**27), 10**27, places=10))
def test_decimals_become_the_nearest_float(value: Decimal) -> None:
    assert cast(pa.array([value], pa.decimal128(38, 10)), pa.float64())[0].to_pylist() == [float(value)]


def test_dictionaries_are_cast_once_a_value(batch_cells: Any) -> None:
    array = pa.array(["1", "x", None, "1", "x"]).dictionary_encode()
    assert batch_cells(cast(array, pa.int64())) == [1, BAD, None, 1, BAD]
    assert batch_cells(cast(array.slice(2, 2), pa.int64())) == [None, 1]


def test_null_columns_become_anything() -> None:
    for to in [*SCALARS, pa.list_(pa.int8()), pa.struct([("a", pa.int8())])]:
        array, bad = cast(pa.nulls(3), to)
        assert (array.type, array.null_count, bad) == (to, 3, None)


@pytest.mark.parametrize(
    ("frm", "to"),
    [
        (pa.int64(), pa.date32()),
        (pa.bool_(), pa.timestamp("us")),
        (pa.binary(), pa.int64()),
        (pa.list_(pa.int64()), pa.string()),
        (pa.list_(pa.int64()), pa.int64()),
        (pa.list_(pa.int64(), 2), pa.list_(pa.int64(), 3)),
        (pa.struct([("a", pa.int64())]), pa.struct([("b", pa.int64())])),
        (pa.int64(), pa.null()),
    ],
)
def test_pairs_there_are_not(frm: pa.DataType, to: pa.DataType) -> None:
    assert not can_cast(frm, to)
    with pytest.raises(TypeMismatchError, match="cannot be cast to"):
        cast(pa.array([], frm), to)
    with pytest.raises(TypeMismatchError, match="cannot be cast to"):
        cast_value(frm, to)


def test_rows_survive_the_way_there_and_back() -> None:
    rows = [{"t": [1, None], "d": -5}, None]
    dtype = pa.struct([("t", pa.list_(pa.timestamp("us"))), ("d", pa.date32())])
    array, bad = from_rows(rows, dtype)
    assert bad is None
    assert array.type == dtype
    assert to_rows(array) == rows
