"""Runs of pipelines on one runner: each has a folder for its results, which is gone when they are read."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from featureprep.engines.beam.folder import FAILED, FIRST, SHARED, Folder
from featureprep.engines.beam.job_server import OwnServer
from featureprep.engines.beam.options import runner_of
from featureprep.engines.beam.processes import Processes
from featureprep.engines.beam.running import run
from featureprep.engines.beam.watch import Watch
from featureprep.engines.carried import Carried
from featureprep.errors import WorldError

Make = Callable[[Any, Any, Folder], Any]
"""(runner, options, folder) -> a pipeline whose workers leave their results there."""


class Runs:
    """See the module.

    Parameters
    ----------
    options : PipelineOptions
        As `options_of` makes them.
    """

    def __init__(self, options: PipelineOptions) -> None:
        self.options = options
        self._home = tempfile.mkdtemp(prefix="featureprep-beam-")
        place: str | None = options.view_as(GoogleCloudOptions).temp_location
        self._place = place or self._home
        self._processes = Processes(self._home)
        self._server = OwnServer()

    def close(self) -> None:
        """Remove what is left; may be called twice."""
        self._processes.close()
        self._server.close()
        shutil.rmtree(self._home, ignore_errors=True)

    @contextmanager
    def done(self, make: Make, look: Callable[[Folder], None], runner: Any = None) -> Iterator[Folder]:
        """The folder of a pipeline that has run.

        Parameters
        ----------
        look : callable
            Called now and then while it runs, and at its end.
        runner : PipelineRunner, optional
            In place of the one that the options name.

        Raises
        ------
        WorldError
            The runner failed. Of errors that the workers left the first is raised, by exchange and by partition.
        """
        workers = tempfile.mkdtemp(dir=self._home)
        folder = Folder(f"{self._place}/featureprep-{uuid.uuid4().hex}")
        try:
            found, options = runner, self.options
            if found is None:
                found, options = runner_of(self.options, lambda: self._processes.command(workers))
                self._server.lent_to(found, options)
            pipeline = make(found, options, folder)
            watch = Watch(folder)

            def looks() -> None:
                look(folder)
                watch.look()

            try:
                run(pipeline, workers, looks, lambda: folder.put(FAILED, FIRST))
            except WorldError:
                _raise_first(folder)
                raise
            _raise_first(folder)
            yield folder
        finally:
            folder.remove()
            shutil.rmtree(workers, ignore_errors=True)


def _raise_first(folder: Folder) -> None:
    for place, files in folder.found(FAILED).items():
        if place > FIRST:
            try:
                found: Carried = folder.get(files)
            except LookupError:
                continue
            raise found.error()


def whole(folder: Folder, kind: str, n: int) -> list[Any]:
    """The values of a kind, by place.

    Raises
    ------
    WorldError
        There are not `n`.
    """
    values = []
    for files in folder.found(kind).values():
        with suppress(LookupError):
            values.append(folder.get(files))
    if len(values) != n:
        raise WorldError(
            f"Beam's runner ended well, but {n - len(values)} of {n} results are missing",
            where=folder.path,
            hint=SHARED,
        )
    return values
