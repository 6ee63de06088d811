"""Domains of whole numbers, stored as such or as text (TFDV: int_domain_util.cc)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.validators.tfmd.findings import Finding
from featureprep.validators.tfmd.numbers import as_int64, int64, is_int64
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_INVALID, _OUT_OF_RANGE = "Invalid values", "Out-of-range values"


def is_int_domain(view: FeatureView) -> bool:
    """Whether it is text that all is whole numbers of 64 bits."""
    return view.type == "STRING" and not view.has_invalid_utf8 and isinstance(_interval(view), tuple)


def update_int_domain(view: FeatureView, domain: schema_pb2.IntDomain) -> tuple[list[Finding], bool]:
    """Hold the least and greatest value against the stated ends; what is exceeded is widened.

    Returns
    -------
    tuple
        What is found, and whether the domain must go.
    """
    found = _interval(view)
    if found is None:
        return [], False
    if isinstance(found, str):
        return _not_ints(view, domain, found)
    findings = []
    low, high = found
    if domain.HasField("min") and low < domain.min:
        findings.append(Finding("INT_TYPE_SMALL_INT", _OUT_OF_RANGE, f"Unexpectedly small value: {low}."))
        domain.min = low
    if domain.HasField("max") and high > domain.max:
        findings.append(Finding("INT_TYPE_BIG_INT", _OUT_OF_RANGE, f"Unexpectedly large value: {high}."))
        domain.max = high
    return findings, False


def _not_ints(view: FeatureView, domain: schema_pb2.IntDomain, example: str) -> tuple[list[Finding], bool]:
    if view.feature_type == "BYTES":
        text = f'String values that were not ints were found, such as "{example}".'
        return [Finding("INT_TYPE_NOT_INT_STRING", _INVALID, text)], True
    if domain.HasField("min") or domain.HasField("max"):
        text = f'Integer had values that were not valid Int64, such as "{example}".'
        return [Finding("DOMAIN_INVALID_FOR_TYPE", _INVALID, text)], True
    return [], False


def _interval(view: FeatureView) -> tuple[int, int] | str | None:
    """Least and greatest value, or an example of what is no whole number of 64 bits; None where there are no such values."""
    if view.type in {"STRUCT", "FLOAT"}:
        return None
    if view.type == "INT" and not view.strings:
        low, high = view.data.num_stats.min, view.data.num_stats.max
        for end in (low, high):
            if not is_int64(end):
                return f"{end:f}"
        return as_int64(low), as_int64(high)
    values = []
    for text in view.strings:
        value = int64(text)
        if value is None:
            return text
        values.append(value)
    return (min(values), max(values)) if values else None
