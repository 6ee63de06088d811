"""How many rows break a rule, and the smallest few of the values that do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.expr.rowvalues import from_arrow
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, integers, pack, unpack
from featureprep.folds.distinct import canonical
from featureprep.types import format_type, is_temporal, logical, parse_type
from featureprep.validators.moments import moment

TEXT_SHOWN: Final = 200
"""Code points of a text that are kept in an example."""


@dataclass
class ViolationsState:
    """`examples` are distinct, ascending, at most `limit`; moments in them are days or microseconds, whose types are in `moments`.

    Attributes
    ----------
    moments : tuple of str
        For each place of an example its type where it is a date or timestamp, else ""; () where there is no example.
    """

    total: int = 0
    count: int = 0
    examples: tuple[tuple[Any, ...], ...] = ()
    moments: tuple[str, ...] = ()


@dataclass(frozen=True)
class ViolationsResult:
    """`count` of `total` rows break the rule.

    Attributes
    ----------
    examples : tuple of tuples
        The smallest distinct tuples of values among them (Python's bool, int, float, Decimal, str, bytes, date, datetime or None, and
        `FarMoment`), in ascending order: numbers by size, text by code points, moments by time, None and then NaN last.
    """

    total: int
    count: int
    examples: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Violations(Fold):
    """Of a bool column, true where a row breaks the rule (null counts as fine), and any scalar columns to show examples of.

    Attributes
    ----------
    limit : int
        How many examples are kept.
    """

    name: ClassVar[str] = "violations"
    version: ClassVar[int] = 2
    limit: int = 5

    def __post_init__(self) -> None:
        if type(self.limit) is not int or self.limit < 0:
            raise ArgumentError.of("limit", self.name, "a whole number from 0", self.limit)

    def init(self) -> ViolationsState:
        return ViolationsState()

    def update(self, state: ViolationsState, *columns: pa.Array) -> ViolationsState:
        mask, *shown = columns
        if pa.types.is_null(mask.type):
            return ViolationsState(state.total + len(mask), state.count, state.examples, state.moments)
        count = pc.sum(mask).as_py() or 0
        examples = self._examples(mask, shown) if count and shown else ()
        return self.merge(state, ViolationsState(len(mask), count, examples, tuple(map(_moment, shown)) if examples else ()))

    def merge(self, a: ViolationsState, b: ViolationsState) -> ViolationsState:
        examples = self._smallest([*a.examples, *b.examples])
        return ViolationsState(a.total + b.total, a.count + b.count, examples, a.moments or b.moments)

    def finish(self, state: ViolationsState) -> ViolationsResult:
        types = [parse_type(spelling) if spelling else None for spelling in state.moments]
        shown = (
            tuple(value if dtype is None else moment(value, dtype) for value, dtype in zip(example, types, strict=True))
            for example in state.examples
        )
        return ViolationsResult(state.total, state.count, tuple(shown))

    def encode(self, state: ViolationsState) -> bytes:
        examples = [list(example) for example in state.examples]
        return pack({"total": state.total, "count": state.count, "examples": examples, "moments": list(state.moments)})

    def decode(self, data: bytes | memoryview) -> ViolationsState:
        header, _ = unpack(data, self.name)
        counts = integers(header, ("total", "count"), self.name)
        examples, moments = header.get("examples"), header.get("moments")
        if not isinstance(examples, list) or not isinstance(moments, list):
            raise corrupt(self.name)
        if not all(isinstance(example, list) and len(example) == len(moments) for example in examples):
            raise corrupt(self.name)
        return ViolationsState(**counts, examples=tuple(tuple(example) for example in examples), moments=tuple(moments))

    def _examples(self, mask: pa.Array, shown: list[pa.Array]) -> tuple[tuple[Any, ...], ...]:
        """Distinct tuples of the marked rows; sorting happens on distinct values only."""
        columns = {str(i): _short(canonical(column.filter(mask, null_selection_behavior="drop"))) for i, column in enumerate(shown)}
        table = pa.table(columns)
        distinct = table.group_by(table.column_names, use_threads=False).aggregate([])
        # Arrow puts NaN before null and both last, whatever the order
        order = pc.sort_indices(distinct, sort_keys=[(name, "ascending") for name in table.column_names])
        best = distinct.take(order.slice(0, 2 * self.limit))
        return self._smallest(list(zip(*(from_arrow(column.combine_chunks()) for column in best.columns), strict=True)))

    def _smallest(self, examples: list[tuple[Any, ...]]) -> tuple[tuple[Any, ...], ...]:
        by_key = {tuple(_rank(value) for value in example): example for example in examples}
        return tuple(by_key[key] for key in sorted(by_key)[: self.limit])


def can_show(dtype: pa.DataType) -> bool:
    """Whether values of a type can be examples: scalars can."""
    return not pa.types.is_nested(logical(dtype))


def _moment(column: pa.Array) -> str:
    dtype = logical(column.type)
    return format_type(dtype) if is_temporal(dtype) else ""


def _short(column: pa.Array) -> pa.Array:
    if pa.types.is_large_string(column.type):
        return pc.utf8_slice_codeunits(column, 0, TEXT_SHOWN)
    if pa.types.is_large_binary(column.type):
        return pc.binary_slice(column, 0, TEXT_SHOWN)
    return column


def _rank(value: Any) -> tuple[int, Any]:
    """A key that orders the values of one column: numbers, then NaN, then None."""
    if value is None:
        return (2, 0)
    return (1, 0) if value != value else (0, value)
