"""Arrow arrays as NumPy vectors and back, without copies where there can be none; and as Python values in row form.

Row form: int, float, bool, str, bytes, Decimal, list, dict; dates are int days and timestamps int microseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.kernels.result import BAD, Batch, Mask, some

Vector = np.ndarray[Any, Any]


def valid_of(array: pa.Array) -> Mask | None:
    """Which cells are not null, shape (n,); None when all are."""
    if array.null_count == 0:
        return None
    mask: Mask = array.is_valid().to_numpy(zero_copy_only=False)
    return mask


def storage_dtype(dtype: pa.DataType) -> np.dtype[Any]:
    """The NumPy dtype in which the values of a fixed-width Arrow type are kept."""
    if pa.types.is_timestamp(dtype):
        return np.dtype(np.int64)
    if pa.types.is_date32(dtype):
        return np.dtype(np.int32)
    if pa.types.is_boolean(dtype):
        return np.dtype(np.bool_)
    # Arrow's own `to_pandas_dtype` imports pandas, where it can, before version 26
    kind = "f" if pa.types.is_floating(dtype) else "u" if pa.types.is_unsigned_integer(dtype) else "i"
    return np.dtype(f"{kind}{dtype.bit_width // 8}")


def values_of(array: pa.Array) -> Vector:
    """The values of a bool, number, date or timestamp array, shape (n,); what stands in null cells is arbitrary."""
    if pa.types.is_boolean(array.type):
        filled = array.fill_null(False) if array.null_count else array
        bools: Vector = filled.to_numpy(zero_copy_only=False)
        return bools
    dtype = storage_dtype(array.type)
    data = array.buffers()[1]
    if len(array) == 0 or data is None:
        return np.zeros(len(array), dtype)
    return np.frombuffer(data, dtype, count=len(array), offset=array.offset * dtype.itemsize)


def bits_of(mask: Mask) -> pa.Buffer:
    """A mask as an Arrow bitmap."""
    return pa.py_buffer(np.packbits(mask, bitorder="little"))


def build(values: Vector, dtype: pa.DataType, valid: Mask | None = None) -> pa.Array:
    """An array of a fixed-width type from its values; cells that are not `valid` are null."""
    validity = None if valid is None or valid.all() else bits_of(valid)
    if pa.types.is_boolean(dtype):
        return pa.Array.from_buffers(dtype, len(values), [validity, bits_of(np.asarray(values, dtype=bool))])
    data = np.ascontiguousarray(values, dtype=storage_dtype(dtype))
    return pa.Array.from_buffers(dtype, len(data), [validity, pa.py_buffer(data)])


def build_checked(values: Vector, dtype: pa.DataType, valid: Mask | None, wrong: Mask) -> Batch:
    """An array whose `wrong` cells are malformed; marks in null cells are ignored."""
    if valid is not None:
        wrong = wrong & valid
    bad = some(wrong)
    if bad is None:
        return build(values, dtype, valid), None
    return build(values, dtype, ~bad if valid is None else valid & ~bad), bad


def offsets_of(array: pa.Array) -> Vector:
    """Where the cells of a string or binary array begin in its data, and where the last ends, shape (n + 1,)."""
    offsets = array.buffers()[1]
    if offsets is None or len(array) == 0:
        return np.zeros(len(array) + 1, np.int32)
    return np.frombuffer(offsets, np.int32, count=len(array) + 1, offset=4 * array.offset)


def data_of(array: pa.Array) -> Vector:
    """The data that `offsets_of` points into, shape (n_bytes,)."""
    data = array.buffers()[2]
    return np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)


def text_bytes(array: pa.Array) -> Vector:
    """The UTF-8 bytes of a string or binary array's cells, one after the other (those of null cells too), shape (n_bytes,)."""
    ends = offsets_of(array)
    return data_of(array)[ends[0] : ends[-1]]


def both_valid(a: pa.Array, b: pa.Array) -> Mask | None:
    """Which rows are null in neither."""
    left, right = valid_of(a), valid_of(b)
    if left is None:
        return right
    return left if right is None else left & right


def row_type(dtype: pa.DataType) -> pa.DataType:
    """The type with dates and timestamps as their integers, as the row form holds them."""
    if pa.types.is_timestamp(dtype):
        return pa.int64()
    if pa.types.is_date32(dtype):
        return pa.int32()
    if pa.types.is_fixed_size_list(dtype):
        return pa.list_(row_type(dtype.value_type), dtype.list_size)
    if pa.types.is_list(dtype):
        return pa.list_(row_type(dtype.value_type))
    if pa.types.is_struct(dtype):
        return pa.struct([(dtype.field(i).name, row_type(dtype.field(i).type)) for i in range(dtype.num_fields)])
    return dtype


def to_rows(array: pa.Array) -> list[Any]:
    """The cells as Python values in row form, nulls as None."""
    plain = row_type(array.type)
    rows: list[Any] = (array if plain == array.type else array.cast(plain)).to_pylist()
    return rows


def from_rows(rows: list[Any], dtype: pa.DataType) -> Batch:
    """An array from values in row form; None is null, `BAD` is null and marked."""
    bad = some(np.fromiter((row is BAD for row in rows), dtype=bool, count=len(rows)))
    clean = rows if bad is None else [None if row is BAD else row for row in rows]
    return pa.array(clean, row_type(dtype)).cast(dtype), bad


def spread(results: pa.Array, wrong: Mask | None, encoded: pa.DictionaryArray) -> Batch:
    """What was computed of the distinct values of an encoded array, brought to its cells."""
    indices = encoded.indices
    bad = None
    if wrong is not None:
        valid = valid_of(indices)
        codes = values_of(indices)
        bad = some(wrong[codes] if valid is None else wrong[np.where(valid, codes, 0)] & valid)
    return results.take(indices), bad


def by_distinct(array: pa.Array, function: Callable[[Any], Any], dtype: pa.DataType) -> Batch:
    """A row function over an array, called once per distinct value."""
    encoded = array.dictionary_encode()
    results, wrong = from_rows([function(value) for value in to_rows(encoded.dictionary)], dtype)
    return spread(results, wrong, encoded)


def patch(array: pa.Array, where: Mask, cells: Batch) -> Batch:
    """The array with its `where` cells replaced, in order, by `cells`."""
    new, wrong = cells
    index = np.arange(len(array))
    index[where] = len(array) + np.arange(len(new))
    merged = pa.concat_arrays([array, new]).take(pa.array(index))
    if wrong is None:
        return merged, None
    bad = np.zeros(len(array), dtype=bool)
    bad[where] = wrong
    return merged, bad
