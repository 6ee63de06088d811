"""Arrow's many encodings of the same values brought to the few that the code below folds and hashes reads by buffer."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import DataError, TypeMismatchError
from featureprep.kernels.encodings import list_of_view, runs_taken
from featureprep.types import logical

WIDE_BYTES: Final = 1 << 30
"""Text and bytes of more than this are held with 64-bit offsets when they are put together."""


def plain(array: pa.Array) -> pa.Array:
    """The same values without dictionary, run-end, view or fixed-size-binary encoding, timestamps in microseconds.

    `large_string`, `large_binary` and `large_list` stay as they are; children of nested arrays keep their encoding, string views apart.

    Raises
    ------
    TypeMismatchError
        For a type that has no logical type.
    DataError
        For a timestamp that is not a whole number of microseconds, or outside their range.
    """
    dtype = array.type
    target = logical(dtype)
    if pa.types.is_dictionary(dtype):
        return plain(array.dictionary_decode())
    if pa.types.is_run_end_encoded(dtype):
        return plain(runs_taken(array))
    if pa.types.is_list_view(dtype):
        return plain(list_of_view(array))
    if pa.types.is_nested(dtype) or pa.types.is_string_view(dtype) or pa.types.is_binary_view(dtype):
        target = _without_views(dtype)
    if dtype in (target, pa.large_string(), pa.large_binary()):
        return array
    try:
        return array.cast(target)
    except pa.ArrowNotImplementedError as error:
        raise TypeMismatchError(f"columns of Arrow type {dtype} cannot be read", hint="cast the column before it is read here") from error
    except pa.ArrowInvalid as error:
        raise DataError(f"a {dtype} column cannot be read as {target}: {error}", hint="cast it before it is read here") from error


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece, of an encoding that rows can be taken from: views and run-ends are made plain.

    Text and binary of more than 1 GiB in several chunks become `large_string` and `large_binary`.
    """
    if isinstance(column, pa.Array):
        return plain(column) if _is_untakeable(column.type) else column
    if _is_untakeable(column.type):
        column = pa.chunked_array([plain(chunk) for chunk in column.chunks] or [plain(pa.array([], column.type))])
    if column.num_chunks == 1:
        return column.chunk(0)
    large = {pa.string(): pa.large_string(), pa.binary(): pa.large_binary()}.get(column.type)
    if large is not None and column.nbytes > WIDE_BYTES:
        column = column.cast(large)
    elif pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _is_untakeable(dtype: pa.DataType) -> bool:
    views = pa.types.is_string_view(dtype) or pa.types.is_binary_view(dtype) or pa.types.is_list_view(dtype)
    return bool(views or pa.types.is_run_end_encoded(dtype))


def _without_views(dtype: pa.DataType) -> pa.DataType:
    """The type with 64-bit offsets for views of text and bytes, which few of Arrow's functions take."""
    if pa.types.is_string_view(dtype):
        return pa.large_string()
    if pa.types.is_binary_view(dtype):
        return pa.large_binary()
    if pa.types.is_struct(dtype):
        return pa.struct([dtype.field(i).with_type(_without_views(dtype.field(i).type)) for i in range(dtype.num_fields)])
    if pa.types.is_fixed_size_list(dtype):
        return pa.list_(dtype.value_field.with_type(_without_views(dtype.value_type)), dtype.list_size)
    if pa.types.is_large_list(dtype):
        return pa.large_list(dtype.value_field.with_type(_without_views(dtype.value_type)))
    if pa.types.is_list(dtype):
        return pa.list_(dtype.value_field.with_type(_without_views(dtype.value_type)))
    return dtype


def fixed_values(array: pa.Array, dtype: str) -> np.ndarray[Any, Any]:
    """The value buffer of a fixed-width array as NumPy items of `dtype`, shape (n,), read-only; null slots hold anything."""
    buffer = array.buffers()[1]
    itemsize = np.dtype(dtype).itemsize
    if buffer is None or len(array) == 0:
        return np.empty(0, dtype)
    return np.frombuffer(buffer, dtype, count=len(array), offset=array.offset * itemsize)


def null_mask(array: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """Which slots are null, shape (n,), or None where none is."""
    if array.null_count == 0:
        return None
    mask: np.ndarray[Any, np.dtype[np.bool_]] = array.is_null().to_numpy(zero_copy_only=False)
    return mask


def list_bounds(array: pa.Array) -> tuple[pa.Array, np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]:
    """The elements of a list array of any length rule, and where each row's begin and end among them, null rows being empty.

    Returns
    -------
    elements : pa.Array
    starts, stops : np.ndarray of int64, shape (n,)
        Ascending, but elements between them may belong to no row (those that stand under null rows).
    """
    if pa.types.is_fixed_size_list(array.type):
        size = array.type.list_size
        elements = array.values.slice(array.offset * size, len(array) * size)
        starts = np.arange(len(array), dtype=np.int64) * size
        stops = starts + size
    else:
        offsets = array.offsets.to_numpy().astype(np.int64)
        if len(offsets) == 0:
            offsets = np.zeros(1, np.int64)
        elements = array.values.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))
        starts, stops = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    nulls = null_mask(array)
    if nulls is not None:
        stops = np.where(nulls, starts, stops)
    return elements, starts, stops
