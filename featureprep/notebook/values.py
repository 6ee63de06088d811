"""Values as a person reads them, on one line: dates as dates, floats to six digits, the first items of long lists."""

from __future__ import annotations

from typing import Any

ITEMS = 6
"""Items of a list that are shown."""


def cells(column: Any) -> list[Any]:
    """The values of an Arrow array or column as Python has them: days are dates, microseconds datetimes."""
    from featureprep.expr.rowvalues import from_arrow, to_python

    values = from_arrow(column.combine_chunks() if hasattr(column, "combine_chunks") else column)
    convert = to_python(column.type)
    return list(values) if convert is None else [convert(value) for value in values]


def value_text(value: Any) -> str:
    """A value as text; control characters in it are the caller's to make visible."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {value_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        more = f", … {len(value):,} in all" if len(value) > ITEMS else ""
        return "[" + ", ".join(value_text(item) for item in value[:ITEMS]) + more + "]"
    return str(value)
