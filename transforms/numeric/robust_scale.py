"""robust_scale: numbers by their distance from the median, in units of the distance between two quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.expr.expression import Expr
from featureprep.expr.op import Call, register
from featureprep.expr.row import RowCode
from featureprep.transforms.numeric._numbers import QUANTILE_RANGE
from featureprep.transforms.numeric._scaling import By, Scaling, ScalingBy, scale, times, times_row


def robust_scale(
    column: str | Expr,
    *,
    quantile_range: tuple[float, float] = (0.25, 0.75),
    by: By | None = None,
    unknown: str | None = None,
    missing: Any = "keep",
) -> Expr:
    """(x - median) / (high quantile - low quantile), of the fitted rows, all of them or those of the row's key.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    quantile_range : (float, float)
        The low and the high quantile, ascending, in [0, 1] (not percent).
    by : str, Expr, or list of these, optional
        The key: single values of any type. The quantiles are then learned for each key.
    unknown : {"null", "error", "quarantine", "overall"}, optional
        With `by`, for a value whose key had no finite value in the fit: null (the default), a rejected row, or the quantiles of all
        fitted rows. A missing value is none that is unknown.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN. A number is put in before the fit and takes part in it. A null or NaN in the
        key gives null, or rejects the row with "error" and "quarantine"; to make it a key of its own, give it a value:
        `by=impute("shop", "constant", value="none")`.

    Returns
    -------
    Expr
        float64.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits, or `unknown` is given without `by`.
    TypeMismatchError
        At bind time, for a column that is not of numbers, and for a key of lists or structs.
    RequestError
        At the fit, for more than 1,000,000 keys.

    Notes
    -----
    Quantiles are exact and of type 7 (as NumPy's default), of the finite values; null, NaN and infinities take no part. Where the two
    quantiles are equal, as in a constant column, their distance is taken as 1 (as scikit-learn does, which does so under 2.2e-15 too). Where
    there are no finite values (no rows, all null) the values come out as they are; a key with none is unknown. An infinity stays one.
    Where the distance exceeds the doubles, all is halved first. Without `by` there are no unknown values; nothing here is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.RobustScaler`, with percents there. Quantiles: Hyndman and Fan (1996), type 7.

    Examples
    --------
    >>> robust_scale("income")
    robust_scale(income, quantile_range=[0.25, 0.75])
    """
    return scale("robust_scale", column, by, unknown, missing, quantile_range=quantile_range)


@register
class RobustScale(Scaling):
    """(x * factor - median) / range. Constants: factor (1, or 0.5 where the range overflows), median, range (never 0), both times factor."""

    name = "robust_scale"
    limits = {"quantile_range": QUANTILE_RANGE}
    constants = ("factor", "median", "range")

    def quantiles(self, call: Call) -> Sequence[float]:
        low, high = call.params["quantile_range"]
        return [low, 0.5, high]

    def learn(self, call: Call, summary: Any) -> dict[str, float]:
        low, median, high = (0.0 if value is None else value for value in summary)
        factor = 0.5 if math.isinf(high - low) else 1.0
        return {"factor": factor, "median": median * factor, "range": (high * factor - low * factor) or 1.0}

    def scaled(self, call: Call, x: pa.Array, *constants: Any) -> pa.Array:
        factor, median, width = constants
        return pc.divide(pc.subtract(times(x, factor), median), width)

    def spelled(self, call: Call, code: RowCode, x: str, *constants: str) -> str:
        factor, median, width = constants
        return f"({times_row(code, x, factor)} - {median}) / {width}"


@register
class RobustScaleBy(ScalingBy, RobustScale):
    """The same by key."""

    name = "robust_scale_by"
    called = "robust_scale"
    limits = {**RobustScale.limits, **ScalingBy.limits}
