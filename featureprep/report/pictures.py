"""Small pictures of a column's statistics, as SVG elements without text; what they show stands beside them as numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from featureprep.report.visible import brief, shown

_HEIGHT = 40
_STEP = 10
_BY_VALUE = 24
_FEW = 5
_MOST_BARS = 8
_SKEWED = 0.95
_TINY = 0.6
_HISTOGRAM = "Histogram"
_PLACES = "Rows that are not zero, by place"


@dataclass(frozen=True)
class Histogram:
    """A histogram.

    Attributes
    ----------
    svg : Markup
        As wide as its place.
    low, high : str
        What stands at its ends.
    caption, heads, rows
        The table behind it: bucket or value, and count.
    logarithmic : bool
        Bars are as high as the logarithm of the count, where one bucket has almost all.
    """

    svg: Markup
    low: str
    high: str
    caption: str
    heads: tuple[str, str]
    rows: tuple[tuple[str, str], ...]
    logarithmic: bool


@dataclass(frozen=True)
class Bar:
    """One frequent value, how often it occurs, and a bar as long as its share of the values."""

    value: Any
    count: str
    share: str
    svg: Markup


def number(value: object) -> float | None:
    """A finite number as float, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def percent(part: object, whole: object) -> str:
    """A share as text: "12.3 %", "< 0.1 %"; "" where it is not one."""
    a, b = number(part), number(whole)
    if a is None or b is None or b <= 0 or not 0 <= a <= b:
        return ""
    share = 100 * a / b
    if 0 < share < 0.1:
        return "< 0.1 %"
    return "> 99.9 %" if 99.9 < share < 100 else f"{share:.1f} %".replace(".0 %", " %")


def bar(part: object, whole: object) -> Markup:
    """A bar that is filled by a share."""
    a, b = number(part) or 0.0, number(whole) or 0.0
    width = max(0.0, min(100.0, 100 * a / b)) if b > 0 else 0.0
    width = max(width, _TINY) if a > 0 and b > 0 else 0.0
    return Markup(f'<svg class="bar" aria-hidden="true"><rect width="{width:.3g}%" height="8"/></svg>')  # noqa: S704  (numbers only)


def histogram(column: Mapping[str, Any]) -> Histogram | None:
    """The histogram of a column of numbers: by value where there are few whole ones, else by the buckets of its statistics.

    None where there are none, and where the values are so few that `bars` shows them all. Of vectors, the rows that are not zero by place.
    """
    places = _places(column.get("vector"))
    if len(places) > 1:
        rows = tuple((brief(at), brief(count)) for at, count in enumerate(places))
        return _drawn(places, "place 0", f"place {len(places) - 1}", _PLACES, "place", rows, _PLACES)
    by_value = _by_value(column)
    if 0 < len(by_value) <= _FEW:
        return None
    if by_value:
        rows = tuple((brief(value), brief(count)) for value, count in by_value)
        return _drawn([n for _, n in by_value], brief(by_value[0][0]), brief(by_value[-1][0]), "Rows by value", "value", rows)
    buckets = _buckets(column.get("histogram"))
    if not buckets:
        return None
    # the extremes of whole numbers are whole, the edges of buckets are not
    low, high = brief(column.get("min", buckets[0][0])), brief(column.get("max", buckets[-1][1]))
    return _drawn(
        [n for *_, n in buckets], low, high, f"Histogram up to {high}", "from", tuple((brief(a), brief(n)) for a, _, n in buckets)
    )


def _places(vector: object) -> list[int]:
    """For each place of the vectors in how many rows it is not zero; none where one of them is no count."""
    counts = vector.get("nonzero") if isinstance(vector, Mapping) else None
    found = [number(count) for count in counts] if isinstance(counts, Sequence) and not isinstance(counts, str) else []
    known = [int(count) for count in found if count is not None and count >= 0]
    return known if len(known) == len(found) else []


