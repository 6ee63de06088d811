"""binarize: whether numbers are above a threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.ops.present import missing_mask, missing_test
from featureprep.expr.params import number
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import build, values_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.numeric._numbers import numbers


def binarize(column: str | Expr, threshold: float = 0.0, *, missing: Any = "keep") -> Expr:
    """1 for a number above the threshold, 0 for one at or below it.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    threshold : float
        Finite.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" makes both null.

    Returns
    -------
    Expr
        int8.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of numbers.

    Notes
    -----
    Nothing is learned from the data: an empty, constant or all-null column is nothing special. inf is above every threshold, -inf below.
    Integers beyond 2**53 are compared as their nearest doubles. There are no unknown values, and nothing is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.Binarizer`; Spark ML, `Binarizer`.

    Examples
    --------
    >>> binarize("capital_gain")
    binarize(capital_gain, threshold=0.0)
    """
    return apply("binarize", as_column("binarize", column, missing), threshold=threshold)


@register
class Binarize(Op):
    """1 above the threshold, else 0."""

    name = "binarize"
    limits = {"threshold": number()}

    def bind(self, call: Call) -> Signature:
        return Signature(pa.int8(), numbers(call), nullable=True)

    def size(self, call: Call) -> int | None:
        return 2

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        above = values_of(args[0]) > float(call.params["threshold"])
        return build(above.astype(np.int8), pa.int8(), ~missing_mask(args[0]))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x,), out = args, code.new()
        code.emit(f"{out} = None if {missing_test(x)} else 1 if {x} > {code.const(float(call.params['threshold']))} else 0")
        return out
