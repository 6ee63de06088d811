"""Virtualenvs for tools whose pins are not this project's: installed by pip into a cache outside the project, and used as programs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from featureprep.errors import WorldError

TIMEOUT: Final = 1800.0
"""Seconds that an installation may take."""
_STAMP: Final = "installed"
_PIP: Final = "pip>=25"
_WHICH: Final = "import sys; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True)
class Venv:
    """A virtualenv, known by what is in it: another version, or another Python, is another one beside it.

    Parameters
    ----------
    name : str
        What it is called in messages, and its folder's name begins with.
    requirements : tuple of str
        As pip takes them.
    pythons : tuple of str
        The versions of Python that will do ("3.11"), best first; empty where only this one will.
    constraints : str
        Lines for pip's --constraint: one set of versions that fit together, so that it need not search for one.
    """

    name: str
    requirements: tuple[str, ...]
    pythons: tuple[str, ...] = ()
    constraints: str = ""

    def folder(self) -> Path:
        """Where it is: below $XDG_CACHE_HOME/featureprep, or ~/.cache/featureprep."""
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        content = "\n".join((*self.requirements, self.constraints))
        version = ".".join(map(str, sys.version_info[:2]))
        return Path(home) / "featureprep" / f"{self.name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}-python{version}"

    def python(self) -> Path | None:
        """Its Python, or None where it has not been installed whole."""
        return self._interpreter() if (self.folder() / _STAMP).exists() else None

    def install(self) -> Path:
        """Its Python, installed first where it is not there. What was left half installed is made anew.

        Raises
        ------
        WorldError
            When no Python will do, or pip cannot install it.
        """
        found = self.python()
        if found is not None:
            return found
        base = self._base()
        self.folder().parent.mkdir(parents=True, exist_ok=True)
        self._do([base, "-m", "venv", "--clear", str(self.folder())])
        pip = [str(self._interpreter()), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        self._do([*pip, "--upgrade", _PIP])
        pins = self.folder() / "constraints.txt"
        pins.write_text(self.constraints, encoding="utf-8")
        self._do([*pip, "--constraint", str(pins), *self.requirements])
        (self.folder() / _STAMP).touch()
        return self._interpreter()

    def _interpreter(self) -> Path:
        return self.folder() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def _base(self) -> str:
        """The Python to make it with."""
        running = ".".join(map(str, sys.version_info[:2]))
        if not self.pythons or running in self.pythons:
            return sys.executable
        for version in self.pythons:
            program = shutil.which(f"python{version}")
            if program is not None and _is(program, version):
                return program
        wanted = " or ".join(self.pythons)
        raise WorldError(
            f"{self.name} needs Python {wanted}; this is {running}, and no other is on the PATH", hint=f"install Python {wanted}"
        )

    def _do(self, command: Sequence[str]) -> None:
        what = f"{self.name} cannot be installed"
        where = str(self.folder())
        try:
            done = subprocess.run(  # noqa: S603  (its own pip)
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            raise WorldError(f"{what}: pip is not done within {TIMEOUT:.0f} s", where=where, hint="look at the network") from None
        except OSError as error:
            raise WorldError(f"{what}: {error.strerror or error}", where=where) from error
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[-1:]
            why = lines[-1][:300] if lines else f"exit code {done.returncode}"
            raise WorldError(f"{what}: {why}", where=where, hint="look at the network, the package index of pip, and the room on the disk")


def _is(program: str, version: str) -> bool:
    """Whether a program is that Python: a shim may be on the PATH without one behind it."""
    try:
        done = subprocess.run([program, "-c", _WHICH], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  (a Python)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() == version
