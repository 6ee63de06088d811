"""`featureprep trace`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.apart import refuse_inputs
from featureprep.cli.completion import files, references_or_files
from featureprep.cli.jobs import graph_reference
from featureprep.cli.options import json_option, open_store, output_option, store_option
from featureprep.cli.output import check_writable, json_text
from featureprep.cli.verb import verb
from featureprep.errors import RequestError, UdfError
from featureprep.outfile import write_file

if TYPE_CHECKING:
    from featureprep.serving.graph import TransformGraph

_FORMATS = ("text", "json", "html")


@verb(
    "trace",
    "Show each step of one row.",
    """featureprep trace census@3 --row '{"age": 39, "education": "Bachelors"}'""",
    "featureprep trace ./store/census/data/r1/graph --row-file row.json --json",
    "featureprep trace census --row-file row.json --format html -o trace.html",
)
@click.argument("graph", metavar="REF|GRAPH", shell_complete=references_or_files)
@click.option("--row", metavar="JSON", help="The entry row: an object of column to value.")
@click.option("--row-file", metavar="PATH", help="The entry row in a file; - for standard input.", shell_complete=files)
@click.option("--allow-udf", "modules", multiple=True, metavar="MODULE", help="A module of user functions that may be imported.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="Of the answer.")
@output_option("the answer")
@store_option
@json_option
def command(
    graph: str, row: str | None, row_file: str | None, modules: tuple[str, ...], form: str, output: str | None, store: str, as_json: bool
) -> None:
    """Show every value that a graph computes for one row, step by step, as it is served: with what was learnt, the policies, and the
    rules that judge the row.

    Columns that the row lacks are read as null; a row that a policy rejects ends at the rule that rejects it.
    """
    if as_json and form == "html":
        raise RequestError("--json and --format say different things")
    check_writable(output)
    refuse_inputs([output], ("the row", row_file), ("the graph", None if "@" in graph else graph))
    values = _row(row, row_file)
    found = _graph(graph, store, modules)
    try:
        made = found.trace(values)
    except UdfError as error:
        if not modules:
            error.hint = f"the graph uses {', '.join(found.udfs())}; if you trust that code: --allow-udf MODULE"
        raise
    text = json_text(made.to_json()) + "\n" if as_json or form == "json" else made.to_html() if form == "html" else made.to_text()
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text)
        click.echo(f"the trace is in {output}", err=True)


def _row(text: str | None, path: str | None) -> dict[str, Any]:
    if (text is None) == (path is None):
        raise RequestError("one row is needed", hint="""--row '{"age": 39}', or --row-file row.json""")
    where = "--row"
    if path is not None:
        where = path
        try:
            text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise RequestError(f"the row cannot be read: {getattr(error, 'strerror', None) or error}", where=path) from error
    return parse_row(text or "", where)


def parse_row(text: str, where: str) -> dict[str, Any]:
    """The row that a JSON text spells; tagged values as `featureprep.canonical` has them.

    Raises
    ------
    RequestError
        When it is no JSON object.
    """
    from featureprep.canonical import from_jsonable
    from featureprep.errors import CorruptArtefactError

    try:
        row = from_jsonable(json.loads(text))
    except CorruptArtefactError as error:
        raise RequestError(error.what, where=where) from error
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the row is not valid JSON: {error}", where=where, hint="""one object: '{"age": 39}'""") from error
    if not isinstance(row, dict):
        raise RequestError(f"the row must be a JSON object, not {type(row).__name__}", where=where, hint="""one object: '{"age": 39}'""")
    return row


def _graph(graph: str, store: str, modules: tuple[str, ...]) -> TransformGraph:
    from featureprep.serving.artefact import open_graph

    reference = graph_reference(graph)
    if "@" not in reference or "/" in reference:
        return open_graph(reference, allow_udfs=modules)
    url, options = open_store(store).address
    return open_graph(url, reference, allow_udfs=modules, **options)
