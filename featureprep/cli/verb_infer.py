"""`featureprep infer`."""

from __future__ import annotations

import os
import shlex
from itertools import chain, count
from typing import Any

import click

from featureprep.cli.completion import files
from featureprep.cli.files import file_flags, file_options
from featureprep.cli.inputs import Inputs, read_inputs
from featureprep.cli.jobs import working_engine
from featureprep.cli.options import engine_option, json_option, named_source_option, output_option, partitions_option
from featureprep.cli.output import check_writable, echo_json, printable
from featureprep.cli.verb import verb
from featureprep.errors import RequestError
from featureprep.outfile import write_file


@verb("infer", "Propose a contract from data.", "featureprep infer trips.csv -o contract.yaml", "featureprep infer adult.data --names age,job,income --separator ', ' --null-value '?'",
      "featureprep infer job.py -o contract.yaml",
      "featureprep infer eval.csv --propose contract.yaml -o contract.patch")  # fmt: skip
@click.argument("subject", metavar="[FILE|JOB]", required=False, shell_complete=files)
@output_option("the contract, or the patch,")
@click.option(
    "--propose", "stated", metavar="CONTRACT", help="Make a patch of this contract instead: what the data would need.", shell_complete=files
)
@click.option("--environment", default="TRAINING", show_default=True, metavar="NAME", help="Which environment of that contract holds.")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.option("--max-values", type=click.IntRange(0, 400), default=100, show_default=True, metavar="N",
              help="Text columns of at most so many distinct values get them as their domain.")  # fmt: skip
@named_source_option
@file_options
@partitions_option
@engine_option
@json_option
def command(
    subject: str | None, output: str | None, stated: str | None, environment: str, force: bool, max_values: int, partitions: int | None, engine: str,
    as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Propose a contract from all rows of a FILE or of a JOB's sources.

    Types, nulls and small sets of values are read off the data; look at the proposal and edit it before you rely on it.

    With --propose the data is held against a contract, and a patch of the contract is made that would let the data pass, each change
    with its class (as featureprep contract diff tells them) and the rows that need it. The contract itself is never edited.

    Exit code 0: proposed, or nothing to propose; 1: the data would still fail with the patch.
    """
    check_writable(output, force=force)
    if stated is not None and output is not None and os.path.realpath(stated) == os.path.realpath(output):
        raise RequestError("the patch would take the contract's place", where=output, hint="-o contract.patch")
    inputs = read_inputs(subject, given)
    if stated is not None:
        from featureprep.cli.propose import propose_patch

        return propose_patch(
            inputs, stated, engine, output, environment=environment, partitions=partitions, max_values=max_values, as_json=as_json
        )
    from featureprep.jobs.infer import infer
    from featureprep.jobs.infer_notes import notes

    with working_engine(engine) as made:
        proposal = infer(inputs.sources, inputs.folder, made, partitions=partitions, max_values=max_values)
    for name, source in inputs.sources.items():
        for note in notes(source, proposal.looks[name]):
            click.echo(f"note: {printable(note, 500)}", err=True)
    text = proposal.to_yaml()
    if output is not None:
        write_file(output, text)
    columns = {name: len(proposal.contract.source(name).columns) for name in proposal.rows}
    if as_json:
        found = [
            {"name": name, "rows": rows, "columns": columns[name], "unparsable": proposal.unparsable[name]}
            for name, rows in proposal.rows.items()
        ]
        echo_json({"output": output, "sources": found, **({} if output else {"contract": text})})
    elif output is None:
        click.echo(text, nl=False)
    else:
        for name in proposal.rows:
            click.echo(f"{output}: {columns[name]} {'column' if columns[name] == 1 else 'columns'} of {name}, {proposal.from_rows(name)}")
        click.echo("next: look at it and edit it; then")
        for line in _next(inputs, subject, output, given):
            click.echo(f"  {line}")
    return 0


def _next(inputs: Inputs, subject: str | None, output: str, given: dict[str, Any]) -> list[str]:
    """What to try with a contract, as it is typed."""
    contract = shlex.quote(output)
    if subject is None:
        return [f"featureprep validate --contract {contract} {' '.join('--source ' + shlex.quote(text) for text in given['sources'])}"]
    data, how = shlex.quote(subject), file_flags(given)
    check = f"featureprep validate {data} --contract {contract}{how}"
    return [check] if inputs.job is not None else [check, f"featureprep new {_free_name(subject)} --from {contract} --data {data}{how}"]


def _free_name(data: str) -> str:
    """A folder for a project that is not there yet, called after the data where its name allows."""
    from featureprep.jobs.scaffold.project import project_name

    stem = os.path.basename(data.rstrip("/")).partition(".")[0]
    try:
        name = project_name(f"{stem}_features")
    except RequestError:
        name = "my_features"
    return next(made for made in chain([name], (f"{name}_{n}" for n in count(2))) if not os.path.lexists(made))
