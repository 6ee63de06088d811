"""What an exchange moves: rows cut into buckets by the hash of their keys, as opaque Arrow IPC blobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.hashing.layout import whole
from featureprep.hashing.rows import row_hash128
from featureprep.relational.keys import order_by_group
from featureprep.relational.rows import take_rows

Buckets = np.ndarray[Any, np.dtype[np.int32]]


def bucket_of(keys: Sequence[pa.Array | pa.ChunkedArray], n_buckets: int) -> Buckets:
    """The bucket of each row, in [0, n_buckets), shape (n,): rows with equal keys have equal buckets.

    Keys are of any logical type and equally long. Null equals null, NaN equals NaN, -0.0 equals 0.0; integers hash by value
    whatever their width, but the two sides of a join are cast to one type before. Names of columns do not count.

    Raises
    ------
    ArgumentError
        Without a key, or for a number of buckets outside [1, 2**31).
    """
    if not keys:
        raise ArgumentError("rows cannot be cut into buckets without a key")
    if not 1 <= n_buckets < 1 << 31:
        raise ArgumentError.of("n_buckets", "bucket_of", "in [1, 2**31)", n_buckets)
    high, _ = row_hash128({str(i): whole(key) for i, key in enumerate(keys)})
    return (high % np.uint64(n_buckets)).astype(np.int32)


def to_blobs(table: pa.Table, buckets: Buckets) -> Iterator[tuple[int, bytes]]:
    """The rows of each bucket that has any, buckets ascending, as one Arrow IPC stream each.

    Dictionary-encoded columns are decoded: a blob would carry all of the dictionary. No bit of a value changes.
    """
    if len(buckets) != table.num_rows:
        raise ArgumentError.of("buckets", "to_blobs", f"{table.num_rows} long", len(buckets))
    counts = np.bincount(buckets) if len(buckets) else np.zeros(0, np.int64)
    order = order_by_group(buckets.astype(np.int64), len(counts))
    table = take_rows(plain_table(table), order)
    start = 0
    for bucket in np.flatnonzero(counts).tolist():
        rows = int(counts[bucket])
        yield bucket, _to_blob(table.slice(start, rows))
        start += rows


def from_blobs(blobs: Iterable[bytes], schema: pa.Schema | None = None) -> pa.Table:
    """The rows of all blobs, in the order given. `schema` is that of no blobs.

    Raises
    ------
    ArgumentError
        For no blobs without a schema.
    CorruptArtefactError
        For a blob that cannot be read.
    """
    tables = [_from_blob(blob) for blob in blobs]
    if not tables:
        if schema is None:
            raise ArgumentError("no blobs and no schema give no table")
        return schema.empty_table()
    try:
        return pa.concat_tables(tables)
    except pa.ArrowInvalid as error:
        raise CorruptArtefactError(f"blobs of an exchange have different columns: {error}") from error


def plain_table(table: pa.Table) -> pa.Table:
    """The table without dictionaries."""
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(i, field.with_type(field.type.value_type), table.column(i).cast(field.type.value_type))
    return table


def _to_blob(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _from_blob(blob: bytes) -> pa.Table:
    try:
        with pa.ipc.open_stream(pa.py_buffer(blob)) as reader:
            return reader.read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise CorruptArtefactError(f"a blob of an exchange cannot be read: {error}") from error
