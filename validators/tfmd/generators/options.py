"""How the statistics of each feature are computed: TFDV's names and defaults where it has the option."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from featureprep.errors import ArgumentError
from featureprep.validators.tfmd.paths import Path

_SHOWN: Final = ("num_top_values", "num_rank_histogram_buckets")
_BUCKETS: Final = ("num_values_histogram_buckets", "num_histogram_buckets", "num_quantiles_histogram_buckets")
_MOST: Final = 1_000_000
_MOST_BUCKETS: Final = 10_000


@dataclass(frozen=True)
class Options:
    """Of one call.

    Attributes
    ----------
    weight_feature : str, optional
        Column with each row's weight.
    per_feature_weight_override : mapping of path to column
        Columns with other weights for some features.
    bytes_features : collection of paths
        Features whose strings are bytes.
    categorical : mapping of path to kind
        Numeric features that are categories, with the type that they must have.
    """

    weight_feature: str | None = None
    per_feature_weight_override: Mapping[Path, str] = field(default_factory=dict)
    bytes_features: Collection[Path] = frozenset()
    categorical: Mapping[Path, str] = field(default_factory=dict)
    num_top_values: int = 20
    frequency_threshold: int = 1
    weighted_frequency_threshold: float = 1.0
    num_rank_histogram_buckets: int = 1000
    num_values_histogram_buckets: int = 10
    num_histogram_buckets: int = 10
    num_quantiles_histogram_buckets: int = 10

    def __post_init__(self) -> None:
        for name in _SHOWN:
            whole_number(name, getattr(self, name), 0)
        for name in _BUCKETS:
            whole_number(name, getattr(self, name), 1, _MOST_BUCKETS)
        whole_number("frequency_threshold", self.frequency_threshold, 1)
        threshold = self.weighted_frequency_threshold
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or threshold != threshold:
            raise ArgumentError.of("weighted_frequency_threshold", "statistics", "a number", threshold)
        for column in (self.weight_feature, *self.per_feature_weight_override.values()):
            if column is not None and not isinstance(column, str):
                raise ArgumentError.of("weight_feature", "statistics", "the name of a column", column)

    @property
    def most_shown(self) -> int:
        """Values that are asked for, at most."""
        return max(self.num_top_values, self.num_rank_histogram_buckets)

    @property
    def weight_columns(self) -> set[str]:
        """All columns with weights."""
        return {*self.per_feature_weight_override.values()} | ({self.weight_feature} if self.weight_feature is not None else set())

    def weight_of(self, path: Path) -> str | None:
        """The column with the weights of a feature."""
        return self.per_feature_weight_override.get(path, self.weight_feature)


def whole_number(name: str, value: Any, least: int, most: int = _MOST) -> None:
    """Refuse an option that is no whole number, or is too small or large.

    Raises
    ------
    ArgumentError
    """
    if type(value) is not int or not least <= value <= most:
        raise ArgumentError.of(name, "statistics", f"a whole number from {least} to {most:,}", value)
