"""What runs in TFDV's virtualenv: it imports nothing of featureprep.

    python program.py FOLDER

Reads rows.parquet (every column a list, of integers, floats or strings) or given.pb (statistics of them), and schema.pb, previous.pb,
serving.pb (statistics), environment.txt where they are there. Writes statistics.pb of rows; without a schema the inferred one; with it
anomalies.pb.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2


def main(folder: Path) -> None:
    """Answer what lies in the folder."""
    schema = _read(folder / "schema.pb", schema_pb2.Schema())
    statistics = _read(folder / "given.pb", statistics_pb2.DatasetFeatureStatisticsList())
    if statistics is None:
        statistics = _computed(folder / "rows.parquet", schema)
        _write(folder / "statistics.pb", statistics)
    if schema is None:
        _write(folder / "schema.pb", tfdv.infer_schema(statistics))
        return
    environment = folder / "environment.txt"
    anomalies = tfdv.validate_statistics(
        statistics,
        schema,
        environment=environment.read_text(encoding="utf-8") if environment.exists() else None,
        previous_statistics=_read(folder / "previous.pb", statistics_pb2.DatasetFeatureStatisticsList()),
        serving_statistics=_read(folder / "serving.pb", statistics_pb2.DatasetFeatureStatisticsList()),
    )
    _write(folder / "anomalies.pb", anomalies)


def _computed(path: Path, schema: Any) -> Any:
    table = pq.read_table(path).combine_chunks()
    batches = table.to_batches() or [pa.RecordBatch.from_arrays([pa.array([], field.type) for field in table.schema], schema=table.schema)]
    return stats_impl.generate_statistics_in_memory(batches[0], tfdv.StatsOptions(schema=schema))


def _read(path: Path, message: Any) -> Any:
    if not path.exists():
        return None
    message.ParseFromString(path.read_bytes())
    return message


def _write(path: Path, message: Any) -> None:
    path.write_bytes(message.SerializeToString())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
