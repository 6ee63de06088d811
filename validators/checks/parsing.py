"""Reading the values under a contract's keys: each function takes a tree and gives a plain value, or an error with file and line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, TypeVar

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.types import format_type, is_float, is_integer
from featureprep.validators.checks.base import Head, Rule
from featureprep.validators.reasons import Action, Severity
from featureprep.validators.suggestions import did_you_mean
from featureprep.validators.yaml_tree import Tree

AT_MOST: Final = "at_most"
"""The key of how many rows may break a row-wise check."""

_EXAMPLES: Final = {
    "the contract": "columns: {age: int64}", "columns": "{age: int64}", "length": "{min: 1}", "range": "{min: 0, max: 10}",
    "rows": "{min: 1000}", "valency": "{min: 1}",
}  # fmt: skip

Word = TypeVar("Word", bound=StrEnum)


def shown(tree: Tree) -> str:
    """What stands there, short, for messages."""
    match tree.value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None:
            return "nothing"
    text = repr(tree.text if tree.quoted else tree.value)
    return text if len(text) <= 60 else text[:57] + "..."


def wrong(tree: Tree, what: str, must: str, hint: str | None = None) -> RequestError:
    """The error for a value that is not what it must be."""
    return RequestError(f"{what} must be {must}, not {shown(tree)}", where=tree.place, hint=hint)


def mapping(tree: Tree, what: str, known: Collection[str] | None = None, *, row_wise: bool = False) -> Mapping[str, Tree]:
    """The entries of a mapping; those not `known` are an error, whose hint has `at_most`, too, where it is of a row-wise check."""
    if not isinstance(tree.value, dict):
        raise wrong(tree, what, "a mapping (key: value)", f"write {_EXAMPLES.get(what, '{key: value}')}, or a line for each key")
    allowed = (AT_MOST,) if row_wise else ()  # it has been taken out before
    for key in tree.value:
        if known is not None and key not in known:
            # what comes after the comma of `{type: decimal(5, 2)}`
            cut = key.endswith((")", ">")) and tree.value[key].value is None
            hint = 'a type with a comma needs quotes here: "decimal(5, 2)"' if cut else did_you_mean(key, sorted([*known, *allowed]))
            raise RequestError(f"{what} has the unknown key {key[:80]!r}", where=tree.at(key), hint=hint)
    entries: Mapping[str, Tree] = tree.value
    return entries


def items(tree: Tree, what: str) -> list[Tree]:
    """The items of a list."""
    if not isinstance(tree.value, list):
        raise wrong(tree, what, "a list", "write [a, b], or one `- item` a line")
    return tree.value


def boolean(tree: Tree, what: str) -> bool:
    if not isinstance(tree.value, bool):
        raise wrong(tree, what, "true or false", "write true or false, without quotes")
    return tree.value


def text(tree: Tree, what: str) -> str:
    """A text; plain numbers and words are taken as they are written."""
    if isinstance(tree.value, (dict, list)) or tree.value is None:
        raise wrong(tree, what, "text", "write one text; in quotes, where it is a word of YAML's such as null")
    return tree.text


def whole(tree: Tree, what: str) -> int:
    """A whole number from 0 to 2**63 - 1."""
    value = tree.value
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise wrong(tree, what, "a whole number from 0", "write it in digits, without quotes, sign or point: 1000")
    return value


def share(tree: Tree, what: str) -> float:
    """A number from 0 to 1."""
    value = tree.value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise wrong(tree, what, "a number from 0 to 1", "0.01 is one in a hundred")
    return float(value)


def word(tree: Tree, what: str, kind: type[Word]) -> Word:
    """One of an enum's words."""
    words = [str(member) for member in kind]
    if tree.value not in words:
        raise wrong(tree, what, " or ".join(words), did_you_mean(tree.text, words))
    return kind(tree.value)


def policies(entries: Mapping[str, Tree], head: Head, what: str, *, row_wise: bool) -> tuple[Severity, Action]:
    """`severity` and `action` of one check, from its own keys, else from the column's."""
    severity = word(entries["severity"], f"severity of {what}", Severity) if "severity" in entries else head.severity
    if "action" not in entries:
        if not row_wise and head.action != Action.FAIL:
            raise RequestError(
                f"action: {head.action} of column {head.column!r} cannot hold for {what}, which looks at all rows and not at one",
                hint=f"write `{what}: {{..., action: fail}}`; the column's action then holds for its other checks",
            )
        return severity, head.action
    action = word(entries["action"], f"action of {what}", Action)
    if not row_wise and action != Action.FAIL:
        raise RequestError(
            f"{what} looks at all rows, so its action cannot be {action}: no single row is at fault",
            where=entries["action"].place,
            hint="only fail is possible here; rows are quarantined or dropped by type, nullable, values, range, regex, length, not_nan, "
            "expressions",
        )
    return severity, action


def policy_stated(rule: Rule) -> dict[str, Any]:
    """What a contract says of how a rule is meant, as `policies` and `take_threshold` read it; nothing of what holds anyway."""
    return {
        **({"severity": str(rule.severity)} if rule.severity != Severity.ERROR else {}),
        **({"action": str(rule.action)} if rule.action != Action.FAIL else {}),
        **({AT_MOST: rule.at_most.stated} if rule.at_most is not None else {}),
    }


