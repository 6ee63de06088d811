"""A small planner for tests: fits expressions level by level over batches, and computes them by batch and by row.

A row that is rejected for a row-wise reason takes no part in a fit; the states of the folds are merged in any order, and cross bytes on the way.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from featureprep import canonical
from featureprep.errors import RowRejected
from featureprep.expr.bind import Binder, Bound, walk_bound
from featureprep.expr.evaluate import Program
from featureprep.expr.expression import Expr
from featureprep.expr.node import Node, from_json, to_json
from featureprep.expr.op import Mask, find
from featureprep.expr.row import RowCode
from featureprep.expr.rowvalues import from_arrow, input_converter, to_python
from featureprep.folds.base import Fold
from featureprep.types import is_temporal

Constants = dict[str, dict[str, Any]]


@dataclass
class Fitted:
    """An expression with its constants over one schema."""

    node: Node
    schema: pa.Schema
    constants: Constants = field(default_factory=dict)
    malformed: str = "error"

    @property
    def bound(self) -> Bound:
        return Binder(self.schema, self.constants, self.malformed).bind(self.node)

    def batch(self, table: pa.Table) -> tuple[pa.Array, list[str | None]]:
        """The values of a table's rows, and the rule that rejects each row (None: none does)."""
        values, codes = run([self.bound], table)[0]
        return values, codes

    def rows(self, table: pa.Table) -> list[Any]:
        """The same row by row: a value as row code holds it, or the rule that rejects the row, wrapped in `Rejected`."""
        bound = self.bound
        code = RowCode([bound], column=lambda name, dtype: input_converter(dtype))
        compute = code.finish(code.eval(bound).name)
        out: list[Any] = []
        for row in python_rows(table):
            try:
                out.append(compute(row))
            except RowRejected as error:
                out.append(Rejected(error.rule))
        return out


@dataclass(frozen=True)
class Rejected:
    """A row that a policy takes out, and the rule."""

    rule: str


def python_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as callers would give them."""
    columns: dict[str, list[Any]] = {}
    for name in table.column_names:
        values = from_arrow(whole(table[name]))
        dtype = table.schema.field(name).type
        convert = to_python(dtype)
        columns[name] = values if convert is None else [convert(value) for value in values]
        if is_temporal(dtype):  # an integer is no moment of a caller's, unless it can mean no other
            unit: Literal["D", "us"] = "D" if pa.types.is_date32(dtype) else "us"
            columns[name] = [np.datetime64(value, unit) if isinstance(value, int) else value for value in columns[name]]
    return [{name: column[i] for name, column in columns.items()} for i in range(table.num_rows)]


def whole(column: pa.ChunkedArray) -> pa.Array:
    chunks = column.combine_chunks()
    return pa.concat_arrays(chunks.chunks) if isinstance(chunks, pa.ChunkedArray) and chunks.num_chunks else chunks


def run(bounds: Sequence[Bound], table: pa.Table) -> list[tuple[pa.Array, list[str | None]]]:
    """Each expression's values and rejections over a table, held against its type."""
    program = Program(bounds)
    arrays = {name: whole(table[name]) for name in table.column_names}
    out = []
    for bound, column in zip(bounds, program.run(arrays, table.num_rows), strict=True):
        values = column.values.dictionary_decode() if isinstance(column.values, pa.DictionaryArray) else column.values
        assert values.type == bound.type, (values.type, bound.type)
        assert len(values) == table.num_rows
        values.validate(full=True)
        codes = np.zeros(len(values), int) if column.codes is None else column.codes
        rules = [program.reasons[code - 1].rule if code else None for code in codes]
        if not bound.nullable:
            assert all(rule or value for rule, value in zip(rules, values.is_valid().to_pylist(), strict=True)), (
                "a null that binding denied"
            )
        out.append((values, rules))
    return out


