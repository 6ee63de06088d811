"""Bounds of values: those that a range states, and those that only an expression does."""

from __future__ import annotations

import datetime as dt
import json
import keyword
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.types import is_float, is_integer
from featureprep.validators.checks.parsing import value_of
from featureprep.validators.interop.sections import ColumnDraft, with_policy
from featureprep.validators.plain_tree import tree_of
from featureprep.validators.yaml_tree import Tree

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Bound(NamedTuple):
    """One end. A strict one is not allowed itself."""

    tree: Tree
    strict: bool = False


def put_bounds(
    draft: ColumnDraft, bounds: Mapping[str, Bound], line: int, what: str, *, severity: str = "error", at_most: float | None = None
) -> None:
    """Add bounds of a column's values.

    They become its range where they can: of whole numbers the next one stands for a bound that is not allowed, or is none. Strict
    bounds of others, and those of a column that has a range already, become expressions. NaN is never out of bounds.

    Parameters
    ----------
    bounds : mapping of "min" and "max" to Bound
    what : str
        The rule, as the other format has it.
    """
    plain: dict[str, Any] = {}
    for end, bound in bounds.items():
        tree = _whole(bound, end) if is_integer(draft.dtype) else None if bound.strict else bound.tree
        if tree is None or "range" in draft.keys:
            _express(draft, end, bound, line, what, severity, at_most)
        else:
            plain[end] = tree
    if plain:
        draft.put("range", with_policy("range", plain, {} if at_most is None else {"at_most": at_most}), line, severity=severity)


def _whole(bound: Bound, end: str) -> Tree | None:
    """The whole number that says the same; None for what is no finite number."""
    value = bound.tree.value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    step = 1 if end == "min" else -1
    whole = math.ceil(value) if end == "min" else math.floor(value)
    if whole == value and bound.strict:
        whole += step
    return bound.tree if whole == value and type(value) is int else tree_of(whole, bound.tree.file, bound.tree.line)


def _express(draft: ColumnDraft, end: str, bound: Bound, line: int, what: str, severity: str, at_most: float | None) -> None:
    try:
        limit = literal_text(bound.tree, draft.dtype)
    except RequestError as error:
        draft.lose(line, what, error.what)
        return
    sign = (">" if end == "min" else "<") + ("" if bound.strict else "=")
    expr, name = f"{column_text(draft.name)} {sign} {limit}", ""
    if is_float(draft.dtype):  # of NaN it is false: the rule is its opposite's opposite, and is named as it was said
        opposite = ("<" if end == "min" else ">") + ("=" if bound.strict else "")
        expr, name = f"not {column_text(draft.name)} {opposite} {limit}", expr
    draft.express(line, expr, what, name=name, severity=severity, at_most=at_most)


def column_text(name: str) -> str:
    """A column in an expression."""
    return name if _PLAIN.fullmatch(name) and not keyword.iskeyword(name) else f"col({json.dumps(name, ensure_ascii=False)})"


def literal_text(tree: Tree, dtype: pa.DataType) -> str:
    """A value of a column in an expression.

    Raises
    ------
    RequestError
        For what is no value of its type, or cannot be written there.
    """
    value = value_of(tree, dtype, "it")
    match value:
        case bool():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float() if math.isfinite(value):
            return repr(value)
        case dt.datetime():
            return f'timestamp("{value.isoformat()}")'
        case dt.date():
            return f'date("{value.isoformat()}")'
        case Decimal():
            return str(value)
    raise RequestError(f"an expression cannot state {tree.text[:80]!r}", where=tree.place)