def _by_value(column: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Every value in order with its count, where these are all whole numbers and few."""
    pairs = _pairs(column.get("top"))
    if column.get("kind") != "number" or not 0 < len(pairs) <= _BY_VALUE or column.get("n_unique") != len(pairs):
        return []
    return sorted(pairs) if all(type(value) is int for value, _ in pairs) else []


def _buckets(histogram: object) -> list[tuple[float, float, int]]:
    """(from, to, count) as statistics have them; none where one of them is not a number."""
    buckets = [b for b in histogram if isinstance(b, Sequence) and len(b) == 3] if isinstance(histogram, Sequence) else []
    found = [(number(a), number(b), number(n)) for a, b, n in buckets]
    known = [(a, b, int(n)) for a, b, n in found if a is not None and b is not None and n is not None and n >= 0]
    return known if len(known) == len(found) else []


def _drawn(
    counts: Sequence[int], low: str, high: str, caption: str, head: str, rows: tuple[tuple[str, str], ...], what: str = _HISTOGRAM
) -> Histogram:
    most, total = max(counts), sum(counts)
    logarithmic = most > _SKEWED * total and sum(count > 0 for count in counts) > 1
    heights = [math.log1p(count) for count in counts] if logarithmic else list(counts)
    top = max(heights) or 1
    parts = []
    for at, height in enumerate(heights):
        if height > 0:
            y = _HEIGHT - max(_TINY * 2, _HEIGHT * height / top)
            parts.append(f"M{at * _STEP} {_HEIGHT}V{y:.3g}h{_STEP - 1}V{_HEIGHT}z")
    said = f"{what} from {low} to {high}, highest bar {brief(most)}" + (f" of {brief(total)} rows" if what == _HISTOGRAM else "")
    svg = Markup('<svg class="hist" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}"><path d="{}"/></svg>').format(
        len(counts) * _STEP - 1, _HEIGHT, said, "".join(parts)
    )
    return Histogram(svg, low, high, caption, (head, "rows"), rows, logarithmic)


def bars(column: Mapping[str, Any]) -> list[Bar]:
    """The most frequent values of a column, at most eight; few numbers in their own order."""
    top = _by_value(column)[:_FEW] or column.get("top")
    return [
        Bar(value, brief(count), percent(count, column.get("n")), bar(count, column.get("n"))) for value, count in _pairs(top)[:_MOST_BARS]
    ]


def _pairs(top: object) -> list[tuple[Any, int]]:
    """Values with their counts, as statistics have them."""
    pairs = [p for p in top if isinstance(p, Sequence) and len(p) == 2] if isinstance(top, Sequence) and not isinstance(top, str) else []
    return [(value, int(n)) for value, count in pairs if (n := number(count)) is not None and n >= 0]


def tables(column: Mapping[str, Any], of: str = "") -> list[list[Any]]:
    """The tables behind the picture, for the page's script.

    Returns
    -------
    list of lists
        Caption, the list of the heads, and the cells of all rows one after the other.
    """
    if column.get("masked"):
        return []
    made: list[list[Any]] = []
    quantiles = column.get("quantiles")
    if isinstance(quantiles, Sequence) and quantiles:
        made.append([f"Quantiles{of}", ["share below", "value"], *(brief(cell) for pair in quantiles for cell in pair)])
    drawn = histogram(column)
    if drawn:
        made.append([f"{drawn.caption}{of}", [*drawn.heads], *(cell for row in drawn.rows for cell in row)])
    elif len(_pairs(column.get("top"))) > (0 if quantiles else _MOST_BARS):
        made.append(
            [
                f"Most frequent values{of}",
                ["value", "rows"],
                *(cell for v, n in _pairs(column["top"])[:20] for cell in (shown(v), brief(n))),
            ]
        )
    return made


def missing(column: Mapping[str, Any]) -> int:
    """How many cells are null or NaN."""
    return int((number(column.get("nulls")) or 0) + (number(column.get("nans")) or 0))
