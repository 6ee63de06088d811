"""Storing the parts of a stage: rows of one bucket or piece as Arrow files in the run's staging area."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa

from featureprep.run.rows import BATCH_ROWS, StagePart
from featureprep.store import paths
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import put_part

PART_BYTES: Final = 64 << 20
"""Rows of a piece beyond this go into another part, where pieces are worked on by themselves."""


def in_parts(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a piece, part by part, in their order; one part without rows where there are none."""
    waiting: list[pa.Table] = []
    size = 0
    for table in tables:
        if waiting and size + table.nbytes > PART_BYTES:
            yield pa.concat_tables(waiting)
            waiting, size = [], 0
        waiting.append(table)
        size += table.nbytes
    yield pa.concat_tables(waiting) if waiting else schema.empty_table()


def store_part(store: ObjectStore, run_id: str, stage: str, index: int, table: pa.Table, number: int = 0) -> StagePart:
    """Write a part, the `number`-th of its bucket; an earlier attempt must have left the same bytes."""
    sink = pa.BufferOutputStream()
    arrays = [pa.array([], f.type) if table.num_rows == 0 else c.combine_chunks() for f, c in zip(table.schema, table.columns, strict=True)]
    whole = pa.Table.from_arrays(arrays, schema=table.schema)
    with pa.ipc.new_file(sink, whole.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(whole, max_chunksize=BATCH_ROWS)
    path = paths.staging_part(run_id, f"{stage}/part-{index:06d}{f'-{number}' if number else ''}.arrow")
    part = put_part(store, path, sink.getvalue().to_pybytes())
    return StagePart(stage, index, path, table.num_rows, part.sha256, part.size)
