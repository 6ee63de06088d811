"""Cells that do not fit the type of their column, noted while rows are read: how many, and the first ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from featureprep.jobs.sources import BoundSource
from featureprep.run.rows import RowBatch
from featureprep.types import format_type
from featureprep.validators.misfits import Misfits

FIRST: Final = 3
"""Cells that are shown of each column; of equal texts one."""


@dataclass(frozen=True)
class Noted:
    """Of one column: how many cells, and the first ones whose texts differ as (piece, row, text), ascending."""

    count: int
    first: tuple[tuple[int, int, str], ...]

    def add(self, other: Noted) -> Noted:
        """Those of both; order-free."""
        first: dict[str, tuple[int, int, str]] = {}
        for one in sorted((*self.first, *other.first)):
            first.setdefault(one[2], one)
        return Noted(self.count + other.count, tuple(first.values())[:FIRST])


@dataclass
class MisfitCells:
    """Those of all columns that have some. Nothing is done for a batch without any."""

    columns: dict[str, Noted] = field(default_factory=dict)

    def note(self, piece: int, batch: RowBatch) -> None:
        """Count the cells of a batch, whose rows come after those of the piece that are noted already."""
        for name, mask in batch.malformed.items():
            known = self.columns.get(name)
            at = np.flatnonzero(mask)
            first: tuple[tuple[int, int, str], ...] = ()
            if known is None or len(known.first) < FIRST:
                texts = batch.texts[name]
                first = tuple((piece, int(batch.rows[at[texts.index(text)]]), text) for text in list(dict.fromkeys(texts))[:FIRST])
            here = Noted(len(at), first)
            self.columns[name] = here if known is None else known.add(here)

    def add(self, other: MisfitCells) -> MisfitCells:
        """Those of both; order-free."""
        both = {name: noted.add(other.columns[name]) if name in other.columns else noted for name, noted in self.columns.items()}
        return MisfitCells({**other.columns, **both})


def misfits_in(cells: MisfitCells, bound: BoundSource, rows: int, *, places: bool = True) -> dict[str, Misfits]:
    """What was noted of the columns of a source, in its schema's order.

    Parameters
    ----------
    rows : int
        Of the source.
    places : bool
        Look up where the first ones stand: text files are read again up to there. Without, there are no first ones.
    """
    told = {name: cells.columns[name] for name in bound.schema.names if name in cells.columns}
    stand = bound.places((piece, row) for noted in told.values() for piece, row, _ in noted.first) if places else {}
    return {
        name: Misfits(
            format_type(bound.schema.field(name).type), noted.count, rows,
            tuple((text, stand[piece, row]) for piece, row, text in noted.first) if places else (),
        )
        for name, noted in told.items()
    }  # fmt: skip
