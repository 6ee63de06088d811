"""How many rows may break a rule before it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Threshold:
    """A number of rows, or a share of all rows that a rule looks at.

    Attributes
    ----------
    rows : int or None
    share : float or None
        From 0 to 1. One of the two is given.
    """

    rows: int | None = None
    share: float | None = None

    def allows(self, count: int, total: int) -> bool:
        """Whether `count` bad rows of `total` are within it; no rows at all are."""
        if self.rows is not None:
            return count <= self.rows
        return not total or count / total <= (self.share or 0.0)

    @property
    def stated(self) -> int | float:
        """As the contract can state it: a whole number of rows, or a share with a decimal point."""
        return self.rows if self.rows is not None else float(self.share or 0.0)

    def __str__(self) -> str:
        if self.rows is not None:
            return f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        return f"{(self.share or 0.0) * 100:.6g}% of the rows"


NONE_MAY: Final = Threshold(rows=0)
"""What holds where nothing is stated."""
