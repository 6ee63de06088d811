"""A SELECT as verbs: FROM and joins, WHERE, groups, windows, the select list, DISTINCT; and queries put together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from featureprep.errors import ColumnNotFoundError, FeatureprepError
from featureprep.expr.expression import Expr
from featureprep.expr.node import Node
from featureprep.plan.table import Table
from featureprep.query.groups import Grouping, has_aggregate
from featureprep.query.joins import Joined
from featureprep.query.scope import Rows, Scope, Source, columns_of
from featureprep.query.text import SqlText
from featureprep.query.values import Values
from featureprep.query.windows import Windows

_SELECT = ("expressions", "from_", "joins", "where", "group", "having", "distinct", "with_", "kind", "qualify")


class Query:
    """One call of `fp.sql`."""

    def __init__(self, text: SqlText, params: Mapping[str, Any]) -> None:
        self.text = text
        self.params = params

    def table(self, tables: Mapping[str, Table]) -> Table:
        """The table that the whole query makes."""
        known = {name: Rows.of(table) for name, table in tables.items()}
        return self.rows(self.text.body, known).table

    def step(self, at: exp.Expr, verb: Callable[..., Table], *args: Any, **options: Any) -> Table:
        """A verb, whose place is that of a part of the query."""
        place = self.text.place(at)
        try:
            table = verb(*args, **options)
        except FeatureprepError as error:
            error.where = place
            raise
        return Table(dataclasses.replace(table.step, site=place))

    def rows(self, part: exp.Expr, known: Mapping[str, Rows]) -> Rows:
        """The rows of a query."""
        if isinstance(part, exp.Subquery):
            self.text.only(part, "this", "alias", "with_")
            return self.rows(part.this, self._with(part, known))
        if isinstance(part, exp.Union):
            return self._union(part, self._with(part, known))
        if isinstance(part, exp.Select):
            return self._select(part, self._with(part, known))
        word = type(part).__name__.upper()
        hints = {"INTERSECT": "a semi join keeps rows that have a match", "EXCEPT": "an anti join keeps rows that have none"}
        raise self.text.refuse(part, f"fp.sql takes SELECT, not {word}", hints.get(word))

    def _with(self, part: exp.Expr, known: Mapping[str, Rows]) -> Mapping[str, Rows]:
        clause = part.args.get("with_")
        if clause is None:
            return known
        self.text.only(clause, "expressions")
        known = dict(known)
        for cte in clause.expressions:
            self.text.only(cte, "this", "alias", "materialized")
            known[cte.alias] = self.renamed(self.rows(cte.this, known), cte.args["alias"])
        return known

    def renamed(self, rows: Rows, alias: exp.TableAlias) -> Rows:
        """Rows under the column names of an alias: `t(a, b)`."""
        self.text.only(alias, "this", "columns")
        names = [name.name for name in alias.args.get("columns") or ()]
        if not names:
            return rows
        if rows.columns is None or len(names) > len(rows.columns):
            raise self.text.refuse(alias, "these column names have no columns that are known", "name the columns in the select list")
        mapping = {old: new for old, new in zip(rows.columns, names, strict=False) if old != new}
        return rows if not mapping else Rows.of(self.step(alias, rows.table.rename, mapping))

    def source(self, part: exp.Expr, known: Mapping[str, Rows]) -> Source:
        """A table of FROM."""
        alias = part.args.get("alias")
        if isinstance(part, exp.Subquery) and isinstance(part.this, exp.Query):
            rows = self.rows(part, known)
            name = alias.name if alias is not None and alias.this else ""
        elif isinstance(part, exp.Table) and isinstance(part.this, exp.Identifier):
            self.text.only(part, "this", "alias")
            match = {n: r for n, r in known.items() if n.lower() == part.name.lower()}
            found = match.get(part.name) or (next(iter(match.values())) if len(match) == 1 and not part.this.quoted else None)
            if found is None:
                hint = f"tables: {', '.join(sorted(known)) or 'none'}; give it by its name: fp.sql(query, {part.name if part.name.isidentifier() else 'name'}=table)"
                raise self.text.refuse(part, f"the query has no table {part.name!r}", hint)
            rows, name = found, part.alias_or_name
        else:
            called = part.this if isinstance(part, exp.Table) else part
            raise self.text.refuse(part, f"fp.sql does not take {self.text.written(called)} in FROM")
        return Source(name, rows if alias is None else self.renamed(rows, alias), part)

    # SELECT.

    def _select(self, part: exp.Select, known: Mapping[str, Rows]) -> Rows:
        distinct = part.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):  # before the ORDER BY that says which rows it keeps
            hint = "drop_duplicates(keys, order_by=...) on the table says which row stays"
            raise self.text.refuse(distinct, "fp.sql does not take DISTINCT ON", hint)
        self.text.only(part, *_SELECT)
        if part.args.get("kind"):
            raise self.text.refuse(part, f"fp.sql does not take SELECT AS {part.args['kind']}")
        if part.args.get("from_") is None:
            raise self.text.refuse(part, "the SELECT has no FROM", "every row comes from a table of the job")
        joined = Joined(self, part, known)
        scope, table = joined.scope, joined.table
        grouped = part.args.get("group") is not None or any(
            map(has_aggregate, (*part.expressions, *([part.args["having"]] if part.args.get("having") else [])))
        )
        if grouped:
            if part.args.get("qualify"):
                raise self.text.refuse(part.args["qualify"], "QUALIFY over groups", "put the groups into a subquery in FROM")
            return self._distinct(part, Grouping(self, part, scope, table).rows())
        if part.args.get("having"):
            raise self.text.refuse(part.args["having"], "HAVING without GROUP BY", "WHERE judges rows")
        windows = Windows(self, table, self.values(scope))
        if part.args.get("qualify"):
            windows.choose(part.args["qualify"])
        return self._distinct(part, self._listed(part, windows, scope))

    def values(self, scope: Scope, special: Callable[[exp.Expr], Node | None] = lambda part: None) -> Values:
        """What translates the expressions of a SELECT."""
        return Values(self.text, scope.node, special, self.params)

    def _listed(self, part: exp.Select, windows: Windows, scope: Scope) -> Rows:
        """The select list over a table."""
        values = self.values(scope, windows.column)
        stars = [e for e in part.expressions if is_star(e)]
        if stars and not all(s.rows.columns is not None for s in scope.sources):
            return self._starred(part, windows, scope, values)
        made: dict[str, Node] = {}
        for item in part.expressions:
            if is_star(item):
                self._expand(item, scope, values, made)
            else:
                self.named(item, values, made)
        return Rows(self.columns(part, windows.table, made), tuple(made))

    def columns(self, at: exp.Expr, table: Table, made: Mapping[str, Node]) -> Table:
        """A table of exactly these columns."""
        new = {name: node for name, node in made.items() if not (node.op == "col" and node.params["name"] == name)}
        if new:
            table = self.step(at, table.with_columns, {name: Expr(node) for name, node in new.items()})
        if columns_of(table.step) == tuple(made):
            return table
        return self.step(at, table.select, *made)

    def named(self, item: exp.Expr, values: Values, made: dict[str, Node]) -> None:
        """One item of the select list, under its name."""
        name = item.alias_or_name if isinstance(item, (exp.Alias, exp.Column, exp.Dot)) else ""
        if not name:
            raise self.text.refuse(item, f"{self.text.said(item)} has no name", f"{self.text.said(item)} AS name")
        if name in made:
            raise self.text.refuse(item, f"two columns of the select list are named {name!r}", "give one of them another name: AS ...")
        made[name] = values(item.this if isinstance(item, exp.Alias) else item)

    def _expand(self, item: exp.Expr, scope: Scope, values: Values, made: dict[str, Node]) -> None:
        """`*` or `t.*` where the columns are known."""
        star = item.this if isinstance(item, exp.Column) else item
        sources = self._starred_sources(item, scope)
        without, instead, renamed = self._star_options(star, values)
        every = [column for source in sources for column in source.rows.columns or ()]
        absent = {*without, *instead, *renamed} - set(every)
        if absent:
            raise ColumnNotFoundError.of(absent, every, where=self.text.place(item))
        for source in sources:
            for column in source.rows.columns or ():
                if column in without:
                    continue
                name = renamed.get(column, column)
                if name in made:
                    hint = "name the columns, and give one another name: AS ..."
                    raise self.text.refuse(item, f"two columns of the select list are named {name!r}", hint)
                made[name] = instead.get(column) or Node("col", (), {"name": source.column(column)}, self.text.place(item))

    def _starred_sources(self, item: exp.Expr, scope: Scope) -> list[Source]:
        if isinstance(item, exp.Star):
            return scope.sources
        source = scope.find(item.text("table"))
        if source is None:
            hint = f"tables: {', '.join(s.alias for s in scope.sources)}"
            raise self.text.refuse(item, f"no table is named {item.text('table')!r}", hint)
        return [source]

    def _star_options(self, star: exp.Expr, values: Values) -> tuple[list[str], dict[str, Node], dict[str, str]]:
        self.text.only(star, "except_", "replace", "rename")
        without = [column.name for column in star.args.get("except_") or ()]
        instead = {alias.alias: values(alias.this) for alias in star.args.get("replace") or ()}
        renamed = {alias.this.name: alias.alias for alias in star.args.get("rename") or ()}
        return without, instead, renamed

    def _starred(self, part: exp.Select, windows: Windows, scope: Scope, values: Values) -> Rows:
        """`*` first, over the columns that the first table will have, then others: which must have names that it has not."""
        item, others = part.expressions[0], part.expressions[1:]
        hint = "name the columns: those of a source are known only when its data is bound"
        if not is_star(item) or any(map(is_star, others)) or self._starred_sources(item, scope) != scope.sources[:1]:
            raise self.text.refuse(next(e for e in part.expressions if is_star(e)), "* stands here for columns that are not known", hint)
        star = item.this if isinstance(item, exp.Column) else item
        without, instead, renamed = self._star_options(star, values)
        carried = {name: scope.sources[i].named[name] for i in range(1, len(scope.sources)) for name in scope.sources[i].named}
        made: dict[str, Node] = {}
        for other in others:
            self.named(other, values, made)
        table = windows.table
        hidden = {name: f"{name} (of the select list)" for name in made}
        if made:
            table = self.step(part, table.with_columns, {hidden[name]: Expr(node) for name, node in made.items()})
        if instead:
            table = self.step(item, table.rename, {name: name for name in instead})  # they must be there
            table = self.step(item, table.with_columns, {name: Expr(node) for name, node in instead.items()})
        gone = [*without, *dict.fromkeys(carried.values()), *windows.made]
        if gone:
            table = self.step(item, table.drop, *gone)
        names = {**{hidden[name]: name for name in made}, **renamed}
        if names:  # refused when bound, where the table has such a column
            table = self.step(part, table.rename, names)
        return Rows(table, None)

    def _distinct(self, part: exp.Select, rows: Rows) -> Rows:
        if part.args.get("distinct") is None:
            return rows
        return Rows(self.step(part, rows.table.drop_duplicates), rows.columns)

    # UNION.

    def _union(self, part: exp.Union, known: Mapping[str, Rows]) -> Rows:
        self.text.only(part, "this", "expression", "distinct", "by_name", "with_")
        left, right = self.rows(part.this, known), self.rows(part.expression, known)
        if not part.args.get("by_name"):
            right = self._by_place(part, left, right)
        same = left.columns is not None and right.columns is not None and set(left.columns) == set(right.columns)
        table = self.step(part, left.table.union, right.table, missing="null" if part.args.get("by_name") and not same else "error")
        columns = None if left.columns is None or right.columns is None else tuple(dict.fromkeys((*left.columns, *right.columns)))
        if part.args.get("distinct"):
            table = self.step(part, table.drop_duplicates)
        return Rows(table, columns)

    def _by_place(self, part: exp.Union, left: Rows, right: Rows) -> Rows:
        """The right rows with the left one's names: UNION matches columns by their places."""
        if left.columns is None or right.columns is None:
            hint = "UNION ALL BY NAME matches columns by name; or name the columns on both sides"
            raise self.text.refuse(part.expression, "UNION matches columns by their places, which are not known here", hint)
        if len(left.columns) != len(right.columns):
            raise self.text.refuse(part.expression, f"UNION of {len(left.columns)} and {len(right.columns)} columns")
        mapping = {old: new for old, new in zip(right.columns, left.columns, strict=True) if old != new}
        return right if not mapping else Rows.of(self.step(part, right.table.rename, mapping))


def is_star(item: exp.Expr) -> bool:
    """Whether it is `*` or `t.*`."""
    return isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))
