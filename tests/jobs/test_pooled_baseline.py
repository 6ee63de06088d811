"""Several kept statistics as one baseline: columns that not all of them have."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.baseline import Kept
from featureprep.jobs.pooled_baseline import Pooled
from featureprep.jobs.stats import source_statistics
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.drift.baseline import Baseline

CONTRACT = "columns: {a: int64, b: string, c: int64, d: date}\ndrift: {linf: 0.1}\n"
DAYS: list[dict[str, Any]] = [
    {"a": [1, 2, 3], "b": ["x", "x", "y"], "c": [1, 1, 1]},
    {"a": [3, 4], "b": ["y", "y"], "c": ["one", "two"]},
    {"a": [9]},
]


def baseline(*days: dict[str, Any]) -> Baseline:
    engine = PandasEngine()
    kept = [
        Kept(f"t@{n}", source_statistics({"t": fp.from_arrow(pa.table(day))}, None, engine, shapes=True)["sources"])
        for n, day in enumerate(days, 1)
    ]
    (stated,) = load_contract(CONTRACT).sources
    return Pooled("t@last:3", tuple(kept)).baseline("t", stated, ["a", "b", "c", "d"], engine)


def test_a_column_counts_where_it_is() -> None:
    found = baseline(*DAYS)
    assert {name: shape.rows for name, shape in found.shapes.items()} == {"a": 6, "b": 5}
    assert vars(found.shapes["a"])["points"].tolist() == [1, 2, 3, 4, 9]
    assert vars(found.shapes["b"])["counts"] == {"y": 3, "x": 2}
    assert found.obstacle("c") == "the column holds numbers in some versions of t@last:3, and something else in others"
    assert found.obstacle("d") == "the baseline t@3 does not have the column"
    assert found.obstacle("a") is None


def test_of_one_it_is_the_same() -> None:
    found = baseline(DAYS[0])
    assert (found.name, found.shapes["a"].rows) == ("t@last:3", 3)
    assert found.obstacle("d") == "the baseline t@last:3 does not have the column"


def test_sources_that_none_has() -> None:
    (stated,) = load_contract("sources: {u: {columns: {a: int64}}}\n").sources
    kept = Kept("t@1", {"t": {}})
    assert (
        Pooled("t@last:2", (kept, kept)).baseline("u", stated, ["a"], PandasEngine()).obstacle("a") == "t@1 has statistics of t, not of u"
    )
