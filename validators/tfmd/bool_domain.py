"""Domains of two values (TFDV: bool_domain_util.cc)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from featureprep.validators.tfmd.findings import Finding, six_digits
from featureprep.validators.tfmd.numbers import as_int64, is_int64
from featureprep.validators.tfmd.protos import protos
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_TRUE: Final = frozenset({"TRUE", "true", "SET", "set", "1", ""})
_FALSE: Final = frozenset({"FALSE", "false", "CLEAR", "clear", "0"})
_SHORT: Final = "Non-boolean values"


def is_bool_domain(view: FeatureView) -> bool:
    """Whether it is whole numbers of which the greatest is 1 and none is negative, or at most one word for each of true and false."""
    if view.type == "INT":
        return bool(view.data.num_stats.min >= 0 and view.data.num_stats.max == 1)
    if view.type != "STRING" or not 1 <= len(view.strings) <= 2:
        return False
    words = set(view.strings)
    return words <= _TRUE | _FALSE and len(words & _TRUE) <= 1 and len(words & _FALSE) <= 1


def init_bool_domain(view: FeatureView, domain: schema_pb2.BoolDomain) -> None:
    """State the words that were seen; of numbers there is nothing to state."""
    domain.SetInParent()
    for word in view.strings:
        if word in _TRUE:
            domain.true_value = word
        else:
            domain.false_value = word


def drop_equal(domain: schema_pb2.BoolDomain) -> None:
    """Leave one of two equal words (TFDV: UpdateBoolDomainSelf, which reports it to nobody)."""
    if domain.HasField("true_value") and domain.HasField("false_value") and domain.true_value == domain.false_value:
        domain.ClearField("false_value")


def update_bool_domain(view: FeatureView, feature: schema_pb2.Feature) -> list[Finding]:
    """Hold the values against the two; a domain that does not hold becomes one of numbers, or goes where they are words."""
    if view.type == "INT":
        return _update_ints(view, feature)
    if view.type == "FLOAT":
        example = _not_bool(view)
        if example is None:
            return []
        stats = view.data.num_stats
        feature.float_domain.SetInParent()
        if stats.min <= stats.max:
            feature.float_domain.min, feature.float_domain.max = stats.min, stats.max
        return [Finding("BOOL_TYPE_UNEXPECTED_FLOAT", _SHORT, f"{example}: converting to float_domain.")]
    if view.type != "STRING":
        return []
    domain = feature.bool_domain
    words = sorted({getattr(domain, field) for field in ("true_value", "false_value") if domain.HasField(field)})
    other = next((word for word in view.strings if word not in words), None)
    if other is None:
        return []
    stated = '{"' + '", "'.join(words) + '"}' if words else "{}"
    feature.ClearField("bool_domain")
    return [Finding("BOOL_TYPE_UNEXPECTED_STRING", _SHORT, f'Saw unexpected value "{other}" instead of {stated}.')]


def _update_ints(view: FeatureView, feature: schema_pb2.Feature) -> list[Finding]:
    low, high = view.data.num_stats.min, view.data.num_stats.max
    if low >= 0 and high <= 1:
        return []
    reason, example = ("BOOL_TYPE_SMALL_INT", low) if low < 0 else ("BOOL_TYPE_BIG_INT", high)
    feature.int_domain.SetInParent()
    if is_int64(low) and is_int64(high):
        feature.int_domain.min, feature.int_domain.max = as_int64(low), as_int64(high)
    text = f"Integers (such as {six_digits(example)}) not in {{0, 1}}: converting to an integer."
    return [Finding(reason, _SHORT, text)]


def _not_bool(view: FeatureView) -> str | None:
    """What shows that floats are not all 0 or 1, in words; values between two bounds of a histogram may stay unseen."""
    stats = view.data.num_stats
    for end in (stats.min, stats.max):
        if end not in (0.0, 1.0):
            return f"Floats (such as {six_digits(end)}) not in {{0, 1}}"
    quantiles = protos().statistics.Histogram.QUANTILES
    for histogram in stats.histograms:
        if histogram.num_nan > 0:
            return "Floats (such as NaN) not in {0, 1}"
        for bucket in histogram.buckets:
            if bucket.sample_count <= 0:
                continue
            if bucket.high_value < 0:
                return "Float values < 0 not in {0, 1}"
            if bucket.low_value > 1:
                return "Float values > 1 not in {0, 1}"
            if histogram.type == quantiles and bucket.low_value > 0 and bucket.high_value < 1:
                return "Float values falling between 0 and 1"
    return None
