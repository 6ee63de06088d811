"""`featureprep stats`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.apart import refuse_inputs
from featureprep.cli.completion import files, references_or_files
from featureprep.cli.files import file_options, given_file_options, looks_like_file
from featureprep.cli.inputs import Inputs, by_contract, read_inputs
from featureprep.cli.jobs import is_job, progress_bars, working_engine
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

if TYPE_CHECKING:
    from featureprep.validators.contract import Contract


@verb(
    "stats",
    "Print statistics of data or of a version.",
    "featureprep stats trips.csv",
    "featureprep stats census@3 --store ./store",
    "featureprep stats job.py --json",
    "featureprep stats trips.csv --contract contract.yaml -o baseline.json",
    "featureprep stats trips.csv --slice-by zone",
    "featureprep stats trips.csv --tfmd trips.pb --slice-by zone",
)
@click.argument("subject", metavar="[FILE|JOB|REF]", required=False, shell_complete=references_or_files)
@click.option(
    "--contract",
    metavar="PATH",
    help="Types the cells, and says which columns are sensitive; a JOB's own by default.",
    shell_complete=files,
)
@named_source_option
@file_options
@partitions_option
@engine_option
@store_option
@output_option("the statistics, as JSON for validate --baseline,")
@click.option(
    "--tfmd", "message", metavar="PATH", help="Write TFMD's message of one source instead: for TFDV and Facets.", shell_complete=files
)
@click.option(
    "--slice-by", "slices", metavar="COLUMN[=VALUE][,...]", multiple=True,
    help="Of the rows with each value of a column, too, or with that one value; several columns: of each combination. Repeatable.",
)  # fmt: skip
@click.option("--max-slices", metavar="N", type=click.IntRange(1), help="Refuse to make more slices than that (default 100).")
@json_option
def command(
    subject: str | None, contract: str | None, partitions: int | None, engine: str, store: str, output: str | None, message: str | None,
    slices: tuple[str, ...], max_slices: int | None, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Print exact statistics of a FILE, of a JOB's sources, or of a version.

    Those of a version are the ones stored with it: of its sources, its entry table where a verb made it, and its splits.

    -o writes what --json prints and, for `validate --baseline`, the shapes of the sources' columns: some hundred numbers each. Give the
    contract that the baseline is for by --contract: without it digits are numbers, and no baseline for a column of texts.
    """
    check_writable(output)
    of_data = subject is None or is_job(subject) or looks_like_file(subject, given)
    if max_slices is not None and not slices:
        raise RequestError("--max-slices goes with --slice-by", hint="--slice-by COLUMN")
    wanted = {"slice_by": slices} | ({} if max_slices is None else {"max_slices": max_slices})
    if (message is not None or slices) and not of_data:
        what = "slices are made" if message is None else "TFMD's message is made"
        raise RequestError(f"{what} of data, not of what is stored with a version", where=subject, hint="give the FILE or the JOB")
    if message is not None:
        if output is not None or as_json:
            raise RequestError(f"--tfmd writes the message alone; {'-o' if output is not None else '--json'} does not go with it")
        _write_message(subject, contract, message, wanted, given)
        return
    if subject is None or of_data:
        found = _fresh(subject, contract, partitions, engine, wanted, given, output)
    else:
        wrong = given_file_options(given) + ["--source"] * bool(given["sources"]) + ["--contract"] * (contract is not None)
        if wrong:
            raise RequestError(f"{wrong[0]} does not go with a version", where=subject)
        found = _stored(subject, engine, store)
    if output is not None:
        from featureprep import canonical
        from featureprep.outfile import write_file

        write_file(output, canonical.dumps(found) + "\n")
        click.echo(f"the statistics are in {printable(output, 400)}", err=True)
        _warn(found)
        return
    if as_json:
        echo_json(_without_shapes(found))
        return
    from featureprep.validators.statistics import render_text

    sections = [part for name, one in found["sources"].items() for part in _with_slices(f"source {name}", one)]
    sections += [("entry table", found["entry"])] if found["entry"] else []
    sections += [(f"split {name}", one) for name, one in found["splits"].items()]
    blocks = [f"{printable(title)}: {render_text(section, width=width())}" for title, section in sections]
    click.echo("\n".join(blocks), nl=False)


def _warn(found: dict[str, Any]) -> None:
    """Tell who keeps the statistics of sources which cells are missing in them."""
    from featureprep.validators.misfit_text import warnings

    for name, section in found["sources"].items():
        for told in warnings(section):
            click.echo(f"warning: {printable(name, 100)}: {told}" if len(found["sources"]) > 1 else f"warning: {told}", err=True)


def _with_slices(title: str, section: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A section, and those of its slices."""
    from featureprep.jobs.slices import title_of

    yield title, section
    for one in section.get("slices", ()):
        yield f"{title}, {title_of(one['slice'])}", one


def _write_message(subject: str | None, contract: str | None, path: str, wanted: dict[str, Any], given: dict[str, Any]) -> None:
    """Statistics as TFMD has them, of data: those of a version are stored in another form."""
    check_writable(path)
    inputs, stated = _read(subject, contract, path, given)
    from featureprep.jobs.tfmd_statistics import tfmd_statistics
    from featureprep.outfile import write_file

    with progress_bars() as progress:
        found = tfmd_statistics(inputs.sources, inputs.folder, contract=stated, progress=progress or None, **wanted)
    write_file(path, found.SerializeToString(deterministic=True))
    n = len(found.datasets)
    click.echo(f"the statistics are in {printable(path, 400)}: {n} data {'set' if n == 1 else 'sets'}", err=True)


def _without_shapes(found: dict[str, Any]) -> dict[str, Any]:
    """What people read: the thousands of numbers of a shape, which a version has, are for programs."""
    sources = {
        name: {**section, "columns": [{key: value for key, value in column.items() if key != "shape"} for column in section["columns"]]}
        for name, section in found["sources"].items()
    }
    return {**found, "sources": sources}


def _fresh(
    subject: str | None, contract: str | None, partitions: int | None, engine: str, wanted: dict[str, Any], given: dict[str, Any],
    output: str | None,
) -> dict[str, Any]:  # fmt: skip
    inputs, stated = _read(subject, contract, output, given)
    from featureprep.jobs.stats import source_statistics

    with working_engine(engine) as made:
        return source_statistics(
            inputs.sources, inputs.folder, made, contract=stated, partitions=partitions, shapes=output is not None, **wanted
        )


def _read(subject: str | None, path: str | None, output: str | None, given: dict[str, Any]) -> tuple[Inputs, Contract | None]:
    """What is looked at, by the contract's names, and the contract: the one at `path`, else the job's own."""
    inputs = read_inputs(subject, given)
    refuse_inputs([output], ("the contract", path), inputs=inputs)
    if path is None:
        from featureprep.jobs.prepare import Request, read_contract

        return inputs, None if inputs.job is None else read_contract(inputs.job, Request())
    from featureprep.validators.contract_yaml import load_contract

    stated = load_contract(Path(path))
    return replace(inputs, sources=by_contract(inputs, stated)), stated


def _stored(ref: str, engine: str, store: str) -> dict[str, Any]:
    from featureprep.jobs.stats import version_statistics
    from featureprep.store.dataset import open_dataset

    with working_engine(engine) as made:
        return version_statistics(open_dataset(open_store(store), ref), made)
