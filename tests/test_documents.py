"""What the documents show is run as it stands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from featureprep.validators.contract_yaml import load_contract

ROOT = Path(__file__).resolve().parent.parent


def blocks(document: str, language: str) -> list[str]:
    """The code blocks of a language in a document."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)


def test_the_ten_lines_of_the_architecture_run() -> None:
    (code,) = blocks("ARCHITECTURE.md", "python")
    assert len([line for line in code.splitlines() if line.strip()]) == 10
    assert "assert dataset ==" in code
    exec(compile(code, "ARCHITECTURE.md", "exec"), {})


def test_the_contract_of_the_documents_is_one() -> None:
    (text,) = blocks("docs/contracts.md", "yaml")
    (source,) = load_contract(text, where="docs/contracts.md").sources
    assert [column.name for column in source.columns] == ["age", "income", "fare", "plate", "tips", "payment_type"]
    module = (ROOT / "validators" / "contract_yaml.py").read_text(encoding="utf-8")
    more = ("tips: float64", "payment_type: string")  # the docstring's is cut short by these
    assert all(line.strip() in module for line in text.splitlines() if line.strip() not in more)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the README's job and some trips."""
    (tmp_path / "job.py").write_text(blocks("README.md", "python")[0], encoding="utf-8")
    rows = ["trip_id,miles,fare,tips,payment,company"]
    rows += [f"t{i},{i % 17 / 4 if i % 11 else ''},{i % 40 - 1},{i % 7},{'Cash' if i % 3 else 'Card'},company {i % 5}" for i in range(300)]
    (tmp_path / "trips.csv").write_text("\n".join([*rows, "t301,1"]) + "\n", encoding="utf-8")
    (tmp_path / "next.csv").write_text("\n".join([*rows[:50], "t999,1.0,5,0,Barter,company 1"]) + "\n", encoding="utf-8")
    return tmp_path


def test_the_readmes_first_job(project: Path) -> None:
    commands = [line[2:].split("#")[0] for block in blocks("README.md", "console") for line in block.splitlines() if line.startswith("$ ")]
    assert len(commands) >= 4
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "featureprep"
        done = subprocess.run(
            [sys.executable, "-m", "featureprep", *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        expected = 1 if arguments[0] == "validate" else 0
        assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"
        if arguments[0] == "validate":
            assert "Barter" in done.stdout

    serving = blocks("README.md", "python")[1].replace("./store", str(project / "store"))
    table = pa.table({"trip_id": ["a", "b"], "miles": [1.0, None], "fare": [5.0, 9.0], "payment": ["Cash", "Card"], "company": ["x", None]})
    names = {"table": table}
    exec(compile(serving, "README.md", "exec"), names)
    assert names["graph"].admits({"fare": -1.0}) == "paid"
    assert names["X"].shape[1] == len(names["names"])
