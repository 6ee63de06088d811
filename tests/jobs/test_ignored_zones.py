"""What a process makes that has imported pyspark.pandas, by which Arrow leaves out the zones of Python's moments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.zoned_moments import outcome


def test_versions_graphs_and_skew_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parent.parent.parent
    subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.jobs.zoned_moments", tmp_path / "found.json"],
        check=True, timeout=240, cwd=root, env={**os.environ, "PYTHONPATH": str(root), "PYARROW_IGNORE_TIMEZONE": "1"},
    )  # fmt: skip
    monkeypatch.delenv("PYARROW_IGNORE_TIMEZONE", raising=False)
    expected = outcome()
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8")) == json.loads(json.dumps(expected, default=str))
    assert expected["version"] == expected["batch"] == expected["rows"]
    midnight = "datetime.datetime(1970, 1, 1, 0, 0)"
    assert expected["version"]["row"] == f"[{midnight}, {midnight}, None]"
    assert expected["version"]["mapped"] == f"[{midnight}, datetime.datetime(1970, 1, 1, 1, 0), None]"
    assert expected["version"]["known"] == "[True, None, False]"
    assert (expected["skew"]["rows"], expected["skew"]["differing"]) == (3, 0)
