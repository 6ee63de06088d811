"""assemble: numbers and vectors side by side in one vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node, describe
from featureprep.expr.op import Call, Issues, Mask, Op, Signature, find, register
from featureprep.expr.params import NAME, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import values_of
from featureprep.kernels.nested import lengths_of, owners_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._columns import names_of
from featureprep.transforms._vectors import Array, dense_array, sparse_array, with_nan
from featureprep.types import dense, format_type, is_float, is_integer, is_list, is_numeric, is_sparse, sparse

_F64 = pa.float64()


def assemble(*columns: str | Expr, missing: Any = "keep", **named: str | Expr) -> Expr:
    """Numbers and vectors one after the other in one vector, in the order in which they are given.

    Parameters
    ----------
    *columns, **named : str or Expr
        Numbers and bools, dense vectors, and sparse vectors made by a transform. A keyword gives its column a name; others are named by the
        one column that they read, or, where that is not one or not the only such one, by their expression.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN among the columns. "keep" makes a null number NaN, and the whole result null where a vector is null. A number is
        put in for null and NaN; it needs columns of numbers throughout.

    Returns
    -------
    Expr
        fixed_size_list<float64>; struct<indices: list<int32>, values: list<float64>> if a column is sparse: indices ascend, zeros are left out.
        An element is named as its number is, or `name=element` for the elements of a vector (`education=Bachelors`), `name=0`, `name=1`, ...
        where those have no names; the names of an assembled vector are kept.

    Raises
    ------
    ArgumentError
        When no column is given, or two have the same name.
    TypeMismatchError
        At bind time, for columns that are neither numbers nor vectors of numbers, for lists of no fixed length, and for sparse vectors
        that no transform made, whose size is not known.

    Notes
    -----
    Nothing is learned: an empty, constant or all-null column is nothing special. There are no unknown values, and nothing is malformed.
    Integers beyond 2**53 become their nearest doubles.

    References
    ----------
    Spark ML, `VectorAssembler`; scikit-learn, `ColumnTransformer` (names of features).

    Examples
    --------
    >>> assemble("age", "hours")
    assemble(age, hours, names=['age', 'hours'])
    """
    nodes = [as_column("assemble", column, missing) for column in (*columns, *named.values())]
    if not nodes:
        raise ArgumentError("assemble is given no columns", where=site())
    names = [*names_of(nodes[: len(columns)], named), *named]
    return apply("assemble", *nodes, names=names)


@register
class Assemble(Op):
    """All arguments' elements, left to right."""

    name = "assemble"
    arity = (1, None)
    limits = {"names": sequence(NAME, at_least=1)}

    def check(self, node: Node) -> None:
        super().check(node)
        names = list(node.params["names"])
        if len(names) != len(node.args) or len(set(names)) < len(names):
            raise ArgumentError.of("names", self.name, "one for each column, all different", names, where=node.site)

    def bind(self, call: Call) -> Signature:
        widths = [_width(dtype, inner) for dtype, inner in zip(call.in_types, call.inner, strict=True)]
        wanted = tuple(dtype if _is_vector(dtype) else _F64 for dtype in call.in_types)
        nullable = any(_is_vector(dtype) and null for dtype, null in zip(call.in_types, call.in_nullable, strict=True))
        if any(is_sparse(dtype) for dtype in call.in_types):
            return Signature(sparse(_F64), wanted, nullable)
        total = None if None in widths else sum(width or 0 for width in widths)  # exact: integers
        return Signature(pa.list_(_F64) if total is None else dense(_F64, total), wanted, nullable)

    def elements(self, call: Call) -> list[str] | None:
        names: list[str] = []
        for name, dtype, inner in zip(call.params["names"], call.in_types, call.inner, strict=True):
            width = _width(dtype, inner)
            if width is None:
                return None
            parts = find(inner.node.op).elements(inner)
            if not _is_vector(dtype):
                names.append(name)
            elif parts is not None and inner.node.op == self.name:
                names += parts
            else:
                names += [f"{name}={part}" for part in (range(width) if parts is None else parts)]
        return names

    def size(self, call: Call) -> int | None:
        widths = [_width(dtype, inner) for dtype, inner in zip(call.in_types, call.inner, strict=True)]
        return None if None in widths else sum(width or 0 for width in widths)  # exact: integers

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        valid: Mask = np.ones(len(args[0]), np.bool_)
        for x in args:
            if _is_vector(x.type):
                valid &= np.asarray(x.is_valid())
        widths = [_width(dtype, inner) or 0 for dtype, inner in zip(call.in_types, call.inner, strict=True)]
        if is_sparse(call.out_type):
            return _sparse(args, widths, valid)
        out = np.empty((len(valid), sum(widths)))  # exact: integers
        start = 0
        for x, width in zip(args, widths, strict=True):
            out[:, start : start + width] = _matrix(x, width)
            start += width
        return dense_array(out, _F64, valid)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        vectors = [x for x in args if _is_vector(x.type)]
        if is_sparse(call.out_type):
            kinds = ["sparse" if is_sparse(x.type) else "dense" if _is_vector(x.type) else "number" for x in args]
            widths = [_width(dtype, inner) or 0 for dtype, inner in zip(call.in_types, call.inner, strict=True)]
            function = code.const(_joiner(kinds, widths))
            return code.strict(vectors, f"{function}({', '.join(x.name for x in args)})")
        parts = []
        for x, inner in zip(args, call.inner, strict=True):
            if not _is_vector(x.type):
                parts.append(f"{code.const(math.nan)} if {x} is None else {x}" if x.nullable else x.name)
            elif find(inner.node.op).elements(inner) is None:  # not made by a transform: elements can be null
                parts.append(f"*map({code.const(_number)}, {x})")
            else:
                parts.append(f"*{x}" if x.type.value_type == _F64 else f"*map({code.const(float)}, {x})")
        return code.strict(vectors, f"[{', '.join(parts)}]")


