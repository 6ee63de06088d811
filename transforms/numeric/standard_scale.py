"""standard_scale: numbers with mean 0 and standard deviation 1."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.expr.expression import Expr
from featureprep.expr.op import Call, register
from featureprep.expr.row import RowCode
from featureprep.transforms.numeric._scaling import By, Scaling, ScalingBy, scale


def standard_scale(column: str | Expr, *, by: By | None = None, unknown: str | None = None, missing: Any = "keep") -> Expr:
    """(x - mean) / std, with the mean and population standard deviation (ddof 0) of the fitted rows, all of them or those of the row's key.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    by : str, Expr, or list of these, optional
        The key: single values of any type. Mean and standard deviation are then learned for each key.
    unknown : {"null", "error", "quarantine", "overall"}, optional
        With `by`, for a value whose key had no finite value in the fit: null (the default), a rejected row, or the mean and standard
        deviation of all fitted rows. A missing value is none that is unknown.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN. A number is put in before the fit and takes part in it. A null or NaN in the
        key gives null, or rejects the row with "error" and "quarantine"; to make it a key of its own, give it a value:
        `by=impute("shop", "constant", value="none")`.

    Returns
    -------
    Expr
        float64, in standard deviations from the mean.

    Raises
    ------
    ArgumentError
        When `column` is neither a name nor an expression, `missing` cannot be stored, or `unknown` is given without `by`.
    TypeMismatchError
        At bind time, for a column that is not of numbers, and for a key of lists or structs.
    RequestError
        At the fit, for more than 1,000,000 keys.

    Notes
    -----
    Mean and standard deviation are those of the finite values, each computed exactly and rounded once; null, NaN and infinities take no part.
    Where all finite values are equal the standard deviation is taken as 1, so that the constant becomes 0.0 (as scikit-learn does).
    Where there are none (no rows, all null) the mean is taken as 0 and the standard deviation as 1: the values come out as they are;
    a key with none is unknown. An infinity stays one. Without `by` there are no unknown values; nothing here is malformed: no NaN is made.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.StandardScaler`; tf.Transform, `tft.scale_to_z_score` and `tft.scale_to_z_score_per_key`.

    Examples
    --------
    >>> standard_scale("age")
    standard_scale(age)
    >>> standard_scale("fare", by=["company", "weekday"])
    standard_scale_by(fare, company, weekday, unknown='null')
    """
    return scale("standard_scale", column, by, unknown, missing)


@register
class StandardScale(Scaling):
    """(x - mean) / std. Constants: mean, std (never 0)."""

    name = "standard_scale"
    constants = ("mean", "std")

    def learn(self, call: Call, summary: Any) -> dict[str, float]:
        return {"mean": summary.mean or 0.0, "std": summary.std or 1.0}

    def scaled(self, call: Call, x: pa.Array, *constants: Any) -> pa.Array:
        mean, std = constants
        return pc.divide(pc.subtract(x, mean), std)

    def spelled(self, call: Call, code: RowCode, x: str, *constants: str) -> str:
        mean, std = constants
        return f"({x} - {mean}) / {std}"


@register
class StandardScaleBy(ScalingBy, StandardScale):
    """The same by key."""

    name = "standard_scale_by"
    called = "standard_scale"
