"""What is kept of columns as a baseline, as TFMD statistics: of them TFDV measures drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from featureprep.types import is_integer, logical
from featureprep.validators.drift.category import CategoryShape
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.shapes import Shape
from featureprep.validators.tfmd.generators.histograms import standard_histogram
from featureprep.validators.tfmd.generators.numeric import FINER
from featureprep.validators.tfmd.generators.quantiles import outlined
from featureprep.validators.tfmd.protos import WHOLE, protos

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import statistics_pb2

_BUCKETS: Final = 10
"""Of a standard histogram, and of the quantiles that it is made of (TFDV: num_histogram_buckets, num_quantiles_histogram_buckets)."""
_BOOLS: Final = {"false": 0.0, "true": 1.0}


def statistics_of_shapes(shapes: Mapping[str, Shape], types: Mapping[str, pa.DataType]) -> statistics_pb2.DatasetFeatureStatisticsList:
    """The figures that L-infinity, Jensen-Shannon and normalised absolute difference are measured from.

    Texts have a rank histogram of the values that are kept (as many as TFDV's own has at most); numbers and bools the standard histogram
    that `tfmd.statistics` makes of the values that are kept, where those that are not count as the next larger one. Infinities are left out.

    Parameters
    ----------
    shapes : mapping of column to Shape
        Of columns of numbers, texts and bools.
    types : mapping of column to type
        Of every shape's column.
    """
    made: statistics_pb2.DatasetFeatureStatisticsList = protos().statistics.DatasetFeatureStatisticsList()
    dataset = made.datasets.add(name=WHOLE, num_examples=max((shape.rows for shape in shapes.values()), default=0))
    for name, shape in sorted(shapes.items()):
        feature = dataset.features.add()
        feature.path.step.append(name)
        if isinstance(shape, NumericShape):
            _numbers(feature, shape, integers=is_integer(logical(types[name])))
        elif pa.types.is_boolean(logical(types[name])):
            _numbers(feature, _as_numbers(shape), integers=True)
        else:
            _texts(feature, shape)
    return made


def _texts(feature: statistics_pb2.FeatureNameStatistics, shape: CategoryShape) -> None:
    feature.type = protos().statistics.FeatureNameStatistics.STRING
    stats = feature.string_stats
    stats.unique = shape.n_unique
    _common(stats.common_stats, shape.n + shape.nans, shape.nulls)
    for rank, (value, count) in enumerate(shape.counts.items()):
        stats.rank_histogram.buckets.add(low_rank=rank, high_rank=rank, label=value, sample_count=count)


def _numbers(feature: statistics_pb2.FeatureNameStatistics, shape: NumericShape, *, integers: bool) -> None:
    kinds = protos().statistics
    feature.type = kinds.FeatureNameStatistics.INT if integers else kinds.FeatureNameStatistics.FLOAT
    stats = feature.num_stats
    _common(stats.common_stats, shape.n + shape.nans + shape.infs, shape.nulls)
    if not shape.n:
        return
    low, high = float(shape.points[0]), float(shape.points[-1])
    stats.min, stats.max, stats.mean, stats.std_dev = low, high, shape.mean or 0.0, shape.std or 0.0
    found = outlined(shape.points, shape.upto.astype(np.float64), FINER * _BUCKETS)
    stats.histograms.append(standard_histogram(found, low, high, _BUCKETS, nans=shape.nans))


def _common(common: statistics_pb2.CommonStatistics, present: int, missing: int) -> None:
    common.num_non_missing, common.num_missing, common.tot_num_values = present, missing, present
    common.min_num_values = common.max_num_values = int(present > 0)
    common.avg_num_values = float(present > 0)


def _as_numbers(shape: CategoryShape) -> NumericShape:
    """Bools as 0 and 1."""
    counts = sorted((_BOOLS[value], count) for value, count in shape.counts.items())
    upto = np.cumsum([count for _, count in counts], dtype=np.int64)
    below_ = upto - np.array([count for _, count in counts], np.int64)
    share = shape.counts.get("true", 0) / shape.n if shape.n else None
    std = None if share is None else (share * (1.0 - share)) ** 0.5
    return NumericShape(shape.n, shape.nulls, 0, 0, share, std, np.array([value for value, _ in counts], np.float64), below_, upto)
