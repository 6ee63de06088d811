"""How the engine comes by its session, and what is said where it cannot."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from featureprep.engines.spark.door import door
from featureprep.engines.spark.engine import SparkEngine
from featureprep.engines.spark.failures import connect_failure, spark_failure
from featureprep.engines.spark.hello import greet_master
from featureprep.engines.spark.rows import SCHEMA
from featureprep.engines.spark.session import attempts
from featureprep.errors import ArgumentError, RequestError, WorldError
from featureprep.jobs.engines import make_engine
from featureprep.testing.verbs import PARTITIONS, collect
from tests.engines.hosts.spark import Sparks, free_port
from tests.engines.listeners import saying, silent


@pytest.mark.parametrize("scheme", ["spark", "sc"])
def test_an_address_where_nothing_is_ends_at_once(scheme: str) -> None:
    url = f"{scheme}://127.0.0.1:{free_port()}"
    engine = make_engine(url)
    assert engine.name == "spark"
    with pytest.raises(WorldError, match=f"{url}: nothing answers there.*\nHint"):
        engine.start()
    engine.close()


@pytest.mark.parametrize("url", ["spark://nowhere.invalid:7077", "sc://127.0.0.1:99999", "sc://127.0.0.1:x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(WorldError, match="nothing answers"):
        make_engine(url).start()


def test_a_server_that_is_not_spark_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.engines.spark.made.ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"sc://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(WorldError, match="has not answered as Spark Connect"):
            make_engine(url).start()


@pytest.mark.parametrize(
    "words",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",  # HTTP/2, as Spark Connect speaks it
        b"\x00\x00",
        None,
    ],
)
def test_a_server_that_is_not_a_master(words: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.engines.spark.hello.ANSWER_SECONDS", 0.5)
    with silent() if words is None else saying(words) as port, pytest.raises(WorldError, match="no Spark master answers there") as caught:
        greet_master("spark://there", ("127.0.0.1", port))
    assert caught.value.exit_code == 3
    assert caught.value.where == "spark://there"


def test_an_engine_asks_for_a_master_before_java_is_started() -> None:
    code = """
        import sys
        from featureprep.errors import WorldError
        from featureprep.jobs.engines import make_engine
        try:
            make_engine(sys.argv[1]).start()
        except WorldError as error:
            print(error)
    """  # in a process of its own, which has no session
    with saying(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        url = f"spark://127.0.0.1:{port}"
        command = [sys.executable, "-c", textwrap.dedent(code), url]
        done = subprocess.run(command, env=os.environ | {"JAVA_HOME": "/nowhere"}, capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout.startswith(f"{url}: no Spark master answers there, but something else\nHint: "), done.stderr
    assert "resume" not in done.stdout


@pytest.mark.parametrize("words", [b"", b"\x15\x03\x03\x00\x02\x02\x28\x00\x00"])
def test_who_hangs_up_or_speaks_tls_may_be_a_master(words: bytes) -> None:
    with saying(words) as port:
        greet_master("spark://", ("127.0.0.1", port))


def test_an_application_that_ends_while_it_connects_has_found_no_master() -> None:
    stopped = RuntimeError("java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.")
    assert "no Spark master answers" in str(connect_failure(stopped, "spark://host:7077"))
    assert "ended from outside" in str(connect_failure(stopped, "spark"))
    assert "ended from outside" in str(spark_failure(stopped, "spark://host:7077"))


def test_without_java_one_line_says_what_to_install(tmp_path: Path) -> None:
    code = """
        from featureprep.engines.spark.engine import SparkEngine
        from featureprep.errors import RequestError
        try:
            SparkEngine().start()
        except RequestError as error:
            print(error)
    """
    env = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"} | {"PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("engine='spark' needs Java, and there is none\nHint: install Java 17")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=env | {"JAVA_HOME": "/none"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("JAVA_HOME=/none: engine='spark' needs Java")


def test_a_java_that_does_not_start_is_told_of(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'UnsupportedClassVersionError: made for Java 17' >&2\nexit 1\n")
    java.chmod(0o755)
    code = "from featureprep.engines.spark.engine import SparkEngine; SparkEngine().start()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"JAVA_HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-2:] == [
        "featureprep.errors.RequestError: Spark's Java process does not start: UnsupportedClassVersionError: made for Java 17",
        "Hint: Spark needs Java 17 or later: see that JAVA_HOME, or the java on the path, is one",
    ]


def test_a_given_session_is_left_as_it_was(sparks: Sparks) -> None:
    for mine in (sparks.classic._connection.open().session.newSession(), _connect(sparks)):
        mine.conf.set("spark.sql.adaptive.enabled", "true")
        engine = SparkEngine(mine)
        assert engine.write(engine.scan(PARTITIONS), collect) == PARTITIONS
        engine.close()
        assert mine.conf.get("spark.sql.adaptive.enabled") == "true"
        assert mine.range(3).count() == 3  # it was not stopped
    mine.stop()


def _connect(sparks: Sparks) -> Any:
    from pyspark.sql.connect.session import SparkSession

    return SparkSession.builder.remote(sparks.url).create()


def test_the_session_of_this_process_is_taken(sparks: Sparks) -> None:
    context = sparks.classic._connection.open().session.sparkContext
    engine = make_engine("spark")
    engine.start()
    assert isinstance(engine, SparkEngine)
    assert engine._connection.open().session.sparkContext is context
    engine.close()
    assert sparks.classic.write(sparks.classic.scan([[1]]), collect) == [[1]]


def test_two_clusters_in_one_process_are_refused(sparks: Sparks) -> None:
    with socket.create_server(("127.0.0.1", 0)) as anything:
        url = f"spark://127.0.0.1:{anything.getsockname()[1]}"
        with pytest.raises(RequestError, match=r"has a Spark session on local\[2,4\] already"):
            make_engine(url).start()


def test_settings_that_would_be_ignored_are_refused(sparks: Sparks) -> None:
    for target in (sparks.url, sparks.classic._connection.open().session):
        with pytest.raises(ArgumentError, match="'config'"):
            SparkEngine(target, config={"spark.task.maxFailures": "1"})


def test_a_cluster_that_begins_with_nothing_is_not_waited_for(sparks: Sparks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.engines.spark.session.PATIENCE", 0.5)
    monkeypatch.setattr("featureprep.engines.spark.control.ConnectControl.watched", lambda self, tag: nullcontext(list))
    engine = SparkEngine(sparks.url)
    with pytest.raises(WorldError, match="has not begun with any task in 0 seconds"):
        engine.write(engine.map(engine.scan([[1]]), _slowly), collect)
    engine.close()


def _slowly(partition: int, items: Any) -> Any:
    time.sleep(3)
    return items


def test_what_is_no_session_is_refused() -> None:
    with pytest.raises(RequestError, match="is no SparkSession"):
        SparkEngine(7).start()


def test_a_worker_with_other_packages_says_which(sparks: Sparks) -> None:
    spark = sparks.classic._connection.open()
    other = door(b"", spark.wanted | {"numpy": "1.0", "pyspark": "3.5.0"}, ())
    with pytest.raises(Exception, match="cannot run the job") as caught:
        spark.session.range(1).mapInArrow(other, SCHEMA).collect()
    told = spark_failure(caught.value, "Spark local")
    assert isinstance(told, WorldError)
    assert "where the driver has 1.0, pyspark" in told.what
    assert "where the driver has 3.5.0" in told.what
    assert str(told.hint).startswith("the workers need the driver's versions")


def test_a_worker_without_featureprep_says_so(sparks: Sparks) -> None:
    spark = sparks.connect._connection.open()
    inner = door(b"", {}, ())

    def lacking(batches: Any) -> Any:
        import sys

        sys.modules["featureprep.engines.spark.task"] = None  # type: ignore[assignment]
        try:
            yield from inner(batches)
        finally:
            del sys.modules["featureprep.engines.spark.task"]

    with pytest.raises(Exception, match="cannot run the job") as caught:
        spark.session.range(1).mapInArrow(lacking, SCHEMA).collect()
    told = spark_failure(caught.value, "Spark Connect")
    assert isinstance(told, WorldError)
    assert "featureprep.engines.spark.task" in told.what
    assert "pip install 'featureprep[spark]'" in str(told.hint)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.9 than that in driver: 3.11", "another Python"),
        ('java.io.IOException: Cannot run program "python3": error=2, No such file', "no Python: python3"),
        ("ModuleNotFoundError: No module named 'pyarrow'", "lacks what Spark needs"),
        (
            "Total size of serialized results of 3 tasks is bigger than spark.driver.maxResultSize (1024.0 MiB)",
            "spark.driver.maxResultSize",
        ),
        ("java.lang.OutOfMemoryError: Java heap space", "out of Java memory"),
        ("org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)", "lack of memory"),
        ("ExecutorLostFailure (executor 1 exited caused by one of the running tasks) exit code 137", "lack of memory"),
        ("Job 3 cancelled because SparkContext was shut down", "ended from outside"),
        ("org.apache.spark.SparkException: All masters are unresponsive! Giving up.", "no Spark master answers"),
        ("StatusCode.UNAVAILABLE: failed to connect to all addresses", "connection to Spark is lost"),
        ("org.apache.spark.SparkException: something new\n\tat a.b.c", "Spark failed: org.apache.spark.SparkException: something new"),
    ],
)
def test_what_spark_says_becomes_one_sentence(text: str, told: str) -> None:
    error = spark_failure(RuntimeError(text), "spark://host:7077")
    assert isinstance(error, WorldError)
    assert told in error.what
    assert error.where == "spark://host:7077"


def test_interrupts_and_our_own_errors_pass() -> None:
    for error in (KeyboardInterrupt(), SystemExit(1), RequestError("no")):
        assert spark_failure(error, "") is error


def test_how_often_a_task_is_tried() -> None:
    tried = [attempts(master, "7") for master in ("local", "local[2]", "local[*]", "local[*,3]", "local[2, 5]", "spark://a:1", "")]
    assert tried == [1, 1, 1, 3, 5, 7, 7]
    assert attempts("spark://a:1", None) == 4
