"""Reading one fragment: checked against its pin before and after, partition columns added, bad records by `on_error`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from featureprep.errors import ParseError
from featureprep.io.base import BadRecord, Fragment, Origin, Source, SourceBatch
from featureprep.io.cells import typed
from featureprep.io.formats import format_of
from featureprep.io.listing import verify

_SHOWN = 80


def read_fragment(
    source: Source, fragment: Fragment, schema: pa.Schema | None = None, columns: Sequence[str] | None = None
) -> Iterator[SourceBatch]:
    """The rows of a fragment.

    Parameters
    ----------
    source : Source
    fragment : Fragment
    schema : pa.Schema or None
        Types of the columns, partition columns among them. None gives raw columns: strings for CSV and partitions, records
        as text for JSON, the file's own (logical) types for the others.
    columns : sequence of str or None
        Only these, in the schema's order.

    Yields
    ------
    SourceBatch
        Of at most 131,072 rows. Bad records are in them unless `on_error` is "fail".

    Raises
    ------
    ParseError
        For the first record that cannot be parsed, when `on_error` is "fail"; for a damaged file always.
    SourceChangedError
        When the file is no longer the pinned one; then no batch already given may be used.
    """
    verify(source, fragment.file)
    partition = fragment.file.partition
    own_schema = schema
    if schema is not None and partition:
        own_schema = pa.schema([field for field in schema if field.name not in partition])
    own_columns = None if columns is None else [name for name in columns if name not in partition]
    for batch in format_of(source).read(source, fragment, own_schema, own_columns):
        if batch.bad_records and source.on_error == "fail":
            # a file that changes under the reader looks broken: say the truth
            verify(source, fragment.file)
            raise parse_error(source, fragment, batch.bad_records[0])
        yield _with_partition(batch, fragment, schema, columns) if partition else batch
    verify(source, fragment.file)


def locate(source: Source, fragment: Fragment, rows: Sequence[int]) -> list[Origin]:
    """Where these rows (by number in the fragment) stand; text files are read again up to the last of them."""
    return format_of(source).locate(source, fragment, rows)


def parse_error(source: Source, fragment: Fragment, record: BadRecord) -> ParseError:
    """The error for a record that cannot be parsed; of a source with sensitive columns nothing of it is shown."""
    start = record.raw[:_SHOWN].decode("utf-8", "backslashreplace")
    shown = "what it holds is not shown: a column is sensitive" if source.sensitive else f"the record starts with {start!r}"
    hint = 'on_error="quarantine" sets such records apart, on_error="drop" leaves them out; both count them'
    if record.reason.endswith("cannot be decoded"):
        hint = f'encoding="latin-1", or whatever the file is in, reads other texts than UTF-8; else {hint}'
    separator = None
    if source.kind == "csv":
        from featureprep.io.csv_doubt import another_separator

        separator = another_separator(source, fragment.file.facts["names"], record)
    return ParseError(
        f"{record.reason}; {shown}",
        where=f"{fragment.file.url}:{record.line}",
        hint=f"separator={separator}, if that is what stands between cells; else {hint}" if separator else hint,
    )


def _with_partition(batch: SourceBatch, fragment: Fragment, schema: pa.Schema | None, columns: Sequence[str] | None) -> SourceBatch:
    table = dict(zip(batch.batch.schema.names, batch.batch.columns, strict=True))
    malformed = dict(batch.malformed)
    size = len(batch.rows)
    for name, value in fragment.file.partition.items():
        if (columns is not None and name not in columns) or (schema is not None and name not in schema.names):
            continue
        one, misfit = typed(pa.array([value], pa.string()), pa.string() if schema is None else schema.field(name).type)
        table[name] = one.take(pa.array(np.zeros(size, np.int64)))
        if misfit is not None:
            malformed[name] = (np.ones(size, np.bool_), misfit[1] * size)
    names = list(table) if schema is None else [name for name in schema.names if name in table]
    fields = [pa.field(name, table[name].type) for name in names]
    if not fields:
        return batch
    return replace(batch, batch=pa.RecordBatch.from_arrays([table[name] for name in names], schema=pa.schema(fields)), malformed=malformed)
