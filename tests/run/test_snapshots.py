"""Native tables written down: attempts, types, empty partitions, resuming, what a preview sees."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.engines.base import Engine
from featureprep.errors import DataError, NonDeterministicError, RequestError, TypeMismatchError
from featureprep.io.base import Source
from featureprep.io.native import NativePart, WritePartition
from featureprep.jobs.driver import run
from featureprep.jobs.resume import resume
from featureprep.run.snapshot import Snapshot, WriteSnapshot
from featureprep.store.names import new_run_id
from featureprep.store.objects import ObjectStore
from featureprep.testing import jobs, rows
from featureprep.testing.compare import outcome
from featureprep.testing.shaken import ShakenEngine
from tests.run.test_shipping import NOW


class Parts:
    """A native table made of Arrow tables. It is read once, or says so."""

    kind: ClassVar[str] = "parts"

    def __init__(self, *tables: pa.Table) -> None:
        self.tables = tables
        self.read = 0

    def write(self, sink: WritePartition, engine: Any) -> Sequence[NativePart]:
        self.read += 1
        order = list(enumerate(self.tables))
        random.Random(self.read).shuffle(order)
        return [part for partition, table in order for part in sink(partition, iter(table.to_batches() or [_empty(table.schema)]))]

    def head(self, rows: int) -> pa.Table:
        return pa.concat_tables(self.tables, promote_options="default").slice(0, rows)


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema)


def native(*tables: pa.Table) -> Source:
    return Source("native", native=Parts(*tables))


@pytest.fixture
def sink(tmp_path: Path) -> WriteSnapshot:
    return WriteSnapshot(ObjectStore.open(str(tmp_path / "store")), new_run_id(NOW), "people")


TABLE = pa.table({"a": [1, 2, 2, None], "s": ["x", "é", None, "x"], "f": [0.5, float("nan"), -0.0, None]})


def test_a_later_attempt_finds_the_first_ones_part(sink: WriteSnapshot) -> None:
    (first,) = sink(3, iter(TABLE.to_batches()))
    (same,) = sink(3, iter(TABLE.to_batches()))
    (other,) = sink(3, iter([*TABLE.slice(2).to_batches(), *TABLE.slice(0, 2).to_batches()]))
    assert first == same == other
    assert first.rows == 4
    with pytest.raises(NonDeterministicError, match="partition 3 of the source 'people'"):
        list(sink(3, iter(TABLE.slice(1).to_batches())))


def test_dictionaries_and_metadata_are_left_behind(sink: WriteSnapshot) -> None:
    coded = TABLE.set_column(1, "s", TABLE["s"].dictionary_encode()).replace_schema_metadata({"a": "b"})
    halves = [*coded.slice(0, 1).to_batches(), *pa.table({n: TABLE[n].slice(1) for n in TABLE.column_names}).to_batches()]
    (part,) = sink(0, iter(halves))
    snapshot = Snapshot(sink.store, "parts", (part,))
    found = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(snapshot.open(part.path)))).read_all()
    assert found.schema == TABLE.schema.remove_metadata()
    assert found.to_pylist()[1]["s"] == "é"


def test_a_partition_without_a_batch_leaves_nothing(sink: WriteSnapshot) -> None:
    assert list(sink(0, iter(()))) == []
    (part,) = sink(1, iter([_empty(TABLE.schema)]))
    assert part.rows == 0


def test_a_run_over_a_native_table_is_as_one_in_memory(tmp_path: Path) -> None:
    table = rows.trips(200)
    expected = outcome(jobs.taxi(tmp_path, {"trips": fp.from_arrow(table)}), "pandas", str(tmp_path / "a"))
    parts = [table.slice(0, 90), table.schema.empty_table(), table.slice(90, 1), table.slice(91)]
    source = native(*parts)
    engines: list[Engine | str] = ["pandas", ShakenEngine()]
    for times, engine in enumerate(engines, 1):
        found = outcome(jobs.taxi(tmp_path, {"trips": source}), engine, str(tmp_path / f"store {times}"), partitions=2)
        for name in ("dataset", "graph", "ledger", "statistics"):
            assert found[name] == expected[name]
        assert source.native.read == times
        assert not list((tmp_path / f"store {times}" / "_staging").rglob("*.arrow"))


def test_a_column_may_be_null_in_one_partition(tmp_path: Path) -> None:
    one = pa.table({"x": pa.nulls(2), "k": ["a", "b"]})
    two = pa.table({"x": [1.5], "k": ["a"]})
    job = fp.job(sources={"t": native(one, two)}, name="n")(lambda t: t.features(x="x", k="k"))
    done = run(job, store=str(tmp_path / "store"), progress=False)
    assert sorted(done.dataset.to_arrow().column("x").to_pylist(), key=str) == [1.5, None, None]
    other = fp.job(sources={"t": native(two, pa.table({"x": ["text"], "k": ["a"]}))}, name="n")(lambda t: t.features(x="x"))
    with pytest.raises(TypeMismatchError, match="'x' is float64 in parts partition 0"):
        run(other, store=str(tmp_path / "store"), progress=False)
    assert not list((tmp_path / "store" / "_staging").rglob("*.arrow"))  # nothing of it is left


def test_a_table_without_partitions(tmp_path: Path) -> None:
    job = fp.job(sources={"t": native()}, name="n")(lambda t: t.features(x="x"))
    with pytest.raises(DataError, match="neither rows nor types"):
        run(job, store=str(tmp_path / "store"), progress=False)


def test_a_resumed_run_does_not_read_the_table_again(tmp_path: Path) -> None:
    from featureprep.store.staging import staged_runs

    table = rows.trips(150)
    expected = outcome(jobs.taxi(tmp_path, {"trips": fp.from_arrow(table)}), "pandas", str(tmp_path / "a"))
    job, store = jobs.taxi(tmp_path, {"trips": fp.from_arrow(table)}), str(tmp_path / "store")

    def stop(label: str, done: int, total: int) -> None:
        if label == "write":
            raise KeyboardInterrupt

    given = {"trips": native(table.slice(0, 70), table.slice(70))}
    with pytest.raises(KeyboardInterrupt):
        run(job, store=store, sources=given, progress=stop)
    (waiting,) = staged_runs(ObjectStore.open(store))
    found = resume(store, waiting, job, progress=False)
    assert (found.dataset.fingerprint, found.graph.fingerprint) == (expected["dataset"], expected["graph"])


def test_origins_and_lineage_name_the_partition_and_the_table(tmp_path: Path) -> None:
    table = pa.table({"x": [1, 300, 2]})
    source = native(table.slice(0, 1), table.slice(1))
    job = fp.job(sources={"t": source}, name="n")(
        lambda t: t.quarantine(when=fp.col("x") > 200, reason="large").features(x="x"),
    )
    done = run(job, store=str(tmp_path / "store"), progress=False)
    (file,) = (tmp_path / "store").rglob("quarantine/*.parquet")
    (record,) = pa.parquet.read_table(file).to_pylist()
    assert record["file"].startswith("parts partition 1 (")
    assert record["row"] == 0
    inputs = next(event["inputs"] for event in done.lineage if event["eventType"] == "COMPLETE")
    assert [(one["namespace"], one["name"]) for one in inputs] == [("parts", "n/t")]


def test_preview_and_explain_read_the_head_only() -> None:
    source = native(rows.trips(60))
    job = jobs.taxi(Path(), {"trips": source})
    assert job.preview(3).table.num_rows == 3
    assert "fit" in job.explain().to_text()
    assert source.native.read == 0


def test_other_verbs_say_so() -> None:
    from featureprep.engines.pandas import PandasEngine
    from featureprep.jobs.stats import source_statistics

    with pytest.raises(RequestError, match="run, apply and preview only"):
        source_statistics({"t": native(TABLE)}, None, PandasEngine())
