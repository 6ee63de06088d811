"""The category whose share changed most."""

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
    """

    label: str
    baseline: float
    current: float

    @property
    def sentence(self) -> str:
        label = self.label if len(self.label) <= SHOWN else f"{self.label[: SHOWN - 1]}…"
        return f"{label} went from {self.baseline:.2%} to {self.current:.2%}"

    def to_json(self) -> dict[str, Any]:
        return {"label": self.label, "baseline": self.baseline, "current": self.current}


def most_moved(cells: Cells) -> Moved | None:
    """The category with the largest difference of shares, the first among equals; None where none differs."""
    cells = cells.lumped()
    p, q = ([share.value for share in shares] for shares in cells.shares())
    found = [Moved(*cell) for cell in zip(cells.labels, p, q, strict=True)]
    most = max(found, key=lambda cell: abs(cell.baseline - cell.current), default=None)
    return most if most is not None and most.baseline != most.current else None
