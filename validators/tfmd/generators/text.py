"""String and bytes statistics of a feature: lengths, invalid UTF-8, and how often each value occurs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.folds.count_table import CountTable
from featureprep.folds.keyed_moments import KeyedMoments, KeyedMomentsState
from featureprep.validators.tfmd.generators.exact import Floats
from featureprep.validators.tfmd.generators.options import Options
from featureprep.validators.tfmd.generators.top_values import TopValues, shown, unweighted, weighted

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import BytesStatistics, StringStatistics


@dataclass
class Lengths:
    """In bytes."""

    n: int = 0
    total: int = 0
    least: int | None = None
    most: int | None = None

    def add(self, values: pa.Array) -> None:
        """Binary values without nulls."""
        if len(values) == 0:
            return
        lengths = pc.binary_length(values)
        ends = pc.min_max(lengths).as_py()
        self.n += len(values)
        self.total += pc.sum(lengths).as_py()
        self.least = ends["min"] if self.least is None else min(self.least, ends["min"])
        self.most = ends["max"] if self.most is None else max(self.most, ends["max"])


@dataclass
class Texts:
    """What is known of a feature of strings, or of numbers taken as categories.

    Attributes
    ----------
    counts : CountTable
        How often each value occurs.
    weights : KeyedMomentsState
        Weights of the rows by value.
    """

    lengths: Lengths = field(default_factory=Lengths)
    invalid: int = 0
    counts: CountTable = field(default_factory=lambda: TopValues().init())
    weights: KeyedMomentsState = field(default_factory=KeyedMomentsState)

    def add(self, values: pa.Array, weights: Floats | None, *, count: bool) -> None:
        """Values of the feature, and the weight of each; `count` their frequencies too."""
        if values.null_count:
            weights = None if weights is None else weights[values.is_valid().to_numpy(zero_copy_only=False)]
            values = values.drop_null()
        if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type) or _is_large(values.type)):
            values = _as_text(values)
        values = values.cast(pa.large_binary() if _is_large(values.type) else pa.binary())
        self.invalid += _invalid(values)
        self.lengths.add(values)
        if count:
            self.counts = TopValues().update(self.counts, values)
            if weights is not None and len(values):
                self.weights = KeyedMoments().update(self.weights, pa.array(weights), values.cast(pa.large_binary()))

    def string_statistics(self, options: Options, *, by_weight: bool) -> StringStatistics:
        """The message without its common statistics."""
        from tensorflow_metadata.proto.v0.statistics_pb2 import StringStatistics

        made = StringStatistics(invalid_utf8_count=self.invalid)
        if self.lengths.n:
            made.avg_length = self.lengths.total / self.lengths.n
        found = TopValues(top_k=options.most_shown, min_count=options.frequency_threshold).finish(self.counts)
        made.unique = found.n_unique
        shown(made, unweighted(found), options)
        if by_weight:
            sums = KeyedMoments().finish(self.weights)
            shown(made.weighted_string_stats, weighted(sums, options.weighted_frequency_threshold), options)
        return made

    def bytes_statistics(self) -> BytesStatistics:
        """The message without its common statistics."""
        from tensorflow_metadata.proto.v0.statistics_pb2 import BytesStatistics

        lengths = self.lengths
        if lengths.least is None or lengths.most is None:
            return BytesStatistics()
        return BytesStatistics(
            avg_num_bytes=lengths.total / lengths.n, min_num_bytes=lengths.least, max_num_bytes=lengths.most, max_num_bytes_int=lengths.most
        )


def _is_large(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(dtype) or pa.types.is_large_binary(dtype))


def _as_text(numbers: pa.Array) -> pa.Array:
    """Numbers as Python writes them."""
    coded = numbers.dictionary_encode()
    texts = pa.array([str(number) for number in coded.dictionary.to_numpy()], pa.string())
    return texts.take(coded.indices)


def _invalid(values: pa.Array) -> int:
    """How many values are no UTF-8; a column of strings may lie about its own, so it is not believed."""
    try:
        values.cast(pa.large_string() if pa.types.is_large_binary(values.type) else pa.string())
    except pa.ArrowInvalid:
        counted = values.value_counts()
        bad = np.array([decoded(value) is None for value in counted.field(0).to_pylist()])
        return int(counted.field(1).to_numpy()[bad].sum())
    return 0


def decoded(value: bytes) -> str | None:
    """The text, or None where it is no UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
