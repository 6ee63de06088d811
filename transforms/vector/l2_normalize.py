"""l2_normalize: vectors with length 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, Issues, Mask, Op, Signature, find, register
from featureprep.expr.params import MALFORMED
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import bits_of, build, valid_of, values_of
from featureprep.kernels.nested import Lengths, collect, lengths_of, owners_of
from featureprep.kernels.result import BAD
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._vectors import Array
from featureprep.types import dense, format_type, is_float, is_integer, is_list, is_sparse, sparse

_F64 = pa.float64()
_SMALL = 2.0**-900
"""Below this a sum of squares has lost digits."""


def l2_normalize(column: str | Expr, *, missing: Any = "keep", malformed: str | None = None) -> Expr:
    """x / sqrt(sum of x[i]**2): a vector in the same direction, of length 1.

    Parameters
    ----------
    column : str or Expr
        Dense vectors, sparse vectors, or lists of numbers.
    missing : {"keep", "error", "quarantine"}
        For null in place of a vector. "keep" leaves null null.
    malformed : {"null", "error", "quarantine"}, optional
        For a vector with an infinity and no NaN, which has no direction. The job's policy by default.

    Returns
    -------
    Expr
        The same kind of vector with elements of float64, of the same names; a list<float64> of a list.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of vectors or lists of numbers.

    Notes
    -----
    Squares are added from left to right in float64, those of a sparse vector in the order of its entries. Where that sum is infinite or below
    2**-900 all elements are scaled by a power of two first, so that vectors of very large or small numbers have length 1 too. A vector of
    zeros, and an empty one, stays as it is. One NaN makes all (stored) elements NaN; a null element stays null and counts 0. Nothing is learned: an
    empty, constant or all-null column is nothing special. There are no unknown values.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.Normalizer(norm="l2")`, which leaves vectors shorter than 2.2e-15 as they are; Spark ML, `Normalizer(p=2)`.

    Examples
    --------
    >>> l2_normalize("embedding")
    l2_normalize(embedding)
    """
    return apply("l2_normalize", as_column("l2_normalize", column, missing), malformed=malformed)


@register
class L2Normalize(Op):
    """Vectors by their Euclidean length."""

    name = "l2_normalize"
    limits = {"malformed": MALFORMED}
    kinds = ("malformed",)

    def bind(self, call: Call) -> Signature:
        dtype = call.in_types[0]
        if dtype in (pa.null(), pa.list_(pa.null())):
            return Signature(pa.list_(_F64), (pa.list_(_F64),))
        item = dtype.field(1).type.value_type if is_sparse(dtype) else dtype.value_type if is_list(dtype) else None
        if item is None or not (is_integer(item) or is_float(item)):
            raise TypeMismatchError(f"l2_normalize takes vectors and lists of numbers, not {format_type(dtype)}", hint="assemble(...)")
        if is_sparse(dtype):
            return Signature(sparse(_F64))
        return Signature(dense(_F64, dtype.list_size) if pa.types.is_fixed_size_list(dtype) else pa.list_(_F64))

    def elements(self, call: Call) -> list[str] | None:
        inner = call.inner[0]
        return find(inner.node.op).elements(inner)

    def size(self, call: Call) -> int | None:
        dtype, inner = call.in_types[0], call.inner[0]
        return int(dtype.list_size) if pa.types.is_fixed_size_list(dtype) else find(inner.node.op).size(inner)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,), out = args, call.out_type
        valid = np.asarray(x.is_valid())
        if is_sparse(out):
            numbers = x.field(1)
            lengths = lengths_of(numbers)
            elements, wrong = _normalized(numbers.flatten(), lengths)
            made = collect(lengths, elements, valid_of(numbers))
            made = pa.StructArray.from_arrays([x.field(0), made], names=["indices", "values"], mask=pa.array(~valid))
        elif pa.types.is_fixed_size_list(out):
            width = out.list_size
            elements, wrong = _normalized(x.values.slice(x.offset * width, len(x) * width), np.full(len(x), width))
            made = pa.Array.from_buffers(out, len(x), [None if valid.all() else bits_of(valid)], children=[elements])
        else:
            lengths = lengths_of(x)
            elements, wrong = _normalized(x.flatten(), lengths)
            made = collect(lengths, elements, valid_of(x))
        issues.add("malformed", wrong & valid)
        return made

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        function = code.const(_sparse_row if is_sparse(args[0].type) else _row)
        return code.checked(call, args, f"{function}({args[0]})")


def _normalized(elements: pa.Array, lengths: Lengths) -> tuple[pa.Array, Mask]:
    """All vectors' elements, one vector after the other, and which vectors are infinite."""
    there, owners = valid_of(elements), owners_of(lengths)
    x: Array = values_of(elements).astype(np.float64)
    if there is not None:
        x = np.where(there, x, 0.0)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        squares = _squares(x, owners, len(lengths))
        lost = (squares < _SMALL) | (squares == np.inf)
        if lost.any():
            at = np.flatnonzero(lost[owners])
            largest = np.zeros(len(lengths))
            np.maximum.at(largest, owners[at], np.abs(x[at]))
            scale = np.where(np.isfinite(largest), -np.frexp(largest)[1], 0)
            x = x.copy()
            x[at] = np.ldexp(x[at], scale[owners[at]])
            squares = _squares(x, owners, len(lengths))
        length = np.sqrt(squares)
        out = x / np.where(length == 0, 1.0, length)[owners]
    return build(out, _F64, there), length == np.inf


def _squares(x: Array, owners: Lengths, n: int) -> Array:
    """The sum of each vector's squares, shape (n,): bincount adds one after the other, from left to right."""
    return np.bincount(owners, weights=x * x, minlength=n)


def _row(vector: Sequence[float | None]) -> Any:
    """The same of one vector; BAD for an infinite one."""
    x = [0.0 if value is None else float(value) for value in vector]
    squares = 0.0
    for value in x:
        squares += value * value
    if squares < _SMALL or squares == math.inf:
        largest = max(map(abs, x), default=0.0)
        if largest == math.inf:
            return BAD
        scale = -math.frexp(largest)[1]
        x = [math.ldexp(value, scale) for value in x]
        squares = 0.0
        for value in x:
            squares += value * value
    length = math.sqrt(squares) or 1.0
    return [None if given is None else value / length for given, value in zip(vector, x, strict=True)]


def _sparse_row(vector: dict[str, Any]) -> Any:
    values = vector["values"]
    made = None if values is None else _row(values)
    return BAD if made is BAD else {"indices": vector["indices"], "values": made}
