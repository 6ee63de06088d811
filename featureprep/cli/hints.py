"""Hints of readers, which speak of Python arguments, told to who gave a file on the command line: as the flags there."""

from __future__ import annotations

import re

import click

from featureprep.errors import ArgumentError, RequestError

_KEY = "featureprep.cli.hints"
_FLAGS = (
    (r"columns=\[\.\.\.\]", "--columns A,B,C"),
    (r"columns=", "--columns"),
    (r"names=\[\.\.\.\]", "--names A,B,C"),
    (r"names=", "--names"),
    (r"header=True", "--header"),
    (r"header=False", "--no-header"),
    (r'on_error="(\w+)"', r"--on-error \1"),
    (r'encoding="([\w-]+)"', r"--encoding \1"),
    (r"encoding=", "--encoding"),
    (r"separator='([^']+)'", r"--separator '\1'"),
    (r"separator=", "--separator"),
    (r"quote=", "--quote"),
    (r"null_values=", "--null-value"),
)
_OF_JOBS = "relative paths start at the folder of the job file"
_LIMITS = re.compile(r"The '(\w+)' parameter of \w+ must be (.*)\. Got (.*) instead\.", re.DOTALL)
_PYTHON_ONLY = re.compile(r"\b(schema|format|compression)=")


def reads_file() -> None:
    """Note that the call at hand reads a file that was named on its command line."""
    ctx = click.get_current_context(silent=True)
    if ctx is not None:
        ctx.meta[_KEY] = True


def of_command_line(ctx: click.Context) -> bool:
    """Whether `reads_file` was called in this call."""
    return bool(ctx.meta.get(_KEY))


def as_flags(hint: str | None) -> str | None:
    """A hint with flags in place of Python arguments; what no flag does is said to be for a job file."""
    if hint is None:
        return None
    made = hint.replace("names=[...], header=True", "names=[...] header=True").replace(
        _OF_JOBS, "look at the path, and at the working folder"
    )
    for argument, flag in _FLAGS:
        made = re.sub(rf"(?<![\w-]){argument}", flag, made)
    return f"in a job file: {made}" if _PYTHON_ONLY.search(made) else made


def of_flag(error: ArgumentError, where: str) -> RequestError:
    """The error for an argument of a reader, as one of the flag that gave it."""
    match = _LIMITS.fullmatch(error.what)
    if match is None:
        return RequestError(error.what, where=where, hint=as_flags(error.hint))
    flag = {"null_values": "null-value"}.get(match[1], match[1].replace("_", "-"))
    return RequestError(f"--{flag} must be {match[2].replace(' or None', '')}, not {match[3]}", where=where, hint=as_flags(error.hint))
