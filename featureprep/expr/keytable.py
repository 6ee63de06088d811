"""Rows found by key: a table of different keys, made ready once, then asked a batch at a time.

A key of few columns becomes one whole number, column by column: the number of its values so far and the place of the next value
among that column's words. Arrow's `index_in` builds a hash table of the words at every call, so it serves few words only; many are
found by their 64-bit hashes, and compared, unless as many are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.folds.codes import canonical_values
from featureprep.hashing.layout import plain
from featureprep.hashing.mixing import MASK64, mix_words
from featureprep.hashing.values import hash64
from featureprep.types import is_float

Ints = np.ndarray[Any, np.dtype[np.int64]]
Words = np.ndarray[Any, np.dtype[np.uint64]]

_FEW: Final = 1 << 10
"""So many words are put into a hash table anew however few are asked for."""
_DENSE: Final = 1 << 16
"""Numbers below this, or below four times their count, are found in an array of all numbers."""
_STEPS: Final = 4


class KeyTable:
    """Different keys; NaN equals NaN, -0.0 equals 0.0, and a key with a null is never found.

    Parameters
    ----------
    columns : sequence of pa.Array
        The keys, column by column, equally long, of any type but lists and structs.
    """

    def __init__(self, columns: Sequence[pa.Array]) -> None:
        whole = np.ones(len(columns[0]), np.bool_)
        for column in columns:
            whole &= column.is_valid().to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(whole)
        self._first, *others = (_Words(column.take(pa.array(rows))) for column in columns)
        codes = self._first.own
        self._others = []
        for words in others:
            known, inverse = np.unique(codes * words.radix + words.own, return_inverse=True)
            self._others.append((words, _Places(known)))
            codes = inverse.astype(np.uint64)
        self._rows = np.full(len(rows) + 1, -1, np.int64)  # the last stands for -1
        self._rows[codes.astype(np.int64)] = rows

    def find(self, probe: Sequence[pa.Array]) -> Ints:
        """The position of each row's key in the table, -1 where it is not there; columns of the table's types, shape (n,)."""
        found = self._first.find(probe[0])
        for (words, places), asked in zip(self._others, probe[1:], strict=True):
            at = words.find(asked)
            there = (found >= 0) & (at >= 0)
            mixed = np.where(there, found, 0).astype(np.uint64) * words.radix + np.where(there, at, 0).astype(np.uint64)
            found = np.where(there, places.find(mixed), -1)
        return self._rows[found]


class _Words:
    """The different values of a column without nulls; `own` has the place of each of its cells among them."""

    def __init__(self, column: pa.Array) -> None:
        coded = _comparable(column).dictionary_encode()
        self._values = coded.dictionary
        self.own: Words = coded.indices.to_numpy().astype(np.uint64)
        self.radix = np.uint64(max(1, len(self._values)))
        self._hashed: _Places | None = None
        if len(self._values) > _FEW:
            hashed = _Places(hash64(self._values, distinct=True))
            self._hashed = hashed if hashed.distinct else None  # else, which hardly ever is, Arrow finds them, slowly

    def find(self, asked: pa.Array) -> Ints:
        if not len(self._values):
            return np.full(len(asked), -1, np.int64)
        asked = _comparable(asked)
        if self._hashed is None or len(self._values) <= len(asked):
            at: Ints = pc.index_in(asked, value_set=self._values).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
            return at
        at = self._hashed.find(hash64(asked))
        same = pc.equal(self._values.take(pa.array(np.maximum(at, 0))), asked).fill_null(False).to_numpy(zero_copy_only=False)
        return np.where(same, at, -1)


class _Places:
    """Different whole numbers (`distinct` says whether they are), and where each stands among them."""

    def __init__(self, numbers: Words) -> None:
        top, size = int(numbers.max(initial=0)) + 1, len(numbers)
        self._dense: Ints | None = None
        if top <= max(_DENSE, 4 * size):
            self._dense = np.full(top + 1, -1, np.int64)
            self._dense[numbers] = np.arange(size)
            self.distinct = np.count_nonzero(self._dense >= 0) == size
            return
        # mixed, they are spread evenly: about one stands under each of the leading bits
        mixed = mix_words(numbers.copy())
        order = np.argsort(mixed)
        mixed = mixed[order]
        self.distinct = bool((mixed[1:] != mixed[:-1]).all())
        self._shift = np.uint64(64 - size.bit_length())
        self._starts = np.searchsorted(mixed >> self._shift, np.arange(1 << size.bit_length(), dtype=np.uint64))
        self._order = np.append(order, -1)
        self._mixed = np.append(mixed, np.uint64(MASK64))

    def find(self, numbers: Words) -> Ints:
        """-1 for a number that is not among them."""
        if self._dense is not None:
            return self._dense[np.minimum(numbers, np.uint64(len(self._dense) - 1))]
        wanted = mix_words(numbers.copy())
        at = self._starts[wanted >> self._shift]
        behind = np.flatnonzero(self._mixed[at] < wanted)
        for _ in range(_STEPS):
            at[behind] += 1
            behind = behind[self._mixed[at[behind]] < wanted[behind]]
        at[behind] = np.searchsorted(self._mixed, wanted[behind])
        return np.where(self._mixed[at] == wanted, self._order[at], -1)


def _comparable(values: pa.Array) -> pa.Array:
    """Plain values; floats by the bits of their canonical values, so that NaN equals NaN."""
    values = plain(values)
    if not is_float(values.type):
        return values
    return canonical_values(values).view(pa.int64() if values.type == pa.float64() else pa.int32())
