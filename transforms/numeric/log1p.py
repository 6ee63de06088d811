"""log1p: log(1 + x)."""

from __future__ import annotations

from typing import Any

from featureprep.expr.expression import Expr, apply
from featureprep.transforms._columns import column as as_column


def log1p(column: str | Expr, *, missing: Any = "keep", malformed: str | None = None) -> Expr:
    """log(1 + x), the natural logarithm; exact near 0. The same as `col(column).log1p()`, with `missing=`.

    Parameters
    ----------
    column : str or Expr
        Numbers, of 1 = the unit in which the logarithm is meant.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" leaves null null and NaN NaN.
    malformed : {"null", "error", "quarantine"}, optional
        For x < -1, which has no logarithm. The job's policy by default.

    Returns
    -------
    Expr
        float64. -inf for -1; an infinity stays one.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of numbers.

    Notes
    -----
    Nothing is learned from the data: an empty, constant or all-null column is nothing special. There are no unknown values.

    References
    ----------
    C standard, `log1p`; Python, `math.log1p`.

    Examples
    --------
    >>> log1p("capital_gain")
    log1p(capital_gain)
    """
    return apply("log1p", as_column("log1p", column, missing), malformed=malformed)
