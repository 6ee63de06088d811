"""Values in text: short, on one line."""

from __future__ import annotations

from typing import Any

from featureprep.cli.output import printable

_ITEMS = 6


def shown(value: Any, limit: int = 40) -> str:
    """A value as text, at most `limit` characters: floats to 6 digits, the first items of long lists."""
    return printable(_text(value), limit)


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        more = f", … {len(value):,} in all" if len(value) > _ITEMS else ""
        return "[" + ", ".join(_text(item) for item in value[:_ITEMS]) + more + "]"
    return str(value)
