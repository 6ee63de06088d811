"""Great Expectations itself judges generated data by our suites as we judge it by the contract, rule by rule.

Needs a Python that has great_expectations (1.x), pandas and pyarrow: this one, or the one that FEATUREPREP_GX_PYTHON names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep.validators.interop.gx_write import to_gx
from featureprep.validators.plain_tree import contract_of_values

CASES = 60
RUNNER = Path(__file__).with_name("gx_runner.py")
RULES = {
    "expect_column_to_exist": "required",
    "expect_column_value_lengths_to_be_between": "length",
    "expect_column_values_to_be_between": "range",
    "expect_column_values_to_be_in_set": "values",
    "expect_column_values_to_be_unique": "unique",
    "expect_column_values_to_match_regex": "regex",
    "expect_column_values_to_not_be_null": "nulls",
    "expect_compound_columns_to_be_unique": "keys",
    "expect_table_row_count_to_be_between": "rows",
}
WORDS = np.array(["abc", "ab", "AB", "a1", "٣", "é", "", "abc def", "x" * 12, "true", "1", "\U0001f600"], dtype=object)
PATTERNS = ["[a-z]+", r"\w*", r"\d", "a|abc", ".*", "(?i)ab", "[^x]*", ".", "", r"\s*abc\s*def"]


@pytest.fixture(scope="module")
def python() -> str:
    named = os.environ.get("FEATUREPREP_GX_PYTHON")
    if named is None and find_spec("great_expectations") is None:
        pytest.skip("great_expectations is not installed here, and FEATUREPREP_GX_PYTHON names no Python that has it")
    return named or sys.executable


def case(rng: np.random.Generator) -> tuple[pa.Table, dict[str, Any]]:
    """Some rows, and a contract of which each rule holds about as often as not."""
    rows = int(rng.integers(0, 9)) if rng.random() < 0.3 else int(rng.integers(10, 200))
    few = bool(rng.random() < 0.5)

    def some(values: Any) -> list[Any]:
        nulls = rng.random(rows) < rng.choice([0.0, 0.0, 0.05, 0.5])
        return [None if null else value for value, null in zip(values.tolist(), nulls, strict=True)]

    table = pa.table(
        {
            "n": pa.array(rng.integers(-3, 4, rows) if few else rng.permutation(rows), pa.int64()),
            "x": pa.array(some(rng.integers(-2, 3, rows) / 2 if few else rng.normal(size=rows)), pa.float64()),
            "s": pa.array(some(rng.choice(WORDS[: 3 if few else None], rows)), pa.string()),
            "b": pa.array(rng.random(rows) < 0.9, pa.bool_()),
        }
    )
    share = float(rng.choice([0.05, 0.07, 0.5, 0.93, 1.0]))
    columns: dict[str, Any] = {
        "n": {"type": "int64", "range": {"min": int(rng.integers(-3, 1)), "max": int(rng.integers(1, 300))}, "unique": True},
        "x": {"type": "float64", "null_fraction": share, "range": {"max": float(rng.choice([0.5, 1.0, 5.0]))}, "values": [-0.5, 0.0, 0.5, 1.0, -1.0]},
        "s": {
            "type": "string", "nullable": bool(rng.random() < 0.5), "regex": str(rng.choice(PATTERNS)),
            "length": {"min": int(rng.integers(0, 3)), "max": int(rng.integers(3, 12))}, "unique": True,
            "values": [str(word) for word in WORDS[: int(rng.integers(2, 13))]],
        },
        "b": {"type": "bool", "values": [True] if few else [True, False]},
    }  # fmt: skip
    if rng.random() < 0.2:
        columns["absent"] = {"type": "string", "required": bool(rng.random() < 0.5)}
    contract: dict[str, Any] = {"columns": columns, "rows": {"min": int(rng.integers(0, 30)), "max": int(rng.integers(50, 300))}}
    if rng.random() < 0.7:
        contract["keys"] = [["n", "s"]] if rng.random() < 0.5 else [["n"]]
    return table, contract


def ours(table: pa.Table, contract: Any) -> set[tuple[str, str | None]]:
    """The rules that the data breaks, as `RULES` names them."""
    names = {"nullable": "nulls", "null_fraction": "nulls", "allow_empty": "rows"}
    failed = [outcome for outcome in fp.validate(table, contract).outcomes if outcome.status == "failed"]
    return {(names.get(outcome.check, outcome.check), outcome.column) for outcome in failed}


def test_rule_by_rule(python: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    expected = {}
    for number in range(CASES):
        table, stated = case(rng)
        contract = contract_of_values(stated, "contract")
        suite, unchecked = to_gx(contract)
        assert unchecked == []
        (tmp_path / f"{number}.json").write_text(json.dumps(suite), encoding="utf-8")
        pq.write_table(table, tmp_path / f"{number}.parquet")
        expected[str(number)] = ours(table, contract)
    subprocess.run([python, str(RUNNER), str(tmp_path)], check=True, timeout=300, capture_output=True)
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    theirs = {
        number: {
            ("keys", None) if derived and kind.startswith(("expect_column_", "expect_compound")) else (RULES[kind], column)
            for kind, column, derived, success, _ in results
            if not success
        }
        for number, results in found.items()
    }
    assert theirs == expected
    seen = {rule for broken in expected.values() for rule, _ in broken}
    assert seen == set(RULES.values())  # each was broken somewhere


def expectation(rng: np.random.Generator) -> dict[str, Any]:
    """One of those that a suite of others has, about the columns of `case`."""
    column = str(rng.choice(["n", "x", "s"]))
    low = float(rng.integers(-3, 3)) / 2
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("expect_column_values_to_not_be_null", {"mostly": float(rng.choice([0.5, 0.95, 1.0]))}),
        ("expect_column_values_to_be_unique", {}),
        ("expect_column_to_exist", {}),
    ]
    if column == "s":
        kinds += [
            ("expect_column_values_to_match_regex", {"regex": str(rng.choice(["a", "^a", "b$", "^[a-z]+$", "(?i)AB"]))}),
            ("expect_column_value_lengths_to_be_between", {"min_value": 1, "max_value": 4, "strict_max": bool(rng.random() < 0.5)}),
            ("expect_column_value_lengths_to_equal", {"value": 2}),
            ("expect_column_values_to_be_in_set", {"value_set": ["abc", "ab", "AB"]}),
        ]
    else:
        strict = {"strict_min": bool(rng.random() < 0.5), "strict_max": bool(rng.random() < 0.5)}
        kinds += [
            ("expect_column_values_to_be_between", {"min_value": low, "max_value": low + 2, **strict}),
            ("expect_column_values_to_be_between", {"min_value": low, "strict_min": strict["strict_min"]}),
            ("expect_column_values_to_be_in_set", {"value_set": [-1, 0, 1, 2]}),
        ]
    kind, arguments = kinds[int(rng.integers(0, len(kinds)))]
    mostly = float(rng.choice([0.25, 0.5, 0.9, 1.0]))
    shared = {} if kind in ("expect_column_values_to_be_unique", "expect_column_to_exist") or "mostly" in arguments else {"mostly": mostly}
    return {"type": kind, "kwargs": {"column": column, **arguments, **shared}}


def test_suites_of_others_in_process(python: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    mine: dict[str, list[bool]] = {}
    for number in range(25):
        table, _ = case(rng)
        if not len(table):
            continue
        expectations = [{**expectation(rng), "meta": {"number": each}} for each in range(6)]
        (tmp_path / f"{number}.json").write_text(json.dumps({"name": "s", "expectations": expectations}), encoding="utf-8")
        pq.write_table(table, tmp_path / f"{number}.parquet")
        reports = [fp.validate(table, {"expectations": [each]}) for each in expectations]
        assert all(outcome.status != "not evaluated" for report in reports for outcome in report.outcomes)
        mine[str(number)] = [report.ok for report in reports]
    subprocess.run([python, str(RUNNER), str(tmp_path)], check=True, timeout=300, capture_output=True)
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert {number: [success for *_, success, _ in sorted(results, key=lambda each: each[-1])] for number, results in found.items()} == mine
    assert {success for each in mine.values() for success in each} == {True, False}
