"""Constants that are fewer than were asked for: told by the run, in its report, and on the command line."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.report.html import render_html
from tests.jobs.cases import make_job, memory_store

TIES = [0.0] * 90 + [float(i) for i in range(1, 11)]


def run_of(expression: Any, values: list[Any]) -> Any:
    job = make_job(
        lambda main: main.features(bucket=expression, plain=T.standard_scale("x")),
        fp.from_arrow(pa.table({"x": pa.array(values, pa.float64())})),
    )
    return job.run(store=memory_store())


def test_ties_leave_fewer_buckets() -> None:
    run = run_of(T.bucketize("x", 4), TIES)
    made = run.dataset.schema.field("bucket")
    assert b'"size":1' in made.metadata[b"featureprep"]
    assert run.warnings == [
        "bucket: bucketize(x, method='quantile', n=4) made 1 bucket where 4 were asked for: so many values are equal that quantiles coincide"
    ]
    (feature,) = [f for f in run.report.content["features"] if f["name"] == "bucket"]
    assert feature["remarks"] == [run.warnings[0].removeprefix("bucket: ")]
    page = render_html(run.report.content)
    assert page.count("made 1 bucket where 4 were asked for") == 1


@pytest.mark.parametrize(
    ("expression", "values", "told"),
    [
        (T.bucketize("x", 20), TIES, "made 3 buckets where 20 were asked for"),
        (T.bucketize("x", 3, method="uniform"), [2.0, 2.0], "there are no two different values"),
        (T.bucketize("x", 3), [None, None], "made 1 bucket where 3"),
        (T.bucketize("x", 3), [1.0, 2.0, 3.0], None),
        (T.bucketize("x", 3, method="uniform"), [1.0, 2.0], None),
        (T.bucketize("x", edges=[1.0, 1.0]), [1.0], None),
    ],
)
def test_only_where_there_are_fewer(expression: Any, values: list[Any], told: str | None) -> None:
    found = run_of(expression, values).warnings
    assert len(found) == (told is not None)
    assert told is None or told in found[0]


def test_an_applied_graph_is_not_warned_of_again() -> None:
    store = memory_store()
    job = make_job(lambda main: main.features(bucket=T.bucketize("x", 4)), fp.from_arrow(pa.table({"x": TIES})))
    assert len(job.run(store=store).warnings) == 1
    assert job.apply(graph="case@1", store=store).warnings == []
