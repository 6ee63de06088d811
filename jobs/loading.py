"""Finding a job in a file: `job.py`, or `job.py:census` where it has several."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, SourceFileLoader
from pathlib import Path
from types import CodeType

from featureprep.errors import FeatureprepError, JobFileError
from featureprep.io.near import names_like
from featureprep.jobs.definition import Job
from featureprep.jobs.mistakes import job_file_error


def load_job(reference: str) -> Job:
    """The job that `path.py` or `path.py:name` means; the name is that of the variable, or the job's own.

    Raises
    ------
    JobFileError
        When the file is absent, fails when it is run, or holds no such job.
    FeatureprepError
        What the job's own definition raises.
    """
    path, _, name = reference.partition(".py:")
    file = Path(path + ".py" if name else path)
    if not os.path.isfile(file):
        hint = names_like(str(file)) or "give the path of a Python file that defines a job with @fp.job"
        raise JobFileError(f"there is no job file {str(file)[:200]}", hint=hint)
    jobs = _jobs_of(file)
    if name:
        found = jobs.get(name) or next((job for job in jobs.values() if job.name == name), None)
        if found is None:
            raise JobFileError(f"{file} has no job {name!r}", hint=f"its jobs: {', '.join(jobs) or 'none'}")
        return found
    if len(jobs) != 1:
        hint = "name one: " + ", ".join(f"{file}:{n}" for n in [*jobs][:5]) if jobs else "decorate a function with @fp.job(sources={...})"
        raise JobFileError(f"{file} has {len(jobs) or 'no'} jobs", hint=hint)
    return next(iter(jobs.values()))


class _AsItIsNow(SourceFileLoader):
    """Compiles the file as it stands: what Python keeps compiled passes for current if an edit keeps second and size."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _jobs_of(file: Path) -> dict[str, Job]:
    module_name = f"featureprep_job_{file.stem}"
    loader = _AsItIsNow(module_name, str(file))
    spec = importlib.util.spec_from_loader(module_name, loader)
    if spec is None or file.suffix not in SOURCE_SUFFIXES:
        raise JobFileError(f"{file} is not a Python file", hint=f"a job is one; for data: featureprep infer {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        loader.exec_module(module)
    except FeatureprepError:
        raise
    except (Exception, SystemExit) as error:  # a user's file may raise anything; it is named with its line
        raise job_file_error(error, file) from error
    finally:
        sys.path.remove(folder)
    return {name: value for name, value in vars(module).items() if isinstance(value, Job)}
