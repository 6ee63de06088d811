"""Printing: JSON, tables, files. Standard output is for results, standard error for all else."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

import click

from featureprep.errors import RequestError

PIPE_WIDTH = 160
"""Characters of a line where the output is no terminal and COLUMNS is not set."""


def width() -> int:
    """Characters that a line may have."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return max(40, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)
    return PIPE_WIDTH


def printable(text: str, limit: int = 60) -> str:
    """Without control characters, cut to `limit`."""
    safe = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def json_text(value: Any) -> str:
    """Indented JSON; what JSON has no spelling for is tagged as `featureprep.canonical` does."""
    from featureprep.canonical import to_jsonable

    return json.dumps(to_jsonable(value), indent=2, ensure_ascii=False, allow_nan=False)


def echo_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json_text(value))


def echo_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> None:
    """Print aligned columns; those named in `right` to the right. Cells may come from data: nothing in them is markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*(Text("" if cell is None else printable(str(cell), 400)) for cell in row))
    console = Console(width=width(), highlight=False)
    with console.capture() as made:
        console.print(table)
    for line in made.get().splitlines():
        click.echo(line.rstrip())


def check_writable(path: str | None, *, force: bool = True) -> None:
    """Refuse an output file that cannot be made, before any work is done for it.

    Raises
    ------
    RequestError
    """
    if path is None:
        return
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise RequestError("the output is a folder, not a file", where=path, hint="-o names a file")
    if not os.path.isdir(folder):
        raise RequestError("the folder of the output does not exist", where=path, hint=f"mkdir -p {folder}")
    if not force and os.path.lexists(path):
        raise RequestError("the output file exists already, and is not overwritten", where=path, hint="name another, or add --force")
