"""Drift against the span before and skew against serving (TFDV: feature_util.cc, UpdateFeatureComparatorDirect)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from featureprep.validators.tfmd.distances import (
    Farthest,
    jensen_shannon_of_counts,
    jensen_shannon_of_histograms,
    l_infinity,
    normalized_absolute_difference,
)
from featureprep.validators.tfmd.findings import Finding, six_digits
from featureprep.validators.tfmd.protos import protos
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

COMPARATORS: Final = ("drift_comparator", "skew_comparator")
_MEASURES: Final = ("infinity_norm", "jensen_shannon_divergence", "normalized_abs_difference")
_SIDES: Final = {"drift_comparator": ("current", "previous"), "skew_comparator": ("training", "serving")}
_NAMES: Final = {
    "infinity_norm": ("L_INFTY", "COMPARATOR_L_INFTY_HIGH", "Linfty distance"),
    "jensen_shannon_divergence": (
        "JENSEN_SHANNON_DIVERGENCE",
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
        "approximate Jensen-Shannon divergence",
    ),
    "normalized_abs_difference": (
        "NORMALIZED_ABSOLUTE_DIFFERENCE",
        "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
        "normalized absolute difference",
    ),
}


class Comparison(NamedTuple):
    """What comparing gave.

    Attributes
    ----------
    findings : list of Finding
    measured : list of DriftSkewInfo.Measurement
    """

    findings: list[Finding]
    measured: list[anomalies_pb2.DriftSkewInfo.Measurement]


def update_comparator(view: FeatureView, feature: schema_pb2.Feature, kind: str) -> Comparison:
    """Measure each distance that has a threshold; one that is exceeded is raised to what was measured.

    Without a dataset to compare with nothing is checked. Where that dataset lacks the feature, and where the statistics do
    not hold what a distance is measured from, this is a finding (TFDV is silent of the latter).

    Parameters
    ----------
    kind : str
        `drift_comparator` or `skew_comparator`.
    """
    comparator = getattr(feature, kind)
    measures = [name for name in _MEASURES if getattr(comparator, name).HasField("threshold")]
    control = view.dataset.previous if kind == "drift_comparator" else view.dataset.serving
    if not measures or control is None:
        return Comparison([], [])
    treatment_name, control_name = _SIDES[kind]
    other = control.get(view.path)
    if other is None:
        for name in measures:
            getattr(comparator, name).ClearField("threshold")
        missing = Finding("COMPARATOR_CONTROL_DATA_MISSING", f"{control_name} data missing", f"{control_name} data is missing.")
        return Comparison([missing], [])
    result = Comparison([], [])
    for name in measures:
        _update_measure(name, getattr(comparator, name), view, other, f"between {treatment_name} and {control_name}", result)
    return result


def _update_measure(
    name: str, measure: schema_pb2.InfinityNorm, view: FeatureView, other: FeatureView, between: str, result: Comparison
) -> None:
    kind, reason, title = _NAMES[name]
    if not _measurable(name, measure, view, other):
        text = f"The {title} {between} cannot be measured: the statistics of both do not hold what it is measured from."
        result.findings.append(Finding("STATS_NOT_AVAILABLE", f"The {title} was not measured.", text))
        return
    found = _measured(name, measure, view, other)
    if found is None:
        return
    threshold = measure.threshold
    types = protos().anomalies.DriftSkewInfo
    result.measured.append(types.Measurement(type=types.Measurement.Type.Value(kind), value=found.distance, threshold=threshold))
    if found.distance <= threshold:
        return
    above = f"is {six_digits(found.distance)} (up to six significant digits), above the threshold {six_digits(threshold)}."
    where = "" if name == "jensen_shannon_divergence" else f" The feature value with maximum difference is: {found.value}"
    result.findings.append(Finding(reason, f"High {title} {between}", f"The {title} {between} {above}{where}"))
    measure.threshold = found.distance


def _measured(name: str, measure: schema_pb2.InfinityNorm, view: FeatureView, other: FeatureView) -> Farthest | None:
    """The distance, None where one side has no values to measure it from."""
    if name == "infinity_norm":
        return l_infinity(view.strings, other.strings)
    if name == "normalized_abs_difference":
        return normalized_absolute_difference(view.strings, other.strings)
    if view.strings and other.strings:
        found = jensen_shannon_of_counts(view.strings, other.strings)
    else:
        a, b = (side.histogram(_source(measure)) for side in (view, other))
        found = None if a is None or b is None else jensen_shannon_of_histograms(a, b)
    return None if found is None else Farthest("", found)


def _measurable(name: str, measure: schema_pb2.JensenShannonDivergence, view: FeatureView, other: FeatureView) -> bool:
    """Whether the statistics are of a kind that the distance is of: counts of strings, and for Jensen-Shannon histograms too."""
    if view.data.HasField("string_stats") and other.data.HasField("string_stats"):
        return True
    if name != "jensen_shannon_divergence":
        return False
    return all(side.histogram(_source(measure)) is not None for side in (view, other))


def _source(measure: schema_pb2.JensenShannonDivergence) -> str:
    quantiles = protos().schema.HistogramSelection.QUANTILES
    return "QUANTILES" if measure.source.type == quantiles else "STANDARD"
