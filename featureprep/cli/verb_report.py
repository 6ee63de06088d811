"""`featureprep report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from featureprep.cli.baseline import read_kept
from featureprep.cli.completion import references, references_or_files
from featureprep.cli.options import asked, json_option, open_store, output_option, store_option
from featureprep.cli.output import check_writable, echo_json
from featureprep.cli.verb import verb
from featureprep.errors import RequestError
from featureprep.outfile import write_file

if TYPE_CHECKING:
    from featureprep.jobs.reports import StoredReport


@verb(
    "report",
    "Print the report of a run.",
    "featureprep report census@3",
    "featureprep report census@3 -o report.html",
    "featureprep report census@3 --baseline census@2 -o beside.html",
    "featureprep report r20240601t120000000-0123456789",
)
@click.argument("subject", metavar="REF|RUN_ID", shell_complete=references)
@click.option(
    "--baseline",
    metavar="REF|FILE",
    help="With -o: how the columns that were read are distributed, beside those of another version, of several (census@last:5), or of a file that stats -o wrote.",
    shell_complete=references_or_files,
)
@output_option("the page")
@store_option
@json_option
def command(subject: str, baseline: str | None, output: str | None, store: str, as_json: bool) -> None:
    """Print the report of a version, or of a run that failed, in a few lines; -o writes its page.

    What became of every row, the rules of the contract that failed, statistics, features. The page is one file that needs no network.
    """
    check_writable(output)
    if baseline is not None and (output is None or as_json):
        raise RequestError("--baseline is for a page, and none is written", hint="-o page.html, without --json")
    opened = open_store(store)
    from featureprep.jobs.reports import find_report

    found = find_report(opened, subject)
    if baseline is not None and output is not None:
        write_file(output, _beside(found, baseline, store))
        click.echo(f"{found.title} beside {baseline} is in {output}", err=True)
        return
    if output is not None:
        write_file(output, found.page())
    if as_json:
        echo_json({**found.content, "page": output or found.page_path})
        return
    if output is not None:
        click.echo(f"the report of {found.title} is in {output}", err=True)
        return
    from featureprep.report import render_text

    click.echo(render_text(found.content), nl=False)
    click.echo(f"  page         {found.page_path}")
    click.echo(f"next: featureprep report {subject}{asked(store)} -o report.html")


def _beside(found: StoredReport, baseline: str, store: str) -> str:
    if found.entry is None:
        raise RequestError(f"{found.title} ended without statistics of all that it read", hint="--baseline is for versions")
    reference = read_kept(baseline, store)
    if reference is None:
        raise RequestError("this is no file of statistics", where=baseline, hint="give a version, or what featureprep stats -o wrote")
    from featureprep.jobs.report_beside import page_beside
    from featureprep.store.dataset import open_dataset

    return page_beside(open_dataset(found.store, f"{found.entry.name}@{found.entry.n}"), reference)
