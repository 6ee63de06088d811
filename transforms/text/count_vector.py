"""count_vector: lists of words as sparse vectors of how often each word occurs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, FoldRequest, Issues, register
from featureprep.expr.ops.lookup import lookup_table
from featureprep.expr.params import BOOL, NONE, integer, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.value_counts import ValueCounts
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.text._terms import Document, TermVector, count_known, emit_vector, row_counter

_I64 = pa.int64()


def count_vector(
    column: str | Expr,
    *,
    top_k: int | None = None,
    min_count: int = 1,
    binary: bool = False,
    unknown: str = "zeros",
    missing: Any = "keep",
) -> Expr:
    """How often each term of the fitted rows occurs in a document (bag of words).

    Parameters
    ----------
    column : str or Expr
        Documents as list<string>: `tokenize(...)`, `ngrams(...)`, or a column of lists.
    top_k : int, optional
        Keep this many of the terms that occur most often; all by default.
    min_count : int
        Keep terms that occur at least this often in all fitted documents together.
    binary : bool
        Whether a term that occurs counts 1, however often it does.
    unknown : {"zeros", "null", "error", "quarantine"}
        For documents with a term that was not kept at the fit: it is left out, the vector is null, or the row is rejected.
    missing : {"keep", "error", "quarantine"}
        For null in place of a list. "keep" leaves null null.

    Returns
    -------
    Expr
        struct<indices: list<int32>, values: list<int64>>, one element a term, named by it; indices ascend. No entries for an empty document.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of lists of text.

    Notes
    -----
    Terms are numbered by how often they occur in all fitted documents, most often first, then by their UTF-8 bytes. Null terms inside a list
    are left out and never unknown; text has no NaN. With no documents, or nothing but empty ones, there are no terms and all vectors are
    empty; a constant column is nothing special. Nothing here is malformed.

    References
    ----------
    scikit-learn, `CountVectorizer`, which numbers terms alphabetically; its `max_features` is `top_k`, but for ties. Spark ML, `CountVectorizer`:
    its `vocabSize` is `top_k`.

    Examples
    --------
    >>> count_vector("words", top_k=1000)
    count_vector(words, binary=False, min_count=1, top_k=1000, unknown='zeros')
    """
    node = as_column("count_vector", column, missing)
    return apply("count_vector", node, top_k=top_k, min_count=min_count, binary=binary, unknown=unknown)


@register
class CountVector(TermVector):
    """Term counts. Constant: terms, in the order of their indices."""

    name = "count_vector"
    limits = {
        "top_k": integer(1, 2**31 - 1) | NONE,
        "min_count": integer(1),
        "binary": BOOL,
        "unknown": one_of("zeros", "null", "error", "quarantine"),
    }
    item = _I64

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(ValueCounts(top_k=call.params["top_k"], min_count=call.params["min_count"], explode=True))}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        return {"terms": results["counts"].values.cast(pa.string())}

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        found = count_known(call, issues, args[0], call.fitted["terms"])
        return found.vectors(np.ones_like(found.counts) if call.params["binary"] else found.counts, _I64)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        count = row_counter(lookup_table(call.fitted["terms"]), strict=call.params["unknown"] != "zeros")
        return emit_vector(call, code, args, _vector(count, binary=call.params["binary"]))


def _vector(count: Callable[[Document], dict[int, int] | None], *, binary: bool) -> Callable[[Document], Any]:
    """The function of one document; False for one that `count` refuses."""

    def vector(words: Document) -> Any:
        counts = count(words)
        if counts is None:
            return False
        return {"indices": list(counts), "values": [1] * len(counts) if binary else list(counts.values())}

    return vector
