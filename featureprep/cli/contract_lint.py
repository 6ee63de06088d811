"""`featureprep contract lint`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from featureprep.cli.completion import files
from featureprep.cli.options import json_option
from featureprep.cli.output import echo_json, printable
from featureprep.cli.verb import verb
from featureprep.errors import FeatureprepError, RequestError

_LONGEST = 2_000


@verb(
    "lint",
    "Tell what is wrong with contracts.",
    "featureprep contract lint contract.yaml",
    "featureprep contract lint contract.yaml --json",
)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, shell_complete=files)
@json_option
def command(paths: tuple[str, ...], as_json: bool) -> int:
    """Read contracts as a run would, without data, and tell what is wrong with each: file:line: what; how to mend it.

    Told is also what a run would take, and no data can meet: values that the column's range, length or regex rules out, a time zone that
    there is not, a column that is expected in no environment; and a number compared with a float32 column which no float32 equals.

    Exit code 0: all can be used; 2: one is wrong; 3: one cannot be read.
    """
    from featureprep.validators.contract_yaml import load_contract
    from featureprep.validators.lint import contradictions

    told: list[dict[str, Any]] = []
    code = 0
    for path in paths:
        try:
            found = contradictions(load_contract(Path(path)))
        except FeatureprepError as error:
            told.append({"file": path, "where": error.where or path, "what": error.what, "hint": error.hint})
            code = max(code, error.exit_code)
            continue
        for each in found:
            where = path if each.line is None else f"{path}:{each.line}"
            told.append({"file": path, "where": where, "what": each.what, "hint": each.hint})
            code = max(code, RequestError.exit_code)
    if as_json:
        echo_json({"ok": not told, "files": len(paths), "wrong": told})
    else:
        for one in told:
            click.echo(printable(f"{one['where']}: {one['what']}" + (f"; {one['hint']}" if one["hint"] else ""), _LONGEST))
        if not told:
            click.echo(f"{len(paths)} contract{'s' * (len(paths) > 1)} can be used")
    return code
