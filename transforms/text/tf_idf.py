"""tf_idf: lists of words as sparse vectors of their counts, weighted by how rare the words are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, FoldRequest, Issues, register
from featureprep.expr.ops.lookup import lookup_table
from featureprep.expr.params import NONE, integer, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.document_frequency import DocumentFrequency
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.text._terms import Document, TermVector, count_known, emit_vector, row_counter

_F64 = pa.float64()


def tf_idf(
    column: str | Expr,
    *,
    max_features: int | None = None,
    min_count: int = 1,
    norm: str | None = "l2",
    unknown: str = "zeros",
    missing: Any = "keep",
) -> Expr:
    """tf * idf for every term of a document: tf = its count there, idf = ln((1 + n) / (1 + df)) + 1.

    n is the number of fitted documents (rows that are not null) and df the number of those that have the term.

    Parameters
    ----------
    column : str or Expr
        Documents as list<string>: `tokenize(...)`, or a column of lists.
    max_features : int, optional
        Keep this many of the terms that occur in most documents; all by default.
    min_count : int
        Keep terms that occur in at least this many documents.
    norm : {"l2", None}
        Whether a vector is divided by the square root of the sum of its squares (added from the lowest index to the highest).
    unknown : {"zeros", "null", "error", "quarantine"}
        For documents with a term that was not kept at the fit: it is left out, the vector is null, or the row is rejected.
    missing : {"keep", "error", "quarantine"}
        For null in place of a list. "keep" leaves null null.

    Returns
    -------
    Expr
        struct<indices: list<int32>, values: list<float64>>, one element a term, named by it; indices ascend. No entries for an empty document.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of lists of text.

    Notes
    -----
    Terms are numbered by df descending, then by their UTF-8 bytes. Null terms inside a list are left out and never unknown; text has no NaN.
    With no documents, or nothing but empty ones, there are no terms and all vectors are empty; in a constant column all terms
    have idf 1. Nothing here is malformed.

    References
    ----------
    scikit-learn, `TfidfVectorizer(smooth_idf=True)`, which numbers terms alphabetically and chooses `max_features` by total count.

    Examples
    --------
    >>> tf_idf("words", max_features=1000)
    tf_idf(words, max_features=1000, min_count=1, norm='l2', unknown='zeros')
    """
    node = as_column("tf_idf", column, missing)
    return apply("tf_idf", node, max_features=max_features, min_count=min_count, norm=norm, unknown=unknown)


@register
class TfIdf(TermVector):
    """Weighted term counts. Constants: terms, in the order of their indices, and idf of each."""

    name = "tf_idf"
    limits = {
        "max_features": integer(1, 2**31 - 1) | NONE,
        "min_count": integer(1),
        "norm": one_of("l2") | NONE,
        "unknown": one_of("zeros", "null", "error", "quarantine"),
    }
    item = _F64

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(DocumentFrequency(top_k=call.params["max_features"], min_count=call.params["min_count"]))}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        counts = results["counts"]
        idf = [math.log((1 + counts.n) / (1 + df)) + 1.0 for df in counts.counts.tolist()]
        return {"terms": counts.values.cast(pa.string()), "idf": pa.array(idf, _F64)}

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        found = count_known(call, issues, args[0], call.fitted["terms"])
        values = found.counts * call.fitted["idf"].to_numpy()[found.indices]
        if call.params["norm"] == "l2":
            # bincount adds one after the other, from left to right
            squares = np.bincount(found.owners, weights=values * values, minlength=len(found.valid))
            values = values / np.sqrt(squares)[found.owners]
        return found.vectors(values, _F64)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        count = row_counter(lookup_table(call.fitted["terms"]), strict=call.params["unknown"] != "zeros")
        return emit_vector(call, code, args, _vector(count, call.fitted["idf"].to_pylist(), l2=call.params["norm"] == "l2"))


def _vector(count: Callable[[Document], dict[int, int] | None], idf: list[float], *, l2: bool) -> Callable[[Document], Any]:
    """The function of one document; False for one that `count` refuses."""

    def vector(words: Document) -> Any:
        counts = count(words)
        if counts is None:
            return False
        values = [number * idf[at] for at, number in counts.items()]
        if l2:
            total = 0.0
            for value in values:
                total += value * value
            root = math.sqrt(total)
            values = [value / root for value in values]
        return {"indices": list(counts), "values": values}

    return vector
