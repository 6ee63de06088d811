"""The help of every verb: a sentence, its options, examples that parse."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from featureprep.cli import app, cli
from featureprep.cli.app import GROUPS, VERBS
from featureprep.cli.verb import Verb

PRINTS_JSON = set(VERBS) - {"completion"}  # prints a script
MAKES_A_FILE = {"contract", "infer", "validate", "stats", "lineage", "report", "diff", "skew", "trace"}
OPENS_A_STORE = {"run", "apply", "resume", "validate", "stats", "datasets", "tag", "diff", "lineage", "skew", "trace", "report", "vacuum"}


def command(name: str) -> Verb:
    found = cli.get_command(click.Context(cli), name)
    assert isinstance(found, Verb)
    return found


def tasks(name: str) -> dict[str, click.Command]:
    """The commands that a verb is, by what is typed: itself, or each of its tasks."""
    found = command(name)
    if not isinstance(found, click.Group):
        return {name: found}
    context = click.Context(found)
    made = {f"{name} {task}": found.get_command(context, task) for task in found.list_commands(context)}
    return {typed: task for typed, task in made.items() if task is not None}


def flags(name: str) -> set[str]:
    return {flag for task in tasks(name).values() for param in task.params for flag in param.opts}


def test_every_verb_of_this_release_is_there_under_its_heading() -> None:
    listed = CliRunner().invoke(cli, ["--help"]).stdout
    for heading, names in GROUPS.items():
        section = listed.partition(f"\n{heading}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == list(names)
        assert "..." not in section
    modules = {path.stem.removeprefix("verb_") for path in Path(app.__file__).parent.glob("verb_*.py")}
    assert modules == set(VERBS)
    assert len(VERBS) == len(set(VERBS))


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
def test_the_tasks_of_a_verb_have_help_too(name: str) -> None:
    for typed, task in tasks(name).items():
        assert isinstance(task, Verb)
        shown = CliRunner().invoke(cli, [*typed.split(), "--help"])
        assert f"Usage: featureprep {typed}" in shown.stdout
        assert task.help
        assert task.examples


@pytest.mark.parametrize("name", VERBS)
def test_the_examples_parse(name: str) -> None:
    examples = {*command(name).examples, *(line for task in tasks(name).values() if isinstance(task, Verb) for line in task.examples)}
    for line in examples:
        program, *words = shlex.split(line)
        typed, task = next((typed, task) for typed, task in tasks(name).items() if words[: len(typed.split())] == typed.split())
        assert program == "featureprep"
        with task.make_context(typed, words[len(typed.split()) :], parent=click.Context(cli, **cli.context_settings)) as ctx:
            assert not ctx.args


@pytest.mark.parametrize("name", VERBS)
def test_every_option_says_what_it_does(name: str) -> None:
    options = [param for task in tasks(name).values() for param in task.params if isinstance(param, click.Option)]
    assert all(option.help and option.help.endswith((".", ").")) for option in options)


def test_the_common_options_are_where_they_belong() -> None:
    assert {name for name in VERBS if "--json" in flags(name)} == PRINTS_JSON
    assert {name for name in VERBS if "--output" in flags(name)} == MAKES_A_FILE
    assert {name for name in VERBS if "--store" in flags(name)} == OPENS_A_STORE
    assert all("--debug" in flags(name) for name in VERBS)
