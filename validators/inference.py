"""A contract proposed from statistics, by the rules of TFDV's `infer_schema` where it has one.

- A column without nulls must have none (presence fraction 1); a column that is all null need not exist (minimum count 0).
- A string column of at most 100 distinct values (`max_string_domain_size`) gets them as its domain; not one of numbers with an odd word
  among them (ours): those are a quantity that was read as text.
- A whole-number column of nothing but 0 and 1, not all 0, gets the range 0 to 1 (TFDV's bool domain of integers).
- A column some of whose cells do not fit its type gets the type as a rule that only warns (ours): no type holds them all.
- A list column none of whose lists is empty gets a valency of at least 1; where all are of one length, that one.

On request (ours): the range that the numbers, dates and timestamps have, ends among it, and what was found to tell the rows apart.
Other domains and row counts are not guessed.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.folds.extremes import MinMaxResult
from featureprep.types import format_type, is_integer, is_list, is_text, logical
from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Column, Contract, SourceContract
from featureprep.validators.reasons import Severity

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
    statistics: Mapping[str, Any], schema: pa.Schema, *, source: str = "", max_string_domain: int = MAX_STRING_DOMAIN,
    misfits: Mapping[str, int] | None = None, ends: Mapping[str, MinMaxResult] | None = None,
    unique: Collection[str] = (), keys: Sequence[Sequence[str]] = (), sensitive: Collection[str] = (),
) -> SourceContract:  # fmt: skip
    """As `infer_contract`, for one of several sources: put them together by `Contract((a, b))`.

    Parameters
    ----------
    misfits : mapping of column to count, optional
        How many of what `statistics` count as nulls are cells that do not fit their column's type. Of these the contract only warns.
    ends : mapping of column to MinMaxResult, optional
        Of the columns that get a range. An end that is infinite, or beyond the years 1 to 9999, is left out.
    unique : names
        Columns that get `unique: true`.
    keys : sequence of sequences of names
        What is stated under `keys:`.
    sensitive : names
        Columns that are said to be, and get neither values nor a range.
    """
    if type(max_string_domain) is not int or not 0 <= max_string_domain <= 400:
        raise ArgumentError.of("max_string_domain", "infer_contract", "an int in the range [0, 400]", max_string_domain)
    by_name = {column["name"]: column for column in statistics["columns"]}
    missing = set(schema.names) - set(by_name)
    if missing:
        raise ColumnNotFoundError.of(missing, by_name)
    ill = misfits or {}
    ranges = {name: _range(name, schema.field(name).type, each) for name, each in (ends or {}).items() if name not in sensitive}
    columns = tuple(
        _column(
            field, by_name[field.name], statistics["rows"], max_string_domain, ill.get(field.name, 0), ranges.get(field.name, []),
            unique=field.name in unique, sensitive=field.name in sensitive,
        )
        for field in schema
    )  # fmt: skip
    stated = [Rule("keys", None, ", ".join(names), {"columns": tuple(names)}) for names in keys]
    return SourceContract(source, columns, (*stated, Rule("allow_empty")))


def _column(
    field: pa.Field, found: Mapping[str, Any], rows: int, most: int, misfits: int, ranged: list[Rule], *, unique: bool, sensitive: bool
) -> Column:
    name = field.name
    filled = rows - found["nulls"]
    severity = Severity.WARN if misfits else Severity.ERROR
    rules = [Rule("type", name, params={"type": format_type(field.type)}, severity=severity)]
    if filled or misfits or not rows:
        rules.append(Rule("required", name))
    domain = ranged or (_domain(name, field.type, found, most) if filled and not sensitive else [])
    if rows and not found["nulls"]:  # a cell that does not fit, of which the type only warns, is null to `nullable`
        rules.append(Rule("nullable", name))
    rules += domain
    if unique:
        rules.append(Rule("unique", name))
    comment = _comment(found, rows, misfits, has_domain=bool(domain))
    return Column(name, tuple(rules), sensitive=sensitive, comment=comment)


def _range(name: str, dtype: pa.DataType, found: MinMaxResult) -> list[Rule]:
    """The ends that were found, as far as they can be written."""
    made = []
    for part, end in (("min", found.min), ("max", found.max)):
        if end is None or (isinstance(end, float) and math.isinf(end)):
            continue
        try:
            made.append(Rule("range", name, part, {"bound": _moment(end, logical(dtype))}))
        except OverflowError:
            continue
    return made


def _moment(end: Any, dtype: pa.DataType) -> Any:
    """A date or timestamp from the days or microseconds that the fold holds; raises OverflowError where Python has none such."""
    if pa.types.is_date32(dtype):
        return EPOCH_DATE + dt.timedelta(days=end)
    if pa.types.is_timestamp(dtype):
        return (EPOCH + dt.timedelta(microseconds=end)).replace(tzinfo=dt.UTC if dtype.tz else None)
    return end


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


def _comment(found: Mapping[str, Any], rows: int, misfits: int, *, has_domain: bool) -> str:
    """What was seen that the rules do not say."""
    parts = []
    nulls = found["nulls"] - misfits
    if misfits:
        parts.append(f"mixed: {misfits:,} of {rows:,} do not fit the type ({misfits / rows:.2%})")
    if nulls:
        parts.append(f"{nulls:,} of {rows:,} null ({nulls / rows:.2%})")
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
