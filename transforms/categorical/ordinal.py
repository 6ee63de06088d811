"""ordinal: values as their positions in an order, given or that of the values themselves."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.value_counts import ValueCounts
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.categorical._given import GIVEN, given_keys, listed
from featureprep.transforms.categorical._ids import UNKNOWN_ID, id_of_row, id_type, ids_of_batch
from featureprep.transforms.categorical._lookup import single, typed


def ordinal(column: str | Expr, order: Iterable[Any] | None = None, *, unknown: int | str = -1, missing: Any = "keep") -> Expr:
    """The position of a value in an order, from 0: the one given, or that of the fitted values from the smallest to the largest.

    Parameters
    ----------
    column : str or Expr
        Any single values: text, numbers, bools, dates, bytes.
    order : list, optional
        The values from the first to the last, instead of learning them.
    unknown : {-1, "null", "error", "quarantine"}
        For values that are not in the order: the id -1, null, or a rejected row.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN. "keep" makes both null. A value is put in before the fit and has its place in the order.

    Returns
    -------
    Expr
        int64, from 0 to the number of different values less 1.

    Raises
    ------
    ArgumentError
        When `order` is empty, repeats a value or holds null or NaN, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for lists and structs, and for an order whose values are not of the column's type.

    Notes
    -----
    Learned orders are ascending: numbers and dates by value, false before true, text and bytes by their bytes (of UTF-8, which is the order of
    code points). Null and NaN have no place and are never unknown; -0.0 is 0.0. With no rows, or nothing but nulls, every value is
    unknown; a constant column has the one id 0. A value that was not fitted has no id, even between two that have. Nothing here is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.OrdinalEncoder`, with handle_unknown="use_encoded_value" and unknown_value=-1.

    Examples
    --------
    >>> ordinal("size", ["S", "M", "L"])
    ordinal_given(size, order=['S', 'M', 'L'], unknown=-1)
    >>> ordinal("grade")
    ordinal(grade, unknown=-1)
    """
    node = as_column("ordinal", column, missing)
    if order is None:
        return apply("ordinal", node, unknown=unknown)
    return apply("ordinal_given", node, order=listed("ordinal", "order", order), unknown=unknown)


class _Ordinal(Op):
    """Positions among known values."""

    called = "ordinal"
    kinds = ("unknown",)
    distinct = True

    @abstractmethod
    def order(self, call: Call) -> Any:
        """The known values, an array of the column's type; None before the fit."""

    def bind(self, call: Call) -> Signature:
        single(call)
        self.order(call)
        return id_type(call)

    def size(self, call: Call) -> int | None:
        known = self.order(call)
        return None if known is None else len(known)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return ids_of_batch(call, issues, args[0], self.order(call))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return id_of_row(call, code, args[0], self.order(call))


@register
class Ordinal(_Ordinal):
    """The order of the fitted values. Constant: values, ascending."""

    name = "ordinal"
    limits = {"unknown": UNKNOWN_ID}

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(ValueCounts())}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        values = typed(results["counts"].values, call.in_types[0])
        return {"values": values if pa.types.is_null(values.type) else values.take(pc.sort_indices(values))}

    def order(self, call: Call) -> Any:
        return None if call.constants is None else call.constants["values"]


@register
class OrdinalGiven(_Ordinal):
    """An order that the job gives."""

    name = "ordinal_given"
    limits = {"order": GIVEN, "unknown": UNKNOWN_ID}

    def order(self, call: Call) -> pa.Array:
        return given_keys("ordinal", "order", call.params["order"], call.in_types[0], call.node.site)
