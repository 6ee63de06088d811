"""What is Dask's own: its cluster, others' clusters, what is said when one fails, and its tables."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError, MissingExtraError, WorldError
from featureprep.jobs.driver import run
from featureprep.jobs.engines import make_engine
from featureprep.testing import jobs, rows
from featureprep.testing.compare import outcome
from featureprep.testing.verbs import PARTITIONS, Sum, by_four, collect
from tests.engines.listeners import saying, silent

pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
dd = pytest.importorskip("dask.dataframe")


@pytest.fixture
def dask_engine(request: pytest.FixtureRequest) -> Engine:
    """The session's."""
    from tests.engines.conftest import started

    return started("dask").engine


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a cluster that somebody else has started, with one worker."""
    from featureprep.engines.dask.local import local_cluster

    with local_cluster(1, None) as found:
        yield found.replace("tcp://", "dask://")


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def small_job() -> Any:
    source = fp.from_arrow(pa.table({"x": [1.0, 2.5, None, 4.0], "k": ["a", "b", "a", None]}))
    return fp.job(sources={"t": source}, name="small")(lambda t: t.features(x=T.standard_scale("x"), k=T.vocabulary("k")))


def test_an_address_and_a_client(address: str, tmp_path: Path) -> None:
    import distributed

    made = small_job()
    expected = outcome(made, "pandas", str(tmp_path / "a"))
    assert outcome(made, address, str(tmp_path / "b"), partitions=2) == expected
    with distributed.Client(address.replace("dask://", "tcp://"), set_as_default=False) as client:
        assert run(made, engine=client, store=str(tmp_path / "c"), progress=False).engine == "dask"
        assert client.submit(sum, [1, 2]).result() == 3  # it is still open


def test_an_address_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.engines.dask.hello.CONNECT", 0.5)
    with pytest.raises(WorldError, match="no Dask scheduler answers") as caught:
        run(small_job(), engine=f"dask://127.0.0.1:{free_port()}", store=str(tmp_path / "store"))
    assert caught.value.exit_code == 3
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x08" + bytes(15), b"", None])
def test_an_address_of_something_else(words: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.engines.dask.hello.CONNECT", 0.5)
    monkeypatch.setattr("featureprep.engines.dask.hello.ANSWER", 1.0)
    with silent() if words is None else saying(words) as port, pytest.raises(WorldError, match="no Dask scheduler answers") as caught:
        run(small_job(), engine=f"dask://127.0.0.1:{port}", store=str(tmp_path / "store"))
    assert caught.value.exit_code == 3
    assert caught.value.where == f"dask://127.0.0.1:{port}"
    assert not (tmp_path / "store").exists()


def test_an_address_of_a_worker(address: str) -> None:
    import distributed

    with distributed.Client(address.replace("dask://", "tcp://"), set_as_default=False) as client:
        (worker,) = client.nthreads()
    with pytest.raises(WorldError, match="no Dask scheduler answers there, but a Dask worker"):
        make_engine(worker.replace("tcp://", "dask://")).start()


def test_shuffles_that_go_well_are_not_told_of_in_the_log_of_a_client(caplog: pytest.LogCaptureFixture) -> None:
    import distributed

    logger = logging.getLogger("distributed.shuffle._scheduler_plugin")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        with contextlib.closing(make_engine(client)) as engine, caplog.at_level(logging.WARNING, logger.name):
            assert engine.write(engine.exchange(engine.map(engine.scan(PARTITIONS), by_four), 4), collect)
            logger.warning("something else")
        assert client.status == "running"
    assert [record.message for record in caplog.records if record.name == logger.name] == ["something else"]
    assert logger.filters == []


@pytest.mark.parametrize("wrong", ["dask://", "dsk", "dask:/x", "tcp://127.0.0.1:1", 7, None])
def test_what_is_no_engine(wrong: Any) -> None:
    with pytest.raises(ArgumentError, match="'dask'"):
        make_engine(wrong)


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.jobs.engines.find_spec", lambda name: None)
    for name, engine in (("dask", "dask"), ("dask", "dask://localhost:1"), ("spark", "sc://localhost:1"), ("beam", "beam")):
        with pytest.raises(MissingExtraError, match=rf"pip install 'featureprep\[{name}\]'"):
            make_engine(engine)


def test_other_versions_are_told(dask_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.engines.versions import versions

    monkeypatch.setattr("featureprep.engines.dask.tasks.versions", lambda: {**versions(), "numpy": "1.2.3"})
    with pytest.raises(WorldError, match=r"numpy 1\.2\.3 and "):
        dask_engine.write(dask_engine.scan(PARTITIONS), collect)


def test_a_task_that_kills_every_worker_ends_the_run(dask_engine: Engine) -> None:
    def die(partition: int, items: Iterator[int]) -> Iterator[int]:
        if partition == 3:
            os._exit(1)
        return items

    with pytest.raises(WorldError, match="died again and again"):
        dask_engine.fold(dask_engine.map(dask_engine.scan(PARTITIONS), die), Sum())
    assert list(dask_engine.fold(dask_engine.scan(PARTITIONS), Sum())) == [45, 9]


@pytest.mark.parametrize("own", [True, False])
def test_a_killed_worker_is_told_of_in_the_log_of_a_cluster_that_is_not_ours_alone(
    own: bool, address: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from featureprep.engines.dask.engine import DaskEngine

    warns = logging.getLogger("distributed.client")
    before = warns.level, logging.getLogger("distributed.gc").level
    told: list[str] = []
    monkeypatch.setattr(warns, "handlers", [_Listing(told)])
    with contextlib.closing(DaskEngine(workers=1) if own else DaskEngine(address)) as engine:
        engine.start()
        future = engine.client.submit(os.getpid, pure=False)
        pid = future.result()
        os.kill(pid, signal.SIGKILL)
        assert engine.client.gather(future) != pid  # by another worker
        assert warns.level == (logging.CRITICAL if own else before[0])  # another engine of this process may hush it, too
    assert (warns.level, logging.getLogger("distributed.gc").level) == before
    if own:  # of another cluster Dask may say what it likes
        assert told == []
        assert capfd.readouterr().err == ""


class _Listing(logging.Handler):
    """Adds the messages to a list."""

    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self.told = told

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


def test_a_cluster_without_workers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.engines.dask.engine import DaskEngine
    from featureprep.engines.dask.local import local_cluster

    monkeypatch.setattr("featureprep.engines.dask.waiting.PATIENCE", 0.5)
    monkeypatch.setattr("featureprep.engines.dask.waiting.POLL", 0.2)
    with (
        local_cluster(0, None) as place,
        contextlib.closing(DaskEngine(place.replace("tcp://", "dask://"))) as engine,
        pytest.raises(WorldError, match="there was no worker"),
    ):
        engine.write(engine.scan(PARTITIONS), collect)


@pytest.mark.soak
def test_workers_that_are_killed_at_any_moment_are_replaced() -> None:
    """Also while they start, which Dask's nannies take for the end of their work."""
    from featureprep.engines.dask.engine import DaskEngine
    from featureprep.engines.dask.local import local_cluster

    chance = random.Random(7)
    with local_cluster(2, None) as place, contextlib.closing(DaskEngine(place.replace("tcp://", "dask://"))) as engine:
        engine.start()
        cluster = psutil.Process(min(engine.client.run(os.getpid).values())).parent()
        assert cluster is not None
        end = time.monotonic() + 40
        while time.monotonic() < end:
            time.sleep(0.05 + 0.06 * chance.random())
            if engine.client.nthreads():
                with contextlib.suppress(psutil.NoSuchProcess):  # it is one, or a zombie
                    chance.choice([child for child in cluster.children() if "spawn_main" in " ".join(child.cmdline())]).kill()
        ended = engine.write(engine.scan(PARTITIONS), collect)
    assert ended == [list(collect(number, iter(part))) for number, part in enumerate(PARTITIONS)]


