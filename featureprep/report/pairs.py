"""A column beside its baseline: one histogram with both on the same bars, and rows of values with both shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from featureprep.report.pictures import bar, percent
from featureprep.report.visible import one_line, shown

_HEIGHT = 40
_FULL = 39.0
_STEP = 10
_TINY = 1.2


@dataclass(frozen=True)
class Pair:
    """A histogram of one or two columns.

    Attributes
    ----------
    svg : Markup
        As wide as its place: bars for the column itself, a stepped line for its baseline.
    low, high : str
        What stands at its ends.
    """

    svg: Markup
    low: str
    high: str


@dataclass(frozen=True)
class Row:
    """How many rows of one or two columns (the baseline first) have a value.

    Attributes
    ----------
    label : str
        The value; what it is called, where it is none.
    counts : tuple of float or None
        None where it is not known.
    value : bool
        Whether `label` is from the data.
    """

    label: str
    counts: tuple[float | None, ...]
    value: bool = True

    @property
    def shown(self) -> str:
        return shown(self.label) if self.value else self.label


@dataclass(frozen=True)
class Shares:
    """A row with its bars and its shares as text, the baseline first."""

    label: str
    value: bool
    bars: tuple[Markup, ...]
    texts: tuple[str, ...]


def pair_of(now: Sequence[float], was: Sequence[float] | None, low: str, high: str, title: str) -> Pair:
    """The histogram of shares over the same bars.

    Parameters
    ----------
    now, was : sequence of float in [0, 1]
    title : str
        What the baseline is called.
    """
    top = max([*now, *(was or ())], default=0.0) or 1.0
    heights = [_FULL * share / top for share in now]
    bars = "".join(
        f"M{at * _STEP} {_HEIGHT}V{_HEIGHT - max(_TINY, height):.4g}h{_STEP - 1}V{_HEIGHT}z"
        for at, height in enumerate(heights)
        if height > 0
    )
    line = ""
    if was is not None:
        levels = [_HEIGHT - (max(_TINY, _FULL * share / top) if share > 0 else 0.0) for share in was]
        line = f"M0 {_HEIGHT}" + "".join(f"V{level:.4g}h{_STEP}" for level in levels) + f"V{_HEIGHT}"
    said = f"Histogram from {low} to {high}, highest bar {percent(top, 1)} of the rows"
    beside = f", beside that of {title}" if was is not None else ""
    svg = Markup(
        '<svg class="hist" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}"><path d="{}"/>{}</svg>'
    ).format(len(now) * _STEP, _HEIGHT, one_line(said + beside), bars, Markup('<path class="was" d="{}"/>').format(line) if line else "")
    return Pair(svg, low, high)


def rows_of(rows: Sequence[Row], totals: Sequence[int]) -> tuple[Shares, ...]:
    """Each row with the shares that it has of all rows."""
    return tuple(
        Shares(
            row.shown,
            row.value,
            tuple(bar(n, total) for n, total in zip(row.counts, totals, strict=True)),
            tuple(_share(n, total) for n, total in zip(row.counts, totals, strict=True)),
        )
        for row in rows
    )


def table_of(rows: Sequence[Row], totals: Sequence[int], title: str, caption: str = "Shares of all rows") -> list[Any]:
    """The same as a table behind a picture, see `featureprep.report.pictures.tables`."""
    heads = ["value", one_line(title, 40), "now"] if len(totals) > 1 else ["value", "share"]
    cells = [cell for row in rows for cell in (row.shown, *(_share(n, total) for n, total in zip(row.counts, totals, strict=True)))]
    return [caption, heads, *cells]


def _share(count: float | None, total: int) -> str:
    return "–" if count is None or not total else percent(min(count, total), total)
