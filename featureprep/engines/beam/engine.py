"""The engine on Apache Beam: any runner, by Beam's own pipeline options; the runner in this process where none is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import cloudpickle

from featureprep.engines.base import Engine, MapFunction, Merger
from featureprep.engines.beam.quiet import quiet

if TYPE_CHECKING:
    from featureprep.engines.beam.folder import Folder
    from featureprep.engines.beam.plan import Batches, Plan
    from featureprep.engines.beam.runs import Runs


class BeamEngine(Engine):
    """Runs as Beam pipelines: one for each fold and each write, exchanges within it.

    Parameters
    ----------
    target : None, str or apache_beam.options.pipeline_options.PipelineOptions
        None: Beam's FnApiRunner in this process, a thread for each core. An address `beam://Runner?option=value&...`, or Beam's options.
    **options
        Beam's pipeline options by name, over those of `target`: `runner="FlinkRunner"`, `flink_master="host:8081"`, `parallelism=8` (Flink
        does one thing at a time without it), `direct_running_mode="multi_processing"`, `temp_location="gs://bucket/folder"` (where the
        workers hand results to this process; needed where they do not share its temporary folder).

    Raises
    ------
    ArgumentError
        At `start`: Beam has no such option or runner.
    WorldError
        At `start`: there is no job server, or no Flink, where one is said to be. In a verb: the runner failed.
    """

    name = "beam"
    verbs: ClassVar[Mapping[str, str]] = {
        "scan": "Create, Reshuffle",
        "map": "ParDo",
        "fold": "CombineGlobally",
        "exchange": "GroupByKey",
        "write": "ParDo",
    }
    gaps: ClassVar[Mapping[str, str]] = {
        "killed worker": "Beam's runners on one machine give up when a worker process is killed, and Flink unless its configuration has a "
        "restart strategy: the run ends with exit code 3, and is resumed",
        "larger than memory": "Beam's runner in this process holds an exchange in memory; runners on clusters spill",
    }

    def __init__(self, target: Any = None, **options: Any) -> None:
        self._target = target
        self._given = options
        self._runs: Runs | None = None

    def start(self) -> None:
        self.runs()

    def runs(self) -> Runs:
        """Where its pipelines run."""
        if self._runs is None:
            with quiet():
                from featureprep.engines.beam.hello import check_reachable
                from featureprep.engines.beam.options import options_of, pipeline_on, runner_of
                from featureprep.engines.beam.runs import Runs

                options = options_of(self._target, self._given)
                runner, checked = runner_of(options, str)
                pipeline_on(runner, checked)  # what is wrong with them is known before anything is written
                check_reachable(runner, options)
                self._runs = Runs(options)
        return self._runs

    def scan(self, partitions: Sequence[Sequence[Any]]) -> Batches:
        with quiet():
            from featureprep.engines.beam.plan import Batches
        return Batches([cloudpickle.dumps(list(items)) for items in partitions])

    def map(self, batches: Batches, function: MapFunction) -> Batches:
        return replace(batches, functions=(*batches.functions, function))

    def fold(self, batches: Batches, merger: Merger, label: str = "") -> Any:
        from featureprep.engines.beam.folder import FOLDED, STATE
        from featureprep.engines.beam.runs import whole

        if not batches.size:
            return merger.init()
        with self._done(batches, label, FOLDED, lambda plan: plan.fold(batches, merger)) as folder:
            return whole(folder, STATE, 1)[0].value

    def exchange(self, batches: Batches, buckets: int, label: str = "") -> Batches:
        from featureprep.engines.beam.plan import Batches

        return Batches(sent=batches, buckets=buckets, label=label)

    def write(self, batches: Batches, sink: MapFunction, label: str = "") -> list[list[Any]]:
        from featureprep.engines.beam.folder import MADE
        from featureprep.engines.beam.runs import whole

        with self._done(batches, label, MADE, lambda plan: plan.write(batches, sink)) as folder:
            return whole(folder, MADE, batches.size)

    def close(self) -> None:
        runs, self._runs = self._runs, None
        if runs is not None:
            with quiet():
                runs.close()

    @contextmanager
    def _done(self, batches: Batches, label: str, ends: str, build: Callable[[Plan], None]) -> Iterator[Folder]:
        """The folder that a pipeline left; see `Runs.done`."""
        runs = self.runs()
        with quiet():
            from featureprep.engines.beam.options import pipeline_on
            from featureprep.engines.beam.plan import Plan
            from featureprep.engines.beam.progress import Steps

            def make(runner: Any, options: Any, folder: Folder) -> Any:
                pipeline = pipeline_on(runner, options)
                build(Plan(pipeline, folder))
                return pipeline

            with runs.done(make, Steps(batches, label, ends, self.progress).look) as folder:
                yield folder
