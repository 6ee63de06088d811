"""A PCollection of a user's rows on its way to numbered partitions: record batches as blobs, brought together by their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.ipc
import xxhash
from apache_beam.transforms.window import GlobalWindow, GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from featureprep.engines.base import MapFunction
from featureprep.engines.beam.folder import Folder
from featureprep.engines.beam.plan import Met
from featureprep.engines.beam.work import Make, Pass, leave
from featureprep.errors import DataError
from featureprep.zones import in_utc

BATCH_ROWS = 8192


def gather(
    rows: Any, functions: tuple[MapFunction, ...], sink: MapFunction, folder: Folder, schema: pa.Schema | None, buckets: int, limit: int | None
) -> None:  # fmt: skip
    """Continue a pipeline: every bucket's blobs go through functions and end in a file of what the sink yields.

    Parameters
    ----------
    limit : int, optional
        So many rows of every bundle are enough.
    """
    the_pass = Pass.of(functions, sink, folder, 1)
    everywhere = rows | "featureprep all windows" >> beam.WindowInto(GlobalWindows())
    blobs = everywhere | "featureprep blobs" >> beam.ParDo(Blobs(folder, schema, buckets, limit)).with_output_types(Met)
    exist = rows.pipeline | "featureprep buckets" >> beam.Create([(i, None) for i in range(buckets)], reshuffle=False).with_output_types(
        Met
    )
    met = (blobs, exist) | "featureprep all" >> beam.Flatten() | "featureprep meet" >> beam.GroupByKey()
    met | "featureprep keep" >> beam.ParDo(Make(the_pass))


class Blobs(beam.DoFn):  # type: ignore[misc]
    """Rows as (bucket, Arrow IPC stream)."""

    def __init__(self, folder: Folder, schema: pa.Schema | None, buckets: int, limit: int | None) -> None:
        self.folder = folder
        self.schema = schema
        self.buckets = buckets
        self.limit = limit
        self._dicts: list[dict[str, Any]] = []
        self._rows = 0

    def start_bundle(self) -> None:
        self._dicts, self._rows = [], 0

    def process(self, element: Any) -> Iterable[tuple[int, bytes | None]]:
        if self.limit is not None and self._rows >= self.limit:
            return []
        if not isinstance(element, dict):
            return self._arrow(element)
        self._rows += 1
        self._dicts.append(element)
        return self._flush() if len(self._dicts) >= BATCH_ROWS else []

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for blob in self._flush():
            yield WindowedValue(blob, GlobalWindow().max_timestamp(), [GlobalWindow()])

    def _arrow(self, element: Any) -> Iterator[tuple[int, bytes]]:
        if not isinstance(element, (pa.RecordBatch, pa.Table)):
            self._fail(DataError(f"from_beam takes dicts, RecordBatches and Tables, not {type(element).__name__}"))
            return
        table = element if isinstance(element, pa.Table) else pa.Table.from_batches([element])
        self._rows += table.num_rows
        for start in range(0, max(table.num_rows, 1), BATCH_ROWS):
            yield self._blob(table.slice(start, BATCH_ROWS))

    def _flush(self) -> Iterator[tuple[int, bytes]]:
        rows, self._dicts = self._dicts, []
        if not rows:
            return
        if self.schema is None:
            self._fail(DataError("dicts have no types of their own", hint="say fp.from_beam(rows, schema)"))
            return
        try:
            table = pa.Table.from_pylist(in_utc(rows), self.schema)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            self._fail(DataError(f"a row does not fit the schema that from_beam was given: {error}"))
            return
        yield self._blob(table)

    def _blob(self, table: pa.Table) -> tuple[int, bytes]:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        blob = sink.getvalue().to_pybytes()
        return xxhash.xxh3_64_intdigest(blob) % self.buckets, blob

    def _fail(self, error: BaseException) -> None:
        leave(self.folder, (0, 0), error)
