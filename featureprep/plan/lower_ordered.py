"""Lowering of the verbs that look along an order: what their exchanges need, and the columns they leave.

All columns of a table cross such an exchange, also those that nothing needs afterwards: rows that the order leaves equal are told apart
by all of their content.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.node import Node
from featureprep.expr.ops.unify import common_type
from featureprep.plan import steps
from featureprep.plan.lowering import Lowering, Rows, cast_to
from featureprep.plan.span import DAY
from featureprep.relational.aggregates import Reduction
from featureprep.relational.axis import has_gaps
from featureprep.relational.keys import check_key
from featureprep.relational.ranks import check_ordered
from featureprep.relational.rolling import rolling_type
from featureprep.types import format_type


class OrderedLowering(Lowering):
    """The part of lowering that is about these verbs."""

    def _join_asof(self, step: steps.JoinAsof, left: Rows, right: Rows) -> Rows:
        self._known(left, step.left_on)
        self._known(right, (*step.right_on, *step.order_by))
        left, right = self._common_keys(step, left, right)
        moment = step.left_on[-1]
        dtype = self._type(left, left.env[moment])
        check_ordered(dtype, "join_asof")
        for name in step.left_on[:-1]:
            check_key(self._type(left, left.env[name]), "join_asof")
        for name in step.order_by:
            check_ordered(self._type(right, right.env[name]), "join_asof(order_by=)")
        if step.strategy == "nearest" and not has_gaps(dtype) and dtype != pa.null():
            raise TypeMismatchError(
                f"{format_type(dtype)} values lie at no distance from each other", hint='strategy="backward" or "forward" takes them'
            )
        tolerance: int | float | None = None
        if step.tolerance is not None:
            step.tolerance.fits(dtype, "join_asof(tolerance=)", moment)
            tolerance = step.tolerance.size // DAY if step.tolerance.unit == "us" and pa.types.is_date(dtype) else step.tolerance.size
        names = self._right_names(step, left, right)
        fields = [pa.field(n, self._type(left, node)) for n, node in left.env.items()]
        fields += [pa.field(new, self._type(right, right.env[n])) for n, new in names.items()]
        at = self._step(step.describe(), (left.last(), right.last()), step.site)
        params = {
            "on": (moment, step.right_on[-1]),
            "strategy": step.strategy,
            "tolerance": tolerance,
            "allow_exact_matches": step.allow_exact_matches,
            "order_by": step.order_by,
            "descending": step.descending,
            "right_names": names,
        }
        pipes = (self._pipe(left, left.env), self._pipe(right, right.env))
        return self._exchange("join_asof", pipes, (step.left_on[:-1], step.right_on[:-1]), params, pa.schema(fields), at)

    def _shift(self, step: steps.Shift, rows: Rows) -> Rows:
        emit = self._sequenced(step, rows)
        new = {name: self._put(emit, rows, node, f"shift, {name!r}") for name, node in step.columns.items()}
        types = {name: self._type(rows, emit[column]) for name, column in new.items()}
        fills: dict[str, str] = {}
        if step.fill is not None:
            self._reads(rows, step.fill, "shift(fill_value=)")
            given = step.fill.replace(rows.env)
            for name, dtype in types.items():
                if common_type((dtype, self._type(rows, given)), f"{name!r} and its fill_value") != dtype:
                    shown = format_type(self._type(rows, given))
                    raise TypeMismatchError(f"fill_value is {shown}, and {name!r} is {format_type(dtype)}", hint="cast one of them")
                fills[name] = f"$fill{len(fills)}"
                emit[fills[name]] = cast_to(given, dtype, step.site)
        at = self._step(step.describe(), (rows.last(),), step.site)
        params = {"own": tuple(rows.env), "order_by": step.order_by, "n": step.n, "columns": new, "fills": fills}
        return self._exchange("shift", (self._pipe(rows, emit),), (step.by,), params, self._widened(rows, types), at)

    def _rolling(self, step: steps.Rolling, rows: Rows) -> Rows:
        emit = self._sequenced(step, rows)
        reductions: dict[str, Reduction] = {}
        types: dict[str, pa.DataType] = {}
        for name, aggregate in step.aggregates.items():
            column, dtype = None, None
            if aggregate.of is not None:
                column = self._put(emit, rows, aggregate.of, f"rolling, {name!r}")
                dtype = self._type(rows, emit[column])
            order = tuple(self._put(emit, rows, node, f"rolling, {name!r}, order_by=") for node in aggregate.order)
            for one in order:
                check_ordered(self._type(rows, emit[one]), f"{aggregate.function}(order_by=)")
            reductions[name] = Reduction(aggregate.function, column, order, aggregate.params)
            types[name] = rolling_type(aggregate.function, dtype)
        moment = step.order_by[0]
        along = self._type(rows, rows.env[moment])
        step.window.fits(along, "rolling(window=)", moment)
        at = self._step(step.describe(), (rows.last(),), step.site)
        params = {
            "own": tuple(rows.env),
            "order_by": step.order_by,
            "window": step.window,
            "unit": DAY if step.window.unit == "us" and pa.types.is_date(along) else 1,
            "closed": step.closed,
            "min_periods": step.min_periods,
            "aggregates": reductions,
            "malformed": self.malformed,
        }
        return self._exchange("rolling", (self._pipe(rows, emit),), (step.by,), params, self._widened(rows, types), at)

    def _sequenced(self, step: steps.Shift | steps.Rolling, rows: Rows) -> dict[str, Node]:
        """All columns of a table whose rows become sequences."""
        self._known(rows, (*step.by, *step.order_by))
        for name in step.by:
            check_key(self._type(rows, rows.env[name]), step.verb)
        for name in step.order_by:
            check_ordered(self._type(rows, rows.env[name]), f"{step.verb}(order_by=)")
        return dict(rows.env)

    def _put(self, emit: dict[str, Node], rows: Rows, node: Node, what: str) -> str:
        """The emitted column that holds an expression: one that is there, or a new one."""
        self._reads(rows, node, what)
        over_base = node.replace(rows.env)
        self._type(rows, over_base)
        found = next((name for name, known in emit.items() if known.key == over_base.key), f"$value{len(emit)}")
        emit[found] = over_base
        return found

    def _widened(self, rows: Rows, new: Mapping[str, pa.DataType]) -> pa.Schema:
        types = {name: self._type(rows, node) for name, node in rows.env.items()} | dict(new)
        return pa.schema([pa.field(name, dtype) for name, dtype in types.items()])
