"""Failures told to people (stderr) and, with --json, to programs (stdout)."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

import click

from featureprep.cli.output import echo_json, printable
from featureprep.errors import FeatureprepError

INTERNAL = "this is a fault of featureprep: please report it; run again with --debug to see where it comes from"
_LONGEST = 20_000


@dataclass(frozen=True)
class Failure:
    """What is told of an error: what, where, how to mend it, and the exit code."""

    what: str
    where: str | None
    hint: str | None
    exit_code: int

    @classmethod
    def of(cls, error: FeatureprepError) -> Failure:
        return cls(error.what, error.where, error.hint, error.exit_code)

    @classmethod
    def of_usage(cls, error: click.ClickException) -> Failure:
        ctx = getattr(error, "ctx", None)
        hint = f"{ctx.command_path} --help" if ctx is not None else None
        return cls(error.format_message(), None, hint, 2)


def show(failure: Failure, error: BaseException, *, debug: bool, as_json: bool) -> int:
    """Tell a failure; returns its exit code."""
    if debug:
        click.echo(_clean("".join(traceback.format_exception(error))), err=True, nl=False)
    lines = [f"error: {_clean(failure.what)}"]
    if failure.where:
        lines.append(f"  where: {_clean(failure.where)}")
    if failure.hint:
        lines.append(f"  hint: {_clean(failure.hint)}")
    click.echo("\n".join(lines), err=True)
    if as_json:
        echo_json({"error": {"what": failure.what, "where": failure.where, "hint": failure.hint, "exit_code": failure.exit_code}})
    return failure.exit_code


def _clean(text: str) -> str:
    """Without control characters: messages quote data, and data must not steer a terminal."""
    return "\n".join(printable(line, _LONGEST) for line in text.split("\n"))
