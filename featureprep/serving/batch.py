"""`graph.transform`: the batch kernels over a table given by a caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, RowRejected
from featureprep.expr.evaluate import Program
from featureprep.kernels.casts import can_cast, cast

if TYPE_CHECKING:
    from featureprep.serving.graph import TransformGraph


def transform(graph: TransformGraph, data: Any, on_error: str) -> Any:
    """See `TransformGraph.transform`."""
    table, back = _as_table(data)
    columns, malformed = entry_columns(graph.entry, table)
    names = [name for name in graph.nodes if not graph.is_training_only(name) and not _absent_kept(graph, name, table)]
    program = Program([graph.bound[name] for name in names])
    computed = program.run(columns, table.num_rows, malformed)
    codes = np.zeros(table.num_rows, np.int32)
    for column in computed:
        if column.codes is not None:
            codes = np.where(codes != 0, codes, column.codes)
    fields = [graph.schema.field(name) for name in names]
    arrays = [_plain(c.values, f.type) for c, f in zip(computed, fields, strict=True)]
    bad = np.flatnonzero(codes)
    if len(bad) and on_error == "raise":
        reason = program.reasons[codes[bad[0]] - 1]
        raise RowRejected(f"row {bad[0]} is rejected: {reason.rule} ({len(bad)} rows in all)", where=reason.site, rule=reason.rule)
    out = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    if on_error == "split":
        rules = pa.array([program.reasons[code - 1].rule for code in codes[bad]], pa.string())
        left = table.take(pa.array(bad)).append_column("rejected", rules)
        return back(out.filter(pa.array(codes == 0))), back(left)
    if len(bad):
        keep = pa.array(np.arange(len(codes)), mask=codes != 0)
        out = out.take(keep)
    return back(out)


def _absent_kept(graph: TransformGraph, name: str, table: pa.Table) -> bool:
    node = graph.nodes[name]
    return graph.roles[name] == "keep" and node.op == "col" and node.params["name"] not in table.column_names


def _as_table(data: Any) -> tuple[pa.Table, Any]:
    """The data as a table, and the way back to its kind."""
    if isinstance(data, pa.Table):
        return data, lambda table: table
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data]), lambda table: table.combine_chunks().to_batches()[0] if table.num_rows else _empty(table)
    if type(data).__module__.partition(".")[0] == "pandas":
        from featureprep.io.frames import pandas_table

        index = data.index
        return (
            pandas_table(data),
            lambda table: table.to_pandas().set_axis(index) if table.num_rows == len(index) else table.to_pandas(),
        )
    raise ArgumentError.of("data", "transform", "a pyarrow Table or RecordBatch, or a pandas DataFrame", type(data).__name__)


def _empty(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in table.schema], schema=table.schema)


def entry_columns(entry: pa.Schema, table: pa.Table) -> tuple[dict[str, pa.Array], dict[str, Any]]:
    """The entry columns of a table, each cast to its type, with the cells that do not fit; absent ones are null."""
    columns: dict[str, pa.Array] = {}
    malformed: dict[str, Any] = {}
    n = table.num_rows
    for field in entry:
        at = table.schema.get_field_index(field.name)
        if at < 0:
            columns[field.name] = pa.nulls(n, field.type)
        else:
            columns[field.name], bad = _cell_cast(table.column(at).combine_chunks(), field.type)
            if bad is not None:
                malformed[field.name] = bad
        mask = malformed.get(field.name)
        columns[f"$malformed:{field.name}"] = pa.array(np.zeros(n, bool) if mask is None else mask)
    return columns, malformed


def _cell_cast(values: Any, to: pa.DataType) -> tuple[pa.Array, Any]:
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    from featureprep.types import is_float, logical

    plain = logical(values.type)
    if plain != values.type:
        values = values.cast(plain)
    if plain == to:
        return values, None
    if is_float(plain) and not (is_float(to) or pa.types.is_integer(to)):
        import pyarrow.compute as pc

        values = pc.if_else(pc.is_nan(values), pa.scalar(None, plain), values)  # as for one row: NaN is null for all but numbers
    if pa.types.is_integer(plain) and (pa.types.is_timestamp(to) or pa.types.is_date32(to)):
        return values.cast(pa.int32() if pa.types.is_date32(to) else pa.int64()).cast(to), None
    if not can_cast(plain, to):
        mask = values.is_valid().to_numpy(zero_copy_only=False)
        return pa.nulls(len(values), to), mask if mask.any() else None
    return cast(values, to)


def _plain(values: pa.Array, dtype: pa.DataType) -> pa.Array:
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    return values if values.type == dtype else values.cast(dtype)
