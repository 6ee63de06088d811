from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.folds.fingerprint import RowFingerprint
from featureprep.hashing.rows import row_hash128_value

NAMES = ("b", "a b", "é")
TYPES = (pa.float64(), pa.string(), pa.list_(pa.string()))


def run(columns: dict[str, pa.Array]) -> str:
    fold = RowFingerprint(tuple(columns))
    return fold.finish(fold.update(fold.init(), *columns.values()))


@settings(max_examples=60)
@given(data=st.data())
def test_the_sum_of_row_hashes_however_cut_and_ordered(data: Any, arrays: Any, same_bits: Any) -> None:
    rows = data.draw(st.integers(0, 12))
    columns = tuple(data.draw(arrays(dtype, rows)) for dtype in TYPES)
    fold = RowFingerprint(NAMES)
    result = same_bits(fold, columns, data)
    assert re.fullmatch("[0-9a-f]{32}", result)
    total = 0
    for values in zip(*(column.to_pylist() for column in columns), strict=True):
        high, low = row_hash128_value(dict(zip(NAMES, values, strict=True)), dict(zip(NAMES, TYPES, strict=True)))
        total += (high << 64) + low
    assert result == fold.finish((rows, total % 2**128))


def test_order_of_rows_and_columns_does_not_matter_and_cells_do() -> None:
    base = run({"x": pa.array([1, 2]), "y": pa.array([3, 4])})
    assert run({"y": pa.array([4, 3]), "x": pa.array([2, 1])}) == base
    assert run({"x": pa.array([1, 2]), "y": pa.array([4, 3])}) != base  # cells swapped between rows
    assert run({"x": pa.array([3, 4]), "y": pa.array([1, 2])}) != base  # columns swapped
    assert run({"x": pa.array([1, 2, 2]), "y": pa.array([3, 4, 4])}) != base
    assert run({"x": pa.array([1, None]), "y": pa.array([3, 4])}) != run({"x": pa.array([1, 0]), "y": pa.array([3, 4])})


def test_saved_fingerprints_never_change() -> None:
    columns = {"x": pa.array([1, None, 3]), "y": pa.array(["a", "", None]), "z": pa.array([0.5, float("nan"), -0.0])}
    assert run(columns) == "d481426186810aee1dfe4c6ea7693848"


def test_bad_requests_are_refused() -> None:
    for names in ((), ("a", "a")):
        with pytest.raises(ArgumentError, match="'names' parameter of row_fingerprint"):
            RowFingerprint(names)
    with pytest.raises(ArgumentError, match="2 columns"):
        RowFingerprint(("a", "b")).update((0, 0), pa.array([1]))
    with pytest.raises(CorruptArtefactError):
        RowFingerprint(("a",)).decode(RowFingerprint(("a",)).encode((1, 2)).replace(b"0002", b"000x"))
