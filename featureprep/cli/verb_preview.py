"""`featureprep preview`."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from featureprep.cli.jobs import load, options_of
from featureprep.cli.options import job_options, json_option
from featureprep.cli.output import echo_json, echo_table
from featureprep.cli.values import shown
from featureprep.cli.verb import verb


@verb(
    "preview",
    "Show a job's first rows as features.",
    "featureprep preview job.py",
    "featureprep preview job.py -n 3 --source people=sample.csv --json",
)
@click.argument("job")
@click.option("-n", "--rows", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many rows.")
@job_options
@json_option
def command(job: str, rows: int, as_json: bool, **given: Any) -> None:
    """Show the first rows of a JOB as features, without a store.

    Fitted on the first rows of each source only: the values of a real run differ.
    """
    found = load(job)
    options = options_of(found, given)
    from featureprep.expr.rowvalues import from_arrow
    from featureprep.jobs.preview import preview
    from featureprep.types import format_type

    with contextlib.redirect_stdout(sys.stderr):
        table = preview(found, rows, **options)
    columns = [from_arrow(column.combine_chunks()) for column in table.columns]
    if as_json:
        types = [{"name": field.name, "type": format_type(field.type)} for field in table.schema]
        echo_json({"columns": types, "rows": [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]})
        return
    echo_table(table.column_names, [[shown(value) for value in row] for row in zip(*columns, strict=True)])
    click.echo("fitted on the first rows only", err=True)
