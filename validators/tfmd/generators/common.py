"""Common statistics of a feature: how many of its lists are missing or not, and how long they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from featureprep.validators.tfmd.generators.histograms import quantiles_histogram, standard_histogram
from featureprep.validators.tfmd.generators.levels import LevelTotals

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import (
        CommonStatistics,
        CustomStatistic,
        PresenceAndValencyStatistics,
        WeightedCommonStatistics,
    )


@dataclass(frozen=True)
class Whole:
    """What the lists of a level are part of: the rows, or the values of the level above, with their weight."""

    n: int
    weight: float

    @classmethod
    def of(cls, level: LevelTotals) -> Self:
        return cls(level.total, level.weighted_total.value)


def common_statistics(levels: Sequence[LevelTotals], flat: LevelTotals, above: Whole, buckets: int, *, weighted: bool) -> CommonStatistics:
    """The message; `levels` from the outermost one, which lies in `above`. Numbers of values are `flat`'s where lists lie in lists."""
    from tensorflow_metadata.proto.v0.statistics_pb2 import CommonStatistics

    first = flat if len(levels) > 1 else levels[0]
    made = CommonStatistics(num_non_missing=first.non_missing, num_missing=above.n - first.non_missing, tot_num_values=first.total)
    if first.non_missing:
        made.min_num_values, made.max_num_values = first.least, first.most
        made.avg_num_values = first.total / first.non_missing
        made.num_values_histogram.CopyFrom(quantiles_histogram(first.quantiles(buckets)))
    if weighted:
        made.weighted_common_stats.CopyFrom(_weighted(first, above))
    if len(levels) > 1:
        wholes = [above, *map(Whole.of, levels[:-1])]
        made.presence_and_valency_stats.extend(map(_presence, levels, wholes))
        if weighted:
            made.weighted_presence_and_valency_stats.extend(map(_weighted, levels, wholes))
    return made


def length_histograms(levels: Sequence[LevelTotals], buckets: int) -> Iterator[CustomStatistic]:
    """Two for each level but the outermost one, whose histogram is among the common statistics."""
    from tensorflow_metadata.proto.v0.statistics_pb2 import CustomStatistic

    for number, level in enumerate(levels[1:], 2):
        if level.non_missing:
            found = level.quantiles(buckets)
            name = f"level_{number}_value_list_length"
            yield CustomStatistic(name=f"{name}_quantiles", histogram=quantiles_histogram(found))
            yield CustomStatistic(name=f"{name}_standard", histogram=standard_histogram(found, level.least, level.most, buckets))


def _presence(level: LevelTotals, above: Whole) -> PresenceAndValencyStatistics:
    from tensorflow_metadata.proto.v0.statistics_pb2 import PresenceAndValencyStatistics

    return PresenceAndValencyStatistics(
        num_non_missing=level.non_missing,
        num_missing=above.n - level.non_missing,
        min_num_values=level.least,
        max_num_values=level.most,
        tot_num_values=level.total,
    )


def _weighted(level: LevelTotals, above: Whole) -> WeightedCommonStatistics:
    from tensorflow_metadata.proto.v0.statistics_pb2 import WeightedCommonStatistics

    there, total = level.weight.value, level.weighted_total.value
    return WeightedCommonStatistics(
        num_non_missing=there, num_missing=above.weight - there, tot_num_values=total, avg_num_values=total / there if there else 0.0
    )
