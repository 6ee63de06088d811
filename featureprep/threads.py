"""Independent pieces of work whose time is spent outside the interpreter: digests, requests, sorts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

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
