"""The column types: Arrow's, cut down to those whose meaning is the same on every engine, and their spelling in text.

    bool  int8 int16 int32 int64  uint8 uint16 uint32 uint64  float32 float64  decimal(p, s)
    string  binary  date  timestamp (naive, read as UTC)  timestamp[zone]  null
    list<T>  fixed_size_list<T>[n]  struct<name: T, ...>

Timestamps count microseconds, dates days. `logical` folds Arrow's other encodings of the same values into these.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from difflib import get_close_matches

import pyarrow as pa

from featureprep.errors import TypeMismatchError, short

TIMESTAMP = pa.timestamp("us")

_SIMPLE: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    **{f"{sign}int{bits}": getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": TIMESTAMP,
    "null": pa.null(),
}
_NAMES = {dtype: name for name, dtype in _SIMPLE.items()}
_ALIASES = {"str": "string", "int": "int64", "float": "float64", "double": "float64", "boolean": "bool"}
_ELSEWHERE = {
    "integer": "int64", "long": "int64", "bigint": "int64", "smallint": "int16", "tinyint": "int8", "byte": "int8", "real": "float32",
    "half": "float32", "number": "float64", "numeric": "float64", "text": "string", "varchar": "string", "char": "string", "object": "string",
    "category": "string", "datetime": "timestamp", "datetime64": "timestamp", "timestamptz": "timestamp[UTC]", "date32": "date", "bytes": "binary",
    "blob": "binary", "array": "list<T>", "record": "struct<a: T>", "map": "list<struct<key: string, value: T>>", "decimal": "decimal(p, s)",
}  # fmt: skip
"""What other programs call a type, and what it is here."""
_ZONE = re.compile(r"[A-Za-z0-9_+:/-]{1,64}")
_MAX_DEPTH = 32


def logical(dtype: pa.DataType, depth: int = 0) -> pa.DataType:
    """The type of a column's values, whatever its encoding (dictionary, large, view) or time unit.

    Raises
    ------
    TypeMismatchError
        For a type with no place here (time of day, duration, interval, map, union, float16, decimal256, a decimal whose digits do
        not include the point, a struct with two fields of one name), and for one nested deeper than 32.
    """
    if not isinstance(dtype, pa.DataType):
        name = getattr(dtype, "__name__", "")
        name = _ALIASES.get(name, {"bytes": "binary", "datetime": "timestamp"}.get(name, name))
        hint = f'give its name: "{name}"' if name in _SIMPLE else 'give a name such as "int64", or an Arrow type'
        raise TypeMismatchError(f"{short(dtype)} is not a type", hint=hint)
    if depth > _MAX_DEPTH:
        raise TypeMismatchError(f"a column type is nested deeper than {_MAX_DEPTH}")
    if pa.types.is_dictionary(dtype) or pa.types.is_run_end_encoded(dtype):
        return logical(dtype.value_type)
    if dtype in _NAMES:
        return dtype
    if pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype):
        return pa.string()
    if pa.types.is_large_binary(dtype) or pa.types.is_binary_view(dtype) or pa.types.is_fixed_size_binary(dtype):
        return pa.binary()
    if pa.types.is_date64(dtype):
        return pa.date32()
    if pa.types.is_timestamp(dtype) and (dtype.tz is None or _ZONE.fullmatch(dtype.tz)):
        return pa.timestamp("us", dtype.tz)
    if (
        pa.types.is_decimal128(dtype) or pa.types.is_decimal32(dtype) or pa.types.is_decimal64(dtype)
    ) and 0 <= dtype.scale <= dtype.precision:
        return pa.decimal128(dtype.precision, dtype.scale)
    if pa.types.is_list(dtype) or pa.types.is_large_list(dtype) or pa.types.is_list_view(dtype) or pa.types.is_large_list_view(dtype):
        return pa.list_(logical(dtype.value_type, depth + 1))
    if pa.types.is_fixed_size_list(dtype):
        return pa.list_(logical(dtype.value_type, depth + 1), dtype.list_size)
    if pa.types.is_struct(dtype):
        names = [dtype.field(i).name for i in range(dtype.num_fields)]
        if len(set(names)) == len(names):
            return pa.struct([(name, logical(dtype.field(i).type, depth + 1)) for i, name in enumerate(names)])
    raise TypeMismatchError(f"columns of Arrow type {dtype} are not supported", hint="cast it, or drop the column, before it is read here")


def format_type(dtype: pa.DataType) -> str:
    """The spelling of a logical type; `parse_type` reads it back."""
    dtype = logical(dtype)
    if dtype in _NAMES:
        return _NAMES[dtype]
    if pa.types.is_timestamp(dtype):
        return f"timestamp[{dtype.tz}]"
    if pa.types.is_decimal(dtype):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if pa.types.is_fixed_size_list(dtype):
        return f"fixed_size_list<{format_type(dtype.value_type)}>[{dtype.list_size}]"
    if pa.types.is_list(dtype):
        return f"list<{format_type(dtype.value_type)}>"
    inner = ", ".join(f"{_quote(dtype.field(i).name)}: {format_type(dtype.field(i).type)}" for i in range(dtype.num_fields))
    return f"struct<{inner}>"


def _quote(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([<>\[\](),:])|([^<>\[\](),:\s"]+))')


class _Parser:
    """Recursive descent over the tokens of one type's spelling."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: deque[str] = deque()
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.error()
            self.tokens.append(match.group().strip())
            at = match.end()

    def error(self) -> TypeMismatchError:
        word = self.text[:80].strip()
        meant = _ELSEWHERE.get(word.lower())
        close = [meant] if meant else get_close_matches(word, [*_SIMPLE, *_ALIASES], n=1, cutoff=0.75)
        return TypeMismatchError(
            f"{self.text[:80]!r} is not a type",
            hint=f"Did you mean {close[0]!r}?"
            if close
            else "types are: bool, int8..int64, uint8..uint64, float32, float64, string, binary, date, timestamp, "
            "timestamp[zone], decimal(p, s), list<T>, fixed_size_list<T>[n], struct<a: T, b: T>",
        )

    def take(self, expected: str | None = None) -> str:
        if not self.tokens or (expected is not None and self.tokens[0] != expected):
            raise self.error()
        return self.tokens.popleft()

    def number(self) -> int:
        token = self.take()
        if not token.isascii() or not token.isdigit() or len(token) > 9:
            raise self.error()
        return int(token)

    def type(self, depth: int = 0) -> pa.DataType:
        if depth > _MAX_DEPTH:
            raise self.error()
        word = self.take()
        if word == "timestamp" and self.tokens and self.tokens[0] == "[":
            self.take()
            zone = self.take()
            while self.tokens and self.tokens[0] != "]":  # offsets such as +05:30 have a colon
                zone += self.take()
            self.take("]")
            if not _ZONE.fullmatch(zone):
                raise self.error()
            return pa.timestamp("us", zone)
        if word == "decimal":
            self.take("(")
            precision = self.number()
            self.take(",")
            scale = self.number()
            self.take(")")
            if not (1 <= precision <= 38 and scale <= precision):
                raise self.error()
            return pa.decimal128(precision, scale)
        if word in ("list", "fixed_size_list"):
            self.take("<")
            inner = self.type(depth + 1)
            self.take(">")
            if word == "list":
                return pa.list_(inner)
            self.take("[")
            size = self.number()
            self.take("]")
            return pa.list_(inner, size)
        if word == "struct":
            return self.struct(depth)
        name = _ALIASES.get(word, word)
        if name not in _SIMPLE:
            raise self.error()
        return _SIMPLE[name]

    def struct(self, depth: int) -> pa.DataType:
        self.take("<")
        fields: dict[str, pa.DataType] = {}
        while self.tokens and self.tokens[0] != ">":
            if fields:
                self.take(",")
            name = self.take()
            if name.startswith('"'):
                name = re.sub(r"\\(.)", r"\1", name[1:-1], flags=re.DOTALL)
            if name in fields:
                raise self.error()
            self.take(":")
            fields[name] = self.type(depth + 1)
        self.take(">")
        return pa.struct(list(fields.items()))


