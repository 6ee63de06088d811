"""The distinct values of an array with their counts, and the canonical spelling of values that are keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.hashing.layout import plain

Counts = np.ndarray[Any, np.dtype[np.int64]]


def canonical(array: pa.Array) -> pa.Array:
    """Plain values with 0.0 for -0.0 and one NaN, text and bytes with 64-bit offsets: equal values are equal bits.

    Raises
    ------
    TypeMismatchError, DataError
        As `featureprep.hashing.layout.plain` does.
    """
    array = plain(array)
    dtype = array.type
    if dtype in (pa.float32(), pa.float64()):
        zero = pc.add(array, pa.scalar(0.0, dtype))
        return pc.if_else(pc.is_nan(zero), pa.scalar(float("nan"), dtype), zero)
    if dtype == pa.string():
        return array.cast(pa.large_string())
    if dtype == pa.binary():
        return array.cast(pa.large_binary())
    return array


def distinct(array: pa.Array) -> tuple[pa.Array, Counts, int]:
    """(distinct values, how often each occurs, number of nulls); the values are `canonical`, none is null.

    Dictionary arrays cost a count of their indices, and only the entries in use are looked at.
    """
    if not pa.types.is_dictionary(array.type):
        array = canonical(array)
        if pa.types.is_null(array.type):
            return array.slice(0, 0), np.empty(0, np.int64), len(array)
        return _used(array.dictionary_encode())
    values, counts, nulls = _used(array)
    # entries may repeat, be null, or become equal when made canonical
    values = canonical(values)
    merged, merged_counts = add_up(values.drop_null(), counts[values.is_valid().to_numpy(zero_copy_only=False)])
    return merged, merged_counts, nulls + int(counts[values.is_null().to_numpy(zero_copy_only=False)].sum())


def add_up(values: pa.Array, counts: Counts) -> tuple[pa.Array, Counts]:
    """Canonical values with equal ones joined and their counts added."""
    if pa.types.is_null(values.type):
        return values, counts
    coded = values.dictionary_encode()
    if len(coded.dictionary) == len(values):
        return values, counts
    totals = np.zeros(len(coded.dictionary), np.int64)
    np.add.at(totals, coded.indices.to_numpy(zero_copy_only=False), counts)
    return coded.dictionary, totals


def _used(array: pa.Array) -> tuple[pa.Array, Counts, int]:
    indices = array.indices
    nulls = indices.null_count
    codes = (indices.drop_null() if nulls else indices).to_numpy(zero_copy_only=False)
    counts = np.bincount(codes.astype(np.int64, copy=False), minlength=len(array.dictionary)).astype(np.int64, copy=False)
    used = counts > 0
    if used.all():
        return array.dictionary, counts, nulls
    return array.dictionary.filter(pa.array(used)), counts[used], nulls
