"""FROM, JOIN and WHERE: the table that the rest of a SELECT is said of.

Every table is cut to the columns that are used; conditions over one table are judged before it is joined, where that gives the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from featureprep.expr.expression import Expr
from featureprep.expr.node import Node
from featureprep.plan import steps
from featureprep.plan.table import Table
from featureprep.query.scope import Rows, Scope, Source, conjuncts, names_in

if TYPE_CHECKING:
    from featureprep.query.select import Query

ASOF = ("asof", "asof left")
CHOOSING = ("semi", "anti")
_ORDERS: dict[type[exp.Expr], str] = {exp.GTE: ">=", exp.GT: ">", exp.LTE: "<=", exp.LT: "<"}


@dataclass
class _Join:
    """One table that joins: the tables before it and itself, and the conditions."""

    part: exp.Expr
    source: Source
    how: str
    keys: list[tuple[exp.Expr, exp.Expr]] = field(default_factory=list)
    """Of the tables before it, and its own."""
    own: list[exp.Expr] = field(default_factory=list)
    rest: list[exp.Expr] = field(default_factory=list)
    moment: tuple[exp.Expr, exp.Expr, str] | None = None
    """Of an as-of join: the moments of both sides, and which of ">=", ">", "<=", "<" is between them."""


class Joined:
    """The tables of FROM joined and filtered.

    Attributes
    ----------
    scope : Scope
    table : Table
        Its columns are named as `scope` says.
    """

    def __init__(self, query: Query, part: exp.Select, known: Mapping[str, Rows]) -> None:
        self.query = query
        self.text = query.text
        self.part = part
        self.known = known
        self.scope = Scope(query.text)
        self.joins: list[_Join] = []
        self.filters: dict[str, list[exp.Expr]] = {}
        self.taken: set[str] = set()
        """Names of the joined table's columns."""
        self.made: set[str] = set()
        """Those of them that are keys only."""
        self.text.only(part.args["from_"], "this")
        self.scope.add(query.source(part.args["from_"].this, known))
        where = part.args.get("where")
        self.where = conjuncts(where.this if where else None)
        self._read_joins()
        self._push()
        self.whole = len(self.scope.sources) == 1
        """Whether the first table has all of its columns, under their own names."""
        self._name()
        self.table = self._build()

    # Reading.

    def _read_joins(self) -> None:
        chosen = Scope(self.text)
        for number, join in enumerate(self.part.args.get("joins") or ()):
            self.text.only(join, "this", "kind", "side", "on", "using", "method")
            how = self._how(join)
            source = self.query.source(join.this, self.known)
            if how == "right":
                if number:
                    raise self.text.refuse(join, "RIGHT JOIN is taken as the first join only", "turn the tables round: ... LEFT JOIN")
                self.scope.sources.insert(0, source)
                if len({s.alias.lower() for s in self.scope.sources}) < len(self.scope.sources):
                    raise self.text.refuse(join, f"two tables are named {source.alias!r}", "give one of them an alias: from t as a")
                made = _Join(join, self.scope.sources[1], "left")
                before = self.scope.sources[:1]
            else:
                before = list(self.scope.sources)
                made = _Join(join, source, how)
                (chosen if how in CHOOSING else self.scope).add(source)
            self._conditions(join, made, before)
            self.joins.append(made)

    def _how(self, join: exp.Join) -> str:
        words = [str(join.args.get(name) or "").upper() for name in ("method", "side", "kind")]
        method, side, kind = words
        if method == "ASOF" and (side, kind) in (("", ""), ("", "INNER"), ("LEFT", ""), ("LEFT", "OUTER")):
            return "asof left" if side else "asof"
        if method:
            raise self.text.refuse(
                join.this, f"fp.sql does not take {method} {side} JOIN".replace("  ", " "), "name the keys: ON a.x = b.x"
            )
        found = {("", ""): "inner", ("", "INNER"): "inner", ("", "CROSS"): "inner", ("LEFT", ""): "left", ("LEFT", "OUTER"): "left", ("RIGHT", ""): "right",
                 ("RIGHT", "OUTER"): "right", ("", "SEMI"): "semi", ("LEFT", "SEMI"): "semi", ("", "ANTI"): "anti", ("LEFT", "ANTI"): "anti"}  # fmt: skip
        if (side, kind) not in found:
            raise self.text.refuse(
                join.this, f"fp.sql does not take {side} {kind} JOIN".replace("  ", " "), "inner, left, semi and anti joins are taken"
            )
        return found[side, kind]

    def _conditions(self, join: exp.Join, made: _Join, before: list[Source]) -> None:
        scope = Scope(self.text)
        scope.sources = [*before, made.source]
        for name in join.args.get("using") or ():
            left = before if len(before) == 1 else [s for s in before if name.name in (s.rows.columns or ())]
            if len(left) != 1:
                raise self.text.refuse(name, f"it cannot be told which table {name.name!r} is a column of", "ON a.x = b.x names the tables")
            pair = [exp.column(name.copy(), table=exp.to_identifier(s.alias, quoted=True)) for s in (left[0], made.source)]
            if made.how in ASOF and name is join.args["using"][-1]:
                made.moment = (pair[0], pair[1], ">=")
                continue
            made.keys.append((pair[0], pair[1]))
            self.scope.merged[name.name.lower()] = left[0]
        for one in conjuncts(join.args.get("on")):
            self._condition(one, made, scope, before)
        if not join.args.get("on") and not join.args.get("using"):
            for one in [*self.where]:
                if self._key(one, made, scope, before):
                    self.where.remove(one)
        if made.how in ASOF:
            if made.moment is None:
                raise self.text.refuse(join.this, "an ASOF JOIN has one inequality", "ON t.key = q.key AND t.time >= q.time")
        elif not made.keys:
            hint = "ON a.x = b.x; rows meet by equal keys only"
            raise self.text.refuse(join.this, f"the join with {made.source.alias!r} has no equality between the two sides", hint)

    def _condition(self, one: exp.Expr, made: _Join, scope: Scope, before: list[Source]) -> None:
        if self._key(one, made, scope, before) or (made.how in ASOF and self._moment(one, made, scope, before)):
            return
        used = self._sources(one, scope)
        if made.how in ASOF:
            hint = "equalities and one inequality between the two sides are taken; other conditions belong in a subquery, or in WHERE"
            raise self.text.refuse(one, f"an ASOF JOIN does not take the condition {self.text.said(one)}", hint)
        if used == {id(made.source)}:
            made.own.append(one)
        elif made.how == "inner":
            made.rest.append(one)
        else:
            hint = (
                "a condition over the right table alone, or equalities, are taken; others belong in WHERE, where they mean something else"
            )
            raise self.text.refuse(one, f"a {made.how} join does not take the condition {self.text.said(one)}", hint)

    def _key(self, one: exp.Expr, made: _Join, scope: Scope, before: list[Source]) -> bool:
        """Take an equality between the tables before and the one that joins as a key."""
        if not isinstance(one, exp.EQ) or one.find(exp.Query):
            return False
        earlier = {id(source) for source in before}
        known = {id(source) for source in scope.sources}
        sides = [self._sources(side, scope) for side in (one.this, one.expression)] if self._all_known(one, scope) else [set(), set()]
        for (a, b), (left, right) in (((one.this, one.expression), sides), ((one.expression, one.this), sides[::-1])):
            if left and left <= earlier & known and right == {id(made.source)}:
                made.keys.append((a, b))
                return True
        return False

    def _moment(self, one: exp.Expr, made: _Join, scope: Scope, before: list[Source]) -> bool:
        """Take the inequality of an as-of join."""
        if type(one) not in _ORDERS or made.moment is not None:
            return False
        earlier, own = {id(source) for source in before}, {id(made.source)}
        sides = [self._sources(side, scope) for side in (one.this, one.args["expression"])]
        word = _ORDERS[type(one)]
        if sides[0] and sides[0] <= earlier and sides[1] == own:
            made.moment = (one.this, one.args["expression"], word)
        elif sides[1] and sides[1] <= earlier and sides[0] == own:
            made.moment = (one.args["expression"], one.this, word.translate(str.maketrans("<>", "><")))
        return made.moment is not None

    def _all_known(self, one: exp.Expr, scope: Scope) -> bool:
        """Whether every name is of a table that has come so far: an equality of WHERE may be about a later one."""
        return all(scope.sees(name) or len(name.parts) == 1 or scope.find(name.parts[0].name) for name in names_in(one))

    def _sources(self, part: exp.Expr, scope: Scope) -> set[int]:
        return {id(scope.resolve(name)[0]) for name in names_in(part)}

    # Conditions of WHERE over one table, judged before it joins where the join keeps all of its rows' matches.

    def _push(self) -> None:
        optional = {id(join.source) for join in self.joins if join.how in ("left", *ASOF)}
        for join in self.joins:
            self.filters[join.source.alias] = list(join.own)
        if len(self.scope.sources) == 1:
            return
        for one in [*self.where]:
            if one.find(exp.Query):
                continue
            used = self._sources(one, self.scope)
            if len(used) == 1 and not used & optional:
                source = next(s for s in self.scope.sources if id(s) in used)
                self.filters.setdefault(source.alias, []).append(one)
                self.where.remove(one)

    # Names.

    def _name(self) -> None:
        """The names that columns have once tables are joined: their own where that is one only."""
        if self.whole:
            return
        needed: dict[int, dict[str, None]] = {id(source): {} for source in self.scope.sources}
        whole: set[int] = set()
        for part in self._said_after():
            for name in _outer_names(part):
                if isinstance(name.this, exp.Star):
                    continue
                if len(name.parts) > 1 and not self.scope.sees(name) and name.find_ancestor(exp.Query) is not self.part:
                    continue
                source, column, _ = self.scope.resolve(name)
                needed[id(source)][column] = None
        for item in self.part.expressions:
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
                starred = None if isinstance(item, exp.Star) else self.scope.find(item.table)
                for each in self.scope.sources if starred is None else [starred]:
                    if each.rows.columns is None:
                        whole.add(id(each))
                    needed[id(each)] |= dict.fromkeys(each.rows.columns or ())
        self.whole = id(self.scope.sources[0]) in whole
        counts = Counter(column for columns in needed.values() for column in columns)
        for source in self.scope.sources[1:] if self.whole else self.scope.sources:
            for column in needed[id(source)]:
                new = column if counts[column] == 1 and not self.whole else f"{source.alias}.{column}"
                while new in self.taken:
                    new += " again"
                self.taken.add(new)
                source.named[column] = new

    def _said_after(self) -> list[exp.Expr]:
        """What is said of the joined table."""
        parts = [e for e in self.part.expressions if not isinstance(e, exp.Star)]
        parts += [self.part.args[name] for name in ("group", "having", "qualify") if self.part.args.get(name) is not None]
        parts += [one for join in self.joins for one in join.rest] + self.where
        parts += [join.moment[0] for join in self.joins if join.moment is not None]
        return parts + [left for join in self.joins for left, _ in join.keys]

    # Building.

    def _build(self) -> Table:
        first = self.scope.sources[0]
        table = self._filtered(first)
        if not self.whole:
            table = self.query.columns(first.part, table, {new: Node("col", (), {"name": old}) for old, new in first.named.items()})
        for join in self.joins:
            table = self._join(table, join)
        return self._judged(table)

    def _filtered(self, source: Source) -> Table:
        values = self.query.values(self.scope.alone(source))
        table = source.rows.table
        for one in self.filters.get(source.alias, ()):
            table = self.query.step(one, table.filter, Expr(values(one)), name=f"where {self.text.said(one)}")
        return table

    def _join(self, table: Table, join: _Join) -> Table:
        own = self.query.values(self.scope.alone(join.source))
        joined = self.query.values(self.scope)
        right: dict[str, Node] = {}
        table, keys = self._key_columns(table, [left for left, _ in join.keys])
        right |= {key: own(mine) for key, (_, mine) in zip(keys, join.keys, strict=True)}
        if join.how not in CHOOSING:
            place = self.text.place(join.part)
            right |= {new: Node("col", (), {"name": old}, place) for old, new in join.source.named.items()}
        if join.moment is not None:
            return self._as_of(table, join, keys, right)
        other = self.query.columns(join.source.part, self._filtered(join.source), right)
        table = self._met(join.part, table, other, keys, join.how)
        for one in join.rest:
            table = self.query.step(one, table.filter, Expr(joined(one)), name=f"on {self.text.said(one)}")
        return table

    def _as_of(self, table: Table, join: _Join, keys: list[str], right: dict[str, Node]) -> Table:
        """A join to the row that was known at a moment; without LEFT, rows that have none leave."""
        assert join.moment is not None  # noqa: S101
        if self.whole:
            hint = "name the columns: those of a source are known only when its data is bound"
            raise self.text.refuse(join.part, "* stands here for columns that are not known, beside an ASOF JOIN", hint)
        left, mine, word = join.moment
        node = self.query.values(self.scope)(left)
        if node.op == "col" and node.params["name"] not in keys:
            moment = str(node.params["name"])
        else:
            table, moment = self._key_column(table, left, node)
        right[moment] = self.query.values(self.scope.alone(join.source))(mine)
        found = f"{join.source.alias} was found"
        right[found] = Node("lit", (), {"value": True, "type": "bool"})
        other = self.query.columns(join.source.part, self._filtered(join.source), right)
        options = {"strategy": "backward" if word[0] == ">" else "forward", "allow_exact_matches": "=" in word}
        table = self.query.step(join.part, table.join_asof, other, on=moment, by=keys or None, suffix=f" ({join.source.alias})", **options)
        if join.how == "asof":
            known = Node("not", (Node("is_null", (Node("col", (), {"name": found}),)),))
            table = self.query.step(join.part, table.filter, Expr(known), name=f"no match in {self.text.said(join.part)}")
        return self.query.step(join.part, table.drop, found, *(key for key in (*keys, moment) if key in self.made))

    def _key_columns(self, table: Table, parts: Sequence[exp.Expr]) -> tuple[Table, list[str]]:
        """The columns that keys are, made where they are none yet."""
        values = self.query.values(self.scope)
        keys: list[str] = []
        for part in parts:
            node = values(part)
            if node.op == "col" and node.params["name"] not in keys:
                keys.append(str(node.params["name"]))
            else:
                table, name = self._key_column(table, part, node)
                keys.append(name)
        return table, keys

    def _key_column(self, table: Table, part: exp.Expr, node: Node) -> tuple[Table, str]:
        """A column for a key that is none yet."""
        name = f"{self.text.said(part)} (key)"
        while name in self.taken:
            name += " again"
        self.taken.add(name)
        self.made.add(name)
        return self.query.step(part, table.with_columns, {name: Expr(node)}), name

    def _met(self, part: exp.Expr, left: Table, right: Table, keys: list[str], how: str) -> Table:
        # no suffix: a column that both have is refused when bound
        met = Table(steps.Join((left.step, right.step), self.text.place(part), tuple(keys), tuple(keys), how, None, ""))
        made = [key for key in keys if key in self.made]
        return self.query.step(part, met.drop, *made) if made else met

    def _judged(self, table: Table) -> Table:
        from featureprep.query.subqueries import subquery_of

        values = self.query.values(self.scope)
        for one in self.where:
            found = subquery_of(self, one)
            if found is None:
                table = self.query.step(one, table.filter, Expr(values(one)), name=f"where {self.text.said(one)}")
                continue
            table, keys = self._key_columns(table, found.left)
            mapping = {old: new for old, new in zip(found.right.columns or (), keys, strict=True) if old != new}
            other = self.query.step(one, found.right.table.rename, mapping) if mapping else found.right.table
            table = self._met(one, table, other, keys, found.how)
        return table


def _outer_names(part: exp.Expr) -> list[exp.Column]:
    """The columns that an expression names, and those inside its subqueries that say which table they are of."""
    return [name for name in part.find_all(exp.Column) if name.find_ancestor(exp.Query) is part.find_ancestor(exp.Query) or name.table]
