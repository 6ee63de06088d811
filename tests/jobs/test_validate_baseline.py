"""`fp.validate(..., baseline=...)`: one verdict, whatever the baseline is kept in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import canonical
from featureprep import transforms as T
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ArgumentError, RequestError
from featureprep.jobs.stats import source_statistics

CONTRACT = {"columns": {"fare": "float64", "kind": "string"}, "drift": {"kolmogorov_smirnov": 0.1, "linf": 0.1}}
BEFORE = {"fare": [i % 50 / 2 for i in range(600)], "kind": ["taxi", "bus", "taxi"] * 200}
NOW = {"fare": [i % 50 / 2 for i in range(300)], "kind": ["taxi", "bus", "bus"] * 100}


@pytest.fixture
def baselines(tmp_path: Path) -> dict[str, Any]:
    pd.DataFrame(BEFORE).to_csv(tmp_path / "before.csv", index=False)
    statistics = source_statistics({"a": fp.from_arrow(pa.table(BEFORE))}, None, PandasEngine(), shapes=True)
    (tmp_path / "before.json").write_text(canonical.dumps(statistics), encoding="utf-8")

    @fp.job(sources={"rides": fp.from_arrow(pa.table(BEFORE))}, name="rides")
    def job(rides: fp.Table) -> fp.Table:
        return rides.features(fare="fare", kind=T.one_hot("kind"))

    store = str(tmp_path / "store")
    job.run(store=store)
    return {
        "frame": pd.DataFrame(BEFORE),
        "table": pa.table(BEFORE),
        "file": str(tmp_path / "before.csv"),
        "path": tmp_path / "before.csv",
        "statistics": tmp_path / "before.json",
        "version": fp.open_dataset(store, "rides@1"),
    }


def drift(report: Any) -> dict[str, tuple[str, Any]]:
    return {o.id: (str(o.status), o.figures and {**o.figures, "baseline": ""}) for o in report.outcomes if o.check == "drift"}


def test_one_verdict(baselines: dict[str, Any]) -> None:
    found = {name: drift(fp.validate(pa.table(NOW), CONTRACT, baseline=baseline)) for name, baseline in baselines.items()}
    first = found["table"]
    assert {key for key, (status, _) in first.items() if status == "failed"} == {"kind/drift/linf"}
    assert {key for key, (status, _) in first.items() if status == "passed"} == {
        "fare/drift/linf", "fare/drift/kolmogorov_smirnov",
    }  # fmt: skip
    assert all(other == first for other in found.values())


def test_several_sources() -> None:
    contract = {"sources": {"a": CONTRACT, "b": CONTRACT}}
    report = fp.validate({"a": pa.table(NOW), "b": pa.table(BEFORE)}, contract, baseline={"a": pa.table(BEFORE), "b": pa.table(BEFORE)})
    assert {name for name, outcomes in report.sources.items() for o in outcomes if str(o.status) == "failed"} == {"a"}
    with pytest.raises(ArgumentError, match="sources 'a'"):
        fp.validate({"a": pa.table(NOW), "b": pa.table(BEFORE)}, contract, baseline={"b": pa.table(BEFORE)})


def test_what_is_no_baseline(baselines: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="baseline"):
        fp.validate(pa.table(NOW), CONTRACT, baseline=7)
    with pytest.raises(RequestError, match="states nothing about drift"):
        fp.validate(pa.table(NOW), {"columns": {"fare": "float64", "kind": "string"}}, baseline=baselines["table"])
    report = fp.validate(pa.table(NOW), CONTRACT)
    assert {status for status, _ in drift(report).values()} == {"not evaluated"}


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_a_column_that_the_baseline_does_not_have_is_not_evaluated(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"before.{suffix}"
    before = pd.DataFrame(BEFORE).drop(columns="kind")
    {"csv": before.to_csv, "parquet": before.to_parquet}.get(suffix, lambda p, index: before.to_json(p, orient="records", lines=True))(
        path, index=False
    )
    statuses = {
        o.id: (str(o.status), o.message) for o in fp.validate(pa.table(NOW), CONTRACT, baseline=path).outcomes if o.check == "drift"
    }
    assert statuses["fare/drift/linf"][0] == "passed"
    assert statuses["kind/drift/linf"] == ("not evaluated", f"the baseline {path.name} does not have the column")
