"""one_hot: values as vectors with a 1 at their category."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, DataError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.ops.lookup import key_array, lookup_table
from featureprep.expr.ops.present import missing_test
from featureprep.expr.params import BOOL, NONE, Limit, integer, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.value_counts import ValueCounts
from featureprep.kernels.casts import cast
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._vectors import dense_array, sparse_array
from featureprep.transforms.categorical._lookup import look_up, single, typed
from featureprep.types import dense, format_type, sparse

_I8 = pa.int8()
_MOST_DENSE = 65_536
_OPTIONS = {"sparse": BOOL, "unknown": one_of("zeros", "null", "error", "quarantine")}


def one_hot(
    column: str | Expr,
    *,
    top_k: int | None = None,
    min_count: int | None = None,
    categories: Iterable[Any] | None = None,
    sparse: bool = False,
    unknown: str = "zeros",
    missing: Any = "keep",
) -> Expr:
    """A vector with one element per category, 1 for the value's own and 0 for the others.

    Parameters
    ----------
    column : str or Expr
        Any single values but bytes: text, numbers, bools, dates.
    top_k : int, optional
        Learn this many of the most frequent values as categories; all by default.
    min_count : int, optional
        Learn values that occur in at least this many fitted rows; 1 by default.
    categories : list, optional
        The categories, in this order, instead of learning them.
    sparse : bool
        Whether the vector is sparse; dense ones have at most 65536 elements.
    unknown : {"zeros", "null", "error", "quarantine"}
        For values that are no category: a vector of zeros, null in place of the vector, or a rejected row.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN. "keep" makes a vector of zeros of both. A value is put in before the fit and can be a category.

    Returns
    -------
    Expr
        fixed_size_list<int8>, one element a category, named by it; with `sparse`, struct<indices: list<int32>, values: list<int8>>.

    Raises
    ------
    ArgumentError
        When `categories` are empty, repeat or hold null or NaN, are given beside `top_k` or `min_count`, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for lists, structs and bytes, and for categories that are not of the column's type.
    DataError
        At the fit, for more than 65536 categories without `sparse`.

    Notes
    -----
    Learned categories go by count descending, then value ascending (text by its UTF-8 bytes). Null and NaN are not counted and are never
    unknown; -0.0 is 0.0. With no rows, or nothing but nulls, there are no categories and the vectors have no elements; a constant column
    has one. Nothing here is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.OneHotEncoder`, which orders categories by value; unknown="zeros" is its handle_unknown="ignore".

    Examples
    --------
    >>> one_hot("education", top_k=10)
    one_hot(education, min_count=1, sparse=False, top_k=10, unknown='zeros')
    >>> one_hot("size", categories=["S", "M", "L"])
    one_hot_given(size, categories=['S', 'M', 'L'], sparse=False, unknown='zeros')
    """
    node = as_column("one_hot", column, missing)
    if categories is None:
        learned = {"top_k": top_k, "min_count": 1 if min_count is None else min_count}
        return apply("one_hot", node, **learned, sparse=sparse, unknown=unknown)
    for name, value in (("top_k", top_k), ("min_count", min_count)):
        if value is not None:
            raise ArgumentError.of(name, "one_hot", "left out where categories are given", value, where=site())
    if isinstance(categories, (str, bytes)) or not isinstance(categories, Iterable):
        raise ArgumentError.of("categories", "one_hot", "a list of values", categories, where=site())
    given = categories.tolist() if hasattr(categories, "tolist") else list(categories)
    return apply("one_hot_given", node, categories=given, sparse=sparse, unknown=unknown)


class _OneHot(Op):
    """A 1 at the position of the value among the categories."""

    kinds = ("unknown",)
    distinct = True

    @abstractmethod
    def categories(self, call: Call) -> Any:
        """The categories, an array of the column's type; None before the fit."""

    def bind(self, call: Call) -> Signature:
        if pa.types.is_binary(single(call)):
            raise TypeMismatchError("one_hot takes text, not binary", hint="cast it first: .cast('string')")
        known = self.categories(call)
        nullable = call.params["unknown"] == "null"
        if call.params["sparse"]:
            return Signature(sparse(_I8), nullable=nullable)
        return Signature(pa.list_(_I8) if known is None else dense(_I8, len(known)), nullable=nullable)

    def elements(self, call: Call) -> list[str] | None:
        known = self.categories(call)
        return None if known is None else list(cast(known, pa.string())[0].to_pylist())

    def size(self, call: Call) -> int | None:
        known = self.categories(call)
        return None if known is None else len(known)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        known = self.categories(call)
        found = look_up(args[0], known)
        valid = None
        if call.params["unknown"] == "null":
            valid = ~found.unknown
        elif call.params["unknown"] != "zeros":
            issues.add("unknown", found.unknown)
        rows = np.flatnonzero(found.ids >= 0)
        if call.params["sparse"]:
            return sparse_array(found.ids >= 0, found.ids[rows], np.ones(len(rows), np.int8), _I8, valid)
        matrix = np.zeros((len(found.ids), len(known)), np.int8)
        matrix[rows, found.ids[rows]] = 1
        return dense_array(matrix, _I8, valid)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        known, (x,), at, out = self.categories(call), args, code.new(), code.new()
        code.emit(f"{at} = {code.const(lookup_table(known).get)}({x})")  # null and NaN are no category
        if call.params["sparse"]:
            hit, zeros = f'{{"indices": [{at}], "values": [1]}}', '{"indices": [], "values": []}'
            code.emit(f"{out} = {zeros} if {at} is None else {hit}")
        else:
            code.emit(f"{out} = [0] * {code.const(len(known))}")
            with code.block(f"if {at} is not None:"):
                code.emit(f"{out}[{at}] = 1")
        if call.params["unknown"] != "zeros":
            test = missing_test(x)
            with code.block(f"if {at} is None and not ({test}):" if test else f"if {at} is None:"):
                code.fail(call, "unknown", out)
        return out


@register
class OneHot(_OneHot):
    """Categories learned from the data. Constant: values, in the order of the elements."""

    name = "one_hot"
    limits = {"top_k": integer(1) | NONE, "min_count": integer(1), **_OPTIONS}

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(ValueCounts(top_k=call.params["top_k"], min_count=call.params["min_count"]))}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        values = typed(results["counts"].values, call.in_types[0])
        if len(values) > _MOST_DENSE and not call.params["sparse"]:
            what = f"one_hot found {len(values)} categories; dense vectors have at most {_MOST_DENSE} elements"
            raise DataError(what, where=call.node.site, hint="set top_k= or min_count=, or sparse=True")
        return {"values": values}

    def categories(self, call: Call) -> Any:
        return None if call.constants is None else call.constants["values"]


@register
class OneHotGiven(_OneHot):
    """Categories that the job gives."""

    name = "one_hot_given"
    limits = {"categories": Limit("a list of at least one value", lambda v: isinstance(v, (list, tuple)) and len(v) > 0), **_OPTIONS}

    def check(self, node: Node) -> None:
        super().check(node)
        given = node.params["categories"]
        if len(given) > _MOST_DENSE and not node.params["sparse"]:
            raise ArgumentError.of("categories", "one_hot", f"at most {_MOST_DENSE} unless sparse", len(given), where=node.site)

    def categories(self, call: Call) -> pa.Array:
        given, dtype = call.params["categories"], call.in_types[0]
        known, kept = key_array(given, dtype, "categories")
        if len(kept) < len(given):
            other = next(value for i, value in enumerate(given) if i not in set(kept))
            raise ArgumentError(f"the category {other!r} is no {format_type(dtype)}", where=call.node.site)
        if len(lookup_table(known)) < len(known):
            raise ArgumentError.of("categories", "one_hot", "different from each other", list(given), where=call.node.site)
        return known