def optioned(tree: Tree, head: Head, what: str, inner: str, *, row_wise: bool) -> tuple[Tree, Severity, Action]:
    """A value that can be written as it is, or as `{<inner>: value, severity: ..., action: ...}`."""
    entries: Mapping[str, Tree] = {}
    if isinstance(tree.value, dict):
        entries = mapping(tree, what, (inner, "severity", "action"), row_wise=row_wise)
        if inner not in entries:
            raise RequestError(f"{what} lacks the key {inner!r}", where=tree.place, hint=f"{what}: {{{inner}: ..., severity: warn}}")
    try:
        severity, action = policies(entries, head, what, row_wise=row_wise)
    except RequestError as error:
        raise error.at(tree.place) from None
    return entries.get(inner, tree), severity, action


def value_of(tree: Tree, dtype: pa.DataType, what: str) -> Any:
    """A value of a column's type.

    Text columns take plain numbers as they are written (01 stays "01"); dates and timestamps are written in ISO form.
    """
    if isinstance(tree.value, (dict, list)) or (tree.value is None and not tree.quoted):
        raise wrong(tree, what, f"a value of type {format_type(dtype)}", "nulls are judged by nullable")
    reader = next((read for fits, read in _READERS if fits(dtype)), None)
    if reader is None:
        raise RequestError(f"{what} cannot be stated for a column of type {format_type(dtype)}", where=tree.place, hint="take it out")
    try:
        return reader(tree, dtype)
    except RequestError:  # a ValueError, too
        raise
    except (ValueError, OverflowError, InvalidOperation, pa.ArrowException) as error:
        raise wrong(tree, what, f"a value of type {format_type(dtype)}", _written(dtype)) from error


def _integer(tree: Tree, dtype: pa.DataType) -> int:
    if tree.quoted or isinstance(tree.value, bool) or not isinstance(tree.value, (int, float)) or int(tree.value) != tree.value:
        raise ValueError(tree.text)
    return int(pa.scalar(int(tree.value), dtype).as_py())


def _float(tree: Tree, dtype: pa.DataType) -> float:
    if tree.quoted or isinstance(tree.value, bool) or not isinstance(tree.value, (int, float)) or tree.value != tree.value:
        raise ValueError(tree.text)
    return float(tree.value)


def _text(tree: Tree, dtype: pa.DataType) -> str:
    if isinstance(tree.value, bool):  # quoted words are text already
        raise RequestError(f"is {tree.text} a text here, or true or false?", where=tree.place, hint=f'write "{tree.text}" if it is text')
    return tree.text


def _bool(tree: Tree, dtype: pa.DataType) -> bool:
    if tree.quoted or tree.text not in ("true", "false"):
        raise ValueError(tree.text)
    return tree.text == "true"


def _decimal(tree: Tree, dtype: pa.DataType) -> Decimal:
    number = Decimal(tree.text)
    if not number.is_finite():
        raise ValueError(tree.text)
    exact = pa.scalar(number, dtype).as_py()
    if exact != number:
        raise ValueError(tree.text)
    return Decimal(exact)


def _date(tree: Tree, dtype: pa.DataType) -> dt.date:
    return dt.date.fromisoformat(tree.text)


def _timestamp(tree: Tree, dtype: pa.DataType) -> dt.datetime:
    moment = dt.datetime.fromisoformat(tree.text)
    if (moment.tzinfo is None) != (dtype.tz is None):
        must = "must have" if dtype.tz else "must not have"
        raise RequestError(
            f"{tree.text!r}: a bound of a {format_type(dtype)} column {must} an offset such as +00:00",
            where=tree.place,
            hint=_written(dtype),
        )
    return moment.astimezone(dt.UTC) if moment.tzinfo else moment


def _written(dtype: pa.DataType) -> str:
    """How a value of a type is written."""
    if is_integer(dtype):
        bits = dtype.bit_width - (not pa.types.is_unsigned_integer(dtype))
        least = 0 if pa.types.is_unsigned_integer(dtype) else -(2**bits)
        return f"write a whole number from {least} to {2**bits - 1}, without quotes"
    if is_float(dtype):
        return "write a number such as 1.5, without quotes; NaN is no value here (see not_nan)"
    if pa.types.is_boolean(dtype):
        return "write true or false, without quotes"
    if pa.types.is_decimal(dtype):
        return f"write a number of at most {dtype.precision} digits, {dtype.scale} of them after the point"
    if pa.types.is_date32(dtype):
        return "write year, month and day: 2024-12-31"
    return f"write 2024-12-31T23:59:59{'+00:00' if dtype.tz else ''}" if pa.types.is_timestamp(dtype) else "write it as the data has it"


_READERS: list[tuple[Callable[[pa.DataType], bool], Callable[[Tree, pa.DataType], Any]]] = [
    (is_integer, _integer),
    (is_float, _float),
    (pa.types.is_string, _text),
    (pa.types.is_boolean, _bool),
    (pa.types.is_decimal, _decimal),
    (pa.types.is_date32, _date),
    (pa.types.is_timestamp, _timestamp),
]