def parse_type(text: str) -> pa.DataType:
    """The type that `text` spells; `str`, `int`, `float`, `double` and `boolean` are taken as aliases.

    Raises
    ------
    TypeMismatchError
        When it spells none.
    """
    if not isinstance(text, str):
        raise TypeMismatchError(f"{text!r} is not a type", hint='give a name such as "int64", or an Arrow type')
    parser = _Parser(text)
    dtype = parser.type()
    if parser.tokens:
        raise parser.error()
    return dtype


def is_integer(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_integer(dtype))


def is_float(dtype: pa.DataType) -> bool:
    return bool(dtype in (pa.float64(), pa.float32()))


def is_numeric(dtype: pa.DataType) -> bool:
    """Integers, floats and decimals; not bool."""
    return is_integer(dtype) or is_float(dtype) or bool(pa.types.is_decimal(dtype))


def is_text(dtype: pa.DataType) -> bool:
    return bool(dtype == pa.string())


def is_temporal(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_date32(dtype) or pa.types.is_timestamp(dtype))


def is_list(dtype: pa.DataType) -> bool:
    """Lists of any length rule."""
    return bool(pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype))


def leaves(dtype: pa.DataType) -> Iterator[pa.DataType]:
    """The types of the single values that lists and structs are made of, however deep; of any other type itself."""
    if pa.types.is_nested(dtype):
        for i in range(dtype.num_fields):
            yield from leaves(dtype.field(i).type)
    else:
        yield dtype


def is_sparse(dtype: pa.DataType) -> bool:
    """A sparse vector: struct<indices: list<int32>, values: list<T>>."""
    return bool(
        pa.types.is_struct(dtype)
        and [dtype.field(i).name for i in range(dtype.num_fields)] == ["indices", "values"]
        and dtype.field(0).type == pa.list_(pa.int32())
        and pa.types.is_list(dtype.field(1).type)
    )


def sparse(value_type: pa.DataType) -> pa.DataType:
    """The type of a sparse vector of `value_type`."""
    return pa.struct([("indices", pa.list_(pa.int32())), ("values", pa.list_(value_type))])


def dense(value_type: pa.DataType, size: int) -> pa.DataType:
    """The type of a dense vector."""
    return pa.list_(value_type, size)


def with_floats(dtype: pa.DataType, to: pa.DataType) -> pa.DataType:
    """The type with every float in it of type `to`."""
    if is_float(dtype):
        return to
    if pa.types.is_fixed_size_list(dtype):
        return pa.list_(with_floats(dtype.value_type, to), dtype.list_size)
    if is_list(dtype):
        return pa.list_(with_floats(dtype.value_type, to))
    if pa.types.is_struct(dtype):
        return pa.struct([(dtype.field(i).name, with_floats(dtype.field(i).type, to)) for i in range(dtype.num_fields)])
    return dtype
