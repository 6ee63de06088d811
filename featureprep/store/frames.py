"""Arrow tables as pandas frames, without rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A frame with a plain row index, one column for each of `table`.

    pandas would turn integers and bools with nulls into floats and objects, and round integers over 2**53: such columns become
    its nullable types (`Int64`, `boolean`). Vectors are objects: arrays, and dicts of arrays where sparse.
    """
    import pandas as pd

    nullable = {
        **{getattr(pa, f"{s}int{b}")(): getattr(pd, f"{s.upper()}Int{b}Dtype")() for s in ("", "u") for b in (8, 16, 32, 64)},
        pa.bool_(): pd.BooleanDtype(),
    }
    series = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        mapper = nullable.get if column.null_count else None
        series.append(column.to_pandas(types_mapper=mapper).rename(name))
    if not series:
        return pd.DataFrame(index=pd.RangeIndex(table.num_rows))
    return pd.concat(series, axis=1)
