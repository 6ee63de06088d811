"""Windows of SQL as the verbs that look along an order: lag and lead, aggregates over frames, and QUALIFY row_number() = 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from featureprep.expr.expression import Expr
from featureprep.expr.node import Node
from featureprep.plan.aggregation import Aggregation, agg
from featureprep.plan.table import Table
from featureprep.query.times import MICROSECONDS
from featureprep.query.values import Values

if TYPE_CHECKING:
    from featureprep.query.select import Query

FUNCTIONS: dict[type[exp.Expr], Callable[..., Aggregation]] = {
    exp.Avg: agg.mean, exp.Count: agg.count, exp.Max: agg.max, exp.Median: agg.median, exp.Min: agg.min, exp.StddevPop: agg.std, exp.Sum: agg.sum,
}  # fmt: skip
_FRAME = "over (partition by k order by t rows between 6 preceding and current row)"
_UNBOUNDED = (1 << 31) - 1
"""Rows of a frame without a beginning: more than any sequence has."""


class Windows:
    """The windows of one SELECT: each becomes a column of the table.

    Attributes
    ----------
    table : Table
        With these columns, so far.
    made : list of str
        Columns that were added, and are none of the query's.
    """

    def __init__(self, query: Query, table: Table, values: Values) -> None:
        self.query = query
        self.text = query.text
        self.table = table
        self.values = values
        self.made: list[str] = []
        self._known: dict[exp.Expr, Node] = {}

    def column(self, part: exp.Expr) -> Node | None:
        """The column of a window or of the elements of a list; None for anything else."""
        if not isinstance(part, (exp.Window, exp.Explode)):
            return None
        if part not in self._known:
            self._known[part] = self._window(part) if isinstance(part, exp.Window) else self._unnest(part)
        return self._known[part]

    def choose(self, part: exp.Qualify) -> None:
        """Keep the rows of `QUALIFY row_number() over (partition by ... order by ...) = 1`."""
        condition = part.this
        window = condition.this if isinstance(condition, exp.EQ) else None
        one = isinstance(condition, exp.EQ) and isinstance(condition.expression, exp.Literal) and condition.expression.this == "1"
        if not one or not isinstance(window, exp.Window) or not isinstance(window.this, exp.RowNumber):
            raise self.text.refuse(
                part, "QUALIFY is taken as row_number() over (partition by ... order by ...) = 1 only", "WHERE judges rows"
            )
        self.text.only(window, "this", "partition_by", "order", "over")
        keys = [self._put(key) for key in window.args.get("partition_by") or ()]
        if not keys:
            raise self.text.refuse(
                window, "row_number() = 1 without PARTITION BY keeps one row of all", "partition by the key of which one row stays"
            )
        order, down = self._order(window)
        columns = [self._put(one) for one in order]
        self.table = self.query.step(part, self.table.drop_duplicates, keys, order_by=columns, descending=down)

    def _add(self, at: exp.Expr, node: Node) -> str:
        """A column of an expression, under a name of its own."""
        name = f"{self.text.said(at)} (window {len(self.made) + 1})"
        self.table = self.query.step(at, self.table.with_columns, {name: Expr(node)})
        self.made.append(name)
        return name

    def _put(self, part: exp.Expr) -> str:
        """The column that an expression is: one that is there, or a new one."""
        node = self.values(part)
        return str(node.params["name"]) if node.op == "col" else self._add(part, node)

    def _order(self, window: exp.Window) -> tuple[list[exp.Expr], bool]:
        """What a window is ordered by, and whether the largest comes first."""
        order = window.args.get("order")
        if order is None:
            raise self.text.refuse(window, f"the window {self.text.said(window)} has no ORDER BY", _FRAME)
        self.text.only(order, "expressions")
        down = {bool(one.args.get("desc")) for one in order.expressions}
        for one in order.expressions:
            self.text.only(one, "this", "desc")
        if len(down) != 1:
            raise self.text.refuse(order, "an order is ascending or descending as a whole")
        return [one.this for one in order.expressions], down.pop()

    def _sequence(self, window: exp.Window, *, down: bool, order: list[exp.Expr]) -> tuple[list[str], list[str]]:
        """Columns of the key, and of an order in which null is last, as in SQL; turned round where the largest comes first."""
        by = [self._put(key) for key in window.args.get("partition_by") or ()]
        columns: list[str] = []
        for one in order:
            node = self.values(one)
            null = self.values.node(one, "is_null", node)
            columns.append(self._add(one, self.values.node(one, "not", null) if down else null))
            columns.append(self._put(one))
        return by, columns

    def _window(self, window: exp.Window) -> Node:
        self.text.only(window, "this", "partition_by", "order", "spec", "over")
        if isinstance(window.this, (exp.Lag, exp.Lead)):
            return self._shift(window, window.this)
        if type(window.this) in FUNCTIONS:
            return self._rolling(window)
        hint = "row_number() = 1 stands in QUALIFY; aggregates have a frame: " + _FRAME
        raise self.text.refuse(window, f"fp.sql does not take the window {self.text.said(window)}", hint)

    def _shift(self, window: exp.Window, function: exp.Expr) -> Node:
        self.text.only(window, "this", "partition_by", "order", "over")
        self.text.only(function, "this", "offset", "default")
        offset = self.values.constant(function.args["offset"], "the offset", int) if function.args.get("offset") else 1
        order, down = self._order(window)
        by, columns = self._sequence(window, down=down, order=order)
        n = -offset if isinstance(function, exp.Lead) != down else offset
        default = function.args.get("default")
        name = self._name(window)
        fill = None if default is None else Expr(self.values(default))
        of = Expr(self.values(function.this))
        self.table = self.query.step(window, self.table.shift, {name: of}, n=n, by=by, order_by=columns, fill_value=fill)
        return Node("col", (), {"name": name}, self.text.place(window))

    def _name(self, window: exp.Expr) -> str:
        self.made.append(f"{self.text.said(window)} (window {len(self.made) + 1})")
        return self.made[-1]

    def _rolling(self, window: exp.Window) -> Node:
        function = window.this
        self.text.only(function, "this", "big_int")
        spec = window.args.get("spec")
        if spec is None:
            raise self.text.refuse(window, f"the window {self.text.said(window)} has no frame", _FRAME)
        self.text.only(spec, "kind", "start", "start_side", "end", "end_side")
        order, down = self._order(window)
        if down:
            raise self.text.refuse(window, "the frame of an aggregate looks back along an ascending order", _FRAME)
        if _word(spec, "kind") == "RANGE":
            span, closed, columns = self._range(window, spec, order)
            by = [self._put(key) for key in window.args.get("partition_by") or ()]
        else:
            span, closed = self._rows(window, spec)
            by, columns = self._sequence(window, down=False, order=order)
        star = isinstance(function.this, exp.Star)
        if isinstance(function.this, (exp.Distinct, exp.Order)) or (star and not isinstance(function, exp.Count)):
            raise self.text.refuse(function, f"fp.sql does not take {self.text.written(function)} in a window")
        made = FUNCTIONS[type(function)](*() if star else (Expr(self.values(function.this)),))
        name = self._name(window)
        rolling = self.table.rolling(span, by=by, order_by=columns, closed=closed)
        self.table = self.query.step(window, rolling.agg, {name: made})
        return Node("col", (), {"name": name}, self.text.place(window))

    def _rows(self, window: exp.Window, spec: exp.Expr) -> tuple[int | str, str]:
        """A frame of rows: how many, and whether the row itself is among them."""
        start, end = _word(spec, "start"), _word(spec, "end")
        if _word(spec, "start_side") != "PRECEDING" or (end != "CURRENT ROW" and _word(spec, "end_side") != "PRECEDING"):
            raise self.text.refuse(window, "a frame begins before its row and ends with it or with the one before", _FRAME)
        before = _UNBOUNDED - 1 if start == "UNBOUNDED" else self._count(window, start, "the beginning of the frame")
        if end == "CURRENT ROW":
            return before + 1, "right"
        if self._count(window, end, "the end of the frame") != 1 or before < 1:
            raise self.text.refuse(window, "a frame ends with its row or with the one before", _FRAME)
        return before, "left"

    def _count(self, window: exp.Expr, given: Any, what: str) -> int:
        if not isinstance(given, exp.Expr):
            raise self.text.refuse(window, f"{what} is a number of rows", _FRAME)
        return int(self.values.constant(given, what, int))

    def _range(self, window: exp.Window, spec: exp.Expr, order: list[exp.Expr]) -> tuple[int | str, str, list[str]]:
        """A frame of time up to the row: its length, and the order, in which null ends the run: it would be a frame of its own."""
        start = spec.args.get("start")
        unit = start.args.get("unit") if isinstance(start, exp.Interval) else None
        word = "" if unit is None else unit.name.upper()
        word = word if word in MICROSECONDS else word.removesuffix("S")
        count = start.this.unnest() if isinstance(start, exp.Interval) else None
        framed = _word(spec, "start_side") == "PRECEDING" and _word(spec, "end") == "CURRENT ROW" and len(order) == 1
        if not framed or not isinstance(count, exp.Literal) or not count.this.isdigit() or word not in MICROSECONDS:
            raise self.text.refuse(window, "RANGE is taken as BETWEEN INTERVAL n unit PRECEDING AND CURRENT ROW, along one order", _FRAME)
        column = self._add(order[0], self.values.node(order[0], "require_present", self.values(order[0]), missing="error"))
        return f"{int(count.this) * MICROSECONDS[word]}us", "both", [column]

    def _unnest(self, part: exp.Explode) -> Node:
        self.text.only(part, "this")
        if any(isinstance(known, exp.Explode) for known in self._known):
            raise self.text.refuse(part, "the select list has two UNNEST", "take one of them in a subquery")
        name = self._add(part, self.values(part.this))
        self.table = self.query.step(part, self.table.explode, name)
        return Node("col", (), {"name": name}, self.text.place(part))


def _word(spec: exp.Expr, name: str) -> Any:
    """A word of a frame in upper case; an expression as it is."""
    given = spec.args.get(name)
    return given.upper() if isinstance(given, str) else given
