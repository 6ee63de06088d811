"""What data looks like that was read with the wrong options: said as notes beside a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NULLS = ("NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "NaN", "nan", "?", "-", "\\N")
"""Spellings of null that other programs write."""
_SEPARATORS = {";": "';'", "\t": "'\\t'", "|": "'|'"}
_SHOWN = 3


def csv_notes(statistics: Mapping[str, Any]) -> list[str]:
    """Doubts about how a CSV file was read, each with the option that would mend it.

    Parameters
    ----------
    statistics : mapping
        The section of its rows.
    """
    columns = statistics["columns"]
    names = [column["name"] for column in columns]
    if len(names) == 1:
        for separator, flag in _SEPARATORS.items():
            if separator in names[0]:
                return [f"there is one column, and its name holds {flag}; if that is what stands between cells: --separator {flag}"]
    found: dict[str, list[str]] = {}
    for column in columns:
        values = {value for value, _ in column.get("top", ())} if column["kind"] == "string" else set()
        for spelling in NULLS:
            if spelling in values and len(values) > 1:
                found.setdefault(spelling, []).append(column["name"])
    if not found:
        return []
    flags = " ".join(f"--null-value {_flag(spelling)}" for spelling in found)
    parts = [f"{spelling!r} in {_columns(which)}" for spelling, which in found.items()]
    return [f"{', '.join(parts)}: if that means null, say so, or numbers are read as text: {flags} --null-value ''"]


def _columns(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:40] for name in names[:_SHOWN]) + more


def _flag(spelling: str) -> str:
    return spelling if spelling.isalpha() else f"'{spelling}'"
