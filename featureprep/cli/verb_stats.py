"""`featureprep stats`."""

from __future__ import annotations

from typing import Any

import click

from featureprep.cli.completion import files, references_or_files
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
    "featureprep stats trips.csv --tfmd trips.pb --slice-by zone",
)
@click.argument("subject", metavar="[FILE|JOB|REF]", required=False, shell_complete=references_or_files)
@named_source_option
@file_options
@partitions_option
@engine_option
@store_option
@output_option("the statistics, as JSON for validate --baseline,")
@click.option(
    "--tfmd", "message", metavar="PATH", help="Write TFMD's message of one source instead: for TFDV and Facets.", shell_complete=files
)
@click.option("--slice-by", "slices", metavar="COLUMN[,COLUMN]", multiple=True, help="With --tfmd: of each value's rows, too; repeatable.")
@json_option
def command(
    subject: str | None, partitions: int | None, engine: str, store: str, output: str | None, message: str | None, slices: tuple[str, ...],
    as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Print exact statistics of a FILE, of a JOB's sources, or of a version.

    Those of a version are the ones stored with it: of its sources, its entry table where a verb made it, and its splits.

    -o writes what --json prints and, for `validate --baseline`, the shapes of the sources' columns: some hundred numbers each.
    """
    check_writable(output)
    of_data = subject is None or is_job(subject) or looks_like_file(subject, given)
    if message is not None or slices:
        if not of_data:
            raise RequestError(
                "TFMD's message is made of data, not of what is stored with a version", where=subject, hint="give the FILE or the JOB"
            )
        _write_message(subject, message, slices, given)
        return
    if subject is None or of_data:
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


def _write_message(subject: str | None, path: str | None, slices: tuple[str, ...], given: dict[str, Any]) -> None:
    """Statistics as TFMD has them, of data: those of a version are stored in another form."""
    if path is None:
        raise RequestError("--slice-by goes with --tfmd", hint="--tfmd statistics.pb")
    check_writable(path)
    inputs = read_inputs(subject, given)
    from featureprep.jobs.prepare import Request, read_contract
    from featureprep.jobs.tfmd_statistics import tfmd_statistics
    from featureprep.outfile import write_file

    contract = None if inputs.job is None else read_contract(inputs.job, Request())
    by = [[column.strip() for column in columns.split(",")] for columns in slices]
    found = tfmd_statistics(inputs.sources, inputs.folder, contract=contract, slice_by=by)
    write_file(path, found.SerializeToString(deterministic=True))
    click.echo(f"the statistics are in {printable(path, 400)}: {len(found.datasets)} data sets", err=True)


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
