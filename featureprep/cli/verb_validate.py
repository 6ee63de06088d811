"""`featureprep validate`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.completion import files
from featureprep.cli.files import file_flags, file_options
from featureprep.cli.inputs import Inputs, read_inputs
from featureprep.cli.jobs import working_engine
from featureprep.cli.options import (
    engine_option,
    environment_option,
    json_option,
    named_source_option,
    not_evaluated_option,
    output_option,
    partitions_option,
)
from featureprep.cli.output import check_writable, json_text
from featureprep.cli.verb import verb
from featureprep.errors import RequestError
from featureprep.outfile import write_file

if TYPE_CHECKING:
    from featureprep.io.base import Source
    from featureprep.validators.contract import Contract


@verb("validate", "Check data against a contract.", "featureprep validate eval.csv --contract contract.yaml", "featureprep validate job.py --environment SERVING --json",
      "featureprep validate --contract contract.yaml --source trips=trips.csv --source zones=zones.csv -o report.txt")  # fmt: skip
@click.argument("subject", metavar="[FILE|JOB]", required=False, shell_complete=files)
@click.option("--contract", metavar="PATH", help="The contract; a JOB's own by default.", shell_complete=files)
@environment_option
@not_evaluated_option
@named_source_option
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
    stated = _contract(contract, subject, given) if contract is not None else None
    inputs = read_inputs(subject, given)
    known = stated if stated is not None else _own_contract(inputs)
    from featureprep.jobs.validate import validate

    with working_engine(engine) as made:
        report = validate(
            _named(inputs, known), known, inputs.folder, made,
            environment=environment, allow_not_evaluated=allow_not_evaluated, partitions=partitions,
        )  # fmt: skip
    text = json_text(report.to_json()) + "\n" if as_json or report_format == "json" else report.render_text()
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text)
        click.echo(f"{'met' if report.ok else 'FAILED'}: the report is in {output}", err=True)
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


def _named(inputs: Inputs, contract: Contract) -> Mapping[str, Source]:
    """The sources by the contract's names: a FILE has none of its own."""
    if inputs.job is not None or len(inputs.sources) > 1 or "" in contract.names or set(inputs.sources) <= set(contract.names):
        return inputs.sources
    if len(contract.names) > 1:
        hint = " or ".join(f"--source {name}=PATH" for name in contract.names[:3])
        raise RequestError(
            "the contract has sections for several sources, and the FILE does not say which it is", where=contract.file, hint=hint
        )
    (source,) = inputs.sources.values()
    return {contract.names[0]: source}
