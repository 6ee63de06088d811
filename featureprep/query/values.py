"""Expressions of SQL as expressions of the plan: literals, columns, logic, comparison, choice, casts. Other files add functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from featureprep.errors import FeatureprepError
from featureprep.expr.literal import literal
from featureprep.expr.node import Node
from featureprep.expr.op import find
from featureprep.query.text import SqlText

Rule = Callable[["Values", Any], Node]
RULES: dict[type[exp.Expr], Rule] = {}
NAMED: dict[str, Rule] = {}
"""Functions that the parser does not know, by their names in lower case."""


def says(*kinds: type[exp.Expr]) -> Callable[[Rule], Rule]:
    """Decorator: how these kinds of expression are said."""

    def note(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return note


def renames(names: Mapping[type[exp.Expr], str]) -> None:
    """Say these kinds of expression, of one argument each, by an operation of the plan that is the same under another name."""

    def renamed(v: Values, part: Any) -> Node:
        v.only(part, "this")
        return v.node(part, names[type(part)], v(part.this))

    RULES.update(dict.fromkeys(names, renamed))


class Values:
    """Translates expressions.

    Parameters
    ----------
    column : function of exp.Column to Node
        What a name stands for.
    special : function of exp.Expr to Node or None
        What is looked at before anything else: aggregates and windows, where they are allowed.
    params : mapping
        Values of placeholders.
    """

    def __init__(
        self,
        text: SqlText,
        column: Callable[[exp.Column], Node],
        special: Callable[[exp.Expr], Node | None] = lambda part: None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.text = text
        self.column = column
        self.special = special
        self.params = params or {}

    def __call__(self, part: exp.Expr) -> Node:
        found = self.special(part)
        if found is not None:
            return found
        rule = RULES.get(type(part))
        if rule is None:
            raise self.unknown(part)
        return rule(self, part)

    def unknown(self, part: exp.Expr) -> FeatureprepError:
        """The error for a construct that has no rule."""
        hint = _HINTS.get(type(part)) or "leave it out of the query and say it in Python, on the table that fp.sql returns"
        return self.text.refuse(part, f"fp.sql does not take {_named(part)}{self.text.written(part)}", hint)

    def node(self, at: exp.Expr, op: str, *args: Any, **params: Any) -> Node:
        """An operation whose place is that of `at`; arguments that are no nodes are literals."""
        place = self.text.place(at)
        made = Node(op, [arg if isinstance(arg, Node) else literal(arg, place) for arg in args], params, place)
        try:
            find(op).check(made)
        except FeatureprepError as error:
            raise error.at(place) from None
        return made

    def constant(self, part: exp.Expr, what: str, kind: type = str) -> Any:
        """The value of a literal, where no other expression will do."""
        node = self(part)
        value = node.params.get("value") if node.op == "lit" else None
        if type(value) is not kind:
            said = "a number" if kind is int else "text in quotes"
            raise self.text.refuse(part, f"{what} must be {said} written in the query, not {self.text.said(part)}")
        return value

    def only(self, part: exp.Expr, *known: str) -> None:
        self.text.only(part, *known)


def _named(part: exp.Expr) -> str:
    """What kind of thing it is, where its text alone may not tell."""
    if isinstance(part, exp.Anonymous):
        return f"the function {part.name}: "
    if isinstance(part, exp.AggFunc):
        return "an aggregate here: "
    if isinstance(part, exp.Subquery):
        return "a subquery here: "
    return "a window here: " if isinstance(part, exp.Window) else ""


_HINTS: dict[type[exp.Expr], str] = {
    **dict.fromkeys(
        (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime), "no job reads a clock: give the day as params={...}, or fp.param"
    ),
    **dict.fromkeys((exp.Rand, exp.Randn), "nothing here is random: table.sample(0.1) chooses rows by a hash of their content"),
    **dict.fromkeys((exp.DPipe, exp.Concat), "there is no expression that joins texts; T.cross(...) makes one category of several columns"),
    exp.Subquery: "a subquery stands in FROM, or in WHERE as EXISTS (...) or x IN (...)",
    exp.Window: "windows stand in the select list: lag, lead, and aggregates over ROWS or RANGE frames",
    exp.Star: "* stands in the select list, or in count(*)",
}


# Names and constants.


@says(exp.Column, exp.Dot)
def _column(v: Values, part: Any) -> Node:
    if isinstance(part, exp.Dot):
        v.only(part, "this", "expression")
        return v.node(part, "struct_field", v(part.this), name=part.expression.name)
    return v.column(part)


@says(exp.Literal)
def _literal(v: Values, part: exp.Literal) -> Node:
    if part.is_string:
        return _constant(v, part, part.this)
    text = part.this.replace("_", "")
    return _constant(v, part, int(text) if text.isdigit() else float(text))


def _constant(v: Values, part: exp.Expr, value: Any) -> Node:
    try:
        return literal(value, v.text.place(part))
    except FeatureprepError as error:
        raise error.at(v.text.place(part)) from None


@says(exp.Boolean, exp.Null)
def _word(v: Values, part: Any) -> Node:
    return _constant(v, part, None if isinstance(part, exp.Null) else bool(part.this))


@says(exp.Placeholder, exp.Parameter)
def _placeholder(v: Values, part: exp.Expr) -> Node:
    name = part.name if part.args.get("this") else ""
    if name not in v.params:
        hint = "params={...} has its value" if name else "placeholders have names: $day, with params={'day': ...}"
        raise v.text.refuse(part, f"the query has a placeholder {name!r} without a value", hint)
    value = v.params[name]
    return value.node if hasattr(value, "node") else _constant(v, part, value)


@says(exp.Paren)
def _paren(v: Values, part: exp.Paren) -> Node:
    v.only(part, "this")
    return v(part.this)


# Logic and comparison. Three values, as Kleene has them, here as there.


_BINARY = {exp.And: "and", exp.Or: "or", exp.EQ: "eq", exp.NEQ: "ne", exp.LT: "lt", exp.LTE: "le", exp.GT: "gt", exp.GTE: "ge",
           exp.Add: "add", exp.Sub: "sub", exp.Mul: "mul"}  # fmt: skip


@says(exp.And, exp.Or, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Mul)
def binary(v: Values, part: exp.Binary) -> Node:
    """An operator that means the same on both sides."""
    v.only(part, "this", "expression")
    chain: list[exp.Binary] = [part]  # a chain of the same operator is deep on its left
    while type(chain[-1].this) is type(part):
        chain.append(chain[-1].this)
        v.only(chain[-1], "this", "expression")
    node = v(chain[-1].this)
    for link in reversed(chain):
        node = v.node(link, _BINARY[type(part)], node, v(link.expression))
    return node


renames({exp.Not: "not"})


@says(exp.Is)
def _is(v: Values, part: exp.Is) -> Node:
    v.only(part, "this", "expression")
    of, what = v(part.this), part.expression
    if isinstance(what, exp.Null):
        return v.node(part, "is_null", of)
    if isinstance(what, exp.Boolean):
        same = of if what.this else v.node(part, "not", of)
        return v.node(part, "coalesce", same, False)
    raise v.unknown(part)


@says(exp.NullSafeEQ, exp.NullSafeNEQ)
def _null_safe(v: Values, part: exp.Binary) -> Node:
    v.only(part, "this", "expression")
    a, b = v(part.this), v(part.expression)
    both = v.node(part, "and", v.node(part, "is_null", a), v.node(part, "is_null", b))
    same = v.node(part, "coalesce", v.node(part, "eq", a, b), both)
    return same if isinstance(part, exp.NullSafeEQ) else v.node(part, "not", same)


@says(exp.Between)
def _between(v: Values, part: exp.Between) -> Node:
    v.only(part, "this", "low", "high")
    of = v(part.this)
    return v.node(part, "and", v.node(part, "ge", of, v(part.args["low"])), v.node(part, "le", of, v(part.args["high"])))


@says(exp.In)
def _in(v: Values, part: exp.In) -> Node:
    if part.args.get("query"):
        raise v.text.refuse(
            part, "x IN (SELECT ...) stands in WHERE, by itself or joined by AND", "join the table, or write it as a condition of its own"
        )
    v.only(part, "this", "expressions")
    of, values = v(part.this), [v(item) for item in part.expressions]
    known = [node for node in values if node.op == "lit" and isinstance(node.params["value"], (str, int, float))]
    found = [v.node(part, "is_in", of, values=[node.params["value"] for node in known])] if known else []
    found += [v.node(part, "eq", of, node) for node in values if node not in known]
    made = found[0]
    for other in found[1:]:
        made = v.node(part, "or", made, other)
    return made


# Choice.


@says(exp.Case)
def _case(v: Values, part: exp.Case) -> Node:
    v.only(part, "this", "ifs", "default")
    of = v(part.this) if part.this else None
    args: list[Node] = []
    for branch in part.args["ifs"]:
        v.only(branch, "this", "true")
        condition = v(branch.this)
        args += [condition if of is None else v.node(branch, "eq", of, condition), v(branch.args["true"])]
    default = part.args.get("default")
    return v.node(part, "when", *args, v(default) if default else None)


@says(exp.If)
def _if(v: Values, part: exp.If) -> Node:
    v.only(part, "this", "true", "false")
    other = part.args.get("false")
    return v.node(part, "when", v(part.this), v(part.args["true"]), v(other) if other else None)


@says(exp.Coalesce)
def _coalesce(v: Values, part: exp.Coalesce) -> Node:
    v.only(part, "this", "expressions", "is_nvl", "is_null")
    return v.node(part, "coalesce", *map(v, (part.this, *part.expressions)))


@says(exp.Nullif)
def _nullif(v: Values, part: exp.Nullif) -> Node:
    v.only(part, "this", "expression")
    of = v(part.this)
    return v.node(part, "when", v.node(part, "eq", of, v(part.expression)), None, of)


@says(exp.Greatest, exp.Least)
def _extreme(v: Values, part: Any) -> Node:
    v.only(part, "this", "expressions", "ignore_nulls")
    nodes = [v(item) for item in (part.this, *part.expressions)]
    made = nodes[0]
    for node in nodes[1:]:
        better = v.node(part, "ge" if isinstance(part, exp.Greatest) else "le", made, node)
        if part.args.get("ignore_nulls"):
            made = v.node(part, "when", v.node(part, "or", better, v.node(part, "is_null", node)), made, node)
        else:
            absent = v.node(part, "or", v.node(part, "is_null", made), v.node(part, "is_null", node))
            made = v.node(part, "when", absent, None, better, made, node)
    return made


# Casts, by the rules of SPEC.md.


@says(exp.Cast, exp.TryCast)
def _cast(v: Values, part: exp.Cast) -> Node:
    v.only(part, "this", "to", "safe")
    lenient = isinstance(part, exp.TryCast)
    to = type_name(v, part.args["to"])
    of = v(part.this)
    if to == "string":
        of = v.node(part, "of_type", of, kinds=["bool", "date", "integer", "text"], instead=_TEXT)
    elif lenient and "int" in to:
        of = v.node(part, "of_type", of, kinds=["bool", "integer", "text"], instead=_WHOLE)
    return v.node(part, "cast", of, to=to, malformed="null" if lenient else None)


_TEXT = "SQL's dialects spell it each in its own way; .cast('string') on the table spells it as SPEC.md says"
_WHOLE = "SQL rounds it; write cast(floor(x) AS ...) or cast(round(x) AS ...)"
_TYPES = {
    "BOOLEAN": "bool", "TINYINT": "int8", "SMALLINT": "int16", "INT": "int32", "BIGINT": "int64", "UTINYINT": "uint8", "USMALLINT": "uint16",
    "UINT": "uint32", "UBIGINT": "uint64", "FLOAT": "float32", "DOUBLE": "float64", "TEXT": "string", "VARCHAR": "string", "DATE": "date",
    "TIMESTAMP": "timestamp", "TIMESTAMPNTZ": "timestamp", "DATETIME": "timestamp",
    "BINARY": "binary", "VARBINARY": "binary",
}  # fmt: skip


def type_name(v: Values, to: exp.DataType) -> str:
    """The spelling of a SQL type here."""
    kind = to.this.name if hasattr(to.this, "name") else str(to.this)
    params = [int(p.this.this) for p in to.expressions if isinstance(p, exp.DataTypeParam) and p.this.is_int]
    if kind == "DECIMAL" and len(params) == len(to.expressions):
        digits, scale = (*params, 0)[:2] if params else (18, 3)
        return f"decimal({digits}, {scale})"
    if kind not in _TYPES or to.expressions:
        raise v.text.refuse(to, f"fp.sql does not cast to {v.text.said(to)}", f"types: {', '.join(sorted(_TYPES))}, DECIMAL(p, s)")
    return _TYPES[kind]
