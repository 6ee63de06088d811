"""What every source has in common: its description, its pinned listing, its fragments, and the batches read from them.

A *source* is data (kind, paths, options); nothing is read when it is made. A *listing* pins the files with their
content versions. A *fragment* is a piece of one file that can be read alone. Reading a fragment yields `SourceBatch`es,
whose rows are numbered from 0 within the fragment; unparsable records keep their number, so that a number names one
place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Source:
    """Where rows come from: as given by the user, not yet looked at.

    Attributes
    ----------
    kind : str
        "csv", "json", "parquet", "arrow", "memory", "native" (a table of another engine), "snapshot" (that table, written down).
    paths : tuple of str
        Paths, fsspec URLs or globs, as the user wrote them; relative ones are relative to the job file.
    options : mapping
        Reader options, JSON values only.
    schema : pa.Schema or None
        Given by the user (logical types), else None.
    on_error : str
        "fail", "quarantine" or "drop": what happens to records that cannot be parsed.
    table : pa.Table or None
        The rows themselves, for kind "memory".
    native : NativeTable or Stored or None
        For kinds "native" and "snapshot"; see `featureprep.io.native`.
    sensitive : bool
        Whether its contract marks a column as sensitive: then no error shows what a record that cannot be parsed holds.
    """

    kind: str
    paths: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    schema: pa.Schema | None = None
    on_error: str = "fail"
    table: pa.Table | None = field(default=None, compare=False, repr=False)
    native: Any = field(default=None, compare=False, repr=False)
    sensitive: bool = field(default=False, compare=False, repr=False)


@dataclass(frozen=True)
class PinnedFile:
    """One file as it was when the run began. `version` is "sha256:<hex>" or "etag:<text>"."""

    url: str
    size: int
    version: str
    mtime_ns: int | None = None
    partition: Mapping[str, str | None] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the pinning pass learnt, JSON values: safe split points, line counts, row groups."""


@dataclass(frozen=True)
class Fragment:
    """A piece of a file: bytes [start, stop) of a text file, row groups [start, stop) of Parquet, rows of a table.

    `key` is a content identity: equal keys mean equal rows, whatever the file's name or the run.
    """

    source: str
    file: PinnedFile
    index: int
    start: int
    stop: int
    first_line: int
    key: str
    skip: Mapping[int, int] = field(default_factory=dict)
    """Row groups of Parquet that are not read, and their rows: these keep their numbers."""


@dataclass(frozen=True)
class BadRecord:
    """A record that cannot be parsed. `row` is its number in the fragment; `raw` its first 200 bytes."""

    row: int
    offset: int
    line: int
    reason: str
    raw: bytes


@dataclass(frozen=True)
class SourceBatch:
    """Some rows of a fragment.

    Attributes
    ----------
    batch : pa.RecordBatch
        Typed columns (strings may be dictionary-encoded). Cells that did not fit their type are null here.
    rows : np.ndarray of int64, shape (n,)
        Each row's number in the fragment, ascending.
    malformed : mapping of column name to (mask, texts)
        For columns with cells that did not fit: bool mask of shape (n,), and their texts in order (cut to 200 characters).
    bad_records : sequence of BadRecord
        Records met between the rows of this batch that could not be parsed.
    """

    batch: pa.RecordBatch
    rows: np.ndarray[Any, np.dtype[np.int64]]
    malformed: Mapping[str, tuple[np.ndarray[Any, np.dtype[np.bool_]], list[str]]] = field(default_factory=dict)
    bad_records: Sequence[BadRecord] = ()


@dataclass(frozen=True)
class Origin:
    """The place of a row: file, byte offset and line (1-based) where the format has them, else the row's number."""

    file: str
    offset: int | None
    line: int | None
    row: int

    def __str__(self) -> str:
        if self.line is not None:
            return f"{self.file}:{self.line}"
        return f"{self.file} row {self.row}"


class Format(Protocol):
    """What a file format must be able to do. One file each: csv, json, parquet, arrow; registered in `formats`."""

    version: ClassVar[int]
    """Changes with what `pin` and `fragments` make of the same file."""
    cut_by_content: ClassVar[bool]
    """Whether a file is read before it is cut; else a glance at it tells all but its version."""

    def pin(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        """Read what must be known of the file before it is cut (its digest always); raises FeatureprepError when it cannot be read."""

    def glance(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        """As `pin`, by the file's beginning alone: without a version, and (if `cut_by_content`) without the places to cut it."""

    def schema(self, source: Source, files: Sequence[PinnedFile]) -> pa.Schema | None:
        """The schema that the files themselves state (logical types), or None where the format states none (CSV, JSON)."""

    def names(self, source: Source, files: Sequence[PinnedFile]) -> list[str] | None:
        """Column names in file order, where they can be known without a scan (CSV header), else None."""

    def fragments(self, source: Source, name: str, file: PinnedFile, target_bytes: int) -> list[Fragment]:
        """Cut a file into pieces of about `target_bytes`; the pieces depend on the file and the target alone."""

    def read(self, source: Source, fragment: Fragment, schema: pa.Schema | None, columns: Sequence[str] | None) -> Iterator[SourceBatch]:
        """The rows of a fragment, typed by `schema` (None: raw, for inference: CSV cells as strings), only `columns` where given."""

    def locate(self, source: Source, fragment: Fragment, rows: Sequence[int]) -> list[Origin]:
        """Where these rows (by number in the fragment) stand."""
