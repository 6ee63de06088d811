"""`featureprep preview`."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from featureprep.cli.completion import files
from featureprep.cli.jobs import load, options_of
from featureprep.cli.options import job_options, json_option
from featureprep.cli.output import echo_json, echo_rows
from featureprep.cli.values import shown
from featureprep.cli.verb import verb


@verb(
    "preview",
    "Show a job's first rows as features.",
    "featureprep preview job.py",
    "featureprep preview job.py -n 3 --source people=sample.csv --json",
)
@click.argument("job", shell_complete=files)
@click.option("-n", "--rows", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many rows.")
@click.option(
    "--sample-rows", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="How many rows of each source are read."
)
@job_options
@json_option
def command(job: str, rows: int, sample_rows: int, as_json: bool, **given: Any) -> None:
    """Show the first rows of a JOB as features, without a store.

    Reads, and learns from, the first rows of each source only: the values of a real run differ.
    """
    found = load(job)
    options = options_of(found, given)
    from featureprep.jobs.preview import preview
    from featureprep.notebook.values import cells
    from featureprep.types import format_type

    with contextlib.redirect_stdout(sys.stderr):
        made = preview(found, rows, sample=sample_rows, **options)
    table = made.table
    columns = [cells(column) for column in table.columns]
    if as_json:
        types = [{"name": field.name, "type": format_type(field.type)} for field in table.schema]
        echo_json(
            {
                "columns": types,
                "rows": [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)],
                "sources": {name: {"rows": looked.rows, "more": looked.more} for name, looked in made.sources.items()},
                "notes": made.notes(),
            }
        )
        return
    echo_rows(table.column_names, [[shown(value) for value in column] for column in columns])
    for note in made.notes():
        click.echo(f"note: {note}", err=True)
