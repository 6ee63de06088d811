"""How many examples there are (TFDV: dataset_constraints_util.cc)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from featureprep.validators.tfmd.findings import Finding, six_digits
from featureprep.validators.tfmd.numbers import as_int64
from featureprep.validators.tfmd.view import DatasetView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_DIGITS: Final = 12
"""Places of a share: 1.2 less 1 is 0.2."""


def update_dataset(view: DatasetView, constraints: schema_pb2.DatasetConstraints) -> list[Finding]:
    """Hold the number of examples against that of the span and of the version before, and against the stated ends."""
    findings = []
    if constraints.HasField("num_examples_drift_comparator"):
        findings += _compare(view, view.previous, constraints.num_examples_drift_comparator, "previous span")
    if constraints.HasField("num_examples_version_comparator"):
        findings += _compare(view, view.previous_version, constraints.num_examples_version_comparator, "previous version")
    return findings + _update_count(view, constraints)


def _compare(view: DatasetView, control: DatasetView | None, comparator: schema_pb2.NumericValueComparator, name: str) -> list[Finding]:
    if control is None:
        return []
    high = f"High num examples in current dataset versus the {name}"
    if control.num_examples <= 0:
        if not comparator.HasField("max_fraction_threshold"):
            return []
        comparator.ClearField("max_fraction_threshold")
        text = f"The {name} has 0 examples, so there is a high number of examples in the current dataset versus the {name}."
        return [Finding("COMPARATOR_HIGH_NUM_EXAMPLES", f"{high}, which has 0.", text)]
    ratio = view.num_examples / control.num_examples
    figure = f"{six_digits(ratio)} (up to six significant digits)"
    said = f"The ratio of num examples in the current dataset versus the {name} is {figure}, which is"
    findings = []
    if comparator.HasField("max_fraction_threshold") and ratio > comparator.max_fraction_threshold:
        text = f"{said} above the threshold {six_digits(comparator.max_fraction_threshold)}."
        findings.append(Finding("COMPARATOR_HIGH_NUM_EXAMPLES", f"{high}.", text))
        comparator.max_fraction_threshold = ratio
    if comparator.HasField("min_fraction_threshold") and ratio < comparator.min_fraction_threshold:
        text = f"{said} below the threshold {six_digits(comparator.min_fraction_threshold)}."
        short = f"Low num examples in current dataset versus the {name}."
        findings.append(Finding("COMPARATOR_LOW_NUM_EXAMPLES", short, text))
        comparator.min_fraction_threshold = ratio
    return findings


def _update_count(view: DatasetView, constraints: schema_pb2.DatasetConstraints) -> list[Finding]:
    number = view.num_examples
    has = f"The dataset has {six_digits(number)} examples, which is"
    findings = []
    if constraints.HasField("min_examples_count") and number < constraints.min_examples_count:
        constraints.min_examples_count = as_int64(number)
        findings.append(Finding("DATASET_LOW_NUM_EXAMPLES", "Low num examples in dataset.", f"{has} fewer than expected."))
    if constraints.HasField("max_examples_count") and number > constraints.max_examples_count:
        constraints.max_examples_count = as_int64(number)
        findings.append(Finding("DATASET_HIGH_NUM_EXAMPLES", "High num examples in dataset.", f"{has} more than expected."))
    return findings


def write_drift(comparator: schema_pb2.NumericValueComparator, share: float) -> None:
    """State that the number of examples differs by at most that share of the previous span's."""
    comparator.max_fraction_threshold = 1.0 + share
    if share < 1.0:
        comparator.min_fraction_threshold = round(1.0 - share, _DIGITS)


def read_drift(comparator: schema_pb2.NumericValueComparator) -> float | None:
    """The share that `write_drift` stated; None where more and fewer examples have other limits than one share gives."""
    if not comparator.HasField("max_fraction_threshold"):
        return None
    share = round(comparator.max_fraction_threshold - 1.0, _DIGITS)
    least = comparator.min_fraction_threshold if comparator.HasField("min_fraction_threshold") else None
    if least is None:
        return share if 1.0 <= share < math.inf else None
    return share if 0.0 <= share < 1.0 and round(1.0 - least, _DIGITS) == share else None
