"""Which format a path's suffix tells."""

from __future__ import annotations

import os
from typing import Final

FORMATS: Final = ("csv", "json", "parquet", "arrow")
_SUFFIXES: Final = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".data": "csv", ".txt": "csv",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".arrows": "arrow",
}  # fmt: skip
_COMPRESSED: Final = (".gz", ".bz2", ".xz", ".zst", ".zstd")


def format_by_suffix(path: str) -> str | None:
    """The format that a path's suffix tells, or None."""
    return _SUFFIXES.get(suffix_of(path))


def suffix_of(path: str) -> str:
    """The suffix of a path in lower case, that of a compression left out."""
    stem, suffix = os.path.splitext(path.lower().rstrip("/"))
    return os.path.splitext(stem)[1] if suffix in _COMPRESSED else suffix
