"""tf_idf: lists of words as sparse vectors of their counts, weighted by how rare the words are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.ops.lookup import lookup_table, positions
from featureprep.expr.params import NONE, integer, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.document_frequency import DocumentFrequency
from featureprep.kernels.nested import lengths_of, owners_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._vectors import Array, sparse_array
from featureprep.types import format_type, is_list, is_text, sparse

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
class TfIdf(Op):
    """Weighted term counts. Constants: terms, in the order of their indices, and idf of each."""

    name = "tf_idf"
    limits = {
        "max_features": integer(1, 2**31 - 1) | NONE,
        "min_count": integer(1),
        "norm": one_of("l2") | NONE,
        "unknown": one_of("zeros", "null", "error", "quarantine"),
    }
    kinds = ("unknown",)

    def bind(self, call: Call) -> Signature:
        dtype = call.in_types[0]
        if dtype not in (pa.null(), pa.list_(pa.null())) and not (is_list(dtype) and is_text(dtype.value_type)):
            raise TypeMismatchError(f"tf_idf takes lists of strings, not {format_type(dtype)}", hint="tf_idf(tokenize(...))")
        return Signature(sparse(_F64), (pa.list_(pa.string()),), nullable=True if call.params["unknown"] == "null" else None)

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(DocumentFrequency(top_k=call.params["max_features"], min_count=call.params["min_count"]))}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        counts = results["counts"]
        idf = [math.log((1 + counts.n) / (1 + df)) + 1.0 for df in counts.counts.tolist()]
        return {"terms": counts.values.cast(pa.string()), "idf": pa.array(idf, _F64)}

    def elements(self, call: Call) -> list[str] | None:
        return None if call.constants is None else list(call.constants["terms"].to_pylist())

    def size(self, call: Call) -> int | None:
        return None if call.constants is None else len(call.constants["terms"])

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (documents,), terms, idf = args, call.fitted["terms"], call.fitted["idf"].to_numpy()
        words, rows = documents.flatten(), owners_of(lengths_of(documents))
        ids = positions(words, terms).fill_null(-1).to_numpy()
        known = ids >= 0
        valid = np.asarray(documents.is_valid())
        if call.params["unknown"] != "zeros":
            unknown = np.zeros(len(documents), np.bool_)
            unknown[rows[~known & np.asarray(words.is_valid())]] = True
            if call.params["unknown"] == "null":
                valid = valid & ~unknown
                known = known & ~unknown[rows]
            else:
                issues.add("unknown", unknown)
        entries, tf = np.unique(rows[known] * max(1, len(terms)) + ids[known], return_counts=True)
        owners, indices = np.divmod(entries, max(1, len(terms)))
        values = tf * idf[indices]
        if call.params["norm"] == "l2":
            values = values / np.sqrt(_row_sums(values * values, owners, len(documents)))[owners]
        return sparse_array(np.bincount(owners, minlength=len(documents)), indices, values, _F64, valid)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        terms, idf = lookup_table(call.fitted["terms"]), call.fitted["idf"].to_pylist()
        strict = call.params["unknown"] != "zeros"
        function = code.const(_vector(terms, idf, l2=call.params["norm"] == "l2", strict=strict))
        out = code.strict(args, f"{function}({args[0]})")
        if strict:
            with code.block(f"if {out} is False:"):
                code.fail(call, "unknown", out)
        return out


def _row_sums(values: Array, rows: Array, n: int) -> Array:
    """The sum of each row's values, from left to right (bincount adds one after the other), shape (n,)."""
    return np.bincount(rows, weights=values, minlength=n)


def _vector(terms: Mapping[str, int], idf: list[float], *, l2: bool, strict: bool) -> Callable[[list[str | None]], Any]:
    """The function of one document; with `strict` it gives False for one with an unknown term."""

    def vector(words: list[str | None]) -> Any:
        counts: dict[int, int] = {}
        for word in words:
            at = terms.get(word)  # type: ignore[arg-type]
            if at is not None:
                counts[at] = counts.get(at, 0) + 1
            elif strict and word is not None:
                return False
        indices = sorted(counts)
        values = [counts[at] * idf[at] for at in indices]
        if l2:
            total = 0.0
            for value in values:
                total += value * value
            root = math.sqrt(total)
            values = [value / root for value in values]
        return {"indices": indices, "values": values}

    return vector
