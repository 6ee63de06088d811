"""Arithmetic of SQL. Where its results are others than an expression's of the same name, they are put together here.

`/`: IEEE 754 in DuckDB, as here. Where a dialect makes whole numbers of whole numbers, or fails or gives null by zero, that is said.
`%` and `//` round towards zero in SQL and down here. ROUND takes halves away from zero in SQL and to even here.
"""

from __future__ import annotations

from sqlglot import exp

from featureprep.expr.literal import literal
from featureprep.expr.node import Node
from featureprep.query.times import shifted
from featureprep.query.values import NAMED, Values, binary, renames, says

EXACT = 2.0**52
"""From here on a float64 has no decimals."""


@says(exp.Add, exp.Sub)
def _sum(v: Values, part: exp.Binary) -> Node:
    if isinstance(part.expression, exp.Interval):
        v.only(part, "this", "expression")
        return shifted(v, part, part.this, part.expression, back=isinstance(part, exp.Sub))
    return binary(v, part)


@says(exp.Neg)
def _neg(v: Values, part: exp.Neg) -> Node:
    v.only(part, "this")
    of = v(part.this)
    value = of.params.get("value") if of.op == "lit" else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return literal(-value, v.text.place(part))
    return v.node(part, "neg", of)


@says(exp.Div)
def _div(v: Values, part: exp.Div) -> Node:
    v.only(part, "this", "expression", "typed", "safe")
    a, b = v(part.this), v(part.expression)
    if part.args.get("typed") and not (_is_float(a) or _is_float(b)):
        hint = "write cast(a AS double precision) / b; or dialect='duckdb', where / divides as here"
        raise v.text.refuse(part, f"in {v.text.dialect}, / of two integers gives an integer, and no types are known here", hint)
    quotient = v.node(part, "div", a, b)
    if v.text.dialect == "duckdb":
        return quotient
    zero = v.node(part, "eq", b, 0)
    if part.args.get("safe") or v.text.dialect == "spark":
        return v.node(part, "when", zero, None, quotient)
    return v.node(part, "when", zero, v.node(part, "div", v.node(part, "mul", a, 0.0), 0.0), quotient)  # 0/0: malformed


def _is_float(node: Node) -> bool:
    """Whether it is a float whatever the columns are."""
    if node.op == "lit":
        return isinstance(node.params["value"], float)
    if node.op == "cast":
        return str(node.params["to"]) in ("float32", "float64")
    if node.op in ("add", "sub", "mul"):
        return any(map(_is_float, node.args))
    return node.op in ("div", "sqrt", "log", "exp", "power", "floor", "ceil", "sin", "cos")


@says(exp.IntDiv)
def _whole(v: Values, part: exp.IntDiv) -> Node:
    v.only(part, "this", "expression")
    a, b = v(part.this), v(part.expression)
    down = v.node(part, "floordiv", a, b)
    return v.node(part, "when", _rounds(v, part, a, b), v.node(part, "add", down, 1), down)


@says(exp.Mod)
def _mod(v: Values, part: exp.Mod) -> Node:
    v.only(part, "this", "expression")
    a, b = v(part.this), v(part.expression)
    rest = v.node(part, "mod", a, b)
    return v.node(part, "when", _rounds(v, part, a, b), v.node(part, "sub", rest, b), rest)


def _rounds(v: Values, part: exp.Expr, a: Node, b: Node) -> Node:
    """Whether rounding a / b down and towards zero differ."""
    signs = v.node(part, "ne", v.node(part, "lt", a, 0), v.node(part, "lt", b, 0))
    return v.node(part, "and", signs, v.node(part, "ne", v.node(part, "mod", a, b), 0))


@says(exp.Round)
def _round(v: Values, part: exp.Round) -> Node:
    v.only(part, "this", "decimals")
    digits = v.constant(part.args["decimals"], "the digits of round", int) if part.args.get("decimals") else 0
    if not -15 <= digits <= 15:
        raise v.text.refuse(part, f"round to {digits} digits is beyond -15 to 15")
    of = v.node(part, "cast", v(part.this), to="float64", malformed=None)
    factor = 10.0 ** abs(digits)
    scaled = of if digits == 0 else v.node(part, "mul" if digits > 0 else "div", of, factor)
    size = v.node(part, "abs", scaled)
    down = v.node(part, "floor", size)
    up = v.node(part, "ge", v.node(part, "sub", size, down), 0.5)
    whole = v.node(part, "when", up, v.node(part, "add", down, 1.0), down)
    signed = v.node(part, "when", v.node(part, "lt", scaled, 0.0), v.node(part, "neg", whole), whole)
    back = signed if digits == 0 else v.node(part, "div" if digits > 0 else "mul", signed, factor)
    return v.node(part, "when", v.node(part, "lt", size, EXACT), back, of)


def _round_even(v: Values, part: exp.Anonymous) -> Node:
    of, digits = _arguments(v, part, 2)
    return v.node(part, "round", v(of), digits=v.constant(digits, "the digits of round_even", int))


renames({exp.Abs: "abs", exp.Ceil: "ceil", exp.Cos: "cos", exp.Exp: "exp", exp.Floor: "floor", exp.IsNan: "is_nan", exp.Ln: "log",
         exp.Sin: "sin", exp.Sqrt: "sqrt"})  # fmt: skip


@says(exp.Pow)
def _pow(v: Values, part: exp.Pow) -> Node:
    v.only(part, "this", "expression")
    power = v.constant(part.expression, "the exponent", int)
    return v.node(part, "power", v(part.this), power=power)


def _arguments(v: Values, part: exp.Anonymous, count: int) -> list[exp.Expr]:
    if len(part.expressions) != count:
        raise v.text.refuse(part, f"{part.name} takes {count} arguments, not {len(part.expressions)}")
    return list(part.expressions)


@says(exp.Anonymous)
def _named(v: Values, part: exp.Anonymous) -> Node:
    rule = NAMED.get(part.name.lower())
    if rule is None or v.text.dialect != "duckdb":
        raise v.unknown(part)
    return rule(v, part)


NAMED["round_even"] = _round_even
