"""`featureprep diff`."""

from __future__ import annotations

import click

from featureprep.cli.completion import references
from featureprep.cli.options import json_option, open_store, output_option, store_option
from featureprep.cli.output import check_writable, json_text
from featureprep.cli.verb import verb
from featureprep.errors import RequestError
from featureprep.outfile import write_file

_FORMATS = ("text", "json", "html")


@verb(
    "diff",
    "Compare two versions.",
    "featureprep diff census@2 census@3",
    "featureprep diff census@prod census@latest --json",
    "featureprep diff census@2 census@3 --format html -o diff.html",
)
@click.argument("before", shell_complete=references)
@click.argument("after", shell_complete=references)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="Of the answer.")
@output_option("the answer")
@store_option
@json_option
def command(before: str, after: str, form: str, output: str | None, store: str, as_json: bool) -> None:
    """Tell what is different between two versions, what matters most first.

    That is: schema, rows, formulae, contract, what was learnt, how columns are distributed (by the stored statistics), sources. `alert`:
    readers of the new version may break; `act`: a model trained on the old one may suffer; `look`: worth a look; `know`: to be known.
    """
    if as_json and form == "html":
        raise RequestError("--json and --format say different things")
    check_writable(output)
    opened = open_store(store)
    from featureprep.jobs.diff import diff
    from featureprep.store.dataset import open_dataset

    found = diff(open_dataset(opened, before), open_dataset(opened, after))
    text = json_text(found.to_json()) + "\n" if as_json or form == "json" else found.to_html() if form == "html" else found.to_text()
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text)
        click.echo(f"the differences are in {output}", err=True)
