"""Statistics as a table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from featureprep.validators.misfit_text import warnings

_SHOWN: Final = 3
_NAME: Final = 32
_VALUE: Final = 24
_DETAIL: Final = 20
"""The last column gets at least this much, however wide the numbers are."""
_TITLES: Final = ("column", "type", "missing", "distinct", "mean", "std", "min", "median", "max", "most frequent, or lengths")
_LEFT: Final = (0, 1)


def render_text(statistics: Mapping[str, Any], *, width: int = 140) -> str:
    """The statistics section that `finish` made, a line a column, `width` characters wide; wider where numbers need it.

    Below it a line for each column with cells that do not fit its type, which count as missing.

    Names and values come from the data: control characters are shown escaped, long ones cut. Numbers are never cut.
    """
    rows = [_TITLES, *(_cells(column, statistics["rows"]) for column in statistics["columns"])]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_TITLES) - 1)]
    left = max(_DETAIL, width - sum(widths) - 2 * len(widths))
    n, wide = statistics["rows"], len(statistics["columns"])
    lines = [f"{n:,} {'row' if n == 1 else 'rows'}, {wide:,} {'column' if wide == 1 else 'columns'}"]
    for row in rows:
        cells = [cell.ljust(size) if at in _LEFT else cell.rjust(size) for at, (cell, size) in enumerate(zip(row, widths, strict=False))]
        lines.append("  ".join([*cells, _cut(row[-1], left)]).rstrip())
    lines += [f"warning: {told}" for told in warnings(statistics)]
    return "\n".join(lines) + "\n"


def _cells(column: Mapping[str, Any], rows: int) -> tuple[str, ...]:
    missing = column["nulls"] + column["nans"]
    share = f"{missing / rows:.1%}" if rows and missing else "-"
    median = next((value for q, value in column.get("quantiles", ()) if q == 0.5), None)
    unique = column.get("n_unique")
    numbers = [_plain(column.get(name)) for name in ("mean", "std", "min")] + [_plain(median), _plain(column.get("max"))]
    name, kind = _printable(column["name"], _NAME), _printable(column["type"], _NAME)
    return (name, kind, share, "-" if unique is None else f"{unique:,}", *numbers, _detail(column))


def _detail(column: Mapping[str, Any]) -> str:
    if column.get("masked"):
        return "(sensitive)"
    if "vector" in column:
        vector = column["vector"]
        return f"{vector['size']:,} elements, {_plain(vector['min'])} to {_plain(vector['max'])}, mean {_plain(vector['mean'])}"
    if column["kind"] == "list":
        lengths = column["lengths"]
        return f"lengths {lengths['min']} to {lengths['max']}" if lengths["min"] is not None else ""
    return ", ".join(f"{_printable(str(value), _VALUE)} ({count:,})" for value, count in column.get("top", ())[:_SHOWN])


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _printable(text: str, limit: int) -> str:
    return _cut("".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: limit + 1]), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
