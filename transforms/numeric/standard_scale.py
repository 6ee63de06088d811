"""standard_scale: numbers with mean 0 and standard deviation 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.moments import Moments
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.numeric._numbers import F64, numbers


def standard_scale(column: str | Expr, *, missing: Any = "keep") -> Expr:
    """(x - mean) / std, with the mean and population standard deviation (ddof 0) of the fitted rows.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN. A number is put in before the fit and takes part in it.

    Returns
    -------
    Expr
        float64, in standard deviations from the mean.

    Raises
    ------
    ArgumentError
        When `column` is neither a name nor an expression, or `missing` cannot be stored.
    TypeMismatchError
        At bind time, for a column that is not of numbers.

    Notes
    -----
    Mean and standard deviation are those of the finite values, each computed exactly and rounded once; null, NaN and infinities take no part.
    Where all finite values are equal the standard deviation is taken as 1, so that the constant becomes 0.0 (as scikit-learn does).
    Where there are none (no rows, all null) the mean is taken as 0 and the standard deviation as 1: the values come out as they are.
    An infinity stays one. There are no unknown values, and nothing here is malformed: no NaN is made.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.StandardScaler`; tf.Transform, `tft.scale_to_z_score`.

    Examples
    --------
    >>> standard_scale("age")
    standard_scale(age)
    """
    return apply("standard_scale", as_column("standard_scale", column, missing))


@register
class StandardScale(Op):
    """(x - mean) / std. Constants: mean, std (never 0)."""

    name = "standard_scale"

    def bind(self, call: Call) -> Signature:
        return Signature(F64, numbers(call))

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"moments": FoldRequest(Moments())}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        moments = results["moments"]
        return {"mean": moments.mean or 0.0, "std": moments.std or 1.0}

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        constants = call.fitted
        return pc.divide(pc.subtract(args[0], constants["mean"]), constants["std"])

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        mean, std = (code.const(call.fitted[name]) for name in ("mean", "std"))
        return code.strict(args, f"({args[0]} - {mean}) / {std}")
