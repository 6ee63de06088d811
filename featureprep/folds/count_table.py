"""Exact counts by key: a table of distinct keys and their counts that compacts itself, spills to disk, and is cut into shards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import TypeMismatchError, WorldError
from featureprep.folds.count_parts import COUNT, Part, group, join_tables, joined, key_names
from featureprep.folds.distinct import Counts, canonical, code_counts, distinct
from featureprep.hashing.rows import row_hash128
from featureprep.hashing.values import hash64

_COMPACT_AT: Final = 1 << 18


class Spill:
    """Shards of a count table on disk: one record batch a shard, in a file without a name, so that no way of ending leaves it behind."""

    def __init__(self, table: pa.Table, ids: np.ndarray[Any, Any], shards: int) -> None:
        try:
            handle, path = tempfile.mkstemp(prefix="featureprep-counts-")
            os.close(handle)
            try:
                with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                    for _, part in _by_shard(table, ids, range(shards)):
                        writer.write_batch(part.combine_chunks().to_batches()[0] if part.num_rows else _no_rows(table.schema))
                self.reader = pa.ipc.open_file(pa.memory_map(path))
            finally:
                os.unlink(path)
        except OSError as error:
            hint = f"free disk space, or set TMPDIR to another directory than {tempfile.gettempdir()}"
            raise WorldError(f"counts cannot be spilled to disk: {error}", hint=hint) from error

    def shard(self, number: int) -> pa.Table:
        return pa.Table.from_batches([self.reader.get_batch(number)])


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _by_shard(table: pa.Table, ids: np.ndarray[Any, Any], wanted: Iterable[int]) -> Iterable[tuple[int, pa.Table]]:
    order = np.argsort(ids, kind="stable")
    table = table.take(order)
    ids = ids[order]
    for number in wanted:
        start, stop = np.searchsorted(ids, [number, number + 1])
        yield number, table.slice(int(start), int(stop - start))


class CountTable:
    """The state of a counting fold.

    Parameters
    ----------
    width : int
        Columns of a key.
    shards : int
    limit : int
        Bytes of keys and counts kept in memory before they are spilled.

    Attributes
    ----------
    n, nulls, nans : int
        Whatever the fold counts beside the keys.
    """

    def __init__(self, width: int, shards: int, limit: int) -> None:
        self.width, self.shards, self.limit = width, shards, limit
        self.n = self.nulls = self.nans = 0
        self.parts: list[Part] = []
        self.spills: list[tuple[Spill, range]] = []
        self.literals: list[tuple[Any, int]] = []
        self._rows = self._bytes = 0
        self._compacted = 0
        self._open: tuple[pa.Array, tuple[Any, ...], Counts] | None = None

    @property
    def held(self) -> int:
        """Bytes of keys and counts in memory."""
        return self._bytes

    def add(self, keys: Sequence[pa.Array], counts: Counts, *, distinct: bool = False) -> None:
        """Count keys, canonical arrays without nulls; equal ones are allowed, unless they are said to be `distinct`."""
        self.append(Part(pa.table([*keys, pa.array(counts)], names=[*key_names(self.width), COUNT]), distinct))

    def add_dictionary(self, array: pa.Array) -> None:
        """Count the entries of a dictionary array; batches that share one dictionary cost a count of their indices."""
        dictionary = array.dictionary
        where = (len(dictionary), dictionary.offset, *(None if b is None else b.address for b in dictionary.buffers()))
        if self._open is None or self._open[1] != where:
            self._close()
            self._open = dictionary, where, np.zeros(len(dictionary) + 1, np.int64)
        found, nulls = code_counts(array)
        counts = self._open[2]
        counts[:-1] += found
        counts[-1] += nulls

    def add_literal(self, value: Any, count: int) -> None:
        """Count one value whose type the rows will tell."""
        self.literals.append((value, count))

    def extend(self, other: CountTable) -> None:
        """Take over all of another table."""
        other._close()
        self._close()
        self.n += other.n
        self.nulls += other.nulls
        self.nans += other.nans
        self.literals += other.literals
        self.spills += other.spills
        for part in other.parts:
            self.append(part)

    def settle(self, *, infer: bool) -> None:
        """Bring all that is in memory into `parts`, one table at most; `infer`: literals of a still unknown type too."""
        self._close()
        dtype = self._type()
        if self.literals and (infer or dtype is not None):
            values = [value for value, _ in self.literals]
            counts = np.array([count for _, count in self.literals], np.int64)
            try:
                array = pa.array(values, dtype)
            except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
                raise TypeMismatchError(f"{values[0]!r} cannot be counted in a column of type {dtype}: {error}") from error
            self.literals = []
            self.add([canonical(array)], counts)
        self._compact()

    def everything(self) -> pa.Table | None:
        """All keys, those on disk too; None where there was never a column."""
        self.settle(infer=True)
        if not self.spills:
            return self.parts[0].table if self.parts else None
        spilled = [spill.shard(number) for spill, numbers in self.spills for number in numbers]
        return group(join_tables([*(part.table for part in self.parts), *spilled]))

    def split(self) -> Mapping[int, CountTable]:
        """By shard of the key's hash; what was counted beside the keys goes with shard 0."""
        self.settle(infer=True)
        result: dict[int, CountTable] = {}

        def shard(number: int) -> CountTable:
            return result.setdefault(number, CountTable(self.width, self.shards, self.limit))

        if self.n or self.nulls or self.nans or self.parts or self.spills:
            first = shard(0)
            first.n, first.nulls, first.nans = self.n, self.nulls, self.nans
        for table in (part.table for part in self.parts):
            shard(0).add([pa.array([], field.type) for field in list(table.schema)[:-1]], np.empty(0, np.int64))  # the type
            ids = self._ids(table)
            for number, part in _by_shard(table, ids, np.flatnonzero(np.bincount(ids)).tolist()):
                shard(number).append(Part(part, distinct=True))
        for spill, numbers in self.spills:
            for number in numbers:
                if spill.reader.get_batch(number).num_rows:
                    shard(number).spills.append((spill, range(number, number + 1)))
        return result

    def _type(self) -> pa.DataType | None:
        tables = [part.table for part in self.parts] or [spill.shard(0) for spill, _ in self.spills[:1]]
        return tables[0].schema.field(0).type if tables else None

    def _ids(self, table: pa.Table) -> np.ndarray[Any, Any]:
        columns = [table[name].combine_chunks() for name in key_names(self.width)]
        hashes = (
            hash64(columns[0], distinct=True) if self.width == 1 else row_hash128(dict(zip(key_names(self.width), columns, strict=True)))[1]
        )
        return (hashes % np.uint64(self.shards)).astype(np.int64)

    def append(self, part: Part) -> None:
        """Count the keys of a part made by another table."""
        if part.table.num_rows or not self.parts:
            self.parts.append(part)
            self._rows += part.table.num_rows
            self._bytes += part.table.nbytes
        if self._rows > self._compacted + max(_COMPACT_AT, self._compacted) or self._bytes > self.limit:
            self._compact()

    def _close(self) -> None:
        """Bring the counts of the open dictionary among the rest."""
        if self._open is None:
            return
        dictionary, _, counts = self._open
        self._open = None
        used = counts[:-1] > 0
        values, times = (dictionary, counts[:-1]) if used.all() else (dictionary.filter(pa.array(used)), counts[:-1][used])
        valid = values.is_valid().to_numpy(zero_copy_only=False)
        self.nulls += int(counts[-1]) + int(times[~valid].sum())
        self.add_values(canonical(values.drop_null()), times[valid])

    def add_values(self, values: pa.Array, counts: Counts, *, distinct: bool = False) -> None:
        """Count canonical values of one column, NaN apart; `distinct`: different ones."""
        if pa.types.is_floating(values.type):
            numbers = pc.invert(pc.is_nan(values)).to_numpy(zero_copy_only=False)
            if not numbers.all():
                self.nans += int(counts[~numbers].sum())
                values, counts = values.filter(pa.array(numbers)), counts[numbers]
        self.n += int(counts.sum())
        if not pa.types.is_null(values.type):
            self.add([values], counts, distinct=distinct)

    def add_array(self, array: pa.Array) -> None:
        """Count the values of a column, nulls and NaN apart."""
        if pa.types.is_dictionary(array.type):
            self.add_dictionary(array)
            return
        values, counts, nulls = distinct(array)
        self.nulls += nulls
        self.add_values(values, counts, distinct=True)

    def _compact(self) -> None:
        if self.parts:
            self.parts = [joined(self.parts)]
        self._rows = self._compacted = sum(part.table.num_rows for part in self.parts)
        self._bytes = sum(part.table.nbytes for part in self.parts)
        if self._bytes > self.limit:
            table = self.parts[0].table
            self.spills.append((Spill(table, self._ids(table), self.shards), range(self.shards)))
            self.parts = []
            self._rows = self._bytes = self._compacted = 0
