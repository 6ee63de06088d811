"""Functions of one float (log, exp, sqrt, ...) and rounding."""

from __future__ import annotations

import pyarrow as pa

from featureprep.expr.misfit import wrong_type
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import MALFORMED, integer
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels import ieee, rounding
from featureprep.types import is_integer, is_numeric

F64 = pa.float64()


def _number(call: Call) -> pa.DataType:
    dtype = call.in_types[0]
    if not is_numeric(dtype) and dtype != pa.null():
        raise wrong_type(call.node.op, "numbers", dtype)
    return dtype


class _Function(Op):
    """IEEE 754 results; NaN out of a number in is malformed."""

    makes_nan = True
    limits = {"malformed": MALFORMED}

    def bind(self, call: Call) -> Signature:
        _number(call)
        return Signature(F64, (F64,))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return ieee.FUNCTIONS[self.name].batch(args[0])

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return code.strict(args, f"{code.const(ieee.FUNCTIONS[self.name].row)}({args[0]})")


@register
class Log(_Function):
    """Natural logarithm."""

    name = "log"


@register
class Log1p(_Function):
    """log(1 + x)."""

    name = "log1p"


@register
class Exp(_Function):
    """e to the power of x."""

    name = "exp"
    limits = {}


@register
class Sqrt(_Function):
    """Square root."""

    name = "sqrt"


@register
class Sin(_Function):
    """Sine of radians."""

    name = "sin"


@register
class Cos(_Function):
    """Cosine of radians."""

    name = "cos"


@register
class Round(Op):
    """Rounded to `digits` decimals; integers stay integers."""

    name = "round"
    limits = {"digits": integer(-rounding.MAX_PLACES, rounding.MAX_PLACES)}
    kinds = ("malformed",)

    def bind(self, call: Call) -> Signature:
        dtype = _number(call)
        return Signature(dtype, (dtype,)) if is_integer(dtype) else Signature(F64, (F64,))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out, bad = rounding.round_batch(args[0], call.params["digits"])
        issues.add("malformed", bad)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        function = code.const(rounding.round_row(call.in_types[0], call.params["digits"]))
        return code.checked(call, args, f"{function}({args[0]})")


class _Whole(Op):
    def bind(self, call: Call) -> Signature:
        _number(call)
        return Signature(F64, (F64,))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out, _ = rounding.WHOLE[self.name][0](args[0])
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return code.strict(args, f"{code.const(rounding.WHOLE[self.name][1])}({args[0]})")


@register
class Floor(_Whole):
    """Rounded down, as float64."""

    name = "floor"


@register
class Ceil(_Whole):
    """Rounded up, as float64."""

    name = "ceil"
