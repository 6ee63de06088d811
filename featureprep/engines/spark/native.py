"""Spark's DataFrames as sources: written down by the tasks that make their rows, through Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.engines.spark.rows import Blob, to_batches
from featureprep.errors import ArgumentError, MissingExtraError, TypeMismatchError
from featureprep.io.base import Source
from featureprep.io.native import NativePart, WritePartition
from featureprep.site import placed
from featureprep.types import logical

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class SparkTable:
    """A DataFrame, classic or Connect; see `featureprep.io.native.NativeTable`."""

    kind: ClassVar[str] = "spark"

    def __init__(self, frame: DataFrame) -> None:
        self.frame = frame

    def write(self, sink: WritePartition, engine: Any) -> Sequence[NativePart]:
        """Run `sink` in the tasks that make the rows.

        Two passes in one task: Spark ends the input of an attempt that it gives up as if it were complete, and only then fails it. So the first
        one counts its rows, and what it says last does not reach the second one, where the sink is, unless the input was whole.
        """
        import cloudpickle

        from featureprep.engines.spark import task
        from featureprep.engines.spark.endings import Write
        from featureprep.engines.spark.gathering import gathered
        from featureprep.engines.spark.plan import through
        from featureprep.engines.spark.query import collect
        from featureprep.engines.spark.session import Spark

        spark = Spark.of(self.frame.sparkSession)
        itself = task.Source((), (1 << 31) - 1, 1)  # a pass that hears of one sender: the pass before it in the same task
        code = cloudpickle.dumps(((unpacked,), sink))

        def frame() -> DataFrame:
            return through(spark, through(spark, self.frame, Packing()), task.Pass(itself, code, Write(), 1, spark.attempts))

        made = [part for parts in gathered(collect(spark, frame, [], None), None) for part in parts]
        return made or list(sink(0, iter(_batches(self.head(0)))))

    def head(self, rows: int) -> pa.Table:
        """The first rows that Spark gives, or none but their types."""
        from featureprep.engines.spark.failures import spark_failure

        try:
            table = self.frame.limit(rows).toArrow()
        except Exception as error:  # Spark's own errors have no base but this
            raise spark_failure(error, "from_spark") from error
        return pa.Table.from_batches([plain(batch) for batch in _batches(table)])


def _batches(table: pa.Table) -> list[pa.RecordBatch]:
    """At least one."""
    none = pa.RecordBatch.from_arrays([pa.array([], field.type) for field in table.schema], schema=table.schema)
    return table.to_batches() or [none]


@dataclass(frozen=True)
class Packing:
    """A task's rows as blobs, and how many they are."""

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return to_batches(self._blobs(batches))

    def _blobs(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Blob]:
        from pyspark import TaskContext

        context = TaskContext.get()
        partition = 0 if context is None else context.partitionId()
        n = 0
        for n, batch in enumerate(batches, 1):
            made = plain(batch)
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, made.schema) as writer:
                writer.write_batch(made)
            yield Blob(partition, partition, n - 1, sink.getvalue().to_pybytes())
        yield Blob.end(partition, partition, n)


def unpacked(partition: int, blobs: Iterator[bytes]) -> Iterator[pa.RecordBatch]:
    """What `Packing` packed."""
    for blob in blobs:
        yield from pa.ipc.open_stream(blob)


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """With instants in UTC: the zone of Spark's session is no part of a value."""
    columns = [_utc(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _utc(column: pa.Array) -> pa.Array:
    wanted = _in_utc(column.type)
    return column if wanted == column.type else pc.cast(column, wanted)


def _in_utc(dtype: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(dtype) and dtype.tz is not None:
        return pa.timestamp(dtype.unit, "UTC")
    if pa.types.is_list(dtype):
        return pa.list_(_in_utc(dtype.value_type))
    if pa.types.is_struct(dtype):
        return pa.struct([(dtype.field(i).name, _in_utc(dtype.field(i).type)) for i in range(dtype.num_fields)])
    return dtype


@placed
def from_spark(df: Any) -> Source:
    """Rows of a Spark DataFrame, classic or Connect, computed once at the beginning of a run and written down in its staging area.

    The tasks that make the rows write them, so they must reach the store. Types are taken as Arrow has them: bigint int64, timestamp an
    instant in UTC with microseconds, timestamp_ntz one without a zone. A null is null, a NaN is NaN.

    Raises
    ------
    ArgumentError
        When it is no Spark DataFrame, or its column names are not different.
    TypeMismatchError
        For a column of a type that has no place here: a map, an interval, a time of day, a variant.
    MissingExtraError
        When pyspark is not installed.

    Examples
    --------
    >>> def trips(spark):
    ...     return fp.from_spark(spark.table("trips"))
    """
    try:
        from pyspark.sql import DataFrame
        from pyspark.sql.pandas.types import to_arrow_type
    except ImportError as error:
        raise MissingExtraError.of("spark", "from_spark") from error
    if not isinstance(df, DataFrame):
        raise ArgumentError.of("df", "from_spark", "a Spark DataFrame", type(df).__name__)
    names = df.columns
    if not names or not all(names) or len(set(names)) < len(names):
        raise ArgumentError.of("df", "from_spark", "a DataFrame whose column names are different, non-empty strings", names[:10])
    for field in df.schema:
        try:
            logical(_in_utc(to_arrow_type(field.dataType, timezone="UTC")))
        except (TypeMismatchError, TypeError, ValueError) as error:
            hint = "cast it, or drop the column, before it is read here"
            raise TypeMismatchError(
                f"columns of Spark's type {field.dataType.simpleString()} are not supported",
                where=f"from_spark, column {field.name!r}",
                hint=hint,
            ) from error
    return Source("native", native=SparkTable(df))
