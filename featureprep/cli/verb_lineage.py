"""`featureprep lineage`."""

from __future__ import annotations

import click

from featureprep.cli.completion import references
from featureprep.cli.options import json_option, open_store, output_option, store_option
from featureprep.cli.output import check_writable, json_text
from featureprep.cli.verb import verb
from featureprep.errors import RequestError
from featureprep.outfile import write_file

_FORMATS = ("text", "json", "mermaid", "html")


@verb(
    "lineage",
    "Tell where a version comes from.",
    "featureprep lineage census@3",
    "featureprep lineage census@3 --column age --format mermaid",
    "featureprep lineage census --downstream -o lineage.html --format html",
)
@click.argument("ref", shell_complete=references)
@click.option("--column", metavar="NAME", help="Of one written column only.")
@click.option("--upstream", is_flag=True, help="Only where it comes from.")
@click.option("--downstream", is_flag=True, help="Only what was made of it.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="Of the answer.")
@output_option("the answer")
@store_option
@json_option
def command(
    ref: str, column: str | None, upstream: bool, downstream: bool, form: str, output: str | None, store: str, as_json: bool
) -> None:
    """Tell where a version and its columns come from, and what was made of it.

    Direct inputs flow row by row and are needed at serving; fit inputs are what was learnt over.
    """
    if as_json and form not in ("text", "json"):
        raise RequestError("--json and --format say different things")
    check_writable(output)
    opened = open_store(store)
    from featureprep.lineage.query import lineage_of

    both = upstream == downstream
    view = lineage_of(opened, ref, upstream=both or upstream, downstream=both or downstream)
    if column is not None:
        view = view.column(column)
    if as_json or form == "json":
        text = json_text(view.to_json()) + "\n"
    else:
        text = {"text": view.to_text, "mermaid": view.to_mermaid, "html": view.to_html}[form]()
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write_file(output, text)
        click.echo(f"the lineage is in {output}", err=True)
