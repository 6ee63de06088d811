"""Lowering of group_by, union and explode: what crosses, and the columns they leave."""

from __future__ import annotations

import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError, TypeMismatchError, short
from featureprep.expr.node import Node
from featureprep.expr.ops.unify import common_type
from featureprep.plan import steps
from featureprep.plan.lowering import Lowering, Rows, cast_to
from featureprep.relational.aggregates import Reduction, aggregate_type
from featureprep.relational.group_by import Grouping
from featureprep.types import format_type


class GroupedLowering(Lowering):
    """The part of lowering that is about these verbs."""

    def _group_by(self, step: steps.GroupBy, rows: Rows) -> Rows:
        self._known(rows, step.keys)
        emit = {name: rows.env[name] for name in step.keys}
        columns: dict[str, str] = {}

        def sent(node: Node, what: str) -> str:
            """The column that carries an expression; one for those that are the same."""
            self._reads(rows, node, what)
            over_base = node.replace(rows.env)
            if over_base.key not in columns:
                columns[over_base.key] = f"$agg{len(columns)}"
                emit[columns[over_base.key]] = over_base
            return columns[over_base.key]

        aggregates: dict[str, Reduction] = {}
        for name, one in step.aggregates.items():
            of = None if one.of is None else sent(one.of, f"agg, {name!r}")
            order = tuple(sent(node, f"agg, {name!r}, order_by=") for node in one.order)
            aggregates[name] = Reduction(one.function, of, order, one.params)
        types = {name: self._type(rows, node) for name, node in emit.items()}
        grouping = Grouping(step.keys, aggregates, pa.schema(list(types.items())))
        fields = [pa.field(name, types[name]) for name in step.keys]
        fields += [pa.field(n, aggregate_type(a.function, None if a.column is None else types[a.column])) for n, a in aggregates.items()]
        at = self._step(step.describe(), (rows.last(),), step.site)
        params = {"grouping": grouping, "malformed": self.malformed}
        return self._exchange("group_by", (self._pipe(rows, emit),), (step.keys,), params, pa.schema(fields), at)

    def _union(self, step: steps.Union, *tables: Rows) -> Rows:
        names = list(dict.fromkeys(name for rows in tables for name in rows.env))
        for number, rows in enumerate(tables if step.missing == "error" else (), 1):
            absent = [short(name) for name in names if name not in rows.env]
            if absent:
                raise ColumnNotFoundError(
                    f"table {number} of the union lacks {', '.join(absent[:5])}{' and more' if len(absent) > 5 else ''}, which another one has",
                    hint='select(...) the columns that all have; or union(..., missing="null") puts null there',
                )
        schema = pa.schema([(name, self._common_type(name, tables)) for name in names])
        pipes = tuple(self._pipe(rows, {name: self._as(step, rows, name, schema.field(name).type) for name in names}) for rows in tables)
        at = self._step(step.describe(), tuple(rows.last() for rows in tables), step.site)
        return self._exchange("union", pipes, tuple(() for _ in tables), {}, schema, at)

    def _common_type(self, name: str, tables: tuple[Rows, ...]) -> pa.DataType:
        types = [self._type(rows, rows.env[name]) for rows in tables if name in rows.env]
        zones = {dtype.tz for dtype in types if pa.types.is_timestamp(dtype)}
        if len(zones) > 1:
            shown = " and ".join(dict.fromkeys(map(format_type, types)))
            raise TypeMismatchError(
                f"the column {name!r} would hold {shown}", hint="cast one of them, so that it is said what its hours mean"
            )
        return common_type(types, f"the columns {name!r} of a union")

    def _as(self, step: steps.Union, rows: Rows, name: str, dtype: pa.DataType) -> Node:
        """A column of one table in the type that all of them have."""
        node = rows.env.get(name, Node("lit", (), {"value": None, "type": "null"}, step.site))
        if name in rows.env and self._type(rows, node) == dtype:
            return node
        return node if dtype == pa.null() else cast_to(node, dtype, step.site)

    def _explode(self, step: steps.Explode, rows: Rows) -> Rows:
        self._known(rows, (step.column,))
        if step.position is not None and step.position in rows.env:
            raise ArgumentError(f"explode would give two columns the name {step.position!r}", hint="give another position=")
        fields = [pa.field(name, self._type(rows, node)) for name, node in rows.env.items()]
        at = list(rows.env).index(step.column)
        dtype = fields[at].type
        if not (pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype)):
            raise TypeMismatchError(
                f"explode takes lists, and {step.column!r} is {format_type(dtype)}", hint="text becomes a list by .str.split(...)"
            )
        fields[at] = pa.field(step.column, dtype.value_type)
        if step.position is not None:
            fields.append(pa.field(step.position, pa.int64()))
        title = self._step(step.describe(), (rows.last(),), step.site)
        params = {"column": step.column, "position": step.position, "keep": step.empty == "null", "rule": f"in {step.describe()}"}
        return self._exchange("explode", (self._pipe(rows, rows.env),), ((),), params, pa.schema(fields), title)
