"""Domains of numbers, stored as such or as text (TFDV: float_domain_util.cc)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from featureprep.validators.tfmd.findings import Finding, six_digits
from featureprep.validators.tfmd.numbers import as_float32, float32
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_INVALID, _OUT_OF_RANGE = "Invalid values", "Out-of-range values"


def update_float_domain(view: FeatureView, domain: schema_pb2.FloatDomain) -> tuple[list[Finding], bool]:
    """Hold the values against the stated ends, and NaN and infinities against their bans; what is exceeded is widened.

    Returns
    -------
    tuple
        What is found, and whether the domain must go.
    """
    findings = []
    if domain.disallow_nan and _has_nan(view):
        findings.append(Finding("FLOAT_TYPE_HAS_NAN", _INVALID, "Float feature has NaN values."))
        domain.disallow_nan = False
    found = _interval(view)
    if found is None:
        return findings, False
    if isinstance(found, str):
        text = f'String values that were not floats were found, such as "{found}".'
        return [*findings, Finding("FLOAT_TYPE_STRING_NOT_FLOAT", _INVALID, text)], True
    low, high = found
    if domain.HasField("min") and low < domain.min:
        text = f"Unexpectedly low values: {six_digits(low)}<{six_digits(domain.min)}(upto six significant digits)"
        findings.append(Finding("FLOAT_TYPE_SMALL_FLOAT", _OUT_OF_RANGE, text))
        domain.min = low
    if domain.HasField("max") and high > domain.max:
        text = f"Unexpectedly high value: {six_digits(high)}>{six_digits(domain.max)}(upto six significant digits)"
        findings.append(Finding("FLOAT_TYPE_BIG_FLOAT", _OUT_OF_RANGE, text))
        domain.max = high
    if domain.disallow_inf and (math.isinf(low) or math.isinf(high)):
        findings.append(Finding("FLOAT_TYPE_HAS_INF", _INVALID, "Float feature has Inf values."))
        domain.disallow_inf = False
    return findings, False


def _has_nan(view: FeatureView) -> bool:
    if view.type == "FLOAT":
        return any(histogram.num_nan > 0 for histogram in view.data.num_stats.histograms)
    values = (float32(text) for text in view.strings) if view.type == "STRING" else ()
    return any(value is not None and math.isnan(value) for value in values)


def _interval(view: FeatureView) -> tuple[float, float] | str | None:
    """Least and greatest value in 32 bits, or an example of what is no number; None where there are no such values."""
    if view.type == "FLOAT":
        return as_float32(view.data.num_stats.min), as_float32(view.data.num_stats.max)
    if view.type not in {"BYTES", "STRING"}:
        return None
    values = []
    for text in view.strings:
        value = float32(text)
        if value is None:
            return text
        values.append(value)
    ordered = [value for value in values if not math.isnan(value)]
    return (min(ordered), max(ordered)) if ordered else None
