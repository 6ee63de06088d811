"""Hive-style folders: rows by the values of the partition columns, and the folder names of those values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, ColumnNotFoundError, TypeMismatchError
from featureprep.io.listing import HIVE_NULL
from featureprep.types import format_type, is_integer

_SAFE = " -_~+:@,"  # with letters, digits and "."; never a separator, a quote or "="
_FIRST, _LAST = -719_162, 2_932_896  # days of 0001-01-01 and 9999-12-31 since 1970-01-01
_LONGEST = 200  # bytes of one folder name; file systems take 255


def check_partition_columns(schema: pa.Schema, names: Sequence[str]) -> None:
    """Refuse names that are no columns, types without a faithful spelling, and partitions that leave no column."""
    if len(set(names)) < len(names):
        raise ArgumentError.of("partition_by", "job", "a list of different columns", list(names))
    missing = set(names) - set(schema.names)
    if missing:
        raise ColumnNotFoundError.of(missing, schema.names)
    if names and len(names) == len(schema.names):
        raise ArgumentError.of("partition_by", "job", "fewer than all columns", list(names))
    for name in names:
        dtype = schema.field(name).type
        if not (pa.types.is_string(dtype) or is_integer(dtype) or pa.types.is_boolean(dtype) or pa.types.is_date32(dtype)):
            raise TypeMismatchError(
                f"rows cannot be partitioned by {name!r}, a column of {format_type(dtype)}",
                hint="partition_by takes string, integer, bool and date columns",
            )


def by_partition(table: pa.Table, names: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each folder, in their order; folders in order of their names.

    Raises
    ------
    ArgumentError
        For a value that no folder name spells, or none that is read again.
    """
    for name in names:
        _check_dates(name, table.column(name))
    keys = [table.column(name).cast(pa.string()).combine_chunks() for name in names]
    codes = pa.table({f"k{i}": key for i, key in enumerate(keys)}).append_column("row", pa.array(range(table.num_rows), pa.int64()))
    groups = codes.group_by([f"k{i}" for i in range(len(keys))]).aggregate([("row", "list")])
    rest = table.drop_columns(list(names))
    found = []
    for group in range(groups.num_rows):
        values = [groups.column(f"k{i}")[group].as_py() for i in range(len(keys))]
        folder = "/".join(f"{folder_part(name)}={folder_value(value)}" for name, value in zip(names, values, strict=True))
        found.append((folder, groups.column("row_list")[group].values))
    for folder, rows in sorted(found, key=lambda entry: entry[0]):
        yield folder, rest.take(rows.take(pc.sort_indices(rows)))


def _check_dates(name: str, column: pa.ChunkedArray) -> None:
    """Refuse dates whose spelling is no date to who reads it: years have four digits."""
    if pa.types.is_date32(column.type):
        ends = pc.min_max(column.cast(pa.int32())).as_py()
        if ends["min"] is not None and not _FIRST <= ends["min"] <= ends["max"] <= _LAST:
            raise ArgumentError.of("partition_by", "job", "columns whose dates are of the years 1 to 9999, which folder names spell", name)


def folder_value(value: str | None) -> str:
    """A value as part of a folder name: null has Hive's word, everything risky is percent-escaped.

    Raises
    ------
    ArgumentError
        When the value is too long for a folder name.
    """
    if value is None:
        return HIVE_NULL
    if value == HIVE_NULL:  # the word itself as a value
        return "%5F" + HIVE_NULL[1:]
    return folder_part(value)


def folder_part(text: str) -> str:
    escaped = quote(text, safe=_SAFE)
    if len(escaped) > _LONGEST:
        raise ArgumentError.of("partition_by", "job", f"columns whose values take at most {_LONGEST} bytes as folder names", text[:80])
    return escaped
