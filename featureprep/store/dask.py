"""A version as a Dask DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep.errors import MissingExtraError
from featureprep.store.log_entry import FileRecord
from featureprep.store.objects import ObjectStore
from featureprep.store.reading import read_rows

if TYPE_CHECKING:
    import pandas as pd


def to_dask(store: ObjectStore, files: Sequence[tuple[str, FileRecord]], schema: pa.Schema) -> Any:
    """One partition a file, read by the workers; columns are backed by Arrow, so that all partitions have the same types."""
    try:
        import dask
        import dask.dataframe as dd
    except ImportError as error:
        raise MissingExtraError.of("dask", "to_dask") from error
    meta = _frame(schema.empty_table())
    read = dask.delayed(_part, pure=True)
    parts = [read(store, path, record, schema) for path, record in files] or [dask.delayed(meta)]
    return dd.from_delayed(parts, meta=meta, verify_meta=False)


def _part(store: ObjectStore, path: str, record: FileRecord, schema: pa.Schema) -> pd.DataFrame:
    return _frame(read_rows(store, path, record, schema, verify=False))


def _frame(table: pa.Table) -> pd.DataFrame:
    import pandas as pd

    return table.to_pandas(types_mapper=pd.ArrowDtype)
