"""+ - * / // % ** and the sign. Integers are checked: overflow and division of integers by zero with // and % are malformed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.misfit import spoken, wrong_type
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import NONE, integer, number
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels import ieee, integers
from featureprep.types import format_type, is_integer, is_numeric

F64 = pa.float64()


def _numbers(call: Call) -> None:
    for dtype in call.in_types:
        if not is_numeric(dtype) and dtype != pa.null():
            raise wrong_type(call.node.op, "numbers", dtype)


def _all_integers(types: tuple[pa.DataType, ...]) -> bool:
    return all(is_integer(t) for t in types)


class _Arithmetic(Op):
    """Two integers give an integer, anything else float64."""

    arity = (2, 2)
    kinds = ("malformed",)
    makes_nan = True
    symbol: ClassVar[str]
    kernel: ClassVar[Callable[[pa.Array, pa.Array], pa.Array]]

    def bind(self, call: Call) -> Signature:
        _numbers(call)
        if _all_integers(call.in_types):
            return Signature(integers.result_type(self.name, *call.in_types))
        return Signature(F64, (F64, F64))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        if call.out_type == F64:
            return self.kernel(*args)
        out, bad = integers.binary_batch(self.name, *args)
        issues.add("malformed", bad)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        a, b = args
        if call.out_type == F64:
            return code.strict(args, f"{a} {self.symbol} {b}")
        function = code.const(integers.ROWS2[self.name](*call.in_types))
        return code.checked(call, args, f"{function}({a}, {b})")


@register
class Add(_Arithmetic):
    """Sum."""

    name = "add"
    symbol = "+"
    kernel = staticmethod(pc.add)


@register
class Sub(_Arithmetic):
    """Difference."""

    name = "sub"
    symbol = "-"
    kernel = staticmethod(pc.subtract)


@register
class Mul(_Arithmetic):
    """Product."""

    name = "mul"
    symbol = "*"
    kernel = staticmethod(pc.multiply)


class _Whole(Op):
    """Of integers only."""

    arity = (2, 2)
    kinds = ("malformed",)

    def bind(self, call: Call) -> Signature:
        if not _all_integers(call.in_types):
            shown = ", ".join(format_type(t) for t in call.in_types)
            raise TypeMismatchError(f"{spoken(self.name)} takes integers, not {shown}", hint="use / and .floor() for floats")
        return Signature(integers.result_type(self.name, *call.in_types))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out, bad = integers.binary_batch(self.name, *args)
        issues.add("malformed", bad)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        function = code.const(integers.ROWS2[self.name](*call.in_types))
        return code.checked(call, args, f"{function}({args[0]}, {args[1]})")


@register
class FloorDiv(_Whole):
    """Quotient rounded down; by zero malformed."""

    name = "floordiv"


@register
class Mod(_Whole):
    """Remainder with the divisor's sign; by zero malformed."""

    name = "mod"


@register
class Div(Op):
    """True division in float64: x/0 is a signed infinity, 0/0 malformed."""

    name = "div"
    arity = (2, 2)
    makes_nan = True

    def bind(self, call: Call) -> Signature:
        _numbers(call)
        return Signature(F64, (F64, F64))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return ieee.FUNCTIONS["div"].batch(*args)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        a, b = args
        divide = code.const(ieee.div)
        if call.args[1].op == "lit" and call.args[1].params["value"]:
            return code.strict(args, f"{a} / {b}")  # the divisor is known not to be zero
        return code.strict(args, f"{a} / {b} if {b} else {divide}({a}, {b})")


@register
class Power(Op):
    """x to a whole power 0..16, as products from left to right in float64."""

    name = "power"
    limits = {"power": integer(0, integers.MAX_POWER)}
    makes_nan = True

    def bind(self, call: Call) -> Signature:
        _numbers(call)
        return Signature(F64, (F64,))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out, _ = integers.power_batch(args[0], call.params["power"])
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return code.strict(args, f"{code.const(integers.power_row(call.params['power']))}({args[0]})")


class _Sign(Op):
    kinds = ("malformed",)

    def bind(self, call: Call) -> Signature:
        _numbers(call)
        if _all_integers(call.in_types):
            return Signature(integers.result_type(self.name, *call.in_types))
        return Signature(F64, (F64,))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        if call.out_type == F64:
            return pc.negate(args[0]) if self.name == "neg" else pc.abs(args[0])
        out, bad = integers.unary_batch(self.name, args[0])
        issues.add("malformed", bad)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x,) = args
        if call.out_type == F64:
            return code.strict(args, f"-{x}" if self.name == "neg" else f"abs({x})")
        return code.checked(call, args, f"{code.const(integers.unary_row(self.name, call.in_types[0]))}({x})")


@register
class Neg(_Sign):
    """Minus x."""

    name = "neg"


@register
class Abs(_Sign):
    """Absolute value."""

    name = "abs"


@register
class Clip(Op):
    """Values below `low` become `low`, above `high` become `high`. NaN stays. Integers with integer bounds stay integers."""

    name = "clip"
    limits = {"low": number() | NONE, "high": number() | NONE}

    def bind(self, call: Call) -> Signature:
        _numbers(call)
        bounds = [b for b in (call.params["low"], call.params["high"]) if b is not None]
        if len(bounds) == 2 and bounds[0] > bounds[1]:
            raise ArgumentError(f"clip has low {bounds[0]} above high {bounds[1]}")
        if is_integer(call.in_types[0]) and all(isinstance(b, int) for b in bounds):
            whole = pa.uint64() if call.in_types[0] == pa.uint64() else pa.int64()
            low, high = integers.limits(whole)
            if (call.params["low"] is not None and call.params["low"] > high) or (
                call.params["high"] is not None and call.params["high"] < low
            ):
                raise ArgumentError(f"clip's bounds {bounds} leave no {format_type(whole)}")
            return Signature(whole, (whole,))
        return Signature(F64, (F64,))

    def _bounds(self, call: Call) -> list[tuple[str, int | float]]:
        given = [(sign, call.params[name]) for name, sign in (("low", "<"), ("high", ">")) if call.params[name] is not None]
        if not is_integer(call.out_type):
            return [(sign, float(bound)) for sign, bound in given]
        low, high = integers.limits(call.out_type)
        return [(sign, int(bound)) for sign, bound in given if low <= bound <= high]  # bounds beyond the type change nothing

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        x = args[0]
        for sign, bound in self._bounds(call):
            edge = pa.scalar(bound, call.out_type)
            x = pc.if_else(pc.less(x, edge) if sign == "<" else pc.greater(x, edge), edge, x)
        return x

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x,) = args
        expression = x.name
        for sign, bound in reversed(self._bounds(call)):
            edge = code.const(bound)
            expression = f"{edge} if {x} {sign} {edge} else {expression}"
        return code.strict(args, expression)
