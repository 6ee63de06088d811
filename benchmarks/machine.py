"""Where the figures come from."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

MEASURED = ("featureprep", "numpy", "pyarrow", "pandas", "polars", "scikit-learn", "distributed", "pyspark", "apache-beam")


def describe() -> str:
    """CPU, cores, memory, system and versions, in two lines."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in MEASURED)
    return (
        f"{cpu_model()}, {len(os.sched_getaffinity(0))} cores, {gigabytes:.0f} GB, {platform.system()} {platform.release()}\n"
        f"Python {platform.python_version()}, {versions}"
    )


def cpu_model() -> str:
    """The processor's name for itself."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    )
    return names[0] if names else platform.processor() or platform.machine()


def load() -> str:
    """How busy the machine is: the load averages of 1, 5 and 15 minutes."""
    return "load " + ", ".join(f"{value:.1f}" for value in os.getloadavg())
