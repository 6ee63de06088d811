"""Lists taken apart into lengths and elements, and put together again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.kernels.arrays import bits_of
from featureprep.kernels.result import Mask

Lengths = np.ndarray[Any, np.dtype[np.int64]]


def lengths_of(array: pa.Array) -> Lengths:
    """The number of elements of each cell of a list column, shape (n,); 0 for null."""
    counts: Lengths = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return counts


def elements_of(array: pa.Array) -> pa.Array:
    """All elements of a list column in order, those of null cells left out: as many as `lengths_of` counts."""
    return array.flatten()


def owners_of(lengths: Lengths) -> Lengths:
    """For each element the cell it belongs to, shape (n_elements,)."""
    return np.repeat(np.arange(len(lengths)), lengths)


def starts_of(lengths: Lengths) -> Lengths:
    """For each cell the position of its first element, shape (n + 1,)."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def collect(lengths: Lengths, elements: pa.Array, valid: Mask | None) -> pa.Array:
    """A list column from lengths and elements; cells that are not `valid` are null, whatever their length."""
    offsets = pa.py_buffer(starts_of(lengths).astype(np.int32))
    validity = None if valid is None or valid.all() else bits_of(valid)
    return pa.Array.from_buffers(pa.list_(elements.type), len(lengths), [validity, offsets], children=[elements])


def collect_fixed(lengths: Lengths, elements: pa.Array, valid: Mask | None, size: int) -> pa.Array:
    """A fixed_size_list column; cells of another length are null too."""
    keep = lengths == size
    if valid is not None:
        keep &= valid
    starts = starts_of(lengths)[:-1]
    index = (starts[:, None] + np.arange(size)).ravel()
    hidden = np.repeat(~keep, size)
    index[hidden] = 0
    cells = elements.take(pa.array(index, mask=hidden))
    validity = None if keep.all() else bits_of(keep)
    return pa.Array.from_buffers(pa.list_(elements.type, size), len(lengths), [validity], children=[cells])