def fit(
    expr: Expr | Node,
    batches: pa.Table | Sequence[pa.Table],
    *,
    malformed: str = "error",
    seed: int | None = None,
) -> Fitted:
    """Fit an expression over batches of rows.

    With a seed the states of the batches are encoded, decoded and merged as a random tree, and the constants cross canonical JSON.
    """
    tables = [batches] if isinstance(batches, pa.Table) else list(batches)
    node = expr.node if isinstance(expr, Expr) else expr
    schema = pa.schema([pa.field(f.name, _logical(f.type), f.nullable) for f in tables[0].schema])
    fitted = Fitted(node, schema, malformed=malformed)
    while ready := _ready(fitted):
        for bound in ready:
            results = {}
            for name, request in bound.op.folds(bound.call).items():
                states = [_state(request.fold, [bound.args[i] for i in request.args], table) for table in tables]
                results[name] = request.fold.finish(_merge(request.fold, states, seed))
            made = bound.op.fit(bound.call, results)
            fitted.constants[bound.key] = made if seed is None else through_json(made)
    return fitted


def _logical(dtype: pa.DataType) -> pa.DataType:
    return dtype.value_type if pa.types.is_dictionary(dtype) else dtype


def _ready(fitted: Fitted) -> list[Bound]:
    """The operations to be fitted whose arguments have been."""
    order = list(walk_bound([fitted.bound]))
    open_keys = {b.key for b in order if b.op.learns and b.key not in fitted.constants}
    return [b for b in order if b.key in open_keys and not any(p.key in open_keys for p in walk_bound(b.args))]


def _state(fold: Fold, args: list[Bound], table: pa.Table) -> Any:
    computed = run(args, table)
    keep: Mask = np.array([all(rules[i] is None for _, rules in computed) for i in range(table.num_rows)], np.bool_)
    return fold.update(fold.init(), *(values.filter(pa.array(keep)) for values, _ in computed))


def _merge(fold: Fold, states: list[Any], seed: int | None) -> Any:
    pick = random.Random(seed)
    if seed is not None:
        states = [fold.decode(fold.encode(state)) for state in states]
    while len(states) > 1:
        first = states.pop(pick.randrange(len(states)) if seed is not None else 0)
        second = states.pop(pick.randrange(len(states)) if seed is not None else 0)
        states.insert(0, fold.merge(first, second))
    return states[0] if states else fold.init()


def through_json(constants: Mapping[str, Any]) -> dict[str, Any]:
    """Constants as stored and read: arrays as they are (they are stored as Parquet), the rest by canonical JSON."""
    return {name: value if isinstance(value, pa.Array) else canonical.loads(canonical.dumps(value)) for name, value in constants.items()}


def stored_and_read(node: Node) -> Node:
    """A node through its JSON text."""
    versions = {part.op: find(part.op).version for part in node.walk()}
    roots, _ = from_json(canonical.loads(canonical.dumps(to_json({"it": node}, versions))))
    return roots["it"]


def bits(value: Any) -> Any:
    """A value so that two are equal if and only if they are the same bits; any NaN is one."""
    match value:
        case bool() | None | str() | bytes() | Decimal() | Rejected():
            return (type(value).__name__, value)
        case int():
            return ("int", value)
        case float():
            return ("float", "nan" if math.isnan(value) else struct.pack("<d", value))
        case list() | tuple():
            return [bits(item) for item in value]
        case dict():
            return {key: bits(item) for key, item in value.items()}
        case pa.Array():
            return (str(value.type), [bits(item) for item in from_arrow(value)])
    return (type(value).__name__, value)


def same_constants(a: Constants, b: Constants) -> bool:
    """Whether they are equal bit for bit."""
    return {key: bits(value) for key, value in a.items()} == {key: bits(value) for key, value in b.items()}


def check_rows_equal_batch(fitted: Fitted, table: pa.Table) -> list[Any]:
    """Hold row code against the batch, bit for bit, rejections included; returns the batch's values."""
    values, rules = fitted.batch(table)
    by_batch = [Rejected(rule) if rule else value for value, rule in zip(from_arrow(values), rules, strict=True)]
    by_row = fitted.rows(table)
    assert [bits(v) for v in by_row] == [bits(v) for v in by_batch], (python_rows(table), by_row, by_batch)
    return by_batch


def results(expr: Expr, **columns: Any) -> list[Any]:
    """What an expression that is fitted on some columns makes of them, held by row against by batch."""
    table = pa.table({name: value if isinstance(value, pa.Array) else pa.array(value) for name, value in columns.items()})
    return check_rows_equal_batch(fit(expr, table), table)
