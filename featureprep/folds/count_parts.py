"""Tables of keys and their counts, and how several become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.folds.distinct import add_up

COUNT: Final = "count"


@dataclass(frozen=True)
class Part:
    """Keys with their counts in a column `COUNT`; `distinct`: no key is known to stand there twice."""

    table: pa.Table
    distinct: bool = False


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


def joined(parts: Sequence[Part]) -> Part:
    """All of at least one part, equal keys joined and their counts added."""
    if len(parts) == 1 and parts[0].distinct:
        return parts[0]
    tables = [part.table for part in parts]
    together = join_tables(tables)  # which raises where types differ
    if len(parts) == 2 and all(part.distinct for part in parts) and together.num_columns == 2:
        return Part(_added(*sorted(tables, key=lambda table: table.num_rows)), distinct=True)
    return Part(group(together), distinct=True)


def _added(small: pa.Table, large: pa.Table) -> pa.Table:
    """Two tables of one key column, each of different keys: a hash table of the smaller one's keys takes less time than one of all."""
    name = large.column_names[0]
    keys, more = large[name].combine_chunks(), small[name].combine_chunks()
    at = pc.index_in(keys, value_set=more)
    hit = at.is_valid().to_numpy(zero_copy_only=False)
    places = at.drop_null().to_numpy()
    counts, added = large[COUNT].to_numpy().copy(), small[COUNT].to_numpy()
    counts[hit] += added[places]
    rest = np.ones(len(more), np.bool_)
    rest[places] = False
    return pa.table({name: pa.concat_arrays([keys, more.filter(pa.array(rest))]), COUNT: np.concatenate([counts, added[rest]])})
