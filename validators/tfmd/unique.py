"""How many distinct values a feature has (TFDV: feature_util.cc, UpdateUniqueConstraints)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.validators.tfmd.findings import Finding
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2


def update_unique(view: FeatureView, feature: schema_pb2.Feature) -> list[Finding]:
    """Hold the number of distinct values against the stated ends; an end that is not stated is none (TFDV takes it as 0)."""
    number, limits = view.unique, feature.unique_constraints
    if number is None:
        text = (
            "UniqueConstraints specified for the feature, but unique values were not counted (i.e., feature is not string or categorical)."
        )
        feature.ClearField("unique_constraints")
        return [Finding("FEATURE_TYPE_NO_UNIQUE", "No unique values", text)]
    findings = []
    if limits.HasField("min") and number < limits.min:
        text = f"Expected at least {limits.min} unique values but found only {number}."
        findings.append(Finding("FEATURE_TYPE_LOW_UNIQUE", "Low number of unique values", text))
        limits.min = number
    if limits.HasField("max") and number > limits.max:
        text = f"Expected no more than {limits.max} unique values but found {number}."
        findings.append(Finding("FEATURE_TYPE_HIGH_UNIQUE", "High number of unique values", text))
        limits.max = number
    return findings
