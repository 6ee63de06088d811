"""A contract that comes through a pipe, as `--contract <(command)` has it: it can be read once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.people import PLAIN

OURS = f"{PLAIN}rows: {{min: 60}}\n"
EXPECTED = [
    {"type": "expect_column_to_exist", "kwargs": {"column": "age"}},
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 60}},
]
SUITE = json.dumps({"name": "people", "expectations": EXPECTED})
PANDERA = "schema_type: dataframe\nversion: 0.20.0\ncolumns:\n  id: {dtype: int64}\n  age: {dtype: int64}\nchecks: null\n"


@contextmanager
def piped(text: str) -> Iterator[str]:
    """The path of a pipe that holds this text, and then ends."""
    source, sink = os.pipe()
    with open(source, "rb"):
        with open(sink, "wb") as stream:
            stream.write(text.encode())
        yield f"/dev/fd/{source}"


@pytest.mark.parametrize("text", [OURS, SUITE, PANDERA])
def test_it_is_held_against_data_as_a_file_is(call: Call, project: Path, text: str) -> None:
    (project / "contract").write_text(text, encoding="utf-8")
    for data, code in (("people1.csv", 0), ("people2.csv", 0 if text == PANDERA else 1)):
        with piped(text) as path:
            told = call("validate", data, "--contract", path, code=code).stdout
            assert told.replace(path, "contract") == call("validate", data, "--contract", "contract", code=code).stdout


def test_an_empty_one_is_told_as_such(call: Call, project: Path) -> None:
    with piped("") as path:
        told = call("validate", "people1.csv", "--contract", path, code=2).stderr
    assert "the contract is empty" in told
    assert path in told
