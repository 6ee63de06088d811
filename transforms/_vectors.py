"""Vectors as Arrow arrays, built from NumPy: dense `fixed_size_list<T>` and sparse `struct<indices: list<int32>, values: list<T>>`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.op import Mask
from featureprep.kernels.arrays import bits_of, build, valid_of, values_of
from featureprep.types import dense, sparse

Array = np.ndarray[Any, Any]


def with_nan(array: pa.Array) -> Array:
    """The values of an array of numbers, shape (n,), NaN for null."""
    values, valid = values_of(array), valid_of(array)
    return values if valid is None else np.where(valid, values, np.nan)


def dense_array(values: Array, dtype: pa.DataType, valid: Mask | None = None) -> pa.Array:
    """Rows of a matrix, shape (n, size), as vectors of elements of `dtype`; rows that are not `valid` are null."""
    validity = None if valid is None or valid.all() else bits_of(valid)
    return pa.Array.from_buffers(dense(dtype, values.shape[1]), len(values), [validity], children=[build(values.reshape(-1), dtype)])


def sparse_array(counts: Array, indices: Array, values: Array, dtype: pa.DataType, valid: Mask | None = None) -> pa.Array:
    """Sparse vectors.

    Parameters
    ----------
    counts : np.ndarray of int, shape (n,)
        How many entries each row has.
    indices, values : np.ndarray, shape (sum of counts,)
        The entries of one row after the other.
    dtype : pa.DataType
        Of the values.
    valid : np.ndarray of bool, shape (n,), optional
        Other rows are null.
    """
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets)]
    children = [
        pa.Array.from_buffers(pa.list_(item.type), len(counts), buffers, children=[item])
        for item in (build(indices, pa.int32()), build(values, dtype))
    ]
    validity = None if valid is None or valid.all() else bits_of(valid)
    return pa.Array.from_buffers(sparse(dtype), len(counts), [validity], children=children)
