"""A contract as an expectation suite of Great Expectations 1.x (its JSON form).

What an expectation can say is one: columns that must exist, nulls and their share, uniqueness, keys, allowed values, numeric ranges,
patterns, lengths, row counts. Great Expectations judges types by the names of whatever engine runs it, so types are not among them.
All else is kept in `meta.featureprep`, from where `from_gx` takes it back.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from featureprep.types import format_type, is_numeric, is_text, parse_type
from featureprep.validators.contract import Contract
from featureprep.validators.interop.patterns import portable_pattern
from featureprep.validators.interop.sections import is_hard, is_softened, one_section, split_policy

META: Final = "featureprep"
"""The key of `meta` that is ours: of the suite, what no expectation says; of an expectation, that it follows from a rule
kept there, or the pattern as the contract has it."""
INFINITE: Final = {math.inf: ".inf", -math.inf: "-.inf"}
DERIVED: Final = {META: "follows from what meta of the suite holds"}


def to_gx(contract: Contract, *, source: str | None = None, name: str = "contract") -> tuple[dict[str, Any], list[str]]:
    """The contract of a source as an expectation suite.

    Parameters
    ----------
    source : str, optional
        Which one, where the contract has several: a suite is about one table.
    name : str
        Of the suite.

    Returns
    -------
    suite : dict
        JSON values. Rules that only warn have the severity "warning" there; they fail a validation there nevertheless.
    unchecked : list of str
        Rules that Great Expectations will not check, such as "fare: not_nan".

    Raises
    ------
    RequestError
        When it is not said which source is meant, or there is none of that name.
    """
    section, around = one_section(contract, source, "an expectation suite")
    writer = _Writer()
    kept = writer.section(section) | around
    return {"name": name, "expectations": writer.made, "meta": {META: _finite(kept)}}, writer.unchecked


def _finite(value: Any) -> Any:
    """Infinite bounds by YAML's spelling: JSON has none."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return INFINITE.get(value, value) if isinstance(value, float) else value


def share_left(share: float) -> float | None:
    """`mostly` where this share may break a rule: of 0.07 it is 0.93; None where no float says it exactly."""
    mostly = float(1 - Decimal(repr(share)))
    return mostly if share_missing(mostly) == share else None


def share_missing(mostly: float) -> float:
    """The share that `mostly` lets break a rule."""
    return float(1 - Decimal(repr(mostly)))


class _Writer:
    """The expectations made so far, and the rules that none of them says."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.unchecked: list[str] = []

    def add(self, kind: str, kwargs: dict[str, Any], *, warn: bool = False, meta: dict[str, Any] | None = None) -> None:
        made: dict[str, Any] = {"type": kind, "kwargs": kwargs}
        if warn:
            made["severity"] = "warning"
        self.made.append({**made, "meta": meta or {}})

    def section(self, section: dict[str, Any]) -> dict[str, Any]:
        """Make the expectations of a source; gives what they do not say."""
        if not section.get("allow_empty", False):
            self.add("expect_table_row_count_to_be_between", {"min_value": 1}, meta=DERIVED)
        kept: dict[str, Any] = {}
        for key, value in section.items():
            stated, policy = split_policy(key, value)
            if key == "rows":
                bounds = {f"{end}_value": bound for end, bound in stated.items() if end != "drift"}
                drifts = "drift" in stated
                if bounds:
                    self.add("expect_table_row_count_to_be_between", bounds, warn=not is_hard(policy), meta=DERIVED if drifts else None)
                if drifts:
                    kept[key] = value
                    self.unchecked.append("drift of rows")
            elif key != "columns":
                kept[key] = value
                if key not in ("allow_empty", "owner", "note", "keys") and value not in ("allow", "warn"):
                    self.unchecked.append(key)
        kept["columns"] = {column: self.column(column, keys) for column, keys in section["columns"].items()}
        for key in section.get("keys", ()):
            self.key(key)
        return kept

    def key(self, stated: Any) -> None:
        names, policy = split_policy("values", stated)  # its long form has `of`, as that of values
        warn = not is_hard(policy)
        if len(names) > 1:
            self.add("expect_compound_columns_to_be_unique", {"column_list": names}, warn=warn, meta=DERIVED)
        else:
            self.add("expect_column_values_to_be_unique", {"column": names[0]}, warn=warn, meta=DERIVED)
        for name in names:
            self.add("expect_column_values_to_not_be_null", {"column": name}, warn=warn, meta=DERIVED)

    def column(self, name: str, keys: dict[str, Any]) -> dict[str, Any]:
        """Make the expectations of a column; gives what they do not say."""
        dtype = parse_type(split_policy("type", keys["type"])[0])
        kept: dict[str, Any] = {"type": keys["type"]}
        policies: dict[str, Any] = {}
        required, policy = split_policy("required", keys.get("required", True))
        if required:
            self.add("expect_column_to_exist", {"column": name}, warn=not is_hard(policy))
        for key, value in keys.items():
            stated, policy = split_policy(key, value)
            if key == "type" or (key == "required" and required and set(policy) <= {"severity"}):
                continue
            found = None if is_softened(key, keys) else _expectation(key, stated, policy, dtype)
            if found is None:
                kept[key] = value
                if key not in ("required", "sensitive", "owner", "note"):
                    self.unchecked.append(f"{name}: {key}")
                continue
            kind, kwargs = found
            meta = {META: {"pattern": stated}} if key == "regex" else {}
            self.add(kind, {"column": name, **kwargs}, warn=policy.get("severity") == "warn", meta=meta)
            rest = {word: item for word, item in policy.items() if word == "action" or (word == "severity" and item != "warn")}
            if rest:
                policies[key] = rest
        return kept | ({"policies": policies} if policies else {})


def _expectation(key: str, stated: Any, policy: dict[str, Any], dtype: pa.DataType) -> tuple[str, dict[str, Any]] | None:
    """The type and arguments of the expectation that says this; None where there is none, or it would mean something else."""
    if "at_most" in policy or pa.types.is_nested(dtype):
        return None  # `mostly` leaves out the rows without a value, at_most does not
    match key:
        case "nullable" if not stated:
            return "expect_column_values_to_not_be_null", {}
        case "null_fraction":
            mostly = share_left(stated)
            return None if mostly is None or stated <= 0 else ("expect_column_values_to_not_be_null", {"mostly": mostly})
        case "unique":
            return "expect_column_values_to_be_unique", {}
        case "values" if stated and (is_text(dtype) or pa.types.is_boolean(dtype) or _is_number(dtype)):
            return ("expect_column_values_to_be_in_set", {"value_set": stated}) if _all_finite(stated) else None
        case "range" if _is_number(dtype) and _all_finite(stated.values()):
            return "expect_column_values_to_be_between", {f"{end}_value": bound for end, bound in stated.items()}
        case "regex":
            pattern = portable_pattern(stated)
            return None if pattern is None else ("expect_column_values_to_match_regex", {"regex": pattern})
        case "length":
            return "expect_column_value_lengths_to_be_between", {f"{end}_value": bound for end, bound in stated.items()}
    return None


def _is_number(dtype: pa.DataType) -> bool:
    return is_numeric(dtype) and not format_type(dtype).startswith("decimal")


def _all_finite(values: Any) -> bool:
    return all(not isinstance(value, float) or math.isfinite(value) for value in values)
