"""The final write: the task that turns the pieces of one partition into part files, and a receipt that says all about them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from featureprep.errors import CorruptArtefactError
from featureprep.expr.bind import Binder
from featureprep.expr.evaluate import Program
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.folds.fingerprint import RowFingerprint
from featureprep.folds.multi import FoldSet
from featureprep.io.listing import HIVE_NULL
from featureprep.io.writer import PartWriter
from featureprep.kernels.casts import cast
from featureprep.run import quarantine
from featureprep.run.failures import Failures
from featureprep.run.labels import PartLabels
from featureprep.run.ledger import Tally
from featureprep.run.pipe import PieceReport, PipeTask
from featureprep.run.split import ALL, Labels
from featureprep.store import paths
from featureprep.store.log_entry import FileRecord
from featureprep.store.objects import ObjectNotFoundError, ObjectStore
from featureprep.store.staging import Staging, put_part, put_part_file

MAX_GROUP_ROWS = 131_072
MIN_GROUP_ROWS = 256


@dataclass(frozen=True)
class Output:
    """How parts are written: `partition_by` columns, bytes a file aims at (None: one file a part), codec."""

    partition_by: tuple[str, ...] = ()
    target_bytes: int | None = None
    codec: str = "zstd"


@dataclass(frozen=True)
class StatItem:
    """A fold over expressions of written columns, kept for every split."""

    id: str
    fold: Fold
    nodes: tuple[Node, ...]


@dataclass
class Receipt:
    """What one partition left. `stats` and `fingerprints` are states by split."""

    files: list[FileRecord] = field(default_factory=list)
    report: PieceReport = field(default_factory=PieceReport)
    fingerprints: dict[str, Any] = field(default_factory=dict)
    stats: dict[str, dict[str, Any]] = field(default_factory=dict)
    quarantine_rows: int = 0


class WriteParts:
    """The sink of the final write.

    Parameters
    ----------
    schema : pa.Schema
        Of the written rows, with field metadata.
    labels : PartLabels or None
        Which part each row goes to; partition 0 leaves a file for every part, without rows if need be, so that a reader finds the schema.
    """

    def __init__(
        self,
        task: PipeTask,
        schema: pa.Schema,
        labels: PartLabels | None,
        store: ObjectStore,
        name: str,
        run_id: str,
        output: Output,
        stats: Sequence[StatItem],
    ) -> None:
        self.task = task
        self.schema = schema
        self.labels = labels
        self.names = labels.split.names if labels else (ALL,)
        self.store = store
        self.dataset = name
        self.run_id = run_id
        self.output = output
        self.stats = list(stats)
        self.folds = FoldSet({item.id: (item.fold, ()) for item in stats})
        written = Binder(pa.schema([pa.field(f.name, f.type) for f in schema]), malformed="null")
        self.stat_program = Program([written.bind(node) for item in self.stats for node in item.nodes])
        self.fingerprint = RowFingerprint(tuple(schema.names))

    def __call__(self, partition: int, pieces: Iterator[tuple[int, Any]]) -> Iterator[Mapping[str, Any]]:
        staging = Staging(self.store, self.run_id)
        task_id = f"write-{partition:06d}"
        made = self._earlier(staging, task_id)
        if made is None:
            made = self._to_json(self._write(partition, pieces), staging)
            staging.put_receipt(task_id, made)
        yield made

    def _earlier(self, staging: Staging, task_id: str) -> Mapping[str, Any] | None:
        """What an earlier attempt left; None where it left nothing, or states that did not reach the disk."""
        known = staging.receipt(task_id)
        if known is None:
            return None
        try:
            self._from_json(known, staging)
        except (CorruptArtefactError, ObjectNotFoundError):
            return None
        return known

    def receipt(self, made: Mapping[str, Any]) -> Receipt:
        """What a task yielded, as it is meant: its states are looked at where they are stored, and take no memory."""
        return self._from_json(made, Staging(self.store, self.run_id), trusted=True)

    def _write(self, partition: int, pieces: Iterator[tuple[int, Any]]) -> Receipt:
        receipt = Receipt()
        for split in self.names:
            receipt.fingerprints[split] = self.fingerprint.init()
            receipt.stats[split] = {item.id: item.fold.init() for item in self.stats}
        with tempfile.TemporaryDirectory(prefix="featureprep-write-", dir=self.store.scratch_folder()) as folder:
            writers = {
                split: PartWriter(
                    self.schema,
                    f"{folder}/{i}",
                    codec=self.output.codec,
                    target_bytes=self.output.target_bytes,
                    row_group_rows=row_group_rows(self.schema, self.output.target_bytes),
                    partition_by=self.output.partition_by,
                )
                for i, split in enumerate(self.names)
            }
            used: set[str] = set()
            try:
                for number, piece in pieces:
                    report = PieceReport()
                    known = None if self.labels is None else self.labels.known(piece)
                    for values, rows in self.task.run(number, piece, report):
                        if rows.n:
                            labels = None if self.labels is None else self.labels.of(rows, known)
                            self._rows(values, labels, writers, used, receipt)
                    receipt.report = receipt.report.add(report)
                for split, writer in writers.items():
                    if split in used or partition == 0:
                        self._upload(partition, split, writer, receipt)
            finally:
                for writer in writers.values():
                    writer.abort()
        self._quarantine(partition, receipt)
        return receipt

    def _rows(
        self, values: Mapping[str, pa.Array], labels: Labels | None, writers: Mapping[str, PartWriter], used: set[str], receipt: Receipt
    ) -> None:
        table = pa.Table.from_arrays([plain_column(values[n], self.schema.field(n).type) for n in self.schema.names], schema=self.schema)
        if labels is None:
            parts = [(ALL, table)]
        else:
            parts = [(name, table.filter(pa.array(labels == i))) for i, name in enumerate(self.names) if np.any(labels == i)]
        for name, part in parts:
            used.add(name)
            writers[name].write(part)
            columns = {c: part.column(c).combine_chunks() for c in self.schema.names}
            receipt.fingerprints[name] = self.fingerprint.update(receipt.fingerprints[name], *columns.values())
            states = receipt.stats[name]
            computed = iter(self.stat_program.run(columns, part.num_rows))
            for item in self.stats:
                states[item.id] = item.fold.update(states[item.id], *(next(computed).values for _ in item.nodes))

    def _upload(self, partition: int, split: str, writer: PartWriter, receipt: Receipt) -> None:
        files = writer.close()
        for file in files:
            piece = file.index if self.output.target_bytes is not None else None
            path = "/".join(filter(None, [split, file.folder, paths.part_name(partition, piece)]))
            part = put_part_file(self.store, f"{paths.run_data(self.dataset, self.run_id)}/{path}", str(file.path), file.sha256)
            values = partition_values(file.folder, self.schema)
            receipt.files.append(FileRecord(path, part.size, part.sha256, file.rows, split, values))

    def _quarantine(self, partition: int, receipt: Receipt) -> None:
        """Write the rows that were set aside here."""
        if receipt.report.quarantined:
            record = write_quarantine(self.store, self.dataset, self.run_id, paths.part_name(partition), receipt.report.quarantined)
            receipt.files.append(record)
            receipt.quarantine_rows = len(receipt.report.quarantined)
            receipt.report.quarantined = []

    def _to_json(self, receipt: Receipt, staging: Staging) -> dict[str, Any]:
        states = {split: staging.put_blob(self.folds.encode(s)) for split, s in receipt.stats.items()} if self.stats else {}
        return {
            "files": [vars(f) for f in receipt.files],
            "tally": receipt.report.tally.to_json(),
            "failures": [[*key, count, *first] for key, (count, first) in sorted(receipt.report.failures.found.items())],
            "fingerprints": {split: self.fingerprint.encode(s) for split, s in receipt.fingerprints.items()},
            "stats": states,
            "quarantine_rows": receipt.quarantine_rows,
        }

    def _from_json(self, data: Mapping[str, Any], staging: Staging, *, trusted: bool = False) -> Receipt:
        failures = Failures({(a, b, c): (n, (p, r)) for a, b, c, n, p, r in data["failures"]})
        return Receipt(
            [FileRecord(**f) for f in data["files"]],
            PieceReport(Tally.from_json(data["tally"]), failures),
            {split: self.fingerprint.decode(s) for split, s in data["fingerprints"].items()},
            self._stored_stats(data, staging, trusted=trusted),
            data["quarantine_rows"],
        )

    def _stored_stats(self, data: Mapping[str, Any], staging: Staging, *, trusted: bool = False) -> dict[str, dict[str, Any]]:
        return {split: self.folds.decode(staging.blob(name, trusted=trusted)) for split, name in data["stats"].items()}


def write_quarantine(store: ObjectStore, name: str, run_id: str, file_name: str, records: Sequence[Mapping[str, Any]]) -> FileRecord:
    """Store quarantined rows as one Parquet file of the run."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(records), quarantine.SCHEMA), sink, compression="zstd")
    part = put_part(store, f"{paths.run_data(name, run_id)}/quarantine/{file_name}", sink.getvalue().to_pybytes())
    return FileRecord(f"quarantine/{file_name}", part.size, part.sha256)


