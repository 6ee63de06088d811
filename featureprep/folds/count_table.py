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
from featureprep.folds.distinct import Counts, add_up, canonical, code_counts, distinct
from featureprep.hashing.rows import row_hash128
from featureprep.hashing.values import hash64

COUNT: Final = "count"
_COMPACT_AT: Final = 1 << 18


def key_names(width: int) -> list[str]:
    """The names of the key columns of a count table."""
    return [f"key{i}" for i in range(width)]


def join_tables(tables: Sequence[pa.Table]) -> pa.Table:
    """All rows; raises `TypeMismatchError` where the key types differ."""
    if len(tables) == 1:
        return tables[0]
    try:
        return pa.concat_tables(tables)
    except pa.ArrowInvalid as error:
        raise TypeMismatchError(f"one column was counted with two types: {error}", hint="bind it to one type first") from error


def group(table: pa.Table) -> pa.Table:
    """Equal keys joined and their counts added."""
    names = table.column_names[:-1]
    columns = [table[name].combine_chunks() for name in names]
    if len(columns) == 1:
        values, counts = add_up(columns[0], table[COUNT].to_numpy())
        return pa.table({names[0]: values, COUNT: counts})
    # keys of several columns become one number each: Arrow's group_by takes ten times as long on two columns
    codes, size = np.zeros(table.num_rows, np.int64), 1
    for column in columns:
        coded = column.dictionary_encode()
        more = max(1, len(coded.dictionary))
        if size * more >= 1 << 62:
            dense = pa.array(codes).dictionary_encode()
            codes, size = dense.indices.to_numpy().astype(np.int64), len(dense.dictionary)
        codes = codes * more + coded.indices.to_numpy()
        size *= more
    keys = pa.array(codes).dictionary_encode()
    if len(keys.dictionary) == table.num_rows:
        return table
    places = keys.indices.to_numpy()
    totals = np.zeros(len(keys.dictionary), np.int64)
    np.add.at(totals, places, table[COUNT].to_numpy())
    member = np.empty(len(totals), np.int64)
    member[places] = np.arange(table.num_rows)  # any row of each key
    return pa.table({**{name: column.take(pa.array(member)) for name, column in zip(names, columns, strict=True)}, COUNT: totals})


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
        self.parts: list[pa.Table] = []
        self.spills: list[tuple[Spill, range]] = []
        self.literals: list[tuple[Any, int]] = []
        self._rows = self._bytes = 0
        self._compacted = 0
        self._open: tuple[pa.Array, tuple[Any, ...], Counts] | None = None

    @property
    def held(self) -> int:
        """Bytes of keys and counts in memory."""
        return self._bytes

    def add(self, keys: Sequence[pa.Array], counts: Counts) -> None:
        """Count keys, canonical arrays without nulls, equal ones allowed."""
        self.append(pa.table([*keys, pa.array(counts)], names=[*key_names(self.width), COUNT]))

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
            return self.parts[0] if self.parts else None
        return group(join_tables([*self.parts, *(spill.shard(number) for spill, numbers in self.spills for number in numbers)]))

    def split(self) -> Mapping[int, CountTable]:
        """By shard of the key's hash; what was counted beside the keys goes with shard 0."""
        self.settle(infer=True)
        result: dict[int, CountTable] = {}

        def shard(number: int) -> CountTable:
            return result.setdefault(number, CountTable(self.width, self.shards, self.limit))

        if self.n or self.nulls or self.nans or self.parts or self.spills:
            first = shard(0)
            first.n, first.nulls, first.nans = self.n, self.nulls, self.nans
        for table in self.parts:
            shard(0).add([pa.array([], field.type) for field in list(table.schema)[:-1]], np.empty(0, np.int64))  # the type
            ids = self._ids(table)
            for number, part in _by_shard(table, ids, np.flatnonzero(np.bincount(ids)).tolist()):
                shard(number).append(part)
        for spill, numbers in self.spills:
            for number in numbers:
                if spill.reader.get_batch(number).num_rows:
                    shard(number).spills.append((spill, range(number, number + 1)))
        return result

    def _type(self) -> pa.DataType | None:
        tables = self.parts or [spill.shard(0) for spill, _ in self.spills[:1]]
        return tables[0].schema.field(0).type if tables else None

    def _ids(self, table: pa.Table) -> np.ndarray[Any, Any]:
        columns = [table[name].combine_chunks() for name in key_names(self.width)]
        hashes = (
            hash64(columns[0], distinct=True) if self.width == 1 else row_hash128(dict(zip(key_names(self.width), columns, strict=True)))[1]
        )
        return (hashes % np.uint64(self.shards)).astype(np.int64)

    def append(self, part: pa.Table) -> None:
        """Count the keys of a table made by another one."""
        if part.num_rows or not self.parts:
            self.parts.append(part)
            self._rows += part.num_rows
            self._bytes += part.nbytes
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

    def add_values(self, values: pa.Array, counts: Counts) -> None:
        """Count canonical values of one column, NaN apart."""
        if pa.types.is_floating(values.type):
            numbers = pc.invert(pc.is_nan(values)).to_numpy(zero_copy_only=False)
            if not numbers.all():
                self.nans += int(counts[~numbers].sum())
                values, counts = values.filter(pa.array(numbers)), counts[numbers]
        self.n += int(counts.sum())
        if not pa.types.is_null(values.type):
            self.add([values], counts)

    def add_array(self, array: pa.Array) -> None:
        """Count the values of a column, nulls and NaN apart."""
        if pa.types.is_dictionary(array.type):
            self.add_dictionary(array)
            return
        values, counts, nulls = distinct(array)
        self.nulls += nulls
        self.add_values(values, counts)

    def _compact(self) -> None:
        if len(self.parts) > 1 or self._rows > self._compacted:
            self.parts = [group(join_tables(self.parts))]
        self._rows = self._compacted = sum(part.num_rows for part in self.parts)
        self._bytes = sum(part.nbytes for part in self.parts)
        if self._bytes > self.limit:
            table = self.parts[0]
            self.spills.append((Spill(table, self._ids(table), self.shards), range(self.shards)))
            self.parts = []
            self._rows = self._bytes = self._compacted = 0
