"""The schema of a source before any row is read, as far as it can be known."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence

import pyarrow as pa

from featureprep.errors import ColumnNotFoundError, RequestError
from featureprep.io.base import PinnedFile, Source
from featureprep.io.conform import check_same_columns
from featureprep.io.formats import format_of

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def resolve_schema(source: Source, files: Sequence[PinnedFile]) -> pa.Schema | None:
    """The given schema, or the one that the files state with the partition columns after it; None where they state none.

    Raises
    ------
    ColumnNotFoundError
        When the given schema names a column that a file does not have.
    RequestError
        When a partition column stands in the files too.
    UnlikeDataError
        When files disagree, or have a column of an unsupported type.
    """
    column_names(source, files)
    if source.schema is not None:
        return source.schema
    stated = format_of(source).schema(source, files)
    if stated is None:
        return None
    for field in partition_fields(files):
        stated = stated.append(field)
    return stated


def column_names(source: Source, files: Sequence[PinnedFile]) -> list[str] | None:
    """Column names in file order, partition columns last; None where only a scan can tell (JSON).

    Raises
    ------
    ColumnNotFoundError
        When a file lacks a column of the source's schema.
    LackingColumnError
        When there is no such schema and the files have different columns.
    RequestError
        When a partition column stands in the files too.
    """
    if not files:
        return None
    reader = format_of(source)
    names = reader.names(source, files)
    if names is None:
        return None
    partitions = [field.name for field in partition_fields(files)]
    clash = sorted(set(partitions) & set(names))
    if clash:
        raise RequestError(
            f"column {clash[0]!r} is both in the file and in its folder's name",
            where=files[0].url,
            hint="leave hive_partitioning off, or rename one",
        )
    for file in files:
        own = reader.names(source, [file]) or []
        if source.schema is None:
            check_same_columns(files[0].url, names, file.url, own)
        else:
            check_names((name for name in source.schema.names if name not in partitions), own, where=file.url)
    return names + partitions


def check_names(wanted: Iterable[str], available: Iterable[str], *, where: str | None = None) -> None:
    """Raise `ColumnNotFoundError` unless all wanted names are available."""
    present = list(available)
    missing = set(wanted) - set(present)
    if missing:
        raise ColumnNotFoundError.of(missing, present, where=where)


def partition_fields(files: Sequence[PinnedFile]) -> list[pa.Field]:
    """The columns that folder names give: int64 or date where all values are spelled as such (and plainly), else string."""
    if not files:
        return []
    return [pa.field(name, _partition_type([file.partition.get(name) for file in files])) for name in files[0].partition]


def _partition_type(values: Iterable[str | None]) -> pa.DataType:
    present = [value for value in values if value is not None]
    if present and all(_INTEGER.fullmatch(value) for value in present):
        return pa.int64()
    if present and all(_is_date(value) for value in present):
        return pa.date32()
    return pa.string()


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True
