"""Bounds and values of float32 columns: rounded as the column's own values are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featureprep as fp
from featureprep.validators.checks.items import nearest
from featureprep.validators.contract_yaml import load_contract


@pytest.mark.parametrize(
    ("kind", "ok"),
    [
        ({"values": [0.1, 0.2]}, True),
        ({"values": [0.1]}, False),
        ({"values": [0.1, 0.2], "min_domain_mass": 1.0}, True),
        ({"values": [0.1], "min_domain_mass": 0.5}, True),
        ({"values": [0.1], "min_domain_mass": 0.6}, False),
        ({"range": {"min": 0.1, "max": 0.2}}, True),
        ({"range": {"min": 0.10000001}}, False),
        ({"range": {"max": 0.19999998}}, False),
    ],
)
@pytest.mark.parametrize("lists", [False, True])
def test_what_is_written_alike_is_alike(kind: dict[str, Any], ok: bool, lists: bool, tmp_path: Path) -> None:
    if lists:
        rows: Any = pa.table({"v": pa.array([[0.1, None], [], [0.2]], pa.list_(pa.float32()))})
    else:
        (tmp_path / "x.csv").write_text("v,w\n0.1,1\n0.2,2\n", encoding="utf-8")
        rows = fp.read_csv(str(tmp_path / "x.csv"))
    stated = {"columns": {"v": {"type": "list<float32>" if lists else "float32", **kind}}, "extra_columns": "allow"}
    report = fp.validate(rows, stated)
    assert report.ok is ok
    assert [o.status for o in report.outcomes if o.check in kind] == ["passed" if ok else "failed"] * (
        len(kind["range"]) if "range" in kind else 1
    )


def test_the_contract_keeps_what_was_written() -> None:
    contract = load_contract("columns: {v: {type: float32, values: [0.1, 0.2], range: {max: 0.2}}}\n")
    assert load_contract(contract.to_yaml()) == contract
    assert "0.1, 0.2" in contract.to_yaml()


def test_float64_is_exact() -> None:
    table = pa.table({"v": pa.array([0.1], pa.float32())})
    assert not fp.validate(table, {"columns": {"v": {"type": "float64", "values": [0.1]}}}).ok


@given(st.floats(width=64, allow_nan=False))
def test_nearest(value: float) -> None:
    made = nearest(value, pa.float32())
    with np.errstate(over="ignore"):
        rounded = float(np.float32(value))
    lost = (np.isinf(rounded) and not np.isinf(value)) or (rounded == 0 and value != 0)
    assert made == (value if lost else rounded)
    assert nearest(value, pa.float64()) == value


def test_bounds_that_float32_has_not() -> None:
    table = pa.table({"v": pa.array([0.0, float("inf")], pa.float32())})
    found = {
        o.id: o.count for o in fp.validate(table, {"columns": {"v": {"type": "float32", "range": {"min": 1e-60, "max": 1e60}}}}).outcomes
    }
    assert (found["v/range/min"], found["v/range/max"]) == (1, 1)
