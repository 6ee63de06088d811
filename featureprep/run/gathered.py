"""What came to one bucket: in memory while it is small, else cut by its keys into parts on disk that are worked on one after the other.

Rows with equal keys stay in one part, so whether a bucket is cut makes no difference to what is made of them. It is cut by its size
alone, never by how its rows arrived: another attempt makes the same parts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from featureprep.hashing.layout import whole
from featureprep.hashing.rows import row_hash128
from featureprep.relational.bucket import from_blobs, to_blobs
from featureprep.relational.spill import SpillBuckets

BUCKET_BYTES: Final = 128 << 20
"""Rows of a bucket beyond this are cut."""
GROUPS: Final = 253
"""The kind of a blob of groups; any other kind here is the number of a side."""
_WAYS: Final = 32
_LEVELS: Final = 4
_MOST: Final = 0.9
"""A part that holds more of its bucket than this is a key's, and is not cut again."""


@dataclass(frozen=True)
class Part:
    """Rows that are worked on together, of `size` bytes."""

    size: int
    _blobs: Callable[[], Iterator[tuple[int, bytes]]]

    def tables(self, kind: int) -> Iterator[pa.Table]:
        """The rows of a side (or groups), blob by blob."""
        return (from_blobs([blob]) for found, blob in self._blobs() if found == kind)

    def sized(self, side: int) -> int:
        """The bytes of a side."""
        return sum(len(blob) for found, blob in self._blobs() if found == side)

    def table(self, side: int, schema: pa.Schema) -> pa.Table:
        """The rows of a side."""
        return from_blobs((blob for found, blob in self._blobs() if found == side), schema)


class Gathered:
    """The blobs of one bucket.

    Parameters
    ----------
    keys : for each side the names of its keys; without keys nothing is cut
    limit : int
        Bytes beyond which it is cut.
    """

    def __init__(self, keys: Sequence[Sequence[str]], limit: int = BUCKET_BYTES, level: int = 0) -> None:
        self.bytes = 0
        self._keys = keys
        self._limit = limit
        self._level = level
        self._held: list[tuple[int, bytes]] = []
        self._cut: SpillBuckets | None = None
        self._sizes = [0] * _WAYS

    def add(self, kind: int, blob: bytes) -> None:
        """Keep a blob of rows of a side, or of groups."""
        self.bytes += len(blob)
        if self._cut is None:
            self._held.append((kind, blob))
            if self.bytes > self._limit and self._level < _LEVELS and self._keys[0]:
                self._cut = SpillBuckets(tempfile.gettempdir(), _WAYS, self._limit)
                held, self._held = self._held, []
                for one in held:
                    self._send(self._cut, *one)
        else:
            self._send(self._cut, kind, blob)

    def add_table(self, side: int, table: pa.Table) -> None:
        """Keep rows of a side."""
        for _, blob in to_blobs(table, np.zeros(table.num_rows, np.int32)):
            self.add(side, blob)

    def parts(self) -> Iterator[Part]:
        """What was gathered, in one part or several; the next one may be asked for when the last one is done with."""
        if self._cut is None:
            yield Part(self.bytes, lambda: iter(self._held))
            return
        total = sum(self._sizes)
        with self._cut as cut:
            for way, size in enumerate(self._sizes):
                if self._limit < size < _MOST * total:
                    again = Gathered(self._keys, self._limit, self._level + 1)
                    for blob in cut.read(way):
                        again.add(blob[0], blob[1:])
                    yield from again.parts()
                elif size:
                    yield Part(size, lambda way=way: ((blob[0], blob[1:]) for blob in cut.read(way)))  # type: ignore[misc]

    def _send(self, cut: SpillBuckets, kind: int, blob: bytes) -> None:
        table = from_blobs([blob])
        names = self._keys[0 if kind == GROUPS else kind]
        _, low = row_hash128({str(i): whole(table.column(name)) for i, name in enumerate(names)})
        ways = (low >> np.uint64(5 * self._level)) % np.uint64(_WAYS)  # buckets were made by the other half of the hash
        for way, piece in to_blobs(table, ways.astype(np.int32)):
            cut.append(way, bytes([kind]) + piece)
            self._sizes[way] += len(piece)
