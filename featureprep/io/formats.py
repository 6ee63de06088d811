"""The formats by the kind of a source."""

from __future__ import annotations

from functools import cache

from featureprep.errors import RequestError
from featureprep.io.base import Format, Source


@cache
def _format(kind: str) -> Format:
    # imported when first met, so that reading CSV does not load Parquet
    match kind:
        case "csv":
            from featureprep.io.csv import CsvFormat

            return CsvFormat()
        case "json":
            from featureprep.io.json_format import JsonFormat

            return JsonFormat()
        case "parquet":
            from featureprep.io.parquet import ParquetFormat

            return ParquetFormat()
        case "arrow":
            from featureprep.io.arrow import ArrowFormat

            return ArrowFormat()
        case "memory":
            from featureprep.io.memory import MemoryFormat

            return MemoryFormat()
        case "snapshot":
            from featureprep.io.snapshot import SnapshotFormat

            return SnapshotFormat()
        case "native":
            raise RequestError(
                "a table of another engine is read by run, apply and preview only", hint="write it to Parquet, and read that"
            )
    raise RequestError(f"there is no source kind {kind!r}", hint="kinds are: csv, json, parquet, arrow, memory")


def format_of(source: Source) -> Format:
    """The format that reads a source."""
    return _format(source.kind)