def _is_vector(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_nested(dtype))


def _width(dtype: pa.DataType, inner: Call) -> int | None:
    """How many elements an argument gives; None where that is learned, and not yet known."""
    if is_sparse(dtype):
        item, size = dtype.field(1).type.value_type, find(inner.node.op).size(inner)
    elif is_list(dtype):
        item, size = dtype.value_type, dtype.list_size if pa.types.is_fixed_size_list(dtype) else None
    elif is_numeric(dtype) or dtype in (pa.bool_(), pa.null()):
        return 1
    else:
        raise TypeMismatchError(
            f"assemble takes numbers and vectors, not {format_type(dtype)}", hint="encode it: one_hot, vocabulary, cast"
        )
    if not (is_integer(item) or is_float(item)):
        raise TypeMismatchError(f"assemble takes vectors of numbers, not {format_type(dtype)}")
    if size is None and not _unfitted(inner):
        raise TypeMismatchError(
            f"assemble takes vectors of a known size, and {describe(inner.node)} is {format_type(dtype)} of no known size"
        )
    return size


def _unfitted(call: Call) -> bool:
    """Whether something below has yet to be learned."""
    stack = [call]
    while stack:
        one = stack.pop()
        if one.constants is None and find(one.node.op).learns:
            return True
        stack += one.inner
    return False


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _matrix(x: pa.Array, width: int) -> Array:
    """A dense argument as numbers of any type, shape (n, width); NaN for null, anything under null vectors."""
    flat = x.values.slice(x.offset * width, len(x) * width) if _is_vector(x.type) else x
    return with_nan(flat).reshape(len(x), width)


def _sparse(args: Sequence[pa.Array], widths: Sequence[int], valid: Mask) -> pa.Array:
    owners, indices, values, start = [], [], [], 0
    for x, width in zip(args, widths, strict=True):
        if is_sparse(x.type):
            places, numbers = x.field(0), x.field(1)
            rows, at, value = owners_of(lengths_of(places)), np.asarray(places.flatten()), values_of(numbers.flatten())
        else:
            matrix = _matrix(x, width)
            rows, at = np.nonzero(matrix)
            value = matrix[rows, at]
        keep = valid[rows] & (value != 0)
        owners.append(rows[keep])
        indices.append(at[keep].astype(np.int64) + start)
        values.append(value[keep].astype(np.float64))
        start += width
    rows = np.concatenate(owners)
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=len(valid))
    return sparse_array(counts, np.concatenate(indices)[order], np.concatenate(values)[order], _F64, valid)


def _joiner(kinds: Sequence[str], widths: Sequence[int]) -> Callable[..., dict[str, Any]]:
    """The function from one row's arguments to its sparse vector."""
    starts = [sum(widths[:i]) for i in range(len(widths))]  # exact: integers

    def join(*row: Any) -> dict[str, Any]:
        indices, values = [], []
        for kind, start, x in zip(kinds, starts, row, strict=True):
            if kind == "sparse":
                entries = zip(x["indices"], x["values"], strict=True)
            else:
                entries = enumerate(x if kind == "dense" else (x,))  # type: ignore[assignment]
            for at, value in entries:
                number = _number(value)
                if number != 0:
                    indices.append(start + at)
                    values.append(number)
        return {"indices": indices, "values": values}

    return join
