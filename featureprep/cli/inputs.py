"""What a verb looks at: a FILE, several named files, or the sources of a JOB."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from featureprep.cli.files import file_source, given_file_options
from featureprep.cli.jobs import is_job, load
from featureprep.cli.options import read_sources
from featureprep.errors import RequestError

if TYPE_CHECKING:
    from featureprep.io.base import Source
    from featureprep.jobs.definition import Job
    from featureprep.validators.contract import Contract


@dataclass(frozen=True)
class Inputs:
    """Sources by name, the folder that their relative paths start from, and the job where there is one."""

    sources: Mapping[str, Source]
    folder: str | None
    job: Job | None


def read_inputs(subject: str | None, given: dict[str, Any]) -> Inputs:
    """The sources that FILE, JOB and `--source` mean.

    Raises
    ------
    RequestError
    """
    if subject is not None and is_job(subject):
        return _of_job(subject, given)
    if subject is not None:
        if given.get("sources"):
            raise RequestError(
                "give a FILE or --source, not both", hint="featureprep validate --contract contract.yaml --source a=a.csv --source b=b.csv"
            )
        return Inputs({os.path.basename(subject.rstrip("/")): file_source(subject, given)}, None, None)
    pairs = [text.partition("=") for text in given.get("sources", ())]
    if not pairs:
        raise RequestError("nothing is named to look at", hint="give a FILE, a JOB, or --source NAME=PATH")
    if not all(equals and name for name, equals, _ in pairs):
        raise RequestError("--source needs NAME=PATH here", hint="--source trips=trips.csv; or give the FILE alone, without --source")
    named = read_sources(given["sources"], [name for name, _, _ in pairs])
    return Inputs({name: file_source(path, given) for name, path in named.items()}, None, None)


def _of_job(reference: str, given: dict[str, Any]) -> Inputs:
    from dataclasses import replace

    from featureprep.jobs.profile import used_sources

    job = load(reference)
    mine = [flag for flag in given_file_options(given) if flag != "--on-error"]
    if mine:
        raise RequestError(f"{mine[0]} is for a FILE; the JOB says how its sources are read", where=reference)
    paths = read_sources(given.get("sources", ()), list(job.sources))
    found = used_sources(job, paths)
    policy = given.get("on_error")
    return Inputs({n: replace(s, on_error=policy) if policy else s for n, s in found.items()}, job.folder, job)


def by_contract(inputs: Inputs, contract: Contract) -> Mapping[str, Source]:
    """The sources by the contract's names: a FILE has none of its own.

    Raises
    ------
    RequestError
        Where the contract has several, and nothing tells which of them the FILE is.
    """
    if inputs.job is not None or len(inputs.sources) > 1 or "" in contract.names or set(inputs.sources) <= set(contract.names):
        return inputs.sources
    if len(contract.names) > 1:
        hint = " or ".join(f"--source {name}=PATH" for name in contract.names[:3])
        raise RequestError(
            "the contract has sections for several sources, and the FILE does not say which it is", where=contract.file, hint=hint
        )
    (source,) = inputs.sources.values()
    return {contract.names[0]: source}
