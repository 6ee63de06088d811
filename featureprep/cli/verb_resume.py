"""`featureprep resume`."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from featureprep.cli.completion import files, references_or_files, runs_that_wait
from featureprep.cli.jobs import graph_reference, load, progress_bars
from featureprep.cli.options import engine_option, json_option, open_store, read_sources, source_option, store_option
from featureprep.cli.output import echo_json
from featureprep.cli.summary import run_summary
from featureprep.cli.verb import verb
from featureprep.errors import RequestError


@verb("resume", "Finish a run that was killed.", "featureprep resume r20240601t120000000-0123456789", "featureprep resume --list")
@click.argument("run_id", required=False, shell_complete=runs_that_wait)
@click.argument("job", required=False, shell_complete=files)
@click.option("--list", "listing", is_flag=True, help="Print the runs that did not end: job, start, how far each came.")
@click.option(
    "--graph",
    metavar="REF|PATH",
    help="The graph that an apply run began with, where this store does not have it.",
    shell_complete=references_or_files,
)
@source_option
@engine_option
@store_option
@json_option
def command(
    run_id: str | None, job: str | None, listing: bool, graph: str | None, sources: tuple[str, ...], engine: str, store: str, as_json: bool
) -> None:
    """Finish a run that was killed: it goes on where it stopped, and commits the version it would have made. Where the job or its
    sources have changed meanwhile, it says what changed, and commits nothing.

    The JOB is the file that the run was started with, unless another place is named.
    """
    opened = open_store(store)
    if listing:
        from featureprep.jobs.staged import staged

        runs = staged(opened)
        if as_json:
            echo_json({"store": opened.url, "runs": [run.to_json() for run in runs]})
        else:
            click.echo("\n".join(map(str, runs)) if runs else f"every run in {opened.url} has ended")
        return
    if run_id is None:
        raise RequestError("no run is named", hint="featureprep resume --list prints the runs that did not end")
    found = load(job) if job is not None else None
    if sources and found is None:
        raise RequestError("--source needs the JOB named too", hint=f"featureprep resume {run_id} job.py --source ...")
    options: dict[str, Any] = {"sources": read_sources(sources, list(found.sources))} if found is not None and sources else {}
    if graph is not None:
        options["graph"] = graph_reference(graph)
    from featureprep.jobs.resume import resume

    with progress_bars(store) as progress, contextlib.redirect_stdout(sys.stderr):
        done = resume(opened, run_id, found, engine=engine, progress=progress, **options)
    if as_json:
        echo_json(done.to_json())
    else:
        click.echo(run_summary(done, store))
