"""Statistics of dates, times, decimals and lists, and drift told from them, are the same on every engine."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.baseline import Data, of_version
from featureprep.jobs.validate import validate
from featureprep.validators.contract_yaml import load_contract

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
CONTRACT = """
columns:
  day: {type: date, drift: {wasserstein: 2, kolmogorov_smirnov: 0.05, linf: 0.5}}
  at: {type: timestamp, drift: {wasserstein: 3600, jensen_shannon: 0.01}}
  price: {type: 'decimal(12, 2)', drift: {mean_shift: 0.2, psi: 0.1}}
  words: {type: list<string>, drift: {linf: 0.05, mean_shift: {threshold: 0.1, of: lengths}}}
  sizes: {type: list<float64>, drift: {wasserstein: 0.3, std_change: {threshold: 0.1, of: lengths}, linf: {threshold: 0.1, of: items}}}
"""


def rows(n: int, shift: int) -> pa.Table:
    return pa.table({
        "day": pa.array([dt.date(2024, 1, 1) + dt.timedelta(days=i % 31 + shift) for i in range(n)]),
        "at": pa.array([None if i % 50 == 0 else dt.datetime(2024, 1, 1) + dt.timedelta(seconds=977 * i % 86_400 + 7200 * shift) for i in range(n)], pa.timestamp("us")),
        "price": pa.array([Decimal(i * 7919 % 10_000 + 900 * shift).scaleb(-2) for i in range(n)], pa.decimal128(12, 2)),
        "words": pa.array([["a", "b", None][: i % 4] + ["c"] * shift for i in range(n)], pa.list_(pa.string())),
        "sizes": pa.array([None if i % 9 == 0 else [i % 13 + shift * 2.0, float("nan")][: i % 3 + shift] for i in range(n)], pa.list_(pa.float64())),
    })  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("kinds")
    for name, shift in (("before", 0), ("after", 1)):
        (made / name).mkdir()
        for part in range(3):
            pq.write_table(rows(1500, shift).slice(part * 500, 500), made / name / f"{part}.parquet")
    return made


def test_it_is_told(engine: Engine, folder: Path, tmp_path: Path) -> None:
    contract = load_contract(CONTRACT)
    before, after = (fp.read_parquet(str(folder / name / "*.parquet")) for name in ("before", "after"))

    def told(on: Engine, reference: Any, partitions: int | None) -> dict[str, Any]:
        return validate({"s": after}, contract, None, on, partitions=partitions, now=NOW, reference=reference).to_json()

    def job(s: fp.Table) -> fp.Table:
        return s.features(keep=["day"])

    runs = [
        fp.job(sources={"s": before}, name="old")(job).run(store=str(tmp_path / on.name), engine=on) for on in (engine, PandasEngine(1))
    ]
    one, two = (made.report.content["statistics"] for made in runs)
    assert one == two
    expected = told(PandasEngine(1), Data("the baseline", {"s": before}, None), 1)
    assert told(engine, Data("the baseline", {"s": before}, None), None) == expected
    stored = told(engine, of_version(runs[0].dataset), 2)
    assert str(stored).replace("old@1", "the baseline") == str(expected)
    found = {one["id"]: one for one in expected["sources"]["s"]["outcomes"]}
    assert {key for key, one in found.items() if one["status"] == "failed"} == {
        "at/drift/wasserstein", "at/drift/jensen_shannon", "price/drift/psi", "price/drift/mean_shift", "words/drift/linf",
        "words/drift/mean_shift", "sizes/drift/wasserstein", "sizes/drift/std_change",
    }  # fmt: skip
    assert found["at/drift/wasserstein"]["figures"]["unit"] == "seconds"
    assert found["at/drift/wasserstein"]["figures"]["value"] == pytest.approx(7200)
    assert "is 1 days" in found["day/drift/wasserstein"]["message"]
    assert found["words/drift/mean_shift"]["rule"].endswith("(shift of the mean, in standard deviations of its lengths)")
