"""What is known of each group of some rows, as Arrow columns: states that add up, whichever rows they were made of first.

A state makes columns of rows (`start`), and of columns that several parts made (`merge`); `finals.py` makes aggregates of them.
Several aggregates share a state: a sum and a mean of one column, say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.folds.codes import canonical_values
from featureprep.folds.lanes import (
    Lanes,
    decimal_squares,
    decimal_sums,
    float_squares,
    float_sums,
    integer_squares,
    integer_sums,
)
from featureprep.hashing.layout import fixed_values, list_bounds, null_mask, plain, whole
from featureprep.relational.keys import group_ids, order_by_group
from featureprep.relational.least import Comparable, comparable, least_rows, ordering
from featureprep.relational.rows import Indices
from featureprep.types import logical

Columns = dict[str, pa.Array]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
_ROOM = 8
"""Different values are marked in a table of this many places a row at most; else they are sorted."""


@dataclass(frozen=True)
class State(ABC):
    """What is kept of a column by group; `name` begins the names of the state's columns."""

    name: str
    column: str

    def has(self, column: str) -> bool:
        """Whether a column is this state's."""
        return column.startswith(f"{self.name}.")

    @abstractmethod
    def start(self, rows: pa.Table, ids: Indices, groups: int) -> Columns:
        """Of rows, whose groups are `ids`."""

    @abstractmethod
    def merge(self, states: pa.Table, ids: Indices, groups: int) -> Columns:
        """Of states, whose groups are `ids`."""


@dataclass(frozen=True)
class Count(State):
    """Rows (no column), or values that are not null."""

    def start(self, rows: pa.Table, ids: Indices, groups: int) -> Columns:
        present = ids if self.column == "" else ids[_present(whole(rows.column(self.column)))]
        return {f"{self.name}.n": pa.array(np.bincount(present, minlength=groups))}

    def merge(self, states: pa.Table, ids: Indices, groups: int) -> Columns:
        return _added(self, states, ids, groups)


@dataclass(frozen=True)
class Sums(State):
    """How many finite values, and lanes of their sums (`s<k>`) and, with `squares`, of the sums of their squares (`q<k>`)."""

    squares: bool

    def start(self, rows: pa.Table, ids: Indices, groups: int) -> Columns:
        array = plain(whole(rows.column(self.column)))
        present = _present(array)
        array, ids = array.drop_null() if not pa.types.is_null(array.type) else array.slice(0, 0), ids[present]
        dtype = array.type
        if pa.types.is_decimal(dtype):
            counted, sums, squares = ids, decimal_sums(array, ids, groups), decimal_squares(array, ids, groups) if self.squares else {}
        elif pa.types.is_floating(dtype):
            with np.errstate(invalid="ignore"):  # signalling NaNs
                values = fixed_values(array, f"<f{dtype.bit_width // 8}").astype(np.float64)
            finite = np.isfinite(values)
            values, counted = (values, ids) if finite.all() else (values[finite], ids[finite])
            sums = float_sums(values, counted, groups)
            squares = float_squares(values, counted, groups) if self.squares else {}
        else:
            unsigned = pa.types.is_unsigned_integer(dtype)
            whole_numbers = array.cast(pa.uint64() if unsigned else pa.int64()).to_numpy(zero_copy_only=False)
            counted, sums = ids, integer_sums(whole_numbers, ids, groups)
            squares = integer_squares(whole_numbers, ids, groups) if self.squares else {}
        out = {f"{self.name}.n": pa.array(np.bincount(counted, minlength=groups))}
        return out | {
            f"{self.name}.{kind}{k}": pa.array(lane) for kind, lanes in (("s", sums), ("q", squares)) for k, lane in lanes.items()
        }

    def merge(self, states: pa.Table, ids: Indices, groups: int) -> Columns:
        return _added(self, states, ids, groups)

    def lanes(self, states: pa.Table, kind: str) -> Lanes:
        """The lanes "s" or "q" of all groups."""
        begin = f"{self.name}.{kind}"
        return {int(name.removeprefix(begin)): _numbers(states, name) for name in states.column_names if name.startswith(begin)}


@dataclass(frozen=True)
class Extreme(State):
    """The smallest or largest value that is not NaN."""

    largest: bool

    def start(self, rows: pa.Table, ids: Indices, groups: int) -> Columns:
        return self._of(whole(rows.column(self.column)), ids, groups)

    def merge(self, states: pa.Table, ids: Indices, groups: int) -> Columns:
        return self._of(whole(states.column(f"{self.name}.v")), ids, groups)

    def _of(self, array: pa.Array, ids: Indices, groups: int) -> Columns:
        found = comparable(array, "group_by")
        rows = np.arange(len(ids)) if found.late is None else np.flatnonzero(found.late == 0)
        found = Comparable(found.numbers if found.late is None else found.numbers[rows], None)
        least = least_rows([found.descending() if self.largest else found], ids[rows], groups)
        at = pa.array(rows[least] if len(rows) else least, mask=least < 0)
        return {f"{self.name}.v": canonical_values(array.take(at))}


