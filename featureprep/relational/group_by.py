"""group_by: one row per group, its aggregates the same bits in whatever order, and in whatever pieces, the rows came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.folds.codes import canonical_values
from featureprep.relational.aggregates import Reduction, aggregate_type
from featureprep.relational.finals import final
from featureprep.relational.keys import check_key, group_ids
from featureprep.relational.order import content_order
from featureprep.relational.ranks import check_ordered
from featureprep.relational.rows import Indices, take_rows
from featureprep.relational.states import Chosen, Collected, Count, Distinct, Extreme, Finite, State, Sums

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class GroupResult:
    """The groups.

    Attributes
    ----------
    table : pa.Table
        The keys (canonical: one NaN, 0.0 for -0.0), then the aggregates; sorted by content.
    malformed : mapping of aggregate name to np.ndarray of bool, shape (groups,)
        For sums of integers or decimals that do not fit their type in some group: where; the cells are null.
    """

    table: pa.Table
    malformed: Mapping[str, Mask] = field(default_factory=dict)


@dataclass(frozen=True)
class Grouping:
    """What is asked of each group of equal keys. Null is a key of its own, NaN equals NaN, -0.0 equals 0.0.

    Parameters
    ----------
    keys : sequence of str
        Columns of scalar types.
    aggregates : mapping of name to Reduction
    schema : pa.Schema
        Of the rows.

    Raises
    ------
    ArgumentError, TypeMismatchError
        As `aggregate_type` does; also for keys of lists and structs, order columns of these, and an aggregate named as a key.
    ColumnNotFoundError
        For a column that the rows do not have.
    """

    keys: tuple[str, ...]
    aggregates: Mapping[str, Reduction]
    schema: pa.Schema

    def __post_init__(self) -> None:
        used = {*self.keys, *(name for one in self.aggregates.values() for name in (one.column, *one.order) if name is not None)}
        if not used <= set(self.schema.names):
            raise ColumnNotFoundError.of(used - set(self.schema.names), self.schema.names, where="group_by")
        clash = sorted(set(self.keys) & set(self.aggregates))
        if clash:
            raise ArgumentError(f"agg gives the name of a key to an aggregate: {clash}")
        for key in self.keys:
            check_key(self.schema.field(key).type, "group_by")
        for one in self.aggregates.values():
            aggregate_type(one.function, self._type(one))
            for name in one.order:
                check_ordered(self.schema.field(name).type, f"{one.function}(order_by=)")

    def _type(self, one: Reduction) -> pa.DataType | None:
        return None if one.column is None else self.schema.field(one.column).type

    @cached_property
    def states(self) -> Mapping[str, State]:
        """What is kept for each aggregate; those that can share one do."""
        squared = {one.column for one in self.aggregates.values() if one.function in ("std", "var")}
        made: dict[tuple[Any, ...], State] = {}
        out: dict[str, State] = {}
        for name, one in self.aggregates.items():
            kind, *more = _kept(one, squared)
            column = one.column or ""
            key = (kind, column, *more)
            if key not in made:
                made[key] = kind(f"${len(made)}", column, *more)
            out[name] = made[key]
        return out

    def start(self, rows: pa.Table) -> pa.Table:
        """The groups of some rows: the keys, and the columns of the states."""
        keys = {name: canonical_values(rows.column(name)) for name in self.keys}
        ids, groups = group_ids(list(keys.values()))
        out = self._firsts(keys, ids, groups)
        for state in dict.fromkeys(self.states.values()):
            out |= state.start(rows, ids, groups)
        return pa.table(out)

    def merge(self, parts: Sequence[pa.Table]) -> pa.Table:
        """The groups of all parts."""
        if len(parts) == 1:
            return parts[0]
        states = pa.concat_tables(parts, promote_options="default")
        keys = {name: canonical_values(states.column(name)) for name in self.keys}
        ids, groups = group_ids(list(keys.values()))
        out = self._firsts(keys, ids, groups)
        for state in dict.fromkeys(self.states.values()):
            out |= state.merge(states, ids, groups)
        return pa.table(out)

    def finish(self, states: pa.Table) -> GroupResult:
        """The aggregates, of groups that are each in one row."""
        out = {name: states.column(name) for name in self.keys}
        malformed: dict[str, Mask] = {}
        for name, one in self.aggregates.items():
            values = self._type(one)
            dtype = aggregate_type(one.function, values)
            out[name], bad = final(one, self.states[name], states, values, dtype)
            if bad is not None:
                malformed[name] = bad
        result = pa.table(out)
        order = content_order(result)
        return GroupResult(take_rows(result, order), {name: bad[order] for name, bad in malformed.items()})

    def _firsts(self, keys: Mapping[str, pa.Array], ids: Indices, groups: int) -> dict[str, pa.Array]:
        first = np.empty(groups, np.int64)
        first[ids[::-1]] = np.arange(len(ids))[::-1]
        return {name: column.take(pa.array(first)) for name, column in keys.items()}


def group_by(rows: pa.Table, keys: Sequence[str], aggregates: Mapping[str, Reduction]) -> GroupResult:
    """The aggregates of the rows of each group; see `Grouping`, which also takes rows in pieces."""
    grouping = Grouping(tuple(keys), aggregates, rows.schema)
    return grouping.finish(grouping.start(rows))


def _kept(one: Reduction, squared: set[str | None]) -> tuple[Any, ...]:
    """The class of the state of an aggregate, and its parameters."""
    match one.function:
        case "count":
            return (Count,)
        case "sum" | "mean" | "std" | "var":
            return Sums, one.column in squared
        case "min" | "max" | "any" | "all":
            return Extreme, one.function in ("max", "any")
        case "quantile":
            return (Finite,)
        case "n_unique":
            return (Distinct,)
        case "collect":
            return Collected, one.order
    return Chosen, one.order, one.function == "last"
