"""`featureprep skew`."""

from __future__ import annotations

from typing import Any

import click

from featureprep.cli.apart import refuse_inputs
from featureprep.cli.completion import files, references
from featureprep.cli.files import file_options, file_source
from featureprep.cli.inputs import Inputs
from featureprep.cli.options import json_option, open_store, output_option, store_option
from featureprep.cli.output import check_writable, json_text
from featureprep.cli.verb import verb
from featureprep.errors import UdfError
from featureprep.outfile import write_file


@verb(
    "skew",
    "Compare served features with the version.",
    "featureprep skew census@prod requests.jsonl --outputs served",
    "featureprep skew census@prod requests.jsonl --inputs request --outputs response.features",
    "featureprep skew census@3 log.parquet --inputs in_ --outputs out_ --allow float32 --json",
)
@click.argument("version", metavar="REF", shell_complete=references)
@click.argument("log", metavar="LOG", shell_complete=files)
@click.option("--inputs", metavar="KEY|PREFIX", help="Where the request's fields stand: an object's path, or what their names begin with.")
@click.option("--outputs", metavar="KEY|PREFIX", help="Where the served features stand, likewise (default: in the row itself).")
@click.option(
    "--allow", multiple=True, type=click.Choice(("float32", "null", "missing")),
    help="What does not fail: float32: floats that agree once rounded to 32 bits; null: null where NaN is computed; missing: features that are not logged.",
)  # fmt: skip
@click.option("--allow-udf", "modules", multiple=True, metavar="MODULE", help="A module of user functions that may be imported.")
@file_options
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True, help="Of the answer.")
@output_option("the answer")
@store_option
@json_option
def command(
    version: str, log: str, inputs: str | None, outputs: str | None, allow: tuple[str, ...], modules: tuple[str, ...], form: str,
    output: str | None, store: str, as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Compute the features of logged requests again with the graph of a version, and compare them bit for bit with those that were served.

    Each row of the LOG (JSON lines, Parquet, Arrow, CSV) holds a request's fields, by the names of the graph's columns, and the features
    that were served for it. Exit code 1: features differ, are not in the log, were not served for rows that the
    version admits, or were served for rows that it rejects.

    How the requests themselves are distributed is asked of the contract:
    featureprep validate LOG --contract contract.yaml --baseline census@prod --environment SERVING
    """
    check_writable(output)
    source = file_source(log, given)
    refuse_inputs([output], inputs=Inputs({"the LOG": source}, None, None))
    opened = open_store(store)
    from featureprep.jobs.skew import skew
    from featureprep.store.dataset import open_dataset

    dataset = open_dataset(opened, version)
    try:
        found = skew(dataset, source, inputs=inputs, outputs=outputs, allow=allow, allow_udfs=modules)
    except UdfError as error:
        if not modules:
            error.hint = "the graph uses functions of its own; if you trust that code: --allow-udf MODULE"
        raise
    text = json_text(found.to_json()) + "\n" if as_json or form == "json" else found.render_text()
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text)
        click.echo(f"{found.headline}: the answer is in {output}", err=True)
    return found.exit_code
