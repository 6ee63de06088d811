"""The rows that Spark moves: opaque bytes with where they go and come from, cut so that no row and no batch is large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

CHUNK = 4 << 20
"""Bytes of one row at most: Spark's rows end at 2 GiB, and it takes memory for whole rows."""
BATCH_BYTES = 8 << 20
"""Bytes after which a batch is handed on."""
BATCH_ROWS = 4096
SCHEMA = "place int, sender int, number int, part int, parts int, data binary"
_ARROW = pa.schema(
    [*(pa.field(name, pa.int32()) for name in ("place", "sender", "number", "part", "parts")), pa.field("data", pa.binary())]
)
END = -1
"""Number of a sender's last row to a place: it says how many blobs came before it."""
FAILED = -2
"""Number of the row with the error that a sender ended with."""
UNFIT = -3
"""Number of the row with the words of a worker that cannot run this."""


@dataclass(frozen=True)
class Blob:
    """Bytes, the place they go to, the partition they come from, and their number there (or END, FAILED, UNFIT)."""

    place: int
    sender: int
    number: int
    data: bytes

    @classmethod
    def end(cls, place: int, sender: int, count: int) -> Blob:
        return cls(place, sender, END, count.to_bytes(8, "little"))

    def count(self) -> int:
        """What an END says."""
        return int.from_bytes(self.data, "little")


def to_batches(blobs: Iterable[Blob]) -> Iterator[pa.RecordBatch]:
    """Blobs as batches of about BATCH_BYTES."""
    held: list[tuple[int, int, int, int, int, bytes | memoryview]] = []
    size = 0
    for blob in blobs:
        view = memoryview(blob.data)
        parts = max(1, -(-len(view) // CHUNK))
        for part in range(parts):
            data = view[part * CHUNK : (part + 1) * CHUNK]
            held.append((blob.place, blob.sender, blob.number, part, parts, data))
            size += len(data)
            if size >= BATCH_BYTES or len(held) >= BATCH_ROWS:
                yield _batch(held)
                held, size = [], 0
    if held:
        yield _batch(held)


def _batch(rows: list[tuple[int, int, int, int, int, bytes | memoryview]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays([pa.array(column, field.type) for column, field in zip(columns, _ARROW, strict=True)], schema=_ARROW)


def from_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[Blob]:
    """The blobs again, each once its last part is there; parts may come in any order, and mixed with those of others."""
    begun: dict[tuple[int, int, int], dict[int, bytes]] = {}
    for batch in batches:
        places, senders, numbers, parts, counts = (batch.column(i).to_pylist() for i in range(5))
        data = batch.column(5)
        for row, key in enumerate(zip(places, senders, numbers, strict=True)):
            piece = data[row].as_py()
            if counts[row] == 1:
                yield Blob(*key, piece)
                continue
            found = begun.setdefault(key, {})
            found[parts[row]] = piece
            if len(found) == counts[row]:
                del begun[key]
                yield Blob(*key, b"".join(found[part] for part in range(counts[row])))
