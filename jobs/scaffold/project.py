"""A new project: its name, its files, and how they get onto the disk."""

from __future__ import annotations

import contextlib
import keyword
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from featureprep.cures import cure
from featureprep.errors import ArgumentError, RequestError, WorldError
from featureprep.jobs.scaffold.code import argument_name, comment, quoted
from featureprep.jobs.scaffold.facts import Facts
from featureprep.jobs.scaffold.first_job import Reading, first_job
from featureprep.jobs.scaffold.requirement import requirement
from featureprep.store.names import check_dataset_name

_TAKEN = frozenset({"col", "dt", "fp", "job", "pytest", "row", "run", "t"})
"""Names that the files of a project use themselves."""
_RULE = "a name that a job's function can have: a-z, 0-9 and '_', beginning with a letter"
_SHARED = {
    "README.md": "README.md.j2",
    "requirements.txt": "requirements.txt.j2",
    "pyproject.toml": "pyproject.toml.j2",
    ".gitignore": "gitignore.j2",
    ".github/workflows/features.yml": "features.yml.j2",
}


def project_name(text: str) -> str:
    """The name of a job and its dataset; '-' becomes '_'.

    Raises
    ------
    ArgumentError
        With a name that would do, for what cannot be both a Python name and a dataset's.
    """
    name = text.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name) or keyword.iskeyword(name) or name in _TAKEN:
        close = re.sub(r"[^a-z0-9]+", "_", text[:60].lower()).strip("_") or "features"
        close = close if close[0].isalpha() and not keyword.iskeyword(close) and close not in _TAKEN else f"my_{close}"
        raise ArgumentError.of(
            "name", "a new project", _RULE, text[:100], hint=f"{close} would do: name the folder so, or add --name {close}"
        )
    return check_dataset_name(name)