@dataclass(frozen=True)
class Chosen(State):
    """The value `v` of the row that is first by its order columns `o<i>`, then by value."""

    order: tuple[str, ...]
    descending: bool

    def start(self, rows: pa.Table, ids: Indices, groups: int) -> Columns:
        return self._of([rows.column(name) for name in self.order], rows.column(self.column), ids, groups)

    def merge(self, states: pa.Table, ids: Indices, groups: int) -> Columns:
        order = [states.column(f"{self.name}.o{i}") for i in range(len(self.order))]
        return self._of(order, states.column(f"{self.name}.v"), ids, groups)

    def _of(self, order: list[pa.ChunkedArray], values: pa.ChunkedArray, ids: Indices, groups: int) -> Columns:
        at = pa.array(least_rows(ordering(order, values, descending=self.descending), ids, groups))
        made = {f"{self.name}.o{i}": plain(whole(one)).take(at) for i, one in enumerate(order)}
        return made | {f"{self.name}.v": _canonical(plain(whole(values)).take(at))}


@dataclass(frozen=True)
class Finite(State):
    """The finite values as float64, in no order."""

    def start(self, rows: pa.Table, ids: Indices, groups: int) -> Columns:
        array = plain(whole(rows.column(self.column)))
        if pa.types.is_boolean(array.type):
            array = array.cast(pa.int8())
        array = array.cast(pa.float64(), safe=False)
        with np.errstate(invalid="ignore"):  # signalling NaNs
            some = _present(array) & np.isfinite(fixed_values(array, "<f8"))
        return {f"{self.name}.l": lists_of(array.filter(pa.array(some)), ids[some], groups)}

    def merge(self, states: pa.Table, ids: Indices, groups: int) -> Columns:
        values, of = elements(states.column(f"{self.name}.l"), ids)
        return {f"{self.name}.l": lists_of(values, of, groups)}


@dataclass(frozen=True)
class Distinct(State):
    """The different values that are not null, in no order."""

    def start(self, rows: pa.Table, ids: Indices, groups: int) -> Columns:
        array = whole(rows.column(self.column))
        some = _present(array)
        return self._of(array if some.all() else array.filter(pa.array(some)), ids[some], groups)

    def merge(self, states: pa.Table, ids: Indices, groups: int) -> Columns:
        return self._of(*elements(states.column(f"{self.name}.l"), ids), groups)

    def _of(self, array: pa.Array, ids: Indices, groups: int) -> Columns:
        numbers, distinct = group_ids([array])
        first = np.empty(distinct, np.int64)
        first[numbers] = np.arange(len(numbers))  # any of those that are equal
        if groups * distinct <= _ROOM * len(ids):
            found = np.zeros(groups * distinct, np.bool_)
            found[ids * distinct + numbers] = True
            pairs = np.flatnonzero(found)
        else:
            pairs = np.sort(ids * distinct + numbers)
            pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])] if len(pairs) else pairs
        of, which = np.divmod(pairs, max(distinct, 1))
        return {f"{self.name}.l": lists_of(plain(array).take(pa.array(first[which])), of, groups)}


@dataclass(frozen=True)
class Collected(State):
    """All values as a list `l`, and beside each its order columns `o<i>`."""

    order: tuple[str, ...]

    def start(self, rows: pa.Table, ids: Indices, groups: int) -> Columns:
        columns = [rows.column(name) for name in (self.column, *self.order)]
        return {name: lists_of(_canonical(plain(whole(column))), ids, groups) for name, column in zip(self._names(), columns, strict=True)}

    def merge(self, states: pa.Table, ids: Indices, groups: int) -> Columns:
        return {name: lists_of(*elements(states.column(name), ids), groups) for name in self._names()}

    def _names(self) -> list[str]:
        return [f"{self.name}.l", *(f"{self.name}.o{i}" for i in range(len(self.order)))]


def lists_of(values: pa.Array, ids: Indices, groups: int) -> pa.Array:
    """The values of each group as a list; those of one group keep their order."""
    offsets = np.zeros(groups + 1, np.int64)
    np.cumsum(np.bincount(ids, minlength=groups), out=offsets[1:])
    if (ids[1:] < ids[:-1]).any():
        values = values.take(pa.array(order_by_group(ids, groups)))
    return pa.LargeListArray.from_arrays(pa.array(offsets), values)


def elements(lists: pa.Array | pa.ChunkedArray, ids: Indices) -> tuple[pa.Array, Indices]:
    """The elements of lists that hold no nulls between them, and the group of each, from that of its list."""
    values, starts, stops = list_bounds(whole(lists))
    return values, np.repeat(ids, stops - starts)


def _present(array: pa.Array) -> Mask:
    nulls = np.ones(len(array), np.bool_) if pa.types.is_null(array.type) else null_mask(plain(array))
    return np.ones(len(array), np.bool_) if nulls is None else ~nulls


def _canonical(array: pa.Array) -> pa.Array:
    return array if pa.types.is_nested(logical(array.type)) else canonical_values(array)


def _numbers(states: pa.Table, name: str) -> Indices:
    # a part without this lane has nulls
    return np.asarray(whole(states.column(name)).fill_null(0).to_numpy(), np.int64)


def _added(state: State, states: pa.Table, ids: Indices, groups: int) -> Columns:
    out: Columns = {}
    for name in filter(state.has, states.column_names):
        total = np.zeros(groups, np.int64)
        np.add.at(total, ids, _numbers(states, name))
        out[name] = pa.array(total)
    return out
