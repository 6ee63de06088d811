"""What a TFMD feature states, as the column of a contract."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import FeatureprepError
from featureprep.types import format_type, parse_type
from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Column
from featureprep.validators.drift.keeping import has_shape
from featureprep.validators.tfmd.contract_marks import MEASURES, PLAIN, kind_of, opened, read_marks
from featureprep.validators.tfmd.tree import SchemaTree, feature_type

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_READ: Final = frozenset(
    {"name", "type", "presence", "shape", "value_count", "value_counts", "domain", "int_domain", "float_domain", "string_domain"}
    | {"bool_domain", "struct_domain", "distribution_constraints", "annotation", "drift_comparator", "in_environment"}
    | {"not_in_environment", "lifecycle_stage", "deprecated"}
)
_OF_FIELDS: Final = frozenset({"name", "type", "shape", "value_count", "value_counts", "struct_domain", "annotation"})
"""What is read of the fields of a struct; of a bool among them the domain."""


def read_column(feature: schema_pb2.Feature, tree: SchemaTree, environments: tuple[str, ...]) -> Column | None:
    """The column; None of a feature without a type. What a contract has no words for is listed in the column's comment.

    Parameters
    ----------
    environments : tuple of str
        The schema's default environments; a feature may be left out of these alone.
    """
    tags, note, lost = read_marks(feature.annotation)
    dtype = _type(feature, lost)
    if dtype is None:
        return None
    lost += [field.name for field, _ in feature.ListFields() if field.name not in _READ]
    rules = [Rule("type", feature.name, params={"type": format_type(dtype)})]
    rules += _presence(feature, lost)
    rules += _valency(feature, dtype, lost)
    rules += _domain(feature, tree, opened(dtype)[0], lost)
    rules += _drift(feature, has_drift=has_shape(dtype) and tags.get("sensitive") != "true", lost=lost)
    expected = tuple(name for name in environments if tree.in_environment(feature, name))
    for field in ("in_environment", "not_in_environment"):
        lost += [f"{field} {name}" for name in getattr(feature, field) if name not in environments]
    return Column(
        feature.name,
        tuple(rules),
        environments=None if expected == environments else expected,
        sensitive=tags.get("sensitive") == "true",
        owner=tags.get("owner", ""),
        note=note,
        comment="not expressed: " + "; ".join(dict.fromkeys(lost)) if lost else "",
    )


def _type(feature: schema_pb2.Feature, lost: list[str]) -> pa.DataType | None:
    """What the tag says where it is of the feature's type, else the widest of that type; lists by the number of values."""
    kind = feature_type(feature)
    if kind == "TYPE_UNKNOWN" and (feature.HasField("domain") or feature.HasField("string_domain")):
        kind = "BYTES"
    tag = read_marks(feature.annotation)[0].get("type")
    if tag is not None:
        try:
            told = parse_type(tag)
        except FeatureprepError:
            told = pa.null()
        if kind_of(opened(told)[0]) == kind and not pa.types.is_null(told):
            return told
        lost.append(f"the type {tag}")
    inner = pa.struct(list(_fields(feature, lost))) if kind == "STRUCT" else PLAIN.get(kind)
    if inner is None or (kind == "STRUCT" and not inner.num_fields):
        return None
    if kind == "BYTES" and feature.HasField("image_domain"):
        inner = pa.binary()
    count = feature.value_count
    single = (count.min, count.max) == (1, 1) or (feature.HasField("shape") and all(dim.size == 1 for dim in feature.shape.dim))
    for _ in range(max(len(feature.value_counts.value_count), 0 if single else 1)):
        inner = pa.list_(inner)
    return inner


def _fields(feature: schema_pb2.Feature, lost: list[str]) -> Iterator[tuple[str, pa.DataType]]:
    for one in feature.struct_domain.feature:
        found = _type(one, lost)
        if found is None:
            lost.append(f"its field {one.name!r}, of no type")
            continue
        known = _OF_FIELDS | ({"bool_domain"} if pa.types.is_boolean(opened(found)[0]) else set())
        lost += [f"{field.name} of its field {one.name!r}" for field, _ in one.ListFields() if field.name not in known]
        yield one.name, found
    lost += [f"its sparse feature {one.name!r}" for one in feature.struct_domain.sparse_feature]


