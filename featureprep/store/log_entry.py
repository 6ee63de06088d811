"""`LogEntry`: everything that the commit of one version says, and its one JSON spelling.

The text is canonical JSON of the fields beside `digest`, the sha256 of the canonical text of all other fields, so that a
flipped bit is found. `schemas/log_entry.json` publishes the format.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa

from featureprep.canonical import dumps, loads
from featureprep.errors import ArgumentError, CorruptArtefactError, RequestError
from featureprep.store.names import check_dataset_name, check_run_id, check_split
from featureprep.store.paths import check_path
from featureprep.store.record import moment, read_moment, seal, unseal
from featureprep.types import format_type, parse_type

FORMAT = 1
"""The version of this format; entries of a newer one are refused by name."""

FIELD_METADATA = b"featureprep"
"""Key of the Arrow field metadata (canonical JSON: role, size, elements, training_only)."""

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class FileRecord:
    """One file of a version.

    Attributes
    ----------
    path : str
        Relative to `<name>/data/<run id>/`.
    size : int
        Bytes.
    sha256 : str
        64 hex digits.
    rows : int or None
        For files of rows, else None.
    split : str or None
        The split whose rows it holds, else None.
    partition : mapping
        Values of the columns that `partition_by` put into the path instead of the file.
    """

    path: str
    size: int
    sha256: str
    rows: int | None = None
    split: str | None = None
    partition: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_path(self.path)
        _natural("size", self.size)
        if _SHA256.fullmatch(str(self.sha256)) is None:
            raise ArgumentError.of("sha256", "a file record", "64 hex digits in lower case", self.sha256)
        if (self.rows is None) != (self.split is None):
            raise ArgumentError(f"file {self.path!r} must have rows and a split, or neither")
        if self.split is not None:
            check_split(self.split)
            _natural("rows", self.rows)


@dataclass(frozen=True)
class Draft:
    """A version about to be committed: all of a log entry but its number, parent and nonce.

    Attributes
    ----------
    run_id, job : str
        The run, and the name of the job.
    created : datetime
        Aware; the run's clock.
    engine : str
    dataset_fingerprint : str
    graph_fingerprint : str or None
        None where the run made no graph.
    schema : pa.Schema
        Of the written rows, logical types, with field metadata (see `FIELD_METADATA`).
    files : sequence of FileRecord
    splits : mapping of str to int
        Rows of each split; it must be what `files` say.
    sources : sequence of mappings
        One for each source; "name" and "version" at least.
    ledger : mapping
        Summary of the row ledger.
    extra : mapping
        Whatever else the runner keeps.
    """

    run_id: str
    job: str
    created: dt.datetime
    engine: str
    dataset_fingerprint: str
    graph_fingerprint: str | None
    schema: pa.Schema
    files: tuple[FileRecord, ...]
    splits: Mapping[str, int]
    sources: tuple[Mapping[str, Any], ...] = ()
    ledger: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_run_id(self.run_id)
        object.__setattr__(self, "files", tuple(sorted(self.files, key=lambda record: record.path)))
        object.__setattr__(self, "sources", tuple(self.sources))
        if self.created.tzinfo is None:
            raise ArgumentError.of("created", "a version", "an aware datetime", self.created.isoformat())
        paths = [record.path for record in self.files]
        if len(set(paths)) < len(paths):
            raise ArgumentError("a version lists the same file twice")
        counted = {check_split(split): 0 for split in self.splits}
        for record in self.files:
            if record.split is not None:
                counted[record.split] = counted.get(record.split, 0) + (record.rows or 0)
        if counted != dict(self.splits):
            raise ArgumentError(f"the splits say {dict(self.splits)} rows, the files {counted}")
        for source in self.sources:
            if not {"name", "version"} <= set(source):
                raise ArgumentError("every source of a version needs a 'name' and a 'version'")


@dataclass(frozen=True)
class LogEntry(Draft):
    """A committed version.

    Attributes
    ----------
    name : str
        Of the dataset.
    n : int
        The version's number, from 1.
    parent : int or None
        The version before it.
    nonce : str
        Random; tells a writer that the entry is its own.
    format : int
    """

    name: str = ""
    n: int = 0
    parent: int | None = None
    nonce: str = ""
    format: int = FORMAT

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dataset_name(self.name)
        _natural("n", self.n)
        if self.n < 1 or self.parent != (self.n - 1 or None):
            raise ArgumentError(f"version {self.n} cannot have the parent {self.parent}")

    @classmethod
    def of(cls, draft: Draft, *, name: str, n: int, nonce: str) -> Self:
        """The entry that would commit `draft` as version `n`."""
        fields = {f.name: getattr(draft, f.name) for f in dataclasses.fields(Draft)}
        return cls(**fields, name=name, n=n, parent=n - 1 or None, nonce=nonce)

    def to_bytes(self) -> bytes:
        """Its canonical JSON, UTF-8, with a newline at the end."""
        body: dict[str, Any] = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        body["created"] = moment(self.created)
        body["schema"] = schema_to_columns(self.schema)
        body["files"] = [dataclasses.asdict(record) for record in self.files]
        return seal("log_entry", body)

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Self:
        """The inverse of `to_bytes`.

        Raises
        ------
        CorruptArtefactError
            When it is truncated, altered, of a newer format, or no log entry.
        """
        body = unseal("log_entry", data, FORMAT, where)
        try:
            body["created"] = read_moment(body["created"])
            body["schema"] = columns_to_schema(body["schema"])
            body["files"] = tuple(FileRecord(**record) for record in body["files"])
            return cls(**body)
        except (TypeError, KeyError, ValueError, AttributeError, RequestError) as error:
            raise CorruptArtefactError(f"this log entry is not one: {error}", where=where) from error


def schema_to_columns(schema: pa.Schema) -> list[dict[str, Any]]:
    """A schema as JSON values: name, type as `featureprep.types` spells it, and the field metadata of featureprep."""
    columns = []
    for column in schema:
        metadata = (column.metadata or {}).get(FIELD_METADATA)
        columns.append({"name": column.name, "type": format_type(column.type), "metadata": loads(metadata) if metadata else {}})
    return columns


def columns_to_schema(columns: Sequence[Mapping[str, Any]]) -> pa.Schema:
    """The inverse of `schema_to_columns`; raises TypeMismatchError for a type that is none."""
    return pa.schema(
        [
            pa.field(
                column["name"],
                parse_type(column["type"]),
                metadata={FIELD_METADATA: dumps(column["metadata"]).encode()} if column["metadata"] else None,
            )
            for column in columns
        ]
    )


def _natural(param: str, value: object) -> None:
    if type(value) is not int or value < 0:
        raise ArgumentError.of(param, "a log entry", "a whole number from 0", value)
