"""Rows by key in folds: which keys there are, and that there are not too many of them for constants of a graph.

A row with a null or NaN among its keys belongs to no key. -0.0 is 0.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import RequestError, TypeMismatchError
from featureprep.folds.codes import Ids, codes, combine
from featureprep.folds.count_parts import key_names
from featureprep.folds.distinct import canonical
from featureprep.hashing.layout import fixed_values, plain
from featureprep.types import format_type, is_float, is_integer, logical

Floats = np.ndarray[Any, np.dtype[np.float64]]
MAX_KEYS: Final = 1_000_000
"""Keys with constants of their own, at most."""


@dataclass(frozen=True)
class Keyed:
    """A result by key.

    Attributes
    ----------
    columns : tuple of pa.Array
        The different keys in ascending order (text by its UTF-8 bytes), column by column; no columns where no key was seen.
    """

    columns: tuple[pa.Array, ...]

    def keys(self, types: Sequence[pa.DataType]) -> list[pa.Array]:
        """The columns with the logical types that they have in the data."""
        if not self.columns:
            return [pa.array([], dtype) for dtype in types]
        return [column.cast(dtype) for column, dtype in zip(self.columns, types, strict=True)]


def group(columns: Sequence[pa.Array]) -> tuple[Ids, list[pa.Array]]:
    """The number of each row's key, -1 for none, and the different keys by number, column by column, canonical.

    Parameters
    ----------
    columns : sequence of pa.Array
        Equally long, plain or dictionary-encoded, of any type but lists and structs.

    Raises
    ------
    TypeMismatchError
    """
    parts, there = [], np.ones(len(columns[0]), np.bool_)
    for column in columns:
        dtype = logical(column.type)
        if pa.types.is_nested(dtype):
            raise TypeMismatchError(f"there are no keys of type {format_type(dtype)}", hint="use its parts, or its text, as keys")
        part = codes(column)
        there &= part >= 0
        if pa.types.is_floating(dtype):
            values = fixed_values(plain(column), f"<f{dtype.bit_width // 8}")
            there &= values == values
        parts.append(part)
    whole = bool(there.all())
    dense = combine(parts if whole else [part[there] for part in parts])
    rows = np.arange(len(dense)) if whole else np.flatnonzero(there)
    member = np.empty(int(dense.max(initial=-1)) + 1, np.int64)
    member[dense] = rows  # any row of each key
    ids = dense
    if not whole:
        ids = np.full(len(there), -1, np.int64)
        ids[rows] = dense
    return ids, [canonical(column.take(pa.array(member))) for column in columns]


def finite_rows(columns: Sequence[pa.Array]) -> tuple[list[pa.Array], Ids, Floats]:
    """The rows whose first column has a finite number and whose others make a key.

    Returns
    -------
    keys : list of pa.Array
        The different keys of these rows, column by column.
    ids : np.ndarray of int64, shape (n,)
        The position of each row's key.
    values : np.ndarray of float64, shape (n,)
        Without -0.0; integers are rounded to the nearest double.

    Raises
    ------
    TypeMismatchError
        For a first column that is neither of integers nor of floats or bools, and keys of lists or structs.
    """
    numbers = plain(columns[0])
    if not (is_integer(numbers.type) or is_float(numbers.type) or numbers.type in (pa.bool_(), pa.null())):
        raise TypeMismatchError(f"there are no moments and quantiles of {format_type(numbers.type)}", hint="cast the column to float64")
    numbers = numbers if numbers.type == pa.float64() else numbers.cast(pa.float64(), safe=False)
    values = fixed_values(numbers, "<f8")
    columns = [column if pa.types.is_dictionary(column.type) else plain(column) for column in columns[1:]]
    finite = np.isfinite(values)
    if numbers.null_count:
        finite &= numbers.is_valid().to_numpy(zero_copy_only=False)
    if not finite.all():
        values, columns = values[finite], [column.filter(pa.array(finite)) for column in columns]
    ids, keys = group(columns)
    keyed = ids >= 0
    if not keyed.all():
        values, ids = values[keyed], ids[keyed]
    return keys, ids, values + 0.0


def join(tables: Sequence[Sequence[pa.Array]]) -> tuple[list[Ids], list[pa.Array]]:
    """The keys of several tables under common numbers: those of each table's rows, and the different keys.

    Raises
    ------
    RequestError
        Where there are more than MAX_KEYS.
    TypeMismatchError
        Where a column has different types.
    """
    try:
        columns = [pa.concat_arrays([table[i] for table in tables]) for i in range(len(tables[0]))]
    except pa.ArrowInvalid as error:
        raise TypeMismatchError(f"a key has two types: {error}", hint="bind it to one type first") from error
    ids, keys = group(columns)
    if len(keys[0]) > MAX_KEYS:
        raise RequestError(
            # without how many there are: it depends on which states were merged first
            f"there are too many keys: constants are kept for at most {MAX_KEYS:,} (MAX_KEYS)",
            hint="use a coarser key: rare_label or hash_bucket of it, or a part of it",
        )
    bounds = np.cumsum([len(table[0]) for table in tables])[:-1]
    return np.split(ids, bounds), keys


def ascending(keys: Sequence[pa.Array]) -> Ids:
    """The order of different keys, shape (n,)."""
    table = pa.table(list(keys), names=key_names(len(keys)))
    order: Ids = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.column_names]).to_numpy().astype(np.int64)
    return order
