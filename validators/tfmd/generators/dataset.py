"""The statistics of one data set, or of one slice of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from featureprep.validators.tfmd.generators.common import Whole
from featureprep.validators.tfmd.generators.exact import ExactSum
from featureprep.validators.tfmd.generators.feature import Feature
from featureprep.validators.tfmd.generators.options import Options
from featureprep.validators.tfmd.generators.rows import Rows
from featureprep.validators.tfmd.paths import Path

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatistics, FeatureNameStatistics


Derived = Callable[[Feature, "FeatureNameStatistics", Options], None]
"""Adds to a feature's message what can be read off what is known of it."""


class Part(Protocol):
    """Statistics over several features."""

    def add(self, rows: Rows) -> None:
        """One batch."""

    def write(self, made: Written) -> None:
        """Add what is known to the messages."""


@dataclass
class Written:
    """The messages of a data set: `whole`, and its features by path, which are put into it at the end."""

    whole: DatasetFeatureStatistics
    features: dict[Path, FeatureNameStatistics]

    def feature(self, path: Path) -> FeatureNameStatistics:
        """The message of a feature, a new one where there is none."""
        from tensorflow_metadata.proto.v0.statistics_pb2 import FeatureNameStatistics

        if path not in self.features:
            made = FeatureNameStatistics()
            made.path.step.extend(path)
            self.features[path] = made
        return self.features[path]


@dataclass
class Dataset:
    """What is known of the rows of a data set.

    Attributes
    ----------
    parts : sequence of Part
        What is computed beside the statistics of each feature.
    weight : mapping of column to ExactSum
        Of the weights of all rows.
    """

    options: Options
    parts: Sequence[Part]
    derived: Sequence[Derived] = ()
    rows: int = 0
    weight: defaultdict[str, ExactSum] = field(default_factory=lambda: defaultdict(ExactSum))
    features: dict[Path, Feature] = field(default_factory=dict)

    def add(self, rows: Rows) -> None:
        """One batch."""
        self.rows += rows.n
        for column in self.options.weight_columns:
            self.weight[column].add(rows.weights(column))
        for path, seen in rows.seen.items():
            by = self.options.weight_of(path)
            weights = None if by is None else rows.weights(by)
            self.features.setdefault(path, Feature(path)).add(seen, weights, self.options)
        for part in self.parts:
            part.add(rows)

    def message(self, name: str) -> DatasetFeatureStatistics:
        """All statistics, features ascending by path."""
        from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatistics

        made = Written(DatasetFeatureStatistics(name=name, num_examples=self.rows), {})
        if self.options.weight_feature is not None:
            made.whole.weighted_num_examples = self._weight(self.options.weight_feature)
        for path, feature in self.features.items():
            column = self.options.weight_of(path)
            rows = Whole(self.rows, 0.0 if column is None else self._weight(column))
            message = made.features[path] = feature.message(self.features.get(path[:-1]), rows, self.options)
            for derive in self.derived:
                derive(feature, message, self.options)
        for part in self.parts:
            part.write(made)
        made.whole.features.extend(made.features[path] for path in sorted(made.features))
        return made.whole

    def _weight(self, column: str) -> float:
        return self.weight[column].value
