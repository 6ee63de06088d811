"""How a batch form is held against its row form."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from featureprep.kernels.arrays import to_rows
from featureprep.kernels.result import BAD

Batch = Callable[[pa.Array], tuple[pa.Array, Any]]
Agree = Callable[[pa.Array, Batch, Callable[[Any], Any]], list[Any]]


def same(a: Any, b: Any) -> bool:
    """Equal in type and bits; all NaN are one."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (a != a and b != b)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return bool(a == b)


def cells(result: tuple[pa.Array, Any]) -> list[Any]:
    """The cells of a batch result in row form, `BAD` where marked."""
    array, bad = result
    array.validate(full=True)
    rows = to_rows(array)
    if bad is None:
        return rows
    assert bad.dtype == bool
    assert bad.shape == (len(array),)
    assert bad.any()
    assert all(row is None for row, wrong in zip(rows, bad.tolist(), strict=True) if wrong)
    return [BAD if wrong else row for row, wrong in zip(rows, bad.tolist(), strict=True)]


def hold(array: pa.Array, batch: Batch, row: Callable[[Any], Any]) -> list[Any]:
    """Check batch against row over the whole array, slices of it, and no rows; give the cells."""
    expected = [None if value is None else row(value) for value in to_rows(array)]
    found = cells(batch(array))
    for value, want, got in zip(to_rows(array), expected, found, strict=True):
        assert same(want, got), f"{value!r}: row {want!r}, batch {got!r}"
    for start, size in ((1, len(array)), (len(array) // 2, 3), (0, 0)):
        part = cells(batch(array.slice(start, size)))
        assert all(same(a, b) for a, b in zip(part, found[start : start + size], strict=True)), (start, size)
    return found


@pytest.fixture(scope="session")
def agree() -> Agree:
    return hold


@pytest.fixture(scope="session")
def batch_cells() -> Callable[[tuple[pa.Array, Any]], list[Any]]:
    return cells
