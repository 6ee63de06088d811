"""`featureprep new`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.completion import files, folders
from featureprep.cli.files import file_options, file_reader, file_source, given_file_options
from featureprep.cli.jobs import working_engine
from featureprep.cli.options import engine_option, json_option, partitions_option
from featureprep.cli.output import echo_json, printable
from featureprep.cli.verb import verb
from featureprep.cures import cure
from featureprep.errors import RequestError, WorldError

if TYPE_CHECKING:
    from featureprep.jobs.look import Look
    from featureprep.validators.contract import Contract

_PLACEHOLDER = "data.csv"
_MOST_CLIMBS = 2


@verb(
    "new",
    "Make a project: job, contract, tests, CI.",
    "featureprep new my_features",
    "featureprep new from_trips --data trips.csv",
    "featureprep new from_both --from contract.yaml --data trips.csv",
)
@click.argument("folder", shell_complete=folders)
@click.option("--data", metavar="PATH", help="Write a first job for this data: a file or a glob.", shell_complete=files)
@click.option(
    "--from",
    "contract",
    metavar="PATH",
    help="Write a first job for this contract, as featureprep infer proposes them.",
    shell_complete=files,
)
@click.option("--name", metavar="NAME", help="Of the job and its dataset; the folder's name by default.")
@click.option("--force", is_flag=True, help="Replace files of the same names; nothing else in FOLDER is touched.")
@file_options
@partitions_option
@engine_option
@json_option
def command(
    folder: str, data: str | None, contract: str | None, name: str | None, force: bool, partitions: int | None, engine: str,
    as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Make a project in FOLDER: a job, its contract, tests, a file for CI, a README.

    Alone it comes with made-up data, and runs as it stands. With --data, all rows of your data are looked at, and the job has a transform
    for every column by its type and its number of values, each with a comment that says why. With --from, the contract that you
    have edited is used; without --data beside it, the choices go by types alone.
    """
    from featureprep.jobs.scaffold.project import check_clashes, project_name, starter_files, write_project

    target = Path(folder).expanduser()
    check_clashes(target, ("job.py", "contract.yaml"), force=force)  # before all rows are read
    called = project_name(target.resolve().name if name is None else name)
    if data is None and contract is None:
        _refuse(given_file_options(given), "is about the data, and none is given")
        files = starter_files(called)
    else:
        files = _files(called, target, _Given(data, contract, given, partitions, engine))
    write_project(target, files, force=force)
    if as_json:
        echo_json({"folder": str(target), "name": called, "files": sorted(files)})
        return
    for path in files:
        click.echo(f"{printable(os.path.join(folder, path), 200)}")
    if data is None and contract is not None:
        click.echo(f"job.py reads {_PLACEHOLDER}, which is not there: put it beside job.py, or change the path", err=True)
    click.echo(f"next: cd {shlex.quote(folder)} && featureprep run job.py")


@dataclass(frozen=True)
class _Given:
    data: str | None
    contract: str | None
    options: Mapping[str, Any]
    partitions: int | None
    engine: str


def _refuse(flags: list[str], why: str) -> None:
    if flags:
        raise RequestError(f"{flags[0]} {why}", hint="--data PATH")


def _files(name: str, target: Path, given: _Given) -> dict[str, str]:
    """The files of a project for data, for a contract, or for both."""
    from featureprep.jobs.scaffold.facts import facts_of
    from featureprep.jobs.scaffold.first_job import Reading
    from featureprep.jobs.scaffold.project import first_files

    contract, text = (None, "") if given.contract is None else _read(given.contract)
    seen: Look | None = None
    if given.data is None:
        _refuse(given_file_options(dict(given.options)), "is about the data, and none is given")
        reading = Reading("read_csv", _PLACEHOLDER, {})
    else:
        reader, options = file_reader(given.data, dict(given.options))
        reading = Reading(reader, _path(given.data, target), options)
        contract, text, seen = _looked_at(given, contract, text)
    (section,) = contract.sources if contract is not None else ()
    title = section.name or os.path.basename((given.data or _PLACEHOLDER).rstrip("/"))
    return first_files(name, text, facts_of(section, seen), reading, title=title, placeholder=given.data is None)


def _read(path: str) -> tuple[Contract, str]:
    """A contract for one source, and its text."""
    from featureprep.validators.contract_yaml import load_contract

    found = load_contract(path)
    if len(found.sources) != 1:
        raise RequestError(
            f"the contract is of {len(found.sources)} sources, and a first job is written for one", where=path,
            hint="keep the section of one; the others are added to job.py by hand",
        )  # fmt: skip
    section = found.sources[0].name
    if section and not section.isidentifier():
        raise RequestError(f"the source {section[:80]!r} cannot be the name of a Python argument", where=path, hint="rename it")
    try:
        return found, Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(
            f"the contract cannot be read: {getattr(error, 'strerror', None) or error}", where=path, hint=cure(error)
        ) from error


def _looked_at(given: _Given, contract: Contract | None, text: str) -> tuple[Contract, str, Look]:
    """The contract (proposed, where none is given), its text, and what all rows are."""
    from featureprep.jobs.infer import infer
    from featureprep.jobs.infer_notes import notes
    from featureprep.jobs.look import look
    from featureprep.jobs.profile import contract_of

    name = "data" if contract is None else contract.sources[0].name or "data"
    sources = {name: file_source(str(given.data), dict(given.options))}
    with working_engine(given.engine) as engine:
        if contract is None:
            proposal = infer(sources, None, engine, partitions=given.partitions)
            contract, text, found = proposal.contract, proposal.to_yaml(), proposal.looks[name]
        else:
            found = look(name, sources[name], None, engine, contract=contract_of(contract, name, sources), partitions=given.partitions)
    for note in notes(sources[name], found):
        click.echo(f"note: {printable(note, 500)}", err=True)
    return contract, text, found


def _path(data: str, target: Path) -> str:
    """The data's path as job.py has it: relative where the data is near."""
    if "://" in data:
        return data
    absolute = os.path.abspath(os.path.expanduser(data))
    relative = os.path.relpath(absolute, target.resolve())
    return relative if relative.split(os.sep).count(os.pardir) <= _MOST_CLIMBS else absolute
