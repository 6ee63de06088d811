"""The passes that one Spark job runs, between them Spark's own shuffle, as a DataFrame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cloudpickle

from featureprep.engines.spark.door import door
from featureprep.engines.spark.endings import Ending
from featureprep.engines.spark.rows import SCHEMA
from featureprep.engines.spark.session import Spark
from featureprep.engines.spark.task import Pass, Source, Work

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Step:
    """A pass over `n` partitions. `label` is what its progress is called; None: it is not shown."""

    source: Source
    n: int
    code: bytes
    ending: Ending
    label: str | None


@dataclass(frozen=True)
class Plan:
    """Steps, the first of which reads descriptors, and the others what the one before has sent."""

    steps: tuple[Step, ...] = ()

    def then(self, source: Source, n: int, code: Any, ending: Ending, label: str | None = None) -> Plan:
        """With one more step; `code` is the pair of functions and what the ending needs."""
        return Plan((*self.steps, Step(source, n, cloudpickle.dumps(code), ending, label)))

    def frame(self, spark: Spark) -> DataFrame:
        """The DataFrame of `rows.SCHEMA` that runs the steps."""
        frame: DataFrame | None = None
        for depth, step in enumerate(self.steps):
            if frame is None:
                begun = spark.session.range(0, step.n, 1, step.n)  # one number a partition
            else:
                begun = frame.repartitionById(step.n, "place")
            frame = through(spark, begun, Pass(step.source, step.code, step.ending, depth, spark.attempts))
        if frame is None:
            raise ValueError("a plan of no steps")
        return frame

    def passes(self) -> list[tuple[str, int]]:
        """Label and partitions of the steps that are shown."""
        return [(step.label, step.n) for step in self.steps if step.label is not None]


def through(spark: Spark, frame: DataFrame, work: Work) -> DataFrame:
    """A DataFrame's partitions through work of ours, which makes rows of `rows.SCHEMA`."""
    return frame.mapInArrow(door(cloudpickle.dumps(work), spark.wanted, spark.folders), SCHEMA)
