"""The schema of files whose types differ in width, where a contract says which it is."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from featureprep.io.base import PinnedFile, Source
from featureprep.io.schema import resolve_schema
from featureprep.io.unlike import LackingColumnError, UnlikeFilesError
from featureprep.validators.checks.types import fits
from featureprep.validators.contract import SourceContract


def agreed_with(contract: SourceContract, source: Source, files: Sequence[PinnedFile]) -> pa.Schema | None:
    """As `resolve_schema`; a column that is of several types in the files is of the contract's, where that holds all of their values.

    Raises
    ------
    UnlikeFilesError
    """
    try:
        return resolve_schema(source, files)
    except LackingColumnError:
        raise
    except UnlikeFilesError:
        schemas = [schema for file in files if (schema := resolve_schema(source, [file])) is not None]
        stated = {column.name: column.type for column in contract.columns}
        fields = []
        for name in schemas[0].names:
            types = {schema.field(name).type for schema in schemas} - {pa.null()}
            if len(types) > 1 and not (name in stated and all(fits(dtype, stated[name]) for dtype in types)):
                raise
            fields.append(pa.field(name, stated[name] if len(types) > 1 else next(iter(types), pa.null())))
        return pa.schema(fields)
