"""What the driver and every worker must have alike, so that functions can travel between them and give the same bits."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from featureprep import __version__, platform


def versions(**others: str) -> dict[str, str]:
    """Of this process: Python's minor version (pickled functions are its bytecode), featureprep's, and the platform.

    A worker of another platform is refused, not only one with other packages: what it folds would be kept under the driver's platform, for
    runs of every engine to take up, and the graph would name a platform that its constants are not of.

    Parameters
    ----------
    others : str
        Versions of what an engine needs besides, by name.
    """
    python = ".".join(map(str, sys.version_info[:2]))
    return {"Python": python, "featureprep": __version__, **platform.record(), **others}


def differences(driver: Mapping[str, str], worker: Mapping[str, str]) -> list[tuple[str, str | None, str | None]]:
    """What is not alike: (name, the driver's, the worker's)."""
    return [(name, driver.get(name), worker.get(name)) for name in {**driver, **worker} if driver.get(name) != worker.get(name)]
