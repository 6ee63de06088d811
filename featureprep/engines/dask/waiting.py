"""Waiting for Dask's futures: what they give, which error is told, and what is said when the cluster itself fails."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from featureprep.engines.carried import out_of_memory
from featureprep.engines.dask.tasks import SendError, TaskError
from featureprep.errors import WorldError

A = TypeVar("A")

POLL = 1.0
"""Seconds after which the cluster is looked at while no task ends."""
PATIENCE = 60.0
"""Seconds without any worker, or without the scheduler, after which a verb gives up."""


class FailedBefore(Exception):
    """A partition before an exchange failed: (its number, the error)."""


def gather(client: Any, futures: Sequence[Any], kept: Collection[int], done: Callable[[int], None]) -> list[Any]:
    """The results of the futures numbered in `kept`, in their order.

    Of several errors the one with the lowest number is raised, whichever came first. Whatever ends this early, an interrupt too, leaves no
    task waiting.

    Parameters
    ----------
    done : callable
        Called with each number whose task has ended well.
    """
    waiting = dict(enumerate(futures))
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number, future in waiting.items():
        future.add_done_callback(lambda _, number=number: ended.put(number))
    results: dict[int, Any] = {}
    errors: dict[int, BaseException] = {}
    try:
        while waiting:
            number = _next(client, ended)
            future = waiting.pop(number, None)
            if future is None:
                continue
            error = _error(client, future)
            if error is None and number in kept:
                try:
                    results[number] = _patiently(client, future.result)
                except (CancelledError, asyncio.CancelledError) as lost:  # the scheduler went away with it
                    error = lost
            if error is not None:
                errors[number] = error
                for other in [other for other in waiting if other > number]:  # earlier ones may still hold the first error
                    waiting.pop(other).release()
            else:
                done(number)
            future.release()
    finally:
        for future in waiting.values():
            future.release()  # a task that nobody wants any more is not begun
    if errors:
        raise _told(errors[min(errors)])
    return [results[number] for number in sorted(results)]


def _next(client: Any, ended: queue.SimpleQueue[int]) -> int:
    """The number of the next future that ends."""

    def wait(_seconds: float) -> int:
        try:
            return ended.get(timeout=POLL)
        except queue.Empty:
            raise TimeoutError from None

    return _patiently(client, wait)


def _patiently(client: Any, wait: Callable[[float], A]) -> A:
    """What `wait` gives, which is given seconds and raises TimeoutError after them; then it is called again, with twice as many.

    A task that has ended is no exception: its worker may die with what it gave.

    Raises
    ------
    WorldError
        When the cluster has had no scheduler or no worker for PATIENCE seconds.
    """
    alone_since: float | None = None
    seconds = POLL
    while True:
        try:
            return wait(seconds)
        except TimeoutError:
            trouble = _trouble(client)
            if trouble is None:
                alone_since = None
            elif alone_since is None:
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > PATIENCE:
                raise WorldError(f"{trouble} for {PATIENCE:.0f} seconds", where="dask", hint="look at the cluster") from None
            seconds = min(2 * seconds, PATIENCE)


def _trouble(client: Any) -> str | None:
    if client.status != "running":
        return "the scheduler cannot be reached"
    try:
        return None if client.nthreads() else "there was no worker"
    except (OSError, TimeoutError, RuntimeError, ValueError):
        return "the scheduler cannot be reached"


def _error(client: Any, future: Any) -> BaseException | None:
    """What ended a future, None where it ended well."""
    if future.status == "finished":
        return None
    try:
        found: BaseException | None = _patiently(client, future.exception)
    except (asyncio.CancelledError, OSError) as error:
        return error
    return found


def _told(error: BaseException) -> BaseException:
    """The error as it is raised to the engine's caller: that of the task itself, or one that says what the cluster did."""
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker
    from distributed.shuffle._exceptions import P2PConsistencyError

    if isinstance(error, SendError):
        return FailedBefore(error.partition, _raised(error.carried.error()))
    if isinstance(error, TaskError):
        return _raised(error.carried.error())
    if isinstance(error, KilledWorker):
        return WorldError(
            "worker processes died again and again at the same task",
            where="dask",
            hint="most often their memory is too small: give workers more, have fewer of them, or cut the input finer with partitions=",
        )
    if isinstance(error, (FutureCancelledError, asyncio.CancelledError)):
        return WorldError("the tasks were cancelled, or the scheduler forgot them", where="dask", hint="look at the cluster")
    if isinstance(error, P2PConsistencyError) or (isinstance(error, RuntimeError) and "P2P" in str(error)):
        return WorldError(f"Dask's shuffle failed: {error}", where="dask", hint="look at the workers' disks and logs")
    return _raised(error)


def _raised(error: BaseException) -> BaseException:
    """What a task has raised, as it is told."""
    return out_of_memory("dask") if isinstance(error, MemoryError) else error
