"""Data frames of other libraries as Arrow tables."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError, MissingExtraError, TypeMismatchError


def pandas_table(df: Any) -> pa.Table:
    """See `featureprep.io.api.from_pandas`."""
    import pandas as pd

    if not isinstance(df, pd.DataFrame):
        raise ArgumentError.of("df", "from_pandas", "a pandas DataFrame", type(df).__name__)
    named = [name for name in df.index.names if name is not None]
    unnamed = [level for level, name in enumerate(df.index.names) if name is None]
    if named:
        df = df.reset_index(level=unnamed, drop=True) if unnamed else df
        clash = [name for name in named if name in df.columns]
        if clash:
            raise ArgumentError.of("df", "from_pandas", "a frame whose index levels and columns have different names", clash)
        df = df.reset_index()
    names = list(df.columns)
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise ArgumentError.of("df", "from_pandas", "a frame whose column names are different, non-empty strings", names[:10])
    arrays = [_column(name, df.iloc[:, place]) for place, name in enumerate(names)]
    return pa.Table.from_arrays(arrays, names=names) if names else pa.table({})


def _column(name: str, series: Any) -> pa.Array | pa.ChunkedArray:
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
        hint = f"give the column one type first, for instance df[{name!r}] = df[{name!r}].astype(str)"
        raise TypeMismatchError(
            f"its values have no one supported type: {error}", where=f"from_pandas, column {name!r}", hint=hint
        ) from error


def polars_table(df: Any) -> pa.Table:
    """See `featureprep.io.api.from_polars`."""
    try:
        import polars as pl
    except ImportError as error:
        raise MissingExtraError.of("polars", "from_polars") from error
    if not isinstance(df, pl.DataFrame):
        raise ArgumentError.of("df", "from_polars", "a Polars DataFrame (collect a LazyFrame first)", type(df).__name__)
    return df.to_arrow()
