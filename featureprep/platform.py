"""The platform whose arithmetic results are promised to be the same: OS, architecture, C library, pyarrow, numpy."""

from __future__ import annotations

import platform
from functools import lru_cache

import numpy as np
import pyarrow as pa


@lru_cache(maxsize=1)
def record() -> dict[str, str]:
    """The record, stored in every graph and part of every fold state's key. The Python version is not in it."""
    libc, version = platform.libc_ver()
    return {
        "os": platform.system(),
        "machine": platform.machine(),
        "libc": f"{libc} {version}".strip(),
        "numpy": np.__version__,
        "pyarrow": pa.__version__,
    }


def text() -> str:
    """The record on one line."""
    return ", ".join(f"{key} {value}" for key, value in record().items())