def test_a_result_whose_worker_is_gone_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.engines.dask.waiting import gather

    class Lost:
        """A future that ended well, whose result nobody has any more."""

        status = "finished"

        def add_done_callback(self, call: Any) -> None:
            call(self)

        def result(self, timeout: float) -> None:
            time.sleep(min(timeout, 0.05))
            raise TimeoutError

        def release(self) -> None:
            pass

    class Empty:
        status = "running"

        def nthreads(self) -> dict[str, int]:
            return {}

    monkeypatch.setattr("featureprep.engines.dask.waiting.PATIENCE", 0.3)
    monkeypatch.setattr("featureprep.engines.dask.waiting.POLL", 0.02)
    with pytest.raises(WorldError, match="there was no worker"):
        gather(Empty(), [Lost()], {0}, lambda number: None)


def test_a_cluster_that_goes_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.engines.dask.engine import DaskEngine
    from featureprep.engines.dask.local import local_cluster

    monkeypatch.setattr("featureprep.engines.dask.waiting.PATIENCE", 1.0)
    monkeypatch.setattr("featureprep.engines.dask.waiting.POLL", 0.2)
    with contextlib.ExitStack() as cluster:
        place = cluster.enter_context(local_cluster(1, None))
        with contextlib.closing(DaskEngine(place.replace("tcp://", "dask://"))) as engine:

            def gone(label: str, done: int, n: int) -> None:
                cluster.close()

            engine.start()
            engine.progress = gone
            with pytest.raises(WorldError):
                engine.write(engine.scan(PARTITIONS), collect)


