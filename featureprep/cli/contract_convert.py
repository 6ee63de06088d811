"""`featureprep contract convert`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from featureprep.cli.apart import refuse_inputs
from featureprep.cli.completion import files
from featureprep.cli.options import output_option
from featureprep.cli.output import check_writable, printable
from featureprep.cli.verb import verb
from featureprep.cures import cure
from featureprep.errors import RequestError, WorldError
from featureprep.io.near import names_like
from featureprep.outfile import write_file

if TYPE_CHECKING:
    from featureprep.validators.contract import Contract

_FORMATS: Final = ("odcs", "gx", "pandera", "tfmd")
_ONE_TABLE: Final = {"gx": "Great Expectations", "pandera": "pandera", "tfmd": "TFDV"}
"""The formats that are about one table, and who reads them."""
_READERS: Final = {
    "odcs": ("odcs_read", "from_odcs"),
    "gx": ("gx_read", "from_gx"),
    "pandera": ("pandera_read", "from_pandera"),
    "tfmd": ("tfmd_text", "from_tfmd"),
}
_LONGEST: Final = 500


@verb(
    "convert",
    "Turn a contract into another format, or back.",
    "featureprep contract convert contract.yaml --to odcs -o contract.odcs.yaml",
    "featureprep contract convert contract.yaml --to gx -o suite.json",
    "featureprep contract convert contract.odcs.yaml --from odcs",
    "featureprep contract convert suite.json --from gx -o contract.yaml",
    "featureprep contract convert contract.yaml --to pandera -o schema.yaml",
)
@click.argument("path", metavar="FILE", shell_complete=files)
@click.option("--to", "to", type=click.Choice(_FORMATS), help="FILE is a contract; write it in this format.")
@click.option("--from", "from_", type=click.Choice(_FORMATS), help="FILE is of this format; write it as a contract.")
@click.option("--source", metavar="NAME", help="--to gx, pandera, tfmd: which source, where the contract has several.")
@output_option("the result")
def command(path: str, to: str | None, from_: str | None, source: str | None, output: str | None) -> None:
    """Turn a contract into another format (--to), or a file of that format into a contract (--from). Nothing else is read.

    \b
    odcs     the Open Data Contract Standard 3.1, as YAML; read as YAML or JSON
    gx       an expectation suite of Great Expectations 1.x, as JSON; those of 0.x are read, too
    pandera  a schema of pandera, as its to_yaml writes it; its JSON is read, too
    tfmd     a schema of TensorFlow Metadata as text, schema.pbtxt (extra tfmd)

    What the other format has no place for goes along in its custom properties (odcs), meta (gx) or metadata (pandera), and comes back from
    there exactly; of a TFMD schema it is listed in comments.
    What cannot be carried over, or will not be checked there, is told on standard error.

    Exit code 0: written; 2: the FILE is wrong; 3: it cannot be read, or the result not written.
    """  # noqa: D301  (\b is click's, and no backslash in the text)
    if (to is None) == (from_ is None):
        raise RequestError("say either --to or --from", hint=f"featureprep contract convert {path} --to odcs")
    if source is not None and to not in _ONE_TABLE:
        raise RequestError(f"--source is for --to {', '.join(_ONE_TABLE)}: odcs holds all sources of a contract")
    check_writable(output)
    refuse_inputs([output], ("the FILE", path))
    text, told = _exported(path, to, source) if to is not None else _imported(path, str(from_))
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text)
    for line in told:
        click.echo(printable(line, _LONGEST), err=True)


def _exported(path: str, to: str, source: str | None) -> tuple[str, Sequence[str]]:
    from featureprep.validators.contract_yaml import load_contract
    from featureprep.validators.interop.sections import placed

    contract = load_contract(Path(path))
    name = re.sub(r"[^A-Za-z0-9_-]", "_", Path(path).name.partition(".")[0]) or "contract"
    if to == "odcs":
        from featureprep.validators.interop.odcs_write import to_odcs
        from featureprep.validators.interop.yaml_out import yaml_document

        return yaml_document(to_odcs(contract, name=name)), ()
    made, unchecked = _document(contract, to, source, name)
    told = placed(contract, source, unchecked)
    return made, [f"not checked by {_ONE_TABLE[to]}: {rule}" for rule in told]


def _document(contract: Contract, to: str, source: str | None, name: str) -> tuple[str, Sequence[str]]:
    """The text, and the rules that its readers do not check."""
    if to == "gx":
        from featureprep.validators.interop.gx_write import to_gx

        suite, unchecked = to_gx(contract, source=source, name=name)
        return json.dumps(suite, indent=2, ensure_ascii=False, allow_nan=False) + "\n", unchecked
    if to == "pandera":
        from featureprep.validators.interop.pandera_write import to_pandera
        from featureprep.validators.interop.yaml_out import yaml_document

        schema, unchecked = to_pandera(contract, source=source, name=name)
        return yaml_document(schema), unchecked
    from featureprep.validators.interop.tfmd_text import to_tfmd

    return to_tfmd(contract, source=source)


def _imported(path: str, from_: str) -> tuple[str, Sequence[str]]:
    module, function = _READERS[from_]
    made, lost = getattr(import_module(f"featureprep.validators.interop.{module}"), function)(_read(path), file=path)
    return made, [f"not carried over as it is: {each}" for each in lost]


def _read(path: str) -> str:
    """The text of a file.

    Raises
    ------
    RequestError
        When it is not there, or no UTF-8.
    WorldError
        When it cannot be read.
    """
    from featureprep.validators.yaml_tree import MAX_BYTES

    if not os.path.lexists(path):
        raise RequestError("there is no such file", where=path, hint=names_like(path) or "the path starts at the working folder")
    try:
        with open(path, "rb") as handle:
            return handle.read(MAX_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(f"the file is not UTF-8: {error.reason}", where=path, hint="save it as UTF-8") from error
    except OSError as error:
        raise WorldError(f"the file cannot be read: {error.strerror or error}", where=path, hint=cure(error)) from error
