"""`featureprep explain`."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from featureprep.cli.completion import files
from featureprep.cli.jobs import load, options_of
from featureprep.cli.options import environment_option, job_options, json_option
from featureprep.cli.output import echo_json
from featureprep.cli.verb import verb


@verb(
    "explain",
    "Tell how a job would run, and why.",
    "featureprep explain job.py",
    "featureprep explain job.py --engine spark",
    "featureprep explain job.py:census --no-statistics --json",
)
@click.argument("job", shell_complete=files)
@job_options
@click.option("--no-statistics", is_flag=True, help="As in run: no scan for statistics.")
@environment_option
@json_option
def command(job: str, as_json: bool, **given: Any) -> None:
    """Tell how a JOB would run: its scans, what forces each, the columns read, what is cached and why not.

    No row is read but to find types that nothing states. A scan is a pass over the rows; a transform over the result of another one needs a
    scan more, and the feature that forces it is named. The place to look when a run is slow.
    """
    found = load(job)
    options = options_of(found, given)
    from featureprep.jobs.explain import explain

    with contextlib.redirect_stdout(sys.stderr):
        explanation = explain(found, **options)
    if as_json:
        echo_json(explanation.to_json())
    else:
        click.echo(explanation.to_text())
