"""Data frames of other libraries as Arrow tables."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, MissingExtraError, TypeMismatchError, short
from featureprep.io.frame_texts import CHUNK, encoded_texts
from featureprep.threads import each


def pandas_table(df: Any, *, encode: bool = False) -> pa.Table:
    """See `featureprep.io.api.from_pandas`. `encode`: texts that repeat themselves may become dictionaries."""
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
    if not all(_is_unicode(name) for name in names):
        name = next(name for name in names if not _is_unicode(name))
        raise ArgumentError.of("df", "from_pandas", "a frame whose column names UTF-8 can spell", name)
    columns = {name: df.iloc[:, place] for place, name in enumerate(names)}
    order = sorted(names, key=lambda name: columns[name].dtype != object)  # what takes longest begins first
    over = each if len(df) >= CHUNK else map
    made = dict(zip(order, over(lambda name: _column(name, columns[name], encode=encode), order), strict=True))
    return pa.table({name: made[name] for name in names})


def _column(name: str, series: Any, *, encode: bool) -> pa.Array | pa.ChunkedArray:
    if series.dtype in (np.float32, np.float64):
        return _floats(np.ascontiguousarray(series.to_numpy()))
    if series.dtype == object and os.environ.get("PYARROW_IGNORE_TIMEZONE") and any(getattr(v, "tzinfo", None) is not None for v in series):
        raise TypeMismatchError(
            "its moments have zones that Arrow would leave out: pyspark.pandas has set PYARROW_IGNORE_TIMEZONE",
            where=f"from_pandas, column {name!r}",
            hint=f"df[{name!r}] = pd.to_datetime(df[{name!r}], utc=True)",
        )
    texts = encoded_texts(series.to_numpy()) if encode and series.dtype == object else None
    if texts is not None:
        return texts
    try:
        return pa.array(series, from_pandas=True)
    except UnicodeEncodeError as error:
        row, value = next(((row, value) for row, value in enumerate(series) if not _is_unicode(value)), (None, None))
        where = f"from_pandas, column {name!r}" + ("" if row is None else f", row {row} (from 0)")
        replaced = f"df[{name!r}].str.encode('utf-8', 'replace').str.decode('utf-8')" if isinstance(value, str) else "in each value"
        hint = f"read the file in its own encoding, or replace what is no character: {replaced}"
        raise TypeMismatchError(
            f"a text holds half of a surrogate pair ({short(error.object[error.start])}), which is no character", where=where, hint=hint
        ) from error
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
        hint = f"give the column one type first, for instance df[{name!r}] = df[{name!r}].astype(str)"
        raise TypeMismatchError(
            f"its values have no one supported type: {error}", where=f"from_pandas, column {name!r}", hint=hint
        ) from error


def _floats(values: np.ndarray[Any, Any]) -> pa.Array:
    """NaN is null, as `pa.array` has it, which takes five times as long and keeps other threads waiting; nothing is copied."""
    missing = np.isnan(values)
    nulls = int(np.count_nonzero(missing))
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little")) if nulls else None
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [valid, pa.py_buffer(values)], nulls)


def _is_unicode(value: Any) -> bool:
    """Whether a value is no text with half of a surrogate pair in it, which UTF-8 cannot spell; texts in lists are looked at, too."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return all(map(_is_unicode, value))
    if isinstance(value, dict):
        return all(map(_is_unicode, [*value, *value.values()]))
    return not isinstance(value, str) or value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)


def polars_table(df: Any) -> pa.Table:
    """See `featureprep.io.api.from_polars`."""
    try:
        import polars as pl
    except ImportError as error:
        raise MissingExtraError.of("polars", "from_polars") from error
    if not isinstance(df, pl.DataFrame):
        raise ArgumentError.of("df", "from_polars", "a Polars DataFrame (collect a LazyFrame first)", type(df).__name__)
    return df.to_arrow()
