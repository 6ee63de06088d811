"""Which rows have which values, and which have two values together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.folds.exact_sums import UNIT, exact_sums
from featureprep.validators.tfmd.generators.exact import Floats
from featureprep.validators.tfmd.generators.paths import Ints, Seen


@dataclass(frozen=True)
class Valued:
    """Rows and their different values, each pair once, ascending by row.

    Attributes
    ----------
    values : list
        bytes or int.
    rows, codes : np.ndarray of int64, equally long
        `values[codes[i]]` is in row `rows[i]`.
    """

    values: list[Any]
    rows: Ints
    codes: Ints


@dataclass
class Tally:
    """Rows by key, and the exact sums of their weights in units of 2**-1074."""

    counts: dict[Any, int] = field(default_factory=dict)
    weights: dict[Any, int] = field(default_factory=dict)

    def add(self, keys: Sequence[Any], codes: Ints, weights: Floats | None) -> None:
        """Rows with keys `keys[codes]`."""
        if len(codes) == 0:
            return
        order = np.argsort(codes, kind="stable")
        found, starts, counts = np.unique(codes[order], return_index=True, return_counts=True)
        for code, start, count in zip(found.tolist(), starts.tolist(), counts.tolist(), strict=True):
            key = keys[code]
            self.counts[key] = self.counts.get(key, 0) + count
            if weights is not None:
                mine = weights[order[start : start + count]]
                self.weights[key] = self.weights.get(key, 0) + exact_sums(mine)[0]

    def amounts(self, *, weighted: bool) -> tuple[dict[Any, int], int]:
        """What each key amounts to: its count, or the sum of its weights; and how many of these make 1."""
        return (self.weights, 1 << UNIT) if weighted and self.weights else (self.counts, 1)


def valued(seen: Seen, boundaries: Sequence[float] | None) -> Valued:
    """The values of a feature by row: strings as bytes, whole numbers, or the numbers of the bins between `boundaries`."""
    there = seen.values.is_valid().to_numpy(zero_copy_only=False)
    array, rows = seen.values.drop_null(), seen.owners[there]
    if boundaries is not None:
        numbers = array.to_numpy().astype(np.float64)
        known = ~np.isnan(numbers)
        codes = np.searchsorted(np.asarray(boundaries, np.float64), numbers[known], side="right")
        values, rows = list(range(len(boundaries) + 1)), rows[known]
    else:
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            array = array.cast(pa.large_binary())
        coded = array.dictionary_encode()
        values, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)
    size = max(len(values), 1)
    cells = np.unique(rows * size + codes)
    return Valued(values, cells // size, cells % size)


def pairs(x: Valued, y: Valued) -> tuple[list[tuple[Any, Any]], Ints, Ints]:
    """The pairs of values that rows have together: the different ones, the number of each, and its row."""
    starts, stops = np.searchsorted(y.rows, x.rows, side="left"), np.searchsorted(y.rows, x.rows, side="right")
    sizes = stops - starts
    at = np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(int(sizes.sum()))
    size = max(len(y.values), 1)
    cells, codes = np.unique(np.repeat(x.codes, sizes) * size + y.codes[at], return_inverse=True)
    keys = [(x.values[cell // size], y.values[cell % size]) for cell in cells.tolist()]
    return keys, codes, np.repeat(x.rows, sizes)