def render(template: str, **values: Any) -> str:
    """The text of a template of this package."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("featureprep.jobs.scaffold")
    environment = Environment(  # noqa: S701  (Python, YAML and Markdown: values are put in as literals, not as HTML)
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template(template).render(**values)


def shared_files(name: str, about: str, example: Mapping[str, str], *, starter: bool) -> dict[str, str]:
    """The files that every project has, by path."""
    from featureprep import __version__

    own = requirement()
    values = {"name": name, "about": about, "example": example, "starter": starter, "version": __version__}
    values |= {"requirement": own.line, "local": own.local}
    return {path: render(template, **values) for path, template in _SHARED.items()}


def starter_files(name: str) -> dict[str, str]:
    """The files of a project on made-up data, by path."""
    from featureprep.jobs.scaffold.example_data import deliveries_csv

    data = deliveries_csv()
    names, first = (line.split(",") for line in data.splitlines()[:2])
    cells = dict(zip(names, first, strict=True))
    example = {f'"{key}"': f'"{value}"' for key, value in cells.items() if key != "late"}
    numbers = ", ".join(str(int(part)) for part in re.split(r"[-T:]", cells["ordered_at"]))
    example |= {'"ordered_at"': f"dt.datetime({numbers})", '"distance_km"': cells["distance_km"], '"parcels"': cells["parcels"]}
    about = (
        "Will a delivery be late? A small feature job on made-up data: it runs as it stands, and is meant to be changed into yours.\n"
        "Have data of your own? `featureprep new other_features --data yours.csv` looks at it and writes a first job for it."
    )
    return {
        "job.py": render("job.py.j2", name=name),
        "contract.yaml": render("contract.yaml.j2"),
        "data/deliveries.csv": data,
        "tests/test_job.py": render("test_job.py.j2", name=name, example=example),
        **shared_files(name, about, example, starter=True),
    }


def first_files(
    name: str, contract_text: str, facts: Sequence[Facts], reading: Reading, *, title: str, placeholder: bool
) -> dict[str, str]:
    """The files of a project for given data, by path.

    Parameters
    ----------
    contract_text : str
        Becomes contract.yaml.
    facts : sequence of Facts
        Of the contract's columns.
    title : str
        What the data is called in comments.
    placeholder : bool
        Whether `reading` names data that is not there yet.
    """
    table = argument_name(title.partition(".")[0], _TAKEN | {name, "T"})
    job = first_job(facts, table)
    said = comment(title.replace("\\", "/").replace('"', "'"), 80)
    values = {"name": name, "job": job, "reading": reading.code, "title": said, "placeholder": placeholder}
    found = "What was proposed is in `job.py`, each choice with its reason: read it, and edit it."
    return {
        "job.py": render("first_job.py.j2", **values),
        "contract.yaml": contract_text,
        "tests/test_job.py": render(
            "first_test.py.j2", name=name, example=job.example, path=quoted(reading.path), local="://" not in reading.path,
            plain="://" in reading.path or os.path.isabs(reading.path),
            needs_dt=any("dt." in value for value in job.example.values()),
        ),
        **shared_files(name, f"A first feature job for `{said.replace('`', chr(39))}`. {found}", job.example, starter=False),
    }  # fmt: skip


def check_folder(folder: Path) -> None:
    """Refuse a folder that no project can be made in.

    Raises
    ------
    RequestError
        When it is a file or a dangling link, or its parent does not exist.
    """
    where = str(folder)
    if "\0" in where:
        raise RequestError("the folder's name holds a NUL character", where=repr(where[:100]))
    try:
        if folder.is_dir():
            return
        if os.path.lexists(folder):
            raise RequestError("this is not a folder", where=where, hint="name one that is not there yet")
        if not folder.parent.is_dir():
            raise RequestError("the folder to make it in does not exist", where=str(folder.parent), hint=f"mkdir -p {folder.parent}")
    except OSError as error:
        raise RequestError(f"this cannot be a folder: {error.strerror or error}", where=where[:200]) from error


def check_clashes(folder: Path, files: Iterable[str], *, force: bool) -> None:
    """Refuse to write files over others.

    Raises
    ------
    RequestError
        When a file is in the way (with `force`: a folder, or a link in place of one), or `check_folder` refuses.
    """
    check_folder(folder)
    there = [path for path in files if os.path.lexists(folder / path)]
    odd = [path for path in there if (folder / path).is_dir() and not (folder / path).is_symlink()]
    parents = sorted({str(parent) for path in files for parent in Path(path).parents if parent != Path()})
    odd += [path for path in parents if os.path.lexists(folder / path) and ((folder / path).is_symlink() or not (folder / path).is_dir())]
    if odd:
        raise RequestError(f"{odd[0]} is in the way", where=str(folder / odd[0]), hint="name another folder")
    if there and not force:
        shown = ", ".join(sorted(there)[:5]) + (f" and {len(there) - 5} more" if len(there) > 5 else "")
        raise RequestError(
            f"files of these names are there already, and are not overwritten: {shown}",
            where=str(folder),
            hint="name another folder; or, to replace them, add --force",
        )


def write_project(folder: Path, files: Mapping[str, str], *, force: bool = False) -> None:
    """Write the files of a project; none where one of them is in the way.

    Parameters
    ----------
    folder : Path
        Made if it is not there; its parent must be.
    files : mapping of path to text
    force : bool
        Whether files of these names are replaced; nothing else is touched. Links are replaced, never followed.

    Raises
    ------
    RequestError
        As `check_clashes`.
    WorldError
        When the disk refuses.
    """
    check_clashes(folder, files, force=force)
    waiting: dict[Path, Path] = {}
    made: list[Path] = []
    try:
        _put(folder, files, waiting, made)
    except OSError as error:
        failed = Path(error.filename) if isinstance(error.filename, str) else folder
        what = f"the project cannot be written: {error.strerror or error}"
        raise WorldError(what, where=str(waiting.get(failed, failed)), hint=cure(error)) from error


def _put(folder: Path, files: Mapping[str, str], waiting: dict[Path, Path], made: list[Path]) -> None:
    """Write every file beside its place, then put all in place; what breaks before that leaves nothing, and harms no file that is there.

    Parameters
    ----------
    waiting : dict
        Is filled: places by temporary files.
    made : list
        Is filled: the folders that were not there.
    """
    try:
        for path, text in files.items():
            target = folder / path
            for parent in [p for p in reversed(target.parents) if p.is_relative_to(folder) and not p.is_dir()]:
                parent.mkdir()
                made.append(parent)
            temporary = target.with_name(f".featureprep-{secrets.token_hex(8)}.tmp")
            waiting[temporary] = target
            with temporary.open("x", encoding="utf-8", newline="\n") as handle:
                handle.write(text)
        for temporary, target in waiting.items():
            temporary.replace(target)
    except BaseException:
        for temporary in waiting:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        for parent in reversed(made):
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise
