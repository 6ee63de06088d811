from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import compute as pc
from xxhash import xxh3_64_intdigest

from featureprep.errors import DataError, TypeMismatchError
from featureprep.hashing.single import hash64_value
from featureprep.hashing.values import hash64

SCALARS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.bool_(): st.booleans(),
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint32(): st.integers(0, 2**32 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats() | st.sampled_from([0.0, -0.0, 5e-324]),
    pa.decimal128(20, 2): st.integers(-(10**20) + 1, 10**20 - 1).map(lambda n: Decimal(n).scaleb(-2)),
    pa.decimal128(38, 0): st.integers(-(10**38) + 1, 10**38 - 1).map(Decimal),
    pa.string(): st.text(max_size=20),
    pa.binary(): st.binary(max_size=300),
    pa.date32(): st.dates(),
    pa.timestamp("us"): st.datetimes(),
    pa.timestamp("us", "+05:30"): st.datetimes(
        min_value=dt.datetime(1, 1, 2), max_value=dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC)
    ),
}


def _nested(children: st.SearchStrategy[tuple[pa.DataType, Any]]) -> st.SearchStrategy[tuple[pa.DataType, Any]]:
    lists = children.map(lambda c: (pa.list_(c[0]), st.lists(st.none() | c[1], max_size=4)))
    fixed = children.map(lambda c: (pa.list_(c[0], 2), st.lists(st.none() | c[1], min_size=2, max_size=2)))
    structs = st.tuples(children, children).map(
        lambda c: (pa.struct([("b", c[0][0]), ("a", c[1][0])]), st.fixed_dictionaries({"b": st.none() | c[0][1], "a": st.none() | c[1][1]}))
    )
    return lists | fixed | structs


KINDS = st.recursive(st.sampled_from(sorted(SCALARS.items(), key=lambda item: str(item[0]))), _nested, max_leaves=4)


@settings(max_examples=300)
@given(data=st.data())
def test_batch_equals_row_for_every_type_and_slice(data: Any) -> None:
    dtype, values = data.draw(KINDS)
    rows = data.draw(st.lists(st.none() | values, max_size=8))
    seed = data.draw(st.sampled_from([0, 1, 2**64 - 1]))
    expected = [hash64_value(row, dtype, seed) for row in rows]
    array = pa.array(rows, dtype)
    assert hash64(array, seed).tolist() == expected
    start = data.draw(st.integers(0, len(rows)))
    assert hash64(array.slice(start), seed).tolist() == expected[start:]
    assert hash64(pa.concat_arrays([array.slice(start), array.slice(0, start)]), seed).tolist() == expected[start:] + expected[:start]


