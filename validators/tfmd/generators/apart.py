"""Features that are made of several columns, as a schema names them: weighted features and sparse ones.

What is told is how often a component is missing where another one is there, and by how much their lengths differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from featureprep.errors import ContractError
from featureprep.validators.tfmd.generators.dataset import Written
from featureprep.validators.tfmd.generators.paths import Bools, Ints
from featureprep.validators.tfmd.generators.rows import Rows
from featureprep.validators.tfmd.paths import Path

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.schema_pb2 import Schema
    from tensorflow_metadata.proto.v0.statistics_pb2 import FeatureNameStatistics


@dataclass
class Components:
    """What is known of a value and of the columns that go with it, at the places where any of them is there.

    Attributes
    ----------
    missing : dict of path to count
    ends : dict of path to (smallest, largest)
        How much longer the lists of a companion are than the value's.
    """

    value: Path
    companions: Sequence[Path]
    missing: dict[Path, int] = field(default_factory=dict)
    ends: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def add(self, rows: Rows) -> None:
        """One batch."""
        every = (self.value, *self.companions)
        known = {path: found for path in every if (found := _lists(rows, path)) is not None}
        if not known:
            return
        size = len(next(iter(known.values()))[0])
        nothing = np.zeros(size, np.bool_), np.zeros(size, np.int64)
        lists = {path: known.get(path, nothing) for path in every}
        some = np.logical_or.reduce([there for there, _ in lists.values()])
        for path, (there, lengths) in lists.items():
            self.missing[path] = self.missing.get(path, 0) + int(np.count_nonzero(some & ~there))
            if path != self.value and some.any():
                longer = (lengths - lists[self.value][1])[some]
                least, most = self.ends.get(path, (int(longer[0]), int(longer[0])))
                self.ends[path] = (min(least, int(longer.min())), max(most, int(longer.max())))


def _lists(rows: Rows, path: Path) -> tuple[Bools, Ints] | None:
    """Which lists of a feature are there, and their lengths, 0 for the others; None where a batch does not have it."""
    seen = rows.seen.get(path)
    if seen is None:
        return None
    if not seen.levels:
        return np.zeros(len(seen.values), np.bool_), np.zeros(len(seen.values), np.int64)
    there = seen.levels[0].there
    lengths = np.zeros(len(there), np.int64)
    lengths[there] = seen.levels[0].lengths
    return there, lengths


@dataclass
class WeightedFeature:
    """The statistics of a weighted feature."""

    path: Path
    components: Components

    def add(self, rows: Rows) -> None:
        """One batch."""
        self.components.add(rows)

    def write(self, made: Written) -> None:
        """Four numbers."""
        components = self.components
        (weight,) = components.companions
        least, most = components.ends.get(weight, (0, 0))
        feature = made.feature(self.path)
        feature.custom_stats.add(name="missing_weight", num=components.missing.get(weight, 0))
        feature.custom_stats.add(name="missing_value", num=components.missing.get(components.value, 0))
        feature.custom_stats.add(name="min_weight_length_diff", num=least)
        feature.custom_stats.add(name="max_weight_length_diff", num=most)


@dataclass
class SparseFeature:
    """The statistics of a sparse feature."""

    path: Path
    components: Components

    def add(self, rows: Rows) -> None:
        """One batch."""
        self.components.add(rows)

    def write(self, made: Written) -> None:
        """How often the value is missing, and three numbers for each index."""
        components = self.components
        feature = made.feature(self.path)
        feature.custom_stats.add(name="missing_value", num=components.missing.get(components.value, 0))
        ends = {path: components.ends.get(path, (0, 0)) for path in components.companions}
        _ranked(feature, "missing_index", {path: components.missing.get(path, 0) for path in ends})
        _ranked(feature, "max_length_diff", {path: most for path, (_, most) in ends.items()})
        _ranked(feature, "min_length_diff", {path: least for path, (least, _) in ends.items()})


def _ranked(feature: FeatureNameStatistics, name: str, numbers: dict[Path, int]) -> None:
    histogram = feature.custom_stats.add(name=name).rank_histogram
    for path, number in sorted(numbers.items()):
        histogram.buckets.add(label=path[-1], sample_count=number)


def weighted_features(schema: Schema) -> list[WeightedFeature]:
    """Those that a schema names.

    Raises
    ------
    ContractError
        Where a value and its weight do not lie in the same struct.
    """
    found = []
    for one in schema.weighted_feature:
        value, weight = tuple(one.feature.step), tuple(one.weight_feature.step)
        if value[:-1] != weight[:-1]:
            raise ContractError(f"the value and the weight of weighted feature {one.name!r} do not lie in the same struct")
        found.append(WeightedFeature((one.name,), Components(value, (weight,))))
    return found


def sparse_features(schema: Schema) -> list[SparseFeature]:
    """Those that a schema names, also in structs."""
    return _sparse((), schema)


def _sparse(above: Path, holder: Schema) -> list[SparseFeature]:
    found = []
    for one in holder.sparse_feature:
        indices = sorted({(*above, index.name) for index in one.index_feature})
        found.append(SparseFeature((*above, one.name), Components((*above, one.value_feature.name), indices)))
    for feature in holder.feature:
        if feature.HasField("struct_domain"):
            found += _sparse((*above, feature.name), feature.struct_domain)
    return found
