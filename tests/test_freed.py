"""Freed memory stays with the process, unless somebody has said otherwise."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
from featureprep.freed import keep_freed
if {kept}: assert keep_freed()
else: assert not keep_freed()
import numpy as np
def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(1 << 18)
before = faults()
for _ in range(64): np.ones(1 << 18)  # 2 MiB, freed at once
print(faults() - before)
"""


def _faults(*, kept: bool, **said: str) -> int:
    env = {name: value for name, value in os.environ.items() if "MALLOC" not in name and name != "GLIBC_TUNABLES"} | said
    made = subprocess.run([sys.executable, "-c", FAULTS.format(kept=kept)], capture_output=True, text=True, check=True, env=env)
    return int(made.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_freed_pages_are_used_again() -> None:
    pages = 64 * (2 << 20) // os.sysconf("SC_PAGESIZE")
    assert _faults(kept=True) < pages / 4
    assert _faults(kept=False, MALLOC_MMAP_THRESHOLD_="131072", MALLOC_TRIM_THRESHOLD_="131072") > pages / 4
