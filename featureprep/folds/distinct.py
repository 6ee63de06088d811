"""The distinct values of an array with their counts, and the canonical spelling of values that are keys."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.folds.last import Last
from featureprep.folds.numbers import valid_slots
from featureprep.hashing.layout import fixed_values, plain

Counts = np.ndarray[Any, np.dtype[np.int64]]

_last: Final[Last[tuple[pa.Array, Counts, int]]] = Last()
_coded: Final[Last[tuple[Counts, int]]] = Last()


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
        values = canonical(array)
        if pa.types.is_null(values.type):
            return values.slice(0, 0), np.empty(0, np.int64), len(values)
        return _last.keep(array, _used(values.dictionary_encode()))
    values, counts, nulls = _used(array)
    # entries may repeat, be null, or become equal when made canonical
    values = canonical(values)
    merged, merged_counts = add_up(values.drop_null(), counts[values.is_valid().to_numpy(zero_copy_only=False)])
    return merged, merged_counts, nulls + int(counts[values.is_null().to_numpy(zero_copy_only=False)].sum())


def entries(array: pa.Array) -> tuple[pa.Array, Counts, int]:
    """(values, how often each occurs, number of nulls); plain values, none is null, equal ones may stand there several times.

    For what is added up over all rows: to join equal values takes longer. Where `distinct` has just done so, its result.
    """
    if not pa.types.is_dictionary(array.type):
        known = _last.of(array)
        if known is not None:
            return known
        array = plain(array)
        values = array.drop_null()
        return values, np.ones(len(values), np.int64), array.null_count
    values, counts, nulls = _used(array)
    values = plain(values)
    if not values.null_count:
        return values, counts, nulls
    valid = values.is_valid().to_numpy(zero_copy_only=False)
    return values.drop_null(), counts[valid], nulls + int(counts[~valid].sum())


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


def code_counts(array: pa.Array) -> tuple[Counts, int]:
    """How often each entry of a dictionary array's dictionary is referred to, not to be written to, and the number of null indices."""
    return _coded.of(array) or _coded.keep(array, _code_counts(array.indices, len(array.dictionary)))


def _code_counts(indices: pa.Array, size: int) -> tuple[Counts, int]:
    nulls = indices.null_count
    if nulls == len(indices):
        return np.zeros(size, np.int64), nulls
    codes = fixed_values(indices, np.dtype(indices.type.to_pandas_dtype()).str)
    if nulls:
        codes = codes.compress(valid_slots(indices))
    return np.bincount(codes.astype(np.int64, copy=False), minlength=size).astype(np.int64, copy=False), nulls


def _used(array: pa.Array) -> tuple[pa.Array, Counts, int]:
    counts, nulls = code_counts(array)
    used = counts > 0
    if used.all():
        return array.dictionary, counts, nulls
    return array.dictionary.filter(pa.array(used)), counts[used], nulls
