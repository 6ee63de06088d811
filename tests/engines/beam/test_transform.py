"""`fp.beam.Transform`: the graph in a user's own pipeline gives what it gives elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ArgumentError, RowRejected
from featureprep.serving.graph import TransformGraph

ROWS = [{"age": age, "job": job, "fare": fare} for age, job, fare in [
    (31.5, "cook", "1.25"), (None, "smith", "-2"), (math.nan, "cook", None), (8.0, None, "3"), (40.25, "nurse", "1e3"), (31.5, "cook", "x")
]]  # fmt: skip
SCHEMA = pa.schema([("age", pa.float64()), ("job", pa.string()), ("fare", pa.string())])


@fp.udf({"values": "float64"}, "float64")
def halved(values: Any) -> Any:
    import pyarrow.compute as pc

    return pc.divide(values, 2.0)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> TransformGraph:
    @fp.job(sources={"rows": fp.from_arrow(pa.Table.from_pylist(ROWS[:5], SCHEMA))}, malformed="quarantine")
    def people(rows: fp.Table) -> fp.Table:
        return rows.features(
            age=T.standard_scale(T.impute("age", "median")), trade=T.one_hot("job"), fare=col("fare").cast("float64").abs().log1p(),
            half=halved(T.impute("age", "mean")), keep=["job"],
        )  # fmt: skip

    return people.run(store=str(tmp_path_factory.mktemp("store")), progress=False).graph


@pytest.fixture
def pipeline() -> beam.Pipeline:
    return beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([]))


def run(pipeline: beam.Pipeline) -> None:
    pipeline.run().wait_until_finish()


def equals(expected: Any) -> Callable[[list[Any]], None]:
    def check(found: list[Any]) -> None:
        assert sorted(map(repr, found)) == sorted(map(repr, expected)), found

    return check


def test_dicts(graph: TransformGraph, pipeline: beam.Pipeline) -> None:
    made = pipeline | beam.Create(ROWS[:5]) | fp.beam.Transform(graph)
    assert_that(made, equals([graph(row) for row in ROWS[:5]]))
    run(pipeline)


@pytest.mark.parametrize("kind", ["batch", "table"])
def test_arrow(kind: str, graph: TransformGraph, pipeline: beam.Pipeline) -> None:
    batches = [pa.RecordBatch.from_pylist(ROWS[:3], SCHEMA), pa.RecordBatch.from_pylist(ROWS[3:5], SCHEMA)]
    given = batches if kind == "batch" else [pa.Table.from_batches([one]) for one in batches]
    expected = [graph.transform(one) for one in given]

    def check(found: list[Any]) -> None:
        assert {type(one) for one in found} == {type(given[0])}
        assert sorted(map(_bits, found)) == sorted(map(_bits, expected))

    assert_that(pipeline | beam.Create(given) | fp.beam.Transform(graph), check)
    run(pipeline)


def _bits(data: Any) -> bytes:
    table = data if isinstance(data, pa.Table) else pa.Table.from_batches([data])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def test_a_rejected_row_fails_the_pipeline(graph: TransformGraph, pipeline: beam.Pipeline) -> None:
    pipeline | beam.Create(ROWS) | fp.beam.Transform(graph)
    with pytest.raises(Exception, match="RowRejected"):
        run(pipeline)


def test_a_rejected_row_is_null(graph: TransformGraph, pipeline: beam.Pipeline) -> None:
    table = pa.Table.from_pylist(ROWS, SCHEMA)
    whole = graph.transform(table, on_error="null")
    made = pipeline | beam.Create(ROWS) | fp.beam.Transform(graph, on_error="null")
    assert_that(made, equals(whole.to_pylist()))
    run(pipeline)


def test_rejected_rows_go_their_own_way(graph: TransformGraph, pipeline: beam.Pipeline) -> None:
    with pytest.raises(RowRejected) as rejected:
        graph(ROWS[5])
    both = pipeline | "rows" >> beam.Create(ROWS) | "one by one" >> fp.beam.Transform(graph, on_error="split")
    table = pa.Table.from_pylist(ROWS, SCHEMA)
    good, bad = graph.transform(table, on_error="split")
    tables = pipeline | "tables" >> beam.Create([table]) | "together" >> fp.beam.Transform(graph, on_error="split")
    assert_that(both.features, equals([graph(row) for row in ROWS[:5]]), label="features")
    assert_that(both.rejected, equals([{**ROWS[5], "rejected": rejected.value.rule}]), label="rejected")
    assert_that(tables.features | "a" >> beam.Map(_bits), equals([_bits(good)]), label="good")
    assert_that(tables.rejected | "b" >> beam.Map(_bits), equals([_bits(bad)]), label="bad")
    run(pipeline)


def test_other_elements_are_refused(graph: TransformGraph, pipeline: beam.Pipeline) -> None:
    pipeline | beam.Create(["a row"]) | fp.beam.Transform(graph)
    with pytest.raises(Exception, match="a dict, a RecordBatch or a Table"):
        run(pipeline)


def test_arguments(graph: TransformGraph) -> None:
    with pytest.raises(ArgumentError, match="a TransformGraph"):
        fp.beam.Transform("census@1")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="on_error"):
        fp.beam.Transform(graph, on_error="skip")


def test_it_goes_to_worker_processes_with_the_jobs_functions(graph: TransformGraph, tmp_path: Path) -> None:
    import subprocess
    import sys

    script = tmp_path / "other.py"  # a process that has not seen this module
    proto = _pickled(graph)
    (tmp_path / "payload").write_bytes(proto)
    script.write_text(
        "import sys\nfrom apache_beam.internal import pickler\n"
        "found = pickler.loads(open(sys.argv[1], 'rb').read())\nfound.setup()\n"
        "print(list(found.process({'age': 3.0, 'job': 'cook', 'fare': '2'})))\n"
    )
    done = subprocess.run([sys.executable, str(script), str(tmp_path / "payload")], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr([graph({"age": 3.0, "job": "cook", "fare": "2"})])


def _pickled(graph: TransformGraph) -> bytes:
    from apache_beam.internal import pickler

    from featureprep.serving.beam import _Apply

    made: bytes = pickler.dumps(_Apply(graph, "raise"))
    return made
