"""In how many rows each token occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.folds.count_table import CountTable
from featureprep.folds.distinct import Counts, canonical
from featureprep.folds.value_counts import RankedCounts
from featureprep.hashing.layout import list_bounds, plain
from featureprep.types import format_type, is_list, is_text, logical


@dataclass(frozen=True)
class DocumentFrequency(RankedCounts):
    """Of a list<string> column, a row being a document.

    In the result `n` is the number of documents (rows that are not null, empty lists included) and `nulls` that of null rows;
    null tokens are left out.

    Attributes
    ----------
    top_k : int, optional
        The result holds this many tokens at most.
    min_count : int
        The result holds no token that occurs in fewer rows.
    """

    name: ClassVar[str] = "document_frequency"
    top_k: int | None = None
    min_count: int = 1

    def update(self, state: CountTable, *columns: pa.Array) -> CountTable:
        (array,) = columns
        dtype = logical(array.type)
        if pa.types.is_null(dtype):
            state.nulls += len(array)
            return state
        if not is_list(dtype) or not (is_text(dtype.value_type) or pa.types.is_null(dtype.value_type)):
            raise TypeMismatchError(f"{self.name} takes lists of strings, not {format_type(dtype)}", hint="tokenize the text first")
        array = plain(array)
        state.nulls += array.null_count
        documents = array.drop_null()
        state.n += len(documents)
        tokens, counts = rows_with(documents)
        if not pa.types.is_null(tokens.type):
            state.add([tokens], counts)
        return state


def rows_with(lists: pa.Array) -> tuple[pa.Array, Counts]:
    """The different elements of a list array without nulls, as canonical values, and how many of the lists have each; null ones left out."""
    elements, starts, stops = list_bounds(lists)
    if pa.types.is_null(elements.type):
        return elements.slice(0, 0), np.empty(0, np.int64)
    if not pa.types.is_dictionary(elements.type):
        elements = elements.dictionary_encode()
    # entries of a dictionary may repeat: encode the entries again
    entries = canonical(elements.dictionary).dictionary_encode()
    rows = np.repeat(np.arange(len(lists)), stops - starts)
    codes = entries.indices.take(elements.indices)
    if codes.null_count:
        rows = rows[codes.is_valid().to_numpy(zero_copy_only=False)]
        codes = codes.drop_null()
    size = len(entries.dictionary)
    pairs = pc.unique(pa.array(rows * size + codes.to_numpy(zero_copy_only=False).astype(np.int64)))
    counts = np.bincount(pairs.to_numpy() % size, minlength=size) if size else np.empty(0, np.int64)
    used = counts > 0
    return entries.dictionary.filter(pa.array(used)), counts[used].astype(np.int64, copy=False)
