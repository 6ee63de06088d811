"""Column types as the Open Data Contract Standard 3.1 has them: a logical type, its options, and what is inside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import FeatureprepError
from featureprep.types import format_type, is_float, is_integer, parse_type
from featureprep.validators.checks.parsing import items, mapping, text
from featureprep.validators.interop.notes import Notes
from featureprep.validators.yaml_tree import Tree

_NUMERIC: Final = re.compile(r"(?:decimal|numeric|number)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", re.IGNORECASE)
_FORMATS: Final = {
    **{f"{sign}{bits}": f"{'int' if sign == 'i' else 'uint'}{bits}" for sign in "iu" for bits in (8, 16, 32, 64)},
    "f32": "float32",
    "f64": "float64",
}
_PLAIN: Final = {"string": "string", "date": "date", "timestamp": "timestamp", "number": "float64", "integer": "int64", "boolean": "bool"}


def odcs_type(dtype: pa.DataType) -> dict[str, Any]:
    """The keys of a property that say its type; `physicalType` is our own spelling, from which it is read back."""
    made: dict[str, Any] = {"logicalType": logical_type(dtype), "physicalType": format_type(dtype)}
    if is_integer(dtype):
        made["logicalTypeOptions"] = {"format": format_type(dtype).replace("uint", "u").replace("int", "i")}
    elif is_float(dtype):
        made["logicalTypeOptions"] = {"format": f"f{dtype.bit_width}"}
    elif pa.types.is_binary(dtype):
        made["logicalTypeOptions"] = {"format": "binary"}
    elif pa.types.is_timestamp(dtype):
        made["logicalTypeOptions"] = {"timezone": True, "defaultTimezone": dtype.tz} if dtype.tz else {"timezone": False}
    elif made["logicalType"] == "array":
        made["items"] = odcs_type(dtype.value_type)
    elif pa.types.is_struct(dtype):
        fields = [dtype.field(i) for i in range(dtype.num_fields)]
        made["properties"] = [{"name": field.name, **odcs_type(field.type)} for field in fields]
    return made


def logical_type(dtype: pa.DataType) -> str:
    """ODCS' name of the kind of a type."""
    if pa.types.is_boolean(dtype):
        return "boolean"
    if is_integer(dtype):
        return "integer"
    if is_float(dtype) or pa.types.is_decimal(dtype):
        return "number"
    if pa.types.is_date32(dtype):
        return "date"
    if pa.types.is_timestamp(dtype):
        return "timestamp"
    if pa.types.is_struct(dtype):
        return "object"
    return "array" if pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype) else "string"


def read_type(entries: Mapping[str, Tree], notes: Notes, line: int) -> str | None:
    """The type that a property states, in our spelling; None where nothing can be made of it.

    `physicalType` counts where it is one of our types and of the stated logical one; otherwise the logical type and its options do.
    What is said less exactly than there is noted.
    """
    stated = text(entries["logicalType"], "logicalType") if "logicalType" in entries else None
    physical = text(entries["physicalType"], "physicalType") if "physicalType" in entries else ""
    found = _physical(physical)
    if found is not None and stated in (None, logical_type(found)):
        return format_type(found)
    options = mapping(entries["logicalTypeOptions"], "logicalTypeOptions") if "logicalTypeOptions" in entries else {}
    form = options["format"].text if "format" in options else ""
    match stated:
        case None:
            notes.tell(line, f"it has no logicalType, and its physicalType {physical[:80]!r} is not known here: taken for a string")
            return "string"
        case "integer" if form in ("i128", "u128"):
            return "decimal(38, 0)"
        case "integer" | "number" if form in _FORMATS:
            return _FORMATS[form]
        case "string" if form in ("binary", "byte"):
            return "binary"
        case "timestamp" if "timezone" in options and options["timezone"].value is True:
            zone = options["defaultTimezone"].text if "defaultTimezone" in options else "UTC"
            made = f"timestamp[{zone}]"
            return made if _physical(made) is not None else "timestamp[UTC]"
        case "time":
            notes.tell(line, "there is no type for times of day: taken for a string")
            return "string"
        case "array":
            return _array(entries, notes, line)
        case "object":
            return _struct(entries, notes)
    return _PLAIN.get(stated)


def _physical(name: str) -> pa.DataType | None:
    numeric = _NUMERIC.fullmatch(name)
    try:
        return parse_type(f"decimal({numeric[1]}, {numeric[2] or 0})" if numeric else name)
    except FeatureprepError:
        return None


def _array(entries: Mapping[str, Tree], notes: Notes, line: int) -> str | None:
    if "items" not in entries:
        notes.tell(line, "the array does not say what its items are: taken for strings")
        return "list<string>"
    inner = read_type(mapping(entries["items"], "items"), notes, entries["items"].line)
    return None if inner is None else f"list<{inner}>"


def _struct(entries: Mapping[str, Tree], notes: Notes) -> str | None:
    fields = pa.schema([])
    for each in items(entries["properties"], "properties") if "properties" in entries else ():
        property_ = mapping(each, "a property")
        inner = read_type(property_, notes, each.line)
        if inner is None or "name" not in property_:
            return None
        fields = fields.append(pa.field(text(property_["name"], "name"), parse_type(inner)))
    return format_type(pa.struct(fields)) if len(fields) and len(set(fields.names)) == len(fields) else None
