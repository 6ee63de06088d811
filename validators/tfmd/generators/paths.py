"""Record batches taken apart into features: what lies at each path, how it is nested, and which rows it belongs to.

Every feature is a list of values to TFMD. A column (or a field of a struct) that is no list counts as one value where it is not null.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.hashing.layout import plain
from featureprep.types import format_type
from featureprep.validators.tfmd.paths import Path

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Level:
    """The lists of one level of nesting.

    Attributes
    ----------
    there : np.ndarray of bool
        Which lists are not null.
    lengths : np.ndarray of int64
        Of the lists that are not null.
    owners : np.ndarray of int64
        The row each of these lists belongs to.
    """

    there: Bools
    lengths: Ints
    owners: Ints


@dataclass(frozen=True)
class Seen:
    """A feature in one batch.

    Attributes
    ----------
    kind : str or None
        INT, FLOAT, STRING or STRUCT, as `FeatureNameStatistics.Type` names them; None where the column is of type null there.
    levels : sequence of Level
        Outermost first.
    flat : Level or None
        The outermost lists with the numbers of innermost values in them; None where that is what the one level says.
    values : pa.Array
        The innermost values, of type int64, uint64, float32, float64, (large) binary, (large) string, or a struct. May hold nulls.
    owners : np.ndarray of int64, shape (len(values),)
        The row each value belongs to.
    """

    path: Path
    kind: str | None
    levels: Sequence[Level]
    flat: Level | None
    values: pa.Array
    owners: Ints


def features(batch: pa.RecordBatch) -> Iterator[Seen]:
    """The features of a batch; structs before what is in them.

    Raises
    ------
    TypeMismatchError
        For a column whose type has no place in TFMD.
    """
    rows = np.arange(batch.num_rows)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        yield from feature((name,), column, rows)


def feature(path: Path, array: pa.Array, owners: Ints) -> Iterator[Seen]:
    """One feature and what is in it; `owners` names the row of each of the array's places."""
    levels: list[Level] = []
    array = _plain(array, path)
    while _is_list(array.type):
        array, level = _opened(array, owners)
        levels.append(level)
        owners = np.repeat(level.owners, level.lengths)
        array = _plain(array, path)
    if not levels and not pa.types.is_null(array.type):
        there = _valid(array)
        if array.null_count:
            array, owners = array.drop_null(), owners[there]
        levels.append(Level(there, np.ones(len(array), np.int64), owners))
    kind, array = _leaf(array, path)
    yield Seen(path, kind, levels, _flat(levels, leaf=kind is not None), array, owners)
    if kind == "STRUCT":
        for field, child in zip(array.type, array.flatten(), strict=True):
            yield from feature((*path, field.name), child, owners)


def _plain(array: pa.Array, path: Path) -> pa.Array:
    try:
        return plain(array)
    except TypeMismatchError as error:
        raise error.at(f"feature {'.'.join(path)}") from error


def _is_list(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_list(dtype) or pa.types.is_large_list(dtype) or pa.types.is_fixed_size_list(dtype))


def _valid(array: pa.Array) -> Bools:
    if not array.null_count:
        return np.ones(len(array), np.bool_)
    there: Bools = array.is_valid().to_numpy(zero_copy_only=False)
    return there


def _opened(array: pa.Array, owners: Ints) -> tuple[pa.Array, Level]:
    """What is in the lists that are not null, and how much in each."""
    there = _valid(array)
    if array.null_count:
        array, owners = array.drop_null(), owners[there]
    lengths = pc.list_value_length(array).to_numpy().astype(np.int64)
    return array.flatten(), Level(there, lengths, owners)


def _flat(levels: Sequence[Level], *, leaf: bool) -> Level | None:
    if not levels or (leaf and len(levels) == 1):
        return None
    *outer, last = levels
    inside = last.lengths if leaf else np.zeros(len(last.lengths), np.int64)
    for level, below in zip(reversed(outer), reversed(levels), strict=False):
        numbers = np.zeros(len(below.there) + 1, np.int64)
        numbers[1:][below.there] = inside
        until = np.cumsum(numbers)
        stops = np.cumsum(level.lengths)
        inside = until[stops] - until[stops - level.lengths]
    return Level(levels[0].there, inside, levels[0].owners)


def _leaf(array: pa.Array, path: Path) -> tuple[str | None, pa.Array]:
    dtype = array.type
    if pa.types.is_null(dtype):
        return None, array
    if pa.types.is_struct(dtype):
        return "STRUCT", array
    if pa.types.is_boolean(dtype):
        return "INT", array.cast(pa.int64())
    if pa.types.is_integer(dtype):
        return "INT", array
    if pa.types.is_floating(dtype):
        return "FLOAT", array
    if pa.types.is_decimal(dtype):
        return "FLOAT", array.cast(pa.float64())
    if pa.types.is_date(dtype) or pa.types.is_timestamp(dtype):
        # a zoned moment is written in UTC: no time zone database is asked
        utc = array.cast(pa.timestamp("us", "UTC")) if getattr(dtype, "tz", None) else array
        return "STRING", utc.cast(pa.string())
    if pa.types.is_string(dtype) or pa.types.is_large_string(dtype) or pa.types.is_binary(dtype) or pa.types.is_large_binary(dtype):
        return "STRING", array
    raise TypeMismatchError(f"{format_type(dtype)} has no statistics in TFMD", where=f"feature {'.'.join(path)}")
