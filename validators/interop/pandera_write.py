"""A contract as a schema of pandera, in the form of its `to_yaml`, which `pandera.DataFrameSchema.from_yaml` reads.

What pandera's built-in checks say is theirs: types, nulls, uniqueness, a key, listed values, bounds, patterns, lengths, columns that must
exist or that nothing else may stand beside. All else is kept in `metadata.featureprep`, from where `from_pandera` takes it back; pandera
reads that, and does not write it again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from featureprep.types import format_type, is_float, is_numeric, is_text, parse_type
from featureprep.validators.contract import Contract
from featureprep.validators.interop.pandera_types import pandera_dtype, read_dtype
from featureprep.validators.interop.patterns import portable_pattern, prefix_pattern
from featureprep.validators.interop.sections import is_softened, one_section, split_policy

META: Final = "featureprep"
_SILENT: Final = ("allow_empty", "allow_not_evaluated", "owner", "note", "sensitive")
"""Keys that ask nothing of data."""


def to_pandera(contract: Contract, *, source: str | None = None, name: str | None = None) -> tuple[dict[str, Any], list[str]]:
    """The contract of a source as a pandera schema.

    Parameters
    ----------
    source : str, optional
        Which one, where the contract has several: a schema is about one table.
    name : str, optional
        Of the schema.

    Returns
    -------
    schema : dict
        JSON values. Rules that only warn have `raise_warning`.
    unchecked : list of str
        Rules that pandera will not check, such as "fare: not_nan".

    Raises
    ------
    RequestError
        When it is not said which source is meant, or there is none of that name.
    """
    section, around = one_section(contract, source, "a schema of pandera")
    writer = _Writer()
    made = writer.section(section)
    kept = writer.kept | around
    head = {"schema_type": "dataframe", "api": "pandas"}
    return {**head, **made, **({"name": name} if name else {}), "metadata": {META: kept}}, writer.unchecked


class _Writer:
    """What is made of a section.

    Attributes
    ----------
    kept : dict
        What pandera does not say.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.unchecked: list[str] = []

    def section(self, section: Mapping[str, Any]) -> dict[str, Any]:
        key = _first_key(section.get("keys"))
        columns: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        for name, keys in section["columns"].items():
            column = _Column(keys, in_key=name in key)
            columns[name] = column.made
            self.unchecked += [f"{name}: {each}" for each in column.unchecked]
            if column.kept:
                kept[name] = column.kept
        made: dict[str, Any] = {"columns": columns}
        if key:
            made["unique"] = key
        if not section.get("allow_empty", False):
            self.unchecked.append("allow_empty")
        extra = section.get("extra_columns", "warn")
        if extra == "error":
            made["strict"] = True
        for word, value in section.items():
            if word == "note":
                made["description"] = value
            elif word not in ("columns", "extra_columns"):
                self.kept[word] = value
                if word not in _SILENT and not (word == "keys" and key and len(value) == 1):
                    self.unchecked.append(word)
        if extra == "warn":
            self.kept["extra_columns"] = "warn"
        if kept:
            self.kept["columns"] = kept
        return made


