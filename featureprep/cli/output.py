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


def _is_cut() -> bool:
    """Whether lines have a width that somebody sees: that of a terminal, or the one asked for."""
    return sys.stdout.isatty() or bool(os.environ.get("COLUMNS"))


def width() -> int:
    """Characters that a line may have."""
    if _is_cut():
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


def echo_rows(names: Sequence[str], columns: Sequence[Sequence[str]]) -> None:
    """Print rows, given by their columns: as a table where it fits the line, else with a line a column, and the rows side by side.

    Nothing is squeezed. On a terminal rows that do not fit beside each other are left out, which is said on standard error.
    """
    from rich.cells import cell_len

    heads = [printable(name, 400) for name in names]
    wide = width()
    if sum(max(map(cell_len, (head, *column))) + 2 for head, column in zip(heads, columns, strict=True)) - 2 <= wide:
        echo_table(heads, list(zip(*columns, strict=True)))
        return
    limits = (40, 24) if _is_cut() else (400, 400)
    heads = [printable(head, limits[0]) for head in heads]
    rows = [[printable(cell, limits[1]) for cell in row] for row in zip(*columns, strict=True)]
    ends = [max(map(cell_len, heads)) + 1]
    for row in rows:
        ends.append(ends[-1] + 2 + max(map(cell_len, row)))
    fit = max(1, sum(end <= wide for end in ends[1:])) if _is_cut() else len(rows)
    for at, head in enumerate(heads):
        line = f"{head}:"
        for end, row in zip(ends, rows[:fit], strict=False):
            line += " " * (end + 2 - cell_len(line)) + row[at]
        click.echo(line.rstrip())
    if fit < len(rows):
        click.echo(f"note: the first {fit} of {len(rows)} rows fit beside each other; --json prints them all", err=True)


def check_writable(path: str | None, *, force: bool = True) -> None:
    """Refuse an output file that cannot be made, before any work is done for it.

    Raises
    ------
    RequestError
    """
    if path is None:
        return
    folder = os.path.dirname(path) or "."
    if not path:
        raise RequestError("the output has no name", hint="-o names a file")
    if os.path.isdir(path):
        raise RequestError("the output is a folder, not a file", where=path, hint="-o names a file")
    if not os.path.isdir(folder):
        raise RequestError("the folder of the output does not exist", where=path, hint=f"mkdir -p {folder}")
    if not force and os.path.lexists(path):
        raise RequestError("the output file exists already, and is not overwritten", where=path, hint="name another, or add --force")
