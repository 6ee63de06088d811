"""`featureprep infer`."""

from __future__ import annotations

import os
import shlex
from itertools import chain, count
from typing import Any

import click

from featureprep.cli.apart import refuse_inputs
from featureprep.cli.completion import files
from featureprep.cli.files import file_flags, file_options
from featureprep.cli.inputs import Inputs, read_inputs
from featureprep.cli.jobs import working_engine
from featureprep.cli.options import engine_option, json_option, named_source_option, now_option, output_option, partitions_option, read_now
from featureprep.cli.output import check_writable, echo_json, printable
from featureprep.cli.verb import verb
from featureprep.errors import RequestError
from featureprep.outfile import write_file


@verb("infer", "Propose a contract from data.", "featureprep infer trips.csv -o contract.yaml", "featureprep infer adult.data --names age,job,income --separator ', ' --null-value '?'",
      "featureprep infer job.py -o contract.yaml",
      "featureprep infer trips.csv --ranges --keys -o contract.yaml",
      "featureprep infer eval.csv --propose contract.yaml -o contract.patch")  # fmt: skip
@click.argument("subject", metavar="[FILE|JOB]", required=False, shell_complete=files)
@output_option("the contract, or the patch,")
@click.option(
    "--propose", "stated", metavar="CONTRACT", help="Make a patch of this contract instead: what the data would need.", shell_complete=files
)
@click.option("--environment", metavar="NAME", help="Which environment of that contract holds (default: TRAINING).")
@now_option
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.option("--max-values", type=click.IntRange(0, 400), default=100, show_default=True, metavar="N",
              help="Text columns of at most so many distinct values get them as their domain.")  # fmt: skip
@click.option("--ranges", is_flag=True, help="State the range that numbers, dates and timestamps have, ends among it.")
@click.option("--keys", is_flag=True,
              help="State what tells the rows apart: columns without nulls whose values are all different; else pairs of a few columns.")  # fmt: skip
@named_source_option
@file_options
@partitions_option
@engine_option
@json_option
def command(
    subject: str | None, output: str | None, stated: str | None, environment: str | None, now: str | None, force: bool, max_values: int,
    ranges: bool, keys: bool, partitions: int | None, engine: str, as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Propose a contract from all rows of a FILE or of a JOB's sources.

    Types, nulls and small sets of values are read off the data; look at the proposal and edit it before you rely on it. Ranges and
    keys are stated where --ranges and --keys ask for them: what this data has, which the next may not. --keys counts every row, and
    may read the data up to twice more: floats are no keys, and pairs are tried of the five columns with the most different values.

    With --propose the data is held against a contract, and a patch of the contract is made that would let the data pass, each change
    with its class (as featureprep contract diff tells them) and the rows that need it. The contract itself is never edited.

    Exit code 0: proposed, or nothing to propose; 1: the data would still fail with the patch.
    """
    clock = read_now(now)
    if stated is None and clock is not None:
        raise RequestError("--now goes with --propose: the clock by which a contract's `fresh:` tells ages")
    if stated is None and environment is not None:
        raise RequestError("--environment goes with --propose: it is one of a contract's")
    if stated is not None and (ranges or keys):
        raise RequestError(
            f"{'--ranges' if ranges else '--keys'} does not go with --propose: a patch holds what the data needs to pass, and no new limits"
        )
    check_writable(output, force=force)
    inputs = read_inputs(subject, given)
    refuse_inputs([output], ("the contract", stated), inputs=inputs)
    if stated is not None:
        from featureprep.cli.propose import propose_patch

        return propose_patch(
            inputs, stated, engine, output,
            environment=environment or "TRAINING", partitions=partitions, max_values=max_values, now=clock, as_json=as_json,
        )  # fmt: skip
    from featureprep.jobs.infer import infer
    from featureprep.jobs.infer_notes import notes
    from featureprep.jobs.keys_found import NO_KEYS

    with working_engine(engine) as made:
        proposal = infer(
            inputs.sources, inputs.folder, made,
            partitions=partitions, max_values=max_values, ranges=ranges, keys=keys, sensitive=_sensitive(inputs),
        )  # fmt: skip
    for name, source in inputs.sources.items():
        for note in notes(source, proposal.looks[name]):
            click.echo(f"note: {printable(note, 500)}", err=True)
        if keys and proposal.looks[name].keys == NO_KEYS:
            click.echo(f"note: nothing was found that tells the rows of {printable(name, 200)} apart", err=True)
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


def _sensitive(inputs: Inputs) -> dict[str, frozenset[str]]:
    """The columns that the contract of a JOB says are sensitive, by source; a contract that is not there yet says nothing."""
    from featureprep.validators.contract_yaml import load_contract

    job = inputs.job
    if job is None or job.contract is None:
        return {}
    place = job.contract if job.folder is None else os.path.join(job.folder, job.contract)
    if not os.path.lexists(place):
        return {}
    stated = load_contract(place)
    return {name: stated.source(name).sensitive for name in inputs.sources if name in stated.names or "" in stated.names}


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
