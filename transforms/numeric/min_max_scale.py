"""min_max_scale: numbers moved into a given range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply
from featureprep.expr.node import Node
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.params import number
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.moments import Moments
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.numeric._numbers import F64, numbers


def min_max_scale(column: str | Expr, *, low: float = 0.0, high: float = 1.0, missing: Any = "keep") -> Expr:
    """(x - min) / (max - min) * (high - low) + low, with the smallest and largest value of the fitted rows.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    low, high : float
        What the smallest and the largest value become; `low` < `high`, and their difference is finite.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN. A number is put in before the fit and takes part in it.

    Returns
    -------
    Expr
        float64, in [low, high] for the fitted rows (up to rounding). Later values outside [min, max] come out outside it: they are
        not clipped; `min_max_scale("x").clip(0, 1)` does that.

    Raises
    ------
    ArgumentError
        When `low` is not below `high`, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of numbers.

    Notes
    -----
    Null, NaN and infinities take no part in the fit; an infinity stays one. Where all finite values are equal, max - min is taken as 1, so that
    the constant becomes `low` (as scikit-learn does). Where there are none (no rows, all null), min is taken as 0 and max as 1.
    Where max - min exceeds the doubles, value, min and max are halved first. There are no unknown values, and nothing here is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.MinMaxScaler`; tf.Transform, `tft.scale_by_min_max`.

    Examples
    --------
    >>> min_max_scale("age", low=-1.0)
    min_max_scale(age, high=1.0, low=-1.0)
    """
    return apply("min_max_scale", as_column("min_max_scale", column, missing), low=low, high=high)


@register
class MinMaxScale(Op):
    """(x * factor - min) / span * (high - low) + low. Constants: factor (1, or 0.5 where the span overflows), min, span, both times factor."""

    name = "min_max_scale"
    limits = {"low": number(), "high": number()}

    def check(self, node: Node) -> None:
        super().check(node)
        low, high = float(node.params["low"]), float(node.params["high"])
        if not low < high:
            raise ArgumentError.of("high", self.name, f"more than low, which is {low!r}", high, where=node.site)
        if math.isinf(high - low):
            raise ArgumentError.of("high", self.name, f"a finite distance above low, which is {low!r}", high, where=node.site)

    def bind(self, call: Call) -> Signature:
        return Signature(F64, numbers(call))

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"moments": FoldRequest(Moments())}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        moments = results["moments"]
        low, high = (0.0, 1.0) if moments.n == 0 else (moments.min, moments.max)
        factor = 0.5 if math.isinf(high - low) else 1.0
        return {"factor": factor, "min": low * factor, "span": (high * factor - low * factor) or 1.0}

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        factor, low, span, width, base = _constants(call)
        x = args[0] if factor == 1.0 else pc.multiply(args[0], factor)
        return pc.add(pc.multiply(pc.divide(pc.subtract(x, low), span), width), base)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        values = _constants(call)
        factor, low, span, width, base = (code.const(value) for value in values)
        x = args[0].name if values[0] == 1.0 else f"{args[0]} * {factor}"
        return code.strict(args, f"({x} - {low}) / {span} * {width} + {base}")


def _constants(call: Call) -> tuple[float, float, float, float, float]:
    low, high = float(call.params["low"]), float(call.params["high"])
    fitted = call.fitted
    return fitted["factor"], fitted["min"], fitted["span"], high - low, low
