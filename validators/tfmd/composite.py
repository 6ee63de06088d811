"""Sparse and weighted features, which several columns make together (TFDV: schema.cc, UpdateSparseFeature, UpdateWeightedFeature)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.validators.tfmd.findings import Finding, six_digits
from featureprep.validators.tfmd.numbers import as_int64
from featureprep.validators.tfmd.tree import retire
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2


def update_sparse(view: FeatureView, feature: schema_pb2.SparseFeature) -> list[Finding]:
    """Report values without indices, indices without values, and unequal numbers of both; a feature with any is retired."""
    findings = []
    for stat in view.data.custom_stats:
        counts = [(bucket.label, as_int64(bucket.sample_count)) for bucket in stat.rank_histogram.buckets if bucket.sample_count != 0]
        if stat.name == "missing_value" and stat.num != 0:
            text = f"Found {six_digits(stat.num)} examples missing value feature"
            findings.append(Finding("SPARSE_FEATURE_MISSING_VALUE", "Missing value feature", text))
        elif stat.name == "missing_index":
            for name, count in counts:
                text = f"Found {count} examples missing index feature: {name}"
                findings.append(Finding("SPARSE_FEATURE_MISSING_INDEX", "Missing index feature", text))
        elif stat.name in {"max_length_diff", "min_length_diff"}:
            for name, count in counts:
                text = f"Mismatch between index feature: {name} and value column, with {stat.name} = {count}"
                short = "Length mismatch between value and index feature"
                findings.append(Finding("SPARSE_FEATURE_LENGTH_MISMATCH", short, text))
    if findings:
        retire(feature)
    return findings


def update_weighted(view: FeatureView, feature: schema_pb2.WeightedFeature) -> list[Finding]:
    """Report values without weights, weights without values, and unequal numbers of both; a feature with any is retired."""
    findings = []
    differences = {"min_weight_length_diff": 0, "max_weight_length_diff": 0}
    for stat in view.data.custom_stats:
        if stat.num == 0:
            continue
        if stat.name == "missing_value":
            text = f"Found {six_digits(stat.num)} examples missing value feature."
            findings.append(Finding("WEIGHTED_FEATURE_MISSING_VALUE", "Missing value feature", text))
        elif stat.name == "missing_weight":
            text = f"Found {six_digits(stat.num)} examples missing weight feature."
            findings.append(Finding("WEIGHTED_FEATURE_MISSING_WEIGHT", "Missing weight feature", text))
        elif stat.name in differences:
            differences[stat.name] = as_int64(stat.num)
    if any(differences.values()):
        said = " and ".join(f"{name} = {number}" for name, number in differences.items())
        text = f"Mismatch between weight and value feature with {said}."
        findings.append(Finding("WEIGHTED_FEATURE_LENGTH_MISMATCH", "Length mismatch between value and weight feature", text))
    if findings:
        retire(feature)
    return findings
