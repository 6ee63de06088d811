"""multi_hot: lists of values as vectors with a 1 for every category in the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.expression import Expr
from featureprep.expr.op import Call, Issues, register
from featureprep.expr.ops.lookup import lookup_table
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.list_frequency import ListFrequency
from featureprep.kernels.nested import elements_of, lengths_of, owners_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._vectors import dense_array, sparse_array
from featureprep.transforms.categorical._categories import I8, CategoryVector, Given, Learned, vector_of
from featureprep.transforms.categorical._lookup import look_up
from featureprep.types import format_type, is_list


def multi_hot(
    column: str | Expr,
    *,
    top_k: int | None = None,
    min_count: int | None = None,
    categories: Iterable[Any] | None = None,
    sparse: bool = False,
    unknown: str = "zeros",
    missing: Any = "keep",
) -> Expr:
    """A vector with one element per category, 1 for those that are in the list and 0 for the others.

    Parameters
    ----------
    column : str or Expr
        Lists of single values but bytes: text, numbers, bools, dates. `.str.split("|")` makes lists of text.
    top_k : int, optional
        Learn this many of the values that are in most lists as categories; all by default.
    min_count : int, optional
        Learn values that are in the lists of at least this many fitted rows; 1 by default.
    categories : list, optional
        The categories, in this order, instead of learning them.
    sparse : bool
        Whether the vector is sparse; dense ones have at most 4096 elements.
    unknown : {"zeros", "null", "error", "quarantine"}
        For lists with a value that is no category: it is left out, the vector is null, or the row is rejected.
    missing : {"keep", "error", "quarantine"}
        For null in place of a list. "keep" makes a vector of zeros of it.

    Returns
    -------
    Expr
        fixed_size_list<int8>, one element a category, named by it; with `sparse`, struct<indices: list<int32>, values: list<int8>>, whose
        indices ascend.

    Raises
    ------
    ArgumentError
        When `categories` are empty, repeat or hold null or NaN, are given beside `top_k` or `min_count`, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for anything but lists of single values, for bytes, and for categories that are not of the type of the lists' values.
    RequestError
        At the fit, for more than 4096 categories without `sparse`.

    Notes
    -----
    Learned categories go by the number of rows that have them descending, then value ascending (text by its UTF-8 bytes); a value that a list
    repeats counts once. Null and NaN inside a list are left out, not counted, and never unknown; -0.0 is 0.0. An empty list is a vector of
    zeros. With no rows, or nothing but nulls, there are no categories and the vectors have no elements, which a job refuses where they
    are dense (the feature learnt nothing); a constant column has those of its one list. Nothing here is malformed.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.MultiLabelBinarizer`, which orders categories by value.

    Examples
    --------
    >>> multi_hot("genres", top_k=20)
    multi_hot(genres, min_count=1, sparse=False, top_k=20, unknown='zeros')
    >>> from featureprep import col
    >>> multi_hot(col("genres").str.split("|"), categories=["drama", "comedy"])
    multi_hot_given(str_split(genres, regex=False, separator='|'), categories=['drama', 'comedy'], sparse=False, unknown='zeros')
    """
    node = as_column("multi_hot", column, missing)
    return vector_of("multi_hot", node, top_k=top_k, min_count=min_count, categories=categories, sparse=sparse, unknown=unknown)


class _MultiHot(CategoryVector):
    """A 1 at the position of every value among the categories."""

    called = "multi_hot"

    def value_type(self, call: Call) -> pa.DataType:
        dtype = call.in_types[0]
        if dtype == pa.null():
            return dtype
        if not is_list(dtype) or pa.types.is_nested(dtype.value_type):
            hint = "one_hot takes single values" if not pa.types.is_nested(dtype) else "flatten the lists first"
            raise TypeMismatchError(f"multi_hot takes lists of single values, not {format_type(dtype)}", hint=hint)
        return dtype.value_type

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (lists,), known, n = args, self.categories(call), len(args[0])
        if pa.types.is_null(lists.type):
            lists = lists.cast(pa.list_(pa.null()))
        found, rows = look_up(elements_of(lists), known), owners_of(lengths_of(lists))
        hits, valid = found.ids >= 0, None
        if call.params["unknown"] != "zeros":
            unknown = np.zeros(n, np.bool_)
            unknown[rows[found.unknown]] = True
            if call.params["unknown"] == "null":
                valid = ~unknown
                hits &= valid[rows]
            else:
                issues.add("unknown", unknown)
        if call.params["sparse"]:
            width = max(1, len(known))
            entries = np.sort(rows[hits] * width + found.ids[hits])
            owners, indices = np.divmod(entries[np.diff(entries, prepend=-1) > 0], width)  # np.unique takes ten times as long
            return sparse_array(np.bincount(owners, minlength=n), indices, np.ones(len(indices), np.int8), I8, valid)
        matrix = np.zeros((n, len(known)), np.int8)
        matrix[rows[hits], found.ids[hits]] = 1
        return dense_array(matrix, I8, valid)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x,), out, strict = args, code.new(), call.params["unknown"] != "zeros"
        make = _sparse if call.params["sparse"] else _dense
        function = code.const(make(lookup_table(self.categories(call)), strict=strict))
        code.emit(f"{out} = {function}({x} or ())")
        if strict:
            with code.block(f"if {out} is None:"):
                code.fail(call, "unknown", out)
        return out


@register
class MultiHot(_MultiHot, Learned):
    """Categories learned from the data."""

    name = "multi_hot"
    fold = ListFrequency
    advice = "keep fewer with top_k= or min_count=, or say sparse=True"


@register
class MultiHotGiven(_MultiHot, Given):
    """Categories that the job gives."""

    name = "multi_hot_given"


def _dense(table: Mapping[Any, int], *, strict: bool) -> Callable[[Any], list[int] | None]:
    """The function from a list to its vector; with `strict` it gives None for a list with an unknown value."""
    zeros = [0] * len(table)

    def vector(items: Any) -> list[int] | None:
        out = zeros.copy()
        for item in items:
            at = table.get(item)
            if at is not None:
                out[at] = 1
            elif strict and item is not None and item == item:
                return None
        return out

    return vector


def _sparse(table: Mapping[Any, int], *, strict: bool) -> Callable[[Any], dict[str, list[int]] | None]:
    """The same as a sparse vector."""

    def vector(items: Any) -> dict[str, list[int]] | None:
        found = set()
        for item in items:
            at = table.get(item)
            if at is not None:
                found.add(at)
            elif strict and item is not None and item == item:
                return None
        return {"indices": sorted(found), "values": [1] * len(found)}

    return vector
