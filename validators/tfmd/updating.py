"""One feature held against its statements, each rule in turn (TFDV: schema.cc, UpdateFeature)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from featureprep.validators.tfmd.bool_domain import update_bool_domain
from featureprep.validators.tfmd.comparators import COMPARATORS, update_comparator
from featureprep.validators.tfmd.composite import update_sparse, update_weighted
from featureprep.validators.tfmd.findings import Finding
from featureprep.validators.tfmd.float_domain import update_float_domain
from featureprep.validators.tfmd.image import update_image_domain
from featureprep.validators.tfmd.inferring import add_feature
from featureprep.validators.tfmd.int_domain import update_int_domain
from featureprep.validators.tfmd.language import update_language_domain
from featureprep.validators.tfmd.paths import Path, shown
from featureprep.validators.tfmd.presence import update_presence
from featureprep.validators.tfmd.protos import Statistics, checked_schema, checked_size, protos, whole_dataset
from featureprep.validators.tfmd.semantic import take_proposed_domain
from featureprep.validators.tfmd.shape import update_shape, update_value_counts
from featureprep.validators.tfmd.specification import domain_of, update_specification
from featureprep.validators.tfmd.string_domain import update_string_domain
from featureprep.validators.tfmd.tree import SchemaTree, drop_domain, feature_type, is_retired, retire
from featureprep.validators.tfmd.unique import update_unique
from featureprep.validators.tfmd.view import DatasetView, FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

_NEW = Finding("SCHEMA_NEW_COLUMN", "New column", "New column (column in data but not in schema)")
_BYTES_DOMAINS = frozenset({None, "natural_language_domain", "image_domain", "url_domain"})


@dataclass
class Updated:
    """What holding one feature against its statements gave.

    Attributes
    ----------
    findings : list of Finding
    measured : dict
        Comparator (`drift_comparator`, `skew_comparator`) to its `DriftSkewInfo.Measurement`s.
    """

    findings: list[Finding] = field(default_factory=list)
    measured: dict[str, list[anomalies_pb2.DriftSkewInfo.Measurement]] = field(default_factory=dict)


def update_feature(view: FeatureView, tree: SchemaTree, max_string_domain_size: int) -> Updated:
    """Hold the feature against what the schema states of it, and change that to what holds; a new feature is added."""
    feature, sparse, weighted = tree.feature(view.path), tree.sparse(view.path), tree.weighted(view.path)
    if weighted is not None:
        others = [other for other in (feature, sparse) if other is not None]
        if others and not is_retired(weighted):
            return _collision("Weighted", weighted, *others)
        return Updated(update_weighted(view, weighted))
    if sparse is not None and not is_retired(sparse):
        if feature is not None and not is_retired(feature):
            return _collision("Sparse", sparse, feature)
        return Updated(update_sparse(view, sparse))
    if feature is not None:
        return _update(view, feature, tree)
    add_feature(view, tree, max_string_domain_size=max_string_domain_size, infer_feature_shape=False)
    return Updated([_NEW])


def update_deep(view: FeatureView, tree: SchemaTree, max_string_domain_size: int, only: frozenset[Path] | None = None) -> list[Finding]:
    """The same of the feature and its descendants, those of a retired one aside.

    Parameters
    ----------
    only : frozenset of Path, optional
        The features that are looked at; all by default.
    """
    if only is not None and view.path not in only:
        return []
    findings = update_feature(view, tree, max_string_domain_size).findings
    if not tree.is_retired(view.path):
        for child in view.children:
            findings = findings + update_deep(child, tree, max_string_domain_size, only)
    return findings


def _collision(kind: str, *features: schema_pb2.Feature) -> Updated:
    for feature in features:
        retire(feature)
    return Updated([Finding(f"{kind.upper()}_FEATURE_NAME_COLLISION", f"{kind} feature name collision", f"{kind} feature name collision.")])


def _update(view: FeatureView, feature: schema_pb2.Feature, tree: SchemaTree) -> Updated:
    result = Updated(update_specification(feature, tree))
    if is_retired(feature):
        return result
    if view.num_present == 0:
        if tree.is_required(feature, view.dataset.environment):
            text = "The feature was not present in any examples."
            result.findings.append(Finding("FEATURE_TYPE_NOT_PRESENT", "Column dropped", text))
            retire(feature)
        return result
    result.findings += _update_environment(view, feature, tree)
    result.findings += update_value_counts(view, feature)
    result.findings += update_shape(view, feature)
    if feature.HasField("presence"):
        result.findings += update_presence(view, feature.presence)
    result.findings += _update_type(view, feature)
    result.findings += _update_domain(view, feature, tree)
    if feature.HasField("unique_constraints"):
        result.findings += update_unique(view, feature)
    for kind in COMPARATORS:
        if feature.HasField(kind):
            comparison = update_comparator(view, feature, kind)
            result.findings += comparison.findings
            result.measured[kind] = comparison.measured
    result.findings += _update_derived(view, feature)
    return result


def _update_environment(view: FeatureView, feature: schema_pb2.Feature, tree: SchemaTree) -> list[Finding]:
    environment = view.dataset.environment
    if environment is None or tree.in_environment(feature, environment):
        return []
    kept = [name for name in feature.not_in_environment if name != environment]
    feature.not_in_environment[:] = kept
    if not tree.in_environment(feature, environment):
        feature.in_environment.append(environment)
    text = f"New column {shown(view.path)} found in data but not in the environment {environment} in the schema."
    return [Finding("SCHEMA_NEW_COLUMN", "Column missing in environment", text)]


def _update_type(view: FeatureView, feature: schema_pb2.Feature) -> list[Finding]:
    findings = []
    if view.feature_type != feature_type(feature):
        retire(feature)
        text = f"Expected data of type: {feature_type(feature)} but got {view.type}"
        findings.append(Finding("UNEXPECTED_DATA_TYPE", "Unexpected data type", text))
    name = domain_of(feature)
    if view.type == "BYTES" and name not in _BYTES_DOMAINS:
        drop_domain(feature)
        text = f"Data is marked as BYTES with incompatible domain_info: {feature}"
        findings.append(Finding("DOMAIN_INVALID_FOR_TYPE", "Invalid domain type", text))
    return findings


def _update_domain(view: FeatureView, feature: schema_pb2.Feature, tree: SchemaTree) -> list[Finding]:
    name = domain_of(feature)
    if name is None:
        if not take_proposed_domain(view, feature):
            return []
        text = f"Updated semantic domain for feature: {feature.name}"
        return [Finding("SEMANTIC_DOMAIN_UPDATE", "Updated semantic domain", text)]
    if name == "bool_domain":
        return update_bool_domain(view, feature)
    if name == "image_domain":
        return update_image_domain(view, feature.image_domain)
    if name == "natural_language_domain":
        return update_language_domain(view, feature)
    stated = tree.shared_domain(feature) if name == "domain" else getattr(feature, name)
    kind = None if stated is None else stated.DESCRIPTOR.name
    if kind == "IntDomain":
        findings, gone = update_int_domain(view, stated)
    elif kind == "FloatDomain":
        findings, gone = update_float_domain(view, stated)
    elif kind == "StringDomain":
        findings, gone = update_string_domain(view, stated, _max_off_domain(feature))
        if gone and name == "domain":
            tree.drop_string_domain(feature.domain)
    else:
        return []
    if gone:
        drop_domain(feature)
    return findings


def _max_off_domain(feature: schema_pb2.Feature) -> float:
    constraints = feature.distribution_constraints
    return 1.0 - constraints.min_domain_mass if constraints.HasField("min_domain_mass") else 0.0


def _update_derived(view: FeatureView, feature: schema_pb2.Feature) -> list[Finding]:
    findings = []
    stages = protos().schema
    if view.data.HasField("validation_derived_source") and not feature.HasField("validation_derived_source"):
        feature.lifecycle_stage = stages.VALIDATION_DERIVED
        feature.validation_derived_source.CopyFrom(view.data.validation_derived_source)
        text = "Derived source not set in schema."
        findings.append(Finding("DERIVED_FEATURE_INVALID_SOURCE", text, text))
    if feature.HasField("validation_derived_source") and feature.lifecycle_stage not in {stages.VALIDATION_DERIVED, stages.DISABLED}:
        feature.lifecycle_stage = stages.VALIDATION_DERIVED
        text = "Derived feature has wrong lifecycle."
        findings.append(Finding("DERIVED_FEATURE_BAD_LIFECYCLE", text, text))
    return findings


def update(statistics: Statistics, schema: schema_pb2.Schema, *, max_string_domain_size: int = 100) -> schema_pb2.Schema:
    """A copy of the schema, changed as little as makes the statistics conform to it, by TFDV's rules.

    What is exceeded is widened, new features are added, and what is required and missing is deprecated.

    Parameters
    ----------
    statistics : DatasetFeatureStatistics or DatasetFeatureStatisticsList
        Of all rows; of a list, the only ones or those named `All Examples`.
    schema : Schema
    max_string_domain_size : int
        Of a new string feature with more distinct values no domain is stated.

    Raises
    ------
    ArgumentError
        Another message, NaN as a limit, a size that is no whole number from 0.
    RequestError
        Statistics that name a feature twice, or of an unknown type.
    """
    data = whole_dataset(statistics, "tfmd.update")
    checked_size(max_string_domain_size, "tfmd.update")
    changed = protos().schema.Schema()
    changed.CopyFrom(checked_schema(schema, "tfmd.update"))
    tree, view = SchemaTree(changed), DatasetView(data)
    for root in view.roots:
        update_deep(root, tree, max_string_domain_size)
    for path in tree.required(None):
        feature = tree.feature(path)
        if view.get(path) is None and feature is not None:
            retire(feature)
    return changed
