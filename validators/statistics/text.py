"""Statistics as a table for a terminal."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

_SHOWN: Final = 3
_WIDTH: Final = 24


def render_text(statistics: Mapping[str, Any], *, width: int = 140) -> str:
    """The statistics section that `finish` made, a line a column, at most `width` characters wide.

    Values come from the data: control characters are shown escaped, and nothing in them is taken for markup.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in _COLUMNS:
        table.add_column(title, justify="right" if justify == "right" else "left", no_wrap=True, overflow="ellipsis")
    for column in statistics["columns"]:
        table.add_row(*(Text(cell) for cell in _cells(column, statistics["rows"])))
    sink = io.StringIO()
    console = Console(file=sink, width=width, color_system=None, legacy_windows=False)
    console.print(Text(f"{statistics['rows']:,} rows, {len(statistics['columns'])} columns"))
    console.print(table)
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines()) + "\n"


_COLUMNS: Final = (("column", "left"), ("type", "left"), ("missing", "right"), ("distinct", "right"), ("mean", "right"), ("std", "right"),
                   ("min", "right"), ("median", "right"), ("max", "right"), ("most frequent, or lengths", "left"))  # fmt: skip


def _cells(column: Mapping[str, Any], rows: int) -> list[str]:
    missing = column["nulls"] + column["nans"]
    share = f"{missing / rows:.1%}" if rows and missing else "-"
    median = next((value for q, value in column.get("quantiles", ()) if q == 0.5), None)
    unique = column.get("n_unique")
    numbers = [_plain(column.get(name)) for name in ("mean", "std", "min")] + [_plain(median), _plain(column.get("max"))]
    return [_printable(column["name"], 40), column["type"], share, "-" if unique is None else f"{unique:,}", *numbers, _detail(column)]


def _detail(column: Mapping[str, Any]) -> str:
    if column.get("masked"):
        return "(sensitive)"
    if column["kind"] == "list":
        lengths = column["lengths"]
        return f"lengths {lengths['min']} to {lengths['max']}" if lengths["min"] is not None else ""
    return ", ".join(f"{_printable(str(value), _WIDTH)} ({count:,})" for value, count in column.get("top", ())[:_SHOWN])


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _printable(text: str, limit: int) -> str:
    safe = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
