"""`featureprep contract diff`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.completion import files
from featureprep.cli.options import json_option
from featureprep.cli.output import echo_json, printable
from featureprep.cli.revisions import at_revision, git_show, is_revision
from featureprep.cli.verb import verb
from featureprep.errors import RequestError

if TYPE_CHECKING:
    from featureprep.validators.changes.change import ContractChange
    from featureprep.validators.contract import Contract

_LONGEST = 500
_CLASSES = ("breaking", "widening", "narrowing", "cosmetic")


@dataclass(frozen=True)
class _Compared:
    """Two contracts held against each other, or one that had nothing to be held against, and why."""

    old: str
    new: str
    changes: Sequence[ContractChange]
    alone: str = ""

    @property
    def counts(self) -> dict[str, int]:
        return {name: n for name in _CLASSES if (n := sum(change.kind == name for change in self.changes))}

    def to_json(self) -> dict[str, Any]:
        ways = {way: all(getattr(change, way) for change in self.changes) for way in ("backward", "forward")}
        told = {"old": self.old, "new": self.new, "not_compared": self.alone or None, **ways}
        return {**told, "counts": self.counts, "changes": [change.to_json() for change in self.changes]}


@verb("diff", "Tell what is different between two contracts.", "featureprep contract diff contract.yaml contract.yaml",
      "featureprep contract diff contract.yaml contract.yaml --fail-on breaking --json")  # fmt: skip
@click.argument("old", metavar="OLD", shell_complete=files)
@click.argument("new", metavar="NEW...", nargs=-1, required=True, shell_complete=files)
@click.option(
    "--fail-on", "fail_on", multiple=True, type=click.Choice(_CLASSES), help="Exit with 1 where a change is of this class; repeatable."
)
@json_option
def command(old: str, new: tuple[str, ...], fail_on: tuple[str, ...], as_json: bool) -> int:
    """Tell what is different between two contracts, each change with its class and its lines.

    Breaking: data that passed may fail and the other way round, or readers of the data lose what they rely on. Widening: what
    passed still passes. Narrowing: what passes now passed before. Cosmetic: both.

    OLD can be a file in a revision of git, such as HEAD:contract.yaml. HEAD: alone is the same file as NEW, of which there can then be several.

    Exit code 0: compared; 1: a change is of a class that --fail-on names; 2: a contract is wrong; 3: one cannot be read.
    """
    if len(new) > 1 and not (is_revision(old) and old.endswith(":")):
        raise RequestError("one OLD is compared with one NEW", hint="several files are held against a revision of git: HEAD: a.yaml b.yaml")
    found = [_compared(old, path) for path in new]
    failed = [name for name in dict.fromkeys(fail_on) if any(name in one.counts for one in found)]
    if as_json:
        echo_json({"ok": not failed, "compared": [one.to_json() for one in found]})
    else:
        for one in found:
            _tell(one)
        if failed:
            click.echo(f"FAILED: there are changes that are {' and '.join(failed)}")
    return int(bool(failed))


def _compared(old: str, path: str) -> _Compared:
    from featureprep.validators.changes.compare import compare_contracts
    from featureprep.validators.contract_yaml import load_contract

    after = load_contract(Path(path))
    if not is_revision(old):
        return _Compared(old, path, compare_contracts(load_contract(Path(old)), after))
    folder, spelled, name = at_revision(old, path)
    data = git_show(folder, spelled)
    revision = old.partition(":")[0]
    if data is None:
        if not old.endswith(":"):
            raise RequestError(
                f"{revision} does not have this file", where=name, hint="git show takes paths from the top of the repository"
            )
        return _Compared(name, path, (), f"{revision or 'the index'} does not have it")
    try:
        before = _parsed(data, name)
    except RequestError as error:
        if not old.endswith(":"):
            raise
        # otherwise no commit could ever mend it
        return _Compared(name, path, (), f"{error.where or name} could not be used: {error.what}")
    return _Compared(name, path, compare_contracts(before, after))


def _parsed(data: bytes, name: str) -> Contract:
    from featureprep.validators.contract_yaml import read_contract
    from featureprep.validators.yaml_tree import parse_yaml

    return read_contract(parse_yaml(data, name), name)


def _tell(found: _Compared) -> None:
    from featureprep.validators.changes.shown import change_lines, verdict

    if found.alone:
        click.echo(printable(f"{found.new}: nothing to compare with: {found.alone}", _LONGEST))
        return
    for change in found.changes:
        for line in change_lines(change, found.old, found.new):
            click.echo(printable(line, _LONGEST))
    for line in verdict(found.changes, found.old, found.new):
        click.echo(printable(line, _LONGEST))
