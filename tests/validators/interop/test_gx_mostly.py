"""`mostly` of a suite is of the values, rows without one left out, whatever the rule becomes in a contract."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.validators.interop import from_gx


def suite(*expectations: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"name": "s", "expectations": [{"type": kind, "kwargs": {"column": "a", **kwargs}} for kind, kwargs in expectations], "meta": {}}


BETWEEN, IN_SET = "expect_column_values_to_be_between", "expect_column_values_to_be_in_set"
KINDS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "a bound": (BETWEEN, {"min_value": 0}, lambda v: v >= 0),
    "two bounds": (BETWEEN, {"min_value": 0, "max_value": 2}, lambda v: 0 <= v <= 2),
    "bounds that are not allowed": (BETWEEN, {"min_value": 0, "max_value": 2, "strict_min": True, "strict_max": True}, lambda v: 0 < v < 2),
    "a set": (IN_SET, {"value_set": [0, 1, 2]}, lambda v: v in (0, 1, 2)),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("dtype", [pa.int64(), pa.float64()])
@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.integers(-2, 4)), min_size=1, max_size=12), mostly=st.sampled_from([0.1, 0.5, 0.75, 0.9]))
def test_as_great_expectations_counts(name: str, dtype: pa.DataType, values: list[int | None], mostly: float) -> None:
    kind, kwargs, good = KINDS[name]
    present = [value for value in values if value is not None]
    kept = sum(good(value) for value in present)
    expected = not present or kept / len(present) >= mostly  # as Great Expectations has it
    report = fp.validate(pa.table({"a": pa.array(values, pa.int64()).cast(dtype)}), suite((kind, {**kwargs, "mostly": mostly})))
    assert report.ok == expected, report.render_text()
    assert report.notes == ()


def test_what_it_says() -> None:
    stated = suite((BETWEEN, {"min_value": 0, "mostly": 0.9}))
    table = pa.table({"a": pa.array([1] * 5 + [-1] * 5 + [None] * 90, pa.int64())})
    (failed,) = (o for o in fp.validate(table, stated).outcomes if o.status != "passed")
    assert (failed.id, failed.count, failed.total, failed.rows[0], failed.blocking) == ("a/range/min", 5, 100, "memory row 5", True)
    assert failed.message == "5 of 10 values break it, rows without a value left out; of these 90% must keep to it"
    warned = {**stated, "expectations": [{**stated["expectations"][0], "severity": "warning"}]}
    assert fp.validate(table, warned).ok
    text, lost = from_gx(json.dumps(stated), file="s.json")  # a contract counts all rows: told where one is written
    assert "at_most" in text
    assert any("counts `mostly` without rows that have no value" in each for each in lost)


def test_the_second_of_one_column_is_of_its_own() -> None:
    table = pa.table({"a": pa.array([1.0, 1.0, 1.0, -1.0, None, None, None, None])})
    for first, second in ((0.75, 0.75), (0.5, 0.9)):
        stated = suite((BETWEEN, {"min_value": 0, "mostly": first}), (BETWEEN, {"max_value": 0, "mostly": second}))
        failed = [o.id for o in fp.validate(table, stated).outcomes if o.status == "failed"]
        assert len(failed) == 1
        assert failed[0].startswith("$/expressions/")  # 3 of 4 values are above 0; the first rule holds of 3 of 4
