"""Checked integer arithmetic and exact comparison of numbers.

Result types: `add`, `mul`, `floordiv` and `mod` give uint64 where both operands are unsigned and one is uint64, else int64; `sub` and `neg` give int64;
`abs` gives uint64 for uint64, else int64. The result is the exact mathematical one, or bad where it does not fit. `floordiv` rounds down and
`mod` has the divisor's sign, as in Python; a divisor of 0 is bad.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.kernels.arrays import Vector, both_valid, build, build_checked, valid_of, values_of
from featureprep.kernels.result import BAD, Batch, Mask

Row1 = Callable[[Any], Any]
Row2 = Callable[[Any, Any], Any]

_UNSIGNED_RESULT = ("add", "mul", "floordiv", "mod")
_EXACT: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
}
_CHECKED = {"add": pc.add_checked, "sub": pc.subtract_checked, "mul": pc.multiply_checked}
MAX_POWER = 16


def limits(dtype: pa.DataType) -> tuple[int, int]:
    """Least and greatest value of an integer type."""
    unsigned = pa.types.is_unsigned_integer(dtype)
    return (0, 2**dtype.bit_width - 1) if unsigned else (-(2 ** (dtype.bit_width - 1)), 2 ** (dtype.bit_width - 1) - 1)


def result_type(name: str, *types: pa.DataType) -> pa.DataType:
    """The type of `add`, `sub`, `mul`, `floordiv`, `mod`, `neg` or `abs` of integers of these types."""
    if name == "abs":
        return pa.uint64() if types[0] == pa.uint64() else pa.int64()
    unsigned = name in _UNSIGNED_RESULT and all(pa.types.is_unsigned_integer(t) for t in types)
    return pa.uint64() if unsigned and pa.uint64() in types else pa.int64()


def binary_batch(name: str, a: pa.Array, b: pa.Array) -> Batch:
    """`add`, `sub`, `mul`, `floordiv` or `mod` of two equally long integer arrays."""
    out = result_type(name, a.type, b.type)
    foreign = out == pa.int64() and pa.uint64() in (a.type, b.type)
    if name in _CHECKED and not foreign:
        x, y = pc.cast(a, out), pc.cast(b, out)
        try:
            return _CHECKED[name](x, y), None
        except pa.ArrowInvalid:  # some cell overflows; find out which
            return _marked(name, x, y, out)
    if foreign:
        return _mixed(name, a, b)
    return _marked(name, pc.cast(a, out), pc.cast(b, out), out)


def _marked(name: str, a: pa.Array, b: pa.Array, out: pa.DataType) -> Batch:
    x, y, valid = values_of(a), values_of(b), both_valid(a, b)
    result, wrong = _WRAPPING[name](x, y)
    return build_checked(result, out, valid, wrong)


def _mixed(name: str, a: pa.Array, b: pa.Array) -> Batch:
    """uint64 with a signed operand, or a difference of uint64: cells beyond int64 go through Python's integers."""
    valid = both_valid(a, b)
    x, y = values_of(a), values_of(b)
    far = np.zeros(len(a), dtype=bool)
    for values in (x, y):
        if values.dtype == np.uint64:
            far |= values > np.uint64(2**63 - 1)
    result, wrong = _WRAPPING[name](x.astype(np.int64), y.astype(np.int64))
    if valid is not None:
        far &= valid
    row = ROWS2[name](a.type, b.type)
    for i in np.flatnonzero(far).tolist():
        value = row(int(x[i]), int(y[i]))
        wrong[i] = value is BAD
        result[i] = 0 if value is BAD else value
    return build_checked(result, pa.int64(), valid, wrong)


def _add(x: Vector, y: Vector) -> tuple[Vector, Mask]:
    r = x + y
    return r, (r < x) if r.dtype == np.uint64 else ((x ^ r) & (y ^ r)) < 0


def _sub(x: Vector, y: Vector) -> tuple[Vector, Mask]:
    r = x - y
    return r, ((x ^ y) & (x ^ r)) < 0


def _mul(x: Vector, y: Vector) -> tuple[Vector, Mask]:
    r = x * y
    estimate = np.abs(x.astype(np.float64) * y.astype(np.float64))
    top = 2.0**64 if r.dtype == np.uint64 else 2.0**63
    wrong: Mask = estimate > top
    low, high = (0, 2**64 - 1) if r.dtype == np.uint64 else (-(2**63), 2**63 - 1)
    for i in np.flatnonzero(np.abs(estimate / top - 1.0) < 1e-9).tolist():  # too close for the estimate to tell
        wrong[i] = not low <= int(x[i]) * int(y[i]) <= high
    return r, wrong


