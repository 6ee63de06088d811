"""Contracts that can be read and that no data can meet."""

from __future__ import annotations

import pytest

from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.lint import contradictions


def told(column: str, rest: str = "") -> list[str]:
    return [one.what for one in contradictions(load_contract(f"columns:\n  c: {{{column}}}\n{rest}"))]


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ("type: int64, values: [1, 2], range: {min: 2}", "values allows '1', which its range (min 2) rules out"),
        ("type: float64, values: [.inf, 1], range: {max: 9}", "values allows 'inf', which its range (max 9.0) rules out"),
        ("type: date, values: [2020-01-01], range: {min: 2021-01-01}", "values allows '2020-01-01'"),
        ("type: 'decimal(5, 2)', values: ['1.25'], range: {min: 2}", "values allows '1.25'"),
        ("type: string, values: [a, '1'], regex: '[0-9]+'", "values allows 'a', which its regex rules out"),
        ("type: string, values: [a, äöü], length: {max: 2}", "values allows 'äöü', which its length (max 2) rules out"),
        ("type: list<int64>, values: [1, 7], range: {max: 5}", "values allows '7'"),
        ("type: int64, values: [1, 7], min_domain_mass: 0.9, range: {max: 5}", "values allows '7'"),
        ("type: string, values: [], nullable: false", "no value is allowed, and no null"),
        ("type: string, sensitive: true, values: [secret], length: {max: 2}", "values allows some of them, which its length rules out"),
        ("type: 'fixed_size_list<int64>[2]', valency: {min: 3}", "has 2 items by its type"),
        ("type: 'fixed_size_list<int64>[2]', valency: {max: 1}", "has 2 items by its type"),
        ("type: string, environments: []", "expected in no environment"),
        ("type: string, not_in: [TRAINING, SERVING]", "expected in no environment"),
        ("type: 'timestamp[Mars/X]'", "there is no time zone 'Mars/X'"),
        ("type: 'list<struct<a: timestamp[Mars/X]>>'", "there is no time zone 'Mars/X'"),
    ],
)
def test_what_cannot_be(column: str, what: str) -> None:
    (found,) = told(column)
    assert found.startswith("column 'c'")
    assert what in found
    assert "secret" not in found


@pytest.mark.parametrize(
    "column",
    [
        "type: int64, values: [2, 3], range: {min: 2, max: 3}",
        "type: int64, values: [1], range: {min: 2, severity: warn}",  # which is told of, and passes
        "type: int64, values: [1], range: {min: 2, at_most: 10}",
        "type: string, values: []",  # all null
        "type: 'list<string>', values: [], nullable: false",  # empty lists
        "type: string, values: [äöü], length: {max: 3}, regex: '.*'",
        "type: 'fixed_size_list<int64>[2]', valency: {min: 2, max: 2}",
        "type: 'timestamp[+05:30]'",
        "type: 'timestamp[UTC]', environments: [SERVING]",
    ],
)
def test_what_can(column: str) -> None:
    assert told(column) == []


def test_rows() -> None:
    assert told("type: int64", "rows: {max: 0}\n") == ["rows may be 0 at most, and no rows at all are not allowed"]
    assert told("type: int64", "rows: {max: 0}\nallow_empty: true\n") == []


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("c == 0.1", 0.1), ("c != 0.1 or d > 1", 0.1), ("c in [0.5, 0.1]", 0.1), ("c <= 0.2", 0.2), ("0.2 >= c", 0.2), ("c < 0.7", 0.7),
        ("0.1 <= c", None), ("c > 0.7", None), ("c == 0.5", None), ("c == 1e300", None), ("d == 0.1", None), ("c == d", None), ("c * 2 == 0.2", None),
    ],
)  # fmt: skip
def test_numbers_that_no_float32_is(expr: str, wrong: float | None) -> None:
    found = told("type: float32", f"  d: float64\nexpressions:\n  - expr: {expr}\n")
    assert len(found) == (wrong is not None)
    assert all(f"column 'c', which is float32, with {wrong}; a cell that says so is 0." in one for one in found)
    assert told("type: float32", f"  d: float64\nexpressions:\n  - {{expr: '{expr}', severity: warn}}\n") == []
    assert told("type: float32, values: [0.1], range: {max: 0.10000000149011612}") == []


def test_a_machine_without_zones_knows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    assert told("type: 'timestamp[Mars/X]'") == []
