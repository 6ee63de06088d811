"""How many values an example has, at each level of nesting (TFDV: feature_util.cc, UpdateFeatureValueCounts, UpdateFeatureShape)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from featureprep.validators.tfmd.findings import Finding
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_NEST = "Mismatched value nest level"
_FEW, _FEW_TEXT = "Missing values", "Some examples have fewer values than expected"
_MANY, _MANY_TEXT = "Superfluous values", "Some examples have more values than expected"


def init_shape(view: FeatureView, feature: schema_pb2.Feature, *, fixed: bool) -> None:
    """State the shape where `fixed` is asked for and every example has the same, otherwise the number of values."""
    if fixed and (dims := _fixed_shape(view)) is not None:
        for size in dims:
            feature.shape.dim.add().size = size
    else:
        init_value_count(view, feature)


def init_value_count(view: FeatureView, feature: schema_pb2.Feature) -> None:
    """State the number of values: both ends where all examples have as many, at least 1 where none has less."""
    if view.is_nested:
        for low, high in view.lengths:
            _set_count(feature.value_counts.value_count.add(), low, high)
    elif view.lengths[0][0] > 0:
        _set_count(feature.value_count, *view.lengths[0])


def update_value_counts(view: FeatureView, feature: schema_pb2.Feature) -> list[Finding]:
    """Hold the number of values against what is stated; of values nested otherwise, the statement is replaced."""
    lengths = view.lengths
    if feature.HasField("value_count"):
        if len(lengths) == 1:
            return _update_count(feature.value_count, *lengths[0], "")
        text = (
            "This feature has a value_count, but the nestedness level of the feature > 1. For features with nestedness levels greater "
            "than 1, value_counts, not value_count, should be specified."
        )
        feature.ClearField("value_count")
    elif feature.HasField("value_counts"):
        counts = feature.value_counts.value_count
        if len(counts) == len(lengths):
            levels = enumerate(zip(counts, lengths, strict=True))
            return [found for i, (count, ends) in levels for found in _update_count(count, *ends, f" at nestedness level {i}")]
        text = "The values have a different nest level than expected. Value counts will not be checked."
        feature.ClearField("value_counts")
    else:
        return []
    init_value_count(view, feature)
    return [Finding("VALUE_NESTEDNESS_MISMATCH", _NEST, text)]


def update_shape(view: FeatureView, feature: schema_pb2.Feature) -> list[Finding]:
    """Hold the number of values against a fixed shape; a shape that does not hold is dropped."""
    if not feature.HasField("shape"):
        return []
    stated = math.prod(dim.size for dim in feature.shape.dim)
    varies = any(low != high or low == 0 for low, high in view.lengths) or any(view.missing_by_level)
    found = math.prod(low for low, _ in view.lengths)
    if varies:
        text = (
            "The feature has a shape, but it's not always present (if the feature is nested, then it should always be present at each "
            "nested level) or its value lengths vary."
        )
    elif found != stated:
        text = f"The feature has fixed value length {found} but it's not compatible with the specified shape."
    else:
        return []
    feature.ClearField("shape")
    return [Finding("INVALID_FEATURE_SHAPE", "Feature shape dropped", text)]


def _fixed_shape(view: FeatureView) -> list[int] | None:
    if view.type == "STRUCT" or any(view.missing_by_level):
        return None
    lengths = view.lengths
    return [low for low, _ in lengths] if all(low == high > 0 for low, high in lengths) else None


def _set_count(count: schema_pb2.ValueCount, low: int, high: int) -> None:
    if low > 0:
        count.min = low if low == high else 1
        if low == high:
            count.max = high


def _update_count(count: schema_pb2.ValueCount, low: int, high: int, where: str) -> list[Finding]:
    findings = []
    if count.HasField("min") and low < count.min:
        findings.append(Finding("FEATURE_TYPE_LOW_NUMBER_VALUES", _FEW, f"{_FEW_TEXT}{where}."))
        if low == 0:
            count.ClearField("min")
        else:
            count.min = low
    if count.HasField("max") and high > count.max:
        findings.append(Finding("FEATURE_TYPE_HIGH_NUMBER_VALUES", _MANY, f"{_MANY_TEXT}{where}."))
        count.max = high
    return findings
