"""Reading a version back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import subprocess
import sys
from collections.abc import Callable

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

from featureprep.errors import ArgumentError, ColumnNotFoundError, CorruptArtefactError
from featureprep.store import log, paths
from featureprep.store.dataset import Dataset, open_dataset
from featureprep.store.log_entry import Draft, FileRecord
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import put_part

Write = Callable[..., Draft]


def part(*values: int) -> pa.Table:
    return pa.table({"a": pa.array(values, pa.int64()), "b": pa.array([f"<{v}>" for v in values], pa.string())})


@pytest.fixture
def dataset(store: ObjectStore, write: Write) -> Dataset:
    splits = {"train": [part(i, i + 1) for i in range(12)], "eval": [part(100), part(), part(99)], "test": []}
    log.commit(store, "census", write(store, splits=splits))
    return open_dataset(store.address[0], "census@1", **store.address[1])


def test_what_it_says_of_itself(dataset: Dataset) -> None:
    assert (dataset.name, dataset.version, dataset.fingerprint) == ("census", 1, "0" * 32)
    assert dataset.splits == {"eval": 2, "test": 0, "train": 24}
    assert dataset.schema.names == ["a", "b"]
    assert "census@1" in repr(dataset)
    assert "train: 24 rows" in repr(dataset)
    assert "<td class=r>24</td>" in dataset._repr_html_()


def test_rows_come_by_file_then_row(dataset: Dataset) -> None:
    train = [v for i in range(12) for v in (i, i + 1)]
    assert dataset.to_arrow("train")["a"].to_pylist() == train
    assert dataset.to_arrow("eval")["a"].to_pylist() == [100, 99]
    assert dataset.to_arrow()["a"].to_pylist() == [100, 99, *train]
    assert dataset.to_arrow("test").schema == dataset.schema
    assert dataset.to_arrow("test").num_rows == 0
    assert dataset.to_arrow("train", ["b"]).column_names == ["b"]
    assert dataset.to_arrow("train", []).num_columns == 0
    assert dataset.to_pandas("eval")["a"].tolist() == [100, 99]


def test_other_tools_read_it(local_store: ObjectStore, write: Write) -> None:
    log.commit(local_store, "census", write(local_store, splits={"train": [part(1, 2), part(3)]}))
    dataset = open_dataset(local_store.url, "census")
    assert pads.dataset(dataset.path("train")).to_table()["a"].to_pylist() == [1, 2, 3]
    assert [pq.read_table(file).num_rows for file in dataset.files("train")] == [2, 1]
    assert dataset.path("train").startswith(dataset.path())


def test_wrong_requests(dataset: Dataset) -> None:
    for verb in (dataset.to_arrow, dataset.path, dataset.files, dataset.matrix, dataset.weights):
        if verb != dataset.weights:
            with pytest.raises(ArgumentError, match="eval, test, train"):
                verb("valid")
    with pytest.raises(ColumnNotFoundError, match="'aa'"):
        dataset.to_arrow("train", ["aa"])


def test_altered_files_are_found(dataset: Dataset) -> None:
    store = dataset.store
    path = dataset.files("train")[0].removeprefix(store.url + "/")
    data = store.read(path)
    middle = len(data) // 2
    dataset.check()
    for bad, verify in ((data[:-1], False), (data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :], True), (b"", False)):
        store.delete(path)
        store.create(path, bad)
        with pytest.raises(CorruptArtefactError) as caught:
            dataset.to_arrow("train", verify=verify)
        assert path in str(caught.value)
        with pytest.raises(CorruptArtefactError):
            dataset.check()
    store.delete(path)
    with pytest.raises(CorruptArtefactError, match="missing"):
        dataset.to_arrow()


def _lying(store: ObjectStore, content: bytes, rows: int, schema: pa.Schema, partition: dict[str, object] | None = None) -> Dataset:
    """A version whose one file is not (or is) what its entry says, though its digest is right."""
    run = "r1"
    made = put_part(store, f"{paths.run_data('d', run)}/train/x.parquet", content)
    file = FileRecord("train/x.parquet", made.size, made.sha256, rows, "train", partition or {})
    draft = Draft(run, "j", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "e", "0", None, schema, (file,), {"train": rows})
    return Dataset(store, log.commit(store, "d", draft))


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())


@pytest.mark.parametrize(
    ("content", "rows", "schema"),
    [
        (b"not parquet", 1, pa.schema([("a", pa.int64())])),
        (_parquet(part(1))[:-9] + b"\xff" * 9, 1, part(1).schema),
        (_parquet(part(1)), 2, part(1).schema),
        (_parquet(part(1)), 1, pa.schema([("c", pa.int64())])),
        (_parquet(part(1)), 1, pa.schema([("a", pa.float64())])),
        (_parquet(pa.table({"a": pa.array([1], pa.duration("s"))})), 1, pa.schema([("a", pa.int64())])),
    ],
)
def test_files_that_are_not_what_the_log_says(memory_store: ObjectStore, content: bytes, rows: int, schema: pa.Schema) -> None:
    dataset = _lying(memory_store, content, rows, schema)
    with pytest.raises(CorruptArtefactError):
        dataset.to_arrow()


def test_partition_columns_come_back(memory_store: ObjectStore) -> None:
    schema = pa.schema([("day", pa.date32()), ("a", pa.int64())])
    dataset = _lying(memory_store, _parquet(pa.table({"a": [1, 2]})), 2, schema, {"day": dt.date(2026, 1, 1)})
    assert dataset.to_arrow().to_pydict() == {"day": [dt.date(2026, 1, 1)] * 2, "a": [1, 2]}
    assert dataset.to_arrow(columns=["day"]).num_rows == 2


def test_columns_of_any_name(memory_store: ObjectStore) -> None:
    table = pa.table({"class": [1], "a b": [2], "é": [3], "a.b": [4], "a": [{"b": 5}], "": [6]})
    dataset = _lying(memory_store, _parquet(table), 1, table.schema)
    assert dataset.to_arrow().to_pydict() == table.to_pydict()
    for name in table.column_names:
        assert dataset.to_arrow(columns=[name]).to_pydict() == {name: table[name].to_pylist()}


def test_dictionary_encoding_is_only_an_encoding(memory_store: ObjectStore) -> None:
    table = pa.table({"a": pa.array(["x", "y", "x"]).dictionary_encode()})
    dataset = _lying(memory_store, _parquet(table), 3, pa.schema([("a", pa.string())]))
    assert dataset.to_arrow()["a"].to_pylist() == ["x", "y", "x"]


def test_light_import() -> None:
    code = "import sys, featureprep.store.dataset; print([m for m in ('pandas', 'scipy', 'duckdb', 's3fs', 'fsspec') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_altered_entry_cannot_reach_out(memory_store: ObjectStore, write: Write) -> None:
    draft = write(memory_store)
    with pytest.raises(ArgumentError):
        dataclasses.replace(draft.files[0], path="../../../secret")
