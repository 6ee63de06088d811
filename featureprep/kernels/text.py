r"""Functions of text: Unicode by Arrow (utf8proc), regular expressions by RE2.

Positions and lengths count code points. Row forms use Python's `str` only where it cannot differ (ASCII cells; operations that compare code points),
else Arrow on one value. Blanks are the 29 code points of Unicode's White_Space and Python's `str.isspace`. Regular expressions search
anywhere in the cell unless anchored; RE2 itself says which are valid. No function here is ever bad.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.kernels.result import BAD, Batch

Row = Callable[[str], Any]
_REMEMBERED, _SHORT = 1024, 256
BLANKS = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


@dataclass(frozen=True)
class TextFunction:
    """A function of one text column, with its arguments fixed.

    Attributes
    ----------
    batch : callable
        Of a string array.
    row : callable
        Of one text.
    type : pa.DataType
        Of the result.
    """

    batch: Callable[[pa.Array], Batch]
    row: Row
    type: pa.DataType


def _sure(kernel: Callable[[pa.Array], pa.Array]) -> Callable[[pa.Array], Batch]:
    return lambda array: (kernel(array), None)


def one_value(kernel: Callable[[pa.Array], pa.Array]) -> Row:
    """An Arrow kernel as a row function; what it gave for short texts is remembered, as a call costs 5 to 20 microseconds."""
    remembered: dict[str, Any] = {}

    def row(text: str) -> Any:
        found = remembered.get(text, BAD)
        if found is BAD:
            found = kernel(pa.array([text], pa.string()))[0].as_py()
            if len(text) <= _SHORT:
                if len(remembered) >= _REMEMBERED:
                    remembered.clear()
                remembered[text] = found
        return found.copy() if type(found) is list else found

    return row


def _folding(kernel: Callable[[pa.Array], pa.Array], ascii_form: Callable[[str], str]) -> TextFunction:
    unicode_form = one_value(kernel)
    return TextFunction(_sure(kernel), lambda text: ascii_form(text) if text.isascii() else unicode_form(text), pa.string())


def lower() -> TextFunction:
    """Lower case, code point by code point."""
    return _folding(pc.utf8_lower, str.lower)


def upper() -> TextFunction:
    """Upper case, code point by code point."""
    return _folding(pc.utf8_upper, str.upper)


def strip(characters: str | None = None) -> TextFunction:
    """Without the given characters (None: blanks) at both ends."""
    chars = _characters(characters)
    return TextFunction(_sure(lambda a: pc.utf8_trim(a, characters=chars)), lambda text: text.strip(chars), pa.string())


def lstrip(characters: str | None = None) -> TextFunction:
    """Without the given characters (None: blanks) at the start."""
    chars = _characters(characters)
    return TextFunction(_sure(lambda a: pc.utf8_ltrim(a, characters=chars)), lambda text: text.lstrip(chars), pa.string())


def rstrip(characters: str | None = None) -> TextFunction:
    """Without the given characters (None: blanks) at the end."""
    chars = _characters(characters)
    return TextFunction(_sure(lambda a: pc.utf8_rtrim(a, characters=chars)), lambda text: text.rstrip(chars), pa.string())


def _characters(characters: str | None) -> str:
    if characters is None:
        return BLANKS
    return check_text("characters", "strip", characters)


def check_text(param: str, owner: str, value: object) -> str:
    """A text argument that is not empty and can be encoded.

    Raises
    ------
    ArgumentError
    """
    if not isinstance(value, str) or not value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ArgumentError.of(param, owner, "a text of at least one character", value)
    return value


def length() -> TextFunction:
    """The number of code points, int64."""
    return TextFunction(_sure(lambda a: pc.cast(pc.utf8_length(a), pa.int64())), len, pa.int64())


def contains(part: str) -> TextFunction:
    """Whether a literal part occurs."""
    check_text("part", "contains", part)
    return TextFunction(_sure(lambda a: pc.match_substring(a, pattern=part)), lambda text: part in text, pa.bool_())


def starts_with(part: str) -> TextFunction:
    """Whether a literal part stands at the start."""
    check_text("part", "starts_with", part)
    return TextFunction(_sure(lambda a: pc.starts_with(a, pattern=part)), lambda text: text.startswith(part), pa.bool_())


def ends_with(part: str) -> TextFunction:
    """Whether a literal part stands at the end."""
    check_text("part", "ends_with", part)
    return TextFunction(_sure(lambda a: pc.ends_with(a, pattern=part)), lambda text: text.endswith(part), pa.bool_())


def replace(part: str, by: str) -> TextFunction:
    """Every occurrence of a literal part replaced, from left to right."""
    check_text("part", "replace", part)
    return TextFunction(
        _sure(lambda a: pc.replace_substring(a, pattern=part, replacement=by)), lambda text: text.replace(part, by), pa.string()
    )


def split(by: str) -> TextFunction:
    """The parts between the occurrences of a literal separator; an empty text is one empty part."""
    check_text("by", "split", by)
    return TextFunction(_sure(lambda a: pc.split_pattern(a, pattern=by)), lambda text: text.split(by), pa.list_(pa.string()))


def slice_text(start: int = 0, stop: int | None = None) -> TextFunction:
    """Code points start to stop, as Python's text[start:stop]."""

    def kernel(array: pa.Array) -> pa.Array:
        return pc.utf8_slice_codeunits(array, start=start, stop=stop)

    return TextFunction(_sure(kernel), lambda text: text[start:stop], pa.string())
