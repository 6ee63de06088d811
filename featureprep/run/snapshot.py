"""Writing native tables down: the sink that turns a partition's rows into a part of the staging area, under the attempt rule.

A later attempt may see the rows of its partition in another order, so its bytes differ from those of the first one. Then the rows are
compared, as a multiset: the first attempt's part stays, or, where the rows differ, the run fails.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from featureprep.errors import NonDeterministicError
from featureprep.folds.fingerprint import RowFingerprint
from featureprep.io.native import NativePart
from featureprep.store import paths
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import sha256_of

BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class WriteSnapshot:
    """The sink; see `featureprep.io.native.WritePartition`. A partition that gives no batch, not even an empty one, leaves no part."""

    store: ObjectStore
    run_id: str
    source: str

    def __call__(self, partition: int, batches: Iterator[pa.RecordBatch]) -> Iterator[NativePart]:
        path = paths.staging_part(self.run_id, f"snapshot-{self.source}/part-{partition:06d}.arrow")
        with tempfile.TemporaryDirectory(prefix="featureprep-snapshot-", dir=self.store.scratch_folder()) as folder:
            local = f"{folder}/part"
            if not _write(local, batches):
                return
            with pa.memory_map(local) as mapped:
                mine = memoryview(mapped.read_buffer())
            made = _described(partition, path, mine)
            if not self.store.create_from_file(path, local):
                earlier = self.store.open_local(path)
                if _content(earlier) != _content(mine):
                    raise NonDeterministicError(
                        f"two attempts at reading partition {partition} of the source {self.source!r} gave different rows",
                        where=self.store.locate(path),
                        hint="write the table to files first, and read those",
                    )
                made = _described(partition, path, earlier)
            yield made


def _write(local: str, batches: Iterable[pa.RecordBatch]) -> bool:
    """Write batches, one in memory at a time; False where there are none."""
    found = iter(batches)
    batch = next(found, None)
    if batch is None:
        return False
    table = _plain(batch)
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(local, "wb") as sink, pa.ipc.new_file(sink, table.schema, options=options) as writer:
        while batch is not None:
            writer.write_table(_plain(batch), max_chunksize=BATCH_ROWS)
            batch = next(found, None)
    return True


def _plain(batch: pa.RecordBatch) -> pa.Table:
    """Without metadata and dictionaries: those of a file's batches would have to be the same."""
    columns = [column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns]
    return pa.table(columns, names=batch.schema.names)


def _described(partition: int, path: str, data: memoryview) -> NativePart:
    reader = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(data)))
    rows = sum(reader.get_batch(i).num_rows for i in range(reader.num_record_batches))
    schema = reader.schema.serialize().to_pybytes().hex()
    return NativePart(partition, path, rows, reader.num_record_batches, len(data), sha256_of(data), schema)


def _content(data: memoryview) -> tuple[str, str]:
    """The schema, and one number for the multiset of rows."""
    reader = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(data)))
    if not reader.schema.names:
        return str(reader.schema), ""
    fold = RowFingerprint(tuple(reader.schema.names))
    state = fold.init()
    for i in range(reader.num_record_batches):
        state = fold.update(state, *reader.get_batch(i).columns)
    return str(reader.schema), fold.finish(state)


@dataclass(frozen=True)
class Snapshot:
    """A native table as it was written down; what `Source.native` of kind "snapshot" is."""

    store: ObjectStore
    kind: str
    parts: Sequence[NativePart]

    def open(self, path: str) -> memoryview:
        """The bytes of a part (mapped where the store is local)."""
        return self.store.open_local(path)

    def to_json(self) -> dict[str, Any]:
        """As JSON values, for the staging manifest."""
        return {"kind": self.kind, "parts": [asdict(part) for part in self.parts]}

    @classmethod
    def from_json(cls, store: ObjectStore, data: Mapping[str, Any]) -> Snapshot:
        """What `to_json` gave."""
        return cls(store, data["kind"], tuple(NativePart(**part) for part in data["parts"]))
