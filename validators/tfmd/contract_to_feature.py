"""What a contract states of a column, as a TFMD feature."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from featureprep.types import format_type, is_text
from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Column
from featureprep.validators.reasons import Action, Severity
from featureprep.validators.tfmd.contract_marks import MEASURES, PLAIN, kind_of, opened, write_marks
from featureprep.validators.tfmd.numbers import INT64_MAX, INT64_MIN
from featureprep.validators.tfmd.protos import protos

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

_PRESENCE: Final = ("type", "required", "nullable", "null_fraction")


def write_feature(feature: schema_pb2.Feature, column: Column, environments: tuple[str, ...]) -> None:
    """Write the column's name and statements; what TFMD has no field for is listed in the comments of the feature's annotation."""
    lost: list[str] = []
    _write_type(feature, column.name, column.type)
    _write_presence(feature, column, lost)
    for rule in column.rules:
        if rule.check not in _PRESENCE and not _write_rule(feature, rule, column.type, lost):
            lost.append(f"{rule.check} {rule.part}".rstrip())
        lost += [f"{rule.check} {rule.part}".rstrip() + f": {policy}" for policy in _policies(rule)]
    if column.environments is not None:
        feature.not_in_environment.extend(name for name in environments if name not in column.environments)
    tags = {"sensitive": "true" if column.sensitive else "", "owner": column.owner}
    write_marks(feature.annotation, tags, column.note, dict.fromkeys(lost))
    if not feature.annotation.ByteSize():
        feature.ClearField("annotation")


def expresses(column: Column, rule: Rule) -> bool:
    """Whether a feature says what a rule about the column says, its policies and rounding aside."""
    if rule.check in ("nullable", "null_fraction"):
        return column.rule("required") is not None
    if rule.check in _PRESENCE:
        return True
    feature = protos().schema.Feature()
    _write_type(feature, column.name, column.type)
    return _write_rule(feature, rule, column.type, [])


def _write_type(feature: schema_pb2.Feature, name: str, dtype: pa.DataType) -> None:
    """Name, type, number of values, and the fields of a struct; a type that these do not tell is a tag."""
    inner, sizes = opened(dtype)
    feature.name, feature.type = name, protos().schema.FeatureType.Value(kind_of(inner))
    if len(sizes) > 1:
        for size in sizes:
            count = feature.value_counts.value_count.add()
            if size is not None:
                count.min = count.max = size
    elif sizes != [None]:
        feature.value_count.min = feature.value_count.max = sizes[0] if sizes and sizes[0] is not None else 1
    if pa.types.is_boolean(inner):
        feature.bool_domain.SetInParent()
    if pa.types.is_struct(inner):
        feature.struct_domain.SetInParent()
        for field in inner:
            _write_type(feature.struct_domain.feature.add(), field.name, field.type)
    told = inner == PLAIN.get(kind_of(inner)) and all(size is None for size in sizes)
    if not told:
        write_marks(feature.annotation, {"type": format_type(dtype)}, "", [])


def _write_presence(feature: schema_pb2.Feature, column: Column, lost: list[str]) -> None:
    nulls = column.rule("null_fraction")
    stated = column.rule("nullable") or nulls
    if column.rule("required") is not None:
        feature.presence.min_count = 1
        if stated is not None:
            feature.presence.min_fraction = 1.0 if nulls is None else float(1 - Decimal(repr(nulls.params["max"])))
    elif stated is not None:
        lost.append(f"{stated.check} of a column that need not exist")


def _write_rule(feature: schema_pb2.Feature, rule: Rule, dtype: pa.DataType, lost: list[str]) -> bool:
    """Whether TFMD can say it."""
    inner, params = opened(dtype)[0], rule.params
    if rule.check in ("values", "min_domain_mass") and is_text(inner):
        feature.string_domain.value.extend(params["values"])
        if "min" in params:
            feature.distribution_constraints.min_domain_mass = params["min"]
        return True
    if rule.check == "range":
        return _write_bound(feature, rule, kind_of(inner), lost)
    if rule.check == "not_nan":
        feature.float_domain.disallow_nan = True
        return True
    if rule.check == "valency":
        counts = feature.value_counts.value_count
        setattr(counts[0] if counts else feature.value_count, rule.part, params["bound"])
        return True
    if rule.check == "drift" and rule.part in MEASURES and "threshold" in params and params.get("of") != "lengths":
        getattr(feature.drift_comparator, MEASURES[rule.part]).threshold = params["threshold"]
        lost += [f"drift {rule.part}: {name} {value}" for name, value in params.items() if name != "threshold"]
        return True
    return False


def _write_bound(feature: schema_pb2.Feature, rule: Rule, kind: str, lost: list[str]) -> bool:
    bound: Any = rule.params["bound"]
    if kind == "INT":
        if not INT64_MIN <= bound <= INT64_MAX:
            return False
        setattr(feature.int_domain, rule.part, bound)
        return True
    if kind != "FLOAT" or not abs(bound) <= float(np.finfo(np.float32).max):
        return False
    short = np.float32(float(bound))  # the ends of a FloatDomain have 32 bits
    if Decimal(str(short)) != Decimal(str(bound)):
        lost.append(f"range {rule.part}: {bound} is rounded to 32 bits")
    setattr(feature.float_domain, rule.part, float(short))
    return True


def _policies(rule: Rule) -> list[str]:
    found = [f"severity {rule.severity}"] if rule.severity != Severity.ERROR else []
    found += [f"action {rule.action}"] if rule.action != Action.FAIL else []
    return found + ([f"at_most {rule.at_most.stated}"] if rule.at_most is not None else [])
