"""Contracts proposed from data and held against data, as functions."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import RequestError
from featureprep.jobs.infer import infer
from featureprep.jobs.validate import validate
from featureprep.validators.contract_yaml import load_contract

ENGINE = PandasEngine(2)

COLUMNS = {
    "n": st.one_of(st.none(), st.integers(-5, 5)),
    "x": st.one_of(st.none(), st.floats(allow_nan=True, width=32)),
    "s": st.one_of(st.none(), st.text(max_size=5)),
    "b": st.one_of(st.none(), st.booleans()),
}
TYPES = {"n": pa.int64(), "x": pa.float64(), "s": pa.string(), "b": pa.bool_()}


@settings(max_examples=60)
@given(st.lists(st.fixed_dictionaries(COLUMNS), min_size=1, max_size=12))
def test_data_meets_the_contract_inferred_from_it(rows: list[dict[str, object]]) -> None:
    table = pa.table({name: pa.array([row[name] for row in rows], dtype) for name, dtype in TYPES.items()})
    sources = {"t": fp.from_arrow(table)}
    proposal = infer(sources, None, ENGINE)
    assert proposal.rows == {"t": len(rows)}
    read_back = load_contract(proposal.contract.to_yaml())
    report = validate(sources, read_back, None, ENGINE)
    assert report.ok, report.render_text()


def test_each_source_has_its_section() -> None:
    sources = {"a": fp.from_arrow(pa.table({"x": [1, 2]})), "b": fp.from_arrow(pa.table({"y": ["u", "v"]}))}
    proposal = infer(sources, None, ENGINE)
    assert proposal.contract.names == ["a", "b"]
    swapped = {"a": sources["b"], "b": sources["a"]}
    report = validate(swapped, proposal.contract, None, ENGINE)
    assert not report.ok
    assert set(report.sources) == {"a", "b"}
    assert any(o.reason == "SCHEMA_MISSING_COLUMN" and o.column == "x" for o in report.sources["a"])


def test_domains_are_left_out_over_the_limit() -> None:
    sources = {"t": fp.from_arrow(pa.table({"s": [f"v{i}" for i in range(30)]}))}
    assert "values" in infer(sources, None, ENGINE).contract.to_yaml()
    assert "values" not in infer(sources, None, ENGINE, max_values=29).contract.to_yaml()


def test_no_rows_fail_unless_they_may(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("a,b\n", encoding="utf-8")
    sources = {"t": fp.read_csv("empty.csv")}
    strict, lenient = (load_contract(f"columns: {{a: int64, b: string}}\n{more}\n") for more in ("", "allow_empty: true"))
    assert not validate(sources, strict, str(tmp_path), ENGINE).ok
    assert validate(sources, lenient, str(tmp_path), ENGINE).ok


def test_every_rule_of_the_environment_has_an_end() -> None:
    contract = load_contract("columns:\n  a: {type: int64, range: {min: 0}}\n  label: {type: string, not_in: [SERVING]}\n")
    sources = {"t": fp.from_arrow(pa.table({"a": [1, -1]}))}
    training = validate(sources, contract, None, ENGINE)
    serving = validate(sources, contract, None, ENGINE, environment="SERVING")
    assert serving.left_out == {"t": ["label"]}
    assert {o.column for o in training.outcomes} == {"a", "label", None}
    assert {o.column for o in serving.outcomes} == {"a", None}
    assert [o.id for o in serving.outcomes if o.blocking] == [o.id for o in training.outcomes if o.blocking and o.column == "a"]
    with pytest.raises(RequestError, match="no environment"):
        validate(sources, contract, None, ENGINE, environment="TESTING")


def test_what_cannot_be_evaluated_fails_unless_it_may() -> None:
    contract = load_contract("columns:\n  a: {type: int64, range: {min: 0}}\n")
    sources = {"t": fp.from_arrow(pa.table({"a": ["1"]}))}
    report = validate(sources, contract, None, ENGINE)
    assert report.counts()["not_evaluated"] >= 1
    lenient = validate(sources, contract, None, ENGINE, allow_not_evaluated=True)
    assert [o.id for o in lenient.outcomes if o.blocking] == [o.id for o in report.outcomes if o.blocking and o.status != "not evaluated"]
