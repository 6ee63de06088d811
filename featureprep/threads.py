"""Independent pieces of work whose time is spent outside the interpreter: digests, requests, sorts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def each(work: Callable[[A], B], items: Iterable[A], *, at_once: int | None = None) -> list[B]:
    """The results in the order of `items`, from one thread a core unless said otherwise; the first error is raised."""
    with ThreadPoolExecutor(at_once or os.cpu_count() or 1) as pool:
        return list(pool.map(work, items))
