"""`--baseline`: what the columns of data are held against."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.completion import references_or_files
from featureprep.cli.files import file_source, looks_like_file
from featureprep.cli.inputs import Inputs
from featureprep.cli.options import open_store
from featureprep.errors import RequestError

if TYPE_CHECKING:
    from featureprep.io.base import Source
    from featureprep.jobs.baseline import Reference

baseline_option = click.option(
    "--baseline",
    metavar="REF|FILE",
    help="What the contract's rules about drift hold the data against: a version, the last five together (census@last:5), a file that "
    "stats -o wrote, or other data.",
    shell_complete=references_or_files,
)


def read_reference(
    text: str, store: str, inputs: Inputs, named: Mapping[str, Source], given: dict[str, Any], partitions: int | None
) -> Reference:
    """What `--baseline` means; other data is read as the FILE or the JOB's source is.

    Raises
    ------
    RequestError
        For what there is not, and for data where several sources are judged.
    """
    from featureprep.jobs.baseline import Data
    from featureprep.jobs.profile import used_sources

    kept = read_kept(text, store)
    if kept is not None:
        return kept
    if len(named) != 1:
        hint = "give a version, or a file of the statistics of all: featureprep stats ... -o baseline.json"
        raise RequestError("the data of one source is no baseline for several", where=text, hint=hint)
    (name,) = named
    source = file_source(text, given) if inputs.job is None else used_sources(inputs.job, {name: text})[name]
    return Data(os.path.basename(text.rstrip("/")), {name: source}, inputs.folder, partitions)


def read_kept(text: str, store: str) -> Reference | None:
    """The statistics that were kept of a version, of several, or in a file; None for other data.

    Raises
    ------
    RequestError
        For what there is not.
    """
    from featureprep.jobs.baseline import of_statistics_file, of_version

    if looks_like_file(text, {}):
        return of_statistics_file(text)
    from featureprep.jobs.pooled_baseline import of_versions
    from featureprep.store.dataset import open_dataset, open_datasets
    from featureprep.store.refs import parse_last

    opened = open_store(store)
    several = parse_last(text)
    if several is None:
        return of_version(open_dataset(opened, text))
    found = of_versions(open_datasets(opened, text), text, count=several[1])
    if found.note:
        click.echo(f"note: {found.note}", err=True)
    return found
