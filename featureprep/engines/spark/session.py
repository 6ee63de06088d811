"""The sessions that the engine runs on. One that a user gives is never changed: the engine takes another one beside it, with its own settings."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from featureprep.engines.spark.control import ClassicControl, ConnectControl, Control
from featureprep.engines.spark.failures import connect_failure
from featureprep.engines.spark.made import MadeSession, be_brief, reach, was_made
from featureprep.engines.spark.rows import BATCH_BYTES, BATCH_ROWS
from featureprep.engines.spark.task import Versions, versions
from featureprep.errors import ArgumentError, RequestError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.adaptive.enabled": "false",  # it may join the partitions that an exchange has made
    "spark.sql.execution.arrow.maxBytesPerBatch": str(2 * BATCH_BYTES),
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH_ROWS),
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
}
"""Of the session that the engine takes beside another one."""

PATIENCE = 300.0
"""Seconds that a cluster given by its address has for the first task of a query."""


@dataclass(frozen=True)
class Spark:
    """A session with what must be known of it.

    Attributes
    ----------
    session : SparkSession
    control : Control
    where : str
        As a message names it.
    attempts : int
        How often it tries a task.
    folders : sequence of str
        Where its workers find modules beside their own, being on this machine.
    wanted : Versions
        The driver's.
    patience : float or None
        Seconds that a query may wait for its first task; None: a session that was given is as busy as its owner likes.
    workers_here : int
        Tasks at once, where all of them are on this machine.
    """

    session: SparkSession
    control: Control
    where: str
    attempts: int
    folders: Sequence[str]
    wanted: Versions
    patience: float | None = None
    workers_here: int = 0

    @classmethod
    def of(cls, session: Any) -> Spark:
        """What is to be known of a session, classic or Connect."""
        if is_connect(session):
            master = session.conf.get("spark.master", "") or ""
            tries = attempts(master, session.conf.get("spark.task.maxFailures", "4"))
            return cls(session, ConnectControl(session), f"Spark Connect, {master or 'remote'}", tries, (), versions())
        master = session.sparkContext.master
        tries = attempts(master, session.sparkContext.getConf().get("spark.task.maxFailures", "4"))
        here = master.startswith("local")
        folders = tuple(sys.path) if here else ()
        workers = session.sparkContext.defaultParallelism if here else 0
        return cls(session, ClassicControl(session), f"Spark {master}", tries, folders, versions(), workers_here=workers)


class Connection:
    """A session, once it is needed.

    Parameters
    ----------
    target : None, str or SparkSession
        See `SparkEngine`.
    config : mapping
        Spark's settings for a session that is made here.
    """

    def __init__(self, target: Any, config: Mapping[str, str]) -> None:
        if config and not (target is None or (isinstance(target, str) and target.startswith("spark://"))):
            hint = "set them where that session or server is made"
            raise ArgumentError.of("config", "SparkEngine", "left out with a session, or a Spark Connect server", dict(config), hint=hint)
        self._target = target
        self._config = config
        self._made: MadeSession | None = None
        self._spark: Spark | None = None

    def open(self) -> Spark:
        """The engine's own session, with its settings.

        Raises
        ------
        WorldError
            When the cluster cannot be reached.
        RequestError
            When there is no Java, or this process has a session elsewhere.
        """
        if self._spark is None:
            given = self._given()
            try:
                self._spark = replace(Spark.of(self._beside(given)), patience=PATIENCE if isinstance(self._target, str) else None)
            except Exception as error:  # Spark's own errors have no base but this
                self.close()
                raise connect_failure(error, str(self._target or "spark")) from error
        return self._spark

    def _given(self) -> Any:
        """The user's session, or one that is made now."""
        target = self._target
        if target is not None and not isinstance(target, str):
            return _session(target)
        if target is None and not self._config and (active := _active()) is not None:
            return active
        self._made = reach(target, self._config)
        return self._made.session

    def _beside(self, given: Any) -> Any:
        """A session with the engine's settings on the same cluster."""
        if not is_connect(given):
            session = given.newSession()
        elif self._made is not None and self._made.first:
            session = given
        else:
            given.version  # noqa: B018  (asking anything makes a session known to its server)
            session = given.cloneSession()  # with what was added to the user's: its workers may need that
            be_brief(session)
        for name, value in SETTINGS.items():
            session.conf.set(name, value)
        return session

    def close(self) -> None:
        """Give the session back; stop it if it was made here."""
        spark, self._spark = self._spark, None
        made, self._made = self._made, None
        if spark is not None and is_connect(spark.session) and (made is None or spark.session is not made.session):
            spark.session.stop()
        if made is not None:
            made.release()


def is_connect(thing: Any) -> bool:
    """Whether a session, or a DataFrame, is of Spark Connect."""
    return type(thing).__module__.startswith("pyspark.sql.connect.")


def attempts(master: str, failures: str | None) -> int:
    """How often a task is tried."""
    local = re.fullmatch(r"local(?:\[(?:\*|\d+)(?:, *(\d+))?\])?", master)
    return int((local[1] or 1) if local else failures or 4)


def _session(given: Any) -> Any:
    from pyspark.sql import SparkSession

    if isinstance(given, SparkSession) or (is_connect(given) and hasattr(given, "mapInArrow") is False and hasattr(given, "range")):
        return given
    raise RequestError(f"a {type(given).__name__} is no SparkSession", hint="run(engine=spark), where spark is the session")


def _active() -> Any:
    """The session that this process has already, classic or else Connect, but for those of our own making."""
    if "pyspark" not in sys.modules:
        return None
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:  # noqa: SLF001  (`getActiveSession` knows this thread alone)
        return SparkSession.builder.getOrCreate()
    connect = sys.modules.get("pyspark.sql.connect.session")
    session = None if connect is None else connect.SparkSession.getActiveSession()
    return None if session is None or was_made(session) else session
