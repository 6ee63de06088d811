"""A version as a Spark DataFrame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from featureprep.errors import MissingExtraError
from featureprep.store.log_entry import FileRecord
from featureprep.store.objects import ObjectStore

BATCH_ROWS = 1 << 15


def to_spark(session: Any, store: ObjectStore, files: Sequence[tuple[str, FileRecord]], schema: pa.Schema) -> Any:
    """One partition a file, read by the tasks, which must reach the store."""
    try:
        from pyspark.sql.pandas.types import from_arrow_schema
    except ImportError as error:
        raise MissingExtraError.of("spark", "to_spark") from error

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from featureprep.store.reading import read_rows
        from featureprep.store.spark import for_spark

        for batch in batches:
            for number in batch.column(0).to_pylist():
                path, record = files[number]
                yield from for_spark(read_rows(store, path, record, schema, verify=False)).to_batches(max_chunksize=BATCH_ROWS)

    n = len(files)
    numbers = session.range(0, n, 1, n) if n else session.range(0, 0, 1, 1)
    return numbers.mapInArrow(read, from_arrow_schema(spark_schema(schema)))


def spark_schema(schema: pa.Schema) -> pa.Schema:
    """The nearest types that Spark has, each of which holds all values exactly."""
    return pa.schema([pa.field(field.name, spark_type(field.type)) for field in schema])


def spark_type(dtype: pa.DataType) -> pa.DataType:
    """Unsigned integers become wider signed ones (uint64: decimal(20, 0)), vectors lists, instants those of UTC."""
    wider = {
        pa.uint8(): pa.int16(),
        pa.uint16(): pa.int32(),
        pa.uint32(): pa.int64(),
        pa.uint64(): pa.decimal128(20),
        pa.null(): pa.string(),
    }
    if dtype in wider:
        return wider[dtype]
    if pa.types.is_timestamp(dtype) and dtype.tz is not None:
        return pa.timestamp("us", "UTC")
    if pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype):
        return pa.list_(spark_type(dtype.value_type))
    if pa.types.is_struct(dtype):
        return pa.struct([(dtype.field(i).name, spark_type(dtype.field(i).type)) for i in range(dtype.num_fields)])
    return dtype


def for_spark(table: pa.Table) -> pa.Table:
    """A table in the types of `spark_schema`."""
    wanted = spark_schema(table.schema)
    return table if wanted.equals(table.schema, check_metadata=True) else table.replace_schema_metadata(None).cast(wanted)
