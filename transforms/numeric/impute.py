"""impute: null and NaN replaced by a value learned or given, or turned into an indicator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, DataError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.literal import row_value
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.ops.present import missing_mask, missing_test, replace_missing
from featureprep.expr.params import check, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.folds.value_counts import ValueCounts
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._columns import replacement
from featureprep.transforms.numeric._numbers import F64, numbers
from featureprep.types import format_type

_LEARNED = ("mean", "median", "most_frequent")


def impute(column: str | Expr, strategy: str = "median", *, value: Any = None) -> Expr:
    """Null and NaN replaced, by the fitted rows' mean, median or most frequent value, or by a constant; or an indicator of them.

    Parameters
    ----------
    column : str or Expr
        Numbers for "mean" and "median" (bools count as 0 and 1); any scalar type for "most_frequent" and "constant"; anything for "indicator".
    strategy : {"median", "mean", "most_frequent", "constant", "indicator"}
        "median" is the quantile 0.5 of type 7; of equally frequent values the smallest is taken (text by its UTF-8 bytes).
    value : a single value
        For "constant", and only for it.

    Returns
    -------
    Expr
        float64 for "mean" and "median"; the column's type for "most_frequent"; the common type of column and value for "constant";
        for "indicator" int8, 1 where the value is null or NaN and 0 elsewhere, never null.

    Raises
    ------
    ArgumentError
        For an unknown strategy, "constant" without `value`, or `value` without "constant".
    TypeMismatchError
        At bind time, for a column of a type that the strategy does not take, or a `value` that does not fit the column.

    Notes
    -----
    Null, NaN and (for mean and median) infinities take no part in the fit; an infinity is a value and stays. Where nothing is left to
    learn from (no rows, all null), null stays null and NaN stays NaN. There is no `missing=`, for this is one; there are
    no unknown values, and nothing here is malformed. A constant column is filled with its constant.

    References
    ----------
    scikit-learn, `sklearn.impute.SimpleImputer` and `MissingIndicator`; quantiles: Hyndman and Fan (1996), type 7.

    Examples
    --------
    >>> impute("age")
    impute(age, strategy='median')
    >>> impute("age", "constant", value=0)
    fill_missing(age, value=0)
    """
    check("impute", {"strategy": one_of(*_LEARNED, "constant", "indicator")}, {"strategy": strategy}, where=site())
    if (value is not None) != (strategy == "constant"):
        must = "given with strategy 'constant'" if value is None else f"left out with strategy {strategy!r}"
        raise ArgumentError.of("value", "impute", must, value, where=site())
    node = as_column("impute", column)
    if strategy == "constant":
        return apply("fill_missing", node, value=replacement("value", "impute", value))
    return apply("missing_indicator", node) if strategy == "indicator" else apply("impute", node, strategy=strategy)


@register
class Impute(Op):
    """Null and NaN replaced by a learned value. Constant: value, None where there was nothing to learn from."""

    name = "impute"
    limits = {"strategy": one_of(*_LEARNED)}
    distinct = True

    def bind(self, call: Call) -> Signature:
        nullable = False if call.constants is not None and call.constants["value"] is not None else None
        if call.params["strategy"] != "most_frequent":
            return Signature(F64, numbers(call), nullable)
        if pa.types.is_nested(call.in_types[0]):
            raise TypeMismatchError(f"impute takes single values, not {format_type(call.in_types[0])}")
        return Signature(call.in_types[0], nullable=nullable)

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        match call.params["strategy"]:
            case "mean":
                return {"moments": FoldRequest(Moments())}
            case "median":
                return {"runs": FoldRequest(Runs())}
        return {"counts": FoldRequest(ValueCounts(top_k=1))}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        match call.params["strategy"]:
            case "mean":
                return {"value": results["moments"].mean}
            case "median":
                return {"value": results["runs"].quantile(0.5)}
        values = results["counts"].values
        try:
            return {"value": values[0].as_py() if len(values) else None}
        except (ValueError, OverflowError) as error:  # a date or timestamp that Python has none for
            raise DataError(
                f"the most frequent value cannot be stored: {error}", hint="drop or replace dates outside the years 1 to 9999"
            ) from error

    def filled(self, call: Call) -> str | None:
        return "value"

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        value = call.fitted["value"]
        return args[0] if value is None else replace_missing(args[0], pa.scalar(value, call.out_type))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        value, test = call.fitted["value"], missing_test(args[0])
        if value is None or not test:
            return args[0].name
        out = code.new()
        code.emit(f"{out} = {code.const(row_value(value))} if {test} else {args[0]}")
        return out


@register
class MissingIndicator(Op):
    """1 where the value is null or NaN, else 0."""

    name = "missing_indicator"
    called = "impute"
    distinct = True

    def bind(self, call: Call) -> Signature:
        return Signature(pa.int8(), nullable=False)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return pa.array(missing_mask(args[0]).astype(np.int8))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        test = missing_test(args[0])
        out = code.new()
        code.emit(f"{out} = 1 if {test} else 0" if test else f"{out} = 0")
        return out
