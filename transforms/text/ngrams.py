"""ngrams: words as the sequences of neighbouring words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, DataError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import register
from featureprep.expr.ops.functional import Forms, Functional
from featureprep.expr.params import TEXT, integer
from featureprep.kernels.arrays import valid_of
from featureprep.kernels.nested import Lengths, collect, lengths_of, owners_of, starts_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.text.tokenize import SEPARATOR, Tokenize
from featureprep.types import is_list, is_text

_WORDS = pa.list_(pa.string())
_LONGEST = 100
_MOST = 2**31 - 1
_TOKENIZE = {"lower": True, "separator": SEPARATOR, "min_length": 1, "stop_words": []}


def ngrams(column: str | Expr, n: int | tuple[int, int] = (1, 2), *, separator: str = " ", missing: Any = "keep") -> Expr:
    """Every sequence of n neighbouring words, put together as one text.

    Parameters
    ----------
    column : str or Expr
        Words as list<string>: `tokenize(...)`, or a column of lists. Or text: it is split as `tokenize` does without further arguments.
    n : int, or pair of int
        How many words, 1 to 100; a pair stands for all numbers from the first to the second, (1, 2) for single words and pairs.
    separator : str
        What is put between the words; may be empty.
    missing : {"keep", "error", "quarantine"}, or str for text
        For null. "keep" leaves null null. A text is put in first, and split.

    Returns
    -------
    Expr
        list<string>, in the order of their first words, then the shorter first: `a`, `a b`, `b`. Empty where there are too few words.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is neither of text nor of lists of text.
    DataError
        When the n-grams of one batch of rows come to more than 2 GiB.

    Notes
    -----
    Null words are left out before neighbours are looked for; text has no NaN. Nothing is learned: an empty, constant or all-null column is
    nothing special. There are no unknown values, and nothing is malformed.

    References
    ----------
    tf.Transform, `tft.ngrams` (the same, in the same order); scikit-learn, `CountVectorizer(ngram_range=...)`.

    Examples
    --------
    >>> ngrams("title", 2)
    ngrams(title, high=2, low=2, separator=' ')
    """
    low, high = (n, n) if isinstance(n, int) else tuple(n) if isinstance(n, (tuple, list)) and len(n) == 2 else (None, None)
    if low is None:
        raise ArgumentError.of("n", "ngrams", "an int or a pair of ints", n, where=site())
    return apply("ngrams", as_column("ngrams", column, missing), low=low, high=high, separator=separator)


@register
class Ngrams(Functional):
    """Sequences of `low` to `high` neighbouring words."""

    name = "ngrams"
    limits = {"low": integer(1, _LONGEST), "high": integer(1, _LONGEST), "separator": TEXT}
    kinds = ()
    takes = "lists of strings or text"

    def check(self, node: Node) -> None:
        super().check(node)
        if node.params["low"] > node.params["high"]:
            given = (node.params["low"], node.params["high"])
            raise ArgumentError.of("n", self.name, "a pair that ascends", given, where=node.site)

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_text(dtype) or (is_list(dtype) and is_text(dtype.value_type))

    def wanted(self, dtype: pa.DataType) -> pa.DataType:
        empty = dtype in (pa.null(), pa.list_(pa.null()))
        return _WORDS if empty or (is_list(dtype) and is_text(dtype.value_type)) else dtype

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return _WORDS

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        low, high, separator = params["low"], params["high"], params["separator"]
        if is_text(dtype):
            split, split_row = Tokenize().forms(dtype, _TOKENIZE)
            return lambda x: (_batch(split(x)[0], low, high, separator), None), lambda text: _row(split_row(text), low, high, separator)
        return lambda x: (_batch(x, low, high, separator), None), lambda words: _row(words, low, high, separator)


def _batch(documents: pa.Array, low: int, high: int, separator: str) -> pa.Array:
    words, lengths = documents.flatten(), lengths_of(documents)
    if words.null_count:
        lengths = np.bincount(owners_of(lengths)[np.asarray(words.is_valid())], minlength=len(lengths))
        words = words.drop_null()
    first = starts_of(lengths)
    left = np.repeat(first[1:], lengths) - np.arange(len(words))  # words from each one to the end of its document
    starts = [np.flatnonzero(left >= n) for n in range(low, high + 1)]
    _refuse_too_much(words, starts, low, len(separator.encode()))
    grams = [pc.binary_join_element_wise(*(words.take(pa.array(at + i)) for i in range(n)), separator) for n, at in enumerate(starts, low)]
    there = np.clip(np.minimum(left, high) - low + 1, 0, None)  # how many n-grams begin at each word
    place = starts_of(there)
    order = np.empty(place[-1], np.int64)
    done = 0
    for i, at in enumerate(starts):
        order[place[at] + i] = np.arange(done, done + len(at))
        done += len(at)
    made = pa.concat_arrays(grams)
    return collect(np.diff(place[first]), made if low == high else made.take(pa.array(order)), valid_of(documents))


def _refuse_too_much(words: pa.Array, starts: Sequence[Lengths], low: int, between: int) -> None:
    """Raise DataError where the n-grams are more text than an array holds, before they are made."""
    ends = starts_of(np.asarray(pc.binary_length(words), np.int64))
    size = 0
    for n, at in enumerate(starts, low):
        size += int((ends[at + n] - ends[at]).sum()) + len(at) * (n - 1) * between  # exact: bytes
    if size > _MOST:
        raise DataError(
            f"the n-grams of {len(words)} words come to {size} bytes of text, and a batch of rows holds {_MOST}",
            hint="use fewer lengths (n=), or fewer and shorter words",
        )


def _row(words: Sequence[str | None], low: int, high: int, separator: str) -> list[str]:
    there = [word for word in words if word is not None]
    return [separator.join(there[i : i + n]) for i in range(len(there)) for n in range(low, min(high, len(there) - i) + 1)]
