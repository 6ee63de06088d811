"""Functions on their way to workers: small, whole, and only to where the run's store is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pyarrow as pa
import pytest

from featureprep import col
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import StoreError
from featureprep.run import shipping
from featureprep.run.shipping import BIG, Shipped, ship
from featureprep.store import paths
from featureprep.store.names import new_run_id
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import Staging
from featureprep.testing.shaken import ShakenEngine

NOW = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


class Holding:
    """A function that holds something."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, partition: int, items: Iterator[Any]) -> Iterator[Any]:
        yield self.value


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    made = Staging(ObjectStore.open(str(tmp_path / "store")), new_run_id(NOW))
    made.begin({}, now=NOW)
    return made


def arrived(function: Any) -> Any:
    """As another process would have it."""
    data = cloudpickle.dumps(function)
    shipping._arrived.clear()
    return cloudpickle.loads(data)


def blobs(staging: Staging) -> list[str]:
    return [entry.path for entry in staging.store.list(f"{paths.staging(staging.run_id)}/blobs")]


def test_an_engine_of_this_process_gets_the_function_itself() -> None:
    function = Holding(1)
    assert ship(function, PandasEngine()) is function
    assert isinstance(ship(function, ShakenEngine()), Shipped)


@pytest.mark.parametrize(
    "value",
    [
        pa.array(range(BIG // 4)),
        pa.array([f"word {i}" for i in range(BIG // 4)]),
        pa.array([f"word {i % 9}" for i in range(BIG)]).dictionary_encode(),
        pa.chunked_array([pa.array(range(BIG // 8)), pa.array([None, 7])]),
        pa.table({"a": range(BIG // 4), "b": ["x"] * (BIG // 4)}),
    ],
    ids=["ints", "texts", "dictionary", "chunked", "table"],
)
def test_big_arrow_data_travels_as_a_file_and_once(value: Any, staging: Staging) -> None:
    function = Shipped(Holding({"a": value, "b": value}), staging)
    data = cloudpickle.dumps(function)
    assert len(data) < 10_000
    (found,) = arrived(function)(0, iter(()))
    assert type(found["a"]) is type(value)
    assert found["a"].equals(value)
    assert len(blobs(staging)) == 1
    assert len(cloudpickle.dumps(Shipped(Holding([value]), staging))) < 10_000
    assert len(blobs(staging)) == 1  # by content


def test_big_numpy_data_travels_as_a_file(staging: Staging) -> None:
    value = np.arange(BIG // 8, dtype=np.float64).reshape(2, -1)[:, ::2]
    (found,) = arrived(Shipped(Holding(value), staging))(0, iter(()))
    assert len(blobs(staging)) == int(value.nbytes >= BIG)
    big = np.arange(BIG, dtype="<i4").reshape(4, -1)[:, ::2]
    (other,) = arrived(Shipped(Holding(big), staging))(0, iter(()))
    assert np.array_equal(found, value)
    assert np.array_equal(other, big)
    assert other.dtype == big.dtype


def test_a_function_that_is_big_by_itself_is_a_file_too(staging: Staging) -> None:
    function = Shipped(Holding({f"key {i}": i for i in range(BIG // 10)}), staging)
    assert len(cloudpickle.dumps(function)) < 10_000
    (found,) = arrived(function)(0, iter(()))
    assert found["key 77"] == 77


def test_small_things_and_runs_without_a_store_use_no_file(staging: Staging) -> None:
    value = pa.array([1, 2, None])
    (found,) = arrived(Shipped(Holding(value), staging))(0, iter(()))
    assert found.equals(value)
    big = pa.array(range(BIG))
    (other,) = arrived(Shipped(Holding(big), None))(0, iter(()))
    assert other.equals(big)
    assert blobs(staging) == []


def test_a_function_arrives_once_in_a_process(staging: Staging) -> None:
    data = cloudpickle.dumps(Shipped(Holding([1]), staging))
    shipping._arrived.clear()
    assert cloudpickle.loads(data) is cloudpickle.loads(data)
    for i in range(shipping._KEPT + 1):
        cloudpickle.loads(cloudpickle.dumps(Shipped(Holding(f"other {i}"), staging)))
    assert len(shipping._arrived) == shipping._KEPT


def test_a_worker_that_does_not_see_the_store_is_told(tmp_path: Path) -> None:
    elsewhere = Staging(ObjectStore.open(str(tmp_path / "elsewhere")), new_run_id(NOW))
    with pytest.raises(StoreError, match="not in this store as a worker sees it"):
        arrived(Shipped(Holding(1), elsewhere))


def test_an_altered_blob_is_found_out(staging: Staging) -> None:
    from featureprep.errors import CorruptArtefactError

    data = cloudpickle.dumps(Shipped(Holding(pa.array(range(BIG))), staging))
    (path,) = blobs(staging)
    file = Path(staging.store.url) / path
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    shipping._arrived.clear()
    with pytest.raises(CorruptArtefactError):
        cloudpickle.loads(data)


def test_an_expression_may_be_deeper_than_pickle_can_follow() -> None:
    expression = col("a")
    for i in range(3000):
        expression = expression + (i % 7)
    node = expression.node
    found = cloudpickle.loads(cloudpickle.dumps(node))
    assert found == node
    assert found.args[0].site == node.args[0].site
