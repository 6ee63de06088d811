"""Functions of floats, with IEEE 754 results for every argument: `pyarrow.compute` in batch, `math` in row form, the same bits.

All take any numbers, compute in float64 and give float64. Out-of-domain arguments give NaN, poles and overflow an infinity;
nothing raises and nothing is bad: `made_nan` tells which NaN are new. All NaN count as one value, whatever their bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.kernels.arrays import values_of
from featureprep.kernels.result import Mask, some

_NAN, _INF = math.nan, math.inf


def div(a: float, b: float) -> float:
    """a / b of the two as float64; x/0 is a signed infinity, 0/0 NaN."""
    try:
        return float(a) / float(b)
    except ZeroDivisionError:
        return _NAN if a != a or a == 0 else math.copysign(_INF, a) * math.copysign(1.0, b)


def log(x: float) -> float:
    """Natural logarithm; -inf at 0, NaN below."""
    return math.log(x) if x > 0.0 else (-_INF if x == 0.0 else _NAN)


def log2(x: float) -> float:
    """Logarithm to base 2; -inf at 0, NaN below."""
    return math.log2(float(x)) if x > 0.0 else (-_INF if x == 0.0 else _NAN)


def log10(x: float) -> float:
    """Logarithm to base 10; -inf at 0, NaN below."""
    return math.log10(float(x)) if x > 0.0 else (-_INF if x == 0.0 else _NAN)


def log1p(x: float) -> float:
    """log(1 + x); -inf at -1, NaN below."""
    return math.log1p(x) if x > -1.0 else (-_INF if x == -1.0 else _NAN)


def exp(x: float) -> float:
    """e**x; inf on overflow."""
    try:
        return math.exp(x)
    except OverflowError:
        return _INF


def expm1(x: float) -> float:
    """e**x - 1; inf on overflow."""
    try:
        return math.expm1(x)
    except OverflowError:
        return _INF


def sqrt(x: float) -> float:
    """Square root; NaN below 0, -0.0 at -0.0."""
    return math.sqrt(x) if x >= 0.0 else _NAN


def sinh(x: float) -> float:
    """Hyperbolic sine; signed infinity on overflow."""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(_INF, x)


def cosh(x: float) -> float:
    """Hyperbolic cosine; inf on overflow."""
    try:
        return math.cosh(x)
    except OverflowError:
        return _INF


def _within(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function`, with NaN outside its domain."""

    def inner(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return _NAN

    inner.__name__ = inner.__qualname__ = function.__name__
    inner.__doc__ = f"{function.__name__} of a number of radians or a ratio; NaN outside the domain."
    return inner


sin, cos, tan = _within(math.sin), _within(math.cos), _within(math.tan)
asin, acos = _within(math.asin), _within(math.acos)


def pow(x: float, y: float) -> float:  # noqa: A001
    """x**y by C's pow; NaN for a negative base with a fractional exponent, signed infinity at a pole or on overflow."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -_INF if x < 0 and _odd(y) else _INF
    except ValueError:
        if x == 0:
            return math.copysign(_INF, x) if _odd(y) else _INF
        return _NAN


def _odd(y: float) -> bool:
    return math.fabs(math.fmod(y, 2.0)) == 1.0


@dataclass(frozen=True)
class Function:
    """A function's two forms.

    Attributes
    ----------
    batch : callable
        Of `arity` equally long number arrays, giving a float64 array; null where an argument is null.
    row : callable
        Of `arity` numbers, giving a float.
    arity : int
        1 or 2.
    """

    batch: Callable[..., pa.Array]
    row: Callable[..., float]
    arity: int


def as_float64(array: pa.Array) -> pa.Array:
    """Numbers as float64, each rounded to nearest (integers beyond 2**53 too)."""
    return array if array.type == pa.float64() else pc.cast(array, pa.float64(), safe=False)


def _table() -> dict[str, Function]:
    def unary(kernel: Callable[[pa.Array], pa.Array], row: Callable[[float], float]) -> Function:
        return Function(lambda array: kernel(as_float64(array)), row, 1)

    def binary(kernel: Callable[[pa.Array, pa.Array], pa.Array], row: Callable[[float, float], float]) -> Function:
        return Function(lambda a, b: kernel(as_float64(a), as_float64(b)), row, 2)

    return {
        "div": binary(pc.divide, div),
        "pow": binary(pc.power, pow),
        "atan2": binary(pc.atan2, math.atan2),
        "log": unary(pc.ln, log),
        "log1p": unary(pc.log1p, log1p),
        "log2": unary(pc.log2, log2),
        "log10": unary(pc.log10, log10),
        "exp": unary(pc.exp, exp),
        "expm1": unary(pc.expm1, expm1),
        "sqrt": unary(pc.sqrt, sqrt),
        "sin": unary(pc.sin, sin),
        "cos": unary(pc.cos, cos),
        "tan": unary(pc.tan, tan),
        "asin": unary(pc.asin, asin),
        "acos": unary(pc.acos, acos),
        "atan": unary(pc.atan, math.atan),
        "sinh": unary(pc.sinh, sinh),
        "cosh": unary(pc.cosh, cosh),
        "tanh": unary(pc.tanh, math.tanh),
    }


FUNCTIONS = _table()
"""Every function here by name."""


def made_nan(result: pa.Array, *inputs: pa.Array) -> Mask | None:
    """Which cells of a float result are NaN though no input is NaN, shape (n,); None if none is."""
    out = values_of(result)
    new: Mask = out != out
    if result.null_count:
        new &= result.is_valid().to_numpy(zero_copy_only=False)
    for array in inputs:
        if new.any() and pa.types.is_floating(array.type):
            given = values_of(array)
            new &= given == given
    return some(new)
