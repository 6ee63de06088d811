"""`featureprep run`."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from featureprep.cli.completion import files
from featureprep.cli.jobs import load, options_of, progress_bars, watched
from featureprep.cli.options import job_options, json_option, open_store, run_options, store_option
from featureprep.cli.output import echo_json
from featureprep.cli.summary import run_summary
from featureprep.cli.verb import verb


@verb(
    "run",
    "Run a job and commit a version.",
    "featureprep run job.py --store ./store",
    "featureprep run job.py --engine dask",
    "featureprep run job.py:census --source people=adult.csv --param day=2024-06-01 --json",
)
@click.argument("job", shell_complete=files)
@store_option
@job_options
@run_options
@json_option
def command(job: str, store: str, as_json: bool, **given: Any) -> None:
    """Run a JOB: check its data, fit, write, and commit a new version.

    The version has the dataset (Parquet, one folder a split), the graph that serves the same features, statistics, report and lineage. Data
    that breaks the contract leaves no version but a report (exit code 1); a run that was killed is finished by featureprep resume.
    A second run with new files learns from what it has not seen yet, and knows the rest.
    """
    found = load(job)
    options = options_of(found, given)
    opened = open_store(store, must_exist=False)
    from featureprep.jobs.driver import run

    with watched(opened, store), progress_bars(store) as progress, contextlib.redirect_stdout(sys.stderr):
        done = run(found, store=opened, progress=progress, **options)
    if as_json:
        echo_json(done.to_json())
    else:
        click.echo(run_summary(done, store))
