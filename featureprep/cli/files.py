"""Data files on the command line: which format they have, and how they are to be read."""

from __future__ import annotations

import csv
import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.hints import of_flag, reads_file
from featureprep.errors import ArgumentError, RequestError
from featureprep.io.near import names_like
from featureprep.io.suffixes import FORMATS, format_by_suffix, suffix_of

if TYPE_CHECKING:
    from featureprep.io.base import Source


class NotADropError(RequestError):
    """A FILE that is not there, or whose suffix tells no format: to who typed it, a mistake; to a gate, data that did not come."""


_NAMES = ("input_format", "separator", "names", "header", "null_values", "quote", "encoding", "columns", "on_error")
_OPTIONS = (
    click.option("--input-format", type=click.Choice(FORMATS), help="Of the FILE; by its suffix otherwise."),
    click.option("--separator", metavar="TEXT", help=r"CSV: between cells, such as ';' or '\t' (default: a comma)."),
    click.option("--names", metavar="A,B,C", help="CSV: column names; one with a comma in double quotes."),
    click.option("--header/--no-header", default=None, help="CSV: whether the first record holds names (default: yes, without --names)."),
    click.option(
        "--null-value", "null_values", multiple=True, metavar="TEXT", help="CSV: a spelling of null; repeatable (default: the empty cell)."
    ),
    click.option("--quote", metavar="CHAR", help="CSV: the quote character; an empty text for none."),
    click.option("--encoding", metavar="NAME", help="CSV, JSON: the text encoding (default: utf-8)."),
    click.option(
        "--columns",
        multiple=True,
        metavar="A,B,C",
        help="Parquet, Arrow: the columns to read (default: all); repeatable, and a name with a comma in double quotes.",
    ),
    click.option("--on-error", type=click.Choice(("fail", "quarantine", "drop")), help="What happens to records that cannot be parsed."),
)


def file_options(function: Any) -> Any:
    """The options by which a FILE is read."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def looks_like_file(text: str, given: dict[str, Any]) -> bool:
    """Whether an argument means data files rather than a version: a folder does only with --input-format."""
    if given.get("input_format") is not None or format_by_suffix(text) is not None:
        return True
    return "/" in text or any(c in text for c in "*?[") or os.path.isfile(text)


def given_file_options(given: dict[str, Any]) -> list[str]:
    """The file options that were given, as they are typed."""
    names = [name for name in _NAMES if given.get(name) not in (None, ())]
    return ["--" + {"null_values": "null-value"}.get(name, name.replace("_", "-")) for name in names]


def file_flags(given: dict[str, Any]) -> str:
    """The file options that were given, as they are typed after a FILE: empty, or with a space before the first."""
    texts = [name for name in _NAMES if name not in ("header", "null_values", "columns") and given.get(name) is not None]
    made = [f"--{name.replace('_', '-')} {shlex.quote(given[name])}" for name in texts]
    if given.get("header") is not None:
        made.append("--header" if given["header"] else "--no-header")
    for flag, name in (("--null-value", "null_values"), ("--columns", "columns")):
        made += [f"{flag} {shlex.quote(text)}" for text in given.get(name) or ()]
    return "".join(f" {flag}" for flag in made)


def file_source(path: str, given: dict[str, Any]) -> Source:
    """The source that a path and the file options mean; errors as `file_reader` has them."""
    from featureprep.io import api

    reads_file()
    name, options = file_reader(path, given)
    read: Callable[..., Source] = getattr(api, name)
    try:
        return read(path, **options)
    except ArgumentError as error:
        raise of_flag(error, path) from error


def file_reader(path: str, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The function of `featureprep` that reads a path with the file options, and its keyword arguments.

    Raises
    ------
    NotADropError
        When there is no such file, or its format is unknown.
    RequestError
        When an option does not fit it.
    """
    if "://" not in path and not any(c in path for c in "*?[") and not os.path.exists(os.path.expanduser(path)):
        raise NotADropError("there is no such file", where=path, hint=names_like(path) or "the path starts at the working folder")
    kind = given.get("input_format") or format_by_suffix(path)
    if kind is None:
        raise NotADropError("the format of this file is not known by its suffix", where=path, hint=f"--input-format {'|'.join(FORMATS)}")
    wrong = [flag for flag in given_file_options(given) if flag not in _TAKEN[kind]]
    if wrong:
        raise RequestError(f"{wrong[0]} is not an option of {kind} files", where=path)
    options: dict[str, Any] = {} if given.get("on_error") is None else {"on_error": given["on_error"]}
    if given.get("encoding") is not None:
        options["encoding"] = given["encoding"]
    if given.get("columns"):
        options["columns"] = [name for text in given["columns"] for name in _split(text, "--columns")]
    if kind == "csv":
        options |= _csv(path, given)
    return f"read_{kind}", options


_ANY = {"--input-format", "--on-error"}
_TAKEN = {
    "csv": {*_ANY, "--encoding", "--separator", "--names", "--header", "--null-value", "--quote"},
    "json": {*_ANY, "--encoding"},
    "parquet": {*_ANY, "--columns"},
    "arrow": {*_ANY, "--columns"},
}


def _csv(path: str, given: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if given.get("separator") is not None:
        made["separator"] = given["separator"].replace("\\t", "\t")
    elif suffix_of(path) in (".tsv", ".tab"):
        made["separator"] = "\t"
    if given.get("names") is not None:
        made["names"] = _split(given["names"], "--names")
    if given.get("header") is not None:
        made["header"] = given["header"]
    if given.get("null_values"):
        made["null_values"] = list(given["null_values"])
    if given.get("quote") is not None:
        made["quote"] = given["quote"] or None
    return made


def _split(names: str, flag: str) -> list[str]:
    """Names between commas, without the blanks around them; as a line of CSV, where one is in double quotes."""
    if '"' not in names:
        return [name.strip() for name in names.split(",")]
    try:
        (found,) = csv.reader([names], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise RequestError(
            f"{flag} {names!r} cannot be read: {error}", hint="a name with a comma stands in double quotes: '\"a,b\",c'"
        ) from error
    return found
