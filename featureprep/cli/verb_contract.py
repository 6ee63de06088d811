"""`featureprep contract`: a group of tasks, each in a module `contract_<task>` of its own that is imported when it is met."""

from __future__ import annotations

import importlib

import click

from featureprep.cli.verb import Verb, debug_option

TASKS = ("convert", "diff", "lint")


class Tasks(Verb, click.Group):
    """The tasks by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(TASKS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in TASKS:
            return None
        command: click.Command = importlib.import_module(f"featureprep.cli.contract_{cmd_name}").command
        return command


@click.command(
    "contract",
    cls=Tasks,
    short_help="Look contracts over without data.",
    no_args_is_help=False,
    examples=(
        "featureprep contract lint contract.yaml",
        "featureprep contract diff contract.yaml contract.yaml --fail-on breaking",
        "featureprep contract convert contract.yaml --to odcs",
    ),
)
@debug_option
def command() -> None:
    """Look contracts over without data: what is wrong with one, what is different between two, what it is in another format.

    Each task has --help of its own.
    """