def _divmod(function: Callable[[Vector, Vector], Vector]) -> Callable[[Vector, Vector], tuple[Vector, Mask]]:
    def inner(x: Vector, y: Vector) -> tuple[Vector, Mask]:
        wrong: Mask = y == 0
        if x.dtype == np.int64:
            edge = (x == -(2**63)) & (y == -1)  # x // y does not fit, and x % y traps on some processors
            y = np.where(edge, 1, y)
            if function is np.floor_divide:
                wrong = wrong | edge
            else:
                x = np.where(edge, 0, x)
        return function(x, np.where(wrong, y.dtype.type(1), y)), wrong

    return inner


_WRAPPING: dict[str, Callable[[Vector, Vector], tuple[Vector, Mask]]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "floordiv": _divmod(np.floor_divide),
    "mod": _divmod(np.remainder),
}


def _row2(name: str) -> Callable[[pa.DataType, pa.DataType], Row2]:
    exact = _EXACT[name]

    def make(left: pa.DataType, right: pa.DataType) -> Row2:
        low, high = limits(result_type(name, left, right))

        def checked(a: int, b: int) -> Any:
            result = exact(a, b)
            return result if low <= result <= high else BAD

        def divided(a: int, b: int) -> Any:
            return BAD if b == 0 else checked(a, b)

        return divided if name in ("floordiv", "mod") else checked

    return make


ROWS2 = {name: _row2(name) for name in _EXACT}
"""By name: the row form of `binary_batch` for two operand types."""


def unary_batch(name: str, array: pa.Array) -> Batch:
    """`neg` or `abs` of an integer array."""
    out = result_type(name, array.type)
    x, valid = values_of(array), valid_of(array)
    if name == "abs" and x.dtype.kind == "u":
        return pc.cast(array, out), None
    if x.dtype == np.uint64:
        return build_checked(-x.astype(np.int64), out, valid, x > np.uint64(2**63))
    x = x.astype(np.int64)
    wrong = (x == -(2**63)) if array.type == pa.int64() else np.zeros(len(x), dtype=bool)
    return build_checked(-x if name == "neg" else np.abs(x), out, valid, wrong)


def unary_row(name: str, dtype: pa.DataType) -> Row1:
    """The row form of `unary_batch` for columns of a type."""
    low, high = limits(result_type(name, dtype))
    exact = operator.neg if name == "neg" else abs

    def checked(a: int) -> Any:
        result = exact(a)
        return result if low <= result <= high else BAD

    return checked


_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARE_ROW = _ORDERS
"""The row form of `compare`: Python compares integers and floats exactly."""


def compare(order: str, a: pa.Array, b: pa.Array) -> Batch:
    """Exact `<`, `<=`, `==`, `!=`, `>` or `>=` of two number arrays (integers, floats, any mix). NaN is unequal to all and in no order."""
    x, y = values_of(a), values_of(b)
    if x.dtype.kind == "f" and y.dtype.kind in "iu":
        out = _ORDERS[order](-_signs(y, x), 0) & ~np.isnan(x) if order != "!=" else (_signs(y, x) != 0) | np.isnan(x)
    elif x.dtype.kind in "iu" and y.dtype.kind == "f":
        out = _ORDERS[order](_signs(x, y), 0) & ~np.isnan(y) if order != "!=" else (_signs(x, y) != 0) | np.isnan(y)
    else:
        out = _ORDERS[order](x, y)  # NumPy compares int64 with uint64, and float32 with float64, exactly
    return build(out, pa.bool_(), both_valid(a, b)), None


def _signs(whole: Vector, real: Vector) -> Vector:
    """-1, 0 or 1 as an integer is below, equal to or above a float, shape (n,); anything where the float is NaN."""
    real = real.astype(np.float64)
    near = whole.astype(np.float64)  # rounding keeps the order, so only equal ones need a closer look
    signs = (near > real).astype(np.int8) - (near < real).astype(np.int8)
    tie = np.flatnonzero((signs == 0) & (np.abs(near) >= 2.0**53))
    if len(tie):
        exact = [(w > r) - (w < r) for w, r in zip(whole[tie].tolist(), real[tie].tolist(), strict=True)]
        signs[tie] = exact
    return signs


def check_power(n: int) -> int:
    """`n`, if it is an exponent that `power_batch` takes (0..16).

    Raises
    ------
    ArgumentError
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= MAX_POWER:
        raise ArgumentError.of("n", "an integer power", f"an integer from 0 to {MAX_POWER}", n)
    return n


def power_batch(array: pa.Array, n: int) -> Batch:
    """x**n of numbers as float64: ((x * x) * x) ..., left to right; x**0 is 1, of NaN too."""
    check_power(n)
    x = values_of(array).astype(np.float64)
    out = x if n else np.ones(len(x))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for _ in range(n - 1):
            out = out * x
    return build(out, pa.float64(), valid_of(array)), None


def power_row(n: int) -> Callable[[float], float]:
    """The row form of `power_batch`."""
    check_power(n)

    def power(x: float) -> float:
        x = float(x)
        out = x if n else 1.0
        for _ in range(n - 1):
            out *= x
        return out

    return power
