"""The cluster that an engine uses: one of its own on this machine, or one that is there."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

from featureprep.engines.dask.hello import CONNECT, greet
from featureprep.engines.dask.local import local_cluster
from featureprep.errors import ArgumentError, WorldError, said

SCHEME = "dask://"
_OWN_LEVELS = ("distributed.client", "distributed.gc")
"""Loggers that Dask gives a level of their own: of a cluster that is ours they need not tell that a worker was killed."""
_SHUFFLES = "distributed.shuffle._scheduler_plugin"
_WELL = ("Shuffle %s initialized", "Shuffle %s deactivated")


class Connection:
    """A client, made when it is first asked for, and closed with all that was made for it; one that was given stays open."""

    def __init__(self, target: Any, workers: int | None, memory: str | None) -> None:
        self._target = target
        self._workers = workers or len(os.sched_getaffinity(0))
        self._memory = memory
        self._client: Any = None
        self._made = contextlib.ExitStack()

    def client(self) -> Any:
        """The client.

        Raises
        ------
        ArgumentError
            For a target that is none.
        WorldError
            When the cluster cannot be reached or started.
        """
        if self._client is None:
            with contextlib.ExitStack() as made:
                self._client = self._connect(made)
                self._made = made.pop_all()
        return self._client

    def _connect(self, made: contextlib.ExitStack) -> Any:
        import distributed

        if isinstance(self._target, distributed.Client):
            made.enter_context(_hushed_shuffles())
            return self._target
        if self._target is None:
            made.enter_context(_quiet("distributed", *_OWN_LEVELS))
            return made.enter_context(_client(made.enter_context(local_cluster(self._workers, self._memory)), "the local cluster"))
        if isinstance(self._target, str) and self._target.startswith(SCHEME):
            made.enter_context(_quiet("distributed"))
            return made.enter_context(_client(f"tcp://{self._target.removeprefix(SCHEME)}", self._target))
        raise ArgumentError.of("target", "DaskEngine", "None, an address dask://host:port or a distributed.Client", self._target)

    def close(self) -> None:
        """Close what was made here; may be called twice."""
        self._client = None
        self._made.pop_all().close()


def _client(address: str, shown: str) -> Any:
    import distributed
    from distributed.comm.addressing import parse_address, parse_host_port

    try:
        parse_host_port(parse_address(address)[1])
    except ValueError as error:
        raise ArgumentError.of("engine", "run", "an address such as dask://host:8786", shown) from error
    greet(address, shown)
    try:
        return distributed.Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise WorldError(f"the Dask scheduler takes no client: {said(error)}", where=shown, hint="look at its log") from error


@contextlib.contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Keep what `distributed` logs of workers that come and go off the terminal: what matters is raised."""
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def _hushed_shuffles() -> Iterator[None]:
    """Keep the two warnings that Dask logs of every shuffle that goes well out of a user's log; levels and handlers stay as they are."""
    logger, passes = logging.getLogger(_SHUFFLES), lambda record: not str(record.msg).startswith(_WELL)
    logger.addFilter(passes)
    try:
        yield
    finally:
        logger.removeFilter(passes)
