"""The engine on Spark: a session of its own on this machine or on a cluster, or one that the user holds; classic or Connect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import cloudpickle

from featureprep.engines.base import FAN_IN, Engine, MapFunction, Merger
from featureprep.engines.spark.endings import Ending, Fold, Merge, Send, Write
from featureprep.engines.spark.gathering import gathered
from featureprep.engines.spark.plan import Plan
from featureprep.engines.spark.query import collect
from featureprep.engines.spark.session import Connection
from featureprep.engines.spark.task import Source


@dataclass(frozen=True)
class Batches:
    """Partitions, and the functions that their items go through.

    Attributes
    ----------
    n : int
        Of partitions.
    descriptors : sequence of bytes
        Pickled, by partition; empty where `sent` says what they hold.
    sent : Batches or None
        The partitions before an exchange.
    label : str
        Of that exchange.
    """

    n: int
    descriptors: Sequence[bytes] = ()
    sent: Batches | None = None
    label: str = ""
    functions: tuple[MapFunction, ...] = ()


class SparkEngine(Engine):
    """Runs in Spark's Python workers: through `mapInArrow` alone, so on classic sessions and on Spark Connect, Spark 4.1 or later.

    Rows meet by Spark's own shuffle, which spills to the executors' disks. Files are read and written by the tasks themselves; what crosses Java are
    rows that meet, receipts and small fold states. A task that fails on a disk, a network or memory is tried again as often as the cluster does; one that
    is tried or run twice changes nothing. Workers need the driver's versions of Python, featureprep, numpy, pyarrow and pyspark (PYSPARK_PYTHON
    names their Python; those of a session of its own on this machine run the driver's, whatever it says) and its platform (OS, architecture, C
    library), and must reach the sources and the store: with several machines, a shared folder or s3://.

    Parameters
    ----------
    target : None, str or SparkSession, optional
        None: the session that is active in this process, else one of its own on all cores of this machine. `spark://host:port`: a
        standalone master. `sc://host:port`: Spark Connect. A session, classic or Connect, is used with its cluster, left open, and none of its
        settings are changed.
    config : mapping, optional
        Spark's own settings for a session that is made here (None, `spark://`): `{"spark.executor.memory": "4g"}`. `spark-defaults.conf` and
        PYSPARK_SUBMIT_ARGS count too.
    """

    name = "spark"
    verbs: ClassVar[Mapping[str, str]] = {
        "scan": "spark.range, a number a partition",
        "map": "mapInArrow",
        "exchange": "repartitionById",
        "write": "mapInArrow",
    }

    def __init__(self, target: Any = None, *, config: Mapping[str, str] | None = None) -> None:
        self._connection = Connection(target, dict(config or {}))
        self._met = False

    def start(self) -> None:
        spark = self._connection.open()
        if not spark.folders and not self._met:  # workers elsewhere: what they lack is known before anything is written
            gathered(collect(spark, lambda: self._plan(self.scan([()]), Write(), _nothing, "").frame(spark), [], None), 1)
            self._met = True

    def workers_here(self) -> int:
        return self._connection.open().workers_here

    def scan(self, partitions: Sequence[Sequence[Any]]) -> Batches:
        return Batches(len(partitions), [cloudpickle.dumps(list(items)) for items in partitions])

    def map(self, batches: Batches, function: MapFunction) -> Batches:
        return replace(batches, functions=(*batches.functions, function))

    def fold(self, batches: Batches, merger: Merger, label: str = "") -> Any:
        plan = self._plan(batches, Fold(FAN_IN), merger, label)
        left = batches.n
        while left > FAN_IN:
            source = Source((), left, FAN_IN)
            left = -(-left // FAN_IN)
            plan = plan.then(source, left, ((), merger), Merge(FAN_IN))
        state = merger.init()
        for states in self._run(plan, left):
            for one in states:
                state = merger.merge(state, one)
        return state

    def exchange(self, batches: Batches, buckets: int, label: str = "") -> Batches:
        if batches.n == 0:
            return self.scan([()] * buckets)
        return Batches(buckets, sent=batches, label=label)

    def write(self, batches: Batches, sink: MapFunction, label: str = "") -> list[list[Any]]:
        return self._run(self._plan(batches, Write(), sink, label), batches.n)

    def close(self) -> None:
        self._met = False
        self._connection.close()

    def _plan(self, batches: Batches, ending: Ending, last: Any, label: str) -> Plan:
        """The passes of a verb, as far as nothing has run them yet."""
        code = (batches.functions, last)
        if batches.sent is None:
            return Plan().then(Source(batches.descriptors), batches.n, code, ending, label)
        before = self._plan(batches.sent, Send(batches.n), None, batches.label)
        return before.then(Source((), batches.sent.n), batches.n, code, ending, label)

    def _run(self, plan: Plan, n: int) -> list[list[Any]]:
        """Run the passes; what the last of them made, by its `n` partitions.

        Raises
        ------
        WorldError
            When Spark gives up.
        """
        if n == 0:
            if self.progress:
                self.progress(plan.passes()[-1][0], 0, 0)
            return []
        spark = self._connection.open()
        return gathered(collect(spark, lambda: plan.frame(spark), plan.passes(), self.progress), n)


def _nothing(partition: int, items: Iterator[Any]) -> Iterable[Any]:
    """A sink that yields nothing."""
    return ()
