"""What becomes of memory that a partition has freed: the process keeps it for the next one.

A page that was given back must be asked for, cleared and mapped again: of two million rows half of all faults, a tenth of the time.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_ASIDE: Final = 32 << 20
_TRIM: Final = 2 * _ASIDE
_STATED: Final = ("GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


@cache
def keep_freed() -> bool:
    """Have the C library's allocator keep what is freed, once for this process; whether it does.

    glibc raises both limits by itself whenever a large block is freed, at most to the values that are set here at once (mallopt(3)).
    Where somebody has stated them in the environment, and with other C libraries, all stays as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is None or any(os.environ.get(name) for name in _STATED):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _ASIDE)) and bool(mallopt(_M_TRIM_THRESHOLD, _TRIM))
