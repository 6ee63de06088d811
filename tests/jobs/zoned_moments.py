"""A job over moments with zones and what is made of it, to be run as a program of its own too (`python -m tests.jobs.zoned_moments`)."""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa

import featureprep as fp
from featureprep import col
from featureprep import transforms as T

AT = dt.datetime(1970, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
PARIS = pa.timestamp("us", "Europe/Paris")
ROWS = pa.table(
    {
        "id": [0, 1, 2],
        "at": pa.array([0, None, 7_200_000_000], PARIS),
        "kind": ["a", "b", None],
        "days": pa.array([[0], [], None], pa.list_(PARIS)),
    }
)


@fp.udf({"kind": "string"}, "timestamp", mode="row")
def by_row(kind: str | None) -> Any:
    return None if kind is None else AT


@fp.udf({"kind": "string"}, "list<timestamp>", mode="pandas")
def by_batch(kind: Any) -> Any:
    return [[AT, None]] * len(kind)


def outcome() -> dict[str, Any]:
    """Values of the version's columns, what its graph says of them in batches, and the skew of a log of its own answers, as JSON."""

    @fp.job(sources={"rows": fp.from_arrow(ROWS)}, name="zoned")
    def job(rows: fp.Table) -> fp.Table:
        return rows.features(
            at=col("at"),
            days=col("days"),
            imputed=T.impute("at", "most_frequent"),
            filled=T.impute("at", "constant", value=AT),
            mapped=col("kind").map_values({"a": AT}, default=AT + dt.timedelta(hours=1)),
            known=col("at").is_in([AT]),
            later=col("at") > AT,
            row=by_row("kind"),
            batch=by_batch("kind"),
            keep=["id"],
        )

    with tempfile.TemporaryDirectory() as store:
        job.run(store=store)
        graph = fp.open_graph(store, "zoned@1")
        requests = ROWS.to_pylist()
        log = [{"request": row, "served": graph(row)} for row in requests]
        report = fp.skew(fp.open_dataset(store, "zoned@1"), log, inputs="request", outputs="served")
        version = fp.open_dataset(store, "zoned@1").to_arrow().sort_by("id")
        return {
            "version": {name: str(version[name].to_pylist()) for name in version.column_names},
            "batch": {name: str(values) for name, values in graph.transform(ROWS).to_pydict().items()},
            "rows": {name: str([one["served"][name] for one in log]) for name in log[0]["served"]},
            "skew": report.to_json(),
        }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(outcome(), default=str), encoding="utf-8")
