"""`featureprep apply`."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from featureprep.cli.completion import files, references_or_files
from featureprep.cli.jobs import graph_reference, load, options_of, progress_bars, watched
from featureprep.cli.options import job_options, json_option, open_store, run_options, store_option
from featureprep.cli.output import echo_json
from featureprep.cli.summary import run_summary
from featureprep.cli.verb import verb


@verb(
    "apply",
    "Run a job with the constants of a stored graph.",
    "featureprep apply job.py --graph census@3 --source people=new.csv",
    "featureprep apply job.py --graph census@prod --split none --environment SERVING",
)
@click.argument("job", shell_complete=files)
@click.option(
    "--graph",
    required=True,
    metavar="REF|PATH",
    help="Whose constants are used: census@3, or the folder of a graph.",
    shell_complete=references_or_files,
)
@click.option(
    "--split", type=click.Choice(("job", "none")), default="job", show_default=True, help="The job's split, or all rows in one part."
)
@store_option
@job_options
@run_options
@json_option
def command(job: str, graph: str, split: str, store: str, as_json: bool, **given: Any) -> None:
    """Run a JOB with the constants of a stored graph: nothing is fitted; commits a version of <name>_applied.

    So new rows get the features that a model was trained on: the same means, vocabularies and bounds. --environment SERVING leaves out
    what the contract says is not there yet, such as the label.
    """
    found = load(job)
    options = options_of(found, given)
    reference = graph_reference(graph)
    opened = open_store(store, must_exist="@" in reference and "/" not in reference)
    from featureprep.jobs.apply import apply

    chosen = {"split": None} if split == "none" else {}
    with watched(opened, store), progress_bars(store) as progress, contextlib.redirect_stdout(sys.stderr):
        done = apply(found, reference, store=opened, progress=progress, **options, **chosen)
    if as_json:
        echo_json(done.to_json())
    else:
        click.echo(run_summary(done, store))
