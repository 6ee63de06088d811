"""`featureprep infer --propose`: the patch of a contract that some data would need."""

from __future__ import annotations

import datetime as dt
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.inputs import Inputs, by_contract
from featureprep.cli.jobs import working_engine
from featureprep.cli.output import echo_json, printable
from featureprep.outfile import write_file

if TYPE_CHECKING:
    from featureprep.jobs.propose import Proposed

_LONGEST = 500


def propose_patch(
    inputs: Inputs, path: str, engine: str, output: str | None, *,
    environment: str, partitions: int | None, max_values: int, now: dt.datetime | None, as_json: bool,
) -> int:  # fmt: skip
    """Print the patch, or write it and print what it changes; exit code 1 where the data would still fail with it."""
    from featureprep.jobs.propose import propose
    from featureprep.validators.contract_yaml import load_contract
    from featureprep.validators.proposals.patch import unified

    contract = load_contract(Path(path))
    with working_engine(engine) as made:
        found = propose(
            by_contract(inputs, contract), contract, inputs.folder, made,
            environment=environment, partitions=partitions, max_values=max_values, now=now,
        )  # fmt: skip
    patch = unified(found.before, found.after, _path_in_patch(path))
    told = _told(found, path)
    if patch and output is not None:
        write_file(output, "".join(f"# {line}\n" if line else "#\n" for line in told) + patch)
    if as_json:
        echo_json(_json(found, path, patch, output))
    elif output is None and patch:
        for line in told:
            click.echo(f"# {line}" if line else "#")
        click.echo(patch, nl=False)
    else:
        for line in told:
            click.echo(line)
        if patch:
            click.echo(f"next: look at {output}; then git apply {shlex.quote(str(output))}")
    return int(bool(found.left))


def _told(found: Proposed, path: str) -> list[str]:
    """What is proposed and why, a line each: needs by class, what is left, how many there are."""
    from featureprep.validators.changes.change import ChangeClass
    from featureprep.validators.changes.shown import change_text, counted

    if not found.needs and not found.left:
        return [printable(f"nothing to propose: the data passes {path}", _LONGEST)]
    order = list(ChangeClass)
    lines = []
    if found.needs:
        lines += [f"{printable(path, 200)}, for the data to pass it: {counted(found.changes)}", ""]
    for need in sorted(found.needs, key=lambda one: min(order.index(change.kind) for change in one.changes)):
        where = need.source if len({one.source for one in found.needs}) > 1 else ""
        told = f"  {'; '.join(filter(None, (where, _reason(need.outcome))))}"
        for change in need.changes:
            at = f"  [{path}:{change.lines[0]}]" if change.lines[0] is not None else ""
            lines.append(printable(f"{change.kind.upper()}: {change_text(change)}{at}", _LONGEST))
            lines.append(printable(told, _LONGEST))
            told = f"  goes with that, for: {need.outcome.rule}"
    for name, outcome in found.left:
        lines.append(printable(f"LEFT: {outcome.rule}: {_reason(outcome)}", _LONGEST))
        lines.append(printable(f"  no change of the contract is proposed for that ({name}); the data would still fail", _LONGEST))
    return lines


def _reason(outcome: Any) -> str:
    """How many rows break a rule, and examples; masked where they are sensitive."""
    from featureprep.validators.outcome import MASK
    from featureprep.validators.report import percent, shown_example

    parts = [outcome.message] if outcome.message else []
    if outcome.count is not None and outcome.fraction is not None:
        parts.append(f"{outcome.count:,} of {outcome.total:,} rows ({percent(outcome.fraction)}) break it")
    if outcome.masked and outcome.count:
        parts.append(f"for example {MASK} (sensitive)")
    elif outcome.examples:
        parts.append("for example " + ", ".join(shown_example(value) for value in outcome.examples[:5]))
    return "; ".join(parts) or "it does not hold"


def _json(found: Proposed, path: str, patch: str, output: str | None) -> dict[str, Any]:
    return {
        "contract": path,
        "passes": not found.left,
        "output": output if patch else None,
        "changes": [change.to_json() for change in found.changes],
        "needs": [
            {"source": need.source, "outcome": need.outcome.to_json(), "changes": [change.to_json() for change in need.changes]}
            for need in found.needs
        ],
        "left": [{"source": name, "outcome": outcome.to_json()} for name, outcome in found.left],
        "patch": patch,
    }


def _path_in_patch(path: str) -> str:
    """The contract's path from here; its name alone where it lies elsewhere."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        relative = os.path.basename(path)
    return os.path.basename(path) if relative.startswith("..") else relative.replace(os.sep, "/")
