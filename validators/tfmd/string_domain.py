"""Domains of values listed (TFDV: string_domain_util.cc)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from featureprep.validators.tfmd.findings import Finding, escaped
from featureprep.validators.tfmd.numbers import as_int64
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2


def is_string_domain(view: FeatureView, most: int) -> bool:
    """Whether its values may be listed: valid UTF-8, at least one and at most this many."""
    return not view.has_invalid_utf8 and 0 < len(view.strings) <= most


def update_string_domain(view: FeatureView, domain: schema_pb2.StringDomain, max_off_domain: float) -> tuple[list[Finding], bool]:
    """Hold the values against those listed; what is missing is added.

    Parameters
    ----------
    max_off_domain : float
        The share of all values that may be missing from the domain.

    Returns
    -------
    tuple
        What is found, and whether the domain must go.
    """
    if view.has_invalid_utf8:
        return [Finding("ENUM_TYPE_INVALID_UTF8", "Invalid UTF8 strings", "Found strings that were not valid UTF8 strings.")], True
    listed = set(domain.value)
    missing = {value: count for value, count in view.strings.items() if value not in listed}
    if not missing:
        return [], False
    total = view.total_values
    off = sum(missing.values())
    if max_off_domain > 0 and (off == 0 or (total > 0 and off / total <= max_off_domain)):
        return [], False
    shares = ", ".join(f"{escaped(value)} ({_percent(count, total)})" for value, count in missing.items())
    domain.value.extend(missing)
    text = f"Examples contain values missing from the schema: {shares}. "
    return [Finding("ENUM_TYPE_UNEXPECTED_STRING_VALUES", "Unexpected string values", text)], False


def drop_repeats(domain: schema_pb2.StringDomain) -> None:
    """Leave each value once (TFDV: UpdateStringDomainSelf, which reports it to nobody)."""
    values = list(dict.fromkeys(domain.value))
    if len(values) < len(domain.value):
        domain.value[:] = values


def _percent(count: float, total: float) -> str:
    percent = 100 * as_int64(count) / total if total else math.nan
    if not math.isfinite(percent):
        return "?"
    return "<1%" if percent < 1 else f"~{math.floor(percent)}%"
