"""rare_label: rare values become one label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.ops.present import missing_test
from featureprep.expr.params import NONE, TEXT, integer, number
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.value_counts import ValueCounts
from featureprep.kernels.arrays import to_rows
from featureprep.kernels.casts import cast
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.categorical._lookup import look_up, single, typed

_RULES = ("min_count", "min_share", "top_k")


def rare_label(
    column: str | Expr,
    *,
    min_count: int | None = None,
    min_share: float | None = None,
    top_k: int | None = None,
    label: str = "rare",
    missing: Any = "keep",
) -> Expr:
    """The value as text where it is frequent among the fitted rows, else the label.

    Parameters
    ----------
    column : str or Expr
        Any single values but bytes: text, numbers, bools, dates.
    min_count : int, optional
        Keep values that occur in at least this many fitted rows.
    min_share : float in [0, 1], optional
        Keep values whose count divided by the number of fitted rows that are neither null nor NaN is at least this.
    top_k : int, optional
        Keep this many of the most frequent values; of equally frequent ones the smaller (text by its UTF-8 bytes).
        At least one of the three is given; of several, all hold.
    label : str
        What every other value becomes.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN. "keep" makes both null. A value is put in before the fit, is counted, and can be rare.

    Returns
    -------
    Expr
        string: the value as `.cast("string")` spells it, or the label.

    Raises
    ------
    ArgumentError
        When none of `min_count`, `min_share`, `top_k` is given, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for lists, structs and bytes.

    Notes
    -----
    Values that no fitted row has are rare too, so there are no unknown values. A value that is spelled as the label is the label.
    -0.0 is 0.0. With no rows, or nothing but nulls, every value is rare; a constant column keeps its value if `min_count` allows.
    Nothing here is malformed.

    References
    ----------
    Feature-engine, `RareLabelEncoder`; scikit-learn, `OneHotEncoder(min_frequency=..., max_categories=...)`, whose infrequent category it is.

    Examples
    --------
    >>> rare_label("company", top_k=20, label="other")
    rare_label(company, label='other', top_k=20)
    """
    given = {"min_count": min_count, "min_share": min_share, "top_k": top_k}
    if all(value is None for value in given.values()):
        raise ArgumentError("rare_label is given none of min_count=, min_share= and top_k=", where=site(), hint="say when a value is rare")
    return apply("rare_label", as_column("rare_label", column, missing), **given, label=label)


@register
class RareLabel(Op):
    """Kept values as text, others as the label. Constant: values, those that are kept, the most frequent first."""

    name = "rare_label"
    limits = {"min_count": integer(1) | NONE, "min_share": number(0, 1) | NONE, "top_k": integer(1) | NONE, "label": TEXT}
    distinct = True

    def check(self, node: Node) -> None:
        super().check(node)
        if all(node.params.get(rule) is None for rule in _RULES):
            raise ArgumentError("rare_label has no rule for what is rare", where=node.site)

    def bind(self, call: Call) -> Signature:
        dtype = single(call)
        if pa.types.is_binary(dtype):
            raise TypeMismatchError("rare_label takes text, not binary", hint="cast it first: .cast('string')")
        return Signature(pa.string(), nullable=True if pa.types.is_floating(dtype) else None)

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(ValueCounts(top_k=call.params["top_k"], min_count=call.params["min_count"] or 1))}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        counted, share = results["counts"], call.params["min_share"]
        values = typed(counted.values, call.in_types[0])
        if share is not None:
            values = values.filter(pa.array(counted.counts / max(1, counted.n) >= share))
        return {"values": values}

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        texts, at = _spelled(call)
        found = look_up(args[0], call.fitted["values"])
        ids = np.where(found.ids < 0, at, found.ids)
        return texts.take(pa.array(ids, mask=found.missing))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x,), out, test = args, code.new(), missing_test(args[0])
        known = to_rows(call.fitted["values"])
        table = dict(zip(known, _spelled(call)[0][: len(known)].to_pylist(), strict=True))
        guard = f"None if {test} else " if test else ""
        code.emit(f"{out} = {guard}{code.const(table.get)}({x}, {code.const(call.params['label'])})")
        return out


def _spelled(call: Call) -> tuple[pa.Array, int]:
    """The texts that come out, those of the kept values first, and where the label is among them."""
    texts, label = cast(call.fitted["values"], pa.string())[0], pa.array([call.params["label"]], pa.string())
    at = pc.index(texts, label[0]).as_py()
    return (texts, at) if at >= 0 else (pa.concat_arrays([texts, label]), len(texts))
