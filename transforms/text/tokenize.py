"""tokenize: text as the list of its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.op import register
from featureprep.expr.ops.functional import Forms, OfText
from featureprep.expr.params import BOOL, NAME, TEXT, integer, sequence
from featureprep.kernels import regex, text
from featureprep.kernels.nested import collect, lengths_of, owners_of
from featureprep.kernels.result import Batch
from featureprep.transforms._columns import column as as_column

SEPARATOR = r"[^\p{L}\p{M}\p{N}_]+"
"""What is no letter, mark, number or underscore."""
_ASCII_SEPARATOR = re.compile(r"[^A-Za-z0-9_]+")


def tokenize(
    column: str | Expr,
    *,
    lower: bool = True,
    separator: str = SEPARATOR,
    min_length: int = 1,
    stop_words: Iterable[str] = (),
    missing: Any = "keep",
) -> Expr:
    r"""The words of a text: what stands between separators.

    Parameters
    ----------
    column : str or Expr
        Text.
    lower : bool
        Whether the text is put into lower case first (Unicode's simple mapping).
    separator : str
        An RE2 pattern for what stands between words; by default all but letters, marks, numbers and underscores.
    min_length : int
        Leave shorter words out, in code points. scikit-learn's vectorisers have 2.
    stop_words : list of str
        Words to leave out, compared after lower-casing.
    missing : {"keep", "error", "quarantine"} or str
        For null. "keep" leaves null null. A text is put in first, and split.

    Returns
    -------
    Expr
        list<string>, in the order of the text; an empty list for a text without words.

    Raises
    ------
    ArgumentError
        When `separator` is no RE2 pattern or can match the empty text (at bind time), or an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of text.

    Notes
    -----
    Nothing is learned: an empty, constant or all-null column is nothing special. There are no unknown values, and nothing is malformed;
    text has no NaN.

    References
    ----------
    RE2 syntax, https://github.com/google/re2/wiki/Syntax; scikit-learn, `CountVectorizer`.

    Examples
    --------
    >>> tokenize("title", separator=" ", stop_words=["the"])
    tokenize(title, lower=True, min_length=1, separator=' ', stop_words=['the'])
    """
    if isinstance(stop_words, str) or not isinstance(stop_words, Iterable):
        raise ArgumentError.of("stop_words", "tokenize", "a list of strings", stop_words, where=site())
    given = {"lower": lower, "separator": separator, "min_length": min_length, "stop_words": list(stop_words)}
    return apply("tokenize", as_column("tokenize", column, missing), **given)


@register
class Tokenize(OfText):
    """The parts between separators that are long enough and no stop words."""

    name = "tokenize"
    limits = {"lower": BOOL, "separator": NAME, "min_length": integer(1), "stop_words": sequence(TEXT)}

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.list_(pa.string())

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        split, fold = regex.split_regex(params["separator"]), text.lower() if params["lower"] else None
        shortest, stop = params["min_length"], frozenset(params["stop_words"])
        stop_array = pa.array(sorted(stop), pa.string())
        plain = params["separator"] == SEPARATOR

        def batch(array: pa.Array) -> Batch:
            parts = split.batch(array if fold is None else fold.batch(array)[0])[0]
            words, lengths = parts.flatten(), lengths_of(parts)
            keep = np.asarray(pc.utf8_length(words)) >= shortest
            if stop:
                keep &= ~np.asarray(pc.is_in(words, value_set=stop_array))
            counts = np.bincount(owners_of(lengths)[keep], minlength=len(array))
            return collect(counts, words.filter(pa.array(keep)), np.asarray(array.is_valid())), None

        def row(value: str) -> list[str]:
            folded = value if fold is None else fold.row(value)
            parts = _ASCII_SEPARATOR.split(folded) if plain and folded.isascii() else split.row(folded)
            return [word for word in parts if len(word) >= shortest and word not in stop]

        return batch, row
