"""How many examples have a feature (TFDV: feature_util.cc, UpdatePresence)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.validators.tfmd.findings import Finding, six_digits
from featureprep.validators.tfmd.numbers import as_int64
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_DROPPED = "Column dropped"
_FEWER = "The feature was present in fewer examples than expected"
_NEARLY_ALL = 0.9999
"""What is left of a fraction of 1 where so few are missing that the quotient does not show it."""


def init_presence(view: FeatureView, feature: schema_pb2.Feature) -> None:
    """State what the statistics show: present at all, and present everywhere."""
    feature.presence.min_count = 1 if view.num_present >= 1 else 0
    if view.num_present > 0 and view.num_missing == 0:
        feature.presence.min_fraction = 1.0


def update_presence(view: FeatureView, presence: schema_pb2.FeaturePresence) -> list[Finding]:
    """Hold count and fraction against the least that are stated; what is missed is lowered to what is there."""
    findings = []
    if presence.HasField("min_count") and view.num_present < presence.min_count:
        stated, presence.min_count = presence.min_count, as_int64(view.num_present)
        text = f"{_FEWER}: minimum count = {stated}, actual = {presence.min_count}"
        findings.append(Finding("FEATURE_TYPE_LOW_NUMBER_PRESENT", _DROPPED, text))
    fraction = view.fraction_present
    if not presence.HasField("min_fraction") or fraction is None:
        return findings
    if fraction < presence.min_fraction:
        stated, presence.min_fraction = presence.min_fraction, fraction
        text = f"{_FEWER}: minimum fraction = {stated:f}, actual = {presence.min_fraction:f}"
        findings.append(Finding("FEATURE_TYPE_LOW_FRACTION_PRESENT", _DROPPED, text))
    if presence.min_fraction == 1.0 and view.num_missing != 0:
        presence.min_fraction = _NEARLY_ALL
        text = f"The feature was expected everywhere, but was missing in {six_digits(view.num_missing)} examples."
        findings.append(Finding("FEATURE_TYPE_LOW_FRACTION_PRESENT", _DROPPED, text))
    return findings
