"""The hash of one Python value: the bits of `featureprep.hashing.values.hash64`, without Arrow."""

from __future__ import annotations

import ctypes
import datetime as dt
import struct
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

import pyarrow as pa
from xxhash import xxh3_64_intdigest

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.errors import DataError, TypeMismatchError
from featureprep.hashing.mixing import GOLDEN, MASK64, mix_word
from featureprep.hashing.values import CANONICAL_NAN, salt
from featureprep.types import format_type, logical

_MICROSECOND = dt.timedelta(microseconds=1)


def hash64_value(value: Any, dtype: pa.DataType, seed: int = 0) -> int:
    """The hash of one value of a column of type `dtype`.

    Parameters
    ----------
    value : object
        None, or as row code holds it: dates as days or `datetime.date`, timestamps as microseconds or `datetime`
        (naive ones in UTC), decimals as `Decimal` or int, lists as sequences, structs as mappings by field name.
    dtype : pa.DataType
        In any encoding; floats of a float32 column are rounded to float32 first.
    seed : int
        In [0, 2**64).

    Raises
    ------
    TypeMismatchError
        When the value is not one of that type.
    DataError
        For text with a lone surrogate, which has no UTF-8.
    """
    try:
        return _hash(value, logical(dtype), seed)
    except UnicodeEncodeError as error:
        raise DataError("the text has a lone surrogate, which has no UTF-8 spelling", hint="decode it without surrogateescape") from error
    except (TypeError, ValueError, AttributeError, InvalidOperation, OverflowError, struct.error) as error:
        message = f"{type(value).__name__} value {repr(value)[:80]} is not a {format_type(dtype)}"
        raise TypeMismatchError(message, hint="cast it to the column's type") from error


def _hash(value: Any, dtype: pa.DataType, seed: int) -> int:
    if value is None:
        return salt("null", seed)
    if pa.types.is_string(dtype):
        return xxh3_64_intdigest(value.encode("utf-8"), seed)
    if pa.types.is_binary(dtype):
        return xxh3_64_intdigest(bytes(memoryview(value)), seed)
    if pa.types.is_struct(dtype):
        if not isinstance(value, Mapping):
            raise TypeError("not a mapping")
        fields = [dtype.field(i) for i in range(dtype.num_fields)]
        return _sequence([_hash(value.get(field.name), field.type, seed) for field in fields], seed)
    if pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype):
        items = [_hash(item, dtype.value_type, seed) for item in value]
        if pa.types.is_fixed_size_list(dtype) and len(items) != dtype.list_size:
            raise ValueError("wrong length")
        return _sequence(items, seed)
    if pa.types.is_decimal(dtype):
        unscaled = _unscaled(value, dtype)
        low = mix_word((unscaled & MASK64) ^ salt("decimal", seed))
        return mix_word((low + (unscaled >> 64)) & MASK64)
    word, kind = _word(value, dtype)
    return mix_word(word ^ salt(kind, seed))


def _sequence(hashes: list[int], seed: int) -> int:
    total = sum(mix_word((item + (i + 1) * GOLDEN) & MASK64) for i, item in enumerate(hashes))
    return mix_word((total + mix_word(len(hashes) ^ salt("list", seed))) & MASK64)


def _word(value: Any, dtype: pa.DataType) -> tuple[int, str]:
    if pa.types.is_boolean(dtype):
        if value not in (0, 1):
            raise ValueError("not a truth value")
        return int(value), "bool"
    if pa.types.is_floating(dtype):
        number = ctypes.c_float(value).value if dtype == pa.float32() else float(value)
        bits = CANONICAL_NAN if number != number else int.from_bytes(struct.pack("<d", number + 0.0), "little")
        return bits, "float"
    if pa.types.is_date32(dtype):
        if isinstance(value, dt.date):
            value = (value.date() if isinstance(value, dt.datetime) else value).toordinal() - EPOCH_DATE.toordinal()
        return _integer(value, 32), "date"
    if pa.types.is_timestamp(dtype):
        if isinstance(value, dt.datetime):
            value = ((value if value.tzinfo else value.replace(tzinfo=dt.UTC)) - EPOCH) // _MICROSECOND
        return _integer(value, 64), "timestamp"
    if pa.types.is_unsigned_integer(dtype):
        if not 0 <= value < 1 << dtype.bit_width:
            raise ValueError("out of range")
        return _integer(value, 65), "int"
    return _integer(value, dtype.bit_width), "int"


def _integer(value: Any, bits: int) -> int:
    number = int(value)
    if number != value or not -(1 << (bits - 1)) <= number < 1 << (bits - 1):
        raise ValueError("out of range")
    return number & MASK64


def _unscaled(value: Any, dtype: pa.DataType) -> int:
    with localcontext() as context:
        context.prec = 100
        scaled = Decimal(value).scaleb(dtype.scale)
    number = int(scaled)
    if number != scaled or abs(number) >= 10**dtype.precision:
        raise ValueError("more digits than the column has")
    return number
