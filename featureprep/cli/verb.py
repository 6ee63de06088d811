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


def verb(name: str, short: str, *examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Decorator: a function becomes the verb `name`; what it returns is the exit code (None: 0).

    Parameters
    ----------
    short : str
        What it does in a few words, for the list of verbs.
    *examples : str
        Command lines.
    """

    def make(function: Callable[..., Any]) -> click.Command:
        # click lists options from the last decorator to the first: those of the verb come before this one
        known = list(getattr(function, "__click_params__", ()))
        debug_option(function)
        function.__click_params__ = [function.__click_params__[-1], *known]  # type: ignore[attr-defined]
        return click.command(name, cls=Verb, examples=examples, short_help=short)(function)

    return make
