"""Runs over a sample: the same rows whatever the order, the ledger tells, and nobody takes the version for a whole one."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featureprep as fp
from featureprep import agg
from featureprep import transforms as T
from featureprep.errors import ArgumentError
from featureprep.jobs.sampling import SmallestHashes
from featureprep.store.objects import ObjectStore
from featureprep.store.tags import set_tag
from tests.jobs.cases import make_job, memory_store

ROWS = [{"id": i, "key": f"k{i % 40}", "x": i / 7} for i in range(2000)]


def job(rows: list[dict[str, Any]] = ROWS) -> Any:
    return make_job(lambda main: main.features(x=T.standard_scale("x"), keep=["id"]), fp.from_arrow(pa.Table.from_pylist(rows)))


def ids(run: Any) -> list[int]:
    return sorted(run.dataset.to_arrow()["id"].to_pylist())


@pytest.mark.parametrize("sample", [0.05, 137])
def test_the_sample_does_not_depend_on_order_or_partitions(sample: Any) -> None:
    shuffled = ROWS.copy()
    random.Random(3).shuffle(shuffled)
    runs = [job(rows).run(store=memory_store(), sample=sample, partitions=n, progress=False) for rows, n in ((ROWS, 1), (shuffled, 7))]
    assert runs[0].dataset.fingerprint == runs[1].dataset.fingerprint
    assert runs[0].graph.fingerprint == runs[1].graph.fingerprint
    assert ids(runs[0]) == ids(runs[1])
    assert len(ids(runs[0])) == (137 if sample == 137 else pytest.approx(100, abs=40))


def test_a_number_of_rows_is_exact_and_all_where_there_are_fewer() -> None:
    assert len(ids(job().run(store=memory_store(), sample=1))) == 1
    assert len(ids(job().run(store=memory_store(), sample=1999))) == 1999
    assert len(ids(job().run(store=memory_store(), sample=5000))) == 2000
    assert set(ids(job().run(store=memory_store(), sample=50))) < set(ids(job().run(store=memory_store(), sample=500)))


def test_the_version_is_marked_and_kept_apart(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    whole = job().run(store=store)
    run = job().run(store=store, sample=0.1)
    assert (run.dataset.name, run.dataset.version) == ("case_sample", 1)
    assert "0.1 of the rows of main" in run.dataset.sample
    assert "SAMPLE" in repr(run.dataset)
    assert "SAMPLE" in str(run.report)
    assert "a sample" in run.dataset._repr_html_()
    assert fp.open_dataset(store, "case_sample").sample == run.dataset.sample
    assert fp.open_dataset(store, "case@latest").sample == whole.dataset.sample == ""
    rows = run.ledger.rows()
    assert rows["read"] == 2000 == rows["written"] + rows["dropped"]
    assert any("sample 10%" in line.dropped for line in run.ledger.lines)
    exact = job().run(store=store, sample=150, name="exact")
    assert any(line.dropped.get("sample 150 rows") for line in exact.ledger.lines)
    assert run.report.statistics["sources"] == {}
    assert run.report.statistics["splits"]["all"]["rows"] == rows["written"]
    with pytest.raises(ArgumentError, match="is a sample"):
        set_tag(ObjectStore.open(store), "case_sample", "prod", 1, now=dt.datetime.now(dt.UTC))
    with pytest.raises(ArgumentError, match="case_sample"):
        job().run(store=store, sample=0.1, name="case")
    assert job().run(store=store, sample=0.1, name="small").dataset.name == "small"
    applied = job().apply(whole.graph, store=store, sample=0.1)
    assert (applied.dataset.name, bool(applied.dataset.sample)) == ("case_applied_sample", True)
    assert ids(applied) == ids(run)


def test_joined_tables_stay_whole() -> None:
    side = fp.from_arrow(pa.table({"key": [f"k{i}" for i in range(40)], "size": list(range(40))}))

    @fp.job(sources={"main": fp.from_arrow(pa.Table.from_pylist(ROWS)), "side": side})
    def case(main: fp.Table, side: fp.Table) -> fp.Table:
        counted = main.group_by("key").agg(n=agg.count())
        return main.join(side, "key").join(counted, "key").features(keep=["id", "size", "n"])

    run = case.run(store=memory_store(), sample=100)
    table = run.dataset.to_arrow()
    assert table.num_rows == 100
    assert set(table["n"].to_pylist()) == {50}  # groups of all rows, not of the sample
    plain = make_job(lambda main: main.features(keep=["id"]), fp.from_arrow(pa.Table.from_pylist(ROWS))).run(
        store=memory_store(), sample=100
    )
    assert ids(plain) == sorted(table["id"].to_pylist())


@pytest.mark.parametrize("sample", [0, 0.0, 1.0, 1.5, -1, True, "0.1", 10**9, float("nan")])
def test_what_is_no_sample(sample: Any) -> None:
    with pytest.raises(ArgumentError, match="sample"):
        job().run(store=memory_store(), sample=sample)


def test_explain_counts_its_scan() -> None:
    for sample in (0.1, 100):
        assert len(job().explain(sample=sample).scans) == len(job().run(store=memory_store(), sample=sample).scans)


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 20), st.integers(0, 60))
def test_the_fold_is_one_of_the_law_abiding(values: list[int], k: int, cut: int) -> None:
    fold = SmallestHashes(("x",), k)
    whole = fold.update(fold.init(), pa.array(values, pa.int64()))
    parts = [fold.update(fold.init(), pa.array(part, pa.int64())) for part in (values[cut:], values[:cut])]
    merged = fold.merge(fold.decode(fold.encode(parts[0])), parts[1])
    assert fold.finish(merged) == fold.finish(whole)
    assert fold.finish(whole)[0] == len(values)
    assert (fold.finish(whole)[1] is None) == (len(values) < k)
