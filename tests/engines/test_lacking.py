"""Engines that lack a verb, and functions that raise what such an engine would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.engines.base import VERBS, Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import RequestError
from featureprep.jobs.driver import run
from featureprep.store import log
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import staged_runs
from featureprep.testing.shaken import ShakenEngine
from featureprep.testing.verbs import PARTITIONS, Sum, by_four, collect


def lacking(verb: str, said: str = "") -> Engine:
    """One that has all verbs but this one."""

    def missing(self: Engine, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(said)

    missing.__code__ = missing.__code__.replace(co_name=verb)
    made: Engine = type("Lacking", (PandasEngine,), {"name": "lacking", verb: missing})()
    return made


def work(engine: Engine) -> None:
    """All five verbs."""
    engine.fold(engine.scan(PARTITIONS), Sum())
    engine.write(engine.exchange(engine.map(engine.scan(PARTITIONS), by_four), 4), collect)


class WithoutExchange(PandasEngine):
    """As somebody would write it."""

    name = "tiny"

    def exchange(self, batches: Any, buckets: int, label: str = "") -> Any:
        raise NotImplementedError


class Below(WithoutExchange):
    """Asks the one above it."""

    name = "below"

    def exchange(self, batches: Any, buckets: int, label: str = "") -> Any:
        return super().exchange(batches, buckets, label)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_that_an_engine_lacks(verb: str) -> None:
    with pytest.raises(RequestError, match=f"lacking has no {verb}\nHint: not on this one") as caught:
        work(lacking(verb, "not on this one"))
    assert caught.value.exit_code == 2
    assert isinstance(caught.value.__cause__, NotImplementedError)


@pytest.mark.parametrize("made", [WithoutExchange, Below])
def test_a_job_that_needs_it_is_refused_and_leaves_nothing(made: type[Engine], tmp_path: Path) -> None:
    table = pa.table({"x": [1.0, 2.0, 2.0]})
    plain = fp.job(sources={"t": fp.from_arrow(table)}, name="plain")(lambda t: t.features(x="x"))
    meets = fp.job(sources={"t": fp.from_arrow(table)}, name="meets")(lambda t: t.drop_duplicates().features(x="x"))
    store = tmp_path / "store"
    with pytest.raises(RequestError, match=f"{made.name} has no exchange\nHint: run the job on another engine"):
        run(meets, engine=made(), store=str(store), progress=False)
    assert not list(store.rglob("*.parquet"))
    assert not log.datasets(ObjectStore.open(str(store)))
    assert not staged_runs(ObjectStore.open(str(store)))
    assert run(plain, engine=made(), store=str(store), progress=False).dataset.fingerprint


def raising(partition: int, items: Iterator[Any]) -> Iterable[Any]:
    raise NotImplementedError("the user has not written this yet")


@pytest.mark.parametrize("engine", [PandasEngine(2), ShakenEngine(), Below()])
def test_what_a_function_raises_passes_as_it_is(engine: Engine) -> None:
    for ends in (
        lambda: engine.fold(engine.map(engine.scan(PARTITIONS), raising), Sum()),
        lambda: engine.write(engine.scan(PARTITIONS), raising),
    ):
        with pytest.raises(NotImplementedError, match="the user has not written this yet"):
            ends()


def test_a_function_with_the_name_of_a_verb() -> None:
    def write(partition: int, items: Iterator[Any]) -> Iterable[Any]:
        raise NotImplementedError("mine")

    engine = PandasEngine(1)
    with pytest.raises(NotImplementedError, match="mine"):
        engine.write(engine.scan(PARTITIONS), write)


def test_classes_of_engines_stay_abstract_until_they_have_all_verbs() -> None:
    class Half(Engine):
        name = "half"

        def scan(self, partitions: Any) -> Any:
            return partitions

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]
