"""EXISTS (...) and x IN (SELECT ...) in WHERE: semi and anti joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from featureprep.query.scope import Rows, conjuncts, names_in

if TYPE_CHECKING:
    from featureprep.query.joins import Joined


@dataclass(frozen=True)
class Chosen:
    """A semi or anti join: expressions of the outer query, and rows whose columns are the keys they meet."""

    how: str
    left: tuple[exp.Expr, ...]
    right: Rows


def subquery_of(outer: Joined, part: exp.Expr) -> Chosen | None:
    """The join that a condition of WHERE is; None for a condition without a subquery.

    Raises
    ------
    ArgumentError
        For a subquery that no join says.
    """
    negated = isinstance(part, exp.Not)
    inner = part.this.unnest() if isinstance(part, exp.Not) else part
    how = "anti" if negated else "semi"
    if isinstance(inner, exp.Exists):
        return _exists(outer, inner, how)
    if isinstance(inner, exp.In) and inner.args.get("query") is not None:
        if negated:
            hint = "WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.x = t.x)"
            raise outer.text.refuse(part, "NOT IN (SELECT ...) keeps no row at all once the subquery has a null", hint)
        outer.text.only(inner, "this", "query")
        rows = outer.query.rows(inner.args["query"], outer.known)
        if rows.columns is None or len(rows.columns) != 1:
            raise outer.text.refuse(inner.args["query"], "the subquery of IN has one column, named in its select list")
        return Chosen(how, (inner.this,), rows)
    return None


def _exists(outer: Joined, part: exp.Exists, how: str) -> Chosen:
    text = outer.text
    text.only(part, "this")
    body = part.this.unnest() if isinstance(part.this, exp.Subquery) else part.this
    if not isinstance(body, exp.Select):
        raise text.refuse(part, "EXISTS takes a SELECT")
    text.only(body, "expressions", "from_", "joins", "where")
    if body.args.get("from_") is None:
        raise text.refuse(part, "the SELECT of EXISTS has no FROM")
    own = {table.alias_or_name.lower() for table in (body.args["from_"].this, *(join.this for join in body.args.get("joins") or ()))}

    def outside(one: exp.Expr) -> set[bool]:
        """Whether its names are of the outer query's tables."""
        return {name.parts[0].name.lower() not in own and outer.scope.sees(name) for name in names_in(one)}

    links: list[tuple[exp.Expr, exp.Expr]] = []
    inner: list[exp.Expr] = []
    for one in conjuncts(body.args["where"].this if body.args.get("where") else None):
        if True not in outside(one):
            inner.append(one)
            continue
        sides = (one.this, one.expression) if isinstance(one, exp.EQ) else ()
        pair = [(a, b) for a, b in (sides, sides[::-1]) if sides and outside(a) == {True} and outside(b) == {False}] if sides else []
        if not pair:
            raise text.refuse(one, f"EXISTS is linked to the outer query by equalities only, not by {text.said(one)}")
        links += pair
    if not links:
        raise text.refuse(part, "EXISTS has no link to the outer query", "WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.x)")
    select = body.copy()
    names = [f"key {i + 1}" for i in range(len(links))]
    select.set("expressions", [exp.alias_(b.copy(), name, quoted=True) for (_, b), name in zip(links, names, strict=True)])
    select.set("where", exp.Where(this=exp.and_(*inner, copy=True)) if inner else None)
    return Chosen(how, tuple(a for a, _ in links), outer.query.rows(select, outer.known))
