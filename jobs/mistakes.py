"""What a job file's own exception means: Python's words, and how to mend it where that can be told."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from featureprep.errors import FeatureprepError, JobFileError, UnknownNameError, said

_CALL = re.compile(r"(?:\w+\.)*(\w+)\(\) (?:got|missing|takes)")
_KEYWORD = re.compile(r"unexpected keyword argument '(\w+)'")
_NAME = re.compile(r"cannot import name '(\w+)' from 'featureprep(?:\.(transforms))?'")

_PLACE = re.compile(r" \([^()]*\)$")
"""The path with which an ImportError ends."""


def job_file_error(error: BaseException, file: Path) -> JobFileError:
    """The error for a job file that raised `error` when it was run, with its line."""
    lines = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == file.resolve() or f.filename == str(file)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1].lineno if lines else None
    return JobFileError(_what(error), where=f"{file}:{line}" if line else str(file), hint=_hint(error, file))


def _what(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        text = (error.text or "").strip()
        return f"the job file is no Python: {error.msg}" + (f"\n  {text[:120]}" if text else "")
    if isinstance(error, SystemExit):
        return f"the job file ended the program when it was read: {said(error)}"
    text = _PLACE.sub("", said(error)) if isinstance(error, ImportError) else said(error)
    return f"the job file failed when it was read: {text}"


def _hint(error: BaseException, file: Path) -> str:
    if isinstance(error, ImportError):
        return _import_hint(error, file)
    if isinstance(error, TypeError) and (call := _CALL.match(str(error))) and (function := _public(call[1])) is not None:
        return _signature_hint(call[1], function, str(error))
    if isinstance(error, NameError) and error.name in ("fp", "col", "T"):
        imports = {"fp": "import featureprep as fp", "col": "from featureprep import col", "T": "from featureprep import transforms as T"}
        return f"write at the top: {imports[error.name]}"
    if isinstance(error, SystemExit):
        return "a job file only defines; put what it does besides under if __name__ == '__main__':"
    return "mend the job file; --debug shows the traceback"


def _import_hint(error: ImportError, file: Path) -> str:
    wanted = _NAME.match(str(error))
    if wanted is not None:
        try:
            getattr(import_module("featureprep.transforms" if wanted[2] else "featureprep"), wanted[1])
        except UnknownNameError as unknown:
            return str(unknown.hint)
        except FeatureprepError as other:
            return str(other)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"pip install what provides {error.name!r} into this environment, or put {error.name}.py beside {file.name}"
    return "mend the import; --debug shows the traceback"


def _public(name: str) -> Any:
    """The public function of that name."""
    from featureprep import transforms

    if name in transforms.__all__:
        return getattr(transforms, name)
    return next((found for place in _places() if callable(found := vars(place).get(name))), None)


def _places() -> Iterator[Any]:
    from featureprep.expr import expression
    from featureprep.io import api
    from featureprep.jobs import definition
    from featureprep.plan import table
    from featureprep.run import split

    yield from (api, definition, split, table, table.Table, table.Grouped, expression, expression.Expr)
    yield from (expression.TextWords, expression.TimeWords, expression.ListWords, expression.StructWords, expression.Then)


def _signature_hint(name: str, function: Any, message: str) -> str:
    parameters = inspect.signature(function).parameters
    wrong = _KEYWORD.search(message)
    close = get_close_matches(wrong[1], parameters, n=1) if wrong else []
    if close:
        return f"Did you mean {close[0]}=?"
    shown, free = [], True
    for parameter in parameters.values():
        if parameter.kind == inspect.Parameter.KEYWORD_ONLY and free:
            shown.append("*")
            free = False
        if parameter.name != "self":
            shown.append(parameter.name if parameter.default is inspect.Parameter.empty else f"{parameter.name}=...")
    return f"it is called as {name}({', '.join(shown)})" + ("; what follows * needs its name" if not free else "")
