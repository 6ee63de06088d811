"""What is wrong with the statements about a feature themselves, whatever the data (TFDV: schema.cc, UpdateFeatureSelf)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from featureprep.validators.tfmd.bool_domain import drop_equal
from featureprep.validators.tfmd.findings import Finding
from featureprep.validators.tfmd.protos import protos
from featureprep.validators.tfmd.string_domain import drop_repeats
from featureprep.validators.tfmd.tree import SchemaTree, drop_domain, feature_type, is_retired, retire

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_TYPES: Final = {
    "domain": {"BYTES"},
    "bool_domain": {"INT", "BYTES", "FLOAT"},
    "int_domain": {"INT", "BYTES"},
    "float_domain": {"FLOAT", "BYTES"},
    "string_domain": {"BYTES"},
    "struct_domain": {"STRUCT"},
    "natural_language_domain": {"BYTES", "INT"},
    "image_domain": {"BYTES"},
    "mid_domain": {"BYTES"},
    "url_domain": {"BYTES"},
    "time_domain": {"INT", "BYTES"},
    "time_of_day_domain": {"INT", "BYTES"},
}
"""The types of which a feature of each domain may be; other domains are not known."""
_UNDISTRIBUTED: Final = {"bool_domain": "bool", "int_domain": "int", "float_domain": "float", "struct_domain": "struct"}
_INVALID_SCHEMA: Final = "INVALID_SCHEMA_SPECIFICATION"


def update_specification(feature: schema_pb2.Feature, tree: SchemaTree) -> list[Finding]:
    """Mend the statements so that they can be checked; a feature that cannot be mended is retired."""
    if is_retired(feature):
        return []
    if not feature.HasField("name"):
        retire(feature)
        text = "unspecified name (maybe meant to be the empty string): find name rather than deprecating."
        return [Finding("FEATURE_MISSING_NAME", text)]
    if not feature.HasField("type") and not (feature.HasField("domain") or feature.HasField("string_domain")):
        retire(feature)
        text = "unspecified type: determine the type and set it, rather than deprecating."
        return [Finding("FEATURE_MISSING_TYPE", text)]
    findings = []
    if not feature.HasField("type"):
        feature.type = protos().schema.BYTES
        text = "unspecified type: inferring the type to be BYTES, given the domain specified."
        findings.append(Finding("FEATURE_MISSING_TYPE", text))
    findings += _presence(feature) + _value_counts(feature) + _shape(feature)
    return findings + _domain(feature, tree)


def domain_of(feature: schema_pb2.Feature) -> str | None:
    """The name of the field in which the domain of the feature is stated."""
    name = feature.WhichOneof("domain_info")
    return None if name is None else str(name)


def _presence(feature: schema_pb2.Feature) -> list[Finding]:
    if feature.presence.min_fraction < 0:
        feature.presence.ClearField("min_fraction")
        return [Finding(_INVALID_SCHEMA, "min_fraction should not be negative: clear is equal to zero")]
    if feature.presence.min_fraction > 1:
        feature.presence.min_fraction = 1.0
        return [Finding(_INVALID_SCHEMA, "min_fraction should not greater than 1")]
    return []


def _value_counts(feature: schema_pb2.Feature) -> list[Finding]:
    findings = []
    if feature.value_count.min < 0:
        feature.value_count.ClearField("min")
        findings.append(Finding(_INVALID_SCHEMA, "ValueCount.min should not be negative"))
    if feature.value_count.HasField("max") and feature.value_count.max < feature.value_count.min:
        feature.value_count.max = feature.value_count.min
        findings.append(Finding(_INVALID_SCHEMA, "ValueCount.max should not be less than min"))
    for level, count in enumerate(feature.value_counts.value_count):
        if count.min < 0:
            count.ClearField("min")
            text = f"ValueCounts.min at level {level} should not be negative."
            findings.append(Finding(_INVALID_SCHEMA, "ValueCounts.min should not be negative", text))
        if count.HasField("max") and count.max < count.min:
            count.max = count.min
            text = f"ValueCounts.max at level {level} should not be less than min."
            findings.append(Finding(_INVALID_SCHEMA, "ValueCounts.max should not be less than min", text))
    return findings


def _shape(feature: schema_pb2.Feature) -> list[Finding]:
    if all(dim.size > 0 for dim in feature.shape.dim):
        return []
    feature.ClearField("shape")
    return [Finding(_INVALID_SCHEMA, "Shape.dim.size must be a positive integer")]


def _domain(feature: schema_pb2.Feature, tree: SchemaTree) -> list[Finding]:
    name = domain_of(feature)
    findings = []
    if name is not None and name not in _TYPES:
        drop_domain(feature)
        return [Finding("INVALID_DOMAIN_SPECIFICATION", "internal issue: unknown domain_info type")]
    is_shared = name == "domain" and tree.shared_domain(feature) is not None
    if name is not None and feature_type(feature) not in _TYPES[name] and not is_shared:
        text = f'The domain "{name}" does not match the type: {feature_type(feature)}'
        findings.append(Finding("DOMAIN_INVALID_FOR_TYPE", "The domain does not match the type", text))
        feature.ClearField(name)
        name = None
    if name == "domain" and not is_shared:
        findings.append(Finding("INVALID_DOMAIN_SPECIFICATION", f"missing domain: {feature.domain}"))
        drop_domain(feature)
    elif name == "string_domain":
        drop_repeats(feature.string_domain)
    elif name != "domain" and feature.HasField("distribution_constraints"):
        feature.ClearField("distribution_constraints")
        kind = f"not supported for {_UNDISTRIBUTED.get(name, 'semantic')} domains." if name else "require domain or string domain."
        findings.append(Finding(_INVALID_SCHEMA, f"distribution constraints {kind}"))
    if name == "bool_domain":
        drop_equal(feature.bool_domain)
    return findings
