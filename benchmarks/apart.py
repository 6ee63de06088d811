"""Peers that live in virtualenvs of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from featureprep.validators.tfdv.environment import VENV as TFDV
from featureprep.venvs import Venv
from tools.tft import VENV as TFT

PEERS: Final[dict[str, tuple[Venv, str]]] = {"tft": (TFT, "python -m tools.tft"), "tfdv": (TFDV, "featureprep doctor --tfdv")}
"""By the name of their rows in the table: where they are, and what installs them."""


class UnavailableError(Exception):
    """A peer is not installed; the message says how it is."""


def interpreter_of(task: str) -> str:
    """The Python that runs a task: this one, but for those of such a peer ("tft", "tft-row").

    Raises
    ------
    UnavailableError
    """
    name = task.partition("-")[0]
    if name not in PEERS:
        return sys.executable
    venv, how = PEERS[name]
    found: Path | None = venv.python()
    if found is None:
        raise UnavailableError(f"{name} is not installed: {how}")
    return str(found)
