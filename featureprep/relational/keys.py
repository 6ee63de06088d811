"""Keys: which rows have equal values. Decided by the values themselves, never by a hash alone.

Which values are equal, `featureprep.folds.codes` says; whether null equals null is the verb's own rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.codes import codes, combine
from featureprep.hashing.layout import null_mask, plain, whole
from featureprep.relational.rows import Indices
from featureprep.types import format_type, logical

_ROOM = 4
"""Integer keys are counted in a table of this many places a row at most."""


def check_key(dtype: pa.DataType, owner: str) -> None:
    """Raise TypeMismatchError unless values of this type can be the key of a join or group: any type but lists and structs."""
    if pa.types.is_nested(logical(dtype)):
        raise TypeMismatchError(f"{owner} takes no key of type {format_type(dtype)}", hint="use its parts, or its text, as keys")


def group_ids(keys: Sequence[pa.Array | pa.ChunkedArray]) -> tuple[Indices, int]:
    """The group of each row, numbered from 0 in order of appearance, and how many groups there are.

    Rows are in one group when all their keys are equal; null equals null, NaN equals NaN.

    Raises
    ------
    ArgumentError
        Without a key, or when keys are not equally long.
    """
    if not keys:
        raise ArgumentError("rows cannot be grouped without a key")
    if len({len(key) for key in keys}) > 1:
        raise ArgumentError.of("keys", "group_ids", "equally long", sorted({len(key) for key in keys}))
    parts = [_small(key) for key in keys]
    if all(part is not None for part in parts):
        found = _of_small([part for part in parts if part is not None])
        if found is not None:
            return found
    ids = combine([codes(key) for key in keys])
    return ids, int(ids.max(initial=-1)) + 1


def order_by_group(ids: Indices, groups: int) -> Indices:
    """The indices that bring rows of one group together, groups ascending, rows of one in the order they have."""
    if groups <= 1 << 15:
        return np.argsort(ids.astype(np.int16), kind="stable")  # NumPy sorts these by counting
    if groups > 1 << 30:
        return np.argsort(ids, kind="stable")
    order = np.argsort((ids & 0x7FFF).astype(np.int16), kind="stable")
    return order[np.argsort((ids >> 15).astype(np.int16)[order], kind="stable")]


def _small(key: pa.Array | pa.ChunkedArray) -> tuple[Indices, int] | None:
    """The values of an integer key (or bool, date) from 0 on, null being the largest, and how many there could be; None where many could."""
    dtype = logical(key.type)
    if not (pa.types.is_signed_integer(dtype) or pa.types.is_date32(dtype) or pa.types.is_boolean(dtype)) or len(key) == 0:
        return None
    array = plain(whole(key))
    if pa.types.is_date32(dtype):
        array = array.cast(pa.int32())
    nulls = null_mask(array)
    values = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    low, high = int(values.min()), int(values.max())
    if high - low >= _ROOM * len(values):
        return None
    values = values - low
    if nulls is not None:
        values[nulls] = high - low + 1
    return values, high - low + 2


def _of_small(parts: Sequence[tuple[Indices, int]]) -> tuple[Indices, int] | None:
    numbers, span = parts[0]
    for more, width in parts[1:]:
        numbers, span = numbers * width + more, span * width
        if span > _ROOM * len(numbers):
            return None
    # numbered by first appearance: that of a number is the smallest row that holds it
    first = np.full(span, len(numbers), np.int64)
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    seen = np.flatnonzero(first < len(numbers))
    dense = np.empty(span, np.int64)
    dense[seen[np.argsort(first[seen])]] = np.arange(len(seen))
    return dense[numbers], len(seen)


def stacked(left: pa.Array | pa.ChunkedArray, right: pa.Array | pa.ChunkedArray, owner: str) -> pa.ChunkedArray:
    """Columns of two tables that are to be compared, one after the other.

    Raises
    ------
    TypeMismatchError
        For different logical types, with `owner` named.
    """
    if logical(left.type) != logical(right.type):
        raise TypeMismatchError(f"a {owner} has keys of {format_type(left.type)} and {format_type(right.type)}", hint="cast one of them")
    a, b = plain(whole(left)), plain(whole(right))
    if a.type != b.type:  # text beside large text
        wide = pa.large_string() if pa.types.is_string(logical(a.type)) else pa.large_binary()
        a, b = a.cast(wide), b.cast(wide)
    return pa.chunked_array([a, b])


def any_null(keys: Sequence[pa.Array | pa.ChunkedArray]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """In which rows at least one key is null, shape (n,)."""
    found = np.zeros(len(keys[0]), np.bool_)
    for key in keys:
        array = plain(whole(key))
        mask = np.ones(len(array), np.bool_) if pa.types.is_null(array.type) else null_mask(array)
        if mask is not None:
            found |= mask
    return found
