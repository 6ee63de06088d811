"""`graph.transform`: the batch kernels over a table given by a caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, RowRejected
from featureprep.expr.evaluate import Program
from featureprep.expr.moments import column_given, column_in_micros
from featureprep.kernels.casts import can_cast, cast
from featureprep.kernels.encodings import joined
from featureprep.kernels.result import Mask, some
from featureprep.types import is_float, is_integer, is_temporal, logical

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
            columns[field.name], bad = cell_cast(joined(table.column(at)), field.type)
            if bad is not None:
                malformed[field.name] = bad
        mask = malformed.get(field.name)
        columns[f"$malformed:{field.name}"] = pa.array(np.zeros(n, bool) if mask is None else mask)
    return columns, malformed


def cell_cast(values: pa.Array, to: pa.DataType) -> tuple[pa.Array, Mask | None]:
    """A column as `input_converter` takes its cells one by one: cast to its type, with those that do not fit."""
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    given, bad = logical(values.type), None
    if pa.types.is_timestamp(given):
        values, bad = column_in_micros(values, given)
    elif given != values.type:
        values = values.cast(given)
    if given == to:
        return values, bad
    if is_float(given) and not is_float(to):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, given), values)  # what is absent, in pandas
    if is_integer(given) and is_temporal(to):
        return column_given(values, to)
    if can_cast(given, to):
        values, more = cast(values, to)
    else:
        values, more = pa.nulls(len(values), to), some(values.is_valid().to_numpy(zero_copy_only=False))
    return values, more if bad is None else bad if more is None else bad | more


def _plain(values: pa.Array, dtype: pa.DataType) -> pa.Array:
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    return values if values.type == dtype else values.cast(dtype)
