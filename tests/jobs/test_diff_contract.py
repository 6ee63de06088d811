"""Contracts compared: what is added, removed, tightened, loosened."""

from __future__ import annotations

import pytest

from featureprep.jobs.diff_contract import compare_contracts
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract


def contract(text: str) -> Contract:
    return load_contract(text + "\n", where="here")


def changes(before: str, after: str) -> list[tuple[str, str]]:
    return [(one.column, one.change) for one in compare_contracts(contract(before), contract(after))]


HEAD = "columns:\n  a: {type: float64%s}"


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (", range: {min: 0}", ", range: {min: 1}", "tightened"),
        (", range: {min: 0}", ", range: {min: -1}", "loosened"),
        (", range: {max: 9}", ", range: {max: 8}", "tightened"),
        (", range: {max: 9}", ", range: {max: 10}", "loosened"),
        (", null_fraction: 0.1", ", null_fraction: 0.2", "loosened"),
        (", null_fraction: 0.2", ", null_fraction: 0.1", "tightened"),
        (", values: [1.0, 2.0]", ", values: [1.0]", "tightened"),
        (", values: [1.0]", ", values: [1.0, 2.0]", "loosened"),
        (", values: [1.0, 3.0]", ", values: [1.0, 2.0]", "changed"),
        (", range: {min: 0}", ", range: {min: 0, severity: warn}", "loosened"),
        (", range: {min: 0, action: drop}", ", range: {min: 0}", "tightened"),
        (", range: {min: 0, action: drop}", ", range: {min: 1, severity: warn, action: drop}", "changed"),
        ("", ", not_nan: true", "added"),
        (", nullable: false", "", "removed"),
        ("", ", sensitive: true", "tightened"),
    ],
)
def test_one_rule(before: str, after: str, change: str) -> None:
    assert changes(HEAD % before, HEAD % after) == [("a", change)]
    opposite = {"tightened": "loosened", "loosened": "tightened", "added": "removed", "removed": "added", "changed": "changed"}
    assert changes(HEAD % after, HEAD % before) == [("a", opposite[change])]
    assert changes(HEAD % before, HEAD % before) == []


def test_types_patterns_columns_and_settings() -> None:
    assert changes("columns: {a: int64}", "columns: {a: float64}") == [("a", "changed")]
    assert changes("columns: {a: int64}", "columns: {a: int64, b: string}") == [("b", "added")]
    assert changes("columns: {a: int64, b: string}", "columns: {a: int64}") == [("b", "removed")]
    assert changes("columns: {a: int64}\nextra_columns: allow", "columns: {a: int64}\nextra_columns: error") == [("", "tightened")]
    assert changes("columns: {a: int64}", "columns: {a: int64}\nallow_not_evaluated: true") == [("", "loosened")]
    text = "columns: {a: {type: string, regex: %s}}"
    assert changes(text % "a+", text % "b+") == [("a", "changed")]


def test_a_version_without_a_contract() -> None:
    found = compare_contracts(None, contract("columns: {a: int64}"))
    assert [(one.column, one.change) for one in found] == [("a", "added"), ("", "added")]  # and that it must not be empty
    assert compare_contracts(None, None) == []


def test_the_words_name_values_that_came_and_went_but_never_sensitive_ones() -> None:
    text = "columns: {a: {type: string, values: [%s]%s}}"
    (one,) = compare_contracts(contract(text % ("x, y", "")), contract(text % ("x, z", "")))
    assert (one.before, one.after) == ("one of 2 values, with 'y'", "one of 2 values, with 'z'")
    (one,) = compare_contracts(contract(text % ("x, y", ", sensitive: true")), contract(text % ("x, z", ", sensitive: true")))
    assert "y" not in one.before.replace("(sensitive)", "")
    assert "z" not in one.after
