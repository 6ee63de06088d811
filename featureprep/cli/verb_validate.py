"""`featureprep validate`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.files import file_options
from featureprep.cli.inputs import Inputs, read_inputs
from featureprep.cli.jobs import progress_bars
from featureprep.cli.options import (
    engine_option,
    environment_option,
    json_option,
    not_evaluated_option,
    output_option,
    param_option,
    partitions_option,
    source_option,
)
from featureprep.cli.output import check_writable, json_text, write_file
from featureprep.cli.verb import verb
from featureprep.errors import RequestError

if TYPE_CHECKING:
    from featureprep.validators.contract import Contract


@verb("validate", "featureprep validate eval.csv --contract contract.yaml", "featureprep validate job.py --environment SERVING --json",
      "featureprep validate --contract contract.yaml --source trips=trips.csv --source zones=zones.csv -o report.txt")  # fmt: skip
@click.argument("subject", metavar="FILE|JOB", required=False)
@click.option("--contract", metavar="PATH", help="The contract; a JOB's own by default.")
@environment_option
@not_evaluated_option
@source_option
@param_option
@file_options
@partitions_option
@engine_option
@click.option("--format", "report_format", type=click.Choice(("text", "json")), default="text", show_default=True, help="Of the report.")
@output_option("the report")
@json_option
def command(
    subject: str | None, contract: str | None, environment: str, allow_not_evaluated: bool, partitions: int | None, engine: str,
    report_format: str, output: str | None, as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Check all rows of a FILE, or of a JOB's sources, against a contract.

    Exit code 0: the data meets it; 1: it does not, and every broken rule is told with its rows and examples.
    """
    check_writable(output)
    stated = _contract(contract, subject) if contract is not None else None
    inputs = read_inputs(subject, given)
    known = stated if stated is not None else _own_contract(inputs)
    from featureprep.jobs.driver import make_engine
    from featureprep.jobs.validate import validate

    made = make_engine(engine)
    with progress_bars() as progress:
        made.progress = progress
        try:
            report = validate(
                inputs.sources, known, inputs.folder, made,
                environment=environment, allow_not_evaluated=allow_not_evaluated, partitions=partitions,
            )  # fmt: skip
        finally:
            made.close()
    text = json_text(report.to_json()) + "\n" if as_json or report_format == "json" else report.render_text()
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text)
        click.echo(f"{'met' if report.ok else 'FAILED'}: the report is in {output}", err=True)
    return report.exit_code


def _contract(path: str, subject: str | None) -> Contract:
    from featureprep.validators.contract_yaml import load_contract

    if not os.path.isfile(path):
        raise RequestError("the contract does not exist", where=path, hint=f"let one be proposed: featureprep infer {subject or 'FILE'} -o {path}")
    return load_contract(path)


def _own_contract(inputs: Inputs) -> Contract:
    from featureprep.jobs.prepare import Request, read_contract

    found = read_contract(inputs.job, Request()) if inputs.job is not None else None
    if found is None:
        what = "data is held against a contract, and none is given" if inputs.job is None else "the job has no contract"
        raise RequestError(what, hint="--contract contract.yaml; featureprep infer proposes one")
    return found
