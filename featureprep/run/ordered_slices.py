"""Rows of one key that are too many to be put in order at once: cut along their order into slices on disk, worked on one after the other.

Rows of equal moments stay in one slice. From slice to slice go the rows that the next one looks back at: the last ones of every
sequence, or those within a window's length. So whether rows are cut makes no difference to what is made of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from featureprep.errors import DataError
from featureprep.plan.physical import Exchange
from featureprep.relational.axis import axis_of, has_gaps
from featureprep.relational.bucket import from_blobs, to_blobs
from featureprep.relational.rows import Indices, take_rows
from featureprep.relational.sequences import Sequences
from featureprep.relational.spill import SpillBuckets
from featureprep.run.gathered import Part
from featureprep.run.ordered import along
from featureprep.run.pipe import PieceReport


def can_be_cut(exchange: Exchange, schema: pa.Schema) -> bool:
    """Whether an exchange looks along an order of numbers or times; values of other types are numbered anew in every slice."""
    return exchange.kind in ("shift", "rolling") and has_gaps(schema.field(exchange.params["order_by"][0]).type)


def meet_slices(exchange: Exchange, schema: pa.Schema, part: Part, report: PieceReport, size: int, limit: int) -> Iterator[pa.Table]:
    """What `along` makes of all rows of a part, slice by slice.

    Parameters
    ----------
    size : int
        Bytes of a slice, about.
    limit : int
        Bytes of rows that may go from slice to slice.

    Raises
    ------
    DataError
        Where they are more.
    """
    order = exchange.params["order_by"][0]
    bounds = _bounds(part, order, size)
    ahead = exchange.kind == "shift" and exchange.params["n"] < 0
    with SpillBuckets(tempfile.gettempdir(), len(bounds) + 1, size) as spill:
        for table in part.tables(0):
            axis = axis_of(table.column(order), exchange.kind)
            numbers = np.where(axis.placed, np.searchsorted(bounds, axis.keys, side="right"), 0)
            for number, blob in to_blobs(table, numbers.astype(np.int32)):
                spill.append(number, blob)
        carried = schema.empty_table()
        for number in range(len(bounds), -1, -1) if ahead else range(len(bounds) + 1):
            table = pa.concat_tables([carried, from_blobs(spill.read(number), schema)])
            made, found = along(exchange, table, report, carried.num_rows)
            yield made
            next_bound = None if ahead or number == len(bounds) else int(bounds[number])
            carried = take_rows(table, np.sort(_looked_at(exchange, found, next_bound)))
            if carried.nbytes > limit:
                what = f"the rows that windows and neighbours reach back to have {carried.nbytes:,} bytes; the limit KEY_BYTES is {limit:,}"
                raise DataError(f"{exchange.step}: {what}", hint="use a shorter window, or more keys by by=")


def _bounds(part: Part, order: str, size: int) -> Indices:
    """The moments at which all slices but the first begin, as keys of the axis."""
    keys = []
    for table in part.tables(0):
        axis = axis_of(table.column(order), "order_by")
        keys.append(axis.keys[axis.placed])
    every = np.sort(np.concatenate(keys)) if keys else np.zeros(0, np.int64)
    rows = max(1, len(every) * size // max(part.size, 1))
    return np.unique(every[rows::rows])


def _looked_at(exchange: Exchange, found: Sequences, next_bound: int | None) -> Indices:
    """The rows that later slices look at."""
    params, places, rows = exchange.params, np.arange(len(found.rows)), found.rows
    if exchange.kind == "shift":
        n = params["n"]
        wanted = places < found.starts - n if n < 0 else places >= found.stops - n
    elif params["window"].unit == "rows":
        wanted = places >= found.stops - params["window"].size
    elif next_bound is None:
        wanted = np.zeros(len(rows), np.bool_)
    else:
        distance = np.int64(next_bound).view(np.uint64) - found.axis.keys[rows].view(np.uint64)
        wanted = distance <= np.uint64(params["window"].size // params["unit"])
    chosen: Indices = rows[wanted]
    return chosen
