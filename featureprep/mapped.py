"""Files mapped into memory, of which pages that have been read count as this process's until they are let go.

What is let go is mapped again, from the file cache, where it is read once more; nothing is lost.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

_DONTNEED: Final[int | None] = getattr(mmap, "MADV_DONTNEED", None)
_LOCK: Final = threading.Lock()
_maps: Final[weakref.WeakValueDictionary[int, pa.Buffer]] = weakref.WeakValueDictionary()
"""By address: of other memory the same call would clear what is there."""


def map_file(path: str) -> memoryview:
    """The bytes of a file, mapped for reading. No descriptor stays open, as with Python's own maps: thousands may be alive at once."""
    with pa.memory_map(path) as mapped:
        buffer = mapped.read_buffer()
    with _LOCK:
        _maps[buffer.address] = buffer
    return memoryview(buffer)


def let_go(data: memoryview | np.ndarray[Any, Any]) -> None:
    """Let go of the whole pages of a contiguous part of what `map_file` gave; of other memory, and where the system cannot, of none."""
    view = data.base if isinstance(data, np.ndarray) else data
    advise = _madvise()
    if advise is None or _DONTNEED is None or not isinstance(view, memoryview) or not isinstance(view.obj, pa.Buffer):
        return
    with _LOCK:
        known = _maps.get(view.obj.address) is view.obj
    if known and data.nbytes:
        start = data.ctypes.data if isinstance(data, np.ndarray) else pa.py_buffer(data).address
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        end = (start + data.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
        if end > first:
            advise(first, end - first, _DONTNEED)


@cache
def _madvise() -> Callable[[int, int, int], int] | None:
    found = getattr(ctypes.CDLL(None), "madvise", None) if os.name == "posix" else None
    if found is not None:
        found.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return found
