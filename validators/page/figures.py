"""The figures of a column beside those of its baseline, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from featureprep.report.pictures import missing, percent
from featureprep.report.visible import brief
from featureprep.validators.misfits import KEY

_FIGURES: Final = {"mean": "mean", "std": "std", "min": "min", "max": "max", "n_unique": "distinct"}


def figures_of(now: Mapping[str, Any] | None, was: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
    """What both sides say of the values; "" where a side says nothing."""
    made = []
    for key, label in _FIGURES.items():
        pair = ["" if side is None or side.get("masked") or side.get(key) is None else brief(side[key]) for side in (was, now)]
        if any(pair):
            made.append((label, pair[0], pair[1]))
    lengths = [_lengths(side) for side in (was, now)]
    if any(lengths):
        made.append(("length", lengths[0], lengths[1]))
    unfit = [_misfits(side) for side in (was, now)]
    if any(unfit):
        made.append(("not of its type", unfit[0], unfit[1]))
    return made


def _lengths(side: Mapping[str, Any] | None) -> str:
    lengths = side.get("lengths") if side is not None and not side.get("masked") else None
    if not isinstance(lengths, dict) or lengths.get("min") is None:
        return ""
    low, high = brief(lengths["min"]), brief(lengths.get("max"))
    return low if low == high else f"{low} to {high}"


def _misfits(side: Mapping[str, Any] | None) -> str:
    """How many cells do not fit the column's type; "" for none."""
    found = side.get(KEY) if side is not None else None
    return brief(found["n"]) if isinstance(found, dict) and type(found.get("n")) is int else ""


def missing_share(column: Mapping[str, Any] | None, rows: int | None) -> str:
    """How many cells are null or NaN, as a share of all rows."""
    return "–" if column is None else percent(missing(column), rows) or "–"
