"""GROUP BY: keys, aggregates and HAVING as one `group_by(...).agg(...)` with expressions over its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from featureprep.errors import FeatureprepError
from featureprep.expr.expression import Expr
from featureprep.expr.node import Node
from featureprep.plan.aggregation import Aggregation, agg
from featureprep.plan.table import Table
from featureprep.query.scope import Rows, Scope, conjuncts
from featureprep.query.values import RULES, Values

if TYPE_CHECKING:
    from featureprep.query.select import Query

SIMPLE: dict[type[exp.Expr], Callable[..., Aggregation]] = {
    exp.Avg: agg.mean, exp.Max: agg.max, exp.Min: agg.min, exp.Median: agg.median, exp.StddevPop: agg.std, exp.VariancePop: agg.var,
}  # fmt: skip
"""One argument, and null for no values, here as there."""
ZERO_FOR_NONE: dict[type[exp.Expr], Callable[..., Aggregation]] = {exp.LogicalAnd: agg.all, exp.LogicalOr: agg.any, exp.Sum: agg.sum}
"""One argument, and a value for no values, where SQL has null."""
SAMPLE: dict[type[exp.Expr], Callable[..., Aggregation]] = {
    exp.Stddev: agg.std, exp.StddevSamp: agg.std, exp.Variance: agg.var,
}  # fmt: skip
"""With n - 1 in the denominator."""
_UNORDERED = "rows have no order: first(x ORDER BY y), list(x ORDER BY y) or arg_min(x, y) says which is meant"


def has_aggregate(part: exp.Expr) -> bool:
    """Whether an aggregate stands in it, outside of windows and subqueries."""
    return any(
        isinstance(node, exp.AggFunc)
        for node in part.walk(prune=lambda n: isinstance(n, (exp.Window, exp.Query)))
        if not isinstance(node, (exp.Window, exp.Query))
    )


class Grouping:
    """The groups of one SELECT."""

    def __init__(self, query: Query, part: exp.Select, scope: Scope, table: Table) -> None:
        self.query = query
        self.text = query.text
        self.part = part
        self.before = query.values(scope)
        self.table = table
        self.keys: dict[str, tuple[str, Node]] = {}
        """Name and expression of each key, by its identity."""
        self.aggregates: dict[str, Aggregation] = {}
        self.made: dict[str, str] = {}
        """Names of the aggregates, by what they are."""

    def rows(self) -> Rows:
        """One row per group, with the columns of the select list."""
        self._take_keys()
        after = Values(self.text, self._ungrouped, self._special, self.before.params)
        listed: dict[str, Node] = {}
        for item in self.part.expressions:
            self.query.named(item, after, listed)
        having = self.part.args.get("having")
        judged = [(one, after(one)) for one in conjuncts(having.this if having else None)]
        if not self.aggregates:
            self.aggregates["rows of the group"] = agg.count()
        computed = {name: node for name, node in self.keys.values() if not (node.op == "col" and node.params["name"] == name)}
        table = self.table
        if computed:
            table = self.query.step(self.part, table.with_columns, {name: Expr(node) for name, node in computed.items()})
        table = self.query.step(self.part.args["group"], table.group_by(*(name for name, _ in self.keys.values())).agg, self.aggregates)
        for one, node in judged:
            table = self.query.step(one, table.filter, Expr(node), name=f"having {self.text.said(one)}")
        return Rows(self.query.columns(self.part, table, listed), tuple(listed))

    # Keys.

    def _take_keys(self) -> None:
        group = self.part.args.get("group")
        if group is None:
            hint = "GROUP BY a column; fp.agg and the statistics of a dataset tell about whole tables"
            raise self.text.refuse(self.part, "an aggregate without GROUP BY makes one row even of none, which no verb does", hint)
        self.text.only(group, "expressions", "all")
        items = group.expressions
        if group.args.get("all"):
            items = [item for item in self.part.expressions if not has_aggregate(item)]
        for item in items:
            expression, name = self._meant(item)
            node = self.before(expression)
            if node.key in self.keys:
                continue
            name = name or (node.params["name"] if node.op == "col" else self._alias_of(node) or self.text.said(expression))
            self.keys[node.key] = (self._free(name), node)

    def _meant(self, item: exp.Expr) -> tuple[exp.Expr, str | None]:
        """What a part of GROUP BY stands for: a place in the select list, an alias of it, or an expression."""
        listed = self.part.expressions
        if isinstance(item, exp.Literal) and item.is_int:
            if not 1 <= int(item.this) <= len(listed):
                raise self.text.refuse(item, f"GROUP BY {item.this}: the select list has {len(listed)} columns")
            item = listed[int(item.this) - 1]
        if isinstance(item, exp.Column) and not item.table:
            for one in listed:
                if isinstance(one, exp.Alias) and one.alias.lower() == item.name.lower() and not _names(one.this, item.name):
                    return one.this, one.alias
        return (item.this, item.alias) if isinstance(item, exp.Alias) else (item, None)

    def _alias_of(self, node: Node) -> str | None:
        """The name in the select list of an expression that is grouped by."""
        for item in self.part.expressions:
            if isinstance(item, exp.Alias) and not has_aggregate(item) and self.before(item.this).key == node.key:
                return item.alias
        return None

    def _free(self, name: str) -> str:
        taken = {known for known, _ in self.keys.values()} | set(self.aggregates)
        while name in taken:
            name += " again"
        return name

    # Expressions over the groups.

    def _special(self, part: exp.Expr) -> Node | None:
        if isinstance(part, (exp.AggFunc, exp.Filter, exp.WithinGroup, exp.IgnoreNulls)):
            return self._aggregate(part)
        if type(part) not in RULES or isinstance(part, (exp.Literal, exp.Null, exp.Boolean)) or has_aggregate(part):
            return None
        try:
            node = self.before(part)
        except FeatureprepError:
            return None  # a part of it is refused with a better place, or is the alias of an aggregate
        if node.key not in self.keys:
            return None
        return Node("col", (), {"name": self.keys[node.key][0]}, self.text.place(part))

    def _ungrouped(self, part: exp.Column) -> Node:
        for item in self.part.expressions:
            if isinstance(item, exp.Alias) and not part.table and item.alias.lower() == part.name.lower() and has_aggregate(item):
                return Values(self.text, self._ungrouped, self._special, self.before.params)(item.this)
        self.before(part)  # a name that there is not is refused as such
        hint = f"GROUP BY it too, or aggregate it: max({self.text.said(part)})"
        raise self.text.refuse(part, f"{self.text.said(part)} is neither grouped by nor aggregated", hint)

    def _aggregate(self, part: exp.Expr) -> Node:
        only, where = part, None
        if isinstance(part, exp.Filter):
            self.text.only(part, "this", "expression")
            only, where = part.this, self.before(part.expression.this)
        if isinstance(only, exp.Count):
            return self._count(only, where)
        kind = type(only)
        if kind in SIMPLE:
            self.text.only(only, "this")
            return self._add(part, SIMPLE[kind], self._of(only, only.this, where))
        if kind in SAMPLE:
            self.text.only(only, "this")
            return self._add(part, SAMPLE[kind], self._of(only, only.this, where), ddof=1)
        if kind in ZERO_FOR_NONE:
            self.text.only(only, "this")
            of = self._of(only, only.this, where)
            some = self.before.node(part, "gt", self._add(part, agg.count, of, what=f"count({self.text.said(only.this)})"), 0)
            return self.before.node(part, "when", some, self._add(part, ZERO_FOR_NONE[kind], of), None)
        if isinstance(only, exp.CountIf):
            self.text.only(only, "this", "big_int")
            return self._count_if(part, self._of(only, only.this, where))
        if isinstance(only, exp.PercentileCont) and only.expression:
            self.text.only(only, "this", "expression")
            q = self.before(only.expression).params.get("value")
            return self._add(part, agg.quantile, self._of(only, only.this, where), q=q)
        if isinstance(only, (exp.ArgMin, exp.ArgMax)):
            self.text.only(only, "this", "expression")
            return self._arg(part, only, where)
        if isinstance(only, (exp.First, exp.ArrayAgg)) and isinstance(only.this, exp.Order) and where is None:
            return self._ordered(part, only)
        hint = _UNORDERED if isinstance(only, (exp.First, exp.Last, exp.ArrayAgg, exp.AnyValue, exp.IgnoreNulls)) else None
        raise self.text.refuse(part, f"fp.sql does not take the aggregate {self.text.written(part)}", hint)

    def _count(self, part: exp.Count, where: Node | None) -> Node:
        self.text.only(part, "this", "big_int")
        one = Node("lit", (), {"value": 1, "type": "int64"})
        if isinstance(part.this, exp.Star):
            return self._add(part, agg.count, None if where is None else self._where(part, where, one))
        if isinstance(part.this, exp.Distinct):
            self.text.only(part.this, "expressions")
            if len(part.this.expressions) != 1:
                raise self.text.refuse(part, "count(DISTINCT ...) takes one expression here")
            return self._add(part, agg.n_unique, self._of(part, part.this.expressions[0], where))
        return self._add(part, agg.count, self._of(part, part.this, where))

    def _count_if(self, part: exp.Expr, of: Node) -> Node:
        count = self._add(part, agg.count, self._where(part, of, Node("lit", (), {"value": 1, "type": "int64"})))
        if self.text.dialect != "duckdb":
            return count
        some = self.before.node(part, "gt", self._add(part, agg.count, of, what=f"conditions of {self.text.said(part)}"), 0)
        return self.before.node(part, "when", some, count, None)

    def _arg(self, part: exp.Expr, only: exp.Expr, where: Node | None) -> Node:
        """The value beside the smallest or largest other one, of rows where neither is null."""
        of, by = self._of(only, only.this, where), self.before(only.args["expression"])
        present = self.before.node(part, "not", self.before.node(part, "is_null", by))
        held = self.before.node(part, "not", self.before.node(part, "is_null", of))
        value, order = self._where(part, present, of), self._where(part, held, by)
        return self._add(part, agg.first if isinstance(only, exp.ArgMin) else agg.last, value, order_by=Expr(order))

    def _ordered(self, part: exp.Expr, only: exp.Expr) -> Node:
        self.text.only(only, "this")
        ordered = only.this.expressions
        for one in ordered:
            self.text.only(one, "this", "desc")
        down = {bool(one.args.get("desc")) for one in ordered}
        order = [Expr(self.before(one.this)) for one in ordered]
        if isinstance(only, exp.ArrayAgg) and len(down) == 1:
            return self._add(part, agg.collect, self.before(only.this.this), order_by=order, descending=down.pop())
        if isinstance(only, exp.First) and down == {False}:
            return self._add(part, agg.first, self.before(only.this.this), order_by=order)
        raise self.text.refuse(part, f"fp.sql does not take this order in {self.text.written(part)}", "arg_max(x, y) takes the last")

    def _of(self, part: exp.Expr, of: exp.Expr, where: Node | None) -> Node:
        if isinstance(of, (exp.Distinct, exp.Order, exp.Star)):
            raise self.text.refuse(part, f"fp.sql does not take {self.text.written(part)}", "count(DISTINCT x) is taken")
        return self._where(part, where, self.before(of))

    def _where(self, part: exp.Expr, where: Node | None, of: Node) -> Node:
        return of if where is None else self.before.node(part, "when", where, of, None)

    def _add(
        self, part: exp.Expr, function: Callable[..., Aggregation], of: Node | None, *, what: str | None = None, **params: Any
    ) -> Node:
        args = () if of is None else (Expr(of),)
        made = function(*args, **params)
        identity = str((made.aggregate.function, None if of is None else of.key, sorted(params.items(), key=str) if not made.aggregate.order else
                        [node.key for node in made.aggregate.order]))  # fmt: skip
        if identity not in self.made:
            self.made[identity] = self._free(what or self.text.said(part))
            self.aggregates[self.made[identity]] = made
        return Node("col", (), {"name": self.made[identity]}, self.text.place(part))


def _names(part: exp.Expr, name: str) -> bool:
    """Whether an expression reads a column of that name: then GROUP BY means the column, not the expression."""
    return any(column.name.lower() == name.lower() for column in part.find_all(exp.Column))
