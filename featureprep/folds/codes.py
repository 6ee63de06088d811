"""Numbers for the values of a column: equal numbers, equal values. Decided by the values themselves, never by a hash alone.

Canonical values: one NaN (it equals itself), -0.0 is 0.0, dictionary and other encodings do not count. A null has the number -1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.hashing.layout import fixed_values, list_bounds, null_mask, plain, whole

Ids = np.ndarray[Any, np.dtype[np.int64]]


def canonical_values(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A scalar column in plain encoding; of floats, every NaN is the one quiet NaN and -0.0 is 0.0."""
    array = plain(whole(array))
    if not pa.types.is_floating(array.type):
        return array
    width = array.type.bit_width
    with np.errstate(invalid="ignore"):  # signalling NaNs
        values = fixed_values(array, f"<f{width // 8}") + np.dtype(f"<f{width // 8}").type(0.0)
    values[np.isnan(values)] = np.nan
    return pa.array(values, array.type, mask=null_mask(array), from_pandas=False)


def codes(array: pa.Array | pa.ChunkedArray) -> Ids:
    """A number for each distinct canonical value, and -1 for null: equal numbers, equal values. Shape (n,).

    Takes every logical type. Nulls inside lists and structs equal each other. The numbers are below the column's length,
    and depend on the order of the rows: compare them, do not keep them.
    """
    array = whole(array)
    if pa.types.is_dictionary(array.type):
        entries, indices = codes(array.dictionary), array.indices
        if len(entries) == 0:
            return np.full(len(array), -1, np.int64)
        places = indices.fill_null(0).to_numpy(zero_copy_only=False)
        return _with_nulls(entries[places], indices)
    array = plain(array)
    dtype = array.type
    if pa.types.is_null(dtype):
        return np.full(len(array), -1, np.int64)
    if pa.types.is_struct(dtype):
        # a column of one value first, so that a struct without fields has a code too
        fields = [np.zeros(len(array), np.int64), *(codes(array.field(i)) for i in range(dtype.num_fields))]
        return _with_nulls(combine(fields), array)
    if pa.types.is_nested(dtype):
        array = _lists_as_bytes(array)
    elif pa.types.is_floating(dtype):
        array = canonical_values(array).view(pa.int64() if dtype == pa.float64() else pa.int32())
    return _encode(array)


def combine(parts: Sequence[Ids]) -> Ids:
    """Dense numbers from 0 of the distinct tuples of `parts`, codes that are at least -1 and below their length; null equals null."""
    dense = _encode(pa.array(parts[0]))
    for part in parts[1:]:
        span = int(part.max(initial=-1)) + 2
        dense = _encode(pa.array(dense * span + (part + 1)))  # below length**2 + length: fits 63 bits
    return dense


def _encode(array: pa.Array) -> Ids:
    indices = array.dictionary_encode().indices
    return np.asarray(indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def _with_nulls(found: Ids, array: pa.Array) -> Ids:
    nulls = null_mask(array)
    return found if nulls is None else np.where(nulls, np.int64(-1), found)


def _lists_as_bytes(array: pa.Array) -> pa.Array:
    """Each list as the bytes of its elements' codes: equal bytes, equal lists."""
    elements, starts, _ = list_bounds(array)
    words = codes(elements)
    offsets = np.append(starts, len(words)) * words.itemsize
    nulls = null_mask(array)
    validity = None if nulls is None else pa.array(~nulls).buffers()[1]
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(words)]
    return pa.Array.from_buffers(pa.large_binary(), len(array), buffers)
