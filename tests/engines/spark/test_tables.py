"""DataFrames as sources, versions as DataFrames, graphs as stages of pyspark.ml."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.engines.spark.engine import SparkEngine
from featureprep.errors import ArgumentError, ColumnNotFoundError, RowRejected, TypeMismatchError
from featureprep.store.spark import for_spark
from tests.engines.hosts.spark import Sparks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SCHEMA = "id bigint, small tinyint, x double, f float, s string, b binary, d date, at timestamp, naive timestamp_ntz, n decimal(10,2), l array<bigint>, t struct<a: int, u: timestamp>, ok boolean"
ROWS: list[tuple[Any, ...]] = [
    (i, i % 100, None if i % 7 == 0 else (float("nan") if i % 11 == 0 else i / 3), 0.5, None if i % 5 == 0 else f"s{i % 3}", b"\x00",
     dt.date(2024, 1, 1), dt.datetime(2024, 3, 31, 12, 0, 0, i), dt.datetime(2024, 3, 31, 2, 30), decimal.Decimal("1.50"),
     [i, None], (i, dt.datetime(2020, 1, 1)), i % 2 == 0)
    for i in range(60)
]  # fmt: skip


def session(engine: SparkEngine) -> Any:
    """A session of the user's: with settings that are not ours."""
    return engine._connection.open().session


@pytest.fixture
def frame(engine: SparkEngine) -> DataFrame:
    made: DataFrame = session(engine).createDataFrame(ROWS, SCHEMA).repartition(5)
    return made


def job(**sources: Any) -> Any:
    def body(rows: fp.Table) -> fp.Table:
        return rows.features(
            x=T.standard_scale(T.impute("x", "mean")),
            s=T.vocabulary("s"),
            hour=col("at").dt.hour(),
            one=T.one_hot("s"),
            keep=["id", "n", "t"],
        )

    return fp.job(sources=sources, name="rows")(body)


def test_a_frame_is_a_source_on_any_engine(frame: DataFrame, engine: SparkEngine, tmp_path: Path) -> None:
    source = fp.from_spark(frame)
    on_spark = job(rows=source).run(engine=engine, store=str(tmp_path / "spark"), progress=False)
    here = job(rows=source).run(engine="pandas", store=str(tmp_path / "pandas"), progress=False)
    table = frame.toArrow()
    of_arrow = job(rows=fp.from_arrow(table)).run(engine="pandas", store=str(tmp_path / "arrow"), progress=False)
    prints = [(run.dataset.fingerprint, run.graph.fingerprint) for run in (on_spark, here, of_arrow)]
    assert prints[0] == prints[1] == prints[2]
    assert on_spark.dataset.to_arrow().num_rows == 60


def test_the_zone_of_the_session_is_no_part_of_a_value(sparks: Sparks, tmp_path: Path) -> None:
    mine = session(sparks.classic).newSession()
    frames = []
    for zone in ("UTC", "Asia/Tokyo"):
        other = mine.newSession()
        other.conf.set("spark.sql.session.timeZone", zone)
        frames.append(other.sql("select id, timestamp_micros(id) as at, null as n from range(3)").drop("n"))
    schemas = [fp.from_spark(one).native.head(2).schema for one in frames]
    assert schemas[0] == schemas[1] == pa.schema([("id", pa.int64()), ("at", pa.timestamp("us", "UTC"))])


def test_a_frame_without_rows_has_types(engine: SparkEngine, tmp_path: Path) -> None:
    empty = session(engine).createDataFrame([], SCHEMA)
    made = fp.job(sources={"rows": fp.from_spark(empty)}, name="none")(lambda rows: rows.features(keep=["id", "at"]))
    run = made.run(engine=engine, store=str(tmp_path), progress=False)
    assert run.dataset.to_arrow().num_rows == 0
    assert run.dataset.schema.field("id").type == pa.int64()


def test_what_is_no_source_is_refused(sparks: Sparks) -> None:
    spark = session(sparks.classic)
    with pytest.raises(ArgumentError, match="a Spark DataFrame"):
        fp.from_spark([1, 2])
    with pytest.raises(ArgumentError, match="different"):
        fp.from_spark(spark.sql("select 1 as a, 2 as a"))
    with pytest.raises(TypeMismatchError, match="map<string,int>") as caught:
        fp.from_spark(spark.sql("select map('a', 1) as m"))
    assert caught.value.where == "from_spark, column 'm'"


def test_a_preview_of_a_frame_takes_some_rows(frame: DataFrame) -> None:
    assert fp.from_spark(frame).native.head(4).num_rows == 4
    assert fp.from_spark(frame).native.head(0).num_rows == 0


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("to-spark")
    table = pa.table(
        {
            "id": pa.array(range(100), pa.uint64()),
            "byte": pa.array([i % 250 for i in range(100)], pa.uint8()),
            "x": pa.array([None if i % 9 == 0 else i / 7 for i in range(100)]),
            "s": [None if i % 4 == 0 else "abc"[i % 3] for i in range(100)],
            "at": pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * 100, pa.timestamp("us", "UTC")),
        }
    )
    made = fp.job(sources={"rows": fp.from_arrow(table)}, name="out", split=fp.split(train=0.6, eval=0.4, by="id"))(
        lambda rows: rows.features(
            x=T.standard_scale(T.impute("x", "median")), one=T.one_hot("s"), sparse=T.one_hot("s", sparse=True), v=T.vocabulary("s"),
            y=fp.label(col("byte") > 3),
            keep=["id", "byte", "at"],
        )
    )  # fmt: skip
    return made.run(engine="pandas", store=str(folder), partitions=3, progress=False)


