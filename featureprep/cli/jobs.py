"""Jobs on the command line: loaded, given their options, watched while they run."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import click

from featureprep.cli.options import asked, read_now, read_params, read_sample, read_sources
from featureprep.errors import DataError, FeatureprepError, WorldError

if TYPE_CHECKING:
    from featureprep.engines.base import Engine
    from featureprep.jobs.definition import Job
    from featureprep.jobs.progress import Watcher
    from featureprep.store.objects import ObjectStore


def load(reference: str) -> Job:
    """The job that `job.py` or `job.py:name` means; what its file prints goes to standard error."""
    from featureprep.jobs.loading import load_job

    with contextlib.redirect_stdout(sys.stderr):
        return load_job(reference)


def is_job(text: str) -> bool:
    """Whether an argument means a job file rather than data."""
    return text.endswith(".py") or ".py:" in text


def graph_reference(text: str) -> str:
    """A graph's REF with its `@`, or its path as it is: `census` means census@latest where no folder of that name holds a graph."""
    if "/" in text or "@" in text or any(os.path.isfile(os.path.join(text, *parts, "manifest.json")) for parts in ((), ("graph",))):
        return text
    return f"{text}@latest"


def options_of(job: Job, given: dict[str, Any]) -> dict[str, Any]:
    """The options of `run` and its kin from those of the command line; only what was given.

    Raises
    ------
    RequestError
    """
    made: dict[str, Any] = {
        "sources": read_sources(given.get("sources", ()), list(job.sources)),
        "params": read_params(given.get("params", ())),
        "now": read_now(given.get("now")),
        "sample": read_sample(given.get("sample")),
    }
    for name in ("name", "partitions", "engine", "contract", "environment"):
        made[name] = given.get(name)
    made["statistics"] = False if given.get("no_statistics") else None
    made["allow_not_evaluated"] = given.get("allow_not_evaluated") or None
    return {name: value for name, value in made.items() if value not in (None, {})}


@contextlib.contextmanager
def progress_bars(store: str | None = None) -> Iterator[Watcher | Literal[False]]:
    """Bars on standard error while a job runs (into this store), where that is a terminal; False elsewhere."""
    if not sys.stderr.isatty():
        yield False
        return
    from featureprep.jobs.progress_shown import TerminalWatcher

    bars = TerminalWatcher(after=0.0, where="" if store is None else asked(store))
    try:
        yield bars
    finally:
        bars.close()


@contextlib.contextmanager
def working_engine(name: str) -> Iterator[Engine]:
    """The engine of that name, with progress bars, closed at the end."""
    from featureprep.jobs.engines import make_engine

    engine = make_engine(name)
    try:
        with progress_bars() as progress:
            engine.progress = progress or None
            yield engine
    finally:
        engine.close()


@contextlib.contextmanager
def watched(store: ObjectStore, store_text: str) -> Iterator[None]:
    """Tell the id of a run that breaks inside, and what can be done with it."""
    from featureprep.store.staging import staged_runs

    before = set(staged_runs(store))
    try:
        yield
    except FeatureprepError as error:
        if error.run_id is not None:
            _tell(error.run_id, error, store_text)
        raise
    except KeyboardInterrupt as error:
        with contextlib.suppress(WorldError):  # the store may be what failed
            new = sorted(set(staged_runs(store)) - before)
            if len(new) == 1:  # several: another writer is at work, and none is known to be ours
                _tell(new[0], error, store_text)
        raise


def _tell(run_id: str, error: BaseException, store: str) -> None:
    where = asked(store)
    if isinstance(error, (WorldError, KeyboardInterrupt)):
        click.echo(f"run {run_id} did not end; to finish it: featureprep resume {run_id}{where}", err=True)
    elif isinstance(error, DataError):
        click.echo(f"run {run_id} failed; its report: featureprep report {run_id}{where} -o report.html", err=True)
