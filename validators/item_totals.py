"""Totals of columns of whole numbers: how many items of lists do this or that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, pack, unpack


@dataclass(frozen=True)
class ItemTotals(Fold):
    """The sum of each of some int64 columns, nulls left out: a tuple of ints."""

    name: ClassVar[str] = "item_totals"
    columns: int = 2

    def init(self) -> tuple[int, ...]:
        return (0,) * self.columns

    def update(self, state: tuple[int, ...], *columns: pa.Array) -> tuple[int, ...]:
        return self.merge(state, tuple(pc.sum(column).as_py() or 0 for column in columns))

    def merge(self, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(x + y for x, y in zip(a, b, strict=True))

    def finish(self, state: tuple[int, ...]) -> tuple[int, ...]:
        return state

    def encode(self, state: tuple[int, ...]) -> bytes:
        return pack({"totals": list(state)})

    def decode(self, data: bytes | memoryview) -> tuple[int, ...]:
        totals: Any = unpack(data, self.name)[0].get("totals")
        if not isinstance(totals, list) or len(totals) != self.columns or any(type(n) is not int or n < 0 for n in totals):
            raise corrupt(self.name)
        return tuple(totals)
