"""min_max_scale: numbers moved into a given range."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr
from featureprep.expr.node import Node
from featureprep.expr.op import Call, register
from featureprep.expr.params import number
from featureprep.expr.row import RowCode
from featureprep.transforms.numeric._scaling import By, Scaling, ScalingBy, scale, times, times_row


def min_max_scale(
    column: str | Expr, *, low: float = 0.0, high: float = 1.0, by: By | None = None, unknown: str | None = None, missing: Any = "keep"
) -> Expr:
    """(x - min) / (max - min) * (high - low) + low, with the smallest and largest of the fitted values, of all or of the row's key.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    low, high : float
        What the smallest and the largest value become; `low` < `high`, and their difference is finite.
    by : str, Expr, or list of these, optional
        The key: single values of any type. Smallest and largest value are then learned for each key.
    unknown : {"null", "error", "quarantine", "overall"}, optional
        With `by`, for a value whose key had no finite value in the fit: null (the default), a rejected row, or the smallest and largest
        value of all fitted rows. A missing value is none that is unknown.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN. A number is put in before the fit and takes part in it. A null or NaN in the
        key gives null, or rejects the row with "error" and "quarantine"; to make it a key of its own, give it a value:
        `by=impute("shop", "constant", value="none")`.

    Returns
    -------
    Expr
        float64, in [low, high] for the fitted rows (up to rounding). Later values outside [min, max] come out outside it: they are
        not clipped; `min_max_scale("x").clip(0, 1)` does that.

    Raises
    ------
    ArgumentError
        When `low` is not below `high`, an argument is outside its limits, or `unknown` is given without `by`.
    TypeMismatchError
        At bind time, for a column that is not of numbers, and for a key of lists or structs.
    RequestError
        At the fit, for more than 1,000,000 keys.

    Notes
    -----
    Null, NaN and infinities take no part in the fit; an infinity stays one. Where all finite values are equal, max - min is taken as 1, so that
    the constant becomes `low` (as scikit-learn does). Where there are none (no rows, all null), min is taken as 0 and max as 1;
    a key with none is unknown. Where max - min exceeds the doubles, value, min and max are halved first. Without `by` there are no
    unknown values; nothing here is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.MinMaxScaler`; tf.Transform, `tft.scale_by_min_max` and `tft.scale_by_min_max_per_key`.

    Examples
    --------
    >>> min_max_scale("age", low=-1.0)
    min_max_scale(age, high=1.0, low=-1.0)
    """
    return scale("min_max_scale", column, by, unknown, missing, low=low, high=high)


@register
class MinMaxScale(Scaling):
    """(x * factor - min) / span * (high - low) + low. Constants: factor (1, or 0.5 where the span overflows), min, span, both times factor."""

    name = "min_max_scale"
    limits = {"low": number(), "high": number()}
    constants = ("factor", "min", "span")

    def check(self, node: Node) -> None:
        super().check(node)
        low, high = float(node.params["low"]), float(node.params["high"])
        if not low < high:
            raise ArgumentError.of("high", "min_max_scale", f"more than low, which is {low!r}", high, where=node.site)
        if math.isinf(high - low):
            raise ArgumentError.of("high", "min_max_scale", f"a finite distance above low, which is {low!r}", high, where=node.site)

    def learn(self, call: Call, summary: Any) -> dict[str, float]:
        low, high = (0.0, 1.0) if summary.n == 0 else (summary.min, summary.max)
        factor = 0.5 if math.isinf(high - low) else 1.0
        return {"factor": factor, "min": low * factor, "span": (high * factor - low * factor) or 1.0}

    def scaled(self, call: Call, x: pa.Array, *constants: Any) -> pa.Array:
        factor, low, span = constants
        width, base = _range(call)
        return pc.add(pc.multiply(pc.divide(pc.subtract(times(x, factor), low), span), width), base)

    def spelled(self, call: Call, code: RowCode, x: str, *constants: str) -> str:
        factor, low, span = constants
        width, base = (code.const(value) for value in _range(call))
        return f"({times_row(code, x, factor)} - {low}) / {span} * {width} + {base}"


@register
class MinMaxScaleBy(ScalingBy, MinMaxScale):
    """The same by key."""

    name = "min_max_scale_by"
    called = "min_max_scale"
    limits = {**MinMaxScale.limits, **ScalingBy.limits}


def _range(call: Call) -> tuple[float, float]:
    low, high = float(call.params["low"]), float(call.params["high"])
    return high - low, low
