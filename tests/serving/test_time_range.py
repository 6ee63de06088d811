"""Dates and timestamps that Arrow has and Python has not."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from tests.jobs.cases import make_job, memory_store

DAYS = [0, 2**31 - 1, -(2**31), 2_932_897, -719_163]
MICROSECONDS = [0, 2**63 - 1, -(2**62), 253_402_300_800_000_000, -62_135_596_800_000_001]


def test_they_are_read_written_quarantined_and_served() -> None:
    table = pa.table(
        {
            "id": range(5),
            "d": pa.array(DAYS, pa.int32()).cast(pa.date32()),
            "t": pa.array(MICROSECONDS, pa.int64()).cast(pa.timestamp("us")),
        }
    )

    def case(main: fp.Table) -> fp.Table:
        return main.quarantine(when=col("id") == 1, reason="far").features(d="d", t="t", keep=["id"])

    run = make_job(case, fp.from_arrow(table)).run(store=memory_store())
    written = run.dataset.to_arrow()
    assert written["d"].cast(pa.int32()).to_pylist() == [d for i, d in enumerate(DAYS) if i != 1]
    assert written["t"].cast(pa.int64()).to_pylist() == [t for i, t in enumerate(MICROSECONDS) if i != 1]
    assert run.ledger.rows()["quarantined"] == 1
    assert run.graph({"d": 0, "t": 0}) == {"d": dt.date(1970, 1, 1), "t": dt.datetime(1970, 1, 1)}
    for day, moment in zip(DAYS[1:], MICROSECONDS[1:], strict=True):
        row = {"d": np.datetime64(day, "D"), "t": np.datetime64(moment, "us")}
        assert run.graph(row) == {"d": day, "t": moment}
        assert run.graph.trace(row)[0]["value"] in (day, moment)
    for bad in ({"d": 2**31}, {"t": 2**63}, {"d": -(10**30)}, {"d": np.datetime64(2**31, "D")}, {"t": np.datetime64(2**62, "ms")}):
        with pytest.raises(fp.RowRejected):
            run.graph(bad)
