"""The canonical 128-bit hash of a row: of the names and values of its columns, whatever their order or Arrow encoding.

Each column's 64-bit hash, seeded by its name, goes into two sums with different odd factors; a last mix of the sums ties
the columns of a row together, so that sums of row hashes over a table (fingerprints) tell rows with swapped cells apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from xxhash import xxh3_64_intdigest

from featureprep.errors import ArgumentError, DataError, TypeMismatchError
from featureprep.hashing.mixing import GOLDEN, MASK64, Words, mix_word, mix_words
from featureprep.hashing.single import hash64_value
from featureprep.hashing.values import hash64, is_fixed_width

_LOW: Final = 0xD6E8FEB86659FD93
_HIGH: Final = 0xA0761D6478BD642F
_ROWS: Final = 1 << 16
"""Rows hashed at a time: few enough for their words to stay in cache, enough that calls per column weigh little."""


def row_hash128(columns: Mapping[str, pa.Array]) -> tuple[Words, Words]:
    """The hash of every row.

    Parameters
    ----------
    columns : mapping of name to pa.Array
        Equally long; of any logical type.

    Returns
    -------
    high, low : np.ndarray of uint64, shape (n,)

    Raises
    ------
    ArgumentError
        When the columns are not equally long.
    """
    lengths = {len(array) for array in columns.values()}
    if len(lengths) > 1:
        raise ArgumentError.of("columns", "row_hash128", "equally long", sorted(lengths))
    rows = lengths.pop() if lengths else 0
    high, low = np.zeros(rows, np.uint64), np.zeros(rows, np.uint64)
    readers = [(np.uint64(_factor(name)), _reader(array, _seed(name))) for name, array in columns.items()]
    for start in range(0, rows, _ROWS):
        stop = min(start + _ROWS, rows)
        block_high, block_low = high[start:stop], low[start:stop]
        for factor, read in readers:
            hashes = read(start, stop)
            block_low += hashes
            hashes *= factor  # nobody reads a stretch twice
            block_high += hashes
        block_low += np.uint64(_LOW)
        mix_words(block_low)
        block_high += block_low * np.uint64(_HIGH)
        mix_words(block_high)
    return high, low


def row_hash128_value(row: Mapping[str, Any], types: Mapping[str, pa.DataType]) -> tuple[int, int]:
    """(high, low) of one row; the columns are those of `types`, an absent one is null.

    Raises
    ------
    TypeMismatchError, DataError
        As `hash64_value` does, with the column's name.
    """
    high = low = 0
    for name, dtype in types.items():
        value = row.get(name)
        try:
            hashed = hash64_value(value, dtype, _seed(name))
        except (TypeMismatchError, DataError) as error:
            raise error.at(f"column {name!r}") from None
        low += hashed
        high += hashed * _factor(name)
    low = mix_word((low + _LOW) & MASK64)
    return mix_word((high + low * _HIGH) & MASK64), low


def _seed(name: str) -> int:
    return xxh3_64_intdigest(name.encode("utf-8"))


def _factor(name: str) -> int:
    return mix_word(_seed(name) ^ GOLDEN) | 1


def _reader(array: pa.Array, seed: int) -> Callable[[int, int], Words]:
    """The hashes of a stretch of rows; where distinct values are hashed once, all are made at the start."""
    if is_fixed_width(array.type):
        return lambda start, stop: hash64(array.slice(start, stop - start), seed)
    hashes = hash64(array, seed)
    return lambda start, stop: hashes[start:stop]
