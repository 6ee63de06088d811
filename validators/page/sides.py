"""A column beside its baseline: shares of both, over the same bars or the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from featureprep.report.pairs import Pair, Row, Shares, pair_of, rows_of, table_of
from featureprep.validators.drift.category import CategoryShape
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.shapes import Shape
from featureprep.validators.page.cuts import OTHERS, bars_of

_FEW: Final = 6
"""So many different numbers, or fewer, stand as rows with their shares."""
_ROWS: Final = 8
_TABLE: Final = 40
_NOTHING: Final = {"nulls": "null", "nans": "NaN", "infs": "infinite"}


@dataclass(frozen=True)
class Sides:
    """What is drawn of a column.

    Attributes
    ----------
    histogram : Pair or None
        Of numbers.
    rows : tuple of Shares
        Of frequent values, where they are no histogram, and then of what is no value: null, NaN, infinite.
    table : list
        The table behind it, as `featureprep.report.pictures.tables` makes them.
    """

    histogram: Pair | None
    rows: tuple[Shares, ...]
    table: list[Any]


def sides_of(now: Shape, was: Shape | None, *, whole: bool, title: str, caption: str) -> Sides | None:
    """Both sides of a column, or the one that there is; None where there is nothing to draw, or they are of different kinds.

    Parameters
    ----------
    whole : bool
        Whether the column is one of whole numbers.
    title : str
        What the baseline is called.
    caption : str
        Of the table.
    """
    found = [now] if was is None else [was, now]
    totals = [shape.rows for shape in found]
    if not any(totals) or len({(type(shape), getattr(shape, "unit", "")) for shape in found}) > 1:
        return None
    missing = _missing(found)
    numbers = [shape for shape in found if isinstance(shape, NumericShape)]
    if not numbers:
        values = _values([shape for shape in found if isinstance(shape, CategoryShape)])
        shown = [*values[:_ROWS], *_others(found, values[:_ROWS]), *missing]
        return Sides(
            None, rows_of(shown, totals), table_of([*values[:_TABLE], *_others(found, values[:_TABLE]), *missing], totals, title, caption)
        )
    bars = bars_of(*numbers, whole=whole)
    if bars is None:
        return Sides(None, rows_of(missing, totals), table_of(missing, totals, title, caption))
    counts = [Row(label, pair, value=label != OTHERS) for label, pair in zip(bars.labels, zip(*bars.counts, strict=True), strict=True)]
    table = table_of([*counts, *missing], totals, title, caption)
    if len(counts) <= _FEW:
        return Sides(None, rows_of([*counts, *missing], totals), table)
    shares = [[n / max(total, 1) for n in side] for side, total in zip(bars.counts, totals, strict=True)]
    return Sides(pair_of(shares[-1], shares[0] if was is not None else None, bars.low, bars.high, title), rows_of(missing, totals), table)


def _values(shapes: Sequence[CategoryShape]) -> list[Row]:
    """The values by the larger of their shares; a count is None where a side may have the value, but does not keep it."""
    rows = [
        Row(key, tuple(shape.counts.get(key, None if shape.rest else 0) for shape in shapes))
        for key in {key for shape in shapes for key in shape.counts}
    ]

    def largest(row: Row) -> float:
        return max((n or 0) / max(shape.rows, 1) for n, shape in zip(row.counts, shapes, strict=True))

    return sorted(rows, key=lambda row: (-largest(row), row.label))


def _others(shapes: Sequence[Shape], shown: Sequence[Row]) -> list[Row]:
    """All values that have no row, together."""
    rest = tuple(shape.n - sum(row.counts[at] or 0 for row in shown) for at, shape in enumerate(shapes))
    return [Row("all other values", rest, value=False)] if any(rest) else []


def _missing(shapes: Sequence[Shape]) -> list[Row]:
    found = [Row(label, tuple(getattr(shape, name, 0) for shape in shapes), value=False) for name, label in _NOTHING.items()]
    return [row for row in found if any(row.counts)]
