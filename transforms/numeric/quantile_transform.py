"""quantile_transform: numbers by their place among the fitted ones, spread evenly or normally."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.params import integer, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.quantiles import Runs
from featureprep.kernels.arrays import build, to_rows, valid_of, values_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.numeric._normal import Floats, normal_quantile, normal_quantiles
from featureprep.transforms.numeric._numbers import F64, numbers

_LEAST: Final = 1e-7 - 2.0**-52
_MOST: Final = 1.0 - _LEAST


def quantile_transform(column: str | Expr, n_quantiles: int = 1000, *, output: str = "uniform", missing: Any = "keep") -> Expr:
    """The part of the fitted values that lie below a value, from 0 to 1, or the normal quantile of this part.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    n_quantiles : int, 2 to 100000
        How many quantiles, at equal distances from 0 to 1, the distribution is known by; as many as there are finite values at most.
    output : {"uniform", "normal"}
        "normal": mean 0 and standard deviation 1; parts are held within 1e-7 of 0 and 1, so results within 5.2 of 0.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN. A number is put in before the fit and takes part in it.

    Returns
    -------
    Expr
        float64.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of numbers.

    Notes
    -----
    Quantiles are exact, of type 7, of all finite values (no sample); null, NaN and infinities take no part. Between two quantiles the part is
    found by linear interpolation. A value that several quantiles equal gets the middle of their parts; the smallest gets 0 and the largest
    1 however often they occur, as do values beyond them, infinities too. In a constant column the constant is the smallest. Where there
    are no finite values (no rows, all null) every number becomes null. There are no unknown values, and nothing here is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.QuantileTransformer(subsample=None)`, which with "normal" also takes values within 1e-7 of the
    smallest or largest for it, whatever their unit. Normal quantiles: Wichura (1988), AS 241.

    Examples
    --------
    >>> quantile_transform("income", output="normal")
    quantile_transform(income, n_quantiles=1000, output='normal')
    """
    return apply("quantile_transform", as_column("quantile_transform", column, missing), n_quantiles=n_quantiles, output=output)


@register
class QuantileTransform(Op):
    """Interpolation between known places.

    Constants: factor (1, or 0.5 where the largest distance overflows), values, the different quantiles times factor, and of each its
    first and last part, low and high.
    """

    name = "quantile_transform"
    limits = {"n_quantiles": integer(2, 100_000), "output": one_of("uniform", "normal")}

    def bind(self, call: Call) -> Signature:
        learnt = call.constants is not None and len(call.constants["values"]) > 0
        return Signature(F64, numbers(call), nullable=None if learnt else True)

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"runs": FoldRequest(Runs())}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        runs = results["runs"]
        size = min(call.params["n_quantiles"], runs.n)
        parts = np.array([i / (size - 1) if i else 0.0 for i in range(size)])
        values = np.maximum.accumulate(np.array(runs.quantiles(parts), np.float64))  # rounding can put two in the wrong order
        factor = 0.5 if size and math.isinf(float(values[-1]) - float(values[0])) else 1.0
        different, first, times = np.unique(values * factor, return_index=True, return_counts=True)
        arrays = {"values": different, "low": parts[first], "high": parts[first + times - 1]}
        return {"factor": factor, **{name: pa.array(array, F64) for name, array in arrays.items()}}

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        x, known = values_of(args[0]) * call.fitted["factor"], _Known(call)
        valid = valid_of(args[0])
        if len(known.values) == 0:
            nan = x != x
            return build(x, F64, nan if valid is None else nan & valid)
        k = np.searchsorted(known.values, x, side="right") - 1
        below, k = k < 0, np.maximum(k, 0)
        near = known.values[k]
        with np.errstate(invalid="ignore", over="ignore"):
            out = known.high[k] + known.rise[k] * ((x - near) / known.width[k])
        out = np.where(x == near, known.at[k], np.where(k == len(known.values) - 1, 1.0, out))
        out[below] = 0.0
        out[x != x] = np.nan
        if call.params["output"] == "normal":
            out = normal_quantiles(np.minimum(np.maximum(out, _LEAST), _MOST))
        return build(out, F64, valid)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return code.strict(args, f"{code.const(_of_one(call))}({args[0]})")


class _Known:
    """The constants, made ready: arrays of one each value."""

    def __init__(self, call: Call) -> None:
        self.values, low, self.high = (values_of(call.fitted[name]) for name in ("values", "low", "high"))
        self.at: Floats = 0.5 * (low + self.high)
        self.at[-1:] = 1.0
        self.at[:1] = 0.0
        self.rise: Floats = np.append(low[1:] - self.high[:-1], 0.0)
        self.width: Floats = np.append(np.diff(self.values), 1.0)


def _of_one(call: Call) -> Callable[[float], float | None]:
    """The function of one number."""
    known, factor, normal = _Known(call), call.fitted["factor"], call.params["output"] == "normal"
    values, at, high, rise, width = (to_rows(pa.array(a)) for a in (known.values, known.at, known.high, known.rise, known.width))
    last = len(values) - 1

    def place(x: float) -> float | None:
        x *= factor
        if x != x or last < 0:
            return x if x != x else None
        k = bisect_right(values, x) - 1
        if k < 0:
            part = 0.0
        elif x == values[k]:
            part = at[k]
        else:
            part = 1.0 if k == last else high[k] + rise[k] * ((x - values[k]) / width[k])
        return normal_quantile(min(max(part, _LEAST), _MOST)) if normal else part

    return place
