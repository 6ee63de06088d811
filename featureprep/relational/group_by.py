"""group_by: one row per group, its aggregates the same bits in whatever order the rows came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.folds.codes import canonical_values, codes, combine
from featureprep.folds.exact_groups import ExactGroups, Objects, exact_groups, of_decimals, of_floats, of_integers
from featureprep.hashing.layout import null_mask, plain, whole
from featureprep.relational.aggregates import aggregate_type
from featureprep.relational.keys import check_key, group_ids
from featureprep.relational.order import content_order
from featureprep.relational.ranks import Ranked, ranked
from featureprep.relational.rows import Indices, take_rows

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


def group_by(table: pa.Table, keys: Sequence[str], aggregates: Mapping[str, tuple[str, pa.Array | pa.ChunkedArray | None]]) -> GroupResult:
    """Aggregate the rows of each group of equal keys. Null is a key of its own, NaN equals NaN, -0.0 equals 0.0.

    Parameters
    ----------
    table : pa.Table
    keys : sequence of str
        Columns of `table`, of scalar types.
    aggregates : mapping of name to (function, values)
        A function of `AGGREGATES` and the array, as long as the table, that it is taken over (None for count of rows).

    Raises
    ------
    ArgumentError, TypeMismatchError
        As `aggregate_type` does; also for keys of lists and structs, and for arrays of another length.
    ColumnNotFoundError
        For a key that the table does not have.
    """
    if not set(keys) <= set(table.column_names):
        raise ColumnNotFoundError.of(set(keys) - set(table.column_names), table.column_names, where="group_by")
    clash = sorted(set(keys) & set(aggregates))
    if clash:
        raise ArgumentError(f"agg gives the name of a key to an aggregate: {clash}")
    key_columns = {name: canonical_values(_scalar(table.column(name))) for name in keys}
    ids, groups = group_ids(list(key_columns.values()))
    first = np.empty(groups, np.int64)
    first[ids[::-1]] = np.arange(len(ids))[::-1]
    out = {name: column.take(pa.array(first)) for name, column in key_columns.items()}
    malformed: dict[str, Mask] = {}
    taken: dict[int, _Values] = {}
    for name, (function, values) in aggregates.items():
        dtype = aggregate_type(function, None if values is None else values.type)
        if values is None:
            out[name] = pa.array(np.bincount(ids, minlength=groups))
            continue
        if len(values) != table.num_rows:
            raise ArgumentError.of(name, "agg", f"{table.num_rows} long", len(values))
        column = taken.setdefault(id(values), _Values(whole(values), ids, groups))
        out[name], bad = column.aggregate(function, dtype)
        if bad is not None:
            malformed[name] = bad
    result = pa.table(out)
    order = content_order(result)
    return GroupResult(take_rows(result, order), {name: bad[order] for name, bad in malformed.items()})


def _scalar(column: pa.ChunkedArray) -> pa.ChunkedArray:
    check_key(column.type, "group_by")
    return column


class _Values:
    """A column and its groups; what several aggregates need is computed once."""

    def __init__(self, array: pa.Array, ids: Indices, groups: int) -> None:
        self.array = array
        self.ids = ids
        self.groups = groups

    def aggregate(self, function: str, dtype: pa.DataType) -> tuple[pa.Array, Mask | None]:
        """The aggregate of every group, and where it does not fit, if anywhere."""
        match function:
            case "count":
                return pa.array(np.bincount(self.ids[self.present], minlength=self.groups)), None
            case "n_unique":
                return self._n_unique(), None
            case "min" | "max":
                return self._extreme(function), None
            case "sum":
                return self._sum(dtype)
        exact = self.squares if function == "std" else self.totals
        values = exact.stds() if function == "std" else exact.means()
        return pa.array(values, mask=exact.counts == 0), None

    @cached_property
    def present(self) -> Mask:
        nulls = np.ones(len(self.array), np.bool_) if pa.types.is_null(self.array.type) else null_mask(plain(self.array))
        return np.ones(len(self.array), np.bool_) if nulls is None else ~nulls

    @cached_property
    def totals(self) -> ExactGroups:
        return self._exact(squares=False)

    @cached_property
    def squares(self) -> ExactGroups:
        return self._exact(squares=True)

    @cached_property
    def ranked(self) -> Ranked:
        return ranked(self.array, "group_by")

    def _exact(self, *, squares: bool) -> ExactGroups:
        array, ids = plain(self.array).drop_null(), self.ids[self.present]
        dtype = array.type
        if pa.types.is_decimal(dtype):
            counts = np.bincount(ids, minlength=self.groups)
            return exact_groups(of_decimals(array), ids, counts, squares=squares, scale=dtype.scale)
        if pa.types.is_floating(dtype):
            with np.errstate(invalid="ignore"):  # signalling NaNs
                values = array.to_numpy(zero_copy_only=False).astype(np.float64)
            finite = np.isfinite(values)
            counts = np.bincount(ids[finite], minlength=self.groups)
            used = finite & (values != 0.0)
            return exact_groups(of_floats(values[used]), ids[used], counts, squares=squares)
        counts = np.bincount(ids, minlength=self.groups)
        wide = pa.uint64() if pa.types.is_unsigned_integer(dtype) else pa.int64()
        whole_numbers = of_integers(array.cast(wide).to_numpy(zero_copy_only=False))
        return exact_groups(whole_numbers, ids, counts, squares=squares)

    def _sum(self, dtype: pa.DataType) -> tuple[pa.Array, Mask | None]:
        if dtype == pa.float64():
            return pa.array(self.totals.sums()), None
        totals = self.totals.totals  # integers and decimals have unit 1
        if pa.types.is_decimal(dtype):
            low, high = 1 - 10**dtype.precision, 10**dtype.precision - 1
        elif dtype == pa.uint64():
            low, high = 0, (1 << 64) - 1
        else:
            low, high = -(1 << 63), (1 << 63) - 1
        bad = np.asarray((totals < low) | (totals > high), np.bool_)
        mask = bad if bad.any() else None
        if pa.types.is_decimal(dtype):
            return _decimals(np.where(bad, 0, totals), dtype, mask), mask
        fitting = np.where(bad, 0, totals).astype(np.uint64 if dtype == pa.uint64() else np.int64)
        return pa.array(fitting, dtype, mask=mask), mask

    def _extreme(self, function: str) -> pa.Array:
        ranks, values = self.ranked.ranks, self.ranked.values
        valued = ranks < len(values)
        best = np.full(self.groups, len(values) if function == "min" else -1, np.int64)
        (np.minimum if function == "min" else np.maximum).at(best, self.ids[valued], ranks[valued])
        return values.take(pa.array(best, mask=(best < 0) | (best == len(values))))

    def _n_unique(self) -> pa.Array:
        found, ids = codes(self.array)[self.present], self.ids[self.present]
        pairs = combine([ids, found])
        first = np.zeros(int(pairs.max(initial=-1)) + 1, np.int64)
        first[pairs] = ids  # all rows of a pair are in one group
        return pa.array(np.bincount(first, minlength=self.groups))


def _decimals(unscaled: Objects, dtype: pa.DataType, nulls: Mask | None) -> pa.Array:
    # by bytes: Arrow takes no Python Decimal of a negative scale
    words = b"".join(value.to_bytes(16, "little", signed=True) for value in unscaled)
    validity = None if nulls is None else pa.array(~nulls).buffers()[1]
    return pa.Array.from_buffers(dtype, len(unscaled), [validity, pa.py_buffer(words)])
