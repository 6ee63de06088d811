"""How engines under test are chosen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def collected(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:randomly", str(HERE / "test_verbs.py"), *arguments]
    return subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=False)


def test_some_engines_are_picked() -> None:
    found = collected("--engines=pandas, shaken")
    assert found.returncode == 0, found.stdout
    assert "[pandas]" in found.stdout
    assert "[shaken]" in found.stdout
    assert "[dask]" not in found.stdout


def test_an_unknown_name_fails_the_collection() -> None:
    found = collected("--engines=pandas,flink")
    assert found.returncode != 0
    assert "there is no engine flink" in found.stdout + found.stderr
