"""Independent pieces of work whose time is spent outside the interpreter: digests, requests, sorts."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Self, TypeVar

A = TypeVar("A")
B = TypeVar("B")

_MANY: Final = 64
_WORTH: Final = 0.002
"""Seconds from which on a piece is worth a thread: threads that do little but hand the interpreter to each other are slower than one."""


def each(work: Callable[[A], B], items: Iterable[A]) -> list[B]:
    """The results in the order of `items`, from a thread for each core; many pieces that turn out to be small are done one after the other."""
    waiting = list(items)
    done: list[B] = []
    if len(waiting) > _MANY:
        began = time.perf_counter()
        while len(done) < len(waiting) and time.perf_counter() - began <= _WORTH * max(1, len(done)):
            done.append(work(waiting[len(done)]))
    if len(done) == len(waiting):
        return done
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return done + list(pool.map(work, waiting[len(done) :]))


class Beside:
    """Work that goes on beside the caller's, in one thread, piece after piece; leaving the context waits for the last one."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="featureprep-beside")
        self._begun: list[Future[Any]] = []

    def begin(self, work: Callable[[], A]) -> Future[A]:
        """Begin a piece, or have it wait for those before it."""
        self._begun.append(begun := self._pool.submit(work))
        return begun

    def wait(self) -> None:
        """Until all that was begun has ended; raises the first error of it."""
        for begun in self._begun:
            begun.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()


class Lent:
    """Threads whose owner has no more work for them, for `share` to take; so many of them, not which."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = 0

    def add(self, threads: int) -> None:
        """So many more are free; fewer of a negative number, which may be taken now and come back later."""
        with self._lock:
            self._free += threads

    def take(self) -> bool:
        """Take one, to be added again; False where none is free."""
        with self._lock:
            if self._free < 1:
                return False
            self._free -= 1
            return True

    @property
    def any(self) -> bool:
        """Whether one is free at this moment."""
        return self._free > 0


lent: Final = Lent()
"""Those of this process."""


def share(work: Callable[[A], B], items: Iterable[A]) -> list[B]:
    """The results in the order of `items`, which are done one after the other, unless threads that are lent come to help meanwhile.

    For work inside work that has its threads already: while these are all busy it stays in the caller's. Of several errors the first item's is raised.
    """
    waiting = deque(enumerate(items))
    done: dict[int, B] = {}
    errors: dict[int, BaseException] = {}

    def one() -> bool:
        try:
            at, item = waiting.popleft()
        except IndexError:
            return False
        try:
            done[at] = work(item)
        except BaseException as error:  # noqa: BLE001  (the caller raises it)
            errors[at] = error
            waiting.clear()
        return True

    def help_out() -> None:
        try:
            while one():
                pass
        finally:
            lent.add(1)

    helpers: list[threading.Thread] = []
    began = time.perf_counter()
    try:
        while one():
            if waiting and lent.any and time.perf_counter() - began >= _WORTH and lent.take():
                helper = threading.Thread(target=help_out, name="featureprep-help")
                try:
                    helper.start()
                except RuntimeError:  # the system has no thread to give
                    lent.add(1)
                else:
                    helpers.append(helper)
    finally:
        waiting.clear()  # of an interrupt: nobody takes another item
        for helper in helpers:
            helper.join()
    if errors:
        raise errors[min(errors)]
    return [done[at] for at in sorted(done)]
