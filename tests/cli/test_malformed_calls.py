"""Whatever is typed: an exit code that is documented and one message; never a traceback, never a fault of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.cli import cli
from featureprep.cli.app import VERBS
from tests.cli.people import JOB, PLAIN, rows

WORDS = (
    "", " ", "-", "--", "-1", "0", "1", "2", "1e309", "NaN", "99999999999999999999", "None", "job.py", "job.py:people", "job.py:", "job.py:x", "bad.py",
    "binary.py", "people1.csv", "people*.csv", "empty.csv", "header.csv", "no.csv", "folder", "folder/", "job.py/x", "contract.yaml", "bad.yaml", "store",
    "people", "people@1", "people@latest", "people@2", "people@", "@1", "@", "people@@", "..", "/dev/null", "~nobody", "a=b", "=", "a=", "=b",
    "people=people1.csv", "people=", "youngest=3", "youngest=", "youngest=x", "{}", '{"age": 39}', '{"age":', "[1]", "null", '{"age": 1e999}',
    '{"$": 1}', "[" * 5000, "r20240101t000000000-0123456789", "30d", "0d", "999999w", "30", "2024-06-01", "2024-06-01T25:00", "pandas", "spark", "TRAINING",
    "csv", "json", "utf-8", "utf9", ",", "\t", '"', "'", "\n", "\x1b[31m", "\x00", "\udcff", "\u202e", "\U0001f600", "é" * 300, "x" * 5000, "%s", "$(x)", "<script>",
    "memory://x", "memory://", "file://", "nope://x", "::", "--json", "--debug", "--help", "--version", "-o", "-h",
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("calls")
    (folder / "people1.csv").write_text(rows(0, 20), encoding="utf-8")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "header.csv").write_text("id,age,city,income\n", encoding="utf-8")
    (folder / "job.py").write_text(JOB, encoding="utf-8")
    (folder / "bad.py").write_text("def broken(:\n", encoding="utf-8")
    (folder / "binary.py").write_bytes(bytes(range(256)))
    (folder / "contract.yaml").write_text(PLAIN, encoding="utf-8")
    (folder / "bad.yaml").write_text("columns: [", encoding="utf-8")
    (folder / "folder").mkdir()
    here, variable = os.getcwd(), os.environ.pop("FEATUREPREP_STORE", None)
    os.chdir(folder)
    assert CliRunner().invoke(cli, ["run", "job.py"]).exit_code == 0
    yield folder
    os.chdir(here)
    if variable is not None:
        os.environ["FEATUREPREP_STORE"] = variable


def command_of(words: list[str]) -> click.Command:
    """The verb, or the task of a verb."""
    command: click.Command = cli
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command


def options(words: list[str]) -> list[str]:
    command = command_of(words)
    return [name for param in command.params if isinstance(param, click.Option) for name in (*param.opts, *param.secondary_opts)]


WORD = st.sampled_from(WORDS) | st.text(max_size=8)


@st.composite
def calls(draw: st.DrawFn) -> list[str]:
    verb = [draw(st.sampled_from(VERBS))]
    command = command_of(verb)
    if isinstance(command, click.Group) and draw(st.integers(0, 9)):
        verb.append(draw(st.sampled_from(command.list_commands(click.Context(command)))))
    known = options(verb)
    parts: list[str] = []
    for _ in range(draw(st.integers(0, 5))):
        option = draw(st.booleans())
        if option and known:
            parts.append(draw(st.sampled_from(known)))
        parts.append(draw(WORD))
    before = draw(st.lists(WORD, max_size=1)) if draw(st.integers(0, 9)) == 0 else []
    return [*before, *verb, *parts]


@settings(max_examples=200)
@given(args=calls())
def test_a_malformed_call_ends_in_one_message(args: list[str], project: Path) -> None:
    result = CliRunner().invoke(cli, args)
    assert result.exit_code in (0, 1, 2, 3), (args, result.output)
    assert "Traceback" not in result.output or "--debug" in args
    assert "internal error" not in result.output, (args, result.stderr)
    if result.exit_code in (2, 3) and "--json" not in args and "--debug" not in args:
        assert result.stderr.count("error: ") >= 1, (args, result.stderr)
    assert "\x1b" not in result.output
    assert not any("\udc80" <= c <= "\udcff" for c in result.stderr)
