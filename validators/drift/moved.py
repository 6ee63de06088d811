"""The category that changed most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from featureprep.validators.drift.cells import Cells

SHOWN: Final = 60
"""Code points of a label that a sentence shows."""


@dataclass(frozen=True)
class Moved:
    """A category with its shares of the baseline's and of the current column's rows.

    Attributes
    ----------
    label : str
        A value in double quotes with escapes as in JSON, a bin as "[1.5, 3)", or null, NaN, infinite, all other values.
    rows : tuple of (int, int), optional
        Its rows in both, where these are what was looked at, and not the shares.
    """

    label: str
    baseline: float
    current: float
    rows: tuple[int, int] | None = None

    @property
    def sentence(self) -> str:
        label = self.label if len(self.label) <= SHOWN else f"{self.label[: SHOWN - 1]}…"
        if self.rows is not None:
            return f"{label} went from {self.rows[0]:,} to {self.rows[1]:,} rows"
        return f"{label} went from {self.baseline:.2%} to {self.current:.2%}"

    def to_json(self) -> dict[str, Any]:
        shares = {"label": self.label, "baseline": self.baseline, "current": self.current}
        return shares if self.rows is None else {**shares, "rows": list(self.rows)}


def most_moved(cells: Cells) -> Moved | None:
    """The category with the largest difference of shares, the first among equals; None where none differs."""
    cells = cells.lumped()
    p, q = ([share.value for share in shares] for shares in cells.shares())
    found = [Moved(*cell) for cell in zip(cells.labels, p, q, strict=True)]
    most = max(found, key=lambda cell: abs(cell.baseline - cell.current), default=None)
    return most if most is not None and most.baseline != most.current else None


def largest_moved(cells: Cells, value: float, *, counts: bool) -> Moved | None:
    """The category whose difference a largest difference is; None where it is none, or that of a value that has no cell.

    Parameters
    ----------
    value : float
        The largest difference: of shares, or with `counts` of counts over all rows.
    """
    scales = (cells.n + cells.m,) * 2 if counts else (cells.n, cells.m)
    pairs = zip(cells.labels, cells.a, cells.b, strict=True)
    most = max(pairs, key=lambda one: abs(one[1].value / scales[0] - one[2].value / scales[1]), default=None)
    if most is None:
        return None
    label, a, b = most[0], most[1].value, most[2].value
    found = abs(a / scales[0] - b / scales[1])
    # of a value without a cell, the label is not known
    if not found or found < value:
        return None
    return Moved(label, a / cells.n, b / cells.m, (round(a), round(b)) if counts else None)
