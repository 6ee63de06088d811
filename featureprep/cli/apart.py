"""That no output takes the place of what the command reads."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from featureprep.errors import FeatureprepError, RequestError

if TYPE_CHECKING:
    from featureprep.cli.inputs import Inputs

_Named = tuple[str, str | None]


def refuse_inputs(outputs: Iterable[str | None], *paths: _Named, inputs: Inputs | None = None) -> None:
    """Refuse an output that is a file which is read, by whatever path: links of both kinds are followed.

    Parameters
    ----------
    outputs : paths
        None, and what is not there yet, is nobody's input.
    *paths : (what, path)
        Files and folders that are read, and what each is called, such as "the contract"; None and URLs are left out.
    inputs : Inputs, optional
        Whose data, job file and contract are read.

    Raises
    ------
    RequestError
    """
    there = [path for path in outputs if path is not None and os.path.exists(path)]
    if not there:
        return
    for what, path in (*paths, *(() if inputs is None else _read_by(inputs))):
        for output in there:
            if path is not None and any(_is_part(output, each) for each in _matched(path)):
                raise RequestError(f"the output would take the place of {what}, which is read", where=output, hint="name another file")


def _matched(path: str) -> list[str]:
    """A path, or those that a pattern matches."""
    plain = os.path.expanduser(path)
    return [plain] if os.path.lexists(plain) else glob.glob(plain)


def _is_part(output: str, path: str) -> bool:
    """Whether an output is a file, or lies in a folder that is read as a whole."""
    try:
        if os.path.samefile(output, path):
            return True
    except (OSError, ValueError):
        return False
    real = os.path.realpath(path)
    return os.path.isdir(path) and os.path.realpath(output).startswith(real.rstrip(os.sep) + os.sep)


def _read_by(inputs: Inputs) -> Iterator[_Named]:
    from featureprep.io.listing import local_files

    for name, source in inputs.sources.items():
        try:
            found = local_files(source, inputs.folder)
        except FeatureprepError:  # what cannot be listed is not read, and reading it says so
            continue
        for path in found:
            yield f"the data of {name}", path
    job = inputs.job
    if job is not None:
        yield "the job file", job.file
        yield "the job's contract", None if job.contract is None else os.path.join(job.folder or "", job.contract)