def partition_values(folder: str, schema: pa.Schema) -> dict[str, Any]:
    """The values that a hive path stands for, in the types of the columns."""
    values: dict[str, Any] = {}
    for part in filter(None, folder.split("/")):
        name, _, text = part.partition("=")
        name = unquote(name)
        value = None if text == HIVE_NULL else unquote(text)
        values[name] = None if value is None else cast(pa.array([value]), schema.field(name).type)[0][0].as_py()
    return values


def row_group_rows(schema: pa.Schema, target_bytes: int | None) -> int:
    """Rows of a row group: few enough that a file, which ends with one, can end near its target (by the schema alone, so that
    equal rows make equal files).
    """
    if target_bytes is None:
        return MAX_GROUP_ROWS
    width = sum(_width(field.type) for field in schema)
    return max(MIN_GROUP_ROWS, min(MAX_GROUP_ROWS, target_bytes // (4 * width)))


def _width(dtype: pa.DataType) -> int:
    """About how many bytes a value takes before compression."""
    if pa.types.is_fixed_size_list(dtype):
        return int(dtype.list_size) * _width(dtype.value_type)
    if pa.types.is_struct(dtype):
        return sum(_width(dtype.field(i).type) for i in range(dtype.num_fields))
    try:
        return max(1, int(dtype.bit_width) // 8)
    except ValueError:  # a type without a fixed width: text, lists
        return 32


def plain_column(values: pa.Array, dtype: pa.DataType) -> pa.Array:
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    return values if values.type == dtype else values.cast(dtype)
