"""clip_outliers: numbers kept within bounds learned from the data."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply
from featureprep.expr.node import Node
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.params import NONE, Limit, number, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.moments import Moments, rounded
from featureprep.folds.quantiles import Runs
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.numeric._numbers import F64, QUANTILE_RANGE, numbers

_FACTORS = {"iqr": 1.5, "z": 3.0}
_QUANTILES = (0.01, 0.99)


def clip_outliers(
    column: str | Expr,
    method: str = "iqr",
    *,
    factor: float | None = None,
    quantile_range: tuple[float, float] | None = None,
    missing: Any = "keep",
) -> Expr:
    """Numbers with those below a lower bound raised to it, and those above an upper bound lowered to it.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    method : {"iqr", "quantile", "z"}
        The bounds: "iqr", q1 - factor * (q3 - q1) and q3 + factor * (q3 - q1), with the quartiles of the fitted rows; "quantile",
        the quantiles of `quantile_range` themselves; "z", mean - factor * std and mean + factor * std (ddof 0).
    factor : float, not negative, optional
        1.5 by default for "iqr" (Tukey's fences), 3 for "z"; not for "quantile".
    quantile_range : (float, float), optional
        For "quantile", and only for it: two quantiles, ascending, in [0, 1]; (0.01, 0.99) by default.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN. A number is put in before the fit and takes part in it.

    Returns
    -------
    Expr
        float64, within the bounds.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits, or is not for the method.
    TypeMismatchError
        At bind time, for a column that is not of numbers.

    Notes
    -----
    Null, NaN and infinities take no part in the fit; an infinity becomes the bound on its side. Quantiles are exact, of type 7. "iqr" and "z"
    bounds are computed exactly from the quartiles, or mean and std, and rounded once; one beyond the doubles is an infinity and cuts nothing.
    A constant column keeps its constant, and every later value becomes it. Where there are no finite values (no rows, all null) nothing
    is cut. There are no unknown values, and nothing here is malformed.

    References
    ----------
    Tukey (1977), "Exploratory Data Analysis" (fences); pandas, `Series.clip`; SciPy, `scipy.stats.mstats.winsorize` (quantiles).

    Examples
    --------
    >>> clip_outliers("fare")
    clip_outliers(fare, factor=1.5, method='iqr')
    >>> clip_outliers("fare", "quantile", quantile_range=(0, 0.99))
    clip_outliers(fare, method='quantile', quantile_range=[0, 0.99])
    """
    if factor is None and isinstance(method, str):
        factor = _FACTORS.get(method)
    if quantile_range is None and method == "quantile":
        quantile_range = _QUANTILES
    node = as_column("clip_outliers", column, missing)
    return apply("clip_outliers", node, method=method, factor=factor, quantile_range=quantile_range)


@register
class ClipOutliers(Op):
    """The nearest value within [low, high]. Constants: low, high, infinite where nothing is cut."""

    name = "clip_outliers"
    limits = {
        "method": one_of("iqr", "quantile", "z"),
        "factor": Limit("a number from 0", number(0).ok) | NONE,
        "quantile_range": QUANTILE_RANGE | NONE,
    }

    def check(self, node: Node) -> None:
        super().check(node)
        method, factor, wanted = (node.params[name] for name in ("method", "factor", "quantile_range"))
        if (factor is None) != (method == "quantile"):
            raise ArgumentError.of(
                "factor", self.name, f"{'given' if factor is None else 'left out'} with method {method!r}", factor, where=node.site
            )
        if (wanted is None) == (method == "quantile"):
            must = f"{'given' if wanted is None else 'left out'} with method {method!r}"
            raise ArgumentError.of("quantile_range", self.name, must, wanted, where=node.site)

    def bind(self, call: Call) -> Signature:
        return Signature(F64, numbers(call))

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"rows": FoldRequest(Moments() if call.params["method"] == "z" else Runs())}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        rows, method = results["rows"], call.params["method"]
        if rows.n == 0:
            return {"low": -float("inf"), "high": float("inf")}
        if method == "quantile":
            low, high = rows.quantiles(call.params["quantile_range"])
            return {"low": low, "high": high}
        if method == "iqr":
            low, high = rows.quantiles([0.25, 0.75])
            unit = Fraction(high) - Fraction(low)
        else:
            low, high, unit = rows.mean, rows.mean, Fraction(rows.std)
        reach = Fraction(call.params["factor"]) * unit
        return {"low": _rounded(Fraction(low) - reach), "high": _rounded(Fraction(high) + reach)}

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,), low, high = args, call.fitted["low"], call.fitted["high"]
        return pc.if_else(pc.less(x, low), low, pc.if_else(pc.greater(x, high), high, x))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x,), low, high = args, code.const(call.fitted["low"]), code.const(call.fitted["high"])
        return code.strict(args, f"{low} if {x} < {low} else {high} if {x} > {high} else {x}")


def _rounded(exact: Fraction) -> float:
    return rounded(exact.numerator, exact.denominator)
