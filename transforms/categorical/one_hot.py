"""one_hot: values as vectors with a 1 at their category."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.expression import Expr
from featureprep.expr.op import Call, Issues, register
from featureprep.expr.ops.lookup import lookup_table
from featureprep.expr.ops.present import missing_test
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.value_counts import ValueCounts
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._vectors import dense_array, sparse_array
from featureprep.transforms.categorical._categories import I8, CategoryVector, Given, Learned, vector_of
from featureprep.transforms.categorical._lookup import look_up, single


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
        Whether the vector is sparse; dense ones have at most 4096 elements.
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
    RequestError
        At the fit, for more than 4096 categories without `sparse`.

    Notes
    -----
    Learned categories go by count descending, then value ascending (text by its UTF-8 bytes). Null and NaN are not counted and are never
    unknown; -0.0 is 0.0. With no rows, or nothing but nulls, there are no categories and the vectors have no elements, which a job refuses
    where they are dense (the feature learnt nothing); a constant column has one. Nothing here is malformed.

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
    return vector_of("one_hot", node, top_k=top_k, min_count=min_count, categories=categories, sparse=sparse, unknown=unknown)


class _OneHot(CategoryVector):
    """A 1 at the position of the value among the categories."""

    called = "one_hot"
    distinct = True

    def value_type(self, call: Call) -> pa.DataType:
        return single(call)

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
            return sparse_array(found.ids >= 0, found.ids[rows], np.ones(len(rows), np.int8), I8, valid)
        matrix = np.zeros((len(found.ids), len(known)), np.int8)
        matrix[rows, found.ids[rows]] = 1
        return dense_array(matrix, I8, valid)

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
class OneHot(_OneHot, Learned):
    """Categories learned from the data."""

    name = "one_hot"
    fold = ValueCounts
    advice = "keep fewer with top_k= or min_count=, put rare_label under it, say sparse=True, or use vocabulary or hash_bucket, which give one id"


@register
class OneHotGiven(_OneHot, Given):
    """Categories that the job gives."""

    name = "one_hot_given"
