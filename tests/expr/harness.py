"""Expressions over columns, by batch and by row; and columns of every type with the values at its edges."""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from featureprep.errors import RowRejected
from featureprep.expr.bind import Binder, Bound
from featureprep.expr.evaluate import Program
from featureprep.expr.expression import Expr
from featureprep.expr.node import Node
from featureprep.expr.row import RowCode
from featureprep.expr.rowvalues import from_arrow, input_converter, to_arrow
from featureprep.types import format_type, is_temporal, parse_type

NAN, INF = math.nan, math.inf
MALFORMED = ...
"""Stands in a row for a cell that does not fit its column's type."""
Columns = Mapping[str, tuple[str, Sequence[Any]]]
"""Type and values in row form by name."""

_LOW, _HIGH = -(2**63), 2**63 - 1
_INT = {name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64) for name in (f"int{bits}",)}
_INT |= {f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)}
_F64 = [0.0, -0.0, 1.0, -1.5, 2.5, 2.0**53, 2.0**63, -(2.0**63), 1e308, 5e-324, INF, -INF, NAN]
_TEXTS = ["", "a", "a,b", "é", "ÉCOLE ß", " 12 ", "12", "-3.5", "2020-02-29", "true", "İǅ", "中\U0001f600", "a\nb"]
_DAY = 86_400_000_000
_MOMENTS = [0, -1, _DAY - 1, 1_583_020_799_999_999, 2_216_250_000_000_000, _LOW, _HIGH, -62_135_596_800_000_000]

POOLS: dict[str, list[Any]] = {
    "bool": [True, False],
    **{name: sorted({low, low + 1, 0, 1, 2, 7, high - 1, high} | ({-1, -7} if low else set())) for name, (low, high) in _INT.items()},
    "float64": _F64,
    "float32": [0.0, -0.0, 1.5, -2.0, 16777216.0, 3.4028234663852886e38, 1.401298464324817e-45, INF, -INF, NAN],
    "decimal(9, 2)": [Decimal("0.00"), Decimal("-1.50"), Decimal("9999999.99"), Decimal("2.00")],
    "decimal(38, 10)": [Decimal("0E-10"), Decimal("1.5000000000"), Decimal((0, (9,) * 38, -10)), Decimal("2.0000000001")],
    "string": _TEXTS,
    "binary": [b"", b"a", b"\xff\x00"],
    "date": [0, -1, 18321, 2**31 - 1, -(2**31), 106_751_992, -719_162],
    "timestamp": _MOMENTS,
    "timestamp[Europe/Berlin]": _MOMENTS,
    "null": [],
    "list<int64>": [[], [1, None, 2], [_HIGH, 1], [0, -5], [None]],
    "list<float64>": [[], [1.5, None, NAN], [-0.0, 0.0], [INF, -INF], [0.1, 0.2, 0.3]],
    "list<float32>": [[], [1.5, None], [0.10000000149011612], [NAN]],
    "list<string>": [[], ["a", None, "é"], [""], ["a,b", "b"]],
    "list<date>": [[], [0, None], [18321]],
    "fixed_size_list<float32>[2]": [[1.5, NAN], [0.0, None], [-0.0, 2.0]],
    "list<list<int8>>": [[], [[1], None, []]],
    "struct<a: int64, b: string>": [{"a": 1, "b": "x"}, {"a": None, "b": ""}],
}  # fmt: skip
TYPES = list(POOLS)


def _floats(width: Literal[32, 64]) -> st.SearchStrategy[float]:
    return st.floats(width=width).map(lambda v: NAN if v != v else v)


def _values(name: str) -> st.SearchStrategy[Any]:
    """More values of a type, in row form."""
    if name in _INT:
        return st.integers(*_INT[name])
    more: dict[str, st.SearchStrategy[Any]] = {
        "bool": st.booleans(),
        "float64": _floats(64),
        "float32": _floats(32),
        "decimal(9, 2)": st.integers(-(10**9) + 1, 10**9 - 1).map(lambda i: Decimal(i).scaleb(-2)),
        "decimal(38, 10)": st.integers(-(10**18), 10**18).map(lambda i: Decimal(i).scaleb(-10)),
        "string": st.text(st.characters(codec="utf-8"), max_size=12),
        "binary": st.binary(max_size=4),
        "date": st.integers(-(2**31), 2**31 - 1) | st.integers(-10_000, 40_000),
        "timestamp": st.integers(_LOW, _HIGH) | st.integers(-(10**15), 8 * 10**15),
        "list<int64>": st.lists(st.none() | st.integers(_LOW, _HIGH) | st.integers(-9, 9), max_size=5),
        "list<float64>": st.lists(st.none() | _floats(64), max_size=5),
        "list<float32>": st.lists(st.none() | _floats(32), max_size=5),
        "list<string>": st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=5), max_size=5),
        "struct<a: int64, b: string>": st.fixed_dictionaries({"a": st.none() | st.integers(-9, 9), "b": st.none() | st.text(st.characters(codec="utf-8"), max_size=3)}),
    }  # fmt: skip
    more["timestamp[Europe/Berlin]"] = more["timestamp"]
    return more.get(name, st.nothing())


def values_of(name: str) -> st.SearchStrategy[Any]:
    """A value of a type, often one at an edge, sometimes null."""
    edges = st.sampled_from(POOLS[name]) if POOLS[name] else st.nothing()
    return st.none() | edges | edges | _values(name)


