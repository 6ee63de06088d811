"""On this machine the workers hand each other what they have decoded; elsewhere they do not, and nobody can tell."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from featureprep.engines.spark import task
from featureprep.engines.spark.engine import SparkEngine
from featureprep.jobs.loading import load_job
from tests.engines.hosts.spark import Sparks
from tests.engines.spark.trips import outcome, write_trips

ONE_SCAN = """
import featureprep as fp
from featureprep import transforms as T


@fp.job(sources={"trips": fp.read_parquet("trips-*.parquet")})
def trips(trips):
    return trips.features(miles=T.standard_scale(T.impute("miles", "median")), payment=T.one_hot("payment"))
"""


def test_workers_are_known_to_be_here_or_not(sparks: Sparks) -> None:
    assert sparks.classic.workers_here() > 0
    assert sparks.connect.workers_here() == 0


def test_the_write_finds_what_the_fit_has_decoded(engine: SparkEngine, sparks: Sparks, tmp_path: Path) -> None:
    job_file = write_trips(tmp_path)
    job_file.write_text(ONE_SCAN)
    job = load_job(str(job_file))
    kept: list[int] = []

    def look(label: str, done: int, total: int) -> None:
        if label == "write" and done == 0:
            kept.append(len([path for path in tmp_path.rglob("featureprep-decoded-*/*") if len(path.name) == 64]))

    run = job.run(engine=engine, store=str(tmp_path / "store"), progress=look)
    assert kept == [4 if engine is sparks.classic else 0]
    assert outcome(run) == outcome(job.run(store=str(tmp_path / "other")))
    assert not list(tmp_path.rglob("featureprep-decoded-*"))


def test_a_worker_that_has_settled_has_no_garbage_to_look_at(sparks: Sparks) -> None:
    def count(partition: int, items: Iterator[Any]) -> Iterator[int]:
        yield len(gc.get_objects())

    engine = sparks.classic
    seen = [n for _ in range(4) for part in engine.write(engine.scan([[0]]), count) for n in part]
    assert min(seen) < 2000


def test_settling_freezes_what_is_there_once_for_the_same_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[str] = []
    monkeypatch.setattr(gc, "collect", lambda: frozen.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append("freeze"))
    task._settle.cache_clear()
    for modules in (10, 10, 12, 12):
        task._settle(modules)
    task._settle.cache_clear()
    assert frozen == ["collect", "freeze"] * 2
