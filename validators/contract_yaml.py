"""contract.yaml: what the rows of a job's sources must be.

    version: 1
    environments: [TRAINING, SERVING]        # these two unless stated
    columns:
      age: int64                             # the short form: a type
      income:
        type: string                         # the types of featureprep.types
        required: true                       # the column must exist (default); in JSON: any record has the key
        nullable: false                      # no nulls (default: true); or null_fraction: 0.01
        values: [">50K", "<=50K"]
        not_in: [SERVING]                    # or environments: [TRAINING]
      fare:
        type: float64
        range: {min: 0, max: 500}            # either may be left out; both are allowed values
        not_nan: true
        action: quarantine                   # for bad rows: fail (default), quarantine, drop
        severity: warn                       # error (default) fails the run, warn tells
        drift: {kolmogorov_smirnov: 0.1}     # at most so far from the baseline, in place of the `drift:` below; false: any
      plate:
        type: string
        regex: {pattern: "[A-Z]{2}[0-9]+", action: drop}    # any check can have its own severity and action
        length: {min: 3, max: 10}
        unique: true
        sensitive: true                      # values are never shown
        owner: fleet team
        note: as registered
      tags:
        type: list<string>
        valency: {min: 1, max: 5}            # items of each list; values, range and regex hold for each item
        values: [airport, night, shared]
        min_domain_mass: 0.95                # this share of the values is among them; without it, all are
      at: timestamp
      odometer:
        type: float64
        monotonic: {by: at}                  # never falls when rows are ordered by it; strict: true: rises
    rows: {min: 1000, max: 1000000, drift: 0.2}    # drift: at most a fifth more or fewer than the baseline has
    keys: [plate, payment_type]              # unique together, none of them null; [[a, b], [c]] are two keys
    allow_empty: false                       # no rows at all fail the contract (default)
    drift: {jensen_shannon: 0.05}            # of every column of numbers, texts, bools or lists that is not sensitive
    fresh: {column: at, max_age: 2d}         # the newest value is at most that old: 90s, 30m, 36h, 2d, 1w
    extra_columns: warn                      # columns that are not named: error, warn (default), allow
    allow_not_evaluated: false               # a rule that cannot be evaluated fails the contract (default)
    expressions:
      - name: tips are plausible
        expr: tips <= fare * 0.5 or payment_type != "Cash"
        severity: warn
        action: quarantine

Where a job has several sources, `sources:` maps their names to such sections; a column's `references: {source: zones, column: id}` points from
one to another. Checks of single rows take `at_most: 10` or `at_most: 1%`: so many may break it. The long form of a check states its value under `is`
(type, required, nullable, unique, not_nan), `of` (values), `pattern` (regex), `max` (null_fraction), `min` (min_domain_mass).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from featureprep.cures import cure
from featureprep.errors import RequestError, WorldError, short
from featureprep.validators.checks.base import Head, RowCheck, Rule, find, known_keys
from featureprep.validators.checks.drift import default_rules
from featureprep.validators.checks.parsing import boolean, items, mapping, text, whole, word, wrong
from featureprep.validators.checks.references import verify_elsewhere
from featureprep.validators.checks.thresholds import take_threshold
from featureprep.validators.checks.types import read_type
from featureprep.validators.contract import ENVIRONMENTS, Column, Contract, SourceContract, check_of
from featureprep.validators.reasons import Action, Severity
from featureprep.validators.suggestions import did_you_mean
from featureprep.validators.yaml_tree import MAX_BYTES, Tree, parse_yaml

VERSION: Final = 1
_COLUMN_KEYS: Final = ("severity", "action", "environments", "not_in", "sensitive", "owner", "note")
_SOURCE_KEYS: Final = ("columns", "drift", "extra_columns", "allow_not_evaluated", "owner", "note")
_THEIRS: Final = {
    "expectations": ("a suite of Great Expectations", "gx"),
    "apiVersion": ("a document of the Open Data Contract Standard", "odcs"),
    "schema_type": ("a schema of pandera", "pandera"),
}
"""The keys that files of other tools have and contracts have not."""
_TOP_KEYS: Final = ("version", "environments", "sources")


def load_contract(path_or_text: str | os.PathLike[str], *, where: str | None = None) -> Contract:
    """Read a contract.

    Parameters
    ----------
    path_or_text : path, or the YAML text itself
        A str with a line break is text.
    where : str, optional
        What to call it in messages and outcomes; the path by default.

    Raises
    ------
    RequestError
        With file, line and hint: for an absent file, anything that is not safe YAML, unknown keys, wrong values, impossible ranges.
    WorldError
        When the file cannot be read.
    """
    if isinstance(path_or_text, str) and ("\n" in path_or_text or "\r" in path_or_text):
        file = where or "contract"
        return replace(read_contract(parse_yaml(path_or_text, file), file), content=path_or_text.encode())
    path = os.fspath(path_or_text)
    file = where or path
    return contract_of_bytes(contract_bytes(path, file), file)


def contract_bytes(path: str, file: str) -> bytes:
    """What the file of a contract holds, as far as one may be long; a pipe can be read only once.

    Parameters
    ----------
    file : str
        What to call it in messages.

    Raises
    ------
    RequestError
        For an absent file, and for a folder.
    WorldError
        When the file cannot be read.
    """
    try:
        with open(path, "rb") as handle:
            return handle.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise RequestError("the contract is a folder, not a file", where=file, hint="name the file in it: contract.yaml") from error
    except FileNotFoundError as error:
        if os.path.islink(path):
            hint = f"it is a link to {short(os.readlink(path))}, which is not there"
            raise RequestError("the contract does not exist", where=file, hint=hint) from error
        hint = f"write one, or let one be proposed: featureprep infer FILE|JOB -o {path}"
        raise RequestError("the contract does not exist", where=file, hint=hint) from error
    except (OSError, ValueError) as error:
        raise WorldError(
            f"the contract cannot be read: {getattr(error, 'strerror', None) or error}", where=file, hint=cure(error)
        ) from error


def contract_of_bytes(data: bytes, file: str) -> Contract:
    """The contract that a file of this content states; raises as `load_contract` does."""
    return replace(read_contract(parse_yaml(data, file), file), content=data)


def read_contract(tree: Tree, file: str) -> Contract:
    """The contract that a parsed file states."""
    if tree.value is None:
        raise RequestError("the contract is empty", where=tree.place, hint="columns: {age: int64}")
    theirs = next((key for key in _THEIRS if isinstance(tree.value, dict) and key in tree.value), None)
    if theirs is not None and ("columns" not in tree.value or theirs == "schema_type"):
        tool, form = _THEIRS[theirs]
        hint = f"validate takes it as it is; elsewhere turn it into a contract: featureprep contract convert {file} --from {form} -o contract.yaml"
        raise RequestError(f"this is no contract but {tool}", where=tree.at(theirs), hint=hint)
    several = isinstance(tree.value, dict) and "sources" in tree.value
    if several:
        entries = mapping(tree, "the contract", _TOP_KEYS)
    else:
        entries = _keys(tree, "the contract", (*_TOP_KEYS, *_SOURCE_KEYS), "source")
    if "version" in entries:
        version = whole(entries["version"], "version")
        if version > VERSION:
            hint = "read it with a newer featureprep"
            raise RequestError(
                f"this contract has version {version}; this release reads {VERSION}", where=entries["version"].place, hint=hint
            )
    environments = _names(entries["environments"], "environments") if "environments" in entries else ENVIRONMENTS
    if not environments:
        hint = "take the line out for TRAINING and SERVING, or name yours"
        raise RequestError(
            "environments names none, so that nothing could be held against the contract", where=tree.at("environments"), hint=hint
        )
    if not several:
        return _linked(Contract((_source("", tree, environments, file),), file))
    sections = mapping(entries["sources"], "sources")
    if not sections:
        raise RequestError("sources names no source", where=entries["sources"].place, hint="sources: {trips: {columns: ...}}")
    made = []
    for name, section in sections.items():
        if not name:
            raise RequestError("a source has an empty name", where=entries["sources"].at(name), hint="name it as the job does")
        _keys(section, f"source {name[:80]!r}", _SOURCE_KEYS, "source")
        made.append(_source(name, section, environments, file))
    return _linked(Contract(tuple(made), file))


def _linked(contract: Contract) -> Contract:
    """The contract, whose references from source to source have been held against the columns there."""
    types = {source.name: {column.name: column.type for column in source.columns} for source in contract.sources}
    for source in contract.sources:
        for rule in source.declared(None):
            if check_of(rule).elsewhere(rule) is not None:
                verify_elsewhere(rule, types[source.name][str(rule.column)], types, f"{source.file}:{rule.line}")
    return contract


def _source(name: str, tree: Tree, environments: tuple[str, ...], file: str) -> SourceContract:
    entries: Mapping[str, Tree] = tree.value
    if "columns" not in entries:
        raise RequestError("there is no `columns:`", where=tree.place, hint="columns: {age: int64}")
    drift = entries.get("drift")
    columns = tuple(
        _column(column, entry, entries["columns"].keys[column], environments, drift)
        for column, entry in mapping(entries["columns"], "columns").items()
    )
    if not columns:
        raise RequestError("columns names no column", where=entries["columns"].place, hint="columns: {age: int64}")
    rules: list[Rule] = []
    for key in known_keys("source"):
        check = find(key)
        if check is not None and key in entries:
            value, _ = take_threshold(entries[key], key, row_wise=False)  # expressions have their own
            rules += check.parse(value, Head(None, None))
    if "allow_empty" not in entries:
        rules.append(Rule("allow_empty", line=tree.line))
    extra = entries.get("extra_columns")
    if extra is not None and extra.value not in ("error", "warn", "allow"):
        raise wrong(extra, "extra_columns", "error, warn or allow", did_you_mean(extra.text, ("error", "warn", "allow")))
    made = SourceContract(
        name=name,
        columns=columns,
        rules=tuple(rules),
        environments=environments,
        extra_columns="warn" if extra is None else str(extra.value),
        allow_not_evaluated="allow_not_evaluated" in entries and boolean(entries["allow_not_evaluated"], "allow_not_evaluated"),
        owner=text(entries["owner"], "owner") if "owner" in entries else "",
        note=text(entries["note"], "note") if "note" in entries else "",
        line=tree.line,
        file=file,
    )
    types = {column.name: column.type for column in columns}
    for rule in (*(rule for column in columns for rule in column.rules), *rules):
        check_of(rule).verify(rule, types, f"{file}:{rule.line}")
    return made


def _column(name: str, tree: Tree, line: int, environments: tuple[str, ...], drift: Tree | None) -> Column:
    if not name:
        raise RequestError("a column has an empty name", where=f"{tree.file}:{line}", hint="name it as the data does")
    if name.startswith("$"):
        raise RequestError(
            f"column {name[:80]!r}: names that begin with $ are taken", where=f"{tree.file}:{line}", hint="rename the column"
        )
    if not isinstance(tree.value, dict):  # the short form
        tree = Tree(tree.file, tree.line, {"type": tree}, keys={"type": tree.line})
    what = f"column {name[:80]!r}"
    entries = _keys(tree, what, _COLUMN_KEYS, "column")
    if "type" not in entries:
        raise RequestError(f"{what} has no type", where=f"{tree.file}:{line}", hint="type: string")
    if "nullable" in entries and "null_fraction" in entries:
        raise RequestError(f"{what} has both nullable and null_fraction", where=tree.at("null_fraction"), hint="state one of them")
    sensitive = "sensitive" in entries and boolean(entries["sensitive"], "sensitive")
    head = Head(
        column=name,
        dtype=read_type(entries["type"]),
        sensitive=sensitive,
        severity=word(entries["severity"], "severity", Severity) if "severity" in entries else Severity.ERROR,
        action=word(entries["action"], "action", Action) if "action" in entries else Action.FAIL,
        beside=entries,
    )
    rules: list[Rule] = []
    for key in ("type", "required", *(k for k in known_keys("column") if k not in ("type", "required"))):
        check = find(key)
        if check is not None and key in entries:
            value, allowed = take_threshold(entries[key], key, row_wise=isinstance(check, RowCheck))
            rules += [replace(rule, at_most=allowed) for rule in check.parse(value, head)]
        elif key == "required":
            rules.append(Rule("required", name, severity=head.severity, line=line))
        elif key == "drift" and drift is not None:
            rules += default_rules(drift, head)
    return Column(
        name=name,
        rules=tuple(rules),
        environments=_environments(tree, what, environments),
        sensitive=sensitive,
        owner=text(entries["owner"], "owner") if "owner" in entries else "",
        note=text(entries["note"], "note") if "note" in entries else "",
        line=line,
    )


def _environments(tree: Tree, what: str, known: tuple[str, ...]) -> tuple[str, ...] | None:
    if "environments" in tree.value and "not_in" in tree.value:
        raise RequestError(f"{what} has both environments and not_in", where=tree.at("not_in"), hint="state one of them")
    for key in ("environments", "not_in"):
        if key in tree.value:
            names = _names(tree.value[key], key)
            for name in names:
                if name not in known:
                    raise RequestError(f"{what}: there is no environment {name!r}", where=tree.at(key), hint=did_you_mean(name, known))
            return tuple(name for name in known if (name in names) == (key == "environments"))
    return None


def _names(tree: Tree, what: str) -> tuple[str, ...]:
    names = [text(item, f"each of {what}") for item in items(tree, what)]
    if len(set(names)) < len(names) or not all(names):
        raise wrong(tree, what, "a list of different names", f"{what}: [TRAINING, SERVING]")
    return tuple(names)


def _keys(tree: Tree, what: str, own: tuple[str, ...], scope: str) -> Mapping[str, Tree]:
    """The entries of a mapping whose keys are `own` or those of the checks of a scope, installed ones among them."""
    for key in tree.value if isinstance(tree.value, dict) else ():
        if key not in own:
            find(key)
    return mapping(tree, what, {*own, *known_keys(scope)})
