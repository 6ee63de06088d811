"""Many folds over one pass: what an engine runs over the batches of a fragment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep.errors import ColumnNotFoundError, FeatureprepError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, pack, unpack


@dataclass(frozen=True)
class FoldSet:
    """Folds by id, each with the columns it looks at; states are dicts by the same ids.

    Attributes
    ----------
    folds : mapping of id to (Fold, column ids)
    """

    folds: Mapping[str, tuple[Fold, Sequence[str]]]

    @property
    def columns(self) -> list[str]:
        """All column ids that are looked at, sorted."""
        return sorted({column for _, columns in self.folds.values() for column in columns})

    def init(self) -> dict[str, Any]:
        return {key: fold.init() for key, (fold, _) in self.folds.items()}

    def update(self, states: dict[str, Any], columns: Mapping[str, pa.Array]) -> dict[str, Any]:
        """The states after a batch, given as equally long arrays by column id.

        Raises
        ------
        ColumnNotFoundError
            When a fold's column is not among them.
        FeatureprepError
            Those of the folds, at the fold's id.
        """
        missing = [column for column in self.columns if column not in columns]
        if missing:
            raise ColumnNotFoundError.of(missing, columns)
        after = {}
        for key, (fold, names) in self.folds.items():
            try:
                after[key] = fold.update(states[key], *(columns[name] for name in names))
            except FeatureprepError as error:
                raise error.at(key) from None
        return after

    def merge(self, a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
        return {key: fold.merge(a[key], b[key]) for key, (fold, _) in self.folds.items()}

    def finish(self, states: dict[str, Any]) -> dict[str, Any]:
        return {key: fold.finish(states[key]) for key, (fold, _) in self.folds.items()}

    def encode(self, states: dict[str, Any]) -> bytes:
        keys = sorted(self.folds)
        return pack({"folds": keys}, [self.folds[key][0].encode(states[key]) for key in keys])

    def decode(self, data: bytes | memoryview) -> dict[str, Any]:
        header, buffers = unpack(data, "fold set")
        keys = sorted(self.folds)
        if header.get("folds") != keys or len(buffers) != len(keys):
            raise corrupt("fold set")
        return {key: self.folds[key][0].decode(view) for key, view in zip(keys, buffers, strict=True)}
