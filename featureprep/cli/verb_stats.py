"""`featureprep stats`."""

from __future__ import annotations

from typing import Any

import click

from featureprep.cli.completion import references_or_files
from featureprep.cli.files import file_options, given_file_options, looks_like_file
from featureprep.cli.inputs import read_inputs
from featureprep.cli.jobs import is_job, working_engine
from featureprep.cli.options import (
    engine_option,
    json_option,
    named_source_option,
    open_store,
    output_option,
    partitions_option,
    store_option,
)
from featureprep.cli.output import check_writable, echo_json, printable, width
from featureprep.cli.verb import verb
from featureprep.errors import RequestError


@verb(
    "stats",
    "Print statistics of data or of a version.",
    "featureprep stats trips.csv",
    "featureprep stats census@3 --store ./store",
    "featureprep stats job.py --json",
    "featureprep stats trips.csv -o baseline.json",
)
@click.argument("subject", metavar="[FILE|JOB|REF]", required=False, shell_complete=references_or_files)
@named_source_option
@file_options
@partitions_option
@engine_option
@store_option
@output_option("the statistics, as JSON for validate --baseline,")
@json_option
def command(
    subject: str | None, partitions: int | None, engine: str, store: str, output: str | None, as_json: bool, **given: Any
) -> None:  # fmt: skip
    """Print exact statistics of a FILE, of a JOB's sources, or of a version.

    Those of a version are the ones stored with it: of its sources, its entry table where a verb made it, and its splits.

    -o writes what --json prints and, for `validate --baseline`, the shapes of the sources' columns: some hundred numbers each.
    """
    check_writable(output)
    if subject is None or is_job(subject) or looks_like_file(subject, given):
        found = _fresh(subject, partitions, engine, given, shapes=output is not None)
    else:
        wrong = given_file_options(given) + ["--source"] * bool(given["sources"])
        if wrong:
            raise RequestError(f"{wrong[0]} does not go with a version", where=subject)
        found = _stored(subject, engine, store)
    if output is not None:
        from featureprep import canonical
        from featureprep.outfile import write_file

        write_file(output, canonical.dumps(found) + "\n")
        click.echo(f"the statistics are in {printable(output, 400)}", err=True)
        return
    if as_json:
        echo_json(_without_shapes(found))
        return
    from featureprep.validators.statistics import render_text

    sections = [(f"source {name}", one) for name, one in found["sources"].items()]
    sections += [("entry table", found["entry"])] if found["entry"] else []
    sections += [(f"split {name}", one) for name, one in found["splits"].items()]
    blocks = [f"{printable(title)}: {render_text(section, width=width())}" for title, section in sections]
    click.echo("\n".join(blocks), nl=False)


def _without_shapes(found: dict[str, Any]) -> dict[str, Any]:
    """What people read: the thousands of numbers of a shape, which a version has, are for programs."""
    sources = {
        name: {**section, "columns": [{key: value for key, value in column.items() if key != "shape"} for column in section["columns"]]}
        for name, section in found["sources"].items()
    }
    return {**found, "sources": sources}


def _fresh(subject: str | None, partitions: int | None, engine: str, given: dict[str, Any], *, shapes: bool) -> dict[str, Any]:
    inputs = read_inputs(subject, given)
    from featureprep.jobs.prepare import Request, read_contract
    from featureprep.jobs.stats import source_statistics

    contract = None if inputs.job is None else read_contract(inputs.job, Request())
    with working_engine(engine) as made:
        return source_statistics(inputs.sources, inputs.folder, made, contract=contract, partitions=partitions, shapes=shapes)


def _stored(ref: str, engine: str, store: str) -> dict[str, Any]:
    from featureprep.jobs.stats import version_statistics
    from featureprep.store.dataset import open_dataset

    with working_engine(engine) as made:
        return version_statistics(open_dataset(open_store(store), ref), made)
