"""Python's moments on their way to Arrow, which may leave out their zones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any


def in_utc(value: Any) -> Any:
    """Moments with a zone as UTC without one, in lists and dicts too.

    Once pyspark.pandas is imported (it sets PYARROW_IGNORE_TIMEZONE) Arrow itself leaves their zones out: `pa.array` of a list does.
    """
    if isinstance(value, dt.datetime):
        return value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
    if isinstance(value, (list, tuple)):
        return [in_utc(item) for item in value]
    return {key: in_utc(item) for key, item in value.items()} if isinstance(value, Mapping) else value
