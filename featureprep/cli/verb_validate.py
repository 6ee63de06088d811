"""`featureprep validate`."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.baseline import baseline_option, read_reference
from featureprep.cli.completion import files
from featureprep.cli.files import file_flags, file_options
from featureprep.cli.formats import Reports, fail_on_option, format_option, unread
from featureprep.cli.inputs import Inputs, by_contract, read_inputs
from featureprep.cli.jobs import working_engine
from featureprep.cli.options import (
    engine_option,
    environment_option,
    json_option,
    named_source_option,
    not_evaluated_option,
    now_option,
    output_option,
    partitions_option,
    read_now,
    store_option,
)
from featureprep.cli.verb import verb
from featureprep.errors import DataError, RequestError, WorldError

if TYPE_CHECKING:
    from featureprep.validators.contract import Contract


@verb("validate", "Check data against a contract.", "featureprep validate eval.csv --contract contract.yaml", "featureprep validate job.py --environment SERVING --json",
      "featureprep validate people.csv --contract drift.yaml --baseline census@prod",
      "featureprep validate eval.csv --contract contract.yaml --format github --format sarif=report.sarif --fail-on warn",
      "featureprep validate --contract contract.yaml --source trips=trips.csv --source zones=zones.csv -o report.txt")  # fmt: skip
@click.argument("subject", metavar="[FILE|JOB]", required=False, shell_complete=files)
@click.option("--contract", metavar="PATH", help="The contract; a JOB's own by default.", shell_complete=files)
@baseline_option
@store_option
@environment_option
@not_evaluated_option
@now_option
@named_source_option
@file_options
@partitions_option
@engine_option
@format_option
@fail_on_option
@output_option("the report")
@json_option
def command(
    subject: str | None, contract: str | None, baseline: str | None, store: str, environment: str, allow_not_evaluated: bool, now: str | None,
    partitions: int | None, engine: str, formats: tuple[str, ...], fail_on: str, output: str | None, as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Check all rows of a FILE, or of a JOB's sources, against a contract.

    With --baseline its rules about drift are judged: how far each column is from how it was, and whether that is more than chance.

    Exit code 0: the data meets it; 1: it does not, and every broken rule is told with its rows and examples.

    For CI: --format github annotates the contract's lines and fills the job's summary; sarif, junit, gitlab and markdown are for files.
    """
    reports = Reports.of(formats, output, as_json=as_json)
    clock = read_now(now)
    stated = _contract(contract, subject, given) if contract is not None else None
    inputs = read_inputs(subject, given)
    known = stated if stated is not None else _own_contract(inputs)
    from featureprep.jobs.validate import validate
    from featureprep.validators.reasons import Severity

    named = by_contract(inputs, known)
    reference = None if baseline is None else read_reference(baseline, store, inputs, named, given, partitions)
    try:
        with working_engine(engine) as made:
            found = validate(
                named, known, inputs.folder, made,
                environment=environment, allow_not_evaluated=allow_not_evaluated, partitions=partitions,
                reference=reference, now=clock,
            )  # fmt: skip
    except (DataError, WorldError) as error:
        wanted = replace(reports, shown=None) if as_json or reports.shown == "text" else reports  # these are told of the error itself
        if wanted.shown is not None or wanted.files:
            wanted.write(unread(error, known, named), known)
        raise
    report = replace(found, fail_on=Severity(fail_on))
    reports.write(report, known)
    return report.exit_code


def _contract(path: str, subject: str | None, given: dict[str, Any]) -> Contract:
    from featureprep.validators.contract_yaml import load_contract

    if not os.path.isfile(path):
        data = [subject] if subject is not None else [part for text in given["sources"] for part in ("--source", text)] or ["FILE"]
        command = f"{shlex.join(['featureprep', 'infer', *data])}{file_flags(given)} {shlex.join(['-o', path])}"
        raise RequestError("the contract does not exist", where=path, hint=f"let one be proposed: {command}")
    return load_contract(path)


def _own_contract(inputs: Inputs) -> Contract:
    from featureprep.jobs.prepare import Request, read_contract

    found = read_contract(inputs.job, Request()) if inputs.job is not None else None
    if found is None:
        what = "data is held against a contract, and none is given" if inputs.job is None else "the job has no contract"
        raise RequestError(what, hint="--contract contract.yaml; featureprep infer proposes one")
    return found
