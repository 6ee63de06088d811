"""elapsed: the time between a moment given, or another column, and a date or timestamp."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import MALFORMED, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.timeparts import DIFF_UNITS, diff_batch, diff_row
from featureprep.transforms._columns import column as as_column
from featureprep.types import TIMESTAMP, format_type, is_temporal


def elapsed(
    column: str | Expr, *, since: str | Expr | dt.date, unit: str = "day", missing: Any = "keep", malformed: str | None = None
) -> Expr:
    """column - since, in a unit of time; negative where the column lies before it.

    Parameters
    ----------
    column : str or Expr
        Dates (their time of day is midnight) or timestamps (naive and zoned ones are taken in UTC).
    since : date, datetime, str or Expr
        The moment from which time is counted: a date or datetime (a naive one is UTC), or the name of another column of dates or
        timestamps, or an expression. There is no "now": a run and a request at another time would differ.
    unit : {"us", "ms", "s", "minute", "hour", "day", "week"}
        Of the result: a day has 24 hours, a minute 60 seconds; there are no leap seconds.
    missing : {"keep", "error", "quarantine"}, date or datetime
        For null in `column`, and in `since` where that is a column. "keep" makes the result null. A date is put in for both.
    malformed : {"null", "error", "quarantine"}, optional
        For a difference whose microseconds do not fit 64 bits (some 292,000 years). The job's policy by default.

    Returns
    -------
    Expr
        float64, in units: exact microseconds, divided by those of the unit.

    Raises
    ------
    ArgumentError
        When `since` is none of these, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for columns that are not of dates or timestamps; text is cast first: `col("t").cast("timestamp")`.

    Notes
    -----
    Nothing is learned: an empty, constant or all-null column is nothing special. There is no NaN, and there are no unknown values.

    References
    ----------
    Spark SQL, `timestampdiff`, which cuts fractions off; `featureprep.kernels.timeparts`.

    Examples
    --------
    >>> elapsed("shipped", since="ordered", unit="hour")
    elapsed(shipped, ordered, unit='hour')
    >>> elapsed("born", since=dt.date(1970, 1, 1))
    elapsed(born, datetime.date(1970, 1, 1), unit='day')
    """
    if not isinstance(since, (str, Expr, dt.date)):
        raise ArgumentError.of("since", "elapsed", "a date, a datetime, a column name or an expression", since, where=site())
    start = as_column("elapsed", since, missing) if isinstance(since, (str, Expr)) else since
    return apply("elapsed", as_column("elapsed", column, missing), start, unit=unit, malformed=malformed)


@register
class Elapsed(Op):
    """The difference of two moments."""

    name = "elapsed"
    arity = (2, 2)
    limits = {"unit": one_of(*DIFF_UNITS), "malformed": MALFORMED}
    kinds = ("malformed",)

    def bind(self, call: Call) -> Signature:
        wanted = tuple(TIMESTAMP if dtype == pa.null() else dtype for dtype in call.in_types)
        for dtype in wanted:
            if not is_temporal(dtype):
                raise TypeMismatchError(
                    f"elapsed takes dates and timestamps, not {format_type(dtype)}", hint='cast it first: .cast("timestamp")'
                )
        return Signature(pa.float64(), wanted)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out, bad = diff_batch(args[0], args[1], call.params["unit"])
        issues.add("malformed", bad)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        function = code.const(diff_row(args[0].type, args[1].type, call.params["unit"]))
        return code.checked(call, args, f"{function}({args[0]}, {args[1]})")
