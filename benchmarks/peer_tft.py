"""The peer of `benchmarks.job` in TensorFlow Transform: a preprocessing_fn as its guide has one write it, run by AnalyzeAndTransformDataset.

It runs in a virtualenv of its own (`tools.tft`), so it imports nothing of featureprep. Where the guide leaves a choice, the one that spares
TFT work was taken: rows come and go as Arrow record batches, by Beam's reader and writer of Parquet, a file a batch; rows as dicts, and
tf.Examples in TFRecords, are made into these first. The runner is what DirectRunner has been for such pipelines, Beam's FnApiRunner in this
process, by its own name: of late DirectRunner looks for another program first, to download. It has two threads, as our engine has.

The features are the job's but for what TFT does otherwise: numbers are float32 from the start; medians and quantiles are approximate
(rank error 0.01); a missing text is the id -1; words of equal counts are ordered otherwise; date parts are arithmetic, for TensorFlow has no
calendar.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from tensorflow_transform.tf_metadata import schema_utils
from tfx_bsl.public import tfxio

from benchmarks.data import BUCKETIZED, NUMERIC, ONE_HOT, TIMESTAMP, VOCABULARIES

BUCKETS, KINDS, RANK_ERROR = 10, 10, 0.01
DATES = ("month", "weekday", "hour")
_DAY = 86_400_000_000  # microseconds
SPEC = {
    **{name: tf.io.VarLenFeature(tf.float32) for name in NUMERIC},
    **{name: tf.io.FixedLenFeature([], tf.float32) for name in BUCKETIZED},
    **{name: tf.io.FixedLenFeature([], tf.string) for name in ONE_HOT},
    **{name: tf.io.VarLenFeature(tf.string) for name in VOCABULARIES},
    TIMESTAMP: tf.io.FixedLenFeature([], tf.int64),
}
"""The columns that go in; VarLen are those that may lack a value."""
OUTPUT = pa.schema(
    [
        *((name, pa.float32()) for name in NUMERIC),
        *((name, pa.large_list(pa.float32())) for name in ONE_HOT),
        *((name, pa.int64()) for name in (*BUCKETIZED, *VOCABULARIES, *DATES)),
    ]
)


def preprocessing_fn(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The features of the benchmark's job."""
    outputs: dict[str, Any] = {}
    for name in NUMERIC:
        median = tf.reshape(tft.quantiles(inputs[name].values, 2, epsilon=RANK_ERROR), [])
        outputs[name] = tft.scale_to_z_score(_dense(inputs[name], median))
    for name in BUCKETIZED:
        outputs[name] = tft.bucketize(inputs[name], BUCKETS)
    for name in ONE_HOT:
        outputs[name] = tf.one_hot(tft.compute_and_apply_vocabulary(inputs[name], vocab_filename=name), KINDS)
    for name in VOCABULARIES:
        outputs[name] = _dense(tft.compute_and_apply_vocabulary(inputs[name], vocab_filename=name), -1)
    return outputs | date_parts(inputs[TIMESTAMP])


def _dense(values: Any, default: Any) -> Any:
    """A column that may lack values as a dense one, shape (rows,)."""
    return tf.squeeze(tft.sparse_tensor_to_dense_with_shape(values, [None, 1], default), axis=1)


def date_parts(at: Any) -> dict[str, Any]:
    """Month, weekday (Monday 0) and hour of microseconds since 1970; months by years that begin in March, of eras of 400 years."""
    days = tf.math.floordiv(at, _DAY)
    of_era = tf.math.floormod(days + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    hour = tf.math.floordiv(tf.math.floormod(at, _DAY), _DAY // 24)
    return dict(zip(DATES, (tf.where(month < 10, month + 3, month - 9), tf.math.floormod(days + 3, 7), hour), strict=True))


def run(folder: Path | str, out: Path | str) -> None:
    """Read the Parquet files of `folder`, fit on them, transform them; features and transform function go below `out`."""
    config = tfxio.TFExampleRecord("", schema=schema_utils.schema_from_feature_spec(SPEC)).TensorAdapterConfig()
    with pipeline(out) as made:
        rows = made | beam.io.ReadFromParquetBatched(f"{folder}/*.parquet") | beam.Map(to_lists, config.arrow_schema)
        (features, _), function = (rows, config) | tft_beam.AnalyzeAndTransformDataset(preprocessing_fn, output_record_batches=True)
        _ = features | beam.Map(to_table) | beam.io.WriteToParquetBatched(f"{out}/features/part", OUTPUT, codec="zstd")
        _ = function | tft_beam.WriteTransformFn(str(out))


def run_small(out: Path | str) -> None:
    """Two rows, scaled: what Beam, TFT and TensorFlow prepare once in a process."""
    config = tfxio.TFExampleRecord("", schema=schema_utils.schema_from_feature_spec({"x": SPEC[BUCKETIZED[0]]})).TensorAdapterConfig()
    rows = pa.RecordBatch.from_arrays([pa.array([[1.0], [2.0]], config.arrow_schema.field("x").type)], schema=config.arrow_schema)
    with pipeline(out) as made:
        _, function = (made | beam.Create([rows]), config) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: {"x": tft.scale_to_z_score(inputs["x"])}, output_record_batches=True
        )
        _ = function | tft_beam.WriteTransformFn(str(out))


@contextmanager
def pipeline(out: Path | str) -> Iterator[Any]:
    """A pipeline with two threads in this process, that keeps what is temporary below `out`."""
    options = PipelineOptions([], direct_num_workers=2, direct_running_mode="multi_threading")
    with beam.Pipeline(runner=FnApiRunner(), options=options) as made, tft_beam.Context(temp_dir=f"{out}/temporary"):
        yield made


def to_lists(table: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    """Rows as TFT takes them: every column lists, of no element where there is no value; a file is one batch."""
    columns = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        column = table.column(name).combine_chunks()
        present = pc.is_valid(column).to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(present)])
        values = column.drop_null()
        columns.append(pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), values.cast(kind.value_type)))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def to_table(batch: tuple[pa.RecordBatch, Any]) -> pa.Table:
    """Rows as they are written: a plain column where every list holds one value."""
    columns = {name: batch[0].column(name) for name in OUTPUT.names}
    return pa.table({name: column if name in ONE_HOT else column.flatten() for name, column in columns.items()}, OUTPUT)


def one_row(fitted: Path | str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A request through the SavedModel that a run left: its layer in a tf.function, which is quicker than the layer alone."""
    call = tf.function(tft.TFTransformOutput(str(fitted)).transform_features_layer())
    return lambda row: {name: made.numpy() for name, made in call({name: _tensor(name, row[name]) for name in SPEC}).items()}


def _tensor(name: str, value: Any) -> Any:
    kind = SPEC[name]
    if name == TIMESTAMP:
        value = (value - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
    if isinstance(kind, tf.io.FixedLenFeature):
        return tf.constant([value], kind.dtype)
    if value is None:
        return tf.SparseTensor(np.empty((0, 2), np.int64), tf.constant([], kind.dtype), [1, 1])
    return tf.SparseTensor([[0, 0]], tf.constant([value], kind.dtype), [1, 1])
