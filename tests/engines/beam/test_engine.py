"""Beam's engine in this process: what the suite of all engines does not ask."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from apache_beam.options.pipeline_options import PortableOptions
from apache_beam.runners.runner import create_runner
from apache_beam.transforms.environments import DockerEnvironment

from featureprep.engines.base import Engine
from featureprep.engines.beam import work
from featureprep.engines.beam.engine import BeamEngine
from featureprep.engines.beam.folder import Folder
from featureprep.engines.beam.options import options_of, pipeline_on
from featureprep.engines.beam.plan import Batches, Plan
from featureprep.engines.beam.quiet import quiet
from featureprep.engines.versions import versions
from featureprep.errors import DataError, WorldError
from featureprep.testing.verbs import PARTITIONS, Sum, by_four, collect


@pytest.mark.parametrize("mode", ["in_memory", "multi_threading"])
def test_verbs_in_every_mode(mode: str) -> None:
    engine = BeamEngine(direct_running_mode=mode)
    assert list(engine.fold(engine.scan(PARTITIONS), Sum())) == [45, 9]
    met = engine.exchange(engine.map(engine.scan(PARTITIONS), by_four), 4)
    assert [len(blobs) for blobs in engine.write(met, collect)] == [2, 3, 2, 2]
    engine.close()


def test_an_exchange_after_an_exchange(threads: Engine) -> None:
    def on(bucket: int, blobs: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
        for blob in blobs:
            yield blob[0] % 2, blob

    once = threads.exchange(threads.map(threads.scan(PARTITIONS), by_four), 4)
    twice = threads.exchange(threads.map(once, on), 2)
    made = threads.write(twice, lambda bucket, blobs: [sorted(blob[0] for blob in blobs)])
    assert made == [[[2, 4, 6, 8]], [[1, 3, 5, 7, 9]]]


def test_an_error_before_an_exchange_keeps_buckets_from_being_written(threads: Engine, tmp_path: Path) -> None:
    def fail(partition: int, items: Iterator[int]) -> Iterator[tuple[int, bytes]]:
        yield from by_four(partition, items)
        if partition == 3:
            raise DataError("no")

    def sink(bucket: int, blobs: Iterator[bytes]) -> list[int]:
        (tmp_path / str(bucket)).touch()
        return []

    with pytest.raises(DataError, match="no"):
        threads.write(threads.exchange(threads.map(threads.scan(PARTITIONS), fail), 4), sink)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_a_merge_is_told(threads: Engine) -> None:
    class Refusing(Sum):
        def merge(self, a: list[int], b: list[int]) -> list[int]:
            raise DataError("too many keys")

    with pytest.raises(DataError, match="too many keys"):
        threads.fold(threads.scan(PARTITIONS), Refusing())


def test_an_interrupt_stops_what_has_not_begun(threads: Engine, tmp_path: Path) -> None:
    def slow(partition: int, items: Iterator[int]) -> list[int]:
        (tmp_path / str(partition)).touch()
        threading.Event().wait(0.05)
        return []

    def stop(label: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    before = set(threading.enumerate())  # a worker that was killed leaves a thread that waits for it
    threads.progress = stop
    try:
        with pytest.raises(KeyboardInterrupt):
            threads.write(threads.scan([[i] for i in range(200)]), slow)
    finally:
        threads.progress = None
    assert len(list(tmp_path.iterdir())) < 100
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "featureprep-beam"]


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = BeamEngine()
    engine.write(engine.scan(PARTITIONS), collect)
    (home,) = [path for path in tmp_path.iterdir() if path.name.startswith("featureprep-beam-")]
    assert list(home.iterdir()) == []
    engine.close()
    engine.close()
    assert not home.exists()


def test_results_go_to_the_place_that_is_said(tmp_path: Path) -> None:
    engine = BeamEngine(temp_location=str(tmp_path))
    seen: list[str] = []
    engine.progress = lambda *args: seen.extend(path.name for path in tmp_path.iterdir())
    assert engine.write(engine.scan(PARTITIONS), collect) == PARTITIONS
    assert seen
    assert list(tmp_path.iterdir()) == []
    engine.close()


def test_another_version_on_a_worker_is_refused(threads: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    real = versions()
    said = [{**real, "numpy": "1.0"}]  # what the driver has, asked first
    monkeypatch.setattr("featureprep.engines.beam.work.versions", lambda: said.pop() if said else real)
    with pytest.raises(WorldError, match=rf"different versions: numpy 1.0 and {real['numpy']}"):
        threads.write(threads.scan(PARTITIONS), collect)


def test_a_worker_that_does_not_see_the_folder_is_told_of(tmp_path: Path) -> None:
    the_pass = work.Pass.of((), None, Folder(str(tmp_path)), 0)
    assert the_pass.load() == ((), None)
    the_pass.folder.remove()
    with pytest.raises(WorldError, match="does not see(.|\n)*temp_location"):
        the_pass.load()


def test_a_users_logging_is_left_as_it_was() -> None:
    root, beam = logging.getLogger(), logging.getLogger("apache_beam")
    before = (list(root.handlers), list(root.filters), beam.level, threading.excepthook)
    with quiet():
        assert beam.level == logging.CRITICAL
        beam.setLevel(logging.NOTSET)
    assert before == (list(root.handlers), list(root.filters), beam.level, threading.excepthook)
    beam.setLevel(logging.INFO)
    try:
        with quiet():
            assert beam.level == logging.INFO  # the user's word
    finally:
        beam.setLevel(logging.NOTSET)


def test_the_command_line_is_quiet(tmp_path: Path) -> None:
    from featureprep.testing import rows

    folder = rows.write_trips(tmp_path)
    (tmp_path / "job.py").write_text(
        "import featureprep as fp\nfrom featureprep import transforms as T\n"
        f"@fp.job(sources={{'trips': fp.read_parquet({str(folder / 'trips-*.parquet')!r})}}, malformed='null')\n"
        "def job(trips):\n    return trips.features(miles=T.standard_scale('miles'))\n"
    )
    command = [sys.executable, "-m", "featureprep", "run", "job.py", "--store", "store", "--json", "--engine"]
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    done = subprocess.run([*command, "beam"], cwd=tmp_path, capture_output=True, text=True, env=env, check=True)
    assert (json.loads(done.stdout)["engine"], done.stderr) == ("beam", "")
    done = subprocess.run([*command, "beam://NoRunner"], cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 2
    assert "Beam has no runner 'NoRunner'" in done.stderr


# Dataflow: built and looked at, never run.


def test_a_pipeline_for_dataflow(tmp_path: Path) -> None:
    options = options_of("beam://DataflowRunner?project=project-one&region=europe-west1&temp_location=gs://bucket-one/temp", {})
    with quiet():
        pipeline = pipeline_on(create_runner("DataflowRunner"), options)
    read = Batches([cloudpickle.dumps([i]) for i in range(3)], (by_four,))
    Plan(pipeline, Folder(str(tmp_path / "run"))).write(Batches(sent=read, buckets=4), collect)
    Plan(pipeline_on(create_runner("DataflowRunner"), options), Folder(str(tmp_path / "other"))).fold(read, Sum())
    container = DockerEnvironment.from_options(options.view_as(PortableOptions))
    proto = pipeline.to_runner_api(default_environment=container)
    parts = proto.components
    kinds = {one.unique_name: one.spec.urn for one in parts.transforms.values() if not one.subtransforms}
    assert kinds["meet 1"] == kinds["apart 0/ReshufflePerKey/GroupByKey"] == "beam:transform:group_by_key:v1"
    assert kinds["make"] == kinds["send 1"] == "beam:transform:pardo:v1"
    assert {one.urn for one in parts.environments.values()} == {"beam:env:docker:v1"}
    grouped = {name: _coder(parts, name) for name in ("meet 1",)}
    assert grouped == {"meet 1": ("beam:coder:varint:v1", ["beam:coder:nullable:v1", "beam:coder:bytes:v1"])}


def _coder(parts: Any, transform: str) -> tuple[str, list[str]]:
    """The coder of the keys that a GroupByKey takes, and that of its values with what that is made of."""
    (one,) = [t for t in parts.transforms.values() if t.unique_name == transform]
    (given,) = one.inputs.values()
    pair = parts.coders[parts.pcollections[given].coder_id]
    key, value = (parts.coders[name] for name in pair.component_coder_ids)
    return key.spec.urn, [value.spec.urn, *(parts.coders[name].spec.urn for name in value.component_coder_ids)]
