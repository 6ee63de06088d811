"""Terms counted document by document: what tf_idf, count_vector and hashing_tf share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.op import Call, Issues, Mask, Op, Signature
from featureprep.expr.ops.lookup import positions
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.nested import Lengths, lengths_of, owners_of
from featureprep.transforms._vectors import Array, sparse_array
from featureprep.types import format_type, is_list, is_text, sparse

WORDS = pa.list_(pa.string())
Document = Sequence[str | None]


class TermVector(Op):
    """A sparse vector over terms that are learned. Constant: terms, in the order of their indices."""

    kinds = ("unknown",)
    item: ClassVar[pa.DataType]
    """The type of an element."""

    def bind(self, call: Call) -> Signature:
        return Signature(sparse(self.item), documents(call), nullable=True if call.params["unknown"] == "null" else None)

    def elements(self, call: Call) -> list[str] | None:
        return None if call.constants is None else list(call.constants["terms"].to_pylist())

    def size(self, call: Call) -> int | None:
        return None if call.constants is None else len(call.constants["terms"])


def documents(call: Call) -> tuple[pa.DataType, ...]:
    """The type of the one argument, list<string>; raises TypeMismatchError for a column that is not of lists of text."""
    dtype = call.in_types[0]
    if dtype not in (pa.null(), pa.list_(pa.null())) and not (is_list(dtype) and is_text(dtype.value_type)):
        name = call.node.op
        raise TypeMismatchError(f"{name} takes lists of strings, not {format_type(dtype)}", hint=f"{name}(tokenize(...))")
    return (WORDS,)


@dataclass(frozen=True)
class Entries:
    """The terms of documents and how often each occurs, by document, then by index.

    Attributes
    ----------
    owners, indices, counts : np.ndarray of int64, shape (n_entries,)
        The document, the term's index, and how often it occurs there (at least once).
    valid : np.ndarray of bool, shape (n_documents,)
        Documents that are not null, and that no policy makes null.
    """

    owners: Lengths
    indices: Lengths
    counts: Lengths
    valid: Mask

    def vectors(self, values: Array, dtype: pa.DataType) -> pa.Array:
        """Sparse vectors with a value for each entry."""
        lengths = np.bincount(self.owners, minlength=len(self.valid))
        return sparse_array(lengths, self.indices, values, dtype, self.valid)


def entries_of(owners: Lengths, indices: Lengths, size: int, valid: Mask) -> Entries:
    """Entries from the document and the index (below `size`) of every single term."""
    size = max(1, size)
    keys, counts = np.unique(owners * size + indices, return_counts=True)
    rows, at = np.divmod(keys, size)
    return Entries(rows, at, counts, valid)


def count_known(call: Call, issues: Issues, words: pa.Array, terms: pa.Array) -> Entries:
    """Entries of the terms that are known, others treated as `unknown=` says; indices are positions in `terms`."""
    flat, rows = words.flatten(), owners_of(lengths_of(words))
    ids = positions(flat, terms).fill_null(-1).to_numpy()
    known, valid = ids >= 0, np.asarray(words.is_valid())
    if call.params["unknown"] != "zeros":
        unknown = np.zeros(len(words), np.bool_)
        unknown[rows[~known & np.asarray(flat.is_valid())]] = True
        if call.params["unknown"] == "null":
            valid = valid & ~unknown
            known = known & ~unknown[rows]
        else:
            issues.add("unknown", unknown)
    return entries_of(rows[known], ids[known], len(terms), valid)


def row_counter(terms: Mapping[str, int], *, strict: bool) -> Callable[[Document], dict[int, int] | None]:
    """The function from one document to the counts of its known terms, indices ascending; with `strict`, None for one with an unknown term."""

    def count(words: Document) -> dict[int, int] | None:
        counts: dict[int, int] = {}
        for word in words:
            at = terms.get(word)  # type: ignore[arg-type]
            if at is not None:
                counts[at] = counts.get(at, 0) + 1
            elif strict and word is not None:
                return None
        return {at: counts[at] for at in sorted(counts)}

    return count


def emit_vector(call: Call, code: RowCode, args: Sequence[RowValue], function: object) -> str:
    """Row code for a function from a document to its vector, which gives False for a document that `unknown=` does not let pass."""
    out = code.strict(args, f"{code.const(function)}({args[0]})")
    if call.params["unknown"] != "zeros":
        with code.block(f"if {out} is False:"):
            code.fail(call, "unknown", out)
    return out
