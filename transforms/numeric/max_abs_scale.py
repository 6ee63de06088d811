"""max_abs_scale: numbers divided by the largest magnitude."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.expr.expression import Expr
from featureprep.expr.op import Call, register
from featureprep.expr.row import RowCode
from featureprep.transforms.numeric._scaling import By, Scaling, ScalingBy, scale


def max_abs_scale(column: str | Expr, *, by: By | None = None, unknown: str | None = None, missing: Any = "keep") -> Expr:
    """x / max|x|, with the largest magnitude of the fitted rows, of all of them or of those of the row's key. Zero stays zero.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    by : str, Expr, or list of these, optional
        The key: single values of any type. The largest magnitude is then learned for each key.
    unknown : {"null", "error", "quarantine", "overall"}, optional
        With `by`, for a value whose key had no finite value in the fit: null (the default), a rejected row, or the largest magnitude
        of all fitted rows. A missing value is none that is unknown.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN. A number is put in before the fit and takes part in it. A null or NaN in the
        key gives null, or rejects the row with "error" and "quarantine"; to make it a key of its own, give it a value:
        `by=impute("shop", "constant", value="none")`.

    Returns
    -------
    Expr
        float64, in [-1, 1] for the fitted rows. Later values can come out outside it: they are not clipped.

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
    Null, NaN and infinities take no part in the fit; an infinity stays one. Where all finite values are 0, or there are none (no rows, all
    null), the values come out as they are; a key with none is unknown. A constant column becomes 1.0 or -1.0. Without `by` there are
    no unknown values; nothing here is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.MaxAbsScaler`; Spark ML, `MaxAbsScaler`.

    Examples
    --------
    >>> max_abs_scale("balance")
    max_abs_scale(balance)
    """
    return scale("max_abs_scale", column, by, unknown, missing)


@register
class MaxAbsScale(Scaling):
    """x / max. Constant: max, the largest magnitude (never 0)."""

    name = "max_abs_scale"
    constants = ("max",)

    def learn(self, call: Call, summary: Any) -> dict[str, float]:
        return {"max": max(-(summary.min or 0.0), summary.max or 0.0) or 1.0}

    def scaled(self, call: Call, x: pa.Array, *constants: Any) -> pa.Array:
        return pc.divide(x, constants[0])

    def spelled(self, call: Call, code: RowCode, x: str, *constants: str) -> str:
        return f"{x} / {constants[0]}"


@register
class MaxAbsScaleBy(ScalingBy, MaxAbsScale):
    """The same by key."""

    name = "max_abs_scale_by"
    called = "max_abs_scale"
