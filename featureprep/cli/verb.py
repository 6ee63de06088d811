"""What all verbs share: an example in the help, and `--debug`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def debug_option(function: F) -> F:
    """`--debug`; read from the command line itself, before or after the verb."""
    return click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")(function)


class Verb(click.Command):
    """A verb whose help ends with examples.

    Parameters
    ----------
    examples : sequence of str
        Command lines.
    """

    def __init__(self, *args: Any, examples: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, as they are typed."""
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def verb(name: str, *examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Decorator: a function becomes the verb `name`; what it returns is the exit code (None: 0)."""

    def make(function: Callable[..., Any]) -> click.Command:
        return click.command(name, cls=Verb, examples=examples)(debug_option(function))

    return make
