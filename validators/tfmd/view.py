"""Statistics as the rules read them: features as a tree, weighted figures where all have them (TFDV: statistics_view.cc)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from featureprep.errors import RequestError
from featureprep.validators.tfmd.numbers import INT64_MAX
from featureprep.validators.tfmd.paths import Path, shown
from featureprep.validators.tfmd.protos import protos

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import statistics_pb2

_STATS: Final = ("num_stats", "string_stats", "bytes_stats", "struct_stats")
_DEEPEST: Final = 40
"""Steps of a path; protobuf reads no schema of which structs are nested much deeper."""
_FEATURE_TYPES: Final = {"INT": "INT", "FLOAT": "FLOAT", "STRING": "BYTES", "BYTES": "BYTES", "STRUCT": "STRUCT"}


class DatasetView:
    """The statistics of one dataset.

    Parameters
    ----------
    data : DatasetFeatureStatistics
    by_weight : bool, optional
        Whether weighted figures are read; by default where every feature has them.
    environment : str, optional
        The environment that the data is of.
    previous, serving, previous_version : DatasetView, optional
        What it is compared with.

    Raises
    ------
    RequestError
        Features of the same path, of no path or one too long, or some with a name and some with a path.
    """

    def __init__(
        self,
        data: statistics_pb2.DatasetFeatureStatistics,
        *,
        by_weight: bool | None = None,
        environment: str | None = None,
        previous: DatasetView | None = None,
        serving: DatasetView | None = None,
        previous_version: DatasetView | None = None,
    ) -> None:
        self.data = data
        self.environment = environment
        self.previous = previous
        self.serving = serving
        self.previous_version = previous_version
        filled = [feature for feature in data.features if has_stats(feature) or feature.custom_stats]
        self.by_weight = has_weights(data) if by_weight is None else by_weight
        self.features = [FeatureView(feature, path, self) for feature, path in zip(filled, _paths(filled), strict=True)]
        for feature in self.features:
            if not 0 < len(feature.path) <= _DEEPEST:
                text = f"a feature of the statistics has a path of {len(feature.path)} steps"
                raise RequestError(text, hint=f"Give it from 1 to {_DEEPEST}.")
        self._by_path = {feature.path: feature for feature in self.features}
        if len(self._by_path) < len(self.features):
            numbers = Counter(feature.path for feature in self.features)
            twice = next(path for path, number in numbers.items() if number > 1)
            raise RequestError(f"the statistics hold the feature {shown(twice)} twice", hint="Merge them before they are validated.")
        for feature in sorted(self.features, key=lambda each: each.path):
            parent = self._by_path.get(feature.path[:-1])
            if parent is not None:
                parent.children.append(feature)

    def get(self, path: Path) -> FeatureView | None:
        return self._by_path.get(path)

    @property
    def roots(self) -> list[FeatureView]:
        """The features whose parent has no statistics, in the order of the statistics."""
        return [feature for feature in self.features if feature.path[:-1] not in self._by_path]

    @property
    def num_examples(self) -> float:
        return float(self.data.weighted_num_examples if self.by_weight else self.data.num_examples)


class FeatureView:
    """The statistics of one feature."""

    def __init__(self, data: statistics_pb2.FeatureNameStatistics, path: Path, dataset: DatasetView) -> None:
        self.data = data
        self.path = path
        self.dataset = dataset
        self.children: list[FeatureView] = []

    @cached_property
    def type(self) -> str:
        """INT, FLOAT, STRING, BYTES or STRUCT."""
        kinds = protos().statistics.FeatureNameStatistics.Type
        if self.data.type not in kinds.values():
            raise RequestError(f"the statistics of the feature {shown(self.path)} are of an unknown type, {self.data.type}")
        return str(kinds.Name(self.data.type))

    @property
    def feature_type(self) -> str:
        """The type that a schema states of it: INT, FLOAT, BYTES or STRUCT."""
        return _FEATURE_TYPES[self.type]

    @cached_property
    def common(self) -> statistics_pb2.CommonStatistics:
        """Of the first kind of statistics that are there; empty where there are none."""
        for kind in _STATS:
            if self.data.HasField(kind):
                return getattr(self.data, kind).common_stats
        return protos().statistics.CommonStatistics()

    @property
    def num_present(self) -> float:
        return float(self.common.weighted_common_stats.num_non_missing if self.dataset.by_weight else self.common.num_non_missing)

    @property
    def num_missing(self) -> float:
        return float(self.common.weighted_common_stats.num_missing if self.dataset.by_weight else self.common.num_missing)

    @property
    def missing_by_level(self) -> list[float]:
        """Missing at each level of nesting, the outermost first."""
        common = self.common
        levels = common.weighted_presence_and_valency_stats if self.dataset.by_weight else common.presence_and_valency_stats
        return [float(level.num_missing) for level in levels] or [self.num_missing]

    @property
    def fraction_present(self) -> float | None:
        """Of the examples; None where there are none."""
        if self.dataset.num_examples <= 0:
            return None
        return 1.0 if self.num_missing == 0 else self.num_present / self.dataset.num_examples

    @property
    def is_nested(self) -> bool:
        """Whether values are lists in lists."""
        return len(self.common.presence_and_valency_stats) > 1

    @property
    def lengths(self) -> list[tuple[int, int]]:
        """The least and greatest number of values at each level of nesting, the outermost first."""
        levels = list(self.common.presence_and_valency_stats) or [self.common]
        return [(min(level.min_num_values, INT64_MAX), min(level.max_num_values, INT64_MAX)) for level in levels]

    @property
    def total_values(self) -> float:
        common = self.common
        if self.dataset.by_weight:
            return float(common.weighted_common_stats.tot_num_values)
        return float(common.tot_num_values or common.num_non_missing * common.avg_num_values)

    @cached_property
    def strings(self) -> dict[str, float]:
        """The values of the rank histogram in their order as bytes, each with its count."""
        stats = self.data.string_stats
        histogram = stats.weighted_string_stats.rank_histogram if self.dataset.by_weight else stats.rank_histogram
        counts: dict[str, float] = {}
        for bucket in histogram.buckets:
            counts.setdefault(bucket.label, bucket.sample_count)
        return dict(sorted(counts.items()))

    @property
    def has_invalid_utf8(self) -> bool:
        return bool(self.data.string_stats.invalid_utf8_count > 0)

    @property
    def unique(self) -> int | None:
        """Distinct values; None of a feature that is not of strings, where they are not counted."""
        return min(self.data.string_stats.unique, INT64_MAX) if self.data.HasField("string_stats") else None

    def histogram(self, kind: str) -> statistics_pb2.Histogram | None:
        """The first histogram of this kind (STANDARD, QUANTILES)."""
        stats = self.data.num_stats
        wanted = protos().statistics.Histogram.HistogramType.Value(kind)
        histograms = stats.weighted_numeric_stats.histograms if self.dataset.by_weight else stats.histograms
        return next((histogram for histogram in histograms if histogram.type == wanted), None)

    def custom(self, name: str) -> statistics_pb2.CustomStatistic | None:
        return next((stat for stat in self.data.custom_stats if stat.name == name), None)


def has_stats(feature: statistics_pb2.FeatureNameStatistics) -> bool:
    """Whether it holds statistics of values, not only custom ones (as those of sparse and weighted features)."""
    return any(feature.HasField(kind) for kind in _STATS)


def has_weights(data: statistics_pb2.DatasetFeatureStatistics) -> bool:
    """Whether all features with statistics of values have weighted ones, so that those are read."""
    if data.weighted_num_examples == 0:
        return False
    commons = [getattr(feature, kind).common_stats for feature in data.features for kind in _STATS if feature.HasField(kind)]
    return all(
        common.HasField("weighted_common_stats")
        and len(common.presence_and_valency_stats) == len(common.weighted_presence_and_valency_stats)
        for common in commons
    )


def _paths(features: Sequence[statistics_pb2.FeatureNameStatistics]) -> list[Path]:
    """As given; of features with names, the name is the path, but for what begins with the name of a struct and a dot."""
    given = [feature.HasField("path") for feature in features]
    if any(given):
        if not all(given):
            raise RequestError("some features of the statistics have a name and some have a path", hint="Give all of them paths.")
        return [tuple(feature.path.step) for feature in features]
    struct = protos().statistics.FeatureNameStatistics.STRUCT
    structs = {feature.name for feature in features if feature.type == struct}

    def path(name: str) -> Path:
        steps = []
        end = name.rfind(".")
        while end >= 0:
            if name[:end] in structs:
                steps.append(name[end + 1 :])
                name = name[:end]
            end = name.rfind(".", 0, end)
        return (name, *reversed(steps))

    return [path(feature.name) for feature in features]
