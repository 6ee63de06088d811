"""TensorFlow Transform in a virtualenv of its own, for its pins are not this project's: installed by pip into a cache outside the tree.

    python -m tools.tft

Prints where its Python is. The cache is $XDG_CACHE_HOME/featureprep, or ~/.cache/featureprep; what goes there takes 3 GB.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

VERSION = "1.21.0"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
STAMP = "installed"
TIMEOUT = 1800.0  # seconds


class UnavailableError(Exception):
    """It cannot be had here; the message says why."""


def folder() -> Path:
    """The virtualenv for this version of it and of Python."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "featureprep" / f"tft-{VERSION}-python{PYTHON}"


def python(*, install: bool = True) -> Path:
    """The virtualenv's Python; installed where it is not there yet. An interrupted installation leaves no stamp, and is done again.

    Raises
    ------
    UnavailableError
    """
    found = folder() / "bin" / "python"
    if not (folder() / STAMP).exists():
        if not install:
            raise UnavailableError("TensorFlow Transform is not installed: python -m tools.tft")
        folder().parent.mkdir(parents=True, exist_ok=True)
        venv.create(folder(), clear=True, with_pip=True)
        _pip(found, "pip>=25")
        _pip(found, f"tensorflow-transform=={VERSION}")
        (folder() / STAMP).touch()
    return found


def _pip(interpreter: Path, wanted: str) -> None:
    otherwise = f"{wanted} cannot be installed for Python {PYTHON}"
    command = [str(interpreter), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--upgrade", wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{otherwise}: not done within {TIMEOUT:.0f} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [f"exit code {done.returncode}"]
        raise UnavailableError(f"{otherwise}: {lines[-1][:200]}")


def main() -> int:
    try:
        print(python())
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
