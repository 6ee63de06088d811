"""cross: the values of several columns as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.casts import cast
from featureprep.kernels.formatting import formatter
from featureprep.transforms.categorical._crossing import any_missing, any_missing_test, crossed, crossed_types

_SEPARATOR, _ESCAPE = "|", "\\"


def cross(*columns: str | Expr, missing: Any = "keep") -> Expr:
    r"""The values of several columns joined into one text, so that different combinations are different texts.

    Parameters
    ----------
    *columns : str or Expr
        Two or more columns of any single values but bytes: text, numbers, bools, dates.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN in any of the columns. "keep" makes the result null. A value is put into each column first, so it must fit all of them.

    Returns
    -------
    Expr
        string: the values as `.cast("string")` spells them, joined by `|`; in text, `\` is written `\\` and `|` is written `\|`.
        So ("a|b", "c") is `a\|b|c` and ("a", "b|c") is `a|b\|c`.

    Raises
    ------
    ArgumentError
        When fewer than two columns are given.
    TypeMismatchError
        At bind time, for lists, structs and bytes.

    Notes
    -----
    Nothing is learned: an empty, constant or all-null column is nothing special. -0.0 is 0.0. There are no unknown values, and nothing here is
    malformed. The result is a category like any other: `vocabulary(cross(...))` numbers the combinations that occur, `one_hot(cross(...))`
    has an element for each.

    References
    ----------
    TensorFlow, `tf.sparse.cross`, which joins by `_X_` and does not escape, so that two combinations can be one text.

    Examples
    --------
    >>> cross("education", "sex")
    cross(education, sex)
    """
    return apply("cross", *crossed("cross", columns, missing))


@register
class Cross(Op):
    """Escaped texts with separators between them."""

    name = "cross"
    arity = (2, None)

    def bind(self, call: Call) -> Signature:
        nullable = crossed_types(call)
        if any(pa.types.is_binary(dtype) for dtype in call.in_types):
            raise TypeMismatchError("cross takes text, not binary", hint="cast it first: .cast('string')")
        return Signature(pa.string(), nullable=nullable)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        missing = any_missing(args)
        codes, taken = _combine([x.dictionary_encode() for x in args], missing)
        joined = pc.binary_join_element_wise(*(_spell(words).take(at) for words, at in taken), _SEPARATOR)
        return joined.take(pa.array(codes, mask=missing))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        out, test, bar = code.new(), any_missing_test(args), code.const(_SEPARATOR)
        joined = f" + {bar} + ".join(f"{code.const(_speller(x.type))}({x})" for x in args)
        code.emit(f"{out} = None if {test} else {joined}" if test else f"{out} = {joined}")
        return out


def _combine(columns: list[pa.DictionaryArray], missing: Any) -> tuple[Any, list[tuple[pa.Array, pa.Array]]]:
    """For each row the number of its combination, and for each column its dictionary and the entries that the combinations have."""
    codes, size = np.zeros(len(missing), np.int64), 1
    for column in columns:
        more = max(1, len(column.dictionary))
        if size * more >= 1 << 62:  # as many combinations as there are rows, at most
            dense = pa.array(codes).dictionary_encode()
            codes, size = dense.indices.to_numpy().astype(np.int64), len(dense.dictionary)
        codes = codes * more + column.indices.fill_null(0).to_numpy()
        size *= more
    encoded = pa.array(codes, mask=missing).dictionary_encode()
    places = encoded.indices.fill_null(0).to_numpy()
    member = np.zeros(len(encoded.dictionary), np.int64)
    present = np.flatnonzero(~missing)
    member[places[present]] = present  # any row of each combination
    return places, [(column.dictionary, column.indices.take(pa.array(member))) for column in columns]


def _spell(words: pa.Array) -> pa.Array:
    """Different values as texts, in which no bare separator stands."""
    if pa.types.is_string(words.type):
        escaped = pc.replace_substring(words, pattern=_ESCAPE, replacement=_ESCAPE * 2)
        return pc.replace_substring(escaped, pattern=_SEPARATOR, replacement=_ESCAPE + _SEPARATOR)
    if pa.types.is_floating(words.type):
        words = pc.add(words, pa.scalar(0.0, words.type))  # -0.0 becomes 0.0
    return cast(words, pa.string())[0]


def _speller(dtype: pa.DataType) -> Callable[[Any], str]:
    """The same for one value that is not null."""
    if pa.types.is_string(dtype):
        return _escape
    if pa.types.is_null(dtype):
        return str
    text = formatter(dtype)
    return lambda value: text(value or 0)  # minus zero is zero


def _escape(text: str) -> str:
    if _ESCAPE in text or _SEPARATOR in text:
        return text.replace(_ESCAPE, _ESCAPE * 2).replace(_SEPARATOR, _ESCAPE + _SEPARATOR)
    return text