@pytest.mark.parametrize("dtype", list(SCALARS), ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_encodings_do_not_matter(dtype: pa.DataType, data: Any) -> None:
    rows = data.draw(st.lists(st.none() | SCALARS[dtype], max_size=90))
    array = pa.array(rows, dtype)
    expected = hash64(array).tolist()
    assert hash64(array.dictionary_encode()).tolist() == expected
    assert hash64(pc.run_end_encode(array)).tolist() == expected
    assert hash64(array.dictionary_encode().slice(len(rows) // 2)).tolist() == expected[len(rows) // 2 :]
    if dtype == pa.string():
        assert hash64(array.cast(pa.large_string())).tolist() == hash64(array.cast(pa.string_view())).tolist() == expected
    if dtype == pa.binary():
        assert hash64(array.cast(pa.large_binary())).tolist() == hash64(array.cast(pa.binary_view())).tolist() == expected


def test_lists_of_every_encoding_hash_alike() -> None:
    rows = [["a", None], None, ["b", "b"], ["", "a"]]
    expected = hash64(pa.array(rows, pa.list_(pa.string()))).tolist()
    kinds = [
        pa.large_list(pa.string()),
        pa.list_(pa.large_string()),
        pa.list_(pa.string(), 2),
        pa.list_(pa.dictionary(pa.int8(), pa.string())),
        pa.list_(pa.string_view()),
        pa.list_view(pa.string()),
    ]
    for dtype in kinds:
        assert hash64(pa.array(rows, dtype)).tolist() == expected, dtype
        assert hash64(pa.array([["z", "z"], *rows], dtype).slice(1)).tolist() == expected, dtype


def test_elements_under_null_rows_do_not_matter() -> None:
    values = pa.array([1, 2, 3, 4, 5])
    masked = pa.ListArray.from_arrays(pa.array([0, 2, 4, 5]), values, mask=pa.array([False, True, False]))
    assert hash64(masked).tolist() == hash64(pa.array([[1, 2], None, [5]])).tolist()


def test_an_integer_hashes_alike_in_every_width() -> None:
    wanted = hash64(pa.array([0, 1, 100], pa.int64())).tolist()
    for dtype in (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
        assert hash64(pa.array([0, 1, 100], dtype)).tolist() == wanted
    assert hash64(pa.array([-1], pa.int8())).tolist() == hash64(pa.array([-1], pa.int64())).tolist()


def test_floats_are_canonical() -> None:
    nans = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000001], np.uint64).view(np.float64)
    assert len(set(hash64(pa.array(nans)).tolist())) == 1
    assert hash64(pa.array([0.0])).tolist() == hash64(pa.array([-0.0])).tolist()
    assert hash64(pa.array([0.1], pa.float32())).tolist() == hash64(pa.array([float(np.float32(0.1))])).tolist()
    assert hash64_value(0.1, pa.float32()) == hash64_value(float(np.float32(0.1)), pa.float32())


def test_strings_are_xxh3() -> None:
    assert hash64(pa.array(["é", b"".decode()]), 7).tolist() == [xxh3_64_intdigest("é".encode(), 7), xxh3_64_intdigest(b"", 7)]
    assert hash64_value("é", pa.string(), 7) == xxh3_64_intdigest("é".encode(), 7)


def test_row_code_takes_days_and_microseconds() -> None:
    assert hash64_value(18262, pa.date32()) == hash64_value(dt.date(2020, 1, 1), pa.date32())
    moment = dt.datetime(2020, 1, 1, 0, 0, 0, 5)
    stamp = 1577836800000005
    assert hash64_value(stamp, pa.timestamp("us")) == hash64_value(moment, pa.timestamp("us"))
    assert hash64_value(moment.replace(tzinfo=dt.UTC), pa.timestamp("us")) == hash64_value(stamp, pa.timestamp("us"))
    assert hash64(pa.array([moment], pa.timestamp("ns"))).tolist() == [hash64_value(stamp, pa.timestamp("us"))]


def test_values_seeds_orders_and_lengths_are_told_apart() -> None:
    values: list[tuple[pa.DataType, Any]] = [
        (pa.int64(), 0),
        (pa.int64(), 1),
        (pa.float64(), 0.0),
        (pa.float64(), 1.0),
        (pa.bool_(), False),
        (pa.date32(), 0),
        (pa.timestamp("us"), 0),
        (pa.decimal128(5, 0), 0),
        (pa.string(), ""),
        (pa.string(), None),
        *((pa.list_(pa.int64()), row) for row in ([], [None], [0], [1, 2], [2, 1], [1, 2, None])),
        (pa.struct([("a", pa.int64()), ("b", pa.int64())]), {"a": 1, "b": 2}),
        (pa.struct([("a", pa.int64()), ("b", pa.int64())]), {"a": 2, "b": 1}),
    ]
    hashes = [hash64_value(value, dtype, seed) for dtype, value in values for seed in (0, 1)]
    struct = hash64_value({"a": 1, "b": 2}, values[-2][0])
    assert struct == hash64_value([1, 2], pa.list_(pa.int64()))  # a struct is the list of its fields
    assert len(set(hashes)) == len(hashes) - 4


def test_hashes_spread() -> None:
    for array in (pa.array(range(100_000)), pa.array(np.arange(100_000) * 0.5), pa.array([f"k{i}" for i in range(100_000)])):
        hashes = hash64(array)
        assert len(set(hashes.tolist())) == 100_000
        for shift in (0, 58):
            counts = np.bincount((hashes >> np.uint64(shift)).astype(np.int64) & 63, minlength=64)
            assert abs(counts - 100_000 / 64).max() < 250  # six standard deviations


def test_saved_hashes_never_change() -> None:
    saved = json.loads((Path(__file__).parent / "frozen.json").read_text())
    assert hash64(pa.array([0, 1, -1, None])).tolist() == saved["int64"]
    assert hash64(pa.array([0.5, float("nan"), float("inf")]), 3).tolist() == saved["float64"]
    assert hash64(pa.array(["", "a", "é"])).tolist() == saved["string"]
    assert hash64(pa.array([[1, None], []], pa.list_(pa.int64()))).tolist() == saved["list"]
    assert hash64(pa.array([Decimal("-1.25")], pa.decimal128(9, 2))).tolist() == saved["decimal"]
    assert hash64(pa.array([True, False])).tolist() == saved["bool"]
    assert hash64(pa.array([1, -1], pa.date32())).tolist() == saved["date"]
    assert hash64(pa.array([1, -1], pa.timestamp("us"))).tolist() == saved["timestamp"]


@pytest.mark.parametrize(
    "value, dtype",
    [
        ("1", pa.int64()),
        (1.5, pa.int64()),
        (300, pa.int8()),
        (-1, pa.uint8()),
        (2**64, pa.uint64()),
        (float("nan"), pa.int32()),
        ("a", pa.float64()),
        (1, pa.string()),
        (b"a", pa.string()),
        ("a", pa.binary()),
        (2, pa.bool_()),
        (Decimal("1.234"), pa.decimal128(9, 2)),
        (10**10, pa.decimal128(9, 2)),
        ("x", pa.decimal128(9, 2)),
        ([1], pa.list_(pa.int64(), 2)),
        (3, pa.list_(pa.int64())),
        ([1], pa.struct([("a", pa.int64())])),
        ("2020-01-01", pa.date32()),
        (2**70, pa.timestamp("us")),
    ],
)
def test_values_of_another_type_are_refused(value: Any, dtype: pa.DataType) -> None:
    with pytest.raises(TypeMismatchError, match="is not a"):
        hash64_value(value, dtype)


def test_hostile_columns_and_values_are_refused() -> None:
    with pytest.raises(DataError, match="lone surrogate"):
        hash64_value("\ud800", pa.string())
    with pytest.raises(DataError, match="cannot be read as timestamp"):
        hash64(pa.array([1], pa.timestamp("ns")))
    with pytest.raises(TypeMismatchError, match="not supported"):
        hash64(pa.array([1], pa.duration("s")))
