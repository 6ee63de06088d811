"""Which part of a split each row of a piece is in, found once: the fit keeps it beside the states, the write takes it from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep import canonical
from featureprep.run.rows import RowBatch
from featureprep.run.split import Labels, Split
from featureprep.store.states import StateCache

_NONE = 0xFF
"""Stands for rows that were never asked for."""


@dataclass(frozen=True)
class PartLabels:
    """Labels by piece and row.

    Attributes
    ----------
    schema : pa.Schema
        Of the entry table.
    cache : StateCache or None
        Where labels are kept; None: nowhere, as pieces have no content key.
    platform : str
    """

    split: Split
    schema: pa.Schema
    cache: StateCache | None
    platform: str

    @property
    def columns(self) -> list[str]:
        """The entry columns that are looked at."""
        return self.split.columns(self.schema)

    def of(self, batch: RowBatch, known: np.ndarray[Any, np.dtype[np.uint8]] | None = None) -> Labels:
        """The number of each row's part, shape (batch.n,); from `known` where that has it."""
        if known is not None and (not batch.n or int(batch.rows.max()) < len(known)):
            labels = known[batch.rows]
            if not (labels == _NONE).any():
                wide: Labels = labels.astype(np.int64)
                return wide
        return self.split.labels({name: batch.columns[name] for name in self.columns})

    def known(self, piece: Any) -> np.ndarray[Any, np.dtype[np.uint8]] | None:
        """The labels of a piece by row number, if they were kept."""
        if self.cache is None:
            return None
        data = self.cache.get(self._key(piece))
        return None if data is None else np.frombuffer(data, np.uint8)

    def keep(self, piece: Any, found: Sequence[tuple[Any, Labels]]) -> None:
        """Keep the labels of a piece, given as (row numbers, labels) of its batches."""
        if self.cache is None or not found or len(self.split.names) >= _NONE:
            return
        labels = np.full(1 + max(int(rows.max()) for rows, _ in found), _NONE, np.uint8)
        for rows, parts in found:
            labels[rows] = parts
        self.cache.put(self._key(piece), labels.tobytes())

    def _key(self, piece: Any) -> str:
        types = [[name, str(self.schema.field(name).type)] for name in self.columns]
        return canonical.digest(["labels", piece.key, self.split.spec(), types, self.platform])
