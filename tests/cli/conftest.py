"""A small project: two CSV files, a job, a contract, and a way to call the command line in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from featureprep.cli import cli
from tests.cli.people import JOB, rows


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a test."""
    monkeypatch.delenv("FEATUREPREP_STORE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people1.csv").write_text(rows(0, 60), encoding="utf-8")
    (tmp_path / "people2.csv").write_text(rows(60, 90), encoding="utf-8")
    (tmp_path / "job.py").write_text(JOB, encoding="utf-8")
    return tmp_path


Call = Callable[..., Result]
CallJson = Callable[..., Any]


@pytest.fixture
def call(project: Path) -> Call:
    """Call the command line: arguments in, click's result out; nothing may end in a traceback."""

    def invoke(*args: object, code: int = 0) -> Result:
        result = CliRunner().invoke(cli, [str(a) for a in args])
        assert result.exit_code == code, f"exit {result.exit_code}\n{result.stdout}\n{result.stderr}"
        assert "Traceback" not in result.output
        assert "internal error" not in result.output
        return result

    return invoke


@pytest.fixture
def call_json(call: Call) -> CallJson:
    """As `call`, with --json: what standard output holds, which is JSON and nothing else."""

    def invoke(*args: object, code: int = 0) -> Any:
        return json.loads(call(*args, "--json", code=code).stdout)

    return invoke