def test_a_version_is_a_frame(engine: SparkEngine, run: Any) -> None:
    frame = run.dataset.to_spark(session(engine))
    assert for_spark(run.dataset.to_arrow()).equals(
        frame.toArrow().replace_schema_metadata(None).cast(for_spark(run.dataset.to_arrow()).schema)
    )
    train = run.dataset.to_spark(session(engine), "train", ["id", "x"])
    assert train.columns == ["id", "x"]
    assert train.count() == run.dataset.splits["train"]
    assert dict(frame.dtypes)["id"] == "decimal(20,0)"
    assert dict(frame.dtypes)["one"] == "array<tinyint>"
    assert dict(frame.dtypes)["byte"] == "smallint"


# Stages of pyspark.ml.


@pytest.fixture
def entry(engine: SparkEngine) -> DataFrame:
    rows = [
        (decimal.Decimal(i), i % 250, None if i % 9 == 0 else i / 7, ["a", "b", None, "?"][i % 4], dt.datetime(2024, 1, 1))
        for i in range(40)
    ]
    made: DataFrame = session(engine).createDataFrame(rows, "id decimal(20,0), byte int, x double, s string, at timestamp").repartition(3)
    return made


def computed(run: Any, entry: DataFrame, **options: Any) -> pa.Table:
    """What the graph gives in this process."""
    table = for_spark(run.graph.transform(entry.toArrow(), **options))
    return table.sort_by("id")


def test_a_stage_gives_the_bits_of_transform(entry: DataFrame, run: Any, tmp_path: Path) -> None:
    from featureprep.serving.spark import GraphTransformer

    stage = run.graph.as_spark_transformer()
    made = stage.transform(entry)
    assert made.schema == stage.transformSchema(entry.schema)
    found = made.toArrow()
    assert found.sort_by("id").cast(computed(run, entry).schema).equals(computed(run, entry))
    stage.write().overwrite().save(str(tmp_path / "stage"))
    again = GraphTransformer.load(str(tmp_path / "stage"))
    assert again.uid == stage.uid
    assert again.graph.fingerprint == run.graph.fingerprint
    assert again.transform(entry).toArrow().sort_by("id").equals(found.sort_by("id"))
    for file in (tmp_path / "stage").rglob("*"):
        assert not file.is_file() or b"pickle" not in file.read_bytes().lower()


def test_a_stage_keeps_columns_and_goes_into_a_pipeline(sparks: Sparks, run: Any, tmp_path: Path) -> None:
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import SQLTransformer

    rows = [(decimal.Decimal(i), 1.5, "a", f"r{i}") for i in range(5)]
    frame = session(sparks.classic).createDataFrame(rows, "id decimal(20,0), x double, s string, row string")
    stages = [run.graph.as_spark_transformer(keep=["row"]), SQLTransformer(statement="select row, x * 2 as x2 from __THIS__")]
    model = PipelineModel(stages=stages)
    model.write().overwrite().save(str(tmp_path / "model"))
    loaded = PipelineModel.load(str(tmp_path / "model"))
    assert [row.row for row in loaded.transform(frame).sort("row").collect()] == [f"r{i}" for i in range(5)]
    assert loaded.transform(frame).collect() == model.transform(frame).collect()


def test_a_rejected_row_ends_the_job_or_is_null(sparks: Sparks, tmp_path: Path) -> None:
    rows = fp.from_arrow(pa.table({"id": [1, 2], "s": ["a", "b"]}))
    graph = fp.job(sources={"rows": rows}, name="strict")(
        lambda rows: rows.features(v=T.vocabulary("s", unknown="error"), keep=["id"])
    ).run(engine="pandas", store=str(tmp_path), progress=False).graph  # fmt: skip
    frame = session(sparks.classic).createDataFrame([(1, "a"), (2, "?")], "id bigint, s string")
    with pytest.raises(RowRejected):
        graph.transform(frame.toArrow())
    with pytest.raises(Exception, match="RowRejected"):
        graph.as_spark_transformer().transform(frame).collect()
    found = graph.as_spark_transformer(on_error="null").transform(frame).toArrow().to_pylist()
    assert sorted(found, key=str) == sorted(graph.transform(frame.toArrow(), on_error="null").to_pylist(), key=str)


def test_arguments_of_a_stage(sparks: Sparks, run: Any) -> None:
    frame = session(sparks.classic).createDataFrame([(decimal.Decimal(1), 2.0)], "id decimal(20,0), x double")
    with pytest.raises(ArgumentError, match="'raise' or 'null'"):
        run.graph.as_spark_transformer(on_error="split")
    with pytest.raises(ColumnNotFoundError):
        run.graph.as_spark_transformer(keep=["none"]).transform(frame)
    with pytest.raises(ArgumentError, match="no features"):
        run.graph.as_spark_transformer(keep=["x"]).transform(frame)