class _Column:
    """What is made of a column.

    Attributes
    ----------
    made : dict
        As pandera has it.
    kept : dict
        What that does not say.
    policies : dict
        Actions and severities of rules that it does say.
    unchecked : list of str
        Keys that pandera does not check.
    """

    def __init__(self, keys: Mapping[str, Any], *, in_key: bool) -> None:
        self.keys = keys
        self.made: dict[str, Any] = {}
        self.kept: dict[str, Any] = {}
        self.policies: dict[str, Any] = {}
        self.unchecked: list[str] = []
        stated, policy = split_policy("type", keys["type"])
        self.dtype = parse_type(stated)
        refuses_null = _is_false(keys, "nullable")
        never_null = refuses_null or (in_key and "null_fraction" not in keys)
        self.type(policy, pandera_dtype(self.dtype, nullable=not never_null))
        if not never_null:
            self.made["nullable"] = True
        elif not refuses_null:
            self.kept["nullable"] = True
        if is_float(self.dtype) and never_null:
            self.kept["not_nan"] = False  # of pandera's nullable alone it would be true
        for key, value in keys.items():
            if key != "type":
                self.kept.pop(key, None)
                self.rule(key, value)
        if self.policies:
            self.kept["policies"] = self.policies

    def type(self, policy: Mapping[str, Any], word: str | None) -> None:
        if word is not None and policy.get("severity") != "warn" and "at_most" not in policy:
            self.made["dtype"] = word
        else:
            self.unchecked.append("type")
        if policy or "dtype" not in self.made or read_dtype(str(word)) != format_type(self.dtype):
            self.kept["type"] = self.keys["type"]

    def rule(self, key: str, value: Any) -> None:
        stated, policy = split_policy(key, value)
        warns = policy.get("severity") == "warn"
        found = None
        if not is_softened(key, self.keys) and "at_most" not in policy:
            found = _said(key, stated, self.dtype, warns=warns, nullable=self.made.get("nullable"))
        if found is None:
            self.kept[key] = value
            if key not in _SILENT and not (key in ("nullable", "required") and stated is True and not policy):
                self.unchecked.append(key)
            return
        self.made |= {check: _with_warning(arguments) if warns else arguments for check, arguments in found.items()}
        if key == "regex" and prefix_pattern(str(portable_pattern(stated))) != stated:
            self.kept[key] = value  # such as \d, which is written out there
            return
        rest = {word: item for word, item in policy.items() if word == "action" or (word == "severity" and item != "warn")}
        if rest:
            self.policies[key] = rest


def _first_key(keys: Any) -> list[str]:
    """The columns of the key that pandera can check: the first, unless it only warns."""
    if not keys:
        return []
    names, policy = split_policy("values", keys[0])
    return [] if policy else list(names)


def _is_false(keys: Mapping[str, Any], key: str) -> bool:
    stated, policy = split_policy(key, keys.get(key, True))
    return stated is False and policy.get("severity") != "warn" and "at_most" not in policy


def _with_warning(arguments: Any) -> Any:
    return {**arguments, "raise_warning": True} if isinstance(arguments, dict) else {"value": arguments, "raise_warning": True}


def _said(key: str, stated: Any, dtype: pa.DataType, *, warns: bool, nullable: Any) -> dict[str, Any] | None:
    """The keys of a column, or its checks, that say this; None where there are none, or they would mean something else."""
    match key:
        case "note":
            return {"description": stated}
        case "nullable" if stated is False and not warns:
            return {}
        case "not_nan" if not nullable and not warns:
            return {}
        case "unique" if stated is True and not warns:
            return {"unique": True}
        case "required" if not warns and stated is False:
            return {"required": False}
    if pa.types.is_nested(dtype):
        return None
    match key:
        case "values" if stated and (is_text(dtype) or pa.types.is_boolean(dtype) or _is_number(dtype)):
            return {"isin": {"allowed_values": stated} if warns else stated} if _all_finite(stated) else None
        case "range":
            bounds = {end: _bound(value, dtype) for end, value in stated.items()}
            if None in bounds.values():
                return None
            if len(bounds) == 2:
                return {"in_range": {"min_value": bounds["min"], "max_value": bounds["max"]}}
            ((end, bound),) = bounds.items()
            check = "greater_than_or_equal_to" if end == "min" else "less_than_or_equal_to"
            return {check: {f"{end}_value": bound} if warns else bound}
        case "regex":
            pattern = portable_pattern(stated)
            return None if pattern is None else {"str_matches": {"pattern": pattern} if warns else pattern}
        case "length":
            return {"str_length": {f"{end}_value": stated.get(end) for end in ("min", "max")}}
    return None


def _bound(value: Any, dtype: pa.DataType) -> Any:
    """A bound as pandera writes it; None where it would not read it as it is."""
    if _is_number(dtype):
        return value if _all_finite([value]) else None
    if pa.types.is_timestamp(dtype) and dtype.tz is None:
        moment = str(value).replace("T", " ")
        return moment if len(moment) == len("2024-01-31 12:00:00") else None
    return None


def _is_number(dtype: pa.DataType) -> bool:
    return is_numeric(dtype) and not pa.types.is_decimal(dtype)


def _all_finite(values: Any) -> bool:
    return all(not isinstance(value, float) or math.isfinite(value) for value in values)
