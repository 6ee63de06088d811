"""Options that several verbs have, and what their texts mean."""

from __future__ import annotations

import datetime as dt
import glob
import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from featureprep.cli.completion import DEFAULT_STORE, STORE_VARIABLE, engines, files, folders
from featureprep.errors import RequestError, short

if TYPE_CHECKING:
    from featureprep.store.objects import ObjectStore

F = TypeVar("F", bound=Callable[..., Any])

_AGE = re.compile(r"([0-9]{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def store_option(function: F) -> F:
    """`--store`."""
    text = "The store: a folder, or a URL such as s3://bucket/folder."
    return click.option(
        "--store", default=DEFAULT_STORE, envvar=STORE_VARIABLE, show_default=True, show_envvar=True, help=text, shell_complete=folders
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, also of an error.")(function)


def output_option(what: str) -> Callable[[F], F]:
    """`-o PATH`."""
    return click.option("-o", "--output", metavar="PATH", help=f"Write {what} to this file.", shell_complete=files)


source_option = click.option(
    "--source", "sources", multiple=True, metavar="[NAME=]PATH", help="Read this in place of the job's own source."
)
named_source_option = click.option(
    "--source", "sources", multiple=True, metavar="[NAME=]PATH", help="A source by name: in place of the JOB's own, or instead of a FILE."
)
param_option = click.option("--param", "params", multiple=True, metavar="KEY=VALUE", help="A parameter of the job.")
partitions_option = click.option("--partitions", type=click.IntRange(1), metavar="N", help="Number of fragments; changes no result.")
contract_option = click.option("--contract", metavar="PATH", help="This contract in place of the job's own.", shell_complete=files)
engine_option = click.option(
    "--engine",
    shell_complete=engines,
    default="pandas",
    show_default=True,
    metavar="NAME|ADDRESS",
    help="What runs it: pandas, dask, spark, beam; or dask://host:port, spark://host:port, sc://host:port, beam://Runner?option=value. The results are the same.",
)
environment_option = click.option(
    "--environment",
    default="TRAINING",
    show_default=True,
    metavar="NAME",
    help="Which environment of the contract holds: TRAINING, SERVING.",
)
not_evaluated_option = click.option("--allow-not-evaluated", is_flag=True, help="Let contract rules pass that could not be evaluated.")
name_option = click.option("--name", metavar="NAME", help="Of the dataset; the job's name by default.")
now_option = click.option("--now", metavar="ISO", help="The run's clock, such as 2024-06-01T12:00:00Z.")
sample_option = click.option(
    "--sample",
    metavar="FRACTION|ROWS",
    help="Run over this part of the rows, such as 0.01 or 1000; the version is marked, and goes to <name>_sample.",
)
no_statistics_option = click.option("--no-statistics", is_flag=True, help="Compute no statistics.")


def job_options(function: F) -> F:
    """What shapes a job before it is looked at."""
    return source_option(param_option(partitions_option(engine_option(contract_option(function)))))


def run_options(function: F) -> F:
    """What shapes a run."""
    return name_option(now_option(sample_option(no_statistics_option(environment_option(not_evaluated_option(function))))))


def read_sources(given: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """`--source` texts by source name; a path alone where there is one source.

    Raises
    ------
    RequestError
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or name not in names:
            if len(names) != 1 or (equals and _is_named(text, path)):
                raise RequestError(
                    f"--source {short(text, 200)} names no source", hint=f"--source {names[0]}=PATH; the sources are: {', '.join(names)}"
                )
            name, path = names[0], text
        if name in found:
            raise RequestError(f"--source {name}= is given twice", hint="one path or glob a source")
        if not path:
            raise RequestError(f"--source {short(text, 200)} has no path", hint=f"--source {name}=PATH")
        found[name] = path
    return found


def _is_named(text: str, path: str) -> bool:
    """Whether `text`, which no source has for its path, is a name that there is not with a path: folders are called day=1 too."""
    return not os.path.exists(text) and ("://" in path or bool(glob.glob(os.path.expanduser(path))))


def read_params(given: Sequence[str]) -> dict[str, str]:
    """`--param` texts by name.

    Raises
    ------
    RequestError
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise RequestError(f"--param {text[:200]!r} is not KEY=VALUE", hint="--param day=2024-06-01")
        if name in found:
            raise RequestError(f"--param {name}= is given twice")
        found[name] = value
    return found


def read_sample(text: str | None) -> float | int | None:
    """A fraction (with a point, or in percent) or a number of rows.

    Raises
    ------
    RequestError
    """
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text[:18])
    number, percent = text.removesuffix("%"), text.endswith("%")
    try:
        fraction = float(number) / (100 if percent else 1)
    except ValueError:
        raise RequestError(
            f"--sample {short(text)} is neither a fraction nor a number of rows", hint="--sample 0.01, or --sample 1000"
        ) from None
    if not 0 < fraction < 1:
        raise RequestError(f"--sample {short(text)} is no part of the rows", hint="a fraction between 0 and 1, or a whole number of rows")
    return fraction


def read_now(text: str | None) -> dt.datetime | None:
    """A clock; without a zone it is UTC.

    Raises
    ------
    RequestError
    """
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(f"--now {text[:80]!r} is not a time", hint="--now 2024-06-01T12:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def read_age(text: str) -> dt.timedelta:
    """30d, 12h, 90m, 45s or 2w.

    Raises
    ------
    RequestError
    """
    match = _AGE.fullmatch(text)
    if match is None:
        raise RequestError(f"{text[:80]!r} is not an age", hint="a whole number with s, m, h, d or w: --older-than 30d")
    return dt.timedelta(**{_UNITS[match[2]]: int(match[1])})


def open_store(url: str, *, must_exist: bool = True) -> ObjectStore:
    """The store at a path or URL.

    Raises
    ------
    RequestError
        When it is a file or in memory, or must exist and there is no such folder.
    """
    from featureprep.store.objects import ObjectStore

    if "://" not in url and os.path.lexists(url) and not os.path.isdir(url):
        raise RequestError("a store is a folder, and this is not one", where=url, hint="--store PATH")
    if url.startswith("memory:"):
        raise RequestError("a store in memory ends with this command", where=url, hint="--store PATH")
    store = ObjectStore.open(url)
    if must_exist and store.is_local and not os.path.isdir(store.url):
        hint = "give its folder or URL by --store, or make one: featureprep run job.py --store PATH"
        raise RequestError("there is no store here", where=store.url, hint=hint)
    return store


def asked(store: str) -> str:
    """` --store X` for a command line that is shown, where it would not go there by itself."""
    import shlex

    return "" if store == (os.environ.get(STORE_VARIABLE) or DEFAULT_STORE) else f" --store {shlex.quote(store)}"
