"""`featureprep stats`."""

from __future__ import annotations

from typing import Any

import click

from featureprep.cli.completion import references_or_files
from featureprep.cli.files import file_options, given_file_options, looks_like_file
from featureprep.cli.inputs import read_inputs
from featureprep.cli.jobs import is_job, working_engine
from featureprep.cli.options import engine_option, json_option, named_source_option, open_store, partitions_option, store_option
from featureprep.cli.output import echo_json, printable, width
from featureprep.cli.verb import verb
from featureprep.errors import RequestError


@verb(
    "stats",
    "Print statistics of data or of a version.",
    "featureprep stats trips.csv",
    "featureprep stats census@3 --store ./store",
    "featureprep stats job.py --json",
)
@click.argument("subject", metavar="[FILE|JOB|REF]", required=False, shell_complete=references_or_files)
@named_source_option
@file_options
@partitions_option
@engine_option
@store_option
@json_option
def command(subject: str | None, partitions: int | None, engine: str, store: str, as_json: bool, **given: Any) -> None:
    """Print exact statistics of a FILE, of a JOB's sources, or of a version.

    Those of a version are the ones stored with it: of its sources, its entry table where a verb made it, and its splits.
    """
    if subject is None or is_job(subject) or looks_like_file(subject, given):
        found = _fresh(subject, partitions, engine, given)
    else:
        wrong = given_file_options(given) + ["--source"] * bool(given["sources"])
        if wrong:
            raise RequestError(f"{wrong[0]} does not go with a version", where=subject)
        found = _stored(subject, engine, store)
    if as_json:
        echo_json(found)
        return
    from featureprep.validators.statistics import render_text

    sections = [(f"source {name}", one) for name, one in found["sources"].items()]
    sections += [("entry table", found["entry"])] if found["entry"] else []
    sections += [(f"split {name}", one) for name, one in found["splits"].items()]
    blocks = [f"{printable(title)}: {render_text(section, width=width())}" for title, section in sections]
    click.echo("\n".join(blocks), nl=False)


def _fresh(subject: str | None, partitions: int | None, engine: str, given: dict[str, Any]) -> dict[str, Any]:
    inputs = read_inputs(subject, given)
    from featureprep.jobs.prepare import Request, read_contract
    from featureprep.jobs.stats import source_statistics

    contract = None if inputs.job is None else read_contract(inputs.job, Request())
    with working_engine(engine) as made:
        return source_statistics(inputs.sources, inputs.folder, made, contract=contract, partitions=partitions)


def _stored(ref: str, engine: str, store: str) -> dict[str, Any]:
    from featureprep.jobs.stats import version_statistics
    from featureprep.store.dataset import open_dataset

    with working_engine(engine) as made:
        return version_statistics(open_dataset(open_store(store), ref), made)
