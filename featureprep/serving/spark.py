"""A graph as a pyspark.ml Transformer. Saved, it is the graph's own folder beside Spark's metadata: data, no pickle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Self

import pyarrow as pa
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLReadable, MLReader, MLWritable, MLWriter
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.serving.artefact import from_files
from featureprep.serving.graph import TransformGraph
from featureprep.store.spark import for_spark, spark_schema

POLICIES = ("raise", "null")
_ANY = Params._dummy()  # noqa: SLF001  (how pyspark's own classes declare their parameters)


class GraphTransformer(Transformer, MLReadable["GraphTransformer"], MLWritable):
    """Entry rows in, features out: by the same kernels, to the same bits, as `graph.transform`.

    Made by `graph.as_spark_transformer()`. Works on classic DataFrames and on those of Spark Connect, alone or in a pipeline.

    Attributes
    ----------
    keep : Param of list of str
        Columns of the input that stand before the features.
    onError : Param of str
        What becomes of a row that a policy rejects: "raise", or "null" (all its features).
    """

    keep: Param[list[str]] = Param(_ANY, "keep", "columns of the input that stand before the features", TypeConverters.toListString)
    onError: Param[str] = Param(_ANY, "onError", "raise, or null: for rows that a policy rejects", TypeConverters.toString)  # noqa: N815

    def __init__(self, files: Mapping[str, bytes] | None = None, *, keep: Sequence[str] = (), on_error: str = "raise") -> None:
        super().__init__()
        if on_error not in POLICIES:
            raise ArgumentError.of("on_error", "as_spark_transformer", "'raise' or 'null'", on_error)
        self.files = dict(files or {})
        self._setDefault(keep=[], onError="raise")
        self._set(keep=list(keep), onError=on_error)

    @property
    def graph(self) -> TransformGraph:
        """The graph."""
        return opened(Files(self.files))

    def transformSchema(self, schema: StructType) -> StructType:  # noqa: N802
        """The columns that come out."""
        made = StructType([schema[name] for name in self._kept(schema.names)])
        for field in from_arrow_schema(spark_schema(_served(self.graph, schema.names))):
            made.add(field)
        return made

    def _kept(self, names: Sequence[str]) -> list[str]:
        kept: list[str] = list(self.getOrDefault("keep"))
        if missing := [name for name in kept if name not in names]:
            raise ColumnNotFoundError.of(missing, names, where="keep")
        if clash := [name for name in kept if name in _served(self.graph, names).names]:
            raise ArgumentError.of("keep", "as_spark_transformer", "columns that are no features", clash)
        return kept

    def _transform(self, dataset: DataFrame) -> DataFrame:
        schema = self.transformSchema(dataset.schema)
        files, kept, on_error = Files(self.files), self._kept(dataset.columns), self.getOrDefault("onError")
        modules = sorted({name.rpartition(".")[0] for name in self.graph.udfs()})  # this process has them, so they were allowed

        def compute(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            from featureprep.expr.udf import allow
            from featureprep.serving.spark import features

            allow(modules)
            for batch in batches:
                yield from features(files, batch, kept, on_error)

        return dataset.mapInArrow(compute, schema)

    def write(self) -> MLWriter:
        return _Writer(self)

    @classmethod
    def read(cls) -> MLReader[GraphTransformer]:
        return _Reader()

    def copy(self, extra: Any = None) -> Self:
        made = super().copy(extra)
        made.files = self.files
        return made


class Files(dict[str, bytes]):
    """The files of a graph, told apart by what they hold."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self["manifest.json"])


@lru_cache(maxsize=8)
def opened(files: Files) -> TransformGraph:
    """The graph of some files; opened once in a process."""
    return from_files(files, "GraphTransformer", verify=False)


def features(files: Files, batch: pa.RecordBatch, kept: Sequence[str], on_error: str) -> Iterator[pa.RecordBatch]:
    """The rows that come out for those of a batch."""
    table = pa.Table.from_batches([batch])
    made = for_spark(opened(files).transform(table, on_error=on_error))
    for place, name in enumerate(kept):
        made = made.add_column(place, name, table.column(name))
    yield from made.to_batches()


def _served(graph: TransformGraph, names: Sequence[str]) -> pa.Schema:
    """What `graph.transform` gives for a table of these columns."""
    return graph.transform(pa.table({name: pa.nulls(0) for name in names if name in graph.entry.names})).schema


class _Writer(MLWriter):
    """`metadata/` as Spark's own stages have it, and `graph/`, a file of (path, content) pairs in Parquet: Spark's file systems know no other way."""

    def __init__(self, stage: GraphTransformer) -> None:
        super().__init__()
        self.stage = stage

    def saveImpl(self, path: str) -> None:  # noqa: N802
        session: SparkSession = self.sparkSession
        DefaultParamsWriter.saveMetadata(self.stage, path, session)
        rows = sorted((name, bytearray(data)) for name, data in self.stage.files.items())
        session.createDataFrame(rows, "path string, content binary").coalesce(1).write.parquet(f"{path}/graph")


class _Reader(MLReader[GraphTransformer]):
    def load(self, path: str) -> GraphTransformer:
        session: SparkSession = self.sparkSession
        name = f"{GraphTransformer.__module__}.{GraphTransformer.__qualname__}"
        metadata = DefaultParamsReader.loadMetadata(path, session, name)
        rows = session.read.parquet(f"{path}/graph").collect()
        files = {row["path"]: bytes(row["content"]) for row in rows}
        from_files(files, path)  # whole, and the golden rows come out as they were
        made = GraphTransformer(files)
        made._resetUid(metadata["uid"])  # noqa: SLF001
        DefaultParamsReader.getAndSetParams(made, metadata)
        return made
