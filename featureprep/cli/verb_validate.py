"""`featureprep validate`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from featureprep.cli.apart import refuse_inputs
from featureprep.cli.baseline import baseline_option, read_reference
from featureprep.cli.completion import files
from featureprep.cli.files import NotADropError, file_flags, file_options
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
from featureprep.errors import DataError, FeatureprepError, RequestError, WorldError

if TYPE_CHECKING:
    from featureprep.io.base import Source
    from featureprep.validators.contract import Contract

also_option = click.option(
    "--also", type=click.Choice(("tfdv",)),
    help="Ask TFDV too (featureprep doctor --tfdv installs it), and show what both find, and what one alone does: it informs, and changes no exit code.",
)  # fmt: skip


@verb("validate", "Check data against a contract.", "featureprep validate eval.csv --contract contract.yaml", "featureprep validate job.py --environment SERVING --json",
      "featureprep validate people.csv --contract drift.yaml --baseline census@prod --format html -o drift.html",
      "featureprep validate eval.csv --contract contract.yaml --format github --format sarif=report.sarif --fail-on warn",
      "featureprep validate eval.csv --contract contract.yaml --also tfdv",
      "featureprep validate --contract contract.yaml --source trips=trips.csv --source zones=zones.csv -o report.txt")  # fmt: skip
@click.argument("subject", metavar="[FILE|JOB]", required=False, shell_complete=files)
@click.option(
    "--contract", metavar="PATH", help="The contract, or a suite or schema of another tool; a JOB's own by default.", shell_complete=files
)
@baseline_option
@store_option
@environment_option
@not_evaluated_option
@now_option
@named_source_option
@file_options
@partitions_option
@engine_option
@also_option
@format_option
@fail_on_option
@output_option("the report")
@json_option
def command(
    subject: str | None, contract: str | None, baseline: str | None, store: str, environment: str, allow_not_evaluated: bool, now: str | None,
    partitions: int | None, engine: str, also: str | None, formats: tuple[str, ...], fail_on: str, output: str | None, as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Check all rows of a FILE, or of a JOB's sources, against a contract.

    --contract takes what other tools read, too: a suite of Great Expectations, a schema of pandera, an ODCS document, a TFMD schema.

    With --baseline its rules about drift are judged: how far each column is from how it was, and whether that is more than chance.

    Exit code 0: the data meets it; 1: it does not, and every broken rule is told with its rows and examples; 3: the data did not come,
    or cannot be reached. There is a report in each case.

    For CI: --format github annotates the contract's lines and fills the job's summary; sarif, junit, gitlab and markdown are for files.
    --format html=PATH writes a page: what is wrong, and how each column is distributed, beside the baseline.
    """
    reports = Reports.of(formats, output, as_json=as_json)
    clock = read_now(now)
    stated = _contract(contract, subject, given) if contract is not None else None
    try:
        inputs = read_inputs(subject, given)
    except NotADropError as error:
        if stated is None:
            raise
        named_files = _named(subject, given)
        data = (("the data", path) for path in named_files.values())
        refuse_inputs(reports.files, ("the contract", contract), ("the baseline", baseline), *data)
        _write_unread(reports, error, stated, named_files, as_json=as_json)
        raise WorldError(error.what, where=error.where, hint=error.hint) from error
    refuse_inputs(reports.files, ("the contract", contract), ("the baseline", baseline), inputs=inputs)
    known = _with_checks(stated, inputs) if stated is not None else _own_contract(inputs)
    from featureprep.jobs.validate import validate
    from featureprep.validators.reasons import Severity

    named = by_contract(inputs, known)
    reference = None if baseline is None else read_reference(baseline, store, inputs, named, given, partitions)
    try:
        with working_engine(engine) as made:
            found = validate(
                named, known, inputs.folder, made,
                environment=environment, allow_not_evaluated=allow_not_evaluated, partitions=partitions,
                reference=reference, now=clock, also=also, statistics=reports.drawn,
            )  # fmt: skip
    except (DataError, WorldError) as error:
        _write_unread(reports, error, known, named, as_json=as_json)
        raise
    report = replace(found, fail_on=Severity(fail_on))
    reports.write(report, known)
    return report.exit_code


def _named(subject: str | None, given: dict[str, Any]) -> dict[str, str]:
    """The paths that FILE and `--source` name, by their sources' names."""
    if subject is not None:
        return {os.path.basename(subject.rstrip("/")): subject}
    return {name: path for name, _, path in (text.partition("=") for text in given["sources"])}


def _write_unread(reports: Reports, error: FeatureprepError, contract: Contract, sources: Mapping[str, Any], *, as_json: bool) -> None:
    """The reports of data that could not be read; what is told of the error itself is not told twice."""
    wanted = replace(reports, shown=None) if as_json or reports.shown == "text" else reports
    if wanted.shown is not None or wanted.files:
        wanted.write(unread(error, contract, sources), contract)


def _contract(path: str, subject: str | None, given: dict[str, Any]) -> Contract:
    from featureprep.jobs.any_contract import types_of
    from featureprep.validators.interop.foreign import load_any_contract

    if not os.path.lexists(path):
        data = [subject] if subject is not None else [part for text in given["sources"] for part in ("--source", text)] or ["FILE"]
        command = f"{shlex.join(['featureprep', 'infer', *data])}{file_flags(given)} {shlex.join(['-o', path])}"
        raise RequestError("the contract does not exist", where=path, hint=f"let one be proposed: {command}")
    return load_any_contract(path, types_of(lambda: _only(read_inputs(subject, given))))


def _only(inputs: Inputs) -> tuple[Source, str | None] | None:
    return (next(iter(inputs.sources.values())), inputs.folder) if len(inputs.sources) == 1 else None


def _with_checks(contract: Contract, inputs: Inputs) -> Contract:
    from featureprep.validators.custom import with_checks

    return contract if inputs.job is None else with_checks(contract, inputs.job.checks)


def _own_contract(inputs: Inputs) -> Contract:
    from featureprep.jobs.prepare import Request, read_contract

    found = read_contract(inputs.job, Request()) if inputs.job is not None else None
    if found is None:
        what = "data is held against a contract, and none is given" if inputs.job is None else "the job has no contract"
        raise RequestError(what, hint="--contract contract.yaml; featureprep infer proposes one")
    return found
