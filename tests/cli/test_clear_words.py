"""What is said of small mistakes names what was typed, and how to mend it there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.people import PLAIN


@pytest.fixture
def contract(project: Path) -> Path:
    path = project / "contract.yaml"
    path.write_text(PLAIN, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--encoding", "klingon"), "--encoding must be a text encoding that Python knows, not 'klingon'"),
        (("--encoding", "hex"), "--encoding must be a text encoding, not 'hex'"),
        (("--quote", "ab"), "--quote must be one ASCII character, not 'ab'"),
        (("--separator", ""), "--separator must be 1 to 16 characters without line ends and quotes, not ''"),
        (("--names", "a,a"), "--names must be a list of different, non-empty names, not ['a', 'a']"),
    ],
)
def test_flags_of_a_file_are_named(call: Call, project: Path, flags: tuple[str, ...], told: str) -> None:
    assert f"error: {told}\n  where: people1.csv\n" in call("stats", "people1.csv", *flags, code=2).stderr


def test_dangling_links(call: Call, contract: Path) -> None:
    (contract.parent / "link.csv").symlink_to("gone.csv")
    (contract.parent / "link.yaml").symlink_to("gone.yaml")
    assert "it is a link to 'gone.csv', which is not there" in call("stats", "link.csv", code=2).stderr
    told = call("validate", "people1.csv", "--contract", "link.yaml", code=2).stderr
    assert "it is a link to 'gone.yaml', which is not there" in told


def test_a_folder_for_a_contract(call: Call, contract: Path) -> None:
    for verb in (
        ("validate", "people1.csv", "--contract", "."),
        ("contract", "diff", ".", "contract.yaml"),
        ("contract", "convert", ".", "--to", "gx"),
    ):
        assert "the contract is a folder, not a file" in call(*verb, code=2).stderr


def test_no_words_of_jobs_where_there_is_none(call: Call, contract: Path) -> None:
    told = call("validate", "nope*.csv", "--contract", "contract.yaml", code=3).stderr
    assert "no file matches" in told
    assert "job file" not in told


def test_one_data_set(call: Call, project: Path) -> None:
    pytest.importorskip("tensorflow_metadata")
    assert call("stats", "people1.csv", "--tfmd", "a.pb").stderr.endswith("a.pb: 1 data set\n")
    assert call("stats", "people1.csv", "--tfmd", "a.pb", "--slice-by", "income").stderr.endswith(" data sets\n")


def test_an_empty_domain(call: Call, project: Path) -> None:
    (project / "none.yaml").write_text("columns: {city: {type: string, values: []}}\nextra_columns: allow\n", encoding="utf-8")
    assert "ERROR: city is null: no value is allowed" in call("validate", "people1.csv", "--contract", "none.yaml", code=1).stdout


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{id: integer}", "Did you mean 'int64'?"),
        ("{id: varchar}", "Did you mean 'string'?"),
        ("{id: DateTime}", "Did you mean 'timestamp'?"),
        ("{id: {type: decimal(5, 2)}}", 'needs quotes here: "decimal(5, 2)"'),
        ("{id: {type: struct<a: int64, b: string>}}", "quotes"),
        ("{id: decimal}", "Did you mean 'decimal(p, s)'?"),
        ("{id: {type: int64, range: {min: 1, to: 2}}}", "known are: action, at_most, max, min, severity"),
        ("{id: {type: int64, nullable: {is: false, of: 2}}}", "at_most"),
        ("{id: {type: int64, unique: {is: true, of: 2}}}", "known are: action, is, severity"),
    ],
)
def test_contracts(call: Call, project: Path, text: str, hint: str) -> None:
    (project / "wrong.yaml").write_text(f"columns: {text}\n", encoding="utf-8")
    assert hint in call("contract", "lint", "wrong.yaml", code=2).stdout


def test_names_that_are_empty(call: Call, contract: Path) -> None:
    for command in (("stats", "people1.csv"), ("validate", "people1.csv", "--contract", "contract.yaml"), ("infer", "people1.csv")):
        assert "the output has no name" in call(*command, "-o", "", code=2).stderr
    assert call("infer", "", code=2).stderr.endswith("hint: the path starts at the working folder\n")
    assert "--source trips=trips.csv" in call("validate", "--contract", "contract.yaml", "--source", "people1.csv", code=2).stderr


def test_a_pipe_is_no_data(call: Call, project: Path) -> None:
    os.mkfifo(project / "pipe.csv")
    assert "is no file but a pipe or a device" in call("stats", "pipe.csv", code=3).stderr


def test_a_source_of_a_contract_without_names(call: Call, contract: Path) -> None:
    assert "leave --source out" in call("contract", "convert", "contract.yaml", "--to", "gx", "--source", "x", code=2).stderr


@pytest.mark.parametrize(("name", "line"), [("a.csv", b"a,b\n1,\xff\n"), ("a.jsonl", b'{"a": "\xff"}\n')])
def test_another_encoding(call: Call, project: Path, name: str, line: bytes) -> None:
    (project / name).write_bytes(line)
    assert "hint: --encoding latin-1, or whatever the file is in" in call("infer", name, code=1).stderr
    assert "ÿ" in call("infer", name, "--encoding", "latin-1").stdout
