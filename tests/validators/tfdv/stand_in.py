"""What stands where TFDV's Python is looked for: fast, and here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from featureprep.validators.tfdv.environment import VENV

ROOT = Path(__file__).resolve().parents[3]
STAND_IN = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from featureprep.validators import tfmd

folder = Path(sys.argv[1])
def read(name, message):
    path = folder / name
    if not path.exists():
        return None
    message.ParseFromString(path.read_bytes())
    return message
environment = folder / "environment.txt"
found = tfmd.validate(
    read("given.pb", statistics_pb2.DatasetFeatureStatisticsList()),
    read("schema.pb", schema_pb2.Schema()),
    environment=environment.read_text(),
    previous_statistics=read("previous.pb", statistics_pb2.DatasetFeatureStatisticsList()),
)
(folder / "anomalies.pb").write_bytes(found.SerializeToString())
"""


def python_of_tfdv(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program where TFDV's Python is looked for; it is called with -I, the program, and the folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    (VENV.folder() / "bin").mkdir(parents=True)
    program = VENV.folder() / "bin" / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (VENV.folder() / "installed").touch()


def stands_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for TFDV that answers as `tfmd.validate` does."""
    (folder / "stand_in.py").write_text(STAND_IN)
    python_of_tfdv(f"exec {sys.executable} {folder / 'stand_in.py'} $3", folder, monkeypatch)
