"""PCollections as sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
import pyarrow.ipc

from featureprep.engines.beam.quiet import quiet
from featureprep.errors import ArgumentError, MissingExtraError
from featureprep.io.base import Source
from featureprep.io.native import NativePart, WritePartition
from featureprep.site import placed

if TYPE_CHECKING:
    from featureprep.engines.base import MapFunction


class BeamTable:
    """See `featureprep.io.native.NativeTable`."""

    kind: ClassVar[str] = "beam"

    def __init__(self, rows: Any, schema: pa.Schema | None, partitions: int) -> None:
        self._rows = rows
        self._schema = schema
        self._partitions = partitions

    def write(self, sink: WritePartition, engine: Any) -> Sequence[NativePart]:
        """On the runner of the table's own pipeline; where that has none of its own choosing, on the engine's, or in this process."""
        return [part for parts in self._gathered(sink, engine, None) for part in parts]

    def head(self, rows: int) -> pa.Table:
        if rows == 0 and self._schema is not None:
            return self._schema.empty_table()
        batches = [batch for found in self._gathered(_all, None, rows) for batch in found]
        if not batches:
            return pa.table({}) if self._schema is None else self._schema.empty_table()
        return pa.concat_tables([pa.Table.from_batches([batch]) for batch in batches], promote_options="permissive").slice(0, rows)

    def _gathered(self, sink: MapFunction, engine: Any, limit: int | None) -> list[list[Any]]:
        with quiet():
            from featureprep.engines.beam.copying import copied, own_runner
            from featureprep.engines.beam.folder import MADE
            from featureprep.engines.beam.options import options_of
            from featureprep.engines.beam.rows import gather
            from featureprep.engines.beam.runs import Runs, whole

            home = own_runner(self._rows.pipeline)
            given = self._rows.pipeline.options
            other = engine is not None and engine.name == self.kind and home is None
            runs = engine.runs() if other else Runs(given if home is not None else options_of(given, {"runner": None}))

            def make(runner: Any, options: Any, folder: Any) -> Any:
                pipeline, rows = copied(self._rows, runner, options)
                gather(rows, (Read(self._schema),), sink, folder, self._schema, self._partitions, limit)
                return pipeline

            try:
                with runs.done(make, lambda folder: None, home) as folder:
                    return whole(folder, MADE, self._partitions)
            finally:
                if not other:
                    runs.close()


@dataclass(frozen=True)
class Read:
    """Blobs as record batches. Where nothing is there, the first partition has an empty batch, if the types are known."""

    schema: pa.Schema | None

    def __call__(self, partition: int, blobs: Iterator[bytes]) -> Iterator[pa.RecordBatch]:
        nothing = True
        for blob in blobs:
            with pa.ipc.open_stream(blob) as reader:
                yield from reader
            nothing = False
        if nothing and partition == 0 and self.schema is not None:
            yield pa.RecordBatch.from_pylist([], self.schema)


def _all(partition: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return batches


@placed
def from_beam(rows: Any, schema: pa.Schema | None = None, *, partitions: int = 8) -> Source:
    """Rows of a PCollection, computed once at the beginning of a run and written down in its staging area.

    Of its pipeline only what leads to these rows is run, on its runner; a pipeline without a runner of its own ("DirectRunner") runs on the
    run's engine where that is Beam, else in this process.

    Parameters
    ----------
    rows : PCollection of dict, pa.RecordBatch or pa.Table
        Bounded. Whatever its windows, all of it is taken.
    schema : pa.Schema, optional
        The types of the rows; needed for dicts. A key that a dict lacks is null, others are left out.
    partitions : int
        Into which the rows are brought together, by content; it changes no result.

    Raises
    ------
    ArgumentError
        It is no bounded PCollection, or an argument is not as above.
    MissingExtraError
        When Beam is not installed.

    Examples
    --------
    >>> import apache_beam as beam
    >>> rows = beam.Pipeline(runner="FnApiRunner") | beam.Create([{"age": 39, "job": "clerk"}])
    >>> source = fp.from_beam(rows, pa.schema([("age", pa.int64()), ("job", pa.string())]))
    """
    try:
        with quiet():
            from apache_beam.pvalue import PCollection
    except ImportError as error:
        raise MissingExtraError.of("beam", "from_beam") from error
    if not isinstance(rows, PCollection) or not rows.is_bounded:
        raise ArgumentError.of("rows", "from_beam", "a bounded PCollection", type(rows).__name__)
    if schema is not None and not isinstance(schema, pa.Schema):
        raise ArgumentError.of("schema", "from_beam", "a pyarrow Schema", type(schema).__name__)
    if not isinstance(partitions, int) or isinstance(partitions, bool) or partitions < 1:
        raise ArgumentError.of("partitions", "from_beam", "at least 1", partitions)
    return Source("native", native=BeamTable(rows, schema, partitions))