def _presence(feature: schema_pb2.Feature, lost: list[str]) -> Iterator[Rule]:
    presence = feature.presence
    if presence.min_count <= 0 and presence.min_fraction <= 0:
        return
    yield Rule("required", feature.name)
    if presence.min_count > 1:
        lost.append(f"presence.min_count {presence.min_count}")
    if presence.min_fraction >= 1 or feature.HasField("shape"):
        yield Rule("nullable", feature.name)
    elif (most := float(1 - Decimal(repr(presence.min_fraction)))) < 1:
        yield Rule("null_fraction", feature.name, params={"max": most})


def _valency(feature: schema_pb2.Feature, dtype: pa.DataType, lost: list[str]) -> Iterator[Rule]:
    sizes = opened(dtype)[1]
    counts = list(feature.value_counts.value_count) or [feature.value_count]
    if feature.HasField("shape") and any(dim.size != 1 for dim in feature.shape.dim):
        lost.append("shape " + "x".join(str(dim.size) for dim in feature.shape.dim))
    lost += [f"value_counts at level {level}" for level, count in enumerate(counts) if level and count.ByteSize() and sizes[level] is None]
    if sizes and sizes[0] is None:
        for part in ("min", "max"):
            if counts[0].HasField(part):
                yield Rule("valency", feature.name, part, {"bound": getattr(counts[0], part)})


def _domain(feature: schema_pb2.Feature, tree: SchemaTree, inner: pa.DataType, lost: list[str]) -> Iterator[Rule]:
    """The rules of a domain; one that is not of the feature's type, such as of texts that are numbers, is lost."""
    name, kind = feature.WhichOneof("domain_info"), kind_of(inner)
    domain: Any = tree.shared_domain(feature) if name == "domain" else getattr(feature, name) if name else None
    told = type(domain).__name__
    mass = feature.distribution_constraints.min_domain_mass if feature.distribution_constraints.HasField("min_domain_mass") else None
    if told == "StringDomain" and pa.types.is_string(inner):
        values = {"values": tuple(dict.fromkeys(domain.value))}
        yield (
            Rule("values", feature.name, params=values)
            if mass is None
            else Rule("min_domain_mass", feature.name, params=values | {"min": mass})
        )
        mass = None
    elif (told, kind) in {("IntDomain", "INT"), ("FloatDomain", "FLOAT")} and not pa.types.is_boolean(inner):
        for part in ("min", "max"):
            if domain.HasField(part):
                yield Rule("range", feature.name, part, {"bound": _bound(getattr(domain, part), inner)})
        if told == "FloatDomain" and domain.disallow_nan and pa.types.is_floating(inner):
            yield Rule("not_nan", feature.name)
        lost += [f"{name}.{field.name}" for field, _ in domain.ListFields() if field.name not in ("name", "min", "max", "disallow_nan")]
    elif told == "BoolDomain" and kind == "INT":
        if not pa.types.is_boolean(inner):
            yield from (Rule("range", feature.name, part, {"bound": bound}) for part, bound in (("min", 0), ("max", 1)))
    elif told == "BoolDomain" and pa.types.is_string(inner):
        words = (domain.true_value, domain.false_value)
        yield Rule("values", feature.name, params={"values": tuple(dict.fromkeys(word for word in words if word))})
    elif name not in (None, "struct_domain") and name in _READ:
        lost.append(str(name))
    if mass is not None:
        lost.append("distribution_constraints")


def _drift(feature: schema_pb2.Feature, *, has_drift: bool, lost: list[str]) -> Iterator[Rule]:
    for ours, theirs in MEASURES.items():
        measure = getattr(feature.drift_comparator, theirs)
        stated = {field.name for field, _ in measure.ListFields()}
        if has_drift and "threshold" in stated:
            yield Rule("drift", feature.name, ours, {"threshold": measure.threshold})
            stated.remove("threshold")
        lost += [f"drift_comparator.{theirs}.{name}" for name in sorted(stated)]


def _bound(value: float, inner: pa.DataType) -> Any:
    """An end as it was written: of 32 bits, the shortest number that is rounded to it."""
    if not isinstance(value, float):
        return value
    short = str(np.float32(value))
    return Decimal(short) if pa.types.is_decimal(inner) else float(short)