def array_of(values: list[Any], name: str) -> pa.Array:
    return to_arrow(values, parse_type(name))


ENCODINGS = ("plain", "dictionary", "odd dictionary", "sliced")


def encode(array: pa.Array, how: str) -> pa.Array:
    """The same cells otherwise stored."""
    if how == "sliced":
        padded = pa.concat_arrays([array.slice(0, 1), pa.nulls(3, array.type), array, pa.nulls(1, array.type)])
        return padded.slice(min(1, len(array)) + 3, len(array))
    if how == "plain" or pa.types.is_nested(array.type) or pa.types.is_null(array.type):
        return array
    encoded = array.dictionary_encode()
    if how == "dictionary":
        return encoded
    # a dictionary with repeats, words that nobody uses, and a null among the words
    words = pa.concat_arrays([encoded.dictionary, encoded.dictionary, pa.nulls(1, array.type)])
    m = len(encoded.dictionary)
    at = [(2 * m if row % 2 else None) if code is None else code + m * (row % 2) for row, code in enumerate(encoded.indices.to_pylist())]
    return pa.DictionaryArray.from_arrays(pa.array(at, pa.int32()), words)


@dataclass(frozen=True)
class Rejected:
    """A row that a policy takes out, with the rule and its place."""

    rule: str
    site: str | None


@dataclass
class Result:
    """What an expression gives: its type, and per row a value in row form or `Rejected`."""

    type: pa.DataType
    nullable: bool
    cells: list[Any]


def bits(value: Any) -> Any:
    """Equal if and only if the values are the same bits (any NaN is one) and the same Python types."""
    if isinstance(value, float):
        return ("float", "nan" if value != value else struct.pack("<d", value))
    if isinstance(value, list):
        return [bits(item) for item in value]
    if isinstance(value, dict):
        return {key: bits(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return ("decimal", value.as_tuple())
    return (type(value).__name__, value)


def node_of(expr: Expr | Node) -> Node:
    return expr.node if isinstance(expr, Expr) else expr


def evaluate(
    expr: Expr | Node,
    columns: Columns,
    *,
    malformed: str = "error",
    encodings: Mapping[str, str] | None = None,
    required: frozenset[str] = frozenset(),
    constants: Mapping[str, Mapping[str, Any]] | None = None,
    rows: int | None = None,
) -> Result:
    """The expression by batch, held against row code bit for bit, against its bound type, and against what binding says of nulls.

    Parameters
    ----------
    columns : mapping of name to (type, values in row form)
        `MALFORMED` for a cell that does not fit.
    encodings : mapping of name to one of `ENCODINGS`
    required : names of columns that are declared not nullable
    """
    n = len(next(iter(columns.values()))[1]) if columns else (rows or 0)
    arrays, masks, fields = {}, {}, []
    for name, (dtype, values) in columns.items():
        plain = array_of([None if v is MALFORMED else v for v in values], dtype)
        arrays[name] = encode(plain, (encodings or {}).get(name, "plain"))
        masks[name] = np.array([v is MALFORMED for v in values], bool)
        fields.append(pa.field(name, plain.type, nullable=name not in required))
    bound = Binder(pa.schema(fields), constants, malformed).bind(node_of(expr))
    batch = by_batch(bound, arrays, n, masks)
    row = by_row(bound, columns, n)
    assert [bits(v) for v in row] == [bits(v) for v in batch], [
        (i, {k: v[i] for k, (_, v) in columns.items()}, r, b) for i, (r, b) in enumerate(zip(row, batch, strict=True)) if bits(r) != bits(b)
    ][:3]
    assert bound.nullable or all(value is not None for value in batch), "a null that binding denied"
    return Result(bound.type, bound.nullable, batch)


def by_batch(bound: Bound, arrays: Mapping[str, pa.Array], n: int, masks: Mapping[str, Any]) -> list[Any]:
    program = Program([bound])
    (column,) = program.run(arrays, n, masks)
    values = column.values.dictionary_decode() if isinstance(column.values, pa.DictionaryArray) else column.values
    assert values.type == bound.type, (format_type(values.type), format_type(bound.type))
    assert len(values) == n
    values.validate(full=True)
    codes = np.zeros(n, int) if column.codes is None else column.codes
    reasons = [program.reasons[code - 1] if code else None for code in codes]
    return [Rejected(r.rule, r.site) if r else v for r, v in zip(reasons, from_arrow(values), strict=True)]


def by_row(bound: Bound, columns: Columns, n: int) -> list[Any]:
    code = RowCode([bound], column=lambda name, dtype: _taken(dtype))
    compute = code.finish(code.eval(bound).name)
    out: list[Any] = []
    for i in range(n):
        try:
            out.append(compute({name: values[i] for name, (_, values) in columns.items()}))
        except RowRejected as error:
            out.append(Rejected(error.rule, error.where))
    return out


def _taken(dtype: pa.DataType) -> Callable[[Any], Any]:
    """Columns are in row form here, in which any integer is a moment."""
    convert = input_converter(dtype)
    return (lambda value: value if isinstance(value, int) else convert(value)) if is_temporal(dtype) else convert


def cells(expr: Expr | Node, malformed: str = "null", **columns: tuple[str, Sequence[Any]]) -> list[Any]:
    """The values alone."""
    return evaluate(expr, columns, malformed=malformed).cells


def micros(*when: int) -> int:
    """A moment of UTC in row form: year, month, day, ..."""
    moment = dt.datetime(*when, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
