"""The rows of one batch as the generators see them: features by path, and weights by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from featureprep.errors import DataError
from featureprep.validators.tfmd.generators.exact import Floats
from featureprep.validators.tfmd.generators.paths import Seen, features
from featureprep.validators.tfmd.paths import Path

_HEAVIEST: Final = 1e200
"""The largest weight: sums of weights stay within the doubles."""


@dataclass(frozen=True)
class Rows:
    """Rows.

    Attributes
    ----------
    n : int
    seen : mapping of path to feature
    """

    n: int
    seen: Mapping[Path, Seen]
    _weights: dict[str, Floats] = field(default_factory=dict)

    def weights(self, column: str) -> Floats:
        """The weight of each row, shape (n,).

        Raises
        ------
        DataError
            Unless the column holds exactly one number from 0 to 1e200 for each row.
        """
        if column not in self._weights:
            self._weights[column] = self._read(column)
        return self._weights[column]

    def _read(self, column: str) -> Floats:
        seen = self.seen.get((column,))
        if seen is None or seen.kind not in ("INT", "FLOAT") or len(seen.levels) != 1:
            raise _bad(column, "there is no such column of numbers in a batch")
        lengths = seen.levels[0].lengths
        if len(lengths) != self.n or bool((lengths != 1).any()) or seen.values.null_count:
            raise _bad(column, "not every row has one weight")
        weights: Floats = seen.values.to_numpy().astype(np.float64)
        if not bool(((weights >= 0) & (weights <= _HEAVIEST)).all()):
            raise _bad(column, f"a weight is negative, NaN or beyond {_HEAVIEST:g}")
        return weights


def rows_of(batch: pa.RecordBatch) -> Rows:
    """A batch taken apart.

    Raises
    ------
    DataError
        For two columns of one name.
    """
    names = batch.schema.names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"there are several columns of the name {', '.join(map(repr, twice))}", hint="rename them")
    return Rows(batch.num_rows, {seen.path: seen for seen in features(batch)})


def _bad(column: str, what: str) -> DataError:
    return DataError(f"the weights in column {column!r} cannot be used: {what}", hint="fill missing weights, or leave the weights out")
