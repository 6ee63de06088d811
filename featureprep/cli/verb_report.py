"""`featureprep report`."""

from __future__ import annotations

import click

from featureprep.cli.completion import references
from featureprep.cli.options import asked, json_option, open_store, output_option, store_option
from featureprep.cli.output import check_writable, echo_json
from featureprep.cli.verb import verb
from featureprep.outfile import write_file


@verb(
    "report",
    "Print the report of a run.",
    "featureprep report census@3",
    "featureprep report census@3 -o report.html",
    "featureprep report r20240601t120000000-0123456789",
)
@click.argument("subject", metavar="REF|RUN_ID", shell_complete=references)
@output_option("the page")
@store_option
@json_option
def command(subject: str, output: str | None, store: str, as_json: bool) -> None:
    """Print the report of a version, or of a run that failed, in a few lines; -o writes its page.

    What became of every row, the rules of the contract that failed, statistics, features. The page is one file that needs no network.
    """
    check_writable(output)
    opened = open_store(store)
    from featureprep.jobs.reports import find_report

    found = find_report(opened, subject)
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
