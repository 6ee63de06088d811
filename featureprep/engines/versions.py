"""What the driver and every worker must have alike, so that functions can travel between them and give the same bits."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from featureprep import __version__, platform
from featureprep.errors import WorldError


def versions() -> dict[str, str]:
    """Of this process: Python's minor version (pickled functions are its bytecode), featureprep's, and the platform of promise 1."""
    python = ".".join(map(str, sys.version_info[:2]))
    return {"Python": python, "featureprep": __version__, **platform.record()}


def check_versions(driver: Mapping[str, str], engine: str) -> None:
    """Compare the driver's versions with those of this process, a worker of `engine`.

    Raises
    ------
    WorldError
    """
    here = versions()
    other = [f"{name} {driver.get(name)} and {here.get(name)}" for name in {**driver, **here} if driver.get(name) != here.get(name)]
    if other:
        raise WorldError(
            f"the driver and a worker differ: {', '.join(other)}",
            where=engine,
            hint="install the same Python and the same packages on the workers as where the run is started",
        )
