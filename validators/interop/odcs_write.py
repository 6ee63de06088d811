"""A contract as one of the Open Data Contract Standard 3.1 (ODCS, https://bitol-io.github.io/open-data-contract-standard).

What the standard has a field for stands there: types, `required` for cells that may not be null, `unique`, bounds, lengths, patterns
(`logicalTypeOptions`), the first of the keys (`primaryKey`), allowed values, shares of nulls, row counts (`quality`), notes (`description`), sensitive columns
(`classification: confidential`), expressions (`quality` of type custom). All else goes into a custom property named `featureprep`,
and comes back from there: severities and actions, environments, owners, and rules that only warn.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from featureprep.types import parse_type
from featureprep.validators.contract import Contract
from featureprep.validators.interop.odcs_types import odcs_type
from featureprep.validators.interop.patterns import searched_pattern
from featureprep.validators.interop.sections import is_hard, sections_of, split_policy

API_VERSION: Final = "v3.1.0"
CUSTOM: Final = "featureprep"
"""The custom property that holds what ODCS has no field for, and the engine of custom quality rules."""
CONFIDENTIAL: Final = "confidential"


def to_odcs(contract: Contract, *, name: str = "contract", version: str = "1.0.0", status: str = "active") -> dict[str, Any]:
    """The contract as an ODCS document.

    Parameters
    ----------
    name, version, status : str
        Of the document; a contract has none of its own. The name is its id, too.

    Returns
    -------
    dict
        JSON values, but for infinite bounds, which only YAML has; `from_odcs` reads an equal contract from them.
    """
    sections = sections_of(contract)
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": name,
        "name": name,
        "version": version,
        "status": status,
        "schema": [_object(source or name, section, named=bool(source)) for source, section in sections.sources.items()],
        **_custom({"environments": sections.environments} if sections.environments is not None else {}),
    }


def _custom(kept: dict[str, Any]) -> dict[str, Any]:
    return {"customProperties": [{"property": CUSTOM, "value": kept}]} if kept else {}


def _object(name: str, section: dict[str, Any], *, named: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {"named": True} if named else {}
    quality: list[dict[str, Any]] = []
    made: dict[str, Any] = {"name": name, "logicalType": "object"}
    if not section.get("allow_empty", False):
        quality.append({"metric": "rowCount", "mustBeGreaterThan": 0, "unit": "rows"})
    for key, value in section.items():
        stated, policy = split_policy(key, value)
        if key == "note":
            made["description"] = value
        elif key == "rows" and "drift" not in stated:
            operators = {"min": "mustBeGreaterOrEqualTo", "max": "mustBeLessOrEqualTo"}
            level = {"severity": policy["severity"]} if "severity" in policy else {}
            quality += [{"metric": "rowCount", operators[end]: bound, "unit": "rows", **level} for end, bound in stated.items()]
        elif key == "expressions":
            quality += [_expression(entry) for entry in value]
        elif key not in ("columns", "keys"):
            kept[key] = value
    primary, *others = keys if (keys := section.get("keys")) and isinstance(keys[0], list) else (None, *(keys or ()))
    made["properties"] = [{**_property(column, stated), **_place(column, primary)} for column, stated in section["columns"].items()]
    kept |= {"keys": others} if others else {}
    return made | ({"quality": quality} if quality else {}) | _custom(kept)


def _place(column: str, primary: list[str] | None) -> dict[str, Any]:
    """The column's place in the primary key, which is the first of the contract's keys."""
    return {"primaryKey": True, "primaryKeyPosition": primary.index(column) + 1} if primary and column in primary else {}


def _expression(entry: dict[str, Any]) -> dict[str, Any]:
    known = {"name": entry["name"]} if "name" in entry else {}
    return {"type": "custom", "engine": CUSTOM, **known, "description": f"every row: {entry['expr']}", "implementation": entry}


def _property(name: str, keys: dict[str, Any]) -> dict[str, Any]:
    stated, policy = split_policy("type", keys["type"])
    dtype = parse_type(stated)
    made = {"name": name, **odcs_type(dtype)}
    policies = {"type": policy} if policy else {}
    kept: dict[str, Any] = {}
    for key, value in keys.items():
        if key == "type":
            continue
        stated, policy = split_policy(key, value)
        field = _field(key, stated, dtype) if is_hard(policy, key, keys) else None
        if field is None:
            kept[key] = value
            continue
        made["logicalTypeOptions"] = made.get("logicalTypeOptions", {}) | field.pop("logicalTypeOptions", {})
        made["quality"] = [*made.get("quality", ()), *field.pop("quality", ())]
        made |= field
        if policy:
            policies[key] = policy
    if policies:
        kept["policies"] = policies
    return {key: value for key, value in made.items() if value not in ({}, [])} | _custom(kept)


def _field(key: str, stated: Any, dtype: pa.DataType) -> dict[str, Any] | None:
    """The fields of a property that say this; None where the standard has none."""
    if pa.types.is_nested(dtype) and key in ("values", "range", "regex", "length"):
        return None  # about the items of lists
    match key:
        case "nullable":
            return {"required": not stated}
        case "unique":
            return {"unique": stated}
        case "note":
            return {"description": stated}
        case "sensitive":
            return {"classification": CONFIDENTIAL}
        case "regex":
            return {"logicalTypeOptions": {"pattern": searched_pattern(stated)}}
        case "valency":
            return {"logicalTypeOptions": {f"{end}Items": bound for end, bound in stated.items()}}
        case "length":
            return {"logicalTypeOptions": {f"{end}Length": bound for end, bound in stated.items()}}
        case "range":
            bounds = {f"{end}imum": _bound(bound, dtype) for end, bound in stated.items()}
            return {"logicalTypeOptions": bounds} if None not in bounds.values() else None
        case "values":
            return {"quality": [{"metric": "invalidValues", "arguments": {"validValues": stated}, "mustBe": 0}]}
        case "null_fraction":
            percent = float(Decimal(repr(stated)) * 100)
            exact = share_of(repr(percent)) == stated
            return {"quality": [{"metric": "nullValues", "mustBeLessOrEqualTo": percent, "unit": "percent"}]} if exact else None
    return None


def share_of(percent: str) -> float:
    """The share that a percentage is, as it is written: of 7.0 exactly 0.07."""
    return float(Decimal(percent) / 100)


def _bound(bound: Any, dtype: pa.DataType) -> Any:
    """A bound as ODCS writes it: a number, or a text for dates; None where no number says it exactly."""
    if pa.types.is_decimal(dtype):
        number = float(bound)
        return number if Decimal(repr(number)) == Decimal(str(bound)) else None
    return None if isinstance(bound, float) and not math.isfinite(bound) else bound
