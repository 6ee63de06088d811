"""Golden rows: made from the types of the entry columns, stored with their results, computed again when a graph is opened.

Never copies of data: edges of types, null, NaN, text that no data holds.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep import canonical
from featureprep.errors import CorruptArtefactError, RowRejected
from featureprep.types import is_integer, is_list

if TYPE_CHECKING:
    from featureprep.serving.graph import TransformGraph

MAX_ROWS = 128
MAX_CELLS = 2_000_000
"""Of rows that are tried in search of a usual one: wide tables take fewer tries."""
_TEXTS = ["", "golden", "Golden Row", "  padded ", "ÄÖÜ ß", "1", "-2.5e3", "\U0001d518\u0301", "2024-02-29T12:34:56"]


def values_of(dtype: pa.DataType, depth: int = 0) -> list[Any]:
    """A few values of a type: edges and usual ones, null last."""
    if is_integer(dtype):
        bits = dtype.bit_width
        low, high = (0, 2**bits - 1) if pa.types.is_unsigned_integer(dtype) else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return [1, 0, 17, low, high, None]
    if pa.types.is_floating(dtype):
        return [0.5, 0.0, -0.0, 1.0, -3.25, 12345.678, 1e300 if dtype == pa.float64() else 1e30, 5e-324 if dtype == pa.float64() else 1e-40,
                float("inf"), float("-inf"), float("nan"), None]  # fmt: skip
    if pa.types.is_boolean(dtype):
        return [True, False, None]
    if pa.types.is_string(dtype):
        return [*_TEXTS, None]
    if pa.types.is_binary(dtype):
        return [b"", b"golden", bytes(range(256)), None]
    if pa.types.is_date32(dtype):
        return [dt.date(2024, 2, 29), dt.date(1970, 1, 1), dt.date(1, 1, 1), dt.date(9999, 12, 31), None]
    if pa.types.is_timestamp(dtype):
        return [
            dt.datetime(2024, 2, 29, 23, 59, 59, 999999),
            dt.datetime(1970, 1, 1),
            dt.datetime(1900, 3, 1, 5),
            dt.datetime(2262, 1, 1),
            None,
        ]
    if pa.types.is_decimal(dtype):
        return [Decimal(0), Decimal(1).scaleb(-dtype.scale), Decimal(-1).scaleb(-dtype.scale), None]
    if is_list(dtype) and depth < 4:
        inner = values_of(dtype.value_type, depth + 1)
        if pa.types.is_fixed_size_list(dtype):
            return [[inner[i % len(inner)] for i in range(dtype.list_size)], None]
        return [inner, [], inner[:1], None]
    if pa.types.is_struct(dtype) and depth < 4:
        fields = [dtype.field(i) for i in range(dtype.num_fields)]
        return [{f.name: values_of(f.type, depth + 1)[0] for f in fields}, {f.name: None for f in fields}, None]
    return [None]


def usual_row(graph: TransformGraph) -> dict[str, Any]:
    """A row that the graph takes, where one is found: text that must be a number, say, is made one, column by column."""
    usual = {field.name: values_of(field.type)[0] for field in graph.entry}
    rule = _result(graph, usual).get("rejected")
    tries = MAX_CELLS // max(len(graph.entry), 1)
    for _ in graph.entry:  # each time round one rule less
        if rule is None:
            break
        others = ({**usual, field.name: value} for field in graph.entry for value in values_of(field.type)[1:] if (tries := tries - 1) >= 0)
        better = next((row for row in others if _result(graph, row).get("rejected") != rule), None)
        if better is None:
            break
        usual, rule = better, _result(graph, better).get("rejected")
    return usual


def rows_of(entry: pa.Schema, usual: dict[str, Any]) -> list[dict[str, Any]]:
    """The golden rows of a schema: usual values, then one column at a time through its values, then all null."""
    values = {field.name: values_of(field.type) for field in entry}
    changes = [(name, value) for name, found in values.items() for value in found if repr(value) != repr(usual[name])]
    if len(changes) < MAX_ROWS:
        others = [{**usual, name: value} for name, value in changes]
    else:  # wide tables: all columns at once, diagonally
        others = [{name: found[(i + k) % len(found)] for k, (name, found) in enumerate(values.items())} for i in range(MAX_ROWS - 2)]
    return [usual, *others, dict.fromkeys(usual)]


def _result(graph: TransformGraph, row: dict[str, Any]) -> Any:
    try:
        return {"features": graph(row), "admits": graph.admits(row)}
    except RowRejected as rejected:
        return {"rejected": rejected.rule, "admits": graph.admits(row)}


def make(graph: TransformGraph) -> list[Any]:
    """Golden rows with their results. A graph with user functions has rows without results: they are not called to save it."""
    if graph.udfs():
        return []
    return [{"row": row, "result": _result(graph, row)} for row in rows_of(graph.entry, usual_row(graph))]


def check(graph: TransformGraph, stored: Any, where: str) -> None:
    """Compute the golden rows again.

    Raises
    ------
    CorruptArtefactError
        When one comes out with other bits.
    """
    for i, case in enumerate(stored):
        now = canonical.dumps(_result(graph, case["row"]))
        if now != canonical.dumps(case["result"]):
            raise CorruptArtefactError(
                f"golden row {i} comes out differently here", where=where,
                hint="this platform computes other bits than the one that fitted the graph; open it with verify=False to use it all the same",
            )  # fmt: skip
