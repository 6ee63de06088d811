"""What join_asof, shift and rolling do with the rows that meet in one bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from featureprep.errors import DataError
from featureprep.plan.physical import Exchange
from featureprep.relational.aggregates import Reduction
from featureprep.relational.join_asof import AsofResult, join_asof
from featureprep.relational.rolling import Rolled
from featureprep.relational.rows import Indices, take_rows
from featureprep.relational.sequences import Sequences, sequences
from featureprep.relational.shift import shifted
from featureprep.relational.windows import Windows, by_range, by_rows
from featureprep.run.joining import count_right
from featureprep.run.pipe import PieceReport
from featureprep.run.rejected import reject_rows

Columns: TypeAlias = dict[str, Any]


def meet_asof(exchange: Exchange, tables: list[pa.Table], report: PieceReport) -> pa.Table:
    """The left rows with the columns of the right rows they match."""
    left, right = tables
    (made,) = meet_large_asof(exchange, [left], right, report)
    return made


def meet_large_asof(exchange: Exchange, lefts: Iterable[pa.Table], right: pa.Table, report: PieceReport) -> Iterator[pa.Table]:
    """The same for a bucket that is too large for one piece: some left rows at a time beside all right ones."""
    used = np.zeros(right.num_rows, np.bool_)
    for left in lefts:
        found = _asof(exchange, left, right)
        matched = found.right_indices[found.right_indices >= 0]
        used[matched] = True
        report.tally.matches[exchange.step, "left_matched"] += len(matched)
        report.tally.matches[exchange.step, "left_unmatched"] += left.num_rows - len(matched)
        columns = dict(zip(left.column_names, take_rows(left, found.left_indices).columns, strict=True))
        names: Mapping[str, str] = exchange.params["right_names"]
        if names:
            taken = take_rows(right.select(list(names)), found.right_indices)
            columns |= dict(zip(names.values(), taken.columns, strict=True))
        yield pa.table(columns).select(exchange.schema.names)
    count_right(exchange, used, report)


def _asof(exchange: Exchange, left: pa.Table, right: pa.Table) -> AsofResult:
    params = exchange.params
    left_by, right_by = ([t.column(n) for n in names] for t, names in zip((left, right), exchange.keys, strict=True))
    left_on, right_on = (t.column(n) for t, n in zip((left, right), params["on"], strict=True))
    order_by = [right.column(name) for name in params["order_by"]]
    options = {name: params[name] for name in ("strategy", "tolerance", "allow_exact_matches", "descending")}
    return join_asof(left, right, left_by, right_by, left_on, right_on, order_by=order_by, **options)


def meet_along(exchange: Exchange, tables: list[pa.Table], report: PieceReport) -> pa.Table:
    """The rows with values of their neighbours, or aggregates of their windows."""
    (table,) = tables
    return along(exchange, table, report)[0]


def along(exchange: Exchange, table: pa.Table, report: PieceReport, before: int = 0) -> tuple[pa.Table, Sequences]:
    """The rows with new columns, and the sequences they are in. The first `before` rows are looked at only: they are not in the result."""
    found = _sequences(exchange, table)
    made, malformed = (_shift if exchange.kind == "shift" else _rolling)(exchange, table, found)
    names = [name for name in exchange.schema.names if name not in made]
    kept = take_rows(table.select(names), found.content)
    columns = dict(zip(names, kept.columns, strict=True)) | made
    rows = pa.table({name: columns[name] for name in exchange.schema.names})
    if before:
        own = found.content >= before
        rows = rows.filter(pa.array(own))
        malformed = {name: bad[own] for name, bad in malformed.items() if bad[own].any()}
    if malformed and exchange.params["malformed"] != "null":
        rows = reject_rows(exchange, rows, malformed, report)
    return rows, found


def _shift(exchange: Exchange, table: pa.Table, found: Sequences) -> tuple[Columns, Columns]:
    taken = shifted(found, exchange.params["n"])[found.content]
    fills = exchange.params["fills"]
    return {n: _filled(table, column, fills.get(n), taken, found.content) for n, column in exchange.params["columns"].items()}, {}


def _rolling(exchange: Exchange, table: pa.Table, found: Sequences) -> tuple[Columns, Columns]:
    """The new columns, and by name where a sum does not fit its type; in order of content."""
    params = exchange.params
    if params["window"].unit == "rows":
        windows = by_rows(found, params["window"].size, params["closed"])
    else:
        windows = by_range(found, params["window"].size, params["unit"], params["closed"])
    # rows without a place share one more window, an empty one
    windows = Windows(np.append(windows.low, 0), np.append(windows.high, 0))
    place = np.full(table.num_rows, len(found.rows), np.int64)
    place[found.rows] = np.arange(len(found.rows))
    place = place[found.content]
    columns: dict[str | None, Rolled] = {None: Rolled(None, windows)}
    made: Columns = {}
    malformed: Columns = {}
    reductions: Mapping[str, Reduction] = params["aggregates"]
    for name, one in reductions.items():
        if one.column is not None and one.column not in columns:
            columns[one.column] = Rolled(take_rows(table.select([one.column]), found.rows).column(0), windows)
        order = take_rows(table.select(list(dict.fromkeys(one.order))), found.rows)
        by = [order.column(column) for column in one.order]
        try:
            values, bad = columns[one.column].aggregate(one.function, one.params, params["min_periods"], by)
        except DataError as error:
            raise error.at(f"{exchange.step}: {name}") from None
        made[name] = values.take(pa.array(place))
        if bad is not None:
            malformed[name] = bad[place]
    return made, malformed


def _sequences(exchange: Exchange, table: pa.Table) -> Sequences:
    by = [table.column(name) for name in exchange.keys[0]]
    order_by = [table.column(name) for name in exchange.params["order_by"]]
    return sequences(table.select(list(exchange.params["own"])), by, order_by, f"{exchange.kind}(order_by=)")


def _filled(table: pa.Table, column: str, fill: str | None, taken: Indices, content: Indices) -> pa.ChunkedArray:
    """The values at `taken`; null, or the row's own fill, where that is -1."""
    if fill is None:
        return take_rows(table.select([column]), taken).column(0)
    both = pa.chunked_array([*table.column(column).chunks, *table.column(fill).chunks], table.column(column).type)
    return take_rows(pa.table([both], names=[column]), np.where(taken < 0, table.num_rows + content, taken)).column(0)
