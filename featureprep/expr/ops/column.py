"""Columns, literals and parameters: the leaves of an expression. The evaluator and the row compiler read them themselves."""

from __future__ import annotations

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.literal import scalar_of
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import ANY, NAME, NONE, TEXT
from featureprep.expr.row import RowCode, RowValue
from featureprep.types import parse_type


class _Leaf(Op):
    arity = (0, 0)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        raise RequestError(f"{self.name} has no kernel")

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        raise RequestError(f"{self.name} has no row code")


@register
class Col(_Leaf):
    """A column of the table. A cell that did not fit the column's type is malformed."""

    name = "col"
    limits = {"name": NAME}
    kinds = ("malformed",)

    def bind(self, call: Call) -> Signature:
        raise RequestError("a column is bound by its schema")


@register
class Lit(_Leaf):
    """A constant."""

    name = "lit"
    limits = {"value": ANY, "type": NAME}

    def bind(self, call: Call) -> Signature:
        dtype = parse_type(call.params["type"])
        try:
            scalar_of(call.node, dtype)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise RequestError(f"the literal {call.params['value']!r} is no {call.params['type']}: {error}") from error
        return Signature(dtype, nullable=call.params["value"] is None)


@register
class Param(_Leaf):
    """A parameter of the job; replaced by a literal when a run begins."""

    name = "param"
    limits = {"name": NAME, "type": TEXT, "default": ANY | NONE}

    def bind(self, call: Call) -> Signature:
        name = call.params["name"]
        raise RequestError(f"the parameter {name!r} was given no value", hint=f"pass --param {name}=..., or run(params={{{name!r}: ...}})")
