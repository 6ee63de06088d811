"""Casts between all types: `cast` of an array, `cast_value` of one value, and `can_cast`, which pairs there are.

Numbers, see `casts_numbers`; text to anything by the grammars of `numbers_text` and `temporal`, anything but lists, structs and binary to text as in
`formatting`; text to binary as UTF-8, binary to text if it is valid UTF-8; dates are timestamps at midnight, timestamps the date they fall
on; a zone of a timestamp type changes nothing but the type. Lists and structs by their elements (structs by field name): one bad element
makes the whole cell bad, as does a list of another length than a fixed one. A null column can be cast to every type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.kernels import casts_numbers as numbers
from featureprep.kernels import numbers_text as parse
from featureprep.kernels import temporal
from featureprep.kernels.arrays import build, build_checked, by_distinct, spread, valid_of, values_of
from featureprep.kernels.calendar import DAY
from featureprep.kernels.formatting import format_number, formatter
from featureprep.kernels.nested import collect, collect_fixed, elements_of, lengths_of, owners_of
from featureprep.kernels.result import BAD, Batch, either
from featureprep.types import format_type

Row = Callable[[Any], Any]
BatchCast = Callable[[pa.Array, pa.DataType], Batch]
RowCast = Callable[[pa.DataType, pa.DataType], Row]

_LAST_DAY = (2**63 - 1) // DAY


def _kind(dtype: pa.DataType) -> str:
    for kind, test in _KINDS:
        if test(dtype):
            return kind
    return "other"


_KINDS: tuple[tuple[str, Callable[[pa.DataType], bool]], ...] = (
    ("bool", pa.types.is_boolean),
    ("int", pa.types.is_integer),
    ("float", lambda t: t in (pa.float64(), pa.float32())),
    ("decimal", pa.types.is_decimal),
    ("string", pa.types.is_string),
    ("binary", pa.types.is_binary),
    ("date", pa.types.is_date32),
    ("timestamp", pa.types.is_timestamp),
    ("list", lambda t: pa.types.is_list(t) or pa.types.is_fixed_size_list(t)),
    ("struct", pa.types.is_struct),
    ("null", pa.types.is_null),
)


def _same(array: pa.Array, to: pa.DataType) -> Batch:
    return build(values_of(array), to, valid_of(array)), None


def _identity(value: Any) -> Any:
    return value


def _text_to_float(array: pa.Array, to: pa.DataType) -> Batch:
    values, bad = parse.parse_float(array)
    return pc.cast(values, to), bad


def _float_row(read: Row, to: pa.DataType) -> Row:
    if to == pa.float64():
        return read

    def narrow(value: Any) -> Any:
        number = read(value)
        return BAD if number is BAD else numbers.to_float32(number)

    return narrow


def _decode(array: pa.Array, to: pa.DataType) -> Batch:
    try:
        return pc.cast(array, to), None
    except pa.ArrowInvalid:  # some cell is not UTF-8
        return by_distinct(array, _decode_row, to)


def _decode_row(value: bytes) -> Any:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return BAD


def _date_to_timestamp(array: pa.Array, to: pa.DataType) -> Batch:
    days = values_of(array).astype(np.int64)
    far = (days > _LAST_DAY) | (days < -_LAST_DAY)
    return build_checked(days * DAY, to, valid_of(array), far)


def _timestamp_to_date(array: pa.Array, to: pa.DataType) -> Batch:
    return build(values_of(array) // DAY, to, valid_of(array)), None


_TABLE: dict[tuple[str, str], tuple[BatchCast, RowCast]] = {
    ("bool", "bool"): (_same, lambda f, t: _identity),
    ("bool", "int"): (numbers.bool_to_number, lambda f, t: int),
    ("bool", "float"): (numbers.bool_to_number, lambda f, t: float),
    ("bool", "decimal"): (numbers.to_decimal, numbers.decimal_row),
    ("int", "bool"): (numbers.number_to_bool, lambda f, t: numbers.number_to_bool_row),
    ("int", "int"): (numbers.int_to_int, lambda f, t: numbers.int_row(t)),
    ("int", "float"): (numbers.number_to_float, lambda f, t: _float_row(float, t)),
    ("int", "decimal"): (numbers.to_decimal, numbers.decimal_row),
    ("float", "bool"): (numbers.number_to_bool, lambda f, t: numbers.number_to_bool_row),
    ("float", "int"): (numbers.float_to_int, lambda f, t: numbers.float_to_int_row(t)),
    ("float", "float"): (numbers.number_to_float, lambda f, t: _float_row(float, t)),
    ("float", "decimal"): (numbers.to_decimal, numbers.decimal_row),
    ("decimal", "bool"): (numbers.decimal_to_bool, lambda f, t: numbers.number_to_bool_row),
    ("decimal", "int"): (numbers.decimal_to_int, lambda f, t: numbers.decimal_to_int_row(t)),
    ("decimal", "float"): (numbers.decimal_to_float, lambda f, t: _float_row(float, t)),
    ("decimal", "decimal"): (numbers.to_decimal, numbers.decimal_row),
    ("string", "bool"): (lambda a, t: parse.parse_bool(a), lambda f, t: parse.parse_bool_row),
    ("string", "int"): (parse.parse_int, lambda f, t: parse.parse_int_row(t)),
    ("string", "float"): (_text_to_float, lambda f, t: _float_row(parse.parse_float_row, t)),
    ("string", "decimal"): (parse.parse_decimal, lambda f, t: parse.parse_decimal_row(t)),
    ("string", "string"): (lambda a, t: (a, None), lambda f, t: _identity),
    ("string", "binary"): (lambda a, t: (pc.cast(a, t), None), lambda f, t: str.encode),
    ("string", "date"): (lambda a, t: temporal.parse_date(a), lambda f, t: temporal.parse_date_row),
    ("string", "timestamp"): (
        lambda a, t: _retyped(temporal.parse_timestamp(a), t),
        lambda f, t: temporal.parse_timestamp_row,
    ),
    ("binary", "binary"): (lambda a, t: (a, None), lambda f, t: _identity),
    ("binary", "string"): (_decode, lambda f, t: _decode_row),
    ("date", "date"): (_same, lambda f, t: _identity),
    ("date", "timestamp"): (_date_to_timestamp, lambda f, t: lambda d: d * DAY if -_LAST_DAY <= d <= _LAST_DAY else BAD),
    ("timestamp", "date"): (_timestamp_to_date, lambda f, t: lambda us: us // DAY),
    ("timestamp", "timestamp"): (_same, lambda f, t: _identity),
    **{
        (kind, "string"): (lambda a, t: format_number(a), lambda f, t: formatter(f))
        for kind in ("bool", "int", "float", "decimal", "date", "timestamp")
    },
}


def _retyped(batch: Batch, to: pa.DataType) -> Batch:
    array, bad = batch
    return _same(array, to)[0], bad


def can_cast(frm: pa.DataType, to: pa.DataType) -> bool:
    """Whether `cast` takes a column of logical type `frm` to logical type `to`."""
    pair = _kind(frm), _kind(to)
    if pair[0] == "null":
        return True
    if pair == ("list", "list"):
        sizes = [t.list_size for t in (frm, to) if pa.types.is_fixed_size_list(t)]
        return len(set(sizes)) <= 1 and can_cast(frm.value_type, to.value_type)
    if pair == ("struct", "struct"):
        names = {to.field(i).name for i in range(to.num_fields)}
        mine = {frm.field(i).name for i in range(frm.num_fields)}
        return mine == names and all(can_cast(frm.field(n).type, to.field(n).type) for n in names)
    return pair in _TABLE


def _require(frm: pa.DataType, to: pa.DataType) -> None:
    if not can_cast(frm, to):
        raise TypeMismatchError(
            f"{format_type(frm)} cannot be cast to {format_type(to)}", hint="cast it by way of string, or take it apart first"
        )


def cast(array: pa.Array, to: pa.DataType) -> Batch:
    """Cast every cell of an array of a logical type (dictionary-encoded ones once per distinct value) to a logical type.

    Raises
    ------
    TypeMismatchError
        For a pair of types that `can_cast` denies.
    """
    if pa.types.is_dictionary(array.type):
        results, wrong = cast(array.dictionary, to)
        return spread(results, wrong, array)
    _require(array.type, to)
    return _cast(array, to)


def _cast(array: pa.Array, to: pa.DataType) -> Batch:
    if array.type == to:
        return array, None
    pair = _kind(array.type), _kind(to)
    if pair[0] == "null":
        return pa.nulls(len(array), to), None
    if pair == ("list", "list"):
        return _cast_lists(array, to)
    if pair == ("struct", "struct"):
        return _cast_structs(array, to)
    return _TABLE[pair][0](array, to)


def _cast_lists(array: pa.Array, to: pa.DataType) -> Batch:
    lengths, valid = lengths_of(array), valid_of(array)
    elements, wrong = _cast(elements_of(array), to.value_type)
    bad = np.zeros(len(array), dtype=bool)
    if wrong is not None:
        bad[owners_of(lengths)[wrong]] = True
    fixed = pa.types.is_fixed_size_list(to)
    if fixed:
        short = lengths != to.list_size
        bad |= short if valid is None else short & valid
    keep = ~bad if valid is None else valid & ~bad
    made = collect_fixed(lengths, elements, keep, to.list_size) if fixed else collect(lengths, elements, keep)
    return made.cast(to), (bad if bad.any() else None)


def _cast_structs(array: pa.Array, to: pa.DataType) -> Batch:
    given = dict(zip((array.type.field(i).name for i in range(array.type.num_fields)), array.flatten(), strict=True))
    fields = [to.field(i) for i in range(to.num_fields)]
    children, masks = zip(*(_cast(given[f.name], f.type) for f in fields), strict=True) if fields else ((), ())
    bad = either(*masks)
    valid = valid_of(array)
    if bad is not None:
        valid = ~bad if valid is None else valid & ~bad
    mask = None if valid is None else pa.array(~valid)
    return pa.StructArray.from_arrays(list(children), fields=fields, mask=mask), bad


def cast_value(frm: pa.DataType, to: pa.DataType) -> Row:
    """The row form of `cast` for one pair of types.

    Raises
    ------
    TypeMismatchError
        For a pair of types that `can_cast` denies.
    """
    _require(frm, to)
    return _row(frm, to)


def _row(frm: pa.DataType, to: pa.DataType) -> Row:
    pair = _kind(frm), _kind(to)
    if frm == to or pair[0] == "null":
        return _identity
    if pair == ("list", "list"):
        return _list_row(_row(frm.value_type, to.value_type), to.list_size if pa.types.is_fixed_size_list(to) else None)
    if pair == ("struct", "struct"):
        return _struct_row({to.field(i).name: _row(frm.field(to.field(i).name).type, to.field(i).type) for i in range(to.num_fields)})
    return _TABLE[pair][1](frm, to)


def _list_row(item: Row, size: int | None) -> Row:
    def cast_list(values: list[Any]) -> Any:
        if size is not None and len(values) != size:
            return BAD
        out = [None if value is None else item(value) for value in values]
        return BAD if any(value is BAD for value in out) else out

    return cast_list


def _struct_row(items: dict[str, Row]) -> Row:
    def cast_struct(value: dict[str, Any]) -> Any:
        out = {name: None if value[name] is None else item(value[name]) for name, item in items.items()}
        return BAD if any(field is BAD for field in out.values()) else out

    return cast_struct
