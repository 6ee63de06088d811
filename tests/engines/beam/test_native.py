"""PCollections as sources, and versions as PCollections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that
from apache_beam.transforms.window import FixedWindows, TimestampedValue

import featureprep as fp
from featureprep import transforms as T
from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError, DataError, WorldError

ROWS = [{"a": None if i % 7 == 0 else i, "b": f"x{i % 3}", "more": i} for i in range(50)]
SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.string())])


@pytest.fixture
def pipeline() -> beam.Pipeline:
    return beam.Pipeline(options=PipelineOptions([]))


def outcome(source: Any, store: Path, engine: Any = "pandas") -> tuple[str, str]:
    @fp.job(sources={"rows": source}, malformed="null")
    def job(rows: fp.Table) -> fp.Table:
        return rows.features(a=T.standard_scale("a"), b=T.one_hot("b"))

    made = job.run(store=str(store), engine=engine, progress=False)
    return made.dataset.fingerprint, made.graph.fingerprint


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return outcome(fp.from_arrow(pa.Table.from_pylist(ROWS, SCHEMA)), tmp_path_factory.mktemp("own"))


def test_dicts_on_beam_and_elsewhere(pipeline: beam.Pipeline, threads: Engine, tmp_path: Path, expected: tuple[str, str]) -> None:
    rows = pipeline | beam.Create(ROWS)
    rows | beam.Map(lambda row: 1 / 0)  # of the pipeline only what leads to the rows is run
    source = fp.from_beam(rows, SCHEMA, partitions=3)
    assert outcome(source, tmp_path, threads) == expected
    assert outcome(source, tmp_path) == expected


@pytest.mark.parametrize("kind", ["batch", "table"])
def test_arrow_in_windows(kind: str, pipeline: beam.Pipeline, tmp_path: Path, expected: tuple[str, str]) -> None:
    table = pa.Table.from_pylist(ROWS, SCHEMA)
    pieces = [table.slice(start, 9) for start in range(0, 50, 9)]
    given = pieces if kind == "table" else [batch for piece in pieces for batch in piece.to_batches()]
    rows = (
        pipeline | beam.Create(given) | beam.Map(lambda one: TimestampedValue(one, one.num_rows * 100)) | beam.WindowInto(FixedWindows(10))
    )
    assert outcome(fp.from_beam(rows), tmp_path) == expected


def test_a_chosen_runner_is_kept(tmp_path: Path, expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    class Mine(FnApiRunner):  # type: ignore[misc]
        def run_pipeline(self, pipeline: Any, options: Any) -> Any:
            ran.append("mine")
            return super().run_pipeline(pipeline, options)

    rows = beam.Pipeline(runner=Mine(), options=PipelineOptions([])) | beam.Create(ROWS)
    assert outcome(fp.from_beam(rows, SCHEMA), tmp_path) == expected
    assert ran == ["mine"]


def test_no_rows(pipeline: beam.Pipeline, tmp_path: Path) -> None:
    none = pipeline | beam.Create([])
    with pytest.raises(DataError, match="neither rows nor types"):
        outcome(fp.from_beam(none), tmp_path)
    head = fp.from_beam(none, SCHEMA).native.head(3)
    assert (head.num_rows, head.schema) == (0, SCHEMA)


def test_a_preview_sees_the_first_rows(pipeline: beam.Pipeline) -> None:
    native = fp.from_beam(pipeline | beam.Create(ROWS), SCHEMA, partitions=2).native
    assert native.head(4).num_rows == 4
    assert native.head(0) == SCHEMA.empty_table()
    assert native.head(1000).num_rows == 50


@pytest.mark.parametrize(
    "rows, schema, said",
    [
        ([{"a": 1}], None, "no types of their own"),
        ([{"a": "one"}], SCHEMA, "does not fit the schema"),
        ([1], SCHEMA, "not int"),
    ],
)
def test_rows_that_are_none(rows: list[Any], schema: pa.Schema | None, said: str, pipeline: beam.Pipeline, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        outcome(fp.from_beam(pipeline | beam.Create(rows), schema), tmp_path)


def test_a_pipeline_that_fails(pipeline: beam.Pipeline, tmp_path: Path) -> None:
    def fail(row: Any) -> Any:
        raise LookupError("not today")

    rows = pipeline | beam.Create(ROWS) | beam.Map(fail)
    with pytest.raises(WorldError, match="not today"):
        outcome(fp.from_beam(rows, SCHEMA), tmp_path)


def test_arguments(pipeline: beam.Pipeline) -> None:
    rows = pipeline | beam.Create(ROWS)
    for wrong, said in (((ROWS,), "bounded PCollection"), ((rows, "a: int"), "pyarrow Schema"), ((pipeline,), "bounded PCollection")):
        with pytest.raises(ArgumentError, match=said):
            fp.from_beam(*wrong)
    with pytest.raises(ArgumentError, match="at least 1"):
        fp.from_beam(rows, SCHEMA, partitions=0)


@pytest.mark.parametrize("elements", ["dict", "batch"])
def test_a_version_as_a_pcollection(elements: str, tmp_path: Path) -> None:
    @fp.job(sources={"rows": fp.from_arrow(pa.Table.from_pylist(ROWS, SCHEMA))}, split=fp.split(train=0.5, eval=0.5, by="b"))
    def job(rows: fp.Table) -> fp.Table:
        return rows.features(b=T.one_hot("b"), keep=["a"])

    dataset = job.run(store=str(tmp_path), progress=False, partitions=3).dataset
    pipeline = beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([]))

    def check(split: str | None, found: list[Any]) -> None:
        rows = found if elements == "dict" else [row for batch in found for row in batch.to_pylist()]
        assert sorted(map(repr, rows)) == sorted(map(repr, dataset.to_arrow(split, ["a", "b"]).to_pylist()))

    for number, split in enumerate((None, "eval", "eval")):
        made = dataset.to_beam(pipeline, split, ["a", "b"], elements=elements)
        assert_that(made, lambda found, split=split: check(split, found), label=f"check {number}")
    pipeline.run().wait_until_finish()
    with pytest.raises(ArgumentError, match="'dict' or 'batch'"):
        dataset.to_beam(pipeline, elements="row")
