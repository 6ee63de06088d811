"""The most frequent values of a feature, as a list and as a rank histogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.folds.count_parts import COUNT
from featureprep.folds.keyed_moments import KeyedMomentsResult
from featureprep.folds.value_counts import CountsResult, ValueCounts
from featureprep.validators.tfmd.generators.options import Options

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import StringStatistics, WeightedStringStatistics

NOT_UTF8: Final = "__BYTES_VALUE__"
"""Stands for a value that is no text (TFDV's placeholder)."""

Ranked = Sequence[tuple[bytes, float]]


@dataclass(frozen=True)
class TopValues(ValueCounts):
    """`ValueCounts` with TFDV's order: equally frequent values descending by their bytes."""

    name: ClassVar[str] = "top_values"

    def _best(self, table: pa.Table) -> pa.Table:
        if self.min_count > 1:
            table = table.filter(pc.greater_equal(table[COUNT], self.min_count))
        if self.top_k and self.top_k < table.num_rows:
            counts = table[COUNT].to_numpy()
            table = table.filter(pa.array(counts >= np.partition(counts, -self.top_k)[-self.top_k]))
        order = pc.sort_indices(table, sort_keys=[(COUNT, "descending"), ("key0", "descending")])
        return table.take(order if self.top_k is None else order.slice(0, self.top_k))


def unweighted(found: CountsResult) -> Ranked:
    """Values with their counts, ranked."""
    return list(zip(found.values.to_pylist(), found.counts.tolist(), strict=True))


def weighted(found: KeyedMomentsResult, threshold: float) -> Ranked:
    """Values with the sums of their weights, ranked; those under the threshold are left out."""
    if not found.columns:
        return []
    sums = [(value, moments.sum) for value, moments in zip(found.columns[0].to_pylist(), found.moments, strict=True)]
    return sorted(((value, total) for value, total in sums if total >= threshold), key=lambda pair: (pair[1], pair[0]), reverse=True)


def shown(made: StringStatistics | WeightedStringStatistics, ranked: Ranked, options: Options) -> None:
    """Write the first values, and the first ranks."""
    for value, frequency in ranked[: options.num_top_values]:
        made.top_values.add(value=label(value), frequency=frequency)
    for rank, (value, frequency) in enumerate(ranked[: options.num_rank_histogram_buckets]):
        made.rank_histogram.buckets.add(low_rank=rank, high_rank=rank, label=label(value), sample_count=frequency)


def label(value: bytes) -> str:
    """The text of a value, or what stands for it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
