"""How an operation says that a column's type is none it takes, and which words lead from that type to one it takes."""

from __future__ import annotations

import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.types import format_type, is_list, is_numeric, is_temporal, is_text

_GROUPS = ("str", "dt", "list", "struct")
_SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "mod": "%", "neg": "-", "power": "**",
            "and": "&", "or": "|", "not": "~"}  # fmt: skip


def spoken(op: str) -> str:
    """An operation as users write it: `.str.lower` for str_lower, `+` for add."""
    group, _, word = op.partition("_")
    return f".{group}.{word}" if word and group in _GROUPS else _SYMBOLS.get(op, op)


def wrong_type(op: str, takes: str, dtype: pa.DataType) -> TypeMismatchError:
    """The error of an operation that `takes` "numbers", "text", "a date or timestamp", "a list" or "a struct" and is given another type."""
    return TypeMismatchError(f"{spoken(op)} takes {takes}, not {format_type(dtype)}", hint=_cure(takes, dtype))


def _cure(takes: str, dtype: pa.DataType) -> str:
    if is_list(dtype) and not takes.startswith("a list"):
        return "take one value of the list: .list.get(0), .list.len(), .list.join(' ')"
    if pa.types.is_struct(dtype) and takes != "a struct":
        return "take a field of the struct: .struct.field('name')"
    if takes == "text":
        return ".cast('string') makes text of it"
    if takes in ("a date or timestamp", "a timestamp"):
        if is_text(dtype):
            return ".dt.parse('%Y-%m-%d') reads it from text; .cast('timestamp') where it is written as 2024-06-01T12:00:00"
        return ".dt.from_epoch('s') makes one of the seconds since 1970" if is_numeric(dtype) else "name a column of dates or timestamps"
    if takes.startswith("a list"):
        return "T.tokenize(...) or .str.split(',') makes a list of text" if is_text(dtype) else "name a column of lists"
    if takes == "a struct":
        return "name a column of structs"
    if is_temporal(dtype):
        return "take a number from the time: .dt.to_epoch(), .dt.hour(), .dt.diff(other), or T.date_parts(...)"
    if is_text(dtype):
        return ".cast('float64') where the text holds numbers; of categories make T.vocabulary(...), T.one_hot(...) or T.hash_bucket(...)"
    if takes == "an integer":
        return "cast it first: .cast('int64')"
    if pa.types.is_boolean(dtype):
        return ".cast('int8') makes 0 and 1 of it"
    return "cast it first: .cast('float64')"
