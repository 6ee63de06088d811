"""Columns from outside with their nulls where Arrow looks for them: in the indices of a dictionary, never in its entries.

`null_count` and `drop_null` see no null that is an entry of a dictionary or a run, `is_null`, `is_valid` and filters by them only since
pyarrow 26, and dictionaries with a null entry cannot be unified. So what comes in is brought to one form here, and no kernel has to ask.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from featureprep.errors import DataError, TypeMismatchError


def settled(array: pa.Array) -> pa.Array:
    """The same values: a dictionary at the top without null entries, run-ends, list views and encoded children of lists made plain.

    Raises
    ------
    TypeMismatchError
        For an encoding inside another one that Arrow cannot undo.
    """
    dtype = array.type
    if pa.types.is_run_end_encoded(dtype):
        return settled(runs_taken(array))
    if _is_list_view(dtype):
        return settled(list_of_view(array))
    bare = _bare(dtype)
    if pa.types.is_dictionary(dtype):
        bare = pa.dictionary(pa.int32(), bare)  # narrow indices are too small for what several chunks hold together
    try:
        array = array if bare == dtype else array.cast(bare)
    except pa.ArrowNotImplementedError as error:
        raise TypeMismatchError(f"columns of Arrow type {dtype} cannot be read", hint="cast the column before it is read here") from error
    return _nulls_in_indices(array) if pa.types.is_dictionary(dtype) else array


def joined(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, `settled`; its buffers are a chunk's own where there is only one."""
    if column.num_chunks == 0:
        return pa.array([], column.type)
    chunks = [settled(chunk) for chunk in column.chunks]
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)


def _nulls_in_indices(array: pa.DictionaryArray) -> pa.DictionaryArray:
    entries = array.dictionary
    if not entries.null_count:
        return array
    valid = entries.is_valid().to_numpy(zero_copy_only=False)
    places = pa.array(np.cumsum(valid) - valid, array.indices.type, mask=~valid)
    return pa.DictionaryArray.from_arrays(places.take(array.indices), entries.drop_null())


def runs_taken(array: pa.RunEndEncodedArray) -> pa.Array:
    """The values by row. (Arrow's `run_end_decode` knows no runs of dictionaries and of lists.)"""
    ends = array.run_ends.to_numpy()
    rows = np.arange(array.offset, array.offset + len(array))
    return array.values.take(pa.array(np.searchsorted(ends, rows, side="right")))


def list_of_view(array: pa.Array) -> pa.Array:
    """A list view as a list. (Arrow's cast, as of 26, makes an offsets buffer that is one too short.)

    Raises
    ------
    DataError
        When its views, which may overlap, have 2**31 elements or more in all.
    """
    import pyarrow.compute as pc

    lengths = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False)
    offsets = np.zeros(len(array) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if offsets[-1] >= 1 << 31:  # so a small file can say this
        raise DataError(f"a batch of lists has {offsets[-1]} elements", hint="store it in smaller batches")
    nulls = array.is_null() if array.null_count else None
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pc.list_flatten(array), pa.list_(array.type.value_type), mask=nulls)


def _is_list_view(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_list_view(dtype) or pa.types.is_large_list_view(dtype))


def _bare(dtype: pa.DataType) -> pa.DataType:
    """The type without dictionaries and run-ends."""
    if pa.types.is_dictionary(dtype) or pa.types.is_run_end_encoded(dtype):
        return _bare(dtype.value_type)
    if pa.types.is_struct(dtype):
        return pa.struct([dtype.field(i).with_type(_bare(dtype.field(i).type)) for i in range(dtype.num_fields)])
    for kind, make in ((pa.types.is_list, pa.list_), (pa.types.is_large_list, pa.large_list)):
        if kind(dtype):
            return make(dtype.value_field.with_type(_bare(dtype.value_type)))
    if pa.types.is_fixed_size_list(dtype):
        return pa.list_(dtype.value_field.with_type(_bare(dtype.value_type)), dtype.list_size)
    if _is_list_view(dtype):
        raise TypeMismatchError("list views inside other types cannot be read", hint="cast the column before it is read here")
    return dtype
