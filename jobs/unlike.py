"""Files that cannot be read as one table, held against a contract: they fail it, and its report says why."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.ipc

from featureprep.engines.base import Engine
from featureprep.errors import ColumnNotFoundError
from featureprep.io.base import PinnedFile, Source
from featureprep.io.conform import check_same_columns
from featureprep.io.unlike import LackingColumnError, UnlikeDataError, UnsupportedTypeError
from featureprep.jobs.sources import BoundSource, bind_source
from featureprep.validators.contract import SourceContract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Action, Reason, Severity, Status


def bind_known(
    name: str, source: Source, folder: str | None, contract: SourceContract, engine: Engine, partitions: int | None
) -> BoundSource | Outcome:
    """The source, without columns of types that have no place here if the contract does not name them; else the outcome that fails for it."""
    known, left = {column.name for column in contract.columns}, set[str]()
    asked = source.options.get("columns")
    while True:
        try:
            bound = bind_source(name, source, folder, contract, engine, None, partitions, versions=False)
        except UnsupportedTypeError as error:
            if not error.others or known & set(error.columns):
                return told_unlike(error, contract)
            left.update(error.columns)
            source = replace(source, options={**source.options, "columns": list(error.others)})
        except UnlikeDataError as error:
            return told_unlike(error, contract)
        except ColumnNotFoundError as error:
            if not left:
                raise
            return told_unlike(LackingColumnError(error.what, where=error.where), contract)  # of those that the file before it has
        else:
            break
    if not left:
        return bound
    try:
        first, *others = [(file.url, [n for n in _stored(file) if asked is None or n in asked]) for file in bound.files]
        for url, names in others:
            check_same_columns(*first, url, names)
    except LackingColumnError as error:
        return told_unlike(error, contract)
    return replace(bound, present=bound.present | left)


def _stored(file: PinnedFile) -> list[str]:
    """The names of all columns, those that are not read among them."""
    return list(pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(file.facts["schema"]))).names)


def told_unlike(error: UnlikeDataError, contract: SourceContract) -> Outcome:
    """That the files cannot be read as one table: nothing else of their contract was checked."""
    reason = Reason.SCHEMA_MISSING_COLUMN if isinstance(error, LackingColumnError) else Reason.UNEXPECTED_DATA_TYPE
    return Outcome(
        id="$data/alike", rule="the files can be read as one table, so that their contract can be checked", column=None, check="alike",
        reason=reason, status=Status.FAILED, severity=Severity.ERROR, action=Action.FAIL,
        message=f"{error.what}; at {error.where}" if error.where else error.what,
        file=contract.file, line=contract.line,
        accept="nothing: without its rows no rule can be checked",
    )  # fmt: skip
