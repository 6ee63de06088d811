"""A contract proposed from statistics, by the rules of TFDV's `infer_schema` where it has one.

- A column without nulls must have none (presence fraction 1); a column that is all null need not exist (minimum count 0).
- A string column of at most 100 distinct values (`max_string_domain_size`) gets them as its domain; not one of numbers with an odd word
  among them (ours): those are a quantity that was read as text.
- A whole-number column of nothing but 0 and 1, not all 0, gets the range 0 to 1 (TFDV's bool domain of integers).
- A list column none of whose lists is empty gets a valency of at least 1; where all are of one length, that one.

Other domains, ranges and row counts are not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.types import format_type, is_integer, is_list, is_text
from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Column, Contract, SourceContract

MAX_STRING_DOMAIN = 100
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_ENOUGH = 10
_ODD = 0.1


def infer_contract(
    statistics: Mapping[str, Any], schema: pa.Schema, *, source: str = "", max_string_domain: int = MAX_STRING_DOMAIN
) -> Contract:
    """A contract for one source.

    Parameters
    ----------
    statistics : mapping
        The section that `featureprep.validators.statistics.finish` made.
    schema : pa.Schema
        The columns with their types.
    source : str
        The source's name; "" for a contract of a single source.
    max_string_domain : int
        From 0 to 400: columns with more distinct texts get no `values`.

    Raises
    ------
    ArgumentError, ColumnNotFoundError
        The latter where the statistics lack a column of the schema.
    """
    return Contract((infer_source(statistics, schema, source=source, max_string_domain=max_string_domain),))


def infer_source(
    statistics: Mapping[str, Any], schema: pa.Schema, *, source: str = "", max_string_domain: int = MAX_STRING_DOMAIN
) -> SourceContract:
    """As `infer_contract`, for one of several sources: put them together by `Contract((a, b))`."""
    if type(max_string_domain) is not int or not 0 <= max_string_domain <= 400:
        raise ArgumentError.of("max_string_domain", "infer_contract", "an int in the range [0, 400]", max_string_domain)
    by_name = {column["name"]: column for column in statistics["columns"]}
    missing = set(schema.names) - set(by_name)
    if missing:
        raise ColumnNotFoundError.of(missing, by_name)
    columns = tuple(_column(field, by_name[field.name], statistics["rows"], max_string_domain) for field in schema)
    return SourceContract(source, columns, (Rule("allow_empty"),))


def _column(field: pa.Field, found: Mapping[str, Any], rows: int, most: int) -> Column:
    name = field.name
    filled = rows - found["nulls"]
    rules = [Rule("type", name, params={"type": format_type(field.type)})]
    if filled or not rows:
        rules.append(Rule("required", name))
    domain = _domain(name, field.type, found, most) if filled else []
    if rows and not found["nulls"]:
        rules.append(Rule("nullable", name))
    rules += domain
    return Column(name, tuple(rules), comment=_comment(found, rows, has_domain=bool(domain)))


def _domain(name: str, dtype: pa.DataType, found: Mapping[str, Any], most: int) -> list[Rule]:
    if is_text(dtype) and found["n_unique"] <= most and not found.get("cut") and not found.get("masked"):
        values = tuple(sorted(value for value, _ in found["top"]))
        return [] if odd_words(values) else [Rule("values", name, params={"values": values})]
    if is_integer(dtype) and not found.get("masked") and found["min"] >= 0 and found["max"] == 1:
        return [Rule("range", name, "min", {"bound": 0}), Rule("range", name, "max", {"bound": 1})]
    if is_list(dtype) and found["lengths"]["min"]:
        low, high = found["lengths"]["min"], found["lengths"]["max"]
        if low == high:
            return [Rule("valency", name, "min", {"bound": low}), Rule("valency", name, "max", {"bound": high})]
        return [Rule("valency", name, "min", {"bound": 1})]
    return []


def odd_words(values: Sequence[str]) -> list[str]:
    """The values that are no numbers, where they are a few among many that are; empty where all are, or too few."""
    odd = [value for value in values if not _NUMBER.fullmatch(value)]
    return odd if len(values) >= _ENOUGH and len(odd) <= _ODD * len(values) else []


def _comment(found: Mapping[str, Any], rows: int, *, has_domain: bool) -> str:
    """What was seen that the rules do not say."""
    parts = []
    if found["nulls"]:
        parts.append(f"{found['nulls']:,} of {rows:,} null ({found['nulls'] / rows:.2%})")
    if found["nans"]:
        parts.append(f"{found['nans']:,} NaN")
    if found["kind"] == "string" and not has_domain and found["n"]:
        parts.append(f"{found['n_unique']:,} distinct")
        odd = [] if found.get("cut") or found.get("masked") else odd_words([value for value, _ in found["top"]])
        if odd:
            parts.append(f"all numbers but {', '.join(repr(value[:40]) for value in odd[:3])}")
    if found["kind"] == "number" and found.get("min") is not None and not has_domain:
        parts.append(
            f"{found['min']:.6g} to {found['max']:.6g}" if isinstance(found["min"], float) else f"{found['min']} to {found['max']}"
        )
    return ", ".join(parts)