SCRIPT = """
import sys
import featureprep as fp, pyarrow as pa
job = fp.job(sources={"a": fp.from_arrow(pa.table({"x": [1.0, 2.0]}))}, name="n")(lambda a: a.features(x="x"))
def said(label, done, n):
    print("go", flush=True)
    sys.stdin.read()
print(job.run(engine="dask", store=sys.argv[1], progress=said if len(sys.argv) > 2 else False).dataset.fingerprint)
"""


def script(folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-W", "error", str(folder / "script.py"), str(folder / "store"), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_a_script_without_a_guard_runs_once_and_quietly(tmp_path: Path) -> None:
    with script(tmp_path) as process:
        out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    assert len(out.split()) == 1


def test_nothing_is_left_when_the_driver_is_killed(tmp_path: Path) -> None:
    with script(tmp_path, "slowly") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        process.send_signal(signal.SIGKILL)
        process.communicate()
    until = time.monotonic() + 60
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family):
        assert time.monotonic() < until, "processes are left"
        time.sleep(0.1)


# Tables.


def pandas_frame() -> Any:
    # backed by Arrow: Dask turns objects, lists among them, into text
    return rows.trips(300).to_pandas(types_mapper=pd.ArrowDtype)


def frame(partitions: int = 3) -> Any:
    return dd.from_pandas(pandas_frame(), npartitions=partitions)


def test_from_dask_is_as_from_pandas(dask_engine: Engine, tmp_path: Path) -> None:
    plain = jobs.taxi(tmp_path, {"trips": fp.from_pandas(pandas_frame())})
    native = jobs.taxi(tmp_path, {"trips": fp.from_dask(frame())})
    expected = outcome(plain, "pandas", str(tmp_path / "a"))
    for engine in ("pandas", dask_engine):
        found = outcome(native, engine, str(tmp_path / f"store-{engine}".replace("/", "")))
        assert found["dataset"] == expected["dataset"], found
        assert (found["graph"], found["ledger"], found["statistics"]["splits"]) == (
            expected["graph"], expected["ledger"], expected["statistics"]["splits"],
        )  # fmt: skip


def test_a_dataset_as_a_dask_frame(tmp_path: Path) -> None:
    done = run(jobs.taxi(tmp_path, {"trips": fp.from_arrow(rows.trips(300))}), store=str(tmp_path / "store"), partitions=3, progress=False)
    there = done.dataset.to_dask("train")
    assert there.npartitions == len(done.dataset.files("train"))
    found = pa.Table.from_pandas(there.compute(), preserve_index=False)
    expected = done.dataset.to_arrow("train")
    assert found.column_names == expected.column_names
    assert found.column("trip").to_pylist() == expected.column("trip").to_pylist()
    assert found.column("words").to_pylist() == expected.column("words").to_pylist()
    assert done.dataset.to_dask("train", ["trip"]).compute().shape == (expected.num_rows, 1)


def test_what_is_no_dask_frame() -> None:
    with pytest.raises(ArgumentError, match="a Dask DataFrame"):
        fp.from_dask(rows.trips(3).to_pandas())


def test_a_frame_that_cannot_be_computed(tmp_path: Path) -> None:
    def bad(part: Any) -> Any:
        if len(part):
            raise ValueError("no such thing")
        return part

    broken = frame().map_partitions(bad, meta=frame()._meta)
    with pytest.raises(WorldError, match="no such thing"):
        run(jobs.taxi(tmp_path, {"trips": fp.from_dask(broken)}), store=str(tmp_path / "store"), progress=False)
    assert not list((tmp_path / "store").rglob("*.json"))


def test_an_exchange_larger_than_a_worker_is_given(dask_engine: Engine) -> None:
    def much(partition: int, items: Iterator[int]) -> Iterator[tuple[int, bytes]]:
        for item in items:
            for bucket, blob in by_four(partition, iter([item])):
                yield bucket, blob * 3_000_000

    met = dask_engine.exchange(dask_engine.map(dask_engine.scan([[i] for i in range(12)]), much), 4)
    sizes = dask_engine.write(met, lambda bucket, blobs: [sum(len(blob) for blob in blobs)])
    assert sizes == [[9_000_000]] * 4


def test_workers_have_imported_pandas_before_their_first_task() -> None:
    """Two threads of a worker that import it at once can leave it half imported, and every later task fails."""
    import distributed

    from featureprep.engines.dask.local import local_cluster

    with local_cluster(2, None) as address, distributed.Client(address, set_as_default=False) as client:
        for _ in range(2):
            assert list(client.run(eval, "'pandas' in __import__('sys').modules").values()) == [True, True]
            client.restart()
