"""`featureprep diff`."""

from __future__ import annotations

import click

from featureprep.cli.options import json_option, open_store, store_option
from featureprep.cli.output import echo_json
from featureprep.cli.verb import verb


@verb("diff", "Compare two versions.", "featureprep diff census@2 census@3", "featureprep diff census@prod census@latest --json")
@click.argument("before")
@click.argument("after")
@store_option
@json_option
def command(before: str, after: str, store: str, as_json: bool) -> None:
    """Tell what is different between two versions: sources, rows, ledger, schema, what was learnt, contract."""
    opened = open_store(store)
    from featureprep.cli.diff_text import diff_text
    from featureprep.jobs.diff import diff
    from featureprep.store.dataset import open_dataset

    found = diff(open_dataset(opened, before), open_dataset(opened, after))
    if as_json:
        echo_json(found.to_json())
    else:
        click.echo(diff_text(found), nl=False)
