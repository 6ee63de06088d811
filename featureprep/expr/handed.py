"""Arrow arrays as a user's function is handed them: in NumPy's and pandas' types, which have no null for integers and bools.

Arrow makes floats (of bools objects) of a whole array where one of its cells is null, so that the type of a row's value, and the last bits of
a large integer, would hang on the rows beside it. Here both hang on the row alone: rows without a value come apart from the others
(`alike`), and a list that lacks an item is an array of Python objects, whatever the lists beside it are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.kernels.result import Mask
from featureprep.types import is_integer, is_list, leaves

Rows = np.ndarray[Any, np.dtype[np.int64]]
_EXACT: Final = 2**53
_BITS: Final = 16
"""Of so many columns the patterns are sorted by radix."""


def alike(args: Sequence[pa.Array]) -> list[Rows]:
    """The numbers of the rows, ascending, in groups that have no value in the same integers and bools; [] where all rows are one group."""
    some = [arg.is_null().to_numpy(zero_copy_only=False) for arg in args if _lacks_null(arg.type) and 0 < arg.null_count < len(arg)]
    if not some:
        return []
    codes = some[0].astype(np.uint16)
    for i, nulls in enumerate(some[1:], 2):
        if i > _BITS:  # numbered anew: a batch has fewer patterns than rows
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
        codes = codes * 2 + nulls
    sizes = np.bincount(codes)
    return np.split(np.argsort(codes, kind="stable"), np.cumsum(sizes[sizes > 0])[:-1])


def handed(array: pa.Array, mode: str) -> Any:
    """An array for mode "numpy" or "pandas".

    Floats, null as NaN; datetime64, null as NaT; of dates, decimals, texts, binaries, lists and structs objects, null as None. Integers and bools
    as they are where all have a value, as floats (NaN) and objects (None) where none has (see `alike`). Lists are NumPy arrays of the same
    kinds, those of integers or bools that lack an item arrays of Python objects. Structs are dicts.
    """
    if not (pa.types.is_nested(array.type) and _holds_such(array.type)) or not (lacking := _lacking(array)).any():
        return array.to_pandas() if mode == "pandas" else array.to_numpy(zero_copy_only=False)
    out = np.empty(len(array), object)  # None
    out[~lacking] = array.filter(pa.array(~lacking)).to_numpy(zero_copy_only=False)
    at = np.flatnonzero(lacking & _valid(array))
    for row, cell in zip(at, _cells(array.take(pa.array(at))), strict=True):
        out[row] = cell
    if mode == "numpy":
        return out
    import pandas as pd

    return pd.Series(out)


def is_rounded(array: pa.Array) -> bool:
    """Whether the floats that stand for integers, where some are null and these cannot come apart, are other numbers."""
    if not is_integer(array.type) or array.null_count in (0, len(array)):
        return False
    ends = pc.min_max(array).as_py()
    return bool(max(abs(ends["min"]), abs(ends["max"])) > _EXACT)


def _lacks_null(dtype: pa.DataType) -> bool:
    """Whether NumPy's type for these values has no null."""
    return is_integer(dtype) or bool(pa.types.is_boolean(dtype))


def _holds_such(dtype: pa.DataType) -> bool:
    return any(map(_lacks_null, leaves(dtype)))


def _lacking(array: pa.Array) -> Mask:
    """Which cells that hold integers or bools are null or lack one of them, however deep, shape (n,).

    Null lists of a fixed size and null structs count: Arrow has nulls within them.
    """
    found = ~_valid(array)
    if is_list(array.type) and _holds_such(array.type.value_type):
        parents = pc.list_parent_indices(array).to_numpy(zero_copy_only=False)
        found[parents[_lacking(pc.list_flatten(array))]] = True
    elif pa.types.is_struct(array.type):
        for field in array.flatten():
            if _holds_such(field.type):
                found |= _lacking(field)
    return found


def _valid(array: pa.Array) -> Mask:
    mask: Mask = array.is_valid().to_numpy(zero_copy_only=False)
    return mask


def _cells(array: pa.Array) -> Sequence[Any]:
    """The cells, none of them null, that each lack something."""
    if len(array) and is_list(array.type) and _lacks_null(array.type.value_type):
        items = np.array(pc.list_flatten(array).to_pylist(), object)
        return np.split(items, np.cumsum(pc.list_value_length(array))[:-1])
    return [_cell(array.slice(i, 1)) for i in range(len(array))]


def _cell(one: pa.Array) -> Any:
    """The only cell of an array, as Arrow's own conversion of it gives it, but for integers and bools among nulls."""
    if one.null_count:
        return None
    if pa.types.is_struct(one.type):
        return {one.type.field(i).name: _cell(field) for i, field in enumerate(one.flatten())}
    if not is_list(one.type):
        return one.to_numpy(zero_copy_only=False).tolist()[0]
    items = pc.list_flatten(one)
    if _lacks_null(items.type) and items.null_count:
        return np.array(items.to_pylist(), object)
    return handed(items, "numpy")
