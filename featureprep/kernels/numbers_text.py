r"""Numbers and truth values from text, by one grammar.

    blanks  = any number of ASCII spaces and tabs around the cell
    int     = [+-]? digits                                           in the range of its type
    float   = [+-]? (digits [. digits?]? | . digits) ([eE] [+-]? digits)?   or   [+-]? (nan | inf | infinity)
    decimal = as float without nan and inf, rounded half to even to the scale, within the precision
    bool    = true | false | 1 | 0

Words in any ASCII case; digits are ASCII; no underscores, hexadecimals, thousands separators; `1.0` is not an int. Floats are the nearest float64
(too large: infinity, as Python reads them); float32 rounds that once more. Whatever else a cell holds, an empty text too, is bad.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.kernels.arrays import build_checked, by_distinct, patch, storage_dtype, text_bytes, valid_of, values_of
from featureprep.kernels.integers import limits
from featureprep.kernels.result import BAD, Batch, Mask, either

BLANKS = " \t"
_INT = re.compile(r"[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_TRUE, _FALSE = ("true", "1"), ("false", "0")
_PLAIN_REAL = f"^(?:{_REAL.pattern})$"
_PLAIN_INT = r"^-?[0-9]{1,18}$"


def parse_int_row(dtype: pa.DataType) -> Callable[[str], Any]:
    """Text to an integer of a type."""
    low, high = limits(dtype)

    def parse(text: str) -> Any:
        text = text.strip(BLANKS)
        if _INT.fullmatch(text) is None:
            return BAD
        if len(text) > 20:  # int() refuses very long texts
            sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text.lstrip("+"))
            digits = digits.lstrip("0") or "0"
            if len(digits) > 20:
                return BAD
            text = sign + digits
        value = int(text)
        return value if low <= value <= high else BAD

    return parse


def parse_float_row(text: str) -> Any:
    """Text to a float64."""
    text = text.strip(BLANKS)
    return float(text) if _REAL.fullmatch(text) or _WORD.fullmatch(text) else BAD


def parse_bool_row(text: str) -> Any:
    """Text to a truth value."""
    text = text.strip(BLANKS)
    if text.isascii():
        word = text.lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    return BAD


def parse_decimal_row(dtype: pa.DataType) -> Callable[[str], Any]:
    """Text to a decimal of a type."""
    fit = decimal_fitter(dtype)

    def parse(text: str) -> Any:
        text = text.strip(BLANKS)
        if _REAL.fullmatch(text) is None:
            return BAD
        try:
            return fit(decimal.Decimal(text))
        except decimal.InvalidOperation:  # an exponent beyond all bounds
            return BAD

    return parse


def decimal_fitter(dtype: pa.DataType) -> Callable[[decimal.Decimal], Any]:
    """Rounds a decimal half to even to a type's scale; bad where it is not finite or has more digits than the type's precision."""
    precision, unit = dtype.precision, decimal.Decimal(1).scaleb(-dtype.scale)
    context = decimal.Context(prec=precision, rounding=decimal.ROUND_HALF_EVEN, traps=[decimal.InvalidOperation])

    def fit(value: decimal.Decimal) -> Any:
        if not value.is_finite():
            return BAD
        try:
            fitted = value.quantize(unit, context=context)
        except decimal.InvalidOperation:
            return BAD
        return fitted or fitted.copy_abs()  # no negative zero

    return fit


def trimmed(array: pa.Array) -> pa.Array:
    """Text without its surrounding ASCII spaces and tabs."""
    raw = text_bytes(array)
    return pc.ascii_trim(array, characters=BLANKS) if ((raw == 32) | (raw == 9)).any() else array


def _has(array: pa.Array, letter: str) -> bool:
    return bool(((text_bytes(array) | 32) == ord(letter)).any())


def _plain(text: pa.Array, pattern: str) -> Mask:
    """Which cells match a pattern, nulls among them, shape (n,)."""
    return values_of(pc.match_substring_regex(text, pattern).fill_null(True))


def _others(text: pa.Array, good: Batch, plain: Mask, row: Callable[[str], Any]) -> Batch:
    """The `good` column with its cells that are not `plain` read by the row function, once per distinct text."""
    column, bad = good
    others = by_distinct(text.filter(pa.array(~plain)), row, column.type)
    column, worse = patch(column, ~plain, others)
    return column, either(bad, worse)


def parse_int(array: pa.Array, dtype: pa.DataType) -> Batch:
    """Text to integers of a type."""
    text = trimmed(array)
    if not _has(text, "x"):  # Arrow reads 0x10
        try:
            return pc.cast(text, dtype), None
        except pa.ArrowInvalid:  # some cell does not fit, or is spelled as Arrow does not read it
            pass
    plain = _plain(text, _PLAIN_INT)
    wide = pc.cast(pc.if_else(pa.array(plain), text, None), pa.int64())
    low, high = limits(dtype)
    values = values_of(wide)
    outside = (values < low) | (values > high)
    return _others(text, build_checked(values.astype(storage_dtype(dtype)), dtype, valid_of(wide), outside), plain, parse_int_row(dtype))


def parse_float(array: pa.Array) -> Batch:
    """Text to float64."""
    text = trimmed(array)
    if not (text_bytes(text) == ord("(")).any():  # Arrow reads nan(...)
        try:
            return pc.cast(text, pa.float64()), None
        except pa.ArrowInvalid:  # some cell does not fit
            pass
    plain = _plain(text, _PLAIN_REAL)
    numbers = pc.cast(pc.if_else(pa.array(plain), text, None), pa.float64())
    return _others(text, (numbers, None), plain, parse_float_row)


def parse_bool(array: pa.Array) -> Batch:
    """Text to truth values."""
    word = pc.ascii_lower(trimmed(array))
    true = values_of(pc.is_in(word, value_set=pa.array(_TRUE)))
    false = values_of(pc.is_in(word, value_set=pa.array(_FALSE)))
    return build_checked(true, pa.bool_(), valid_of(array), ~(true | false))


def parse_decimal(array: pa.Array, dtype: pa.DataType) -> Batch:
    """Text to decimals of a type."""
    return by_distinct(array, parse_decimal_row(dtype), dtype)
