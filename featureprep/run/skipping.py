"""Row groups of Parquet that need not be read: what they state shows that a rule drops all of their rows.

The rows are counted as read and as dropped by that rule, as if they had been looked at. Only rules are judged so whose expressions can
reject no row (comparisons of plain columns with constants, and what joins them), and only up to the first that is not of this kind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.node import Node
from featureprep.io.base import Fragment, Origin
from featureprep.io.parquet import GroupRanges, group_ranges
from featureprep.plan.physical import Rule
from featureprep.run.rows import RowBatch, SourceInput
from featureprep.types import is_float

Range = tuple[Any, Any, int]
"""Least and greatest value of a column that are no NaN, and the number of nulls."""
_TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


@dataclass(frozen=True)
class SkippingInput(SourceInput):
    """A source in Parquet that is read but for the row groups that rules drop whole."""

    inner: SourceInput
    rules: tuple[Rule, ...]

    def read(self, piece: Fragment, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        """The rows of a fragment; the first batch tells of those that were skipped."""
        if self.inner.decoded is not None and self.inner.decoded.has(self.name, piece):
            yield from self.inner.read(piece, columns)
            return
        names = sorted({name for rule in self.rules for name in rule.node.columns()})
        skip: dict[int, int] = {}
        dropped: dict[int, int] = {}
        for group in group_ranges(self.source, piece, names):
            number = self._taken(group)
            if number is not None:
                skip[group.group] = group.rows
                dropped[number] = dropped.get(number, 0) + group.rows
        if skip:
            yield RowBatch({}, 0, np.zeros(0, np.int64), skipped=dropped)
        if not skip:
            yield from self.inner.read(piece, columns)
            return
        # what was kept of the piece has all of its rows, and what is read now has not
        yield from replace(self.inner, decoded=None).read(replace(piece, skip=skip), columns)

    def origins(self, piece: Fragment, rows: Sequence[int]) -> list[Origin]:
        """Where rows stand."""
        return self.inner.origins(piece, rows)

    def _taken(self, group: GroupRanges) -> int | None:
        """The rule that drops every row of a group, by its number."""
        for number, rule in enumerate(self.rules):
            never, always = _judge(rule.node, group.columns, group.rows, self.schema)
            if rule.kind == "drop" and never:
                return number
            if not (always if rule.kind == "drop" else never):
                return None
        return None


def skipping(source: SourceInput, rules: Sequence[Rule], *, certain: bool) -> SourceInput:
    """How a source is read by a pipe with these rules. `certain`: every cell is of its column's type."""
    simple: list[Rule] = []
    for rule in rules:
        if rule.lenient or not _is_simple(rule.node):
            break
        simple.append(rule)
    if source.source.kind != "parquet" or not certain or not any(rule.kind == "drop" for rule in simple):
        return source
    return SkippingInput(source.source, source.name, source.schema, source, tuple(simple))


def _is_simple(node: Node) -> bool:
    """Whether no row can be rejected by it, so that nothing but its truth matters."""
    return all(part.op in ("col", "lit", "and", "or", "not", "is_null", "is_in", *_TURNED) for part in node.walk())


def _judge(node: Node, ranges: Mapping[str, Range], rows: int, schema: pa.Schema) -> tuple[bool, bool]:
    """Whether a condition is true of no row, and whether it is of every one; (False, False) where that is not known."""
    if node.op in ("and", "or"):
        sides = [_judge(arg, ranges, rows, schema) for arg in node.args]
        some, every = (any, all) if node.op == "and" else (all, any)
        return some(no for no, _ in sides), every(yes for _, yes in sides)
    if node.op == "not":
        never, always = _judge(node.args[0], ranges, rows, schema)
        return always, never and node.args[0].op == "is_null"  # else it may be null
    at = next((arg for arg in node.args if arg.op == "col" and arg.params["name"] in ranges), None)
    if at is None:
        return False, False
    name = at.params["name"]
    low, high, nulls = ranges[name]
    if node.op == "is_null":
        return nulls == 0, nulls == rows
    whole = nulls == 0 and not is_float(schema.field(name).type)  # NaN compares with nothing
    if node.op == "is_in":
        values = node.params["values"]
        return all(_is_like(v, low) and (v < low or v > high) for v in values), False
    if node.op not in _TURNED or len(node.args) != 2:
        return False, False
    other = node.args[1] if node.args[0] is at else node.args[0]
    if other.op != "lit" or not _is_like(other.params["value"], low):
        return False, False
    return _compared(node.op if node.args[0] is at else _TURNED[node.op], low, high, other.params["value"], whole=whole)


def _compared(op: str, low: Any, high: Any, value: Any, *, whole: bool) -> tuple[bool, bool]:
    match op:
        case "lt":
            return low >= value, whole and high < value
        case "le":
            return low > value, whole and high <= value
        case "gt":
            return high <= value, whole and low > value
        case "ge":
            return high < value, whole and low >= value
        case "eq":
            return value < low or value > high, whole and low == value == high
    return whole and low == value == high, whole and (value < low or value > high)


def _is_like(value: Any, bound: Any) -> bool:
    """Whether a constant compares with a column's bounds as the cells do."""
    if isinstance(bound, bool) or isinstance(value, bool):
        return False
    if isinstance(bound, (int, float)):
        return isinstance(value, (int, float)) and value == value
    if isinstance(bound, dt.datetime):
        return isinstance(value, dt.datetime) and value.tzinfo is None and bound.tzinfo is None
    return isinstance(bound, dt.date) and isinstance(value, dt.date) and not isinstance(value, dt.datetime)
