"""Which folds a column's statistics are made of, by its type.

| type | folds | about, ns a value |
| --- | --- | --- |
| integers, floats | `Moments`, `Runs` | 10 to 15, and up to 45 more at the end (distinct values) |
| bool | `ValueCounts` | 7 |
| string | `ValueCounts`, `TextLengths` | 4 where dictionary-encoded, else 20 (few distinct values) to 140 (100,000 of them) |
| date, timestamp, decimal | `MinMax` | 1 |
| lists | `NullCounts`, `Moments` of the lengths | 10 |
| binary, structs, null | `NullCounts` | 1 |
| date, timestamp, decimal, for a shape | `Moments`, `Runs` as numbers | 20 to 50 |
| lists of scalars, for a shape | the same, or `ValueCounts`, of the items; `Runs` of the lengths | as of a column of so many rows |
| vectors (fixed-size lists, sparse structs), besides | `Elements` | 2 an element of 16 bits or less, else 11 to 18 |

Distinct numbers, zeros, histograms, the most frequent whole numbers and the shapes that drift is told by are read off the runs
and counts at the end, without a fold of their own; a shape takes up to 50 more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.folds.counts import NullCounts, TextLengths
from featureprep.folds.elements import Elements, is_vector
from featureprep.folds.extremes import MinMax
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.folds.value_counts import ValueCounts
from featureprep.types import is_float, is_integer, is_list, is_temporal, is_text, logical
from featureprep.validators.drift.category import LIMIT
from featureprep.validators.drift.keeping import has_shape, shape_folds

DOMAIN_VALUES: Final = 400
"""A string column's values are kept whole up to this many distinct ones (TFDV's limit for the domains it maintains)."""


def kind_of(dtype: pa.DataType) -> str:
    """number, bool, string, ordered (dates, timestamps, decimals), list, or other."""
    dtype = logical(dtype)
    if is_integer(dtype) or is_float(dtype):
        return "number"
    if pa.types.is_boolean(dtype):
        return "bool"
    if is_text(dtype):
        return "string"
    if is_temporal(dtype) or pa.types.is_decimal(dtype):
        return "ordered"
    return "list" if is_list(dtype) else "other"


_FOLDS: Final[dict[str, dict[str, Fold]]] = {
    "number": {"moments": Moments(), "runs": Runs()},
    "bool": {"values": ValueCounts()},
    "string": {"values": ValueCounts(top_k=max(DOMAIN_VALUES, LIMIT)), "lengths": TextLengths()},
    "ordered": {"ends": MinMax()},
    "list": {"nulls": NullCounts(), "lengths": Moments()},
    "other": {"nulls": NullCounts()},
}


def column_folds(schema: pa.Schema, *, shapes: bool = False) -> Mapping[str, tuple[Fold, tuple[Node, ...]]]:
    """The folds of all columns, by ids that `finish` knows; nodes are over the columns of `schema`.

    `shapes`: with what only the shapes of dates, times, decimals and lists are made of; other columns' come of what there is anyway.
    """
    made: dict[str, tuple[Fold, tuple[Node, ...]]] = {}
    for field in schema:
        kind = kind_of(field.type)
        column = Node("col", (), {"name": field.name})
        parts = _FOLDS[kind] | ({"elements": Elements()} if is_vector(field.type) else {})
        for part, fold in parts.items():
            node = Node("list_len", (column,)) if kind == "list" and part == "lengths" else column
            made[fold_id(field.name, part)] = (fold, (node,))
        if shapes and kind in ("ordered", "list") and has_shape(field.type):
            made |= {fold_id(field.name, part): request for part, request in shape_folds(field.name, field.type).items()}
    return made


def fold_id(column: str, part: str) -> str:
    """The id of one fold of one column."""
    return f"statistics/{column}/{part}"
