"""Sessions that featureprep makes: on this machine, on a standalone cluster, on a Spark Connect server."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from featureprep.engines.spark.failures import connect_failure
from featureprep.engines.spark.hello import greet_master, knock
from featureprep.errors import RequestError, WorldError

LOCAL = "local[*,4]"
"""All cores, and four attempts at a task, as on a cluster."""
QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "OFF", "spark.app.name": "featureprep"}
MEMORY = "2g"
"""Of the Java process, unless a setting of the user's says otherwise: rows that meet pass through it in local mode."""
AT_HOME = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1",  # Java moves bytes here: it starts in half the time
}
ANSWER_SECONDS = 60.0
RETRIES = 6
"""Of a Connect client, each after four times as long as the one before: 70 seconds in all."""

_lock = threading.RLock()
_open: dict[Any, MadeSession] = {}


class MadeSession:
    """A session, shared by the engines of this process that ask for the same; the last one to release it stops it."""

    def __init__(self, key: Any, session: Any) -> None:
        self.session = session
        self._key = key
        self._users = 0

    @property
    def first(self) -> bool:
        """Whether one engine alone uses it."""
        return self._users == 1

    def take(self) -> MadeSession:
        """With one more user."""
        self._users += 1
        return self

    def release(self) -> None:
        """Stop the session if nobody else uses it."""
        with _lock:
            self._users -= 1
            if self._users == 0:
                _open.pop(self._key, None)
                self.session.stop()


def reach(target: str | None, config: Mapping[str, str]) -> MadeSession:
    """A session on what `target` says: None (this machine), `spark://host:port`, `sc://host:port`.

    Raises
    ------
    WorldError
        When nothing answers there.
    RequestError
        When there is no Java.
    """
    key = (target, *sorted(config.items()))
    with _lock:
        if key not in _open:
            try:
                made = _connect(target) if target is not None and target.startswith("sc://") else _classic(target, config)
            except Exception as error:  # Spark's own errors have no base but this
                raise connect_failure(error, target or "spark") from error
            _open[key] = MadeSession(key, made)
        return _open[key].take()


def was_made(session: Any) -> bool:
    """Whether a session is one of those made here."""
    with _lock:
        return any(made.session is session for made in _open.values())


def _connect(url: str) -> Any:
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    knock(url, url.removeprefix("sc://").partition("/")[0], 15002)
    session: Any = ConnectSession.builder.remote(url).create()
    be_brief(session)
    heard = threading.Event()

    def greet() -> None:
        try:
            session.version  # noqa: B018  (any question will do)
        except Exception:  # noqa: BLE001  (what is no Spark Connect server may answer anything; all of it means the same here)
            return
        heard.set()

    threading.Thread(target=greet, name="featureprep-spark-hello", daemon=True).start()
    if not heard.wait(ANSWER_SECONDS):
        session.release_session_on_close = False  # there is none
        session.stop()
        what = f"what listens there has not answered as Spark Connect in {ANSWER_SECONDS:.0f} seconds"
        raise WorldError(what, where=url, hint="see that it is a Spark Connect server")
    return session


def be_brief(session: Any) -> None:
    """Have a Connect client of ours try for about a minute, not for ten, when its server does not answer."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    session.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])


def _classic(master: str | None, config: Mapping[str, str]) -> Any:
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    place = None if master is None else knock(master, master.removeprefix("spark://").partition(",")[0], 7077)
    active = SparkContext._active_spark_context  # noqa: SLF001  (there is one at most, and it cannot be asked for otherwise)
    if active is not None:
        hint = "give that session as the engine, or stop it first: a process can have one"
        raise RequestError(f"this process has a Spark session on {active.master} already", where=master, hint=hint)
    if master is not None and place is not None:
        greet_master(master, place)
    conf = SparkConf(loadDefaults=False)
    for name, value in {**QUIET, **({} if master else AT_HOME), **config}.items():
        conf.set(name, value)
    conf.setMaster(master or config.get("spark.master", LOCAL))
    context = SparkContext(conf=conf, gateway=_gateway(conf))
    if master is None:
        context.pythonExec = sys.executable  # or PYSPARK_PYTHON, or what the path has under python3
    return SparkSession(context)


def _gateway(conf: Any) -> Any:
    """The Java process: the one that this process has, or a new one, which says what it says to a file without a name."""
    from pyspark import SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    known = SparkContext._gateway  # noqa: SLF001  (a second Java process would not be of use to anybody)
    if known is not None:
        return known
    _find_java()
    with tempfile.TemporaryFile(prefix="featureprep-spark-") as log, _default("SPARK_DRIVER_MEMORY", MEMORY):
        try:
            return launch_gateway(conf, {"stdout": log, "stderr": log})  # type: ignore[no-untyped-call]
        except PySparkRuntimeError as error:
            log.seek(0)
            lines = log.read().decode("utf-8", "replace").strip().splitlines() or [str(error)]
            said = next((line for line in lines if "Error" in line or "Exception" in line), lines[0])
            hint = "Spark needs Java 17 or later: see that JAVA_HOME, or the java on the path, is one"
            raise RequestError(f"Spark's Java process does not start: {said[:500]}", hint=hint) from error


@contextmanager
def _default(name: str, value: str) -> Iterator[None]:
    """Context with a variable of the environment, where it is not set."""
    known = name in os.environ
    os.environ.setdefault(name, value)
    try:
        yield
    finally:
        if not known:
            del os.environ[name]


def _find_java() -> None:
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")
    if found is None:
        where = f"JAVA_HOME={home}" if home else None
        hint = "install Java 17 or later (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME"
        raise RequestError("engine='spark' needs Java, and there is none", where=where, hint=hint)
