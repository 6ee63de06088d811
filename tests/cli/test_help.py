"""The help of every verb: a sentence, its options, examples that parse."""

from __future__ import annotations

import shlex

import click
import pytest
from click.testing import CliRunner

from featureprep.cli import cli
from featureprep.cli.app import VERBS
from featureprep.cli.verb import Verb

PRINTS_JSON = set(VERBS)
MAKES_A_FILE = {"infer", "validate", "lineage", "report"}
OPENS_A_STORE = {"run", "apply", "resume", "stats", "datasets", "tag", "diff", "lineage", "trace", "report", "vacuum"}


def command(name: str) -> Verb:
    found = cli.get_command(click.Context(cli), name)
    assert isinstance(found, Verb)
    return found


def flags(name: str) -> set[str]:
    return {flag for param in command(name).params for flag in param.opts}


def test_every_verb_of_this_release_is_there() -> None:
    listed = CliRunner().invoke(cli, ["--help"]).stdout
    for name in VERBS:
        assert f"\n  {name} " in listed
    assert "..." not in listed.partition("Commands:")[2]


@pytest.mark.parametrize("name", VERBS)
def test_the_help_has_a_sentence_and_examples(name: str) -> None:
    for flag in ("--help", "-h"):
        result = CliRunner().invoke(cli, [name, flag])
        assert result.exit_code == 0
        assert f"Usage: featureprep {name}" in result.stdout
        assert command(name).help
        examples = result.stdout.partition("Examples:\n")[2].strip().splitlines()
        assert examples
        assert all(line.strip().startswith(f"featureprep {name} ") for line in examples if line.strip() != f"featureprep {name}")


@pytest.mark.parametrize("name", VERBS)
def test_the_examples_parse(name: str) -> None:
    for line in command(name).examples:
        program, verb, *args = shlex.split(line)
        assert (program, verb) == ("featureprep", name)
        with command(name).make_context(name, args, parent=click.Context(cli, **cli.context_settings)) as ctx:
            assert not ctx.args


@pytest.mark.parametrize("name", VERBS)
def test_every_option_says_what_it_does(name: str) -> None:
    options = [param for param in command(name).params if isinstance(param, click.Option)]
    assert all(option.help and option.help.endswith((".", ").")) for option in options)


def test_the_common_options_are_where_they_belong() -> None:
    assert {name for name in VERBS if "--json" in flags(name)} == PRINTS_JSON
    assert {name for name in VERBS if "--output" in flags(name)} == MAKES_A_FILE
    assert {name for name in VERBS if "--store" in flags(name)} == OPENS_A_STORE
    assert all("--debug" in flags(name) for name in VERBS)
